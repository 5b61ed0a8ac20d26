/* generator.c - random programs: the configuration, the stores, the views, and the rest of what is
 * not a task.
 *
 * The generator proposes, the interpreter executes or refuses; so what it needs to know of shapes,
 * contents and failures is always at hand, and a proposal may be careless.  Everything is a function
 * of (seed, index, limits). */
#include "gen.h"

#include <string.h>

bool allowed(const gen *g, int group)
{
    return g->limits->groups >> group & 1;
}

oracle_op op_new(op_kind kind)
{
    oracle_op o;
    memset(&o, 0, sizeof o);
    o.kind = kind;
    o.a = o.b = o.guard = o.desc = -1;
    for (int k = 0; k < MAX_TASK_ARGS; ++k)
        o.arg[k] = (oracle_arg){-1, -1, -1, 0};
    return o;
}

int emit(gen *g, oracle_op *o)
{
    if (g->next_id >= MAX_OPS)
        return -1;
    o->id = g->next_id;
    if (!interp_step(g->s, o))
        return -1;
    g->p->op[g->p->n_ops++] = *o;
    return g->next_id++;
}

store_info info_of(const gen *g, int id)
{
    store_info i = {0};
    interp_store(g->s, id, &i);
    return i;
}

int draw_store(gen *g, bool (*fits)(const gen *, const store_info *))
{
    int found[MAX_OPS], n = 0;
    for (int id = 0; id < g->next_id; ++id) {
        store_info i;
        if (interp_store(g->s, id, &i) && !i.unbound && (!fits || fits(g, &i)))
            found[n++] = id;
    }
    return n ? found[rng_below(&g->r, n)] : -1;
}

/* ---- types and shapes ---- */

static tsr_type any_type(gen *g)
{
    const int k = (int)rng_below(&g->r, TSR_N_TYPES - 1 + 4);
    if (k < TSR_N_TYPES - 1)
        return (tsr_type)(1 + k);
    return (tsr_type[]){TSR_BINARY(3), TSR_BINARY(12), TSR_BINARY(16),
                        STRUCT_TYPE}[k - (TSR_N_TYPES - 1)];
}

tsr_type draw_type(gen *g)
{
    return g->type[rng_below(&g->r, g->n_types)];
}

tsr_type draw_number(gen *g)
{
    for (int k = 0; k < 8; ++k) {
        const tsr_type t = draw_type(g);
        if (el_is_number(t))
            return t;
    }
    return TSR_F64;
}

static int draw_rank(gen *g)
{
    if (!allowed(g, GROUP_RANKS))
        return (int)rng_range(&g->r, 1, 2);
    static const int ranks[] = {0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 0, 5};
    const int        k = ranks[rng_below(&g->r, 20)];
    return k == 5 ? (int)rng_range(&g->r, 5, 8) : k;
}

tsr_shape draw_shape(gen *g)
{
    tsr_shape s = {.rank = draw_rank(g)};
    int64_t   n = 1;
    for (int d = s.rank - 1; d >= 0; --d) {
        s.extent[d] = rng_chance(&g->r, 70) ? g->extent[rng_below(&g->r, 4)]
                                            : rng_range(&g->r, 1, s.rank > 3 ? 4 : 40);
        if (s.rank == 1 && rng_chance(&g->r, 30))
            s.extent[d] = rng_range(&g->r, 40, g->volume);
        if (n * s.extent[d] > g->volume)
            s.extent[d] = g->volume / n < 1 ? 1 : g->volume / n;
        n *= s.extent[d];
    }
    if (g->empty && s.rank > 0 && rng_chance(&g->r, 20))
        s.extent[rng_below(&g->r, s.rank)] = 0;
    return s;
}

/* ---- making stores ---- */

