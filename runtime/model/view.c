/* model/view.c - the table of views, and what a view does to boxes and strides.
 *
 * Views are interned: a map is an object, found by a hash of its extents and coefficients in a table
 * with chains. The identities of the last few shapes stand in a small cache of their own, because a
 * program makes most of its stores in a handful of shapes. A view that nobody uses stays, since its
 * maker is likely to come again, until unused ones crowd the table; then they go to a list from which
 * new ones are taken. So a program that repeats itself allocates nothing here.
 *
 * What derives from the map. A view dimension of extent 1 moves nothing and does not count. Of the
 * others, when each feeds at most one root dimension and none is fed twice, the view is exact: a box
 * of the view is a strided box of the root, dimension by dimension. Otherwise (a split dimension, a
 * diagonal) a box has a bounding box, whose step along a root dimension is the gcd of what moves it.
 *
 * Cost: interning O(rank^2) to hash and compare; view_region O(rank^2), O(rank) where exact.
 * Threads: the issuing thread makes, keeps and releases; anyone reads. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/whole.h"
#include "model/view.h"

enum { FIRST_BUCKETS = 256, RECENT = 8, SWEEP_AT = 4096 };

struct view_table {
    uint32_t      last_id;
    size_t        n, n_buckets; /* views in it; a power of two */
    size_t        sweep_at;     /* views at which unused ones go */
    struct view **bucket;
    struct view  *spare;          /* to be made new, by ->next */
    struct view  *recent[RECENT]; /* identities, borrowed; NULL: none */
    struct view  *scalar;         /* of no dimension on one element, borrowed; NULL: none */
    unsigned      turn;
};

struct view_table *view_table_create(void)
{
    struct view_table *t = base_calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->n_buckets = FIRST_BUCKETS;
    t->sweep_at = SWEEP_AT;
    t->bucket = base_calloc(t->n_buckets, sizeof(struct view *));
    if (t->bucket)
        return t;
    base_free(t);
    return NULL;
}

static void list_free(struct view *v)
{
    while (v) {
        struct view *next = v->next;
        base_free(v);
        v = next;
    }
}

void view_table_destroy(struct view_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_buckets; ++i)
        list_free(t->bucket[i]);
    list_free(t->spare);
    base_free(t->bucket);
    base_free(t);
}

/* ---- what derives from the map ---- */

/* The one root dimension that view dimension d moves; -1: none, -2: several. */
static int fed_root(const struct view *v, int d)
{
    int found = -1;
    for (int r = 0; r < v->root_rank; ++r)
        if (v->a[r][d] != 0)
            found = found == -1 ? r : -2;
    return found;
}

/* Give the dimensions of extent > 1 (wide) or the others what they feed. */
static void derive_feeds(struct view *v, bool wide)
{
    for (int d = 0; d < v->rank; ++d) {
        if ((v->extent[d] > 1) != wide)
            continue;
        const int  r = fed_root(v, d);
        const bool is_free = r >= 0 && v->fed_by[r] == -1;
        if (is_free) {
            v->feeds[d] = (int8_t)r;
            v->fed_by[r] = (int8_t)d;
        } else if (wide) {
            v->stretched |= r == -1;
            v->exact &= r == -1;
        }
    }
}

static void derive(struct view *v)
{
    v->exact = true;
    v->stretched = false;
    memset(v->feeds, -1, sizeof v->feeds);
    memset(v->fed_by, -1, sizeof v->fed_by);
    derive_feeds(v, true);
    derive_feeds(v, false);
    v->identity = v->rank == v->root_rank;
    for (int r = 0; r < v->root_rank && v->identity; ++r) {
        v->identity &= v->b[r] == 0;
        for (int d = 0; d < v->rank; ++d)
            v->identity &= v->a[r][d] == (r == d);
    }
}

/* ---- interning ---- */

static uint64_t map_hash(const struct view *v)
{
    uint64_t h = hash_word((uint64_t)v->rank, (uint64_t)v->root_rank);
    h = hash_words(h, v->extent, (size_t)v->rank);
    h = hash_words(h, v->b, (size_t)v->root_rank);
    for (int r = 0; r < v->root_rank; ++r)
        h = hash_words(h, v->a[r], (size_t)v->rank);
    return h;
}

static bool is_same_map(const struct view *v, const struct view *w)
{
    if (v->rank != w->rank || v->root_rank != w->root_rank)
        return false;
    const size_t row = (size_t)v->rank * sizeof v->extent[0];
    if (memcmp(v->extent, w->extent, row) != 0 ||
        memcmp(v->b, w->b, (size_t)v->root_rank * sizeof v->b[0]) != 0)
        return false;
    for (int r = 0; r < v->root_rank; ++r)
        if (memcmp(v->a[r], w->a[r], row) != 0)
            return false;
    return true;
}

/* Twice the buckets; the old ones stay when there is no memory. */
static void grow(struct view_table *t)
{
    const size_t  n = 2 * t->n_buckets;
    struct view **bucket = base_calloc(n, sizeof *bucket);
    if (!bucket)
        return;
    for (size_t i = 0; i < t->n_buckets; ++i)
        for (struct view *v = t->bucket[i], *next; v; v = next) {
            next = v->next;
            v->next = bucket[v->hash & (n - 1)];
            bucket[v->hash & (n - 1)] = v;
        }
    base_free(t->bucket);
    t->bucket = bucket;
    t->n_buckets = n;
}

