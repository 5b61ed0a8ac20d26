/* Random formulas over views of a few stores, fused or not, on any ranks and pieces, against a model that
 * computes element by element; and float sums, whose bits are the same everywhere. */
#include <math.h>

#include "formula_model.h"
#include "ranks_try.h"

enum { ARRAYS = 7, MOST = 64 * 64, STEPS = 24, POOL = 40, VIEWS = 6 };

/* A store, and what it should hold. */
typedef struct array {
    tsr_type  type;
    int64_t   extent[2];
    tsr_store store;
    char      host[MOST * 16];
} array;

/* One element of an array for each index of a shape. */
typedef struct view {
    int       of;
    int64_t   offset, stride[2]; /* elements */
    tsr_store store;             /* {0}: a value */
    tsr_type  type;
    unsigned char value[16];
} view;

/* The formula that is built, said a second time. */
typedef struct said {
    int         n;
    tsr_op      op[POOL]; /* TSR_OP_NONE: input `x`; TSR_N_OPS: constant; TSR_N_OPS + 1: index along x */
    tsr_type    type[POOL];
    int         x[POOL], y[POOL], z[POOL];
    model_value constant[POOL];
} said;

typedef struct test {
    uint64_t random;
    int64_t  extent[2]; /* of the stores */
    array    a[ARRAYS];
    char     before[MOST * 16], after[2][MOST * 16];
} test;

static uint64_t draw(test *t, uint64_t n)
{
    t->random = t->random * 6364136223846793005ull + 1442695040888963407ull;
    return (t->random >> 33) % n;
}

static const tsr_type types[] = {TSR_BOOL, TSR_I8,  TSR_I16, TSR_I32, TSR_I64, TSR_U8,  TSR_U16, TSR_U32, TSR_U64,
                                 TSR_F16,  TSR_BF16, TSR_F32, TSR_F64, TSR_F64, TSR_F32, TSR_C64, TSR_C128};

static void element_draw(test *t, tsr_type type, void *to)
{
    static const double odd[] = {0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 0.5, 3e9, -7.25, 1e300};
    model_value v = {0, 0, 0};
    const tsr_type from = draw(t, 4) == 0 ? TSR_F64 : TSR_I64;
    v.whole = (int64_t)draw(t, 2000) - 1000;
    if (draw(t, 8) == 0)
        v.whole = (int64_t)((uint64_t)draw(t, 1u << 31) << 33 | draw(t, 1u << 31));
    v.re = odd[draw(t, sizeof odd / sizeof odd[0])];
    model_store(type, model_cast(from, type, v), to);
}

static int array_make(test *t, array *a, tsr_type type)
{
    const int64_t n = t->extent[0] * t->extent[1];
    const size_t  bytes = tsr_type_size(type);
    a->type = type;
    memcpy(a->extent, t->extent, sizeof a->extent);
    a->store = tsr_store_create(type, TSR_SHAPE(t->extent[0], t->extent[1]));
    for (int64_t i = 0; i < n; ++i)
        element_draw(t, type, a->host + (size_t)i * bytes);
    NEED_OK(tsr_write(a->store, a->host, (size_t)n * bytes));
    return 0;
}

/* ---- views ---- */

/* The part of the stores that a formula works on. */
typedef struct part {
    int64_t low[2], extent[2];
    bool    whole;
} part;

static view view_of(test *t, int of, const part *p, bool stretch)
{
    const array  *a = &t->a[of];
    const int64_t columns = a->extent[1];
    view          v = {.of = of, .type = a->type, .store = a->store};
    const bool    back = draw(t, 4) == 0;
    v.offset = p->low[0] * columns + p->low[1];
    v.stride[0] = columns;
    v.stride[1] = 1;
    if (!p->whole || back) {
        v.store = tsr_slice(v.store, 0, p->low[0], p->low[0] + p->extent[0], 1);
        if (back) {
            const int64_t last = p->low[1] + p->extent[1] - 1;
            v.store = tsr_slice(v.store, 1, last, p->low[1] - 1, -1);
            v.offset += p->extent[1] - 1;
            v.stride[1] = p->extent[1] > 1 ? -1 : 1;
        } else {
            v.store = tsr_slice(v.store, 1, p->low[1], p->low[1] + p->extent[1], 1);
        }
    }
    if (stretch && draw(t, 5) == 0) { /* one row, for all */
        v.store = tsr_project(v.store, 0, 0);
        v.stride[0] = 0;
    } else if (stretch && draw(t, 6) == 0) { /* one column */
        v.store = tsr_slice(v.store, 1, 0, 1, 1);
        v.stride[1] = 0;
    }
    return v;
}

