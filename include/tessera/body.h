/* tessera/body.h - inside a task body: windows on the arguments, scalars, scratch, results.
 *
 * Indices are those of each argument's own view, from 0 to its extents: a body never learns how many
 * pieces there are, or which one it has.  A window is a pointer, strides in elements, and the box of
 * indices that this call may touch:
 *
 *     static tsr_status scale(const tsr_task_context *t)
 *     {
 *         tsr_out_f64_2d y = tsr_out_f64_2d_of(t, Y);
 *         tsr_in_f64_2d  x = tsr_in_f64_2d_of(t, X);
 *         TSR_FOR_2D(i, j, y.box)
 *             tsr_at(y, i, j) = 2.0 * tsr_at(x, i, j);
 *         return TSR_OK;
 *     }
 *
 * Debug builds of a body (no NDEBUG, or TSR_BOUNDS_CHECKS 1) check each index against the box. */
#ifndef TESSERA_BODY_H
#define TESSERA_BODY_H

#include <tessera/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One argument of an operation, the same for all its points. */
typedef struct tsr_binding {
    char      *origin; /* where index (0, 0, ...) of the view would lie; may lie outside any memory */
    int64_t    stride[TSR_MAX_RANK]; /* in elements, along the view's dimensions */
    tsr_type   type;
    tsr_access access;
    int32_t    rank;
    int32_t    box_at; /* where this argument's low[rank], high[rank] stand in `boxes` */
} tsr_binding;

/* What a body is given.  Read it through the functions below. */
struct tsr_task_context {
    const tsr_binding *arg;
    const int64_t     *boxes;   /* of this call: for each argument low[rank], high[rank] */
    int64_t            point;   /* of a manual launch; 0 otherwise */
    int                n_args;
    void              *private_;
};

/* Explain a wrong use of a window (type, rank, access, no such argument): the task fails. */
TSR_API void tsr_window_mismatch_(const tsr_task_context *t, int arg, tsr_type type, int rank,
                                  bool write);
/* Memory that nobody reads, for a body that asked for the wrong element. */
TSR_API void *tsr_nowhere_(void);
/* Explain an index out of bounds and end the body: the task fails (or, outside one, the program). */
TSR_API void tsr_out_of_bounds_(int rank, const int64_t *low, const int64_t *high,
                                const int64_t *index, tsr_site at);

/* Whether windows check their indices; define it before including this to choose. */
#ifndef TSR_BOUNDS_CHECKS
#ifdef NDEBUG
#define TSR_BOUNDS_CHECKS 0
#else
#define TSR_BOUNDS_CHECKS 1
#endif
#endif

/* Whether argument `arg` can be seen as elements of `type` in `rank` dimensions, so accessed. */
static inline bool tsr_window_fits_(const tsr_task_context *t, int arg, tsr_type type, int rank,
                                    bool write)
{
    const tsr_binding *b = &t->arg[arg];
    return (unsigned)arg < (unsigned)t->n_args && b->type == type && b->rank == rank &&
           (!write || (b->access != TSR_READ && b->access != TSR_SCALAR));
}

/* The index of a box, row-major offset in elements, checked in debug builds. */
static inline int64_t tsr_offset_(int rank, const int64_t *stride, const int64_t *low,
                                  const int64_t *high, const int64_t *index, tsr_site at)
{
    int64_t offset = 0;
    for (int d = 0; d < rank; ++d) {
        if (TSR_BOUNDS_CHECKS && (index[d] < low[d] || index[d] >= high[d]))
            tsr_out_of_bounds_(rank, low, high, index, at);
        offset += index[d] * stride[d];
    }
    return offset;
}

/* Define one window type and the function that makes it. */
#define TSR_DEFINE_WINDOW_(T, name, TYPE, N, WRITE)                                                \
    typedef struct name {                                                                          \
        T      *origin;                                                                            \
        int64_t stride[N];                                                                         \
        struct {                                                                                   \
            int64_t low[N], high[N];                                                               \
        } box;                                                                                     \
    } name;                                                                                        \
    static inline name name##_of(const tsr_task_context *t, int arg)                               \
    {                                                                                              \
        name w;                                                                                    \
        if (__builtin_expect(!tsr_window_fits_(t, arg, (TYPE), (N), (WRITE)), 0)) {                \
            tsr_window_mismatch_(t, arg, (TYPE), (N), (WRITE));                                    \
            __builtin_memset(&w, 0, sizeof w);                                                     \
            return w;                                                                              \
        }                                                                                          \
        const tsr_binding *b = &t->arg[arg];                                                       \
        const int64_t     *box = t->boxes + b->box_at;                                             \
        w.origin = (T *)(void *)b->origin;                                                         \
        for (int d = 0; d < (N); ++d) {                                                            \
            w.stride[d] = b->stride[d];                                                            \
            w.box.low[d] = box[d];                                                                 \
            w.box.high[d] = box[(N) + d];                                                          \
        }                                                                                          \
        return w;                                                                                  \
    }
