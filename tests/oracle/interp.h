/* interp.h - the state of the interpreter, shared by its two files. */
#ifndef ORACLE_INTERP_H
#define ORACLE_INTERP_H

#include "oracle.h"

typedef enum attach_kind { NOT_ATTACHED, ATTACHED_READ, ATTACHED_WRITE } attach_kind;

/* The elements behind stores, in C order, and what is known of each. */
typedef struct root {
    uint8_t    *bytes;
    uint8_t    *defined;
    int32_t    *failed;   /* 0, or cause_of() */
    uint8_t    *doubt;    /* whether it is failed is not documented */
    bool        troubled; /* something of it was failed once */
    tsr_shape   shape;
    int64_t     n;
    size_t      size; /* of an element */
    int         handles;
    attach_kind attached;
} root;

typedef struct handle {
    bool     live, no_write, promoted, sealed, unbound, whole;
    bool     inexact; /* its boxes are met by their bounding boxes: delinearized, diagonal */
    int      root, scope, rank;
    int      bad; /* 1 + id of the mistake that made it; 0: a store */
    tsr_type type;
    int64_t  extent[TSR_MAX_RANK], stride[TSR_MAX_RANK], offset; /* in elements of the root */
} handle;

typedef struct part {
    bool      live;
    int       scope;
    int64_t   n;
    tsr_shape shape;
    tsr_box  *box;
} part;

struct interp {
    oracle_program *p;
    arena           memory;  /* roots and partitions */
    arena           scratch; /* of one step */
    int             depth, n_roots, failures;
    bool            told, mistaken;
    root            root[MAX_OPS];
    handle          handle[MAX_OPS];
    part            part[MAX_OPS];
    bool            known[MAX_OPS]; /* values read */
    uint64_t        value[MAX_OPS];
};

/* A view's elements: their places in the root, row-major. */
typedef struct places {
    int64_t  n;
    int64_t *at;
} places;

places handle_places(interp *s, const handle *h, bool compact);
/* Whether two views of a root share an element. */
bool    places_meet(interp *s, const places *a, const places *b, int of);
int64_t handle_volume(const handle *h);
/* Whether each element of the view is another one of the root, and may be written. */
bool handle_writable(const handle *h);
bool handle_defined(interp *s, const handle *h);
/* A failure as a number that orders as causes do: by the record that failed or was refused first, and with
 * it the record whose line and text are told (a refused call tells of the mistake it was given). */
static inline int cause_of(int by, int told)
{
    return (by + 1) << 16 | (told + 1);
}
static inline int cause_told(int cause)
{
    return (cause & 0xffff) - 1;
}
/* The lowest cause among the view's elements, 0 when none failed; whether all of them did. */
int handle_cause(interp *s, const handle *h, bool *out_all, bool *out_sure);
/* Whether one cause failed all of a view's elements, or none did. */
bool handle_uniform(interp *s, const handle *h);
/* The elements at these places (those covered) become failed, or good again; overwritten: by a
 * write, not by an update. */
void mark_failed(interp *s, int of, const places *p, const uint8_t *covered, int cause);
void mark_good(interp *s, int of, const places *p, const uint8_t *covered, bool overwritten);
void dense_strides(int rank, const int64_t *extent, int64_t *out_stride);
/* A live store that is not waiting for its extent, or NULL. */
handle   *live_handle(interp *s, int id);
tsr_shape handle_shape(const handle *h);
/* A fresh root in which nothing is written. */
int   new_root(interp *s, tsr_type t, const tsr_shape *shape);
void *scratch_take(interp *s, size_t bytes);

/* Elements of a shape; -1 when it makes no sense. */
int64_t shape_volume(const tsr_shape *shape);

/* Execute a record of one kind; false: it makes no sense here, and nothing was changed. */
bool step_create(interp *s, oracle_op *o);
bool step_unbound(interp *s, oracle_op *o);
bool step_view(interp *s, oracle_op *o);
bool step_seal(interp *s, oracle_op *o);
bool step_mistake(interp *s, oracle_op *o);
bool step_tiles(interp *s, oracle_op *o);
bool step_boxes(interp *s, oracle_op *o);
bool step_projection(interp *s, oracle_op *o);
bool step_end_partition(interp *s, oracle_op *o);
bool step_task(interp *s, oracle_op *o);

#endif
