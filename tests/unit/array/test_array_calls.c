/* Calls of elementwise functions and reductions: options, aliases, and what they refuse. */
#include "array_test.h"

TestSuite(array_calls, .init = array_test_start, .fini = array_test_finish);

Test(array_calls, out_and_where)
{
    ND_SCOPE();
    const nd_array a = ROW(1, 2, 3), big = nd_greater(a, 1.5), out = nd_zeros(ND_F32, 3);
    EXPECT_TEXT(nd_add(a, 10, .out = out, .where = big), "[ 0. 12. 13.]\n");
    EXPECT_TEXT(out, "[ 0. 12. 13.]\n");
    EXPECT_TEXT(nd_mul(a, a, .where = big), "[0. 4. 9.]\n");
    EXPECT_TEXT(nd_sub(a, nd_view(a, "::-1"), .out = a), "[-2.  0.  2.]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_add(a, COUNT(2, 3), .out = out),
                        "the result has shape (2, 3), and out has");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_add(a, 1, .out = nd_zeros(ND_I32, 3)),
                        "which out of int32 does not hold");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_add(a, 1, .where = a), "it is to be bool");
}

Test(array_calls, what_is_refused_names_types_and_shapes)
{
    ND_SCOPE();
    const nd_array b = nd_zeros(ND_BOOL, 2);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_add(COUNT(2, 3), COUNT(2)), "(2, 3) and (2,)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_sub(b, b), "subtract takes no bool with bool");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_bitwise_and(COUNT(2), 1), "bitwise_and takes no float64");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_add(nd_zeros(ND_I8, 2), 128),
                        "integer 128 out of bounds for int8");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_pow(nd_ones(ND_I8, 2), -1), "negative integer powers");
}

Test(array_calls, a_failed_operand_fails_the_result_with_its_own_line)
{
    ND_SCOPE();
    const nd_array bad = nd_add(COUNT(2), COUNT(3));
    const int      line = __LINE__ - 1;
    char           words[64];
    snprintf(words, sizeof words, "test_array_calls.c:%d:", line);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_max(nd_abs(nd_mul(2, bad))), words);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_add(COUNT(2), 1, .out = bad), words);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_where(bad, 1, 2), words);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_concatenate(0, COUNT(2), bad), words);
}

Test(array_calls, integers_compare_as_integers)
{
    ND_SCOPE();
    const nd_array u =
        nd_from_memory(ND_U64, ND_SHAPE(3), (uint64_t[]){0, (1ULL << 63) + 1, UINT64_MAX});
    const nd_array i = nd_from_memory(ND_I64, ND_SHAPE(3), (int64_t[]){-1, INT64_MAX, -1});
    EXPECT_TEXT(nd_less(i, u), "[ True  True  True]\n");
    EXPECT_TEXT(nd_equal(u, i), "[False False False]\n");
    EXPECT_TEXT(nd_greater(u, -1), "[ True  True  True]\n");
    EXPECT_TEXT(nd_less(nd_view(i, ":2"), UINT64_MAX), "[ True  True]\n");
}

Test(array_calls, reductions)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3);
    EXPECT_TEXT(nd_sum(a, .axes = ND_AXES(0)), "[3. 5. 7.]\n");
    EXPECT_TEXT(nd_sum(a, .axes = ND_AXES(1), .keepdims = true), "[[ 3.]\n [12.]]\n");
    EXPECT_TEXT(nd_mean(a, .axes = ND_AXES(-1), .where = nd_less(a, 4)), "[1. 3.]\n");
    EXPECT_TEXT(nd_ptp(a), "5.0\n");
    EXPECT_TEXT(nd_argmax(a, .axes = ND_AXES(1)), "[2 2]\n");
    EXPECT_TEXT(nd_sum(nd_greater(a, 1)), "4\n");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_sum(a, .axes = ND_AXES(2)), "axis 2 is out of bounds");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_sum(a, .axes = ND_AXES(0, -2)), "given twice");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_max(COUNT(0, 3)), "zero-size array (0, 3) to max");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_max(a, .where = nd_less(a, 4)), "max has no identity");
}

