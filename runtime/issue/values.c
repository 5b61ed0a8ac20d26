/* issue/values.c - values back to the program.
 *
 * One rank: wait for the last writer, look up whether it failed, copy out of the instance.  Several: an
 * operation of no points makes every rank hold what is asked for, then all agree on what failed up to
 * it, and each copies out of its own memory.
 *
 * Cost: O(elements).  Threads: issuing thread. */
#include <stdio.h>
#include <string.h>

#include "issue/internal.h"
#include "issue/issue.h"
#include "solve/solve.h"

static const tsr_task_desc gather_task = {
    .name = "tessera.gather",
    .args = {{.access = TSR_READ, .name = "store"}},
    .constraints = {TSR_BROADCAST(0)},
    .pure = true,
};

/* A plan without points: every rank reads its box of `asked`. */
static struct plan *gather_plan(struct tsr_runtime *rt, struct root *root, struct view *view,
                                struct deal *asked)
{
    const tsr_box nowhere = {.rank = 0};
    struct plan *p = asked != NULL ? base_calloc(1, plan_size(1)) : NULL;
    if (p == NULL)
        return NULL;
    struct plan_arg *pa = &p->arg[0];
    p->users = 1;
    p->desc = &gather_task;
    p->n_args = 1;
    p->n_ranks = rt->n_ranks;
    p->alone = -1;
    pa->store = true;
    pa->access = TSR_READ;
    pa->rank = view->rank;
    pa->view = view;
    ++view->users;
    for (int d = 0; d < TSR_MAX_RANK; ++d)
        pa->cut_by[d] = -1;
    const tsr_box whole = box_of_shape(root->rank, root->extent);
    pa->all = region_of_box(&whole);
    pa->ranks = deal_keep(asked);
    p->iteration = deal_all(rt->n_ranks, &nowhere);
    if (p->iteration != NULL)
        return p;
    plan_release(p);
    return NULL;
}

uint64_t gather_issue(struct tsr_runtime *rt, struct root *root, struct view *view,
                      struct deal *asked, tsr_site at)
{
    struct operation op = {.desc = &gather_task, .n_args = 1, .site = at};
    op.plan = gather_plan(rt, root, view, asked);
    op.arg[0].root = root;
    op.arg[0].view = view;
    op.arg[0].type = root->type;
    ++view->users;
    if (op.plan == NULL)
        op.status = network_short_of_memory(rt->network, "the gathering of a store");
    return issue_take_closed(rt, &op);
}

uint64_t gather_box(struct tsr_runtime *rt, struct root *root, struct view *view, const tsr_box *box,
                    tsr_site at)
{
    struct deal *asked = deal_all(rt->n_ranks, box);
    const uint64_t number = gather_issue(rt, root, view, asked, at);
    deal_release(asked);
    return number;
}

uint64_t values_together(struct tsr_runtime *rt, struct root *root, struct view *view,
                         const tsr_box *box, tsr_site at)
{
    const uint64_t closed = rt->issue->closed; /* a reader in the window may bring parts together */
    if (root->last_writer > closed || (root->parts != NULL && root->last_use > closed))
        issue_close(rt);
    if (root->parts == NULL || root_instance_of(root, box) != NULL)
        return root->last_writer;
    return gather_box(rt, root, view, box, at);
}

static tsr_status answer(struct tsr_runtime *rt, const struct root *root, const struct view *view,
                         tsr_site at, const char *what)
{
    const struct trace *t = failure_find(rt, root, view);
    return t == NULL ? TSR_OK : trace_raise(t, at, what);
}

/* What a gather brought is all here, on every rank: it writes nothing, so no root's list has its
 * failure. */
static tsr_status gathered(struct tsr_runtime *rt, uint64_t number, tsr_site at, const char *what)
{
    const struct trace *t = rt->n_ranks > 1 ? failure_of(rt, number) : NULL;
    return t == NULL ? TSR_OK : trace_raise(t, at, what);
}

/* Everything that wrote the root is retired, here and (several ranks) known everywhere. */
static tsr_status settle(struct tsr_runtime *rt, const struct root *root, uint64_t number, tsr_site at)
{
    network_stream_note(rt->network, number, root->number, at);
    issue_wait(rt, number);
    const tsr_status lost = network_check(rt->network);
    return lost != TSR_OK ? lost : failure_agree(rt, number);
}

tsr_status values_status(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_site at)
{
    const tsr_status status = settle(rt, root, root->last_writer, at);
    return status != TSR_OK ? status : answer(rt, root, view, at, "tsr_store_status()");
}

