/* array_pick.c - elements moved by a table of indices.
 *
 * Indices are checked and counted from the start once, into a table of int64. Reading is cut along
 * the points. On one rank every piece sees all of the array, and nothing is waited for; on several
 * the first indices drive an image, so that each rank fetches the rows it names, unless rows are
 * long: then they are cut as well, and each rank needs its part of all rows alone.
 *
 * Writing is cut as the array is: each piece goes through the table in order and takes what is its
 * own, so that of equal indices the last wins on any number of pieces. Many points are ordered by
 * their first index before, equal ones as they stand, and each piece goes through its part alone.
 *
 * Cost: O(points) a read; of few points O(points x pieces) a write, of many O(points) and sorting
 * them; and the elements moved. Threads: the issuing
 * thread; bodies any. */
#include <tessera/array_sort.h>

#include "array_block.h"
#include "array_index.h"

/* ---- the table ---- */

enum { COLUMN, INDEX, SIZE, STRIDE, EXTENT, ADDED, MODE, AXIS };

static int64_t index_at(nd_type t, const char *e)
{
    switch (t) {
    case TSR_I8: return *(const int8_t *)(const void *)e;
    case TSR_I16: return *(const int16_t *)(const void *)e;
    case TSR_I32: return *(const int32_t *)(const void *)e;
    case TSR_U8: return *(const uint8_t *)(const void *)e;
    case TSR_U16: return *(const uint16_t *)(const void *)e;
    case TSR_U32: return *(const uint32_t *)(const void *)e;
    case TSR_U64: {
        const uint64_t v = *(const uint64_t *)(const void *)e;
        return v > INT64_MAX ? INT64_MAX : (int64_t)v;
    }
    default: return *(const int64_t *)(const void *)e;
    }
}

/* An index counted from the start; -1: it is out of bounds. */
static int64_t index_resolved(int64_t i, int64_t size, nd_index_mode mode)
{
    if (mode == ND_INDEX_CLIP)
        return i < 0 ? 0 : i >= size ? size - 1 : i;
    if (mode == ND_INDEX_WRAP)
        return i % size + (i % size < 0 ? size : 0);
    const int64_t from_start = i < 0 ? i + size : i;
    return from_start >= size ? -1 : from_start < 0 ? -1 : from_start;
}

static tsr_status column_body(const tsr_task_context *t)
{
    const tsr_out_i64_1d to = tsr_out_i64_1d_of(t, COLUMN);
    const tsr_raw_window in = tsr_raw_window_of(t, INDEX);
    const int64_t        size = tsr_i64_of(t, SIZE), stride = tsr_i64_of(t, STRIDE),
                  extent = tsr_i64_of(t, EXTENT), added = tsr_i64_of(t, ADDED),
                  axis = tsr_i64_of(t, AXIS);
    const nd_index_mode mode = (nd_index_mode)tsr_i64_of(t, MODE);
    const int64_t       step = in.stride[0] * (int64_t)tsr_type_size(in.type);
    TSR_FOR_1D(p, to.box) {
        const int64_t i = index_at(in.type, in.origin + p * step);
        const int64_t k = index_resolved(i, size, mode);
        if (k < 0)
            return axis < 0 ? TSR_FAIL(BAD_ARGUMENT, "index %lld is out of bounds for size %lld",
                                       (long long)i, (long long)size)
                            : TSR_FAIL(BAD_ARGUMENT,
                                       "index %lld is out of bounds for axis %lld with size %lld",
                                       (long long)i, (long long)axis, (long long)size);
        to.origin[p * to.stride[0]] = (stride == 1 ? k : k / stride) % extent + added;
    }
    return TSR_OK;
}

#define NUMBER(text)                                                                               \
    {                                                                                              \
        TSR_SCALAR, TSR_I64, .name = (text)                                                        \
    }
