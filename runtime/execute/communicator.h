/* execute/communicator.h - points that communicate: what communicator*.c and collective*.c share.
 *
 * Threads: the workers that run the points of the operation. */
#ifndef TESSERA_EXECUTE_COMMUNICATOR_H
#define TESSERA_EXECUTE_COMMUNICATOR_H

#include "execute/internal.h"
#include "network/network.h"

/* A point at a meeting. */
struct caller {
    struct worker        *w;
    struct slot          *s;
    struct gang          *g;
    struct body_state    *body; /* NULL: the body is over */
    int                   i;    /* local point */
    int64_t               rank; /* among all points */
    const tsr_comm_words *call; /* NULL: the body is over */
};

/* Kinds of messages of one meeting: of the tag's argument, with a round where there are several. */
enum {
    GANG_REPORT = 0x100, /* + round */
    GANG_FOLD = 0x200,
    GANG_SPREAD = 0x300,
    GANG_RESULT = 0x400,
    GANG_GATHER = 0x500, /* + round */
    GANG_EXCHANGE = 0x600
};

/* Bytes of one element. */
size_t call_bytes(const tsr_comm_words *c);
/* "tsr_comm_barrier". */
const char *call_name(tsr_comm_verb verb);

/* ---- communicator_agree.c ---- */

/* Have all points of all ranks brought the same: *out_verb?  False: the communicator is dead, with a cause.
 * Who does the meeting. */
bool gang_agree(struct caller *c, enum gang_verb *out_verb);
/* The communicator is dead: a rank is gone, or (on one rank) there was no memory. */
void gang_die_of_network(struct caller *c);
/* This thread's trace becomes the cause of what fails, unless there is one. */
void gang_cause_note(struct gang *g);

/* ---- communicator_wait.c ---- */

/* Wait until the meeting is over that `turn` stood for. */
void gang_turn_wait(struct caller *c, uint32_t turn);

/* Messages between places: who does the meeting. */

/* Room for a message; waits for some while there is none.  NULL: the run is over. */
void *gang_buffer(struct caller *c, size_t bytes);
/* Memory of the caller's, to be base_free'd; the same. */
void *gang_scratch(struct caller *c, size_t bytes);
/* Memory until the meeting that ends the call; the same. */
void *gang_memory(struct caller *c, size_t bytes);
/* Takes the buffer.  False: the run is over. */
bool gang_send(struct caller *c, int place, unsigned kind, void *buffer, size_t bytes);
/* The message, which is then the caller's; NULL: the run is over. */
void *gang_receive(struct caller *c, int place, unsigned kind, size_t *out_bytes);
/* `bytes` that place `root` has at `data`, to all places; *out: where they lie here, or in a message that
 * work.message holds.  A binomial tree.  False: the run is over. */
bool gang_spread(struct caller *c, int root, const char *data, size_t bytes, const char **out);

/* ---- collective.c: a call, after all came to it and agree ----
 *
 * begin, move, end: whoever is last at a meeting, for the rank; share, take: each point its part. */

bool       collective_begin(struct caller *c);
tsr_status collective_take(struct caller *c);
void       collective_end(struct gang *g);
/* Where a point is all there are. */
tsr_status collective_alone(const tsr_comm_words *c);

/* ---- collective_fold.c: reductions between begin and take ---- */

/* Does the call fold in two steps: points of this rank, then ranks? */
bool       fold_is_staged(const struct caller *c);
bool       fold_begin(struct caller *c);
tsr_status fold_share(struct caller *c);
bool       fold_move(struct caller *c);
tsr_status fold_take(struct caller *c);

#endif
