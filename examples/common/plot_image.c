/* plot_image.c - an image coloured by the logarithm of its values, and its colour bar.
 *
 * A pixel of the canvas shows the greatest of the values it covers, so that a peak of one detector
 * pixel is seen however small the picture. O(pixels + values). */
#include <math.h>
#include <stdio.h>

#include "plot_axis.h"

/* Room to the left for the row numbers; the bar beside the image; room between. Pixels. */
enum { LEFT = 48, BAR_WIDTH = 12, BAR_GAP = 9 };

/* More decades than this show noise alone. */
static const double MOST_DECADES = 8;
/* The colour of the least positive value: nothing at all is black. */
static const double LEAST_COLOR = 0.14;

/* Values from `low` to `high`, both positive, have colours; high <= low: there is nothing to
 * see. */
typedef struct log_scale {
    double low, high;
} log_scale;

static log_scale scale_of(const plot_image *image)
{
    log_scale s = {INFINITY, 0};
    for (int64_t i = 0; i < image->rows * image->columns; ++i)
        if (image->value[i] > 0) {
            s.low = fmin(s.low, image->value[i]);
            s.high = fmax(s.high, image->value[i]);
        }
    s.low = fmax(s.low, s.high / pow(10, MOST_DECADES));
    if (s.high > 0 && s.high < 10 * s.low)
        s.low = s.high / 10;
    return s;
}

static double position(const log_scale *s, double value)
{
    return log(value / s->low) / log(s->high / s->low);
}

static canvas_color color_of(const log_scale *s, double value)
{
    if (!(value > 0))
        return plot_color(0);
    return plot_color(LEAST_COLOR + (1 - LEAST_COLOR) * fmax(0, position(s, value)));
}

/* The greatest value that canvas pixel (x, y) of an area covers. */
static double value_under(const plot_image *image, canvas_rect area, int x, int y)
{
    const int64_t row = y * image->rows / area.height, column = x * image->columns / area.width;
    const int64_t below = (y + 1) * image->rows / area.height;
    const int64_t right = (x + 1) * image->columns / area.width;
    double        greatest = image->value[row * image->columns + column];
    for (int64_t i = row; i < below; ++i)
        for (int64_t j = column; j < right; ++j)
            greatest = fmax(greatest, image->value[i * image->columns + j]);
    return greatest;
}

static void draw_pixels(canvas *c, canvas_rect area, const plot_image *image, const log_scale *s)
{
    for (int y = 0; y < area.height; ++y)
        for (int x = 0; x < area.width; ++x)
            canvas_set(c, area.x + x, area.y + y, color_of(s, value_under(image, area, x, y)));
}

static void draw_bar_ticks(canvas *c, canvas_rect bar, const log_scale *s)
{
    char text[24];
    for (int e = (int)ceil(log10(s->low) - 1e-9); e <= (int)floor(log10(s->high) + 1e-9); ++e) {
        const int y =
            bar.y + bar.height - 1 - (int)lround(position(s, pow(10, e)) * (bar.height - 1));
        snprintf(text, sizeof text, e >= 0 && e <= 3 ? "%.0f" : "1e%.0f",
                 e >= 0 && e <= 3 ? pow(10, e) : e);
        canvas_fill(c, (canvas_rect){bar.x + bar.width + 1, y, PLOT_TICK - 1, 1}, plot_ink);
        canvas_text(c, bar.x + bar.width + PLOT_TICK + 4, y, 1, CANVAS_LEFT, plot_ink, text);
    }
}

static void draw_bar(canvas *c, canvas_rect bar, const log_scale *s)
{
    for (int y = 0; y < bar.height; ++y) {
        const double t = 1 - (double)y / (bar.height - 1);
        canvas_fill(c, (canvas_rect){bar.x, bar.y + y, bar.width, 1},
                    plot_color(LEAST_COLOR + (1 - LEAST_COLOR) * t));
    }
    canvas_frame(c, bar, plot_ink);
    draw_bar_ticks(c, bar, s);
}

void plot_image_draw(canvas *c, canvas_rect area, const plot_image *image)
{
    const log_scale   s = scale_of(image);
    const canvas_rect bar = {area.x + area.width + BAR_GAP, area.y, BAR_WIDTH, area.height};
    draw_pixels(c, area, image, &s);
    canvas_frame(c, area, plot_ink);
    plot_titles(c, area, LEFT, image->title, image->column_label, image->row_label);
    plot_index_ticks(c, area, image->columns, false);
    plot_index_ticks(c, area, image->rows, true);
    if (s.high > 0)
        draw_bar(c, bar, &s);
}
