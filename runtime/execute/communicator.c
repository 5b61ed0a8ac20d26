/* execute/communicator.c - calls of a communicator in task bodies: meetings, and what may be wrong.
 *
 * A call is a meeting of all points.  On a rank they meet in memory: whoever comes last acts for the rank,
 * the others wait.  Ranks meet by messages (communicator_agree.c): each says what its points brought, the call
 * with its operands, or that a point returned or failed; soon all know whether everybody brought the same.  So
 * whatever points bring, no meeting is left waiting for a message that nobody sends.  Only then is data moved
 * (collective.c), in ways that both sides derive from the call.  Where they did not bring the same, the
 * communicator is dead: no message is sent any more, and every call answers the cause.
 *
 * A body that returns or fails comes to one more meeting, without waiting; so the failure of a point is
 * known on every rank of the operation, at the same call everywhere.
 *
 * Invariants: `turn` moves only when all points of the rank have arrived; what the last one writes is read
 * after that.  `dead` is the same on all ranks.  Cost of a meeting: O(points here + log ranks).
 * Threads: workers that run points of the operation. */
#include "execute/communicator.h"

#include "base/mutant.h"
#include "model/reduce.h"

const char *call_name(tsr_comm_verb verb)
{
    static const char *const names[] = {
        [TSR_COMM_BARRIER] = "tsr_comm_barrier",     [TSR_COMM_BROADCAST] = "tsr_comm_broadcast",
        [TSR_COMM_REDUCE] = "tsr_comm_reduce",       [TSR_COMM_ALLREDUCE] = "tsr_comm_allreduce",
        [TSR_COMM_ALLGATHER] = "tsr_comm_allgather", [TSR_COMM_ALLGATHERV] = "tsr_comm_allgatherv",
        [TSR_COMM_ALLTOALL] = "tsr_comm_alltoall",   [TSR_COMM_ALLTOALLV] = "tsr_comm_alltoallv",
    };
    return (unsigned)verb < TSR_COMM_N_VERBS ? names[verb] : "a call of a communicator";
}

size_t call_bytes(const tsr_comm_words *c)
{
    return c->reducer != NULL ? c->reducer->bytes : tsr_type_size(c->type);
}

/* ---- meetings ---- */

/* What is done for the rank when all have come. */
typedef void meeting(struct caller *c);

static void meeting_end(struct caller *c)
{
    struct gang *g = c->g;
    atomic_store_explicit(&g->what, NULL, memory_order_relaxed);
    atomic_store(&g->turn, atomic_load_explicit(&g->turn, memory_order_relaxed) + 1);
    execute_gang_ring(c->w->rt);
}

/* Come to a meeting; where others are still to come, wait if `waits`. */
static void meet(struct caller *c, bool waits, meeting *hold)
{
    struct gang   *g = c->g;
    const uint32_t turn = atomic_load_explicit(&g->turn, memory_order_relaxed);
    if (c->call != NULL) {
        atomic_store_explicit(&g->file, c->call->at.file, memory_order_relaxed);
        atomic_store_explicit(&g->line, c->call->at.line, memory_order_relaxed);
        atomic_store_explicit(&g->what, call_name(c->call->verb), memory_order_relaxed);
    }
    if (atomic_fetch_add_explicit(&g->arrived, 1, memory_order_acq_rel) + 1 < g->n_points) {
        if (waits)
            gang_turn_wait(c, turn);
        return;
    }
    atomic_store_explicit(&g->arrived, 0, memory_order_relaxed);
    hold(c);
    meeting_end(c);
}

/* All have come: do they agree?  If so, what one does for the rest. */
static void hold_first(struct caller *c)
{
    enum gang_verb verb = GANG_RETURN;
    struct trace   own;
    trace_save(&own);
    if (gang_agree(c, &verb) && verb == GANG_CALL) {
        if (!collective_begin(c))
            gang_die_of_network(c);
        else if (c->call->verb == TSR_COMM_BARRIER)
            ++c->g->sequence;
    }
    trace_restore(&own);
}

