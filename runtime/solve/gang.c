/* solve/gang.c - how operations are cut whose points run together and communicate.
 *
 * Bodies learn how many points there are and which one they are, so the whole launch is shared, not only
 * the rank grid: as many pieces as the run has workers, or fewer where pieces would not be worth one, along
 * the outermost dimension that has room for them; dealt to ranks in runs, by workers, so that no rank has
 * more points than workers and points are numbered along that dimension.  Manual launches are dealt the
 * same way (explicit.c); what they ask too much is said here.
 *
 * A body is called once a point: accumulators of sums that depend on their order would ask for a call a
 * leaf.  Such operations are refused; a manual launch has a leaf a point.
 *
 * All of it follows from the task type, the views and the machine table.  Cost: O(points of all ranks).
 * Threads: the issuing thread. */
#include <string.h>

#include "solve/rank_grid.h"

enum { WORTH = 16 * 1024 }; /* additions that a piece should amount to */

bool solve_is_gang(const struct problem *q)
{
    return q->desc->variants[TSR_CPU].wants_communicator;
}

static int64_t workers_of(const struct problem *q, int r)
{
    return max64(1, q->rt->machines[r].workers);
}

static int64_t all_workers(const struct problem *q)
{
    int64_t sum = 0;
    for (int r = 0; r < q->rt->n_ranks; ++r)
        sum += workers_of(q, r);
    return sum;
}

/* ---- what cannot be ---- */

tsr_status solve_refuse_leaves(const struct problem *q)
{
    struct words x;
    int          arg = 0;
    while (arg + 1 < q->op->n_args &&
           (q->desc->args[arg].access != TSR_REDUCE || !access_is_store(q->op, arg) ||
            reduce_is_exact(q->desc->args[arg].reduction, q->op->arg[arg].type,
                            q->desc->args[arg].reducer)))
        ++arg;
    return tsr_fail_(
        q->op->site, TSR_UNSOLVABLE,
        "%s: the %s of %s is folded leaf by leaf, and a body with a communicator is called "
        "once a point: fold it by tsr_comm_reduce, or launch it by hand",
        q->desc->name, reduce_name(q->desc->args[arg].reduction), solve_arg_name(q, arg, &x));
}

tsr_status solve_check_gang_points(const struct problem *q, bool alone)
{
    const int64_t most = alone ? workers_of(q, 0) : all_workers(q);
    if (!solve_is_gang(q) || q->op->points <= most)
        return TSR_OK;
    return tsr_fail_(
        q->op->site, TSR_UNSOLVABLE,
        "%s: %lld points are launched, which communicate, and %s: each needs a worker of "
        "its own, and there are %lld",
        q->desc->name, (long long)q->op->points,
        alone ? "one rank runs them, because boxes of what ranks would write meet"
              : "all run at once",
        (long long)most);
}

/* ---- the launch ---- */

/* Pieces of `volume` elements in all that are worth a worker each. */
static int64_t wanted_points(const struct problem *q, int64_t most)
{
    const int64_t least = solve_least_piece(q);
    const double  work = q->desc->work > 1 ? q->desc->work : 1;
    const double  pieces =
        least < INT64_MAX ? (double)q->volume / (double)least : (double)q->volume * work / WORTH;
    return pieces >= (double)most ? most : max64(1, (int64_t)pieces);
}

static int64_t room_along(const struct problem *q, int d)
{
    if (q->uncut[d] != UNCUT_NOT || q->extent[d] == 0)
        return 1;
    return max64(1, min64(ceil_div(q->extent[d], q->unit[d]), q->extent[d] / q->least[d]));
}

/* The outermost dimension with room for `n` pieces; else that with most. */
static int dimension_for(const struct problem *q, int64_t n)
{
    int best = 0;
    for (int d = 0; d < q->rank; ++d) {
        if (room_along(q, d) >= n)
            return d;
        if (room_along(q, d) > room_along(q, best))
            best = d;
    }
    return best;
}

static tsr_status no_memory(const struct problem *q)
{
    return tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory to cut it", q->desc->name);
}

/* Cuts of the whole along d, at most n pieces: *out_n of them, none empty.  NULL: no memory. */
static int64_t *cut_whole(const struct problem *q, int d, int64_t n, int *out_n)
{
    int64_t *cut = base_calloc((size_t)n + 1, sizeof *cut);
    if (!cut)
        return NULL;
    solve_even_cut(q, d, (struct interval){0, q->extent[d]}, (int)n,
                   solve_fine_unit(q, d, q->extent[d], n), NULL, cut);
    *out_n = solve_drop_empty((int)n, cut);
    return cut;
}

