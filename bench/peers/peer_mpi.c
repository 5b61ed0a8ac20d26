/* peer_mpi.c - the graphs of Task Bench as non-blocking MPI: each rank owns a block of points.
 *
 * Nothing is scheduled: a rank walks its points in the order of the steps. Written to hide latency:
 * receives are posted a step ahead, all cells between two ranks travel as one message, the points
 * that read only this rank's cells run before the wait, and what others read is sent as soon as the
 * step's last point has run. Cost a step: O(points of the rank + cells exchanged).
 *
 * Rank 0 searches; the others follow its commands. */
#include "../task_bench/tb_options.h"
#include "../task_bench/tb_point.h"
#include "../task_bench/tb_time.h"

#include <mpi.h>
#include <stddef.h>
#include <string.h>

enum { MAX_RANKS = 64 };

typedef struct list {
    int     n;
    int16_t x[TB_MAX_WIDTH];
} list;

/* What one set of dependences asks of this rank, for a step that uses it. */
typedef struct plan {
    list wanted[MAX_RANKS];  /* cells of rank r that points of mine read */
    list offered[MAX_RANKS]; /* cells of mine that points of rank r read */
    list early, late;        /* my points: those that read only my cells, and the others */
} plan;

typedef struct world {
    int         rank, n_ranks;
    plan        plans[TB_MAX_SETS];
    tb_cell     rows[2][TB_MAX_WIDTH];
    tb_cell     in[2][MAX_RANKS][TB_MAX_WIDTH], out[2][MAX_RANKS][TB_MAX_WIDTH];
    MPI_Request receives[2][MAX_RANKS], sends[2][MAX_RANKS];
} world;

static world    w;
static tb_graph graph;

static int owner_of(int x, int width)
{
    return x * w.n_ranks / width;
}

static void add_once(list *l, int x)
{
    for (int i = 0; i < l->n; ++i)
        if (l->x[i] == x)
            return;
    l->x[l->n++] = (int16_t)x;
}

static void plan_point(plan *p, const tb_graph *g, const tb_deps *d, int x)
{
    const int owner = owner_of(x, g->width);
    bool      is_late = false;

    for (int i = 0; i < d->n; ++i) {
        const int from = owner_of(d->x[i], g->width);
        if (owner == w.rank && from != w.rank) {
            add_once(&p->wanted[from], d->x[i]);
            is_late = true;
        }
        if (owner != w.rank && from == w.rank)
            add_once(&p->offered[owner], d->x[i]);
    }
    if (owner == w.rank)
        add_once(is_late ? &p->late : &p->early, x);
}

/* Both sides walk the points in the same order, so that their lists agree. */
static void plan_all(const tb_graph *g)
{
    memset(w.plans, 0, sizeof w.plans);
    for (int set = 0; set < g->n_sets; ++set)
        for (int x = 0; x < g->width; ++x)
            plan_point(&w.plans[set], g, &g->deps[set][x], x);
}

/* ---- one step ---- */

/* Posts the receives of what step t reads. */
static void post_receives(const tb_graph *g, int t)
{
    const plan *p = &w.plans[tb_graph_set(g, t)];
    for (int r = 0; r < w.n_ranks; ++r)
        if (p->wanted[r].n > 0)
            MPI_Irecv(w.in[t & 1][r], p->wanted[r].n * (int)sizeof(tb_cell), MPI_BYTE, r, t,
                      MPI_COMM_WORLD, &w.receives[t & 1][r]);
}

/* Sends what step t + 1 reads of step t, once the buffer's last message has gone. */
static void send_row(const tb_graph *g, int t)
{
    const plan *p = &w.plans[tb_graph_set(g, t + 1)];
    MPI_Waitall(w.n_ranks, w.sends[t & 1], MPI_STATUSES_IGNORE);
    for (int r = 0; r < w.n_ranks; ++r) {
        const list *l = &p->offered[r];
        for (int i = 0; i < l->n; ++i)
            w.out[t & 1][r][i] = w.rows[t & 1][l->x[i]];
        if (l->n > 0)
            MPI_Isend(w.out[t & 1][r], l->n * (int)sizeof(tb_cell), MPI_BYTE, r, t + 1,
                      MPI_COMM_WORLD, &w.sends[t & 1][r]);
    }
}

