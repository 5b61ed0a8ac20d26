/* faults/faults_program.c - see faults_program.h.  Public headers only. */
#include "faults_program.h"

#include <stdlib.h>

enum { N = 96, ROWS = 24, COLUMNS = 16, TILES = 6 };
enum { INTO, FROM, BY };

static _Atomic(struct faults_seen *) seen_now; /* what bodies count in; one run at a time */

/* ---- bodies; every one may be told to fail ---- */

static tsr_status may_run(void)
{
    struct faults_seen *seen = atomic_load(&seen_now);
    if (atomic_fetch_add(&seen->bodies, 1) == seen->fail_body)
        return TSR_FAIL(TASK_FAILED, "this body was told to fail");
    return TSR_OK;
}

/* Bodies wrap: where a call was told that there is no memory, what it should have written is anything. */
static tsr_status stencil_body(const tsr_task_context *t)
{
    tsr_out_i64_1d into = tsr_out_i64_1d_of(t, INTO);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM);
    TSR_TRY(may_run());
    TSR_FOR_1D(i, into.box)
        tsr_at(into, i) = (int64_t)((uint64_t)(i > 0 ? tsr_at(from, i - 1) : 0) +
                                    2 * (uint64_t)tsr_at(from, i) +
                                    (uint64_t)(i < N - 1 ? tsr_at(from, i + 1) : 0));
    return TSR_OK;
}

static const tsr_task_desc stencil = {
    .name = "test.stencil",
    .args = {[INTO] = {TSR_WRITE, TSR_I64, 1, "into"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_HALO(FROM, INTO, .low = {1}, .high = {1})},
    .variants = {[TSR_CPU] = {.body = stencil_body}},
};

static tsr_status add_body(const tsr_task_context *t)
{
    tsr_out_i64_1d into = tsr_out_i64_1d_of(t, INTO);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM);
    const int64_t  by = tsr_i64_of(t, BY);
    TSR_TRY(may_run());
    TSR_FOR_1D(i, into.box)
        tsr_at(into, i) = (int64_t)((uint64_t)tsr_at(into, i) +
                                    (uint64_t)by * (uint64_t)tsr_at(from, i));
    return TSR_OK;
}

