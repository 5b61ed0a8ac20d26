/* Formulas: every operation on every type it takes, transcendental functions in every vector set, what
 * becomes one pass, and what is said of mistakes.  Random formulas: tests/ranks/ranks_formulas.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tessera/tessera.h>

enum { N = 1000 };

static void start(void)
{
    cr_assert_eq(tsr_start(NULL, NULL, .workers = 2, .min_piece = 64), TSR_OK, "%s", tsr_error_text());
}

static void finish(void)
{
    cr_assert_eq(tsr_finish(), 0);
}

TestSuite(execute_formula, .init = start, .fini = finish);

#define SAYS(status, words)                                                                        \
    do {                                                                                           \
        cr_expect_eq(tsr_error_status(), TSR_##status, "%s", tsr_error_text());                    \
        cr_expect(strstr(tsr_error_text(), words), "expected \"%s\" in:\n%s", words, tsr_error_text()); \
        cr_expect(strstr(tsr_error_text(), "test_formula.c"), "no line in:\n%s", tsr_error_text()); \
    } while (0)

static tsr_store filled(double value)
{
    return tsr_store_filled(TSR_F64, TSR_SHAPE(N), &value);
}

static tsr_store made(void)
{
    return tsr_store_create(TSR_F64, TSR_SHAPE(N));
}

static tsr_status binary(tsr_op op, tsr_store into, tsr_store x, tsr_store y)
{
    tsr_formula f;
    tsr_formula_begin(&f, "binary");
    const tsr_term a = tsr_formula_input(&f, TSR_F64), b = tsr_formula_input(&f, TSR_F64);
    tsr_formula_output(&f, tsr_apply(&f, op, a, b));
    return tsr_formula_issue(&f, &into, 1, (tsr_arg[]){tsr_arg_of(x), tsr_arg_of(y)}, 2);
}

static double first_of(tsr_store s)
{
    double v = -1;
    cr_assert_eq(tsr_value(tsr_slice(s, 0, 0, 1, 1), &v), TSR_OK, "%s", tsr_error_text());
    return v;
}

Test(execute_formula, every_operation_on_every_type_it_takes)
{
    int tried = 0;
    for (int op = 1; op < TSR_N_OPS; ++op)
        for (tsr_type type = TSR_BOOL; type <= TSR_C128; ++type) {
            if (op == TSR_OP_CAST || !tsr_op_takes((tsr_op)op, type))
                continue;
            TSR_SCOPE();
            const unsigned char one[16] = {1};
            const tsr_store x = tsr_store_filled(type, TSR_SHAPE(5), one);
            tsr_formula f;
            tsr_formula_begin(&f, "one");
            const tsr_term a = tsr_formula_input(&f, type), c = tsr_formula_cast(&f, a, TSR_BOOL);
            const tsr_term i = tsr_formula_index(&f, 0);
            const tsr_term y = op == TSR_OP_SELECT ? tsr_apply(&f, TSR_OP_SELECT, c, a, a)
                               : op == TSR_OP_PAIR ? tsr_apply(&f, TSR_OP_PAIR, a, i)
                                                   : tsr_apply(&f, (tsr_op)op, a, a);
            const tsr_store z = tsr_store_create(tsr_formula_type(&f, y), TSR_SHAPE(5));
            tsr_formula_output(&f, y);
            cr_expect_eq(tsr_formula_issue(&f, &z, 1, (tsr_arg[]){tsr_arg_of(x)}, 1), TSR_OK, "%s of %s: %s",
                         tsr_op_name((tsr_op)op), tsr_type_name(type), tsr_error_text());
            cr_expect_eq(tsr_store_status(z), TSR_OK, "%s of %s: %s", tsr_op_name((tsr_op)op),
                         tsr_type_name(type), tsr_error_text());
            ++tried;
        }
    cr_expect_gt(tried, 400);
}

Test(execute_formula, every_cast)
{
    for (tsr_type from = TSR_BOOL; from <= TSR_C128; ++from)
        for (tsr_type to = TSR_BOOL; to <= TSR_C128; ++to) {
            TSR_SCOPE();
            tsr_formula f;
            double got = -1;
            tsr_formula_begin(&f, "cast");
            const tsr_term x = tsr_formula_cast(&f, tsr_formula_number(&f, from, 1), to);
            tsr_formula_output(&f, tsr_formula_cast(&f, x, TSR_F64));
            const tsr_store z = tsr_store_create(TSR_F64, TSR_SHAPE());
            cr_assert_eq(tsr_formula_issue(&f, &z, 1, NULL, 0), TSR_OK, "%s", tsr_error_text());
            cr_assert_eq(tsr_value(z, &got), TSR_OK, "%s", tsr_error_text());
            cr_expect_eq(got, 1, "%s to %s: %g", tsr_type_name(from), tsr_type_name(to), got);
        }
}

/* ---- what becomes one pass ---- */

