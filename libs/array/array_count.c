/* array_count.c - how often: integers, and elements in the parts of a range.
 *
 * Tasks that fold into counts: integers exactly, weights along canonical leaves.
 *
 * Cost: one pass; memory of the counts for each worker. Threads: the issuing thread; bodies any. */
#include <math.h>

#include <tessera/array_count.h>

#include "array_build.h"

enum { COUNTS, IN, WEIGHTS, LOW = 2, HIGH, EDGES };

/* ---- integers ---- */

static tsr_status bincount_body(const tsr_task_context *t)
{
    const tsr_out_i64_1d counts = tsr_out_i64_1d_of(t, COUNTS);
    const tsr_in_i64_1d  in = tsr_in_i64_1d_of(t, IN);
    TSR_FOR_1D(i, in.box)
        ++counts.origin[in.origin[i * in.stride[0]] * counts.stride[0]];
    return TSR_OK;
}

static tsr_status weighted_body(const tsr_task_context *t)
{
    const tsr_out_f64_1d sums = tsr_out_f64_1d_of(t, COUNTS);
    const tsr_in_i64_1d  in = tsr_in_i64_1d_of(t, IN);
    const tsr_in_f64_1d  weights = tsr_in_f64_1d_of(t, WEIGHTS);
    TSR_FOR_1D(i, in.box)
        sums.origin[in.origin[i * in.stride[0]] * sums.stride[0]] +=
            weights.origin[i * weights.stride[0]];
    return TSR_OK;
}

static const tsr_task_desc bincount_task = {
    .name = "array.bincount",
    .args = {[COUNTS] = {TSR_REDUCE, TSR_I64, 1, "counts", TSR_SUM},
             [IN] = {TSR_READ, TSR_I64, 1, "integers"}},
    .constraints = {TSR_BROADCAST(COUNTS)},
    .variants = {[TSR_CPU] = {.body = bincount_body}},
};
static const tsr_task_desc weighted_task = {
    .name = "array.bincount_weighted",
    .args = {[COUNTS] = {TSR_REDUCE, TSR_F64, 1, "sums", TSR_SUM},
             [IN] = {TSR_READ, TSR_I64, 1, "integers"},
             [WEIGHTS] = {TSR_READ, TSR_F64, 1, "weights"}},
    .constraints = {TSR_BROADCAST(COUNTS), TSR_ALIGN(WEIGHTS, IN)},
    .variants = {[TSR_CPU] = {.body = weighted_body}},
};

/* The least or greatest element, waited for. */
static double extreme(nd_array a, nd_reduction which, tsr_site at)
{
    const nd_reduce_options all = {.size = sizeof all, .at = at};
    return nd_value_(nd_reduce_(which, a, &all), at);
}

static tsr_status bincount_check(nd_array a, const array_info *info, const nd_bincount_options *o,
                                 int64_t *out_length)
{
    double least, most;
    if (info->shape.rank != 1)
        return tsr_fail_(o->at, TSR_BAD_SHAPE, "object too deep for desired array: %s",
                         array_shape_text(&info->shape).text);
    if (array_kind_of(info->type) > KIND_INT || info->type == TSR_U64)
        return tsr_fail_(o->at, TSR_BAD_TYPE, "bincount of %s, which int64 does not hold",
                         nd_type_name(info->type));
    if (o->minlength < 0)
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "'minlength' must not be negative");
    *out_length = o->minlength;
    if (info->shape.extent[0] == 0)
        return TSR_OK;
    least = extreme(a, ND_REDUCE_MIN, o->at);
    most = extreme(a, ND_REDUCE_MAX, o->at);
    if (isnan(least) || isnan(most))
        return array_status(a, "nd_bincount()", o->at);
    if (least < 0)
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT,
                         "'list' argument must have no negative elements; the least is %.0f",
                         least);
    if (most >= 0x1p53)
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "as many counts as the greatest, %.0f", most);
    if ((int64_t)most + 1 > *out_length)
        *out_length = (int64_t)most + 1;
    return TSR_OK;
}

static nd_array bincount(nd_array a, const nd_bincount_options *o)
{
    array_info info, of_weights;
    nd_array   answer;
    int64_t    length = 0;
    const bool is_weighted = o->weights.id != 0;
    tsr_arg    arg[3];
    if (!array_begin(a, &info, &answer, o->at) ||
        (is_weighted && !array_begin(o->weights, &of_weights, &answer, o->at)))
        return answer;
    if (bincount_check(a, &info, o, &length) != TSR_OK)
        return array_failed(o->at);
    if (is_weighted && !array_same_shape(&info.shape, &of_weights.shape))
        return ARRAY_FAIL(o->at, BAD_SHAPE, "The weights and list don't have the same length.");
    if (is_weighted && array_kind_of(of_weights.type) == KIND_COMPLEX)
        return ARRAY_FAIL(o->at, BAD_TYPE, "weights of %s", nd_type_name(of_weights.type));
    const nd_array counts = nd_full_(is_weighted ? TSR_F64 : TSR_I64, (nd_shape){1, {length}},
                                     nd_operand_int(0), o->at);
    if (info.shape.extent[0] == 0 || length == 0)
        return counts;
    arg[COUNTS] = tsr_arg_store(nd_store(counts));
    arg[IN] = tsr_arg_store(nd_store(nd_astype_(a, TSR_I64, o->at)));
    if (is_weighted)
        arg[WEIGHTS] = tsr_arg_store(nd_store(nd_astype_(o->weights, TSR_F64, o->at)));
    const tsr_status s =
        tsr_issue_(is_weighted ? &weighted_task : &bincount_task, arg, 2 + is_weighted,
                   &(tsr_launch){.size = sizeof(tsr_launch), .at = o->at});
    (void)s; /* `counts` carries the cause */
    return counts;
}

