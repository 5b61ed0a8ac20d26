/* array_build.c - what each elementwise function is as a formula.
 *
 * Most are one operation of the runtime's. The others are composed here as NumPy composes them, so
 * that NaN, infinities and zeros come out as NumPy's: numpy/_core/src/umath/loops.c.src and
 * npy_math_internal.h.src. Complex exp, log and sqrt follow the usual identities, with their
 * special values chosen afterwards (C11, annex G.6).
 *
 * Cost: O(terms). Threads: any. */
#include <math.h>

#include "array_build.h"

#define X(NAME, name, operands, kind, text)                                                        \
    tsr_term array_build_op_##name(tsr_formula *f, const tsr_term *x, nd_type t)                   \
    {                                                                                              \
        (void)t;                                                                                   \
        return tsr_formula_apply(f, TSR_OP_##NAME, x[0], (operands) > 1 ? x[1] : -1,               \
                                 (operands) > 2 ? x[2] : -1);                                      \
    }
TSR_OP_MAP(X)
#undef X

nd_type array_wide_of(nd_type t)
{
    return t == TSR_F16 || t == TSR_BF16 ? TSR_F32 : t;
}

tsr_term array_cast(tsr_formula *f, tsr_term x, nd_type t)
{
    return tsr_formula_type(f, x) == t ? x : tsr_formula_cast(f, x, t);
}

#define OP(name, ...)   tsr_apply(f, TSR_OP_##name, __VA_ARGS__)
#define NUMBER(t, v)    tsr_formula_number(f, (t), (v))
#define SELECT(c, a, b) OP(SELECT, (c), (a), (b))

static tsr_term truth(tsr_formula *f, bool v)
{
    return tsr_formula_constant(f, TSR_BOOL, &v);
}

static bool is_complex(nd_type t)
{
    return array_kind_of(t) == KIND_COMPLEX;
}

static bool is_whole(nd_type t)
{
    return array_kind_of(t) <= KIND_INT;
}

/* ---- sums and products of bools ---- */

tsr_term array_build_add(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return t == TSR_BOOL ? OP(OR, x[0], x[1]) : OP(ADD, x[0], x[1]);
}

tsr_term array_build_multiply(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return t == TSR_BOOL ? OP(AND, x[0], x[1]) : OP(MULTIPLY, x[0], x[1]);
}

/* ---- order, of complex numbers by real parts first ---- */

/* `tie` decides where the real parts are equal. NumPy: CLT, CLE, ... of loops.c.src. */
static tsr_term ordered(tsr_formula *f, const tsr_term *x, nd_type t, tsr_op first, tsr_op tie)
{
    if (!is_complex(t))
        return tsr_formula_apply(f, tie, x[0], x[1], -1);
    const tsr_term xr = OP(REAL, x[0]), xi = OP(IMAG, x[0]), yr = OP(REAL, x[1]),
                   yi = OP(IMAG, x[1]);
    const tsr_term nan = OP(OR, OP(IS_NAN, xi), OP(IS_NAN, yi));
    const tsr_term by_real = OP(AND, tsr_formula_apply(f, first, xr, yr, -1), OP(NOT, nan));
    const tsr_term by_imag = OP(AND, OP(EQUAL, xr, yr), tsr_formula_apply(f, tie, xi, yi, -1));
    return OP(OR, by_real, by_imag);
}

tsr_term array_build_less(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return ordered(f, x, t, TSR_OP_LESS, TSR_OP_LESS);
}

tsr_term array_build_less_equal(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return ordered(f, x, t, TSR_OP_LESS, TSR_OP_LESS_EQUAL);
}

tsr_term array_build_greater(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return ordered(f, x, t, TSR_OP_GREATER, TSR_OP_GREATER);
}

tsr_term array_build_greater_equal(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return ordered(f, x, t, TSR_OP_GREATER, TSR_OP_GREATER_EQUAL);
}

/* The first where it is a NaN or `wins`, else the second. */
static tsr_term extreme(tsr_formula *f, const tsr_term *x, tsr_term wins)
{
    const tsr_term nan = OP(OR, OP(IS_NAN, OP(REAL, x[0])), OP(IS_NAN, OP(IMAG, x[0])));
    return SELECT(OP(OR, nan, wins), x[0], x[1]);
}

tsr_term array_build_maximum(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return is_complex(t) ? extreme(f, x, array_build_greater_equal(f, x, t))
                         : OP(MAXIMUM, x[0], x[1]);
}

