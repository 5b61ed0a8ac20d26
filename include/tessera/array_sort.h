/* tessera/array_sort.h - elements in order, and what order tells: places, quantiles, counts.
 *
 * NaNs come last, as NumPy has them; nd_sort puts -0 before +0.  Complex numbers are ordered as
 * NumPy orders them: by real part, then by imaginary part, those with NaNs last.
 *
 * Lines along an axis are sorted side by side.  An array of one dimension and many elements is
 * sorted by all cores and ranks together (complex numbers: by one task); the same elements come out
 * on any number of them. */
#ifndef TESSERA_ARRAY_SORT_H
#define TESSERA_ARRAY_SORT_H

#include <tessera/array_core.h>
#include <tessera/array_reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of sorting. */
typedef struct nd_sort_options {
    size_t   size;
    tsr_site at;
    nd_axes  axes; /* one; default: the last.  For all elements in C order: nd_sort(nd_ravel(a)) */
} nd_sort_options;
/* A new array of the same elements, sorted along an axis.  Source: numpy.sort. */
TSR_API nd_array nd_sort_(nd_array a, const nd_sort_options *o);
/* nd_sort(a, .axes = ND_AXES(0)): as above. */
#define nd_sort(a, ...) nd_sort_((a), TSR_OPTIONS_(nd_sort_options, __VA_ARGS__))
/* The indices, int64, that would sort an array along an axis; equal elements keep their order.
 * Source: numpy.argsort(kind='stable'). */
TSR_API nd_array nd_argsort_(nd_array a, const nd_sort_options *o);
/* nd_argsort(a): as above. */
#define nd_argsort(a, ...) nd_argsort_((a), TSR_OPTIONS_(nd_sort_options, __VA_ARGS__))
/* What nd_unique tells besides; NULL: not wanted.  Of a refused call they are failed arrays. */
typedef struct nd_unique_options {
    size_t    size;
    tsr_site  at;
    nd_array *index;   /* where each element stands first, counted in C order; int64 */
    nd_array *inverse; /* which of them each element of `a` is; int64, of the shape of `a` */
    nd_array *counts;  /* how often each stands there; int64 */
} nd_unique_options;
/* The different elements of an array, sorted, in one dimension; NaNs are one.  Waits: for how many
 * there are, where that is asked, or something besides.  Source: numpy.unique. */
TSR_API nd_array nd_unique_(nd_array a, const nd_unique_options *o);
/* nd_unique(a), nd_unique(a, .counts = &counts): as above. */
#define nd_unique(a, ...) nd_unique_((a), TSR_OPTIONS_(nd_unique_options, __VA_ARGS__))

/* Options of nd_searchsorted. */
typedef struct nd_search_options {
    size_t   size;
    tsr_site at;
    bool     right; /* behind equal elements; default: before them */
} nd_search_options;
/* Where values would be put into `a`, sorted and of one dimension, so that it stays sorted: int64,
 * of the shape of `values`.  Every rank that has values fetches all of `a`.  Fails: BAD_SHAPE for
 * an `a` of other dimensions; BAD_TYPE for complex numbers.  Source: numpy.searchsorted. */
TSR_API nd_array nd_searchsorted_(nd_array a, nd_operand values, const nd_search_options *o);
#ifndef __cplusplus
/* nd_searchsorted(a, 2.5, .right = true): as above. */
#define nd_searchsorted(a, values, ...)                                                            \
    nd_searchsorted_((a), ND_OPERAND(values), TSR_OPTIONS_(nd_search_options, __VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif
#endif
