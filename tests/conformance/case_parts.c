/* case_parts.c - calls that round, bound, take numbers apart or count indices, as cases_parts.py writes
 * them. */
#include <math.h>
#include <string.h>

#include "case_file.h"

ND_FORMULA(hill, (i, j), { return (i - 3) * j + 0.25 * i * i; })
/* The same, in words that are not read. */
ND_FORMULA(hill_by_loop, (i, j), {
    double v = (i - 3) * j;
    if (v != 0.5)
        v += 0.25 * i * i;
    return v;
})
ND_FORMULA(row, (i), { return i / 2 - 1; })
ND_FORMULA(cube, (i, j, k), { return i * 100 + j * 10 + k; })

static nd_shape shape_of(const struct conformance_case *c, int i)
{
    nd_shape s = {.rank = case_word(c, i)};
    for (int d = 0; d < s.rank; ++d)
        s.extent[d] = case_word(c, i + 1 + d);
    return s;
}

static nd_array call_function(const struct conformance_case *c)
{
    const nd_shape s = shape_of(c, 1);
    if (strcmp(c->word[0], "hill") == 0)
        return nd_fromfunction(hill, s);
    if (strcmp(c->word[0], "hill_by_loop") == 0)
        return nd_fromfunction(hill_by_loop, s);
    return strcmp(c->word[0], "row") == 0 ? nd_fromfunction(row, s) : nd_fromfunction(cube, s);
}

/* Words: which result, whether there are outs, whether there is a where. */
static nd_array call_pair(const struct conformance_case *c, const nd_operand *x)
{
    const int       n = strcmp(c->function, "divmod") == 0 ? 2 : 1;
    const bool      has_outs = case_word(c, 1) != 0, has_where = case_word(c, 2) != 0;
    const nd_array  none = {0}, where = has_where ? x[c->n_operands - 1].array : none;
    nd_array        second;
    nd_pair_options o = {.size = sizeof o, .at = TSR_HERE, .where = where};
    for (int i = 0; has_outs && i < 2; ++i)
        o.out[i] = x[n + i].array;
    const nd_array first = n == 2                             ? nd_divmod_(x[0], x[1], &second, &o)
                           : strcmp(c->function, "modf") == 0 ? nd_modf_(x[0], &second, &o)
                                                              : nd_frexp_(x[0], &second, &o);
    return case_word(c, 0) == 0 ? first : second;
}

nd_array case_parts(const struct conformance_case *c, const nd_operand *x)
{
    const char    *name = c->function;
    const nd_array none = {0};
    if (strcmp(name, "round") == 0)
        return nd_round(x[0].array, .decimals = case_word(c, 0),
                        .out = c->n_operands > 1 ? x[1].array : none);
    if (strcmp(name, "clip_to") == 0)
        return nd_clip(x[0], x[1], x[2], .out = x[3].array,
                       .where = c->n_operands > 4 ? x[4].array : none);
    if (strcmp(name, "fromfunction") == 0)
        return call_function(c);
    return strcmp(name, "modf") == 0 || strcmp(name, "frexp") == 0 || strcmp(name, "divmod") == 0
               ? call_pair(c, x)
               : none;
}
