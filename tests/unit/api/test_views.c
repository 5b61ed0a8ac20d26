/* Views against brute force: what each call does to a list of elements, and what is refused. */
#include <stdlib.h>

#include "../model/random.h"
#include "api_test.h"

TestSuite(api_views, .init = api_test_start, .fini = api_test_finish);

enum { MOST = 4096 };

/* The elements a view shows, in C order. */
struct shown {
    tsr_shape shape;
    int32_t   element[MOST];
};

static int64_t volume(const tsr_shape *s)
{
    int64_t n = 1;
    for (int d = 0; d < s->rank; ++d)
        n *= s->extent[d];
    return n;
}

/* Fill `to` (its shape is set) by asking where each index comes from. */
typedef void origin_of(const int64_t *index, int64_t *from, const void *how);

static void build(struct shown *to, const struct shown *from, origin_of *origin, const void *how)
{
    const int64_t n = volume(&to->shape);
    for (int64_t k = 0; k < n; ++k) {
        int64_t index[TSR_MAX_RANK] = {0}, at[TSR_MAX_RANK] = {0}, rest = k, offset = 0;
        for (int d = to->shape.rank - 1; d >= 0; --d) {
            index[d] = rest % to->shape.extent[d];
            rest /= to->shape.extent[d];
        }
        origin(index, at, how);
        for (int d = 0; d < from->shape.rank; ++d)
            offset = offset * from->shape.extent[d] + at[d];
        to->element[k] = from->element[offset];
    }
}

/* One random step: both ways. */
struct step {
    int     rank; /* before */
    int     dim, other, n;
    int64_t start, step, extents[3];
    int     order[TSR_MAX_RANK];
};

static void from_slice(const int64_t *i, int64_t *at, const void *how)
{
    const struct step *s = how;
    for (int d = 0; d < s->rank; ++d)
        at[d] = d == s->dim ? s->start + s->step * i[d] : i[d];
}

static void from_transpose(const int64_t *i, int64_t *at, const void *how)
{
    const struct step *s = how;
    for (int d = 0; d < s->rank; ++d)
        at[s->order[d]] = i[d];
}

static void from_project(const int64_t *i, int64_t *at, const void *how)
{
    const struct step *s = how;
    for (int d = 0; d < s->rank; ++d)
        at[d] = d == s->dim ? s->start : i[d - (d > s->dim)];
}

static void from_promote(const int64_t *i, int64_t *at, const void *how)
{
    const struct step *s = how;
    for (int d = 0; d < s->rank; ++d)
        at[d] = i[d + (d >= s->dim)];
}

static void from_broadcast(const int64_t *i, int64_t *at, const void *how)
{
    const struct step *s = how;
    for (int d = 0; d < s->rank; ++d)
        at[d] = d == s->dim ? 0 : i[d];
}

static void from_split(const int64_t *i, int64_t *at, const void *how)
{
    const struct step *s = how;
    for (int d = 0; d < s->rank; ++d)
        at[d] = d < s->dim ? i[d] : d == s->dim ? i[d] * s->extents[1] + i[d + 1] : i[d + 1];
}

static void from_diagonal(const int64_t *i, int64_t *at, const void *how)
{
    const struct step *s = how;
    const int          high = s->dim > s->other ? s->dim : s->other;
    const int          low = s->dim > s->other ? s->other : s->dim;
    for (int d = 0; d < s->rank; ++d)
        at[d] = d == high ? i[low] : i[d - (d > high)];
}

static tsr_store random_slice(tsr_store s, struct step *p, tsr_shape *shape, uint64_t *state)
{
    const int64_t extent = shape->extent[p->dim];
    int64_t       stop;
    p->step = random_in(state, 1, 3);
    p->start = random_in(state, 0, extent);
    stop = random_in(state, p->start, extent);
    if (random_in(state, 0, 1) && extent > 0) {
        p->start = random_in(state, 0, extent - 1);
        stop = random_in(state, -1, p->start);
        p->step = -p->step;
    }
    const int64_t distance = p->step > 0 ? stop - p->start : p->start - stop;
    shape->extent[p->dim] = (distance + llabs(p->step) - 1) / llabs(p->step);
    return tsr_slice(s, p->dim, p->start, stop, p->step);
}

