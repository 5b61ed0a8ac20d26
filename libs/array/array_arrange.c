/* array_arrange.c - elements rolled, repeated one by one, split; indices of a grid.
 *
 * Rolling copies the parts between which elements do not pass an end. What is repeated is taken by
 * indices (array_index.c). Splitting and sparse grids are views.
 *
 * Cost: one operation a part or array. Threads: the issuing thread. */
#include <tessera/array_arrange.h>

#include "array_build.h"

/* ---- rolled ---- */

/* Copy what moves as one: along each axis, bit d of `behind` says which of its two parts. */
static tsr_status roll_part(tsr_store to, tsr_store from, const nd_shape *s, const int64_t *shift,
                            unsigned behind, tsr_site at)
{
    for (int d = 0; d < s->rank; ++d) {
        const int64_t n = s->extent[d], by = shift[d];
        const bool    is_behind = behind >> d & 1;
        if (by == 0 && is_behind)
            return TSR_OK;
        if (by == 0)
            continue;
        to = is_behind ? tsr_slice_(to, d, 0, by, 1, at) : tsr_slice_(to, d, by, n, 1, at);
        from = is_behind ? tsr_slice_(from, d, n - by, n, 1, at)
                         : tsr_slice_(from, d, 0, n - by, 1, at);
    }
    return tsr_copy_(to, from, at);
}

static nd_array roll(nd_array a, int64_t by, const nd_axes_options *o)
{
    array_info info;
    nd_array   answer;
    int64_t    shift[TSR_MAX_RANK] = {0};
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    const nd_shape shape = info.shape;
    if (o->axes.n < 0 || o->axes.n > TSR_MAX_RANK)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "%d axes", o->axes.n);
    if (o->axes.n == 0) {
        a = nd_ravel_(a, o->at);
        info.shape = (nd_shape){1, {array_volume(&shape)}};
        shift[0] = by;
    }
    for (int i = 0; i < o->axes.n; ++i) {
        int d;
        if (array_axis(o->axes.axis[i], shape.rank, &d, o->at) != TSR_OK)
            return array_failed(o->at);
        shift[d] = shape.extent[d] ? (shift[d] + by % shape.extent[d]) % shape.extent[d] : 0;
    }
    if (array_volume(&shape) == 0)
        return nd_empty_(info.type, shape, o->at);
    for (int d = 0; d < info.shape.rank; ++d) {
        const int64_t n = info.shape.extent[d];
        shift[d] = (shift[d] % n + n) % n;
    }
    const tsr_store out = tsr_store_create_(info.type, info.shape, o->at);
    for (unsigned behind = 0; behind < 1u << info.shape.rank; ++behind)
        if (roll_part(out, nd_store(a), &info.shape, shift, behind, o->at) != TSR_OK)
            return array_failed(o->at);
    return nd_reshape_(nd_from_store(out), shape, o->at);
}

nd_array nd_roll_(nd_array a, int64_t shift, const nd_axes_options *o)
{
    ND_SCOPE();
    return nd_keep_(roll(a, shift, o), o->at);
}

/* ---- repeated ---- */

/* How many elements or slices there are to be repeated. */
static tsr_status repeated_extent(const array_info *info, const nd_axes_options *o, int64_t *out)
{
    int axis;
    if (o->axes.n == 0) {
        *out = array_volume(&info->shape);
        return TSR_OK;
    }
    if (o->axes.n != 1)
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "along one axis, or all; %d are given",
                         o->axes.n);
    TSR_TRY(array_axis(o->axes.axis[0], info->shape.rank, &axis, o->at));
    *out = info->shape.extent[axis];
    return TSR_OK;
}

static nd_array taken(nd_array a, nd_array index, const nd_axes_options *o)
{
    const nd_take_options how = {sizeof how, o->at, o->axes, ND_INDEX_RAISE};
    return nd_take_(a, index, &how);
}

/* 0, 0, ..., 1, 1, ...: each `count` times. */
static nd_array steps(int64_t n, int64_t count, tsr_site at)
{
    struct array_call c;
    array_element     e = {.i64 = count > 0 ? count : 1};
    array_call_begin(&c, "repeat", at);
    tsr_formula_output(&c.formula,
                       tsr_apply(&c.formula, TSR_OP_FLOOR_DIVIDE, tsr_formula_index(&c.formula, 0),
                                 array_call_value(&c, TSR_I64, &e)));
    return array_call_make(&c, TSR_I64, &(nd_shape){1, {n * count}});
}

