/* issue/temporary.c - stores that live and die inside a window never get memory as a whole.
 *
 * A root is a temporary when its handle is gone by the time the window closes, its first use is a WRITE
 * of all of it, every use in the window has the same function point -> region, none has to be renamed,
 * and nothing else holds it (formulas that are still to become operations): then each point's piece is
 * taken at dispatch and given back by the last of the operations that uses it.
 *
 * Cost: O(operations * arguments) of windows in which something was released.
 * Threads: issuing thread. */
#include "issue/internal.h"

static bool is_piecewise(const struct plan *p, const struct plan_arg *pa)
{
    return pa->store && !pa->unbound && !pa->image && !pa->whole && pa->access != TSR_REDUCE &&
           pa->access != TSR_SCALAR && pa->disjoint && p->n_points > 1;
}

/* Does the operation write the root and name it twice?  It may have to be renamed, which pieces cannot. */
static bool meets_itself(const struct operation *op, int k)
{
    bool written = false, twice = false;
    for (int j = 0; j < op->n_args; ++j) {
        if (op->arg[j].root != op->arg[k].root)
            continue;
        twice |= j != k;
        written |= op->desc->args[j].access != TSR_READ;
    }
    return twice && written;
}

static void look(struct root *root, const struct operation *op, int k)
{
    const struct plan *p = op->plan;
    if (root->piece_state < 0)
        return;
    const bool ok = p != NULL && op->status == TSR_OK && is_piecewise(p, &p->arg[k]) &&
                    !meets_itself(op, k);
    if (root->piece_state == 0) {
        bool steps = false;
        for (int d = 0; ok && d < root->rank; ++d)
            steps |= p->arg[k].all.step[d] != 1;
        const bool starts = ok && root->instance == NULL && root->handles == 0 &&
                            root->kind == ROOT_PLAIN && p->arg[k].access == TSR_WRITE &&
                            p->arg[k].covers && !steps;
        root->piece_state = starts ? 1 : -1;
        root->piece_cut = ok ? p->arg[k].cut : 0;
        root->piece_uses = 1;
        return;
    }
    ++root->piece_uses;
    if (!ok || p->arg[k].cut != root->piece_cut)
        root->piece_state = -1;
}

static struct pieces *pieces_create(const struct root *root, int n)
{
    struct pieces *p = base_calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->n = n;
    p->users = root->piece_uses;
    p->element_bytes = root->element_bytes;
    p->data = base_calloc((size_t)n, sizeof *p->data);
    p->bytes = base_calloc((size_t)n, sizeof *p->bytes);
    p->left = base_calloc((size_t)n, sizeof *p->left);
    if (p->data == NULL || p->bytes == NULL || p->left == NULL) {
        base_free(p->data);
        base_free(p->bytes);
        base_free((void *)p->left);
        base_free(p);
        return NULL;
    }
    for (int i = 0; i < n; ++i)
        atomic_store_explicit(&p->left[i], root->piece_uses, memory_order_relaxed);
    return p;
}

void temporaries_find(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    for (uint64_t n = st->closed + 1; n <= st->last; ++n) {
        const struct slot *s = engine_slot(rt->engine, n);
        for (int k = 0; k < s->op.n_args; ++k)
            if (s->op.arg[k].root != NULL && s->op.arg[k].root->handles == 0) {
                if (s->spot)
                    s->op.arg[k].root->piece_state = -1;
                look(s->op.arg[k].root, &s->op, k);
            }
    }
    for (uint64_t n = st->closed + 1; n <= st->last; ++n) {
        const struct slot *s = engine_slot(rt->engine, n);
        for (int k = 0; k < s->op.n_args; ++k) {
            struct root *root = s->op.arg[k].root;
            if (root == NULL || root->piece_state == 0)
                continue;
            if (root->piece_state > 0 && root->pieces == NULL && root->uses == root->piece_uses)
                root->pieces = pieces_create(root, s->op.plan->n_points);
            root->temporary = root->pieces != NULL;
            root->piece_state = 0;
            if (root->temporary)
                observe_count(observe_lane(rt->observe, 0), TSR_COUNT_TEMPORARIES, 1);
        }
    }
}