/* Rank r has points first[r] .. first[r + 1] - 1 of n. */
static void deal(const struct problem *q, int64_t n, int64_t *first)
{
    const int64_t all = all_workers(q);
    int64_t       up_to = 0;
    for (int r = 0; r < q->rt->n_ranks; ++r) {
        up_to += workers_of(q, r);
        first[r + 1] = q->alone < 0 ? mul_div(n, up_to, all) : r >= q->alone ? n : 0;
    }
}

/* This rank's part of the cuts of all; other dimensions are whole. */
static bool take_part(struct problem *q, int along, const int64_t *cut)
{
    const int64_t *first = q->gang_first + q->rt->rank;
    const int64_t  n = first[1] - first[0];
    for (int d = 0; d < q->rank; ++d) {
        const int64_t pieces = d == along ? max64(1, n) : 1;
        q->grid[d] = (int)pieces;
        q->cut[d] = base_calloc((size_t)pieces + 1, sizeof **q->cut);
        if (!q->cut[d])
            return false;
        if (d != along && n > 0)
            q->cut[d][1] = q->extent[d];
        for (int64_t i = 0; d == along && n > 0 && i <= n; ++i)
            q->cut[d][i] = cut[first[0] + i];
    }
    return true;
}

static bool fill_ranks(struct problem *q, int along, const int64_t *cut)
{
    tsr_box *box = base_calloc((size_t)q->rt->n_ranks, sizeof *box);
    for (int r = 0; box && r < q->rt->n_ranks; ++r) {
        const int64_t *first = q->gang_first + r;
        box[r] = (tsr_box){.rank = -1};
        if (first[0] == first[1])
            continue;
        box[r] = box_of_shape(q->rank, q->extent);
        box[r].low[along] = cut[first[0]];
        box[r].high[along] = cut[first[1]];
    }
    for (int d = 0; d < q->rank; ++d)
        q->chosen.grid[d] = d == along && q->alone < 0 ? q->rt->n_ranks : 1;
    q->ranks = box ? deal_list(q->rt->n_ranks, q->rank, box) : NULL;
    base_free(box);
    return q->ranks;
}

/* A single point, on the rank that holds most of its inputs; or none at all. */
static tsr_status cut_not(struct problem *q)
{
    const bool runs = q->volume > 0 || q->one_point;
    q->alone = runs || q->rt->n_ranks == 1 ? keys_place(q, &q->alone_arg) : 0;
    const tsr_box all = box_of_shape(q->rank, q->extent);
    q->ranks = deal_one(q->rt->n_ranks, q->alone, &all);
    if (!q->ranks)
        return no_memory(q);
    deal(q, runs, q->gang_first);
    for (int d = 0; d < q->rank; ++d) {
        q->chosen.grid[d] = q->grid[d] = 1;
        q->cut[d] = base_calloc(2, sizeof **q->cut);
        if (!q->cut[d])
            return no_memory(q);
        q->cut[d][1] = q->alone == q->rt->rank ? q->extent[d] : 0;
    }
    if (!runs)
        q->alone = -1;
    return TSR_OK;
}

tsr_status solve_cut_gang(struct problem *q)
{
    const size_t ranks = (size_t)q->rt->n_ranks;
    q->small = solve_is_small(q);
    q->alone = q->alone_arg = q->chosen.key = -1;
    q->gang_first = base_calloc(ranks + 1, sizeof *q->gang_first);
    if (!q->gang_first)
        return no_memory(q);
    q->small |= q->one_point || q->rank == 0;
    if (q->small || q->volume == 0)
        return cut_not(q);
    if (q->op->alone)
        q->alone = keys_place(q, &q->alone_arg);
    const int64_t most = q->alone >= 0 ? workers_of(q, q->alone) : all_workers(q);
    const int64_t wanted = wanted_points(q, most);
    const int     along = dimension_for(q, wanted);
    int           n = 0;
    int64_t      *cut = cut_whole(q, along, min64(wanted, room_along(q, along)), &n);
    if (cut)
        deal(q, n, q->gang_first);
    const bool ok = cut && take_part(q, along, cut) && fill_ranks(q, along, cut);
    base_free(cut);
    return ok ? TSR_OK : no_memory(q);
}

/* ---- the plan ---- */

bool solve_fill_gang(const struct problem *q, struct plan *p, const int64_t *first)
{
    const int         ranks = p->n_ranks;
    struct plan_gang *g = plan_memory(p, 1, sizeof *g);
    if (!g)
        return false;
    g->rank = plan_memory(p, ranks, sizeof *g->rank);
    g->first = plan_memory(p, ranks + 1, sizeof *g->first);
    if (!g->rank || !g->first)
        return false;
    g->size = first[ranks];
    g->place = -1;
    for (int r = 0; r < ranks; ++r) {
        if (first[r] == first[r + 1])
            continue;
        if (r == q->rt->rank)
            g->place = g->n_places;
        g->rank[g->n_places] = r;
        g->first[g->n_places++] = first[r];
    }
    g->first[g->n_places] = g->size;
    p->gang = g;
    return true;
}
