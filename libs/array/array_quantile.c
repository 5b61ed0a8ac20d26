/* array_quantile.c - quantiles and medians, out of sorted elements.
 *
 * Elements are sorted along the axis; the two between which a quantile lies are views of what is
 * sorted, and what is between them is a formula, NumPy's (numpy/lib/_function_base_impl.py, _lerp).
 * A NaN stands last, so that one look there tells.
 *
 * Of many floats, all as one, only those are sorted that lie between two elements of a sorted sample, about the
 * place (Floyd and Rivest, 1975).  What is below is counted: where the sample misled, or there is a NaN, all are
 * sorted.
 *
 * Cost: that of sorting, or a few passes. Threads: the issuing thread. */
#include <math.h>
#include <stdlib.h>

#include <tessera/array_count.h>
#include <tessera/array_index.h>
#include <tessera/array_look.h>
#include <tessera/array_sort.h>

#include "array_build.h"

enum { MANY = 1 << 17, SAMPLES = 1 << 14 };

/* A call under way: what is sorted, along which axis, and the answer's type and shape. */
struct ranked {
    nd_array line;   /* the elements; where all are taken as one, of rank 1 */
    bool     is_all, is_narrow;
    nd_array sorted; /* those from place `first` of the order on */
    int64_t  first;
    int      axis;
    int64_t  n;
    nd_type  in, out;
    nd_shape shape;
    tsr_site at;
};

static tsr_status ranked_begin(nd_array a, const array_info *info, const nd_quantile_options *o,
                               struct ranked *r)
{
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
    r->is_all = o->axes.n == 0;
    r->line = r->is_all ? nd_reshape_(a, (nd_shape){1, {r->n}}, o->at) : a;
    return TSR_OK;
}

/* ---- sorting, or less ---- */

/* Between which two numbers places `low` and `high` will lie, as far as a sample tells. */
static tsr_status bounds_find(const struct ranked *r, int64_t low, int64_t high, double bound[2])
{
    const tsr_reading     how = {.size = sizeof how, .at = r->at};
    const nd_sort_options all = {.size = sizeof all, .at = r->at};
    const int64_t         step = r->n / SAMPLES | 1; /* odd, against what repeats */
    const int64_t         n = (r->n - 1) / step + 1;
    const nd_array        sample = nd_from_store(tsr_slice_(nd_store(r->line), 0, 0, r->n, step, r->at));
    const double          part = (double)low / (double)r->n;
    const double          off = 4 * sqrt((double)n * part * (1 - part)) + 8; /* four standard deviations */
    const double          first = part * (double)n - off, last = (double)high / (double)r->n * (double)n + off;
    double *const         sorted = malloc((size_t)n * sizeof *sorted);
    if (!sorted)
        return tsr_fail_(r->at, TSR_NO_MEMORY, "no memory for a sample of %lld", (long long)n);
    const tsr_status s = tsr_read_(nd_store(nd_astype_(nd_sort_(sample, &all), TSR_F64, r->at)), sorted,
                                   (size_t)n * sizeof *sorted, &how);
    if (s == TSR_OK) {
        bound[0] = first >= 0 ? sorted[(int64_t)first] : -INFINITY;
        bound[1] = last < (double)n ? sorted[(int64_t)last] : INFINITY;
    }
    free(sorted);
    return s;
}

/* How many elements are below a number, as an array of one element; or how many are NaNs. */
static nd_array counted(const struct ranked *r, tsr_op op, double v)
{
    struct array_call c;
    array_call_begin(&c, "count", r->at);
    const tsr_term x = array_call_store(&c, r->line, r->in);
    const tsr_term y = op == TSR_OP_IS_NAN ? -1 : array_call_real(&c, r->in, v);
    tsr_formula_output(&c.formula, tsr_formula_apply(&c.formula, op, x, y, -1));
    const nd_reduce_options all = {.size = sizeof all, .at = r->at};
    return nd_reduce_(ND_REDUCE_COUNT_NONZERO, array_call_make(&c, TSR_BOOL, &(nd_shape){1, {r->n}}), &all);
}

/* Sort the elements about places `low` to `high` alone; false: it could not be told which these are. */
static bool narrow(struct ranked *r, int64_t low, int64_t high)
{
    const nd_sort_options all = {.size = sizeof all, .at = r->at};
    struct array_call     c;
    double                bound[2] = {-INFINITY, INFINITY};
    if (bounds_find(r, low, high, bound) != TSR_OK) {
        tsr_error_clear(); /* sorting tells, if it matters */
        return false;
    }
    const nd_array below = counted(r, TSR_OP_LESS, bound[0]), nans = counted(r, TSR_OP_IS_NAN, 0);
    array_call_begin(&c, "within", r->at);
    const tsr_term x = array_call_store(&c, r->line, r->in);
    const tsr_term above = tsr_apply(&c.formula, TSR_OP_GREATER_EQUAL, x, array_call_real(&c, r->in, bound[0]));
    const tsr_term under = tsr_apply(&c.formula, TSR_OP_LESS_EQUAL, x, array_call_real(&c, r->in, bound[1]));
    tsr_formula_output(&c.formula, tsr_apply(&c.formula, TSR_OP_AND, above, under));
    const nd_array within = array_call_make(&c, TSR_BOOL, &(nd_shape){1, {r->n}});
    const nd_array near = nd_extract_(within, r->line, r->at);
    r->first = (int64_t)nd_value_(below, r->at);
    if (nd_value_(nans, r->at) != 0 || low < r->first || high >= r->first + nd_size_(near, r->at))
        return false;
    r->sorted = nd_sort_(near, &all);
    r->is_narrow = true;
    return true;
}

/* Sort what is needed for the elements at places `low` and `high` of the order. */
static void ranked_sort(struct ranked *r, const nd_quantile_options *o, int64_t low, int64_t high)
{
    const nd_sort_options along = {.size = sizeof along, .at = o->at, .axes = o->axes};
    const bool            is_many = r->is_all && r->n >= MANY && (r->in == TSR_F32 || r->in == TSR_F64);
    if (is_many && array_status(r->line, "nd_quantile()", r->at) == TSR_OK && narrow(r, low, high))
        return;
    r->first = 0;
    r->sorted = nd_sort_(r->line, &along);
}

/* The element at place `i` of the order, as an input. */
static tsr_term element_at(struct array_call *c, const struct ranked *r, int64_t i)
{
    const nd_array one = nd_from_store(tsr_project_(nd_store(r->sorted), r->axis, i - r->first, r->at));
    return array_call_store(c, one, r->in);
}

/* The last element of all, where a NaN would stand; where there is none for sure, the one at `known`. */
static tsr_term last_of(struct array_call *c, const struct ranked *r, int64_t known)
{
    return element_at(c, r, r->is_narrow ? known : r->n - 1);
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
    ranked_sort(&r, o, low, high);
    array_call_begin(&c, "quantile", o->at);
    const tsr_term x = array_cast(&c.formula, element_at(&c, &r, low), r.out);
    const tsr_term y = array_cast(&c.formula, element_at(&c, &r, high), r.out);
    const tsr_term value =
        between(&c, r.out, x, y, low == high ? 0 : rounded(r.out, place - whole));
    return nd_keep_(answered(&c, &r, value, last_of(&c, &r, high)), o->at);
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
    ranked_sort(&r, o, r.n / 2 - (r.n % 2 == 0), r.n / 2);
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
    return nd_keep_(answered(&c, &r, value, last_of(&c, &r, r.n / 2)), o->at);
}
