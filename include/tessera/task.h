/* tessera/task.h - describe a task once, for any number of processors; issue it.
 *
 * A descriptor names the arguments, how they are accessed, how their pieces hang together, and the
 * bodies.  It must live, unchanged, as long as the runtime (make it static const). */
#ifndef TESSERA_TASK_H
#define TESSERA_TASK_H

#include <tessera/partition.h>
#include <tessera/store.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TSR_MAX_ARGS = 16, TSR_MAX_CONSTRAINTS = 24, TSR_MAX_FOREIGN = 32 };

/* How a task uses an argument. */
typedef enum tsr_access {
    TSR_UNUSED_ARG,
    TSR_READ,
    TSR_WRITE,      /* every element of the piece is written, none read (the hostile build looks) */
    TSR_READ_WRITE,
    TSR_REDUCE,     /* the body folds into an accumulator that starts at the operator's identity */
    TSR_SCALAR      /* a value, or a 0-dimensional store read when the task runs */
} tsr_access;

/* The operator of a REDUCE argument.  SUM and PRODUCT of float and complex types fold along
 * canonical leaves and their tree (DESIGN: the same bits everywhere); the others are exact.
 * MIN and MAX: a NaN wins, and -0 is less than +0.  AND, OR, XOR: bitwise; on bool logical.
 * ARGMIN, ARGMAX: of TSR_INDEXED_*; a NaN wins, -0 equals +0; equal values (NaNs too) keep the
 * lowest index.  Where partials fold, a NaN becomes the canonical quiet one (0x7ff8000000000000). */
typedef enum tsr_reduction {
    TSR_NO_REDUCTION,
    TSR_SUM,
    TSR_PRODUCT,
    TSR_MIN,
    TSR_MAX,
    TSR_AND,
    TSR_OR,
    TSR_XOR,
    TSR_ARGMIN,
    TSR_ARGMAX,
    TSR_USER_REDUCTION,
    TSR_N_REDUCTIONS
} tsr_reduction;

/* A reduction operator of one's own over elements of `bytes` bytes.  combine: *into = *into op *from;
 * it must be associative; unless `exact`, partials are folded along the canonical tree, left operand
 * first, so that it need not commute there. */
typedef struct tsr_reducer {
    const char *name;
    size_t      bytes;
    const void *identity;
    void (*combine)(void *into, const void *from);
    bool        exact; /* associative and commutative to the bit */
} tsr_reducer;

/* One argument of a task type. */
typedef struct tsr_arg_desc {
    tsr_access         access;
    tsr_type           type;   /* TSR_TYPE_ANY: every type */
    int                rank;   /* 0: any rank */
    const char        *name;
    tsr_reduction      reduction;
    const tsr_reducer *reducer; /* for TSR_USER_REDUCTION */
} tsr_arg_desc;

/* What ties the pieces of arguments together. */
typedef enum tsr_constraint_kind {
    TSR_CONSTRAINT_NONE,
    TSR_CONSTRAINT_ALIGN,
    TSR_CONSTRAINT_BROADCAST,
    TSR_CONSTRAINT_HALO,
    TSR_CONSTRAINT_SCALE,
    TSR_CONSTRAINT_IMAGE,
    TSR_CONSTRAINT_MIN_EXTENT,
    TSR_CONSTRAINT_MULTIPLE_OF
} tsr_constraint_kind;

/* What the values behind an IMAGE name. */
typedef enum tsr_image_kind {
    TSR_IMAGE_POINTS, /* elements of f are indices: int64 (1-dimensional `a`), or, when `a` has d > 1
                         dimensions, f's last dimension has extent d and holds an index each */
    TSR_IMAGE_RANGES  /* f's last dimension has extent 2: [low, high) along a's first dimension */
} tsr_image_kind;

/* One constraint; made by the macros below. */
typedef struct tsr_constraint {
    tsr_constraint_kind kind;
    int                 of, on;             /* argument numbers */
    unsigned            dims;               /* BROADCAST: bit d set: dimension d is whole; 0: all */
    tsr_image_kind      image;
    bool                exact;
    int64_t             low[TSR_MAX_RANK], high[TSR_MAX_RANK]; /* HALO: growth; SCALE, extents: low */
} tsr_constraint;

