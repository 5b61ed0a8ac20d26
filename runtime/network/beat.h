/* network/beat.h - heartbeats between processes, on a thread and sockets of their own.
 *
 * A beat means "the process lives", not "it is idle": a rank that computes for a minute beats, one
 * that is stopped or dead does not.  Beats also carry how far a rank has come and the newest entries
 * of its stream, so that programs that differ are found while they wait; an alarm and a farewell go
 * the same way, so that they arrive when nobody moves messages.
 *
 * With up to BEAT_ALL ranks everybody hears everybody; with more, a rank hears those 1, 2, 4, ...
 * away on both sides, and an alarm is passed on by all who hear it.
 *
 * Threads: create, card, start, stop: the issuing thread; the rest any.  Calls up come from the
 * thread of the beats, without a lock held. */
#ifndef NETWORK_BEAT_H
#define NETWORK_BEAT_H

#include "network/transports/transport.h"

enum {
    BEAT_ALL = 64,
    BEAT_ADDRESSES = 6,
    BEAT_EVERY_MS = 100,
    BEAT_SILENCE_MS = 2500,  /* a rank not heard for so long is lost */
    BEAT_HELLO_MS = 2000,    /* what who connects has to say which rank it is */
    BEAT_GREETING_MS = 3500, /* and one never heard at all */
    BEAT_GRACE_MS = 1500,    /* what a program has to end by itself after an alarm */
};

/* How the others reach a rank's beats.  Plain bytes, the same on all. */
struct beat_card {
    uint64_t host;  /* equal where 127.0.0.1 reaches: boot and network namespace */
    uint64_t nonce; /* rank 0's names the run */
    uint16_t port;
    uint16_t n_addresses;
    uint32_t address[BEAT_ADDRESSES]; /* IPv4, network byte order */
    uint32_t pid;
    char     name[32]; /* of the host */
};

struct beat_up {
    void *user;
    /* Rank `rank` is gone: `how` ends "rank 2 of 4 (pid 17 on n1) ". */
    void (*lost)(void *user, int rank, const char *text);
    /* Another rank raised an alarm. */
    void (*alarmed)(void *user, enum alarm alarm, const char *text);
    /* A rank said farewell, having sent us that many messages. */
    void (*left)(void *user, int rank, uint64_t sent);
    /* The stream of a rank is here whole: compare. */
    void (*differs)(void *user, int rank);
    /* A beat has passed. */
    void (*clock)(void *user);
    /* Do sends wait?  move: nobody else seems to move them. */
    bool (*help)(void *user, bool move);
};

struct beat;

/* NULL: no memory or no socket (with the thread's trace). */
struct beat *beat_create(int rank, int n_ranks, struct port *const *port, const struct beat_up *up);
void         beat_card(const struct beat *b, struct beat_card *out);
/* The thread.  Fails: ENVIRONMENT, NO_MEMORY. */
tsr_status beat_start(struct beat *b, const struct beat_card *cards) TSR_MUST_CHECK;
/* Wait until every rank we listen to was heard.  Fails: ENVIRONMENT. */
tsr_status beat_meet(struct beat *b) TSR_MUST_CHECK;
/* Frees all; takes NULL. */
void beat_destroy(struct beat *b);

/* Does this rank hear that one, its farewell too? */
bool beat_hears(const struct beat *b, int rank);
/* Tell everybody, and end this process if it has not ended by itself BEAT_GRACE_MS later. */
void beat_alarm(struct beat *b, enum alarm alarm, const char *text);
/* This rank sends no more; sent[r] messages went to rank r. */
void beat_leave(struct beat *b, const _Atomic uint64_t *sent);
/* Get the whole stream of `peer`; returns when it is here, or after a second. */
void beat_ask(struct beat *b, int peer);
/* A send waits for its receiver: the thread looks after such sends some ms later, when nobody else
 * does.  Costs a store: waking the thread would cost the sender 20 us. */
void beat_watch_sends(struct beat *b);
/* Milliseconds of silence after which a rank is lost; 0: never (a debugger). */
void beat_silence_set(struct beat *b, int milliseconds);

#endif