static const tsr_task_desc column_task = {
    .name = "array.indices",
    .args = {[COLUMN] = {TSR_WRITE, TSR_I64, 1, "column"},
             [INDEX] = {TSR_READ, TSR_TYPE_ANY, 1, "indices"},
             [SIZE] = NUMBER("size"),
             [STRIDE] = NUMBER("stride"),
             [EXTENT] = NUMBER("extent"),
             [ADDED] = NUMBER("added"),
             [MODE] = NUMBER("mode"),
             [AXIS] = NUMBER("axis")},
    .constraints = {TSR_ALIGN(INDEX, COLUMN)},
    .variants = {[TSR_CPU] = {.body = column_body}},
    .pure = true,
};

static tsr_launch launch_at(tsr_site at)
{
    return (tsr_launch){.size = sizeof(tsr_launch), .at = at};
}

/* Column `column` of `table` from indices, `added` to each. */
static tsr_status column_issue(tsr_store table, int column, nd_array index, const int64_t count[3],
                               int64_t added, nd_index_mode mode, int axis, tsr_site at)
{
    const tsr_launch how = launch_at(at);
    const tsr_store  to = tsr_project_(table, 1, column, at);
    const tsr_arg    arg[] = {
           [COLUMN] = tsr_arg_store(to),      [INDEX] = tsr_arg_store(nd_store(index)),
           [SIZE] = tsr_arg_i64(count[0]),    [STRIDE] = tsr_arg_i64(count[1]),
           [EXTENT] = tsr_arg_i64(count[2]),  [ADDED] = tsr_arg_i64(added),
           [MODE] = tsr_arg_i64((int)(mode)), [AXIS] = tsr_arg_i64(axis)};
    const tsr_status s = tsr_issue_(&column_task, arg, sizeof arg / sizeof arg[0], &how);
    tsr_store_release_(to, at);
    return s;
}

tsr_status array_pick_begin(struct array_picked *p, nd_array a, const array_info *info, int k,
                            int64_t n, tsr_site at)
{
    *p = (struct array_picked){.a = a, .info = *info, .k = k, .n = n, .at = at};
    p->table = tsr_store_create_(TSR_I64, (nd_shape){2, {n, k}}, at);
    return TSR_OK;
}

tsr_status array_pick_column(struct array_picked *p, nd_array index, int column, int axis,
                             bool is_flat, nd_index_mode mode)
{
    const nd_shape *s = &p->info.shape;
    int64_t         count[3] = {s->extent[column], 1, s->extent[column]};
    if (is_flat) {
        count[0] = array_volume(s);
        for (int d = column + 1; d < s->rank; ++d)
            count[1] *= s->extent[d];
    }
    if (count[0] == 0 && p->n > 0)
        return tsr_fail_(p->at, TSR_BAD_ARGUMENT,
                         "%lld indices of an array of shape %s, which has no elements there",
                         (long long)p->n, array_shape_text(s).text);
    if (is_flat && column > 0 && mode == ND_INDEX_RAISE)
        mode = ND_INDEX_WRAP; /* column 0 told it */
    return p->n == 0 ? TSR_OK : column_issue(p->table, column, index, count, 0, mode, axis, p->at);
}

/* ---- reading ---- */

enum { OUT, FROM, TABLE, RANGES };

static tsr_status read_body(const tsr_task_context *t)
{
    const tsr_raw_window out = tsr_raw_window_of(t, OUT), from = tsr_raw_window_of(t, FROM);
    const tsr_in_i64_2d  table = tsr_in_i64_2d_of(t, TABLE);
    const int            k = (int)(table.box.high[1] - table.box.low[1]);
    struct array_block   b = {.rank = out.rank - k, .bytes = tsr_type_size(out.type)};
    int64_t              to_rest = 0, from_rest = 0;
    for (int d = k; d < out.rank; ++d) {
        b.extent[d - k] = out.high[d] - out.low[d];
        to_rest += out.low[d] * out.stride[d];
        from_rest += out.low[d] * from.stride[d];
    }
    b.to_stride = out.stride + k;
    b.from_stride = from.stride + k;
    for (int64_t p = out.low[0]; p < out.high[0]; ++p) {
        const int64_t *row = table.origin + p * table.stride[0];
        int64_t        at = from_rest;
        for (int j = 0; j < k; ++j)
            at += row[j * table.stride[1]] * from.stride[j];
        char       *to = out.origin + (p * out.stride[0] + to_rest) * (int64_t)b.bytes;
        const char *e = from.origin + at * (int64_t)b.bytes;
        if (b.rank == 0)
            array_copy_one(to, e, b.bytes);
        else
            array_copy_block(&b, to, e);
    }
    return TSR_OK;
}

