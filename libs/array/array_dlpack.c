/* array_dlpack.c - another library's tensor as an array.
 *
 * A tensor whose elements fill a range of memory, in whatever order of axes and directions, is that
 * range attached in the memory's order, and a view of it: axes turned, put in the tensor's order,
 * stretched where a stride is 0. One with gaps, or not aligned, is packed, and what was packed is
 * attached: so arrays from tensors may never be written, however these lay. The tensor is deleted
 * with the last use of its memory.
 *
 * Cost: O(rank^2); O(elements) where they are packed. Threads: the issuing thread. */
#include <stdlib.h>

#include "array_block.h"
#include "array_dlpack_abi.h"
#include "array_inside.h"

/* A tensor on its way in. */
struct incoming {
    const struct dlpack_tensor *t;
    const nd_dlpack_options    *o;
    tsr_release                *release; /* deletes `owner` */
    void                       *owner;
    bool                        is_read_only;
    nd_type                     type;
    nd_shape                    shape;
    int64_t                     stride[TSR_MAX_RANK]; /* in elements */
    char                       *first;                /* the element at index 0, 0, ... */
};
/* Its axes as they lie in memory. */
struct layout {
    int      order[TSR_MAX_RANK]; /* axes that are not stretched, outermost first */
    int      n;
    nd_shape shape; /* of these */
    char    *lowest;
    bool     is_dense, is_stretched;
};

static void release_versioned(void *data, void *user)
{
    struct DLManagedTensorVersioned *t = user;
    (void)data;
    if (t->deleter)
        t->deleter(t);
}

static void release_unversioned(void *data, void *user)
{
    struct DLManagedTensor *t = user;
    (void)data;
    if (t->deleter)
        t->deleter(t);
}

static void release_packed(void *data, void *user)
{
    (void)data;
    free(user);
}

/* ---- what a tensor says ---- */

static nd_type type_of(struct dlpack_type t)
{
    static const struct {
        uint8_t code, bits;
        nd_type type;
    } table[] = {
        {DLPACK_BOOL, 8, TSR_BOOL},  {DLPACK_INT, 8, TSR_I8},       {DLPACK_INT, 16, TSR_I16},
        {DLPACK_INT, 32, TSR_I32},   {DLPACK_INT, 64, TSR_I64},     {DLPACK_UINT, 8, TSR_U8},
        {DLPACK_UINT, 16, TSR_U16},  {DLPACK_UINT, 32, TSR_U32},    {DLPACK_UINT, 64, TSR_U64},
        {DLPACK_FLOAT, 16, TSR_F16}, {DLPACK_BFLOAT, 16, TSR_BF16}, {DLPACK_FLOAT, 32, TSR_F32},
        {DLPACK_FLOAT, 64, TSR_F64}, {DLPACK_COMPLEX, 64, TSR_C64}, {DLPACK_COMPLEX, 128, TSR_C128},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i)
        if (t.lanes == 1 && t.code == table[i].code && t.bits == table[i].bits)
            return table[i].type;
    return TSR_TYPE_ANY;
}

static tsr_status incoming_read(struct incoming *in)
{
    const struct dlpack_tensor *t = in->t;
    const tsr_site              at = in->o->at;
    int64_t                     step = 1;
    if (t->device.type != DLPACK_CPU)
        return tsr_fail_(
            at, TSR_BAD_ARGUMENT,
            "the tensor is on device %d:%d; only the CPU's memory (device type 1) is read",
            (int)t->device.type, (int)t->device.id);
    in->type = type_of(t->dtype);
    if (in->type == TSR_TYPE_ANY)
        return tsr_fail_(at, TSR_BAD_TYPE,
                         "arrays have no elements of DLPack's code %d with %d bits and %d lanes",
                         t->dtype.code, t->dtype.bits, t->dtype.lanes);
    if (t->ndim < 0 || t->ndim > TSR_MAX_RANK)
        return tsr_fail_(at, TSR_BAD_SHAPE, "the tensor has %d dimensions; arrays have at most %d",
                         (int)t->ndim, TSR_MAX_RANK);
    in->shape = (nd_shape){.rank = t->ndim};
    for (int d = t->ndim - 1; d >= 0; --d) {
        if (t->shape[d] < 0)
            return tsr_fail_(at, TSR_BAD_SHAPE, "the tensor has extent %lld",
                             (long long)t->shape[d]);
        in->shape.extent[d] = t->shape[d];
        in->stride[d] = t->strides ? t->strides[d] : step;
        step *= t->shape[d] > 0 ? t->shape[d] : 1;
    }
    in->first = (char *)t->data + (t->data ? t->byte_offset : 0);
    return TSR_OK;
}

