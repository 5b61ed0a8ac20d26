/* One rank of an imagined run against the same rank of a real one: what it sends is counted alike, message
 * by message and byte by byte, for the programs of bench/simulate and for some that are cut by hand, by
 * values, by folds and by steps.  And what a simulated run refuses, reads, and takes no memory for. */
#include "../../bench/simulate/sm_programs.h"
#include "ranks_try.h"

enum { MOST = 6, STEPS = 5 };

/* What a rank counted. */
struct count {
    int64_t messages, bytes, halo;
};

/* A program and what came of it. */
struct job {
    int (*run)(struct job *job);
    const sm_program *program;
    struct count      real[MOST];
    bool              imagined;
    struct count      seen;
};

static int job_main(int argc, char **argv, void *user)
{
    struct job *job = user;
    (void)argc, (void)argv;
    NEED(job->run(job) == 0);
    NEED_OK(tsr_fence());
    const struct count c = {tsr_counter(TSR_COUNT_MESSAGES), tsr_counter(TSR_COUNT_MESSAGE_BYTES),
                            tsr_counter(TSR_COUNT_HALO_MESSAGES)};
    if (job->imagined)
        job->seen = c;
    else
        job->real[tsr_rank()] = c;
    return 0;
}

/* Run rank r of n imagined ones. */
static bool imagine(struct job *job, int n, int r, const tsr_options *o)
{
    char        text[24];
    tsr_options simulated = *o;
    snprintf(text, sizeof text, "%d:%d", n, r);
    simulated.simulate = text;
    job->imagined = true;
    if (tsr_start_(NULL, NULL, &simulated) != TSR_OK) {
        fprintf(stderr, "# %s: %s\n", text, tsr_error_text());
        return false;
    }
    const int code = job_main(0, NULL, job);
    return tsr_finish() == 0 && code == 0;
}

static bool same_on(struct job *job, int n, const tsr_options *o)
{
    tsr_options each[MOST];
    int         code = -1;
    int64_t     all = 0;
    for (int r = 0; r < n; ++r)
        each[r] = *o;
    job->imagined = false;
    if (tsr_ranks_run(n, job_main, job, &code, .each = each) != TSR_OK || code != 0) {
        fprintf(stderr, "# %d real ranks: %s\n", n, tsr_error_text());
        return false;
    }
    for (int r = 0; r < n; ++r) {
        if (!imagine(job, n, r, o))
            return false;
        const struct count *a = &job->real[r], *b = &job->seen;
        if (a->messages != b->messages || a->bytes != b->bytes || a->halo != b->halo) {
            fprintf(stderr,
                    "# rank %d of %d sends %lld messages of %lld bytes (%lld of halos); simulated: "
                    "%lld, %lld (%lld)\n",
                    r, n, (long long)a->messages, (long long)a->bytes, (long long)a->halo,
                    (long long)b->messages, (long long)b->bytes, (long long)b->halo);
            return false;
        }
        all += a->messages;
    }
    return all > 0; /* else there was nothing to compare */
}

static int same(const char *name, struct job job)
{
    tsr_machine machine;
    TSR_CHECK(tsr_machine_discover(&machine));
    machine.n_cores = 2;
    for (int way = 0; way < 6; ++way) {
        static const int  ranks[] = {2, 4, 3, 6, 4, 5}, workers[] = {1, 2, 1, 2, 2, 1};
        const tsr_options o = {.size = sizeof o,
                               .at = TSR_HERE,
                               .workers = workers[way],
                               .window = way % 2 ? 5 : 64,
                               .min_piece = way < 3 ? 16 : 0,
                               .memo = way % 3,
                               .leaf = way == 4 ? 64 : 0,
                               .machine = &machine};
        if (same_on(&job, ranks[way], &o))
            continue;
        printf("not ok %s way %d, %d ranks\n", name, way, ranks[way]);
        return 1;
    }
    printf("ok %s\n", name);
    return 0;
}

/* ---- the bench's programs ---- */

static int bench_program(struct job *job)
{
    sm_state m = {.turn = 0};
    TSR_SCOPE();
    NEED_OK(job->program->setup(&m, tsr_rank_count(), job->program->period == 0 ? 0 : 72));
    for (int i = 0; i < STEPS * job->program->period; ++i)
        NEED_OK(job->program->step(&m));
    return 0;
}

/* ---- others ---- */

enum { OUT, IN, WHERE };

