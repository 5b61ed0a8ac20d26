/* array_solve.c - systems of linear equations, by LU with partial pivoting.
 *
 *     factor the panel of columns j ..., of all rows from j on, in one task   ->  pivots
 *     exchange rows, solve with its triangle, take the product off: by columns, of what is right of it and
 *     of the right-hand sides
 *     at the end solve with the upper triangle, block by block
 *
 * Golub and Van Loan, Matrix Computations (4th edition), 3.4 and 3.2.11.  A task has all rows of some columns,
 * in blocks of 256: what is left of the matrix moves to tasks by columns, and no task gathers it.
 *
 * Cost: 2 n^3 / 3; 5 n / 256 operations. Threads: the issuing thread; bodies any. */
#include <stdlib.h>
#include <string.h>

#include "array_build.h"
#include "array_triangular.h"

static tsr_status out_of_memory(void)
{
    return TSR_FAIL(NO_MEMORY, "no memory for a panel of a matrix");
}

/* ---- the panel ---- */

enum { PANEL, PIVOTS, BEFORE, PANEL_ARGS };

/* Elements between the panel and a buffer in Fortran's order. */
static void panel_copy(const tsr_raw_window *p, char *buffer, bool is_back)
{
    const size_t  bytes = tsr_type_size(p->type);
    const int64_t m = p->high[0], n = p->high[1];
    for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
            char *x = p->origin + (i * p->stride[0] + j * p->stride[1]) * (int64_t)bytes;
            char *y = buffer + (size_t)(j * m + i) * bytes;
            memcpy(is_back ? x : y, is_back ? y : x, bytes);
        }
}

static tsr_status panel_body(const tsr_task_context *t)
{
    const tsr_raw_window p = tsr_raw_window_of(t, PANEL), q = tsr_raw_window_of(t, PIVOTS);
    const int64_t        m = p.high[0], n = p.high[1];
    int                  pivot[ARRAY_BLOCK];
    char                *buffer = malloc((size_t)(m * n) * tsr_type_size(p.type) + 1);
    if (!buffer)
        return out_of_memory();
    panel_copy(&p, buffer, false);
    const int zero = array_lapack_getrf(p.type, m, n, buffer, m, pivot);
    panel_copy(&p, buffer, true);
    free(buffer);
    for (int64_t j = 0; j < n; ++j)
        ((int64_t *)(void *)q.origin)[j * q.stride[0]] = pivot[j] - 1;
    if (zero)
        return TSR_FAIL(TASK_FAILED, "Singular matrix: pivot %lld is 0",
                        (long long)(tsr_i64_of(t, BEFORE) + zero - 1));
    return TSR_OK;
}

static const tsr_task_desc panel_task = {
    .name = "solve",
    .args = {[PANEL] = {.access = TSR_READ_WRITE, .rank = 2, .name = "panel"},
             [PIVOTS] = {.access = TSR_WRITE, .type = TSR_I64, .rank = 1, .name = "pivots"},
             [BEFORE] = {.access = TSR_SCALAR, .type = TSR_I64, .name = "before"}},
    .constraints = {TSR_BROADCAST(PANEL), TSR_BROADCAST(PIVOTS)},
    .variants = {[TSR_CPU] = {.body = panel_body}},
    .work = ARRAY_BLOCK};

/* ---- the columns right of it ---- */

enum { COLUMNS, TRIANGLE, ROWS, COLUMNS_ARGS };

/* Exchange rows of some columns as the panel's were. */
static void rows_exchange(char *x, const int64_t stride[2], int64_t columns, size_t bytes,
                          const tsr_raw_window *pivots)
{
    char kept[16];
    for (int64_t i = 0; i < pivots->high[0]; ++i) {
        const int64_t other =
            ((const int64_t *)(const void *)pivots->origin)[i * pivots->stride[0]];
        for (int64_t j = 0; other != i && j < columns; ++j) {
            char *a = x + (i * stride[0] + j * stride[1]) * (int64_t)bytes;
            char *b = x + (other * stride[0] + j * stride[1]) * (int64_t)bytes;
            memcpy(kept, a, bytes);
            memcpy(a, b, bytes);
            memcpy(b, kept, bytes);
        }
    }
}

static tsr_status columns_body(const tsr_task_context *t)
{
    const tsr_raw_window x = tsr_raw_window_of(t, COLUMNS), p = tsr_raw_window_of(t, TRIANGLE),
                         q = tsr_raw_window_of(t, ROWS);
    const int64_t       bytes = (int64_t)tsr_type_size(x.type), m = x.high[0], n = q.high[0];
    struct array_matrix top, rest = {0};
    void               *top_packed = NULL, *rest_packed = NULL;
    bool fits = array_matrix_of(p.origin, p.stride, n, n, (size_t)bytes, &top, &top_packed);
    if (fits && m > n)
        fits = array_matrix_of(p.origin + n * p.stride[0] * bytes, p.stride, m - n, n,
                               (size_t)bytes, &rest, &rest_packed);
    for (int64_t j = x.low[1]; fits && j < x.high[1]; j += ARRAY_BLOCK) {
        const int64_t columns = j + ARRAY_BLOCK < x.high[1] ? ARRAY_BLOCK : x.high[1] - j;
        const int64_t ld = x.stride[0] > columns ? x.stride[0] : columns;
        char         *from = x.origin + j * x.stride[1] * bytes;
        rows_exchange(from, x.stride, columns, (size_t)bytes, &q);
        array_blas_solve(x.type, n, columns, top, true, true, from, ld, false);
        if (m > n)
            array_blas_gemm(x.type, m - n, columns, n, rest, (struct array_matrix){from, ld, false},
                            from + n * ld * bytes, ld, true);
    }
    free(top_packed);
    free(rest_packed);
    return fits ? TSR_OK : out_of_memory();
}

