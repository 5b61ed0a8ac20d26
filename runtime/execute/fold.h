/* execute/fold.h - what the files that fold share: partial results of a REDUCE argument.
 *
 * Threads: the worker that claimed the fold. */
#ifndef TESSERA_EXECUTE_FOLD_H
#define TESSERA_EXECUTE_FOLD_H

#include "execute/internal.h"

/* Elements over a box of the view; mask: which of them anybody contributed to (NULL: all). */
struct partial {
    int64_t        low[TSR_MAX_RANK], high[TSR_MAX_RANK];
    char          *data;
    unsigned char *mask;
    bool           owned; /* data and mask are to be freed */
    bool           none;  /* nothing contributed */
};

struct tree {
    int     rank;
    int64_t low[TSR_MAX_RANK], high[TSR_MAX_RANK]; /* leaf coordinates */
};

struct fold {
    struct worker         *w;
    struct slot           *s;
    const struct plan     *plan;
    const struct plan_arg *pa;
    const struct plan_side *side;
    int                    k;
    tsr_type               type;
    size_t                 bytes;
    tsr_reduction          op;
    const tsr_reducer     *reducer;
    unsigned               kept;
    struct tree            mine;      /* this rank's leaves */
    int                   *local;     /* leaf of this rank by coordinates in `mine` */
    const struct shares   *shares;    /* NULL: each point (or leaf) has its accumulator */
    int                    slab_dim;  /* view indices of this along this dimension; -1: all */
    int64_t                slab_low, slab_high;
    bool                   dry;       /* elements are neither read nor made: how long is the message? */
    int                    target;    /* rank that applies the total; -1: this one */
    int                    together;  /* so many of the operation's go there as one message */
    bool                   follows;   /* and this is not the first of them */
    int                    n_peers;
    struct fold_peer { struct tree leaves; int rank; const char *at; } *peer; /* [n_peers] who sends here, by rank */
    char                  *out;       /* message under construction */
    size_t                 out_bytes, out_room;
    bool                   failed;
};

/* ---- fold_partial.c ---- */

/* How many elements there are over its box. */
int64_t partial_elements(const struct fold *f, const struct partial *p);
/* What is in accumulator i, of a point, a leaf or those that share it, in the slab; borrowed. */
struct partial partial_of(const struct fold *f, int i);
/* Give a partial elements and a mask, of all its box; false: no memory. */
bool partial_room(struct fold *f, struct partial *p);
/* a op b, element by element where both have one; takes both. */
struct partial partial_combine(struct fold *f, struct partial a, struct partial b);
/* Fold `b` into the part of `a` that it covers, element by element, with their masks; a has one. */
void partial_fold_into(const struct fold *f, struct partial *a, const struct partial *b);
/* Do they lie over the same elements of the result? */
bool partial_same_box(const struct fold *f, const struct partial *a, const struct partial *b);
void partial_done(struct partial *p);
/* Behind what the message under construction holds; takes p. */
void partial_send(struct fold *f, struct partial *p);
/* The next of what a peer sent, in the slab; borrowed. */
struct partial partial_take(struct fold *f, struct fold_peer *peer);

#endif
