/* gen_streams.c - runs of tasks that belong together: repeated, chained, or many on one store. */
#include "gen.h"

#include <string.h>

/* The last few records that write, some times over: a stream that repeats. */
void draw_repeat(gen *g)
{
    const int length = (int)rng_range(&g->r, 1, 6), times = (int)rng_range(&g->r, 2, 6);
    int       from[6], n = 0;
    for (int k = g->p->n_ops - 1; k >= 0 && n < length; --k) {
        const op_kind kind = g->p->op[k].kind;
        if (kind == OP_TASK || kind == OP_FILL || kind == OP_COPY)
            from[n++] = k;
    }
    for (int t = 0; t < times; ++t)
        for (int k = n - 1; k >= 0; --k) {
            oracle_op o = g->p->op[from[k]];
            emit(g, &o);
        }
}

/* Many writes of parts of one store, cut in many ways: an owner map of many layers. */
void draw_layers(gen *g)
{
    const int x = target(g, NULL);
    if (x < 0)
        return;
    const store_info i = info_of(g, x);
    if (i.shape.rank == 0 || i.shape.extent[0] < 4 || is_empty(&i.shape))
        return;
    for (int k = (int)rng_range(&g->r, 6, 14); k > 0; --k) {
        tsr_shape s = i.shape;
        for (int d = 0; d < s.rank; ++d)
            s.extent[d] = d == 0 || rng_chance(&g->r, 40)
                              ? rng_range(&g->r, 1, (s.extent[d] + 1) / 2)
                              : s.extent[d];
        const int part = adapt(g, x, i.type, &s, FOR_WRITE);
        if (part < 0)
            continue;
        const bool manual = rng_chance(&g->r, 50) && allowed(g, GROUP_MANUAL);
        proposal   q = propose(g, manual ? K_COPY : K_MIX);
        const int  in = operand(g, manual ? i.type : TSR_TYPE_ANY, &s, FOR_READ);
        if (in < 0)
            continue;
        add_store(g, &q, part);
        add_store(g, &q, in);
        if (manual) {
            const int tiles = tiles_of(g, &s, &q.o.points);
            q.o.arg[0].partition = q.o.arg[1].partition = tiles;
            q.key.manual = true;
            if (tiles < 0)
                continue;
        }
        issue(g, &q);
    }
}

/* A chain of stores that live from one task to the next. */
void draw_chain(gen *g)
{
    int       last = draw_store(g, NULL);
    bool      failed;
    const int first = last;
    if (last < 0 || !interp_content(g->s, last, &failed))
        return;
    const store_info i = info_of(g, last);
    for (int k = (int)rng_range(&g->r, 2, 6); k > 0; --k) {
        oracle_op c = op_new(OP_CREATE);
        c.type = rng_chance(&g->r, 70) ? i.type : draw_type(g);
        c.shape = i.shape;
        const int fresh = emit(g, &c);
        proposal  q = propose(g, rng_chance(&g->r, 25) && allowed(g, GROUP_HALO) && c.type == i.type
                                     ? K_STENCIL
                                     : K_MIX);
        for (int d = 0; d < i.shape.rank && q.key.kernel == K_STENCIL; ++d)
            q.key.high[d] = q.o.params.high[d] = 1;
        q.o.params.flags = q.key.kernel == K_STENCIL;
        if (fresh < 0)
            return;
        add_store(g, &q, fresh);
        add_store(g, &q, last);
        if (!issue(g, &q))
            return;
        if (last != first && rng_chance(&g->r, 90)) {
            oracle_op r = op_new(OP_RELEASE);
            r.a = last;
            emit(g, &r);
        }
        last = fresh;
    }
}
