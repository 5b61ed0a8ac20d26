/* kernels.c - what the tasks of the random programs compute, for windows of any type and rank.
 *
 * A kernel sees windows, its parameters and nothing else, so the same text serves the runtime (piece
 * by piece) and the interpreter (once, on the whole of everything).  A kernel whose result would
 * depend on where it is cut is a bug here, but for SCAN and MARK, which are canonical, and for the
 * order inside the reductions, which is row-major.  The windows that the runtime hands out are what
 * is tested: a kernel must not read outside the box of a window.
 *
 * A view that is read and written, aligned, is one memory (DESIGN section 5): each element is read
 * before it is written.
 *
 * Arguments: the written ones first, then those read, then scalars; the parameters last. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

const char *const kernel_names[N_KERNELS] = {
#define X(name) #name,
    KERNEL_MAP(X)
#undef X
};

enum { MIX = 1 }; /* a flag of the params: hash instead of adding */

#define EACH(i, w)                                                                                 \
    int64_t i[TSR_MAX_RANK];                                                                       \
    for (bool more_ = box_first((w)->rank, (w)->low, (w)->high, i); more_;                         \
         more_ = box_next((w)->rank, (w)->low, (w)->high, i))

static uint64_t hash_index(uint64_t seed, int rank, const int64_t *i)
{
    for (int d = 0; d < rank; ++d)
        seed = hash_pair(seed, (uint64_t)i[d]);
    return seed;
}

static int64_t volume(const tsr_raw_window *w)
{
    int64_t n = 1;
    for (int d = 0; d < w->rank; ++d)
        n *= w->high[d] > w->low[d] ? w->high[d] - w->low[d] : 0;
    return n;
}

/* The index of the n-th element of a window's box, row-major. */
static void unravel(const tsr_raw_window *w, int64_t n, int64_t *i)
{
    for (int d = w->rank - 1; d >= 0; --d) {
        const int64_t extent = w->high[d] - w->low[d];
        i[d] = w->low[d] + n % extent;
        n /= extent;
    }
}

static void mix_into(tsr_type t, void *out, uint64_t a, uint64_t b)
{
    el_from_u64(t, hash_pair(a, b), false, out);
}

/* Fold the elements of a box of `w`, row-major: a sum where the type has one, else a hash. */
static void fold_box(const kernel_call *c, const tsr_raw_window *w, const int64_t *low,
                     const int64_t *high, void *out)
{
    int64_t    i[TSR_MAX_RANK];
    char       total[16];
    const bool sum = el_is_number(w->type) && !(c->p->flags & MIX);
    uint64_t   h = c->p->seed;
    if (sum)
        el_from_i64(w->type, 0, total);
    for (bool more = box_first(w->rank, low, high, i); more; more = box_next(w->rank, low, high, i))
        if (sum)
            el_add(w->type, total, total, at(w, i));
        else
            h = hash_pair(h, el_hash(w->type, at(w, i)));
    if (sum)
        memcpy(out, total, el_size(w->type));
    else
        el_from_u64(w->type, h, false, out);
}

/* ---- element by element ---- */

static int64_t index_value(const kernel_params *p, int rank, const int64_t *i)
{
    const int     last = rank - 1;
    const int64_t n = p->modulus[0];
    if (p->flags == INDEX_PERMUTATION)
        return (i[0] * p->modulus[1] + p->modulus[2]) % n;
    if (p->flags == INDEX_POINTS) {
        const int64_t m = p->modulus[p->low[0] > 1 ? i[last] : 0];
        return (int64_t)(hash_index(p->seed, rank, i) % (uint64_t)m);
    }
    const int64_t low = (int64_t)(hash_index(p->seed, rank - 1, i) % (uint64_t)(n + 1));
    const int64_t room = n - low < 5 ? n - low : 5;
    return low + i[last] * (int64_t)(hash_index(p->seed + 1, rank - 1, i) % (uint64_t)(room + 1));
}

