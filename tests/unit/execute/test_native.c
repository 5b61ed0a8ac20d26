/* Formulas as code of this machine: the bits of the vector loops, from the compiler, from what is kept, and
 * without a compiler.  Random formulas, compiled at once: tests/ranks/ranks_formulas.c. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tessera/tessera.h>
#include <unistd.h>

enum { ROWS = 40, COLUMNS = 1500, N = ROWS * COLUMNS };

static char folder[] = "/tmp/tessera-test-XXXXXX";

static void begin(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    setenv("TESSERA_CACHE", folder, 1);
    unsetenv("TESSERA_CC");
}

static void end(void)
{
    glob_t g;
    char   pattern[64];
    snprintf(pattern, sizeof pattern, "%s/*", folder);
    if (glob(pattern, 0, NULL, &g) == 0) {
        for (size_t i = 0; i < g.gl_pathc; ++i)
            unlink(g.gl_pathv[i]);
        globfree(&g);
    }
    rmdir(folder);
}

TestSuite(execute_native, .init = begin, .fini = end);

/* What a formula gives: whole and folded, of floats, integers, tests, indices, a function of SLEEF's. */
struct results {
    double  whole[N], sums[ROWS], columns[COLUMNS];
    float   single[N];
    int64_t count;
    double  greatest;
};

static tsr_store noise(void)
{
    tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    tsr_formula f;
    tsr_formula_begin(&f, "noise");
    const tsr_term i = tsr_formula_cast(&f, tsr_formula_index(&f, 0), TSR_F64);
    const tsr_term j = tsr_formula_cast(&f, tsr_formula_index(&f, 1), TSR_F64);
    const tsr_term k = tsr_apply(&f, TSR_OP_ADD, tsr_apply(&f, TSR_OP_MULTIPLY, i, tsr_formula_number(&f, TSR_F64, 1.37)),
                                 tsr_apply(&f, TSR_OP_MULTIPLY, j, tsr_formula_number(&f, TSR_F64, 0.213)));
    tsr_formula_output(&f, tsr_apply(&f, TSR_OP_SIN, k));
    cr_assert_eq(tsr_formula_issue(&f, &s, 1, NULL, 0), TSR_OK, "%s", tsr_error_text());
    return s;
}

static void compute(tsr_store x, tsr_store row, double number, struct results *out)
{
    TSR_SCOPE();
    const tsr_store whole = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store single = tsr_store_create(TSR_F32, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store sums = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS));
    const tsr_store columns = tsr_store_create(TSR_F64, TSR_SHAPE(COLUMNS));
    const tsr_store count = tsr_store_create(TSR_I64, TSR_SHAPE(1, 1)), greatest = tsr_store_create(TSR_F64, TSR_SHAPE(1, 1));
    tsr_formula f;
    tsr_formula_begin(&f, "all");
    const tsr_term a = tsr_formula_input(&f, TSR_F64), b = tsr_formula_input(&f, TSR_F64);
    const tsr_term c = tsr_formula_input(&f, TSR_F64), half = tsr_formula_number(&f, TSR_F64, 0.5);
    const tsr_term p = tsr_apply(&f, TSR_OP_ADD, tsr_apply(&f, TSR_OP_MULTIPLY, a, b), c);
    const tsr_term e = tsr_apply(&f, TSR_OP_EXP, tsr_apply(&f, TSR_OP_NEGATIVE, tsr_apply(&f, TSR_OP_ABSOLUTE, p)));
    const tsr_term test = tsr_apply(&f, TSR_OP_GREATER, e, half);
    const tsr_term chosen = tsr_apply(&f, TSR_OP_SELECT, test, p, tsr_apply(&f, TSR_OP_SQRT, e));
    const tsr_term k = tsr_formula_cast(&f, tsr_apply(&f, TSR_OP_ADD, tsr_formula_index(&f, 0), tsr_formula_index(&f, 1)), TSR_F64);
    tsr_formula_output(&f, tsr_apply(&f, TSR_OP_DIVIDE, chosen, tsr_apply(&f, TSR_OP_ADD, k, half)));
    tsr_formula_output(&f, tsr_formula_cast(&f, chosen, TSR_F32));
    tsr_formula_fold(&f, chosen, TSR_SUM, 2);
    tsr_formula_fold(&f, p, TSR_SUM, 1);
    tsr_formula_fold(&f, tsr_formula_cast(&f, test, TSR_I64), TSR_SUM, TSR_ALL_AXES);
    tsr_formula_fold(&f, e, TSR_MAX, TSR_ALL_AXES);
    const tsr_store outs[] = {whole, single, sums, columns, count, greatest};
    cr_assert_eq(tsr_formula_issue(&f, outs, 6, (tsr_arg[]){tsr_arg_of(x), tsr_arg_of(row), tsr_arg_f64(number)}, 3),
                 TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(whole, out->whole, sizeof out->whole), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(single, out->single, sizeof out->single), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(sums, out->sums, sizeof out->sums), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(columns, out->columns, sizeof out->columns), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(count, &out->count, sizeof out->count), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(greatest, &out->greatest, sizeof out->greatest), TSR_OK, "%s", tsr_error_text());
}

