/* tessera/array_move.h - elements copied, converted, chosen and put together. */
#ifndef TESSERA_ARRAY_MOVE_H
#define TESSERA_ARRAY_MOVE_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A new array of the same elements in another type, as C converts them: complex numbers lose their
 * imaginary part, floats are cut towards 0.  Source: numpy.ndarray.astype. */
TSR_API nd_array nd_astype_(nd_array a, nd_type type, tsr_site at);
/* nd_astype(a, ND_F32): as above. */
#define nd_astype(a, type) nd_astype_((a), (type), TSR_HERE)
/* A new array of the same elements.  Source: numpy.copy. */
TSR_API nd_array nd_copy_(nd_array a, tsr_site at);
/* nd_copy(a): as above. */
#define nd_copy(a) nd_copy_((a), TSR_HERE)
/* Write `from`, an array that stretches to the shape of `to` or a number, to `to`: a[...] = b.
 * Elements are converted as astype does.  Answers with `to`; a refused call with a failed array,
 * and `to` is as it was. Source: numpy.ndarray.__setitem__. */
TSR_API nd_array nd_assign_(nd_array to, nd_operand from, tsr_site at);
/* nd_assign(nd_view(a, "0, :"), 40.0): as above. */
#define nd_assign(to, from) nd_assign_((to), ND_OPERAND(from), TSR_HERE)
/* Elements of `x` where `condition` is true (not 0), of `y` elsewhere; numpy.where of
 * one argument is nd_nonzero.  Source: numpy.where. */
TSR_API nd_array nd_where_(nd_array condition, nd_operand x, nd_operand y, tsr_site at);
/* nd_where(nd_greater(a, 0), a, 0): as above. */
#define nd_where(condition, x, y)                                                                  \
    nd_where_((condition), ND_OPERAND(x), ND_OPERAND(y), TSR_HERE)
/* The real part: of a real array itself, of a complex one a copy.  Source: numpy.real. */
TSR_API nd_array nd_real_(nd_array a, tsr_site at);
/* nd_real(a): as above. */
#define nd_real(a) nd_real_((a), TSR_HERE)
/* The imaginary part: of a real array zeros.  Source: numpy.imag. */
TSR_API nd_array nd_imag_(nd_array a, tsr_site at);
/* nd_imag(a): as above. */
#define nd_imag(a) nd_imag_((a), TSR_HERE)

/* `n` arrays one behind the other along `axis`; types promote, other extents agree.
 * Source: numpy.concatenate. */
TSR_API nd_array nd_concatenate_(const nd_array *arrays, int n, int axis, tsr_site at);
/* `n` arrays of one shape along a new dimension at `axis` of the result.  Source: numpy.stack. */
TSR_API nd_array nd_stack_(const nd_array *arrays, int n, int axis, tsr_site at);
#ifndef __cplusplus
/* nd_concatenate(0, a, b, c): as nd_concatenate_. */
#define nd_concatenate(axis, ...)                                                                  \
    nd_concatenate_((const nd_array[]){__VA_ARGS__},                                               \
                    (int)(sizeof((const nd_array[]){__VA_ARGS__}) / sizeof(nd_array)), (axis),     \
                    TSR_HERE)
/* nd_stack(0, a, b, c): as nd_stack_. */
#define nd_stack(axis, ...)                                                                        \
    nd_stack_((const nd_array[]){__VA_ARGS__},                                                     \
              (int)(sizeof((const nd_array[]){__VA_ARGS__}) / sizeof(nd_array)), (axis), TSR_HERE)
#endif

#ifdef __cplusplus
}
#endif
#endif
