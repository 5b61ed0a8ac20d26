"""Formulas over neighbours: jacobi, stencil_3d, gray_scott, cavity."""

import numpy as np

JACOBI_SWEEPS, HEAT_STEPS = 20, 10
GS_STEPS, DU, DV, FEED, KILL = 20, 0.16, 0.08, 0.035, 0.065
CAVITY_STEPS, PRESSURE_STEPS, DT, RHO, NU = 5, 20, 0.0001, 1.0, 0.1

SETUP = {
    "jacobi": lambda n, noise: (noise((n, n), 0.25),),
    "stencil_3d": lambda n, noise: (noise((n, n, n), 0.75),),
    "gray_scott": lambda n, noise: (0.5 + 0.5 * noise((n, n), 0.0), 0.25 * noise((n, n), 0.5)),
    "cavity": lambda n, noise: tuple(0.1 * noise((n, n), s) for s in (0.1, 0.2, 0.3)),
}


def numpy():
    def around(a, out):
        np.add(a[:-2, 1:-1], a[2:, 1:-1], out=out)
        out += a[1:-1, :-2]
        out += a[1:-1, 2:]
        return out

    def jacobi(plate):
        now, new = plate.copy(), plate.copy()
        for _ in range(JACOBI_SWEEPS):
            inner = around(now, new[1:-1, 1:-1])
            inner *= 0.25
            now, new = new, now
        return (now,)

    def stencil_3d(block):
        now, new = block.copy(), block.copy()
        t = np.empty_like(now[1:-1, 1:-1, 1:-1])
        for _ in range(HEAT_STEPS):
            middle, inner = now[1:-1, 1:-1, 1:-1], new[1:-1, 1:-1, 1:-1]
            np.add(now[:-2, 1:-1, 1:-1], now[2:, 1:-1, 1:-1], out=inner)
            inner += now[1:-1, :-2, 1:-1]
            inner += now[1:-1, 2:, 1:-1]
            inner += now[1:-1, 1:-1, :-2]
            inner += now[1:-1, 1:-1, 2:]
            np.multiply(middle, 6.0, out=t)
            inner -= t
            inner *= 0.1
            inner += middle
            now, new = new, now
        return (now,)

    def gray_scott(u, v):
        u, v = [u.copy(), u.copy()], [v.copy(), v.copy()]
        t, uvv = np.empty_like(u[0][1:-1, 1:-1]), np.empty_like(u[0][1:-1, 1:-1])
        for i in range(GS_STEPS):
            a, b = u[i % 2], v[i % 2]
            um, vm = a[1:-1, 1:-1], b[1:-1, 1:-1]
            nu, nv = u[1 - i % 2][1:-1, 1:-1], v[1 - i % 2][1:-1, 1:-1]
            np.multiply(um, vm, out=uvv)
            uvv *= vm
            around(a, nu)
            np.multiply(um, 4.0, out=t)
            nu -= t
            nu *= DU
            nu += um
            nu -= uvv
            np.subtract(1.0, um, out=t)
            t *= FEED
            nu += t
            around(b, nv)
            np.multiply(vm, 4.0, out=t)
            nv -= t
            nv *= DV
            nv += vm
            nv += uvv
            np.multiply(vm, FEED + KILL, out=t)
            nv -= t
        return u[GS_STEPS % 2], v[GS_STEPS % 2]

    def source(u, v, h):
        half = 1 / (2 * h)
        ux, vy = half * (u[1:-1, 2:] - u[1:-1, :-2]), half * (v[2:, 1:-1] - v[:-2, 1:-1])
        uy, vx = half * (u[2:, 1:-1] - u[:-2, 1:-1]), half * (v[1:-1, 2:] - v[1:-1, :-2])
        b = 1 / DT * (ux + vy)
        b -= ux * ux
        uy *= vx
        uy *= 2.0
        b -= uy
        b -= vy * vy
        b *= RHO * h * h / 4
        return b

    def pressure(p, b):
        for i in range(PRESSURE_STEPS):
            now, new = p[i % 2], p[1 - i % 2]
            inner = around(now, new[1:-1, 1:-1])
            inner *= 0.25
            inner -= b
            new[:, -1] = new[:, -2]
            new[0, :] = new[1, :]
            new[:, 0] = new[:, 1]
            new[-1, :] = 0.0

    def move(a, u, v, push, h, t, out):
        c, d = DT / h, NU * DT / (h * h)
        m = a[1:-1, 1:-1]
        around(a, out)
        np.multiply(m, 4.0, out=t)
        out -= t
        out *= d
        np.subtract(m, a[1:-1, :-2], out=t)
        t *= u[1:-1, 1:-1]
        t *= c
        out -= t
        np.subtract(m, a[:-2, 1:-1], out=t)
        t *= v[1:-1, 1:-1]
        t *= c
        out -= t
        out += m
        out -= push

    def cavity(u, v, p):
        n = len(u)
        h = 2.0 / (n - 1)
        by = DT / (2 * RHO * h)
        u, v, p = [u.copy(), u.copy()], [v.copy(), v.copy()], [p.copy(), p.copy()]
        t = np.empty((n - 2, n - 2))
        for i in range(CAVITY_STEPS):
            a, b, nu, nv = u[i % 2], v[i % 2], u[1 - i % 2], v[1 - i % 2]
            pressure(p, source(a, b, h))
            q = p[0]
            move(a, a, b, by * (q[1:-1, 2:] - q[1:-1, :-2]), h, t, nu[1:-1, 1:-1])
            move(b, a, b, by * (q[2:, 1:-1] - q[:-2, 1:-1]), h, t, nv[1:-1, 1:-1])
            for wall in (np.s_[0, :], np.s_[:, 0], np.s_[:, -1], np.s_[-1, :]):
                nu[wall] = 0.0
                nv[wall] = 0.0
            nu[-1, :] = 1.0
        return u[CAVITY_STEPS % 2], v[CAVITY_STEPS % 2], p[0]

    return dict(jacobi=jacobi, stencil_3d=stencil_3d, gray_scott=gray_scott, cavity=cavity)


