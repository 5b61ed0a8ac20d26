/* api/formula.c - tsr_formula_issue: from a call to operands of one shape.
 *
 * Stores that are plainly in order are taken from their handles; all others, and values, go the way of a
 * task's arguments (argument.c), under a descriptor that says what the formula would.  Inputs are then seen
 * through views of the shape to which all of them broadcast; a folded output through one that stands still
 * along the dimensions it is folded over.
 *
 * Cost: O(arguments * rank); no allocation for views seen before.  Threads: the issuing thread. */
#include <string.h>

#include "api/argument.h"
#include "api/call.h"
#include "issue/issue.h"
#include "model/formula.h"
#include "model/reduce.h"
#include "model/types.h"
#include "pipeline.h"

/* A call under way. */
struct issuing {
    struct tsr_runtime *rt;
    const tsr_formula  *f;
    const tsr_store    *out;
    const tsr_arg      *in;
    int                 n_out, n_in;
    struct formula_call call;
    struct view        *made[2 * TSR_FORMULA_ARGS]; /* views that this call holds */
    int                 n_made;
};

#define FAIL(s, name, ...) failure_at((s)->call.site, name, __VA_ARGS__)

/* ---- what was built ---- */

static tsr_status mistake_tell(const struct issuing *s)
{
    const tsr_formula *f = s->f;
    const char *op = f->mistake_op < TSR_N_OPS ? tsr_op_name((tsr_op)f->mistake_op) : "an input";
    const char *type[3];
    for (int k = 0; k < 3; ++k)
        type[k] = f->mistake_type[k] != 0 ? tsr_type_name(f->mistake_type[k]) : "-";
    switch ((enum formula_mistake)f->mistake) {
    case FORMULA_NO_OP: return FAIL(s, BAD_ARGUMENT, "formula %s: no such operation", f->name);
    case FORMULA_NO_TERM: return FAIL(s, BAD_ARGUMENT, "formula %s: an operand of %s is no term", f->name, op);
    case FORMULA_BAD_TYPES:
        return FAIL(s, BAD_TYPE, "formula %s: %s does not take (%s, %s, %s)", f->name, op, type[0],
                    type[1], type[2]);
    case FORMULA_BAD_INPUT:
        return FAIL(s, BAD_TYPE, "formula %s: an input, or a constant, of type %s that it is not in",
                    f->name, type[0]);
    case FORMULA_BAD_FOLD:
        return FAIL(s, BAD_TYPE, "formula %s: %s of %s is not defined", f->name,
                    reduce_name((tsr_reduction)f->mistake_op), type[0]);
    case FORMULA_BAD_DIMENSION:
        return FAIL(s, BAD_ARGUMENT, "formula %s: an index along no dimension", f->name);
    case FORMULA_MANY_TERMS:
        return FAIL(s, BAD_ARGUMENT, "formula %s: more than %d terms", f->name, TSR_FORMULA_TERMS);
    case FORMULA_MANY_ARGS:
        return FAIL(s, BAD_ARGUMENT, "formula %s: more than %d inputs and outputs", f->name,
                    TSR_FORMULA_ARGS);
    default:
        return FAIL(s, BAD_ARGUMENT, "formula %s: more than %d constants", f->name,
                    TSR_FORMULA_CONSTANTS);
    }
}

static tsr_status formula_check(const struct issuing *s)
{
    const tsr_formula *f = s->f;
    if (f->mistake != FORMULA_IS_WELL)
        return mistake_tell(s);
    if (s->n_out != f->n_outputs || s->n_in != f->n_inputs)
        return FAIL(s, BAD_ARGUMENT, "formula %s has %d outputs and %d inputs; %d and %d are given",
                    f->name, f->n_outputs, f->n_inputs, s->n_out, s->n_in);
    if (f->n_outputs == 0)
        return FAIL(s, BAD_ARGUMENT, "formula %s has no output", f->name);
    return TSR_OK;
}

/* ---- arguments as those of a task ---- */

/* A descriptor that says what the formula would, and the arguments of such a call: outputs, then inputs. */
struct as_task {
    tsr_task_desc desc;
    tsr_arg       arg[TSR_MAX_ARGS];
    struct call   call;
};

