/* model/reduce.c - what the operators of REDUCE arguments do, element by element.
 *
 * Each pair of an operator and a type has a loop of its own, made by the macros below, and a table
 * finds it: one switch on the operator, one on the type. The loops have three forms: both sides
 * contiguous, which the compiler turns into vector code; many folded into one, in order; and strided.
 *
 * What defines the bits:
 *  - Integers wrap around. Sums and products of floats are the machine's; those of half types are
 *    done as floats and rounded to nearest even at every step; a complex product is
 *    (ac - bd, ad + bc), without the standard library's care for infinities. A NaN that comes out is
 *    the canonical quiet one, in each part.
 *  - MIN and MAX: a NaN wins, and the result is the canonical quiet NaN; -0 is less than +0 (equal
 *    numbers differ in the sign of zero at most, so OR and AND of their bits choose). On bool they
 *    are AND and OR.
 *  - ARGMIN and ARGMAX: a NaN wins; of equal values the one with the lowest index stays. -0 and +0
 *    are equal here.
 *
 * All but the sums and products of floats and complex numbers are associative and commutative to the
 * bit. Cost: O(n). Threads: pure functions. */
#include <complex.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/vector.h"
#include "model/reduce.h"
#include "model/types.h"

/* ---- loops ---- */

/* into[i] = E of x and y, of type T; x is into's. */
#define LOOP(NAME, T, E)                                                                           \
    BASE_VECTORIZED static void NAME(void *restrict into, const void *restrict from, int64_t n,    \
                                     int64_t into_stride, int64_t from_stride)                     \
    {                                                                                              \
        T *restrict a = into;                                                                      \
        const T *restrict b = from;                                                                \
        if (into_stride == 1 && from_stride == 1) {                                                \
            for (int64_t i = 0; i < n; ++i) {                                                      \
                const T x = a[i], y = b[i];                                                        \
                a[i] = (E);                                                                        \
            }                                                                                      \
        } else if (into_stride == 0) {                                                             \
            T x = *a;                                                                              \
            for (int64_t i = 0; i < n; ++i) {                                                      \
                const T y = b[i * from_stride];                                                    \
                x = (E);                                                                           \
            }                                                                                      \
            if (n > 0)                                                                             \
                *a = x;                                                                            \
        } else {                                                                                   \
            for (int64_t i = 0; i < n; ++i) {                                                      \
                const T x = a[i * into_stride], y = b[i * from_stride];                            \
                a[i * into_stride] = (E);                                                          \
            }                                                                                      \
        }                                                                                          \
    }

/* ---- one element ---- */

/* Least and greatest of two floats: NaN wins, -0 < +0. */
#define FLOAT_EXTREMES(T, U, name, NAN_BITS)                                                       \
    static inline T least_##name(T x, T y)                                                         \
    {                                                                                              \
        U u, v;                                                                                    \
        memcpy(&u, &x, sizeof u);                                                                  \
        memcpy(&v, &y, sizeof v);                                                                  \
        u = x < y ? u : y < x ? v : (U)(u | v);                                                    \
        u = x != x || y != y ? (U)(NAN_BITS) : u;                                                  \
        memcpy(&x, &u, sizeof u);                                                                  \
        return x;                                                                                  \
    }                                                                                              \
    static inline T greatest_##name(T x, T y)                                                      \
    {                                                                                              \
        U u, v;                                                                                    \
        memcpy(&u, &x, sizeof u);                                                                  \
        memcpy(&v, &y, sizeof v);                                                                  \
        u = x > y ? u : y > x ? v : (U)(u & v);                                                    \
        u = x != x || y != y ? (U)(NAN_BITS) : u;                                                  \
        memcpy(&x, &u, sizeof u);                                                                  \
        return x;                                                                                  \
    }
FLOAT_EXTREMES(float, uint32_t, f32, 0x7fc00000u)
FLOAT_EXTREMES(double, uint64_t, f64, 0x7ff8000000000000ull)

