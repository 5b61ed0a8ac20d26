/* array_cholesky.c - the Cholesky factor of a matrix, block by block.
 *
 *     factor (j, j)  ->  solve the panel below it  ->  take panel times panel off what is left
 *
 * Golub and Van Loan, Matrix Computations (4th edition), 4.2.9.  The lower triangle is copied first, and
 * factored in its place; blocks above the diagonal are never written but by that copy, which makes them 0.
 * Steps of different columns overlap as far as their blocks let them.  Of a stack each matrix is factored by
 * one call in one task.
 *
 * Cost: n^3 / 3; 3 n / 256 operations. Threads: the issuing thread; bodies any. */
#include <string.h>

#include "array_build.h"
#include "array_triangular.h"

static tsr_status not_positive(int64_t minor)
{
    return TSR_FAIL(TASK_FAILED, "Matrix is not positive definite: its minor of order %lld is not",
                    (long long)minor);
}

/* Factor the matrix at `data`, rows `ld` elements apart; 0 above the diagonal. */
static int factor(nd_type t, int64_t n, char *data, int64_t ld)
{
    const int64_t bytes = (int64_t)tsr_type_size(t);
    const int     info = n > 0 ? array_lapack_potrf(t, n, data, ld) : 0;
    for (int64_t i = 0; i < n; ++i) {
        double parts[2];
        memset(data + (i * ld + i + 1) * bytes, 0, (size_t)((n - 1 - i) * bytes));
        array_element_parts(t, data + (i * ld + i) * bytes, parts);
        if (!(parts[0] > 0) && info == 0)
            return (int)i + 1; /* a NaN, which not every LAPACK looks for */
    }
    return info;
}

static tsr_status block_body(const tsr_task_context *t)
{
    const tsr_raw_window d = tsr_raw_window_of(t, 0);
    const int64_t        before = tsr_i64_of(t, 1), n = d.high[0];
    const int            minor = factor(d.type, n, d.origin, d.stride[0] > n ? d.stride[0] : n);
    return minor == 0 ? TSR_OK : not_positive(before + minor);
}

static const tsr_task_desc block_task = {
    .name = "cholesky",
    .args = {{.access = TSR_READ_WRITE, .rank = 2, .name = "block"},
             {.access = TSR_SCALAR, .type = TSR_I64, .name = "before"}},
    .constraints = {TSR_MULTIPLE_OF(0, ARRAY_BLOCK, ARRAY_BLOCK)},
    .variants = {[TSR_CPU] = {.body = block_body, .layout = {{.order = TSR_ORDER_C}}}},
    .work = ARRAY_BLOCK};

/* ---- stacks ---- */

static tsr_status stack_body(const tsr_task_context *t)
{
    const tsr_raw_window w = tsr_raw_window_of(t, 0);
    const int64_t        n = w.high[w.rank - 1], ld = w.stride[w.rank - 2];
    int64_t              index[TSR_MAX_RANK];
    int                  d;
    memcpy(index, w.low, (size_t)w.rank * sizeof index[0]);
    for (d = 0; d < w.rank; ++d)
        if (w.low[d] >= w.high[d])
            return TSR_OK;
    do {
        int64_t at = 0;
        for (d = 0; d < w.rank - 2; ++d)
            at += index[d] * w.stride[d];
        const int minor =
            factor(w.type, n, w.origin + at * (int64_t)tsr_type_size(w.type), ld > n ? ld : n);
        if (minor)
            return not_positive(minor);
        for (d = w.rank - 3; d >= 0 && ++index[d] == w.high[d]; --d)
            index[d] = w.low[d];
    } while (d >= 0);
    return TSR_OK;
}

#define STACK(r)                                                                                   \
    {                                                                                              \
        .name = "cholesky", .args = {{.access = TSR_READ_WRITE, .rank = (r), .name = "stack"}},    \
        .constraints = {{.kind = TSR_CONSTRAINT_MULTIPLE_OF,                                       \
                         .of = 0,                                                                  \
                         .low = {[(r)-2] = INT32_MAX, [(r)-1] = INT32_MAX}}},                      \
        .variants = {[TSR_CPU] = {.body = stack_body, .layout = {{.order = TSR_ORDER_C}}}},        \
        .work = ARRAY_BLOCK                                                                        \
    }
