/* network/inside.h - what the files of this stage share. */
#ifndef NETWORK_INSIDE_H
#define NETWORK_INSIDE_H

#include "network/network.h"
#include "network/transports/transport.h"

struct ahead;

/* What a rank's issuing thread waits for, for network_print: written by it, read by any. */
struct network_waiting {
    _Atomic(const char *) what; /* NULL: nothing */
    _Atomic uint64_t      number;
    _Atomic int           from;
};

struct network {
    /* immutable after creation */
    struct transport_end end;
    /* set once, before anything waits */
    network_idle *idle;
    void         *idle_user;
    /* issuing thread's */
    uint64_t n_facts; /* agreed so far: names the next one's messages, alike on all ranks */
    struct network_waiting waiting;
    /* messages of operations that wait for others to go with: [n_ranks], under the lock */
    pthread_mutex_t  together_lock;
    struct message **together;
    /* what is under way to each rank: ahead.c */
    int64_t                    ahead_most; /* set once, before anything is sent; INT64_MAX: no bound */
    _Atomic(struct ahead *)   *ahead;      /* [n_ranks]; NULL: nothing was sent there yet */
    /* any thread's, relaxed */
    _Atomic int64_t  sent, sent_bytes, received, received_bytes;
    _Atomic int64_t  agreements;
    _Atomic uint32_t n_progress;
    _Atomic int64_t  compared_at_ns; /* when streams were last compared unasked */
};

/* Wait for a message while the rank does other work.  Issuing thread.
 * Fails: PEER_LOST, DIVERGED. */
tsr_status network_receive(struct network *net, int from, struct network_tag tag, void **out_buffer,
                           size_t *out_bytes);

/* Accounts of what is under way to each rank.  False: no memory. */
bool ahead_create(struct network *net);
void ahead_done(struct network *net);
/* A message of operation `number` goes to this rank. */
void ahead_add(struct network *net, int to, uint64_t number, size_t bytes);
/* May one more go to a rank that has completed all through `completed`?  If not, it will say when that
 * changes. */
bool ahead_has_room(struct network *net, int to, uint64_t completed);

/* Free what was held to go together. */
void together_done(struct network *net);

/* Compare this rank's stream with all others'; raise DIVERGED if one differs. */
void network_streams_compare(struct network *net);
/* A peer's stream is here whole: compare it (`net`: a struct network). */
void network_peer_compare(void *net, int peer);
/* Raise DIVERGED: by the first difference of the streams, or else for `why`. */
void network_diverge(struct network *net, int peer, const char *why);

#endif
