/* The owner map: what operations do to it.
 *
 * Invariants.  Boxes of one WRITTEN layer do not meet.  Every layer but the newest shows somewhere:
 * one that newer layers cover is gone.  A fetched entry holds the newest version of all its boxes,
 * since a write that meets any of them ends it.  So the holder of an element is: whom the newest layer
 * with that element names, and whoever has it in a fetched entry.
 *
 * Each call first finds out all it needs (which may take memory), then changes the map: when memory
 * is short nothing has changed, and the ranks' maps never part.
 *
 * Cost: owner.h. */
#include "depend/owner_inside.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mutant.h"

/* ---- layers ---- */

static struct owner_layer *layer_create(struct owner_map *m)
{
    struct owner_layer *l = m->spare;
    if (l)
        m->spare = l->next;
    else
        l = base_realloc(NULL, sizeof *l, 1);
    return l;
}

static void layer_free(struct owner_map *m, struct owner_layer *l)
{
    deal_release(l->ranks);
    l->ranks = NULL;
    l->next = m->spare;
    m->spare = l;
}

/* Room for n layers.  More than OWNER_SETTLE_LAYERS only an attach of many tiles makes. */
static bool layers_room(struct owner_map *m, int n)
{
    if (n <= m->layer_room)
        return true;
    const int            room = 2 * n > OWNER_SETTLE_LAYERS ? 2 * n : OWNER_SETTLE_LAYERS;
    struct owner_layer **more = base_realloc(m->layer, (size_t)room, sizeof(struct owner_layer *));
    if (!more)
        return false;
    m->layer = more;
    m->layer_room = room;
    return true;
}

/* A layer with these boxes; NULL: no memory. */
static struct owner_layer *layer_of(struct owner_map *m, enum owner_kind kind, uint64_t number,
                                    struct deal *ranks)
{
    struct owner_layer *l = layer_create(m);
    if (!l)
        return NULL;
    l->kind = kind;
    l->number = l->last_use = number;
    l->hidden = false;
    l->next = NULL;
    l->ranks = deal_keep(ranks);
    return l;
}

/* Does every box of `a` stand inside the same rank's box of `b`?  (Where grids differ: not known.) */
static bool layer_within(const struct owner_layer *a, const struct owner_layer *b)
{
    return deal_within(a->ranks, b->ranks);
}

/* ---- making ---- */

/* Blocks of the longest dimension, as even as they come. */
static struct deal *home_of(const struct owner_map *m)
{
    int d = 0;
    for (int k = 1; k < m->whole.rank; ++k)
        if (m->whole.high[k] > m->whole.high[d])
            d = k;
    return deal_blocks(m->n_ranks, &m->whole, d);
}

struct owner_map *owner_map_create(int n_ranks, int rank, const int64_t *extent)
{
    struct owner_map *m = base_calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->n_ranks = n_ranks;
    m->whole = box_of_shape(rank, extent);
    m->home = home_of(m);
    if (!m->home) {
        owner_map_destroy(m);
        return NULL;
    }
    return m;
}

static bool layers_copy(struct owner_map *to, struct owner_layer **out,
                        struct owner_layer *const *from, int n, int *out_n)
{
    for (int i = 0; i < n; ++i, ++*out_n) {
        out[i] = layer_create(to);
        if (!out[i])
            return false;
        *out[i] = *from[i];
        (void)deal_keep(out[i]->ranks);
    }
    return true;
}

struct owner_map *owner_map_copy(const struct owner_map *m)
{
    struct owner_map *c = owner_map_create(m->n_ranks, m->whole.rank, m->whole.high);
    if (!c)
        return NULL;
    deal_release(c->home);
    c->home = deal_keep(m->home);
    if (!layers_room(c, m->n_layers) ||
        !layers_copy(c, c->layer, m->layer, m->n_layers, &c->n_layers) ||
        !layers_copy(c, c->fetched, m->fetched, m->n_fetched, &c->n_fetched)) {
        owner_map_destroy(c);
        return NULL;
    }
    return c;
}

