/* array_fft.c - Fourier transforms: one axis after the other, rows as tasks.
 *
 * The axis that is transformed is turned to be the last one of both views.  A task has some rows of
 * the result, whole along that axis, and the rows that they follow from.  Rows are brought into aligned
 * buffers, eight beside each other at once, so that a transform along another axis reads whole cache lines; each
 * is transformed by itself, so that its bits do not depend on what is beside it.
 *
 * Source of the options' meaning: numpy/fft/_pocketfft.py.
 *
 * Cost: O(elements log n) an axis, one operation each. Threads: the issuing thread; the body any. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array_build.h"
#include "array_fftw.h"

enum { OUT, IN, KIND, FACTOR, POINTS, N_ARGS };
enum { BESIDE = 8 };

/* ---- rows ---- */

/* Some rows on their way: `beside` of them, one distance apart in both arrays. */
struct rows {
    nd_type                type; /* of the elements in memory */
    const char            *from;
    char                  *to;
    int64_t                n_in, n_out, in_stride, out_stride, in_apart, out_apart;
    int64_t                beside, room; /* elements of a buffer */
    bool                   in_is_complex, out_is_complex;
    double                 factor;
    char                  *in, *out; /* buffers */
    const array_fftw_plan *plan;
};

#define ROWS_OF(name, T)                                                                           \
    static void gather_##name(const struct rows *r, int64_t n)                                     \
    {                                                                                              \
        const int parts = r->in_is_complex ? 2 : 1;                                                \
        T        *to = (T *)(void *)r->in;                                                         \
        for (int64_t i = 0; i < n; ++i)                                                            \
            for (int64_t b = 0; b < r->beside; ++b) {                                              \
                const T *x = (const T *)(const void *)r->from +                                    \
                             parts * (i * r->in_stride + b * r->in_apart);                         \
                T *y = to + 2 * b * r->room + parts * i;                                           \
                y[0] = x[0];                                                                       \
                if (parts == 2)                                                                    \
                    y[1] = x[1];                                                                   \
            }                                                                                      \
        for (int64_t b = 0; b < r->beside; ++b)                                                    \
            memset(to + 2 * b * r->room + parts * n, 0,                                            \
                   (size_t)(parts * (r->n_in - n)) * sizeof(T));                                   \
    }                                                                                              \
    static void scatter_##name(const struct rows *r)                                               \
    {                                                                                              \
        const int parts = r->out_is_complex ? 2 : 1;                                               \
        const T  *from = (const T *)(const void *)r->out, factor = (T)r->factor;                   \
        for (int64_t i = 0; i < r->n_out; ++i)                                                     \
            for (int64_t b = 0; b < r->beside; ++b) {                                              \
                const T *x = from + 2 * b * r->room + parts * i;                                   \
                T       *y = (T *)(void *)r->to + parts * (i * r->out_stride + b * r->out_apart);  \
                y[0] = x[0] * factor;                                                              \
                if (parts == 2)                                                                    \
                    y[1] = x[1] * factor;                                                          \
            }                                                                                      \
    }
ROWS_OF(f32, float)
ROWS_OF(f64, double)

static void rows_run(const struct rows *r, bool is_f32, int64_t n_given)
{
    const int64_t given = n_given < r->n_in ? n_given : r->n_in;
    const int64_t bytes = 2 * r->room * (is_f32 ? 4 : 8);
    (is_f32 ? gather_f32 : gather_f64)(r, given);
    for (int64_t b = 0; b < r->beside; ++b)
        array_fftw_run(r->plan, r->in + b * bytes, r->out + b * bytes);
    (is_f32 ? scatter_f32 : scatter_f64)(r);
}

/* ---- the task ---- */

static const char *element_at(const tsr_raw_window *w, const int64_t *index)
{
    int64_t at = 0;
    for (int d = 0; d < w->rank - 1; ++d)
        at += index[d] * w->stride[d];
    return w->origin + at * (int64_t)tsr_type_size(w->type);
}

