/* depend/exchange.c - several ranks: what moves before an operation's points can run.
 *
 * Every rank has the same owner map of each root and the same plan, so both sides of a message derive
 * it alone (DESIGN §6): what rank r reads and does not hold comes from whom the map names, packed into
 * one message a root.  A write through strides reads the box around it first, so that maps speak of
 * boxes only.  A root whose map grew long settles first: a copy to its home partition, in the same way.
 *
 * A REDUCE's partial results go to the lowest of the ranks that fold into the same box.
 *
 * Cost: O(layers + ranks whose boxes meet this one's): owner.h.  Threads: issuing thread. */
#include <string.h>

#include "depend/internal.h"

enum { TOGETHER_BYTES = 4096 }; /* a message up to here waits for others to go with; what a packet holds */

struct owner_map *depend_owners(struct tsr_runtime *rt, struct root *root)
{
    if (root->owners == NULL)
        root->owners = owner_map_create(rt->n_ranks, root->rank, root->extent);
    return root->owners;
}

struct deal *exchange_deal(const struct plan *plan, int k)
{
    const struct plan_arg *pa = &plan->arg[k];
    return pa->access == TSR_REDUCE ? pa->results : pa->ranks;
}

bool exchange_box(const struct analysis *a, int k, tsr_box *out)
{
    *out = deal_box(exchange_deal(a->plan, k), a->rt->rank);
    return !box_is_empty(out);
}

/* Are the boxes that argument k writes written whole, so that the old content does not matter? */
static bool writes_boxes(const struct analysis *a, int k)
{
    const struct plan_arg *pa = &a->plan->arg[k];
    if (pa->access != TSR_WRITE || !pa->view->exact || !pa->disjoint || pa->image)
        return false;
    for (int d = 0; d < pa->all.rank; ++d)
        if (pa->all.step[d] != 1)
            return false;
    return !a->plan->manual; /* explicit boxes of a rank may leave holes */
}

/* Does the old content matter?  Also where several arguments write: their hull has more elements than
 * they write. */
bool exchange_reads(const struct analysis *a, const struct group *g, int k)
{
    return (g->reads >> k & 1) || (g->folds >> k & 1) ||
           ((g->writes >> k & 1) && __builtin_popcount(g->writes | g->folds) > 1) ||
           ((g->writes >> k & 1) && !writes_boxes(a, k));
}

tsr_box exchange_asks(const struct analysis *a, const struct group *g, int r)
{
    tsr_box all = {.rank = g->root->rank};
    for (int k = 0; k < a->plan->n_args; ++k) {
        if (!(g->args >> k & 1) || !exchange_reads(a, g, k))
            continue;
        const tsr_box b = deal_box(exchange_deal(a->plan, k), r);
        all = box_hull(&all, &b);
    }
    return all;
}

void exchange_prepare(struct analysis *a)
{
    for (int i = 0; i < a->n_groups && a->group[i].home < 0; ++i) { /* parts come last */
        struct group *g = &a->group[i];
        g->owners = depend_owners(a->rt, g->root);
        g->settled = NULL;
        if (g->owners == NULL || !asks_find(a, i)) {
            a->no_memory = true;
            a->recallable = false;
            return;
        }
        (void)owner_map_expire(g->owners, a->op->number);
        g->settle = g->wrote != NULL && owner_map_must_settle(g->owners);
        if (g->settle) {
            const tsr_box home = deal_box(owner_map_home(g->owners), a->rt->rank);
            if (!box_is_empty(&home)) {
                g->need = g->needed || g->before != NULL ? box_hull(&g->need, &home) : home;
                g->needed = true;
            }
        }
        if (g->boxed && (g->settle || g->n_asks > 0)) /* the rest would take part in messages */
            g->candidate = g->boxed = false;
        const bool grown = g->before != NULL && !box_contains(&g->before->box, &g->need);
        if (g->settle || g->n_asks > 0 || a->side->n_folds > 0 || grown)
            a->plain = false;
        if (g->settle || grown)
            a->recallable = false;
    }
}

