"""Around products of matrices: gemm, cg, pcg, kmeans, linreg, logreg, lstm."""

import numpy as np

CG_STEPS, KMEANS_STEPS, CENTRES, FIT_STEPS, HIDDEN, INPUTS, LSTM_STEPS = 25, 10, 16, 20, 128, 64, 20
LINEAR_RATE, LOGISTIC_RATE = 0.1, 0.5


def cg_setup(n, noise):
    b = noise((n, n), 0.3)
    return 0.5 * (b + b.T) + n * np.eye(n), noise((n,), 0.7)


def fit_setup(n, noise):
    x = noise((n, 16), 0.4)
    return x, (x.mean(1) > 0.5).astype(float)


SETUP = {
    "gemm": lambda n, noise: (noise((n, n), 0.1), noise((n, n), 0.6)),
    "cg": cg_setup,
    "pcg": cg_setup,
    "kmeans": lambda n, noise: (noise((n, 8), 0.2),),
    "linreg": fit_setup,
    "logreg": fit_setup,
    "lstm": lambda n, noise: (noise((LSTM_STEPS, n, INPUTS), 0.1), 0.1 * (noise((INPUTS, 4 * HIDDEN), 0.2) - 0.5),
                              0.1 * (noise((HIDDEN, 4 * HIDDEN), 0.3) - 0.5), 0.1 * noise((4 * HIDDEN,), 0.4)),
}


def numpy():
    from scipy.special import expit

    def gemm(a, b):
        return (a @ b,)

    def gradients(a, b, inverse):
        x, r, t = np.zeros_like(b), b.copy(), np.empty_like(b)
        z = r if inverse is None else inverse * r
        p, rz = z.copy(), r @ z
        for _ in range(CG_STEPS):
            ap = a @ p
            alpha = rz / (p @ ap)
            np.multiply(p, alpha, out=t)
            x += t
            ap *= alpha
            r -= ap
            z = r if inverse is None else np.multiply(inverse, r, out=t)
            new = r @ z
            p *= new / rz
            p += z
            rz = new
        return (x,)

    def kmeans(x):
        centres = x[:CENTRES].copy()
        rows = np.arange(CENTRES)
        for _ in range(KMEANS_STEPS):
            near = x @ (-2.0 * centres.T)
            near += (centres * centres).sum(1)
            label = near.argmin(1)
            count = np.bincount(label, minlength=CENTRES)
            for k in range(x.shape[1]):
                centres[:, k] = np.bincount(label, weights=x[:, k], minlength=CENTRES)
            centres /= np.maximum(count, 1.0)[rows, None]
        return (centres,)

    def fit(x, y, rate, curve):
        w, n = np.zeros(x.shape[1]), len(x)
        for _ in range(FIT_STEPS):
            p = x @ w
            if curve is not None:
                curve(p, out=p)
            p -= y
            w -= rate / n * (x.T @ p)
        return (w,)

    def lstm(x, wx, wh, b):
        n = x.shape[1]
        h, c = np.zeros((n, HIDDEN)), np.zeros((n, HIDDEN))
        for i in range(LSTM_STEPS):
            a = x[i] @ wx
            a += h @ wh
            a += b
            u, f, g, o = (a[:, k * HIDDEN:(k + 1) * HIDDEN] for k in range(4))
            expit(u, out=u)
            expit(f, out=f)
            np.tanh(g, out=g)
            expit(o, out=o)
            c *= f
            u *= g
            c += u
            np.tanh(c, out=h)
            h *= o
        return h, c

    return dict(gemm=gemm, cg=lambda a, b: gradients(a, b, None),
                pcg=lambda a, b: gradients(a, b, 1.0 / a.diagonal()), kmeans=kmeans,
                linreg=lambda x, y: fit(x, y, LINEAR_RATE, None),
                logreg=lambda x, y: fit(x, y, LOGISTIC_RATE, expit), lstm=lstm)


