"""Formulas over whole arrays: black_scholes, chain, mandelbrot, nbody, statistics."""

import math

import numpy as np

MANDELBROT_STEPS = 40
NBODY_STEPS, NBODY_DT, NBODY_SOFT = 3, 0.01, 0.01
RATE, VOL = 0.02, 0.30

SETUP = {
    "black_scholes": lambda n, noise: (np.linspace(5, 30, n), np.linspace(100, 1, n),
                                       0.25 + np.arange(n) % 10),
    "chain": lambda n, noise: tuple(noise((n,), 0.1 * k) for k in range(4)),
    "mandelbrot": lambda n, noise: (np.linspace(-2.0, 0.5, n), np.linspace(-1.25, 1.25, n)),
    "nbody": lambda n, noise: (np.stack([noise((n,), 0.13 * k) for k in range(3)]),
                               np.stack([noise((n,), 0.13 * k) for k in range(3, 6)]),
                               noise((n,), 0.13 * 6)),
    "statistics": lambda n, noise: (noise((n,), 0.5),),
}


def numpy():
    from scipy.special import ndtr

    def black_scholes(spot, strike, years):
        root = np.sqrt(years)
        root *= VOL
        d1 = np.divide(spot, strike)
        np.log(d1, out=d1)
        d1 += (RATE + 0.5 * VOL * VOL) * years
        d1 /= root
        d2 = np.subtract(d1, root, out=root)
        bond = np.multiply(years, -RATE)
        np.exp(bond, out=bond)
        bond *= strike
        ndtr(d1, out=d1)
        ndtr(d2, out=d2)
        d1 *= spot
        d2 *= bond
        call = np.subtract(d1, d2, out=d1)
        put = np.subtract(call, spot, out=d2)
        put += bond
        return call, put

    def chain(a, b, c, e):
        d = a * b
        t = c * a
        d += t
        d -= e
        return (d,)

    def mandelbrot(x, y):
        n = len(x)
        zr, zi = np.zeros((n, n)), np.zeros((n, n))
        rr, ii, t = np.empty((n, n)), np.empty((n, n)), np.empty((n, n))
        mask, count = np.empty((n, n), bool), np.zeros((n, n), np.int32)
        y = y[:, None]
        for _ in range(MANDELBROT_STEPS):
            np.multiply(zr, zr, out=rr)
            np.multiply(zi, zi, out=ii)
            np.add(rr, ii, out=t)
            np.less_equal(t, 4.0, out=mask)
            np.add(count, mask, out=count)
            zi *= zr
            zi *= 2.0
            zi += y
            np.subtract(rr, ii, out=zr)
            zr += x
        return (count,)

    def nbody(x, v, mass):
        x, v = x.copy(), v.copy()
        n = x.shape[1]
        d, r2, t = np.empty((3, n, n)), np.empty((n, n)), np.empty((n, n))
        for _ in range(NBODY_STEPS):
            for k in range(3):
                np.subtract(x[k][None, :], x[k][:, None], out=d[k])
                np.multiply(d[k], d[k], out=r2 if k == 0 else t)
                if k > 0:
                    r2 += t
            r2 += NBODY_SOFT
            np.sqrt(r2, out=t)
            r2 *= t
            np.divide(mass, r2, out=r2)
            for k in range(3):
                v[k] += NBODY_DT * np.einsum("ij,ij->i", d[k], r2)
            x += NBODY_DT * v
        return x[0], x[1], x[2]

    def statistics(x):
        return (np.array([x.mean(), x.std(), x.max(), x.min()]),)

    return dict(black_scholes=black_scholes, chain=chain, mandelbrot=mandelbrot, nbody=nbody,
                statistics=statistics)


