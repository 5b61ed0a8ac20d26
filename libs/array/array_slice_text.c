/* array_slice_text.c - NumPy's text of a slice as words: "1:-1, ::2, None, ..., -1".
 *
 *     text  = [word {"," word} [","]]
 *     word  = integer | [integer] ":" [integer] [":" [integer]] | "..." | "None" | "newaxis"
 *
 * Blanks may stand anywhere between. What is wrong is named with the place in the text.
 *
 * Cost: O(text). Threads: any. */
#include <ctype.h>
#include <string.h>

#include "array_inside.h"

/* A text being read. */
struct reader {
    const char *text, *at;
    tsr_site    site;
};

static tsr_status unread(const struct reader *r, const char *wanted)
{
    if (*r->at == '\0')
        return tsr_fail_(r->site, TSR_BAD_ARGUMENT, "the slice \"%s\" ends where %s is wanted",
                         r->text, wanted);
    return tsr_fail_(r->site, TSR_BAD_ARGUMENT,
                     "the slice \"%s\" has '%c' at place %d, where %s is wanted", r->text, *r->at,
                     (int)(r->at - r->text) + 1, wanted);
}

static void skip_blanks(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        ++r->at;
}

static bool take(struct reader *r, const char *word)
{
    const size_t n = strlen(word);
    if (strncmp(r->at, word, n) != 0 ||
        (isalpha((unsigned char)word[0]) && isalnum((unsigned char)r->at[n])))
        return false;
    r->at += n;
    skip_blanks(r);
    return true;
}

/* An integer if there is one; `*out` untouched if not. */
static tsr_status take_integer(struct reader *r, int64_t *out, bool *out_there)
{
    const char *digits = r->at + (*r->at == '-' || *r->at == '+');
    *out_there = isdigit((unsigned char)*digits) != 0;
    if (!*out_there)
        return digits == r->at ? TSR_OK : (++r->at, unread(r, "a digit"));
    int64_t v = 0;
    for (; isdigit((unsigned char)*digits); ++digits)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *digits - '0', &v))
            return tsr_fail_(r->site, TSR_BAD_ARGUMENT,
                             "the slice \"%s\" has an integer past 2^63 at place %d", r->text,
                             (int)(r->at - r->text) + 1);
    *out = *r->at == '-' ? -v : v;
    r->at = digits;
    skip_blanks(r);
    return TSR_OK;
}

/* An integer, or a range with any part left out. */
static tsr_status take_range(struct reader *r, nd_index *out)
{
    *out = (nd_index){ND_INDEX_RANGE, ND_END, ND_END, 1};
    bool has_start, has_stop, has_step;
    TSR_TRY(take_integer(r, &out->start, &has_start));
    if (!take(r, ":")) {
        if (!has_start)
            return unread(r, "an index");
        out->kind = ND_INDEX_AT;
        return TSR_OK;
    }
    TSR_TRY(take_integer(r, &out->stop, &has_stop));
    if (!take(r, ":"))
        return TSR_OK;
    TSR_TRY(take_integer(r, &out->step, &has_step));
    if (out->step == 0)
        return tsr_fail_(r->site, TSR_BAD_ARGUMENT, "the slice \"%s\" has a step of zero", r->text);
    return TSR_OK;
}

static tsr_status take_word(struct reader *r, nd_index *out)
{
    if (take(r, "...")) {
        *out = (nd_index){ND_INDEX_REST, 0, 0, 0};
        return TSR_OK;
    }
    if (take(r, "None") || take(r, "newaxis")) {
        *out = (nd_index){ND_INDEX_NEW, 0, 0, 0};
        return TSR_OK;
    }
    return take_range(r, out);
}

tsr_status array_slice_parse(const char *text, nd_index *out, int *out_n, tsr_site at)
{
    struct reader r = {text, text, at};
    int           n = 0;
    if (!text)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "no text of a slice");
    skip_blanks(&r);
    while (*r.at) {
        if (n == ARRAY_MAX_INDEX)
            return tsr_fail_(at, TSR_BAD_ARGUMENT, "the slice \"%s\" has more than %d words", text,
                             ARRAY_MAX_INDEX);
        TSR_TRY(take_word(&r, &out[n++]));
        if (!*r.at)
            break;
        if (!take(&r, ","))
            return unread(&r, "','");
    }
    *out_n = n;
    return TSR_OK;
}
