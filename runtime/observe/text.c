/* observe/text.c - a string that grows, for explanations.
 *
 * Appending is amortised O(length added): capacity doubles. When memory is short the text stays as
 * it was and says so in `is_short`; explaining is never worth failing for. No locks: a text belongs
 * to whoever builds it. */
#include <stdarg.h>
#include <string.h>

#include "observe/inside.h"

static bool reserve(struct observe_text *t, size_t more)
{
    if (t->capacity - t->length > more)
        return true;
    size_t capacity = t->capacity ? t->capacity : 256;
    while (capacity - t->length <= more)
        capacity *= 2;
    char *text = base_realloc(t->text, capacity, 1);
    if (!text) {
        t->is_short = true;
        return false;
    }
    t->text = text;
    t->capacity = capacity;
    return true;
}

void observe_text_add(struct observe_text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    if (length >= 0 && reserve(t, (size_t)length)) {
        vsnprintf(t->text + t->length, (size_t)length + 1, format, again);
        t->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

const char *observe_text_get(const struct observe_text *t)
{
    return t->text ? t->text : "";
}

void observe_text_clear(struct observe_text *t)
{
    t->length = 0;
    t->is_short = false;
    if (t->text)
        t->text[0] = '\0';
}

void observe_text_done(struct observe_text *t)
{
    base_free(t->text);
    *t = (struct observe_text){0};
}
