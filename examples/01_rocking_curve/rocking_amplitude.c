/* rocking_amplitude.c - amplitudes: what is issued, and what is read back.
 *
 *     amplitudes ┬─ total ── over frames (rows x columns) ── sum, variance
 *                ├─ total ── over rows (frames x columns) ── sum, variance; cumulative image
 *                └─ total ── over columns (frames x rows) ── sum, variance
 *     over rows ── total ── curve (frames) ── cumulative curve ── median frame
 *
 * Everything is float32, with the same bits on any number of workers and ranks. Images stay where they
 * are but for one reading on rank 0, which writes the report. O(voxels). */
#include <stdlib.h>

#include "rocking_amplitude.h"

static const float zero = 0;

/* into += from: of equal shapes, after promotion; at most 3 dimensions. */
static tsr_status add_up(tsr_store into, tsr_store from)
{
    for (int rank = tsr_store_shape(from).rank; rank < 3; ++rank) {
        into = tsr_promote(into, 0, 1);
        from = tsr_promote(from, 0, 1);
    }
    return tsr_issue(
        &rocking_total, [TOTAL_INTO] = tsr_arg_of(into), [TOTAL_FROM] = tsr_arg_of(from));
}

/* The sum of an image, and that of its squares about the mean. */
static tsr_status measure(tsr_store image, tsr_store *out_sum, tsr_store *out_spread)
{
    const tsr_shape shape = tsr_store_shape(image);
    const tsr_store sum = tsr_store_filled(TSR_F32, TSR_SHAPE(), &zero);
    const tsr_store spread = tsr_store_filled(TSR_F32, TSR_SHAPE(), &zero);
    const tsr_store row = tsr_promote(sum, 0, shape.extent[1]);
    TSR_TRY(add_up(tsr_promote(row, 0, shape.extent[0]), image));
    TSR_TRY(tsr_issue(&rocking_spread, [SPREAD_INTO] = tsr_arg_of(spread),
                      [SPREAD_FROM] = tsr_arg_of(image), [SPREAD_TOTAL] = tsr_arg_of(sum),
                      [SPREAD_NUMBER] = tsr_arg_of(shape.extent[0] * shape.extent[1])));
    *out_sum = sum;
    *out_spread = spread;
    return TSR_OK;
}

/* Summed up along the first dimension. */
static tsr_status climb(tsr_store from, tsr_store *out)
{
    const tsr_shape shape = tsr_store_shape(from);
    const int64_t   blocks = (shape.extent[0] + CLIMB_BLOCK - 1) / CLIMB_BLOCK;
    const tsr_store sums = tsr_store_create(TSR_F32, TSR_SHAPE(blocks, shape.extent[1]));
    const tsr_store carry = tsr_store_create(TSR_F32, TSR_SHAPE(blocks, shape.extent[1]));
    const tsr_store into = tsr_store_create(TSR_F32, shape);
    TSR_TRY(tsr_issue(
        &rocking_block_sums, [BLOCK_SUM] = tsr_arg_of(sums), [BLOCK_FROM] = tsr_arg_of(from)));
    TSR_TRY(tsr_issue(
        &rocking_carry, [CARRY_INTO] = tsr_arg_of(carry), [CARRY_SUMS] = tsr_arg_of(sums)));
    TSR_TRY(tsr_issue(&rocking_climb, [CLIMB_INTO] = tsr_arg_of(into),
                      [CLIMB_CARRY] = tsr_arg_of(carry), [CLIMB_FROM] = tsr_arg_of(from)));
    *out = into;
    return TSR_OK;
}

