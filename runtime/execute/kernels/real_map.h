/* execute/kernels/real_map.h - what floats do, as one table: for the vector loops (real.c) and for text that a
 * compiler reads (execute/native/). */
#ifndef TESSERA_EXECUTE_REAL_MAP_H
#define TESSERA_EXECUTE_REAL_MAP_H

/* operation, kernel's form, result, expression; F pastes libm's suffix */
#define REAL_MAP(K1, K2, T, F)                                                                     \
    K2(ADD, T, T, x + y)                                                                           \
    K2(SUBTRACT, T, T, x - y)                                                                      \
    K2(MULTIPLY, T, T, x *y)                                                                       \
    K2(DIVIDE, T, T, x / y)                                                                        \
    K2(FLOOR_DIVIDE, T, T, floor_divide_##T(x, y))                                                 \
    K2(REMAINDER, T, T, remainder_##T(x, y))                                                       \
    K2(FMOD, T, T, F(fmod)(x, y))                                                                  \
    K2(MINIMUM, T, T, x < y || x != x ? x : y)                                                     \
    K2(MAXIMUM, T, T, x > y || x != x ? x : y)                                                     \
    K2(FMIN, T, T, x < y || y != y ? x : y)                                                        \
    K2(FMAX, T, T, x > y || y != y ? x : y)                                                        \
    K2(COPYSIGN, T, T, F(copysign)(x, y))                                                          \
    K2(EQUAL, bool, T, x == y)                                                                     \
    K2(NOT_EQUAL, bool, T, x != y)                                                                 \
    K2(LESS, bool, T, x < y)                                                                       \
    K2(LESS_EQUAL, bool, T, x <= y)                                                                \
    K2(GREATER, bool, T, x > y)                                                                    \
    K2(GREATER_EQUAL, bool, T, x >= y)                                                             \
    K1(NEGATIVE, T, T, -x)                                                                         \
    K1(ABSOLUTE, T, T, F(fabs)(x))                                                                 \
    K1(SIGN, T, T, x > 0 ? (T)1 : x < 0 ? (T)-1 : x == 0 ? (T)0 : x)                               \
    K1(FLOOR, T, T, F(floor)(x))                                                                   \
    K1(CEIL, T, T, F(ceil)(x))                                                                     \
    K1(TRUNC, T, T, F(trunc)(x))                                                                   \
    K1(RINT, T, T, F(rint)(x))                                                                     \
    K1(SQRT, T, T, F(sqrt)(x))                                                                     \
    K1(IS_NAN, bool, T, x != x)                                                                    \
    K1(IS_INF, bool, T, F(fabs)(x) == (T)INFINITY)                                                 \
    K1(IS_FINITE, bool, T, F(fabs)(x) < (T)INFINITY)                                               \
    K1(SIGNBIT, bool, T, F(copysign)(1, x) < 0)

#endif