static const tsr_task_desc add = {
    .name = "test.add",
    .args = {[INTO] = {TSR_READ_WRITE, TSR_I64, 1, "into"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"},
             [BY] = {TSR_SCALAR, TSR_I64, .name = "by"}},
    .constraints = {TSR_ALIGN(INTO, FROM)},
    .variants = {[TSR_CPU] = {.body = add_body}},
};

static tsr_status total_body(const tsr_task_context *t)
{
    int64_t      *into = tsr_element_i64_of(t, INTO);
    tsr_in_i64_1d from = tsr_in_i64_1d_of(t, FROM);
    TSR_TRY(may_run());
    TSR_FOR_1D(i, from.box)
        *into = (int64_t)((uint64_t)*into + (uint64_t)tsr_at(from, i));
    return TSR_OK;
}

static const tsr_task_desc total = {
    .name = "test.total",
    .args = {[INTO] = {TSR_REDUCE, TSR_I64, .name = "into", .reduction = TSR_SUM},
             [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_BROADCAST(INTO)},
    .variants = {[TSR_CPU] = {.body = total_body}},
};

/* Powers of two of one sign are added: exact, whatever the leaves. */
static tsr_status rows_body(const tsr_task_context *t)
{
    tsr_out_f64_2d into = tsr_out_f64_2d_of(t, INTO);
    tsr_in_f64_2d  from = tsr_in_f64_2d_of(t, FROM);
    TSR_TRY(may_run());
    TSR_FOR_2D(i, j, from.box)
        tsr_at(into, i, j) += tsr_at(from, i, j);
    return TSR_OK;
}

static const tsr_task_desc rows = {
    .name = "test.rows",
    .args = {[INTO] = {TSR_REDUCE, TSR_F64, 2, "into", TSR_SUM},
             [FROM] = {TSR_READ, TSR_F64, 2, "from"}},
    .constraints = {TSR_ALIGN(INTO, FROM)},
    .variants = {[TSR_CPU] = {.body = rows_body}},
    .leaf = {4, 4},
};

/* Wants Fortran order, and scratch memory. */
static tsr_status column_body(const tsr_task_context *t)
{
    tsr_out_f64_2d into = tsr_out_f64_2d_of(t, INTO);
    tsr_in_f64_2d  from = tsr_in_f64_2d_of(t, FROM);
    TSR_TRY(may_run());
    double *row = tsr_scratch(t, COLUMNS * sizeof *row);
    if (row == NULL)
        return TSR_NO_MEMORY;
    for (int64_t i = from.box.low[0]; i < from.box.high[0]; ++i) {
        for (int64_t j = from.box.low[1]; j < from.box.high[1]; ++j)
            row[j] = tsr_at(from, i, j);
        for (int64_t j = from.box.low[1]; j < from.box.high[1]; ++j)
            tsr_at(into, i, j) = 2 * row[j];
    }
    return TSR_OK;
}

static const tsr_task_desc column = {
    .name = "test.column",
    .args = {[INTO] = {TSR_WRITE, TSR_F64, 2, "into"}, [FROM] = {TSR_READ, TSR_F64, 2, "from"}},
    .constraints = {TSR_ALIGN(INTO, FROM)},
    .variants = {[TSR_CPU] = {.body = column_body,
                              .layout = {[FROM] = {.order = TSR_ORDER_FORTRAN, .contiguous = true}},
                              .scratch_bytes = COLUMNS * sizeof(double)}},
};

/* Keeps the even numbers. */
static tsr_status evens_body(const tsr_task_context *t)
{
    tsr_in_i64_1d from = tsr_in_i64_1d_of(t, FROM);
    int64_t       n = 0;
    TSR_TRY(may_run());
    TSR_FOR_1D(i, from.box)
        n += tsr_at(from, i) % 2 == 0;
    int64_t *out = tsr_unbound_output(t, INTO, n);
    if (out == NULL)
        return TSR_NO_MEMORY;
    TSR_FOR_1D(i, from.box)
        if (tsr_at(from, i) % 2 == 0)
            *out++ = tsr_at(from, i);
    return TSR_OK;
}

static const tsr_task_desc evens = {
    .name = "test.evens",
    .args = {[INTO] = {TSR_WRITE, TSR_I64, 1, "into"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .variants = {[TSR_CPU] = {.body = evens_body}},
};

static tsr_status gather_body(const tsr_task_context *t)
{
    tsr_out_i64_1d into = tsr_out_i64_1d_of(t, INTO);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM), by = tsr_in_i64_1d_of(t, BY);
    TSR_TRY(may_run());
    TSR_FOR_1D(i, into.box)
        tsr_at(into, i) = tsr_at(from, tsr_at(by, i));
    return TSR_OK;
}

static const tsr_task_desc gather = {
    .name = "test.gather",
    .args = {[INTO] = {TSR_WRITE, TSR_I64, 1, "into"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"},
             [BY] = {TSR_READ, TSR_I64, 1, "by"}},
    .constraints = {TSR_ALIGN(INTO, BY), TSR_IMAGE(FROM, BY, TSR_IMAGE_POINTS)},
    .variants = {[TSR_CPU] = {.body = gather_body}},
};

/* A plain function: y = a x. */
static void scaled(const int64_t *n, const double *a, const double *x, double *y)
{
    for (int64_t i = 0; i < *n; ++i)
        y[i] = *a * x[i];
}

static const tsr_foreign scaled_call = {
    .function = (void (*)(void))scaled,
    .params = {{TSR_PASS_EXTENT, INTO, 0, TSR_I64, true},
               {TSR_PASS_VALUE, BY, .by_reference = true},
               {TSR_PASS_POINTER, FROM},
               {TSR_PASS_POINTER, INTO}},
};

static const tsr_task_desc foreign = {
    .name = "test.scaled",
    .args = {[INTO] = {TSR_WRITE, TSR_F64, 1, "into"}, [FROM] = {TSR_READ, TSR_F64, 1, "from"},
             [BY] = {TSR_SCALAR, TSR_F64, .name = "by"}},
    .constraints = {TSR_ALIGN(INTO, FROM)},
    .variants = {[TSR_CPU] = {.foreign = &scaled_call,
                              .layout = {[INTO] = {TSR_ORDER_C, true}, [FROM] = {TSR_ORDER_C, true}}}},
};

/* Points that communicate: each element becomes the total of the points' own. */
static tsr_status together_body(const tsr_task_context *t)
{
    tsr_out_i64_1d into = tsr_out_i64_1d_of(t, INTO);
    tsr_in_i64_1d  from = tsr_in_i64_1d_of(t, FROM);
    int64_t        sum[2] = {0, 0}, total_of[2], all[64], again[64];
    TSR_TRY(may_run());
    TSR_FOR_1D(i, from.box)
        sum[i % 2] += tsr_at(from, i);
    TSR_TRY(tsr_comm_allreduce(t, sum, total_of, 2, TSR_I64, TSR_SUM));
    for (int64_t p = 0; p < tsr_comm_size(t); ++p)
        all[p] = sum[0] + sum[1];
    TSR_TRY(tsr_comm_alltoall(t, all, again, 1, TSR_I64));
    TSR_TRY(tsr_comm_allgather(t, again, all, 1, TSR_I64));
    TSR_TRY(tsr_comm_broadcast(t, all, 1, TSR_I64, tsr_comm_size(t) - 1));
    for (int64_t p = 0; p < tsr_comm_size(t); ++p)
        total_of[0] -= again[p];
    TSR_FOR_1D(i, into.box) /* even - (even + odd) + 2 odd */
        tsr_at(into, i) = total_of[0] + 2 * total_of[1];
    return TSR_OK;
}

static const tsr_task_desc together = {
    .name = "test.together",
    .args = {[INTO] = {TSR_WRITE, TSR_I64, 1, "into"}, [FROM] = {TSR_READ, TSR_I64, 1, "from"}},
    .constraints = {TSR_ALIGN(INTO, FROM)},
    .variants = {[TSR_CPU] = {.body = together_body, .wants_communicator = true}},
    .work = 1e6,
};

/* ---- judging: a call that fails failed what it writes, or (through a view that could not be made) did
 * nothing; `if (TRIED(..))` beside the model covers both ---- */

static void wrong(struct faults_seen *seen, int line, const char *what)
{
    if (atomic_fetch_add(&seen->wrong, 1) == 0)
        snprintf(seen->text, sizeof seen->text, "line %d: %.420s", line, what);
}

/* True: the call succeeded.  Else its text names what was made to fail, or that is wrong. */
static bool judged(struct faults_seen *seen, tsr_status status, int line)
{
    if (status == TSR_OK)
        return true;
    bool named = false;
    for (int i = 0; i < 3 && seen->words[i] != NULL; ++i)
        named |= strstr(tsr_error_text(), seen->words[i]) != NULL;
    if (!named)
        wrong(seen, line, tsr_error_text()[0] != 0 ? tsr_error_text() : "a failure without a text");
    else
        atomic_fetch_add(&seen->failures, 1);
    return false;
}

#define TRIED(call) judged(seen, (call), __LINE__)
#define RIGHT(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            wrong(seen, __LINE__, #condition " is not so, and nothing failed");                    \
    } while (0)

static void apply_stencil(int64_t *v)
{
    int64_t w[N];
    for (int i = 0; i < N; ++i)
        w[i] = (i > 0 ? v[i - 1] : 0) + 2 * v[i] + (i < N - 1 ? v[i + 1] : 0);
    memcpy(v, w, sizeof w);
}

/* Stencils back and forth, partial writes, views, totals. */
static void with_integers(struct faults_seen *seen)
{
    int64_t v[N], got[N], sum = 7, value;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store b = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store s = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){7});
    for (int i = 0; i < N; ++i)
        v[i] = i % 5;
    TRIED(tsr_write(a, v, sizeof v));
    for (int step = 0; step < 3; ++step) {
        TRIED(tsr_issue(&stencil, [INTO] = tsr_arg_of(b), [FROM] = tsr_arg_of(a)));
        TRIED(tsr_issue(&stencil, [INTO] = tsr_arg_of(a), [FROM] = tsr_arg_of(b)));
        apply_stencil(v);
        apply_stencil(v);
    }
    if (TRIED(tsr_fill(tsr_slice(a, 0, 10, N, 7), &(int64_t){-3})))
        for (int i = 10; i < N; i += 7)
            v[i] = -3;
    const tsr_store old = tsr_seal(a);
    const bool is_moved = TRIED(tsr_copy(tsr_slice(a, 0, 1, N, 1), tsr_slice(a, 0, 0, N - 1, 1)));
    TRIED(tsr_issue(&total, [INTO] = tsr_arg_of(s), [FROM] = tsr_arg_of(old)));
    for (int i = 0; i < N; ++i)
        sum += v[i];
    if (TRIED(tsr_value(s, &value)))
        RIGHT(value == sum);
    if (TRIED(tsr_read(old, got, sizeof got)))
        RIGHT(memcmp(got, v, sizeof v) == 0);
    if (is_moved)
        memmove(v + 1, v, (N - 1) * sizeof *v);
    if (TRIED(tsr_read(a, got, sizeof got)))
        RIGHT(memcmp(got, v, sizeof v) == 0);
}

/* Temporaries that live piece by piece; one result of them. */
static void with_temporaries(struct faults_seen *seen)
{
    int64_t got[N];
    TSR_SCOPE();
    const tsr_store all = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){1});
    for (int step = 0; step < 3; ++step) {
        const tsr_store t = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){10 + step});
        TRIED(tsr_issue(&add, [INTO] = tsr_arg_of(t), [FROM] = tsr_arg_of(all), [BY] = tsr_arg_of(2)));
        TRIED(tsr_issue(&add, [INTO] = tsr_arg_of(all), [FROM] = tsr_arg_of(t), [BY] = tsr_arg_of(1)));
        tsr_store_release(t);
    }
    /* 1; + 10 + 2 = 13; + 11 + 26 = 50; + 12 + 100 = 162 */
    if (TRIED(tsr_read(all, got, sizeof got)))
        RIGHT(got[0] == 162 && got[N / 2] == 162 && got[N - 1] == 162);
}

