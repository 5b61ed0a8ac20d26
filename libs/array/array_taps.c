/* array_taps.c - rows of a convolution: for each element of the result, products with the kernel's elements,
 * added in their order.
 *
 * Where all of the kernel's columns meet the array, blocks of elements beside each other stay in registers
 * while the kernel goes by; near the ends, and where elements are not adjacent, it goes element by
 * element.  Both add the same products in the same order, with contraction off, so that it does not
 * matter which of them an element gets, or how long the processor's vectors are.
 *
 * Cost: elements * taps. Threads: any. */
#include <string.h>

#include "array_taps.h"

enum { VECTOR = 64, VECTORS = 4 };

/* ---- one element ---- */

#define ELEMENT(name, T, add)                                                               \
    static void element_##name(const struct array_taps *t, int64_t j)                              \
    {                                                                                              \
        const T *a = (const T *)(const void *)t->a, *v = (const T *)(const void *)t->v;            \
        const int64_t top = j + t->shift, k0 = top >= t->extent ? top - t->extent + 1 : 0;         \
        const int64_t k1 = top + 1 < t->taps ? top + 1 : t->taps;                                  \
        T             sum = 0;                                                                     \
        for (int64_t r = t->r; r < t->r_end; ++r)                                                  \
            for (int64_t k = k0; k < k1; ++k) {                                                    \
                const T x = a[(top - k) * t->a_stride - r * t->a_row];                             \
                const T y = v[r * t->v_row + k * t->v_stride];                                     \
                add;                                                                               \
            }                                                                                      \
        ((T *)(void *)t->out)[j * t->out_stride] = sum;                                            \
    }
ELEMENT(bool, uint8_t, sum = sum | (x & y))
ELEMENT(u8, uint8_t, sum = (uint8_t)(sum + x * y))
ELEMENT(u16, uint16_t, sum = (uint16_t)(sum + 1u * x * y))
ELEMENT(u32, uint32_t, sum = sum + x * y)
ELEMENT(u64, uint64_t, sum = sum + x * y)
ELEMENT(f32, float, sum = sum + x * y)
ELEMENT(f64, double, sum = sum + x * y)

#define ELEMENT_COMPLEX(name, T)                                                                   \
    static void element_##name(const struct array_taps *t, int64_t j)                              \
    {                                                                                              \
        const T *a = (const T *)(const void *)t->a, *v = (const T *)(const void *)t->v;            \
        const int64_t top = j + t->shift, k0 = top >= t->extent ? top - t->extent + 1 : 0;         \
        const int64_t k1 = top + 1 < t->taps ? top + 1 : t->taps;                                  \
        T             re = 0, im = 0;                                                              \
        for (int64_t r = t->r; r < t->r_end; ++r)                                                  \
            for (int64_t k = k0; k < k1; ++k) {                                                    \
                const T *x = a + 2 * ((top - k) * t->a_stride - r * t->a_row);                     \
                const T *y = v + 2 * (r * t->v_row + k * t->v_stride);                             \
                re = re + (x[0] * y[0] - x[1] * y[1]);                                             \
                im = im + (x[0] * y[1] + x[1] * y[0]);                                             \
            }                                                                                      \
        ((T *)(void *)t->out)[2 * j * t->out_stride] = re;                                         \
        ((T *)(void *)t->out)[2 * j * t->out_stride + 1] = im;                                     \
    }
ELEMENT_COMPLEX(c64, float)
ELEMENT_COMPLEX(c128, double)

static void element(const struct array_taps *t, int64_t j)
{
    switch (t->type) {
    case TSR_BOOL: element_bool(t, j); break;
    case TSR_I8:
    case TSR_U8: element_u8(t, j); break;
    case TSR_I16:
    case TSR_U16: element_u16(t, j); break;
    case TSR_I32:
    case TSR_U32: element_u32(t, j); break;
    case TSR_I64:
    case TSR_U64: element_u64(t, j); break;
    case TSR_F32: element_f32(t, j); break;
    case TSR_F64: element_f64(t, j); break;
    case TSR_C64: element_c64(t, j); break;
    default: element_c128(t, j);
    }
}

/* ---- blocks of elements ---- */

/* Elements from `j` on while whole blocks fit below `end`; answers where it stopped. */
#define BLOCKS(name, T, how)                                                                       \
    how static int64_t blocks_##name(const struct array_taps *t, int64_t j, int64_t end)           \
    {                                                                                              \
        typedef T vector __attribute__((vector_size(VECTOR)));                                     \
        enum { EACH = VECTOR / sizeof(T), ALL = VECTORS * EACH };                                  \
        const T *v = (const T *)(const void *)t->v;                                                \
        for (; j + ALL <= end; j += ALL) {                                                         \
            vector   sum[VECTORS] = {{0}};                                                         \
            const T *from = (const T *)(const void *)t->a + j + t->shift;                          \
            for (int64_t r = t->r; r < t->r_end; ++r)                                              \
                for (int64_t k = 0; k < t->taps; ++k) {                                            \
                    const T  y = v[r * t->v_row + k * t->v_stride];                                \
                    const T *x = from - r * t->a_row - k;                                          \
                    for (int i = 0; i < VECTORS; ++i) {                                            \
                        vector part;                                                               \
                        memcpy(&part, x + i * EACH, sizeof part);                                  \
                        sum[i] = sum[i] + part * y;                                                \
                    }                                                                              \
                }                                                                                  \
            memcpy((T *)(void *)t->out + j, sum, sizeof sum);                                      \
        }                                                                                          \
        return j;                                                                                  \
    }

BLOCKS(f32, float, )
BLOCKS(f64, double, )
#if defined(__x86_64__)
BLOCKS(f32_avx2, float, __attribute__((target("avx2"))))
BLOCKS(f64_avx2, double, __attribute__((target("avx2"))))
BLOCKS(f32_avx512, float, __attribute__((target("avx512f"))))
BLOCKS(f64_avx512, double, __attribute__((target("avx512f"))))
#endif

static int64_t blocks(const struct array_taps *t, int64_t j, int64_t end)
{
    const bool is_f32 = t->type == TSR_F32;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return is_f32 ? blocks_f32_avx512(t, j, end) : blocks_f64_avx512(t, j, end);
    if (__builtin_cpu_supports("avx2"))
        return is_f32 ? blocks_f32_avx2(t, j, end) : blocks_f64_avx2(t, j, end);
#endif
    return is_f32 ? blocks_f32(t, j, end) : blocks_f64(t, j, end);
}

void array_taps_row(const struct array_taps *t)
{
    /* From here to there all of the kernel's columns meet elements of a. */
    const int64_t inner = t->taps - 1 - t->shift, outer = t->extent - t->shift;
    const bool    has_blocks = (t->type == TSR_F32 || t->type == TSR_F64) && t->a_stride == 1 &&
                            t->out_stride == 1;
    int64_t j = t->low;
    for (; j < t->high && (!has_blocks || j < inner); ++j)
        element(t, j);
    if (j < t->high)
        j = blocks(t, j, t->high < outer ? t->high : outer);
    for (; j < t->high; ++j)
        element(t, j);
}
