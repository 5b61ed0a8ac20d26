/* tessera/formula.h - elementwise work as small typed expressions, which the runtime fuses.
 *
 * A formula is plain data: a list of terms, each an input, a constant, an index, or an operation on
 * earlier terms; and outputs, each a term, written as it is or folded along some dimensions.  Build it
 * once and keep it, or build it for each call: the runtime knows it by its content, so it may live on the
 * stack, in a static table, and be issued on any runtime.
 *
 *     tsr_formula f;
 *     tsr_formula_begin(&f, "axpy");
 *     const tsr_term a = tsr_formula_input(&f, TSR_F64), x = tsr_formula_input(&f, TSR_F64);
 *     const tsr_term y = tsr_formula_input(&f, TSR_F64);
 *     tsr_formula_output(&f, tsr_apply(&f, TSR_OP_ADD, tsr_apply(&f, TSR_OP_MULTIPLY, a, x), y));
 *     tsr_status s = tsr_formula_issue(&f, (tsr_store[]){out}, 1,
 *                                      (tsr_arg[]){tsr_arg_f64(2.5), tsr_arg_of(x), tsr_arg_of(y)}, 3);
 *
 * Shapes: inputs are stretched to one shape as NumPy broadcasts them; every output that is not folded has
 * that shape (or, where no input has one, gives it).  Inputs may be values: they do not count as content,
 * so that a number that changes from call to call costs nothing; constants do.
 *
 * Types: nothing is promoted.  The operands of one operation have one type; TSR_OP_MAP says which.  A mistake
 * makes the formula a failed one, and is told where it is issued, by the line of that call.
 *
 * Order: as if every formula ran where it was issued, reading all its inputs before it writes.  The runtime
 * may run several in one pass and never store what nobody can name any more; no bit depends on it. */
#ifndef TESSERA_FORMULA_H
#define TESSERA_FORMULA_H

#include <tessera/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The operations: name, number of operands, what they take and give, meaning.
 *
 *   ANY      every type of TSR_TYPE_MAP but INDEXED_*        NUMBER   integers, floats, complex
 *   REAL     integers and floats                             FLOAT    floats
 *   SIGNED   signed integers, floats, complex                FIELD    floats and complex
 *   BITS     bool and integers                               INTEGER  integers
 *   ORDERED  bool, integers, floats                          COMPLEX  complex
 *
 * give the operands' type; TEST_* and SELECT, CAST, ... as they say.  Integers wrap.  Half types are brought to
 * float, and rounded to nearest even after each operation.  FLOAT functions that are not exact are SLEEF's
 * deterministic ones (within 1.0 ulp; ERFC 1.5), on half types through float. */
