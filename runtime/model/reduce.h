/* model/reduce.h - the operators of REDUCE arguments: identities, and folding elements.
 *
 * Threads: pure functions on the caller's memory. */
#ifndef TESSERA_MODEL_REDUCE_H
#define TESSERA_MODEL_REDUCE_H

#include <tessera/task.h>

/* Is the operator defined on elements of this type?  (User reducers: see their own bytes.) */
bool reduce_is_defined(tsr_reduction op, tsr_type type);
/* May partial results be combined in any order and grouping without a change of a bit? */
bool reduce_is_exact(tsr_reduction op, tsr_type type, const tsr_reducer *reducer);
/* "sum", "argmin", ... */
const char *reduce_name(tsr_reduction op);
/* The element at `out` (of `type`; of reducer->bytes for a user's) becomes the operator's identity. */
void reduce_identity(const tsr_arg_desc *d, tsr_type type, void *out);

/* What to fold with, found once for many folds. */
typedef void reduce_function(void *into, const void *from, int64_t n, int64_t into_stride,
                             int64_t from_stride);
/* The fold of an operator and a type that are defined, not a user's. */
reduce_function *reduce_function_of(tsr_reduction op, tsr_type type);

/* into[i] = into[i] op from[i] for i < n; strides in elements. A stride of 0 folds all `from` into
 * one element, in order. The two must not overlap otherwise. */
void reduce_combine(tsr_reduction op, tsr_type type, const tsr_reducer *reducer, void *into,
                    const void *from, int64_t n, int64_t into_stride, int64_t from_stride);

#endif
