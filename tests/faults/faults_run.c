/* Brutal failure over the whole pipeline: the n-th allocation fails, the n-th body fails, a rank dies,
 * for n = 0, 1, 2, ... until a run in which nothing failed.  Each run ends, leaks nothing, and every
 * value it reads is right, or the failure names its cause.
 *
 *     faults_run                 a few n of each kind: seconds
 *     faults_run --all           every n
 *     faults_run KIND WAY N      one run, and what it saw */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "faults_program.h"

enum { LIMIT_S = 60, MOST = 2000000 };

/* How the program is run. */
struct way {
    const char *name;
    int         ranks, workers, window;
    uint64_t    seed;
};
static const struct way ways[] = {
    {"alone", 1, 1, 5, 0},
    {"two_workers", 1, 2, 64, 0},
    {"two_ranks", 2, 1, 5, 3},
};
enum { N_WAYS = sizeof ways / sizeof *ways };

/* What fails. */
enum { ALLOCATION, BODY, N_KINDS };
static const char *const kinds[N_KINDS] = {"allocation", "body"};

static char running[128]; /* what the alarm says */

static void too_long(int signal)
{
    (void)signal;
    static const char text[] = "\nnot ok: no end: ";
    (void)!write(1, text, sizeof text - 1);
    (void)!write(1, running, strlen(running));
    (void)!write(1, "\n", 1);
    abort();
}

/* Run once with number `n` of `kind` failing; `seen` tells how it went, *out_status how it started.
 * True: nothing was left to fail, so that a larger n is of no use. */
static bool run(int kind, const struct way *way, long n, struct faults_seen *seen,
                tsr_status *out_status)
{
    static tsr_machine machine;
    if (machine.n_cores == 0)
        TSR_CHECK(tsr_machine_discover(&machine));
    tsr_options each[2];
    int         code = 0;
    for (int r = 0; r < way->ranks; ++r)
        each[r] = (tsr_options){.size = sizeof each[r], .at = TSR_HERE, .workers = way->workers,
                                .window = way->window, .min_piece = 8, .leaf = 16,
                                .machine = &machine};
    *seen = (struct faults_seen){.words = {kind == BODY ? "told to fail" : "memory"}, .fail_body = -1};
    if (kind == ALLOCATION && way->ranks > 1)
        seen->words[1] = "is gone"; /* what a rank says of another that could not start */
    if (kind == BODY)
        seen->fail_body = n;
    if (kind == ALLOCATION)
        base_alloc_fail_after(n);
    *out_status = tsr_ranks_run(way->ranks, faults_program, seen, &code, .each = each,
                                .seed = way->seed);
    if (kind == BODY)
        return atomic_load(&seen->bodies) <= n;
    const bool left = base_alloc_is_to_fail();
    base_alloc_fail_after(-1);
    return left;
}

/* One run, judged; prints why it is not as it should be.  *out_over as run() answers. */
static bool is_well(int kind, const struct way *way, long n, bool *out_over, int *failures)
{
    struct faults_seen seen;
    tsr_status         status;
    snprintf(running, sizeof running, "%s %s %ld", kinds[kind], way->name, n);
    alarm(LIMIT_S);
    const int64_t before = base_alloc_live();
    *out_over = run(kind, way, n, &seen, &status);
    alarm(0);
    const int64_t lost = base_alloc_live() - before;
    *failures += seen.failures;
    if (status != TSR_OK && (kind != ALLOCATION || strstr(tsr_error_text(), "memory") == NULL))
        printf("# %s: did not start: %s\n", running, tsr_error_text());
    else if (seen.wrong > 0)
        printf("# %s: %d wrong: %s\n", running, seen.wrong, seen.text);
    else if (lost != 0)
        printf("# %s: %lld blocks are lost\n", running, (long long)lost);
    else if (*out_over && seen.failures > 0)
        printf("# %s: nothing was made to fail, and %d calls failed\n", running, seen.failures);
    else
        return true;
    fflush(stdout);
    return false;
}

/* n = 0, stride, 2 stride, ... until nothing is left to fail; each beginning is a little on. */
static int sweep(int kind, const struct way *way, long stride)
{
    int  bad = 0, runs = 0, failures = 0;
    bool over = false;
    long n = 0;
    for (; !over && n < MOST && bad < 20; n += stride, ++runs)
        bad += !is_well(kind, way, n, &over, &failures);
    const bool ok = bad == 0 && over && failures > 0;
    printf("%s %s_fails_%s %d runs up to n = %ld, %d calls failed\n", ok ? "ok" : "not ok", kinds[kind],
           way->name, runs, n - stride, failures);
    fflush(stdout);
    return !ok;
}

/* What nobody asked about is printed at finish: of no interest here. */
static void quiet(void)
{
    if (getenv("FAULTS_LOUD") == NULL && freopen("/dev/null", "w", stderr) == NULL)
        abort();
}

static int one_run(char **argv)
{
    bool over;
    int  failures = 0;
    for (int k = 0; k < N_KINDS; ++k)
        for (int w = 0; w < N_WAYS; ++w)
            if (strcmp(argv[0], kinds[k]) == 0 && strcmp(argv[1], ways[w].name) == 0) {
                const bool ok = is_well(k, &ways[w], atol(argv[2]), &over, &failures);
                printf("%s %s, %d calls failed%s\n", ok ? "ok" : "not ok", running, failures,
                       over ? ", nothing was left to fail" : "");
                return !ok;
            }
    return 2;
}

int main(int argc, char **argv)
{
    const bool all = argc == 2 && strcmp(argv[1], "--all") == 0;
    signal(SIGALRM, too_long);
    if (argc == 4)
        return one_run(argv + 1);
    quiet();
    int failed = 0;
    for (int w = 0; w < N_WAYS; ++w) {
        failed += sweep(ALLOCATION, &ways[w], all ? 1 : 37);
        failed += sweep(BODY, &ways[w], all ? 1 : 11);
    }
    return failed;
}
