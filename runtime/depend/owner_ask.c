/* Questions to an owner map: who holds a box, who sends what to whom.
 *
 * Both sides of a message must cut what moves into the same boxes in the same order, so there is one
 * walk, whose answer depends on the map and the box asked for alone: from what is needed take what
 * the rank has fetched; then, from the newest layer to the oldest, take its own part, and part by part
 * that of each other rank, which sends it.  What is left nobody wrote.
 *
 * Cost: O(layers + ranks that are met), and a list of what is left, of which there are few: layers do
 * not meet often. */
#include "depend/owner_inside.h"

#include <stdlib.h>

#include "base/alloc.h"

bool owner_list_meets(const struct box_list *l, const tsr_box *b)
{
    if (box_is_empty(b))
        return false;
    for (int i = 0; i < l->n; ++i)
        if (box_meets(&l->box[i], b))
            return true;
    return false;
}

bool owner_left_begin(struct owner_map *m, const tsr_box *b)
{
    m->left.n = 0;
    return box_list_add(&m->left, b);
}

/* ---- what moves ---- */

bool owner_moves_add(struct owner_moves *l, int peer, const tsr_box *box)
{
    if (l->n == l->capacity) {
        const int          capacity = l->capacity == 0 ? 16 : 2 * l->capacity;
        struct owner_move *more = base_realloc(l->move, (size_t)capacity, sizeof *more);
        if (!more)
            return false;
        l->move = more;
        l->capacity = capacity;
    }
    l->move[l->n] = (struct owner_move){peer, l->n, *box};
    ++l->n;
    return true;
}

