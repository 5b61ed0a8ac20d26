/* tests/unit/solve/test_errors.c - what cannot be cut: the status, and the words that name it. */
#include <criterion/criterion.h>
#include <string.h>

#include "unit/solve/plan_check.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static struct run run;

static void start(void)
{
    run_start(&run, 2, NULL);
}

static void stop(void)
{
    run_stop(&run);
}

TestSuite(errors, .init = start, .fini = stop);

/* The call fails so, at its line, and says each of these words. */
static void expect(const struct call *c, tsr_status want, const char *const *words)
{
    struct plan *plans[STAGE_MAX_RANKS];
    struct call  at_line = *c;
    at_line.line = 4711;
    cr_assert_eq(run_solve(&run, &at_line, plans), want, "%s", tsr_error_text());
    cr_assert(strstr(tsr_error_text(), "4711"), "%s", tsr_error_text());
    for (int i = 0; words[i]; ++i)
        cr_assert(strstr(tsr_error_text(), words[i]), "no '%s' in: %s", words[i], tsr_error_text());
}
#define EXPECT(call, status, ...)                                                                  \
    expect((call), TSR_##status, (const char *const[]){__VA_ARGS__, NULL})

static int store(int rank, const int64_t *extent)
{
    return run_root(&run, TSR_F64, rank, extent);
}

Test(errors, align_of_unequal_shapes)
{
    static const tsr_task_desc d = {.name = "add",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
                                    .constraints = {TSR_ALIGN(0, 1)}};
    EXPECT(&((struct call){&d, 2, {see(store(2, EXTENTS(3, 4))), see(store(2, EXTENTS(3, 5)))}}),
           BAD_SHAPE, "add", "ALIGN('x', 'y')", "3 x 4", "3 x 5");
}

Test(errors, align_and_broadcast)
{
    static const tsr_task_desc d = {.name = "add",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
                                    .constraints = {TSR_ALIGN(0, 1), TSR_BROADCAST(0)}};
    const int                  s = store(1, EXTENTS(5)), t = store(1, EXTENTS(5));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), UNSOLVABLE, "BROADCAST('x')",
           "ALIGN('x', 'y')");
}

Test(errors, two_halos_of_one_argument)
{
    static const tsr_task_desc d = {
        .name = "blur",
        .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
        .constraints = {TSR_HALO(0, 1, .low = {1}), TSR_HALO(0, 1, .low = {2})}};
    const int s = store(1, EXTENTS(5)), t = store(1, EXTENTS(5));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), UNSOLVABLE, "HALO('x', 'y')", "contradict");
}

Test(errors, circle_of_halos)
{
    static const tsr_task_desc d = {
        .name = "blur",
        .args = {{TSR_READ, 0, 0, "x"}, {TSR_READ, 0, 0, "y"}, {TSR_WRITE, 0, 0, "z"}},
        .constraints = {TSR_HALO(0, 1, .low = {1}), TSR_SCALE(1, 0, 2)}};
    const int s = store(1, EXTENTS(5)), t = store(1, EXTENTS(5)), u = store(1, EXTENTS(5));
    EXPECT(&((struct call){&d, 3, {see(s), see(t), see(u)}}), UNSOLVABLE, "HALO('x', 'y')",
           "SCALE('y', 'x')");
}

Test(errors, halo_of_what_it_is_aligned_with)
{
    static const tsr_task_desc d = {.name = "blur",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
                                    .constraints = {TSR_HALO(0, 1, .low = {1}), TSR_ALIGN(0, 1)}};
    const int                  s = store(1, EXTENTS(5)), t = store(1, EXTENTS(5));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), UNSOLVABLE, "HALO('x', 'y')",
           "ALIGN('x', 'y')");
}