#define READ_ARGS                                                                                  \
    .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "out"},                                     \
             [FROM] = {TSR_READ, TSR_TYPE_ANY, .name = "from"},                                    \
             [TABLE] = {TSR_READ, TSR_I64, 2, "indices"}},                                         \
    .variants = {[TSR_CPU] = {.body = read_body}}, .pure = true
#define READ_TASK(k)                                                                               \
    {                                                                                              \
        .name = "array.take",                                                                      \
        .constraints = {TSR_BROADCAST_DIMS(FROM, OUT, (1u << (k)) - 1),                            \
                        TSR_BROADCAST_DIMS(TABLE, OUT, ~1u)},                                      \
        READ_ARGS                                                                                  \
    }
/* For 1 to 8 indexed dimensions. */
static const tsr_task_desc read_task[TSR_MAX_RANK] = {READ_TASK(1), READ_TASK(2), READ_TASK(3),
                                                      READ_TASK(4), READ_TASK(5), READ_TASK(6),
                                                      READ_TASK(7), READ_TASK(8)};
static const tsr_task_desc fetch_task = {
    .name = "array.fetch",
    .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "out"},
             [FROM] = {TSR_READ, TSR_TYPE_ANY, .name = "from"},
             [TABLE] = {TSR_READ, TSR_I64, 2, "indices"},
             [RANGES] = {TSR_READ, TSR_I64, 2, "ranges"}},
    .constraints = {TSR_IMAGE(FROM, RANGES, TSR_IMAGE_RANGES), TSR_BROADCAST_DIMS(TABLE, OUT, ~1u),
                    TSR_BROADCAST_DIMS(RANGES, OUT, ~1u)},
    .variants = {[TSR_CPU] = {.body = read_body}},
};

/* The rows that the first indices name, [i, i + 1) each. */
static tsr_store ranges_make(const struct array_picked *p)
{
    const tsr_store ranges = tsr_store_create_(TSR_I64, (nd_shape){2, {p->n, 2}}, p->at);
    const tsr_store first = tsr_project_(p->table, 1, 0, p->at);
    const int64_t   extent = p->info.shape.extent[0], count[3] = {extent, 1, extent};
    for (int c = 0; c < 2; ++c) {
        const tsr_status s =
            column_issue(ranges, c, nd_from_store(first), count, c, ND_INDEX_RAISE, 0, p->at);
        (void)s; /* `ranges` carries the cause */
    }
    tsr_store_release_(first, p->at);
    return ranges;
}

/* (n, ones, rest): the dimensions of `a` with the points in place of the first. */
static nd_shape points_shape(const struct array_picked *p)
{
    nd_shape s = p->info.shape;
    for (int d = 0; d < p->k; ++d)
        s.extent[d] = d == 0 ? p->n : 1;
    return s;
}

static tsr_status read_issue(const struct array_picked *p, tsr_store out)
{
    const tsr_launch how = launch_at(p->at);
    tsr_arg          arg[4] = {[OUT] = tsr_arg_store(out),
                               [FROM] = tsr_arg_store(nd_store(p->a)),
                               [TABLE] = tsr_arg_store(p->table)};
    int64_t          rest = 1;
    for (int d = p->k; d < p->info.shape.rank; ++d)
        rest *= p->info.shape.extent[d];
    if (tsr_rank_count() == 1 || p->n <= rest)
        return tsr_issue_(&read_task[p->k - 1], arg, 3, &how);
    const tsr_store ranges = ranges_make(p);
    arg[RANGES] = tsr_arg_store(ranges);
    const tsr_status s = tsr_issue_(&fetch_task, arg, 4, &how);
    tsr_store_release_(ranges, p->at);
    return s;
}

