/* Operators: against their definitions, element by element; identities; exactness. */
#include <complex.h>
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "model/reduce.h"
#include "model/types.h"
#include "random.h"

enum { N = 67, TRIES = 40 };

static const tsr_reduction operators[] = {TSR_SUM, TSR_PRODUCT, TSR_MIN,    TSR_MAX,   TSR_AND,
                                          TSR_OR,  TSR_XOR,     TSR_ARGMIN, TSR_ARGMAX};

enum { N_OPERATORS = sizeof operators / sizeof operators[0] };

/* Elements of a type from random bits, with many equal, extreme and strange ones. */
static void random_elements(tsr_type type, void *out, int n, uint64_t *state)
{
    static const double strange[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1.0, -1.0, 1.0};
    for (int i = 0; i < n; ++i) {
        char                 *e = (char *)out + (size_t)i * type_bytes(type);
        const double          v = random_in(state, 0, 2) ? strange[random_in(state, 0, 7)]
                                                         : (double)random_in(state, -99, 99) / 7;
        const tsr_indexed_f64 f = {v, random_in(state, 0, 5)};
        const tsr_indexed_i64 g = {random_in(state, -2, 2), random_in(state, 0, 5)};
        uint64_t              bits = random_next(state);
        switch (type_kind(type)) {
        case TYPE_IS_BOOL: *e = (char)(bits & 1); break;
        case TYPE_IS_FLOAT: (void)type_convert(TSR_F64, &v, type, e); break;
        case TYPE_IS_COMPLEX: {
            const double _Complex z = type_c128(v, (double)random_in(state, -9, 9) / 3);
            (void)type_convert(TSR_C128, &z, type, e);
            break;
        }
        case TYPE_IS_INDEXED: memcpy(e, type == TSR_INDEXED_F64 ? (const void *)&f : &g, 16); break;
        default: memcpy(e, &bits, type_bytes(type)); break;
        }
    }
}

static bool is_same(tsr_type type, const void *a, const void *b, int n)
{
    /* a NaN that was only copied may have another payload than one that was computed */
    if (type_kind(type) == TYPE_IS_COMPLEX)
        return is_same(type == TSR_C64 ? TSR_F32 : TSR_F64, a, b, 2 * n);
    const size_t bytes = type_bytes(type);
    for (int i = 0; i < n; ++i) {
        const char *x = (const char *)a + (size_t)i * bytes,
                   *y = (const char *)b + (size_t)i * bytes;
        double u = 0, v = 0;
        if (memcmp(x, y, bytes) == 0)
            continue;
        if (type_kind(type) != TYPE_IS_FLOAT || !type_convert(type, x, TSR_F64, &u) ||
            !type_convert(type, y, TSR_F64, &v) || !isnan(u) || !isnan(v))
            return false;
    }
    return true;
}

Test(model_reduce, the_three_forms_of_the_loops_agree)
{
    uint64_t state = 9;
    for (int o = 0; o < N_OPERATORS; ++o)
        for (tsr_type type = 1; type < TSR_N_TYPES; ++type) {
            if (!reduce_is_defined(operators[o], type))
                continue;
            const size_t bytes = type_bytes(type);
            for (int k = 0; k < TRIES; ++k) {
                _Alignas(16) char a[N * 16], b[N * 16], wide[3 * N * 16], one[16], folded[16];
                random_elements(type, a, N, &state);
                random_elements(type, b, N, &state);
                memset(wide, 0, sizeof wide);
                for (int i = 0; i < N; ++i)
                    memcpy(wide + 3 * (size_t)i * bytes, a + (size_t)i * bytes, bytes);
                memcpy(one, a, bytes);
                memcpy(folded, a, bytes);
                reduce_combine(operators[o], type, NULL, a, b, N, 1, 1);
                reduce_combine(operators[o], type, NULL, wide, b, N, 3, 1);
                for (int i = 0; i < N; ++i)
                    cr_assert(is_same(type, wide + 3 * (size_t)i * bytes, a + (size_t)i * bytes, 1),
                              "%s of %s", reduce_name(operators[o]), type_name(type));
                reduce_combine(operators[o], type, NULL, folded, b, N, 0, 1);
                for (int i = 0; i < N; ++i)
                    reduce_combine(operators[o], type, NULL, one, b + (size_t)i * bytes, 1, 1, 1);
                cr_assert(is_same(type, one, folded, 1), "%s of %s", reduce_name(operators[o]),
                          type_name(type));
            }
        }
}