static tsr_status add_body(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    const tsr_in_f64_1d  in = tsr_in_f64_1d_of(t, IN);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) += i < in.box.high[0] && i >= in.box.low[0] ? tsr_at(in, i) : 1;
    return TSR_OK;
}

static const tsr_task_desc adding = {
    .name = "test.add",
    .args = {[OUT] = {TSR_READ_WRITE, TSR_F64, 1, "out"}, [IN] = {TSR_READ, TSR_F64, 1, "in"}},
    .constraints = {TSR_ALIGN(OUT, IN)},
    .variants = {[TSR_CPU] = {.body = add_body}},
};

/* Launches by hand, in tiles of unequal size, and an ordinary one between them. */
static int by_hand(struct job *job)
{
    enum { N = 90000 };
    TSR_SCOPE();
    (void)job;
    const tsr_store     a = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){1});
    const tsr_store     b = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){2});
    const tsr_partition p = tsr_partition_tiles(TSR_SHAPE(N), ((const int64_t[]){7000}));
    for (int i = 0; i < 4; ++i) {
        NEED_OK(tsr_issue_over(&adding, 13, [OUT] = tsr_arg_cut(a, p), [IN] = tsr_arg_cut(b, p)));
        NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(b), [IN] = tsr_arg_of(a)));
    }
    return 0;
}

/* Every second element, backwards, and rows of one store after the other: many layers, and settles. */
static int in_steps(struct job *job)
{
    enum { N = 60000 };
    TSR_SCOPE();
    (void)job;
    const tsr_store a = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){1});
    for (int i = 0; i < 12; ++i) {
        const tsr_store even = tsr_slice(a, 0, 0, N, 2), odd = tsr_slice(a, 0, 1, N, 2);
        const tsr_store part = tsr_slice(a, 0, 1000 * i, 1000 * i + 21000, 1);
        const tsr_store back = tsr_slice(a, 0, N - 1, -1, -1);
        NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(even), [IN] = tsr_arg_of(odd)));
        NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(part),
                          [IN] = tsr_arg_of(tsr_slice(a, 0, N - 21000, N, 1))));
        if (i % 4 == 0)
            NEED_OK(tsr_copy(back, a));
    }
    return 0;
}

static tsr_status rows_body(const tsr_task_context *t)
{
    const tsr_out_f64_2d sum = tsr_out_f64_2d_of(t, OUT);
    const tsr_in_f64_2d  in = tsr_in_f64_2d_of(t, IN);
    TSR_FOR_2D(i, j, in.box)
        tsr_at(sum, i, j) += tsr_at(in, i, j);
    return TSR_OK;
}

/* Float sums by columns and by rows: partial results along the canonical tree. */
static int folds(struct job *job)
{
    static const tsr_task_desc summing = {
        .name = "test.sum",
        .args =
            {[OUT] = {TSR_REDUCE, TSR_F64, 2, "sum", TSR_SUM}, [IN] = {TSR_READ, TSR_F64, 2, "in"}},
        .constraints = {TSR_ALIGN(OUT, IN)},
        .variants = {[TSR_CPU] = {.body = rows_body}},
    };
    enum { N = 300 };
    TSR_SCOPE();
    (void)job;
    const tsr_store a = tsr_store_filled(TSR_F64, TSR_SHAPE(N, N), &(double){1});
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){0});
    for (int i = 0; i < 3; ++i) {
        const tsr_store whole = tsr_promote(s, 0, N), other = tsr_transpose(a, (int[]){1, 0});
        NEED_OK(tsr_issue(&summing, [OUT] = tsr_arg_of(whole), [IN] = tsr_arg_of(a)));
        NEED_OK(tsr_issue(&summing, [OUT] = tsr_arg_of(whole), [IN] = tsr_arg_of(other)));
        double value = 0;
        NEED_OK(tsr_value(tsr_slice(s, 0, 7 + i, 8 + i, 1), &value, .simulated = &(double){42}));
        NEED(!job->imagined || value == 42);
    }
    return 0;
}

/* ---- values that nobody computes ---- */

static tsr_status gather_body(const tsr_task_context *t)
{
    const tsr_out_f64_1d out = tsr_out_f64_1d_of(t, OUT);
    const tsr_in_f64_1d  in = tsr_in_f64_1d_of(t, IN);
    const tsr_in_i64_1d  where = tsr_in_i64_1d_of(t, WHERE);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = tsr_at(in, tsr_at(where, i));
    return TSR_OK;
}

enum { SHIFT = 37, GATHERED = 50000 };

