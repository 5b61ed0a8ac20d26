/* elements.c - arithmetic on one element of any type, and the reduction operators.
 *
 * Written from the public headers' words: integers wrap; half types are converted to float and
 * rounded once an operation; complex products are (ac - bd, ad + bc); a NaN that comes out is the
 * canonical one; MIN and MAX: a NaN wins, and -0 is less than +0; ARGMIN and ARGMAX: a NaN wins, and
 * of equal values the lowest index.  O(1) each; any thread. */
#include "oracle.h"

#include <math.h>
#include <string.h>

_Thread_local bool el_not_finite, el_met_not_finite;

/* ---- kinds ---- */

size_t el_size(tsr_type t)
{
    switch (t) {
#define X(NAME, name, T)                                                                           \
    case TSR_##NAME: return sizeof(T);
        TSR_TYPE_MAP(X)
#undef X
    default: break;
    }
    if (t >= TSR_TYPE_STRUCT_)
        return STRUCT_BYTES;
    return t > TSR_TYPE_BINARY_ ? (size_t)(t - TSR_TYPE_BINARY_) : 0;
}

bool el_is_integer(tsr_type t)
{
    return t >= TSR_I8 && t <= TSR_U64;
}

bool el_is_float(tsr_type t)
{
    return t >= TSR_F16 && t <= TSR_F64;
}

bool el_is_complex(tsr_type t)
{
    return t == TSR_C64 || t == TSR_C128;
}

bool el_is_number(tsr_type t)
{
    return el_is_integer(t) || el_is_float(t) || el_is_complex(t);
}

static bool is_signed(tsr_type t)
{
    return t >= TSR_I8 && t <= TSR_I64;
}

/* ---- half types ---- */

static float float_of_bits(uint32_t b)
{
    float f;
    memcpy(&f, &b, 4);
    return f;
}

static uint32_t bits_of_float(float f)
{
    uint32_t b;
    memcpy(&b, &f, 4);
    return b;
}

static float f16_to_float(uint16_t h)
{
    const float sign = h & 0x8000 ? -1.0f : 1.0f;
    const int   e = h >> 10 & 31, m = h & 1023;
    if (e == 31)
        return m ? float_of_bits(0x7fc00000u) : sign * INFINITY;
    return sign * (e ? ldexpf((float)(1024 + m), e - 25) : ldexpf((float)m, -24));
}

/* Round to nearest, ties to even. */
static uint16_t float_to_f16(float f)
{
    const uint16_t sign = (uint16_t)(bits_of_float(f) >> 16 & 0x8000);
    if (isnan(f))
        return 0x7e00;
    const float a = fabsf(f);
    if (a >= 65520.0f)
        return sign | 0x7c00;
    if (a < 0x1p-14f)
        return sign | (uint16_t)rintf(a * 0x1p24f); /* a carry gives the least normal number */
    int         e;
    const float m = frexpf(a, &e);                         /* 0.5 <= m < 1 */
    const int   q = (int)rintf(m * 2048.0f);               /* 1024 .. 2048 */
    return sign | (uint16_t)(((e + 14) << 10) + q - 1024); /* a carry goes into the exponent */
}

static uint16_t float_to_bf16(float f)
{
    if (isnan(f))
        return 0x7fc0;
    const uint32_t b = bits_of_float(f);
    return (uint16_t)((b + 0x7fff + (b >> 16 & 1)) >> 16);
}

/* ---- loads and stores ---- */

static uint64_t load_integer(tsr_type t, const void *x)
{
    uint64_t     v = 0;
    const size_t n = el_size(t) < 8 ? el_size(t) : 8;
    memcpy(&v, x, n);
    if (is_signed(t) && n < 8 && v >> (8 * n - 1) & 1)
        v |= ~(uint64_t)0 << 8 * n;
    return v;
}

