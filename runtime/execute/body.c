/* execute/body.c - what a running body may call: scratch, unbound outputs, wrong windows.
 *
 * Threads: the body's. */
#include <string.h>

#include "base/alloc.h"
#include "execute/execute.h"
#include "memory/memory.h"

static struct body_state *state_of(const tsr_task_context *t)
{
    return t->private_;
}

const void *operation_payload(const tsr_task_context *t)
{
    return state_of(t)->slot->op.payload;
}

void tsr_window_mismatch_(const tsr_task_context *t, int arg, tsr_type type, int rank, bool write)
{
    struct body_state *b = state_of(t);
    const tsr_task_desc *d = b->slot->op.desc;
    if ((unsigned)arg >= (unsigned)t->n_args)
        (void)tsr_fail_(b->slot->op.site, TSR_TASK_FAILED,
                        "task %s asks for argument %d of %d", d->name, arg, t->n_args);
    else
        (void)tsr_fail_(b->slot->op.site, TSR_TASK_FAILED,
                              "task %s: argument %d (%s) is %s of rank %d, %s; the body asks for %s "
                              "of rank %d, %s",
                              d->name, arg, d->args[arg].name != NULL ? d->args[arg].name : "?",
                              tsr_type_name(t->arg[arg].type), t->arg[arg].rank,
                              t->arg[arg].access == TSR_READ || t->arg[arg].access == TSR_SCALAR
                                  ? "to read"
                                  : "to write",
                              tsr_type_name(type), rank, write ? "to write" : "to read");
    b->forced = TSR_TASK_FAILED;
}

void tsr_scalar_of_(const tsr_task_context *t, int arg, void *out, size_t bytes)
{
    const tsr_binding *b = &t->arg[arg];
    memset(out, 0, bytes);
    if ((unsigned)arg >= (unsigned)t->n_args || b->rank != 0 || tsr_type_size(b->type) != bytes)
        tsr_window_mismatch_(t, arg, TSR_BINARY((tsr_type)bytes), 0, false);
    else
        memcpy(out, b->origin, bytes);
}

void *tsr_nowhere_(void)
{
    static __thread _Alignas(64) char nowhere[64];
    memset(nowhere, 0, sizeof nowhere);
    return nowhere;
}

void tsr_out_of_bounds_(int rank, const int64_t *low, const int64_t *high, const int64_t *index,
                        tsr_site at)
{
    char text[256];
    int n = 0;
    for (int d = 0; d < rank && n < 200; ++d)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld of [%lld, %lld)",
                      d == 0 ? "" : ", ", (long long)index[d], (long long)low[d],
                      (long long)high[d]);
    (void)tsr_fail_(at, TSR_TASK_FAILED, "index out of bounds: %s", text);
    struct body_state *b = (struct body_state *)(uintptr_t)runtime_body;
    if (b == NULL)
        tsr_die_(at, TSR_TASK_FAILED, "an index outside a task body");
    b->forced = TSR_TASK_FAILED;
    longjmp(b->escape, 1);
}

static size_t scratch_limit(const struct body_state *b)
{
    const tsr_variant *v = &b->slot->op.desc->variants[TSR_CPU];
    const struct plan *p = b->slot->plan;
    size_t most = 0;
    for (int k = 0; k < b->slot->op.n_args; ++k) {
        if (!p->arg[k].store || p->arg[k].unbound)
            continue;
        const int64_t *row = p->boxes + b->point * p->row + p->arg[k].box_at;
        size_t n = 1;
        for (int d = 0; d < p->arg[k].rank; ++d)
            n *= (size_t)(row[p->arg[k].rank + d] - row[d]);
        most = n > most ? n : most;
    }
    return v->scratch_bytes + v->scratch_per_element * most;
}

void *tsr_scratch(const tsr_task_context *t, size_t bytes)
{
    struct body_state *b = state_of(t);
    struct worker *w = b->worker;
    const size_t limit = scratch_limit(b);
    if (b->scratch_limit == 0) { /* the first call: room for all that may be asked for */
        w->scratch_used = 0;
        if (memory_scratch(w, limit + 64 * 16) == NULL) {
            b->forced = tsr_fail_(b->slot->op.site, TSR_NO_MEMORY, "no %zu bytes of scratch", limit);
            return NULL;
        }
        w->scratch_used = 0;
        b->scratch_limit = 1;
    }
    if (b->scratch_limit - 1 + bytes > limit) {
        b->forced = TSR_TASK_FAILED;
        (void)tsr_fail_(b->slot->op.site, TSR_TASK_FAILED,
                        "task %s asks for more scratch memory than its bound of %zu bytes",
                        b->slot->op.desc->name, limit);
        return NULL;
    }
    b->scratch_limit += bytes;
    return memory_scratch(w, bytes);
}

void *tsr_unbound_output(const tsr_task_context *t, int arg, int64_t extent)
{
    struct body_state *b = state_of(t);
    struct unbound *u = (unsigned)arg < (unsigned)t->n_args ? b->slot->unbound[arg] : NULL;
    if (u == NULL || extent < 0) {
        b->forced = TSR_TASK_FAILED;
        (void)tsr_fail_(b->slot->op.site, TSR_TASK_FAILED,
                        "task %s: argument %d is no unbound output (or %lld rows)",
                        b->slot->op.desc->name, arg, (long long)extent);
        return NULL;
    }
    size_t     bytes;
    const bool fits = !__builtin_mul_overflow((size_t)extent, (size_t)u->row_elements, &bytes) &&
                      !__builtin_mul_overflow(
                          bytes, b->slot->op.arg[arg].root->element_bytes, &bytes) &&
                      bytes < PTRDIFF_MAX - 64;
    if (u->data[b->point] != NULL) {
        b->forced = TSR_TASK_FAILED;
        (void)tsr_fail_(b->slot->op.site, TSR_TASK_FAILED,
                        "task %s: tsr_unbound_output was called twice for one point",
                        b->slot->op.desc->name);
        return NULL;
    }
    u->data[b->point] = fits ? base_uncleared(64, bytes + 1) : NULL;
    u->rows[b->point] = u->data[b->point] != NULL ? extent : 0;
    if (u->data[b->point] == NULL)
        b->forced = tsr_fail_(b->slot->op.site, TSR_NO_MEMORY,
                              "no memory for %lld rows of an unbound output", (long long)extent);
    return u->data[b->point];
}
