/* soak_step.h - one step of the soak: a small program on stores of shapes never seen before. */
#ifndef SOAK_STEP_H
#define SOAK_STEP_H

#include <tessera/tessera.h>

/* What steps have done. */
typedef struct soak_tally {
    int64_t steps, failures_seen, wrong;
} soak_tally;

/* A sum that is on its way, and what it has to be. */
typedef struct soak_pending {
    tsr_store sum;
    int64_t   expected;
} soak_pending;

enum { SOAK_PENDING = 16 };

typedef struct soak_state {
    soak_tally   tally;
    soak_pending pending[SOAK_PENDING]; /* a ring: values are asked for a few steps later */
} soak_state;

/* Issues step number s->tally.steps: creates, views, reduces, every eighth time fails, frees.
 * Waits for a value of an earlier step. Fails: what the runtime says; wrong values are counted. */
tsr_status soak_step_run(soak_state *s);

/* Takes the values that are still on their way. Waits. */
tsr_status soak_step_drain(soak_state *s);

#endif
