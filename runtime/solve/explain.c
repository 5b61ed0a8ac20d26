/* solve/explain.c - why an operation is cut as it is, in words.
 *
 * Solves anew, outside the cache, and writes down what each step decided; candidates are written as
 * they are weighed. Cost: that of solving. Threads: the issuing thread. */
#include <string.h>

#include "observe/observe.h"
#include "solve/problem.h"
#include "solve/solve.h"

static const char *access_name(tsr_access a)
{
    static const char *const name[] = {"unused", "READ", "WRITE", "READ_WRITE", "REDUCE", "scalar"};
    return (unsigned)a < sizeof name / sizeof *name ? name[a] : "?";
}

static void add_grid(struct observe_text *t, int rank, const int *grid)
{
    for (int d = 0; d < rank; ++d)
        observe_text_add(t, "%s%d", d ? " x " : "", grid[d]);
    if (rank == 0)
        observe_text_add(t, "1");
}

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

/* ---- arguments ---- */

static void add_reason(struct observe_text *t, const struct problem *q, int arg)
{
    struct words       w;
    const struct part *p = &q->part[arg];
    switch (p->role) {
    case ROLE_VALUE: observe_text_add(t, "a value"); break;
    case ROLE_UNBOUND:
        observe_text_add(t, "unbound: its points are put one behind the other");
        break;
    case ROLE_EXPLICIT: observe_text_add(t, "cut by the partition given"); break;
    case ROLE_FREE:
        if (arg == q->lead)
            observe_text_add(t, "leads: its extents are the iteration box");
        else
            observe_text_add(t, "aligned with %s", solve_arg_name(q, q->lead, &w));
        break;
    case ROLE_SAME: observe_text_add(t, "aligned with %s", solve_arg_name(q, p->on, &w)); break;
    case ROLE_WHOLE:
        observe_text_add(t, "whole in every point: %s",
                         p->why ? solve_constraint_name(q, p->why, &w) : "0-dimensional");
        break;
    default: observe_text_add(t, "by %s", solve_constraint_name(q, p->why, &w)); break;
    }
}

static void add_key(struct observe_text *t, const struct problem *q, int arg)
{
    const struct root *root = q->op->arg[arg].root;
    if (!root || !root->key)
        return;
    const struct plan *key = root->key;
    observe_text_add(t, "; key: written by %s", key->desc->name);
    if (key->replicated)
        observe_text_add(t, " on every rank");
    else if (key->alone >= 0)
        observe_text_add(t, " on rank %d", key->alone);
    else {
        observe_text_add(t, " over ranks ");
        add_grid(t, key->rank, key->rank_grid);
    }
}

static void add_arguments(struct observe_text *t, const struct problem *q)
{
    observe_text_add(t, "arguments\n");
    for (int i = 0; i < q->op->n_args; ++i) {
        struct words name, shape;
        if (q->desc->args[i].access == TSR_UNUSED_ARG)
            continue;
        observe_text_add(t, "  %s: %s", solve_arg_name(q, i, &name),
                         access_name(q->desc->args[i].access));
        if (q->part[i].role != ROLE_VALUE)
            observe_text_add(t, ", %s", solve_view_shape_name(q, i, &shape));
        observe_text_add(t, "; ");
        add_reason(t, q, i);
        add_key(t, q, i);
        observe_text_add(t, "\n");
    }
}

/* ---- limits ---- */

static void add_uncut(struct observe_text *t, const struct problem *q, int d)
{
    static const char *const why[] = {
        [UNCUT_WHOLE] = "is written, and the same along it",
        [UNCUT_VIEW] = "is written, and its view folds it into another dimension",
        [UNCUT_UNBOUND] = "is unbound, and cut along the first alone",
        [UNCUT_IMAGE] = "drives an image, and is cut along the first alone",
    };
    struct words w;
    observe_text_add(t, "  dimension %d is not cut: %s %s\n", d,
                     solve_arg_name(q, q->uncut_arg[d], &w), why[q->uncut[d]]);
}

