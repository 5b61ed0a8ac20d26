/* transports/ucx/errand.h - calls that may never come back, made by a thread of their own.
 *
 * PMIx's calls have no limits that hold: where a process dies at the wrong moment its server stops
 * answering the others, and PMIx_Init, PMIx_Commit, PMIx_Fence and PMIx_Get wait for ever, whatever
 * PMIX_TIMEOUT says (4.2.2).  Who waits for an errand can look around meanwhile, and give it up: then it
 * is left as it is, with its thread, for the rest of the process. */
#ifndef TRANSPORTS_UCX_ERRAND_H
#define TRANSPORTS_UCX_ERRAND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct errand {
    int (*work)(struct errand *e); /* its thread's; returns a status */
    _Atomic int     at;            /* where it is, in its own words */
    pthread_mutex_t lock;
    pthread_cond_t  came;
    bool            is_over; /* under lock */
    int             status;  /* under lock */
};

/* Begin.  Lives until it is over, or for ever.  False: no thread. */
bool errand_begin(struct errand *e, int (*work)(struct errand *e));
/* Wait so long at most; true: it is over, and how. */
bool errand_wait(struct errand *e, int ms, int *out_status);

#endif
