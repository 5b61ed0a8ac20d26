/* sm_programs.c - stencils of two and three dimensions, conjugate gradients, a transposition.
 *
 * Bodies are right: the same programs run on ranks that are threads, where a test compares what they send
 * with what a simulation says they would. */
#include "sm_programs.h"

#include <string.h>

void sm_factors(int n, int rank, int *out)
{
    for (int k = 0; k < rank; ++k) {
        const int left = rank - k;
        int       f = 1;
        for (int g = 1; g <= n; ++g) {
            int64_t power = 1;
            for (int i = 0; i < left; ++i)
                power *= g;
            if (n % g == 0 && power <= n)
                f = g;
        }
        out[rank - 1 - k] = f;
        n /= f;
    }
    out[0] *= n;
}

static tsr_status filled(tsr_store *out, int rank, const int64_t *extent, double value)
{
    tsr_shape shape = {.rank = rank};
    memcpy(shape.extent, extent, (size_t)rank * sizeof *extent);
    *out = tsr_store_filled(TSR_F64, shape, &value);
    return TSR_OK;
}

/* ---- stencils ---- */

enum { OUT, IN };

static tsr_status smooth_2d(const tsr_task_context *t)
{
    const tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    const tsr_in_f64_2d  up = tsr_in_f64_2d_of(t, IN), down = tsr_in_f64_2d_of(t, IN + 1);
    const tsr_in_f64_2d  left = tsr_in_f64_2d_of(t, IN + 2), right = tsr_in_f64_2d_of(t, IN + 3);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 0.25 * (tsr_at(up, i, j) + tsr_at(down, i, j) + tsr_at(left, i, j) +
                                    tsr_at(right, i, j));
    return TSR_OK;
}

/* Neighbours as aligned views: a cross, without the corners that a halo has. */
static const tsr_task_desc smoothing_2d = {
    .name = "simulate.smooth_2d",
    .args = {{TSR_WRITE, TSR_F64, 2, "out"},
             {TSR_READ, TSR_F64, 2, "up"},
             {TSR_READ, TSR_F64, 2, "down"},
             {TSR_READ, TSR_F64, 2, "left"},
             {TSR_READ, TSR_F64, 2, "right"}},
    .constraints = {TSR_ALIGN(OUT, 1), TSR_ALIGN(OUT, 2), TSR_ALIGN(OUT, 3), TSR_ALIGN(OUT, 4)},
    .variants = {[TSR_CPU] = {.body = smooth_2d}},
};

static tsr_status smooth_3d(const tsr_task_context *t)
{
    const tsr_out_f64_3d out = tsr_out_f64_3d_of(t, OUT);
    const tsr_in_f64_3d  a = tsr_in_f64_3d_of(t, IN), b = tsr_in_f64_3d_of(t, IN + 1);
    const tsr_in_f64_3d  c = tsr_in_f64_3d_of(t, IN + 2), d = tsr_in_f64_3d_of(t, IN + 3);
    const tsr_in_f64_3d  e = tsr_in_f64_3d_of(t, IN + 4), f = tsr_in_f64_3d_of(t, IN + 5);
    TSR_FOR_3D(i, j, k, out.box)
        tsr_at(out, i, j, k) = (tsr_at(a, i, j, k) + tsr_at(b, i, j, k) + tsr_at(c, i, j, k) +
                                tsr_at(d, i, j, k) + tsr_at(e, i, j, k) + tsr_at(f, i, j, k)) /
                               6;
    return TSR_OK;
}

static const tsr_task_desc smoothing_3d = {
    .name = "simulate.smooth_3d",
    .args = {{TSR_WRITE, TSR_F64, 3, "out"},
             {TSR_READ, TSR_F64, 3, "above"},
             {TSR_READ, TSR_F64, 3, "below"},
             {TSR_READ, TSR_F64, 3, "up"},
             {TSR_READ, TSR_F64, 3, "down"},
             {TSR_READ, TSR_F64, 3, "left"},
             {TSR_READ, TSR_F64, 3, "right"}},
    .constraints = {TSR_ALIGN(OUT, 1), TSR_ALIGN(OUT, 2), TSR_ALIGN(OUT, 3), TSR_ALIGN(OUT, 4),
                    TSR_ALIGN(OUT, 5), TSR_ALIGN(OUT, 6)},
    .variants = {[TSR_CPU] = {.body = smooth_3d}},
};

