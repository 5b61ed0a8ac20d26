/* tests/unit/solve/solve_stage.c - see solve_stage.h. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"
#include "model/types.h"
#include "unit/solve/solve_stage.h"

void run_start(struct run *run, int n_ranks, const int64_t *workers)
{
    memset(run, 0, sizeof *run);
    run->n_ranks = n_ranks;
    for (int r = 0; r < n_ranks; ++r) {
        struct stage *s = &run->stage[r];
        s->rt.rank = r;
        s->rt.n_ranks = n_ranks;
        s->rt.machines = s->machines;
        s->rt.config.leaf = 16384;
        for (int k = 0; k < n_ranks; ++k)
            s->machines[k] =
                (struct rank_machine){workers ? workers[k] : 2, 1 << 20, (int64_t)8 << 30};
        s->rt.views = view_table_create();
        s->rt.solve = solve_create(&s->rt);
        cr_assert_not_null(s->rt.solve);
    }
}

void run_stop(struct run *run)
{
    for (int r = 0; r < run->n_ranks; ++r) {
        struct stage *s = &run->stage[r];
        for (int i = 0; i < s->n_roots; ++i) {
            plan_release(s->root[i]->key);
            view_release(s->root[i]->whole);
            base_free(s->root[i]);
        }
        solve_destroy(s->rt.solve);
        view_table_destroy(s->rt.views);
    }
}

void run_set_min_piece(struct run *run, int64_t elements)
{
    run_set(run, min_piece, elements);
    for (int r = 0; r < run->n_ranks; ++r)
        for (int k = 0; k < run->n_ranks; ++k)
            run->stage[r].machines[k].min_piece = elements;
}

static int add_root(struct run *run, enum root_kind kind, tsr_type type, int rank,
                    const int64_t *extent)
{
    for (int r = 0; r < run->n_ranks; ++r) {
        struct stage *s = &run->stage[r];
        struct root  *root = base_calloc(1, sizeof *root);
        *root = (struct root){.number = (uint64_t)s->n_roots + 1,
                              .kind = kind,
                              .type = type,
                              .element_bytes = type_bytes(type),
                              .rank = rank,
                              .extent_known = kind != ROOT_UNBOUND};
        for (int d = 0; d < rank; ++d)
            root->extent[d] = extent[d];
        root->whole = view_intern_shape(s->rt.views, rank, root->extent);
        cr_assert(s->n_roots < STAGE_MAX_ROOTS);
        s->root[s->n_roots++] = root;
    }
    return run->stage[0].n_roots - 1;
}

int run_root(struct run *run, tsr_type type, int rank, const int64_t *extent)
{
    return add_root(run, ROOT_PLAIN, type, rank, extent);
}

int run_unbound(struct run *run, tsr_type type, int rank, const int64_t *extent)
{
    return add_root(run, ROOT_UNBOUND, type, rank, extent);
}

/* ---- maps ---- */

struct seen see(int root)
{
    return (struct seen){.root = root + 1};
}

struct seen see_map(int root, struct view map)
{
    return (struct seen){.root = root + 1, .mapped = true, .map = map};
}

struct view map_identity(const struct root *root)
{
    return view_of_shape(root->rank, root->extent);
}

struct view map_slice(struct view v, int d, int64_t start, int64_t stop, int64_t step)
{
    v.extent[d] = step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
    if (v.extent[d] < 0)
        v.extent[d] = 0;
    for (int r = 0; r < v.root_rank; ++r) {
        v.b[r] += v.a[r][d] * start;
        v.a[r][d] *= step;
    }
    return v;
}

struct view map_transpose(struct view v, const int *order)
{
    struct view w = v;
    for (int d = 0; d < v.rank; ++d) {
        w.extent[d] = v.extent[order[d]];
        for (int r = 0; r < v.root_rank; ++r)
            w.a[r][d] = v.a[r][order[d]];
    }
    return w;
}

