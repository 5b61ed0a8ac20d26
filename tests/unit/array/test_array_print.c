/* nd_print beside what NumPy 2.4 prints of the same arrays. */
#include <math.h>

#include "array_test.h"

TestSuite(array_print, .init = array_test_start, .fini = array_test_finish);

Test(array_print, floats_stand_in_columns)
{
    ND_SCOPE();
    EXPECT_TEXT(ROW(1, 2.5, -0.125), "[ 1.     2.5   -0.125]\n");
    EXPECT_TEXT(ROW(1e-9, 1), "[1.e-09 1.e+00]\n");
    EXPECT_TEXT(ROW(123456789, 1), "[1.23456789e+08 1.00000000e+00]\n");
    EXPECT_TEXT(ROW(NAN, INFINITY, -INFINITY, 1), "[ nan  inf -inf   1.]\n");
    EXPECT_TEXT(ROW(NAN, NAN), "[nan nan]\n");
    EXPECT_TEXT(ROW(0, -0.0), "[ 0. -0.]\n");
    EXPECT_TEXT(ROW(0.1 + 0.2, 1.0 / 3), "[0.3        0.33333333]\n");
    EXPECT_TEXT(ROW(M_PI, 10 * M_E), "[ 3.14 27.18]\n", .precision = 2);
    EXPECT_TEXT(ROW(1e-9, 1), "[0. 1.]\n", .suppress = true);
    EXPECT_TEXT(nd_from_memory(ND_F32, ND_SHAPE(2), (float[]){0.1f, 16777216.0f}),
                "[1.0000000e-01 1.6777216e+07]\n");
    EXPECT_TEXT(nd_from_memory(ND_F16, ND_SHAPE(2), (uint16_t[]){0x2e66, 0x3c00}), "[0.1 1. ]\n");
    EXPECT_TEXT(nd_from_memory(ND_F16, ND_SHAPE(2), (uint16_t[]){0x7bff, 0x3c00}),
                "[6.55e+04 1.00e+00]\n");
}

Test(array_print, other_types)
{
    ND_SCOPE();
    EXPECT_TEXT(nd_from_memory(ND_BOOL, ND_SHAPE(3), (bool[]){true, false, true}),
                "[ True False  True]\n");
    EXPECT_TEXT(nd_from_memory(ND_I16, ND_SHAPE(3), (int16_t[]){-5, 10, 300}), "[ -5  10 300]\n");
    EXPECT_TEXT(nd_from_memory(ND_U64, ND_SHAPE(1), (uint64_t[]){UINT64_MAX}),
                "[18446744073709551615]\n");
    EXPECT_TEXT(nd_from_memory(ND_C128, ND_SHAPE(2), (double[]){1, 2, -3.5, NAN}),
                "[ 1.  +2.j -3.5+nanj]\n");
}

Test(array_print, single_elements)
{
    ND_SCOPE();
    EXPECT_TEXT(nd_view(ROW(1e16), "0"), "1e+16\n");
    EXPECT_TEXT(nd_view(ROW(3.14159265358979), "0"), "3.14159265358979\n");
    EXPECT_TEXT(nd_view(ROW(1.5e-5), "0"), "1.5e-05\n");
    EXPECT_TEXT(nd_from_memory(ND_C128, ND_SHAPE(), (double[]){1, -2.5}), "(1-2.5j)\n");
    EXPECT_TEXT(nd_from_memory(ND_C128, ND_SHAPE(), (double[]){0, 2}), "2j\n");
    EXPECT_TEXT(nd_from_memory(ND_BOOL, ND_SHAPE(), &(bool){true}), "True\n");
}

Test(array_print, shapes_lines_and_edges)
{
    ND_SCOPE();
    EXPECT_TEXT(COUNT(0, 3), "[]\n");
    EXPECT_TEXT(COUNT(2, 2, 1), "[[[0.]\n  [1.]]\n\n [[2.]\n  [3.]]]\n");
    EXPECT_TEXT(COUNT(20),
                "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n"
                " 18. 19.]\n");
    EXPECT_TEXT(COUNT(2000), "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]\n");
    EXPECT_TEXT(COUNT(4, 5), "[[ 0. ...  4.]\n ...\n [15. ... 19.]]\n", .threshold = 5, .edge = 1);
    EXPECT_TEXT(COUNT(3), "[0. 1.\n 2.]\n", .width = 8);
}
