/* What each rank has of a store: its tiles, its pieces; and all of it, on one rank or on every one. */
#include <stdlib.h>

#include "ranks_try.h"

enum { ROWS = 26, COLUMNS = 15 };
typedef int64_t grid[ROWS][COLUMNS];

enum { OUT, IN };

static tsr_status next_body(const tsr_task_context *t)
{
    tsr_out_i64_2d out = tsr_out_i64_2d_of(t, OUT);
    tsr_in_i64_2d  in = tsr_in_i64_2d_of(t, IN);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 2 * tsr_at(in, i, j + 2) + tsr_at(in, i, j);
    return TSR_OK;
}

/* Two columns further: whoever cuts columns asks its neighbour. */
static const tsr_task_desc next_task = {
    .name = "test.next",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 2, "out"}, [IN] = {TSR_READ, TSR_I64, 2, "in"}},
    .constraints = {TSR_HALO(IN, OUT, .high = {0, 2})},
    .variants = {[TSR_CPU] = {.body = next_body}},
};

static void start(grid g)
{
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            g[i][j] = 100 * i + j;
}

/* ---- reading ---- */

/* Each rank in turn reads what the others do not; nobody else's memory is touched. */
static int read_on(int argc, char **argv, void *user)
{
    grid g, got;
    (void)argc, (void)argv, (void)user;
    start(g);
    TSR_SCOPE();
    const tsr_store s = tsr_store_create(TSR_I64, TSR_SHAPE(ROWS, COLUMNS));
    NEED_OK(tsr_write(s, g, sizeof g));
    for (int64_t k = 0; k < 3 * tsr_rank_count(); ++k) {
        const int root = (int)k % tsr_rank_count();
        NEED_OK(tsr_fill(tsr_slice(s, 0, k, k + 2, 1), &(int64_t){-k}));
        for (int j = 0; j < 2 * COLUMNS; ++j)
            g[k + j / COLUMNS][j % COLUMNS] = -k;
        memset(got, 0x55, sizeof got);
        NEED_OK(tsr_read_on(s, root, tsr_rank() == root || k % 2 ? got : NULL, sizeof got));
        if (tsr_rank() == root)
            NEED(memcmp(got, g, sizeof g) == 0);
        else
            NEED(got[0][0] == 0x5555555555555555 && got[ROWS - 1][COLUMNS - 1] == got[0][0]);
    }
    const tsr_store turned = tsr_transpose(s, (int[]){1, 0}); /* a view, then all of it everywhere */
    int64_t         line[ROWS];
    NEED_OK(tsr_read_on(tsr_project(turned, 0, 3), tsr_rank_count() - 1, line, sizeof line));
    for (int i = 0; i < ROWS && tsr_rank() == tsr_rank_count() - 1; ++i)
        NEED(line[i] == g[i][3]);
    NEED_OK(tsr_read(s, got, sizeof got));
    NEED(memcmp(got, g, sizeof g) == 0);
    return 0;
}

static tsr_status no_body(const tsr_task_context *t)
{
    return tsr_in_i64_2d_of(t, IN).box.high[0] > ROWS / 2 ? TSR_FAIL(TASK_FAILED, "not these rows")
                                                          : TSR_OK;
}

static const tsr_task_desc no_task = {
    .name = "test.no",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_I64, 2, "out"}, [IN] = {TSR_READ, TSR_I64, 2, "in"}},
    .constraints = {TSR_ALIGN(IN, OUT)},
    .variants = {[TSR_CPU] = {.body = no_body}},
};

/* What is wrong is said on every rank alike, but for the memory that only one rank can lack. */
static int refuse_to_read(int argc, char **argv, void *user)
{
    grid got;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s = tsr_store_filled(TSR_I64, TSR_SHAPE(ROWS, COLUMNS), &(int64_t){4});
    NEED(tsr_read_on(s, tsr_rank_count(), got, sizeof got) == TSR_BAD_ARGUMENT);
    NEED(tsr_read_on(s, -1, got, sizeof got) == TSR_BAD_ARGUMENT);
    NEED(tsr_read_on(s, 0, got, sizeof got - 8) == TSR_BAD_ARGUMENT);
    NEED(tsr_read_on(s, 0, NULL, sizeof got) == (tsr_rank() == 0 ? TSR_BAD_ARGUMENT : TSR_OK));
    NEED_OK(tsr_issue(&no_task, [OUT] = tsr_arg_of(s), [IN] = tsr_arg_of(s)));
    got[0][0] = 9;
    NEED(tsr_read_on(s, tsr_rank_count() - 1, got, sizeof got) == TSR_TASK_FAILED);
    NEED(got[0][0] == 9 && strstr(tsr_error_text(), "not these rows"));
    tsr_error_clear();
    return 0;
}

