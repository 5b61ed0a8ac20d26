/* case_run.c - a case as a call of this library. */
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

/* An operand as the call takes it. */
static nd_operand operand_of(const struct case_operand *o)
{
    if (o->is_number)
        return o->number;
    const nd_array root = nd_from_memory(o->root.type, o->root.shape, o->root.bytes);
    return nd_operand_array(strcmp(o->view, "-") == 0 ? root : nd_view(root, o->view));
}

static nd_array elementwise(const struct conformance_case *c, const char *name, const nd_operand *x)
{
    for (int op = 0; op < ND_N_OPS; ++op)
        if (strcmp(nd_op_name((nd_op)op), name) == 0)
            return nd_call_((nd_op)op, x, c->n_operands, TSR_OPTIONS_(nd_call_options, .out = {0}));
    return (nd_array){0};
}

nd_reduction case_reduction(const char *name)
{
    static const char *const table[] = {
#define X(NAME, name, takes, text) #name,
        ND_REDUCE_MAP(X)
#undef X
    };
    int r = 0;
    while (r < ND_N_REDUCTIONS && strcmp(table[r], name) != 0)
        ++r;
    return (nd_reduction)r;
}

int case_word(const struct conformance_case *c, int i)
{
    return i < c->n_words ? atoi(c->word[i]) : 0;
}

static nd_array reduce(const struct conformance_case *c, const char *name, nd_array a)
{
    nd_axes axes = {.n = case_word(c, 1)};
    for (int i = 0; i < axes.n; ++i)
        axes.axis[i] = case_word(c, 2 + i);
    const nd_reduction r = case_reduction(name);
    return r == ND_N_REDUCTIONS
               ? (nd_array){0}
               : nd_reduce_(r, a, TSR_OPTIONS_(nd_reduce_options, .axes = axes, .keepdims = case_word(c, 0) != 0));
}

static nd_shape shape_of(const struct conformance_case *c)
{
    nd_shape s = {.rank = case_word(c, 0)};
    for (int d = 0; d < s.rank; ++d)
        s.extent[d] = case_word(c, 1 + d);
    return s;
}

static nd_array transpose(const struct conformance_case *c, nd_array a)
{
    int axes[TSR_MAX_RANK];
    for (int d = 0; d < case_word(c, 0); ++d)
        axes[d] = case_word(c, 1 + d);
    return nd_transpose_(a, axes, case_word(c, 0), TSR_HERE);
}

static nd_type type_of(const struct conformance_case *c)
{
    return strcmp(c->word[0], "-") == 0 ? TSR_TYPE_ANY : case_type(c->word[0]);
}

/* The array that the call answers with; {0}: no such function. */
static nd_array call(const struct conformance_case *c, const nd_operand *x)
{
    const char    *name = c->function, *colon = strchr(name, ':');
    const nd_array a = c->n_operands > 0 ? x[0].array : (nd_array){0};
    if (strncmp(name, "with:", 5) == 0)
        return case_reduce(c, x);
    if (colon)
        return name[0] == 'e' ? elementwise(c, colon + 1, x) : reduce(c, colon + 1, a);
    if (strcmp(name, "astype") == 0)
        return nd_astype(a, type_of(c));
    if (strcmp(name, "copy") == 0)
        return nd_copy(a);
    if (strcmp(name, "reshape") == 0)
        return nd_reshape(a, shape_of(c));
    if (strcmp(name, "transpose") == 0)
        return transpose(c, a);
    if (strcmp(name, "concatenate") == 0)
        return nd_concatenate(case_word(c, 0), a, x[1].array);
    if (strcmp(name, "where") == 0)
        return nd_where(a, x[1], x[2]);
    if (strcmp(name, "arange") == 0)
        return nd_arange(x[0], x[1], x[2], .type = type_of(c));
    if (strcmp(name, "linspace") == 0)
        return nd_linspace(x[0], x[1], case_word(c, 1), .type = type_of(c),
                           .no_endpoint = case_word(c, 2) != 0);
    if (strcmp(name, "eye") == 0)
        return nd_eye(case_word(c, 1), .columns = case_word(c, 2), .diagonal = case_word(c, 3),
                      .type = type_of(c));
    const nd_array parts = case_parts(c, x);
    if (parts.id)
        return parts;
    const nd_array indexed = case_call_index(c, x);
    return indexed.id ? indexed : case_linalg(c, x);
}

static bool printed(const struct conformance_case *c, nd_array a, char *why)
{
    static _Thread_local char text[100000];
    memset(text, 0, sizeof text);
    FILE *out = fmemopen(text, sizeof text, "w");
    nd_print(a, .file = out);
    fclose(out);
    if (tsr_rank() != 0 || strcmp(text, c->expected_text) == 0)
        return true;
    snprintf(why, 400, "printed:\n%.180sinstead of:\n%.180s", text, c->expected_text);
    return false;
}

static bool failed(const struct conformance_case *c, nd_array found, char *why)
{
    const tsr_status s = nd_status(found);
    if (strcmp(tsr_status_name(s), c->failure) == 0)
        return true;
    snprintf(why, 400, "its status is %s, not %s: %.250s", tsr_status_name(s), c->failure,
             tsr_error_text());
    return false;
}

bool case_run(const struct conformance_case *c, char *why)
{
    ND_SCOPE();
    nd_operand x[CASE_OPERANDS];
    for (int i = 0; i < c->n_operands; ++i)
        x[i] = operand_of(&c->operand[i]);
    if (c->expected_text)
        return printed(c, x[0].array, why);
    const nd_array found = call(c, x);
    if (found.id == 0) {
        snprintf(why, 400, "there is no such function");
        return false;
    }
    return c->failure[0] ? failed(c, found, why) : case_compare(c, found, why);
}