int make_index(gen *g, const tsr_shape *shape, int mode, const int64_t *modulus, int n_modulus)
{
    oracle_op c = op_new(OP_CREATE);
    c.type = TSR_I64;
    c.shape = *shape;
    const int id = emit(g, &c);
    if (id < 0)
        return -1;
    desc_key  k = {.kernel = K_INDEX};
    oracle_op o = op_new(OP_TASK);
    o.desc = desc_get(g->p, &k);
    o.n_args = 2;
    o.arg[0].handle = id;
    o.seed = rng_next(&g->r);
    o.params = (kernel_params){.kernel = K_INDEX, .flags = mode, .seed = o.seed};
    memcpy(o.params.modulus, modulus, (size_t)n_modulus * 8);
    o.params.low[0] = (int8_t)(mode == INDEX_POINTS ? n_modulus : 1);
    return o.desc < 0 || emit(g, &o) < 0 ? -1 : id;
}

/* Give a fresh store its content: by a task, a write or a fill. */
static bool write_all(gen *g, int id, tsr_type t)
{
    const int how = (int)rng_below(&g->r, 4);
    oracle_op o = op_new(how == 0 && allowed(g, GROUP_WRITE) ? OP_WRITE
                         : how == 1                          ? OP_FILL
                                                             : OP_TASK);
    o.a = id;
    o.seed = rng_next(&g->r);
    if (o.kind == OP_TASK) {
        desc_key k = {.kernel = K_INDEX, .pure = rng_chance(&g->r, 40)};
        if (rng_chance(&g->r, 30) && t < TSR_TYPE_STRUCT_)
            k.type[0] = t;
        o.desc = desc_get(g->p, &k);
        if (o.desc < 0)
            return false;
        o.n_args = 2;
        o.arg[0].handle = id;
        o.params = (kernel_params){.kernel = K_INDEX, .seed = o.seed};
        o.params.flags = rng_chance(&g->r, 15) ? INDEX_SPECIAL : INDEX_VALUES;
    }
    return emit(g, &o) >= 0;
}

int make_store(gen *g, tsr_type t, const tsr_shape *shape)
{
    const int how = (int)rng_below(&g->r, 10);
    oracle_op o = op_new(how == 0 ? OP_FILLED : OP_CREATE);
    if (how <= 2 && how > 0 && allowed(g, GROUP_ATTACH) && interp_scope_depth(g->s) == 0) {
        o.kind = how == 1 ? OP_ATTACH : OP_ATTACH_TILES;
        o.p[0] = rng_chance(&g->r, 60);
        o.p[1] = rng_range(&g->r, 1, 5); /* blocks along the first dimensions */
        o.p[2] = rng_chance(&g->r, 50) ? rng_range(&g->r, 2, 4) : 1;
        o.p[3] = rng_chance(&g->r, 20) ? rng_range(&g->r, 2, 3) : 1;
        o.p[4] = rng_chance(&g->r, 50);
    }
    o.type = t;
    o.shape = *shape;
    o.seed = rng_next(&g->r);
    const int id = emit(g, &o);
    if (id >= 0 && o.kind == OP_CREATE && !write_all(g, id, t))
        return -1;
    return id;
}

/* ---- views ---- */

static int view(gen *g, op_kind kind, int a, const int64_t *p, int n)
{
    oracle_op o = op_new(kind);
    o.a = a;
    memcpy(o.p, p, (size_t)n * 8);
    return emit(g, &o);
}

/* `want` of the `n` elements along a dimension, with any step. */
static int slice_to(gen *g, int id, int dim, int64_t n, int64_t want)
{
    if (want == 0) {
        const int64_t at = rng_below(&g->r, n);
        return view(g, OP_SLICE, id, (int64_t[]){dim, at, at, 1}, 4);
    }
    const int64_t most = want > 1 ? (n - 1) / (want - 1) : n;
    const int64_t step = rng_chance(&g->r, 60) ? 1 : rng_range(&g->r, 1, most < 5 ? most : 5);
    const int64_t span = (want - 1) * step;
    const int64_t first = rng_below(&g->r, n - span);
    if (rng_chance(&g->r, 70)) {
        const int64_t stop = first + span + rng_range(&g->r, 1, step);
        return view(g, OP_SLICE, id, (int64_t[]){dim, first, stop > n ? n : stop, step}, 4);
    }
    const int64_t stop = first - rng_range(&g->r, 1, step);
    return view(g, OP_SLICE, id, (int64_t[]){dim, first + span, stop < -1 ? -1 : stop, -step}, 4);
}

