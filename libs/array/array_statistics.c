/* array_statistics.c - reductions composed of others: variances, and the greatest less the least.
 *
 * A variance takes two passes: the mean, then the squared distances from it (Chan, Golub, LeVeque,
 * "Algorithms for computing the sample variance", The American Statistician 37 (1983), eq. 1.3). Both
 * fold in the canonical order of sums; halves are float32 throughout.
 *
 * Cost: two passes over the elements, and small operations. Threads: the issuing thread. */
#include "array_reduce.h"

/* The mean of the elements that take part, of shape `kept`, in the type that is folded in. */
static nd_array mean_kept(const struct reduce *r, nd_array count)
{
    struct array_call c;
    const nd_array    total = reduce_fold(r, &r->kept);
    array_call_begin(&c, r->name, r->o->at);
    tsr_formula   *f = &c.formula;
    const tsr_term x = array_call_store(&c, total, r->in);
    const tsr_term n = count.id ? array_cast(f, array_call_store(&c, count, TSR_I64), r->in)
                                : array_call_real(&c, r->in, (double)r->count);
    tsr_formula_output(f, tsr_apply(f, TSR_OP_DIVIDE, x, n));
    const nd_array out = array_call_make(&c, r->in, &r->kept);
    tsr_store_release_(nd_store(total), r->o->at);
    return out;
}

/* The sum of squared distances from the mean, of the answer's shape. */
static nd_array squares(const struct reduce *r, nd_array mean)
{
    struct array_call c;
    const nd_type     real = array_real_of(r->in);
    array_call_begin(&c, r->name, r->o->at);
    tsr_formula   *f = &c.formula;
    const tsr_term own = reduce_elements(r, &c), keeps = reduce_keeps(r, &c, own);
    const tsr_term m = array_call_store(&c, mean, r->in);
    const tsr_term d = tsr_apply(f, TSR_OP_SUBTRACT, array_cast(f, own, r->in), m);
    tsr_term       square;
    if (real == r->in)
        square = tsr_apply(f, TSR_OP_MULTIPLY, d, d);
    else {
        const tsr_term re = tsr_apply(f, TSR_OP_REAL, d), im = tsr_apply(f, TSR_OP_IMAG, d);
        square = tsr_apply(f, TSR_OP_ADD, tsr_apply(f, TSR_OP_MULTIPLY, re, re),
                           tsr_apply(f, TSR_OP_MULTIPLY, im, im));
    }
    if (keeps >= 0)
        square = tsr_apply(f, TSR_OP_SELECT, keeps, square, tsr_formula_number(f, real, 0));
    return reduce_fold_term(r, &c, square, TSR_SUM, &r->shape);
}

nd_array reduce_variance(const struct reduce *r)
{
    struct reduce_finish by = {.type = array_real_of(r->in),
                               .is_mean = true,
                               .divisor = (double)r->count,
                               .ddof = r->o->ddof,
                               .is_root = r->kind == ND_REDUCE_STD};
    const nd_array       count = reduce_fold_kept(r, TSR_SUM, &r->kept);
    const nd_array       mean = mean_kept(r, count);
    by.folded = squares(r, mean);
    if (count.id)
        by.count = nd_from_store(reduce_dropped(r, nd_store(count)));
    tsr_store_release_(nd_store(mean), r->o->at);
    return reduce_answer(r, &by);
}

nd_array reduce_ptp(const struct reduce *r)
{
    struct reduce        greatest = *r, least = *r;
    struct reduce_finish by = {.type = r->in};
    const bool           is_complex = array_kind_of(r->in) == KIND_COMPLEX;
    greatest.op = TSR_MAX;
    least.op = TSR_MIN;
    by.folded = is_complex ? reduce_complex_extreme(&greatest) : reduce_fold(&greatest, &r->shape);
    by.less = is_complex ? reduce_complex_extreme(&least) : reduce_fold(&least, &r->shape);
    return reduce_answer(r, &by);
}