/* Move the unused views to the spare ones. */
static void sweep(struct view_table *t)
{
    memset(t->recent, 0, sizeof t->recent);
    t->scalar = NULL;
    for (size_t i = 0; i < t->n_buckets; ++i) {
        struct view **at = &t->bucket[i];
        while (*at) {
            struct view *v = *at;
            if (v->users > 0) {
                at = &v->next;
                continue;
            }
            *at = v->next;
            v->next = t->spare;
            t->spare = v;
            --t->n;
        }
    }
    t->sweep_at = 2 * t->n > SWEEP_AT ? 2 * t->n : SWEEP_AT;
}

void view_table_sweep(struct view_table *t)
{
    if (t->n >= t->sweep_at)
        sweep(t);
}

static struct view *take(struct view_table *t)
{
    struct view *v = t->spare;
    if (!v)
        return base_calloc(1, sizeof *v);
    t->spare = v->next;
    return v;
}

struct view *view_intern(struct view_table *t, const struct view *map)
{
    assert(map->rank <= TSR_MAX_RANK && map->root_rank <= TSR_MAX_RANK);
    const uint64_t h = map_hash(map);
    for (struct view *v = t->bucket[h & (t->n_buckets - 1)]; v; v = v->next)
        if (v->hash == h && is_same_map(v, map))
            return view_keep(v);
    view_table_sweep(t);
    if (t->n >= 2 * t->n_buckets)
        grow(t);
    struct view *v = take(t);
    if (!v)
        return NULL;
    *v = *map;
    v->id = ++t->last_id;
    v->users = 1;
    v->hash = h;
    derive(v);
    v->next = t->bucket[h & (t->n_buckets - 1)];
    t->bucket[h & (t->n_buckets - 1)] = v;
    ++t->n;
    return v;
}

struct view *view_intern_shape(struct view_table *t, int rank, const int64_t *extent)
{
    for (unsigned i = 0; i < RECENT; ++i) {
        struct view *v = t->recent[(t->turn - i) % RECENT];
        if (!v || v->rank != rank)
            continue;
        int d = 0;
        while (d < rank && v->extent[d] == extent[d])
            ++d;
        if (d == rank)
            return view_keep(v);
    }
    const struct view map = view_of_shape(rank, extent);
    struct view      *v = view_intern(t, &map);
    if (v)
        t->recent[++t->turn % RECENT] = v;
    return v;
}

struct view *view_intern_scalar(struct view_table *t)
{
    if (t->scalar)
        return view_keep(t->scalar);
    struct view map;
    memset(&map, 0, sizeof map);
    map.root_rank = 1;
    return t->scalar = view_intern(t, &map);
}

/* ---- what a view does ---- */

struct view view_of_shape(int rank, const int64_t *extent)
{
    struct view v = {.rank = rank, .root_rank = rank};
    for (int d = 0; d < rank; ++d) {
        v.extent[d] = extent[d];
        v.a[d][d] = 1;
    }
    derive(&v);
    return v;
}

/* Where a box goes along root dimension r, one view dimension at most moving it. */
static void region_exact(const struct view *v, const tsr_box *box, int r, struct region *out)
{
    const int     d = v->fed_by[r];
    const int64_t a = d < 0 ? 0 : v->a[r][d];
    const int64_t first = v->b[r] + (d < 0 ? 0 : a * box->low[d]);
    const int64_t last = v->b[r] + (d < 0 ? 0 : a * (box->high[d] - 1));
    out->low[r] = a < 0 ? last : first;
    out->high[r] = (a < 0 ? first : last) + 1;
    out->step[r] = a == 0 || first == last ? 1 : llabs(a);
}

/* The same where several do: bounds, and the gcd of the steps. */
static void region_bound(const struct view *v, const tsr_box *box, int r, struct region *out)
{
    int64_t low = v->b[r], high = v->b[r], step = 0;
    for (int d = 0; d < v->rank; ++d) {
        const int64_t a = v->a[r][d], first = a * box->low[d], last = a * (box->high[d] - 1);
        low += a < 0 ? last : first;
        high += a < 0 ? first : last;
        if (first != last)
            step = gcd64(llabs(a), step);
    }
    out->low[r] = low;
    out->high[r] = high + 1;
    out->step[r] = step ? step : 1;
}

struct region view_region(const struct view *v, const tsr_box *box)
{
    assert(box->rank == v->rank);
    struct region out = {.rank = v->root_rank};
    if (box_is_empty(box)) {
        for (int r = 0; r < v->root_rank; ++r)
            out.step[r] = 1;
        return out;
    }
    for (int r = 0; r < v->root_rank; ++r)
        if (v->exact)
            region_exact(v, box, r, &out);
        else
            region_bound(v, box, r, &out);
    return out;
}

int64_t view_strides(const struct view *v, const int64_t *root_stride, int64_t *out_stride)
{
    int64_t offset = 0;
    if (v->identity) {
        for (int d = 0; d < v->rank; ++d)
            out_stride[d] = root_stride[d];
        return 0;
    }
    for (int d = 0; d < v->rank; ++d)
        out_stride[d] = 0;
    for (int r = 0; r < v->root_rank; ++r) {
        offset += v->b[r] * root_stride[r];
        for (int d = 0; d < v->rank; ++d)
            out_stride[d] += v->a[r][d] * root_stride[r];
    }
    return offset;
}

int64_t view_volume(const struct view *v)
{
    const tsr_box all = box_of_shape(v->rank, v->extent);
    return box_volume(&all);
}