static double load_float(tsr_type t, const void *x)
{
    uint16_t h;
    float    f;
    double   d;
    switch (t) {
    case TSR_F16: memcpy(&h, x, 2); return f16_to_float(h);
    case TSR_BF16: memcpy(&h, x, 2); return float_of_bits((uint32_t)h << 16);
    case TSR_F32: memcpy(&f, x, 4); return f;
    default: memcpy(&d, x, 8); return d;
    }
}

/* Store a value that was computed in float (or, for f64, in double); NaN becomes canonical. */
static void store_float(tsr_type t, double v, void *out)
{
    if (isnan(v)) {
        const uint64_t d = 0x7ff8000000000000u;
        const uint32_t f = 0x7fc00000u;
        const uint16_t h = t == TSR_F16 ? 0x7e00 : 0x7fc0;
        memcpy(out,
               t == TSR_F64   ? (const void *)&d
               : t == TSR_F32 ? (const void *)&f
                              : &h,
               el_size(t));
        return;
    }
    const float f = (float)v;
    uint16_t    h;
    switch (t) {
    case TSR_F16:
        h = float_to_f16(f);
        memcpy(out, &h, 2);
        break;
    case TSR_BF16:
        h = float_to_bf16(f);
        memcpy(out, &h, 2);
        break;
    case TSR_F32: memcpy(out, &f, 4); break;
    default: memcpy(out, &v, 8); break;
    }
}

static void arithmetic_float(bool product, tsr_type t, void *out, const void *a, const void *b)
{
    const double x = load_float(t, a), y = load_float(t, b);
    double       r;
    if (t == TSR_F64)
        r = product ? x * y : x + y;
    else
        r = product ? (float)x * (float)y : (float)x + (float)y;
    store_float(t, r, out);
}

static void arithmetic_c64(bool product, void *out, const void *a, const void *b)
{
    float x[2], y[2];
    memcpy(x, a, 8);
    memcpy(y, b, 8);
    float r[2] = {x[0] + y[0], x[1] + y[1]};
    if (product) {
        r[0] = x[0] * y[0] - x[1] * y[1];
        r[1] = x[0] * y[1] + x[1] * y[0];
    }
    store_float(TSR_F32, r[0], out);
    store_float(TSR_F32, r[1], (char *)out + 4);
}

static void arithmetic_c128(bool product, void *out, const void *a, const void *b)
{
    double x[2], y[2];
    memcpy(x, a, 16);
    memcpy(y, b, 16);
    double r[2] = {x[0] + y[0], x[1] + y[1]};
    if (product) {
        r[0] = x[0] * y[0] - x[1] * y[1];
        r[1] = x[0] * y[1] + x[1] * y[0];
    }
    store_float(TSR_F64, r[0], out);
    store_float(TSR_F64, r[1], (char *)out + 8);
}

static void arithmetic(bool product, tsr_type t, void *out, const void *a, const void *b)
{
    if (el_is_float(t)) {
        arithmetic_float(product, t, out, a, b);
    } else if (t == TSR_C64) {
        arithmetic_c64(product, out, a, b);
    } else if (t == TSR_C128) {
        arithmetic_c128(product, out, a, b);
    } else {
        const uint64_t x = load_integer(t, a), y = load_integer(t, b);
        const uint64_t r = product ? x * y : x + y;
        memcpy(out, &r, el_size(t));
    }
}

void el_add(tsr_type t, void *out, const void *a, const void *b)
{
    arithmetic(false, t, out, a, b);
}

void el_mul(tsr_type t, void *out, const void *a, const void *b)
{
    arithmetic(true, t, out, a, b);
}

/* ---- drawing values ---- */

/* A number with all mantissa bits drawn and a magnitude from 2^-span to 2^span. */
static double draw_float(uint64_t h, int span)
{
    const double mantissa = 1.0 + (double)(h >> 12) * 0x1p-52;
    const int    e = (int)(h & 255) % (2 * span + 1) - span;
    const double v = ldexp(mantissa, e);
    return h >> 8 & 1 ? -v : v;
}

