/* array_reduce.c - reductions: each a formula that ends in a fold, and what turns the fold into
 * the answer.
 *
 * The type that elements are folded in is that of NumPy's result, but for halves, which fold in
 * float32. Elements that `where` leaves out, and NaNs that a reduction skips, become the operator's
 * identity. What a reduction is composed of stands in array_statistics.c, extremes that are no
 * single fold in array_extreme.c.
 *
 * Cost: one pass over the elements, and small operations on the result. Threads: the issuing
 * thread. */
#include <math.h>
#include <string.h>

#include "array_reduce.h"

static const struct {
    const char *name, *takes;
} reduce_table[ND_N_REDUCTIONS] = {
#define X(NAME, name, takes, text) [ND_REDUCE_##NAME] = {#name, takes},
    ND_REDUCE_MAP(X)
#undef X
};

/* A nan-reduction as the one that it is of elements that are no NaN. */
static nd_reduction plain_of(nd_reduction kind)
{
    switch (kind) {
    case ND_REDUCE_NANSUM: return ND_REDUCE_SUM;
    case ND_REDUCE_NANPROD: return ND_REDUCE_PROD;
    case ND_REDUCE_NANMAX: return ND_REDUCE_MAX;
    case ND_REDUCE_NANMIN: return ND_REDUCE_MIN;
    case ND_REDUCE_NANMEAN: return ND_REDUCE_MEAN;
    case ND_REDUCE_NANVAR: return ND_REDUCE_VAR;
    case ND_REDUCE_NANSTD: return ND_REDUCE_STD;
    case ND_REDUCE_NANARGMAX: return ND_REDUCE_ARGMAX;
    case ND_REDUCE_NANARGMIN: return ND_REDUCE_ARGMIN;
    default: return kind;
    }
}

static bool is_index(const struct reduce *r)
{
    return r->kind == ND_REDUCE_ARGMAX || r->kind == ND_REDUCE_ARGMIN;
}

static bool is_extreme(const struct reduce *r)
{
    return is_index(r) || r->kind == ND_REDUCE_MAX || r->kind == ND_REDUCE_MIN ||
           r->kind == ND_REDUCE_PTP;
}

/* ---- options ---- */

static tsr_status options_check(const struct reduce *r, const char *takes)
{
    const tsr_site at = r->o->at;
    if (r->has_where && !r->has_initial && strchr(takes, 'W'))
        return tsr_fail_(at, TSR_BAD_ARGUMENT,
                         "%s has no identity: where can leave elements out beside initial only",
                         r->name);
    const char *what = r->has_where && !strpbrk(takes, "wW")    ? "where"
                       : r->has_initial && !strchr(takes, 'i')  ? "initial"
                       : r->o->type && !strchr(takes, 't')      ? "type"
                       : r->o->ddof != 0 && !strchr(takes, 'd') ? "ddof"
                                                                : NULL;
    if (what)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%s takes no %s", r->name, what);
    if (r->o->type && !array_is_type(r->o->type))
        return tsr_fail_(at, TSR_BAD_TYPE, "no element type of arrays has number %d",
                         (int)r->o->type);
    if (r->has_initial && r->o->initial.kind == ND_OPERAND_ARRAY)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "initial is a number, no array");
    return TSR_OK;
}

/* ---- types and operators ---- */

/* What sums of a type are of, as numpy.sum. */
static nd_type sum_type(nd_type t)
{
    if (array_kind_of(t) > KIND_INT)
        return t;
    return array_is_unsigned(t) ? TSR_U64 : TSR_I64;
}

/* What elements and `out` promote to: NumPy folds in that. Real elements stay real. */
static nd_type with_out(const struct reduce *r)
{
    const nd_type t = r->info.type;
    const nd_type both = r->has_out ? nd_promote_types(t, r->out_info.type) : t;
    return array_kind_of(t) == KIND_COMPLEX ? both : array_real_of(both);
}

static void choose_sum(struct reduce *r)
{
    const bool is_product = r->kind == ND_REDUCE_PROD;
    r->out = r->o->type ? r->o->type : r->has_out ? with_out(r) : sum_type(r->info.type);
    r->in = array_wide_of(r->out);
    r->op = r->out == TSR_BOOL ? (is_product ? TSR_AND : TSR_OR)
            : is_product       ? TSR_PRODUCT
                               : TSR_SUM;
}

