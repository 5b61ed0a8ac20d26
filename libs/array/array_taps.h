/* array_taps.h - rows of a convolution.  Threads: any. */
#ifndef ARRAY_TAPS_H
#define ARRAY_TAPS_H

#include "array_inside.h"

/* Where a row of the result gets its values from: row i of it is the sum over kernel rows r of a's row
 * i + shift - r.  All pointers are to index 0, strides in elements. */
struct array_taps {
    nd_type     type;
    const char *a, *v; /* a: at the row that meets v's first row */
    char       *out;
    int64_t     a_row, a_stride, v_row, v_stride, out_stride;
    int64_t     r, r_end;    /* the kernel's rows that meet rows of a */
    int64_t     taps, shift; /* along the row: out[j] = sum of v[k] a[j + shift - k] */
    int64_t     extent;      /* of a's rows: what is outside counts as 0 */
    int64_t     low, high;   /* of the result */
};
/* Compute elements [low, high) of one row of the result. */
void array_taps_row(const struct array_taps *t);

#endif
