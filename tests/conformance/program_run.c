/* program_run.c - random programs of programs.py, statement by statement, beside what NumPy answered. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

enum { REGISTERS = 64, LINE_BYTES = 1000, WORDS = 24 };

/* A program as it runs. */
struct program {
    nd_array r[REGISTERS];
    char     line[LINE_BYTES];
    char    *word[WORDS];
    int      n_words;
    int      index;
    bool     show; /* print the lines */
};
struct shared {
    const struct program_options *o;
    atomic_int                    programs, differ;
    long                          offset; /* rank 0's: where it ended */
};

static bool line_read(FILE *in, char *out)
{
    if (!fgets(out, LINE_BYTES, in))
        return false;
    out[strcspn(out, "\n")] = '\0';
    return true;
}

static void split(struct program *p, char *text)
{
    p->n_words = 0;
    for (char *word; (word = strsep(&text, " ")) != NULL && p->n_words < WORDS;)
        p->word[p->n_words++] = word;
}

static const char *word(const struct program *p, int k)
{
    if (k >= p->n_words)
        case_broken("a statement is short");
    return p->word[k];
}

static int number(const struct program *p, int k)
{
    return atoi(word(p, k));
}

static nd_array *reg(struct program *p, const char *text)
{
    const int k = atoi(text + (text[0] == '@'));
    if (k < 0 || k >= REGISTERS)
        case_broken("a register is out of range");
    return &p->r[k];
}

static nd_operand operand(struct program *p, int k)
{
    const char *text = word(p, k);
    switch (text[0]) {
    case '@': return nd_operand_array(*reg(p, text));
    case 'b': return nd_operand_bool(atoi(text + 1) != 0);
    case 'i': return nd_operand_int(atoll(text + 1));
    default: return nd_operand_real(strtod(text + 1, NULL));
    }
}

static nd_shape shape_at(const struct program *p, int k)
{
    nd_shape s = {.rank = number(p, k)};
    for (int d = 0; d < s.rank; ++d)
        s.extent[d] = number(p, k + 1 + d);
    return s;
}

static int axes_at(const struct program *p, int k, int axis[TSR_MAX_RANK])
{
    const int n = number(p, k);
    for (int d = 0; d < n; ++d)
        axis[d] = number(p, k + 1 + d);
    return n;
}

/* ---- statements ---- */

static void call(struct program *p)
{
    nd_operand      x[2];
    const int       n = number(p, 3);
    nd_call_options o = {.at = TSR_HERE, .size = sizeof o};
    int             op = 0;
    while (op < ND_N_OPS && strcmp(nd_op_name((nd_op)op), word(p, 2)) != 0)
        ++op;
    if (op == ND_N_OPS || n < 1 || n > 2)
        case_broken("there is no such function");
    for (int k = 0; k < n; ++k)
        x[k] = operand(p, 4 + k);
    const char *out = word(p, 4 + n), *where = word(p, 5 + n);
    if (out[0] == '@')
        o.out = *reg(p, out);
    if (where[0] == '@')
        o.where = *reg(p, where);
    const nd_array answer = nd_call_((nd_op)op, x, n, &o);
    if (word(p, 1)[0] != '_')
        *reg(p, word(p, 1)) = answer;
}

static void reduce(struct program *p)
{
    nd_axes            axes = {0};
    const nd_reduction r = case_reduction(word(p, 2));
    if (r == ND_N_REDUCTIONS)
        case_broken("there is no such reduction");
    axes.n = axes_at(p, 5, axes.axis);
    *reg(p, word(p, 1)) =
        nd_reduce_(r, *reg(p, word(p, 3)),
                   TSR_OPTIONS_(nd_reduce_options, .axes = axes, .keepdims = number(p, 4) != 0));
}

/* A view or a copy of one register. */
static nd_array from(struct program *p, const char *verb, nd_array a)
{
    int axis[TSR_MAX_RANK];
    if (strcmp(verb, "view") == 0)
        return nd_view(a, word(p, 3));
    if (strcmp(verb, "transpose") == 0)
        return nd_transpose_(a, axis, axes_at(p, 3, axis), TSR_HERE);
    if (strcmp(verb, "flip") == 0)
        return nd_flip_(a, axis, axes_at(p, 3, axis), TSR_HERE);
    if (strcmp(verb, "expand") == 0)
        return nd_expand_dims(a, number(p, 3));
    if (strcmp(verb, "broadcast") == 0)
        return nd_broadcast_to(a, shape_at(p, 3));
    if (strcmp(verb, "reshape") == 0)
        return nd_copy(nd_reshape(a, shape_at(p, 3)));
    if (strcmp(verb, "copy") == 0)
        return nd_copy(a);
    if (strcmp(verb, "astype") == 0)
        return nd_astype(a, case_type(word(p, 3)));
    case_broken(verb);
    return (nd_array){0};
}

