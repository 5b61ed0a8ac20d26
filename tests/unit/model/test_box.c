/* Boxes and lists of boxes against sets of points. */
#include <criterion/criterion.h>

#include "base/alloc.h"
#include "model/region.h"
#include "random.h"

enum { SIDE = 6, TRIES = 5000 };

static tsr_box random_box(uint64_t *state, int rank)
{
    tsr_box b = {.rank = rank};
    for (int d = 0; d < rank; ++d) {
        b.low[d] = random_in(state, 0, SIDE);
        b.high[d] = random_in(state, 0, SIDE);
    }
    return b;
}

static bool holds(const tsr_box *b, const int64_t *at)
{
    for (int d = 0; d < b->rank; ++d)
        if (at[d] < b->low[d] || at[d] >= b->high[d])
            return false;
    return true;
}

/* Visit every point of a small space of rank 3 (unused dimensions stay at 0). */
#define FOR_POINTS(at, rank)                                                                       \
    for (int64_t at[3] = {0}; at[0] < SIDE; ++at[0])                                               \
        for (at[1] = 0; at[1] < (rank > 1 ? SIDE : 1); ++at[1])                                    \
            for (at[2] = 0; at[2] < (rank > 2 ? SIDE : 1); ++at[2])

Test(model_box, pairs_by_brute_force)
{
    uint64_t state = 3;
    for (int i = 0; i < TRIES; ++i) {
        const int     rank = 1 + i % 3;
        const tsr_box a = random_box(&state, rank), b = random_box(&state, rank);
        const tsr_box both = box_intersection(&a, &b), hull = box_hull(&a, &b);
        tsr_box       part[2 * TSR_MAX_RANK];
        const int     n = box_subtract(&a, &b, part);
        int64_t       in_a = 0, in_b = 0, in_both = 0;
        cr_assert_leq(n, 2 * rank);
        FOR_POINTS(at, rank)
        {
            const bool x = holds(&a, at), y = holds(&b, at);
            int        parts = 0;
            for (int k = 0; k < n; ++k)
                parts += holds(&part[k], at);
            in_a += x;
            in_b += y;
            in_both += x && y;
            cr_assert_eq(holds(&both, at), x && y);
            cr_assert_eq(parts, x && !y, "in %d parts of the difference", parts);
            cr_assert(!(x || y) || holds(&hull, at));
        }
        cr_assert_eq(box_volume(&a), in_a);
        cr_assert_eq(box_is_empty(&a), in_a == 0);
        cr_assert_eq(box_meets(&a, &b) && in_a && in_b, in_both > 0);
        cr_assert_eq(box_contains(&a, &b), in_both == in_b);
        cr_assert_eq(box_equal(&a, &b), in_a == in_both && in_b == in_both);
    }
}

Test(model_box, lists_by_brute_force)
{
    uint64_t state = 5;
    for (int i = 0; i < 300; ++i) {
        struct box_list l = {0};
        bool            expected[SIDE][SIDE] = {{false}};
        for (int step = 0; step < 8; ++step) {
            const tsr_box b = random_box(&state, 2);
            /* a list of disjoint boxes: what is added is taken out first */
            cr_assert(box_list_subtract(&l, &b));
            const bool adds = random_in(&state, 0, 1);
            if (adds)
                cr_assert(box_list_add(&l, &b));
            FOR_POINTS(at, 2)
            if (holds(&b, at))
                expected[at[0]][at[1]] = adds;
        }
        FOR_POINTS(at, 2)
        {
            int n = 0;
            for (int k = 0; k < l.n; ++k)
                n += holds(&l.box[k], at);
            cr_assert_eq(n, expected[at[0]][at[1]]);
        }
        box_list_done(&l);
    }
    cr_assert_eq(base_alloc_live(), 0);
}

Test(model_box, a_list_says_when_memory_is_short)
{
    struct box_list l = {0};
    const tsr_box   b = {1, {0}, {10}};
    base_alloc_fail_after(0);
    cr_assert_not(box_list_add(&l, &b));
    cr_assert(box_list_add(&l, &b));
    cr_assert_eq(l.n, 1);
    box_list_done(&l);
}

Test(model_box, volumes_saturate)
{
    const tsr_box b = {2, {0, 0}, {INT64_MAX / 2, 4}};
    cr_assert_eq(box_volume(&b), INT64_MAX);
}
