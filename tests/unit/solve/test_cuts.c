/* tests/unit/solve/test_cuts.c - the common operations, on one and several ranks. */
#include <criterion/criterion.h>
#include <string.h>

#include "unit/solve/plan_check.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static const tsr_task_desc add = {
    .name = "add",
    .args = {{TSR_READ, 0, 0, "x"}, {TSR_READ, 0, 0, "y"}, {TSR_WRITE, 0, 0, "z"}},
    .constraints = {TSR_ALIGN(0, 2), TSR_ALIGN(1, 2)},
};

static const tsr_task_desc heat = {
    .name = "heat",
    .args = {{TSR_READ, 0, 0, "in"}, {TSR_WRITE, 0, 0, "out"}},
    .constraints = {TSR_HALO(0, 1, .low = {1, 1}, .high = {1, 1})},
};

static const tsr_task_desc product = {
    .name = "product",
    .args = {{TSR_READ, 0, 0, "a"}, {TSR_READ, 0, 0, "b"}, {TSR_READ_WRITE, 0, 0, "c"}},
    .constraints = {TSR_BROADCAST_DIMS(0, 2, 2), TSR_BROADCAST_DIMS(1, 2, 1)},
};

static const tsr_task_desc total = {
    .name = "total",
    .args = {{TSR_READ, 0, 0, "x"}, {TSR_REDUCE, TSR_F64, 0, "sum", TSR_SUM}},
};

static void solve_and_check(struct run *run, const struct call *c, struct plan **plans)
{
    cr_assert_eq(run_solve(run, c, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(run, c, plans);
}

Test(cuts, aligned_on_one_rank_fills_workers)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 1, NULL);
    const int x = run_root(&run, TSR_F64, 2, EXTENTS(400, 400));
    const int y = run_root(&run, TSR_F64, 2, EXTENTS(400, 400));
    const int z = run_root(&run, TSR_F64, 2, EXTENTS(400, 400));
    solve_and_check(&run, &(struct call){&add, 3, {see(x), see(y), see(z)}}, plans);
    cr_assert_eq(plans[0]->alone, -1);
    cr_assert_geq(plans[0]->n_points, 2);
    cr_assert_eq(plans[0]->grid[1], 1, "the outermost dimension first");
    cr_assert(plans[0]->arg[2].covers && plans[0]->arg[2].disjoint);
    cr_assert_eq(plans[0]->arg[0].cut, plans[0]->arg[2].cut);
    run_release(&run, plans);
    run_stop(&run);
}

Test(cuts, small_runs_at_one_point)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 3, EXTENTS(1, 2, 3));
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(100));
    const int s = run_root(&run, TSR_F64, 0, NULL);
    solve_and_check(&run, &(struct call){&total, 2, {see(x), see(s)}}, plans);
    cr_assert_eq(plans[0]->alone, 0);
    cr_assert_eq(plans[0]->n_points, 1);
    cr_assert_eq(plans[1]->n_points, 0);
    run_release(&run, plans);
    run_stop(&run);
}

static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
static const tsr_task_desc many = {
    .name = "many",
    .args = {{TSR_WRITE, 0, 0, "y"},
             {TSR_READ, 0, 0, "a"},
             {TSR_READ, 0, 0, "b"},
             {TSR_READ, 0, 0, "c"},
             {TSR_READ, 0, 0, "d"},
             {TSR_READ, 0, 0, "e"}},
    .constraints = {TSR_ALIGN(0, 1), TSR_ALIGN(0, 2), TSR_ALIGN(0, 3), TSR_ALIGN(0, 4),
                    TSR_ALIGN(0, 5)},
};

/* All arguments of a point fit what a piece aims at, however many; few do not make pieces longer, so that
 * operations over equal boxes have equal ones. */