def numba():
    import numba as nb

    @nb.njit(parallel=True)
    def black_scholes(spot, strike, years):
        n = len(spot)
        call, put = np.empty(n), np.empty(n)
        for i in nb.prange(n):
            root = VOL * math.sqrt(years[i])
            d1 = (math.log(spot[i] / strike[i]) + (RATE + 0.5 * VOL * VOL) * years[i]) / root
            d2 = d1 - root
            bond = strike[i] * math.exp(-RATE * years[i])
            c = (spot[i] * 0.5 * math.erfc(-d1 * math.sqrt(0.5))
                 - bond * 0.5 * math.erfc(-d2 * math.sqrt(0.5)))
            call[i] = c
            put[i] = c - spot[i] + bond
        return call, put

    @nb.njit(parallel=True)
    def chain(a, b, c, e):
        d = np.empty_like(a)
        for i in nb.prange(len(a)):
            d[i] = a[i] * b[i] + c[i] * a[i] - e[i]
        return (d,)

    @nb.njit(parallel=True)
    def mandelbrot(x, y):
        n = len(x)
        count = np.zeros((n, n), np.int32)
        for i in nb.prange(n):
            for j in range(n):
                zr, zi, m = 0.0, 0.0, 0
                for _ in range(MANDELBROT_STEPS):
                    rr, ii = zr * zr, zi * zi
                    if not rr + ii <= 4.0:
                        break
                    m += 1
                    zi = 2.0 * zr * zi + y[i]
                    zr = rr - ii + x[j]
                count[i, j] = m
        return (count,)

    @nb.njit(parallel=True)
    def forces(x, mass):
        n = x.shape[1]
        f = np.empty((3, n))
        for i in nb.prange(n):
            fx = fy = fz = 0.0
            for j in range(n):
                dx, dy, dz = x[0, j] - x[0, i], x[1, j] - x[1, i], x[2, j] - x[2, i]
                r2 = dx * dx + dy * dy + dz * dz + NBODY_SOFT
                pull = mass[j] / (r2 * math.sqrt(r2))
                fx += dx * pull
                fy += dy * pull
                fz += dz * pull
            f[0, i], f[1, i], f[2, i] = fx, fy, fz
        return f

    def nbody(x, v, mass):
        x, v = x.copy(), v.copy()
        for _ in range(NBODY_STEPS):
            v += NBODY_DT * forces(x, mass)
            x += NBODY_DT * v
        return x[0], x[1], x[2]

    @nb.njit(parallel=True)
    def moments(x):
        total, low, high = 0.0, np.inf, -np.inf
        for i in nb.prange(len(x)):
            total += x[i]
            low = min(low, x[i])
            high = max(high, x[i])
        mean = total / len(x)
        square = 0.0
        for i in nb.prange(len(x)):
            square += (x[i] - mean) ** 2
        return np.array([mean, math.sqrt(square / len(x)), high, low])

    return dict(black_scholes=black_scholes, chain=chain, mandelbrot=mandelbrot, nbody=nbody,
                statistics=lambda x: (moments(x),))


def jax():
    import jax as j
    import jax.numpy as jn

    @j.jit
    def black_scholes(spot, strike, years):
        root = VOL * jn.sqrt(years)
        d1 = (jn.log(spot / strike) + (RATE + 0.5 * VOL * VOL) * years) / root
        d2 = d1 - root
        bond = strike * jn.exp(-RATE * years)
        call = spot * j.scipy.special.ndtr(d1) - bond * j.scipy.special.ndtr(d2)
        return call, call - spot + bond

    @j.jit
    def chain(a, b, c, e):
        return (a * b + c * a - e,)

    @j.jit
    def mandelbrot(x, y):
        n = len(x)
        y = y[:, None]

        def step(_, z):
            zr, zi, count = z
            rr, ii = zr * zr, zi * zi
            return rr - ii + x, 2.0 * zr * zi + y, count + (rr + ii <= 4.0)

        zero = jn.zeros((n, n))
        return (j.lax.fori_loop(0, MANDELBROT_STEPS, step, (zero, zero, jn.zeros((n, n), jn.int32)))[2],)

    @j.jit
    def nbody(x, v, mass):
        def step(_, s):
            x, v = s
            d = x[:, None, :] - x[:, :, None]
            r2 = (d * d).sum(0) + NBODY_SOFT
            v = v + NBODY_DT * (d * (mass / (r2 * jn.sqrt(r2)))).sum(2)
            return x + NBODY_DT * v, v

        x, v = j.lax.fori_loop(0, NBODY_STEPS, step, (x, v))
        return x[0], x[1], x[2]

    @j.jit
    def statistics(x):
        return (jn.stack([x.mean(), x.std(), x.max(), x.min()]),)

    return dict(black_scholes=black_scholes, chain=chain, mandelbrot=mandelbrot, nbody=nbody,
                statistics=statistics)
