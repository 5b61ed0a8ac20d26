/* array_triangular.c - triangular systems of equations, and the steps that factorisations share.
 *
 * A step works on blocks of 256 rows or columns: it solves with the triangle on the diagonal, whole for
 * every task, or takes a product of two panels off what is left.  Tasks are cut at multiples of a block
 * and go block by block, so that the bits follow from the shapes alone.  What is written is always a view of an
 * array of this library's own, in C order.
 *
 *     solve with the triangle at (j, j)  ->  x[j]
 *     take a[rest, j] x[j] off x[rest]
 *
 * Golub and Van Loan, Matrix Computations (4th edition), 3.1.4.
 *
 * Cost: n^2 columns additions and products, 2 n / 256 operations. Threads: the issuing thread; bodies any. */
#include <stdlib.h>
#include <string.h>

#include "array_build.h"
#include "array_triangular.h"

/* ---- solving with one triangle ---- */

enum { X, D, SOLVE_HOW, SOLVE_ARGS };

static tsr_status out_of_memory(void)
{
    return TSR_FAIL(NO_MEMORY, "no memory to pack a block of a matrix");
}

/* The first zero of the diagonal, from 0 on; n where there is none. */
static int64_t first_zero(const tsr_raw_window *d, int64_t n)
{
    static const char zero[16];
    const int64_t     bytes = (int64_t)tsr_type_size(d->type);
    for (int64_t i = 0; i < n; ++i) {
        double parts[2];
        array_element_parts(d->type, d->origin + i * (d->stride[0] + d->stride[1]) * bytes, parts);
        if (memcmp(&parts[0], zero, 8) == 0 ? parts[1] == 0 : parts[0] == 0 && parts[1] == 0)
            return i;
    }
    return n;
}

static tsr_status solve_body(const tsr_task_context *t)
{
    const tsr_raw_window x = tsr_raw_window_of(t, X), d = tsr_raw_window_of(t, D);
    const int            how = (int)tsr_i64_of(t, SOLVE_HOW);
    const int64_t        n = x.high[0], bytes = (int64_t)tsr_type_size(x.type);
    const bool           is_turned = how & STEP_TURNED;
    struct array_matrix  m;
    void                *packed;
    const int64_t        zero = how & STEP_UNIT ? n : first_zero(&d, n);
    if (zero < n)
        return TSR_FAIL(TASK_FAILED, "Singular matrix: element %lld of the diagonal is 0",
                        (long long)zero);
    if (!array_matrix_of(d.origin, d.stride, n, n, (size_t)bytes, &m, &packed))
        return out_of_memory();
    for (int64_t j = x.low[1]; j < x.high[1]; j += ARRAY_BLOCK) {
        const int64_t columns = j + ARRAY_BLOCK < x.high[1] ? ARRAY_BLOCK : x.high[1] - j;
        const int64_t least = is_turned ? n : columns, ld = x.stride[is_turned];
        array_blas_solve(x.type, n, columns, m, how & STEP_LOWER, how & STEP_UNIT,
                         x.origin + j * x.stride[1] * bytes, ld > least ? ld : least, is_turned);
    }
    free(packed);
    return TSR_OK;
}

static const tsr_task_desc solve_task = {
    .name = "solve_triangular",
    .args = {[X] = {.access = TSR_READ_WRITE, .rank = 2, .name = "x"},
             [D] = {.access = TSR_READ, .rank = 2, .name = "triangle"},
             [SOLVE_HOW] = {.access = TSR_SCALAR, .type = TSR_I64, .name = "how"}},
    .constraints = {TSR_BROADCAST(D), TSR_MULTIPLE_OF(X, ARRAY_BLOCK, ARRAY_BLOCK)},
    .variants = {[TSR_CPU] = {.body = solve_body}},
    .work = ARRAY_BLOCK};

