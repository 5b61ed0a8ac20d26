/* tessera/array_scan.h - running sums and products.
 *
 *     nd_array all = nd_cumsum(a);
 *     nd_array down = nd_cumsum(a, .axes = ND_AXES(0), .out = a);
 *
 * A long row is scanned in blocks whose extents follow from the shape alone, on all cores and ranks;
 * what is before a block is added to its own scan: the same bits on any number of workers and
 * ranks. */
#ifndef TESSERA_ARRAY_SCAN_H
#define TESSERA_ARRAY_SCAN_H

#include <tessera/array_reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is scanned, and whether a NaN counts as the identity. */
typedef enum nd_scan { ND_SCAN_SUM, ND_SCAN_PROD, ND_SCAN_NANSUM, ND_SCAN_NANPROD } nd_scan;

/* How to scan; zero means the default. */
typedef struct nd_scan_options {
    size_t   size;
    tsr_site at;
    nd_axes  axes; /* one; default: all elements in C order, as a row */
    nd_type  type; /* convert elements to this, and answer in it; default: integers in 64 bits */
    nd_array out;  /* write there, and answer with it; it has the result's shape, and a type that
                      holds the result's kind; `type` is its own where that is not given */
} nd_scan_options;

/* Scan an array; behind the macros.  Half numbers are rounded after each step, as NumPy does.
 * Fails: BAD_ARGUMENT for an axis that is not there, or several; BAD_SHAPE, BAD_TYPE for an `out`
 * that does not fit. */
TSR_API nd_array nd_scan_(nd_scan scan, nd_array a, const nd_scan_options *o);
#define ND_SCAN_(scan, a, ...) nd_scan_((scan), (a), TSR_OPTIONS_(nd_scan_options, __VA_ARGS__))

/* The sums of the elements up to each.  Source: numpy.cumsum. */
#define nd_cumsum(a, ...) ND_SCAN_(ND_SCAN_SUM, a, __VA_ARGS__)
/* The products of the elements up to each.  Source: numpy.cumprod. */
#define nd_cumprod(a, ...) ND_SCAN_(ND_SCAN_PROD, a, __VA_ARGS__)
/* The sums up to each; a NaN counts as 0.  Source: numpy.nancumsum. */
#define nd_nancumsum(a, ...) ND_SCAN_(ND_SCAN_NANSUM, a, __VA_ARGS__)
/* The products up to each; a NaN counts as 1.  Source: numpy.nancumprod. */
#define nd_nancumprod(a, ...) ND_SCAN_(ND_SCAN_NANPROD, a, __VA_ARGS__)

#ifdef __cplusplus
}
#endif
#endif
