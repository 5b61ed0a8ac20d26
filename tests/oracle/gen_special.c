/* gen_special.c - random tasks that reduce, that know their extents alone, that are cut canonically or
 * by hand, and foreign functions. */
#include "gen.h"

#include <string.h>

/* ---- reductions ---- */

/* An operator, and a type of the program that it takes (or one that suits it). */
static tsr_type draw_reduction(gen *g, proposal *q)
{
    q->key.reduction = (tsr_reduction)rng_range(&g->r, TSR_SUM, TSR_USER_REDUCTION);
    if (rng_chance(&g->r, 30))
        q->key.reduction = TSR_SUM;
    if (q->key.reduction == TSR_ARGMIN || q->key.reduction == TSR_ARGMAX)
        return rng_chance(&g->r, 60) ? TSR_INDEXED_F64 : TSR_INDEXED_I64;
    if (q->key.reduction == TSR_USER_REDUCTION) {
        q->key.reducer = (int)rng_below(&g->r, N_REDUCERS);
        return oracle_reducer_type[q->key.reducer];
    }
    for (int k = rng_chance(&g->r, 40) ? 6 : 0; k < 6; ++k) {
        const tsr_type t = draw_type(g);
        if (el_can_reduce(q->key.reduction, t))
            return t;
    }
    static const tsr_type numbers[] = {TSR_F64, TSR_F32, TSR_C64, TSR_C128, TSR_F16, TSR_BF16};
    static const tsr_type integers[] = {TSR_I64, TSR_U8, TSR_BOOL, TSR_I32, TSR_U16, TSR_I8};
    const int             k = (int)rng_below(&g->r, 6);
    if (q->key.reduction == TSR_SUM || q->key.reduction == TSR_PRODUCT)
        return numbers[k];
    if (q->key.reduction == TSR_MIN || q->key.reduction == TSR_MAX)
        return k == 2 || k == 3 ? integers[k == 2] : numbers[k];
    return integers[k];
}

static void set_reduction(proposal *q, int acc, tsr_type t)
{
    q->key.type[acc] = t;
    q->o.params.reduction = q->key.reduction;
    q->o.params.reducer = q->key.reducer;
}

/* Into an aligned accumulator: a view of fewer elements, stretched. */
static int accumulator(gen *g, tsr_type t, const tsr_shape *shape)
{
    tsr_shape small = *shape;
    unsigned  gone = 0;
    small.rank = 0;
    for (int d = 0; d < shape->rank; ++d)
        if (rng_chance(&g->r, 55))
            gone |= 1u << d;
        else
            small.extent[small.rank++] = shape->extent[d];
    int id = operand(g, t, &small, FOR_REDUCE);
    if (id < 0 || info_of(g, id).sealed)
        return -1;
    for (int d = 0; d < shape->rank && id >= 0; ++d)
        if (gone >> d & 1) {
            oracle_op o = op_new(OP_PROMOTE);
            o.a = id;
            o.p[0] = d;
            o.p[1] = shape->extent[d];
            id = emit(g, &o);
        }
    return id;
}

static void task_reduce(gen *g)
{
    proposal        q = propose(g, K_REDUCE);
    const tsr_type  t = draw_reduction(g, &q);
    const tsr_shape shape = draw_shape(g);
    if (t == TSR_INDEXED_F64 || t == TSR_INDEXED_I64)
        q = (q.key.kernel = K_ARG, q);
    const bool arg = q.key.kernel == K_ARG;
    const int  acc = accumulator(g, t, &shape);
    const int  in = operand(g, arg ? TSR_F64 : t, &shape, FOR_READ);
    if (acc < 0 || in < 0)
        return;
    q.o.params.kernel = q.key.kernel;
    add_store(g, &q, acc);
    add_store(g, &q, in);
    set_reduction(&q, 0, t);
    const int times = rng_chance(&g->r, 25) ? 3 : 1;
    oracle_op first = q.o;
    for (int k = 0; k < times; ++k) {
        q.o = first;
        if (!issue(g, &q))
            return;
    }
}

static void task_histogram(gen *g)
{
    const bool      summed = rng_chance(&g->r, 25);
    proposal        q = propose(g, summed ? K_SUMMED : K_HISTOGRAM);
    const tsr_type  t = draw_reduction(g, &q);
    const tsr_shape shape = draw_shape(g);
    tsr_shape       bins = {0, {0}};
    if (rng_chance(&g->r, 60))
        bins = (tsr_shape){1, {rng_range(&g->r, 1, 20)}};
    else if (rng_chance(&g->r, 30))
        bins = (tsr_shape){2, {rng_range(&g->r, 1, 4), rng_range(&g->r, 1, 4)}};
    const int out = summed ? operand(g, TSR_TYPE_ANY, &shape, FOR_WRITE) : 0;
    const int acc = operand(g, t, &bins, FOR_REDUCE);
    const int in = operand(g, t, &shape, FOR_READ);
    if (acc < 0 || in < 0 || out < 0 || info_of(g, acc).promoted)
        return;
    if (summed)
        add_store(g, &q, out);
    add_store(g, &q, acc);
    add_store(g, &q, in);
    set_reduction(&q, summed, t);
    issue(g, &q);
}

void task_reduction(gen *g)
{
    if (!allowed(g, GROUP_REDUCE))
        return;
    if (rng_chance(&g->r, 55))
        task_reduce(g);
    else
        task_histogram(g);
}

/* ---- extents of its own, canonical, manual, foreign ---- */