static int transposed(gen *g, int id, int rank)
{
    int64_t order[TSR_MAX_RANK];
    for (int d = 0; d < rank; ++d)
        order[d] = d;
    for (int d = rank - 1; d > 0; --d) {
        const int     e = (int)rng_below(&g->r, d + 1);
        const int64_t t = order[d];
        order[d] = order[e];
        order[e] = t;
    }
    return view(g, OP_TRANSPOSE, id, order, rank);
}

static int drop_dim(gen *g, int id, const store_info *i)
{
    for (int a = 0; a < i->shape.rank && rng_chance(&g->r, 30); ++a)
        for (int b = 0; b < a; ++b)
            if (i->shape.extent[a] == i->shape.extent[b] && !i->promoted)
                return view(g, OP_DIAGONAL, id, (int64_t[]){b, a}, 2);
    const int d = (int)rng_below(&g->r, i->shape.rank);
    if (i->shape.extent[d] == 0)
        return -1;
    return view(g, OP_PROJECT, id, (int64_t[]){d, rng_below(&g->r, i->shape.extent[d])}, 2);
}

static int add_dim(gen *g, int id, const store_info *i, const tsr_shape *shape, use u)
{
    const int d = (int)rng_below(&g->r, i->shape.rank + 1);
    if (u != FOR_WRITE && rng_chance(&g->r, 85))
        return view(g, OP_PROMOTE, id, (int64_t[]){d, shape->extent[d]}, 2);
    if (d == i->shape.rank)
        return -1;
    const int64_t n = i->shape.extent[d], w = shape->extent[d];
    if (w > 0 && n % w == 0)
        return view(g, OP_DELINEARIZE, id, (int64_t[]){d, 2, w, n / w}, 4);
    return -1;
}

static int fit_extents(gen *g, int id, const tsr_shape *shape, use u)
{
    for (int d = 0; d < shape->rank && id >= 0; ++d) {
        const int64_t n = info_of(g, id).shape.extent[d], w = shape->extent[d];
        if (n > w || (n == w && n > 1 && rng_chance(&g->r, 12)))
            id = slice_to(g, id, d, n, w);
        else if (n < w)
            id = n == 1 && u != FOR_WRITE ? view(g, OP_BROADCAST, id, (int64_t[]){d, w}, 2) : -1;
    }
    return id;
}

int adapt(gen *g, int id, tsr_type t, const tsr_shape *shape, use u)
{
    store_info i = info_of(g, id);
    if (!allowed(g, GROUP_VIEWS) || i.unbound || !i.live)
        return -1;
    if (i.shape.rank > 1 && rng_chance(&g->r, 20))
        id = transposed(g, id, i.shape.rank);
    while (id >= 0 && (i = info_of(g, id)).shape.rank != shape->rank)
        id = i.shape.rank > shape->rank ? drop_dim(g, id, &i) : add_dim(g, id, &i, shape, u);
    if (id >= 0)
        id = fit_extents(g, id, shape, u);
    if (id >= 0 && t != TSR_TYPE_ANY && info_of(g, id).type != t) {
        oracle_op o = op_new(OP_REINTERPRET);
        o.a = id;
        o.type = t;
        id = emit(g, &o);
    }
    return id;
}

/* ---- operands ---- */

static bool usable(const gen *g, int id, const store_info *i, use u)
{
    bool failed = false;
    if (i->unbound)
        return false;
    if (u == FOR_WRITE)
        return i->writable;
    if (u == FOR_REDUCE && !i->reducible)
        return false;
    return interp_content(g->s, id, &failed) && (!failed || hash_u64((uint64_t)id) % 3 == 0);
}

static int find_exact(gen *g, tsr_type t, const tsr_shape *shape, use u)
{
    int found[MAX_OPS], n = 0;
    for (int id = 0; id < g->next_id; ++id) {
        store_info i;
        if (interp_store(g->s, id, &i) && (t == TSR_TYPE_ANY || i.type == t) &&
            i.shape.rank == shape->rank &&
            memcmp(i.shape.extent, shape->extent, (size_t)shape->rank * 8) == 0)
            found[n++] = id;
    }
    for (int k = 0; k < 3 && n > 0; ++k) {
        const int        id = found[rng_below(&g->r, n)];
        const store_info i = info_of(g, id);
        if (usable(g, id, &i, u))
            return id;
    }
    return -1;
}