/* A NaN is the canonical one, whichever operand it came from: compilers swap operands as they like. */
#define FLOAT_CANONICAL(T, U, name, NAN_BITS)                                                      \
    static inline T name##_canonical(T v)                                                          \
    {                                                                                              \
        U u;                                                                                       \
        memcpy(&u, &v, sizeof u);                                                                  \
        u = v != v ? (U)(NAN_BITS) : u;                                                            \
        memcpy(&v, &u, sizeof u);                                                                  \
        return v;                                                                                  \
    }
FLOAT_CANONICAL(float, uint32_t, f32, 0x7fc00000u)
FLOAT_CANONICAL(double, uint64_t, f64, 0x7ff8000000000000ull)

static inline tsr_f16 f16_canonical(float v)
{
    return v != v ? (tsr_f16){0x7e00} : tsr_f32_to_f16(v);
}

static inline tsr_bf16 bf16_canonical(float v)
{
    return v != v ? (tsr_bf16){0x7fc0} : tsr_f32_to_bf16(v);
}

static inline float _Complex product_c64(float _Complex x, float _Complex y)
{
    const float a = crealf(x), b = cimagf(x), c = crealf(y), d = cimagf(y);
    return type_c64(f32_canonical(a * c - b * d), f32_canonical(a * d + b * c));
}

static inline double _Complex product_c128(double _Complex x, double _Complex y)
{
    const double a = creal(x), b = cimag(x), c = creal(y), d = cimag(y);
    return type_c128(f64_canonical(a * c - b * d), f64_canonical(a * d + b * c));
}

static inline float _Complex sum_of_c64(float _Complex x, float _Complex y)
{
    return type_c64(f32_canonical(crealf(x) + crealf(y)), f32_canonical(cimagf(x) + cimagf(y)));
}

static inline double _Complex sum_of_c128(double _Complex x, double _Complex y)
{
    return type_c128(f64_canonical(creal(x) + creal(y)), f64_canonical(cimag(x) + cimag(y)));
}

/* Does y replace x? */
#define REPLACES_F64(less)                                                                         \
    (x.value != x.value ? y.value != y.value && y.index < x.index                                  \
                        : y.value != y.value || y.value less x.value ||                            \
                              (y.value == x.value && y.index < x.index))
#define REPLACES_I64(less) (y.value less x.value || (y.value == x.value && y.index < x.index))

/* A NaN that wins is the canonical one. */
static inline tsr_indexed_f64 indexed_canonical(tsr_indexed_f64 v)
{
    static const uint64_t nan_bits = 0x7ff8000000000000ull;
    if (v.value != v.value)
        memcpy(&v.value, &nan_bits, sizeof nan_bits);
    return v;
}

/* ---- all of them ---- */

