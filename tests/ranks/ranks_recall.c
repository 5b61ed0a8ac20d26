/* Messages of a repeated step are recalled, not derived again: hits are counted, each rank sends as many
 * messages as it has neighbours, and the values are what one rank computes.  A cross of four shifted
 * views on a 2 x 2 grid of ranks moves faces and no corner. */
#include <stdlib.h>

#include "ranks_try.h"

enum { OUT, IN, N = 4000, STEPS = 300, SETTLED = 20 };

static tsr_status smooth(const tsr_task_context *t)
{
    tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    tsr_in_f64_1d  in = tsr_in_f64_1d_of(t, IN);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = 0.25 * tsr_at(in, i) + 0.5 * tsr_at(in, i + 1) + 0.25 * tsr_at(in, i + 2);
    return TSR_OK;
}

static const tsr_task_desc smoothing = {
    .name = "test.smooth",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "out"}, [IN] = {TSR_READ, TSR_F64, 1, "in"}},
    .constraints = {TSR_HALO(IN, OUT, .high = {2})},
    .variants = {[TSR_CPU] = {.body = smooth}},
};

static tsr_status add(const tsr_task_context *t)
{
    tsr_out_f64_1d a = tsr_out_f64_1d_of(t, OUT);
    tsr_in_f64_1d  b = tsr_in_f64_1d_of(t, IN);
    TSR_FOR_1D(i, a.box)
        tsr_at(a, i) += tsr_at(b, i);
    return TSR_OK;
}

/* A halo, and a product of the other store in between: two kinds of step that alternate. */
static const tsr_task_desc adding = {
    .name = "test.add",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_F64, 1, "a"}, [IN] = {TSR_READ, TSR_F64, 1, "b"}},
    .constraints = {TSR_ALIGN(OUT, IN)},
    .variants = {[TSR_CPU] = {.body = add}},
};

static tsr_status step(tsr_store to, tsr_store from)
{
    TSR_SCOPE();
    const tsr_store inside = tsr_slice(to, 0, 1, N - 1, 1), before = tsr_slice(from, 0, 1, N - 1, 1);
    TSR_TRY(tsr_issue(&smoothing, [OUT] = tsr_arg_of(inside), [IN] = tsr_arg_of(from)));
    return tsr_issue(&adding, [OUT] = tsr_arg_of(inside), [IN] = tsr_arg_of(before));
}

static void by_hand(double a[2][N], int steps)
{
    for (int s = 0; s < steps; ++s) {
        double *to = a[(s + 1) % 2], *from = a[s % 2];
        for (int i = 1; i < N - 1; ++i) {
            to[i] = 0.25 * from[i - 1] + 0.5 * from[i] + 0.25 * from[i + 1];
            to[i] += from[i];
        }
    }
}

/* user: an int, whether analyses are remembered. */
static int recalled(int argc, char **argv, void *user)
{
    static const double one = 1.0 / 1024;
    double             *got = calloc(N, sizeof *got), (*want)[N] = calloc(2, sizeof *want);
    tsr_store           s[2];
    int64_t             hits = 0, misses = 0, messages = 0;
    (void)argc, (void)argv;
    for (int k = 0; k < 2; ++k)
        for (int i = 0; i < N; ++i)
            want[k][i] = one;
    by_hand(want, STEPS);
    TSR_SCOPE();
    for (int k = 0; k < 2; ++k)
        s[k] = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &one);
    for (int i = 0; i < STEPS; ++i) {
        if (i == SETTLED) {
            NEED_OK(tsr_fence());
            hits = tsr_counter(TSR_COUNT_MEMO_HITS);
            misses = tsr_counter(TSR_COUNT_MEMO_MISSES);
            messages = tsr_counter(TSR_COUNT_MESSAGES);
        }
        NEED_OK(step(s[(i + 1) % 2], s[i % 2]));
    }
    NEED_OK(tsr_fence());
    const int64_t steps = STEPS - SETTLED, n = tsr_rank_count();
    const int64_t neighbours = n == 1 ? 0 : tsr_rank() == 0 || tsr_rank() == n - 1 ? 1 : 2;
    if (*(const int *)user) {
        NEED(tsr_counter(TSR_COUNT_MEMO_HITS) - hits >= 2 * steps - 8);
        NEED(tsr_counter(TSR_COUNT_MEMO_MISSES) - misses <= 8);
    }
    NEED(tsr_counter(TSR_COUNT_MESSAGES) - messages == neighbours * steps);
    for (int k = 0; k < 2; ++k) {
        NEED_OK(tsr_read(s[k], got, N * sizeof *got));
        NEED(memcmp(got, want[k], N * sizeof *got) == 0);
    }
    free(got);
    free(want);
    return 0;
}

/* ---- a cross ---- */

enum { UP = 1, DOWN, LEFT, RIGHT, SIDE = 64 };