Test(errors, argument_that_nothing_ties)
{
    static const tsr_task_desc d = {.name = "gather",
                                    .args = {{TSR_READ, 0, 0, "table"}, {TSR_WRITE, 0, 0, "y"}}};
    const int                  s = store(1, EXTENTS(7)), t = store(1, EXTENTS(5));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), UNSOLVABLE, "'table'", "BROADCAST('table')",
           "'y'");
}

Test(errors, two_groups_that_nothing_ties)
{
    static const tsr_task_desc d = {.name = "pair",
                                    .args = {{TSR_READ, 0, 0, "a"},
                                             {TSR_WRITE, 0, 0, "b"},
                                             {TSR_READ, 0, 0, "c"},
                                             {TSR_WRITE, 0, 0, "d"}},
                                    .constraints = {TSR_ALIGN(0, 1), TSR_ALIGN(2, 3)}};
    const int s = store(1, EXTENTS(7)), t = store(1, EXTENTS(7)), u = store(1, EXTENTS(5)),
              v = store(1, EXTENTS(5));
    EXPECT(&((struct call){&d, 4, {see(s), see(t), see(u), see(v)}}), UNSOLVABLE, "'b'", "'c'", "7",
           "5");
}

Test(errors, halo_of_another_rank)
{
    static const tsr_task_desc d = {.name = "blur",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
                                    .constraints = {TSR_HALO(0, 1, .low = {1})}};
    const int                  s = store(2, EXTENTS(5, 5)), t = store(1, EXTENTS(5));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), BAD_SHAPE, "HALO('x', 'y')", "5 x 5");
}

Test(errors, written_with_a_halo)
{
    static const tsr_task_desc d = {.name = "smear",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
                                    .constraints = {TSR_HALO(1, 0, .low = {0, 1})}};
    const int                  s = store(2, EXTENTS(5, 6)), t = store(2, EXTENTS(5, 6));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), OVERLAP, "'y'", "HALO('y', 'x')",
           "dimension 1");
}

Test(errors, written_through_a_broadcast)
{
    static const tsr_task_desc d = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};
    const int                  s = store(1, EXTENTS(5));
    const struct view          v = map_promote(map_identity(run.stage[0].root[s]), 0, 4);
    EXPECT(&((struct call){&d, 1, {see_map(s, v)}}), OVERLAP, "'y'", "broadcast");
}

Test(errors, two_written_arguments_meet)
{
    static const tsr_task_desc d = {.name = "both",
                                    .args = {{TSR_WRITE, 0, 0, "a"}, {TSR_WRITE, 0, 0, "b"}}};
    const int                  s = store(1, EXTENTS(12));
    const struct view          whole = map_identity(run.stage[0].root[s]);
    const struct call          meet = {
                 &d,
                 2,
                 {see_map(s, map_slice(whole, 0, 0, 7, 1)), see_map(s, map_slice(whole, 0, 5, 12, 1))}};
    EXPECT(&meet, OVERLAP, "'a'", "'b'");
    const struct call apart = {
        &d,
        2,
        {see_map(s, map_slice(whole, 0, 0, 12, 2)), see_map(s, map_slice(whole, 0, 1, 12, 2))}};
    struct plan *plans[STAGE_MAX_RANKS];
    cr_assert_eq(run_solve(&run, &apart, plans), TSR_OK, "red and black: %s", tsr_error_text());
    run_release(&run, plans);
}

Test(errors, image_written_without_a_promise)
{
    static const tsr_task_desc d = {.name = "scatter",
                                    .args = {{TSR_WRITE, 0, 0, "y"}, {TSR_READ, 0, 0, "where"}},
                                    .constraints = {TSR_IMAGE(0, 1, TSR_IMAGE_POINTS)}};
    const int                  s = store(1, EXTENTS(9)), t = run_root(&run, TSR_I64, 1, EXTENTS(4));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), OVERLAP, "'y'", "IMAGE('y', 'where')");
}

