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
 * Cost: owner.h.  The usual write, with the boxes of the newest layer or covering all of it, is
 * O(ranks) without a list. */
#include "depend/owner_inside.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/mutant.h"

/* ---- layers ---- */

static struct owner_layer *layer_create(struct owner_map *m)
{
    struct owner_layer *l = m->spare;
    if (l)
        m->spare = l->next;
    else
        l = base_realloc(NULL, sizeof *l + (size_t)m->n_ranks * sizeof l->box[0], 1);
    return l;
}

static void layer_free(struct owner_map *m, struct owner_layer *l)
{
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

static uint64_t hash_box(uint64_t h, int r, const tsr_box *b)
{
    if (box_is_empty(b))
        return h;
    h = hash_word(h, (uint64_t)r);
    h = hash_words(h, b->low, (size_t)b->rank);
    return hash_words(h, b->high, (size_t)b->rank);
}

/* Set what follows from a layer's boxes: hull, solid, hash. */
static void layer_finish(const struct owner_map *m, struct owner_layer *l)
{
    const int n = l->kind == OWNER_REPLICATED ? 1 : m->n_ranks;
    int64_t   volume = 0;
    l->hull = (tsr_box){.rank = m->whole.rank};
    l->hash = hash_word(0, (uint64_t)l->kind);
    for (int r = 0; r < n; ++r) {
        l->hull = box_hull(&l->hull, &l->box[r]);
        l->hash = hash_box(l->hash, r, &l->box[r]);
        if (__builtin_add_overflow(volume, box_volume(&l->box[r]), &volume))
            volume = -1; /* boxes of a fetched entry may meet */
    }
    l->solid = l->kind != OWNER_FETCHED && volume == box_volume(&l->hull);
}

/* A layer with these boxes; NULL: no memory. */
static struct owner_layer *layer_of(struct owner_map *m, enum owner_kind kind, uint64_t number,
                                    const tsr_box *rank_box)
{
    struct owner_layer *l = layer_create(m);
    if (!l)
        return NULL;
    l->kind = kind;
    l->number = l->last_use = number;
    l->next = NULL;
    const int n = kind == OWNER_REPLICATED ? 1 : m->n_ranks;
    for (int r = 0; r < n; ++r) {
        tsr_box room;
        l->box[r] = *owner_box_in(m, &rank_box[r], &room);
    }
    layer_finish(m, l);
    return l;
}

/* Does every box of `a` stand inside the same rank's box of `b`? */
static bool layer_within(const struct owner_map *m, const struct owner_layer *a,
                         const struct owner_layer *b)
{
    for (int r = 0; r < m->n_ranks; ++r)
        if (!box_contains(owner_layer_box(b, r), owner_layer_box(a, r)))
            return false;
    return true;
}

/* ---- making ---- */

/* Blocks of the longest dimension, as even as they come. */
static void home_init(struct owner_map *m)
{
    int d = 0;
    for (int k = 1; k < m->whole.rank; ++k)
        if (m->whole.high[k] > m->whole.high[d])
            d = k;
    const int64_t extent = m->whole.high[d], n = m->n_ranks;
    for (int r = 0; r < m->n_ranks; ++r) {
        tsr_box b = m->whole;
        b.low[d] = extent / n * r + extent % n * r / n;
        b.high[d] = extent / n * (r + 1) + extent % n * (r + 1) / n;
        m->home[r] = owner_box_out(m, &b);
        m->n_home += !box_is_empty(&b);
    }
}

struct owner_map *owner_map_create(int n_ranks, int rank, const int64_t *extent)
{
    struct owner_map *m = base_calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->n_ranks = n_ranks;
    m->single = rank == 0;
    m->whole = box_of_shape(m->single ? 1 : rank, m->single ? &(int64_t){1} : extent);
    m->home = base_calloc((size_t)n_ranks, sizeof *m->home);
    if (!m->home) {
        owner_map_destroy(m);
        return NULL;
    }
    home_init(m);
    return m;
}

static bool layers_copy(struct owner_map *to, struct owner_layer **out,
                        struct owner_layer *const *from, int n, int *out_n)
{
    for (int i = 0; i < n; ++i, ++*out_n) {
        out[i] = layer_create(to);
        if (!out[i])
            return false;
        const size_t boxes = from[i]->kind == OWNER_REPLICATED ? 1 : (size_t)to->n_ranks;
        memcpy(out[i], from[i], sizeof *out[i] + boxes * sizeof out[i]->box[0]);
    }
    return true;
}

struct owner_map *owner_map_copy(const struct owner_map *m)
{
    struct owner_map *c =
        owner_map_create(m->n_ranks, m->single ? 0 : m->whole.rank, m->whole.high);
    if (!c)
        return NULL;
    memcpy(c->home, m->home, (size_t)m->n_ranks * sizeof *m->home);
    c->n_home = m->n_home;
    c->home_hash = m->home_hash;
    if (!layers_room(c, m->n_layers) || !layers_copy(c, c->layer, m->layer, m->n_layers, &c->n_layers) ||
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
        base_free(m->layer[i]);
    for (int i = 0; i < m->n_fetched; ++i)
        base_free(m->fetched[i]);
    for (struct owner_layer *l = m->spare, *next; l; l = next) {
        next = l->next;
        base_free(l);
    }
    box_list_done(&m->left);
    base_free(m->layer);
    base_free(m->home);
    base_free(m);
}

bool owner_boxes_disjoint(const tsr_box *rank_box, int n_ranks)
{
    for (int r = 0; r < n_ranks; ++r)
        for (int q = 0; q < r; ++q)
            if (rank_box[r].rank >= 0 && rank_box[q].rank >= 0 &&
                box_meets(&rank_box[r], &rank_box[q]) && !box_is_empty(&rank_box[r]) &&
                !box_is_empty(&rank_box[q]))
                return false;
    return true;
}

/* ---- fetched entries ---- */

static void fetched_end(struct owner_map *m, int i)
{
    layer_free(m, m->fetched[i]);
    --m->n_fetched;
    for (; i < m->n_fetched; ++i)
        m->fetched[i] = m->fetched[i + 1];
}

/* Put an entry first: it was used last. */
static void fetched_to_front(struct owner_map *m, struct owner_layer *f, int from)
{
    for (int i = from; i > 0; --i)
        m->fetched[i] = m->fetched[i - 1];
    m->fetched[0] = f;
}

/* Does a box of `a` meet a box of `b`, whosever? */
static bool layers_meet(const struct owner_map *m, const struct owner_layer *a,
                        const struct owner_layer *b)
{
    if (!box_meets(&a->hull, &b->hull))
        return false;
    const int na = a->kind == OWNER_REPLICATED ? 1 : m->n_ranks;
    for (int r = 0; r < na; ++r)
        for (int q = 0; q < m->n_ranks && box_meets(&a->box[r], &b->hull); ++q)
            if (!box_is_empty(&a->box[r]) && !box_is_empty(&b->box[q]) &&
                box_meets(&a->box[r], &b->box[q]))
                return true;
    return false;
}

static void fetched_end_met(struct owner_map *m, const struct owner_layer *written)
{
    if (MUTANT(FETCH_KEPT))
        return;
    for (int i = m->n_fetched - 1; i >= 0; --i)
        if (layers_meet(m, written, m->fetched[i]))
            fetched_end(m, i);
}

/* Renew the entry that holds all of `f`; false: none does. */
static bool fetched_renew(struct owner_map *m, const struct owner_layer *f)
{
    for (int i = 0; i < m->n_fetched; ++i) {
        struct owner_layer *e = m->fetched[i];
        if (!layer_within(m, f, e))
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
        if (layer_within(m, m->fetched[i], f))
            fetched_end(m, i);
    if (m->n_fetched == OWNER_MAX_FETCHED)
        fetched_end(m, m->n_fetched - 1);
    fetched_to_front(m, f, m->n_fetched++);
    ++m->n_fetches;
}

/* Do the layers alone give every rank what `f` says it read?  *out_ok: memory sufficed. */
static bool layers_hold(struct owner_map *m, const struct owner_layer *f, bool *out_ok)
{
    if (m->n_layers > 0 && layer_within(m, f, m->layer[0]))
        return true;
    for (int r = 0; r < m->n_ranks; ++r) {
        *out_ok = *out_ok && owner_left_begin(m, &f->box[r]);
        for (int i = 0; *out_ok && m->left.n > 0 && i < m->n_layers; ++i) {
            const struct owner_layer *l = m->layer[i];
            *out_ok = box_list_subtract(&m->left, owner_layer_box(l, r));
            for (int q = 0; l->kind == OWNER_WRITTEN && q < m->n_ranks; ++q)
                if (q != r && owner_list_meets(&m->left, &l->box[q]))
                    return false;
        }
    }
    return *out_ok;
}

bool owner_map_fetched(struct owner_map *m, uint64_t number, const tsr_box *rank_box)
{
    struct owner_layer *f = layer_of(m, OWNER_FETCHED, number, rank_box);
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

/* Does layer `l` give anyone but rank r part of m->left?  r = -1: anyone, but all together. */
static bool others_meet(const struct owner_map *m, const struct owner_layer *l, int r)
{
    if (l->kind == OWNER_REPLICATED)
        return r >= 0 && owner_list_meets(&m->left, &l->box[0]);
    for (int q = 0; q < m->n_ranks; ++q)
        if (q != r && owner_list_meets(&m->left, &l->box[q]))
            return true;
    return false;
}

/* Is rank r the one owner of all of `b` (r = -1: do all ranks hold it by REPLICATED layers)?
 * *out_ok: memory sufficed. */
static bool is_owner(struct owner_map *m, int r, const tsr_box *b, bool *out_ok)
{
    *out_ok = owner_left_begin(m, b);
    for (int i = 0; *out_ok && m->left.n > 0 && i < m->n_layers; ++i) {
        const struct owner_layer *l = m->layer[i];
        if (others_meet(m, l, r))
            return false;
        if ((r < 0) == (l->kind == OWNER_REPLICATED)) /* else it has none of m->left */
            *out_ok = box_list_subtract(&m->left, r >= 0 ? &l->box[r] : &l->box[0]);
    }
    return *out_ok && m->left.n == 0;
}

/* Does the write `w` change who owns what? */
static bool is_in_place(struct owner_map *m, const struct owner_layer *w, bool *out_ok)
{
    *out_ok = true;
    if (m->n_layers > 0 && m->layer[0]->kind == w->kind && layer_within(m, w, m->layer[0]))
        return true;
    if (w->kind == OWNER_REPLICATED)
        return is_owner(m, -1, &w->box[0], out_ok);
    for (int r = 0; r < m->n_ranks; ++r)
        if (!box_is_empty(&w->box[r]) && !is_owner(m, r, &w->box[r], out_ok))
            return false;
    return true;
}

/* Is a box of an older layer covered by `w` and the layers newer than number `i`? */
static bool box_is_hidden(struct owner_map *m, const struct owner_layer *w, int i, const tsr_box *b,
                          bool *out_ok)
{
    *out_ok = owner_left_begin(m, b);
    for (int k = -1; *out_ok && m->left.n > 0 && k < i; ++k) {
        const struct owner_layer *l = k < 0 ? w : m->layer[k];
        const int                 n = l->kind == OWNER_REPLICATED ? 1 : m->n_ranks;
        for (int q = 0; *out_ok && m->left.n > 0 && q < n; ++q)
            if (owner_list_meets(&m->left, &l->box[q]))
                *out_ok = box_list_subtract(&m->left, &l->box[q]);
    }
    return *out_ok && m->left.n == 0;
}

/* Will layer i show nothing once `w` is on top? */
static bool is_hidden(struct owner_map *m, const struct owner_layer *w, int i, bool *out_ok)
{
    const struct owner_layer *old = m->layer[i];
    *out_ok = true;
    if (w->solid && box_contains(&w->hull, &old->hull))
        return true;
    if (!box_meets(&w->hull, &old->hull))
        return false;
    const int n = old->kind == OWNER_REPLICATED ? 1 : m->n_ranks;
    for (int r = 0; r < n; ++r)
        if (!box_is_empty(&old->box[r]) && !box_is_hidden(m, w, i, &old->box[r], out_ok))
            return false;
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
    int n = 0;
    if (w->kind != OWNER_WRITTEN || !w->solid || !box_equal(&w->hull, &m->whole) ||
        w->hash == m->home_hash)
        return;
    for (int r = 0; r < m->n_ranks; ++r)
        n += !box_is_empty(&w->box[r]);
    if (n < m->n_home)
        return;
    m->n_home = n;
    m->home_hash = w->hash;
    for (int r = 0; r < m->n_ranks; ++r)
        m->home[r] = owner_box_out(m, &w->box[r]);
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
    bool           ok = true;
    const bool     in_place = box_is_empty(&w->hull) || is_in_place(m, w, &ok);
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

/* The element of a root of rank 0 has one writer: owner_box_none() for the others. */
__attribute__((unused)) static bool has_one_writer(const struct owner_map *m,
                                                   const tsr_box          *rank_box)
{
    int n = 0;
    for (int r = 0; r < m->n_ranks; ++r)
        n += rank_box[r].rank == 0;
    return n <= 1;
}

bool owner_map_write(struct owner_map *m, uint64_t number, const tsr_box *rank_box)
{
    assert(!m->single || has_one_writer(m, rank_box));
    struct owner_layer *w = layer_of(m, OWNER_WRITTEN, number, rank_box);
    return w && map_write(m, w);
}

bool owner_map_replicate(struct owner_map *m, uint64_t number, const tsr_box *box)
{
    struct owner_layer *w = layer_of(m, OWNER_REPLICATED, number, box);
    return w && map_write(m, w);
}

/* ---- settling ---- */

bool owner_map_must_settle(const struct owner_map *m)
{
    return m->n_layers >= OWNER_SETTLE_LAYERS;
}

bool owner_map_settle(struct owner_map *m, uint64_t number, const tsr_box *rank_box)
{
    struct owner_layer *w = layers_room(m, 1) ? layer_of(m, OWNER_WRITTEN, number, rank_box) : NULL;
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

const tsr_box *owner_map_home(const struct owner_map *m)
{
    return m->home;
}
