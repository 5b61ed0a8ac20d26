/* solve/rank_grid.h - the search for rank boxes. */
#ifndef SOLVE_RANKS_H
#define SOLVE_RANKS_H

#include "solve/problem.h"

struct search {
    struct problem *q;
    int             n;     /* candidates weighed */
    bool            alike; /* machines are */
    bool            straight; /* cuts along a dimension are the same everywhere */
    bool            no_memory;
    /* for machines that are not alike */
    tsr_box        *boxes; /* [n_ranks] of the one at hand */
    int64_t        *cuts;  /* scratch: positions and weights of a cut along each dimension */
    int64_t        *weight; /* [n_ranks] workers */
};

/* Takes the deal over. */
typedef void ranks_consider(struct search *s, struct deal *ranks, struct candidate c);

/* rank_cost.c: fill in what these boxes of the iteration cost; is one better than the other? */
void ranks_cost(const struct problem *q, const struct deal *ranks, struct candidate *c);
bool ranks_better(const struct candidate *a, const struct candidate *b);

/* keys.c: weigh the boxes that each argument's key gives, by `consider`. */
void keys_each(struct search *s, ranks_consider *consider);
/* How many of these boxes stand in a line along each dimension, counted from the first. */
void keys_describe(const struct problem *q, const struct deal *ranks, int *grid);
/* The rank that holds most of the largest input (or of what is written in part), by keys; 0 when no
 * key says. *out_arg: whose key it was, -1 none. */
int keys_place(const struct problem *q, int *out_arg);

#endif
