/* model/config.c - the settings of a runtime, from four places.
 *
 * Every number is a row of CONFIG_INT_MAP: a field, a TESSERA_* variable, bounds, a default, a
 * meaning. The word --tessera-min-piece=4 is the same setting as TESSERA_MIN_PIECE=4. Later places win:
 * defaults, the environment, words of argv (which are taken out of it), fields of tsr_options. A
 * value that makes no sense is refused by name and text, wherever it came from, so that no run
 * quietly does something else than was asked.
 *
 * Numbers are decimal, or 0x...; K, M, G and T behind one multiply by 1024 and its powers.
 *
 * Cost: O(rows * words of argv). Threads: the one that starts; the environment is only read. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "model/config.h"

static const struct row {
    const char *variable, *text;
    size_t      field; /* offset in struct config */
    int64_t     least, most, standard;
    bool        shared;
} rows[] = {
#define X(field, variable, least, most, standard, shared, text)                                    \
    {variable, text, offsetof(struct config, field), least, most, standard, shared},
    CONFIG_INT_MAP(X)
#undef X
};

/* Settings that are text. */
static const struct text_row {
    const char *variable, *text;
    size_t      field, bytes;
    const char *only; /* NULL: any text */
    bool        shared;
} text_rows[] = {
#define X(field, bytes, variable, only, shared, text)                                              \
    {variable, text, offsetof(struct config, field), bytes, only, shared},
    CONFIG_TEXT_MAP(X)
#undef X
};

enum { N_ROWS = sizeof rows / sizeof rows[0], N_TEXTS = sizeof text_rows / sizeof text_rows[0] };

static const char *const prefix = "TESSERA_";
static const char        word_prefix[] = "--tessera-";

static int64_t *field_of(struct config *c, const struct row *row)
{
    return (int64_t *)(void *)((char *)c + row->field);
}

static void set_defaults(struct config *c)
{
    memset(c, 0, sizeof *c);
    for (int i = 0; i < N_ROWS; ++i)
        *field_of(c, &rows[i]) = rows[i].standard;
#ifdef TSR_HOSTILE /* what is to be hostile when nobody says otherwise */
    c->window = 4;
    c->chaos = 1;
#endif
}

/* ---- numbers ---- */

static int64_t factor_of(const char *suffix)
{
    static const char letters[] = "KMGT";
    if (!suffix[0])
        return 1;
    const char *letter = strchr(letters, toupper((unsigned char)suffix[0]));
    return letter && !suffix[1] ? (int64_t)1 << (10 * (letter - letters + 1)) : 0;
}

/* A number of [least, most]; false for all else. */
static bool number_read(const char *text, const struct row *row, int64_t *out)
{
    char   *end;
    int64_t v;
    errno = 0;
    const long long n = strtoll(text, &end, 0);
    const int64_t   factor = end == text ? 0 : factor_of(end);
    if (errno || !factor || isspace((unsigned char)text[0]) ||
        __builtin_mul_overflow((int64_t)n, factor, &v) || v < row->least || v > row->most)
        return false;
    *out = v;
    return true;
}

/* `name`: what the user wrote: a variable, a word, a field. */
static tsr_status set_number(struct config *c, const struct row *row, const char *name,
                             const char *text, tsr_site at)
{
    if (number_read(text, row, field_of(c, row)))
        return TSR_OK;
    if (row->most == INT64_MAX)
        return failure_at(at, BAD_ARGUMENT, "%s=%s: not a number of at least %lld", name, text,
                          (long long)row->least);
    return failure_at(at, BAD_ARGUMENT, "%s=%s: not a number from %lld to %lld", name, text,
                      (long long)row->least, (long long)row->most);
}

static tsr_status set_text(struct config *c, const struct text_row *row, const char *name,
                           const char *text, tsr_site at)
{
    if (row->only && text[0] && strcmp(text, row->only) != 0)
        return failure_at(at, BAD_ARGUMENT, "%s=%.40s: not '%s'", name, text, row->only);
    if (strlen(text) >= row->bytes)
        return failure_at(at, BAD_ARGUMENT, "%s=%.40s...: longer than %zu characters", name, text,
                          row->bytes - 1);
    memset((char *)c + row->field, 0, row->bytes);
    strcpy((char *)c + row->field, text);
    return TSR_OK;
}

/* ---- the environment ---- */

