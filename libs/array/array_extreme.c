/* array_extreme.c - extremes that are no single fold: where they are, and those of complex numbers.
 *
 * Indices fold as pairs of value and index, in formulas where a formula has such pairs. Complex
 * numbers fold as records of both parts and the index in tasks of this library, in which of two equal
 * numbers, or two NaNs, the one of lower index wins: so the operator is exact in any order. Another
 * task takes values or indices out.
 *
 * Cost: one pass over the elements, one over the result. Threads: the issuing thread; bodies any. */
#include <math.h>

#include "array_reduce.h"
#include "array_walk.h"

/* ---- pairs of complex numbers and indices ---- */

struct best {
    double  re, im;
    int64_t index; /* -1: of nothing */
};
enum { BEST = TSR_BINARY(sizeof(struct best)) };

static bool is_nan(const struct best *b)
{
    return isnan(b->re) || isnan(b->im);
}

/* Whether `x` comes before `y`: 1, 0, or -1 where neither value does. */
static int is_greater(const struct best *x, const struct best *y)
{
    if (x->re != y->re)
        return x->re > y->re;
    return x->im != y->im ? x->im > y->im : -1;
}

/* Whether `x` takes the place of `y`. */
static bool beats(const struct best *x, const struct best *y, bool is_max)
{
    if (x->index < 0 || y->index < 0)
        return x->index >= 0;
    if (is_nan(x) || is_nan(y))
        return is_nan(x) && (!is_nan(y) || x->index < y->index);
    const int greater = is_greater(x, y);
    return greater < 0 ? x->index < y->index : greater == is_max;
}

static void combine_max(void *into, const void *from)
{
    if (beats(from, into, true))
        *(struct best *)into = *(const struct best *)from;
}

static void combine_min(void *into, const void *from)
{
    if (beats(from, into, false))
        *(struct best *)into = *(const struct best *)from;
}

/* What loses against all, first and last in the order of complex numbers. */
static const struct best first = {-INFINITY, -INFINITY, -1}, last = {INFINITY, INFINITY, -1};
static const tsr_reducer best_max = {"array.greatest", sizeof first, &first, combine_max, true};
static const tsr_reducer best_min = {"array.least", sizeof last, &last, combine_min, true};

enum { BEST_INTO, BEST_FROM, BEST_INDEX };

/* How many elements an index moves by along each dimension; 0 along those that stay. */
struct index_strides {
    int64_t by[TSR_MAX_RANK];
};

static struct best best_at(const tsr_raw_window *from, int64_t offset, int64_t index)
{
    struct best b = {.index = index};
    if (from->type == TSR_C64) {
        const float *z = (const float *)(const void *)from->origin + 2 * offset;
        b.re = (double)z[0];
        b.im = (double)z[1];
    } else {
        const double *z = (const double *)(const void *)from->origin + 2 * offset;
        b.re = z[0];
        b.im = z[1];
    }
    return b;
}

static tsr_status best_run(const tsr_task_context *t, bool is_max)
{
    const tsr_raw_window into = tsr_raw_window_of(t, BEST_INTO),
                         from = tsr_raw_window_of(t, BEST_FROM);
    struct index_strides index;
    int64_t              at[TSR_MAX_RANK];
    tsr_scalar_of(t, BEST_INDEX, &index);
    if (!array_walk_begin(&from, at))
        return TSR_OK;
    do {
        int64_t i = 0;
        for (int d = 0; d < from.rank; ++d)
            i += at[d] * index.by[d];
        const struct best b = best_at(&from, array_walk_offset(&from, at), i);
        struct best      *to = (struct best *)(void *)into.origin + array_walk_offset(&into, at);
        if (beats(&b, to, is_max))
            *to = b;
    } while (array_walk_next(&from, at, from.rank));
    return TSR_OK;
}

static tsr_status best_max_body(const tsr_task_context *t)
{
    return best_run(t, true);
}

static tsr_status best_min_body(const tsr_task_context *t)
{
    return best_run(t, false);
}

