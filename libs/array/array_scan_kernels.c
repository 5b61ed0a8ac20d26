/* array_scan_kernels.c - running sums and products of each element type.
 *
 * Each line is scanned from its first element on, so that the bits do not depend on how many lines go
 * beside each other: four, in registers, to hide the latency of an addition; many, where neighbours
 * are adjacent in memory. Halves are rounded after each step; integers wrap; complex products are
 * the plain formula, as NumPy's.
 *
 * Cost: O(elements). Threads: any. */
#include "array_scan_kernels.h"

enum { FEW = 4, MANY = 512 };

typedef struct {
    float re, im;
} complex64;
typedef struct {
    double re, im;
} complex128;

/* ---- one step ---- */

#define PLAIN_SUM(T, U)                                                                            \
    static inline T sum_##T(T a, T b)                                                              \
    {                                                                                              \
        return (T)((U)a + (U)b);                                                                   \
    }
#define PLAIN_PROD(T, U)                                                                           \
    static inline T prod_##T(T a, T b)                                                             \
    {                                                                                              \
        return (T)((U)a * (U)b);                                                                   \
    }
#define PLAIN(T, U) PLAIN_SUM(T, U) PLAIN_PROD(T, U)
PLAIN(int8_t, uint64_t)
PLAIN(int16_t, uint64_t)
PLAIN(int32_t, uint64_t)
PLAIN(int64_t, uint64_t)
PLAIN(uint8_t, uint64_t)
PLAIN(uint16_t, uint64_t)
PLAIN(uint32_t, uint64_t)
PLAIN(uint64_t, uint64_t)
PLAIN(float, float)
PLAIN(double, double)

typedef bool truth; /* bool is a macro, and would be pasted as one */

static inline truth sum_truth(truth a, truth b)
{
    return a || b;
}

static inline truth prod_truth(truth a, truth b)
{
    return a && b;
}

#define HALF(T, to_float, from_float)                                                              \
    static inline T sum_##T(T a, T b)                                                              \
    {                                                                                              \
        return from_float(to_float(a) + to_float(b));                                              \
    }                                                                                              \
    static inline T prod_##T(T a, T b)                                                             \
    {                                                                                              \
        return from_float(to_float(a) * to_float(b));                                              \
    }

#define COMPLEX(T)                                                                                 \
    static inline T sum_##T(T a, T b)                                                              \
    {                                                                                              \
        return (T){a.re + b.re, a.im + b.im};                                                      \
    }                                                                                              \
    static inline T prod_##T(T a, T b)                                                             \
    {                                                                                              \
        return (T){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};                          \
    }

/* ---- lines ---- */

/* Lines `first` to `first` + w; the flags and, where it is small, w are constants of each use. */
#define CHUNK(OP, T)                                                                               \
    static inline __attribute__((always_inline)) void OP##_##T##_chunk(                            \
        const struct scan_lines *l, int64_t first, int64_t w, bool writes, bool adds, bool unit)   \
    {                                                                                              \
        const int64_t in_side = unit ? (int64_t)sizeof(T) : l->in_side;                            \
        const int64_t out_side = unit ? (int64_t)sizeof(T) : l->out_side;                          \
        const char   *in = l->in + first * l->in_side;                                             \
        char         *out = writes ? l->out + first * l->out_side : NULL;                          \
        T             up_to[MANY], before[MANY];                                                   \
        for (int64_t j = 0; j < w; ++j) {                                                          \
            up_to[j] = *(const T *)(const void *)(in + j * in_side);                               \
            if (adds)                                                                              \
                before[j] = *(const T *)(const void *)(l->before + (first + j) * l->before_side);  \
            if (writes)                                                                            \
                *(T *)(void *)(out + j * out_side) =                                               \
                    adds ? OP##_##T(before[j], up_to[j]) : up_to[j];                               \
        }                                                                                          \
        for (int64_t i = 1; i < l->n; ++i) {                                                       \
            in += l->in_step;                                                                      \
            if (writes)                                                                            \
                out += l->out_step;                                                                \
            for (int64_t j = 0; j < w; ++j) {                                                      \
                up_to[j] = OP##_##T(up_to[j], *(const T *)(const void *)(in + j * in_side));       \
                if (writes)                                                                        \
                    *(T *)(void *)(out + j * out_side) =                                           \
                        adds ? OP##_##T(before[j], up_to[j]) : up_to[j];                           \
            }                                                                                      \
        }                                                                                          \
        for (int64_t j = 0; !writes && j < w; ++j)                                                 \
            *(T *)(void *)(l->total + (first + j) * l->total_side) = up_to[j];                     \
    }

/* All lines: as many beside each other as there are. */
#define LINES(OP, T)                                                                               \
    static inline __attribute__((always_inline)) void OP##_##T##_lines(const struct scan_lines *l, \
                                                                       bool writes, bool adds)     \
    {                                                                                              \
        const bool unit =                                                                          \
            l->in_side == (int64_t)sizeof(T) && (!writes || l->out_side == (int64_t)sizeof(T));    \
        int64_t first = 0;                                                                         \
        for (; unit && first < l->width; first += MANY)                                            \
            OP##_##T##_chunk(l, first, l->width - first < MANY ? l->width - first : MANY, writes,  \
                             adds, true);                                                          \
        for (; first + FEW <= l->width; first += FEW)                                              \
            OP##_##T##_chunk(l, first, FEW, writes, adds, false);                                  \
        for (; first < l->width; ++first)                                                          \
            OP##_##T##_chunk(l, first, 1, writes, adds, false);                                    \
    }                                                                                              \
    static void OP##_##T##_scan(const struct scan_lines *l)                                        \
    {                                                                                              \
        if (l->out == NULL)                                                                        \
            OP##_##T##_lines(l, false, false);                                                     \
        else if (l->before != NULL)                                                                \
            OP##_##T##_lines(l, true, true);                                                       \
        else                                                                                       \
            OP##_##T##_lines(l, true, false);                                                      \
    }

/* ---- the table ---- */

#define SCAN_MAP(X)                                                                                \
    X(TSR_BOOL, truth)                                                                             \
    X(TSR_I8, int8_t)                                                                              \
    X(TSR_I16, int16_t)                                                                            \
    X(TSR_I32, int32_t)                                                                            \
    X(TSR_I64, int64_t)                                                                            \
    X(TSR_U8, uint8_t)                                                                             \
    X(TSR_U16, uint16_t)                                                                           \
    X(TSR_U32, uint32_t)                                                                           \
    X(TSR_U64, uint64_t)                                                                           \
    X(TSR_F16, tsr_f16)                                                                            \
    X(TSR_BF16, tsr_bf16)                                                                          \
    X(TSR_F32, float)                                                                              \
    X(TSR_F64, double)                                                                             \
    X(TSR_C64, complex64)                                                                          \
    X(TSR_C128, complex128)

HALF(tsr_f16, tsr_f16_to_f32, tsr_f32_to_f16)
HALF(tsr_bf16, tsr_bf16_to_f32, tsr_f32_to_bf16)
COMPLEX(complex64)
COMPLEX(complex128)
#define X(NAME, T) CHUNK(sum, T) CHUNK(prod, T) LINES(sum, T) LINES(prod, T)
SCAN_MAP(X)
#undef X

scan_kernel *array_scan_kernel(tsr_type t, bool is_product)
{
    switch ((int)t) {
#define X(NAME, T)                                                                                 \
    case NAME: return is_product ? prod_##T##_scan : sum_##T##_scan;
        SCAN_MAP(X)
#undef X
    default: return NULL;
    }
}
