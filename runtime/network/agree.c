/* Agreed facts: what all ranks must know alike before any goes on.
 *
 * Ranks meet in stream order, so the n-th fact of one is the n-th of all: its messages are named by n,
 * and their heads say what the sender thinks it is (kind, operation, bytes), and the rolling hash of all
 * that the sender issued before.  A head that differs means that the programs differ.
 *
 * All-to-all: Bruck, Ho, Kipnis, Upfal and Weathersby, "Efficient algorithms for all-to-all
 * communications in multiport message-passing systems" (IEEE TPDS 8, 1997), the concatenation:
 * after round k a rank has the blocks of 2^k ranks, itself first; ceil(log2 ranks) messages each.
 * One to all: a binomial tree over the ranks as counted from the root.
 *
 * A rank that cannot go on (no memory) ends the run for all, since the others wait for it.
 * Threads: issuing threads. */
#include "network/inside.h"

#include <string.h>

#include "base/alloc.h"

/* What a message of a fact begins with. */
struct fact_head {
    uint64_t number, bytes;
    uint64_t verb;
    uint64_t entries, hash; /* of the sender's stream: programs that differed are found by it, even where this
                             * fact does not show it */
};

enum fact_verb { FACT_ALLGATHER, FACT_SIZES, FACT_DATA, FACT_BROADCAST, FACT_BARRIER };
static const char *const fact_names[] = {"an allgather", "an allgather of sizes",
                                         "an allgather of data", "a broadcast", "a barrier"};

/* A fact in the making. */
struct fact {
    struct network  *net;
    struct fact_head head;
    uint64_t         sequence;
};

static struct fact fact_begin(struct network *net, enum fact_verb verb, uint64_t number,
                              size_t bytes)
{
    atomic_store_explicit(&net->waiting.number, number, memory_order_relaxed);
    atomic_store_explicit(&net->waiting.what, fact_names[verb], memory_order_release);
    atomic_fetch_add_explicit(&net->agreements, 1, memory_order_relaxed);
    const struct stream *mine = &net->end.port[net->end.rank]->stream;
    const uint64_t       entries = atomic_load_explicit(&mine->n, memory_order_relaxed);
    return (struct fact){net, {number, bytes, verb, entries, mine->hash}, net->n_facts++};
}

/* The end of a fact; passes `s` on. */
static tsr_status fact_end(struct fact *f, tsr_status s)
{
    atomic_store_explicit(&f->net->waiting.what, NULL, memory_order_release);
    return s;
}

static tsr_status fact_no_memory(struct fact *f, size_t bytes)
{
    char text[96];
    snprintf(text, sizeof text, "the %zu bytes of %s", bytes, fact_names[f->head.verb]);
    return network_short_of_memory(f->net, text);
}

static struct network_tag fact_tag(const struct fact *f, unsigned round)
{
    return network_tag_of(f->sequence, NETWORK_KIND_FACT, round, 0);
}

static tsr_status fact_send(struct fact *f, int to, unsigned round, const void *data, size_t bytes)
{
    char *b = network_buffer_create(sizeof f->head + bytes);
    if (!b)
        return fact_no_memory(f, bytes);
    memcpy(b, &f->head, sizeof f->head);
    if (bytes > 0)
        memcpy(b + sizeof f->head, data, bytes);
    return network_send(f->net, to, fact_tag(f, round), b, sizeof f->head + bytes);
}

/* The peer is at another fact than we. */
static tsr_status fact_differs(struct fact *f, int from, const struct fact_head *theirs)
{
    char text[256];
    if (theirs->number == f->head.number && theirs->verb == f->head.verb && theirs->bytes == f->head.bytes)
        snprintf(text, sizeof text, "rank %d and rank %d came to %s for operation %llu by different ways",
                 f->net->end.rank, from, fact_names[f->head.verb], (unsigned long long)f->head.number);
    else
        snprintf(text, sizeof text,
             "rank %d came to %s for operation %llu (%llu bytes), rank %d to %s for operation %llu "
             "(%llu bytes)",
             f->net->end.rank, fact_names[f->head.verb], (unsigned long long)f->head.number,
             (unsigned long long)f->head.bytes, from,
             theirs->verb <= FACT_BARRIER ? fact_names[theirs->verb] : "something else",
             (unsigned long long)theirs->number, (unsigned long long)theirs->bytes);
    network_diverge(f->net, from, text);
    return network_check(f->net);
}

