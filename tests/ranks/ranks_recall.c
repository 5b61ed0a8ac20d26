/* Messages of a repeated step are recalled, not derived again: hits are counted, each rank sends as many
 * messages as it has neighbours, and the values are what one rank computes.  Also after each rank has
 * read elements of all others, for which its memory came in parts for a while. */
#include <stdlib.h>

#include "ranks_tasks.h"
#include "ranks_try.h"

enum { OUT, IN, N = 4000, STEPS = 300, LOOK = 10, SETTLED = 30 };

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
    TSR_TRY(smooth_into(to, from, N));
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

struct way {
    const char *name;
    int         memo, remembers, looks;
};

/* A few elements, of each rank's: kept by all, far from what they hold. */
static int look(tsr_store s, const double *want)
{
    TSR_SCOPE();
    for (int i = 0; i < N; i += N / 7) {
        double value = 0;
        NEED_OK(tsr_value(tsr_project(s, 0, i), &value));
        NEED(value == want[i]);
    }
    return 0;
}

/* user: a struct way. */
static int recalled(int argc, char **argv, void *user)
{
    static const double one = 1.0 / 1024;
    double             *got = calloc(N, sizeof *got), (*want)[N] = calloc(2, sizeof *want);
    tsr_store           s[2];
    int64_t             hits = 0, misses = 0, messages = 0;
    const struct way   *way = user;
    (void)argc, (void)argv;
    for (int k = 0; k < 2; ++k)
        for (int i = 0; i < N; ++i)
            want[k][i] = one;
    by_hand(want, LOOK);
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
        if (i == LOOK && way->looks)
            NEED(look(s[0], want[0]) == 0);
        NEED_OK(step(s[(i + 1) % 2], s[i % 2]));
    }
    by_hand(want, STEPS - LOOK);
    NEED_OK(tsr_fence());
    const int64_t steps = STEPS - SETTLED, n = tsr_rank_count();
    const int64_t neighbours = n == 1 ? 0 : tsr_rank() == 0 || tsr_rank() == n - 1 ? 1 : 2;
    if (way->remembers) {
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

int main(void)
{
    static const struct way ways[] = {
        {"remembered", 0, 1, 0}, {"not_remembered", 1, 0, 0}, {"checked", 2, 1, 0},
        {"remembered_after_looking", 0, 1, 1}, {"checked_after_looking", 2, 1, 1},
    };
    int failed = 0;
    for (size_t w = 0; w < sizeof ways / sizeof *ways; ++w)
        for (int ranks = 2; ranks <= TRY_MOST_RANKS; ++ranks) {
            struct way  way = ways[w];
            tsr_machine machine[TRY_MOST_RANKS];
            tsr_options each[TRY_MOST_RANKS];
            int         code = -1;
            try_machines(machine, ranks, way.memo);
            for (int r = 0; r < ranks; ++r)
                each[r] = (tsr_options){.size = sizeof each[r], .at = TSR_HERE, .workers = 1 + r % 2,
                                        .window = way.memo == 0 ? 64 : 7, .min_piece = 16,
                                        .memo = way.memo, .machine = &machine[r]};
            const tsr_status s = tsr_ranks_run(ranks, recalled, &way, &code, .each = each,
                                               .seed = (uint64_t)way.memo);
            failed += s != TSR_OK || code != 0;
            printf("%s %s_on_%d_ranks\n", s != TSR_OK || code != 0 ? "not ok" : "ok", way.name, ranks);
        }
    return failed;
}