tsr_term array_build_minimum(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return is_complex(t) ? extreme(f, x, array_build_less_equal(f, x, t)) : OP(MINIMUM, x[0], x[1]);
}

/* Which of two complex numbers clip takes: a NaN in an imaginary part decides nothing where the real
 * parts differ. NumPy: _NPY_MIN, _NPY_MAX of clip.cpp. */
static tsr_term clip_side(tsr_formula *f, const tsr_term *x, tsr_op op)
{
    const tsr_term xr = OP(REAL, x[0]), yr = OP(REAL, x[1]);
    const tsr_term by_imag = tsr_formula_apply(f, op, OP(IMAG, x[0]), OP(IMAG, x[1]), -1);
    const tsr_term by_real = tsr_formula_apply(f, op, xr, yr, -1);
    return extreme(f, x, OP(OR, by_real, OP(AND, OP(EQUAL, xr, yr), by_imag)));
}

tsr_term array_build_clip(tsr_formula *f, const tsr_term *x, nd_type t)
{
    const tsr_term above =
        is_complex(t) ? clip_side(f, x, TSR_OP_GREATER) : OP(MAXIMUM, x[0], x[1]);
    const tsr_term y[2] = {above, x[2]};
    return is_complex(t) ? clip_side(f, y, TSR_OP_LESS) : OP(MINIMUM, y[0], y[1]);
}

/* ---- of two real numbers ---- */

tsr_term array_build_heaviside(tsr_formula *f, const tsr_term *x, nd_type t)
{
    const tsr_term zero = NUMBER(t, 0), one = NUMBER(t, 1);
    const tsr_term above = SELECT(OP(GREATER, x[0], zero), one, x[0]); /* a NaN stays */
    const tsr_term not_below = SELECT(OP(EQUAL, x[0], zero), x[1], above);
    return SELECT(OP(LESS, x[0], zero), zero, not_below);
}

/* x or y, plus log1p(exp(-|x - y|)) to some base: `scale` is that base's logarithm of e. */
static tsr_term log_sum(tsr_formula *f, const tsr_term *x, nd_type t, tsr_op exponential,
                        double scale, double equal)
{
    const tsr_term difference = OP(SUBTRACT, x[0], x[1]), size = OP(ABSOLUTE, difference);
    const tsr_term e = tsr_formula_apply(f, exponential, OP(NEGATIVE, size), -1, -1);
    const tsr_term l = OP(MULTIPLY, OP(LOG1P, e), NUMBER(t, scale));
    const tsr_term sum = OP(ADD, OP(MAXIMUM, x[0], x[1]), l);
    return SELECT(OP(EQUAL, x[0], x[1]), OP(ADD, x[0], NUMBER(t, equal)),
                  SELECT(OP(IS_NAN, difference), difference, sum));
}

tsr_term array_build_logaddexp(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return log_sum(f, x, t, TSR_OP_EXP, 1, M_LN2);
}

tsr_term array_build_logaddexp2(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return log_sum(f, x, t, TSR_OP_EXP2, M_LOG2E, 1);
}

/* ---- of one number ---- */

tsr_term array_build_absolute(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return t == TSR_BOOL || array_is_unsigned(t) ? OP(COPY, x[0]) : OP(ABSOLUTE, x[0]);
}

/* A part of a complex number of magnitude `size`, divided by it; of an infinite one its sign, or
 * 0. */
static tsr_term sign_part(tsr_formula *f, tsr_term part, tsr_term size, nd_type real)
{
    const tsr_term unit = OP(COPYSIGN, NUMBER(real, 1), part);
    const tsr_term far = SELECT(OP(IS_INF, part), unit, NUMBER(real, 0));
    const tsr_term near =
        SELECT(OP(EQUAL, size, NUMBER(real, 0)), NUMBER(real, 0), OP(DIVIDE, part, size));
    return SELECT(OP(IS_INF, size), far, near);
}

tsr_term array_build_sign(tsr_formula *f, const tsr_term *x, nd_type t)
{
    if (!is_complex(t))
        return OP(SIGN, x[0]);
    const nd_type  real = array_real_of(t);
    const tsr_term re = OP(REAL, x[0]), im = OP(IMAG, x[0]), size = OP(ABSOLUTE, x[0]);
    const tsr_term lost = OP(OR, OP(IS_NAN, size), OP(AND, OP(IS_INF, re), OP(IS_INF, im)));
    const tsr_term nan = NUMBER(real, (double)NAN);
    return OP(JOIN, SELECT(lost, nan, sign_part(f, re, size, real)),
              SELECT(lost, nan, sign_part(f, im, size, real)));
}

