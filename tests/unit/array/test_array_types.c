/* Promotion of types: NumPy's table by samples of each kind, and its laws. */
#include "array_test.h"

Test(array_types, promotion_is_numpys)
{
    static const nd_type row[][3] = {
        {ND_BOOL, ND_I8, ND_I8},   {ND_I8, ND_U8, ND_I16},    {ND_I64, ND_U64, ND_F64},
        {ND_I16, ND_F16, ND_F32},  {ND_U8, ND_F16, ND_F16},   {ND_I32, ND_F32, ND_F64},
        {ND_U32, ND_C64, ND_C128}, {ND_I16, ND_C64, ND_C64},  {ND_F64, ND_C64, ND_C128},
        {ND_BF16, ND_F16, ND_F32}, {ND_BF16, ND_I8, ND_BF16}, {ND_BF16, ND_I16, ND_F32},
        {ND_BF16, ND_F32, ND_F32}, {ND_U32, ND_I8, ND_I64},   {ND_U64, ND_F16, ND_F64},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; ++i) {
        cr_expect_eq(nd_promote_types(row[i][0], row[i][1]), row[i][2], "row %zu", i);
        cr_expect_eq(nd_promote_types(row[i][1], row[i][0]), row[i][2], "row %zu turned", i);
    }
}

Test(array_types, promotion_commutes_and_a_type_goes_to_itself)
{
    for (nd_type a = ND_BOOL; a <= ND_C128; ++a) {
        cr_expect_eq(nd_promote_types(a, a), a);
        for (nd_type b = ND_BOOL; b <= ND_C128; ++b) {
            const nd_type both = nd_promote_types(a, b);
            cr_expect_eq(both, nd_promote_types(b, a));
            cr_expect_eq(nd_promote_types(a, both), both, "%s", nd_type_name(both));
        }
    }
    cr_expect_eq(nd_promote_types(ND_F64, 999), TSR_TYPE_ANY);
}
