/* Element types with fields: the same fields are the same type, wrong ones are refused. */
#include <stddef.h>

#include "api_test.h"

TestSuite(api_struct_type, .init = api_test_start, .fini = api_test_finish);

struct pixel {
    float   counts;
    int16_t row, column;
};

static const tsr_field fields[] = {
    {"counts", TSR_F32, 0}, {"row", TSR_I16, 4}, {"column", TSR_I16, 6}};

Test(api_struct_type, the_same_fields_are_the_same_type)
{
    const tsr_type a = tsr_type_struct("pixel", fields, 3, sizeof(struct pixel));
    const tsr_type b = tsr_type_struct("pixel", fields, 3, sizeof(struct pixel));
    const tsr_type c = tsr_type_struct("spot", fields, 3, sizeof(struct pixel));
    const tsr_type nested =
        tsr_type_struct("pair", ((tsr_field[]){{"a", a, 0}, {"b", a, 8}}), 2, 16);
    cr_assert(a == b && a != c && nested != c);
    cr_assert_eq(tsr_type_size(a), sizeof(struct pixel));
    cr_assert_eq(tsr_type_size(nested), 16);
    cr_assert_str_eq(tsr_type_name(a), "pixel");
    cr_assert_str_eq(tsr_type_name(TSR_BINARY(12)), "binary12");
    cr_assert_str_eq(tsr_type_name(TSR_F64), "f64");
    cr_assert_str_eq(tsr_type_name(TSR_TYPE_ANY), "any");
    cr_assert_eq(tsr_type_size(TSR_TYPE_STRUCT_ + 99), 0);
}

Test(api_struct_type, stores_of_structs)
{
    const tsr_type     pixel = tsr_type_struct("pixel", fields, 3, sizeof(struct pixel));
    const struct pixel value = {2.5f, 3, 4};
    const tsr_store    s = tsr_store_filled(pixel, TSR_SHAPE(5), &value);
    struct pixel       v[5];
    cr_assert_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    cr_assert_arr_eq(&v[4], &value, sizeof value);
}

#define EXPECT_REFUSED(name, words, ...)                                                           \
    do {                                                                                           \
        const tsr_field f_[] = {__VA_ARGS__};                                                      \
        cr_expect_eq(tsr_type_struct(name, f_, (int)(sizeof f_ / sizeof f_[0]), 8), TSR_TYPE_ANY); \
        EXPECT_FAILURE(BAD_ARGUMENT, words);                                                       \
    } while (0)

Test(api_struct_type, wrong_fields_are_named)
{
    EXPECT_REFUSED("p", "fields a and b overlap", {"a", TSR_F32, 0}, {"b", TSR_I16, 2});
    EXPECT_REFUSED("p", "field b, bytes [4, 12), passes the end of 8 bytes", {"a", TSR_F32, 0},
                   {"b", TSR_F64, 4});
    EXPECT_REFUSED("p", "two fields are named a", {"a", TSR_F32, 0}, {"a", TSR_F32, 4});
    EXPECT_REFUSED("p", "field a has no type", {"a", TSR_TYPE_ANY, 0});
    EXPECT_REFUSED("", "a struct type has a name", {"a", TSR_F32, 0});
    EXPECT_REFUSED("p", "field 0 has no name", {NULL, TSR_F32, 0});
}