static tsr_status lies_apart(tsr_site at)
{
    return tsr_fail_(at, TSR_NO_MEMORY, "no memory to bring a store together");
}

static tsr_status copy_out(const struct root *root, const struct view *view, const tsr_box *box,
                           void *out, tsr_site at)
{
    const struct instance *i = root_instance_of(root, box);
    int64_t stride[TSR_MAX_RANK], dense[TSR_MAX_RANK], n = 1;
    if (i == NULL && root->instance != NULL)
        return lies_apart(at);
    if (i == NULL) { /* nobody ever wrote it */
        memset(out, 0, (size_t)view_volume(view) * root->element_bytes);
        return TSR_OK;
    }
    const int64_t offset = view_strides(view, i->stride, stride);
    for (int d = view->rank - 1; d >= 0; --d) {
        dense[d] = n;
        n *= view->extent[d];
    }
    const char *from = instance_origin(i, root->element_bytes) +
                       offset * (int64_t)root->element_bytes;
    strided_copy(view->rank, view->extent, root->element_bytes, out, dense, from, stride);
    return TSR_OK;
}

tsr_status values_read(struct tsr_runtime *rt, int only, struct root *root, struct view *view,
                       void *out, tsr_site at)
{
    uint64_t number;
    if (view_volume(view) == 0)
        return values_status(rt, root, view, at);
    const tsr_box all = box_of_shape(view->rank, view->extent);
    const struct region r = view_region(view, &all);
    const tsr_box box = region_hull(&r);
    if (rt->n_ranks > 1) {
        struct deal *asked = only < 0 ? deal_all(rt->n_ranks, &box) : deal_one(rt->n_ranks, only, &box);
        network_stream_note(rt->network, rt->issue->last, (uint64_t)only, at);
        number = gather_issue(rt, root, view, asked, at);
        deal_release(asked);
    } else {
        number = values_together(rt, root, view, &box, at);
    }
    const tsr_status status = settle(rt, root, number, at);
    if (status != TSR_OK)
        return status;
    const tsr_status failed = answer(rt, root, view, at, "a value was asked for");
    if (failed != TSR_OK)
        return failed;
    TSR_TRY(gathered(rt, number, at, "a value was asked for"));
    return out == NULL || rt->simulated ? TSR_OK : copy_out(root, view, &box, out, at);
}

/* A box of the view's whose elements lie in `mine` of the root, clipped to the view. */
static bool piece_of(const struct view *view, const tsr_box *mine, tsr_box *out)
{
    *out = solve_view_box(view, mine);
    for (int d = 0; d < view->rank; ++d) {
        out->low[d] = out->low[d] < 0 ? 0 : out->low[d];
        out->high[d] = out->high[d] > view->extent[d] ? view->extent[d] : out->high[d];
        if (out->low[d] >= out->high[d])
            return false;
    }
    const struct region r = view_region(view, out);
    const tsr_box hull = region_hull(&r);
    return box_contains(mine, &hull); /* a dropped dimension may lie outside */
}

tsr_status values_local(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_piece *out,
                        int capacity, int *out_n, tsr_site at)
{
    tsr_box mine = box_of_shape(root->rank, root->extent);
    uint64_t number;
    bool has = view_volume(view) > 0 && !rt->simulated; /* there is no memory to point at */
    if (rt->n_ranks > 1) {
        issue_close(rt); /* the map is that of what was issued, and may be another one */
        struct owner_map *map = depend_owners(rt, root);
        if (map == NULL)
            return network_short_of_memory(rt->network, "an owner map");
        /* boxes of a view that is not exact are not boxes of the root: the first rank has all of them */
        struct deal *asked = view->exact ? deal_keep(owner_map_home(map)) : deal_one(rt->n_ranks, 0, &mine);
        if (asked == NULL)
            return network_short_of_memory(rt->network, "the pieces of a store");
        mine = deal_box(asked, rt->rank);
        has = has && !box_is_empty(&mine);
        number = gather_issue(rt, root, view, asked, at);
        deal_release(asked);
    } else {
        number = values_together(rt, root, view, &mine, at);
    }
    tsr_status status = settle(rt, root, number, at);
    if (status == TSR_OK)
        status = answer(rt, root, view, at, "tsr_local_pieces()");
    if (status == TSR_OK)
        status = gathered(rt, number, at, "tsr_local_pieces()");
    if (status != TSR_OK)
        return status;
    tsr_piece piece;
    *out_n = 0;
    if (!has || root->instance == NULL || !piece_of(view, &mine, &piece.box))
        return TSR_OK;
    const struct instance *i = root_instance_of(root, &mine);
    if (i == NULL)
        return lies_apart(at);
    const int64_t offset = view_strides(view, i->stride, piece.stride);
    char *at_zero = instance_origin(i, root->element_bytes) +
                    offset * (int64_t)root->element_bytes;
    int64_t low = 0;
    for (int d = 0; d < view->rank; ++d)
        low += piece.box.low[d] * piece.stride[d];
    piece.data = at_zero + low * (int64_t)root->element_bytes;
    *out_n = 1;
    if (capacity > 0)
        out[0] = piece;
    return TSR_OK;
}

