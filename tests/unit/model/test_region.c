/* Regions against sets of points: meets, contains, equality, volume, by trying all of a small space. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "model/region.h"
#include "random.h"

enum { SIDE = 14, TRIES = 20000 };

static struct region random_region(uint64_t *state, int rank)
{
    struct region r = {.rank = rank};
    for (int d = 0; d < rank; ++d) {
        r.low[d] = random_in(state, 0, SIDE - 1);
        r.high[d] = random_in(state, 0, 9) == 0 ? r.low[d] : random_in(state, r.low[d], SIDE);
        r.step[d] = random_in(state, 1, 6);
    }
    region_normalize(&r);
    return r;
}

static bool holds(const struct region *r, const int64_t *at)
{
    for (int d = 0; d < r->rank; ++d)
        if (at[d] < r->low[d] || at[d] >= r->high[d] || (at[d] - r->low[d]) % r->step[d] != 0)
            return false;
    return true;
}

/* What two regions share, counted point by point. */
struct shared {
    int64_t in_a, in_b, in_both;
};

static struct shared count(const struct region *a, const struct region *b)
{
    struct shared s = {0};
    int64_t       at[2] = {0};
    for (at[0] = 0; at[0] < SIDE; ++at[0])
        for (at[1] = 0; at[1] < (a->rank == 2 ? SIDE : 1); ++at[1]) {
            s.in_a += holds(a, at);
            s.in_b += holds(b, at);
            s.in_both += holds(a, at) && holds(b, at);
        }
    return s;
}

Test(model_region, small_spaces_by_brute_force)
{
    uint64_t state = 1;
    for (int i = 0; i < TRIES; ++i) {
        const int           rank = 1 + i % 2;
        const struct region a = random_region(&state, rank), b = random_region(&state, rank);
        const struct shared s = count(&a, &b);
        cr_assert_eq(region_volume(&a), s.in_a);
        cr_assert_eq(region_is_empty(&a), s.in_a == 0);
        cr_assert_eq(region_meets(&a, &b), s.in_both > 0, "try %d", i);
        cr_assert_eq(region_contains(&a, &b), s.in_both == s.in_b, "try %d", i);
        cr_assert_eq(region_equal(&a, &b), s.in_a == s.in_both && s.in_b == s.in_both, "try %d", i);
        if (region_equal(&a, &b))
            cr_assert_eq(region_hash(7, &a), region_hash(7, &b));
    }
}

Test(model_region, red_and_black_do_not_meet)
{
    const struct region red = {1, {0}, {1000000001}, {2}}, black = {1, {1}, {1000000000}, {2}};
    cr_assert_not(region_meets(&red, &black));
    const struct region third = {1, {1}, {1000000000}, {3}};
    cr_assert(region_meets(&red, &third));
}

/* Steps near 2^31.5 share one index below their product, near 2^63. */
Test(model_region, large_steps_do_not_overflow)
{
    const int64_t p = 3037000453, q = 3037000493; /* coprime */
    uint64_t      state = 2;
    for (int i = 0; i < 1000; ++i) {
        const int64_t       shared = p * random_in(&state, 0, q - 1), low = shared % q;
        const struct region a = {1, {0}, {shared + 1}, {p}}, b = {1, {low}, {shared + 1}, {q}};
        cr_assert(region_meets(&a, &b) && region_meets(&b, &a));
        const struct region before_a = {1, {0}, {shared}, {p}};
        cr_assert(shared == 0 || !region_meets(&before_a, &b));
    }
    const struct region far_a = {1, {INT64_MIN / 4}, {INT64_MAX / 4}, {6}},
                        far_b = {1, {INT64_MIN / 4 + 3}, {INT64_MAX / 4}, {9}},
                        off_b = {1, {INT64_MIN / 4 + 4}, {INT64_MAX / 4}, {9}};
    cr_assert(region_meets(&far_a, &far_b) && !region_meets(&far_a, &off_b));
}

Test(model_region, rank_zero_has_one_index)
{
    const tsr_box       b = {0};
    const struct region r = region_of_box(&b);
    cr_assert_not(region_is_empty(&r));
    cr_assert_eq(region_volume(&r), 1);
    cr_assert(region_meets(&r, &r));
    cr_assert(region_contains(&r, &r));
}

Test(model_region, normal_form)
{
    struct region r = {2, {3, 5}, {9, 6}, {4, 7}};
    region_normalize(&r);
    cr_assert(r.high[0] == 8 && r.step[0] == 4, "the last index is 7");
    cr_assert(r.high[1] == 6 && r.step[1] == 1, "one index has step 1");
    const tsr_box hull = region_hull(&r);
    cr_assert(hull.low[0] == 3 && hull.high[0] == 8);
    struct region empty = {2, {3, 5}, {3, 6}, {4, 7}};
    region_normalize(&empty);
    cr_assert(region_is_empty(&empty) && empty.low[1] == empty.high[1] && empty.step[0] == 1);
}
