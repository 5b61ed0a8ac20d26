/* array_build.h - formulas under construction, for libs/array.
 *
 * A call of an elementwise function or a reduction is one formula: its inputs are the operands
 * with their own types, cast to the type that is computed in. Threads: any, for what only builds.
 * */
#ifndef ARRAY_BUILD_H
#define ARRAY_BUILD_H

#include <string.h>

#include <tessera/formula.h>

#include "array_inside.h"

/* How a function is written: `x` are terms of type `t`. */
typedef tsr_term array_builder(tsr_formula *f, const tsr_term *x, nd_type t);

#define X(NAME, name, operands, kind, text) array_builder array_build_op_##name;
TSR_OP_MAP(X)
#undef X

array_builder array_build_add, array_build_multiply, array_build_maximum, array_build_minimum, array_build_clip,
    array_build_heaviside, array_build_logaddexp, array_build_logaddexp2, array_build_less,
    array_build_less_equal, array_build_greater, array_build_greater_equal, array_build_absolute,
    array_build_sign, array_build_conjugate, array_build_square, array_build_reciprocal,
    array_build_floor, array_build_ceil, array_build_trunc, array_build_isnan, array_build_isinf,
    array_build_isfinite, array_build_sqrt, array_build_exp, array_build_log, array_build_deg2rad,
    array_build_rad2deg, array_build_log1p, array_build_arcsinh, array_build_arccosh,
    array_build_sinh, array_build_cosh, array_build_rint, array_build_isposinf,
    array_build_isneginf, array_build_bitwise_count, array_build_modf_fraction,
    array_build_task;

/* The type in which a composed function of half numbers is computed: float32; else `t`. */
nd_type array_wide_of(nd_type t);
/* x cast to `t` where it is of another type. */
tsr_term array_cast(tsr_formula *f, tsr_term x, nd_type t);

/* Functions with two results, by result: beside those of array_table.h. */
enum array_part {
    ARRAY_MODF_FRACTION = ND_N_OPS,
    ARRAY_MODF_WHOLE,
    ARRAY_FREXP_MANTISSA,
    ARRAY_FREXP_EXPONENT,
    ARRAY_N_FUNCTIONS
};
/* As nd_call_, of a number that may be a part's. */
nd_array array_function_call(int function, const nd_operand *x, int n, const nd_call_options *o);

/* An element as an argument of its own type. */
static inline tsr_arg array_number_arg(nd_type t, const array_element *e)
{
    tsr_arg a = {{0}, {0}, t, NULL, {0}};
    memcpy(a.value.bytes, e->bytes, sizeof a.value.bytes);
    return a;
}

/* A call under construction: a formula, and what its inputs are given. */
struct array_call {
    tsr_formula   formula;
    int           n;
    tsr_arg       arg[TSR_FORMULA_ARGS];
    tsr_site      at;
};
void array_call_begin(struct array_call *c, const char *name, tsr_site at);
/* An array as an input, with its own type. */
tsr_term array_call_store(struct array_call *c, nd_array a, nd_type t);
/* A value as an input: it is no part of the formula's content. */
tsr_term array_call_value(struct array_call *c, nd_type t, const array_element *e);
tsr_term array_call_real(struct array_call *c, nd_type t, double v);
/* Issue it with one output. */
tsr_status array_call_issue(const struct array_call *c, nd_array out) TSR_MUST_CHECK;
/* A new array of `type` and `shape` that the call's one output is written to; failed where that
 * fails. */
nd_array array_call_make(const struct array_call *c, nd_type type, const nd_shape *shape);

#endif
