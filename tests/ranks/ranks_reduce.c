/* Reductions over ranks: exact ones are right; floating-point sums have the bits of one rank. */
#include <math.h>

#include "ranks_tasks.h"
#include "ranks_try.h"

enum { INTO, FROM };
enum { ROWS = 70, COLUMNS = 45 };

static double element(int i, int j)
{
    return sin(0.37 * i + 1.1 * j) * exp2((i * 7 + j * 3) % 40 - 20);
}

/* ---- an integer sum and the greatest, of all ---- */

static tsr_status sum_body(const tsr_task_context *t)
{
    int64_t      *into = tsr_element_i64_of(t, INTO);
    tsr_in_i64_1d from = tsr_in_i64_1d_of(t, FROM);
    TSR_FOR_1D(i, from.box)
        *into += tsr_at(from, i);
    return TSR_OK;
}

static const tsr_task_desc sum_i64 = {
    .name = "test.sum_i64",
    .args = {[INTO] = {TSR_REDUCE, TSR_I64, .name = "into", .reduction = TSR_SUM},
             [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_BROADCAST(INTO)},
    .variants = {[TSR_CPU] = {.body = sum_body}},
};

static tsr_status max_body(const tsr_task_context *t)
{
    int64_t      *into = tsr_element_i64_of(t, INTO);
    tsr_in_i64_1d from = tsr_in_i64_1d_of(t, FROM);
    TSR_FOR_1D(i, from.box)
        *into = tsr_at(from, i) > *into ? tsr_at(from, i) : *into;
    return TSR_OK;
}

static const tsr_task_desc max_i64 = {
    .name = "test.max_i64",
    .args = {[INTO] = {TSR_REDUCE, TSR_I64, .name = "into", .reduction = TSR_MAX},
             [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_BROADCAST(INTO)},
    .variants = {[TSR_CPU] = {.body = max_body}},
};

static int integers(int argc, char **argv, void *user)
{
    enum { N = 1000 };
    int64_t data[N], sum = 5, greatest = INT64_MIN, got;
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < N; ++i) {
        data[i] = (int64_t)i * 7919 % 1009;
        sum += data[i];
        greatest = data[i] > greatest ? data[i] : greatest;
    }
    TSR_SCOPE();
    const tsr_store from = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store into = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){5});
    const tsr_store most = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){-1});
    NEED_OK(tsr_write(from, data, sizeof data));
    NEED_OK(tsr_issue(&sum_i64, [INTO] = tsr_arg_of(into), [FROM] = tsr_arg_of(from)));
    NEED_OK(tsr_issue(&max_i64, [INTO] = tsr_arg_of(most), [FROM] = tsr_arg_of(from)));
    NEED_OK(tsr_value(into, &got));
    NEED(got == sum);
    NEED_OK(tsr_value(most, &got));
    NEED(got == greatest);
    NEED_OK(tsr_issue(&sum_i64, [INTO] = tsr_arg_of(into), [FROM] = tsr_arg_of(from)));
    NEED_OK(tsr_value(into, &got));
    NEED(got == 2 * sum - 5);
    return 0;
}

/* ---- floating-point sums: of all, and along rows ---- */

static tsr_status total_body(const tsr_task_context *t)
{
    double       *into = tsr_element_f64_of(t, INTO);
    tsr_in_f64_2d from = tsr_in_f64_2d_of(t, FROM);
    TSR_FOR_2D(i, j, from.box)
        *into += tsr_at(from, i, j);
    return TSR_OK;
}

static const tsr_task_desc total_f64 = {
    .name = "test.total_f64",
    .args = {[INTO] = {TSR_REDUCE, TSR_F64, .name = "into", .reduction = TSR_SUM},
             [FROM] = {TSR_READ, TSR_F64, 2, "from"}},
    .constraints = {TSR_BROADCAST(INTO)},
    .variants = {[TSR_CPU] = {.body = total_body}},
};

/* All results of a run. */
struct sums {
    double total, row[ROWS], column[COLUMNS];
    bool   known;
};