#define INTEGER_LOOPS(T, name)                                                                     \
    LOOP(sum_##name, T, (T)((uint64_t)x + (uint64_t)y))                                            \
    LOOP(product_##name, T, (T)((uint64_t)x * (uint64_t)y))                                        \
    LOOP(min_##name, T, y < x ? y : x)                                                             \
    LOOP(max_##name, T, y > x ? y : x)                                                             \
    LOOP(and_##name, T, (T)(x & y))                                                                \
    LOOP(or_##name, T, (T)(x | y))                                                                 \
    LOOP(xor_##name, T, (T)(x ^ y))
INTEGER_LOOPS(int8_t, i8)
INTEGER_LOOPS(int16_t, i16)
INTEGER_LOOPS(int32_t, i32)
INTEGER_LOOPS(int64_t, i64)
INTEGER_LOOPS(uint8_t, u8)
INTEGER_LOOPS(uint16_t, u16)
INTEGER_LOOPS(uint32_t, u32)
INTEGER_LOOPS(uint64_t, u64)

LOOP(and_bool, bool, x &&y)
LOOP(or_bool, bool, x || y)
LOOP(xor_bool, bool, x != y)

#define FLOAT_LOOPS(T, name)                                                                       \
    LOOP(sum_##name, T, name##_canonical(x + y))                                                   \
    LOOP(product_##name, T, name##_canonical(x *y))                                                \
    LOOP(min_##name, T, least_##name(x, y))                                                        \
    LOOP(max_##name, T, greatest_##name(x, y))
FLOAT_LOOPS(float, f32)
FLOAT_LOOPS(double, f64)

#define HALF_LOOPS(T, name)                                                                        \
    LOOP(sum_##name, T, name##_canonical(tsr_##name##_to_f32(x) + tsr_##name##_to_f32(y)))         \
    LOOP(product_##name, T, name##_canonical(tsr_##name##_to_f32(x) * tsr_##name##_to_f32(y)))     \
    LOOP(min_##name, T,                                                                            \
         name##_canonical(least_f32(tsr_##name##_to_f32(x), tsr_##name##_to_f32(y))))              \
    LOOP(max_##name, T,                                                                            \
         name##_canonical(greatest_f32(tsr_##name##_to_f32(x), tsr_##name##_to_f32(y))))
HALF_LOOPS(tsr_f16, f16)
HALF_LOOPS(tsr_bf16, bf16)

LOOP(sum_c64, float _Complex, sum_of_c64(x, y))
LOOP(sum_c128, double _Complex, sum_of_c128(x, y))
LOOP(product_c64_, float _Complex, product_c64(x, y))
LOOP(product_c128_, double _Complex, product_c128(x, y))

LOOP(argmin_f64, tsr_indexed_f64, indexed_canonical(REPLACES_F64(<) ? y : x))
LOOP(argmax_f64, tsr_indexed_f64, indexed_canonical(REPLACES_F64(>) ? y : x))
LOOP(argmin_i64, tsr_indexed_i64, REPLACES_I64(<) ? y : x)
LOOP(argmax_i64, tsr_indexed_i64, REPLACES_I64(>) ? y : x)

#define INTEGER_ROWS(name)                                                                         \
    [TSR_I8] = name##_i8, [TSR_I16] = name##_i16, [TSR_I32] = name##_i32, [TSR_I64] = name##_i64,  \
    [TSR_U8] = name##_u8, [TSR_U16] = name##_u16, [TSR_U32] = name##_u32, [TSR_U64] = name##_u64
#define FLOAT_ROWS(name)                                                                           \
    [TSR_F16] = name##_f16, [TSR_BF16] = name##_bf16, [TSR_F32] = name##_f32, [TSR_F64] = name##_f64

static reduce_function *const functions[TSR_N_REDUCTIONS][TSR_N_TYPES] = {
    [TSR_SUM] = {INTEGER_ROWS(sum), FLOAT_ROWS(sum), [TSR_C64] = sum_c64, [TSR_C128] = sum_c128},
    [TSR_PRODUCT] = {INTEGER_ROWS(product),
                     FLOAT_ROWS(product), [TSR_C64] = product_c64_, [TSR_C128] = product_c128_},
    [TSR_MIN] = {INTEGER_ROWS(min), FLOAT_ROWS(min), [TSR_BOOL] = and_bool},
    [TSR_MAX] = {INTEGER_ROWS(max), FLOAT_ROWS(max), [TSR_BOOL] = or_bool},
    [TSR_AND] = {INTEGER_ROWS(and), [TSR_BOOL] = and_bool},
    [TSR_OR] = {INTEGER_ROWS(or), [TSR_BOOL] = or_bool},
    [TSR_XOR] = {INTEGER_ROWS(xor), [TSR_BOOL] = xor_bool},
    [TSR_ARGMIN] = {[TSR_INDEXED_F64] = argmin_f64, [TSR_INDEXED_I64] = argmin_i64},
    [TSR_ARGMAX] = {[TSR_INDEXED_F64] = argmax_f64, [TSR_INDEXED_I64] = argmax_i64},
};

reduce_function *reduce_function_of(tsr_reduction op, tsr_type type)
{
    if ((int)op <= TSR_NO_REDUCTION || op >= TSR_N_REDUCTIONS || type <= 0 || type >= TSR_N_TYPES)
        return NULL;
    return functions[op][type];
}

bool reduce_is_defined(tsr_reduction op, tsr_type type)
{
    return reduce_function_of(op, type) != NULL;
}

bool reduce_is_exact(tsr_reduction op, tsr_type type, const tsr_reducer *reducer)
{
    if (op == TSR_USER_REDUCTION)
        return reducer && reducer->exact;
    return !((op == TSR_SUM || op == TSR_PRODUCT) && type_is_float(type));
}

const char *reduce_name(tsr_reduction op)
{
    static const char *const names[TSR_N_REDUCTIONS] = {
        [TSR_NO_REDUCTION] = "no reduction",
        [TSR_SUM] = "sum",
        [TSR_PRODUCT] = "product",
        [TSR_MIN] = "min",
        [TSR_MAX] = "max",
        [TSR_AND] = "and",
        [TSR_OR] = "or",
        [TSR_XOR] = "xor",
        [TSR_ARGMIN] = "argmin",
        [TSR_ARGMAX] = "argmax",
        [TSR_USER_REDUCTION] = "a user's reduction",
    };
    return (int)op >= 0 && op < TSR_N_REDUCTIONS ? names[op] : "?";
}

void reduce_combine(tsr_reduction op, tsr_type type, const tsr_reducer *reducer, void *into,
                    const void *from, int64_t n, int64_t into_stride, int64_t from_stride)
{
    if (op != TSR_USER_REDUCTION) {
        functions[op][type](into, from, n, into_stride, from_stride);
        return;
    }
    const int64_t bytes = (int64_t)reducer->bytes;
    char         *a = into;
    const char   *b = from;
    for (int64_t i = 0; i < n; ++i)
        reducer->combine(a + i * into_stride * bytes, b + i * from_stride * bytes);
}

/* ---- identities ---- */

/* Some element of a numeric type from a number that every such type has. */
static void number(tsr_type type, int64_t v, void *out)
{
    (void)type_convert(TSR_I64, &v, type, out);
}

/* The greatest (or, `negative`, the least) of a type; infinity where there is one. */
static void extreme(tsr_type type, bool negative, void *out)
{
    const size_t bytes = type_bytes(type);
    const double infinity = negative ? -INFINITY : INFINITY;
    switch (type_kind(type)) {
    case TYPE_IS_FLOAT: (void)type_convert(TSR_F64, &infinity, type, out); break;
    case TYPE_IS_INTEGER: {
        const uint64_t most = UINT64_MAX >> (64 - 8 * bytes + 1), v = negative ? ~most : most;
        memcpy(out, &v, bytes);
        break;
    }
    case TYPE_IS_UNSIGNED: memset(out, negative ? 0 : 0xff, bytes); break;
    case TYPE_IS_BOOL: *(bool *)out = !negative; break;
    default: memset(out, 0, bytes);
    }
}

static void extreme_indexed(tsr_type type, bool negative, void *out)
{
    if (type == TSR_INDEXED_F64) {
        const tsr_indexed_f64 v = {negative ? -INFINITY : INFINITY, INT64_MAX};
        memcpy(out, &v, sizeof v);
    } else {
        const tsr_indexed_i64 v = {negative ? INT64_MIN : INT64_MAX, INT64_MAX};
        memcpy(out, &v, sizeof v);
    }
}

void reduce_identity(const tsr_arg_desc *d, tsr_type type, void *out)
{
    switch (d->reduction) {
    case TSR_USER_REDUCTION: memcpy(out, d->reducer->identity, d->reducer->bytes); break;
    case TSR_PRODUCT: number(type, 1, out); break;
    case TSR_MIN: extreme(type, false, out); break;
    case TSR_MAX: extreme(type, true, out); break;
    case TSR_AND:
        if (type == TSR_BOOL)
            *(bool *)out = true;
        else
            memset(out, 0xff, type_bytes(type));
        break;
    case TSR_ARGMIN: extreme_indexed(type, false, out); break;
    case TSR_ARGMAX: extreme_indexed(type, true, out); break;
    default: memset(out, 0, type_bytes(type)); /* SUM, OR, XOR */
    }
}
