/* memory/memory_internal.h - the state of the memory stage. Issuing thread. */
#ifndef TESSERA_MEMORY_INTERNAL_H
#define TESSERA_MEMORY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

enum { MEMORY_CLASSES = 1 + 4 * 40 };

struct memory_block {
    char  *data; /* `stagger` bytes behind the start of what was allocated */
    size_t bytes;
    int    size_class, stagger;
    struct memory_block *next; /* in a free list */
};

struct memory_state {
    size_t budget, used, cached;
    unsigned             n_large; /* blocks staggered so far */
    bool   imagined; /* simulation: blocks have no memory */
    struct memory_block *free[MEMORY_CLASSES];
    struct instance     *instances; /* records to be used again */
    struct instance     *held;      /* instances alive, for memory_describe */
};

#endif
