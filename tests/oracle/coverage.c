/* coverage.c - which features a program uses, read off its records after interpretation.
 *
 * Records that were skipped or stood idle do not count. */
#include "oracle.h"

#include <string.h>

#define EXTRA_MAP(X)                                                                               \
    X(STEP, "slice with a step")                                                                   \
    X(NEGATIVE, "slice backwards")                                                                 \
    X(VIEW_OF_VIEW, "view of a view")                                                              \
    X(DEEP_VIEW, "view of a view of a view of a view")                                             \
    X(WRITE_VIEW, "write through a view")                                                          \
    X(EMPTY, "store without an element")                                                           \
    X(EMPTY_TASK, "task over nothing")                                                             \
    X(BLOCKS, "attached as blocks of 2 dimensions")                                                \
    X(LATE_SEAL, "sealed handle read 20 records later")                                            \
    X(DIMS_0, "0 dimensions")                                                                      \
    X(DIMS_1, "1 dimension")                                                                       \
    X(DIMS_2, "2 dimensions")                                                                      \
    X(DIMS_3, "3 dimensions")                                                                      \
    X(DIMS_4, "4 dimensions")                                                                      \
    X(DIMS_MORE, "5 to 8 dimensions")                                                              \
    X(READ, "READ")                                                                                \
    X(WRITE, "WRITE")                                                                              \
    X(UPDATE, "READ_WRITE")                                                                        \
    X(REDUCE, "REDUCE")                                                                            \
    X(VALUE, "scalar value")                                                                       \
    X(ELEMENT, "scalar store")                                                                     \
    X(STEERED, "scalar from a value read")                                                         \
    X(GUARDED, "operation steered by a value read")                                                \
    X(ALIGN, "ALIGN")                                                                              \
    X(BROADCAST, "BROADCAST")                                                                      \
    X(DIMS, "BROADCAST of dimensions")                                                             \
    X(HALO, "HALO")                                                                                \
    X(SCALE, "SCALE")                                                                              \
    X(POINTS, "IMAGE points, bounding")                                                            \
    X(POINTS_EXACT, "IMAGE points, exact")                                                         \
    X(RANGES, "IMAGE ranges, bounding")                                                            \
    X(RANGES_EXACT, "IMAGE ranges, exact")                                                         \
    X(DISJOINT, "written through an image")                                                        \
    X(MIN_EXTENT, "MIN_EXTENT")                                                                    \
    X(MULTIPLE_OF, "MULTIPLE_OF")                                                                  \
    X(UNEVEN, "HALO, uneven, of 3 dimensions or more")                                             \
    X(BOTH, "MULTIPLE_OF with MIN_EXTENT")                                                         \
    X(OVERLAP, "overlap within one")                                                               \
    X(MANUAL, "manual launch")                                                                     \
    X(PRIORITY, "priority")                                                                        \
    X(PROVENANCE, "provenance")                                                                    \
    X(WORK, "a hint of work")                                                                        \
    X(PURE, "pure")                                                                                \
    X(CANONICAL, "canonical")                                                                      \
    X(LEAF, "canonical, leaf given")                                                               \
    X(LAYOUT_C, "layout C")                                                                        \
    X(LAYOUT_ALIGNED, "layout aligned")                                                            \
    X(LAYOUT_F, "layout Fortran")                                                                  \
    X(FOREIGN, "foreign function")                                                                 \
    X(SCRATCH, "scratch")                                                                          \
    X(FLOAT_SUM, "float sum")                                                                      \
    X(FLOAT_PRODUCT, "float product")                                                              \
    X(COMPLEX_SUM, "complex sum")                                                                  \
    X(COMPLEX_PRODUCT, "complex product")                                                          \
    X(USER_ORDERED, "operator that does not commute")                                              \
    X(PROMOTED_ACC, "accumulator by a stretched view")                                             \
    X(IMAGE_ACC, "accumulator by IMAGE")                                                           \
    X(CUT_ACC, "accumulator cut by hand")                                                          \
    X(TWO_ACC, "two accumulators in a task")                                                       \
    X(MANUAL_ACC, "accumulator whole in a manual launch")                                          \
    X(NOT_FINITE, "float sum that meets NaN or infinity")                                          \
    X(WHOLE_ACC, "accumulator by BROADCAST")                                                       \
    X(FAILED, "task that fails")                                                                   \
    X(DOWNSTREAM, "task that reads what failed")                                                   \
    X(FAILED_READ, "failure met by a read")                                                        \
    X(REFUSED, "task refused for a failed handle")                                                 \
    X(WRITE_ATTACHED, "attached for writing")                                                      \
    X(SEVERAL_RANKS, "several ranks")                                                              \
    X(SEVERAL_WORKERS, "several workers")                                                          \
    X(MORE_WORKERS, "more workers than cores")                                                     \
    X(SUBSET, "a subset of a machine")                                                             \
    X(SMALL_LEAF, "a leaf under 16384")                                                            \
    X(ONE_ELEMENT, "pieces of one element")                                                        \
    X(MEMO_OFF, "memo off")                                                                        \
    X(MEMO_CHECK, "memo checked")                                                                  \
    X(BUDGET, "memory budget")                                                                     \
    X(TALK, "points that communicate")                                                             \
    X(TALK_MANUAL, "points that communicate, launched by hand")                                    \
    X(TALK_FAILS, "one of the points that communicate fails")                                      \
    X(CHAOS, "chaos")                                                                              \
    X(MESSAGES, "messages delayed")

