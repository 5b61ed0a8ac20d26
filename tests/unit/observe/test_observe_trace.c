/* The trace file: whole, in order, named; and what happens when it cannot be written. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "observe/trace.h"
#include "observe_test.h"

/* A file read back. */
struct file {
    char                          *bytes;
    size_t                         size;
    struct observe_trace_file_head head;
};

/* A folder of its own for each test. */
static const char *path_in_folder(const char *name)
{
    static char path[128];
    char        folder[] = "/tmp/observe_trace_XXXXXX";
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_with_folder(const char *path)
{
    char folder[128];
    remove(path);
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    remove(folder);
}

static struct file file_read(const char *path)
{
    struct file f = {0};
    FILE       *in = fopen(path, "rb");
    cr_assert(in, "there is no %s", path);
    fseek(in, 0, SEEK_END);
    f.bytes = observe_test_text(in);
    f.size = (size_t)ftell(in);
    fclose(in);
    cr_assert_geq(f.size, sizeof f.head);
    memcpy(&f.head, f.bytes, sizeof f.head);
    return f;
}

/* The n-th chunk with this tag and worker; its payload, or NULL. Checks the form on its way. */
static const char *chunk_find(const struct file *f, const char *tag, uint32_t worker, int n,
                              size_t *out_bytes)
{
    size_t at = f->head.head_bytes;
    while (at < f->size) {
        struct observe_trace_chunk c;
        cr_assert_leq(at + sizeof c, f->size);
        memcpy(&c, f->bytes + at, sizeof c);
        at += sizeof c;
        cr_assert_leq(at + (c.bytes + 7) / 8 * 8, f->size, "a chunk that is cut off");
        if (memcmp(c.tag, tag, 4) == 0 && c.worker == worker && n-- == 0) {
            *out_bytes = c.bytes;
            return f->bytes + at;
        }
        at += (c.bytes + 7) / 8 * 8;
    }
    return NULL;
}

static struct observe_trace_done done_of(const struct file *f)
{
    struct observe_trace_done done;
    size_t                    bytes;
    const char               *at = chunk_find(f, "DONE", 0, 0, &bytes);
    cr_assert(at);
    memcpy(&done, at, sizeof done);
    return done;
}

/* All events of a worker: their numbers must count from 0. How many there are. */
static uint64_t events_in_order(const struct file *f, uint32_t worker)
{
    uint64_t n = 0;
    size_t   bytes;
    for (int i = 0;; ++i) {
        const char *at = chunk_find(f, "EVNT", worker, i, &bytes);
        if (!at)
            return n;
        for (size_t k = 0; k < bytes; k += sizeof(struct observe_event), ++n) {
            struct observe_event e;
            memcpy(&e, at + k, sizeof e);
            cr_assert_eq(e.number, n);
            cr_assert_eq(e.worker, worker);
            cr_assert_eq(e.kind, OBSERVE_MEMORY);
            cr_assert_eq(e.b, 3 * n);
        }
    }
}

static void write_events(struct observe *o, int worker, uint64_t n)
{
    for (uint64_t i = 0; i < n; ++i)
        observe_event(observe_lane(o, worker), OBSERVE_MEMORY, i, 0, 3 * i);
}

Test(observe_trace, holds_every_event_however_small_the_ring)
{
    const char     *path = path_in_folder("t");
    struct observe *o = observe_create(2, 0, 16);
    cr_assert_eq(observe_trace_open(o, path, (struct observe_trace_head){0}, TSR_HERE), TSR_OK);
    write_events(o, 0, 1001);
    write_events(o, 1, 77);
    observe_count(observe_lane(o, 1), TSR_COUNT_TASKS, 12345);
    cr_assert_eq(observe_trace_close(o, TSR_HERE), TSR_OK);
    write_events(o, 0, 100); /* after the end: nobody minds */
    observe_destroy(o);

    struct file f = file_read(path);
    size_t      bytes;
    cr_assert_eq(memcmp(f.head.magic, "TSRTRACE", 8), 0);
    cr_assert_eq(f.head.version, OBSERVE_TRACE_VERSION);
    cr_assert_eq(f.head.workers, 2);
    cr_assert_eq(events_in_order(&f, 0), 1001);
    cr_assert_eq(events_in_order(&f, 1), 77);
    cr_assert_eq(done_of(&f).events, 1078);
    cr_assert_eq(done_of(&f).lost_events, 0);
    cr_assert(strstr(chunk_find(&f, "COUN", 0, 0, &bytes), "TASKS 12345\n"));
    cr_assert(strstr(chunk_find(&f, "KIND", 0, 0, &bytes), " RUN span first bits\n"));
    cr_assert(chunk_find(&f, "CLOK", 0, 0, &bytes));
    free(f.bytes);
    remove_with_folder(path);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_trace, holds_every_name)
{
    enum { N = 3 * OBSERVE_NAMES };
    const char     *path = path_in_folder("t");
    struct observe *o = observe_create(1, 0, 0);
    cr_assert_eq(observe_trace_open(o, path, (struct observe_trace_head){0}, TSR_HERE), TSR_OK);
    for (uint64_t i = 1; i <= N; ++i)
        observe_name(o, 2 * i, "task", observe_test_site((int)i), i % 2 ? "why" : NULL);
    observe_destroy(o); /* closes it */

    struct file f = file_read(path);
    uint64_t    next = 1;
    size_t      bytes;
    for (int i = 0;; ++i) {
        const char *at = chunk_find(&f, "NAME", 0, i, &bytes);
        for (size_t k = 0; at && k < bytes; ++next) {
            struct observe_trace_name r;
            memcpy(&r, at + k, sizeof r);
            cr_assert_eq(r.number, 2 * next);
            cr_assert_eq(r.line, next);
            cr_assert_eq(memcmp(at + k + sizeof r, next % 2 ? "taskuser.cwhy" : "taskuser.c",
                                next % 2 ? 13u : 10u),
                         0);
            k += r.record_bytes;
        }
        if (!at)
            break;
    }
    cr_assert_eq(next, N + 1);
    cr_assert_eq(done_of(&f).names, N);
    free(f.bytes);
    remove_with_folder(path);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_trace, files_of_ranks_have_names_of_their_own)
{
    const char     *path = path_in_folder("t");
    char            name[160];
    struct observe *o = observe_create(1, 3, 0);
    cr_assert_eq(observe_trace_open(o, path, (struct observe_trace_head){.ranks = 4}, TSR_HERE), 0);
    cr_assert_eq(observe_trace_close(o, TSR_HERE), TSR_OK);
    snprintf(name, sizeof name, "%s.3", path);
    cr_assert_eq(remove(name), 0, "no %s", name);
    snprintf(name, sizeof name, "%s-%%r.trc", path);
    cr_assert_eq(observe_trace_open(o, name, (struct observe_trace_head){.ranks = 4}, TSR_HERE), 0);
    observe_destroy(o);
    snprintf(name, sizeof name, "%s-3.trc", path);
    cr_assert_eq(remove(name), 0, "no %s", name);
    remove_with_folder(path);
}

Test(observe_trace, a_file_that_cannot_be_is_named)
{
    struct observe *o = observe_create(1, 0, 0);
    cr_assert_eq(observe_trace_open(o, "/nowhere/t", (struct observe_trace_head){0}, TSR_HERE),
                 TSR_ENVIRONMENT);
    cr_assert(strstr(tsr_error_text(), "/nowhere/t"));
    cr_assert_eq(observe_trace_open(o, "/dev/full", (struct observe_trace_head){0}, TSR_HERE),
                 TSR_ENVIRONMENT);
    cr_assert(strstr(tsr_error_text(), "/dev/full"));
    write_events(o, 0, 10000);
    cr_assert_eq(observe_trace_close(o, TSR_HERE), TSR_OK, "none is open");
    observe_destroy(o);
    OBSERVE_TEST_NO_LEAKS();
}

Test(observe_trace, opens_or_says_why_not_when_memory_is_short)
{
    const char     *path = path_in_folder("t");
    struct observe *o = observe_create(1, 0, 0);
    tsr_status      s = TSR_NO_MEMORY;
    int             n = 0;
    for (; s != TSR_OK; ++n) {
        base_alloc_fail_after(n);
        s = observe_trace_open(o, path, (struct observe_trace_head){0}, TSR_HERE);
        base_alloc_fail_after(-1);
        cr_assert(s == TSR_OK || s == TSR_NO_MEMORY || s == TSR_ENVIRONMENT);
        cr_assert_lt(n, 100);
    }
    cr_assert_gt(n, 1, "no allocation failed");
    cr_assert_eq(observe_trace_close(o, TSR_HERE), TSR_OK);
    observe_destroy(o);
    remove_with_folder(path);
    OBSERVE_TEST_NO_LEAKS();
}

/* Events of 8 KiB go in before the file may not grow, and the end after it may again. */
static void fill_the_disk(const char *path)
{
    signal(SIGXFSZ, SIG_IGN);
    struct observe *o = observe_create(1, 0, 64);
    cr_assert_eq(observe_trace_open(o, path, (struct observe_trace_head){0}, TSR_HERE), TSR_OK);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 8192;
    setrlimit(RLIMIT_FSIZE, &limit);
    write_events(o, 0, 10000);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    cr_assert_eq(observe_trace_close(o, TSR_HERE), TSR_ENVIRONMENT);
    cr_assert(strstr(tsr_error_text(), "lacks"), "%s", tsr_error_text());
    observe_destroy(o);
}

Test(observe_trace, a_full_disk_loses_events_and_says_so)
{
    const char *path = path_in_folder("t");
    fill_the_disk(path);
    struct file                     f = file_read(path);
    const struct observe_trace_done done = done_of(&f);
    cr_assert_gt(done.lost_events, 9000);
    cr_assert_eq(done.events + done.lost_events, 10000);
    free(f.bytes);
    remove_with_folder(path);
    OBSERVE_TEST_NO_LEAKS();
}

/* ---- the checker ---- */

/* Exit status of tools/trace on a file; its output goes nowhere. -1 where it cannot be run. */
static int checker(const char *path)
{
    char command[256];
    if (access("tools/trace", X_OK) != 0)
        return -1;
    snprintf(command, sizeof command, "tools/trace %s > /dev/null 2>&1", path);
    const int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum fault { NOTHING, RUN_BEFORE_ISSUE, RUN_AFTER_RETIRE, RUN_TWICE, RETIRE_OUT_OF_ORDER };

/* A small run of two operations, with a fault in it. */
static int check_of(enum fault fault)
{
    const char          *path = path_in_folder("t");
    struct observe      *o = observe_create(2, 0, 0);
    struct observe_lane *l = observe_lane(o, 0), *m = observe_lane(o, 1);
    cr_assert_eq(observe_trace_open(o, path, (struct observe_trace_head){0}, TSR_HERE), TSR_OK);
    for (uint64_t i = 1; i <= 2; ++i) {
        observe_name(o, i, "step", observe_test_site(5), NULL);
        if (fault == RUN_BEFORE_ISSUE && i == 2)
            observe_event(m, OBSERVE_RUN, 2, 64, 1);
        observe_event(l, OBSERVE_ISSUE, i, 2, 0);
        observe_event(m, OBSERVE_RUN, i, 0, 0xf0);
        observe_event(l, OBSERVE_RUN, i, 0, fault == RUN_TWICE ? 0x1f : 0x0f);
        observe_event(m, OBSERVE_IDLE, 0, 0, 0);
    }
    observe_event(l, OBSERVE_RETIRE, fault == RETIRE_OUT_OF_ORDER ? 2 : 1, 0, 0);
    observe_event(l, OBSERVE_RETIRE, fault == RETIRE_OUT_OF_ORDER ? 1 : 2, 0, 0);
    if (fault == RUN_AFTER_RETIRE)
        observe_event(m, OBSERVE_RUN, 1, 128, 1);
    cr_assert_eq(observe_trace_close(o, TSR_HERE), TSR_OK);
    observe_destroy(o);
    const int status = checker(path);
    remove_with_folder(path);
    return status;
}

Test(observe_trace, the_checker_finds_what_breaks_program_order)
{
    const int status = check_of(NOTHING);
    if (status < 0)
        cr_skip_test("tools/trace cannot be run from here");
    cr_assert_eq(status, 0);
    cr_assert_eq(check_of(RUN_BEFORE_ISSUE), 1);
    cr_assert_eq(check_of(RUN_AFTER_RETIRE), 1);
    cr_assert_eq(check_of(RUN_TWICE), 1);
    cr_assert_eq(check_of(RETIRE_OUT_OF_ORDER), 1);
}

Test(observe_trace, the_checker_wants_a_whole_file)
{
    const char     *path = path_in_folder("t");
    struct observe *o = observe_create(1, 0, 0);
    cr_assert_eq(observe_trace_open(o, path, (struct observe_trace_head){0}, TSR_HERE), TSR_OK);
    write_events(o, 0, 100);
    observe_destroy(o);
    struct stat s;
    cr_assert_eq(stat(path, &s), 0);
    if (checker(path) < 0)
        cr_skip_test("tools/trace cannot be run from here");
    cr_assert_eq(checker(path), 0);
    for (off_t cut = s.st_size - 8; cut > 0; cut = cut * 2 / 3) {
        cr_assert_eq(truncate(path, cut), 0);
        cr_assert_eq(checker(path), 1, "cut to %ld bytes", (long)cut);
    }
    remove_with_folder(path);
}