static const void *element(const test *t, const view *v, int64_t i, int64_t j)
{
    if (v->store.id == 0)
        return v->value;
    return t->a[v->of].host + (v->offset + i * v->stride[0] + j * v->stride[1]) * (int64_t)tsr_type_size(v->type);
}

/* ---- random formulas ---- */

static int cast_to(said *s, tsr_formula *f, int x, tsr_type to)
{
    if (s->type[x] == to)
        return x;
    (void)tsr_formula_cast(f, x, to);
    s->op[s->n] = TSR_OP_CAST;
    s->type[s->n] = to;
    s->x[s->n] = x;
    return s->n++;
}

static bool is_in_model(tsr_op op, tsr_type type)
{
    const bool complex = type == TSR_C64 || type == TSR_C128;
    if (op >= TSR_OP_CBRT && op <= TSR_OP_LGAMMA)
        return false;
    switch (op) {
    case TSR_OP_HYPOT:
    case TSR_OP_ARCTAN2:
    case TSR_OP_PAIR:
    case TSR_OP_CAST: return false;
    case TSR_OP_POWER: return type < TSR_F16;
    case TSR_OP_DIVIDE:
    case TSR_OP_ABSOLUTE: return !complex;
    default: return true;
    }
}

static void term_draw(test *t, said *s, tsr_formula *f)
{
    const int kind = (int)draw(t, 12);
    if (kind == 0 || kind == 1) {
        const int n = s->n++;
        s->op[n] = (tsr_op)(TSR_N_OPS + kind);
        s->type[n] = TSR_I64;
        s->x[n] = (int)draw(t, 2);
        if (kind == 1) {
            (void)tsr_formula_index(f, s->x[n]);
            return;
        }
        unsigned char e[16];
        s->type[n] = types[draw(t, sizeof types / sizeof types[0])];
        element_draw(t, s->type[n], e);
        s->constant[n] = model_load(s->type[n], e);
        (void)tsr_formula_constant(f, s->type[n], e);
        return;
    }
    const tsr_op op = (tsr_op)(1 + draw(t, TSR_N_OPS - 1));
    int x = (int)draw(t, (uint64_t)s->n), y = (int)draw(t, (uint64_t)s->n), z = 0;
    if (!tsr_op_takes(op, s->type[x]) || !is_in_model(op, s->type[x]))
        return;
    y = cast_to(s, f, y, s->type[x]);
    tsr_type result = s->type[x];
    if (op == TSR_OP_SELECT) {
        z = y;
        y = x;
        x = cast_to(s, f, (int)draw(t, (uint64_t)s->n), TSR_BOOL);
    }
    result = tsr_formula_type(f, tsr_formula_apply(f, op, x, y, z));
    const int n = s->n++;
    s->op[n] = op;
    s->type[n] = result;
    s->x[n] = x, s->y[n] = y, s->z[n] = z;
}

static void evaluate(const test *t, const said *s, const view *in, int64_t i, int64_t j, model_value *v)
{
    for (int k = 0; k < s->n; ++k) {
        const tsr_type of[3] = {s->type[s->x[k]], s->type[s->y[k]], s->type[s->z[k]]};
        if (s->op[k] == TSR_OP_NONE)
            v[k] = model_load(s->type[k], element(t, &in[s->x[k]], i, j));
        else if (s->op[k] == TSR_N_OPS)
            v[k] = s->constant[k];
        else if (s->op[k] == TSR_N_OPS + 1)
            v[k] = (model_value){s->x[k] == 0 ? i : j, 0, 0};
        else if (s->op[k] == TSR_OP_CAST)
            v[k] = model_cast(of[0], s->type[k], v[s->x[k]]);
        else
            v[k] = model_apply(s->op[k], of, s->type[k], v[s->x[k]], v[s->y[k]], v[s->z[k]]);
    }
}

