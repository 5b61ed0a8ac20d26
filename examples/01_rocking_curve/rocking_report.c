/* rocking_report.c - the page of text and the JSON. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "rocking_report.h"

/* A number with a blank between thousands, rounded where it has some: 46 155 653; else as it is. */
static const char *grouped(double value, char text[48])
{
    char plain[40];
    if (!(fabs(value) < 1e18) || (fabs(value) < 1e6 && value != floor(value))) {
        snprintf(text, 48, "%.7g", value);
        return text;
    }
    snprintf(plain, sizeof plain, "%.0f", value);
    size_t n = strlen(plain), out = 0;
    for (size_t i = 0; i < n; ++i) {
        if (i && (n - i) % 3 == 0 && plain[i - 1] != '-')
            text[out++] = ' ';
        text[out++] = plain[i];
    }
    text[out] = '\0';
    return text;
}

static void print_beam(const frames_beam *b)
{
    if (isfinite(b->energy_kev))
        printf("  beam           %g keV", b->energy_kev);
    if (isfinite(b->distance_m) && isfinite(b->pixel_m) && isfinite(b->energy_kev))
        printf(", detector at %g m, pixels of %g um", b->distance_m, b->pixel_m * 1e6);
    if (isfinite(b->energy_kev))
        printf("\n");
    if (isfinite(b->step_degree))
        printf("  step           %g degree a frame\n", b->step_degree);
}

static void print_input(const rocking_input *in)
{
    const int64_t *n = in->shape.extent;
    if (in->is_simulated)
        printf("Simulated scan of a hexagonal prism\n\n");
    else
        printf("%s\n\n", in->scan.source.path);
    printf("  frames         %lld of %lld x %lld pixels", (long long)n[0], (long long)n[1],
           (long long)n[2]);
    if (!in->is_simulated)
        printf(", %s, from %s", in->scan.element, in->scan.source.data_set);
    printf("\n");
    if (!in->is_simulated)
        print_beam(&in->scan.beam);
}

static void print_width(const rocking_input *in, const rocking_found *f)
{
    const double step = in->is_simulated ? NAN : in->scan.beam.step_degree;
    if (!isfinite(f->half))
        return;
    printf("  above half     frames %lld to %lld\n", (long long)f->above_half[0],
           (long long)f->above_half[1]);
    if (!isfinite(f->fwhm_frames))
        printf("  FWHM           unknown: the curve does not fall to half on both sides\n");
    else if (isfinite(step))
        printf("  FWHM           %.3f frames, %.5f degree\n", f->fwhm_frames,
               f->fwhm_frames * fabs(step));
    else
        printf("  FWHM           %.3f frames\n", f->fwhm_frames);
}

void rocking_report_print(const rocking_input *in, const rocking_found *f)
{
    char         a[48], b[48];
    const double voxels = (double)f->extent[0] * (double)f->extent[1] * (double)f->extent[2];
    print_input(in);
    printf("  counts         %s in all, %.3f %% of the voxels have some\n", grouped(f->sum.real, a),
           100 * (double)f->nonzero / voxels);
    printf("  maximum        %s at frame %lld, row %lld, column %lld\n",
           grouped(f->maximum.real, a), (long long)f->maximum_at[0], (long long)f->maximum_at[1],
           (long long)f->maximum_at[2]);
    if (isfinite(f->center_of_mass[0]))
        printf("  centre of mass frame %.3f, row %.3f, column %.3f\n", f->center_of_mass[0],
               f->center_of_mass[1], f->center_of_mass[2]);
    printf("  brightest      frame %lld with %s counts\n", (long long)f->brightest_frame,
           grouped(f->brightest_counts, a));
    print_width(in, f);
    if (isfinite(f->hit_level))
        printf("  hits           %lld of %lld frames reach %s counts (%.2f %%)\n",
               (long long)f->hits, (long long)f->extent[0], grouped(f->hit_level, b),
               100 * (double)f->hits / (double)f->extent[0]);
    printf("  amplitudes     %s in all", grouped(f->amplitudes.along[0].sum, a));
    if (isfinite(f->amplitudes.median_frame))
        printf(", half of them by frame %.3f", f->amplitudes.median_frame);
    printf("\n");
}

/* ---- a simulated scan's truth ---- */

