/* solve/keys.c - where data is, seen from an operation.
 *
 * The key of a root is the plan that wrote it last as a whole; its rank boxes, taken back through an
 * argument's view, are boxes of the iteration (pieces of a free argument are pieces of the
 * iteration). Edges that the task type does not allow are moved to the next place that it does, each
 * position alike for all ranks: a monotone map of positions turns a partition into one.
 *
 * Shared. Cost: O(ranks), O(ranks^2) for keys of manual launches. Threads: the issuing thread. */

#include "solve/rank_grid.h"
#include "solve/solve.h"

static const struct plan_arg *key_of(const struct problem *q, int arg)
{
    const struct root *root = q->op->arg[arg].root;
    if (!root || !root->key || root->key->n_ranks != q->rt->n_ranks || root->key->replicated)
        return NULL;
    return &root->key->arg[root->key_arg];
}

/* ---- boxes ---- */

/* Do pieces of the argument stand where those of the iteration do? */
static bool follows_iteration(const struct problem *q, int arg)
{
    const struct view *v = q->op->arg[arg].view;
    if (q->part[arg].role == ROLE_VALUE || q->part[arg].role == ROLE_UNBOUND || v->rank != q->rank)
        return false;
    for (int d = 0; d < q->rank; ++d) {
        int64_t scale, low, high;
        if (v->extent[d] != q->extent[d] || !solve_affine(q, arg, d, &scale, &low, &high) ||
            scale != 1)
            return false;
    }
    return v->exact;
}

static int64_t legal_edge(const struct problem *q, int d, int64_t at)
{
    if (at <= 0 || at >= q->extent[d])
        return clamp64(at, 0, q->extent[d]);
    const int64_t unit = q->unit[d], below = at / unit * unit;
    return min64(at - below > unit / 2 ? below + unit : below, q->extent[d]);
}

static bool legal_box(const struct problem *q, tsr_box *b)
{
    for (int d = 0; d < q->rank; ++d) {
        b->low[d] = legal_edge(q, d, b->low[d]);
        b->high[d] = legal_edge(q, d, b->high[d]);
    }
    if (box_is_empty(b)) {
        *b = (tsr_box){.rank = q->rank};
        return true;
    }
    for (int d = 0; d < q->rank; ++d) {
        const int64_t length = b->high[d] - b->low[d];
        if (length != q->extent[d] && (q->uncut[d] != UNCUT_NOT || length < q->least[d]))
            return false;
    }
    return true;
}

static bool is_partition(const struct problem *q, const tsr_box *boxes, bool compare)
{
    const int n = q->rt->n_ranks;
    int64_t   sum = 0;
    for (int r = 0; r < n; ++r)
        sum = add64(sum, box_volume(&boxes[r]));
    if (sum != q->volume)
        return false;
    for (int r = 0; compare && r < n; ++r)
        for (int s = 0; s < r; ++s)
            if (box_meets(&boxes[r], &boxes[s]))
                return false;
    return true;
}

/* Is box `b` in the line along d through `from`'s lowest corner? */
static bool is_in_line(const tsr_box *b, const tsr_box *from, int d)
{
    for (int e = 0; e < b->rank; ++e)
        if (e != d && (from->low[e] < b->low[e] || from->low[e] >= b->high[e]))
            return false;
    return !box_is_empty(b);
}

void keys_describe(const struct problem *q, const tsr_box *boxes, int *grid)
{
    const tsr_box *end = boxes + q->rt->n_ranks, *from = boxes;
    while (from < end && box_is_empty(from))
        ++from;
    for (int d = 0; d < q->rank; ++d) {
        grid[d] = 0;
        for (const tsr_box *b = from; b < end; ++b)
            grid[d] += is_in_line(b, from, d);
    }
}

static bool boxes_of_key(const struct problem *q, int arg, const struct plan_arg *key, tsr_box *out)
{
    const struct view *v = q->op->arg[arg].view;
    for (int r = 0; r < q->rt->n_ranks; ++r) {
        out[r] = solve_view_box(v, &key->rank_box[r]);
        if (!legal_box(q, &out[r]))
            return false;
    }
    return is_partition(q, out, q->op->arg[arg].root->key->manual);
}

static bool is_same_key(const struct problem *q, int a, int b)
{
    const struct plan_arg *x = key_of(q, a), *y = key_of(q, b);
    return x && y && x->rank_cut == y->rank_cut && q->op->arg[a].view == q->op->arg[b].view;
}

void keys_each(struct search *s, void (*consider)(struct search *, struct candidate))
{
    const struct problem *q = s->q;
    for (int i = 0; i < q->op->n_args; ++i) {
        const struct plan_arg *key = key_of(q, i);
        struct candidate       c = {.key = i};
        bool                   known = false;
        for (int j = 0; j < i; ++j)
            known |= is_same_key(q, i, j);
        if (!key || known || !follows_iteration(q, i) || !boxes_of_key(q, i, key, s->boxes))
            continue;
        if (q->on_candidate)
            keys_describe(q, s->boxes, c.grid);
        consider(s, c);
    }
}

/* ---- one rank ---- */

static int64_t weight_of(const struct problem *q, int arg)
{
    return mul64(view_volume(q->op->arg[arg].view), (int64_t)q->op->arg[arg].root->element_bytes);
}

static int largest_keyed(const struct problem *q, bool (*is_wanted)(tsr_access))
{
    int     best = -1;
    int64_t most = 0;
    for (int i = 0; i < q->op->n_args; ++i)
        if (key_of(q, i) && is_wanted(q->desc->args[i].access) && weight_of(q, i) > most) {
            best = i;
            most = weight_of(q, i);
        }
    return best;
}

static bool is_input(tsr_access a)
{
    return access_reads(a) || a == TSR_SCALAR;
}

static bool is_output(tsr_access a)
{
    return access_writes(a) || a == TSR_REDUCE;
}

static int64_t held_by(const struct plan *key, int key_arg, const tsr_box *wanted, int r)
{
    if (!plan_rank_runs(key, r))
        return 0;
    const tsr_box part = box_intersection(wanted, &key->arg[key_arg].rank_box[r]);
    return box_volume(&part);
}

int keys_place(const struct problem *q, int *out_arg)
{
    int arg = largest_keyed(q, is_input);
    if (arg < 0)
        arg = largest_keyed(q, is_output);
    *out_arg = arg;
    if (arg < 0)
        return 0;
    const struct view *v = q->op->arg[arg].view;
    const struct root *root = q->op->arg[arg].root;
    const tsr_box      all = box_of_shape(v->rank, v->extent), wanted = solve_root_box(v, &all);
    int                best = 0;
    int64_t            most = 0;
    for (int r = 0; r < q->rt->n_ranks; ++r) {
        const int64_t held = held_by(root->key, root->key_arg, &wanted, r);
        if (held > most) {
            best = r;
            most = held;
        }
    }
    return best;
}
