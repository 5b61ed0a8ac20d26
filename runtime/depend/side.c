/* depend/side.c - what a plan's actions have in common, computed once per plan.
 *
 * Strips: the points in order, dealt to the workers in equal contiguous shares, each share cut into
 * strips of at most 16 (one compare-and-swap claims several small points; a large piece is a strip of
 * its own).  Accumulators: one box of elements for each leaf (or, where the operator is exact, each
 * point, or those of shares.c), one behind the other.  Bindings: what is the same for all operations of the plan; strides
 * too, where the view alone tells them.  Cost: O(points + leaves).  Threads: issuing thread. */
#include <stddef.h>
#include <string.h>

#include "depend/internal.h"

enum { STRIP_LARGE_BYTES = 32768 };

static void side_free(void *p)
{
    struct plan_side *side = p;
    strips_done(&side->strips);
    asks_release(side->asks, side->n_args);
    for (int a = 0; a < TSR_MAX_ARGS; ++a) {
        base_free(side->accumulator_at[a]);
        base_free(side->shares[a]);
        base_free(side->slabs[a]);
    }
    base_free(side);
}

void strips_done(struct strips *s)
{
    base_free(s->first);
    base_free(s->count);
    base_free(s->home);
    s->first = s->home = NULL;
    s->count = NULL;
    s->n = 0;
}

static void strip_add(struct strips *s, uint32_t first, int count)
{
    s->first[s->n] = first;
    s->count[s->n++] = (uint8_t)count;
}

bool strips_build(struct strips *out, const struct plan *p, int n_points, int first_extra,
                  int n_extras, int n_homes, bool fine)
{
    const int most = n_points + n_extras + 1;
    struct strips s = {.n_homes = n_homes, .large = fine};
    s.first = base_calloc((size_t)most, sizeof *s.first);
    s.count = base_calloc((size_t)most, sizeof *s.count);
    s.home = base_calloc((size_t)n_homes + 1, sizeof *s.home);
    if (s.first == NULL || s.count == NULL || s.home == NULL) {
        strips_done(&s);
        return false;
    }
    (void)p;
    for (int w = 0; w < n_homes; ++w) {
        s.home[w] = (uint32_t)s.n;
        for (int x = w; x < n_extras; x += n_homes)
            strip_add(&s, (uint32_t)(first_extra + x), 1);
        const int begin = (int)((int64_t)n_points * w / n_homes);
        const int end = (int)((int64_t)n_points * (w + 1) / n_homes);
        for (int i = begin; i < end;) {
            const int count = fine ? 1 : end - i < SLOT_STRIP ? end - i : SLOT_STRIP;
            strip_add(&s, (uint32_t)i, count);
            i += count;
        }
    }
    s.home[n_homes] = (uint32_t)s.n;
    *out = s;
    return true;
}

static bool accumulators_lay_out(const struct tsr_runtime *rt, const struct plan *p,
                                 struct plan_side *side, int a)
{
    size_t at = 0;
    if (!shares_create(rt, p, a, &side->shares[a]))
        return false;
    const struct shares *s = side->shares[a];
    const int n = s != NULL ? s->n : p->leafwise ? p->n_leaves : p->n_points;
    side->accumulator_at[a] = base_calloc((size_t)n + 1, sizeof(size_t));
    if (side->accumulator_at[a] == NULL)
        return false;
    for (int i = 0; i < n; ++i) {
        side->accumulator_at[a][i] = at; /* in elements: types may be any */
        at += shares_elements(p, a, s != NULL ? s->row[i] : i);
    }
    side->accumulator_at[a][n] = at;
    side->accumulator_elements[a] = at + (s != NULL ? (size_t)s->n_workers * s->spare_elements : 0);
    if (!slabs_create(rt, p, a, at, &side->slabs[a]))
        return false;
    side->n_fold_actions += side->slabs[a] != NULL ? side->slabs[a]->n : 1;
    return true;
}

/* Do the intervals of a manual launch together leave nothing of their hull out?  O(points * farthest
 * overlap): each time the farthest end that touches what is covered so far is sought. */
static bool intervals_are_gapless(const struct plan *p, const struct plan_arg *pa)
{
    if (pa->all.rank != 1 || pa->region == NULL)
        return false;
    int64_t end = INT64_MAX, last = INT64_MIN;
    for (int i = 0; i < p->n_points; ++i) {
        const struct region *r = &pa->region[i];
        if (region_volume(r) == 0)
            continue;
        if (r->step[0] != 1)
            return false;
        end = r->low[0] < end ? r->low[0] : end;
        last = r->high[0] > last ? r->high[0] : last;
    }
    for (int64_t before = INT64_MIN; end < last && end != before;) {
        before = end;
        for (int i = 0; i < p->n_points; ++i)
            if (region_volume(&pa->region[i]) > 0 && pa->region[i].low[0] <= end &&
                pa->region[i].high[0] > end)
                end = pa->region[i].high[0];
    }
    return end >= last;
}

