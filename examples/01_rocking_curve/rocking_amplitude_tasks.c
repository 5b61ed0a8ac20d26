/* rocking_amplitude_tasks.c - tasks over floats whose sums are rounded at each step.
 *
 * The bits of such a sum follow from its order. Totals fold into REDUCE arguments: the runtime cuts
 * them into canonical leaves and folds those along a fixed tree; inside a leaf a body chooses, and a
 * row that folds into one number does so in LANES sums beside each other, which is both faster and
 * rounded less than one. The cumulative sum fixes its blocks itself: a piece of block sums has, by
 * SCALE, all rows of its blocks. */
#include <math.h>

#include "rocking_amplitude.h"

enum { LANES = 16 };

/* The lanes, folded in halves. */
static float lanes_sum(float lane[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; ++i)
            lane[i] += lane[i + half];
    return lane[0];
}

static float row_sum(const float *from, int64_t stride, int64_t n)
{
    float   lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int64_t k = 0; k < LANES; ++k)
            lane[k] += from[(i + k) * stride];
    for (int64_t k = 0; i + k < n; ++k)
        lane[k] += from[(i + k) * stride];
    return lanes_sum(lane);
}

/* Of squares of what is beyond the mean. */
static float row_spread(const float *from, int64_t stride, int64_t n, float mean)
{
    float lane[LANES] = {0};
    for (int64_t i = 0; i < n; ++i) {
        const float d = from[i * stride] - mean;
        lane[i % LANES] += d * d;
    }
    return lanes_sum(lane);
}

static tsr_status total_body(const tsr_task_context *t)
{
    const tsr_out_f32_3d into = tsr_out_f32_3d_of(t, TOTAL_INTO);
    const tsr_in_f32_3d  from = tsr_in_f32_3d_of(t, TOTAL_FROM);
    TSR_FOR_2D(n, y, from.box) {
        const int64_t first = from.box.low[2], width = from.box.high[2] - first;
        const float  *row = &tsr_at(from, n, y, first);
        float        *to = &tsr_at(into, n, y, first);
        if (into.stride[2] == 0)
            *to += row_sum(row, from.stride[2], width);
        else if (from.stride[2] == 1 && into.stride[2] == 1)
            for (int64_t x = 0; x < width; ++x)
                to[x] += row[x];
        else
            for (int64_t x = 0; x < width; ++x)
                to[x * into.stride[2]] += row[x * from.stride[2]];
    }
    return TSR_OK;
}

static tsr_status spread_body(const tsr_task_context *t)
{
    float              *into = tsr_element_f32_of(t, SPREAD_INTO);
    const tsr_in_f32_2d from = tsr_in_f32_2d_of(t, SPREAD_FROM);
    const float         mean = tsr_f32_of(t, SPREAD_TOTAL) / (float)tsr_i64_of(t, SPREAD_NUMBER);
    const int64_t       first = from.box.low[1], width = from.box.high[1] - first;
    TSR_FOR_1D(i, from.box)
        *into += row_spread(&tsr_at(from, i, first), from.stride[1], width, mean);
    return TSR_OK;
}

static tsr_status block_sums_body(const tsr_task_context *t)
{
    const tsr_out_f32_2d sum = tsr_out_f32_2d_of(t, BLOCK_SUM);
    const tsr_in_f32_2d  from = tsr_in_f32_2d_of(t, BLOCK_FROM);
    TSR_FOR_2D(b, x, sum.box) {
        float here = 0;
        for (int64_t n = b * CLIMB_BLOCK; n < (b + 1) * CLIMB_BLOCK && n < from.box.high[0]; ++n)
            here += tsr_at(from, n, x);
        tsr_at(sum, b, x) = here;
    }
    return TSR_OK;
}

/* Every piece adds from the first block on: a handful of blocks, and the same order for all. */
static tsr_status carry_body(const tsr_task_context *t)
{
    const tsr_out_f32_2d carry = tsr_out_f32_2d_of(t, CARRY_INTO);
    const tsr_in_f32_2d  sums = tsr_in_f32_2d_of(t, CARRY_SUMS);
    for (int64_t x = carry.box.low[1]; x < carry.box.high[1]; ++x) {
        float before = 0;
        for (int64_t b = 0; b < carry.box.high[0]; ++b) {
            if (b >= carry.box.low[0])
                tsr_at(carry, b, x) = before;
            before += tsr_at(sums, b, x);
        }
    }
    return TSR_OK;
}

