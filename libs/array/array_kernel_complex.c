/* array_kernel_complex.c - functions of complex numbers, by C's own (C11, 7.3 and annex G).
 *
 * Exponentials and logarithms to other bases, log1p and expm1 are written as NumPy's are
 * (numpy/_core/src/umath/funcs.inc.src), so are powers by small integers (npy_cpow). The bits are those of
 * the machine's libm.
 *
 * Cost: O(elements). Threads: any. */
#include <complex.h>
#include <math.h>

#include "array_kernel.h"

/* ---- what C has not, for parts of type R with libm's suffix ---- */

#define COMPOSED(R, S)                                                                             \
    static R _Complex joined##S(R re, R im)                                                        \
    {                                                                                              \
        R _Complex z;                                                                              \
        __real__ z = re;                                                                           \
        __imag__ z = im;                                                                           \
        return z;                                                                                  \
    }                                                                                              \
    static R _Complex scaled##S(R _Complex z, R by)                                                \
    {                                                                                              \
        return joined##S(__real__ z * by, __imag__ z * by);                                        \
    }                                                                                              \
    static R _Complex product##S(R _Complex a, R _Complex b)                                       \
    {                                                                                              \
        return joined##S(__real__ a * __real__ b - __imag__ a * __imag__ b,                        \
                         __real__ a * __imag__ b + __imag__ a * __real__ b);                       \
    }                                                                                              \
    static R _Complex exp2_of##S(R _Complex z)                                                     \
    {                                                                                              \
        return cexp##S(scaled##S(z, (R)M_LN2));                                                    \
    }                                                                                              \
    static R _Complex log2_of##S(R _Complex z)                                                     \
    {                                                                                              \
        return scaled##S(clog##S(z), (R)M_LOG2E);                                                  \
    }                                                                                              \
    static R _Complex log10_of##S(R _Complex z)                                                    \
    {                                                                                              \
        return scaled##S(clog##S(z), (R)M_LOG10E);                                                 \
    }                                                                                              \
    static R _Complex log1p_of##S(R _Complex z)                                                    \
    {                                                                                              \
        const R re = __real__ z + 1, im = __imag__ z;                                              \
        return joined##S(log##S(hypot##S(re, im)), atan2##S(im, re));                              \
    }                                                                                              \
    static R _Complex expm1_of##S(R _Complex z)                                                    \
    {                                                                                              \
        const R re = __real__ z, im = __imag__ z, a = sin##S(im / 2);                              \
        return joined##S(expm1##S(re) * cos##S(im) - 2 * a * a, exp##S(re) * sin##S(im));          \
    }                                                                                              \
    /* a to the n, n from 1 to 99: squares of a, multiplied where n has a bit; of one that is      \
     * to be divided by NumPy takes no short cut, so that infinite numbers come to NaN */          \
    static R _Complex whole_power##S(R _Complex a, int n, bool is_up)                              \
    {                                                                                              \
        R _Complex result = 1, p = a;                                                              \
        if (is_up && n <= 2)                                                                       \
            return n == 1 ? a : product##S(a, a);                                                  \
        if (is_up && n == 3)                                                                       \
            return product##S(a, product##S(a, a));                                                \
        for (int bit = 1;; bit <<= 1) {                                                            \
            if (n & bit)                                                                           \
                result = product##S(result, p);                                                    \
            if (n < bit << 1)                                                                      \
                return result;                                                                     \
            p = product##S(p, p);                                                                  \
        }                                                                                          \
    }                                                                                              \
    /* Smith's division, of 1 */                                                                   \
    static R _Complex reciprocal##S(R _Complex z)                                                  \
    {                                                                                              \
        const R re = __real__ z, im = __imag__ z;                                                  \
        if (fabs##S(re) >= fabs##S(im)) {                                                          \
            const R ratio = im / re, scale = 1 / (re + im * ratio);                                \
            return joined##S(scale, -ratio * scale);                                               \
        }                                                                                          \
        const R ratio = re / im, scale = 1 / (im + re * ratio);                                    \
        return joined##S(ratio * scale, -scale);                                                   \
    }                                                                                              \
    static R _Complex power_of##S(R _Complex a, R _Complex b)                                      \
    {                                                                                              \
        const R    re = __real__ b, im = __imag__ b;                                               \
        const bool is_whole = im == 0 && fabs##S(re) < 100 && re == trunc##S(re);                  \
        if (re == 0 && im == 0)                                                                    \
            return joined##S(1, 0);                                                                \
        if (__real__ a == 0 && __imag__ a == 0)                                                    \
            return re > 0 ? joined##S(0, 0) : joined##S((R)NAN, (R)NAN);                           \
        if (!is_whole)                                                                             \
            return cpow##S(a, b);                                                                  \
        const R _Complex up = whole_power##S(a, (int)fabs##S(re), re > 0);                         \
        return re < 0 ? reciprocal##S(up) : up;                                                    \
    }
