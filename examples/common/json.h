/* json.h - write one JSON object to a file: numbers unrounded, one member a line. Its members may be
 * objects themselves. */
#ifndef EXAMPLES_JSON_H
#define EXAMPLES_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <tessera/status.h>

/* A file being written. */
typedef struct json_writer {
    FILE       *file;
    const char *path; /* borrowed until json_close() */
    bool        has_members; /* the object that is being written */
    int         depth;       /* how many objects it lies in */
} json_writer;

/* Begin an object in a new file. Fails: ENVIRONMENT, naming the file. */
tsr_status json_open(const char *path, json_writer *out);
/* End the object and the file. Fails: ENVIRONMENT when not all of it could be written. */
tsr_status json_close(json_writer *w);

/* Add a member. Integers are written whole; doubles with as many digits as bring the same double
 * back, at most 17; what is no finite number becomes null. */
void json_add_integer(json_writer *w, const char *name, int64_t value);
/* Add a double. */
void json_add_double(json_writer *w, const char *name, double value);
/* Add a list of integers. */
void json_add_integers(json_writer *w, const char *name, const int64_t *values, int n);
/* Add a list of doubles. */
void json_add_doubles(json_writer *w, const char *name, const double *values, int n);
/* Add a list of floats, with as many digits as bring the same float back, at most 9. */
void json_add_floats(json_writer *w, const char *name, const float *values, int64_t n);
/* Add a float. */
void json_add_float(json_writer *w, const char *name, float value);
/* Add a text without quotes, backslashes or control characters. */
void json_add_text(json_writer *w, const char *name, const char *text);
/* Begin a member that is an object: what is added goes there until json_end(). */
void json_begin(json_writer *w, const char *name);
/* End the object that json_begin() began; it has members. */
void json_end(json_writer *w);
/* Add a null. */
void json_add_null(json_writer *w, const char *name);

#endif
