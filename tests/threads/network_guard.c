/* An abort inside the wire: who has a way out takes it, who has none stays, and others end as ever. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "network/guard.h"
#include "network_ranks.h"

static void give_up(void)
{
    guard_enter();
    abort();
}

static bool is_whole(void (*what)(void))
{
    return GUARD_TRY(what());
}

static int a_way_out(void)
{
    char wrong[128] = "";
    if (!is_whole(guard_enter))
        snprintf(wrong, sizeof wrong, "what does not abort is not whole");
    for (int i = 0; i < 3 && !wrong[0]; ++i)
        if (is_whole(give_up))
            snprintf(wrong, sizeof wrong, "abort() %d went unnoticed", i);
    if (!guard_has_tripped())
        snprintf(wrong, sizeof wrong, "nobody knows of it");
    return test_verdict("a_way_out", wrong);
}

static atomic_int stays; /* 1: about to abort; 2: it came back */

static void *stay_main(void *unused)
{
    (void)unused;
    atomic_store(&stays, 1);
    give_up();
    atomic_store(&stays, 2);
    return NULL;
}

/* The process goes on without that thread; it is left where it is. */
static int no_way_out(void)
{
    pthread_t thread;
    char      wrong[128] = "";
    pthread_create(&thread, NULL, stay_main, NULL);
    while (atomic_load(&stays) == 0)
        test_sleep_ms(1);
    test_sleep_ms(300);
    if (atomic_load(&stays) != 1)
        snprintf(wrong, sizeof wrong, "a thread came back from abort()");
    pthread_detach(thread);
    return test_verdict("no_way_out", wrong);
}

static int outside(void)
{
    char        wrong[128] = "";
    int         status = 0;
    const pid_t child = fork();
    if (child == 0)
        abort();
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
        snprintf(wrong, sizeof wrong, "abort() outside gave status %d", status);
    return test_verdict("outside_it_is_an_abort", wrong);
}

int main(void)
{
    guard_install();
    int failed = outside();
    failed += a_way_out();
    failed += no_way_out();
    fflush(stdout);
    _exit(failed); /* before the thread that stays gives up waiting */
}