COMPOSED(float, f)
COMPOSED(double, )

/* ---- loops ---- */

#define UNARY(NAME, R, S, FUNCTION)                                                                \
    static void NAME##S##_loop(const struct kernel_row *r)                                         \
    {                                                                                              \
        for (int64_t i = 0; i < r->n; ++i)                                                         \
            *(R _Complex *)(void *)(r->out + i * r->out_step) =                                    \
                FUNCTION##S(*(const R _Complex *)(const void *)(r->x + i * r->x_step));            \
    }
#define BOTH(NAME, FUNCTION) UNARY(NAME, float, f, FUNCTION) UNARY(NAME, double, , FUNCTION)
#define POWER(R, S)                                                                                \
    static void power##S##_loop(const struct kernel_row *r)                                        \
    {                                                                                              \
        for (int64_t i = 0; i < r->n; ++i)                                                         \
            *(R _Complex *)(void *)(r->out + i * r->out_step) =                                    \
                power_of##S(*(const R _Complex *)(const void *)(r->x + i * r->x_step),             \
                            *(const R _Complex *)(const void *)(r->y + i * r->y_step));            \
    }
POWER(float, f)
POWER(double, )

#define FUNCTION_MAP(X)                                                                            \
    X(SIN, sin, csin)                                                                              \
    X(COS, cos, ccos)                                                                              \
    X(TAN, tan, ctan)                                                                              \
    X(ARCSIN, arcsin, casin)                                                                       \
    X(ARCCOS, arccos, cacos)                                                                       \
    X(ARCTAN, arctan, catan)                                                                       \
    X(SINH, sinh, csinh)                                                                           \
    X(COSH, cosh, ccosh)                                                                           \
    X(TANH, tanh, ctanh)                                                                           \
    X(ARCSINH, arcsinh, casinh)                                                                    \
    X(ARCCOSH, arccosh, cacosh)                                                                    \
    X(ARCTANH, arctanh, catanh)                                                                    \
    X(EXP2, exp2, exp2_of)                                                                         \
    X(LOG2, log2, log2_of)                                                                         \
    X(LOG10, log10, log10_of)                                                                      \
    X(LOG1P, log1p, log1p_of)                                                                      \
    X(EXPM1, expm1, expm1_of)

#define X(NAME, name, function) BOTH(name, function)
FUNCTION_MAP(X)
#undef X

array_kernel *array_kernel_find_complex(int function, nd_type t)
{
    const bool is_single = t == TSR_C64;
    switch (function) {
#define X(NAME, name, function_)                                                                   \
    case ND_OP_##NAME: return is_single ? name##f_loop : name##_loop;
        FUNCTION_MAP(X)
#undef X
    case ND_OP_POWER:
    case ND_OP_FLOAT_POWER: return is_single ? powerf_loop : power_loop;
    default: return NULL;
    }
}
