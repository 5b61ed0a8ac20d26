/* memory/memory.h - the stage that gives data its room: pooled blocks, instances, pieces of temporaries.
 *
 * Blocks are cached by size class, last in first out, and never given back eagerly: touching fresh
 * memory costs more than computing on it (FACTS: 2 us a page).  Everything counts against one budget;
 * what does not fit is first sought in the cache, then asked of the caller, who lets running work
 * finish.  No call waits.
 *
 * Threads: the issuing thread, but for memory_piece_take/give, which belong to the calling worker. */
#ifndef TESSERA_MEMORY_MEMORY_H
#define TESSERA_MEMORY_MEMORY_H

#include "model/slot.h"

struct memory_block;

tsr_status memory_start(struct tsr_runtime *rt);
void       memory_stop(struct tsr_runtime *rt);

/* A block of at least `bytes`, aligned to 64 (4096 from 64 KiB on).  NULL: it does not fit the budget
 * now, or the machine has none.  Content: old, or poison in the hostile build. */
struct memory_block *memory_take(struct tsr_runtime *rt, size_t bytes);
void                 memory_give(struct tsr_runtime *rt, struct memory_block *b);
char                *memory_data(struct memory_block *b);
/* Would a block of so many bytes ever fit? */
bool memory_could_fit(const struct tsr_runtime *rt, size_t bytes);
/* What holds memory now, the largest first, for an error's text. */
void memory_describe(struct tsr_runtime *rt, struct observe_text *out);
/* Bytes that instances and buffers hold now. */
size_t memory_used(const struct tsr_runtime *rt);

/* An instance of `root` that covers `box` (NULL: all of it), C order, one user; NULL: does not fit now. */
struct instance *instance_create(struct tsr_runtime *rt, const struct root *root, const tsr_box *box);
/* An instance over memory that is not the pool's. */
struct instance *instance_attach(struct tsr_runtime *rt, const struct root *root, const tsr_box *box,
                                 void *data);
/* An instance without memory: its accesses count, its bytes live piece by piece. */
struct instance *instance_shadow(struct tsr_runtime *rt, const struct root *root);
void             instance_keep(struct instance *i);
/* One user less; the last gives the block back.  NULL is nothing. */
void             instance_release(struct tsr_runtime *rt, struct instance *i);
/* Address of the root's index 0 (which may lie outside the instance). */
char            *instance_origin(const struct instance *i, size_t element_bytes);

/* Buffers of a temporary's pieces: from and to the calling worker's own cache. */
void *memory_piece_take(struct worker *w, size_t bytes);
void  memory_piece_give(struct worker *w, void *data, size_t bytes);
/* Free a worker's cache. */
void  memory_worker_done(struct worker *w);
/* `bytes` of scratch for the body that runs on this worker, aligned to 64; NULL: no memory. */
void *memory_scratch(struct worker *w, size_t bytes);
void  memory_scratch_reset(struct worker *w);

#endif
