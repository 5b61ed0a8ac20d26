/* memory/piece.c - what workers take at dispatch: buffers for the pieces of temporaries, and scratch.
 *
 * Each worker has a cache of some dozens of buffers of its own; a buffer goes back to the worker
 * that used it last, whose cache it is in.  Depth-first order keeps the number of buffers small: a chain
 * needs two or three a worker.  Where one worker's pieces are used up by another, buffers flow one way: a full
 * cache gives half of itself to a pool of all, an empty one takes from there.
 *
 * Invariant: a cache is seen by one thread, the pool under its lock.  Cost: O(1), a handful of buffers a
 * lock.  Threads: the worker that calls. */
#include <string.h>

#include "base/alloc.h"
#include "memory/memory.h"
#include "memory/memory_internal.h"

/* CACHE_BUFFERS: so many that one seldom goes back to the C library, whose mmap and munmap of a large one cost
 * as much as a piece. */
enum { CACHE_BUFFERS = 128, HANDFUL = 16, SCRATCH_FIRST = 1 << 16 };

struct piece_cache {
    int    n;
    void  *data[CACHE_BUFFERS];
    size_t bytes[CACHE_BUFFERS];
};

static size_t round_up(size_t bytes)
{
    const size_t unit = 4096;
    return bytes < unit ? (bytes + 63) & ~(size_t)63 : (bytes + unit - 1) / unit * unit;
}

static bool fits(size_t bytes, size_t need)
{
    return bytes >= need && bytes <= 2 * need;
}

static void *cache_take(struct piece_cache *c, size_t need)
{
    for (int i = c->n - 1; i >= 0; --i) {
        if (!fits(c->bytes[i], need))
            continue;
        void *data = c->data[i];
        --c->n;
        memmove(&c->data[i], &c->data[i + 1], (size_t)(c->n - i) * sizeof c->data[0]);
        memmove(&c->bytes[i], &c->bytes[i + 1], (size_t)(c->n - i) * sizeof c->bytes[0]);
        return data;
    }
    return NULL;
}

static struct piece_cache *cache_of(struct worker *w)
{
    if (w->cache == NULL)
        w->cache = base_calloc(1, sizeof(struct piece_cache));
    return w->cache;
}

static void buffer_free(struct tsr_runtime *rt, void *data, size_t bytes)
{
    observe_memory_add(rt->observe, -(int64_t)bytes);
    base_free(data);
}

/* Fitting buffers that other workers left, as the youngest of the cache. */
static void pool_take(struct piece_pool *pool, struct piece_cache *c, size_t need)
{
    int taken = 0;
    (void)pthread_mutex_lock(&pool->lock);
    for (int i = pool->n - 1; i >= 0 && taken < HANDFUL && c->n < CACHE_BUFFERS; --i) {
        if (!fits(pool->bytes[i], need))
            continue;
        c->data[c->n] = pool->data[i];
        c->bytes[c->n++] = pool->bytes[i];
        pool->all -= pool->bytes[i];
        pool->data[i] = pool->data[--pool->n];
        pool->bytes[i] = pool->bytes[pool->n];
        ++taken;
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

/* The older half of a full cache is for others; what the pool has no room for goes back to the machine. */
static void pool_give(struct tsr_runtime *rt, struct piece_cache *c)
{
    struct piece_pool *pool = &rt->memory->pieces;
    const int half = CACHE_BUFFERS / 2;
    (void)pthread_mutex_lock(&pool->lock);
    for (int i = 0; i < half; ++i) {
        if (pool->n == SHARED_BUFFERS || pool->all + c->bytes[i] > SHARED_BYTES) {
            buffer_free(rt, c->data[i], c->bytes[i]);
            continue;
        }
        pool->data[pool->n] = c->data[i];
        pool->bytes[pool->n++] = c->bytes[i];
        pool->all += c->bytes[i];
    }
    (void)pthread_mutex_unlock(&pool->lock);
    c->n -= half;
    memmove(c->data, c->data + half, (size_t)c->n * sizeof c->data[0]);
    memmove(c->bytes, c->bytes + half, (size_t)c->n * sizeof c->bytes[0]);
}

void *memory_piece_take(struct worker *w, size_t bytes)
{
    struct piece_cache *c = cache_of(w);
    const size_t need = round_up(bytes == 0 ? 1 : bytes);
    void *data = c != NULL ? cache_take(c, need) : NULL;
    if (data == NULL && c != NULL) {
        pool_take(&w->rt->memory->pieces, c, need);
        data = cache_take(c, need);
    }
    if (data != NULL)
        return data;
    data = base_uncleared(need < 4096 ? 64 : 4096, need);
    if (data != NULL)
        observe_memory_add(w->rt->observe, (int64_t)need);
    return data;
}

void memory_piece_give(struct worker *w, void *data, size_t bytes)
{
    const size_t need = round_up(bytes == 0 ? 1 : bytes);
    if (data == NULL)
        return;
    struct piece_cache *c = cache_of(w);
#ifdef TSR_HOSTILE
    memset(data, 0xDB, need);
#endif
    if (c == NULL) {
        buffer_free(w->rt, data, need);
        return;
    }
    if (c->n == CACHE_BUFFERS)
        pool_give(w->rt, c);
    c->data[c->n] = data;
    c->bytes[c->n++] = need;
}

void memory_pieces_drop(struct tsr_runtime *rt)
{
    struct piece_pool *pool = &rt->memory->pieces;
    for (int i = 0; i < pool->n; ++i)
        buffer_free(rt, pool->data[i], pool->bytes[i]);
    pool->n = 0;
    pool->all = 0;
}

void memory_worker_done(struct worker *w)
{
    struct piece_cache *c = w->cache;
    for (int i = 0; c != NULL && i < c->n; ++i)
        buffer_free(w->rt, c->data[i], c->bytes[i]);
    base_free(c);
    w->cache = NULL;
    base_free(w->scratch);
    w->scratch = NULL;
}

void *memory_scratch(struct worker *w, size_t bytes)
{
    const size_t need = (bytes + 63) & ~(size_t)63;
    if (w->scratch_used + need > w->scratch_bytes) {
        if (w->scratch_used > 0)
            return NULL; /* the bound was reserved before the body began */
        size_t room = w->scratch_bytes > 0 ? w->scratch_bytes : SCRATCH_FIRST;
        while (room < need)
            room *= 2;
        char *fresh = base_uncleared(64, room);
        if (fresh == NULL)
            return NULL;
        base_free(w->scratch);
        w->scratch = fresh;
        w->scratch_bytes = room;
    }
    void *data = w->scratch + w->scratch_used;
    w->scratch_used += need;
    return data;
}

void memory_scratch_reset(struct worker *w)
{
    w->scratch_used = 0;
}
