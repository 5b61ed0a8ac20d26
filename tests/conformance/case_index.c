/* case_index.c - calls of indexing, as cases_index.py writes them. */
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

static int word(const struct conformance_case *c, int i)
{
    return i < c->n_words ? atoi(c->word[i]) : 0;
}

/* One axis, or "-": none. */
static nd_axes axis_of(const struct conformance_case *c, int i)
{
    return strcmp(c->word[i], "-") == 0 ? (nd_axes){0} : (nd_axes){1, {atoi(c->word[i])}};
}

static int arrays_of(const nd_operand *x, int n, nd_array *out)
{
    for (int i = 0; i < n; ++i)
        out[i] = x[i].array;
    return n;
}

/* What an array is once a call has written it; a refused call is its failure. */
static nd_array written(nd_array a, nd_array answer)
{
    return nd_status(answer) == TSR_OK ? a : answer;
}

static nd_array call_picked(const struct conformance_case *c, const nd_operand *x)
{
    const char    *name = c->function;
    const nd_array a = x[0].array;
    nd_array       index[CASE_OPERANDS];
    if (strcmp(name, "take") == 0)
        return nd_take(a, x[1].array, .axes = axis_of(c, 0), .mode = (nd_index_mode)word(c, 1));
    if (strcmp(name, "put") == 0)
        return written(a, nd_put(a, x[1].array, x[2], .mode = (nd_index_mode)word(c, 0)));
    if (strcmp(name, "get") == 0) {
        const int n = arrays_of(x + 1, c->n_operands - 1, index);
        return nd_get_(a, index, n, TSR_HERE);
    }
    if (strcmp(name, "set") == 0) {
        const int n = arrays_of(x + 2, c->n_operands - 2, index);
        return written(a, nd_set_(a, x[1], index, n, TSR_HERE));
    }
    return (nd_array){0};
}

nd_array case_call_index(const struct conformance_case *c, const nd_operand *x)
{
    const char *name = c->function;
    if (c->n_operands == 0)
        return (nd_array){0};
    const nd_array a = x[0].array;
    if (strcmp(name, "argwhere") == 0)
        return nd_argwhere(a);
    if (strcmp(name, "flatnonzero") == 0)
        return nd_flatnonzero(a);
    if (strcmp(name, "compress") == 0)
        return nd_compress(a, x[1].array, .axes = axis_of(c, 0));
    if (strcmp(name, "extract") == 0)
        return nd_extract(a, x[1].array);
    return call_picked(c, x);
}