Test(cuts, arguments_of_a_piece_fit_together)
{
    enum { BYTES = 1 << 16 };
    struct run   run;
    struct plan *two[STAGE_MAX_RANKS], *one[STAGE_MAX_RANKS], *six[STAGE_MAX_RANKS],
        *same[STAGE_MAX_RANKS];
    struct seen s[6];
    run_start(&run, 1, NULL);
    run.stage[0].rt.config.piece_bytes = BYTES;
    for (int i = 0; i < 6; ++i)
        s[i] = see(run_root(&run, TSR_F64, 1, EXTENTS(1 << 20)));
    solve_and_check(&run, &(struct call){&heat, 2, {s[0], s[1]}}, two);
    solve_and_check(&run, &(struct call){&fill, 1, {s[0]}}, one);
    solve_and_check(&run, &(struct call){&many, 6, {s[0], s[1], s[2], s[3], s[4], s[5]}}, six);
    solve_and_check(&run, &(struct call){&many, 6, {s[0], s[1], s[1], s[1], s[1], s[1]}}, same);
    cr_assert_eq(two[0]->n_points, one[0]->n_points);
    cr_assert_eq(one[0]->n_points, (1 << 20) * 32 / BYTES);
    cr_assert_leq(six[0]->bytes_per_point, BYTES);
    cr_assert_gt(six[0]->bytes_per_point, BYTES / 2);
    cr_assert_eq(six[0]->n_points, 2 * one[0]->n_points, "pieces of one lie in those of the other");
    cr_assert_eq(same[0]->n_points, one[0]->n_points, "what is read twice is there once");
    run_release(&run, two);
    run_release(&run, one);
    run_release(&run, six);
    run_release(&run, same);
    run_stop(&run);
}

/* The neighbours of a stencil are views of one root moved by an element: what they share is there once. */
Test(cuts, neighbours_are_counted_once)
{
    enum { BYTES = 1 << 16, N = 1 << 20 };
    struct run   run;
    struct plan *one[STAGE_MAX_RANKS], *moved[STAGE_MAX_RANKS];
    struct seen  in[5];
    run_start(&run, 1, NULL);
    run.stage[0].rt.config.piece_bytes = BYTES;
    const int out = run_root(&run, TSR_F64, 1, EXTENTS(N));
    const int from = run_root(&run, TSR_F64, 1, EXTENTS(N + 4));
    for (int i = 0; i < 5; ++i) {
        const struct view all = view_of_shape(1, EXTENTS(N + 4));
        in[i] = see_map(from, map_slice(all, 0, i, i + N, 1));
    }
    solve_and_check(&run, &(struct call){&fill, 1, {see(out)}}, one);
    solve_and_check(&run, &(struct call){&many, 6, {see(out), in[0], in[1], in[2], in[3], in[4]}}, moved);
    cr_assert_eq(moved[0]->n_points, one[0]->n_points);
    run_release(&run, one);
    run_release(&run, moved);
    run_stop(&run);
}

/* Pieces of a plane are whole rows, also where these are a little longer than a leaf's. */
Test(cuts, rows_stay_whole)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 1, NULL);
    run.stage[0].rt.config.piece_bytes = 1 << 18;
    for (int columns = 500; columns < 2000; columns += 250) {
        const int s = run_root(&run, TSR_F64, 2, EXTENTS(1000, columns));
        solve_and_check(&run, &(struct call){&fill, 1, {see(s)}}, plans);
        cr_assert_eq(plans[0]->grid[1], 1, "%d columns: %d x %d", columns, plans[0]->grid[0], plans[0]->grid[1]);
        cr_assert_gt(plans[0]->grid[0], 30);
        run_release(&run, plans);
    }
    run_stop(&run);
}

Test(cuts, halo_prefers_blocks)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 4, EXTENTS(2, 2, 2, 2));
    const int in = run_root(&run, TSR_F64, 2, EXTENTS(200, 200));
    const int out = run_root(&run, TSR_F64, 2, EXTENTS(200, 200));
    solve_and_check(&run, &(struct call){&heat, 2, {see(in), see(out)}}, plans);
    cr_assert_eq(plans[0]->rank_grid[0], 2);
    cr_assert_eq(plans[0]->rank_grid[1], 2);
    run_release(&run, plans);
    run_stop(&run);
}

