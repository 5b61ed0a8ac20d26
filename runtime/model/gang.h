/* model/gang.h - operations whose points run together and talk to each other: one at a time per rank.
 *
 * Each such operation (a slot whose `gang` is set) stands in a queue in program order.  The oldest
 * gathers: workers take seats, one a point; when all are taken its points start together.  While they run
 * they meet: the last to arrive at a meeting does what is to be done for the rank, the others wait for
 * `turn`.  When all have left, the next in the queue may gather.
 *
 * Memory orders: `turn`, `running` and `ended` are stored with release and loaded with acquire; `arrived`
 * and `left` are acquire-release, so that who comes last sees what the others brought. */
#ifndef TESSERA_MODEL_GANG_H
#define TESSERA_MODEL_GANG_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#include <tessera/communicator.h>

#include "base/failure.h"

/* What a point brings to a meeting. */
enum gang_verb {
    GANG_CALL,
    GANG_RETURN,
    GANG_FAIL,
    GANG_SKIP /* its body never ran: inputs failed */
};

struct gang_member {
    alignas(64) const tsr_comm_words *call; /* GANG_CALL: the caller's, while it waits */
    enum gang_verb verb;
    /* its worker's own */
    bool gone;   /* it has returned or failed: it comes to no more meetings */
    bool failed; /* in the last call, when the others were through with it */
};

/* Pieces of a call that the one who does it keeps for the others until the meeting that ends it. */
struct gang_work {
    const char *data;     /* a result for all, or the blocks of all places */
    void       *memory;   /* base_free'd at the end: what is made here */
    void       *message;  /* network_buffer_free'd at the end: the result, from another rank */
    void      **messages; /* [n_places] those of other places, with the array: as well */
    size_t     *offset;   /* [n_places] of places in `data`: in `memory` */
};

struct gang {
    /* the queue: the issuing thread appends, who ends an operation takes it off */
    _Atomic uint64_t *queue; /* [ring of slots] numbers of operations */
    _Atomic uint64_t  queued, ended;
    /* gathering: of the operation at the head of the queue */
    alignas(64) _Atomic uint64_t seats; /* number << 16 | taken */
    _Atomic uint64_t ready;             /* = number once its points' inputs are there */
    _Atomic uint64_t running;           /* = number once all have a seat */
    _Atomic uint64_t
        issuer_limit;      /* the issuing thread runs operations up to this one; 0: none now */
    _Atomic uint32_t bell; /* rung where something arrives while `sleepers` sleep on it */
    _Atomic int32_t  sleepers;
    /* running: written by who starts it, before `running` */
    uint64_t                number;
    const struct plan_gang *places;
    int                     n_points;
    bool                    skips;  /* bodies do not run: inputs failed */
    struct gang_member     *member; /* [workers] by local point */
    /* the meeting */
    alignas(64) _Atomic uint32_t turn;
    _Atomic int32_t arrived, left;
    /* of who does the meeting; the others read it after `turn` moved */
    uint32_t         sequence; /* meetings of all ranks so far */
    bool             dead;     /* no more meetings: every call answers the cause */
    bool             marked;   /* dead because points elsewhere were skipped */
    struct gang_work work;
    pthread_mutex_t  lock;
    struct trace cause; /* under lock until dead: what failed first here; status TSR_OK: nothing */
    /* for who looks in: what is waited for */
    _Atomic(const char *) what; /* NULL: nothing */
    _Atomic(const char *) file;
    _Atomic int line, awaited; /* awaited: the rank whose message is; -1: points of this one */
};

#endif
