/* gen_tasks.c - random tasks: which kernel, on which stores, declared how.
 *
 * Each function proposes one task of a kind and appends it if the interpreter takes it.  Shapes start
 * from what is written; what is read is found, viewed or made to fit. */
#include "gen.h"

#include <string.h>

proposal propose(gen *g, kernel_id kernel)
{
    proposal q;
    memset(&q, 0, sizeof q);
    q.o = op_new(OP_TASK);
    q.key.kernel = kernel;
    q.key.pure = rng_chance(&g->r, 30);
    q.key.work = rng_chance(&g->r, 8) ? 64 : 0;
    q.o.seed = rng_chance(&g->r, 50) ? 7 : rng_next(&g->r);
    q.o.params = (kernel_params){.kernel = kernel, .seed = q.o.seed};
    q.o.params.modulus[0] = 1;
    if (rng_chance(&g->r, 15))
        q.o.provenance = (int)rng_range(&g->r, 1, N_PROVENANCES);
    if (rng_chance(&g->r, 6))
        q.o.priority = (int)rng_range(&g->r, -3, 5);
    return q;
}

void add_store(gen *g, proposal *q, int id)
{
    const int        k = q->o.n_args++;
    const store_info i = info_of(g, id);
    q->o.arg[k].handle = id;
    if (i.type < TSR_TYPE_STRUCT_ && rng_chance(&g->r, 40))
        q->key.type[k] = i.type;
    if (!i.unbound && rng_chance(&g->r, 25))
        q->key.rank[k] = i.shape.rank;
}

static bool steer(gen *g, int *out_reg)
{
    for (int k = g->p->n_ops - 1, tries = 0; k >= 0 && tries < 30; --k, ++tries) {
        uint64_t         v;
        const oracle_op *o = &g->p->op[k];
        if (o->kind == OP_VALUE && interp_value_known(g->s, o->id, &v) && rng_chance(&g->r, 60)) {
            *out_reg = o->id;
            return true;
        }
    }
    return false;
}

/* One argument becomes a failed handle. */
static void mistake(gen *g, proposal *q)
{
    const int k = q->o.n_args > 2 ? (int)rng_range(&g->r, 1, q->o.n_args - 2) : -1;
    oracle_op m = op_new(OP_MISTAKE);
    m.a = k < 0 ? -1 : q->o.arg[k].handle;
    const int id = m.a < 0 ? -1 : emit(g, &m);
    if (id < 0)
        return;
    oracle_op o = q->o;
    o.arg[k].handle = id;
    emit(g, &o);
    oracle_op read = op_new(OP_STATUS);
    read.a = rng_chance(&g->r, 50) ? id : o.arg[0].handle;
    if (rng_chance(&g->r, 40))
        emit(g, &read);
}

bool issue(gen *g, proposal *q)
{
    q->o.desc = desc_get(g->p, &q->key);
    if (q->o.desc < 0)
        return false;
    const int kernel = q->key.kernel;
    if (kernel != K_AXPY && kernel != K_HALVE && kernel != K_DOT)
        q->o.n_args++; /* the params */
    if (allowed(g, GROUP_VALUES) && kernel != K_FILTER && rng_chance(&g->r, 8))
        steer(g, &q->o.guard);
    if (g->may_fail && allowed(g, GROUP_MISTAKES) && rng_chance(&g->r, 8))
        mistake(g, q);
    if (allowed(g, GROUP_EXPLAIN) && rng_chance(&g->r, 1)) {
        oracle_op e = q->o;
        e.kind = OP_EXPLAIN;
        emit(g, &e);
    }
    return emit(g, &q->o) >= 0;
}

/* Out (and its shape and type), then one input of the same shape and type. */
bool out_and_in(gen *g, proposal *q, bool (*fits)(tsr_type), bool same_type, store_info *out_info)
{
    const int out = target(g, fits);
    if (out < 0)
        return false;
    *out_info = info_of(g, out);
    const int in =
        operand(g, same_type ? out_info->type : TSR_TYPE_ANY, &out_info->shape, FOR_READ);
    if (in < 0)
        return false;
    add_store(g, q, out);
    add_store(g, q, in);
    return true;
}

