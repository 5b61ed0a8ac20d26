/* array_view.c - views: slices, orders of dimensions, repeated dimensions.
 *
 * A slice is a list of words, one for each dimension that is not left whole; it is applied from
 * the last dimension to the first, so that what is dropped or added does not move what is still to
 * come. Each step makes a store of its own, which ends when the next has been made.
 *
 * Cost: O(rank) views, each known to the runtime after its first time. Threads: the issuing
 * thread. */
#include "array_inside.h"

/* The next view in place of this one, which ends. */
static tsr_store replace(tsr_store was, tsr_store now, tsr_site at)
{
    tsr_store_release_(was, at);
    return now;
}

/* ---- slices ---- */

/* How many dimensions words speak of; more than one "..." is a failure. */
static tsr_status words_count(const nd_index *index, int n, int rank, int *out_rest, tsr_site at)
{
    int named = 0, rests = 0;
    for (int i = 0; i < n; ++i) {
        named += index[i].kind == ND_INDEX_AT || index[i].kind == ND_INDEX_RANGE;
        rests += index[i].kind == ND_INDEX_REST;
    }
    if (rests > 1)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "a slice has one \"...\" at most");
    if (named > rank)
        return tsr_fail_(at, TSR_BAD_ARGUMENT,
                         "too many indices: the array has %d dimensions, but %d were indexed", rank,
                         named);
    *out_rest = rank - named;
    return TSR_OK;
}

static int64_t clamped(int64_t i, int64_t low, int64_t high)
{
    return i < low ? low : i > high ? high : i;
}

/* A bound of a slice as Python reads it: from the end where negative, clipped to what a step can
 * meet. */
static int64_t bound(int64_t i, int64_t extent, int64_t step, int64_t left_out)
{
    if (i == ND_END)
        return left_out;
    if (i < 0)
        i += extent;
    return step > 0 ? clamped(i, 0, extent) : clamped(i, -1, extent - 1);
}

/* Apply one word to dimension `dim` of `s`. */
static tsr_store apply_word(tsr_store s, const nd_index *w, int dim, const array_info *info,
                            tsr_site at)
{
    const int64_t extent = info->shape.extent[dim];
    if (w->kind == ND_INDEX_AT) {
        if (w->start < -extent || w->start >= extent) {
            tsr_fail_(at, TSR_BAD_ARGUMENT,
                      "index %lld is out of bounds for axis %d with size %lld", (long long)w->start,
                      dim, (long long)extent);
            return tsr_store_failed_(at);
        }
        return tsr_project_(s, dim, w->start < 0 ? w->start + extent : w->start, at);
    }
    const int64_t step = w->step ? w->step : 1;
    const int64_t start = bound(w->start, extent, step, step > 0 ? 0 : extent - 1);
    const int64_t stop = bound(w->stop, extent, step, step > 0 ? extent : -1);
    if (step > 0)
        return tsr_slice_(s, dim, start, stop < start ? start : stop, step, at);
    return extent == 0 ? tsr_slice_(s, dim, 0, 0, 1, at)
                       : tsr_slice_(s, dim, start, stop > start ? start : stop, step, at);
}

nd_array array_apply(nd_array a, const array_info *info, const nd_index *index, int n, tsr_site at)
{
    int rest = 0;
    if (words_count(index, n, info->shape.rank, &rest, at) != TSR_OK)
        return array_failed(at);
    tsr_store s = tsr_store_alias_(nd_store(a), at);
    int       dim = info->shape.rank;
    bool      has_rest = false;
    for (int i = 0; i < n; ++i)
        has_rest = has_rest || index[i].kind == ND_INDEX_REST;
    if (!has_rest)
        dim -= rest;
    for (int i = n - 1; i >= 0; --i) {
        if (index[i].kind == ND_INDEX_REST)
            dim -= rest;
        else if (index[i].kind == ND_INDEX_NEW)
            s = replace(s, tsr_promote_(s, dim, 1, at), at);
        else {
            --dim;
            s = replace(s, apply_word(s, &index[i], dim, info, at), at);
        }
    }
    return nd_from_store(s);
}

