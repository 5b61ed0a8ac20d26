/* rocking_reduce.c - the reduction as a sequence of tasks.
 *
 *     raw ─ threshold ─ counts ┬─ sum ──── sum image (rows x columns) ── sum ── its marginal over columns
 *                              ├─ sum ──── side (frames x columns) ───── sum ── curve (frames)
 *                              ├─ sum ──── top (frames x rows) ───────── sum ── its marginal over rows
 *                              ├─ maximum ─ maximum image
 *                              ├─ peak ─── greatest count and its place
 *                              ├─ nonzero ─ how many
 *                              └─ amplitude ─ rocking_amplitude.c
 *     curve ─ brightest, half, width; centroids of the three marginals; hits
 *
 * Nothing waits before the last task is issued. `raw`, `counts` and the amplitudes are released as soon
 * as their last reader is issued: they are temporaries, and the frames pass through memory piece by piece.
 * Integer counts are summed as int64, exactly; float counts along canonical leaves: either way the
 * same bits on any number of workers and ranks. */
#include <math.h>
#include <stdlib.h>

#include "rocking_reduce.h"

/* The stores between issue and reading back; owned by the scope of rocking_reduce(). */
typedef struct results {
    tsr_store                sum_image, maximum_image, side, top;
    tsr_store                curve, total, peak, nonzero;
    tsr_store                center[3];
    tsr_store                brightest, half, first, last, fwhm, hits;
    rocking_amplitude_stores amplitudes;
} results;

/* A view of a store with leading dimensions of extent 1, three in all. */
static tsr_store as_3d(tsr_store s)
{
    for (int rank = tsr_store_shape(s).rank; rank < 3; ++rank)
        s = tsr_promote(s, 0, 1);
    return s;
}

/* A store of zeros for the sum of `from` along dimension `dim`; *out_sum. */
static tsr_status sum_along(const rocking_tasks *tasks, tsr_store from, int dim, tsr_store *out_sum)
{
    tsr_shape     shape = tsr_store_shape(from), rest = {.rank = shape.rank - 1};
    const int64_t extent = shape.extent[dim];
    for (int d = 0; d < rest.rank; ++d)
        rest.extent[d] = shape.extent[d < dim ? d : d + 1];
    const tsr_store sum = tsr_store_filled(tasks->type, rest, tasks->zero);
    TSR_TRY(tsr_issue(tasks->sum, [FOLD_INTO] = tsr_arg_of(as_3d(tsr_promote(sum, dim, extent))),
                      [FOLD_FROM] = tsr_arg_of(as_3d(from))));
    *out_sum = sum;
    return TSR_OK;
}

/* Everything that looks at the frames themselves. */
static tsr_status reduce_frames(const rocking_tasks *tasks, tsr_store counts, results *r)
{
    const tsr_shape shape = tsr_store_shape(counts);
    TSR_TRY(sum_along(tasks, counts, 0, &r->sum_image));
    TSR_TRY(sum_along(tasks, counts, 1, &r->side));
    TSR_TRY(sum_along(tasks, counts, 2, &r->top));

    r->maximum_image =
        tsr_store_filled(tasks->type, TSR_SHAPE(shape.extent[1], shape.extent[2]), tasks->lowest);
    TSR_TRY(tsr_issue(
        tasks->maximum, [FOLD_INTO] = tsr_arg_of(tsr_promote(r->maximum_image, 0, shape.extent[0])),
        [FOLD_FROM] = tsr_arg_of(counts)));

    r->peak = tsr_store_filled(tasks->indexed, TSR_SHAPE(), tasks->nowhere);
    TSR_TRY(tsr_issue(
        tasks->peak, [FOLD_INTO] = tsr_arg_of(r->peak), [FOLD_FROM] = tsr_arg_of(counts),
        [FOLD_ROWS] = tsr_arg_of(shape.extent[1]), [FOLD_COLUMNS] = tsr_arg_of(shape.extent[2])));

    r->nonzero = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){0});
    TSR_TRY(tsr_issue(
        tasks->nonzero, [FOLD_INTO] = tsr_arg_of(r->nonzero), [FOLD_FROM] = tsr_arg_of(counts)));
    return TSR_OK;
}

/* A line of counts as doubles, and its centroid. */
static tsr_status find_center(const rocking_tasks *tasks, tsr_store line, tsr_store *out_real,
                              tsr_store *out_center)
{
    const tsr_store real = tsr_store_create(TSR_F64, tsr_store_shape(line));
    const tsr_store center = tsr_store_create(TSR_F64, TSR_SHAPE());
    TSR_TRY(tsr_issue(tasks->real, [REAL_OUT] = tsr_arg_of(real), [REAL_IN] = tsr_arg_of(line)));
    TSR_TRY(tsr_issue(
        &rocking_centroid, [CENTROID_AT] = tsr_arg_of(center), [CENTROID_LINE] = tsr_arg_of(real)));
    *out_real = real;
    *out_center = center;
    return TSR_OK;
}

