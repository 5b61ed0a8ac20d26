/* A stranger's mistakes: each is an error that names the line of this file where it was made, and
 * nothing is lost by it but what the call was to write: other stores are as they were, and the program
 * goes on.
 *
 *   mistake                              here, or in full in
 *   contradicting constraints            contradicting_constraints; unit/solve/test_errors.c
 *   bad slices                           bad_slices; test_views.c
 *   stale handles                        stale_handles; test_handles.c
 *   shapes that disagree                 shapes_that_disagree; test_content.c, unit/solve/test_errors.c
 *   overlapping writes                   overlapping_writes; unit/solve/test_errors.c
 *   a write through a broadcast          a_write_through_a_broadcast; test_calls.c
 *   a missing variant                    a_missing_variant
 *   another thread, a task body          another_thread_and_a_body; test_calls.c
 *   exit() without finish                test_runtime.c
 *   HDF5: missing, truncated, wrong rank tests/examples/frames_test.c, tests/examples/rocking_curve
 */
#include <pthread.h>
#include <stdio.h>

#include "api_test.h"

enum { N = 6 };

static tsr_store x; /* 0 .. N - 1 */

static void start(void)
{
    const double v[N] = {0, 1, 2, 3, 4, 5};
    api_test_start();
    x = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    cr_assert_eq(tsr_write(x, v, sizeof v), TSR_OK);
}

