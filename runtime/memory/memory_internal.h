/* memory/memory_internal.h - the state of the memory stage. Issuing thread. */
#ifndef TESSERA_MEMORY_INTERNAL_H
#define TESSERA_MEMORY_INTERNAL_H

#include <pthread.h>

#include <stdbool.h>
#include <stddef.h>

enum { MEMORY_CLASSES = 1 + 4 * 40 };

struct memory_block {
    char  *data; /* `stagger` bytes behind the start of what was allocated */
    size_t bytes;
    int    size_class, stagger;
    struct memory_block *next; /* in a free list */
};

/* Buffers of pieces between workers: what one gives and others take. */
enum { SHARED_BUFFERS = 512, SHARED_BYTES = 64 << 20 };
struct piece_pool {
    pthread_mutex_t lock;
    int             n;
    size_t          all;
    void           *data[SHARED_BUFFERS];
    size_t          bytes[SHARED_BUFFERS];
};

struct memory_state {
    struct piece_pool    pieces;
    size_t budget, used, cached;
    unsigned             n_large; /* blocks staggered so far */
    bool   imagined; /* simulation: blocks have no memory */
    struct memory_block *free[MEMORY_CLASSES];
    struct instance     *instances; /* records to be used again */
    struct instance     *held;      /* instances alive, for memory_describe */
};

/* Give all buffers that workers left to the machine.  No worker runs. */
void memory_pieces_drop(struct tsr_runtime *rt);

#endif