Test(execute_formula, a_chain_is_one_pass_and_what_dies_has_no_memory)
{
    const tsr_store a = filled(3), b = filled(4), c = filled(5), d = filled(6), e = filled(7);
    cr_assert_eq(tsr_fence(), TSR_OK);
    const int64_t operations = tsr_counter(TSR_COUNT_OPERATIONS), bytes = tsr_counter(TSR_COUNT_MEMORY_BYTES);
    {
        TSR_SCOPE();
        const tsr_store p = made(), q = made(), r = made();
        cr_assert_eq(binary(TSR_OP_MULTIPLY, p, a, b), TSR_OK);
        cr_assert_eq(binary(TSR_OP_MULTIPLY, q, c, d), TSR_OK);
        cr_assert_eq(binary(TSR_OP_ADD, r, p, q), TSR_OK);
        cr_assert_eq(binary(TSR_OP_SUBTRACT, d, r, e), TSR_OK);
    }
    cr_assert_eq(tsr_fence(), TSR_OK);
    cr_expect_eq(tsr_counter(TSR_COUNT_OPERATIONS) - operations, 1);
    cr_expect_eq(tsr_counter(TSR_COUNT_FUSED), 3);
    cr_expect_eq(tsr_counter(TSR_COUNT_NEVER_STORED), 3);
    cr_expect_eq(tsr_counter(TSR_COUNT_MEMORY_BYTES), bytes);
    cr_expect_eq(first_of(d), 3 * 4 + 5 * 6 - 7);
}

Test(execute_formula, a_fold_ends_a_chain)
{
    const tsr_store a = filled(3), b = filled(4), total = tsr_store_create(TSR_F64, TSR_SHAPE());
    cr_assert_eq(tsr_fence(), TSR_OK);
    tsr_formula f;
    tsr_formula_begin(&f, "sum");
    tsr_formula_fold(&f, tsr_formula_input(&f, TSR_F64), TSR_SUM, TSR_ALL_AXES);
    {
        TSR_SCOPE();
        const tsr_store p = made();
        cr_assert_eq(binary(TSR_OP_MULTIPLY, p, a, b), TSR_OK);
        cr_assert_eq(tsr_formula_issue(&f, &total, 1, (tsr_arg[]){tsr_arg_of(p)}, 1), TSR_OK);
    }
    double got = 0;
    cr_assert_eq(tsr_value(total, &got), TSR_OK, "%s", tsr_error_text());
    cr_expect_eq(got, 12.0 * N);
    cr_expect_eq(tsr_counter(TSR_COUNT_NEVER_STORED), 1);
}