/* Both arguments are cut in the same places; their extents are equal. */
#define TSR_ALIGN(a, b) {.kind = TSR_CONSTRAINT_ALIGN, .of = (a), .on = (b)}
/* Every point task sees all of `a`. */
#define TSR_BROADCAST(a) {.kind = TSR_CONSTRAINT_BROADCAST, .of = (a)}
/* Every point task sees all of `a` along the dimensions whose bits are set; `a` is aligned to `b`
 * along the others (extents may differ along the whole ones). */
#define TSR_BROADCAST_DIMS(a, b, mask)                                                             \
    {.kind = TSR_CONSTRAINT_BROADCAST, .of = (a), .on = (b), .dims = (mask)}
/* Each piece [l, h) of `b` meets [l - low, h + high) of `a`, clipped to a's extents. */
#define TSR_HALO(a, b, ...) {.kind = TSR_CONSTRAINT_HALO, .of = (a), .on = (b), __VA_ARGS__}
/* Each piece [l, h) of `b` meets [l * f, h * f) of `a`, clipped: TSR_SCALE(A, B, 2, 1). */
#define TSR_SCALE(a, b, ...) {.kind = TSR_CONSTRAINT_SCALE, .of = (a), .on = (b), .low = {__VA_ARGS__}}
/* Each piece of `a` holds every element that the values in the piece of `f` name.  The body may
 * read no others.  Exact: only those elements move; bounding: their bounding box. */
#define TSR_IMAGE(a, f, what) {.kind = TSR_CONSTRAINT_IMAGE, .of = (a), .on = (f), .image = (what)}
/* As TSR_IMAGE, moving only the elements named. */
#define TSR_IMAGE_EXACT(a, f, what)                                                                \
    {.kind = TSR_CONSTRAINT_IMAGE, .of = (a), .on = (f), .image = (what), .exact = true}
/* Pieces of `a` have at least these extents (or all of a dimension). */
#define TSR_MIN_EXTENT(a, ...)                                                                     \
    {.kind = TSR_CONSTRAINT_MIN_EXTENT, .of = (a), .low = {__VA_ARGS__}}
/* `a` is cut only at multiples of these. */
#define TSR_MULTIPLE_OF(a, ...)                                                                    \
    {.kind = TSR_CONSTRAINT_MULTIPLE_OF, .of = (a), .low = {__VA_ARGS__}}

typedef struct tsr_task_context tsr_task_context;
/* A task body: TSR_OK, or the status that TSR_FAIL(TASK_FAILED, ...) gave. */
typedef tsr_status tsr_task_body(const tsr_task_context *t);

/* Where a variant runs. */
typedef enum tsr_processor { TSR_CPU, TSR_CUDA, TSR_HIP, TSR_N_PROCESSORS } tsr_processor;

/* The layout a variant wants an argument in; without it a body sees strides.  A mismatch makes a
 * copy. */
typedef enum tsr_order { TSR_ORDER_ANY, TSR_ORDER_C, TSR_ORDER_FORTRAN } tsr_order;
typedef struct tsr_layout {
    tsr_order order;
    bool      contiguous; /* the piece's elements are adjacent */
    int       alignment;  /* bytes, a power of two; 0: the element's */
} tsr_layout;

/* What a parameter of a foreign function is given. */
typedef enum tsr_pass {
    TSR_PASS_END_,
    TSR_PASS_POINTER, /* of the piece's lowest element */
    TSR_PASS_EXTENT,  /* of the piece along .dim */
    TSR_PASS_STRIDE,  /* along .dim, in elements */
    TSR_PASS_VALUE,   /* a scalar argument */
    TSR_PASS_INT,     /* the constant .value */
    TSR_PASS_F64      /* the constant .real */
} tsr_pass;
/* One parameter; `type` is its C type (TSR_I32, TSR_I64, TSR_F32, TSR_F64, ...), ignored for
 * pointers and values of arguments; by_reference: a pointer to it, as Fortran passes. */
typedef struct tsr_foreign_param {
    tsr_pass pass;
    int      arg, dim;
    tsr_type type;
    bool     by_reference;
    int64_t  value;
    double   real;
} tsr_foreign_param;
/* A plain C or Fortran function as a task body, called through libffi.  A function that answers an
 * int (result = TSR_I32) fails the task when it is not 0; one that answers a value writes it to the
 * single element of argument `result_arg` (result_arg's number + 1; 0: the value is dropped). */