static int floats(int argc, char **argv, void *user)
{
    double       data[ROWS][COLUMNS];
    struct sums  got = {0};
    struct sums *first = user;
    (void)argc, (void)argv;
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            data[i][j] = element(i, j);
    TSR_SCOPE();
    const double    zero = 0;
    const tsr_store from = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store total = tsr_store_filled(TSR_F64, TSR_SHAPE(), &zero);
    const tsr_store row = tsr_store_filled(TSR_F64, TSR_SHAPE(ROWS), &zero);
    const tsr_store column = tsr_store_filled(TSR_F64, TSR_SHAPE(COLUMNS), &zero);
    NEED_OK(tsr_write(from, data, sizeof data));
    const tsr_store wide = tsr_promote(row, 1, COLUMNS), tall = tsr_promote(column, 0, ROWS);
    NEED_OK(tsr_issue(&total_f64, [INTO] = tsr_arg_of(total), [FROM] = tsr_arg_of(from)));
    NEED_OK(tsr_issue(&along_f64, [INTO] = tsr_arg_of(wide), [FROM] = tsr_arg_of(from)));
    NEED_OK(tsr_issue(&along_f64, [INTO] = tsr_arg_of(tall), [FROM] = tsr_arg_of(from)));
    NEED_OK(tsr_value(total, &got.total));
    NEED_OK(tsr_read(row, got.row, sizeof got.row));
    NEED_OK(tsr_read(column, got.column, sizeof got.column));
    if (!first->known) { /* the run on one rank: nobody else is here */
        got.known = true;
        *first = got;
    }
    NEED(memcmp(&got.total, &first->total, sizeof got.total) == 0);
    NEED(memcmp(got.row, first->row, sizeof got.row) == 0);
    NEED(memcmp(got.column, first->column, sizeof got.column) == 0);
    return 0;
}

/* ---- reduce, read and write in turn, so that each closes the other ---- */

static tsr_status scale_body(const tsr_task_context *t)
{
    tsr_out_i64_1d x = tsr_out_i64_1d_of(t, INTO);
    const int64_t  s = tsr_i64_of(t, FROM);
    TSR_FOR_1D(i, x.box)
        tsr_at(x, i) = (tsr_at(x, i) * 3 + s) % 1000003;
    return TSR_OK;
}

/* x = 3 x + s, s an element of the store that the sum went to. */
static const tsr_task_desc scale = {
    .name = "test.scale",
    .args =
        {[INTO] = {TSR_READ_WRITE, TSR_I64, 1, "x"}, [FROM] = {TSR_SCALAR, TSR_I64, .name = "s"}},
    .variants = {[TSR_CPU] = {.body = scale_body}},
};

static int feedback(int argc, char **argv, void *user)
{
    enum { N = 300, STEPS = 12 };
    int64_t x[N], got[N], sum = 1;
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < N; ++i)
        x[i] = i;
    TSR_SCOPE();
    const tsr_store store = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store total = tsr_store_filled(TSR_I64, TSR_SHAPE(), &sum);
    NEED_OK(tsr_write(store, x, sizeof x));
    for (int s = 0; s < STEPS; ++s) {
        for (int i = 0; i < N; ++i)
            sum += x[i];
        for (int i = 0; i < N; ++i)
            x[i] = (x[i] * 3 + sum) % 1000003;
        NEED_OK(tsr_issue(&sum_i64, [INTO] = tsr_arg_of(total), [FROM] = tsr_arg_of(store)));
        NEED_OK(tsr_issue(&scale, [INTO] = tsr_arg_of(store), [FROM] = tsr_arg_of(total)));
    }
    NEED_OK(tsr_read(store, got, sizeof got));
    NEED(memcmp(got, x, sizeof x) == 0);
    NEED_OK(tsr_value(total, &got[0]));
    NEED(got[0] == sum);
    return 0;
}

/* ---- points of a manual launch that fold into boxes that meet; through an image ---- */

static tsr_status tenths_body(const tsr_task_context *t)
{
    tsr_out_f64_1d into = tsr_out_f64_1d_of(t, INTO);
    TSR_FOR_1D(i, into.box)
        tsr_at(into, i) += 0.1 * (double)(tsr_point(t) + 1);
    return TSR_OK;
}

static const tsr_task_desc tenths = {
    .name = "test.tenths",
    .args = {[INTO] = {TSR_REDUCE, TSR_F64, 1, "into", TSR_SUM}},
    .variants = {[TSR_CPU] = {.body = tenths_body}},
};

