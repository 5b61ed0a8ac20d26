/* Ranks that run ahead of each other: what waits at a slow one is bounded, and nothing waits for ever where
 * the bound lets hardly anything go. */
#include "model/runtime.h"
#include "network/network.h"
#include "ranks_try.h"

static void wait_us(int64_t us)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    do
        clock_gettime(CLOCK_MONOTONIC, &b);
    while ((b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000 < us);
}

/* ---- a rank that is fed and cannot follow ---- */

enum { SUM, FROM, VALUE = 1 };
enum { PART = 8192, ROUNDS = 150, SLOW_US = 300, BOUND = 4 * PART * 8 };

static tsr_status fill_body(const tsr_task_context *t)
{
    tsr_out_f64_1d to = tsr_out_f64_1d_of(t, 0);
    TSR_FOR_1D(i, to.box)
        tsr_at(to, i) = (double)(tsr_i64_of(t, VALUE) + i);
    return TSR_OK;
}

static const tsr_task_desc fill = {
    .name = "test.fill",
    .args = {[0] = {TSR_WRITE, TSR_F64, 1}, [VALUE] = {TSR_SCALAR, TSR_I64}},
    .variants = {[TSR_CPU] = {.body = fill_body}},
};

/* sum[i] += from[i - PART], slowly at the end, which the last rank has. */
static tsr_status slow_body(const tsr_task_context *t)
{
    tsr_out_f64_1d sum = tsr_out_f64_1d_of(t, SUM);
    tsr_in_f64_1d  from = tsr_in_f64_1d_of(t, FROM);
    TSR_FOR_1D(i, sum.box)
        tsr_at(sum, i) += i < PART ? 0 : tsr_at(from, i - PART);
    if (sum.box.high[0] == tsr_rank_count() * PART && sum.box.low[0] > 0)
        wait_us(SLOW_US);
    return TSR_OK;
}

static const tsr_task_desc slow = {
    .name = "test.slow",
    .args = {[SUM] = {TSR_READ_WRITE, TSR_F64, 1}, [FROM] = {TSR_READ, TSR_F64, 1}},
    .constraints = {TSR_HALO(FROM, SUM, .low = {PART})},
    .variants = {[TSR_CPU] = {.body = slow_body}},
};

static int fed(int argc, char **argv, void *user)
{
    static double got[TRY_MOST_RANKS][TRY_MOST_RANKS * PART];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const int64_t n = (int64_t)tsr_rank_count() * PART;
    double       *sums = got[tsr_rank()];
    tsr_store     x = tsr_store_create(TSR_F64, TSR_SHAPE(n));
    tsr_store     sum = tsr_store_filled(TSR_F64, TSR_SHAPE(n), &(double){0});
    for (int64_t k = 0; k < ROUNDS; ++k) {
        NEED_OK(tsr_issue(&fill, [0] = tsr_arg_of(x), [VALUE] = tsr_arg_of(k)));
        NEED_OK(tsr_issue(&slow, [SUM] = tsr_arg_of(sum), [FROM] = tsr_arg_of(x)));
    }
    NEED_OK(tsr_fence());
    const struct network_counts c = network_counts(runtime_current->network);
    /* From each rank: the bound, one more of each of its three workers, and what is awaited now. */
    const int64_t most = (tsr_rank_count() - 1) * (BOUND + 5 * (PART * 8 + 256));
    NEED(c.unmatched_peak_bytes <= (tsr_rank_count() == 1 ? BOUND : most));
    NEED_OK(tsr_read(sum, sums, (size_t)n * sizeof *sums));
    for (int64_t i = 0; i < n; ++i)
        NEED(sums[i] == (i < PART ? 0 : (double)((i - PART) * ROUNDS + ROUNDS * (ROUNDS - 1) / 2)));
    return 0;
}

/* ---- all ranks feed each other, and the bound is one byte ---- */

enum { OUT, IN, SHIFT };
#ifdef __SANITIZE_THREAD__
enum { STEPS = 80 }; /* ten times as slow */
#else
enum { STEPS = 240 };
#endif
enum { N = 120, FAR = N / 2, TOTAL_EVERY = 8, PRIME = 10007 };

static tsr_status step_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    tsr_in_i64_1d  in = tsr_in_i64_1d_of(t, IN), shift = tsr_in_i64_1d_of(t, SHIFT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = (3 * tsr_at(in, i) + (i >= FAR ? tsr_at(in, i - FAR) : 0) +
                          (i + FAR < N ? 2 * tsr_at(in, i + FAR) : 0) + tsr_at(shift, 0)) %
                         PRIME;
    return TSR_OK;
}

