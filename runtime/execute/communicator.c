/* execute/communicator.c - calls of a communicator in task bodies: meetings, and what may be wrong.
 *
 * A call is a meeting of all points.  On a rank they meet in memory: whoever comes last acts for the rank,
 * the others wait.  Ranks meet by messages: each says what its points brought (the call with its operands,
 * or that a point returned or failed), and after log2 of the ranks all know whether everybody brought the
 * same; so whatever points bring, no meeting is left waiting for a message that nobody sends.  Only then is
 * data moved (collective.c), in ways that both sides derive from the call.  Where they did not bring the
 * same, the communicator is dead: no message is sent any more, and every call answers the cause.
 *
 * A body that returns or fails comes to one more meeting, without waiting; so the failure of a point is
 * known on every rank of the operation, at the same call everywhere.
 *
 * What ranks say spreads as in the dissemination barrier of Hensgen, Finkel and Manber, "Two algorithms for
 * barrier synchronization" (1988): in round k place p sends to p + 2^k what it knows, and hears p - 2^k.
 *
 * Invariants: `turn` moves only when all points of the rank have arrived; what the last one writes is read
 * after that.  `dead` is the same on all ranks.  Cost of a meeting: O(points here + log ranks).
 * Threads: workers that run points of the operation. */
#include "execute/communicator.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/mutant.h"
#include "model/reduce.h"

enum { REST_US = 200, FILE_BYTES = 80 };
/* Ticks of observe_stamp. */
#define SPIN_TICKS      100000ull
#define MEMORY_PATIENCE 10000000000ull

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

/* ---- waiting ---- */

