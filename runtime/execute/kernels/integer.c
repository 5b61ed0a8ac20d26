/* execute/kernels/integer.c - what bool and integers do.
 *
 * Integers wrap: additions and products are done unsigned, 32 bits or 64 wide.  Division by 0 gives 0, and
 * the least number by -1 wraps to itself, as in NumPy.  Threads: pure functions. */
#include "execute/kernels/integer_map.h"
#include "execute/kernels/kernels.h"

/* W: unsigned, as wide as the arithmetic; a negative power of anything but 1 and -1 is 0. */
#define WHOLE_FUNCTIONS(s, T, W, is_signed)                                                        \
    static inline T floor_divide_##s(T x, T y)                                                     \
    {                                                                                              \
        if (y == 0)                                                                                \
            return 0;                                                                              \
        if ((is_signed) && y == (T)-1)                                                             \
            return (T)(0 - (W)x);                                                                  \
        const T q = (T)(x / y);                                                                    \
        return (T)(q - ((is_signed) && x % y != 0 && (x < 0) != (y < 0)));                         \
    }                                                                                              \
    static inline T fmod_##s(T x, T y)                                                             \
    {                                                                                              \
        return y == 0 || ((is_signed) && y == (T)-1) ? 0 : (T)(x % y);                             \
    }                                                                                              \
    static inline T remainder_##s(T x, T y)                                                        \
    {                                                                                              \
        const T r = fmod_##s(x, y);                                                                \
        return (T)((is_signed) && r != 0 && (r < 0) != (y < 0) ? r + y : r);                       \
    }                                                                                              \
    static inline T power_##s(T x, T y)                                                            \
    {                                                                                              \
        W power = 1, base = (W)x;                                                                  \
        if ((is_signed) && y < 0)                                                                  \
            return (T)(x == 1 ? 1 : x != (T)-1 ? 0 : y % 2 != 0 ? -1 : 1);                         \
        for (; y != 0; y = (T)(y / 2), base *= base)                                               \
            if (y % 2 != 0)                                                                        \
                power *= base;                                                                     \
        return (T)power;                                                                           \
    }

#define DEFINE_1(N, s, S, R, T, E) KERNEL_1(N##_##s, R, T, E)
#define DEFINE_2(N, s, S, R, T, E) KERNEL_2(N##_##s, R, T, E)
#define DEFINE(s, S, T, W, is_signed)                                                              \
    WHOLE_FUNCTIONS(s, T, W, is_signed)                                                            \
    OWN_MAP(DEFINE_1, DEFINE_2, s, S, T, W)

#pragma GCC diagnostic ignored "-Wtype-limits"
DEFINE(i8, I8, int8_t, uint32_t, true)
DEFINE(i16, I16, int16_t, uint32_t, true)
DEFINE(i32, I32, int32_t, uint32_t, true)
DEFINE(i64, I64, int64_t, uint64_t, true)
DEFINE(u8, U8, uint8_t, uint32_t, false)
DEFINE(u16, U16, uint16_t, uint32_t, false)
DEFINE(u32, U32, uint32_t, uint32_t, false)
DEFINE(u64, U64, uint64_t, uint64_t, false)
COMMON_MAP(DEFINE_1, DEFINE_2, i8, I8, int8_t, uint32_t)
COMMON_MAP(DEFINE_1, DEFINE_2, i16, I16, int16_t, uint32_t)
COMMON_MAP(DEFINE_1, DEFINE_2, i32, I32, int32_t, uint32_t)
COMMON_MAP(DEFINE_1, DEFINE_2, i64, I64, int64_t, uint64_t)

BOOL_MAP(DEFINE_1, DEFINE_2)

/* GREATER: the other way round. */
#define SWAPPED(N, of, s)                                                                          \
    static void N##_##s(void *out, const void *x, const void *y, const void *z, int64_t n)         \
    {                                                                                              \
        of##_##s(out, y, x, z, n);                                                                 \
    }
#define SWAPPED_BOTH(s) SWAPPED(GREATER, LESS, s) SWAPPED(GREATER_EQUAL, LESS_EQUAL, s)
SWAPPED_BOTH(truth)
SWAPPED_BOTH(i8)
SWAPPED_BOTH(i16)
SWAPPED_BOTH(i32)
SWAPPED_BOTH(i64)
SWAPPED_BOTH(u8)
SWAPPED_BOTH(u16)
SWAPPED_BOTH(u32)
SWAPPED_BOTH(u64)

#define SET(N, s, S, R, T, E)    t->op[TSR_OP_##N][type] = N##_##s;
#define OWN(s, S, TYPE)                                                                            \
    {                                                                                              \
        const tsr_type type = TYPE;                                                                \
        OWN_MAP(SET, SET, s, S, 0, 0)                                                              \
        SET(GREATER, s, 0, 0, 0, 0)                                                                \
        SET(GREATER_EQUAL, s, 0, 0, 0, 0)                                                          \
        t->op[TSR_OP_FMIN][type] = MINIMUM_##s;                                                    \
        t->op[TSR_OP_FMAX][type] = MAXIMUM_##s;                                                    \
    }
#define COMMON(s, TYPE)                                                                            \
    {                                                                                              \
        const tsr_type type = TYPE;                                                                \
        COMMON_MAP(SET, SET, s, 0, 0, 0)                                                           \
    }

void KERNELS_OF(integer)(struct formula_kernels *t)
{
    OWN(i8, I8, TSR_I8)
    OWN(i16, I16, TSR_I16)
    OWN(i32, I32, TSR_I32)
    OWN(i64, I64, TSR_I64)
    OWN(u8, U8, TSR_U8)
    OWN(u16, U16, TSR_U16)
    OWN(u32, U32, TSR_U32)
    OWN(u64, U64, TSR_U64)
    COMMON(i8, TSR_I8)
    COMMON(i16, TSR_I16)
    COMMON(i32, TSR_I32)
    COMMON(i64, TSR_I64)
    COMMON(i8, TSR_U8)
    COMMON(i16, TSR_U16)
    COMMON(i32, TSR_U32)
    COMMON(i64, TSR_U64)
    const tsr_type type = TSR_BOOL;
    BOOL_MAP(SET, SET)
    SET(GREATER, truth, 0, 0, 0, 0)
    SET(GREATER_EQUAL, truth, 0, 0, 0, 0)
    t->op[TSR_OP_NOT_EQUAL][type] = XOR_truth;
    t->op[TSR_OP_MINIMUM][type] = t->op[TSR_OP_FMIN][type] = AND_truth;
    t->op[TSR_OP_MAXIMUM][type] = t->op[TSR_OP_FMAX][type] = OR_truth;
}
