/* Lanes: what is kept, for how long; counters; names; text; what an event costs. */
#include "base/alloc.h"
#include "observe_test.h"

Test(observe_lane, keeps_the_last_events)
{
    struct observe      *o = observe_create(2, 0, 64);
    struct observe_lane *l = observe_lane(o, 1);
    struct observe_event e;
    cr_assert_not(observe_lane_read(l, 0, &e), "nothing was written yet");
    for (uint64_t i = 0; i < 1000; ++i)
        observe_event(l, OBSERVE_RUN, i, (uint32_t)(2 * i), ~i);
    cr_assert_not(observe_lane_read(l, 1000, &e), "not yet written");
    cr_assert_not(observe_lane_read(l, 1000 - 64, &e), "the next event may be replacing it");
    for (uint64_t i = 1000 - 63; i < 1000; ++i) {
        cr_assert(observe_lane_read(l, i, &e));
        cr_assert_eq(e.kind, OBSERVE_RUN);
        cr_assert_eq(e.worker, 1);
        cr_assert_eq(e.number, i);
        cr_assert_eq(e.a, 2 * i);
        cr_assert_eq(e.b, ~i);
    }
    cr_assert_not(observe_lane_read(observe_lane(o, 0), 0, &e), "lanes are apart");
    observe_destroy(o);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_lane, stamps_do_not_go_back)
{
    struct observe      *o = observe_create(1, 0, 0);
    struct observe_lane *l = observe_lane(o, 0);
    uint64_t             before = 0;
    for (uint64_t i = 0; i < 1000; ++i) {
        struct observe_event e;
        observe_event(l, OBSERVE_IDLE, 0, 0, 0);
        cr_assert(observe_lane_read(l, i, &e));
        cr_assert_geq(e.stamp, before);
        before = e.stamp;
    }
    observe_destroy(o);
}

Test(observe_lane, a_ring_size_is_rounded_up)
{
    struct observe *o = observe_create(1, 0, 100);
    cr_assert_eq(observe_lane(o, 0)->mask, 127);
    observe_destroy(o);
    o = observe_create(1, 0, 0);
    cr_assert_eq(observe_lane(o, 0)->mask, OBSERVE_RING_EVENTS - 1);
    observe_destroy(o);
    observe_destroy(NULL);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_lane, every_kind_has_a_name)
{
    cr_assert_str_eq(observe_kind_name(OBSERVE_RUN), "RUN");
    cr_assert_str_eq(observe_kind_name(OBSERVE_WAKE), "WAKE");
    cr_assert_str_eq(observe_kind_name(OBSERVE_N_KINDS), "?");
    for (unsigned k = 0; k < OBSERVE_N_KINDS; ++k)
        cr_assert_gt(strlen(observe_kind_name(k)), 1);
}

Test(observe_counter, sums_over_workers)
{
    struct observe *o = observe_create(3, 0, 0);
    for (int w = 0; w < 3; ++w)
        for (int i = 0; i <= w; ++i)
            observe_count(observe_lane(o, w), TSR_COUNT_TASKS, 10);
    cr_assert_eq(observe_counter_sum(o, TSR_COUNT_TASKS), 60);
    cr_assert_eq(observe_counter_sum(o, TSR_COUNT_COPIES), 0);
    cr_assert_eq(observe_counter_sum(o, TSR_N_COUNTERS), 0);
    cr_assert_str_eq(observe_counter_name(TSR_COUNT_RENAMES), "RENAMES");
    cr_assert_str_eq(observe_counter_text(TSR_COUNT_WINDOWS), "windows closed");
    cr_assert_str_eq(observe_counter_name(TSR_N_COUNTERS), "?");
    observe_destroy(o);
}

Test(observe_counter, memory_is_a_gauge_with_a_peak)
{
    struct observe *o = observe_create(1, 0, 0);
    observe_memory_add(o, 100);
    observe_memory_add(o, 50);
    observe_memory_add(o, -120);
    observe_memory_add(o, 60);
    cr_assert_eq(observe_counter_sum(o, TSR_COUNT_MEMORY_BYTES), 90);
    cr_assert_eq(observe_counter_sum(o, TSR_COUNT_MEMORY_PEAK_BYTES), 150);
    observe_destroy(o);
}