static void choose_mean(struct reduce *r)
{
    const nd_type t = r->o->type                                 ? r->o->type
                      : array_kind_of(r->info.type) >= KIND_REAL ? with_out(r)
                                                                 : r->info.type;
    r->out = array_kind_of(t) <= KIND_INT ? TSR_F64 : t;
    r->in = array_wide_of(r->out);
    r->op = TSR_SUM;
}

static tsr_status choose_extreme(struct reduce *r)
{
    const bool is_max = r->kind != ND_REDUCE_MIN && r->kind != ND_REDUCE_ARGMIN;
    r->out = r->info.type;
    if (r->kind == ND_REDUCE_PTP && r->out != TSR_BOOL && array_kind_of(r->out) != KIND_COMPLEX)
        r->out = with_out(r);
    r->in = array_wide_of(r->out);
    r->op = r->out == TSR_BOOL ? (is_max ? TSR_OR : TSR_AND) : is_max ? TSR_MAX : TSR_MIN;
    if (r->kind == ND_REDUCE_PTP && r->out == TSR_BOOL)
        return tsr_fail_(r->o->at, TSR_BAD_TYPE, "%s takes no %s", r->name, nd_type_name(r->out));
    if (is_index(r)) {
        if (array_kind_of(r->out) != KIND_COMPLEX)
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
    case ND_REDUCE_VAR:
    case ND_REDUCE_STD:
        choose_mean(r);
        r->out = array_real_of(r->out);
        break;
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
    return TSR_OK;
}

/* ---- shapes ---- */

static tsr_status shape_find(struct reduce *r)
{
    const tsr_site  at = r->o->at;
    const nd_shape *s = &r->info.shape;
    if (r->o->axes.n < 0 || r->o->axes.n > TSR_MAX_RANK)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%d axes", r->o->axes.n);
    TSR_TRY(array_axes(r->o->axes.axis, r->o->axes.n, s->rank, &r->axes, at));
    if (is_index(r) && r->o->axes.n > 1)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%s is along one axis, or all", r->name);
    r->shape.rank = 0;
    r->kept = *s;
    r->count = 1;
    for (int d = 0; d < s->rank; ++d) {
        const bool is_folded = r->axes >> d & 1;
        if (is_folded) {
            r->count *= s->extent[d];
            r->kept.extent[d] = 1;
        }
        if (!is_folded || r->o->keepdims)
            r->shape.extent[r->shape.rank++] = r->kept.extent[d];
    }
    if (is_extreme(r) && !r->has_initial && r->count == 0 && array_volume(&r->shape) > 0)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "zero-size array %s to %s, which has no identity",
                         array_shape_text(s).text, r->name);
    return TSR_OK;
}

static tsr_status where_check(const struct reduce *r)
{
    const tsr_site at = r->o->at;
    nd_shape       both = r->info.shape;
    if (!r->has_where)
        return TSR_OK;
    if (r->where.type != TSR_BOOL)
        return tsr_fail_(at, TSR_BAD_TYPE, "where is of %s; it is to be bool",
                         nd_type_name(r->where.type));
    if (!array_broadcast(&both, &r->where.shape) || !array_same_shape(&both, &r->info.shape))
        return tsr_fail_(at, TSR_BAD_SHAPE, "where has shape %s, and the array %s",
                         array_shape_text(&r->where.shape).text,
                         array_shape_text(&r->info.shape).text);
    return TSR_OK;
}

static tsr_status out_check(const struct reduce *r)
{
    const tsr_site at = r->o->at;
    if (!r->has_out)
        return TSR_OK;
    if (!array_same_shape(&r->shape, &r->out_info.shape))
        return tsr_fail_(at, TSR_BAD_SHAPE, "the result of %s has shape %s, and out has %s",
                         r->name, array_shape_text(&r->shape).text,
                         array_shape_text(&r->out_info.shape).text);
    if (!array_goes_into(r->out, r->out_info.type))
        return tsr_fail_(at, TSR_BAD_TYPE, "the result of %s is %s, which out of %s does not hold",
                         r->name, nd_type_name(r->out), nd_type_name(r->out_info.type));
    return TSR_OK;
}

