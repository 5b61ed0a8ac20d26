/* stream.c - a chain of ten tasks over a large array, against the same chain written by hand.
 *
 *     stream [--bytes 1000000000] [--workers 2] [--repetitions 5] [--json]
 *
 * Each task reads the store of the one before and writes a store of its own, released at once: ten
 * temporaries of the size of the input, if they ever existed whole. Nothing in the program says
 * that they should not; the runtime is to run the chain piece by piece, so that pieces stay in cache
 * and memory holds input and output. Both sides are timed with their memory touched already (the
 * first run of the tasks is reported beside), the hand's before and after the tasks'. Every element
 * of the result is checked. The chain by hand takes as many threads as there are workers. */
#include "../bench_util.h"
#include "stream_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <tessera/tessera.h>

enum { OUT, IN, STEP };

static tsr_status input_body(const tsr_task_context *t)
{
    tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = stream_input(i);
    return TSR_OK;
}

static tsr_status step_body(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    const tsr_in_f64_1d  in = tsr_in_f64_1d_of(t, IN);
    const int64_t        low = out.box.low[0];
    stream_apply(out.origin + low, in.origin + low, out.box.high[0] - low, tsr_i32_of(t, STEP));
    return TSR_OK;
}

static const tsr_task_desc input_task = {
    .name = "stream.input",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, .rank = 1, .name = "out"}},
    .variants = {[TSR_CPU] = {.body = input_body}},
};

/* Windows of a layout of one element after another: the body hands plain pointers on. */
static const tsr_task_desc step_task = {
    .name = "stream.step",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, .rank = 1, .name = "out"},
             [IN] = {TSR_READ, TSR_F64, .rank = 1, .name = "in"},
             [STEP] = {TSR_SCALAR, TSR_I32, .name = "step"}},
    .constraints = {TSR_ALIGN(OUT, IN)},
    .variants =
        {[TSR_CPU] = {.body = step_body,
                      .layout = {[OUT] = {.contiguous = true}, [IN] = {.contiguous = true}}}},
};

/* The chain: what it returns is the caller's. */
static tsr_status run_chain(tsr_store input, int64_t n, tsr_store *out_last)
{
    tsr_store last = input;
    for (int step = 0; step < STREAM_STEPS; ++step) {
        const tsr_store next = tsr_store_create(TSR_F64, TSR_SHAPE(n));
        TSR_TRY(tsr_issue(&step_task, [OUT] = tsr_arg_of(next), [IN] = tsr_arg_of(last),
                          [STEP] = tsr_arg_of(step)));
        if (step > 0)
            tsr_store_release(last);
        last = next;
    }
    *out_last = last;
    return TSR_OK;
}

static tsr_status count_wrong(tsr_store s, int64_t n, int64_t *out_wrong)
{
    enum { CAPACITY = 4096 };
    static tsr_piece pieces[CAPACITY];
    int              n_pieces = 0;
    int64_t          seen = 0;

    *out_wrong = 0;
    TSR_TRY(tsr_local_pieces(s, pieces, CAPACITY, &n_pieces));
    for (int i = 0; i < n_pieces && i < CAPACITY; ++i) {
        const int64_t low = pieces[i].box.low[0], extent = pieces[i].box.high[0] - low;
        *out_wrong += stream_count_wrong(pieces[i].data, low, extent);
        seen += extent;
    }
    *out_wrong += n - seen;
    return TSR_OK;
}

typedef struct result {
    double  first_seconds, seconds; /* the first run, and the best of the others */
    int64_t peak_bytes, wrong;
} result;

static tsr_status time_chain(tsr_store input, int64_t n, double *out_seconds, int64_t *out_wrong)
{
    tsr_store    last = {0};
    const double start = bench_now();
    TSR_TRY(run_chain(input, n, &last));
    TSR_TRY(tsr_fence());
    *out_seconds = bench_now() - start;
    if (out_wrong != NULL)
        TSR_TRY(count_wrong(last, n, out_wrong));
    tsr_store_release(last);
    return TSR_OK;
}