void execute_gang_ring(struct tsr_runtime *rt)
{
    struct gang *g = &rt->engine->gang;
    if (atomic_load(&g->sleepers) == 0)
        return;
    atomic_fetch_add(&g->bell, 1);
    syscall(SYS_futex, &g->bell, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    network_nudge(rt->network);
}

void execute_gang_rest(struct worker *w, uint64_t since, bool (*over)(void *user), void *user)
{
    struct tsr_runtime *rt = w->rt;
    struct gang        *g = &rt->engine->gang;
    if (observe_stamp() - since < SPIN_TICKS || (rt->n_ranks > 1 && network_pending(rt->network))) {
        sched_yield(); /* 0.3 us alone; with more threads than cores, what lets the others come */
        return;
    }
    observe_watchdog_poll(rt->observe);
    atomic_fetch_add(&g->sleepers, 1);
    const uint32_t seen = atomic_load(&g->bell);
    if (!over(user))
        network_doze(rt->network, &g->bell, seen, REST_US);
    atomic_fetch_sub(&g->sleepers, 1);
}

struct turn_wait {
    const struct gang *g;
    uint32_t           turn;
};

static bool turn_is_over(void *user)
{
    const struct turn_wait *t = user;
    return atomic_load(&t->g->turn) != t->turn;
}

static void turn_wait(struct caller *c, uint32_t turn)
{
    struct turn_wait t = {c->g, turn};
    const uint64_t   since = observe_stamp();
    while (atomic_load_explicit(&c->g->turn, memory_order_acquire) == turn)
        if (c->w->rt->n_ranks == 1 || !network_progress(c->w->rt->network))
            execute_gang_rest(c->w, since, turn_is_over, &t);
}

/* ---- messages ---- */

static struct network_tag tag_of(const struct gang *g, unsigned kind)
{
    return network_tag_of(g->number, WIRE_GANG, kind, g->sequence);
}

static bool never(void *user)
{
    (void)user;
    return false;
}

/* What `make` gives, waiting for some while where there is no memory: others count on this rank. */
static void *patient(struct caller *c, void *(*make)(size_t bytes), size_t bytes)
{
    const uint64_t since = observe_stamp();
    void          *memory;
    while ((memory = make(bytes)) == NULL) {
        if (c->w->rt->n_ranks == 1)
            return NULL;
        if (observe_stamp() - since > MEMORY_PATIENCE)
            (void)network_short_of_memory(c->w->rt->network, "a collective call of a task body");
        if (network_peer_lost(c->w->rt->network))
            return NULL;
        if (!network_progress(c->w->rt->network))
            execute_gang_rest(c->w, since, never, NULL);
    }
    return memory;
}

static void *make_memory(size_t bytes)
{
    return base_uncleared(64, bytes + 1);
}

void *gang_scratch(struct caller *c, size_t bytes)
{
    return patient(c, make_memory, bytes);
}

void *gang_memory(struct caller *c, size_t bytes)
{
    c->g->work.memory = gang_scratch(c, bytes);
    return c->g->work.memory;
}

void *gang_buffer(struct caller *c, size_t bytes)
{
    return patient(c, network_buffer_create, bytes);
}

bool gang_send(struct caller *c, int place, unsigned kind, void *buffer, size_t bytes)
{
    const int to = c->g->places->rank[place];
    if (buffer == NULL)
        return false;
    observe_event(c->w->lane, OBSERVE_SEND, c->g->number, (uint32_t)to, bytes);
    observe_count(c->w->lane, TSR_COUNT_MESSAGES, 1);
    observe_count(c->w->lane, TSR_COUNT_MESSAGE_BYTES, (int64_t)bytes);
    return network_send(c->w->rt->network, to, tag_of(c->g, kind), buffer, bytes) == TSR_OK;
}

struct message_wait {
    struct network    *net;
    struct network_tag tag;
    int                from;
    void              *buffer;
    size_t             bytes;
};

static bool message_is_here(void *user)
{
    struct message_wait *m = user;
    if (m->buffer == NULL)
        (void)network_try_receive(m->net, m->from, m->tag, &m->buffer, &m->bytes);
    return m->buffer != NULL || network_peer_lost(m->net);
}

void *gang_receive(struct caller *c, int place, unsigned kind, size_t *out_bytes)
{
    struct gang        *g = c->g;
    struct message_wait m = {c->w->rt->network, tag_of(g, kind), g->places->rank[place], NULL, 0};
    const uint64_t      since = observe_stamp();
    atomic_store_explicit(&g->awaited, m.from, memory_order_relaxed);
    while (!message_is_here(&m))
        if (!network_progress(m.net))
            execute_gang_rest(c->w, since, message_is_here, &m);
    atomic_store_explicit(&g->awaited, -1, memory_order_relaxed);
    if (m.buffer != NULL)
        observe_event(c->w->lane, OBSERVE_RECEIVE, g->number, (uint32_t)m.from, m.bytes);
    *out_bytes = m.bytes;
    return m.buffer;
}

bool gang_spread(struct caller *c, int root, const char *data, size_t bytes, const char **out)
{
    struct gang *g = c->g;
    const int    n = g->places->n_places, v = (g->places->place - root + n) % n;
    int          bit = 1;
    while (bit < n && !(v & bit))
        bit *= 2;
    if (v != 0) {
        size_t got;
        g->work.message = gang_receive(c, (v - bit + root) % n, GANG_SPREAD, &got);
        data = g->work.message;
        if (data == NULL)
            return false;
    }
    for (bit /= 2; bit > 0; bit /= 2) {
        if (v + bit >= n)
            continue;
        char *copy = gang_buffer(c, bytes);
        if (copy != NULL && bytes > 0)
            memcpy(copy, data, bytes);
        if (!gang_send(c, (v + bit + root) % n, GANG_SPREAD, copy, bytes))
            return false;
    }
    *out = data;
    return true;
}

void gang_cause_note(struct gang *g)
{
    pthread_mutex_lock(&g->lock);
    if (g->cause.status == TSR_OK)
        trace_save(&g->cause);
    pthread_mutex_unlock(&g->lock);
}

/* ---- what a rank brings ---- */

struct record {
    int32_t  verb; /* enum gang_verb */
    int32_t  call; /* of a GANG_CALL, as all that follows but the text */
    uint32_t type;
    int32_t  reduction, line;
    int32_t  status; /* of a failure */
    int64_t  count, root;
    uint64_t operands; /* hash of the rest that must agree */
    int64_t  point;
    uint32_t text_bytes;
    char     text[TRACE_BYTES]; /* the file of the call; why it failed */
};

/* The record of the lowest place, and one that differs from it. */
struct report {
    bool          has_other;
    struct record lowest, other;
};

static uint64_t operands_of(const struct caller *c, const tsr_comm_words *call)
{
    uint64_t h = 0;
    if (call->verb == TSR_COMM_ALLGATHERV)
        h = hash_words(1, call->into_counts, (size_t)c->g->places->size);
    if (call->reducer != NULL) {
        h = hash_word(h, call->reducer->bytes);
        for (const char *at = call->reducer->name; at != NULL && *at != 0; ++at)
            h = hash_word(h, (uint64_t)(unsigned char)*at);
    }
    return h;
}

static void text_set(struct record *r, const char *text, size_t most)
{
    const size_t n = strlen(text), from = n < most ? 0 : n - most + 1;
    r->text_bytes = (uint32_t)(n - from + 1);
    memcpy(r->text, text + from, r->text_bytes);
}

static void call_record(const struct caller *c, const tsr_comm_words *call, struct record *r)
{
    const bool own_counts = call->verb == TSR_COMM_ALLGATHERV || call->verb == TSR_COMM_ALLTOALLV;
    r->call = (int32_t)call->verb;
    r->type = (uint32_t)call->type;
    r->reduction = (int32_t)call->reduction;
    r->line = call->at.line;
    r->count = own_counts ? 0 : call->count;
    r->root = call->root;
    r->operands = operands_of(c, call);
    text_set(r, call->at.file != NULL ? call->at.file : "?", FILE_BYTES);
}

static void member_record(struct caller *c, int i, struct record *r)
{
    const struct gang_member *m = &c->g->member[i];
    memset(r, 0, offsetof(struct record, text));
    r->verb = (int32_t)m->verb;
    r->point = c->g->places->first[c->g->places->place] + i;
    r->text[0] = 0;
    r->text_bytes = 1;
    if (m->verb == GANG_CALL)
        call_record(c, m->call, r);
    if (m->verb != GANG_FAIL)
        return;
    pthread_mutex_lock(&c->g->lock);
    r->status = (int32_t)c->g->cause.status;
    text_set(r, c->g->cause.text, sizeof r->text);
    pthread_mutex_unlock(&c->g->lock);
}

static bool is_bad(const struct record *r)
{
    return r->verb == GANG_FAIL || r->verb == GANG_SKIP;
}

static bool records_agree(const struct record *a, const struct record *b)
{
    return a->verb == b->verb && a->call == b->call && a->type == b->type &&
           a->reduction == b->reduction && a->count == b->count && a->root == b->root &&
           a->operands == b->operands;
}

/* Take note of one more record.  Of those that differ from the lowest: failures first, then the lowest. */
static void report_add(struct report *p, const struct record *r)
{
    struct record before;
    if (r->point < p->lowest.point) {
        before = p->lowest;
        p->lowest = *r;
        r = &before; /* which differs from the other, if there is one */
    }
    const bool has_other = p->has_other && !records_agree(&p->other, &p->lowest);
    if (records_agree(&p->lowest, r)) {
        p->has_other = has_other;
        return;
    }
    if (!has_other || (is_bad(r) && !is_bad(&p->other)) ||
        (is_bad(r) == is_bad(&p->other) && r->point < p->other.point))
        p->other = *r;
    p->has_other = true;
}

static void report_here(struct caller *c, struct report *p)
{
    struct record r;
    p->has_other = false;
    member_record(c, 0, &p->lowest);
    for (int i = 1; i < c->g->n_points; ++i) {
        member_record(c, i, &r);
        report_add(p, &r);
    }
}

/* ---- ranks meet ---- */

static size_t record_bytes(const struct record *r)
{
    return offsetof(struct record, text) + r->text_bytes;
}

static bool report_send(struct caller *c, const struct report *p, int place, unsigned round)
{
    const size_t first = record_bytes(&p->lowest);
    const size_t bytes = first + (p->has_other ? record_bytes(&p->other) : 0);
    char        *out = gang_buffer(c, bytes);
    if (out != NULL) {
        memcpy(out, &p->lowest, first);
        if (p->has_other)
            memcpy(out + first, &p->other, bytes - first);
    }
    return gang_send(c, place, GANG_REPORT + round, out, bytes);
}

static bool report_receive(struct caller *c, struct report *out, int place, unsigned round)
{
    size_t bytes;
    char  *in = gang_receive(c, place, GANG_REPORT + round, &bytes);
    if (in == NULL)
        return false;
    memcpy(&out->lowest, in, offsetof(struct record, text));
    const size_t first = record_bytes(&out->lowest);
    memcpy(&out->lowest, in, first);
    out->has_other = bytes > first;
    if (out->has_other)
        memcpy(&out->other, in + first, bytes - first);
    network_buffer_free(in);
    return true;
}

/* What all ranks bring; false: the run is over. */
static bool ranks_meet(struct caller *c, struct report *p)
{
    const int n = c->g->places->n_places, me = c->g->places->place;
    unsigned  round = 0;
    for (int away = 1; away < n; away *= 2, ++round) {
        struct report theirs;
        if (!report_send(c, p, (me + away) % n, round) ||
            !report_receive(c, &theirs, (me - away + n) % n, round))
            return false;
        report_add(p, &theirs.lowest);
        if (theirs.has_other)
            report_add(p, &theirs.other);
    }
    return true;
}

/* ---- the end of a communicator ---- */

static void describe(const struct record *r, char *out, size_t bytes)
{
    if (r->verb == GANG_RETURN)
        snprintf(out, bytes, "point %lld returned", (long long)r->point);
    else if (r->verb == GANG_SKIP)
        snprintf(out, bytes, "point %lld did not run: its inputs failed", (long long)r->point);
    else
        snprintf(out, bytes, "point %lld came to %s, %lld elements of type %s, root %lld (%.*s:%d)",
                 (long long)r->point, call_name((tsr_comm_verb)r->call), (long long)r->count,
                 tsr_type_name((tsr_type)r->type), (long long)r->root, FILE_BYTES, r->text,
                 r->line);
}

/* No more meetings; the thread's trace is the cause from now on. */
static void die(struct caller *c)
{
    struct gang *g = c->g;
    pthread_mutex_lock(&g->lock);
    trace_save(&g->cause);
    pthread_mutex_unlock(&g->lock);
    g->dead = true;
}

static void die_of_report(struct caller *c, const struct report *p)
{
    const struct operation *op = &c->s->op;
    const struct record    *bad = is_bad(&p->lowest) ? &p->lowest : &p->other;
    char                    one[256], two[256];
    if (bad->verb == GANG_SKIP) {
        describe(bad, one, sizeof one);
        (void)tsr_fail_(op->site, TSR_TASK_FAILED, "%s: %s", op->desc->name, one);
        c->g->marked = true;
    } else if (bad->verb == GANG_FAIL) {
        (void)tsr_fail_(op->site, bad->status != 0 ? (tsr_status)bad->status : TSR_TASK_FAILED,
                        "%s: point %lld of %lld failed: %s", op->desc->name, (long long)bad->point,
                        (long long)c->g->places->size, bad->text);
    } else {
        describe(&p->lowest, one, sizeof one);
        describe(&p->other, two, sizeof two);
        (void)tsr_fail_(op->site, TSR_BAD_ARGUMENT,
                        "%s: its points do not make the same calls: %s, and %s", op->desc->name,
                        one, two);
    }
    die(c);
}

static void die_of_network(struct caller *c)
{
    if (c->w->rt->n_ranks == 1 || network_check(c->w->rt->network) == TSR_OK)
        (void)tsr_fail_(c->s->op.site, TSR_NO_MEMORY, "%s: no memory for a collective call",
                        c->s->op.desc->name);
    die(c);
    collective_end(c->g);
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
            turn_wait(c, turn);
        return;
    }
    atomic_store_explicit(&g->arrived, 0, memory_order_relaxed);
    hold(c);
    meeting_end(c);
}

/* All have come: do they agree?  If so, what one does for the rest. */
static void hold_first(struct caller *c)
{
    struct gang  *g = c->g;
    struct report p;
    struct trace  own;
    trace_save(&own);
    report_here(c, &p);
    if (g->places->n_places > 1 && !ranks_meet(c, &p))
        die_of_network(c);
    else if (p.has_other || is_bad(&p.lowest))
        die_of_report(c, &p);
    else if (p.lowest.verb == GANG_CALL && !collective_begin(c))
        die_of_network(c);
    else if (p.lowest.verb == GANG_CALL && c->call->verb == TSR_COMM_BARRIER)
        ++g->sequence;
    trace_restore(&own);
}

static void hold_move(struct caller *c)
{
    if (!fold_move(c))
        die_of_network(c);
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
        return tsr_fail_(c->call->at, TSR_TASK_FAILED, "%s: an earlier call of this point failed",
                         call_name(c->call->verb));
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
    } else {
        status = check_arguments(&c);
        if (status == TSR_OK)
            status = collective_alone(words);
    }
    if (status != TSR_OK)
        b->forced = status;
    return status;
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
