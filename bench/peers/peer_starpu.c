/* peer_starpu.c - the graphs of Task Bench as StarPU tasks with dependences derived from data.
 *
 * Every cell is a registered variable in one of two rows; a point reads its handles and writes its
 * own, and StarPU infers the order. The main thread issues and does not work, so `workers` CPU
 * workers and the issuing thread share the cores; what was tried is in bench/README.md.
 * Threads: bodies run on StarPU's workers; rows are ordered by the handles alone. */
#include "../task_bench/tb_options.h"
#include "../task_bench/tb_point.h"
#include "../task_bench/tb_time.h"

#include <starpu.h>
#include <stdlib.h>

/* One cell a line: neighbours are written by different threads. */
typedef struct line_cell {
    _Alignas(64) tb_cell cell;
} line_cell;

typedef struct point_arg {
    const tb_graph *g;
    int64_t         t, x, iterations;
} point_arg;

static line_cell             rows[2][TB_MAX_WIDTH];
static starpu_data_handle_t  handles[2][TB_MAX_WIDTH];
static struct starpu_codelet codelets[STARPU_NMAXBUFS]; /* by the number of cells read */
static point_arg            *args;                      /* one a task, of the current run */

static void body(void *buffers[], void *cl_arg)
{
    const point_arg *a = cl_arg;
    const tb_deps   *d = &a->g->deps[tb_graph_set(a->g, a->t)][a->x];
    const tb_cell   *inputs[TB_MAX_DEPS];

    for (int i = 0; i < d->n && a->t > 0; ++i)
        inputs[i] = (const tb_cell *)STARPU_VARIABLE_GET_PTR(buffers[1 + i]);
    tb_point_run(a->g, a->t, a->x, (tb_cell *)STARPU_VARIABLE_GET_PTR(buffers[0]), inputs,
                 a->iterations);
}

static void make_codelets(void)
{
    for (int n = 0; n + 1 <= STARPU_NMAXBUFS; ++n) {
        struct starpu_codelet *c = &codelets[n];
        starpu_codelet_init(c);
        c->name = "point";
        c->where = STARPU_CPU;
        c->cpu_funcs[0] = body;
        c->nbuffers = n + 1;
        c->modes[0] = STARPU_W;
        for (int i = 1; i <= n; ++i)
            c->modes[i] = STARPU_R;
    }
}

static bool submit_point(const tb_graph *g, int t, int x, int64_t iterations)
{
    const tb_deps      *d = &g->deps[tb_graph_set(g, t)][x];
    const int           n = t == 0 ? 0 : d->n;
    point_arg          *a = &args[(int64_t)t * g->width + x];
    struct starpu_task *task = starpu_task_create();

    *a = (point_arg){g, t, x, iterations};
    task->cl = &codelets[n];
    task->cl_arg = a;
    task->handles[0] = handles[t & 1][x];
    for (int i = 0; i < n; ++i)
        task->handles[1 + i] = handles[(t + 1) & 1][d->x[i]];
    return starpu_task_submit(task) == 0;
}

static double run(void *state, const tb_graph *g, int64_t iterations)
{
    bool submitted = g->max_deps + 1 <= STARPU_NMAXBUFS;
    (void)state;
    args = malloc(sizeof *args * (size_t)tb_graph_tasks(g));
    const double start = tb_time_now();
    for (int t = 0; t < g->steps && submitted; ++t)
        for (int x = 0; x < g->width && submitted; ++x)
            submitted = submit_point(g, t, x, iterations);
    starpu_task_wait_for_all();
    const double seconds = tb_time_now() - start;
    free(args);
    return submitted ? seconds : -1.0;
}

static void register_rows(void)
{
    for (int row = 0; row < 2; ++row)
        for (int x = 0; x < TB_MAX_WIDTH; ++x)
            starpu_variable_data_register(&handles[row][x], STARPU_MAIN_RAM,
                                          (uintptr_t)&rows[row][x].cell, sizeof(tb_cell));
}

static void unregister_rows(void)
{
    for (int row = 0; row < 2; ++row)
        for (int x = 0; x < TB_MAX_WIDTH; ++x)
            starpu_data_unregister(handles[row][x]);
}

int main(int argc, char **argv)
{
    const tb_options   options = tb_options_read(argc, argv);
    const tb_system    system = {.name = "starpu", .run = run};
    struct starpu_conf conf;

    starpu_conf_init(&conf);
    conf.ncpus = options.workers;
    conf.ncuda = 0;
    conf.nopencl = 0;
    if (starpu_init(&conf) != 0)
        return 2;
    make_codelets();
    register_rows();
    const int code = tb_options_measure(&options, &system);
    unregister_rows();
    starpu_shutdown();
    return code;
}