/* Waits for the cells of other ranks and lays them beside our own. */
static void take_row(const tb_graph *g, int t)
{
    const plan *p = &w.plans[tb_graph_set(g, t)];
    MPI_Waitall(w.n_ranks, w.receives[t & 1], MPI_STATUSES_IGNORE);
    for (int r = 0; r < w.n_ranks; ++r)
        for (int i = 0; i < p->wanted[r].n; ++i)
            w.rows[(t + 1) & 1][p->wanted[r].x[i]] = w.in[t & 1][r][i];
}

static void run_points(const tb_graph *g, const list *l, int t, int64_t iterations)
{
    const tb_deps *deps = g->deps[tb_graph_set(g, t)];
    for (int i = 0; i < l->n; ++i) {
        const int      x = l->x[i];
        const tb_cell *inputs[TB_MAX_DEPS];
        for (int k = 0; k < deps[x].n; ++k)
            inputs[k] = &w.rows[(t + 1) & 1][deps[x].x[k]];
        tb_point_run(g, t, x, &w.rows[t & 1][x], inputs, iterations);
    }
}

static void run_steps(const tb_graph *g, int64_t iterations)
{
    for (int t = 0; t < g->steps; ++t) {
        const plan *p = &w.plans[tb_graph_set(g, t)];
        if (t + 1 < g->steps)
            post_receives(g, t + 1);
        run_points(g, &p->early, t, iterations);
        if (t > 0)
            take_row(g, t);
        run_points(g, &p->late, t, iterations);
        if (t + 1 < g->steps)
            send_row(g, t);
    }
    MPI_Waitall(w.n_ranks, w.sends[0], MPI_STATUSES_IGNORE);
    MPI_Waitall(w.n_ranks, w.sends[1], MPI_STATUSES_IGNORE);
}

/* ---- rank 0 and its followers ---- */

typedef struct command {
    int64_t pattern, iterations; /* pattern < 0: the end */
} command;

static double run_together(const tb_graph *g, int64_t iterations)
{
    int64_t mine[2], all[2];

    MPI_Barrier(MPI_COMM_WORLD);
    const double start = tb_time_now();
    run_steps(g, iterations);
    MPI_Barrier(MPI_COMM_WORLD);
    const double seconds = tb_time_now() - start;

    const tb_tally ran = tb_tally_sum();
    mine[0] = ran.run;
    mine[1] = ran.wrong;
    MPI_Allreduce(mine, all, 2, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    tb_tally_mine()->run = all[0];
    tb_tally_mine()->wrong = all[1];
    return seconds;
}

static double run(void *state, const tb_graph *g, int64_t iterations)
{
    command c = {g->pattern, iterations};
    (void)state;
    MPI_Bcast(&c, 2, MPI_INT64_T, 0, MPI_COMM_WORLD);
    plan_all(g);
    return run_together(g, iterations);
}

static void follow(const tb_options *options)
{
    command c;
    for (;;) {
        MPI_Bcast(&c, 2, MPI_INT64_T, 0, MPI_COMM_WORLD);
        if (c.pattern < 0)
            return;
        tb_options_graph(options, (tb_pattern)c.pattern, &graph);
        plan_all(&graph);
        tb_tally_reset();
        run_together(&graph, c.iterations);
    }
}

static void clear_requests(void)
{
    for (int i = 0; i < 2; ++i)
        for (int r = 0; r < MAX_RANKS; ++r)
            w.receives[i][r] = w.sends[i][r] = MPI_REQUEST_NULL;
}

int main(int argc, char **argv)
{
    const tb_system system = {.name = "mpi", .run = run};
    int             code = 0;

    MPI_Init(&argc, &argv);
    tb_options options = tb_options_read(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &w.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &w.n_ranks);
    options.workers = w.n_ranks;
    clear_requests();
    if (w.n_ranks > MAX_RANKS || w.n_ranks > options.width) {
        code = 2;
    } else if (w.rank == 0) {
        command end = {-1, 0};
        code = tb_options_measure(&options, &system);
        MPI_Bcast(&end, 2, MPI_INT64_T, 0, MPI_COMM_WORLD);
    } else {
        follow(&options);
    }
    MPI_Finalize();
    return code;
}
