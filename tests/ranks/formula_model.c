/* ranks/formula_model.c - what each operation of a formula means, one element at a time.
 *
 * Sums, products, quotients and roots of floats are done in double and rounded to their type: from twice and
 * two digits more the second rounding changes nothing.  Half types round to float first, as documented. */
#include <math.h>
#include <string.h>

#include "formula_model.h"

static bool is_float(tsr_type t)
{
    return t == TSR_F16 || t == TSR_BF16 || t == TSR_F32 || t == TSR_F64;
}

static bool is_complex(tsr_type t)
{
    return t == TSR_C64 || t == TSR_C128;
}

static int bits_of(tsr_type t)
{
    return t == TSR_BOOL ? 1 : 8 * (int)tsr_type_size(t);
}

static bool is_unsigned(tsr_type t)
{
    return t == TSR_BOOL || (t >= TSR_U8 && t <= TSR_U64);
}

/* An integer cut to its type. */
static __int128 wrap(tsr_type t, __int128 v)
{
    const int bits = bits_of(t);
    const __int128 period = (__int128)1 << bits;
    v %= period;
    if (v < 0)
        v += period;
    return !is_unsigned(t) && v >= period / 2 ? v - period : v;
}

/* A float rounded to its type. */
static double rounded(tsr_type t, double v)
{
    switch (t) {
    case TSR_F64:
    case TSR_C128: return v;
    case TSR_F16: return tsr_f16_to_f32(tsr_f32_to_f16((float)v));
    case TSR_BF16: return tsr_bf16_to_f32(tsr_f32_to_bf16((float)v));
    default: return (float)v;
    }
}

#define LOADED(T, field)                                                                           \
    {                                                                                              \
        T e;                                                                                       \
        memcpy(&e, from, sizeof e);                                                                \
        v.field = e;                                                                               \
        return v;                                                                                  \
    }
model_value model_load(tsr_type type, const void *from)
{
    model_value v = {0, 0, 0};
    float       f[2];
    double      d[2];
    tsr_f16     h;
    tsr_bf16    b;
    switch (type) {
    case TSR_BOOL:
    case TSR_U8: LOADED(uint8_t, whole)
    case TSR_I8: LOADED(int8_t, whole)
    case TSR_I16: LOADED(int16_t, whole)
    case TSR_I32: LOADED(int32_t, whole)
    case TSR_I64: LOADED(int64_t, whole)
    case TSR_U16: LOADED(uint16_t, whole)
    case TSR_U32: LOADED(uint32_t, whole)
    case TSR_U64: LOADED(uint64_t, whole)
    case TSR_F32: LOADED(float, re)
    case TSR_F64: LOADED(double, re)
    case TSR_F16: memcpy(&h, from, 2); v.re = tsr_f16_to_f32(h); return v;
    case TSR_BF16: memcpy(&b, from, 2); v.re = tsr_bf16_to_f32(b); return v;
    case TSR_C64: memcpy(f, from, 8); v.re = f[0]; v.im = f[1]; return v;
    default: memcpy(d, from, 16); v.re = d[0]; v.im = d[1]; return v;
    }
}

void model_store(tsr_type type, model_value v, void *to)
{
    const float    f[2] = {(float)v.re, (float)v.im};
    const double   d[2] = {v.re, v.im};
    const tsr_f16  h = tsr_f32_to_f16(f[0]);
    const tsr_bf16 b = tsr_f32_to_bf16(f[0]);
    const uint64_t u = (uint64_t)v.whole;
    switch (type) {
    case TSR_F16: memcpy(to, &h, 2); break;
    case TSR_BF16: memcpy(to, &b, 2); break;
    case TSR_F32: memcpy(to, f, 4); break;
    case TSR_F64: memcpy(to, d, 8); break;
    case TSR_C64: memcpy(to, f, 8); break;
    case TSR_C128: memcpy(to, d, 16); break;
    default: memcpy(to, &u, tsr_type_size(type)); break;
    }
}

/* ---- casts ---- */

/* What x86 gives where a float is in no i32 (or i64). */
static __int128 truncated(tsr_type to, double x)
{
    const int    wide = bits_of(to) == 64 || to == TSR_U32 ? 64 : 32;
    const double most = wide == 64 ? 0x1p63 : 0x1p31;
    if (to == TSR_U64 && x >= most)
        return x < 2 * most ? (__int128)x : 0; /* -2**63 and 2**63 again */
    return x >= -most && x < most ? (__int128)x : -(__int128)most;
}