/* The next rows within the box: `by` along the innermost of the other dimensions; false at its end. */
static bool next_rows(const tsr_raw_window *w, int64_t *index, int64_t by)
{
    for (int d = w->rank - 2; d >= 0; --d) {
        index[d] += d == w->rank - 2 ? by : 1;
        if (index[d] < w->high[d])
            return true;
        index[d] = w->low[d];
    }
    return false;
}

static void all_rows(const tsr_raw_window *out, const tsr_raw_window *in, struct rows *r,
                     bool is_f32)
{
    int64_t   index[TSR_MAX_RANK];
    const int last = out->rank - 1;
    memcpy(index, out->low, (size_t)out->rank * sizeof index[0]);
    do {
        const int64_t left = last > 0 ? out->high[last - 1] - index[last - 1] : 1;
        r->beside = left < BESIDE ? left : BESIDE;
        r->from = element_at(in, index);
        r->to = (char *)element_at(out, index);
        rows_run(r, is_f32, in->high[last]);
    } while (next_rows(out, index, BESIDE));
}

static tsr_status fft_body(const tsr_task_context *t)
{
    const tsr_raw_window out = tsr_raw_window_of(t, OUT), in = tsr_raw_window_of(t, IN);
    const int            last = out.rank - 1;
    const nd_fft_kind    kind = (nd_fft_kind)tsr_i64_of(t, KIND);
    const int64_t        n = tsr_i64_of(t, POINTS), room = (n / 8 + 2) * 8;
    const nd_type        real = array_real_of(out.type);
    const size_t         bytes = (size_t)(2 * room) * tsr_type_size(real) * BESIDE;
    for (int d = 0; d < out.rank; ++d)
        if (out.low[d] >= out.high[d])
            return TSR_OK;
    char                  *buffers = aligned_alloc(64, 2 * bytes);
    const array_fftw_plan *plan =
        buffers ? array_fftw_find(kind, real, n, buffers, buffers + bytes) : NULL;
    struct rows r = {.n_in = kind == ND_FFT_REAL_INVERSE ? n / 2 + 1 : n,
                     .n_out = out.high[last],
                     .in_stride = in.stride[last],
                     .out_stride = out.stride[last],
                     .in_apart = last > 0 ? in.stride[last - 1] : 0,
                     .out_apart = last > 0 ? out.stride[last - 1] : 0,
                     .room = room,
                     .in_is_complex = kind != ND_FFT_REAL,
                     .out_is_complex = kind != ND_FFT_REAL_INVERSE,
                     .factor = tsr_f64_of(t, FACTOR),
                     .in = buffers,
                     .out = buffers + bytes,
                     .plan = plan};
    if (plan)
        all_rows(&out, &in, &r, real == TSR_F32);
    free(buffers);
    return plan ? TSR_OK
                : TSR_FAIL(NO_MEMORY, "no memory for a transform of %lld points", (long long)n);
}

#define TASK(r)                                                                                    \
    {                                                                                              \
        .name = "fft",                                                                             \
        .args = {[OUT] = {.access = TSR_WRITE, .rank = (r), .name = "out"},                        \
                 [IN] = {.access = TSR_READ, .rank = (r), .name = "in"},                           \
                 [KIND] = {.access = TSR_SCALAR, .type = TSR_I64, .name = "kind"},                 \
                 [FACTOR] = {.access = TSR_SCALAR, .type = TSR_F64, .name = "factor"},             \
                 [POINTS] = {.access = TSR_SCALAR, .type = TSR_I64, .name = "points"}},            \
        .constraints = {TSR_BROADCAST_DIMS(IN, OUT, 1u << ((r)-1)),                                \
                        {.kind = TSR_CONSTRAINT_MULTIPLE_OF,                                       \
                         .of = OUT,                                                                \
                         .low = {[(r)-1] = INT32_MAX}}},                                           \
        .variants = {[TSR_CPU] = {.body = fft_body}}, .pure = true, .work = 32                     \
    }
static const tsr_task_desc task_table[TSR_MAX_RANK] = {TASK(1), TASK(2), TASK(3), TASK(4),
                                                       TASK(5), TASK(6), TASK(7), TASK(8)};

/* ---- one axis ---- */

