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
 * With more ranks than FEW_RANKS and more grids than FEW_GRIDS, the search begins at that with the most even
 * pieces and goes on to a neighbour (a prime factor along another dimension) while that is better.
 *
 * All of it is shared: integers, from the stream and the machine table alone. Cost: O(candidates *
 * arguments), on machines that are not alike O(candidates * ranks * arguments): rank_cost.c, rank_deals.c.
 * Threads: the issuing thread. */
#include <string.h>

#include "solve/rank_grid.h"

enum { FEW_RANKS = 16, FEW_GRIDS = 6, SMALL = 4096 };

/* Weigh these boxes (taken over; NULL: no memory) against the best so far. */
static void consider(struct search *s, struct deal *ranks, struct candidate c)
{
    struct problem *q = s->q;
    if (!ranks) {
        s->no_memory = true;
        return;
    }
    ranks_cost(q, ranks, &c);
    if (q->on_candidate)
        q->on_candidate(q->on_candidate_user, q, &c);
    if (s->n++ > 0 && !ranks_better(&c, &q->chosen)) {
        deal_release(ranks);
        return;
    }
    q->chosen = c;
    deal_release(q->ranks);
    q->ranks = ranks;
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

/* The boxes of a grid one by one, for machines that are not alike. */
static struct deal *list_grid(struct search *s, const int *grid)
{
    const int n = s->q->rt->n_ranks;
    if (!s->boxes) {
        s->boxes = base_calloc((size_t)n, sizeof *s->boxes);
        s->cuts = base_calloc(2 * (size_t)n + 3 * TSR_MAX_RANK, sizeof *s->cuts);
        s->weight = base_calloc((size_t)n, sizeof *s->weight);
    }
    if (!s->boxes || !s->cuts || !s->weight)
        return NULL;
    for (int r = 0; r < n; ++r)
        s->weight[r] = max64(1, s->q->rt->machines[r].workers);
    share_box(s, grid,
              &(struct share){
                  .d = s->q->rank - 1, .step = 1, .box = {.rank = s->q->rank}, .scratch = s->cuts});
    return deal_list(n, s->q->rank, s->boxes);
}

static void consider_grid(struct search *s, const int *grid)
{
    const struct problem *q = s->q;
    struct candidate      c = {.key = -1};
    struct deal           even;
    int64_t               unit[TSR_MAX_RANK];
    memcpy(c.grid, grid, sizeof c.grid);
    for (int d = 0; d < q->rank; ++d)
        unit[d] = soft_unit(q, d, grid[d]);
    const bool closed = s->alike && solve_even_deal(q, grid, unit, &even);
    consider(s, closed ? deal_grid(&even) : list_grid(s, grid), c);
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
    const int most = is_cuttable(q, d) ? left : 1;
    int       part = 1;
    for (; part * part < most; ++part) /* the factors of `most` from the largest on */
        if (most % part == 0) {
            grid[d] = most / part;
            each_grid(s, d + 1, left / grid[d], grid);
        }
    for (int g = part * part == most ? part : part - 1; g >= 1; --g)
        if (most % g == 0) {
            grid[d] = g;
            each_grid(s, d + 1, left / g, grid);
        }
}

/* How many such grids there are: each prime factor, e times in n, may be shared out among m dimensions in
 * (e + m - 1 over e) ways. */
static int64_t count_grids(const struct problem *q, int n)
{
    int64_t all = 1, m = 0;
    for (int d = 0; d < q->rank; ++d)
        m += is_cuttable(q, d);
    for (int p = 2; n > 1; ++p) {
        p = p * p > n ? n : p;
        for (int64_t e = 1; n % p == 0; ++e, n /= p)
            all = mul64(all, e + m - 1) / e;
    }
    return all;
}

/* The largest prime factor of n > 1. */
static int largest_prime(int n)
{
    int p = 2;
    while (p * p <= n)
        if (n % p == 0 && n > p)
            n /= p;
        else
            ++p;
    return n;
}

/* Each prime factor, the largest first, goes where pieces are longest. */
static void start_grid(const struct problem *q, int *grid)
{
    for (int left = q->rt->n_ranks, p; left > 1; left /= p) {
        int to = -1;
        p = largest_prime(left);
        for (int d = 0; d < q->rank; ++d)
            if (is_cuttable(q, d) && (to < 0 || q->extent[d] / grid[d] > q->extent[to] / grid[to]))
                to = d;
        grid[to] *= p;
    }
}

/* From the grid that was best so far to its neighbours, until none is better. */
static void climb(struct search *s, int *grid)
{
    const struct problem *q = s->q;
    start_grid(q, grid);
    consider_grid(s, grid);
    for (bool better = true; better && s->n < SOLVE_MAX_CANDIDATES;) {
        int from[TSR_MAX_RANK];
        memcpy(from, q->chosen.grid, sizeof from);
        for (int i = 0; i < q->rank; ++i)
            for (int j = 0; j < q->rank; ++j) {
                int next[TSR_MAX_RANK];
                if (i == j || from[i] == 1 || !is_cuttable(q, j))
                    continue;
                const int p = largest_prime(from[i]);
                memcpy(next, from, sizeof next);
                next[i] /= p;
                next[j] *= p;
                consider_grid(s, next);
            }
        better = memcmp(from, q->chosen.grid, sizeof from) != 0;
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
    struct search s = {.q = q, .alike = solve_machines_alike(q)};
    int           grid[TSR_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    s.straight = folds_in_line(q);
    if (q->rt->n_ranks <= FEW_RANKS || count_grids(q, q->rt->n_ranks) <= FEW_GRIDS)
        each_grid(&s, 0, q->rt->n_ranks, grid);
    else
        climb(&s, grid);
    keys_each(&s, consider);
    if (q->chosen.key >= 0 && !s.no_memory)
        keys_describe(q, q->ranks, q->chosen.grid);
    base_free(s.boxes);
    base_free(s.cuts);
    base_free(s.weight);
    return s.no_memory
               ? tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory to cut it", q->desc->name)
               : TSR_OK;
}

/* The least that any rank says, so that all say the same. */
int64_t solve_least_piece(const struct problem *q)
{
    int64_t   least = INT64_MAX;
    const int n = q->rt->machines_alike ? 1 : q->rt->n_ranks;
    for (int r = 0; r < n; ++r)
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

static tsr_status give_to(struct problem *q, int rank)
{
    const tsr_box all = box_of_shape(q->rank, q->extent);
    deal_release(q->ranks);
    q->ranks = rank < 0 ? deal_all(q->rt->n_ranks, &all) : deal_one(q->rt->n_ranks, rank, &all);
    q->chosen.key = -1;
    for (int d = 0; d < q->rank; ++d)
        q->chosen.grid[d] = 1;
    return q->ranks
               ? TSR_OK
               : tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory to cut it", q->desc->name);
}

tsr_status solve_choose_ranks(struct problem *q)
{
    const int n = q->rt->n_ranks;
    q->alone = q->alone_arg = -1;
    q->small = solve_is_small(q);
    if (q->volume == 0 && !q->one_point)
        return give_to(q, 0);
    if (n == 1) {
        q->alone = q->small || q->one_point ? 0 : -1;
        return give_to(q, 0);
    }
    q->replicated = q->small && q->desc->pure && q->op->inputs_replicated && !is_local_output(q);
    if (q->replicated)
        return give_to(q, -1);
    if (!q->small && !q->op->alone && can_cut(q)) {
        const tsr_status s = search_ranks(q);
        q->collides = s == TSR_OK && solve_ranks_collide(q);
        if (!q->collides)
            return s;
    }
    q->alone = keys_place(q, &q->alone_arg);
    return give_to(q, q->alone);
}
