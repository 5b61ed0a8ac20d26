/* Renaming by box: what is written beside a thick rest gets memory of its own.
 *
 * That nobody waits is shown with a reader that stays in its body until everything behind it was seen;
 * that it stays bounded, by counters; that nothing is lost, on ranks against plain C. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "ranks_try.h"

enum { N = 1 << 17, OUT = 0, IN = 1 };

/* ---- nobody waits ---- */

static pthread_t       issuer;
static _Atomic int     started, is_open, too_late, on_issuer;
static _Atomic int64_t seen[2];

static int64_t sum_of(const tsr_task_context *t)
{
    const tsr_in_i64_1d in = tsr_in_i64_1d_of(t, IN);
    int64_t             sum = 0;
    TSR_FOR_1D(i, in.box)
        sum += tsr_at(in, i);
    return sum;
}

/* Stays until the gate opens, and reads only then. */
static tsr_status slow_body(const tsr_task_context *t)
{
    int64_t *out = tsr_element_i64_of(t, OUT);
    atomic_store(&on_issuer, pthread_equal(pthread_self(), issuer) != 0);
    atomic_store(&started, 1);
    for (int turn = 0; turn < 20000 && !atomic_load(&is_open) && !atomic_load(&on_issuer); ++turn)
        usleep(500);
    atomic_store(&too_late, !atomic_load(&is_open));
    *out = sum_of(t);
    return TSR_OK;
}

static tsr_status look_body(const tsr_task_context *t)
{
    *tsr_element_i64_of(t, OUT) = sum_of(t);
    atomic_store(&seen[tsr_i64_of(t, 2)], *tsr_element_i64_of(t, OUT));
    return TSR_OK;
}

#define ARGS                                                                                       \
    [OUT] = {TSR_WRITE, TSR_I64, .rank = 0, .name = "out"}, [IN] = {TSR_READ, TSR_I64, .rank = 1,  \
                                                                    .name = "in"}
static const tsr_task_desc slow_task = {
    .name = "boxes.slow",
    .args = {ARGS},
    .constraints = {TSR_BROADCAST(IN)},
    .variants = {[TSR_CPU] = {.body = slow_body}},
};
static const tsr_task_desc look_task = {
    .name = "boxes.look",
    .args = {ARGS, [2] = {TSR_SCALAR, TSR_I64, .name = "which"}},
    .constraints = {TSR_BROADCAST(IN)},
    .variants = {[TSR_CPU] = {.body = look_body}},
};

static tsr_status look(tsr_store out, tsr_store in, int64_t which)
{
    return tsr_issue(&look_task, [OUT] = tsr_arg_of(out), [IN] = tsr_arg_of(in),
                     [2] = tsr_arg_i64(which));
}

static bool comes_true(_Atomic int *word)
{
    for (int turn = 0; turn < 20000 && !atomic_load(word); ++turn)
        usleep(500);
    return atomic_load(word) != 0;
}

static bool comes(_Atomic int64_t *word, int64_t value)
{
    for (int turn = 0; turn < 20000 && atomic_load(word) != value && !atomic_load(&too_late); ++turn)
        usleep(500);
    return atomic_load(word) == value && !atomic_load(&too_late);
}

static tsr_store counted(void)
{
    int64_t  *data = malloc(N * sizeof *data);
    tsr_store s = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    for (int64_t i = 0; i < N; ++i)
        data[i] = i;
    TSR_CHECK(tsr_write(s, data, N * sizeof *data));
    free(data);
    return s;
}

static int try_no_wait(void)
{
    TSR_SCOPE();
    const int64_t   old = (int64_t)N * (N - 1) / 2, half = N / 2;
    const int64_t   rest = old - half * (half - 1) / 2;
    const tsr_store s = counted(), a = tsr_store_create(TSR_I64, TSR_SHAPE()),
                    b = tsr_store_create(TSR_I64, TSR_SHAPE()),
                    c = tsr_store_create(TSR_I64, TSR_SHAPE());
    const int64_t   renamed = tsr_counter(TSR_COUNT_BOX_RENAMES);
    const tsr_store low = tsr_slice(s, 0, 0, half, 1);
    NEED_OK(tsr_fence());
    NEED_OK(tsr_issue(&slow_task, [OUT] = tsr_arg_of(a), [IN] = tsr_arg_of(s)));
    NEED_OK(tsr_flush());
    NEED(comes_true(&started));
    if (atomic_load(&on_issuer))
        return -1;
    NEED_OK(tsr_fill(low, &(int64_t){7})); /* beside a rest as thick */
    NEED_OK(look(b, low, 0));
    NEED_OK(look(c, s, 1));
    NEED_OK(tsr_flush());
    NEED(comes(&seen[0], 7 * half));        /* while the reader of the old content has not read */
    NEED(comes(&seen[1], 7 * half + rest)); /* what takes both, too */
    atomic_store(&is_open, 1);
    int64_t value;
    NEED_OK(tsr_value(a, &value));
    NEED(value == old);
    NEED(tsr_counter(TSR_COUNT_BOX_RENAMES) == renamed + 1);
    NEED(tsr_counter(TSR_COUNT_BOX_GATHERS) >= 1);
    return 0;
}

