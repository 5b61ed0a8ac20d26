/* array_kernel.h - elementwise functions that are loops of this library, not formulas. */
#ifndef ARRAY_KERNEL_H
#define ARRAY_KERNEL_H

#include "array_inside.h"

/* A row of elements; steps in bytes; `y` of functions of two. */
struct kernel_row {
    char       *out;
    const char *x, *y;
    int64_t     out_step, x_step, y_step, n;
};
typedef void array_kernel(const struct kernel_row *r);

/* ---- array_kernel.c ---- */

/* The loop for a function on operands of a type; NULL: it is a formula. Threads: any. */
array_kernel *array_kernel_find(int function, nd_type t);
/* array_kernel_complex.c: as array_kernel_find, of complex types. */
array_kernel *array_kernel_find_complex(int function, nd_type t);
/* A new array of `type` from operands that have one type and the whole shape; `y` {0}: there is
 * none. */
nd_array array_kernel_make(int function, nd_type type, const nd_shape *shape, tsr_store x,
                           tsr_store y, tsr_site at);

#endif
