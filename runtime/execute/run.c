/* execute/run.c - point tasks.
 *
 * The common point costs a few stores: a context (bindings of the operation, a row of boxes of the
 * plan), the body, a completion word.  Points whose arguments need more (temporaries' pieces, leaves,
 * accumulators, layouts, foreign functions) take the road of point.c.  A body that leaves through
 * tsr_out_of_bounds_ lands in the setjmp of its strip.
 *
 * Invariant: whatever a point did, its completion word is stored last, with release; a failure is
 * recorded before that, so that who sees the point done sees the failure.
 * Threads: the worker that claimed the points. */
#include <string.h>

#include "base/alloc.h"
#include "base/mutant.h"
#include "execute/execute.h"
#include "execute/internal.h"

void execute_fail(struct worker *w, struct slot *s, int64_t point, tsr_status status)
{
    struct tsr_runtime *rt = w->rt;
    struct engine *e = rt->engine;
    const uint64_t number = atomic_load_explicit(&s->number, memory_order_relaxed);
    if (s->gang && e->gang.marked)
        point = INT64_MAX; /* what failed is an older operation, which is told of itself */
    pthread_mutex_lock(&e->failure_lock);
    const bool first = atomic_load_explicit(&s->failed, memory_order_relaxed) != number;
    /* What came failed from another rank is the cause of all else: the bodies run all the same, on
     * anything, since what failed there is not known here before the ranks agree. */
    const bool caused = !first && s->failed_point == INT64_MAX;
    if (first || (!caused && (point < s->failed_point || point == INT64_MAX))) {
        if (s->trace == NULL)
            s->trace = base_calloc(1, sizeof *s->trace);
        s->failed_point = point;
        s->failed_status = status;
        if (s->trace != NULL) {
            trace_save(s->trace);
            const bool silent = s->trace->status == TSR_OK;
            s->trace->status = status;
            if (silent) {
                s->trace->site = s->op.site;
                snprintf(s->trace->text, sizeof s->trace->text, "%s:%d: task %s answered %s (%s)",
                         s->op.site.file, s->op.site.line, s->op.desc->name,
                         tsr_status_name(status), tsr_status_text(status));
            }
        }
    }
    tsr_error_clear();
    atomic_store_explicit(&s->failed, number, memory_order_release);
    atomic_store_explicit(&e->any_failed, 1, memory_order_release);
    pthread_mutex_unlock(&e->failure_lock);
    observe_event(w->lane, OBSERVE_FAIL, number, (uint32_t)-status, (uint64_t)point);
}

/* Would the bodies of this operation work on failed input? */
bool point_skips(const struct slot *s, uint64_t number)
{
    return atomic_load_explicit(&s->verdict, memory_order_acquire) == number * 4 + 2;
}

tsr_status body_verdict(const struct body_state *b, tsr_status answer)
{
    if (b->refused)
        return answer != TSR_OK ? answer : trace_restore(&b->worker->refusal);
    return b->forced != TSR_OK ? b->forced : answer;
}

static int run_simple(struct worker *w, struct slot *s, uint32_t first, uint32_t bits,
                      uint64_t number)
{
    const struct plan *p = s->plan;
    struct body_state state; /* the rest is set for each point; the escape by setjmp */
    state.slot = s;
    state.worker = w;
    state.leaf = -1;
    struct tsr_task_context t = {s->binding, NULL, 0, p->n_args, &state};
    tsr_task_body *const body = s->body;
    volatile uint32_t left = bits;
    volatile int n = 0;
    runtime_body = &state;
    if (_setjmp(state.escape) != 0) { /* an index out of bounds */
        execute_fail(w, s, state.point, TSR_TASK_FAILED);
        atomic_store_explicit(&s->done[state.point], number, memory_order_release);
    }
    while (left != 0) {
        const uint32_t i = first + (uint32_t)__builtin_ctz(left);
        left &= left - 1;
        n = n + 1;
        state.point = i;
        state.forced = TSR_OK;
        state.refused = false;
        state.scratch_limit = 0;
        t.boxes = p->boxes + (int64_t)i * p->row;
        t.point = p->manual ? p->first_point + i : 0; /* else no body learns which piece it has */
        hostile_poison(s, t.arg, t.boxes);
        tsr_status status = body(&t);
        if ((status | state.forced) == TSR_OK)
            status = hostile_check(s, t.arg, t.boxes);
        if (__builtin_expect((status | state.forced) != TSR_OK, 0))
            execute_fail(w, s, i, body_verdict(&state, status));
        if (w->scratch_used > 0)
            memory_scratch_reset(w);
        atomic_store_explicit(&s->done[i], number, memory_order_release);
    }
    runtime_body = NULL;
    return n;
}