static void from_u64_float(tsr_type t, uint64_t h, bool special, void *out)
{
    if (special && (h >> 40 & 15) == 0) {
        const double odd[4] = {NAN, INFINITY, -0.0, 0.0};
        store_float(t, odd[h >> 44 & 3], out);
        return;
    }
    store_float(t, draw_float(h, t == TSR_F16 ? 3 : t == TSR_BF16 ? 5 : 9), out);
}

void el_from_u64(tsr_type t, uint64_t h, bool special, void *out)
{
    char *o = out;
    h = hash_u64(h);
    if (t == TSR_BOOL) {
        *o = (char)(h & 1);
    } else if (el_is_integer(t)) {
        memcpy(o, &h, el_size(t));
    } else if (el_is_float(t)) {
        from_u64_float(t, h, special, o);
    } else if (el_is_complex(t)) {
        const tsr_type part = t == TSR_C64 ? TSR_F32 : TSR_F64;
        from_u64_float(part, h, special, o);
        from_u64_float(part, hash_u64(h), special, o + el_size(part));
    } else if (t == TSR_INDEXED_F64) {
        from_u64_float(TSR_F64, special ? h : h & 0xff, special, o); /* few values: some are equal */
        memcpy(o + 8, &(int64_t){(int64_t)(h >> 50)}, 8);
    } else if (t == TSR_INDEXED_I64) {
        memcpy(o, &(int64_t){(int64_t)(h & 63) - 32}, 8);
        memcpy(o + 8, &(int64_t){(int64_t)(h >> 50)}, 8);
    } else if (t >= TSR_TYPE_STRUCT_) {
        memset(o, 0, STRUCT_BYTES);
        from_u64_float(TSR_F64, h, false, o);
        memcpy(o + 8, &(uint32_t){(uint32_t)hash_u64(h)}, 4);
        memcpy(o + 12, &(uint16_t){(uint16_t)(h >> 7)}, 2);
    } else if (t == TSR_BINARY(16)) {
        from_u64_float(TSR_F64, h, false, o);
        from_u64_float(TSR_F64, hash_u64(h), false, o + 8);
    } else {
        for (size_t k = 0; k < el_size(t); ++k)
            o[k] = (char)(hash_pair(h, k) >> 8);
    }
}

void el_from_i64(tsr_type t, int64_t v, void *out)
{
    memset(out, 0, el_size(t));
    if (el_is_float(t))
        store_float(t, (double)v, out);
    else if (el_is_complex(t))
        store_float(t == TSR_C64 ? TSR_F32 : TSR_F64, (double)v, out);
    else if (t == TSR_BOOL)
        *(char *)out = v != 0;
    else
        memcpy(out, &v, el_size(t) < 8 ? el_size(t) : 8);
}

uint64_t el_hash(tsr_type t, const void *x)
{
    uint64_t             h = 0x51ed270b;
    const unsigned char *b = x;
    for (size_t k = 0, n = el_size(t); k < n; k += 8) {
        uint64_t word = 0;
        memcpy(&word, b + k, n - k < 8 ? n - k : 8);
        h = hash_pair(h, word);
    }
    return h;
}

/* ---- operators of one's own ---- */

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        const uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static void combine_gcd(void *into, const void *from)
{
    uint64_t a, b;
    memcpy(&a, into, 8);
    memcpy(&b, from, 8);
    a = gcd(a, b);
    memcpy(into, &a, 8);
}

/* A product of 2 x 2 matrices modulo 2^32: associative, does not commute. */
static void combine_matrix(void *into, const void *from)
{
    uint32_t a[4], b[4];
    memcpy(a, into, 16);
    memcpy(b, from, 16);
    const uint32_t r[4] = {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],
                           a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
    memcpy(into, r, 16);
}

/* A sum and a sum of squares. */
static void combine_moments(void *into, const void *from)
{
    double a[2], b[2];
    memcpy(a, into, 16);
    memcpy(b, from, 16);
    a[0] += b[0];
    a[1] += b[1];
    if (!isfinite(a[0]) || !isfinite(a[1]))
        el_not_finite = true;
    memcpy(into, a, 16);
}

