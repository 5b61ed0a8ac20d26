/* api/views.c - views: the same elements under other indices.
 *
 * A view is root index = A v + b. Each call composes one step onto the view of the handle it is given:
 * columns of A are scaled, moved, dropped, added or merged, and b takes the start of a slice, so that a
 * view of a view of a view is one map of the root. Equal maps are interned as one object. Bounds are
 * checked against the extents of the view at hand, and an error names both.
 *
 * A slice of one index, or none, has step 1, whatever was asked: there is one name for it.
 *
 * Cost: O(rank^2) to compose and find; no allocation for a view seen before. Threads: the issuing
 * thread. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/state.h"
#include "base/alloc.h"

/* ---- steps ---- */

static void column_copy(struct view *to, int d, const struct view *from, int k)
{
    to->extent[d] = from->extent[k];
    for (int r = 0; r < from->root_rank; ++r)
        to->a[r][d] = from->a[r][k];
}

static void column_drop(struct view *v, int dim)
{
    for (int d = dim; d + 1 < v->rank; ++d)
        column_copy(v, d, v, d + 1);
    --v->rank;
}

/* Room for `n` columns more before `dim`, of extent 1 and moving nothing. */
static void column_add(struct view *v, int dim, int n)
{
    v->rank += n;
    for (int d = v->rank - 1; d >= dim + n; --d)
        column_copy(v, d, v, d - n);
    for (int d = dim; d < dim + n; ++d) {
        v->extent[d] = 1;
        for (int r = 0; r < v->root_rank; ++r)
            v->a[r][d] = 0;
    }
}

/* Index 0 of `dim` becomes what `index` was. */
static void origin_move(struct view *v, int dim, int64_t index)
{
    for (int r = 0; r < v->root_rank; ++r)
        v->b[r] += v->a[r][dim] * index;
}

/* ---- the frame of every call ---- */

/* A view under way: the handle it starts from, the map so far. */
struct step {
    struct tsr_runtime *rt;
    struct root        *root; /* NULL: `result` is the answer */
    tsr_type            type;
    struct view         map;
    tsr_site            at;
    tsr_store           result;
};

/* Start from a store; false: the answer is step->result. */
static bool step_begin(struct step *p, tsr_store s, tsr_site at)
{
    p->rt = api_enter(at);
    p->root = NULL;
    p->at = at;
    p->result = (tsr_store){0};
    if (!p->rt)
        return false;
    struct handle *h = store_find(p->rt, s, "", at);
    if (h && !h->root) {
        p->result = call_failed_like(p->rt, h, at);
        return false;
    }
    if (!h || store_bind(p->rt, h, at) != TSR_OK) {
        p->result = store_failed(p->rt, at);
        return false;
    }
    p->root = h->root;
    p->type = h->type;
    p->map = *h->view;
    return true;
}

static tsr_store step_end(struct step *p)
{
    struct view *v = view_intern(p->rt->views, &p->map);
    if (!v) {
        api_no_memory(p->at);
        return store_failed(p->rt, p->at);
    }
    const struct handle_make m = {
        .kind = HANDLE_STORE, .type = p->type, .root = p->root, .view = v, .at = p->at};
    return (tsr_store){handle_add(p->rt, &m)};
}

/* A failed store with what was found wrong. */
#define STEP_FAIL(p, name, ...)                                                                    \
    (failure_at((p)->at, name, __VA_ARGS__), store_failed((p)->rt, (p)->at))

static bool has_dim(const struct step *p, int dim)
{
    return dim >= 0 && dim < p->map.rank;
}

static struct shape_text shape_of(const struct step *p)
{
    return shape_text(p->map.rank, p->map.extent);
}

/* ---- the calls ---- */

/* How many of start, start + step, ... come before `stop`. */
static int64_t slice_count(int64_t start, int64_t stop, int64_t step)
{
    if (step > 0)
        return start < stop ? (stop - start - 1) / step + 1 : 0;
    return start > stop ? (start - stop - 1) / -step + 1 : 0;
}

tsr_store tsr_slice_(tsr_store s, int dim, int64_t start, int64_t stop, int64_t step, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    if (!has_dim(&p, dim))
        return STEP_FAIL(&p, BAD_ARGUMENT, "dimension %d of %s", dim, shape_of(&p).text);
    if (step == 0 || step == INT64_MIN)
        return STEP_FAIL(&p, BAD_ARGUMENT, "a slice with step %lld", (long long)step);
    const int64_t extent = p.map.extent[dim];
    const bool is_inside = step > 0 ? start >= 0 && start <= extent && stop >= 0 && stop <= extent
                                    : start >= -1 && start < extent && stop >= -1 && stop < extent;
    if (!is_inside)
        return STEP_FAIL(&p, BAD_ARGUMENT,
                         "the slice %lld:%lld:%lld passes the bounds 0:%lld of dimension %d of %s",
                         (long long)start, (long long)stop, (long long)step, (long long)extent, dim,
                         shape_of(&p).text);
    const int64_t count = slice_count(start, stop, step);
    if (count > 0)
        origin_move(&p.map, dim, start);
    if (count <= 1)
        step = 1;
    p.map.extent[dim] = count;
    for (int r = 0; r < p.map.root_rank; ++r)
        p.map.a[r][dim] *= step;
    return step_end(&p);
}

tsr_store tsr_transpose_(tsr_store s, const int *order, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    if (!order && p.map.rank > 0)
        return STEP_FAIL(&p, BAD_ARGUMENT, "no order of dimensions is given");
    unsigned          seen = 0;
    const struct view before = p.map;
    for (int d = 0; d < before.rank; ++d) {
        if (order[d] < 0 || order[d] >= before.rank || seen >> order[d] & 1)
            return STEP_FAIL(&p, BAD_ARGUMENT,
                             "dimension %d of the transpose is %d: not one of the %d dimensions of "
                             "%s, each once",
                             d, order[d], before.rank, shape_of(&p).text);
        seen |= 1u << order[d];
        column_copy(&p.map, d, &before, order[d]);
    }
    return step_end(&p);
}