/* One line of the comparison: whether `found` is no further than `allowed` from `truth`. */
static bool compare(const char *what, double found, double truth, double allowed)
{
    const bool is_good = fabs(found - truth) <= allowed;
    printf("  %-18s %12.6g %12.6g %10.2g  %s\n", what, found, truth, allowed,
           is_good ? "yes" : "NO");
    return is_good;
}

bool rocking_report_truth(const rocking_input *in, const rocking_found *f)
{
    const crystal      *c = &in->crystal;
    const crystal_truth t = crystal_truth_of(c);
    static const char  *axis[3] = {"frame", "row", "column"};
    char                what[32];
    bool                is_good = true;
    /* Five standard deviations where counting is all the doubt there is; the detector does not see
     * the whole of the plane that the truth speaks of, hence the shares of a percent. */
    printf("\n  %-18s %12s %12s %10s  %s\n", "truth", "found", "true", "within", "agrees");
    is_good &= compare("maximum", f->maximum.real, t.peak_counts, 5 * sqrt(t.peak_counts));
    for (int d = 0; d < 3; ++d) {
        snprintf(what, sizeof what, "maximum at %s", axis[d]);
        is_good &= compare(what, (double)f->maximum_at[d], c->centre[d], 0);
    }
    for (int d = 0; d < 3; ++d) {
        snprintf(what, sizeof what, "centre, %s", axis[d]);
        is_good &= compare(what, f->center_of_mass[d], c->centre[d], 0.1);
    }
    is_good &= compare("brightest frame", (double)f->brightest_frame, c->centre[0], 1);
    is_good &=
        compare("its counts", f->brightest_counts, t.brightest_counts, 0.01 * t.brightest_counts);
    is_good &= compare("FWHM, frames", f->fwhm_frames, t.fwhm_frames, 0.01 * t.fwhm_frames);
    is_good &= compare("counts", f->sum.real, t.total_counts, 0.02 * t.total_counts);
    return is_good;
}

/* ---- JSON ---- */

static void add_number(json_writer *w, const char *name, const rocking_number *n)
{
    if (n->is_whole)
        json_add_integer(w, name, n->whole);
    else
        json_add_double(w, name, n->real);
}

static void add_image(json_writer *w, const char *name, const rocking_image *image)
{
    char digest[24];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)image->digest);
    json_begin(w, name);
    json_add_integers(w, "shape", image->extent, 2);
    json_add_float(w, "sum", image->sum);
    json_add_float(w, "variance", image->variance);
    json_add_text(w, "fnv1a_64", digest);
    json_end(w);
}

static void add_amplitudes(json_writer *w, const rocking_amplitudes *a)
{
    json_begin(w, "amplitude");
    add_image(w, "along_frames", &a->along[0]);
    add_image(w, "along_rows", &a->along[1]);
    add_image(w, "along_columns", &a->along[2]);
    add_image(w, "cumulative_along_rows", &a->cumulative);
    json_add_double(w, "median_frame", a->median_frame);
    json_add_floats(w, "curve", a->curve, a->frames);
    json_add_floats(w, "cumulative", a->climb, a->frames);
    json_end(w);
}

tsr_status rocking_report_json(const rocking_found *f, const char *path)
{
    json_writer  w;
    const double voxels = (double)f->extent[0] * (double)f->extent[1] * (double)f->extent[2];
    TSR_TRY(json_open(path, &w));
    json_add_integers(&w, "shape", f->extent, 3);
    add_number(&w, "sum", &f->sum);
    add_number(&w, "maximum", &f->maximum);
    json_add_integers(&w, "maximum_at", f->maximum_at, 3);
    json_add_double(&w, "nonzero_fraction", (double)f->nonzero / voxels);
    json_add_doubles(&w, "center_of_mass", f->center_of_mass, 3);
    json_add_integer(&w, "brightest_frame", f->brightest_frame);
    json_add_double(&w, "brightest_counts", f->brightest_counts);
    if (isfinite(f->half))
        json_add_integers(&w, "above_half", f->above_half, 2);
    else
        json_add_null(&w, "above_half");
    json_add_double(&w, "fwhm_frames", f->fwhm_frames);
    json_add_double(&w, "hit_fraction", (double)f->hits / (double)f->extent[0]);
    add_amplitudes(&w, &f->amplitudes);
    return json_close(&w);
}