static void hold_move(struct caller *c)
{
    if (!fold_move(c))
        gang_die_of_network(c);
}

static void hold_last(struct caller *c)
{
    collective_end(c->g);
    ++c->g->sequence;
}

/* ---- a call ---- */

/* The call fails of what ended the communicator. */
static tsr_status answer_cause(const struct caller *c)
{
    return trace_raise(&c->g->cause, c->call->at, call_name(c->call->verb));
}

/* What this point's first failed call answered is what each call after it answers. */
static tsr_status answer_refusal(const struct caller *c)
{
    return trace_raise(&c->w->refusal, c->call->at, call_name(c->call->verb));
}

/* The first failure is kept: bodies that do not look go on, and others write over this thread's trace. */
static tsr_status note_refusal(struct body_state *b, tsr_status status)
{
    if (status != TSR_OK && !b->refused) {
        b->refused = true;
        b->forced = status;
        trace_save(&b->worker->refusal);
    }
    return status;
}

static bool lacks_memory(const tsr_comm_words *c, int64_t size)
{
    int64_t all;
    return __builtin_mul_overflow(c->count, (int64_t)call_bytes(c), &all) ||
           __builtin_mul_overflow(all, size, &all);
}

static bool moves_bytes(const tsr_comm_words *c)
{
    return c->verb != TSR_COMM_BARRIER && c->count > 0;
}

static tsr_status check_counts(const struct caller *c, const int64_t *counts, const void *buffer,
                               const char *what)
{
    const tsr_comm_words *call = c->call;
    int64_t               sum = 0;
    if (counts == NULL)
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "%s: no %s", call_name(call->verb), what);
    for (int64_t p = 0; p < c->s->plan->gang->size; ++p)
        if (counts[p] < 0 || __builtin_add_overflow(sum, counts[p], &sum) ||
            sum > INT64_MAX / (int64_t)call_bytes(call))
            return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "%s: %s has %lld elements for point %lld",
                             call_name(call->verb), what, (long long)counts[p], (long long)p);
    if (sum > 0 && buffer == NULL)
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "%s: no buffer for %s, %lld elements",
                         call_name(call->verb), what, (long long)sum);
    return TSR_OK;
}

static tsr_status check_fold(const struct caller *c)
{
    const tsr_comm_words *call = c->call;
    const bool            gets = call->verb == TSR_COMM_ALLREDUCE || call->root == c->rank;
    if (call->reduction == TSR_USER_REDUCTION
            ? call->reducer == NULL || call->reducer->combine == NULL || call->reducer->bytes == 0
            : !reduce_is_defined(call->reduction, call->type))
        return tsr_fail_(call->at, TSR_BAD_TYPE, "%s: %s of %s is not defined",
                         call_name(call->verb), reduce_name(call->reduction),
                         tsr_type_name(call->type));
    if (gets && call->into == NULL && moves_bytes(call))
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "%s: nowhere to put the result",
                         call_name(call->verb));
    return TSR_OK;
}

static tsr_status check_buffers(const struct caller *c)
{
    const tsr_comm_words *call = c->call;
    const bool            folds = call->verb == TSR_COMM_REDUCE || call->verb == TSR_COMM_ALLREDUCE;
    if (!folds && call->verb != TSR_COMM_BARRIER && call_bytes(call) == 0)
        return tsr_fail_(call->at, TSR_BAD_TYPE, "%s: no element type has number %d",
                         call_name(call->verb), (int)call->type);
    if (call->count < 0 || lacks_memory(call, c->s->plan->gang->size))
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "%s of %lld elements", call_name(call->verb),
                         (long long)call->count);
    if (call->root < 0 || call->root >= c->s->plan->gang->size)
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "%s: root %lld of %lld points",
                         call_name(call->verb), (long long)call->root,
                         (long long)c->s->plan->gang->size);
    if (folds)
        TSR_TRY(check_fold(c));
    if (moves_bytes(call) && (call->from == NULL || (call->into == NULL && !folds)))
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "%s: no buffer for %lld elements",
                         call_name(call->verb), (long long)call->count);
    return TSR_OK;
}

