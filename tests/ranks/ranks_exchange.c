/* ranks/ranks_exchange.c - what people write with a communicator: a sample sort, whose pieces are as long as
 * they come out, and a transform of a matrix along both dimensions by way of its transpose.  Both are
 * compared with the sequential answer. */
#include "ranks_try.h"

/* ---- a sample sort ---- */

enum { SORTED, UNSORTED };
enum { N = 5000, SAMPLES = 8, MOST = 64 };

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Bounds between the points, from samples of all: point p takes what is below bound[p] and not below
 * bound[p - 1]. */
static tsr_status find_bounds(const tsr_task_context *t, const int64_t *mine, int64_t n,
                              int64_t *bound)
{
    const int64_t size = tsr_comm_size(t);
    int64_t       own[SAMPLES], all[MOST * SAMPLES];
    for (int64_t k = 0; k < SAMPLES; ++k)
        own[k] = n > 0 ? mine[k * n / SAMPLES] : INT64_MAX;
    TSR_TRY(tsr_comm_allgather(t, own, all, SAMPLES, TSR_I64));
    qsort(all, (size_t)(size * SAMPLES), sizeof *all, compare);
    for (int64_t p = 0; p + 1 < size; ++p)
        bound[p] = all[(p + 1) * SAMPLES];
    return TSR_OK;
}

static tsr_status sort_body(const tsr_task_context *t)
{
    tsr_in_i64_1d from = tsr_in_i64_1d_of(t, UNSORTED);
    const int64_t n = from.box.high[0] - from.box.low[0], size = tsr_comm_size(t);
    int64_t       bound[MOST], give[MOST] = {0}, get[MOST], sum = 0;
    int64_t      *mine = tsr_scratch(t, (size_t)n * sizeof *mine);
    if (mine == NULL || size > MOST)
        return TSR_FAIL(TASK_FAILED, "%d points", (int)size);
    for (int64_t k = 0; k < n; ++k)
        mine[k] = tsr_at(from, from.box.low[0] + k);
    qsort(mine, (size_t)n, sizeof *mine, compare);
    TSR_TRY(find_bounds(t, mine, n, bound));
    for (int64_t k = 0, p = 0; k < n; ++k) {
        while (p + 1 < size && mine[k] >= bound[p])
            ++p;
        ++give[p];
    }
    TSR_TRY(tsr_comm_alltoall(t, give, get, 1, TSR_I64));
    for (int64_t p = 0; p < size; ++p)
        sum += get[p];
    int64_t *sorted = tsr_unbound_output(t, SORTED, sum);
    if (sorted == NULL)
        return TSR_NO_MEMORY;
    TSR_TRY(tsr_comm_alltoallv(t, mine, give, sorted, get, TSR_I64));
    qsort(sorted, (size_t)sum, sizeof *sorted, compare);
    return TSR_OK;
}

static const tsr_task_desc sample_sort = {
    .name = "test.sample_sort",
    .args = {[SORTED] = {TSR_WRITE, TSR_I64, 1, "sorted"},
             [UNSORTED] = {TSR_READ, TSR_I64, 1, "unsorted"}},
    .variants = {[TSR_CPU] = {.body = sort_body,
                              .wants_communicator = true,
                              .scratch_per_element = 8}},
    .work = 1000,
};

static int sorts(int argc, char **argv, void *user)
{
    static __thread int64_t x[N], got[N];
    (void)argc, (void)argv, (void)user;
    for (int few = 0; few < 2; ++few) {
        TSR_SCOPE();
        const tsr_store from = tsr_store_create(TSR_I64, TSR_SHAPE(N));
        const tsr_store into = tsr_store_unbound(TSR_I64, TSR_SHAPE(0));
        for (int64_t k = 0; k < N; ++k)
            x[k] = few ? k * 7919 % 13 : (k * 7919 + 17) % 100003;
        NEED_OK(tsr_write(from, x, sizeof x));
        NEED_OK(
            tsr_issue(&sample_sort, [SORTED] = tsr_arg_of(into), [UNSORTED] = tsr_arg_of(from)));
        NEED_OK(tsr_read(into, got, sizeof got));
        qsort(x, N, sizeof *x, compare);
        NEED(memcmp(got, x, sizeof x) == 0);
    }
    return 0;
}

/* ---- both dimensions of a matrix ---- */

enum { OUT, IN };
enum { SIDE = 64 };

/* The Walsh-Hadamard transform of a row, in whole numbers. */
static void transform(int64_t *row)
{
    for (int64_t half = 1; half < SIDE; half *= 2)
        for (int64_t i = 0; i < SIDE; ++i)
            if (!(i & half)) {
                const int64_t a = row[i], b = row[i + half];
                row[i] = a + b;
                row[i + half] = a - b;
            }
}

