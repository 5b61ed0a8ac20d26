/* solve/rank_grid.h - the search for rank boxes. */
#ifndef SOLVE_RANKS_H
#define SOLVE_RANKS_H

#include "solve/problem.h"

struct search {
    struct problem *q;
    int             n;     /* candidates weighed */
    tsr_box        *boxes; /* [n_ranks] of the one at hand */
    int64_t        *cuts;  /* scratch: positions and weights of a cut along each dimension */
    int64_t        *weight; /* [n_ranks] workers */
    bool            straight; /* cuts along a dimension are the same everywhere */
};

/* keys.c: weigh the boxes that each argument's key gives, by `consider`. */
void keys_each(struct search *s, void (*consider)(struct search *, struct candidate));
/* How many of these boxes stand in a line along each dimension, counted from the first. */
void keys_describe(const struct problem *q, const tsr_box *boxes, int *grid);
/* The rank that holds most of the largest input (or of what is written in part), by keys; 0 when no
 * key says. *out_arg: whose key it was, -1 none. */
int keys_place(const struct problem *q, int *out_arg);

#endif
