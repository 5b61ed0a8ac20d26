/* solve/rank_grid.c - which box of the iteration space each rank owns.
 *
 * Candidates are the grids whose extents multiply to the number of ranks, and for each argument whose
 * root has a key (the partition of
 * its last writer) the boxes of that key seen through the argument's view, so that data stays where
 * it is. Of all candidates the one with the least bytes
 *
 *     moved (data that is elsewhere by its key) + doubled (halos, what several ranks read, partial
 *     results) + idle (the share of ranks without points of the work, twice)
 *
 * is taken; then the one that changes the fewest owners of what is overwritten whole; then that with
 * the least surface, the least imbalance, and the first: even grids with the outermost dimension cut
 * most come first, then keys in the order of arguments.
 *
 * A grid is cut by the ranks' workers, one dimension after the other: the innermost into slabs by the
 * workers that the ranks of each have together, each slab along the next by its own ranks', and so on:
 * leaves are long along inner dimensions, and what is cut last is cut most exactly
 * (a jagged partition: Saule, Bas, Catalyurek, "Load-balancing spatially located computations using
 * rectangular partitions", 2012, section 3.2). Where machines are equal, all slabs are cut alike; so they
 * are where a result of several dimensions is folded along others, lest many ranks meet in one.
 *
 * All of it is shared: integers, from the stream and the machine table alone. Cost: O(candidates *
 * ranks * arguments), ranks beyond 64 by a fixed sample; ranks in pairs for results, up to 256. Threads: the issuing thread. */
#include <string.h>

#include "solve/rank_grid.h"

enum { SAMPLES = 64, MOST_PAIRED = 256, OWNER_CHANGE = 4, SMALL = 4096 };

/* ---- costs ---- */

static size_t bytes_of(const struct problem *q, int arg)
{
    return q->op->arg[arg].root->element_bytes;
}

static bool has_boxes(const struct problem *q, int arg)
{
    const enum role r = q->part[arg].role;
    return r != ROLE_VALUE && r != ROLE_UNBOUND && r != ROLE_IMAGE;
}

/* Does the argument overwrite all of its root? Then who owned it before does not matter. */
static bool overwrites_all(const struct problem *q, int arg)
{
    const struct view *v = q->op->arg[arg].view;
    const tsr_box      all = box_of_shape(v->rank, v->extent);
    struct region      r;
    if (q->desc->args[arg].access != TSR_WRITE || !v->exact)
        return false;
    r = view_region(v, &all);
    return region_volume(&r) == view_volume(q->op->arg[arg].root->whole);
}

static int64_t not_held(const struct region *need, const tsr_box *held)
{
    const tsr_box hull = region_hull(need);
    const tsr_box here = box_intersection(&hull, held);
    const int64_t all = box_volume(&hull), part = box_volume(&here);
    return all ? mul_div(region_volume(need), all - part, all) : 0;
}

struct arg_cost {
    int64_t read, changed, rekeyed, volume;
};

/* What one rank with iteration box `it` needs of one argument. */
static struct arg_cost cost_of_box(const struct problem *q, int arg, const tsr_box *it, int r)
{
    struct arg_cost    c = {0};
    const struct root *root = q->op->arg[arg].root;
    const tsr_access   access = q->desc->args[arg].access;
    const struct plan *key = root->key;
    tsr_box            box;
    solve_derive_box(q, arg, it, &box);
    const struct region need = view_region(q->op->arg[arg].view, &box);
    const bool          reads = access_reads(access) || access == TSR_SCALAR;
    if (!key || key->n_ranks != q->rt->n_ranks) {
        c.volume = region_volume(&need); /* it may lie anywhere: count what is needed twice */
        return c;
    }
    if (access == TSR_REDUCE)
        c.volume = region_volume(&need);
    if (key->replicated)
        return c;
    const int64_t apart = not_held(&need, &key->arg[root->key_arg].rank_box[r]);
    if (reads)
        c.read = apart;
    if (access_writes(access) && !overwrites_all(q, arg))
        c.changed = apart;
    else if (access_writes(access))
        c.rekeyed = apart;
    return c;
}

