/* array_kernel.c - elementwise functions that are loops of this library: those whose steps depend on
 * values, look at bits, or call C's complex functions.
 *
 * One task runs them all; its argument says which. They do not fuse.
 *
 * Cost: O(elements). Threads: the issuing thread; bodies any. */
#include <math.h>
#include <string.h>

#include "array_build.h"
#include "array_kernel.h"
#include "array_walk.h"

/* ---- loops ---- */

#define LOOP_1(NAME, OUT, IN, EXPRESSION)                                                          \
    static void NAME(const struct kernel_row *r)                                                   \
    {                                                                                              \
        for (int64_t i = 0; i < r->n; ++i) {                                                       \
            const IN x = *(const IN *)(const void *)(r->x + i * r->x_step);                        \
            *(OUT *)(void *)(r->out + i * r->out_step) = (EXPRESSION);                             \
        }                                                                                          \
    }
#define LOOP_2(NAME, T, EXPRESSION)                                                                \
    static void NAME(const struct kernel_row *r)                                                   \
    {                                                                                              \
        for (int64_t i = 0; i < r->n; ++i) {                                                       \
            const T x = *(const T *)(const void *)(r->x + i * r->x_step);                          \
            const T y = *(const T *)(const void *)(r->y + i * r->y_step);                          \
            *(T *)(void *)(r->out + i * r->out_step) = (EXPRESSION);                               \
        }                                                                                          \
    }

/* Euclid's. */
static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        const uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static uint64_t lcm(uint64_t a, uint64_t b)
{
    const uint64_t g = gcd(a, b);
    return g ? a / g * b : 0;
}