Test(cuts, one_dimension_goes_by_workers)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 2, EXTENTS(1, 3));
    const int in = run_root(&run, TSR_F64, 1, EXTENTS(80000));
    const int out = run_root(&run, TSR_F64, 1, EXTENTS(80000));
    solve_and_check(&run, &(struct call){&heat, 2, {see(in), see(out)}}, plans);
    const int64_t at = deal_box(plans[0]->iteration, 0).high[0];
    cr_assert(at > 18000 && at < 22000, "%lld", (long long)at);
    run_release(&run, plans);
    run_stop(&run);
}

/* Extents times workers, for several: each rank has its share of the work, within a part of a cut. */
static void check_shares(int n, const int64_t *workers, int rank, const int64_t *extent)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    int64_t      sum = 0, volume = 1;
    run_start(&run, n, workers);
    const int in = run_root(&run, TSR_F64, rank, extent), out = run_root(&run, TSR_F64, rank, extent);
    solve_and_check(&run, &(struct call){&heat, 2, {see(in), see(out)}}, plans);
    for (int r = 0; r < n; ++r)
        sum += workers[r];
    for (int d = 0; d < rank; ++d)
        volume *= extent[d];
    for (int r = 0; r < n; ++r) {
        const int64_t want = volume / sum * workers[r];
        const tsr_box box = deal_box(plans[0]->iteration, r);
        const int64_t got = box_volume(&box);
        cr_assert(got > want - want / 8 && got < want + want / 8, "rank %d of %d: %lld, not %lld", r,
                  n, (long long)got, (long long)want);
    }
    run_release(&run, plans);
    run_stop(&run);
}

Test(cuts, several_dimensions_go_by_workers)
{
    check_shares(4, EXTENTS(1, 3, 2, 2), 2, EXTENTS(1000, 1000));
    check_shares(4, EXTENTS(1, 1, 1, 5), 2, EXTENTS(800, 800));
    check_shares(4, EXTENTS(1, 30, 30, 30), 2, EXTENTS(4000, 3000));
    check_shares(6, EXTENTS(4, 1, 1, 1, 4, 2), 2, EXTENTS(600, 900));
    check_shares(8, EXTENTS(1, 2, 3, 4, 5, 6, 7, 8), 3, EXTENTS(200, 200, 200));
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 4, EXTENTS(1, 3, 2, 2));
    const int in = run_root(&run, TSR_F64, 2, EXTENTS(1000, 1000));
    const int out = run_root(&run, TSR_F64, 2, EXTENTS(1000, 1000));
    solve_and_check(&run, &(struct call){&heat, 2, {see(in), see(out)}}, plans);
    cr_assert(plans[0]->rank_grid[0] == 2 && plans[0]->rank_grid[1] == 2, "blocks all the same");
    run_release(&run, plans);
    run_stop(&run);
}

/* Has rank r the same box by both? */
static bool is_same_box(const struct deal *a, const struct deal *b, int r)
{
    const tsr_box x = deal_box(a, r), y = deal_box(b, r);
    return box_equal(&x, &y);
}

Test(cuts, keys_keep_data_in_place)
{
    struct run   run;
    struct plan *first[STAGE_MAX_RANKS], *second[STAGE_MAX_RANKS], *third[STAGE_MAX_RANKS];
    run_start(&run, 4, EXTENTS(1, 2, 1, 2));
    const int a = run_root(&run, TSR_F64, 2, EXTENTS(200, 200));
    const int b = run_root(&run, TSR_F64, 2, EXTENTS(200, 200));
    const int c = run_root(&run, TSR_F64, 2, EXTENTS(200, 200));
    solve_and_check(&run, &(struct call){&heat, 2, {see(a), see(b)}}, first);
    run_set_key(&run, b, first, 1);
    solve_and_check(&run, &(struct call){&heat, 2, {see(b), see(c)}}, second);
    run_set_key(&run, c, second, 1);
    for (int r = 0; r < 4; ++r)
        cr_assert(is_same_box(first[0]->iteration, second[0]->iteration, r));
    cr_assert_eq(first[0]->arg[1].rank_cut, second[0]->arg[1].rank_cut);
    /* the transpose of what lies in blocks: each rank keeps its elements */
    const struct view t = map_transpose(map_identity(run.stage[0].root[c]), (int[]){1, 0});
    const int         z = run_root(&run, TSR_F64, 2, EXTENTS(200, 200));
    solve_and_check(&run, &(struct call){&add, 3, {see_map(c, t), see_map(c, t), see(z)}}, third);
    for (int r = 0; r < 4; ++r)
        cr_assert(is_same_box(third[0]->arg[0].ranks, second[0]->arg[1].ranks, r));
    run_release(&run, first);
    run_release(&run, second);
    run_release(&run, third);
    run_stop(&run);
}

