/* case_file.c - reading what cases.py writes. */
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

static const struct {
    const char *name;
    nd_type     type;
} type_table[] = {
#define X(NAME, name, T) {#name, TSR_##NAME},
    TSR_TYPE_MAP(X)
#undef X
};

void case_broken(const char *what)
{
    fprintf(stderr, "the file of cases is broken: %s\n", what);
    exit(2);
}

nd_type case_type(const char *name)
{
    for (size_t i = 0; i < sizeof type_table / sizeof type_table[0]; ++i)
        if (strcmp(type_table[i].name, name) == 0)
            return type_table[i].type;
    return TSR_TYPE_ANY;
}

static char *bytes_read(FILE *in, size_t n)
{
    char *bytes = malloc(n + 1);
    if (!bytes || fread(bytes, 1, n, in) != n)
        case_broken("it ends early");
    bytes[n] = '\0';
    return bytes;
}

char *case_data_read(FILE *in, char *words, struct case_data *out)
{
    char   *rest = words;
    char   *name = strsep(&rest, " "), *rank = strsep(&rest, " ");
    int64_t n = 1;
    out->type = name ? case_type(name) : TSR_TYPE_ANY;
    if (!rank || out->type == TSR_TYPE_ANY)
        case_broken("a type is wrong");
    out->shape.rank = atoi(rank);
    for (int d = 0; d < out->shape.rank; ++d) {
        const char *word = strsep(&rest, " ");
        if (!word)
            case_broken("a shape is short");
        n *= out->shape.extent[d] = atoll(word);
    }
    out->n_bytes = (size_t)n * tsr_type_size(out->type);
    out->bytes = bytes_read(in, out->n_bytes);
    return rest;
}

static void number_read(char *words, struct case_operand *out)
{
    char       *rest = words;
    const char *kind = strsep(&rest, " "), *v = strsep(&rest, " "), *w = rest;
    if (!w)
        case_broken("a number is wrong");
    out->is_number = true;
    out->number = strcmp(kind, "bool") == 0   ? nd_operand_bool(atoi(v) != 0)
                  : strcmp(kind, "int") == 0  ? nd_operand_int(atoll(v))
                  : strcmp(kind, "uint") == 0 ? nd_operand_uint(strtoull(v, NULL, 10))
                  : strcmp(kind, "none") == 0 ? nd_operand_array(ND_NONE)
                  : strcmp(kind, "real") == 0 ? nd_operand_real(strtod(v, NULL))
                                              : nd_operand_parts(strtod(v, NULL), strtod(w, NULL));
}

static void head_read(struct conformance_case *c)
{
    char *rest = c->text + strlen("CASE ");
    c->function = strsep(&rest, " ");
    const char *tolerance = strsep(&rest, " ");
    if (!tolerance)
        case_broken("a case has no tolerance");
    if (strncmp(tolerance, "abs:", 4) == 0)
        c->absolute = strtod(tolerance + 4, NULL);
    else
        c->ulps = strtod(tolerance, NULL);
    while (rest && c->n_words < CASE_WORDS)
        c->word[c->n_words++] = strsep(&rest, " ");
}

static bool line_read(FILE *in, char *out)
{
    if (!fgets(out, CASE_LINE, in))
        return false;
    out[strcspn(out, "\n")] = '\0';
    return true;
}

static void operand_read(FILE *in, char *line, struct conformance_case *c)
{
    if (c->n_operands == CASE_OPERANDS)
        case_broken("a case has too many operands");
    struct case_operand *o = &c->operand[c->n_operands++];
    if (line[0] == 'N') {
        number_read(line + 2, o);
        return;
    }
    const char *view = case_data_read(in, line + 2, &o->root);
    snprintf(o->view, sizeof o->view, "%s", view ? view : "-");
}

bool case_read(FILE *in, struct conformance_case *c)
{
    char line[CASE_LINE];
    int  number = c->line + 1;
    memset(c, 0, sizeof *c);
    c->line = number;
    if (!line_read(in, c->text))
        return false;
    if (strncmp(c->text, "CASE ", 5) != 0)
        case_broken("a case is wanted");
    head_read(c);
    while (line_read(in, line)) {
        if (line[0] == 'A' || line[0] == 'N') {
            operand_read(in, line, c);
            continue;
        }
        if (line[0] == 'E')
            case_data_read(in, line + 2, &c->expected);
        else if (line[0] == 'T')
            c->expected_text = bytes_read(in, (size_t)atoll(line + 2));
        else if (line[0] == 'F')
            snprintf(c->failure, sizeof c->failure, "%.30s", line + 2);
        else
            case_broken(line);
        return true;
    }
    case_broken("a case does not say what comes out");
    return false;
}

void case_free(struct conformance_case *c)
{
    for (int i = 0; i < c->n_operands; ++i)
        free(c->operand[i].root.bytes);
    free(c->expected.bytes);
    free(c->expected_text);
}
