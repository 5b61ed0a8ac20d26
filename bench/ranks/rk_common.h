/* rk_common.h - what the stencil over ranks and its peer share: the same sweep, start, and answers.
 *
 * A grid of (grid_rows * side) x (grid_columns * side) points inside a border of one, five points a
 * step, two copies.  A process prints one line: `microseconds messages bytes value value value`. */
#ifndef RK_COMMON_H
#define RK_COMMON_H

#include <stdint.h>

enum { RK_CHECK_STEPS = 40, RK_VALUES = 3 };

typedef struct rk_case {
    int64_t ranks, side;
    int64_t grid_rows, grid_columns; /* of ranks */
    double  seconds;                 /* how long to measure */
} rk_case;

/* What a process prints. */
typedef struct rk_line {
    double us, messages, bytes, value[RK_VALUES];
} rk_line;

/* Ranks in rows and columns, as square as they go; side etc. of the case. */
void rk_case_init(rk_case *c, int64_t ranks, int64_t side, double seconds);

/* The content of (row, column) before the first step; the border keeps it. */
static inline double rk_start(int64_t row, int64_t column)
{
    return (double)((row * 7 + column * 13) % 17);
}

/* The elements whose values after RK_CHECK_STEPS are printed. */
void rk_value_at(const rk_case *c, int k, int64_t *out_row, int64_t *out_column);

/* out[i][j] = 0.25 * (up + down + left + right) of in, rows x columns; strides in elements. */
void rk_sweep(double *out, int64_t out_stride, const double *in, int64_t in_stride, int64_t rows,
              int64_t columns);

#endif
