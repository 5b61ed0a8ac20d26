/* array_quantile.c - quantiles and medians, out of sorted elements.
 *
 * Elements are sorted along the axis; the two between which a quantile lies are views of what is
 * sorted, and what is between them is a formula, NumPy's (numpy/lib/_function_base_impl.py, _lerp).
 * A NaN stands last, so that one look there tells.
 *
 * Cost: that of sorting. Threads: the issuing thread. */
#include <math.h>

#include <tessera/array_count.h>
#include <tessera/array_sort.h>

#include "array_build.h"

/* A call under way: what is sorted, along which axis, and the answer's type and shape. */
struct ranked {
    nd_array sorted;
    int      axis;
    int64_t  n;
    nd_type  in, out;
    nd_shape shape;
    tsr_site at;
};

static tsr_status ranked_begin(nd_array a, const array_info *info, const nd_quantile_options *o,
                               struct ranked *r)
{
    nd_sort_options along = {.size = sizeof along, .at = o->at, .axes = o->axes};
    *r = (struct ranked){.in = info->type, .at = o->at, .n = array_volume(&info->shape)};
    r->out = array_kind_of(info->type) == KIND_REAL ? info->type : TSR_F64;
    if (array_kind_of(info->type) == KIND_COMPLEX)
        return tsr_fail_(o->at, TSR_BAD_TYPE, "a must be an array of real numbers, not %s",
                         nd_type_name(info->type));
    if (o->axes.n < 0 || o->axes.n > 1)
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "along one axis, or all; %d are given",
                         o->axes.n);
    if (o->axes.n == 1) {
        TSR_TRY(array_axis(o->axes.axis[0], info->shape.rank, &r->axis, o->at));
        r->n = info->shape.extent[r->axis];
    }
    for (int d = 0; d < info->shape.rank; ++d) {
        const bool is_folded = o->axes.n == 0 || d == r->axis;
        if (!is_folded || o->keepdims)
            r->shape.extent[r->shape.rank++] = is_folded ? 1 : info->shape.extent[d];
    }
    if (r->n == 0)
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "a quantile of no elements, in shape %s",
                         array_shape_text(&info->shape).text);
    if (o->axes.n == 0)
        a = nd_reshape_(a, (nd_shape){1, {r->n}}, o->at);
    r->sorted = nd_sort_(a, &along);
    return TSR_OK;
}

/* The element at place `i` of the order, as an input. */
static tsr_term element_at(struct array_call *c, const struct ranked *r, int64_t i)
{
    const nd_array one = nd_from_store(tsr_project_(nd_store(r->sorted), r->axis, i, r->at));
    return array_call_store(c, one, r->in);
}

/* Issue: `value` of the answer's type where the last element is a NaN itself. */
static nd_array answered(struct array_call *c, const struct ranked *r, tsr_term value,
                         tsr_term last)
{
    tsr_formula *f = &c->formula;
    nd_shape     shape = r->shape;
    array_info   info;
    if (array_kind_of(r->in) == KIND_REAL)
        value = tsr_apply(f, TSR_OP_SELECT, tsr_apply(f, TSR_OP_IS_NAN, last),
                          array_cast(f, last, r->out), value);
    tsr_formula_output(f, value);
    if (array_describe(r->sorted, &info, r->at) != TSR_OK)
        return array_failed(r->at);
    for (int d = 0, k = shape.rank = 0; d < info.shape.rank; ++d)
        if (d != r->axis)
            shape.extent[k++] = info.shape.extent[d], ++shape.rank;
    return nd_reshape_(array_call_make(c, r->out, &shape), r->shape, r->at);
}

/* A number rounded to a type. */
static double rounded(nd_type t, double v)
{
    double        parts[2];
    array_element e;
    array_element_store(t, (double[]){v, 0}, e.bytes);
    array_element_parts(t, e.bytes, parts);
    return parts[0];
}

/* Between x and y, a part `t` of the way. */
static tsr_term between(struct array_call *c, nd_type type, tsr_term x, tsr_term y, double t)
{
    tsr_formula   *f = &c->formula;
    const tsr_term way = tsr_apply(f, TSR_OP_SUBTRACT, y, x);
    const double   part = t >= 0.5 ? rounded(type, 1 - t) : t;
    const tsr_term by = tsr_apply(f, TSR_OP_MULTIPLY, way, array_call_real(c, type, part));
    return t >= 0.5 ? tsr_apply(f, TSR_OP_SUBTRACT, y, by) : tsr_apply(f, TSR_OP_ADD, x, by);
}

nd_array nd_quantile_(nd_array a, double q, const nd_quantile_options *o)
{
    array_info        info;
    nd_array          answer;
    struct ranked     r;
    struct array_call c;
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    if (!(q >= 0 && q <= 1))
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "Quantiles must be in the range [0, 1], not %g", q);
    ND_SCOPE();
    if (ranked_begin(a, &info, o, &r) != TSR_OK)
        return nd_keep_(array_failed(o->at), o->at);
    const double place = rounded(r.out, (double)(r.n - 1) * rounded(r.out, q)),
                 whole = floor(place);
    const int64_t low = whole < (double)(r.n - 1) ? (int64_t)whole : r.n - 1;
    const int64_t high = low + 1 < r.n ? low + 1 : r.n - 1;
    array_call_begin(&c, "quantile", o->at);
    const tsr_term x = array_cast(&c.formula, element_at(&c, &r, low), r.out);
    const tsr_term y = array_cast(&c.formula, element_at(&c, &r, high), r.out);
    const tsr_term value =
        between(&c, r.out, x, y, low == high ? 0 : rounded(r.out, place - whole));
    return nd_keep_(answered(&c, &r, value, element_at(&c, &r, r.n - 1)), o->at);
}

nd_array nd_median_(nd_array a, const nd_quantile_options *o)
{
    array_info        info;
    nd_array          answer;
    struct ranked     r;
    struct array_call c;
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    ND_SCOPE();
    if (ranked_begin(a, &info, o, &r) != TSR_OK)
        return nd_keep_(array_failed(o->at), o->at);
    array_call_begin(&c, "median", o->at);
    tsr_formula  *f = &c.formula;
    const nd_type in = array_wide_of(r.out);
    tsr_term      value = array_cast(f, element_at(&c, &r, r.n / 2), in);
    if (r.n % 2 == 0) {
        const tsr_term other = array_cast(f, element_at(&c, &r, r.n / 2 - 1), in);
        value = tsr_apply(f, TSR_OP_DIVIDE, tsr_apply(f, TSR_OP_ADD, other, value),
                          tsr_formula_number(f, in, 2));
    }
    value = array_cast(f, value, r.out);
    return nd_keep_(answered(&c, &r, value, element_at(&c, &r, r.n - 1)), o->at);
}
