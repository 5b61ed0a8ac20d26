/* Views over ranks: writes through slices with steps, transposes, many one-row writes (which make owner
 * maps settle), sealed generations, attached tiles, local pieces; all against plain C. */
#include <stdlib.h>

#include "ranks_try.h"

enum { ROWS = 24, COLUMNS = 18 };
typedef int64_t grid[ROWS][COLUMNS];

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* One random write through a view, here and there. */
static tsr_status write_somewhere(tsr_store s, grid g, uint64_t *state, int64_t value)
{
    TSR_SCOPE();
    const int64_t i = (int64_t)(next_random(state) % ROWS),
                  step = 1 + (int64_t)(next_random(state) % 3);
    const int64_t j = (int64_t)(next_random(state) % COLUMNS);
    switch (next_random(state) % 4) {
    case 0: /* a row */
        for (int64_t c = 0; c < COLUMNS; ++c)
            g[i][c] = value;
        return tsr_fill(tsr_project(s, 0, i), &value);
    case 1: /* every step-th column from j on */
        for (int64_t r = 0; r < ROWS; ++r)
            for (int64_t c = j; c < COLUMNS; c += step)
                g[r][c] = value;
        return tsr_fill(tsr_slice(s, 1, j, COLUMNS, step), &value);
    case 2: /* the first row to another, backwards */
        if (i == 0)
            return TSR_OK;
        for (int64_t c = 0; c < COLUMNS; ++c)
            g[i][COLUMNS - 1 - c] = g[0][c];
        return tsr_copy(tsr_slice(tsr_project(s, 0, i), 0, COLUMNS - 1, -1, -1),
                        tsr_project(s, 0, 0));
    default: /* a block */
        for (int64_t r = i; r < ROWS; ++r)
            for (int64_t c = j; c < COLUMNS; ++c)
                g[r][c] = value;
        return tsr_fill(tsr_slice(tsr_slice(s, 0, i, ROWS, 1), 1, j, COLUMNS, 1), &value);
    }
}

static int random_views(int argc, char **argv, void *user)
{
    grid     want, got;
    uint64_t state = 12345;
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            want[i][j] = 100 * i + j;
    TSR_SCOPE();
    const tsr_store s = tsr_store_create(TSR_I64, TSR_SHAPE(ROWS, COLUMNS));
    NEED_OK(tsr_write(s, want, sizeof want));
    for (int k = 0; k < 200; ++k) {
        NEED_OK(write_somewhere(s, want, &state, 1000000 + k));
        if (k % 23 == 0) {
            NEED_OK(tsr_read(s, got, sizeof got));
            NEED(memcmp(got, want, sizeof got) == 0);
        }
    }
    NEED_OK(tsr_read(s, got, sizeof got));
    NEED(memcmp(got, want, sizeof got) == 0);
    return 0;
}

/* A transposed copy moves all to all; twice gives back what was. */
static int transposes(int argc, char **argv, void *user)
{
    grid    want, got;
    int64_t turned[COLUMNS][ROWS];
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            want[i][j] = 100 * i + j;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store b = tsr_store_create(TSR_I64, TSR_SHAPE(COLUMNS, ROWS));
    NEED_OK(tsr_write(a, want, sizeof want));
    NEED_OK(tsr_copy(b, tsr_transpose(a, ((int[]){1, 0}))));
    NEED_OK(tsr_fill(a, &(int64_t){-1}));
    NEED_OK(tsr_copy(tsr_transpose(a, ((int[]){1, 0})), b));
    NEED_OK(tsr_read(a, got, sizeof got));
    NEED(memcmp(got, want, sizeof got) == 0);
    NEED_OK(tsr_read(b, turned, sizeof turned));
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            NEED(turned[j][i] == want[i][j]);
    return 0;
}

/* A sealed generation stays while the store goes on. */
static int seals(int argc, char **argv, void *user)
{
    enum { N = 64 };
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){1});
    NEED_OK(tsr_fill(tsr_slice(s, 0, 0, N, 2), &(int64_t){2}));
    const tsr_store then = tsr_seal(s);
    NEED_OK(tsr_fill(s, &(int64_t){3}));
    NEED_OK(tsr_read(then, got, sizeof got));
    for (int i = 0; i < N; ++i)
        NEED(got[i] == (i % 2 ? 1 : 2));
    NEED_OK(tsr_read(s, got, sizeof got));
    NEED(got[0] == 3 && got[N - 1] == 3);
    return 0;
}

/* Each rank brings rows of its own, and finds them changed. */
static int tiles(int argc, char **argv, void *user)
{
    const int r = tsr_rank(), n = tsr_rank_count();
    const int low = r * ROWS / n, high = (r + 1) * ROWS / n;
    grid      mine, got;
    (void)argc, (void)argv, (void)user;
    for (int i = low; i < high; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            mine[i][j] = 100 * i + j;
    const tsr_tile tile = {{.rank = 2, .low = {low, 0}, .high = {high, COLUMNS}}, &mine[low][0]};
    TSR_SCOPE();
    const tsr_store s =
        tsr_attach_tiles(TSR_I64, TSR_SHAPE(ROWS, COLUMNS), &tile, 1, TSR_ATTACH_WRITE, NULL, NULL);
    NEED_OK(tsr_fill(tsr_slice(s, 1, 3, 5, 1), &(int64_t){-7}));
    NEED_OK(tsr_read(s, got, sizeof got));
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            NEED(got[i][j] == (j == 3 || j == 4 ? -7 : 100 * i + j));
    NEED_OK(tsr_detach(s));
    for (int i = low; i < high; ++i)
        NEED(mine[i][3] == -7 && mine[i][5] == 100 * i + 5);
    return 0;
}

/* Local pieces of all ranks hold each element once. */
static int pieces(int argc, char **argv, void *user)
{
    enum { N = 200 };
    tsr_piece piece[64];
    int       n_pieces = 0;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){11});
    NEED_OK(tsr_fill(tsr_slice(s, 0, 50, 120, 1), &(int64_t){12}));
    NEED_OK(tsr_local_pieces(s, piece, 64, &n_pieces));
    NEED(n_pieces <= 64);
    int64_t seen[4] = {0};
    for (int p = 0; p < n_pieces; ++p)
        for (int64_t i = piece[p].box.low[0]; i < piece[p].box.high[0]; ++i) {
            const int64_t *data = piece[p].data;
            NEED(data[(i - piece[p].box.low[0]) * piece[p].stride[0]] ==
                 (i >= 50 && i < 120 ? 12 : 11));
            ++seen[tsr_rank()];
        }
    int64_t all = 0;
    for (int r = 0; r < tsr_rank_count(); ++r) { /* each rank's count, by a store it alone fills */
        int64_t         count = seen[r];
        const tsr_tile  tile = {{.rank = 1, .high = {1}}, &count};
        const tsr_store c = tsr_attach_tiles(TSR_I64, TSR_SHAPE(1), &tile, r == tsr_rank(),
                                             TSR_ATTACH_READ, NULL, NULL);
        int64_t         got = -1;
        NEED_OK(tsr_value(c, &got));
        all += got;
        NEED_OK(tsr_detach(c));
    }
    NEED(all == N);
    return 0;
}

int main(void)
{
    int failed = try_ranks("random_views", random_views, NULL);
    failed += try_ranks("transposes", transposes, NULL);
    failed += try_ranks("seals", seals, NULL);
    failed += try_ranks("attached_tiles", tiles, NULL);
    failed += try_ranks("local_pieces", pieces, NULL);
    return failed;
}
