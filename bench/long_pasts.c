/* long_pasts.c - programs with a long past: the last operations must cost what the first did.
 *
 *     long_pasts [--operations 100000] [--lu 320] [--workers 1]
 *
 * Three of them, each a line `ok NAME` or `not ok NAME why`:
 *   one_row_writes   each operation writes one row of a matrix, the rows in a scattered order
 *   read_slices      each reads a slice that no operation before has read
 *   lu               an LU factorisation by columns, every slice smaller than the one before
 * Time is taken over groups of operations, each group waited for; the least group of the last tenth
 * is held to 1.2 times the least of the first tenth (least, because noise only adds). One that is above is run
 * again, three times in all: growth is there each time. Values are checked against closed forms, or by
 * multiplying the factors. */
#include "bench_util.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tessera/tessera.h>

enum { OUT, IN, OTHER, NUMBER };
enum { GROUPS = 100, ROWS = 512, COLUMNS = 64, TRIES = 3 };
static const double ALLOWED = 1.2;

/* ---- groups of operations ---- */

typedef struct past {
    const char *name;
    double      group[GROUPS]; /* seconds */
    int64_t     wrong;
} past;

static double least_of(const double *seconds, int n)
{
    double least = seconds[0];
    for (int i = 1; i < n; ++i)
        least = seconds[i] < least ? seconds[i] : least;
    return least;
}

/* The last tenth against the first. */
static double growth(const past *p, double *first, double *last)
{
    *first = least_of(p->group, GROUPS / 10);
    *last = least_of(p->group + GROUPS - GROUPS / 10, GROUPS / 10);
    return *last / *first;
}

static bool report(const past *p)
{
    double       first, last;
    const double ratio = growth(p, &first, &last);

    if (p->wrong != 0)
        printf("not ok %s %lld values are wrong\n", p->name, (long long)p->wrong);
    else if (ratio > ALLOWED)
        printf("not ok %s the last tenth costs %.2f of the first\n", p->name, ratio);
    else
        printf("ok %s\n", p->name);
    fprintf(stderr, "%s: a group of operations took %.3f ms at first, %.3f ms at last: %.2f\n",
            p->name, 1e3 * first, 1e3 * last, ratio);
    return p->wrong == 0 && ratio <= ALLOWED;
}

/* Issues `n` operations from number `first` on. */
typedef tsr_status past_function(void *state, int64_t first, int64_t n);

static tsr_status run_groups(past *p, int64_t operations, past_function *issue, void *state)
{
    for (int g = 0; g < GROUPS; ++g) {
        const int64_t first = operations * g / GROUPS, end = operations * (g + 1) / GROUPS;
        const double  start = bench_now();
        TSR_TRY(issue(state, first, end - first));
        TSR_TRY(tsr_fence());
        p->group[g] = (bench_now() - start) / (double)(end - first);
    }
    return TSR_OK;
}

/* ---- one-row writes ---- */

static tsr_status row_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    const int64_t  number = tsr_i64_of(t, IN);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = number + i;
    return TSR_OK;
}

static const tsr_task_desc row_task = {
    .name = "long_pasts.row",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, .rank = 1, .name = "row"},
             [IN] = {TSR_SCALAR, TSR_I64, .name = "number"}},
    .variants = {[TSR_CPU] = {.body = row_body}},
};

/* An odd factor permutes the rows of each round. */
static int64_t row_of(int64_t operation)
{
    return (operation * 197 + operation / ROWS) % ROWS;
}

static tsr_status write_rows(void *state, int64_t first, int64_t n)
{
    const tsr_store matrix = *(const tsr_store *)state;
    for (int64_t i = first; i < first + n; ++i) {
        TSR_SCOPE();
        const tsr_store row = tsr_project(matrix, 0, row_of(i));
        TSR_TRY(tsr_issue(&row_task, [OUT] = tsr_arg_of(row), [IN] = tsr_arg_i64(i)));
    }
    return TSR_OK;
}

static tsr_status run_one_row_writes(past *p, int64_t operations)
{
    TSR_SCOPE();
    static int64_t expected[ROWS], content[ROWS][COLUMNS];
    tsr_store matrix = tsr_store_filled(TSR_I64, TSR_SHAPE(ROWS, COLUMNS), &(int64_t){-1000000000});

    for (int64_t i = 0; i < ROWS; ++i)
        expected[i] = -1000000000;
    for (int64_t i = 0; i < operations; ++i)
        expected[row_of(i)] = i;
    TSR_TRY(run_groups(p, operations, write_rows, &matrix));
    TSR_TRY(tsr_read(matrix, content, sizeof content));
    for (int64_t i = 0; i < ROWS; ++i)
        for (int64_t j = 0; j < COLUMNS; ++j)
            p->wrong += content[i][j] != (expected[i] < 0 ? expected[i] : expected[i] + j);
    return TSR_OK;
}

