/* Plain C and Fortran functions as tasks: one of our own, and BLAS where it is installed. */
#include <dlfcn.h>
#include <stdlib.h>

#include "api_test.h"

/* Small pieces, so that functions are called for parts of their arguments. */
static void start(void)
{
    static tsr_machine m = {
        .n_cores = 2, .core = {0, 1}, .n_numa = 1, .l2_bytes = 1 << 20, .memory_bytes = 1 << 30};
    cr_assert_eq(tsr_start(NULL, NULL, .workers = 2, .min_piece = 1, .machine = &m), TSR_OK, "%s",
                 tsr_error_text());
}

TestSuite(api_foreign_call, .init = start, .fini = api_test_finish);

/* ---- a function of our own ---- */

static int scale(int n, double by, double *x, int64_t step)
{
    if (by < 0)
        return 7;
    for (int i = 0; i < n; ++i)
        x[i * step] *= by;
    return 0;
}

enum { X, BY };

static const tsr_foreign scale_c = {
    .function = (void (*)(void))scale,
    .result = TSR_I32,
    .result_is_status = true,
    .params = {{TSR_PASS_EXTENT, X, 0, TSR_I32},
               {TSR_PASS_VALUE, BY},
               {TSR_PASS_POINTER, X},
               {TSR_PASS_STRIDE, X, 0, TSR_I64}},
};

static const tsr_task_desc scaling = {
    .name = "scale",
    .args = {[X] = {TSR_READ_WRITE, TSR_F64, .rank = 1, .name = "x"},
             [BY] = {TSR_SCALAR, TSR_F64, .name = "by"}},
    .variants = {[TSR_CPU] = {.foreign = &scale_c}},
};

Test(api_foreign_call, a_function_sees_pieces_and_strides)
{
    double v[10];
    for (int i = 0; i < 10; ++i)
        v[i] = i;
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(10));
    cr_assert_eq(tsr_write(s, v, sizeof v), TSR_OK);
    const tsr_store odd = tsr_slice(s, 0, 1, 10, 2);
    cr_assert_eq(tsr_issue(&scaling, [X] = tsr_arg_of(odd), [BY] = tsr_arg_of(3)), TSR_OK, "%s",
                 tsr_error_text());
    cr_assert_eq(tsr_read(s, v, sizeof v), TSR_OK, "%s", tsr_error_text());
    for (int i = 0; i < 10; ++i)
        cr_assert_eq(v[i], i % 2 ? 3 * i : i);
}

Test(api_foreign_call, what_it_answers_fails_the_task)
{
    const tsr_store s = tsr_store_filled(TSR_F64, TSR_SHAPE(4), &(double){1});
    cr_assert_eq(tsr_issue(&scaling, [X] = tsr_arg_of(s), [BY] = tsr_arg_of(-1)), TSR_OK);
    EXPECT_STATUS(TASK_FAILED, tsr_store_status(s), "the function answered 7");
}

Test(api_foreign_call, descriptions_are_checked)
{
    static tsr_foreign   f;
    static tsr_task_desc d;
    const tsr_store      s = tsr_store_create(TSR_F64, TSR_SHAPE(4));
    f = scale_c;
    d = scaling;
    d.variants[TSR_CPU].foreign = &f;
    f.params[0].type = TSR_C64;
    EXPECT_STATUS(BAD_TYPE, tsr_issue(&d, [X] = tsr_arg_of(s), [BY] = tsr_arg_of(1)),
                  "parameter 0 is a number of type c64");
    f = scale_c;
    f.params[1].arg = 2;
    EXPECT_STATUS(BAD_ARGUMENT, tsr_issue(&d, [X] = tsr_arg_of(s), [BY] = tsr_arg_of(1)),
                  "parameter 1 is of argument 2 of 2");
    f = scale_c;
    f.function = NULL;
    EXPECT_STATUS(BAD_ARGUMENT, tsr_issue(&d, [X] = tsr_arg_of(s), [BY] = tsr_arg_of(1)),
                  "without a function");
}

/* ---- BLAS ---- */

enum { C, A, B, ALPHA };

