/* case_index.c - calls of indexing, as cases_index.py writes them. */
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

nd_type case_type(const char *name);

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
    if (strcmp(name, "take_along_axis") == 0)
        return nd_take_along_axis(a, x[1].array, .axes = axis_of(c, 0));
    if (strcmp(name, "put_along_axis") == 0)
        return written(a, nd_put_along_axis(a, x[1].array, x[2], .axes = axis_of(c, 0)));
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

/* Axes from word `i` on: how many, which. */
static nd_axes axes_of(const struct conformance_case *c, int i)
{
    nd_axes axes = {.n = word(c, i)};
    for (int k = 0; k < axes.n; ++k)
        axes.axis[k] = word(c, i + 1 + k);
    return axes;
}

static nd_shape shape_of(const struct conformance_case *c, int i)
{
    nd_shape s = {.rank = word(c, i)};
    for (int d = 0; d < s.rank; ++d)
        s.extent[d] = word(c, i + 1 + d);
    return s;
}

static nd_array call_pad(const struct conformance_case *c, const nd_operand *x)
{
    nd_widths w = {.n = word(c, 1)};
    for (int k = 0; k < 2 * w.n; ++k)
        w.width[k / 2][k % 2] = word(c, 2 + k);
    return nd_pad(x[0].array, w, .mode = (nd_pad_mode)word(c, 0), .value = x[1]);
}

/* One of the parts that a call gives; refused: its failure. */
static nd_array one_of(tsr_status s, const nd_array *parts, int which)
{
    return s == TSR_OK ? parts[which] : nd_from_store(tsr_store_failed());
}

static nd_array call_parts(const struct conformance_case *c, const nd_operand *x)
{
    const char    *name = c->function;
    const nd_array a = x[0].array;
    nd_array       in[CASE_OPERANDS], out[CASE_WORDS];
    int64_t        place[CASE_WORDS];
    if (strcmp(name, "split") == 0)
        return one_of(nd_split(a, word(c, 0), word(c, 1), out), out, word(c, 2));
    if (strcmp(name, "array_split") == 0)
        return one_of(nd_array_split(a, word(c, 0), word(c, 1), out), out, word(c, 2));
    if (strcmp(name, "split_at") == 0) {
        for (int i = 0; i < word(c, 1); ++i)
            place[i] = word(c, 2 + i);
        return one_of(nd_split_at(a, place, word(c, 1), 0, out), out, word(c, 0));
    }
    if (strcmp(name, "meshgrid") == 0) {
        const int n = arrays_of(x, c->n_operands, in);
        return one_of(nd_meshgrid(in, n, out, .ij = word(c, 0) != 0, .sparse = word(c, 1) != 0),
                      out, word(c, 2));
    }
    return (nd_array){0};
}

static nd_array call_arranged(const struct conformance_case *c, const nd_operand *x)
{
    const char    *name = c->function;
    const nd_array a = x[0].array;
    if (strcmp(name, "roll") == 0)
        return nd_roll(a, word(c, 0), .axes = axes_of(c, 1));
    if (strcmp(name, "pad") == 0)
        return call_pad(c, x);
    if (strcmp(name, "repeat") == 0)
        return nd_repeat(a, word(c, 0), .axes = axes_of(c, 1));
    if (strcmp(name, "repeat_each") == 0)
        return nd_repeat_each(a, x[1].array, .axes = axes_of(c, 0));
    if (strcmp(name, "tile") == 0)
        return nd_tile_(a, shape_of(c, 0), TSR_HERE);
    if (strcmp(name, "indices") == 0)
        return nd_indices_(shape_of(c, 0), TSR_HERE);
    return call_parts(c, x);
}

/* Words: which of what is told is compared, and which are asked for. */
static nd_array call_unique(const struct conformance_case *c, nd_array a)
{
    nd_array       told[3];
    const int      which = word(c, 0), asked = word(c, 1);
    const nd_array all =
        nd_unique(a, .index = asked & 1 ? &told[0] : NULL, .inverse = asked & 2 ? &told[1] : NULL,
                  .counts = asked & 4 ? &told[2] : NULL);
    return which < 0 ? all : told[which];
}

