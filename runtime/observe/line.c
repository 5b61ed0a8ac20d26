/* observe/line.c - one line of text, in signal handlers too.
 *
 * No allocation, no locale, no stdio when the line goes to a descriptor: digits are made by hand and
 * write(2) is all that is called. A line is written in one call, so that lines of several ranks and
 * threads do not mix. O(length). */
#include <errno.h>
#include <unistd.h>

#include "observe/line.h"

struct observe_line observe_line_to_file(FILE *file)
{
    return (struct observe_line){.file = file, .fd = -1};
}

struct observe_line observe_line_to_fd(int fd)
{
    return (struct observe_line){.fd = fd};
}

/* One place is kept for the end of the line. */
static void append(struct observe_line *l, char c)
{
    if (l->length + 1 < sizeof l->text)
        l->text[l->length++] = c;
}

void observe_line_text(struct observe_line *l, const char *text)
{
    while (*text)
        append(l, *text++);
}

static void digits(struct observe_line *l, uint64_t value, unsigned base, int least)
{
    char reversed[64];
    int  n = 0;
    for (; value || n < least; value /= base)
        reversed[n++] = "0123456789abcdef"[value % base];
    while (n > 0)
        append(l, reversed[--n]);
}

void observe_line_decimal(struct observe_line *l, int64_t value)
{
    if (value < 0)
        append(l, '-');
    digits(l, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, 1);
}

void observe_line_hex(struct observe_line *l, uint64_t value)
{
    observe_line_text(l, "0x");
    digits(l, value, 16, 1);
}

void observe_line_us(struct observe_line *l, int64_t ns)
{
    if (ns < 0)
        append(l, '-');
    const uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    digits(l, size / 1000, 10, 1);
    append(l, '.');
    digits(l, size % 1000, 10, 3);
}

void observe_line_column(struct observe_line *l, size_t column)
{
    while (l->length < column && l->length + 1 < sizeof l->text)
        append(l, ' ');
}

static void write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        const ssize_t n = write(fd, text, length);
        if (n < 0 && errno != EINTR)
            return;
        if (n > 0) {
            text += n;
            length -= (size_t)n;
        }
    }
}

void observe_line_end(struct observe_line *l)
{
    l->text[l->length++] = '\n';
    if (l->file)
        fwrite(l->text, 1, l->length, l->file);
    else
        write_all(l->fd, l->text, l->length);
    l->length = 0;
}
