/* execute/point.h - one point while it runs: what point.c and cuts.c share.
 *
 * Threads: the worker that claimed it. */
#ifndef TESSERA_EXECUTE_POINT_H
#define TESSERA_EXECUTE_POINT_H

#include "execute/internal.h"

enum { PACKED_MOST = TSR_MAX_ARGS };

/* A layout's copy of one argument. */
struct packed {
    int    arg;
    void  *data;
    size_t bytes;
    int64_t extent[TSR_MAX_RANK], stride[TSR_MAX_RANK];
    char  *home; /* address of the box's lowest element */
};

struct point_call {
    struct worker    *w;
    struct slot      *s;
    const struct plan *plan;
    int               point;
    tsr_binding       binding[TSR_MAX_ARGS];
    struct body_state state;
    uint32_t          spares;   /* arguments whose accumulator is the worker's spare one */
    int               n_packed;
    struct packed     packed[PACKED_MOST];
};

/* Call the body on a row of boxes, as local point `number`; its status, with this thread's trace. */
tsr_status point_call(struct point_call *c, const int64_t *row, int64_t number, int64_t leaf);

/* ---- cuts.c: TESSERA_CHECK=cuts ---- */

struct cuts;
/* Before the point runs: run its body on the pieces of the second cut, into memory of their own, and keep
 * what they gave.  NULL: there is nothing to compare. */
struct cuts *cuts_begin(struct point_call *c, const int64_t *row);
/* After it: where it succeeded, the operation fails if the bits differ.  Takes NULL. */
void cuts_end(struct point_call *c, const int64_t *row, struct cuts *again, tsr_status status);

#endif
