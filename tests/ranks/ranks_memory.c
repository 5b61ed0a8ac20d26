/* Memory that is short over ranks: a value that could not be brought to a rank is an error on every
 * rank, never another store's memory; and points of other ranks do not wait for points that have none. */
#include "ranks_tasks.h"
#include "ranks_try.h"

enum { TALK_INTO };
enum { N = 200000, STORES = 14, BUDGET = 20000000 };

/* Each rank's half of all stores fits; what reading one brings beside it does not, for all. */
static int values_that_do_not_fit(int argc, char **argv, void *user)
{
    int *short_of = user;
    (void)argc, (void)argv;
    TSR_SCOPE();
    tsr_store s[STORES];
    s[0] = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){0});
    for (int i = 1; i < STORES; ++i) {
        s[i] = tsr_store_create(TSR_F64, TSR_SHAPE(N));
        NEED_OK(tsr_issue(&next_f64, [NEXT_OUT] = tsr_arg_of(s[i]), [NEXT_FROM] = tsr_arg_of(s[i - 1])));
    }
    for (int i = 0; i < STORES; ++i) {
        double           got = -1;
        const tsr_status status = tsr_value(tsr_slice(s[i], 0, 5, 6, 1), &got);
        int              agreed = (int)status;
        NEED_OK(tsr_agree(&agreed, sizeof agreed));
        NEED(agreed == (int)status);
        NEED(status == TSR_OK ? got == i : status == TSR_NO_MEMORY && got == -1);
        NEED(status == TSR_OK || strstr(tsr_error_text(), "ranks_memory.c"));
        if (tsr_rank() == 0 && status != TSR_OK)
            ++*short_of;
    }
    return 0;
}

/* ---- points that communicate, of which one rank has no memory for its own ---- */

static tsr_status talk_body(const tsr_task_context *t)
{
    tsr_out_f64_1d into = tsr_out_f64_1d_of(t, TALK_INTO);
    int64_t        one = 1, all;
    TSR_TRY(tsr_comm_allreduce(t, &one, &all, 1, TSR_I64, TSR_SUM));
    TSR_FOR_1D(i, into.box)
        tsr_at(into, i) = (double)all;
    return TSR_OK;
}

static const tsr_task_desc talk = {
    .name = "test.talk",
    .args = {[TALK_INTO] = {TSR_WRITE, TSR_F64, 1}},
    .variants = {[TSR_CPU] = {.body = talk_body, .wants_communicator = true}},
};

static int no_memory_for_points(int argc, char **argv, void *user)
{
    double got = -1;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store large = tsr_store_create(TSR_F64, TSR_SHAPE(20 * N));
    const tsr_store small = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    NEED_OK(tsr_issue(&talk, [TALK_INTO] = tsr_arg_of(large)));
    NEED_OK(tsr_issue(&talk, [TALK_INTO] = tsr_arg_of(small)));
    NEED(tsr_value(tsr_slice(large, 0, 5, 6, 1), &got) == TSR_NO_MEMORY);
    NEED(strstr(tsr_error_text(), "test.talk") && strstr(tsr_error_text(), "ranks_memory.c"));
    NEED_OK(tsr_value(tsr_slice(small, 0, N - 1, N, 1), &got));
    NEED(got > 1);
    NEED_OK(tsr_fence());
    return 0;
}

static int test_points(void)
{
    int         code = -1;
    tsr_options each[3];
    for (int r = 0; r < 3; ++r)
        each[r] = (tsr_options){.size = sizeof each[r],
                                .at = TSR_HERE,
                                .workers = 1 + r,
                                .memory_bytes = r == 1 ? 4000000 : 0};
    TSR_CHECK(tsr_ranks_run(3, no_memory_for_points, NULL, &code, .each = each));
    printf("%s no_memory_for_points_that_communicate %d\n", code ? "not ok" : "ok", code);
    return code != 0;
}

int main(void)
{
    int         failed = test_points(), short_of = 0, code = -1;
    tsr_options each[2];
    for (int r = 0; r < 2; ++r)
        each[r] = (tsr_options){
            .size = sizeof each[r], .at = TSR_HERE, .workers = 1, .memory_bytes = BUDGET};
    TSR_CHECK(tsr_ranks_run(2, values_that_do_not_fit, &short_of, &code, .each = each));
    failed += code != 0 || short_of == 0;
    printf("%s values_that_do_not_fit %d of %d\n", failed ? "not ok" : "ok", short_of, (int)STORES);
    return failed;
}