tsr_status array_step_solve(nd_array d, nd_array x, int how, tsr_site at)
{
    return tsr_issue_(&solve_task,
                      (tsr_arg[]){[X] = tsr_arg_store(nd_store(x)),
                                  [D] = tsr_arg_store(nd_store(d)),
                                  [SOLVE_HOW] = tsr_arg_i64(how)},
                      SOLVE_ARGS, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
}

/* ---- taking a product off ---- */

enum { C, A, B, UPDATE_HOW, UPDATE_ARGS };

static bool update_block(const tsr_raw_window w[3], int64_t i, int64_t j)
{
    const int64_t       bytes = (int64_t)tsr_type_size(w[C].type), k = w[A].high[1];
    const int64_t       m = i + ARRAY_BLOCK < w[C].high[0] ? ARRAY_BLOCK : w[C].high[0] - i;
    const int64_t       n = j + ARRAY_BLOCK < w[C].high[1] ? ARRAY_BLOCK : w[C].high[1] - j;
    const int64_t       ldc = w[C].stride[0] > n ? w[C].stride[0] : n;
    struct array_matrix a, b;
    void               *a_packed = NULL, *b_packed = NULL;
    const bool fits = array_matrix_of(w[A].origin + i * w[A].stride[0] * bytes, w[A].stride, m, k,
                                      (size_t)bytes, &a, &a_packed) &&
                      array_matrix_of(w[B].origin + j * w[B].stride[1] * bytes, w[B].stride, k, n,
                                      (size_t)bytes, &b, &b_packed);
    if (fits)
        array_blas_gemm(w[C].type, m, n, k, a, b,
                        w[C].origin + (i * w[C].stride[0] + j * w[C].stride[1]) * bytes, ldc, true);
    free(a_packed);
    free(b_packed);
    return fits;
}

static tsr_status update_body(const tsr_task_context *t)
{
    const tsr_raw_window w[3] = {tsr_raw_window_of(t, C), tsr_raw_window_of(t, A),
                                 tsr_raw_window_of(t, B)};
    const bool           is_half = tsr_i64_of(t, UPDATE_HOW) & STEP_HALF;
    for (int64_t i = w[C].low[0]; i < w[C].high[0]; i += ARRAY_BLOCK)
        for (int64_t j = w[C].low[1]; j < w[C].high[1]; j += ARRAY_BLOCK)
            if (!(is_half && j > i) && !update_block(w, i, j))
                return out_of_memory();
    return TSR_OK;
}

static const tsr_task_desc update_task = {
    .name = "update",
    .args = {[C] = {.access = TSR_READ_WRITE, .rank = 2, .name = "c"},
             [A] = {.access = TSR_READ, .rank = 2, .name = "a"},
             [B] = {.access = TSR_READ, .rank = 2, .name = "b"},
             [UPDATE_HOW] = {.access = TSR_SCALAR, .type = TSR_I64, .name = "how"}},
    .constraints = {TSR_BROADCAST_DIMS(A, C, 2u), TSR_BROADCAST_DIMS(B, C, 1u),
                    TSR_MULTIPLE_OF(C, ARRAY_BLOCK, ARRAY_BLOCK)},
    .variants = {[TSR_CPU] = {.body = update_body}},
    .work = ARRAY_BLOCK};

tsr_status array_step_update(nd_array c, nd_array a, nd_array b, int how, tsr_site at)
{
    return tsr_issue_(&update_task,
                      (tsr_arg[]){[C] = tsr_arg_store(nd_store(c)),
                                  [A] = tsr_arg_store(nd_store(a)),
                                  [B] = tsr_arg_store(nd_store(b)),
                                  [UPDATE_HOW] = tsr_arg_i64(how)},
                      UPDATE_ARGS, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
}

/* ---- a whole triangle ---- */

nd_array array_block(nd_array a, int64_t i, int64_t i_end, int64_t j, int64_t j_end, tsr_site at)
{
    const tsr_store rows = tsr_slice_(nd_store(a), 0, i, i_end, 1, at);
    const tsr_store s = tsr_slice_(rows, 1, j, j_end, 1, at);
    tsr_store_release_(rows, at);
    return nd_from_store(s);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* One block of the diagonal, and what follows from it. */
static tsr_status triangle_step(nd_array a, nd_array x, int64_t n, int64_t columns, int64_t j,
                                int how, tsr_site at)
{
    ND_SCOPE();
    const int64_t  end = least(j + ARRAY_BLOCK, n);
    const bool     is_lower = how & STEP_LOWER;
    const int64_t  rest = is_lower ? end : 0, rest_end = is_lower ? n : j;
    const nd_array now = array_block(x, j, end, 0, columns, at);
    TSR_TRY(array_step_solve(array_block(a, j, end, j, end, at), now, how, at));
    if (rest == rest_end)
        return TSR_OK;
    return array_step_update(array_block(x, rest, rest_end, 0, columns, at),
                             array_block(a, rest, rest_end, j, end, at), now, how, at);
}

tsr_status array_triangle_solve(nd_array a, nd_array x, int64_t n, int how, tsr_site at)
{
    array_info info;
    TSR_TRY(array_describe(x, &info, at));
    const int64_t columns = info.shape.rank == 2 ? info.shape.extent[1] : 0;
    const int64_t blocks = (n + ARRAY_BLOCK - 1) / ARRAY_BLOCK;
    for (int64_t b = 0; b < blocks; ++b)
        TSR_TRY(triangle_step(a, x, n, columns,
                              (how & STEP_LOWER ? b : blocks - 1 - b) * ARRAY_BLOCK, how, at));
    return TSR_OK;
}

/* ---- the call ---- */

nd_type array_linear_type(const char *name, nd_type t, tsr_site at)
{
    if (array_wide_of(t) == t)
        return array_kind_of(t) <= KIND_INT ? TSR_F64 : t;
    tsr_fail_(at, TSR_BAD_TYPE, "array type %s is unsupported in %s", nd_type_name(t), name);
    return TSR_TYPE_ANY;
}

static tsr_status shapes_check(const nd_shape *a, const nd_shape *b, tsr_site at)
{
    if (a->rank != 2 || a->extent[0] != a->extent[1])
        return tsr_fail_(at, TSR_BAD_SHAPE, "solve_triangular takes a square matrix, not %s",
                         array_shape_text(a).text);
    if (b->rank < 1 || b->rank > 2 || b->extent[0] != a->extent[0])
        return tsr_fail_(at, TSR_BAD_SHAPE, "solve_triangular of %s and %s: the shapes do not fit",
                         array_shape_text(a).text, array_shape_text(b).text);
    return TSR_OK;
}

static nd_array solve_triangular(nd_array a, nd_array b, const nd_triangular_options *o)
{
    array_info x, y;
    nd_array   answer;
    if (!array_begin(a, &x, &answer, o->at) || !array_begin(b, &y, &answer, o->at))
        return answer;
    const nd_type t =
        array_linear_type("solve_triangular", nd_promote_types(x.type, y.type), o->at);
    if (t == TSR_TYPE_ANY || shapes_check(&x.shape, &y.shape, o->at) != TSR_OK ||
        array_blas_load(o->at) != TSR_OK)
        return array_failed(o->at);
    const int64_t    n = x.shape.extent[0];
    const bool       is_lower = o->lower != o->transpose;
    const int        how = (is_lower ? STEP_LOWER : 0) | (o->unit_diagonal ? STEP_UNIT : 0);
    const nd_array   m = x.type == t ? a : nd_astype_(a, t, o->at);
    const nd_array   out = nd_astype_(b, t, o->at);
    const nd_array   columns = y.shape.rank == 1 ? nd_expand_dims_(out, 1, o->at) : out;
    const tsr_status s = array_triangle_solve(o->transpose ? nd_swapaxes_(m, 0, 1, o->at) : m,
                                              columns, n, how, o->at);
    return s == TSR_OK ? out : array_failed(o->at);
}

nd_array nd_solve_triangular_(nd_array a, nd_array b, const nd_triangular_options *o)
{
    ND_SCOPE();
    return nd_keep_(solve_triangular(a, b, o), o->at);
}
