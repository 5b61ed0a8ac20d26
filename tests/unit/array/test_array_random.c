/* Random numbers: what they are like, and what is refused. */
#include "array_test.h"

TestSuite(array_random, .init = array_test_start, .fini = array_test_finish);

Test(array_random, moments_are_those_of_the_distribution)
{
    ND_SCOPE();
    const nd_shape s = ND_SHAPE(400, 500);
    const nd_array u = nd_random_uniform(3, s, .low = -1, .high = 3);
    cr_expect_float_eq(nd_value(nd_mean(u)), 1, 0.01);
    cr_expect_geq(nd_value(nd_min(u)), -1);
    cr_expect_lt(nd_value(nd_max(u)), 3);
    const nd_array z = nd_random_normal(3, s, .mean = 5, .deviation = 2), d = nd_sub(z, 5);
    cr_expect_float_eq(nd_value(nd_mean(z)), 5, 0.02);
    cr_expect_float_eq(nd_value(nd_mean(nd_mul(d, d))), 4, 0.05);
    cr_expect_float_eq(nd_value(nd_mean(nd_mul(d, nd_mul(d, d)))), 0, 0.15);
    const nd_array i = nd_random_integers(3, -2, 3, s);
    cr_expect_float_eq(nd_value(nd_mean(nd_equal(i, 2))), 0.2, 0.005);
    cr_expect_eq(nd_value_i64(nd_min(i)), -2);
    EXPECT_TEXT(nd_unique(i), "[-2 -1  0  1  2]\n");
}

Test(array_random, a_part_is_the_same_wherever_it_is_made)
{
    ND_SCOPE();
    const nd_array a = nd_random_words(9, ND_SHAPE(6, 7));
    EXPECT_TEXT(nd_all(nd_equal(nd_ravel(a), nd_random_words(9, ND_SHAPE(42)))), "True\n");
    EXPECT_TEXT(nd_any(nd_equal(a, nd_random_words(10, ND_SHAPE(6, 7)))), "False\n");
    EXPECT_TEXT(nd_any(nd_equal(a, nd_random_words(9, ND_SHAPE(6, 7), .stream = 1))), "False\n");
    EXPECT_TEXT(nd_sort(nd_random_permutation(1, 8)), "[0 1 2 3 4 5 6 7]\n");
}

Test(array_random, what_is_refused)
{
    ND_SCOPE();
    const nd_shape s = ND_SHAPE(3);
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_random_uniform(1, s, .type = ND_I32), "they are floats");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_random_integers(1, 0, 2, s, .type = ND_F32),
                        "of type float32");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_random_integers(1, 2, 2, s), "low >= high");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_random_integers(1, 0, 129, s, .type = ND_I8),
                        "integer 128 out of bounds for int8");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_random_permutation(1, -1), "a permutation of -1 numbers");
}
