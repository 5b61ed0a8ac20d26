/* tiles.c - how attached memory is dealt to ranks: blocks of the whole, each with its elements in C
 * order, one after another in a rank's buffer.
 *
 * p[1 + d] blocks along dimension d, for the first three; block t, row-major, is rank t's modulo the
 * ranks, or (p[4]) the ranks' in equal runs.  O(elements). */
#include "oracle.h"

#include <string.h>

static void grid_of(const oracle_op *o, int64_t *out_count, int64_t *out_side)
{
    for (int d = 0; d < o->shape.rank; ++d) {
        const int64_t n = o->shape.extent[d], wanted = d < 3 && o->p[1 + d] > 0 ? o->p[1 + d] : 1;
        out_side[d] = (n + wanted - 1) / wanted;
        out_count[d] = n > 0 ? (n + out_side[d] - 1) / out_side[d] : 0;
    }
}

static size_t box_bytes(const oracle_op *o, const tsr_box *b)
{
    size_t n = el_size(o->type);
    for (int d = 0; d < b->rank; ++d)
        n *= (size_t)(b->high[d] - b->low[d]);
    return n;
}

int tiles_deal(const oracle_op *o, int ranks, int rank, uint8_t *buffer, tsr_tile *out)
{
    int64_t low[TSR_MAX_RANK] = {0}, count[TSR_MAX_RANK], side[TSR_MAX_RANK], i[TSR_MAX_RANK];
    int64_t all = 1, t = 0;
    int     n = 0;
    grid_of(o, count, side);
    for (int d = 0; d < o->shape.rank; ++d)
        all *= count[d];
    for (bool more = box_first(o->shape.rank, low, count, i); more;
         more = box_next(o->shape.rank, low, count, i), ++t) {
        if ((o->p[4] ? t * ranks / all : t % ranks) != rank)
            continue;
        tsr_tile *x = &out[n++];
        memset(x, 0, sizeof *x);
        x->box.rank = o->shape.rank;
        for (int d = 0; d < o->shape.rank; ++d) {
            const int64_t high = (i[d] + 1) * side[d];
            x->box.low[d] = i[d] * side[d];
            x->box.high[d] = high < o->shape.extent[d] ? high : o->shape.extent[d];
        }
        x->data = buffer;
        buffer += (box_bytes(o, &x->box) + 63) & ~(size_t)63;
    }
    return n;
}

void tile_elements(const oracle_op *o, const tsr_box *box, const uint8_t *whole, uint8_t *out)
{
    const size_t size = el_size(o->type);
    int64_t      i[TSR_MAX_RANK];
    for (bool more = box_first(box->rank, box->low, box->high, i); more;
         more = box_next(box->rank, box->low, box->high, i), out += size) {
        int64_t at = 0;
        for (int d = 0; d < box->rank; ++d)
            at = at * o->shape.extent[d] + i[d];
        if (whole)
            memcpy(out, whole + (size_t)at * size, size);
        else
            el_from_u64(o->type, hash_pair(o->seed, (uint64_t)at), false, out);
    }
}
