/* execute/collective_fold.c - reductions of a communicator, by one tree over its points.
 *
 * Points lo .. hi - 1 fold as (lo .. lo + m - 1) op (lo + m .. hi - 1), m the largest power of two below
 * hi - lo.  A rank holds a run of points, hence whole subtrees of that tree: it folds each, and ranks hand
 * what they have to one with a lower number, along a binomial tree in rank order, so that runs join and
 * their subtrees become larger ones.  So the grouping, and with it every bit, follows from the number of
 * points alone.
 *
 * On a rank each point folds a range of the elements, of all points.  On several ranks whoever is last at
 * the meeting after that folds what comes from others.
 *
 * Cost: O(elements * points here / points here) a point, and O(elements * log ranks) for who moves them.
 * Threads: workers that run points of the operation. */
#include <string.h>

#include "base/alloc.h"
#include "execute/communicator.h"
#include "model/reduce.h"

enum { CHUNK_BYTES = 1024, DEPTH = 20, MOST_NODES = 2 * 64 };

/* The values of points lo .. hi - 1, folded. */
struct part {
    int64_t     lo, hi;
    const char *data;
};

/* Parts in the order of points, without gaps; each is a node of the tree. */
struct parts {
    const tsr_comm_words *call;
    size_t                bytes; /* of an element */
    int                   n;
    struct part          *part;
};

struct nodes {
    int n;
    struct {
        int64_t lo, hi;
    } node[MOST_NODES];
};

static int64_t half_of(int64_t n)
{
    return (int64_t)1 << (63 - __builtin_clzll((uint64_t)n - 1));
}

/* The largest nodes under lo .. hi - 1 that lie in begin .. end - 1. */
static void nodes_in(struct nodes *out, int64_t lo, int64_t hi, int64_t begin, int64_t end)
{
    if (hi <= begin || end <= lo)
        return;
    if (begin <= lo && hi <= end) {
        out->node[out->n].lo = lo;
        out->node[out->n++].hi = hi;
        return;
    }
    const int64_t middle = lo + half_of(hi - lo);
    nodes_in(out, lo, middle, begin, end);
    nodes_in(out, middle, hi, begin, end);
}

static const struct part *part_find(const struct parts *p, int64_t lo, int64_t hi)
{
    int low = 0, high = p->n;
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (p->part[middle].lo <= lo)
            low = middle;
        else
            high = middle;
    }
    return p->part[low].lo == lo && p->part[low].hi == hi ? &p->part[low] : NULL;
}

/* Elements at .. at + n - 1 of a node into `out`; `scratch`: n elements for each level below. */
static void fold_node(const struct parts *p, int64_t lo, int64_t hi, int64_t at, int64_t n,
                      char *out, char *scratch)
{
    const struct part *known = part_find(p, lo, hi);
    if (known != NULL) {
        memcpy(out, known->data + (size_t)at * p->bytes, (size_t)n * p->bytes);
        return;
    }
    const int64_t middle = lo + half_of(hi - lo);
    fold_node(p, lo, middle, at, n, out, scratch);
    fold_node(p, middle, hi, at, n, scratch, scratch + (size_t)n * p->bytes);
    reduce_combine(p->call->reduction, p->call->type, p->call->reducer, out, scratch, n, 1, 1);
}

/* Where elements of a node go: to `n` buffers. */
struct targets {
    int    n;
    char **to;
};

static void fold_chunks(const struct parts *p, int64_t lo, int64_t hi, int64_t begin, int64_t end,
                        const struct targets *t, char *scratch)
{
    const int64_t chunk = p->bytes < CHUNK_BYTES ? (int64_t)(CHUNK_BYTES / p->bytes) : 1;
    char         *above = scratch + (size_t)chunk * p->bytes;
    for (int64_t at = begin; at < end; at += chunk) {
        const int64_t n = end - at < chunk ? end - at : chunk;
        fold_node(p, lo, hi, at, n, scratch, above);
        for (int i = 0; i < t->n; ++i)
            memcpy(t->to[i] + (size_t)at * p->bytes, scratch, (size_t)n * p->bytes);
    }
}

/* Elements begin .. end - 1 of a node to all targets.  An operator of the program's that leaves by an index
 * out of bounds, or no memory: the status says so, with this thread's trace. */
