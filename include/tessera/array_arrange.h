/* tessera/array_arrange.h - elements in other places: rolled, padded, repeated, split; grids. */
#ifndef TESSERA_ARRAY_ARRANGE_H
#define TESSERA_ARRAY_ARRANGE_H

#include <tessera/array_core.h>
#include <tessera/array_reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of calls along axes. */
typedef struct nd_axes_options {
    size_t   size;
    tsr_site at;
    nd_axes  axes; /* default: all elements in C order */
} nd_axes_options;

/* Elements moved `shift` places on, those that pass the end to the beginning; along several axes
 * by `shift` along each.  Source: numpy.roll. */
TSR_API nd_array nd_roll_(nd_array a, int64_t shift, const nd_axes_options *o);
/* nd_roll(a, 2, .axes = ND_AXES(0)): as above. */
#define nd_roll(a, shift, ...) nd_roll_((a), (shift), TSR_OPTIONS_(nd_axes_options, __VA_ARGS__))

/* ---- repeated ---- */

/* Each element (slice along one axis) `count` times, one behind the other.  Fails: BAD_ARGUMENT for
 * a negative count.  Source: numpy.repeat. */
TSR_API nd_array nd_repeat_(nd_array a, int64_t count, const nd_axes_options *o);
/* nd_repeat(a, 3, .axes = ND_AXES(1)): as above. */
#define nd_repeat(a, count, ...)                                                                   \
    nd_repeat_((a), (count), TSR_OPTIONS_(nd_axes_options, __VA_ARGS__))
/* The same with a count for each element (slice), integers in one dimension.  Fails: BAD_SHAPE for
 * other than so many counts; BAD_TYPE; BAD_ARGUMENT for a negative one.  Waits: for how many come
 * out.  Source: numpy.repeat. */
TSR_API nd_array nd_repeat_each_(nd_array a, nd_array counts, const nd_axes_options *o);
/* nd_repeat_each(a, counts, .axes = ND_AXES(0)): as above. */
#define nd_repeat_each(a, counts, ...)                                                             \
    nd_repeat_each_((a), (counts), TSR_OPTIONS_(nd_axes_options, __VA_ARGS__))
/* The whole array `times` so often along each dimension; the shorter of both gets ones in front.
 * Source: numpy.tile. */
TSR_API nd_array nd_tile_(nd_array a, nd_shape times, tsr_site at);
#ifndef __cplusplus
/* nd_tile(a, 2, 3): as above. */
#define nd_tile(a, ...) nd_tile_((a), ND_SHAPE(__VA_ARGS__), TSR_HERE)
#endif

/* ---- padded ---- */

/* What elements that are put around an array are. */
typedef enum nd_pad_mode {
    ND_PAD_CONSTANT,  /* .value */
    ND_PAD_EDGE,      /* the one at the edge */
    ND_PAD_REFLECT,   /* mirrored at it */
    ND_PAD_SYMMETRIC, /* mirrored behind it, itself again first */
    ND_PAD_WRAP       /* those from the other end */
} nd_pad_mode;
/* How many before and behind, for each dimension; n 1: the same for all. */
typedef struct nd_widths {
    int     n;
    int64_t width[TSR_MAX_RANK][2];
} nd_widths;
/* Options of nd_pad. */
typedef struct nd_pad_options {
    size_t      size;
    tsr_site    at;
    nd_pad_mode mode;
    nd_operand  value; /* of CONSTANT, a number: ND_OPERAND(1.5); default: 0 */
} nd_pad_options;
/* An array with elements around it.  Fails: BAD_SHAPE for widths of another number of dimensions;
 * BAD_ARGUMENT for negative ones, or where no elements are that could be repeated.
 * Source: numpy.pad. */
TSR_API nd_array nd_pad_(nd_array a, nd_widths widths, const nd_pad_options *o);
/* nd_pad(a, ND_WIDTHS({1, 2}, {0, 3}), .mode = ND_PAD_EDGE): as above. */
#define nd_pad(a, widths, ...) nd_pad_((a), (widths), TSR_OPTIONS_(nd_pad_options, __VA_ARGS__))
#ifndef __cplusplus
/* ND_WIDTHS({1, 2}, {0, 3}): before and behind, for each dimension. */
#define ND_WIDTHS(...)                                                                             \
    ((nd_widths){(int)(sizeof((int64_t[][2]){__VA_ARGS__}) / sizeof(int64_t[2])), {__VA_ARGS__}})
#endif

/* ---- split ---- */

/* `n` views of equal extents along `axis`, into out[n].  Fails: BAD_ARGUMENT where the extent is no
 * multiple; `out` untouched.  Source: numpy.split. */
TSR_API tsr_status nd_split_(nd_array a, int64_t n, int axis, nd_array *out,
                             tsr_site at) TSR_MUST_CHECK;
/* nd_split(a, 3, 0, out): as above. */
#define nd_split(a, n, axis, out) nd_split_((a), (n), (axis), (out), TSR_HERE)
/* `n` views along `axis`, into out[n]: the first have one more where the extent is no multiple.
 * Source: numpy.array_split. */
TSR_API tsr_status nd_array_split_(nd_array a, int64_t n, int axis, nd_array *out,
                                   tsr_site at) TSR_MUST_CHECK;
/* nd_array_split(a, 3, 0, out): as above. */
#define nd_array_split(a, n, axis, out) nd_array_split_((a), (n), (axis), (out), TSR_HERE)
/* Views between `n` places along `axis`, read as the bounds of slices, into out[n + 1].
 * Source: numpy.split. */
TSR_API tsr_status nd_split_at_(nd_array a, const int64_t *places, int n, int axis, nd_array *out,
                                tsr_site at) TSR_MUST_CHECK;
/* nd_split_at(a, places, 2, 0, out): as above. */
#define nd_split_at(a, places, n, axis, out)                                                       \
    nd_split_at_((a), (places), (n), (axis), (out), TSR_HERE)

/* ---- grids ---- */

/* The indices of a shape's elements: int64, of shape (dimensions, shape...).
 * Source: numpy.indices. */
TSR_API nd_array nd_indices_(nd_shape shape, tsr_site at);
#ifndef __cplusplus
/* nd_indices(3, 4): as above. */
#define nd_indices(...) nd_indices_(ND_SHAPE(__VA_ARGS__), TSR_HERE)
#endif
/* Options of nd_meshgrid. */
typedef struct nd_meshgrid_options {
    size_t   size;
    tsr_site at;
    bool     ij;     /* dimensions in the order of the arrays; default: the first two exchanged */
    bool     sparse; /* extents of 1 are not repeated */
} nd_meshgrid_options;
/* Coordinates of a grid from those along its `n` axes, into out[n].  Fails: BAD_SHAPE for arrays of
 * more than one dimension; BAD_ARGUMENT for more than 8; `out` untouched.
 * Source: numpy.meshgrid. */
TSR_API tsr_status nd_meshgrid_(const nd_array *axes, int n, nd_array *out,
                                const nd_meshgrid_options *o) TSR_MUST_CHECK;
/* nd_meshgrid(axes, 2, out, .ij = true): as above. */
#define nd_meshgrid(axes, n, out, ...)                                                             \
    nd_meshgrid_((axes), (n), (out), TSR_OPTIONS_(nd_meshgrid_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
