/* array_dot.c - products of matrices and vectors: shapes and types, and which way each is computed.
 *
 *   one row or one column       float32 and float64: tiles, each row's products summed in an order of its own
 *                               (array_matvec.c), a row by turning both; one element, other types, stacks: a
 *                               formula, products folded along the inner dimension
 *   few tiles, deep             chunks of the inner dimension as a stack of products, then their sum
 *   else                        tiles (array_matmul.c)
 *
 * Which one follows from the shapes alone, so that the bits do.  Halves are converted to float32 first, and the
 * result back: one rounding.
 *
 * Cost: at most eight operations a call. Threads: the issuing thread. */
#include <string.h>

#include "array_build.h"
#include "array_matmul.h"

enum { FEW = 16, CHUNK = 4096 };

/* Two operands of one call, and where it stands. */
struct product {
    const char *name;
    nd_array    a, b;
    array_info  x, y; /* what a and b are */
    nd_type     type; /* of the result */
    tsr_site    at;
};

/* Describe both and find the type; false: *answer says why not. */
static bool product_begin(struct product *p, const char *name, nd_array a, nd_array b,
                          nd_array *answer, tsr_site at)
{
    *p = (struct product){.name = name, .a = a, .b = b, .at = at};
    if (!array_begin(a, &p->x, answer, at) || !array_begin(b, &p->y, answer, at))
        return false;
    p->type = nd_promote_types(p->x.type, p->y.type);
    return true;
}

static nd_array refuse(const struct product *p, const char *why)
{
    return ARRAY_FAIL(p->at, BAD_SHAPE, "%s of %s and %s: %s", p->name,
                      array_shape_text(&p->x.shape).text, array_shape_text(&p->y.shape).text, why);
}

/* `a` in the type that is computed in. */
static nd_array converted(nd_array a, nd_type has, nd_type wanted, tsr_site at)
{
    return has == wanted ? a : nd_astype_(a, wanted, at);
}

/* ---- where a product goes ---- */

static nd_array product_write(nd_array made, const char *name, const nd_product_options *o)
{
    array_info result, out;
    nd_array   answer;
    if (!array_begin(o->out, &out, &answer, o->at) || !array_begin(made, &result, &answer, o->at))
        return answer;
    if (!array_goes_into(result.type, out.type))
        return ARRAY_FAIL(o->at, BAD_TYPE, "the result of %s is %s, which out of %s does not hold",
                          name, nd_type_name(result.type), nd_type_name(out.type));
    if (!array_same_shape(&result.shape, &out.shape))
        return ARRAY_FAIL(o->at, BAD_SHAPE, "the result has shape %s, and out has %s",
                          array_shape_text(&result.shape).text, array_shape_text(&out.shape).text);
    return nd_assign_(o->out, nd_operand_array(made), o->at);
}

typedef nd_array product_function(struct product *p);

/* A product that may go to `out`; what is made on the way ends here. */
static nd_array product_call(product_function *function, const char *name, nd_array a, nd_array b,
                             const nd_product_options *o)
{
    ND_SCOPE();
    struct product p;
    nd_array       answer;
    if (product_begin(&p, name, a, b, &answer, o->at))
        answer = function(&p);
    if (o->out.id)
        answer = product_write(answer, name, o);
    return answer.id == o->out.id ? answer : nd_keep_(answer, o->at);
}

/* ---- folds of products ---- */

/* The fold of a * b, stretched, along `axes`, in the type of the result. */
static nd_array fold_products(const struct product *p, nd_array a, nd_array b, bool conjugates,
                              unsigned axes, const nd_shape *shape)
{
    struct array_call c;
    const nd_type     wide = array_wide_of(p->type);
    tsr_formula      *f = &c.formula;
    array_call_begin(&c, p->name, p->at);
    tsr_term x = array_call_store(&c, a, p->x.type), y = array_call_store(&c, b, p->y.type);
    x = array_cast(f, array_cast(f, x, p->type), wide);
    y = array_cast(f, array_cast(f, y, p->type), wide);
    if (conjugates && array_kind_of(wide) == KIND_COMPLEX)
        x = tsr_apply(f, TSR_OP_CONJUGATE, x);
    const bool is_bool = wide == TSR_BOOL;
    tsr_formula_fold(f, tsr_apply(f, is_bool ? TSR_OP_AND : TSR_OP_MULTIPLY, x, y),
                     is_bool ? TSR_OR : TSR_SUM, axes);
    return converted(array_call_make(&c, wide, shape), wide, p->type, p->at);
}