/* The only point of a simple operation that runs as it was issued: nobody waits for its word. */
static void run_one(struct worker *w, struct slot *s)
{
    const struct plan *p = s->plan;
    struct body_state state;
    state.slot = s;
    state.worker = w;
    state.point = 0;
    state.leaf = -1;
    state.forced = TSR_OK;
    state.refused = false;
    state.scratch_limit = 0;
    const struct tsr_task_context t = {s->binding, p->boxes, p->first_point, p->n_args, &state};
    tsr_status status;
    hostile_poison(s, t.arg, t.boxes);
    runtime_body = &state;
    if (_setjmp(state.escape) == 0)
        status = s->body(&t);
    else
        status = TSR_TASK_FAILED; /* an index out of bounds */
    runtime_body = NULL;
    if ((status | state.forced) == TSR_OK)
        status = hostile_check(s, t.arg, t.boxes);
    if (__builtin_expect((status | state.forced) != TSR_OK, 0))
        execute_fail(w, s, 0, body_verdict(&state, status));
    if (w->scratch_used > 0)
        memory_scratch_reset(w);
}

static int run_points(struct worker *w, struct slot *s, uint32_t first, uint32_t bits)
{
    const uint64_t number = atomic_load_explicit(&s->number, memory_order_relaxed);
    int n = 0;
    if (s->gang) {
        const int i = (int)first + __builtin_ctz(bits);
        if (w->rt->engine->gang.skips)
            point_skip(w, s, i);
        else
            point_run(w, s, i);
        communicator_leave(w, s, i);
        atomic_store_explicit(&s->done[i], number, memory_order_release);
        return 1;
    }
    if (__builtin_expect(
            atomic_load_explicit(&w->rt->engine->any_failed, memory_order_relaxed) != 0, 0) &&
        point_skips(s, number)) {
        for (; bits != 0; bits &= bits - 1, ++n) {
            const uint32_t i = first + (uint32_t)__builtin_ctz(bits);
            point_skip(w, s, (int)i);
            atomic_store_explicit(&s->done[i], number, memory_order_release);
        }
        return n;
    }
    if (s->simple)
        return run_simple(w, s, first, bits, number);
    for (; bits != 0; bits &= bits - 1, ++n) {
        const uint32_t i = first + (uint32_t)__builtin_ctz(bits);
        point_run(w, s, (int)i);
        atomic_store_explicit(&s->done[i], number, memory_order_release);
    }
    return n;
}

bool execute_actions(struct worker *w, struct slot *s, uint32_t first, uint32_t bits)
{
    const uint64_t number = atomic_load_explicit(&s->number, memory_order_relaxed);
    if (first >= (uint32_t)s->n_points) {
        if (!extra_run(w, s, &s->extra[first - (uint32_t)s->n_points]))
            return false;
        atomic_store_explicit(&s->done[first], number, memory_order_release);
        return true;
    }
    observe_event(w->lane, OBSERVE_RUN, number, first, bits);
    const int n = run_points(w, s, first, bits);
    observe_count(w->lane, TSR_COUNT_TASKS, n);
    if (w->index != 0)
        observe_count(w->lane, TSR_COUNT_OFF_ISSUER, n);
    return true;
}

void execute_at_once(struct worker *w, struct slot *s)
{
    if (s->simple)
        run_one(w, s);
    else
        (void)run_points(w, s, 0, s->n_points > 0 ? 1 : 0);
    observe_count(w->lane, TSR_COUNT_TASKS, s->n_points);
    for (int x = 0; x < s->n_extras; ++x)
        (void)extra_run(w, s, &s->extra[x]);
}