static int find_adapted(gen *g, tsr_type t, const tsr_shape *shape, use u)
{
    const int id = draw_store(g, NULL);
    if (id < 0)
        return -1;
    const store_info i = info_of(g, id);
    if (!usable(g, id, &i, u) || (t != TSR_TYPE_ANY && el_size(i.type) != el_size(t)) ||
        (u == FOR_REDUCE && t != i.type))
        return -1;
    return adapt(g, id, t, shape, u);
}

int operand(gen *g, tsr_type t, const tsr_shape *shape, use u)
{
    int id = -1;
    if (rng_chance(&g->r, 65))
        id = find_exact(g, t, shape, u);
    for (int k = 0; k < 2 && id < 0; ++k)
        id = find_adapted(g, t, shape, u);
    if (id < 0)
        id = find_exact(g, t, shape, u);
    if (id < 0)
        id = make_store(g, t == TSR_TYPE_ANY ? draw_type(g) : t, shape);
    const store_info i = info_of(g, id);
    return id >= 0 && usable(g, id, &i, u) ? id : -1;
}

int a_view(gen *g, int id)
{
    const store_info i = info_of(g, id);
    tsr_shape        s = i.shape;
    for (int d = 0; d < s.rank; ++d)
        if (s.extent[d] > 1 && rng_chance(&g->r, 50))
            s.extent[d] = rng_range(&g->r, 1, s.extent[d]);
    return adapt(g, id, i.type, &s, FOR_WRITE);
}

int target(gen *g, bool (*fits)(tsr_type t))
{
    for (int k = 0; k < 6; ++k) {
        const int id = draw_store(g, NULL);
        if (id < 0)
            break;
        const store_info i = info_of(g, id);
        if (!i.writable || (fits && !fits(i.type)))
            continue;
        const int v = rng_chance(&g->r, 25) ? a_view(g, id) : id;
        if (v >= 0)
            return v;
    }
    const tsr_shape shape = draw_shape(g);
    tsr_type        t = draw_type(g);
    for (int k = 0; k < 8 && fits && !fits(t); ++k)
        t = draw_type(g);
    if (fits && !fits(t))
        t = TSR_F64;
    oracle_op o = op_new(OP_CREATE);
    o.type = t;
    o.shape = shape;
    return rng_chance(&g->r, 50) ? emit(g, &o) : make_store(g, t, &shape);
}

/* ---- what is not a task ---- */

static void draw_read(gen *g)
{
    oracle_op o = op_new(OP_READ);
    o.a = draw_store(g, NULL);
    if (o.a < 0)
        return;
    const int how = (int)rng_below(&g->r, 10);
    o.kind = how < 3 ? OP_READ : how < 5 ? OP_STATUS : how < 8 ? OP_VALUE : OP_SHAPE;
    if (o.kind == OP_VALUE) {
        const tsr_shape one = {.rank = 0};
        o.a = rng_chance(&g->r, 70) ? adapt(g, o.a, info_of(g, o.a).type, &one, FOR_READ)
                                    : operand(g, TSR_TYPE_ANY, &one, FOR_READ);
    }
    if (o.a >= 0)
        emit(g, &o);
}

static bool releasable(const gen *g, const store_info *i)
{
    (void)g;
    return !(i->attached && i->whole_root);
}

static bool attached_alone(const gen *g, const store_info *i)
{
    (void)g;
    return i->attached && !i->attach_read && i->whole_root && i->handles_of_root == 1;
}

static void draw_release(gen *g)
{
    oracle_op o = op_new(OP_RELEASE);
    o.a = draw_store(g, releasable);
    if (o.a >= 0)
        emit(g, &o);
    if (!rng_chance(&g->r, 30))
        return;
    oracle_op d = op_new(OP_DETACH);
    d.a = draw_store(g, attached_alone);
    if (d.a >= 0)
        emit(g, &d);
}