/* Point i folds 0.1 (i + 1) into [i, i + 3): each element has a tree over three points. */
static int points_that_meet(int argc, char **argv, void *user)
{
    enum { N = 9 };
    tsr_box box[N];
    double  want[N + 2], got[N + 2];
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < N; ++i)
        box[i] = (tsr_box){1, {i}, {i + 3}};
    for (int e = 0; e < N + 2; ++e) {
        double part[16];
        bool   has[16] = {false};
        for (int i = 0; i < N; ++i)
            if (e >= i && e < i + 3)
                has[i] = true, part[i] = 0.0 + 0.1 * (i + 1);
        for (int width = 1; width < 16; width *= 2) /* the tree over 9 points: pairs, fours, eights */
            for (int i = 0; i + width < 16; i += 2 * width) {
                if (has[i] && has[i + width])
                    part[i] += part[i + width];
                else if (has[i + width])
                    part[i] = part[i + width];
                has[i] |= has[i + width];
            }
        want[e] = 1.0 + part[0];
    }
    TSR_SCOPE();
    const tsr_store     x = tsr_store_filled(TSR_F64, TSR_SHAPE(N + 2), &(double){1});
    const tsr_partition p = tsr_partition_boxes(TSR_SHAPE(N + 2), box, N);
    NEED_OK(tsr_issue_over(&tenths, N, [INTO] = tsr_arg_cut(x, p)));
    NEED_OK(tsr_read(x, got, sizeof got));
    NEED(memcmp(got, want, sizeof got) == 0);
    return 0;
}

enum { VALUES = FROM, WHERE };

static tsr_status scatter_body(const tsr_task_context *t)
{
    tsr_out_f64_1d into = tsr_out_f64_1d_of(t, INTO);
    tsr_in_f64_1d  values = tsr_in_f64_1d_of(t, VALUES);
    tsr_in_i64_1d  where = tsr_in_i64_1d_of(t, WHERE);
    TSR_FOR_1D(i, values.box)
        tsr_at(into, tsr_at(where, i)) += tsr_at(values, i);
    return TSR_OK;
}

static const tsr_task_desc scatter_sum = {
    .name = "test.scatter_sum",
    .args = {[INTO] = {TSR_REDUCE, TSR_F64, 1, "into", TSR_SUM},
             [VALUES] = {TSR_READ, TSR_F64, 1, "values"},
             [WHERE] = {TSR_READ, TSR_I64, 1, "where"}},
    .constraints = {TSR_ALIGN(WHERE, VALUES), TSR_IMAGE(INTO, WHERE, TSR_IMAGE_POINTS)},
    .variants = {[TSR_CPU] = {.body = scatter_body}},
};

/* What nobody names lies inside some pieces and outside others: every -0 becomes +0 alike. */
static int sums_through_an_image(int argc, char **argv, void *user)
{
    enum { N = 60, BINS = 12 };
    double  values[N], got[BINS], zero = -0.0;
    int64_t where[N], sum[BINS] = {0};
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < N; ++i) {
        where[i] = 2 * (i * 5 / N) + (i % 7 == 0); /* nobody names 10 and 11 */
        values[i] = i;
        sum[where[i]] += i;
    }
    TSR_SCOPE();
    const tsr_store into = tsr_store_filled(TSR_F64, TSR_SHAPE(BINS), &zero);
    const tsr_store from = tsr_store_create(TSR_F64, TSR_SHAPE(N)),
                    at = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_write(from, values, sizeof values));
    NEED_OK(tsr_write(at, where, sizeof where));
    NEED_OK(tsr_issue(&scatter_sum, [INTO] = tsr_arg_of(into), [VALUES] = tsr_arg_of(from),
                      [WHERE] = tsr_arg_of(at)));
    NEED_OK(tsr_read(into, got, sizeof got));
    for (int b = 0; b < BINS; ++b)
        NEED(got[b] == (double)sum[b] && !signbit(got[b]));
    return 0;
}

/* ---- rows summed where ranks of unequal machines do not stand in line ---- */

enum { LONG = 700, WIDE = 1100 };

static tsr_status put_body(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, INTO);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = (double)((i * 5 + j) % 17);
    return TSR_OK;
}

static const tsr_task_desc put_f64 = {
    .name = "test.put",
    .args = {[INTO] = {TSR_WRITE, TSR_F64, 2, "into"}},
    .variants = {[TSR_CPU] = {.body = put_body}},
};