#define BEST_TASK(NAME)                                                                            \
    static const tsr_task_desc NAME##_task = {                                                     \
        .name = "array." #NAME,                                                                    \
        .args = {[BEST_INTO] = {TSR_REDUCE, BEST, .name = "best", .reduction = TSR_USER_REDUCTION, \
                                .reducer = &NAME},                                                 \
                 [BEST_FROM] = {TSR_READ, TSR_TYPE_ANY, .name = "from"},                           \
                 [BEST_INDEX] = {TSR_SCALAR, TSR_BINARY(sizeof(struct index_strides)),             \
                                 .name = "strides"}},                                              \
        .constraints = {TSR_ALIGN(BEST_INTO, BEST_FROM)},                                          \
        .variants = {[TSR_CPU] = {.body = NAME##_body}},                                           \
        .pure = true,                                                                              \
        .work = 4,                                                                                 \
    }
BEST_TASK(best_max);
BEST_TASK(best_min);

/* ---- values and indices taken out ---- */

enum { TAKE_OUT, TAKE_FROM, TAKE_VALID };

/* One pair as an element: its index where that is asked for, else its value. */
static void take(const tsr_raw_window *out, int64_t to, const tsr_raw_window *in, int64_t from)
{
    const struct best *best = (const struct best *)(const void *)in->origin + from;
    if (in->type != BEST) /* both kinds of pair have their index behind 8 bytes of value */
        ((int64_t *)(void *)out->origin)[to] =
            ((const tsr_indexed_i64 *)(const void *)in->origin)[from].index;
    else if (out->type == TSR_I64)
        ((int64_t *)(void *)out->origin)[to] = best->index;
    else
        array_element_store(out->type, (const double[]){best->re, best->im},
                            out->origin + to * (int64_t)tsr_type_size(out->type));
}

_Static_assert(offsetof(tsr_indexed_f64, index) == offsetof(tsr_indexed_i64, index), "see take");

static tsr_status take_body(const tsr_task_context *t)
{
    const tsr_raw_window out = tsr_raw_window_of(t, TAKE_OUT), in = tsr_raw_window_of(t, TAKE_FROM);
    int64_t              at[TSR_MAX_RANK];
    if (!array_walk_begin(&out, at))
        return TSR_OK;
    do
        take(&out, array_walk_offset(&out, at), &in, array_walk_offset(&in, at));
    while (array_walk_next(&out, at, out.rank));
    return TSR_OK;
}

/* As take_body, of slices that are to have an element that is no NaN. */
static tsr_status take_valid_body(const tsr_task_context *t)
{
    const tsr_raw_window valid = tsr_raw_window_of(t, TAKE_VALID);
    int64_t              at[TSR_MAX_RANK];
    if (!array_walk_begin(&valid, at))
        return TSR_OK;
    do
        if (!((const bool *)valid.origin)[array_walk_offset(&valid, at)])
            return TSR_FAIL(TASK_FAILED, "All-NaN slice encountered");
    while (array_walk_next(&valid, at, valid.rank));
    return take_body(t);
}

static const tsr_task_desc take_task = {
    .name = "array.index_of",
    .args = {[TAKE_OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "out"},
             [TAKE_FROM] = {TSR_READ, TSR_TYPE_ANY, .name = "pairs"}},
    .constraints = {TSR_ALIGN(TAKE_FROM, TAKE_OUT)},
    .variants = {[TSR_CPU] = {.body = take_body}},
    .pure = true,
};

static const tsr_task_desc take_valid_task = {
    .name = "array.index_of",
    .args = {[TAKE_OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "out"},
             [TAKE_FROM] = {TSR_READ, TSR_TYPE_ANY, .name = "pairs"},
             [TAKE_VALID] = {TSR_READ, TSR_BOOL, .name = "valid"}},
    .constraints = {TSR_ALIGN(TAKE_FROM, TAKE_OUT), TSR_ALIGN(TAKE_VALID, TAKE_OUT)},
    .variants = {[TSR_CPU] = {.body = take_valid_body}},
    .pure = true,
};

/* What the pairs, of the answer's shape, say; ends them and `valid`. */
static nd_array taken(const struct reduce *r, tsr_store pairs, nd_type type, nd_array valid)
{
    const tsr_site   at = r->o->at;
    const nd_array   out = nd_empty_(type, r->shape, at);
    const tsr_arg    arg[] = {tsr_arg_store(nd_store(out)), tsr_arg_store(pairs),
                              tsr_arg_store(nd_store(valid))};
    const tsr_status s = tsr_issue_(valid.id ? &take_valid_task : &take_task, arg, valid.id ? 3 : 2,
                                    &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    tsr_store_release_(pairs, at);
    if (valid.id)
        tsr_store_release_(nd_store(valid), at);
    return out;
}

/* ---- complex numbers ---- */

tsr_store reduce_dropped(const struct reduce *r, tsr_store s)
{
    if (r->o->keepdims)
        return s;
    for (int d = r->kept.rank - 1; d >= 0; --d)
        if (r->axes >> d & 1) {
            const tsr_store next = tsr_project_(s, d, 0, r->o->at);
            tsr_store_release_(s, r->o->at);
            s = next;
        }
    return s;
}

/* The elements, with those that take no part as what loses against all. */
static nd_array replaced(const struct reduce *r)
{
    struct array_call c;
    if (!r->skips_nan && !r->has_where)
        return array_alias(r->a, r->o->at);
    array_call_begin(&c, r->name, r->o->at);
    const tsr_term x = reduce_elements(r, &c), keeps = reduce_keeps(r, &c, x);
    tsr_formula_output(&c.formula, tsr_apply(&c.formula, TSR_OP_SELECT, keeps, x,
                                             reduce_identity(&c.formula, r->op, r->info.type)));
    return array_call_make(&c, r->info.type, &r->info.shape);
}

static struct index_strides strides_of(const struct reduce *r)
{
    struct index_strides s = {{0}};
    int64_t              by = 1;
    for (int d = r->info.shape.rank - 1; d >= 0; --d)
        if (r->axes >> d & 1) {
            s.by[d] = by;
            by *= r->info.shape.extent[d];
        }
    return s;
}

/* The best of each slice, of the answer's shape. */
static tsr_store fold_complex(const struct reduce *r)
{
    const tsr_site             at = r->o->at;
    const bool                 is_max = r->op == TSR_MAX || r->op == TSR_ARGMAX;
    const struct index_strides index = strides_of(r);
    const nd_array             from = replaced(r);
    const tsr_store            best = tsr_store_filled_(BEST, r->kept, is_max ? &first : &last, at);
    const tsr_store            into = array_stretch(best, &r->kept, &r->info.shape, at);
    const tsr_arg              arg[] = {[BEST_INTO] = tsr_arg_store(into),
                                        [BEST_FROM] = tsr_arg_store(nd_store(from)),
                                        [BEST_INDEX] = tsr_arg_data(TSR_BINARY(sizeof index), &index)};
    const tsr_status           s = tsr_issue_(is_max ? &best_max_task : &best_min_task, arg, 3,
                                    &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `best` carries the cause */
    tsr_store_release_(into, at);
    tsr_store_release_(nd_store(from), at);
    return reduce_dropped(r, best);
}

nd_array reduce_complex_extreme(const struct reduce *r)
{
    return taken(r, fold_complex(r), r->info.type, (nd_array){0});
}

/* ---- indices ---- */

/* The element's index in C order among those that are folded. */
static tsr_term index_term(tsr_formula *f, const struct reduce *r)
{
    tsr_term index = -1;
    int64_t  stride = 1;
    for (int d = r->info.shape.rank - 1; d >= 0; --d) {
        if (!(r->axes >> d & 1))
            continue;
        const tsr_term by = tsr_formula_constant(f, TSR_I64, &stride);
        const tsr_term part = tsr_apply(f, TSR_OP_MULTIPLY, tsr_formula_index(f, d), by);
        index = index < 0 ? part : tsr_apply(f, TSR_OP_ADD, index, part);
        stride *= r->info.shape.extent[d];
    }
    static const int64_t zero = 0;
    return index < 0 ? tsr_formula_constant(f, TSR_I64, &zero) : index;
}

/* The value that orders an element as its own type does. */
static tsr_term order_term(tsr_formula *f, tsr_term x, const struct reduce *r)
{
    static const int64_t lowest = INT64_MIN;
    const tsr_term       wide = array_cast(f, x, r->in);
    if (r->info.type != TSR_U64)
        return wide;
    return tsr_apply(f, TSR_OP_XOR, wide, tsr_formula_constant(f, TSR_I64, &lowest));
}

static tsr_store fold_pairs(const struct reduce *r)
{
    struct array_call c;
    array_call_begin(&c, r->name, r->o->at);
    tsr_formula   *f = &c.formula;
    const tsr_term own = reduce_elements(r, &c), keeps = reduce_keeps(r, &c, own);
    tsr_term       x = order_term(f, own, r);
    if (keeps >= 0)
        x = tsr_apply(f, TSR_OP_SELECT, keeps, x, reduce_identity(f, r->op, r->in));
    return nd_store(
        reduce_fold_term(r, &c, tsr_apply(f, TSR_OP_PAIR, x, index_term(f, r)), r->op, &r->shape));
}

nd_array reduce_index(const struct reduce *r)
{
    struct reduce_finish by = {.type = TSR_I64};
    const bool           is_complex = array_kind_of(r->info.type) == KIND_COMPLEX;
    const nd_array valid = r->skips_nan ? reduce_fold_kept(r, TSR_OR, &r->shape) : (nd_array){0};
    by.folded = taken(r, is_complex ? fold_complex(r) : fold_pairs(r), TSR_I64, valid);
    return reduce_answer(r, &by);
}
