/* Issuing: what is checked at the call, in whose words, and what its outputs carry. */
#include <pthread.h>

#include "api_test.h"

TestSuite(api_calls, .init = api_test_start, .fini = api_test_finish);

enum { Y, X, A };

static int ran;

static tsr_status axpy_cpu(const tsr_task_context *t)
{
    tsr_out_f64_1d y = tsr_out_f64_1d_of(t, Y);
    tsr_in_f64_1d  x = tsr_in_f64_1d_of(t, X);
    TSR_FOR_1D(i, y.box)
        tsr_at(y, i) += tsr_f64_of(t, A) * tsr_at(x, i);
    ++ran;
    return TSR_OK;
}

static const tsr_task_desc axpy = {
    .name = "axpy",
    .args = {[Y] = {TSR_READ_WRITE, TSR_F64, .rank = 1, .name = "y"},
             [X] = {TSR_READ, TSR_F64, .rank = 1, .name = "x"},
             [A] = {TSR_SCALAR, TSR_F64, .name = "a"}},
    .constraints = {TSR_ALIGN(X, Y)},
    .variants = {[TSR_CPU] = {.body = axpy_cpu}},
};

static tsr_store filled(double v)
{
    return tsr_store_filled(TSR_F64, TSR_SHAPE(3), &v);
}

static double first_of(tsr_store s)
{
    double v[3] = {-1};
    cr_expect_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    return v[0];
}

Test(api_calls, values_are_converted_to_what_is_described)
{
    const tsr_store y = filled(1), x = filled(2);
    cr_assert_eq(tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x), [A] = tsr_arg_of(3)),
                 TSR_OK);
    cr_assert_eq(tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x), [A] = tsr_arg_of(0.5f)),
                 TSR_OK);
    cr_assert_eq(tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x),
                           [A] = tsr_arg_data(TSR_F32, &(float){0.25f})),
                 TSR_OK);
    const tsr_store a = tsr_store_filled(TSR_F64, TSR_SHAPE(), &(double){10});
    cr_assert_eq(tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x), [A] = tsr_arg_of(a)),
                 TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(first_of(y), 1 + 2 * (3 + 0.5 + 0.25 + 10));
}

#define ISSUE(y, x, a)                                                                             \
    tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x), [A] = tsr_arg_of(a))

Test(api_calls, wrong_arguments_are_named)
{
    const tsr_store y = filled(1), x = filled(2);
    const tsr_store f = tsr_store_filled(TSR_F32, TSR_SHAPE(3), &(float){0});
    const tsr_store square = tsr_store_filled(TSR_F64, TSR_SHAPE(3, 3), &(double){0});
    const tsr_store one = tsr_store_filled(TSR_F64, TSR_SHAPE(1), &(double){0});
    ran = 0;
    EXPECT_STATUS(BAD_TYPE, ISSUE(y, f, 1.0),
                  "argument x of axpy: is of f64, and the store made at");
    EXPECT_STATUS(BAD_SHAPE, ISSUE(y, square, 1.0), "argument x of axpy: has 1 dimensions");
    EXPECT_STATUS(BAD_HANDLE, ISSUE(y, 2.0, 1.0), "argument x of axpy: a value is given");
    EXPECT_STATUS(BAD_HANDLE, ISSUE(y, (tsr_store){0}, 1.0), "argument x of axpy: the null store");
    EXPECT_STATUS(BAD_SHAPE, ISSUE(y, x, one),
                  "argument a of axpy: a scalar is a 0-dimensional store");
    EXPECT_STATUS(BAD_ARGUMENT, tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x)),
                  "argument a of axpy: not given");
    EXPECT_STATUS(BAD_ARGUMENT,
                  tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x), [A] = tsr_arg_of(1),
                            [A + 1] = tsr_arg_of(1)),
                  "axpy takes 3 arguments; 4 are given");
    EXPECT_STATUS(BAD_TYPE,
                  tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x),
                            [A] = tsr_arg_data(TSR_BINARY(3), "ab")),
                  "a value of binary3 is given for one of f64");
    cr_assert_eq(ran, 0);
}

