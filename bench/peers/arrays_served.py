"""Programs of one library call or two: sort, scan, fft2, cholesky, richardson_lucy."""

import numpy as np

LUCY_STEPS = 5


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
                cholesky=lambda a: (np.linalg.cholesky(a),), richardson_lucy=richardson_lucy)


def numba():
    return {}


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
                cholesky=j.jit(lambda a: (jn.linalg.cholesky(a),)), richardson_lucy=j.jit(richardson_lucy))