/* A transform under way. */
struct fft {
    const nd_fft_options *o;
    nd_type               real; /* F32 or F64 */
    nd_type               type; /* of the elements now */
    nd_shape              shape;
};

static nd_type complex_of(nd_type real)
{
    return real == TSR_F32 ? TSR_C64 : TSR_C128;
}

static double factor_of(nd_fft_norm norm, nd_fft_kind kind, int64_t n)
{
    const bool is_forward = kind == ND_FFT_FORWARD || kind == ND_FFT_REAL;
    if (norm == ND_NORM_ORTHO)
        return 1 / sqrt((double)n);
    return is_forward == (norm == ND_NORM_FORWARD) ? 1 / (double)n : 1;
}

/* Transform `a` along `axis` in `n` points; 0: as many as follow from its extent. */
static nd_array along(struct fft *f, nd_fft_kind kind, nd_array a, int axis, int64_t n)
{
    const tsr_site at = f->o->at;
    const nd_type  wanted = kind == ND_FFT_REAL ? f->real : complex_of(f->real);
    const nd_type  gives = kind == ND_FFT_REAL_INVERSE ? f->real : complex_of(f->real);
    const int64_t  extent = f->shape.extent[axis];
    n = n ? n : kind == ND_FFT_REAL_INVERSE ? 2 * (extent - 1) : extent;
    if (n < 1 || n > INT32_MAX)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "Invalid number of FFT data points (%lld) specified",
                          (long long)n);
    if (f->type != wanted)
        a = nd_astype_(a, wanted, at);
    f->shape.extent[axis] = kind == ND_FFT_REAL ? n / 2 + 1 : n;
    f->type = gives;
    const nd_array   out = nd_empty_(gives, f->shape, at);
    const nd_array   out_view = nd_moveaxis_(out, axis, f->shape.rank - 1, at);
    const nd_array   in_view = nd_moveaxis_(a, axis, f->shape.rank - 1, at);
    const tsr_status s =
        tsr_issue_(&task_table[f->shape.rank - 1],
                   (tsr_arg[]){[OUT] = tsr_arg_store(nd_store(out_view)),
                               [IN] = tsr_arg_store(nd_store(in_view)),
                               [KIND] = tsr_arg_i64(kind),
                               [FACTOR] = tsr_arg_f64(factor_of(f->o->norm, kind, n)),
                               [POINTS] = tsr_arg_i64(n)},
                   N_ARGS, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    return s == TSR_OK ? out : array_failed(at);
}

/* ---- the call ---- */

/* The axes that are meant, the last one first. */
static tsr_status axes_find(const nd_fft_options *o, int n_axes, int rank, int *out, int *out_n)
{
    const int n = o->axes.n > 0 ? o->axes.n : n_axes > 0 ? n_axes : rank;
    if (o->axes.n < 0 || n > TSR_MAX_RANK || (n_axes == 1 && n > 1))
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, "%d axes for a transform", o->axes.n);
    if (o->n && n != 1)
        return tsr_fail_(o->at, TSR_BAD_ARGUMENT, ".n is for transforms along one axis");
    for (int i = 0; i < n; ++i) {
        const int        axis = o->axes.n > 0 ? o->axes.axis[n - 1 - i] : -1 - i;
        const tsr_status s = array_axis(axis, rank, &out[i], o->at);
        if (s != TSR_OK)
            return s;
    }
    *out_n = n;
    return TSR_OK;
}

