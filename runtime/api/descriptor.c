/* api/descriptor.c - is a task descriptor in order?
 *
 * A descriptor does not change while the runtime lives, so that it is looked at when it is issued
 * first, and a small table of addresses remembers that it was. What hangs on the arguments of a call
 * (types where any is taken, shapes) is looked at each time, in argument.c; what constraints mean
 * together is solve/'s to say.
 *
 * Cost: O(arguments + constraints + parameters) once, a load after that. Threads: the issuing
 * thread. */
#include <string.h>

#include "api/call.h"
#include "model/reduce.h"
#include "model/types.h"

int desc_args(const tsr_task_desc *d)
{
    int n = 0;
    while (n < TSR_MAX_ARGS && d->args[n].access != TSR_UNUSED_ARG)
        ++n;
    return n;
}

struct arg_text arg_text(const tsr_task_desc *d, int i)
{
    struct arg_text t;
    const char     *task = d->name ? d->name : "?";
    if (i >= 0 && i < TSR_MAX_ARGS && d->args[i].name)
        snprintf(t.text, sizeof t.text, "argument %s of %s", d->args[i].name, task);
    else
        snprintf(t.text, sizeof t.text, "argument %d of %s", i, task);
    return t;
}

static tsr_status reduction_check(const tsr_task_desc *d, int i, tsr_site at)
{
    const tsr_arg_desc *a = &d->args[i];
    const tsr_reducer  *r = a->reducer;
    if (a->reduction <= TSR_NO_REDUCTION || a->reduction >= TSR_N_REDUCTIONS)
        return failure_at(at, BAD_ARGUMENT, "%s reduces, but names no operator",
                          arg_text(d, i).text);
    if (a->reduction == TSR_USER_REDUCTION) {
        if (!r || !r->combine || !r->identity || r->bytes == 0)
            return failure_at(at, BAD_ARGUMENT,
                              "%s: a reducer has bytes, an identity and a function that combines",
                              arg_text(d, i).text);
        if (a->type != TSR_TYPE_ANY && tsr_type_size(a->type) != r->bytes)
            return failure_at(at, BAD_TYPE, "%s: elements of %zu bytes, a reducer of %zu",
                              arg_text(d, i).text, tsr_type_size(a->type), r->bytes);
        return TSR_OK;
    }
    if (a->type != TSR_TYPE_ANY && !reduce_is_defined(a->reduction, a->type))
        return failure_at(at, BAD_TYPE, "%s: %s of %s is not defined", arg_text(d, i).text,
                          reduce_name(a->reduction), tsr_type_name(a->type));
    return TSR_OK;
}

