/* plot_curve.c - a curve over the index of its points, with levels and widths drawn upon it.
 * O(points). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot_axis.h"

static const canvas_color line_color = {38, 84, 152}, fill_color = {222, 232, 246};

/* Room to the left for the numbers, pixels; above the greatest value, as a share. */
enum { LEFT = 62 };
static const double HEADROOM = 1.08;

double plot_x(const plot_axes *axes, double x)
{
    return axes->area.x + (x - axes->x_low) / (axes->x_high - axes->x_low) * axes->area.width;
}

double plot_y(const plot_axes *axes, double y)
{
    return axes->area.y + axes->area.height -
           (y - axes->y_low) / (axes->y_high - axes->y_low) * axes->area.height;
}

static plot_axes axes_of(canvas_rect area, const plot_curve *curve)
{
    plot_axes axes = {area, -0.5, (double)curve->n - 0.5, 0, 0};
    for (int64_t i = 0; i < curve->n; ++i) {
        axes.y_low = fmin(axes.y_low, curve->value[i]);
        axes.y_high = fmax(axes.y_high, curve->value[i]);
    }
    axes.y_high = axes.y_low + (axes.y_high - axes.y_low) * HEADROOM;
    if (!(axes.y_high > axes.y_low))
        axes.y_high = axes.y_low + 1;
    return axes;
}

/* The power of ten, a multiple of 3, that numbers on the axis are divided by. */
static int exponent_of(double range)
{
    const int e = 3 * (int)floor(log10(range) / 3);
    return e < 0 && e > -3 ? 0 : e;
}

static void draw_y_ticks(canvas *c, const plot_axes *axes, int exponent)
{
    const double step = plot_tick_step(axes->y_high - axes->y_low, 6);
    char         text[24];
    for (double v = ceil(axes->y_low / step) * step; v <= axes->y_high; v += step) {
        const int y = (int)lround(plot_y(axes, v));
        if (y > axes->area.y && y < axes->area.y + axes->area.height)
            canvas_fill(c, (canvas_rect){axes->area.x, y, axes->area.width, 1}, plot_faint);
        snprintf(text, sizeof text, "%.4g", v / pow(10, exponent));
        canvas_text(c, axes->area.x - PLOT_TICK - 4, y, 1, CANVAS_RIGHT, plot_ink, text);
        canvas_fill(c, (canvas_rect){axes->area.x - 1 - PLOT_TICK, y, PLOT_TICK, 1}, plot_ink);
    }
}

static double value_at(const plot_curve *curve, double x)
{
    const int64_t i = (int64_t)fmin(fmax(floor(x), 0), (double)(curve->n - 1));
    const int64_t next = i + 1 < curve->n ? i + 1 : i;
    const double  f = fmin(fmax(x - (double)i, 0), 1);
    return curve->value[i] + f * (curve->value[next] - curve->value[i]);
}

/* A pale wash under the curve. */
static void draw_wash(canvas *c, const plot_axes *axes, const plot_curve *curve)
{
    const canvas_rect a = axes->area;
    const int         floor_y = (int)lround(plot_y(axes, fmax(0, axes->y_low)));
    for (int x = 0; x < a.width; ++x) {
        const double at = axes->x_low + (x + 0.5) / a.width * (axes->x_high - axes->x_low);
        const int    y = (int)lround(plot_y(axes, value_at(curve, at)));
        canvas_fill(c, (canvas_rect){a.x + x, y, 1, floor_y - y}, fill_color);
    }
}

static void draw_line(canvas *c, const plot_axes *axes, const plot_curve *curve)
{
    const bool has_dots = curve->n <= axes->area.width / 3;
    for (int64_t i = 0; i < curve->n; ++i) {
        const double x = plot_x(axes, (double)i), y = plot_y(axes, curve->value[i]);
        if (i + 1 < curve->n)
            canvas_line(c, x, y, plot_x(axes, (double)(i + 1)), plot_y(axes, curve->value[i + 1]),
                        1.6, line_color);
        if (has_dots)
            canvas_line(c, x, y, x, y, 4, line_color);
    }
}

plot_axes plot_curve_draw(canvas *c, canvas_rect area, const plot_curve *curve)
{
    const plot_axes axes = axes_of(area, curve);
    const int       exponent = exponent_of(axes.y_high - axes.y_low);
    char            label[96];
    if (exponent)
        snprintf(label, sizeof label, "%.80s / 10^%d", curve->y_label, exponent);
    else
        snprintf(label, sizeof label, "%.80s", curve->y_label);
    draw_wash(c, &axes, curve);
    draw_y_ticks(c, &axes, exponent);
    draw_line(c, &axes, curve);
    canvas_frame(c, area, plot_ink);
    plot_titles(c, area, LEFT, curve->title, curve->x_label, label);
    plot_index_ticks(c, area, curve->n, false);
    return axes;
}

void plot_level(canvas *c, const plot_axes *axes, double y, canvas_color color, const char *label)
{
    const canvas_rect a = axes->area;
    const int         at = (int)lround(plot_y(axes, y));
    if (!(y >= axes->y_low && y <= axes->y_high))
        return;
    canvas_dashes(c, a.x, at, a.x + a.width - 1, at, color);
    canvas_text(c, a.x + a.width - 8, at - 9, 1, CANVAS_RIGHT, color, label);
}

static void draw_arrow_head(canvas *c, double x, double y, double direction, canvas_color color)
{
    canvas_line(c, x, y, x + direction * 7, y - 4, 1.4, color);
    canvas_line(c, x, y, x + direction * 7, y + 4, 1.4, color);
}

void plot_width(canvas *c, const plot_axes *axes, double x0, double x1, double y,
                canvas_color color, const char *label)
{
    const double left = plot_x(axes, x0), right = plot_x(axes, x1), at = plot_y(axes, y);
    canvas_line(c, left, at, right, at, 1.8, color);
    if (right - left > 16) {
        draw_arrow_head(c, left, at, 1, color);
        draw_arrow_head(c, right, at, -1, color);
    }
    const int  width = CANVAS_GLYPH_WIDTH * (int)strlen(label) + 20;
    const bool fits = right + width < axes->area.x + axes->area.width;
    canvas_text(c, fits ? (int)right + 10 : (int)left - 10, (int)at + 14, 1,
                fits ? CANVAS_LEFT : CANVAS_RIGHT, color, label);
}