Test(execute_formula, what_is_read_otherwise_does_not_join)
{
    double values[N], got[N];
    for (int i = 0; i < N; ++i)
        values[i] = i;
    const tsr_store a = made(), one = filled(1);
    cr_assert_eq(tsr_write(a, values, sizeof values), TSR_OK);
    cr_assert_eq(binary(TSR_OP_ADD, a, a, one), TSR_OK); /* i + 1 */
    /* what was written a line above, reversed: another view */
    cr_assert_eq(binary(TSR_OP_ADD, a, tsr_slice(a, 0, N - 1, -1, -1), one), TSR_OK);
    cr_assert_eq(tsr_read(a, got, sizeof got), TSR_OK, "%s", tsr_error_text());
    for (int i = 0; i < N; ++i)
        cr_assert_eq(got[i], N - 1 - i + 2);
    /* overlapping, in one formula: as if all were read first */
    const tsr_store low = tsr_slice(a, 0, 0, N - 1, 1), high = tsr_slice(a, 0, 1, N, 1);
    cr_assert_eq(binary(TSR_OP_ADD, high, low, tsr_slice(one, 0, 1, N, 1)), TSR_OK);
    cr_assert_eq(tsr_read(a, got, sizeof got), TSR_OK);
    for (int i = 1; i < N; ++i)
        cr_assert_eq(got[i], N - 1 - (i - 1) + 3);
}

Test(execute_formula, a_swap_in_one_formula)
{
    const tsr_store a = filled(1), b = filled(2);
    tsr_formula f;
    tsr_formula_begin(&f, "swap");
    const tsr_term x = tsr_formula_input(&f, TSR_F64), y = tsr_formula_input(&f, TSR_F64);
    tsr_formula_output(&f, y);
    tsr_formula_output(&f, x);
    cr_assert_eq(tsr_formula_issue(&f, (tsr_store[]){a, b}, 2, (tsr_arg[]){tsr_arg_of(a), tsr_arg_of(b)}, 2),
                 TSR_OK, "%s", tsr_error_text());
    cr_expect_eq(first_of(a), 2);
    cr_expect_eq(first_of(b), 1);
}

/* ---- functions ---- */

static const struct {
    tsr_op op;
    double (*reference)(double);
    double low, high, ulps;
} functions[] = {
    {TSR_OP_CBRT, cbrt, -1000, 1000, 2},     {TSR_OP_EXP, exp, -700, 700, 2},
    {TSR_OP_EXP2, exp2, -1000, 1000, 2},     {TSR_OP_EXPM1, expm1, -5, 5, 3},
    {TSR_OP_LOG, log, 1e-300, 1e300, 2},     {TSR_OP_LOG2, log2, 1e-9, 1e9, 2},
    {TSR_OP_LOG10, log10, 1e-9, 1e9, 2},     {TSR_OP_LOG1P, log1p, -0.9, 50, 2},
    {TSR_OP_SIN, sin, -100, 100, 2},         {TSR_OP_COS, cos, -100, 100, 2},
    {TSR_OP_TAN, tan, -100, 100, 2},         {TSR_OP_ARCSIN, asin, -1, 1, 2},
    {TSR_OP_ARCCOS, acos, -1, 1, 2},         {TSR_OP_ARCTAN, atan, -50, 50, 2},
    {TSR_OP_SINH, sinh, -20, 20, 3},         {TSR_OP_COSH, cosh, -20, 20, 3},
    {TSR_OP_TANH, tanh, -5, 5, 3},           {TSR_OP_ARCSINH, asinh, -50, 50, 3},
    {TSR_OP_ARCCOSH, acosh, 1.01, 90, 3},    {TSR_OP_ARCTANH, atanh, -0.99, 0.99, 3},
    {TSR_OP_ERF, erf, -4, 4, 2},             {TSR_OP_ERFC, erfc, -4, 20, 3},
    {TSR_OP_TGAMMA, tgamma, 0.1, 100, 8},    {TSR_OP_LGAMMA, lgamma, 2.5, 100, 4},
};

static void functions_run(double (*out)[N])
{
    static double x[N];
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; ++k) {
        TSR_SCOPE();
        const tsr_store a = made(), b = made();
        tsr_formula     f;
        for (int i = 0; i < N; ++i)
            x[i] = functions[k].low + (functions[k].high - functions[k].low) * i / (N - 1);
        cr_assert_eq(tsr_write(a, x, sizeof x), TSR_OK);
        tsr_formula_begin(&f, "function");
        tsr_formula_output(&f, tsr_apply(&f, functions[k].op, tsr_formula_input(&f, TSR_F64)));
        cr_assert_eq(tsr_formula_issue(&f, &b, 1, (tsr_arg[]){tsr_arg_of(a)}, 1), TSR_OK);
        cr_assert_eq(tsr_read(b, out[k], sizeof x), TSR_OK);
        for (int i = 0; i < N; ++i) {
            const double want = functions[k].reference(x[i]);
            const double ulp = fabs(nextafter(want, INFINITY) - want);
            cr_assert_leq(fabs(out[k][i] - want), functions[k].ulps * ulp, "%s(%.17g) = %.17g, not %.17g",
                          tsr_op_name(functions[k].op), x[i], out[k][i], want);
        }
    }
}

