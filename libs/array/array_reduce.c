/* array_reduce.c - reductions: each a formula that ends in a fold, and what turns the fold into
 * the answer.
 *
 * The type that elements are folded in is that of NumPy's result, but for halves, which fold in
 * float32. Elements that `where` leaves out become the operator's identity. Indices of extremes
 * fold as pairs of value and index; a task of this library takes the indices out.
 *
 * Cost: one pass over the elements, and a small operation on the result where its type is another.
 * Threads: the issuing thread; the task's body any. */
#include <math.h>

#include "array_build.h"

/* A reduction under way. */
struct reduce {
    nd_reduction             kind;
    const nd_reduce_options *o;
    nd_array                 a;
    array_info               info, where;
    bool                     has_where;
    unsigned                 axes;    /* folded */
    nd_type                  in, out; /* what elements are folded in, what the answer is of */
    tsr_reduction            op;
    nd_shape                 shape; /* of the answer */
    int64_t                  count; /* elements folded into one */
};

static const struct {
    const char *name;
    bool        takes_where;
} reduce_table[ND_N_REDUCTIONS] = {
#define X(NAME, name, where, text) [ND_REDUCE_##NAME] = {#name, where},
    ND_REDUCE_MAP(X)
#undef X
};

/* ---- types and operators ---- */

/* What sums of a type are of, as numpy.sum. */
static nd_type sum_type(nd_type t)
{
    if (array_kind_of(t) > KIND_INT)
        return t;
    return array_is_unsigned(t) ? TSR_U64 : TSR_I64;
}

/* What elements of `t` are folded in, for values that are summed up. */
static nd_type added_in(nd_type t)
{
    return array_wide_of(t);
}

static void choose_sum(struct reduce *r)
{
    const nd_type given = r->o->type;
    const bool    is_product = r->kind == ND_REDUCE_PROD;
    r->out = given ? given : sum_type(r->info.type);
    r->in = added_in(r->out);
    r->op = r->out == TSR_BOOL ? (is_product ? TSR_AND : TSR_OR)
            : is_product       ? TSR_PRODUCT
                               : TSR_SUM;
}

static void choose_mean(struct reduce *r)
{
    const nd_type t = r->o->type ? r->o->type : r->info.type;
    r->out = array_kind_of(t) <= KIND_INT ? TSR_F64 : t;
    r->in = added_in(r->out);
    r->op = TSR_SUM;
}

static tsr_status choose_extreme(struct reduce *r)
{
    const bool is_max = r->kind == ND_REDUCE_MAX || r->kind == ND_REDUCE_ARGMAX;
    if (array_kind_of(r->info.type) == KIND_COMPLEX)
        return tsr_fail_(r->o->at, TSR_BAD_TYPE, "%s takes no %s", reduce_table[r->kind].name,
                         nd_type_name(r->info.type));
    r->out = r->info.type;
    r->in = array_wide_of(r->out);
    r->op = r->out == TSR_BOOL ? (is_max ? TSR_OR : TSR_AND) : is_max ? TSR_MAX : TSR_MIN;
    if (r->kind == ND_REDUCE_ARGMAX || r->kind == ND_REDUCE_ARGMIN) {
        r->in = array_kind_of(r->out) == KIND_REAL ? TSR_F64 : TSR_I64;
        r->out = TSR_I64;
        r->op = is_max ? TSR_ARGMAX : TSR_ARGMIN;
    }
    return TSR_OK;
}

static tsr_status types_choose(struct reduce *r)
{
    switch (r->kind) {
    case ND_REDUCE_SUM:
    case ND_REDUCE_PROD: choose_sum(r); break;
    case ND_REDUCE_MEAN: choose_mean(r); break;
    case ND_REDUCE_ANY:
    case ND_REDUCE_ALL:
        r->in = r->out = TSR_BOOL;
        r->op = r->kind == ND_REDUCE_ANY ? TSR_OR : TSR_AND;
        break;
    case ND_REDUCE_COUNT_NONZERO:
        r->in = r->out = TSR_I64;
        r->op = TSR_SUM;
        break;
    default: return choose_extreme(r);
    }
    return array_is_type(r->out)
               ? TSR_OK
               : tsr_fail_(r->o->at, TSR_BAD_TYPE, "no element type of arrays has number %d",
                           (int)r->out);
}

/* ---- shapes ---- */

static tsr_status shape_find(struct reduce *r)
{
    const tsr_site  at = r->o->at;
    const nd_shape *s = &r->info.shape;
    const bool      is_index = r->kind == ND_REDUCE_ARGMAX || r->kind == ND_REDUCE_ARGMIN;
    if (r->o->axes.n < 0 || r->o->axes.n > TSR_MAX_RANK)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%d axes", r->o->axes.n);
    TSR_TRY(array_axes(r->o->axes.axis, r->o->axes.n, s->rank, &r->axes, at));
    if (is_index && r->o->axes.n > 1)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%s is along one axis, or all",
                         reduce_table[r->kind].name);
    r->shape.rank = 0;
    r->count = 1;
    for (int d = 0; d < s->rank; ++d) {
        const bool is_folded = r->axes >> d & 1;
        if (is_folded)
            r->count *= s->extent[d];
        if (!is_folded || r->o->keepdims)
            r->shape.extent[r->shape.rank++] = is_folded ? 1 : s->extent[d];
    }
    const bool has_none = r->op == TSR_MAX || r->op == TSR_MIN || is_index ||
                          r->kind == ND_REDUCE_MAX || r->kind == ND_REDUCE_MIN;
    if (has_none && r->count == 0 && array_volume(&r->shape) > 0)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "zero-size array %s to %s, which has no identity",
                         array_shape_text(s).text, reduce_table[r->kind].name);
    return TSR_OK;
}