Test(array_calls, options_of_reductions)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3), few = nd_less(a, 4), out = nd_zeros(ND_F32, 2);
    EXPECT_TEXT(nd_var(a), "2.9166666666666665\n");
    EXPECT_TEXT(nd_std(a, .axes = ND_AXES(1), .ddof = 1, .out = out), "[1. 1.]\n");
    EXPECT_TEXT(out, "[1. 1.]\n");
    EXPECT_TEXT(nd_max(a, .where = few, .initial = ND_OPERAND(-1)), "3.0\n");
    EXPECT_TEXT(nd_sum(nd_zeros(ND_I8, 0), .initial = ND_OPERAND(7)), "7\n");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_mean(a, .initial = ND_OPERAND(1)), "mean takes no initial");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_max(a, .type = ND_F32), "max takes no type");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_sum(a, .initial = ND_OPERAND(a)), "initial is a number");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_sum(a, .out = out), "has shape (), and out has (2,)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_sum(a, .axes = ND_AXES(1), .out = nd_zeros(ND_I32, 2)),
                        "which out of int32 does not hold");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_ptp(few), "ptp takes no bool");
    EXPECT_TEXT(out, "[1. 1.]\n");
}

Test(array_calls, a_slice_of_nans_fails_where_it_is_asked_for)
{
    ND_SCOPE();
    const nd_array a = nd_divide(nd_zeros(ND_F64, 2, 2), COUNT(2, 2)); /* [[nan 0] [0 0]] */
    EXPECT_TEXT(nd_nanargmax(a), "1\n");
    EXPECT_TEXT(nd_nansum(a, .axes = ND_AXES(0)), "[0. 0.]\n");
    const nd_array bad = nd_nanargmin(nd_view(a, ":, :1"), .axes = ND_AXES(1));
    const int      line = __LINE__ - 1;
    char           words[64];
    snprintf(words, sizeof words, "test_array_calls.c:%d", line);
    EXPECT_FAILED_ARRAY(TASK_FAILED, bad, "All-NaN slice encountered");
    EXPECT_FAILED_ARRAY(TASK_FAILED, nd_add(bad, 1), words);
}

Test(array_calls, assigning)
{
    ND_SCOPE();
    const nd_array a = nd_zeros(ND_I32, 2, 3);
    EXPECT_TEXT(nd_assign(a, 2.75), "[[2 2 2]\n [2 2 2]]\n");
    EXPECT_TEXT(nd_assign(nd_view(a, "0"), COUNT(1, 3)), "[0 1 2]\n");
    EXPECT_TEXT(nd_assign(nd_view(a, "1, 1:"), nd_view(a, "0, 1:")), "[1 2]\n");
    EXPECT_TEXT(nd_assign(nd_view(a, "0, 1:"), nd_view(a, "0, :-1")),
                "[0 1]\n"); /* read before written */
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_assign(a, COUNT(2)),
                        "could not broadcast input array from shape (2,) into shape (2, 3)");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_assign(a, 1LL << 31), "out of bounds for int32");
    EXPECT_TEXT(a, "[[0 0 1]\n [2 1 2]]\n");
}

Test(array_calls, scans)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3), out = nd_zeros(ND_F32, 6);
    EXPECT_TEXT(nd_cumsum(a), "[ 0.  1.  3.  6. 10. 15.]\n");
    EXPECT_TEXT(nd_cumprod(nd_add(a, 1), .axes = ND_AXES(0)), "[[ 1.  2.  3.]\n [ 4. 10. 18.]]\n");
    EXPECT_TEXT(nd_cumsum(nd_greater(a, 1), .axes = ND_AXES(1)), "[[0 0 1]\n [1 2 3]]\n");
    EXPECT_TEXT(nd_cumsum(a, .type = ND_I8, .out = out), "[ 0.  1.  3.  6. 10. 15.]\n");
    EXPECT_TEXT(nd_cumsum(a, .axes = ND_AXES(1), .out = a), "[[ 0.  1.  3.]\n [ 3.  7. 12.]]\n");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_cumsum(a, .axes = ND_AXES(2)), "axis 2 is out of bounds");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_cumsum(a, .axes = ND_AXES(0, 1)), "along one axis");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_cumsum(a, .out = a), "has shape (6,), and out has (2, 3)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_cumsum(a, .out = nd_zeros(ND_I32, 6)), "does not hold");
    EXPECT_TEXT(a, "[[ 0.  1.  3.]\n [ 3.  7. 12.]]\n");
}

