/* tests/unit/solve/test_random.c - operations at random, small enough to check every element. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/solve/plan_check.h"

struct dice {
    unsigned seed;
};

static int roll(struct dice *d, int n)
{
    return (int)((unsigned)rand_r(&d->seed) % (unsigned)n);
}

static const tsr_reduction reductions[] = {TSR_SUM, TSR_MAX, TSR_PRODUCT, TSR_MIN};

/* A descriptor and the call that goes with it. */
struct example {
    tsr_task_desc desc;
    struct call   call;
    int           n_constraints, n_writes;
    int64_t       extent[TSR_MAX_RANK];
    int           rank;
};

static void constrain(struct example *e, tsr_constraint c)
{
    e->desc.constraints[e->n_constraints++] = c;
}

/* A view of a new root with these extents: the root itself, or strides, slices, turns of a larger. */
static struct seen view_with(struct run *run, struct dice *d, int rank, const int64_t *extent)
{
    int64_t        root[TSR_MAX_RANK], step[TSR_MAX_RANK], start[TSR_MAX_RANK];
    int            order[TSR_MAX_RANK], back[TSR_MAX_RANK];
    const bool     plain = roll(d, 2) || rank == 0;
    const tsr_type type = roll(d, 2) ? TSR_F64 : TSR_I32;
    for (int k = 0; k < rank; ++k)
        order[k] = k;
    for (int k = rank - 1; k > 0 && !plain; --k) {
        const int j = roll(d, k + 1), t = order[j];
        order[j] = order[k];
        order[k] = t;
    }
    for (int k = 0; k < rank; ++k)
        back[order[k]] = k;
    for (int k = 0; k < rank; ++k) { /* of root dimension k, seen as dimension back[k] */
        const int64_t n = extent[back[k]];
        step[k] = plain ? 1 : 1 + roll(d, 2);
        start[k] = plain ? 0 : roll(d, 3);
        root[k] = plain ? n : start[k] + (n > 0 ? (n - 1) * step[k] + 1 : 0) + roll(d, 2);
    }
    const int made = run_root(run, type, rank, root);
    if (plain)
        return see(made);
    struct view v = map_identity(run->stage[0].root[made]);
    for (int k = 0; k < rank; ++k) {
        const int64_t n = extent[back[k]], last = start[k] + (n - 1) * step[k];
        v = n > 0 && roll(d, 3) == 0 ? map_slice(v, k, last, start[k] - 1, -step[k])
                                     : map_slice(v, k, start[k], start[k] + n * step[k], step[k]);
        v.extent[k] = n;
    }
    return see_map(made, map_transpose(v, order));
}

static int add_arg(struct example *e, tsr_access access, struct seen seen)
{
    const int i = e->call.n++;
    e->desc.args[i] = (tsr_arg_desc){.access = access};
    e->call.arg[i] = seen;
    return i;
}

static tsr_access free_access(struct dice *d)
{
    const int k = roll(d, 5);
    return k < 2 ? TSR_READ : k < 4 ? TSR_WRITE : TSR_READ_WRITE;
}

static void add_free(struct run *run, struct dice *d, struct example *e)
{
    const int i = add_arg(e, free_access(d), view_with(run, d, e->rank, e->extent));
    if (i > 0 && roll(d, 2))
        constrain(e, (tsr_constraint)TSR_ALIGN(i, 0));
}

static void add_halo(struct run *run, struct dice *d, struct example *e, int on)
{
    int64_t        extent[TSR_MAX_RANK];
    tsr_constraint c = TSR_HALO(e->call.n, on);
    for (int k = 0; k < e->rank; ++k) {
        extent[k] = e->extent[k] + (roll(d, 3) ? 0 : roll(d, 4));
        c.low[k] = roll(d, 4) - 1;
        c.high[k] = roll(d, 4) - 1;
    }
    constrain(e, c);
    add_arg(e, TSR_READ, view_with(run, d, e->rank, extent));
}

static void add_scale(struct run *run, struct dice *d, struct example *e)
{
    int64_t        extent[TSR_MAX_RANK];
    tsr_constraint c = TSR_SCALE(e->call.n, 0, 1);
    for (int k = 0; k < e->rank; ++k) {
        c.low[k] = 1 + roll(d, 3);
        extent[k] = e->extent[k] * c.low[k];
    }
    constrain(e, c);
    add_arg(e, roll(d, 2) ? TSR_READ : TSR_WRITE, view_with(run, d, e->rank, extent));
}

