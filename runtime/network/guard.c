/* network/guard.c - SIGABRT of threads that are inside the wire.
 *
 * The handler is the process's, installed once; observation puts its own over it later and asks here
 * first.  A thread that stays gives up after STAY_S, should no alarm have ended the process: then it is
 * a crash as any other.
 *
 * Source: POSIX.1-2017, abort(): "unless the signal SIGABRT is being caught and the signal handler does
 * not return". */
#include "network/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "observe/observe.h"

enum { STAY_S = 5 };

_Thread_local struct guard_thread guard_thread;

static struct sigaction before; /* set once, before ours is there */
static atomic_bool      tripped;

static void ask(int signal)
{
    const struct timespec stay = {STAY_S, 0};
    if (signal != SIGABRT || !guard_thread.is_inside)
        return;
    atomic_store(&tripped, true);
    if (guard_thread.out)
        siglongjmp(*guard_thread.out, 1);
    nanosleep(&stay, NULL);
}

/* While no runtime observes signals. */
static void on_abort(int signal)
{
    ask(signal);
    (void)sigaction(SIGABRT, &before, NULL);
    (void)raise(SIGABRT);
}

static void install(void)
{
    struct sigaction ours = {.sa_handler = on_abort, .sa_flags = SA_ONSTACK};
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGABRT, NULL, &before) == 0)
        (void)sigaction(SIGABRT, &ours, NULL);
    observe_crash_ask(ask);
}

void guard_install(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, install);
}

bool guard_has_tripped(void)
{
    return atomic_load(&tripped);
}
