/* execute/fold.c - the total of a REDUCE argument: partial results fold, the total is applied.
 *
 * An exact operator may fold in any order: all accumulators go into one, or one by one into the result;
 * those of points that share one (depend/shares.c) are folded already.  Others fold along one
 * binary tree over the leaf grid (halve the longest dimension, the first of equals, at the largest power
 * of two below its extent), which nothing but the iteration box and the leaf's extents decide.  Where
 * the accumulator moves with some dimensions ("kept"), each of their coordinates has a tree of its own
 * over the others: the same tree, seen from one element.
 *
 * Several ranks: a rank folds each subtree it holds whole; who is not the result's rank sends those
 * partials in the order in which the tree meets them, and the result's rank walks the same tree.
 *
 * Invariant: left operand first, always.  Cost: O(accumulators).  Threads: the worker that claimed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mutant.h"
#include "execute/fold.h"
#include "model/reduce.h"
#include "network/network.h"

static bool contains(const struct tree *a, const struct tree *b)
{
    for (int d = 0; d < a->rank; ++d)
        if (b->low[d] < a->low[d] || b->high[d] > a->high[d])
            return false;
    return true;
}

static bool meets(const struct tree *a, const struct tree *b)
{
    for (int d = 0; d < a->rank; ++d)
        if (a->low[d] >= b->high[d] || b->low[d] >= a->high[d])
            return false;
    return true;
}

/* The dimension where a tree is halved; -1: it is a leaf. */
static int longest_of(const struct fold *f, const struct tree *t)
{
    int longest = -1;
    for (int d = 0; d < t->rank; ++d) {
        const int64_t n = t->high[d] - t->low[d];
        if (!(f->kept >> d & 1) && n > 1 &&
            (longest < 0 || n > t->high[longest] - t->low[longest]))
            longest = d;
    }
    return longest;
}

static bool split(const struct fold *f, const struct tree *t, struct tree *left, struct tree *right)
{
    const int longest = longest_of(f, t);
    if (longest < 0)
        return false;
    int64_t half = 1;
    while (half * 2 < t->high[longest] - t->low[longest])
        half *= 2;
    *left = *right = *t;
    left->high[longest] = right->low[longest] = t->low[longest] + half;
    return true;
}

static struct partial fold_local(struct fold *f, const struct tree *t)
{
    struct tree left, right;
    if (split(f, t, &left, &right)) {
        if (MUTANT(FOLD_BY_ARRIVAL)) { /* as if they came one by one, the last first */
            const int d = longest_of(f, t);
            left.high[d] = right.low[d] = t->low[d] + 1;
            const struct partial b = fold_local(f, &right);
            return partial_combine(f, b, fold_local(f, &left));
        }
        const struct partial a = fold_local(f, &left);
        return partial_combine(f, a, fold_local(f, &right));
    }
    int64_t at = 0;
    for (int d = 0; d < t->rank; ++d)
        at = at * (f->mine.high[d] - f->mine.low[d]) + t->low[d] - f->mine.low[d];
    return partial_of(f, f->local[at]);
}

static struct tree leaves_of(const struct plan *p, const tsr_box *iteration)
{
    struct tree t = {.rank = p->rank};
    for (int d = 0; d < p->rank; ++d) {
        t.low[d] = iteration->low[d] / p->leaf[d];
        t.high[d] = (iteration->high[d] + p->leaf[d] - 1) / p->leaf[d];
    }
    return t;
}

/* Has another rank all leaves of `t`?  *out_peer: it, if it sends here. */
static bool is_others(const struct fold *f, const struct tree *t, struct fold_peer **out_peer)
{
    tsr_box first = {.rank = t->rank};
    for (int i = 0; i < f->n_peers; ++i)
        if (contains(&f->peer[i].leaves, t)) {
            *out_peer = &f->peer[i];
            return true;
        }
    if (!f->plan->leafwise || f->plan->replicated || f->plan->alone >= 0 || t->rank == 0)
        return false;
    for (int d = 0; d < t->rank; ++d) {
        first.low[d] = t->low[d] * f->plan->leaf[d];
        first.high[d] = first.low[d] + 1;
    }
    struct deal_walk w = deal_walk_begin(f->plan->iteration, &first);
    while (deal_walk_next(&w)) {
        const struct tree theirs = leaves_of(f->plan, &w.box);
        if (w.r != f->w->rt->rank && contains(&theirs, t))
            return true;
    }
    return false;
}

/* The tree over all ranks' leaves: what this rank holds is folded, what another holds comes from its
 * message (or is skipped where this rank only sends). */
