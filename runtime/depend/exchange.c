/* depend/exchange.c - several ranks: what moves before an operation's points can run.
 *
 * Every rank has the same owner map of each root and the same plan, so both sides of a message derive
 * it alone (DESIGN §6): what rank r reads and does not hold comes from whom the map names, packed into
 * one message a root.  A write through strides reads the box around it first, so that maps speak of
 * boxes only.  A root whose map grew long settles first: a copy to its home partition, in the same way.
 *
 * A REDUCE's partial results go to the lowest of the ranks that fold into the same box.
 *
 * Cost: O(ranks * layers) words.  Threads: issuing thread. */
#include <string.h>

#include "depend/internal.h"

enum { TOGETHER_BYTES = 4096 }; /* a message up to here waits for others to go with; what a packet holds */

struct owner_map *depend_owners(struct tsr_runtime *rt, struct root *root)
{
    if (root->owners == NULL)
        root->owners = owner_map_create(rt->n_ranks, root->rank, root->extent);
    return root->owners;
}

static bool has_points(const struct plan *p, int r)
{
    const tsr_box *b = &p->rank_iteration[r];
    if (p->replicated)
        return true;
    if (p->alone >= 0)
        return p->alone == r;
    return b->rank == 0 || !box_is_empty(b);
}

/* The rank that applies the total which rank r contributes to. */
static int result_rank(const struct plan *plan, int k, int r)
{
    const struct plan_arg *pa = &plan->arg[k];
    int lowest = -1, same = -1;
    bool regular = true;
    if (plan->replicated)
        return r;
    for (int p = 0; p < plan->n_ranks; ++p) {
        if (!has_points(plan, p))
            continue;
        if (lowest < 0)
            lowest = p;
        if (same < 0 && box_equal(&pa->rank_box[p], &pa->rank_box[r]))
            same = p;
        for (int q = 0; q < p; ++q)
            if (has_points(plan, q) && !box_equal(&pa->rank_box[p], &pa->rank_box[q]) &&
                box_meets(&pa->rank_box[p], &pa->rank_box[q]))
                regular = false;
    }
    return regular ? same : lowest;
}

bool exchange_takes_part(const struct analysis *a, int k, int r)
{
    const tsr_box b = exchange_box(a, k, r);
    if (!has_points(a->plan, r) || (b.rank > 0 && box_is_empty(&b)))
        return false;
    return a->plan->arg[k].access != TSR_REDUCE || result_rank(a->plan, k, r) == r;
}

tsr_box exchange_fold_box(const struct plan *plan, int k, int r)
{
    const struct plan_arg *pa = &plan->arg[k];
    tsr_box box = pa->rank_box[r];
    for (int p = 0; p < plan->n_ranks; ++p)
        if (plan->n_ranks > 1 && has_points(plan, p) && result_rank(plan, k, p) == r)
            box = box_hull(&box, &pa->rank_box[p]);
    return box;
}

