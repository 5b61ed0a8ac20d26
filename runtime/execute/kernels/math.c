/* execute/kernels/math.c - transcendental functions: SLEEF's deterministic ones, a vector at a time.
 *
 * "finz": the same bits from every vector width, fused multiply-adds done as such (by the C library where a
 * machine has none).  What is left at the end of a row goes through a vector as well, filled up with ones,
 * so an element's bits do not depend on where it lies.  Threads: pure functions. */
#include <math.h>
#include <string.h>
#if !defined(__AVX2__) && !defined(FP_FAST_FMA)
#define FP_FAST_FMA 1 /* sleef.h shows its scalar functions with a fused multiply-add by this alone */
#endif
#include <sleef.h>

#include "execute/kernels/kernels.h"

#if defined(__AVX512F__)
#define F64_WIDE 8
#define F32_WIDE 16
#define F64_OF(name, ulp) Sleef_finz_##name##d8_##ulp##avx512f
#define F32_OF(name, ulp) Sleef_finz_##name##f16_##ulp##avx512f
typedef __m512d f64_vector;
typedef __m512  f32_vector;
#elif defined(__AVX2__)
#define F64_WIDE 4
#define F32_WIDE 8
#define F64_OF(name, ulp) Sleef_finz_##name##d4_##ulp##avx2
#define F32_OF(name, ulp) Sleef_finz_##name##f8_##ulp##avx2
typedef __m256d f64_vector;
typedef __m256  f32_vector;
#else
#define F64_WIDE 1
#define F32_WIDE 1
#define F64_OF(name, ulp) Sleef_finz_##name##d1_##ulp##purecfma
#define F32_OF(name, ulp) Sleef_finz_##name##f1_##ulp##purecfma
typedef double f64_vector;
typedef float  f32_vector;
#endif

#define MATH_1(NAME, name, ulp, s, S, T)                                                           \
    static void NAME##_##s(void *out, const void *x_, const void *y_, const void *z_, int64_t n)   \
    {                                                                                              \
        T       *o = out;                                                                          \
        const T *a = x_;                                                                           \
        int64_t  i = 0;                                                                            \
        (void)y_, (void)z_;                                                                        \
        for (; i + S##_WIDE <= n; i += S##_WIDE) {                                                 \
            s##_vector v;                                                                          \
            memcpy(&v, a + i, sizeof v);                                                           \
            v = S##_OF(name, ulp)(v);                                                              \
            memcpy(o + i, &v, sizeof v);                                                           \
        }                                                                                          \
        if (i < n) {                                                                               \
            T          rest[S##_WIDE];                                                             \
            s##_vector v;                                                                          \
            for (int64_t k = 0; k < S##_WIDE; ++k)                                                 \
                rest[k] = i + k < n ? a[i + k] : (T)1;                                             \
            memcpy(&v, rest, sizeof v);                                                            \
            v = S##_OF(name, ulp)(v);                                                              \
            memcpy(o + i, &v, (size_t)(n - i) * sizeof(T));                                        \
        }                                                                                          \
    }
#define MATH_2(NAME, name, ulp, s, S, T)                                                           \
    static void NAME##_##s(void *out, const void *x_, const void *y_, const void *z_, int64_t n)   \
    {                                                                                              \
        T       *o = out;                                                                          \
        const T *a = x_, *b = y_;                                                                  \
        (void)z_;                                                                                  \
        for (int64_t i = 0; i < n; i += S##_WIDE) {                                                \
            const size_t bytes = (size_t)(n - i < S##_WIDE ? n - i : S##_WIDE) * sizeof(T);        \
            T            p[S##_WIDE], q[S##_WIDE];                                                 \
            s##_vector   v, w;                                                                     \
            for (int64_t k = 0; k < S##_WIDE; ++k)                                                 \
                p[k] = q[k] = 1;                                                                   \
            memcpy(p, a + i, bytes);                                                               \
            memcpy(q, b + i, bytes);                                                               \
            memcpy(&v, p, sizeof v);                                                               \
            memcpy(&w, q, sizeof w);                                                               \
            v = S##_OF(name, ulp)(v, w);                                                           \
            memcpy(o + i, &v, bytes);                                                              \
        }                                                                                          \
    }

#define MATH_MAP(K1, K2, s, S, T)                                                                  \
    K2(POWER, pow, u10, s, S, T)                                                                   \
    K2(HYPOT, hypot, u05, s, S, T)                                                                 \
    K2(ARCTAN2, atan2, u10, s, S, T)                                                               \
    K1(CBRT, cbrt, u10, s, S, T)                                                                   \
    K1(EXP, exp, u10, s, S, T)                                                                     \
    K1(EXP2, exp2, u10, s, S, T)                                                                   \
    K1(EXPM1, expm1, u10, s, S, T)                                                                 \
    K1(LOG, log, u10, s, S, T)                                                                     \
    K1(LOG2, log2, u10, s, S, T)                                                                   \
    K1(LOG10, log10, u10, s, S, T)                                                                 \
    K1(LOG1P, log1p, u10, s, S, T)                                                                 \
    K1(SIN, sin, u10, s, S, T)                                                                     \
    K1(COS, cos, u10, s, S, T)                                                                     \
    K1(TAN, tan, u10, s, S, T)                                                                     \
    K1(ARCSIN, asin, u10, s, S, T)                                                                 \
    K1(ARCCOS, acos, u10, s, S, T)                                                                 \
    K1(ARCTAN, atan, u10, s, S, T)                                                                 \
    K1(SINH, sinh, u10, s, S, T)                                                                   \
    K1(COSH, cosh, u10, s, S, T)                                                                   \
    K1(TANH, tanh, u10, s, S, T)                                                                   \
    K1(ARCSINH, asinh, u10, s, S, T)                                                               \
    K1(ARCCOSH, acosh, u10, s, S, T)                                                               \
    K1(ARCTANH, atanh, u10, s, S, T)                                                               \
    K1(ERF, erf, u10, s, S, T)                                                                     \
    K1(ERFC, erfc, u15, s, S, T)                                                                   \
    K1(TGAMMA, tgamma, u10, s, S, T)                                                               \
    K1(LGAMMA, lgamma, u10, s, S, T)

MATH_MAP(MATH_1, MATH_2, f32, F32, float)
MATH_MAP(MATH_1, MATH_2, f64, F64, double)

void KERNELS_OF(math)(struct formula_kernels *t)
{
#define SET(NAME, name, ulp, s, S, T) t->op[TSR_OP_##NAME][TSR_##S] = NAME##_##s;
    MATH_MAP(SET, SET, f32, F32, float)
    MATH_MAP(SET, SET, f64, F64, double)
}