static const tsr_task_desc stack_task[] = {STACK(3), STACK(4), STACK(5),
                                           STACK(6), STACK(7), STACK(8)};

static tsr_status factor_stack(nd_array l, int rank, tsr_site at)
{
    return tsr_issue_(&stack_task[rank - 3], (tsr_arg[]){tsr_arg_store(nd_store(l))}, 1,
                      &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
}

/* ---- one matrix ---- */

/* Of complex numbers a conjugated copy; of real ones `a`. */
static nd_array conjugated(nd_array a, nd_type t, tsr_site at)
{
    return array_kind_of(t) != KIND_COMPLEX
               ? a
               : nd_call_(ND_OP_CONJUGATE, (nd_operand[]){nd_operand_array(a)}, 1,
                          &(nd_call_options){.size = sizeof(nd_call_options), .at = at});
}

/* The block at (j, j), the panel below, and what is right of that. */
static tsr_status factor_step(nd_array l, nd_type t, int64_t n, int64_t j, tsr_site at)
{
    ND_SCOPE();
    const int64_t  end = j + ARRAY_BLOCK < n ? j + ARRAY_BLOCK : n;
    const nd_array d = array_block(l, j, end, j, end, at);
    TSR_TRY(tsr_issue_(&block_task, (tsr_arg[]){tsr_arg_store(nd_store(d)), tsr_arg_i64(j)}, 2,
                       &(tsr_launch){.size = sizeof(tsr_launch), .at = at}));
    if (end == n)
        return TSR_OK;
    const nd_array panel = array_block(l, end, n, j, end, at),
                   turned = nd_swapaxes_(panel, 0, 1, at);
    TSR_TRY(array_step_solve(conjugated(d, t, at), turned, STEP_LOWER | STEP_TURNED, at));
    return array_step_update(array_block(l, end, n, end, n, at), panel, conjugated(turned, t, at),
                             STEP_HALF, at);
}

static tsr_status factor_matrix(nd_array l, nd_type t, int64_t n, tsr_site at)
{
    for (int64_t j = 0; j < n; j += ARRAY_BLOCK)
        TSR_TRY(factor_step(l, t, n, j, at));
    return TSR_OK;
}

/* A new array of the lower triangle; 0 above. */
static nd_array lower(nd_array a, const array_info *info, nd_type t, tsr_site at)
{
    struct array_call c;
    const int         r = info->shape.rank;
    array_call_begin(&c, "tril", at);
    tsr_formula   *f = &c.formula;
    const tsr_term x = array_cast(f, array_call_store(&c, a, info->type), t);
    const tsr_term is_lower = tsr_apply(f, TSR_OP_GREATER_EQUAL, tsr_formula_index(f, r - 2),
                                        tsr_formula_index(f, r - 1));
    tsr_formula_output(f, tsr_apply(f, TSR_OP_SELECT, is_lower, x, tsr_formula_number(f, t, 0)));
    return array_call_make(&c, t, &info->shape);
}

static nd_array cholesky(nd_array a, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    const int     r = info.shape.rank;
    const int64_t n = r >= 2 ? info.shape.extent[r - 1] : 0;
    const nd_type t = array_linear_type("cholesky", info.type, at);
    if (t == TSR_TYPE_ANY)
        return array_failed(at);
    if (r < 2 || info.shape.extent[r - 2] != n)
        return ARRAY_FAIL(at, BAD_SHAPE, "cholesky takes square matrices, not %s",
                          array_shape_text(&info.shape).text);
    if (array_blas_load(at) != TSR_OK)
        return array_failed(at);
    const nd_array   l = lower(a, &info, t, at);
    const tsr_status s = array_volume(&info.shape) == 0 ? TSR_OK
                         : r == 2                       ? factor_matrix(l, t, n, at)
                                                        : factor_stack(l, r, at);
    return s == TSR_OK ? l : array_failed(at);
}

nd_array nd_cholesky_(nd_array a, tsr_site at)
{
    ND_SCOPE();
    return nd_keep_(cholesky(a, at), at);
}
