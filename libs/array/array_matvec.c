/* array_matvec.c - a tile of a product whose second matrix is one column, float32 or float64.
 *
 * Each element of the result is the sum of LANES sums, lane j of the products j, j + LANES, ... in their order, the
 * lanes added in halves.  That order follows from the inner extent alone: not from the tile, nor from how the
 * matrix lies.  Where its rows are adjacent each row is read once, four of them at a time; where its columns
 * are, all lanes of a strip of rows are kept while its columns are added.
 *
 * Cost: the matrix is read once: memory's bandwidth.  Threads: any. */
#include <stdlib.h>
#include <string.h>

#include "array_matmul.h"

/* With wide vectors where the machine has them; contraction is off, so the bits are the same. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define WIDE_TOO __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define WIDE_TOO
#endif

enum { LANES = 8, ROWS = 4, STRIP = 128 };

#define MATVEC(s, T)                                                                               \
    typedef T lanes_##s __attribute__((vector_size(LANES * sizeof(T))));                           \
                                                                                                   \
    static T folded_##s(const T *lane)                                                             \
    {                                                                                              \
        const T a = lane[0] + lane[4], b = lane[1] + lane[5], c = lane[2] + lane[6], d = lane[3] + lane[7]; \
        return (a + c) + (b + d);                                                                  \
    }                                                                                              \
    /* `rows` rows at `a`, `row` elements apart, times the column x, to y, `to` elements apart. */ \
    static inline __attribute__((always_inline)) void rows_##s(T *y, int64_t to, const T *a, int64_t row, \
                                                               const T *x, int64_t k, int rows)    \
    {                                                                                              \
        lanes_##s sum[ROWS] = {{0}};                                                               \
        int64_t   j = 0;                                                                           \
        for (; j + LANES <= k; j += LANES) {                                                       \
            lanes_##s v;                                                                           \
            memcpy(&v, x + j, sizeof v);                                                           \
            for (int i = 0; i < rows; ++i) {                                                       \
                lanes_##s w;                                                                       \
                memcpy(&w, a + i * row + j, sizeof w);                                             \
                sum[i] += w * v;                                                                   \
            }                                                                                      \
        }                                                                                          \
        for (int i = 0; i < rows; ++i) {                                                           \
            T lane[LANES];                                                                         \
            memcpy(lane, &sum[i], sizeof lane);                                                    \
            for (int64_t l = j; l < k; ++l)                                                        \
                lane[l - j] += a[i * row + l] * x[l];                                              \
            y[i * to] = folded_##s(lane);                                                          \
        }                                                                                          \
    }                                                                                              \
    WIDE_TOO static void by_rows_##s(T *y, int64_t to, const T *a, int64_t row, const T *x, int64_t m, int64_t k) \
    {                                                                                              \
        int64_t i = 0;                                                                             \
        for (; i + ROWS <= m; i += ROWS)                                                           \
            rows_##s(y + i * to, to, a + i * row, row, x, k, ROWS);                                \
        for (; i < m; ++i)                                                                         \
            rows_##s(y + i * to, to, a + i * row, row, x, k, 1);                                   \
    }                                                                                              \
    /* At most STRIP rows, `row` elements apart, columns `column` apart. */                       \
    WIDE_TOO static void strip_##s(T *y, int64_t to, const T *a, int64_t row, int64_t column, const T *x, \
                                   int64_t m, int64_t k)                                           \
    {                                                                                              \
        T sum[LANES][STRIP];                                                                       \
        memset(sum, 0, sizeof sum);                                                                \
        for (int64_t j = 0; j < k; ++j) {                                                          \
            T *const       lane = sum[j % LANES];                                                  \
            const T *const from = a + j * column;                                                  \
            const T        v = x[j];                                                               \
            if (row == 1)                                                                          \
                for (int64_t i = 0; i < m; ++i)                                                    \
                    lane[i] += from[i] * v;                                                        \
            else                                                                                   \
                for (int64_t i = 0; i < m; ++i)                                                    \
                    lane[i] += from[i * row] * v;                                                  \
        }                                                                                          \
        for (int64_t i = 0; i < m; ++i) {                                                          \
            T one[LANES];                                                                          \
            for (int l = 0; l < LANES; ++l)                                                        \
                one[l] = sum[l][i];                                                                \
            y[i * to] = folded_##s(one);                                                           \
        }                                                                                          \
    }                                                                                              \
    static bool matvec_##s(const struct array_matvec *p)                                           \
    {                                                                                              \
        const T *a = p->a, *x = p->x;                                                              \
        T       *packed = NULL;                                                                    \
        if (p->x_stride != 1 && p->k > 1) {                                                        \
            x = packed = malloc((size_t)p->k * sizeof(T));                                         \
            if (!packed)                                                                           \
                return false;                                                                      \
            for (int64_t j = 0; j < p->k; ++j)                                                     \
                packed[j] = ((const T *)p->x)[j * p->x_stride];                                    \
        }                                                                                          \
        if (p->a_stride[1] == 1)                                                                   \
            by_rows_##s(p->y, p->y_stride, a, p->a_stride[0], x, p->m, p->k);                      \
        else                                                                                       \
            for (int64_t i = 0; i < p->m; i += STRIP)                                              \
                strip_##s((T *)p->y + i * p->y_stride, p->y_stride, a + i * p->a_stride[0],        \
                          p->a_stride[0], p->a_stride[1], x, p->m - i < STRIP ? p->m - i : STRIP, p->k); \
        free(packed);                                                                              \
        return true;                                                                               \
    }
MATVEC(f32, float)
MATVEC(f64, double)

bool array_is_column(nd_type type, const nd_shape *out)
{
    return (type == ND_F32 || type == ND_F64) && out->rank >= 2 && out->extent[out->rank - 1] == 1;
}

bool array_matvec(const struct array_matvec *p)
{
    return p->type == ND_F32 ? matvec_f32(p) : matvec_f64(p);
}