/* The inner part of a store with a border, moved by `by` along dimension `d`. */
static tsr_store shifted(const sm_state *m, tsr_store s, int rank, int d, int by)
{
    for (int e = 0; e < rank; ++e) {
        const int64_t low = 1 + (e == d ? by : 0);
        s = tsr_slice(s, e, low, low + m->extent[e], 1);
    }
    return s;
}

static tsr_status stencil_setup(sm_state *m, int rank, int ranks, int64_t side)
{
    int     grid[3];
    int64_t bordered[3];
    sm_factors(ranks, rank, grid);
    for (int d = 0; d < rank; ++d) {
        m->extent[d] = grid[d] * side;
        bordered[d] = m->extent[d] + 2;
    }
    TSR_TRY(filled(&m->s[0], rank, bordered, 1));
    return filled(&m->s[1], rank, bordered, 0);
}

static tsr_status stencil_step(sm_state *m, int rank, const tsr_task_desc *task)
{
    TSR_SCOPE();
    const tsr_store to = m->s[1 - m->turn], from = m->s[m->turn];
    tsr_arg         arg[7] = {tsr_arg_store(shifted(m, to, rank, -1, 0))};
    for (int k = 0; k < 2 * rank; ++k)
        arg[1 + k] = tsr_arg_store(shifted(m, from, rank, k / 2, k % 2 ? 1 : -1));
    m->turn = 1 - m->turn;
    return tsr_issue_(task, arg, 1 + 2 * rank,
                      &(tsr_launch){.size = sizeof(tsr_launch), .at = TSR_HERE});
}

static tsr_status stencil_2d_setup(sm_state *m, int ranks, int64_t side)
{
    return stencil_setup(m, 2, ranks, side);
}

static tsr_status stencil_2d_step(sm_state *m)
{
    return stencil_step(m, 2, &smoothing_2d);
}

static tsr_status stencil_3d_setup(sm_state *m, int ranks, int64_t side)
{
    return stencil_setup(m, 3, ranks, side);
}

static tsr_status stencil_3d_step(sm_state *m)
{
    return stencil_step(m, 3, &smoothing_3d);
}

/* ---- conjugate gradients on a five-point Laplacian ---- */

static tsr_status laplace(const tsr_task_context *t)
{
    const tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    const tsr_in_f64_2d  mid = tsr_in_f64_2d_of(t, IN);
    const tsr_in_f64_2d  up = tsr_in_f64_2d_of(t, IN + 1), down = tsr_in_f64_2d_of(t, IN + 2);
    const tsr_in_f64_2d  left = tsr_in_f64_2d_of(t, IN + 3), right = tsr_in_f64_2d_of(t, IN + 4);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 4 * tsr_at(mid, i, j) - tsr_at(up, i, j) - tsr_at(down, i, j) -
                            tsr_at(left, i, j) - tsr_at(right, i, j);
    return TSR_OK;
}

static const tsr_task_desc applying = {
    .name = "simulate.laplace",
    .args = {{TSR_WRITE, TSR_F64, 2, "out"},
             {TSR_READ, TSR_F64, 2, "middle"},
             {TSR_READ, TSR_F64, 2, "up"},
             {TSR_READ, TSR_F64, 2, "down"},
             {TSR_READ, TSR_F64, 2, "left"},
             {TSR_READ, TSR_F64, 2, "right"}},
    .constraints = {TSR_ALIGN(OUT, 1), TSR_ALIGN(OUT, 2), TSR_ALIGN(OUT, 3), TSR_ALIGN(OUT, 4),
                    TSR_ALIGN(OUT, 5)},
    .variants = {[TSR_CPU] = {.body = laplace}},
};