struct view map_promote(struct view v, int at, int64_t extent)
{
    struct view w = v;
    w.rank = v.rank + 1;
    for (int d = 0; d < w.rank; ++d) {
        const int from = d < at ? d : d - 1;
        w.extent[d] = d == at ? extent : v.extent[from];
        for (int r = 0; r < v.root_rank; ++r)
            w.a[r][d] = d == at ? 0 : v.a[r][from];
    }
    return w;
}

struct view map_project(struct view v, int at, int64_t index)
{
    struct view w = v;
    w.rank = v.rank - 1;
    for (int r = 0; r < v.root_rank; ++r)
        w.b[r] = v.b[r] + v.a[r][at] * index;
    for (int d = 0; d < TSR_MAX_RANK; ++d) {
        const int from = d < at ? d : d + 1;
        w.extent[d] = d < w.rank ? v.extent[from] : 0;
        for (int r = 0; r < v.root_rank; ++r)
            w.a[r][d] = d < w.rank ? v.a[r][from] : 0;
    }
    return w;
}

struct view map_split(struct view v, int at, int64_t outer, int64_t inner)
{
    struct view w = map_promote(v, at, outer);
    w.extent[at + 1] = inner;
    for (int r = 0; r < v.root_rank; ++r)
        w.a[r][at] = v.a[r][at] * inner;
    return w;
}

struct view map_diagonal(struct view v, int a, int b)
{
    struct view w = map_project(v, b, 0);
    for (int r = 0; r < v.root_rank; ++r)
        w.a[r][a] = v.a[r][a] + v.a[r][b];
    if (v.extent[b] < v.extent[a])
        w.extent[a] = v.extent[b];
    return w;
}

/* ---- calls ---- */

struct operation stage_operation(struct stage *s, const struct call *c)
{
    struct operation op = {.desc = c->desc,
                           .n_args = c->n,
                           .points = c->points,
                           .inputs_replicated = c->inputs_replicated,
                           .site = {"program.c", "main", c->line ? c->line : 1}};
    for (int i = 0; i < c->n; ++i) {
        const struct seen *a = &c->arg[i];
        if (!a->root)
            continue;
        op.arg[i].root = s->root[a->root - 1];
        op.arg[i].type = op.arg[i].root->type;
        op.arg[i].partition = a->partition;
        op.arg[i].view =
            a->mapped ? view_intern(s->rt.views, &a->map) : view_keep(op.arg[i].root->whole);
    }
    return op;
}

void stage_forget(struct operation *op)
{
    for (int i = 0; i < op->n_args; ++i)
        if (op->arg[i].root)
            view_release(op->arg[i].view);
}

tsr_status stage_solve(struct stage *s, const struct call *c, struct plan **out_plan)
{
    struct operation op = stage_operation(s, c);
    const tsr_status status = solve_operation(&s->rt, &op, out_plan);
    stage_forget(&op);
    return status;
}

tsr_status run_solve(struct run *run, const struct call *c, struct plan **out_plans)
{
    tsr_status first = TSR_OK;
    for (int r = 0; r < run->n_ranks; ++r) {
        const tsr_status s = stage_solve(&run->stage[r], c, &out_plans[r]);
        if (r == 0)
            first = s;
        cr_assert_eq(s, first, "rank %d says %s, rank 0 %s", r, tsr_status_name(s),
                     tsr_status_name(first));
    }
    return first;
}

tsr_status run_solve_anew(struct run *run, const struct call *c, struct plan **out_plans)
{
    tsr_status status = TSR_OK;
    for (int r = 0; r < run->n_ranks && status == TSR_OK; ++r) {
        struct operation op = stage_operation(&run->stage[r], c);
        status = solve_anew(&run->stage[r].rt, &op, &out_plans[r]);
        stage_forget(&op);
    }
    return status;
}

void run_set_key(struct run *run, int root, struct plan *const *plans, int arg)
{
    for (int r = 0; r < run->n_ranks; ++r) {
        struct root *t = run->stage[r].root[root];
        plan_release(t->key);
        t->key = plan_keep(plans[r]);
        t->key_arg = arg;
    }
}

void run_release(struct run *run, struct plan **plans)
{
    for (int r = 0; r < run->n_ranks; ++r)
        plan_release(plans[r]);
}
