/* failure.c - cut a trace down to its cause.
 *
 * A trace begins `FILE:LINE: in FUNCTION(): STATUS'S WORDS: CAUSE`; what does not look so is left as
 * it is. */
#include <stdio.h>
#include <string.h>

#include <tessera/status.h>

#include "failure.h"

/* What follows `mark` in a text; the text itself where it is not there. */
static const char *after(const char *text, const char *mark)
{
    const char *found = strstr(text, mark);
    return found ? found + strlen(mark) : text;
}

void failure_reason(char *out, size_t bytes)
{
    const char  *words = tsr_status_text(tsr_error_status());
    const size_t n = strlen(words);
    const char  *text = after(tsr_error_text(), "(): ");
    if (strncmp(text, words, n) == 0 && strncmp(text + n, ": ", 2) == 0)
        text += n + 2;
    snprintf(out, bytes, "%.*s", (int)strcspn(text, "\n"), text);
}
