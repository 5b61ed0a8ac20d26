/* interp_task.h - a task under execution, shared by what checks it and what runs it. */
#ifndef ORACLE_INTERP_TASK_H
#define ORACLE_INTERP_TASK_H

#include "interp.h"

/* One argument of the task being executed. */
typedef struct operand {
    tsr_access  access;
    handle     *h;       /* NULL: a value */
    places      at;      /* of an accumulator: its own elements, once each */
    uint8_t    *bytes;   /* dense copy: what it holds before, then what was written */
    uint8_t    *covered; /* which elements of a written argument the task writes */
    int64_t     stride[TSR_MAX_RANK], low[TSR_MAX_RANK], high[TSR_MAX_RANK];
    bool        aligned, image;
    bool        partly; /* the task may touch only some of it */
    const part *cut;
} operand;

typedef struct execution {
    interp            *s;
    oracle_op         *o;
    const oracle_desc *desc;
    int                n;
    operand            arg[TSR_MAX_ARGS];
    kernel_call        call;
    int                bad;     /* 1 + id of the mistake that an argument carries */
    bool               failed;
} execution;

static inline bool is_written(tsr_access a)
{
    return a == TSR_WRITE || a == TSR_READ_WRITE || a == TSR_REDUCE;
}

/* Run the kernel on everything, point by point, or leaf by leaf; results stay in the operands.
 * False: the bits of the result are not documented. */
bool execution_run(execution *e);

#endif
