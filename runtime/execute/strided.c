/* execute/strided.c - moving boxes of elements between strided memories.
 *
 * Dimensions that lie one behind the other in both memories are joined, so that a box that is
 * contiguous in both is one memcpy; the innermost dimension else runs in a loop by element size.
 * Cost: O(elements).  Threads: any, on memory that is theirs. */
#include <string.h>

#include "execute/execute.h"

static void row_copy(int64_t n, size_t bytes, char *to, int64_t to_stride, const char *from,
                     int64_t from_stride)
{
    const int64_t t = to_stride * (int64_t)bytes, f = from_stride * (int64_t)bytes;
    if (to_stride == 1 && from_stride == 1) {
        memcpy(to, from, (size_t)n * bytes);
        return;
    }
    switch (bytes) {
    case 4:
        for (int64_t i = 0; i < n; ++i)
            memcpy(to + i * t, from + i * f, 4);
        break;
    case 8:
        for (int64_t i = 0; i < n; ++i)
            memcpy(to + i * t, from + i * f, 8);
        break;
    default:
        for (int64_t i = 0; i < n; ++i)
            memcpy(to + i * t, from + i * f, bytes);
    }
}

/* Extents of 1 dropped, joined where both memories allow; outermost first. */
struct joined {
    int     rank;
    int64_t extent[TSR_MAX_RANK], to[TSR_MAX_RANK], from[TSR_MAX_RANK];
};

static struct joined join(int rank, const int64_t *extent, const int64_t *to, const int64_t *from)
{
    struct joined j = {0, {0}, {0}, {0}};
    for (int d = 0; d < rank; ++d) {
        if (extent[d] == 1)
            continue;
        const int k = j.rank - 1;
        if (k >= 0 && j.to[k] == to[d] * extent[d] && j.from[k] == from[d] * extent[d]) {
            j.extent[k] *= extent[d];
            j.to[k] = to[d];
            j.from[k] = from[d];
            continue;
        }
        j.extent[j.rank] = extent[d];
        j.to[j.rank] = to[d];
        j.from[j.rank++] = from[d];
    }
    return j;
}

void strided_copy(int rank, const int64_t *extent, size_t element_bytes, void *to,
                  const int64_t *to_stride, const void *from, const int64_t *from_stride)
{
    for (int d = 0; d < rank; ++d)
        if (extent[d] <= 0)
            return;
    const struct joined j = join(rank, extent, to_stride, from_stride);
    int64_t index[TSR_MAX_RANK] = {0};
    char *t = to;
    const char *f = from;
    if (j.rank == 0) {
        memcpy(t, f, element_bytes);
        return;
    }
    const int in = j.rank - 1;
    for (;;) {
        row_copy(j.extent[in], element_bytes, t, j.to[in], f, j.from[in]);
        int d = in - 1;
        for (; d >= 0; --d) {
            t += j.to[d] * (int64_t)element_bytes;
            f += j.from[d] * (int64_t)element_bytes;
            if (++index[d] < j.extent[d])
                break;
            t -= j.extent[d] * j.to[d] * (int64_t)element_bytes;
            f -= j.extent[d] * j.from[d] * (int64_t)element_bytes;
            index[d] = 0;
        }
        if (d < 0)
            return;
    }
}

char *instance_address(const struct instance *i, const int64_t *index, size_t element_bytes)
{
    int64_t offset = 0;
    for (int d = 0; d < i->box.rank; ++d)
        offset += (index[d] - i->box.low[d]) * i->stride[d];
    return i->base + offset * (int64_t)element_bytes;
}