/* ---- element by element ---- */

static void task_copy_like(gen *g)
{
    static const kernel_id kernels[] = {K_COPY, K_MIX, K_MIX, K_SCRATCH, K_MINEXT, K_PAIRS};
    const kernel_id        kernel = kernels[rng_below(&g->r, 6)];
    proposal               q = propose(g, kernel);
    store_info             i;
    if (kernel >= K_PAIRS && !allowed(g, GROUP_CUTS))
        return;
    if (!out_and_in(g, &q, NULL, kernel != K_MIX, &i))
        return;
    for (int d = 0; d < TSR_MAX_RANK; ++d)
        q.key.low[d] = 1;
    if (kernel == K_PAIRS && i.shape.rank > 0)
        q.key.low[i.shape.rank - 1] = 2;
    for (int d = 0; d < 4 && d < i.shape.rank && kernel == K_MINEXT; ++d) {
        q.key.low[d] = (int8_t)rng_range(&g->r, 1, 6);
        q.o.params.modulus[d] = i.shape.extent[d];
    }
    memcpy(q.o.params.low, q.key.low, sizeof q.key.low);
    if (kernel == K_PAIRS && i.shape.rank > 0 && rng_chance(&g->r, 50)) {
        q.o.params.flags = 1; /* both constraints */
        for (int d = 0; d < TSR_MAX_RANK; ++d) {
            q.key.high[d] = d < i.shape.rank ? (int8_t)rng_range(&g->r, 1, 6) : 1;
            if (d < 4 && d < i.shape.rank)
                q.o.params.modulus[d] = i.shape.extent[d];
        }
        memcpy(q.o.params.high, q.key.high, sizeof q.key.high);
    }
    issue(g, &q);
}

static void task_layout(gen *g)
{
    proposal   q = propose(g, K_LAYOUT);
    store_info i;
    if (!allowed(g, GROUP_LAYOUT) || !out_and_in(g, &q, NULL, true, &i))
        return;
    q.key.layout_out = (int)rng_below(&g->r, 4);
    q.key.layout_in = (int)rng_below(&g->r, 4);
    q.o.params.low[0] = (int8_t)q.key.layout_out;
    q.o.params.low[1] = (int8_t)q.key.layout_in;
    issue(g, &q);
}

static void task_fail(gen *g)
{
    if (!g->may_fail)
        return;
    proposal        q = propose(g, K_FAIL);
    const tsr_shape shape = draw_shape(g);
    const tsr_type  t = draw_type(g);
    const int       out = make_store(g, t, &shape), in = operand(g, t, &shape, FOR_READ);
    if (out < 0 || in < 0)
        return;
    add_store(g, &q, out);
    add_store(g, &q, in);
    q.o.params.modulus[0] = rng_range(&g->r, 1, 300);
    if (!issue(g, &q) || rng_chance(&g->r, 40))
        return;
    proposal  after = propose(g, K_MIX);
    const int next = operand(g, TSR_TYPE_ANY, &shape, FOR_WRITE);
    if (next >= 0) {
        add_store(g, &after, next);
        add_store(g, &after, out);
        issue(g, &after);
    }
    oracle_op read = op_new(rng_chance(&g->r, 50) ? OP_READ : OP_STATUS);
    read.a = rng_chance(&g->r, 50) ? out : next;
    if (read.a >= 0 && rng_chance(&g->r, 60))
        emit(g, &read);
}

void add_scalar(gen *g, proposal *q, tsr_type t)
{
    const int k = q->o.n_args++;
    q->key.type[k] = t;
    q->o.arg[k].value = rng_range(&g->r, t >= TSR_U8 && t <= TSR_U64 ? 0 : -3, 5);
    if (allowed(g, GROUP_VALUES) && rng_chance(&g->r, 25))
        steer(g, &q->o.arg[k].reg);
    const tsr_shape one = {.rank = 0};
    if (allowed(g, GROUP_SCALAR) && rng_chance(&g->r, 40))
        q->o.arg[k].handle = operand(g, t, &one, FOR_READ);
}

