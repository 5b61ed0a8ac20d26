/* observe_test.h - what the suites of observe/ share. */
#ifndef OBSERVE_TEST_H
#define OBSERVE_TEST_H

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "observe/observe.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define OBSERVE_TEST_NO_LEAKS() cr_assert(!__lsan_do_recoverable_leak_check())
#else
#define OBSERVE_TEST_NO_LEAKS() ((void)0)
#endif

/* A file without a name, and what was written to it (to be freed). */
static inline char *observe_test_text(FILE *file)
{
    fflush(file);
    const long bytes = ftell(file);
    char      *text = calloc(1, (size_t)bytes + 1);
    rewind(file);
    cr_assert_eq(fread(text, 1, (size_t)bytes, file), (size_t)bytes);
    return text;
}

/* How often `part` stands in `text`. */
static inline int observe_test_count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        ++n;
    return n;
}

/* A place that no file of ours is. */
static inline tsr_site observe_test_site(int line)
{
    return (tsr_site){"user.c", "main", line};
}

#endif
