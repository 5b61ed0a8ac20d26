/* What the suites of arrays share: a runtime for each test, and arrays as text. */
#ifndef TESTS_UNIT_ARRAY_TEST_H
#define TESTS_UNIT_ARRAY_TEST_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <tessera/array.h>

static inline void array_test_start(void)
{
    static tsr_machine m = {
        .n_cores = 1, .n_numa = 1, .l2_bytes = 1 << 20, .memory_bytes = 1 << 30};
    cr_assert_eq(nd_start(NULL, NULL, .workers = 1, .machine = &m), TSR_OK, "%s", tsr_error_text());
}

static inline void array_test_finish(void)
{
    cr_assert_eq(nd_finish(), 0);
}

/* What nd_print writes; the memory is reused by the next call. */
static inline const char *array_test_text(nd_array a, const nd_print_options *o)
{
    static char      text[20000];
    nd_print_options p = *o;
    text[0] = '\0';
    p.file = fmemopen(text, sizeof text, "w");
    nd_print_(a, &p);
    fclose(p.file);
    return text;
}

/* An array is printed as this text. */
#define EXPECT_TEXT(a, expected, ...)                                                              \
    do {                                                                                           \
        const char *text_ = array_test_text((a), TSR_OPTIONS_(nd_print_options, __VA_ARGS__));     \
        cr_expect_str_eq(text_, (expected), "printed:\n%sinstead of:\n%s%s", text_, (expected),    \
                         tsr_error_text());                                                        \
        tsr_error_clear();                                                                         \
    } while (0)

/* An array has failed, with that status and these words. */
#define EXPECT_FAILED_ARRAY(name, a, words)                                                        \
    do {                                                                                           \
        const nd_array failed_ = (a);                                                              \
        tsr_error_clear();                                                                         \
        cr_expect_eq(nd_status(failed_), TSR_##name, "%s", tsr_error_text());                      \
        cr_expect(strstr(tsr_error_text(), (words)), "expected \"%s\" in:\n%s", (words),           \
                  tsr_error_text());                                                               \
    } while (0)

/* An array of doubles. */
#define ROW(...)                                                                                   \
    nd_from_memory(ND_F64, ND_SHAPE(sizeof((double[]){__VA_ARGS__}) / sizeof(double)),             \
                   (double[]){__VA_ARGS__})
/* 0, 1, 2, ... in a shape of doubles. */
static inline nd_array array_test_count(nd_shape shape)
{
    static double v[4096];
    for (int i = 0; i < 4096; ++i)
        v[i] = i;
    return nd_from_memory(ND_F64, shape, v);
}
#define COUNT(...) array_test_count(ND_SHAPE(__VA_ARGS__))

#endif