/* ---- stacks of matrices ---- */

static nd_shape matrices(const nd_shape *stack, int64_t rows, int64_t columns)
{
    nd_shape s = *stack;
    s.extent[s.rank++] = rows;
    s.extent[s.rank++] = columns;
    return s;
}

static nd_array stretched(nd_array a, const nd_shape *has, const nd_shape *to, tsr_site at)
{
    return nd_from_store(array_stretch(nd_store(a), has, to, at));
}

/* One row or one column: `a` times the turned `b`, folded. */
static nd_array product_line(const struct product *p, const nd_shape *out)
{
    const int      r = out->rank;
    const bool     is_row = out->extent[r - 2] == 1;
    const nd_array a = is_row ? nd_swapaxes_(p->a, -2, -1, p->at) : p->a;
    const nd_array b = is_row ? p->b : nd_swapaxes_(p->b, -2, -1, p->at);
    nd_shape       folded = *out;
    folded.extent[is_row ? r - 2 : r - 1] = 1;
    return fold_products(p, a, b, false, 1u << (is_row ? r - 2 : r - 1), &folded);
}

/* Dimension `dim` of `a` from `low` on, up to `high`. */
static nd_array part(nd_array a, int dim, int64_t low, int64_t high, tsr_site at)
{
    return nd_from_store(tsr_slice_(nd_store(a), dim, low, high, 1, at));
}

/* Dimension `dim` of `a`, `n` chunks long, as chunks: their number comes first. */
static nd_array chunks(nd_array a, int dim, int64_t n, tsr_site at)
{
    const tsr_store s = tsr_delinearize_(nd_store(part(a, dim, 0, n * CHUNK, at)), dim,
                                         (int64_t[]){n, CHUNK}, 2, at);
    return nd_moveaxis_(nd_from_store(s), dim, 0, at);
}

/* Few tiles, deep: the products of chunks, and their sum.  Of one matrix each, of type `wide`. */
static nd_array product_deep(nd_array a, nd_array b, nd_type wide, const nd_shape *out, int64_t k,
                             tsr_site at)
{
    const int64_t  n = k / CHUNK;
    const nd_shape stack = {3, {n, out->extent[0], out->extent[1]}};
    const nd_array parts =
        array_matmul_tiles(chunks(a, 1, n, at), chunks(b, 0, n, at), wide, &stack, CHUNK, at);
    const nd_array sum = nd_reduce_(
        ND_REDUCE_SUM, parts,
        &(nd_reduce_options){
            .size = sizeof(nd_reduce_options), .at = at, .axes = {1, {0}}, .type = wide});
    if (n * CHUNK == k)
        return sum;
    const nd_array rest = array_matmul_tiles(
        part(a, 1, n * CHUNK, k, at), part(b, 0, n * CHUNK, k, at), wide, out, k - n * CHUNK, at);
    return nd_call_(ND_OP_ADD, (nd_operand[]){nd_operand_array(sum), nd_operand_array(rest)}, 2,
                    &(nd_call_options){.size = sizeof(nd_call_options), .at = at});
}

/* One matrix and one row or column, not both, of floats. */
static bool is_matvec(const nd_shape *out, nd_type wide)
{
    return out->rank == 2 && (out->extent[0] == 1) != (out->extent[1] == 1) &&
           (wide == ND_F32 || wide == ND_F64);
}