/* Index i + SHIFT at i. */
static void shifted_image(int arg, const tsr_box *of, const int64_t *extent, tsr_box *out)
{
    (void)arg, (void)extent;
    out->low[0] = of->low[0] + SHIFT;
    out->high[0] = of->high[0] + SHIFT;
}

static tsr_task_desc gathering(const tsr_model *model)
{
    return (tsr_task_desc){
        .name = "test.gather",
        .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "out"},
                 [IN] = {TSR_READ, TSR_F64, 1, "in"},
                 [WHERE] = {TSR_READ, TSR_I64, 1, "where"}},
        .constraints = {TSR_IMAGE(IN, WHERE, TSR_IMAGE_POINTS), TSR_ALIGN(WHERE, OUT)},
        .variants = {[TSR_CPU] = {.body = gather_body}},
        .model = model,
    };
}

static tsr_status count_body(const tsr_task_context *t)
{
    const tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = i + SHIFT;
    return TSR_OK;
}

static const tsr_task_desc counting = {
    .name = "test.count",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"}},
    .variants = {[TSR_CPU] = {.body = count_body}},
};

/* A gather through indices: the values are a model's, in a simulated run. */
static int images(struct job *job)
{
    static const tsr_model model = {.image = shifted_image};
    const tsr_task_desc    gather = gathering(&model);
    TSR_SCOPE();
    (void)job;
    const tsr_store in = tsr_store_filled(TSR_F64, TSR_SHAPE(GATHERED + SHIFT), &(double){1});
    const tsr_store out = tsr_store_create(TSR_F64, TSR_SHAPE(GATHERED));
    const tsr_store where = tsr_store_create(TSR_I64, TSR_SHAPE(GATHERED));
    NEED_OK(tsr_issue(&counting, [OUT] = tsr_arg_of(where)));
    for (int i = 0; i < 3; ++i) {
        NEED_OK(tsr_issue(
            &gather, [OUT] = tsr_arg_of(out), [IN] = tsr_arg_of(in), [WHERE] = tsr_arg_of(where)));
        NEED_OK(tsr_fill(in, &(double){i}));
    }
    return tsr_fence() != TSR_OK; /* the task type is this function's */
}

static tsr_status half_body(const tsr_task_context *t)
{
    const tsr_in_f64_1d in = tsr_in_f64_1d_of(t, IN);
    const int64_t       n = (in.box.high[0] + 1) / 2 - (in.box.low[0] + 1) / 2;
    double             *row = tsr_unbound_output(t, OUT, n);
    if (!row)
        return TSR_NO_MEMORY;
    for (int64_t i = 0; i < n; ++i)
        row[i] = 1;
    return TSR_OK;
}

/* Of every even index a row. */
static int64_t half_of(int arg, const tsr_box *piece)
{
    (void)arg;
    return (piece->high[0] + 1) / 2 - (piece->low[0] + 1) / 2;
}

static tsr_task_desc halving(const tsr_model *model)
{
    return (tsr_task_desc){
        .name = "test.half",
        .args = {[OUT] = {TSR_WRITE, TSR_F64, 1, "out"}, [IN] = {TSR_READ, TSR_F64, 1, "in"}},
        .variants = {[TSR_CPU] = {.body = half_body}},
        .model = model,
    };
}

/* Extents that only bodies know. */
static int unbound(struct job *job)
{
    static const tsr_model model = {.rows = half_of};
    const tsr_task_desc    half = halving(&model);
    TSR_SCOPE();
    (void)job;
    const tsr_store in = tsr_store_filled(TSR_F64, TSR_SHAPE(GATHERED), &(double){1});
    const tsr_store out = tsr_store_unbound(TSR_F64, TSR_SHAPE(0));
    NEED_OK(tsr_issue(&half, [OUT] = tsr_arg_of(out), [IN] = tsr_arg_of(in)));
    const int64_t rows = tsr_store_shape(out).extent[0];
    NEED(rows == GATHERED / 2);
    NEED_OK(tsr_issue(
        &adding, [OUT] = tsr_arg_of(tsr_slice(in, 0, 500, 500 + rows, 1)), [IN] = tsr_arg_of(out)));
    return tsr_fence() != TSR_OK;
}

/* ---- what is refused, read, and kept ---- */

/* Does the failure name one of these lines, and what is missing? */
static bool is_told(int first, int last)
{
    char line[40];
    for (; first <= last; ++first) {
        snprintf(line, sizeof line, "ranks_simulated.c:%d", first);
        if (strstr(tsr_error_text(), line) && strstr(tsr_error_text(), ".model"))
            return true;
    }
    return false;
}

