/* plot_axis.h - ticks, and colours for numbers. For plot_*.c alone. */
#ifndef EXAMPLES_PLOT_AXIS_H
#define EXAMPLES_PLOT_AXIS_H

#include "plot.h"

enum { PLOT_TICK = 5 };

extern const canvas_color plot_ink, plot_faint, plot_accent;

/* A distance between ticks, 1, 2 or 5 times a power of ten, that puts at most `most` into
 * `range`. */
double plot_tick_step(double range, int most);
/* A title above an area, and labels below and to the left of it. */
void plot_titles(canvas *c, canvas_rect area, int left, const char *title, const char *below,
                 const char *beside);
/* Ticks and numbers for indices 0 to n - 1, below (or to the left of) an area. */
void plot_index_ticks(canvas *c, canvas_rect area, int64_t n, bool is_vertical);
/* The colour of t from 0 to 1: black, violet, red, orange, pale yellow; evenly brighter. */
canvas_color plot_color(double t);

#endif