Test(array_calls, loops_that_are_no_formulas)
{
    ND_SCOPE();
    const nd_array a = ROW(1, -2, 12), big = nd_greater(a, 0), out = nd_zeros(ND_F32, 3);
    const nd_array i = nd_astype(a, ND_I16);
    EXPECT_TEXT(nd_gcd(i, 8), "[1 2 4]\n");
    EXPECT_TEXT(nd_lcm(i, 8, .where = big), "[ 8  0 24]\n");
    EXPECT_TEXT(nd_ldexp(a, nd_view(i, "1:2"), .out = out, .where = big), "[0.25 0.   3.  ]\n");
    EXPECT_TEXT(nd_bitwise_count(i), "[1 1 2]\n");
    const nd_array half = nd_astype(a, ND_BF16);
    EXPECT_TEXT(nd_astype(nd_spacing(half), ND_F64), "[ 0.0078125 -0.015625   0.0625   ]\n");
    EXPECT_TEXT(nd_astype(nd_nextafter(half, nd_zeros(ND_BF16)), ND_F64),
                "[ 0.99609375 -1.9921875  11.9375    ]\n");
    EXPECT_TEXT(nd_power(nd_astype(a, ND_C128), 2), "[  1.+0.j   4.-0.j 144.+0.j]\n");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_gcd(a, 2), "gcd takes no float64");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_ldexp(a, 1.5), "ldexp takes no float64");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_gcd(i, nd_view(i, ":2")), "(3,) and (2,)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_ldexp(a, i, .out = nd_zeros(ND_I32, 3)), "does not hold");
}

/* A call is found again by its function and types: what else it has is looked at each time. */
Test(array_calls, the_same_call_again)
{
    ND_SCOPE();
    const nd_array i = nd_astype(ROW(1, 2, 3), ND_I8), a = ROW(1, 2, 3), out = nd_zeros(ND_F32, 3);
    for (int k = 1; k < 4; ++k) {
        static const char *const less[] = {"[False False False]\n", "[ True False False]\n",
                                           "[ True  True False]\n"};
        static const char *const times[] = {"[-1. -2. -3.]\n", "[0. 0. 0.]\n", "[1. 2. 3.]\n"};
        static const char *const some[] = {"[ 2. -2. -3.]\n", "[2. 0. 0.]\n", "[2. 2. 3.]\n"};
        char                     sum[32];
        snprintf(sum, sizeof sum, "[%d %d %d]\n", 1 + k, 2 + k, 3 + k);
        EXPECT_TEXT(nd_add(i, k), sum);
        EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_add(i, 127 + k), "out of bounds for int8");
        EXPECT_TEXT(nd_less(i, k), less[k - 1]);
        EXPECT_TEXT(nd_less(i, 1000 * k), "[ True  True  True]\n");
        EXPECT_TEXT(nd_greater(-1000 * k, i), "[False False False]\n");
        EXPECT_TEXT(nd_power(i, 2), "[1 4 9]\n");
        EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_power(i, -k), "negative integer powers");
        EXPECT_TEXT(nd_clip(2.5, 0, a), "[1.  2.  2.5]\n");
        EXPECT_TEXT(nd_add(a, a), "[2. 4. 6.]\n");
        EXPECT_TEXT(nd_add(a, nd_view(a, "1:2")), "[3. 4. 5.]\n");
        EXPECT_TEXT(nd_add(nd_view(a, ":2"), nd_view(a, "1:")), "[3. 5.]\n");
        EXPECT_TEXT(nd_mul(a, k - 2, .out = out), times[k - 1]);
        EXPECT_TEXT(nd_mul(a, 2, .out = out, .where = nd_less(a, 2)), some[k - 1]);
        EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_mul(a, 2, .out = nd_zeros(ND_F32, 2)), "(3,) and (2,)");
    }
    nd_array gone;
    {
        ND_SCOPE();
        gone = nd_add(a, a);
    }
    EXPECT_FAILED_ARRAY(BAD_HANDLE, nd_add(a, gone), "nd_keep() would have kept it");
}