tsr_term array_build_conjugate(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return is_complex(t) ? OP(CONJUGATE, x[0]) : OP(COPY, x[0]);
}

tsr_term array_build_square(tsr_formula *f, const tsr_term *x, nd_type t)
{
    (void)t;
    return OP(MULTIPLY, x[0], x[0]);
}

/* 1 / x of integers: 1 and -1 are themselves; of 0 NumPy gives the least int32 or int64, else 0. */
static tsr_term reciprocal_integer(tsr_formula *f, tsr_term x, nd_type t)
{
    const tsr_term zero = NUMBER(t, 0), one = NUMBER(t, 1);
    const size_t   bytes = tsr_type_size(t);
    const uint64_t lowest = array_is_unsigned(t) || bytes < 4 ? 0 : (uint64_t)1 << (8 * bytes - 1);
    tsr_term       keeps = OP(EQUAL, x, one);
    if (!array_is_unsigned(t))
        keeps = OP(OR, keeps, OP(EQUAL, x, OP(NEGATIVE, one)));
    return SELECT(OP(EQUAL, x, zero), tsr_formula_constant(f, t, &lowest), SELECT(keeps, x, zero));
}

/* Smith, "Algorithm 116: complex division" (CACM 1962), of 1. */
static tsr_term reciprocal_complex(tsr_formula *f, tsr_term x, nd_type real)
{
    const tsr_term re = OP(REAL, x), im = OP(IMAG, x), one = NUMBER(real, 1);
    const tsr_term is_flat = OP(LESS_EQUAL, OP(ABSOLUTE, im), OP(ABSOLUTE, re));
    const tsr_term big = SELECT(is_flat, re, im), small = SELECT(is_flat, im, re);
    const tsr_term r = OP(DIVIDE, small, big), d = OP(ADD, big, OP(MULTIPLY, small, r));
    const tsr_term by_one = OP(DIVIDE, one, d), by_r = OP(DIVIDE, r, d);
    return OP(JOIN, SELECT(is_flat, by_one, by_r), OP(NEGATIVE, SELECT(is_flat, by_r, by_one)));
}

tsr_term array_build_reciprocal(tsr_formula *f, const tsr_term *x, nd_type t)
{
    if (is_complex(t))
        return reciprocal_complex(f, x[0], array_real_of(t));
    return is_whole(t) ? reciprocal_integer(f, x[0], t) : OP(DIVIDE, NUMBER(t, 1), x[0]);
}

tsr_term array_build_floor(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return is_whole(t) ? OP(COPY, x[0]) : OP(FLOOR, x[0]);
}

tsr_term array_build_ceil(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return is_whole(t) ? OP(COPY, x[0]) : OP(CEIL, x[0]);
}

tsr_term array_build_trunc(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return is_whole(t) ? OP(COPY, x[0]) : OP(TRUNC, x[0]);
}

/* What is behind the point, with the sign of x: of an infinite number 0. */
tsr_term array_build_modf_fraction(tsr_formula *f, const tsr_term *x, nd_type t)
{
    const tsr_term rest = OP(SUBTRACT, x[0], OP(TRUNC, x[0]));
    return OP(COPYSIGN, SELECT(OP(IS_INF, x[0]), NUMBER(t, 0), rest), x[0]);
}

/* x * (number / by): the quotient in the arithmetic of the type, as NumPy's constants are. */
static tsr_term scaled(tsr_formula *f, tsr_term x, nd_type t, double number, double by)
{
    const double q = t == TSR_F64 ? number / by : (double)((float)number / (float)by);
    return OP(MULTIPLY, x, NUMBER(t, q));
}

tsr_term array_build_deg2rad(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return scaled(f, x[0], t, M_PI, 180);
}

tsr_term array_build_rad2deg(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return scaled(f, x[0], t, 180, M_PI);
}

/* ---- near the ends of the range, where SLEEF's functions overflow early ---- */

/* `usual`, but for magnitudes above `limit`: there what `far` says, with the sign of x. */
static tsr_term beyond(tsr_formula *f, tsr_term x, nd_type t, double limit, tsr_term usual,
                       tsr_term far)
{
    const tsr_term is_far = OP(GREATER, OP(ABSOLUTE, x), NUMBER(t, limit));
    return SELECT(is_far, far, usual);
}

