/* tessera/array_elementwise.h - NumPy's elementwise functions.  Written by libs/array/generate.
 *
 * Each takes arrays and numbers, stretches them to one shape as NumPy does, and answers with an
 * array:
 *
 *     nd_array c = nd_add(a, 1.5);
 *     nd_add(a, b, .out = a, .where = nd_greater(a, 0));
 *
 * Fails: BAD_SHAPE for shapes that do not agree; BAD_TYPE for types the function does not take, or
 * an `out` of another kind; BAD_ARGUMENT for an integer that the arrays' type cannot hold.
 * Source: numpy's ufunc of the same name. */
#ifndef TESSERA_ARRAY_ELEMENTWISE_H
#define TESSERA_ARRAY_ELEMENTWISE_H

#include <tessera/array_core.h>
#include <tessera/array_table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The elementwise functions. */
typedef enum nd_op {
#define X(NAME, name, n, types, kinds, build, aliases, text) ND_OP_##NAME,
    ND_ELEMENTWISE_MAP(X)
#undef X
    ND_N_OPS
} nd_op;

/* How to call one; zero means the default. */
typedef struct nd_call_options {
    size_t   size;
    tsr_site at;
    nd_array out;   /* write there, and answer with it; {0}: a new array.  It has the result's
                       shape, and a type that holds the result's kind */
    nd_array where; /* a bool array: elements where it is false keep what `out` had (in a new
                       array: 0) */
} nd_call_options;

/* Call a function by its number, with as many operands as it takes; behind the macros. */
TSR_API nd_array nd_call_(nd_op op, const nd_operand *x, int n, const nd_call_options *o);
/* The name of a function ("add"), and what it computes ("x1 + x2").  Never NULL.  Threads: any. */
TSR_API const char *nd_op_name(nd_op op);
/* As nd_op_name: what it computes. */
TSR_API const char *nd_op_text(nd_op op);
#ifdef __cplusplus
/* Operands as an array that lives to the end of the call. */
struct nd_operands_ {
    nd_operand x[3];
};
#define ND_CALL1_(op, x1, ...)                                                                     \
    nd_call_((op), (nd_operands_{{ND_OPERAND(x1)}}).x, 1,                                          \
             TSR_OPTIONS_(nd_call_options, __VA_ARGS__))
#define ND_CALL2_(op, x1, x2, ...)                                                                 \
    nd_call_((op), (nd_operands_{{ND_OPERAND(x1), ND_OPERAND(x2)}}).x, 2,                          \
             TSR_OPTIONS_(nd_call_options, __VA_ARGS__))
#define ND_CALL3_(op, x1, x2, x3, ...)                                                             \
    nd_call_((op), (nd_operands_{{ND_OPERAND(x1), ND_OPERAND(x2), ND_OPERAND(x3)}}).x, 3,          \
             TSR_OPTIONS_(nd_call_options, __VA_ARGS__))
#else
#define ND_CALL1_(op, x1, ...)                                                                     \
    nd_call_((op), (const nd_operand[]){ND_OPERAND(x1)}, 1,                                        \
             TSR_OPTIONS_(nd_call_options, __VA_ARGS__))
#define ND_CALL2_(op, x1, x2, ...)                                                                 \
    nd_call_((op), (const nd_operand[]){ND_OPERAND(x1), ND_OPERAND(x2)}, 2,                        \
             TSR_OPTIONS_(nd_call_options, __VA_ARGS__))
#define ND_CALL3_(op, x1, x2, x3, ...)                                                             \
    nd_call_((op),                                                                                 \
             (const nd_operand[]){ND_OPERAND(x1), ND_OPERAND(x2), ND_OPERAND(x3)}, 3,              \
             TSR_OPTIONS_(nd_call_options, __VA_ARGS__))
#endif

