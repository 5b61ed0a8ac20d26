/* issue/window.c - operations in program order: numbers, the window, back-pressure.
 *
 * An operation is written into its slot when it is issued and analysed when the window closes: when
 * it is full, at a call that waits, at tsr_flush, and at nothing else.  So analysis sees what comes
 * next: stores that are released in the window live piece by piece.  A slot is free again when the
 * operation in it is complete, reported, and no worker looks at it; when the ring is full, issue runs
 * tasks until half of it is free.
 *
 * Cost: O(arguments) to issue.  Threads: issuing thread. */
#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "issue/fusion.h"
#include "issue/internal.h"

tsr_status issue_start(struct tsr_runtime *rt)
{
    struct issue_state *st = base_calloc(1, sizeof *st);
    rt->issue = st;
    if (st == NULL || (st->groups = st->fusion = fusion_groups()) == NULL)
        return TSR_FAIL(NO_MEMORY, "no memory for the window");
    st->window = (int)rt->config.window;
    st->ring = (int)(rt->engine->mask + 1);
    const size_t budget = rt->config.memory_bytes > 0 ? (size_t)rt->config.memory_bytes
                                                      : (size_t)rt->config.machine.memory_bytes;
    st->held_most = budget / 4 > 64u << 20 ? budget / 4 : 64u << 20;
    return spot_start(rt);
}

uint64_t issue_last(const struct tsr_runtime *rt)
{
    return rt->issue->last;
}

/* The oldest slot is free again: nobody looks at it. */
static void reclaim_next(struct tsr_runtime *rt)
{
    const uint64_t number = ++rt->issue->reclaimed;
    struct slot *s = engine_slot(rt->engine, number);
    if (s->op.number == number) /* else it ran alone, in no slot of the ring */
        retire_slot(rt, s);
}

void issue_retire(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    struct engine *e = rt->engine;
    const uint64_t prefix = atomic_load_explicit(&e->prefix, memory_order_acquire);
    while (st->retired < prefix) {
        struct slot *s = engine_slot(e, st->retired + 1);
        failure_retire(rt, s);
        ++st->retired;
    }
    if (st->reclaimed == st->retired)
        return;
    const uint64_t looked = schedule_oldest_looked_at(rt);
    while (st->reclaimed < st->retired && st->reclaimed + 1 < looked)
        reclaim_next(rt);
    if (rt->n_ranks > 1)
        network_completed_set(rt->network, st->retired);
}

struct waiting {
    struct tsr_runtime *rt;
    uint64_t retired, reclaimed;
};

static bool is_over(void *user)
{
    struct waiting *w = user;
    struct issue_state *st = w->rt->issue;
    if (atomic_load_explicit(&w->rt->engine->prefix, memory_order_relaxed) != st->retired ||
        st->reclaimed < w->reclaimed)
        issue_retire(w->rt);
    if (atomic_load_explicit(&w->rt->engine->any_failed, memory_order_relaxed) != 0)
        failure_verdict(w->rt);
    if (w->rt->n_ranks > 1 && network_peer_lost(w->rt->network))
        return true;
    return st->retired >= w->retired && st->reclaimed >= w->reclaimed;
}

static void run_until(struct tsr_runtime *rt, uint64_t retired, uint64_t reclaimed)
{
    struct waiting w = {rt, retired, reclaimed};
    const uint64_t limit = retired > reclaimed ? retired : reclaimed;
    schedule_run(rt, limit, is_over, &w);
}

static bool has_room(const struct issue_state *st)
{
    return st->last + 1 <= st->reclaimed + (uint64_t)st->ring;
}

/* The slot of the next number is free; false: the run is over, and it never will be. */
static bool make_room(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    if (has_room(st))
        return true;
    issue_retire(rt);
    if (has_room(st))
        return true;
    issue_close(rt);
    observe_count(observe_lane(rt->observe, 0), TSR_COUNT_BACK_PRESSURE, 1);
    const uint64_t half = st->last + 1 - (uint64_t)(st->ring / 2);
    run_until(rt, half, st->last + 1 - (uint64_t)st->ring);
    return has_room(st);
}

/* The run is over: an operation that is not taken lets go of what it names. */
static void drop(struct tsr_runtime *rt, struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k)
        if (op->arg[k].root != NULL)
            ++op->arg[k].root->uses;
    operation_done(rt, op);
}

