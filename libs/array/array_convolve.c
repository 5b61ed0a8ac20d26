/* array_convolve.c - convolutions: which elements of the result are wanted, and tasks over pieces of them.
 *
 * Everything is a convolution of two matrices: rows stand for arrays of one dimension; a correlation
 * turns the kernel round first.  A task has a box of the result, the elements of `a` that it follows from, which
 * is that box with a border, and the whole kernel.  A task type is made for a border; there is one for each
 * power of four, the next one serves.
 *
 * Cost: elements of the result * elements of the kernel, one operation. Threads: the issuing thread; the body
 * any. */
#include <string.h>

#include "array_build.h"
#include "array_taps.h"

/* ---- the task ---- */

enum { OUT, A, V, SHIFT0, SHIFT1, ROWS, COLUMNS, N_ARGS };

/* The rows of the kernel that meet rows of `a` for row i of the result. */
static void rows_find(struct array_taps *t, int64_t top, int64_t a_rows, int64_t v_rows)
{
    t->r = top >= a_rows ? top - a_rows + 1 : 0;
    t->r_end = top + 1 < v_rows ? top + 1 : v_rows;
}

static tsr_status convolve_body(const tsr_task_context *t)
{
    const tsr_raw_window out = tsr_raw_window_of(t, OUT), a = tsr_raw_window_of(t, A),
                         v = tsr_raw_window_of(t, V);
    const int64_t     bytes = (int64_t)tsr_type_size(out.type), shift0 = tsr_i64_of(t, SHIFT0);
    struct array_taps x = {.type = out.type,
                           .v = v.origin,
                           .a_row = a.stride[0],
                           .a_stride = a.stride[1],
                           .v_row = v.stride[0],
                           .v_stride = v.stride[1],
                           .out_stride = out.stride[1],
                           .taps = v.high[1],
                           .shift = tsr_i64_of(t, SHIFT1),
                           .extent = tsr_i64_of(t, COLUMNS),
                           .low = out.low[1],
                           .high = out.high[1]};
    for (int64_t i = out.low[0]; i < out.high[0]; ++i) {
        rows_find(&x, i + shift0, tsr_i64_of(t, ROWS), v.high[0]);
        x.a = a.origin + (i + shift0) * a.stride[0] * bytes;
        x.out = out.origin + i * out.stride[0] * bytes;
        array_taps_row(&x);
    }
    return TSR_OK;
}

#define NUMBER(n) [n] = {.access = TSR_SCALAR, .type = TSR_I64, .name = #n}
#define TASK(cost, ...)                                                                            \
    {                                                                                              \
        .name = "convolve",                                                                        \
        .args = {[OUT] = {.access = TSR_WRITE, .rank = 2, .name = "out"},                          \
                 [A] = {.access = TSR_READ, .rank = 2, .name = "a"},                               \
                 [V] = {.access = TSR_READ, .rank = 2, .name = "kernel"},                          \
                 NUMBER(SHIFT0),                                                                   \
                 NUMBER(SHIFT1),                                                                   \
                 NUMBER(ROWS),                                                                     \
                 NUMBER(COLUMNS)},                                                                 \
        .constraints = {TSR_BROADCAST(V), __VA_ARGS__},                                            \
        .variants = {[TSR_CPU] = {.body = convolve_body}}, .pure = true, .work = (cost)            \
    }
#define HALO(n)   TSR_HALO(A, OUT, .low = {(n), (n)}, .high = {(n), (n)})
#define BORDER(n) TASK(4 * (n), HALO(n))
static const struct {
    int64_t       border;
    tsr_task_desc task;
} task_table[] = {{4, BORDER(4)},
                  {16, BORDER(16)},
                  {64, BORDER(64)},
                  {256, BORDER(256)},
                  {1024, BORDER(1024)},
                  {4096, BORDER(4096)},
                  {INT64_MAX, TASK(4096, TSR_BROADCAST(A))}};