static void add_limits(struct observe_text *t, const struct problem *q)
{
    struct words w;
    observe_text_add(t, "iteration box: %s\n", solve_shape_name(q->rank, q->extent, &w));
    if (q->one_point)
        observe_text_add(t, "  one point: an argument is written whole\n");
    for (int d = 0; d < q->rank; ++d) {
        if (q->uncut[d] != UNCUT_NOT)
            add_uncut(t, q, d);
        if (q->unit[d] > 1)
            observe_text_add(t, "  dimension %d: cut at multiples of %lld\n", d,
                             (long long)q->unit[d]);
        if (q->least[d] > 1)
            observe_text_add(t, "  dimension %d: pieces of %lld at least\n", d,
                             (long long)q->least[d]);
    }
}

static void add_leaves(struct observe_text *t, const struct problem *q, const struct plan *p)
{
    struct words leaf, grid, w;
    if (!p->leafwise) {
        observe_text_add(t, "leaves: none, values do not depend on where it is cut\n");
        return;
    }
    observe_text_add(t, "leaves: %s each, a grid of %s; %d here",
                     solve_shape_name(p->rank, p->leaf, &leaf),
                     solve_shape_name(p->rank, p->leaf_grid, &grid), p->n_leaves);
    if (!p->manual && q->leaf_arg >= 0)
        observe_text_add(t, "; by the accumulator of %s", solve_arg_name(q, q->leaf_arg, &w));
    else if (!p->manual)
        observe_text_add(t, "; the task type is canonical");
    observe_text_add(t, "\n");
}

/* ---- ranks ---- */

static void add_candidate(void *user, const struct problem *q, const struct candidate *c)
{
    struct observe_text *t = user;
    struct words         w;
    observe_text_add(t, "  candidate ");
    add_grid(t, q->rank, c->grid);
    if (c->key >= 0)
        observe_text_add(t, " (the key of %s)", solve_arg_name(q, c->key, &w));
    observe_text_add(
        t,
        ": moved %lld B, doubled %lld B, idle %lld B, new owners %lld B, surface %lld, "
        "imbalance %lld/1024\n",
        (long long)c->moved, (long long)c->doubled, (long long)c->idle, (long long)c->rekeyed,
        (long long)c->surface, (long long)c->imbalance);
}

/* Ranks with unequal machines have unequal shares. */
static void add_shares(struct observe_text *t, const struct problem *q)
{
    const struct rank_machine *m = q->rt->machines;
    const int                  n = q->rt->n_ranks;
    bool                       equal = true;
    for (int r = 1; r < n; ++r)
        equal &= m[r].workers == m[0].workers;
    for (int r = 0; r < n && r < 64 && !equal; ++r)
        observe_text_add(t, "%s%lld", r ? ", " : "; shares by workers: ", (long long)m[r].workers);
}

static void add_place(struct observe_text *t, const struct problem *q, const struct plan *p)
{
    struct words w;
    const char  *why = q->small                      ? "small"
                       : q->collides || q->op->alone ? "what ranks would write are no boxes apart"
                                                     : "nothing of it can be cut";
    if (p->manual)
        observe_text_add(t, "manual: %lld points, dealt to ranks in blocks by workers\n",
                         (long long)p->n_all_points);
    else if (p->replicated)
        observe_text_add(t, "replicated: small, pure, and every rank holds its inputs\n");
    else if (p->alone >= 0 && q->alone_arg >= 0)
        observe_text_add(t, "on rank %d alone: %s, and most of %s lies there\n", p->alone, why,
                         solve_arg_name(q, q->alone_arg, &w));
    else if (p->alone >= 0)
        observe_text_add(t, "on rank %d alone: %s\n", p->alone, why);
    else {
        observe_text_add(t, "rank grid: ");
        add_grid(t, p->rank, p->rank_grid);
        if (q->chosen.key >= 0)
            observe_text_add(t, ", the key of %s", solve_arg_name(q, q->chosen.key, &w));
        else
            add_shares(t, q);
        observe_text_add(t, "\n");
    }
    for (int r = 0; r < p->n_ranks && r < 64; ++r) {
        observe_text_add(t, "  rank %d: ", r);
        if (!plan_rank_runs(p, r))
            observe_text_add(t, "none");
        else if (p->rank == 0)
            observe_text_add(t, "the one point");
        else
        {
            const tsr_box box = deal_box(p->iteration, r);
            add_box(t, &box);
        }
        observe_text_add(t, "\n");
    }
}