Test(model_reduce, identities_change_nothing)
{
    uint64_t state = 10;
    for (int o = 0; o < N_OPERATORS; ++o)
        for (tsr_type type = 1; type < TSR_N_TYPES; ++type) {
            if (!reduce_is_defined(operators[o], type))
                continue;
            const tsr_arg_desc d = {.access = TSR_REDUCE, .reduction = operators[o]};
            for (int k = 0; k < TRIES; ++k) {
                _Alignas(16) char a[16], b[16];
                random_elements(type, b, 1, &state);
                double v;
                if (type_kind(type) == TYPE_IS_COMPLEX && operators[o] == TSR_PRODUCT)
                    continue; /* infinities times the zero of 1 + 0i are NaN */
                if (type_convert(type, b, TSR_F64, &v) && v == 0 && operators[o] == TSR_SUM)
                    memset(b, 0, sizeof b); /* 0 + -0 is 0 */
                reduce_identity(&d, type, a);
                reduce_combine(operators[o], type, NULL, a, b, 1, 1, 1);
                const bool is_complex_nan = type_kind(type) == TYPE_IS_COMPLEX;
                const bool is_indexed_nan = type == TSR_INDEXED_F64 && isnan(*(double *)b);
                cr_assert(is_complex_nan || is_indexed_nan || is_same(type, a, b, 1), "%s of %s",
                          reduce_name(operators[o]), type_name(type));
            }
        }
}

/* What is said to be exact is associative and commutative to the bit. */
Test(model_reduce, exact_operators_fold_in_any_order)
{
    uint64_t state = 12;
    for (int o = 0; o < N_OPERATORS; ++o)
        for (tsr_type type = 1; type < TSR_N_TYPES; ++type) {
            if (!reduce_is_defined(operators[o], type) ||
                !reduce_is_exact(operators[o], type, NULL))
                continue;
            const size_t bytes = type_bytes(type);
            for (int k = 0; k < 300; ++k) {
                _Alignas(16) char e[3 * 16], left[16], right[16], swapped[16];
                random_elements(type, e, 3, &state);
                if (type == TSR_INDEXED_F64) /* one index has one value */
                    for (int i = 0; i < 3; ++i)
                        ((tsr_indexed_f64 *)(void *)e)[i].index = i;
                const char *x = e, *y = e + bytes, *z = e + 2 * bytes;
                memcpy(left, x, bytes);
                reduce_combine(operators[o], type, NULL, left, y, 1, 1, 1);
                memcpy(swapped, z, bytes);
                reduce_combine(operators[o], type, NULL, swapped, left, 1, 1, 1);
                reduce_combine(operators[o], type, NULL, left, z, 1, 1, 1);
                memcpy(right, y, bytes);
                reduce_combine(operators[o], type, NULL, right, z, 1, 1, 1);
                char whole[16];
                memcpy(whole, x, bytes);
                reduce_combine(operators[o], type, NULL, whole, right, 1, 1, 1);
                cr_assert_arr_eq(left, whole, bytes, "%s of %s", reduce_name(operators[o]),
                                 type_name(type));
                cr_assert_arr_eq(left, swapped, bytes, "%s of %s", reduce_name(operators[o]),
                                 type_name(type));
            }
        }
}