static void with_floats(struct faults_seen *seen)
{
    double  m[ROWS][COLUMNS], got[ROWS][COLUMNS], sums[COLUMNS] = {0};
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store b = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store into = tsr_store_filled(TSR_F64, TSR_SHAPE(COLUMNS), &(double){0});
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < COLUMNS; ++j)
            sums[j] += m[i][j] = (double)(1 << (i * 5 + j) % 12);
    TRIED(tsr_write(a, m, sizeof m));
    if (!TRIED(tsr_issue(&rows, [INTO] = tsr_arg_of(tsr_promote(into, 0, ROWS)),
                         [FROM] = tsr_arg_of(a))))
        memset(sums, 0, sizeof sums);
    TRIED(tsr_issue(&column, [INTO] = tsr_arg_of(b), [FROM] = tsr_arg_of(a)));
    if (TRIED(tsr_read(into, got, sizeof sums)))
        RIGHT(memcmp(got, sums, sizeof sums) == 0);
    if (TRIED(tsr_read(tsr_transpose(b, ((int[]){1, 0})), got, sizeof got)))
        RIGHT(got[0][1] == 2 * m[1][0] && (&got[0][0])[ROWS * 3 + 5] == 2 * m[5][3]);
    const tsr_store y = tsr_store_create(TSR_F64, TSR_SHAPE(COLUMNS));
    TRIED(tsr_issue(&foreign, [INTO] = tsr_arg_of(y), [FROM] = tsr_arg_of(into), [BY] = tsr_arg_of(0.5)));
    if (TRIED(tsr_read(y, got, sizeof sums)))
        RIGHT(got[0][0] == sums[0] / 2 && got[0][COLUMNS - 1] == sums[COLUMNS - 1] / 2);
}

