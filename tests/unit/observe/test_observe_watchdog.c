/* The watchdog: it speaks once per stall, and only then. Times are short, and waited for. */
#include <stdatomic.h>
#include <time.h>

#include "observe_test.h"

static _Atomic uint64_t done;
static _Atomic int      reports;

static uint64_t progress(void *runtime)
{
    (void)runtime;
    return done;
}

static void describe(void *runtime, FILE *out)
{
    fprintf(out, "  %s waits for #7\n", (const char *)runtime);
    ++reports;
}

static void sleep_ms(int ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* Polls as an idle worker does, until there are `n` reports or `ms` have gone by. */
static bool reports_reach(struct observe *o, int n, int ms)
{
    for (; reports < n && ms > 0; --ms) {
        observe_watchdog_poll(o);
        sleep_ms(1);
    }
    return reports >= n;
}

static char reader[] = "the reader";

static struct observe *watched(FILE *out, double seconds)
{
    struct observe            *o = observe_create(2, 5, 0);
    const struct observe_watch w = {.runtime = reader,
                                    .progress = progress,
                                    .describe = describe,
                                    .out = out,
                                    .seconds = seconds};
    observe_watchdog_init(o, &w);
    done = 0;
    reports = 0;
    observe_name(o, 6, "slow_task", observe_test_site(9), NULL);
    observe_event(observe_lane(o, 1), OBSERVE_RUN, 6, 0, 1);
    return o;
}

Test(observe_watchdog, reports_a_stall_once)
{
    FILE           *out = tmpfile();
    struct observe *o = watched(out, 0.02);
    observe_watchdog_arm(o);
    cr_assert(reports_reach(o, 1, 10000));
    cr_assert_not(reports_reach(o, 2, 100), "one stall, one report");
    ++done;
    cr_assert(reports_reach(o, 2, 10000), "another stall");
    observe_watchdog_disarm(o);
    sleep_ms(50);
    observe_watchdog_arm(o);
    cr_assert(reports_reach(o, 3, 10000), "another wait");
    observe_destroy(o);
    char *text = observe_test_text(out);
    cr_assert(strstr(text, "tessera: rank 5: the program waits, and nothing was done for 0."));
    cr_assert_eq(observe_test_count(text, "the reader waits for #7"), 3);
    cr_assert(strstr(text, "now worker 1  RUN        #6 slow_task (user.c:9)"));
    free(text);
    fclose(out);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_watchdog, is_quiet_while_work_goes_on)
{
    FILE           *out = tmpfile();
    struct observe *o = watched(out, 2.0);
    observe_watchdog_arm(o);
    for (int i = 0; i < 100; ++i, ++done) {
        observe_watchdog_poll(o);
        sleep_ms(1);
    }
    cr_assert_eq(reports, 0);
    observe_destroy(o);
    fclose(out);
}

Test(observe_watchdog, is_quiet_while_nobody_waits_or_when_off)
{
    FILE           *out = tmpfile();
    struct observe *o = watched(out, 0.01);
    cr_assert_not(reports_reach(o, 1, 60), "not armed");
    observe_destroy(o);
    o = watched(out, 0.0);
    observe_watchdog_arm(o);
    cr_assert_not(reports_reach(o, 1, 60), "off");
    observe_destroy(o);
    o = observe_create(1, 0, 0);
    observe_watchdog_arm(o);
    cr_assert_not(reports_reach(o, 1, 20), "no eyes");
    observe_destroy(o);
    fclose(out);
    OBSERVE_TEST_NO_LEAKS();
}