void task_filter(gen *g)
{
    proposal        q = propose(g, K_FILTER);
    const tsr_shape line = {1, {rng_range(&g->r, 1, 80)}};
    oracle_op       u = op_new(OP_UNBOUND);
    if (!allowed(g, GROUP_UNBOUND))
        return;
    u.type = draw_type(g);
    u.shape = (tsr_shape){1, {0}};
    if (rng_chance(&g->r, 30))
        u.shape = (tsr_shape){2, {0, rng_range(&g->r, 1, 5)}};
    const int in = operand(g, TSR_TYPE_ANY, &line, FOR_READ);
    if (in < 0)
        return;
    const int out = emit(g, &u);
    add_store(g, &q, out);
    add_store(g, &q, in);
    q.key.rank[0] = q.key.rank[1] = 0;
    q.o.params.modulus[0] = rng_range(&g->r, 1, 4);
    q.o.params.modulus[1] = u.shape.rank > 1 ? u.shape.extent[1] : 1;
    if (!issue(g, &q))
        return;
    if (info_of(g, out).shape.extent[0] == 0) { /* nothing can be viewed of it */
        oracle_op r = op_new(OP_RELEASE);
        r.a = out;
        emit(g, &r);
    }
}

void task_canonical(gen *g)
{
    const bool scan = rng_chance(&g->r, 60);
    proposal   q = propose(g, scan ? K_SCAN : K_MARK);
    if (!allowed(g, GROUP_CANONICAL))
        return;
    const int out = target(g, scan ? el_is_number : NULL);
    if (out < 0)
        return;
    const store_info i = info_of(g, out);
    add_store(g, &q, out);
    if (scan) {
        const int in = operand(g, i.type, &i.shape, FOR_READ);
        if (in < 0)
            return;
        add_store(g, &q, in);
    }
    q.key.leaf_given = i.shape.rank > 0 && rng_chance(&g->r, 40);
    if (q.key.leaf_given) {
        q.key.iteration_rank = i.shape.rank;
        q.key.rank[0] = i.shape.rank;
        for (int d = 0; d < i.shape.rank; ++d)
            q.key.high[d] = (int8_t)rng_range(&g->r, 1, 12);
    }
    issue(g, &q);
}

int tiles_of(gen *g, const tsr_shape *s, int64_t *out_points)
{
    oracle_op o = op_new(OP_TILES);
    tsr_shape ignored;
    o.shape = *s;
    for (int d = 0; d < s->rank; ++d)
        o.p[d] = rng_range(&g->r, (s->extent[d] + 3) / 4, s->extent[d]);
    const int id = emit(g, &o);
    if (id >= 0)
        interp_partition(g->s, id, &ignored, out_points);
    return id;
}

static int boxes_of(gen *g, const tsr_shape *s, int64_t points)
{
    oracle_op o = op_new(OP_BOXES);
    o.shape = *s;
    o.seed = rng_next(&g->r);
    if (rng_chance(&g->r, 50)) {
        int64_t   n;
        oracle_op q = op_new(OP_PROJECTION);
        q.a = tiles_of(g, s, &n);
        q.p[0] = points;
        q.seed = rng_next(&g->r);
        return q.a < 0 ? -1 : emit(g, &q);
    }
    o.p[0] = points;
    return emit(g, &o);
}

void task_manual(gen *g)
{
    const bool aligned = rng_chance(&g->r, 35);
    proposal   q = propose(g, aligned ? K_COPY : K_POINT);
    store_info i;
    if (!allowed(g, GROUP_MANUAL) || !out_and_in(g, &q, NULL, aligned, &i) || i.shape.rank == 0)
        return;
    int64_t   points = 0;
    const int tiles = tiles_of(g, &i.shape, &points);
    q.o.arg[0].partition = tiles;
    q.o.arg[1].partition = aligned ? tiles : boxes_of(g, &i.shape, points);
    q.o.points = points;
    q.key.manual = true;
    if (tiles < 0 || q.o.arg[1].partition < 0)
        return;
    const oracle_op first = q.o;
    for (int k = rng_chance(&g->r, 30) ? 3 : 1; k > 0; --k) {
        q.o = first;
        issue(g, &q);
    }
    if (rng_chance(&g->r, 40)) {
        oracle_op e = op_new(OP_END_PARTITION);
        e.a = tiles;
        emit(g, &e);
    }
}

void task_foreign(gen *g)
{
    static const kernel_id kernels[] = {K_AXPY, K_HALVE, K_DOT};
    proposal               q = propose(g, kernels[rng_below(&g->r, 3)]);
    const int64_t          n = rng_range(&g->r, 1, 60);
    tsr_shape              s = {1, {n}};
    if (!allowed(g, GROUP_FOREIGN))
        return;
    if (q.key.kernel == K_HALVE)
        s = (tsr_shape){2, {rng_range(&g->r, 1, 10), rng_range(&g->r, 1, 10)}};
    const int x = operand(g, TSR_F64, &s, q.key.kernel == K_DOT ? FOR_READ : FOR_WRITE);
    bool      failed;
    if (x < 0 || !interp_content(g->s, x, &failed))
        return;
    if (q.key.kernel == K_DOT)
        add_store(g, &q, operand(g, TSR_F64, &(tsr_shape){.rank = 0}, FOR_WRITE));
    add_store(g, &q, x);
    if (q.key.kernel != K_HALVE)
        add_store(g, &q, operand(g, TSR_F64, &s, FOR_READ));
    for (int k = 0; k < q.o.n_args; ++k) {
        q.key.type[k] = TSR_F64;
        q.key.rank[k] = q.key.kernel == K_HALVE ? 2 : q.key.kernel == K_DOT && k == 0 ? 0 : 1;
    }
    if (q.key.kernel == K_AXPY)
        add_scalar(g, &q, TSR_F64);
    issue(g, &q);
}
