/* tessera/array_parts.h - numbers rounded to digits, and functions with two results.
 *
 *     nd_array cents = nd_round(price, .decimals = 2);
 *     nd_array days, hours;
 *     days = nd_divmod(time, 24, &hours);
 *
 * As C's own modf and frexp do, a function with two results answers with the first and writes the
 * second through a pointer.  A refused call answers with a failed array, and the second is one
 * too. */
#ifndef TESSERA_ARRAY_PARTS_H
#define TESSERA_ARRAY_PARTS_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- rounding ---- */

/* Options of nd_round. */
typedef struct nd_round_options {
    size_t   size;
    tsr_site at;
    int      decimals; /* digits behind the point; negative: before it */
    nd_array out;      /* write there, and answer with it; {0}: a new array */
} nd_round_options;
/* Elements rounded to so many digits, ties to even: rint(a * 10**decimals) / 10**decimals, in the
 * elements' own type; the parts of complex numbers each for itself.  Shape and type: those of `a`
 * (bools: float16).  Integers change only where decimals are negative.  Fails: BAD_TYPE for bools
 * with decimals but no `out`, or an `out` of another kind; BAD_SHAPE for an `out` of another shape.
 * Source: numpy.round. */
TSR_API nd_array nd_round_(nd_array a, const nd_round_options *o);
/* nd_round(a, .decimals = -2): as above. */
#define nd_round(a, ...) nd_round_((a), TSR_OPTIONS_(nd_round_options, __VA_ARGS__))

/* ---- two results ---- */

/* Options of functions with two results. */
typedef struct nd_pair_options {
    size_t   size;
    tsr_site at;
    nd_array out[2]; /* write there; {0}: a new array.  As in nd_call_options, and neither is
                        written unless both can be */
    nd_array where;  /* a bool array: elements where it is false keep what `out` had (in a new
                        array: 0) */
} nd_pair_options;
/* What is behind the point, and the integer before it, both floats with the sign of x.
 * Fails: as the elementwise functions.  Source: numpy.modf. */
TSR_API nd_array nd_modf_(nd_operand x, nd_array *out_whole, const nd_pair_options *o);
/* fraction = nd_modf(x, &whole): as above. */
#define nd_modf(x, out_whole, ...)                                                                 \
    nd_modf_(ND_OPERAND(x), (out_whole), TSR_OPTIONS_(nd_pair_options, __VA_ARGS__))
/* A mantissa m, 0.5 <= |m| < 1 or 0, and an int32 exponent e: x = m * 2**e.  Infinite numbers and
 * NaNs are their own mantissa; their exponent is 0.  Fails: as the elementwise functions.
 * Source: numpy.frexp. */
TSR_API nd_array nd_frexp_(nd_operand x, nd_array *out_exponent, const nd_pair_options *o);
/* mantissa = nd_frexp(x, &exponent): as above. */
#define nd_frexp(x, out_exponent, ...)                                                             \
    nd_frexp_(ND_OPERAND(x), (out_exponent), TSR_OPTIONS_(nd_pair_options, __VA_ARGS__))
/* floor_divide(x1, x2) and remainder(x1, x2), in one pass.  Fails: as these.  Source:
 * numpy.divmod. */
TSR_API nd_array nd_divmod_(nd_operand x1, nd_operand x2, nd_array *out_remainder,
                            const nd_pair_options *o);
/* quotient = nd_divmod(x1, x2, &remainder): as above. */
#define nd_divmod(x1, x2, out_remainder, ...)                                                      \
    nd_divmod_(ND_OPERAND(x1), ND_OPERAND(x2), (out_remainder),                                    \
               TSR_OPTIONS_(nd_pair_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