static void task_affine(gen *g)
{
    proposal   q = propose(g, K_AFFINE);
    store_info i;
    if (!out_and_in(g, &q, el_is_number, true, &i))
        return;
    add_scalar(g, &q, i.type);
    add_scalar(g, &q, i.type);
    issue(g, &q);
}

static void task_add(gen *g)
{
    proposal   q = propose(g, K_ADD);
    store_info i;
    if (!out_and_in(g, &q, el_is_number, true, &i))
        return;
    const int y = operand(g, i.type, &i.shape, FOR_READ);
    if (y < 0)
        return;
    add_store(g, &q, y);
    issue(g, &q);
}

static void task_update(gen *g)
{
    proposal  q = propose(g, rng_chance(&g->r, 50) ? K_UPDATE : K_UPDATE2);
    const int x = target(g, NULL);
    if (x < 0)
        return;
    const store_info i = info_of(g, x);
    add_store(g, &q, x);
    if (q.key.kernel == K_UPDATE2) {
        const int y = operand(g, i.type, &i.shape, FOR_READ);
        if (y < 0)
            return;
        add_store(g, &q, y);
    }
    issue(g, &q);
}

static void task_split(gen *g)
{
    proposal  q = propose(g, K_SPLIT);
    const int a = target(g, NULL);
    if (a < 0)
        return;
    const store_info i = info_of(g, a);
    const int        b = operand(g, TSR_TYPE_ANY, &i.shape, FOR_WRITE);
    const int        in = operand(g, TSR_TYPE_ANY, &i.shape, FOR_READ);
    if (b < 0 || in < 0)
        return;
    add_store(g, &q, a);
    add_store(g, &q, b);
    add_store(g, &q, in);
    issue(g, &q);
}

/* a[1:] = f(a[:-1]) and its like: two views of one store that meet. */
static void task_overlap(gen *g)
{
    const int x = target(g, NULL);
    if (x < 0 || !allowed(g, GROUP_OVERLAP))
        return;
    const store_info i = info_of(g, x);
    tsr_shape        s = i.shape;
    for (int d = 0; d < s.rank; ++d)
        if (s.extent[d] > 2)
            s.extent[d] -= rng_range(&g->r, 0, s.extent[d] > 8 ? 3 : 1);
    const int out = adapt(g, x, i.type, &s, FOR_WRITE), in = adapt(g, x, i.type, &s, FOR_READ);
    if (out < 0 || in < 0 || out == in)
        return;
    if (rng_chance(&g->r, 30)) {
        oracle_op o = op_new(OP_COPY);
        o.a = out;
        o.b = in;
        emit(g, &o);
        return;
    }
    static const kernel_id kernels[] = {K_COPY, K_MIX, K_UPDATE2, K_STENCIL};
    proposal q = propose(g, kernels[rng_below(&g->r, allowed(g, GROUP_HALO) ? 4 : 3)]);
    for (int d = 0; d < TSR_MAX_RANK && q.key.kernel == K_STENCIL; ++d)
        q.key.low[d] = q.key.high[d] = q.o.params.low[d] = q.o.params.high[d] = d < s.rank;
    add_store(g, &q, out);
    add_store(g, &q, in);
    issue(g, &q);
}

/* ---- neighbours ---- */

static void task_stencil(gen *g)
{
    proposal  q = propose(g, K_STENCIL);
    const int out = target(g, NULL);
    if (out < 0 || !allowed(g, GROUP_HALO))
        return;
    const store_info i = info_of(g, out);
    tsr_shape        s = i.shape;
    for (int d = 0; d < s.rank; ++d) {
        q.key.low[d] = (int8_t)rng_below(&g->r, i.shape.rank > 3 ? 2 : i.shape.rank > 2 ? 3 : 4);
        q.key.high[d] = (int8_t)rng_below(&g->r, i.shape.rank > 3 ? 2 : i.shape.rank > 2 ? 3 : 4);
        if (rng_chance(&g->r, 12))
            s.extent[d] += rng_range(&g->r, 1, 4);
    }
    memcpy(q.o.params.low, q.key.low, 8);
    memcpy(q.o.params.high, q.key.high, 8);
    q.o.params.flags = rng_chance(&g->r, 40);
    const int in = operand(g, i.type, &s, FOR_READ);
    if (in < 0)
        return;
    add_store(g, &q, out);
    add_store(g, &q, in);
    issue(g, &q);
}