tsr_term array_build_log1p(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return beyond(f, x[0], t, 0x1p60, OP(LOG1P, x[0]), OP(LOG, x[0]));
}

/* log(2 |x|) of the large. */
static tsr_term log_twice(tsr_formula *f, tsr_term x, nd_type t)
{
    return OP(ADD, OP(LOG, OP(ABSOLUTE, x)), NUMBER(t, M_LN2));
}

tsr_term array_build_arcsinh(tsr_formula *f, const tsr_term *x, nd_type t)
{
    const tsr_term far = OP(COPYSIGN, log_twice(f, x[0], t), x[0]);
    return beyond(f, x[0], t, 0x1p60, OP(ARCSINH, x[0]), far);
}

tsr_term array_build_arccosh(tsr_formula *f, const tsr_term *x, nd_type t)
{
    const tsr_term far =
        SELECT(OP(GREATER, x[0], NUMBER(t, 0)), log_twice(f, x[0], t), OP(ARCCOSH, x[0]));
    return beyond(f, x[0], t, 0x1p60, OP(ARCCOSH, x[0]), far);
}

/* exp(|x|) / 2 of the large, by two halves. */
static tsr_term half_exp(tsr_formula *f, tsr_term x, nd_type t)
{
    const tsr_term root = OP(EXP, OP(MULTIPLY, OP(ABSOLUTE, x), NUMBER(t, 0.5)));
    return OP(MULTIPLY, OP(MULTIPLY, root, NUMBER(t, 0.5)), root);
}

tsr_term array_build_sinh(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return beyond(f, x[0], t, 50, OP(SINH, x[0]), OP(COPYSIGN, half_exp(f, x[0], t), x[0]));
}

tsr_term array_build_cosh(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return beyond(f, x[0], t, 50, OP(COSH, x[0]), half_exp(f, x[0], t));
}

/* ---- tests ---- */

/* A test of a part, of complex numbers joined by `both`; of integers `whole`. */
static tsr_term test(tsr_formula *f, tsr_term x, nd_type t, tsr_op op, tsr_op both, bool whole)
{
    if (is_whole(t))
        return truth(f, whole);
    if (!is_complex(t))
        return tsr_formula_apply(f, op, x, -1, -1);
    return tsr_formula_apply(f, both, tsr_formula_apply(f, op, OP(REAL, x), -1, -1),
                             tsr_formula_apply(f, op, OP(IMAG, x), -1, -1), -1);
}

tsr_term array_build_isnan(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return test(f, x[0], t, TSR_OP_IS_NAN, TSR_OP_OR, false);
}

tsr_term array_build_isinf(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return test(f, x[0], t, TSR_OP_IS_INF, TSR_OP_OR, false);
}

tsr_term array_build_isfinite(tsr_formula *f, const tsr_term *x, nd_type t)
{
    return test(f, x[0], t, TSR_OP_IS_FINITE, TSR_OP_AND, true);
}

/* ---- complex exp, log, sqrt ---- */

tsr_term array_build_exp(tsr_formula *f, const tsr_term *x, nd_type t)
{
    if (!is_complex(t))
        return OP(EXP, x[0]);
    const nd_type  real = array_real_of(t);
    const tsr_term re = OP(REAL, x[0]), im = OP(IMAG, x[0]), zero = NUMBER(real, 0);
    const tsr_term half = OP(EXP, OP(MULTIPLY, re, NUMBER(real, 0.5))); /* no overflow on the way */
    const tsr_term c = OP(MULTIPLY, OP(MULTIPLY, OP(COS, im), half), half);
    const tsr_term s = OP(MULTIPLY, OP(MULTIPLY, OP(SIN, im), half), half);
    const tsr_term lost = OP(AND, OP(IS_INF, re), OP(NOT, OP(IS_FINITE, im)));
    const tsr_term far = SELECT(OP(LESS, re, zero), zero, re);
    const tsr_term far_im = SELECT(OP(LESS, re, zero), zero, s);
    return OP(JOIN, SELECT(lost, far, SELECT(OP(EQUAL, im, zero), OP(EXP, re), c)),
              SELECT(lost, far_im, SELECT(OP(EQUAL, im, zero), im, s)));
}

