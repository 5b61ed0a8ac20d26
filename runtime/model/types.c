/* model/types.c - sizes, names and conversions of the built-in element types.
 *
 * A scalar of a call is converted once, when it is issued. The way leads through the widest type of
 * its kind (int64, uint64, double, double complex) and out of it again; a value that the target
 * cannot hold is refused, as it would surprise whoever wrote 2.5 or 3000000000 for an int.
 *
 * Half types convert exactly to float; to half they round to nearest, ties to even (IEEE 754,
 * section 4.3.1), also into subnormals, with overflow to infinity. NaNs stay NaNs and become quiet.
 * float16 is done in integer arithmetic: the same bits on every machine. A double to a half type is
 * rounded once: first to a float by rounding to odd, which keeps what the second rounding needs
 * (Boldo and Melquiond, Emulation of FMA and correctly rounded sums, IEEE TC 2008).
 *
 * Cost: O(1). Threads: pure functions. */
#include <complex.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

#include "model/types.h"

static const struct {
    const char *name;
    size_t      bytes, alignment;
} built_in[TSR_N_TYPES] = {
#define X(NAME, name, T) [TSR_##NAME] = {#name, sizeof(T), alignof(T)},
    TSR_TYPE_MAP(X)
#undef X
};

static bool is_built_in(tsr_type t)
{
    return t > TSR_TYPE_ANY && t < TSR_N_TYPES;
}

size_t type_bytes(tsr_type t)
{
    if (is_built_in(t))
        return built_in[t].bytes;
    return type_is_binary(t) ? (size_t)(t - TSR_TYPE_BINARY_) : 0;
}

size_t type_alignment(tsr_type t)
{
    return is_built_in(t) ? built_in[t].alignment : 1;
}

const char *type_name(tsr_type t)
{
    return is_built_in(t) ? built_in[t].name : NULL;
}

enum type_kind type_kind(tsr_type t)
{
    switch (t) {
    case TSR_BOOL: return TYPE_IS_BOOL;
    case TSR_I8:
    case TSR_I16:
    case TSR_I32:
    case TSR_I64: return TYPE_IS_INTEGER;
    case TSR_U8:
    case TSR_U16:
    case TSR_U32:
    case TSR_U64: return TYPE_IS_UNSIGNED;
    case TSR_F16:
    case TSR_BF16:
    case TSR_F32:
    case TSR_F64: return TYPE_IS_FLOAT;
    case TSR_C64:
    case TSR_C128: return TYPE_IS_COMPLEX;
    case TSR_INDEXED_F64:
    case TSR_INDEXED_I64: return TYPE_IS_INDEXED;
    default: return TYPE_IS_NONE;
    }
}

/* ---- half types ---- */

static uint32_t bits_of(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static float float_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* v / 2^n, rounded to nearest, ties to even; n from 1 to 31. */
static uint32_t shift_rounded(uint32_t v, int n)
{
    const uint32_t rest = v & ((1u << n) - 1), half = 1u << (n - 1);
    const uint32_t kept = v >> n;
    return kept + (rest > half || (rest == half && (kept & 1)));
}

float tsr_f16_to_f32(tsr_f16 v)
{
    const uint32_t sign = (uint32_t)(v.bits & 0x8000) << 16;
    const uint32_t exponent = v.bits >> 10 & 31, fraction = v.bits & 0x3ff;
    if (exponent == 31)
        return float_of(sign | 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0));
    if (exponent)
        return float_of(sign | (exponent + 112) << 23 | fraction << 13);
    return float_of(sign | bits_of((float)fraction * 0x1p-24f));
}

tsr_f16 tsr_f32_to_f16(float v)
{
    const uint32_t bits = bits_of(v), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    const int      exponent = (int)(magnitude >> 23) - 112; /* with the bias of a float16 */
    if (magnitude > 0x7f800000)
        return (tsr_f16){(uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff))};
    if (exponent >= 31)
        return (tsr_f16){(uint16_t)(sign | 0x7c00)};
    if (exponent > 0) /* a carry out of the fraction is the next exponent, or infinity */
        return (tsr_f16){(uint16_t)(sign | shift_rounded(magnitude - (112u << 23), 13))};
    if (exponent < -10)
        return (tsr_f16){(uint16_t)sign};
    const uint32_t fraction = (magnitude & 0x7fffff) | 0x800000;
    return (tsr_f16){(uint16_t)(sign | shift_rounded(fraction, 14 - exponent))};
}

float tsr_bf16_to_f32(tsr_bf16 v)
{
    return float_of((uint32_t)v.bits << 16);
}

tsr_bf16 tsr_f32_to_bf16(float v)
{
    const uint32_t bits = bits_of(v);
    if ((bits & 0x7fffffff) > 0x7f800000)
        return (tsr_bf16){(uint16_t)(bits >> 16 | 0x40)};
    return (tsr_bf16){(uint16_t)shift_rounded(bits, 16)};
}

/* A double as a float, rounded to odd: what is lost shows in the last bit. */
static float float_to_odd(double v)
{
    const float near = (float)v;
    if ((double)near == v || isnan(v))
        return near;
    uint32_t bits = bits_of(near);
    if (isinf(near))
        bits -= 1;
    else if (fabs((double)near) > fabs(v))
        bits -= 1; /* toward zero */
    return float_of(bits | 1);
}

/* ---- conversions ---- */

/* A number on its way from one type to another. */
struct wide {
    enum type_kind kind; /* INTEGER, UNSIGNED, FLOAT or COMPLEX */
    int64_t        i;
    uint64_t       u;
    double         re, im;
};

