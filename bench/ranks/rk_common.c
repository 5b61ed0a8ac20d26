/* rk_common.c - the sweep: one compiled loop for both sides. */
#include "rk_common.h"

void rk_case_init(rk_case *c, int64_t ranks, int64_t side, double seconds)
{
    int64_t columns = 1;
    for (int64_t d = 1; d * d <= ranks; ++d)
        if (ranks % d == 0)
            columns = d;
    *c = (rk_case){ranks, side, ranks / columns, columns, seconds};
}

void rk_value_at(const rk_case *c, int k, int64_t *out_row, int64_t *out_column)
{
    const int64_t rows = c->grid_rows * c->side, columns = c->grid_columns * c->side;
    *out_row = 1 + (k == 0 ? 0 : k == 1 ? rows / 2 : rows / c->grid_rows);
    *out_column = 1 + (k == 0 ? 0 : columns / 2);
    if (*out_row > rows)
        *out_row = rows;
}

void rk_sweep(double *restrict out, int64_t out_stride, const double *restrict in,
              int64_t in_stride, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows; ++i) {
        double       *o = out + i * out_stride;
        const double *c = in + i * in_stride, *u = c - in_stride, *d = c + in_stride;
        for (int64_t j = 0; j < columns; ++j)
            o[j] = 0.25 * (u[j] + d[j] + c[j - 1] + c[j + 1]);
    }
}
