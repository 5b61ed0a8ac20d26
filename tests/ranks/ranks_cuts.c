/* TESSERA_CHECK=cuts: tasks whose bits follow from the program alone pass, with what they compute; those
 * whose bits depend on where they are cut are named, with the argument, an element and the line. */
#include <stddef.h>

#include "ranks_try.h"

enum { OUT, FROM };
enum { N = 3000, ROWS = 60, COLUMNS = 50 };

/* ---- what may be cut anywhere ---- */

static tsr_status index_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = i * i;
    return TSR_OK;
}
static const tsr_task_desc index_task = {
    .name = "test.index",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = index_body}},
};

static tsr_status smooth_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM);
    TSR_FOR_1D(i, out.box)
    {
        const int64_t left = i > from.box.low[0] ? tsr_at(from, i - 1) : 0;
        const int64_t right = i + 1 < from.box.high[0] ? tsr_at(from, i + 1) : 0;
        tsr_at(out, i) = left + 2 * tsr_at(from, i) + right;
    }
    return TSR_OK;
}
static const tsr_task_desc smooth = {
    .name = "test.smooth",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_HALO(FROM, OUT, .low = {1}, .high = {1})},
    .variants = {[TSR_CPU] = {.body = smooth_body}},
};

/* READ_WRITE: its second run must find the old content, and leave no trace. */
static tsr_status next_body(const tsr_task_context *t)
{
    tsr_out_i64_1d x = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, x.box)
        tsr_at(x, i) = 3 * tsr_at(x, i) + 1;
    return TSR_OK;
}
static const tsr_task_desc next = {
    .name = "test.next",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_I64, 1, "x"}},
    .variants = {[TSR_CPU] = {.body = next_body}},
};

static tsr_status sum_body(const tsr_task_context *t)
{
    tsr_in_i64_1d from = tsr_in_i64_1d_of(t, FROM);
    int64_t      *sum = tsr_element_i64_of(t, OUT), here = 0;
    TSR_FOR_1D(i, from.box)
        here += tsr_at(from, i);
    *sum += here;
    return TSR_OK;
}
static const tsr_task_desc sum = {
    .name = "test.sum",
    .args = {[OUT] = {TSR_REDUCE, TSR_I64, 0, "sum", TSR_SUM}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .variants = {[TSR_CPU] = {.body = sum_body}},
};

/* The greatest of each row: accumulators that move with one dimension only; NaNs of other bits. */
static tsr_status greatest_body(const tsr_task_context *t)
{
    tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    tsr_in_f64_2d  from = tsr_in_f64_2d_of(t, FROM);
    TSR_FOR_2D(i, j, from.box)
        if (!(tsr_at(out, i) >= tsr_at(from, i, j)) && tsr_at(out, i) == tsr_at(out, i))
            tsr_at(out, i) = tsr_at(from, i, j);
    return TSR_OK;
}
static const tsr_task_desc greatest = {
    .name = "test.greatest",
    .args = {[OUT] = {TSR_REDUCE, TSR_F64, 1, "out", TSR_MAX}, [FROM] = {TSR_READ, TSR_F64, 2, "from"}},
    .constraints = {TSR_BROADCAST_DIMS(OUT, FROM, 2)},
    .variants = {[TSR_CPU] = {.body = greatest_body}},
};

/* In Fortran's order, contiguous: packed in both runs. */
static tsr_status table_body(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = (double)(100 * i + j);
    return out.stride[0] == 1 || out.box.high[0] - out.box.low[0] == 1
               ? TSR_OK
               : TSR_FAIL(TASK_FAILED, "not packed");
}
static const tsr_task_desc table = {
    .name = "test.table",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 2, "out"}},
    .constraints = {TSR_MULTIPLE_OF(OUT, 3, 2), TSR_MIN_EXTENT(OUT, 4, 4)},
    .variants = {[TSR_CPU] = {.body = table_body, .layout = {[OUT] = {TSR_ORDER_FORTRAN, true, 0}}}},
};

/* Bytes between fields do not count. */
struct record {
    uint8_t tag;
    double  value;
};
static tsr_status record_body(const tsr_task_context *t)
{
    const tsr_raw_window w = tsr_raw_window_of(t, OUT);
    for (int64_t i = w.low[0]; i < w.high[0]; ++i) {
        unsigned char *at = (unsigned char *)w.origin + i * w.stride[0] * (int64_t)sizeof(struct record);
        const double   value = 0.5 * (double)i;
        memset(at, (int)(w.high[0] - w.low[0]) & 0x7f, sizeof(struct record)); /* into the gap */
        at[offsetof(struct record, tag)] = (unsigned char)i;
        memcpy(at + offsetof(struct record, value), &value, sizeof value);
    }
    return TSR_OK;
}
static const tsr_task_desc records = {
    .name = "test.records",
    .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = record_body}},
};

static int64_t watched(void)
{
    return tsr_counter(TSR_COUNT_CUTS_CHECKED) + tsr_counter(TSR_COUNT_CUTS_NOT_CHECKED);
}

