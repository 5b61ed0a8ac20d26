/* observe_threads.c - lanes are read while they are written: by threads, signals and the file.
 *
 * Every event of this program carries words that follow from its number, so that a reader who gets
 * halves of two events notices. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/observe.h"

enum { WRITERS = 3, EVENTS = 60000 };

static int failures;

static void verdict(const char *name, const char *why)
{
    if (why)
        printf("not ok %s %s\n", name, why);
    else
        printf("ok %s\n", name);
    failures += why != NULL;
}

/* ---- writers ---- */

static uint32_t a_of(uint64_t number)
{
    return (uint32_t)(number * 2654435761u);
}

struct writer {
    struct observe *o;
    int             worker;
    pthread_t       thread;
};

static _Atomic int working;

static void *writer_main(void *argument)
{
    struct writer       *w = argument;
    struct observe_lane *l = observe_lane(w->o, w->worker);
    for (uint64_t i = 1; i <= EVENTS; ++i) {
        if (w->worker == 0)
            observe_name(w->o, i, i % 2 ? "odd" : "even", (tsr_site){"user.c", "main", (int)i},
                         NULL);
        observe_event(l, OBSERVE_RUN, i, a_of(i), ~i);
        observe_count(l, TSR_COUNT_TASKS, 1);
        if (i % 1000 == 0)
            observe_watchdog_poll(w->o);
        observe_memory_add(w->o, i % 2 ? 64 : -64);
    }
    --working;
    return NULL;
}

static void writers_start(struct writer *w, struct observe *o)
{
    working = WRITERS;
    for (int i = 0; i < WRITERS; ++i) {
        w[i] = (struct writer){.o = o, .worker = i};
        if (pthread_create(&w[i].thread, NULL, writer_main, &w[i]) != 0)
            abort();
    }
}

static void writers_join(struct writer *w)
{
    for (int i = 0; i < WRITERS; ++i)
        pthread_join(w[i].thread, NULL);
}

/* ---- readers ---- */

/* Why an event that was read is not one that was written; NULL when it is. */
static const char *torn(const struct observe_event *e, int worker)
{
    if (e->kind != OBSERVE_RUN || e->worker != worker)
        return "an event of another kind or worker";
    if (e->a != a_of(e->number) || e->b != ~e->number)
        return "halves of two events";
    return NULL;
}

static const char *read_lanes(struct observe *o)
{
    for (int w = 0; w < WRITERS; ++w) {
        struct observe_lane *l = observe_lane(o, w);
        const uint64_t       head = atomic_load(&l->head);
        for (uint64_t s = head > l->mask ? head - l->mask - 1 : 0; s < head; ++s) {
            struct observe_event e;
            if (!observe_lane_read(l, s, &e))
                continue;
            if (e.number != s + 1)
                return "an event in another's place";
            if (torn(&e, w))
                return torn(&e, w);
        }
    }
    return NULL;
}

static const char *read_names(struct observe *o)
{
    for (uint64_t i = 1; i <= EVENTS; i += 7) {
        struct observe_name name;
        if (!observe_name_find(o, i, &name))
            continue;
        if (name.line != (int)i || strcmp(name.task, i % 2 ? "odd" : "even") != 0)
            return "halves of two names";
    }
    return NULL;
}

static void test_readers(void)
{
    struct writer   w[WRITERS];
    struct observe *o = observe_create(WRITERS, 0, 64);
    const char     *why = NULL;
    int64_t         before = 0;
    writers_start(w, o);
    while (working && !why) {
        const int64_t now = observe_counter_sum(o, TSR_COUNT_TASKS);
        why = now < before ? "a counter went back" : read_lanes(o);
        why = why ? why : read_names(o);
        before = now;
    }
    writers_join(w);
    if (!why && observe_counter_sum(o, TSR_COUNT_TASKS) != (int64_t)WRITERS * EVENTS)
        why = "a count was lost";
    if (!why && observe_counter_sum(o, TSR_COUNT_MEMORY_BYTES) != 0)
        why = "memory does not add up";
    observe_destroy(o);
    verdict("observe: readers see whole events and names", why);
}

/* ---- printing, by a thread and by signals ---- */

