/* observe/line.h - one line of text, built without memory or locks, then handed on whole.
 *
 * Signal handlers may not call printf; whoever writes from one uses this, and so the flight recorder
 * has one form and not two. What does not fit is cut off. */
#ifndef TESSERA_OBSERVE_LINE_H
#define TESSERA_OBSERVE_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct observe_line {
    size_t length;
    FILE  *file; /* where it goes, or NULL: */
    int    fd;
    char   text[320];
};

/* A line that goes to a file, or to a descriptor. */
struct observe_line observe_line_to_file(FILE *file);
struct observe_line observe_line_to_fd(int fd);

/* Append. */
void observe_line_text(struct observe_line *l, const char *text);
void observe_line_decimal(struct observe_line *l, int64_t value);
void observe_line_hex(struct observe_line *l, uint64_t value);
/* Append a time as microseconds with three digits after the point. */
void observe_line_us(struct observe_line *l, int64_t ns);
/* Append spaces up to a column. */
void observe_line_column(struct observe_line *l, size_t column);
/* End the line, write it, begin the next. */
void observe_line_end(struct observe_line *l);

#endif
