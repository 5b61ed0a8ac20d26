/* ND_FORMULA: what is read into a formula of the runtime, what keeps its loop, and that both
 * agree. */
#include <math.h>

#include "array_test.h"

TestSuite(array_formula, .init = array_test_start, .fini = array_test_finish);

ND_FORMULA(half_erfc, (d),
{
    return 0.5 * erfc(-d * M_SQRT1_2);
})

ND_FORMULA(price, (spot, strike, years),
{
    const double d1 = (log(spot / strike) + 0.065 * years) / (0.3 * sqrt(years));
    const double d2 = d1 - 0.3 * sqrt(years);
    double       p = spot * half_erfc(d1);
    p -= strike * exp(-0.02 * years) * half_erfc(d2);
    return p > 0.001 ? p : 0.0;
})

/* The same, in words that are not read: an `if`. */
ND_FORMULA(price_by_loop, (spot, strike, years),
{
    const double d1 = (log(spot / strike) + 0.065 * years) / (0.3 * sqrt(years));
    const double d2 = d1 - 0.3 * sqrt(years);
    double       p = spot * half_erfc(d1);
    p -= strike * exp(-0.02 * years) * half_erfc(d2);
    if (p > 0.001)
        return p;
    return 0.0;
})

ND_FORMULA(words, (x, y),
{
    double a = -x + 2 * y, b = (x < y && !(y == 3)) ? fabs(a) : pow(x, 2);
    a *= b;
    return (x >= 1 || y != y) ? a / (1.5e1 + b) : copysign(b, -1.0);
})

ND_FORMULA(whole_numbers, (x),
{
    return x + 1 / 2;
})

static int times = 3;
ND_FORMULA(stranger, (x),
{
    return x * times;
})

Test(array_formula, the_runtime_reads_expressions_and_says_what_it_does_not)
{
    const char *why;
    cr_expect(nd_formula_is_read(half_erfc, &why), "%s", why);
    cr_expect(nd_formula_is_read(price, &why), "%s", why);
    cr_expect(nd_formula_is_read(words, &why), "%s", why);
    cr_expect(!nd_formula_is_read(price_by_loop, &why));
    cr_expect(strstr(why, "if (p > 0.001)"), "%s", why);
    cr_expect(!nd_formula_is_read(whole_numbers, &why));
    cr_expect(strstr(why, "integers are computed with"), "%s", why);
    cr_expect(!nd_formula_is_read(stranger, &why));
    cr_expect(strstr(why, "times is no name that is known"), "%s", why);
}

Test(array_formula, read_or_by_its_loop_a_formula_gives_the_same_bits)
{
    ND_SCOPE();
    enum { N = 999 };
    static double  x[N], y[N];
    const nd_array spot = nd_linspace(5, 30, N), strike = nd_linspace(100, 1, N);
    const nd_array years = nd_linspace(0.25, 9, N);
    cr_assert_eq(nd_read(nd_map(price, spot, strike, years), x, sizeof x), TSR_OK, "%s",
                 tsr_error_text());
    cr_assert_eq(nd_read(nd_map(price_by_loop, spot, strike, years), y, sizeof y), TSR_OK,
                 "%s",
                 tsr_error_text());
    cr_expect_arr_eq(x, y, sizeof x);
    cr_expect(x[N - 1] > 28 && x[0] == 0);
    cr_expect_eq(nd_value(nd_max(nd_map(price, spot, strike, 1))), price(30, 1, 1));
}

Test(array_formula, operators_are_those_of_c)
{
    ND_SCOPE();
    const double v[] = {-1.5, 0, 1, 2, 3, NAN};
    for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 6; ++j) {
            const double found = nd_value(nd_map(words, nd_full(ND_F64, ND_SHAPE(), v[i]), v[j]));
            const double wanted = words(v[i], v[j]);
            cr_expect((isnan(found) && isnan(wanted)) || found == wanted, "%g, %g: %g, not %g",
                      v[i], v[j], found, wanted);
        }
}

Test(array_formula, operands_stretch_and_are_converted)
{
    ND_SCOPE();
    const nd_array i = nd_from_memory(ND_I8, ND_SHAPE(2, 1), (int8_t[]){1, 2});
    EXPECT_TEXT(nd_map(stranger, i), "[[3.]\n [6.]]\n");
    EXPECT_TEXT(nd_map(words, i, COUNT(3)), "[[-0.0625      0.0625      0.5       ]\n"
                                            " [-0.42105263  0.          0.42105263]]\n");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_map(words, COUNT(3), COUNT(4)), "(3,) and (4,)");
    EXPECT_FAILED_ARRAY(BAD_TYPE, nd_map(stranger, nd_zeros(ND_C64, 2)), "takes no complex64");
}
