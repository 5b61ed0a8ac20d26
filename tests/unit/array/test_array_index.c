/* Indexing by arrays and masks: what the cases beside NumPy do not show: lines, aliases, tuples. */
#include "array_test.h"

TestSuite(array_index, .init = array_test_start, .fini = array_test_finish);

#define INTS(...)                                                                                  \
    nd_from_memory(ND_I64, ND_SHAPE(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),           \
                   (int64_t[]){__VA_ARGS__})

Test(array_index, an_index_out_of_bounds_names_itself_and_the_line)
{
    ND_SCOPE();
    const nd_array a = COUNT(3, 4);
    char           words[64];
    const nd_array bad = nd_take(a, INTS(1, 3), .axes = ND_AXES(0));
    snprintf(words, sizeof words, "test_array_index.c:%d", __LINE__ - 1);
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, bad, "index 3 is out of bounds for axis 0 with size 3");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, bad, words);
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_add(bad, 1), words);
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_take(a, INTS(0, -13)),
                        "index -13 is out of bounds for size 12");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_get(a, INTS(0, 1), INTS(0, -5)),
                        "index -5 is out of bounds for axis 1 with size 4");
    EXPECT_TEXT(nd_take(a, INTS(0, -1), .axes = ND_AXES(1)),
                "[[ 0.  3.]\n [ 4.  7.]\n [ 8. 11.]]\n");
}

Test(array_index, what_is_refused_at_once_leaves_the_array)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3);
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_take(a, a), "indices must be integers, not float64");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_set(a, 1, a), "must be of integer (or boolean) type");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_set(a, 1, INTS(0), INTS(0), INTS(0)), "too many indices");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_set(a, 1, INTS(0, 1), INTS(0, 1, 2)),
                        "could not be broadcast together with shapes (2,) (3,)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_set(a, COUNT(2), INTS(0)),
                        "value array of shape (2,) could not be broadcast");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_get(a, nd_zeros(ND_BOOL, 2, 2)),
                        "size of axis is 3 but size of corresponding boolean axis is 2");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_take(nd_zeros(ND_F64, 0), INTS(0)), "has no elements");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_take(a, INTS(0), .axes = ND_AXES(0, 1)), "along one axis");
    EXPECT_TEXT(a, "[[0. 1. 2.]\n [3. 4. 5.]]\n");
}

Test(array_index, an_index_out_of_bounds_fails_what_was_to_be_written)
{
    ND_SCOPE();
    const nd_array a = COUNT(3), other = COUNT(3);
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_set(a, 1, INTS(7)), "index 7 is out of bounds");
    EXPECT_TEXT(other, "[0. 1. 2.]\n");
    EXPECT_TEXT(nd_assign(a, 5), "[5. 5. 5.]\n");
}

Test(array_index, writing_through_views_and_from_itself)
{
    ND_SCOPE();
    const nd_array a = COUNT(6), odd = nd_view(a, "1::2");
    EXPECT_TEXT(nd_set(odd, ROW(-1, -2, -3), INTS(2, 0, 2)), "[-2.  3. -3.]\n");
    EXPECT_TEXT(a, "[ 0. -2.  2.  3.  4. -3.]\n");
    EXPECT_TEXT(nd_set(a, a, INTS(5, 4, 3, 2, 1, 0)), "[-3.  4.  3.  2. -2.  0.]\n");
    EXPECT_TEXT(nd_set(a, nd_view(a, "::-1"), nd_less(a, 10)), "[ 0. -2.  2.  3.  4. -3.]\n");
    EXPECT_TEXT(nd_set(a, 0, nd_less(a, 0)), "[0. 0. 2. 3. 4. 0.]\n");
    EXPECT_TEXT(nd_put(a, INTS(0, -1, 0), ROW(7, 8)), "[7. 0. 2. 3. 4. 8.]\n");
}

Test(array_index, nonzero_gives_an_array_for_each_dimension)
{
    ND_SCOPE();
    const nd_array a = nd_from_memory(ND_I32, ND_SHAPE(2, 3), (int[]){0, 5, 0, 7, 0, -1});
    nd_array       at[2] = {{1}, {2}};
    cr_assert_eq(nd_nonzero(a, at), TSR_OK);
    EXPECT_TEXT(at[0], "[0 1 1]\n");
    EXPECT_TEXT(at[1], "[1 0 2]\n");
    EXPECT_TEXT(nd_get(a, at[0], at[1]), "[ 5  7 -1]\n");
    EXPECT_TEXT(nd_sum(nd_get(a, nd_greater(a, 100))), "0\n");
    cr_assert_eq(nd_nonzero(nd_view(a, "0, 0"), at), TSR_BAD_SHAPE);
    tsr_error_clear();
}

Test(array_index, along_an_axis)
{
    ND_SCOPE();
    const nd_array a = nd_from_memory(ND_I32, ND_SHAPE(2, 3), (int32_t[]){5, 4, 6, 1, 3, 2});
    const nd_array order = nd_argsort(a);
    EXPECT_TEXT(nd_take_along_axis(a, order, .axes = ND_AXES(1)), "[[4 5 6]\n [1 2 3]]\n");
    EXPECT_TEXT(nd_take_along_axis(a, nd_from_memory(ND_I8, ND_SHAPE(2), (int8_t[]){-1, 1})),
                "[2 4]\n");
    EXPECT_TEXT(nd_put_along_axis(a, nd_view(order, ":, :1"), 0, .axes = ND_AXES(1)),
                "[[5 0 6]\n [0 3 2]]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_take_along_axis(a, nd_view(order, "0"), .axes = ND_AXES(1)),
                        "they are to have 2 dimensions, as the array has");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_take_along_axis(a, order), "where no axis is given");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_take_along_axis(a, COUNT(2, 3), .axes = ND_AXES(1)), "float64");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_take_along_axis(a, order, .axes = ND_AXES(2)), "axis 2");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_put_along_axis(a, order, 1LL << 40, .axes = ND_AXES(1)),
                        "out of bounds for int32");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_put_along_axis(a, order, COUNT(4), .axes = ND_AXES(1)), "(4,)");
    EXPECT_TEXT(a, "[[5 0 6]\n [0 3 2]]\n");
    const nd_array far = nd_take_along_axis(a, nd_add(order, 3), .axes = ND_AXES(1));
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, far, "index 4 is out of bounds for axis 1");
}
