/* main.c - a rocking-curve reduction of a 3-dimensional Bragg scan, as tasks.
 *
 * The program below is sequential: open, read, reduce, report. Reading, thresholding and the sums
 * are operations over whole stores, which the runtime cuts, orders and runs on every core, or on
 * every rank:
 *
 *     TESSERA_WORKERS=1 01_rocking_curve scan.h5
 *     TESSERA_RANKS=4 01_rocking_curve scan.h5
 *
 * rocking_input.c says where frames come from, rocking_reduce.c is the reduction,
 * rocking_bodies.inl and rocking_curve_tasks.c are what runs in parallel, the rest prints and
 * draws. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/failure.h"
#include "common/progress.h"
#include "rocking_report.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Read and reduce; the same result on every rank. */
static tsr_status reduce_input(const rocking_input *in, const rocking_options *o,
                               rocking_found *out)
{
    TSR_SCOPE();
    tsr_store  frames;
    tsr_status s = TSR_OK;
    TSR_ONCE
    if (!in->is_simulated)
        progress_begin("reading frames", in->shape.extent[0]);
    s = rocking_input_read(in, &frames);
    if (s == TSR_OK)
        s = rocking_reduce(frames, &o->settings, out);
    TSR_ONCE
    progress_end();
    return s;
}

/* Where a file lies, for somebody who looks for it. */
static void print_place(const char *what, const char *path)
{
    char *place = realpath(path, NULL);
    printf("  %-14s %s\n", what, place ? place : path);
    free(place);
}

static tsr_status write_files(const rocking_input *in, const rocking_options *o,
                              const rocking_found *f)
{
    if (o->json) {
        TSR_TRY(rocking_report_json(f, o->json));
        print_place("figures", o->json);
    }
    if (o->png) {
        TSR_TRY(rocking_picture_write(in, f, o->png));
        print_place("picture", o->png);
    }
    return TSR_OK;
}

/* Say what was found. Fails also when a simulated scan is not what it was made to be. */
static tsr_status report(const rocking_input *in, const rocking_options *o, const rocking_found *f,
                         double seconds)
{
    rocking_report_print(in, f);
    const bool is_true = !in->is_simulated || rocking_report_truth(in, f);
    printf("\n");
    TSR_TRY(write_files(in, o, f));
    printf("  reduced in     %.2f s, %d rank%s, %d worker%s%s\n", seconds, tsr_rank_count(),
           tsr_rank_count() == 1 ? "" : "s", tsr_worker_count(), tsr_worker_count() == 1 ? "" : "s",
           tsr_rank_count() == 1 ? "" : " each");
    if (!is_true)
        return TSR_FAIL(INTERNAL, "the simulated scan was not found as it was made");
    return TSR_OK;
}

static tsr_status run(const rocking_options *o)
{
    const double  began = now_s();
    rocking_input in;
    rocking_found found;
    tsr_status    s = TSR_OK;
    TSR_TRY(rocking_input_open(o, &in));
    s = reduce_input(&in, o, &found);
    rocking_input_close(&in);
    if (s != TSR_OK)
        return s;
    TSR_ONCE
    s = report(&in, o, &found, now_s() - began);
    rocking_found_destroy(&found);
    return s;
}

/* Whether a failure speaks of what the user gave us: then its cause is all there is to say. */
static bool is_of_input(tsr_status s)
{
    return s == TSR_ENVIRONMENT || s == TSR_BAD_ARGUMENT || s == TSR_BAD_SHAPE ||
           s == TSR_BAD_TYPE || s == TSR_TASK_FAILED;
}

/* Print the last failure: its cause, and where it came from unless that is the input. */
static int explain(int code)
{
    char cause[1024];
    TSR_ONCE
    {
        failure_reason(cause, sizeof cause);
        fprintf(stderr, "01_rocking_curve: %s\n", cause);
        if (!is_of_input(tsr_error_status()))
            fprintf(stderr, "%s\n", tsr_error_text());
    }
    return code;
}

/* One rank's program. */
static int rocking_program(int argc, char **argv, void *user)
{
    rocking_options o;
    (void)user;
    if (rocking_options_read(argc, argv, &o) != TSR_OK)
        return explain(EXIT_USAGE);
    if (o.wants_help) {
        TSR_ONCE
        rocking_options_help(stdout);
        return 0;
    }
    return run(&o) == TSR_OK ? 0 : explain(EXIT_WRONG);
}

int main(int argc, char **argv)
{
    return tsr_main(argc, argv, rocking_program, NULL);
}
