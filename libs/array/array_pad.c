/* array_pad.c - arrays with elements around them, and arrays repeated as a whole.
 *
 * The array is copied into the middle of a new one, which is then extended axis by axis out of
 * itself. What is put around repeats with a period: where the middle is shorter than it, a first
 * part is mirrored; from then on what is there is copied a period further, doubling each time.
 *
 * Cost: O(log(width / extent)) copies an axis. Threads: the issuing thread. */
#include <tessera/array_arrange.h>

#include "array_inside.h"

/* An array under construction: what is there along the axis that is extended. */
struct extended {
    tsr_store s;
    nd_shape  shape;
    int       axis;
    int64_t   low, high;
    tsr_site  at;
};

/* Copy `n` indices along the axis, from `from` on in steps of `step`, to those from `to` on. */
static tsr_status copy_along(const struct extended *e, int64_t to, int64_t from, int64_t n,
                             int64_t step)
{
    const tsr_store target = tsr_slice_(e->s, e->axis, to, to + n, 1, e->at);
    const tsr_store source = tsr_slice_(e->s, e->axis, from, from + n * step, step, e->at);
    return tsr_copy_(target, source, e->at);
}

/* Repeat what is there with a period, down to 0 and up to the end. */
static tsr_status repeat_period(struct extended *e, int64_t period)
{
    const int64_t end = e->shape.extent[e->axis];
    while (e->low > 0) {
        const int64_t by = (e->high - e->low) / period * period, n = e->low < by ? e->low : by;
        TSR_TRY(copy_along(e, e->low - n, e->low - n + by, n, 1));
        e->low -= n;
    }
    while (e->high < end) {
        const int64_t by = (e->high - e->low) / period * period, rest = end - e->high;
        const int64_t n = rest < by ? rest : by;
        TSR_TRY(copy_along(e, e->high, e->high - by, n, 1));
        e->high += n;
    }
    return TSR_OK;
}

/* The element at the edge, over and over. */
static tsr_status repeat_edge(struct extended *e, int64_t to, int64_t n, int64_t edge)
{
    if (n == 0)
        return TSR_OK;
    const tsr_store target = tsr_slice_(e->s, e->axis, to, to + n, 1, e->at);
    const tsr_store one = tsr_slice_(e->s, e->axis, edge, edge + 1, 1, e->at);
    return tsr_copy_(target, n == 1 ? one : tsr_broadcast_(one, e->axis, n, e->at), e->at);
}

/* Mirror what is there at both ends, `skip` elements of it left out: at most once its length. */
static tsr_status mirror(struct extended *e, int64_t skip)
{
    const int64_t extent = e->high - e->low, most = extent - skip;
    const int64_t end = e->shape.extent[e->axis], rest = end - e->high;
    const int64_t before = e->low < most ? e->low : most, behind = rest < most ? rest : most;
    if (before > 0)
        TSR_TRY(copy_along(e, e->low - before, e->low + skip + before - 1, before, -1));
    if (behind > 0)
        TSR_TRY(copy_along(e, e->high, e->high - 1 - skip, behind, -1));
    e->low -= before;
    e->high += behind;
    return TSR_OK;
}

/* Extend along the axis, from [low, high) to all of it. */
static tsr_status extend(struct extended *e, nd_pad_mode mode)
{
    const int64_t extent = e->high - e->low, end = e->shape.extent[e->axis];
    if (e->low == 0 && e->high == end)
        return TSR_OK;
    if (mode == ND_PAD_EDGE || (mode == ND_PAD_REFLECT && extent == 1)) {
        TSR_TRY(repeat_edge(e, 0, e->low, e->low));
        return repeat_edge(e, e->high, end - e->high, e->high - 1);
    }
    if (mode == ND_PAD_WRAP)
        return repeat_period(e, extent);
    const int64_t skip = mode == ND_PAD_REFLECT;
    TSR_TRY(mirror(e, skip));
    return repeat_period(e, 2 * (extent - skip));
}

/* The box of `s` where the array is. */
static tsr_store middle(tsr_store s, const nd_shape *shape, const int64_t (*width)[2], tsr_site at)
{
    for (int d = 0; d < shape->rank; ++d)
        s = tsr_slice_(s, d, width[d][0], width[d][0] + shape->extent[d], 1, at);
    return s;
}

