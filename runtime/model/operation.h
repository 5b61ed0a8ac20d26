/* model/operation.h - one issued operation: the record that travels through the stages. */
#ifndef TESSERA_MODEL_OPERATION_H
#define TESSERA_MODEL_OPERATION_H

#include <tessera/task.h>

#include "model/plan.h"
#include "model/root.h"

/* An explicit partition: a function point -> box of a view. Interned by number; counted. */
struct partition {
    uint64_t id;       /* never reused */
    int32_t  users;
    int64_t  n;
    tsr_shape shape;
    tsr_box *box;      /* [n] */
    bool     disjoint; /* no two boxes meet */
    bool     covers;   /* disjoint, and together the whole shape */
};
struct partition *partition_keep(struct partition *p);
void              partition_release(struct partition *p);

/* One argument of an operation. */
struct operation_arg {
    struct root      *root;      /* NULL: a value */
    struct view      *view;      /* counted */
    struct partition *partition; /* counted, or NULL */
    tsr_type          type;      /* of the elements as the body sees them (a handle may reinterpret the
                                    root's), or of the value */
    _Alignas(8) unsigned char value[16]; /* of a scalar up to 16 bytes, already of the descriptor's type */
    void             *data;      /* a longer scalar's, owned */
};

struct operation {
    uint64_t             number;
    const tsr_task_desc *desc;
    int                  n_args;
    int                  priority;
    int64_t              points;     /* > 0: a manual launch */
    bool                 alone;      /* one rank runs all of it: what ranks would write, as boxes, meets;
                                        set before solve */
    bool                 inputs_replicated; /* every rank holds all that it reads; set before solve */
    tsr_site             site;
    const char          *provenance;
    tsr_status           status;     /* found failed at issue or analysis: its body does not run */
    struct operation_arg arg[TSR_MAX_ARGS];
    struct plan         *plan;       /* set by solve */
    void                *payload;    /* memory a built-in task reads (tsr_write); from base/alloc; freed
                                        at retirement */
};

/* A task of the runtime's own (fill, copy, write)?  Defined in api/. */
bool task_is_built_in(const tsr_task_desc *d);
/* The payload of the operation whose body was given `t`; NULL when it has none.  Defined in execute/. */
const void *operation_payload(const tsr_task_context *t);

#endif
