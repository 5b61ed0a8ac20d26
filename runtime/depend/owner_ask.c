/* Questions to an owner map: who holds a box, who sends what to whom.
 *
 * Both sides of a message must cut what moves into the same boxes in the same order, so there is one
 * walk, whose answer depends on the map and the box asked for alone: from what is needed take what
 * the rank has fetched; then, from the newest layer to the oldest, take its own part, and part by part
 * that of each other rank, which sends it.  What is left nobody wrote.
 *
 * Cost: O(layers * ranks) box tests, and a list of what is left, of which there are few: layers do
 * not meet often. */
#include "depend/owner_inside.h"

#include "base/hash.h"

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

/* Where the walk puts what a rank lacks. */
struct walk {
    struct owner_map *m;
    int               rank;  /* who asks */
    int               only;  /* the one sender of interest; -1: all */
    struct box_list  *out;   /* only < 0: [n_ranks]; else one list; NULL: just look */
    bool              found; /* somebody sends */
};

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
        if (m->single) {
            /* A list drops no box of rank 0. */
            const tsr_box element = {.rank = 0};
            if (!box_list_add(w->only < 0 ? &w->out[q] : w->out, &element))
                return false;
        } else if (!box_list_add(w->only < 0 ? &w->out[q] : w->out, &c)) {
            return false;
        }
    }
    return box_list_subtract(&m->left, b);
}

static bool walk_layer(struct walk *w, const struct owner_layer *l)
{
    struct owner_map *m = w->m;
    const tsr_box    *mine = owner_layer_box(l, w->rank);
    if (owner_list_meets(&m->left, mine) && !box_list_subtract(&m->left, mine))
        return false;
    for (int q = 0; l->kind == OWNER_WRITTEN && m->left.n > 0 && q < m->n_ranks; ++q)
        if (q != w->rank && owner_list_meets(&m->left, &l->box[q]) && !take_from(w, q, &l->box[q]))
            return false;
    return true;
}

/* What w->rank lacks of `need`.  False: no memory. */
static bool walk_need(struct walk *w, const tsr_box *need)
{
    struct owner_map *m = w->m;
    tsr_box           room;
    if (!owner_left_begin(m, owner_box_in(m, need, &room)))
        return false;
    for (int i = 0; i < m->n_fetched && m->left.n > 0; ++i)
        if (owner_list_meets(&m->left, &m->fetched[i]->box[w->rank]) &&
            !box_list_subtract(&m->left, &m->fetched[i]->box[w->rank]))
            return false;
    for (int i = 0; i < m->n_layers && m->left.n > 0; ++i)
        if (!walk_layer(w, m->layer[i]))
            return false;
    return true;
}

bool owner_map_needs(struct owner_map *m, int rank, const tsr_box *need, struct box_list *out_from)
{
    struct walk w = {m, rank, -1, out_from, false};
    return walk_need(&w, need);
}

/* Does `rank` own anything of `need`, shown or not? */
static bool may_send(const struct owner_map *m, int rank, const tsr_box *need)
{
    tsr_box        room;
    const tsr_box *n = owner_box_in(m, need, &room);
    for (int i = 0; i < m->n_layers; ++i)
        if (m->layer[i]->kind == OWNER_WRITTEN && !box_is_empty(n) &&
            !box_is_empty(&m->layer[i]->box[rank]) && box_meets(&m->layer[i]->box[rank], n))
            return true;
    return false;
}

bool owner_map_sends(struct owner_map *m, int rank, const tsr_box *need, struct box_list *out_to)
{
    for (int p = 0; p < m->n_ranks; ++p) {
        struct walk w = {m, p, rank, &out_to[p], false};
        if (p != rank && may_send(m, rank, &need[p]) && !walk_need(&w, &need[p]))
            return false;
    }
    return true;
}

bool owner_map_holds(struct owner_map *m, int rank, const tsr_box *box)
{
    struct walk w = {m, rank, -1, NULL, false};
    return walk_need(&w, box) && !w.found;
}

bool owner_map_all_hold(struct owner_map *m, const tsr_box *box)
{
    for (int r = 0; r < m->n_ranks; ++r)
        if (!owner_map_holds(m, r, box))
            return false;
    return true;
}

bool owner_map_hull(const struct owner_map *m, int rank, tsr_box *out)
{
    tsr_box hull = {.rank = m->whole.rank};
    for (int i = 0; i < m->n_layers; ++i)
        hull = box_hull(&hull, owner_layer_box(m->layer[i], rank));
    for (int i = 0; i < m->n_fetched; ++i)
        hull = box_hull(&hull, &m->fetched[i]->box[rank]);
    if (box_is_empty(&hull))
        return false;
    *out = owner_box_out(m, &hull);
    return true;
}

uint64_t owner_map_hash(const struct owner_map *m)
{
    uint64_t h = hash_word((uint64_t)m->n_layers, m->home_hash);
    for (int i = 0; i < m->n_layers; ++i)
        h = hash_word(h, m->layer[i]->hash);
    for (int i = 0; i < m->n_fetched; ++i)
        h = hash_word(h, m->fetched[i]->hash);
    return h;
}
