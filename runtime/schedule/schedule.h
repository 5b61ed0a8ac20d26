/* schedule/schedule.h - the stage that decides who runs what next.
 *
 * Workers are threads bound to cores; the issuing thread is worker 0 and runs tasks only inside
 * schedule_run.  Each worker walks the operations in order over its own strips, follows a large piece
 * depth first into the operations that use it, steals the oldest ready strip when dry, spins, sleeps.
 *
 * Threads: as each call says. */
#ifndef TESSERA_SCHEDULE_SCHEDULE_H
#define TESSERA_SCHEDULE_SCHEDULE_H

#include "model/slot.h"

/* The ring, and the workers' threads (config.workers - 1 of them).  Issuing thread. */
tsr_status schedule_start(struct tsr_runtime *rt, int ring);
/* Join the threads; then free the ring. */
void       schedule_stop_workers(struct tsr_runtime *rt);
void       schedule_stop(struct tsr_runtime *rt);

/* The slot is described: hand it over.  Issuing thread. */
void schedule_publish(struct tsr_runtime *rt, struct slot *s);
/* The operation of this slot is complete already (run on the spot). Issuing thread. */
void schedule_publish_done(struct tsr_runtime *rt, struct slot *s);
/* The next operation was complete before anybody heard of it; all older ones are complete, and its slot
 * in the ring is not used (n_actions is 0).  Issuing thread. */
void schedule_publish_nothing(struct tsr_runtime *rt, uint64_t number);
/* Oldest operation that any worker may still look at: slots of older complete ones can be reused. */
uint64_t schedule_oldest_looked_at(const struct tsr_runtime *rt);
/* Wake sleepers when there is work worth it.  Issuing thread. */
void schedule_wake(struct tsr_runtime *rt);

/* Something arrived from another rank: rouse a sleeper.  One load when none sleeps.  Threads: any. */
void schedule_rouse(struct tsr_runtime *rt);

/* Asked between tasks of a thread that waits: true ends the wait. */
typedef bool schedule_until(void *user);
/* Run tasks of operations up to `limit` until `until` says so.  Issuing thread.  It calls `until` after
 * every strip, and while dry.  Polls the network and the watchdog. */
void schedule_run(struct tsr_runtime *rt, uint64_t limit, schedule_until *until, void *user);
/* Run a little; false: nothing was ready.  Issuing thread. */
bool schedule_step(struct tsr_runtime *rt, uint64_t limit);
/* Who waits for whom, for the watchdog and failed assertions.  Reads atomics only. */
void schedule_describe(struct tsr_runtime *rt, FILE *out);

#endif
