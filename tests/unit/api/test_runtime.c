/* A runtime's life: starting twice, finishing, leaving without finishing, what is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api_test.h"
#include "base/alloc.h"

Test(api_runtime, starting_twice_names_the_first_line)
{
    char        words[300];
    tsr_machine m = {.n_cores = 1, .memory_bytes = 1 << 30};
    cr_assert_eq(tsr_start(NULL, NULL, .machine = &m), TSR_OK);
    snprintf(words, sizeof words, "the runtime started at %s:%d already", __FILE__, __LINE__ - 1);
    EXPECT_STATUS(NOT_ALLOWED, tsr_start(NULL, NULL), words);
    cr_assert_not_null(tsr_runtime_current());
    cr_assert_eq(tsr_finish(), 0);
    cr_assert_null(tsr_runtime_current());
}

Test(api_runtime, without_one_nothing_can_be_done)
{
    EXPECT_STATUS(NOT_ALLOWED, tsr_fence(), "no runtime is started");
    cr_assert_eq(tsr_store_create(TSR_F64, TSR_SHAPE(1)).id, 0);
    cr_assert_eq(tsr_finish(), 1);
    cr_assert(tsr_rank() == 0 && tsr_rank_count() == 1 && tsr_worker_count() == 0);
    cr_assert_eq(tsr_counter(TSR_COUNT_OPERATIONS), 0);
    TSR_SCOPE();
    TSR_PROVENANCE("nothing");
    int times = 0;
    TSR_ONCE
    ++times;
    cr_assert_eq(times, 1);
}

Test(api_runtime, one_after_another_and_nothing_stays)
{
    const int64_t before = base_alloc_live();
    for (int i = 0; i < 20; ++i) {
        api_test_start();
        TSR_SCOPE(); /* it is left after the runtime is gone */
        tsr_store_filled(TSR_F64, TSR_SHAPE(10), &(double){1});
        tsr_store_keep(tsr_store_filled(TSR_F64, TSR_SHAPE(10), &(double){1}));
        api_test_finish();
    }
    cr_assert_eq(base_alloc_live(), before);
}

Test(api_runtime, settings_that_make_no_sense)
{
    char name[] = "main", words[] = "--tessera-workers=zero", *argv[] = {name, words, NULL},
         **at = argv;
    int argc = 2;
    EXPECT_STATUS(BAD_ARGUMENT, tsr_start(&argc, &at), "--tessera-workers=zero: not a number");
    cr_assert_null(tsr_runtime_current());
    setenv("OMPI_COMM_WORLD_RANK", "1", 1);
    setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
    EXPECT_STATUS(ENVIRONMENT, tsr_start(NULL, NULL), "mpirun started this as process 1 of 4");
}

/* The n-th allocation fails, until none does: a start fails whole or not at all. */
Test(api_runtime, memory_that_is_short_at_the_start)
{
    static tsr_machine m = {.n_cores = 1, .n_numa = 1, .memory_bytes = 1 << 30};
    const int64_t      before = base_alloc_live();
    int                n = 0;
    for (;; ++n) {
        base_alloc_fail_after(n);
        const tsr_status s = tsr_start(NULL, NULL, .workers = 1, .machine = &m);
        base_alloc_fail_after(-1);
        if (s == TSR_OK)
            break;
        cr_assert_eq(s, TSR_NO_MEMORY, "allocation %d: %s", n, tsr_error_text());
        cr_assert_eq(base_alloc_live(), before, "allocation %d", n);
        cr_assert_null(tsr_runtime_current());
    }
    cr_assert_gt(n, 5);
    api_test_finish();
    cr_assert_eq(base_alloc_live(), before);
}

/* ---- what is printed ---- */

/* Run in a process of its own; its stderr and its exit code (-1: killed). */
static int run_apart(void (*program)(void), char *out, size_t size)
{
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], 2);
        close(pipes[0]);
        close(pipes[1]);
        program();
        _exit(99);
    }
    close(pipes[1]);
    size_t  used = 0;
    ssize_t n;
    while (used + 1 < size && (n = read(pipes[0], out + used, size - 1 - used)) > 0)
        used += (size_t)n;
    out[used] = '\0';
    close(pipes[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void exits_without_finish(void)
{
    tsr_machine m = {.n_cores = 2, .n_numa = 1, .memory_bytes = 1 << 30};
    if (tsr_start(NULL, NULL, .workers = 2, .machine = &m) == TSR_OK)
        tsr_store_filled(TSR_F64, TSR_SHAPE(1000), &(double){1});
    exit(3);
}

Test(api_runtime, leaving_without_finish_is_told, .timeout = 30)
{
    char text[4000];
    cr_assert_eq(run_apart(exits_without_finish, text, sizeof text), 3, "%s", text);
    cr_assert(strstr(text, "ends without tsr_finish()") && strstr(text, "test_runtime.c:"), "%s",
              text);
}

static tsr_status failing_body(const tsr_task_context *t)
{
    (void)t;
    return TSR_FAIL(TASK_FAILED, "the detector is off");
}

static const tsr_task_desc failing = {
    .name = "failing",
    .args = {[0] = {TSR_WRITE, TSR_F64, .name = "out"}},
    .variants = {[TSR_CPU] = {.body = failing_body}},
};

static void nobody_looks(void)
{
    api_test_start();
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(4));
    tsr_slice(s, 0, 2, 9, 1);
    if (tsr_issue(&failing, tsr_arg_of(s)) != TSR_OK)
        _exit(98);
    _exit(tsr_finish());
}

Test(api_runtime, failures_nobody_looked_at_are_printed, .timeout = 30)
{
    char text[4000];
    cr_assert_eq(run_apart(nobody_looks, text, sizeof text), 1, "%s", text);
    cr_assert(strstr(text, "the slice 2:9:1 passes the bounds 0:4"), "%s", text);
    cr_assert(strstr(text, "the detector is off"), "%s", text);
    cr_assert_null(strstr(text, "without tsr_finish"));
}

static void somebody_looks(void)
{
    api_test_start();
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(4));
    if (tsr_issue(&failing, tsr_arg_of(s)) != TSR_OK || tsr_store_status(s) != TSR_TASK_FAILED ||
        tsr_store_status(tsr_slice(s, 0, 2, 9, 1)) != TSR_BAD_ARGUMENT)
        _exit(98);
    _exit(tsr_finish());
}

Test(api_runtime, failures_somebody_looked_at_are_not, .timeout = 30)
{
    char text[4000];
    cr_assert_eq(run_apart(somebody_looks, text, sizeof text), 0, "%s", text);
    cr_assert_str_empty(text);
}

Test(api_runtime, settings_are_printed)
{
    char  text[8192] = "";
    FILE *f = fmemopen(text, sizeof text, "w");
    tsr_config_print(f);
    fclose(f);
    cr_assert(strstr(text, "TESSERA_WORKERS") && strstr(text, "elements of a canonical leaf"));
}