Test(execute_formula_sets, functions_have_the_same_bits_in_every_vector_set)
{
    enum { K = sizeof functions / sizeof functions[0] };
    static double first[K][N], again[K][N];
    for (int set = 0; set < 3; ++set) {
        setenv("TESSERA_VECTOR", set == 0 ? "0" : set == 1 ? "1" : "2", 1);
        start();
        functions_run(set == 0 ? first : again);
        finish();
        cr_expect(set == 0 || memcmp(first, again, sizeof first) == 0, "vector set %d", set);
    }
}

/* ---- mistakes ---- */

Test(execute_formula, shapes_that_do_not_broadcast)
{
    const tsr_store a = filled(1), b = tsr_store_create(TSR_F64, TSR_SHAPE(7)), into = made();
    cr_expect_eq(binary(TSR_OP_ADD, into, a, b), TSR_BAD_SHAPE);
    SAYS(BAD_SHAPE, "do not broadcast");
    tsr_error_clear();
    cr_expect_eq(tsr_store_status(into), TSR_BAD_SHAPE); /* the output carries it */
    SAYS(BAD_SHAPE, "do not broadcast");
    cr_expect_eq(binary(TSR_OP_ADD, b, a, a), TSR_BAD_SHAPE);
    SAYS(BAD_SHAPE, "output 0");
}

Test(execute_formula, mistakes_of_who_built_it)
{
    const tsr_store a = filled(1), into = made();
    tsr_formula f;
    tsr_formula_begin(&f, "mixed");
    const tsr_term x = tsr_formula_input(&f, TSR_F64), y = tsr_formula_input(&f, TSR_I32);
    const tsr_term z = tsr_apply(&f, TSR_OP_ADD, x, y);
    cr_expect_lt(z, 0);
    tsr_formula_output(&f, z);
    cr_expect_eq(tsr_formula_issue(&f, &into, 1, (tsr_arg[]){tsr_arg_of(a), tsr_arg_of(a)}, 2), TSR_BAD_TYPE);
    SAYS(BAD_TYPE, "add does not take (f64, i32");
    tsr_formula_begin(&f, "one");
    tsr_formula_output(&f, tsr_formula_input(&f, TSR_F64));
    cr_expect_eq(tsr_formula_issue(&f, &into, 1, NULL, 0), TSR_BAD_ARGUMENT);
    SAYS(BAD_ARGUMENT, "1 outputs and 1 inputs; 1 and 0");
    const tsr_store whole = tsr_store_create(TSR_I32, TSR_SHAPE(N));
    cr_expect_eq(tsr_formula_issue(&f, &into, 1, (tsr_arg[]){tsr_arg_of(whole)}, 1), TSR_BAD_TYPE);
    SAYS(BAD_TYPE, "is of f64");
}

Test(execute_formula, failed_in_failed_out_and_stale_handles)
{
    const tsr_store a = filled(1), into = made(), bad = tsr_slice(a, 5, 0, 1, 1);
    cr_expect_eq(binary(TSR_OP_ADD, into, a, bad), TSR_BAD_ARGUMENT);
    cr_expect_eq(tsr_store_status(into), TSR_BAD_ARGUMENT);
    SAYS(BAD_ARGUMENT, "dimension 5");
    const tsr_store gone = made();
    tsr_store_release(gone);
    cr_expect_eq(binary(TSR_OP_ADD, made(), a, gone), TSR_BAD_HANDLE);
    SAYS(BAD_HANDLE, "released");
}
