/* solve/rank_cost.c - what a choice of rank boxes costs: see rank_grid.c.
 *
 * Of up to SAMPLE_ALL ranks every one is looked at; of more, a sample stands for what keys say, and what a
 * grid says by itself (halos, faces, what all ranks read) follows from its axes.
 *
 * Shared: integers, from the stream and the machine table alone.  Cost: O(arguments); for boxes that are
 * listed O(ranks), for results O(ranks * those that meet), up to MOST_PAIRED ranks.
 * Threads: the issuing thread. */
#include "solve/rank_grid.h"

enum { SAMPLE_ALL = 16, SAMPLES = 4, MOST_PAIRED = 256, OWNER_CHANGE = 4 };

/* Boxes that stand for all ranks'. */
struct sampled {
    const struct deal *ranks;
    int                n, rank[SAMPLE_ALL];
    tsr_box            box[SAMPLE_ALL];
};

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
    const tsr_box held = deal_box(key->arg[root->key_arg].ranks, r);
    const int64_t apart = not_held(&need, &held);
    if (reads)
        c.read = apart;
    if (access_writes(access) && !overwrites_all(q, arg))
        c.changed = apart;
    else if (access_writes(access))
        c.rekeyed = apart;
    return c;
}

/* Would ranks fold into boxes of the result that meet but are not the same? All of it then goes to one. */
static bool folds_crosswise(const struct problem *q, int arg, const struct deal *ranks)
{
    const int    n = q->rt->n_ranks;
    struct deal *met = NULL;
    bool         crosswise = false;
    if (q->desc->args[arg].access != TSR_REDUCE || n > MOST_PAIRED || ranks->kind == DEAL_ONE)
        return false;
    met = solve_arg_deal(q, arg, ranks);
    for (int r = 0; met && r < n && !crosswise; ++r) {
        const tsr_box    a = deal_box(met, r);
        struct deal_walk w = deal_walk_begin(met, &a);
        while (!crosswise && deal_walk_next(&w))
            crosswise = !box_equal(&a, &w.box);
    }
    deal_release(met);
    return crosswise;
}

/* Ranks whose boxes stand for all: every one of few, some of many; how many. */
static int samples_of(const struct deal *ranks, int *out)
{
    const int n = ranks->n_ranks, m = n <= SAMPLE_ALL ? n : SAMPLES;
    for (int i = 0; i < m; ++i) /* of many: spread, and not at the same place of their rows */
        out[i] = n <= SAMPLE_ALL ? i : (int)(((int64_t)n * (2 * i + 1) / (2 * m) + 7 * i + 3) % n);
    return m;
}

/* Elements of an argument that all ranks need together, each rank's counted, where `once` is the whole:
 * neighbours share halos, and where it does not move all have the same. */
static int64_t volume_by_grid(const struct problem *q, int arg, const struct deal *ranks,
                              int64_t once)
{
    const struct view *v = q->op->arg[arg].view;
    int64_t            volume = once;
    for (int d = 0; d < q->rank && once > 0; ++d) {
        int64_t scale, low, high;
        if (ranks->side[d].by < 0)
            continue;
        const int64_t n = ranks->axis[ranks->side[d].by].n;
        if (d >= v->rank || !view_feeds(v, d) || !solve_affine(q, arg, d, &scale, &low, &high)) {
            volume = mul64(volume, n);
            continue;
        }
        const struct interval all = solve_along(q, arg, d, (struct interval){0, q->extent[d]});
        const int64_t         extent = all.high - all.low;
        volume = mul_div(volume, min64(extent + (n - 1) * max64(0, low + high), mul64(n, extent)),
                         extent);
    }
    return volume;
}

