/* tests/unit/solve/golden.c - see golden.h. The texts hold no address, number of a plan or time. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "unit/solve/golden.h"
#include "unit/solve/plan_check.h"
#include "unit/solve/plans_path.h"

enum { SHOWN = 3 }; /* pieces of a rank that are written down */

static void add_box(struct observe_text *t, const tsr_box *b)
{
    if (box_is_empty(b)) {
        observe_text_add(t, "none");
        return;
    }
    observe_text_add(t, "[");
    for (int d = 0; d < b->rank; ++d)
        observe_text_add(t, "%s%lld:%lld", d ? ", " : "", (long long)b->low[d],
                         (long long)b->high[d]);
    observe_text_add(t, "]");
}

static void add_owners(struct observe_text *t, const struct plan *p, const struct call *c)
{
    observe_text_add(t, "boxes in the root, by rank\n");
    for (int i = 0; i < p->n_args; ++i) {
        const struct plan_arg *a = &p->arg[i];
        if (!a->store || !a->ranks)
            continue;
        observe_text_add(t, "  '%s'%s%s:", c->desc->args[i].name, a->covers ? ", covers" : "",
                         a->disjoint ? ", disjoint" : "");
        for (int r = 0; r < p->n_ranks; ++r) {
            observe_text_add(t, " ");
            if (plan_rank_runs(p, r))
                {
                const tsr_box box = deal_box(a->ranks, r);
                add_box(t, &box);
            }
            else
                observe_text_add(t, "none");
        }
        observe_text_add(t, "\n");
    }
}

static void add_point(struct observe_text *t, const struct plan *p, int point, const struct call *c)
{
    const int64_t *row = p->boxes + (int64_t)point * p->row;
    observe_text_add(t, "  point %d:", point);
    for (int i = 0; i < p->n_args; ++i) {
        const struct plan_arg *a = &p->arg[i];
        tsr_box                b = {.rank = a->rank};
        if (!a->store || a->unbound || a->image)
            continue;
        memcpy(b.low, row + a->box_at, (size_t)a->rank * sizeof *row);
        memcpy(b.high, row + a->box_at + a->rank, (size_t)a->rank * sizeof *row);
        observe_text_add(t, " '%s' ", c->desc->args[i].name);
        add_box(t, &b);
    }
    observe_text_add(t, "\n");
}

static void add_pieces(struct observe_text *t, const struct plan *p, int rank, const struct call *c)
{
    observe_text_add(t, "pieces of rank %d: %d, a grid of", rank, p->n_points);
    for (int d = 0; d < p->rank; ++d)
        observe_text_add(t, " %d", p->grid[d]);
    if (p->leafwise)
        observe_text_add(t, "; %d leaves", p->n_leaves);
    observe_text_add(t, "\n");
    for (int i = 0; i < p->n_points && i < SHOWN; ++i)
        add_point(t, p, i, c);
    if (p->n_points > SHOWN)
        observe_text_add(t, "  and %d more\n", p->n_points - SHOWN);
}

static void write_plan(struct observe_text *t, struct run *run, const struct call *c, int root,
                       int arg)
{
    struct plan     *plans[STAGE_MAX_RANKS];
    struct operation op = stage_operation(&run->stage[0], c);
    observe_text_add(t, "%s%s", t->length ? "\n" : "", solve_explain(&run->stage[0].rt, &op));
    stage_forget(&op);
    cr_assert_eq(run_solve(run, c, plans), TSR_OK, "%s", tsr_error_text());
    add_owners(t, plans[0], c);
    for (int r = 0; r < run->n_ranks; ++r)
        add_pieces(t, plans[r], r, c);
    if (root >= 0)
        run_set_key(run, root, plans, arg);
    run_release(run, plans);
}

void golden_plan(struct observe_text *t, struct run *run, const struct call *c)
{
    write_plan(t, run, c, -1, 0);
}

void golden_write(struct observe_text *t, struct run *run, const struct call *c, int root, int arg)
{
    write_plan(t, run, c, root, arg);
}

/* ---- files ---- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
}

/* The line where two texts part. */
static int first_difference(const char *a, const char *b)
{
    int line = 1;
    for (; *a && *a == *b; ++a, ++b)
        line += *a == '\n';
    return line;
}

void golden_compare(const struct observe_text *t, const char *name)
{
    static char want[1 << 17];
    char        path[512];
    snprintf(path, sizeof path, "%s/%s.txt", PLANS_PATH, name);
    if (getenv("SOLVE_GOLDEN")) {
        write_file(path, observe_text_get(t));
        return;
    }
    FILE *f = fopen(path, "r");
    cr_assert(f, "%s is not there: SOLVE_GOLDEN=write makes it", path);
    want[fread(want, 1, sizeof want - 1, f)] = 0;
    fclose(f);
    cr_assert(!strcmp(want, observe_text_get(t)),
              "%s differs from line %d on; SOLVE_GOLDEN=write renews it, for review", path,
              first_difference(want, observe_text_get(t)));
}