static tsr_status run_tasks(int64_t n, int64_t repetitions, result *out)
{
    TSR_SCOPE();
    const int64_t   before = bench_resident_bytes();
    const tsr_store input = tsr_store_create(TSR_F64, TSR_SHAPE(n));

    bench_peak_reset();
    TSR_TRY(tsr_issue(&input_task, [OUT] = tsr_arg_of(input)));
    TSR_TRY(time_chain(input, n, &out->first_seconds, &out->wrong));
    out->seconds = out->first_seconds;
    for (int64_t i = 1; i < repetitions; ++i) {
        double  seconds;
        int64_t wrong = 0;
        TSR_TRY(time_chain(input, n, &seconds, i + 1 == repetitions ? &wrong : NULL));
        out->seconds = seconds < out->seconds ? seconds : out->seconds;
        out->wrong += wrong;
    }
    out->peak_bytes = bench_peak_bytes() - before;
    return TSR_OK;
}

/* The chain by hand, in memory of its own that it gives back. */
static double time_by_hand(int64_t n, int workers, int64_t repetitions)
{
    double *in = malloc((size_t)n * sizeof *in), *out = malloc((size_t)n * sizeof *out);
    double  seconds = -1.0;

    if (in != NULL && out != NULL) {
        for (int64_t i = 0; i < n; ++i) {
            in[i] = stream_input(i);
            out[i] = 0.0;
        }
        seconds = stream_by_hand(out, in, n, workers, (int)repetitions);
    }
    free(in);
    free(out);
    return seconds;
}

static void print_result(const result *r, double by_hand, int64_t bytes, bool json)
{
    const double both = 2.0 * (double)bytes;
    if (json) {
        printf("{\"seconds\": %.6f, \"by_hand_seconds\": %.6f, \"peak_bytes\": %lld, "
               "\"first_seconds\": %.6f, \"bytes\": %lld, \"wrong\": %lld}\n",
               r->seconds, by_hand, (long long)r->peak_bytes, r->first_seconds, (long long)bytes,
               (long long)r->wrong);
        return;
    }
    printf("ten tasks over %.3f GB: %.4f s (first time %.4f), by hand %.4f s: ratio %.2f\n",
           1e-9 * (double)bytes, r->seconds, r->first_seconds, by_hand, r->seconds / by_hand);
    printf("peak memory %.3f GB: %.2f of input and output\n", 1e-9 * (double)r->peak_bytes,
           (double)r->peak_bytes / both);
    if (r->wrong != 0)
        printf("%lld elements are wrong\n", (long long)r->wrong);
}

int main(int argc, char **argv)
{
    int64_t            bytes = 1000000000, workers = 2, repetitions = 5;
    bool               json = false;
    const bench_option options[] = {
        {"--bytes", .number = &bytes, .text = "bytes of the input (1000000000)"},
        {"--workers", .number = &workers, .text = "threads in all, on both sides (2)"},
        {"--repetitions", .number = &repetitions, .text = "runs, the best of which counts (5)"},
        {"--json", .flag = &json, .text = "one object instead of text"},
        {0},
    };
    result r = {0};

    bench_options_read(argc, argv, "ten elementwise tasks in a row, and the same by hand", options);
    const int64_t n = bytes / (int64_t)sizeof(double);
    repetitions = repetitions < 2 ? 2 : repetitions;
    double by_hand = time_by_hand(n, (int)workers, repetitions);
    TSR_CHECK(tsr_start(NULL, NULL, .workers = (int)workers));
    TSR_CHECK(run_tasks(n, repetitions, &r));
    const int    code = tsr_finish();
    const double again = time_by_hand(n, (int)workers, repetitions);
    by_hand = again < by_hand ? again : by_hand;
    print_result(&r, by_hand, n * (int64_t)sizeof(double), json);
    return code != 0 || r.wrong != 0 || by_hand < 0.0;
}