static const tsr_task_desc *task_for(const int64_t shift[2], const nd_shape *v)
{
    int64_t border = 0;
    for (int d = 0; d < 2; ++d) {
        const int64_t before = v->extent[d] - 1 - shift[d];
        border = shift[d] > border ? shift[d] : border;
        border = before > border ? before : border;
    }
    int i = 0;
    while (border > task_table[i].border)
        ++i;
    return &task_table[i].task;
}

/* ---- the call ---- */

/* A call under way: out[i] = sum of v[k] a[i + shift - k], all of two dimensions. */
struct convolve {
    const char                *name;
    const nd_convolve_options *o;
    nd_array                   a, v;
    array_info                 x, y; /* what a and v are */
    nd_type                    type, wide;
    nd_convolve_mode           mode;
    int64_t                    shift[2];
    nd_shape                   shape;
};

/* Describe both; `mode`: where the options say none; false: *answer says why not. */
static bool convolve_begin(struct convolve *c, const char *name, nd_array a, nd_array v, int rank,
                           nd_convolve_mode mode, const nd_convolve_options *o, nd_array *answer)
{
    *c = (struct convolve){.name = name, .o = o, .a = a, .v = v};
    c->mode = o->mode == ND_CONVOLVE_DEFAULT ? mode : o->mode;
    if (!array_begin(a, &c->x, answer, o->at) || !array_begin(v, &c->y, answer, o->at))
        return false;
    if (c->x.shape.rank != rank || c->y.shape.rank != rank)
        tsr_fail_(o->at, TSR_BAD_SHAPE, "%s of %s and %s: both have %d dimension%s", name,
                  array_shape_text(&c->x.shape).text, array_shape_text(&c->y.shape).text, rank,
                  rank == 1 ? "" : "s");
    else if (array_volume(&c->x.shape) == 0 || array_volume(&c->y.shape) == 0)
        tsr_fail_(o->at, TSR_BAD_ARGUMENT, "%s of %s and %s: neither may be empty", name,
                  array_shape_text(&c->x.shape).text, array_shape_text(&c->y.shape).text);
    else if ((unsigned)o->mode > ND_CONVOLVE_VALID)
        tsr_fail_(o->at, TSR_BAD_ARGUMENT, "%s has no mode %d", name, (int)o->mode);
    else {
        c->type = nd_promote_types(c->x.type, c->y.type);
        c->wide = array_wide_of(c->type);
        return true;
    }
    *answer = array_failed(o->at);
    return false;
}

static void swap(struct convolve *c)
{
    const nd_array   a = c->a;
    const array_info x = c->x;
    c->a = c->v;
    c->x = c->y;
    c->v = a;
    c->y = x;
}

/* Where the result begins within the full one, and how long it is. */
static void part_find(struct convolve *c, int d)
{
    const int64_t n = c->x.shape.extent[d], m = c->y.shape.extent[d];
    c->shape.extent[d] = c->mode == ND_CONVOLVE_FULL   ? n + m - 1
                         : c->mode == ND_CONVOLVE_SAME ? n
                                                       : n - m + 1;
    c->shift[d] = c->mode == ND_CONVOLVE_FULL   ? 0
                  : c->mode == ND_CONVOLVE_SAME ? (m - 1) / 2
                                                : m - 1;
}

/* As a matrix of the type that is computed in. */
static nd_array as_matrix(nd_array a, array_info *info, nd_type wide, tsr_site at)
{
    if (info->type != wide)
        a = nd_astype_(a, wide, at);
    if (info->shape.rank == 2)
        return a;
    info->shape = (nd_shape){2, {1, info->shape.extent[0]}};
    return nd_expand_dims_(a, 0, at);
}

