/* observe/signals.c - what a crash or SIGUSR1 writes.
 *
 * Signals belong to the process, runtimes do not: this file holds the one thing in the runtime that
 * is global, a table of the live observes. Handlers read it without a lock; whoever removes one
 * waits until no handler is printing. The mutex orders those who install and remove, and no handler
 * touches it.
 *
 * A crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT): the first thread that crashes writes all
 * flight recorders to stderr; another that crashes meanwhile waits a little for it; a crash inside
 * the handler writes no more. Then the handler that was there before us comes back and gets the
 * signal: by returning, when the faulting instruction will fault again, else by raising it anew. So
 * core files, debuggers and sanitizers work as they would without us.
 *
 * SIGUSR1 prints, and the program goes on. A program that has given SIGUSR1 a meaning of its own
 * (a handler, or ignored) keeps it. A handler installed over ours later stays when we leave.
 *
 * We run on the alternate stack where a thread has one: workers and issuing threads do (stack.c); on
 * another thread a stack overflow ends the process silently, as it would have. Threads: any. Cost: a few microseconds once per process. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "observe/inside.h"
#include "observe/line.h"

/* More live runtimes than these, and the rest are not seen by signals. */
enum { OBSERVES = 256 };

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { N_CRASH = sizeof crash_signals / sizeof *crash_signals };

static struct {
    /* handlers too; sequentially consistent: a remover clears its entry, then reads `printing`,
     * while a handler raises `printing`, then reads entries */
    _Atomic(struct observe *) entry[OBSERVES];
    _Atomic int               printing;
    _Atomic int               crashing; /* thread that writes for a crash; -1: has written */
    _Atomic int               passed;   /* how often a crash was passed on */
    void (*_Atomic ask)(int signal);    /* whose affair a crash may be */

    /* under lock */
    pthread_mutex_t  lock;
    int              users;
    bool             has_usr1;
    struct sigaction before[N_CRASH], before_usr1; /* handlers read: set before ours are there */
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void write_all_flights(void)
{
    atomic_fetch_add(&registry.printing, 1);
    for (int i = 0; i < OBSERVES; ++i) {
        const struct observe *o = atomic_load(&registry.entry[i]);
        if (o)
            observe_flight_write(o, STDERR_FILENO, 0);
    }
    atomic_fetch_sub(&registry.printing, 1);
}

static const char *signal_name(int signal)
{
    switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    case SIGABRT: return "SIGABRT";
    default: return "a signal";
    }
}

static void write_crash(int signal, int thread)
{
    struct observe_line l = observe_line_to_fd(STDERR_FILENO);
    observe_line_text(&l, "tessera: ");
    observe_line_text(&l, signal_name(signal));
    observe_line_text(&l, " in thread ");
    observe_line_decimal(&l, thread);
    observe_line_end(&l);
    write_all_flights();
}

/* Hand the signal to whoever had it before. A handler that was put over ours, and hands on to us in
 * its turn, could keep that up for ever: then the process ends. */
static void pass_on(int signal, const siginfo_t *info)
{
    const struct sigaction fatal = {.sa_handler = SIG_DFL};
    const bool             is_loop = atomic_fetch_add(&registry.passed, 1) > 1000;
    for (int i = 0; i < N_CRASH; ++i)
        if (crash_signals[i] == signal)
            sigaction(signal, is_loop ? &fatal : &registry.before[i], NULL);
    if (signal == SIGABRT || info->si_code <= 0)
        raise(signal);
}

static void on_crash(int signal, siginfo_t *info, void *context)
{
    (void)context;
    const int thread = gettid();
    int       nobody = 0;
    void (*const ask)(int signal) = atomic_load(&registry.ask);
    if (ask)
        ask(signal);
    if (atomic_compare_exchange_strong(&registry.crashing, &nobody, thread)) {
        write_crash(signal, thread);
        atomic_store(&registry.crashing, -1);
    }
    const struct timespec ms = {.tv_nsec = 1000000};
    for (int i = 0; i < 2000 && atomic_load(&registry.crashing) > 0 &&
                    atomic_load(&registry.crashing) != thread;
         ++i)
        nanosleep(&ms, NULL);
    pass_on(signal, info);
}

static void on_usr1(int signal)
{
    (void)signal;
    const int error = errno;
    write_all_flights();
    errno = error;
}

static void install(void)
{
    struct sigaction ours = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&ours.sa_mask);
    atomic_store(&registry.crashing, 0);
    atomic_store(&registry.passed, 0);
    for (int i = 0; i < N_CRASH; ++i)
        if (sigaction(crash_signals[i], NULL, &registry.before[i]) == 0)
            sigaction(crash_signals[i], &ours, NULL);
    struct sigaction usr1 = {.sa_handler = on_usr1, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&usr1.sa_mask);
    registry.has_usr1 = sigaction(SIGUSR1, NULL, &registry.before_usr1) == 0 &&
                        !(registry.before_usr1.sa_flags & SA_SIGINFO) &&
                        registry.before_usr1.sa_handler == SIG_DFL;
    if (registry.has_usr1)
        sigaction(SIGUSR1, &usr1, NULL);
}

static void uninstall(void)
{
    struct sigaction now;
    for (int i = 0; i < N_CRASH; ++i)
        if (sigaction(crash_signals[i], NULL, &now) == 0 && now.sa_flags & SA_SIGINFO &&
            now.sa_sigaction == on_crash)
            sigaction(crash_signals[i], &registry.before[i], NULL);
    if (registry.has_usr1 && sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == on_usr1)
        sigaction(SIGUSR1, &registry.before_usr1, NULL);
}

/* Put `to` where `from` stands. */
static bool replace(struct observe *from, struct observe *to)
{
    for (int i = 0; i < OBSERVES; ++i)
        if (atomic_load(&registry.entry[i]) == from) {
            atomic_store(&registry.entry[i], to);
            return true;
        }
    return false;
}

void observe_signals_install(struct observe *o)
{
    pthread_mutex_lock(&registry.lock);
    if (replace(NULL, o) && registry.users++ == 0)
        install();
    pthread_mutex_unlock(&registry.lock);
}

void observe_crash_ask(void (*ask)(int signal))
{
    atomic_store(&registry.ask, ask);
}

void observe_signals_remove(struct observe *o)
{
    pthread_mutex_lock(&registry.lock);
    if (replace(o, NULL) && --registry.users == 0)
        uninstall();
    pthread_mutex_unlock(&registry.lock);
    while (atomic_load(&registry.printing))
        sched_yield();
}