/* A formula of random terms into one or two random arrays. */
static int formula_try(test *t)
{
    tsr_formula f;
    said        s = {0};
    view        in[VIEWS], out[2];
    part        p = {{0, 0}, {t->extent[0], t->extent[1]}, draw(t, 3) != 0};
    if (!p.whole)
        for (int d = 0; d < 2; ++d) {
            p.low[d] = (int64_t)draw(t, (uint64_t)t->extent[d]);
            p.extent[d] = 1 + (int64_t)draw(t, (uint64_t)(t->extent[d] - p.low[d]));
        }
    const int n_in = 1 + (int)draw(t, VIEWS), n_out = 1 + (int)(draw(t, 4) == 0);
    tsr_formula_begin(&f, "random");
    for (int k = 0; k < n_in; ++k) {
        in[k] = view_of(t, (int)draw(t, ARRAYS), &p, k > 0);
        if (k > 0 && draw(t, 5) == 0) {
            in[k].store.id = 0;
            element_draw(t, in[k].type, in[k].value);
        }
        (void)tsr_formula_input(&f, in[k].type);
        s.op[s.n] = TSR_OP_NONE;
        s.type[s.n] = in[k].type;
        s.x[s.n++] = k;
    }
    for (int k = (int)draw(t, 10); k > 0 && s.n < POOL - 8; --k)
        term_draw(t, &s, &f);
    tsr_store outs[2];
    tsr_arg   ins[VIEWS];
    int       term[2];
    const int first = (int)draw(t, ARRAYS);
    for (int k = 0; k < n_out; ++k) {
        out[k] = view_of(t, (first + k) % ARRAYS, &p, false);
        outs[k] = out[k].store;
        term[k] = cast_to(&s, &f, k == 0 ? s.n - 1 : (int)draw(t, (uint64_t)s.n), out[k].type);
        tsr_formula_output(&f, term[k]);
    }
    for (int k = 0; k < n_in; ++k)
        ins[k] = in[k].store.id != 0 ? tsr_arg_store(in[k].store) : tsr_arg_data(in[k].type, in[k].value);
    NEED_OK(tsr_formula_issue(&f, outs, n_out, ins, n_in));
    for (int k = 0; k < n_out; ++k)
        memcpy(t->after[k], t->a[out[k].of].host, sizeof t->after[k]);
    for (int64_t i = 0; i < p.extent[0]; ++i)
        for (int64_t j = 0; j < p.extent[1]; ++j) {
            model_value v[POOL];
            evaluate(t, &s, in, i, j, v);
            for (int k = 0; k < n_out; ++k)
                model_store(out[k].type, v[term[k]],
                            t->after[k] + (out[k].offset + i * out[k].stride[0] + j * out[k].stride[1]) *
                                              (int64_t)tsr_type_size(out[k].type));
        }
    for (int k = 0; k < n_out; ++k)
        memcpy(t->a[out[k].of].host, t->after[k], sizeof t->after[k]);
    return 0;
}

static int arrays_compare(test *t)
{
    const int64_t n = t->extent[0] * t->extent[1];
    for (int k = 0; k < ARRAYS; ++k) {
        const array *a = &t->a[k];
        const size_t bytes = tsr_type_size(a->type);
        NEED_OK(tsr_read(a->store, t->before, (size_t)n * bytes));
        for (int64_t i = 0; i < n; ++i)
            if (!model_same(a->type, a->host + (size_t)i * bytes, t->before + (size_t)i * bytes)) {
                const model_value w = model_load(a->type, a->host + (size_t)i * bytes);
                const model_value g = model_load(a->type, t->before + (size_t)i * bytes);
                fprintf(stderr, "# array %d of %s, element %d: %lld, %g, %g; should be %lld, %g, %g\n", k,
                        tsr_type_name(a->type), (int)i, (long long)g.whole, g.re, g.im,
                        (long long)w.whole, w.re, w.im);
                return 1;
            }
    }
    return 0;
}

/* ---- folds ---- */

static model_value fold(tsr_reduction r, tsr_type type, model_value x, model_value y)
{
    const tsr_type types_of[3] = {type, type, 0};
    static const tsr_op op[] = {[TSR_SUM] = TSR_OP_ADD, [TSR_PRODUCT] = TSR_OP_MULTIPLY, [TSR_MIN] = TSR_OP_MINIMUM,
                                [TSR_MAX] = TSR_OP_MAXIMUM, [TSR_AND] = TSR_OP_AND, [TSR_OR] = TSR_OP_OR,
                                [TSR_XOR] = TSR_OP_XOR};
    if ((r == TSR_MIN || r == TSR_MAX) && x.re == y.re && x.whole == y.whole)
        return (signbit(x.re) != 0) == (r == TSR_MIN) ? x : y;
    return model_apply(op[r], types_of, type, x, y, y);
}