nd_array nd_slice_(nd_array a, const nd_index *index, int n, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (n < 0 || n > ARRAY_MAX_INDEX || (n > 0 && !index))
        return ARRAY_FAIL(at, BAD_ARGUMENT, "a slice of %d words", n);
    return array_apply(a, &info, index, n, at);
}

nd_array nd_view_(nd_array a, const char *slices, tsr_site at)
{
    array_info info;
    nd_array   answer;
    nd_index   index[ARRAY_MAX_INDEX];
    int        n;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (array_slice_parse(slices, index, &n, at) != TSR_OK)
        return array_failed(at);
    return array_apply(a, &info, index, n, at);
}

/* ---- orders of dimensions ---- */

nd_array nd_transpose_(nd_array a, const int *axes, int n, tsr_site at)
{
    array_info info;
    nd_array   answer;
    int        order[TSR_MAX_RANK];
    if (!array_begin(a, &info, &answer, at))
        return answer;
    const int rank = info.shape.rank;
    if (n != 0 && n != rank)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "axes don't match array: %d of %d dimensions are given",
                          n, rank);
    unsigned set;
    if (array_axes(axes, n, rank, &set, at) != TSR_OK)
        return array_failed(at);
    for (int d = 0; d < rank; ++d)
        order[d] = n == 0 ? rank - 1 - d : axes[d] < 0 ? axes[d] + rank : axes[d];
    return nd_from_store(tsr_transpose_(nd_store(a), order, at));
}

/* Two axes of an array, counted from its first, and its rank; false: *answer says why not. */
static bool two_axes(nd_array a, int *x, int *y, int *out_rank, nd_array *answer, tsr_site at)
{
    array_info info;
    if (!array_begin(a, &info, answer, at))
        return false;
    *out_rank = info.shape.rank;
    if (array_axis(*x, *out_rank, x, at) == TSR_OK && array_axis(*y, *out_rank, y, at) == TSR_OK)
        return true;
    *answer = array_failed(at);
    return false;
}

nd_array nd_moveaxis_(nd_array a, int from, int to, tsr_site at)
{
    nd_array answer;
    int      order[TSR_MAX_RANK], rank;
    if (!two_axes(a, &from, &to, &rank, &answer, at))
        return answer;
    for (int d = 0, k = 0; d < rank; ++d) {
        k += k == from;
        order[d] = d == to ? from : k++;
    }
    return nd_from_store(tsr_transpose_(nd_store(a), order, at));
}

nd_array nd_swapaxes_(nd_array a, int axis1, int axis2, tsr_site at)
{
    nd_array answer;
    int      order[TSR_MAX_RANK], rank;
    if (!two_axes(a, &axis1, &axis2, &rank, &answer, at))
        return answer;
    for (int d = 0; d < rank; ++d)
        order[d] = d == axis1 ? axis2 : d == axis2 ? axis1 : d;
    return nd_from_store(tsr_transpose_(nd_store(a), order, at));
}

nd_array nd_flip_(nd_array a, const int *axes, int n, tsr_site at)
{
    array_info info;
    nd_array   answer;
    unsigned   set;
    nd_index   index[TSR_MAX_RANK];
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (array_axes(axes, n, info.shape.rank, &set, at) != TSR_OK)
        return array_failed(at);
    for (int d = 0; d < info.shape.rank; ++d)
        index[d] = (nd_index){ND_INDEX_RANGE, ND_END, ND_END, set >> d & 1 ? -1 : 1};
    return array_apply(a, &info, index, info.shape.rank, at);
}

/* ---- dimensions of extent 1, and repeated ones ---- */

