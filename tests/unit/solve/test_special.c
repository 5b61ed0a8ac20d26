/* tests/unit/solve/test_special.c - images, unbound outputs, what must run at one point, replicas,
 * the cache's bounds, memory that runs out. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"
#include "unit/solve/plan_check.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static const tsr_task_desc gather = {
    .name = "gather",
    .args = {{TSR_READ, 0, 0, "from"}, {TSR_READ, 0, 0, "where"}, {TSR_WRITE, 0, 0, "to"}},
    .constraints = {TSR_IMAGE(0, 1, TSR_IMAGE_POINTS), TSR_ALIGN(1, 2)},
};

Test(special, image_boxes_are_set_later)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS], *again[STAGE_MAX_RANKS];
    run_start(&run, 2, NULL);
    run_set_min_piece(&run, 2);
    const int from = run_root(&run, TSR_F64, 1, EXTENTS(100));
    const int where = run_root(&run, TSR_I64, 1, EXTENTS(40)),
              to = run_root(&run, TSR_F64, 1, EXTENTS(40));
    const struct view back = map_slice(map_identity(run.stage[0].root[from]), 0, 99, -1, -1);
    const struct call c = {&gather, 3, {see_map(from, back), see(where), see(to)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &c, plans);
    cr_assert_eq(run_solve(&run, &c, again), TSR_OK);
    cr_assert_eq(plans[0], again[0], "where it is cut is known without the values");
    run_release(&run, again);
    run_release(&run, plans);
    cr_assert_eq(run_solve_anew(&run, &c, plans), TSR_OK);
    cr_assert_eq(run_solve_anew(&run, &c, again), TSR_OK);
    cr_assert_neq(plans[0], again[0], "nobody else has a plan that is to be completed");
    tsr_box      local[256], ranks[2] = {{1, {0}, {50}}, {1, {30}, {100}}};
    struct plan *p = plans[0];
    cr_assert(p->arg[0].image && !p->arg[0].region && p->n_points > 1 && p->n_points <= 256);
    for (int i = 0; i < p->n_points; ++i)
        local[i] = (tsr_box){1, {i}, {i + 10}};
    cr_assert(solve_image_points(p, 0, local));
    solve_image_ranks(p, 0, ranks);
    cr_assert(p->arg[0].all.low[0] == 0 && p->arg[0].all.high[0] == 100);
    for (int i = 0; i < p->n_points; ++i) {
        const int64_t *row = p->boxes + (int64_t)i * p->row + p->arg[0].box_at;
        cr_assert_eq(p->arg[0].region[i].low[0], i);
        cr_assert_eq(row[0], 90 - i, "index 0 of the view is element 99");
        cr_assert_eq(row[1], 100 - i);
    }
    const struct region tenth = {1, {10}, {11}, {1}};
    int                 met[256];
    cr_assert_eq(plan_find_points(p, 0, &tenth, met, 256), p->n_points < 11 ? p->n_points - 1 : 10);
    cr_assert_neq(p->arg[0].cut, again[0]->arg[0].cut);
    run_release(&run, plans);
    run_release(&run, again);
    run_stop(&run);
}

Test(special, unbound_outputs_cut_the_first_dimension)
{
    static const tsr_task_desc d = {.name = "filter",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "kept"}}};
    struct run                 run;
    struct plan               *plans[STAGE_MAX_RANKS];
    run_start(&run, 2, NULL);
    run_set_min_piece(&run, 1);
    const int         x = run_root(&run, TSR_F64, 2, EXTENTS(8, 8));
    const int         kept = run_unbound(&run, TSR_F64, 1, EXTENTS(0));
    const struct call c = {&d, 2, {see(x), see(kept)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &c, plans);
    cr_assert(plans[0]->has_unbound && plans[0]->arg[1].unbound);
    cr_assert_eq(plans[0]->grid[1], 1);
    cr_assert_eq(plans[0]->rank_grid[1], 1);
    run_release(&run, plans);
    run_stop(&run);
}

static const tsr_task_desc count = {.name = "count",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "n"}}};

Test(special, what_is_written_whole_runs_at_one_point)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 3, NULL);
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(100000)), n = run_root(&run, TSR_I64, 0, NULL);
    const int none = run_root(&run, TSR_F64, 1, EXTENTS(0));
    const struct call c = {&count, 2, {see(x), see(n)}}, empty = {&count, 2, {see(none), see(n)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(plans[0]->alone, 0);
    cr_assert_eq(plans[0]->n_points, 1);
    run_release(&run, plans);
    cr_assert_eq(run_solve(&run, &empty, plans), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(plans[0]->n_points, 1, "also where there is nothing to read");
    run_release(&run, plans);
    run_stop(&run);
}

Test(special, small_and_pure_is_replicated_where_its_inputs_are)
{
    static const tsr_task_desc d = {
        .name = "axpy", .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}}, .pure = true};
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 3, NULL);
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(10)),
              y = run_root(&run, TSR_F64, 1, EXTENTS(10));
    struct call c = {&d, 2, {see(x), see(y)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK);
    cr_assert(!plans[0]->replicated);
    run_release(&run, plans);
    c.inputs_replicated = true;
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK);
    cr_assert(plans[0]->replicated);
    check_plans(&run, &c, plans);
    for (int r = 0; r < 3; ++r)
        cr_assert_eq(plans[r]->n_points, 1);
    run_release(&run, plans);
    run_stop(&run);
}

Test(special, small_goes_where_its_input_lies)
{
    struct run   run;
    struct plan *wrote[STAGE_MAX_RANKS], *plans[STAGE_MAX_RANKS];
    run_start(&run, 4, NULL);
    static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(80000)), n = run_root(&run, TSR_F64, 0, NULL);
    cr_assert_eq(run_solve(&run, &(struct call){&fill, 1, {see(x)}}, wrote), TSR_OK);
    run_set_key(&run, x, wrote, 0);
    const struct view v = map_slice(map_identity(run.stage[0].root[x]), 0, 50000, 50010, 1);
    cr_assert_eq(run_solve(&run, &(struct call){&count, 2, {see_map(x, v), see(n)}}, plans),
                 TSR_OK);
    cr_assert_eq(plans[0]->alone, 2);
    run_release(&run, plans);
    run_release(&run, wrote);
    run_stop(&run);
}

Test(special, writing_a_part_keeps_owners)
{
    struct run   run;
    struct plan *wrote[STAGE_MAX_RANKS], *plans[STAGE_MAX_RANKS];
    run_start(&run, 4, NULL);
    static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
    const int                  x = run_root(&run, TSR_F64, 2, EXTENTS(300, 300));
    cr_assert_eq(run_solve(&run, &(struct call){&fill, 1, {see(x)}}, wrote), TSR_OK);
    run_set_key(&run, x, wrote, 0);
    struct view v = map_slice(map_identity(run.stage[0].root[x]), 0, 7, 290, 1);
    v = map_slice(v, 1, 299, 12, -2);
    const struct call c = {&fill, 1, {see_map(x, v)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK);
    check_plans(&run, &c, plans);
    cr_assert(deal_within(plans[0]->arg[0].ranks, wrote[0]->arg[0].ranks));
    run_release(&run, plans);
    run_release(&run, wrote);
    run_stop(&run);
}

Test(special, split_dimensions_are_cut_outside)
{
    static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
    struct run                 run;
    struct plan               *plans[STAGE_MAX_RANKS];
    run_start(&run, 3, NULL);
    run_set_min_piece(&run, 1);
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(60)),
              y = run_root(&run, TSR_F64, 2, EXTENTS(9, 9));
    const struct view split = map_split(map_identity(run.stage[0].root[x]), 0, 10, 6);
    const struct view diagonal = map_diagonal(map_identity(run.stage[0].root[y]), 0, 1);
    const struct call c = {&fill, 1, {see_map(x, split)}}, e = {&fill, 1, {see_map(y, diagonal)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &c, plans);
    cr_assert(plans[0]->n_points > 1 && plans[0]->grid[1] == 1);
    cr_assert(plans[0]->arg[0].covers && plans[0]->arg[0].disjoint);
    run_release(&run, plans);
    cr_assert_eq(run_solve(&run, &e, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &e, plans);
    cr_assert(plans[0]->n_points > 1 && !plans[0]->arg[0].covers);
    run_release(&run, plans);
    run_stop(&run);
}

Test(special, the_past_is_bounded)
{
    static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
    struct run                 run;
    struct plan               *plans[STAGE_MAX_RANKS];
    run_start(&run, 1, NULL);
    const int x = run_root(&run, TSR_F64, 2, EXTENTS(200, 200));
    for (int i = 0; i < 12000; ++i) {
        struct view v = map_slice(map_identity(run.stage[0].root[x]), 0, i % 150, i % 150 + 3, 1);
        v = map_slice(v, 1, i / 150, i / 150 + 20, 1);
        cr_assert_eq(run_solve(&run, &(struct call){&fill, 1, {see_map(x, v)}}, plans), TSR_OK);
        run_release(&run, plans);
    }
    const struct solve_counts n = solve_counts(&run.stage[0].rt);
    cr_assert_leq(n.plans, 4096);
    cr_assert_geq(n.flushes, 2);
    cr_assert_eq(n.misses, 12000);
    run_stop(&run);
}

/* The n-th allocation fails, for each n, and its failing is said. */
static void run_out_of_memory(struct run *run, const struct call *c)
{
    struct plan  *plan = NULL;
    const int64_t live = base_alloc_live();
    tsr_status    status = TSR_NO_MEMORY;
    int           n = 0;
    for (; status == TSR_NO_MEMORY; ++n) {
        base_alloc_fail_after(n);
        status = stage_solve(&run->stage[0], c, &plan);
        base_alloc_fail_after(-1);
        cr_assert(status == TSR_OK || base_alloc_live() - live < 16, "a leak at %d", n);
    }
    cr_assert_eq(status, TSR_OK);
    cr_assert_gt(n, 2);
    plan_release(plan);
}

