/* solve/solve.h - the stage that decides where an operation is cut.
 *
 * Takes an operation with its constraints; gives a plan (model/plan.h): a rank grid that every rank
 * computes alike from the stream, the configuration and the machine table; this rank's private cuts;
 * canonical leaves; and for every argument a function point -> box with its inverse.
 *
 * Threads: the issuing thread; plan_find_points: any. */
#ifndef SOLVE_SOLVE_H
#define SOLVE_SOLVE_H

#include "model/runtime.h"

/* The stage's state: plans by signature. NULL: no memory. Needs rt->config, ->rank, ->n_ranks,
 * ->machines. */
struct solve_state *solve_create(struct tsr_runtime *rt);
/* Takes NULL. Plans that others keep live on. */
void solve_destroy(struct solve_state *s);

/* How `op` is cut: *out_plan is a new reference. O(arguments) when its signature was met before,
 * else O(this rank's points + ranks).
 *
 * Fails, recorded at op->site, the same on every rank: UNSOLVABLE (constraints contradict; both are
 * named), BAD_SHAPE (extents), OVERLAP (written pieces meet), BAD_ARGUMENT (partitions and points),
 * NO_MEMORY. A plan with an IMAGE argument lacks that argument's boxes: it says where the rest is cut, and
 * none may run by it; solve_anew gives one that solve_image_points and solve_image_ranks complete. */
tsr_status solve_operation(struct tsr_runtime *rt, struct operation *op, struct plan **out_plan);
/* The same, and nobody else is given this plan. */
tsr_status solve_anew(struct tsr_runtime *rt, struct operation *op, struct plan **out_plan);

/* Set the boxes (root indices) of an IMAGE argument of each local point. False: no memory. */
bool solve_image_points(struct plan *p, int arg, const tsr_box *local_boxes);
/* The same of each rank, after the points; rank_boxes may be changed.  False: no memory. */
bool solve_image_ranks(struct plan *p, int arg, tsr_box *rank_boxes);

/* A box of the view's indices that holds every index whose element lies in `root_box`; exact where
 * the view is. */
tsr_box solve_view_box(const struct view *v, const tsr_box *root_box);
/* The hull, in root indices, of a box of the view's. */
tsr_box solve_root_box(const struct view *v, const tsr_box *view_box);

/* Solve `op` anew and say why each choice fell as it did, or why it fails. Borrowed until the next
 * call. */
const char *solve_explain(struct tsr_runtime *rt, struct operation *op);

/* How the stage worked: for tests and counters. */
struct solve_counts {
    uint64_t hits, misses, flushes;
    int64_t  plans, bytes; /* in the cache now */
};
struct solve_counts solve_counts(const struct tsr_runtime *rt);

#endif