/* Without the dimensions of extent 1 behind the first. */
static nd_array ones_dropped(tsr_store s, int k, tsr_site at)
{
    for (int d = k - 1; d > 0; --d) {
        const tsr_store less = tsr_project_(s, d, 0, at);
        tsr_store_release_(s, at);
        s = less;
    }
    return nd_from_store(s);
}

nd_array array_pick_read(const struct array_picked *p)
{
    const nd_shape  shape = points_shape(p);
    const tsr_store out = tsr_store_create_(p->info.type, shape, p->at);
    if (array_volume(&shape) > 0) {
        const tsr_status s = read_issue(p, out);
        (void)s; /* `out` carries the cause */
    }
    return ones_dropped(out, p->k, p->at);
}

/* ---- writing ---- */

enum { TO, VALUES, WHERE, ORDER };
/* So many points are gone through in the order of their first index. */
enum { ORDERED_FROM = 4096 };

/* A piece that takes what is its own. */
struct taker {
    tsr_raw_window     to, values;
    tsr_in_i64_2d      table;
    int                k;
    struct array_block block; /* what is left of a piece behind its first k dimensions */
    int64_t            to_rest, from_rest;
};

static void taker_begin(struct taker *w, const tsr_task_context *t)
{
    w->to = tsr_raw_window_of(t, TO);
    w->values = tsr_raw_window_of(t, VALUES);
    w->table = tsr_in_i64_2d_of(t, WHERE);
    w->k = (int)(w->table.box.high[1] - w->table.box.low[1]);
    w->block = (struct array_block){.rank = w->to.rank - w->k,
                                    .bytes = tsr_type_size(w->to.type),
                                    .to_stride = w->to.stride + w->k,
                                    .from_stride = w->values.stride + w->k};
    w->to_rest = w->from_rest = 0;
    for (int d = w->k; d < w->to.rank; ++d) {
        w->block.extent[d - w->k] = w->to.high[d] - w->to.low[d];
        w->to_rest += w->to.low[d] * w->to.stride[d];
        w->from_rest += w->to.low[d] * w->values.stride[d];
    }
}

/* Write point `p` where it is in this piece. */
static void point_write(const struct taker *w, int64_t p)
{
    const int64_t *row = w->table.origin + p * w->table.stride[0];
    const int64_t  bytes = (int64_t)w->block.bytes;
    int64_t        at = w->to_rest;
    for (int j = 0; j < w->k; ++j) {
        const int64_t i = row[j * w->table.stride[1]];
        if (i < w->to.low[j] || i >= w->to.high[j])
            return;
        at += i * w->to.stride[j];
    }
    array_copy_block(&w->block, w->to.origin + at * bytes,
                     w->values.origin + (p * w->values.stride[0] + w->from_rest) * bytes);
}

static tsr_status write_body(const tsr_task_context *t)
{
    struct taker w;
    taker_begin(&w, t);
    TSR_FOR_1D(p, w.table.box)
        point_write(&w, p);
    return TSR_OK;
}