const tsr_reducer oracle_reducers[N_REDUCERS] = {
    {"gcd", 8, &(const uint64_t){0}, combine_gcd, true},
    {"matrix", 16, (const uint32_t[4]){1, 0, 0, 1}, combine_matrix, false},
    {"moments", 16, (const double[2]){0, 0}, combine_moments, false},
};
const tsr_type oracle_reducer_type[N_REDUCERS] = {TSR_U64, TSR_BINARY(16), TSR_BINARY(16)};

/* ---- reductions ---- */

bool el_can_reduce(tsr_reduction r, tsr_type t)
{
    switch (r) {
    case TSR_SUM:
    case TSR_PRODUCT: return el_is_number(t);
    case TSR_MIN:
    case TSR_MAX: return el_is_integer(t) || el_is_float(t);
    case TSR_AND:
    case TSR_OR:
    case TSR_XOR: return el_is_integer(t) || t == TSR_BOOL;
    case TSR_ARGMIN:
    case TSR_ARGMAX: return t == TSR_INDEXED_F64 || t == TSR_INDEXED_I64;
    default: return false;
    }
}

bool el_is_exact(tsr_reduction r, tsr_type t, const tsr_reducer *user)
{
    if (r == TSR_USER_REDUCTION)
        return user->exact;
    return !((r == TSR_SUM || r == TSR_PRODUCT) && (el_is_float(t) || el_is_complex(t)));
}

static void identity_extreme(bool greatest, tsr_type t, void *out)
{
    if (el_is_float(t)) {
        store_float(t, greatest ? (double)INFINITY : -(double)INFINITY, out);
        return;
    }
    const size_t bits = 8 * el_size(t);
    uint64_t     v = greatest ? ~(uint64_t)0 : 0;
    if (is_signed(t))
        v = greatest ? ((uint64_t)1 << (bits - 1)) - 1 : (uint64_t)1 << (bits - 1);
    memcpy(out, &v, el_size(t));
}

static void identity_arg(bool greatest, tsr_type t, void *out)
{
    identity_extreme(greatest, t == TSR_INDEXED_F64 ? TSR_F64 : TSR_I64, out);
    memcpy((char *)out + 8, &(int64_t){INT64_MAX}, 8);
}

void el_identity(tsr_reduction r, tsr_type t, const tsr_reducer *user, void *out)
{
    switch (r) {
    case TSR_PRODUCT: el_from_i64(t, 1, out); break;
    case TSR_MIN: identity_extreme(true, t, out); break;
    case TSR_MAX: identity_extreme(false, t, out); break;
    case TSR_AND:
        memset(out, 0xff, el_size(t));
        if (t == TSR_BOOL)
            *(char *)out = 1;
        break;
    case TSR_ARGMIN: identity_arg(true, t, out); break;
    case TSR_ARGMAX: identity_arg(false, t, out); break;
    case TSR_USER_REDUCTION: memcpy(out, user->identity, user->bytes); break;
    default: memset(out, 0, el_size(t)); break;
    }
}

/* a < b by value, -0 below +0; 1, 0 when equal, -1 when greater. */
static int less(tsr_type t, const void *a, const void *b)
{
    if (el_is_float(t)) {
        const double x = load_float(t, a), y = load_float(t, b);
        if (x == y)
            return (signbit(x) != 0) - (signbit(y) != 0);
        return x < y ? 1 : -1;
    }
    const uint64_t x = load_integer(t, a), y = load_integer(t, b);
    if (x == y)
        return 0;
    return (is_signed(t) ? (int64_t)x < (int64_t)y : x < y) ? 1 : -1;
}

static void combine_extreme(bool greatest, tsr_type t, void *into, const void *from)
{
    if (el_is_float(t) && (isnan(load_float(t, into)) || isnan(load_float(t, from)))) {
        store_float(t, NAN, into);
        return;
    }
    if (less(t, from, into) == (greatest ? -1 : 1))
        memcpy(into, from, el_size(t));
}