/* The magnitude in the type's own bits; of the least number itself, as it wraps. */
#define MAGNITUDE(T, v) ((v) < 0 ? (T)(0 - (uint64_t)(v)) : (v))
#define INTEGER_LOOPS(T, U)                                                                        \
    LOOP_2(gcd_##T, T, (T)gcd((U)MAGNITUDE(T, x), (U)MAGNITUDE(T, y)))                             \
    LOOP_2(lcm_##T, T, (T)lcm((U)MAGNITUDE(T, x), (U)MAGNITUDE(T, y)))
#define UNSIGNED_LOOPS(T)                                                                          \
    LOOP_2(gcd_##T, T, (T)gcd(x, y))                                                               \
    LOOP_2(lcm_##T, T, (T)lcm(x, y))
INTEGER_LOOPS(int8_t, uint8_t)
INTEGER_LOOPS(int16_t, uint16_t)
INTEGER_LOOPS(int32_t, uint32_t)
INTEGER_LOOPS(int64_t, uint64_t)
UNSIGNED_LOOPS(uint8_t)
UNSIGNED_LOOPS(uint16_t)
UNSIGNED_LOOPS(uint32_t)
UNSIGNED_LOOPS(uint64_t)

/* Halves are signed magnitudes: neighbours are neighbours in bits. `far`: infinity's bits. */
static uint16_t half_next(uint16_t x, uint16_t y, uint16_t far)
{
    const uint16_t a = x & 0x7fff, b = y & 0x7fff;
    if (a > far || b > far) /* a NaN */
        return a > far ? x : y;
    if (x == y || (a == 0 && b == 0))
        return x;
    if (a == 0)
        return (uint16_t)((y & 0x8000) | 1);
    const bool is_outward = ((x ^ y) & 0x8000) == 0 && b > a;
    return (uint16_t)(is_outward ? x + 1 : x - 1);
}

static float f16_spacing(uint16_t x)
{
    const uint16_t a = x & 0x7fff;
    if (a >= 0x7c00)
        return NAN;
    const uint16_t up = x == a || a == 0 ? a + 1 : a, down = up - 1;
    return tsr_f16_to_f32((tsr_f16){up}) - tsr_f16_to_f32((tsr_f16){down});
}

static float bf16_spacing(uint16_t x)
{
    const uint16_t a = x & 0x7fff;
    if (a >= 0x7f80)
        return NAN;
    const uint16_t up = a + 1;
    const float    step = tsr_bf16_to_f32((tsr_bf16){up}) - tsr_bf16_to_f32((tsr_bf16){a});
    return x > 0x8000 ? -step : step;
}

static double spacing(double x)
{
    const double a = fabs(x), step = nextafter(a, (double)INFINITY) - a;
    return !isfinite(x) ? (double)NAN : x < 0 ? -step : step;
}

static float spacing_f(float x)
{
    const float a = fabsf(x), step = nextafterf(a, INFINITY) - a;
    return !isfinite(x) ? NAN : x < 0 ? -step : step;
}

/* An exponent that came as a float; beyond these every number overflows, or is 0. */
static int exponent_of(double n)
{
    return n > 10000 ? 10000 : n < -10000 ? -10000 : (int)n;
}

/* The part of C's frexp, whose exponent of an infinite number or a NaN is left open: 0. */
static double mantissa_of(double x)
{
    int exponent;
    return frexp(x, &exponent);
}

static int32_t frexp_exponent(double x)
{
    int exponent = 0;
    if (isfinite(x))
        frexp(x, &exponent);
    return exponent;
}

#define FLOAT_LOOPS(NAME, T, get, put)                                                             \
    LOOP_2(ldexp_##NAME, T, put(ldexp((double)get(x), exponent_of((double)get(y)))))               \
    LOOP_1(mantissa_##NAME, T, T, put(mantissa_of((double)get(x))))                                \
    LOOP_1(exponent_##NAME, int32_t, T, frexp_exponent((double)get(x)))
#define ITSELF(x)   (x)
#define AS_FLOAT(x) ((float)(x))
#define TO_F16(x)   tsr_f32_to_f16((float)(x))
#define TO_BF16(x)  tsr_f32_to_bf16((float)(x))
FLOAT_LOOPS(f16, tsr_f16, tsr_f16_to_f32, TO_F16)
FLOAT_LOOPS(bf16, tsr_bf16, tsr_bf16_to_f32, TO_BF16)
FLOAT_LOOPS(f32, float, ITSELF, AS_FLOAT)
FLOAT_LOOPS(f64, double, ITSELF, ITSELF)
LOOP_2(nextafter_f16, uint16_t, half_next(x, y, 0x7c00))
LOOP_2(nextafter_bf16, uint16_t, half_next(x, y, 0x7f80))
LOOP_2(nextafter_f32, float, nextafterf(x, y))
LOOP_2(nextafter_f64, double, nextafter(x, y))
LOOP_1(spacing_f16, tsr_f16, uint16_t, tsr_f32_to_f16(f16_spacing(x)))
LOOP_1(spacing_bf16, tsr_bf16, uint16_t, tsr_f32_to_bf16(bf16_spacing(x)))
LOOP_1(spacing_f32, float, float, spacing_f(x))
LOOP_1(spacing_f64, double, double, spacing(x))

/* ---- the table ---- */

#define OF_FLOATS(FUNCTION, name)                                                                  \
    {FUNCTION, TSR_F16, name##_f16}, {FUNCTION, TSR_BF16, name##_bf16},                            \
        {FUNCTION, TSR_F32, name##_f32},                                                           \
    {                                                                                              \
        FUNCTION, TSR_F64, name##_f64                                                              \
    }
#define OF_INTEGERS(FUNCTION, name)                                                                \
    {FUNCTION, TSR_I8, name##_int8_t}, {FUNCTION, TSR_I16, name##_int16_t},                        \
        {FUNCTION, TSR_I32, name##_int32_t}, {FUNCTION, TSR_I64, name##_int64_t},                  \
        {FUNCTION, TSR_U8, name##_uint8_t}, {FUNCTION, TSR_U16, name##_uint16_t},                  \
        {FUNCTION, TSR_U32, name##_uint32_t},                                                      \
    {                                                                                              \
        FUNCTION, TSR_U64, name##_uint64_t                                                         \
    }

static const struct {
    int           function;
    nd_type       type;
    array_kernel *kernel;
} kernel_table[] = {
    OF_INTEGERS(ND_OP_GCD, gcd),           OF_INTEGERS(ND_OP_LCM, lcm),
    OF_FLOATS(ND_OP_NEXTAFTER, nextafter), OF_FLOATS(ND_OP_SPACING, spacing),
    OF_FLOATS(ND_OP_LDEXP, ldexp),         OF_FLOATS(ARRAY_FREXP_MANTISSA, mantissa),
    OF_FLOATS(ARRAY_FREXP_EXPONENT, exponent),
};

array_kernel *array_kernel_find(int function, nd_type t)
{
    if (array_kind_of(t) == KIND_COMPLEX)
        return array_kernel_find_complex(function, t);
    for (size_t i = 0; i < sizeof kernel_table / sizeof kernel_table[0]; ++i)
        if (kernel_table[i].function == function && kernel_table[i].type == t)
            return kernel_table[i].kernel;
    return NULL;
}

/* ---- the task ---- */

enum { KERNEL_OUT, KERNEL_WHICH, KERNEL_X, KERNEL_Y };

static const char *place(const tsr_raw_window *w, const int64_t *at, int64_t *out_step)
{
    const int64_t bytes = (int64_t)tsr_type_size(w->type);
    *out_step = w->rank > 0 ? w->stride[w->rank - 1] * bytes : 0;
    return w->origin + array_walk_offset(w, at) * bytes;
}

static tsr_status kernel_body(const tsr_task_context *t)
{
    const bool           has_y = t->n_args > KERNEL_Y;
    const tsr_raw_window out = tsr_raw_window_of(t, KERNEL_OUT), x = tsr_raw_window_of(t, KERNEL_X);
    const tsr_raw_window y = has_y ? tsr_raw_window_of(t, KERNEL_Y) : x;
    array_kernel        *kernel = array_kernel_find((int)tsr_i64_of(t, KERNEL_WHICH), x.type);
    int64_t              at[TSR_MAX_RANK];
    const int            last = out.rank - 1;
    struct kernel_row    row;
    if (!array_walk_begin(&out, at))
        return TSR_OK;
    row.n = last < 0 ? 1 : out.high[last] - out.low[last];
    do {
        row.out = (char *)place(&out, at, &row.out_step);
        row.x = place(&x, at, &row.x_step);
        row.y = place(&y, at, &row.y_step);
        kernel(&row);
    } while (array_walk_next(&out, at, last));
    return TSR_OK;
}

#define KERNEL_ARGS                                                                                \
    [KERNEL_OUT] = {TSR_WRITE, TSR_TYPE_ANY, .name = "out"},                                       \
    [KERNEL_WHICH] = {TSR_SCALAR, TSR_I64, .name = "function"},                                    \
    [KERNEL_X] = {TSR_READ, TSR_TYPE_ANY, .name = "x1"}

static const tsr_task_desc kernel_task[2] = {
    {.name = "array.elementwise",
     .args = {KERNEL_ARGS},
     .constraints = {TSR_ALIGN(KERNEL_X, KERNEL_OUT)},
     .variants = {[TSR_CPU] = {.body = kernel_body}},
     .pure = true,
     .work = 30},
    {.name = "array.elementwise",
     .args = {KERNEL_ARGS, [KERNEL_Y] = {TSR_READ, TSR_TYPE_ANY, .name = "x2"}},
     .constraints = {TSR_ALIGN(KERNEL_X, KERNEL_OUT), TSR_ALIGN(KERNEL_Y, KERNEL_OUT)},
     .variants = {[TSR_CPU] = {.body = kernel_body}},
     .pure = true,
     .work = 30}};

nd_array array_kernel_make(int function, nd_type type, const nd_shape *shape, tsr_store x,
                           tsr_store y, tsr_site at)
{
    const nd_array   out = nd_from_store(tsr_store_create_(type, *shape, at));
    const bool       has_y = y.id != 0;
    const tsr_arg    arg[] = {tsr_arg_store(nd_store(out)), tsr_arg_i64(function), tsr_arg_store(x),
                              tsr_arg_store(y)};
    const tsr_status s = tsr_issue_(&kernel_task[has_y], arg, has_y ? 4 : 3,
                                    &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    return out;
}