/* ---- tiles ---- */

static void count_release(void *data, void *user)
{
    (void)data;
    ++*(int *)user;
}

/* Rows are dealt to the ranks in turn, two at a time: many tiles a rank, none on the last one. */
static int dealt_tiles(int argc, char **argv, void *user)
{
    grid      mine, want, got;
    tsr_tile  tile[ROWS];
    int       n = 0;
    const int ranks = tsr_rank_count(), dealt_to = ranks > 1 ? ranks - 1 : 1;
    (void)argc, (void)argv, (void)user;
    start(want);
    memset(mine, 0, sizeof mine);
    for (int i = 0; i < ROWS; i += 2)
        if (i / 2 % dealt_to == tsr_rank()) {
            memcpy(mine[i], want[i], sizeof mine[i]);
            memcpy(mine[i + 1], want[i + 1], sizeof mine[i]);
            tile[n++] = (tsr_tile){{.rank = 2, .low = {i, 0}, .high = {i + 2, COLUMNS}}, mine[i]};
        }
    TSR_SCOPE();
    const tsr_store s =
        tsr_attach_tiles(TSR_I64, TSR_SHAPE(ROWS, COLUMNS), tile, n, TSR_ATTACH_WRITE, NULL, NULL);
    const tsr_store to = tsr_slice(s, 1, 0, COLUMNS - 2, 1);
    for (int k = 0; k < 3; ++k) { /* read before written, within one row */
        for (int i = 0; i < ROWS; ++i)
            for (int j = 0; j < COLUMNS - 2; ++j)
                want[i][j] = 2 * want[i][j + 2] + want[i][j];
        NEED_OK(tsr_issue(&next_task, [OUT] = tsr_arg_of(to), [IN] = tsr_arg_of(s)));
    }
    NEED_OK(tsr_read(s, got, sizeof got));
    NEED(memcmp(got, want, sizeof got) == 0);
    NEED_OK(tsr_detach(s));
    for (int k = 0; k < n; ++k)
        for (int64_t i = tile[k].box.low[0]; i < tile[k].box.high[0]; ++i)
            NEED(memcmp(mine[i], want[i], sizeof want[i]) == 0);
    if (n == 0)
        NEED(mine[0][0] == 0 && mine[ROWS - 1][COLUMNS - 1] == 0);
    return 0;
}

/* Columns a rank, to be read only: they stay as they were, and are let go of once. */
static int read_tiles(int argc, char **argv, void *user)
{
    const int r = tsr_rank(), n = tsr_rank_count();
    const int low = r * COLUMNS / n, wide = (r + 1) * COLUMNS / n - low;
    int64_t  *mine = malloc((size_t)(ROWS * wide) * sizeof *mine);
    int       mine_released = 0;
    grid      got;
    (void)argc, (void)argv, (void)user;
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < wide; ++j)
            mine[i * wide + j] = 100 * i + low + j;
    {
        TSR_SCOPE();
        const tsr_tile  tile = {{.rank = 2, .low = {0, low}, .high = {ROWS, low + wide}}, mine};
        const tsr_store s = tsr_attach_tiles(TSR_I64, TSR_SHAPE(ROWS, COLUMNS), &tile, 1,
                                             TSR_ATTACH_READ, count_release, &mine_released);
        const tsr_store to = tsr_store_filled(TSR_I64, TSR_SHAPE(ROWS, COLUMNS - 2), &(int64_t){0});
        NEED_OK(tsr_issue(&next_task, [OUT] = tsr_arg_of(to), [IN] = tsr_arg_of(s)));
        int64_t sums[ROWS][COLUMNS - 2];
        NEED_OK(tsr_read(to, sums, sizeof sums));
        for (int i = 0; i < ROWS; ++i)
            for (int j = 0; j < COLUMNS - 2; ++j)
                NEED(sums[i][j] == 2 * (100 * i + j + 2) + 100 * i + j);
        NEED_OK(tsr_read(s, got, sizeof got));
        NEED(got[ROWS - 1][COLUMNS - 1] == 100 * (ROWS - 1) + COLUMNS - 1 && mine_released == 0);
        NEED_OK(tsr_detach(s));
        NEED(mine_released == 1);
    }
    NEED(mine[ROWS * wide - 1] == 100 * (ROWS - 1) + low + wide - 1);
    free(mine);
    return 0;
}