/* What was there is there still; failures that the tests made were told. */
static void finish(void)
{
    double v[N];
    cr_expect_eq(tsr_read(x, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    for (int i = 0; i < N; ++i)
        cr_expect_eq(v[i], i);
    (void)freopen("/dev/null", "w", stderr);
    (void)tsr_finish();
}

TestSuite(api_lines, .init = start, .fini = finish);

static void names_line(tsr_status want, int line, const char *words)
{
    char place[64];
    snprintf(place, sizeof place, "test_lines.c:%d", line);
    cr_expect_eq(tsr_error_status(), want, "%s", tsr_error_text());
    cr_expect(strstr(tsr_error_text(), place), "%s is not in:\n%s", place, tsr_error_text());
    cr_expect(strstr(tsr_error_text(), words), "\"%s\" is not in:\n%s", words, tsr_error_text());
    tsr_error_clear();
}

/* The call stands on this line and fails so. */
#define WRONG(name, call, words)                                                                   \
    do {                                                                                           \
        cr_expect_eq((call), TSR_##name, "%s", tsr_error_text());                                  \
        names_line(TSR_##name, __LINE__, (words));                                                 \
    } while (0)
/* The store made on this line carries the failure to who asks for it, and so does what is made of it. */
#define WRONG_STORE(name, call, words)                                                             \
    do {                                                                                           \
        const int       line_ = __LINE__;                                                          \
        const tsr_store s_ = (call), t_ = tsr_slice(s_, 0, 0, 1, 1);                               \
        tsr_error_clear();                                                                         \
        cr_expect_eq(tsr_store_status(s_), TSR_##name);                                            \
        names_line(TSR_##name, line_, (words));                                                    \
        cr_expect_eq(tsr_store_status(t_), TSR_##name);                                            \
        names_line(TSR_##name, line_, (words));                                                    \
    } while (0)

static tsr_status copy_body(const tsr_task_context *t)
{
    tsr_out_f64_1d to = tsr_out_f64_1d_of(t, 0);
    tsr_in_f64_1d  from = tsr_in_f64_1d_of(t, 1);
    TSR_FOR_1D(i, to.box)
        tsr_at(to, i) = tsr_at(from, i);
    return TSR_OK;
}

#define COPY_ARGS                                                                                  \
    .args = {{TSR_WRITE, TSR_F64, 1, "to"}, {TSR_READ, TSR_F64, 1, "from"}}
static const tsr_task_desc copy = {.name = "lines.copy",
                                   COPY_ARGS,
                                   .constraints = {TSR_ALIGN(1, 0)},
                                   .variants = {[TSR_CPU] = {.body = copy_body}}};

static tsr_store fresh(int64_t n)
{
    return tsr_store_filled(TSR_F64, TSR_SHAPE(n), &(double){0});
}

Test(api_lines, contradicting_constraints)
{
    static const tsr_task_desc both = {.name = "lines.both",
                                       COPY_ARGS,
                                       .constraints = {TSR_ALIGN(1, 0), TSR_BROADCAST(1)},
                                       .variants = {[TSR_CPU] = {.body = copy_body}}};
    WRONG(UNSOLVABLE, tsr_issue(&both, tsr_arg_of(fresh(N)), tsr_arg_of(x)), "BROADCAST");
}

Test(api_lines, bad_slices)
{
    WRONG_STORE(BAD_ARGUMENT, tsr_slice(x, 0, 2, N + 1, 1), "0:6");
    WRONG_STORE(BAD_ARGUMENT, tsr_slice(x, 1, 0, 1, 1), "dimension 1");
    WRONG_STORE(BAD_ARGUMENT, tsr_slice(x, 0, 0, 1, 0), "step 0");
    WRONG_STORE(BAD_ARGUMENT, tsr_project(x, 0, -1), "-1");
}

Test(api_lines, stale_handles)
{
    const tsr_store y = fresh(N);
    tsr_store_release(y);
    WRONG(BAD_HANDLE, tsr_fill(y, &(double){1}), "released");
    WRONG(BAD_HANDLE, tsr_issue(&copy, tsr_arg_of(fresh(N)), tsr_arg_of(y)), "released");
    WRONG(BAD_HANDLE, tsr_copy(x, (tsr_store){0}), "null");
}

Test(api_lines, shapes_that_disagree)
{
    WRONG(BAD_SHAPE, tsr_copy(x, fresh(N + 1)), "7");
    WRONG(BAD_SHAPE, tsr_issue(&copy, tsr_arg_of(fresh(N + 1)), tsr_arg_of(x)), "7");
}

Test(api_lines, overlapping_writes)
{
    static const tsr_task_desc two = {
        .name = "lines.two",
        .args = {{TSR_WRITE, TSR_F64, 1, "a"}, {TSR_WRITE, TSR_F64, 1, "b"}},
        .constraints = {TSR_ALIGN(1, 0)},
        .variants = {[TSR_CPU] = {.body = copy_body}}};
    const tsr_store y = fresh(N), low = tsr_slice(y, 0, 0, 4, 1), high = tsr_slice(y, 0, 2, 6, 1);
    const tsr_box   meeting[] = {{1, {0}, {4}}, {1, {3}, {6}}};
    const tsr_partition p = tsr_partition_boxes(TSR_SHAPE(N), meeting, 2);
    WRONG(OVERLAP, tsr_issue(&two, tsr_arg_of(low), tsr_arg_of(high)), "both written");
    WRONG(OVERLAP, tsr_issue_over(&copy, 2, tsr_arg_cut(fresh(N), p), tsr_arg_cut(x, p)),
          "points 0 and 1");
}

Test(api_lines, a_write_through_a_broadcast)
{
    const tsr_store wide = tsr_broadcast(fresh(1), 0, N);
    WRONG(BAD_ARGUMENT, tsr_issue(&copy, tsr_arg_of(wide), tsr_arg_of(x)), "through a broadcast");
    WRONG(BAD_ARGUMENT, tsr_fill(wide, &(double){1}), "through a broadcast");
}

Test(api_lines, a_missing_variant)
{
    static const tsr_task_desc none = {
        .name = "lines.none", COPY_ARGS, .variants = {[TSR_CUDA] = {.body = copy_body}}};
    WRONG(NO_VARIANT, tsr_issue(&none, tsr_arg_of(fresh(N)), tsr_arg_of(x)), "lines.none");
}

static int refused_at;

static tsr_status issues(const tsr_task_context *t)
{
    (void)t;
    refused_at = __LINE__ + 1;
    return tsr_fence();
}

static void *fences(void *user)
{
    (void)user;
    WRONG(NOT_ALLOWED, tsr_fence(), "");
    return NULL;
}

Test(api_lines, another_thread_and_a_body)
{
    static const tsr_task_desc bad = {.name = "lines.bad",
                                      .args = {{TSR_WRITE, TSR_F64, 1, "y"}},
                                      .variants = {[TSR_CPU] = {.body = issues}}};
    pthread_t       other;
    const tsr_store y = fresh(N);
    pthread_create(&other, NULL, fences, NULL);
    pthread_join(other, NULL);
    const int issued = __LINE__ + 1;
    cr_assert_eq(tsr_issue(&bad, tsr_arg_of(y)), TSR_OK);
    cr_expect_eq(tsr_store_status(y), TSR_NOT_ALLOWED, "%s", tsr_error_text());
    char place[64];
    snprintf(place, sizeof place, "test_lines.c:%d", issued);
    cr_expect(strstr(tsr_error_text(), place), "%s", tsr_error_text());
    names_line(TSR_NOT_ALLOWED, refused_at, "task");
}

/* ---- ten of a stranger's own ---- */

Test(api_lines, what_else_a_stranger_does)
{
    char bytes[3];
    WRONG_STORE(BAD_SHAPE, tsr_store_create(TSR_F64, TSR_SHAPE(-1)), "-1");
    WRONG_STORE(BAD_TYPE, tsr_store_create(999, TSR_SHAPE(1)), "999");
    WRONG(BAD_ARGUMENT, tsr_read(x, bytes, sizeof bytes), "3");
    const tsr_store bits = tsr_reinterpret(x, TSR_I64);
    WRONG(BAD_TYPE, tsr_issue(&copy, tsr_arg_of(fresh(N)), tsr_arg_of(bits)), "i64");
    WRONG(BAD_ARGUMENT, tsr_issue(&copy, tsr_arg_of(fresh(N))), "lines.copy");
    WRONG(BAD_ARGUMENT, tsr_detach(x), "not an attached");
    WRONG(BAD_ARGUMENT, tsr_write(x, NULL, 0), "");
    WRONG_STORE(BAD_ARGUMENT, tsr_transpose(x, (int[]){3}), "3");
    WRONG_STORE(BAD_SHAPE, tsr_delinearize(x, 0, (int64_t[]){4, 2}, 2), "6");
    WRONG(BAD_ARGUMENT, tsr_issue_over(&copy, 2, tsr_arg_of(fresh(N)), tsr_arg_of(x)),
          "needs a partition");
}

/* ---- inside a body ---- */

enum { KIND, OUT, FLAG };
typedef struct triple {
    int32_t a, b, c;
} triple;

static tsr_status body_of_kinds(const tsr_task_context *t)
{
    const int64_t kind = tsr_i64_of(t, KIND);
    triple        v = {9, 9, 9};
    char          small[2];
    if (kind == 0)
        tsr_scalar_of(t, FLAG, &v);
    else if (kind == 1)
        tsr_scalar_of(t, FLAG, &small);
    else if (kind == 2)
        v.a = tsr_raw_window_of(t, 7).rank;
    else
        v.a = (int32_t)tsr_raw_window_of(t, OUT).high[0];
    tsr_out_bool_1d out = tsr_out_bool_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = v.a == 1 && v.b == 2 && v.c == 3;
    return TSR_OK;
}

static const tsr_task_desc kinds = {
    .name = "lines.kinds",
    .args = {[KIND] = {TSR_SCALAR, TSR_I64, .name = "kind"},
             [OUT] = {TSR_WRITE, TSR_BOOL, 1, "out"},
             [FLAG] = {TSR_SCALAR, TSR_BINARY(12), .name = "flag"}},
    .variants = {[TSR_CPU] = {.body = body_of_kinds}}};

Test(api_lines, binary_scalars_and_raw_windows_are_checked)
{
    const triple    v = {1, 2, 3};
    const tsr_store y = tsr_store_filled(TSR_BOOL, TSR_SHAPE(2), &(bool){false});
    bool            got[2] = {false, false};
    for (int k = 0; k < 3; ++k) {
        const int line = __LINE__ + 1;
        cr_assert_eq(tsr_issue(&kinds, [KIND] = tsr_arg_of(k), [OUT] = tsr_arg_of(y), [FLAG] = tsr_arg_data(TSR_BINARY(12), &v)), TSR_OK);
        const tsr_status s = tsr_read(y, got, sizeof got);
        if (k == 0)
            cr_expect(s == TSR_OK && got[0] && got[1], "%s", tsr_error_text());
        else
            names_line(TSR_TASK_FAILED, line, k == 1 ? "argument 2 (flag) is binary12 of rank 0, to read" : "argument 7 of 3");
    }
}

/* ---- main() and its settings ---- */

static int nothing(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    return 0;
}

Test(api_lines_main, tsr_main_names_its_caller)
{
    char  text[600] = "", place[64], name[] = "main", *words[] = {name, NULL};
    FILE *f = tmpfile();
    setenv("TESSERA_LEAF", "many", 1);
    fflush(stderr);
    stderr = f;
    const int line = __LINE__ + 1;
    cr_expect_eq(tsr_main(1, words, nothing, NULL), 1);
    rewind(f);
    (void)fread(text, 1, sizeof text - 1, f);
    snprintf(place, sizeof place, "test_lines.c:%d", line);
    cr_expect(strstr(text, place) && strstr(text, "TESSERA_LEAF=many"), "%s", text);
}