/* Matrices of one type: by tiles, in chunks where they are few and deep. */
static nd_array product_tiles(nd_array a, nd_array b, nd_type wide, const nd_shape *out, int64_t k, tsr_site at)
{
    const bool is_deep = out->rank == 2 && k >= 2 * CHUNK && array_matmul_count(out) < FEW;
    return is_deep ? product_deep(a, b, wide, out, k, at) : array_matmul_tiles(a, b, wide, out, k, at);
}

/* Both have at least two dimensions. */
static nd_array product_matrices(const struct product *p)
{
    const nd_shape *x = &p->x.shape, *y = &p->y.shape;
    const int64_t   m = x->extent[x->rank - 2], k = x->extent[x->rank - 1],
                  n = y->extent[y->rank - 1];
    const nd_type  wide = array_wide_of(p->type);
    nd_shape       stack = tsr_shape_of(x->rank - 2, x->extent);
    const nd_shape other = tsr_shape_of(y->rank - 2, y->extent);
    if (y->extent[y->rank - 2] != k)
        return refuse(p, "the inner extents differ");
    if (!array_broadcast(&stack, &other))
        return refuse(p, "the stacks do not broadcast");
    const nd_shape out = matrices(&stack, m, n), as = matrices(&stack, m, k),
                   bs = matrices(&stack, k, n);
    if ((m == 1 || n == 1) && !is_matvec(&out, wide))
        return product_line(p, &out);
    if (k > INT32_MAX)
        return refuse(p, "the inner extent is too large");
    const nd_array a = stretched(converted(p->a, p->x.type, wide, p->at), x, &as, p->at);
    const nd_array b = stretched(converted(p->b, p->y.type, wide, p->at), y, &bs, p->at);
    if (m > 1 || !is_matvec(&out, wide))
        return converted(product_tiles(a, b, wide, &out, k, p->at), wide, p->type, p->at);
    const nd_shape turned = {2, {n, 1}};
    const nd_array c = product_tiles(nd_swapaxes_(b, 0, 1, p->at), nd_swapaxes_(a, 0, 1, p->at), wide, &turned, k, p->at);
    return converted(nd_swapaxes_(c, 0, 1, p->at), wide, p->type, p->at);
}

/* A row or a column for an array of one dimension. */
static void widen(nd_array *a, array_info *info, int dim, tsr_site at)
{
    if (info->shape.rank != 1)
        return;
    *a = nd_expand_dims_(*a, dim, at);
    info->shape.extent[1 - dim] = info->shape.extent[0];
    info->shape.extent[dim] = 1;
    info->shape.rank = 2;
}

static nd_array matmul(struct product *p)
{
    const struct product as_given = *p;
    const bool           drops_row = p->x.shape.rank == 1, drops_column = p->y.shape.rank == 1;
    if (p->x.shape.rank == 0 || p->y.shape.rank == 0)
        return refuse(p, "a matrix product takes no number");
    const int dim = drops_column ? 0 : p->y.shape.rank - 2;
    if (p->x.shape.extent[p->x.shape.rank - 1] != p->y.shape.extent[dim])
        return refuse(&as_given, "the inner extents differ");
    widen(&p->a, &p->x, 0, p->at);
    widen(&p->b, &p->y, 1, p->at);
    nd_array   c = product_matrices(p);
    array_info info;
    if (array_describe(c, &info, p->at) != TSR_OK || info.is_failed)
        return c;
    if (drops_column)
        c = nd_from_store(tsr_project_(nd_store(c), --info.shape.rank, 0, p->at));
    if (drops_row)
        c = nd_from_store(tsr_project_(
            nd_store(c), drops_column ? info.shape.rank - 1 : info.shape.rank - 2, 0, p->at));
    return c;
}

nd_array nd_matmul_(nd_array a, nd_array b, const nd_product_options *o)
{
    return product_call(matmul, "matmul", a, b, o);
}

/* ---- sums over one dimension of each ---- */

/* `a` with all dimensions but the last as one. */
static nd_array as_rows(nd_array a, const nd_shape *s, tsr_site at)
{
    const int64_t k = s->extent[s->rank - 1];
    int64_t       rows = 1;
    for (int d = 0; d < s->rank - 1; ++d)
        rows *= s->extent[d];
    return nd_reshape_(a, (nd_shape){2, {rows, k}}, at);
}