/* Extents and boxes that follow from values. */
static void with_values(struct faults_seen *seen)
{
    int64_t v[N], by[N / 2], got[N];
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    const tsr_store few = tsr_store_unbound(TSR_I64, TSR_SHAPE(0));
    const tsr_store f = tsr_store_create(TSR_I64, TSR_SHAPE(N / 2));
    const tsr_store g = tsr_store_create(TSR_I64, TSR_SHAPE(N / 2));
    for (int i = 0; i < N; ++i)
        v[i] = i + i / 3;
    for (int i = 0; i < N / 2; ++i)
        by[i] = (i * 13) % N;
    TRIED(tsr_write(a, v, sizeof v));
    TRIED(tsr_issue(&evens, [INTO] = tsr_arg_of(few), [FROM] = tsr_arg_of(a)));
    TRIED(tsr_write(f, by, sizeof by));
    TRIED(tsr_issue(&gather, [INTO] = tsr_arg_of(g), [FROM] = tsr_arg_of(a), [BY] = tsr_arg_of(f)));
    if (TRIED(tsr_read(g, got, sizeof by)))
        for (int i = 0; i < N / 2; ++i)
            RIGHT(got[i] == v[by[i]]);
    const tsr_shape shape = tsr_store_shape(few);
    if (shape.rank == 1 && shape.extent[0] <= N &&
        TRIED(tsr_read(few, got, (size_t)shape.extent[0] * sizeof *got))) {
        int64_t n = 0;
        for (int i = 0; i < N; ++i)
            if (v[i] % 2 == 0) {
                RIGHT(n < shape.extent[0] && got[n] == v[i]);
                ++n;
            }
        RIGHT(n == shape.extent[0]);
    }
}