static const tsr_task_desc columns_task = {
    .name = "solve",
    .args = {[COLUMNS] = {.access = TSR_READ_WRITE, .rank = 2, .name = "columns"},
             [TRIANGLE] = {.access = TSR_READ, .rank = 2, .name = "panel"},
             [ROWS] = {.access = TSR_READ, .type = TSR_I64, .rank = 1, .name = "pivots"}},
    .constraints = {TSR_BROADCAST(TRIANGLE), TSR_BROADCAST(ROWS),
                    TSR_MULTIPLE_OF(COLUMNS, INT32_MAX, ARRAY_BLOCK)},
    .variants = {[TSR_CPU] = {.body = columns_body, .layout = {{.order = TSR_ORDER_C}}}},
    .work = ARRAY_BLOCK};

static tsr_status columns_step(nd_array x, nd_array panel, nd_array pivots, tsr_site at)
{
    return tsr_issue_(&columns_task,
                      (tsr_arg[]){[COLUMNS] = tsr_arg_store(nd_store(x)),
                                  [TRIANGLE] = tsr_arg_store(nd_store(panel)),
                                  [ROWS] = tsr_arg_store(nd_store(pivots))},
                      COLUMNS_ARGS, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
}

/* ---- one system ---- */

/* Columns [j, end) of the matrix `lu` of n rows, and what follows for the rest and for `x`. */
static tsr_status factor_step(nd_array lu, nd_array x, int64_t n, int64_t columns, int64_t j,
                              tsr_site at)
{
    ND_SCOPE();
    const int64_t  end = j + ARRAY_BLOCK < n ? j + ARRAY_BLOCK : n;
    const nd_array panel = array_block(lu, j, n, j, end, at);
    const nd_array pivots = nd_empty_(TSR_I64, (nd_shape){1, {end - j}}, at);
    TSR_TRY(tsr_issue_(&panel_task,
                       (tsr_arg[]){[PANEL] = tsr_arg_store(nd_store(panel)),
                                   [PIVOTS] = tsr_arg_store(nd_store(pivots)),
                                   [BEFORE] = tsr_arg_i64(j)},
                       PANEL_ARGS, &(tsr_launch){.size = sizeof(tsr_launch), .at = at}));
    if (end < n)
        TSR_TRY(columns_step(array_block(lu, j, n, end, n, at), panel, pivots, at));
    return columns_step(array_block(x, j, n, 0, columns, at), panel, pivots, at);
}

/* x = the inverse of `lu`, which is overwritten, times x. */
static tsr_status solve_matrix(nd_array lu, nd_array x, int64_t n, int64_t columns, tsr_site at)
{
    for (int64_t j = 0; j < n; j += ARRAY_BLOCK)
        TSR_TRY(factor_step(lu, x, n, columns, j, at));
    return array_triangle_solve(lu, x, n, 0, at);
}

static tsr_status shapes_check(const nd_shape *a, const nd_shape *b, tsr_site at)
{
    if (a->rank != 2 || a->extent[0] != a->extent[1])
        return tsr_fail_(at, TSR_BAD_SHAPE, "solve takes a square matrix, not %s",
                         array_shape_text(a).text);
    if (b->rank < 1 || b->rank > 2 || b->extent[0] != a->extent[0])
        return tsr_fail_(at, TSR_BAD_SHAPE, "solve of %s and %s: the shapes do not fit",
                         array_shape_text(a).text, array_shape_text(b).text);
    return TSR_OK;
}

static nd_array solve(nd_array a, nd_array b, tsr_site at)
{
    array_info x, y;
    nd_array   answer;
    if (!array_begin(a, &x, &answer, at) || !array_begin(b, &y, &answer, at))
        return answer;
    const nd_type t = array_linear_type("solve", nd_promote_types(x.type, y.type), at);
    if (t == TSR_TYPE_ANY || shapes_check(&x.shape, &y.shape, at) != TSR_OK ||
        array_blas_load(at) != TSR_OK)
        return array_failed(at);
    const bool     is_column = y.shape.rank == 1;
    const int64_t  n = x.shape.extent[0], columns = is_column ? 1 : y.shape.extent[1];
    const nd_array out = nd_astype_(b, t, at);
    if (n == 0 || columns == 0)
        return out;
    const nd_array   whole = is_column ? nd_expand_dims_(out, 1, at) : out;
    const tsr_status s = solve_matrix(nd_astype_(a, t, at), whole, n, columns, at);
    return s == TSR_OK ? out : array_failed(at);
}

nd_array nd_solve_(nd_array a, nd_array b, tsr_site at)
{
    ND_SCOPE();
    return nd_keep_(solve(a, b, at), at);
}

/* ---- the inverse ---- */

static nd_array inverse(nd_array a, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    const nd_type t = array_linear_type("inv", info.type, at);
    if (t == TSR_TYPE_ANY)
        return array_failed(at);
    if (info.shape.rank != 2 || info.shape.extent[0] != info.shape.extent[1])
        return ARRAY_FAIL(at, BAD_SHAPE, "inv takes a square matrix, not %s",
                          array_shape_text(&info.shape).text);
    const nd_eye_options one = {.size = sizeof one, .at = at, .type = t};
    return solve(a, nd_eye_(info.shape.extent[0], &one), at);
}

nd_array nd_inv_(nd_array a, tsr_site at)
{
    ND_SCOPE();
    return nd_keep_(inverse(a, at), at);
}