static bool carries_halo(const struct analysis *a, const struct group *g)
{
    for (int c = 0; c < TSR_MAX_CONSTRAINTS; ++c) {
        const struct tsr_constraint *x = &a->op->desc->constraints[c];
        if (x->kind == TSR_CONSTRAINT_HALO && (g->args >> x->of & 1))
            return true;
    }
    return false;
}

/* These boxes to or from a peer: a message. */
static void add_message(struct analysis *a, const struct group *g, int kind, int wire, int peer,
                        int piece, const struct owner_move *first, int n)
{
    struct extra *x = a->no_memory ? NULL : analysis_extra(a, kind, g->first);
    if (x == NULL)
        return;
    const uint32_t action = (uint32_t)(a->plan->n_points + a->n_extras - 1);
    x->peer = peer;
    x->wire = (uint32_t)wire;
    x->piece = (uint32_t)piece;
    x->from = x->to = g->old;
    x->box = base_calloc((size_t)n, sizeof *x->box);
    if (x->box == NULL) {
        a->no_memory = true;
        return;
    }
    x->n_boxes = n;
    for (int b = 0; b < n; ++b) {
        x->box[b] = first[b].box;
        analysis_own(a, g->old, &first[b].box, action, kind == EXTRA_RECEIVE);
    }
    x->halo = kind == EXTRA_SEND && wire == WIRE_DATA && carries_halo(a, g);
}

/* How many of a list, from `i` on, are of one peer. */
static int moves_of_peer(const struct owner_moves *moves, int i)
{
    int n = 1;
    while (i + n < moves->n && moves->move[i + n].peer == moves->move[i].peer)
        ++n;
    return n;
}

static void add_messages(struct analysis *a, const struct group *g, int kind, int wire,
                         const struct owner_moves *moves)
{
    for (int i = 0, n; i < moves->n; i += n) {
        n = moves_of_peer(moves, i);
        add_message(a, g, kind, wire, moves->move[i].peer, 0, &moves->move[i], n);
    }
}

/* ---- one to many ---- */

/* Does all that moves go by trees, one for each owner?  Where every rank asks for the same, and owners are
 * few.  d->more: the parts, by owner. */
static bool trees_find(struct analysis *a, struct owner_map *map, struct deal *const *asked, int n_asks,
                       bool *out_trees)
{
    struct owner_moves *parts = &a->d->more;
    int owners = 0;
    *out_trees = false;
    parts->n = 0;
    if (n_asks != 1 || asked[0]->kind != DEAL_ALL || a->rt->n_ranks - 1 <= a->rt->config.tree)
        return true;
    if (!owner_map_parts(map, &asked[0]->hull, parts, out_trees))
        return false;
    owner_moves_sort(parts);
    for (int i = 0; i < parts->n; i += moves_of_peer(parts, i))
        ++owners;
    *out_trees = *out_trees && owners * a->rt->config.tree < a->rt->n_ranks;
    return true;
}

/* A binomial tree in rank order from the owner on: who hands `place` (ranks behind the owner) its part. */
static int tree_parent(int place)
{
    return place & (place - 1);
}

/* The k-th rank that `place` hands it on to, farthest subtree first; -1: no more. */
static int tree_child(int place, int n_ranks, int k)
{
    int bit = 1;
    while (place == 0 ? bit < n_ranks : bit < (place & -place))
        bit <<= 1;
    for (bit >>= 1; bit > 0; bit >>= 1)
        if (place + bit < n_ranks && k-- == 0)
            return place + bit;
    return -1;
}

/* Each owner's part comes from the parent and goes on to the children. */
static void add_trees(struct analysis *a, const struct group *g, int wire)
{
    const struct owner_moves *parts = &a->d->more;
    const int                 n_ranks = a->rt->n_ranks, me = a->rt->rank;
    for (int i = 0, n; i < parts->n; i += n) {
        const int owner = parts->move[i].peer, place = (me - owner + n_ranks) % n_ranks;
        n = moves_of_peer(parts, i);
        if (place > 0)
            add_message(a, g, EXTRA_RECEIVE, wire, (owner + tree_parent(place)) % n_ranks, 1 + owner,
                        &parts->move[i], n);
        for (int k = 0, c; (c = tree_child(place, n_ranks, k)) > 0; ++k)
            add_message(a, g, EXTRA_SEND, wire, (owner + c) % n_ranks, 1 + owner, &parts->move[i], n);
    }
}

