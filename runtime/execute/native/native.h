/* execute/native/native.h - what crosses between the runtime and the plug-in that compiles formulas.
 *
 * The plug-in writes a formula down as a C function over one row, has the machine's compiler make a
 * library of it, keeps that in a folder by its content, and answers with the function.  The runtime knows nothing
 * of text and compilers; the plug-in nothing of tasks. */
#ifndef TESSERA_EXECUTE_NATIVE_H
#define TESSERA_EXECUTE_NATIVE_H

#include <stdatomic.h>

#include "execute/kernels/kernels.h"
#include "model/formula.h"

/* One row of a call.  The text says the same (text.c). */
struct native_row {
    char *const          *at;    /* the row's first element of each argument */
    const int64_t        *index; /* of the row's first element, along each dimension */
    int64_t               n;
    formula_kernel *const *kernel; /* formula_kernels.op, as one list */
    /* Fold n elements at `from`, which begin `begin` elements into the row, by the formula's k-th fold. */
    void (*fold)(void *self, int k, const void *from, int64_t begin, int64_t n);
    void  *self;
};
typedef void native_run(const struct native_row *);

enum native_vectors { NATIVE_PLAIN, NATIVE_AVX2, NATIVE_AVX512 };

/* What a form is made for. */
struct native_order {
    const struct formula_source  *source;
    const struct formula_kernels *kernels;
    uint32_t                      still; /* arguments that stand still along a row, a bit each */
    int                           inner; /* the dimension a row lies along */
    int                           block; /* elements between folds, and that calls are for; a multiple of 256 */
    enum native_vectors           vectors;
    bool                          kept_only; /* do not compile: only what is kept */
    const atomic_bool            *stop; /* give up */
};

enum native_answer {
    NATIVE_MADE,
    NATIVE_NOT_KEPT, /* kept_only, and it is not */
    NATIVE_REFUSED,  /* such a formula is not compiled, or nothing is gained */
    NATIVE_NO_COMPILER
};

/* Make a form.  Threads: any. */
typedef enum native_answer native_make(const struct native_order *o, native_run **out);

#define NATIVE_SYMBOL "tessera_native_make_1" /* the number changes with this file */

#endif