static int no_wait(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    issuer = pthread_self();
    for (int turn = 0, code; turn < 20; ++turn) {
        atomic_store(&started, 0);
        atomic_store(&is_open, 0);
        atomic_store(&too_late, 0);
        atomic_store(&seen[0], -1);
        atomic_store(&seen[1], -1);
        if ((code = try_no_wait()) >= 0)
            return code;
        atomic_store(&is_open, 1);
        NEED_OK(tsr_fence());
    }
    NEED_TEXT(false, "the issuing thread ran every reader itself");
    return 1;
}

/* ---- it is bounded ---- */

/* A loop that writes a half and reads the whole copies twice, and waits from then on. */
static int stops_copying(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s = counted(), sum = tsr_store_create(TSR_I64, TSR_SHAPE());
    const tsr_store low = tsr_slice(s, 0, 0, N / 2, 1);
    const int64_t   rest = (int64_t)N * (N - 1) / 2 - (int64_t)N / 2 * (N / 2 - 1) / 2;
    const int64_t   before = tsr_counter(TSR_COUNT_BOX_GATHERS);
    int64_t         value;
    NEED_OK(look(sum, s, 0));
    for (int64_t k = 0; k < 100; ++k) {
        NEED_OK(tsr_fill(low, &k));
        NEED_OK(look(sum, s, 0));
        if (k % 10 == 9) {
            NEED_OK(tsr_value(sum, &value));
            NEED(value == rest + k * (N / 2));
        }
    }
    NEED_OK(tsr_fence());
    NEED(tsr_counter(TSR_COUNT_BOX_GATHERS) == before + 2);
    return 0;
}

/* A root has at most four parts; a write of all of it ends them without a copy. */
static int few_parts(int argc, char **argv, void *user)
{
    enum { PART = N / 8 };
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s = counted(), sum = tsr_store_create(TSR_I64, TSR_SHAPE());
    const int64_t   renamed = tsr_counter(TSR_COUNT_BOX_RENAMES),
                  gathered = tsr_counter(TSR_COUNT_BOX_GATHERS);
    NEED_OK(tsr_fence());
    const int64_t held = tsr_counter(TSR_COUNT_MEMORY_BYTES);
    for (int64_t k = 0; k < 200; ++k) {
        TSR_SCOPE();
        const tsr_store part = tsr_slice(s, 0, k % 8 * PART, (k % 8 + 1) * PART, 1);
        NEED_OK(look(sum, part, 0));
        NEED_OK(tsr_fill(part, &k));
        if (k % 8 == 7)
            NEED_OK(tsr_fence());
    }
    int64_t value;
    NEED_OK(look(sum, tsr_slice(s, 0, 2 * PART, 3 * PART, 1), 0));
    NEED_OK(tsr_value(sum, &value));
    NEED(value == 194 * PART);
    NEED(tsr_counter(TSR_COUNT_BOX_RENAMES) == renamed + 4);
    NEED(tsr_counter(TSR_COUNT_BOX_GATHERS) == gathered);
    /* 200 parts would be 25 times the root; how many blocks wait for reuse depends on who was late */
    NEED(tsr_counter(TSR_COUNT_MEMORY_BYTES) <= held + 5 * (int64_t)sizeof(int64_t) * N);
    NEED_OK(tsr_fill(s, &(int64_t){3}));
    NEED_OK(look(sum, s, 0));
    NEED_OK(tsr_value(sum, &value));
    NEED(value == 3 * N);
    NEED(tsr_counter(TSR_COUNT_BOX_GATHERS) == gathered);
    return 0;
}

static int on_one_rank(const char *name, tsr_program *program, int workers, int window)
{
    tsr_options o = {.size = sizeof o, .at = TSR_HERE, .workers = workers, .window = window,
                     .memo = 2};
    int         code = -1;
    const bool  good = tsr_ranks_run(1, program, NULL, &code, .each = &o) == TSR_OK && code == 0;
    if (!good)
        fprintf(stderr, "# %s\n", tsr_error_text());
    printf(good ? "ok %s\n" : "not ok %s\n", name);
    return !good;
}

/* ---- nothing is lost ---- */

enum { SIDE = 24 };
typedef int64_t square[SIDE][SIDE];

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A box whose corners are thirds of the side, so that boxes meet, cover and lie beside each other. */
struct block {
    int64_t low[2], high[2];
};
static struct block random_block(uint64_t *state)
{
    struct block b;
    for (int d = 0; d < 2; ++d) {
        const int64_t from = (int64_t)(next_random(state) % 3);
        b.low[d] = SIDE / 3 * from;
        b.high[d] = b.low[d] + SIDE / 3 * (1 + (int64_t)(next_random(state) % (uint64_t)(3 - from)));
    }
    return b;
}

