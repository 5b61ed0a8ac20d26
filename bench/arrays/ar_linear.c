/* ar_linear.c - programs around products of matrices: solvers, fits, a layer of a network. */
#include <math.h>

#include "ar_list.h"

/* ---- gemm ---- */

static void gemm_setup(ar_state *s, int64_t n)
{
    s->a[0] = ar_noise(ND_SHAPE(n, n), 0.1);
    s->a[1] = ar_noise(ND_SHAPE(n, n), 0.6);
}

static void gemm(const ar_state *s, nd_array out[AR_RESULTS])
{
    out[0] = nd_matmul(s->a[0], s->a[1]);
}

const ar_program ar_gemm = {
    "gemm", "a product of two matrices", AR_SERVED, 2000, 150, gemm_setup, gemm,
};

/* ---- cg, pcg: conjugate gradients with a dense matrix ---- */

enum { CG_STEPS = 25 };

static void cg_setup(ar_state *s, int64_t n)
{
    ND_SCOPE();
    const nd_array b = ar_noise(ND_SHAPE(n, n), 0.3);
    const nd_array half = nd_mul(0.5, nd_add(b, nd_transpose(b)));
    s->a[0] = nd_keep(nd_add(half, nd_mul((double)n, nd_eye(n))));
    s->a[1] = nd_keep(ar_noise(ND_SHAPE(n), 0.7));
}

/* `inverse`: of the diagonal, to precondition by; NULL: not. */
static void gradients(const ar_state *s, const nd_array *inverse, nd_array out[AR_RESULTS])
{
    const nd_array x = nd_zeros_like(s->a[1]), r = nd_copy(s->a[1]);
    const nd_array p = inverse ? nd_mul(*inverse, r) : nd_copy(r), rz = nd_dot(r, p);
    for (int i = 0; i < CG_STEPS; ++i) {
        ND_SCOPE();
        const nd_array ap = nd_matmul(s->a[0], p);
        const nd_array alpha = nd_div(rz, nd_dot(p, ap));
        nd_add(x, nd_mul(alpha, p), .out = x);
        nd_sub(r, nd_mul(alpha, ap), .out = r);
        const nd_array z = inverse ? nd_mul(*inverse, r) : r, next = nd_dot(r, z);
        nd_add(z, nd_mul(nd_div(next, rz), p), .out = p);
        nd_assign(rz, next);
    }
    out[0] = nd_keep(x);
}

static void cg(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    gradients(s, NULL, out);
}

static void pcg(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array inverse = nd_div(1.0, nd_diagonal(s->a[0], 0, 0, 1));
    gradients(s, &inverse, out);
}

const ar_program ar_cg = {
    "cg", "25 steps of conjugate gradients, dense", AR_SERVED, 4000, 100, cg_setup, cg,
};
const ar_program ar_pcg = {
    "pcg", "the same, preconditioned by the diagonal", AR_SERVED, 4000, 100, cg_setup, pcg,
};

/* ---- kmeans: 16 centres of points in 8 dimensions ---- */

enum { KMEANS_STEPS = 10, KMEANS_CENTRES = 16, KMEANS_DIMENSIONS = 8 };

static void kmeans_setup(ar_state *s, int64_t n)
{
    s->a[0] = ar_noise(ND_SHAPE(n, KMEANS_DIMENSIONS), 0.2);
    s->a[1] = nd_arange(0, KMEANS_CENTRES, 1);
}

static void kmeans(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array x = s->a[0];
    const nd_array centres = nd_copy(nd_slice(x, ND_RANGE(0, KMEANS_CENTRES)));
    for (int i = 0; i < KMEANS_STEPS; ++i) {
        ND_SCOPE();
        const nd_array size = nd_sum(nd_square(centres), .axes = ND_AXES(1));
        const nd_array near = nd_sub(size, nd_mul(2.0, nd_matmul(x, nd_transpose(centres))));
        const nd_array label = nd_argmin(near, .axes = ND_AXES(1));
        const nd_array member =
            nd_astype(nd_equal(nd_expand_dims(s->a[1], 1), nd_expand_dims(label, 0)), ND_F64);
        const nd_array count = nd_sum(member, .axes = ND_AXES(1), .keepdims = true);
        nd_div(nd_matmul(member, x), nd_maximum(count, 1.0), .out = centres);
    }
    out[0] = nd_keep(centres);
}