#define LOAD(T, v)                                                                                 \
    T v;                                                                                           \
    memcpy(&v, in, sizeof v)

static struct wide wide_of(tsr_type t, const void *in)
{
    switch (t) {
#define INTEGER(NAME, T)                                                                           \
    case TSR_##NAME: {                                                                             \
        LOAD(T, v);                                                                                \
        return (struct wide){.kind = TYPE_IS_INTEGER, .i = v};                                     \
    }
#define UNSIGNED(NAME, T)                                                                          \
    case TSR_##NAME: {                                                                             \
        LOAD(T, v);                                                                                \
        return (struct wide){.kind = TYPE_IS_UNSIGNED, .u = v};                                    \
    }
#define REAL(NAME, T, value)                                                                       \
    case TSR_##NAME: {                                                                             \
        LOAD(T, v);                                                                                \
        return (struct wide){.kind = TYPE_IS_FLOAT, .re = (double)(value)};                        \
    }
        INTEGER(I8, int8_t)
        INTEGER(I16, int16_t)
        INTEGER(I32, int32_t)
        INTEGER(I64, int64_t)
        UNSIGNED(BOOL, bool)
        UNSIGNED(U8, uint8_t)
        UNSIGNED(U16, uint16_t)
        UNSIGNED(U32, uint32_t)
        UNSIGNED(U64, uint64_t)
        REAL(F16, tsr_f16, tsr_f16_to_f32(v))
        REAL(BF16, tsr_bf16, tsr_bf16_to_f32(v))
        REAL(F32, float, v)
        REAL(F64, double, v)
    case TSR_C64: {
        LOAD(float _Complex, v);
        return (struct wide){.kind = TYPE_IS_COMPLEX, .re = crealf(v), .im = cimagf(v)};
    }
    case TSR_C128: {
        LOAD(double _Complex, v);
        return (struct wide){.kind = TYPE_IS_COMPLEX, .re = creal(v), .im = cimag(v)};
    }
    default: return (struct wide){.kind = TYPE_IS_NONE};
    }
}

/* As an integer of [low, high], where it is one. Both bounds fit their widest types. */
static bool wide_to_integer(const struct wide *w, int64_t low, uint64_t high, uint64_t *out)
{
    double re = w->re;
    switch (w->kind) {
    case TYPE_IS_INTEGER:
        *out = (uint64_t)w->i;
        return w->i >= low && (w->i < 0 || (uint64_t)w->i <= high);
    case TYPE_IS_UNSIGNED: *out = w->u; return w->u <= high;
    case TYPE_IS_COMPLEX:
        if (w->im != 0)
            return false;
        break;
    default: break;
    }
    if (!(re >= -0x1p63 && re < 0x1p64) || re != trunc(re))
        return false;
    if (re < 0) {
        *out = (uint64_t)(int64_t)re;
        return (int64_t)re >= low;
    }
    *out = (uint64_t)re;
    return *out <= high;
}

static double wide_real(const struct wide *w)
{
    return w->kind == TYPE_IS_INTEGER    ? (double)w->i
           : w->kind == TYPE_IS_UNSIGNED ? (double)w->u
                                         : w->re;
}

static float wide_real_f32(const struct wide *w)
{
    return w->kind == TYPE_IS_INTEGER    ? (float)w->i
           : w->kind == TYPE_IS_UNSIGNED ? (float)w->u
                                         : (float)w->re;
}

static bool store_integer(const struct wide *w, tsr_type to, void *out)
{
    const size_t   bytes = type_bytes(to);
    const bool     is_signed = type_kind(to) == TYPE_IS_INTEGER;
    const uint64_t most = to == TSR_BOOL ? 1 : UINT64_MAX >> (64 - 8 * bytes + is_signed);
    uint64_t       v;
    if (!wide_to_integer(w, is_signed ? -(int64_t)most - 1 : 0, most, &v))
        return false;
    memcpy(out, &v, bytes); /* little-endian: the low bytes */
    return true;
}

#define STORE(T, value)                                                                            \
    do {                                                                                           \
        const T v_ = (value);                                                                      \
        memcpy(out, &v_, sizeof v_);                                                               \
    } while (0)

bool type_convert(tsr_type from, const void *in, tsr_type to, void *out)
{
    const struct wide w = wide_of(from, in);
    if (w.kind == TYPE_IS_NONE)
        return false;
    const bool is_real = w.kind != TYPE_IS_COMPLEX || w.im == 0;
    switch (type_kind(to)) {
    case TYPE_IS_BOOL:
    case TYPE_IS_INTEGER:
    case TYPE_IS_UNSIGNED: return store_integer(&w, to, out);
    case TYPE_IS_FLOAT:
        if (!is_real)
            return false;
        if (to == TSR_F64)
            STORE(double, wide_real(&w));
        else if (to == TSR_F32)
            STORE(float, wide_real_f32(&w));
        else if (to == TSR_F16)
            STORE(tsr_f16, tsr_f32_to_f16(float_to_odd(wide_real(&w))));
        else
            STORE(tsr_bf16, tsr_f32_to_bf16(float_to_odd(wide_real(&w))));
        return true;
    case TYPE_IS_COMPLEX:
        if (to == TSR_C64)
            STORE(float _Complex, type_c64(wide_real_f32(&w), (float)w.im));
        else
            STORE(double _Complex, type_c128(wide_real(&w), w.im));
        return true;
    default: return false;
    }
}
