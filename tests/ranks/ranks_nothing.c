/* Edges over ranks: totals over nothing, and unbound outputs whose writer failed. */
#include "ranks_try.h"

enum { INTO, FROM };
enum { N = 200 };

static tsr_status sum_body(const tsr_task_context *t)
{
    double       *sum = tsr_element_f64_of(t, INTO);
    tsr_in_f64_2d from = tsr_in_f64_2d_of(t, FROM);
    TSR_FOR_2D(i, j, from.box)
        *sum += tsr_at(from, i, j);
    return TSR_OK;
}

static const tsr_task_desc sum = {
    .name = "test.sum",
    .args = {[INTO] = {TSR_REDUCE, TSR_F64, .reduction = TSR_SUM}, [FROM] = {TSR_READ, TSR_F64, 2}},
    .variants = {[TSR_CPU] = {.body = sum_body}},
};

static tsr_status columns_body(const tsr_task_context *t)
{
    tsr_out_f64_1d into = tsr_out_f64_1d_of(t, INTO);
    tsr_in_f64_2d  from = tsr_in_f64_2d_of(t, FROM);
    TSR_FOR_2D(i, j, from.box)
        tsr_at(into, j) += tsr_at(from, i, j);
    return TSR_OK;
}

static const tsr_task_desc columns = {
    .name = "test.columns",
    .args =
        {[INTO] = {TSR_REDUCE, TSR_F64, 1, .reduction = TSR_SUM}, [FROM] = {TSR_READ, TSR_F64, 2}},
    .constraints = {TSR_BROADCAST(INTO)},
    .variants = {[TSR_CPU] = {.body = columns_body}},
};

/* A float total over no element at all is what was there before. */
static int totals_of_nothing(int argc, char **argv, void *user)
{
    static const int64_t extents[][2] = {{0, 3}, {3, 0}, {0, 0}};
    (void)argc, (void)argv, (void)user;
    for (int k = 0; k < 3; ++k) {
        TSR_SCOPE();
        double          got = 0, row[3] = {0};
        const tsr_store from = tsr_store_create(TSR_F64, tsr_shape_of(2, extents[k]));
        const tsr_store total = tsr_store_filled(TSR_F64, TSR_SHAPE(), &(double){5});
        const tsr_store each = tsr_store_filled(TSR_F64, TSR_SHAPE(extents[k][1]), &(double){7});
        for (int again = 0; again < 2; ++again) {
            NEED_OK(tsr_issue(&sum, [INTO] = tsr_arg_of(total), [FROM] = tsr_arg_of(from)));
            NEED_OK(tsr_issue(&columns, [INTO] = tsr_arg_of(each), [FROM] = tsr_arg_of(from)));
        }
        NEED_OK(tsr_value(total, &got));
        NEED(got == 5);
        NEED_OK(tsr_read(each, row, (size_t)extents[k][1] * sizeof *row));
        NEED(extents[k][1] == 0 || (row[0] == 7 && row[2] == 7));
    }
    return 0;
}

/* Says no; or asks for more rows than there is memory. */
static tsr_status rows_body(const tsr_task_context *t)
{
    const int64_t rows = tsr_i64_of(t, 2);
    tsr_in_i64_1d from = tsr_in_i64_1d_of(t, FROM);
    if (rows < 0 && from.box.high[0] > N / 2)
        return TSR_FAIL(TASK_FAILED, "no rows today");
    return rows < 0 || tsr_unbound_output(t, INTO, rows) ? TSR_OK : TSR_NO_MEMORY;
}

static const tsr_task_desc rows = {
    .name = "test.rows",
    .args = {[INTO] = {TSR_WRITE, TSR_I64, 1},
             [FROM] = {TSR_READ, TSR_I64, 1},
             [2] = {TSR_SCALAR, TSR_I64}},
    .variants = {[TSR_CPU] = {.body = rows_body}},
};

/* A store without an extent, since who was to give it failed, is not one of no elements. */
static int unbound_outputs_that_failed(int argc, char **argv, void *user)
{
    static const int64_t asked[] = {-1, (int64_t)1 << 61, INT64_MAX};
    (void)argc, (void)argv, (void)user;
    for (int k = 0; k < 3; ++k) {
        TSR_SCOPE();
        const tsr_store from = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){1});
        const tsr_store into = tsr_store_unbound(TSR_I64, TSR_SHAPE(0));
        const tsr_store other = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){1});
        NEED_OK(tsr_issue(&rows, [INTO] = tsr_arg_of(into), [FROM] = tsr_arg_of(from),
                          [2] = tsr_arg_of(asked[k])));
        const tsr_status want = k == 0 ? TSR_TASK_FAILED : TSR_NO_MEMORY;
        for (int again = 0; again < 2; ++again) {
            tsr_error_clear();
            NEED(tsr_store_status(into) == want);
            NEED(strstr(tsr_error_text(), "ranks_nothing.c"));
            NEED(k > 0 || strstr(tsr_error_text(), "no rows today"));
        }
        NEED(tsr_store_status(tsr_slice(into, 0, 0, 0, 1)) == want);
        NEED(tsr_copy(other, into) == want);
        NEED_OK(tsr_store_status(from));
    }
    return 0;
}

int main(void)
{
    int failed = try_ranks("float_totals_of_nothing", totals_of_nothing, NULL);
    failed += try_ranks("unbound_outputs_that_failed", unbound_outputs_that_failed, NULL);
    return failed;
}
