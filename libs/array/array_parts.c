/* array_parts.c - rounding to digits, and functions with two results.
 *
 * Rounding is one formula, in NumPy's steps (PyArray_Round in numpy/_core/src/multiarray/
 * calculation.c): times a power of ten, to the nearest integer, back again. Of two results each is
 * a call of its own, and the two fuse; with `out` both are made first, since an `out` may be an
 * operand, and copied, which fuses too.
 *
 * Cost: O(operands * rank) and the issuing. Threads: the issuing thread. */
#include "array_build.h"

/* ---- rounding ---- */

/* 10 to the power n >= 0, as NumPy computes it. */
static double power_of_ten(int64_t n)
{
    double power = 1;
    for (int64_t i = 0; i < n && power < 0x1p1023; ++i)
        power *= 10;
    return n > 308 ? (double)__builtin_inf() : power;
}

/* A rounding under way. */
struct rounding {
    const nd_round_options *o;
    nd_type                 type;     /* of the array */
    nd_type                 computed; /* what it is rounded in */
    nd_type                 stored;   /* what comes out */
};

static tsr_status rounding_find(struct rounding *r, const array_info *info)
{
    const nd_round_options *o = r->o;
    const array_kind        kind = array_kind_of(info->type);
    array_info              out;
    r->type = info->type;
    r->computed = kind == KIND_BOOL && o->decimals == 0                        ? TSR_F16
                  : kind == KIND_BOOL || (kind == KIND_INT && o->decimals < 0) ? TSR_F64
                                                                               : info->type;
    r->stored = kind == KIND_BOOL ? TSR_F16 : info->type;
    if (kind == KIND_BOOL && o->decimals != 0 && !o->out.id)
        return tsr_fail_(o->at, TSR_BAD_TYPE, "round takes no bool with %d decimals", o->decimals);
    if (!o->out.id)
        return TSR_OK;
    TSR_TRY(array_describe(o->out, &out, o->at));
    if (!array_same_shape(&info->shape, &out.shape))
        return tsr_fail_(o->at, TSR_BAD_SHAPE, "the result has shape %s, and out has %s",
                         array_shape_text(&info->shape).text, array_shape_text(&out.shape).text);
    if (!array_goes_into(r->computed, out.type))
        return tsr_fail_(o->at, TSR_BAD_TYPE,
                         "the result of round is %s, which out of %s does not hold",
                         nd_type_name(r->computed), nd_type_name(out.type));
    r->stored = out.type;
    return TSR_OK;
}

/* A real number of type `from`, rounded; behind the first step in the type `then`, which may be
 * complex. */
static tsr_term round_real(struct array_call *c, const struct rounding *r, tsr_term x, nd_type from,
                           nd_type then)
{
    tsr_formula  *f = &c->formula;
    const int64_t decimals = r->o->decimals, digits = decimals < 0 ? -decimals : decimals;
    const double  power = power_of_ten(digits);
    const tsr_op  first = decimals < 0 ? TSR_OP_DIVIDE : TSR_OP_MULTIPLY;
    const tsr_op  last = decimals < 0 ? TSR_OP_MULTIPLY : TSR_OP_DIVIDE;
    tsr_term      y = array_cast(f, x, from);
    if (digits > 0)
        y = tsr_formula_apply(f, first, y, array_call_real(c, from, power), -1);
    y = array_cast(f, array_cast(f, y, then), array_wide_of(then));
    y = array_cast(f, array_build_rint(f, &y, array_wide_of(then)), then);
    return digits > 0 ? tsr_formula_apply(f, last, y, array_call_real(c, then, power), -1) : y;
}

/* NumPy computes in the type of `out` behind the first step, but for the parts of complex numbers;
 * bfloat16, which it has not, is computed as float32. */
static tsr_term round_term(struct array_call *c, const struct rounding *r, tsr_term x)
{
    tsr_formula  *f = &c->formula;
    const nd_type real = array_real_of(r->computed), in = real == TSR_BF16 ? TSR_F32 : real;
    const nd_type then = r->o->out.id && r->stored != TSR_BF16 ? r->stored : in;
    if (array_kind_of(r->computed) == KIND_INT)
        return r->stored == r->type ? tsr_apply(f, TSR_OP_COPY, x) : array_cast(f, x, r->stored);
    if (array_kind_of(r->computed) != KIND_COMPLEX)
        return array_cast(f, round_real(c, r, x, in, then), r->stored);
    const tsr_term re = round_real(c, r, tsr_apply(f, TSR_OP_REAL, x), in, in);
    const tsr_term im = round_real(c, r, tsr_apply(f, TSR_OP_IMAG, x), in, in);
    return array_cast(f, tsr_apply(f, TSR_OP_JOIN, re, im), r->stored);
}

