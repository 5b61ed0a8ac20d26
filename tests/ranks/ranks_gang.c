/* ranks/ranks_gang.c - operations whose points run together, among others: in streams with long tasks and
 * failures around them, and when points do not make the same calls.  Nothing may hang; what fails says why,
 * at its line; what comes after it runs. */
#include <unistd.h>

#include "ranks_try.h"

enum { OUT, FROM, MODE };
enum { N = 120 };

/* ---- in a stream of others ---- */

static tsr_status total_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM);
    int64_t        sum = 0, all;
    TSR_FOR_1D(i, from.box)
        sum += tsr_at(from, i);
    TSR_TRY(tsr_comm_allreduce(t, &sum, &all, 1, TSR_I64, TSR_SUM));
    TSR_TRY(tsr_comm_barrier(t));
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = tsr_at(from, i) + all % 1009;
    return TSR_OK;
}

static const tsr_task_desc add_total = {
    .name = "test.add_total",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_ALIGN(OUT, FROM)},
    .variants = {[TSR_CPU] = {.body = total_body, .wants_communicator = true}},
    .work = 1e6,
};

static tsr_status shift_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = tsr_at(from, i) + (i > 0 ? tsr_at(from, i - 1) : 0) % 7;
    return TSR_OK;
}

/* Messages between ranks: each piece reads one element of its neighbour. */
static const tsr_task_desc shift = {
    .name = "test.shift",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_HALO(FROM, OUT, .low = {1})},
    .variants = {[TSR_CPU] = {.body = shift_body}},
    .work = 1e6,
};

static tsr_status long_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    usleep(1500);
    TSR_FOR_1D(i, out.box)
        ++tsr_at(out, i);
    return TSR_OK;
}

static const tsr_task_desc take_long = {
    .name = "test.take_long",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = long_body}},
    .work = 1e6,
};

static void model_total(int64_t *x)
{
    int64_t all = 0;
    for (int i = 0; i < N; ++i)
        all += x[i];
    for (int i = 0; i < N; ++i)
        x[i] += all % 1009;
}

static void model_shift(int64_t *x)
{
    for (int i = N - 1; i > 0; --i)
        x[i] += x[i - 1] % 7;
}

static int mixed(int argc, char **argv, void *user)
{
    int64_t x[N], got[N], value;
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N)),
              b = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store beside = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){0});
    for (int i = 0; i < N; ++i)
        x[i] = i * i % 31;
    NEED_OK(tsr_write(a, x, sizeof x));
    for (int step = 0; step < 24; ++step) {
        const tsr_task_desc *const d = step % 3 == 2 ? &shift : &add_total;
        if (step % 4 == 1)
            NEED_OK(tsr_issue(&take_long, [OUT] = tsr_arg_of(beside)));
        NEED_OK(tsr_issue(d, [OUT] = tsr_arg_of(b), [FROM] = tsr_arg_of(a)));
        if (step % 3 == 2)
            model_shift(x);
        else
            model_total(x);
        const tsr_store c = a;
        a = b;
        b = c;
        if (step % 7 == 6) {
            NEED_OK(tsr_value(tsr_slice(a, 0, step, step + 1, 1), &value));
            NEED(value == x[step]);
        }
    }
    NEED_OK(tsr_read(a, got, sizeof got));
    NEED(memcmp(got, x, sizeof got) == 0);
    NEED_OK(tsr_read(beside, got, sizeof got));
    NEED(got[0] == 6 && got[N - 1] == 6);
    return 0;
}

/* ---- nothing, and little ---- */

static int little(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store none = tsr_store_create(TSR_I64, TSR_SHAPE(0)),
                    one = tsr_store_create(TSR_I64, TSR_SHAPE(1)),
                    into = tsr_store_create(TSR_I64, TSR_SHAPE(1));
    int64_t got = 0;
    NEED_OK(tsr_issue(&add_total, [OUT] = tsr_arg_of(none), [FROM] = tsr_arg_of(none)));
    NEED_OK(tsr_fill(one, &(int64_t){7}));
    NEED_OK(tsr_issue(&add_total, [OUT] = tsr_arg_of(into), [FROM] = tsr_arg_of(one)));
    NEED_OK(tsr_value(into, &got));
    NEED(got == 14);
    return 0;
}

