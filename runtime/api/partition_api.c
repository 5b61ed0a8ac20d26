/* api/partition_api.c - explicit partitions: tiles, boxes by hand, projections.
 *
 * A partition is made once and used often: what issuing and analysis want to know of it, whether its
 * boxes meet and whether they cover, is found here. For tiles it is known; else boxes are sorted by
 * their lower corner along the first dimension and swept: each is compared with those whose span it
 * meets there, which is O(n log n) for boxes that hardly meet along it. Boxes that do not meet cover
 * the shape when their volumes add up to its own.
 *
 * Cost: as said, at the making. Threads: the issuing thread. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/state.h"
#include "base/alloc.h"

enum { MAX_POINTS = 1 << 28 };

/* ---- do they meet? ---- */

static int by_low(const void *a, const void *b)
{
    const tsr_box *x = *(const tsr_box *const *)a, *y = *(const tsr_box *const *)b;
    if (x->rank == 0 || x->low[0] == y->low[0])
        return (x > y) - (x < y);
    return x->low[0] < y->low[0] ? -1 : 1;
}

/* Whether no two of `n` sorted, non-empty boxes meet. */
static bool sorted_disjoint(const tsr_box **box, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        for (int64_t k = i + 1; k < n; ++k) {
            if (box[i]->rank > 0 && box[k]->low[0] >= box[i]->high[0])
                break;
            if (box_meets(box[i], box[k]))
                return false;
        }
    return true;
}

/* Find out `disjoint` and `covers`; false: no memory. */
static bool boxes_judge(struct partition *p)
{
    const tsr_box **sorted = base_calloc((size_t)p->n, sizeof *sorted);
    if (!sorted)
        return false;
    int64_t n = 0, volume = 0;
    for (int64_t i = 0; i < p->n; ++i)
        if (!box_is_empty(&p->box[i])) {
            sorted[n++] = &p->box[i];
            if (__builtin_add_overflow(volume, box_volume(&p->box[i]), &volume))
                volume = INT64_MAX;
        }
    qsort(sorted, (size_t)n, sizeof *sorted, by_low);
    p->disjoint = sorted_disjoint(sorted, n);
    const tsr_box whole = box_of_shape(p->shape.rank, p->shape.extent);
    p->covers = p->disjoint && volume == box_volume(&whole);
    base_free(sorted);
    return true;
}

/* ---- making ---- */

static struct partition *partition_create(struct tsr_runtime *rt, const tsr_shape *shape, int64_t n)
{
    struct partition *p = base_calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->users = 1;
    p->id = ++rt->api->last_partition;
    p->shape = *shape;
    p->n = n;
    p->box = base_calloc((size_t)n, sizeof *p->box);
    if (p->box)
        return p;
    partition_release(p);
    return NULL;
}

/* A handle on a finished partition, taken over; NULL: no memory. */
static tsr_partition partition_handle(struct tsr_runtime *rt, struct partition *p, tsr_site at)
{
    if (!p) {
        api_no_memory(at);
        return (tsr_partition){handle_add_failed(rt, HANDLE_PARTITION, at)};
    }
    const struct handle_make m = {.kind = HANDLE_PARTITION, .partition = p, .at = at};
    return (tsr_partition){handle_add(rt, &m)};
}

static tsr_partition partition_failed(struct tsr_runtime *rt, tsr_site at)
{
    return (tsr_partition){handle_add_failed(rt, HANDLE_PARTITION, at)};
}

static bool is_shape(const tsr_shape *s)
{
    if (s->rank < 0 || s->rank > TSR_MAX_RANK)
        return false;
    for (int d = 0; d < s->rank; ++d)
        if (s->extent[d] < 0)
            return false;
    const tsr_box whole = box_of_shape(s->rank, s->extent);
    return box_volume(&whole) < INT64_MAX;
}

static tsr_status shape_bad(const tsr_shape *s, tsr_site at)
{
    return failure_at(at, BAD_SHAPE, "a partition of %s",
                      s->rank >= 0 && s->rank <= TSR_MAX_RANK ? shape_text(s->rank, s->extent).text
                                                              : "a shape of too many dimensions");
}

/* Tile number `i`, row-major in a grid. */
static tsr_box tile_box(const tsr_shape *s, const int64_t *tile, const int64_t *grid, int64_t i)
{
    tsr_box b = {.rank = s->rank};
    for (int d = s->rank - 1; d >= 0; --d) {
        const int64_t c = i % grid[d];
        i /= grid[d];
        b.low[d] = c * tile[d];
        b.high[d] = s->extent[d] - b.low[d] < tile[d] ? s->extent[d] : b.low[d] + tile[d];
    }
    return b;
}