static tsr_status climb_body(const tsr_task_context *t)
{
    const tsr_out_f32_2d climb = tsr_out_f32_2d_of(t, CLIMB_INTO);
    const tsr_in_f32_2d  carry = tsr_in_f32_2d_of(t, CLIMB_CARRY);
    const tsr_in_f32_2d  from = tsr_in_f32_2d_of(t, CLIMB_FROM);
    TSR_FOR_2D(b, x, carry.box) {
        float up_to = tsr_at(carry, b, x);
        for (int64_t n = b * CLIMB_BLOCK; n < (b + 1) * CLIMB_BLOCK && n < climb.box.high[0]; ++n) {
            up_to += tsr_at(from, n, x);
            tsr_at(climb, n, x) = up_to;
        }
    }
    return TSR_OK;
}

static tsr_status median_body(const tsr_task_context *t)
{
    const tsr_in_f32_2d climb = tsr_in_f32_2d_of(t, MEDIAN_CLIMB);
    const int64_t       last = climb.box.high[0] - 1;
    const double        half = (double)tsr_at(climb, last, 0) / 2;
    int64_t             n = 0;
    while (n < last && (double)tsr_at(climb, n, 0) < half)
        ++n;
    const double before = n > 0 ? (double)tsr_at(climb, n - 1, 0) : 0;
    const double here = (double)tsr_at(climb, n, 0) - before;
    *tsr_element_f64_of(t, MEDIAN_AT) = half > 0 ? (double)n - 0.5 + (half - before) / here : NAN;
    return TSR_OK;
}

const tsr_task_desc rocking_total = {
    .name = "rocking.total",
    .args = {[TOTAL_INTO] = {TSR_REDUCE, TSR_F32, .rank = 3, .name = "sum", .reduction = TSR_SUM},
             [TOTAL_FROM] = {TSR_READ, TSR_F32, .rank = 3, .name = "amplitudes"}},
    .constraints = {TSR_ALIGN(TOTAL_INTO, TOTAL_FROM)},
    .variants = {[TSR_CPU] = {.body = total_body}},
    .pure = true,
};

const tsr_task_desc rocking_spread = {
    .name = "rocking.spread",
    .args = {[SPREAD_INTO] = {TSR_REDUCE, TSR_F32, .name = "squares", .reduction = TSR_SUM},
             [SPREAD_FROM] = {TSR_READ, TSR_F32, .rank = 2, .name = "image"},
             [SPREAD_TOTAL] = {TSR_SCALAR, TSR_F32, .name = "total"},
             [SPREAD_NUMBER] = {TSR_SCALAR, TSR_I64, .name = "number"}},
    .variants = {[TSR_CPU] = {.body = spread_body}},
    .pure = true,
};

const tsr_task_desc rocking_block_sums = {
    .name = "rocking.block_sums",
    .args = {[BLOCK_SUM] = {TSR_WRITE, TSR_F32, .rank = 2, .name = "sums"},
             [BLOCK_FROM] = {TSR_READ, TSR_F32, .rank = 2, .name = "rows"}},
    .constraints = {TSR_SCALE(BLOCK_FROM, BLOCK_SUM, CLIMB_BLOCK, 1)},
    .variants = {[TSR_CPU] = {.body = block_sums_body}},
    .pure = true,
};

const tsr_task_desc rocking_carry = {
    .name = "rocking.carry",
    .args = {[CARRY_INTO] = {TSR_WRITE, TSR_F32, .rank = 2, .name = "before"},
             [CARRY_SUMS] = {TSR_READ, TSR_F32, .rank = 2, .name = "sums"}},
    .constraints = {TSR_BROADCAST_DIMS(CARRY_SUMS, CARRY_INTO, 1u)},
    .variants = {[TSR_CPU] = {.body = carry_body}},
    .pure = true,
};

const tsr_task_desc rocking_climb = {
    .name = "rocking.climb",
    .args = {[CLIMB_INTO] = {TSR_WRITE, TSR_F32, .rank = 2, .name = "climb"},
             [CLIMB_CARRY] = {TSR_READ, TSR_F32, .rank = 2, .name = "before"},
             [CLIMB_FROM] = {TSR_READ, TSR_F32, .rank = 2, .name = "rows"}},
    .constraints = {TSR_SCALE(CLIMB_INTO, CLIMB_CARRY, CLIMB_BLOCK, 1),
                    TSR_SCALE(CLIMB_FROM, CLIMB_CARRY, CLIMB_BLOCK, 1)},
    .variants = {[TSR_CPU] = {.body = climb_body}},
    .pure = true,
};

const tsr_task_desc rocking_median = {
    .name = "rocking.median",
    .args = {[MEDIAN_AT] = {TSR_WRITE, TSR_F64, .name = "at"},
             [MEDIAN_CLIMB] = {TSR_READ, TSR_F32, .rank = 2, .name = "climb"}},
    .constraints = {TSR_BROADCAST(MEDIAN_CLIMB)},
    .variants = {[TSR_CPU] = {.body = median_body}},
    .pure = true,
};