/* An array in a larger one: `width` elements around it along each dimension. */
static nd_array surrounded(nd_array a, const array_info *info, const int64_t (*width)[2],
                           nd_pad_mode mode, tsr_site at)
{
    struct extended e = {.shape = info->shape, .at = at};
    for (int d = 0; d < info->shape.rank; ++d)
        if (__builtin_add_overflow(e.shape.extent[d], width[d][0], &e.shape.extent[d]) ||
            __builtin_add_overflow(e.shape.extent[d], width[d][1], &e.shape.extent[d]))
            return ARRAY_FAIL(at, BAD_SHAPE, "an extent past 2^63 along axis %d", d);
    e.s = tsr_store_create_(info->type, e.shape, at);
    const nd_array whole = nd_from_store(e.s);
    if (array_volume(&e.shape) == 0)
        return whole;
    tsr_status s = tsr_copy_(middle(e.s, &info->shape, width, at), nd_store(a), at);
    for (int d = 0; d < info->shape.rank && s == TSR_OK; ++d) {
        nd_shape done = info->shape; /* along axes before this one all is there */
        int64_t  around[TSR_MAX_RANK][2];
        for (int k = 0; k < info->shape.rank; ++k) {
            around[k][0] = k <= d ? 0 : width[k][0];
            done.extent[k] = k <= d ? e.shape.extent[k] : info->shape.extent[k];
        }
        struct extended part = {.s = middle(e.s, &done, around, at),
                                .shape = done,
                                .axis = d,
                                .low = width[d][0],
                                .high = width[d][0] + info->shape.extent[d],
                                .at = at};
        s = extend(&part, mode);
    }
    return s == TSR_OK ? whole : array_failed(at);
}

static nd_array filled_around(nd_array a, const array_info *info, const int64_t (*width)[2],
                              const nd_pad_options *o)
{
    nd_shape         shape = info->shape;
    const bool       is_given = o->value.kind != ND_OPERAND_ARRAY;
    const nd_operand value = is_given ? o->value : nd_operand_int(0);
    if (!is_given && o->value.array.id)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "an array is padded with a number");
    for (int d = 0; d < shape.rank; ++d)
        shape.extent[d] += width[d][0] + width[d][1];
    const nd_array whole = nd_full_(info->type, shape, value, o->at);
    array_info     of_whole;
    if (array_describe(whole, &of_whole, o->at) != TSR_OK || of_whole.is_failed)
        return whole;
    if (array_volume(&info->shape) == 0)
        return whole;
    const tsr_store inner = middle(nd_store(whole), &info->shape, width, o->at);
    return tsr_copy_(inner, nd_store(a), o->at) == TSR_OK ? whole : array_failed(o->at);
}

static nd_array pad(nd_array a, const nd_widths *w, const nd_pad_options *o)
{
    array_info info;
    nd_array   answer;
    int64_t    width[TSR_MAX_RANK][2];
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    if (w->n != 1 && w->n != info.shape.rank)
        return ARRAY_FAIL(o->at, BAD_SHAPE, "widths for %d dimensions, and the array has shape %s",
                          w->n, array_shape_text(&info.shape).text);
    if ((unsigned)o->mode > ND_PAD_WRAP)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no mode of padding has number %d", (int)o->mode);
    for (int d = 0; d < info.shape.rank; ++d) {
        for (int side = 0; side < 2; ++side) {
            width[d][side] = w->width[w->n == 1 ? 0 : d][side];
            if (width[d][side] < 0)
                return ARRAY_FAIL(o->at, BAD_ARGUMENT, "index can't contain negative values");
        }
        if (info.shape.extent[d] == 0 && o->mode != ND_PAD_CONSTANT &&
            width[d][0] + width[d][1] > 0)
            return ARRAY_FAIL(o->at, BAD_ARGUMENT,
                              "can't extend empty axis %d using modes other than 'constant'", d);
    }
    return o->mode == ND_PAD_CONSTANT ? filled_around(a, &info, width, o)
                                      : surrounded(a, &info, width, o->mode, o->at);
}

nd_array nd_pad_(nd_array a, nd_widths widths, const nd_pad_options *o)
{
    ND_SCOPE();
    return nd_keep_(pad(a, &widths, o), o->at);
}

/* ---- repeated as a whole ---- */

static nd_array tile(nd_array a, nd_shape times, tsr_site at)
{
    array_info info;
    nd_array   answer;
    int64_t    width[TSR_MAX_RANK][2] = {{0}};
    bool       is_empty = false;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    while (info.shape.rank < times.rank) {
        a = nd_expand_dims_(a, 0, at);
        if (array_describe(a, &info, at) != TSR_OK || info.is_failed)
            return a;
    }
    const int skip = info.shape.rank - times.rank;
    nd_shape  shape = info.shape;
    for (int d = skip; d < info.shape.rank; ++d) {
        const int64_t n = times.extent[d - skip];
        if (n < 0)
            return ARRAY_FAIL(at, BAD_SHAPE, "an array %lld times", (long long)n);
        if (__builtin_mul_overflow(shape.extent[d], n, &shape.extent[d]))
            return ARRAY_FAIL(at, BAD_SHAPE, "an extent past 2^63 along axis %d", d);
        width[d][1] = shape.extent[d] - info.shape.extent[d];
        is_empty = is_empty || shape.extent[d] == 0;
    }
    return is_empty || array_volume(&info.shape) == 0
               ? nd_empty_(info.type, shape, at)
               : surrounded(a, &info, width, ND_PAD_WRAP, at);
}

nd_array nd_tile_(nd_array a, nd_shape times, tsr_site at)
{
    ND_SCOPE();
    return nd_keep_(tile(a, times, at), at);
}
