/* peer_ranks_mpi.c - the stencil over ranks as non-blocking MPI, by hand: 2D blocks, receives posted
 * first, faces sent at once, the inside computed while they travel, then the rim.
 *
 * Rows of a face are sent where they lie, columns by a vector type. Prints the line of rk_common.h. */
#include "../ranks/rk_common.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { UP, DOWN, LEFT, RIGHT, SIDES };

typedef struct block {
    const rk_case *c;
    int            rank, row, column, neighbour[SIDES];
    int64_t        n, stride; /* side, and its elements with the border */
    double        *at[2];     /* (0, 0) of the border */
    MPI_Datatype   vertical;
} block;

static int rank_at(const rk_case *c, int64_t row, int64_t column)
{
    if (row < 0 || row >= c->grid_rows || column < 0 || column >= c->grid_columns)
        return MPI_PROC_NULL;
    return (int)(row * c->grid_columns + column);
}

static void block_init(block *b, const rk_case *c, int rank)
{
    b->c = c;
    b->rank = rank;
    b->row = rank / (int)c->grid_columns;
    b->column = rank % (int)c->grid_columns;
    b->neighbour[UP] = rank_at(c, b->row - 1, b->column);
    b->neighbour[DOWN] = rank_at(c, b->row + 1, b->column);
    b->neighbour[LEFT] = rank_at(c, b->row, b->column - 1);
    b->neighbour[RIGHT] = rank_at(c, b->row, b->column + 1);
    b->n = c->side;
    b->stride = c->side + 2;
    for (int k = 0; k < 2; ++k) {
        b->at[k] = malloc((size_t)(b->stride * b->stride) * sizeof(double));
        for (int64_t i = 0; i < b->stride; ++i)
            for (int64_t j = 0; j < b->stride; ++j)
                b->at[k][i * b->stride + j] =
                    rk_start(b->row * b->n + i, b->column * b->n + j);
    }
    MPI_Type_vector((int)b->n, 1, (int)b->stride, MPI_DOUBLE, &b->vertical);
    MPI_Type_commit(&b->vertical);
}

static void exchange(const block *b, double *a, MPI_Request *r)
{
    const int64_t n = b->n, s = b->stride;
    const int     count = (int)n;
    MPI_Irecv(a + 1, count, MPI_DOUBLE, b->neighbour[UP], 1, MPI_COMM_WORLD, &r[0]);
    MPI_Irecv(a + (n + 1) * s + 1, count, MPI_DOUBLE, b->neighbour[DOWN], 2, MPI_COMM_WORLD, &r[1]);
    MPI_Irecv(a + s, 1, b->vertical, b->neighbour[LEFT], 3, MPI_COMM_WORLD, &r[2]);
    MPI_Irecv(a + s + n + 1, 1, b->vertical, b->neighbour[RIGHT], 4, MPI_COMM_WORLD, &r[3]);
    MPI_Isend(a + s + 1, count, MPI_DOUBLE, b->neighbour[UP], 2, MPI_COMM_WORLD, &r[4]);
    MPI_Isend(a + n * s + 1, count, MPI_DOUBLE, b->neighbour[DOWN], 1, MPI_COMM_WORLD, &r[5]);
    MPI_Isend(a + s + 1, 1, b->vertical, b->neighbour[LEFT], 4, MPI_COMM_WORLD, &r[6]);
    MPI_Isend(a + s + n, 1, b->vertical, b->neighbour[RIGHT], 3, MPI_COMM_WORLD, &r[7]);
}

/* Rows [i0, i1) x columns [j0, j1) of the inside, counted from 1. */
static void part(const block *b, double *out, const double *in, int64_t i0, int64_t i1, int64_t j0,
                 int64_t j1)
{
    const int64_t s = b->stride;
    if (i1 > i0 && j1 > j0)
        rk_sweep(out + i0 * s + j0, s, in + i0 * s + j0, s, i1 - i0, j1 - j0);
}

static void step(const block *b, double *out, double *in)
{
    const int64_t n = b->n;
    MPI_Request   r[8];
    exchange(b, in, r);
    part(b, out, in, 2, n, 2, n);
    MPI_Waitall(4, r, MPI_STATUSES_IGNORE);
    part(b, out, in, 1, 2, 1, n + 1);
    part(b, out, in, n, n + 1, 1, n + 1);
    part(b, out, in, 2, n, 1, 2);
    part(b, out, in, 2, n, n, n + 1);
    MPI_Waitall(4, r + 4, MPI_STATUSES_IGNORE);
}

static double steps(const block *b, int64_t n)
{
    MPI_Barrier(MPI_COMM_WORLD);
    const double began = MPI_Wtime();
    for (int64_t i = 0; i < n; ++i)
        step(b, b->at[(i + 1) % 2], b->at[i % 2]);
    MPI_Barrier(MPI_COMM_WORLD);
    return MPI_Wtime() - began;
}

static double value(const block *b, int k)
{
    int64_t i, j;
    double  mine = 0, all = 0;
    rk_value_at(b->c, k, &i, &j);
    const int64_t row = i - 1 - b->row * b->n, column = j - 1 - b->column * b->n;
    if (row >= 0 && row < b->n && column >= 0 && column < b->n)
        mine = b->at[0][(row + 1) * b->stride + column + 1];
    MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return all;
}

static void measure(const block *b, double seconds, double *out_us)
{
    int64_t n = 50;
    double  took = 0;
    for (;;) {
        took = steps(b, n);
        const double grow = took > 0 ? seconds / took : 100;
        int64_t next = grow <= 1.1 ? 0 : (int64_t)((double)n * (grow < 20 ? grow : 20)) / 2 * 2 + 2;
        MPI_Bcast(&next, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
        if (next == 0)
            break;
        n = next;
    }
    *out_us = 1e6 * took / (double)n;
}

int main(int argc, char **argv)
{
    int     rank, ranks, messages = 0;
    rk_case c;
    block   b;
    double  v[RK_VALUES], us;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    rk_case_init(&c, ranks, argc > 1 ? atoll(argv[1]) : 512, argc > 2 ? atof(argv[2]) : 0.5);
    block_init(&b, &c, rank);
    (void)steps(&b, RK_CHECK_STEPS);
    for (int k = 0; k < RK_VALUES; ++k)
        v[k] = value(&b, k);
    measure(&b, c.seconds, &us);
    for (int k = 0; k < SIDES; ++k)
        messages += b.neighbour[k] != MPI_PROC_NULL;
    if (rank == 0)
        printf("%.4f %d %.1f %.17g %.17g %.17g\n", us, messages,
               (double)messages * (double)c.side * 8, v[0], v[1], v[2]);
    MPI_Type_free(&b.vertical);
    free(b.at[0]);
    free(b.at[1]);
    MPI_Finalize();
    return 0;
}
