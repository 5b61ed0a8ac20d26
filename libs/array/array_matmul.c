/* array_matmul.c - the product of two stacks of matrices, as tasks over tiles.
 *
 * Each task has a box of the result, the rows of `a` and the columns of `b` that it follows from.  Boxes are
 * cut at multiples of a tile's extents only, and a body computes tile by tile: so every tile is computed by
 * the same call wherever it is cut, and has the same bits.  A tile's extents follow from the shape of the
 * result: 512 rows of 1024 where a matrix has some of them, else 256 of 256.
 *
 * OpenBLAS takes matrices whose rows or columns are adjacent.  What is neither is packed; so is a
 * matrix with an extent of 1 in the tile, whose strides would leave open which it is.  Integers have
 * loops of their own: rows of `b` added to rows of the result, in blocks that stay in the first cache;
 * they wrap, so their order does not matter, and signed ones are computed as unsigned.
 *
 * A product whose second matrix is one column is array_matvec.c's.
 *
 * Cost: 2 m n k, and what is packed. Threads: the issuing thread; bodies any. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "array_blas.h"
#include "array_matmul.h"

enum { C, A, B, N_ARGS };
/* OpenBLAS packs what a tile reads, again for each: large ones lose less.  Eight of them are for as many cores. */
enum { SMALL = 256, LARGE_ROWS = 512, LARGE_COLUMNS = 1024, SOME = 8, DEPTH = 64 };

/* One tile: (m, k) by (k, n); strides in elements. */
struct tile {
    nd_type     type;
    int64_t     m, n, k;
    const char *a, *b;
    char       *c;
    int64_t     a_stride[2], b_stride[2], ldc;
};

/* ---- packing ---- */

/* A matrix in C order, without gaps: memory to be freed; NULL: there is none. */
static void *packed(const char *from, const int64_t stride[2], int64_t rows, int64_t columns,
                    size_t bytes)
{
    const size_t all = ((size_t)(rows * columns) * bytes + 63) / 64 * 64;
    char        *out = aligned_alloc(64, all ? all : 64);
    if (!out)
        return NULL;
    char *to = out;
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j, to += bytes)
            memcpy(to, from + (i * stride[0] + j * stride[1]) * (int64_t)bytes, bytes);
    return out;
}

bool array_matrix_of(const char *data, const int64_t stride[2], int64_t rows, int64_t columns,
                     size_t bytes, struct array_matrix *out, void **out_packed)
{
    const bool is_plain = stride[1] == 1 && stride[0] >= columns && stride[0] <= INT_MAX;
    const bool is_turned = stride[0] == 1 && stride[1] >= rows && stride[1] <= INT_MAX;
    *out_packed = NULL;
    if (rows > 1 && columns > 1 && (is_plain || is_turned)) {
        *out = (struct array_matrix){data, is_plain ? stride[0] : stride[1], !is_plain};
        return true;
    }
    *out_packed = packed(data, stride, rows, columns, bytes);
    *out = (struct array_matrix){*out_packed, columns, false};
    return *out_packed != NULL;
}

/* ---- tiles ---- */

static bool tile_blas(const struct tile *x)
{
    const size_t        bytes = tsr_type_size(x->type);
    struct array_matrix a, b;
    void               *a_packed = NULL, *b_packed = NULL;
    const bool fits = array_matrix_of(x->a, x->a_stride, x->m, x->k, bytes, &a, &a_packed) &&
                      array_matrix_of(x->b, x->b_stride, x->k, x->n, bytes, &b, &b_packed);
    if (fits)
        array_blas_gemm(x->type, x->m, x->n, x->k, a, b, x->c, x->ldc, false);
    free(a_packed);
    free(b_packed);
    return fits;
}

/* The rows of `b` are adjacent here: `b` has stride (ldb, 1). */
#define TILE_OF(name, T, into, with)                                                               \
    static void tile_##name(const struct tile *x, const void *from, int64_t ldb)                   \
    {                                                                                              \
        const T *a = (const T *)(const void *)x->a, *b = from;                                     \
        T       *c = (T *)(void *)x->c;                                                            \
        for (int64_t k0 = 0; k0 < x->k; k0 += DEPTH)                                               \
            for (int64_t i = 0; i < x->m; ++i)                                                     \
                for (int64_t k = k0; k < x->k && k < k0 + DEPTH; ++k) {                            \
                    const T  v = a[i * x->a_stride[0] + k * x->a_stride[1]];                       \
                    const T *row = b + k * ldb;                                                    \
                    T *restrict to = c + i * x->ldc;                                               \
                    for (int64_t j = 0; j < x->n; ++j)                                             \
                        to[j] = (T)(to[j] into(T)(v with row[j]));                                 \
                }                                                                                  \
    }