/* An array times something, folded along some axes, beside the product itself. */
static int fold_try(test *t)
{
    static const tsr_reduction of_floats[] = {TSR_MIN, TSR_MAX};
    const view     in = view_of(t, (int)draw(t, ARRAYS), &(part){{0, 0}, {t->extent[0], t->extent[1]}, true}, false);
    const bool     is_whole = in.type < TSR_F16;
    const unsigned axes = 1 + (unsigned)draw(t, 3);
    const int64_t  rows = axes & 1 ? 1 : t->extent[0], columns = axes & 2 ? 1 : t->extent[1];
    const tsr_reduction r = is_whole ? (tsr_reduction)(in.type == TSR_BOOL ? TSR_MIN + draw(t, 5) : TSR_SUM + draw(t, 7))
                                     : of_floats[draw(t, 2)];
    if (in.type >= TSR_C64)
        return 0;
    tsr_formula f;
    tsr_formula_begin(&f, "folded");
    const tsr_term x = tsr_formula_input(&f, in.type), y = tsr_apply(&f, TSR_OP_MAXIMUM, x, x);
    tsr_formula_fold(&f, y, r, axes);
    tsr_store total = tsr_store_create(in.type, TSR_SHAPE(rows, columns));
    if (draw(t, 2) == 0 && (axes & 1))
        total = tsr_project(total, 0, 0);
    if (axes == 1 && tsr_store_shape(total).rank == 2)
        total = tsr_slice(total, 1, 0, columns, 1);
    const bool dropped = tsr_store_shape(total).rank == 1 && axes == 3;
    if (dropped)
        total = tsr_project(total, 0, 0);
    NEED_OK(tsr_formula_issue(&f, &total, 1, (tsr_arg[]){tsr_arg_store(in.store)}, 1));
    const size_t bytes = tsr_type_size(in.type);
    NEED_OK(tsr_read(total, t->before, (size_t)(rows * columns) * bytes));
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; ++j) {
            model_value sum = {0, 0, 0};
            char        want[16];
            bool        first = true;
            for (int64_t k = i; k < (axes & 1 ? t->extent[0] : i + 1); ++k)
                for (int64_t l = j; l < (axes & 2 ? t->extent[1] : j + 1); ++l, first = false) {
                    const model_value e = model_load(in.type, element(t, &in, k, l));
                    sum = first ? e : fold(r, in.type, sum, e);
                }
            model_store(in.type, sum, want);
            NEED(model_same(in.type, want, t->before + (size_t)(i * columns + j) * bytes));
        }
    return 0;
}

/* ---- programs ---- */

static int random_program(int argc, char **argv, void *user)
{
    static const int64_t shapes[][2] = {{7, 13}, {1, 40}, {29, 1}, {16, 16}, {50, 33}, {3, 3}};
    test *t = calloc(1, sizeof *t);
    int   failed = t == NULL;
    (void)argc, (void)argv;
    for (uint64_t seed = 0; seed < 6 && !failed; ++seed) {
        TSR_SCOPE();
        t->random = *(const uint64_t *)user * 1000 + seed;
        memcpy(t->extent, shapes[draw(t, 6)], sizeof t->extent);
        for (int k = 0; k < ARRAYS && !failed; ++k)
            failed = array_make(t, &t->a[k], types[draw(t, sizeof types / sizeof types[0])]);
        for (int k = 0; k < STEPS && !failed; ++k)
            failed = draw(t, 8) == 0 ? fold_try(t) : formula_try(t);
        failed = failed || arrays_compare(t);
        if (failed)
            fprintf(stderr, "# seed %d of program %d\n", (int)seed, (int)*(const uint64_t *)user);
    }
    free(t);
    return failed;
}

/* Sums of floats along any axes: the bits of the first run, and near the exact sum. */
static int float_sums(int argc, char **argv, void *user)
{
    enum { R = 70, C = 900 };
    static _Thread_local double host[R * C]; /* ranks are threads here */
    double       *known = user, got[R + C + 1];
    (void)argc, (void)argv;
    TSR_SCOPE();
    double exact = 0;
    for (int i = 0; i < R * C; ++i)
        exact += host[i] = (i * 7919 % 1000 - 400) * 0.001;
    const tsr_store a = tsr_store_create(TSR_F64, TSR_SHAPE(R, C));
    const tsr_store rows = tsr_store_create(TSR_F64, TSR_SHAPE(R)), columns = tsr_store_create(TSR_F64, TSR_SHAPE(C));
    const tsr_store all = tsr_store_create(TSR_F64, TSR_SHAPE());
    NEED_OK(tsr_write(a, host, sizeof host));
    tsr_formula f;
    tsr_formula_begin(&f, "sums");
    const tsr_term x = tsr_formula_input(&f, TSR_F64);
    tsr_formula_fold(&f, x, TSR_SUM, 2);
    tsr_formula_fold(&f, x, TSR_SUM, 1);
    tsr_formula_fold(&f, x, TSR_SUM, TSR_ALL_AXES);
    NEED_OK(tsr_formula_issue(&f, (tsr_store[]){rows, columns, all}, 3, (tsr_arg[]){tsr_arg_of(a)}, 1));
    NEED_OK(tsr_read(rows, got, R * sizeof(double)));
    NEED_OK(tsr_read(columns, got + R, C * sizeof(double)));
    NEED_OK(tsr_value(all, got + R + C));
    NEED(fabs(got[R + C] - exact) < 1e-8);
    if (tsr_rank() == 0 && isnan(known[0]))
        memcpy(known, got, sizeof got);
    NEED(tsr_rank() != 0 || memcmp(known, got, sizeof got) == 0);
    return 0;
}

