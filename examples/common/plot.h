/* plot.h - panels of a figure: an image on a logarithmic colour scale, and a curve, with axes. */
#ifndef EXAMPLES_PLOT_H
#define EXAMPLES_PLOT_H

#include <stdbool.h>

#include "canvas.h"

/* An image to show: rows downwards, columns to the right. */
typedef struct plot_image {
    const double *value; /* rows x columns, borrowed */
    int64_t       rows, columns;
    const char   *title, *row_label, *column_label;
} plot_image;

/* Draw an image into `area` (labels and the colour bar stand around it), coloured by the logarithm
 * of its values; what is not above zero has the darkest colour. */
void plot_image_draw(canvas *c, canvas_rect area, const plot_image *image);

/* A curve over 0, 1, 2, ... */
typedef struct plot_curve {
    const double *value; /* n of them, borrowed */
    int64_t       n;
    const char   *title, *x_label, *y_label;
} plot_curve;

/* Where a curve's values land on the canvas. */
typedef struct plot_axes {
    canvas_rect area;
    double      x_low, x_high, y_low, y_high;
} plot_axes;

/* Draw a curve from zero (or its least value) to a little above its greatest; the axes that it
 * made. */
plot_axes plot_curve_draw(canvas *c, canvas_rect area, const plot_curve *curve);
/* Canvas coordinates of a point of the axes. */
double plot_x(const plot_axes *axes, double x);
/* Canvas coordinates of a point of the axes. */
double plot_y(const plot_axes *axes, double y);

/* A dashed horizontal line with a label at its right end, above it. */
void plot_level(canvas *c, const plot_axes *axes, double y, canvas_color color, const char *label);
/* A double arrow from x0 to x1 at height y, with a label beside it. */
void plot_width(canvas *c, const plot_axes *axes, double x0, double x1, double y,
                canvas_color color, const char *label);

#endif