/* x1 + x2; of bools: or. */
#define nd_add(x1, x2, ...) ND_CALL2_(ND_OP_ADD, x1, x2, __VA_ARGS__)
/* x1 - x2.  Takes integers, floats, complex. */
#define nd_subtract(x1, x2, ...) ND_CALL2_(ND_OP_SUBTRACT, x1, x2, __VA_ARGS__)
/* Another name of nd_subtract. */
#define nd_sub(x1, x2, ...) ND_CALL2_(ND_OP_SUBTRACT, x1, x2, __VA_ARGS__)
/* x1 * x2; of bools: and. */
#define nd_multiply(x1, x2, ...) ND_CALL2_(ND_OP_MULTIPLY, x1, x2, __VA_ARGS__)
/* Another name of nd_multiply. */
#define nd_mul(x1, x2, ...) ND_CALL2_(ND_OP_MULTIPLY, x1, x2, __VA_ARGS__)
/* x1 / x2, a float. */
#define nd_divide(x1, x2, ...) ND_CALL2_(ND_OP_DIVIDE, x1, x2, __VA_ARGS__)
/* Another name of nd_divide. */
#define nd_div(x1, x2, ...) ND_CALL2_(ND_OP_DIVIDE, x1, x2, __VA_ARGS__)
/* Another name of nd_divide. */
#define nd_true_divide(x1, x2, ...) ND_CALL2_(ND_OP_DIVIDE, x1, x2, __VA_ARGS__)
/* floor(x1 / x2); of integers, by 0: 0.  Takes bool, integers, floats. */
#define nd_floor_divide(x1, x2, ...) ND_CALL2_(ND_OP_FLOOR_DIVIDE, x1, x2, __VA_ARGS__)
/* x1 - x2 * floor(x1 / x2), with the sign of x2; of integers, by 0: 0.  Takes bool, integers,
 * floats. */
#define nd_remainder(x1, x2, ...) ND_CALL2_(ND_OP_REMAINDER, x1, x2, __VA_ARGS__)
/* Another name of nd_remainder. */
#define nd_mod(x1, x2, ...) ND_CALL2_(ND_OP_REMAINDER, x1, x2, __VA_ARGS__)
/* the remainder with the sign of x1; of integers, by 0: 0.  Takes bool, integers, floats. */
#define nd_fmod(x1, x2, ...) ND_CALL2_(ND_OP_FMOD, x1, x2, __VA_ARGS__)
/* x1 to the power x2; integers to a negative number fail, to an array's negative element give 0 (1,
 * -1: themselves). */
#define nd_power(x1, x2, ...) ND_CALL2_(ND_OP_POWER, x1, x2, __VA_ARGS__)
/* Another name of nd_power. */
#define nd_pow(x1, x2, ...) ND_CALL2_(ND_OP_POWER, x1, x2, __VA_ARGS__)
/* x1 to the power x2, in float64 or complex128. */
#define nd_float_power(x1, x2, ...) ND_CALL2_(ND_OP_FLOAT_POWER, x1, x2, __VA_ARGS__)
/* the greater; a NaN wins. */
#define nd_maximum(x1, x2, ...) ND_CALL2_(ND_OP_MAXIMUM, x1, x2, __VA_ARGS__)
/* the lesser; a NaN wins. */
#define nd_minimum(x1, x2, ...) ND_CALL2_(ND_OP_MINIMUM, x1, x2, __VA_ARGS__)
/* the greater; a number wins over a NaN.  Takes bool, integers, floats. */
#define nd_fmax(x1, x2, ...) ND_CALL2_(ND_OP_FMAX, x1, x2, __VA_ARGS__)
/* the lesser; a number wins over a NaN.  Takes bool, integers, floats. */
#define nd_fmin(x1, x2, ...) ND_CALL2_(ND_OP_FMIN, x1, x2, __VA_ARGS__)
/* minimum(maximum(x1, x2), x3); ND_NONE leaves a bound out, as an integer beyond x1's integers
 * does. */
