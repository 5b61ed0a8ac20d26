/* Products of matrices and vectors: what they refuse, and that one failure spares the rest. */
#include "array_test.h"

TestSuite(array_linalg, .init = array_test_start, .fini = array_test_finish);

Test(array_linalg, products)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3), b = COUNT(3, 2), x = ROW(1, 2, 3);
    EXPECT_TEXT(nd_matmul(a, b), "[[10. 13.]\n [28. 40.]]\n");
    EXPECT_TEXT(nd_matmul(a, x), "[ 8. 26.]\n");
    EXPECT_TEXT(nd_matmul(x, b), "[16. 22.]\n");
    EXPECT_TEXT(nd_dot(x, x), "14.0\n");
    EXPECT_TEXT(nd_inner(a, a), "[[ 5. 14.]\n [14. 50.]]\n");
    EXPECT_TEXT(nd_vdot(a, b), "55.0\n");
    EXPECT_TEXT(nd_outer(nd_view(x, ":2"), x), "[[1. 2. 3.]\n [2. 4. 6.]]\n");
    EXPECT_TEXT(nd_matmul(nd_matrix_transpose(a), a),
                "[[ 9. 12. 15.]\n [12. 17. 22.]\n [15. 22. 29.]]\n");
}

Test(array_linalg, what_is_refused_names_the_shapes)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3), one = nd_sum(a);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_matmul(a, a),
                        "matmul of (2, 3) and (2, 3): the inner extents");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_matmul(ROW(1, 2), COUNT(3, 4)), "(2,) and (3, 4)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_matmul(a, one), "takes no number");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_matmul(COUNT(2, 2, 3), COUNT(3, 3, 2)), "do not broadcast");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_dot(a, a), "dot of (2, 3) and (2, 3)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_inner(a, COUNT(3, 2)), "inner of (2, 3) and (3, 2)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_vdot(a, ROW(1, 2)), "as many elements");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_matrix_transpose(ROW(1, 2)), "at least 2-dimensional");
    EXPECT_FAILED_ARRAY(
        BAD_SHAPE, nd_inner(nd_zeros(ND_F64, 1, 1, 1, 1, 2), nd_zeros(ND_F64, 1, 1, 1, 1, 1, 2)),
        "more than 8 dimensions");
    EXPECT_TEXT(nd_matmul(a, ROW(1, 1, 1)), "[ 3. 12.]\n");
}

Test(array_linalg, a_failed_operand_fails_the_product_with_its_own_line)
{
    ND_SCOPE();
    const nd_array bad = nd_matmul(COUNT(2), COUNT(3));
    const int      line = __LINE__ - 1;
    char           words[64];
    snprintf(words, sizeof words, "test_array_linalg.c:%d:", line);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_matmul(COUNT(2, 2), nd_mul(2, bad)), words);
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_outer(bad, COUNT(2)), words);
    EXPECT_FAILED_ARRAY(BAD_HANDLE, nd_dot((nd_array){0}, COUNT(2)), "the null array");
}

Test(array_linalg, equations)
{
    ND_SCOPE();
    const nd_array a = nd_reshape(ROW(4, 2, 2, 5), ND_SHAPE(2, 2));
    EXPECT_TEXT(nd_cholesky(a), "[[2. 0.]\n [1. 2.]]\n");
    EXPECT_TEXT(nd_solve_triangular(a, ROW(8, 10)), "[1. 2.]\n");
    EXPECT_TEXT(nd_solve_triangular(a, ROW(8, 14), .lower = true), "[2. 2.]\n");
}

Test(array_linalg, what_has_no_solution_says_so_with_its_line)
{
    ND_SCOPE();
    const nd_array a = nd_reshape(ROW(4, 2, 2, 0), ND_SHAPE(2, 2)), good = nd_add(a, 1);
    const nd_array bad = nd_cholesky(a), late = nd_mul(bad, 2);
    char           words[64];
    snprintf(words, sizeof words, "test_array_linalg.c:%d", __LINE__ - 2);
    EXPECT_FAILED_ARRAY(TASK_FAILED, bad, "Matrix is not positive definite: its minor of order 2");
    EXPECT_FAILED_ARRAY(TASK_FAILED, late, words);
    EXPECT_FAILED_ARRAY(TASK_FAILED, nd_solve_triangular(a, ROW(1, 1)), "Singular matrix");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_cholesky(COUNT(2, 3)), "square matrices, not (2, 3)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_cholesky(nd_zeros(ND_F16, 2, 2)), "float16 is unsupported");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_solve_triangular(a, ROW(1, 2, 3)), "do not fit");
    EXPECT_TEXT(good, "[[5. 3.]\n [3. 1.]]\n");
}

