/* Values and scopes: who ends an array, what a failed one says, what memory comes back. */
#include <math.h>

#include "array_test.h"

TestSuite(array_values, .init = array_test_start, .fini = array_test_finish);

static nd_array kept(void)
{
    ND_SCOPE();
    return nd_keep(ROW(1, 2, 3));
}

static nd_array forgotten(void)
{
    ND_SCOPE();
    return ROW(1, 2, 3);
}

Test(array_values, keep_moves_an_array_out_of_its_scope)
{
    ND_SCOPE();
    EXPECT_TEXT(kept(), "[1. 2. 3.]\n");
    EXPECT_FAILED_ARRAY(BAD_HANDLE, nd_view(forgotten(), "0"), "the array made at ");
    cr_expect(strstr(tsr_error_text(), "(nd_keep() would have kept it)"), "%s", tsr_error_text());
    EXPECT_FAILED_ARRAY(BAD_HANDLE, nd_flip((nd_array){0}), "the null array");
}

Test(array_values, failed_in_failed_out_with_the_first_line)
{
    ND_SCOPE();
    const nd_array bad = nd_view(ROW(1, 2), "7");
    const int      line = __LINE__ - 1;
    char           words[64];
    snprintf(words, sizeof words, "test_array_values.c:%d:", line);
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_transpose(nd_reshape(bad, ND_SHAPE(2, 2))), words);
    cr_expect(isnan(nd_value(bad)));
    cr_expect_eq(nd_size(bad), 0);
    cr_expect_eq(nd_type_of(bad), TSR_TYPE_ANY);
}

Test(array_values, values_of_all_types)
{
    ND_SCOPE();
    double z[2];
    cr_expect_eq(nd_value(nd_from_memory(ND_I8, ND_SHAPE(1, 1), &(int8_t){-5})), -5);
    cr_expect_eq(nd_value(nd_from_memory(ND_U64, ND_SHAPE(), &(uint64_t){UINT64_MAX})), 0x1p64);
    cr_expect_eq(nd_value_i64(nd_from_memory(ND_U64, ND_SHAPE(), &(uint64_t){UINT64_MAX})),
                 INT64_MAX);
    cr_expect_eq(nd_value_i64(ROW(-2.75)), -2);
    cr_expect_eq(nd_value(nd_from_memory(ND_F16, ND_SHAPE(), &(tsr_f16){0x3e00})), 1.5);
    cr_expect_eq(nd_value(nd_from_memory(ND_BF16, ND_SHAPE(), &(tsr_bf16){0x3fc0})), 1.5);
    cr_assert_eq(nd_value_parts(nd_from_memory(ND_C64, ND_SHAPE(), (float[]){1, -2}), z), TSR_OK);
    cr_expect(z[0] == 1 && z[1] == -2);
    cr_expect(isnan(nd_value(ROW(1, 2))));
    cr_expect(strstr(tsr_error_text(), "an array of shape (2,) has not one value"));
}

Test(array_values, memory_is_attached_and_given_back)
{
    static int     v[4] = {1, 2, 3, 4};
    int            out[4];
    const nd_array a = nd_attach(ND_I32, ND_SHAPE(4), v, TSR_ATTACH_WRITE);
    cr_assert_eq(nd_read(a, out, sizeof out), TSR_OK);
    cr_expect_arr_eq(out, v, sizeof v);
    cr_expect_eq(nd_read(a, out, 3), TSR_BAD_SHAPE);
    cr_assert_eq(tsr_fill(nd_store(nd_view(a, "1:3")), &(int){7}), TSR_OK);
    cr_assert_eq(nd_detach(a), TSR_OK);
    cr_expect_arr_eq(v, ((int[]){1, 7, 7, 4}), sizeof v);
}

Test(array_values, filled_arrays)
{
    ND_SCOPE();
    EXPECT_TEXT(nd_zeros(ND_I32, 2, 2), "[[0 0]\n [0 0]]\n");
    EXPECT_TEXT(nd_ones(ND_C64), "(1+0j)\n");
    EXPECT_TEXT(nd_full(ND_U8, ND_SHAPE(2), 255), "[255 255]\n");
    EXPECT_TEXT(nd_full_like(nd_zeros(ND_BOOL, 2), 0.5), "[ True  True]\n");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_full(ND_U8, ND_SHAPE(2), 256),
                        "integer 256 out of bounds for uint8");
    EXPECT_FAILED_ARRAY(BAD_ARGUMENT, nd_full(ND_I64, ND_SHAPE(2), UINT64_MAX),
                        "out of bounds for int64");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_zeros(999, 2), "no element type");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_zeros(ND_F64, -1), "negative");
}
