/* case_reduce.c - the cases of cases_reduce.py: reductions with options, and scans.
 *
 *     CASE with:NAME tolerance keepdims ddof type out where n axes...
 *
 * `type` and `out` are names of types, or "-"; where 1: the second operand is the mask; an operand
 * behind it is `initial`. */
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

enum { KEEPDIMS, DDOF, TYPE, OUT, WHERE, N_AXES, AXES };

/* An array for the answer, of another content. */
static nd_array out_of(const struct conformance_case *c)
{
    if (strcmp(c->word[OUT], "-") == 0)
        return (nd_array){0};
    return nd_full(case_type(c->word[OUT]), c->expected.shape, 1);
}

/* cumsum and their like; {0}: it is none. */
static nd_array scan(const char *name, nd_array a, const nd_reduce_options *o)
{
    static const char *const scan_table[] = {[ND_SCAN_SUM] = "cumsum",
                                             [ND_SCAN_PROD] = "cumprod",
                                             [ND_SCAN_NANSUM] = "nancumsum",
                                             [ND_SCAN_NANPROD] = "nancumprod"};
    const nd_scan_options    how = {
           .size = sizeof how, .at = o->at, .axes = o->axes, .type = o->type, .out = o->out};
    for (int k = 0; k < (int)(sizeof scan_table / sizeof scan_table[0]); ++k)
        if (strcmp(scan_table[k], name) == 0)
            return nd_scan_((nd_scan)k, a, &how);
    return (nd_array){0};
}

nd_array case_reduce(const struct conformance_case *c, const nd_operand *x)
{
    const char       *name = strchr(c->function, ':') + 1;
    const nd_array    a = x[0].array;
    nd_reduce_options o = {.size = sizeof o,
                           .at = TSR_HERE,
                           .keepdims = case_word(c, KEEPDIMS) != 0,
                           .ddof = strtod(c->word[DDOF], NULL),
                           .type = case_type(c->word[TYPE]),
                           .out = out_of(c)};
    o.axes.n = case_word(c, N_AXES);
    for (int i = 0; i < o.axes.n; ++i)
        o.axes.axis[i] = case_word(c, AXES + i);
    if (case_word(c, WHERE))
        o.where = x[1].array;
    if (c->n_operands > 1 + case_word(c, WHERE))
        o.initial = x[1 + case_word(c, WHERE)];
    const nd_reduction r = case_reduction(name);
    return r == ND_N_REDUCTIONS ? scan(name, a, &o) : nd_reduce_(r, a, &o);
}
