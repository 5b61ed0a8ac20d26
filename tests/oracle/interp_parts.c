/* interp_parts.c - explicit partitions: a list of boxes, one a point. */
#include "interp.h"

#include <string.h>

static part *part_create(interp *s, const oracle_op *o, int64_t n, const tsr_shape *shape)
{
    part *q = &s->part[o->id];
    q->live = true;
    q->scope = s->depth;
    q->n = n;
    q->shape = *shape;
    q->box = arena_take(&s->memory, (size_t)(n > 0 ? n : 1) * sizeof *q->box);
    memset(q->box, 0, (size_t)n * sizeof *q->box);
    for (int64_t k = 0; k < n; ++k)
        q->box[k].rank = shape->rank;
    return q;
}

bool step_tiles(interp *s, oracle_op *o)
{
    int64_t count[TSR_MAX_RANK], low[TSR_MAX_RANK] = {0}, i[TSR_MAX_RANK], n = 1;
    for (int d = 0; d < o->shape.rank; ++d) {
        if (o->p[d] < 1 || o->shape.extent[d] < 1)
            return false;
        count[d] = (o->shape.extent[d] + o->p[d] - 1) / o->p[d];
        n *= count[d];
    }
    if (n > 64 || o->shape.rank < 1)
        return false;
    part   *q = part_create(s, o, n, &o->shape);
    int64_t k = 0;
    for (bool more = box_first(o->shape.rank, low, count, i); more;
         more = box_next(o->shape.rank, low, count, i), ++k)
        for (int d = 0; d < o->shape.rank; ++d) {
            const int64_t high = (i[d] + 1) * o->p[d];
            q->box[k].low[d] = i[d] * o->p[d];
            q->box[k].high[d] = high < o->shape.extent[d] ? high : o->shape.extent[d];
        }
    return true;
}

/* Boxes drawn from the seed: p[0] of them, some empty; they may meet. */
bool step_boxes(interp *s, oracle_op *o)
{
    if (o->p[0] < 1 || o->p[0] > 64 || o->shape.rank < 1)
        return false;
    for (int d = 0; d < o->shape.rank; ++d)
        if (o->shape.extent[d] < 1)
            return false;
    part *q = part_create(s, o, o->p[0], &o->shape);
    rng   r = {o->seed};
    for (int64_t k = 0; k < q->n; ++k)
        for (int d = 0; d < q->shape.rank; ++d) {
            q->box[k].low[d] = rng_below(&r, q->shape.extent[d]);
            q->box[k].high[d] =
                q->box[k].low[d] + rng_below(&r, q->shape.extent[d] - q->box[k].low[d] + 1);
        }
    return true;
}

/* Point i has the box of point hash(seed, i) of `a`, or none. */
bool step_projection(interp *s, oracle_op *o)
{
    if (o->a < 0 || !s->part[o->a].live || o->p[0] < 1 || o->p[0] > 64)
        return false;
    const part *from = &s->part[o->a];
    part       *q = part_create(s, o, o->p[0], &from->shape);
    for (int64_t k = 0; k < q->n; ++k) {
        const int64_t to = (int64_t)(hash_pair(o->seed, (uint64_t)k) % (uint64_t)(from->n + 1)) - 1;
        if (to >= 0)
            q->box[k] = from->box[to];
    }
    return true;
}

bool step_end_partition(interp *s, oracle_op *o)
{
    if (o->a < 0 || !s->part[o->a].live)
        return false;
    s->part[o->a].live = false;
    return true;
}