TILE_OF(bool, uint8_t, |, &)
TILE_OF(u8, uint8_t, +, *)
TILE_OF(u32, uint32_t, +, *)
TILE_OF(u64, uint64_t, +, *)

/* 16 bits: their product would be one of signed ints. */
#define TIMES_U16 *1u *
TILE_OF(u16, uint16_t, +, TIMES_U16)

static void tile_integers(const struct tile *x, const void *b, int64_t ldb)
{
    switch (tsr_type_size(x->type)) {
    case 1: (x->type == TSR_BOOL ? tile_bool : tile_u8)(x, b, ldb); break;
    case 2: tile_u16(x, b, ldb); break;
    case 4: tile_u32(x, b, ldb); break;
    default: tile_u64(x, b, ldb);
    }
}

static bool tile_whole(const struct tile *x)
{
    const size_t bytes = tsr_type_size(x->type);
    void        *b = NULL;
    if (x->b_stride[1] != 1) {
        b = packed(x->b, x->b_stride, x->k, x->n, bytes);
        if (!b)
            return false;
    }
    for (int64_t i = 0; i < x->m; ++i)
        memset(x->c + i * x->ldc * (int64_t)bytes, 0, (size_t)x->n * bytes);
    tile_integers(x, b ? b : x->b, b ? x->n : x->b_stride[0]);
    free(b);
    return true;
}

/* ---- the body ---- */

/* Where the matrix at `index` of a stack begins. */
static char *matrix_at(const tsr_raw_window *w, const int64_t *index)
{
    int64_t at = 0;
    for (int d = 0; d < w->rank - 2; ++d)
        at += index[d] * w->stride[d];
    return w->origin + at * (int64_t)tsr_type_size(w->type);
}

/* The tile of the result at (i, j) of the matrix at `index`. */
static bool tile_run(const tsr_raw_window w[N_ARGS], const int64_t *index, int64_t i, int64_t j,
                     int64_t rows, int64_t columns)
{
    const int      r = w[C].rank;
    const int64_t  bytes = (int64_t)tsr_type_size(w[C].type);
    const int64_t  i_end = w[C].high[r - 2], j_end = w[C].high[r - 1];
    const int64_t *cs = w[C].stride + r - 2, *as = w[A].stride + r - 2, *bs = w[B].stride + r - 2;
    const struct tile x = {.type = w[C].type,
                           .m = i + rows < i_end ? rows : i_end - i,
                           .n = j + columns < j_end ? columns : j_end - j,
                           .k = w[A].high[r - 1],
                           .a = matrix_at(&w[A], index) + i * as[0] * bytes,
                           .b = matrix_at(&w[B], index) + j * bs[1] * bytes,
                           .c = matrix_at(&w[C], index) + (i * cs[0] + j) * bytes,
                           .a_stride = {as[0], as[1]},
                           .b_stride = {bs[0], bs[1]},
                           .ldc = i + 1 < i_end ? cs[0] : j_end - j};
    if (w[B].high[r - 1] == 1 && (x.type == ND_F32 || x.type == ND_F64))
        return array_matvec(&(struct array_matvec){.type = x.type,
                                                   .m = x.m,
                                                   .k = x.k,
                                                   .a = x.a,
                                                   .x = x.b,
                                                   .y = x.c,
                                                   .a_stride = {as[0], as[1]},
                                                   .x_stride = bs[0],
                                                   .y_stride = cs[0]});
    return array_kind_of(x.type) <= KIND_INT ? tile_whole(&x) : tile_blas(&x);
}

/* The next index of a stack within the box; false at its end. */
static bool next_matrix(const tsr_raw_window *w, int64_t *index)
{
    for (int d = w->rank - 3; d >= 0; --d) {
        if (++index[d] < w->high[d])
            return true;
        index[d] = w->low[d];
    }
    return false;
}

static tsr_status tiles_body(const tsr_task_context *t, int64_t rows, int64_t columns)
{
    const tsr_raw_window w[N_ARGS] = {tsr_raw_window_of(t, C), tsr_raw_window_of(t, A),
                                      tsr_raw_window_of(t, B)};
    const int            r = w[C].rank;
    int64_t              index[TSR_MAX_RANK];
    memcpy(index, w[C].low, (size_t)r * sizeof index[0]);
    for (int d = 0; d < r; ++d)
        if (w[C].low[d] >= w[C].high[d])
            return TSR_OK;
    do {
        for (int64_t i = w[C].low[r - 2]; i < w[C].high[r - 2]; i += rows)
            for (int64_t j = w[C].low[r - 1]; j < w[C].high[r - 1]; j += columns)
                if (!tile_run(w, index, i, j, rows, columns))
                    return TSR_FAIL(NO_MEMORY, "no memory to pack a tile of a product");
    } while (next_matrix(&w[C], index));
    return TSR_OK;
}

