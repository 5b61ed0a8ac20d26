/* array_reshape.c - the elements in C order under another shape.
 *
 * Without its dimensions of extent 1, an array whose dimensions are only split has the new shape
 * as a view. Where dimensions are joined the elements are copied: a fresh row of elements is seen
 * as the old shape, written, and seen as the new one.
 *
 * Cost: O(rank), and one copy where dimensions are joined. Threads: the issuing thread. */
#include "array_inside.h"

/* Which dimensions of `to` each dimension of `from` becomes: extents greater than 1 of `to`
 * multiply up to those of `from`, in order. False: one would have to be joined. */
static bool only_splits(const nd_shape *from, const nd_shape *to)
{
    int d = 0;
    for (int k = 0; k < from->rank; ++k) {
        if (from->extent[k] == 1)
            continue;
        int64_t rest = from->extent[k];
        while (rest > 1 && d < to->rank) {
            if (rest % to->extent[d] != 0)
                return false;
            rest /= to->extent[d++];
        }
        if (rest != 1)
            return false;
    }
    return true;
}

/* Split dimension `at_dim` of extent `extent`; answers how many dimensions it became. */
static int split(tsr_store *s, int at_dim, int64_t extent, const nd_shape *to, int first,
                 tsr_site at)
{
    int n = 0;
    for (int64_t rest = extent; rest > 1; ++n)
        rest /= to->extent[first + n];
    const tsr_store next = tsr_delinearize_(*s, at_dim, &to->extent[first], n, at);
    tsr_store_release_(*s, at);
    *s = next;
    return n;
}

/* The view: drop ones, split the others, put ones of the new shape in. */
static tsr_store view_split(tsr_store s, const nd_shape *from, const nd_shape *to, tsr_site at)
{
    int at_dim = 0, d = 0;
    for (int k = 0; k < from->rank; ++k) {
        if (from->extent[k] == 1) {
            const tsr_store next = tsr_project_(s, at_dim, 0, at);
            tsr_store_release_(s, at);
            s = next;
            continue;
        }
        const int n = split(&s, at_dim, from->extent[k], to, d, at);
        d += n;
        at_dim += n;
    }
    for (; d < to->rank; ++d, ++at_dim) {
        const tsr_store next = tsr_promote_(s, at_dim, 1, at);
        tsr_store_release_(s, at);
        s = next;
    }
    return s;
}

/* A row of elements as a shape. */
static tsr_store row_as(tsr_store row, const nd_shape *shape, tsr_site at)
{
    return shape->rank == 0 ? tsr_project_(row, 0, 0, at)
                            : tsr_delinearize_(row, 0, shape->extent, shape->rank, at);
}

/* The copy: a row of elements, written as the old shape, seen as the new one. */
static tsr_store copy_joined(tsr_store s, const array_info *info, const nd_shape *to, tsr_site at)
{
    const nd_shape   shape = {1, {array_volume(&info->shape)}};
    const tsr_store  row = tsr_store_create_(info->type, shape, at);
    const tsr_store  old = row_as(row, &info->shape, at);
    const tsr_status done = tsr_copy_(old, s, at);
    const tsr_store  seen = done == TSR_OK ? row_as(row, to, at) : tsr_store_failed_(at);
    tsr_store_release_(old, at);
    tsr_store_release_(row, at);
    return seen;
}

/* Fill in the extent that is -1. */
static tsr_status shape_complete(nd_shape *to, const nd_shape *from, tsr_site at)
{
    const int64_t n = array_volume(from);
    int           unknown = -1;
    int64_t       product = 1;
    bool          fits = to->rank >= 0 && to->rank <= TSR_MAX_RANK;
    for (int d = 0; fits && d < to->rank; ++d) {
        if (to->extent[d] == -1 && unknown < 0)
            unknown = d;
        else
            fits = to->extent[d] >= 0 && !__builtin_mul_overflow(product, to->extent[d], &product);
    }
    if (fits && unknown >= 0 && product > 0 && n % product == 0)
        product *= to->extent[unknown] = n / product;
    else if (unknown >= 0)
        fits = false;
    if (!fits || product != n)
        return tsr_fail_(at, TSR_BAD_SHAPE, "cannot reshape array of size %lld into shape %s",
                         (long long)n, array_shape_text(to).text);
    return TSR_OK;
}

nd_array nd_reshape_(nd_array a, nd_shape shape, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (shape_complete(&shape, &info.shape, at) != TSR_OK)
        return array_failed(at);
    if (array_same_shape(&shape, &info.shape))
        return array_alias(a, at);
    if (array_volume(&shape) == 0)
        return nd_empty_(info.type, shape, at);
    if (!only_splits(&info.shape, &shape))
        return nd_from_store(copy_joined(nd_store(a), &info, &shape, at));
    return nd_from_store(view_split(tsr_store_alias_(nd_store(a), at), &info.shape, &shape, at));
}

nd_array nd_ravel_(nd_array a, tsr_site at)
{
    return nd_reshape_(a, (nd_shape){1, {-1}}, at);
}
