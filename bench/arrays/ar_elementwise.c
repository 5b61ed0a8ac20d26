/* ar_elementwise.c - programs that are formulas over whole arrays. */
#include <math.h>

#include "ar_list.h"

/* ---- black_scholes: calls and puts ---- */

ND_FORMULA(normal_cdf, (d), { return 0.5 * erfc(-d * M_SQRT1_2); })

ND_FORMULA(call_price, (spot, strike, years, rate, vol), {
    double d1 = (log(spot / strike) + (rate + 0.5 * vol * vol) * years) / (vol * sqrt(years));
    double d2 = d1 - vol * sqrt(years);
    return spot * normal_cdf(d1) - strike * exp(-rate * years) * normal_cdf(d2);
})

ND_FORMULA(discount, (years, rate), { return exp(-rate * years); })

static void black_scholes_setup(ar_state *s, int64_t n)
{
    s->a[0] = nd_linspace(5, 30, n);
    s->a[1] = nd_linspace(100, 1, n);
    s->a[2] = nd_add(0.25, nd_mod(nd_arange(0, n, 1), 10));
}

static void black_scholes(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array spot = s->a[0], strike = s->a[1], years = s->a[2];
    const nd_array call = nd_map(call_price, spot, strike, years, 0.02, 0.30);
    const nd_array bond = nd_mul(strike, nd_map(discount, years, 0.02));
    out[0] = nd_keep(call);
    out[1] = nd_keep(nd_add(nd_sub(call, spot), bond)); /* put-call parity */
}

const ar_program ar_black_scholes = {
    "black_scholes", "prices of calls and puts", AR_ELEMENTWISE, 4000000, 1000,
    black_scholes_setup, black_scholes,
};

/* ---- chain: one expression from memory ---- */

static void chain_setup(ar_state *s, int64_t n)
{
    for (int k = 0; k < 4; ++k)
        s->a[k] = ar_noise(ND_SHAPE(n), 0.1 * k);
}

static void chain(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array a = s->a[0], b = s->a[1], c = s->a[2], e = s->a[3];
    out[0] = nd_keep(nd_sub(nd_add(nd_mul(a, b), nd_mul(c, a)), e));
}

const ar_program ar_chain = {
    "chain", "a * b + c * a - e", AR_ELEMENTWISE, 20000000, 1000, chain_setup, chain,
};

/* ---- mandelbrot: steps until |z| > 2 ---- */

enum { MANDELBROT_STEPS = 40 };

static void mandelbrot_setup(ar_state *s, int64_t n)
{
    s->a[0] = nd_linspace(-2.0, 0.5, n);
    s->a[1] = nd_linspace(-1.25, 1.25, n);
}

static void mandelbrot(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const int64_t  n = nd_size(s->a[0]);
    const nd_shape shape = ND_SHAPE(n, n);
    const nd_array cr = nd_broadcast_to(s->a[0], shape);
    const nd_array ci = nd_broadcast_to(nd_expand_dims(s->a[1], 1), shape);
    const nd_array zr = nd_zeros(ND_F64, n, n), zi = nd_zeros(ND_F64, n, n);
    const nd_array count = nd_zeros(ND_I32, n, n);
    for (int k = 0; k < MANDELBROT_STEPS; ++k) {
        ND_SCOPE();
        const nd_array rr = nd_mul(zr, zr), ii = nd_mul(zi, zi);
        nd_add(count, nd_less_equal(nd_add(rr, ii), 4.0), .out = count);
        nd_add(nd_mul(nd_mul(2.0, zr), zi), ci, .out = zi);
        nd_add(nd_sub(rr, ii), cr, .out = zr);
    }
    out[0] = nd_keep(count);
}

const ar_program ar_mandelbrot = {
    "mandelbrot", "the set on a grid, 40 steps", AR_ELEMENTWISE, 1000, 60, mandelbrot_setup, mandelbrot,
};

/* ---- nbody: all pairs by broadcasting ---- */

enum { NBODY_STEPS = 3 };
static const double nbody_dt = 0.01, nbody_soft = 0.01;

static void nbody_setup(ar_state *s, int64_t n)
{
    for (int k = 0; k < 7; ++k) /* places, speeds, masses */
        s->a[k] = ar_noise(ND_SHAPE(n), 0.13 * k);
}

static void nbody(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    nd_array       x[3], v[3];
    const nd_array mass = s->a[6];
    for (int k = 0; k < 3; ++k) {
        x[k] = nd_copy(s->a[k]);
        v[k] = nd_copy(s->a[3 + k]);
    }
    for (int step = 0; step < NBODY_STEPS; ++step) {
        ND_SCOPE();
        nd_array d[3];
        for (int k = 0; k < 3; ++k)
            d[k] = nd_sub(nd_expand_dims(x[k], 0), nd_expand_dims(x[k], 1));
        const nd_array r2 = nd_add(nd_add(nd_add(nd_mul(d[0], d[0]), nd_mul(d[1], d[1])),
                                          nd_mul(d[2], d[2])), nbody_soft);
        const nd_array pull = nd_div(mass, nd_mul(r2, nd_sqrt(r2)));
        for (int k = 0; k < 3; ++k) {
            const nd_array force = nd_sum(nd_mul(d[k], pull), .axes = ND_AXES(1));
            nd_add(v[k], nd_mul(nbody_dt, force), .out = v[k]);
        }
        for (int k = 0; k < 3; ++k)
            nd_add(x[k], nd_mul(nbody_dt, v[k]), .out = x[k]);
    }
    for (int k = 0; k < 3; ++k)
        out[k] = nd_keep(x[k]);
}

const ar_program ar_nbody = {
    "nbody", "all pairs of bodies, 3 steps", AR_ELEMENTWISE, 2048, 100, nbody_setup, nbody,
};

/* ---- statistics: four numbers of one array ---- */

static void statistics_setup(ar_state *s, int64_t n)
{
    s->a[0] = ar_noise(ND_SHAPE(n), 0.5);
}

static void statistics(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array x = s->a[0], mean = nd_mean(x);
    const nd_array spread = nd_sqrt(nd_mean(nd_square(nd_sub(x, mean))));
    out[0] = nd_keep(nd_stack(0, mean, spread, nd_max(x), nd_min(x)));
}

const ar_program ar_statistics = {
    "statistics", "mean, standard deviation, greatest, least", AR_ELEMENTWISE, 20000000, 1000,
    statistics_setup, statistics,
};