/* ---- attached memory ---- */

/* What a rank says of a tile, or of tiles that are no list: then it is all that it says. */
enum tile_flaw { TILE_GOOD, TILE_NO_MEMORY, TILES_NONE, TILES_NEGATIVE };
struct wire_tile {
    tsr_box box;
    int32_t flaw;
};

static bool box_is_inverted(const tsr_box *b)
{
    for (int d = 0; d < b->rank; ++d)
        if (b->high[d] < b->low[d])
            return true;
    return false;
}

/* This rank's tiles as the others hear of them; NULL: no memory. */
static struct wire_tile *tiles_say(const tsr_tile *tiles, int n, enum tile_flaw flaw, size_t *out_n)
{
    struct wire_tile *mine = base_calloc((size_t)n + 1, sizeof *mine);
    if (mine == NULL)
        return NULL;
    mine[0].flaw = (int32_t)flaw;
    *out_n = flaw != TILE_GOOD ? 1 : (size_t)n;
    for (int i = 0; i < n; ++i) {
        mine[i].box = tiles[i].box;
        if (tiles[i].data == NULL && (unsigned)tiles[i].box.rank <= TSR_MAX_RANK &&
            !box_is_empty(&tiles[i].box))
            mine[i].flaw = TILE_NO_MEMORY;
    }
    return mine;
}

static const struct wire_tile *tile_of(const struct network_gathered *g, size_t i)
{
    return &((const struct wire_tile *)(const void *)g->data)[i];
}

/* Whose is tile `i` of all ranks'? */
static int tile_rank(const struct tsr_runtime *rt, const struct network_gathered *g, size_t i)
{
    int r = 0;
    while (r + 1 < rt->n_ranks && g->offset[r + 1] <= i * sizeof(struct wire_tile))
        ++r;
    return r;
}

/* "tile 0 of rank 2, [0, 4) x [6, 9)" */
struct tile_name {
    char text[TSR_MAX_RANK * 48 + 64];
};

static struct tile_name tile_name(const struct tsr_runtime *rt, const struct network_gathered *g,
                                  size_t i)
{
    struct tile_name name;
    const tsr_box   *b = &tile_of(g, i)->box;
    const int        r = tile_rank(rt, g, i);
    int              n = snprintf(name.text, sizeof name.text, "tile %zu of rank %d",
                                  i - g->offset[r] / sizeof(struct wire_tile), r);
    for (int d = 0; d < b->rank && d < TSR_MAX_RANK; ++d)
        n += snprintf(name.text + n, sizeof name.text - (size_t)n, "%s[%lld, %lld)",
                      d == 0 ? ", " : " x ", (long long)b->low[d], (long long)b->high[d]);
    return name;
}

/* Is tile `i` of all ranks' sound, and does it meet none before it? */
static tsr_status tile_check(const struct tsr_runtime *rt, const tsr_box *whole,
                             const struct network_gathered *g, size_t i, tsr_site at)
{
    const struct wire_tile *t = tile_of(g, i);
    if (t->flaw == TILES_NONE || t->flaw == TILES_NEGATIVE)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "rank %d: %s", tile_rank(rt, g, i),
                         t->flaw == TILES_NONE ? "no tiles, and a number of them"
                                               : "a negative number of tiles");
    if (t->flaw == TILE_NO_MEMORY)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "no memory to attach: %s", tile_name(rt, g, i).text);
    if (t->box.rank == whole->rank && box_is_inverted(&t->box))
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%s ends before it begins",
                         tile_name(rt, g, i).text);
    if (t->box.rank != whole->rank || !box_contains(whole, &t->box))
        return tsr_fail_(at, TSR_BAD_SHAPE, "%s, of %d dimensions, passes the store's shape",
                         tile_name(rt, g, i).text, t->box.rank);
    for (size_t k = 0; k < i; ++k)
        if (box_meets(&t->box, &tile_of(g, k)->box))
            return tsr_fail_(at, TSR_OVERLAP, "%s meets %s", tile_name(rt, g, i).text,
                             tile_name(rt, g, k).text);
    return TSR_OK;
}

