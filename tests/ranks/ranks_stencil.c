/* Stencils over ranks: halos move, borders stay, and every rank reads back what one thread computes. */
#include <stdlib.h>

#include "ranks_tasks.h"
#include "ranks_try.h"

enum { OUT, IN };

static void by_hand_1d(double *a, double *b, int64_t n, int steps)
{
    for (int s = 0; s < steps; ++s) {
        double *now = s % 2 ? b : a, *next = s % 2 ? a : b;
        for (int64_t i = 1; i < n - 1; ++i)
            next[i] = 0.25 * now[i - 1] + 0.5 * now[i] + 0.25 * now[i + 1];
    }
}

static int heat_1d(int argc, char **argv, void *user)
{
    enum { N = 200, STEPS = 30 };
    double start[N], a[N], b[N], got[N];
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < N; ++i)
        start[i] = i * i % 37;
    memcpy(a, start, sizeof a);
    memcpy(b, start, sizeof b);
    by_hand_1d(a, b, N, STEPS);
    TSR_SCOPE();
    const tsr_store x = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    const tsr_store y = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    NEED_OK(tsr_write(x, start, sizeof start));
    NEED_OK(tsr_write(y, start, sizeof start));
    for (int s = 0; s < STEPS; ++s)
        NEED_OK(smooth_into(s % 2 ? x : y, s % 2 ? y : x, N));
    NEED_OK(tsr_read(x, got, sizeof got));
    NEED(memcmp(got, a, sizeof a) == 0);
    NEED_OK(tsr_read(y, got, sizeof got));
    NEED(memcmp(got, b, sizeof b) == 0);
    return 0;
}

static tsr_status step_2d(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    tsr_in_f64_2d  in = tsr_in_f64_2d_of(t, IN);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 0.25 * (tsr_at(in, i, j + 1) + tsr_at(in, i + 2, j + 1) +
                                    tsr_at(in, i + 1, j) + tsr_at(in, i + 1, j + 2));
    return TSR_OK;
}

static const tsr_task_desc stencil_2d = {
    .name = "test.stencil_2d",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 2, "out"}, [IN] = {TSR_READ, TSR_F64, 2, "in"}},
    .constraints = {TSR_HALO(IN, OUT, .high = {2, 2})},
    .variants = {[TSR_CPU] = {.body = step_2d}},
};

enum { ROWS = 37, COLUMNS = 29 };

static tsr_status advance_2d(tsr_store next, tsr_store now)
{
    TSR_SCOPE();
    const tsr_store rows = tsr_slice(next, 0, 1, ROWS - 1, 1);
    const tsr_store inside = tsr_slice(rows, 1, 1, COLUMNS - 1, 1);
    TSR_TRY(tsr_issue(&stencil_2d, [OUT] = tsr_arg_of(inside), [IN] = tsr_arg_of(now)));
    return TSR_OK;
}

static void by_hand_2d(double a[ROWS][COLUMNS], double b[ROWS][COLUMNS], int steps)
{
    for (int s = 0; s < steps; ++s) {
        double(*now)[COLUMNS] = s % 2 ? b : a, (*next)[COLUMNS] = s % 2 ? a : b;
        for (int i = 1; i < ROWS - 1; ++i)
            for (int j = 1; j < COLUMNS - 1; ++j)
                next[i][j] = 0.25 * (now[i - 1][j] + now[i + 1][j] + now[i][j - 1] + now[i][j + 1]);
    }
}

/* Also reads one element now and then, which waits in the middle. */
static int heat_2d(int argc, char **argv, void *user)
{
    enum { STEPS = 12 };
    static const double source = 100;
    double              a[ROWS][COLUMNS] = {0}, b[ROWS][COLUMNS] = {0}, got[ROWS][COLUMNS];
    (void)argc, (void)argv, (void)user;
    a[0][3] = b[0][3] = a[20][0] = b[20][0] = source;
    by_hand_2d(a, b, STEPS);
    TSR_SCOPE();
    tsr_store s[2];
    for (int k = 0; k < 2; ++k) {
        s[k] = tsr_store_filled(TSR_F64, TSR_SHAPE(ROWS, COLUMNS), &(double){0});
        NEED_OK(tsr_fill(tsr_project(tsr_project(s[k], 0, 0), 0, 3), &source));
        NEED_OK(tsr_fill(tsr_project(tsr_project(s[k], 0, 20), 0, 0), &source));
    }
    for (int i = 0; i < STEPS; ++i) {
        NEED_OK(advance_2d(s[(i + 1) % 2], s[i % 2]));
        double corner = -1;
        if (i % 5 == 0)
            NEED_OK(tsr_value(tsr_project(tsr_project(s[i % 2], 0, 20), 0, 0), &corner));
        NEED(i % 5 || corner == source);
    }
    NEED_OK(tsr_read(s[0], got, sizeof got));
    NEED(memcmp(got, a, sizeof a) == 0);
    NEED_OK(tsr_read(s[1], got, sizeof got));
    NEED(memcmp(got, b, sizeof b) == 0);
    return 0;
}

/* In place, where what is read and what is written meet: a[1:] = a[:-1], again and again. */
static int shift(int argc, char **argv, void *user)
{
    enum { N = 101, STEPS = 9 };
    int64_t start[N], got[N];
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < N; ++i)
        start[i] = 1000 + i;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_write(a, start, sizeof start));
    for (int s = 0; s < STEPS; ++s)
        NEED_OK(tsr_copy(tsr_slice(a, 0, 1, N, 1), tsr_slice(a, 0, 0, N - 1, 1)));
    NEED_OK(tsr_read(a, got, sizeof got));
    for (int i = 0; i < N; ++i)
        NEED(got[i] == 1000 + (i > STEPS ? i - STEPS : 0));
    return 0;
}

int main(void)
{
    int failed = try_ranks("heat_1d", heat_1d, NULL);
    failed += try_ranks("heat_2d", heat_2d, NULL);
    failed += try_ranks("shift_in_place", shift, NULL);
    return failed;
}