static void run_index(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0];
    EACH(i, o)
    {
        if (c->p->flags >= INDEX_POINTS) {
            const int64_t v = index_value(c->p, o->rank, i);
            memcpy(at(o, i), &v, 8);
        } else {
            el_from_u64(o->type, hash_index(c->p->seed, o->rank, i), c->p->flags == INDEX_SPECIAL,
                        at(o, i));
        }
    }
}

static void run_copy(kernel_call *c)
{
    const size_t size = el_size(c->w[0].type);
    EACH(i, &c->w[0])
    memcpy(at(&c->w[0], i), at(&c->w[1], i), size);
}

static void run_mix(kernel_call *c)
{
    EACH(i, &c->w[0])
    mix_into(c->w[0].type, at(&c->w[0], i), el_hash(c->w[1].type, at(&c->w[1], i)), c->p->seed);
}

static void run_affine(kernel_call *c)
{
    const tsr_type t = c->w[0].type;
    char           v[16];
    EACH(i, &c->w[0])
    {
        el_mul(t, v, c->w[2].origin, at(&c->w[1], i));
        el_add(t, at(&c->w[0], i), v, c->w[3].origin);
    }
}

static void run_add(kernel_call *c)
{
    EACH(i, &c->w[0])
    el_add(c->w[0].type, at(&c->w[0], i), at(&c->w[1], i), at(&c->w[2], i));
}

static void run_update(kernel_call *c)
{
    const tsr_raw_window *x = &c->w[0];
    EACH(i, x)
    mix_into(x->type, at(x, i), el_hash(x->type, at(x, i)), hash_index(c->p->seed, x->rank, i));
}

static void run_update2(kernel_call *c)
{
    const tsr_raw_window *x = &c->w[0], *y = &c->w[1];
    EACH(i, x)
    if (el_is_number(x->type) && !(c->p->flags & MIX))
        el_add(x->type, at(x, i), at(x, i), at(y, i));
    else
        mix_into(x->type, at(x, i), el_hash(x->type, at(x, i)), el_hash(y->type, at(y, i)));
}

static void run_split(kernel_call *c)
{
    EACH(i, &c->w[0])
    {
        const uint64_t h = el_hash(c->w[2].type, at(&c->w[2], i));
        mix_into(c->w[0].type, at(&c->w[0], i), h, 1);
        mix_into(c->w[1].type, at(&c->w[1], i), h, 2);
    }
}

static bool run_fail(kernel_call *c)
{
    const tsr_raw_window *x = &c->w[1];
    EACH(i, x)
    if ((int64_t)(el_hash(x->type, at(x, i)) % (uint64_t)c->p->modulus[0]) == c->p->modulus[1])
        return false;
    run_copy(c);
    return true;
}

/* Through scratch, backwards. */
static bool run_scratch(kernel_call *c)
{
    const tsr_raw_window *x = &c->w[1];
    const size_t          size = el_size(x->type), n = (size_t)volume(x);
    char                 *buffer = c->t ? tsr_scratch(c->t, n * size) : malloc(n * size + 1);
    if (!buffer)
        return false;
    char *next = buffer + n * size;
    EACH(i, x)
    memcpy(next -= size, at(x, i), size);
    next = buffer + n * size;
    EACH(j, &c->w[0])
    memcpy(at(&c->w[0], j), next -= size, size);
    if (!c->t)
        free(buffer);
    return true;
}

/* ---- layouts and cuts: the runtime must have kept its word ---- */

static bool has_layout(const tsr_raw_window *w, int order)
{
    int64_t stride = 1;
    for (int k = 0; k < w->rank; ++k) {
        const int d = order == TSR_ORDER_C ? w->rank - 1 - k : k;
        if (w->high[d] - w->low[d] > 1 && w->stride[d] != stride)
            return false;
        stride *= w->high[d] - w->low[d];
    }
    return true;
}

/* The address of the piece's lowest element. */
static bool is_aligned(const tsr_raw_window *w, int64_t alignment)
{
    return (uintptr_t)at(w, w->low) % (uintptr_t)alignment == 0;
}