/* What the solver will prefer, and what unbound outputs need: program order is now. */
static void note_plan(struct tsr_runtime *rt, struct operation *op)
{
    const struct plan *p = op->plan;
    for (int k = 0; k < op->n_args && rt->n_ranks > 1; ++k) {
        struct root *root = op->arg[k].root;
        const struct plan_arg *pa = &p->arg[k];
        if (root == NULL || !pa->store || pa->unbound || pa->access != TSR_WRITE || !pa->covers ||
            !pa->disjoint || p->replicated)
            continue;
        if (root->key != op->plan) {
            plan_release(root->key);
            root->key = plan_keep(op->plan);
        }
        root->key_arg = k;
    }
}

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, (const char *)data + i, n - i < 8 ? n - i : 8);
        h = hash_word(h, word);
    }
    return h;
}

/* What was issued, the same on every rank: the task's name, numbers, views, values. */
static uint64_t stream_word(const struct operation *op)
{
    uint64_t h = hash_bytes(op->status != TSR_OK, op->desc->name, strlen(op->desc->name));
    for (int k = 0; k < op->n_args; ++k) {
        const struct operation_arg *arg = &op->arg[k];
        if (arg->root != NULL)
            h = hash_word(hash_word(h, arg->root->number), arg->view->hash);
        else if (arg->data != NULL)
            h = hash_bytes(h, arg->data, tsr_type_size(arg->type));
        else
            h = hash_bytes(h, arg->value, sizeof arg->value);
    }
    return h;
}

uint64_t issue_note(struct tsr_runtime *rt, const struct operation *op)
{
    struct observe_lane *lane = rt->engine->worker[0].lane;
    const uint64_t now = observe_stamp();
    observe_count(lane, TSR_COUNT_OPERATIONS, 1);
    observe_name(rt->observe, op->number, op->desc->name, op->site, op->provenance);
    observe_event_at(lane, now, OBSERVE_ISSUE, op->number, (uint32_t)op->n_args, 0);
    return now;
}

/* NULL: the run is over. */
static struct slot *take(struct tsr_runtime *rt, struct operation *op)
{
    struct issue_state *st = rt->issue;
    if (!make_room(rt)) {
        drop(rt, op);
        return NULL;
    }
    op->number = ++st->last;
    struct slot *s = engine_slot(rt->engine, op->number);
    slot_fill(s, op);
    note_use(&s->op);
    (void)issue_note(rt, &s->op);
    if (rt->n_ranks > 1)
        network_stream_note(rt->network, op->number, stream_word(&s->op), op->site);
    return s;
}

void issue_take(struct tsr_runtime *rt, struct operation *op)
{
    struct issue_state *st = rt->issue;
    const bool has_plan = op->status == TSR_OK && op->plan != NULL;
    const bool small = has_plan && spot_is_small(rt, op);
    if (small && spot_alone(rt, op))
        return;
    struct slot *s = take(rt, op);
    if (s == NULL || !has_plan || (small && spot_try(rt, s)))
        return;
    note_plan(rt, &s->op);
    if (st->last - st->closed >= (uint64_t)st->window)
        issue_close(rt);
}

void issue_take_failed(struct tsr_runtime *rt, struct operation *op)
{
    struct trace cause; /* taking a slot may run bodies, which leave traces of their own */
    trace_save(&cause);
    struct slot *s = take(rt, op);
    if (s == NULL)
        return;
    if (s->trace == NULL)
        s->trace = base_calloc(1, sizeof *s->trace);
    if (s->trace != NULL)
        memcpy(s->trace, &cause, trace_bytes(&cause));
    s->failed_point = 0;
    s->failed_status = op->status;
    s->answered = s->op.number;
    atomic_store(&s->failed, s->op.number);
    if (rt->issue->last - rt->issue->closed >= (uint64_t)rt->issue->window)
        issue_close(rt);
}

uint64_t issue_take_closed(struct tsr_runtime *rt, struct operation *op)
{
    const struct slot *s = take(rt, op);
    const uint64_t number = s != NULL ? s->op.number : rt->issue->last;
    issue_close(rt);
    return number;
}

