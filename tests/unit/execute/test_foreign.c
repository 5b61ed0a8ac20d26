/* Foreign functions: what each way of passing gives them, what their answers become. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/failure.h"
#include "execute/foreign.h"

#define FUNCTION(f) ((void (*)(void))(f))

/* A body's view of a matrix: elements (1, 1) to (2, 3) of 4 x 5 doubles, and a scalar. */
static double            matrix[20];
static float             scalar = 2.5f;
static double            result;
static const int64_t     boxes[] = {1, 1, 3, 4};
static const tsr_binding bindings[] = {
    {(char *)matrix, {5, 1}, TSR_F64, TSR_READ_WRITE, 2, 0},
    {(char *)&scalar, {0}, TSR_F32, TSR_SCALAR, 0, 4},
    {(char *)&result, {0}, TSR_F64, TSR_WRITE, 0, 4},
};
static const tsr_task_context context = {bindings, boxes, 0, 3, NULL};

/* ---- by value ---- */

static void scale(double *a, int rows, int64_t columns, int64_t stride, float by)
{
    for (int i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j)
            a[i * stride + j] *= (double)by;
}

Test(execute_foreign, pointers_extents_strides_and_values)
{
    const tsr_foreign f = {.function = FUNCTION(scale),
                           .params = {{TSR_PASS_POINTER, 0},
                                      {TSR_PASS_EXTENT, 0, 0, TSR_I32},
                                      {TSR_PASS_EXTENT, 0, 1, TSR_I64},
                                      {TSR_PASS_STRIDE, 0, 0, TSR_I64},
                                      {TSR_PASS_VALUE, 1}}};
    for (int i = 0; i < 20; ++i)
        matrix[i] = i;
    cr_assert_eq(foreign_call(&f, &context), TSR_OK);
    for (int i = 0; i < 20; ++i) {
        const bool is_inside = i / 5 >= 1 && i / 5 < 3 && i % 5 >= 1 && i % 5 < 4;
        cr_assert_eq(matrix[i], is_inside ? 2.5 * i : i);
    }
}

/* ---- by reference ---- */

static double sum_fortran(const double *a, const int *rows, const int *lda, const float *factor,
                          const double *more)
{
    double sum = 0;
    for (int i = 0; i < *rows; ++i)
        sum += a[i * *lda];
    return sum * (double)*factor + *more;
}

Test(execute_foreign, references_and_results)
{
    const tsr_foreign f = {
        .function = FUNCTION(sum_fortran),
        .result = TSR_F64,
        .result_arg = 3,
        .params = {{TSR_PASS_POINTER, 0, .by_reference = true},
                   {TSR_PASS_EXTENT, 0, 0, TSR_I32, .by_reference = true},
                   {TSR_PASS_STRIDE, 0, 0, TSR_I32, .by_reference = true},
                   {TSR_PASS_VALUE, 1, .by_reference = true},
                   {TSR_PASS_F64, .type = TSR_F64, .by_reference = true, .real = 0.5}}};
    for (int i = 0; i < 20; ++i)
        matrix[i] = i;
    cr_assert_eq(foreign_call(&f, &context), TSR_OK);
    cr_assert_eq(result, (6 + 11) * 2.5 + 0.5);
}

/* ---- answers ---- */

static int answer(int v)
{
    return v;
}

Test(execute_foreign, a_status_fails_the_task)
{
    tsr_foreign f = {.function = FUNCTION(answer),
                     .result = TSR_I32,
                     .result_is_status = true,
                     .params = {{TSR_PASS_INT, .type = TSR_I32, .value = 0}}};
    cr_assert_eq(foreign_call(&f, &context), TSR_OK);
    f.params[0].value = -3;
    cr_assert_eq(foreign_call(&f, &context), TSR_TASK_FAILED);
    cr_assert(strstr(tsr_error_text(), "the function answered -3"));
}

Test(execute_foreign, numbers_that_do_not_fit_fail)
{
    const tsr_foreign f = {.function = FUNCTION(answer),
                           .result = TSR_I32,
                           .params = {{TSR_PASS_INT, .type = TSR_I32, .value = 1ll << 31}}};
    cr_assert_eq(foreign_call(&f, &context), TSR_TASK_FAILED);
    cr_assert(strstr(tsr_error_text(), "does not fit a C number of type i32"));
}

static uint8_t small(int8_t a, uint16_t b)
{
    return (uint8_t)(a + b);
}

Test(execute_foreign, small_integers_are_widened_and_cut)
{
    static uint8_t         byte = 99;
    const tsr_binding      b[] = {{(char *)&byte, {0}, TSR_U8, TSR_WRITE, 0, 0}};
    const tsr_task_context t = {b, boxes, 0, 1, NULL};
    const tsr_foreign      f = {.function = FUNCTION(small),
                                .result = TSR_U8,
                                .result_arg = 1,
                                .params = {{TSR_PASS_INT, .type = TSR_I8, .value = -100},
                                           {TSR_PASS_INT, .type = TSR_U16, .value = 101}}};
    cr_assert_eq(foreign_call(&f, &t), TSR_OK);
    cr_assert_eq(byte, 1);
}
