/* Handles and scopes: who ends them, and what is said of those that ended. */
#include <stdio.h>

#include "api_test.h"

TestSuite(api_handles, .init = api_test_start, .fini = api_test_finish);

static char expected[300];

/* "made at test_handles.c:8": lines of this file. */
static const char *words(const char *format, int a, int b)
{
    snprintf(expected, sizeof expected, format, __FILE__, a, __FILE__, b);
    return expected;
}

Test(api_handles, a_scope_ends_what_it_made_and_the_error_names_both_lines)
{
    tsr_store s;
    int       opened, made;
    {
        TSR_SCOPE();
        opened = __LINE__ - 1;
        s = tsr_store_create(TSR_F64, TSR_SHAPE(3));
        made = __LINE__ - 1;
    }
    double v[3];
    EXPECT_STATUS(BAD_HANDLE, tsr_read(s, v, sizeof v),
                  words("the store made at %s:%d ended with the scope opened at %s:%d "
                        "(tsr_store_keep() would have kept it)",
                        made, opened));
}

Test(api_handles, a_released_store_names_the_release)
{
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(3));
    const int       made = __LINE__ - 1;
    tsr_store_release(s);
    const int released = __LINE__ - 1;
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status(s),
                  words("the store made at %s:%d was released at %s:%d", made, released));
    tsr_store_release(s);
    EXPECT_FAILURE(BAD_HANDLE, "was released");
}

Test(api_handles, slots_are_reused_and_stale_ids_are_not_fooled)
{
    const tsr_store s = tsr_store_filled(TSR_I32, TSR_SHAPE(), &(int32_t){1});
    tsr_store_release(s);
    const tsr_store t = tsr_store_filled(TSR_I32, TSR_SHAPE(), &(int32_t){2});
    int32_t         v = 0;
    cr_assert_neq(s.id, t.id);
    EXPECT_STATUS(BAD_HANDLE, tsr_value(s, &v), "was released");
    cr_assert_eq(tsr_value(t, &v), TSR_OK);
    cr_assert_eq(v, 2);
}

Test(api_handles, the_null_store_and_made_up_ones)
{
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status((tsr_store){0}), "the null store");
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status((tsr_store){0xdeadbeefcafef00d}),
                  "ended long ago, or belongs to another runtime");
    const tsr_partition p = tsr_partition_tiles(TSR_SHAPE(4), (int64_t[]){2});
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status((tsr_store){p.id}), "belongs to another runtime");
}

Test(api_handles, what_is_kept_goes_to_the_scope_around)
{
    tsr_store inner;
    {
        TSR_SCOPE();
        {
            TSR_SCOPE();
            tsr_store_create(TSR_F64, TSR_SHAPE(1));
            inner = tsr_store_keep(tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){5}));
            tsr_store_create(TSR_F64, TSR_SHAPE(1));
        }
        int64_t v;
        cr_assert_eq(tsr_value(inner, &v), TSR_OK);
        cr_assert_eq(v, 5);
    }
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status(inner), "ended with the scope");
}

static tsr_store early(int out)
{
    TSR_SCOPE();
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(1));
    if (out)
        return s;
    for (int i = 0; i < 3; ++i) {
        TSR_SCOPE();
        tsr_store_create(TSR_F64, TSR_SHAPE(1));
        if (i == 1)
            break;
    }
    return s;
}

Test(api_handles, return_and_break_leave_scopes)
{
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status(early(0)), "ended with the scope");
    EXPECT_STATUS(BAD_HANDLE, tsr_store_status(early(1)), "ended with the scope");
}

Test(api_handles, thousands_of_handles_any_order)
{
    enum { N = 5000 };
    static tsr_store s[N];
    TSR_SCOPE();
    for (int i = 0; i < N; ++i)
        s[i] = tsr_store_filled(TSR_I32, TSR_SHAPE(), &i);
    for (int i = 0; i < N; i += 3)
        tsr_store_release(s[i]);
    for (int i = 0; i < N; ++i) {
        int32_t v;
        if (i % 3 == 0) {
            cr_assert_eq(tsr_value(s[i], &v), TSR_BAD_HANDLE);
            continue;
        }
        cr_assert_eq(tsr_value(s[i], &v), TSR_OK);
        cr_assert_eq(v, i);
    }
}

Test(api_handles, views_outlive_the_store_they_were_made_of)
{
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(4), &(double){3});
    const tsr_store v = tsr_slice(s, 0, 1, 2, 1);
    tsr_store_release(s);
    double x = 0;
    cr_assert_eq(tsr_value(v, &x), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(x, 3);
}

Test(api_handles, failed_in_failed_out_with_the_first_cause)
{
    const tsr_store bad = tsr_store_create(TSR_F64, TSR_SHAPE(-1));
    const int       made = __LINE__ - 1;
    const tsr_store view = tsr_transpose(tsr_slice(bad, 0, 0, 5, 1), NULL);
    EXPECT_FAILED(BAD_SHAPE, view, words("%s:%d: in", made, 0));
    cr_assert(strstr(tsr_error_text(), "via"));
    EXPECT_FAILED(BAD_SHAPE, tsr_seal(view), "extent 0 of (-1,) is negative");
    cr_assert_eq(tsr_store_type(view), TSR_TYPE_ANY);
    cr_assert_eq(tsr_store_shape(view).rank, 0);
    EXPECT_STATUS(BAD_SHAPE, tsr_fill(view, &(double){1}), "is negative");
}

Test(api_handles, shapes_that_cannot_be)
{
    EXPECT_FAILED(BAD_SHAPE, tsr_store_create(TSR_F64, tsr_shape_of(9, (int64_t[9]){0})),
                  "9 dimensions; there may be 0 to 8");
    EXPECT_FAILED(BAD_SHAPE, tsr_store_create(TSR_F64, TSR_SHAPE(1ll << 31, 1ll << 31)),
                  "pass 2^63 bytes");
    EXPECT_FAILED(BAD_SHAPE, tsr_store_create(TSR_F64, TSR_SHAPE(0, 1ll << 62)), "pass 2^63 bytes");
    EXPECT_FAILED(BAD_TYPE, tsr_store_create(77, TSR_SHAPE(1)), "no element type has number 77");
    EXPECT_FAILED(BAD_SHAPE, tsr_store_unbound(TSR_F64, TSR_SHAPE()), "unbound");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_store_filled(TSR_F64, TSR_SHAPE(2), NULL), "no value");
}
