/* issue/spot.c - small operations whose inputs are ready run as they are issued.
 *
 * Handing over, waking and waiting cost more than such an operation.  It must be one point, of at most
 * 4,096 elements, and no operation in flight or in the window may name its roots; then nobody can tell
 * that it did not wait.  It keeps its number, and its slot is marked done when the window passes it.
 * Private: no other rank needs to know.  Cost: O(arguments).  Threads: issuing thread. */
#include "issue/internal.h"

enum { SPOT_ELEMENTS = 4096 };

static bool is_idle(const struct tsr_runtime *rt, const struct operation *op)
{
    const uint64_t retired = rt->issue->retired;
    for (int k = 0; k < op->n_args; ++k) {
        const struct root *root = op->arg[k].root;
        /* This operation's own number is already noted: look at what was before it. */
        if (root != NULL && (root->used_before > retired || root->failed != NULL ||
                             root->kind == ROOT_ATTACHED || root->pieces != NULL))
            return false;
    }
    return true;
}

bool spot_try(struct tsr_runtime *rt, struct slot *s)
{
    struct issue_state *st = rt->issue;
    struct engine *e = rt->engine;
    const struct plan *p = s->op.plan;
    if (p->n_points != 1 || rt->n_ranks != 1 || p->elements > SPOT_ELEMENTS || p->has_image ||
        p->has_unbound || p->manual || rt->config.chaos % 2 == 1)
        return false;
    if (st->retired < atomic_load_explicit(&e->prefix, memory_order_acquire))
        issue_retire(rt);
    if (!is_idle(rt, &s->op) || atomic_load_explicit(&e->any_failed, memory_order_relaxed) != 0)
        return false;
    s->plan = s->op.plan;
    if (!depend_bind_idle(rt, s)) {
        s->plan = NULL;
        return false;
    }
    s->spot = true;
    atomic_store_explicit(&s->number, s->op.number, memory_order_relaxed);
    execute_at_once(&e->worker[0], s);
    observe_count(observe_lane(rt->observe, 0), TSR_COUNT_ON_THE_SPOT, 1);
    depend_release_idle(rt, s);
    s->plan = NULL;
    if (st->closed + 1 == s->op.number) {
        schedule_publish_done(rt, s);
        st->closed = s->op.number;
        issue_retire(rt);
    }
    return true;
}
