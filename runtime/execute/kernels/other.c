/* execute/kernels/other.c - copies and choices by size, complex numbers, pairs.
 *
 * A complex product is (ac - bd, ad + bc), without the standard library's care for infinities; a quotient is
 * Smith's, as in NumPy.  Threads: pure functions. */
#include <math.h>
#include <string.h>

#include "execute/kernels/kernels.h"

/* ---- by the size of an element ---- */

typedef struct { uint64_t w[2]; } bytes16;

#define SIZED(bytes, T)                                                                            \
    static void copy_##bytes(void *out, const void *x, const void *y, const void *z, int64_t n)    \
    {                                                                                              \
        (void)y, (void)z;                                                                          \
        if (out != x)                                                                              \
            memcpy(out, x, (size_t)n * sizeof(T));                                                 \
    }                                                                                              \
    static void select_##bytes(void *out, const void *c_, const void *x_, const void *y_, int64_t n) \
    {                                                                                              \
        T             *o = out;                                                                    \
        const uint8_t *c = c_;                                                                     \
        const T       *x = x_, *y = y_;                                                            \
        KERNEL_LOOP                                                                                \
        {                                                                                          \
            const T p = x[i], q = y[i];                                                            \
            o[i] = c[i] ? p : q;                                                                   \
        }                                                                                          \
    }
SIZED(1, uint8_t)
SIZED(2, uint16_t)
SIZED(4, uint32_t)
SIZED(8, uint64_t)
SIZED(16, bytes16)

/* ---- complex numbers ---- */