/* ---- the fold ---- */

tsr_term reduce_elements(const struct reduce *r, struct array_call *c)
{
    return array_call_store(c, r->a, r->info.type);
}

tsr_term reduce_keeps(const struct reduce *r, struct array_call *c, tsr_term x)
{
    tsr_formula *f = &c->formula;
    tsr_term     keeps = -1;
    if (r->skips_nan)
        keeps = tsr_apply(f, TSR_OP_NOT, array_build_isnan(f, &x, r->info.type));
    if (!r->has_where)
        return keeps;
    const tsr_term where = array_call_store(c, r->o->where, TSR_BOOL);
    return keeps < 0 ? where : tsr_apply(f, TSR_OP_AND, keeps, where);
}

/* The element that no other is below (above: `is_greatest`). */
static array_element end_of(nd_type t, bool is_greatest)
{
    const double  far = is_greatest ? (double)INFINITY : -(double)INFINITY;
    array_element e = {.i64 = 0};
    if (array_kind_of(t) > KIND_INT)
        array_element_store(t, (double[]){far, far}, e.bytes);
    else if (array_is_unsigned(t) || t == TSR_BOOL)
        memset(e.bytes, is_greatest ? (t == TSR_BOOL ? 1 : 0xff) : 0, tsr_type_size(t));
    else
        e.i64 = is_greatest ? INT64_MAX >> (64 - 8 * tsr_type_size(t))
                            : INT64_MIN >> (64 - 8 * tsr_type_size(t));
    return e;
}

tsr_term reduce_identity(tsr_formula *f, tsr_reduction op, nd_type t)
{
    if (op == TSR_MAX || op == TSR_MIN || op == TSR_ARGMAX || op == TSR_ARGMIN) {
        const array_element e = end_of(t, op == TSR_MIN || op == TSR_ARGMIN);
        return tsr_formula_constant(f, t, e.bytes);
    }
    return tsr_formula_number(f, t, op == TSR_PRODUCT || op == TSR_AND);
}

/* An element as it is folded. */
static tsr_term converted(const struct reduce *r, tsr_formula *f, tsr_term x)
{
    if (r->kind == ND_REDUCE_COUNT_NONZERO)
        x = array_cast(f, x, TSR_BOOL);
    else if (r->kind == ND_REDUCE_SUM || r->kind == ND_REDUCE_PROD)
        x = array_cast(f, x, r->out);
    else if (r->kind == ND_REDUCE_MEAN && r->info.type != r->out)
        x = array_cast(f, x, r->out);
    return array_cast(f, x, r->in);
}

nd_array reduce_fold_term(const struct reduce *r, struct array_call *c, tsr_term x,
                          tsr_reduction op, const nd_shape *shape)
{
    const nd_type t = tsr_formula_type(&c->formula, x);
    tsr_formula_fold(&c->formula, x, op, r->axes);
    return array_call_make(c, t, shape);
}

nd_array reduce_fold(const struct reduce *r, const nd_shape *shape)
{
    struct array_call c;
    array_call_begin(&c, r->name, r->o->at);
    const tsr_term own = reduce_elements(r, &c), keeps = reduce_keeps(r, &c, own);
    tsr_term       x = converted(r, &c.formula, own);
    if (keeps >= 0)
        x = tsr_apply(&c.formula, TSR_OP_SELECT, keeps, x,
                      reduce_identity(&c.formula, r->op, r->in));
    return reduce_fold_term(r, &c, x, r->op, shape);
}

nd_array reduce_fold_kept(const struct reduce *r, tsr_reduction op, const nd_shape *shape)
{
    struct array_call c;
    if (!r->skips_nan && !r->has_where)
        return (nd_array){0};
    array_call_begin(&c, r->name, r->o->at);
    tsr_formula *f = &c.formula;
    tsr_store    mask = {0};
    tsr_term     keeps;
    if (r->skips_nan)
        keeps = reduce_keeps(r, &c, reduce_elements(r, &c));
    else { /* the elements themselves are not looked at: the mask has their shape */
        mask = array_stretch(nd_store(r->o->where), &r->where.shape, &r->info.shape, r->o->at);
        keeps = array_call_store(&c, nd_from_store(mask), TSR_BOOL);
    }
    const nd_array out =
        reduce_fold_term(r, &c, array_cast(f, keeps, op == TSR_OR ? TSR_BOOL : TSR_I64), op, shape);
    if (mask.id)
        tsr_store_release_(mask, r->o->at);
    return out;
}