static nd_array repeat(nd_array a, int64_t count, const nd_axes_options *o)
{
    array_info info;
    nd_array   answer;
    int64_t    n, all;
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    if (repeated_extent(&info, o, &n) != TSR_OK)
        return array_failed(o->at);
    if (count < 0)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "repeats may not contain negative values.");
    if (__builtin_mul_overflow(n, count, &all))
        return ARRAY_FAIL(o->at, BAD_SHAPE, "%lld elements, %lld times", (long long)n,
                          (long long)count);
    return taken(a, steps(n, count, o->at), o);
}

nd_array nd_repeat_(nd_array a, int64_t count, const nd_axes_options *o)
{
    ND_SCOPE();
    return nd_keep_(repeat(a, count, o), o->at);
}

enum { INDICES, COUNTS };

/* Each index as often as its count says. */
static tsr_status indices_body(const tsr_task_context *t)
{
    const tsr_in_i64_1d counts = tsr_in_i64_1d_of(t, COUNTS);
    int64_t             n = 0;
    TSR_FOR_1D(i, counts.box) {
        const int64_t count = counts.origin[i * counts.stride[0]];
        if (count < 0)
            return TSR_FAIL(BAD_ARGUMENT, "repeats may not contain negative values.");
        n += count;
    }
    int64_t *to = tsr_unbound_output(t, INDICES, n);
    if (!to)
        return TSR_NO_MEMORY;
    TSR_FOR_1D(i, counts.box)
        for (int64_t k = counts.origin[i * counts.stride[0]]; k > 0; --k)
            *to++ = i;
    return TSR_OK;
}

static const tsr_task_desc indices_task = {
    .name = "array.repeat",
    .args = {[INDICES] = {TSR_WRITE, TSR_I64, .name = "indices"},
             [COUNTS] = {TSR_READ, TSR_I64, 1, "counts"}},
    .variants = {[TSR_CPU] = {.body = indices_body}},
};

static nd_array repeat_each(nd_array a, nd_array counts, const nd_axes_options *o)
{
    array_info info, of_counts;
    nd_array   answer;
    int64_t    n;
    if (!array_begin(a, &info, &answer, o->at) || !array_begin(counts, &of_counts, &answer, o->at))
        return answer;
    if (repeated_extent(&info, o, &n) != TSR_OK)
        return array_failed(o->at);
    if (array_kind_of(of_counts.type) > KIND_INT)
        return ARRAY_FAIL(o->at, BAD_TYPE, "counts of %s; they are to be integers",
                          nd_type_name(of_counts.type));
    const int64_t has = array_volume(&of_counts.shape);
    if (of_counts.shape.rank > 1 || (has != n && has != 1))
        return ARRAY_FAIL(o->at, BAD_SHAPE,
                          "operands could not be broadcast together with shape (%lld,) %s",
                          (long long)n, array_shape_text(&of_counts.shape).text);
    counts = nd_broadcast_to_(nd_astype_(counts, TSR_I64, o->at), (nd_shape){1, {n}}, o->at);
    const tsr_store index = n ? tsr_store_unbound_(TSR_I64, (nd_shape){1, {0}}, o->at)
                              : tsr_store_create_(TSR_I64, (nd_shape){1, {0}}, o->at);
    const tsr_arg   arg[] = {
          [INDICES] = tsr_arg_store(index), [COUNTS] = tsr_arg_store(nd_store(counts))};
    const tsr_launch how = {.size = sizeof how, .at = o->at};
    if (n && tsr_issue_(&indices_task, arg, 2, &how) != TSR_OK)
        return array_failed(o->at);
    return taken(a, nd_from_store(index), o);
}

nd_array nd_repeat_each_(nd_array a, nd_array counts, const nd_axes_options *o)
{
    ND_SCOPE();
    return nd_keep_(repeat_each(a, counts, o), o->at);
}

/* ---- split ---- */

/* The part [low, high) along an axis. */
static nd_array part_of(nd_array a, const array_info *info, int axis, int64_t low, int64_t high,
                        tsr_site at)
{
    nd_index index[TSR_MAX_RANK];
    for (int d = 0; d < info->shape.rank; ++d)
        index[d] =
            (nd_index){ND_INDEX_RANGE, d == axis ? low : ND_END, d == axis ? high : ND_END, 1};
    return array_apply(a, info, index, info->shape.rank, at);
}

/* Describe what is to be split, and find its axis. */
static tsr_status split_begin(nd_array a, int *axis, array_info *info, tsr_site at)
{
    TSR_TRY(array_describe(a, info, at));
    return info->is_failed ? array_status(a, "nd_split()", at)
                           : array_axis(*axis, info->shape.rank, axis, at);
}

