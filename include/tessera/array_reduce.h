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

/* The reductions: number, name, whether `where` may leave elements out, what they give. */
#define ND_REDUCE_MAP(X)                                                                           \
    X(SUM, sum, true, "the sum; integers in 64 bits")                                              \
    X(PROD, prod, true, "the product; integers in 64 bits")                                        \
    X(MAX, max, false, "the greatest; a NaN wins; not of complex numbers")                         \
    X(MIN, min, false, "the least; a NaN wins; not of complex numbers")                            \
    X(ANY, any, true, "is one element true (not 0)?")                                              \
    X(ALL, all, true, "are all elements true?")                                                    \
    X(COUNT_NONZERO, count_nonzero, true, "how many are not 0, an int64")                          \
    X(MEAN, mean, true, "the mean; of integers a float64")                                         \
    X(ARGMAX, argmax, false, "where the first greatest is, an int64; not of complex numbers")      \
    X(ARGMIN, argmin, false, "where the first least is, an int64; not of complex numbers")

/* A reduction. */
typedef enum nd_reduction {
#define X(NAME, name, where, text) ND_REDUCE_##NAME,
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
    size_t   size;
    tsr_site at;
    nd_axes  axes;     /* fold these; default: all.  argmax and argmin: one, or all */
    bool     keepdims; /* leave them with extent 1 */
    nd_type  type;     /* of sum, prod and mean: convert elements to this, and answer in it */
    nd_array where;    /* a bool array that stretches to the shape: leave out where it is false */
} nd_reduce_options;

/* Reduce an array; behind the macros.  Fails: BAD_ARGUMENT for axes that are not there, or max,
 * min, argmax, argmin of no elements; BAD_SHAPE, BAD_TYPE for a `where` that does not fit;
 * BAD_TYPE for complex numbers where they have no order. */
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
/* The greatest less the least.  Source: numpy.ptp. */
#define nd_ptp(a, ...) nd_subtract(nd_max((a), __VA_ARGS__), nd_min((a), __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