/* Rows low .. high - 1 of a matrix are here; of its transpose too, afterwards. */
static tsr_status transpose(const tsr_task_context *t, int64_t (*row)[SIDE], int64_t rows,
                            int64_t (*room)[SIDE])
{
    const int64_t size = tsr_comm_size(t);
    int64_t       height[MOST], give[MOST], get[MOST], *at = room[0];
    TSR_TRY(tsr_comm_allgather(t, &rows, height, 1, TSR_I64));
    for (int64_t p = 0, column = 0; p < size; column += height[p++]) {
        give[p] = height[p] * rows;
        get[p] = rows * height[p];
        for (int64_t c = column; c < column + height[p]; ++c)
            for (int64_t r = 0; r < rows; ++r)
                *at++ = row[r][c];
    }
    int64_t *blocks = malloc((size_t)rows * sizeof *row + 1);
    if (blocks == NULL)
        return TSR_FAIL(NO_MEMORY, "%d rows", (int)rows);
    const tsr_status status = tsr_comm_alltoallv(t, room, give, blocks, get, TSR_I64);
    const int64_t   *from = blocks;
    for (int64_t p = 0, column = 0; p < size && status == TSR_OK; column += height[p++])
        for (int64_t r = 0; r < rows; ++r)
            for (int64_t c = column; c < column + height[p]; ++c)
                row[r][c] = *from++;
    free(blocks);
    return status;
}

static tsr_status both_body(const tsr_task_context *t)
{
    tsr_out_i64_2d out = tsr_out_i64_2d_of(t, OUT);
    tsr_in_i64_2d  in = tsr_in_i64_2d_of(t, IN);
    const int64_t  low = in.box.low[0], rows = in.box.high[0] - low;
    int64_t(*row)[SIDE] = tsr_scratch(t, (size_t)rows * sizeof *row);
    int64_t(*room)[SIDE] = tsr_scratch(t, (size_t)rows * sizeof *room);
    if (row == NULL || room == NULL)
        return TSR_NO_MEMORY;
    TSR_FOR_2D(i, j, in.box)
        row[i - low][j] = tsr_at(in, i, j);
    for (int turn = 0; turn < 2; ++turn) {
        for (int64_t r = 0; r < rows; ++r)
            transform(row[r]);
        TSR_TRY(transpose(t, row, rows, room));
    }
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = row[i - low][j];
    return TSR_OK;
}

static const tsr_task_desc both_ways = {
    .name = "test.both_ways",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 2, "out"}, [IN] = {TSR_READ, TSR_I64, 2, "in"}},
    .constraints = {TSR_ALIGN(OUT, IN)},
    .variants = {[TSR_CPU] = {.body = both_body,
                              .wants_communicator = true,
                              .scratch_per_element = 16,
                              .scratch_bytes = 128}},
    .work = 1000,
};

static void model(int64_t (*x)[SIDE])
{
    int64_t y[SIDE][SIDE];
    for (int turn = 0; turn < 2; ++turn) {
        for (int i = 0; i < SIDE; ++i)
            transform(x[i]);
        for (int i = 0; i < SIDE; ++i)
            for (int j = 0; j < SIDE; ++j)
                y[j][i] = x[i][j];
        memcpy(x, y, sizeof y);
    }
}

static int transforms(int argc, char **argv, void *user)
{
    static __thread int64_t x[SIDE][SIDE], got[SIDE][SIDE];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(SIDE, SIDE)),
                    b = tsr_store_create(TSR_I64, TSR_SHAPE(SIDE, SIDE));
    for (int i = 0; i < SIDE; ++i)
        for (int j = 0; j < SIDE; ++j)
            x[i][j] = (i * 31 + j * 17) % 101;
    NEED_OK(tsr_write(a, x, sizeof x));
    NEED_OK(tsr_issue(&both_ways, [OUT] = tsr_arg_of(b), [IN] = tsr_arg_of(a)));
    NEED_OK(tsr_issue(&both_ways, [OUT] = tsr_arg_of(a), [IN] = tsr_arg_of(b)));
    NEED_OK(tsr_read(b, got, sizeof got));
    model(x);
    NEED(memcmp(got, x, sizeof x) == 0);
    NEED_OK(tsr_read(a, got, sizeof got));
    model(x);
    NEED(memcmp(got, x, sizeof x) == 0);
    return 0;
}

int main(void)
{
    int failed = try_ranks("sample_sort", sorts, NULL);
    failed += try_ranks("both_dimensions_of_a_matrix", transforms, NULL);
    return failed;
}
