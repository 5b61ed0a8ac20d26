/* case_linalg.c - cases of linear algebra as calls of this library. */
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

#define PRODUCT(name)                                                                              \
    static nd_array name(nd_array a, nd_array b, tsr_site at)                                      \
    {                                                                                              \
        return nd_##name##_(a, b, &(nd_product_options){.size = sizeof(nd_product_options),        \
                                                        .at = at});                                \
    }
PRODUCT(matmul)
PRODUCT(dot)
PRODUCT(outer)

/* The first turned, and the second. */
static nd_array turned(nd_array a, nd_array b, tsr_site at)
{
    return matmul(nd_matrix_transpose_(a, at), nd_matrix_transpose_(b, at), at);
}

/* A product with an `out`, the third operand. */
static nd_array product_to(const char *name, const nd_operand *x)
{
    const nd_array a = x[0].array, b = x[1].array, out = x[2].array;
    return strcmp(name, "matmul_to") == 0 ? nd_matmul(a, b, .out = out)
           : strcmp(name, "dot_to") == 0  ? nd_dot(a, b, .out = out)
                                          : nd_outer(a, b, .out = out);
}

static const struct {
    const char *name;
    nd_array (*call)(nd_array a, nd_array b, tsr_site at);
} table[] = {
    {"matmul", matmul}, {"dot", dot},     {"inner", nd_inner_},      {"vdot", nd_vdot_},
    {"outer", outer},   {"solve", nd_solve_}, {"matmul_turned", turned},
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

/* Words: n, norm, number of axes, axes. */
static nd_array fourier(const struct conformance_case *c, const char *name, nd_array a)
{
    const bool     is_inverse = name[0] == 'i', is_real = name[is_inverse] == 'r';
    const char     last = name[strlen(name) - 1];
    nd_fft_options o = {.size = sizeof o, .at = TSR_HERE, .n = word(c, 0)};
    o.norm = (nd_fft_norm)word(c, 1);
    o.axes.n = word(c, 2);
    for (int i = 0; i < o.axes.n; ++i)
        o.axes.axis[i] = word(c, 3 + i);
    const nd_fft_kind kind = is_real && is_inverse ? ND_FFT_REAL_INVERSE
                             : is_real             ? ND_FFT_REAL
                             : is_inverse          ? ND_FFT_INVERSE
                                                   : ND_FFT_FORWARD;
    return nd_fft_(kind, last == '2' ? 2 : last == 'n' ? 0 : 1, a, &o);
}

static const struct {
    const char *name;
    nd_array (*call)(nd_array a, nd_array v, const nd_convolve_options *o);
} convolutions[] = {
    {"convolve", nd_convolve_}, {"correlate", nd_correlate_}, {"convolve2d", nd_convolve2d_}};

/* Words: how many, or -1 and the axes of both. */
static nd_array tensordot(const struct conformance_case *c, const nd_operand *x)
{
    nd_axes axes[2] = {{.n = word(c, 1)}, {.n = word(c, 1)}};
    if (word(c, 0) >= 0)
        return nd_tensordot(x[0].array, x[1].array, word(c, 0));
    for (int i = 0; i < word(c, 1); ++i) {
        axes[0].axis[i] = word(c, 2 + 2 * i);
        axes[1].axis[i] = word(c, 3 + 2 * i);
    }
    return nd_tensordot_axes(x[0].array, x[1].array, axes[0], axes[1]);
}

nd_array case_linalg(const struct conformance_case *c, const nd_operand *x)
{
    if (strstr(c->function, "_to"))
        return product_to(c->function, x);
    if (strcmp(c->function, "tensordot") == 0)
        return tensordot(c, x);
    if (strcmp(c->function, "inv") == 0)
        return nd_inv(x[0].array);
    if (strcmp(c->function, "cholesky") == 0)
        return nd_cholesky(x[0].array);
    if (strstr(c->function, "fftshift")) {
        nd_axes axes = {.n = word(c, 0)};
        for (int i = 0; i < axes.n; ++i)
            axes.axis[i] = word(c, 1 + i);
        return nd_fft_shift_(x[0].array, c->function[0] == 'i',
                             TSR_OPTIONS_(nd_axes_options, .axes = axes));
    }
    if (strstr(c->function, "fftfreq"))
        return (c->function[0] == 'r' ? nd_rfftfreq_ : nd_fftfreq_)(
            word(c, 0), strtod(c->word[1], NULL), TSR_HERE);
    if (strstr(c->function, "fft"))
        return fourier(c, c->function, x[0].array);
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