Test(observe_name, the_last_ones_are_known)
{
    struct observe     *o = observe_create(1, 0, 0);
    struct observe_name name;
    const uint64_t      last = 3 * OBSERVE_NAMES + 17;
    for (uint64_t i = 1; i <= last; ++i)
        observe_name(o, i, i % 2 ? "odd" : "even", observe_test_site((int)i),
                     i % 3 ? NULL : "third");
    cr_assert_not(observe_name_find(o, 0, &name));
    cr_assert_not(observe_name_find(o, last + 1, &name));
    cr_assert_not(observe_name_find(o, last - OBSERVE_NAMES, &name));
    for (uint64_t i = last - OBSERVE_NAMES + 1; i <= last; ++i) {
        cr_assert(observe_name_find(o, i, &name));
        cr_assert_str_eq(name.task, i % 2 ? "odd" : "even");
        cr_assert_str_eq(name.file, "user.c");
        cr_assert_eq(name.line, i);
        cr_assert_eq(!name.provenance, i % 3 != 0);
    }
    observe_destroy(o);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_name, missing_strings_are_shown_as_such)
{
    struct observe     *o = observe_create(1, 0, 0);
    struct observe_name name;
    observe_name(o, 1, NULL, (tsr_site){0}, NULL);
    cr_assert(observe_name_find(o, 1, &name));
    cr_assert_str_eq(name.task, "?");
    cr_assert_str_eq(name.file, "?");
    observe_destroy(o);
}

Test(observe_text, grows)
{
    struct observe_text t = {0};
    cr_assert_str_eq(observe_text_get(&t), "");
    for (int i = 0; i < 1000; ++i)
        observe_text_add(&t, "%d,", i);
    cr_assert_eq(t.length, strlen(observe_text_get(&t)));
    cr_assert_eq(t.length, 10 * 2 + 90 * 3 + 900 * 4);
    cr_assert(strstr(observe_text_get(&t), ",998,999,"));
    observe_text_clear(&t);
    cr_assert_str_eq(observe_text_get(&t), "");
    observe_text_add(&t, "%s", "again");
    cr_assert_str_eq(observe_text_get(&t), "again");
    cr_assert_not(t.is_short);
    observe_text_done(&t);
    cr_assert_null(t.text);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_text, without_memory_stays_as_it_was)
{
    struct observe_text t = {0};
    observe_text_add(&t, "kept");
    base_alloc_fail_after(0);
    observe_text_add(&t, "%1000d", 1);
    base_alloc_fail_after(-1);
    cr_assert(t.is_short);
    cr_assert_str_eq(observe_text_get(&t), "kept");
    observe_text_done(&t);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_lane, without_memory_there_is_none)
{
    struct observe *o = NULL;
    int             n = 0;
    for (; !o; ++n) {
        base_alloc_fail_after(n);
        o = observe_create(3, 0, 0);
        base_alloc_fail_after(-1);
        cr_assert_lt(n, 100);
    }
    cr_assert_gt(n, 1, "no allocation failed");
    observe_destroy(o);
    OBSERVE_TEST_NO_LEAKS();
}

static double ns_each(struct observe *o, int64_t begin, int64_t n)
{
    return (double)(observe_elapsed_ns(o) - begin) / (double)n;
}

/* Prints, and judges nothing: machines differ. */
Test(observe_lane, costs_a_few_nanoseconds)
{
    enum { N = 2000000 };
    struct observe      *o = observe_create(1, 0, 0);
    struct observe_lane *l = observe_lane(o, 0);
    int64_t              begin = observe_elapsed_ns(o);
    for (uint64_t i = 0; i < N; ++i)
        observe_event(l, OBSERVE_RUN, i, 0, i);
    const double event_ns = ns_each(o, begin, N);
    begin = observe_elapsed_ns(o);
    for (uint64_t i = 0; i < N; ++i)
        observe_event_at(l, i, OBSERVE_RUN, i, 0, i);
    const double unstamped_ns = ns_each(o, begin, N);
    begin = observe_elapsed_ns(o);
    for (int i = 0; i < N; ++i)
        observe_count(l, TSR_COUNT_TASKS, i);
    const double count_ns = ns_each(o, begin, N);
    begin = observe_elapsed_ns(o);
    for (uint64_t i = 1; i <= N; ++i)
        observe_name(o, i, "task", TSR_HERE, NULL);
    const double name_ns = ns_each(o, begin, N);
    cr_log_info("an event %.1f ns, without its stamp %.1f ns, a count %.1f ns, a name %.1f ns",
                event_ns, unstamped_ns, count_ns, name_ns);
    cr_assert_eq(observe_counter_sum(o, TSR_COUNT_TASKS), (int64_t)N * (N - 1) / 2);
    observe_destroy(o);
}
