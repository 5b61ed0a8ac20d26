/* Many rows of few elements: a formula over all of them has the bits of one row after another, each by itself. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tessera/tessera.h>

enum { MOST_ROWS = 300, MOST_FEW = 17, OUTPUTS = 6 };

static void start(void)
{
    cr_assert_eq(tsr_start(NULL, NULL, .workers = 2), TSR_OK, "%s", tsr_error_text());
}

static void finish(void)
{
    cr_assert_eq(tsr_finish(), 0);
}

TestSuite(execute_rows, .init = start, .fini = finish);

/* Outputs: one element a row each, and at last all elements. */
static const tsr_reduction folds[OUTPUTS - 1] = {TSR_SUM, TSR_MIN, TSR_MAX, TSR_ARGMIN, TSR_PRODUCT};

static const char *const reduction_name[OUTPUTS - 1] = {"sum", "min", "max", "argmin", "product"};

struct rows {
    tsr_store x, along, down;      /* (rows, few); a row; a column */
    tsr_store out[OUTPUTS];
    int       first, n_out;        /* the folds that are there: from this one on, and the last output */
};

static tsr_type type_of(int k)
{
    return folds[k] == TSR_ARGMIN ? TSR_INDEXED_F64 : TSR_F64;
}

static size_t bytes_of(int k, int64_t rows, int64_t few)
{
    return k < OUTPUTS - 1 ? tsr_type_size(type_of(k)) * (size_t)rows : sizeof(double) * (size_t)(rows * few);
}

/* Rows low to high of x * along + down, its folds, and itself. */
static void issue(const struct rows *r, int64_t low, int64_t high)
{
    TSR_SCOPE();
    tsr_formula f;
    tsr_formula_begin(&f, "rows");
    const tsr_term x = tsr_formula_input(&f, TSR_F64), a = tsr_formula_input(&f, TSR_F64),
                   d = tsr_formula_input(&f, TSR_F64);
    const tsr_term y = tsr_apply(&f, TSR_OP_ADD, tsr_apply(&f, TSR_OP_MULTIPLY, x, a), d);
    tsr_store out[OUTPUTS];
    int       n = 0;
    for (int k = r->first; k < r->first + r->n_out - 1; ++k) {
        const tsr_term i = tsr_formula_index(&f, 1);
        tsr_formula_fold(&f, folds[k] == TSR_ARGMIN ? tsr_apply(&f, TSR_OP_PAIR, y, i) : y, folds[k], 1u << 1);
        out[n++] = tsr_slice(r->out[k], 0, low, high, 1);
    }
    tsr_formula_output(&f, y);
    out[n++] = tsr_slice(r->out[OUTPUTS - 1], 0, low, high, 1);
    const tsr_arg in[] = {tsr_arg_of(tsr_slice(r->x, 0, low, high, 1)), tsr_arg_of(tsr_promote(r->along, 0, high - low)),
                          tsr_arg_of(tsr_slice(r->down, 0, low, high, 1))};
    cr_assert_eq(tsr_formula_issue(&f, out, n, in, 3), TSR_OK, "%s", tsr_error_text());
}

static double number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    const unsigned pick = (unsigned)(*state >> 60);
    const double   v = (double)(*state >> 11) * 0x1p-53 - 0.5;
    return pick == 0 ? -0.0 : pick == 1 ? 0.0 : pick == 2 && (*state >> 40 & 63) == 0 ? INFINITY : v * 1e3;
}