static tsr_status dot(const tsr_task_context *t)
{
    const tsr_in_f64_2d a = tsr_in_f64_2d_of(t, 1), b = tsr_in_f64_2d_of(t, 2);
    double              sum = 0;
    TSR_FOR_2D(i, j, a.box)
        sum += tsr_at(a, i, j) * tsr_at(b, i, j);
    *tsr_element_f64_of(t, 0) += sum;
    return TSR_OK;
}

static const tsr_task_desc dotting = {
    .name = "simulate.dot",
    .args = {{TSR_REDUCE, TSR_F64, 0, "sum", TSR_SUM},
             {TSR_READ, TSR_F64, 2, "a"},
             {TSR_READ, TSR_F64, 2, "b"}},
    .constraints = {TSR_ALIGN(1, 2)},
    .variants = {[TSR_CPU] = {.body = dot}},
};

static tsr_status divide(const tsr_task_context *t)
{
    const double under = tsr_f64_of(t, 2);
    *tsr_element_f64_of(t, 0) = under != 0 ? tsr_f64_of(t, 1) / under : 0;
    return TSR_OK;
}

static const tsr_task_desc dividing = {
    .name = "simulate.divide",
    .args = {{TSR_WRITE, TSR_F64, 0, "ratio"},
             {TSR_SCALAR, TSR_F64, 0, "over"},
             {TSR_SCALAR, TSR_F64, 0, "under"}},
    .variants = {[TSR_CPU] = {.body = divide}},
};

/* y += sign a x, or (sign 0) y = x + a y. */
static tsr_status update(const tsr_task_context *t)
{
    const tsr_out_f64_2d y = tsr_out_f64_2d_of(t, 0);
    const tsr_in_f64_2d  x = tsr_in_f64_2d_of(t, 1);
    const double         a = tsr_f64_of(t, 2), sign = tsr_f64_of(t, 3);
    TSR_FOR_2D(i, j, y.box)
        tsr_at(y, i, j) = sign != 0 ? tsr_at(y, i, j) + sign * a * tsr_at(x, i, j)
                                    : tsr_at(x, i, j) + a * tsr_at(y, i, j);
    return TSR_OK;
}

static const tsr_task_desc updating = {
    .name = "simulate.update",
    .args = {{TSR_READ_WRITE, TSR_F64, 2, "y"},
             {TSR_READ, TSR_F64, 2, "x"},
             {TSR_SCALAR, TSR_F64, 0, "a"},
             {TSR_SCALAR, TSR_F64, 0, "sign"}},
    .constraints = {TSR_ALIGN(0, 1)},
    .variants = {[TSR_CPU] = {.body = update}},
};

enum { CG_X, CG_R, CG_P, CG_Q, CG_RR, CG_PQ, CG_NEW, CG_RATIO };

static tsr_status cg_setup(sm_state *m, int ranks, int64_t side)
{
    const double zero = 0;
    TSR_TRY(stencil_setup(m, 2, ranks, side));
    for (int k = CG_X; k <= CG_Q; ++k)
        TSR_TRY(filled(&m->s[k], 2, (int64_t[]){m->extent[0] + 2, m->extent[1] + 2}, 0));
    for (int k = CG_RR; k <= CG_RATIO; ++k)
        m->s[k] = tsr_store_filled(TSR_F64, TSR_SHAPE(), &zero);
    const tsr_store r = shifted(m, m->s[CG_R], 2, -1, 0);
    TSR_TRY(tsr_fill(r, &(double){1}));
    TSR_TRY(tsr_copy(shifted(m, m->s[CG_P], 2, -1, 0), r));
    return tsr_issue(&dotting, tsr_arg_of(m->s[CG_RR]), tsr_arg_of(r), tsr_arg_of(r));
}