static tsr_store random_step(tsr_store s, struct shown *m, uint64_t *state)
{
    static struct shown next;
    struct step         p = {.rank = m->shape.rank};
    origin_of          *origin = from_promote;
    next.shape = m->shape;
    p.dim = p.rank > 0 ? (int)random_in(state, 0, p.rank - 1) : 0;
    const int64_t extent = p.rank > 0 ? m->shape.extent[p.dim] : 0;
    const int64_t kind = random_in(state, 0, 7);
    if (kind <= 1 && p.rank > 0) {
        origin = from_slice;
        s = random_slice(s, &p, &next.shape, state);
    } else if (kind == 2 && p.rank > 1) {
        origin = from_transpose;
        for (int d = 0; d < p.rank; ++d)
            p.order[d] = (d + p.dim) % p.rank;
        for (int d = 0; d < p.rank; ++d)
            next.shape.extent[d] = m->shape.extent[p.order[d]];
        s = tsr_transpose(s, p.order);
    } else if (kind == 3 && p.rank > 0 && extent > 0) {
        origin = from_project;
        p.start = random_in(state, 0, extent - 1);
        for (int d = p.dim; d + 1 < p.rank; ++d)
            next.shape.extent[d] = m->shape.extent[d + 1];
        --next.shape.rank;
        s = tsr_project(s, p.dim, p.start);
    } else if (kind == 4 && p.rank > 0 && extent == 1) {
        origin = from_broadcast;
        next.shape.extent[p.dim] = random_in(state, 0, 3);
        s = tsr_broadcast(s, p.dim, next.shape.extent[p.dim]);
    } else if (kind == 5 && p.rank > 0 && p.rank < 5) {
        origin = from_split;
        p.extents[0] = extent % 2 == 0 ? 2 : 1;
        p.extents[1] = extent / p.extents[0];
        for (int d = p.rank; d > p.dim + 1; --d)
            next.shape.extent[d] = m->shape.extent[d - 1];
        next.shape.extent[p.dim] = p.extents[0];
        next.shape.extent[p.dim + 1] = p.extents[1];
        ++next.shape.rank;
        s = tsr_delinearize(s, p.dim, p.extents, 2);
    } else if (kind == 6 && p.rank > 1) {
        origin = from_diagonal;
        p.other = (p.dim + 1) % p.rank;
        const int low = p.dim < p.other ? p.dim : p.other, high = p.dim + p.other - low;
        if (m->shape.extent[high] < m->shape.extent[low])
            next.shape.extent[low] = m->shape.extent[high];
        for (int d = high; d + 1 < p.rank; ++d)
            next.shape.extent[d] = m->shape.extent[d + 1];
        --next.shape.rank;
        s = tsr_diagonal(s, p.dim, p.other);
    } else {
        if (p.rank >= 5)
            return s;
        for (int d = p.rank; d > p.dim; --d)
            next.shape.extent[d] = m->shape.extent[d - 1];
        next.shape.extent[p.dim] = random_in(state, 1, 2);
        ++next.shape.rank;
        s = tsr_promote(s, p.dim, next.shape.extent[p.dim]);
    }
    build(&next, m, origin, &p);
    *m = next;
    return s;
}

Test(api_views, random_views_of_views)
{
    static struct shown m;
    static int32_t      read[MOST];
    uint64_t            state = 4;
    for (int i = 0; i < 600; ++i) {
        TSR_SCOPE();
        m.shape = (tsr_shape){3, {4, 3, 6}};
        for (int k = 0; k < 72; ++k)
            m.element[k] = k;
        tsr_store s = tsr_store_create(TSR_I32, m.shape);
        cr_assert_eq(tsr_write(s, m.element, 72 * sizeof(int32_t)), TSR_OK, "%s", tsr_error_text());
        for (int step = 0; step < 5 && volume(&m.shape) < MOST / 4; ++step)
            s = random_step(s, &m, &state);
        const tsr_shape shape = tsr_store_shape(s);
        const size_t    n = (size_t)volume(&m.shape);
        cr_assert_eq(shape.rank, m.shape.rank, "%s", tsr_error_text());
        cr_assert_arr_eq(shape.extent, m.shape.extent, (size_t)shape.rank * sizeof(int64_t));
        cr_assert_eq(tsr_read(s, read, n * sizeof(int32_t)), TSR_OK, "%s", tsr_error_text());
        cr_assert_arr_eq(read, m.element, n * sizeof(int32_t), "try %d", i);
    }
}

