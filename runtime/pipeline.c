/* pipeline.c - the stages in their order: the table of contents.
 *
 *     issue -> solve -> depend -> schedule -> execute -> retire
 *
 * An operation is solved when it is issued (so that what contradicts is said at its line), analysed when
 * its window closes, handed to the workers at once, and reported in program order.  What needs values
 * (images, extents of unbound stores) waits here, before the operation is numbered.
 *
 * Threads: issuing thread. */
#include "pipeline.h"

#include "base/alloc.h"
#include "depend/depend.h"
#include "execute/execute.h"
#include "issue/issue.h"
#include "memory/memory.h"
#include "network/network.h"
#include "schedule/schedule.h"
#include "solve/solve.h"

/* Entries of the stream that are not operations, for the hash that finds programs that differ. */
enum { NOTE_FENCE = 0x66656e6365, NOTE_AGREE = 0x6167726565 };

static uint64_t progress(void *runtime)
{
    const struct tsr_runtime *rt = runtime;
    return atomic_load(&rt->engine->prefix) + observe_counter_sum(rt->observe, TSR_COUNT_TASKS) +
           network_arrivals(rt->network);
}

static void describe(void *runtime, FILE *out)
{
    struct tsr_runtime *rt = runtime;
    schedule_describe(rt, out);
    network_print(rt->network, out);
}

static bool idle_work(void *user)
{
    struct tsr_runtime *rt = user;
    const bool ran = schedule_step(rt, UINT64_MAX);
    issue_retire(rt);
    return ran;
}

static void arrived(void *user)
{
    schedule_rouse(user);
}

/* Slots for twice the window, so that one is analysed while the other runs. */
static int ring_of(int64_t window)
{
    int ring = 16;
    while (ring < 2 * window + 2)
        ring *= 2;
    return ring;
}

tsr_status pipeline_start(struct tsr_runtime *rt)
{
    rt->schedule_workers = rt->config.workers > 0 ? (int)rt->config.workers
                                                  : (rt->config.machine.n_cores > 0
                                                         ? rt->config.machine.n_cores : 1);
#ifdef TSR_HOSTILE /* what nobody set: tiny windows, ready strips in any order */
    rt->config.window = rt->config.window == 64 ? 3 : rt->config.window;
    rt->config.chaos = rt->config.chaos == 0 ? 2 : rt->config.chaos;
#endif
    rt->solve = solve_create(rt);
    if (rt->solve == NULL)
        return TSR_FAIL(NO_MEMORY, "no memory for the solver");
    TSR_TRY(memory_start(rt));
    TSR_TRY(execute_formulas_start(rt));
    observe_watchdog_init(rt->observe, &(struct observe_watch){rt, progress, describe, NULL,
                                                               (double)rt->config.watchdog});
    TSR_TRY(schedule_start(rt, ring_of(rt->config.window)));
    TSR_TRY(depend_start(rt, rt->engine));
    TSR_TRY(issue_start(rt));
    network_hooks_set(rt->network, idle_work, arrived, rt);
    return TSR_OK;
}

static void formulas_close(struct tsr_runtime *rt);

void pipeline_stop(struct tsr_runtime *rt)
{
    if (rt->issue != NULL) {
        formulas_close(rt);
        issue_wait(rt, issue_last(rt));
        issue_retire(rt);
    }
    network_hooks_set(rt->network, NULL, NULL, NULL); /* late messages of others find nobody to wake */
    schedule_stop_workers(rt);
    observe_watchdog_stop(rt->observe);
    if (rt->issue != NULL)
        issue_retire(rt);
    issue_stop(rt);
    if (rt->depend != NULL)
        depend_stop(rt);
    schedule_stop(rt);
    memory_stop(rt);
    solve_destroy(rt->solve);
    rt->solve = NULL;
}