Test(cuts, product_of_matrices)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 4, NULL);
    const int a = run_root(&run, TSR_F64, 2, EXTENTS(128, 96));
    const int b = run_root(&run, TSR_F64, 2, EXTENTS(96, 160));
    const int c = run_root(&run, TSR_F64, 2, EXTENTS(128, 160));
    solve_and_check(&run, &(struct call){&product, 3, {see(a), see(b), see(c)}}, plans);
    cr_assert(!plans[0]->arg[0].disjoint);
    run_release(&run, plans);
    run_stop(&run);
}

Test(cuts, sums_are_cut_into_leaves)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 3, EXTENTS(2, 1, 4));
    const int x = run_root(&run, TSR_F64, 2, EXTENTS(500, 700));
    const int s = run_root(&run, TSR_F64, 0, NULL);
    solve_and_check(&run, &(struct call){&total, 2, {see(x), see(s)}}, plans);
    cr_assert_eq(plans[0]->leaf[0], 32);
    cr_assert_eq(plans[0]->leaf[1], 512);
    run_release(&run, plans);
    run_stop(&run);
}

Test(cuts, plans_are_found_again)
{
    struct run   run;
    struct plan *one[STAGE_MAX_RANKS], *two[STAGE_MAX_RANKS];
    run_start(&run, 1, NULL);
    const int         a = run_root(&run, TSR_F64, 2, EXTENTS(64, 64));
    const int         b = run_root(&run, TSR_F64, 2, EXTENTS(64, 64));
    const struct call there = {&heat, 2, {see(a), see(b)}}, back = {&heat, 2, {see(b), see(a)}};
    solve_and_check(&run, &there, one);
    solve_and_check(&run, &back, two);
    cr_assert_eq(one[0], two[0]);
    cr_assert_eq(solve_counts(&run.stage[0].rt).hits, 1);
    run_release(&run, one);
    run_release(&run, two);
    run_stop(&run);
}

/* The points that wrote the whole, met by each point that writes a part. */
static void expect_one_piece_each(const struct plan *whole, const struct plan *part)
{
    for (int i = 0; i < part->n_points; ++i) {
        int       met[8];
        const int n = plan_find_points(whole, 0, &part->arg[0].region[i], met, 8);
        cr_assert_eq(n, 1, "point %d meets %d pieces", i, n);
    }
}

Test(cuts, parts_follow_the_pieces_of_the_whole)
{
    struct run                 run;
    struct plan               *whole[STAGE_MAX_RANKS], *part[STAGE_MAX_RANKS];
    run_start(&run, 1, NULL);
    const int a = run_root(&run, TSR_F64, 2, EXTENTS(1000, 1000));
    solve_and_check(&run, &(struct call){&fill, 1, {see(a)}}, whole);
    run_set_key(&run, a, whole, 0);
    cr_assert_gt(whole[0]->n_points, 8);
    const struct view all = map_identity(run.stage[0].root[a]);
    for (int k = 1; k < 900; k += 97) {
        struct view v = map_slice(map_slice(all, 0, k, 1000, 1), 1, k, 1000, 1);
        if (k % 2)
            v = map_slice(v, 0, 999 - k, -1, -1);
        solve_and_check(&run, &(struct call){&fill, 1, {see_map(a, v)}}, part);
        if (part[0]->n_points > 1)
            expect_one_piece_each(whole[0], part[0]);
        cr_assert(part[0]->n_points > 1 || k > 700);
        run_release(&run, part);
    }
    run_release(&run, whole);
    run_stop(&run);
}
