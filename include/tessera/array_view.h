/* tessera/array_view.h - the same elements under other indices, and arrays put together.
 *
 * Views share elements: what is written through one is seen through all.  None waits. */
#ifndef TESSERA_ARRAY_VIEW_H
#define TESSERA_ARRAY_VIEW_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- slices ---- */

/* Basic slicing by NumPy's text: integers, start:stop:step with any part left out, "...", and
 * "None" or "newaxis" for a new dimension:  nd_view(a, "1:-1, ::2, None, ..., -1").  Negative
 * indices count from the end; slices are clipped, integers are not.  Fails: BAD_ARGUMENT, naming
 * the place in the text, the index and the extent.  Source: numpy.ndarray.__getitem__, basic
 * indexing. */
TSR_API nd_array nd_view_(nd_array a, const char *slices, tsr_site at);
/* nd_view(a, "1:-1, :"): as above. */
#define nd_view(a, slices) nd_view_((a), (slices), TSR_HERE)

/* One word of a slice, as numbers; made by the macros below. */
typedef enum nd_index_kind {
    ND_INDEX_AT,
    ND_INDEX_RANGE,
    ND_INDEX_NEW,
    ND_INDEX_REST
} nd_index_kind;
typedef struct nd_index {
    nd_index_kind kind;
    int64_t       start, stop, step; /* AT: start.  ND_END: left out; step 0: 1 */
} nd_index;
/* A start or stop that is left out. */
#define ND_END INT64_MIN
#ifndef __cplusplus
/* One index: the dimension goes. */
#define ND_AT(i) ((nd_index){ND_INDEX_AT, (i), 0, 0})
/* start:stop, or with a step ND_RANGE(start, stop, step). */
#define ND_RANGE(...) ((nd_index){ND_INDEX_RANGE, __VA_ARGS__})
/* A whole dimension, ":". */
#define ND_ALL ((nd_index){ND_INDEX_RANGE, ND_END, ND_END, 0})
/* A new dimension of extent 1, "None". */
#define ND_NEW ((nd_index){ND_INDEX_NEW, 0, 0, 0})
/* As many whole dimensions as are left, "...". */
#define ND_REST ((nd_index){ND_INDEX_REST, 0, 0, 0})
/* nd_slice(a, ND_RANGE(1, -1), ND_AT(k), ND_REST): as nd_view, by numbers. */
#define nd_slice(a, ...)                                                                           \
    nd_slice_((a), (const nd_index[]){__VA_ARGS__},                                                \
              (int)(sizeof((const nd_index[]){__VA_ARGS__}) / sizeof(nd_index)), TSR_HERE)
#endif
/* As nd_view_, by `n` words. */
TSR_API nd_array nd_slice_(nd_array a, const nd_index *index, int n, tsr_site at);

/* ---- shapes ---- */

/* Dimensions in another order; negative ones count from the end.  `n` 0: reversed.  Source:
 * numpy.transpose. */
TSR_API nd_array nd_transpose_(nd_array a, const int *axes, int n, tsr_site at);
#ifndef __cplusplus
/* nd_transpose(a), nd_transpose(a, 1, 0, 2): as above. */
#define nd_transpose(a, ...)                                                                       \
    nd_transpose_((a), &((const int[]){0, ##__VA_ARGS__})[1],                                      \
                  (int)(sizeof((const int[]){0, ##__VA_ARGS__}) / sizeof(int)) - 1, TSR_HERE)
/* Reversed along these dimensions; along all where none is given.  Source: numpy.flip. */
#define nd_flip(a, ...)                                                                            \
    nd_flip_((a), &((const int[]){0, ##__VA_ARGS__})[1],                                           \
             (int)(sizeof((const int[]){0, ##__VA_ARGS__}) / sizeof(int)) - 1, TSR_HERE)
/* Without these dimensions of extent 1; without all such where none is given.  Source:
 * numpy.squeeze. */
#define nd_squeeze(a, ...)                                                                         \
    nd_squeeze_((a), &((const int[]){0, ##__VA_ARGS__})[1],                                        \
                (int)(sizeof((const int[]){0, ##__VA_ARGS__}) / sizeof(int)) - 1, TSR_HERE)
#endif
/* Behind nd_flip. */
TSR_API nd_array nd_flip_(nd_array a, const int *axes, int n, tsr_site at);
/* Behind nd_squeeze. */
TSR_API nd_array nd_squeeze_(nd_array a, const int *axes, int n, tsr_site at);
/* Two dimensions exchanged.  Source: numpy.swapaxes. */
TSR_API nd_array nd_swapaxes_(nd_array a, int axis1, int axis2, tsr_site at);
/* nd_swapaxes(a, 0, -1): as above. */
#define nd_swapaxes(a, axis1, axis2) nd_swapaxes_((a), (axis1), (axis2), TSR_HERE)
/* A dimension moved to another place; the others keep their order.  Source: numpy.moveaxis. */
TSR_API nd_array nd_moveaxis_(nd_array a, int from, int to, tsr_site at);
/* nd_moveaxis(a, 0, -1): as above. */
#define nd_moveaxis(a, from, to) nd_moveaxis_((a), (from), (to), TSR_HERE)
/* A new dimension of extent 1 at `axis` of the result.  Source: numpy.expand_dims. */
TSR_API nd_array nd_expand_dims_(nd_array a, int axis, tsr_site at);
/* nd_expand_dims(a, -1): as above. */
#define nd_expand_dims(a, axis) nd_expand_dims_((a), (axis), TSR_HERE)
/* A view, to be read, that repeats dimensions of extent 1 and new ones in front.  Fails: BAD_SHAPE.
 * Source: numpy.broadcast_to. */
TSR_API nd_array nd_broadcast_to_(nd_array a, nd_shape shape, tsr_site at);
/* nd_broadcast_to(a, ND_SHAPE(3, 4)): as above. */
#define nd_broadcast_to(a, shape) nd_broadcast_to_((a), (shape), TSR_HERE)
/* The elements in C order under another shape; one extent may be -1.  A view where dimensions are
 * only split, or ones of extent 1 come or go; else a copy.  Fails: BAD_SHAPE.  Source:
 * numpy.reshape. */
TSR_API nd_array nd_reshape_(nd_array a, nd_shape shape, tsr_site at);
/* nd_reshape(a, ND_SHAPE(3, -1)): as above. */
#define nd_reshape(a, shape) nd_reshape_((a), (shape), TSR_HERE)
/* All elements in one dimension: as nd_reshape(a, ND_SHAPE(-1)).  Source: numpy.ravel. */
TSR_API nd_array nd_ravel_(nd_array a, tsr_site at);
/* nd_ravel(a): as above. */
#define nd_ravel(a) nd_ravel_((a), TSR_HERE)
/* The diagonal of dimensions `axis1` and `axis2`, as the last dimension; a view, to be read and
 * written. `offset`: which one; above the main one: positive.  Source: numpy.diagonal. */
TSR_API nd_array nd_diagonal_(nd_array a, int64_t offset, int axis1, int axis2, tsr_site at);
/* nd_diagonal(a, 0, 0, 1): as above. */
#define nd_diagonal(a, offset, axis1, axis2)                                                       \
    nd_diagonal_((a), (offset), (axis1), (axis2), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