Test(array_linalg, convolutions)
{
    ND_SCOPE();
    const nd_array a = ROW(1, 2, 3), v = ROW(0, 1, 0.5), bad = nd_add(a, ROW(1, 2));
    EXPECT_TEXT(nd_convolve(a, v), "[0.  1.  2.5 4.  1.5]\n");
    EXPECT_TEXT(nd_convolve(a, v, .mode = ND_CONVOLVE_SAME), "[1.  2.5 4. ]\n");
    EXPECT_TEXT(nd_correlate(a, v), "[3.5]\n");
    EXPECT_TEXT(nd_convolve2d(COUNT(2, 2), nd_ones(ND_F64, 2, 2), .mode = ND_CONVOLVE_SAME),
                "[[0. 1.]\n [2. 6.]]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_convolve(a, COUNT(2, 2)), "(3,) and (2, 2): both have 1");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_convolve(a, nd_zeros(ND_F64, 0)), "neither may be empty");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_convolve(a, v, .mode = (nd_convolve_mode)9), "no mode 9");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_convolve2d(bad, COUNT(2, 2)), "(3,) and (2,)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE,
                        nd_convolve2d(COUNT(1, 4), COUNT(2, 2), .mode = ND_CONVOLVE_VALID),
                        "neither lies within");
}

Test(array_linalg, transforms)
{
    ND_SCOPE();
    const nd_array a = ROW(1, 2, 3, 4);
    EXPECT_TEXT(nd_fft(a), "[10.+0.j -2.+2.j -2.+0.j -2.-2.j]\n");
    EXPECT_TEXT(nd_irfft(nd_rfft(a)), "[1. 2. 3. 4.]\n");
    EXPECT_TEXT(nd_real(nd_fft2(COUNT(2, 2), .norm = ND_NORM_FORWARD)),
                "[[ 1.5 -0.5]\n [-1.   0. ]]\n");
    EXPECT_TEXT(nd_fftshift(nd_fftfreq(4, 0.5)), "[-1.  -0.5  0.   0.5]\n");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_fft(nd_zeros(ND_F64, 0)), "data points (0)");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_fft2(a), "axis -2 is out of bounds");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_fft2(COUNT(2, 2), .n = 3), "along one axis");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_rfft(nd_fft(a)), "rfft takes no complex128");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_fftfreq(0, 1), "frequencies of 0 points");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_fftshift(a, .axes = ND_AXES(1)), "out of bounds");
}

Test(array_linalg, sums_over_several_dimensions)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 3), b = COUNT(3, 2);
    EXPECT_TEXT(nd_tensordot(a, b, 1), "[[10. 13.]\n [28. 40.]]\n");
    EXPECT_TEXT(nd_tensordot(a, a, 2), "55.0\n");
    EXPECT_TEXT(nd_tensordot_axes(a, b, ND_AXES(0, 1), ND_AXES(1, 0)), "50.0\n");
    EXPECT_TEXT(nd_tensordot(nd_view(b, "0"), nd_view(a, "1"), 0), "[[0. 0. 0.]\n [3. 4. 5.]]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_tensordot(a, b, 2), "(2, 3) and (3, 2): shape-mismatch");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_tensordot_axes(a, b, ND_AXES(0), ND_AXES(1, 0)), "shape-mismatch");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_tensordot(a, b, 3), "3 dimensions of 2");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_tensordot(a, b, -1), "-1 dimensions");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_tensordot_axes(a, a, ND_AXES(1, 1), ND_AXES(0, 1)), "twice");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_tensordot_axes(a, b, ND_AXES(2), ND_AXES(0)), "axis 2 is out");
}

Test(array_linalg, products_that_go_where_an_operand_is)
{
    ND_SCOPE();
    const nd_array a = COUNT(2, 2), b = nd_ones(ND_F64, 2, 2), row = nd_zeros(ND_F32, 2);
    EXPECT_TEXT(nd_matmul(a, b, .out = b), "[[1. 1.]\n [5. 5.]]\n");
    EXPECT_TEXT(b, "[[1. 1.]\n [5. 5.]]\n");
    EXPECT_TEXT(nd_dot(a, nd_view(a, ":, 0"), .out = nd_view(a, "0")), "[2. 6.]\n");
    EXPECT_TEXT(a, "[[2. 6.]\n [2. 3.]]\n");
    EXPECT_TEXT(nd_dot(ROW(1, 2), a, .out = row), "[ 6. 12.]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_matmul(a, a, .out = row), "has shape (2, 2), and out has (2,)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_outer(row, row, .out = nd_zeros(ND_I32, 2, 2)), "of outer is float32");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_dot(a, ROW(1, 2, 3), .out = row), "the inner extents differ");
    EXPECT_TEXT(row, "[ 6. 12.]\n");
}

Test(array_linalg, inverses)
{
    ND_SCOPE();
    const nd_array a = nd_from_memory(ND_I32, ND_SHAPE(2, 2), (int32_t[]){2, 0, 0, 4});
    EXPECT_TEXT(nd_inv(a), "[[0.5  0.  ]\n [0.   0.25]]\n");
    EXPECT_FAILED_ARRAY(TASK_FAILED, nd_inv(nd_ones(ND_F64, 2, 2)), "Singular matrix");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_inv(COUNT(2, 3)), "inv takes a square matrix, not (2, 3)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_inv(nd_zeros(ND_F16, 2, 2)), "inv");
}
