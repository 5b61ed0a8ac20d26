/* issue/image.c - boxes that follow from values: IMAGE constraints.
 *
 * The first operation that needs an image waits: what it reads of `f` is brought to this rank and
 * complete, then each local point's values are looked through for the box they name, and the ranks
 * agree on the hull of theirs (one gather, two corners a rank).  The plan with these boxes is kept while
 * nobody writes `f` (image_known.c): the same operation waits for nothing then.  An exact image moves its
 * bounding box too in this version; the body sees the same elements.
 *
 * What may differ between ranks (memory running out, an index out of bounds) travels with the corners, so
 * that all give the same answer.
 *
 * Cost: O(elements of f here + ranks); known: O(arguments + ranks).  Threads: issuing thread; collective. */
#include <string.h>

#include "issue/internal.h"
#include "issue/issue.h"
#include "solve/solve.h"

static const tsr_constraint *image_of(const tsr_task_desc *d, int k)
{
    for (int c = 0; c < TSR_MAX_CONSTRAINTS; ++c)
        if (d->constraints[c].kind == TSR_CONSTRAINT_IMAGE && d->constraints[c].of == k)
            return &d->constraints[c];
    return NULL;
}

struct looking {
    const tsr_constraint *c;
    const struct view    *target;   /* of the image argument */
    const int64_t        *row;      /* f's box of a point: low, high */
    int                   rank;     /* of f */
    const char           *origin;
    int64_t               stride[TSR_MAX_RANK];
    int64_t               bad;      /* a value out of range */
    bool                  is_bad;   /* there is one */
};

static void widen(struct looking *l, tsr_box *box, int d, int64_t low, int64_t high, bool first)
{
    if (low < 0 || low >= l->target->extent[d] || high > l->target->extent[d]) {
        l->is_bad = true;
        l->bad = low < 0 || low >= l->target->extent[d] ? low : high - 1;
        return;
    }
    box->low[d] = first || low < box->low[d] ? low : box->low[d];
    box->high[d] = first || high > box->high[d] ? high : box->high[d];
}

/* The box (indices of the image argument's view) that the values in a point's box of f name. */
static tsr_box look(struct looking *l)
{
    const bool ranges = l->c->image == TSR_IMAGE_RANGES;
    const bool tuples = !ranges && l->target->rank > 1;
    const int rank = ranges || tuples ? l->rank - 1 : l->rank;
    int64_t index[TSR_MAX_RANK], n = 1;
    tsr_box box = {.rank = l->target->rank};
    bool first = true;
    for (int d = 0; d < rank; ++d) {
        index[d] = l->row[d];
        n *= l->row[l->rank + d] - l->row[d];
    }
    if (l->rank > rank && l->row[2 * l->rank - 1] - l->row[l->rank - 1] < (ranges ? 2 : l->target->rank))
        n = 0;
    for (int64_t e = 0; e < n && !l->is_bad; ++e) {
        int64_t at = 0;
        for (int d = 0; d < rank; ++d)
            at += index[d] * l->stride[d];
        const int64_t *v = (const int64_t *)(const void *)l->origin + at;
        const int64_t step = l->rank > rank ? l->stride[l->rank - 1] : 0;
        if (ranges && v[0] < v[step]) {
            widen(l, &box, 0, v[0], v[step], first);
            first = false;
        } else if (!ranges) {
            for (int d = 0; d < l->target->rank; ++d)
                widen(l, &box, d, v[d * step], v[d * step] == INT64_MAX ? INT64_MAX : v[d * step] + 1,
                      first);
            first = false;
        }
        for (int d = rank - 1; d >= 0; --d) {
            if (++index[d] < l->row[l->rank + d])
                break;
            index[d] = l->row[d];
        }
    }
    for (int d = 1; d < box.rank && ranges && !first; ++d) {
        box.low[d] = 0;
        box.high[d] = l->target->extent[d];
    }
    return box;
}

