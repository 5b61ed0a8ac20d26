/* Traces of failure: their text, how they are handed on, and traces as values. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "base/failure.h"

static const tsr_site cause = {"heat.c", "advance", 12}, user = {"main.c", "main", 30};

static tsr_status inner(void)
{
    return TSR_FAIL(BAD_SHAPE, "(4, 4) and (3, %d)", 4);
}

static tsr_status outer(void)
{
    TSR_TRY(inner());
    return TSR_OK;
}

Test(base_failure, a_trace_reads_as_the_manual_says)
{
    cr_assert_eq(tsr_fail_(cause, TSR_BAD_SHAPE, "(4, 4) and (3, 4)"), TSR_BAD_SHAPE);
    cr_assert_eq(tsr_pass_(user, TSR_BAD_SHAPE, "advance(b, a)"), TSR_BAD_SHAPE);
    cr_assert_str_eq(tsr_error_text(),
                     "heat.c:12: in advance(): shapes do not agree: (4, 4) and (3, 4)\n"
                     "    via main.c:30: advance(b, a)");
    cr_assert_eq(tsr_error_status(), TSR_BAD_SHAPE);
}

Test(base_failure, try_hands_on_and_names_the_expression)
{
    cr_assert_eq(outer(), TSR_BAD_SHAPE);
    cr_assert(strstr(tsr_error_text(), "in inner(): shapes do not agree: (4, 4) and (3, 4)\n"));
    cr_assert(strstr(tsr_error_text(), ": inner()"));
}

Test(base_failure, without_words_the_sentence_stands_alone)
{
    tsr_fail_(cause, TSR_NO_MEMORY, NULL);
    cr_assert_str_eq(tsr_error_text(), "heat.c:12: in advance(): out of memory");
}

Test(base_failure, a_status_without_a_trace_starts_one)
{
    tsr_error_clear();
    cr_assert_str_empty(tsr_error_text());
    cr_assert_eq(tsr_error_status(), TSR_OK);
    tsr_pass_(user, TSR_TASK_FAILED, "step()");
    cr_assert_str_eq(tsr_error_text(), "main.c:30: in main(): a task reported failure: step()");
    tsr_pass_(user, TSR_BAD_TYPE, "other()");
    cr_assert_str_eq(tsr_error_text(), "main.c:30: in main(): element types do not agree: other()",
                     "the trace of another status is not ours");
}

Test(base_failure, a_place_stands_once)
{
    tsr_fail_(cause, TSR_BAD_SHAPE, "x");
    tsr_pass_(user, TSR_BAD_SHAPE, "tsr_value()");
    tsr_pass_(user, TSR_BAD_SHAPE, "tsr_value(a, &v)");
    cr_assert_str_eq(tsr_error_text(), "heat.c:12: in advance(): shapes do not agree: x\n"
                                       "    via main.c:30: tsr_value(a, &v)");
}

Test(base_failure, arguments_may_be_the_present_text)
{
    tsr_fail_(cause, TSR_BAD_SHAPE, "first");
    tsr_fail_(user, TSR_TASK_FAILED, "because: %s", tsr_error_text());
    cr_assert(
        strstr(tsr_error_text(), "because: heat.c:12: in advance(): shapes do not agree: first"));
}

Test(base_failure, long_traces_are_bounded)
{
    char long_text[4000];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    tsr_fail_(cause, TSR_BAD_SHAPE, "%s", long_text);
    for (int i = 0; i < 100; ++i)
        tsr_pass_((tsr_site){"main.c", "main", i}, TSR_BAD_SHAPE, long_text);
    cr_assert_lt(strlen(tsr_error_text()), TRACE_BYTES);
    cr_assert(strstr(tsr_error_text(), " ..."));
}

Test(base_failure, long_expressions_are_cut)
{
    char expression[400];
    memset(expression, 'y', sizeof expression);
    expression[sizeof expression - 1] = '\0';
    tsr_fail_(cause, TSR_BAD_SHAPE, "x");
    tsr_pass_(user, TSR_BAD_SHAPE, expression);
    cr_assert_lt(strlen(tsr_error_text()), 250);
}

static void *other_thread(void *user_data)
{
    cr_assert_str_empty(tsr_error_text());
    tsr_fail_(cause, TSR_TASK_FAILED, "on a worker");
    trace_save(user_data);
    return NULL;
}

Test(base_failure, traces_cross_threads_as_values)
{
    struct trace t;
    pthread_t    thread;
    pthread_create(&thread, NULL, other_thread, &t);
    pthread_join(thread, NULL);
    cr_assert_eq(tsr_error_status(), TSR_OK, "each thread has its own");
    cr_assert_eq(trace_raise(&t, user, "tsr_value(a, &v)"), TSR_TASK_FAILED);
    cr_assert_str_eq(tsr_error_text(),
                     "heat.c:12: in advance(): a task reported failure: on a worker\n"
                     "    via main.c:30: tsr_value(a, &v)");
    cr_assert_eq(trace_restore(&t), TSR_TASK_FAILED);
    cr_assert_null(strstr(tsr_error_text(), "via"));
    cr_assert_eq(trace_bytes(&t), offsetof(struct trace, text) + strlen(t.text) + 1);
}

Test(base_failure, every_status_has_a_name_and_a_sentence)
{
    cr_assert_str_eq(tsr_status_name(TSR_OVERLAP), "OVERLAP");
    cr_assert_str_eq(tsr_status_text(TSR_OVERLAP), "pieces that are written meet");
    for (int s = 0; s >= -15; --s)
        cr_assert_neq(strcmp(tsr_status_name((tsr_status)s), "UNKNOWN"), 0);
    cr_assert_str_eq(tsr_status_name((tsr_status)77), "UNKNOWN");
}