#define TSR_OP_MAP(X)                                                                              \
    X(COPY, copy, 1, ANY, "the operand")                                                           \
    X(ADD, add, 2, NUMBER, "x + y")                                                                \
    X(SUBTRACT, subtract, 2, NUMBER, "x - y")                                                      \
    X(MULTIPLY, multiply, 2, NUMBER, "x * y")                                                      \
    X(DIVIDE, divide, 2, FIELD, "x / y")                                                           \
    X(FLOOR_DIVIDE, floor_divide, 2, REAL, "floor(x / y); integers: by 0 gives 0")                 \
    X(REMAINDER, remainder, 2, REAL, "x - y * floor(x / y), with y's sign; integers: by 0 gives 0") \
    X(FMOD, fmod, 2, REAL, "C's remainder, with x's sign; integers: by 0 gives 0")                 \
    X(POWER, power, 2, REAL, "x to the y; integers: y < 0 gives 0 unless x is 1 or -1")            \
    X(MINIMUM, minimum, 2, ORDERED, "the lesser; a NaN wins, the first of two")                    \
    X(MAXIMUM, maximum, 2, ORDERED, "the greater; a NaN wins, the first of two")                   \
    X(FMIN, fmin, 2, ORDERED, "the lesser; a number wins over a NaN")                              \
    X(FMAX, fmax, 2, ORDERED, "the greater; a number wins over a NaN")                             \
    X(HYPOT, hypot, 2, FLOAT, "sqrt(x*x + y*y)")                                                   \
    X(ARCTAN2, arctan2, 2, FLOAT, "angle of the point (y, x), the operands in this order")         \
    X(COPYSIGN, copysign, 2, FLOAT, "x with the sign of y")                                        \
    X(AND, and, 2, BITS, "bitwise; on bool logical")                                               \
    X(OR, or, 2, BITS, "bitwise; on bool logical")                                                 \
    X(XOR, xor, 2, BITS, "bitwise; on bool logical")                                               \
    X(SHIFT_LEFT, shift_left, 2, INTEGER, "x << y; by the width or more, or y < 0: 0")             \
    X(SHIFT_RIGHT, shift_right, 2, INTEGER, "x >> y; by the width or more, or y < 0: 0, or -1 where x < 0") \
    X(EQUAL, equal, 2, TEST_ANY, "x == y, a bool")                                                 \
    X(NOT_EQUAL, not_equal, 2, TEST_ANY, "x != y")                                                 \
    X(LESS, less, 2, TEST_ORDERED, "x < y")                                                        \
    X(LESS_EQUAL, less_equal, 2, TEST_ORDERED, "x <= y")                                           \
    X(GREATER, greater, 2, TEST_ORDERED, "x > y")                                                  \
    X(GREATER_EQUAL, greater_equal, 2, TEST_ORDERED, "x >= y")                                     \
    X(NOT, not, 1, BITS, "bitwise; on bool logical")                                               \
    X(NEGATIVE, negative, 1, NUMBER, "-x")                                                         \
    X(ABSOLUTE, absolute, 1, MAGNITUDE, "|x|; of a complex number a float")                        \
    X(SIGN, sign, 1, REAL, "-1, 0, 1; of a NaN it")                                                \
    X(FLOOR, floor, 1, FLOAT, "to an integer, down")                                               \
    X(CEIL, ceil, 1, FLOAT, "to an integer, up")                                                   \
    X(TRUNC, trunc, 1, FLOAT, "to an integer, towards 0")                                          \
    X(RINT, rint, 1, FLOAT, "to the nearest integer, ties to even")                                \
    X(IS_NAN, is_nan, 1, TEST_FIELD, "x is a NaN")                                                 \
    X(IS_INF, is_inf, 1, TEST_FIELD, "x is infinite")                                              \
    X(IS_FINITE, is_finite, 1, TEST_FIELD, "x is neither")                                         \
    X(SIGNBIT, signbit, 1, TEST_FLOAT, "x has its sign set")                                       \
    X(SQRT, sqrt, 1, FLOAT, "square root, exactly rounded")                                        \
    X(CBRT, cbrt, 1, FLOAT, "cube root")                                                           \
    X(EXP, exp, 1, FLOAT, "e to the x")                                                            \
    X(EXP2, exp2, 1, FLOAT, "2 to the x")                                                          \
    X(EXPM1, expm1, 1, FLOAT, "e to the x, less 1")                                                \
    X(LOG, log, 1, FLOAT, "natural logarithm")                                                     \
    X(LOG2, log2, 1, FLOAT, "to base 2")                                                           \
    X(LOG10, log10, 1, FLOAT, "to base 10")                                                        \
    X(LOG1P, log1p, 1, FLOAT, "of 1 + x")                                                          \
    X(SIN, sin, 1, FLOAT, "sine, radians")                                                         \
    X(COS, cos, 1, FLOAT, "cosine")                                                                \
    X(TAN, tan, 1, FLOAT, "tangent")                                                               \
    X(ARCSIN, arcsin, 1, FLOAT, "inverse sine")                                                    \
    X(ARCCOS, arccos, 1, FLOAT, "inverse cosine")                                                  \
    X(ARCTAN, arctan, 1, FLOAT, "inverse tangent")                                                 \
    X(SINH, sinh, 1, FLOAT, "hyperbolic sine")                                                     \
    X(COSH, cosh, 1, FLOAT, "hyperbolic cosine")                                                   \
    X(TANH, tanh, 1, FLOAT, "hyperbolic tangent")                                                  \
    X(ARCSINH, arcsinh, 1, FLOAT, "inverse of sinh")                                               \
    X(ARCCOSH, arccosh, 1, FLOAT, "inverse of cosh")                                               \
    X(ARCTANH, arctanh, 1, FLOAT, "inverse of tanh")                                               \
    X(ERF, erf, 1, FLOAT, "error function")                                                        \
    X(ERFC, erfc, 1, FLOAT, "1 - erf(x)")                                                          \
    X(TGAMMA, tgamma, 1, FLOAT, "gamma function")                                                  \
    X(LGAMMA, lgamma, 1, FLOAT, "logarithm of its magnitude")                                      \
    X(CONJUGATE, conjugate, 1, COMPLEX, "real part less i times the imaginary")                    \
    X(REAL, real, 1, PART, "real part of a complex number, a float")                               \
    X(IMAG, imag, 1, PART, "imaginary part")                                                       \
    X(JOIN, join, 2, WHOLE, "x + i y of two f32 or f64, complex")                                  \
    X(PAIR, pair, 2, INDEXED, "f64 or i64 with an i64: INDEXED, for ARGMIN and ARGMAX")            \
    X(SELECT, select, 3, CHOICE, "where the first, a bool, is true the second, else the third")    \
    X(CAST, cast, 1, CONVERSION, "to the type of tsr_formula_cast()")