/* Do the boxes of a grid's neighbours touch or overlap along every dimension? */
static bool is_gapless(const struct plan *p, const struct plan_arg *pa)
{
    if (pa->image || !pa->view->exact)
        return false;
    if (p->manual)
        return intervals_are_gapless(p, pa);
    for (int d = 0; d < pa->all.rank; ++d) {
        if (pa->all.step[d] != 1)
            return false;
        const int by = pa->cut_by[d];
        for (int c = 0; by >= 0 && c + 1 < p->grid[by]; ++c) {
            const int64_t *low = pa->cut_low[d], *high = pa->cut_high[d];
            if (low[c] <= low[c + 1] ? low[c + 1] > high[c] : low[c] > high[c + 1])
                return false;
        }
    }
    return true;
}

static void regions_gather(const struct plan *p, struct plan_side *side, int a)
{
    const struct plan_arg *pa = &p->arg[a];
    struct region *here = &side->here[a];
    *here = pa->all;
    side->full[a] = false;
    if (p->n_points == 0 || pa->region == NULL) {
        for (int d = 0; d < here->rank; ++d)
            here->high[d] = here->low[d];
        if (here->rank == 0)
            here->step[0] = 0; /* rank 0 and no point: marked empty below */
        return;
    }
    tsr_box hull = region_hull(&pa->region[0]);
    int64_t volume = pa->whole ? region_volume(&pa->region[0]) : 0;
    for (int i = 0; i < p->n_points; ++i) {
        const tsr_box b = region_hull(&pa->region[i]);
        hull = box_hull(&hull, &b);
        if (!pa->whole)
            volume += region_volume(&pa->region[i]);
    }
    /* One region holds all points' exactly when, disjoint, they fill it. */
    for (int d = 0; d < here->rank; ++d) {
        here->low[d] = hull.low[d];
        here->high[d] = hull.high[d];
        here->step[d] = pa->all.step[d];
    }
    region_normalize(here);
    side->full[a] = pa->view->exact && (pa->disjoint || pa->whole) &&
                    volume == region_volume(here);
    side->solid[a] = side->full[a] ? volume : 0;
    for (int d = 0; d < here->rank; ++d)
        if (here->step[d] != 1)
            side->solid[a] = 0;
    side->gapless[a] = side->full[a] || is_gapless(p, pa);
    if (!side->full[a])
        for (int d = 0; d < here->rank; ++d)
            here->step[d] = 1;
}

static void binding_prepare(const struct plan *p, struct plan_side *side, int a)
{
    const struct plan_arg *pa = &p->arg[a];
    const tsr_layout *l = &p->desc->variants[TSR_CPU].layout[a];
    tsr_binding *b = &side->binding[a];
    b->access = p->desc->args[a].access;
    b->type = p->desc->args[a].type;
    if (l->order != TSR_ORDER_ANY || l->contiguous || l->alignment > 0)
        side->simple = false;
    if (!pa->store)
        return;
    b->rank = pa->rank;
    b->box_at = pa->box_at;
    if (pa->unbound || pa->access == TSR_REDUCE) {
        side->simple = false;
        return;
    }
    const struct view *v = pa->view;
    int64_t dense[TSR_MAX_RANK] = {1}, n = 1;
    for (int d = v->root_rank - 1; d >= 0 && v->identity; --d) {
        dense[d] = n;
        n *= v->extent[d];
    }
    if (v->identity || v->root_rank == 1)
        side->origin_at[a] = view_strides(v, dense, b->stride);
}

static void bindings_prepare(const struct plan *p, struct plan_side *side)
{
    side->simple = !p->leafwise && !p->watched && p->desc->variants[TSR_CPU].foreign == NULL &&
                   (p->gang == NULL || p->gang->size == 1);
    for (int a = 0; a < p->n_args; ++a)
        binding_prepare(p, side, a);
}

/* Zeroed as far as `n` arguments go: most of a record is for those that an operation does not have. */
static struct plan_side *side_create(int n)
{
    struct plan_side *side = base_realloc(NULL, 1, sizeof *side);
    if (side == NULL)
        return NULL;
    memset(side, 0, offsetof(struct plan_side, binding));
    memset(side->binding, 0, (size_t)n * sizeof *side->binding);
    memset(side->here, 0, (size_t)n * sizeof *side->here);
    memset(side->fold_box, 0, (size_t)n * sizeof *side->fold_box);
    side->n_args = n;
    return side;
}

struct plan_side *plan_side_create(struct tsr_runtime *rt, struct plan *p)
{
    struct plan_side *side = side_create(p->n_args);
    bool ok = side != NULL;
    for (int a = 0; ok && a < p->n_args; ++a) {
        const struct plan_arg *pa = &p->arg[a];
        if (!pa->store || pa->unbound)
            continue;
        regions_gather(p, side, a);
        if (pa->access == TSR_REDUCE) {
            side->fold_arg[side->n_folds++] = (int8_t)a;
            side->fold_box[a] = deal_box(deal_has(pa->results, rt->rank) ? pa->results : pa->ranks, rt->rank);
            ok = accumulators_lay_out(rt, p, side, a);
        }
    }
    if (ok)
        bindings_prepare(p, side);
    const bool fine = p->bytes_per_point >= STRIP_LARGE_BYTES ||
                      (p->n_points <= rt->schedule_workers * 2 && !p->manual);
    ok = ok && strips_build(&side->strips, p, p->n_points, p->n_points, side->n_fold_actions,
                            rt->schedule_workers, fine);
    if (!ok) {
        if (side != NULL)
            side_free(side);
        return NULL;
    }
    p->schedule = side;
    p->schedule_free = side_free;
    return side;
}
