/* array_tensordot.c - sums of products over several dimensions of two arrays.
 *
 * As numpy.tensordot: what is summed over is put last in the one and first in the other, both are
 * seen as matrices, and these are multiplied.
 *
 * Cost: that of nd_matmul, and a copy where dimensions are not beside each other. Threads: the
 * issuing thread. */
#include "array_inside.h"

/* One operand: which dimensions stay, and which are summed over, in order. */
struct side {
    nd_array   a;
    array_info info;
    int        n_kept, n_summed;
    int        kept[TSR_MAX_RANK], summed[TSR_MAX_RANK];
};

static tsr_status side_find(struct side *s, const nd_axes *axes, tsr_site at)
{
    const int rank = s->info.shape.rank;
    unsigned  taken = 0;
    if (axes->n < 0 || axes->n > rank)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%d dimensions of %d are to be summed over", axes->n,
                         rank);
    for (int i = 0; i < axes->n; ++i) {
        TSR_TRY(array_axis(axes->axis[i], rank, &s->summed[i], at));
        if (taken & 1u << s->summed[i])
            return tsr_fail_(at, TSR_BAD_ARGUMENT, "axis %d is given twice", axes->axis[i]);
        taken |= 1u << s->summed[i];
    }
    s->n_summed = axes->n;
    for (int d = 0; d < rank; ++d)
        if (!(taken & 1u << d))
            s->kept[s->n_kept++] = d;
    return TSR_OK;
}

static int64_t extents(const struct side *s, const int *axes, int n)
{
    int64_t product = 1;
    for (int i = 0; i < n; ++i)
        product *= s->info.shape.extent[axes[i]];
    return product;
}

/* The operand as a matrix, what is summed over last or first. */
static nd_array as_matrix(const struct side *s, bool is_last, tsr_site at)
{
    int       order[TSR_MAX_RANK], n = 0;
    const int rank = s->info.shape.rank;
    for (int i = 0; is_last && i < s->n_kept; ++i)
        order[n++] = s->kept[i];
    for (int i = 0; i < s->n_summed; ++i)
        order[n++] = s->summed[i];
    for (int i = 0; !is_last && i < s->n_kept; ++i)
        order[n++] = s->kept[i];
    const int64_t kept = extents(s, s->kept, s->n_kept),
                  summed = extents(s, s->summed, s->n_summed);
    const nd_shape shape = {2, {is_last ? kept : summed, is_last ? summed : kept}};
    return nd_reshape_(rank > 1 ? nd_transpose_(s->a, order, rank, at) : s->a, shape, at);
}

static nd_array tensordot(struct side s[2], const nd_axes axes[2], tsr_site at)
{
    nd_array answer;
    nd_shape shape = {.rank = 0};
    for (int i = 0; i < 2; ++i)
        if (!array_begin(s[i].a, &s[i].info, &answer, at))
            return answer;
    for (int i = 0; i < 2; ++i)
        if (side_find(&s[i], &axes[i], at) != TSR_OK)
            return array_failed(at);
    bool fits = s[0].n_summed == s[1].n_summed;
    for (int i = 0; fits && i < s[0].n_summed; ++i)
        fits = s[0].info.shape.extent[s[0].summed[i]] == s[1].info.shape.extent[s[1].summed[i]];
    if (!fits)
        return ARRAY_FAIL(at, BAD_SHAPE, "tensordot of %s and %s: shape-mismatch for sum",
                          array_shape_text(&s[0].info.shape).text,
                          array_shape_text(&s[1].info.shape).text);
    if (s[0].n_kept + s[1].n_kept > TSR_MAX_RANK)
        return ARRAY_FAIL(at, BAD_SHAPE, "the result has %d dimensions; %d may be",
                          s[0].n_kept + s[1].n_kept, TSR_MAX_RANK);
    for (int i = 0; i < 2; ++i)
        for (int d = 0; d < s[i].n_kept; ++d)
            shape.extent[shape.rank++] = s[i].info.shape.extent[s[i].kept[d]];
    const nd_product_options plain = {.size = sizeof plain, .at = at};
    const nd_array           x = as_matrix(&s[0], true, at), y = as_matrix(&s[1], false, at);
    return nd_reshape_(nd_matmul_(x, y, &plain), shape, at);
}

nd_array nd_tensordot_axes_(nd_array a, nd_array b, nd_axes axes_a, nd_axes axes_b, tsr_site at)
{
    ND_SCOPE();
    struct side   s[2] = {{.a = a}, {.a = b}};
    const nd_axes axes[2] = {axes_a, axes_b};
    return nd_keep_(tensordot(s, axes, at), at);
}

nd_array nd_tensordot_(nd_array a, nd_array b, int n, tsr_site at)
{
    nd_axes axes_a = {.n = n}, axes_b = {.n = n};
    if (n < 0 || n > TSR_MAX_RANK)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "%d dimensions are to be summed over", n);
    for (int i = 0; i < n; ++i) {
        axes_a.axis[i] = i - n;
        axes_b.axis[i] = i;
    }
    return nd_tensordot_axes_(a, b, axes_a, axes_b, at);
}