/* All ranks' tiles: each sound, none meets another, together they cover the store. */
static tsr_status tiles_check(const struct tsr_runtime *rt, const struct root *root,
                              const struct network_gathered *g, tsr_site at)
{
    const size_t  all = g->offset[rt->n_ranks] / sizeof(struct wire_tile);
    const tsr_box whole = box_of_shape(root->rank, root->extent);
    int64_t       volume = 0;
    for (size_t i = 0; i < all; ++i) {
        TSR_TRY(tile_check(rt, &whole, g, i, at));
        volume += box_volume(&tile_of(g, i)->box);
    }
    if (volume != box_volume(&whole))
        return tsr_fail_(at, TSR_BAD_SHAPE, "tiles cover %lld of %lld elements", (long long)volume,
                         (long long)box_volume(&whole));
    return TSR_OK;
}

/* This rank's tiles as its instance: in place when there is one, else copied side by side. */
static tsr_status tiles_place(struct tsr_runtime *rt, struct root *root, const tsr_tile *tiles, int n)
{
    if (n == 0)
        return TSR_OK;
    if (n == 1) {
        root->instance = instance_attach(rt, root, &tiles[0].box, tiles[0].data);
        return root->instance != NULL ? TSR_OK
                                      : network_short_of_memory(rt->network, "a tile of a store");
    }
    tsr_box hull = tiles[0].box;
    for (int i = 1; i < n; ++i)
        hull = box_hull(&hull, &tiles[i].box);
    root->instance = instance_create(rt, root, &hull);
    if (root->instance == NULL)
        return network_short_of_memory(rt->network, "the tiles of a store");
    for (int i = 0; i < n; ++i) {
        int64_t extent[TSR_MAX_RANK], dense[TSR_MAX_RANK], k = 1;
        for (int d = hull.rank - 1; d >= 0; --d) {
            extent[d] = tiles[i].box.high[d] - tiles[i].box.low[d];
            dense[d] = k;
            k *= extent[d];
        }
        if (!box_is_empty(&tiles[i].box))
            strided_copy(hull.rank, extent, root->element_bytes,
                         instance_address(root->instance, tiles[i].box.low, root->element_bytes),
                         root->instance->stride, tiles[i].data, dense);
    }
    return TSR_OK;
}

/* Kept for the way back; the box of a 0-dimensional store is that of its root, a row of one. */
static void tiles_remember(struct root *root, const tsr_tile *tiles, int n)
{
    root->tiles = base_calloc((size_t)n + 1, sizeof *root->tiles);
    root->n_tiles = root->tiles != NULL ? n : 0;
    for (int i = 0; i < root->n_tiles; ++i) {
        root->tiles[i] = tiles[i];
        if (tiles[i].box.rank == 0 && root->whole->rank == 0)
            root->tiles[i].box = box_of_shape(root->rank, root->extent);
    }
}

/* The owner map learns of all ranks' tiles: a layer for the first of each, one for the second, and so on. */
static bool tiles_tell(const struct tsr_runtime *rt, const struct root *root, struct owner_map *map,
                       uint64_t number, const struct network_gathered *g)
{
    tsr_box *boxes = base_calloc((size_t)rt->n_ranks, sizeof *boxes);
    bool ok = boxes != NULL, any = true;
    for (size_t turn = 0; ok && any; ++turn) {
        any = false;
        for (int r = 0; r < rt->n_ranks; ++r) {
            const size_t count = (g->offset[r + 1] - g->offset[r]) / sizeof(struct wire_tile);
            boxes[r] = (tsr_box){.rank = -1};
            if (turn < count) {
                boxes[r] =
                    ((const struct wire_tile *)(const void *)(g->data + g->offset[r]))[turn].box;
                any = true;
            }
        }
        struct deal *ranks = any ? deal_list(rt->n_ranks, root->rank, boxes) : NULL;
        ok = !any || (ranks != NULL && owner_map_write(map, number, ranks));
        deal_release(ranks);
    }
    base_free(boxes);
    return ok;
}

