/* base/alloc.h - every allocation of the runtime: countable, failable.
 *
 * Not on hot paths: stores' data come from here through memory/, which pools them.  A test can make the n-th call
 * fail (base_alloc_fail_after); callers unwind and report NO_MEMORY.  Threads: any. */
#ifndef TESSERA_BASE_ALLOC_H
#define TESSERA_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory for `n` items of `size` bytes, aligned to 16; NULL when there is none (or the
 * product overflows). */
void *base_calloc(size_t n, size_t size);
/* As realloc, for n items; new memory is not cleared. */
void *base_realloc(void *p, size_t n, size_t size);
/* Zeroed memory aligned to `align` (a power of two); freed by base_free as well. */
void *base_aligned(size_t align, size_t bytes);
/* As base_aligned, not cleared: for data. */
void *base_uncleared(size_t align, size_t bytes);
/* As base_uncleared, for megabytes: in huge pages where the machine has some to give. */
void *base_huge(size_t bytes);
/* Takes NULL. */
void base_free(void *p);
/* Blocks alive now; 0 at the end of a clean program. */
int64_t base_alloc_live(void);
/* Bytes of the blocks alive now, as the C library rounds them. */
int64_t base_alloc_bytes(void);
/* How many calls of this thread found no memory, base_uncleared's aside.  What several ranks must decide
 * alike may not follow from it: who sees it rise says so. */
int64_t base_alloc_shortages(void);
/* Let the n-th allocation from now fail (0: the next; negative: never). */
void base_alloc_fail_after(int64_t n);
/* Whether that is still to come. */
bool base_alloc_is_to_fail(void);

#endif