static int good(int argc, char **argv, void *user)
{
    static const tsr_field fields[] = {{"tag", TSR_U8, offsetof(struct record, tag)},
                                       {"value", TSR_F64, offsetof(struct record, value)}};
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    int64_t *got = calloc(N, sizeof *got), *want = calloc(N, sizeof *want), total = 0, mine = 0;
    NEED(got && want);
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N)), b = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store s = tsr_store_filled(TSR_I64, TSR_SHAPE(), &mine);
    NEED_OK(tsr_issue(&index_task, [OUT] = tsr_arg_of(a)));
    NEED_OK(tsr_issue(&smooth, [OUT] = tsr_arg_of(b), [FROM] = tsr_arg_of(a)));
    NEED_OK(tsr_issue(&next, [OUT] = tsr_arg_of(b)));
    NEED_OK(tsr_issue(&next, [OUT] = tsr_arg_of(tsr_slice(b, 0, 2, N, 3))));
    NEED_OK(tsr_issue(&sum, [OUT] = tsr_arg_of(s), [FROM] = tsr_arg_of(b)));
    for (int64_t i = 0; i < N; ++i) {
        want[i] = (i > 0 ? (i - 1) * (i - 1) : 0) + 2 * i * i + (i + 1 < N ? (i + 1) * (i + 1) : 0);
        want[i] = 3 * want[i] + 1;
        want[i] = i % 3 == 2 ? 3 * want[i] + 1 : want[i];
        total += want[i];
    }
    NEED_OK(tsr_read(b, got, N * sizeof *got));
    NEED(memcmp(got, want, N * sizeof *got) == 0);
    NEED_OK(tsr_read(s, &mine, sizeof mine));
    NEED(mine == total);
    free(got), free(want);
    const tsr_store m = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    const double    least = -1;
    const tsr_store g = tsr_store_filled(TSR_F64, TSR_SHAPE(ROWS), &least);
    double          most[ROWS];
    NEED_OK(tsr_issue(&table, [OUT] = tsr_arg_of(m)));
    NEED_OK(tsr_issue(&greatest, [OUT] = tsr_arg_of(g), [FROM] = tsr_arg_of(m)));
    NEED_OK(tsr_read(g, most, sizeof most));
    for (int i = 0; i < ROWS; ++i)
        NEED(most[i] == 100 * i + COLUMNS - 1);
    const tsr_type  type = tsr_type_struct("test.record", fields, 2, sizeof(struct record));
    const tsr_store r = tsr_store_create(type, TSR_SHAPE(N));
    NEED_OK(tsr_issue(&records, [OUT] = tsr_arg_of(r)));
    NEED_OK(tsr_fence());
    int64_t n[2] = {watched(), tsr_counter(TSR_COUNT_CUTS_CHECKED)};
    NEED(tsr_rank_count() > 1 || (n[0] == 8 && n[1] == 8));
    return 0;
}

/* ---- what may not ---- */

static tsr_status local_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = i - out.box.low[0];
    return TSR_OK;
}
static const tsr_task_desc local = {
    .name = "test.local",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = local_body}},
};

/* The sum of its piece in every element: canonical leaves make it a matter of the program. */
static tsr_status piece_sum_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    int64_t        here = 0;
    TSR_FOR_1D(i, out.box)
        here += i + 1;
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = here;
    return TSR_OK;
}
static const tsr_task_desc piece_sum = {
    .name = "test.piece_sum",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = piece_sum_body}},
};
static const tsr_task_desc leaf_sum = {
    .name = "test.leaf_sum",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = piece_sum_body}},
    .canonical = true,
};

/* Cut along its rows it is right; along its columns it is not. */
static tsr_status columns_body(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = (double)(out.box.high[1] - out.box.low[1]);
    return TSR_OK;
}
static const tsr_task_desc columns = {
    .name = "test.columns",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 2, "out"}},
    .variants = {[TSR_CPU] = {.body = columns_body}},
};

/* How often it was called. */
static tsr_status calls_body(const tsr_task_context *t)
{
    *tsr_element_i64_of(t, OUT) += 1;
    return TSR_OK;
}
static const tsr_task_desc calls = {
    .name = "test.calls",
    .args = {[OUT] = {TSR_REDUCE, TSR_I64, 0, "calls", TSR_SUM}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .variants = {[TSR_CPU] = {.body = calls_body}},
};

static tsr_status longer_body(const tsr_task_context *t)
{
    tsr_out_i64_1d x = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, x.box)
        tsr_at(x, i) += x.box.high[0] - x.box.low[0];
    return TSR_OK;
}
static const tsr_task_desc longer = {
    .name = "test.longer",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_I64, 1, "x"}},
    .variants = {[TSR_CPU] = {.body = longer_body}},
};

/* Succeeds on pieces that begin at multiples of 2 alone. */
static tsr_status even_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = i;
    return out.box.low[0] % 2 == 0 && out.box.high[0] % 2 == 0
               ? TSR_OK
               : TSR_FAIL(TASK_FAILED, "an odd piece");
}
static const tsr_task_desc even = {
    .name = "test.even",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = even_body}},
};
static const tsr_task_desc even_said = {
    .name = "test.even_said",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .constraints = {TSR_MULTIPLE_OF(OUT, 2)},
    .variants = {[TSR_CPU] = {.body = even_body}},
};