static void add_dims(struct run *run, struct dice *d, struct example *e)
{
    int64_t        extent[TSR_MAX_RANK];
    const unsigned mask = 1u + (unsigned)roll(d, (1 << e->rank) - 1);
    constrain(e, (tsr_constraint)TSR_BROADCAST_DIMS(e->call.n, 0, mask));
    for (int k = 0; k < e->rank; ++k)
        extent[k] = mask >> k & 1 ? 1 + roll(d, 5) : e->extent[k];
    add_arg(e, roll(d, 3) ? TSR_READ : TSR_WRITE, view_with(run, d, e->rank, extent));
}

static void add_whole(struct run *run, struct dice *d, struct example *e)
{
    const int rank = roll(d, 3);
    if (rank > 0)
        constrain(e, (tsr_constraint)TSR_BROADCAST(e->call.n));
    add_arg(e, roll(d, 8) ? TSR_READ : TSR_WRITE, view_with(run, d, rank, (int64_t[]){3, 4, 5}));
}

static void add_reduction(struct run *run, struct dice *d, struct example *e)
{
    const int i = add_arg(e, TSR_REDUCE, (struct seen){0});
    e->desc.args[i].reduction = reductions[roll(d, 4)];
    if (roll(d, 2)) {
        e->call.arg[i] = view_with(run, d, 0, NULL);
        return;
    }
    /* a row or column: promoted along one dimension */
    const int at = roll(d, e->rank);
    int64_t   extent[TSR_MAX_RANK];
    for (int k = 0; k < e->rank - 1; ++k)
        extent[k] = e->extent[k < at ? k : k + 1];
    const int root = run_root(run, TSR_F64, e->rank - 1, extent);
    e->call.arg[i] =
        see_map(root, map_promote(map_identity(run->stage[0].root[root]), at, e->extent[at]));
}

static void add_sizes(struct dice *d, struct example *e)
{
    tsr_constraint least = TSR_MIN_EXTENT(0, 1), multiple = TSR_MULTIPLE_OF(0, 1);
    for (int k = 0; k < e->rank; ++k) {
        least.low[k] = roll(d, 4);
        multiple.low[k] = roll(d, 4);
    }
    if (roll(d, 6) == 0)
        constrain(e, least);
    if (roll(d, 6) == 0)
        constrain(e, multiple);
}

static void make_example(struct run *run, struct dice *d, struct example *e)
{
    *e = (struct example){.desc = {.name = "example"}, .rank = 1 + roll(d, 3)};
    e->call.desc = &e->desc;
    for (int k = 0; k < e->rank; ++k)
        e->extent[k] = roll(d, 20) ? 1 + roll(d, e->rank == 3 ? 9 : 30) : 0;
    add_free(run, d, e);
    for (int n = roll(d, 4); n > 0; --n)
        switch (roll(d, 6)) {
        case 0: add_free(run, d, e); break;
        case 1: add_halo(run, d, e, 0); break;
        case 2: add_scale(run, d, e); break;
        case 3: add_dims(run, d, e); break;
        case 4: add_whole(run, d, e); break;
        default: add_reduction(run, d, e); break;
        }
    add_sizes(d, e);
    e->desc.canonical = roll(d, 10) == 0;
    e->desc.pure = roll(d, 3) == 0;
    e->call.inputs_replicated = roll(d, 2);
}

static void set_machine(struct run *run, struct dice *d)
{
    const int64_t least = (int64_t[]){0, 1, 1, 2, 7, 40}[roll(d, 6)];
    const int64_t leaf = (int64_t[]){16384, 1, 2, 8, 64}[roll(d, 5)];
    run_set_min_piece(run, least);
    run_set(run, leaf, leaf);
}

/* Some roots get a key: what wrote them last. */
static void set_keys(struct run *run, struct dice *d, const struct example *e, struct plan **plans)
{
    for (int i = 0; i < e->call.n; ++i)
        if (e->call.arg[i].root && roll(d, 2) && plans[0]->arg[i].covers &&
            plans[0]->arg[i].disjoint)
            run_set_key(run, e->call.arg[i].root - 1, plans, i);
}