void owner_map_destroy(struct owner_map *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->n_layers; ++i)
        layer_free(m, m->layer[i]);
    for (int i = 0; i < m->n_fetched; ++i)
        layer_free(m, m->fetched[i]);
    for (struct owner_layer *l = m->spare, *next; l; l = next) {
        next = l->next;
        base_free(l);
    }
    box_list_done(&m->left);
    base_free(m->layer);
    deal_release(m->home);
    base_free(m);
}

bool owner_boxes_disjoint(const struct deal *ranks)
{
    if (ranks->disjoint)
        return true;
    for (int r = 0; r < ranks->n_ranks; ++r) {
        const tsr_box    b = deal_box(ranks, r);
        struct deal_walk w = deal_walk_begin(ranks, &b);
        while (deal_walk_next(&w))
            if (w.r != r)
                return false;
    }
    return true;
}

/* ---- fetched entries ---- */

static void fetched_end(struct owner_map *m, int i)
{
    layer_free(m, m->fetched[i]);
    --m->n_fetched;
    for (; i < m->n_fetched && i + 1 < OWNER_MAX_FETCHED; ++i)
        m->fetched[i] = m->fetched[i + 1];
}

/* Put an entry first: it was used last. */
static void fetched_to_front(struct owner_map *m, struct owner_layer *f, int from)
{
    for (int i = from; i > 0; --i)
        m->fetched[i] = m->fetched[i - 1];
    m->fetched[0] = f;
}

static void fetched_end_met(struct owner_map *m, const struct owner_layer *written)
{
    if (MUTANT(FETCH_KEPT))
        return;
    for (int i = m->n_fetched - 1; i >= 0; --i)
        if (deal_meets(written->ranks, m->fetched[i]->ranks))
            fetched_end(m, i);
}

/* Renew the entry that holds all of `f`; false: none does. */
static bool fetched_renew(struct owner_map *m, const struct owner_layer *f)
{
    for (int i = 0; i < m->n_fetched; ++i) {
        struct owner_layer *e = m->fetched[i];
        if (!layer_within(f, e))
            continue;
        e->last_use = f->number;
        fetched_to_front(m, e, i);
        ++m->n_renewed;
        return true;
    }
    return false;
}

static void fetched_add(struct owner_map *m, struct owner_layer *f)
{
    for (int i = m->n_fetched - 1; i >= 0; --i)
        if (layer_within(m->fetched[i], f))
            fetched_end(m, i);
    if (m->n_fetched == OWNER_MAX_FETCHED)
        fetched_end(m, m->n_fetched - 1);
    fetched_to_front(m, f, m->n_fetched++);
    ++m->n_fetches;
}

/* Has a rank other than r (-1: any) part of m->left by layer `l`? */
static bool others_meet(const struct owner_map *m, const struct owner_layer *l, int r)
{
    for (int i = 0; i < m->left.n; ++i) {
        struct deal_walk w = deal_walk_begin(l->ranks, &m->left.box[i]);
        while (deal_walk_next(&w))
            if (w.r != r)
                return true;
    }
    return false;
}

/* Do the layers alone give rank r all of `b` that anybody wrote?  *out_ok: memory sufficed. */
static bool layers_hold_box(struct owner_map *m, int r, const tsr_box *b, bool *out_ok)
{
    *out_ok = owner_left_begin(m, b);
    for (int i = 0; *out_ok && m->left.n > 0 && i < m->n_layers; ++i) {
        const struct owner_layer *l = m->layer[i];
        const tsr_box             own = owner_layer_box(l, r);
        *out_ok = box_list_subtract(&m->left, &own);
        if (l->kind == OWNER_WRITTEN && others_meet(m, l, r))
            return false;
    }
    return *out_ok;
}

/* Do they give every rank what `f` says it read? */
static bool layers_hold(struct owner_map *m, const struct owner_layer *f, bool *out_ok)
{
    if (m->n_layers > 0 && layer_within(f, m->layer[0]))
        return true;
    const unsigned most = sizeof m->lacking / sizeof m->lacking[0];
    const uint64_t layers = owner_layers_hash(m), asked = f->ranks->hash;
    for (unsigned i = 0; i < most; ++i) /* a loop asks again for what it asked for before */
        if (m->lacking[i].layers == layers && m->lacking[i].asked == asked)
            return false;
    for (int i = 0; i < owner_ranks(f->ranks) && *out_ok; ++i) {
        const int     r = owner_rank_at(f->ranks, i);
        const tsr_box b = owner_layer_box(f, r);
        if (box_is_empty(&b) || layers_hold_box(m, r, &b, out_ok))
            continue;
        if (*out_ok) {
            m->lacking[m->n_lacking % most].layers = layers;
            m->lacking[m->n_lacking++ % most].asked = asked;
        }
        return false;
    }
    return *out_ok;
}

