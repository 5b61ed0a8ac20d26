/* Unbound stores over ranks: each piece says how many rows it has; together they are one store like any
 * other, whatever rank made which row: read, cut in other places, filtered again. */
#include <stdlib.h>

#include "ranks_try.h"

enum { OUT, IN, LOW, MODULUS };
enum { N = 500, WIDE = 3 };

/* Rows {v, 2 v, i} for each element v at i that is a multiple of MODULUS and at least LOW. */
static tsr_status select_body(const tsr_task_context *t)
{
    tsr_in_i64_1d in = tsr_in_i64_1d_of(t, IN);
    const int64_t low = tsr_i64_of(t, LOW), modulus = tsr_i64_of(t, MODULUS);
    int64_t       n = 0;
    TSR_FOR_1D(i, in.box)
        n += tsr_at(in, i) >= low && tsr_at(in, i) % modulus == 0;
    int64_t *row = tsr_unbound_output(t, OUT, n);
    if (!row)
        return TSR_NO_MEMORY;
    TSR_FOR_1D(i, in.box)
    {
        const int64_t v = tsr_at(in, i);
        if (v < low || v % modulus != 0)
            continue;
        *row++ = v;
        *row++ = 2 * v;
        *row++ = i;
    }
    return TSR_OK;
}

static const tsr_task_desc select_rows = {
    .name = "test.select",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 2, "rows"},
             [IN] = {TSR_READ, TSR_I64, 1, "in"},
             [LOW] = {TSR_SCALAR, TSR_I64, .name = "low"},
             [MODULUS] = {TSR_SCALAR, TSR_I64, .name = "modulus"}},
    .variants = {[TSR_CPU] = {.body = select_body}},
};

static void start(int64_t *value)
{
    for (int i = 0; i < N; ++i)
        value[i] = (int64_t)i * 7919 % 1009;
}

/* The same by hand; how many rows. */
static int64_t by_hand(const int64_t *value, int64_t n, int64_t low, int64_t modulus, int64_t *row)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < n; ++i)
        if (value[i] >= low && value[i] % modulus == 0) {
            row[WIDE * rows] = value[i];
            row[WIDE * rows + 1] = 2 * value[i];
            row[WIDE * rows + 2] = i;
            ++rows;
        }
    return rows;
}

static tsr_store selected(tsr_store from, int64_t low, int64_t modulus)
{
    const tsr_store rows = tsr_store_unbound(TSR_I64, TSR_SHAPE(0, WIDE));
    const tsr_status s =
        tsr_issue(&select_rows, [OUT] = tsr_arg_of(rows), [IN] = tsr_arg_of(from),
                  [LOW] = tsr_arg_of(low), [MODULUS] = tsr_arg_of(modulus));
    return s == TSR_OK ? rows : (tsr_store){0};
}

/* Rows of all ranks; of the last ranks alone; one; none. */
static int known_afterwards(int argc, char **argv, void *user)
{
    static const int64_t low[] = {0, 0, 990, 1008, 5000}, modulus[] = {1, 7, 1, 1, 1};
    int64_t              value[N], want[N * WIDE], got[N * WIDE];
    (void)argc, (void)argv, (void)user;
    start(value);
    for (int k = 0; k < 5; ++k) {
        TSR_SCOPE();
        if (k == 2)
            for (int i = 0; i < N; ++i)
                value[i] = 2 * i + 10; /* what passes lies at the end */
        const int64_t   n = by_hand(value, N, low[k], modulus[k], want);
        const tsr_store in = tsr_store_create(TSR_I64, TSR_SHAPE(N));
        NEED_OK(tsr_write(in, value, sizeof value));
        const tsr_store rows = selected(in, low[k], modulus[k]);
        const tsr_shape shape = tsr_store_shape(rows);
        NEED(shape.rank == 2 && shape.extent[0] == n && shape.extent[1] == WIDE);
        NEED_OK(tsr_read(rows, got, (size_t)(n * WIDE) * sizeof *got));
        NEED(memcmp(got, want, (size_t)(n * WIDE) * sizeof *got) == 0);
        NEED(k != 4 || n == 0);
    }
    return 0;
}