static void add_cost(const struct problem *q, int arg, const struct sampled *s, struct candidate *c)
{
    const tsr_box   all = box_of_shape(q->rank, q->extent);
    const int64_t   bytes = (int64_t)bytes_of(q, arg), n = q->rt->n_ranks;
    struct arg_cost sum = {0};
    for (int i = 0; i < s->n; ++i) {
        if (box_is_empty(&s->box[i]))
            continue;
        const struct arg_cost one = cost_of_box(q, arg, &s->box[i], s->rank[i]);
        sum.read = add64(sum.read, one.read);
        sum.changed = add64(sum.changed, one.changed);
        sum.rekeyed = add64(sum.rekeyed, one.rekeyed);
        sum.volume = add64(sum.volume, one.volume);
    }
    const int64_t once = cost_of_box(q, arg, &all, 0).volume;
    int64_t       volume = mul_div(sum.volume, n, s->n);
    if (s->n < n && s->ranks->kind == DEAL_GRID)
        volume = volume_by_grid(q, arg, s->ranks, once);
    if (folds_crosswise(q, arg, s->ranks))
        c->moved = add64(c->moved, mul64(mul64(once, n), bytes));
    c->moved = add64(c->moved, mul64(mul_div(sum.read, n, s->n), bytes));
    c->moved = add64(c->moved, mul64(mul64(mul_div(sum.changed, n, s->n), OWNER_CHANGE), bytes));
    c->rekeyed = add64(c->rekeyed, mul64(mul_div(sum.rekeyed, n, s->n), bytes));
    c->doubled = add64(c->doubled, mul64(max64(0, volume - once), bytes));
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

/* Of a grid on machines that are alike: how many pieces have elements, and what is uneven, about. */
static void shape_of_grid(const struct problem *q, const struct deal *ranks, struct candidate *c)
{
    int64_t largest = 1, some = 1;
    for (int d = 0; d < q->rank; ++d) {
        const int     by = ranks->side[d].by;
        const int64_t unit = by < 0 ? 1 : ranks->axis[by].unit;
        const int64_t n = by < 0 ? 1 : min64(ranks->axis[by].n, ceil_div(q->extent[d], unit));
        c->surface = add64(c->surface, mul64(n - 1, q->volume / q->extent[d]));
        largest =
            mul64(largest, min64(q->extent[d], ceil_div(ceil_div(q->extent[d], n), unit) * unit));
        some *= n;
    }
    c->imbalance = mul_div(mul64(largest, ranks->n_ranks), 1024, q->volume) - 1024;
    c->idle = mul64(mul_div(q->volume, 2 * (ranks->n_ranks - some), ranks->n_ranks),
                    (int64_t)bytes_of(q, q->lead));
}

static void shape_cost(const struct problem *q, const struct deal *ranks, struct candidate *c)
{
    const struct rank_machine *m = q->rt->machines;
    const int                  n = q->rt->n_ranks;
    int64_t                    workers = 0, slowest = 0, empty = 0;
    if (n > SAMPLE_ALL && ranks->kind == DEAL_GRID && solve_machines_alike(q)) {
        shape_of_grid(q, ranks, c);
        return;
    }
    for (int r = 0; r < n; ++r)
        workers += max64(1, m[r].workers);
    for (int r = 0; r < n; ++r) {
        const tsr_box box = deal_box(ranks, r);
        const int64_t volume = box_volume(&box);
        empty += volume == 0;
        c->surface = add64(c->surface, faces_of(q, &box));
        slowest = max64(slowest, mul_div(volume, workers, max64(1, m[r].workers)));
    }
    c->surface /= 2;
    c->imbalance = q->volume ? mul_div(slowest, 1024, q->volume) - 1024 : 0;
    c->idle = mul64(mul_div(q->volume, 2 * empty, n), (int64_t)bytes_of(q, q->lead));
}

void ranks_cost(const struct problem *q, const struct deal *ranks, struct candidate *c)
{
    struct sampled s = {.ranks = ranks};
    c->moved = c->doubled = c->idle = c->rekeyed = c->surface = c->imbalance = 0;
    s.n = samples_of(ranks, s.rank);
    for (int i = 0; i < s.n; ++i)
        s.box[i] = deal_box(ranks, s.rank[i]);
    for (int i = 0; i < q->op->n_args; ++i)
        if (has_boxes(q, i))
            add_cost(q, i, &s, c);
    shape_cost(q, ranks, c);
}

bool ranks_better(const struct candidate *a, const struct candidate *b)
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
