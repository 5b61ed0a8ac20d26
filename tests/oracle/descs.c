/* descs.c - the task descriptors of a program, one per kernel and way of declaring it.
 *
 * Descriptors live as long as their program; equal ones are shared, because a runtime may remember
 * plans by descriptor and that is what is to be tested. */
#include "oracle.h"

#include <string.h>

const tsr_foreign oracle_foreign[N_FOREIGN] = {
    [FOREIGN_AXPY] = {
        .function = (void (*)(void))oracle_axpy,
        .params = {{TSR_PASS_EXTENT, .arg = 0, .dim = 0, .type = TSR_I64},
                   {TSR_PASS_VALUE, .arg = 2, .type = TSR_F64},
                   {TSR_PASS_POINTER, .arg = 1},
                   {TSR_PASS_STRIDE, .arg = 1, .dim = 0, .type = TSR_I64},
                   {TSR_PASS_POINTER, .arg = 0},
                   {TSR_PASS_STRIDE, .arg = 0, .dim = 0, .type = TSR_I64}},
    },
    [FOREIGN_HALVE] = {
        .function = (void (*)(void))oracle_halve,
        .result = TSR_I32,
        .result_is_status = true,
        .params = {{TSR_PASS_EXTENT, .arg = 0, .dim = 0, .type = TSR_I32, .by_reference = true},
                   {TSR_PASS_EXTENT, .arg = 0, .dim = 1, .type = TSR_I32, .by_reference = true},
                   {TSR_PASS_POINTER, .arg = 0},
                   {TSR_PASS_STRIDE, .arg = 0, .dim = 0, .type = TSR_I32, .by_reference = true},
                   {TSR_PASS_STRIDE, .arg = 0, .dim = 1, .type = TSR_I32, .by_reference = true},
                   {TSR_PASS_INT, .type = TSR_I32, .value = 1}},
    },
    [FOREIGN_DOT] = {
        .function = (void (*)(void))oracle_dot,
        .result = TSR_F64,
        .result_arg = 1,
        .params = {{TSR_PASS_EXTENT, .arg = 1, .dim = 0, .type = TSR_I32},
                   {TSR_PASS_POINTER, .arg = 1},
                   {TSR_PASS_STRIDE, .arg = 1, .dim = 0, .type = TSR_I32},
                   {TSR_PASS_POINTER, .arg = 2},
                   {TSR_PASS_STRIDE, .arg = 2, .dim = 0, .type = TSR_I32}},
    },
};

/* A descriptor being built. */
typedef struct builder {
    oracle_desc    *o;
    const desc_key *k;
    int             n_args, n_constraints, n_reduced;
} builder;

static void add_arg(builder *b, tsr_access access, const char *name)
{
    const int     n = b->n_args++;
    tsr_arg_desc *a = &b->o->d.args[n];
    a->access = access;
    a->type = b->k->type[n];
    a->rank = b->k->rank[n];
    a->name = name;
    b->o->reducer[n] = -1;
    if (access != TSR_REDUCE)
        return;
    const int which = b->n_reduced++;
    a->reduction = b->k->reduction[which];
    if (a->reduction == TSR_USER_REDUCTION) {
        a->reducer = &oracle_reducers[b->k->reducer[which]];
        b->o->reducer[n] = (int8_t)b->k->reducer[which];
    }
}

static void add_params(builder *b)
{
    tsr_arg_desc *a = &b->o->d.args[b->n_args++];
    a->access = TSR_SCALAR;
    a->type = PARAMS_TYPE;
    a->name = "params";
}

static tsr_constraint *add_constraint(builder *b, tsr_constraint_kind kind, int of, int on)
{
    tsr_constraint *c = &b->o->d.constraints[b->n_constraints++];
    c->kind = kind;
    c->of = of;
    c->on = on;
    for (int d = 0; d < TSR_MAX_RANK; ++d) {
        if (kind == TSR_CONSTRAINT_HALO || kind == TSR_CONSTRAINT_SCALE ||
            kind == TSR_CONSTRAINT_MIN_EXTENT || kind == TSR_CONSTRAINT_MULTIPLE_OF)
            c->low[d] = b->k->low[d];
        if (kind == TSR_CONSTRAINT_HALO)
            c->high[d] = b->k->high[d];
    }
    return c;
}

static void add_image(builder *b, int of, int on, tsr_image_kind kind)
{
    tsr_constraint *c = add_constraint(b, TSR_CONSTRAINT_IMAGE, of, on);
    c->image = kind;
    c->exact = b->k->exact;
}

static void align(builder *b, int of, int on)
{
    add_constraint(b, TSR_CONSTRAINT_ALIGN, of, on);
}

static void whole_dims(builder *b, int of, int on, unsigned dims)
{
    add_constraint(b, TSR_CONSTRAINT_BROADCAST, of, on)->dims = dims;
}