Test(api_views, writing_through_a_view_is_seen_by_every_alias)
{
    const tsr_store s = tsr_store_filled(TSR_I32, TSR_SHAPE(2, 3), &(int32_t){0});
    const tsr_store column = tsr_project(s, 1, 2), back = tsr_slice(s, 1, 2, -1, -1);
    cr_assert_eq(tsr_write(column, ((int32_t[]){7, 8}), 8), TSR_OK, "%s", tsr_error_text());
    int32_t v[6];
    cr_assert_eq(tsr_read(back, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    cr_assert_arr_eq(v, ((int32_t[]){7, 0, 0, 8, 0, 0}), sizeof v);
}

Test(api_views, reinterpreted_elements)
{
    const tsr_store s = tsr_store_filled(TSR_F32, TSR_SHAPE(2), &(float){1.0f});
    const tsr_store u = tsr_reinterpret(tsr_slice(s, 0, 1, 2, 1), TSR_U32);
    uint32_t        v = 0;
    cr_assert_eq(tsr_store_type(u), TSR_U32);
    cr_assert_eq(tsr_value(u, &v), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(v, 0x3f800000u);
    EXPECT_FAILED(BAD_TYPE, tsr_reinterpret(s, TSR_F64),
                  "elements of 4 bytes as f64, which takes 8");
}

Test(api_views, bounds_are_named)
{
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(4, 5));
    EXPECT_FAILED(BAD_ARGUMENT, tsr_slice(s, 1, 0, 6, 2),
                  "the slice 0:6:2 passes the bounds 0:5 of dimension 1 of (4, 5)");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_slice(s, 0, -1, 2, 1), "the slice -1:2:1");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_slice(s, 0, 4, -1, -1), "the slice 4:-1:-1");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_slice(s, 0, 0, 2, 0), "step 0");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_slice(s, 2, 0, 1, 1), "dimension 2 of (4, 5)");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_project(s, 0, 4),
                  "index 4 passes the bounds 0:4 of dimension 0");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_project(s, -1, 0), "dimension -1");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_transpose(s, (int[]){0, 0}), "each once");
    EXPECT_FAILED(BAD_SHAPE, tsr_broadcast(s, 0, 9), "has extent 4; one of 1 stretches");
    EXPECT_FAILED(BAD_SHAPE, tsr_promote(s, 0, -2), "extent -2");
    EXPECT_FAILED(BAD_SHAPE, tsr_delinearize(s, 1, (int64_t[]){2, 3}, 2),
                  "extent 5, split into (2, 3)");
    EXPECT_FAILED(BAD_ARGUMENT, tsr_diagonal(s, 1, 1), "the diagonal of dimensions 1 and 1");
    tsr_store deep = s;
    for (int i = 0; i < 6; ++i)
        deep = tsr_promote(deep, 0, 1);
    cr_assert_eq(tsr_store_shape(deep).rank, 8);
    EXPECT_FAILED(BAD_SHAPE, tsr_promote(deep, 0, 1), "there can be no more");
    EXPECT_FAILED(BAD_SHAPE, tsr_delinearize(deep, 0, (int64_t[]){1, 1}, 2), "there may be 8");
}

Test(api_views, empty_slices_at_every_edge)
{
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(4));
    cr_assert_eq(tsr_store_shape(tsr_slice(s, 0, 4, 4, 1)).extent[0], 0);
    cr_assert_eq(tsr_store_shape(tsr_slice(s, 0, 3, 0, 1)).extent[0], 0);
    cr_assert_eq(tsr_store_shape(tsr_slice(s, 0, 0, 3, -1)).extent[0], 0);
    cr_assert_eq(tsr_store_shape(tsr_slice(s, 0, 3, -1, -2)).extent[0], 2);
}