/* Every rank holds everything a pure operation reads: each may compute it itself. */
static bool inputs_are_replicated(struct tsr_runtime *rt, const struct operation *op)
{
    if (rt->n_ranks == 1 || !op->desc->pure)
        return false;
    issue_close(rt); /* owner maps are those of what was analysed */
    for (int k = 0; k < op->n_args; ++k) {
        struct root *root = op->arg[k].root;
        if (root == NULL || op->desc->args[k].access == TSR_WRITE)
            continue;
        const tsr_box box = box_of_shape(root->rank, root->extent);
        struct owner_map *map = depend_owners(rt, root);
        if (map == NULL || !owner_map_all_hold(map, &box))
            return false;
    }
    return true;
}

static bool is_written(const struct plan_arg *pa)
{
    return pa->store && !pa->unbound && (pa->access == TSR_WRITE || pa->access == TSR_READ_WRITE);
}

/* Do two arguments change one root, one of them as the result of a fold?  Who owns it afterwards is said in
 * a box a rank, and the rank of the result has one round both; alike only where every rank folds into the
 * same boxes. */
static bool folds_beside(const struct operation *op, int k, int j)
{
    const struct plan_arg *a = &op->plan->arg[k], *b = &op->plan->arg[j];
    const bool folds = a->access == TSR_REDUCE, too = b->access == TSR_REDUCE;
    if (op->arg[k].root == NULL || op->arg[k].root != op->arg[j].root || (!folds && !too))
        return false;
    if (folds && too)
        return !a->whole || !b->whole;
    return is_written(folds ? b : a);
}

/* Do the boxes that different ranks would write of one root meet?  Owner maps speak of one box a rank:
 * explicit pieces, images and several arguments may be disjoint although their ranks' hulls are not. */
static bool ranks_meet(const struct tsr_runtime *rt, const struct operation *op)
{
    const struct plan *p = op->plan;
    if (rt->n_ranks == 1 || p->alone >= 0 || p->replicated)
        return false;
    for (int k = 0; k < p->n_args; ++k) {
        const struct plan_arg *pa = &p->arg[k];
        for (int j = 0; j < k; ++j)
            if (folds_beside(op, k, j))
                return true;
        bool doubtful = p->manual || p->has_image || (pa->store && !pa->unbound && !pa->view->exact);
        if (!is_written(pa))
            continue;
        struct deal *hull = deal_keep(pa->ranks);
        for (int j = 0; j < p->n_args && hull != NULL; ++j) {
            if (j == k || !is_written(&p->arg[j]) || op->arg[j].root != op->arg[k].root)
                continue;
            struct deal *both = deal_hull(hull, p->arg[j].ranks);
            doubtful = true;
            deal_release(hull);
            hull = both;
        }
        const bool meet = hull == NULL || (doubtful && !owner_boxes_disjoint(hull));
        deal_release(hull);
        if (meet) /* without memory too: then the run is about to end */
            return true;
    }
    return false;
}

/* A simulated run has no values: boxes and extents that follow from them need a model. */
static tsr_status model_check(const struct tsr_runtime *rt, const struct operation *op)
{
    const tsr_model *m = op->desc->model;
    if (!rt->simulated)
        return TSR_OK;
    if (op->plan->has_image && (m == NULL || m->image == NULL))
        return tsr_fail_(op->site, TSR_NOT_ALLOWED,
                         "task %s: a simulated run does not know what its image names; give it a .model",
                         op->desc->name);
    if (op->plan->has_unbound && (m == NULL || m->rows == NULL))
        return tsr_fail_(op->site, TSR_NOT_ALLOWED,
                         "task %s: a simulated run does not know its unbound extent; give it a .model",
                         op->desc->name);
    return TSR_OK;
}

static tsr_status solve(struct tsr_runtime *rt, struct operation *op)
{
    op->alone = false;
    op->inputs_replicated = inputs_are_replicated(rt, op);
    for (;;) {
        TSR_TRY(solve_operation(rt, op, &op->plan));
        TSR_TRY(model_check(rt, op));
        if (op->plan->has_image)
            TSR_TRY(image_resolve(rt, op));
        if (op->alone || !ranks_meet(rt, op))
            break;
        plan_release(op->plan);
        op->plan = NULL;
        op->alone = true;
    }
    if (op->plan->replicated)
        observe_count(observe_lane(rt->observe, 0), TSR_COUNT_REPLICATED, 1);
    if (op->plan->has_unbound && !unbound_prepare(rt, op))
        return tsr_fail_(op->site, TSR_NO_MEMORY, "no memory for an unbound output");
    return TSR_OK;
}