def numba():
    import numba as nb

    @nb.njit(parallel=True)
    def sweep(a, out):
        n, m = a.shape
        for i in nb.prange(1, n - 1):
            for k in range(1, m - 1):
                out[i, k] = 0.25 * (a[i - 1, k] + a[i + 1, k] + a[i, k - 1] + a[i, k + 1])

    def jacobi(plate):
        now, new = plate.copy(), plate.copy()
        for _ in range(JACOBI_SWEEPS):
            sweep(now, new)
            now, new = new, now
        return (now,)

    @nb.njit(parallel=True)
    def heat(a, out):
        n = a.shape[0]
        for i in nb.prange(1, n - 1):
            for j in range(1, n - 1):
                for k in range(1, n - 1):
                    m = a[i, j, k]
                    s = (a[i - 1, j, k] + a[i + 1, j, k] + a[i, j - 1, k] + a[i, j + 1, k]
                         + a[i, j, k - 1] + a[i, j, k + 1])
                    out[i, j, k] = m + 0.1 * (s - 6.0 * m)

    def stencil_3d(block):
        now, new = block.copy(), block.copy()
        for _ in range(HEAT_STEPS):
            heat(now, new)
            now, new = new, now
        return (now,)

    @nb.njit(parallel=True)
    def react(a, b, u, v):
        n = a.shape[0]
        for i in nb.prange(1, n - 1):
            for k in range(1, n - 1):
                um, vm = a[i, k], b[i, k]
                lu = a[i - 1, k] + a[i + 1, k] + a[i, k - 1] + a[i, k + 1] - 4.0 * um
                lv = b[i - 1, k] + b[i + 1, k] + b[i, k - 1] + b[i, k + 1] - 4.0 * vm
                uvv = um * vm * vm
                u[i, k] = um + DU * lu - uvv + FEED * (1.0 - um)
                v[i, k] = vm + DV * lv + uvv - (FEED + KILL) * vm

    def gray_scott(u, v):
        u, v = [u.copy(), u.copy()], [v.copy(), v.copy()]
        for i in range(GS_STEPS):
            react(u[i % 2], v[i % 2], u[1 - i % 2], v[1 - i % 2])
        return u[GS_STEPS % 2], v[GS_STEPS % 2]

    @nb.njit(parallel=True)
    def relax(now, new, b):
        n = now.shape[0]
        for i in nb.prange(1, n - 1):
            for k in range(1, n - 1):
                new[i, k] = 0.25 * (now[i - 1, k] + now[i + 1, k] + now[i, k - 1] + now[i, k + 1]) - b[i, k]
        for i in range(n):
            new[i, n - 1] = new[i, n - 2]
        for k in range(n):
            new[0, k] = new[1, k]
        for i in range(n):
            new[i, 0] = new[i, 1]
        for k in range(n):
            new[n - 1, k] = 0.0

    @nb.njit(parallel=True)
    def source(u, v, h, b):
        n, half = u.shape[0], 1 / (2 * h)
        for i in nb.prange(1, n - 1):
            for k in range(1, n - 1):
                ux, vy = half * (u[i, k + 1] - u[i, k - 1]), half * (v[i + 1, k] - v[i - 1, k])
                uy, vx = half * (u[i + 1, k] - u[i - 1, k]), half * (v[i, k + 1] - v[i, k - 1])
                b[i, k] = RHO * h * h / 4 * (1 / DT * (ux + vy) - ux * ux - 2.0 * (uy * vx) - vy * vy)

    @nb.njit(parallel=True)
    def move(a, b, p, h, u, v):
        n = a.shape[0]
        by, c, d = DT / (2 * RHO * h), DT / h, NU * DT / (h * h)
        for i in nb.prange(1, n - 1):
            for k in range(1, n - 1):
                x, y = a[i, k], b[i, k]
                u[i, k] = (x - (c * x * (x - a[i, k - 1]) + c * y * (x - a[i - 1, k]))
                           - by * (p[i, k + 1] - p[i, k - 1])
                           + d * (a[i - 1, k] + a[i + 1, k] + a[i, k - 1] + a[i, k + 1] - 4.0 * x))
                v[i, k] = (y - (c * x * (y - b[i, k - 1]) + c * y * (y - b[i - 1, k]))
                           - by * (p[i + 1, k] - p[i - 1, k])
                           + d * (b[i - 1, k] + b[i + 1, k] + b[i, k - 1] + b[i, k + 1] - 4.0 * y))
        for k in range(n):
            u[0, k] = u[k, 0] = u[k, n - 1] = v[0, k] = v[k, 0] = v[k, n - 1] = v[n - 1, k] = 0.0
        for k in range(n):
            u[n - 1, k] = 1.0

    def cavity(u, v, p):
        h = 2.0 / (len(u) - 1)
        u, v, p = [u.copy(), u.copy()], [v.copy(), v.copy()], [p.copy(), p.copy()]
        b = np.empty_like(p[0])
        for i in range(CAVITY_STEPS):
            source(u[i % 2], v[i % 2], h, b)
            for k in range(PRESSURE_STEPS):
                relax(p[k % 2], p[1 - k % 2], b)
            move(u[i % 2], v[i % 2], p[0], h, u[1 - i % 2], v[1 - i % 2])
        return u[CAVITY_STEPS % 2], v[CAVITY_STEPS % 2], p[0]

    return dict(jacobi=jacobi, stencil_3d=stencil_3d, gray_scott=gray_scott, cavity=cavity)