/* log |z|: near 1 by what the square of the magnitude is above 1. */
static tsr_term log_magnitude(tsr_formula *f, tsr_term re, tsr_term im, nd_type real)
{
    const tsr_term one = NUMBER(real, 1), a = OP(ABSOLUTE, re), b = OP(ABSOLUTE, im);
    const tsr_term big = OP(MAXIMUM, a, b), small = OP(MINIMUM, a, b), size = OP(HYPOT, re, im);
    const tsr_term above = OP(ADD, OP(MULTIPLY, OP(SUBTRACT, big, one), OP(ADD, big, one)),
                              OP(MULTIPLY, small, small));
    const tsr_term is_near =
        OP(AND, OP(GREATER, size, NUMBER(real, 0.5)), OP(LESS, size, NUMBER(real, 2)));
    return SELECT(is_near, OP(MULTIPLY, NUMBER(real, 0.5), OP(LOG1P, above)), OP(LOG, size));
}

tsr_term array_build_log(tsr_formula *f, const tsr_term *x, nd_type t)
{
    if (!is_complex(t))
        return OP(LOG, x[0]);
    const tsr_term re = OP(REAL, x[0]), im = OP(IMAG, x[0]);
    return OP(JOIN, log_magnitude(f, re, im, array_real_of(t)), OP(ARCTAN2, im, re));
}

tsr_term array_build_sqrt(tsr_formula *f, const tsr_term *x, nd_type t)
{
    if (!is_complex(t))
        return OP(SQRT, x[0]);
    const nd_type  real = array_real_of(t);
    const tsr_term re = OP(REAL, x[0]), im = OP(IMAG, x[0]), zero = NUMBER(real, 0);
    const tsr_term half = NUMBER(real, 0.5), size = OP(HYPOT, re, im);
    const tsr_term mean = OP(ADD, OP(MULTIPLY, half, OP(ABSOLUTE, re)), OP(MULTIPLY, half, size));
    const tsr_term root = OP(SQRT, mean), other = OP(DIVIDE, OP(MULTIPLY, half, im), root);
    const tsr_term is_right = OP(EQUAL, OP(SIGNBIT, re), truth(f, false));
    const tsr_term is_zero = OP(EQUAL, size, zero), is_far = OP(IS_INF, im);
    const tsr_term plain_re = SELECT(is_right, root, OP(ABSOLUTE, other));
    const tsr_term plain_im = SELECT(is_right, other, OP(COPYSIGN, root, im));
    return OP(JOIN, SELECT(is_far, OP(ABSOLUTE, im), SELECT(is_zero, zero, plain_re)),
              SELECT(OP(OR, is_far, is_zero), im, plain_im));
}

tsr_term array_build_rint(tsr_formula *f, const tsr_term *x, nd_type t)
{
    if (!is_complex(t))
        return OP(RINT, x[0]);
    return OP(JOIN, OP(RINT, OP(REAL, x[0])), OP(RINT, OP(IMAG, x[0])));
}

tsr_term array_build_isposinf(tsr_formula *f, const tsr_term *x, nd_type t)
{
    (void)t;
    return OP(AND, OP(IS_INF, x[0]), OP(NOT, OP(SIGNBIT, x[0])));
}

tsr_term array_build_isneginf(tsr_formula *f, const tsr_term *x, nd_type t)
{
    (void)t;
    return OP(AND, OP(IS_INF, x[0]), OP(SIGNBIT, x[0]));
}

/* ---- bits ---- */

static tsr_term word(tsr_formula *f, uint64_t v)
{
    return tsr_formula_constant(f, TSR_U64, &v);
}

/* Sums of bits beside each other, twice as wide each time (Warren, "Hacker's Delight", 5-1). */
tsr_term array_build_bitwise_count(tsr_formula *f, const tsr_term *x, nd_type t)
{
    static const uint64_t mask[] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f};
    const tsr_term        size = array_is_unsigned(t) ? x[0] : OP(ABSOLUTE, x[0]);
    tsr_term              v = array_cast(f, size, TSR_U64);
    if (tsr_type_size(t) < 8) /* the magnitude of the least is itself: its upper bits go */
        v = OP(AND, v, word(f, ((uint64_t)1 << (8 * tsr_type_size(t))) - 1));
    for (int i = 0; i < 3; ++i) {
        const tsr_term m = word(f, mask[i]);
        v = OP(ADD, OP(AND, v, m), OP(AND, OP(SHIFT_RIGHT, v, word(f, 1u << i)), m));
    }
    return OP(SHIFT_RIGHT, OP(MULTIPLY, v, word(f, 0x0101010101010101)), word(f, 56));
}

tsr_term array_build_task(tsr_formula *f, const tsr_term *x, nd_type t)
{
    (void)f, (void)x, (void)t;
    return -1; /* never asked for: it is no formula */
}