static int refusals(void)
{
    static tsr_task_desc gather, half; /* operations keep them */
    gather = gathering(NULL);
    half = halving(NULL);
    TSR_SCOPE();
    const tsr_store in = tsr_store_filled(TSR_F64, TSR_SHAPE(GATHERED + SHIFT), &(double){1});
    const tsr_store out = tsr_store_create(TSR_F64, TSR_SHAPE(GATHERED));
    const tsr_store where = tsr_store_create(TSR_I64, TSR_SHAPE(GATHERED));
    const tsr_store rows = tsr_store_unbound(TSR_F64, TSR_SHAPE(0));
    int             at;
    NEED_OK(tsr_issue(&counting, [OUT] = tsr_arg_of(where)));
    at = __LINE__;
    NEED(
        tsr_issue(
            &gather, [OUT] = tsr_arg_of(out), [IN] = tsr_arg_of(in), [WHERE] = tsr_arg_of(where)) ==
        TSR_NOT_ALLOWED);
    NEED(is_told(at, __LINE__));
    at = __LINE__;
    NEED(tsr_issue(&half, [OUT] = tsr_arg_of(rows), [IN] = tsr_arg_of(in)) == TSR_NOT_ALLOWED);
    NEED(is_told(at, __LINE__));
    return 0;
}

static int readings(void)
{
    TSR_SCOPE();
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(3), &(double){7});
    double          all[3] = {1, 2, 3}, one = 5;
    tsr_piece       piece;
    int             n = 5;
    NEED_OK(tsr_read(s, all, sizeof all));
    NEED(all[0] == 0 && all[1] == 0 && all[2] == 0);
    NEED_OK(tsr_read(s, all, sizeof all, .simulated = ((const double[]){4, 5, 6})));
    NEED(all[0] == 4 && all[2] == 6);
    NEED_OK(tsr_value(tsr_slice(s, 0, 0, 1, 1), &one));
    NEED(one == 0);
    NEED_OK(tsr_local_pieces(s, &piece, 1, &n));
    NEED(n == 0);
    return 0;
}

/* Tens of terabytes, of which there is nothing here. */
static int nothing_is_stored(void)
{
    TSR_SCOPE();
    const int64_t   n = (int64_t)1 << 41;
    const tsr_store a = tsr_store_filled(TSR_F64, TSR_SHAPE(n), &(double){1});
    const tsr_store b = tsr_store_filled(TSR_F64, TSR_SHAPE(n), &(double){1});
    NEED_OK(tsr_issue(&adding, [OUT] = tsr_arg_of(a), [IN] = tsr_arg_of(b)));
    NEED_OK(tsr_fence());
    NEED(tsr_counter(TSR_COUNT_MEMORY_BYTES) == 0 && tsr_counter(TSR_COUNT_TASKS) == 0);
    NEED(tsr_rank_count() == 4096 && tsr_rank() > 64 && tsr_rank() < 4032);
    return 0;
}

static int of_4096(const char *name, int (*run)(void))
{
    int code = 1;
    if (tsr_start(NULL, NULL, .simulate = "4096") == TSR_OK) {
        code = run();
        code |= tsr_finish(); /* what was refused was told */
    }
    printf("%s %s\n", code == 0 ? "ok" : "not ok", name);
    return code;
}

static int wrong_settings(void)
{
    static const char *const wrong[] = {"1", "x", "4:", "4:4", "4:-1", "4 ", "9999999999"};
    int                      failed = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        if (tsr_start(NULL, NULL, .simulate = wrong[i]) != TSR_BAD_ARGUMENT ||
            !strstr(tsr_error_text(), "TESSERA_SIMULATE"))
            ++failed;
    printf("%s wrong_settings\n", failed ? "not ok" : "ok");
    return failed;
}

int main(void)
{
    int failed = 0;
    for (const sm_program *p = sm_programs; p->name; ++p)
        failed += same(p->name, (struct job){.run = bench_program, .program = p});
    failed += same("by_hand", (struct job){.run = by_hand});
    failed += same("in_steps", (struct job){.run = in_steps});
    failed += same("folds", (struct job){.run = folds});
    failed += same("images", (struct job){.run = images});
    failed += same("unbound", (struct job){.run = unbound});
    failed += of_4096("what_has_no_model_is_refused_by_line", refusals);
    failed += of_4096("values_are_the_calls", readings);
    failed += of_4096("nothing_is_stored", nothing_is_stored);
    failed += wrong_settings();
    return failed > 0;
}
