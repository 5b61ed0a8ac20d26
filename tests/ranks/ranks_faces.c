/* What a stencil sends: in a steady state each rank sends each neighbour its face, once a step, and
 * nothing else; on a 2 x 2 grid of ranks no corner.  As threads and as processes, where a message that
 * is not counted would show as well. */
#include <stdlib.h>

#include "../../bench/ranks/rk_cross.h"
#include "ranks_tasks.h"
#include "ranks_try.h"

enum { WARM = 10, COUNTED = 40 };

/* Messages and bytes this rank sent. */
struct sent {
    int64_t messages, bytes;
};

static struct sent sent_so_far(void)
{
    return (struct sent){tsr_counter(TSR_COUNT_MESSAGES), tsr_counter(TSR_COUNT_MESSAGE_BYTES)};
}

/* In a row: one at an end, else two. */
static int64_t neighbours_in_a_row(void)
{
    const int n = tsr_rank_count(), r = tsr_rank();
    return n == 1 ? 0 : r == 0 || r == n - 1 ? 1 : 2;
}

/* `messages` faces of `least` to `most` doubles a step. */
static int check_sent(struct sent before, int64_t messages, int64_t least, int64_t most)
{
    const struct sent now = sent_so_far();
    const int64_t     n = COUNTED * messages, bytes = now.bytes - before.bytes;
    NEED(now.messages - before.messages == n);
    NEED(bytes >= n * 8 * least && bytes <= n * 8 * most);
    return 0;
}

/* One element each way. */
static int line(int argc, char **argv, void *user)
{
    enum { N = 4000 };
    static const double one = 1;
    tsr_store           s[2];
    struct sent         before = {0};
    double              value = 0;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    for (int k = 0; k < 2; ++k)
        s[k] = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &one);
    for (int i = 0; i < WARM + COUNTED; ++i) {
        if (i == WARM) {
            NEED_OK(tsr_fence());
            before = sent_so_far();
        }
        NEED_OK(smooth_into(s[(i + 1) % 2], s[i % 2], N));
    }
    NEED_OK(tsr_fence());
    NEED(check_sent(before, neighbours_in_a_row(), 1, 1) == 0);
    NEED_OK(tsr_value(tsr_project(s[0], 0, N / 2), &value));
    NEED(value == one);
    return 0;
}

/* ---- a cross ---- */

static tsr_status cross_body(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, CROSS_OUT);
    tsr_in_f64_2d  up = tsr_in_f64_2d_of(t, CROSS_UP), down = tsr_in_f64_2d_of(t, CROSS_DOWN);
    tsr_in_f64_2d  left = tsr_in_f64_2d_of(t, CROSS_LEFT), right = tsr_in_f64_2d_of(t, CROSS_RIGHT);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 0.25 * (tsr_at(up, i, j) + tsr_at(down, i, j) + tsr_at(left, i, j) +
                                    tsr_at(right, i, j));
    return TSR_OK;
}

static const tsr_task_desc crossing = CROSS_TASK("test.cross", cross_body);

static int faces(int argc, char **argv, void *user)
{
    enum { SIDE = 64, INSIDE = SIDE - 2 };
    static const double one = 1;
    tsr_store           s[2];
    struct sent         before = {0};
    double              value = 0;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    for (int k = 0; k < 2; ++k)
        s[k] = tsr_store_filled(TSR_F64, TSR_SHAPE(SIDE, SIDE), &one);
    for (int i = 0; i < WARM + COUNTED; ++i) {
        if (i == WARM) {
            NEED_OK(tsr_fence());
            before = sent_so_far();
        }
        NEED_OK(cross_step(&crossing, s[(i + 1) % 2], s[i % 2], INSIDE, INSIDE));
    }
    NEED_OK(tsr_fence());
    if (tsr_rank_count() == 4) /* 2 x 2; a rank may have a row more or less than half */
        NEED(check_sent(before, 2, INSIDE / 2 - 2, INSIDE / 2 + 2) == 0);
    else
        NEED(check_sent(before, neighbours_in_a_row(), INSIDE, INSIDE) == 0);
    NEED_OK(tsr_value(tsr_project(tsr_project(s[0], 0, SIDE / 2), 0, SIDE / 2), &value));
    NEED(value == one);
    return 0;
}

int main(void)
{
    int failed = try_alike("one_element_each_way", line, NULL);
    failed += try_alike("faces_without_corners", faces, NULL);
    return failed;
}
