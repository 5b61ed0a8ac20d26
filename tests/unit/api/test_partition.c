/* Explicit partitions: their boxes, what is known of them, what is refused. */
#include <stdio.h>

#include "api/state.h"
#include "api_test.h"

/* Some of these leave failures that nobody asks for. */
static void finish(void)
{
    (void)freopen("/dev/null", "w", stderr);
    (void)tsr_finish();
}

TestSuite(api_partition, .init = api_test_start, .fini = finish);

static const struct partition *inside(tsr_partition p)
{
    return handle_find(runtime_current->api, p.id, HANDLE_PARTITION)->partition;
}

Test(api_partition, tiles_are_row_major_and_smaller_at_the_edge)
{
    const tsr_partition p = tsr_partition_tiles(TSR_SHAPE(5, 7), (int64_t[]){2, 4});
    cr_assert_eq(tsr_partition_points(p), 6);
    const struct partition *in = inside(p);
    cr_assert(in->disjoint && in->covers);
    cr_assert(box_equal(&in->box[1], &(tsr_box){2, {0, 4}, {2, 7}}));
    cr_assert(box_equal(&in->box[4], &(tsr_box){2, {4, 0}, {5, 4}}));
}

Test(api_partition, boxes_that_meet_or_leave_holes_are_known)
{
    const tsr_box halves[] = {{1, {0}, {3}}, {1, {3}, {8}}},
                  meeting[] = {{1, {0}, {4}}, {1, {3}, {8}}},
                  holes[] = {{1, {0}, {2}}, {1, {5}, {5}}, {1, {3}, {8}}};
    const struct partition *p = inside(tsr_partition_boxes(TSR_SHAPE(8), halves, 2));
    cr_assert(p->disjoint && p->covers);
    p = inside(tsr_partition_boxes(TSR_SHAPE(8), meeting, 2));
    cr_assert(!p->disjoint && !p->covers);
    p = inside(tsr_partition_boxes(TSR_SHAPE(8), holes, 3));
    cr_assert(p->disjoint && !p->covers && box_is_empty(&p->box[1]));
}

Test(api_partition, projections_take_points_from_others)
{
    const tsr_partition p = tsr_partition_tiles(TSR_SHAPE(6), (int64_t[]){2});
    const tsr_partition q = tsr_partition_project(p, (int64_t[]){2, -1, 0, 2}, 4);
    cr_assert_eq(tsr_partition_points(q), 4);
    const struct partition *in = inside(q);
    cr_assert(box_equal(&in->box[0], &(tsr_box){1, {4}, {6}}));
    cr_assert(box_is_empty(&in->box[1]));
    cr_assert(!in->disjoint);
    tsr_partition_release(p);
    cr_assert_eq(tsr_partition_points(p), 0);
    cr_assert_eq(tsr_partition_points(q), 4);
}

Test(api_partition, what_is_refused)
{
    const tsr_box wide = {1, {3}, {9}}, flat = {2, {0, 0}, {1, 1}};
    tsr_partition p = tsr_partition_boxes(TSR_SHAPE(8), &wide, 1);
    EXPECT_FAILURE(BAD_SHAPE, "box 0, [3, 9) along dimension 0, passes the shape (8,)");
    cr_assert_eq(tsr_partition_points(p), 0);
    tsr_partition_boxes(TSR_SHAPE(8), &flat, 1);
    EXPECT_FAILURE(BAD_SHAPE, "box 0 has 2 dimensions");
    tsr_partition_tiles(TSR_SHAPE(8), (int64_t[]){0});
    EXPECT_FAILURE(BAD_ARGUMENT, "tiles of extent 0 along dimension 0");
    tsr_partition_tiles(TSR_SHAPE(1ll << 40), (int64_t[]){1});
    EXPECT_FAILURE(BAD_ARGUMENT, "more than");
    tsr_partition_project(tsr_partition_tiles(TSR_SHAPE(8), (int64_t[]){4}), (int64_t[]){2}, 1);
    EXPECT_FAILURE(BAD_ARGUMENT, "point 0 is to be point 2 of 2");
    tsr_partition_project(p, (int64_t[]){0}, 1);
    tsr_partition_project((tsr_partition){0}, (int64_t[]){0}, 1);
    EXPECT_FAILURE(BAD_HANDLE, "the null partition");
}

Test(api_partition, many_boxes_are_judged_soon)
{
    enum { N = 20000 };
    static tsr_box box[N];
    for (int64_t i = 0; i < N; ++i)
        box[i] = (tsr_box){1, {(i * 7919 % N) * 3}, {(i * 7919 % N) * 3 + 3}};
    const struct partition *p = inside(tsr_partition_boxes(TSR_SHAPE(3 * N), box, N));
    cr_assert(p->disjoint && p->covers);
}

/* ---- a manual launch that writes every element makes a failed store good ---- */

static tsr_status refuse(const tsr_task_context *t)
{
    (void)t;
    return TSR_FAIL(TASK_FAILED, "no");
}

static tsr_status write_ones(const tsr_task_context *t)
{
    const tsr_out_i64_1d x = tsr_out_i64_1d_of(t, 0);
    TSR_FOR_1D(i, x.box)
        tsr_at(x, i) = 1;
    return TSR_OK;
}

static const tsr_task_desc refusing = {.name = "test.refuse",
                                       .args = {{TSR_WRITE, TSR_I64, 1, "x"}},
                                       .variants = {{.body = refuse}}};
static const tsr_task_desc ones = {.name = "test.ones",
                                   .args = {{TSR_WRITE, TSR_I64, 1, "x"}},
                                   .variants = {{.body = write_ones}}};

Test(api_partition, a_complete_launch_heals_and_one_with_holes_does_not)
{
    const tsr_store     x = tsr_store_create(TSR_I64, TSR_SHAPE(8));
    const tsr_box       holes[] = {{1, {0}, {3}}, {1, {5}, {8}}};
    const tsr_partition some = tsr_partition_boxes(TSR_SHAPE(8), holes, 2),
                        all = tsr_partition_tiles(TSR_SHAPE(8), (int64_t[]){4});
    int64_t got[8];
    cr_assert_eq(tsr_issue(&refusing, tsr_arg_of(x)), TSR_OK);
    cr_assert_eq(tsr_issue_over(&ones, 2, tsr_arg_cut(x, some)), TSR_OK);
    EXPECT_STATUS(TASK_FAILED, tsr_store_status(x), "no");
    cr_assert_eq(tsr_issue_over(&ones, 2, tsr_arg_cut(x, all)), TSR_OK);
    cr_assert_eq(tsr_read(x, got, sizeof got), TSR_OK, "%s", tsr_error_text());
    for (int i = 0; i < 8; ++i)
        cr_expect_eq(got[i], 1);
}