/* ---- consumed as others cut it ---- */

static tsr_status spread_body(const tsr_task_context *t)
{
    tsr_out_i64_2d out = tsr_out_i64_2d_of(t, OUT);
    tsr_in_i64_2d  in = tsr_in_i64_2d_of(t, IN);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = tsr_at(in, i, j) + tsr_at(in, i + 1, j);
    return TSR_OK;
}

static const tsr_task_desc spread = {
    .name = "test.spread",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 2, "out"}, [IN] = {TSR_READ, TSR_I64, 2, "in"}},
    .constraints = {TSR_HALO(IN, OUT, .high = {1})},
    .variants = {[TSR_CPU] = {.body = spread_body}},
};

static tsr_status double_body(const tsr_task_context *t)
{
    tsr_out_i64_2d x = tsr_out_i64_2d_of(t, OUT);
    TSR_FOR_2D(i, j, x.box)
        tsr_at(x, i, j) = 2 * tsr_at(x, i, j) + tsr_point(t) % 2;
    return TSR_OK;
}

static const tsr_task_desc twice = {
    .name = "test.twice",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_I64, 2, "x"}},
    .variants = {[TSR_CPU] = {.body = double_body}},
};

static int cut_elsewhere(int argc, char **argv, void *user)
{
    enum { TILE = 17 };
    int64_t value[N], row[N * WIDE], want[N * WIDE], got[N * WIDE];
    (void)argc, (void)argv, (void)user;
    start(value);
    const int64_t n = by_hand(value, N, 300, 3, row);
    const size_t  bytes = (size_t)(n * WIDE) * sizeof *got, most = bytes - WIDE * sizeof *got;
    TSR_SCOPE();
    const tsr_store in = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_write(in, value, sizeof value));
    const tsr_store rows = selected(in, 300, 3);

    const tsr_store sums = tsr_store_create(TSR_I64, TSR_SHAPE(n - 1, WIDE)); /* a halo */
    NEED_OK(tsr_issue(&spread, [OUT] = tsr_arg_of(sums), [IN] = tsr_arg_of(rows)));
    NEED_OK(tsr_read(sums, got, most));
    for (int64_t k = 0; k < (n - 1) * WIDE; ++k)
        NEED(got[k] == row[k] + row[k + WIDE]);

    const tsr_store turned = tsr_store_create(TSR_I64, TSR_SHAPE(WIDE, n)); /* columns, backwards */
    NEED_OK(tsr_copy(turned, tsr_slice(tsr_transpose(rows, (int[]){1, 0}), 1, n - 1, -1, -1)));
    NEED_OK(tsr_read(turned, got, bytes));
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < WIDE; ++j)
            NEED(got[j * n + n - 1 - i] == row[i * WIDE + j]);

    /* tiles of a manual launch, which write it */
    const tsr_partition tiles =
        tsr_partition_tiles(TSR_SHAPE(n, WIDE), ((const int64_t[]){TILE, WIDE}));
    NEED_OK(tsr_issue_over(&twice, tsr_partition_points(tiles), [OUT] = tsr_arg_cut(rows, tiles)));
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < WIDE; ++j)
            want[i * WIDE + j] = 2 * row[i * WIDE + j] + i / TILE % 2;
    NEED_OK(tsr_read_on(rows, tsr_rank_count() - 1, got, bytes));
    if (tsr_rank() == tsr_rank_count() - 1)
        NEED(memcmp(got, want, bytes) == 0);
    NEED_OK(tsr_fill(tsr_slice(rows, 0, 5, 9, 1), &(int64_t){-1}));
    NEED_OK(tsr_read(rows, got, bytes));
    for (int64_t k = 0; k < n * WIDE; ++k)
        NEED(got[k] == (k >= 5 * WIDE && k < 9 * WIDE ? -1 : want[k]));
    return 0;
}

