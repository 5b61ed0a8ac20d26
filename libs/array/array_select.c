/* array_select.c - elements chosen by masks, and where masks are true: results whose length only
 * the data knows.
 *
 * Each piece, cut along the first dimension alone, counts, makes room for so many rows and writes
 * them; pieces stand behind each other in C order.
 *
 * Cost: one pass over the mask, one over what is chosen. Threads: the issuing thread; bodies any.
 * */
#include <string.h>

#include "array_block.h"
#include "array_index.h"

enum { OUT, MASK, FROM };

/* A walk over the box of a mask in C order, its last dimension innermost. */
struct walk {
    tsr_raw_window w;
    int64_t        at[TSR_MAX_RANK];
};

static bool walk_begin(struct walk *k, const tsr_raw_window *w)
{
    k->w = *w;
    for (int d = 0; d < w->rank; ++d) {
        k->at[d] = w->low[d];
        if (w->low[d] >= w->high[d])
            return false;
    }
    return true;
}

/* To the next row; false: there is none. */
static bool walk_next(struct walk *k)
{
    for (int d = k->w.rank - 2; d >= 0; --d) {
        if (++k->at[d] < k->w.high[d])
            return true;
        k->at[d] = k->w.low[d];
    }
    return false;
}

/* Where the row begins in another array: the same indices, strides of its own. */
static int64_t walk_offset(const struct walk *k, const int64_t *stride)
{
    int64_t offset = 0;
    for (int d = 0; d < k->w.rank; ++d)
        offset += k->at[d] * stride[d];
    return offset;
}

static int64_t count_true(const tsr_raw_window *mask)
{
    struct walk k;
    const int   last = mask->rank - 1;
    int64_t     n = 0;
    if (!walk_begin(&k, mask))
        return 0;
    do {
        const char   *m = mask->origin + walk_offset(&k, mask->stride);
        const int64_t step = mask->stride[last], length = mask->high[last] - mask->low[last];
        for (int64_t i = 0; step == 1 && i < length; ++i) /* whose step is known becomes vectors */
            n += m[i] != 0;
        for (int64_t i = 0; step != 1 && i < length; ++i)
            n += m[i * step] != 0;
    } while (walk_next(&k));
    return n;
}

/* Are there eight more of a mask, and none is true? */
static inline bool are_false(const char *mask, int64_t more)
{
    uint64_t eight;
    if (more < 8)
        return false;
    memcpy(&eight, mask, sizeof eight);
    return eight == 0;
}

/* ---- what is chosen ---- */

static tsr_status select_body(const tsr_task_context *t)
{
    const tsr_raw_window mask = tsr_raw_window_of(t, MASK), from = tsr_raw_window_of(t, FROM);
    const int            m = mask.rank, last = m - 1;
    struct array_block   b = {.rank = from.rank - m, .bytes = tsr_type_size(from.type)};
    int64_t              dense[TSR_MAX_RANK], row = 1;
    struct walk          k;
    for (int d = b.rank - 1; d >= 0; --d) {
        b.extent[d] = from.high[m + d] - from.low[m + d];
        dense[d] = row;
        row *= b.extent[d];
    }
    b.to_stride = dense;
    b.from_stride = from.stride + m;
    const int64_t n = count_true(&mask);
    char         *to = tsr_unbound_output(t, OUT, n);
    if (!to)
        return TSR_NO_MEMORY;
    if (n == 0 || !walk_begin(&k, &mask))
        return TSR_OK;
    do {
        const char *is = mask.origin + walk_offset(&k, mask.stride);
        const char *e = from.origin + walk_offset(&k, from.stride) * (int64_t)b.bytes;
        const int64_t length = mask.high[last] - mask.low[last];
        for (int64_t i = 0; i < length; ++i)
            if (mask.stride[last] == 1 && are_false(is + i, length - i))
                i += 7;
            else if (is[i * mask.stride[last]]) {
                array_copy_block(&b, to, e + i * from.stride[last] * (int64_t)b.bytes);
                to += row * (int64_t)b.bytes;
            }
    } while (walk_next(&k));
    return TSR_OK;
}