static void task_scale(gen *g)
{
    const bool refine = rng_chance(&g->r, 50);
    proposal   q = propose(g, refine ? K_REFINE : K_COARSEN);
    const int  out = target(g, NULL);
    if (out < 0 || !allowed(g, GROUP_SCALE))
        return;
    const store_info i = info_of(g, out);
    tsr_shape        s = i.shape;
    for (int d = 0; d < s.rank; ++d) {
        const int64_t f = rng_range(&g->r, 1, s.rank > 2 ? 2 : 4);
        q.key.low[d] = (int8_t)f;
        s.extent[d] = refine ? (s.extent[d] + f - 1) / f
                             : s.extent[d] * f - (rng_chance(&g->r, 30) ? rng_below(&g->r, f) : 0);
        if (s.extent[d] < 0)
            s.extent[d] = 0;
    }
    memcpy(q.o.params.low, q.key.low, 8);
    const int in = operand(g, refine ? TSR_TYPE_ANY : i.type, &s, FOR_READ);
    if (in < 0)
        return;
    add_store(g, &q, out);
    add_store(g, &q, in);
    issue(g, &q);
}

/* ---- images ---- */

/* The same through the same indices, and where these were written anew: an image is found once for each
 * content. */
static void again(gen *g, const proposal *q, int index)
{
    const int wrote = g->p->n_ops - 1;
    oracle_op o = q->o;
    if (q->o.seed % 3 != 1)
        return;
    emit(g, &o);
    for (int k = wrote; k >= 0; --k) {
        oracle_op w = g->p->op[k];
        if (w.kind != OP_TASK || w.arg[0].handle != index)
            continue;
        w.params.seed = ++w.seed;
        emit(g, &w);
        o = q->o;
        emit(g, &o);
        return;
    }
}

bool is_empty(const tsr_shape *s)
{
    for (int d = 0; d < s->rank; ++d)
        if (s->extent[d] == 0)
            return true;
    return false;
}

static void task_gather(gen *g)
{
    proposal        q = propose(g, K_GATHER);
    const tsr_shape from = draw_shape(g);
    tsr_shape       to = draw_shape(g);
    const tsr_type  t = draw_type(g);
    if (from.rank < 1 || from.rank > 4 || to.rank >= TSR_MAX_RANK - 1 || to.rank < 1 ||
        is_empty(&from))
        return;
    tsr_shape tuples = to;
    if (from.rank > 1) {
        tuples.extent[tuples.rank++] = from.rank;
        to.extent[to.rank++] = 1;
        q.key.dims = 1u << (to.rank - 1);
    }
    const int index = make_index(g, &tuples, INDEX_POINTS, from.extent, from.rank);
    const int in = operand(g, t, &from, FOR_READ), out = operand(g, t, &to, FOR_WRITE);
    if (index < 0 || in < 0 || out < 0)
        return;
    q.key.exact = rng_chance(&g->r, 50);
    add_store(g, &q, out);
    add_store(g, &q, index);
    add_store(g, &q, in);
    if (issue(g, &q))
        again(g, &q, index);
}