enum {
    AT_OPS = 0,
    AT_KERNELS = AT_OPS + N_OPS,
    AT_TYPES = AT_KERNELS + N_KERNELS,
    AT_REDUCTIONS = AT_TYPES + TSR_N_TYPES - 1 + 2,
    AT_EXTRAS = AT_REDUCTIONS + TSR_N_REDUCTIONS - 1,
#define X(name, text) F_##name,
    AT_EXTRAS_ = AT_EXTRAS - 1,
    EXTRA_MAP(X)
#undef X
        N_FEATURES
};
_Static_assert((int)N_FEATURES <= 64 * (int)FEATURE_WORDS, "feature_set has a bit for each");

int feature_count(void)
{
    return N_FEATURES;
}

static const char *const op_names[] = {
#define X(name) #name,
    OP_MAP(X)
#undef X
};
static const char *const extra_names[] = {
#define X(name, text) text,
    EXTRA_MAP(X)
#undef X
};
static const char *const type_names[] = {
#define X(NAME, name, T) #name,
    TSR_TYPE_MAP(X)
#undef X
        "binary",
    "struct"};
static const char *const reduction_names[] = {"sum", "product", "min",    "max",    "and",
                                              "or",  "xor",     "argmin", "argmax", "user-defined"};

const char *feature_name(int f)
{
    static _Thread_local char text[64];
    const char               *kind = "", *name;
    if (f >= AT_EXTRAS) {
        name = extra_names[f - AT_EXTRAS];
    } else if (f >= AT_REDUCTIONS) {
        kind = "reduction ";
        name = reduction_names[f - AT_REDUCTIONS];
    } else if (f >= AT_TYPES) {
        kind = "type ";
        name = type_names[f - AT_TYPES];
    } else if (f >= AT_KERNELS) {
        kind = "kernel ";
        name = kernel_names[f - AT_KERNELS];
    } else {
        kind = "call ";
        name = op_names[f];
    }
    snprintf(text, sizeof text, "%s%s", kind, name);
    return text;
}

static void set(feature_set *s, int f, bool on)
{
    if (on)
        s->bits[f / 64] |= (uint64_t)1 << f % 64;
}

static void note_type(feature_set *s, tsr_type t)
{
    if (t >= TSR_TYPE_STRUCT_)
        set(s, AT_TYPES + TSR_N_TYPES, true);
    else if (t > TSR_TYPE_BINARY_)
        set(s, AT_TYPES + TSR_N_TYPES - 1, true);
    else if (t > 0)
        set(s, AT_TYPES + t - 1, true);
}

static void note_store(feature_set *s, const oracle_op *o)
{
    note_type(s, o->type);
    set(s, o->shape.rank > 4 ? F_DIMS_MORE : F_DIMS_0 + o->shape.rank, true);
    for (int d = 0; d < o->shape.rank && o->kind != OP_UNBOUND; ++d)
        set(s, F_EMPTY, o->shape.extent[d] == 0);
    set(s, F_BLOCKS, o->kind == OP_ATTACH_TILES && o->shape.rank > 1 && o->p[1] > 1 &&
                         o->p[2] > 1 && o->shape.extent[0] > 1 && o->shape.extent[1] > 1);
    set(s, F_WRITE_ATTACHED, (o->kind == OP_ATTACH || o->kind == OP_ATTACH_TILES) && o->p[0]);
}

static const oracle_op *maker(const oracle_program *p, int id)
{
    for (int k = 0; k < p->n_ops; ++k)
        if (p->op[k].id == id)
            return &p->op[k];
    return NULL;
}

static bool is_view(const oracle_op *o)
{
    return o && o->kind >= OP_SLICE && o->kind <= OP_DIAGONAL;
}