typedef struct tsr_foreign {
    void (*function)(void);
    tsr_type          result; /* TSR_TYPE_ANY: void */
    int               result_arg;
    bool              result_is_status;
    tsr_foreign_param params[TSR_MAX_FOREIGN];
} tsr_foreign;

/* One implementation of a task. */
typedef struct tsr_variant {
    tsr_task_body     *body;
    const tsr_foreign *foreign; /* instead of a body */
    tsr_layout         layout[TSR_MAX_ARGS];
    size_t             scratch_bytes;       /* a bound on tsr_scratch(), for one piece */
    size_t             scratch_per_element; /* and for each element of the largest argument's piece */
    bool               wants_communicator;  /* points run together and talk: tessera/communicator.h */
} tsr_variant;

/* What a simulated run (TESSERA_SIMULATE) takes for values that nobody computes. */
typedef struct tsr_model {
    /* The box of IMAGE argument `arg` (indices of its view, whose extents are `extent`) that the values in
     * the box `of` of the argument behind it would name. */
    void (*image)(int arg, const tsr_box *of, const int64_t *extent, tsr_box *out);
    /* Rows of unbound output `arg` that the bodies would deliver for a box of the iteration. */
    int64_t (*rows)(int arg, const tsr_box *piece);
} tsr_model;

/* A task type. */
typedef struct tsr_task_desc {
    const char    *name;
    tsr_arg_desc   args[TSR_MAX_ARGS];
    tsr_constraint constraints[TSR_MAX_CONSTRAINTS];
    tsr_variant    variants[TSR_N_PROCESSORS];
    bool           pure;      /* same inputs, same outputs, nothing else: may be replicated */
    bool           disjoint;  /* pieces written through an image do not meet */
    bool           canonical; /* values depend on where it is cut: cut into canonical leaves only
                                 (TESSERA_CHECK=cuts finds those that should say so) */
    bool           may_fail;  /* not in this version: UNSUPPORTED */
    int64_t        leaf[TSR_MAX_RANK]; /* extents of a canonical leaf; 0: the rule's */
    double         work;      /* a hint: work of one element, in additions; 0: 1 */
    const tsr_model *model;   /* for simulated runs of tasks with an IMAGE or an unbound output */
} tsr_task_desc;

/* ---- issuing ---- */

/* One argument of a call: a store (with a partition, in manual launches), or a value. */
typedef struct tsr_arg {
    tsr_store     store;
    tsr_partition partition;
    tsr_type      type; /* of the value; TSR_TYPE_ANY when a store is given */
    const void   *data; /* the value, when it does not fit `bytes` */
    union {
        double          f64;
        float           f32;
        int64_t         i64;
        uint64_t        u64;
        unsigned char   bytes[16];
    } value;
} tsr_arg;

/* A store as an argument. */
static inline tsr_arg tsr_arg_store(tsr_store s)
{
    tsr_arg a = {{0}, {0}, 0, NULL, {0}};
    a.store = s;
    return a;
}
/* A store cut by an explicit partition. */
static inline tsr_arg tsr_arg_cut(tsr_store s, tsr_partition p)
{
    tsr_arg a = tsr_arg_store(s);
    a.partition = p;
    return a;
}
/* A double as a scalar argument (converted to the descriptor's type: any number type). */
static inline tsr_arg tsr_arg_f64(double v)
{
    tsr_arg a = {{0}, {0}, TSR_F64, NULL, {0}};
    a.value.f64 = v;
    return a;
}
/* An integer as a scalar argument (converted to the descriptor's type: any number type). */
static inline tsr_arg tsr_arg_i64(int64_t v)
{
    tsr_arg a = {{0}, {0}, TSR_I64, NULL, {0}};
    a.value.i64 = v;
    return a;
}
/* A value of any type, copied from `data` at issue. */
static inline tsr_arg tsr_arg_data(tsr_type type, const void *data)
{
    tsr_arg a = {{0}, {0}, type, data, {0}};
    return a;
}
#ifndef __cplusplus
/* An argument from a store or a number. */
#define tsr_arg_of(x)                                                                              \
    _Generic((x), tsr_store: tsr_arg_store, float: tsr_arg_f64, double: tsr_arg_f64,               \
             default: tsr_arg_i64)(x)