static void test_printing(void)
{
    struct writer   w[WRITERS];
    struct observe *o = observe_create(WRITERS, 0, 0);
    FILE           *out = fopen("/dev/null", "w");
    const int       stderr_before = dup(STDERR_FILENO);
    dup2(fileno(out), STDERR_FILENO);
    observe_signals_install(o);
    writers_start(w, o);
    for (int i = 0; working || i < 10; ++i) {
        observe_flight_print(o, out, 0);
        if (i < 100)
            kill(getpid(), SIGUSR1);
    }
    writers_join(w);
    observe_destroy(o);
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    fclose(out);
    verdict("observe: the flight recorder prints while workers work", NULL);
}

/* Observes come and go while a thread keeps asking for flight recorders. */
static _Atomic bool asking;

static void *ask(void *unused)
{
    while (asking)
        kill(getpid(), SIGUSR1);
    return unused;
}

static void test_coming_and_going(void)
{
    struct observe *first = observe_create(1, 0, 0);
    const int       stderr_before = dup(STDERR_FILENO);
    FILE           *out = fopen("/dev/null", "w");
    pthread_t       thread;
    dup2(fileno(out), STDERR_FILENO);
    observe_signals_install(first);
    asking = true;
    if (pthread_create(&thread, NULL, ask, NULL) != 0)
        abort();
    for (int i = 0; i < 200; ++i) {
        struct observe *o = observe_create(2, 1, 0);
        observe_signals_install(o);
        observe_event(observe_lane(o, 0), OBSERVE_IDLE, 0, 0, 0);
        observe_destroy(o);
    }
    asking = false;
    pthread_join(thread, NULL);
    observe_destroy(first);
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    fclose(out);
    verdict("observe: runtimes finish while a signal prints", NULL);
}

/* ---- the file ---- */

static void test_trace(void)
{
    struct writer   w[WRITERS];
    struct observe *o = observe_create(WRITERS, 0, 256);
    char            path[] = "/tmp/observe_threads_XXXXXX";
    const char     *why = NULL;
    const int       fd = mkstemp(path);
    if (fd < 0 || observe_trace_open(o, path, (struct observe_trace_head){0}, TSR_HERE) != TSR_OK)
        why = "it cannot be opened";
    writers_start(w, o);
    writers_join(w);
    if (!why && observe_trace_close(o, TSR_HERE) != TSR_OK)
        why = "it cannot be closed";
    observe_destroy(o);
    const off_t bytes = lseek(fd, 0, SEEK_END);
    if (!why && bytes < (off_t)WRITERS * EVENTS * (off_t)sizeof(struct observe_event))
        why = "events are missing";
    if (!why && access("tools/trace", X_OK) == 0) {
        char command[128];
        snprintf(command, sizeof command,
                 "tools/trace --check %s | grep -q 'events of\\|lost\\|holds'", path);
        why = system(command) == 0 ? "tools/trace finds its form wrong" : NULL;
    }
    close(fd);
    remove(path);
    verdict("observe: lanes write one trace file side by side", why);
}

/* ---- the watchdog ---- */

static uint64_t no_progress(void *unused)
{
    (void)unused;
    return 0;
}

static _Atomic int reports;

static void count_report(void *unused, FILE *out)
{
    (void)unused;
    (void)out;
    ++reports;
}

static void test_watchdog(void)
{
    struct writer              w[WRITERS];
    struct observe            *o = observe_create(WRITERS, 0, 0);
    FILE                      *out = fopen("/dev/null", "w");
    const struct observe_watch watch = {
        .progress = no_progress, .describe = count_report, .out = out, .seconds = 0.01};
    reports = 0;
    observe_watchdog_init(o, &watch);
    observe_watchdog_arm(o);
    writers_start(w, o);
    writers_join(w);
    for (int i = 0; i < 10000 && reports == 0; ++i) {
        observe_watchdog_poll(o);
        usleep(1000);
    }
    observe_watchdog_disarm(o);
    observe_destroy(o);
    fclose(out);
    verdict("observe: one watchdog, whoever polls",
            reports == 1 ? NULL : "not one report for one stall");
}

int main(void)
{
    test_readers();
    test_printing();
    test_coming_and_going();
    test_trace();
    test_watchdog();
    return failures != 0;
}