/* Did this rank find no memory for what all ranks decide alike, since there were `before` shortages?
 * Then it cannot go on beside them. */
static void short_of_memory(struct tsr_runtime *rt, int64_t before, const char *what)
{
    if (rt->n_ranks > 1 && base_alloc_shortages() != before)
        (void)network_short_of_memory(rt->network, what);
}

static tsr_status operation_issue(struct tsr_runtime *rt, struct operation *op)
{
    const int64_t shortages = base_alloc_shortages();
    op->plan = NULL;
    op->status = failure_agree_sometimes(rt);
    for (int k = 0; k < op->n_args && op->status == TSR_OK; ++k) {
        struct root *root = op->arg[k].root;
        if (root != NULL && !root->extent_known && op->desc->args[k].access != TSR_WRITE)
            op->status = unbound_bind(rt, root, op->site);
    }
    if (op->status == TSR_OK)
        op->status = solve(rt, op);
    const tsr_status status = op->status;
    short_of_memory(rt, shortages, "the partition of an operation");
    if (status != TSR_OK) {
        plan_release(op->plan);
        op->plan = NULL;
        issue_take_failed(rt, op);
        return status;
    }
    issue_take(rt, op);
    return TSR_OK;
}

/* ---- formulas ---- */

/* There is no task for a formula: what it would write is failed. */
static void formula_refuse(struct tsr_runtime *rt, struct operation *op)
{
    static const tsr_task_desc refused = {.name = "formula", .args = {{.access = TSR_WRITE}}};
    const int n = op->n_args;
    struct trace cause;
    trace_save(&cause);
    if (op->status == TSR_NO_MEMORY && rt->n_ranks > 1)
        (void)network_short_of_memory(rt->network, "a formula");
    for (int k = 0; k < n; ++k) {
        struct operation one = {.desc = &refused, .n_args = 1, .site = op->site, .status = op->status};
        one.arg[0] = op->arg[k];
        if (op->arg[k].root != NULL && fusion_writes(rt, k)) {
            trace_restore(&cause);
            issue_take_failed(rt, &one);
        } else {
            view_release(op->arg[k].view);
        }
    }
    trace_restore(&cause);
}

static tsr_status formula_issue(struct tsr_runtime *rt, struct operation *op)
{
    if (op->desc != NULL)
        return operation_issue(rt, op);
    formula_refuse(rt, op);
    return op->status;
}

/* Make an operation of the first open group, or one of each of its parts; false: none is open. */
static bool group_issue(struct tsr_runtime *rt, tsr_status *status)
{
    struct operation op;
    if (!fusion_close(rt))
        return false;
    for (int part = 0; fusion_part(rt, part); ++part) {
        for (int k = 0; fusion_fill(rt, k, &op); ++k)
            if (op.desc != NULL)
                *status = operation_issue(rt, &op);
        if (fusion_operation(rt, &op))
            *status = formula_issue(rt, &op);
    }
    fusion_done(rt);
    return true;
}

/* Before anything else enters the stream, and before a call waits.  What fails is told by the stores. */
static void formulas_close(struct tsr_runtime *rt)
{
    tsr_status status = TSR_OK;
    while (group_issue(rt, &status)) {
    }
    if (status != TSR_OK)
        tsr_error_clear();
}

tsr_status pipeline_formula(struct tsr_runtime *rt, const struct formula_call *c)
{
    tsr_status status = TSR_OK;
    while (!fusion_join(rt, c)) {
        if (!group_issue(rt, &status))
            return tsr_fail_(c->site, TSR_INTERNAL, "formula %s does not fit an operation", c->f->name);
        if (status != TSR_OK)
            tsr_error_clear();
        status = TSR_OK;
    }
    while (!fusion_waits(rt))
        (void)group_issue(rt, &status);
    return status;
}

/* ---- the stream ---- */

tsr_status pipeline_issue(struct tsr_runtime *rt, struct operation *op)
{
    formulas_close(rt);
    return operation_issue(rt, op);
}

