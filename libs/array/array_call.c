/* array_call.c - a formula with its inputs, issued.
 *
 * Cost: O(inputs). Threads: the issuing thread. */
#include "array_build.h"

void array_call_begin(struct array_call *c, const char *name, tsr_site at)
{
    tsr_formula_begin(&c->formula, name);
    c->n = 0;
    c->at = at;
}

tsr_term array_call_store(struct array_call *c, nd_array a, nd_type t)
{
    c->arg[c->n++] = tsr_arg_store(nd_store(a));
    return tsr_formula_input(&c->formula, t);
}

tsr_term array_call_value(struct array_call *c, nd_type t, const array_element *e)
{
    c->arg[c->n++] = array_number_arg(t, e);
    return tsr_formula_input(&c->formula, t);
}

tsr_term array_call_real(struct array_call *c, nd_type t, double v)
{
    array_element e;
    array_element_store(t, (double[]){v, 0}, e.bytes);
    return array_call_value(c, t, &e);
}

tsr_status array_call_issue(const struct array_call *c, nd_array out)
{
    const tsr_store o = nd_store(out);
    return tsr_formula_issue_(&c->formula, &o, 1, c->arg, c->n, c->at);
}

nd_array array_call_make(const struct array_call *c, nd_type type, const nd_shape *shape)
{
    const nd_array   out = nd_from_store(tsr_store_create_(type, *shape, c->at));
    const tsr_status s = array_call_issue(c, out);
    (void)s; /* `out` carries the cause */
    return out;
}