static bool run_layout(kernel_call *c)
{
    for (int k = 0; c->t && k < 2; ++k) {
        if (!c->p->low[k] || volume(&c->w[k]) == 0)
            continue;
        if (c->p->low[k] == LAYOUT_ALIGNED ? !is_aligned(&c->w[k], 128)
                                           : !is_aligned(&c->w[k], 64) ||
                                                 !has_layout(&c->w[k], c->p->low[k]))
            return false;
    }
    run_copy(c);
    return true;
}

/* Whether a piece has the least extents, or all of its dimensions. */
static bool has_extents(const kernel_call *c, const tsr_raw_window *o, const int8_t *least)
{
    for (int d = 0; d < o->rank && d < 4; ++d) {
        const int64_t n = o->high[d] - o->low[d];
        if (n > 0 && n < least[d] && n != c->p->modulus[d])
            return false;
    }
    return true;
}

/* Elements change places with their neighbour in pairs along the last dimension. */
static bool run_pairs(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1];
    if (c->p->flags && !has_extents(c, o, c->p->high))
        return false;
    const int             last = x->rank - 1;
    const size_t          size = el_size(x->type);
    EACH(i, o)
    {
        char    even[16], odd[16];
        int64_t j[TSR_MAX_RANK];
        memcpy(j, i, sizeof j);
        j[last]++;
        if (i[last] & 1)
            continue;
        memcpy(even, at(x, i), size);
        if (j[last] < x->high[last]) {
            memcpy(odd, at(x, j), size);
            memcpy(at(o, i), odd, size);
            memcpy(at(o, j), even, size);
        } else {
            memcpy(at(o, i), even, size);
        }
    }
    return true;
}

static bool run_minext(kernel_call *c)
{
    if (!has_extents(c, &c->w[0], c->p->low))
        return false;
    run_copy(c);
    return true;
}

/* ---- neighbours ---- */

static void run_stencil(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1];
    EACH(i, o)
    {
        int64_t low[TSR_MAX_RANK], high[TSR_MAX_RANK];
        for (int d = 0; d < o->rank; ++d) {
            low[d] = i[d] - c->p->low[d] < x->low[d] ? x->low[d] : i[d] - c->p->low[d];
            high[d] = i[d] + c->p->high[d] + 1 > x->high[d] ? x->high[d] : i[d] + c->p->high[d] + 1;
        }
        fold_box(c, x, low, high, at(o, i));
    }
}

static void run_coarsen(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1];
    EACH(i, o)
    {
        int64_t low[TSR_MAX_RANK], high[TSR_MAX_RANK];
        for (int d = 0; d < o->rank; ++d) {
            low[d] = i[d] * c->p->low[d];
            high[d] = low[d] + c->p->low[d] > x->high[d] ? x->high[d] : low[d] + c->p->low[d];
        }
        fold_box(c, x, low, high, at(o, i));
    }
}

static void run_refine(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1];
    EACH(i, o)
    {
        int64_t j[TSR_MAX_RANK];
        for (int d = 0; d < o->rank; ++d)
            j[d] = i[d] / c->p->low[d];
        mix_into(o->type, at(o, i), el_hash(x->type, at(x, j)), hash_index(0, o->rank, i));
    }
}

/* ---- images ---- */

/* The index that the f element(s) at `i` name: f holds an index each, or tuples along its last. */
static void named_index(const tsr_raw_window *f, const int64_t *i, int rank, int64_t *out)
{
    int64_t j[TSR_MAX_RANK];
    memcpy(j, i, sizeof j);
    for (int d = 0; d < rank; ++d) {
        if (rank > 1)
            j[f->rank - 1] = d;
        memcpy(&out[d], at(f, j), 8);
    }
}

static void run_gather(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *f = &c->w[1], *x = &c->w[2];
    EACH(i, o)
    {
        int64_t j[TSR_MAX_RANK];
        named_index(f, i, x->rank, j);
        memcpy(at(o, i), at(x, j), el_size(x->type));
    }
}

static void run_scatter(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *f = &c->w[1], *x = &c->w[2];
    EACH(i, x)
    {
        int64_t j[TSR_MAX_RANK];
        named_index(f, i, o->rank, j);
        memcpy(at(o, j), at(x, i), el_size(x->type));
    }
}