/* The three marginals, their centroids, and the total. */
static tsr_status reduce_lines(const rocking_tasks *tasks, results *r)
{
    tsr_store frames, rows, columns, unused;
    TSR_TRY(sum_along(tasks, r->side, 1, &frames));
    TSR_TRY(sum_along(tasks, r->top, 0, &rows));
    TSR_TRY(sum_along(tasks, r->sum_image, 0, &columns));
    TSR_TRY(sum_along(tasks, frames, 0, &r->total));
    TSR_TRY(find_center(tasks, frames, &r->curve, &r->center[0]));
    TSR_TRY(find_center(tasks, rows, &unused, &r->center[1]));
    TSR_TRY(find_center(tasks, columns, &unused, &r->center[2]));
    return TSR_OK;
}

/* The rocking curve's own figures. */
static tsr_status measure_curve(const rocking_settings *settings, results *r)
{
    r->brightest = tsr_store_create(TSR_INDEXED_F64, TSR_SHAPE());
    r->half = tsr_store_create(TSR_F64, TSR_SHAPE());
    r->first = tsr_store_create(TSR_I64, TSR_SHAPE());
    r->last = tsr_store_create(TSR_I64, TSR_SHAPE());
    r->fwhm = tsr_store_create(TSR_F64, TSR_SHAPE());
    TSR_TRY(tsr_issue(&rocking_curve, [CURVE_LINE] = tsr_arg_of(r->curve),
                      [CURVE_BRIGHTEST] = tsr_arg_of(r->brightest),
                      [CURVE_HALF] = tsr_arg_of(r->half), [CURVE_FIRST] = tsr_arg_of(r->first),
                      [CURVE_LAST] = tsr_arg_of(r->last), [CURVE_FWHM] = tsr_arg_of(r->fwhm)));

    r->hits = tsr_store_filled(TSR_I64, TSR_SHAPE(), &(int64_t){0});
    const tsr_arg level =
        isnan(settings->hit_level) ? tsr_arg_of(r->half) : tsr_arg_of(settings->hit_level);
    TSR_TRY(tsr_issue(&rocking_hits, [HITS_COUNT] = tsr_arg_of(r->hits),
                      [HITS_CURVE] = tsr_arg_of(r->curve), [HITS_LEVEL] = level));
    return TSR_OK;
}

/* Amplitudes of the counts, and what is found of them. */
static tsr_status reduce_amplitudes(const rocking_tasks *tasks, tsr_store counts, results *r)
{
    const tsr_store amplitudes = tsr_store_create(TSR_F32, tsr_store_shape(counts));
    TSR_TRY(tsr_issue(
        tasks->amplitude, [REAL_OUT] = tsr_arg_of(amplitudes), [REAL_IN] = tsr_arg_of(counts)));
    TSR_TRY(rocking_amplitude_issue(amplitudes, &r->amplitudes));
    tsr_store_release(amplitudes);
    return TSR_OK;
}

/* Issue everything; the frames are released on the way. */
static tsr_status issue_all(tsr_store raw, const rocking_settings *settings, results *r)
{
    const rocking_tasks *tasks = rocking_tasks_for(tsr_store_type(raw));
    const tsr_store      counts = tsr_store_create(tasks->type, tsr_store_shape(raw));
    TSR_TRY(tsr_issue(
        tasks->threshold, [THRESHOLD_CLEAN] = tsr_arg_of(counts), [THRESHOLD_RAW] = tsr_arg_of(raw),
        [THRESHOLD_LEVEL] = tsr_arg_of(settings->threshold)));
    tsr_store_release(raw);
    TSR_TRY(reduce_frames(tasks, counts, r));
    TSR_TRY(reduce_amplitudes(tasks, counts, r));
    tsr_store_release(counts);
    TSR_TRY(reduce_lines(tasks, r));
    TSR_TRY(measure_curve(settings, r));
    return TSR_OK;
}

/* ---- reading back ---- */

static tsr_status read_number(tsr_store s, rocking_number *out)
{
    rocking_number n = {.is_whole = tsr_store_type(s) == TSR_I64};
    if (n.is_whole) {
        TSR_TRY(tsr_value(s, &n.whole));
        n.real = (double)n.whole;
    } else {
        TSR_TRY(tsr_value(s, &n.real));
    }
    *out = n;
    return TSR_OK;
}