/* Would ranks fold into boxes of the result that meet but are not the same? All of it then goes to one. */
static bool folds_crosswise(const struct problem *q, int arg, const tsr_box *boxes)
{
    const int n = q->rt->n_ranks;
    tsr_box   a, b;
    if (q->desc->args[arg].access != TSR_REDUCE || n > MOST_PAIRED)
        return false;
    for (int r = 0; r < n; ++r) {
        if (box_is_empty(&boxes[r]))
            continue;
        solve_derive_box(q, arg, &boxes[r], &a);
        for (int s = 0; s < r; ++s) {
            if (box_is_empty(&boxes[s]))
                continue;
            solve_derive_box(q, arg, &boxes[s], &b);
            if (!box_equal(&a, &b) && box_meets(&a, &b))
                return true;
        }
    }
    return false;
}

static void add_cost(const struct problem *q, int arg, const tsr_box *boxes, struct candidate *c)
{
    const int       n = q->rt->n_ranks, step = n > SAMPLES ? (n + SAMPLES - 1) / SAMPLES : 1;
    const tsr_box   all = box_of_shape(q->rank, q->extent);
    const int64_t   bytes = (int64_t)bytes_of(q, arg);
    struct arg_cost sum = {0};
    for (int r = 0; r < n; r += step) {
        if (box_is_empty(&boxes[r]))
            continue;
        const struct arg_cost one = cost_of_box(q, arg, &boxes[r], r);
        sum.read = add64(sum.read, one.read);
        sum.changed = add64(sum.changed, one.changed);
        sum.rekeyed = add64(sum.rekeyed, one.rekeyed);
        sum.volume = add64(sum.volume, one.volume);
    }
    const int64_t once = cost_of_box(q, arg, &all, 0).volume, scale = mul64(bytes, step);
    if (folds_crosswise(q, arg, boxes))
        c->moved = add64(c->moved, mul64(mul64(once, n), bytes));
    c->moved = add64(c->moved, mul64(sum.read, scale));
    c->moved = add64(c->moved, mul64(mul64(sum.changed, OWNER_CHANGE), scale));
    c->rekeyed = add64(c->rekeyed, mul64(sum.rekeyed, scale));
    c->doubled = add64(c->doubled, mul64(max64(0, mul64(sum.volume, step) - once), bytes));
}

static int64_t faces_of(const struct problem *q, const tsr_box *b)
{
    int64_t       sum = 0;
    const int64_t volume = box_volume(b);
    for (int d = 0; d < q->rank; ++d)
        if (volume)
            sum = add64(sum, volume / (b->high[d] - b->low[d]) *
                                 ((b->low[d] > 0) + (b->high[d] < q->extent[d])));
    return sum;
}

static void shape_cost(const struct problem *q, const tsr_box *boxes, struct candidate *c)
{
    const struct rank_machine *m = q->rt->machines;
    const int                  n = q->rt->n_ranks;
    int64_t                    workers = 0, slowest = 0, empty = 0;
    for (int r = 0; r < n; ++r)
        workers += max64(1, m[r].workers);
    for (int r = 0; r < n; ++r) {
        const int64_t volume = box_volume(&boxes[r]);
        empty += volume == 0;
        c->surface = add64(c->surface, faces_of(q, &boxes[r]));
        slowest = max64(slowest, mul_div(volume, workers, max64(1, m[r].workers)));
    }
    c->surface /= 2;
    c->imbalance = q->volume ? mul_div(slowest, 1024, q->volume) - 1024 : 0;
    c->idle = mul64(mul_div(q->volume, 2 * empty, n), (int64_t)bytes_of(q, q->lead));
}

static void cost_of(const struct problem *q, const tsr_box *boxes, struct candidate *c)
{
    c->moved = c->doubled = c->idle = c->rekeyed = c->surface = c->imbalance = 0;
    for (int i = 0; i < q->op->n_args; ++i)
        if (has_boxes(q, i))
            add_cost(q, i, boxes, c);
    shape_cost(q, boxes, c);
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
    const int64_t x = add64(add64(a->moved, a->doubled), a->idle);
    const int64_t y = add64(add64(b->moved, b->doubled), b->idle);
    if (x != y)
        return x < y;
    if (a->rekeyed != b->rekeyed)
        return a->rekeyed < b->rekeyed;
    if (a->surface != b->surface)
        return a->surface < b->surface;
    return a->imbalance < b->imbalance;
}

