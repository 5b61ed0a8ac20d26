/* apart.c - programs run in forked children, so that a crash or a hang of the runtime is a finding
 * with a seed and not the end of the oracle.
 *
 * The parent never starts a runtime: it has one thread, and may fork at any time. */
#include "apart.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool message_send(int to, const message *m)
{
    const char *p = (const char *)m;
    for (size_t n = sizeof *m; n > 0;) {
        const ssize_t k = write(to, p, n);
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

/* Of the leak sanitizer, where there is one. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void in_child(int to, int errors, void (*work)(void *user, int to), void *user)
{
    const struct rlimit none = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &none);
    if (errors >= 0)
        dup2(errors, 2);
    work(user, to);
    fflush(stdout);
    _exit(__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() ? 23 : 0);
}

bool child_start(child *c, void (*work)(void *user, int to), void *user)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    c->errors = memfd_create("oracle-stderr", 0);
    c->pid = fork();
    if (c->pid == 0) {
        close(ends[0]);
        in_child(ends[1], c->errors, work, user);
    }
    close(ends[1]);
    c->from = ends[0];
    c->heard = now_s();
    c->busy = false;
    return c->pid > 0;
}

int child_hear(child *c, double seconds, message *out)
{
    struct pollfd p = {.fd = c->from, .events = POLLIN};
    if (poll(&p, 1, (int)(seconds * 1000)) <= 0)
        return 0;
    char *to = (char *)out;
    for (size_t n = sizeof *out; n > 0;) {
        const ssize_t k = read(c->from, to, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return -1;
        to += k;
        n -= (size_t)k;
    }
    c->heard = now_s();
    c->busy = !out->done;
    return 1;
}

/* The end of what the child wrote to stderr. */
static void last_words(const child *c, char *out, size_t room)
{
    const off_t size = lseek(c->errors, 0, SEEK_END);
    const off_t from = size > (off_t)room - 1 ? size - ((off_t)room - 1) : 0;
    ssize_t     n = pread(c->errors, out, room - 1, from);
    out[n > 0 ? n : 0] = 0;
}

/* Did a sanitizer speak?  Then its words, from where they begin. */
static bool sanitizer_spoke(const child *c, char *out, size_t room)
{
    static const char *const signs[] = {": runtime error: ", "ERROR: AddressSanitizer",
                                        "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer"};
    const off_t              size = lseek(c->errors, 0, SEEK_END);
    char                    *all = size > 0 ? malloc((size_t)size + 1) : NULL;
    const char              *found = NULL;
    if (!all)
        return false;
    const ssize_t n = pread(c->errors, all, (size_t)size, 0);
    all[n > 0 ? n : 0] = 0;
    for (size_t k = 0; k < sizeof signs / sizeof *signs && !found; ++k)
        found = strstr(all, signs[k]);
    if (found)
        snprintf(out, room, "%s", found - all > 80 ? found - 80 : all);
    free(all);
    return found != NULL;
}

void child_end(child *c, bool kill_it, char *out_text, size_t room)
{
    int  status = 0;
    char words[900];
    if (kill_it) {
        kill(c->pid, SIGUSR1); /* the flight recorder */
        usleep(200000);
        kill(c->pid, SIGKILL);
    }
    waitpid(c->pid, &status, 0);
    last_words(c, words, sizeof words);
    out_text[0] = 0;
    if (sanitizer_spoke(c, words, sizeof words))
        snprintf(out_text, room, "%s", words);
    else if (kill_it)
        snprintf(out_text, room, "no progress: killed. %s", words);
    else if (WIFSIGNALED(status))
        snprintf(out_text, room, "signal %d (%s). %s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), words);
    else if (WEXITSTATUS(status) != 0)
        snprintf(out_text, room, "the process ended with code %d. %s", WEXITSTATUS(status), words);
    close(c->from);
    close(c->errors);
    c->pid = 0;
}

/* ---- one program ---- */

static void run_one(void *user, int to)
{
    const oracle_program *p = user;
    message              *m = calloc(1, sizeof *m);
    run_program(p, &m->result);
    m->done = true;
    message_send(to, m);
    free(m);
}

verdict run_apart(const oracle_program *p, int seconds, oracle_result *out)
{
    child    c = {0};
    char     how[1200];
    message *m = calloc(1, sizeof *m);
    verdict  v = PASSED;
    child_start(&c, run_one, (void *)p);
    const int heard = child_hear(&c, seconds, m);
    if (heard == 1)
        *out = m->result;
    else
        memset(out, 0, sizeof *out);
    child_end(&c, heard == 0, how, sizeof how);
    free(m);
    if (heard == 1 && !out->passed)
        return MISMATCHED;
    if (*how) {
        v = heard == 0 ? HUNG : CRASHED;
        out->passed = false;
        snprintf(out->what, sizeof out->what, "%s", how);
    }
    return v;
}