/* ---- points that fail ---- */

/* Where element 77 is, the point fails before its call number MODE. */
static tsr_status unlucky_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM);
    const int64_t  when = tsr_i64_of(t, MODE);
    int64_t        one = 1, all = 0;
    for (int64_t call = 0; call <= 4; ++call) {
        TSR_FOR_1D(i, out.box) {
            if (i == 77 && call == when)
                return TSR_FAIL(TASK_FAILED, "no luck with element %d", (int)i);
            tsr_at(out, i) = tsr_at(from, i);
        }
        if (call < 4)
            TSR_TRY(tsr_comm_allreduce(t, &one, &all, 1, TSR_I64, TSR_SUM));
    }
    return TSR_OK;
}

static const tsr_task_desc unlucky = {
    .name = "test.unlucky",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"},
             [FROM] = {TSR_READ, TSR_I64, 1, "from"},
             [MODE] = {TSR_SCALAR, TSR_I64, .name = "when"}},
    .constraints = {TSR_ALIGN(OUT, FROM)},
    .variants = {[TSR_CPU] = {.body = unlucky_body, .wants_communicator = true}},
    .work = 1e6,
};

static int points_fail(int argc, char **argv, void *user)
{
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    for (int when = 0; when < 6; ++when) {
        TSR_SCOPE();
        const tsr_store from = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){3});
        const tsr_store bad = tsr_store_create(TSR_I64, TSR_SHAPE(N)),
                        on = tsr_store_create(TSR_I64, TSR_SHAPE(N)),
                        good = tsr_store_create(TSR_I64, TSR_SHAPE(N));
        NEED_OK(tsr_issue(&unlucky, [OUT] = tsr_arg_of(bad), [FROM] = tsr_arg_of(from),
                          [MODE] = tsr_arg_of(when)));
        NEED_OK(tsr_issue(&add_total, [OUT] = tsr_arg_of(on), [FROM] = tsr_arg_of(bad)));
        NEED_OK(tsr_issue(&add_total, [OUT] = tsr_arg_of(good), [FROM] = tsr_arg_of(from)));
        if (when < 5) {
            NEED(tsr_read(on, got, sizeof got) == TSR_TASK_FAILED);
            NEED(strstr(tsr_error_text(), "no luck with element 77") &&
                 strstr(tsr_error_text(), "ranks_gang.c"));
            NEED(tsr_store_status(bad) == TSR_TASK_FAILED);
        }
        NEED_OK(tsr_read(good, got, sizeof got));
        NEED(got[0] == 3 + 3 * N % 1009 && got[N - 1] == got[0]);
        NEED_OK(tsr_fence());
    }
    return 0;
}

/* ---- points that do not make the same calls ---- */

enum {
    OTHER_VERB,
    OTHER_COUNT,
    OTHER_TYPE,
    OTHER_ROOT,
    OTHER_OPERATOR,
    RETURNS,
    CALLS_ON,
    NO_SUCH_ROOT,
    NO_COUNT,
    NO_BUFFER,
    NOT_DEFINED,
    UNEQUAL_COUNTS,
    OTHER_COUNTS,
    OWN_COUNT,
    ESCAPES,
    N_WRONGS,
    NOT_ASKED = N_WRONGS
};
/* A point alone gets these right. */
static bool is_right_alone(int wrong)
{
    return wrong <= CALLS_ON || wrong == OTHER_COUNTS || wrong == ESCAPES;
}

/* An operator that leaves by an index out of bounds. */
static void escaping_combine(void *into, const void *from)
{
    const tsr_in_i64_1d nothing = {.origin = from, .stride = {1}};
    *(int64_t *)into = tsr_at(nothing, 3);
}

static const int64_t     zero;
static const tsr_reducer escaping = {"escaping", sizeof zero, &zero, escaping_combine, false};

