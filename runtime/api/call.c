/* api/call.c - tsr_issue: from a call to an operation.
 *
 * The operation is put together on the stack from what the arguments say; the pipeline copies what it
 * keeps and takes over the counted references, which are therefore taken last, when nothing can go
 * wrong any more. When something did go wrong, every output of the call that is a live store is
 * marked failed with the cause, as if the operation had run and failed: whoever reads it meets the
 * line of the call.
 *
 * A failed store in: the call answers its first cause and its outputs carry it.
 *
 * Cost: O(arguments), no allocation, unless a scalar is longer than 16 bytes. Threads: the issuing
 * thread. */
#include <string.h>

#include "api/argument.h"
#include "api/call.h"
#include "base/alloc.h"
#include "pipeline.h"

tsr_store call_failed_like(struct tsr_runtime *rt, const struct handle *h, tsr_site at)
{
    const struct handle_make m = {.kind = HANDLE_STORE, .cause = h->cause, .at = at};
    return (tsr_store){handle_add(rt, &m)};
}

/* The cause stays this thread's last failure: bodies that run here meanwhile, because the window closes,
 * leave traces of their own. */
void call_outputs_fail(struct tsr_runtime *rt, const struct call *c)
{
    const int    n = desc_args(c->desc);
    struct trace cause;
    trace_save(&cause);
    for (int i = 0; i < n && i < c->n; ++i) {
        if (!access_writes(c->desc->args[i].access))
            continue;
        struct handle *h = handle_find(rt->api, c->args[i].store.id, HANDLE_STORE);
        if (!h || !h->root || h->root->detached)
            continue;
        if (h->root->kind == ROOT_SEALED && !c->is_sealing)
            continue; /* it cannot be written, and was not */
        if (h->root->kind == ROOT_ATTACHED && h->root->attach_mode == TSR_ATTACH_READ)
            continue;
        h->root->promised = true;
        pipeline_fail(rt, h->root, h->view, c->at);
        trace_restore(&cause);
    }
}

static void data_free(struct operation *op, int n)
{
    for (int i = 0; i < n; ++i)
        base_free(op->arg[i].data);
}

/* Bind all arguments; on failure none holds anything. */
static tsr_status arguments_bind(struct tsr_runtime *rt, const struct call *c, struct operation *op)
{
    const int n = desc_checked(rt->api, c->desc)->n_args;
    if (__builtin_expect(c->n > n, 0))
        return failure_at(c->at, BAD_ARGUMENT, "%s takes %d arguments; %d are given", c->desc->name,
                          n, c->n);
    const bool is_manual = c->points > 0;
    for (int i = 0; i < n; ++i) {
        if (!is_manual && i < c->n &&
            argument_bind_plain(rt->api, &c->desc->args[i], &c->args[i], &op->arg[i]))
            continue;
        tsr_status s =
            i < c->n ? argument_bind(rt, c, i, &op->arg[i])
                     : failure_at(c->at, BAD_ARGUMENT, "%s: not given", arg_text(c->desc, i).text);
        if (__builtin_expect(s != TSR_OK, 0)) {
            data_free(op, i);
            return s;
        }
    }
    op->n_args = n;
    return TSR_OK;
}

static void operation_fill(struct tsr_runtime *rt, const struct call *c, struct operation *op)
{
    op->number = 0;
    op->alone = op->inputs_replicated = false;
    op->desc = c->desc;
    op->priority = c->priority;
    op->points = c->points;
    op->site = c->at;
    op->provenance = rt->api->provenance;
    op->status = TSR_OK;
    op->plan = NULL;
    op->payload = c->payload;
}

static void references_take(struct operation *op)
{
    for (int i = 0; i < op->n_args; ++i) {
        struct operation_arg *a = &op->arg[i];
        if (!a->root)
            continue;
        view_keep(a->view);
        if (a->partition)
            partition_keep(a->partition);
        if (!a->root->extent_known)
            a->root->promised = true; /* only a writer comes so far with it */
    }
}

static tsr_status call_check(struct tsr_runtime *rt, const struct call *c, struct operation *op)
{
    if (__builtin_expect(!c->desc || desc_checked(rt->api, c->desc)->desc != c->desc, 0)) {
        const tsr_status s = desc_check(rt->api, c->desc, c->at);
        if (s != TSR_OK)
            return s;
    }
    if (c->n < 0 || (c->n > 0 && !c->args))
        return failure_at(c->at, BAD_ARGUMENT, "%s: no arguments given", c->desc->name);
    if (c->points < 0)
        return failure_at(c->at, BAD_ARGUMENT, "%s: a launch over %lld points", c->desc->name,
                          (long long)c->points);
    return arguments_bind(rt, c, op);
}

tsr_status call_issue(struct tsr_runtime *rt, const struct call *c)
{
    struct operation op;
    const tsr_status s = call_check(rt, c, &op);
    if (__builtin_expect(s != TSR_OK, 0)) {
        base_free(c->payload);
        if (c->desc && c->n >= 0 && c->args)
            call_outputs_fail(rt, c);
        return s;
    }
    operation_fill(rt, c, &op);
    references_take(&op);
    return pipeline_issue(rt, &op);
}

/* `how` as far as this caller's struct goes. */
static struct call call_of(const tsr_task_desc *d, const tsr_arg *args, int n,
                           const tsr_launch *how)
{
    struct call c = {.desc = d, .args = args, .n = n};
    if (how) {
        c.at = how->at;
        c.points = how->points;
        c.priority = how->priority;
    }
    return c;
}

tsr_status tsr_issue_(const tsr_task_desc *d, const tsr_arg *args, int n, const tsr_launch *how)
{
    const struct call   c = call_of(d, args, n, how);
    struct tsr_runtime *rt = api_enter(c.at);
    return __builtin_expect(rt != NULL, 1) ? call_issue(rt, &c) : TSR_NOT_ALLOWED;
}

/* ---- explaining ---- */

static const char *explained_keep(struct api_state *s, const char *text)
{
    base_free(s->explained);
    const size_t bytes = strlen(text) + 32;
    s->explained = base_calloc(1, bytes);
    if (!s->explained)
        return "out of memory";
    snprintf(s->explained, bytes, "the call would fail: %s", text);
    return s->explained;
}

const char *tsr_explain_(const tsr_task_desc *d, const tsr_arg *args, int n, const tsr_launch *how)
{
    const struct call   c = call_of(d, args, n, how);
    struct tsr_runtime *rt = api_enter(c.at);
    struct operation    op;
    if (!rt)
        return "the call would fail: no runtime is started on this thread";
    if (call_check(rt, &c, &op) != TSR_OK)
        return explained_keep(rt->api, tsr_error_text());
    operation_fill(rt, &c, &op);
    const char *text = pipeline_explain(rt, &op);
    data_free(&op, op.n_args);
    return text;
}
