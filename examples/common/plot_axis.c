/* plot_axis.c - what panels have in common. */
#include <math.h>
#include <stdio.h>

#include "plot_axis.h"

const canvas_color plot_ink = {40, 44, 52}, plot_faint = {205, 209, 216},
                   plot_accent = {196, 62, 78};

/* Distances of labels from the area they belong to, pixels. */
enum { TITLE_UP = 16, NUMBER_DOWN = 17, LABEL_DOWN = 36 };

double plot_tick_step(double range, int most)
{
    const double least = range / most, power = pow(10, floor(log10(least)));
    const double step = least <= power       ? power
                        : least <= 2 * power ? 2 * power
                        : least <= 5 * power ? 5 * power
                                             : 10 * power;
    return step;
}

void plot_titles(canvas *c, canvas_rect area, int left, const char *title, const char *below,
                 const char *beside)
{
    const int middle = area.x + area.width / 2;
    canvas_text(c, middle, area.y - TITLE_UP, 1, CANVAS_MIDDLE, plot_ink, title);
    canvas_text(c, middle, area.y + area.height + LABEL_DOWN, 1, CANVAS_MIDDLE, plot_ink, below);
    canvas_text_upwards(c, area.x - left, area.y + area.height / 2, plot_ink, beside);
}

static void index_tick(canvas *c, canvas_rect area, double at, bool is_vertical, const char *text)
{
    if (is_vertical) {
        const int y = area.y + (int)(at * area.height);
        canvas_fill(c, (canvas_rect){area.x - 1 - PLOT_TICK, y, PLOT_TICK, 1}, plot_ink);
        canvas_text(c, area.x - PLOT_TICK - 4, y, 1, CANVAS_RIGHT, plot_ink, text);
    } else {
        const int x = area.x + (int)(at * area.width);
        canvas_fill(c, (canvas_rect){x, area.y + area.height + 1, 1, PLOT_TICK}, plot_ink);
        canvas_text(c, x, area.y + area.height + NUMBER_DOWN, 1, CANVAS_MIDDLE, plot_ink, text);
    }
}

void plot_index_ticks(canvas *c, canvas_rect area, int64_t n, bool is_vertical)
{
    const int64_t step = (int64_t)fmax(1, plot_tick_step((double)n, 6));
    char          text[24];
    for (int64_t i = 0; i < n; i += step) {
        snprintf(text, sizeof text, "%lld", (long long)i);
        index_tick(c, area, ((double)i + 0.5) / (double)n, is_vertical, text);
    }
}

canvas_color plot_color(double t)
{
    static const canvas_color stop[] = {
        {0, 0, 4},     {27, 12, 65},   {74, 12, 107}, {120, 28, 109}, {165, 44, 96},
        {207, 68, 70}, {237, 105, 37}, {251, 155, 6}, {247, 209, 61}, {252, 255, 164}};
    const int    last = (int)(sizeof stop / sizeof *stop) - 1;
    const double at = (t < 0 ? 0 : t > 1 ? 1 : t) * last;
    const int    i = at >= last ? last - 1 : (int)at;
    const double f = at - i;
    return (canvas_color){(uint8_t)lround(stop[i].r + f * (stop[i + 1].r - stop[i].r)),
                          (uint8_t)lround(stop[i].g + f * (stop[i + 1].g - stop[i].g)),
                          (uint8_t)lround(stop[i].b + f * (stop[i + 1].b - stop[i].b))};
}
