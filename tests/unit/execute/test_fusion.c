/* Long groups of formulas: temporaries that are alive until their scope ends are never stored; groups that name more
 * than an operation may, with everything alive, become several; random ones against a model. */
#include <criterion/criterion.h>
#include <string.h>
#include <tessera/tessera.h>

enum { N = 64, STORES = 40, FORMULAS = 300 };

static void start(void)
{
    cr_assert_eq(tsr_start(NULL, NULL, .workers = 2, .min_piece = 16), TSR_OK, "%s", tsr_error_text());
}

static void finish(void)
{
    cr_assert_eq(tsr_finish(), 0);
}

TestSuite(execute_fusion, .init = start, .fini = finish);

static tsr_store filled(int64_t value)
{
    return tsr_store_filled(TSR_I64, TSR_SHAPE(N), &value);
}

static void apply(tsr_op op, tsr_store into, tsr_store x, tsr_store y)
{
    tsr_formula f;
    tsr_formula_begin(&f, tsr_op_name(op));
    const tsr_term a = tsr_formula_input(&f, TSR_I64), b = tsr_formula_input(&f, TSR_I64);
    tsr_formula_output(&f, op == TSR_OP_COPY ? a : tsr_apply(&f, op, a, b));
    cr_assert_eq(tsr_formula_issue(&f, &into, 1, (tsr_arg[]){tsr_arg_of(x), tsr_arg_of(y)}, 2), TSR_OK, "%s",
                 tsr_error_text());
}

static int64_t value_of(tsr_store s)
{
    int64_t got[N];
    cr_assert_eq(tsr_read(s, got, sizeof got), TSR_OK, "%s", tsr_error_text());
    for (int i = 1; i < N; ++i)
        cr_assert_eq(got[i], got[0]);
    return got[0];
}

/* 15 steps of three formulas each in one scope, all temporaries alive to its end. */
Test(execute_fusion, temporaries_alive_to_the_end_of_their_scope_are_not_stored)
{
    const tsr_store x = filled(3), y = filled(5);
    cr_assert_eq(tsr_fence(), TSR_OK);
    const int64_t operations = tsr_counter(TSR_COUNT_OPERATIONS), never = tsr_counter(TSR_COUNT_NEVER_STORED);
    int64_t model = 3;
    {
        TSR_SCOPE();
        tsr_store last = x;
        for (int i = 0; i < 15; ++i) {
            const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N)), b = tsr_store_create(TSR_I64, TSR_SHAPE(N));
            const tsr_store c = tsr_store_create(TSR_I64, TSR_SHAPE(N));
            apply(TSR_OP_ADD, a, last, y);
            apply(TSR_OP_MULTIPLY, b, a, last);
            apply(TSR_OP_XOR, c, b, y);
            last = c;
            const int64_t sum = model + 5;
            model = (int64_t)((uint64_t)sum * (uint64_t)model) ^ 5;
        }
        apply(TSR_OP_COPY, x, last, y);
    }
    cr_expect_eq(value_of(x), model);
    cr_expect_eq(tsr_counter(TSR_COUNT_OPERATIONS) - operations, 1, "%lld operations",
                 (long long)(tsr_counter(TSR_COUNT_OPERATIONS) - operations));
    cr_expect_eq(tsr_counter(TSR_COUNT_NEVER_STORED) - never, 45);
}

/* The same number of formulas, and every store still named: more than an operation may name. */
Test(execute_fusion, what_is_alive_is_stored_by_several_operations)
{
    tsr_store s[STORES];
    int64_t model[STORES] = {1, 2};
    s[0] = filled(1);
    s[1] = filled(2);
    cr_assert_eq(tsr_fence(), TSR_OK);
    const int64_t operations = tsr_counter(TSR_COUNT_OPERATIONS);
    for (int k = 2; k < STORES; ++k) {
        s[k] = tsr_store_create(TSR_I64, TSR_SHAPE(N));
        apply(TSR_OP_ADD, s[k], s[k - 1], s[k / 2]);
        model[k] = model[k - 1] + model[k / 2];
    }
    for (int k = 0; k < STORES; ++k)
        cr_expect_eq(value_of(s[k]), model[k], "store %d", k);
    const int64_t made = tsr_counter(TSR_COUNT_OPERATIONS) - operations;
    cr_expect(made >= 2 && made <= 6, "%lld operations", (long long)made);
}

