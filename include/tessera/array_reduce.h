/* tessera/array_reduce.h - arrays folded along some or all of their dimensions.
 *
 *     double total = nd_value(nd_sum(a));
 *     nd_array rows = nd_mean(a, .axes = ND_AXES(-1), .keepdims = true);
 *
 * Floating-point sums fold in an order that follows from the shape alone: the same bits on any
 * number of workers and ranks.  float16 and bfloat16 fold in float32. */
#ifndef TESSERA_ARRAY_REDUCE_H
#define TESSERA_ARRAY_REDUCE_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The reductions: number, name, which options they take (w: where; W: where, beside `initial`; i:
 * initial; t: type; d: ddof), what they give. */
#define ND_REDUCE_MAP(X)                                                                           \
    X(SUM, sum, "wit", "the sum; integers in 64 bits")                                             \
    X(PROD, prod, "wit", "the product; integers in 64 bits")                                       \
    X(MAX, max, "Wi", "the greatest; a NaN wins")                                                  \
    X(MIN, min, "Wi", "the least; a NaN wins")                                                     \
    X(ANY, any, "w", "is one element true (not 0)?")                                               \
    X(ALL, all, "w", "are all elements true?")                                                     \
    X(COUNT_NONZERO, count_nonzero, "w", "how many are not 0, an int64")                           \
    X(MEAN, mean, "wt", "the mean; of integers a float64")                                         \
    X(ARGMAX, argmax, "", "where the first greatest is, an int64")                                 \
    X(ARGMIN, argmin, "", "where the first least is, an int64")                                    \
    X(PTP, ptp, "", "the greatest less the least; not of bools")                                   \
    X(VAR, var, "wtd", "the mean of squared distances from the mean")                              \
    X(STD, std, "wtd", "the square root of the variance")                                          \
    X(NANSUM, nansum, "wit", "the sum; a NaN counts as 0")                                         \
    X(NANPROD, nanprod, "wit", "the product; a NaN counts as 1")                                   \
    X(NANMAX, nanmax, "Wi", "the greatest that is no NaN")                                         \
    X(NANMIN, nanmin, "Wi", "the least that is no NaN")                                            \
    X(NANMEAN, nanmean, "wt", "the mean of those that are no NaN")                                 \
    X(NANVAR, nanvar, "wtd", "the variance of those that are no NaN")                              \
    X(NANSTD, nanstd, "wtd", "the square root of nanvar")                                          \
    X(NANARGMAX, nanargmax, "", "where the first greatest is that is no NaN")                      \
    X(NANARGMIN, nanargmin, "", "where the first least is that is no NaN")

/* A reduction. */
typedef enum nd_reduction {
#define X(NAME, name, takes, text) ND_REDUCE_##NAME,
    ND_REDUCE_MAP(X)
#undef X
    ND_N_REDUCTIONS
} nd_reduction;