/* out = f(in, ...), aligned. */
static void build_elementwise(builder *b, int inputs)
{
    static const char *const names[] = {"x", "y"};
    add_arg(b, TSR_WRITE, "out");
    for (int k = 0; k < inputs; ++k) {
        add_arg(b, TSR_READ, names[k]);
        align(b, 1 + k, 0);
    }
}

static void build_extents(builder *b)
{
    build_elementwise(b, 1);
    add_constraint(
        b, b->k->kernel == K_PAIRS ? TSR_CONSTRAINT_MULTIPLE_OF : TSR_CONSTRAINT_MIN_EXTENT, 0, 0);
    if (b->k->kernel == K_PAIRS && b->k->high[0])
        for (int d = 0; d < TSR_MAX_RANK; ++d) {
            tsr_constraint *c = d ? &b->o->d.constraints[b->n_constraints - 1]
                                  : add_constraint(b, TSR_CONSTRAINT_MIN_EXTENT, 0, 0);
            c->low[d] = b->k->high[d];
        }
}

static void build_neighbours(builder *b)
{
    add_arg(b, TSR_WRITE, "out");
    add_arg(b, TSR_READ, "in");
    if (b->k->kernel == K_STENCIL)
        add_constraint(b, TSR_CONSTRAINT_HALO, 1, 0);
    else if (b->k->kernel == K_COARSEN)
        add_constraint(b, TSR_CONSTRAINT_SCALE, 1, 0);
    else
        add_constraint(b, TSR_CONSTRAINT_SCALE, 0, 1);
    b->o->iteration = b->k->kernel == K_REFINE;
}

static void build_image(builder *b)
{
    add_arg(b, TSR_WRITE, "out");
    add_arg(b, TSR_READ, "index");
    add_arg(b, TSR_READ, "in");
    if (b->k->kernel == K_SCATTER) {
        align(b, 2, 1);
        add_image(b, 0, 1, TSR_IMAGE_POINTS);
        b->o->d.disjoint = true;
        b->o->iteration = 1;
        return;
    }
    if (b->k->dims)
        whole_dims(b, 1, 0, b->k->dims);
    else
        align(b, 1, 0);
    add_image(b, 2, 1, b->k->kernel == K_RANGES ? TSR_IMAGE_RANGES : TSR_IMAGE_POINTS);
}

static void build_broadcast(builder *b)
{
    add_arg(b, TSR_WRITE, "out");
    add_arg(b, TSR_READ, "a");
    add_arg(b, TSR_READ, "b");
    if (b->k->kernel == K_MATMUL) {
        whole_dims(b, 1, 0, 2);
        whole_dims(b, 2, 0, 1);
    } else {
        align(b, 1, 0);
        add_constraint(b, TSR_CONSTRAINT_BROADCAST, 2, 0)->on = 0;
    }
}

static void build_reduction(builder *b)
{
    if (b->k->kernel == K_SUMMED)
        add_arg(b, TSR_WRITE, "out");
    add_arg(b, TSR_REDUCE, "accumulator");
    add_arg(b, TSR_READ, "in");
    if (b->k->kernel == K_SUMMED) {
        align(b, 2, 0);
        add_constraint(b, TSR_CONSTRAINT_BROADCAST, 1, 0);
    } else if (b->k->kernel == K_HISTOGRAM) {
        add_constraint(b, TSR_CONSTRAINT_BROADCAST, 0, 0);
        b->o->iteration = 1;
    } else {
        align(b, 1, 0);
    }
}

static void build_two_sums(builder *b)
{
    add_arg(b, TSR_REDUCE, "aligned");
    add_arg(b, TSR_REDUCE, "whole");
    add_arg(b, TSR_READ, "in");
    align(b, 0, 2);
    add_constraint(b, TSR_CONSTRAINT_BROADCAST, 1, 0);
    b->o->iteration = 2;
}

/* accumulator[index] op= in. */
static void build_add_at(builder *b)
{
    add_arg(b, TSR_REDUCE, "accumulator");
    add_arg(b, TSR_READ, "index");
    add_arg(b, TSR_READ, "in");
    if (b->k->dims)
        whole_dims(b, 1, 2, b->k->dims);
    else
        align(b, 1, 2);
    add_image(b, 0, 1, TSR_IMAGE_POINTS);
    b->o->iteration = 2;
}

static void build_point_sum(builder *b)
{
    add_arg(b, TSR_REDUCE, "accumulator");
    add_arg(b, TSR_READ, "in");
    if (b->k->dims) /* the accumulator is whole in every point */
        add_constraint(b, TSR_CONSTRAINT_BROADCAST, 0, 0);
    b->o->iteration = 1;
}

