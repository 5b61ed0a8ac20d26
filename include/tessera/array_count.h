/* tessera/array_count.h - how often, and what most elements are below: counts and quantiles. */
#ifndef TESSERA_ARRAY_COUNT_H
#define TESSERA_ARRAY_COUNT_H

#include <tessera/array_core.h>
#include <tessera/array_reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of quantiles. */
typedef struct nd_quantile_options {
    size_t   size;
    tsr_site at;
    nd_axes  axes;     /* one; default: all elements */
    bool     keepdims; /* leave it with extent 1 */
} nd_quantile_options;
/* The value that a part `q` (0 to 1) of the elements is below, between neighbours by straight
 * lines; a NaN where one is.  Elements are sorted; of many floats without an axis only those near, and
 * the call waits for where they lie.  Types: float64 of integers and bools, else their own.
 * Collective.  Fails: BAD_ARGUMENT for q out of range, or no elements; BAD_TYPE for complex numbers.
 * Source: numpy.quantile(method='linear'). */
TSR_API nd_array nd_quantile_(nd_array a, double q, const nd_quantile_options *o);
/* nd_quantile(a, 0.9, .axes = ND_AXES(0)): as above. */
#define nd_quantile(a, q, ...)                                                                     \
    nd_quantile_((a), (q), TSR_OPTIONS_(nd_quantile_options, __VA_ARGS__))
/* As nd_quantile, of percents.  Source: numpy.percentile. */
#define nd_percentile(a, percent, ...) nd_quantile((a), (percent) / 100.0, __VA_ARGS__)
/* The element in the middle, the mean of the two there where their number is even; a NaN where one
 * is.  Types and failures as nd_quantile.  Source: numpy.median. */
TSR_API nd_array nd_median_(nd_array a, const nd_quantile_options *o);
/* nd_median(a, .axes = ND_AXES(-1)): as above. */
#define nd_median(a, ...) nd_median_((a), TSR_OPTIONS_(nd_quantile_options, __VA_ARGS__))

/* Options of nd_bincount. */
typedef struct nd_bincount_options {
    size_t   size;
    tsr_site at;
    nd_array weights; /* {0}: each counts 1; else float64 sums of these */
    int64_t  minlength;
} nd_bincount_options;
/* How often each integer from 0 on is in `a`, of one dimension: int64, as long as the greatest
 * asks.  Every rank and worker counts on its own, in as much memory as the result.  Fails:
 * BAD_SHAPE, also of weights; BAD_TYPE for other than integers and bools; BAD_ARGUMENT for negative
 * ones.
 * Waits: for the greatest.  Collective.  Source: numpy.bincount. */
TSR_API nd_array nd_bincount_(nd_array a, const nd_bincount_options *o);
/* nd_bincount(a, .minlength = 10): as above. */
#define nd_bincount(a, ...) nd_bincount_((a), TSR_OPTIONS_(nd_bincount_options, __VA_ARGS__))

/* Options of nd_histogram. */
typedef struct nd_histogram_options {
    size_t   size;
    tsr_site at;
    double   low, high; /* both 0: from the least to the greatest element, which is waited for */
} nd_histogram_options;
/* How many elements are in each of `bins` equal parts of a range, int64: the last one has its upper
 * end as well; NaNs and what is outside are in none.  `*out_edges` (or NULL): the `bins` + 1 ends,
 * float64.  Fails: BAD_ARGUMENT for no bins, or a range that is not finite or runs down; BAD_TYPE
 * for complex numbers.  Waits: for the range.  Collective.  Source: numpy.histogram. */
TSR_API nd_array nd_histogram_(nd_array a, int64_t bins, nd_array *out_edges,
                               const nd_histogram_options *o);
/* nd_histogram(a, 10, &edges, .low = 0, .high = 1): as above. */
#define nd_histogram(a, bins, out_edges, ...)                                                      \
    nd_histogram_((a), (bins), (out_edges), TSR_OPTIONS_(nd_histogram_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