Test(api_calls, outputs_of_a_call_that_fails_carry_the_cause)
{
    const tsr_store y = filled(1);
    EXPECT_STATUS(BAD_HANDLE, ISSUE(y, (tsr_store){0}, 1.0), "the null store");
    tsr_error_clear();
    double v[3] = {5, 5, 5};
    EXPECT_STATUS(BAD_HANDLE, tsr_read(y, v, sizeof v), "argument x of axpy: the null store");
    cr_assert_eq(v[0], 5, "untouched");
    cr_assert_eq(tsr_fill(y, &(double){4}), TSR_OK, "what is overwritten is well again");
    cr_assert_eq(first_of(y), 4);
}

Test(api_calls, a_failed_store_in_is_the_first_cause)
{
    const tsr_store y = filled(1), bad = tsr_slice(y, 0, 0, 9, 1);
    EXPECT_STATUS(BAD_ARGUMENT, ISSUE(y, bad, 1.0), "the slice 0:9:1 passes the bounds 0:3");
    cr_assert(strstr(tsr_error_text(), "via"));
    EXPECT_STATUS(BAD_ARGUMENT, tsr_store_status(y), "the slice 0:9:1");
}

Test(api_calls, what_may_not_be_written)
{
    const tsr_store y = filled(1), x = filled(2);
    const tsr_store wide = tsr_broadcast(tsr_slice(y, 0, 0, 1, 1), 0, 3);
    EXPECT_STATUS(BAD_ARGUMENT, ISSUE(wide, x, 1.0), "written through a broadcast");
    cr_assert_eq(ISSUE(x, wide, 1.0), TSR_OK);
    EXPECT_STATUS(BAD_ARGUMENT, tsr_store_status(x), "written through a broadcast");
    const tsr_store z = filled(3), sealed = tsr_seal(z);
    EXPECT_STATUS(NOT_ALLOWED, ISSUE(sealed, z, 1.0), "argument y of axpy: the store sealed at");
    cr_assert_eq(tsr_fill(z, &(double){8}), TSR_OK);
    cr_assert_eq(first_of(sealed), 3, "it keeps the generation it was given");
    static double   buffer[3] = {1, 2, 3};
    const tsr_store read = tsr_attach(TSR_F64, TSR_SHAPE(3), buffer, TSR_ATTACH_READ, NULL, NULL);
    EXPECT_STATUS(NOT_ALLOWED, ISSUE(read, z, 1.0), "is only to be read");
    cr_assert_eq(first_of(read), 1, "nothing was written, and nothing failed");
}

/* ---- descriptors ---- */

static tsr_task_desc d; /* each test runs in a process of its own */

#define EXPECT_REFUSED(name, words)                                                                \
    EXPECT_STATUS(                                                                                 \
        name, tsr_issue(&d, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(y), [A] = tsr_arg_of(1)), words)

Test(api_calls, descriptors_are_checked)
{
    const tsr_store y = tsr_store_create(TSR_F64, TSR_SHAPE(3));
    d = axpy;
    d.name = NULL;
    EXPECT_REFUSED(BAD_ARGUMENT, "without a name");
    d = axpy;
    d.variants[TSR_CPU].body = NULL;
    EXPECT_REFUSED(NO_VARIANT, "axpy has no CPU variant");
    d.variants[TSR_HIP].body = axpy_cpu;
    EXPECT_REFUSED(NO_VARIANT, "axpy has no CPU variant; it has HIP");
    d = axpy;
    d.may_fail = true;
    EXPECT_REFUSED(UNSUPPORTED, "may fail");
    d = axpy;
    d.variants[TSR_CPU].wants_communicator = true;
    d.canonical = true;
    EXPECT_REFUSED(BAD_ARGUMENT, "axpy wants a communicator, whose calls a body makes once a point");
    d = axpy;
    d.args[Y] = (tsr_arg_desc){TSR_REDUCE, TSR_F64, .name = "y", .reduction = TSR_AND};
    EXPECT_REFUSED(BAD_TYPE, "argument y of axpy: and of f64 is not defined");
    d.args[Y].reduction = TSR_NO_REDUCTION;
    EXPECT_REFUSED(BAD_ARGUMENT, "names no operator");
    d.args[Y].reduction = TSR_USER_REDUCTION;
    EXPECT_REFUSED(BAD_ARGUMENT, "a reducer has bytes");
    d = axpy;
    d.args[5] = d.args[0];
    EXPECT_REFUSED(BAD_ARGUMENT, "argument 5 is described, 3 is not");
    d = axpy;
    d.args[X].rank = 9;
    EXPECT_REFUSED(BAD_SHAPE, "9 dimensions");
    d = axpy;
    d.args[X].type = 55;
    EXPECT_REFUSED(BAD_TYPE, "number 55");
    cr_assert_eq(tsr_issue_(NULL, NULL, 0, &(tsr_launch){.at = TSR_HERE}), TSR_BAD_ARGUMENT);
}