/* Tiles that meet, pass the shape, or leave something out are refused on every rank. */
static int wrong_tiles(int argc, char **argv, void *user)
{
    static const tsr_status wants[] = {TSR_OVERLAP, TSR_BAD_SHAPE, TSR_BAD_SHAPE};
    const int               r = tsr_rank(), n = tsr_rank_count();
    grid                    mine;
    (void)argc, (void)argv, (void)user;
    start(mine);
    for (int k = 0; k < 3; ++k) {
        TSR_SCOPE();
        const bool is_last = r == n - 1;
        const int  low = r * ROWS / n - (k == 0 && is_last && n > 1),
                  high = (r + 1) * ROWS / n + (k == 1 && is_last) - (k == 2 && is_last);
        const tsr_tile  tile = {{.rank = 2, .low = {low, 0}, .high = {high, COLUMNS}}, mine};
        const tsr_store s = tsr_attach_tiles(TSR_I64, TSR_SHAPE(ROWS, COLUMNS), &tile, 1,
                                             TSR_ATTACH_WRITE, NULL, NULL);
        NEED(tsr_store_status(s) == (k == 0 && n == 1 ? TSR_OK : wants[k]));
        char names[160];
        snprintf(names, sizeof names,
                 "tile 0 of rank %d, [%d, %d) x [0, 15) meets tile 0 of rank %d, [", n - 1, low,
                 high, n - 2);
        NEED_TEXT(k > 0 || n == 1 || !is_last || strstr(tsr_error_text(), names), names);
        tsr_error_clear();
        if (k == 0 && n == 1)
            NEED_OK(tsr_detach(s));
    }
    return 0;
}

/* The last rank brings what is no tile: every rank is told, with the same words. */
static int flawed_tiles(int argc, char **argv, void *user)
{
    enum { NO_MEMORY, NO_LIST, NEGATIVE, INVERTED, RANKLESS, FLAWS };
    const int r = tsr_rank(), n = tsr_rank_count(), last_low = (n - 1) * ROWS / n;
    grid      mine;
    char      want[FLAWS][80];
    (void)argc, (void)argv, (void)user;
    start(mine);
    snprintf(want[NO_MEMORY], 80, "attach: tile 1 of rank %d, [%d, 26) x [0, 15)", n - 1, last_low);
    snprintf(want[NO_LIST], 80, "rank %d: no tiles", n - 1);
    snprintf(want[NEGATIVE], 80, "rank %d: a negative number", n - 1);
    snprintf(want[INVERTED], 80, "tile 1 of rank %d, [26, %d) x [0, 15) ends before", n - 1,
             last_low);
    snprintf(want[RANKLESS], 80, "tile 1 of rank %d, ", n - 1);
    for (int k = 0; k < FLAWS; ++k) {
        TSR_SCOPE();
        tsr_tile tile[2] = {
            {{.rank = 2, .low = {r * ROWS / n, 0}, .high = {r * ROWS / n, COLUMNS}}, NULL},
            {{.rank = 2, .low = {r * ROWS / n, 0}, .high = {(r + 1) * ROWS / n, COLUMNS}}, mine}};
        const bool is_flawed = r == n - 1;
        if (is_flawed && k == NO_MEMORY)
            tile[1].data = NULL;
        if (is_flawed && k == INVERTED) {
            tile[1].box.low[0] = ROWS;
            tile[1].box.high[0] = last_low;
        }
        if (is_flawed && k == RANKLESS)
            tile[1].box.rank = 99;
        const tsr_store s = tsr_attach_tiles(
            TSR_I64, TSR_SHAPE(ROWS, COLUMNS), is_flawed && k == NO_LIST ? NULL : tile,
            is_flawed && k == NEGATIVE ? -1 : 2, TSR_ATTACH_READ, NULL, NULL);
        NEED(tsr_store_status(s) == (k == RANKLESS ? TSR_BAD_SHAPE : TSR_BAD_ARGUMENT));
        NEED_TEXT(strstr(tsr_error_text(), want[k]) && strstr(tsr_error_text(), "ranks_tiles.c"),
                  want[k]);
        tsr_error_clear();
    }
    return 0;
}

