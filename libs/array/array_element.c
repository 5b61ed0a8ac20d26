/* array_element.c - single elements on the host: numbers into elements, elements into numbers.
 *
 * Cost: O(1). Threads: any. */
#include <math.h>
#include <string.h>

#include "array_inside.h"

/* ---- integers and what holds them ---- */

static int bits_of(nd_type t)
{
    return (int)(8 * tsr_type_size(t));
}

/* Whether an integer type holds a number. */
static bool holds(nd_type t, const nd_operand *x)
{
    const int bits = bits_of(t);
    if (x->kind == ND_OPERAND_UINT)
        return t == TSR_U64;
    const int64_t v = x->number.i;
    if (array_is_unsigned(t))
        return v >= 0 && (bits == 64 || v < (int64_t)1 << bits);
    return bits == 64 || (v >= -((int64_t)1 << (bits - 1)) && v < (int64_t)1 << (bits - 1));
}

/* The low bits of an integer as an element. */
static void integer_store(nd_type t, uint64_t v, void *element)
{
    memcpy(element, &v, tsr_type_size(t)); /* little endian: build checks it */
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are cut from low bytes");

/* A double as an integer, as NumPy's casts: towards zero, low bits of what 64 bits hold. */
static uint64_t truncated(nd_type t, double v)
{
    if (!(v > -0x1p63 && v < 0x1p63))
        return t == TSR_U64 && v >= 0x1p63 && v < 0x1p64 ? (uint64_t)v : (uint64_t)1 << 63;
    return (uint64_t)(int64_t)v;
}

/* ---- storing ---- */

void array_element_store(nd_type t, const double value[2], void *element)
{
    switch (t) {
    case TSR_BOOL: *(bool *)element = value[0] != 0 || value[1] != 0; break;
    case TSR_F16: *(tsr_f16 *)element = tsr_f32_to_f16((float)value[0]); break;
    case TSR_BF16: *(tsr_bf16 *)element = tsr_f32_to_bf16((float)value[0]); break;
    case TSR_F32: *(float *)element = (float)value[0]; break;
    case TSR_F64: *(double *)element = value[0]; break;
    case TSR_C64: memcpy(element, (float[]){(float)value[0], (float)value[1]}, 8); break;
    case TSR_C128: memcpy(element, value, 16); break;
    default: integer_store(t, truncated(t, value[0]), element);
    }
}

static double real_part(const nd_operand *x)
{
    return x->kind == ND_OPERAND_REAL || x->kind == ND_OPERAND_COMPLEX ? x->number.f[0]
           : x->kind == ND_OPERAND_UINT                                ? (double)x->number.u
                                                                       : (double)x->number.i;
}

tsr_status array_element_of(nd_type t, const nd_operand *x, array_element *out, tsr_site at)
{
    const bool is_integer = x->kind == ND_OPERAND_INT || x->kind == ND_OPERAND_UINT;
    memset(out, 0, sizeof *out);
    if (array_kind_of(t) == KIND_INT && (is_integer || x->kind == ND_OPERAND_BOOL)) {
        if (is_integer && !holds(t, x))
            return x->kind == ND_OPERAND_UINT
                       ? tsr_fail_(at, TSR_BAD_ARGUMENT, "integer %llu out of bounds for %s",
                                   (unsigned long long)x->number.u, nd_type_name(t))
                       : tsr_fail_(at, TSR_BAD_ARGUMENT, "integer %lld out of bounds for %s",
                                   (long long)x->number.i, nd_type_name(t));
        integer_store(t, x->number.u, out->bytes);
        return TSR_OK;
    }
    const double parts[2] = {real_part(x), x->kind == ND_OPERAND_COMPLEX ? x->number.f[1] : 0};
    array_element_store(t, parts, out->bytes);
    return TSR_OK;
}

/* ---- reading ---- */

/* An integer or bool element, extended to 64 bits. */
static int64_t extended(nd_type t, const void *element)
{
    uint64_t  v = 0;
    const int bits = bits_of(t);
    memcpy(&v, element, tsr_type_size(t));
    if (bits == 64 || array_is_unsigned(t) || t == TSR_BOOL)
        return (int64_t)v;
    return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

nd_operand array_element_number(nd_type t, const void *element)
{
    const int64_t v = extended(t, element);
    return t == TSR_BOOL  ? nd_operand_bool(v != 0)
           : t == TSR_U64 ? nd_operand_uint((uint64_t)v)
                          : nd_operand_int(v);
}

void array_element_parts(nd_type t, const void *element, double out[2])
{
    float f[2];
    out[1] = 0;
    switch (t) {
    case TSR_F16: out[0] = (double)tsr_f16_to_f32(*(const tsr_f16 *)element); break;
    case TSR_BF16: out[0] = (double)tsr_bf16_to_f32(*(const tsr_bf16 *)element); break;
    case TSR_F32: out[0] = (double)*(const float *)element; break;
    case TSR_F64: out[0] = *(const double *)element; break;
    case TSR_C64:
        memcpy(f, element, sizeof f);
        out[0] = (double)f[0];
        out[1] = (double)f[1];
        break;
    case TSR_C128: memcpy(out, element, 16); break;
    case TSR_U64: out[0] = (double)*(const uint64_t *)element; break;
    default: out[0] = (double)extended(t, element);
    }
}