static tsr_status check_arguments(const struct caller *c)
{
    const tsr_comm_words *call = c->call;
    if ((unsigned)call->verb >= TSR_COMM_N_VERBS)
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT, "no call of a communicator has number %d",
                         (int)call->verb);
    TSR_TRY(check_buffers(c));
    if (call->verb == TSR_COMM_ALLTOALLV)
        TSR_TRY(check_counts(c, call->from_counts, call->from, "what is sent"));
    if (call->verb == TSR_COMM_ALLTOALLV || call->verb == TSR_COMM_ALLGATHERV)
        TSR_TRY(check_counts(c, call->into_counts, call->into, "what is received"));
    if (call->verb == TSR_COMM_ALLGATHERV && call->into_counts[c->rank] != call->count)
        return tsr_fail_(call->at, TSR_BAD_ARGUMENT,
                         "%s: point %lld gives %lld elements, and by its counts %lld",
                         call_name(call->verb), (long long)c->rank, (long long)call->count,
                         (long long)call->into_counts[c->rank]);
    return TSR_OK;
}

/* This point cannot go on: it comes to the others' meeting with that, and to none after it. */
static tsr_status give_up(struct caller *c, tsr_status status)
{
    struct gang_member *m = &c->g->member[c->i];
    if (status != TSR_OK)
        gang_cause_note(c->g);
    m->verb = GANG_FAIL;
    m->gone = true;
    meet(c, false, hold_first);
    return status;
}

/* This point's part failed, in the middle of a call: it says so at the next meeting. */
static tsr_status take_note(struct caller *c, tsr_status status)
{
    if (status != TSR_OK) {
        c->g->member[c->i].failed = true;
        gang_cause_note(c->g);
    }
    return status;
}

static tsr_status call_together(struct caller *c)
{
    struct gang        *g = c->g;
    struct gang_member *m = &g->member[c->i];
    if (m->gone || m->failed) {
        if (!m->gone && !g->dead)
            (void)give_up(c, TSR_OK);
        return answer_refusal(c);
    }
    if (g->dead)
        return answer_cause(c);
    tsr_status status = check_arguments(c);
    if (status != TSR_OK)
        return give_up(c, status);
    m->verb = GANG_CALL;
    m->call = c->call;
    meet(c, true, hold_first);
    if (!g->dead && fold_is_staged(c)) {
        status = take_note(c, fold_share(c));
        meet(c, true, hold_move);
        status = m->failed ? tsr_error_status() : status; /* also while it held the meeting */
    }
    if (g->dead)
        return answer_cause(c);
    if (c->call->verb == TSR_COMM_BARRIER)
        return TSR_OK;
    if (status == TSR_OK)
        status = take_note(c, collective_take(c));
    meet(c, !MUTANT(TURN_NOT_AWAITED), hold_last);
    return status;
}

/* ---- what bodies and the runtime call ---- */

static tsr_status not_asked(struct body_state *b, tsr_site at, const char *what)
{
    b->forced =
        tsr_fail_(at, TSR_NOT_ALLOWED, "%s: task %s (issued at %s:%d) wants no communicator", what,
                  b->slot->op.desc->name, b->slot->op.site.file, b->slot->op.site.line);
    return b->forced;
}

static struct caller caller_of(struct body_state *b, const tsr_comm_words *call)
{
    struct worker          *w = b->worker;
    const struct plan_gang *p = b->slot->plan->gang;
    const int64_t           first = p->place >= 0 ? p->first[p->place] : 0;
    return (struct caller){w,   b->slot, &w->rt->engine->gang, b, (int)b->point, first + b->point,
                           call};
}