static void build_foreign(builder *b)
{
    tsr_variant *v = &b->o->d.variants[TSR_CPU];
    v->body = NULL;
    if (b->k->kernel == K_AXPY) {
        add_arg(b, TSR_READ_WRITE, "y");
        add_arg(b, TSR_READ, "x");
        add_arg(b, TSR_SCALAR, "a");
        align(b, 1, 0);
        v->foreign = &oracle_foreign[FOREIGN_AXPY];
    } else if (b->k->kernel == K_HALVE) {
        add_arg(b, TSR_READ_WRITE, "y");
        v->foreign = &oracle_foreign[FOREIGN_HALVE];
    } else {
        add_arg(b, TSR_WRITE, "dot");
        add_arg(b, TSR_READ, "x");
        add_arg(b, TSR_READ, "y");
        for (int k = 0; k < 3; ++k)
            add_constraint(b, TSR_CONSTRAINT_BROADCAST, k, 0);
        v->foreign = &oracle_foreign[FOREIGN_DOT];
    }
}

static void build_args(builder *b)
{
    switch (b->k->kernel) {
    case K_INDEX:
    case K_MARK: build_elementwise(b, 0); break;
    case K_ADD: build_elementwise(b, 2); break;
    case K_AFFINE:
        build_elementwise(b, 1);
        add_arg(b, TSR_SCALAR, "a");
        add_arg(b, TSR_SCALAR, "b");
        break;
    case K_UPDATE: add_arg(b, TSR_READ_WRITE, "x"); break;
    case K_UPDATE2:
        add_arg(b, TSR_READ_WRITE, "x");
        add_arg(b, TSR_READ, "y");
        align(b, 1, 0);
        break;
    case K_SPLIT:
        add_arg(b, TSR_WRITE, "out1");
        add_arg(b, TSR_WRITE, "out2");
        add_arg(b, TSR_READ, "in");
        align(b, 1, 0);
        align(b, 2, 0);
        break;
    case K_PAIRS:
    case K_MINEXT: build_extents(b); break;
    case K_STENCIL:
    case K_COARSEN:
    case K_REFINE: build_neighbours(b); break;
    case K_GATHER:
    case K_RANGES:
    case K_SCATTER: build_image(b); break;
    case K_BCAST:
    case K_MATMUL: build_broadcast(b); break;
    case K_REDUCE:
    case K_HISTOGRAM:
    case K_ARG:
    case K_SUMMED: build_reduction(b); break;
    case K_TWO_SUMS: build_two_sums(b); break;
    case K_ADD_AT: build_add_at(b); break;
    case K_POINT_SUM: build_point_sum(b); break;
    case K_FILTER:
        add_arg(b, TSR_WRITE, "rows");
        add_arg(b, TSR_READ, "in");
        b->o->iteration = 1;
        break;
    case K_POINT:
        add_arg(b, TSR_WRITE, "out");
        add_arg(b, TSR_READ, "in");
        break;
    default: build_elementwise(b, 1); break;
    }
}

static void build(oracle_desc *o, const desc_key *k)
{
    builder b = {o, k, 0, 0, 0};
    memset(o, 0, sizeof *o);
    memset(o->reducer, -1, sizeof o->reducer);
    o->kernel = k->kernel;
    o->d.name = kernel_names[k->kernel];
    o->d.pure = k->pure;
    o->d.work = k->work;
    o->d.variants[TSR_CPU].body = oracle_body;
    if (k->kernel == K_AXPY || k->kernel == K_HALVE || k->kernel == K_DOT) {
        build_foreign(&b);
        return;
    }
    build_args(&b);
    add_params(&b);
    o->d.canonical = k->kernel == K_SCAN || k->kernel == K_MARK;
    if (k->leaf_given)
        for (int d = 0; d < k->iteration_rank; ++d)
            o->d.leaf[d] = k->high[d];
    tsr_variant *v = &o->d.variants[TSR_CPU];
    v->wants_communicator = k->kernel == K_TALK;
    if (k->kernel == K_SCRATCH) {
        v->scratch_bytes = 64;
        v->scratch_per_element = 16;
    }
    const int order[2] = {k->layout_out, k->layout_in};
    for (int a = 0; a < 2; ++a)
        if (order[a] == LAYOUT_ALIGNED) {
            v->layout[a].alignment = 128;
        } else if (order[a]) {
            v->layout[a].order = (tsr_order)order[a];
            v->layout[a].contiguous = true;
            v->layout[a].alignment = 64;
        }
}

int desc_get(oracle_program *p, const desc_key *k)
{
    if (p->n_descs == MAX_DESCS)
        return -1;
    oracle_desc *fresh = &p->desc[p->n_descs];
    build(fresh, k);
    for (int n = 0; n < p->n_descs; ++n)
        if (memcmp(&p->desc[n], fresh, sizeof *fresh) == 0)
            return n;
    return p->n_descs++;
}