#define nd_clip(x1, x2, x3, ...) ND_CALL3_(ND_OP_CLIP, x1, x2, x3, __VA_ARGS__)
/* sqrt(x1**2 + x2**2).  Takes bool, integers, floats. */
#define nd_hypot(x1, x2, ...) ND_CALL2_(ND_OP_HYPOT, x1, x2, __VA_ARGS__)
/* the angle of the point (x2, x1), radians.  Takes bool, integers, floats. */
#define nd_arctan2(x1, x2, ...) ND_CALL2_(ND_OP_ARCTAN2, x1, x2, __VA_ARGS__)
/* Another name of nd_arctan2. */
#define nd_atan2(x1, x2, ...) ND_CALL2_(ND_OP_ARCTAN2, x1, x2, __VA_ARGS__)
/* x1 with the sign of x2.  Takes bool, integers, floats. */
#define nd_copysign(x1, x2, ...) ND_CALL2_(ND_OP_COPYSIGN, x1, x2, __VA_ARGS__)
/* 0 where x1 < 0, x2 where x1 is 0, else 1.  Takes bool, integers, floats. */
#define nd_heaviside(x1, x2, ...) ND_CALL2_(ND_OP_HEAVISIDE, x1, x2, __VA_ARGS__)
/* log(exp(x1) + exp(x2)).  Takes bool, integers, floats. */
#define nd_logaddexp(x1, x2, ...) ND_CALL2_(ND_OP_LOGADDEXP, x1, x2, __VA_ARGS__)
/* log2(2**x1 + 2**x2).  Takes bool, integers, floats. */
#define nd_logaddexp2(x1, x2, ...) ND_CALL2_(ND_OP_LOGADDEXP2, x1, x2, __VA_ARGS__)
/* and of the bits.  Takes bool, integers. */
#define nd_bitwise_and(x1, x2, ...) ND_CALL2_(ND_OP_BITWISE_AND, x1, x2, __VA_ARGS__)
/* or of the bits.  Takes bool, integers. */
#define nd_bitwise_or(x1, x2, ...) ND_CALL2_(ND_OP_BITWISE_OR, x1, x2, __VA_ARGS__)
/* exclusive or of the bits.  Takes bool, integers. */
#define nd_bitwise_xor(x1, x2, ...) ND_CALL2_(ND_OP_BITWISE_XOR, x1, x2, __VA_ARGS__)
/* x1 << x2.  Takes bool, integers. */
#define nd_left_shift(x1, x2, ...) ND_CALL2_(ND_OP_LEFT_SHIFT, x1, x2, __VA_ARGS__)
/* Another name of nd_left_shift. */
#define nd_bitwise_left_shift(x1, x2, ...) ND_CALL2_(ND_OP_LEFT_SHIFT, x1, x2, __VA_ARGS__)
/* x1 >> x2.  Takes bool, integers. */
#define nd_right_shift(x1, x2, ...) ND_CALL2_(ND_OP_RIGHT_SHIFT, x1, x2, __VA_ARGS__)
/* Another name of nd_right_shift. */
#define nd_bitwise_right_shift(x1, x2, ...) ND_CALL2_(ND_OP_RIGHT_SHIFT, x1, x2, __VA_ARGS__)
/* x1 == x2. */
#define nd_equal(x1, x2, ...) ND_CALL2_(ND_OP_EQUAL, x1, x2, __VA_ARGS__)
/* x1 != x2. */
#define nd_not_equal(x1, x2, ...) ND_CALL2_(ND_OP_NOT_EQUAL, x1, x2, __VA_ARGS__)
/* x1 < x2; complex numbers: real parts first. */
#define nd_less(x1, x2, ...) ND_CALL2_(ND_OP_LESS, x1, x2, __VA_ARGS__)
/* x1 <= x2. */
#define nd_less_equal(x1, x2, ...) ND_CALL2_(ND_OP_LESS_EQUAL, x1, x2, __VA_ARGS__)
/* x1 > x2. */
#define nd_greater(x1, x2, ...) ND_CALL2_(ND_OP_GREATER, x1, x2, __VA_ARGS__)
/* x1 >= x2. */
#define nd_greater_equal(x1, x2, ...) ND_CALL2_(ND_OP_GREATER_EQUAL, x1, x2, __VA_ARGS__)
/* both are true (not 0). */
#define nd_logical_and(x1, x2, ...) ND_CALL2_(ND_OP_LOGICAL_AND, x1, x2, __VA_ARGS__)
/* one is true. */
#define nd_logical_or(x1, x2, ...) ND_CALL2_(ND_OP_LOGICAL_OR, x1, x2, __VA_ARGS__)
/* just one is true. */
#define nd_logical_xor(x1, x2, ...) ND_CALL2_(ND_OP_LOGICAL_XOR, x1, x2, __VA_ARGS__)
/* it is 0. */
#define nd_logical_not(x1, ...) ND_CALL1_(ND_OP_LOGICAL_NOT, x1, __VA_ARGS__)
/* the bits turned.  Takes bool, integers. */
#define nd_invert(x1, ...) ND_CALL1_(ND_OP_INVERT, x1, __VA_ARGS__)
/* Another name of nd_invert. */
#define nd_bitwise_not(x1, ...) ND_CALL1_(ND_OP_INVERT, x1, __VA_ARGS__)
/* Another name of nd_invert. */
#define nd_bitwise_invert(x1, ...) ND_CALL1_(ND_OP_INVERT, x1, __VA_ARGS__)
/* -x.  Takes integers, floats, complex. */
#define nd_negative(x1, ...) ND_CALL1_(ND_OP_NEGATIVE, x1, __VA_ARGS__)
/* Another name of nd_negative. */
#define nd_neg(x1, ...) ND_CALL1_(ND_OP_NEGATIVE, x1, __VA_ARGS__)
/* x, a copy.  Takes integers, floats, complex. */
#define nd_positive(x1, ...) ND_CALL1_(ND_OP_POSITIVE, x1, __VA_ARGS__)
/* the magnitude. */
#define nd_absolute(x1, ...) ND_CALL1_(ND_OP_ABSOLUTE, x1, __VA_ARGS__)
/* Another name of nd_absolute. */
#define nd_abs(x1, ...) ND_CALL1_(ND_OP_ABSOLUTE, x1, __VA_ARGS__)
/* the magnitude, a float.  Takes bool, integers, floats. */
#define nd_fabs(x1, ...) ND_CALL1_(ND_OP_FABS, x1, __VA_ARGS__)
/* -1, 0 or 1; of a complex number x / abs(x).  Takes integers, floats, complex. */
#define nd_sign(x1, ...) ND_CALL1_(ND_OP_SIGN, x1, __VA_ARGS__)
/* the complex conjugate. */
#define nd_conjugate(x1, ...) ND_CALL1_(ND_OP_CONJUGATE, x1, __VA_ARGS__)
/* Another name of nd_conjugate. */
#define nd_conj(x1, ...) ND_CALL1_(ND_OP_CONJUGATE, x1, __VA_ARGS__)
/* x * x. */
#define nd_square(x1, ...) ND_CALL1_(ND_OP_SQUARE, x1, __VA_ARGS__)
/* 1 / x; of integers, of 0: the least int32 and int64, else 0. */
#define nd_reciprocal(x1, ...) ND_CALL1_(ND_OP_RECIPROCAL, x1, __VA_ARGS__)
/* the nearest integer below, of the same type.  Takes bool, integers, floats. */
#define nd_floor(x1, ...) ND_CALL1_(ND_OP_FLOOR, x1, __VA_ARGS__)
/* the nearest integer above.  Takes bool, integers, floats. */
#define nd_ceil(x1, ...) ND_CALL1_(ND_OP_CEIL, x1, __VA_ARGS__)
/* the nearest integer towards 0.  Takes bool, integers, floats. */
#define nd_trunc(x1, ...) ND_CALL1_(ND_OP_TRUNC, x1, __VA_ARGS__)
/* the nearest integer, ties to even, a float. */
#define nd_rint(x1, ...) ND_CALL1_(ND_OP_RINT, x1, __VA_ARGS__)
/* it is a NaN, or a part of it. */
#define nd_isnan(x1, ...) ND_CALL1_(ND_OP_ISNAN, x1, __VA_ARGS__)
/* it is infinite, or a part of it. */
#define nd_isinf(x1, ...) ND_CALL1_(ND_OP_ISINF, x1, __VA_ARGS__)
/* it is neither infinite nor a NaN. */
#define nd_isfinite(x1, ...) ND_CALL1_(ND_OP_ISFINITE, x1, __VA_ARGS__)
/* its sign is set, -0 too.  Takes bool, integers, floats. */
#define nd_signbit(x1, ...) ND_CALL1_(ND_OP_SIGNBIT, x1, __VA_ARGS__)
/* the square root. */
#define nd_sqrt(x1, ...) ND_CALL1_(ND_OP_SQRT, x1, __VA_ARGS__)
/* the cube root.  Takes bool, integers, floats. */
#define nd_cbrt(x1, ...) ND_CALL1_(ND_OP_CBRT, x1, __VA_ARGS__)
/* e to the power x. */
#define nd_exp(x1, ...) ND_CALL1_(ND_OP_EXP, x1, __VA_ARGS__)
/* 2 to the power x. */
#define nd_exp2(x1, ...) ND_CALL1_(ND_OP_EXP2, x1, __VA_ARGS__)
/* exp(x) - 1, also near 0. */
#define nd_expm1(x1, ...) ND_CALL1_(ND_OP_EXPM1, x1, __VA_ARGS__)
/* the natural logarithm. */
#define nd_log(x1, ...) ND_CALL1_(ND_OP_LOG, x1, __VA_ARGS__)
/* the logarithm to base 2. */
#define nd_log2(x1, ...) ND_CALL1_(ND_OP_LOG2, x1, __VA_ARGS__)
/* the logarithm to base 10. */
#define nd_log10(x1, ...) ND_CALL1_(ND_OP_LOG10, x1, __VA_ARGS__)
/* log(1 + x), also near 0. */
#define nd_log1p(x1, ...) ND_CALL1_(ND_OP_LOG1P, x1, __VA_ARGS__)
/* the sine, radians. */
#define nd_sin(x1, ...) ND_CALL1_(ND_OP_SIN, x1, __VA_ARGS__)
/* the cosine, radians. */
#define nd_cos(x1, ...) ND_CALL1_(ND_OP_COS, x1, __VA_ARGS__)
/* the tangent, radians. */
#define nd_tan(x1, ...) ND_CALL1_(ND_OP_TAN, x1, __VA_ARGS__)
/* the inverse sine, radians. */
#define nd_arcsin(x1, ...) ND_CALL1_(ND_OP_ARCSIN, x1, __VA_ARGS__)
/* Another name of nd_arcsin. */
#define nd_asin(x1, ...) ND_CALL1_(ND_OP_ARCSIN, x1, __VA_ARGS__)
/* the inverse cosine, radians. */
#define nd_arccos(x1, ...) ND_CALL1_(ND_OP_ARCCOS, x1, __VA_ARGS__)
/* Another name of nd_arccos. */
#define nd_acos(x1, ...) ND_CALL1_(ND_OP_ARCCOS, x1, __VA_ARGS__)
/* the inverse tangent, radians. */
#define nd_arctan(x1, ...) ND_CALL1_(ND_OP_ARCTAN, x1, __VA_ARGS__)
/* Another name of nd_arctan. */
#define nd_atan(x1, ...) ND_CALL1_(ND_OP_ARCTAN, x1, __VA_ARGS__)
/* the hyperbolic sine. */
#define nd_sinh(x1, ...) ND_CALL1_(ND_OP_SINH, x1, __VA_ARGS__)
/* the hyperbolic cosine. */
#define nd_cosh(x1, ...) ND_CALL1_(ND_OP_COSH, x1, __VA_ARGS__)
/* the hyperbolic tangent. */
#define nd_tanh(x1, ...) ND_CALL1_(ND_OP_TANH, x1, __VA_ARGS__)
/* the inverse hyperbolic sine. */
#define nd_arcsinh(x1, ...) ND_CALL1_(ND_OP_ARCSINH, x1, __VA_ARGS__)
/* Another name of nd_arcsinh. */
#define nd_asinh(x1, ...) ND_CALL1_(ND_OP_ARCSINH, x1, __VA_ARGS__)
/* the inverse hyperbolic cosine. */
#define nd_arccosh(x1, ...) ND_CALL1_(ND_OP_ARCCOSH, x1, __VA_ARGS__)
/* Another name of nd_arccosh. */
#define nd_acosh(x1, ...) ND_CALL1_(ND_OP_ARCCOSH, x1, __VA_ARGS__)
/* the inverse hyperbolic tangent. */
#define nd_arctanh(x1, ...) ND_CALL1_(ND_OP_ARCTANH, x1, __VA_ARGS__)
/* Another name of nd_arctanh. */
#define nd_atanh(x1, ...) ND_CALL1_(ND_OP_ARCTANH, x1, __VA_ARGS__)
/* degrees as radians.  Takes bool, integers, floats. */
#define nd_deg2rad(x1, ...) ND_CALL1_(ND_OP_DEG2RAD, x1, __VA_ARGS__)
/* Another name of nd_deg2rad. */
#define nd_radians(x1, ...) ND_CALL1_(ND_OP_DEG2RAD, x1, __VA_ARGS__)
/* radians as degrees.  Takes bool, integers, floats. */
#define nd_rad2deg(x1, ...) ND_CALL1_(ND_OP_RAD2DEG, x1, __VA_ARGS__)
/* Another name of nd_rad2deg. */
#define nd_degrees(x1, ...) ND_CALL1_(ND_OP_RAD2DEG, x1, __VA_ARGS__)
/* it is infinite, and positive.  Takes bool, integers, floats. */
#define nd_isposinf(x1, ...) ND_CALL1_(ND_OP_ISPOSINF, x1, __VA_ARGS__)
/* it is infinite, and negative.  Takes bool, integers, floats. */
#define nd_isneginf(x1, ...) ND_CALL1_(ND_OP_ISNEGINF, x1, __VA_ARGS__)
/* how many bits of the magnitude are 1, a uint8.  Takes bool, integers. */
#define nd_bitwise_count(x1, ...) ND_CALL1_(ND_OP_BITWISE_COUNT, x1, __VA_ARGS__)
/* the greatest common divisor.  Takes integers. */
#define nd_gcd(x1, x2, ...) ND_CALL2_(ND_OP_GCD, x1, x2, __VA_ARGS__)
/* the least common multiple.  Takes integers. */
#define nd_lcm(x1, x2, ...) ND_CALL2_(ND_OP_LCM, x1, x2, __VA_ARGS__)
/* the next float after x1 towards x2.  Takes bool, integers, floats. */
#define nd_nextafter(x1, x2, ...) ND_CALL2_(ND_OP_NEXTAFTER, x1, x2, __VA_ARGS__)
/* the distance to the next float away from 0, with the sign of x (float16: to the one above).  Takes
 * bool, integers, floats. */
#define nd_spacing(x1, ...) ND_CALL1_(ND_OP_SPACING, x1, __VA_ARGS__)
/* x1 * 2**x2; x2 is an integer.  Takes bool, integers, floats. */
#define nd_ldexp(x1, x2, ...) ND_CALL2_(ND_OP_LDEXP, x1, x2, __VA_ARGS__)

/* The sum of four. */
#define nd_add4(a, b, c, d) nd_add(nd_add((a), (b)), nd_add((c), (d)))

#ifdef __cplusplus
}
#endif
#endif