static void tell_example(const struct example *e, const struct run *run)
{
    fprintf(stderr, "%d ranks, rank %d: %lld %lld %lld, min_piece %lld leaf %lld\n", run->n_ranks,
            e->rank, (long long)e->extent[0], (long long)e->extent[1], (long long)e->extent[2],
            (long long)run->stage[0].rt.config.min_piece, (long long)run->stage[0].rt.config.leaf);
    for (int i = 0; i < e->call.n; ++i)
        fprintf(stderr, "  arg %d access %d root %d mapped %d\n", i, e->desc.args[i].access,
                e->call.arg[i].root - 1, e->call.arg[i].mapped);
    for (int k = 0; k < e->n_constraints; ++k) {
        const tsr_constraint *c = &e->desc.constraints[k];
        fprintf(stderr, "  kind %d of %d on %d dims %u low %lld %lld %lld high %lld %lld %lld\n",
                c->kind, c->of, c->on, c->dims, (long long)c->low[0], (long long)c->low[1],
                (long long)c->low[2], (long long)c->high[0], (long long)c->high[1],
                (long long)c->high[2]);
    }
}

static const tsr_task_desc touch = {.name = "touch", .args = {{TSR_READ_WRITE, 0, 0, "part"}}};

/* Parts of what has a key: slices either way. */
static void try_parts(struct run *run, struct dice *d)
{
    for (int k = 0; k < run->stage[0].n_roots; ++k) {
        const struct root *root = run->stage[0].root[k];
        struct view        v = map_identity(root);
        struct plan       *plans[STAGE_MAX_RANKS];
        if (!root->key || view_volume(root->whole) == 0)
            continue;
        for (int r = 0; r < root->rank; ++r) {
            const int64_t n = root->extent[r], from = roll(d, (int)n);
            const int64_t step = 1 + roll(d, 2);
            v = roll(d, 2) ? map_slice(v, r, from, n, step) : map_slice(v, r, from, -1, -step);
        }
        const struct call c = {&touch, 1, {see_map(k, v)}};
        cr_assert_eq(run_solve(run, &c, plans), TSR_OK, "%s", tsr_error_text());
        check_plans(run, &c, plans);
        run_release(run, plans);
    }
}

static int try_example(unsigned seed)
{
    struct dice    d = {seed};
    int64_t        workers[STAGE_MAX_RANKS];
    struct run    *run = malloc(sizeof *run);
    struct example e;
    struct plan   *plans[STAGE_MAX_RANKS], *again[STAGE_MAX_RANKS];
    const int      n = 1 + roll(&d, 6);
    for (int r = 0; r < n; ++r)
        workers[r] = 1 + roll(&d, 8);
    run_start(run, n, workers);
    set_machine(run, &d);
    make_example(run, &d, &e);
    if (getenv("SOLVE_TELL"))
        tell_example(&e, run);
    const int ok = run_solve(run, &e.call, plans) == TSR_OK;
    if (ok) {
        check_plans(run, &e.call, plans);
        set_keys(run, &d, &e, plans);
        cr_assert_eq(run_solve(run, &e.call, again), TSR_OK);
        check_plans(run, &e.call, again);
        try_parts(run, &d);
        run_release(run, plans);
        run_release(run, again);
    }
    run_stop(run);
    free(run);
    return ok;
}

/* SOLVE_SEED: that of a failure, alone; SOLVE_SEEDS: so many instead of 3000; SOLVE_TELL: tell them. */
static unsigned setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)atoi(text) : otherwise;
}

Test(random, every_plan_is_right)
{
    const unsigned first = setting("SOLVE_SEED", 1);
    const unsigned last = setting("SOLVE_SEED", setting("SOLVE_SEEDS", 3000));
    unsigned       solved = 0;
    for (unsigned seed = first; seed <= last; ++seed) {
        if (getenv("SOLVE_TELL"))
            fprintf(stderr, "seed %u\n", seed);
        solved += (unsigned)try_example(seed);
    }
    cr_assert(first == last || solved > (last - first) / 2, "%u of %u", solved, last);
}