/* Rows of `a` times rows of `b` along their last dimensions, which are there. */
static nd_array inner(struct product *p)
{
    const nd_shape x = p->x.shape, y = p->y.shape;
    nd_shape       out = tsr_shape_of(x.rank - 1, x.extent);
    if (x.extent[x.rank - 1] != y.extent[y.rank - 1])
        return refuse(p, "the inner extents differ");
    if (x.rank + y.rank - 2 > TSR_MAX_RANK)
        return refuse(p, "the result has more than 8 dimensions");
    for (int d = 0; d < y.rank - 1; ++d)
        out.extent[out.rank++] = y.extent[d];
    if (out.rank == 0)
        return fold_products(p, p->a, p->b, false, 1, &out);
    p->a = as_rows(p->a, &x, p->at);
    p->b = nd_swapaxes_(as_rows(p->b, &y, p->at), 0, 1, p->at);
    if (!array_begin(p->a, &p->x, &p->a, p->at) || !array_begin(p->b, &p->y, &p->b, p->at))
        return array_failed(p->at);
    return nd_reshape_(product_matrices(p), out, p->at);
}

/* The product of numbers, or of a number and an array. */
static nd_array scaled(const struct product *p)
{
    return nd_call_(ND_OP_MULTIPLY, (nd_operand[]){nd_operand_array(p->a), nd_operand_array(p->b)},
                    2, &(nd_call_options){.size = sizeof(nd_call_options), .at = p->at});
}

nd_array nd_inner_(nd_array a, nd_array b, tsr_site at)
{
    ND_SCOPE();
    struct product p;
    nd_array       answer;
    if (product_begin(&p, "inner", a, b, &answer, at))
        answer = p.x.shape.rank == 0 || p.y.shape.rank == 0 ? scaled(&p) : inner(&p);
    return nd_keep_(answer, at);
}

static nd_array dot(struct product *p)
{
    const int rank = p->y.shape.rank;
    if (p->x.shape.rank == 0 || rank == 0)
        return scaled(p);
    if (p->x.shape.extent[p->x.shape.rank - 1] != p->y.shape.extent[rank > 1 ? rank - 2 : 0])
        return refuse(p, "the inner extents differ");
    if (p->x.shape.rank <= 2 && rank <= 2)
        return matmul(p);
    p->b = rank > 1 ? nd_swapaxes_(p->b, -2, -1, p->at) : p->b;
    nd_array answer;
    return array_begin(p->b, &p->y, &answer, p->at) ? inner(p) : answer;
}

nd_array nd_dot_(nd_array a, nd_array b, const nd_product_options *o)
{
    return product_call(dot, "dot", a, b, o);
}

nd_array nd_vdot_(nd_array a, nd_array b, tsr_site at)
{
    ND_SCOPE();
    struct product p;
    nd_array       answer;
    const nd_shape one = {0, {0}};
    if (!product_begin(&p, "vdot", a, b, &answer, at))
        return nd_keep_(answer, at);
    if (array_volume(&p.x.shape) != array_volume(&p.y.shape))
        return nd_keep_(refuse(&p, "they do not have as many elements"), at);
    answer = fold_products(&p, nd_ravel_(a, at), nd_ravel_(b, at), true, 1, &one);
    return nd_keep_(answer, at);
}

static nd_array outer(struct product *p)
{
    p->a = nd_expand_dims_(nd_ravel_(p->a, p->at), 1, p->at);
    p->b = nd_ravel_(p->b, p->at);
    return scaled(p);
}

nd_array nd_outer_(nd_array a, nd_array b, const nd_product_options *o)
{
    return product_call(outer, "outer", a, b, o);
}

nd_array nd_matrix_transpose_(nd_array a, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (info.shape.rank < 2)
        return ARRAY_FAIL(at, BAD_SHAPE, "input array must be at least 2-dimensional, but it is %d",
                          info.shape.rank);
    return nd_swapaxes_(a, -2, -1, at);
}