static tsr_status small_body(const tsr_task_context *t)
{
    return tiles_body(t, SMALL, SMALL);
}

static tsr_status large_body(const tsr_task_context *t)
{
    return tiles_body(t, LARGE_ROWS, LARGE_COLUMNS);
}

/* ---- task types: by about how much an element of the result takes ---- */

#define TASK(r, rows, columns, name_, cost)                                                        \
    {                                                                                              \
        .name = "matmul",                                                                          \
        .args = {[C] = {.access = TSR_WRITE, .rank = (r), .name = "c"},                            \
                 [A] = {.access = TSR_READ, .rank = (r), .name = "a"},                             \
                 [B] = {.access = TSR_READ, .rank = (r), .name = "b"}},                            \
        .constraints = {TSR_BROADCAST_DIMS(A, C, 1u << ((r)-1)),                                   \
                        TSR_BROADCAST_DIMS(B, C, 1u << ((r)-2)),                                   \
                        {.kind = TSR_CONSTRAINT_MULTIPLE_OF,                                       \
                         .of = C,                                                                  \
                         .low = {[(r)-2] = (rows), [(r)-1] = (columns)}}},                         \
        .variants = {[TSR_CPU] = {.body = name_##_body,                                            \
                                  .layout = {[C] = {.order = TSR_ORDER_C}}}},                      \
        .pure = true, .work = (cost)                                                               \
    }
/* Of one matrix by tile and cost; of stacks by rank, with small tiles.  (A task type is a few kilobytes.) */
enum { COSTS = 3 };
static const tsr_task_desc matrix_task[2][COSTS] = {
    {TASK(2, SMALL, SMALL, small, 4), TASK(2, SMALL, SMALL, small, 32),
     TASK(2, SMALL, SMALL, small, 512)},
    {TASK(2, LARGE_ROWS, LARGE_COLUMNS, large, 4), TASK(2, LARGE_ROWS, LARGE_COLUMNS, large, 32),
     TASK(2, LARGE_ROWS, LARGE_COLUMNS, large, 512)},
};
static const tsr_task_desc stack_task[TSR_MAX_RANK - 2] = {
    TASK(3, SMALL, SMALL, small, 64), TASK(4, SMALL, SMALL, small, 64), TASK(5, SMALL, SMALL, small, 64),
    TASK(6, SMALL, SMALL, small, 64), TASK(7, SMALL, SMALL, small, 64), TASK(8, SMALL, SMALL, small, 64)};

/* ---- the call ---- */

static int64_t tiles_along(int64_t extent, int64_t side)
{
    return extent / side + (extent % side != 0);
}

int64_t array_matmul_count(const nd_shape *shape)
{
    const int     r = shape->rank;
    const int64_t m = shape->extent[r - 2], n = shape->extent[r - 1];
    const int64_t tiles = tiles_along(m, SMALL) * tiles_along(n, SMALL);
    return m == 0 || n == 0 ? 0 : tiles * (array_volume(shape) / (m * n));
}

nd_array array_matmul_tiles(nd_array a, nd_array b, nd_type type, const nd_shape *shape, int64_t k,
                            tsr_site at)
{
    const int  r = shape->rank;
    const bool is_large = tiles_along(shape->extent[r - 2], LARGE_ROWS) *
                              tiles_along(shape->extent[r - 1], LARGE_COLUMNS) >=
                          SOME;
    const int cost = k <= 8 ? 0 : k <= 64 ? 1 : 2;
    if (k == 0)
        return nd_full_(type, *shape, nd_operand_int(0), at);
    if (array_kind_of(type) > KIND_INT && !array_is_column(type, shape) && array_blas_load(at) != TSR_OK)
        return array_failed(at);
    const nd_array   out = nd_empty_(type, *shape, at);
    const tsr_status s = tsr_issue_(r == 2 ? &matrix_task[is_large][cost] : &stack_task[r - 3],
                                    (tsr_arg[]){[C] = tsr_arg_store(nd_store(out)),
                                                [A] = tsr_arg_store(nd_store(a)),
                                                [B] = tsr_arg_store(nd_store(b))},
                                    N_ARGS, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    return out;
}