def jax():
    import jax as j
    import jax.numpy as jn

    def around(a):
        return a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]

    @j.jit
    def jacobi(plate):
        step = lambda _, a: a.at[1:-1, 1:-1].set(0.25 * around(a))
        return (j.lax.fori_loop(0, JACOBI_SWEEPS, step, plate),)

    @j.jit
    def stencil_3d(block):
        def step(_, a):
            m = a[1:-1, 1:-1, 1:-1]
            s = (a[:-2, 1:-1, 1:-1] + a[2:, 1:-1, 1:-1] + a[1:-1, :-2, 1:-1] + a[1:-1, 2:, 1:-1]
                 + a[1:-1, 1:-1, :-2] + a[1:-1, 1:-1, 2:])
            return a.at[1:-1, 1:-1, 1:-1].set(m + 0.1 * (s - 6.0 * m))
        return (j.lax.fori_loop(0, HEAT_STEPS, step, block),)

    @j.jit
    def gray_scott(u, v):
        def step(_, s):
            a, b = s
            um, vm = a[1:-1, 1:-1], b[1:-1, 1:-1]
            uvv = um * vm * vm
            a = a.at[1:-1, 1:-1].set(um + DU * (around(a) - 4.0 * um) - uvv + FEED * (1.0 - um))
            b = b.at[1:-1, 1:-1].set(vm + DV * (around(b) - 4.0 * vm) + uvv - (FEED + KILL) * vm)
            return a, b
        return j.lax.fori_loop(0, GS_STEPS, step, (u, v))

    @j.jit
    def cavity(u, v, p):
        h = 2.0 / (len(u) - 1)
        half, by, c, d = 1 / (2 * h), DT / (2 * RHO * h), DT / h, NU * DT / (h * h)

        def move(a, u, v, push):
            m = a[1:-1, 1:-1]
            along = (c * u[1:-1, 1:-1] * (m - a[1:-1, :-2]) + c * v[1:-1, 1:-1] * (m - a[:-2, 1:-1]))
            return a.at[1:-1, 1:-1].set(m - along - push + d * (around(a) - 4.0 * m))

        def relax(b):
            def step(_, p):
                p = p.at[1:-1, 1:-1].set(0.25 * around(p) - b)
                p = p.at[:, -1].set(p[:, -2])
                p = p.at[0, :].set(p[1, :])
                p = p.at[:, 0].set(p[:, 1])
                return p.at[-1, :].set(0.0)
            return step

        def step(_, s):
            u, v, p = s
            ux, vy = half * (u[1:-1, 2:] - u[1:-1, :-2]), half * (v[2:, 1:-1] - v[:-2, 1:-1])
            uy, vx = half * (u[2:, 1:-1] - u[:-2, 1:-1]), half * (v[1:-1, 2:] - v[1:-1, :-2])
            b = RHO * h * h / 4 * (1 / DT * (ux + vy) - ux * ux - 2.0 * (uy * vx) - vy * vy)
            p = j.lax.fori_loop(0, PRESSURE_STEPS, relax(b), p)
            nu = move(u, u, v, by * (p[1:-1, 2:] - p[1:-1, :-2]))
            nv = move(v, u, v, by * (p[2:, 1:-1] - p[:-2, 1:-1]))
            for wall in (np.s_[0, :], np.s_[:, 0], np.s_[:, -1], np.s_[-1, :]):
                nu, nv = nu.at[wall].set(0.0), nv.at[wall].set(0.0)
            return nu.at[-1, :].set(1.0), nv, p

        return j.lax.fori_loop(0, CAVITY_STEPS, step, (u, v, p))

    return dict(jacobi=jacobi, stencil_3d=stencil_3d, gray_scott=gray_scott, cavity=cavity)
