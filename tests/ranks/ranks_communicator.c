/* ranks/ranks_communicator.c - points that run together and communicate: every call, on 1 to 4 ranks of
 * different machines, launched by hand and cut by the runtime, between other operations.
 *
 * What each call should give is computed from the number of the point alone. */
#include "ranks_try.h"

enum { OUT, LENGTH };

#define BODY_NEED(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return TSR_FAIL(TASK_FAILED, "point %d of %d: %s", (int)me, (int)size, #condition);    \
    } while (0)

/* ---- each call ---- */

static tsr_status calls_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    const int64_t  n = tsr_i64_of(t, LENGTH), me = tsr_comm_rank(t), size = tsr_comm_size(t);
    int64_t       *a = malloc(sizeof *a * (size_t)(n * size + 1)), *b = malloc(sizeof *b * (size_t)(n * size + 1));
    TSR_TRY(tsr_comm_barrier(t));
    for (int64_t root = 0; root < size; ++root) {
        for (int64_t k = 0; k < n; ++k)
            a[k] = me == root ? 1000 * root + k : -1;
        TSR_TRY(tsr_comm_broadcast(t, a, n, TSR_I64, root));
        for (int64_t k = 0; k < n; ++k)
            BODY_NEED(a[k] == 1000 * root + k);
        for (int64_t k = 0; k < n; ++k)
            a[k] = (me + 1) * (k + 1);
        TSR_TRY(tsr_comm_reduce(t, a, me == root ? b : NULL, n, TSR_I64, TSR_SUM, root));
        for (int64_t k = 0; k < n && me == root; ++k)
            BODY_NEED(b[k] == size * (size + 1) / 2 * (k + 1));
    }
    TSR_TRY(tsr_comm_allreduce(t, a, a, n, TSR_I64, TSR_MAX)); /* in place */
    for (int64_t k = 0; k < n; ++k)
        BODY_NEED(a[k] == size * (k + 1));
    for (int64_t k = 0; k < n; ++k)
        a[k] = 100 * me + k;
    TSR_TRY(tsr_comm_allgather(t, a, b, n, TSR_I64));
    for (int64_t k = 0; k < n * size; ++k)
        BODY_NEED(b[k] == 100 * (k / n) + k % n);
    for (int64_t k = 0; k < n * size; ++k)
        a[k] = 1000000 * me + 1000 * (k / n) + k % n;
    TSR_TRY(tsr_comm_alltoall(t, a, b, n, TSR_I64));
    for (int64_t k = 0; k < n * size; ++k)
        BODY_NEED(b[k] == 1000000 * (k / n) + 1000 * me + k % n);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = me;
    free(a);
    free(b);
    return TSR_OK;
}

static const tsr_task_desc calls_task = {
    .name = "test.calls",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}, [LENGTH] = {TSR_SCALAR, TSR_I64, .name = "length"}},
    .variants = {[TSR_CPU] = {.body = calls_body, .wants_communicator = true}},
};

static int calls(int argc, char **argv, void *user)
{
    enum { N = 96 };
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store out = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    for (int length = 0; length < 4; ++length) {
        NEED_OK(tsr_issue(&calls_task, [OUT] = tsr_arg_of(out), [LENGTH] = tsr_arg_of(length * length)));
        NEED_OK(tsr_read(out, got, sizeof got));
        for (int i = 1; i < N; ++i)
            NEED(got[0] == 0 && (got[i] == got[i - 1] || got[i] == got[i - 1] + 1));
    }
    return 0;
}

int main(void)
{
    int failed = try_ranks("calls", calls, NULL);
    return failed;
}