/* The boxes that f's values name: of each local point and of them all. */
static tsr_status image_boxes(const struct operation *op, const struct plan *p, int k,
                              const tsr_constraint *c, int rank, tsr_box *local, tsr_box *hull)
{
    const struct plan_arg *pf = &p->arg[c->on];
    const struct root *f = op->arg[c->on].root;
    struct looking l = {.c = c, .target = op->arg[k].view, .rank = pf->rank};
    bool any = false;
    const tsr_box here = deal_box(pf->ranks, rank);
    const struct instance *in = root_instance_of(f, &here);
    if (in == NULL && f->instance != NULL)
        return tsr_fail_(op->site, TSR_NO_MEMORY, "no memory to bring an image's values together");
    if (in == NULL)
        return TSR_OK;
    const int64_t offset = view_strides(pf->view, in->stride, l.stride);
    l.origin = instance_origin(in, f->element_bytes) + offset * (int64_t)f->element_bytes;
    for (int i = 0; i < p->n_points; ++i) {
        l.row = p->boxes + (int64_t)i * p->row + pf->box_at;
        const tsr_box named = look(&l);
        if (l.is_bad)
            break;
        if (named.rank > 0 && box_is_empty(&named))
            continue;
        local[i] = solve_root_box(op->arg[k].view, &named);
        *hull = any ? box_hull(hull, &local[i]) : local[i];
        any = true;
    }
    if (!l.is_bad)
        return TSR_OK;
    const tsr_arg_desc *d = op->desc->args;
    return tsr_fail_(op->site, TSR_BAD_ARGUMENT,
                     "task %s: a value of %s names index %lld, out of the bounds of %s",
                     op->desc->name, d[c->on].name != NULL ? d[c->on].name : "the image",
                     (long long)l.bad, d[k].name != NULL ? d[k].name : "its target");
}

static tsr_status no_memory(const struct operation *op)
{
    return tsr_fail_(op->site, TSR_NO_MEMORY, "no memory for an image");
}

/* ---- what each rank finds, and all agree on ---- */

struct finding {
    struct plan *plan;     /* to be completed; NULL: no memory for it */
    tsr_status   status;   /* this rank's so far */
    bool         f_failed; /* values that somebody should have written: there are no boxes */
};

/* What op reads of f is here and complete, and all know whether it failed. */
static tsr_status bring_values(struct tsr_runtime *rt, const struct operation *op, int on,
                               uint64_t *out_number, bool *out_failed)
{
    struct root *f = op->arg[on].root;
    struct view *view = op->arg[on].view;
    struct deal *asked = op->plan->arg[on].ranks;
    const tsr_box here = deal_box(asked, rt->rank);
    const uint64_t number = rt->n_ranks > 1 ? gather_issue(rt, f, view, asked, op->site)
                                            : values_together(rt, f, view, &here, op->site);
    issue_wait(rt, number);
    TSR_TRY(failure_agree(rt, number));
    const struct trace *lost = rt->n_ranks > 1 ? failure_of(rt, number) : NULL;
    *out_number = number;
    *out_failed = failure_find(rt, f, view) != NULL;
    if (lost != NULL && !*out_failed)
        return trace_raise(lost, op->site, "the values of an image were asked for");
    return TSR_OK;
}

/* This rank's boxes, into the plan; its hull. */
static void find_here(struct finding *s, const struct operation *op, int k, const tsr_constraint *c,
                      int rank, bool failed, tsr_box *hull)
{
    if (s->status != TSR_OK)
        return;
    struct plan *p = s->plan;
    tsr_box *local = base_calloc((size_t)p->n_points + 1, sizeof *local);
    if (local == NULL) {
        s->status = no_memory(op);
        return;
    }
    for (int i = 0; i < p->n_points; ++i)
        local[i].rank = hull->rank;
    if (!failed)
        s->status = image_boxes(op, p, k, c, rank, local, hull);
    if (s->status == TSR_OK && !solve_image_points(p, k, local))
        s->status = no_memory(op);
    base_free(local);
}

struct agreed_box {
    int64_t status;
    tsr_box hull;
};

/* The hulls that all ranks found, into boxes[n_ranks]; the worst status of any. */
static tsr_status agree_boxes(struct tsr_runtime *rt, uint64_t number, const struct agreed_box *mine,
                              tsr_box *boxes)
{
    struct agreed_box *all = base_calloc((size_t)rt->n_ranks, sizeof *all);
    tsr_status status = TSR_OK;
    if (all == NULL)
        return network_short_of_memory(rt->network, "an image");
    all[0] = *mine;
    if (rt->n_ranks > 1)
        status = network_allgather(rt->network, number, mine, sizeof *mine, all);
    for (int r = 0; r < rt->n_ranks && (status == TSR_OK || r > 0); ++r) {
        boxes[r] = all[r].hull;
        if (all[r].status != TSR_OK)
            status = (tsr_status)all[r].status;
    }
    base_free(all);
    return status;
}

/* What a simulated run takes for values: the boxes that the task's model names, of each local point and
 * each rank. */
