/* solve/keys.c - where data is, seen from an operation.
 *
 * The key of a root is the plan that wrote it last as a whole; its rank boxes, taken back through an
 * argument's view, are boxes of the iteration (pieces of a free argument are pieces of the
 * iteration). Edges that the task type does not allow are moved to the next place that it does, each
 * position alike for all ranks: a monotone map of positions turns a partition into one.
 *
 * Shared. Cost: O(rank) where the key is a grid and its cuts are legal here; else O(ranks), O(ranks^2) for
 * keys of manual launches. Threads: the issuing thread. */

#include "solve/rank_grid.h"
#include "solve/solve.h"

enum {
    MOST_ASKED = 256, /* ranks that are compared: beyond, each holds about as much */
    MOST_LISTED =
        256, /* ranks for whom a grid's cuts are moved one by one; beyond, an even grid will do */
};

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

void keys_describe(const struct problem *q, const struct deal *ranks, int *grid)
{
    const int n = q->rt->n_ranks;
    int       first = 0;
    for (int d = 0; d < q->rank && ranks->kind == DEAL_GRID; ++d)
        grid[d] = ranks->side[d].by < 0 ? 1 : ranks->axis[ranks->side[d].by].n;
    if (ranks->kind == DEAL_GRID && deal_is_full(ranks))
        return;
    while (first < n - 1 && !deal_has(ranks, first))
        ++first;
    const tsr_box from = deal_box(ranks, first);
    for (int d = 0; d < q->rank; ++d) {
        grid[d] = 0;
        for (int r = first; r < n; ++r) {
            const tsr_box b = deal_box(ranks, r);
            grid[d] += is_in_line(&b, &from, d);
        }
    }
}

/* Along dimension d, in closed form: positions of the key's cut moved by what the view adds.  False: cuts
 * are to be moved to legal places, or would not leave a piece for each. */
static bool side_of_key(const struct problem *q, int arg, const struct deal *key, int d,
                        struct deal *out)
{
    const struct view      *v = q->op->arg[arg].view;
    const int               r = v->feeds[d];
    const struct deal_side *k = &key->side[r];
    const int64_t           a = v->a[r][d], b = v->b[r];
    if (k->by < 0) {
        out->side[d] = (struct deal_side){-1, 1, 0, 0};
        return key->hull.low[r] <= 0 && key->hull.high[r] >= a * (q->extent[d] - 1) + b + 1;
    }
    const struct deal_axis *x = &key->axis[k->by];
    const int64_t           at = k->low - b, part = x->base / x->n;
    if (a != 1 || k->scale != 1 || k->low != k->high || q->uncut[d] != UNCUT_NOT ||
        x->unit % q->unit[d] != 0 || at % q->unit[d] != 0 || part < x->unit ||
        part - x->unit < q->least[d])
        return false;
    out->side[d] = (struct deal_side){k->by, 1, at, at};
    return deal_cut(x, 1) + at >= max64(1, q->least[d]) &&
           deal_cut(x, x->n - 1) + at <= q->extent[d] - max64(1, q->least[d]);
}

static bool grid_of_key(const struct problem *q, int arg, const struct deal *key, struct deal *out)
{
    if (key->kind != DEAL_GRID || key->only != 0 || !key->solid || !deal_is_full(key))
        return false;
    *out = *key;
    out->rank = q->rank;
    out->hull = box_of_shape(q->rank, q->extent);
    for (int d = 0; d < q->rank; ++d)
        if (q->op->arg[arg].view->feeds[d] < 0 || !side_of_key(q, arg, key, d, out))
            return false;
    unsigned driven = 0;
    for (int d = 0; d < q->rank; ++d)
        driven |= out->side[d].by >= 0 ? 1u << out->side[d].by : 0;
    return driven == (1u << out->n_axes) - 1; /* else ranks would share boxes, or have none */
}

/* The key's boxes, as boxes of the iteration; *out_fits: they are a legal partition of it. */
static struct deal *deal_of_key(const struct problem *q, int arg, const struct plan_arg *key,
                                bool *out_fits)
{
    const struct view *v = q->op->arg[arg].view;
    const int          n = q->rt->n_ranks;
    struct deal        grid, *d = NULL;
    *out_fits = true;
    if (key->ranks->kind == DEAL_ONE) {
        tsr_box all = solve_view_box(v, &key->ranks->hull);
        *out_fits = legal_box(q, &all) && box_volume(&all) == q->volume;
        return *out_fits ? deal_one(n, key->ranks->one, &all) : NULL;
    }
    if (grid_of_key(q, arg, key->ranks, &grid))
        return deal_grid(&grid);
    *out_fits = n <= MOST_LISTED || key->ranks->kind != DEAL_GRID;
    if (!*out_fits)
        return NULL;
    tsr_box *box = base_calloc((size_t)n, sizeof *box);
    for (int r = 0; box && *out_fits && r < n; ++r) {
        const tsr_box held = deal_box(key->ranks, r);
        box[r] = solve_view_box(v, &held);
        *out_fits = legal_box(q, &box[r]);
    }
    *out_fits = *out_fits && (!box || is_partition(q, box, q->op->arg[arg].root->key->manual));
    if (box && *out_fits)
        d = deal_list(n, q->rank, box);
    base_free(box);
    return d;
}

static bool is_same_key(const struct problem *q, int a, int b)
{
    const struct plan_arg *x = key_of(q, a), *y = key_of(q, b);
    return x && y && x->rank_cut == y->rank_cut && q->op->arg[a].view == q->op->arg[b].view;
}

void keys_each(struct search *s, ranks_consider *consider)
{
    const struct problem *q = s->q;
    for (int i = 0; i < q->op->n_args; ++i) {
        const struct plan_arg *key = key_of(q, i);
        struct candidate       c = {.key = i};
        bool                   known = false;
        for (int j = 0; j < i; ++j)
            known |= is_same_key(q, i, j);
        bool         fits = key && !known && follows_iteration(q, i);
        struct deal *ranks = fits ? deal_of_key(q, i, key, &fits) : NULL;
        if (!fits)
            continue;
        if (q->on_candidate && ranks)
            keys_describe(q, ranks, c.grid);
        consider(s, ranks, c);
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
    const tsr_box held = deal_box(key->arg[key_arg].ranks, r);
    const tsr_box part = box_intersection(wanted, &held);
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
    struct deal_walk   w = deal_walk_begin(root->key->arg[root->key_arg].ranks, &wanted);
    for (int n = 0; n < MOST_ASKED && deal_walk_next(&w); ++n) {
        const int64_t held = held_by(root->key, root->key_arg, &wanted, w.r);
        if (held > most) {
            best = w.r;
            most = held;
        }
    }
    return best;
}