/* ---- failures ---- */

enum { FAIL_INTO };

static tsr_status fail_body(const tsr_task_context *t)
{
    const tsr_out_f64_1d into = tsr_out_f64_1d_of(t, FAIL_INTO);
    return into.box.low[0] == 0 ? TSR_FAIL(TASK_FAILED, "nothing today") : TSR_OK;
}

static const tsr_task_desc failing = {
    .name = "test.failing",
    .args = {[FAIL_INTO] = {TSR_WRITE, TSR_F64, 1}},
    .variants = {[TSR_CPU] = {.body = fail_body}},
};

static tsr_status sum_of(tsr_store into, tsr_store x, tsr_store y)
{
    tsr_formula f;
    tsr_formula_begin(&f, "sum");
    const tsr_term a = tsr_formula_input(&f, TSR_F64), b = tsr_formula_input(&f, TSR_F64);
    tsr_formula_output(&f, tsr_apply(&f, TSR_OP_ADD, a, b));
    return tsr_formula_issue(&f, &into, 1, (tsr_arg[]){tsr_arg_of(x), tsr_arg_of(y)}, 2);
}

/* What depends on a failed store is failed; what stands beside it in the same pass is not. */
static int failures(int argc, char **argv, void *user)
{
    enum { N = 500 };
    double got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store bad = tsr_store_create(TSR_F64, TSR_SHAPE(N)), good = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    const tsr_store worse = tsr_store_create(TSR_F64, TSR_SHAPE(N)), again = tsr_store_create(TSR_F64, TSR_SHAPE(N));
    const tsr_store one = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){1});
    NEED_OK(tsr_issue(&failing, [FAIL_INTO] = tsr_arg_of(bad)));
    NEED_OK(sum_of(good, one, one));
    NEED_OK(sum_of(worse, bad, one));
    NEED_OK(sum_of(again, worse, good));
    NEED_OK(sum_of(worse, good, one)); /* is good again, although it was failed before */
    tsr_error_clear();
    NEED_OK(tsr_read(good, got, sizeof got));
    for (int i = 0; i < N; ++i)
        NEED(got[i] == 2);
    NEED(tsr_read(again, got, sizeof got) == TSR_TASK_FAILED);
    NEED(strstr(tsr_error_text(), "nothing today") && strstr(tsr_error_text(), "ranks_formulas.c"));
    NEED_OK(tsr_read(worse, got, sizeof got));
    for (int i = 0; i < N; ++i)
        NEED(got[i] == 3);
    return 0;
}

/* The sanitizer of threads takes ten times as long: a third of the programs then. */
#ifdef __SANITIZE_THREAD__
enum { EVERY = 3 };
#else
enum { EVERY = 1 };
#endif

int main(void)
{
    int    failed = 0;
    double known[70 + 900 + 1] = {NAN};
    for (int fuse = 0; fuse < 2; ++fuse) {
        setenv("TESSERA_FUSE", fuse ? "1" : "0", 1);
        for (uint64_t program = (uint64_t)fuse * (EVERY / 2); program < 6; program += EVERY) {
            char name[40];
            snprintf(name, sizeof name, "%s_%d", fuse ? "fused" : "alone", (int)program);
            setenv("TESSERA_VECTOR", program % 3 == 0 ? "0" : program % 3 == 1 ? "1" : "2", 1);
            setenv("TESSERA_COMPILE", (program + (uint64_t)fuse) % 2 == 0 ? "2" : "1", 1);
            failed += try_ranks(name, random_program, &program);
        }
        unsetenv("TESSERA_COMPILE");
        failed += try_ranks(fuse ? "failures_fused" : "failures", failures, NULL);
        failed += try_ranks_after_one(fuse ? "float_sums_fused" : "float_sums", float_sums, known);
    }
    return failed;
}