/* C = alpha A B, row-major: for the column-major routine all three are transposed, and the factors
 * change places. dgemm(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc). */
#define BY_REFERENCE .by_reference = true
static tsr_foreign dgemm = {
    .params = {{TSR_PASS_INT, .type = TSR_I8, .value = 'N', BY_REFERENCE},
               {TSR_PASS_INT, .type = TSR_I8, .value = 'N', BY_REFERENCE},
               {TSR_PASS_EXTENT, C, 1, TSR_I32, BY_REFERENCE},
               {TSR_PASS_EXTENT, C, 0, TSR_I32, BY_REFERENCE},
               {TSR_PASS_EXTENT, A, 1, TSR_I32, BY_REFERENCE},
               {TSR_PASS_VALUE, ALPHA, BY_REFERENCE},
               {TSR_PASS_POINTER, B},
               {TSR_PASS_STRIDE, B, 0, TSR_I32, BY_REFERENCE},
               {TSR_PASS_POINTER, A},
               {TSR_PASS_STRIDE, A, 0, TSR_I32, BY_REFERENCE},
               {TSR_PASS_F64, .type = TSR_F64, .real = 0, BY_REFERENCE},
               {TSR_PASS_POINTER, C},
               {TSR_PASS_STRIDE, C, 0, TSR_I32, BY_REFERENCE}},
};

/* A piece of C needs its rows of A and its columns of B. */
static const tsr_task_desc multiply = {
    .name = "dgemm",
    .args = {[C] = {TSR_WRITE, TSR_F64, .rank = 2, .name = "c"},
             [A] = {TSR_READ, TSR_F64, .rank = 2, .name = "a"},
             [B] = {TSR_READ, TSR_F64, .rank = 2, .name = "b"},
             [ALPHA] = {TSR_SCALAR, TSR_F64, .name = "alpha"}},
    .constraints = {TSR_BROADCAST_DIMS(A, C, 1u << 1), TSR_BROADCAST_DIMS(B, C, 1u << 0)},
    .variants =
        {[TSR_CPU] = {.foreign = &dgemm,
                      .layout = {[C] = {TSR_ORDER_C}, [A] = {TSR_ORDER_C}, [B] = {TSR_ORDER_C}}}},
};

static bool find_blas(void)
{
    static const char *const names[] = {"libblas.so.3", "libopenblas.so.0"};
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !dgemm.function; ++i) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        void *symbol = library ? dlsym(library, "dgemm_") : NULL;
        memcpy(&dgemm.function, &symbol, sizeof symbol);
    }
    return dgemm.function != NULL;
}

Test(api_foreign_call, a_matrix_product_by_blas)
{
    enum { M = 7, N = 5, K = 6 };
    double a[M][K], b[K][N], c[M][N];
    if (!find_blas())
        cr_skip_test("no BLAS is installed");
    for (int i = 0; i < M * K; ++i)
        a[i / K][i % K] = i % 11 - 5;
    for (int i = 0; i < K * N; ++i)
        b[i / N][i % N] = i % 7 - 3;
    const tsr_store sa = tsr_store_create(TSR_F64, TSR_SHAPE(M, K));
    const tsr_store sb = tsr_store_create(TSR_F64, TSR_SHAPE(K, N));
    const tsr_store sc = tsr_store_create(TSR_F64, TSR_SHAPE(M, N));
    cr_assert_eq(tsr_write(sa, a, sizeof a), TSR_OK);
    cr_assert_eq(tsr_write(sb, b, sizeof b), TSR_OK);
    cr_assert_eq(tsr_issue(&multiply, [C] = tsr_arg_of(sc), [A] = tsr_arg_of(sa),
                           [B] = tsr_arg_of(sb), [ALPHA] = tsr_arg_of(2)),
                 TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(sc, c, sizeof c), TSR_OK, "%s", tsr_error_text());
    for (int i = 0; i < M; ++i)
        for (int j = 0; j < N; ++j) {
            double sum = 0;
            for (int k = 0; k < K; ++k)
                sum += a[i][k] * b[k][j];
            cr_assert_eq(c[i][j], 2 * sum);
        }
}