/* ---- how it lies in memory ---- */

static int64_t magnitude(int64_t v)
{
    return v < 0 ? -v : v;
}

/* Whether axis `a` lies outside of axis `b`: those of one element are innermost. */
static bool is_outer(const struct incoming *in, int a, int b)
{
    const bool one_a = in->shape.extent[a] == 1, one_b = in->shape.extent[b] == 1;
    if (one_a || one_b)
        return one_b && !one_a;
    return magnitude(in->stride[a]) > magnitude(in->stride[b]);
}

static struct layout layout_of(const struct incoming *in)
{
    struct layout l = {.is_dense = true, .lowest = in->first};
    const int64_t bytes = (int64_t)tsr_type_size(in->type);
    int64_t       step = 1;
    for (int d = 0; d < in->shape.rank; ++d) {
        int k = l.n;
        if (in->stride[d] == 0 && in->shape.extent[d] > 1) {
            l.is_stretched = true;
            continue;
        }
        for (; k > 0 && is_outer(in, d, l.order[k - 1]); --k)
            l.order[k] = l.order[k - 1];
        l.order[k] = d;
        ++l.n;
    }
    l.shape.rank = l.n;
    for (int k = l.n - 1; k >= 0; --k) {
        const int     d = l.order[k];
        const int64_t extent = in->shape.extent[d], stride = in->stride[d];
        l.shape.extent[k] = extent;
        l.is_dense = l.is_dense && (extent == 1 || magnitude(stride) == step);
        step *= extent;
        if (stride < 0)
            l.lowest += stride * (extent - 1) * bytes;
    }
    return l;
}

/* Elements are aligned to their size, complex ones to their parts'. */
static bool is_aligned(const struct incoming *in)
{
    return (uintptr_t)in->first % tsr_type_size(array_real_of(in->type)) == 0;
}

/* ---- in place ---- */

static void replace(tsr_store *s, tsr_store by, tsr_site at)
{
    tsr_store_release_(*s, at);
    *s = by;
}

/* Memory in its own order as the tensor shows it. */
static tsr_store as_shown(tsr_store s, const struct incoming *in, const struct layout *l)
{
    const tsr_site at = in->o->at;
    int            order[TSR_MAX_RANK], n = 0;
    bool           is_moved = false;
    for (int k = 0; k < l->n; ++k)
        if (in->stride[l->order[k]] < 0 && l->shape.extent[k] > 1)
            replace(&s, tsr_slice_(s, k, l->shape.extent[k] - 1, -1, -1, at), at);
    for (int d = 0; d < in->shape.rank; ++d)
        for (int k = 0; k < l->n; ++k)
            if (l->order[k] == d) {
                is_moved = is_moved || k != n;
                order[n++] = k;
            }
    if (is_moved)
        replace(&s, tsr_transpose_(s, order, at), at);
    for (int d = 0; l->is_stretched && d < in->shape.rank; ++d)
        if (in->stride[d] == 0 && in->shape.extent[d] > 1)
            replace(&s, tsr_promote_(s, d, in->shape.extent[d], at), at);
    return s;
}

static bool is_refused(tsr_store s, tsr_site at)
{
    tsr_store_info info;
    return tsr_store_describe_(s, &info, at) != TSR_OK || info.is_failed;
}