/* ---- read slices ---- */

static tsr_status count_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = i;
    return TSR_OK;
}

static tsr_status sum_body(const tsr_task_context *t)
{
    int64_t            *sum = tsr_element_i64_of(t, OUT);
    const tsr_in_i64_1d in = tsr_in_i64_1d_of(t, IN);
    TSR_FOR_1D(i, in.box)
        *sum += tsr_at(in, i);
    return TSR_OK;
}

static const tsr_task_desc count_task = {
    .name = "long_pasts.count",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, .rank = 1, .name = "out"}},
    .variants = {[TSR_CPU] = {.body = count_body}},
};
static const tsr_task_desc slice_sum_task = {
    .name = "long_pasts.sum",
    .args = {[OUT] = {TSR_REDUCE, TSR_I64, .rank = 0, .name = "sum", .reduction = TSR_SUM},
             [IN] = {TSR_READ, TSR_I64, .rank = 1, .name = "in"}},
    .variants = {[TSR_CPU] = {.body = sum_body}},
};

enum { LONG = 8192, CHECK_EVERY = 97 };

/* All different for 2^20 operations: start and extent from a permutation of 20 bits. */
static void slice_of(int64_t operation, int64_t *out_start, int64_t *out_stop)
{
    const uint32_t u = ((uint32_t)operation * 0x9e379u + 0x2345u) & 0xfffff;
    *out_start = (u & 1023) * 7;
    *out_stop = *out_start + 1 + (u >> 10);
}

typedef struct slices {
    tsr_store source;
    int64_t   wrong;
} slices;

static tsr_status read_one_slice(slices *s, int64_t operation)
{
    TSR_SCOPE();
    int64_t start, stop, value;
    slice_of(operation, &start, &stop);
    const tsr_store slice = tsr_slice(s->source, 0, start, stop, 1);
    const tsr_store sum = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){0});
    TSR_TRY(tsr_issue(&slice_sum_task, [OUT] = tsr_arg_of(sum), [IN] = tsr_arg_of(slice)));
    if (operation % CHECK_EVERY == 0) {
        TSR_TRY(tsr_value(sum, &value));
        s->wrong += value != (start + stop - 1) * (stop - start) / 2;
    }
    return TSR_OK;
}

static tsr_status read_slices(void *state, int64_t first, int64_t n)
{
    for (int64_t i = first; i < first + n; ++i)
        TSR_TRY(read_one_slice(state, i));
    return TSR_OK;
}

static tsr_status run_read_slices(past *p, int64_t operations)
{
    TSR_SCOPE();
    slices s = {.source = tsr_store_create(TSR_I64, TSR_SHAPE(LONG))};
    TSR_TRY(tsr_issue(&count_task, [OUT] = tsr_arg_of(s.source)));
    TSR_TRY(run_groups(p, operations, read_slices, &s));
    p->wrong = s.wrong;
    return TSR_OK;
}

/* ---- LU ---- */

static tsr_status scale_body(const tsr_task_context *t)
{
    tsr_out_f64_1d column = tsr_out_f64_1d_of(t, OUT);
    const double   pivot = tsr_f64_of(t, IN);
    TSR_FOR_1D(i, column.box)
        tsr_at(column, i) = tsr_at(column, i) / pivot;
    return TSR_OK;
}

static tsr_status update_body(const tsr_task_context *t)
{
    tsr_out_f64_2d      rest = tsr_out_f64_2d_of(t, OUT);
    const tsr_in_f64_1d column = tsr_in_f64_1d_of(t, IN), row = tsr_in_f64_1d_of(t, OTHER);
    TSR_FOR_2D(i, j, rest.box)
        tsr_at(rest, i, j) -= tsr_at(column, i) * tsr_at(row, j);
    return TSR_OK;
}

static const tsr_task_desc scale_task = {
    .name = "long_pasts.scale",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_F64, .rank = 1, .name = "column"},
             [IN] = {TSR_READ, TSR_F64, .rank = 0, .name = "pivot"}},
    .constraints = {TSR_BROADCAST(IN)},
    .variants = {[TSR_CPU] = {.body = scale_body}},
};
static const tsr_task_desc update_task = {
    .name = "long_pasts.update",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_F64, .rank = 2, .name = "rest"},
             [IN] = {TSR_READ, TSR_F64, .rank = 1, .name = "column"},
             [OTHER] = {TSR_READ, TSR_F64, .rank = 1, .name = "row"}},
    .constraints = {TSR_BROADCAST(IN), TSR_BROADCAST(OTHER)},
    .variants = {[TSR_CPU] = {.body = update_body}},
};