static void combine_arg(bool greatest, tsr_type t, void *into, const void *from)
{
    const bool    real = t == TSR_INDEXED_F64;
    const double  x = real ? load_float(TSR_F64, into) : 0, y = real ? load_float(TSR_F64, from) : 0;
    int64_t       a, b;
    bool          wins, ties;
    memcpy(&a, (const char *)into + 8, 8);
    memcpy(&b, (const char *)from + 8, 8);
    if (isnan(x) || isnan(y)) {
        wins = !isnan(x);
        ties = isnan(x) && isnan(y);
    } else if (real) {
        wins = greatest ? y > x : y < x;
        ties = y == x;
    } else {
        const int l = less(TSR_I64, from, into);
        wins = l == (greatest ? -1 : 1);
        ties = l == 0;
    }
    if (wins || (ties && b < a))
        memcpy(into, from, 16);
    if (real && isnan(load_float(TSR_F64, into)))
        store_float(TSR_F64, (double)NAN, into);
}

static void combine_bits(tsr_reduction r, tsr_type t, void *into, const void *from)
{
    const uint64_t x = load_integer(t, into), y = load_integer(t, from);
    const uint64_t v = r == TSR_AND ? x & y : r == TSR_OR ? x | y : x ^ y;
    memcpy(into, &v, el_size(t));
}

static bool is_finite(tsr_type t, const void *x)
{
    const tsr_type part = t == TSR_C64 ? TSR_F32 : t == TSR_C128 ? TSR_F64 : t;
    return isfinite(load_float(part, x)) &&
           (!el_is_complex(t) || isfinite(load_float(part, (const char *)x + el_size(part))));
}

void el_combine(tsr_reduction r, tsr_type t, const tsr_reducer *user, void *into, const void *from)
{
    if ((r == TSR_SUM || r == TSR_PRODUCT) && !el_is_integer(t) && !is_finite(t, from))
        el_met_not_finite = true;
    switch (r) {
    case TSR_SUM: el_add(t, into, into, from); break;
    case TSR_PRODUCT: el_mul(t, into, into, from); break;
    case TSR_MIN: combine_extreme(false, t, into, from); break;
    case TSR_MAX: combine_extreme(true, t, into, from); break;
    case TSR_ARGMIN: combine_arg(false, t, into, from); break;
    case TSR_ARGMAX: combine_arg(true, t, into, from); break;
    case TSR_USER_REDUCTION: user->combine(into, from); break;
    default: combine_bits(r, t, into, from); break;
    }
}

/* A factor near one, so that long products stay finite. */
static void near_one(tsr_type t, uint64_t h, void *out)
{
    const double d = draw_float(h, 0) * 0x1p-5;
    if (el_is_complex(t)) {
        const tsr_type part = t == TSR_C64 ? TSR_F32 : TSR_F64;
        store_float(part, 1.0 + d, out);
        store_float(part, draw_float(hash_u64(h), 0) * 0x1p-5, (char *)out + el_size(part));
    } else {
        store_float(t, 1.0 + d, out);
    }
}

void el_contribution(tsr_reduction r, tsr_type t, int reducer, const void *in, void *out)
{
    memcpy(out, in, el_size(t));
    if (r == TSR_PRODUCT && !el_is_integer(t) && is_finite(t, in))
        near_one(t, el_hash(t, in), out);
    else if (r == TSR_PRODUCT)
        *(char *)out |= 1;
    if (r != TSR_USER_REDUCTION || reducer == 0)
        return;
    const uint64_t h = el_hash(t, in);
    if (reducer == 1) {
        memcpy(out, (uint64_t[2]){hash_u64(h), hash_pair(h, 1)}, 16);
    } else {
        const double x = draw_float(h, 9);
        memcpy(out, (double[2]){x, x * x}, 16);
    }
}