static void run_ranges(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *f = &c->w[1], *x = &c->w[2];
    EACH(i, o)
    {
        int64_t j[TSR_MAX_RANK], low[TSR_MAX_RANK], high[TSR_MAX_RANK];
        memcpy(j, i, sizeof j);
        for (int d = 0; d < x->rank; ++d) {
            low[d] = x->low[d];
            high[d] = x->high[d];
        }
        j[f->rank - 1] = 0;
        memcpy(&low[0], at(f, j), 8);
        j[f->rank - 1] = 1;
        memcpy(&high[0], at(f, j), 8);
        fold_box(c, x, low, high, at(o, i));
    }
}

/* ---- all of an argument, or of some of its dimensions ---- */

static void run_bcast(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1], *b = &c->w[2];
    const uint64_t        n = (uint64_t)volume(b);
    EACH(i, o)
    {
        int64_t j[TSR_MAX_RANK];
        unravel(b, (int64_t)(hash_index(c->p->seed, o->rank, i) % n), j);
        mix_into(o->type, at(o, i), el_hash(x->type, at(x, i)), el_hash(b->type, at(b, j)));
    }
}

static void run_matmul(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *a = &c->w[1], *b = &c->w[2];
    char                  v[16];
    EACH(i, o)
    {
        el_from_i64(o->type, 0, at(o, i));
        for (int64_t k = a->low[1]; k < a->high[1]; ++k) {
            el_mul(o->type, v, at(a, (int64_t[]){i[0], k}), at(b, (int64_t[]){k, i[1]}));
            el_add(o->type, at(o, i), at(o, i), v);
        }
    }
}

/* ---- reductions ---- */

static void reduce_by(tsr_reduction r, int reducer, const tsr_raw_window *acc, const int64_t *into,
                      const char *from)
{
    char v[16];
    el_contribution(r, acc->type, reducer, from, v);
    el_combine(r, acc->type, &oracle_reducers[reducer], at(acc, into), v);
}

static void reduce_one(const kernel_call *c, const tsr_raw_window *acc, const int64_t *into,
                       const char *from)
{
    reduce_by((tsr_reduction)c->p->reduction, c->p->reducer, acc, into, from);
}

static void run_reduce(kernel_call *c)
{
    EACH(i, &c->w[1])
    reduce_one(c, &c->w[0], i, at(&c->w[1], i));
}

static void histogram(kernel_call *c, const tsr_raw_window *acc, const tsr_raw_window *x)
{
    const uint64_t n = (uint64_t)volume(acc);
    EACH(i, x)
    {
        int64_t j[TSR_MAX_RANK];
        unravel(acc, (int64_t)(hash_index(c->p->seed, x->rank, i) % n), j);
        reduce_one(c, acc, j, at(x, i));
    }
}

static void run_histogram(kernel_call *c)
{
    histogram(c, &c->w[0], &c->w[1]);
}

static void run_summed(kernel_call *c)
{
    histogram(c, &c->w[1], &c->w[2]);
    EACH(i, &c->w[0])
    mix_into(c->w[0].type, at(&c->w[0], i), el_hash(c->w[2].type, at(&c->w[2], i)), c->p->seed);
}

/* One accumulator aligned with the input, one that every point sees whole. */
static void run_two_sums(kernel_call *c)
{
    const tsr_raw_window *x = &c->w[2], *whole = &c->w[1];
    const uint64_t        n = (uint64_t)volume(whole);
    EACH(i, x)
    {
        int64_t        j[TSR_MAX_RANK];
        char           v[16];
        const uint64_t h = el_hash(x->type, at(x, i));
        reduce_one(c, &c->w[0], i, at(x, i));
        unravel(whole, (int64_t)(hash_index(c->p->seed, x->rank, i) % n), j);
        el_from_u64(whole->type, h, false, v);
        reduce_by((tsr_reduction)c->p->reduction2, c->p->reducer2, whole, j, v);
    }
}