Test(errors, growth_against_multiples)
{
    static const tsr_task_desc d = {
        .name = "blur",
        .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
        .constraints = {TSR_HALO(0, 1, .low = {3}), TSR_MULTIPLE_OF(0, 2)}};
    const int s = store(1, EXTENTS(50)), t = store(1, EXTENTS(50));
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), UNSOLVABLE, "HALO('x', 'y')",
           "MULTIPLE_OF('x')");
}

Test(errors, leaves_against_multiples)
{
    static const tsr_task_desc d = {
        .name = "sum",
        .args = {{TSR_READ, 0, 0, "x"}, {TSR_REDUCE, 0, 0, "s", TSR_SUM}},
        .constraints = {TSR_MULTIPLE_OF(0, 1, 48)}};
    const int s = store(2, EXTENTS(100, 2000)), t = store(0, NULL);
    EXPECT(&((struct call){&d, 2, {see(s), see(t)}}), UNSOLVABLE, "MULTIPLE_OF('x')", "leaves",
           ".leaf");
}

/* ---- manual launches ---- */

static tsr_box          tile[4] = {{1, {0}, {4}}, {1, {4}, {8}}, {1, {8}, {12}}, {1, {7}, {9}}};
static struct partition tiles = {
    .id = 1, .n = 3, .shape = {1, {12}}, .box = tile, .disjoint = true, .covers = true};
static struct partition meets = {.id = 2, .n = 4, .shape = {1, {12}}, .box = tile};

static const tsr_task_desc step = {.name = "step",
                                   .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}}};

static struct seen cut(int root, struct partition *p)
{
    struct seen s = see(root);
    s.partition = p;
    return s;
}

Test(errors, manual_without_a_partition)
{
    const int s = store(1, EXTENTS(12)), t = store(1, EXTENTS(12));
    EXPECT(&((struct call){&step, 2, {see(s), cut(t, &tiles)}, 3}), UNSOLVABLE, "'x'", "partition");
}

Test(errors, manual_with_other_points)
{
    const int s = store(1, EXTENTS(12)), t = store(1, EXTENTS(12));
    EXPECT(&((struct call){&step, 2, {cut(s, &tiles), cut(t, &tiles)}, 4}), BAD_SHAPE, "4 points",
           "3");
}

Test(errors, manual_of_another_shape)
{
    const int s = store(1, EXTENTS(12)), t = store(1, EXTENTS(13));
    EXPECT(&((struct call){&step, 2, {cut(s, &tiles), cut(t, &tiles)}, 3}), BAD_SHAPE, "'y'", "13",
           "12");
}

Test(errors, manual_pieces_that_meet)
{
    const int s = store(1, EXTENTS(12)), t = store(1, EXTENTS(12));
    EXPECT(&((struct call){&step, 2, {cut(s, &meets), cut(t, &meets)}, 4}), OVERLAP, "'y'",
           "points 1 and 3");
}

Test(errors, manual_written_whole)
{
    static const tsr_task_desc d = {.name = "step",
                                    .args = {{TSR_READ, 0, 0, "x"}, {TSR_WRITE, 0, 0, "y"}},
                                    .constraints = {TSR_BROADCAST(1)}};
    const int                  s = store(1, EXTENTS(12)), t = store(1, EXTENTS(12));
    EXPECT(&((struct call){&d, 2, {cut(s, &tiles), see(t)}, 3}), OVERLAP, "'y'", "points 0 and 1");
}

Test(errors, a_correct_manual_launch)
{
    struct plan      *plans[STAGE_MAX_RANKS];
    const int         s = store(1, EXTENTS(12)), t = store(1, EXTENTS(12));
    const struct call c = {&step, 2, {cut(s, &tiles), cut(t, &tiles)}, 3};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &c, plans);
    cr_assert(plans[0]->manual);
    cr_assert(plans[0]->arg[1].covers && plans[0]->arg[1].disjoint);
    cr_assert_eq(plans[0]->arg[0].cut, plans[0]->arg[1].cut);
    cr_assert_eq(plans[0]->n_points + plans[1]->n_points, 3);
    run_release(&run, plans);
}
