/* A box that many ranks ask for goes by a tree: no rank sends to all, each gets it once, and a failure of
 * its writer reaches everybody.  On twelve ranks, and with TESSERA_TREE on few. */
#include "ranks_try.h"

enum { OUT, X, RANKS = 12, EACH = 20000, ROUNDS = 10 };

static tsr_status add(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    const tsr_in_f64_1d  x = tsr_in_f64_1d_of(t, X);
    double sum = 0;
    TSR_FOR_1D(k, x.box)
        sum += tsr_at(x, k);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = sum + (double)i;
    return TSR_OK;
}

static const tsr_task_desc adding = {
    .name = "tree.add",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "out"}, [X] = {TSR_READ, TSR_F64, 1, "x"}},
    .constraints = {TSR_BROADCAST(X)},
    .variants = {[TSR_CPU] = {.body = add}},
};

static tsr_status refuse(const tsr_task_context *t)
{
    (void)t;
    return TSR_FAIL(TASK_FAILED, "x is not to be had");
}

static const tsr_task_desc refusing = {
    .name = "tree.refuse",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "x"}},
    .variants = {[TSR_CPU] = {.body = refuse}},
};

static int spread(int argc, char **argv, void *user)
{
    const int n = tsr_rank_count();
    int       most = 0; /* messages the owner sends: one for each bit */
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store out = tsr_store_create(TSR_F64, TSR_SHAPE((int64_t)n * EACH));
    const tsr_store x = tsr_store_create(TSR_F64, TSR_SHAPE(8));
    NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(out), [X] = tsr_arg_of(tsr_store_filled(TSR_F64, TSR_SHAPE(8), &(double){0}))));
    for (int bit = 1; bit < n; bit *= 2)
        ++most;
    for (int k = 1; k <= ROUNDS; ++k) {
        double got = 0;
        NEED_OK(tsr_fill(tsr_slice(x, 0, 0, 8, 1), &(double){k}));
        NEED_OK(tsr_fence());
        const int64_t before = tsr_counter(TSR_COUNT_MESSAGES);
        NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(out), [X] = tsr_arg_of(x)));
        NEED_OK(tsr_fence());
        NEED(tsr_counter(TSR_COUNT_MESSAGES) - before <= (n == RANKS ? most : n - 1)); /* of few, each may own some */
        NEED_OK(tsr_value(tsr_project(out, 0, (int64_t)n * EACH - 1), &got));
        NEED(got == 8.0 * k + (double)((int64_t)n * EACH - 1));
    }
    double got;
    NEED_OK(tsr_issue(&refusing, [OUT] = tsr_arg_of(x)));
    NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(out), [X] = tsr_arg_of(x)));
    NEED(tsr_value(tsr_project(out, 0, 0), &got) == TSR_TASK_FAILED);
    NEED(strstr(tsr_error_text(), "x is not to be had") != NULL);
    NEED_OK(tsr_fill(x, &(double){1}));
    NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(out), [X] = tsr_arg_of(x)));
    NEED_OK(tsr_value(tsr_project(out, 0, 0), &got));
    NEED(got == 8.0);
    return 0;
}

static int on_many_ranks(uint64_t seed)
{
    tsr_options each[RANKS];
    int         code = -1;
    for (int r = 0; r < RANKS; ++r)
        each[r] = (tsr_options){.size = sizeof each[r], .at = TSR_HERE, .workers = 1};
    const bool good = tsr_ranks_run(RANKS, spread, NULL, &code, .each = each, .seed = seed) == TSR_OK && code == 0;
    printf("%sok many_ranks, seed %d\n", good ? "" : "not ", (int)seed);
    return !good;
}

int main(void)
{
    int rank, failed = 0;
    if (!try_is_process(&rank))
        failed = on_many_ranks(0) + on_many_ranks(5);
    setenv("TESSERA_TREE", "1", 1);
    return (failed + try_ranks("spread", spread, NULL)) != 0;
}