const ar_program ar_kmeans = {
    "kmeans", "16 centres of points in 8 dimensions, 10 steps", AR_OTHER, 100000, 500, kmeans_setup, kmeans,
};

/* ---- linreg, logreg: fits by gradient descent ---- */

enum { FIT_STEPS = 20, FIT_FEATURES = 16 };
static const double linear_rate = 0.1, logistic_rate = 0.5;

static void fit_setup(ar_state *s, int64_t n)
{
    ND_SCOPE();
    s->a[0] = nd_keep(ar_noise(ND_SHAPE(n, FIT_FEATURES), 0.4));
    const nd_array mean = nd_mean(s->a[0], .axes = ND_AXES(1));
    s->a[1] = nd_keep(nd_astype(nd_greater(mean, 0.5), ND_F64));
    s->n = n;
}

ND_FORMULA(logistic, (z), { return 1.0 / (1.0 + exp(-z)); })

static void fit(const ar_state *s, bool is_logistic, double rate, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array x = s->a[0], y = s->a[1], w = nd_zeros(ND_F64, FIT_FEATURES);
    for (int i = 0; i < FIT_STEPS; ++i) {
        ND_SCOPE();
        const nd_array z = nd_matmul(x, w), p = is_logistic ? nd_map(logistic, z) : z;
        const nd_array gradient = nd_matmul(nd_transpose(x), nd_sub(p, y));
        nd_sub(w, nd_mul(rate / (double)s->n, gradient), .out = w);
    }
    out[0] = nd_keep(w);
}

static void linreg(const ar_state *s, nd_array out[AR_RESULTS])
{
    fit(s, false, linear_rate, out);
}

static void logreg(const ar_state *s, nd_array out[AR_RESULTS])
{
    fit(s, true, logistic_rate, out);
}

const ar_program ar_linreg = {
    "linreg", "20 steps of a linear fit of 16 features", AR_SERVED, 400000, 1000, fit_setup, linreg,
};
const ar_program ar_logreg = {
    "logreg", "20 steps of a logistic fit of 16 features", AR_OTHER, 400000, 1000, fit_setup, logreg,
};

/* ---- lstm: a layer forward in time ---- */

enum { LSTM_STEPS = 20, LSTM_INPUTS = 64, LSTM_HIDDEN = 128 };

static void lstm_setup(ar_state *s, int64_t n)
{
    ND_SCOPE();
    const double scale = 0.1;
    s->a[0] = nd_keep(ar_noise(ND_SHAPE(LSTM_STEPS, n, LSTM_INPUTS), 0.1));
    s->a[1] = nd_keep(nd_mul(scale, nd_sub(ar_noise(ND_SHAPE(LSTM_INPUTS, 4 * LSTM_HIDDEN), 0.2), 0.5)));
    s->a[2] = nd_keep(nd_mul(scale, nd_sub(ar_noise(ND_SHAPE(LSTM_HIDDEN, 4 * LSTM_HIDDEN), 0.3), 0.5)));
    s->a[3] = nd_keep(nd_mul(scale, ar_noise(ND_SHAPE(4 * LSTM_HIDDEN), 0.4)));
    s->n = n;
}

static nd_array gate(nd_array all, int k)
{
    return nd_slice(all, ND_ALL, ND_RANGE(k * LSTM_HIDDEN, (k + 1) * LSTM_HIDDEN));
}

static void lstm(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array h = nd_zeros(ND_F64, s->n, LSTM_HIDDEN), c = nd_zeros(ND_F64, s->n, LSTM_HIDDEN);
    for (int i = 0; i < LSTM_STEPS; ++i) {
        ND_SCOPE();
        const nd_array x = nd_slice(s->a[0], ND_AT(i));
        const nd_array all = nd_add(nd_add(nd_matmul(x, s->a[1]), nd_matmul(h, s->a[2])), s->a[3]);
        const nd_array in = nd_map(logistic, gate(all, 0)), forget = nd_map(logistic, gate(all, 1));
        const nd_array fresh = nd_tanh(gate(all, 2)), show = nd_map(logistic, gate(all, 3));
        nd_add(nd_mul(forget, c), nd_mul(in, fresh), .out = c);
        nd_mul(show, nd_tanh(c), .out = h);
    }
    out[0] = nd_keep(h);
    out[1] = nd_keep(c);
}

const ar_program ar_lstm = {
    "lstm", "a layer of 128 cells, 20 steps forward", AR_OTHER, 256, 8, lstm_setup, lstm,
};