static tsr_status wrong_call(const tsr_task_context *t, int64_t wrong, bool odd)
{
    const int64_t size = tsr_comm_size(t);
    int64_t       a[16] = {1}, b[16], counts[16], others[16];
    for (int i = 0; i < 16; ++i) {
        counts[i] = 1;
        others[i] = odd && i == size - 1 ? 2 : 1;
    }
    switch (wrong) {
    case OTHER_VERB:
        return odd ? tsr_comm_barrier(t) : tsr_comm_allreduce(t, a, b, 1, TSR_I64, TSR_SUM);
    case OTHER_COUNT: return tsr_comm_allreduce(t, a, b, odd ? 2 : 1, TSR_I64, TSR_SUM);
    case OTHER_TYPE: return tsr_comm_broadcast(t, a, 1, odd ? TSR_F64 : TSR_I64, 0);
    case OTHER_ROOT: return tsr_comm_broadcast(t, a, 1, TSR_I64, odd ? size - 1 : 0);
    case OTHER_OPERATOR: return tsr_comm_reduce(t, a, b, 1, TSR_I64, odd ? TSR_MIN : TSR_MAX, 0);
    case RETURNS: return odd ? TSR_OK : tsr_comm_barrier(t);
    case CALLS_ON: return odd ? tsr_comm_barrier(t) : TSR_OK;
    case NO_SUCH_ROOT: return tsr_comm_broadcast(t, a, 1, TSR_I64, odd ? size : 0);
    case NO_COUNT: return tsr_comm_allgather(t, a, b, odd ? -1 : 1, TSR_I64);
    case NO_BUFFER: return tsr_comm_alltoall(t, a, odd ? NULL : b, 1, TSR_I64);
    case NOT_DEFINED: return tsr_comm_allreduce(t, a, b, 1, TSR_F64, odd ? TSR_AND : TSR_SUM);
    case UNEQUAL_COUNTS: return tsr_comm_alltoallv(t, a, others, b, counts, TSR_I64);
    case OTHER_COUNTS:
        return tsr_comm_allgatherv(t, a, others[tsr_comm_rank(t)], b, others, TSR_I64);
    case ESCAPES: return tsr_comm_allreduce_by(t, a, b, 9, &escaping);
    default: return tsr_comm_allgatherv(t, a, odd ? 3 : 1, b, counts, TSR_I64);
    }
}

static tsr_status wrong_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    const int64_t  wrong = tsr_i64_of(t, FROM), me = tsr_comm_rank(t), size = tsr_comm_size(t);
    TSR_TRY(tsr_comm_barrier(t));
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = size;
    if (wrong % 2 == 0)
        return wrong_call(t, wrong, me == size - 1);
    (void)!wrong_call(t, wrong, me == size - 1); /* a body that does not look */
    return TSR_OK;
}

#define WRONG_TASK(variable, text, asks)                                                           \
    static const tsr_task_desc variable = {                                                        \
        .name = text,                                                                              \
        .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}, [FROM] = {TSR_SCALAR, TSR_I64}},          \
        .variants = {[TSR_CPU] = {.body = wrong_body, .wants_communicator = (asks)}},              \
        .work = 1e6,                                                                               \
    }
WRONG_TASK(wrong_task, "test.wrong", true);
WRONG_TASK(wrong_unasked, "test.unasked", false);

/* What a text must say of two points whose calls differ. */
static const char *const wrong_words[N_WRONGS][2] = {
    [OTHER_COUNT] = {"allreduce, 1 elements", "allreduce, 2 elements"},
    [OTHER_TYPE] = {"of type i64, root 0", "of type f64, root 0"},
    [OTHER_OPERATOR] = {"operator max, root 0", "operator min, root 0"},
    [OTHER_COUNTS] = {", 1 elements from point", ", 2 elements from point"},
};