nd_array nd_bincount_(nd_array a, const nd_bincount_options *o)
{
    ND_SCOPE();
    return nd_keep_(bincount(a, o), o->at);
}

/* ---- parts of a range ---- */

/* The part that a value within the range is in: guessed, and put right by the ends. */
static int64_t part_of(const tsr_in_f64_1d *edge, double v, double low, double scale)
{
    const int64_t n = edge->box.high[0] - 1, step = edge->stride[0];
    int64_t       i = (int64_t)((v - low) * scale);
    i = i < 0 ? 0 : i >= n ? n - 1 : i;
    while (i > 0 && v < edge->origin[i * step])
        --i;
    while (i < n - 1 && v >= edge->origin[(i + 1) * step])
        ++i;
    return i;
}

static tsr_status histogram_body(const tsr_task_context *t)
{
    const tsr_out_i64_1d counts = tsr_out_i64_1d_of(t, COUNTS);
    const tsr_in_f64_1d  in = tsr_in_f64_1d_of(t, IN), edge = tsr_in_f64_1d_of(t, EDGES);
    const double         low = tsr_f64_of(t, LOW), high = tsr_f64_of(t, HIGH);
    const double         scale = (double)(edge.box.high[0] - 1) / (high - low);
    TSR_FOR_1D(i, in.box) {
        const double v = in.origin[i * in.stride[0]];
        if (v >= low && v <= high)
            ++counts.origin[part_of(&edge, v, low, scale) * counts.stride[0]];
    }
    return TSR_OK;
}

static const tsr_task_desc histogram_task = {
    .name = "array.histogram",
    .args = {[COUNTS] = {TSR_REDUCE, TSR_I64, 1, "counts", TSR_SUM},
             [IN] = {TSR_READ, TSR_F64, 1, "elements"},
             [LOW] = {TSR_SCALAR, TSR_F64, .name = "low"},
             [HIGH] = {TSR_SCALAR, TSR_F64, .name = "high"},
             [EDGES] = {TSR_READ, TSR_F64, 1, "edges"}},
    .constraints = {TSR_BROADCAST(COUNTS), TSR_BROADCAST(EDGES)},
    .variants = {[TSR_CPU] = {.body = histogram_body}},
};

/* The range, as NumPy chooses it (numpy/lib/_histograms_impl.py, _get_outer_edges). */
static tsr_status range_find(nd_array a, const array_info *info, const nd_histogram_options *o,
                             double range[2])
{
    range[0] = o->low;
    range[1] = o->high;
    if (range[0] == 0 && range[1] == 0) {
        const bool is_empty = array_volume(&info->shape) == 0;
        range[0] = is_empty ? 0 : extreme(a, ND_REDUCE_MIN, o->at);
        range[1] = is_empty ? 1 : extreme(a, ND_REDUCE_MAX, o->at);
        TSR_TRY(array_status(a, "nd_histogram()", o->at));
    }
    if (range[0] > range[1])
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "max must be larger than min in range");
    if (!isfinite(range[0]) || !isfinite(range[1]))
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "range of [%g, %g] is not finite", range[0],
                         range[1]);
    if (range[0] == range[1]) {
        range[0] -= 0.5;
        range[1] += 0.5;
    }
    return TSR_OK;
}

static nd_array histogram(nd_array a, int64_t bins, nd_array *out_edges,
                          const nd_histogram_options *o)
{
    array_info info;
    nd_array   answer;
    double     range[2];
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    if (array_kind_of(info.type) == KIND_COMPLEX)
        return ARRAY_FAIL(o->at, BAD_TYPE, "histogram of %s", nd_type_name(info.type));
    if (bins < 1)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "`bins` must be positive, not %lld",
                          (long long)bins);
    if (range_find(a, &info, o, range) != TSR_OK)
        return array_failed(o->at);
    const nd_linspace_options how = {.size = sizeof how, .at = o->at};
    const nd_array            edges =
        nd_linspace_(nd_operand_real(range[0]), nd_operand_real(range[1]), bins + 1, &how);
    const nd_array counts = nd_full_(TSR_I64, (nd_shape){1, {bins}}, nd_operand_int(0), o->at);
    const nd_array wide = info.type == TSR_F64 ? a : nd_astype_(a, TSR_F64, o->at);
    const nd_array line = info.shape.rank == 1 ? wide : nd_ravel_(wide, o->at);
    const tsr_arg  arg[] = {[COUNTS] = tsr_arg_store(nd_store(counts)),
                            [IN] = tsr_arg_store(nd_store(line)),
                            [LOW] = tsr_arg_f64(range[0]),
                            [HIGH] = tsr_arg_f64(range[1]),
                            [EDGES] = tsr_arg_store(nd_store(edges))};
    if (array_volume(&info.shape) > 0 &&
        tsr_issue_(&histogram_task, arg, 5,
                   &(tsr_launch){.size = sizeof(tsr_launch), .at = o->at}) != TSR_OK)
        return array_failed(o->at);
    if (out_edges)
        *out_edges = nd_keep_(edges, o->at);
    return counts;
}

nd_array nd_histogram_(nd_array a, int64_t bins, nd_array *out_edges, const nd_histogram_options *o)
{
    ND_SCOPE();
    return nd_keep_(histogram(a, bins, out_edges, o), o->at);
}
