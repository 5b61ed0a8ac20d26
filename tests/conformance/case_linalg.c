/* case_linalg.c - cases of linear algebra as calls of this library. */
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

/* The first turned, and the second. */
static nd_array turned(nd_array a, nd_array b, tsr_site at)
{
    return nd_matmul_(nd_matrix_transpose_(a, at), nd_matrix_transpose_(b, at), at);
}

static const struct {
    const char *name;
    nd_array (*call)(nd_array a, nd_array b, tsr_site at);
} table[] = {
    {"matmul", nd_matmul_}, {"dot", nd_dot_},     {"inner", nd_inner_},
    {"vdot", nd_vdot_},     {"outer", nd_outer_}, {"matmul_turned", turned},
};

static int word(const struct conformance_case *c, int i)
{
    return i < c->n_words ? atoi(c->word[i]) : 0;
}

static nd_array triangular(const struct conformance_case *c, nd_array a, nd_array b)
{
    return nd_solve_triangular(a, b, .lower = word(c, 0) != 0, .transpose = word(c, 1) != 0,
                               .unit_diagonal = word(c, 2) != 0);
}

static const struct {
    const char *name;
    nd_array (*call)(nd_array a, nd_array v, const nd_convolve_options *o);
} convolutions[] = {
    {"convolve", nd_convolve_}, {"correlate", nd_correlate_}, {"convolve2d", nd_convolve2d_}};

nd_array case_linalg(const struct conformance_case *c, const nd_operand *x)
{
    if (strcmp(c->function, "cholesky") == 0)
        return nd_cholesky(x[0].array);
    if (strcmp(c->function, "solve_triangular") == 0)
        return triangular(c, x[0].array, x[1].array);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; ++i)
        if (strcmp(c->function, table[i].name) == 0 && c->n_operands == 2)
            return table[i].call(x[0].array, x[1].array, TSR_HERE);
    for (size_t i = 0; i < sizeof convolutions / sizeof convolutions[0]; ++i)
        if (strcmp(c->function, convolutions[i].name) == 0)
            return convolutions[i].call(
                x[0].array, x[1].array,
                TSR_OPTIONS_(nd_convolve_options, .mode = (nd_convolve_mode)word(c, 0)));
    return (nd_array){0};
}
