/* Which points share an accumulator, and the slabs of a total, on random boxes. */
#include <criterion/criterion.h>
#include <string.h>

#include "depend/internal.h"
#include "unit/model/random.h"

enum { POINTS = 60, ROW = 6 };

/* A REDUCE argument of rank 3 into a root of rank 2: the middle dimension moves no element. */
struct scene {
    struct tsr_runtime *rt;
    struct plan        *p;
    struct view         view;
    int64_t             boxes[POINTS * ROW];
};

static void scene_init(struct scene *s, int n_points, int workers, uint64_t chaos)
{
    s->rt = base_calloc(1, sizeof *s->rt);
    s->p = base_calloc(1, plan_size(1));
    cr_assert(s->rt != NULL && s->p != NULL);
    s->rt->schedule_workers = workers;
    s->rt->config.chaos = (int64_t)chaos;
    s->view = (struct view){.rank = 3, .root_rank = 2, .a = {{1, 0, 0}, {0, 0, 1}}};
    s->p->n_points = n_points;
    s->p->row = ROW;
    s->p->boxes = s->boxes;
    s->p->arg[0] = (struct plan_arg){.store = true, .access = TSR_REDUCE, .rank = 3, .view = &s->view,
                                     .exact_reduction = true};
}

static void scene_done(struct scene *s)
{
    base_free(s->rt);
    base_free(s->p);
}

static void box_set(struct scene *s, int i, int64_t low, int64_t high, int64_t middle)
{
    memcpy(&s->boxes[i * ROW], ((int64_t[]){low, middle, 0, high, middle + 1, 64}),
           ROW * sizeof(int64_t));
}

/* Where worker w keeps what point i leaves. */
static int kept(const struct shares *s, int i, int w)
{
    return s->of[i] < 0 ? ~s->of[i] + w : s->of[i];
}

Test(depend_shares, one_result_takes_one_a_worker)
{
    for (int workers = 1; workers <= 8; ++workers) {
        struct scene   s;
        struct shares *shares;
        scene_init(&s, POINTS, workers, 0);
        for (int i = 0; i < POINTS; ++i)
            box_set(&s, i, 0, 64, i);
        cr_assert(shares_create(s.rt, s.p, 0, &shares));
        cr_assert_neq(shares, NULL);
        cr_expect_eq(shares->n, workers);
        cr_expect_eq(shares->n_workers, workers);
        cr_expect_eq(shares->spare_elements, 64 * 64);
        base_free(shares);
        scene_done(&s);
    }
}

Test(depend_shares, few_points_small_results_and_sums_of_floats_share_nothing)
{
    struct scene   s;
    struct shares *shares;
    scene_init(&s, 8, 4, 0);
    for (int i = 0; i < POINTS; ++i)
        box_set(&s, i, 0, 64, i);
    cr_assert(shares_create(s.rt, s.p, 0, &shares));
    cr_expect_eq(shares, NULL);
    s.p->n_points = POINTS;
    s.p->arg[0].exact_reduction = false;
    cr_assert(shares_create(s.rt, s.p, 0, &shares));
    cr_expect_eq(shares, NULL);
    s.p->arg[0].exact_reduction = true;
    for (int i = 0; i < POINTS; ++i)
        box_set(&s, i, 0, 1, i);
    cr_assert(shares_create(s.rt, s.p, 0, &shares));
    cr_expect_eq(shares, NULL);
    scene_done(&s);
}

/* Points meet in an accumulator exactly where they fold into the same elements and are run by one
 * worker, or are the same point. */
Test(depend_shares, points_meet_where_they_may)
{
    for (int round = 0; round < 200; ++round) {
        struct scene   s;
        struct shares *shares;
        const int      workers = 1 + round % 5;
        uint64_t       random = (uint64_t)round + 1;
        scene_init(&s, POINTS, workers, (uint64_t)(round / 5 % 2));
        for (int i = 0; i < POINTS; ++i) {
            const int64_t low = 40 * random_in(&random, 0, 3);
            box_set(&s, i, low, low + 20 + 10 * random_in(&random, 0, 1), i);
        }
        cr_assert(shares_create(s.rt, s.p, 0, &shares));
        for (int i = 0; shares != NULL && i < POINTS; ++i)
            for (int w = 0; w < workers; ++w) {
                const int      mine = kept(shares, i, w);
                const int64_t *row = &s.boxes[shares->row[mine] * ROW], *box = &s.boxes[i * ROW];
                cr_assert(mine >= 0 && mine < shares->n);
                cr_assert(row[0] == box[0] && row[3] == box[3]);
                for (int j = 0; j < i; ++j)
                    for (int v = 0; v < workers; ++v)
                        cr_assert(kept(shares, j, v) != mine || (v == w && shares->of[j] < 0));
            }
        base_free(shares);
        scene_done(&s);
    }
}

Test(depend_shares, slabs_cover_each_index_once)
{
    for (int workers = 1; workers <= 20; ++workers) {
        struct scene  s;
        struct slabs *slabs;
        scene_init(&s, POINTS, workers, 0);
        for (int i = 0; i < POINTS; ++i)
            box_set(&s, i, 100 + i, 107 + i, i);
        cr_assert(slabs_create(s.rt, s.p, 0, 100000, &slabs));
        cr_assert_eq(slabs == NULL, workers == 1);
        if (slabs != NULL) {
            cr_expect_eq(slabs->n, workers < 8 ? workers : 8);
            cr_expect_eq(slabs->dim, 0);
            cr_expect_eq(slabs->begin[0], INT64_MIN);
            cr_expect_eq(slabs->begin[slabs->n], INT64_MAX);
            for (int i = 1; i < slabs->n; ++i)
                cr_expect(slabs->begin[i] > (i == 1 ? 100 : slabs->begin[i - 1]) &&
                          slabs->begin[i] < 166);
        }
        base_free(slabs);
        cr_assert(slabs_create(s.rt, s.p, 0, 1000, &slabs));
        cr_expect_eq(slabs, NULL);
        scene_done(&s);
    }
}