Test(special, memory_that_runs_out_is_said)
{
    static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "x"}}};
    static const tsr_task_desc sum = {
        .name = "sum", .args = {{TSR_READ, 0, 0, "x"}, {TSR_REDUCE, 0, 0, "s", TSR_SUM}}};
    for (int n_ranks = 1; n_ranks <= 3; ++n_ranks) {
        struct run   run;
        struct plan *plans[STAGE_MAX_RANKS];
        run_start(&run, n_ranks, NULL);
        run_set_min_piece(&run, 1);
        const int x = run_root(&run, TSR_F64, 1, EXTENTS(50)), s = run_root(&run, TSR_F64, 0, NULL);
        const struct call write = {&fill, 1, {see(x)}};
        run_out_of_memory(&run, &write);
        cr_assert_eq(run_solve(&run, &write, plans), TSR_OK);
        run_release(&run, plans);
        run_out_of_memory(&run, &(struct call){&sum, 2, {see(x), see(s)}});
        run_stop(&run);
    }
}

Test(special, ranks_that_write_each_others_boxes_do_not)
{
    static const tsr_task_desc both = {
        .name = "both", .args = {{TSR_WRITE, 0, 0, "even"}, {TSR_WRITE, 0, 0, "odd"}}};
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 2, NULL);
    const int         x = run_root(&run, TSR_F64, 1, EXTENTS(20000));
    const struct view all = map_identity(run.stage[0].root[x]);
    const struct view even = map_slice(all, 0, 0, 20000, 2), odd = map_slice(all, 0, 1, 20000, 2);
    const struct view back = map_slice(all, 0, 19999, -1, -2);
    const struct call with = {&both, 2, {see_map(x, even), see_map(x, odd)}};
    const struct call against = {&both, 2, {see_map(x, even), see_map(x, back)}};
    cr_assert_eq(run_solve(&run, &with, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &with, plans);
    cr_assert_eq(plans[0]->alone, -1);
    run_release(&run, plans);
    cr_assert_eq(run_solve(&run, &against, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &against, plans);
    cr_assert_eq(plans[0]->alone, 0);
    run_release(&run, plans);
    run_stop(&run);
}