tsr_partition tsr_partition_tiles_(tsr_shape shape, const int64_t *tile, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return (tsr_partition){0};
    if (!is_shape(&shape))
        return shape_bad(&shape, at), partition_failed(rt, at);
    int64_t grid[TSR_MAX_RANK], n = 1;
    for (int d = 0; d < shape.rank; ++d) {
        if (!tile || tile[d] < 1) {
            failure_at(at, BAD_ARGUMENT, "tiles of extent %lld along dimension %d",
                       tile ? (long long)tile[d] : 0, d);
            return partition_failed(rt, at);
        }
        grid[d] = shape.extent[d] / tile[d] + (shape.extent[d] % tile[d] != 0);
        if (grid[d] > MAX_POINTS || (n *= grid[d]) > MAX_POINTS) {
            failure_at(at, BAD_ARGUMENT, "more than %d tiles", MAX_POINTS);
            return partition_failed(rt, at);
        }
    }
    struct partition *p = partition_create(rt, &shape, n);
    for (int64_t i = 0; p && i < n; ++i)
        p->box[i] = tile_box(&shape, tile, grid, i);
    if (p)
        p->disjoint = p->covers = true;
    return partition_handle(rt, p, at);
}

static tsr_status box_check(const tsr_shape *shape, const tsr_box *b, int64_t i, tsr_site at)
{
    if (b->rank != shape->rank)
        return failure_at(at, BAD_SHAPE, "box %lld has %d dimensions, the shape %s", (long long)i,
                          b->rank, shape_text(shape->rank, shape->extent).text);
    for (int d = 0; d < b->rank && !box_is_empty(b); ++d)
        if (b->low[d] < 0 || b->high[d] > shape->extent[d])
            return failure_at(at, BAD_SHAPE,
                              "box %lld, [%lld, %lld) along dimension %d, passes the shape %s",
                              (long long)i, (long long)b->low[d], (long long)b->high[d], d,
                              shape_text(shape->rank, shape->extent).text);
    return TSR_OK;
}

tsr_partition tsr_partition_boxes_(tsr_shape shape, const tsr_box *boxes, int64_t n, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return (tsr_partition){0};
    if (!is_shape(&shape))
        return shape_bad(&shape, at), partition_failed(rt, at);
    if (n < 0 || n > MAX_POINTS || (n > 0 && !boxes)) {
        failure_at(at, BAD_ARGUMENT, "a partition of %lld boxes", (long long)n);
        return partition_failed(rt, at);
    }
    for (int64_t i = 0; i < n; ++i)
        if (box_check(&shape, &boxes[i], i, at) != TSR_OK)
            return partition_failed(rt, at);
    struct partition *p = partition_create(rt, &shape, n);
    for (int64_t i = 0; p && i < n; ++i)
        p->box[i] = box_is_empty(&boxes[i]) ? (tsr_box){.rank = shape.rank} : boxes[i];
    if (p && !boxes_judge(p)) {
        partition_release(p);
        p = NULL;
    }
    return partition_handle(rt, p, at);
}

/* The partition behind a handle; NULL: *out is the answer. */
static struct partition *partition_get(struct tsr_runtime *rt, tsr_partition p, tsr_site at,
                                       tsr_partition *out)
{
    struct handle *h = handle_find(rt->api, p.id, HANDLE_PARTITION);
    if (h && h->partition)
        return h->partition;
    if (h) {
        const struct handle_make m = {.kind = HANDLE_PARTITION, .cause = h->cause, .at = at};
        *out = (tsr_partition){handle_add(rt, &m)};
        return NULL;
    }
    handle_explain(rt, p.id, HANDLE_PARTITION, "", at);
    *out = partition_failed(rt, at);
    return NULL;
}

tsr_partition tsr_partition_project_(tsr_partition p, const int64_t *table, int64_t n, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    tsr_partition       out = {0};
    if (!rt)
        return out;
    const struct partition *from = partition_get(rt, p, at, &out);
    if (!from)
        return out;
    if (n < 0 || n > MAX_POINTS || (n > 0 && !table)) {
        failure_at(at, BAD_ARGUMENT, "a projection onto %lld points", (long long)n);
        return partition_failed(rt, at);
    }
    for (int64_t i = 0; i < n; ++i)
        if (table[i] < -1 || table[i] >= from->n) {
            failure_at(at, BAD_ARGUMENT, "point %lld is to be point %lld of %lld", (long long)i,
                       (long long)table[i], (long long)from->n);
            return partition_failed(rt, at);
        }
    struct partition *made = partition_create(rt, &from->shape, n);
    for (int64_t i = 0; made && i < n; ++i)
        made->box[i] = table[i] < 0 ? (tsr_box){.rank = from->shape.rank} : from->box[table[i]];
    if (made && !boxes_judge(made)) {
        partition_release(made);
        made = NULL;
    }
    return partition_handle(rt, made, at);
}

int64_t tsr_partition_points(tsr_partition p)
{
    const struct tsr_runtime *rt = runtime_current;
    if (!rt || runtime_body || !pthread_equal(rt->issuer, pthread_self()))
        return 0;
    const struct handle *h = handle_find(rt->api, p.id, HANDLE_PARTITION);
    return h && h->partition ? h->partition->n : 0;
}

void tsr_partition_release_(tsr_partition p, tsr_site at)
{
    struct tsr_runtime *rt = api_enter(at);
    if (!rt)
        return;
    struct handle *h = handle_find(rt->api, p.id, HANDLE_PARTITION);
    if (h)
        handle_end(rt, h, ENDED_RELEASED, at);
    else
        handle_explain(rt, p.id, HANDLE_PARTITION, "", at);
}