static uint64_t fold_f64(tsr_reduction op, double x, double y)
{
    reduce_combine(op, TSR_F64, NULL, &x, &y, 1, 1, 1);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

Test(model_reduce, least_and_greatest_have_their_bits)
{
    cr_assert_eq(fold_f64(TSR_MIN, 0.0, -0.0), bits_of(-0.0));
    cr_assert_eq(fold_f64(TSR_MIN, -0.0, 0.0), bits_of(-0.0));
    cr_assert_eq(fold_f64(TSR_MAX, 0.0, -0.0), bits_of(0.0));
    cr_assert_eq(fold_f64(TSR_MAX, -0.0, -0.0), bits_of(-0.0));
    cr_assert_eq(fold_f64(TSR_MIN, 1, -NAN), 0x7ff8000000000000ull);
    cr_assert_eq(fold_f64(TSR_MAX, -NAN, INFINITY), 0x7ff8000000000000ull);
    cr_assert_eq(fold_f64(TSR_MIN, -5, -5), bits_of(-5));
    tsr_f16       h = {0x8001};
    const tsr_f16 nan_half = {0xffff};
    reduce_combine(TSR_MAX, TSR_F16, NULL, &h, &nan_half, 1, 1, 1);
    cr_assert_eq(h.bits, 0x7e00);
    tsr_bf16       b = {0x8001};
    const tsr_bf16 nan_b = {0xffff};
    reduce_combine(TSR_MIN, TSR_BF16, NULL, &b, &nan_b, 1, 1, 1);
    cr_assert_eq(b.bits, 0x7fc0);
    float       f = 0;
    const float nan_f = -NAN;
    uint32_t    f_bits;
    reduce_combine(TSR_MIN, TSR_F32, NULL, &f, &nan_f, 1, 1, 1);
    memcpy(&f_bits, &f, sizeof f_bits);
    cr_assert_eq(f_bits, 0x7fc00000u);
}

/* Whatever payloads and signs go in, and however the infinities meet. */
Test(model_reduce, sums_and_products_give_the_canonical_nan)
{
    const double nans[] = {NAN, -NAN, INFINITY - INFINITY};
    for (int i = 0; i < 3; ++i) {
        cr_assert_eq(fold_f64(TSR_SUM, nans[i], 1), 0x7ff8000000000000ull);
        cr_assert_eq(fold_f64(TSR_SUM, 1, nans[i]), 0x7ff8000000000000ull);
        cr_assert_eq(fold_f64(TSR_PRODUCT, nans[i], nans[2 - i]), 0x7ff8000000000000ull);
    }
    cr_assert_eq(fold_f64(TSR_SUM, INFINITY, -INFINITY), 0x7ff8000000000000ull);
    cr_assert_eq(fold_f64(TSR_PRODUCT, INFINITY, 0), 0x7ff8000000000000ull);
    cr_assert_eq(fold_f64(TSR_SUM, INFINITY, 1), bits_of(INFINITY));
    tsr_f16       h = {0xfe01};
    const tsr_f16 one = {0x3c00};
    reduce_combine(TSR_SUM, TSR_F16, NULL, &h, &one, 1, 1, 1);
    cr_assert_eq(h.bits, 0x7e00);
    tsr_bf16       b = {0x3f80};
    const tsr_bf16 nan_b = {0xffc1};
    reduce_combine(TSR_PRODUCT, TSR_BF16, NULL, &b, &nan_b, 1, 1, 1);
    cr_assert_eq(b.bits, 0x7fc0);
    double       z[2] = {-NAN, 1};
    const double y[2] = {1, 2};
    reduce_combine(TSR_SUM, TSR_C128, NULL, z, y, 1, 1, 1);
    cr_assert_eq(bits_of(z[0]), 0x7ff8000000000000ull);
    cr_assert_eq(bits_of(z[1]), bits_of(3));
    float       w[2] = {INFINITY, 0};
    const float v[2] = {0, 1};
    uint32_t    bits[2];
    reduce_combine(TSR_PRODUCT, TSR_C64, NULL, w, v, 1, 1, 1); /* (inf 0 - 0 1, inf 1 + 0 0) */
    memcpy(bits, w, sizeof bits);
    cr_assert_eq(bits[0], 0x7fc00000u);
    cr_assert_eq(bits[1], 0x7f800000u);
}

Test(model_reduce, halves_round_at_every_step)
{
    tsr_f16       sum = tsr_f32_to_f16(2048);
    const tsr_f16 ones[3] = {{0x3c00}, {0x3c00}, {0x3c00}};
    reduce_combine(TSR_SUM, TSR_F16, NULL, &sum, ones, 3, 0, 1);
    cr_assert_eq(tsr_f16_to_f32(sum), 2048, "2049 is not a float16, and rounds to even");
}

Test(model_reduce, integers_wrap)
{
    int16_t       v = INT16_MAX;
    const int16_t one = 1, big = INT16_MAX;
    reduce_combine(TSR_SUM, TSR_I16, NULL, &v, &one, 1, 1, 1);
    cr_assert_eq(v, INT16_MIN);
    v = big;
    reduce_combine(TSR_PRODUCT, TSR_I16, NULL, &v, &big, 1, 1, 1);
    cr_assert_eq(v, 1);
}

Test(model_reduce, complex_products_are_plain)
{
    double _Complex z = type_c128(2, 3);
    const double _Complex w = type_c128(5, -7);
    reduce_combine(TSR_PRODUCT, TSR_C128, NULL, &z, &w, 1, 1, 1);
    cr_assert(creal(z) == 2 * 5 + 3 * 7 && cimag(z) == 2 * -7 + 3 * 5);
}

Test(model_reduce, of_equal_values_the_lowest_index_stays)
{
    tsr_indexed_f64       v = {2.0, 7};
    const tsr_indexed_f64 w[] = {{2.0, 9}, {2.0, 3}, {3.0, 0}, {2.0, 5}};
    reduce_combine(TSR_ARGMIN, TSR_INDEXED_F64, NULL, &v, w, 4, 0, 1);
    cr_assert(v.value == 2.0 && v.index == 3);
    tsr_indexed_i64       i = {4, 2};
    const tsr_indexed_i64 j[] = {{4, 1}, {5, 8}, {5, 6}};
    reduce_combine(TSR_ARGMAX, TSR_INDEXED_I64, NULL, &i, j, 3, 0, 1);
    cr_assert(i.value == 5 && i.index == 6);
}

static void later(void *into, const void *from)
{
    memcpy(into, from, 3);
}

Test(model_reduce, reducers_of_ones_own)
{
    const tsr_reducer  r = {"later", 3, "abc", later, false};
    const tsr_arg_desc d = {.reduction = TSR_USER_REDUCTION, .reducer = &r};
    char               v[6], w[] = "xyzuvw";
    reduce_identity(&d, TSR_BINARY(3), v);
    reduce_identity(&d, TSR_BINARY(3), v + 3);
    cr_assert_arr_eq(v, "abcabc", 6);
    reduce_combine(TSR_USER_REDUCTION, TSR_BINARY(3), &r, v, w, 2, 1, 1);
    cr_assert_arr_eq(v, "xyzuvw", 6);
    cr_assert_not(reduce_is_exact(TSR_USER_REDUCTION, TSR_BINARY(3), &r));
}

Test(model_reduce, what_is_defined)
{
    cr_assert(reduce_is_defined(TSR_SUM, TSR_C64) && !reduce_is_defined(TSR_MIN, TSR_C64));
    cr_assert(reduce_is_defined(TSR_AND, TSR_U8) && !reduce_is_defined(TSR_AND, TSR_F32));
    cr_assert(reduce_is_defined(TSR_ARGMIN, TSR_INDEXED_I64) &&
              !reduce_is_defined(TSR_ARGMIN, TSR_I64));
    cr_assert(!reduce_is_defined(TSR_SUM, TSR_BINARY(8)) &&
              !reduce_is_defined(TSR_SUM, TSR_TYPE_ANY));
    cr_assert(!reduce_is_exact(TSR_SUM, TSR_F16, NULL) && reduce_is_exact(TSR_MAX, TSR_F16, NULL));
}