static tsr_status read_environment(struct config *c, tsr_site at)
{
    for (int i = 0; i < N_ROWS; ++i) {
        const char *text = getenv(rows[i].variable);
        if (!text || !text[0])
            continue;
        const tsr_status s = set_number(c, &rows[i], rows[i].variable, text, at);
        if (s != TSR_OK)
            return s;
    }
    for (int i = 0; i < N_TEXTS; ++i) {
        const char      *text = getenv(text_rows[i].variable);
        const tsr_status s =
            text ? set_text(c, &text_rows[i], text_rows[i].variable, text, at) : TSR_OK;
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

/* ---- words of argv ---- */

/* Whether `word`, up to `length`, is `variable` without its prefix, as one writes options. */
static bool is_named(const char *word, size_t length, const char *variable)
{
    const char *name = variable + strlen(prefix);
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; ++i) {
        const char letter = word[i] == '-' ? '_' : (char)toupper((unsigned char)word[i]);
        if (letter != name[i])
            return false;
    }
    return true;
}

static tsr_status read_word(struct config *c, const char *word, tsr_site at)
{
    const char  *name = word + sizeof word_prefix - 1;
    const size_t length = strcspn(name, "=");
    if (name[length] != '=')
        return failure_at(at, BAD_ARGUMENT, "%s: write %s%.*s=VALUE", word, word_prefix,
                          (int)length, name);
    const char *text = name + length + 1;
    char        said[80];
    snprintf(said, sizeof said, "%.*s", (int)(text - 1 - word), word);
    for (int i = 0; i < N_ROWS; ++i)
        if (is_named(name, length, rows[i].variable))
            return set_number(c, &rows[i], said, text, at);
    for (int i = 0; i < N_TEXTS; ++i)
        if (is_named(name, length, text_rows[i].variable))
            return set_text(c, &text_rows[i], said, text, at);
    return failure_at(at, BAD_ARGUMENT, "%s: no such setting; tsr_config_print() lists them", word);
}

static tsr_status read_words(struct config *c, int *argc, char **argv, tsr_site at)
{
    int kept = 0;
    for (int i = 0; i < *argc; ++i) {
        if (i == 0 || strncmp(argv[i], word_prefix, sizeof word_prefix - 1) != 0) {
            argv[kept++] = argv[i];
            continue;
        }
        const tsr_status s = read_word(c, argv[i], at);
        if (s != TSR_OK)
            return s;
    }
    *argc = kept;
    argv[kept] = NULL;
    return TSR_OK;
}

/* ---- fields of tsr_options ---- */

static tsr_status set_field(struct config *c, const char *variable, const char *field, int64_t v,
                            tsr_site at)
{
    if (v == 0)
        return TSR_OK;
    for (int i = 0; i < N_ROWS; ++i) {
        if (strcmp(rows[i].variable, variable) != 0)
            continue;
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)v);
        return set_number(c, &rows[i], field, text, at);
    }
    return TSR_OK;
}

static tsr_status read_fields(struct config *c, const tsr_options *o)
{
    const struct {
        const char *variable, *field;
        int64_t     value;
    } fields[] = {
        {"TESSERA_WORKERS", ".workers", o->workers},
        {"TESSERA_WINDOW", ".window", o->window},
        {"TESSERA_LEAF", ".leaf", o->leaf},
        {"TESSERA_MIN_PIECE", ".min_piece", o->min_piece},
        {"TESSERA_MEMORY", ".memory_bytes", o->memory_bytes},
        {"TESSERA_MEMO", ".memo", o->memo},
        {"TESSERA_CHAOS", ".chaos", (int64_t)(o->chaos & INT64_MAX)},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; ++i) {
        const tsr_status s =
            set_field(c, fields[i].variable, fields[i].field, fields[i].value, o->at);
        if (s != TSR_OK)
            return s;
    }
    tsr_status s = o->trace ? set_text(c, &text_rows[0], ".trace", o->trace, o->at) : TSR_OK;
    if (s == TSR_OK && o->simulate)
        s = set_text(c, &text_rows[1], ".simulate", o->simulate, o->at);
    return s;
}

