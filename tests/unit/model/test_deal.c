/* Deals against their boxes, rank by rank. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "model/deal.h"
#include "random.h"

enum { TRIES = 20000, MOST_RANKS = 64 };

static int axes_of(uint64_t *state, struct deal *d)
{
    static const int sizes[] = {1, 2, 3, 4, 5};
    d->n_axes = (int)random_in(state, 1, 3);
    d->n_ranks = 1;
    for (int k = d->n_axes - 1; k >= 0; --k) {
        const int64_t unit = random_in(state, 0, 2) ? 1 : random_in(state, 1, 4);
        d->axis[k] = (struct deal_axis){sizes[random_in(state, 0, 4)], d->n_ranks,
                                        random_in(state, 1, 30), unit};
        d->n_ranks *= d->axis[k].n;
    }
    return d->n_ranks <= MOST_RANKS;
}

/* Dimensions of boxes that follow from the axes of `like`, or of its own. */
static struct deal *random_grid(uint64_t *state, const struct deal *like)
{
    struct deal d = {.kind = DEAL_GRID, .rank = (int)random_in(state, 1, 3)};
    if (like && like->kind == DEAL_GRID) {
        d.n_axes = like->n_axes;
        d.n_ranks = like->n_ranks;
        d.rank = like->rank;
        for (int k = 0; k < d.n_axes; ++k)
            d.axis[k] = like->axis[k];
    } else {
        while (!axes_of(state, &d))
            ;
    }
    d.hull.rank = d.rank;
    for (int k = 0; k < d.rank; ++k) {
        static const int64_t scales[] = {1, 1, 1, 2, -1, -2};
        const int64_t        scale = scales[random_in(state, 0, 5)], low = random_in(state, -3, 3);
        const int64_t        more = random_in(state, 0, 2) ? 0 : random_in(state, -1, 4);
        d.side[k] = (struct deal_side){(int)random_in(state, -1, d.n_axes - 1), scale, low, low + more};
        const int64_t base = d.side[k].by >= 0 ? d.axis[d.side[k].by].base : 10;
        const int64_t end[2] = {low, scale * base + low};
        d.hull.low[k] = end[scale < 0] + random_in(state, 0, 1);
        d.hull.high[k] = end[scale > 0] + more - random_in(state, 0, 1);
    }
    d.only = random_in(state, 0, 3) == 0 ? (unsigned)random_in(state, 0, (1 << d.n_axes) - 1) : 0;
    return deal_grid(&d);
}

static struct deal *random_deal(uint64_t *state, const struct deal *like)
{
    struct deal *g = random_grid(state, like);
    tsr_box      box[MOST_RANKS];
    if (random_in(state, 0, 4))
        return g;
    for (int r = 0; r < g->n_ranks; ++r)
        box[r] = deal_box(g, r);
    struct deal *l = deal_list(g->n_ranks, g->rank, box);
    deal_release(g);
    return l;
}

static tsr_box random_box(uint64_t *state, int rank)
{
    tsr_box b = {.rank = rank};
    for (int k = 0; k < rank; ++k) {
        b.low[k] = random_in(state, -8, 40) * (random_in(state, 0, 1) ? 1 : -1);
        b.high[k] = b.low[k] + random_in(state, 0, 20);
    }
    return b;
}

Test(model_deal, walking_finds_whose_boxes_meet)
{
    uint64_t state = 3;
    for (int i = 0; i < TRIES; ++i) {
        struct deal     *d = random_deal(&state, NULL);
        const tsr_box    met = random_box(&state, d->rank);
        struct deal_walk w = deal_walk_begin(d, &met);
        for (int r = 0; r < d->n_ranks; ++r) {
            const tsr_box b = deal_box(d, r);
            if (box_is_empty(&b) || box_is_empty(&met) || !box_meets(&b, &met))
                continue;
            cr_assert(deal_walk_next(&w), "rank %d of %d, try %d", r, d->n_ranks, i);
            cr_assert_eq(w.r, r, "%d is not %d, try %d", w.r, r, i);
            cr_assert(box_equal(&w.box, &b));
        }
        cr_assert(!deal_walk_next(&w), "rank %d too many, try %d", w.r, i);
        deal_release(d);
    }
}