static tsr_status where_check(struct reduce *r)
{
    const tsr_site at = r->o->at;
    nd_shape       both = r->info.shape;
    if (!r->has_where)
        return TSR_OK;
    if (!reduce_table[r->kind].takes_where)
        return tsr_fail_(at, TSR_BAD_ARGUMENT,
                         "%s has no identity, so that where cannot leave elements out",
                         reduce_table[r->kind].name);
    if (r->where.type != TSR_BOOL)
        return tsr_fail_(at, TSR_BAD_TYPE, "where is of %s; it is to be bool",
                         nd_type_name(r->where.type));
    if (!array_broadcast(&both, &r->where.shape) || !array_same_shape(&both, &r->info.shape))
        return tsr_fail_(at, TSR_BAD_SHAPE, "where has shape %s, and the array %s",
                         array_shape_text(&r->where.shape).text,
                         array_shape_text(&r->info.shape).text);
    return TSR_OK;
}

/* ---- the fold ---- */

/* The elements, as they are folded. */
static tsr_term elements(struct reduce *r, struct array_call *c)
{
    tsr_formula *f = &c->formula;
    tsr_term     x = array_call_store(c, r->a, r->info.type);
    if (r->kind == ND_REDUCE_COUNT_NONZERO)
        x = array_cast(f, x, TSR_BOOL);
    else if (r->kind == ND_REDUCE_SUM || r->kind == ND_REDUCE_PROD || r->kind == ND_REDUCE_MEAN)
        x = array_cast(f, x, r->out);
    x = array_cast(f, x, r->in);
    if (!r->has_where)
        return x;
    const bool     is_one = r->op == TSR_PRODUCT || r->op == TSR_AND;
    const tsr_term where = array_call_store(c, r->o->where, TSR_BOOL);
    return tsr_apply(f, TSR_OP_SELECT, where, x, tsr_formula_number(f, r->in, is_one));
}

/* Fold into a new array of the type that is folded in; failed where that fails. */
static nd_array fold(struct reduce *r)
{
    struct array_call c;
    array_call_begin(&c, reduce_table[r->kind].name, r->o->at);
    const tsr_term x = elements(r, &c);
    tsr_formula_fold(&c.formula, x, r->op, r->axes);
    return array_call_make(&c, r->in, &r->shape);
}

/* The fold in the type of the answer, divided by `divisor` where that is not 0. */
static nd_array finished(struct reduce *r, nd_array folded, double divisor)
{
    struct array_call c;
    if (r->in == r->out && divisor == 0)
        return folded;
    array_call_begin(&c, reduce_table[r->kind].name, r->o->at);
    tsr_formula *f = &c.formula;
    tsr_term     x = array_call_store(&c, folded, r->in);
    if (r->kind == ND_REDUCE_MEAN)
        x = tsr_apply(f, TSR_OP_DIVIDE, x, array_call_real(&c, r->in, divisor));
    tsr_formula_output(f, array_cast(f, x, r->out));
    const nd_array out = array_call_make(&c, r->out, &r->shape);
    tsr_store_release_(nd_store(folded), r->o->at);
    return out;
}

/* ---- means where elements are left out ---- */

static nd_array mean_where(struct reduce *r)
{
    struct array_call c;
    const nd_array    total = fold(r);
    nd_reduce_options o = *r->o;
    const nd_shape    all = r->info.shape;
    const nd_array    mask =
        nd_from_store(array_stretch(nd_store(r->o->where), &r->where.shape, &all, o.at));
    o.where.id = 0;
    o.type = 0;
    const nd_array n = nd_reduce_(ND_REDUCE_COUNT_NONZERO, mask, &o);
    array_call_begin(&c, "mean", o.at);
    tsr_formula   *f = &c.formula;
    const tsr_term x = array_call_store(&c, total, r->in), by = array_call_store(&c, n, TSR_I64);
    const tsr_term mean = tsr_apply(f, TSR_OP_DIVIDE, x, array_cast(f, by, r->in));
    tsr_formula_output(f, array_cast(f, mean, r->out));
    const nd_array out = array_call_make(&c, r->out, &r->shape);
    tsr_store_release_(nd_store(mask), o.at);
    tsr_store_release_(nd_store(n), o.at);
    tsr_store_release_(nd_store(total), o.at);
    return out;
}

/* ---- indices of extremes ---- */

enum { INDEX_OUT, INDEX_IN };

