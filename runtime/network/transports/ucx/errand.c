/* transports/ucx/errand.c - a thread, a lock, and somebody who waits no longer than he likes.
 *
 * Cost: a thread, about 50 us.  Threads: one waits, one works. */
#include <signal.h>
#include <time.h>

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
    pthread_cond_init(&e->came, NULL);
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const bool began = pthread_create(&thread, NULL, errand_main, e) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (began)
        (void)pthread_detach(thread);
    return began;
}

bool errand_wait(struct errand *e, int ms, int *out_status)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&e->lock);
    while (!e->is_over && pthread_cond_timedwait(&e->came, &e->lock, &until) == 0)
        ;
    const bool is_over = e->is_over;
    if (is_over)
        *out_status = e->status;
    pthread_mutex_unlock(&e->lock);
    return is_over;
}
