/* array_shape.c - shapes: text, volume, broadcasting, axes.  Cost: O(rank). Threads: any. */
#include <stdio.h>
#include <string.h>

#include "array_inside.h"

struct array_shape_text array_shape_text(const nd_shape *s)
{
    struct array_shape_text t;
    size_t                  at = 0;
    t.text[at++] = '(';
    for (int d = 0; d < s->rank; ++d)
        at += (size_t)snprintf(t.text + at, sizeof t.text - at, "%s%lld", d ? ", " : "",
                               (long long)s->extent[d]);
    snprintf(t.text + at, sizeof t.text - at, s->rank == 1 ? ",)" : ")");
    return t;
}

int64_t array_volume(const nd_shape *s)
{
    int64_t n = 1;
    for (int d = 0; d < s->rank; ++d)
        n *= s->extent[d];
    return n;
}

bool array_same_shape(const nd_shape *a, const nd_shape *b)
{
    return a->rank == b->rank &&
           memcmp(a->extent, b->extent, (size_t)a->rank * sizeof a->extent[0]) == 0;
}

bool array_broadcast(nd_shape *a, const nd_shape *b)
{
    nd_shape  both = a->rank >= b->rank ? *a : *b;
    const int skip_a = both.rank - a->rank, skip_b = both.rank - b->rank;
    for (int d = 0; d < both.rank; ++d) {
        const int64_t x = d < skip_a ? 1 : a->extent[d - skip_a];
        const int64_t y = d < skip_b ? 1 : b->extent[d - skip_b];
        if (x != y && x != 1 && y != 1)
            return false;
        both.extent[d] = x == 1 ? y : x;
    }
    *a = both;
    return true;
}

tsr_status array_axis(int axis, int rank, int *out, tsr_site at)
{
    if (axis < -rank || axis >= rank)
        return tsr_fail_(at, TSR_BAD_ARGUMENT,
                         "axis %d is out of bounds for an array of dimension %d", axis, rank);
    *out = axis < 0 ? axis + rank : axis;
    return TSR_OK;
}

tsr_status array_axes(const int *axes, int n, int rank, unsigned *out, tsr_site at)
{
    unsigned set = 0;
    for (int i = 0; i < n; ++i) {
        int              axis = 0;
        const tsr_status s = array_axis(axes[i], rank, &axis, at);
        if (s != TSR_OK)
            return s;
        if (set >> axis & 1)
            return tsr_fail_(at, TSR_BAD_ARGUMENT, "axis %d is given twice", axes[i]);
        set |= 1u << axis;
    }
    *out = n == 0 ? (1u << rank) - 1 : set;
    return TSR_OK;
}
