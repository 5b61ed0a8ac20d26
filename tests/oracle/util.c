/* util.c - random numbers by counter, and an arena.
 *
 * splitmix64 (Steele, Lea, Flood 2014): a hash of a counter, so that a value depends on its seed and
 * index alone. */
#include "oracle.h"

#include <stdlib.h>

uint64_t hash_u64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t hash_pair(uint64_t a, uint64_t b)
{
    return hash_u64(hash_u64(a) ^ (b * 0xd6e8feb86659fd93u));
}

uint64_t rng_next(rng *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return hash_u64(r->state);
}

int64_t rng_below(rng *r, int64_t n)
{
    return n <= 1 ? 0 : (int64_t)(rng_next(r) % (uint64_t)n);
}

int64_t rng_range(rng *r, int64_t low, int64_t high)
{
    return low + rng_below(r, high - low + 1);
}

bool rng_chance(rng *r, int percent)
{
    return rng_below(r, 100) < percent;
}

struct arena_block {
    struct arena_block *next;
    size_t              used, room;
    max_align_t         data[];
};

void *arena_take(arena *a, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    struct arena_block *b = a->first;
    if (!b || b->used + bytes > b->room) {
        const size_t room = bytes > 65536 ? bytes : 65536;
        b = malloc(sizeof *b + room);
        if (!b)
            abort();
        b->next = a->first;
        b->used = 0;
        b->room = room;
        a->first = b;
    }
    void *p = (char *)b->data + b->used;
    b->used += bytes;
    return p;
}

void arena_clear(arena *a)
{
    for (struct arena_block *b = a->first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    a->first = NULL;
}

bool box_first(int rank, const int64_t *low, const int64_t *high, int64_t *i)
{
    for (int d = 0; d < rank; ++d) {
        if (low[d] >= high[d])
            return false;
        i[d] = low[d];
    }
    return true;
}

bool box_next(int rank, const int64_t *low, const int64_t *high, int64_t *i)
{
    for (int d = rank - 1; d >= 0; --d) {
        if (++i[d] < high[d])
            return true;
        i[d] = low[d];
    }
    return false;
}

/* ---- provenance ---- */

const char *const oracle_provenance[N_PROVENANCES + 1] = {"", "the first pass", "a sweep",
                                                          "while refining"};