static const tsr_task_desc step = {
    .name = "test.step",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1},
             [IN] = {TSR_READ, TSR_I64, 1},
             [SHIFT] = {TSR_READ, TSR_I64, 1}},
    .constraints = {TSR_HALO(IN, OUT, .low = {FAR}, .high = {FAR}), TSR_BROADCAST(SHIFT)},
    .variants = {[TSR_CPU] = {.body = step_body}},
};

static tsr_status total_body(const tsr_task_context *t)
{
    tsr_out_i64_1d total = tsr_out_i64_1d_of(t, OUT);
    tsr_in_i64_1d  in = tsr_in_i64_1d_of(t, IN);
    TSR_FOR_1D(i, in.box)
        tsr_at(total, 0) += tsr_at(in, i);
    return TSR_OK;
}

static const tsr_task_desc total = {
    .name = "test.total",
    .args = {[OUT] = {TSR_REDUCE, TSR_I64, 1, .reduction = TSR_SUM}, [IN] = {TSR_READ, TSR_I64, 1}},
    .constraints = {TSR_BROADCAST(OUT)},
    .variants = {[TSR_CPU] = {.body = total_body}},
};

/* All points of all ranks meet. */
static tsr_status meet_body(const tsr_task_context *t)
{
    tsr_out_i64_1d into = tsr_out_i64_1d_of(t, OUT);
    int64_t        mine = 0, all;
    TSR_FOR_1D(i, into.box)
        mine += tsr_at(into, i);
    TSR_TRY(tsr_comm_allreduce(t, &mine, &all, 1, TSR_I64, TSR_SUM));
    TSR_FOR_1D(i, into.box)
        tsr_at(into, i) = (tsr_at(into, i) + all) % PRIME;
    return TSR_OK;
}

static const tsr_task_desc meet = {
    .name = "test.meet",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_I64, 1}},
    .variants = {[TSR_CPU] = {.body = meet_body, .wants_communicator = true}},
};

static bool has_total(int k)
{
    return k % TOTAL_EVERY == 3;
}

static bool has_meeting(int k)
{
    return k % TOTAL_EVERY == 6;
}

static void expect(int64_t *x)
{
    int64_t shift = 0, old[N];
    for (int i = 0; i < N; ++i)
        x[i] = 1;
    for (int k = 0; k < STEPS; ++k) {
        int64_t all = 0;
        memcpy(old, x, sizeof old);
        for (int i = 0; i < N; ++i) {
            x[i] = (3 * old[i] + (i >= FAR ? old[i - FAR] : 0) + (i + FAR < N ? 2 * old[i + FAR] : 0) +
                    shift) % PRIME;
            all += x[i];
        }
        shift += has_total(k) ? all : 0;
        for (int i = 0; i < N && has_meeting(k); ++i)
            x[i] = (x[i] + all) % PRIME;
    }
}

static int each_feeds_all(int argc, char **argv, void *user)
{
    int64_t got[N], want[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    tsr_store       x[2] = {tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){1}),
                            tsr_store_create(TSR_I64, TSR_SHAPE(N))};
    const tsr_store shift = tsr_store_filled(TSR_I64, TSR_SHAPE(1), &(int64_t){0});
    for (int k = 0; k < STEPS; ++k) {
        const tsr_store from = x[k % 2], to = x[1 - k % 2];
        NEED_OK(tsr_issue(&step, [OUT] = tsr_arg_of(to), [IN] = tsr_arg_of(from),
                          [SHIFT] = tsr_arg_of(shift)));
        if (has_total(k))
            NEED_OK(tsr_issue(&total, [OUT] = tsr_arg_of(shift), [IN] = tsr_arg_of(to)));
        if (has_meeting(k))
            NEED_OK(tsr_issue(&meet, [OUT] = tsr_arg_of(to)));
    }
    NEED_OK(tsr_read(x[STEPS % 2], got, sizeof got));
    expect(want);
    NEED(memcmp(got, want, sizeof got) == 0);
    return 0;
}

int main(void)
{
    char bound[24];
    snprintf(bound, sizeof bound, "%d", (int)BOUND);
    setenv("TESSERA_AHEAD", bound, 1);
    int failed = try_ranks("a_slow_rank_holds_little", fed, NULL);
    setenv("TESSERA_AHEAD", "1", 1);
    setenv("TESSERA_TREE", "1", 1);
    failed += try_ranks("a_bound_of_one_byte", each_feeds_all, NULL);
    setenv("TESSERA_CHAOS", "5", 1);
    failed += try_ranks("a_bound_of_one_byte_and_chaos", each_feeds_all, NULL);
    return failed;
}