Test(model_deal, what_it_says_of_its_boxes_holds)
{
    uint64_t state = 4;
    for (int i = 0; i < TRIES; ++i) {
        struct deal *d = random_deal(&state, NULL);
        tsr_box      hull = {.rank = d->rank};
        int64_t      volume = 0;
        int          n = 0;
        for (int r = 0; r < d->n_ranks; ++r) {
            const tsr_box b = deal_box(d, r);
            cr_assert_eq(deal_has(d, r), !box_is_empty(&b));
            cr_assert(box_contains(&d->hull, &b));
            hull = box_hull(&hull, &b);
            volume += box_volume(&b);
            n += !box_is_empty(&b);
            for (int q = 0; q < r && d->disjoint; ++q) {
                const tsr_box c = deal_box(d, q);
                cr_assert(box_is_empty(&b) || box_is_empty(&c) || !box_meets(&b, &c), "try %d", i);
            }
        }
        if (d->solid && d->kind != DEAL_ALL) {
            cr_assert_eq(volume, box_volume(&d->hull), "try %d", i);
            cr_assert(box_equal(&hull, &d->hull));
        }
        cr_assert(n <= deal_count(d));
        deal_release(d);
    }
}

static bool within(const struct deal *a, const struct deal *b)
{
    for (int r = 0; r < a->n_ranks; ++r) {
        const tsr_box x = deal_box(a, r), y = deal_box(b, r);
        if (!box_contains(&y, &x))
            return false;
    }
    return true;
}

static bool meet(const struct deal *a, const struct deal *b)
{
    for (int r = 0; r < a->n_ranks; ++r)
        for (int q = 0; q < a->n_ranks; ++q) {
            const tsr_box x = deal_box(a, r), y = deal_box(b, q);
            if (!box_is_empty(&x) && !box_is_empty(&y) && box_meets(&x, &y))
                return true;
        }
    return false;
}

Test(model_deal, two_of_them_are_compared_and_joined)
{
    uint64_t state = 5;
    int      n_within = 0, n_apart = 0;
    for (int i = 0; i < TRIES; ++i) {
        struct deal *a = random_deal(&state, NULL), *b = random_deal(&state, a);
        if (b->n_ranks == a->n_ranks && b->rank == a->rank) {
            struct deal *both = deal_hull(a, b);
            n_within += deal_within(a, b);
            n_apart += !deal_meets(a, b);
            cr_assert(!deal_within(a, b) || within(a, b), "try %d", i);
            cr_assert(deal_meets(a, b) || !meet(a, b), "try %d", i);
            cr_assert(within(a, both) && within(b, both), "try %d", i);
            cr_assert(deal_same(a, a) && deal_same(a, b) == deal_same(b, a));
            if (deal_same(a, b))
                cr_assert(within(a, b) && within(b, a) && a->hash == b->hash);
            deal_release(both);
        }
        deal_release(a);
        deal_release(b);
    }
    cr_assert(n_within > 100 && n_apart > 20, "%d, %d", n_within, n_apart);
}

Test(model_deal, blocks_are_as_even_as_they_come)
{
    const tsr_box hull = {.rank = 2, .low = {5, 1}, .high = {15, 3}};
    struct deal  *d = deal_blocks(4, &hull, 0);
    const int64_t at[5] = {5, 7, 10, 12, 15};
    for (int r = 0; r < 4; ++r) {
        const tsr_box b = deal_box(d, r);
        cr_assert(b.low[0] == at[r] && b.high[0] == at[r + 1] && b.low[1] == 1 && b.high[1] == 3);
    }
    cr_assert(d->solid && d->disjoint && deal_count(d) == 4);
    deal_release(d);
}