nd_array nd_round_(nd_array a, const nd_round_options *o)
{
    struct array_call c;
    struct rounding   r = {.o = o};
    array_info        info, out;
    nd_array          answer;
    if (!array_begin(a, &info, &answer, o->at) ||
        (o->out.id && !array_begin(o->out, &out, &answer, o->at)))
        return answer;
    if (rounding_find(&r, &info) != TSR_OK)
        return array_failed(o->at);
    array_call_begin(&c, "round", o->at);
    const tsr_term x = array_call_store(&c, a, info.type);
    tsr_formula_output(&c.formula, round_term(&c, &r, x));
    if (!o->out.id)
        return array_call_make(&c, r.stored, &info.shape);
    return array_call_issue(&c, o->out) == TSR_OK ? o->out : array_failed(o->at);
}

/* ---- two results ---- */

/* A call under way: which functions, of what. */
struct pair {
    const char            *name;
    int                    function[2];
    const nd_operand      *x;
    int                    n;
    const nd_pair_options *o;
};

/* Whether a result can be copied to its `out`. */
static tsr_status out_fits(const struct pair *p, nd_array made, nd_array into)
{
    const tsr_site at = p->o->at;
    array_info     result, out, where;
    TSR_TRY(array_describe(made, &result, at));
    TSR_TRY(array_describe(into, &out, at));
    nd_shape shape = result.shape;
    if (p->o->where.id) {
        TSR_TRY(array_describe(p->o->where, &where, at));
        if (where.type != TSR_BOOL)
            return tsr_fail_(at, TSR_BAD_TYPE, "where is of %s; it is to be bool",
                             nd_type_name(where.type));
        if (!array_broadcast(&shape, &where.shape))
            return tsr_fail_(at, TSR_BAD_SHAPE, "%s and %s", array_shape_text(&result.shape).text,
                             array_shape_text(&where.shape).text);
    }
    const nd_shape own = shape;
    if (!array_broadcast(&shape, &out.shape) || !array_same_shape(&shape, &out.shape))
        return tsr_fail_(at, TSR_BAD_SHAPE, "the result has shape %s, and out has %s",
                         array_shape_text(&own).text, array_shape_text(&out.shape).text);
    if (!array_goes_into(result.type, out.type))
        return tsr_fail_(at, TSR_BAD_TYPE, "a result of %s is %s, which out of %s does not hold",
                         p->name, nd_type_name(result.type), nd_type_name(out.type));
    return TSR_OK;
}

/* Whether both results are there and can go where they are to; false: `*out_answer` is why. */
static bool outs_fit(const struct pair *p, const nd_array *made, nd_array *out_answer)
{
    const nd_array *out = p->o->out;
    array_info      unused;
    for (int i = 0; i < 2; ++i)
        if (!array_begin(made[i], &unused, out_answer, p->o->at) ||
            (out[i].id && !array_begin(out[i], &unused, out_answer, p->o->at)))
            return false;
    for (int i = 0; i < 2; ++i)
        if (out[i].id && out_fits(p, made[i], out[i]) != TSR_OK) {
            *out_answer = array_failed(p->o->at);
            return false;
        }
    return true;
}

/* The results, the second through `out_second`. */
static nd_array pair_call(const struct pair *p, nd_array *out_second)
{
    const nd_pair_options *o = p->o;
    nd_call_options        how = {.size = sizeof how, .at = o->at};
    nd_array               made[2], answer;
    array_info             unused;
    for (int i = 0; i < 2; ++i) {
        how.where = o->out[i].id ? (nd_array){0} : o->where;
        made[i] = array_function_call(p->function[i], p->x, p->n, &how);
        if (i == 0 && !array_begin(made[0], &unused, out_second, o->at))
            return made[0];
    }
    if ((o->out[0].id || o->out[1].id) && !outs_fit(p, made, &answer)) {
        *out_second = array_alias(answer, o->at);
        return answer;
    }
    how.where = o->where;
    for (int i = 0; i < 2; ++i) {
        if (!o->out[i].id)
            continue;
        const nd_operand value = nd_operand_array(made[i]);
        how.out = o->out[i];
        const nd_array written = array_function_call(ND_OP_POSITIVE, &value, 1, &how);
        nd_release_(made[i], o->at);
        made[i] = written;
    }
    *out_second = made[1];
    return made[0];
}

nd_array nd_modf_(nd_operand x, nd_array *out_whole, const nd_pair_options *o)
{
    const struct pair p = {"modf", {ARRAY_MODF_FRACTION, ARRAY_MODF_WHOLE}, &x, 1, o};
    return pair_call(&p, out_whole);
}

nd_array nd_frexp_(nd_operand x, nd_array *out_exponent, const nd_pair_options *o)
{
    const struct pair p = {"frexp", {ARRAY_FREXP_MANTISSA, ARRAY_FREXP_EXPONENT}, &x, 1, o};
    return pair_call(&p, out_exponent);
}

nd_array nd_divmod_(nd_operand x1, nd_operand x2, nd_array *out_remainder, const nd_pair_options *o)
{
    const nd_operand  x[2] = {x1, x2};
    const struct pair p = {"divmod", {ND_OP_FLOOR_DIVIDE, ND_OP_REMAINDER}, x, 2, o};
    return pair_call(&p, out_remainder);
}
