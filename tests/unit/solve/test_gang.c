/* tests/unit/solve/test_gang.c - how operations are cut whose points communicate: the same launch on every
 * rank, no more points than workers, in order along one dimension; what is refused. */
#include <criterion/criterion.h>
#include <string.h>

#include "unit/solve/plan_check.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static struct run   run;
static struct plan *plans[STAGE_MAX_RANKS];

static const int64_t workers[] = {2, 3, 1};

static void start(void)
{
    run_start(&run, 3, workers);
    run_set_min_piece(&run, 1);
}

static void stop(void)
{
    run_stop(&run);
}

TestSuite(gang, .init = start, .fini = stop);

static tsr_status body(const tsr_task_context *t)
{
    (void)t;
    return TSR_OK;
}

static const tsr_task_desc copy = {
    .name = "copy",
    .args = {{TSR_WRITE, 0, 0, "out"}, {TSR_READ, 0, 0, "in"}},
    .constraints = {TSR_ALIGN(0, 1)},
    .variants = {[TSR_CPU] = {.body = body, .wants_communicator = true}}};

/* Solve copy between stores of these extents. */
static struct call copy_of(int rank, const int64_t *extent)
{
    return (struct call){
        &copy,
        2,
        {see(run_root(&run, TSR_F64, rank, extent)), see(run_root(&run, TSR_F64, rank, extent))}};
}

static void expect_places(const struct plan *p, int64_t size, const int64_t *points_of_rank)
{
    int64_t first = 0;
    int     place = 0;
    cr_assert_not_null(p->gang);
    cr_assert_eq(p->gang->size, size, "%lld points", (long long)p->gang->size);
    for (int r = 0; r < 3; ++r) {
        if (points_of_rank[r] == 0)
            continue;
        cr_assert_eq(p->gang->rank[place], r);
        cr_assert_eq(p->gang->first[place], first);
        first += points_of_rank[r];
        ++place;
    }
    cr_assert_eq(p->gang->n_places, place);
    cr_assert_eq(p->gang->first[place], size);
}

Test(gang, a_point_a_worker)
{
    const struct call c = copy_of(2, EXTENTS(60, 7));
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    check_plans(&run, &c, plans);
    for (int r = 0; r < 3; ++r) {
        expect_places(plans[r], 6, EXTENTS(2, 3, 1));
        cr_assert_eq(plans[r]->n_points, workers[r]);
        cr_assert_eq(plans[r]->gang->place, r);
        cr_assert_eq(plans[r]->grid[1], 1);
        for (int i = 0; i < plans[r]->n_points; ++i) /* in order along dimension 0 */
            cr_assert_eq(plans[r]->arg[0].region[i].low[0], 10 * (plans[r]->gang->first[r] + i));
    }
    run_release(&run, plans);
}

/* The outermost dimension has no room for all: the next one has. */
Test(gang, along_the_dimension_with_room)
{
    const struct call c = copy_of(2, EXTENTS(2, 90));
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK);
    check_plans(&run, &c, plans);
    expect_places(plans[0], 6, EXTENTS(2, 3, 1));
    cr_assert_eq(plans[1]->grid[0], 1);
    cr_assert_eq(plans[1]->grid[1], 3);
    run_release(&run, plans);
}

/* Fewer pieces than workers: some rank has none. */
Test(gang, fewer_points_than_workers)
{
    const struct call c = copy_of(1, EXTENTS(2));
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK);
    check_plans(&run, &c, plans);
    expect_places(plans[2], 2, EXTENTS(0, 1, 1));
    cr_assert_eq(plans[0]->gang->place, -1);
    cr_assert_eq(plans[0]->n_points, 0);
    run_release(&run, plans);
}

Test(gang, one_point_and_none)
{
    run_set_min_piece(&run, 100);
    const struct call small = copy_of(1, EXTENTS(50)), none = copy_of(1, EXTENTS(0));
    cr_assert_eq(run_solve(&run, &small, plans), TSR_OK);
    check_plans(&run, &small, plans);
    expect_places(plans[0], 1, EXTENTS(1, 0, 0));
    run_release(&run, plans);
    cr_assert_eq(run_solve(&run, &none, plans), TSR_OK);
    expect_places(plans[0], 0, EXTENTS(0, 0, 0));
    cr_assert_eq(plans[0]->n_points, 0);
    run_release(&run, plans);
}

/* One rank runs all: then its workers are all there are. */
Test(gang, alone)
{
    const struct call c = copy_of(1, EXTENTS(600));
    for (int r = 0; r < 3; ++r) {
        struct operation op = stage_operation(&run.stage[r], &c);
        op.alone = true;
        cr_assert_eq(solve_operation(&run.stage[r].rt, &op, &plans[r]), TSR_OK);
        stage_forget(&op);
        expect_places(plans[r], 2, EXTENTS(2, 0, 0));
        cr_assert_eq(plans[r]->alone, 0);
    }
    run_release(&run, plans);
}

Test(gang, float_sums_are_refused)
{
    static const tsr_task_desc d = {
        .name = "norm",
        .args = {{TSR_READ, 0, 0, "x"}, {TSR_REDUCE, 0, 0, "total", TSR_SUM}},
        .constraints = {TSR_BROADCAST(1)},
        .variants = {[TSR_CPU] = {.body = body, .wants_communicator = true}}};
    struct call c = {&d,
                     2,
                     {see(run_root(&run, TSR_F64, 1, EXTENTS(90))),
                      see(run_root(&run, TSR_F64, 1, EXTENTS(1)))}};
    c.line = 4711;
    cr_assert_eq(run_solve(&run, &c, plans), TSR_UNSOLVABLE);
    cr_assert(strstr(tsr_error_text(), "4711") && strstr(tsr_error_text(), "'total'") &&
                  strstr(tsr_error_text(), "tsr_comm_reduce"),
              "%s", tsr_error_text());
    c.arg[1] = see(run_root(&run, TSR_I64, 1, EXTENTS(1))); /* exact: points share accumulators */
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    expect_places(plans[0], 6, EXTENTS(2, 3, 1));
    run_release(&run, plans);
}