/* ---- who may issue ---- */

static void *on_another_thread(void *user)
{
    EXPECT_STATUS(NOT_ALLOWED, tsr_fill(*(tsr_store *)user, &(double){1}),
                  "only the thread that started the runtime, at ");
    cr_expect_eq(tsr_store_create(TSR_F64, TSR_SHAPE()).id, 0);
    TSR_SCOPE();
    return NULL;
}

Test(api_calls, another_thread_is_refused)
{
    tsr_store y = filled(1);
    pthread_t thread;
    pthread_create(&thread, NULL, on_another_thread, &y);
    pthread_join(thread, NULL);
    cr_assert_eq(first_of(y), 1);
}

static tsr_store from_body;

static tsr_status issuing_body(const tsr_task_context *t)
{
    (void)t;
    TSR_SCOPE();
    return tsr_fill(from_body, &(double){1});
}

static const tsr_task_desc issuing = {
    .name = "issuing",
    .args = {[0] = {TSR_WRITE, TSR_F64, .name = "out"}},
    .variants = {[TSR_CPU] = {.body = issuing_body}},
};

Test(api_calls, a_task_body_is_refused)
{
    from_body = filled(1);
    const tsr_store out = filled(0);
    cr_assert_eq(tsr_issue(&issuing, tsr_arg_of(out)), TSR_OK);
    cr_assert_eq(tsr_store_status(out), TSR_NOT_ALLOWED);
    EXPECT_FAILURE(NOT_ALLOWED, "a task body cannot issue work");
    cr_assert_eq(first_of(from_body), 1);
}

Test(api_calls, once_is_for_one_rank_and_issues_nothing)
{
    const tsr_store y = filled(1);
    int             times = 0;
    TSR_ONCE
    {
        ++times;
        EXPECT_STATUS(NOT_ALLOWED, tsr_fill(y, &(double){2}), "inside TSR_ONCE");
    }
    TSR_ONCE
    break;
    cr_assert_eq(times, 1);
    cr_assert_eq(tsr_fill(y, &(double){2}), TSR_OK, "left by break, it is left");
}

Test(api_calls, explaining_a_call_that_would_fail)
{
    const tsr_store y = filled(1);
    const char     *text = tsr_explain(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(y));
    cr_assert(strstr(text, "would fail") && strstr(text, "argument a of axpy: not given"));
}

/* ---- manual launches ---- */

#define ISSUE_OVER(n, y_, x_) tsr_issue_over(&axpy, n, [Y] = y_, [X] = x_, [A] = tsr_arg_of(1))

Test(api_calls, launches_over_points_need_partitions_that_fit)
{
    const tsr_store     y = filled(1), x = filled(1);
    const tsr_partition three = tsr_partition_tiles(TSR_SHAPE(3), (int64_t[]){1});
    const tsr_partition four = tsr_partition_tiles(TSR_SHAPE(4), (int64_t[]){1});
    const tsr_partition other = tsr_partition_tiles(TSR_SHAPE(6), (int64_t[]){2});
    const tsr_arg       cut = tsr_arg_cut(y, three);
    EXPECT_STATUS(BAD_ARGUMENT, ISSUE_OVER(3, cut, tsr_arg_of(x)), "needs a partition");
    EXPECT_STATUS(BAD_ARGUMENT, ISSUE_OVER(3, cut, tsr_arg_cut(x, four)),
                  "has 4 points, the launch 3");
    EXPECT_STATUS(BAD_SHAPE, ISSUE_OVER(3, cut, tsr_arg_cut(x, other)),
                  "(3,), and its partition is of (6,)");
    EXPECT_STATUS(BAD_ARGUMENT,
                  tsr_issue(&axpy, [Y] = cut, [X] = tsr_arg_of(x), [A] = tsr_arg_of(1)),
                  "tsr_issue_over() takes them");
    tsr_partition_release(three);
    EXPECT_STATUS(BAD_HANDLE, ISSUE_OVER(3, cut, cut), "the partition made at");
}