#define COMPLEX(s, C, T, f)                                                                        \
    typedef struct {                                                                               \
        T re, im;                                                                                  \
    } C;                                                                                           \
    static inline C divide_of_##s(C x, C y)                                                        \
    {                                                                                              \
        const T re = fabs##f(y.re), im = fabs##f(y.im);                                            \
        if (re >= im) {                                                                            \
            if (re == 0 && im == 0)                                                                \
                return (C){x.re / re, x.im / re};                                                  \
            const T r = y.im / y.re, d = 1 / (y.re + y.im * r);                                    \
            return (C){(x.re + x.im * r) * d, (x.im - x.re * r) * d};                              \
        }                                                                                          \
        const T r = y.re / y.im, d = 1 / (y.im + y.re * r);                                        \
        return (C){(x.re * r + x.im) * d, (x.im * r - x.re) * d};                                  \
    }                                                                                              \
    KERNEL_C2(add_##s, C, C, ((C){x.re + y.re, x.im + y.im}))                                      \
    KERNEL_C2(subtract_##s, C, C, ((C){x.re - y.re, x.im - y.im}))                                 \
    KERNEL_C2(multiply_##s, C, C, ((C){x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re}))     \
    KERNEL_C2(divide_##s, C, C, divide_of_##s(x, y))                                               \
    KERNEL_C2(equal_##s, bool, C, x.re == y.re && x.im == y.im)                                    \
    KERNEL_C2(not_equal_##s, bool, C, x.re != y.re || x.im != y.im)                                \
    KERNEL_C1(negative_##s, C, C, ((C){-x.re, -x.im}))                                             \
    KERNEL_C1(conjugate_##s, C, C, ((C){x.re, -x.im}))                                             \
    KERNEL_C1(real_##s, T, C, x.re)                                                                \
    KERNEL_C1(imag_##s, T, C, x.im)                                                                \
    KERNEL_C1(is_nan_##s, bool, C, x.re != x.re || x.im != x.im)                                   \
    KERNEL_C1(is_inf_##s, bool, C, fabs##f(x.re) == (T)INFINITY || fabs##f(x.im) == (T)INFINITY)   \
    KERNEL_C1(is_finite_##s, bool, C, fabs##f(x.re) < (T)INFINITY && fabs##f(x.im) < (T)INFINITY)  \
    KERNEL_C1(bool_##s, bool, C, x.re != 0 || x.im != 0)                                           \
    KERNEL_C1(widen_##s, C, T, ((C){x, 0}))                                                        \
    KERNEL_C2(join_##s, C, T, ((C){x, y}))

#define KERNEL_C1(name, R, T, E)                                                                   \
    static void name(void *out, const void *x_, const void *y_, const void *z_, int64_t n)         \
    {                                                                                              \
        R       *o = out;                                                                          \
        const T *a = x_;                                                                           \
        (void)y_, (void)z_;                                                                        \
        for (int64_t i = 0; i < n; ++i) {                                                          \
            const T x = a[i];                                                                      \
            o[i] = E;                                                                              \
        }                                                                                          \
    }
#define KERNEL_C2(name, R, T, E)                                                                   \
    static void name(void *out, const void *x_, const void *y_, const void *z_, int64_t n)         \
    {                                                                                              \
        R       *o = out;                                                                          \
        const T *a = x_, *b = y_;                                                                  \
        (void)z_;                                                                                  \
        for (int64_t i = 0; i < n; ++i) {                                                          \
            const T x = a[i], y = b[i];                                                            \
            o[i] = E;                                                                              \
        }                                                                                          \
    }
COMPLEX(c64, complex_f32, float, f)
COMPLEX(c128, complex_f64, double, )
KERNEL_C1(c64_c128, complex_f64, complex_f32, ((complex_f64){x.re, x.im}))
KERNEL_C1(c128_c64, complex_f32, complex_f64, ((complex_f32){(float)x.re, (float)x.im}))

static void complex_set(struct formula_kernels *t)
{
#define SET_ALL(s, TYPE, PART)                                                                     \
    t->op[TSR_OP_ADD][TYPE] = add_##s;                                                             \
    t->op[TSR_OP_SUBTRACT][TYPE] = subtract_##s;                                                   \
    t->op[TSR_OP_MULTIPLY][TYPE] = multiply_##s;                                                   \
    t->op[TSR_OP_DIVIDE][TYPE] = divide_##s;                                                       \
    t->op[TSR_OP_EQUAL][TYPE] = equal_##s;                                                         \
    t->op[TSR_OP_NOT_EQUAL][TYPE] = not_equal_##s;                                                 \
    t->op[TSR_OP_NEGATIVE][TYPE] = negative_##s;                                                   \
    t->op[TSR_OP_CONJUGATE][TYPE] = conjugate_##s;                                                 \
    t->op[TSR_OP_REAL][TYPE] = real_##s;                                                           \
    t->op[TSR_OP_IMAG][TYPE] = imag_##s;                                                           \
    t->op[TSR_OP_IS_NAN][TYPE] = is_nan_##s;                                                       \
    t->op[TSR_OP_IS_INF][TYPE] = is_inf_##s;                                                       \
    t->op[TSR_OP_IS_FINITE][TYPE] = is_finite_##s;                                                 \
    t->op[TSR_OP_JOIN][PART] = join_##s;                                                           \
    t->cast[TYPE][TSR_BOOL] = bool_##s;                                                            \
    t->cast[PART][TYPE] = widen_##s;
    SET_ALL(c64, TSR_C64, TSR_F32)
    SET_ALL(c128, TSR_C128, TSR_F64)
    t->cast[TSR_C64][TSR_C128] = c64_c128;
    t->cast[TSR_C128][TSR_C64] = c128_c64;
}

/* ---- pairs ---- */

#define PAIRED(s, T, P)                                                                            \
    static void pair_##s(void *out, const void *x, const void *y, const void *z, int64_t n)        \
    {                                                                                              \
        P             *o = out;                                                                    \
        const T       *a = x;                                                                      \
        const int64_t *b = y;                                                                      \
        (void)z;                                                                                   \
        for (int64_t i = 0; i < n; ++i)                                                            \
            o[i] = (P){a[i], b[i]};                                                                \
    }
PAIRED(f64, double, tsr_indexed_f64)
PAIRED(i64, int64_t, tsr_indexed_i64)

void kernels_other(struct formula_kernels *t)
{
    for (tsr_type type = TSR_BOOL; type < KERNEL_TYPES; ++type) {
        formula_kernel *copy, *select;
        switch (tsr_type_size(type)) {
        case 1: copy = copy_1, select = select_1; break;
        case 2: copy = copy_2, select = select_2; break;
        case 4: copy = copy_4, select = select_4; break;
        case 8: copy = copy_8, select = select_8; break;
        default: copy = copy_16, select = select_16; break;
        }
        t->op[TSR_OP_COPY][type] = copy;
        t->op[TSR_OP_SELECT][type] = select;
    }
    complex_set(t);
    t->op[TSR_OP_PAIR][TSR_F64] = pair_f64;
    t->op[TSR_OP_PAIR][TSR_I64] = pair_i64;
}
