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

#endif