static tsr_type input_type(const tsr_formula *f, int k)
{
    for (int i = 0; i < f->n_terms; ++i)
        if (f->term[i].op == FORMULA_INPUT && f->term[i].a == k)
            return f->term[i].type;
    return TSR_TYPE_ANY;
}

static tsr_type output_type(const tsr_formula *f, int k)
{
    return f->term[f->output[k].term].type;
}

static void as_task_make(const struct issuing *s, struct as_task *t)
{
    const tsr_formula *f = s->f;
    memset(t, 0, sizeof *t);
    t->desc.name = f->name;
    int n = 0;
    for (int k = 0; k < s->n_out && n < TSR_FORMULA_ARGS; ++k, ++n) {
        const bool known = f->mistake == FORMULA_IS_WELL && k < f->n_outputs;
        t->desc.args[n] = (tsr_arg_desc){TSR_WRITE, known ? output_type(f, k) : TSR_TYPE_ANY};
        t->arg[n] = tsr_arg_store(s->out[k]);
    }
    for (int k = 0; k < s->n_in && n < TSR_FORMULA_ARGS; ++k, ++n) {
        const bool is_value = s->in[k].store.id == 0;
        t->desc.args[n] = (tsr_arg_desc){is_value ? TSR_SCALAR : TSR_READ, input_type(f, k)};
        t->arg[n] = s->in[k];
    }
    t->call = (struct call){.desc = &t->desc, .args = t->arg, .n = n, .at = s->call.site};
}

static __attribute__((noinline)) tsr_status operand_bind(struct issuing *s, int n,
                                                         struct formula_operand *out)
{
    struct as_task       t;
    struct operation_arg bound = {0};
    as_task_make(s, &t);
    const tsr_status status = argument_bind(s->rt, &t.call, n, &bound);
    if (status != TSR_OK)
        return status;
    if (bound.root && !bound.root->extent_known)
        return FAIL(s, UNSUPPORTED, "formula %s: argument %d is an unbound store, which only a task writes",
                    s->f->name, n);
    *out = (struct formula_operand){bound.root, bound.view, bound.type, {0}};
    memcpy(out->value, bound.value, sizeof out->value);
    return TSR_OK;
}

/* A store that needs no second look. */
static inline bool operand_is_plain(struct issuing *s, tsr_store store, tsr_type type, bool writes,
                                    struct formula_operand *out)
{
    const struct handle *h = handle_find(s->rt->api, store.id, HANDLE_STORE);
    if (!h || !h->plain || h->type != type || (writes && h->view->stretched))
        return false;
    out->root = h->root;
    out->view = h->view;
    out->type = type;
    return true;
}

/* A value of the input's own type. */
static inline bool operand_is_value(const tsr_arg *a, tsr_type type, struct formula_operand *out)
{
    if (a->store.id != 0 || a->type != type || a->data)
        return false;
    *out = (struct formula_operand){.type = type};
    memcpy(out->value, a->value.bytes, type_bytes(type));
    return true;
}

static tsr_status operands_bind(struct issuing *s)
{
    const tsr_formula *f = s->f;
    for (int k = 0; k < s->n_out; ++k)
        if (!operand_is_plain(s, s->out[k], output_type(f, k), true, &s->call.out[k]))
            TSR_TRY(operand_bind(s, k, &s->call.out[k]));
    for (int i = 0; i < f->n_terms; ++i) {
        if (f->term[i].op != FORMULA_INPUT)
            continue;
        const int      k = f->term[i].a;
        const tsr_type type = f->term[i].type;
        if (!operand_is_plain(s, s->in[k].store, type, false, &s->call.in[k]) &&
            !operand_is_value(&s->in[k], type, &s->call.in[k]))
            TSR_TRY(operand_bind(s, s->n_out + k, &s->call.in[k]));
    }
    return TSR_OK;
}