#endif

/* How to issue; zero means the default. */
typedef struct tsr_launch {
    size_t      size;
    tsr_site    at;
    int64_t     points;     /* > 0: a manual launch: every store argument that is not a scalar or a
                               broadcast has a partition of so many points */
    int         priority;   /* ready tasks of a higher one go first */
} tsr_launch;

/* Issue an operation.  Answers only for what its arguments show on every rank (shapes, types,
 * handles, constraints); failures of bodies show where a value is asked for.  Outputs of a call that
 * fails carry the cause. */
TSR_API tsr_status tsr_issue_(const tsr_task_desc *d, const tsr_arg *args, int n,
                              const tsr_launch *how) TSR_MUST_CHECK;
#ifndef __cplusplus
/* Issue a task; arguments are named by the enum that its descriptor uses:
 *     tsr_issue(&heat_step, [IN] = tsr_arg_of(in), [OUT] = tsr_arg_of(out))                      */
#define tsr_issue(desc, ...)                                                                       \
    tsr_issue_((desc), (const tsr_arg[]){__VA_ARGS__},                                             \
               (int)(sizeof((const tsr_arg[]){__VA_ARGS__}) / sizeof(tsr_arg)),                    \
               &(tsr_launch){.size = sizeof(tsr_launch), .at = TSR_HERE})
/* As tsr_issue, one task for each of `n` points:
 *     tsr_issue_over(&step, n, [OUT] = tsr_arg_cut(out, tiles), ...)                              */
#define tsr_issue_over(desc, n, ...)                                                               \
    tsr_issue_((desc), (const tsr_arg[]){__VA_ARGS__},                                             \
               (int)(sizeof((const tsr_arg[]){__VA_ARGS__}) / sizeof(tsr_arg)),                    \
               &(tsr_launch){.size = sizeof(tsr_launch), .at = TSR_HERE, .points = (n)})
/* As tsr_issue, with a priority. */
#define tsr_issue_first(desc, prio, ...)                                                           \
    tsr_issue_((desc), (const tsr_arg[]){__VA_ARGS__},                                             \
               (int)(sizeof((const tsr_arg[]){__VA_ARGS__}) / sizeof(tsr_arg)),                    \
               &(tsr_launch){.size = sizeof(tsr_launch), .at = TSR_HERE, .priority = (prio)})
#endif

/* Solve an operation as tsr_issue would, issue nothing, and say why each choice fell as it did:
 * groups, rank grid, private cuts, leaves, keys, what would move.  The text is the runtime's, valid
 * until the next call; it says so when the call would fail. */
TSR_API const char *tsr_explain_(const tsr_task_desc *d, const tsr_arg *args, int n,
                                 const tsr_launch *how);
#ifndef __cplusplus
/* tsr_explain(&heat_step, [IN] = ..., [OUT] = ...): as above. */
#define tsr_explain(desc, ...)                                                                     \
    tsr_explain_((desc), (const tsr_arg[]){__VA_ARGS__},                                           \
                 (int)(sizeof((const tsr_arg[]){__VA_ARGS__}) / sizeof(tsr_arg)),                  \
                 &(tsr_launch){.size = sizeof(tsr_launch), .at = TSR_HERE})
#endif

/* ---- canonical leaves, as a pure function (the oracle and libraries use it) ---- */

/* Extents of the canonical leaf of an iteration box of `extents`: innermost up to 512 (16 Ki where it
 * is the only dimension), then the others doubled in turn, innermost first, up to `leaf_elements`
 * (16384) in all; then doubled along the outermost until a leaf has four times as many elements as
 * its accumulator, whose extents along dimension d are the leaf's where bit d of `kept` is set and
 * `accumulator_rest` is the product of its further extents (1 when there are none). */
TSR_API void tsr_leaf_extents(int rank, const int64_t *extents, int64_t leaf_elements, unsigned kept,
                              int64_t accumulator_rest, int64_t *out_leaf);

#ifdef __cplusplus
}
#endif
#endif
