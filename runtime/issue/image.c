/* issue/image.c - boxes that follow from values: IMAGE constraints.
 *
 * The operation that needs the image waits: what it reads of `f` is brought to this rank and complete,
 * then each local point's values are looked through for the box they name, and the ranks agree on the
 * hull of theirs (one gather, two corners a rank).  An exact image moves its bounding box too in this
 * version; the body sees the same elements.
 *
 * Cost: O(elements of f here + ranks).  Threads: issuing thread; collective. */
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

static tsr_status image_boxes(struct operation *op, int k, const tsr_constraint *c, tsr_box *local,
                              tsr_box *hull)
{
    const struct plan *p = op->plan;
    const struct plan_arg *pf = &p->arg[c->on];
    const struct root *f = op->arg[c->on].root;
    struct looking l = {.c = c, .target = op->arg[k].view, .rank = pf->rank};
    *hull = (tsr_box){.rank = op->arg[k].root->rank};
    bool any = false;
    if (f->instance != NULL) {
        const int64_t offset = view_strides(pf->view, f->instance->stride, l.stride);
        l.origin = instance_origin(f->instance, f->element_bytes) + offset * (int64_t)f->element_bytes;
    }
    for (int i = 0; i < p->n_points; ++i) {
        l.row = p->boxes + (int64_t)i * p->row + pf->box_at;
        local[i] = (tsr_box){.rank = op->arg[k].root->rank};
        if (f->instance == NULL)
            continue;
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

struct agreed_box {
    int64_t status;
    tsr_box hull;
};

tsr_status image_resolve(struct tsr_runtime *rt, struct operation *op)
{
    struct plan *p = op->plan;
    tsr_status status = TSR_OK;
    for (int k = 0; k < p->n_args; ++k) {
        const tsr_constraint *c = p->arg[k].image ? image_of(op->desc, k) : NULL;
        if (c == NULL)
            continue;
        struct root *f = op->arg[c->on].root;
        if (op->arg[c->on].type != TSR_I64)
            return tsr_fail_(op->site, TSR_BAD_TYPE, "task %s: an image needs int64 values, not %s",
                             op->desc->name, tsr_type_name(op->arg[c->on].type));
        uint64_t number = f->last_writer;
        if (rt->n_ranks > 1)
            number = gather_issue(rt, f, op->arg[c->on].view, p->arg[c->on].rank_box, op->site);
        issue_wait(rt, number);
        TSR_TRY(failure_agree(rt, number));
        const struct trace *lost = rt->n_ranks > 1 ? failure_of(rt, number) : NULL;
        if (lost != NULL && failure_find(rt, f, op->arg[c->on].view) == NULL)
            return trace_raise(lost, op->site, "the values of an image were asked for");
        tsr_box *local = base_calloc((size_t)p->n_points + 1, sizeof *local);
        struct agreed_box mine = {0}, all[256];
        if (local == NULL)
            return tsr_fail_(op->site, TSR_NO_MEMORY, "no memory for an image");
        const bool failed = failure_find(rt, f, op->arg[c->on].view) != NULL;
        for (int i = 0; i < p->n_points; ++i)
            local[i].rank = op->arg[k].root->rank;
        mine.hull.rank = op->arg[k].root->rank;
        if (!failed)
            mine.status = image_boxes(op, k, c, local, &mine.hull);
        all[0] = mine;
        if (rt->n_ranks > 1 &&
            network_allgather(rt->network, number, &mine, sizeof mine, all) != TSR_OK) {
            base_free(local);
            return tsr_error_status();
        }
        tsr_box hulls[256];
        for (int r = 0; r < rt->n_ranks; ++r) {
            hulls[r] = all[r].hull;
            if (all[r].status != TSR_OK)
                status = (tsr_status)all[r].status;
        }
        if (status != TSR_OK && mine.status == TSR_OK)
            status = tsr_fail_(op->site, status, "task %s: an image names indices out of bounds",
                               op->desc->name);
        if (status == TSR_OK && !solve_image(p, k, local, hulls))
            status = tsr_fail_(op->site, TSR_NO_MEMORY, "no memory for an image");
        base_free(local);
        observe_count(observe_lane(rt->observe, 0), TSR_COUNT_IMAGES, 1);
        if (status != TSR_OK)
            return status;
    }
    return TSR_OK;
}
