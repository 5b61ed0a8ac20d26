/* tessera/array_table.h - the table of elementwise functions: everything that is said of one is
 * said here.
 *
 * libs/array/generate writes array_elementwise.h, what users call, from these rows; libs/array
 * includes them for what each does. */
#ifndef TESSERA_ARRAY_TABLE_H
#define TESSERA_ARRAY_TABLE_H

/* X(NAME, name, operands, types, kinds, build, aliases, text)
 *
 * types, how the operands' types make the one that is computed in, and the result's:
 *   SAME     what they promote to                    SIGNED  as SAME, bools are refused
 *   TINY     as SAME, bools as int8                  FLOAT   the least float that holds each: 8-bit
 *   DIVIDE   integers and bools as float64                   integers float16, 16-bit float32,
 * else float64
 *   WIDE     float64 or complex128                   ROUND   as SAME, integers and bools as they
 * are
 *   COMPARE  what they promote to; a bool            TEST    each its own; a bool
 *   LOGICAL  each as a bool; a bool                  FTEST   as FLOAT; a bool
 *   MODULUS  as SAME; of complex numbers a float     COUNT   as TINY; a uint8
 *   SCALE    as FLOAT of the first; the second is an integer
 * kinds that it takes: B bool, I integers, R floats, C complex; build: how libs/array writes it as
 * a formula (task: it is a loop of array_kernel.c, as are functions of complex numbers there). */
