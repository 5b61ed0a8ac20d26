/* memory/pool.c - blocks by size class under one budget.
 *
 * Idea: four classes to each power of two, so that a block wastes at most a quarter; a free list per
 * class, last in first out, so that what was touched last is used next.  The budget counts blocks in
 * use and cached; under pressure cached blocks of other classes go back to the machine first.  Large
 * blocks are staggered within a page, the largest asked to lie in huge pages.
 *
 * Invariants: `used` + `cached` <= budget, unless a single block had to be larger (then only it is
 * out); every block is in use or in exactly one list.  Cost: O(1), a new block a call of the C library,
 * pressure O(classes).  Threads: issuing thread. */
#include <string.h>

#include "base/alloc.h"
#include "memory/memory.h"
#include "memory/memory_internal.h"

enum { SMALL_CLASSES = 6 }; /* up to 64 bytes all in one */
enum { PAGE_BYTES = 4096, LARGE_BYTES = 65536, HUGE_BYTES = 4 << 20 };

static int class_of(size_t bytes)
{
    if (bytes <= 64)
        return 0;
    const int top = 63 - __builtin_clzll((unsigned long long)(bytes - 1));
    const int quarter = (int)(((bytes - 1) >> (top - 2)) & 3);
    return (top - SMALL_CLASSES) * 4 + quarter + 1;
}

static size_t class_bytes(int c)
{
    if (c == 0)
        return 64;
    const int top = (c - 1) / 4 + SMALL_CLASSES, quarter = (c - 1) % 4;
    return ((size_t)1 << top) + ((size_t)(quarter + 1) << (top - 2));
}

tsr_status memory_start(struct tsr_runtime *rt)
{
    struct memory_state *m = base_aligned(64, sizeof *m);
    if (m == NULL)
        return TSR_FAIL(NO_MEMORY, "no memory for the memory stage");
    m->budget = rt->config.memory_bytes > 0 ? (size_t)rt->config.memory_bytes
                                            : (size_t)(rt->config.machine.memory_bytes / 10 * 8);
    if (m->budget == 0)
        m->budget = (size_t)1 << 32;
    m->imagined = rt->simulated;
    pthread_mutex_init(&m->pieces.lock, NULL);
    rt->memory = m;
    return TSR_OK;
}

static void block_free(struct tsr_runtime *rt, struct memory_block *b)
{
    if (!rt->memory->imagined) {
        observe_memory_add(rt->observe, -(int64_t)b->bytes);
        base_free(b->data - b->stagger);
    }
    base_free(b);
}

static void cache_drop(struct tsr_runtime *rt, size_t wanted)
{
    struct memory_state *m = rt->memory;
    for (int c = MEMORY_CLASSES - 1; c >= 0 && wanted > 0; --c) {
        while (m->free[c] != NULL && wanted > 0) {
            struct memory_block *b = m->free[c];
            m->free[c] = b->next;
            m->cached -= b->bytes;
            wanted -= b->bytes < wanted ? b->bytes : wanted;
            block_free(rt, b);
        }
    }
}

void memory_stop(struct tsr_runtime *rt)
{
    struct memory_state *m = rt->memory;
    if (m == NULL)
        return;
    cache_drop(rt, SIZE_MAX);
    memory_pieces_drop(rt);
    pthread_mutex_destroy(&m->pieces.lock);
    while (m->instances != NULL) {
        struct instance *i = m->instances;
        m->instances = i->next;
        base_free(i->access);
        base_free(i);
    }
    base_free(m);
    rt->memory = NULL;
}

bool memory_could_fit(const struct tsr_runtime *rt, size_t bytes)
{
    return bytes <= rt->memory->budget;
}

size_t memory_used(const struct tsr_runtime *rt)
{
    return rt->memory->used;
}

/* Large blocks begin at different places of a page: a loop that reads one and writes another at the same
 * index would otherwise wait for its own stores, which the processor tells apart by the low 12 bits.
 * Eighths of a page in bit-reversed order, so that any two in a row lie far apart. */
