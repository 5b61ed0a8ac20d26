/* api/call.h - issuing, as the rest of api/ does it. */
#ifndef API_CALL_H
#define API_CALL_H

#include "api/state.h"

/* A call of a task. */
struct call {
    const tsr_task_desc *desc;
    const tsr_arg       *args;
    int                  n; /* given */
    tsr_site             at;
    int64_t              points;
    int                  priority;
    bool                 is_sealing; /* a sealed store may be written, this once */
    void                *payload;    /* taken over; NULL: none */
};

/* Check a call and hand its operation to the pipeline. On failure the outputs carry the cause. */
tsr_status call_issue(struct tsr_runtime *rt, const struct call *c);

/* Mark the outputs of a call that failed. This thread's last failure is the cause, before and after. */
void call_outputs_fail(struct tsr_runtime *rt, const struct call *c);

/* Operations of the runtime's own. */
tsr_status call_fill(struct tsr_runtime *rt, tsr_store to, tsr_type type, const void *value,
                     tsr_site at);
tsr_status call_copy(struct tsr_runtime *rt, tsr_store to, tsr_store from, bool is_sealing,
                     tsr_site at);
/* `data` in C order, all of `to`: copied before it returns. */
tsr_status call_write(struct tsr_runtime *rt, tsr_store to, const void *data, tsr_site at);

/* A failed store with the cause of a failed one. */
tsr_store call_failed_like(struct tsr_runtime *rt, const struct handle *h, tsr_site at);

/* A root of a checked shape, without a handle; NULL: recorded. */
struct root *root_make(struct tsr_runtime *rt, enum root_kind kind, tsr_type type,
                       const tsr_shape *shape, tsr_site at);
/* Its first handle; {0}: no memory, recorded. */
tsr_store root_handle(struct tsr_runtime *rt, struct root *root, tsr_site at);

/* Where it is kept that a descriptor was found in order: it was, if that is its own. */
static inline struct checked *desc_checked(struct api_state *s, const tsr_task_desc *d)
{
    return &s->checked[(uintptr_t)d / 64 % CHECKED];
}
/* Is a descriptor in order? */
tsr_status desc_check(struct api_state *s, const tsr_task_desc *d, tsr_site at);
/* Arguments it names. */
int desc_args(const tsr_task_desc *d);
/* "x", or "argument 3" where it has no name. */
struct arg_text {
    char text[160];
};
struct arg_text arg_text(const tsr_task_desc *d, int i);

#endif
