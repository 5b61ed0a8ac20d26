/* tessera/array_create.h - arrays out of nothing, and out of and into memory. */
#ifndef TESSERA_ARRAY_CREATE_H
#define TESSERA_ARRAY_CREATE_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- filled arrays ---- */

/* An array filled with a number, converted to `type` as astype does; behind nd_full and its like.
 * An integer that the type cannot hold is a failure, as in numpy.full.  Source: numpy.full. */
TSR_API nd_array nd_full_(nd_type type, nd_shape shape, nd_operand value, tsr_site at);
/* An array whose elements are not yet written: zero, or old memory.  Source: numpy.empty. */
TSR_API nd_array nd_empty_(nd_type type, nd_shape shape, tsr_site at);
#ifndef __cplusplus
/* nd_full(ND_F32, ND_SHAPE(3, 4), 2.5): as nd_full_. */
#define nd_full(type, shape, value) nd_full_((type), (shape), ND_OPERAND(value), TSR_HERE)
/* nd_zeros(ND_F64, 4, 4): zeros in 4 x 4; nd_zeros(ND_F64) is 0-dimensional.  Source: numpy.zeros.
 * */
#define nd_zeros(type, ...) nd_full_((type), ND_SHAPE(__VA_ARGS__), nd_operand_int(0), TSR_HERE)
/* nd_ones(ND_F64, 4, 4).  Source: numpy.ones. */
#define nd_ones(type, ...) nd_full_((type), ND_SHAPE(__VA_ARGS__), nd_operand_int(1), TSR_HERE)
/* nd_empty(ND_F64, 4, 4): as nd_empty_. */
#define nd_empty(type, ...) nd_empty_((type), ND_SHAPE(__VA_ARGS__), TSR_HERE)
#endif
/* Zeros, ones, fresh elements with the shape and type of another array.  Source: numpy.zeros_like
 * ... */
TSR_API nd_array nd_full_like_(nd_array like, nd_operand value, tsr_site at);
/* nd_full_like(a, 1.5): as above. */
#define nd_full_like(like, value) nd_full_like_((like), ND_OPERAND(value), TSR_HERE)
/* nd_zeros_like(a): as above. */
#define nd_zeros_like(like) nd_full_like_((like), nd_operand_int(0), TSR_HERE)
/* nd_ones_like(a): as above. */
#define nd_ones_like(like) nd_full_like_((like), nd_operand_int(1), TSR_HERE)

/* ---- numbers in a row ---- */

/* Options of functions that make arrays. */
typedef struct nd_create_options {
    size_t   size;
    tsr_site at;
    nd_type  type; /* 0: NumPy's: int64, float64 or complex128, as the numbers are */
} nd_create_options;
/* start, start + step, ... up to and without stop.  Fails: BAD_ARGUMENT for a step of zero, or
 * numbers that are arrays; BAD_TYPE for a bool of more than two elements.  Source: numpy.arange. */
TSR_API nd_array nd_arange_(nd_operand start, nd_operand stop, nd_operand step,
                            const nd_create_options *o);
/* nd_arange(0, 10, 1, .type = ND_F32): as above. */
#define nd_arange(start, stop, step, ...)                                                          \
    nd_arange_(ND_OPERAND(start), ND_OPERAND(stop), ND_OPERAND(step),                              \
               TSR_OPTIONS_(nd_create_options, __VA_ARGS__))

/* Options of nd_linspace. */
typedef struct nd_linspace_options {
    size_t   size;
    tsr_site at;
    nd_type  type;        /* 0: float64, or complex128; integers are rounded down */
    bool     no_endpoint; /* leave `stop` out */
} nd_linspace_options;
/* `n` numbers from start to stop.  Fails: BAD_ARGUMENT for n < 0.  Source: numpy.linspace. */
TSR_API nd_array nd_linspace_(nd_operand start, nd_operand stop, int64_t n,
                              const nd_linspace_options *o);