static tsr_status fold_range(const struct caller *c, const struct parts *p, int64_t lo, int64_t hi,
                             int64_t begin, int64_t end, const struct targets *t)
{
    alignas(64) char room[(DEPTH + 1) * CHUNK_BYTES];
    char *const      scratch =
        p->bytes <= CHUNK_BYTES ? room : base_uncleared(64, (DEPTH + 1) * p->bytes);
    if (scratch == NULL)
        return tsr_fail_(c->call->at, TSR_NO_MEMORY, "%s: no memory to fold elements of %zu bytes",
                         call_name(c->call->verb), p->bytes);
    jmp_buf outer;
    memcpy(&outer, &c->body->escape, sizeof outer);
    tsr_status status = TSR_TASK_FAILED;
    if (_setjmp(c->body->escape) == 0) {
        fold_chunks(p, lo, hi, begin, end, t, scratch);
        status = TSR_OK;
    }
    memcpy(&c->body->escape, &outer, sizeof outer);
    if (scratch != room)
        base_free(scratch);
    return status;
}

/* ---- points of this rank ---- */

static void own_parts(const struct caller *c, struct part *out)
{
    const int64_t first = c->g->places->first[c->g->places->place];
    for (int i = 0; i < c->g->n_points; ++i)
        out[i] = (struct part){first + i, first + i + 1, c->g->member[i].call->from};
}

static int64_t share_begin(const struct caller *c, int i)
{
    return (int64_t)((__int128)c->call->count * i / c->g->n_points);
}

bool fold_is_staged(const struct caller *c)
{
    return (c->call->verb == TSR_COMM_REDUCE || c->call->verb == TSR_COMM_ALLREDUCE) &&
           c->g->places->n_places > 1;
}

static void own_nodes(const struct caller *c, struct nodes *out)
{
    const struct plan_gang *p = c->g->places;
    out->n = 0;
    nodes_in(out, 0, p->size, p->first[p->place], p->first[p->place + 1]);
}

/* On several ranks: memory for this rank's nodes, and behind them for the result. */
bool fold_begin(struct caller *c)
{
    struct nodes nodes;
    if (!fold_is_staged(c))
        return true;
    own_nodes(c, &nodes);
    return gang_memory(c, ((size_t)nodes.n + 1) * (size_t)c->call->count * call_bytes(c->call)) !=
           NULL;
}

tsr_status fold_share(struct caller *c)
{
    struct part  *part = gang_scratch(c, (size_t)c->g->n_points * sizeof *part);
    struct parts  p = {c->call, call_bytes(c->call), c->g->n_points, part};
    struct nodes  nodes;
    const int64_t begin = share_begin(c, c->i), end = share_begin(c, c->i + 1);
    tsr_status    status = TSR_OK;
    if (part == NULL)
        return tsr_fail_(c->call->at, TSR_NO_MEMORY, "%s: no memory to fold",
                         call_name(c->call->verb));
    own_parts(c, part);
    own_nodes(c, &nodes);
    for (int k = 0; k < nodes.n && status == TSR_OK; ++k) {
        char *to = (char *)c->g->work.memory + (size_t)k * (size_t)c->call->count * p.bytes;
        status = fold_range(c, &p, nodes.node[k].lo, nodes.node[k].hi, begin, end,
                            &(struct targets){1, &to});
    }
    base_free(part);
    return status;
}

/* ---- ranks ---- */

/* What comes from the places above, in rank order behind this one's own. */
struct joined {
    struct parts parts;
    int          n_messages, end; /* end: the places below this one's or behind are in it */
    void        *message[32];
};

static void joined_add(struct joined *j, const struct plan_gang *p, int from, int to,
                       const char *data, size_t bytes)
{
    struct nodes nodes = {0};
    nodes_in(&nodes, 0, p->size, p->first[from], p->first[to]);
    for (int k = 0; k < nodes.n; ++k)
        j->parts.part[j->parts.n++] =
            (struct part){nodes.node[k].lo, nodes.node[k].hi, data + (size_t)k * bytes};
    j->end = to;
}

/* Receive from those that hand theirs to this place. */
static bool join(struct caller *c, struct joined *j, size_t bytes)
{
    const struct plan_gang *p = c->g->places;
    const int               me = p->place, n = p->n_places;
    joined_add(j, p, me, me + 1, c->g->work.memory, bytes);
    for (int bit = 1; me + bit < n && !(me & bit); bit *= 2) {
        size_t got;
        char  *in = gang_receive(c, me + bit, GANG_FOLD, &got);
        if (in == NULL)
            return false;
        j->message[j->n_messages++] = in;
        joined_add(j, p, me + bit, me + 2 * bit < n ? me + 2 * bit : n, in, bytes);
    }
    return true;
}

/* The nodes that these parts make, one after another into `out`. */
static tsr_status fold_joined(struct caller *c, const struct joined *j, char *out, size_t bytes)
{
    const struct plan_gang *p = c->g->places;
    struct nodes            nodes = {0};
    tsr_status              status = TSR_OK;
    nodes_in(&nodes, 0, p->size, p->first[p->place], p->first[j->end]);
    for (int k = 0; k < nodes.n && status == TSR_OK; ++k) {
        char *to = out + (size_t)k * bytes;
        status = fold_range(c, &j->parts, nodes.node[k].lo, nodes.node[k].hi, 0, c->call->count,
                            &(struct targets){1, &to});
    }
    return status;
}

