/* tests/unit/solve/test_golden.c - programs and described machines, and the plans they get.
 *
 * The texts in tests/plans/ are read in review: a change of them is a change of what every program
 * does. SOLVE_GOLDEN=write the suite, and it renews them. */
#include <criterion/criterion.h>

#include "unit/solve/golden.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
static const tsr_task_desc heat = {
    .name = "heat",
    .args = {{TSR_READ, 0, 0, "in"}, {TSR_WRITE, 0, 0, "out"}},
    .constraints = {TSR_HALO(0, 1, .low = {1, 1}, .high = {1, 1})},
};
static const tsr_task_desc total = {
    .name = "total",
    .args = {{TSR_READ, 0, 0, "x"}, {TSR_REDUCE, TSR_F64, 0, "sum", TSR_SUM}},
};
static const tsr_task_desc product = {
    .name = "product",
    .args = {{TSR_READ, 0, 0, "a"}, {TSR_READ, 0, 0, "b"}, {TSR_READ_WRITE, 0, 0, "c"}},
    .constraints = {TSR_BROADCAST_DIMS(0, 2, 2), TSR_BROADCAST_DIMS(1, 2, 1)},
    .canonical = true,
    .leaf = {256, 256},
};
static const tsr_task_desc zoom = {
    .name = "zoom",
    .args = {{TSR_READ, 0, 0, "small"}, {TSR_WRITE, 0, 0, "large"}, {TSR_SCALAR, TSR_F64, 0, "by"}},
    .constraints = {TSR_SCALE(1, 0, 2, 3), TSR_MULTIPLE_OF(1, 4, 1)},
};
static const tsr_task_desc sum_frames = {
    .name = "sum_frames",
    .args = {{TSR_READ, 0, 0, "frames"}, {TSR_REDUCE, TSR_F64, 0, "image", TSR_SUM}},
};

static void heat_program(int n, const int64_t *workers, const char *name)
{
    struct run          run;
    struct observe_text t = {0};
    run_start(&run, n, workers);
    const int a = run_root(&run, TSR_F64, 2, EXTENTS(1000, 1000));
    const int b = run_root(&run, TSR_F64, 2, EXTENTS(1000, 1000));
    const int s = run_root(&run, TSR_F64, 0, NULL);
    golden_write(&t, &run, &(struct call){&fill, 1, {see(a)}, .line = 10}, a, 0);
    golden_write(&t, &run, &(struct call){&heat, 2, {see(a), see(b)}, .line = 12}, b, 1);
    golden_write(&t, &run, &(struct call){&heat, 2, {see(b), see(a)}, .line = 13}, a, 1);
    golden_plan(&t, &run, &(struct call){&total, 2, {see(a), see(s)}, .line = 15});
    golden_compare(&t, name);
    observe_text_done(&t);
    run_stop(&run);
}

Test(golden, heat_on_one_rank)
{
    heat_program(1, EXTENTS(2), "heat_on_one_rank");
}

Test(golden, heat_on_unequal_ranks)
{
    heat_program(2, EXTENTS(1, 3), "heat_on_unequal_ranks");
}

Test(golden, heat_on_four_ranks)
{
    heat_program(4, EXTENTS(2, 2, 2, 2), "heat_on_four_ranks");
}

Test(golden, heat_on_a_jagged_grid)
{
    heat_program(4, EXTENTS(1, 3, 2, 2), "heat_on_a_jagged_grid");
}

Test(golden, interior_written_in_place)
{
    struct run          run;
    struct observe_text t = {0};
    run_start(&run, 4, NULL);
    const int   a = run_root(&run, TSR_F64, 2, EXTENTS(200, 300));
    const int   b = run_root(&run, TSR_F64, 2, EXTENTS(200, 300));
    struct view in = map_slice(map_identity(run.stage[0].root[a]), 0, 1, 199, 1);
    in = map_slice(in, 1, 1, 299, 1);
    golden_write(&t, &run, &(struct call){&fill, 1, {see(a)}, .line = 3}, a, 0);
    golden_write(&t, &run, &(struct call){&fill, 1, {see(b)}, .line = 4}, b, 0);
    golden_plan(&t, &run, &(struct call){&heat, 2, {see_map(a, in), see_map(b, in)}, .line = 6});
    golden_compare(&t, "interior_written_in_place");
    observe_text_done(&t);
    run_stop(&run);
}

Test(golden, product_of_matrices)
{
    struct run          run;
    struct observe_text t = {0};
    run_start(&run, 2, NULL);
    const int a = run_root(&run, TSR_F64, 2, EXTENTS(600, 400));
    const int b = run_root(&run, TSR_F64, 2, EXTENTS(400, 700));
    const int c = run_root(&run, TSR_F64, 2, EXTENTS(600, 700));
    golden_plan(&t, &run, &(struct call){&product, 3, {see(a), see(b), see(c)}, .line = 8});
    golden_compare(&t, "product_of_matrices");
    observe_text_done(&t);
    run_stop(&run);
}

Test(golden, scaled)
{
    struct run          run;
    struct observe_text t = {0};
    run_start(&run, 3, EXTENTS(1, 1, 2));
    const int a = run_root(&run, TSR_F64, 2, EXTENTS(90, 100));
    const int b = run_root(&run, TSR_F64, 2, EXTENTS(180, 300));
    golden_plan(&t, &run, &(struct call){&zoom, 3, {see(a), see(b)}, .line = 5});
    golden_compare(&t, "scaled");
    observe_text_done(&t);
    run_stop(&run);
}

Test(golden, frames_summed_to_an_image)
{
    struct run          run;
    struct observe_text t = {0};
    run_start(&run, 2, NULL);
    const int         x = run_root(&run, TSR_F64, 3, EXTENTS(201, 256, 256));
    const int         s = run_root(&run, TSR_F64, 2, EXTENTS(256, 256));
    const struct view v = map_promote(map_identity(run.stage[0].root[s]), 0, 201);
    golden_plan(&t, &run, &(struct call){&sum_frames, 2, {see(x), see_map(s, v)}, .line = 21});
    golden_compare(&t, "frames_summed_to_an_image");
    observe_text_done(&t);
    run_stop(&run);
}