static nd_array fft(nd_fft_kind kind, int n_axes, nd_array a, const nd_fft_options *o)
{
    array_info info;
    nd_array   answer;
    int        axis[TSR_MAX_RANK], n = 0;
    if (!array_begin(a, &info, &answer, o->at))
        return answer;
    const nd_type t = array_real_of(array_wide_of(info.type));
    struct fft    f = {o, t == TSR_F32 ? TSR_F32 : TSR_F64, info.type, info.shape};
    if ((unsigned)kind > ND_FFT_REAL_INVERSE || (unsigned)o->norm > ND_NORM_FORWARD || o->n < 0)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no transform has kind %d, norm %d and %lld points",
                          (int)kind, (int)o->norm, (long long)o->n);
    if (kind == ND_FFT_REAL && array_kind_of(info.type) == KIND_COMPLEX)
        return ARRAY_FAIL(o->at, BAD_TYPE, "rfft takes no %s", nd_type_name(info.type));
    if (axes_find(o, n_axes, info.shape.rank, axis, &n) != TSR_OK ||
        array_fftw_load(f.real, o->at) != TSR_OK)
        return array_failed(o->at);
    answer = n > 0 ? a : nd_astype_(a, complex_of(f.real), o->at);
    const bool ends_real = kind == ND_FFT_REAL_INVERSE;
    for (int i = 0; i < n; ++i) {
        /* The real axis is the last: the first to be transformed forwards, the last one back. */
        const int         which = ends_real ? (i + 1) % n : i;
        const nd_fft_kind now = which == 0            ? kind
                                : ends_real           ? ND_FFT_INVERSE
                                : kind == ND_FFT_REAL ? ND_FFT_FORWARD
                                                      : kind;
        answer = along(&f, now, answer, axis[which], o->n);
        if (answer.id && array_describe(answer, &info, o->at) == TSR_OK && info.is_failed)
            return answer;
    }
    return answer;
}

nd_array nd_fft_(nd_fft_kind kind, int n_axes, nd_array a, const nd_fft_options *o)
{
    ND_SCOPE();
    return nd_keep_(fft(kind, n_axes, a, o), o->at);
}

/* ---- frequencies ---- */

/* `shown` of the frequencies of n points; those past `last` are negative. */
static nd_array frequencies(int64_t n, int64_t shown, int64_t last, double d, tsr_site at)
{
    struct array_call c;
    if (n < 1)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "frequencies of %lld points", (long long)n);
    array_call_begin(&c, "fftfreq", at);
    tsr_formula   *f = &c.formula;
    const tsr_term i = tsr_formula_cast(f, tsr_formula_index(f, 0), TSR_F64);
    const tsr_term all = array_call_real(&c, TSR_F64, (double)n);
    const tsr_term top = array_call_real(&c, TSR_F64, (double)last);
    const tsr_term step = array_call_real(&c, TSR_F64, 1.0 / ((double)n * d));
    const tsr_term k = tsr_apply(f, TSR_OP_SELECT, tsr_apply(f, TSR_OP_LESS_EQUAL, i, top), i,
                                 tsr_apply(f, TSR_OP_SUBTRACT, i, all));
    tsr_formula_output(f, tsr_apply(f, TSR_OP_MULTIPLY, k, step));
    return array_call_make(&c, TSR_F64, &(nd_shape){1, {shown}});
}

nd_array nd_fftfreq_(int64_t n, double d, tsr_site at)
{
    return frequencies(n, n, (n - 1) / 2, d, at);
}

nd_array nd_rfftfreq_(int64_t n, double d, tsr_site at)
{
    return frequencies(n, n / 2 + 1, n / 2, d, at);
}

/* ---- shifts ---- */

nd_array nd_fft_shift_(nd_array a, bool is_inverse, const nd_axes_options *o)
{
    ND_SCOPE();
    array_info info;
    nd_array   answer;
    unsigned   set;
    if (!array_begin(a, &info, &answer, o->at))
        return nd_keep_(answer, o->at);
    if (o->axes.n < 0 || o->axes.n > TSR_MAX_RANK)
        return nd_keep_(ARRAY_FAIL(o->at, BAD_ARGUMENT, "%d axes", o->axes.n), o->at);
    if (array_axes(o->axes.axis, o->axes.n, info.shape.rank, &set, o->at) != TSR_OK)
        return nd_keep_(array_failed(o->at), o->at);
    answer = array_alias(a, o->at);
    for (int d = 0; d < info.shape.rank; ++d) {
        const int64_t half = info.shape.extent[d] / 2;
        if (set >> d & 1)
            answer = nd_roll_(
                answer, is_inverse ? -half : half,
                &(nd_axes_options){.size = sizeof(nd_axes_options), .at = o->at, .axes = {1, {d}}});
    }
    return nd_keep_(answer, o->at);
}
