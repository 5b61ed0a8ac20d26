/* canvas.c - draw into memory. O(pixels touched); lines look at the pixels of their bounding
 * box. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "canvas.h"
#include "font.h"

tsr_status canvas_create(int width, int height, canvas_color background, canvas *out)
{
    canvas c = {width, height, calloc((size_t)width * (size_t)height, sizeof *c.pixel)};
    if (!c.pixel)
        return TSR_FAIL(NO_MEMORY, "no memory for a picture of %d x %d pixels", width, height);
    canvas_fill(&c, (canvas_rect){0, 0, width, height}, background);
    *out = c;
    return TSR_OK;
}

void canvas_destroy(canvas *c)
{
    free(c->pixel);
    *c = (canvas){0};
}

static bool is_inside(const canvas *c, int x, int y)
{
    return x >= 0 && y >= 0 && x < c->width && y < c->height;
}

void canvas_set(canvas *c, int x, int y, canvas_color color)
{
    if (is_inside(c, x, y))
        c->pixel[(size_t)y * (size_t)c->width + (size_t)x] = color;
}

static uint8_t mix(uint8_t below, uint8_t above, double cover)
{
    return (uint8_t)lround(below + (above - below) * cover);
}

void canvas_mix(canvas *c, int x, int y, canvas_color color, double cover)
{
    if (!is_inside(c, x, y) || cover <= 0)
        return;
    canvas_color *p = &c->pixel[(size_t)y * (size_t)c->width + (size_t)x];
    cover = cover > 1 ? 1 : cover;
    *p = (canvas_color){mix(p->r, color.r, cover), mix(p->g, color.g, cover),
                        mix(p->b, color.b, cover)};
}

void canvas_fill(canvas *c, canvas_rect r, canvas_color color)
{
    for (int y = r.y; y < r.y + r.height; ++y)
        for (int x = r.x; x < r.x + r.width; ++x)
            canvas_set(c, x, y, color);
}

void canvas_frame(canvas *c, canvas_rect r, canvas_color color)
{
    canvas_fill(c, (canvas_rect){r.x - 1, r.y - 1, r.width + 2, 1}, color);
    canvas_fill(c, (canvas_rect){r.x - 1, r.y + r.height, r.width + 2, 1}, color);
    canvas_fill(c, (canvas_rect){r.x - 1, r.y, 1, r.height}, color);
    canvas_fill(c, (canvas_rect){r.x + r.width, r.y, 1, r.height}, color);
}

/* How far (x, y) is from the segment. */
static double distance(double x, double y, double x0, double y0, double x1, double y1)
{
    const double dx = x1 - x0, dy = y1 - y0, length2 = dx * dx + dy * dy;
    double       t = length2 > 0 ? ((x - x0) * dx + (y - y0) * dy) / length2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(x - x0 - t * dx, y - y0 - t * dy);
}

void canvas_line(canvas *c, double x0, double y0, double x1, double y1, double width,
                 canvas_color color)
{
    const double reach = width / 2 + 1;
    const int    left = (int)floor(fmin(x0, x1) - reach), right = (int)ceil(fmax(x0, x1) + reach);
    const int    top = (int)floor(fmin(y0, y1) - reach), bottom = (int)ceil(fmax(y0, y1) + reach);
    for (int y = top; y <= bottom; ++y)
        for (int x = left; x <= right; ++x)
            canvas_mix(c, x, y, color, width / 2 + 0.5 - distance(x, y, x0, y0, x1, y1));
}

void canvas_dashes(canvas *c, int x0, int y0, int x1, int y1, canvas_color color)
{
    for (int x = x0; x <= x1; ++x)
        for (int y = y0; y <= y1; ++y)
            if ((x - x0 + y - y0) % 8 < 5)
                canvas_set(c, x, y, color);
}

/* One glyph with its upper left at (x, y); upwards: its lower left, and the text runs up. */
static void put_glyph(canvas *c, int x, int y, int scale, bool is_upwards, canvas_color color,
                      char letter)
{
    const uint8_t *rows = font_glyph(letter);
    for (int j = 0; j < CANVAS_GLYPH_HEIGHT * scale; ++j)
        for (int i = 0; i < CANVAS_GLYPH_WIDTH * scale; ++i)
            if (rows[j / scale] >> (CANVAS_GLYPH_WIDTH - 1 - i / scale) & 1)
                canvas_set(c, is_upwards ? x + j : x + i, is_upwards ? y - i : y + j, color);
}

void canvas_text(canvas *c, int x, int y, int scale, canvas_anchor anchor, canvas_color color,
                 const char *text)
{
    const int width = CANVAS_GLYPH_WIDTH * scale, length = (int)strlen(text) * width;
    int at = anchor == CANVAS_LEFT ? x : anchor == CANVAS_MIDDLE ? x - length / 2 : x - length;
    for (; *text; ++text, at += width)
        put_glyph(c, at, y - CANVAS_GLYPH_HEIGHT * scale / 2, scale, false, color, *text);
}

void canvas_text_upwards(canvas *c, int x, int y, canvas_color color, const char *text)
{
    int at = y + (int)strlen(text) * CANVAS_GLYPH_WIDTH / 2;
    for (; *text; ++text, at -= CANVAS_GLYPH_WIDTH)
        put_glyph(c, x - CANVAS_GLYPH_HEIGHT / 2, at, 1, true, color, *text);
}