static nd_array attach_in_place(const struct incoming *in, const struct layout *l)
{
    const tsr_site  at = in->o->at;
    const tsr_store s =
        tsr_attach_(in->type, l->shape, l->lowest,
                    in->o->write ? TSR_ATTACH_WRITE : TSR_ATTACH_READ, in->release, in->owner, at);
    return nd_from_store(is_refused(s, at) ? s : as_shown(s, in, l));
}

/* ---- packed ---- */

/* The elements in C order, for free(); NULL: there is no memory. */
static char *pack(const struct incoming *in)
{
    int64_t            to_stride[TSR_MAX_RANK], step = 1;
    struct array_block b = {.rank = in->shape.rank,
                            .bytes = tsr_type_size(in->type),
                            .to_stride = to_stride,
                            .from_stride = in->stride};
    for (int d = b.rank - 1; d >= 0; --d) {
        b.extent[d] = in->shape.extent[d];
        to_stride[d] = step;
        step *= b.extent[d];
    }
    char *packed = aligned_alloc(64, ((size_t)step * b.bytes + 64) & ~(size_t)63);
    if (packed)
        array_copy_block(&b, packed, in->first);
    return packed;
}

static nd_array take_packed(const struct incoming *in)
{
    const tsr_site at = in->o->at;
    char          *packed = pack(in);
    tsr_store      s;
    if (!packed)
        return ARRAY_FAIL(at, NO_MEMORY, "no memory to pack a tensor of shape %s",
                          array_shape_text(&in->shape).text);
    if (in->o->copy)
        s = nd_store(nd_from_memory_(in->type, in->shape, packed, at));
    else
        s = tsr_attach_(in->type, in->shape, packed, TSR_ATTACH_READ, release_packed, packed, at);
    const bool refused = is_refused(s, at);
    if (in->o->copy || refused)
        free(packed);
    if (!refused)
        in->release(NULL, in->owner);
    return nd_from_store(s);
}

/* ---- the calls ---- */

static nd_array take(struct incoming *in)
{
    const tsr_site at = in->o->at;
    if (incoming_read(in) != TSR_OK)
        return array_failed(at);
    struct layout l = layout_of(in);
    const bool    is_empty = array_volume(&in->shape) == 0;
    const bool    in_place = is_empty || (l.is_dense && is_aligned(in));
    if (is_empty)
        l = (struct layout){.shape = in->shape, .lowest = in->first};
    for (int d = 0; is_empty && d < in->shape.rank; ++d, ++l.n)
        l.order[d] = d;
    if (in->o->write && (in->is_read_only || !in_place || l.is_stretched || in->o->copy))
        return ARRAY_FAIL(at, NOT_ALLOWED, "the tensor cannot be written: %s",
                          in->is_read_only  ? "it is read only"
                          : in->o->copy     ? "its elements are to be copied"
                          : l.is_stretched  ? "it is stretched along an axis"
                          : !is_aligned(in) ? "its elements are not aligned"
                                            : "there are gaps between its elements");
    return in_place && !in->o->copy ? attach_in_place(in, &l) : take_packed(in);
}

nd_array nd_from_dlpack_(struct DLManagedTensorVersioned *t, const nd_dlpack_options *o)
{
    if (!t)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no tensor is given");
    if (t->version.major != DLPACK_MAJOR)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "the tensor is of DLPack %u.%u; known is version %d",
                          (unsigned)t->version.major, (unsigned)t->version.minor, DLPACK_MAJOR);
    struct incoming in = {.t = &t->dl_tensor,
                          .o = o,
                          .release = release_versioned,
                          .owner = t,
                          .is_read_only = (t->flags & DLPACK_READ_ONLY) != 0};
    return take(&in);
}

nd_array nd_from_dlpack_unversioned_(struct DLManagedTensor *t, const nd_dlpack_options *o)
{
    if (!t)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no tensor is given");
    struct incoming in = {.t = &t->dl_tensor, .o = o, .release = release_unversioned, .owner = t};
    return take(&in);
}
