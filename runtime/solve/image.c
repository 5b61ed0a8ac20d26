/* solve/image.c - boxes of a root seen through a view, and arguments whose boxes follow from values.
 *
 * Cost: O(rank^2) a box. Threads: the issuing thread. */
#include "solve/problem.h"
#include "solve/solve.h"

static int64_t floor_div(int64_t a, int64_t b) /* b > 0 */
{
    return a / b - (a % b != 0 && a < 0);
}

struct interval solve_preimage(int64_t a, int64_t b, int64_t low, int64_t high)
{
    if (a > 0)
        return (struct interval){-floor_div(-(low - b), a), -floor_div(-(high - b), a)};
    return (struct interval){floor_div(b - high, -a) + 1, floor_div(b - low, -a) + 1};
}

static bool narrow_by(const struct view *v, int r, const tsr_box *root_box, tsr_box *out)
{
    const int d = v->fed_by[r];
    if (d < 0)
        return v->b[r] >= root_box->low[r] && v->b[r] < root_box->high[r];
    const struct interval i =
        solve_preimage(v->a[r][d], v->b[r], root_box->low[r], root_box->high[r]);
    out->low[d] = max64(out->low[d], i.low);
    out->high[d] = min64(out->high[d], i.high);
    return out->low[d] < out->high[d];
}

tsr_box solve_view_box(const struct view *v, const tsr_box *root_box)
{
    const tsr_box none = {.rank = v->rank};
    tsr_box       out = box_of_shape(v->rank, v->extent);
    if (box_is_empty(root_box))
        return none;
    if (!v->exact)
        return out;
    for (int r = 0; r < v->root_rank; ++r)
        if (!narrow_by(v, r, root_box, &out))
            return none;
    return out;
}

tsr_box solve_root_box(const struct view *v, const tsr_box *view_box)
{
    const struct region r = view_region(v, view_box);
    return region_hull(&r);
}

/* ---- the boxes of an image ---- */

static void put_box(int64_t *row, const tsr_box *b)
{
    for (int d = 0; d < b->rank; ++d) {
        row[d] = b->low[d];
        row[b->rank + d] = b->high[d];
    }
}

static void set_point(struct plan *p, struct plan_arg *a, int point, const tsr_box *root_box)
{
    const tsr_box box = solve_view_box(a->view, root_box);
    a->region[point] = view_region(a->view, &box);
    put_box(p->boxes + (int64_t)point * p->row + a->box_at, &box);
    for (int l = p->leafwise ? p->point_leaf[point] : 0;
         p->leafwise && l < p->point_leaf[point + 1]; ++l)
        put_box(p->leaf_boxes + (int64_t)l * p->row + a->box_at, &box);
}

/* The root's box that the whole view meets. */
static tsr_box all_of(const struct plan_arg *a)
{
    const tsr_box box = box_of_shape(a->view->rank, a->view->extent);
    return solve_root_box(a->view, &box);
}

bool solve_image_points(struct plan *p, int arg, const tsr_box *local_boxes)
{
    struct plan_arg *a = &p->arg[arg];
    const tsr_box    everything = all_of(a);
    a->region = plan_memory(p, p->n_points, sizeof *a->region);
    if (!a->region)
        return false;
    for (int i = 0; i < p->n_points; ++i)
        set_point(p, a, i, a->reach_all ? &everything : &local_boxes[i]);
    for (int d = 0; d < TSR_MAX_RANK; ++d)
        a->cut_by[d] = -1;
    a->disjoint = p->desc->disjoint && a->access != TSR_READ;
    return plan_index_points(p, arg);
}

bool solve_image_ranks(struct plan *p, int arg, tsr_box *rank_boxes)
{
    struct plan_arg *a = &p->arg[arg];
    const tsr_box    everything = all_of(a);
    for (int r = 0; r < p->n_ranks && a->reach_all; ++r)
        if (plan_rank_runs(p, r))
            rank_boxes[r] = everything;
    a->ranks = deal_list(p->n_ranks, a->view->root_rank, rank_boxes);
    if (!a->ranks)
        return false;
    a->all = region_of_box(&a->ranks->hull);
    return a->access != TSR_REDUCE || solve_find_results(p, arg);
}
