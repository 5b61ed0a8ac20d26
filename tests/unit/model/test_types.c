/* Element types: half conversions over all their values, and conversions of scalars. */
#include <complex.h>
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/types.h"
#include "random.h"

/* A float16 by its definition. */
static double f16_value(unsigned bits)
{
    const int    exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 0x3ff);
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return fraction ? NAN : sign * INFINITY;
    return exponent ? sign * ldexp(1024 + fraction, exponent - 25) : sign * ldexp(fraction, -24);
}

Test(model_types, every_f16_is_exact_and_comes_back)
{
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const tsr_f16 h = {(uint16_t)bits};
        const double  v = f16_value(bits);
        const float   f = tsr_f16_to_f32(h);
        cr_assert(isnan(v) ? isnan(f) : (double)f == v && !signbit(f) == !signbit(v));
        const tsr_f16 back = tsr_f32_to_f16(f);
        cr_assert_eq(back.bits, isnan(v) ? bits | 0x200 : bits);
    }
}

/* The nearest of two neighbours, the even one of equally near ones. */
Test(model_types, f32_to_f16_rounds_to_nearest_even)
{
    uint64_t state = 1;
    for (int i = 0; i < 300000; ++i) {
        const unsigned bits = (unsigned)random_in(&state, 0, 0x7bff);
        const double   a = f16_value(bits), b = bits == 0x7bff ? 65536.0 : f16_value(bits + 1);
        const double   middle = (a + b) / 2;
        const float    values[] = {(float)middle, nextafterf((float)middle, 0),
                                   nextafterf((float)middle, 1e9f),
                                   (float)(a + (b - a) * (double)random_in(&state, 0, 1000) / 1000)};
        for (int k = 0; k < 4; ++k) {
            const double   v = (double)values[k];
            const unsigned expected = v < middle   ? bits
                                      : v > middle ? bits + 1
                                      : bits & 1   ? bits + 1
                                                   : bits;
            cr_assert_eq(tsr_f32_to_f16(values[k]).bits, expected, "%a", v);
            cr_assert_eq(tsr_f32_to_f16(-values[k]).bits, expected | 0x8000);
        }
    }
    cr_assert_eq(tsr_f32_to_f16(1e30f).bits, 0x7c00);
    cr_assert_eq(tsr_f32_to_f16(1e-30f).bits, 0);
}

Test(model_types, bf16_is_the_upper_half)
{
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const tsr_bf16 h = {(uint16_t)bits};
        const float    f = tsr_bf16_to_f32(h);
        cr_assert_eq(tsr_f32_to_bf16(f).bits, isnan(f) ? bits | 0x40 : bits);
        if (isnan(f) || isinf(f) || (bits & 0x7fff) == 0x7f7f)
            continue;
        const double middle =
            ((double)f + (double)tsr_bf16_to_f32((tsr_bf16){(uint16_t)(bits + 1)})) / 2;
        cr_assert_eq(tsr_f32_to_bf16((float)middle).bits, bits & 1 ? bits + 1 : bits);
    }
    cr_assert_eq(tsr_f32_to_bf16(3.4e38f).bits, 0x7f80, "the greatest floats round up to infinity");
}

Test(model_types, a_double_is_rounded_once)
{
    /* just above the middle of two f16: as a float it is the middle */
    const double v = 1.0 + 0x1p-11 + 0x1p-40;
    tsr_f16      h;
    cr_assert(type_convert(TSR_F64, &v, TSR_F16, &h));
    cr_assert_eq(h.bits, 0x3c01);
    const double w = 1.0 + 0x1p-8 + 0x1p-40;
    tsr_bf16     b;
    cr_assert(type_convert(TSR_F64, &w, TSR_BF16, &b));
    cr_assert_eq(b.bits, 0x3f81);
}

static bool converts_f64(double v, tsr_type to)
{
    char out[16];
    return type_convert(TSR_F64, &v, to, out);
}

static bool converts_i64(int64_t v, tsr_type to)
{
    char out[16];
    return type_convert(TSR_I64, &v, to, out);
}

Test(model_types, what_does_not_fit_is_refused)
{
    cr_assert(converts_f64(3.0, TSR_I32) && !converts_f64(3.5, TSR_I32));
    cr_assert(converts_f64(-128, TSR_I8) && !converts_f64(-129, TSR_I8) &&
              !converts_f64(128, TSR_I8));
    cr_assert(converts_f64(255, TSR_U8) && !converts_f64(256, TSR_U8) && !converts_f64(-1, TSR_U8));
    cr_assert(!converts_f64(NAN, TSR_I64) && !converts_f64(INFINITY, TSR_I64));
    cr_assert(!converts_f64(0x1p63, TSR_I64) && converts_f64(0x1p63, TSR_U64));
    cr_assert(!converts_f64(0x1p64, TSR_U64) && converts_f64(-0x1p63, TSR_I64));
    cr_assert(converts_i64(1, TSR_BOOL) && !converts_i64(2, TSR_BOOL));
    cr_assert(converts_i64(INT64_MIN, TSR_I64) && !converts_i64(-1, TSR_U64));
    cr_assert(converts_i64(INT64_MAX, TSR_F32) && converts_f64(1e300, TSR_F32));
    cr_assert(!converts_f64(1, TSR_INDEXED_F64) && !converts_f64(1, TSR_BINARY(8)));
    const double _Complex z = type_c128(1, 2), real = type_c128(4, 0);
    char out[16];
    cr_assert(!type_convert(TSR_C128, &z, TSR_F64, out) &&
              type_convert(TSR_C128, &real, TSR_I8, out));
    cr_assert_eq(out[0], 4);
}

Test(model_types, numbers_arrive)
{
    float f;
    float _Complex c;
    const int64_t big = (1ll << 40) + 1;
    const double  v = 0.1;
    cr_assert(type_convert(TSR_F64, &v, TSR_F32, &f) && f == 0.1f);
    cr_assert(type_convert(TSR_I64, &big, TSR_F32, &f) && f == (float)big);
    cr_assert(type_convert(TSR_F64, &v, TSR_C64, &c) && crealf(c) == 0.1f && cimagf(c) == 0);
    const uint64_t u = UINT64_MAX;
    double         d;
    cr_assert(type_convert(TSR_U64, &u, TSR_F64, &d) && d == 0x1p64);
}

Test(model_types, sizes_and_names)
{
    cr_assert_eq(type_bytes(TSR_C128), 16);
    cr_assert_eq(type_bytes(TSR_BINARY(12)), 12);
    cr_assert_eq(type_bytes(TSR_BINARY(65535)), 65535);
    cr_assert_eq(type_bytes(TSR_BINARY(65536)), 0);
    cr_assert_eq(type_bytes(TSR_TYPE_ANY), 0);
    cr_assert_eq(type_bytes(-3), 0);
    cr_assert_str_eq(type_name(TSR_BF16), "bf16");
    cr_assert(type_is_float(TSR_F16) && type_is_float(TSR_C64) && !type_is_float(TSR_BOOL));
    cr_assert_eq(type_alignment(TSR_F64), 8);
    cr_assert_eq(type_alignment(TSR_BINARY(8)), 1);
}
