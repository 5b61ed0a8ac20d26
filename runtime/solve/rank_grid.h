/* solve/rank_grid.h - the search for rank boxes. */
#ifndef SOLVE_RANKS_H
#define SOLVE_RANKS_H

#include "solve/problem.h"

struct search {
    struct problem *q;
    int             n;     /* candidates weighed */
    tsr_box        *boxes; /* [n_ranks] of the one at hand */
    int64_t        *cuts;  /* positions of all dimensions, one behind the other */
    int64_t        *cut[TSR_MAX_RANK];
    int64_t        *weight; /* [n_ranks] workers; scratch once even grids are weighed */
};

/* keys.c: weigh the boxes that each argument's key gives, by `consider`. */
void keys_each(struct search *s, void (*consider)(struct search *, struct candidate));
/* Count the distinct intervals of these boxes along each dimension; scratch: [n_ranks]. */
void keys_describe(const struct problem *q, const tsr_box *boxes, int64_t *scratch, int *grid);
/* The rank that holds most of the largest input (or of what is written in part), by keys; 0 when no
 * key says. *out_arg: whose key it was, -1 none. */
int keys_place(const struct problem *q, int *out_arg);

#endif
