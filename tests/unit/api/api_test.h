/* What the suites of the API share: a runtime for each test, and what an error must say. */
#ifndef TESTS_UNIT_API_TEST_H
#define TESTS_UNIT_API_TEST_H

#include <criterion/criterion.h>
#include <string.h>

#include <tessera/tessera.h>

/* A runtime on the one machine that all these tests know. */
static inline void api_test_start(void)
{
    static tsr_machine m = {
        .n_cores = 1, .n_numa = 1, .l2_bytes = 1 << 20, .memory_bytes = 1 << 30};
    cr_assert_eq(tsr_start(NULL, NULL, .workers = 1, .machine = &m), TSR_OK, "%s",
                 tsr_error_text());
}

static inline void api_test_finish(void)
{
    cr_assert_eq(tsr_finish(), 0);
}

/* The last failure on this thread has this status, and its text these words. */
#define EXPECT_FAILURE(name, words)                                                                \
    do {                                                                                           \
        cr_expect_eq(tsr_error_status(), TSR_##name, "%s", tsr_error_text());                      \
        cr_expect(strstr(tsr_error_text(), (words)), "expected \"%s\" in:\n%s", (words),           \
                  tsr_error_text());                                                               \
    } while (0)

/* The call answers that failure, with those words. */
#define EXPECT_STATUS(name, call, words)                                                           \
    do {                                                                                           \
        cr_expect_eq((call), TSR_##name, "%s", tsr_error_text());                                  \
        EXPECT_FAILURE(name, words);                                                               \
    } while (0)

/* The store that the call makes carries that failure. */
#define EXPECT_FAILED(name, call, words)                                                           \
    do {                                                                                           \
        const tsr_store failed_ = (call);                                                          \
        cr_expect_neq(failed_.id, 0);                                                              \
        tsr_error_clear();                                                                         \
        EXPECT_STATUS(name, tsr_store_status(failed_), words);                                     \
    } while (0)

#endif