static int compare_moves(const void *a, const void *b)
{
    const struct owner_move *x = a, *y = b;
    if (x->peer != y->peer)
        return x->peer < y->peer ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

void owner_moves_sort(struct owner_moves *l)
{
    bool sorted = true;
    for (int i = 1; i < l->n; ++i)
        sorted = sorted && l->move[i - 1].peer <= l->move[i].peer;
    if (!sorted)
        qsort(l->move, (size_t)l->n, sizeof *l->move, compare_moves);
}

void owner_moves_done(struct owner_moves *l)
{
    base_free(l->move);
    *l = (struct owner_moves){0};
}

/* ---- the walk ---- */

/* Where the walk puts what a rank lacks. */
struct walk {
    struct owner_map   *m;
    int                 rank;  /* who asks */
    int                 only;  /* the one sender of interest; -1: all */
    struct owner_moves *out;   /* peers: the senders, or (only >= 0) who asks; NULL: just look */
    bool                found; /* somebody sends */
};

/* Is there nothing more to find out? */
static bool is_told(const struct walk *w)
{
    return w->m->left.n == 0 || (!w->out && w->found);
}

/* Add what `b`, rank q's, has of m->left. */
static bool take_from(struct walk *w, int q, const tsr_box *b)
{
    struct owner_map *m = w->m;
    for (int i = 0; i < m->left.n; ++i) {
        const tsr_box c = box_intersection(&m->left.box[i], b);
        if (box_is_empty(&c))
            continue;
        w->found = true;
        if (!w->out || (w->only >= 0 && w->only != q))
            continue;
        if (!owner_moves_add(w->out, w->only < 0 ? q : w->rank, &c))
            return false;
    }
    return box_list_subtract(&m->left, b);
}

static bool walk_layer(struct walk *w, const struct owner_layer *l)
{
    struct owner_map *m = w->m;
    const tsr_box     mine = owner_layer_box(l, w->rank);
    tsr_box           met = {.rank = m->whole.rank};
    if (owner_list_meets(&m->left, &mine) && !box_list_subtract(&m->left, &mine))
        return false;
    if (l->kind != OWNER_WRITTEN)
        return true;
    for (int i = 0; i < m->left.n; ++i)
        met = box_hull(&met, &m->left.box[i]);
    struct deal_walk others = deal_walk_begin(l->ranks, &met);
    while (!is_told(w) && deal_walk_next(&others))
        if (others.r != w->rank && owner_list_meets(&m->left, &others.box) &&
            !take_from(w, others.r, &others.box))
            return false;
    return true;
}

/* What w->rank lacks of `need`.  False: no memory. */
static bool walk_need(struct walk *w, const tsr_box *need)
{
    struct owner_map *m = w->m;
    if (!owner_left_begin(m, need))
        return false;
    for (int i = 0; i < m->n_fetched && m->left.n > 0; ++i) {
        const tsr_box held = owner_layer_box(m->fetched[i], w->rank);
        if (owner_list_meets(&m->left, &held) && !box_list_subtract(&m->left, &held))
            return false;
    }
    for (int i = 0; i < m->n_layers && !is_told(w); ++i)
        if (!walk_layer(w, m->layer[i]))
            return false;
    return true;
}

bool owner_map_needs(struct owner_map *m, int rank, const tsr_box *need, struct owner_moves *out)
{
    struct walk w = {m, rank, -1, out, false};
    return walk_need(&w, need);
}

/* Who asks for some of what `rank` may own by layer i: walks that go on rank by rank together. */
struct askers {
    int              n;
    struct deal_walk walk[2 * OWNER_SETTLE_LAYERS];
    bool             has[2 * OWNER_SETTLE_LAYERS];
};

/* The next rank that asks for any of it; -1: no more. */
static int askers_next(struct askers *a)
{
    int r = -1;
    for (int i = 0; i < a->n; ++i)
        if (a->has[i] && (r < 0 || a->walk[i].r < r))
            r = a->walk[i].r;
    for (int i = 0; i < a->n; ++i)
        if (a->has[i] && a->walk[i].r == r)
            a->has[i] = deal_walk_next(&a->walk[i]);
    return r;
}

/* Layers beyond those that are looked at one by one (an attach of many tiles made them) count as one box. */
static void askers_begin(struct askers *a, const struct owner_map *m, int rank,
                         const struct deal *need)
{
    tsr_box rest = {.rank = m->whole.rank};
    a->n = 0;
    for (int i = 0; i < m->n_layers; ++i) {
        const tsr_box own = m->layer[i]->kind == OWNER_WRITTEN ? owner_layer_box(m->layer[i], rank)
                                                               : (tsr_box){.rank = m->whole.rank};
        if (a->n < 2 * OWNER_SETTLE_LAYERS - 1 && !box_is_empty(&own))
            a->walk[a->n++] = deal_walk_begin(need, &own);
        else
            rest = box_hull(&rest, &own);
    }
    if (!box_is_empty(&rest))
        a->walk[a->n++] = deal_walk_begin(need, &rest);
    for (int i = 0; i < a->n; ++i)
        a->has[i] = deal_walk_next(&a->walk[i]);
}

bool owner_map_sends(struct owner_map *m, int rank, const struct deal *need,
                     struct owner_moves *out)
{
    struct askers a;
    askers_begin(&a, m, rank, need);
    for (int p; (p = askers_next(&a)) >= 0;) {
        struct walk   w = {m, p, rank, out, false};
        const tsr_box b = deal_box(need, p);
        if (p != rank && !walk_need(&w, &b))
            return false;
    }
    return true;
}

bool owner_map_parts(struct owner_map *m, const tsr_box *box, struct owner_moves *out, bool *out_plain)
{
    struct walk w = {m, -1, -1, out, false};
    *out_plain = true;
    for (int i = 0; i < m->n_fetched; ++i)
        *out_plain = *out_plain && !box_meets(&m->fetched[i]->ranks->hull, box);
    if (!*out_plain)
        return true;
    if (!owner_left_begin(m, box))
        return false;
    for (int i = 0; i < m->n_layers && m->left.n > 0; ++i) {
        const struct owner_layer *l = m->layer[i];
        const tsr_box met = box_intersection(&l->ranks->hull, box);
        if (l->kind != OWNER_WRITTEN && !box_list_subtract(&m->left, &l->ranks->hull))
            return false;
        struct deal_walk owners = deal_walk_begin(l->ranks, &met);
        while (l->kind == OWNER_WRITTEN && m->left.n > 0 && deal_walk_next(&owners))
            if (owner_list_meets(&m->left, &owners.box) && !take_from(&w, owners.r, &owners.box))
                return false;
    }
    return true;
}

bool owner_map_holds(struct owner_map *m, int rank, const tsr_box *box)
{
    struct walk w = {m, rank, -1, NULL, false};
    return walk_need(&w, box) && !w.found;
}

/* Do all ranks hold all of `box` by entries and layers that are of everybody?  (Else: not known.) */
static bool by_everybody(struct owner_map *m, const tsr_box *box)
{
    if (!owner_left_begin(m, box))
        return false;
    for (int i = 0; i < m->n_fetched && m->left.n > 0; ++i)
        if (m->fetched[i]->ranks->kind == DEAL_ALL &&
            !box_list_subtract(&m->left, &m->fetched[i]->ranks->hull))
            return false;
    for (int i = 0; i < m->n_layers && m->left.n > 0; ++i) {
        const struct owner_layer *l = m->layer[i];
        if (!owner_list_meets(&m->left, &l->ranks->hull))
            continue;
        if (l->ranks->kind != DEAL_ALL || !box_list_subtract(&m->left, &l->ranks->hull))
            return false;
    }
    return true; /* what is left nobody wrote */
}

bool owner_map_all_hold(struct owner_map *m, const tsr_box *box)
{
    if (by_everybody(m, box))
        return true;
    for (int i = 0, r = (int)((int64_t)m->n_ranks * 618 / 1000); i < m->n_ranks; ++i)
        if (!owner_map_holds(m, (r + i) % m->n_ranks, box))
            return false;
    return true;
}

bool owner_map_hull(const struct owner_map *m, int rank, tsr_box *out)
{
    tsr_box hull = {.rank = m->whole.rank};
    for (int i = 0; i < m->n_layers + m->n_fetched; ++i) {
        const tsr_box b =
            owner_layer_box(i < m->n_layers ? m->layer[i] : m->fetched[i - m->n_layers], rank);
        hull = box_hull(&hull, &b);
    }
    *out = hull;
    return !box_is_empty(&hull);
}

uint64_t owner_map_hash(const struct owner_map *m)
{
    uint64_t h = hash_word(owner_layers_hash(m), m->home->hash);
    for (int i = 0; i < m->n_fetched; ++i)
        h = hash_word(h, m->fetched[i]->ranks->hash);
    return h;
}