bool owner_map_fetched(struct owner_map *m, uint64_t number, struct deal *ranks)
{
    struct owner_layer *f = layer_of(m, OWNER_FETCHED, number, ranks);
    if (!f)
        return false;
    bool       ok = true;
    const bool held = layers_hold(m, f, &ok);
    if (!ok || held || fetched_renew(m, f))
        layer_free(m, f);
    else
        fetched_add(m, f);
    return ok;
}

bool owner_map_expire(struct owner_map *m, uint64_t number)
{
    const int before = m->n_fetched;
    for (int i = m->n_fetched - 1; i >= 0; --i)
        if (number > m->fetched[i]->last_use + OWNER_FETCHED_LIFE)
            fetched_end(m, i);
    return m->n_fetched < before;
}

/* ---- writing ---- */

/* Is rank r the one owner of all of `b` (r = -1: do all ranks hold it by REPLICATED layers)?
 * *out_ok: memory sufficed. */
static bool is_owner(struct owner_map *m, int r, const tsr_box *b, bool *out_ok)
{
    *out_ok = owner_left_begin(m, b);
    for (int i = 0; *out_ok && m->left.n > 0 && i < m->n_layers; ++i) {
        const struct owner_layer *l = m->layer[i];
        const bool                all = l->kind == OWNER_REPLICATED;
        if (all ? r >= 0 && owner_list_meets(&m->left, &l->ranks->hull) : others_meet(m, l, r))
            return false;
        if ((r < 0) == all) { /* else it has none of m->left */
            const tsr_box own = owner_layer_box(l, r < 0 ? 0 : r);
            *out_ok = box_list_subtract(&m->left, &own);
        }
    }
    return *out_ok && m->left.n == 0;
}

/* Does the write `w` change who owns what? */
static bool is_in_place(struct owner_map *m, const struct owner_layer *w, bool *out_ok)
{
    *out_ok = true;
    if (m->n_layers > 0 && m->layer[0]->kind == w->kind && layer_within(w, m->layer[0]))
        return true;
    if (w->kind == OWNER_REPLICATED)
        return is_owner(m, -1, &w->ranks->hull, out_ok);
    for (int i = 0; i < owner_ranks(w->ranks); ++i) {
        const int     r = owner_rank_at(w->ranks, i);
        const tsr_box b = owner_layer_box(w, r);
        if (!box_is_empty(&b) && !is_owner(m, r, &b, out_ok))
            return false;
    }
    return true;
}

/* Take from m->left what `l` has of it. */
static bool left_take(struct owner_map *m, const struct owner_layer *l)
{
    tsr_box met = {.rank = m->whole.rank};
    for (int i = 0; i < m->left.n; ++i)
        met = box_hull(&met, &m->left.box[i]);
    if (l->ranks->solid && l->kind != OWNER_FETCHED)
        return box_list_subtract(&m->left, &l->ranks->hull);
    struct deal_walk w = deal_walk_begin(l->ranks, &met);
    while (m->left.n > 0 && deal_walk_next(&w))
        if (owner_list_meets(&m->left, &w.box) && !box_list_subtract(&m->left, &w.box))
            return false;
    return true;
}

/* Is a box of an older layer covered by `w` and the layers newer than number `i`? */
static bool box_is_hidden(struct owner_map *m, const struct owner_layer *w, int i, const tsr_box *b,
                          bool *out_ok)
{
    *out_ok = owner_left_begin(m, b);
    for (int k = -1; *out_ok && m->left.n > 0 && k < i; ++k)
        *out_ok = left_take(m, k < 0 ? w : m->layer[k]);
    return *out_ok && m->left.n == 0;
}