static tsr_status cross(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    tsr_in_f64_2d  up = tsr_in_f64_2d_of(t, UP), down = tsr_in_f64_2d_of(t, DOWN);
    tsr_in_f64_2d  left = tsr_in_f64_2d_of(t, LEFT), right = tsr_in_f64_2d_of(t, RIGHT);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 0.25 * (tsr_at(up, i, j) + tsr_at(down, i, j) + tsr_at(left, i, j) +
                                    tsr_at(right, i, j));
    return TSR_OK;
}

static const tsr_task_desc crossing = {
    .name = "test.cross",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 2, "out"},
             [UP] = {TSR_READ, TSR_F64, 2, "up"},
             [DOWN] = {TSR_READ, TSR_F64, 2, "down"},
             [LEFT] = {TSR_READ, TSR_F64, 2, "left"},
             [RIGHT] = {TSR_READ, TSR_F64, 2, "right"}},
    .constraints = {TSR_ALIGN(OUT, UP), TSR_ALIGN(OUT, DOWN), TSR_ALIGN(OUT, LEFT),
                    TSR_ALIGN(OUT, RIGHT)},
    .variants = {[TSR_CPU] = {.body = cross}},
};

static tsr_store shifted(tsr_store s, int64_t i, int64_t j)
{
    return tsr_slice(tsr_slice(s, 0, i, i + SIDE - 2, 1), 1, j, j + SIDE - 2, 1);
}

static int faces(int argc, char **argv, void *user)
{
    enum { WARM = 10, COUNTED = 40, INSIDE = (SIDE - 2) / 2 };
    static const double one = 1;
    tsr_store           s[2];
    int64_t             messages = 0, bytes = 0;
    double              corner = 0;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    for (int k = 0; k < 2; ++k)
        s[k] = tsr_store_filled(TSR_F64, TSR_SHAPE(SIDE, SIDE), &one);
    for (int i = 0; i < WARM + COUNTED; ++i) {
        TSR_SCOPE();
        const tsr_store from = s[i % 2];
        if (i == WARM) {
            NEED_OK(tsr_fence());
            messages = tsr_counter(TSR_COUNT_MESSAGES);
            bytes = tsr_counter(TSR_COUNT_MESSAGE_BYTES);
        }
        NEED_OK(tsr_issue(&crossing, [OUT] = tsr_arg_of(shifted(s[(i + 1) % 2], 1, 1)),
                          [UP] = tsr_arg_of(shifted(from, 0, 1)),
                          [DOWN] = tsr_arg_of(shifted(from, 2, 1)),
                          [LEFT] = tsr_arg_of(shifted(from, 1, 0)),
                          [RIGHT] = tsr_arg_of(shifted(from, 1, 2))));
    }
    NEED_OK(tsr_fence());
    messages = tsr_counter(TSR_COUNT_MESSAGES) - messages;
    bytes = tsr_counter(TSR_COUNT_MESSAGE_BYTES) - bytes;
    NEED(messages == 2 * COUNTED);
    /* two faces a step, behind a head of 64 bytes each; a rank may have a row more or less */
    NEED(bytes <= COUNTED * 2 * (64 + 8 * (INSIDE + 2)) && bytes >= COUNTED * 2 * (64 + 8 * (INSIDE - 2)));
    NEED_OK(tsr_value(tsr_project(tsr_project(s[0], 0, SIDE / 2), 0, SIDE / 2), &corner));
    NEED(corner == one);
    return 0;
}

static int crosses(void)
{
    tsr_options each[4];
    tsr_machine machine;
    int         code = -1;
    TSR_CHECK(tsr_machine_discover(&machine));
    machine.n_cores = 1;
    for (int r = 0; r < 4; ++r)
        each[r] = (tsr_options){.size = sizeof each[r], .at = TSR_HERE, .workers = 1, .min_piece = 16,
                                .machine = &machine};
    const tsr_status s = tsr_ranks_run(4, faces, NULL, &code, .each = each);
    printf("%s faces_without_corners\n", s != TSR_OK || code != 0 ? "not ok" : "ok");
    return s != TSR_OK || code != 0;
}

int main(void)
{
    static const char *const names[] = {"remembered", "not_remembered", "checked"};
    int                      failed = crosses();
    for (int memo = 0; memo < 3; ++memo)
        for (int ranks = 2; ranks <= TRY_MOST_RANKS; ++ranks) {
            tsr_machine machine[TRY_MOST_RANKS];
            tsr_options each[TRY_MOST_RANKS];
            int         code = -1, remembers = memo != 1;
            try_machines(machine, ranks, memo);
            for (int r = 0; r < ranks; ++r)
                each[r] = (tsr_options){.size = sizeof each[r], .at = TSR_HERE, .workers = 1 + r % 2,
                                        .window = memo == 0 ? 64 : 7, .min_piece = 16, .memo = memo,
                                        .machine = &machine[r]};
            const tsr_status s = tsr_ranks_run(ranks, recalled, &remembers, &code, .each = each,
                                               .seed = (uint64_t)memo);
            failed += s != TSR_OK || code != 0;
            printf("%s %s_on_%d_ranks\n", s != TSR_OK || code != 0 ? "not ok" : "ok", names[memo], ranks);
        }
    return failed;
}