/* Read elsewhere: processes meet before there is a configuration, faults are set before main. */
static const struct other_row {
    const char *variable, *standard, *text;
} others[] = {
    {"TESSERA_CACHE", "", "a folder to keep compiled formulas in; not set: ~/.cache/tessera"},
    {"TESSERA_CC", "cc", "the compiler of hot formulas"},
    {"TESSERA_JOIN", "60", "seconds a process waits for the others of its run as it starts; 0: for ever"},
    {"TESSERA_PLUGINS", "", "a folder to look for plug-ins in first"},
    {"TESSERA_PROCESSES", "", "how many processes there are, for the oracle under launchers that do not say"},
    {"TESSERA_MUTANT", "", "a planted fault, by name, in builds that have them"},
};
enum { N_OTHERS = sizeof others / sizeof others[0] };

const char *config_variable(int i)
{
    if (i < N_ROWS)
        return rows[i].variable;
    if (i < N_ROWS + N_TEXTS)
        return text_rows[i - N_ROWS].variable;
    return i < N_ROWS + N_TEXTS + N_OTHERS ? others[i - N_ROWS - N_TEXTS].variable : NULL;
}

tsr_status config_read(struct config *out, int *argc, char ***argv, const tsr_options *o)
{
    set_defaults(out);
    tsr_status s = read_environment(out, o->at);
    if (s == TSR_OK && argc && argv && *argv)
        s = read_words(out, argc, *argv, o->at);
    if (s == TSR_OK)
        s = read_fields(out, o);
    if (s != TSR_OK)
        return s;
    if (!o->machine)
        return tsr_machine_discover_(&out->machine, o->at);
    if (o->machine->n_cores < 0 || o->machine->n_cores > TSR_MAX_CORES)
        return failure_at(o->at, BAD_ARGUMENT, ".machine of %d cores: not a number from 0 to %d",
                          o->machine->n_cores, (int)TSR_MAX_CORES);
    out->machine = *o->machine;
    return TSR_OK;
}

int config_shared(const struct config *c, int64_t out[CONFIG_MAX_SHARED])
{
    int n = 0;
    for (int i = 0; i < N_ROWS && n < CONFIG_MAX_SHARED; ++i)
        if (rows[i].shared)
            memcpy(&out[n++], (const char *)c + rows[i].field, sizeof out[0]);
    for (int i = 0; i < N_TEXTS && n < CONFIG_MAX_SHARED; ++i)
        if (text_rows[i].shared) /* its letters; what is behind them is 0 */
            memcpy(&out[n++], (const char *)c + text_rows[i].field, sizeof out[0]);
    return n;
}

const char *config_shared_name(int i)
{
    for (int k = 0; k < N_ROWS; ++k)
        if (rows[k].shared && i-- == 0)
            return rows[k].variable;
    for (int k = 0; k < N_TEXTS; ++k)
        if (text_rows[k].shared && i-- == 0)
            return text_rows[k].variable;
    return "?";
}

struct config_word config_shared_text(int i, int64_t word)
{
    struct config_word out = {{0}};
    for (int k = 0; k < N_ROWS; ++k)
        i -= rows[k].shared != 0;
    if (i < 0)
        snprintf(out.text, sizeof out.text, "%lld", (long long)word);
    else if (word == 0)
        snprintf(out.text, sizeof out.text, "not set");
    else
        memcpy(out.text, &word, sizeof word); /* letters, and 0 behind them */
    return out;
}

void config_print(const struct config *c, FILE *out)
{
    fprintf(out, "%-20s %12s %12s  %s\n", "variable", "default", "now", "meaning");
    for (int i = 0; i < N_ROWS; ++i) {
        int64_t now;
        memcpy(&now, (const char *)c + rows[i].field, sizeof now);
        fprintf(out, "%-20s %12lld %12lld  %s%s\n", rows[i].variable, (long long)rows[i].standard,
                (long long)now, rows[i].text, rows[i].shared ? " (the same on all ranks)" : "");
    }
    for (int i = 0; i < N_TEXTS; ++i)
        fprintf(out, "%-20s %12s %12s  %s%s\n", text_rows[i].variable, "",
                (const char *)c + text_rows[i].field, text_rows[i].text,
                text_rows[i].shared ? " (the same on all ranks)" : "");
    for (int i = 0; i < N_OTHERS; ++i) {
        const char *now = getenv(others[i].variable);
        fprintf(out, "%-20s %12s %12s  %s\n", others[i].variable, others[i].standard,
                now ? now : others[i].standard, others[i].text);
    }
}