/* ---- pieces ---- */

/* Marks what lies here of a view; each element must be marked once over all ranks. */
static int mark_pieces(tsr_store s, const int64_t *extent, const int64_t *want)
{
    const size_t bytes = (size_t)(extent[0] * extent[1]) * sizeof(int64_t);
    tsr_piece    piece[8];
    int          n = 0;
    int64_t     *mine = calloc(1, bytes), *all = calloc(1, bytes);
    NEED_OK(tsr_local_pieces(s, piece, 8, &n));
    NEED(n <= 8);
    for (int p = 0; p < n; ++p)
        for (int64_t i = piece[p].box.low[0]; i < piece[p].box.high[0]; ++i)
            for (int64_t j = piece[p].box.low[1]; j < piece[p].box.high[1]; ++j) {
                const int64_t *data = piece[p].data;
                const int64_t  at = (i - piece[p].box.low[0]) * piece[p].stride[0] +
                                   (j - piece[p].box.low[1]) * piece[p].stride[1];
                NEED(data[at] == want[i * extent[1] + j]);
                ++mine[i * extent[1] + j];
            }
    for (int r = 0; r < tsr_rank_count(); ++r) {
        const tsr_tile  tile = {{.rank = 2, .high = {extent[0], extent[1]}}, mine};
        const tsr_store marks = tsr_attach_tiles(TSR_I64, tsr_shape_of(2, extent), &tile,
                                                 r == tsr_rank(), TSR_ATTACH_READ, NULL, NULL);
        int64_t        *theirs = malloc(bytes);
        NEED_OK(tsr_read(marks, theirs, bytes));
        for (int64_t k = 0; k < extent[0] * extent[1]; ++k)
            all[k] += theirs[k];
        NEED_OK(tsr_detach(marks));
        free(theirs);
    }
    for (int64_t k = 0; k < extent[0] * extent[1]; ++k)
        NEED(all[k] == 1);
    free(mine);
    free(all);
    return 0;
}

/* Of a store that tasks cut, of one that came as tiles, and of views. */
static int pieces(int argc, char **argv, void *user)
{
    grid    want;
    int64_t turned[COLUMNS][ROWS], inside[ROWS - 7][COLUMNS - 4];
    (void)argc, (void)argv, (void)user;
    start(want);
    TSR_SCOPE();
    const tsr_store s = tsr_store_create(TSR_I64, TSR_SHAPE(ROWS, COLUMNS));
    NEED_OK(tsr_write(s, want, sizeof want));
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS - 2; ++j)
            want[i][j] = 2 * want[i][j + 2] + want[i][j];
    NEED_OK(tsr_issue(&next_task, [OUT] = tsr_arg_of(tsr_slice(s, 1, 0, COLUMNS - 2, 1)),
                      [IN] = tsr_arg_of(s)));
    NEED(mark_pieces(s, (const int64_t[]){ROWS, COLUMNS}, want[0]) == 0);
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            turned[j][i] = want[i][j];
    NEED(mark_pieces(tsr_transpose(s, (int[]){1, 0}), (const int64_t[]){COLUMNS, ROWS}, turned[0]) == 0);
    for (int i = 0; i < ROWS - 7; ++i)
        for (int j = 0; j < COLUMNS - 4; ++j)
            inside[i][j] = want[i + 5][j + 3];
    const tsr_store rows = tsr_slice(s, 0, 5, ROWS - 2, 1);
    NEED(mark_pieces(tsr_slice(rows, 1, 3, COLUMNS - 1, 1),
                     (const int64_t[]){ROWS - 7, COLUMNS - 4}, inside[0]) == 0);
    return 0;
}

int main(void)
{
    int failed = try_ranks("read_on_one_rank", read_on, NULL);
    failed += try_ranks("refused_to_read_on_one_rank", refuse_to_read, NULL);
    failed += try_ranks("tiles_dealt_in_turn", dealt_tiles, NULL);
    failed += try_ranks("tiles_read_only", read_tiles, NULL);
    failed += try_ranks("tiles_that_are_wrong", wrong_tiles, NULL);
    failed += try_ranks("tiles_that_are_none", flawed_tiles, NULL);
    failed += try_ranks("pieces_of_two_dimensions", pieces, NULL);
    return failed;
}
