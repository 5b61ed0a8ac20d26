/* tests/unit/solve/test_leaves.c - canonical leaves: the rule, and plans that keep to it. */
#include <criterion/criterion.h>
#include <string.h>

#include "unit/solve/plan_check.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static void expect_leaf(int rank, const int64_t *extent, int64_t elements, unsigned kept,
                        int64_t rest, const int64_t *want)
{
    int64_t got[TSR_MAX_RANK];
    tsr_leaf_extents(rank, extent, elements, kept, rest, got);
    for (int d = 0; d < rank; ++d)
        cr_expect_eq(got[d], want[d], "dimension %d: %lld, not %lld", d, (long long)got[d],
                     (long long)want[d]);
}

Test(leaves, of_one_dimension)
{
    expect_leaf(1, EXTENTS(1000000), 16384, 0, 1, EXTENTS(16384));
    expect_leaf(1, EXTENTS(100), 16384, 0, 1, EXTENTS(128));
    expect_leaf(1, EXTENTS(1), 16384, 0, 1, EXTENTS(1));
    expect_leaf(1, EXTENTS(1000), 100, 0, 1, EXTENTS(64));
}

Test(leaves, of_several_dimensions)
{
    expect_leaf(2, EXTENTS(1000, 1000), 16384, 0, 1, EXTENTS(32, 512));
    expect_leaf(2, EXTENTS(1000000, 3), 16384, 0, 1, EXTENTS(4096, 4));
    expect_leaf(3, EXTENTS(201, 256, 256), 16384, 0, 1, EXTENTS(8, 8, 256));
    expect_leaf(3, EXTENTS(2, 1000, 1000), 16384, 0, 1, EXTENTS(2, 16, 512));
    expect_leaf(2, EXTENTS(1000, 1000), 64, 0, 1, EXTENTS(1, 64));
}

Test(leaves, four_times_the_accumulator)
{
    /* row sums: the accumulator has as many elements as the leaf has rows */
    expect_leaf(2, EXTENTS(1000, 1000), 16384, 1, 1, EXTENTS(32, 512));
    /* column sums: 512 against 32 rows */
    expect_leaf(2, EXTENTS(1000, 1000), 16384, 2, 1, EXTENTS(32, 512));
    /* a histogram of 65536 bins */
    expect_leaf(1, EXTENTS(10000000), 16384, 0, 65536, EXTENTS(262144));
    /* the sum image of a stack: an image a frame */
    expect_leaf(3, EXTENTS(201, 256, 256), 16384, 6, 1, EXTENTS(8, 8, 256));
    expect_leaf(2, EXTENTS(3, 1000000), 1024, 2, 1, EXTENTS(4, 512));
}

static const tsr_task_desc row_sums = {
    .name = "row_sums",
    .args = {{TSR_READ, 0, 0, "x"}, {TSR_REDUCE, 0, 0, "rows", TSR_SUM}},
};

Test(leaves, are_the_same_on_any_machine)
{
    const int64_t workers[4][4] = {{1}, {2, 1}, {1, 5, 3}, {8, 8, 1, 2}};
    int64_t       leaf[2] = {0};
    for (int n = 1; n <= 4; ++n) {
        struct run   run;
        struct plan *plans[STAGE_MAX_RANKS];
        run_start(&run, n, workers[n - 1]);
        const int         x = run_root(&run, TSR_F32, 2, EXTENTS(300, 900));
        const int         s = run_root(&run, TSR_F32, 1, EXTENTS(300));
        const struct view v = map_promote(map_identity(run.stage[0].root[s]), 1, 900);
        const struct call c = {&row_sums, 2, {see(x), see_map(s, v)}};
        cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
        check_plans(&run, &c, plans);
        cr_assert_eq(plans[0]->arg[1].kept, 1);
        cr_assert(!plans[0]->arg[1].exact_reduction);
        if (n > 1)
            cr_assert_eq(memcmp(leaf, plans[0]->leaf, sizeof leaf), 0);
        memcpy(leaf, plans[0]->leaf, sizeof leaf);
        run_release(&run, plans);
        run_stop(&run);
    }
}

Test(leaves, exact_operators_have_none)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 1, NULL);
    const int         x = run_root(&run, TSR_I32, 1, EXTENTS(300000));
    const int         s = run_root(&run, TSR_I32, 0, NULL);
    const struct call c = {&row_sums, 2, {see(x), see(s)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    cr_assert(!plans[0]->leafwise && plans[0]->reduces && plans[0]->arg[1].exact_reduction);
    run_release(&run, plans);
    run_stop(&run);
}

Test(leaves, of_the_task_type)
{
    static const tsr_task_desc tiled = {
        .name = "tiled", .args = {{TSR_WRITE, 0, 0, "y"}}, .canonical = true, .leaf = {100, 30}};
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 2, NULL);
    const int         y = run_root(&run, TSR_F64, 2, EXTENTS(450, 200));
    const struct call c = {&tiled, 1, {see(y)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &c, plans);
    cr_assert_eq(plans[0]->leaf[0], 100);
    cr_assert_eq(plans[0]->leaf[1], 30);
    run_release(&run, plans);
    run_stop(&run);
}
