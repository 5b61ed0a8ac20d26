/* Images over ranks: gathers and scatters through index stores that stay as they are, that change whole,
 * in one element, through a view; the boxes are found once for each content. */
#include <stdlib.h>

#include "ranks_try.h"

enum { FROM, WHERE, TO };

/* Reads only what its values name: a box that is too small is found by the window's check in debug
 * builds, and by the values everywhere. */
static tsr_status gather(const tsr_task_context *t)
{
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM), where = tsr_in_i64_1d_of(t, WHERE);
    tsr_out_i64_1d to = tsr_out_i64_1d_of(t, TO);
    TSR_FOR_1D(i, to.box)
    {
        const int64_t at = tsr_at(where, i);
        const bool    is_here = at >= from.box.low[0] && at < from.box.high[0];
        tsr_at(to, i) = is_here ? tsr_at(from, at) : -999;
    }
    return TSR_OK;
}

#define GATHER(task, text, image)                                                                  \
    static const tsr_task_desc task = {                                                            \
        .name = text,                                                                              \
        .args = {[FROM] = {TSR_READ, TSR_I64, 1, "from"},                                          \
                 [WHERE] = {TSR_READ, TSR_I64, 1, "where"},                                        \
                 [TO] = {TSR_WRITE, TSR_I64, 1, "to"}},                                            \
        .constraints = {image(FROM, WHERE, TSR_IMAGE_POINTS), TSR_ALIGN(WHERE, TO)},               \
        .variants = {[TSR_CPU] = {.body = gather}},                                                \
    }
GATHER(gather_bounding, "test.gather", TSR_IMAGE);
GATHER(gather_exact, "test.gather_exact", TSR_IMAGE_EXACT);

static tsr_status scatter(const tsr_task_context *t)
{
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM), where = tsr_in_i64_1d_of(t, WHERE);
    tsr_out_i64_1d to = tsr_out_i64_1d_of(t, TO);
    TSR_FOR_1D(i, from.box)
        tsr_at(to, tsr_at(where, i)) = tsr_at(from, i);
    return TSR_OK;
}

static const tsr_task_desc scatter_points = {
    .name = "test.scatter",
    .args = {[FROM] = {TSR_READ, TSR_I64, 1, "from"},
             [WHERE] = {TSR_READ, TSR_I64, 1, "where"},
             [TO] = {TSR_READ_WRITE, TSR_I64, 1, "to"}},
    .constraints = {TSR_IMAGE(TO, WHERE, TSR_IMAGE_POINTS), TSR_ALIGN(WHERE, FROM)},
    .disjoint = true,
    .variants = {[TSR_CPU] = {.body = scatter}},
};

enum { N = 400, M = 300 };

struct stores {
    tsr_store from, where, to;
    int64_t   index[M];
};

static void fill_index(int64_t *index, uint64_t seed)
{
    for (int i = 0; i < M; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        index[i] = (i + (int64_t)(seed >> 33) % 40) % N;
    }
}

static tsr_status start(struct stores *s)
{
    int64_t value[N];
    for (int i = 0; i < N; ++i)
        value[i] = 1000 + i;
    fill_index(s->index, 1);
    s->from = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    s->where = tsr_store_create(TSR_I64, TSR_SHAPE(M));
    s->to = tsr_store_create(TSR_I64, TSR_SHAPE(M));
    TSR_TRY(tsr_write(s->from, value, sizeof value));
    return tsr_write(s->where, s->index, sizeof s->index);
}

static bool is_gathered(struct stores *s, int64_t plus)
{
    int64_t got[M];
    if (tsr_read(s->to, got, sizeof got) != TSR_OK)
        return false;
    for (int i = 0; i < M; ++i)
        if (got[i] != 1000 + plus + s->index[i])
            return false;
    return true;
}

/* A loop that gathers through the same indices waits once, whatever is gathered and wherever to. */
static int once(int argc, char **argv, void *user)
{
    struct stores        s;
    const tsr_task_desc *task = user;
    (void)argc, (void)argv;
    TSR_SCOPE();
    NEED_OK(start(&s));
    NEED_OK(tsr_fence());
    const int64_t images = tsr_counter(TSR_COUNT_IMAGES),
                  reused = tsr_counter(TSR_COUNT_IMAGES_REUSED);
    NEED_OK(tsr_issue(task, [FROM] = tsr_arg_of(s.from), [WHERE] = tsr_arg_of(s.where),
                      [TO] = tsr_arg_of(s.to)));
    const int64_t agreed = tsr_counter(TSR_COUNT_AGREEMENTS);
    for (int64_t k = 1; k < 100; ++k) {
        if (k % 10 == 0) /* what is gathered changes; what is named does not */
            NEED_OK(tsr_fill(tsr_slice(s.from, 0, 0, N, 1), &k));
        NEED_OK(tsr_issue(task, [FROM] = tsr_arg_of(s.from), [WHERE] = tsr_arg_of(s.where),
                          [TO] = tsr_arg_of(s.to)));
    }
    NEED(tsr_counter(TSR_COUNT_AGREEMENTS) == agreed);
    NEED(tsr_counter(TSR_COUNT_IMAGES) == images + 1);
    NEED(tsr_counter(TSR_COUNT_IMAGES_REUSED) == reused + 99);
    int64_t got[M];
    NEED_OK(tsr_read(s.to, got, sizeof got));
    for (int i = 0; i < M; ++i)
        NEED(got[i] == 90);
    return 0;
}