static int stagger_next(struct memory_state *m)
{
    const unsigned k = m->n_large++;
    return (int)((k & 1) << 2 | (k & 2) | (k >> 2 & 1)) * (PAGE_BYTES / 8);
}

/* Where the data of a simulated run's blocks would be: an address that nobody reads or writes. */
static char nowhere[64];

static struct memory_block *block_imagine(int c)
{
    struct memory_block *b = base_calloc(1, sizeof *b);
    if (b != NULL)
        *b = (struct memory_block){.data = nowhere, .bytes = class_bytes(c), .size_class = c};
    return b;
}

static struct memory_block *block_create(struct tsr_runtime *rt, int c)
{
    struct memory_state *m = rt->memory;
    const size_t bytes = class_bytes(c);
    if (m->imagined)
        return block_imagine(c);
    if (bytes > m->budget || m->used > m->budget - bytes)
        return NULL;
    if (m->used + m->cached > m->budget - bytes)
        cache_drop(rt, m->used + m->cached + bytes - m->budget);
    struct memory_block *b = base_calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->bytes = bytes;
    b->size_class = c;
    b->stagger = bytes >= LARGE_BYTES ? stagger_next(m) : 0;
    const size_t whole = bytes + (size_t)b->stagger;
    char *start = bytes >= HUGE_BYTES    ? base_huge(whole)
                  : bytes >= LARGE_BYTES ? base_uncleared(PAGE_BYTES, whole)
                                         : base_uncleared(64, whole);
    if (start == NULL) {
        base_free(b);
        return NULL;
    }
    b->data = start + b->stagger;
    observe_memory_add(rt->observe, (int64_t)bytes);
    return b;
}

struct memory_block *memory_take(struct tsr_runtime *rt, size_t bytes)
{
    struct memory_state *m = rt->memory;
    const int c = class_of(bytes == 0 ? 1 : bytes);
    if (c >= MEMORY_CLASSES)
        return NULL;
    struct memory_block *b = m->free[c];
    if (b != NULL) {
        m->free[c] = b->next;
        m->cached -= b->bytes;
    } else if ((b = block_create(rt, c)) == NULL) {
        return NULL;
    }
    m->used += b->bytes;
#ifdef TSR_HOSTILE
    if (!m->imagined)
        memset(b->data, 0xA5, b->bytes);
#endif
    return b;
}

void memory_give(struct tsr_runtime *rt, struct memory_block *b)
{
    struct memory_state *m = rt->memory;
    if (b == NULL)
        return;
#ifdef TSR_HOSTILE
    if (!m->imagined)
        memset(b->data, 0xDB, b->bytes);
#endif
    m->used -= b->bytes;
    b->next = m->free[b->size_class];
    m->free[b->size_class] = b;
    m->cached += b->bytes;
}

char *memory_data(struct memory_block *b)
{
    return b->data;
}

void memory_describe(struct tsr_runtime *rt, struct observe_text *out)
{
    const struct memory_state *m = rt->memory;
    observe_text_add(out, "%zu bytes of a budget of %zu are in use", m->used, m->budget);
    size_t below = SIZE_MAX;
    for (int row = 0; row < 5; ++row) {
        const struct instance *best = NULL;
        for (const struct instance *i = m->held; i != NULL; i = i->held_next)
            if (i->bytes < below && (best == NULL || i->bytes > best->bytes))
                best = i;
        if (best == NULL)
            return;
        int others = -1; /* of the same size */
        for (const struct instance *i = m->held; i != NULL; i = i->held_next)
            others += i->bytes == best->bytes;
        observe_text_add(out, "%s %zu by the store made at %s:%d", row == 0 ? ":" : ",", best->bytes,
                         best->made_at.file != NULL ? best->made_at.file : "?", best->made_at.line);
        if (others > 0)
            observe_text_add(out, " and by each of %d more", others);
        below = best->bytes;
    }
}