/* One row after another of an array of pairs: their indices. */
static tsr_status index_body(const tsr_task_context *t)
{
    const tsr_raw_window out = tsr_raw_window_of(t, INDEX_OUT), in = tsr_raw_window_of(t, INDEX_IN);
    int64_t              at[TSR_MAX_RANK];
    for (int d = 0; d < out.rank; ++d) {
        at[d] = out.low[d];
        if (out.low[d] >= out.high[d])
            return TSR_OK;
    }
    for (;;) {
        int64_t to = 0, from = 0;
        for (int d = 0; d < out.rank; ++d) {
            to += at[d] * out.stride[d];
            from += at[d] * in.stride[d];
        }
        /* both kinds of pair have their index behind 8 bytes of value */
        ((int64_t *)(void *)out.origin)[to] =
            ((const tsr_indexed_i64 *)(const void *)in.origin)[from].index;
        int d = out.rank - 1;
        while (d >= 0 && ++at[d] == out.high[d]) {
            at[d] = out.low[d];
            --d;
        }
        if (d < 0)
            return TSR_OK;
    }
}

_Static_assert(offsetof(tsr_indexed_f64, index) == offsetof(tsr_indexed_i64, index),
               "see index_body");

static const tsr_task_desc index_task = {
    .name = "array.index_of",
    .args = {[INDEX_OUT] = {TSR_WRITE, TSR_I64, .name = "out"},
             [INDEX_IN] = {TSR_READ, TSR_TYPE_ANY, .name = "pairs"}},
    .constraints = {TSR_ALIGN(INDEX_IN, INDEX_OUT)},
    .variants = {[TSR_CPU] = {.body = index_body}},
    .pure = true,
};

/* The element's index in C order among those that are folded. */
static tsr_term index_term(tsr_formula *f, const struct reduce *r)
{
    tsr_term index = -1;
    int64_t  stride = 1;
    for (int d = r->info.shape.rank - 1; d >= 0; --d) {
        if (!(r->axes >> d & 1))
            continue;
        const tsr_term by = tsr_formula_constant(f, TSR_I64, &stride);
        const tsr_term part = tsr_apply(f, TSR_OP_MULTIPLY, tsr_formula_index(f, d), by);
        index = index < 0 ? part : tsr_apply(f, TSR_OP_ADD, index, part);
        stride *= r->info.shape.extent[d];
    }
    static const int64_t zero = 0;
    return index < 0 ? tsr_formula_constant(f, TSR_I64, &zero) : index;
}

/* The value that orders an element as its own type does. */
static tsr_term order_term(tsr_formula *f, tsr_term x, const struct reduce *r)
{
    static const int64_t lowest = INT64_MIN;
    const tsr_term       wide = array_cast(f, x, r->in);
    if (r->info.type != TSR_U64)
        return wide;
    return tsr_apply(f, TSR_OP_XOR, wide, tsr_formula_constant(f, TSR_I64, &lowest));
}

static nd_array index_of(struct reduce *r)
{
    struct array_call c;
    const tsr_site    at = r->o->at;
    array_call_begin(&c, reduce_table[r->kind].name, at);
    tsr_formula   *f = &c.formula;
    const tsr_term x = order_term(f, array_call_store(&c, r->a, r->info.type), r);
    tsr_formula_fold(f, tsr_apply(f, TSR_OP_PAIR, x, index_term(f, r)), r->op, r->axes);
    const nd_array pairs =
        array_call_make(&c, r->in == TSR_F64 ? TSR_INDEXED_F64 : TSR_INDEXED_I64, &r->shape);
    const nd_array   out = nd_empty_(TSR_I64, r->shape, at);
    const tsr_status s = tsr_issue_(
        &index_task, (tsr_arg[]){tsr_arg_store(nd_store(out)), tsr_arg_store(nd_store(pairs))}, 2,
        &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    tsr_store_release_(nd_store(pairs), at);
    return out;
}

/* ---- the call ---- */

nd_array nd_reduce_(nd_reduction kind, nd_array a, const nd_reduce_options *o)
{
    struct reduce r = {.kind = kind, .o = o, .a = a, .has_where = o->where.id != 0};
    nd_array      answer;
    if ((unsigned)kind >= ND_N_REDUCTIONS)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no reduction has number %d", (int)kind);
    if (!array_begin(a, &r.info, &answer, o->at) ||
        (r.has_where && !array_begin(o->where, &r.where, &answer, o->at)))
        return answer;
    if (types_choose(&r) != TSR_OK || shape_find(&r) != TSR_OK || where_check(&r) != TSR_OK)
        return array_failed(o->at);
    if (kind == ND_REDUCE_ARGMAX || kind == ND_REDUCE_ARGMIN)
        return index_of(&r);
    if (kind == ND_REDUCE_MEAN && r.has_where)
        return mean_where(&r);
    const bool is_mean = kind == ND_REDUCE_MEAN;
    if (is_mean && r.count == 0)
        return nd_full_(r.out, r.shape, nd_operand_parts((double)NAN, (double)NAN), o->at);
    return finished(&r, fold(&r), is_mean ? (double)r.count : 0);
}
