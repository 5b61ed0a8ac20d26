/* json.h - write one JSON object to a file: numbers unrounded, one member a line. */
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
    bool        has_members;
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
/* Add a null. */
void json_add_null(json_writer *w, const char *name);

#endif