/* ---- the answer ---- */

/* `initial` folded in; of a nan-reduction a number wins over a NaN. */
static tsr_status initial_add(const struct reduce *r, struct array_call *c, tsr_term *x)
{
    tsr_formula  *f = &c->formula;
    array_element e;
    if (r->o->initial.kind == ND_OPERAND_COMPLEX && array_kind_of(r->out) != KIND_COMPLEX)
        return tsr_fail_(r->o->at, TSR_BAD_TYPE, "initial is complex, and %s answers in %s",
                         r->name, nd_type_name(r->out));
    TSR_TRY(array_element_of(r->out, &r->o->initial, &e, r->o->at));
    const tsr_term both[2] = {array_cast(f, array_call_value(c, r->out, &e), r->in), *x};
    const bool     is_real = array_kind_of(r->in) == KIND_REAL;
    switch (r->op) {
    case TSR_SUM: *x = array_build_add(f, both, r->in); break;
    case TSR_PRODUCT: *x = array_build_multiply(f, both, r->in); break;
    case TSR_OR: *x = tsr_apply(f, TSR_OP_OR, both[0], both[1]); break;
    case TSR_AND: *x = tsr_apply(f, TSR_OP_AND, both[0], both[1]); break;
    case TSR_MAX:
        *x = r->skips_nan && is_real ? array_build_op_fmax(f, both, r->in)
                                     : array_build_maximum(f, both, r->in);
        break;
    default:
        *x = r->skips_nan && is_real ? array_build_op_fmin(f, both, r->in)
                                     : array_build_minimum(f, both, r->in);
    }
    return TSR_OK;
}

static tsr_term not_a_number(tsr_formula *f, nd_type t)
{
    array_element e;
    array_element_store(t, (double[]){(double)NAN, (double)NAN}, e.bytes);
    return tsr_formula_constant(f, t, e.bytes);
}

/* Divided by how many took part, less `ddof`; by no more than 0 a NaN. */
static tsr_term divided(const struct reduce *r, struct array_call *c,
                        const struct reduce_finish *by, tsr_term x)
{
    tsr_formula *f = &c->formula;
    if (!by->count.id && by->divisor == 0)
        return tsr_apply(f, TSR_OP_ADD, x, not_a_number(f, by->type)); /* the sum of nothing */
    if (!by->count.id) {
        const double n = by->divisor - by->ddof;
        return tsr_apply(f, TSR_OP_DIVIDE, x, array_call_real(c, by->type, n > 0 ? n : 0));
    }
    const tsr_term zero = tsr_formula_number(f, TSR_F64, 0);
    tsr_term       n = array_cast(f, array_call_store(c, by->count, TSR_I64), TSR_F64);
    if (by->ddof != 0)
        n = tsr_apply(f, TSR_OP_SUBTRACT, n, array_call_real(c, TSR_F64, by->ddof));
    n = tsr_apply(f, TSR_OP_MAXIMUM, n, zero);
    const tsr_term quotient = tsr_apply(f, TSR_OP_DIVIDE, x, array_cast(f, n, by->type));
    if (!r->skips_nan)
        return quotient;
    return tsr_apply(f, TSR_OP_SELECT, tsr_apply(f, TSR_OP_GREATER, n, zero), quotient,
                     not_a_number(f, by->type));
}

/* The answer as a term, of the answer's type. */
static tsr_status answer_term(const struct reduce *r, struct array_call *c,
                              const struct reduce_finish *by, tsr_term *out)
{
    tsr_formula *f = &c->formula;
    tsr_term     x = array_call_store(c, by->folded, by->type);
    if (by->less.id)
        x = tsr_apply(f, TSR_OP_SUBTRACT, x, array_call_store(c, by->less, by->type));
    if (by->valid.id)
        x = tsr_apply(f, TSR_OP_SELECT, array_call_store(c, by->valid, TSR_BOOL), x,
                      not_a_number(f, by->type));
    if (r->has_initial)
        TSR_TRY(initial_add(r, c, &x));
    if (by->is_mean)
        x = divided(r, c, by, x);
    if (by->is_root)
        x = tsr_apply(f, TSR_OP_SQRT, x);
    *out = array_cast(f, x, r->out);
    return TSR_OK;
}