/* Each rank brings its own, and hears what is wrong with anybody's. */
static tsr_status tiles_join(struct tsr_runtime *rt, struct root *root, struct owner_map *map,
                             enum tile_flaw flaw, tsr_site at)
{
    const uint64_t          number = rt->issue->last;
    struct network_gathered g;
    size_t                  n = 0;
    struct wire_tile       *mine = tiles_say(root->tiles, root->n_tiles, flaw, &n);
    if (mine == NULL)
        return network_short_of_memory(rt->network, "the tiles of a store");
    issue_wait(rt, number);
    tsr_status status = network_allgatherv(rt->network, number, mine, n * sizeof *mine, &g);
    base_free(mine);
    if (status != TSR_OK)
        return status;
    status = tiles_check(rt, root, &g, at);
    if (status == TSR_OK && map != NULL && !tiles_tell(rt, root, map, number, &g))
        status = network_short_of_memory(rt->network, "an owner map");
    network_gathered_done(&g);
    return status;
}

tsr_status values_attach(struct tsr_runtime *rt, struct root *root, const tsr_tile *tiles, int n,
                         bool whole, tsr_site at)
{
    const enum tile_flaw flaw = n < 0                    ? TILES_NEGATIVE
                                : n > 0 && tiles == NULL ? TILES_NONE
                                                         : TILE_GOOD;
    tsr_tile             one;
    root->attached_whole = whole;
    if (whole) {
        one = tiles[0];
        one.box = box_of_shape(root->rank, root->extent);
        tiles = &one;
    }
    n = flaw != TILE_GOOD ? 0 : whole ? 1 : n;
    tiles_remember(root, tiles, n);
    if (root->tiles == NULL)
        return network_short_of_memory(rt->network, "the tiles of a store");
    issue_close(rt);
    struct owner_map *map = rt->n_ranks > 1 ? depend_owners(rt, root) : NULL;
    if (rt->n_ranks > 1 && map == NULL)
        return network_short_of_memory(rt->network, "an owner map");
    if (!whole && rt->simulated)
        return tsr_fail_(at, TSR_NOT_ALLOWED, "a simulated run does not know the other ranks' tiles");
    if (!whole)
        TSR_TRY(tiles_join(rt, root, map, flaw, at));
    else if (map != NULL && !owner_map_replicate(map, rt->issue->last, &one.box))
        return network_short_of_memory(rt->network, "an owner map");
    return tiles_place(rt, root, root->tiles, n);
}

static void tile_back(const struct root *root, const tsr_tile *t)
{
    int64_t extent[TSR_MAX_RANK], dense[TSR_MAX_RANK], k = 1;
    for (int d = t->box.rank - 1; d >= 0; --d) {
        extent[d] = t->box.high[d] - t->box.low[d];
        dense[d] = k;
        k *= extent[d];
    }
    const char *from = instance_address(root->instance, t->box.low, root->element_bytes);
    if (from != (const char *)t->data && !box_is_empty(&t->box))
        strided_copy(t->box.rank, extent, root->element_bytes, t->data, dense, from,
                     root->instance->stride);
}

tsr_status values_detach(struct tsr_runtime *rt, struct root *root, tsr_site at)
{
    uint64_t number = root->last_use;
    const bool gathers = rt->n_ranks > 1 && root->attach_mode == TSR_ATTACH_WRITE;
    if (gathers) {
        tsr_box mine = {.rank = root->rank}, *asked = base_calloc((size_t)rt->n_ranks, sizeof *asked);
        if (asked == NULL)
            return network_short_of_memory(rt->network, "the tiles of a store");
        for (int i = 0; i < root->n_tiles; ++i)
            mine = i == 0 ? root->tiles[i].box : box_hull(&mine, &root->tiles[i].box);
        issue_wait(rt, rt->issue->last);
        const tsr_status status =
            network_allgather(rt->network, rt->issue->last, &mine, sizeof mine, asked);
        struct deal *ranks = status == TSR_OK ? deal_list(rt->n_ranks, root->rank, asked) : NULL;
        base_free(asked);
        if (status != TSR_OK)
            return status;
        number = gather_issue(rt, root, root->whole, ranks, at);
        deal_release(ranks);
    }
    tsr_status status = settle(rt, root, number, at);
    if (status == TSR_OK)
        status = answer(rt, root, root->whole, at, "tsr_detach()");
    if (status == TSR_OK && gathers)
        status = gathered(rt, number, at, "tsr_detach()");
    for (int i = 0; i < root->n_tiles && root->attach_mode == TSR_ATTACH_WRITE &&
                    status == TSR_OK && root->instance != NULL && !rt->simulated; ++i)
        tile_back(root, &root->tiles[i]);
    return status;
}
