/* crystal_truth.c - what the simulated scan must show, found without its diffraction.
 *
 * By Parseval's theorem the counts of a whole frame at offset q are a sum over the columns of the
 * crystal that run along the rocking direction: each, of length l, gives (sin(pi q l) / (pi q))^2.
 * Columns of like length are counted together. O(columns + frames x bins). */
#include <math.h>

#include "crystal_prism.h"

enum { BINS = 4096, COLUMNS = 600 };

/* How much of the crystal's shadow has columns of which length. */
typedef struct bundle {
    double length[BINS], area[BINS];
} bundle;

static void gather(const crystal *c, bundle *out)
{
    const double reach = crystal_prism_reach(c), step = 2 * reach / COLUMNS;
    *out = (bundle){{0}, {0}};
    for (int i = 0; i < COLUMNS; ++i)
        for (int j = 0; j < COLUMNS; ++j) {
            const double l =
                crystal_prism_column(c, -reach + (i + 0.5) * step, -reach + (j + 0.5) * step);
            const int bin = (int)(l / (2 * reach) * (BINS - 1) + 0.5);
            out->length[bin] += l * step * step;
            out->area[bin] += step * step;
        }
    for (int b = 0; b < BINS; ++b)
        out->length[b] = out->area[b] > 0 ? out->length[b] / out->area[b] : 0;
}

/* Expected counts of the whole frame at an offset from the peak, in frames. */
static double frame_counts(const crystal *c, const bundle *columns, double q)
{
    double sum = 0;
    for (int b = 0; b < BINS; ++b) {
        const double l = columns->length[b];
        const double a = fabs(q) < 1e-9 ? l : sin(M_PI * q * l) / (M_PI * q);
        sum += columns->area[b] * a * a;
    }
    const double volume = crystal_prism_volume(c);
    return c->peak_counts * sum / (volume * volume);
}

/* The offset at which a frame has half the counts of the brightest. */
static double half_offset(const crystal *c, const bundle *columns)
{
    const double half = frame_counts(c, columns, 0) / 2;
    double       low = 0, high = (double)c->frames;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        if (frame_counts(c, columns, middle) > half)
            low = middle;
        else
            high = middle;
    }
    return low;
}

crystal_truth crystal_truth_of(const crystal *c)
{
    bundle        columns;
    crystal_truth truth = {.peak_counts = c->peak_counts};
    gather(c, &columns);
    truth.brightest_counts = frame_counts(c, &columns, 0);
    truth.fwhm_frames = 2 * half_offset(c, &columns);
    for (int64_t n = 0; n < c->frames; ++n)
        truth.total_counts += frame_counts(c, &columns, (double)n - c->centre[0]);
    return truth;
}