tsr_status pipeline_no_memory(struct tsr_runtime *rt, const char *what)
{
    return network_short_of_memory(rt->network, what);
}

void pipeline_release(struct tsr_runtime *rt, struct root *root)
{
    issue_release(rt, root);
}

tsr_status pipeline_flush(struct tsr_runtime *rt)
{
    formulas_close(rt);
    issue_close(rt);
    schedule_wake(rt);
    return network_check(rt->network);
}

tsr_status pipeline_fence(struct tsr_runtime *rt, tsr_site at)
{
    formulas_close(rt);
    const uint64_t last = issue_last(rt);
    network_stream_note(rt->network, last, NOTE_FENCE, at);
    issue_wait(rt, last);
    issue_retire(rt);
    TSR_TRY(network_check(rt->network));
    TSR_TRY(failure_agree(rt, last));
    const struct trace *t = failure_untold(rt);
    return t == NULL ? TSR_OK : trace_raise(t, at, "tsr_fence()");
}

tsr_status pipeline_agree(struct tsr_runtime *rt, void *data, size_t bytes, tsr_site at)
{
    formulas_close(rt);
    issue_close(rt);
    network_stream_note(rt->network, issue_last(rt), NOTE_AGREE + bytes, at);
    observe_count(observe_lane(rt->observe, 0), TSR_COUNT_AGREEMENTS, 1);
    if (rt->n_ranks > 1)
        issue_wait(rt, issue_last(rt)); /* in the broadcast this thread runs nothing */
    return network_broadcast(rt->network, issue_last(rt), 0, data, bytes);
}

tsr_status pipeline_status(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_site at)
{
    formulas_close(rt);
    return values_status(rt, root, view, at);
}

tsr_status pipeline_read(struct tsr_runtime *rt, struct root *root, struct view *view, void *out,
                         tsr_site at)
{
    formulas_close(rt);
    return values_read(rt, -1, root, view, out, at);
}

tsr_status pipeline_read_on(struct tsr_runtime *rt, int only, struct root *root, struct view *view,
                            void *out, tsr_site at)
{
    formulas_close(rt);
    return values_read(rt, only, root, view, out, at);
}

tsr_status pipeline_local(struct tsr_runtime *rt, struct root *root, struct view *view,
                          tsr_piece *out, int capacity, int *out_n, tsr_site at)
{
    formulas_close(rt);
    return values_local(rt, root, view, out, capacity, out_n, at);
}

tsr_status pipeline_bind_extent(struct tsr_runtime *rt, struct root *root, tsr_site at)
{
    formulas_close(rt);
    return unbound_bind(rt, root, at);
}

tsr_status pipeline_attach(struct tsr_runtime *rt, struct root *root, const tsr_tile *tiles, int n,
                           bool whole, tsr_site at)
{
    formulas_close(rt);
    const tsr_status status = values_attach(rt, root, tiles, n, whole, at);
    if (status != TSR_OK)
        root_let_go(rt, root);
    return status;
}

tsr_status pipeline_detach(struct tsr_runtime *rt, struct root *root, tsr_site at)
{
    formulas_close(rt);
    return values_detach(rt, root, at);
}

void pipeline_fail(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_site site)
{
    static const tsr_task_desc refused = {.name = "a refused call", .args = {{.access = TSR_WRITE}}};
    struct operation op = {.desc = &refused, .n_args = 1, .site = site};
    struct trace cause;
    trace_save(&cause);
    formulas_close(rt);
    trace_restore(&cause);
    op.status = tsr_error_status();
    op.arg[0].root = root;
    op.arg[0].view = view;
    op.arg[0].type = root->type;
    ++view->users;
    issue_take_failed(rt, &op);
}

int pipeline_report(struct tsr_runtime *rt, FILE *out)
{
    int n = 0;
    for (const struct trace *t; (t = failure_untold(rt)) != NULL; ++n)
        fprintf(out, "tessera: a failure nobody asked about:\n%s\n", t->text);
    return n;
}

const char *pipeline_explain(struct tsr_runtime *rt, struct operation *op)
{
    formulas_close(rt);
    return solve_explain(rt, op);
}