/* All vectors have a border, and are cut alike. */
static tsr_status cg_step(sm_state *m)
{
    TSR_SCOPE();
    const tsr_store *s = m->s, p = shifted(m, s[CG_P], 2, -1, 0), q = shifted(m, s[CG_Q], 2, -1, 0);
    const tsr_store  r = shifted(m, s[CG_R], 2, -1, 0), x = shifted(m, s[CG_X], 2, -1, 0);
    const tsr_store  old = s[m->turn ? CG_NEW : CG_RR], new = s[m->turn ? CG_RR : CG_NEW];
    m->turn = 1 - m->turn;
    TSR_TRY(tsr_issue(
        &applying, tsr_arg_of(q), tsr_arg_of(p), tsr_arg_of(shifted(m, s[CG_P], 2, 0, -1)),
        tsr_arg_of(shifted(m, s[CG_P], 2, 0, 1)), tsr_arg_of(shifted(m, s[CG_P], 2, 1, -1)),
        tsr_arg_of(shifted(m, s[CG_P], 2, 1, 1))));
    TSR_TRY(tsr_fill(s[CG_PQ], &(double){0}));
    TSR_TRY(tsr_issue(&dotting, tsr_arg_of(s[CG_PQ]), tsr_arg_of(p), tsr_arg_of(q)));
    TSR_TRY(tsr_issue(&dividing, tsr_arg_of(s[CG_RATIO]), tsr_arg_of(old), tsr_arg_of(s[CG_PQ])));
    TSR_TRY(tsr_issue(&updating, tsr_arg_of(x), tsr_arg_of(p), tsr_arg_of(s[CG_RATIO]),
                      tsr_arg_of(1.0)));
    TSR_TRY(tsr_issue(&updating, tsr_arg_of(r), tsr_arg_of(q), tsr_arg_of(s[CG_RATIO]),
                      tsr_arg_of(-1.0)));
    TSR_TRY(tsr_fill(new, &(double){0}));
    TSR_TRY(tsr_issue(&dotting, tsr_arg_of(new), tsr_arg_of(r), tsr_arg_of(r)));
    TSR_TRY(tsr_issue(&dividing, tsr_arg_of(s[CG_RATIO]), tsr_arg_of(new), tsr_arg_of(old)));
    return tsr_issue(&updating, tsr_arg_of(p), tsr_arg_of(r), tsr_arg_of(s[CG_RATIO]),
                     tsr_arg_of(0.0));
}

/* ---- a matrix and its transpose ---- */

static tsr_status symmetric(const tsr_task_context *t)
{
    const tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    const tsr_in_f64_2d  a = tsr_in_f64_2d_of(t, IN), b = tsr_in_f64_2d_of(t, IN + 1);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = 0.5 * (tsr_at(a, i, j) + tsr_at(b, i, j));
    return TSR_OK;
}

/* Both are read, so that one of them has to move whatever the partition is. */
static const tsr_task_desc symmetrizing = {
    .name = "simulate.symmetric",
    .args = {{TSR_WRITE, TSR_F64, 2, "out"},
             {TSR_READ, TSR_F64, 2, "a"},
             {TSR_READ, TSR_F64, 2, "a_transposed"}},
    .constraints = {TSR_ALIGN(OUT, 1), TSR_ALIGN(OUT, 2)},
    .variants = {[TSR_CPU] = {.body = symmetric}},
};

static tsr_status transpose_setup(sm_state *m, int ranks, int64_t side)
{
    int grid[3];
    sm_factors(ranks, 2, grid);
    for (int d = 0; d < 2; ++d)
        m->extent[d] = grid[0] * side;
    TSR_TRY(filled(&m->s[0], 2, m->extent, 1));
    return filled(&m->s[1], 2, m->extent, 0);
}

static tsr_status transpose_step(sm_state *m)
{
    TSR_SCOPE();
    const tsr_store from = m->s[m->turn], to = m->s[1 - m->turn];
    m->turn = 1 - m->turn;
    return tsr_issue(&symmetrizing, tsr_arg_of(to), tsr_arg_of(from),
                     tsr_arg_of(tsr_transpose(from, (int[]){1, 0})));
}

const sm_program sm_programs[] = {
    {"stencil_2d", 512, 4, false, 2, stencil_2d_setup, stencil_2d_step},
    {"stencil_3d", 64, 6, false, 2, stencil_3d_setup, stencil_3d_step},
    {"cg", 512, 2, true, 2, cg_setup, cg_step},
    {"transpose", 512, 1, true, 2, transpose_setup, transpose_step},
    {0},
};
