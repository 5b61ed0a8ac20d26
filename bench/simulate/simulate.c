/* simulate.c - what the analysis of one rank costs, and what that rank sends, in runs of 4 to 4,096 ranks
 * that are only imagined (TESSERA_SIMULATE), the work of a rank fixed.
 *
 * For each program and number of ranks: the time an operation takes the first time (the first steps of a
 * fresh runtime) and when it is repeated, messages and bytes that the rank sends, and bytes that the
 * runtime keeps because of the program. All of it an operation, medians over runtimes and steps; what two
 * sizes take is compared by the median of the quotients of runtimes that ran beside each other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bench_util.h"
#include "sm_programs.h"

enum { MOST_STEPS = 4096, MOST_RUNS = 64, N_SIZES = 4 };
static const int sizes_of[N_SIZES] = {4, 64, 1024, 4096};

/* What was measured, an operation. */
typedef struct answer {
    double  first_ns, repeated_ns, messages, bytes, metadata_bytes;
    double  first, repeated; /* against the smallest number of ranks */
    int64_t rank;
} answer;

/* Counters before and after. */
typedef struct counts {
    int64_t operations, messages, bytes;
} counts;

static counts counts_now(void)
{
    return (counts){tsr_counter(TSR_COUNT_OPERATIONS), tsr_counter(TSR_COUNT_MESSAGES),
                    tsr_counter(TSR_COUNT_MESSAGE_BYTES)};
}

static tsr_status steps(const sm_program *p, sm_state *m, int n, double *out_seconds)
{
    const double began = bench_now();
    for (int i = 0; i < n; ++i)
        TSR_TRY(p->step(m));
    TSR_TRY(tsr_flush());
    *out_seconds = bench_now() - began;
    return TSR_OK;
}

/* One runtime: its first steps, then `n` times as many. */
static tsr_status run(const sm_program *p, int ranks, int64_t side, int n, answer *out)
{
    TSR_SCOPE();
    static double each[MOST_STEPS];
    sm_state      m = {.turn = 0};
    double        seconds;
    const int64_t held = tsr_counter(TSR_COUNT_METADATA_BYTES);
    TSR_TRY(p->setup(&m, ranks, side > 0 ? side : p->side));
    TSR_TRY(tsr_flush());
    counts before = counts_now();
    TSR_TRY(steps(p, &m, p->period, &seconds));
    const int64_t ops = counts_now().operations - before.operations;
    out->first_ns = 1e9 * seconds / (double)ops;
    for (int i = 0; i < 8; ++i)
        TSR_TRY(steps(p, &m, p->period, &seconds));
    before = counts_now();
    for (int i = 0; i < n; ++i) {
        TSR_TRY(steps(p, &m, p->period, &each[i]));
        each[i] *= 1e9 / (double)ops;
    }
    const counts after = counts_now();
    const double all = (double)(after.operations - before.operations);
    out->repeated_ns = bench_median(each, n);
    out->messages = (double)(after.messages - before.messages) / all;
    out->bytes = (double)(after.bytes - before.bytes) / all;
    out->metadata_bytes = (double)(tsr_counter(TSR_COUNT_METADATA_BYTES) - held) / (double)ops;
    out->rank = tsr_rank();
    return TSR_OK;
}

static double quotient(const double *of, const double *against, int n)
{
    double q[MOST_RUNS];
    for (int i = 0; i < n; ++i)
        q[i] = of[i] / against[i];
    return bench_median(q, n);
}

/* All sizes of one program, in turn, so that what else the machine does falls on all of them alike; every
 * second time from the other end. */
static tsr_status measure(const sm_program *p, const int *sizes, int n_sizes, int64_t side,
                          int runs, int n, answer *out)
{
    static double first[N_SIZES][MOST_RUNS], repeated[N_SIZES][MOST_RUNS];
    for (int i = 0; i < runs; ++i)
        for (int turn = 0; turn < n_sizes; ++turn) {
            const int k = i % 2 == 0 ? turn : n_sizes - 1 - turn;
            char simulate[24];
            snprintf(simulate, sizeof simulate, "%d", sizes[k]);
            TSR_TRY(tsr_start(NULL, NULL, .simulate = simulate, .workers = 1));
            const tsr_status s = run(p, sizes[k], side, n, &out[k]);
            if (tsr_finish() != 0 || s != TSR_OK)
                return s != TSR_OK ? s : TSR_TASK_FAILED;
            first[k][i] = out[k].first_ns;
            repeated[k][i] = out[k].repeated_ns;
        }
    for (int k = 0; k < n_sizes; ++k) {
        out[k].first = quotient(first[k], first[0], runs);
        out[k].repeated = quotient(repeated[k], repeated[0], runs);
    }
    for (int k = 0; k < n_sizes; ++k) {
        out[k].first_ns = bench_median(first[k], runs);
        out[k].repeated_ns = bench_median(repeated[k], runs);
    }
    return TSR_OK;
}