static tsr_status args_check(const tsr_task_desc *d, int n, tsr_site at)
{
    for (int i = 0; i < TSR_MAX_ARGS; ++i) {
        const tsr_arg_desc *a = &d->args[i];
        if (i >= n && a->access != TSR_UNUSED_ARG)
            return failure_at(at, BAD_ARGUMENT, "%s: argument %d is described, %d is not", d->name,
                              i, n);
        if (i >= n)
            continue;
        if (a->access < TSR_UNUSED_ARG || a->access > TSR_SCALAR)
            return failure_at(at, BAD_ARGUMENT, "%s: access %d is unknown", arg_text(d, i).text,
                              (int)a->access);
        if (a->type != TSR_TYPE_ANY && tsr_type_size(a->type) == 0)
            return failure_at(at, BAD_TYPE, "%s: no element type has number %d",
                              arg_text(d, i).text, (int)a->type);
        if (a->rank < 0 || a->rank > TSR_MAX_RANK)
            return failure_at(at, BAD_SHAPE, "%s: %d dimensions; there may be 0 to %d",
                              arg_text(d, i).text, a->rank, TSR_MAX_RANK);
        const tsr_status s = a->access == TSR_REDUCE ? reduction_check(d, i, at) : TSR_OK;
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}

static tsr_status foreign_check(const tsr_task_desc *d, const tsr_foreign *f, int n, tsr_site at)
{
    if (!f->function)
        return failure_at(at, BAD_ARGUMENT, "%s: a foreign variant without a function", d->name);
    if (f->result_arg < 0 || f->result_arg > n)
        return failure_at(at, BAD_ARGUMENT, "%s: the result goes to argument %d of %d", d->name,
                          f->result_arg - 1, n);
    for (int k = 0; k < TSR_MAX_FOREIGN && f->params[k].pass != TSR_PASS_END_; ++k) {
        const tsr_foreign_param *p = &f->params[k];
        const bool               is_constant = p->pass == TSR_PASS_INT || p->pass == TSR_PASS_F64;
        const bool           is_number = p->pass == TSR_PASS_EXTENT || p->pass == TSR_PASS_STRIDE;
        const enum type_kind kind = type_kind(p->type);
        if (p->pass < TSR_PASS_END_ || p->pass > TSR_PASS_F64)
            return failure_at(at, BAD_ARGUMENT, "%s: parameter %d is passed in no known way",
                              d->name, k);
        if (!is_constant && (p->arg < 0 || p->arg >= n))
            return failure_at(at, BAD_ARGUMENT, "%s: parameter %d is of argument %d of %d", d->name,
                              k, p->arg, n);
        if (is_number && (p->dim < 0 || p->dim >= TSR_MAX_RANK))
            return failure_at(at, BAD_ARGUMENT, "%s: parameter %d is of dimension %d", d->name, k,
                              p->dim);
        if ((is_constant || is_number) && (kind < TYPE_IS_BOOL || kind > TYPE_IS_FLOAT ||
                                           p->type == TSR_F16 || p->type == TSR_BF16))
            return failure_at(at, BAD_TYPE, "%s: parameter %d is a number of type %s", d->name, k,
                              tsr_type_name(p->type));
    }
    return TSR_OK;
}

static tsr_status variants_check(const tsr_task_desc *d, int n, tsr_site at)
{
    static const char *const names[TSR_N_PROCESSORS] = {
        [TSR_CPU] = "CPU", [TSR_CUDA] = "CUDA", [TSR_HIP] = "HIP"};
    const tsr_variant *v = &d->variants[TSR_CPU];
    if (d->may_fail)
        return failure_at(at, UNSUPPORTED, "%s may fail (.may_fail)", d->name);
    if (v->wants_communicator && d->canonical)
        return failure_at(at, BAD_ARGUMENT, "%s wants a communicator, whose calls a body makes once a point, "
                                            "and canonical leaves, for which it is called once each",
                          d->name);
    if (v->wants_communicator && !v->body)
        return failure_at(at, BAD_ARGUMENT, "%s wants a communicator, and has no body that could use it",
                          d->name);
    if (v->body)
        return TSR_OK;
    if (v->foreign)
        return foreign_check(d, v->foreign, n, at);
    char others[40] = "";
    for (int p = TSR_CPU + 1; p < TSR_N_PROCESSORS; ++p)
        if (d->variants[p].body || d->variants[p].foreign)
            snprintf(others + strlen(others), sizeof others - strlen(others), "%s%s",
                     others[0] ? ", " : "; it has ", names[p]);
    return failure_at(at, NO_VARIANT, "%s has no CPU variant%s", d->name, others);
}

tsr_status desc_check(struct api_state *s, const tsr_task_desc *d, tsr_site at)
{
    if (!d)
        return failure_at(at, BAD_ARGUMENT, "no task descriptor");
    if (!d->name || !d->name[0])
        return failure_at(at, BAD_ARGUMENT, "a task descriptor without a name");
    const int  n = desc_args(d);
    tsr_status status = args_check(d, n, at);
    if (status == TSR_OK)
        status = variants_check(d, n, at);
    if (status == TSR_OK)
        *desc_checked(s, d) = (struct checked){d, n};
    return status;
}