static void draw_scope(gen *g)
{
    oracle_op o =
        op_new(interp_scope_depth(g->s) == 0 || rng_chance(&g->r, 35) ? OP_ENTER : OP_LEAVE);
    if (o.kind == OP_LEAVE)
        for (int k = 0; k < 2; ++k) {
            oracle_op keep = op_new(OP_KEEP);
            keep.a = draw_store(g, NULL);
            if (keep.a >= 0)
                emit(g, &keep);
        }
    emit(g, &o);
}

static void draw_content(gen *g)
{
    oracle_op o = op_new(rng_chance(&g->r, 40)   ? OP_FILL
                         : rng_chance(&g->r, 60) ? OP_COPY
                                                 : OP_WRITE);
    o.a = target(g, NULL);
    o.seed = rng_next(&g->r);
    if (o.a < 0)
        return;
    if (o.kind == OP_COPY) {
        const store_info i = info_of(g, o.a);
        o.b = operand(g, i.type, &i.shape, FOR_READ);
    }
    emit(g, &o);
}

static void draw_seal(gen *g)
{
    oracle_op o = op_new(OP_SEAL);
    o.a = draw_store(g, NULL);
    if (o.a >= 0)
        emit(g, &o);
}

/* A view of a view of a view ...; then it is written or read. */
static void draw_deep_view(gen *g)
{
    int id = draw_store(g, NULL);
    for (int k = (int)rng_range(&g->r, 4, 7); k > 0 && id >= 0; --k) {
        const store_info i = info_of(g, id);
        int              next;
        if (i.shape.rank > 1 && rng_chance(&g->r, 30)) {
            next = transposed(g, id, i.shape.rank);
        } else if (i.shape.rank > 1 && rng_chance(&g->r, 20)) {
            next = drop_dim(g, id, &i);
        } else if (i.shape.rank > 0) {
            const int     d = (int)rng_below(&g->r, i.shape.rank);
            const int64_t n = i.shape.extent[d];
            next = n > 1 ? slice_to(g, id, d, n, rng_range(&g->r, (n + 1) / 2, n)) : id;
        } else {
            next = -1;
        }
        id = next < 0 ? id : next;
    }
    if (id < 0 || info_of(g, id).unbound)
        return;
    oracle_op o = op_new(rng_chance(&g->r, 50) ? OP_READ : rng_chance(&g->r, 50) ? OP_WRITE : OP_FILL);
    o.a = id;
    o.seed = rng_next(&g->r);
    emit(g, &o);
}

static void draw_view(gen *g)
{
    const int id = draw_store(g, NULL);
    if (id < 0)
        return;
    tsr_shape s = draw_shape(g);
    if (rng_chance(&g->r, 60))
        a_view(g, id);
    else
        adapt(g, id, TSR_TYPE_ANY, &s, FOR_READ);
}

static void draw_local(gen *g)
{
    oracle_op o = op_new(OP_LOCAL);
    o.a = draw_store(g, NULL);
    if (o.a >= 0)
        emit(g, &o);
}

static void draw_wait(gen *g)
{
    static const op_kind kinds[] = {OP_FENCE, OP_FLUSH, OP_FLUSH, OP_AGREE};
    oracle_op            o = op_new(kinds[rng_below(&g->r, 4)]);
    o.seed = rng_next(&g->r);
    emit(g, &o);
}

static void draw_one(gen *g)
{
    static const struct {
        void (*draw)(gen *);
        int group, weight;
    } other[] = {{draw_content, -1, 2},
                 {draw_read, GROUP_VALUES, 3},
                 {draw_release, GROUP_RELEASE, 2},
                 {draw_scope, GROUP_SCOPE, 1},
                 {draw_seal, GROUP_SEAL, 1},
                 {draw_view, GROUP_VIEWS, 2},
                 {draw_deep_view, GROUP_VIEWS, 1},
                 {draw_local, GROUP_LOCAL, 1},
                 {draw_repeat, GROUP_REPEAT, 2},
                 {draw_layers, GROUP_VIEWS, 1},
                 {draw_chain, GROUP_RELEASE, 2},
                 {draw_wait, -1, 2}};
    if (rng_chance(&g->r, 62)) {
        draw_task(g);
        return;
    }
    int left = (int)rng_below(&g->r, 20), k = 0;
    while (left >= other[k].weight)
        left -= other[k++].weight;
    if (other[k].group < 0 || allowed(g, other[k].group))
        other[k].draw(g);
}

