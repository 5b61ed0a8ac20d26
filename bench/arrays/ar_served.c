/* ar_served.c - programs of one library call or two: transforms, factors, sorting, scans, convolutions. */
#include <complex.h>

#include "ar_list.h"

/* ---- sort, scan ---- */

static void row_setup(ar_state *s, int64_t n)
{
    s->a[0] = ar_noise(ND_SHAPE(n), 0.9);
}

static void sort(const ar_state *s, nd_array out[AR_RESULTS])
{
    out[0] = nd_sort(s->a[0]);
}

static void scan(const ar_state *s, nd_array out[AR_RESULTS])
{
    out[0] = nd_cumsum(s->a[0]);
}

const ar_program ar_sort = {
    "sort", "4 million doubles", AR_OTHER, 4000000, 1000, row_setup, sort,
};
const ar_program ar_scan = {
    "scan", "sums up to each of 20 million", AR_OTHER, 20000000, 40000, row_setup, scan,
};

/* ---- histogram, quantiles ---- */

static void histogram(const ar_state *s, nd_array out[AR_RESULTS])
{
    out[0] = nd_histogram(s->a[0], 100, NULL);
}

static void quantiles(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array x = s->a[0];
    out[0] = nd_keep(nd_stack(0, nd_quantile(x, 0.25), nd_median(x), nd_quantile(x, 0.99)));
}

const ar_program ar_histogram = {
    "histogram", "100 parts of the range of 4 million", AR_OTHER, 4000000, 1000, row_setup, histogram,
};
const ar_program ar_quantiles = {
    "quantiles", "three of 8 million", AR_OTHER, 8000000, 150000, row_setup, quantiles,
};

/* ---- fft2: there and back ---- */

static void fft2_setup(ar_state *s, int64_t n)
{
    ND_SCOPE();
    const nd_array re = ar_noise(ND_SHAPE(n, n), 0.1), im = ar_noise(ND_SHAPE(n, n), 0.5);
    s->a[0] = nd_keep(nd_add(re, nd_mul(im, (double complex)I)));
}

static void fft2(const ar_state *s, nd_array out[AR_RESULTS])
{
    out[0] = nd_fft2(s->a[0]);
    out[1] = nd_ifft2(out[0]);
}

const ar_program ar_fft2 = {
    "fft2", "a transform of complex numbers and back", AR_SERVED, 2048, 64, fft2_setup, fft2,
};

/* ---- cholesky ---- */

static void cholesky_setup(ar_state *s, int64_t n)
{
    ND_SCOPE();
    const nd_array b = ar_noise(ND_SHAPE(n, n), 0.3);
    s->a[0] = nd_keep(nd_add(nd_mul(0.5, nd_add(b, nd_transpose(b))), nd_mul((double)n, nd_eye(n))));
}

static void cholesky(const ar_state *s, nd_array out[AR_RESULTS])
{
    out[0] = nd_cholesky(s->a[0]);
}

const ar_program ar_cholesky = {
    "cholesky", "a factor of a matrix", AR_SERVED, 2000, 150, cholesky_setup, cholesky,
};

/* ---- richardson_lucy: an image sharpened (Richardson 1972, Lucy 1974) ---- */

enum { LUCY_STEPS = 5, LUCY_KERNEL = 9 };

static void lucy_setup(ar_state *s, int64_t n)
{
    ND_SCOPE();
    const nd_array kernel = nd_add(0.1, ar_noise(ND_SHAPE(LUCY_KERNEL, LUCY_KERNEL), 0.2));
    s->a[0] = nd_keep(nd_add(0.1, ar_noise(ND_SHAPE(n, n), 0.6)));
    s->a[1] = nd_keep(nd_div(kernel, nd_sum(kernel)));
}

static void lucy(const ar_state *s, nd_array out[AR_RESULTS])
{
    ND_SCOPE();
    const nd_array image = s->a[0], kernel = s->a[1], mirror = nd_flip(kernel);
    const nd_array guess = nd_full_like(image, 0.5);
    for (int i = 0; i < LUCY_STEPS; ++i) {
        ND_SCOPE();
        const nd_array blurred = nd_convolve2d(guess, kernel, .mode = ND_CONVOLVE_SAME);
        const nd_array better = nd_convolve2d(nd_div(image, blurred), mirror, .mode = ND_CONVOLVE_SAME);
        nd_mul(guess, better, .out = guess);
    }
    out[0] = nd_keep(guess);
}

const ar_program ar_richardson_lucy = {
    "richardson_lucy", "an image sharpened, 9 x 9, 5 steps", AR_OTHER, 256, 40, lucy_setup, lucy,
};
