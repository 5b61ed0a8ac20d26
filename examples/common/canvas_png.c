/* canvas_png.c - a canvas as a PNG file, through libpng. libpng reports errors by longjmp; they end
 * here. */
#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "canvas.h"

/* Kept for the message: libpng's own words. */
static void note_error(png_structp png, png_const_charp text)
{
    snprintf(png_get_error_ptr(png), 128, "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void ignore_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

/* False, and `why`, when it could not be written. */
static bool write_rows(const canvas *c, FILE *file, char why[128])
{
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, why, note_error, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)c->width, (png_uint_32)c->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < c->height; ++y)
        png_write_row(png, (png_const_bytep)(c->pixel + (size_t)y * (size_t)c->width));
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

tsr_status canvas_write_png(const canvas *c, const char *path)
{
    char  why[128] = "out of memory";
    FILE *file = fopen(path, "wb");
    if (!file)
        return TSR_FAIL(ENVIRONMENT, "%s: %s", path, strerror(errno));
    const bool is_written = write_rows(c, file, why);
    if (fclose(file) != 0 && is_written)
        return TSR_FAIL(ENVIRONMENT, "%s: %s", path, strerror(errno));
    if (!is_written)
        return TSR_FAIL(ENVIRONMENT, "%s: %s", path, why);
    return TSR_OK;
}