tsr_box exchange_box(const struct analysis *a, int k, int r)
{
    const struct plan_arg *pa = &a->plan->arg[k];
    return pa->access == TSR_REDUCE ? exchange_fold_box(a->plan, k, r) : pa->rank_box[r];
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

bool exchange_asks(const struct analysis *a, const struct group *g, int r, tsr_box *out)
{
    bool any = false;
    for (int k = 0; k < a->plan->n_args; ++k) {
        if (!(g->args >> k & 1) || !exchange_reads(a, g, k) || !exchange_takes_part(a, k, r))
            continue;
        const tsr_box b = exchange_box(a, k, r);
        *out = any ? box_hull(out, &b) : b;
        any = true;
    }
    return any;
}

void exchange_prepare(struct analysis *a)
{
    for (int i = 0; i < a->n_groups && a->group[i].home < 0; ++i) { /* parts come last */
        struct group *g = &a->group[i];
        g->owners = depend_owners(a->rt, g->root);
        g->settled = NULL;
        if (g->owners == NULL) {
            a->no_memory = true;
            a->recallable = false;
            return;
        }
        (void)owner_map_expire(g->owners, a->op->number);
        asks_find(a, i);
        g->settle = g->wrote != NULL && owner_map_must_settle(g->owners);
        if (g->settle) {
            const tsr_box *home = &owner_map_home(g->owners)[a->rt->rank];
            if (!box_is_empty(home) || home->rank == 0) {
                g->need = g->needed || g->before != NULL ? box_hull(&g->need, home) : *home;
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

static void add_message(struct analysis *a, const struct group *g, int kind, int peer, int wire,
                        struct box_list *boxes)
{
    if (boxes->n == 0 || a->no_memory)
        return;
    struct extra *x = analysis_extra(a, kind, g->first);
    if (x == NULL)
        return;
    const uint32_t action = (uint32_t)(a->plan->n_points + a->n_extras - 1);
    x->peer = peer;
    x->wire = (uint32_t)wire;
    x->from = x->to = g->old;
    x->box = base_calloc((size_t)boxes->n, sizeof *x->box);
    if (x->box == NULL) {
        a->no_memory = true;
        return;
    }
    x->n_boxes = boxes->n;
    memcpy(x->box, boxes->box, (size_t)boxes->n * sizeof *x->box);
    for (int b = 0; b < boxes->n; ++b)
        analysis_own(a, g->old, &boxes->box[b], action, kind == EXTRA_RECEIVE);
    x->halo = kind == EXTRA_SEND && wire == WIRE_DATA && carries_halo(a, g);
}

/* Every rank r asks for asked[.][r]: this rank's sends and receives. */
static bool exchange(struct analysis *a, const struct group *g, struct owner_map *map,
                     tsr_box *const *asked, int n_asks, int wire)
{
    const int        n = a->rt->n_ranks, me = a->rt->rank;
    struct box_list *to = a->d->lists, *from = a->d->lists + n;
    if (!asks_moves(a, map, asked, n_asks))
        return false;
    for (int r = 0; r < n; ++r)
        if (r != me)
            add_message(a, g, EXTRA_SEND, r, wire, &to[r]);
    for (int r = 0; r < n; ++r)
        if (r != me)
            add_message(a, g, EXTRA_RECEIVE, r, wire, &from[r]);
    return !a->no_memory;
}

static bool goes_together(const struct extra *x)
{
    size_t bytes = sizeof(struct message_head);
    for (int b = 0; b < x->n_boxes; ++b)
        bytes += (size_t)box_volume(&x->box[b]) * x->element_bytes;
    return x->kind == EXTRA_SEND && bytes <= TOGETHER_BYTES;
}

/* Small messages of the operation to one rank travel as one: how many there are, for each.  Not where a
 * root settles: a message might then wait, through another, for one that waits for it. */
static void put_together(struct analysis *a, int first)
{
    int *n = a->d->together;
    for (int i = first; i < a->n_extras; ++i)
        if (a->extra[i].wire == WIRE_SETTLE)
            return;
    for (int i = first; i < a->n_extras; ++i)
        if (goes_together(&a->extra[i]))
            a->extra[i].follows = n[a->extra[i].peer]++ > 0;
    for (int i = first; i < a->n_extras; ++i)
        if (goes_together(&a->extra[i]))
            a->extra[i].together = (int16_t)n[a->extra[i].peer];
    for (int i = first; i < a->n_extras; ++i)
        if (a->extra[i].kind == EXTRA_SEND)
            n[a->extra[i].peer] = 0;
}

bool exchange_place(struct analysis *a)
{
    const int first = a->n_extras;
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        struct owner_map *map = g->owners;
        if (g->settle) {
            tsr_box *home = (tsr_box *)owner_map_home(map);
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

/* Partials to the result's rank, and the fold. */
void exchange_folds(struct analysis *a)
{
    const int me = a->rt->rank;
    for (int f = 0; f < a->side->n_folds; ++f) {
        const int k = a->side->fold_arg[f];
        if (!has_points(a->plan, me))
            continue;
        const int result = result_rank(a->plan, k, me);
        for (int r = 0; r < a->rt->n_ranks && result == me; ++r) {
            if (r == me || !has_points(a->plan, r) || result_rank(a->plan, k, r) != me)
                continue;
            struct extra *x = analysis_extra(a, EXTRA_PARTIAL, k);
            if (x == NULL)
                return;
            x->peer = r;
            x->wire = WIRE_PARTIAL;
        }
        struct extra *x = analysis_extra(a, EXTRA_FOLD, k);
        if (x == NULL)
            return;
        x->peer = result == me ? -1 : result;
        x->to = result == me ? a->group[a->group_of[k]].now : NULL;
    }
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
            ok = owner_map_replicate(g->owners, number, &g->wrote[0]) && ok;
        else if (g->wrote != NULL)
            ok = owner_map_write(g->owners, number, g->wrote) && ok;
        if (!ok) /* the map is as before: not what the other ranks have */
            (void)network_short_of_memory(a->rt->network, "an owner map");
    }
}

/* ---- an operation this rank cannot run ---- */

static void send_mark(struct analysis *a, int peer, int wire, int arg)
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
                       network_tag_of(a->op->number, (unsigned)wire, (unsigned)arg, 0), head, bytes);
}

static void marks_of(struct analysis *a, const struct group *g, struct owner_map *map,
                     tsr_box *const *asked, int n_asks, int wire)
{
    if (!asks_moves(a, map, asked, n_asks)) {
        (void)network_short_of_memory(a->rt->network, "an owner map");
        return;
    }
    for (int r = 0; r < a->rt->n_ranks; ++r)
        if (r != a->rt->rank && a->d->lists[r].n > 0)
            send_mark(a, r, wire, g->first);
}

void exchange_abandon(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        struct owner_map *map = g->owners;
        if (map == NULL)
            continue;
        if (g->settle) {
            tsr_box *home = (tsr_box *)owner_map_home(map);
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
        const int result = has_points(a->plan, a->rt->rank) ? result_rank(a->plan, k, a->rt->rank) : a->rt->rank;
        if (result != a->rt->rank)
            send_mark(a, result, WIRE_PARTIAL, k);
    }
    exchange_commit(a);
}