model_value model_cast(tsr_type from, tsr_type to, model_value x)
{
    model_value v = {0, 0, 0};
    const bool is_real = is_float(from) || is_complex(from);
    if (to == TSR_BOOL)
        v.whole = is_real ? x.re != 0 || x.im != 0 : x.whole != 0;
    else if (is_float(to) || is_complex(to)) {
        v.re = is_real ? x.re : to == TSR_F64 || to == TSR_C128 ? (double)x.whole : (float)x.whole;
        v.im = is_complex(to) ? x.im : 0;
        /* from double to a half type at once */
        if (from == TSR_F64 && (to == TSR_F16 || to == TSR_BF16)) {
            float near = (float)v.re;
            if (isfinite(near) && (double)near != v.re) { /* a float beside it that is no tie */
                uint32_t u;
                memcpy(&u, &near, 4);
                u = (fabs((double)near) > fabs(v.re) ? u - 1 : u) | 1;
                memcpy(&near, &u, 4);
            }
            v.re = near;
        }
        v.re = rounded(to, v.re);
        v.im = rounded(to, v.im);
    } else {
        v.whole = wrap(to, is_real ? truncated(to, x.re) : x.whole);
    }
    return v;
}

/* ---- operations ---- */

static __int128 floor_of(__int128 x, __int128 y)
{
    const __int128 q = x / y;
    return q - (x % y != 0 && (x < 0) != (y < 0));
}

/* The low 128 bits of a product. */
static __int128 product(__int128 x, __int128 y)
{
    return (__int128)((unsigned __int128)x * (unsigned __int128)y);
}

static __int128 power_of(tsr_type t, __int128 x, __int128 y)
{
    __int128 p = 1;
    if (y < 0)
        return x == 1 ? 1 : x != -1 ? 0 : y % 2 != 0 ? -1 : 1;
    for (; y > 0; y /= 2) {
        if (y % 2 != 0)
            p = wrap(t, product(p, x));
        x = wrap(t, product(x, x));
    }
    return p;
}

static __int128 on_integers(tsr_op op, tsr_type t, __int128 x, __int128 y)
{
    const bool far = y < 0 || y >= bits_of(t);
    switch (op) {
    case TSR_OP_ADD: return x + y;
    case TSR_OP_SUBTRACT: return x - y;
    case TSR_OP_MULTIPLY: return product(x, y);
    case TSR_OP_FLOOR_DIVIDE: return y == 0 ? 0 : floor_of(x, y);
    case TSR_OP_REMAINDER: return y == 0 ? 0 : x - y * floor_of(x, y);
    case TSR_OP_FMOD: return y == 0 ? 0 : x % y;
    case TSR_OP_POWER: return power_of(t, x, y);
    case TSR_OP_MINIMUM:
    case TSR_OP_FMIN: return x < y ? x : y;
    case TSR_OP_MAXIMUM:
    case TSR_OP_FMAX: return x > y ? x : y;
    case TSR_OP_AND: return x & y;
    case TSR_OP_OR: return x | y;
    case TSR_OP_XOR: return x ^ y;
    case TSR_OP_SHIFT_LEFT: return far ? 0 : (__int128)((unsigned __int128)x << y);
    case TSR_OP_SHIFT_RIGHT: return far ? -(x < 0) : x >> y;
    case TSR_OP_NOT: return t == TSR_BOOL ? !x : ~x;
    case TSR_OP_NEGATIVE: return -x;
    case TSR_OP_ABSOLUTE: return x < 0 ? -x : x;
    case TSR_OP_SIGN: return (x > 0) - (x < 0);
    case TSR_OP_EQUAL: return x == y;
    case TSR_OP_NOT_EQUAL: return x != y;
    case TSR_OP_LESS: return x < y;
    case TSR_OP_LESS_EQUAL: return x <= y;
    case TSR_OP_GREATER: return x > y;
    default: return x >= y;
    }
}

/* NumPy's floor_divide and remainder, each step rounded to `t`. */
static double divided(tsr_type t, double x, double y, bool quotient)
{
    double r = fmod(x, y);
    if (y == 0)
        return quotient ? rounded(t, x / y) : r;
    double q = rounded(t, rounded(t, x - r) / y);
    if (r != 0 && (y < 0) != (r < 0)) {
        r = rounded(t, r + y);
        q = rounded(t, q - 1);
    } else if (r == 0) {
        r = copysign(0, y);
    }
    if (!quotient)
        return r;
    if (q == 0)
        return copysign(0, rounded(t, x / y));
    const double f = floor(q);
    return q - f > 0.5 ? f + 1 : f;
}