static tsr_status fact_receive(struct fact *f, int from, unsigned round, void *out, size_t bytes)
{
    void  *b;
    size_t got;
    atomic_store_explicit(&f->net->waiting.from, from, memory_order_relaxed);
    TSR_TRY(network_receive(f->net, from, fact_tag(f, round), &b, &got));
    struct fact_head theirs;
    memcpy(&theirs, b, sizeof theirs);
    const bool same = memcmp(&theirs, &f->head, sizeof theirs) == 0 && got == sizeof theirs + bytes;
    if (same && bytes > 0)
        memcpy(out, (char *)b + sizeof theirs, bytes);
    network_buffer_free(b);
    return same ? TSR_OK : fact_differs(f, from, &theirs);
}

/* ---- all to all ---- */

static bool is_imagined(const struct fact *f)
{
    return f->net->end.call->imagined;
}

/* Blocks in the order of ranks from our own on: block j is that of rank (own + j) % n, at
 * offset[j].  Block 0 is filled in; fill in the others. */
static tsr_status gather_blocks(struct fact *f, char *blocks, const size_t *offset)
{
    const int me = f->net->end.rank, n = f->net->end.n_ranks;
    unsigned  round = 0;
    for (int have = 1; have < n; have *= 2, ++round) {
        const int more = have < n - have ? have : n - have;
        TSR_TRY(fact_send(f, (me - have + n) % n, round, blocks, offset[more]));
        TSR_TRY(fact_receive(f, (me + have) % n, round, blocks + offset[have],
                             offset[have + more] - offset[have]));
    }
    return TSR_OK;
}

/* Memory of gather_blocks. */
struct blocks {
    char   *data;
    size_t *offset; /* [n + 1] */
};

static void blocks_done(struct blocks *b)
{
    base_free(b->data);
    base_free(b->offset);
}

/* Lay out blocks of bytes_of[rank] (or of `bytes` each where that is NULL), our own `in` first. */
static tsr_status blocks_init(struct blocks *b, struct fact *f, const void *in, size_t bytes,
                              const uint64_t *bytes_of)
{
    const int me = f->net->end.rank, n = f->net->end.n_ranks;
    b->offset = base_calloc((size_t)n + 1, sizeof *b->offset);
    if (!b->offset)
        return fact_no_memory(f, bytes);
    for (int j = 0; j < n; ++j)
        b->offset[j + 1] = b->offset[j] + (bytes_of ? (size_t)bytes_of[(me + j) % n] : bytes);
    b->data = base_realloc(NULL, b->offset[n] + 1, 1);
    if (!b->data)
        return fact_no_memory(f, b->offset[n]);
    if (bytes > 0)
        memcpy(b->data, in, bytes);
    return TSR_OK;
}

/* Gather equal blocks into out[rank * bytes]. */
static tsr_status gather_equal(struct fact *f, const void *in, size_t bytes, char *out)
{
    const int                              me = f->net->end.rank, n = f->net->end.n_ranks;
    TSR_CLEANUP(blocks_done) struct blocks b = {0};
    if (is_imagined(f)) {
        for (int j = 0; j < n && bytes > 0; ++j)
            memcpy(out + (size_t)j * bytes, in, bytes);
        return TSR_OK;
    }
    TSR_TRY(blocks_init(&b, f, in, bytes, NULL));
    TSR_TRY(gather_blocks(f, b.data, b.offset));
    for (int j = 0; j < n && bytes > 0; ++j)
        memcpy(out + (size_t)((me + j) % n) * bytes, b.data + b.offset[j], bytes);
    return TSR_OK;
}

tsr_status network_allgather(struct network *net, uint64_t number, const void *in, size_t bytes,
                             void *out_all)
{
    struct fact f = fact_begin(net, FACT_ALLGATHER, number, bytes);
    return fact_end(&f, gather_equal(&f, in, bytes, out_all));
}

