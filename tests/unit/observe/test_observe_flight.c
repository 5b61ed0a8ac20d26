/* The flight recorder as text, and what signals do with it. */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observe_test.h"

/* Two workers that took turns at two operations. */
static struct observe *two_workers(int rank)
{
    struct observe *o = observe_create(2, rank, 0);
    observe_name(o, 1, "heat_step", observe_test_site(31), NULL);
    observe_name(o, 2, "heat_norm", observe_test_site(32), "inner loop");
    observe_event(observe_lane(o, 0), OBSERVE_ISSUE, 1, 3, 0);
    observe_event(observe_lane(o, 1), OBSERVE_RUN, 1, 64, 0xf);
    observe_event(observe_lane(o, 0), OBSERVE_RUN, 2, 0, 1);
    observe_event(observe_lane(o, 1), OBSERVE_IDLE, 0, 0, 0);
    observe_event(observe_lane(o, 0), OBSERVE_SEND, 77, 1, 4096);
    return o;
}

static char *print(const struct observe *o, int tail)
{
    FILE *file = tmpfile();
    observe_flight_print(o, file, tail);
    char *text = observe_test_text(file);
    fclose(file);
    return text;
}

Test(observe_flight, names_operations_and_orders_by_time)
{
    struct observe *o = two_workers(3);
    char           *text = print(o, 0);
    const char     *run =
        strstr(text, "worker 1  RUN        #1 heat_step (user.c:31)  first 64 bits 0xf");
    const char *next =
        strstr(text, "worker 0  RUN        #2 heat_norm (user.c:32)  first 0 bits 0x1");
    cr_assert(strstr(text, "flight recorder of rank 3"));
    cr_assert(strstr(text, "ISSUE      #1 heat_step (user.c:31)  arguments 3"));
    cr_assert(run && next && run < next, "%s", text);
    cr_assert(strstr(text, "SEND       #77 to 1 bytes 4096"), "%s", text);
    cr_assert(strstr(text, "  [inner loop]"));
    cr_assert(strstr(text, "now worker 0  RUN        #2 heat_norm"), "a SEND ends no span");
    cr_assert(strstr(text, "now worker 1  IDLE"));
    free(text);
    observe_destroy(o);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_flight, prints_the_tail)
{
    struct observe *o = observe_create(2, 0, 64);
    for (uint64_t i = 1; i <= 500; ++i)
        observe_event(observe_lane(o, (int)(i % 2)), OBSERVE_DONE, i, 0, 0);
    char *text = print(o, 5);
    cr_assert_eq(observe_test_count(text, "DONE"), 10);
    cr_assert(strstr(text, "#491 ") && strstr(text, "#500 ") && !strstr(text, "#490 "));
    free(text);
    text = print(o, 1000);
    cr_assert_eq(observe_test_count(text, "DONE"), 2 * 63, "what a ring of 64 holds");
    free(text);
    observe_destroy(o);
}

Test(observe_flight, prints_of_a_worker_that_did_nothing)
{
    struct observe *o = observe_create(1, 0, 0);
    char           *text = print(o, 0);
    cr_assert(strstr(text, "now worker 0  nothing yet"));
    free(text);
    observe_destroy(o);
}

Test(observe_flight, long_names_are_cut)
{
    static char long_name[2000];
    memset(long_name, 'x', sizeof long_name - 1);
    struct observe *o = observe_create(1, 0, 0);
    observe_name(o, 1, long_name, TSR_HERE, long_name);
    observe_event(observe_lane(o, 0), OBSERVE_RUN, 1, 0, 1);
    char *text = print(o, 0);
    cr_assert_eq(observe_test_count(text, "\n"), 3);
    free(text);
    observe_destroy(o);
}

/* ---- signals, each in a child of its own ---- */

struct child {
    int  status;
    char text[16384]; /* of its stderr */
};

static struct child run_child(void (*body)(void))
{
    struct child c = {0};
    int          ends[2];
    cr_assert_eq(pipe(ends), 0);
    const pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t  length = 0;
    ssize_t n;
    while ((n = read(ends[0], c.text + length, sizeof c.text - 1 - length)) > 0)
        length += (size_t)n;
    close(ends[0]);
    waitpid(pid, &c.status, 0);
    return c;
}

static void no_core_default(int signal)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigaction(signal, &plain, NULL);
}

__attribute__((no_sanitize("address", "undefined"))) static void crash_by_a_bad_address(void)
{
    no_core_default(SIGSEGV);
    struct observe *o = two_workers(0), *other = two_workers(1);
    observe_signals_install(o);
    observe_signals_install(other);
    static int *volatile nowhere;
    *nowhere = 1;
}

Test(observe_signals, a_crash_writes_every_rank_and_dies_as_it_would)
{
    const struct child c = run_child(crash_by_a_bad_address);
    cr_assert(WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGSEGV, "status %x", c.status);
    cr_assert(strstr(c.text, "tessera: SIGSEGV in thread "));
    cr_assert(strstr(c.text, "flight recorder of rank 0"));
    cr_assert(strstr(c.text, "flight recorder of rank 1"));
    cr_assert(strstr(c.text, "now worker 0  RUN        #2 heat_norm (user.c:32)"));
}

static void crash_by_abort(void)
{
    no_core_default(SIGABRT);
    observe_signals_install(two_workers(0));
    abort();
}

static void crash_by_a_signal_sent(void)
{
    no_core_default(SIGBUS);
    observe_signals_install(two_workers(0));
    kill(getpid(), SIGBUS);
    for (;;)
        pause();
}