static double on_floats(tsr_op op, tsr_type t, double x, double y)
{
    switch (op) {
    case TSR_OP_ADD: return x + y;
    case TSR_OP_SUBTRACT: return x - y;
    case TSR_OP_MULTIPLY: return x * y;
    case TSR_OP_DIVIDE: return x / y;
    case TSR_OP_FLOOR_DIVIDE: return divided(t, x, y, true);
    case TSR_OP_REMAINDER: return divided(t, x, y, false);
    case TSR_OP_FMOD: return fmod(x, y);
    case TSR_OP_MINIMUM: return isnan(x) || x < y ? x : y;
    case TSR_OP_MAXIMUM: return isnan(x) || x > y ? x : y;
    case TSR_OP_FMIN: return isnan(y) || x < y ? x : y;
    case TSR_OP_FMAX: return isnan(y) || x > y ? x : y;
    case TSR_OP_COPYSIGN: return copysign(x, y);
    case TSR_OP_NEGATIVE: return -x;
    case TSR_OP_ABSOLUTE: return fabs(x);
    case TSR_OP_SIGN: return isnan(x) ? x : (x > 0) - (x < 0);
    case TSR_OP_FLOOR: return floor(x);
    case TSR_OP_CEIL: return ceil(x);
    case TSR_OP_TRUNC: return trunc(x);
    case TSR_OP_RINT: return rint(x);
    default: return sqrt(x);
    }
}

static bool is_so(tsr_op op, model_value x, model_value y)
{
    switch (op) {
    case TSR_OP_EQUAL: return x.re == y.re && x.im == y.im;
    case TSR_OP_NOT_EQUAL: return x.re != y.re || x.im != y.im;
    case TSR_OP_LESS: return x.re < y.re;
    case TSR_OP_LESS_EQUAL: return x.re <= y.re;
    case TSR_OP_GREATER: return x.re > y.re;
    case TSR_OP_GREATER_EQUAL: return x.re >= y.re;
    case TSR_OP_IS_NAN: return isnan(x.re) || isnan(x.im);
    case TSR_OP_IS_INF: return isinf(x.re) || isinf(x.im);
    case TSR_OP_IS_FINITE: return isfinite(x.re) && isfinite(x.im);
    default: return signbit(x.re);
    }
}

static model_value on_complex(tsr_op op, tsr_type t, model_value x, model_value y)
{
#define R(e) rounded(t, (e))
    switch (op) {
    case TSR_OP_ADD: return (model_value){0, R(x.re + y.re), R(x.im + y.im)};
    case TSR_OP_SUBTRACT: return (model_value){0, R(x.re - y.re), R(x.im - y.im)};
    case TSR_OP_MULTIPLY:
        return (model_value){0, R(R(x.re * y.re) - R(x.im * y.im)), R(R(x.re * y.im) + R(x.im * y.re))};
    case TSR_OP_NEGATIVE: return (model_value){0, -x.re, -x.im};
    default: return (model_value){0, x.re, -x.im};
    }
#undef R
}

model_value model_apply(tsr_op op, const tsr_type type[3], tsr_type result, model_value x, model_value y,
                        model_value z)
{
    model_value v = {0, 0, 0};
    const tsr_type t = type[0], single = t == TSR_F16 || t == TSR_BF16 ? TSR_F32 : t;
    switch (op) {
    case TSR_OP_COPY: return x;
    case TSR_OP_SELECT: return x.whole ? y : z;
    case TSR_OP_REAL: v.re = x.re; return v;
    case TSR_OP_IMAG: v.re = x.im; return v;
    case TSR_OP_JOIN: v.re = x.re; v.im = y.re; return v;
    default: break;
    }
    if (!is_float(t) && !is_complex(t))
        v.whole = wrap(result, on_integers(op, t, x.whole, y.whole));
    else if (result == TSR_BOOL)
        v.whole = is_so(op, x, y);
    else if (is_complex(t))
        v = on_complex(op, t, x, y);
    else
        v.re = rounded(result, rounded(single, on_floats(op, single, x.re, y.re)));
    return v;
}

bool model_same(tsr_type type, const void *a, const void *b)
{
    const model_value x = model_load(type, a), y = model_load(type, b);
    if (!is_float(type) && !is_complex(type))
        return x.whole == y.whole;
    const bool re = isnan(x.re) ? isnan(y.re) : memcmp(&x.re, &y.re, 8) == 0;
    return re && (isnan(x.im) ? isnan(y.im) : memcmp(&x.im, &y.im, 8) == 0);
}