/* Every rank asks for its box of each of these: this rank's sends and receives. */
static bool exchange(struct analysis *a, const struct group *g, struct owner_map *map,
                     struct deal *const *asked, int n_asks, int wire)
{
    bool trees;
    if (!trees_find(a, map, asked, n_asks, &trees))
        return false;
    if (trees) {
        add_trees(a, g, wire);
        return !a->no_memory;
    }
    if (!asks_moves(a, map, asked, n_asks))
        return false;
    add_messages(a, g, EXTRA_SEND, wire, &a->d->to);
    add_messages(a, g, EXTRA_RECEIVE, wire, &a->d->from);
    return !a->no_memory;
}

static bool goes_together(const struct analysis *a, const struct extra *x)
{
    size_t bytes = sizeof(struct message_head);
    if (x->kind == EXTRA_FOLD) /* about: leaves' partials may be fewer or more than accumulators */
        return x->peer >= 0 && bytes + a->side->accumulator_elements[x->arg] * x->element_bytes <= TOGETHER_BYTES;
    for (int b = 0; b < x->n_boxes; ++b)
        bytes += (size_t)box_volume(&x->box[b]) * x->element_bytes;
    return x->kind == EXTRA_SEND && x->piece == 0 && bytes <= TOGETHER_BYTES;
}

/* Small messages of the operation to one rank travel as one: how many there are, for each.  Not where a
 * root settles, and none that are handed on: a message might then wait, through another, for one that waits
 * for it. */
static void put_together(struct analysis *a, int first)
{
    int *n = a->d->together;
    for (int i = first; i < a->n_extras; ++i)
        if (a->extra[i].wire == WIRE_SETTLE)
            return;
    for (int i = first; i < a->n_extras; ++i)
        if (goes_together(a, &a->extra[i]))
            a->extra[i].follows = n[a->extra[i].peer]++ > 0;
    for (int i = first; i < a->n_extras; ++i)
        if (goes_together(a, &a->extra[i]))
            a->extra[i].together = (int16_t)n[a->extra[i].peer];
    for (int i = first; i < a->n_extras; ++i)
        if (a->extra[i].peer >= 0)
            n[a->extra[i].peer] = 0;
}

bool exchange_place(struct analysis *a)
{
    const int first = a->n_extras;
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        struct owner_map *map = g->owners;
        if (g->settle) {
            struct deal *home = owner_map_home(map);
            if (!exchange(a, g, map, &home, 1, WIRE_SETTLE))
                return false;
            g->settled = owner_map_copy(map);
            if (g->settled == NULL || !owner_map_settle(g->settled, a->op->number, home))
                return false;
            map = g->settled;
        }
        if (g->n_asks > 0 && !exchange(a, g, map, g->asked, g->n_asks, WIRE_DATA))
            return false;
    }
    put_together(a, first);
    return true;
}

void exchange_unplace(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        owner_map_destroy(a->group[i].settled);
        a->group[i].settled = NULL;
    }
}

/* A message of partial results from each rank whose totals argument k's are applied here. */
static bool partials_add(struct analysis *a, int k)
{
    const int              me = a->rt->rank;
    const struct plan_arg *pa = &a->plan->arg[k];
    const tsr_box          mine = deal_box(pa->results, me);
    struct deal_walk       w = deal_walk_begin(pa->ranks, &mine);
    while (!a->plan->replicated && deal_walk_next(&w)) {
        if (w.r == me || plan_result_rank(a->plan, k, w.r) != me)
            continue;
        struct extra *x = analysis_extra(a, EXTRA_PARTIAL, k);
        if (x == NULL)
            return false;
        x->peer = w.r;
        x->wire = WIRE_PARTIAL;
    }
    return true;
}

/* Partials to the result's rank, and the fold. */
void exchange_folds(struct analysis *a)
{
    const int me = a->rt->rank, first = a->n_extras;
    for (int f = 0; f < a->side->n_folds; ++f) {
        const int k = a->side->fold_arg[f];
        if (!plan_rank_runs(a->plan, me))
            continue;
        const int result = plan_result_rank(a->plan, k, me);
        if (result == me && !partials_add(a, k))
            return;
        struct extra *x = analysis_extra(a, EXTRA_FOLD, k);
        if (x == NULL)
            return;
        x->peer = result == me ? -1 : result;
        x->to = result == me ? a->group[a->group_of[k]].now : NULL;
    }
    put_together(a, first);
}

