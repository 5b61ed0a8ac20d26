/* victim.c - a program for processes that are to be killed, stopped, or wrong.
 *
 *     victim run SECONDS      stencils and reads until the time is over
 *     victim busy SECONDS     one body of rank 1 takes that long; the others wait for its value
 *     victim branch HOW       rank 1 issues what the others do not: one task more, a value it reads, a
 *                             fact it agrees on, nothing any more (more, value, agree, leave); or the
 *                             others never wait for it: in the middle of thousands of operations
 *                             (alone), as the last operation before the end (last)
 *     victim finish SECONDS   all finish, while one body of rank 1 takes that long
 *     victim once             what is printed, and by whom; what TSR_ONCE refuses
 *     victim late SECONDS     rank 1 starts its runtime so much later
 *
 * Each process says `rank R of N is process P` on stderr as it begins, `rank R finishes` when all is
 * done but tsr_finish(), and `rank R ends with CODE` when it ends by itself.  Public headers only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tessera/tessera.h>
#include <time.h>
#include <unistd.h>

#include "../ranks/ranks_tasks.h"

enum { OUT };
enum { N = 40000 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double busy_seconds;

static tsr_status sit(const tsr_task_context *t)
{
    tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    const double   until = now_s() + busy_seconds;
    if (tsr_rank() == 1)
        while (now_s() < until)
            ;
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = 1;
    return TSR_OK;
}

static const tsr_task_desc sitting = {
    .name = "victim.sit",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = sit}},
};

static tsr_status step(tsr_store to, tsr_store from)
{
    TSR_SCOPE();
    return tsr_issue(&smoothing, [SMOOTH_OUT] = tsr_arg_of(tsr_slice(to, 0, 1, N - 1, 1)),
                     [SMOOTH_IN] = tsr_arg_of(from));
}

static tsr_status run(double seconds)
{
    TSR_SCOPE();
    const double one = 1, begin = now_s();
    tsr_store    s[2];
    double       value = 0, left = seconds;
    for (int k = 0; k < 2; ++k)
        s[k] = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &one);
    for (int i = 0; left > 0; ++i) {
        TSR_TRY(step(s[(i + 1) % 2], s[i % 2]));
        if (i % 50 != 49)
            continue;
        TSR_TRY(tsr_value(tsr_project(s[0], 0, N / 2), &value));
        left = begin + seconds - now_s();
        TSR_TRY(tsr_agree(&left, sizeof left));
    }
    return value == one ? TSR_OK : TSR_FAIL(TASK_FAILED, "the value is %g", value);
}

static tsr_status busy(double seconds)
{
    TSR_SCOPE();
    double sum[N];
    busy_seconds = seconds;
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    TSR_TRY(tsr_issue(&sitting, [OUT] = tsr_arg_of(s)));
    return tsr_read(s, sum, sizeof sum);
}

/* What rank 1 does and the others do not. */
static tsr_status differ(const char *how, tsr_store a, tsr_store b)
{
    double value = 1;
    if (strcmp(how, "value") == 0)
        return tsr_value(tsr_project(a, 0, 5), &value);
    if (strcmp(how, "agree") == 0)
        return tsr_agree(&value, sizeof value);
    return step(a, b);
}

static tsr_status finish(double seconds)
{
    TSR_SCOPE();
    busy_seconds = seconds;
    return tsr_issue(&sitting, [OUT] = tsr_arg_of(tsr_store_create(TSR_F64, TSR_SHAPE(N))));
}

static tsr_status branch_alone(tsr_store a, tsr_store b)
{
    const double one = 1;
    for (int i = 0; i < 5000; ++i)
        TSR_TRY(tsr_fill(a, &one));
    if (tsr_rank() == 1) {
        fprintf(stderr, "rank 1 branches (line %d)\n", __LINE__ + 1);
        TSR_TRY(tsr_fill(b, &one)); /* planted */
    } else {
        TSR_TRY(tsr_fill(a, &one));
    }
    for (int i = 0; i < 20000; ++i)
        TSR_TRY(tsr_fill(a, &one));
    return tsr_fence();
}

static tsr_status branch_last(tsr_store a)
{
    static double got[N];
    const double  two = tsr_rank() == 1 ? 2 : 1; /* planted */
    if (tsr_rank() == 1)
        fprintf(stderr, "rank 1 branches (line %d)\n", __LINE__ + 1);
    TSR_TRY(tsr_fill(a, &two));
    return tsr_read(a, got, sizeof got);
}

static tsr_status branch(const char *how)
{
    TSR_SCOPE();
    const double    one = 1;
    double          value;
    const tsr_store a = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &one);
    const tsr_store b = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &one);
    if (strcmp(how, "alone") == 0)
        return branch_alone(a, b);
    if (strcmp(how, "last") == 0)
        return branch_last(a);
    for (int i = 0; i < 200; ++i) {
        if (i == 120 && tsr_rank() == 1) { /* planted: what only rank 1 does */
            fprintf(stderr, "rank 1 branches\n");
            if (strcmp(how, "leave") == 0)
                return TSR_OK;
            TSR_TRY(differ(how, a, b));
        }
        TSR_TRY(step(b, a));
    }
    return tsr_value(tsr_project(b, 0, 3), &value);
}

static tsr_status once(void)
{
    TSR_SCOPE();
    printf("a line of stdout\n");
    TSR_ONCE
    {
        fprintf(stderr, "once: rank %d\n", tsr_rank());
    }
    const double    one = 1;
    double          value = 0;
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &one);
    TSR_ONCE
    {
        if (tsr_fill(s, &value) == TSR_NOT_ALLOWED)
            fprintf(stderr, "once: an operation inside is refused\n");
    }
    TSR_TRY(tsr_value(tsr_project(s, 0, 3), &value));
    return value == one ? TSR_OK : TSR_FAIL(TASK_FAILED, "the value is %g", value);
}

static tsr_status choose(int argc, char **argv)
{
    const char  *what = argc > 1 ? argv[1] : "";
    const double seconds = argc > 2 ? atof(argv[2]) : 1;
    if (strcmp(what, "run") == 0)
        return run(seconds);
    if (strcmp(what, "busy") == 0)
        return busy(seconds);
    if (strcmp(what, "finish") == 0)
        return finish(seconds);
    if (strcmp(what, "branch") == 0)
        return branch(argc > 2 ? argv[2] : "more");
    return once();
}

/* Before there is a rank: the launcher's number. */
static void be_late(int argc, char **argv)
{
    const char *rank = getenv("PMIX_RANK");
    if (argc > 2 && strcmp(argv[1], "late") == 0 && rank && atoi(rank) == 1)
        usleep((useconds_t)(1e6 * atof(argv[2])));
}

int main(int argc, char **argv)
{
    be_late(argc, argv);
    if (tsr_start(&argc, &argv) != TSR_OK) {
        fprintf(stderr, "%s\n", tsr_error_text());
        return 3;
    }
    const int rank = tsr_rank();
    fprintf(stderr, "rank %d of %d is process %d\n", rank, tsr_rank_count(), (int)getpid());
    const tsr_status s = choose(argc, argv);
    if (s != TSR_OK)
        fprintf(stderr, "rank %d: %s\n", rank, tsr_error_text());
    fprintf(stderr, "rank %d finishes\n", rank);
    const int code = tsr_finish() || s != TSR_OK ? 1 : 0;
    fprintf(stderr, "rank %d ends with %d\n", rank, code);
    return code;
}
