/* execute/kernels/cast.c - elements of one type as those of another.
 *
 * A float outside an integer's range, or a NaN, is what x86 gives: the least number of the width that is
 * converted to (i32 for narrower types, i64 for u32), cut to the result's bits; nothing is undefined.
 * Half types: from and to float, and from double, which is rounded once (by way of a float rounded to
 * odd).  The rest goes in two steps.  Threads: pure functions. */
#include <math.h>
#include <string.h>

#include "execute/kernels/cast_map.h"
#include "execute/kernels/kernels.h"

/* integers: unsigned results have the same bits */
#define FROM_INTEGER(s, S)                                                                         \
    KERNEL_1(s##_bool, uint8_t, S, x != 0)                                                         \
    KERNEL_1(s##_i8, uint8_t, S, x)                                                                \
    KERNEL_1(s##_i16, uint16_t, S, x)                                                              \
    KERNEL_1(s##_i32, uint32_t, S, x)                                                              \
    KERNEL_1(s##_i64, uint64_t, S, x)                                                              \
    KERNEL_1(s##_f32, float, S, x)                                                                 \
    KERNEL_1(s##_f64, double, S, x)
#define FROM_FLOAT(s, S)                                                                           \
    KERNEL_1(s##_bool, uint8_t, S, x != 0)                                                         \
    KERNEL_1(s##_i8, uint8_t, S, TO_I32(x))                                                        \
    KERNEL_1(s##_i16, uint16_t, S, TO_I32(x))                                                      \
    KERNEL_1(s##_i32, int32_t, S, TO_I32(x))                                                       \
    KERNEL_1(s##_i64, int64_t, S, TO_I64(x))                                                       \
    KERNEL_1(s##_u32, uint32_t, S, (uint64_t)TO_I64(x))                                            \
    KERNEL_1(s##_u64, uint64_t, S, TO_U64(x))

FROM_INTEGER(i8, int8_t)
FROM_INTEGER(i16, int16_t)
FROM_INTEGER(i32, int32_t)
FROM_INTEGER(i64, int64_t)
FROM_INTEGER(u8, uint8_t)
FROM_INTEGER(u16, uint16_t)
FROM_INTEGER(u32, uint32_t)
FROM_INTEGER(u64, uint64_t)
FROM_FLOAT(f32, float)
FROM_FLOAT(f64, double)
KERNEL_1(f32_f64, double, float, x)
KERNEL_1(f64_f32, float, double, x)

/* ---- half types ---- */

static inline float odd_of(double x)
{
    const float g = (float)x;
    uint32_t    bits;
    if ((double)g == x || x != x || fabsf(g) == INFINITY)
        return g;
    memcpy(&bits, &g, sizeof bits);
    if (fabs((double)g) > fabs(x))
        --bits; /* towards zero, then odd */
    bits |= 1;
    float odd;
    memcpy(&odd, &bits, sizeof odd);
    return odd;
}

#define KERNEL_HALF(name, R, T, E)                                                                 \
    static void name(void *out, const void *x_, const void *y_, const void *z_, int64_t n)         \
    {                                                                                              \
        R       *o = out;                                                                          \
        const T *a = x_;                                                                           \
        (void)y_, (void)z_;                                                                        \
        for (int64_t i = 0; i < n; ++i)                                                            \
            o[i] = E(a[i]);                                                                        \
    }
#define ODD_F16(x)  tsr_f32_to_f16(odd_of(x))
#define ODD_BF16(x) tsr_f32_to_bf16(odd_of(x))
KERNEL_HALF(f16_f32, float, tsr_f16, tsr_f16_to_f32)
KERNEL_HALF(bf16_f32, float, tsr_bf16, tsr_bf16_to_f32)
KERNEL_HALF(f32_f16, tsr_f16, float, tsr_f32_to_f16)
KERNEL_HALF(f32_bf16, tsr_bf16, float, tsr_f32_to_bf16)
KERNEL_HALF(f64_f16, tsr_f16, double, ODD_F16)
KERNEL_HALF(f64_bf16, tsr_bf16, double, ODD_BF16)

/* ---- the table ---- */

static void set(struct formula_kernels *t, tsr_type from, const tsr_type *to, formula_kernel *const *k,
                int n)
{
    for (int i = 0; i < n; ++i)
        t->cast[from][to[i]] = k[i];
}

#define SET(TYPE, s)                                                                               \
    set(t, TYPE,                                                                                   \
        (const tsr_type[]){TSR_BOOL, TSR_I8, TSR_U8, TSR_I16, TSR_U16, TSR_I32, TSR_U32, TSR_I64,  \
                           TSR_U64, TSR_F32, TSR_F64},                                             \
        (formula_kernel *const[]){s##_bool, s##_i8, s##_i8, s##_i16, s##_i16, s##_i32, s##_i32,    \
                                  s##_i64, s##_i64, s##_f32, s##_f64},                             \
        11)
#define SET_FLOAT(TYPE, s, OTHER, o)                                                               \
    set(t, TYPE,                                                                                   \
        (const tsr_type[]){TSR_BOOL, TSR_I8, TSR_U8, TSR_I16, TSR_U16, TSR_I32, TSR_U32, TSR_I64,  \
                           TSR_U64, OTHER, TSR_F16, TSR_BF16},                                     \
        (formula_kernel *const[]){s##_bool, s##_i8, s##_i8, s##_i16, s##_i16, s##_i32, s##_u32,    \
                                  s##_i64, s##_u64, o, s##_f16, s##_bf16},                         \
        12)

void KERNELS_OF(cast)(struct formula_kernels *t)
{
    SET(TSR_BOOL, u8);
    SET(TSR_I8, i8);
    SET(TSR_I16, i16);
    SET(TSR_I32, i32);
    SET(TSR_I64, i64);
    SET(TSR_U8, u8);
    SET(TSR_U16, u16);
    SET(TSR_U32, u32);
    SET(TSR_U64, u64);
    SET_FLOAT(TSR_F32, f32, TSR_F64, f32_f64);
    SET_FLOAT(TSR_F64, f64, TSR_F32, f64_f32);
    t->cast[TSR_F16][TSR_F32] = f16_f32;
    t->cast[TSR_BF16][TSR_F32] = bf16_f32;
}