void exchange_commit(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        const uint64_t number = a->op->number;
        if (g->settled != NULL) {
            owner_map_destroy(g->root->owners);
            g->root->owners = g->owners = g->settled;
            g->settled = NULL;
            observe_count(observe_lane(a->rt->observe, 0), TSR_COUNT_SETTLES, 1);
        }
        bool ok = true;
        for (int j = 0; j < g->n_asks && ok; ++j)
            ok = owner_map_fetched(g->owners, number, g->asked[j]);
        if (g->wrote != NULL && a->plan->replicated)
            ok = owner_map_replicate(g->owners, number, &g->wrote->hull) && ok;
        else if (g->wrote != NULL)
            ok = owner_map_write(g->owners, number, g->wrote) && ok;
        if (!ok) /* the map is as before: not what the other ranks have */
            (void)network_short_of_memory(a->rt->network, "an owner map");
    }
}

/* ---- an operation this rank cannot run ---- */

static void send_mark(struct analysis *a, int peer, int wire, int arg, int piece)
{
    const size_t bytes = sizeof(struct message_head);
    struct message_head *head = network_buffer_create(bytes);
    if (head == NULL) {
        (void)network_short_of_memory(a->rt->network, "a mark of failure");
        return;
    }
    memset(head, 0, sizeof *head);
    head->failed = 1;
    (void)network_send(a->rt->network, peer,
                       network_tag_of(a->op->number, (unsigned)wire, (unsigned)arg, (uint32_t)piece), head,
                       bytes);
}

/* To whom this rank would hand on what comes by trees. */
static void mark_trees(struct analysis *a, const struct group *g, int wire)
{
    const struct owner_moves *parts = &a->d->more;
    const int                 n_ranks = a->rt->n_ranks;
    for (int i = 0; i < parts->n; i += moves_of_peer(parts, i)) {
        const int owner = parts->move[i].peer, place = (a->rt->rank - owner + n_ranks) % n_ranks;
        for (int k = 0, c; (c = tree_child(place, n_ranks, k)) > 0; ++k)
            send_mark(a, (owner + c) % n_ranks, wire, g->first, 1 + owner);
    }
}

static void marks_of(struct analysis *a, const struct group *g, struct owner_map *map,
                     struct deal *const *asked, int n_asks, int wire)
{
    bool trees;
    if (!trees_find(a, map, asked, n_asks, &trees) || (!trees && !asks_moves(a, map, asked, n_asks))) {
        (void)network_short_of_memory(a->rt->network, "an owner map");
        return;
    }
    if (trees)
        mark_trees(a, g, wire);
    for (int i = 0; i < a->d->to.n && !trees; ++i)
        if (i == 0 || a->d->to.move[i - 1].peer != a->d->to.move[i].peer)
            send_mark(a, a->d->to.move[i].peer, wire, g->first, 0);
}

void exchange_abandon(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        struct owner_map *map = g->owners;
        if (map == NULL)
            continue;
        if (g->settle) {
            struct deal *home = owner_map_home(map);
            marks_of(a, g, map, &home, 1, WIRE_SETTLE);
            g->settled = owner_map_copy(map);
            if (g->settled != NULL && owner_map_settle(g->settled, a->op->number, home))
                map = g->settled;
            else
                (void)network_short_of_memory(a->rt->network, "an owner map");
        }
        if (g->n_asks > 0)
            marks_of(a, g, map, g->asked, g->n_asks, WIRE_DATA);
    }
    for (int f = 0; f < a->side->n_folds; ++f) {
        const int k = a->side->fold_arg[f];
        const int result = plan_rank_runs(a->plan, a->rt->rank) ? plan_result_rank(a->plan, k, a->rt->rank)
                                                                : a->rt->rank;
        if (result != a->rt->rank)
            send_mark(a, result, WIRE_PARTIAL, k, 0);
    }
    exchange_commit(a);
}
