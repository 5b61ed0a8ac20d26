/* issue/spot.c - small operations whose inputs are ready run as they are issued.
 *
 * Handing over, waking and waiting cost more than such an operation.  It must be one point, of at most
 * 4,096 elements, and no operation in flight or in the window may name its roots; then nobody can tell
 * that it did not wait.  Private: no other rank needs to know.
 *
 * Beside operations in the window it keeps its place in the ring, and is marked done when the window
 * passes it.  Where nothing at all is in flight or in the window it takes no place there: it runs in a
 * slot of issue's own, which stays in the cache, and is issued, complete and reported in one go.  Its
 * place in the ring stays empty (no actions: workers pass it by), and nobody can wait for it by its
 * words, since it leaves no access behind.
 *
 * Cost: O(arguments).  Threads: issuing thread. */
#include "issue/internal.h"

tsr_status spot_start(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    st->spot = base_aligned(64, sizeof *st->spot);
    _Atomic uint64_t *done = base_aligned(64, 64);
    if (st->spot == NULL || done == NULL) {
        base_free((void *)done);
        return TSR_FAIL(NO_MEMORY, "no memory for the window");
    }
    st->spot->done = done;
    st->spot->n_done = 1;
    return TSR_OK;
}

void spot_stop(struct tsr_runtime *rt)
{
    struct slot *s = rt->issue->spot;
    if (s == NULL)
        return;
    base_free((void *)s->done);
    base_free(s->trace);
    base_free(s);
    rt->issue->spot = NULL;
}

/* Does what was issued before its number, up to `before` it, leave this root alone? */
static inline bool is_ready(const struct root *root, uint64_t before, uint64_t retired)
{
    return before <= retired && root->failed == NULL && root->kind != ROOT_ATTACHED &&
           root->pieces == NULL;
}

static bool is_idle(const struct tsr_runtime *rt, const struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k) {
        const struct root *root = op->arg[k].root;
        /* This operation's own number is already noted: look at what was before it. */
        if (root != NULL && !is_ready(root, root->used_before, rt->issue->retired))
            return false;
    }
    return true;
}

bool spot_is_small(struct tsr_runtime *rt, const struct operation *op)
{
    return rt->n_ranks == 1 && rt->config.chaos % 2 == 0 && depend_may_run_at_once(rt, op) &&
           atomic_load_explicit(&rt->engine->any_failed, memory_order_relaxed) == 0;
}

static void run(struct tsr_runtime *rt, struct slot *s)
{
    atomic_store_explicit(&s->number, s->op.number, memory_order_relaxed);
    execute_at_once(&rt->engine->worker[0], s);
    observe_count(rt->engine->worker[0].lane, TSR_COUNT_ON_THE_SPOT, 1);
    if (s->n_extras > 0)
        depend_release_idle(rt, s);
    s->plan = NULL;
}

bool spot_try(struct tsr_runtime *rt, struct slot *s)
{
    struct issue_state *st = rt->issue;
    if (st->retired < atomic_load_explicit(&rt->engine->prefix, memory_order_acquire))
        issue_retire(rt);
    if (!is_idle(rt, &s->op) || !depend_bind_idle(rt, s))
        return false;
    s->plan = s->op.plan;
    s->spot = true;
    observe_event(observe_lane(rt->observe, 0), OBSERVE_SPOT, s->op.number, 1, 0);
    run(rt, s);
    if (st->closed + 1 == s->op.number) {
        schedule_publish_done(rt, s);
        st->closed = s->op.number;
        issue_retire(rt);
    }
    return true;
}

/* ---- nothing else is there ---- */

/* Is everything issued so far complete and reported, and the next place in the ring free? */
static bool is_alone(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    if (st->retired != st->last) {
        if (st->closed != st->last ||
            atomic_load_explicit(&rt->engine->prefix, memory_order_acquire) != st->last)
            return false;
        issue_retire(rt);
    }
    if (st->last + 1 <= st->reclaimed + (uint64_t)st->ring)
        return true;
    issue_retire(rt);
    return st->last + 1 <= st->reclaimed + (uint64_t)st->ring;
}

static bool are_ready(const struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k)
        if (op->arg[k].root != NULL && !is_ready(op->arg[k].root, 0, 0))
            return false;
    return true;
}

/* The operation is over: what is in flight is nothing again. */
static void over(struct tsr_runtime *rt, struct slot *s)
{
    struct issue_state *st = rt->issue;
    const uint64_t number = s->op.number;
    schedule_publish_nothing(rt, number);
    st->closed = number;
    if (st->failed_roots > 0 ||
        atomic_load_explicit(&s->failed, memory_order_relaxed) == number)
        failure_retire(rt, s);
    st->retired = number;
    if (rt->engine->n_workers == 1 && st->reclaimed + 1 == number)
        st->reclaimed = number; /* else where others are looked after: issue_retire */
    operation_done(rt, &s->op);
}

bool spot_alone(struct tsr_runtime *rt, struct operation *op)
{
    struct issue_state *st = rt->issue;
    struct slot *s = st->spot;
    if (!is_alone(rt) || !are_ready(op))
        return false;
    slot_fill(s, op);
    if (!depend_bind_idle(rt, s))
        return false;
    s->op.number = op->number = ++st->last;
    note_use(op);
    const uint64_t now = issue_note(rt, op);
    observe_event_at(rt->engine->worker[0].lane, now, OBSERVE_SPOT, op->number, 1, 0);
    s->plan = op->plan;
    run(rt, s);
    over(rt, s);
    return true;
}
