/* kernel_talk.c - a task whose points communicate, and whose result depends on no cut.
 *
 * Each element becomes a hash; what a point has is the sum of its hashes, their exclusive or, and sums by
 * their lowest bits (bins).  By one of several ways through the calls of a communicator every point learns
 * those of all elements, and makes its part of the result from them: so the interpreter, which has all
 * elements at hand, makes none of the calls. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 8, WAYS = 4 };

typedef struct summary {
    uint64_t sum, mixed, bin[BINS];
} summary;

static uint64_t hash_of(const kernel_call *c, const tsr_raw_window *x, const int64_t *i)
{
    uint64_t h = c->p->seed;
    for (int d = 0; d < x->rank; ++d)
        h = hash_pair(h, (uint64_t)i[d]);
    return hash_pair(h, el_hash(x->type, at(x, i)));
}

/* Of the elements in a window; true: one of them lets its point fail. */
static bool summarize(const kernel_call *c, const tsr_raw_window *x, summary *out)
{
    int64_t    i[TSR_MAX_RANK];
    const bool may_fail = c->p->modulus[0] > 1;
    bool       fails = false;
    memset(out, 0, sizeof *out);
    for (bool more = box_first(x->rank, x->low, x->high, i); more;
         more = box_next(x->rank, x->low, x->high, i)) {
        const uint64_t h = hash_of(c, x, i);
        out->sum += h;
        out->mixed ^= hash_u64(h);
        out->bin[h % BINS] += h >> 3;
        fails |= may_fail && h % (uint64_t)c->p->modulus[0] == 0;
    }
    return fails;
}

/* ---- ways ---- */

static tsr_status by_allreduce(const tsr_task_context *t, summary *s)
{
    TSR_TRY(tsr_comm_allreduce(t, &s->sum, &s->sum, 1, TSR_U64, TSR_SUM));
    TSR_TRY(tsr_comm_allreduce(t, &s->mixed, &s->mixed, 1, TSR_U64, TSR_XOR));
    return tsr_comm_allreduce(t, s->bin, s->bin, BINS, TSR_U64, TSR_SUM);
}

static tsr_status by_allgather(const tsr_task_context *t, summary *s)
{
    const int64_t    size = tsr_comm_size(t);
    summary         *all = malloc((size_t)size * sizeof *all);
    const tsr_status status = tsr_comm_allgather(t, s, all, 1, TSR_BINARY((int)sizeof(summary)));
    memset(s, 0, sizeof *s);
    for (int64_t p = 0; p < size && status == TSR_OK; ++p) {
        s->sum += all[p].sum;
        s->mixed ^= all[p].mixed;
        for (int b = 0; b < BINS; ++b)
            s->bin[b] += all[p].bin[b];
    }
    free(all);
    return status;
}

/* To one point, and from there to all. */
static tsr_status by_root(const tsr_task_context *t, uint64_t seed, summary *s)
{
    const int64_t size = tsr_comm_size(t), root = (int64_t)(seed % (uint64_t)size);
    summary       total = {0};
    TSR_TRY(tsr_comm_reduce(t, &s->sum, &total.sum, 1, TSR_U64, TSR_SUM, root));
    TSR_TRY(tsr_comm_reduce(t, &s->mixed, &total.mixed, 1, TSR_U64, TSR_XOR, root));
    TSR_TRY(tsr_comm_reduce(t, s->bin, total.bin, BINS, TSR_U64, TSR_SUM, root));
    TSR_TRY(tsr_comm_barrier(t));
    TSR_TRY(tsr_comm_broadcast(t, &total, (int64_t)sizeof total, TSR_U8, root));
    *s = total;
    return TSR_OK;
}

/* Bin b is added up by point b % size: BINS / size of them, one more for the first. */
static int64_t bins_of(int64_t point, int64_t size)
{
    return BINS / size + (point < BINS % size);
}

static tsr_status exchange_bins(const tsr_task_context *t, summary *s, int64_t *give, int64_t *get,
                                uint64_t *in)
{
    const int64_t size = tsr_comm_size(t), me = tsr_comm_rank(t), own = bins_of(me, size);
    uint64_t      out[BINS], added[BINS] = {0};
    int64_t       n = 0;
    for (int64_t q = 0; q < size; ++q) {
        give[q] = bins_of(q, size);
        get[q] = own;
        for (int64_t b = q; b < BINS; b += size)
            out[n++] = s->bin[b];
    }
    TSR_TRY(tsr_comm_alltoallv(t, out, give, in, get, TSR_U64));
    for (int64_t k = 0; k < own * size; ++k)
        added[k % own] += in[k];
    TSR_TRY(tsr_comm_allgatherv(t, added, own, out, give, TSR_U64));
    n = 0;
    for (int64_t q = 0; q < size; ++q)
        for (int64_t b = q; b < BINS; b += size)
            s->bin[b] = out[n++];
    return TSR_OK;
}

static tsr_status by_exchange(const tsr_task_context *t, summary *s)
{
    const int64_t size = tsr_comm_size(t);
    int64_t      *give = calloc((size_t)size, 2 * sizeof *give);
    uint64_t     *in = calloc((size_t)size, BINS * sizeof *in), *pairs = calloc((size_t)size, 32);
    for (int64_t q = 0; q < size; ++q) {
        pairs[2 * q] = s->sum;
        pairs[2 * q + 1] = s->mixed;
    }
    tsr_status status = tsr_comm_alltoall(t, pairs, pairs + 2 * size, 2, TSR_U64);
    s->sum = s->mixed = 0;
    for (int64_t p = size; p < 2 * size && status == TSR_OK; ++p) {
        s->sum += pairs[2 * p];
        s->mixed ^= pairs[2 * p + 1];
    }
    if (status == TSR_OK)
        status = exchange_bins(t, s, give, give + size, in);
    free(give);
    free(in);
    free(pairs);
    return status;
}

static tsr_status talk(const kernel_call *c, summary *s)
{
    switch (c->p->flags % WAYS) {
    case 0: return by_allreduce(c->t, s);
    case 1: return by_allgather(c->t, s);
    case 2: return by_root(c->t, c->p->seed, s);
    default: return by_exchange(c->t, s);
    }
}

/* ---- the task ---- */

bool run_talk(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1];
    int64_t               i[TSR_MAX_RANK];
    summary               s;
    const bool            fails = summarize(c, x, &s);
    if (fails && (c->p->modulus[1] == 0 || !c->t))
        return false; /* before the others come to a call */
    if (c->t &&
        (talk(c, &s) != TSR_OK || (c->p->modulus[1] > 1 && tsr_comm_barrier(c->t) != TSR_OK)))
        return false;
    if (fails)
        return false;
    uint64_t all = hash_pair(hash_pair(c->p->seed, s.sum), s.mixed);
    for (int b = 0; b < BINS; ++b)
        all = hash_pair(all, s.bin[b]);
    for (bool more = box_first(o->rank, o->low, o->high, i); more;
         more = box_next(o->rank, o->low, o->high, i))
        el_from_u64(o->type, hash_pair(all, hash_of(c, x, i)), false, at(o, i));
    return true;
}