static size_t joined_bytes(const struct caller *c, const struct joined *j, size_t bytes)
{
    const struct plan_gang *p = c->g->places;
    struct nodes            nodes = {0};
    nodes_in(&nodes, 0, p->size, p->first[p->place], p->first[j->end]);
    return (size_t)nodes.n * bytes;
}

/* The total, which place 0 has at `data`, to whom it is for. */
static bool hand_out(struct caller *c, const char *data, size_t bytes)
{
    struct gang            *g = c->g;
    const struct plan_gang *p = g->places;
    if (c->call->verb == TSR_COMM_ALLREDUCE)
        return gang_spread(c, 0, data, bytes, &g->work.data);
    int root = 0;
    while (p->first[root + 1] <= c->call->root)
        ++root;
    g->work.data = data;
    if (root == 0 || (p->place != 0 && p->place != root))
        return true;
    if (p->place == 0) {
        char *copy = gang_buffer(c, bytes);
        if (copy != NULL)
            memcpy(copy, data, bytes);
        return gang_send(c, root, GANG_RESULT, copy, bytes);
    }
    size_t got;
    g->work.message = gang_receive(c, 0, GANG_RESULT, &got);
    g->work.data = g->work.message;
    return g->work.message != NULL;
}

/* Fold what has come and hand it on, or, at place 0, out.  A fold that fails is noted where it failed; what
 * others wait for is sent all the same. */
static bool fold_on(struct caller *c, struct joined *j, size_t bytes)
{
    const struct plan_gang *p = c->g->places;
    const int               me = p->place;
    const size_t            all = joined_bytes(c, j, bytes);
    struct nodes            nodes;
    own_nodes(c, &nodes);
    char *out = me > 0 ? gang_buffer(c, all) : (char *)c->g->work.memory + (size_t)nodes.n * bytes;
    if (out == NULL)
        return false;
    if (fold_joined(c, j, out, bytes) != TSR_OK) {
        c->g->member[c->i].failed = true;
        gang_cause_note(c->g);
    }
    return me > 0 ? gang_send(c, me - (me & -me), GANG_FOLD, out, all) && hand_out(c, NULL, bytes)
                  : hand_out(c, out, bytes);
}

/* More parts than come together at one place. */
static size_t parts_room(const struct plan_gang *p)
{
    const int levels = 64 - __builtin_clzll((uint64_t)p->size);
    const int runs = 33 - __builtin_clz((unsigned)p->n_places);
    return (size_t)runs * 2 * (size_t)levels;
}

bool fold_move(struct caller *c)
{
    const size_t  bytes = (size_t)c->call->count * call_bytes(c->call);
    struct joined j = {.parts = {.call = c->call, .bytes = call_bytes(c->call)}};
    j.parts.part = gang_scratch(c, parts_room(c->g->places) * sizeof *j.parts.part);
    bool ok = j.parts.part != NULL && join(c, &j, bytes) && fold_on(c, &j, bytes);
    for (int i = 0; i < j.n_messages; ++i)
        network_buffer_free(j.message[i]);
    base_free(j.parts.part);
    return ok;
}

/* ---- the result ---- */

/* On one rank: this point's range of the elements, for all. */
static tsr_status fold_for_all(struct caller *c)
{
    const int    n = c->g->n_points;
    struct part *part = base_calloc((size_t)n, sizeof *part);
    char       **to = base_calloc((size_t)n, sizeof *to);
    struct parts p = {c->call, call_bytes(c->call), n, part};
    tsr_status   status;
    if (part != NULL && to != NULL) {
        const bool all = c->call->verb == TSR_COMM_ALLREDUCE;
        own_parts(c, part);
        for (int i = 0; i < n; ++i)
            to[i] = c->g->member[all ? i : (int)c->call->root].call->into;
        status = fold_range(c, &p, 0, n, share_begin(c, c->i), share_begin(c, c->i + 1),
                            &(struct targets){all ? n : 1, to});
    } else {
        status = tsr_fail_(c->call->at, TSR_NO_MEMORY, "%s: no memory to fold",
                           call_name(c->call->verb));
    }
    base_free(part);
    base_free(to);
    return status;
}

tsr_status fold_take(struct caller *c)
{
    if (!fold_is_staged(c))
        return fold_for_all(c);
    if (c->call->verb == TSR_COMM_ALLREDUCE || c->rank == c->call->root)
        memcpy(c->call->into, c->g->work.data, (size_t)c->call->count * call_bytes(c->call));
    return TSR_OK;
}
