/* rocking_options.c - words to options. Every rank reads the same words, so getopt's state, which
 * is one for the process, is of no use here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rocking_options.h"

static const char help[] =
    "usage: 01_rocking_curve [FILE] [options]\n"
    "\n"
    "Reduce a 3-dimensional Bragg scan (detector frames along a rocking curve) to its figures:\n"
    "total and greatest counts, centre of mass, brightest frame, full width at half maximum,\n"
    "and the share of frames that hit; and draw its projections and its rocking curve.\n"
    "\n"
    "FILE is an HDF5 file. Without one, ../shared/data/bcdi_scan54/frames.h5 is reduced where\n"
    "that lies (beside the source tree, or from the current folder); where it does not, a\n"
    "simulated scan of a faceted crystal, against the truth that it was made from.\n"
    "\n"
    "  --data-set NAME   frames x rows x columns in FILE (default /entry/data/data)\n"
    "  --threshold N     counts below N are none (default 0)\n"
    "  --hit N           a frame with at least N counts is a hit (default: half the brightest)\n"
    "  --json FILE       write the figures, unrounded\n"
    "  --png FILE        where the picture goes (default rocking_curve.png)\n"
    "  --no-png          no picture\n"
    "  --simulate        the simulated scan, whatever files there are\n"
    "  --help            this text\n"
    "\n"
    "TESSERA_WORKERS=N runs on N cores, TESSERA_RANKS=N on N ranks in this process;\n"
    "the figures have the same bits.\n";

void rocking_options_help(FILE *out)
{
    fputs(help, out);
}

/* The words that are still to be read. */
typedef struct words {
    int    left;
    char **next;
} words;

/* Whether the next word is `name` with a value, as two words or as name=value; takes it. */
static bool take_value(words *w, const char *name, const char **out)
{
    const size_t n = strlen(name);
    const char  *word = w->next[0];
    if (strncmp(word, name, n) != 0 || (word[n] != '\0' && word[n] != '='))
        return false;
    const int used = word[n] == '=' ? 1 : 2;
    *out = used == 1 ? word + n + 1 : w->left > 1 ? w->next[1] : NULL;
    w->next += used;
    w->left -= used;
    return true;
}

static bool take_flag(words *w, const char *name)
{
    if (strcmp(w->next[0], name) != 0)
        return false;
    ++w->next;
    --w->left;
    return true;
}

/* A word that looks like an option is none's value. */
static tsr_status need(const char *name, const char *value)
{
    if (!value || strncmp(value, "--", 2) == 0)
        return TSR_FAIL(BAD_ARGUMENT, "%s wants a value after it", name);
    return TSR_OK;
}

static tsr_status read_number(const char *name, const char *text, double *out)
{
    char *end = NULL;
    TSR_TRY(need(name, text));
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || isnan(value))
        return TSR_FAIL(BAD_ARGUMENT, "%s wants a number, not \"%s\"", name, text);
    *out = value;
    return TSR_OK;
}

static tsr_status read_file_name(words *w, rocking_options *o)
{
    const char *word = w->next[0];
    if (word[0] == '-' && word[1] != '\0')
        return TSR_FAIL(BAD_ARGUMENT, "there is no option %s; --help lists them", word);
    if (o->input)
        return TSR_FAIL(BAD_ARGUMENT, "one file at a time: %s, or %s?", o->input, word);
    o->input = word;
    ++w->next;
    --w->left;
    return TSR_OK;
}

static tsr_status read_word(words *w, rocking_options *o)
{
    const char *text = NULL;
    if (take_flag(w, "--help") || take_flag(w, "-h"))
        o->wants_help = true;
    else if (take_flag(w, "--simulate"))
        o->wants_simulation = true;
    else if (take_flag(w, "--no-png"))
        o->png = NULL;
    else if (take_value(w, "--threshold", &text))
        return read_number("--threshold", text, &o->settings.threshold);
    else if (take_value(w, "--hit", &text))
        return read_number("--hit", text, &o->settings.hit_level);
    else if (take_value(w, "--json", &o->json))
        return need("--json", o->json);
    else if (take_value(w, "--png", &o->png))
        return need("--png", o->png);
    else if (take_value(w, "--data-set", &o->data_set))
        return need("--data-set", o->data_set);
    else
        return read_file_name(w, o);
    return TSR_OK;
}

tsr_status rocking_options_read(int argc, char **argv, rocking_options *out)
{
    rocking_options o = {
        .data_set = "/entry/data/data",
        .png = "rocking_curve.png",
        .settings = {.threshold = 0, .hit_level = NAN},
    };
    words w = {argc - 1, argv + 1};
    while (w.left > 0)
        TSR_TRY(read_word(&w, &o));
    *out = o;
    return TSR_OK;
}
