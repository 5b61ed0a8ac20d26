/* execute/native/inside.h - between the files of the plug-in. */
#ifndef TESSERA_NATIVE_INSIDE_H
#define TESSERA_NATIVE_INSIDE_H

#include <stdio.h>

#include "execute/native/native.h"

/* Write the formula as a C function tessera_native_row; false: it is not to be compiled. */
bool native_text(const struct native_order *o, FILE *out);
/* Have `text` (a C source) made a library with these flags, NULL at the end, or take it as it was kept. */
enum native_answer native_library(const struct native_order *o, const char *text, const char *const *flags,
                                  native_run **out);

#endif
