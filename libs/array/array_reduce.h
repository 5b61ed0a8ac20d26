/* array_reduce.h - reductions under way: what array_reduce.c, array_statistics.c and array_extreme.c
 * share.
 *
 * Threads: the issuing thread. */
#ifndef ARRAY_REDUCE_H
#define ARRAY_REDUCE_H

#include "array_build.h"

/* A reduction under way. */
struct reduce {
    nd_reduction             kind; /* of a nan-reduction what it is without */
    const char              *name;
    const nd_reduce_options *o;
    nd_array                 a;
    array_info               info, where, out_info;
    bool                     has_where, has_out, has_initial;
    bool                     skips_nan;
    unsigned                 axes;    /* folded */
    nd_type                  in, out; /* what elements are folded in, what the answer is of */
    tsr_reduction            op;
    nd_shape                 shape; /* of the answer */
    nd_shape                 kept;  /* with the folded dimensions */
    int64_t                  count; /* elements folded into one */
};

/* What becomes of a fold, of the answer's shape; arrays that are not there are {0}. */
struct reduce_finish {
    nd_array folded;
    nd_type  type;    /* of `folded` */
    nd_array less;    /* subtract it; of `type` */
    nd_array valid;   /* bools: a NaN where it is false */
    nd_array count;   /* int64: divide by it, less `ddof` */
    bool     is_mean; /* divide; by `divisor`, less `ddof`, where there is no `count` */
    double   divisor, ddof;
    bool     is_root;
};

/* ---- array_reduce.c ---- */

/* The elements as inputs of a call, of their own type. */
tsr_term reduce_elements(const struct reduce *r, struct array_call *c);
/* Whether an element takes part, a bool; -1: all do. */
tsr_term reduce_keeps(const struct reduce *r, struct array_call *c, tsr_term x);
/* The element of `t` that `op` leaves the others as they are with. */
tsr_term reduce_identity(tsr_formula *f, tsr_reduction op, nd_type t);
/* Fold a term of the call into a new array. */
nd_array reduce_fold_term(const struct reduce *r, struct array_call *c, tsr_term x,
                          tsr_reduction op, const nd_shape *shape);
/* Fold the elements in `r->in`; what takes no part counts as the identity. */
nd_array reduce_fold(const struct reduce *r, const nd_shape *shape);
/* How many elements take part (TSR_SUM, int64), or whether any does (TSR_OR, bool); {0}: all do. */
nd_array reduce_fold_kept(const struct reduce *r, tsr_reduction op, const nd_shape *shape);
/* The answer; ends the arrays of `by`. */
nd_array reduce_answer(const struct reduce *r, const struct reduce_finish *by);

/* ---- array_statistics.c ---- */

nd_array reduce_variance(const struct reduce *r);
nd_array reduce_ptp(const struct reduce *r);

/* ---- array_extreme.c ---- */

/* argmax and argmin. */
nd_array reduce_index(const struct reduce *r);
/* The greatest or least of complex numbers, of the answer's shape. */
nd_array reduce_complex_extreme(const struct reduce *r);
/* A store of shape `kept` as one of the answer's shape; ends `s`. */
tsr_store reduce_dropped(const struct reduce *r, tsr_store s);

#endif
