/* array_type.c - element types: their kinds, and what two of them promote to.
 *
 * The table is numpy.promote_types; bfloat16, which NumPy has not, stands in it as a float of 8
 * significant bits: it holds 8-bit integers, meets float16 at float32, and wider types as float16
 * does. Weak numbers follow NEP 50: the kind of a number that is above the arrays' raises the
 * result to the default type of that kind at the arrays' own width; else it takes the arrays' type.
 *
 * Cost: O(operands). Threads: any. */
#include "array_inside.h"

enum { FIRST = TSR_BOOL, N_TYPES = TSR_C128 - TSR_BOOL + 1 };

#define B    TSR_BOOL
#define I8   TSR_I8
#define I16  TSR_I16
#define I32  TSR_I32
#define I64  TSR_I64
#define U8   TSR_U8
#define U16  TSR_U16
#define U32  TSR_U32
#define U64  TSR_U64
#define F16  TSR_F16
#define BF16 TSR_BF16
#define F32  TSR_F32
#define F64  TSR_F64
#define C64  TSR_C64
#define C128 TSR_C128

static const unsigned char promoted[N_TYPES][N_TYPES] = {
    {B, I8, I16, I32, I64, U8, U16, U32, U64, F16, BF16, F32, F64, C64, C128},
    {I8, I8, I16, I32, I64, I16, I32, I64, F64, F16, BF16, F32, F64, C64, C128},
    {I16, I16, I16, I32, I64, I16, I32, I64, F64, F32, F32, F32, F64, C64, C128},
    {I32, I32, I32, I32, I64, I32, I32, I64, F64, F64, F64, F64, F64, C128, C128},
    {I64, I64, I64, I64, I64, I64, I64, I64, F64, F64, F64, F64, F64, C128, C128},
    {U8, I16, I16, I32, I64, U8, U16, U32, U64, F16, BF16, F32, F64, C64, C128},
    {U16, I32, I32, I32, I64, U16, U16, U32, U64, F32, F32, F32, F64, C64, C128},
    {U32, I64, I64, I64, I64, U32, U32, U32, U64, F64, F64, F64, F64, C128, C128},
    {U64, F64, F64, F64, F64, U64, U64, U64, U64, F64, F64, F64, F64, C128, C128},
    {F16, F16, F32, F64, F64, F16, F32, F64, F64, F16, F32, F32, F64, C64, C128},
    {BF16, BF16, F32, F64, F64, BF16, F32, F64, F64, F32, BF16, F32, F64, C64, C128},
    {F32, F32, F32, F64, F64, F32, F32, F64, F64, F32, F32, F32, F64, C64, C128},
    {F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, C128, C128},
    {C64, C64, C64, C128, C128, C64, C64, C128, C128, C64, C64, C64, C128, C64, C128},
    {C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128},
};

static const struct {
    const char *name;
    array_kind  kind;
} type_table[N_TYPES] = {
    {"bool", KIND_BOOL},    {"int8", KIND_INT},          {"int16", KIND_INT},
    {"int32", KIND_INT},    {"int64", KIND_INT},         {"uint8", KIND_INT},
    {"uint16", KIND_INT},   {"uint32", KIND_INT},        {"uint64", KIND_INT},
    {"float16", KIND_REAL}, {"bfloat16", KIND_REAL},     {"float32", KIND_REAL},
    {"float64", KIND_REAL}, {"complex64", KIND_COMPLEX}, {"complex128", KIND_COMPLEX},
};

bool array_is_type(nd_type t)
{
    return t >= FIRST && t < FIRST + N_TYPES;
}

array_kind array_kind_of(nd_type t)
{
    return array_is_type(t) ? type_table[t - FIRST].kind : KIND_NONE;
}

bool array_is_unsigned(nd_type t)
{
    return t >= TSR_U8 && t <= TSR_U64;
}

const char *nd_type_name(nd_type t)
{
    return array_is_type(t) ? type_table[t - FIRST].name : "no type";
}

nd_type nd_promote_types(nd_type a, nd_type b)
{
    if (!array_is_type(a) || !array_is_type(b))
        return TSR_TYPE_ANY;
    return promoted[a - FIRST][b - FIRST];
}

nd_type array_real_of(nd_type t)
{
    return t == TSR_C64 ? TSR_F32 : t == TSR_C128 ? TSR_F64 : t;
}

bool array_goes_into(nd_type from, nd_type to)
{
    if (array_kind_of(from) == KIND_INT && array_kind_of(to) == KIND_INT)
        return array_is_unsigned(from) || !array_is_unsigned(to);
    return array_kind_of(from) <= array_kind_of(to);
}

static array_kind kind_of_number(nd_operand_kind k)
{
    return k == ND_OPERAND_BOOL      ? KIND_BOOL
           : k == ND_OPERAND_REAL    ? KIND_REAL
           : k == ND_OPERAND_COMPLEX ? KIND_COMPLEX
                                     : KIND_INT;
}

/* The type of numbers alone. */
static nd_type type_of_numbers(array_kind k, bool is_unsigned)
{
    return k == KIND_BOOL   ? TSR_BOOL
           : k == KIND_INT  ? (is_unsigned ? TSR_U64 : TSR_I64)
           : k == KIND_REAL ? TSR_F64
                            : TSR_C128;
}

/* The type of arrays `t` that meet a number of kind `k`. */
static nd_type type_with_number(nd_type t, array_kind k)
{
    const array_kind has = array_kind_of(t);
    if (k <= has)
        return t;
    if (k == KIND_INT)
        return TSR_I64; /* bool arrays */
    if (k == KIND_REAL)
        return TSR_F64; /* bool and integer arrays */
    return has == KIND_REAL ? nd_promote_types(t, TSR_C64) : TSR_C128;
}

/* The least type that holds each of the arrays', where it is a float: not what they promote to one after the other, which
 * may be wider (int8, uint16 and float32: float32). */
static nd_type least_type(nd_type folded, const nd_operand *operand, const array_info *info, int n)
{
    for (int t = TSR_F16; t < folded; ++t) {
        bool holds = true;
        for (int i = 0; i < n; ++i)
            holds = holds && (operand[i].kind != ND_OPERAND_ARRAY ||
                              nd_promote_types(t, info[i].type) == t);
        if (holds)
            return t;
    }
    return folded;
}

nd_type array_result_type(const nd_operand *operand, const array_info *info, int n)
{
    nd_type    t = TSR_TYPE_ANY;
    array_kind k = KIND_BOOL;
    bool       has_number = false, is_unsigned = false;
    for (int i = 0; i < n; ++i) {
        if (operand[i].kind == ND_OPERAND_ARRAY) {
            t = t == TSR_TYPE_ANY ? info[i].type : nd_promote_types(t, info[i].type);
            continue;
        }
        const array_kind of = kind_of_number(operand[i].kind);
        has_number = true;
        is_unsigned = is_unsigned || operand[i].kind == ND_OPERAND_UINT;
        k = of > k ? of : k;
    }
    if (t == TSR_TYPE_ANY)
        return type_of_numbers(k, is_unsigned);
    if (n > 2)
        t = least_type(t, operand, info, n);
    return has_number ? type_with_number(t, k) : t;
}
