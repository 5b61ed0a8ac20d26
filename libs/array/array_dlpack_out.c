/* array_dlpack_out.c - an array as a tensor for another library.
 *
 * The elements are copied. A tensor may be deleted on any thread and after the runtime's end, and
 * its memory must not change; a store's memory belongs to its runtime, and stays only as it is until
 * the next write. A handle to what an array is now (tsr_seal) would cost the same copy.
 *
 * Cost: O(bytes). Threads: the issuing thread; the deleter any. */
#include <stdlib.h>

#include "array_dlpack_abi.h"
#include "array_inside.h"

/* A tensor and what it points to, one block; the elements are another. */
struct outgoing {
    union {
        struct DLManagedTensorVersioned versioned;
        struct DLManagedTensor          plain;
    } tensor;
    int64_t shape[TSR_MAX_RANK], stride[TSR_MAX_RANK];
    void   *data;
};

static void outgoing_destroy(struct outgoing *g)
{
    if (g)
        free(g->data);
    free(g);
}

static void delete_versioned(struct DLManagedTensorVersioned *t)
{
    if (t)
        outgoing_destroy(t->manager_ctx);
}

static void delete_plain(struct DLManagedTensor *t)
{
    if (t)
        outgoing_destroy(t->manager_ctx);
}

static struct dlpack_type dlpack_type_of(nd_type t)
{
    const uint8_t    bits = (uint8_t)(8 * tsr_type_size(t));
    const array_kind kind = array_kind_of(t);
    const uint8_t    code = kind == KIND_BOOL      ? DLPACK_BOOL
                            : kind == KIND_COMPLEX ? DLPACK_COMPLEX
                            : t == TSR_BF16        ? DLPACK_BFLOAT
                            : kind == KIND_REAL    ? DLPACK_FLOAT
                            : array_is_unsigned(t) ? DLPACK_UINT
                                                   : DLPACK_INT;
    return (struct dlpack_type){code, bits, 1};
}

/* The elements of an array, with room for the tensor. */
static tsr_status outgoing_make(nd_array a, struct outgoing **out, struct dlpack_tensor *out_tensor,
                                tsr_site at)
{
    array_info info;
    int64_t    step = 1;
    TSR_TRY(array_describe(a, &info, at));
    if (info.is_failed)
        return array_status(a, "nd_to_dlpack()", at);
    if (!array_is_type(info.type))
        return tsr_fail_(at, TSR_BAD_TYPE, "elements of type %s are no numbers",
                         tsr_type_name(info.type));
    const size_t     bytes = (size_t)array_volume(&info.shape) * tsr_type_size(info.type);
    struct outgoing *g = calloc(1, sizeof *g);
    if (g)
        g->data = aligned_alloc(64, (bytes + 64) & ~(size_t)63);
    const tsr_status s = g && g->data
                             ? nd_read_(a, g->data, bytes, at)
                             : tsr_fail_(at, TSR_NO_MEMORY, "no memory for a tensor of shape %s",
                                         array_shape_text(&info.shape).text);
    if (s != TSR_OK) {
        outgoing_destroy(g);
        return s;
    }
    for (int d = info.shape.rank - 1; d >= 0; --d) {
        g->shape[d] = info.shape.extent[d];
        g->stride[d] = step;
        step *= g->shape[d] > 0 ? g->shape[d] : 1;
    }
    *out = g;
    *out_tensor = (struct dlpack_tensor){.data = g->data,
                                         .device = {DLPACK_CPU, 0},
                                         .ndim = info.shape.rank,
                                         .dtype = dlpack_type_of(info.type),
                                         .shape = g->shape,
                                         .strides = g->stride};
    return TSR_OK;
}

tsr_status nd_to_dlpack_(nd_array a, struct DLManagedTensorVersioned **out, tsr_site at)
{
    struct outgoing     *g;
    struct dlpack_tensor t;
    TSR_TRY(outgoing_make(a, &g, &t, at));
    g->tensor.versioned = (struct DLManagedTensorVersioned){.version = {DLPACK_MAJOR, DLPACK_MINOR},
                                                            .manager_ctx = g,
                                                            .deleter = delete_versioned,
                                                            .flags = DLPACK_IS_COPIED,
                                                            .dl_tensor = t};
    *out = &g->tensor.versioned;
    return TSR_OK;
}

tsr_status nd_to_dlpack_unversioned_(nd_array a, struct DLManagedTensor **out, tsr_site at)
{
    struct outgoing     *g;
    struct dlpack_tensor t;
    TSR_TRY(outgoing_make(a, &g, &t, at));
    g->tensor.plain =
        (struct DLManagedTensor){.dl_tensor = t, .manager_ctx = g, .deleter = delete_plain};
    *out = &g->tensor.plain;
    return TSR_OK;
}
