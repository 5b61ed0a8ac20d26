/* ranks/formula_model.h - a formula, element by element, as plainly as it can be said: for tests that compare.
 *
 * Values are kept as the widest number of their kind and brought back to their type after each operation.
 * Nothing here is shared with the runtime but the names of operations and types. */
#ifndef TEST_FORMULA_MODEL_H
#define TEST_FORMULA_MODEL_H

#include <tessera/tessera.h>

/* A number of any type: an integer (bool among them), a float, or two. */
typedef struct model_value {
    __int128 whole;
    double   re, im;
} model_value;

/* The element of `type` at `from`; and back. */
model_value model_load(tsr_type type, const void *from);
void        model_store(tsr_type type, model_value v, void *to);
/* op(x, y, z); type[k]: the operands', `result`: the result's. */
model_value model_apply(tsr_op op, const tsr_type type[3], tsr_type result, model_value x, model_value y,
                        model_value z);
/* A value as one of another type. */
model_value model_cast(tsr_type from, tsr_type to, model_value x);
/* Equal bits, or both a NaN (in the same parts). */
bool model_same(tsr_type type, const void *a, const void *b);

#endif