/* `a` is the one that the result is as long as. */
static nd_array convolve(struct convolve *c)
{
    const tsr_site at = c->o->at;
    const bool     is_row = c->x.shape.rank == 1;
    const nd_array a = as_matrix(c->a, &c->x, c->wide, at), v = as_matrix(c->v, &c->y, c->wide, at);
    c->shape.rank = 2;
    part_find(c, 0);
    part_find(c, 1);
    const nd_array   out = nd_empty_(c->wide, c->shape, at);
    const tsr_status s = tsr_issue_(task_for(c->shift, &c->y.shape),
                                    (tsr_arg[]){[OUT] = tsr_arg_store(nd_store(out)),
                                                [A] = tsr_arg_store(nd_store(a)),
                                                [V] = tsr_arg_store(nd_store(v)),
                                                [SHIFT0] = tsr_arg_i64(c->shift[0]),
                                                [SHIFT1] = tsr_arg_i64(c->shift[1]),
                                                [ROWS] = tsr_arg_i64(c->x.shape.extent[0]),
                                                [COLUMNS] = tsr_arg_i64(c->x.shape.extent[1])},
                                    N_ARGS, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    const nd_array whole = c->wide == c->type ? out : nd_astype_(out, c->type, at);
    return is_row ? nd_from_store(tsr_project_(nd_store(whole), 0, 0, at)) : whole;
}

nd_array nd_convolve_(nd_array a, nd_array v, const nd_convolve_options *o)
{
    ND_SCOPE();
    struct convolve c;
    nd_array        answer;
    if (!convolve_begin(&c, "convolve", a, v, 1, ND_CONVOLVE_FULL, o, &answer))
        return nd_keep_(answer, o->at);
    if (c.x.shape.extent[0] < c.y.shape.extent[0])
        swap(&c);
    return nd_keep_(convolve(&c), o->at);
}

static nd_array reversed(nd_array a, tsr_site at)
{
    return nd_flip_(a, NULL, 0, at);
}

static nd_array conjugated(nd_array a, nd_type t, tsr_site at)
{
    return array_kind_of(t) != KIND_COMPLEX
               ? a
               : nd_call_(ND_OP_CONJUGATE, (nd_operand[]){nd_operand_array(a)}, 1,
                          &(nd_call_options){.size = sizeof(nd_call_options), .at = at});
}

/* NumPy exchanges the two where the second is longer, and turns the result round. */
nd_array nd_correlate_(nd_array a, nd_array v, const nd_convolve_options *o)
{
    ND_SCOPE();
    struct convolve c;
    nd_array        answer;
    if (!convolve_begin(&c, "correlate", a, v, 1, ND_CONVOLVE_VALID, o, &answer))
        return nd_keep_(answer, o->at);
    c.v = conjugated(c.v, c.y.type, o->at);
    const bool is_swapped = c.x.shape.extent[0] < c.y.shape.extent[0];
    if (is_swapped)
        swap(&c);
    c.v = reversed(c.v, o->at);
    const nd_array out = convolve(&c);
    return nd_keep_(is_swapped ? reversed(out, o->at) : out, o->at);
}

static bool is_within(const nd_shape *a, const nd_shape *b)
{
    return a->extent[0] <= b->extent[0] && a->extent[1] <= b->extent[1];
}

nd_array nd_convolve2d_(nd_array a, nd_array v, const nd_convolve_options *o)
{
    ND_SCOPE();
    struct convolve c;
    nd_array        answer;
    if (!convolve_begin(&c, "convolve2d", a, v, 2, ND_CONVOLVE_FULL, o, &answer))
        return nd_keep_(answer, o->at);
    const bool fits = is_within(&c.y.shape, &c.x.shape);
    if (c.mode == ND_CONVOLVE_VALID && !fits && !is_within(&c.x.shape, &c.y.shape))
        return nd_keep_(
            ARRAY_FAIL(o->at, BAD_SHAPE, "convolve2d of %s and %s: neither lies within the other",
                       array_shape_text(&c.x.shape).text, array_shape_text(&c.y.shape).text),
            o->at);
    if (c.mode == ND_CONVOLVE_VALID && !fits)
        swap(&c);
    return nd_keep_(convolve(&c), o->at);
}