tsr_status nd_array_split_(nd_array a, int64_t n, int axis, nd_array *out, tsr_site at)
{
    array_info info;
    TSR_TRY(split_begin(a, &axis, &info, at));
    if (n <= 0)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "number sections must be larger than 0, not %lld",
                         (long long)n);
    const int64_t each = info.shape.extent[axis] / n, more = info.shape.extent[axis] % n;
    for (int64_t i = 0, low = 0; i < n; ++i) {
        const int64_t high = low + each + (i < more);
        out[i] = part_of(a, &info, axis, low, high, at);
        low = high;
    }
    return TSR_OK;
}

tsr_status nd_split_(nd_array a, int64_t n, int axis, nd_array *out, tsr_site at)
{
    array_info info;
    int        resolved = axis;
    TSR_TRY(split_begin(a, &resolved, &info, at));
    if (n > 0 && info.shape.extent[resolved] % n != 0)
        return tsr_fail_(at, TSR_BAD_ARGUMENT,
                         "array split does not result in an equal division: %lld into %lld",
                         (long long)info.shape.extent[resolved], (long long)n);
    return nd_array_split_(a, n, axis, out, at);
}

tsr_status nd_split_at_(nd_array a, const int64_t *places, int n, int axis, nd_array *out,
                        tsr_site at)
{
    array_info info;
    TSR_TRY(split_begin(a, &axis, &info, at));
    if (n < 0)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%d places", n);
    for (int i = 0; i <= n; ++i)
        out[i] =
            part_of(a, &info, axis, i == 0 ? 0 : places[i - 1], i == n ? ND_END : places[i], at);
    return TSR_OK;
}

/* ---- grids ---- */

nd_array nd_indices_(nd_shape shape, tsr_site at)
{
    nd_shape all = {shape.rank + 1, {shape.rank}};
    if (shape.rank >= TSR_MAX_RANK)
        return ARRAY_FAIL(at, BAD_SHAPE, "indices of %d dimensions have one more; %d may be",
                          shape.rank, TSR_MAX_RANK);
    for (int d = 0; d < shape.rank; ++d)
        all.extent[d + 1] = shape.extent[d];
    const nd_array out = nd_empty_(TSR_I64, all, at);
    for (int d = 0; d < shape.rank && array_volume(&all) > 0; ++d) {
        struct array_call c;
        array_call_begin(&c, "indices", at);
        tsr_formula_output(&c.formula, tsr_formula_index(&c.formula, d));
        const tsr_store  part = tsr_project_(nd_store(out), 0, d, at);
        const tsr_status s = array_call_issue(&c, nd_from_store(part));
        tsr_store_release_(part, at);
        if (s != TSR_OK)
            return array_failed(at);
    }
    return out;
}

/* The coordinates along one axis of a grid of `shape`, in dimension `d`. */
static nd_array coordinates(nd_array a, const array_info *info, int d, const nd_shape *shape,
                            const nd_meshgrid_options *o)
{
    nd_shape line = {shape->rank, {0}};
    for (int k = 0; k < shape->rank; ++k)
        line.extent[k] = k == d ? array_volume(&info->shape) : 1;
    ND_SCOPE();
    const nd_array thin = nd_reshape_(a, line, o->at);
    return nd_keep_(o->sparse ? nd_copy_(thin, o->at)
                              : nd_copy_(nd_broadcast_to_(thin, *shape, o->at), o->at),
                    o->at);
}

tsr_status nd_meshgrid_(const nd_array *axes, int n, nd_array *out, const nd_meshgrid_options *o)
{
    array_info info[TSR_MAX_RANK];
    nd_shape   shape = {n, {0}};
    const bool is_exchanged = !o->ij && n > 1;
    if (n < 0 || n > TSR_MAX_RANK || (n > 0 && !axes))
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "a grid of %d dimensions", n);
    for (int i = 0; i < n; ++i) {
        const int d = is_exchanged && i < 2 ? 1 - i : i;
        TSR_TRY(array_describe(axes[i], &info[i], o->at));
        if (info[i].is_failed)
            return array_status(axes[i], "nd_meshgrid()", o->at);
        if (info[i].shape.rank > 1)
            return tsr_fail_(o->at, TSR_BAD_SHAPE, "coordinates of shape %s",
                             array_shape_text(&info[i].shape).text);
        shape.extent[d] = array_volume(&info[i].shape);
    }
    for (int i = 0; i < n; ++i)
        out[i] = coordinates(axes[i], &info[i], is_exchanged && i < 2 ? 1 - i : i, &shape, o);
    return TSR_OK;
}