/* Some dimensions; negative ones count from the end. */
typedef struct nd_axes {
    int n; /* 0: all */
    int axis[TSR_MAX_RANK];
} nd_axes;
#ifndef __cplusplus
/* ND_AXES(0, -1): two dimensions. */
#define ND_AXES(...)                                                                               \
    ((nd_axes){(int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})
#endif

/* How to reduce; zero means the default. */
typedef struct nd_reduce_options {
    size_t     size;
    tsr_site   at;
    nd_axes    axes;     /* fold these; default: all.  argmax, argmin and their like: one, or all */
    bool       keepdims; /* leave them with extent 1 */
    nd_type    type;     /* convert elements to this, and answer in it; default: sum and prod fold
                            integers in 64 bits (beside `out`: in what they and it promote to), the
                            others give floats their own type, integers float64 */
    nd_array   where;    /* a bool array that stretches to the shape: leave out where it is false */
    nd_array   out;      /* write there, and answer with it; it has the result's shape, and a type
                            that holds the result's kind */
    nd_operand initial;  /* ND_OPERAND(0.5): a number that is folded in with the elements */
    double     ddof;     /* var, std: divide by the number of elements less this */
} nd_reduce_options;

/* Reduce an array; behind the macros.  Complex numbers are ordered by real parts first.  Fails:
 * BAD_ARGUMENT for axes that are not there, options that the reduction does not take, or a
 * greatest or least of no elements without `initial`; BAD_SHAPE, BAD_TYPE for a `where` or an `out`
 * that does not fit; BAD_TYPE for types that it does not take. */
TSR_API nd_array nd_reduce_(nd_reduction r, nd_array a, const nd_reduce_options *o);
#define ND_REDUCE_(r, a, ...) nd_reduce_((r), (a), TSR_OPTIONS_(nd_reduce_options, __VA_ARGS__))

/* The sum.  Source: numpy.sum. */
#define nd_sum(a, ...) ND_REDUCE_(ND_REDUCE_SUM, a, __VA_ARGS__)
/* The product.  Source: numpy.prod. */
#define nd_prod(a, ...) ND_REDUCE_(ND_REDUCE_PROD, a, __VA_ARGS__)
/* The greatest element; a NaN wins.  Source: numpy.max. */
#define nd_max(a, ...) ND_REDUCE_(ND_REDUCE_MAX, a, __VA_ARGS__)
/* The least element; a NaN wins.  Source: numpy.min. */
#define nd_min(a, ...) ND_REDUCE_(ND_REDUCE_MIN, a, __VA_ARGS__)
/* Whether one element is true (not 0).  Source: numpy.any. */
#define nd_any(a, ...) ND_REDUCE_(ND_REDUCE_ANY, a, __VA_ARGS__)
/* Whether all elements are true.  Source: numpy.all. */
#define nd_all(a, ...) ND_REDUCE_(ND_REDUCE_ALL, a, __VA_ARGS__)
/* How many elements are not 0.  Source: numpy.count_nonzero. */
#define nd_count_nonzero(a, ...) ND_REDUCE_(ND_REDUCE_COUNT_NONZERO, a, __VA_ARGS__)
/* The mean; of no elements a NaN.  Source: numpy.mean. */
#define nd_mean(a, ...) ND_REDUCE_(ND_REDUCE_MEAN, a, __VA_ARGS__)
/* The index of the first greatest element (of all, counted in C order); a NaN wins.  Source:
 * numpy.argmax. */
#define nd_argmax(a, ...) ND_REDUCE_(ND_REDUCE_ARGMAX, a, __VA_ARGS__)
/* The index of the first least element; a NaN wins.  Source: numpy.argmin. */
#define nd_argmin(a, ...) ND_REDUCE_(ND_REDUCE_ARGMIN, a, __VA_ARGS__)
/* The greatest less the least; not of bools.  Source: numpy.ptp. */
#define nd_ptp(a, ...) ND_REDUCE_(ND_REDUCE_PTP, a, __VA_ARGS__)
/* The variance: the sum of the squared magnitudes of the elements less their mean, divided by their
 * number less `ddof`; in two passes.  Source: numpy.var. */
#define nd_var(a, ...) ND_REDUCE_(ND_REDUCE_VAR, a, __VA_ARGS__)
/* The standard deviation, the root of the variance: nd_std(a, .ddof = 1).  Source: numpy.std. */
#define nd_std(a, ...) ND_REDUCE_(ND_REDUCE_STD, a, __VA_ARGS__)

/* ---- without NaNs: a complex number is one where a part of it is ---- */

/* The sum; a NaN counts as 0.  Source: numpy.nansum. */
#define nd_nansum(a, ...) ND_REDUCE_(ND_REDUCE_NANSUM, a, __VA_ARGS__)
/* The product; a NaN counts as 1.  Source: numpy.nanprod. */
#define nd_nanprod(a, ...) ND_REDUCE_(ND_REDUCE_NANPROD, a, __VA_ARGS__)
/* The greatest that is no NaN; a NaN where there is none.  Source: numpy.nanmax. */
#define nd_nanmax(a, ...) ND_REDUCE_(ND_REDUCE_NANMAX, a, __VA_ARGS__)
/* The least that is no NaN; a NaN where there is none.  Source: numpy.nanmin. */
#define nd_nanmin(a, ...) ND_REDUCE_(ND_REDUCE_NANMIN, a, __VA_ARGS__)
/* The mean of what is no NaN; a NaN where nothing is.  Source: numpy.nanmean. */
#define nd_nanmean(a, ...) ND_REDUCE_(ND_REDUCE_NANMEAN, a, __VA_ARGS__)
/* The variance of what is no NaN; a NaN where there are no more than `ddof`.  Source:
 * numpy.nanvar. */
#define nd_nanvar(a, ...) ND_REDUCE_(ND_REDUCE_NANVAR, a, __VA_ARGS__)
/* The root of nd_nanvar.  Source: numpy.nanstd. */
#define nd_nanstd(a, ...) ND_REDUCE_(ND_REDUCE_NANSTD, a, __VA_ARGS__)
/* The index of the first greatest element that is no NaN.  Fails, when it runs, with TASK_FAILED
 * where all elements of a slice are NaNs.  Source: numpy.nanargmax. */
#define nd_nanargmax(a, ...) ND_REDUCE_(ND_REDUCE_NANARGMAX, a, __VA_ARGS__)
/* As nd_nanargmax, of the first least element.  Source: numpy.nanargmin. */
#define nd_nanargmin(a, ...) ND_REDUCE_(ND_REDUCE_NANARGMIN, a, __VA_ARGS__)

#ifdef __cplusplus
}
#endif
#endif