/* Nothing is left to be done with the fold. */
static bool is_answer(const struct reduce *r, const struct reduce_finish *by)
{
    return by->type == r->out && !r->has_out && !r->has_initial && !by->less.id && !by->valid.id &&
           !by->is_mean && !by->is_root;
}

nd_array reduce_answer(const struct reduce *r, const struct reduce_finish *by)
{
    struct array_call c;
    tsr_term          x = -1;
    nd_array          out;
    if (is_answer(r, by))
        return by->folded;
    array_call_begin(&c, r->name, r->o->at);
    if (answer_term(r, &c, by, &x) != TSR_OK)
        out = array_failed(r->o->at);
    else if (r->has_out) {
        tsr_formula_output(&c.formula, array_cast(&c.formula, x, r->out_info.type));
        out = array_call_issue(&c, r->o->out) == TSR_OK ? r->o->out : array_failed(r->o->at);
    } else {
        tsr_formula_output(&c.formula, x);
        out = array_call_make(&c, r->out, &r->shape);
    }
    const nd_array used[] = {by->folded, by->less, by->valid, by->count};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; ++i)
        if (used[i].id)
            tsr_store_release_(nd_store(used[i]), r->o->at);
    return out;
}

/* ---- the call ---- */

/* A fold that is the answer, but for its type and what is missing. */
static nd_array plain(const struct reduce *r)
{
    struct reduce_finish by = {.type = r->in};
    const bool           is_max = r->kind == ND_REDUCE_MAX || r->kind == ND_REDUCE_MIN;
    by.folded = is_max && array_kind_of(r->in) == KIND_COMPLEX ? reduce_complex_extreme(r)
                                                               : reduce_fold(r, &r->shape);
    if (is_max && r->skips_nan)
        by.valid = reduce_fold_kept(r, TSR_OR, &r->shape);
    return reduce_answer(r, &by);
}

static nd_array mean(const struct reduce *r)
{
    struct reduce_finish by = {.type = r->in, .is_mean = true, .divisor = (double)r->count};
    by.folded = reduce_fold(r, &r->shape);
    by.count = reduce_fold_kept(r, TSR_SUM, &r->shape);
    return reduce_answer(r, &by);
}

static bool describe(struct reduce *r, nd_array *out_answer)
{
    const nd_reduce_options *o = r->o;
    r->has_where = o->where.id != 0;
    r->has_out = o->out.id != 0;
    r->has_initial = o->initial.kind != ND_OPERAND_ARRAY || o->initial.array.id != 0;
    return array_begin(r->a, &r->info, out_answer, o->at) &&
           (!r->has_where || array_begin(o->where, &r->where, out_answer, o->at)) &&
           (!r->has_out || array_begin(o->out, &r->out_info, out_answer, o->at));
}

nd_array nd_reduce_(nd_reduction kind, nd_array a, const nd_reduce_options *o)
{
    struct reduce r = {.o = o, .a = a};
    nd_array      answer;
    if ((unsigned)kind >= ND_N_REDUCTIONS)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no reduction has number %d", (int)kind);
    r.kind = plain_of(kind);
    r.name = reduce_table[kind].name;
    if (!describe(&r, &answer))
        return answer;
    r.skips_nan = r.kind != kind && array_kind_of(r.info.type) >= KIND_REAL;
    if (options_check(&r, reduce_table[kind].takes) != TSR_OK || types_choose(&r) != TSR_OK ||
        shape_find(&r) != TSR_OK || where_check(&r) != TSR_OK || out_check(&r) != TSR_OK)
        return array_failed(o->at);
    switch (r.kind) {
    case ND_REDUCE_ARGMAX:
    case ND_REDUCE_ARGMIN: return reduce_index(&r);
    case ND_REDUCE_MEAN: return mean(&r);
    case ND_REDUCE_VAR:
    case ND_REDUCE_STD: return reduce_variance(&r);
    case ND_REDUCE_PTP: return reduce_ptp(&r);
    default: return plain(&r);
    }
}