static void note_view(feature_set *s, const oracle_program *p, const oracle_op *o)
{
    int depth = 0;
    for (const oracle_op *m = o; is_view(m); m = maker(p, m->a))
        ++depth;
    set(s, F_VIEW_OF_VIEW, depth > 1);
    set(s, F_DEEP_VIEW, depth > 3);
    if (o->kind == OP_SLICE) {
        set(s, F_STEP, o->p[3] != 1);
        set(s, F_NEGATIVE, o->p[3] < 0);
    }
}

static void note_constraint(feature_set *s, const tsr_constraint *c)
{
    switch (c->kind) {
    case TSR_CONSTRAINT_ALIGN: set(s, F_ALIGN, true); break;
    case TSR_CONSTRAINT_BROADCAST: set(s, c->dims ? F_DIMS : F_BROADCAST, true); break;
    case TSR_CONSTRAINT_HALO: set(s, F_HALO, true); break;
    case TSR_CONSTRAINT_SCALE: set(s, F_SCALE, true); break;
    case TSR_CONSTRAINT_IMAGE:
        set(s, F_POINTS + c->exact + 2 * (c->image == TSR_IMAGE_RANGES), true);
        break;
    case TSR_CONSTRAINT_MIN_EXTENT: set(s, F_MIN_EXTENT, true); break;
    case TSR_CONSTRAINT_MULTIPLE_OF: set(s, F_MULTIPLE_OF, true); break;
    default: break;
    }
}

static void note_reduction(feature_set *s, const tsr_arg_desc *d)
{
    const bool product = d->reduction == TSR_PRODUCT;
    set(s, AT_REDUCTIONS + d->reduction - 1, true);
    if (d->reduction == TSR_SUM || product) {
        set(s, F_FLOAT_SUM + product, el_is_float(d->type));
        set(s, F_COMPLEX_SUM + product, el_is_complex(d->type));
    }
    set(s, F_USER_ORDERED, d->reducer == &oracle_reducers[1]);
}

/* How an accumulator is cut. */
static void note_accumulator(feature_set *s, const oracle_desc *q, const oracle_op *o, int k)
{
    int how = o->arg[k].partition >= 0 ? F_CUT_ACC : F_PROMOTED_ACC, n = 0;
    for (const tsr_constraint *c = q->d.constraints; c->kind != TSR_CONSTRAINT_NONE; ++c)
        if (c->of == k && c->kind == TSR_CONSTRAINT_BROADCAST)
            how = o->points > 0 ? F_MANUAL_ACC : F_WHOLE_ACC;
        else if (c->of == k && c->kind == TSR_CONSTRAINT_IMAGE)
            how = F_IMAGE_ACC;
    for (int j = 0; j < o->n_args; ++j)
        n += q->d.args[j].access == TSR_REDUCE;
    set(s, how, true);
    set(s, F_TWO_ACC, n > 1);
}

static void note_arg(feature_set *s, const oracle_program *p, const oracle_desc *q,
                     const oracle_op *o, int k)
{
    const tsr_arg_desc *d = &q->d.args[k];
    static const int    by_access[] = {0, F_READ, F_WRITE, F_UPDATE, F_REDUCE, 0};
    if (d->access == TSR_SCALAR) {
        set(s, F_VALUE, o->arg[k].handle < 0 && d->type != PARAMS_TYPE);
        set(s, F_ELEMENT, o->arg[k].handle >= 0);
        set(s, F_STEERED, o->arg[k].reg >= 0);
        return;
    }
    set(s, by_access[d->access], true);
    if (d->access != TSR_READ)
        set(s, F_WRITE_VIEW, is_view(maker(p, o->arg[k].handle)));
    if (d->access == TSR_REDUCE)
        note_reduction(s, d), note_accumulator(s, q, o, k);
}

/* Constraints that matter together, or with the shapes at hand. */
static void note_extents(feature_set *s, const oracle_program *p, const oracle_desc *q,
                         const oracle_op *o)
{
    bool least = false, multiple = false;
    for (const tsr_constraint *c = q->d.constraints; c->kind != TSR_CONSTRAINT_NONE; ++c) {
        least |= c->kind == TSR_CONSTRAINT_MIN_EXTENT;
        multiple |= c->kind == TSR_CONSTRAINT_MULTIPLE_OF;
        for (int d = 2; c->kind == TSR_CONSTRAINT_HALO && d < o->shape_now.rank; ++d)
            set(s, F_UNEVEN, c->low[d] != c->high[d]);
    }
    set(s, F_BOTH, least && multiple);
    for (int d = 0; d < o->shape_now.rank; ++d)
        set(s, F_EMPTY_TASK, o->shape_now.extent[d] == 0);
    (void)p;
}