tsr_status tsr_comm_call_(const tsr_task_context *t, const tsr_comm_words *words)
{
    struct body_state *b = t->private_;
    if (b->slot->plan->gang == NULL)
        return not_asked(b, words->at, call_name(words->verb));
    struct caller c = caller_of(b, words);
    observe_count(c.w->lane, TSR_COUNT_COLLECTIVES, 1);
    tsr_status status;
    if (b->slot->gang) {
        const uint64_t number = b->slot->op.number;
        observe_event(c.w->lane, OBSERVE_COLLECTIVE, number, (uint32_t)words->verb,
                      (uint64_t)words->count);
        status = call_together(&c);
        observe_event(c.w->lane, OBSERVE_BODY, number, 0, 0);
    } else if (b->refused) {
        status = answer_refusal(&c);
    } else {
        status = check_arguments(&c);
        if (status == TSR_OK)
            status = collective_alone(words);
    }
    return note_refusal(b, status);
}

int64_t tsr_comm_rank(const tsr_task_context *t)
{
    struct body_state *b = t->private_;
    if (b->slot->plan->gang == NULL) {
        (void)not_asked(b, b->slot->op.site, "tsr_comm_rank");
        return 0;
    }
    return caller_of(b, NULL).rank;
}

int64_t tsr_comm_size(const tsr_task_context *t)
{
    struct body_state *b = t->private_;
    if (b->slot->plan->gang == NULL) {
        (void)not_asked(b, b->slot->op.site, "tsr_comm_size");
        return 1;
    }
    return b->slot->plan->gang->size;
}

void execute_gang_begin(struct worker *w, struct slot *s)
{
    struct gang *g = &w->rt->engine->gang;
    g->number = s->op.number;
    g->places = s->plan->gang;
    g->n_points = s->n_points;
    g->skips = point_skips(s, g->number) ||
               atomic_load_explicit(&s->failed, memory_order_acquire) == g->number;
    g->sequence = 0;
    g->dead = g->marked = false;
    g->work = (struct gang_work){0};
    g->cause.status = TSR_OK;
    g->cause.text[0] = 0;
    for (int i = 0; i < g->n_points; ++i)
        g->member[i] = (struct gang_member){0};
    atomic_store_explicit(&g->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&g->left, g->n_points, memory_order_relaxed);
    atomic_store_explicit(&g->awaited, -1, memory_order_relaxed);
    observe_count(w->lane, TSR_COUNT_COMMUNICATORS, 1);
}

/* The operation's own failure becomes the cause. */
static void cause_of_slot(struct caller *c)
{
    struct engine *e = c->w->rt->engine;
    pthread_mutex_lock(&e->failure_lock);
    pthread_mutex_lock(&c->g->lock);
    if (c->g->cause.status == TSR_OK && c->s->trace != NULL)
        c->g->cause = *c->s->trace;
    if (c->g->cause.status == TSR_OK)
        c->g->cause.status = TSR_TASK_FAILED;
    pthread_mutex_unlock(&c->g->lock);
    pthread_mutex_unlock(&e->failure_lock);
}

void communicator_leave(struct worker *w, struct slot *s, int point)
{
    struct gang        *g = &w->rt->engine->gang;
    struct gang_member *m = &g->member[point];
    struct caller c = {w, s, g, NULL, point, g->places->first[g->places->place] + point, NULL};
    if (m->gone || g->dead)
        return;
    const bool failed = atomic_load_explicit(&s->failed, memory_order_acquire) == g->number;
    if (failed && !g->skips)
        cause_of_slot(&c);
    m->verb = g->skips ? GANG_SKIP : failed || m->failed ? GANG_FAIL : GANG_RETURN;
    m->call = NULL;
    m->gone = true;
    const uint32_t turn = atomic_load_explicit(&g->turn, memory_order_relaxed);
    meet(&c, false, hold_first);
    if (atomic_load_explicit(&g->turn, memory_order_acquire) == turn || !g->dead || failed ||
        g->skips)
        return;
    trace_restore(&g->cause);
    execute_fail(w, s, point, g->cause.status);
}