/* An operation of a term. */
typedef enum tsr_op {
    TSR_OP_NONE,
#define X(NAME, name, operands, kind, text) TSR_OP_##NAME,
    TSR_OP_MAP(X)
#undef X
    TSR_N_OPS
} tsr_op;

/* A term of a formula being built; negative: failed (the formula is, too). */
typedef int tsr_term;

enum {
    TSR_FORMULA_TERMS = 96,     /* of one formula, at most */
    TSR_FORMULA_ARGS = 14,      /* inputs and outputs together, at most */
    TSR_FORMULA_CONSTANTS = 24,
    TSR_ALL_AXES = 0xff         /* fold along every dimension */
};

/* A term, as the formula keeps it: read it, make it by the calls below. */
typedef struct tsr_formula_term_ {
    uint8_t  op;   /* tsr_op; TSR_N_OPS + 0, 1, 2: input, constant, index along a dimension */
    uint8_t  type; /* tsr_type */
    uint16_t a, b, c; /* operands; number of the input or constant; dimension */
} tsr_formula_term_;

/* An output: the term, how it is folded (TSR_NO_REDUCTION: it is not), along which dimensions. */
typedef struct tsr_formula_output_ {
    uint16_t term;
    uint8_t  reduction, axes;
} tsr_formula_output_;

/* A formula.  Plain data; its fields are the library's. */
typedef struct tsr_formula {
    const char          *name; /* lives as long as the program */
    int16_t              n_terms, n_inputs, n_outputs, n_constants;
    int16_t              mistake; /* the first: what was wrong ... */
    int16_t              mistake_op;
    int16_t              mistake_type[3]; /* ... with which operands */
    tsr_formula_output_  output[TSR_FORMULA_ARGS];
    tsr_formula_term_    term[TSR_FORMULA_TERMS];
    unsigned char        constant[TSR_FORMULA_CONSTANTS][16];
} tsr_formula;

/* Begin a formula; `name` (which lives as long as the program) shows in traces and errors.  O(1).
 * Threads: any, here and in the other calls that build: nothing but *f is touched. */