/* Any write of the indices is seen: of one element, through a view, of all of them. */
static int changed(int argc, char **argv, void *user)
{
    struct stores s;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    NEED_OK(start(&s));
    const tsr_store back = tsr_slice(s.where, 0, M - 1, -1, -1);
    for (int k = 0; k < 12; ++k) {
        const int64_t images = tsr_counter(TSR_COUNT_IMAGES), far = (int64_t)(k * 131) % N;
        switch (k % 4) {
        case 0: break;
        case 1:
            s.index[7 * k] = far;
            NEED_OK(tsr_fill(tsr_slice(s.where, 0, 7 * k, 7 * k + 1, 1), &far));
            break;
        case 2:
            s.index[M - 1 - 5] = far;
            NEED_OK(tsr_fill(tsr_slice(back, 0, 5, 6, 1), &far));
            break;
        default:
            fill_index(s.index, (uint64_t)k);
            NEED_OK(tsr_write(s.where, s.index, sizeof s.index));
        }
        for (int again = 0; again < 3; ++again) {
            NEED_OK(tsr_issue(&gather_bounding, [FROM] = tsr_arg_of(s.from),
                              [WHERE] = tsr_arg_of(s.where), [TO] = tsr_arg_of(s.to)));
            NEED(is_gathered(&s, 0));
        }
        NEED(tsr_counter(TSR_COUNT_IMAGES) == images + (k == 0 || k % 4 != 0));
    }
    return 0;
}

/* More index stores than are remembered, in turn, some let go of; other views of them and of what they
 * name. */
static int many(int argc, char **argv, void *user)
{
    enum { STORES = 300 };
    struct stores s;
    tsr_store     where[STORES];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    NEED_OK(start(&s));
    for (int k = 0; k < STORES; ++k) {
        where[k] = tsr_store_create(TSR_I64, TSR_SHAPE(M));
        NEED_OK(tsr_fill(where[k], &(int64_t){k % N}));
    }
    for (int k = 0, turn = 0; turn < 2 * STORES; k = (k + (turn % 7 ? 1 : 0)) % STORES, ++turn) {
        NEED_OK(tsr_issue(&gather_exact, [FROM] = tsr_arg_of(turn % 3 ? s.from : where[(k + 1) % STORES]),
                          [WHERE] = tsr_arg_of(turn % 3 ? where[k] : tsr_slice(s.where, 0, 0, 1, 1)),
                          [TO] = tsr_arg_of(turn % 3 ? s.to : tsr_slice(s.to, 0, 4, 5, 1))));
        int64_t got[M];
        NEED_OK(tsr_read(s.to, got, sizeof got));
        NEED(turn % 3 == 0 || (got[0] == 1000 + k % N && got[M - 1] == 1000 + k % N));
        NEED(turn % 3 != 0 || got[4] == (k + 1) % STORES % N);
    }
    return 0;
}

/* Written through an image: pieces are apart, what ranks hold is not. */
static int scatters(int argc, char **argv, void *user)
{
    struct stores s;
    int64_t       value[M], want[N], got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    NEED_OK(start(&s));
    for (int i = 0; i < N; ++i)
        want[i] = 1000 + i;
    for (int k = 0; k < 6; ++k) {
        if (k % 2 == 0) {
            for (int i = 0; i < M; ++i) /* a permutation of a part */
                s.index[i] = (i * 7 + 31 * k) % N;
            NEED_OK(tsr_write(s.where, s.index, sizeof s.index));
        }
        for (int i = 0; i < M; ++i)
            value[i] = want[s.index[i]] = 10000 * k + i;
        NEED_OK(tsr_write(s.to, value, sizeof value));
        NEED_OK(tsr_issue(&scatter_points, [FROM] = tsr_arg_of(s.to),
                          [WHERE] = tsr_arg_of(s.where), [TO] = tsr_arg_of(s.from)));
    }
    NEED_OK(tsr_read(s.from, got, sizeof got));
    for (int i = 0; i < N; ++i)
        NEED(got[i] == want[i]);
    return 0;
}

/* An index out of bounds is the same failure every time, on every rank; put right, it is gone. */
static int out_of_bounds(int argc, char **argv, void *user)
{
    struct stores s;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    NEED_OK(start(&s));
    NEED_OK(tsr_fill(tsr_slice(s.where, 0, M - 1, M, 1), &(int64_t){N}));
    for (int k = 0; k < 2; ++k) {
        NEED(tsr_issue(&gather_exact, [FROM] = tsr_arg_of(s.from), [WHERE] = tsr_arg_of(s.where),
                       [TO] = tsr_arg_of(s.to)) == TSR_BAD_ARGUMENT);
        NEED(tsr_store_status(s.to) == TSR_BAD_ARGUMENT);
        tsr_error_clear();
    }
    NEED_OK(tsr_fill(tsr_slice(s.where, 0, M - 1, M, 1), &(int64_t){N - 1}));
    s.index[M - 1] = N - 1;
    NEED_OK(tsr_issue(&gather_exact, [FROM] = tsr_arg_of(s.from), [WHERE] = tsr_arg_of(s.where),
                      [TO] = tsr_arg_of(s.to)));
    NEED(is_gathered(&s, 0));
    return 0;
}

int main(void)
{
    int failed = 0;
    failed += try_ranks("images_found_once", once, (void *)(uintptr_t)&gather_bounding);
    failed += try_ranks("exact_images_found_once", once, (void *)(uintptr_t)&gather_exact);
    failed += try_ranks("images_of_what_changes", changed, NULL);
    failed += try_ranks("images_of_many", many, NULL);
    failed += try_ranks("images_written", scatters, NULL);
    failed += try_ranks("images_out_of_bounds", out_of_bounds, NULL);
    return failed > 0;
}