/* Weigh `boxes` against the best so far. */
static void consider(struct search *s, struct candidate c)
{
    struct problem *q = s->q;
    cost_of(q, s->boxes, &c);
    if (q->on_candidate)
        q->on_candidate(q->on_candidate_user, q, &c);
    if (s->n++ > 0 && !is_better(&c, &q->chosen))
        return;
    q->chosen = c;
    memcpy(q->rank_box, s->boxes, (size_t)q->rt->n_ranks * sizeof *s->boxes);
}

/* ---- grids ---- */

/* A multiple that cuts along d should stand at: small against the smallest of `parts` even parts. */
static int64_t soft_unit(const struct problem *q, int d, int64_t parts)
{
    int64_t soft = q->soft[d];
    while (soft > 1 && q->extent[d] / soft < mul64(8, parts))
        soft /= 2;
    if (q->leafwise || soft <= 1)
        return q->unit[d];
    const int64_t both = q->unit[d] % soft == 0 ? q->unit[d] : mul64(q->unit[d], soft);
    return both > q->extent[d] / parts ? q->unit[d] : both;
}

/* A box to be shared along dimensions 0 .. d by the ranks first, first + step, ...: those that have its
 * place in the grid along the others. */
struct share {
    int      d, first, step;
    tsr_box  box;
    int64_t *scratch; /* positions and weights of the cuts along 0 .. d */
};

/* Workers of the ranks that part `c` of `n` is for; where cuts go straight through, of all that have this
 * place along d. */
static int64_t workers_of(const struct search *s, const struct share *all, int n, int c)
{
    int64_t sum = 0;
    for (int r = 0; r < s->q->rt->n_ranks; ++r)
        if (r / all->step % n == c && (s->straight || r % all->step == all->first))
            sum += s->weight[r];
    return sum;
}

static void share_box(struct search *s, const int *grid, const struct share *all)
{
    const struct problem *q = s->q;
    const int             d = all->d;
    if (d < 0) {
        s->boxes[all->first] = box_is_empty(&all->box) ? (tsr_box){.rank = q->rank} : all->box;
        return;
    }
    const int    n = grid[d];
    int64_t     *cut = all->scratch, *weight = cut + n + 1, sum = 0, least = INT64_MAX;
    struct share part = *all;
    part.d = d - 1;
    part.step = all->step * n;
    part.scratch = weight + n;
    for (int c = 0; c < n; ++c) {
        weight[c] = workers_of(s, all, n, c);
        least = min64(least, weight[c]);
        sum += weight[c];
    }
    solve_even_cut(q, d, (struct interval){0, q->extent[d]}, n,
                   soft_unit(q, d, ceil_div(sum, least)), weight, cut);
    for (int c = 0; c < n; ++c) {
        part.first = all->first + c * all->step;
        part.box.low[d] = cut[c];
        part.box.high[d] = cut[c + 1];
        share_box(s, grid, &part);
    }
}

static void consider_grid(struct search *s, const int *grid)
{
    struct candidate c = {.key = -1};
    memcpy(c.grid, grid, sizeof c.grid);
    share_box(s, grid, &(struct share){.d = s->q->rank - 1,
                                       .step = 1,
                                       .box = {.rank = s->q->rank},
                                       .scratch = s->cuts});
    consider(s, c);
}

static bool is_cuttable(const struct problem *q, int d)
{
    return q->uncut[d] == UNCUT_NOT && q->extent[d] > q->unit[d] && q->extent[d] >= 2 * q->least[d];
}

/* All grids over dimensions d .. rank - 1 with `left` ranks to place; the outermost gets most first. */
static void each_grid(struct search *s, int d, int left, int *grid)
{
    const struct problem *q = s->q;
    if (s->n >= SOLVE_MAX_CANDIDATES)
        return;
    if (d == q->rank) {
        if (left == 1)
            consider_grid(s, grid);
        return;
    }
    for (int g = is_cuttable(q, d) ? left : 1; g >= 1; --g) {
        if (left % g)
            continue;
        grid[d] = g;
        each_grid(s, d + 1, left / g, grid);
    }
}

/* Does a result move with some of what may be cut, but not with all? Ranks then fold into the same boxes
 * of it only where they stand in line. */