#define TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, N)                                              \
    TSR_DEFINE_WINDOW_(const T, tsr_in##name##_##N##d, TSR_##NAME, N, false)                       \
    TSR_DEFINE_WINDOW_(T, tsr_out##name##_##N##d, TSR_##NAME, N, true)
#define TSR_DEFINE_WINDOWS_(NAME, name, T)                                                         \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 1)                                                  \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 2)                                                  \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 3)                                                  \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 4)                                                  \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 5)                                                  \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 6)                                                  \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 7)                                                  \
    TSR_DEFINE_WINDOWS_OF_RANK_(NAME, name, T, 8)                                                  \
    static inline T *tsr_element##name##_of(const tsr_task_context *t, int arg)                    \
    {                                                                                              \
        if (__builtin_expect(!tsr_window_fits_(t, arg, TSR_##NAME, 0, true), 0)) {                 \
            tsr_window_mismatch_(t, arg, TSR_##NAME, 0, true);                                     \
            return (T *)tsr_nowhere_();                                                            \
        }                                                                                          \
        return (T *)(void *)t->arg[arg].origin;                                                    \
    }                                                                                              \
    static inline T tsr##name##_of(const tsr_task_context *t, int arg)                             \
    {                                                                                              \
        T v;                                                                                       \
        if (!tsr_window_fits_(t, arg, TSR_##NAME, 0, false)) {                                     \
            tsr_window_mismatch_(t, arg, TSR_##NAME, 0, false);                                    \
            __builtin_memset(&v, 0, sizeof v);                                                     \
            return v;                                                                              \
        }                                                                                          \
        __builtin_memcpy(&v, t->arg[arg].origin, sizeof v);                                        \
        return v;                                                                                  \
    }

/* tsr_in_f64_2d, tsr_in_f64_2d_of(t, ARG) and their like: windows to read (READ, READ_WRITE);
 * tsr_out_f64_2d: windows to write (WRITE, READ_WRITE, and the accumulators of REDUCE);
 * tsr_f64_of(t, ARG): the value of a scalar or of a 0-dimensional argument;
 * tsr_element_f64_of(t, ARG): where a 0-dimensional argument lies, to write or reduce into.
 * For every type of TSR_TYPE_MAP. */
#define X(NAME, name, T) TSR_DEFINE_WINDOWS_(NAME, _##name, T) /* pasted at once: bool is a macro */
TSR_TYPE_MAP(X)
#undef X

/* tsr_at(window, i, j): the element at these indices, to read or assign.  `window` is a variable. */
#define tsr_at(w, ...)                                                                             \
    ((w).origin[tsr_offset_((int)(sizeof((w).stride) / sizeof(int64_t)), (w).stride, (w).box.low,  \
                            (w).box.high, TSR_INDEX_LIST_(__VA_ARGS__), TSR_HERE)])
#ifdef __cplusplus
/* An index as an array, for tsr_at. */
struct tsr_index_ {
    int64_t i[TSR_MAX_RANK];
    operator const int64_t *() const { return i; }
};
#define TSR_INDEX_LIST_(...) (tsr_index_{{__VA_ARGS__}})
#else
#define TSR_INDEX_LIST_(...) ((const int64_t[]){__VA_ARGS__})
#endif

/* Loops over a box of 1, 2 or 3 dimensions, row-major. */
#define TSR_FOR_1D(i, b) for (int64_t i = (b).low[0]; i < (b).high[0]; ++i)
/* A loop over a box of 2 dimensions. */
#define TSR_FOR_2D(i, j, b)                                                                        \
    for (int64_t i = (b).low[0]; i < (b).high[0]; ++i)                                             \
        for (int64_t j = (b).low[1]; j < (b).high[1]; ++j)
/* A loop over a box of 3 dimensions. */
#define TSR_FOR_3D(i, j, k, b)                                                                     \
    for (int64_t i = (b).low[0]; i < (b).high[0]; ++i)                                             \
        for (int64_t j = (b).low[1]; j < (b).high[1]; ++j)                                         \
            for (int64_t k = (b).low[2]; k < (b).high[2]; ++k)

/* An argument whatever its type and rank: for bodies that take TSR_TYPE_ANY. */
typedef struct tsr_raw_window {
    char          *origin; /* of index (0, 0, ...) */
    const int64_t *stride; /* in elements */
    const int64_t *low, *high;
    int            rank;
    tsr_type       type;
} tsr_raw_window;
/* A raw window on an argument.  One that is not there fails the task, and gives an empty window of one
 * dimension.  Waits: never.  Threads: the body's. */
static inline tsr_raw_window tsr_raw_window_of(const tsr_task_context *t, int arg)
{
    if (__builtin_expect((unsigned)arg >= (unsigned)t->n_args, 0)) {
        tsr_window_mismatch_(t, arg, TSR_TYPE_ANY, 0, false);
        const int64_t *nothing = (const int64_t *)tsr_nowhere_();
        tsr_raw_window none = {(char *)tsr_nowhere_(), nothing, nothing, nothing, 1, TSR_TYPE_ANY};
        return none;
    }
    const tsr_binding *b = &t->arg[arg];
    tsr_raw_window w = {b->origin, b->stride, t->boxes + b->box_at,
                        t->boxes + b->box_at + b->rank, b->rank, b->type};
    return w;
}

/* Behind tsr_scalar_of: the element's bytes into `out`. */
TSR_API void tsr_scalar_of_(const tsr_task_context *t, int arg, void *out, size_t bytes);
/* tsr_scalar_of(t, ARG, &v): the value of a scalar or 0-dimensional argument of any type, TSR_BINARY and
 * structs among them, into a variable of the element's size.  Another size or rank fails the task, and `v`
 * is zero. */
#define tsr_scalar_of(t, arg, out) tsr_scalar_of_((t), (arg), (out), sizeof *(out))

/* The point of a manual launch; 0 in others. */
static inline int64_t tsr_point(const tsr_task_context *t)
{
    return t->point;
}

/* `bytes` of scratch memory, aligned to 64, valid until the body returns.  NULL, and the task fails,
 * when more is asked for in all than the variant's bound says. */
TSR_API void *tsr_scratch(const tsr_task_context *t, size_t bytes);

/* Room for `extent` rows (along the first dimension) of an unbound output; to be called once per
 * point.  The rows are contiguous in C order.  NULL, and the task fails, when memory is short. */
TSR_API void *tsr_unbound_output(const tsr_task_context *t, int arg, int64_t extent);

#ifdef __cplusplus
}
#endif
#endif