static uint64_t random_state;

static int random_below(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

/* Formulas between any stores, in place too; stores released and made anew; some folds and reads between. */
static void random_program(uint64_t seed)
{
    static const tsr_op ops[] = {TSR_OP_ADD, TSR_OP_SUBTRACT, TSR_OP_XOR, TSR_OP_MULTIPLY, TSR_OP_COPY, TSR_OP_MINIMUM};
    TSR_SCOPE();
    tsr_store s[STORES];
    int64_t model[STORES];
    random_state = seed;
    for (int k = 0; k < STORES; ++k)
        s[k] = filled(model[k] = random_below(1000));
    const int used = 4 + random_below(STORES - 4), releases = random_below(3);
    for (int i = 0; i < FORMULAS; ++i) {
        const int x = random_below(used), y = random_below(used), to = random_below(used);
        const tsr_op op = ops[random_below(6)];
        const int64_t a = model[x], b = model[y];
        if (random_below(3) < releases && to != x && to != y) {
            tsr_store_release(s[to]);
            s[to] = tsr_store_create(TSR_I64, TSR_SHAPE(N));
        }
        apply(op, s[to], s[x], s[y]);
        model[to] = op == TSR_OP_ADD        ? (int64_t)((uint64_t)a + (uint64_t)b)
                    : op == TSR_OP_SUBTRACT ? (int64_t)((uint64_t)a - (uint64_t)b)
                    : op == TSR_OP_XOR      ? a ^ b
                    : op == TSR_OP_MULTIPLY ? (int64_t)((uint64_t)a * (uint64_t)b)
                    : op == TSR_OP_COPY     ? a
                    : a < b                 ? a
                                            : b;
        if (random_below(50) == 0)
            cr_assert_eq(value_of(s[x]), model[x], "seed %llu, formula %d", (unsigned long long)seed, i);
    }
    for (int k = 0; k < used; ++k)
        cr_assert_eq(value_of(s[k]), model[k], "seed %llu, store %d", (unsigned long long)seed, k);
}

Test(execute_fusion, random_groups)
{
    for (uint64_t seed = 1; seed <= 300; ++seed)
        random_program(seed);
}

/* ---- groups behind groups ---- */

/* n elements of a store from `first` on. */
static tsr_store part_of(tsr_store s, int64_t first, int64_t n)
{
    return tsr_slice(s, 0, first, first + n, 1);
}

/* Steps of a stencil whose borders follow: three shapes, in place, of two stores by turns; the temporaries of each
 * step are named until its end. */
Test(execute_fusion, a_loop_s_temporaries_are_not_stored_whatever_comes_in_its_body)
{
    enum { STEPS = 12 };
    int64_t model[2][N];
    TSR_SCOPE();
    const tsr_store s[2] = {filled(7), filled(7)};
    for (int i = 0; i < N; ++i)
        model[0][i] = model[1][i] = 7;
    cr_assert_eq(tsr_fence(), TSR_OK);
    const int64_t never = tsr_counter(TSR_COUNT_NEVER_STORED);
    for (int step = 0; step < STEPS; ++step) {
        TSR_SCOPE();
        const tsr_store now = s[step % 2], next = s[1 - step % 2], ends = part_of(next, 0, 1);
        const tsr_store a = tsr_store_create(TSR_I64, TSR_SHAPE(N - 2)), b = tsr_store_create(TSR_I64, TSR_SHAPE(N - 2));
        apply(TSR_OP_ADD, a, part_of(now, 0, N - 2), part_of(now, 2, N - 2));
        apply(TSR_OP_SUBTRACT, b, a, part_of(now, 1, N - 2));
        apply(TSR_OP_ADD, part_of(next, 1, N - 2), b, part_of(now, 1, N - 2));
        apply(TSR_OP_ADD, ends, part_of(next, 1, 1), part_of(next, 2, 1));
        apply(TSR_OP_COPY, part_of(next, N - 3, 3), part_of(next, 0, 3), ends);
        int64_t *x = model[step % 2], *y = model[1 - step % 2];
        for (int i = 1; i < N - 1; ++i)
            y[i] = (int64_t)((uint64_t)x[i - 1] + (uint64_t)x[i + 1]);
        y[0] = (int64_t)((uint64_t)y[1] + (uint64_t)y[2]);
        memcpy(y + N - 3, y, 3 * sizeof *y);
    }
    int64_t got[N];
    for (int k = 0; k < 2; ++k) {
        cr_assert_eq(tsr_read(s[k], got, sizeof got), TSR_OK, "%s", tsr_error_text());
        cr_expect_arr_eq(got, model[k], sizeof got);
    }
    cr_expect_eq(tsr_counter(TSR_COUNT_NEVER_STORED) - never, 2 * STEPS);
}

/* Any slices of a few stores, read and written, in place and overlapping; sums of slices. */
static void random_slices(uint64_t seed)
{
    enum { MANY = 5 };
    static const tsr_op ops[] = {TSR_OP_ADD, TSR_OP_SUBTRACT, TSR_OP_XOR};
    TSR_SCOPE();
    tsr_store s[MANY];
    int64_t   model[MANY][N];
    random_state = seed;
    for (int k = 0; k < MANY; ++k) {
        s[k] = filled(k);
        for (int i = 0; i < N; ++i)
            model[k][i] = k;
    }
    const int lengths = 1 + random_below(4), many = 2 + random_below(MANY - 1);
    for (int i = 0; i < FORMULAS; ++i) {
        TSR_SCOPE();
        const int n = 8 * (1 + random_below(lengths)), op = random_below(3);
        int store[3], first[3];
        for (int k = 0; k < 3; ++k) {
            store[k] = random_below(many);
            first[k] = random_below(3) > 0 ? 8 : random_below(N - n + 1);
        }
        int64_t answer[N];
        for (int e = 0; e < n; ++e) {
            const uint64_t x = (uint64_t)model[store[1]][first[1] + e], y = (uint64_t)model[store[2]][first[2] + e];
            answer[e] = (int64_t)(op == 0 ? x + y : op == 1 ? x - y : x ^ y);
        }
        if (random_below(4) > 0) {
            apply(ops[op], part_of(s[store[0]], first[0], n), part_of(s[store[1]], first[1], n),
                  part_of(s[store[2]], first[2], n));
            memcpy(model[store[0]] + first[0], answer, (size_t)n * sizeof *answer);
        } else { /* a temporary, folded into one element */
            tsr_formula f;
            const tsr_store t = tsr_store_create(TSR_I64, TSR_SHAPE(n)), into = part_of(s[store[0]], first[0], 1);
            apply(ops[op], t, part_of(s[store[1]], first[1], n), part_of(s[store[2]], first[2], n));
            tsr_formula_begin(&f, "sum");
            tsr_formula_fold(&f, tsr_formula_input(&f, TSR_I64), TSR_SUM, 1);
            cr_assert_eq(tsr_formula_issue(&f, &into, 1, (tsr_arg[]){tsr_arg_of(t)}, 1), TSR_OK, "%s",
                         tsr_error_text());
            uint64_t sum = 0;
            for (int e = 0; e < n; ++e)
                sum += (uint64_t)answer[e];
            model[store[0]][first[0]] = (int64_t)sum;
        }
    }
    for (int k = 0; k < MANY; ++k) {
        int64_t got[N];
        cr_assert_eq(tsr_read(s[k], got, sizeof got), TSR_OK, "%s", tsr_error_text());
        cr_assert_arr_eq(got, model[k], sizeof got, "seed %llu, store %d", (unsigned long long)seed, k);
    }
}

Test(execute_fusion, random_slices_in_several_open_groups)
{
    for (uint64_t seed = 1; seed <= 300; ++seed)
        random_slices(seed);
}