/* ---- written once it is known ---- */

static tsr_status one_row_body(const tsr_task_context *t)
{
    int64_t *row = tsr_unbound_output(t, OUT, 1);
    for (int j = 0; row && j < WIDE; ++j)
        row[j] = j;
    return row ? TSR_OK : TSR_TASK_FAILED;
}

static const tsr_task_desc one_row = {
    .name = "test.one_row",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 2, "rows"}},
    .variants = {[TSR_CPU] = {.body = one_row_body}},
};

static int written_later(int argc, char **argv, void *user)
{
    int64_t value[N], row[N * WIDE], got[N * WIDE];
    (void)argc, (void)argv, (void)user;
    start(value);
    const int64_t n = by_hand(value, N, 300, 3, row);
    const size_t  bytes = (size_t)(n * WIDE) * sizeof *got;
    TSR_SCOPE();
    const tsr_store in = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_write(in, value, sizeof value));
    const tsr_store     none = tsr_store_unbound(TSR_I64, TSR_SHAPE(0, WIDE));
    const tsr_store     rows = selected(in, 300, 3); /* nobody asks for its extent but the writer */
    NEED_OK(tsr_issue(&twice, [OUT] = tsr_arg_of(rows)));
    const tsr_store copy = tsr_store_create(TSR_I64, TSR_SHAPE(n, WIDE));
    NEED_OK(tsr_copy(copy, rows));
    NEED_OK(tsr_issue(&spread, [OUT] = tsr_arg_of(tsr_slice(rows, 0, 0, n - 1, 1)),
                      [IN] = tsr_arg_of(copy)));
    NEED_OK(tsr_read(rows, got, bytes));
    for (int64_t k = 0; k < n * WIDE; ++k)
        NEED(got[k] == (k < (n - 1) * WIDE ? 2 * (row[k] + row[k + WIDE]) : 2 * row[k]));
    /* an extent that is known is not told again, and one that nobody tells is not known */
    NEED_OK(tsr_issue(&one_row, [OUT] = tsr_arg_of(rows)));
    NEED(tsr_store_status(rows) == TSR_TASK_FAILED && strstr(tsr_error_text(), "no unbound output"));
    NEED(tsr_issue(&twice, [OUT] = tsr_arg_of(none)) == TSR_BAD_SHAPE);
    tsr_error_clear();
    return 0;
}

/* ---- one filters what another left, again and again ---- */

static int filtered_again(int argc, char **argv, void *user)
{
    enum { TURNS = 6 };
    int64_t value[N], row[N * WIDE], got[N * WIDE], n = N;
    (void)argc, (void)argv, (void)user;
    start(value);
    TSR_SCOPE();
    tsr_store now = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_write(now, value, sizeof value));
    for (int k = 0; k < TURNS; ++k) {
        const tsr_store rows = selected(now, 40 * k, 1 + k % 2);
        n = by_hand(value, n, 40 * k, 1 + k % 2, row);
        for (int64_t i = 0; i < n; ++i)
            value[i] = row[WIDE * i + k % 2] / (1 + k % 2);
        now = tsr_project(rows, 1, 0); /* the values: a column of what was unbound */
        NEED(tsr_store_shape(now).extent[0] == n);
    }
    NEED(n > 0 && n < N);
    NEED_OK(tsr_read(now, got, (size_t)n * sizeof *got));
    NEED(memcmp(got, value, (size_t)n * sizeof *got) == 0);
    return 0;
}

int main(void)
{
    int failed = try_ranks("extents_known_afterwards", known_afterwards, NULL);
    failed += try_ranks("unbound_rows_cut_elsewhere", cut_elsewhere, NULL);
    failed += try_ranks("unbound_rows_written_later", written_later, NULL);
    failed += try_ranks("unbound_rows_filtered_again", filtered_again, NULL);
    return failed;
}
