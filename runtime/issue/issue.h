/* issue/issue.h - the stage at both ends: the window in program order, and reporting in program order.
 *
 * Threads: issuing thread. */
#ifndef TESSERA_ISSUE_ISSUE_H
#define TESSERA_ISSUE_ISSUE_H

#include "model/formula.h"
#include "model/slot.h"

tsr_status issue_start(struct tsr_runtime *rt);
void       issue_stop(struct tsr_runtime *rt);

/* Number and take an operation that has a plan (or a failure: status set, plan NULL).  Takes over what
 * *op owns.  May run it at once. */
void issue_take(struct tsr_runtime *rt, struct operation *op);
/* The same for one that was refused (op->status says why): what it writes is failed with this thread's
 * trace as the cause. */
void issue_take_failed(struct tsr_runtime *rt, struct operation *op);
/* Number it, close the window, and answer the slot's number: for operations the runtime issues itself. */
uint64_t issue_take_closed(struct tsr_runtime *rt, struct operation *op);
/* Close the window: analyse and hand over what is in it. */
void issue_close(struct tsr_runtime *rt);
/* Close, and wait until operation `number` is retired (complete and reported). */
void issue_wait(struct tsr_runtime *rt, uint64_t number);
/* Report and reclaim what can be, without waiting. */
void issue_retire(struct tsr_runtime *rt);
/* Number of the last operation issued. */
uint64_t issue_last(const struct tsr_runtime *rt);
/* The last handle of a root is gone. */
void issue_release(struct tsr_runtime *rt, struct root *root);

/* ---- failures (failure.c) ---- */

/* The cause that makes any of `view` of `root` failed, of the lowest operation; NULL: none. */
const struct trace *failure_find(struct tsr_runtime *rt, const struct root *root,
                                 const struct view *view);
/* The failure of operation `number` itself, on any rank once they agreed, marked told; NULL: none. */
const struct trace *failure_of(struct tsr_runtime *rt, uint64_t number);
/* Make all ranks know what failed up to `number` (retired here).  Collective. */
tsr_status failure_agree(struct tsr_runtime *rt, uint64_t number);
/* The same each few thousand operations, before the next is issued: what is kept until all agree stays
 * bounded in a program that never waits. */
tsr_status failure_agree_sometimes(struct tsr_runtime *rt);
/* The first failure nobody was told of, marked told; NULL: none. */
const struct trace *failure_untold(struct tsr_runtime *rt);
/* The program was told of this cause. */
void failure_told(struct tsr_runtime *rt, const struct trace *t);
/* Forget a root's failures. */
void failure_drop(struct tsr_runtime *rt, struct root *root);

/* ---- what the program asks for: values, pieces, attached memory, extents (values.c) ----
 *
 * These wait and, on several ranks, are collective. */

/* An operation of no points that makes each rank hold its box of `asked` (root indices; kept by count; NULL:
 * there was no memory for it) of a root. */
uint64_t gather_issue(struct tsr_runtime *rt, struct root *root, struct view *view,
                      struct deal *asked, tsr_site at);
/* The same, all ranks one box. */
uint64_t gather_box(struct tsr_runtime *rt, struct root *root, struct view *view, const tsr_box *box,
                    tsr_site at);
tsr_status values_status(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_site at);
/* On rank `only`, or (-1) on every rank; where `out` is NULL nothing is copied. */
tsr_status values_read(struct tsr_runtime *rt, int only, struct root *root, struct view *view,
                       void *out, tsr_site at);
tsr_status values_local(struct tsr_runtime *rt, struct root *root, struct view *view, tsr_piece *out,
                        int capacity, int *out_n, tsr_site at);
/* What the stages keep for a root: no operation names it. */
void root_let_go(struct tsr_runtime *rt, struct root *root);
tsr_status values_attach(struct tsr_runtime *rt, struct root *root, const tsr_tile *tiles, int n,
                         bool whole, tsr_site at);
tsr_status values_detach(struct tsr_runtime *rt, struct root *root, tsr_site at);

/* Unbound extents, agreed (unbound.c). */
bool       unbound_prepare(struct tsr_runtime *rt, struct operation *op);
tsr_status unbound_bind(struct tsr_runtime *rt, struct root *root, tsr_site at);
/* Boxes of the plan's image arguments, from values (image.c). */
tsr_status image_resolve(struct tsr_runtime *rt, struct operation *op);

/* ---- formulas (fusion.c): open groups of them become operations ---- */

/* A store through a view of the formula's shape, or (root NULL) a value. */
struct formula_operand {
    struct root  *root;
    struct view  *view; /* borrowed */
    tsr_type      type;
    _Alignas(8) unsigned char value[16]; /* zero behind the element */
};

/* A call that was checked. */
struct formula_call {
    const tsr_formula *f;
    tsr_site           site;
    const char        *provenance;
    int                rank;
    int64_t            extent[TSR_MAX_RANK];
    struct formula_operand in[TSR_FORMULA_ARGS], out[TSR_FORMULA_ARGS];
    struct view       *home[TSR_FORMULA_ARGS]; /* of an output that is folded: its own view, borrowed; NULL: none */
};

/* Add a formula to an open group, which may be empty (then it can); false: it cannot join. */
bool fusion_join(struct tsr_runtime *rt, const struct formula_call *c);
/* May the first group stay open? (There may be none.) */
bool fusion_waits(const struct tsr_runtime *rt);
/* No more joins for the first group: what is dead is dropped.  False: nothing is open.  Then for part = 0, 1, ... until it says false
 * fusion_part, with fusion_fill for k = 0, 1, ... until that says false, and fusion_operation; then fusion_done. */
bool fusion_close(struct tsr_runtime *rt);
bool fusion_part(struct tsr_runtime *rt, int part);
/* The operation that sets argument k to its operator's identity; op->desc NULL and status OK: it needs none. */
bool fusion_fill(struct tsr_runtime *rt, int k, struct operation *op);
/* The operation itself; false: nothing is left to do. */
bool fusion_operation(struct tsr_runtime *rt, struct operation *op);
/* Is argument k of it written? */
bool fusion_writes(const struct tsr_runtime *rt, int k);
/* Let go of what it names; the group behind is the first now. */
void fusion_done(struct tsr_runtime *rt);

#endif