/* ---- the program ---- */

static void draw_config(gen *g)
{
    oracle_config       *c = &g->p->config;
    rng                 *r = &g->r;
    const oracle_limits *l = g->limits;
    static const int     windows[] = {1, 2, 4, 8, 16, 32, 64, 0};
    memset(c, 0, sizeof *c);
    c->ranks = (int)rng_range(r, l->ranks_low, l->ranks_high);
    if (c->ranks > 1 && rng_chance(r, 25))
        c->ranks = l->ranks_low;
    c->direct = c->ranks == 1 && rng_chance(r, 50);
    c->leaf = rng_chance(r, 40) ? 0 : (int64_t)4 << rng_below(r, 13);
    if (c->leaf == 0)
        c->leaf = 16384;
    c->min_piece = rng_chance(r, 45) ? 1 : rng_chance(r, 25) ? 0 : rng_range(r, 2, 64);
    c->window = windows[rng_below(r, 8)];
    c->memo = rng_chance(r, 70) ? 0 : (int)rng_range(r, 1, 2);
    c->message_seed = rng_chance(r, 50) ? rng_next(r) | 1 : 0;
    for (int k = 0; k < c->ranks; ++k) {
        const int high = rng_chance(r, 70) && l->workers_high > 3 ? 3 : l->workers_high;
        c->workers[k] =
            (int)rng_range(r, l->workers_low, high < l->workers_low ? l->workers_low : high);
        c->cores[k] = (int)rng_range(r, 1, 8);
        c->memory_bytes[k] = rng_chance(r, 85) ? 0 : (int64_t)1 << rng_range(r, 22, 28);
        c->chaos[k] = rng_chance(r, 40) ? rng_next(r) | 1 : 0;
        c->first_core[k] = rng_chance(r, 25) ? (int)rng_range(r, 1, 4) : 0;
    }
}

void generate(oracle_program *p, uint64_t seed, uint64_t index, const oracle_limits *limits)
{
    memset(p, 0, sizeof *p);
    p->seed = seed;
    p->index = index;
    gen g = {.p = p, .r = {hash_pair(seed, index)}, .limits = limits};
    draw_config(&g);
    g.s = interp_create(p);
    g.n_types = (int)rng_range(&g.r, 2, 4);
    for (int k = 0; k < g.n_types; ++k)
        g.type[k] = allowed(&g, GROUP_TYPES) ? any_type(&g) : k ? TSR_I64 : TSR_F64;
    if (rng_chance(&g.r, 50))
        g.type[0] = rng_chance(&g.r, 50) ? TSR_F64 : TSR_F32;
    for (int k = 0; k < 4; ++k)
        g.extent[k] = rng_range(&g.r, 1, k == 0 ? 40 : 16);
    g.volume = rng_chance(&g.r, 80) ? 300 : rng_chance(&g.r, 80) ? 1200 : 5000;
    g.empty = rng_chance(&g.r, 10);
    /* of the seed alone: programs that do not talk are what they were before any did */
    const uint64_t kind = hash_pair(seed ^ 0x74616c6b, index) % 6;
    g.talks = allowed(&g, GROUP_TALK) && (kind == 3 || kind == 5);
    g.may_fail = allowed(&g, GROUP_FAIL) && rng_chance(&g.r, 20);
    int wanted = (int)rng_range(&g.r, 20, 80);
    if (rng_chance(&g.r, 12))
        wanted = (int)rng_range(&g.r, 80, 200);
    for (int k = 0; k < 3; ++k) {
        const tsr_shape shape = draw_shape(&g);
        make_store(&g, draw_type(&g), &shape);
    }
    for (int tries = 0; p->n_ops < wanted && tries < 4 * wanted; ++tries)
        draw_one(&g);
    interp_finish(g.s);
    interp_destroy(g.s);
}
