/* tb_tessera.c - the graphs of Task Bench as Tessera operations: each step is one manual launch of
 * `width` points, each point a task.
 *
 * Two stores of `width` cells take turns, as Task Bench's buffers do. A step writes one of them,
 * cut into single cells, and reads the other: where every point reads one run of neighbours, by one
 * READ argument whose boxes overlap; else by one READ argument for each dependence, a projection of
 * the single cells (an empty box where a point has fewer). The runtime finds the order from these.
 * Partitions are made once a graph; a step costs one call. Threads: bodies on any worker. */
#include "tb_tessera.h"
#include "tb_point.h"
#include "tb_time.h"

#include <stdio.h>
#include <tessera/tessera.h>

enum { OUT, STEP, FIRST_IN, MAX_INS = TSR_MAX_ARGS - FIRST_IN };

_Static_assert(sizeof(tb_cell) == sizeof(tsr_indexed_i64), "a cell is stored as value and index");

/* What the bodies of a run share; set while nothing runs. */
static struct {
    const tb_graph *g;
    int64_t         iterations;
} now;

static tsr_task_desc point_types[MAX_INS + 1]; /* by the number of READ arguments */

typedef struct cuts {
    tsr_partition points;
    int           n_ins;
    tsr_partition ins[TB_MAX_SETS][MAX_INS];
} cuts;

/* Stands for what a window does not show: no check takes it. */
static const tb_cell missing = {-1, -1};

/* The cells that a point reads, in the order of its dependences. */
static void collect_inputs(const tsr_task_context *c, const tb_deps *d, const tb_cell **inputs)
{
    int n = 0;
    for (int arg = FIRST_IN; arg < c->n_args && n < d->n; ++arg) {
        const tsr_in_indexed_i64_1d in = tsr_in_indexed_i64_1d_of(c, arg);
        for (int64_t x = in.box.low[0]; x < in.box.high[0] && n < d->n; ++x)
            inputs[n++] = (const tb_cell *)(in.origin + x * in.stride[0]);
    }
    for (; n < d->n; ++n)
        inputs[n] = &missing;
}

static tsr_status point_body(const tsr_task_context *c)
{
    const int64_t                x = tsr_point(c), t = tsr_i64_of(c, STEP);
    const tsr_out_indexed_i64_1d out = tsr_out_indexed_i64_1d_of(c, OUT);
    const tb_cell               *inputs[TB_MAX_DEPS];

    if (t > 0)
        collect_inputs(c, &now.g->deps[tb_graph_set(now.g, t)][x], inputs);
    tb_point_run(now.g, t, x, (tb_cell *)(out.origin + x * out.stride[0]), inputs, now.iterations);
    return TSR_OK;
}

static void make_point_types(void)
{
    for (int n = 0; n <= MAX_INS; ++n) {
        tsr_task_desc *d = &point_types[n];
        d->name = "task_bench.point";
        d->args[OUT] = (tsr_arg_desc){TSR_WRITE, TSR_INDEXED_I64, .rank = 1, .name = "out"};
        d->args[STEP] = (tsr_arg_desc){TSR_SCALAR, TSR_I64, .name = "step"};
        for (int i = 0; i < n; ++i)
            d->args[FIRST_IN + i] =
                (tsr_arg_desc){TSR_READ, TSR_INDEXED_I64, .rank = 1, .name = "in"};
        d->variants[TSR_CPU].body = point_body;
    }
}

/* ---- partitions ---- */

static tsr_partition cut_runs(const tb_graph *g, int set)
{
    tsr_box boxes[TB_MAX_WIDTH];
    for (int x = 0; x < g->width; ++x) {
        const tb_deps *d = &g->deps[set][x];
        const int64_t  low = d->n > 0 ? d->x[0] : 0;
        boxes[x] = (tsr_box){.rank = 1, .low = {low}, .high = {low + d->n}};
    }
    return tsr_partition_boxes(TSR_SHAPE(g->width), boxes, g->width);
}

static tsr_partition cut_dependence(const tb_graph *g, int set, int k, tsr_partition points)
{
    int64_t table[TB_MAX_WIDTH];
    for (int x = 0; x < g->width; ++x) {
        const tb_deps *d = &g->deps[set][x];
        table[x] = k < d->n ? d->x[k] : -1;
    }
    return tsr_partition_project(points, table, g->width);
}

static void make_cuts(const tb_graph *g, cuts *c)
{
    c->points = tsr_partition_tiles(TSR_SHAPE(g->width), (const int64_t[]){1});
    c->n_ins = g->is_interval && g->max_deps > 0 ? 1 : g->max_deps;
    for (int set = 0; set < g->n_sets; ++set)
        for (int k = 0; k < c->n_ins; ++k)
            c->ins[set][k] =
                g->is_interval ? cut_runs(g, set) : cut_dependence(g, set, k, c->points);
}

/* ---- a run ---- */

static tsr_status issue_step(const tb_graph *g, const cuts *c, int64_t t, tsr_store out,
                             tsr_store in)
{
    const int n = t == 0 ? 0 : c->n_ins, set = tb_graph_set(g, t);
    tsr_arg   args[TSR_MAX_ARGS];

    args[OUT] = tsr_arg_cut(out, c->points);
    args[STEP] = tsr_arg_i64(t);
    for (int k = 0; k < n; ++k)
        args[FIRST_IN + k] = tsr_arg_cut(in, c->ins[set][k]);
    return tsr_issue_(
        &point_types[n], args, FIRST_IN + n,
        &(tsr_launch){.size = sizeof(tsr_launch), .at = TSR_HERE, .points = g->width});
}

static tsr_status run_steps(const tb_graph *g, const cuts *c, const tsr_store *rows)
{
    for (int64_t t = 0; t < g->steps; ++t)
        TSR_TRY(issue_step(g, c, t, rows[t & 1], rows[(t + 1) & 1]));
    TSR_TRY(tsr_fence());
    return TSR_OK;
}

static double run(void *state, const tb_graph *g, int64_t iterations)
{
    TSR_SCOPE();
    cuts            c;
    const tsr_store rows[2] = {tsr_store_create(TSR_INDEXED_I64, TSR_SHAPE(g->width)),
                               tsr_store_create(TSR_INDEXED_I64, TSR_SHAPE(g->width))};
    (void)state;
    if (g->max_deps > MAX_INS)
        return -1.0;
    make_cuts(g, &c);
    now.g = g;
    now.iterations = iterations;

    const int64_t    tasks = tsr_counter(TSR_COUNT_TASKS);
    const double     start = tb_time_now();
    const tsr_status status = run_steps(g, &c, rows);
    const double     seconds = tb_time_now() - start;

    if (status != TSR_OK) {
        fprintf(stderr, "%s\n", tsr_error_text());
        return -1.0;
    }
    if (tsr_counter(TSR_COUNT_TASKS) - tasks != tb_graph_tasks(g)) {
        fprintf(stderr, "the runtime counts %lld bodies\n",
                (long long)(tsr_counter(TSR_COUNT_TASKS) - tasks));
        return -1.0;
    }
    return seconds;
}

int tb_tessera_measure(const tb_options *o)
{
    const tb_system system = {.name = "tessera", .run = run};

    TSR_CHECK(tsr_start(NULL, NULL, .workers = o->workers));
    make_point_types();
    const int code = tb_options_measure(o, &system);
    return tsr_finish() | code;
}