/* Each input element goes where its index says. */
static void run_add_at(kernel_call *c)
{
    const tsr_raw_window *acc = &c->w[0], *f = &c->w[1], *x = &c->w[2];
    EACH(i, x)
    {
        int64_t j[TSR_MAX_RANK];
        named_index(f, i, acc->rank, j);
        reduce_one(c, acc, j, at(x, i));
    }
}

/* A point of a manual launch: its piece of the input into its piece of the accumulator. */
static void run_point_sum(kernel_call *c)
{
    if (volume(&c->w[0]) > 0)
        histogram(c, &c->w[0], &c->w[1]);
}

static void run_arg(kernel_call *c)
{
    const tsr_raw_window *acc = &c->w[0], *x = &c->w[1];
    EACH(i, x)
    {
        int64_t position = 0;
        double  v;
        for (int d = 0; d < x->rank; ++d)
            position = position * 101 + i[d];
        memcpy(&v, at(x, i), 8);
        char from[16];
        if (acc->type == TSR_INDEXED_F64)
            memcpy(from, &v, 8);
        else
            memcpy(from, &(int64_t){v > 8 ? 8 : v < -8 ? -8 : v == v ? (int64_t)v : 0}, 8);
        memcpy(from + 8, &position, 8);
        el_combine(c->p->reduction, acc->type, NULL, at(acc, i), from);
    }
}

/* ---- extents that only the body knows ---- */

static bool passes(const kernel_call *c, const tsr_raw_window *x, const int64_t *i)
{
    return el_hash(x->type, at(x, i)) % (uint64_t)c->p->modulus[0] == 0;
}

static bool run_filter(kernel_call *c)
{
    const tsr_raw_window *x = &c->w[1];
    const tsr_type        t = c->w[0].type;
    const int64_t         width = c->p->modulus[1];
    int64_t               rows = 0;
    EACH(i, x)
    rows += passes(c, x, i);
    const size_t bytes = (size_t)(rows * width) * el_size(t);
    char        *o = c->t ? tsr_unbound_output(c->t, 0, rows) : malloc(bytes + 1);
    if (!o)
        return false;
    c->unbound = o;
    c->unbound_rows = rows;
    EACH(j, x)
    if (passes(c, x, j))
        for (int64_t k = 0; k < width; ++k, o += el_size(t))
            mix_into(t, o, el_hash(x->type, at(x, j)), (uint64_t)k);
    return true;
}

/* ---- canonical tasks: the values show where they were cut ---- */

static void run_scan(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1];
    char                  total[16];
    el_from_i64(o->type, 0, total);
    EACH(i, o)
    {
        el_add(o->type, total, total, at(x, i));
        memcpy(at(o, i), total, el_size(o->type));
    }
}

static void run_mark(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0];
    const uint64_t        h = hash_index(hash_index(c->p->seed, o->rank, o->low), o->rank, o->high);
    EACH(i, o)
    el_from_u64(o->type, h, false, at(o, i));
}

/* ---- manual launches ---- */

static void run_point(kernel_call *c)
{
    const tsr_raw_window *o = &c->w[0], *x = &c->w[1];
    uint64_t              h = hash_pair(c->p->seed, (uint64_t)c->point);
    EACH(j, x)
    h = hash_pair(h, el_hash(x->type, at(x, j)));
    EACH(i, o)
    el_from_u64(o->type, hash_index(h, o->rank, i), false, at(o, i));
}

/* ---- foreign functions ---- */

void oracle_axpy(int64_t n, double a, const double *x, int64_t incx, double *y, int64_t incy)
{
    for (int64_t i = 0; i < n; ++i)
        y[i * incy] += a * x[i * incx];
}

int oracle_halve(const int32_t *n, const int32_t *m, double *y, const int32_t *s0,
                 const int32_t *s1, int32_t one)
{
    for (int64_t i = 0; i < *n; ++i)
        for (int64_t j = 0; j < *m; ++j)
            y[i * *s0 + j * *s1] *= 0.5;
    return one - 1;
}

double oracle_dot(int32_t n, const double *x, int32_t incx, const double *y, int32_t incy)
{
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
        sum += x[i * incx] * y[i * incy];
    return sum;
}

