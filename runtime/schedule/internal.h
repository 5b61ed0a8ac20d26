/* schedule/internal.h - what the files of this stage share. */
#ifndef TESSERA_SCHEDULE_INTERNAL_H
#define TESSERA_SCHEDULE_INTERNAL_H

#include "execute/execute.h"
#include "memory/memory.h"
#include "network/network.h"
#include "schedule/schedule.h"

struct schedule_state {
    uint64_t spin_ticks;   /* of observe_stamp: how long an idle worker spins */
    uint64_t wake_ticks;   /* the least time between wake-ups by busy workers */
    _Atomic uint64_t last_wake;
    _Atomic uint64_t awaited; /* the sleeping issuer waits for this operation; 0: it does not sleep */
    _Atomic int32_t  parked;  /* points in flight, about: is waking worth it? */
    int      n_threads;    /* started */
    bool     bound;
};

/* Run one strip of this worker's choice; false: nothing is ready of what it looked at.  It looks at some of
 * the operations far behind, each time at others, or at the whole of them.  The worker itself. */
bool worker_pass(struct worker *w, bool whole);
/* Is there another ready strip that this worker does not come to soon?  For waking others. */
bool worker_sees_surplus(const struct worker *w);

/* ---- pick.c, for gang.c ---- */

/* May the bodies of this operation run or be skipped?  While some operation in flight failed, each needs
 * the issuing thread's verdict first. */
bool may_run(struct worker *w, struct slot *s, uint64_t number);
/* Is everything there that the points wait for? */
bool points_are_ready(const struct slot *s, uint64_t number);
/* `count` more actions of it are done. */
void actions_complete(struct worker *w, struct slot *s, uint64_t number, int count);

/* ---- gang.c: operations whose points start together ---- */

bool gang_start(struct tsr_runtime *rt, int ring); /* false: no memory */
void gang_stop(struct tsr_runtime *rt);
/* An operation was handed over. */
void gang_add(struct engine *e, uint64_t number);
/* Take part in the oldest one in flight, up to operation `last`, if it can start: run a point of it.  False:
 * nothing was run. */
bool gang_join(struct worker *w, uint64_t last);
void gang_describe(struct tsr_runtime *rt, FILE *out);

/* Wait until woken or `microseconds` have passed. */
void sleep_until_woken(struct tsr_runtime *rt, struct worker *w, int microseconds);
void sleep_wake(struct tsr_runtime *rt, int threads);

#endif