static void task_ranges(gen *g)
{
    proposal        q = propose(g, K_RANGES);
    const tsr_shape from = draw_shape(g);
    const tsr_type  t = draw_type(g);
    const int64_t   n = rng_range(&g->r, 1, 30);
    if (from.rank < 1 || from.rank > 3 || is_empty(&from))
        return;
    const tsr_shape to = {2, {n, 1}}, pairs = {2, {n, 2}};
    const int       index = make_index(g, &pairs, INDEX_RANGES, from.extent, 1);
    const int       in = operand(g, t, &from, FOR_READ), out = operand(g, t, &to, FOR_WRITE);
    if (index < 0 || in < 0 || out < 0)
        return;
    q.key.dims = 2;
    q.key.exact = rng_chance(&g->r, 50);
    add_store(g, &q, out);
    add_store(g, &q, index);
    add_store(g, &q, in);
    if (issue(g, &q))
        again(g, &q, index);
}

static void task_scatter(gen *g)
{
    proposal        q = propose(g, K_SCATTER);
    const int64_t   n = rng_range(&g->r, 1, 60);
    const tsr_shape s = {1, {n}};
    const tsr_type  t = draw_type(g);
    int64_t         step = rng_range(&g->r, 1, n);
    for (int64_t a = step, b = n; b;) { /* make it coprime to n */
        const int64_t r = a % b;
        a = b;
        b = r;
        if (!b && a != 1) {
            step = 1;
            a = 1;
        }
    }
    const int index =
        make_index(g, &s, INDEX_PERMUTATION, (int64_t[]){n, step, rng_below(&g->r, n)}, 3);
    const int in = operand(g, t, &s, FOR_READ), out = operand(g, t, &s, FOR_WRITE);
    if (index < 0 || in < 0 || out < 0)
        return;
    q.key.exact = true;
    add_store(g, &q, out);
    add_store(g, &q, index);
    add_store(g, &q, in);
    issue(g, &q);
}

static void task_image(gen *g)
{
    if (!allowed(g, GROUP_IMAGE))
        return;
    const int how = (int)rng_below(&g->r, 5);
    if (how < 2)
        task_gather(g);
    else if (how < 4)
        task_ranges(g);
    else
        task_scatter(g);
}

/* ---- all of an argument ---- */

static void task_bcast(gen *g)
{
    proposal        q = propose(g, K_BCAST);
    const tsr_shape s = draw_shape(g);
    store_info      i;
    if (!allowed(g, GROUP_BROADCAST) || !out_and_in(g, &q, NULL, false, &i))
        return;
    const int b = operand(g, TSR_TYPE_ANY, &s, FOR_READ);
    if (b < 0)
        return;
    add_store(g, &q, b);
    issue(g, &q);
}

static void task_matmul(gen *g)
{
    proposal       q = propose(g, K_MATMUL);
    const int64_t  n = rng_range(&g->r, 1, 12), m = rng_range(&g->r, 1, 12);
    const int64_t  k = rng_range(&g->r, 1, 6);
    const tsr_type t = draw_number(g);
    if (!allowed(g, GROUP_BROADCAST))
        return;
    const int out = operand(g, t, &(tsr_shape){2, {n, m}}, FOR_WRITE);
    const int a = operand(g, t, &(tsr_shape){2, {n, k}}, FOR_READ);
    const int b = operand(g, t, &(tsr_shape){2, {k, m}}, FOR_READ);
    if (out < 0 || a < 0 || b < 0)
        return;
    add_store(g, &q, out);
    add_store(g, &q, a);
    add_store(g, &q, b);
    issue(g, &q);
}

void draw_task(gen *g)
{
    static void (*const tasks[])(gen *) = {
        task_copy_like, task_copy_like, task_copy_like, task_layout,    task_fail,
        task_affine,    task_affine,    task_add,       task_add,       task_update,
        task_update,    task_split,     task_overlap,   task_overlap,   task_stencil,
        task_stencil,   task_stencil,   task_scale,     task_image,     task_image,
        task_bcast,     task_matmul,    task_reduction, task_reduction, task_reduction,
        task_reduction, task_filter,    task_canonical, task_canonical, task_manual,
        task_manual,    task_foreign};
    if (g->talks && rng_chance(&g->r, 15)) {
        task_talk(g);
        return;
    }
    if (g->may_fail && rng_chance(&g->r, 5))
        task_fail(g);
    tasks[rng_below(&g->r, (int64_t)(sizeof tasks / sizeof *tasks))](g);
}