/* The largest against the smallest; false: more than `most_time` or, of what does not depend on the machine,
 * more than is allowed. */
static bool compare(const sm_program *p, const answer *small, const answer *large, double most_time,
                    bool json)
{
    const double per = p->by_message && small->messages > 0 ? large->messages / small->messages : 1;
    const double first = large->first / per, repeated = large->repeated / per;
    const double kept = large->metadata_bytes / small->metadata_bytes;
    const bool   good = first <= most_time && repeated <= most_time && kept <= 1.2 &&
                      large->messages <= p->most_messages;
    if (!json)
        printf("%-12s %d against %d: first %.2f, repeated %.2f%s, metadata %.3f%s\n\n", p->name,
               sizes_of[N_SIZES - 1], sizes_of[0], first, repeated,
               p->by_message ? " (per message)" : "", kept,
               good ? "" : "  (more than is aimed at)");
    return good;
}

static void print(const sm_program *p, int ranks, const answer *a, bool json)
{
    if (json)
        printf("{\"program\": \"%s\", \"ranks\": %d, \"first_ns\": %.0f, \"analysis_ns\": %.0f, "
               "\"messages\": %.3f, \"bytes\": %.1f, \"metadata_bytes\": %.0f}\n",
               p->name, ranks, a->first_ns, a->repeated_ns, a->messages, a->bytes,
               a->metadata_bytes);
    else
        printf("%-12s %6d %6lld %10.0f %12.0f %9.3f %10.1f %14.0f\n", p->name, ranks,
               (long long)a->rank, a->first_ns, a->repeated_ns, a->messages, a->bytes,
               a->metadata_bytes);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool               json = false, check = false, good = true;
    int64_t            side = 0, n = 400, runs = 21, only = 0, which = 0;
    const bench_option options[] = {
        {"--json", &json, NULL, "one object a line"},
        {"--check", &check, NULL,
         "fail where 4,096 ranks cost more than 2 times what 4 cost, or send too much"},
        {"--side", NULL, &side, "elements of a rank along each dimension; 0: the program's own"},
        {"--steps", NULL, &n, "steps measured a runtime, up to 4096"},
        {"--runs", NULL, &runs, "runtimes of which the medians are taken, up to 64"},
        {"--program", NULL, &which, "one program, by its number from 1 on; 0: all"},
        {"--ranks", NULL, &only, "one number of ranks; 0: 4, 64, 1024, 4096"},
        {0}};
    bench_options_read(argc, argv, "The cost of analysis on one rank of an imagined run.", options);
    n = n < 1 ? 1 : n > MOST_STEPS ? MOST_STEPS : n;
    runs = runs < 1 ? 1 : runs > MOST_RUNS ? MOST_RUNS : runs;
    const int  one[1] = {(int)only}, n_sizes = only > 0 ? 1 : N_SIZES;
    const int *sizes = only > 0 ? one : sizes_of;
    if (!json)
        printf("%-12s %6s %6s %10s %12s %9s %10s %14s\n", "program", "ranks", "rank", "first_ns",
               "analysis_ns", "messages", "bytes", "metadata_bytes");
    for (const sm_program *p = sm_programs; p->name; ++p) {
        answer a[N_SIZES] = {0};
        if (which > 0 && p - sm_programs != which - 1)
            continue;
        if (measure(p, sizes, n_sizes, side, (int)runs, (int)n, a) != TSR_OK) {
            fprintf(stderr, "%s\n", tsr_error_text());
            return 1;
        }
        for (int i = 0; i < n_sizes; ++i)
            print(p, sizes[i], &a[i], json);
        if (n_sizes > 1)
            good &= compare(p, &a[0], &a[N_SIZES - 1], check ? 2 : 1.2, json);
    }
    return check && !good;
}