static int wrong_calls(int argc, char **argv, void *user)
{
    static const tsr_status answers[N_WRONGS] = {[NOT_DEFINED] = TSR_BAD_TYPE, [ESCAPES] = TSR_TASK_FAILED};
    int64_t                 got[N];
    (void)argc, (void)argv, (void)user;
    for (int wrong = 0; wrong < N_WRONGS; ++wrong) {
        TSR_SCOPE();
        const tsr_store out = tsr_store_create(TSR_I64, TSR_SHAPE(N)),
                        good = tsr_store_create(TSR_I64, TSR_SHAPE(N));
        NEED_OK(tsr_fill(out, &(int64_t){1}));
        NEED_OK(tsr_issue(&wrong_task, [OUT] = tsr_arg_of(out), [FROM] = tsr_arg_of(wrong)));
        NEED_OK(tsr_issue(&add_total, [OUT] = tsr_arg_of(good), [FROM] = tsr_arg_of(out)));
        const tsr_status status = tsr_read(good, got, sizeof got);
        if (status == TSR_OK) {
            NEED(got[0] == 1 + N && is_right_alone(wrong));
        } else {
            const tsr_status want = answers[wrong] != TSR_OK ? answers[wrong] : TSR_BAD_ARGUMENT;
            NEED_TEXT(status == want, tsr_status_name(status));
            NEED(strstr(tsr_error_text(), "ranks_gang.c") &&
                 strstr(tsr_error_text(), "test.wrong"));
            for (int k = 0; k < 2 && wrong_words[wrong][k]; ++k)
                NEED_TEXT(strstr(tsr_error_text(), wrong_words[wrong][k]), wrong_words[wrong][k]);
        }
        NEED_OK(tsr_fill(out, &(int64_t){2}));
        NEED_OK(tsr_issue(&add_total, [OUT] = tsr_arg_of(good), [FROM] = tsr_arg_of(out)));
        NEED_OK(tsr_read(good, got, sizeof got));
        NEED(got[N - 1] == 2 + 2 * N % 1009);
    }
    return 0;
}

/* A body that does not look, and calls on: each later call fails, the first cause is the operation's. */
static tsr_status deaf_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    const int64_t  kind = tsr_i64_of(t, FROM);
    const bool     is_last = tsr_comm_rank(t) == tsr_comm_size(t) - 1;
    int64_t        one = 1, all = 0, later = 0;
    (void)!tsr_comm_broadcast(t, &one, 1, TSR_I64, kind == 0 || is_last ? 99 : 0);
    for (int i = 0; i < 3; ++i)
        later += tsr_comm_barrier(t) == TSR_BAD_ARGUMENT;
    (void)!tsr_comm_allreduce(t, &one, &all, -1, TSR_I64, TSR_SUM);
    (void)!TSR_FAIL(TASK_FAILED, "something else that nobody looks at");
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = later;
    return later == 3 ? TSR_OK
                      : TSR_FAIL(TASK_FAILED, "%d of 3 calls answered the cause", (int)later);
}

static const tsr_task_desc deaf_task = {
    .name = "test.deaf",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}, [FROM] = {TSR_SCALAR, TSR_I64}},
    .variants = {[TSR_CPU] = {.body = deaf_body, .wants_communicator = true}},
    .work = 1e6,
};

static int calls_after(int argc, char **argv, void *user)
{
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    for (int k = 0; k < 4; ++k) {
        TSR_SCOPE();
        const int64_t   n = k < 2 ? N : 1; /* many points; one */
        const tsr_store out = tsr_store_create(TSR_I64, TSR_SHAPE(n));
        NEED_OK(tsr_issue(&deaf_task, [OUT] = tsr_arg_of(out), [FROM] = tsr_arg_of(k % 2)));
        NEED(tsr_read(out, got, (size_t)n * sizeof *got) == TSR_BAD_ARGUMENT);
        NEED(strstr(tsr_error_text(), "root 99 of") && !strstr(tsr_error_text(), "something else"));
        tsr_error_clear();
    }
    return 0;
}

static int not_asked(int argc, char **argv, void *user)
{
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store out = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_issue(&wrong_unasked, [OUT] = tsr_arg_of(out), [FROM] = tsr_arg_of(NOT_ASKED)));
    NEED(tsr_read(out, got, sizeof got) == TSR_NOT_ALLOWED);
    NEED(strstr(tsr_error_text(), "wants no communicator") &&
         strstr(tsr_error_text(), "ranks_gang.c"));
    return 0;
}

int main(void)
{
    int failed = try_ranks("in_a_stream", mixed, NULL);
    failed += try_ranks("nothing_and_little", little, NULL);
    failed += try_ranks("points_that_fail", points_fail, NULL);
    failed += try_ranks("calls_that_differ", wrong_calls, NULL);
    failed += try_ranks("calls_after_one_that_failed", calls_after, NULL);
    failed += try_ranks("not_asked_for", not_asked, NULL);
    return failed;
}
