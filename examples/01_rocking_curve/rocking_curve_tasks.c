/* rocking_curve_tasks.c - the tasks over curves: a few hundred doubles, each body sees all of
 * them. */
#include <math.h>

#include "rocking_tasks.h"

static tsr_status centroid_body(const tsr_task_context *t)
{
    tsr_in_f64_1d line = tsr_in_f64_1d_of(t, CENTROID_LINE);
    double        total = 0, moment = 0;
    TSR_FOR_1D(i, line.box) {
        total += tsr_at(line, i);
        moment += tsr_at(line, i) * (double)i;
    }
    *tsr_element_f64_of(t, CENTROID_AT) = total != 0 ? moment / total : NAN;
    return TSR_OK;
}

static tsr_indexed_f64 brightest_of(const tsr_in_f64_1d *curve)
{
    tsr_indexed_f64 top = {-INFINITY, 0};
    TSR_FOR_1D(i, curve->box)
        if (tsr_at(*curve, i) > top.value)
            top = (tsr_indexed_f64){tsr_at(*curve, i), i};
    return top;
}

/* How far beyond frame `i`, which is above `half`, the line to its neighbour meets it; NAN when
 * there is no neighbour. */
static double beyond(const tsr_in_f64_1d *curve, int64_t i, int64_t neighbour, double half)
{
    if (neighbour < curve->box.low[0] || neighbour >= curve->box.high[0])
        return NAN;
    const double inside = tsr_at(*curve, i), outside = tsr_at(*curve, neighbour);
    return (inside - half) / (inside - outside);
}

static tsr_status curve_body(const tsr_task_context *t)
{
    tsr_in_f64_1d         curve = tsr_in_f64_1d_of(t, CURVE_LINE);
    const tsr_indexed_f64 top = brightest_of(&curve);
    const bool            has_counts = top.value > 0;
    const double          half = has_counts ? top.value / 2 : INFINITY;
    int64_t               first = top.index, last = top.index;
    while (first > curve.box.low[0] && tsr_at(curve, first - 1) > half)
        --first;
    while (last + 1 < curve.box.high[0] && tsr_at(curve, last + 1) > half)
        ++last;
    *tsr_element_indexed_f64_of(t, CURVE_BRIGHTEST) = top;
    *tsr_element_f64_of(t, CURVE_HALF) = half;
    *tsr_element_i64_of(t, CURVE_FIRST) = first;
    *tsr_element_i64_of(t, CURVE_LAST) = last;
    *tsr_element_f64_of(t, CURVE_FWHM) = has_counts ? (double)(last - first) +
                                                          beyond(&curve, first, first - 1, half) +
                                                          beyond(&curve, last, last + 1, half)
                                                    : NAN;
    return TSR_OK;
}

static tsr_status hits_body(const tsr_task_context *t)
{
    int64_t      *count = tsr_element_i64_of(t, HITS_COUNT);
    tsr_in_f64_1d curve = tsr_in_f64_1d_of(t, HITS_CURVE);
    const double  level = tsr_f64_of(t, HITS_LEVEL);
    TSR_FOR_1D(i, curve.box)
        *count += tsr_at(curve, i) >= level;
    return TSR_OK;
}

const tsr_task_desc rocking_centroid = {
    .name = "rocking.centroid",
    .args = {[CENTROID_AT] = {TSR_WRITE, TSR_F64, .name = "at"},
             [CENTROID_LINE] = {TSR_READ, TSR_F64, .rank = 1, .name = "line"}},
    .constraints = {TSR_BROADCAST(CENTROID_LINE)},
    .variants = {[TSR_CPU] = {.body = centroid_body}},
    .pure = true,
};

const tsr_task_desc rocking_curve = {
    .name = "rocking.curve",
    .args = {[CURVE_LINE] = {TSR_READ, TSR_F64, .rank = 1, .name = "curve"},
             [CURVE_BRIGHTEST] = {TSR_WRITE, TSR_INDEXED_F64, .name = "brightest"},
             [CURVE_HALF] = {TSR_WRITE, TSR_F64, .name = "half"},
             [CURVE_FIRST] = {TSR_WRITE, TSR_I64, .name = "first"},
             [CURVE_LAST] = {TSR_WRITE, TSR_I64, .name = "last"},
             [CURVE_FWHM] = {TSR_WRITE, TSR_F64, .name = "fwhm"}},
    .constraints = {TSR_BROADCAST(CURVE_LINE)},
    .variants = {[TSR_CPU] = {.body = curve_body}},
    .pure = true,
};

const tsr_task_desc rocking_hits = {
    .name = "rocking.hits",
    .args = {[HITS_COUNT] = {TSR_REDUCE, TSR_I64, .name = "count", .reduction = TSR_SUM},
             [HITS_CURVE] = {TSR_READ, TSR_F64, .rank = 1, .name = "curve"},
             [HITS_LEVEL] = {TSR_SCALAR, TSR_F64, .name = "level"}},
    .variants = {[TSR_CPU] = {.body = hits_body}},
    .pure = true,
};