/* nd_linspace(0, 1, 11): as above. */
#define nd_linspace(start, stop, n, ...)                                                           \
    nd_linspace_(ND_OPERAND(start), ND_OPERAND(stop), (n),                                         \
                 TSR_OPTIONS_(nd_linspace_options, __VA_ARGS__))

/* Options of nd_eye. */
typedef struct nd_eye_options {
    size_t   size;
    tsr_site at;
    int64_t  columns;  /* 0: as many as rows */
    int64_t  diagonal; /* which diagonal has the ones; above the main one: positive */
    nd_type  type;     /* 0: float64 */
} nd_eye_options;
/* Ones on a diagonal, zeros elsewhere, in rows x columns.  Source: numpy.eye. */
TSR_API nd_array nd_eye_(int64_t rows, const nd_eye_options *o);
/* nd_eye(3, .diagonal = 1): as above. */
#define nd_eye(rows, ...) nd_eye_((rows), TSR_OPTIONS_(nd_eye_options, __VA_ARGS__))

/* ---- out of memory and back ---- */

/* An array of elements in C order, copied before the call returns; every rank brings the same ones.
 * Source: numpy.array. */
TSR_API nd_array nd_from_memory_(nd_type type, nd_shape shape, const void *data, tsr_site at);
/* nd_from_memory(ND_F64, ND_SHAPE(3), (double[]){1, 2, 3}): as above. */
#define nd_from_memory(type, shape, ...) nd_from_memory_((type), (shape), __VA_ARGS__, TSR_HERE)
/* Memory in C order as an array, without a copy: `data` is the runtime's until nd_detach.  Every
 * rank brings equal bytes. */
TSR_API nd_array nd_attach_(nd_type type, nd_shape shape, void *data, tsr_attach_mode mode,
                            tsr_site at);
/* nd_attach(ND_F64, ND_SHAPE(n), data, TSR_ATTACH_WRITE): as above. */
#define nd_attach(type, shape, data, mode) nd_attach_((type), (shape), (data), (mode), TSR_HERE)
/* Give attached memory back to its owner, written when the mode was WRITE; ends the array.
 * Collective. Waits. */
TSR_API tsr_status nd_detach_(nd_array a, tsr_site at) TSR_MUST_CHECK;
/* nd_detach(a): as above. */
#define nd_detach(a) nd_detach_((a), TSR_HERE)
/* Read all elements into `out`, `bytes` of memory, in C order, on every rank.  Collective.  Waits.
 * Fails: BAD_SHAPE when `bytes` is another number than the elements take; what the array failed
 * of. */
TSR_API tsr_status nd_read_(nd_array a, void *out, size_t bytes, tsr_site at) TSR_MUST_CHECK;
/* nd_read(a, out, sizeof out): as above. */
#define nd_read(a, out, bytes) nd_read_((a), (out), (bytes), TSR_HERE)

/* ---- values: these wait ---- */

/* The single element of an array, as a double (a complex one: its real part).  A failed array
 * reads as NAN, and tsr_error_text() says why.  Fails: BAD_SHAPE when there is not one element.
 * Collective.  Waits. Source: numpy.ndarray.item. */
TSR_API double nd_value_(nd_array a, tsr_site at);
/* nd_value(a): as above. */
#define nd_value(a) nd_value_((a), TSR_HERE)
/* As nd_value, as an integer (a real element: rounded towards zero, the nearest there is where it
 * does not fit, 0 of a NaN); 0 of a failed array. */
TSR_API int64_t nd_value_i64_(nd_array a, tsr_site at);
/* nd_value_i64(a): as above. */
#define nd_value_i64(a) nd_value_i64_((a), TSR_HERE)
/* As nd_value, both parts into out[2]. */
TSR_API tsr_status nd_value_parts_(nd_array a, double *out, tsr_site at) TSR_MUST_CHECK;
/* nd_value_parts(a, z): as above. */
#define nd_value_parts(a, out) nd_value_parts_((a), (out), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
