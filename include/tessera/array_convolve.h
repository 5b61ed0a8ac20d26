/* tessera/array_convolve.h - convolutions and correlations of one and two dimensions.
 *
 *     nd_array blurred = nd_convolve2d(image, kernel, .mode = ND_CONVOLVE_SAME);
 *
 * They are computed directly: the cost is the product of the numbers of elements.  What falls outside counts as 0.
 * Products are added up in the order of the kernel's elements: the same bits on any number of workers and ranks.
 * Integers are exact (they wrap), bool is "or" of "and"s, float16 and bfloat16 are computed in float32 and
 * rounded once.  Pieces of the larger array are cut with a border; where the kernel is longer than 4096 along a
 * dimension, every task sees the larger array whole. */
#ifndef TESSERA_ARRAY_CONVOLVE_H
#define TESSERA_ARRAY_CONVOLVE_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which part of the result is wanted. */
typedef enum nd_convolve_mode {
    ND_CONVOLVE_DEFAULT, /* FULL; of nd_correlate: VALID */
    ND_CONVOLVE_FULL,    /* wherever they meet */
    ND_CONVOLVE_SAME,    /* as long as the longer one (2 dimensions: the first), from the middle */
    ND_CONVOLVE_VALID    /* where the shorter one lies within the longer one */
} nd_convolve_mode;

/* How to convolve; zero means the default. */
typedef struct nd_convolve_options {
    size_t           size;
    tsr_site         at;
    nd_convolve_mode mode;
} nd_convolve_options;

/* The convolution of two arrays of one dimension.  Types: promote.  Fails: BAD_SHAPE (another number of
 * dimensions), BAD_ARGUMENT (no elements).  Source: numpy.convolve. */
TSR_API nd_array nd_convolve_(nd_array a, nd_array v, const nd_convolve_options *o);
/* nd_convolve(a, v, .mode = ND_CONVOLVE_SAME): as above. */
#define nd_convolve(a, v, ...)                                                                     \
    nd_convolve_((a), (v), TSR_OPTIONS_(nd_convolve_options, __VA_ARGS__))
/* The correlation of two arrays of one dimension, the second conjugated.  Fails: as nd_convolve.
 * Source: numpy.correlate. */
TSR_API nd_array nd_correlate_(nd_array a, nd_array v, const nd_convolve_options *o);
/* nd_correlate(a, v, .mode = ND_CONVOLVE_FULL): as above. */
#define nd_correlate(a, v, ...)                                                                    \
    nd_correlate_((a), (v), TSR_OPTIONS_(nd_convolve_options, __VA_ARGS__))
/* The convolution of two matrices.  Fails: as nd_convolve; BAD_SHAPE (VALID, and neither is the larger one in
 * every dimension).  Source: scipy.signal.convolve2d, boundary 'fill' with 0. */
TSR_API nd_array nd_convolve2d_(nd_array a, nd_array v, const nd_convolve_options *o);
/* nd_convolve2d(image, kernel, .mode = ND_CONVOLVE_SAME): as above. */
#define nd_convolve2d(a, v, ...)                                                                   \
    nd_convolve2d_((a), (v), TSR_OPTIONS_(nd_convolve_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