static void note_task(feature_set *s, const oracle_program *p, const oracle_op *o)
{
    const oracle_desc *q = &p->desc[o->desc];
    set(s, AT_KERNELS + q->kernel, true);
    for (int k = 0; k < o->n_args; ++k)
        note_arg(s, p, q, o, k);
    for (const tsr_constraint *c = q->d.constraints; c->kind != TSR_CONSTRAINT_NONE; ++c)
        note_constraint(s, c);
    note_extents(s, p, q, o);
    set(s, F_NOT_FINITE, o->not_finite);
    set(s, F_WORK, q->d.work > 0);
    set(s, F_MANUAL, o->points > 0);
    set(s, F_PRIORITY, o->priority != 0);
    set(s, F_PURE, q->d.pure);
    set(s, F_DISJOINT, q->d.disjoint);
    set(s, F_CANONICAL, q->d.canonical);
    set(s, F_LEAF, q->d.leaf[0] > 0);
    set(s, F_FOREIGN, q->d.variants[TSR_CPU].foreign != NULL);
    set(s, F_SCRATCH, q->d.variants[TSR_CPU].scratch_per_element > 0);
    for (int a = 0; a < 2; ++a)
        set(s, F_LAYOUT_ALIGNED, q->d.variants[TSR_CPU].layout[a].alignment == 128);
    for (int a = 0; a < 2; ++a)
        if (q->d.variants[TSR_CPU].layout[a].order)
            set(s, q->d.variants[TSR_CPU].layout[a].order == TSR_ORDER_C ? F_LAYOUT_C : F_LAYOUT_F,
                true);
    set(s, F_TALK, q->kernel == K_TALK);
    set(s, F_TALK_MANUAL, q->kernel == K_TALK && o->points > 0);
    set(s, F_TALK_FAILS, q->kernel == K_TALK && o->failed && o->cause == o->id);
    set(s, F_FAILED, o->failed && o->cause == o->id);
    set(s, F_REFUSED, o->refused);
    set(s, F_DOWNSTREAM, o->failed && o->cause != o->id && !o->refused);
}

static void note_config(feature_set *s, const oracle_config *c)
{
    set(s, F_SEVERAL_RANKS, c->ranks > 1);
    set(s, F_SMALL_LEAF, c->leaf < 16384);
    set(s, F_ONE_ELEMENT, c->min_piece == 1);
    set(s, F_MEMO_OFF, c->memo == 1);
    set(s, F_MEMO_CHECK, c->memo == 2);
    set(s, F_MESSAGES, c->message_seed && c->ranks > 1);
    for (int k = 0; k < c->ranks; ++k) {
        set(s, F_SEVERAL_WORKERS, c->workers[k] > 1);
        set(s, F_SUBSET, c->first_core[k] > 0);
        set(s, F_MORE_WORKERS, c->workers[k] > c->cores[k]);
        set(s, F_BUDGET, c->memory_bytes[k] > 0);
        set(s, F_CHAOS, c->chaos[k] > 0);
    }
}

/* A sealed handle that is used 20 records after it was made, or lives until the end. */
static void note_seal(feature_set *s, const oracle_program *p, int made)
{
    const int id = p->op[made].id;
    for (int k = made + 20; k < p->n_ops; ++k) {
        const oracle_op *o = &p->op[k];
        bool             used = o->a == id && o->kind >= OP_READ && o->kind <= OP_VALUE;
        for (int j = 0; o->kind == OP_TASK && j < o->n_args; ++j)
            used |= o->arg[j].handle == id;
        set(s, F_LATE_SEAL, used && !o->skip && !o->idle);
    }
    for (int k = 0; k < p->n_finals; ++k)
        set(s, F_LATE_SEAL, p->final[k].id == id && p->n_ops > made + 20);
}

void features_of(const oracle_program *p, feature_set *out)
{
    memset(out, 0, sizeof *out);
    note_config(out, &p->config);
    for (int k = 0; k < p->n_ops; ++k) {
        const oracle_op *o = &p->op[k];
        if (o->skip)
            continue;
        set(out, F_GUARDED, o->guard >= 0);
        if (o->idle)
            continue;
        set(out, AT_OPS + (int)o->kind, true);
        set(out, F_OVERLAP, o->overlap);
        set(out, F_PROVENANCE, o->provenance > 0);
        if (o->kind == OP_SEAL)
            note_seal(out, p, k);
        if (o->kind <= OP_UNBOUND)
            note_store(out, o);
        if (is_view(o))
            note_view(out, p, o);
        if (o->kind == OP_TASK)
            note_task(out, p, o);
        set(out, F_FAILED_READ, o->failed && o->kind >= OP_READ && o->kind <= OP_STATUS);
    }
}
