/* rocking_picture.c - the figure: three projections and the maximum image on logarithmic colours,
 * and the rocking curve with its width. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/canvas.h"
#include "common/plot.h"
#include "rocking_report.h"

/* Where things stand, pixels: panels of SIDE x SIDE, PITCH apart from LEFT on, in two rows. */
enum { WIDTH = 1520, HEIGHT = 1010, SIDE = 372, PITCH = 500, LEFT = 66, UPPER = 110, LOWER = 576 };

static const canvas_color white = {255, 255, 255}, ink = {40, 44, 52}, quiet = {110, 118, 130},
                          accent = {196, 62, 78}, hit_color = {34, 128, 94};

static canvas_rect panel(int column, int y)
{
    return (canvas_rect){LEFT + column * PITCH, y, SIDE, SIDE};
}

/* The end of a path that fits into `most` letters. */
static const char *tail(const char *path, size_t most)
{
    const size_t n = strlen(path);
    return n <= most ? path : path + n - most;
}

static void draw_title(canvas *c, const rocking_input *in, const rocking_found *f)
{
    char text[512];
    canvas_text(c, LEFT, 30, 2, CANVAS_LEFT, ink,
                in->is_simulated ? "Simulated scan of a hexagonal prism"
                                 : tail(in->scan.source.path, 88));
    const int n = snprintf(
        text, sizeof text,
        "%lld frames of %lld x %lld pixels, %.10g counts; maximum %.10g at frame %lld, row %lld, "
        "column %lld",
        (long long)f->extent[0], (long long)f->extent[1], (long long)f->extent[2], f->sum.real,
        f->maximum.real, (long long)f->maximum_at[0], (long long)f->maximum_at[1],
        (long long)f->maximum_at[2]);
    if (isfinite(f->center_of_mass[0]))
        snprintf(text + n, sizeof text - (size_t)n, "; centre of mass (%.3f, %.3f, %.3f)",
                 f->center_of_mass[0], f->center_of_mass[1], f->center_of_mass[2]);
    canvas_text(c, LEFT, 58, 1, CANVAS_LEFT, quiet, text);
}

static void draw_images(canvas *c, const rocking_found *f)
{
    const int64_t frames = f->extent[0], rows = f->extent[1], columns = f->extent[2];
    plot_image_draw(
        c, panel(0, UPPER),
        &(plot_image){f->sum_image, rows, columns, "counts, summed over frames", "row", "column"});
    plot_image_draw(
        c, panel(1, UPPER),
        &(plot_image){f->side, frames, columns, "counts, summed over rows", "frame", "column"});
    plot_image_draw(
        c, panel(2, UPPER),
        &(plot_image){f->top, frames, rows, "counts, summed over columns", "frame", "row"});
    plot_image_draw(c, panel(0, LOWER),
                    &(plot_image){f->maximum_image, rows, columns, "greatest counts of any frame",
                                  "row", "column"});
}

/* Where the half-maximum line meets the curve on the left: the width starts there. */
static double left_crossing(const rocking_found *f)
{
    const int64_t first = f->above_half[0];
    const double  inside = f->curve[first], outside = f->curve[first - 1];
    return (double)first - (inside - f->half) / (inside - outside);
}

static void draw_curve(canvas *c, const rocking_found *f)
{
    char              text[96];
    const canvas_rect area = {LEFT + PITCH + 14, LOWER, PITCH + SIDE - 14, SIDE};
    const plot_curve  curve = {f->curve, f->extent[0], "rocking curve", "frame", "counts a frame"};
    const plot_axes   axes = plot_curve_draw(c, area, &curve);
    if (f->hit_level != f->half) {
        snprintf(text, sizeof text, "hits: %lld frames from %.0f on", (long long)f->hits,
                 f->hit_level);
        plot_level(c, &axes, f->hit_level, hit_color, text);
    }
    if (!isfinite(f->half))
        return;
    snprintf(text, sizeof text, "half of frame %lld's %.0f", (long long)f->brightest_frame,
             f->brightest_counts);
    plot_level(c, &axes, f->half, accent, text);
    if (isfinite(f->fwhm_frames)) {
        const double left = left_crossing(f);
        snprintf(text, sizeof text, "FWHM %.3f frames", f->fwhm_frames);
        plot_width(c, &axes, left, left + f->fwhm_frames, f->half, accent, text);
    }
}

tsr_status rocking_picture_write(const rocking_input *in, const rocking_found *f, const char *path)
{
    canvas c;
    TSR_TRY(canvas_create(WIDTH, HEIGHT, white, &c));
    draw_title(&c, in, f);
    draw_images(&c, f);
    draw_curve(&c, f);
    const tsr_status s = canvas_write_png(&c, path);
    canvas_destroy(&c);
    return s;
}