/* One case both ways. */
static void compare(int64_t rows, int64_t few, bool turned, int first, int n_out, uint64_t seed)
{
    TSR_SCOPE();
    static double values[MOST_ROWS * MOST_FEW];
    struct rows r = {.n_out = n_out, .first = first};
    for (int64_t i = 0; i < rows * few; ++i)
        values[i] = number(&seed);
    const tsr_store all = turned ? tsr_store_create(TSR_F64, TSR_SHAPE(few, rows)) : tsr_store_create(TSR_F64, TSR_SHAPE(rows, few));
    cr_assert_eq(tsr_write(all, values, sizeof(double) * (size_t)(rows * few)), TSR_OK, "%s", tsr_error_text());
    r.x = turned ? tsr_transpose(all, (int[]){1, 0}) : all;
    const tsr_store row = tsr_store_create(TSR_F64, TSR_SHAPE(few)), column = tsr_store_create(TSR_F64, TSR_SHAPE(rows));
    for (int64_t i = 0; i < rows; ++i)
        values[i] = seed % 3 == 0 ? -0.0 : number(&seed);
    cr_assert_eq(tsr_write(row, values, sizeof(double) * (size_t)few), TSR_OK);
    cr_assert_eq(tsr_write(column, values, sizeof(double) * (size_t)rows), TSR_OK);
    r.along = row;
    r.down = tsr_promote(column, 1, few);
    static char got[2][OUTPUTS][sizeof(double[2]) * MOST_ROWS * MOST_FEW];
    memset(got, 0, sizeof got);
    for (int pass = 0; pass < 2; ++pass) {
        for (int k = 0; k < OUTPUTS; ++k) {
            const int64_t width = k < OUTPUTS - 1 ? 1 : few;
            const tsr_type type = k < OUTPUTS - 1 ? type_of(k) : TSR_F64;
            r.out[k] = tsr_store_create(type, TSR_SHAPE(rows, width));
        }
        for (int64_t i = 0; i < rows; i += pass == 0 ? rows : 1)
            issue(&r, i, pass == 0 ? rows : i + 1);
        for (int k = 0; k < OUTPUTS; ++k)
            if (k == OUTPUTS - 1 || (k >= first && k < first + n_out - 1))
                cr_assert_eq(tsr_read(r.out[k], got[pass][k], bytes_of(k, rows, few)), TSR_OK, "%s", tsr_error_text());
    }
    for (int k = 0; k < OUTPUTS; ++k)
        cr_assert_arr_eq(got[0][k], got[1][k], bytes_of(k, rows, few), "%s of %lld rows of %lld%s",
                         k < OUTPUTS - 1 ? reduction_name[k] : "elements", (long long)rows, (long long)few,
                         turned ? ", turned" : "");
}

Test(execute_rows, many_short_rows_have_the_bits_of_each)
{
    static const int64_t many[] = {1, 31, 32, 127, 128, 129, 300};
    uint64_t seed = 1;
    for (int m = 0; m < (int)(sizeof many / sizeof many[0]); ++m)
        for (int64_t few = 1; few <= MOST_FEW; few += few < 9 ? 1 : 4)
            for (int turned = 0; turned < 2; ++turned, ++seed) {
                compare(many[m], few, turned, 0, 5, seed);     /* without the product: rows side by side */
                compare(many[m], few, turned, 4, 2, seed);     /* the product: its order is the row's */
                compare(many[m], few, turned, (int)(seed % 4), 2, seed + 1000);
            }
}