static struct partial fold_all(struct fold *f, const struct tree *t)
{
    struct partial none = {.none = true};
    if (contains(&f->mine, t)) {
        struct partial p = fold_local(f, t);
        if (f->target < 0)
            return p;
        partial_send(f, &p);
        return none;
    }
    if (f->target >= 0 && !meets(&f->mine, t))
        return none; /* nothing to send of it */
    struct fold_peer *peer = NULL;
    if (is_others(f, t, &peer))
        return f->target < 0 && peer != NULL ? partial_take(f, peer) : none;
    struct tree left, right;
    if (!split(f, t, &left, &right))
        return none;
    const struct partial a = fold_all(f, &left);
    return partial_combine(f, a, fold_all(f, &right));
}

/* ---- the total ---- */

static void apply(struct fold *f, const struct extra *x, struct partial *p)
{
    int64_t extent[TSR_MAX_RANK], from[TSR_MAX_RANK], into[TSR_MAX_RANK], index[TSR_MAX_RANK] = {0};
    const struct view *v = f->s->op.arg[f->k].view;
    if (p->none || f->failed || partial_elements(f, p) == 0) /* no element: there may be no memory */
        return;
    accumulator_strides(f->pa, p->low, p->high, from);
    int64_t at = view_strides(v, x->to->stride, into), n = 1;
    for (int d = 0; d < f->pa->rank; ++d) {
        extent[d] = from[d] == 0 ? 1 : p->high[d] - p->low[d];
        at += p->low[d] * into[d];
        n *= extent[d];
    }
    char *base = instance_origin(x->to, f->bytes) + at * (int64_t)f->bytes;
    const int in = f->pa->rank - 1;
    const int64_t run = in < 0 || p->mask != NULL ? 1 : extent[in];
    for (int64_t e = 0; e < n; e += run) {
        int64_t io = 0, fo = 0;
        for (int d = 0; d < f->pa->rank; ++d) {
            io += index[d] * into[d];
            fo += index[d] * from[d];
        }
        if (p->mask == NULL || p->mask[fo])
            reduce_combine(f->op, f->type, f->reducer, base + io * (int64_t)f->bytes,
                           p->data + (size_t)fo * f->bytes, run, run == 1 ? 1 : into[in],
                           run == 1 ? 1 : from[in]);
        for (int d = run == 1 ? in : in - 1; d >= 0; --d) {
            if (++index[d] < extent[d])
                break;
            index[d] = 0;
        }
    }
}

static bool is_irregular(const struct fold *f)
{
    for (int c = 0; c < TSR_MAX_CONSTRAINTS; ++c) {
        const tsr_constraint *x = &f->plan->desc->constraints[c];
        if ((x->kind == TSR_CONSTRAINT_HALO || x->kind == TSR_CONSTRAINT_IMAGE) && x->of == f->k)
            return true;
    }
    return false;
}

static bool index_leaves(struct fold *f)
{
    int64_t n = 1;
    for (int d = 0; d < f->plan->rank; ++d)
        n *= f->mine.high[d] - f->mine.low[d];
    f->local = base_calloc((size_t)n + 1, sizeof *f->local);
    if (f->local == NULL)
        return false;
    for (int l = 0; l < f->plan->n_leaves; ++l) {
        int64_t rest = f->plan->leaf_number[l], at = 0, scale = 1;
        for (int d = f->plan->rank - 1; d >= 0; --d) {
            at += (rest % f->plan->leaf_grid[d] - f->mine.low[d]) * scale;
            scale *= f->mine.high[d] - f->mine.low[d];
            rest /= f->plan->leaf_grid[d];
        }
        f->local[at] = l;
    }
    return true;
}

/* The leaves that this rank has a part in: its own, and those of whoever sends it partials, which may
 * have other coordinates where ranks do not stand in line. */
static struct tree leaves_to_fold(const struct fold *f)
{
    struct tree all = f->mine;
    for (int i = 0; i < f->n_peers && f->target < 0; ++i)
        for (int d = 0; d < all.rank && f->peer[i].at != NULL; ++d) {
            const struct tree *t = &f->peer[i].leaves;
            all.low[d] = t->low[d] < all.low[d] ? t->low[d] : all.low[d];
            all.high[d] = t->high[d] > all.high[d] ? t->high[d] : all.high[d];
        }
    return all;
}