static tsr_status model_boxes(struct tsr_runtime *rt, struct finding *s, const struct operation *op,
                              int k, const tsr_constraint *c, tsr_box *boxes)
{
    const struct plan_arg *pf = &s->plan->arg[c->on];
    const struct view *target = op->arg[k].view;
    tsr_box *local = base_calloc((size_t)s->plan->n_points + 1, sizeof *local);
    if (local == NULL)
        return no_memory(op);
    for (int r = 0; r < rt->n_ranks; ++r) {
        const tsr_box own = deal_box(pf->ranks, r), of = solve_view_box(pf->view, &own);
        tsr_box named = {.rank = target->rank};
        if (plan_rank_runs(s->plan, r))
            op->desc->model->image(k, &of, target->extent, &named);
        boxes[r] = solve_root_box(target, &named);
    }
    for (int i = 0; i < s->plan->n_points; ++i) {
        const int64_t *row = s->plan->boxes + (int64_t)i * s->plan->row + pf->box_at;
        tsr_box of = {.rank = pf->rank}, named = {.rank = target->rank};
        memcpy(of.low, row, (size_t)pf->rank * sizeof *row);
        memcpy(of.high, row + pf->rank, (size_t)pf->rank * sizeof *row);
        op->desc->model->image(k, &of, target->extent, &named);
        local[i] = solve_root_box(target, &named);
        boxes[rt->rank] = box_hull(&boxes[rt->rank], &local[i]);
    }
    const bool ok = solve_image_points(s->plan, k, local);
    base_free(local);
    return ok ? TSR_OK : no_memory(op);
}

/* The boxes of an image argument on all ranks.  The status is the same on every rank. */
static tsr_status rank_boxes(struct tsr_runtime *rt, struct finding *s, const struct operation *op, int k,
                             const tsr_constraint *c, tsr_box *boxes)
{
    struct agreed_box mine = {.hull = {.rank = op->arg[k].root->rank}};
    uint64_t number;
    bool failed;
    TSR_TRY(bring_values(rt, op, c->on, &number, &failed));
    if (rt->simulated)
        return s->status == TSR_OK ? model_boxes(rt, s, op, k, c, boxes) : s->status;
    find_here(s, op, k, c, rt->rank, failed, &mine.hull);
    s->f_failed |= failed;
    mine.status = s->status;
    return agree_boxes(rt, number, &mine, boxes);
}

/* One image argument. */
static tsr_status find_boxes(struct tsr_runtime *rt, struct finding *s, const struct operation *op,
                             int k, const tsr_constraint *c)
{
    tsr_box *boxes = base_calloc((size_t)rt->n_ranks, sizeof *boxes);
    if (boxes == NULL)
        return network_short_of_memory(rt->network, "an image");
    const tsr_status status = rank_boxes(rt, s, op, k, c, boxes);
    const bool ok = status != TSR_OK || solve_image_ranks(s->plan, k, boxes);
    base_free(boxes);
    observe_count(observe_lane(rt->observe, 0), TSR_COUNT_IMAGES, 1);
    if (!ok)
        return network_short_of_memory(rt->network, "an image");
    if (status != TSR_OK && s->status == TSR_OK && tsr_error_status() == TSR_OK)
        return tsr_fail_(op->site, status, status == TSR_NO_MEMORY
                                               ? "task %s: a rank has no memory for an image"
                                               : "task %s: an image names indices out of bounds",
                         op->desc->name);
    return status;
}

static tsr_status find_all(struct tsr_runtime *rt, struct operation *op, struct finding *s)
{
    for (int k = 0; k < op->n_args; ++k) {
        const tsr_constraint *c = op->plan->arg[k].image ? image_of(op->desc, k) : NULL;
        if (c != NULL)
            TSR_TRY(find_boxes(rt, s, op, k, c));
    }
    return TSR_OK;
}

static tsr_status check_types(const struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k) {
        const tsr_constraint *c = op->plan->arg[k].image ? image_of(op->desc, k) : NULL;
        if (c != NULL && op->arg[c->on].type != TSR_I64)
            return tsr_fail_(op->site, TSR_BAD_TYPE, "task %s: an image needs int64 values, not %s",
                             op->desc->name, tsr_type_name(op->arg[c->on].type));
    }
    return TSR_OK;
}

static void take_plan(struct operation *op, struct plan *p)
{
    plan_release(op->plan);
    op->plan = p;
}

tsr_status image_resolve(struct tsr_runtime *rt, struct operation *op)
{
    struct finding s = {0};
    TSR_TRY(check_types(op));
    struct plan *known = image_known_find(rt, op);
    if (known != NULL) {
        take_plan(op, plan_keep(known));
        observe_count(observe_lane(rt->observe, 0), TSR_COUNT_IMAGES_REUSED, 1);
        return TSR_OK;
    }
    s.status = image_known_prepare(rt) ? solve_anew(rt, op, &s.plan) : no_memory(op);
    const tsr_status status = find_all(rt, op, &s);
    if (status != TSR_OK) {
        plan_release(s.plan);
        return status;
    }
    take_plan(op, s.plan);
    if (!s.f_failed)
        image_known_add(rt, op);
    return TSR_OK;
}