/* Memory is short, or too much of it waits for old readers: let older operations finish. */
static bool wait_for_memory(struct tsr_runtime *rt, uint64_t number)
{
    struct issue_state *st = rt->issue;
    issue_retire(rt);
    if (st->reclaimed + 1 >= number)
        return false;
    observe_count(observe_lane(rt->observe, 0), TSR_COUNT_BACK_PRESSURE, 1);
    run_until(rt, st->reclaimed + 1, st->reclaimed + 1);
    return true;
}

static void fail_short(struct tsr_runtime *rt, struct slot *s)
{
    struct observe_text text = {0};
    memory_describe(rt, &text);
    s->op.status = tsr_fail_(s->op.site, TSR_NO_MEMORY, "no memory for %s: %s", s->op.desc->name,
                             observe_text_get(&text));
    observe_text_done(&text);
    if (s->trace == NULL)
        s->trace = base_calloc(1, sizeof *s->trace);
    if (s->trace != NULL)
        trace_save(s->trace);
    depend_abandon(rt, s);
    tsr_error_clear();
    s->failed_status = TSR_NO_MEMORY;
    for (int k = 0; k < s->op.n_args; ++k)
        s->pieces[k] = s->op.arg[k].root != NULL ? s->op.arg[k].root->pieces : NULL;
    atomic_store(&s->failed, s->op.number);
}

static void analyse(struct tsr_runtime *rt, struct slot *s)
{
    struct issue_state *st = rt->issue;
    while (depend_held_bytes(rt) > st->held_most)
        if (!wait_for_memory(rt, s->op.number))
            break;
    for (;;) {
        const enum depend_result r = depend_analyse(rt, s);
        if (r == DEPEND_DONE)
            break;
        if (r == DEPEND_FAILED || !wait_for_memory(rt, s->op.number)) {
            fail_short(rt, s);
            if (depend_stand_in(rt, s))
                schedule_publish(rt, s);
            else
                schedule_publish_done(rt, s);
            return;
        }
    }
    for (int k = 0; k < s->op.n_args; ++k)
        if (s->op.arg[k].root != NULL && s->op.arg[k].root->failed != NULL)
            atomic_store(&rt->engine->any_failed, 1);
    if (rt->simulated)
        simulate_drop(rt, s);
    else
        schedule_publish(rt, s);
}

void issue_close(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    if (st->closed == st->last || st->working)
        return;
    issue_retire(rt); /* what was released since may be memory again */
    st->working = true;
    struct observe_lane *lane = observe_lane(rt->observe, 0);
    observe_event(lane, OBSERVE_WINDOW, st->closed + 1, (uint32_t)(st->last - st->closed), 0);
    observe_count(lane, TSR_COUNT_WINDOWS, 1);
    if (st->released > 0 && rt->n_ranks == 1)
        temporaries_find(rt);
    st->released = 0;
    const uint64_t last = st->last;
    for (uint64_t n = st->closed + 1; n <= last; ++n) {
        struct slot *s = engine_slot(rt->engine, n);
        if (s->spot || s->op.status != TSR_OK || s->op.plan == NULL)
            schedule_publish_done(rt, s);
        else
            analyse(rt, s);
        st->closed = n;
    }
    st->working = false;
    observe_event(lane, OBSERVE_PROGRAM, 0, 0, 0);
}

void issue_wait(struct tsr_runtime *rt, uint64_t number)
{
    struct issue_state *st = rt->issue;
    if (st->retired >= number)
        return;
    issue_close(rt);
    observe_event(observe_lane(rt->observe, 0), OBSERVE_WAIT_BEGIN, number, 0, 0);
    run_until(rt, number, 0);
    observe_event(observe_lane(rt->observe, 0), OBSERVE_WAIT_END, number, 0, 0);
}

void issue_stop(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    if (st == NULL)
        return;
    while (st->reclaimed < st->last) /* where the run ended early; no worker is left */
        reclaim_next(rt);
    failure_forget_journal(rt);
    base_free(st->journal);
    while (st->causes != NULL) {
        st->causes->users = 1;
        failure_cause_release(rt, st->causes);
    }
    spot_stop(rt);
    image_known_stop(rt);
    fusion_groups_free(st->groups);
    base_free(st);
    rt->issue = NULL;
}