static void statement(struct program *p)
{
    const char *verb = word(p, 0);
    if (strcmp(verb, "call") == 0)
        call(p);
    else if (strcmp(verb, "reduce") == 0)
        reduce(p);
    else if (strcmp(verb, "assign") == 0)
        (void)nd_assign_(*reg(p, word(p, 1)), operand(p, 2), TSR_HERE);
    else if (strcmp(verb, "where") == 0)
        *reg(p, word(p, 1)) = nd_where_(operand(p, 2).array, operand(p, 3), operand(p, 4), TSR_HERE);
    else if (strcmp(verb, "concat") == 0)
        *reg(p, word(p, 1)) =
            nd_concatenate(number(p, 2), *reg(p, word(p, 3)), *reg(p, word(p, 4)));
    else if (strcmp(verb, "release") == 0)
        nd_release(*reg(p, word(p, 1)));
    else
        *reg(p, word(p, 1)) = from(p, verb, *reg(p, word(p, 2)));
}

/* ---- what came out ---- */

static bool expect(struct program *p, FILE *in, char *why)
{
    char                    text[LINE_BYTES], *rest = text;
    struct conformance_case c = {0};
    snprintf(text, sizeof text, "%s", p->line);
    (void)strsep(&rest, " ");
    const char *name = strsep(&rest, " "), *tolerance = strsep(&rest, " ");
    if (!tolerance || !rest)
        case_broken("an expectation is short");
    if (strncmp(tolerance, "abs:", 4) == 0)
        c.absolute = strtod(tolerance + 4, NULL);
    else
        c.ulps = strtod(tolerance, NULL);
    (void)case_data_read(in, rest, &c.expected);
    const bool same = case_compare(&c, *reg(p, name), why);
    free(c.expected.bytes);
    return same;
}

static bool expect_failure(struct program *p, char *why)
{
    const tsr_status s = nd_status(*reg(p, word(p, 1)));
    if (strcmp(tsr_status_name(s), word(p, 2)) == 0)
        return true;
    snprintf(why, 400, "its status is %s, not %s", tsr_status_name(s), word(p, 2));
    return false;
}

/* Run the program that begins.  False: it differs; `why` (of 500 bytes) says how. */
static bool program(struct program *p, FILE *in, char *why)
{
    ND_SCOPE();
    char copy[LINE_BYTES], text[400];
    bool good = true;
    for (;;) {
        if (!line_read(in, p->line))
            case_broken("a program does not end");
        snprintf(copy, sizeof copy, "%s", p->line);
        if (p->show && tsr_rank() == 0)
            printf("# %s\n", p->line);
        split(p, copy);
        const char kind = p->n_words > 0 && p->word[0][1] == '\0' ? p->word[0][0] : ' ';
        if (strcmp(p->line, "END") == 0)
            return good;
        if (kind == 'A' || (kind == 'E' && !good)) {
            struct case_data d;
            char *rest = strchr(strchr(p->line, ' ') + 1, ' ') + 1;
            (void)case_data_read(in, kind == 'A' ? rest : strchr(rest, ' ') + 1, &d);
            if (kind == 'A')
                *reg(p, word(p, 1)) = nd_from_memory(d.type, d.shape, d.bytes);
            free(d.bytes);
        } else if (good && (kind == 'E' || kind == 'F')) {
            char at[16];
            snprintf(at, sizeof at, "%s", word(p, 1));
            good = kind == 'E' ? expect(p, in, text) : expect_failure(p, text);
            if (!good)
                snprintf(why, 500, "register %s: %s", at, text);
        } else if (kind == ' ')
            statement(p);
    }
}

static int rank_main(int argc, char **argv, void *user)
{
    (void)argc, (void)argv;
    struct shared                *s = user;
    const struct program_options *o = s->o;
    struct program               *p = calloc(1, sizeof *p);
    FILE                         *in = fopen(o->file, "rb");
    char                          why[500];
    if (!p || !in)
        case_broken("it cannot be read");
    p->show = o->show;
    fseek(in, o->offset, SEEK_SET);
    for (int n = 0; n < o->count && line_read(in, p->line); ++n) {
        if (sscanf(p->line, "PROGRAM %d", &p->index) != 1)
            case_broken("a program is wanted");
        const bool good = program(p, in, why);
        tsr_error_clear();
        if (tsr_rank() == 0)
            atomic_fetch_add(&s->programs, 1);
        if (!good && atomic_fetch_add(&s->differ, 1) < 10)
            printf("not ok program %d on rank %d of %d, %d workers: %s\n", p->index, tsr_rank(), o->ranks,
                   o->workers, why);
    }
    if (tsr_rank() == 0)
        s->offset = ftell(in);
    fclose(in);
    free(p);
    return 0;
}

bool programs_run(const struct program_options *o, struct program_result *out)
{
    struct shared s = {.o = o};
    char          workers[16];
    int           code = 0;
    snprintf(workers, sizeof workers, "%d", o->workers);
    setenv("TESSERA_WORKERS", workers, 1);
    const bool ran = tsr_ranks_run(o->ranks, rank_main, &s, &code) == TSR_OK;
    out->programs += s.programs;
    out->differ += s.differ;
    out->offset = s.offset;
    return ran && (code == 0 || s.differ > 0);
}