typedef struct lu {
    tsr_store matrix;
    int64_t   n;
} lu;

static tsr_status eliminate(const lu *l, int64_t k)
{
    TSR_SCOPE();
    const tsr_store below = tsr_slice(l->matrix, 0, k + 1, l->n, 1);
    const tsr_store column = tsr_project(below, 1, k);
    const tsr_store row = tsr_slice(tsr_project(l->matrix, 0, k), 0, k + 1, l->n, 1);
    const tsr_store pivot = tsr_project(tsr_project(l->matrix, 0, k), 0, k);
    const tsr_store rest = tsr_slice(below, 1, k + 1, l->n, 1);

    TSR_TRY(tsr_issue(&scale_task, [OUT] = tsr_arg_of(column), [IN] = tsr_arg_of(pivot)));
    TSR_TRY(tsr_issue(&update_task, [OUT] = tsr_arg_of(rest), [IN] = tsr_arg_of(column),
                      [OTHER] = tsr_arg_of(row)));
    return TSR_OK;
}

static tsr_status eliminate_columns(void *state, int64_t first, int64_t n)
{
    for (int64_t k = first; k < first + n; ++k)
        TSR_TRY(eliminate(state, k));
    return TSR_OK;
}

/* Diagonally dominant: no pivoting is needed. */
static double lu_input(int64_t i, int64_t j, int64_t n)
{
    return i == j ? (double)n : 1.0 / (double)(1 + (i * 31 + j * 17) % 101);
}

/* Elements of L U that are not those of the input, within rounding. */
static int64_t count_wrong_products(const double *f, int64_t n)
{
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j) {
            double sum = i <= j ? f[i * n + j] : 0.0;
            for (int64_t k = 0; k < (i < j + 1 ? i : j + 1); ++k)
                sum += f[i * n + k] * f[k * n + j];
            wrong += !(fabs(sum - lu_input(i, j, n)) < 1e-9 * (double)n);
        }
    return wrong;
}

static tsr_status run_lu(past *p, int64_t n)
{
    TSR_SCOPE();
    const size_t bytes = (size_t)(n * n) * sizeof(double);
    double      *content = malloc(bytes);
    lu           l = {.n = n, .matrix = tsr_store_create(TSR_F64, TSR_SHAPE(n, n))};

    if (content == NULL)
        return TSR_FAIL(NO_MEMORY, "%zu bytes for the matrix", bytes);
    for (int64_t i = 0; i < n * n; ++i)
        content[i] = lu_input(i / n, i % n, n);
    tsr_status status = tsr_write(l.matrix, content, bytes);
    if (status == TSR_OK)
        status = run_groups(p, n - 1, eliminate_columns, &l);
    if (status == TSR_OK)
        status = tsr_read(l.matrix, content, bytes);
    if (status == TSR_OK)
        p->wrong = count_wrong_products(content, n);
    free(content);
    return status;
}

/* ---- all of them ---- */

static bool run_past(const char *name, tsr_status (*run)(past *, int64_t), int64_t size)
{
    past      *p = calloc(1, sizeof *p);
    bool       good = false;
    double     first, last;
    tsr_status s = TSR_OK;

    p->name = name;
    for (int i = 0; i < TRIES && s == TSR_OK && (i == 0 || (p->wrong == 0 && growth(p, &first, &last) > ALLOWED));
         ++i)
        s = run(p, size);
    if (s == TSR_OK)
        good = report(p);
    else
        printf("not ok %s %s\n", name, tsr_error_text());
    fflush(stdout);
    free(p);
    return good;
}

int main(int argc, char **argv)
{
    int64_t            operations = 100000, n = 320, workers = 1;
    const bench_option options[] = {
        {"--operations", .number = &operations, .text = "of the first two programs (100000)"},
        {"--lu", .number = &n, .text = "rows of the matrix that is factorised (320)"},
        {"--workers", .number = &workers, .text = "threads in all (1)"},
        {0},
    };

    bench_options_read(argc, argv, "the last operation of a long program, and the first", options);
    operations = operations < GROUPS ? GROUPS : operations;
    n = n < 2 * GROUPS ? 2 * GROUPS : n;
    TSR_CHECK(tsr_start(NULL, NULL, .workers = (int)workers));
    bool good = run_past("one_row_writes", run_one_row_writes, operations);
    good = run_past("read_slices", run_read_slices, operations) && good;
    good = run_past("lu", run_lu, n) && good;
    return tsr_finish() != 0 || !good;
}
