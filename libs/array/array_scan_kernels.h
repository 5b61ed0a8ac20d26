/* array_scan_kernels.h - lines of elements scanned beside each other.  Threads: any. */
#ifndef ARRAY_SCAN_KERNELS_H
#define ARRAY_SCAN_KERNELS_H

#include <tessera/body.h>

/* `width` lines of `n` elements each; steps in bytes, `step` along a line, `side` from one to the
 * next. */
struct scan_lines {
    int64_t     n, width;
    const char *in;
    int64_t     in_step, in_side;
    const char *before; /* an element for each line that comes before its first; NULL: none */
    int64_t     before_side;
    char       *out; /* each element with all before it; NULL: only the last, to `total` */
    int64_t     out_step, out_side;
    char       *total;
    int64_t     total_side;
};

typedef void scan_kernel(const struct scan_lines *l);

/* The kernel for sums or products of a type of arrays; NULL: of no type. */
scan_kernel *array_scan_kernel(tsr_type t, bool is_product);

#endif
