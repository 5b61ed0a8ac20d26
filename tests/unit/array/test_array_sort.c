/* Sorting: zeros and NaNs by their bits, what is refused, and orders that meet. */
#include "array_test.h"

TestSuite(array_sort, .init = array_test_start, .fini = array_test_finish);

Test(array_sort, every_bit_of_an_element_is_kept)
{
    ND_SCOPE();
    const uint64_t bits[] = {
        0xfff8000000000001, 0, 0x7ff8000000000123, 0x8000000000000000, 0xfff0000000000000,
        0x7ff0000000000000, 1, 0x8000000000000001};
    const uint64_t sorted[] = {0xfff0000000000000, 0x8000000000000001, 0x8000000000000000, 0, 1,
                               0x7ff0000000000000, 0x7ff8000000000123, 0xfff8000000000001};
    uint64_t       found[8];
    const nd_array a = nd_from_memory(ND_F64, ND_SHAPE(8), bits);
    cr_assert_eq(nd_read(nd_sort(a), found, sizeof found), TSR_OK, "%s", tsr_error_text());
    for (int i = 0; i < 8; ++i)
        cr_expect_eq(found[i], sorted[i], "element %d is %llx", i, (unsigned long long)found[i]);
    EXPECT_TEXT(nd_argsort(a), "[4 7 1 3 6 5 0 2]\n"); /* equal zeros, equal NaNs: as they stand */
}

Test(array_sort, along_axes)
{
    ND_SCOPE();
    const nd_array a = nd_from_memory(ND_I32, ND_SHAPE(2, 3), (int[]){5, -1, 2, 0, 9, -7});
    EXPECT_TEXT(nd_sort(a), "[[-1  2  5]\n [-7  0  9]]\n");
    EXPECT_TEXT(nd_sort(a, .axes = ND_AXES(0)), "[[ 0 -1 -7]\n [ 5  9  2]]\n");
    EXPECT_TEXT(nd_sort(nd_ravel(nd_view(a, "::-1"))), "[-7 -1  0  2  5  9]\n");
    EXPECT_TEXT(nd_unique(nd_mod(a, 3)), "[0 2]\n");
    EXPECT_TEXT(nd_searchsorted(ROW(1, 2, 2, 3), 2), "1\n");
    EXPECT_TEXT(nd_searchsorted(ROW(1, 2, 2, 3), 2, .right = true), "3\n");
}

Test(array_sort, what_is_refused)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3), bad = nd_add(COUNT(2), COUNT(3));
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_sort(a, .axes = ND_AXES(2)), "axis 2 is out of bounds");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_sort(a, .axes = ND_AXES(0, 1)), "along one axis");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_sort(nd_sum(a)), "of dimension 0");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_searchsorted(a, 1), "object too deep");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_searchsorted(nd_zeros(ND_C64, 2), 1), "takes no complex64");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_unique(nd_argsort(bad)), "(2,) and (3,)");
}