/* Call fold_all for each coordinate of the kept dimensions this rank has a part in. */
static void fold_trees(struct fold *f, const struct extra *x)
{
    const struct tree all = leaves_to_fold(f);
    struct tree t = {.rank = f->plan->rank};
    for (int d = 0; d < t.rank; ++d) {
        const bool kept = f->kept >> d & 1;
        t.low[d] = kept ? all.low[d] : 0;
        t.high[d] = kept ? t.low[d] + 1 : f->plan->leaf_grid[d];
        if (t.low[d] == t.high[d]) /* nothing is iterated over: there is no leaf, and no total */
            return;
    }
    for (;;) {
        struct partial p = fold_all(f, &t);
        if (f->target < 0)
            apply(f, x, &p);
        partial_done(&p);
        int d = t.rank - 1;
        for (; d >= 0; --d) {
            if (!(f->kept >> d & 1))
                continue;
            if (++t.low[d], ++t.high[d] <= all.high[d])
                break;
            t.low[d] = all.low[d];
            t.high[d] = t.low[d] + 1;
        }
        if (d < 0)
            return;
    }
}

/* How many accumulators there are here. */
static int accumulators(const struct fold *f)
{
    return f->shares != NULL ? f->shares->n : f->plan->leafwise ? f->plan->n_leaves : f->plan->n_points;
}

/* Exact operators: everything here into the result, no matter in which order; what lies over the same
 * elements as what comes before is folded first. */
static void apply_exact(struct fold *f, const struct extra *x)
{
    struct partial all = {.none = true};
    const int n = accumulators(f);
    for (int i = 0; i < n; ++i) {
        struct partial p = partial_of(f, i);
        if (p.none)
            continue;
        if (!all.none && partial_same_box(f, &all, &p)) {
            all = partial_combine(f, all, p);
            continue;
        }
        apply(f, x, &all);
        all = p;
    }
    apply(f, x, &all);
}

/* Exact operators: everything here into one partial over the hull. */
static struct partial fold_exact(struct fold *f)
{
    struct partial all = {.none = true}, first = all;
    const int n = accumulators(f);
    bool same = true;
    for (int i = 0; i < n; ++i) {
        const struct partial p = partial_of(f, i);
        if (p.none)
            continue;
        for (int d = 0; d < f->pa->rank; ++d) {
            all.low[d] = first.none || p.low[d] < all.low[d] ? p.low[d] : all.low[d];
            all.high[d] = first.none || p.high[d] > all.high[d] ? p.high[d] : all.high[d];
        }
        if (first.none)
            first = p;
        same = same && partial_same_box(f, &p, &first);
    }
    if (first.none)
        return first;
    if (!same) {
        if (!partial_room(f, &all) || f->dry)
            return all;
    }
    for (int i = 0; i < n; ++i) {
        const struct partial p = partial_of(f, i);
        if (!same && !p.none)
            partial_fold_into(f, &all, &p);
        else if (!p.none && p.data != first.data)
            first = partial_combine(f, first, p);
    }
    return same ? first : all;
}

static bool is_partial(const struct fold *f, const struct extra *e)
{
    return e->kind == EXTRA_PARTIAL && e->arg == f->k;
}

/* False: no memory. */
static bool peers_find(struct fold *f)
{
    int n = 0;
    for (int x = 0; x < f->s->n_extras; ++x)
        n += is_partial(f, &f->s->extra[x]);
    f->peer = base_calloc((size_t)n + 1, sizeof *f->peer);
    for (int x = 0; f->peer != NULL && x < f->s->n_extras; ++x) {
        const struct extra *e = &f->s->extra[x];
        if (!is_partial(f, e))
            continue;
        struct fold_peer *p = &f->peer[f->n_peers++];
        const tsr_box     b = deal_box(f->plan->iteration, e->peer);
        p->rank = e->peer;
        if (f->plan->leafwise)
            p->leaves = leaves_of(f->plan, &b);
        if (e->bytes > sizeof(struct message_head))
            p->at = (const char *)e->buffer + sizeof(struct message_head);
    }
    return f->peer != NULL;
}

/* The dimensions along which each coordinate has a tree of its own.  None where boxes of several
 * points may meet; nor in a manual launch whose partials travel: there the one tree says in which
 * order. */
static unsigned own_trees(const struct fold *f)
{
    const bool travel = f->target >= 0 || f->n_peers > 0;
    return is_irregular(f) || (f->plan->manual && travel) ? 0 : f->pa->kept;
}