/* Sums are of small whole numbers: exact in any order, so that nothing may be lost or come twice. */
static int crosswise(int argc, char **argv, void *user)
{
    static const double zero = 0;
    double              want[LONG], got[LONG], then[LONG];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store from = tsr_store_create(TSR_F64, TSR_SHAPE(LONG, WIDE));
    const tsr_store row = tsr_store_filled(TSR_F64, TSR_SHAPE(LONG), &zero);
    const tsr_store copy = tsr_store_create(TSR_F64, TSR_SHAPE(LONG));
    const tsr_store wide = tsr_promote(row, 1, WIDE);
    memset(want, 0, sizeof want);
    NEED_OK(tsr_issue(&put_f64, [INTO] = tsr_arg_of(from)));
    for (int k = 0; k < 3; ++k) {
        for (int i = 0; i < LONG; ++i)
            for (int j = 0; j < WIDE; ++j)
                want[i] += (i * 5 + j) % 17;
        NEED_OK(tsr_issue(&along_f64, [INTO] = tsr_arg_of(wide), [FROM] = tsr_arg_of(from)));
        if (k == 1) /* at once, while the fold may not be over */
            NEED_OK(tsr_copy(copy, row));
        if (k == 1)
            memcpy(then, want, sizeof then);
        if (k == 1)
            NEED_OK(tsr_fill(tsr_slice(row, 0, 100, 500, 1), &zero));
        for (int i = 100; k == 1 && i < 500; ++i)
            want[i] = 0;
    }
    NEED_OK(tsr_read(row, got, sizeof got));
    NEED(memcmp(got, want, sizeof got) == 0);
    NEED_OK(tsr_read(copy, got, sizeof got));
    NEED(memcmp(got, then, sizeof got) == 0);
    return 0;
}

/* ---- a fold into a store of which the same task writes another part ---- */

enum { BESIDE_SUM, BESIDE_OUT, BESIDE_IN };

static tsr_status beside_body(const tsr_task_context *t)
{
    int64_t       *sum = tsr_element_i64_of(t, BESIDE_SUM);
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, BESIDE_OUT);
    tsr_in_i64_1d  in = tsr_in_i64_1d_of(t, BESIDE_IN);
    TSR_FOR_1D(i, out.box)
    {
        *sum += tsr_at(in, i);
        tsr_at(out, i) = 2 * tsr_at(in, i);
    }
    return TSR_OK;
}

static const tsr_task_desc beside_task = {
    .name = "test.beside",
    .args = {[BESIDE_SUM] = {TSR_REDUCE, TSR_I64, .name = "sum", .reduction = TSR_SUM},
             [BESIDE_OUT] = {TSR_WRITE, TSR_I64, 1, "out"},
             [BESIDE_IN] = {TSR_READ, TSR_I64, 1, "in"}},
    .constraints = {TSR_BROADCAST(BESIDE_SUM), TSR_ALIGN(BESIDE_OUT, BESIDE_IN)},
    .variants = {[TSR_CPU] = {.body = beside_body}},
};

static int beside(int argc, char **argv, void *user)
{
    enum { N = 400, M = 8 };
    int64_t x[N][M], got[N][M];
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < N; ++i)
        for (int j = 0; j < M; ++j)
            x[i][j] = i + 1000 * j;
    TSR_SCOPE();
    const tsr_store s = tsr_store_create(TSR_I64, TSR_SHAPE(N, M));
    const tsr_store one = tsr_project(tsr_project(s, 1, 3), 0, N / 2 + 37);
    NEED_OK(tsr_write(s, x, sizeof x));
    for (int k = 0; k < 4; ++k) {
        for (int i = 0; i < N; ++i) {
            x[N / 2 + 37][3] += x[i][5];
            x[i][5] *= 2;
        }
        NEED_OK(tsr_issue(&beside_task, [BESIDE_SUM] = tsr_arg_of(one),
                          [BESIDE_OUT] = tsr_arg_of(tsr_project(s, 1, 5)),
                          [BESIDE_IN] = tsr_arg_of(tsr_project(s, 1, 5))));
    }
    NEED_OK(tsr_read(s, got, sizeof got));
    NEED(memcmp(got, x, sizeof got) == 0);
    return 0;
}

int main(void)
{
    struct sums first = {0};
    int         failed = try_ranks("integer_reductions", integers, NULL);
    failed += try_ranks_after_one("float_sums_keep_their_bits", floats, &first);
    failed += try_ranks("reductions_feed_tasks", feedback, NULL);
    failed += try_ranks("points_that_meet", points_that_meet, NULL);
    failed += try_ranks("sums_through_an_image", sums_through_an_image, NULL);
    failed += try_ranks("ranks_fold_crosswise", crosswise, NULL);
    failed += try_ranks("folded_beside_what_is_written", beside, NULL);
    return failed;
}
