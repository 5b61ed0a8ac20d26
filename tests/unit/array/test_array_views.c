/* Views: each text of a slice against what NumPy shows, and what NumPy refuses. */
#include "array_test.h"

TestSuite(array_views, .init = array_test_start, .fini = array_test_finish);

Test(array_views, slices_by_text_are_numpys)
{
    ND_SCOPE();
    const nd_array a = COUNT(3, 4);
    EXPECT_TEXT(nd_view(a, "1"), "[4. 5. 6. 7.]\n");
    EXPECT_TEXT(nd_view(a, "-1, -1"), "11.0\n");
    EXPECT_TEXT(nd_view(a, "::-1, ::2"), "[[ 8. 10.]\n [ 4.  6.]\n [ 0.  2.]]\n");
    EXPECT_TEXT(nd_view(a, "1:-1, 5:"), "[]\n");
    EXPECT_TEXT(nd_view(a, "..., 1"), "[1. 5. 9.]\n");
    EXPECT_TEXT(nd_view(a, "None, 0, :2"), "[[0. 1.]]\n");
    EXPECT_TEXT(nd_view(a, "2, 10:0:-2"), "[11.  9.]\n");
    EXPECT_TEXT(nd_view(a, "1 , newaxis, -100:100 :3,"), "[[4. 7.]]\n");
    EXPECT_TEXT(nd_view(nd_view(a, "1:, ::-1"), "0, 1:3"), "[6. 5.]\n");
}

Test(array_views, slices_by_numbers_are_the_same)
{
    ND_SCOPE();
    const nd_array a = COUNT(3, 4);
    EXPECT_TEXT(nd_slice(a, ND_AT(-1), ND_RANGE(ND_END, ND_END, -1)), "[11. 10.  9.  8.]\n");
    EXPECT_TEXT(nd_slice(a, ND_REST, ND_NEW, ND_AT(0)), "[[0.]\n [4.]\n [8.]]\n");
    EXPECT_TEXT(nd_slice(a, ND_RANGE(1, 2), ND_ALL), "[[4. 5. 6. 7.]]\n");
}

Test(array_views, wrong_slices_name_the_place)
{
    ND_SCOPE();
    const nd_array a = COUNT(3, 4);
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "3"),
                        "index 3 is out of bounds for axis 0 with size 3");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "0, 0, 0"), "too many indices");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "..., ..."), "one \"...\" at most");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "::0"), "a step of zero");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "1:x"), "'x' at place 3");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "-"), "ends where a digit is wanted");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "99999999999999999999"), "past 2^63");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_view(a, "Nonesuch"), "'N' at place 1");
}

Test(array_views, orders_of_dimensions)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3);
    EXPECT_TEXT(nd_transpose(a), "[[0. 3.]\n [1. 4.]\n [2. 5.]]\n");
    EXPECT_TEXT(nd_swapaxes(a, 0, -1), "[[0. 3.]\n [1. 4.]\n [2. 5.]]\n");
    EXPECT_TEXT(nd_flip(a, 1), "[[2. 1. 0.]\n [5. 4. 3.]]\n");
    EXPECT_TEXT(nd_flip(a), "[[5. 4. 3.]\n [2. 1. 0.]]\n");
    const nd_array b = nd_moveaxis(COUNT(2, 3, 4), 0, -1);
    cr_assert_eq(nd_shape_of(b).extent[0], 3);
    cr_assert_eq(nd_shape_of(b).extent[2], 2);
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_transpose(a, 0, 0), "given twice");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_transpose(a, 0), "axes don't match");
}

Test(array_views, reshaping_is_a_view_where_dimensions_are_split)
{
    ND_SCOPE();
    nd_array       a = nd_from_memory(ND_I32, ND_SHAPE(4), (int[]){1, 2, 3, 4});
    const nd_array b = nd_reshape(a, ND_SHAPE(2, 1, -1)), c = nd_ravel(nd_transpose(b));
    cr_assert_eq(tsr_fill(nd_store(nd_view(a, "1")), &(int){9}), TSR_OK);
    EXPECT_TEXT(b, "[[[1 9]]\n\n [[3 4]]]\n");
    EXPECT_TEXT(c, "[1 3 2 4]\n"); /* a copy, made before */
    EXPECT_TEXT(nd_reshape(nd_view(a, "0"), ND_SHAPE(1, 1)), "[[1]]\n");
    EXPECT_TEXT(nd_reshape(nd_view(b, ":1, :, 1"), ND_SHAPE()), "9\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_reshape(a, ND_SHAPE(3, -1)),
                        "cannot reshape array of size 4 into shape (3, -1)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_reshape(a, ND_SHAPE(-1, -1)), "cannot reshape");
}

Test(array_views, repeated_and_single_dimensions)
{
    ND_SCOPE();
    const nd_array a = COUNT(3, 1);
    EXPECT_TEXT(nd_broadcast_to(a, ND_SHAPE(2, 3, 2)),
                "[[[0. 0.]\n  [1. 1.]\n  [2. 2.]]\n\n [[0. 0.]\n  [1. 1.]\n  [2. 2.]]]\n");
    EXPECT_TEXT(nd_squeeze(a), "[0. 1. 2.]\n");
    EXPECT_TEXT(nd_expand_dims(nd_squeeze(a), 0), "[[0. 1. 2.]]\n");
    EXPECT_TEXT(nd_diagonal(COUNT(3, 3), -1, 0, 1), "[3. 7.]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_squeeze(a, 0), "cannot squeeze axis 0");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_broadcast_to(a, ND_SHAPE(3)),
                        "(3, 1) cannot be broadcast to (3,)");
}
