/* tessera/array_dlpack.h - elements shared with other libraries by DLPack.
 *
 *     nd_array a = nd_from_dlpack(tensor);         // another library's memory, read in place
 *     struct DLManagedTensorVersioned *out;
 *     TSR_TRY(nd_to_dlpack(a, &out));              // a copy that outlives everything here
 *
 * Both kinds of managed tensors are taken and given: those of DLPack 1 and the ones without a
 * version before it. Their structures are in DLPack's own dlpack.h; here they stay open.
 * Memory is the CPU's; other devices are refused. */
#ifndef TESSERA_ARRAY_DLPACK_H
#define TESSERA_ARRAY_DLPACK_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

struct DLManagedTensor;
struct DLManagedTensorVersioned;

/* Options of nd_from_dlpack. */
typedef struct nd_dlpack_options {
    size_t   size;
    tsr_site at;
    bool     write; /* nd_detach writes what the array has become to the tensor's memory */
    bool     copy;  /* copy the elements and delete the tensor at once */
} nd_dlpack_options;
/* The elements of a tensor, which may be read but, without an option, not written.  Their memory is
 * used in place, until nothing needs it: axes in another order, backwards or stretched are views of
 * it; elements with gaps between them, or not aligned to their size, are packed first.
 * Owns: the tensor; its deleter is called on the issuing thread once its memory is no longer used,
 * with nd_finish at the latest.  A refused call leaves it to the caller.  Every rank brings a tensor
 * of its own, all with equal bytes.
 * Fails: BAD_ARGUMENT for NULL, a device that is not the CPU, another major version; BAD_TYPE for
 * elements that arrays have not; BAD_SHAPE for more than 8 dimensions; NOT_ALLOWED for `write` to a
 * tensor that is read only, stretched, not aligned or has gaps.  Source: numpy.from_dlpack. */
TSR_API nd_array nd_from_dlpack_(struct DLManagedTensorVersioned *t, const nd_dlpack_options *o);
/* As nd_from_dlpack_, of a tensor without a version. */
TSR_API nd_array nd_from_dlpack_unversioned_(struct DLManagedTensor *t, const nd_dlpack_options *o);
/* The elements of an array in C order, copied, as a tensor that whoever takes it deletes: on any
 * thread, also after nd_finish.  Bfloat16 and bool are DLPack's own types.  Every rank has all elements.
 * Collective.  Waits.  Fails: what the array failed of; NO_MEMORY.
 * Source: numpy.ndarray.__dlpack__. */
TSR_API tsr_status nd_to_dlpack_(nd_array a, struct DLManagedTensorVersioned **out,
                                 tsr_site at) TSR_MUST_CHECK;
/* As nd_to_dlpack_, for a library that knows tensors without a version. */
TSR_API tsr_status nd_to_dlpack_unversioned_(nd_array a, struct DLManagedTensor **out,
                                             tsr_site at) TSR_MUST_CHECK;

#ifdef __cplusplus
} /* overloads have no C linkage */
/* What nd_from_dlpack and nd_to_dlpack call in C++: one for each kind of tensor. */
static inline nd_array nd_from_dlpack_of(DLManagedTensorVersioned *t, const nd_dlpack_options *o)
{
    return nd_from_dlpack_(t, o);
}
static inline nd_array nd_from_dlpack_of(DLManagedTensor *t, const nd_dlpack_options *o)
{
    return nd_from_dlpack_unversioned_(t, o);
}
static inline tsr_status nd_to_dlpack_of(nd_array a, DLManagedTensorVersioned **out, tsr_site at)
{
    return nd_to_dlpack_(a, out, at);
}
static inline tsr_status nd_to_dlpack_of(nd_array a, DLManagedTensor **out, tsr_site at)
{
    return nd_to_dlpack_unversioned_(a, out, at);
}
/* An array from either kind of tensor. */
#define nd_from_dlpack(t, ...)                                                                     \
    nd_from_dlpack_of((t), TSR_OPTIONS_(nd_dlpack_options, __VA_ARGS__))
/* A tensor of the kind that `out` points to. */
#define nd_to_dlpack(a, out) nd_to_dlpack_of((a), (out), TSR_HERE)
extern "C" {
#else
/* nd_from_dlpack(tensor, .copy = true): an array from either kind of tensor. */
#define nd_from_dlpack(t, ...)                                                                     \
    _Generic((t), struct DLManagedTensor *: nd_from_dlpack_unversioned_, default: nd_from_dlpack_)( \
        (t), TSR_OPTIONS_(nd_dlpack_options, __VA_ARGS__))
/* nd_to_dlpack(a, &tensor): a tensor of the kind that `out` points to. */
#define nd_to_dlpack(a, out)                                                                       \
    _Generic((out), struct DLManagedTensor **: nd_to_dlpack_unversioned_, default: nd_to_dlpack_)( \
        (a), (out), TSR_HERE)
#endif

#ifdef __cplusplus
}
#endif
#endif
