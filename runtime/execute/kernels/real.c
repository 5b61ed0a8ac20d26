/* execute/kernels/real.c - what floats do beside transcendental functions (math.c).
 *
 * The meaning is NumPy's: MINIMUM gives the first NaN; FLOOR_DIVIDE and REMAINDER go by the exact fmod, so
 * that x is nearly q * y + r.  Comparisons with a NaN are false.  Threads: pure functions. */
#include <math.h>
#include <string.h>

#include "execute/kernels/kernels.h"
#include "execute/kernels/real_map.h"

#define DIVISIONS(T, f)                                                                            \
    static inline T remainder_##T(T x, T y)                                                        \
    {                                                                                              \
        const T r = fmod##f(x, y);                                                                 \
        if (y == 0)                                                                                \
            return r;                                                                              \
        return r == 0 ? copysign##f(0, y) : (y < 0) != (r < 0) ? r + y : r;                        \
    }                                                                                              \
    static inline T floor_divide_##T(T x, T y)                                                     \
    {                                                                                              \
        const T r = fmod##f(x, y);                                                                 \
        if (y == 0)                                                                                \
            return x / y;                                                                          \
        T q = (x - r) / y;                                                                         \
        if (r != 0 && (y < 0) != (r < 0))                                                          \
            q -= 1;                                                                                \
        if (q == 0)                                                                                \
            return copysign##f(0, x / y);                                                          \
        const T whole = floor##f(q);                                                               \
        return q - whole > (T)0.5 ? whole + 1 : whole;                                             \
    }
DIVISIONS(float, f)
DIVISIONS(double, )

#define F32(name)           name##f
#define F64(name)           name
#define DEFINE_1_F32(N, R, T, E) KERNEL_1(N##_f32, R, T, E)
#define DEFINE_2_F32(N, R, T, E) KERNEL_2(N##_f32, R, T, E)
#define DEFINE_1_F64(N, R, T, E) KERNEL_1(N##_f64, R, T, E)
#define DEFINE_2_F64(N, R, T, E) KERNEL_2(N##_f64, R, T, E)
REAL_MAP(DEFINE_1_F32, DEFINE_2_F32, float, F32)
REAL_MAP(DEFINE_1_F64, DEFINE_2_F64, double, F64)

/* ---- folds ---- */

/* 32 lanes, lane k of elements k, k + 32, ...; then halved until one is left.  W elements are 64 bytes. */
#define SUM(s, T, W)                                                                               \
    static void sum_##s(void *out, const void *x, const void *y_, const void *z_, int64_t n)       \
    {                                                                                              \
        typedef T vector __attribute__((vector_size(64)));                                         \
        const T *v = x;                                                                            \
        vector   sum[32 / W] = {{0}}, next[32 / W];                                                \
        T        lane[32];                                                                         \
        int64_t  i = 0;                                                                            \
        (void)y_, (void)z_;                                                                        \
        for (; i + 32 <= n; i += 32) {                                                             \
            memcpy(next, v + i, sizeof next);                                                      \
            for (int k = 0; k < 32 / W; ++k)                                                       \
                sum[k] += next[k];                                                                 \
        }                                                                                          \
        memcpy(lane, sum, sizeof lane);                                                            \
        for (int k = 0; i + k < n; ++k)                                                            \
            lane[k] += v[i + k];                                                                   \
        for (int half = 16; half > 0; half /= 2)                                                   \
            for (int k = 0; k < half; ++k)                                                         \
                lane[k] += lane[k + half];                                                         \
        memcpy(out, lane, sizeof(T));                                                              \
    }
SUM(f32, float, 16)
SUM(f64, double, 8)

/* Bits as a signed whole number of the same order, -0 below 0; NaNs beyond the infinities.  And back. */
#define EXTREME(s, T, S, U, name, found)                                                           \
    static void name##_##s(void *out, const void *x, const void *y_, const void *z_, int64_t n)    \
    {                                                                                              \
        const char *at = x;                                                                        \
        S           low = key_##s(INFINITY), high = key_##s(-INFINITY);                            \
        T           v;                                                                             \
        (void)y_, (void)z_;                                                                        \
        const S least = high, most = low;                                                          \
        for (int64_t i = 0; i < n; ++i) {                                                          \
            memcpy(&v, at + (size_t)i * sizeof v, sizeof v);                                       \
            const S k = key_##s(v);                                                                \
            low = k < low ? k : low;                                                               \
            high = k > high ? k : high;                                                            \
        }                                                                                          \
        const S k = turned_##s(found);                                                             \
        memcpy(&v, &k, sizeof v);                                                                  \
        v = low < least || high > most ? (T)NAN : v;                                               \
        memcpy(out, &v, sizeof v);                                                                 \
    }
#define EXTREMES(s, T, S, U)                                                                       \
    static inline S turned_##s(S k)                                                                \
    {                                                                                              \
        return k ^ (S)((U)(k >> (8 * sizeof k - 1)) >> 1);                                         \
    }                                                                                              \
    static inline S key_##s(T v)                                                                   \
    {                                                                                              \
        S k;                                                                                       \
        memcpy(&k, &v, sizeof k);                                                                  \
        return turned_##s(k);                                                                      \
    }                                                                                              \
    EXTREME(s, T, S, U, least, low)                                                                \
    EXTREME(s, T, S, U, most, high)
EXTREMES(f32, float, int32_t, uint32_t)
EXTREMES(f64, double, int64_t, uint64_t)

void KERNELS_OF(real)(struct formula_kernels *t)
{
    t->fold[TSR_F32] = (struct fold_kernels){sum_f32, least_f32, most_f32};
    t->fold[TSR_F64] = (struct fold_kernels){sum_f64, least_f64, most_f64};
#define SET_F32(N, R, T, E) t->op[TSR_OP_##N][TSR_F32] = N##_f32;
#define SET_F64(N, R, T, E) t->op[TSR_OP_##N][TSR_F64] = N##_f64;
    REAL_MAP(SET_F32, SET_F32, float, F32)
    REAL_MAP(SET_F64, SET_F64, double, F64)
}