static tsr_status read_peak(tsr_store s, rocking_found *f)
{
    int64_t at = 0;
    if (tsr_store_type(s) == TSR_INDEXED_I64) {
        tsr_indexed_i64 peak;
        TSR_TRY(tsr_value(s, &peak));
        f->maximum = (rocking_number){true, peak.value, (double)peak.value};
        at = peak.index;
    } else {
        tsr_indexed_f64 peak;
        TSR_TRY(tsr_value(s, &peak));
        f->maximum = (rocking_number){.real = peak.value};
        at = peak.index;
    }
    const int64_t frame = f->extent[1] * f->extent[2];
    f->maximum_at[0] = at / frame;
    f->maximum_at[1] = at % frame / f->extent[2];
    f->maximum_at[2] = at % f->extent[2];
    return TSR_OK;
}

/* A whole store as doubles, in memory of its own on rank 0; NULL elsewhere. Integers are converted
 * where they lie. Every rank takes part: one without memory fails alone, behind the reading. */
static tsr_status read_doubles(tsr_store s, double **out)
{
    const tsr_shape shape = tsr_store_shape(s);
    size_t          n = 1;
    for (int d = 0; d < shape.rank; ++d)
        n *= (size_t)shape.extent[d];
    double *values = NULL;
    TSR_ONCE
    values = malloc(n * sizeof *values);
    const tsr_status status = tsr_read_on(s, 0, values, n * sizeof *values);
    if (status != TSR_OK) {
        free(values);
        return status;
    }
    if (values && tsr_store_type(s) == TSR_I64)
        for (size_t i = 0; i < n; ++i) {
            int64_t whole;
            __builtin_memcpy(&whole, &values[i], sizeof whole);
            values[i] = (double)whole;
        }
    *out = values;
    return TSR_OK;
}

static tsr_status read_figures(const results *r, const rocking_settings *settings, rocking_found *f)
{
    tsr_indexed_f64 brightest;
    TSR_TRY(read_number(r->total, &f->sum));
    TSR_TRY(read_peak(r->peak, f));
    TSR_TRY(tsr_value(r->nonzero, &f->nonzero));
    for (int d = 0; d < 3; ++d)
        TSR_TRY(tsr_value(r->center[d], &f->center_of_mass[d]));
    TSR_TRY(tsr_value(r->brightest, &brightest));
    f->brightest_frame = brightest.index;
    f->brightest_counts = brightest.value;
    TSR_TRY(tsr_value(r->half, &f->half));
    TSR_TRY(tsr_value(r->first, &f->above_half[0]));
    TSR_TRY(tsr_value(r->last, &f->above_half[1]));
    TSR_TRY(tsr_value(r->fwhm, &f->fwhm_frames));
    TSR_TRY(tsr_value(r->hits, &f->hits));
    f->hit_level = isnan(settings->hit_level) ? f->half : settings->hit_level;
    return TSR_OK;
}

/* What rank 0 alone has no memory for, the others do not know: all of it is read before that counts. */
static tsr_status read_pictures(const results *r, rocking_found *f)
{
    const tsr_store stores[] = {r->curve, r->sum_image, r->maximum_image, r->side, r->top};
    double        **into[] = {&f->curve, &f->sum_image, &f->maximum_image, &f->side, &f->top};
    tsr_status      first = TSR_OK;
    for (size_t i = 0; i < sizeof into / sizeof *into; ++i) {
        const tsr_status s = read_doubles(stores[i], into[i]);
        first = first != TSR_OK ? first : s;
    }
    const tsr_status s = rocking_amplitude_read(&r->amplitudes, &f->amplitudes);
    return first != TSR_OK ? first : s;
}

static tsr_status reduce(tsr_store raw, const rocking_settings *settings, rocking_found *f)
{
    results         r;
    const tsr_shape shape = tsr_store_shape(raw);
    for (int d = 0; d < 3; ++d)
        f->extent[d] = shape.extent[d];
    TSR_TRY(issue_all(raw, settings, &r));
    TSR_TRY(read_figures(&r, settings, f));
    TSR_TRY(read_pictures(&r, f));
    return TSR_OK;
}

tsr_status rocking_reduce(tsr_store raw, const rocking_settings *settings, rocking_found *out)
{
    TSR_SCOPE();
    rocking_found    f = {0};
    const tsr_status s = reduce(raw, settings, &f);
    if (s != TSR_OK) {
        rocking_found_destroy(&f);
        return s;
    }
    *out = f;
    return TSR_OK;
}

void rocking_found_destroy(rocking_found *f)
{
    free(f->curve);
    free(f->sum_image);
    free(f->maximum_image);
    free(f->side);
    free(f->top);
    rocking_amplitudes_destroy(&f->amplitudes);
    *f = (rocking_found){0};
}
