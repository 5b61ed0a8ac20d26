/* Views: interning, what boxes and strides become, against maps of single indices. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"
#include "model/view.h"
#include "random.h"

/* Root index of a view index. */
static void root_index(const struct view *v, const int64_t *at, int64_t *out)
{
    for (int r = 0; r < v->root_rank; ++r) {
        out[r] = v->b[r];
        for (int d = 0; d < v->rank; ++d)
            out[r] += v->a[r][d] * at[d];
    }
}

/* A view of up to three dimensions: slices, swaps, drops, stretches, splits, diagonals, at random. */
static struct view random_view(uint64_t *state)
{
    const int   root_rank = (int)random_in(state, 1, 3);
    struct view v = {.rank = (int)random_in(state, 0, 3), .root_rank = root_rank};
    for (int d = 0; d < v.rank; ++d)
        v.extent[d] = random_in(state, 1, 4);
    for (int r = 0; r < root_rank; ++r) {
        v.b[r] = random_in(state, 10, 20);
        if (v.rank > 0 && random_in(state, 0, 3) > 0)
            v.a[r][random_in(state, 0, v.rank - 1)] = random_in(state, -3, 3);
        if (v.rank > 0 && random_in(state, 0, 3) == 0)
            v.a[r][random_in(state, 0, v.rank - 1)] = random_in(state, -3, 3);
    }
    return v;
}

static bool region_holds(const struct region *r, const int64_t *at)
{
    for (int d = 0; d < r->rank; ++d)
        if (at[d] < r->low[d] || at[d] >= r->high[d] || (at[d] - r->low[d]) % r->step[d] != 0)
            return false;
    return true;
}

static int64_t root_offset(const int64_t *at, const int64_t *stride, int rank)
{
    int64_t offset = 0;
    for (int d = 0; d < rank; ++d)
        offset += at[d] * stride[d];
    return offset;
}

/* All that a box names, index by index. */
static void check_box(const struct view *v, const tsr_box *box, uint64_t *state)
{
    const struct region region = view_region(v, box);
    const int64_t       root_stride[3] = {random_in(state, 1, 99), random_in(state, 1, 99), 1};
    int64_t             stride[TSR_MAX_RANK], at[3] = {0}, seen[64], n = 0;
    const int64_t       offset = view_strides(v, root_stride, stride);
    int64_t             extent[3] = {1, 1, 1};
    for (int d = 0; d < v->rank; ++d)
        extent[d] = box->high[d] - box->low[d];
    for (int64_t k = 0; k < extent[0] * extent[1] * extent[2]; ++k) {
        int64_t root[3];
        at[0] = (v->rank > 0 ? box->low[0] : 0) + k / (extent[1] * extent[2]);
        at[1] = (v->rank > 1 ? box->low[1] : 0) + k / extent[2] % extent[1];
        at[2] = (v->rank > 2 ? box->low[2] : 0) + k % extent[2];
        root_index(v, at, root);
        cr_assert(region_holds(&region, root));
        const int64_t here = root_offset(root, root_stride, v->root_rank);
        cr_assert_eq(here, offset + root_offset(at, stride, v->rank));
        const int64_t key = root_offset(root, (int64_t[]){10000, 100, 1}, v->root_rank);
        bool          is_new = true;
        for (int64_t s = 0; s < n; ++s)
            is_new &= seen[s] != key;
        if (is_new)
            seen[n++] = key;
    }
    if (v->exact)
        cr_assert_eq(region_volume(&region), n, "an exact view names no more");
    struct region normal = region;
    region_normalize(&normal);
    cr_assert(region_equal(&normal, &region), "in normal form");
}

Test(model_view, boxes_and_strides_by_brute_force)
{
    struct view_table *t = view_table_create();
    uint64_t           state = 11;
    int                exact = 0;
    for (int i = 0; i < 4000; ++i) {
        const struct view map = random_view(&state);
        struct view      *v = view_intern(t, &map);
        tsr_box           box = {.rank = v->rank};
        for (int d = 0; d < v->rank; ++d) {
            box.low[d] = random_in(&state, 0, v->extent[d] - 1);
            box.high[d] = random_in(&state, box.low[d] + 1, v->extent[d]);
        }
        check_box(v, &box, &state);
        exact += v->exact;
        view_release(v);
    }
    cr_assert_gt(exact, 500);
    view_table_destroy(t);
    cr_assert_eq(base_alloc_live(), 0);
}

Test(model_view, equal_maps_are_one_object)
{
    struct view_table *t = view_table_create();
    const struct view  map = view_of_shape(2, (int64_t[]){3, 4});
    struct view       *v = view_intern(t, &map), *w = view_intern_shape(t, 2, (int64_t[]){3, 4});
    cr_assert_eq(v, w);
    cr_assert_eq(v->users, 2);
    cr_assert(v->identity && v->exact && !v->stretched);
    cr_assert(v->feeds[0] == 0 && v->fed_by[1] == 1);
    struct view *other = view_intern_shape(t, 2, (int64_t[]){4, 3});
    cr_assert_neq(v->id, other->id);
    view_release(v);
    view_release(w);
    view_release(other);
    view_table_destroy(t);
}

Test(model_view, an_empty_box_names_nothing)
{
    const struct view   v = view_of_shape(2, (int64_t[]){3, 4});
    const tsr_box       box = {2, {1, 2}, {1, 4}};
    const struct region r = view_region(&v, &box);
    cr_assert(region_is_empty(&r));
}

Test(model_view, stretched_and_split_views_are_known)
{
    struct view_table *t = view_table_create();
    struct view        map = {.rank = 2, .root_rank = 1, .extent = {3, 4}, .a = {{0, 1}}};
    struct view       *v = view_intern(t, &map);
    cr_assert(v->stretched && v->exact && v->feeds[0] == -1 && v->fed_by[0] == 1);
    view_release(v);
    map.a[0][0] = 4;
    v = view_intern(t, &map);
    cr_assert(!v->stretched && !v->exact);
    const tsr_box       column = {2, {0, 1}, {3, 2}};
    const struct region r = view_region(v, &column);
    cr_assert(r.low[0] == 1 && r.high[0] == 10 && r.step[0] == 4);
    view_release(v);
    map.extent[0] = 1;
    v = view_intern(t, &map);
    cr_assert(v->exact, "an extent of 1 moves nothing");
    view_release(v);
    view_table_destroy(t);
}

Test(model_view, a_long_past_does_not_gather)
{
    struct view_table *t = view_table_create();
    struct view       *kept = view_intern_shape(t, 1, (int64_t[]){7});
    for (int64_t i = 1; i < 100000; ++i)
        view_release(view_intern_shape(t, 1, &i));
    cr_assert_lt(base_alloc_live(), 10000);
    struct view *again = view_intern_shape(t, 1, (int64_t[]){7});
    cr_assert_eq(kept, again, "what is used stays");
    const int64_t blocks = base_alloc_live();
    for (int64_t i = 1; i < 3000; ++i)
        view_release(view_intern_shape(t, 1, &i));
    cr_assert_leq(base_alloc_live(), blocks + 4200);
    view_release(kept);
    view_release(again);
    view_table_destroy(t);
    cr_assert_eq(base_alloc_live(), 0);
}
