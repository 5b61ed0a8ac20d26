/* rocking_options.h - the command line. */
#ifndef ROCKING_OPTIONS_H
#define ROCKING_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "rocking_reduce.h"

/* What the command line says; strings are borrowed from it. */
typedef struct rocking_options {
    const char      *input; /* NULL: none was named */
    const char      *data_set;
    const char      *json; /* NULL: none is wanted */
    const char      *png;  /* NULL: none is wanted */
    bool             wants_help, wants_simulation;
    rocking_settings settings;
} rocking_options;

/* Read the command line. Fails: BAD_ARGUMENT, naming the word. */
tsr_status rocking_options_read(int argc, char **argv, rocking_options *out);
/* Print what the program does and takes. */
void rocking_options_help(FILE *out);

#endif