tsr_status rocking_amplitude_issue(tsr_store amplitudes, rocking_amplitude_stores *out)
{
    rocking_amplitude_stores s;
    const tsr_shape          whole = tsr_store_shape(amplitudes);
    const int64_t frames = whole.extent[0], rows = whole.extent[1], columns = whole.extent[2];
    s.along[0] = tsr_store_filled(TSR_F32, TSR_SHAPE(rows, columns), &zero);
    s.along[1] = tsr_store_filled(TSR_F32, TSR_SHAPE(frames, columns), &zero);
    s.along[2] = tsr_store_filled(TSR_F32, TSR_SHAPE(frames, rows), &zero);
    for (int d = 0; d < 3; ++d)
        TSR_TRY(add_up(tsr_promote(s.along[d], d, whole.extent[d]), amplitudes));
    for (int d = 0; d < 3; ++d)
        TSR_TRY(measure(s.along[d], &s.sum[d], &s.spread[d]));
    s.curve = tsr_store_filled(TSR_F32, TSR_SHAPE(frames, 1), &zero);
    TSR_TRY(add_up(tsr_broadcast(s.curve, 1, columns), s.along[1]));
    TSR_TRY(climb(s.curve, &s.climb));
    TSR_TRY(climb(s.along[1], &s.cumulative));
    TSR_TRY(measure(s.cumulative, &s.cumulative_sum, &s.cumulative_spread));
    s.median = tsr_store_create(TSR_F64, TSR_SHAPE());
    TSR_TRY(tsr_issue(
        &rocking_median, [MEDIAN_AT] = tsr_arg_of(s.median), [MEDIAN_CLIMB] = tsr_arg_of(s.climb)));
    *out = s;
    return TSR_OK;
}

/* ---- reading back ---- */

/* The first of two that failed. */
static tsr_status first_of(tsr_status a, tsr_status b)
{
    return a != TSR_OK ? a : b;
}

/* All of a store, in memory of its own on rank 0; NULL elsewhere. Every rank takes part. */
static tsr_status read_floats(tsr_store s, float **out)
{
    const tsr_shape shape = tsr_store_shape(s);
    const size_t    bytes = (size_t)(shape.extent[0] * shape.extent[1]) * sizeof(float);
    float          *values = NULL;
    TSR_ONCE
    values = malloc(bytes);
    const tsr_status status = tsr_read_on(s, 0, values, bytes);
    if (status != TSR_OK) {
        free(values);
        values = NULL;
    }
    *out = values;
    return status;
}

/* Fowler, Noll, Vo: FNV-1a, RFC 9923. */
static uint64_t digest_of(const float *values, int64_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int64_t i = 0; i < n; ++i) {
        uint32_t bits;
        __builtin_memcpy(&bits, &values[i], sizeof bits);
        for (int b = 0; b < 4; ++b, bits >>= 8)
            hash = (hash ^ (bits & 0xff)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static tsr_status read_image(tsr_store image, tsr_store sum, tsr_store spread, rocking_image *out)
{
    const tsr_shape shape = tsr_store_shape(image);
    const int64_t   n = shape.extent[0] * shape.extent[1];
    rocking_image   found = {.extent = {shape.extent[0], shape.extent[1]}};
    float           squares = 0, *values = NULL;
    tsr_status      s = tsr_value(sum, &found.sum);
    s = first_of(s, tsr_value(spread, &squares));
    s = first_of(s, read_floats(image, &values));
    if (values)
        found.digest = digest_of(values, n);
    free(values);
    found.variance = squares / (float)n;
    *out = found;
    return s;
}

tsr_status rocking_amplitude_read(const rocking_amplitude_stores *r, rocking_amplitudes *out)
{
    rocking_amplitudes a = {.frames = tsr_store_shape(r->curve).extent[0]};
    tsr_status         s = TSR_OK;
    for (int d = 0; d < 3; ++d)
        s = first_of(s, read_image(r->along[d], r->sum[d], r->spread[d], &a.along[d]));
    s = first_of(s,
                 read_image(r->cumulative, r->cumulative_sum, r->cumulative_spread, &a.cumulative));
    s = first_of(s, tsr_value(r->median, &a.median_frame));
    s = first_of(s, read_floats(r->curve, &a.curve));
    s = first_of(s, read_floats(r->climb, &a.climb));
    if (s != TSR_OK) {
        rocking_amplitudes_destroy(&a);
        return s;
    }
    *out = a;
    return TSR_OK;
}

void rocking_amplitudes_destroy(rocking_amplitudes *a)
{
    free(a->curve);
    free(a->climb);
    a->curve = a->climb = NULL;
}
