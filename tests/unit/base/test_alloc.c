/* Allocation: counted, zeroed, aligned, and failing exactly where it is told to. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "base/alloc.h"

Test(base_alloc, blocks_are_counted)
{
    const int64_t before = base_alloc_live();
    int64_t      *a = base_calloc(4, sizeof *a);
    char         *b = base_aligned(64, 100);
    char         *c = base_realloc(NULL, 3, 7);
    cr_assert_eq(base_alloc_live(), before + 3);
    c = base_realloc(c, 300, 7);
    cr_assert_eq(base_alloc_live(), before + 3, "a block that grew is still one");
    base_free(a);
    base_free(b);
    base_free(c);
    base_free(NULL);
    cr_assert_eq(base_alloc_live(), before);
}

Test(base_alloc, memory_is_zeroed_and_aligned)
{
    for (size_t align = 16; align <= 4096; align *= 4) {
        unsigned char *p = base_aligned(align, 1000);
        cr_assert_eq((uintptr_t)p % align, 0);
        for (int i = 0; i < 1000; ++i)
            cr_assert_eq(p[i], 0);
        base_free(p);
    }
}

Test(base_alloc, products_that_overflow_fail)
{
    volatile size_t huge = SIZE_MAX / 2;
    cr_assert_null(base_calloc(huge, 3));
    cr_assert_null(base_realloc(NULL, huge, 3));
    cr_assert_eq(base_alloc_live(), 0);
}

Test(base_alloc, only_the_nth_call_fails)
{
    for (int n = 0; n < 4; ++n) {
        base_alloc_fail_after(n);
        for (int i = 0; i < 6; ++i) {
            void *p = i % 2 ? base_calloc(1, 8) : base_aligned(64, 8);
            cr_assert_eq(p == NULL, i == n, "call %d, to fail: %d", i, n);
            base_free(p);
        }
    }
    base_alloc_fail_after(-1);
    void *p = base_calloc(1, 1);
    cr_assert_not_null(p);
    base_free(p);
}