#define ND_ELEMENTWISE_MAP(X)                                                                      \
    X(ADD, add, 2, SAME, BIRC, add, "", "x1 + x2; of bools: or")                                   \
    X(SUBTRACT, subtract, 2, SIGNED, IRC, op_subtract, "sub", "x1 - x2")                           \
    X(MULTIPLY, multiply, 2, SAME, BIRC, multiply, "mul", "x1 * x2; of bools: and")                \
    X(DIVIDE, divide, 2, DIVIDE, RC, op_divide, "div true_divide", "x1 / x2, a float")             \
    X(FLOOR_DIVIDE, floor_divide, 2, TINY, IR, op_floor_divide, "",                                \
      "floor(x1 / x2); of integers, by 0: 0")                                                      \
    X(REMAINDER, remainder, 2, TINY, IR, op_remainder, "mod",                                      \
      "x1 - x2 * floor(x1 / x2), with the sign of x2; of integers, by 0: 0")                       \
    X(FMOD, fmod, 2, TINY, IR, op_fmod, "",                                                        \
      "the remainder with the sign of x1; of integers, by 0: 0")                                   \
    X(POWER, power, 2, TINY, IRC, op_power, "pow",                                                  \
      "x1 to the power x2; integers to a negative number fail, to an array's negative element "    \
      "give 0 (1, -1: themselves)")                                                                \
    X(FLOAT_POWER, float_power, 2, WIDE, RC, op_power, "",                                   \
      "x1 to the power x2, in float64 or complex128")        \
    X(MAXIMUM, maximum, 2, SAME, BIRC, maximum, "", "the greater; a NaN wins")                     \
    X(MINIMUM, minimum, 2, SAME, BIRC, minimum, "", "the lesser; a NaN wins")                      \
    X(FMAX, fmax, 2, SAME, BIR, op_fmax, "", "the greater; a number wins over a NaN")              \
    X(FMIN, fmin, 2, SAME, BIR, op_fmin, "", "the lesser; a number wins over a NaN")               \
    X(CLIP, clip, 3, SAME, BIRC, clip, "",                                                         \
      "minimum(maximum(x1, x2), x3); ND_NONE leaves a bound out, as an integer beyond x1's "         \
      "integers does")                                                                             \
    X(HYPOT, hypot, 2, FLOAT, R, op_hypot, "", "sqrt(x1**2 + x2**2)")                              \
    X(ARCTAN2, arctan2, 2, FLOAT, R, op_arctan2, "atan2",                                         \
      "the angle of the point (x2, x1), radians")                                                  \
    X(COPYSIGN, copysign, 2, FLOAT, R, op_copysign, "", "x1 with the sign of x2")                  \
    X(HEAVISIDE, heaviside, 2, FLOAT, R, heaviside, "",                                            \
      "0 where x1 < 0, x2 where x1 is 0, else 1")                                                  \
    X(LOGADDEXP, logaddexp, 2, FLOAT, R, logaddexp, "", "log(exp(x1) + exp(x2))")                  \
    X(LOGADDEXP2, logaddexp2, 2, FLOAT, R, logaddexp2, "", "log2(2**x1 + 2**x2)")                  \
    X(BITWISE_AND, bitwise_and, 2, SAME, BI, op_and, "", "and of the bits")                        \
    X(BITWISE_OR, bitwise_or, 2, SAME, BI, op_or, "", "or of the bits")                            \
    X(BITWISE_XOR, bitwise_xor, 2, SAME, BI, op_xor, "", "exclusive or of the bits")               \
    X(LEFT_SHIFT, left_shift, 2, TINY, I, op_shift_left, "bitwise_left_shift", "x1 << x2")         \
    X(RIGHT_SHIFT, right_shift, 2, TINY, I, op_shift_right, "bitwise_right_shift", "x1 >> x2")     \
    X(EQUAL, equal, 2, COMPARE, BIRC, op_equal, "", "x1 == x2")                                    \
    X(NOT_EQUAL, not_equal, 2, COMPARE, BIRC, op_not_equal, "", "x1 != x2")                        \
    X(LESS, less, 2, COMPARE, BIRC, less, "", "x1 < x2; complex numbers: real parts first")        \
    X(LESS_EQUAL, less_equal, 2, COMPARE, BIRC, less_equal, "", "x1 <= x2")                        \
    X(GREATER, greater, 2, COMPARE, BIRC, greater, "", "x1 > x2")                                  \
    X(GREATER_EQUAL, greater_equal, 2, COMPARE, BIRC, greater_equal, "", "x1 >= x2")               \
    X(LOGICAL_AND, logical_and, 2, LOGICAL, BIRC, op_and, "", "both are true (not 0)")             \
    X(LOGICAL_OR, logical_or, 2, LOGICAL, BIRC, op_or, "", "one is true")                          \
    X(LOGICAL_XOR, logical_xor, 2, LOGICAL, BIRC, op_xor, "", "just one is true")                  \
    X(LOGICAL_NOT, logical_not, 1, LOGICAL, BIRC, op_not, "", "it is 0")                           \
    X(INVERT, invert, 1, SAME, BI, op_not, "bitwise_not bitwise_invert", "the bits turned")        \
    X(NEGATIVE, negative, 1, SIGNED, IRC, op_negative, "neg", "-x")                                \
    X(POSITIVE, positive, 1, SIGNED, IRC, op_copy, "", "x, a copy")                                \
    X(ABSOLUTE, absolute, 1, MODULUS, BIRC, absolute, "abs", "the magnitude")                      \
    X(FABS, fabs, 1, FLOAT, R, op_absolute, "", "the magnitude, a float")                          \
    X(SIGN, sign, 1, SIGNED, IRC, sign, "", "-1, 0 or 1; of a complex number x / abs(x)")          \
    X(CONJUGATE, conjugate, 1, TINY, IRC, conjugate, "conj", "the complex conjugate")              \
    X(SQUARE, square, 1, TINY, IRC, square, "", "x * x")                                           \
    X(RECIPROCAL, reciprocal, 1, TINY, IRC, reciprocal, "",                                        \
      "1 / x; of integers, of 0: the least int32 and int64, else 0")                               \
    X(FLOOR, floor, 1, ROUND, BIR, floor, "", "the nearest integer below, of the same type")       \
    X(CEIL, ceil, 1, ROUND, BIR, ceil, "", "the nearest integer above")                            \
    X(TRUNC, trunc, 1, ROUND, BIR, trunc, "", "the nearest integer towards 0")                     \
    X(RINT, rint, 1, FLOAT, RC, rint, "", "the nearest integer, ties to even, a float")          \
    X(ISNAN, isnan, 1, TEST, BIRC, isnan, "", "it is a NaN, or a part of it")                      \
    X(ISINF, isinf, 1, TEST, BIRC, isinf, "", "it is infinite, or a part of it")                   \
    X(ISFINITE, isfinite, 1, TEST, BIRC, isfinite, "", "it is neither infinite nor a NaN")         \
    X(SIGNBIT, signbit, 1, FTEST, R, op_signbit, "", "its sign is set, -0 too")                    \
    X(SQRT, sqrt, 1, FLOAT, RC, sqrt, "", "the square root")                                       \
    X(CBRT, cbrt, 1, FLOAT, R, op_cbrt, "", "the cube root")                                       \
    X(EXP, exp, 1, FLOAT, RC, exp, "", "e to the power x")                                         \
    X(EXP2, exp2, 1, FLOAT, RC, op_exp2, "", "2 to the power x")                                    \
    X(EXPM1, expm1, 1, FLOAT, RC, op_expm1, "", "exp(x) - 1, also near 0")                          \
    X(LOG, log, 1, FLOAT, RC, log, "", "the natural logarithm")                                    \
    X(LOG2, log2, 1, FLOAT, RC, op_log2, "", "the logarithm to base 2")                             \
    X(LOG10, log10, 1, FLOAT, RC, op_log10, "", "the logarithm to base 10")                         \
    X(LOG1P, log1p, 1, FLOAT, RC, log1p, "", "log(1 + x), also near 0")                          \
    X(SIN, sin, 1, FLOAT, RC, op_sin, "", "the sine, radians")                                      \
    X(COS, cos, 1, FLOAT, RC, op_cos, "", "the cosine, radians")                                    \
    X(TAN, tan, 1, FLOAT, RC, op_tan, "", "the tangent, radians")                                   \
    X(ARCSIN, arcsin, 1, FLOAT, RC, op_arcsin, "asin", "the inverse sine, radians")                 \
    X(ARCCOS, arccos, 1, FLOAT, RC, op_arccos, "acos", "the inverse cosine, radians")               \
    X(ARCTAN, arctan, 1, FLOAT, RC, op_arctan, "atan", "the inverse tangent, radians")              \
    X(SINH, sinh, 1, FLOAT, RC, sinh, "", "the hyperbolic sine")                                 \
    X(COSH, cosh, 1, FLOAT, RC, cosh, "", "the hyperbolic cosine")                               \
    X(TANH, tanh, 1, FLOAT, RC, op_tanh, "", "the hyperbolic tangent")                              \
    X(ARCSINH, arcsinh, 1, FLOAT, RC, arcsinh, "asinh", "the inverse hyperbolic sine")           \
    X(ARCCOSH, arccosh, 1, FLOAT, RC, arccosh, "acosh", "the inverse hyperbolic cosine")         \
    X(ARCTANH, arctanh, 1, FLOAT, RC, op_arctanh, "atanh", "the inverse hyperbolic tangent")        \
    X(DEG2RAD, deg2rad, 1, FLOAT, R, deg2rad, "radians", "degrees as radians")                     \
    X(RAD2DEG, rad2deg, 1, FLOAT, R, rad2deg, "degrees", "radians as degrees")                     \
    X(ISPOSINF, isposinf, 1, FTEST, R, isposinf, "", "it is infinite, and positive")               \
    X(ISNEGINF, isneginf, 1, FTEST, R, isneginf, "", "it is infinite, and negative")               \
    X(BITWISE_COUNT, bitwise_count, 1, COUNT, I, bitwise_count, "",                                \
      "how many bits of the magnitude are 1, a uint8")                                             \
    X(GCD, gcd, 2, SAME, I, task, "", "the greatest common divisor")                               \
    X(LCM, lcm, 2, SAME, I, task, "", "the least common multiple")                                 \
    X(NEXTAFTER, nextafter, 2, FLOAT, R, task, "", "the next float after x1 towards x2")           \
    X(SPACING, spacing, 1, FLOAT, R, task, "",                                                     \
      "the distance to the next float away from 0, with the sign of x (float16: to the one above)")                            \
    X(LDEXP, ldexp, 2, SCALE, R, task, "", "x1 * 2**x2; x2 is an integer")

#endif
