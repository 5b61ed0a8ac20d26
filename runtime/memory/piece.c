/* memory/piece.c - what workers take at dispatch: buffers for the pieces of temporaries, and scratch.
 *
 * Each worker has a cache of some dozens of buffers of its own; a buffer goes back to the worker
 * that used it last, whose cache it is in.  Depth-first order keeps the number of buffers small: a chain
 * needs two or three a worker.  Invariant: nothing here is seen by two threads.  Cost: O(1). */
#include <string.h>

#include "base/alloc.h"
#include "memory/memory.h"

/* CACHE_BUFFERS: so many that one seldom goes back to the C library, whose mmap and munmap of a large one cost
 * as much as a piece. */
enum { CACHE_BUFFERS = 128, SCRATCH_FIRST = 1 << 16 };

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

void *memory_piece_take(struct worker *w, size_t bytes)
{
    struct piece_cache *c = w->cache;
    const size_t need = round_up(bytes == 0 ? 1 : bytes);
    for (int i = c == NULL ? -1 : c->n - 1; i >= 0; --i) {
        if (c->bytes[i] < need || c->bytes[i] > 2 * need)
            continue;
        void *data = c->data[i];
        --c->n;
        memmove(&c->data[i], &c->data[i + 1], (size_t)(c->n - i) * sizeof c->data[0]);
        memmove(&c->bytes[i], &c->bytes[i + 1], (size_t)(c->n - i) * sizeof c->bytes[0]);
        return data;
    }
    void *data = base_uncleared(need < 4096 ? 64 : 4096, need);
    if (data != NULL)
        observe_memory_add(w->rt->observe, (int64_t)need);
    return data;
}

void memory_piece_give(struct worker *w, void *data, size_t bytes)
{
    const size_t need = round_up(bytes == 0 ? 1 : bytes);
    if (data == NULL)
        return;
    if (w->cache == NULL)
        w->cache = base_calloc(1, sizeof(struct piece_cache));
    struct piece_cache *c = w->cache;
#ifdef TSR_HOSTILE
    memset(data, 0xDB, need);
#endif
    if (c == NULL || c->n == CACHE_BUFFERS) {
        observe_memory_add(w->rt->observe, -(int64_t)need);
        base_free(data);
        return;
    }
    c->data[c->n] = data;
    c->bytes[c->n++] = need;
}

void memory_worker_done(struct worker *w)
{
    struct piece_cache *c = w->cache;
    for (int i = 0; c != NULL && i < c->n; ++i) {
        observe_memory_add(w->rt->observe, -(int64_t)c->bytes[i]);
        base_free(c->data[i]);
    }
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