/* Twice, with a row that stands still along a column, and one along a row; how many points ran compiled. */
static int64_t run(const char *compile, struct results out[2])
{
    setenv("TESSERA_COMPILE", compile, 1);
    cr_assert_eq(tsr_start(NULL, NULL, .workers = 2), TSR_OK, "%s", tsr_error_text());
    const tsr_store x = noise();
    const tsr_store row = tsr_slice(x, 0, 3, 4, 1), column = tsr_slice(x, 1, 5, 6, 1);
    compute(x, row, 0.25, &out[0]);
    compute(x, column, -1.5, &out[1]);
    const int64_t n = tsr_counter(TSR_COUNT_COMPILED);
    cr_assert_eq(tsr_finish(), 0);
    return n;
}

static struct results plain[2], got[2];

Test(execute_native, compiled_and_kept_forms_have_the_bits_of_the_vector_loops)
{
    cr_assert_eq(run("1", plain), 0);
    cr_expect_gt(run("2", got), 0, "nothing was compiled");
    cr_expect_eq(memcmp(plain, got, sizeof plain), 0);
    memset(got, 0, sizeof got);
    setenv("TESSERA_CC", "/nowhere/cc", 1); /* what is kept needs no compiler */
    cr_expect_gt(run("2", got), 0, "what was kept was not taken");
    cr_expect_eq(memcmp(plain, got, sizeof plain), 0);
}

Test(execute_native, no_compiler_or_a_bad_one_leaves_the_vector_loops)
{
    static const char *const bad[] = {"/nowhere/cc", "/bin/false", "/bin/true"};
    cr_assert_eq(run("1", plain), 0);
    for (int i = 0; i < 3; ++i) {
        setenv("TESSERA_CC", bad[i], 1);
        cr_expect_eq(run("2", got), 0, "%s", bad[i]);
        cr_expect_eq(memcmp(plain, got, sizeof plain), 0, "%s", bad[i]);
    }
}

Test(execute_native, what_others_can_write_is_not_loaded)
{
    glob_t g;
    char   pattern[64];
    cr_assert_gt(run("2", plain), 0);
    snprintf(pattern, sizeof pattern, "%s/*.so", folder);
    cr_assert_eq(glob(pattern, 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; ++i)
        cr_assert_eq(chmod(g.gl_pathv[i], 0777), 0);
    globfree(&g);
    setenv("TESSERA_CC", "/nowhere/cc", 1);
    cr_expect_eq(run("2", got), 0, "a library that others can write was loaded");
    cr_expect_eq(memcmp(plain, got, sizeof plain), 0);
}

Test(execute_native, a_hot_formula_is_compiled_beside_the_work)
{
    setenv("TESSERA_COMPILE", "0", 1);
    cr_assert_eq(tsr_start(NULL, NULL, .workers = 2), TSR_OK, "%s", tsr_error_text());
    const tsr_store x = noise();
    int64_t compiled = 0;
    for (int i = 0; i < 4000 && compiled == 0; ++i) {
        compute(x, tsr_slice(x, 0, 3, 4, 1), 0.25, &got[0]);
        compiled = tsr_counter(TSR_COUNT_COMPILED);
    }
    cr_expect_gt(compiled, 0);
    compute(x, tsr_slice(x, 0, 3, 4, 1), 0.25, &got[1]);
    cr_expect_eq(memcmp(&got[0], &got[1], sizeof got[0]), 0);
    cr_assert_eq(tsr_finish(), 0);
}
