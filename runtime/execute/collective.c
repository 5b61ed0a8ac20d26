/* execute/collective.c - what the calls of a communicator move, after all points agree on the call.
 *
 * On a rank each point takes what is its own, all at once, straight from the buffers of the others.  Between
 * ranks whoever came last sends and receives for all: a broadcast goes down a binomial tree; gathers are the
 * concatenation of Bruck, Ho, Kipnis, Upfal and Weathersby (IEEE TPDS 8, 1997), log2 of the ranks messages
 * each; exchanges are pairwise, one message for all points of two ranks.  Reductions: collective_fold.c.
 *
 * What messages hold follows from the call and the numbering of points, alike on both sides.  Only counts of
 * tsr_comm_alltoallv do not: they travel with it, and the receiver compares.
 *
 * Cost: O(bytes of this rank's points), copied once within a rank, twice between ranks.
 * Threads: workers that run points of the operation. */
#include <string.h>

#include "base/alloc.h"
#include "base/mutant.h"
#include "execute/communicator.h"

/* The buffers are dense: copy, where there is anything. */
static void put(void *to, const void *from, size_t bytes)
{
    if (bytes > 0 && to != from)
        memcpy(to, from, bytes);
}

static int place_of(const struct plan_gang *p, int64_t point)
{
    int low = 0, high = p->n_places;
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (p->first[middle] <= point)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static const tsr_comm_words *call_of(const struct gang *g, int i)
{
    return g->member[i].call;
}

/* ---- broadcast ---- */

static bool broadcast_begin(struct caller *c)
{
    struct gang            *g = c->g;
    const struct plan_gang *p = g->places;
    const int               root = place_of(p, c->call->root);
    const char             *data = NULL;
    if (root == p->place)
        data = call_of(g, (int)(c->call->root - p->first[root]))->from;
    g->work.data = data;
    return p->n_places == 1 ||
           gang_spread(c, root, data, (size_t)c->call->count * call_bytes(c->call), &g->work.data);
}

static tsr_status broadcast_take(struct caller *c)
{
    if (c->rank != c->call->root)
        put(c->call->into, c->g->work.data, (size_t)c->call->count * call_bytes(c->call));
    return TSR_OK;
}

/* ---- gathers ---- */

static size_t bytes_from(const tsr_comm_words *call, int64_t point)
{
    const int64_t n = call->verb == TSR_COMM_ALLGATHERV ? call->into_counts[point] : call->count;
    return (size_t)n * call_bytes(call);
}

/* Blocks of places from this one on, in `data`: where each begins ([n + 1]). */
static void lay_out(const struct caller *c, size_t *begin)
{
    const struct plan_gang *p = c->g->places;
    begin[0] = 0;
    for (int j = 0; j < p->n_places; ++j) {
        const int place = (p->place + j) % p->n_places;
        begin[j + 1] = begin[j];
        for (int64_t i = p->first[place]; i < p->first[place + 1]; ++i)
            begin[j + 1] += bytes_from(c->call, i);
    }
}

static size_t sum_of_bytes(const struct caller *c)
{
    size_t sum = 0;
    for (int64_t i = 0; i < c->g->places->size; ++i)
        sum += bytes_from(c->call, i);
    return sum;
}

static bool gather_rounds(struct caller *c, char *data, const size_t *begin)
{
    const int n = c->g->places->n_places, me = c->g->places->place;
    unsigned  round = 0;
    for (int have = 1; have < n; have *= 2, ++round) {
        const int more = have < n - have ? have : n - have;
        size_t    got;
        char     *out = gang_buffer(c, begin[more]), *in;
        if (out != NULL)
            put(out, data, begin[more]);
        if (!gang_send(c, (me - have + n) % n, GANG_GATHER + round, out, begin[more]) ||
            (in = gang_receive(c, (me + have) % n, GANG_GATHER + round, &got)) == NULL)
            return false;
        put(data + begin[have], in, begin[have + more] - begin[have]);
        network_buffer_free(in);
    }
    return true;
}

static bool gather_begin(struct caller *c)
{
    struct gang *g = c->g;
    const int    n = g->places->n_places;
    if (n == 1)
        return true;
    const size_t head = ((size_t)n + 1) * sizeof *g->work.offset;
    char        *memory = gang_memory(c, head + sum_of_bytes(c));
    if (memory == NULL)
        return false;
    g->work.offset = (size_t *)(void *)memory;
    g->work.data = memory + head;
    lay_out(c, g->work.offset);
    char *at = memory + head;
    for (int i = 0; i < g->n_points; ++i) {
        const size_t bytes = bytes_from(c->call, g->places->first[g->places->place] + i);
        put(at, call_of(g, i)->from, bytes);
        at += bytes;
    }
    return gather_rounds(c, memory + head, g->work.offset);
}

static tsr_status gather_take(struct caller *c)
{
    const struct gang      *g = c->g;
    const struct plan_gang *p = g->places;
    char                   *into = c->call->into;
    for (int place = 0; place < p->n_places && p->n_places > 1; ++place) {
        const int    j = (place - p->place + p->n_places) % p->n_places;
        const size_t bytes = g->work.offset[j + 1] - g->work.offset[j];
        put(into, g->work.data + g->work.offset[j], bytes);
        into += bytes;
    }
    for (int i = 0; i < g->n_points && p->n_places == 1; ++i) {
        const size_t bytes = bytes_from(c->call, i);
        put(into, call_of(g, i)->from, bytes);
        into += bytes;
    }
    return TSR_OK;
}

/* ---- exchanges ---- */

static int64_t sent_to(const tsr_comm_words *call, int64_t point)
{
    return call->verb == TSR_COMM_ALLTOALLV ? call->from_counts[point] : call->count;
}

static int64_t expected_from(const tsr_comm_words *call, int64_t point)
{
    return call->verb == TSR_COMM_ALLTOALLV ? call->into_counts[point] : call->count;
}

/* Elements that a point sends to those before `point`. */
static int64_t sent_before(const tsr_comm_words *call, int64_t point)
{
    int64_t n = 0;
    if (call->verb != TSR_COMM_ALLTOALLV)
        return call->count * point;
    for (int64_t q = 0; q < point; ++q)
        n += call->from_counts[q];
    return n;
}

/* A message of one place for another: counts, by receiving point, then by sending one; and the elements in
 * the same order.  first[i]: where, in elements, what local point i sends to that place begins. */
static void *pack(struct caller *c, int place, const int64_t *first, size_t *out_bytes)
{
    const struct gang *g = c->g;
    const int64_t      from = g->places->first[place], to = g->places->first[place + 1];
    const size_t       element = call_bytes(c->call), n = (size_t)g->n_points;
    size_t             bytes = (size_t)(to - from) * n * sizeof(int64_t);
    for (int i = 0; i < g->n_points; ++i)
        for (int64_t q = from; q < to; ++q)
            bytes += (size_t)sent_to(call_of(g, i), q) * element;
    char *out = gang_buffer(c, bytes);
    *out_bytes = bytes;
    if (out == NULL)
        return NULL;
    int64_t *count = (int64_t *)(void *)out;
    char    *at = out + (size_t)(to - from) * n * sizeof *count;
    for (int64_t q = from; q < to; ++q)
        for (int i = 0; i < g->n_points; ++i) {
            const tsr_comm_words *call = call_of(g, i);
            int64_t               before = first[i];
            for (int64_t r = from; r < q; ++r)
                before += sent_to(call, r);
            *count = sent_to(call, q);
            put(at, (const char *)call->from + (size_t)before * element, (size_t)*count * element);
            at += (size_t)*count++ * element;
        }
    return out;
}

static bool exchange_begin(struct caller *c)
{
    struct gang *g = c->g;
    const int    n = g->places->n_places, me = g->places->place;
    if (n == 1)
        return true;
    int64_t *first =
        gang_memory(c, (size_t)g->n_points * sizeof *first + (size_t)n * sizeof *g->work.messages);
    if (first == NULL)
        return false;
    g->work.messages = (void **)(void *)(first + g->n_points);
    memset(g->work.messages, 0, (size_t)n * sizeof *g->work.messages);
    for (int away = 1; away < n; ++away) {
        const int place = (me + away) % n;
        size_t    bytes;
        for (int i = 0; i < g->n_points; ++i)
            first[i] = sent_before(call_of(g, i), g->places->first[place]);
        void *out = pack(c, place, first, &bytes);
        if (!gang_send(c, place, GANG_EXCHANGE, out, bytes))
            return false;
    }
    for (int away = 1; away < n; ++away) {
        const int place = (me - away + n) % n;
        size_t    bytes;
        g->work.messages[place] = gang_receive(c, place, GANG_EXCHANGE, &bytes);
        if (g->work.messages[place] == NULL)
            return false;
    }
    return true;
}

static tsr_status wrong_count(const struct caller *c, int64_t from, int64_t sent, int64_t expected)
{
    return tsr_fail_(c->call->at, TSR_BAD_ARGUMENT,
                     "%s: point %lld sends %lld elements, and point %lld expects %lld",
                     call_name(c->call->verb), (long long)from, (long long)sent, (long long)c->rank,
                     (long long)expected);
}

/* What points of this rank sent here. */
static tsr_status take_here(const struct caller *c, char **into)
{
    const struct gang *g = c->g;
    const size_t       element = call_bytes(c->call);
    for (int i = 0; i < g->n_points; ++i) {
        const int64_t         source = g->places->first[g->places->place] + i;
        const tsr_comm_words *call = call_of(g, i);
        const int64_t         n = sent_to(call, c->rank), expected = expected_from(c->call, source);
        if (n != expected)
            return wrong_count(c, source, n, expected);
        put(*into, (const char *)call->from + (size_t)sent_before(call, c->rank) * element,
            (size_t)n * element);
        *into += (size_t)n * element;
    }
    return TSR_OK;
}

/* What points of another place sent here. */
static tsr_status take_from(const struct caller *c, int place, char **into)
{
    const struct gang      *g = c->g;
    const struct plan_gang *p = g->places;
    const size_t element = call_bytes(c->call), n = (size_t)(p->first[place + 1] - p->first[place]);
    const size_t before =
        MUTANT(SENT_TO_ANOTHER) ? 0 : n * (size_t)c->i; /* for points before this one */
    const int64_t *count = g->work.messages[place];
    const char    *at = (const char *)(count + n * (size_t)g->n_points);
    for (size_t k = 0; k < before; ++k)
        at += (size_t)count[k] * element;
    count += before;
    for (size_t k = 0; k < n; ++k) {
        const int64_t source = p->first[place] + (int64_t)k,
                      expected = expected_from(c->call, source);
        if (count[k] != expected)
            return wrong_count(c, source, count[k], expected);
        put(*into, at, (size_t)count[k] * element);
        *into += (size_t)count[k] * element;
        at += (size_t)count[k] * element;
    }
    return TSR_OK;
}

static tsr_status exchange_take(struct caller *c)
{
    const struct plan_gang *p = c->g->places;
    char                   *into = c->call->into;
    for (int place = 0; place < p->n_places; ++place)
        TSR_TRY(place == p->place ? take_here(c, &into) : take_from(c, place, &into));
    return TSR_OK;
}

/* ---- all of them ---- */

bool collective_begin(struct caller *c)
{
    switch (c->call->verb) {
    case TSR_COMM_BROADCAST: return broadcast_begin(c);
    case TSR_COMM_REDUCE:
    case TSR_COMM_ALLREDUCE: return fold_begin(c);
    case TSR_COMM_ALLGATHER:
    case TSR_COMM_ALLGATHERV: return gather_begin(c);
    case TSR_COMM_ALLTOALL:
    case TSR_COMM_ALLTOALLV: return exchange_begin(c);
    default: return true;
    }
}

tsr_status collective_take(struct caller *c)
{
    switch (c->call->verb) {
    case TSR_COMM_BROADCAST: return broadcast_take(c);
    case TSR_COMM_REDUCE:
    case TSR_COMM_ALLREDUCE: return fold_take(c);
    case TSR_COMM_ALLGATHER:
    case TSR_COMM_ALLGATHERV: return gather_take(c);
    case TSR_COMM_ALLTOALL:
    case TSR_COMM_ALLTOALLV: return exchange_take(c);
    default: return TSR_OK;
    }
}

void collective_end(struct gang *g)
{
    for (int i = 0; g->work.messages != NULL && i < g->places->n_places; ++i)
        network_buffer_free(g->work.messages[i]);
    network_buffer_free(g->work.message);
    base_free(g->work.memory);
    g->work = (struct gang_work){0};
}

tsr_status collective_alone(const tsr_comm_words *c)
{
    const size_t bytes = (size_t)c->count * call_bytes(c);
    switch (c->verb) {
    case TSR_COMM_REDUCE:
    case TSR_COMM_ALLREDUCE:
    case TSR_COMM_ALLGATHER:
    case TSR_COMM_ALLGATHERV:
    case TSR_COMM_ALLTOALL: put(c->into, c->from, bytes); return TSR_OK;
    case TSR_COMM_ALLTOALLV:
        if (c->from_counts[0] != c->into_counts[0])
            return tsr_fail_(c->at, TSR_BAD_ARGUMENT,
                             "%s: point 0 sends %lld elements, and point 0 expects %lld",
                             call_name(c->verb), (long long)c->from_counts[0],
                             (long long)c->into_counts[0]);
        put(c->into, c->from, (size_t)c->from_counts[0] * call_bytes(c));
        return TSR_OK;
    default: return TSR_OK;
    }
}
