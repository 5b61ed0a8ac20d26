/* execute/internal.h - what the files of this stage share. Threads: the worker that claimed. */
#ifndef TESSERA_EXECUTE_INTERNAL_H
#define TESSERA_EXECUTE_INTERNAL_H

#include "execute/execute.h"
#include "memory/memory.h"

struct unbound;

/* A point with pieces, leaves, accumulators, layouts or a foreign function. */
void point_run(struct worker *w, struct slot *s, int point);
/* The point's body does not run: let go of pieces. */
void point_skip(struct worker *w, struct slot *s, int point);
/* Would the bodies of this operation work on failed input? */
bool point_skips(const struct slot *s, uint64_t number);
/* The point of a gang's operation has run, or was skipped: it comes to its last meeting. */
void communicator_leave(struct worker *w, struct slot *s, int point);
/* A copy, message or fold; false: a message has not arrived. */
bool extra_run(struct worker *w, struct slot *s, struct extra *x);
/* Fold an argument's accumulators; apply or send. */
void fold_run(struct worker *w, struct slot *s, struct extra *x);
/* What a body's failure is: its answer, unless it did not look at what failed; then this thread's trace
 * tells of the first such call of a communicator. */
tsr_status body_verdict(const struct body_state *b, tsr_status answer);
/* Strides (elements) of a dense accumulator over a row's box of argument `k`; 0 along dimensions that
 * feed no root dimension.  Returns its number of elements. */
int64_t accumulator_strides(const struct plan_arg *pa, const int64_t *low, const int64_t *high,
                            int64_t *out_stride);

/* ---- hostile.c: before a body runs, and after it succeeded; nothing in other builds ---- */

#ifdef TSR_HOSTILE
/* Fill what the body promises to write with a pattern. */
void hostile_poison(const struct slot *s, const tsr_binding *b, const int64_t *row);
/* TASK_FAILED, with this thread's trace, where elements still have it. */
tsr_status hostile_check(const struct slot *s, const tsr_binding *b, const int64_t *row);
#else
#define hostile_poison(s, b, row) ((void)0)
#define hostile_check(s, b, row)  TSR_OK
#endif

#endif
