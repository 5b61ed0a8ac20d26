/* tests/unit/solve/solve_stage.h - a runtime with nothing behind it but the solver: one per rank of a
 * described machine, the same roots and views on each. */
#ifndef TESTS_SOLVE_STAGE_H
#define TESTS_SOLVE_STAGE_H

#include "model/runtime.h"
#include "solve/solve.h"

enum { STAGE_MAX_RANKS = 16, STAGE_MAX_ROOTS = 64 };

/* One rank. */
struct stage {
    struct tsr_runtime  rt;
    struct rank_machine machines[STAGE_MAX_RANKS];
    struct root        *root[STAGE_MAX_ROOTS];
    int                 n_roots;
};

/* All ranks of a run. */
struct run {
    int          n_ranks;
    struct stage stage[STAGE_MAX_RANKS];
};

void run_start(struct run *run, int n_ranks, const int64_t *workers);
void run_stop(struct run *run);
/* A setting on every rank. */
#define run_set(run, field, value)                                                                 \
    do                                                                                             \
        for (int run_r_ = 0; run_r_ < (run)->n_ranks; ++run_r_)                                    \
            (run)->stage[run_r_].rt.config.field = (value);                                        \
    while (0)

/* TESSERA_MIN_PIECE on every rank. */
void run_set_min_piece(struct run *run, int64_t elements);

/* A root on every rank; its number. */
int run_root(struct run *run, tsr_type type, int rank, const int64_t *extent);
int run_unbound(struct run *run, tsr_type type, int rank, const int64_t *extent);

/* An argument of a call: a root seen through a map (rank < 0: the identity), or cut by a partition. */
struct seen {
    int               root; /* + 1; 0: a value */
    bool              mapped;
    struct view       map;
    struct partition *partition;
};
struct seen see(int root);
struct seen see_map(int root, struct view map);

/* Maps of a root, made step by step. */
struct view map_identity(const struct root *root);
struct view map_slice(struct view v, int d, int64_t start, int64_t stop, int64_t step);
struct view map_transpose(struct view v, const int *order);
struct view map_promote(struct view v, int d, int64_t extent);
struct view map_project(struct view v, int d, int64_t index);
struct view map_split(struct view v, int d, int64_t outer, int64_t inner);
struct view map_diagonal(struct view v, int a, int b);

struct call {
    const tsr_task_desc *desc;
    int                  n;
    struct seen          arg[TSR_MAX_ARGS];
    int64_t              points;
    bool                 inputs_replicated;
    int                  line; /* of its site; 0: 1 */
};

/* The operation of a call on one rank; operation_forget gives its views back. */
struct operation stage_operation(struct stage *s, const struct call *c);
void             stage_forget(struct operation *op);
/* Solve on one rank. */
tsr_status stage_solve(struct stage *s, const struct call *c, struct plan **out_plan);
/* Solve on every rank (statuses must agree); plans are the caller's. */
tsr_status run_solve(struct run *run, const struct call *c, struct plan **out_plans);
/* The same outside the cache. */
tsr_status run_solve_anew(struct run *run, const struct call *c, struct plan **out_plans);
/* What an owner of roots does after a complete write: the plan becomes the key. */
void run_set_key(struct run *run, int root, struct plan *const *plans, int arg);
void run_release(struct run *run, struct plan **plans);

#endif