static tsr_status outputs_check(const struct issuing *s)
{
    const struct formula_call *c = &s->call;
    for (int k = 0; k < s->n_out; ++k) {
        for (int j = 0; j < k; ++j)
            if (c->out[j].root == c->out[k].root && c->out[j].view == c->out[k].view)
                return FAIL(s, BAD_ARGUMENT, "formula %s: outputs %d and %d are one", s->f->name, j, k);
        const bool folds = s->f->output[k].reduction != TSR_NO_REDUCTION;
        for (int j = 0; folds && j < s->n_in + s->n_out; ++j) {
            const bool is_out = j >= s->n_in;
            const struct formula_operand *o = is_out ? &c->out[j - s->n_in] : &c->in[j];
            if (o->root == c->out[k].root && !(is_out && j - s->n_in == k))
                return FAIL(s, UNSUPPORTED,
                            "formula %s: output %d is folded into, and its store named once more",
                            s->f->name, k);
        }
    }
    return TSR_OK;
}

/* ---- one shape ---- */

static tsr_status shape_take(struct issuing *s, const struct view *v)
{
    struct formula_call *c = &s->call;
    const int rank = v->rank > c->rank ? v->rank : c->rank;
    int64_t   extent[TSR_MAX_RANK];
    for (int d = 0; d < rank; ++d) {
        const int     i = d - (rank - c->rank), j = d - (rank - v->rank);
        const int64_t a = i >= 0 ? c->extent[i] : 1, b = j >= 0 ? v->extent[j] : 1;
        if (a != b && a != 1 && b != 1)
            return FAIL(s, BAD_SHAPE, "formula %s: shapes %s and %s do not broadcast", s->f->name,
                        shape_text(c->rank, c->extent).text, shape_text(v->rank, v->extent).text);
        extent[d] = a == 1 ? b : a;
    }
    c->rank = rank;
    memcpy(c->extent, extent, sizeof extent[0] * (size_t)rank);
    return TSR_OK;
}

static bool has_shape(const struct formula_call *c, const struct view *v)
{
    bool same = c->rank == v->rank;
    for (int d = 0; d < v->rank && same; ++d)
        same = c->extent[d] == v->extent[d];
    return same;
}

static bool is_folded(const tsr_formula *f, int k)
{
    return f->output[k].reduction != TSR_NO_REDUCTION;
}

/* Are all stores seen through one view, and none is folded into? Then there is nothing to find. */
static inline bool shape_is_one(struct issuing *s)
{
    struct formula_call *c = &s->call;
    const struct view   *v = c->out[0].view;
    for (int k = 0; k < s->n_out; ++k) {
        c->home[k] = NULL;
        if (c->out[k].view != v || is_folded(s->f, k))
            return false;
    }
    for (int k = 0; k < s->n_in; ++k)
        if (c->in[k].root && c->in[k].view != v)
            return false;
    c->rank = v->rank;
    for (int d = 0; d < v->rank; ++d)
        c->extent[d] = v->extent[d];
    return true;
}

static tsr_status shape_find(struct issuing *s)
{
    struct formula_call *c = &s->call;
    bool                 known = false;
    c->rank = 0;
    for (int k = 0; k < s->n_in; ++k)
        if (c->in[k].root) {
            known = true;
            TSR_TRY(shape_take(s, c->in[k].view));
        }
    for (int k = 0; k < s->n_out && !known; ++k)
        if (!is_folded(s->f, k)) {
            known = true;
            TSR_TRY(shape_take(s, c->out[k].view));
        }
    if (!known)
        return FAIL(s, BAD_SHAPE, "formula %s: no argument says what is folded", s->f->name);
    for (int k = 0; k < s->n_out; ++k)
        if (!is_folded(s->f, k) && !has_shape(c, c->out[k].view))
            return FAIL(s, BAD_SHAPE, "formula %s is of shape %s, and output %d of %s", s->f->name,
                        shape_text(c->rank, c->extent).text, k,
                        shape_text(c->out[k].view->rank, c->out[k].view->extent).text);
    return TSR_OK;
}

/* Column `from` of `v` (-1: none that moves anything) as the next of `to`. */
static void column_put(struct view *to, int64_t extent, const struct view *v, int from)
{
    const int d = to->rank++;
    to->extent[d] = extent;
    for (int r = 0; r < v->root_rank; ++r)
        to->a[r][d] = from >= 0 ? v->a[r][from] : 0;
}

