/* array_math.c - the functions of <math.h> that formulas of users call: SLEEF's deterministic ones.
 *
 * They are the scalar forms of what the runtime's vector kernels call, and give the same bits
 * (docs/decisions: libsleef). Threads: any. */
#define FP_FAST_FMA                                                                                \
    1 /* sleef.h shows its scalar functions with a fused multiply-add by this alone */
#include <sleef.h>

#include <tessera/array.h>

#define FUNCTION_1(name, sleef)                                                                    \
    double nd_math_##name##_(double x)                                                             \
    {                                                                                              \
        return sleef(x);                                                                           \
    }
#define FUNCTION_2(name, sleef)                                                                    \
    double nd_math_##name##_(double x, double y)                                                   \
    {                                                                                              \
        return sleef(x, y);                                                                        \
    }
#define OF(name, ulp) Sleef_finz_##name##d1_##ulp##purecfma

FUNCTION_1(exp, OF(exp, u10))
FUNCTION_1(exp2, OF(exp2, u10))
FUNCTION_1(expm1, OF(expm1, u10))
FUNCTION_1(log, OF(log, u10))
FUNCTION_1(log2, OF(log2, u10))
FUNCTION_1(log10, OF(log10, u10))
FUNCTION_1(log1p, OF(log1p, u10))
FUNCTION_1(sin, OF(sin, u10))
FUNCTION_1(cos, OF(cos, u10))
FUNCTION_1(tan, OF(tan, u10))
FUNCTION_1(asin, OF(asin, u10))
FUNCTION_1(acos, OF(acos, u10))
FUNCTION_1(atan, OF(atan, u10))
FUNCTION_1(sinh, OF(sinh, u10))
FUNCTION_1(cosh, OF(cosh, u10))
FUNCTION_1(tanh, OF(tanh, u10))
FUNCTION_1(asinh, OF(asinh, u10))
FUNCTION_1(acosh, OF(acosh, u10))
FUNCTION_1(atanh, OF(atanh, u10))
FUNCTION_1(erf, OF(erf, u10))
FUNCTION_1(erfc, OF(erfc, u15))
FUNCTION_1(cbrt, OF(cbrt, u10))
FUNCTION_1(tgamma, OF(tgamma, u10))
FUNCTION_1(lgamma, OF(lgamma, u10))
FUNCTION_2(pow, OF(pow, u10))
FUNCTION_2(atan2, OF(atan2, u10))
FUNCTION_2(hypot, OF(hypot, u05))
