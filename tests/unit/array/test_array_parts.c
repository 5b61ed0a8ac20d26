/* Rounding, bounds, functions with two results, functions of indices: their options, what they leave alone,
 * and what they refuse. */
#include "array_test.h"

TestSuite(array_parts, .init = array_test_start, .fini = array_test_finish);

ND_FORMULA(sum_of_indices, (i, j), { return 10 * i + j; })

static double from_outside(double x)
{
    return x > 1 ? x : -1;
}
ND_FORMULA(by_function, (i), { return from_outside(i) + 1; })

Test(array_parts, rounding)
{
    ND_SCOPE();
    const nd_array a = ROW(0.125, 2.5, -1.05, 1234.5), out = nd_zeros(ND_F32, 4);
    EXPECT_TEXT(nd_round(a), "[ 0.000e+00  2.000e+00 -1.000e+00  1.234e+03]\n");
    EXPECT_TEXT(nd_round(nd_view(a, ":3"), .decimals = 2), "[ 0.12  2.5  -1.05]\n");
    EXPECT_TEXT(nd_round(a, .decimals = -2, .out = out), "[   0.    0.   -0. 1200.]\n");
    EXPECT_TEXT(out, "[   0.    0.   -0. 1200.]\n");
    EXPECT_TEXT(nd_round(a, .out = a), "[ 0.000e+00  2.000e+00 -1.000e+00  1.234e+03]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_round(a, .out = nd_zeros(ND_F64, 3)), "and out has (3,)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_round(a, .out = nd_zeros(ND_I64, 4)), "out of int64 does not");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_round(nd_zeros(ND_BOOL, 2), .decimals = 1), "takes no bool");
}

Test(array_parts, rounding_of_integers_leaves_what_is_behind_the_point)
{
    ND_SCOPE();
    const nd_array a = nd_from_memory(ND_I64, ND_SHAPE(3), (int64_t[]){INT64_MAX, -15, 25});
    EXPECT_TEXT(nd_round(a, .decimals = 3),
                "[9223372036854775807                 -15                  25]\n");
    EXPECT_TEXT(nd_round(nd_view(a, "1:"), .decimals = -1), "[-20  20]\n");
}

Test(array_parts, bounds)
{
    ND_SCOPE();
    const nd_array a = COUNT(5), b = nd_astype(a, ND_I8), out = nd_full(ND_F64, ND_SHAPE(5), 9);
    EXPECT_TEXT(nd_clip(a, 1, 3), "[1. 1. 2. 3. 3.]\n");
    EXPECT_TEXT(nd_clip(a, ND_NONE, 2.5), "[0.  1.  2.  2.5 2.5]\n");
    EXPECT_TEXT(nd_clip(a, 2, ND_NONE, .out = out, .where = nd_less(a, 3)), "[2. 2. 2. 9. 9.]\n");
    EXPECT_TEXT(out, "[2. 2. 2. 9. 9.]\n");
    EXPECT_TEXT(nd_clip(b, -1000, 1), "[0 1 1 1 1]\n");
    EXPECT_TEXT(nd_clip(b, ND_NONE, ND_NONE), "[0 1 2 3 4]\n");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_clip(b, 1000, 2000), "out of bounds for int8");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_clip(a, COUNT(2), 1), "(5,) and (2,)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_clip(a, 0, 1, .out = nd_zeros(ND_I32, 5)), "does not hold");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_clip(nd_zeros(ND_BOOL, 2), ND_NONE, ND_NONE), "no bool");
}

Test(array_parts, two_results)
{
    ND_SCOPE();
    nd_array       whole, exponent, rest;
    const nd_array a = ROW(1.5, -2.25, -0.0);
    EXPECT_TEXT(nd_modf(a, &whole), "[ 0.5  -0.25 -0.  ]\n");
    EXPECT_TEXT(whole, "[ 1. -2. -0.]\n");
    EXPECT_TEXT(nd_frexp(a, &exponent), "[ 0.75   -0.5625 -0.    ]\n");
    EXPECT_TEXT(exponent, "[1 2 0]\n");
    EXPECT_TEXT(nd_divmod(7, nd_from_memory(ND_I32, ND_SHAPE(3), (int32_t[]){2, -2, 0}), &rest),
                "[ 3 -4  0]\n");
    EXPECT_TEXT(rest, "[ 1 -1  0]\n");
}

Test(array_parts, results_that_go_where_operands_are)
{
    ND_SCOPE();
    const nd_array a = ROW(7, 9), b = ROW(2, 4), few = nd_greater(a, 8);
    nd_array       rest;
    EXPECT_TEXT(nd_divmod(a, b, &rest, .out = {b, a}), "[3. 2.]\n");
    EXPECT_TEXT(rest, "[1. 1.]\n");
    EXPECT_TEXT(a, "[1. 1.]\n");
    const nd_array c = ROW(7.5, 9.5);
    EXPECT_TEXT(nd_modf(c, &rest, .out = {c}, .where = few), "[7.5 0.5]\n");
    EXPECT_TEXT(rest, "[0. 9.]\n");
}

Test(array_parts, neither_result_is_written_where_one_cannot_be)
{
    ND_SCOPE();
    const nd_array a = COUNT(3), out = nd_ones(ND_F64, 3);
    nd_array       rest;
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_modf(a, &rest, .out = {out, nd_zeros(ND_I32, 3)}),
                        "a result of modf is float64, which out of int32 does not hold");
    EXPECT_FAILED_ARRAY(BAD_TYPE, rest, "test_array_parts.c");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_frexp(a, &rest, .out = {out, nd_zeros(ND_F64, 2)}),
                        "out has (2,)");
    EXPECT_TEXT(out, "[1. 1. 1.]\n");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_modf(nd_zeros(ND_C64, 2), &rest), "modf takes no complex64");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_divmod(a, COUNT(2), &rest), "(3,) and (2,)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, rest, "(3,) and (2,)");
}

Test(array_parts, functions_of_indices)
{
    ND_SCOPE();
    EXPECT_TEXT(nd_fromfunction(sum_of_indices, ND_SHAPE(2, 3)),
                "[[ 0.  1.  2.]\n [10. 11. 12.]]\n");
    EXPECT_TEXT(nd_fromfunction(by_function, ND_SHAPE(4)), "[0. 0. 3. 4.]\n");
    EXPECT_TEXT(nd_fromfunction(by_function, ND_SHAPE(0)), "[]\n");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_fromfunction(sum_of_indices, ND_SHAPE(3)),
                        "takes 2 indices; of 1 dimensions");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_fromfunction(by_function, ND_SHAPE(-1)),
                        "test_array_parts.c");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_fromfunction(sum_of_indices, ND_SHAPE(-1, 2)),
                        "test_array_parts.c");
}
