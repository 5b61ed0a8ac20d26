"""Programs of one library call or two: sort, scan, fft2, cholesky, richardson_lucy, histogram, quantiles."""

import numpy as np

LUCY_STEPS, BINS, QUANTILES = 5, 100, (0.25, 0.5, 0.99)


def cholesky_setup(n, noise):
    b = noise((n, n), 0.3)
    return (0.5 * (b + b.T) + n * np.eye(n),)


def lucy_setup(n, noise):
    kernel = 0.1 + noise((9, 9), 0.2)
    return 0.1 + noise((n, n), 0.6), kernel / kernel.sum()


SETUP = {
    "sort": lambda n, noise: (noise((n,), 0.9),),
    "scan": lambda n, noise: (noise((n,), 0.9),),
    "fft2": lambda n, noise: (noise((n, n), 0.1) + 1j * noise((n, n), 0.5),),
    "cholesky": cholesky_setup,
    "richardson_lucy": lucy_setup,
    "histogram": lambda n, noise: (noise((n,), 0.9),),
    "quantiles": lambda n, noise: (noise((n,), 0.9),),
}


def numpy():
    import scipy.fft
    from scipy.signal import convolve

    def fft2(a):
        b = scipy.fft.fft2(a, workers=2)       # numpy's own has one thread
        return b, scipy.fft.ifft2(b, workers=2)

    def richardson_lucy(image, kernel):
        mirror, guess = kernel[::-1, ::-1], np.full_like(image, 0.5)
        for _ in range(LUCY_STEPS):
            guess *= convolve(image / convolve(guess, kernel, "same"), mirror, "same")   # direct or FFT: the faster
        return (guess,)

    return dict(sort=lambda a: (np.sort(a),), scan=lambda a: (np.cumsum(a),), fft2=fft2,
                cholesky=lambda a: (np.linalg.cholesky(a),), richardson_lucy=richardson_lucy,
                histogram=lambda a: (np.histogram(a, BINS)[0],), quantiles=lambda a: (np.quantile(a, QUANTILES),))


def numba():
    import numba as nb

    @nb.njit(parallel=True)
    def histogram(a):
        parts = nb.get_num_threads()
        n, low, high = len(a), np.empty(parts), np.empty(parts)
        for q in nb.prange(parts):
            low[q] = high[q] = a[n * q // parts]
            for i in range(n * q // parts, n * (q + 1) // parts):
                low[q], high[q] = min(low[q], a[i]), max(high[q], a[i])
        least, most = low.min(), high.max()
        edges, scale = np.linspace(least, most, BINS + 1), BINS / (most - least)
        counts = np.zeros((parts, BINS), np.int64)
        for q in nb.prange(parts):
            for i in range(n * q // parts, n * (q + 1) // parts):
                k = min(int((a[i] - least) * scale), BINS - 1)
                if a[i] < edges[k]:
                    k -= 1
                elif a[i] >= edges[k + 1] and k != BINS - 1:
                    k += 1
                counts[q, k] += 1
        return (counts.sum(0),)

    return dict(histogram=histogram)


def jax():
    import jax as j
    import jax.numpy as jn

    def fft2(a):
        b = jn.fft.fft2(a)
        return b, jn.fft.ifft2(b)

    def richardson_lucy(image, kernel):
        def same(a, k):
            return j.scipy.signal.convolve(a, k, mode="same")

        def step(_, guess):
            return guess * same(image / same(guess, kernel), kernel[::-1, ::-1])
        return (j.lax.fori_loop(0, LUCY_STEPS, step, jn.full_like(image, 0.5)),)

    return dict(sort=j.jit(lambda a: (jn.sort(a),)), scan=j.jit(lambda a: (jn.cumsum(a),)), fft2=j.jit(fft2),
                cholesky=j.jit(lambda a: (jn.linalg.cholesky(a),)), richardson_lucy=j.jit(richardson_lucy),
                histogram=j.jit(lambda a: (jn.histogram(a, BINS)[0],)),
                quantiles=j.jit(lambda a: (jn.quantile(a, jn.array(QUANTILES)),)))