/* A wrong element of a large one. */
struct large {
    unsigned char byte[40];
};
static tsr_status large_body(const tsr_task_context *t)
{
    const tsr_raw_window w = tsr_raw_window_of(t, OUT);
    for (int64_t i = w.low[0]; i < w.high[0]; ++i) {
        struct large v = {{0}};
        v.byte[33] = i + 1 == w.high[0] && i + 1 != N ? 0xab : 0;
        memcpy(w.origin + i * w.stride[0] * (int64_t)sizeof v, &v, sizeof v);
    }
    return TSR_OK;
}
static const tsr_task_desc large = {
    .name = "test.large",
    .args = {[OUT] = {TSR_WRITE, TSR_TYPE_ANY, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = large_body}},
};

#define NAMED(store, task, argument, ...)                                                          \
    do {                                                                                           \
        const char *const said_[] = {task, argument, "depends on where it is cut", "ranks_cuts.c", \
                                     ##__VA_ARGS__};                                               \
        NEED(tsr_store_status(store) == TSR_TASK_FAILED);                                             \
        for (size_t i_ = 0; i_ < sizeof said_ / sizeof said_[0]; ++i_)                             \
            NEED(strstr(tsr_error_text(), said_[i_]));                                             \
    } while (0)

static int bad(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const int64_t   one = 1, zero = 0;
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N)), b = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store c = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &one), s = tsr_store_filled(TSR_I64, TSR_SHAPE(), &zero);
    const tsr_store m = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store l = tsr_store_create(TSR_BINARY(40), TSR_SHAPE(N));
    NEED_OK(tsr_issue(&local, [OUT] = tsr_arg_of(a)));
    NEED_OK(tsr_issue(&piece_sum, [OUT] = tsr_arg_of(b)));
    NEED_OK(tsr_issue(&calls, [OUT] = tsr_arg_of(s), [FROM] = tsr_arg_of(c)));
    NEED_OK(tsr_issue(&columns, [OUT] = tsr_arg_of(tsr_transpose(m, ((int[]){1, 0})))));
    NEED_OK(tsr_issue(&large, [OUT] = tsr_arg_of(l)));
    NAMED(a, "test.local", "argument 0 (out)", "element (");
    NAMED(b, "test.piece_sum", "argument 0 (out)", "element (");
    NAMED(s, "test.calls", "argument 0 (calls)", "element ()", "bytes 01 00 00 00 00 00 00 00, and 02 00");
    NAMED(m, "test.columns", "argument 0 (out)", "element (");
    NAMED(l, "test.large", "argument 0 (out)", "(from byte 33 on)");
    NEED_OK(tsr_issue(&longer, [OUT] = tsr_arg_of(tsr_slice(c, 0, N - 1, 0, -2))));
    NAMED(c, "test.longer", "argument 0 (x)", "element (");
    return 0;
}

static int failing(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(8 * N)), b = tsr_store_create(TSR_I64, TSR_SHAPE(8 * N));
    NEED_OK(tsr_issue(&even_said, [OUT] = tsr_arg_of(a)));
    NEED_OK(tsr_store_status(a));
    NEED_OK(tsr_issue(&even, [OUT] = tsr_arg_of(b)));
    NEED(tsr_store_status(b) == TSR_TASK_FAILED && strstr(tsr_error_text(), "an odd piece"));
    return 0;
}

/* Leaves are what a program can know: nothing to compare, and it is said so. */
static int canonical(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(8 * N));
    NEED(strstr(tsr_explain(&leaf_sum, [OUT] = tsr_arg_of(a)), "cannot check it: bodies see canonical"));
    NEED(strstr(tsr_explain(&index_task, [OUT] = tsr_arg_of(a)), "points are cut again, into "));
    NEED_OK(tsr_issue(&leaf_sum, [OUT] = tsr_arg_of(a)));
    NEED_OK(tsr_store_status(a));
    NEED(tsr_counter(TSR_COUNT_CUTS_CHECKED) == 0);
    NEED(tsr_rank_count() > 1 || tsr_counter(TSR_COUNT_CUTS_NOT_CHECKED) == 1);
    return 0;
}

static int off(int argc, char **argv, void *user)
{
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    NEED_OK(tsr_issue(&local, [OUT] = tsr_arg_of(a)));
    NEED_OK(tsr_store_status(a));
    NEED(watched() == 0);
    return 0;
}

int main(void)
{
    int failed = 0;
    unsetenv("TESSERA_CHECK");
    failed += try_ranks("unless_it_is_asked_for_nothing_runs_twice", off, NULL);
    setenv("TESSERA_CHECK", "cuts", 1);
    failed += try_ranks("tasks_that_may_be_cut_anywhere_pass", good, NULL);
    failed += try_ranks("tasks_that_may_not_are_named", bad, NULL);
    failed += try_ranks("a_piece_that_fails_alone_is_named", failing, NULL);
    failed += try_ranks("leaves_cannot_be_checked", canonical, NULL);
    return failed;
}
