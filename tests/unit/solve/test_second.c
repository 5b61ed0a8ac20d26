/* tests/unit/solve/test_second.c - TESSERA_CHECK=cuts: the second cut of each point is one that the limits
 * allow, and leaves nothing out; where there is none, the plan says why. */
#include <criterion/criterion.h>
#include <string.h>

#include "unit/solve/plan_check.h"

#define EXTENTS(...) ((int64_t[]){__VA_ARGS__})

static const tsr_task_desc heat = {
    .name = "heat",
    .args = {{TSR_READ, 0, 0, "in"}, {TSR_WRITE, 0, 0, "out"}},
    .constraints = {TSR_HALO(0, 1, .low = {1, 1}, .high = {1, 1}), TSR_MULTIPLE_OF(1, 3, 1),
                    TSR_MIN_EXTENT(1, 6, 5)},
};
static const tsr_task_desc rows = {
    .name = "rows",
    .args = {{TSR_READ_WRITE, 0, 0, "x"}, {TSR_WRITE, 0, 0, "r"}},
    .constraints = {TSR_BROADCAST_DIMS(1, 0, 2)},
};
static const tsr_task_desc total = {
    .name = "total", .args = {{TSR_READ, 0, 0, "x"}, {TSR_REDUCE, TSR_F64, 0, "sum", TSR_SUM}}};
static const tsr_task_desc look = {.name = "look", .args = {{TSR_READ, 0, 0, "x"}}};
static const tsr_task_desc fill = {.name = "fill", .args = {{TSR_WRITE, 0, 0, "y"}}};

static void start(struct run *run, int n_ranks)
{
    run_start(run, n_ranks, NULL);
    for (int r = 0; r < n_ranks; ++r)
        strcpy(run->stage[r].rt.config.check, "cuts");
}

static tsr_box box_of(const struct plan *p, int arg, const int64_t *row)
{
    const struct plan_arg *a = &p->arg[arg];
    tsr_box b = {.rank = a->rank};
    for (int d = 0; d < a->rank; ++d) {
        b.low[d] = row[a->box_at + d];
        b.high[d] = row[a->box_at + a->rank + d];
    }
    return b;
}

/* The pieces' boxes of a written argument are the point's, cut; those of the others lie in it. */
static void check_point(const struct plan *p, int point, int arg)
{
    const tsr_box whole = box_of(p, arg, p->boxes + (int64_t)point * p->row);
    const int     from = p->second_first[point], to = p->second_first[point + 1];
    int64_t       volume = 0;
    cr_assert_geq(to, from + 1);
    for (int i = from; i < to; ++i) {
        const tsr_box b = box_of(p, arg, p->second_boxes + (int64_t)i * p->row);
        cr_assert(box_contains(&whole, &b));
        volume += box_volume(&b);
        for (int j = from; j < i && p->arg[arg].access != TSR_READ; ++j) {
            const tsr_box o = box_of(p, arg, p->second_boxes + (int64_t)j * p->row);
            cr_assert(!box_meets(&b, &o));
        }
    }
    cr_assert(p->arg[arg].access == TSR_READ || volume == box_volume(&whole));
}

Test(second, points_are_cut_where_they_may_be)
{
    for (int64_t min_piece = 0; min_piece <= 40; min_piece += 5) {
        struct run   run;
        struct plan *plans[STAGE_MAX_RANKS];
        start(&run, 3);
        run_set_min_piece(&run, min_piece);
        const int in = run_root(&run, TSR_F64, 2, EXTENTS(120, 97)),
                  out = run_root(&run, TSR_F64, 2, EXTENTS(120, 97));
        const struct call c = {&heat, 2, {see(in), see(out)}};
        cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
        check_plans(&run, &c, plans);
        for (int r = 0; r < 3; ++r) {
            const struct plan *p = plans[r];
            cr_assert(p->watched);
            for (int i = 0; i < p->n_points && !p->unchecked; ++i) {
                check_point(p, i, 0);
                check_point(p, i, 1);
                for (int k = p->second_first[i]; k < p->second_first[i + 1]; ++k) {
                    const tsr_box b = box_of(p, 1, p->second_boxes + (int64_t)k * p->row);
                    cr_assert(b.low[0] % 3 == 0 && (b.high[0] % 3 == 0 || b.high[0] == 120));
                    cr_assert(b.high[0] - b.low[0] >= 6 && b.high[1] - b.low[1] >= 5);
                }
            }
            cr_assert(min_piece > 0 || p->n_points == 0 ||
                      (!p->unchecked && p->second_first[p->n_points] == 4 * p->n_points));
        }
        run_release(&run, plans);
        run_stop(&run);
    }
}

Test(second, not_along_what_is_written_whole)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    start(&run, 1);
    const int x = run_root(&run, TSR_F64, 2, EXTENTS(10, 8)), r = run_root(&run, TSR_F64, 2, EXTENTS(10, 8));
    const struct call c = {&rows, 2, {see(x), see(r)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK, "%s", tsr_error_text());
    cr_assert(!plans[0]->unchecked);
    cr_assert_eq(plans[0]->second_first[plans[0]->n_points], 2 * plans[0]->n_points);
    check_point(plans[0], 0, 0);
    check_point(plans[0], 0, 1);
    run_release(&run, plans);
    run_stop(&run);
}

/* Tiny pieces leave something to cut. */
Test(second, small_points_have_two_elements)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    start(&run, 1);
    run_set_min_piece(&run, 1);
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(20));
    const struct call c = {&fill, 1, {see(x)}};
    cr_assert_eq(run_solve(&run, &c, plans), TSR_OK);
    cr_assert(plans[0]->n_points > 1 && !plans[0]->unchecked);
    for (int i = 0; i < plans[0]->n_points; ++i)
        cr_assert_eq(plans[0]->second_first[i + 1] - plans[0]->second_first[i], 2);
    run_release(&run, plans);
    run_stop(&run);
}

static void expect_unchecked(struct run *run, const struct call *c, const char *why)
{
    struct plan *plans[STAGE_MAX_RANKS];
    cr_assert_eq(run_solve(run, c, plans), TSR_OK, "%s", tsr_error_text());
    cr_assert(plans[0]->watched && plans[0]->unchecked && !plans[0]->second_first);
    cr_assert(strstr(plans[0]->unchecked, why), "%s", plans[0]->unchecked);
    run_release(run, plans);
}

Test(second, what_cannot_be_checked_says_why)
{
    struct run run;
    start(&run, 1);
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(20)), s = run_root(&run, TSR_F64, 0, EXTENTS(1));
    const int one = run_root(&run, TSR_F64, 1, EXTENTS(1)), u = run_unbound(&run, TSR_F64, 1, EXTENTS(1));
    expect_unchecked(&run, &(struct call){&total, 2, {see(x), see(s)}}, "canonical leaves");
    expect_unchecked(&run, &(struct call){&look, 1, {see(x)}}, "writes nothing");
    expect_unchecked(&run, &(struct call){&fill, 1, {see(one)}}, "no point of it can be cut");
    expect_unchecked(&run, &(struct call){&fill, 1, {see(u)}}, "unbound");
    run_stop(&run);
}

Test(second, none_unless_it_is_asked_for)
{
    struct run   run;
    struct plan *plans[STAGE_MAX_RANKS];
    run_start(&run, 1, NULL);
    const int x = run_root(&run, TSR_F64, 1, EXTENTS(20));
    cr_assert_eq(run_solve(&run, &(struct call){&fill, 1, {see(x)}}, plans), TSR_OK);
    cr_assert(!plans[0]->watched && !plans[0]->second_first);
    run_release(&run, plans);
    run_stop(&run);
}
