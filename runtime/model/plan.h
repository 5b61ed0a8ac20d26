/* model/plan.h - how one operation is cut: what solve/ gives to depend/ and execute/.
 *
 * A plan is a function of the operation's signature (task type, views, explicit partitions, the keys
 * and owner maps its roots have, configuration, machine table): repeated operations share one.  It is
 * immutable once made and counted.  Everything about other ranks is a function of the rank grid. */
#ifndef TESSERA_MODEL_PLAN_H
#define TESSERA_MODEL_PLAN_H

#include <stddef.h>

#include <tessera/task.h>

#include "model/deal.h"
#include "model/region.h"
#include "model/view.h"

/* One argument of a plan. */
struct plan_arg {
    bool         store;      /* a store argument; the rest is unset for values */
    bool         unbound;    /* an unbound output: no boxes */
    bool         image;      /* boxes follow from values: set by solve_image_points, _ranks before use */
    bool         reach_all;  /* of an image: values are checked, and every point has all of the view */
    bool         whole;      /* the same box in every point (broadcast, or one point) */
    bool         covers;     /* all points of all ranks together name every element of the root */
    bool         disjoint;   /* boxes of different points do not meet, here and on other ranks */
    bool         holes;      /* the points of a manual launch leave elements of the view out */
    tsr_access   access;
    int          rank;       /* of the view */
    int          box_at;     /* where low[rank], high[rank] stand in a row of boxes */
    struct view *view;       /* counted */
    uint32_t     cut;        /* interned: equal numbers, equal functions local point -> region */
    uint32_t     rank_cut;   /* interned: equal numbers, equal `ranks` */
    struct region  all;      /* hull and steps over all points of all ranks */
    struct region *region;   /* [n_points] of the root */
    struct deal   *ranks;    /* counted: hull of what each rank's points meet; root indices */
    /* inverse: where along each root dimension the boxes of grid coordinate c begin and end, for the
     * dimensions that a single iteration dimension cuts */
    int8_t   cut_by[TSR_MAX_RANK];  /* root dimension -> iteration dimension, -1: not cut */
    int64_t *cut_low[TSR_MAX_RANK], *cut_high[TSR_MAX_RANK]; /* [grid[cut_by]] monotone, either way */
    bool     by_grid;        /* cut_by tells where every point's box is; else search the points: */
    int     *by_low;         /* [n_points] points by region low[0], or NULL (few points) */
    int64_t *reach;          /* [n_points] greatest high[0] of by_low[0 .. i] */
    /* REDUCE */
    struct deal *results;     /* counted: who applies totals, and the hull of what is folded there */
    int         *result;      /* [n_ranks] who applies that of each rank, where boxes are listed; -1: no box */
    bool     exact_reduction; /* may be folded in any order and grouping */
    unsigned kept;            /* iteration dimensions that move the accumulator */
};

/* The points of an operation whose body communicates: numbered along the one dimension that is cut, each
 * rank's in one run.  Shared. */
struct plan_gang {
    int64_t  size;     /* points of all ranks */
    int      n_places; /* ranks that have any */
    int      place;    /* this rank among them; -1: it has none */
    int     *rank;     /* [n_places] ascending */
    int64_t *first;    /* [n_places + 1] number of each place's first point */
};

/* How an operation is cut. */
struct plan {
    uint32_t id;
    int32_t  users;
    const tsr_task_desc *desc;
    int      n_args;

    /* iteration space */
    int      rank;
    int64_t  extent[TSR_MAX_RANK];
    int      lead;               /* the argument whose view it is */
    bool     manual;             /* explicit partitions: a point each */
    int64_t  n_all_points;       /* manual: of all ranks */

    /* rank grid: shared */
    int      n_ranks;            /* of the run */
    int      rank_grid[TSR_MAX_RANK];
    struct deal *iteration;      /* counted: iteration box of each rank.  manual: the range of points as
                                    a box of rank 1 */
    bool     replicated;         /* every rank computes all of it */
    int      alone;              /* the one rank that runs a small operation; -1: cut by the grid */

    /* this rank's points: private */
    int      n_points;
    int      grid[TSR_MAX_RANK]; /* points along each iteration dimension; row-major */
    int64_t *cut[TSR_MAX_RANK];  /* [grid[d] + 1] */
    int64_t  first_point;        /* manual: number of local point 0 */
    int      row;                /* int64 words of a row of boxes */
    int64_t *boxes;              /* [n_points][row]: view boxes, as bodies see them */
    int64_t  elements;           /* largest argument's elements, all points here */
    int64_t  bytes_per_point;    /* of all arguments, about */

    /* canonical leaves: bodies are called leaf by leaf where `leafwise` */
    bool     leafwise;
    int64_t  leaf[TSR_MAX_RANK];      /* extents */
    int64_t  leaf_grid[TSR_MAX_RANK]; /* over the whole iteration box */
    int      n_leaves;                /* here */
    int     *point_leaf;              /* [n_points + 1]: leaves of point p are point_leaf[p] .. [p + 1] */
    int64_t *leaf_number;             /* [n_leaves]: row-major in leaf_grid */
    int64_t *leaf_boxes;              /* [n_leaves][row] */

    /* TESSERA_CHECK=cuts: the pieces of a second cut of each point, to compare the bits */
    bool        watched;       /* a task of the program's, while that is on */
    const char *unchecked;     /* watched: why there is no second cut; NULL: there is one */
    int        *second_first;  /* [n_points + 1]: of point p second_first[p] .. [p + 1]; NULL: none */
    int64_t    *second_boxes;  /* [..][row] */

    struct plan_gang *gang;      /* NULL: the body does not communicate */
    bool     reduces;            /* has a REDUCE argument */
    bool     has_unbound, has_image;
    bool     pure;               /* of the descriptor */
    void    *memory;             /* what the arrays above stand in */
    size_t   bytes;              /* of it, about */
    void    *schedule;           /* strips: schedule/'s, freed by plan->schedule_free */
    void   (*schedule_free)(void *);

    struct plan_arg arg[TSR_MAX_ARGS]; /* the memory ends behind arg[n_args - 1] */
};

/* Bytes of a plan of so many arguments. */
static inline size_t plan_size(int n_args)
{
    return offsetof(struct plan, arg) + (size_t)n_args * sizeof(struct plan_arg);
}

/* Zeroed memory for n items that is freed with the plan; NULL: none. */
void *plan_memory(struct plan *p, int64_t n, size_t size);
struct plan *plan_keep(struct plan *p);
void         plan_release(struct plan *p); /* takes NULL; frees at the last */

/* Does rank r run points of this operation? */
static inline bool plan_rank_runs(const struct plan *p, int r)
{
    if (p->replicated || p->alone >= 0)
        return p->replicated || p->alone == r;
    return deal_has(p->iteration, r);
}

/* Who applies the total that rank r (which has points) contributes to through REDUCE argument k. */
int plan_result_rank(const struct plan *p, int k, int r);

/* Local points whose box of argument `arg` meets `r`: at most `max` numbers in `out`, ascending;
 * returns how many there are (which may be more than max).  O(met) where cut_by tells, else O(points). */
int plan_find_points(const struct plan *p, int arg, const struct region *r, int *out, int max);

#endif