/* Will layer i show nothing once `w` is on top? */
static bool is_hidden(struct owner_map *m, const struct owner_layer *w, int i, bool *out_ok)
{
    const struct owner_layer *old = m->layer[i];
    *out_ok = true;
    if (w->ranks->solid && box_contains(&w->ranks->hull, &old->ranks->hull))
        return true;
    if (!box_meets(&w->ranks->hull, &old->ranks->hull))
        return false;
    if (old->ranks->solid) /* the hull is what it shows */
        return box_is_hidden(m, w, i, &old->ranks->hull, out_ok);
    for (int k = 0; k < owner_ranks(old->ranks); ++k) {
        const tsr_box b = owner_layer_box(old, owner_rank_at(old->ranks, k));
        if (!box_is_empty(&b) && !box_is_hidden(m, w, i, &b, out_ok))
            return false;
    }
    return true;
}

/* Mark the layers that `w` on top will hide.  False: no memory. */
static bool find_hidden(struct owner_map *m, const struct owner_layer *w)
{
    bool ok = true;
    for (int i = 0; ok && i < m->n_layers; ++i)
        m->layer[i]->hidden = is_hidden(m, w, i, &ok);
    return ok;
}

/* Drop those that are marked. */
static void layers_drop(struct owner_map *m)
{
    int kept = 0;
    for (int i = 0; i < m->n_layers; ++i) {
        if (m->layer[i]->hidden)
            layer_free(m, m->layer[i]);
        else
            m->layer[kept++] = m->layer[i];
    }
    m->n_layers = kept;
}

/* A partition of all of the root becomes home, unless fewer ranks have a part of it. */
static void home_update(struct owner_map *m, const struct owner_layer *w)
{
    if (w->kind != OWNER_WRITTEN || !w->ranks->solid || !box_equal(&w->ranks->hull, &m->whole) ||
        w->ranks == m->home || deal_count(w->ranks) < deal_count(m->home))
        return;
    deal_release(m->home);
    m->home = deal_keep(w->ranks);
}

static void layer_push(struct owner_map *m, struct owner_layer *w)
{
    assert(m->n_layers < m->layer_room);
    for (int i = m->n_layers++; i > 0; --i)
        m->layer[i] = m->layer[i - 1];
    m->layer[0] = w;
    w->hidden = false;
    if (MUTANT(LOST_LAYER) && m->n_layers > 2)
        layer_free(m, m->layer[--m->n_layers]);
    home_update(m, w);
}

/* A write with the boxes of `w`, which it takes over. */
static bool map_write(struct owner_map *m, struct owner_layer *w)
{
    bool       ok = true;
    const bool in_place = w->ranks->kind == DEAL_NONE || is_in_place(m, w, &ok);
    if (ok && !in_place)
        ok = layers_room(m, m->n_layers + 1) && find_hidden(m, w);
    if (!ok) {
        layer_free(m, w);
        return false;
    }
    ++m->n_writes;
    fetched_end_met(m, w);
    if (in_place) {
        ++m->n_in_place;
        layer_free(m, w);
        return true;
    }
    layers_drop(m);
    layer_push(m, w);
    return true;
}

bool owner_map_write(struct owner_map *m, uint64_t number, struct deal *ranks)
{
    struct owner_layer *w = layer_of(m, OWNER_WRITTEN, number, ranks);
    return w && map_write(m, w);
}

bool owner_map_replicate(struct owner_map *m, uint64_t number, const tsr_box *box)
{
    struct deal        *all = deal_all(m->n_ranks, box);
    struct owner_layer *w = all ? layer_of(m, OWNER_REPLICATED, number, all) : NULL;
    deal_release(all);
    return w && map_write(m, w);
}

/* ---- settling ---- */

bool owner_map_must_settle(const struct owner_map *m)
{
    return m->n_layers >= OWNER_SETTLE_LAYERS;
}

bool owner_map_settle(struct owner_map *m, uint64_t number, struct deal *ranks)
{
    struct owner_layer *w = layers_room(m, 1) ? layer_of(m, OWNER_WRITTEN, number, ranks) : NULL;
    if (!w)
        return false;
    while (m->n_fetched > 0)
        fetched_end(m, m->n_fetched - 1);
    while (m->n_layers > 0)
        layer_free(m, m->layer[--m->n_layers]);
    layer_push(m, w);
    ++m->n_settles;
    return true;
}

struct deal *owner_map_home(const struct owner_map *m)
{
    return m->home;
}
