/* execute/execute.h - the stage that runs what was claimed: points, copies, messages, folds.
 *
 * Threads: the worker that claimed; what it runs is its own until `done` says so. */
#ifndef TESSERA_EXECUTE_EXECUTE_H
#define TESSERA_EXECUTE_EXECUTE_H

#include "model/formula.h"
#include "model/slot.h"

/* Run the actions `bits` of the strip that begins at `first` (all points, or one extra).  False: a
 * message has not arrived; nothing was done, the claim is to be taken back. */
bool execute_actions(struct worker *w, struct slot *s, uint32_t first, uint32_t bits);
/* All points of a gang's operation have a worker: before any of them runs. */
void execute_gang_begin(struct worker *w, struct slot *s);
/* Nothing to do for a worker that waits with others: spin at first, then sleep a little, unless `over`, and
 * until execute_gang_ring.  `since`: a stamp, of when it began to wait. */
void execute_gang_rest(struct worker *w, uint64_t since, bool (*over)(void *user), void *user);
/* What such workers wait for may be there: one load when none sleeps.  Threads: any. */
void execute_gang_ring(struct tsr_runtime *rt);
/* Run all points of a one-point operation here and now; the failure, if any, is in the slot. */
void execute_at_once(struct worker *w, struct slot *s);
/* Bytes of the partial results that FOLD `x` of an analysed operation sends, without its head; nothing is
 * read or run.  `w`: the issuing thread's. */
size_t execute_partial_bytes(struct worker *w, struct slot *s, const struct extra *x);
/* Mark an operation failed with this thread's trace (or `status` where there is none), for point
 * `point`; the lowest point's trace stays. */
void execute_fail(struct worker *w, struct slot *s, int64_t point, tsr_status status);

/* Copy a box of elements between two strided memories; addresses of the box's lowest element, strides
 * in elements. */
void strided_copy(int rank, const int64_t *extent, size_t element_bytes, void *to,
                  const int64_t *to_stride, const void *from, const int64_t *from_stride);
/* Address of a root index in an instance. */
char *instance_address(const struct instance *i, const int64_t *index, size_t element_bytes);

/* ---- formulas (formula.c) ---- */

/* What is known of formulas: tasks made for them, by content. */
tsr_status execute_formulas_start(struct tsr_runtime *rt);
void       execute_formulas_stop(struct tsr_runtime *rt);
/* Is it the task of a formula? */
bool execute_is_formula(const tsr_task_desc *d);
/* The arguments, a bit each, on whose values argument `arg` depends when it is written: of a formula what it
 * reads, of other tasks all.  Threads: any. */
uint32_t execute_formula_sources(const tsr_task_desc *d, int arg);
/* The task that computes `s`: found, or made; it lives until the runtime ends.  NULL, recorded at `at`: no
 * memory, or there is no kernel for something.  O(terms).  Threads: issuing thread. */
const tsr_task_desc *execute_formula(struct tsr_runtime *rt, const struct formula_source *s, tsr_site at);

#endif