/* Bytes of rank r's box of an argument that another rank's key has. */
static int64_t bytes_to(const struct problem *q, const struct plan *p, int arg, int r)
{
    const struct root *root = q->op->arg[arg].root;
    const tsr_box      need = deal_box(p->arg[arg].ranks, r),
                  held = deal_box(root->key->arg[root->key_arg].ranks, r);
    if (!plan_rank_runs(p, r) || root->key->replicated)
        return 0;
    const tsr_box here = box_intersection(&need, &held);
    const int64_t kept = plan_rank_runs(root->key, r) ? box_volume(&here) : 0;
    return mul64(box_volume(&need) - kept, (int64_t)root->element_bytes);
}

static void add_moves(struct observe_text *t, const struct problem *q, const struct plan *p)
{
    for (int i = 0; i < p->n_args && p->n_ranks > 1; ++i) {
        const struct plan_arg *a = &p->arg[i];
        struct words           w;
        if (!a->store || !a->ranks || !q->op->arg[i].root->key || a->access == TSR_WRITE ||
            a->access == TSR_REDUCE)
            continue;
        int64_t bytes = 0;
        for (int r = 0; r < p->n_ranks; ++r)
            bytes = add64(bytes, bytes_to(q, p, i, r));
        observe_text_add(t, "moves for %s: %lld B between ranks, by its key\n",
                         solve_arg_name(q, i, &w), (long long)bytes);
    }
}

/* ---- private ---- */

static void add_pieces(struct observe_text *t, const struct problem *q, const struct plan *p)
{
    const struct rank_machine *m = &q->rt->machines[q->rt->rank];
    observe_text_add(t, "here (rank %d, %lld workers, L2 %lld B): %d points, a grid of ",
                     q->rt->rank, (long long)m->workers, (long long)m->l2_bytes, p->n_points);
    add_grid(t, p->rank, p->grid);
    observe_text_add(t, ", about %lld B each", (long long)p->bytes_per_point);
    if (!p->manual && q->wanted_points > 0)
        observe_text_add(t, "; %lld wanted: %lld B an element, %lld B a piece",
                         (long long)q->wanted_points, (long long)q->element_bytes,
                         (long long)q->piece_bytes);
    observe_text_add(t, "\n");
}

static void add_plan(struct observe_text *t, const struct problem *q, const struct plan *p)
{
    add_place(t, q, p);
    add_moves(t, q, p);
    add_pieces(t, q, p);
    add_leaves(t, q, p);
    if (p->gang)
        observe_text_add(t, "communicator: %lld points on %d of %d ranks, all at once\n",
                         (long long)p->gang->size, p->gang->n_places, p->n_ranks);
    if (p->watched && p->unchecked != NULL)
        observe_text_add(t, "TESSERA_CHECK=cuts cannot check it: %s\n", p->unchecked);
    else if (p->watched)
        observe_text_add(t, "TESSERA_CHECK=cuts: points are cut again, into %d pieces\n",
                         p->second_first[p->n_points]);
    if (p->has_image)
        observe_text_add(t, "images: boxes follow from values, found once and known until these are written\n");
}

const char *solve_explain(struct tsr_runtime *rt, struct operation *op)
{
    struct observe_text *t = solve_text(rt), candidates = {0};
    struct problem       q = {.rt = rt,
                              .op = op,
                              .desc = op->desc,
                              .on_candidate = add_candidate,
                              .on_candidate_user = &candidates};
    struct plan         *p = NULL;
    observe_text_clear(t);
    observe_text_add(t, "%s (%s:%d, %s)\n", op->desc->name, op->site.file, op->site.line,
                     op->site.function);
    const tsr_status s = solve_problem(&q, &p);
    if (s != TSR_OK)
        observe_text_add(t, "the call would fail: %s\n", tsr_error_text());
    else {
        add_arguments(t, &q);
        if (!p->manual)
            add_limits(t, &q);
        if (candidates.length)
            observe_text_add(t, "%s", observe_text_get(&candidates));
        add_plan(t, &q, p);
    }
    plan_release(p);
    solve_problem_done(&q);
    observe_text_done(&candidates);
    return observe_text_get(t);
}
