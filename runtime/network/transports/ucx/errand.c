/* transports/ucx/errand.c - a thread, a lock, and somebody who waits no longer than he likes.
 *
 * Cost: a thread, about 50 us.  Threads: one waits, one works. */
#include <signal.h>

#include "base/deadline.h"
#include "errand.h"

static void *errand_main(void *user)
{
    struct errand *e = user;
    const int      status = e->work(e);
    pthread_mutex_lock(&e->lock);
    e->status = status;
    e->is_over = true;
    pthread_cond_signal(&e->came);
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

bool errand_begin(struct errand *e, int (*work)(struct errand *e))
{
    sigset_t  all, before;
    pthread_t thread;
    e->work = work;
    pthread_mutex_init(&e->lock, NULL);
    const bool has_condition = deadline_condition_init(&e->came);
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const bool began = has_condition && pthread_create(&thread, NULL, errand_main, e) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (began)
        (void)pthread_detach(thread);
    return began;
}

bool errand_wait(struct errand *e, int ms, int *out_status)
{
    const struct timespec until = deadline_in_ms(ms);
    pthread_mutex_lock(&e->lock);
    while (!e->is_over && pthread_cond_timedwait(&e->came, &e->lock, &until) == 0)
        ;
    const bool is_over = e->is_over;
    if (is_over)
        *out_status = e->status;
    pthread_mutex_unlock(&e->lock);
    return is_over;
}