static nd_array call_ordered(const struct conformance_case *c, const nd_operand *x)
{
    const char    *name = c->function;
    const nd_array a = x[0].array;
    if (strcmp(name, "sort") == 0)
        return nd_sort(a, .axes = axes_of(c, 0));
    if (strcmp(name, "argsort") == 0)
        return nd_argsort(a, .axes = axes_of(c, 0));
    if (strcmp(name, "unique") == 0)
        return nd_unique(a);
    if (strcmp(name, "unique_told") == 0)
        return call_unique(c, a);
    if (strcmp(name, "searchsorted") == 0)
        return nd_searchsorted(a, x[1], .right = word(c, 0) != 0);
    return (nd_array){0};
}

static nd_array call_random(const struct conformance_case *c)
{
    const char    *name = c->function;
    const uint64_t seed = strtoull(c->word[0], NULL, 10), stream = strtoull(c->word[1], NULL, 10);
    const nd_type  t = case_type(c->word[2]);
    const nd_shape s = shape_of(c, 3);
    if (strcmp(name, "random_words") == 0)
        return nd_random_words(seed, s, .stream = stream);
    if (strcmp(name, "random_uniform") == 0)
        return nd_random_uniform(seed, s, .stream = stream, .type = t);
    if (strcmp(name, "random_normal") == 0)
        return nd_random_normal(seed, s, .stream = stream);
    if (strcmp(name, "random_integers") == 0)
        return nd_random_integers(seed, atoll(c->word[4 + s.rank]), atoll(c->word[5 + s.rank]), s,
                                  .stream = stream, .type = t);
    return strcmp(name, "random_permutation") == 0
               ? nd_random_permutation(seed, s.extent[0], .stream = stream)
               : (nd_array){0};
}

static nd_array call_counted(const struct conformance_case *c, const nd_operand *x)
{
    const char    *name = c->function;
    const nd_array a = x[0].array;
    nd_array       edges;
    const nd_axes  axes = axes_of(c, 1);
    if (strcmp(name, "median") == 0)
        return nd_median(a, .axes = axes, .keepdims = word(c, 0) != 0);
    if (strcmp(name, "quantile") == 0)
        return nd_quantile(a, strtod(c->word[2 + axes.n], NULL), .axes = axes,
                           .keepdims = word(c, 0) != 0);
    if (strcmp(name, "bincount") == 0)
        return nd_bincount(a, .minlength = word(c, 0),
                           .weights = c->n_operands > 1 ? x[1].array : (nd_array){0});
    if (strncmp(name, "histogram", 9) != 0)
        return (nd_array){0};
    const nd_array counts = nd_histogram(a, word(c, 0), &edges, .low = strtod(c->word[1], NULL),
                                         .high = strtod(c->word[2], NULL));
    return name[9] && nd_status(counts) == TSR_OK ? edges : counts;
}

nd_array case_call_index(const struct conformance_case *c, const nd_operand *x)
{
    const char *name = c->function;
    if (c->n_operands == 0)
        return (nd_array){0};
    const nd_array a = x[0].array;
    if (strncmp(name, "random_", 7) == 0)
        return call_random(c);
    if (strcmp(name, "argwhere") == 0)
        return nd_argwhere(a);
    if (strcmp(name, "flatnonzero") == 0)
        return nd_flatnonzero(a);
    if (strcmp(name, "compress") == 0)
        return nd_compress(a, x[1].array, .axes = axis_of(c, 0));
    if (strcmp(name, "extract") == 0)
        return nd_extract(a, x[1].array);
    const nd_array picked = call_picked(c, x);
    if (picked.id)
        return picked;
    const nd_array arranged = call_arranged(c, x);
    if (arranged.id)
        return arranged;
    const nd_array ordered = call_ordered(c, x);
    return ordered.id ? ordered : call_counted(c, x);
}