/* The interpreter's stand-ins: the windows are the whole stores. */
static void run_axpy(kernel_call *c)
{
    double a;
    memcpy(&a, c->w[2].origin, 8);
    oracle_axpy(volume(&c->w[0]), a, (const double *)(void *)c->w[1].origin, c->w[1].stride[0],
                (double *)(void *)c->w[0].origin, c->w[0].stride[0]);
}

static void run_halve(kernel_call *c)
{
    const tsr_raw_window *y = &c->w[0];
    const int32_t         n = (int32_t)y->high[0], m = (int32_t)y->high[1];
    const int32_t         s0 = (int32_t)y->stride[0], s1 = (int32_t)y->stride[1];
    oracle_halve(&n, &m, (double *)(void *)y->origin, &s0, &s1, 1);
}

static void run_dot(kernel_call *c)
{
    const double r = oracle_dot((int32_t)volume(&c->w[1]), (const double *)(void *)c->w[1].origin,
                                (int32_t)c->w[1].stride[0], (const double *)(void *)c->w[2].origin,
                                (int32_t)c->w[2].stride[0]);
    memcpy(c->w[0].origin, &r, 8);
}

/* ---- the table ---- */

static void (*const always[N_KERNELS])(kernel_call *) = {
    [K_INDEX] = run_index,
    [K_COPY] = run_copy,
    [K_MIX] = run_mix,
    [K_AFFINE] = run_affine,
    [K_ADD] = run_add,
    [K_UPDATE] = run_update,
    [K_UPDATE2] = run_update2,
    [K_STENCIL] = run_stencil,
    [K_COARSEN] = run_coarsen,
    [K_REFINE] = run_refine,
    [K_GATHER] = run_gather,
    [K_RANGES] = run_ranges,
    [K_SCATTER] = run_scatter,
    [K_BCAST] = run_bcast,
    [K_MATMUL] = run_matmul,
    [K_REDUCE] = run_reduce,
    [K_HISTOGRAM] = run_histogram,
    [K_ARG] = run_arg,
    [K_SCAN] = run_scan,
    [K_MARK] = run_mark,
    [K_POINT] = run_point,
    [K_SPLIT] = run_split,
    [K_SUMMED] = run_summed,
    [K_AXPY] = run_axpy,
    [K_HALVE] = run_halve,
    [K_DOT] = run_dot,
    [K_TWO_SUMS] = run_two_sums,
    [K_ADD_AT] = run_add_at,
    [K_POINT_SUM] = run_point_sum,
};
static bool (*const sometimes[N_KERNELS])(kernel_call *) = {
    [K_FAIL] = run_fail,     [K_SCRATCH] = run_scratch, [K_LAYOUT] = run_layout,
    [K_MINEXT] = run_minext, [K_FILTER] = run_filter,   [K_PAIRS] = run_pairs,
    [K_TALK] = run_talk,
};

bool kernel_run(kernel_call *c)
{
    if (always[c->p->kernel]) {
        always[c->p->kernel](c);
        return true;
    }
    return sometimes[c->p->kernel](c);
}

tsr_status oracle_body(const tsr_task_context *t)
{
    kernel_call   c = {.n = t->n_args, .point = tsr_point(t), .t = t};
    kernel_params p;
    for (int k = 0; k < t->n_args; ++k) {
        c.w[k] = tsr_raw_window_of(t, k);
        if (c.w[k].origin && !windows_agree(t, k, &c.w[k]))
            return TSR_FAIL(TASK_FAILED, "oracle: the typed window on argument %d differs", k);
    }
    tsr_scalar_of(t, t->n_args - 1, &p);
    c.p = &p;
    if (p.kernel < 0 || p.kernel >= N_KERNELS)
        return TSR_FAIL(TASK_FAILED, "oracle: the parameters of a body are not its own");
    if (!kernel_run(&c))
        return TSR_FAIL(TASK_FAILED, "oracle failure of record %lld.", (long long)p.tag);
    return TSR_OK;
}
