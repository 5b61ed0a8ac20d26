/* gen_special.c - random tasks that reduce, that know their extents alone, that are cut canonically or
 * by hand, foreign functions, and those whose points communicate. */
#include "gen.h"

#include <string.h>

/* ---- reductions ---- */

/* A type of the program that an operator takes, or one that suits it. */
static tsr_type type_for(gen *g, tsr_reduction r)
{
    for (int k = rng_chance(&g->r, 40) ? 6 : 0; k < 6; ++k) {
        const tsr_type t = draw_type(g);
        if (el_can_reduce(r, t))
            return t;
    }
    static const tsr_type numbers[] = {TSR_F64, TSR_F32, TSR_C64, TSR_C128, TSR_F16, TSR_BF16};
    static const tsr_type integers[] = {TSR_I64, TSR_U8, TSR_BOOL, TSR_I32, TSR_U16, TSR_I8};
    const int             k = (int)rng_below(&g->r, 6);
    if (r == TSR_SUM || r == TSR_PRODUCT)
        return numbers[k];
    if (r == TSR_MIN || r == TSR_MAX)
        return k == 2 || k == 3 ? integers[k == 2] : numbers[k];
    return integers[k];
}

/* The operator of the first or second accumulator; its type. */
static tsr_type draw_reduction(gen *g, proposal *q, int which)
{
    tsr_reduction *r = &q->key.reduction[which];
    int           *reducer = &q->key.reducer[which];
    tsr_type       t;
    *r = (tsr_reduction)rng_range(&g->r, TSR_SUM, TSR_USER_REDUCTION);
    if (rng_chance(&g->r, 30))
        *r = TSR_SUM;
    if (*r == TSR_ARGMIN || *r == TSR_ARGMAX) {
        t = rng_chance(&g->r, 60) ? TSR_INDEXED_F64 : TSR_INDEXED_I64;
    } else if (*r == TSR_USER_REDUCTION) {
        *reducer = (int)rng_below(&g->r, N_REDUCERS);
        t = oracle_reducer_type[*reducer];
    } else {
        t = type_for(g, *r);
    }
    if (which) {
        q->o.params.reduction2 = (int)*r;
        q->o.params.reducer2 = *reducer;
    } else {
        q->o.params.reduction = (int)*r;
        q->o.params.reducer = *reducer;
    }
    return t;
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

/* Numbers with NaNs, infinities and zeros of both signs among them. */
static int special_store(gen *g, tsr_type t, const tsr_shape *shape)
{
    oracle_op c = op_new(OP_CREATE), o = op_new(OP_TASK);
    desc_key  k = {.kernel = K_INDEX};
    c.type = t;
    c.shape = *shape;
    const int id = emit(g, &c);
    o.desc = desc_get(g->p, &k);
    o.n_args = 2;
    o.arg[0].handle = id;
    o.seed = rng_next(&g->r);
    o.params = (kernel_params){.kernel = K_INDEX, .flags = INDEX_SPECIAL, .seed = o.seed};
    return id < 0 || o.desc < 0 || emit(g, &o) < 0 ? -1 : id;
}

static void task_reduce(gen *g)
{
    proposal        q = propose(g, K_REDUCE);
    const tsr_type  t = draw_reduction(g, &q, 0);
    const tsr_shape shape = draw_shape(g);
    if (t == TSR_INDEXED_F64 || t == TSR_INDEXED_I64)
        q = (q.key.kernel = K_ARG, q);
    const bool arg = q.key.kernel == K_ARG;
    const int  acc = accumulator(g, t, &shape);
    const int  in = rng_chance(&g->r, 10) ? special_store(g, arg ? TSR_F64 : t, &shape)
                                          : operand(g, arg ? TSR_F64 : t, &shape, FOR_READ);
    if (acc < 0 || in < 0)
        return;
    q.o.params.kernel = q.key.kernel;
    add_store(g, &q, acc);
    add_store(g, &q, in);
    q.key.type[0] = t;
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
    const tsr_type  t = draw_reduction(g, &q, 0);
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
    q.key.type[summed] = t;
    issue(g, &q);
}

/* Two accumulators in one task: one aligned, one whole. */
static void task_two_sums(gen *g)
{
    proposal        q = propose(g, K_TWO_SUMS);
    const tsr_type  t = draw_reduction(g, &q, 0), u = draw_reduction(g, &q, 1);
    const tsr_shape shape = draw_shape(g), bins = {1, {rng_range(&g->r, 1, 20)}};
    const int       aligned = accumulator(g, t, &shape);
    const int       whole = operand(g, u, &bins, FOR_REDUCE);
    const int       in = operand(g, t, &shape, FOR_READ);
    if (aligned < 0 || whole < 0 || in < 0 || info_of(g, whole).promoted)
        return;
    add_store(g, &q, aligned);
    add_store(g, &q, whole);
    add_store(g, &q, in);
    q.key.type[0] = t;
    q.key.type[1] = u;
    issue(g, &q);
}

/* Into the elements that an index names. */
static void task_add_at(gen *g)
{
    proposal        q = propose(g, K_ADD_AT);
    const tsr_type  t = draw_reduction(g, &q, 0);
    const tsr_shape into = draw_shape(g);
    tsr_shape       from = draw_shape(g);
    if (!allowed(g, GROUP_IMAGE) || into.rank < 1 || into.rank > 4 || from.rank < 1 ||
        from.rank >= TSR_MAX_RANK - 1 || is_empty(&into))
        return;
    tsr_shape tuples = from;
    if (into.rank > 1) {
        tuples.extent[tuples.rank++] = into.rank;
        from.extent[from.rank++] = 1;
        q.key.dims = 1u << (from.rank - 1);
    }
    const int index = make_index(g, &tuples, INDEX_POINTS, into.extent, into.rank);
    const int acc = operand(g, t, &into, FOR_REDUCE), in = operand(g, t, &from, FOR_READ);
    if (index < 0 || acc < 0 || in < 0 || info_of(g, acc).promoted)
        return;
    q.key.exact = rng_chance(&g->r, 50);
    add_store(g, &q, acc);
    add_store(g, &q, index);
    add_store(g, &q, in);
    q.key.type[0] = t;
    issue(g, &q);
}

void task_reduction(gen *g)
{
    if (!allowed(g, GROUP_REDUCE))
        return;
    const int how = (int)rng_below(&g->r, 100);
    if (how < 45)
        task_reduce(g);
    else if (how < 78)
        task_histogram(g);
    else if (how < 88)
        task_two_sums(g);
    else
        task_add_at(g);
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
        o.p[d] = s->extent[d] ? rng_range(&g->r, (s->extent[d] + 3) / 4, s->extent[d]) : 1;
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

/* Point by point into an accumulator cut by hand, or whole in every point. */
static void task_point_sum(gen *g)
{
    proposal        q = propose(g, K_POINT_SUM);
    const tsr_type  t = draw_reduction(g, &q, 0);
    const tsr_shape from = draw_shape(g), into = draw_shape(g);
    int64_t         points = 0;
    if (from.rank < 1 || into.rank < 1)
        return;
    const int acc = operand(g, t, &into, FOR_REDUCE), in = operand(g, t, &from, FOR_READ);
    const int tiles = tiles_of(g, &from, &points);
    if (acc < 0 || in < 0 || tiles < 0 || info_of(g, acc).promoted)
        return;
    q.key.manual = true;
    q.key.dims = rng_chance(&g->r, 40);
    add_store(g, &q, acc);
    add_store(g, &q, in);
    q.key.type[0] = t;
    q.o.arg[1].partition = tiles;
    if (!q.key.dims)
        q.o.arg[0].partition = boxes_of(g, &into, points);
    q.o.points = points;
    if (q.key.dims || q.o.arg[0].partition >= 0)
        issue(g, &q);
}

void task_manual(gen *g)
{
    if (allowed(g, GROUP_MANUAL) && allowed(g, GROUP_REDUCE) && rng_chance(&g->r, 20)) {
        task_point_sum(g);
        return;
    }
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

/* ---- points that communicate ---- */

/* Tiles along the first dimension, no more than a rank has workers. */
static int slabs_of(gen *g, const tsr_shape *s, int64_t *out_points)
{
    oracle_op o = op_new(OP_TILES);
    tsr_shape ignored;
    o.shape = *s;
    for (int d = 0; d < s->rank; ++d)
        o.p[d] = s->extent[d];
    const int64_t most = g->p->config.workers[0];
    o.p[0] = rng_range(&g->r, (s->extent[0] + most - 1) / most, s->extent[0]);
    const int id = emit(g, &o);
    if (id >= 0)
        interp_partition(g->s, id, &ignored, out_points);
    return id;
}

void task_talk(gen *g)
{
    proposal   q = propose(g, K_TALK);
    store_info i;
    if (!out_and_in(g, &q, NULL, false, &i))
        return;
    q.o.params.flags = (int)rng_below(&g->r, 4);
    q.o.params.modulus[0] = g->may_fail && rng_chance(&g->r, 30) ? rng_range(&g->r, 2, 60) : 0;
    q.o.params.modulus[1] = rng_below(&g->r, 3);
    if (rng_chance(&g->r, 50))
        q.key.work = 1e6; /* worth a worker, however small */
    if (allowed(g, GROUP_MANUAL) && i.shape.rank > 0 && !is_empty(&i.shape) && rng_chance(&g->r, 25)) {
        const int slabs = slabs_of(g, &i.shape, &q.o.points);
        q.o.arg[0].partition = q.o.arg[1].partition = slabs;
        q.key.manual = true;
        if (slabs < 0)
            return;
    }
    const oracle_op first = q.o;
    for (int k = rng_chance(&g->r, 30) ? 3 : 1; k > 0; --k) {
        q.o = first;
        issue(g, &q);
    }
}
