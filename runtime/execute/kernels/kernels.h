/* execute/kernels/kernels.h - the vector loops of formulas: one a pair of operation and type.
 *
 * A kernel does n elements that lie side by side.  The result may lie where an operand does, if their
 * elements have one size; else the two do not overlap.  The files of this folder are compiled once for
 * each instruction set (VECTOR_SET names it), contraction off, so that all give the same bits but for the
 * payload of a NaN.  Half types have casts alone: compilation brings the rest to float.
 *
 * Threads: pure functions. */
#ifndef TESSERA_EXECUTE_KERNELS_H
#define TESSERA_EXECUTE_KERNELS_H

#include <tessera/formula.h>

typedef void formula_kernel(void *out, const void *x, const void *y, const void *z, int64_t n);

enum { KERNEL_TYPES = TSR_N_TYPES }; /* pairs too: folds start from copies of an identity */

/* What floats need to be folded: f32 and f64 have them. */
struct fold_kernels {
    formula_kernel *sum;        /* *out: the sum of n elements at x, in 32 lanes whatever the vectors */
    formula_kernel *least, *most; /* *out: of n elements at x; a NaN wins, a canonical one; -0 is less than 0 */
};

/* What there is; NULL: nothing. */
struct formula_kernels {
    struct fold_kernels fold[KERNEL_TYPES];
    formula_kernel *op[TSR_N_OPS][KERNEL_TYPES]; /* by the first operand's type; of SELECT: the second's */
    formula_kernel *cast[KERNEL_TYPES][KERNEL_TYPES];
};

/* Fill in what an instruction set has, over what was there: all of plain, of others what gains by it. */
void kernels_real_plain(struct formula_kernels *t);
void kernels_integer_plain(struct formula_kernels *t);
void kernels_cast_plain(struct formula_kernels *t);
void kernels_math_plain(struct formula_kernels *t);
void kernels_other(struct formula_kernels *t); /* complex numbers, choices, copies, pairs */
void kernels_real_avx2(struct formula_kernels *t);
void kernels_math_avx2(struct formula_kernels *t);
void kernels_real_avx512(struct formula_kernels *t);
void kernels_integer_avx512(struct formula_kernels *t);
void kernels_cast_avx512(struct formula_kernels *t);
void kernels_math_avx512(struct formula_kernels *t);

#define KERNEL_PASTE2(a, b)  a##_##b
#define KERNEL_PASTE(a, b)   KERNEL_PASTE2(a, b)
#define KERNELS_OF(part)     KERNEL_PASTE(kernels_##part, VECTOR_SET)

#if defined(__clang__)
#define KERNEL_LOOP _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < n; ++i)
#else
#define KERNEL_LOOP _Pragma("GCC ivdep") for (int64_t i = 0; i < n; ++i)
#endif

/* o[i] = E of x, an element of type T (and y; and z), as an R. */
#define KERNEL_1(name, R, T, E)                                                                    \
    static void name(void *out, const void *x_, const void *y_, const void *z_, int64_t n)         \
    {                                                                                              \
        R       *o = out;                                                                          \
        const T *a = x_;                                                                           \
        (void)y_, (void)z_;                                                                        \
        KERNEL_LOOP                                                                                \
        {                                                                                          \
            const T x = a[i];                                                                      \
            o[i] = (R)(E);                                                                         \
        }                                                                                          \
    }
#define KERNEL_2(name, R, T, E)                                                                    \
    static void name(void *out, const void *x_, const void *y_, const void *z_, int64_t n)         \
    {                                                                                              \
        R       *o = out;                                                                          \
        const T *a = x_, *b = y_;                                                                  \
        (void)z_;                                                                                  \
        KERNEL_LOOP                                                                                \
        {                                                                                          \
            const T x = a[i], y = b[i];                                                            \
            o[i] = (R)(E);                                                                         \
        }                                                                                          \
    }

#endif
