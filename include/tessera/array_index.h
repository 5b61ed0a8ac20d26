/* tessera/array_index.h - elements by arrays of indices and by masks: read, written, found.
 *
 *     nd_array rows = nd_take(a, order, .axes = ND_AXES(0));
 *     nd_array some = nd_get(a, i, j);               // a[i, j]
 *     nd_set(a, 0.0, nd_less(a, 0.0));               // a[a < 0] = 0
 *
 * Indices are integers of any type; negative ones count from the end.  One that is out of bounds
 * fails the result, and where it is written the array, with the index and the line of the call; it
 * shows where a value is asked for.
 *
 * Ranks that take elements fetch the rows between the least and the greatest index they name, and
 * no more; indices of what is written travel to all ranks.  Where masks and arrays decide how long
 * a result is, the first call that needs its shape waits for it. */
#ifndef TESSERA_ARRAY_INDEX_H
#define TESSERA_ARRAY_INDEX_H

#include <tessera/array_core.h>
#include <tessera/array_reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of an index that is out of bounds. */
typedef enum nd_index_mode {
    ND_INDEX_RAISE, /* a failure */
    ND_INDEX_WRAP,  /* counted round */
    ND_INDEX_CLIP   /* the nearest there is; negative ones: the first */
} nd_index_mode;

/* ---- by arrays of indices ---- */

/* Options of nd_take. */
typedef struct nd_take_options {
    size_t        size;
    tsr_site      at;
    nd_axes       axes; /* one: along it; none: from all elements in C order */
    nd_index_mode mode;
} nd_take_options;
/* Elements at `indices` along an axis.  Shape: that of `a` with the shape of `indices` in place of
 * the axis.  Fails: BAD_TYPE for indices that are no integers; BAD_ARGUMENT for an index out of
 * bounds; BAD_SHAPE for more than 8 dimensions.  Source: numpy.take. */
TSR_API nd_array nd_take_(nd_array a, nd_array indices, const nd_take_options *o);
/* nd_take(a, indices, .axes = ND_AXES(0)): as above. */
#define nd_take(a, indices, ...)                                                                   \
    nd_take_((a), (indices), TSR_OPTIONS_(nd_take_options, __VA_ARGS__))

/* Options of nd_put. */
typedef struct nd_put_options {
    size_t        size;
    tsr_site      at;
    nd_index_mode mode;
} nd_put_options;
/* Write `values`, repeated as often as is needed, to the elements of `a` at `indices`, counted in C
 * order; of equal indices the last wins.  Answers with `a`; a refused call with a failed array, and
 * `a` is as it was.  Source: numpy.put. */
TSR_API nd_array nd_put_(nd_array a, nd_array indices, nd_operand values, const nd_put_options *o);
/* nd_put(a, indices, 1.0): as above. */
#define nd_put(a, indices, values, ...)                                                            \
    nd_put_((a), (indices), ND_OPERAND(values), TSR_OPTIONS_(nd_put_options, __VA_ARGS__))

/* a[i, j, ...]: `n` arrays of indices, broadcast together, for the first dimensions; or masks, each
 * as many indices as it has dimensions.  Shape: what the indices broadcast to, then the dimensions
 * that are left.  One mask alone: the elements (rows) where it is true, in C order.  Fails:
 * BAD_TYPE for indices that are neither integers nor bools; BAD_SHAPE where they do not agree;
 * BAD_ARGUMENT for too many, or one out of bounds.  Source: numpy.ndarray.__getitem__. */
TSR_API nd_array nd_get_(nd_array a, const nd_array *index, int n, tsr_site at);
/* a[i, j, ...] = value, an array that stretches to the shape that nd_get gives, or a number; of
 * equal indices the last wins.  Answers with `a`; a refused call with a failed array, and `a` is as
 * it was.  Fails: as nd_get.  Source: numpy.ndarray.__setitem__. */
TSR_API nd_array nd_set_(nd_array a, nd_operand value, const nd_array *index, int n, tsr_site at);
#ifndef __cplusplus
/* nd_get(a, i, j): as above. */
#define nd_get(a, ...)                                                                             \
    nd_get_((a), (const nd_array[]){__VA_ARGS__},                                                  \
            (int)(sizeof((const nd_array[]){__VA_ARGS__}) / sizeof(nd_array)), TSR_HERE)