/* Points whose first index is less than `than` come first in the order: how many. */
static int64_t points_below(const struct taker *w, const tsr_in_i64_1d *order, int64_t than)
{
    int64_t low = order->box.low[0], high = order->box.high[0];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int64_t p = order->origin[middle * order->stride[0]];
        if (w->table.origin[p * w->table.stride[0]] < than)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static tsr_status write_ordered_body(const tsr_task_context *t)
{
    struct taker        w;
    const tsr_in_i64_1d order = tsr_in_i64_1d_of(t, ORDER);
    taker_begin(&w, t);
    const int64_t end = points_below(&w, &order, w.to.high[0]);
    for (int64_t i = points_below(&w, &order, w.to.low[0]); i < end; ++i)
        point_write(&w, order.origin[i * order.stride[0]]);
    return TSR_OK;
}

#define WRITE_ARGS                                                                                 \
    [TO] = {TSR_READ_WRITE, TSR_TYPE_ANY, .name = "to"},                                           \
    [VALUES] = {TSR_READ, TSR_TYPE_ANY, .name = "values"},                                         \
    [WHERE] = {TSR_READ, TSR_I64, 2, "indices"}
#define WRITE_TASK(k)                                                                              \
    {                                                                                              \
        .name = "array.put", .args = {WRITE_ARGS},                                                 \
        .constraints = {TSR_BROADCAST_DIMS(VALUES, TO, (1u << (k)) - 1), TSR_BROADCAST(WHERE)},    \
        .variants = {[TSR_CPU] = {.body = write_body}},                                            \
    }
#define WRITE_ORDERED_TASK(k)                                                                      \
    {                                                                                              \
        .name = "array.put_ordered",                                                               \
        .args = {WRITE_ARGS, [ORDER] = {TSR_READ, TSR_I64, 1, "order"}},                           \
        .constraints = {TSR_BROADCAST_DIMS(VALUES, TO, (1u << (k)) - 1), TSR_BROADCAST(WHERE),     \
                        TSR_BROADCAST(ORDER)},                                                     \
        .variants = {[TSR_CPU] = {.body = write_ordered_body}},                                    \
    }
static const tsr_task_desc write_task[TSR_MAX_RANK] = {WRITE_TASK(1), WRITE_TASK(2), WRITE_TASK(3),
                                                       WRITE_TASK(4), WRITE_TASK(5), WRITE_TASK(6),
                                                       WRITE_TASK(7), WRITE_TASK(8)};
static const tsr_task_desc write_ordered_task[TSR_MAX_RANK] = {
    WRITE_ORDERED_TASK(1), WRITE_ORDERED_TASK(2), WRITE_ORDERED_TASK(3), WRITE_ORDERED_TASK(4),
    WRITE_ORDERED_TASK(5), WRITE_ORDERED_TASK(6), WRITE_ORDERED_TASK(7), WRITE_ORDERED_TASK(8)};

/* The points in the order of their first index, equal ones as they stand. */
static tsr_store points_order(const struct array_picked *p)
{
    const nd_sort_options o = {.size = sizeof o, .at = p->at};
    const tsr_store       first = tsr_project_(p->table, 1, 0, p->at);
    const nd_array        order = nd_argsort_(nd_from_store(first), &o);
    tsr_store_release_(first, p->at);
    return nd_store(order);
}

static tsr_status write_issue(const struct array_picked *p, tsr_store values)
{
    const tsr_launch how = launch_at(p->at);
    tsr_arg          arg[4] = {[TO] = tsr_arg_store(nd_store(p->a)),
                               [VALUES] = tsr_arg_store(values),
                               [WHERE] = tsr_arg_store(p->table)};
    if (p->n < ORDERED_FROM)
        return tsr_issue_(&write_task[p->k - 1], arg, 3, &how);
    const tsr_store order = points_order(p);
    arg[ORDER] = tsr_arg_store(order);
    const tsr_status s = tsr_issue_(&write_ordered_task[p->k - 1], arg, 4, &how);
    tsr_store_release_(order, p->at);
    return s;
}

tsr_status array_pick_write(const struct array_picked *p, nd_array values)
{
    const nd_shape shape = points_shape(p);
    tsr_store      v = tsr_store_alias_(nd_store(values), p->at);
    if (array_volume(&shape) == 0)
        return TSR_OK;
    for (int d = 1; d < p->k; ++d) {
        const tsr_store more = tsr_promote_(v, 1, 1, p->at);
        tsr_store_release_(v, p->at);
        v = more;
    }
    const tsr_status s = write_issue(p, v);
    tsr_store_release_(v, p->at);
    return s;
}
