/* execute/communicator_agree.c - did all points come to a meeting with the same?
 *
 * What a rank's points brought is a record: of a call with what has to agree, of a return, or of a failure.
 * A rank reports the record of its lowest point and, if there is one, another that differs.  Reports spread
 * as in the dissemination barrier of Hensgen, Finkel and Manber, "Two algorithms for barrier
 * synchronization" (1988): in round k place p sends to p + 2^k what it knows, and hears p - 2^k.  After log2 of
 * the ranks each knows whether all brought the same, since of two different records one is always kept.
 *
 * Cost: O(points here + log ranks).  Threads: who does the meeting; gang_cause_note: any point's. */
#include <string.h>

#include "base/hash.h"
#include "execute/communicator.h"
#include "model/reduce.h"

/* Of the text of a call: its file, then the name of its operator, then what its points' counts are, each
 * that of a point or, of many points, the sum over some that are neighbours. */
enum { FILE_BYTES = 80, NAME_BYTES = 48, COUNTS_SHOWN = 160 };

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
    char     text[TRACE_BYTES]; /* of a call: see FILE_BYTES; else why it failed */
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

static int64_t counts_shown(int64_t size)
{
    return size < COUNTS_SHOWN ? size : COUNTS_SHOWN;
}

/* Append the sums of `counts`, of `size` points. */
static void counts_set(struct record *r, const int64_t *counts, int64_t size)
{
    const int64_t n = counts_shown(size);
    for (int64_t k = 0; k < n; ++k) {
        int64_t sum = 0;
        for (int64_t p = k * size / n; p < (k + 1) * size / n; ++p)
            sum += counts[p];
        memcpy(r->text + r->text_bytes, &sum, sizeof sum);
        r->text_bytes += (uint32_t)sizeof sum;
    }
}