static const tsr_task_desc select_task = {
    .name = "array.select",
    .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "chosen"},
             [MASK] = {TSR_READ, TSR_BOOL, .name = "mask"},
             [FROM] = {TSR_READ, TSR_TYPE_ANY, .name = "from"}},
    .constraints = {TSR_BROADCAST_DIMS(MASK, FROM, ~1u)},
    .variants = {[TSR_CPU] = {.body = select_body}},
};

nd_array array_select(nd_array a, const array_info *info, nd_array mask, tsr_site at)
{
    array_info of_mask;
    nd_shape   shape = {1, {0}};
    if (array_describe(mask, &of_mask, at) != TSR_OK)
        return array_failed(at);
    for (int d = of_mask.shape.rank; d < info->shape.rank; ++d)
        shape.extent[shape.rank++] = info->shape.extent[d];
    if (array_volume(&info->shape) == 0) { /* rows without elements: only their number is asked */
        if (array_volume(&of_mask.shape) > 0)
            shape.extent[0] = nd_value_i64_(
                nd_reduce_(ND_REDUCE_COUNT_NONZERO, mask,
                           &(nd_reduce_options){.size = sizeof(nd_reduce_options), .at = at}),
                at);
        return nd_empty_(info->type, shape, at);
    }
    const tsr_store  out = tsr_store_unbound_(info->type, shape, at);
    const tsr_status s = tsr_issue_(&select_task,
                                    (tsr_arg[]){[OUT] = tsr_arg_store(out),
                                                [MASK] = tsr_arg_store(nd_store(mask)),
                                                [FROM] = tsr_arg_store(nd_store(a))},
                                    3, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    return nd_from_store(out);
}

/* ---- where it is ---- */

/* Rows of indices, or where `is_flat` indices counted in C order over `extent`. */
static tsr_status where_body(const tsr_task_context *t)
{
    const tsr_raw_window mask = tsr_raw_window_of(t, MASK);
    const int            last = mask.rank - 1;
    const bool           is_flat = t->arg[OUT].rank == 1;
    struct walk          k;
    int64_t             *to = tsr_unbound_output(t, OUT, count_true(&mask));
    if (!to)
        return TSR_NO_MEMORY;
    if (!walk_begin(&k, &mask))
        return TSR_OK;
    do {
        const char *is = mask.origin + walk_offset(&k, mask.stride);
        int64_t     flat = 0;
        for (int d = 0; d < last; ++d)
            flat = (flat + k.at[d]) * (d + 1 < last ? mask.high[d + 1] : mask.high[last]);
        for (int64_t i = 0; i < mask.high[last] - mask.low[last]; ++i) {
            if (!is[i * mask.stride[last]])
                continue;
            if (is_flat) {
                *to++ = flat + mask.low[last] + i;
                continue;
            }
            for (int d = 0; d < last; ++d)
                *to++ = k.at[d];
            *to++ = mask.low[last] + i;
        }
    } while (walk_next(&k));
    return TSR_OK;
}

static const tsr_task_desc where_task = {
    .name = "array.nonzero",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, .name = "indices"},
             [MASK] = {TSR_READ, TSR_BOOL, .name = "mask"}},
    .variants = {[TSR_CPU] = {.body = where_body}},
};

nd_array array_where_true(nd_array mask, const array_info *info, bool is_flat, tsr_site at)
{
    const nd_shape shape = {is_flat ? 1 : 2, {0, info->shape.rank}};
    if (array_volume(&info->shape) == 0)
        return nd_empty_(TSR_I64, shape, at);
    const tsr_store  out = tsr_store_unbound_(TSR_I64, shape, at);
    const tsr_status s =
        tsr_issue_(&where_task,
                   (tsr_arg[]){[OUT] = tsr_arg_store(out), [MASK] = tsr_arg_store(nd_store(mask))},
                   2, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    return nd_from_store(out);
}
