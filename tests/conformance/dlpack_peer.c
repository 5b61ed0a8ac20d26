/* dlpack_peer.c - this library beside NumPy in one process, for dlpack.py: loaded by ctypes.
 *
 * NumPy's tensor comes in, is doubled, and goes out as a tensor that NumPy takes. Threads: one. */
#include <tessera/array.h>

TSR_API int                              peer_begin(void);
TSR_API int                              peer_end(void);
TSR_API const char                      *peer_why(void);
TSR_API struct DLManagedTensorVersioned *peer_doubled(struct DLManagedTensorVersioned *t);
TSR_API struct DLManagedTensor          *peer_doubled_unversioned(struct DLManagedTensor *t);

int peer_begin(void)
{
    return nd_start(NULL, NULL, .workers = 2) == TSR_OK;
}

int peer_end(void)
{
    return nd_finish();
}

/* Why the last call answered NULL; then its tensor is still the caller's. */
const char *peer_why(void)
{
    return tsr_error_text();
}

static nd_array doubled(nd_array a)
{
    return nd_type_of(a) == ND_BOOL ? nd_copy(a) : nd_add(a, a);
}

struct DLManagedTensorVersioned *peer_doubled(struct DLManagedTensorVersioned *t)
{
    ND_SCOPE();
    struct DLManagedTensorVersioned *out;
    return nd_to_dlpack(doubled(nd_from_dlpack(t)), &out) == TSR_OK ? out : NULL;
}

struct DLManagedTensor *peer_doubled_unversioned(struct DLManagedTensor *t)
{
    ND_SCOPE();
    struct DLManagedTensor *out;
    return nd_to_dlpack(doubled(nd_from_dlpack(t)), &out) == TSR_OK ? out : NULL;
}