static void call_text(const struct caller *c, const tsr_comm_words *call, struct record *r)
{
    const char *name = call->reducer == NULL         ? reduce_name(call->reduction)
                       : call->reducer->name != NULL ? call->reducer->name
                                                     : "an operator without a name";
    text_set(r, call->at.file != NULL ? call->at.file : "?", FILE_BYTES);
    const int n = snprintf(r->text + r->text_bytes, NAME_BYTES, "%s", name);
    r->text_bytes += (uint32_t)(n < NAME_BYTES ? n + 1 : NAME_BYTES);
    if (call->verb == TSR_COMM_ALLGATHERV)
        counts_set(r, call->into_counts, c->g->places->size);
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
    call_text(c, call, r);
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

/* Where the counts that two points gave for all `size` first differ, and what `r` has there. */
static void describe_counts(const struct record *r, const struct record *other, int64_t size,
                            char *out, size_t bytes)
{
    const size_t  words = (size_t)counts_shown(size) * sizeof(int64_t);
    const char   *mine = r->text + r->text_bytes - words;
    const char   *theirs = other->text + other->text_bytes - words;
    const int64_t n = counts_shown(size);
    for (int64_t k = 0; k < n; ++k, mine += sizeof(int64_t), theirs += sizeof(int64_t)) {
        const int64_t first = k * size / n, last = (k + 1) * size / n - 1;
        int64_t       sum;
        memcpy(&sum, mine, sizeof sum);
        if (memcmp(mine, theirs, sizeof sum) == 0)
            continue;
        if (first == last)
            snprintf(out, bytes, ", %lld elements from point %lld", (long long)sum,
                     (long long)first);
        else
            snprintf(out, bytes, ", %lld elements from points %lld to %lld", (long long)sum,
                     (long long)first, (long long)last);
        return;
    }
    snprintf(out, bytes, ", counts that differ within %lld points",
             (long long)((size + n - 1) / n));
}

/* What a call has of its own: an operator, a root, counts. */
static void describe_operands(const struct record *r, const struct record *other, int64_t size,
                              char *out, size_t bytes)
{
    const char *name = r->text + strlen(r->text) + 1;
    out[0] = 0;
    switch ((tsr_comm_verb)r->call) {
    case TSR_COMM_BROADCAST: snprintf(out, bytes, ", root %lld", (long long)r->root); break;
    case TSR_COMM_REDUCE:
        snprintf(out, bytes, ", operator %s, root %lld", name, (long long)r->root);
        break;
    case TSR_COMM_ALLREDUCE: snprintf(out, bytes, ", operator %s", name); break;
    case TSR_COMM_ALLGATHERV:
        if (other->verb == GANG_CALL && other->call == r->call && other->operands != r->operands)
            describe_counts(r, other, size, out, bytes);
        break;
    default: break;
    }
}

/* What `r` is, with what tells it from `other`. */
static void describe(const struct record *r, const struct record *other, int64_t size, char *out,
                     size_t bytes)
{
    char operands[128], count[48] = "elements";
    if (r->verb == GANG_RETURN) {
        snprintf(out, bytes, "point %lld returned", (long long)r->point);
        return;
    }
    if (r->verb == GANG_SKIP) {
        snprintf(out, bytes, "point %lld did not run: its inputs failed", (long long)r->point);
        return;
    }
    describe_operands(r, other, size, operands, sizeof operands);
    if (r->call != TSR_COMM_ALLGATHERV && r->call != TSR_COMM_ALLTOALLV)
        snprintf(count, sizeof count, "%lld elements", (long long)r->count);
    if (r->call == TSR_COMM_BARRIER)
        snprintf(out, bytes, "point %lld came to %s (%.*s:%d)", (long long)r->point,
                 call_name(TSR_COMM_BARRIER), FILE_BYTES, r->text, r->line);
    else
        snprintf(out, bytes, "point %lld came to %s, %s of type %s%s (%.*s:%d)",
                 (long long)r->point, call_name((tsr_comm_verb)r->call), count,
                 tsr_type_name((tsr_type)r->type), operands, FILE_BYTES, r->text, r->line);
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
    const int64_t           size = c->g->places->size;
    char                    one[384], two[384];
    if (bad->verb == GANG_SKIP) {
        describe(bad, bad, size, one, sizeof one);
        (void)tsr_fail_(op->site, TSR_TASK_FAILED, "%s: %s", op->desc->name, one);
        c->g->marked = true;
    } else if (bad->verb == GANG_FAIL) {
        (void)tsr_fail_(op->site, bad->status != 0 ? (tsr_status)bad->status : TSR_TASK_FAILED,
                        "%s: point %lld of %lld failed: %s", op->desc->name, (long long)bad->point,
                        (long long)size, bad->text);
    } else {
        describe(&p->lowest, &p->other, size, one, sizeof one);
        describe(&p->other, &p->lowest, size, two, sizeof two);
        (void)tsr_fail_(op->site, TSR_BAD_ARGUMENT,
                        "%s: its points do not make the same calls: %s, and %s", op->desc->name,
                        one, two);
    }
    die(c);
}

void gang_die_of_network(struct caller *c)
{
    if (c->w->rt->n_ranks == 1 || network_check(c->w->rt->network) == TSR_OK)
        (void)tsr_fail_(c->s->op.site, TSR_NO_MEMORY, "%s: no memory for a collective call",
                        c->s->op.desc->name);
    die(c);
    collective_end(c->g);
}

/* ---- all of it ---- */

bool gang_agree(struct caller *c, enum gang_verb *out_verb)
{
    struct report p;
    report_here(c, &p);
    if (c->g->places->n_places > 1 && !ranks_meet(c, &p)) {
        gang_die_of_network(c);
        return false;
    }
    if (p.has_other || is_bad(&p.lowest)) {
        die_of_report(c, &p);
        return false;
    }
    *out_verb = (enum gang_verb)p.lowest.verb;
    return true;
}