Test(observe_signals, abort_and_signals_sent_end_the_process_too)
{
    struct child c = run_child(crash_by_abort);
    cr_assert(WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGABRT, "status %x", c.status);
    cr_assert_eq(observe_test_count(c.text, "flight recorder"), 1);
    c = run_child(crash_by_a_signal_sent);
    cr_assert(WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGBUS, "status %x", c.status);
    cr_assert_eq(observe_test_count(c.text, "flight recorder"), 1);
}

static void exit_42(int signal)
{
    (void)signal;
    _exit(42);
}

static void crash_with_a_handler_before(void)
{
    signal(SIGFPE, exit_42);
    observe_signals_install(two_workers(0));
    raise(SIGFPE);
}

Test(observe_signals, the_handler_before_us_gets_the_crash)
{
    const struct child c = run_child(crash_with_a_handler_before);
    cr_assert(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 42, "status %x", c.status);
    cr_assert(strstr(c.text, "tessera: SIGFPE"));
}

static struct observe *chained;
static void            chain_to_ours(int signal, siginfo_t *info, void *context)
{
    static struct sigaction ours;
    if (signal == 0) {
        sigaction(SIGILL, NULL, &ours);
        const struct sigaction mine = {.sa_sigaction = chain_to_ours, .sa_flags = SA_SIGINFO};
        sigaction(SIGILL, &mine, NULL);
        return;
    }
    ours.sa_sigaction(signal, info, context);
}

static void crash_with_a_handler_after(void)
{
    no_core_default(SIGILL);
    chained = two_workers(0);
    observe_signals_install(chained);
    chain_to_ours(0, NULL, NULL);
    observe_destroy(chained);
    observe_signals_install(two_workers(0)); /* ours over theirs over ours */
    __builtin_trap();
}

Test(observe_signals, handlers_in_a_circle_end)
{
    const struct child c = run_child(crash_with_a_handler_after);
    cr_assert(WIFSIGNALED(c.status), "status %x", c.status);
    cr_assert_eq(observe_test_count(c.text, "flight recorder"), 1);
}

static void usr1_twice(void)
{
    no_core_default(SIGUSR1);
    struct observe *o = two_workers(0);
    observe_signals_install(o);
    raise(SIGUSR1);
    raise(SIGUSR1);
    observe_destroy(o);
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    _exit(now.sa_handler == SIG_DFL ? 7 : 8);
}

Test(observe_signals, usr1_prints_and_the_program_goes_on)
{
    const struct child c = run_child(usr1_twice);
    cr_assert(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 7, "status %x", c.status);
    cr_assert_eq(observe_test_count(c.text, "flight recorder of rank 0"), 2);
}

static void usr1_of_the_user(void)
{
    signal(SIGUSR1, exit_42);
    observe_signals_install(two_workers(0));
    raise(SIGUSR1);
}

static void usr1_ignored(void)
{
    signal(SIGUSR1, SIG_IGN);
    observe_signals_install(two_workers(0));
    raise(SIGUSR1);
}

Test(observe_signals, usr1_of_the_program_stays_its_own)
{
    struct child c = run_child(usr1_of_the_user);
    cr_assert(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 42, "status %x", c.status);
    cr_assert_str_eq(c.text, "");
    c = run_child(usr1_ignored);
    cr_assert(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 0, "status %x", c.status);
    cr_assert_str_eq(c.text, "");
}

static void handlers_come_back(void)
{
    struct sigaction before, now;
    sigaction(SIGSEGV, NULL, &before);
    struct observe *o[3];
    for (int i = 0; i < 3; ++i)
        observe_signals_install(o[i] = two_workers(i));
    for (int i = 0; i < 3; ++i)
        observe_destroy(o[i]);
    sigaction(SIGSEGV, NULL, &now);
    _exit(before.sa_handler == now.sa_handler ? 7 : 8);
}

Test(observe_signals, the_last_observe_takes_its_handlers_back)
{
    const struct child c = run_child(handlers_come_back);
    cr_assert(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 7, "status %x", c.status);
}

/* ---- no stack left ---- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they have stacks of their own */

static volatile int deepest = INT_MAX; /* never reached: the stack ends before */
__attribute__((noinline, no_sanitize("address", "undefined"))) static int descend(int n)
{
    volatile char page[4096];
    page[n % 4096] = (char)n;
    return n < deepest ? descend(n + 1) + page[(n + 1) % 4096] : 0;
}

static void overflow_here(void)
{
    no_core_default(SIGSEGV);
    void *stack = observe_stack_take();
    observe_signals_install(two_workers(0));
    _exit(stack ? descend(0) : 9);
}

static void *overflow_thread(void *user)
{
    (void)user;
    void *stack = observe_stack_take();
    return stack ? (void *)(intptr_t)descend(0) : NULL;
}

static void overflow_there(void)
{
    pthread_t other;
    no_core_default(SIGSEGV);
    observe_signals_install(two_workers(0));
    pthread_create(&other, NULL, overflow_thread, NULL);
    pthread_join(other, NULL);
}

Test(observe_signals, a_stack_overflow_is_told)
{
    void (*const children[])(void) = {overflow_here, overflow_there};
    for (int k = 0; k < 2; ++k) {
        const struct child c = run_child(children[k]);
        cr_assert(WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGSEGV, "status %x", c.status);
        cr_assert(strstr(c.text, "tessera: SIGSEGV in thread "));
        cr_assert(strstr(c.text, "flight recorder of rank 0"));
    }
}
#endif

Test(observe_signals, a_stack_of_the_programs_own_stays)
{
    static char   mine[65536];
    const stack_t ours = {.ss_sp = mine, .ss_size = sizeof mine};
    stack_t       now;
    cr_assert_eq(sigaltstack(&ours, NULL), 0);
    cr_assert_null(observe_stack_take());
    observe_stack_give(NULL);
    cr_assert_eq(sigaltstack(NULL, &now), 0);
    cr_assert_eq(now.ss_sp, (void *)mine);
}