static void let_go(void *data, void *user)
{
    (void)data;
    ++*(int *)user;
}

/* Explicit pieces, a struct type, attached memory written back. */
static void with_pieces(struct faults_seen *seen)
{
    int64_t v[N], x[N], got[N];
    int     released = 0;
    for (int i = 0; i < N; ++i)
        v[i] = x[i] = 3 * i;
    {
        TSR_SCOPE();
        const tsr_store a = tsr_attach(TSR_I64, TSR_SHAPE(N), x, TSR_ATTACH_WRITE, let_go, &released);
        const tsr_store b = tsr_store_filled(TSR_I64, TSR_SHAPE(N), &(int64_t){5});
        const tsr_partition p = tsr_partition_tiles(TSR_SHAPE(N), ((int64_t[]){N / TILES}));
        TRIED(tsr_issue_over(&add, TILES, [INTO] = tsr_arg_cut(a, p), [FROM] = tsr_arg_cut(b, p),
                             [BY] = tsr_arg_of(4)));
        if (TRIED(tsr_read(a, got, sizeof got)))
            RIGHT(got[1] == v[1] + 20 && got[N - 1] == v[N - 1] + 20);
        tsr_piece piece[4];
        int       n = 0;
        if (TRIED(tsr_local_pieces(b, piece, 4, &n)) && n > 0)
            RIGHT(*(int64_t *)piece[0].data == 5);
        if (TRIED(tsr_detach(a)))
            RIGHT(x[0] == v[0] + 20 && x[N / 2] == v[N / 2] + 20);
        const tsr_type two = tsr_type_struct(
            "two", ((tsr_field[]){{"a", TSR_I64, 0}, {"b", TSR_I64, 8}}), 2, 16);
        const int64_t   pair[2] = {4, -4};
        const tsr_store q = tsr_store_filled(two, TSR_SHAPE(3), pair);
        if (two != TSR_TYPE_ANY && TRIED(tsr_read(q, got, 48)))
            RIGHT(got[4] == 4 && got[5] == -4);
    }
    (void)tsr_flush();
    RIGHT(released <= 1);
}

static void with_points(struct faults_seen *seen)
{
    int64_t v[N], got[N], odd = 0;
    TSR_SCOPE();
    const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N)), b = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    for (int i = 0; i < N; ++i) {
        v[i] = 3 * i + 1;
        odd += i % 2 * v[i];
    }
    TRIED(tsr_write(a, v, sizeof v));
    TRIED(tsr_issue(&together, [INTO] = tsr_arg_of(b), [FROM] = tsr_arg_of(a)));
    if (TRIED(tsr_read(b, got, sizeof got)))
        RIGHT(got[0] == odd && got[N - 1] == odd);
}

int faults_program(int argc, char **argv, void *user)
{
    struct faults_seen *seen = user;
    int                 word = 41 + tsr_rank();
    (void)argc, (void)argv;
    atomic_store(&seen_now, seen);
    with_integers(seen);
    with_temporaries(seen);
    with_floats(seen);
    if (TRIED(tsr_agree(&word, sizeof word)))
        RIGHT(word == 41);
    with_values(seen);
    with_pieces(seen);
    with_points(seen);
    (void)TRIED(tsr_fence());
    return 0;
}