def numba():
    import math

    import numba as nb

    @nb.njit(parallel=True)
    def assign(x, centres, sums, counts):
        parts = sums.shape[0]
        n, m = x.shape
        for q in nb.prange(parts):
            sums[q] = 0.0
            counts[q] = 0.0
            for i in range(n * q // parts, n * (q + 1) // parts):
                best, least = 0, np.inf
                for k in range(CENTRES):
                    d = 0.0
                    for j in range(m):
                        d += (x[i, j] - centres[k, j]) ** 2
                    if d < least:
                        best, least = k, d
                counts[q, best] += 1.0
                for j in range(m):
                    sums[q, best, j] += x[i, j]

    def kmeans(x):
        parts = nb.get_num_threads()
        centres = x[:CENTRES].copy()
        sums, counts = np.empty((parts, CENTRES, x.shape[1])), np.empty((parts, CENTRES))
        for _ in range(KMEANS_STEPS):
            assign(x, centres, sums, counts)
            centres = sums.sum(0) / np.maximum(counts.sum(0), 1.0)[:, None]
        return (centres,)

    @nb.njit(parallel=True)
    def step(x, y, w, parts, logistic):
        n, m = x.shape
        q_count = parts.shape[0]
        for q in nb.prange(q_count):
            g = np.zeros(m)
            for i in range(n * q // q_count, n * (q + 1) // q_count):
                z = 0.0
                for j in range(m):
                    z += x[i, j] * w[j]
                if logistic:
                    z = 1.0 / (1.0 + math.exp(-z))
                z -= y[i]
                for j in range(m):
                    g[j] += z * x[i, j]
            parts[q] = g

    def fit(x, y, rate, logistic):
        w, parts = np.zeros(x.shape[1]), np.empty((nb.get_num_threads(), x.shape[1]))
        for _ in range(FIT_STEPS):
            step(x, y, w, parts, logistic)
            w = w - rate / len(x) * parts.sum(0)
        return (w,)

    return dict(kmeans=kmeans, linreg=lambda x, y: fit(x, y, LINEAR_RATE, False),
                logreg=lambda x, y: fit(x, y, LOGISTIC_RATE, True))


def jax():
    import jax as j
    import jax.numpy as jn

    @j.jit
    def gemm(a, b):
        return (a @ b,)

    def gradients(a, b, inverse):
        def step(_, s):
            x, r, p, rz = s
            ap = a @ p
            alpha = rz / (p @ ap)
            x, r = x + alpha * p, r - alpha * ap
            z = inverse * r
            new = r @ z
            return x, r, z + new / rz * p, new
        z = inverse * b
        return (j.lax.fori_loop(0, CG_STEPS, step, (jn.zeros_like(b), b, z, b @ z))[0],)

    @j.jit
    def cg(a, b):
        return gradients(a, b, 1.0)

    @j.jit
    def pcg(a, b):
        return gradients(a, b, 1.0 / a.diagonal())

    @j.jit
    def kmeans(x):
        def step(_, centres):
            near = (centres * centres).sum(1) - 2.0 * x @ centres.T
            member = j.nn.one_hot(near.argmin(1), CENTRES, dtype=x.dtype)
            return member.T @ x / jn.maximum(member.sum(0), 1.0)[:, None]
        return (j.lax.fori_loop(0, KMEANS_STEPS, step, x[:CENTRES]),)

    def fit(x, y, rate, curve):
        def step(_, w):
            return w - rate / len(x) * (x.T @ (curve(x @ w) - y))
        return (j.lax.fori_loop(0, FIT_STEPS, step, jn.zeros(x.shape[1])),)

    @j.jit
    def lstm(x, wx, wh, b):
        n = x.shape[1]

        def step(s, x):
            h, c = s
            u, f, g, o = jn.split(x @ wx + h @ wh + b, 4, axis=1)
            c = j.nn.sigmoid(f) * c + j.nn.sigmoid(u) * jn.tanh(g)
            return (j.nn.sigmoid(o) * jn.tanh(c), c), None
        return j.lax.scan(step, (jn.zeros((n, HIDDEN)), jn.zeros((n, HIDDEN))), x)[0]

    return dict(gemm=gemm, cg=cg, pcg=pcg, kmeans=kmeans,
                linreg=j.jit(lambda x, y: fit(x, y, LINEAR_RATE, lambda z: z)),
                logreg=j.jit(lambda x, y: fit(x, y, LOGISTIC_RATE, j.nn.sigmoid)), lstm=lstm)
