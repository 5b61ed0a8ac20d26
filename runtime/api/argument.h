/* api/argument.h - one argument of a call becomes one of an operation. */
#ifndef API_ARGUMENT_H
#define API_ARGUMENT_H

#include "api/call.h"

/* Check argument `i` of a call and fill it in; what it refers to is borrowed, but `data` of a long
 * scalar is new. A failed store in: its cause becomes the trace. */
tsr_status argument_bind(struct tsr_runtime *rt, const struct call *c, int i,
                         struct operation_arg *out);

static inline bool access_writes(tsr_access a)
{
    return a == TSR_WRITE || a == TSR_READ_WRITE || a == TSR_REDUCE;
}

/* The same for what most arguments are: a plain store, of the described type and rank, that may be so
 * used, in a launch that is not manual. False: ask argument_bind. */
static inline bool argument_bind_plain(struct api_state *s, const tsr_arg_desc *d,
                                       const tsr_arg *given, struct operation_arg *out)
{
    const struct handle *h = handle_find(s, given->store.id, HANDLE_STORE);
    if (!h || !h->plain || d->type != h->type || given->partition.id != 0)
        return false;
    struct view *v = h->view;
    if ((d->rank != 0 && d->rank != v->rank) || d->access == TSR_SCALAR ||
        (v->stretched && d->access != TSR_READ))
        return false;
    out->root = h->root;
    out->view = v;
    out->partition = NULL;
    out->type = h->type;
    out->data = NULL;
    return true;
}

#endif