nd_array nd_squeeze_(nd_array a, const int *axes, int n, tsr_site at)
{
    array_info info;
    nd_array   answer;
    unsigned   set;
    nd_index   index[TSR_MAX_RANK];
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (array_axes(axes, n, info.shape.rank, &set, at) != TSR_OK)
        return array_failed(at);
    for (int d = 0; d < info.shape.rank; ++d) {
        const bool is_one = info.shape.extent[d] == 1, goes = set >> d & 1;
        if (goes && !is_one && n > 0)
            return ARRAY_FAIL(at, BAD_SHAPE,
                              "cannot squeeze axis %d, whose extent is %lld and not one, out of %s",
                              d, (long long)info.shape.extent[d],
                              array_shape_text(&info.shape).text);
        index[d] = goes && is_one ? (nd_index){ND_INDEX_AT, 0, 0, 0}
                                  : (nd_index){ND_INDEX_RANGE, ND_END, ND_END, 1};
    }
    return array_apply(a, &info, index, info.shape.rank, at);
}

nd_array nd_expand_dims_(nd_array a, int axis, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (array_axis(axis, info.shape.rank + 1, &axis, at) != TSR_OK)
        return array_failed(at);
    return nd_from_store(tsr_promote_(nd_store(a), axis, 1, at));
}

tsr_store array_stretch(tsr_store s, const nd_shape *has, const nd_shape *shape, tsr_site at)
{
    const int skip = shape->rank - has->rank;
    tsr_store v = tsr_store_alias_(s, at);
    for (int d = 0; d < has->rank; ++d)
        if (has->extent[d] != shape->extent[skip + d])
            v = replace(v, tsr_broadcast_(v, d, shape->extent[skip + d], at), at);
    for (int d = skip - 1; d >= 0; --d)
        v = replace(v, tsr_promote_(v, 0, shape->extent[d], at), at);
    return v;
}

nd_array nd_broadcast_to_(nd_array a, nd_shape shape, tsr_site at)
{
    array_info info;
    nd_array   answer;
    nd_shape   both = shape;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    for (int d = 0; d < shape.rank; ++d)
        if (shape.extent[d] < 0)
            return ARRAY_FAIL(at, BAD_SHAPE, "extent %d of %s is negative", d,
                              array_shape_text(&shape).text);
    if (!array_broadcast(&both, &info.shape) || !array_same_shape(&both, &shape))
        return ARRAY_FAIL(at, BAD_SHAPE, "%s cannot be broadcast to %s",
                          array_shape_text(&info.shape).text, array_shape_text(&shape).text);
    return nd_from_store(array_stretch(nd_store(a), &info.shape, &shape, at));
}

/* ---- diagonals ---- */

nd_array nd_diagonal_(nd_array a, int64_t offset, int axis1, int axis2, tsr_site at)
{
    array_info info;
    nd_array   answer;
    nd_index   index[TSR_MAX_RANK];
    if (!array_begin(a, &info, &answer, at))
        return answer;
    const int rank = info.shape.rank;
    if (array_axis(axis1, rank, &axis1, at) != TSR_OK ||
        array_axis(axis2, rank, &axis2, at) != TSR_OK)
        return array_failed(at);
    if (axis1 == axis2)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "axis1 and axis2 cannot be the same");
    for (int d = 0; d < rank; ++d)
        index[d] = (nd_index){ND_INDEX_RANGE, ND_END, ND_END, 1};
    const int moved = offset < 0 ? axis1 : axis2;
    index[moved].start = offset < 0 ? (offset == INT64_MIN ? INT64_MAX : -offset) : offset;
    const tsr_store part = nd_store(array_apply(a, &info, index, rank, at));
    const tsr_store line = replace(part, tsr_diagonal_(part, axis1, axis2, at), at);
    int             order[TSR_MAX_RANK], n = 0;
    const int       at_low = axis1 < axis2 ? axis1 : axis2;
    for (int d = 0; d < rank - 1; ++d)
        if (d != at_low)
            order[n++] = d;
    order[n] = at_low;
    return nd_from_store(replace(line, tsr_transpose_(line, order, at), at));
}