TSR_API void tsr_formula_begin(tsr_formula *f, const char *name);
/* The next input: inputs are numbered as they are made.  Types: those of TSR_TYPE_MAP but INDEXED_*. */
TSR_API tsr_term tsr_formula_input(tsr_formula *f, tsr_type type);
/* A constant of any such type, copied from `value` (tsr_type_size(type) bytes). */
TSR_API tsr_term tsr_formula_constant(tsr_formula *f, tsr_type type, const void *value);
/* A number as a constant of a real type, rounded to it; for complex types the real part. */
TSR_API tsr_term tsr_formula_number(tsr_formula *f, tsr_type type, double value);
/* The index of the element along dimension `dim` of the formula's shape, from 0 on: an i64. */
TSR_API tsr_term tsr_formula_index(tsr_formula *f, int dim);
/* An operation on one, two or three terms; unused ones are not looked at. */
TSR_API tsr_term tsr_formula_apply(tsr_formula *f, tsr_op op, tsr_term x, tsr_term y, tsr_term z);
/* tsr_apply(&f, TSR_OP_SQRT, x), (&f, TSR_OP_ADD, x, y), (&f, TSR_OP_SELECT, c, x, y): as above. */
#define tsr_apply(f, ...)                   TSR_APPLY_((f), __VA_ARGS__, -1, -1, -1)
#define TSR_APPLY_(f, op, x, y, z, ...)     tsr_formula_apply((f), (op), (x), (y), (z))
/* A term as an element of another type, as NumPy's astype.  To bool: not zero (a NaN is true).  A complex
 * number to a real one: its real part.  A float to an integer: towards 0; where that is out of range, or a
 * NaN: to i64 and u64 -2**63 (u64: past 2**63 wraps), to i32 -2**31, to narrower ones and u32 the low bits of
 * what i32 (u32: i64) gives. */
TSR_API tsr_term tsr_formula_cast(tsr_formula *f, tsr_term x, tsr_type to);
/* The type of a term; TSR_TYPE_ANY of a failed one. */
TSR_API tsr_type tsr_formula_type(const tsr_formula *f, tsr_term x);
/* The next output: `x` itself. */
TSR_API void tsr_formula_output(tsr_formula *f, tsr_term x);
/* The next output: `x` folded along the dimensions whose bits are set (those past the shape's are not looked
 * at; TSR_ALL_AXES: all) with an operator of task.h that is defined on its type.  The store has the shape
 * without these dimensions, or with extent 1 along each.  It is set, not added to: of no elements it is
 * the operator's identity.  Sums and products of floats fold along canonical leaves: the same bits anywhere. */
TSR_API void tsr_formula_fold(tsr_formula *f, tsr_term x, tsr_reduction reduction, unsigned axes);

/* Issue a formula: output k is written to out[k]; input k is in[k], a store or a value (converted to the
 * input's type: BAD_TYPE where it is not in it).  An output may be an input as well, through any view.  Waits:
 * never.  Fails, and the outputs carry the cause: BAD_ARGUMENT (numbers of arguments; a mistake in the
 * formula; an output twice), BAD_TYPE, BAD_SHAPE, BAD_HANDLE, NOT_ALLOWED (an output that cannot be
 * written); UNSUPPORTED (what this version has no kernel for).  Failed in, failed out. */
TSR_API tsr_status tsr_formula_issue_(const tsr_formula *f, const tsr_store *out, int n_out,
                                      const tsr_arg *in, int n_in, tsr_site at) TSR_MUST_CHECK;
/* tsr_formula_issue(&f, outs, 1, (tsr_arg[]){x, y}, 2): as above. */
#define tsr_formula_issue(f, ...) tsr_formula_issue_((f), __VA_ARGS__, TSR_HERE)

/* The name of an operation ("add"), and whether it takes operands of this type.  Threads: any. */
TSR_API const char *tsr_op_name(tsr_op op);
/* Whether an operation takes this type as its first operand (of SELECT: its second). */
TSR_API bool tsr_op_takes(tsr_op op, tsr_type type);

#ifdef __cplusplus
}
#endif
#endif