/* Folds down the columns beside a row's few elements: a float's sum keeps its order, others need none. */
Test(execute_rows, folds_down_columns_of_few_elements)
{
    enum { ROWS = 1000, FEW = 3 };
    static double x[ROWS][FEW];
    double        sum[FEW], most[FEW], want[FEW] = {0}, greatest[FEW];
    uint64_t      seed = 7;
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < FEW; ++j) {
            x[i][j] = (double)((seed = seed * 6364136223846793005u + 1) >> 40); /* exact in any order */
            want[j] += 2 * x[i][j];
            greatest[j] = i == 0 || 2 * x[i][j] > greatest[j] ? 2 * x[i][j] : greatest[j];
        }
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, FEW)),
                    out[] = {tsr_store_create(TSR_F64, TSR_SHAPE(FEW)), tsr_store_create(TSR_F64, TSR_SHAPE(FEW))};
    cr_assert_eq(tsr_write(s, x, sizeof x), TSR_OK, "%s", tsr_error_text());
    for (int both = 1; both < 4; ++both) {
        tsr_formula f;
        tsr_formula_begin(&f, "columns");
        const tsr_term y = tsr_apply(&f, TSR_OP_MULTIPLY, tsr_formula_input(&f, TSR_F64), tsr_formula_number(&f, TSR_F64, 2));
        if (both & 1)
            tsr_formula_fold(&f, y, TSR_SUM, 1);
        if (both & 2)
            tsr_formula_fold(&f, y, TSR_MAX, 1);
        cr_assert_eq(tsr_formula_issue(&f, both == 2 ? out + 1 : out, both == 3 ? 2 : 1, (tsr_arg[]){tsr_arg_of(s)}, 1),
                     TSR_OK, "%s", tsr_error_text());
    }
    cr_assert_eq(tsr_read(out[0], sum, sizeof sum), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_read(out[1], most, sizeof most), TSR_OK, "%s", tsr_error_text());
    cr_expect_arr_eq(sum, want, sizeof sum);
    cr_expect_arr_eq(most, greatest, sizeof most);
}

/* A greatest and a least among NaNs, zeros of both signs and infinities, of any number of elements. */
Test(execute_rows, extremes_of_odd_numbers)
{
    static const double pick[] = {0.0, -0.0, 1.5, -2.5, INFINITY, -INFINITY, 5e-324, -5e-324};
    uint64_t seed = 3;
    for (int n = 1; n < 40; ++n)
        for (int kind = 0; kind < 12; ++kind) {
            TSR_SCOPE();
            double v[40], got[2], least, most;
            bool   has_nan = false;
            for (int i = 0; i < n; ++i) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                v[i] = kind < 2 ? pick[seed >> 63] : kind == 2 ? -fabs(pick[seed >> 61]) : pick[seed >> 61];
                if (kind > 8 && seed >> 56 < 8)
                    v[i] = kind == 9 ? -NAN : NAN;
                has_nan |= isnan(v[i]);
                least = i == 0 || v[i] < least || (v[i] == least && signbit(v[i])) ? v[i] : least;
                most = i == 0 || v[i] > most || (v[i] == most && !signbit(v[i])) ? v[i] : most;
            }
            const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(n)),
                            out[] = {tsr_store_create(TSR_F64, TSR_SHAPE()), tsr_store_create(TSR_F64, TSR_SHAPE())};
            cr_assert_eq(tsr_write(s, v, sizeof v[0] * (size_t)n), TSR_OK, "%s", tsr_error_text());
            tsr_formula f;
            tsr_formula_begin(&f, "extremes");
            const tsr_term x = tsr_formula_input(&f, TSR_F64);
            tsr_formula_fold(&f, x, TSR_MIN, 1);
            tsr_formula_fold(&f, x, TSR_MAX, 1);
            cr_assert_eq(tsr_formula_issue(&f, out, 2, (tsr_arg[]){tsr_arg_of(s)}, 1), TSR_OK, "%s", tsr_error_text());
            cr_assert_eq(tsr_value(out[0], &got[0]), TSR_OK, "%s", tsr_error_text());
            cr_assert_eq(tsr_value(out[1], &got[1]), TSR_OK, "%s", tsr_error_text());
            if (has_nan) {
                cr_assert(isnan(got[0]) && isnan(got[1]), "%d elements, kind %d: %g, %g", n, kind, got[0], got[1]);
                continue;
            }
            cr_assert_arr_eq(&got[0], &least, sizeof least, "%d elements, kind %d: %g, not %g", n, kind, got[0], least);
            cr_assert_arr_eq(&got[1], &most, sizeof most, "%d elements, kind %d: %g, not %g", n, kind, got[1], most);
        }
}
