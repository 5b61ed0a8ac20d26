/* canvas.h - a picture in memory: rectangles, smooth lines, text; written as PNG. */
#ifndef EXAMPLES_CANVAS_H
#define EXAMPLES_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include <tessera/status.h>

/* Red, green, blue. */
typedef struct canvas_color {
    uint8_t r, g, b;
} canvas_color;

/* Pixels, row-major from the upper left. */
typedef struct canvas {
    int           width, height;
    canvas_color *pixel; /* owned */
} canvas;

/* A rectangle of pixels. */
typedef struct canvas_rect {
    int x, y, width, height;
} canvas_rect;

/* Where text stands with respect to its point. */
typedef enum canvas_anchor { CANVAS_LEFT, CANVAS_MIDDLE, CANVAS_RIGHT } canvas_anchor;

/* Make a canvas of one colour. Fails: NO_MEMORY. */
tsr_status canvas_create(int width, int height, canvas_color background, canvas *out);
/* Free the pixels. */
void canvas_destroy(canvas *c);

/* Everything below ignores what falls outside the canvas. */

/* Set a pixel. */
void canvas_set(canvas *c, int x, int y, canvas_color color);
/* Mix a colour into a pixel; `cover` from 0 (nothing) to 1 (all). */
void canvas_mix(canvas *c, int x, int y, canvas_color color, double cover);
/* Fill a rectangle. */
void canvas_fill(canvas *c, canvas_rect r, canvas_color color);
/* Draw the border around a rectangle, one pixel outside of it. */
void canvas_frame(canvas *c, canvas_rect r, canvas_color color);
/* A straight line with soft edges. */
void canvas_line(canvas *c, double x0, double y0, double x1, double y1, double width,
                 canvas_color color);
/* A horizontal or vertical line of dashes. */
void canvas_dashes(canvas *c, int x0, int y0, int x1, int y1, canvas_color color);

enum { CANVAS_GLYPH_WIDTH = 8, CANVAS_GLYPH_HEIGHT = 13 };
/* Write a line of ASCII text, `scale` times as large as the font, its anchor at (x, y) and y its
 * middle. */
void canvas_text(canvas *c, int x, int y, int scale, canvas_anchor anchor, canvas_color color,
                 const char *text);
/* As canvas_text, running upwards: (x, y) is the middle of the text. */
void canvas_text_upwards(canvas *c, int x, int y, canvas_color color, const char *text);

/* Write the canvas as a PNG file. Fails: ENVIRONMENT, naming the file. */
tsr_status canvas_write_png(const canvas *c, const char *path);

#endif
