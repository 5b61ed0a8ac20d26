/* solve/names.c - words for messages and explanations: arguments, constraints, shapes.
 *
 * Cost: O(rank). Threads: pure functions. */
#include <stdio.h>
#include <string.h>

#include "solve/problem.h"

static const char *const kind_name[] = {
    [TSR_CONSTRAINT_NONE] = "NONE",
    [TSR_CONSTRAINT_ALIGN] = "ALIGN",
    [TSR_CONSTRAINT_BROADCAST] = "BROADCAST",
    [TSR_CONSTRAINT_HALO] = "HALO",
    [TSR_CONSTRAINT_SCALE] = "SCALE",
    [TSR_CONSTRAINT_IMAGE] = "IMAGE",
    [TSR_CONSTRAINT_MIN_EXTENT] = "MIN_EXTENT",
    [TSR_CONSTRAINT_MULTIPLE_OF] = "MULTIPLE_OF",
};

const char *solve_arg_name(const struct problem *q, int arg, struct words *w)
{
    const char *name = arg >= 0 && arg < TSR_MAX_ARGS ? q->desc->args[arg].name : NULL;
    if (name)
        snprintf(w->text, sizeof w->text, "'%.60s'", name);
    else
        snprintf(w->text, sizeof w->text, "argument %d", arg);
    return w->text;
}

static bool is_of_one(const tsr_constraint *c)
{
    return c->kind == TSR_CONSTRAINT_MIN_EXTENT || c->kind == TSR_CONSTRAINT_MULTIPLE_OF ||
           (c->kind == TSR_CONSTRAINT_BROADCAST && c->dims == 0);
}

const char *solve_constraint_name(const struct problem *q, const tsr_constraint *c, struct words *w)
{
    struct words of, on;
    const char  *kind = (unsigned)c->kind < sizeof kind_name / sizeof *kind_name
                            ? kind_name[c->kind]
                            : "an unknown constraint";
    solve_arg_name(q, c->of, &of);
    if (is_of_one(c))
        snprintf(w->text, sizeof w->text, "%s(%.64s)", kind, of.text);
    else
        snprintf(w->text, sizeof w->text, "%s(%.64s, %.64s)", kind, of.text,
                 solve_arg_name(q, c->on, &on));
    return w->text;
}

const char *solve_shape_name(int rank, const int64_t *extent, struct words *w)
{
    if (rank == 0)
        return strcpy(w->text, "0-dimensional");
    size_t at = 0;
    w->text[0] = 0;
    for (int d = 0; d < rank && at < sizeof w->text; ++d)
        at += (size_t)snprintf(w->text + at, sizeof w->text - at, "%s%lld", d ? " x " : "",
                               (long long)extent[d]);
    return w->text;
}

const char *solve_view_shape_name(const struct problem *q, int arg, struct words *w)
{
    const struct view *v = q->op->arg[arg].view;
    return solve_shape_name(v->rank, v->extent, w);
}
