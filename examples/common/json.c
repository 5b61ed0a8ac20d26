/* json.c - the few lines of JSON that results need. Errors are kept by stdio until json_close(). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

tsr_status json_open(const char *path, json_writer *out)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return TSR_FAIL(ENVIRONMENT, "%s: %s", path, strerror(errno));
    *out = (json_writer){.file = file, .path = path};
    fputs("{", file);
    return TSR_OK;
}

tsr_status json_close(json_writer *w)
{
    fputs("\n}\n", w->file);
    const bool is_bad = ferror(w->file) != 0;
    if (fclose(w->file) != 0 || is_bad)
        return TSR_FAIL(ENVIRONMENT, "%s: not all of it could be written", w->path);
    return TSR_OK;
}

static void put_name(json_writer *w, const char *name)
{
    fprintf(w->file, "%s\n%*s\"%s\": ", w->has_members ? "," : "", 2 + 2 * w->depth, "", name);
    w->has_members = true;
}

static void put_double(FILE *file, double value)
{
    char text[32];
    if (!isfinite(value)) {
        fputs("null", file);
        return;
    }
    for (int digits = 15; digits <= 17; ++digits) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, file);
}

static void put_float(FILE *file, float value)
{
    char text[32];
    if (!isfinite(value)) {
        fputs("null", file);
        return;
    }
    for (int digits = 6; digits <= 9; ++digits) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    fputs(text, file);
}

void json_add_integer(json_writer *w, const char *name, int64_t value)
{
    put_name(w, name);
    fprintf(w->file, "%lld", (long long)value);
}

void json_add_double(json_writer *w, const char *name, double value)
{
    put_name(w, name);
    put_double(w->file, value);
}

void json_add_integers(json_writer *w, const char *name, const int64_t *values, int n)
{
    put_name(w, name);
    fputs("[", w->file);
    for (int i = 0; i < n; ++i)
        fprintf(w->file, "%s%lld", i ? ", " : "", (long long)values[i]);
    fputs("]", w->file);
}

void json_add_doubles(json_writer *w, const char *name, const double *values, int n)
{
    put_name(w, name);
    fputs("[", w->file);
    for (int i = 0; i < n; ++i) {
        fputs(i ? ", " : "", w->file);
        put_double(w->file, values[i]);
    }
    fputs("]", w->file);
}

void json_add_null(json_writer *w, const char *name)
{
    put_name(w, name);
    fputs("null", w->file);
}

void json_add_float(json_writer *w, const char *name, float value)
{
    put_name(w, name);
    put_float(w->file, value);
}

void json_add_floats(json_writer *w, const char *name, const float *values, int64_t n)
{
    put_name(w, name);
    fputs("[", w->file);
    for (int64_t i = 0; i < n; ++i) {
        fputs(i ? ", " : "", w->file);
        put_float(w->file, values[i]);
    }
    fputs("]", w->file);
}

void json_add_text(json_writer *w, const char *name, const char *text)
{
    put_name(w, name);
    fprintf(w->file, "\"%s\"", text);
}

void json_begin(json_writer *w, const char *name)
{
    put_name(w, name);
    fputs("{", w->file);
    w->has_members = false;
    ++w->depth;
}

void json_end(json_writer *w)
{
    --w->depth;
    fprintf(w->file, "\n%*s}", 2 + 2 * w->depth, "");
    w->has_members = true;
}
