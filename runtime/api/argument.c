/* api/argument.c - what is given to a call, against what its task describes.
 *
 * Everything that can be wrong with one argument is found here, by the same means on every rank:
 * handles, types, dimensions, whether it may be written, the partition of a manual launch, the value
 * of a scalar, which is brought to the described type. The way of an argument that is in order
 * touches its handle, its view and its description, once each; every message is made off that way.
 *
 * Cost: O(1). Threads: the issuing thread. */
#include <string.h>

#include "api/argument.h"
#include "base/alloc.h"
#include "model/reduce.h"
#include "model/types.h"
#include "pipeline.h"

#define FAIL(name, format, ...)                                                                    \
    failure_at(c->at, name, "%s: " format, arg_text(c->desc, i).text, ##__VA_ARGS__)

/* ---- handles ---- */

static tsr_status cause_raise(const struct call *c, struct cause *cause)
{
    char what[96];
    snprintf(what, sizeof what, "tsr_issue(%s)", c->desc->name);
    cause->told = true;
    return trace_raise(&cause->trace, c->at, what);
}

/* A handle that is not plainly in order: why, or OK after all. */
static tsr_status handle_doubt(struct tsr_runtime *rt, const struct call *c, int i,
                               struct handle **out)
{
    char who[sizeof(struct arg_text) + 2];
    snprintf(who, sizeof who, "%s: ", arg_text(c->desc, i).text);
    if (c->args[i].store.id == 0 && c->args[i].type != TSR_TYPE_ANY)
        return FAIL(BAD_HANDLE, "a value is given where a store is wanted");
    struct handle *h = store_find(rt, c->args[i].store, who, c->at);
    if (!h)
        return tsr_error_status();
    if (!h->root)
        return cause_raise(c, h->cause);
    *out = h;
    return TSR_OK;
}

/* Until its extent is known, the one thing to do with an unbound store is to write it, once; whoever wants
 * it afterwards waits for the extent, and it is a store like any other. */
static tsr_status unbound_check(struct tsr_runtime *rt, const struct call *c, int i,
                                struct handle *h)
{
    if (h->root->extent_known)
        return TSR_OK;
    if (c->desc->args[i].access != TSR_WRITE || h->root->promised)
        return store_bind(rt, h, c->at);
    if (h->view != h->root->whole)
        return FAIL(NOT_ALLOWED, "an unbound store is written whole, not through a view");
    return TSR_OK;
}

static tsr_status write_check(const struct call *c, int i, const struct handle *h)
{
    const tsr_access access = c->desc->args[i].access;
    if (h->root->kind == ROOT_SEALED && !c->is_sealing)
        return FAIL(NOT_ALLOWED, "the store sealed at %s:%d cannot be written", h->made_at.file,
                    h->made_at.line);
    if (h->root->kind == ROOT_ATTACHED && h->root->attach_mode == TSR_ATTACH_READ)
        return FAIL(NOT_ALLOWED, "the buffer attached at %s:%d is only to be read",
                    h->root->made_at.file, h->root->made_at.line);
    if (h->view->stretched && access != TSR_REDUCE)
        return FAIL(BAD_ARGUMENT,
                    "written through a broadcast: the view made at %s:%d shows elements more than "
                    "once",
                    h->made_at.file, h->made_at.line);
    return TSR_OK;
}

/* ---- types ---- */

static tsr_status type_mismatch(const struct call *c, int i, const struct handle *h)
{
    char given[64];
    snprintf(given, sizeof given, "%s", tsr_type_name(h->type));
    return FAIL(BAD_TYPE, "is of %s, and the store made at %s:%d of %s",
                tsr_type_name(c->desc->args[i].type), h->made_at.file, h->made_at.line, given);
}

/* An operator on elements whose type the description leaves open. */
static tsr_status operator_check(const struct call *c, int i, tsr_type type)
{
    const tsr_arg_desc *d = &c->desc->args[i];
    if (d->reduction == TSR_USER_REDUCTION) {
        if (tsr_type_size(type) != d->reducer->bytes)
            return FAIL(BAD_TYPE, "elements of %zu bytes, a reducer of %zu", tsr_type_size(type),
                        d->reducer->bytes);
    } else if (!reduce_is_defined(d->reduction, type)) {
        return FAIL(BAD_TYPE, "%s of %s is not defined", reduce_name(d->reduction),
                    tsr_type_name(type));
    }
    return TSR_OK;
}

/* ---- partitions ---- */

static bool is_whole_everywhere(const tsr_task_desc *d, int i)
{
    for (int k = 0; k < TSR_MAX_CONSTRAINTS; ++k) {
        const tsr_constraint *x = &d->constraints[k];
        if (x->kind == TSR_CONSTRAINT_BROADCAST && x->of == i && x->dims == 0)
            return true;
    }
    return false;
}

static tsr_status partition_bind(struct tsr_runtime *rt, const struct call *c, int i,
                                 const struct handle *h, struct operation_arg *out)
{
    const uint64_t id = c->args[i].partition.id;
    if (id == 0 && (c->points == 0 || is_whole_everywhere(c->desc, i)))
        return TSR_OK;
    if (id == 0)
        return FAIL(BAD_ARGUMENT, "a launch over %lld points needs a partition of it",
                    (long long)c->points);
    if (c->points == 0)
        return FAIL(BAD_ARGUMENT, "a partition is given; tsr_issue_over() takes them");
    const struct handle *p = handle_find(rt->api, id, HANDLE_PARTITION);
    if (!p) {
        char who[sizeof(struct arg_text) + 2];
        snprintf(who, sizeof who, "%s: ", arg_text(c->desc, i).text);
        return handle_explain(rt, id, HANDLE_PARTITION, who, c->at);
    }
    if (!p->partition)
        return cause_raise(c, p->cause);
    const struct partition *cut = p->partition;
    if (cut->n != c->points)
        return FAIL(BAD_ARGUMENT, "the partition made at %s:%d has %lld points, the launch %lld",
                    p->made_at.file, p->made_at.line, (long long)cut->n, (long long)c->points);
    bool is_same = cut->shape.rank == h->view->rank;
    for (int d = 0; d < h->view->rank && is_same; ++d)
        is_same = cut->shape.extent[d] == h->view->extent[d];
    if (!is_same)
        return FAIL(BAD_SHAPE, "%s, and its partition is of %s",
                    shape_text(h->view->rank, h->view->extent).text,
                    shape_text(cut->shape.rank, cut->shape.extent).text);
    out->partition = p->partition;
    return TSR_OK;
}

/* ---- stores ---- */

static tsr_status store_bind_arg(struct tsr_runtime *rt, const struct call *c, int i,
                                 struct operation_arg *out)
{
    const tsr_arg_desc *d = &c->desc->args[i];
    struct handle      *h = handle_find(rt->api, c->args[i].store.id, HANDLE_STORE);
    tsr_status          s;
    if (__builtin_expect(!h || !h->root || h->root->detached || h->unbound, 0) &&
        (s = handle_doubt(rt, c, i, &h)) != TSR_OK)
        return s;
    if (__builtin_expect(h->root->kind == ROOT_UNBOUND, 0) &&
        (s = unbound_check(rt, c, i, h)) != TSR_OK)
        return s;
    if (d->type != h->type && d->type != TSR_TYPE_ANY)
        return type_mismatch(c, i, h);
    if (d->rank != h->view->rank && d->rank != 0)
        return FAIL(BAD_SHAPE, "has %d dimensions, and the store made at %s:%d %d: %s", d->rank,
                    h->made_at.file, h->made_at.line, h->view->rank,
                    shape_text(h->view->rank, h->view->extent).text);
    if (access_writes(d->access) && (s = write_check(c, i, h)) != TSR_OK)
        return s;
    if (d->access == TSR_REDUCE && d->type == TSR_TYPE_ANY &&
        (s = operator_check(c, i, h->type)) != TSR_OK)
        return s;
    if (d->access == TSR_SCALAR && h->view->rank != 0)
        return FAIL(BAD_SHAPE, "a scalar is a 0-dimensional store, not one of %s",
                    shape_text(h->view->rank, h->view->extent).text);
    out->root = h->root;
    out->view = h->view;
    out->type = h->type;
    out->partition = NULL;
    out->data = NULL;
    if ((c->points | (int64_t)c->args[i].partition.id) != 0 && d->access != TSR_SCALAR)
        return partition_bind(rt, c, i, h, out);
    return TSR_OK;
}

/* ---- values ---- */

static tsr_status value_convert(const struct call *c, int i, const void *from,
                                struct operation_arg *out)
{
    const tsr_type given = c->args[i].type, wanted = c->desc->args[i].type;
    out->type = wanted;
    if (type_convert(given, from, wanted, out->value))
        return TSR_OK;
    double         v;
    const tsr_type shown = given;
    if (type_kind(wanted) != TYPE_IS_NONE && type_kind(wanted) != TYPE_IS_INDEXED &&
        type_convert(shown, from, TSR_F64, &v))
        return FAIL(BAD_TYPE, "the value %.17g is not in %s", v, tsr_type_name(wanted));
    char name[64];
    snprintf(name, sizeof name, "%s", tsr_type_name(given));
    return FAIL(BAD_TYPE, "a value of %s is given for one of %s", name, tsr_type_name(wanted));
}

static tsr_status value_bind(const struct call *c, int i, struct operation_arg *out)
{
    const tsr_arg *g = &c->args[i];
    const tsr_type wanted = c->desc->args[i].type;
    *out = (struct operation_arg){.type = g->type};
    if (g->type == TSR_TYPE_ANY)
        return FAIL(BAD_ARGUMENT, "no value is given");
    const size_t bytes = tsr_type_size(g->type);
    const void  *from = g->data ? g->data : g->value.bytes;
    if (bytes == 0)
        return FAIL(BAD_TYPE, "no element type has number %d", (int)g->type);
    if (!g->data && bytes > sizeof g->value)
        return FAIL(BAD_ARGUMENT, "a value of %s needs tsr_arg_data()", tsr_type_name(g->type));
    if (wanted != g->type && wanted != TSR_TYPE_ANY)
        return value_convert(c, i, from, out);
    if (bytes <= sizeof out->value) {
        memcpy(out->value, from, bytes);
        return TSR_OK;
    }
    out->data = base_calloc(1, bytes);
    if (!out->data)
        return api_no_memory(c->at);
    memcpy(out->data, from, bytes);
    return TSR_OK;
}

tsr_status argument_bind(struct tsr_runtime *rt, const struct call *c, int i,
                         struct operation_arg *out)
{
    if (c->desc->args[i].access == TSR_SCALAR && c->args[i].store.id == 0)
        return value_bind(c, i, out);
    return store_bind_arg(rt, c, i, out);
}