static tsr_store block_of(tsr_store s, const struct block *b)
{
    return tsr_slice(tsr_slice(s, 0, b->low[0], b->high[0], 1), 1, b->low[1], b->high[1], 1);
}

static int64_t *element(square g, const struct block *b, int64_t i, int64_t j)
{
    return &g[b->low[0] + i][b->low[1] + j];
}

static tsr_status step(tsr_store s, tsr_store t, square gs, square gt, uint64_t *state, int64_t value)
{
    TSR_SCOPE();
    const struct block from = random_block(state);
    struct block       to = random_block(state);
    for (int d = 0; d < 2; ++d) { /* of the same shape */
        const int64_t extent = from.high[d] - from.low[d];
        to.low[d] = to.low[d] + extent > SIDE ? SIDE - extent : to.low[d];
        to.high[d] = to.low[d] + extent;
    }
    const bool fills = next_random(state) % 2 == 0;
    for (int64_t i = 0; i < from.high[0] - from.low[0]; ++i)
        for (int64_t j = 0; j < from.high[1] - from.low[1]; ++j)
            *element(fills ? gs : gt, fills ? &from : &to, i, j) =
                fills ? value : *element(gs, &from, i, j);
    return fills ? tsr_fill(block_of(s, &from), &value)
                 : tsr_copy(block_of(t, &to), block_of(s, &from));
}

static int random_blocks(int argc, char **argv, void *user)
{
    static const int64_t zero = 0;
    (void)argc, (void)argv, (void)user;
    for (uint64_t round = 0; round < 12; ++round) { /* new stores: parts are brought back twice */
        TSR_SCOPE();
        square          want[2] = {0}, got;
        uint64_t        state = 77 + round;
        const tsr_store s[] = {tsr_store_filled(TSR_I64, TSR_SHAPE(SIDE, SIDE), &zero),
                               tsr_store_filled(TSR_I64, TSR_SHAPE(SIDE, SIDE), &zero)};
        for (int k = 0; k < 24; ++k) {
            const int from = (int)(next_random(&state) % 2);
            NEED_OK(step(s[from], s[!from], want[from], want[!from], &state, 1000 + k));
        }
        for (int i = 0; i < 2; ++i) {
            NEED_OK(tsr_read(s[i], got, sizeof got));
            NEED(memcmp(got, want[i], sizeof got) == 0);
        }
    }
    return 0;
}

/* ---- far from each other ---- */

enum { FAR = 8192, CORNER = 64, MOST_BYTES = 16 << 20 }; /* all of it: 512 MiB */

/* The corner at the low or the high end of both dimensions, or at the end of one. */
static tsr_store corner(tsr_store s, int i, int j)
{
    const int64_t low[] = {i * (FAR - CORNER), j * (FAR - CORNER)};
    return tsr_slice(tsr_slice(s, 0, low[0], low[0] + CORNER, 1), 1, low[1], low[1] + CORNER, 1);
}

/* Corners are written, read, copied onto each other; no rank makes room for what lies between them. */
static int far_corners(int argc, char **argv, void *user)
{
    static const int64_t zero = 0;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    if (tsr_rank_count() == 1)
        return 0; /* one rank holds all of a root */
    const tsr_store s = tsr_store_create(TSR_I64, TSR_SHAPE(FAR, FAR));
    const tsr_store all[] = {corner(s, 0, 0), corner(s, 1, 1), corner(s, 0, 1)};
    int64_t         got[CORNER][CORNER];
    for (int k = 0; k < 3; ++k)
        NEED_OK(tsr_fill(all[k], &zero));
    for (int64_t k = 0; k < 12; ++k) {
        NEED_OK(tsr_fill(all[k % 3], &(int64_t){100 + k}));
        NEED_OK(tsr_fill(tsr_project(all[k % 3], 0, k), &(int64_t){200 + k}));
        NEED_OK(tsr_read(all[k % 3], got, sizeof got));
        for (int i = 0; i < CORNER; ++i)
            for (int j = 0; j < CORNER; ++j)
                NEED(got[i][j] == (i == k ? 200 : 100) + k);
    }
    NEED_OK(tsr_fence());
    NEED(tsr_counter(TSR_COUNT_MEMORY_PEAK_BYTES) < MOST_BYTES);
    return 0;
}

int main(void)
{
    int failed = on_one_rank("renamed_box_waits_for_nobody", no_wait, 3, 64);
    failed += on_one_rank("repeated_gathers_stop", stops_copying, 2, 16);
    failed += on_one_rank("few_parts", few_parts, 2, 16);
    failed += try_ranks("random_blocks", random_blocks, NULL);
    failed += try_ranks("far_corners", far_corners, NULL);
    return failed;
}
