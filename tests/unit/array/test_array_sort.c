/* Sorting: zeros and NaNs by their bits, what is refused, and orders that meet. */
#include <math.h>

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

/* Quantiles of many floats are found between two elements of a sample; here against those of all, sorted. */
static void expect_quantiles(nd_array a, int64_t n)
{
    ND_SCOPE();
    static const double part[] = {0, 1e-6, 0.25, 0.5, 0.731, 0.999999, 1};
    const nd_array sorted = nd_astype(nd_sort(nd_ravel(a)), ND_F64);
    const double   last = nd_value(nd_slice(sorted, ND_AT(n - 1)));
    for (size_t k = 0; k < sizeof part / sizeof part[0]; ++k) {
        const double  place = part[k] * (double)(n - 1);
        const int64_t low = (int64_t)place, high = low + 1 < n ? low + 1 : low;
        const double  got = nd_value(nd_quantile(a, part[k]));
        const double  x = nd_value(nd_slice(sorted, ND_AT(low))), y = nd_value(nd_slice(sorted, ND_AT(high)));
        if (isnan(last))
            cr_expect(isnan(got), "part %g: %g", part[k], got);
        else if (isinf(x) || isinf(y)) /* inf - inf, in NumPy too */
            cr_expect(isnan(got) || got == x || got == y, "part %g: %g", part[k], got);
        else /* the place itself is rounded: within two steps of where it is */
            cr_expect(got == x || got == y || (got >= nd_value(nd_slice(sorted, ND_AT(low > 1 ? low - 2 : 0))) &&
                                               got <= nd_value(nd_slice(sorted, ND_AT(high + 2 < n ? high + 2 : n - 1)))),
                      "part %g: %.17g, not between %.17g and %.17g", part[k], got, x, y);
    }
    const double middle = nd_value(nd_slice(sorted, ND_AT(n / 2))), before = nd_value(nd_slice(sorted, ND_AT((n - 1) / 2)));
    const double median = nd_value(nd_median(a));
    cr_expect(isnan(last) ? isnan(median) : median >= before && median <= middle, "%.17g, not %.17g to %.17g", median,
              before, middle);
}

Test(array_sort, quantiles_of_many)
{
    enum { N = 200001 };
    ND_SCOPE();
    const nd_array i = nd_astype(nd_arange(0, N, 1), ND_F64), noise = nd_remainder(nd_mul(i, 0.6180339887498949), 1.0);
    const nd_array holed = nd_copy(noise), endless = nd_copy(noise);
    expect_quantiles(noise, N);
    expect_quantiles(nd_astype(noise, ND_F32), N);
    expect_quantiles(nd_floor(nd_mul(noise, 3.0)), N); /* three values */
    expect_quantiles(nd_power(noise, 40.0), N);       /* nearly all near 0 */
    expect_quantiles(nd_remainder(i, 13.0), N);       /* repeats */
    expect_quantiles(nd_zeros(ND_F64, N), N);
    expect_quantiles(nd_view(noise, "::-1"), N);
    expect_quantiles(nd_reshape(nd_view(noise, ":200000"), ND_SHAPE(400, 500)), 200000);
    nd_assign(nd_view(holed, "777:778"), NAN);
    expect_quantiles(holed, N);
    nd_assign(nd_view(endless, "5:100"), INFINITY);
    nd_assign(nd_view(endless, "1000:1010"), -INFINITY);
    expect_quantiles(endless, N);
}

Test(array_sort, unique_tells_more)
{
    ND_SCOPE();
    nd_array       index, inverse, counts;
    const nd_array a = nd_from_memory(ND_I32, ND_SHAPE(2, 3), (int32_t[]){7, -1, 7, 3, -1, 7});
    EXPECT_TEXT(nd_unique(a, .index = &index, .inverse = &inverse, .counts = &counts), "[-1  3  7]\n");
    EXPECT_TEXT(index, "[1 3 0]\n");
    EXPECT_TEXT(inverse, "[[2 0 2]\n [1 0 2]]\n");
    EXPECT_TEXT(counts, "[2 1 3]\n");
    EXPECT_TEXT(nd_unique(nd_view(a, "0, ::-1"), .counts = &counts), "[-1  7]\n");
    EXPECT_TEXT(counts, "[1 2]\n");
    const nd_array bad = nd_add(COUNT(2), COUNT(3));
    EXPECT_FAILED_ARRAY(BAD_SHAPE, nd_unique(bad, .inverse = &inverse), "(2,) and (3,)");
    EXPECT_FAILED_ARRAY(BAD_SHAPE, inverse, "(2,) and (3,)");
}