/* The interned view of `map`, which this call holds. */
static tsr_status view_make(struct issuing *s, const struct view *map, struct view **out)
{
    struct view *v = view_intern(s->rt->views, map);
    if (!v)
        return api_no_memory(s->call.site);
    s->made[s->n_made++] = v;
    *out = v;
    return TSR_OK;
}

static tsr_status input_stretch(struct issuing *s, struct formula_operand *o)
{
    const struct formula_call *c = &s->call;
    const struct view         *v = o->view;
    if (has_shape(c, v))
        return TSR_OK;
    struct view map = *v;
    map.rank = 0;
    for (int d = 0; d < c->rank; ++d) {
        const int from = d - (c->rank - v->rank);
        column_put(&map, c->extent[d], v, from >= 0 && v->extent[from] == c->extent[d] ? from : -1);
    }
    return view_make(s, &map, &o->view);
}

/* See a folded output along all dimensions of the shape. */
static tsr_status output_spread(struct issuing *s, int k)
{
    struct formula_call *c = &s->call;
    struct view         *v = c->out[k].view;
    const unsigned       axes = s->f->output[k].axes;
    struct view          map = *v;
    int                  kept = 0;
    for (int d = 0; d < c->rank; ++d)
        kept += !(axes >> d & 1);
    const bool keeps = v->rank == c->rank;
    bool       fits = keeps || v->rank == kept;
    map.rank = 0;
    for (int d = 0, from = 0; d < c->rank && fits; ++d) {
        const bool folded = axes >> d & 1;
        if (folded)
            fits = !keeps || v->extent[from] == 1;
        else
            fits = v->extent[from] == c->extent[d];
        column_put(&map, c->extent[d], v, folded ? -1 : from);
        from += keeps || !folded;
    }
    if (!fits)
        return FAIL(s, BAD_SHAPE, "formula %s: %s folded along axes 0x%x does not give output %d, of %s",
                    s->f->name, shape_text(c->rank, c->extent).text, axes, k,
                    shape_text(v->rank, v->extent).text);
    c->home[k] = v;
    return view_make(s, &map, &c->out[k].view);
}

static tsr_status views_make(struct issuing *s)
{
    for (int k = 0; k < s->n_in; ++k)
        if (s->call.in[k].root)
            TSR_TRY(input_stretch(s, &s->call.in[k]));
    for (int k = 0; k < s->n_out; ++k) {
        s->call.home[k] = NULL;
        if (is_folded(s->f, k))
            TSR_TRY(output_spread(s, k));
    }
    return TSR_OK;
}

/* ---- the call ---- */

static tsr_status prepare(struct issuing *s)
{
    TSR_TRY(formula_check(s));
    TSR_TRY(operands_bind(s));
    TSR_TRY(outputs_check(s));
    if (shape_is_one(s))
        return TSR_OK;
    TSR_TRY(shape_find(s));
    return views_make(s);
}

static __attribute__((noinline)) void refuse(const struct issuing *s)
{
    struct as_task t;
    as_task_make(s, &t);
    call_outputs_fail(s->rt, &t.call);
}

tsr_status tsr_formula_issue_(const tsr_formula *f, const tsr_store *out, int n_out, const tsr_arg *in,
                              int n_in, tsr_site at)
{
    struct issuing s;
    s.rt = api_enter(at);
    s.f = f;
    s.out = out;
    s.in = in;
    s.n_out = n_out;
    s.n_in = n_in;
    s.n_made = 0;
    s.call.f = f;
    s.call.site = at;
    if (!s.rt)
        return TSR_NOT_ALLOWED;
    if (!f || n_out < 0 || n_in < 0 || (n_out > 0 && !out) || (n_in > 0 && !in))
        return failure_at(at, BAD_ARGUMENT, "no formula, or no arguments, given");
    s.call.provenance = s.rt->api->provenance;
    tsr_status status = prepare(&s);
    if (status != TSR_OK)
        refuse(&s);
    else
        status = pipeline_formula(s.rt, &s.call);
    for (int k = 0; k < s.n_made; ++k)
        view_release(s.made[k]);
    return status;
}