tsr_store tsr_project_(tsr_store s, int dim, int64_t index, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    if (!has_dim(&p, dim))
        return STEP_FAIL(&p, BAD_ARGUMENT, "dimension %d of %s", dim, shape_of(&p).text);
    if (index < 0 || index >= p.map.extent[dim])
        return STEP_FAIL(&p, BAD_ARGUMENT,
                         "index %lld passes the bounds 0:%lld of dimension %d of %s",
                         (long long)index, (long long)p.map.extent[dim], dim, shape_of(&p).text);
    origin_move(&p.map, dim, index);
    column_drop(&p.map, dim);
    return step_end(&p);
}

/* Elements that `map` would show with `extent` along `dim`: do they fit a count? */
static bool volume_fits(const struct view *map, int dim, int64_t extent)
{
    int64_t n = extent;
    for (int d = 0; d < map->rank; ++d)
        if (d != dim && __builtin_mul_overflow(n, map->extent[d] ? map->extent[d] : 1, &n))
            return false;
    return true;
}

tsr_store tsr_promote_(tsr_store s, int dim, int64_t extent, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    if (dim < 0 || dim > p.map.rank)
        return STEP_FAIL(&p, BAD_ARGUMENT, "a new dimension before dimension %d of %s", dim,
                         shape_of(&p).text);
    if (p.map.rank == TSR_MAX_RANK)
        return STEP_FAIL(&p, BAD_SHAPE, "%s has %d dimensions, and there can be no more",
                         shape_of(&p).text, TSR_MAX_RANK);
    if (extent < 0 || !volume_fits(&p.map, -1, extent))
        return STEP_FAIL(&p, BAD_SHAPE, "a new dimension of extent %lld in %s", (long long)extent,
                         shape_of(&p).text);
    column_add(&p.map, dim, 1);
    p.map.extent[dim] = extent;
    return step_end(&p);
}

tsr_store tsr_broadcast_(tsr_store s, int dim, int64_t extent, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    if (!has_dim(&p, dim))
        return STEP_FAIL(&p, BAD_ARGUMENT, "dimension %d of %s", dim, shape_of(&p).text);
    if (p.map.extent[dim] != 1)
        return STEP_FAIL(&p, BAD_SHAPE, "dimension %d of %s has extent %lld; one of 1 stretches",
                         dim, shape_of(&p).text, (long long)p.map.extent[dim]);
    if (extent < 0 || !volume_fits(&p.map, dim, extent))
        return STEP_FAIL(&p, BAD_SHAPE, "dimension %d of %s stretched to %lld", dim,
                         shape_of(&p).text, (long long)extent);
    if (extent != 1)
        for (int r = 0; r < p.map.root_rank; ++r)
            p.map.a[r][dim] = 0;
    p.map.extent[dim] = extent;
    return step_end(&p);
}

tsr_store tsr_reinterpret_(tsr_store s, tsr_type type, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    const size_t bytes = tsr_type_size(type), has = p.root->element_bytes;
    if (bytes != has)
        return STEP_FAIL(&p, BAD_TYPE, "elements of %zu bytes as %s, which takes %zu", has,
                         tsr_type_name(type), bytes);
    p.type = type;
    return step_end(&p);
}

tsr_store tsr_delinearize_(tsr_store s, int dim, const int64_t *extents, int n, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    if (!has_dim(&p, dim))
        return STEP_FAIL(&p, BAD_ARGUMENT, "dimension %d of %s", dim, shape_of(&p).text);
    if (n < 1 || !extents || p.map.rank - 1 + n > TSR_MAX_RANK)
        return STEP_FAIL(&p, BAD_SHAPE, "dimension %d of %s split into %d; there may be %d in all",
                         dim, shape_of(&p).text, n, TSR_MAX_RANK);
    int64_t product = 1;
    bool    fits = true;
    for (int k = 0; k < n; ++k)
        fits = fits && extents[k] >= 0 && !__builtin_mul_overflow(product, extents[k], &product);
    if (!fits || product != p.map.extent[dim])
        return STEP_FAIL(&p, BAD_SHAPE, "dimension %d of %s, extent %lld, split into %s", dim,
                         shape_of(&p).text, (long long)p.map.extent[dim],
                         shape_text(n, extents).text);
    column_add(&p.map, dim, n - 1);
    int64_t weight = 1;
    for (int k = n - 1; k >= 0; --k) {
        p.map.extent[dim + k] = extents[k];
        for (int r = 0; r < p.map.root_rank; ++r)
            p.map.a[r][dim + k] = p.map.a[r][dim + n - 1] * weight;
        weight *= extents[k] ? extents[k] : 1;
    }
    return step_end(&p);
}

tsr_store tsr_diagonal_(tsr_store s, int a, int b, tsr_site at)
{
    struct step p;
    if (!step_begin(&p, s, at))
        return p.result;
    if (!has_dim(&p, a) || !has_dim(&p, b) || a == b)
        return STEP_FAIL(&p, BAD_ARGUMENT, "the diagonal of dimensions %d and %d of %s", a, b,
                         shape_of(&p).text);
    const int low = a < b ? a : b, high = a < b ? b : a;
    for (int r = 0; r < p.map.root_rank; ++r)
        p.map.a[r][low] += p.map.a[r][high];
    if (p.map.extent[high] < p.map.extent[low])
        p.map.extent[low] = p.map.extent[high];
    column_drop(&p.map, high);
    return step_end(&p);
}