tsr_status network_barrier(struct network *net, uint64_t number)
{
    struct fact f = fact_begin(net, FACT_BARRIER, number, 0);
    return fact_end(&f, gather_equal(&f, NULL, 0, NULL));
}

/* Gather blocks of bytes_of[rank] into *out. */
static tsr_status gather_unequal(struct fact *f, const void *in, const uint64_t *bytes_of,
                                 struct network_gathered *out)
{
    const int                              me = f->net->end.rank, n = f->net->end.n_ranks;
    TSR_CLEANUP(blocks_done) struct blocks b = {0};
    TSR_CLEANUP(network_gathered_done) struct network_gathered g = {0};
    TSR_TRY(blocks_init(&b, f, in, bytes_of[me], bytes_of));
    g.offset = base_calloc((size_t)n + 1, sizeof *g.offset);
    g.data = base_realloc(NULL, b.offset[n] + 1, 1);
    if (!g.offset || !g.data)
        return fact_no_memory(f, b.offset[n]);
    if (!is_imagined(f))
        TSR_TRY(gather_blocks(f, b.data, b.offset));
    for (int r = 0; r < n; ++r) {
        const int j = (r - me + n) % n;
        memcpy(g.data + g.offset[r], b.data + b.offset[j], (size_t)bytes_of[r]);
        g.offset[r + 1] = g.offset[r] + (size_t)bytes_of[r];
    }
    *out = g;
    g = (struct network_gathered){0};
    return TSR_OK;
}

/* Sum of the sizes, for the head: the same on every rank. */
static size_t sum_of(const uint64_t *bytes_of, int n)
{
    size_t sum = 0;
    for (int r = 0; r < n; ++r)
        sum += (size_t)bytes_of[r];
    return sum;
}

tsr_status network_allgatherv(struct network *net, uint64_t number, const void *in, size_t bytes,
                              struct network_gathered *out)
{
    const int      n = net->end.n_ranks;
    const uint64_t mine = bytes;
    struct fact    sizes = fact_begin(net, FACT_SIZES, number, sizeof mine);
    uint64_t      *bytes_of = base_calloc((size_t)n, sizeof *bytes_of);
    tsr_status     s = bytes_of ? gather_equal(&sizes, &mine, sizeof mine, (char *)bytes_of)
                                : fact_no_memory(&sizes, (size_t)n * sizeof mine);
    for (int r = 0; s == TSR_OK && is_imagined(&sizes) && r < n; ++r)
        bytes_of[r] = r == net->end.rank ? mine : 0;
    if (s == TSR_OK) {
        struct fact data = fact_begin(net, FACT_DATA, number, sum_of(bytes_of, n));
        s = gather_unequal(&data, in, bytes_of, out);
    }
    base_free(bytes_of);
    return fact_end(&sizes, s);
}

void network_gathered_done(struct network_gathered *g)
{
    base_free(g->data);
    base_free(g->offset);
    *g = (struct network_gathered){0};
}

/* ---- one to all ---- */

/* Ranks counted from the root: v has its data from v without its lowest set bit, and hands it to
 * v + 2^k for each 2^k below that bit. */
static tsr_status broadcast(struct fact *f, int root, void *data, size_t bytes)
{
    const int me = f->net->end.rank, n = f->net->end.n_ranks;
    const int v = (me - root + n) % n;
    if (is_imagined(f))
        return TSR_OK;
    int       bit = 1;
    while (bit < n && !(v & bit))
        bit *= 2;
    if (v != 0)
        TSR_TRY(fact_receive(f, (v - bit + root) % n, 0, data, bytes));
    for (bit /= 2; bit > 0; bit /= 2)
        if (v + bit < n)
            TSR_TRY(fact_send(f, (v + bit + root) % n, 0, data, bytes));
    return TSR_OK;
}

tsr_status network_broadcast(struct network *net, uint64_t number, int root, void *data,
                             size_t bytes)
{
    struct fact f = fact_begin(net, FACT_BROADCAST, number, bytes);
    TSR_TRY(fact_end(&f, network_check(net)));
    return fact_end(&f, broadcast(&f, root, data, bytes));
}