static bool folds_in_line(const struct problem *q)
{
    for (int i = 0; i < q->op->n_args; ++i) {
        bool kept = false, folded = false;
        for (int d = 0; d < q->rank && q->desc->args[i].access == TSR_REDUCE; ++d) {
            const bool drives = is_cuttable(q, d) && solve_drives(q, i, d);
            kept |= drives;
            folded |= is_cuttable(q, d) && !drives;
        }
        if (kept && folded)
            return true;
    }
    return false;
}

/* ---- the choice ---- */

static bool can_cut(const struct problem *q)
{
    for (int d = 0; d < q->rank; ++d)
        if (is_cuttable(q, d))
            return !q->one_point && q->volume > 0;
    return false;
}

static tsr_status search_ranks(struct problem *q)
{
    const int     n = q->rt->n_ranks;
    struct search s = {.q = q};
    int           grid[TSR_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    s.boxes = base_calloc((size_t)n, sizeof *s.boxes);
    s.cuts = base_calloc(2 * (size_t)n + 3 * TSR_MAX_RANK, sizeof *s.cuts);
    s.weight = base_calloc((size_t)n, sizeof *s.weight);
    const bool ok = s.boxes && s.cuts && s.weight;
    if (ok) {
        for (int r = 0; r < n; ++r)
            s.weight[r] = max64(1, q->rt->machines[r].workers);
        s.straight = folds_in_line(q);
        each_grid(&s, 0, n, grid);
        keys_each(&s, consider);
        if (q->chosen.key >= 0)
            keys_describe(q, q->rank_box, q->chosen.grid);
    }
    base_free(s.boxes);
    base_free(s.cuts);
    base_free(s.weight);
    return ok ? TSR_OK
              : tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory to cut it", q->desc->name);
}

/* The least that any rank says, so that all say the same. */
int64_t solve_least_piece(const struct problem *q)
{
    int64_t least = INT64_MAX;
    for (int r = 0; r < q->rt->n_ranks; ++r)
        if (q->rt->machines[r].min_piece > 0)
            least = min64(least, q->rt->machines[r].min_piece);
    return least;
}

bool solve_is_small(const struct problem *q)
{
    const int64_t least = solve_least_piece(q);
    const double  work = q->desc->work > 1 ? q->desc->work : 1;
    if (least < INT64_MAX)
        return q->elements <= least;
    return (double)q->elements * work <= SMALL;
}

static bool is_local_output(const struct problem *q)
{
    for (int i = 0; i < q->op->n_args; ++i)
        if (q->part[i].role == ROLE_UNBOUND || q->part[i].role == ROLE_IMAGE)
            return true;
    return false;
}

static void give_to(struct problem *q, int rank)
{
    for (int r = 0; r < q->rt->n_ranks; ++r)
        q->rank_box[r] =
            rank < 0 || r == rank ? box_of_shape(q->rank, q->extent) : (tsr_box){.rank = q->rank};
    q->chosen.key = -1;
    for (int d = 0; d < q->rank; ++d)
        q->chosen.grid[d] = 1;
}

tsr_status solve_choose_ranks(struct problem *q)
{
    const int n = q->rt->n_ranks;
    q->alone = q->alone_arg = -1;
    q->small = solve_is_small(q);
    q->rank_box = base_calloc((size_t)n, sizeof *q->rank_box);
    if (!q->rank_box)
        return tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory to cut it", q->desc->name);
    give_to(q, 0);
    if (q->volume == 0 && !q->one_point)
        return TSR_OK;
    if (n == 1) {
        q->alone = q->small || q->one_point ? 0 : -1;
        return TSR_OK;
    }
    q->replicated = q->small && q->desc->pure && q->op->inputs_replicated && !is_local_output(q);
    if (q->replicated) {
        give_to(q, -1);
        return TSR_OK;
    }
    if (!q->small && !q->op->alone && can_cut(q)) {
        const tsr_status s = search_ranks(q);
        q->collides = s == TSR_OK && solve_ranks_collide(q);
        if (!q->collides)
            return s;
    }
    q->alone = keys_place(q, &q->alone_arg);
    give_to(q, q->alone);
    return TSR_OK;
}