static void send_out(struct fold *f, bool skip)
{
    const size_t bytes = sizeof(struct message_head) + (skip ? 0 : f->out_bytes);
    char *buffer = network_buffer_create(bytes);
    if (buffer == NULL) { /* the result's rank waits for it */
        (void)network_short_of_memory(f->w->rt->network, "partial results");
        execute_fail(f->w, f->s, 0, TSR_NO_MEMORY);
        return;
    }
    struct message_head *head = (struct message_head *)(void *)buffer;
    memset(head, 0, sizeof *head);
    head->failed = skip;
    if (!skip && f->out_bytes > 0)
        memcpy(buffer + sizeof *head, f->out, f->out_bytes);
    observe_event(f->w->lane, OBSERVE_SEND, f->s->op.number, (uint32_t)f->target, bytes);
    observe_count(f->w->lane, TSR_COUNT_MESSAGES, !f->follows);
    observe_count(f->w->lane, TSR_COUNT_MESSAGE_BYTES, (int64_t)(bytes - sizeof *head));
    if (network_send_together(f->w->rt->network, f->target,
                              network_tag_of(f->s->op.number, WIRE_PARTIAL, (unsigned)f->k, 0), buffer,
                              bytes, f->together) != TSR_OK)
        execute_fail(f->w, f->s, 0, TSR_PEER_LOST);
}

static void fold_exactly(struct fold *f, const struct extra *x)
{
    if (f->target >= 0) {
        struct partial p = fold_exact(f);
        partial_send(f, &p);
        return;
    }
    apply_exact(f, x);
    for (int i = 0; i < f->n_peers; ++i) {
        if (f->peer[i].at == NULL)
            continue;
        struct partial q = partial_take(f, &f->peer[i]);
        apply(f, x, &q);
    }
}

static struct fold fold_begin(struct worker *w, struct slot *s, const struct extra *x)
{
    const tsr_arg_desc *d = &s->op.desc->args[x->arg];
    const struct plan_side *side = s->plan->schedule;
    return (struct fold){.w = w, .s = s, .plan = s->plan, .pa = &s->plan->arg[x->arg], .k = x->arg,
                         .side = side, .type = s->op.arg[x->arg].type, .bytes = x->element_bytes,
                         .op = d->reduction, .reducer = d->reducer, .shares = side->shares[x->arg],
                         .slab_dim = -1, .target = x->peer, .together = x->together, .follows = x->follows};
}

/* All that is here, folded: applied to `x`, or into the message. */
static void fold_here(struct fold *f, const struct extra *x)
{
    if (!f->plan->leafwise || f->pa->exact_reduction) {
        fold_exactly(f, x);
        return;
    }
    f->kept = own_trees(f);
    const tsr_box mine = deal_box(f->plan->iteration, f->w->rt->rank);
    f->mine = leaves_of(f->plan, &mine);
    if (index_leaves(f))
        fold_trees(f, x);
    else
        f->failed = true;
}

size_t execute_partial_bytes(struct worker *w, struct slot *s, const struct extra *x)
{
    struct fold f = fold_begin(w, s, x);
    f.dry = true;
    if (peers_find(&f))
        fold_here(&f, x);
    base_free(f.local);
    base_free(f.peer);
    return f.out_bytes;
}

void fold_run(struct worker *w, struct slot *s, struct extra *x)
{
    struct fold f = fold_begin(w, s, x);
    if (x->slab >= 0) {
        const struct slabs *cut = f.side->slabs[x->arg];
        f.slab_dim = cut->dim;
        f.slab_low = cut->begin[x->slab];
        f.slab_high = cut->begin[x->slab + 1];
    }
    const bool failed = atomic_load_explicit(&s->failed, memory_order_acquire) == s->op.number;
    const bool skip = failed || atomic_load_explicit(&s->verdict, memory_order_acquire) ==
                                    s->op.number * 4 + 2;
    observe_event(w->lane, OBSERVE_FOLD, s->op.number, (uint32_t)x->arg,
                  (uint64_t)(s->plan->leafwise ? s->plan->n_leaves : s->plan->n_points));
    if (skip) {
        if (f.target >= 0)
            send_out(&f, true);
        return;
    }
    if (!peers_find(&f)) {
        (void)tsr_fail_(s->op.site, TSR_NO_MEMORY, "no memory to fold argument %d of %s", x->arg,
                        s->op.desc->name);
        execute_fail(w, s, 0, TSR_NO_MEMORY);
        if (f.target >= 0)
            send_out(&f, true);
        return;
    }
    fold_here(&f, x);
    if (f.target >= 0)
        send_out(&f, f.failed);
    if (f.failed) {
        (void)tsr_fail_(s->op.site, TSR_NO_MEMORY, "no memory to fold argument %d of %s", x->arg,
                        s->op.desc->name);
        execute_fail(w, s, 0, TSR_NO_MEMORY);
    }
    base_free(f.local);
    base_free(f.out);
    base_free(f.peer);
}