/* nd_set(a, 2.5, i, j): as above. */
#define nd_set(a, value, ...)                                                                      \
    nd_set_((a), ND_OPERAND(value), (const nd_array[]){__VA_ARGS__},                               \
            (int)(sizeof((const nd_array[]){__VA_ARGS__}) / sizeof(nd_array)), TSR_HERE)
#endif

/* Options of nd_take_along_axis and nd_put_along_axis. */
typedef struct nd_along_options {
    size_t   size;
    tsr_site at;
    nd_axes  axes; /* one: along it; none: in all elements in C order, by indices of one dimension */
} nd_along_options;
/* Elements along an axis, in each line those at its own line of `indices`: what nd_argsort answers
 * sorts so.  Shape: that of `indices`, which has as many dimensions as `a`; other axes stretch to each
 * other.  Fails: as nd_get; BAD_SHAPE for another number of dimensions.
 * Source: numpy.take_along_axis. */
TSR_API nd_array nd_take_along_axis_(nd_array a, nd_array indices, const nd_along_options *o);
/* nd_take_along_axis(a, nd_argsort(a), .axes = ND_AXES(-1)): as above. */
#define nd_take_along_axis(a, indices, ...)                                                        \
    nd_take_along_axis_((a), (indices), TSR_OPTIONS_(nd_along_options, __VA_ARGS__))
/* Write `values`, an array that stretches to the shape of the indices or a number, to the elements
 * that nd_take_along_axis takes; of equal indices the last wins.  Answers with `a`; a refused call
 * with a failed array, and `a` is as it was.  Fails: as there.  Source: numpy.put_along_axis. */
TSR_API nd_array nd_put_along_axis_(nd_array a, nd_array indices, nd_operand values,
                                    const nd_along_options *o);
/* nd_put_along_axis(a, indices, 0, .axes = ND_AXES(1)): as above. */
#define nd_put_along_axis(a, indices, values, ...)                                                 \
    nd_put_along_axis_((a), (indices), ND_OPERAND(values),                                         \
                       TSR_OPTIONS_(nd_along_options, __VA_ARGS__))

/* ---- by conditions ---- */

/* Where elements are not 0: row k of the result has the indices of the k-th, in C order.  Shape:
 * (how many, dimensions of `a`).  Source: numpy.argwhere. */
TSR_API nd_array nd_argwhere_(nd_array a, tsr_site at);
/* nd_argwhere(a): as above. */
#define nd_argwhere(a) nd_argwhere_((a), TSR_HERE)
/* The same as an array of indices for each dimension, into out[dimensions of `a`], so that
 * nd_get(a, out[0], ...) has the elements.  Fails: BAD_SHAPE for no dimensions; `out` is then
 * untouched. Source: numpy.nonzero. */
TSR_API tsr_status nd_nonzero_(nd_array a, nd_array *out, tsr_site at) TSR_MUST_CHECK;
/* nd_nonzero(a, out): as above. */
#define nd_nonzero(a, out) nd_nonzero_((a), (out), TSR_HERE)
/* Where elements are not 0, counted in C order.  Source: numpy.flatnonzero. */
TSR_API nd_array nd_flatnonzero_(nd_array a, tsr_site at);
/* nd_flatnonzero(a): as above. */
#define nd_flatnonzero(a) nd_flatnonzero_((a), TSR_HERE)
/* The slices of `a` along an axis (none: elements in C order) where `condition`, of one dimension,
 * is not 0; it may be shorter than the axis.  Fails: BAD_SHAPE for a condition of other dimensions;
 * BAD_ARGUMENT for one that is longer.  Source: numpy.compress. */
TSR_API nd_array nd_compress_(nd_array condition, nd_array a, const nd_take_options *o);
/* nd_compress(condition, a, .axes = ND_AXES(0)): as above. */
#define nd_compress(condition, a, ...)                                                             \
    nd_compress_((condition), (a), TSR_OPTIONS_(nd_take_options, __VA_ARGS__))
/* Elements of `a` where `condition`, of as many elements, is not 0, in C order.
 * Source: numpy.extract. */
TSR_API nd_array nd_extract_(nd_array condition, nd_array a, tsr_site at);
/* nd_extract(condition, a): as above. */
#define nd_extract(condition, a) nd_extract_((condition), (a), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
