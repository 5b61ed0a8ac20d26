"""The cases of products of matrices and vectors: cases.py calls write(w, rng, tools)."""

import itertools

import numpy as np

PAIRS = {  # shapes of both operands; the refused ones among them
    "matmul": [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 3), (3, 1)), ((4, 1), (1, 5)),
               ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)),
               ((2, 3, 4), (4,)), ((3,), (2, 3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0)),
               ((0,), (0,)), ((0, 2, 3), (3, 2)), ((1, 1), (1, 1)), ((7, 1, 1), (1, 6)), ((2, 3), (4, 5)),
               ((2, 2, 3), (3, 3, 2)), ((), (3,)), ((3,), (4,)), ((17, 33), (33, 9))],
    "dot": [((), ()), ((3,), ()), ((), (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
            ((2, 4, 3), (3,)), ((2, 4, 3), (5, 3, 2)), ((2, 3), (5, 3, 2)), ((2, 0), (0, 3)), ((2, 3), (4, 5)),
            ((2, 2, 3), (2, 2, 3))],
    "inner": [((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 4, 3), (5, 3)), ((2, 3), (2, 4)),
              ((0, 3), (2, 3))],
    "vdot": [((6,), (6,)), ((2, 3), (3, 2)), ((), ()), ((0,), (0,)), ((2,), (3,))],
    "outer": [((3,), (4,)), ((2, 2), (3,)), ((), (3,)), ((0,), (3,))],
}
LARGE = [((300, 20), (20, 270)), ((520, 3), (3, 700)), ((270, 260), (260, 257)), ((2, 257, 5), (5, 258)),
         ((6, 9000), (9000, 5)), ((1, 9000), (9000, 300)), ((300, 9000), (9000,)), ((257, 65), (65, 513))]
VIEWS = [("::-1", "::2, 1:4"), ("1:4, ::-2", ":, ::-1"), ("::2, ::2", "::-2, ::-1")]


def of(tools, kind, rng, shape):
    """Numbers whose products and sums stay in range."""
    return tools.small(kind, rng, shape)


def answer(tools, name, x, y):
    """NumPy's answer; bfloat16 as float32, rounded once."""
    p, q = tools.wide(tools.value_of(x)), tools.wide(tools.value_of(y))
    half = tools.bf16_result([tools.value_of(x), tools.value_of(y)], np.zeros(0, np.result_type(p, q)))
    try:
        out = np.asarray(getattr(np, name)(p, q))
    except ValueError:
        return "BAD_SHAPE", 0
    if out.dtype.kind not in "fc":
        return out, 0
    with np.errstate(all="ignore"):
        a, b = (np.abs(np.where(np.isfinite(v), v, 0).astype(complex)) for v in (p, q))
        terms = max(1, p.shape[-1] if p.shape else 1)
        bound = np.max(getattr(np, name)(a, b), initial=0) if out.size else 0
    eps = 2.0 ** -8 if half else np.finfo(out.dtype).eps
    return (tools.Bf16(out) if half else out), float(bound) * eps * (2 if eps > 1e-4 else 4 + terms)


def case(w, tools, rng, name, x, y):
    out, bound = answer(tools, name, x, y)
    w.case(name, "abs:" + float(bound).hex() if bound else 0)
    w.operand(x)
    w.operand(y)
    w.failure(out) if isinstance(out, str) else w.expect(out)


def write_products(w, rng, tools):
    for name, pairs in PAIRS.items():
        for kind, (s, t) in itertools.product(tools.TYPES, pairs):
            case(w, tools, rng, name, of(tools, kind, rng, s), of(tools, kind, rng, t))
        for first, second in itertools.product(tools.TYPES, tools.TYPES):
            if first != second and rng.random() < 0.5 and "bf16" not in (first, second):
                s, t = ((2, 3), (3, 4)) if name in ("matmul", "dot") else ((6,), (6,))
                case(w, tools, rng, name, of(tools, first, rng, s), of(tools, second, rng, t))
    for kind, (s, t) in itertools.product(("f64", "f32", "c128", "i8", "u16", "i64", "bool", "f16"), VIEWS):
        root, other = of(tools, kind, rng, (6, 5)), of(tools, kind, rng, (6, 5))
        for name in ("matmul", "dot", "inner", "outer", "vdot"):
            case(w, tools, rng, name, tools.View(root, s), tools.View(other, t))
        turned = of(tools, kind, rng, (5, 6)) if not isinstance(root, tools.Bf16) else root
        w.case("matmul_turned", "abs:" + (1e-2).hex() if kind[0] in "fc" else 0)
        w.operand(root)
        w.operand(tools.View(turned, "::-1"))
        w.expect(np.matmul(root.T, turned[::-1].T))
    for kind, (s, t) in itertools.product(("f64", "f32", "c64", "c128", "i32", "u8", "bool"), LARGE):
        case(w, tools, rng, "matmul", of(tools, kind, rng, s), of(tools, kind, rng, t))
    for kind in ("f64", "f32", "c128"):      # what is not finite stays where it was
        x, y = of(tools, kind, rng, (4, 5)), of(tools, kind, rng, (5, 3))
        x[1, 2], x[3, 0], y[0, 1] = np.nan, np.inf, 0
        if kind != "c128":
            case(w, tools, rng, "matmul", x, y)
            case(w, tools, rng, "matmul", x, y[:, 0].copy())


def write_outs(w, rng, tools):
    """Products of small integers, exact in every type, with an `out`; of dot NumPy takes no other type."""
    def one(name, x, y, out):
        into = np.array(out)
        try:
            found = getattr(np, name)(x, y, out=into)
        except TypeError:
            found = "BAD_TYPE"
        except ValueError:
            found = "BAD_SHAPE"
        w.case(name + "_to", 0)
        for v in (x, y, out):
            w.operand(v)
        w.failure(found) if isinstance(found, str) else w.expect(found)

    for kind, (x, y, out) in itertools.product(("i32", "u8", "f32", "f64", "c64", "bool"),
                                               (((3, 4), (4, 2), (3, 2)), ((4,), (4, 2), (2,)), ((4,), (4,), ()),
                                                ((3, 4), (4, 2), (2, 3)), ((3, 4), (4, 2), (6,)))):
        a, b = (rng.integers(0, 5, s).astype(tools.TYPES[kind]) for s in (x, y))
        one("dot", a, b, np.ones(out, tools.TYPES[kind]))
        for to in ("i16", "i64", "f64", "c128"):
            if len(out) == len({0: (), 1: (2,), 2: (3, 2)}[max(0, len(x) + len(y) - 2)]):
                one("matmul", a, b, np.ones(out, tools.TYPES[to]))
        one("outer", a, b, np.ones((a.size, b.size), tools.TYPES[kind]))
        one("outer", a, b, np.ones((a.size, b.size), "F"))


def write_tensordot(w, rng, tools):
    def one(x, y, axes):
        p, q = tools.wide(tools.value_of(x)), tools.wide(tools.value_of(y))
        half = tools.bf16_result([tools.value_of(x), tools.value_of(y)], np.zeros(0, np.result_type(p, q)))
        bound = 0
        try:
            out = np.asarray(np.tensordot(p, q, axes))
        except ValueError:
            out = "BAD_SHAPE"
        except IndexError:
            out = "BAD_ARGUMENT"
        if not isinstance(out, str) and out.dtype.kind in "fc" and out.size:
            size = np.tensordot(np.abs(p).astype(float), np.abs(q).astype(float), axes)
            eps = 2.0 ** -8 if half else np.finfo(out.dtype).eps
            bound = float(np.max(size)) * eps * (2 if eps > 1e-4 else 4 + p.size)
            out = tools.Bf16(out) if half else out
        words = (axes,) if isinstance(axes, int) else (-1, len(axes[0]), *itertools.chain(*zip(*axes)))
        w.case("tensordot", "abs:" + float(bound).hex() if bound else 0, *words)
        w.operand(x)
        w.operand(y)
        w.failure(out) if isinstance(out, str) else w.expect(out)

    for kind in tools.TYPES:
        one(of(tools, kind, rng, (2, 3, 4)), of(tools, kind, rng, (3, 4, 5)), 2)
        one(of(tools, kind, rng, (2, 3, 4)), of(tools, kind, rng, (4, 3)), ([2, 1], [0, 1]))
    for x, y, axes in (((3,), (3,), 1), ((2, 3), (4,), 0), ((), (), 0), ((), (2, 3), 0), ((2, 3), (2, 3), 2),
                       ((0, 3), (3, 2), 1), ((2, 0), (0, 3), 1), ((2, 3, 4), (5, 4, 3, 2), ([0, 1, 2], [3, 2, 1])),
                       ((2, 3, 4), (5, 4, 3, 2), ([-1], [1])), ((3, 2), (2, 2), 1), ((3, 2), (3, 2), 1), ((3,), (3,), 2),
                       ((2, 3), (3, 2), ([5], [0])), ((2, 3), (3, 2), ([], [])), ((40, 6, 50), (6, 50, 30), 2)):
        for kind in ("f64", "i32", "c64"):
            one(of(tools, kind, rng, x), of(tools, kind, rng, y), axes)
    one(of(tools, "f32", rng, (2, 3)), of(tools, "i64", rng, (3, 2)), 1)
    for s, t in VIEWS:
        one(tools.View(of(tools, "f64", rng, (6, 5)), s), tools.View(of(tools, "f64", rng, (6, 5)), s), 2)
        one(tools.View(of(tools, "f64", rng, (6, 5)), t), tools.View(of(tools, "f64", rng, (6, 5)), t), ([1], [1]))


# ---- equations ----

KINDS = ("f32", "f64", "c64", "c128", "i32", "bool")
REFUSED = ("f16", "bf16")


def eps_of(a):
    return float(np.finfo(a.dtype).eps) if a.dtype.kind in "fc" else 2.0 ** -52


def positive(kind, rng, n, stack=()):
    """Matrices with a factor, and a rounding that does not grow."""
    m = rng.normal(0, 1, stack + (n, n)) + (1j * rng.normal(0, 1, stack + (n, n)) if kind[0] == "c" else 0)
    a = m @ m.conj().swapaxes(-1, -2) / max(n, 1) + 2 * np.eye(n)
    if kind in ("i32", "bool"):
        a = np.round(a * 4) if kind == "i32" else np.broadcast_to(np.eye(n), stack + (n, n))
    return a


def write_cholesky(w, rng, tools):
    def one(x, bound):
        try:
            out = np.linalg.cholesky(tools.value_of(x))
        except np.linalg.LinAlgError as e:
            out = "TASK_FAILED" if "definite" in str(e) else "BAD_SHAPE"
        w.case("cholesky", "abs:" + float(bound).hex() if bound else 0)
        w.operand(x)
        w.failure(out) if isinstance(out, str) else w.expect(out)

    for kind in KINDS:
        t = tools.TYPES[kind]
        sizes = (0, 1, 2, 5, 40) + ((255, 256, 257, 600) if kind[0] in "fc" else ())
        for n in sizes:
            a = positive(kind, rng, n).astype(t)
            one(a, 40 * (n + 1) ** 0.5 * eps_of(a))
            if n == 40:
                one(tools.View(a, "::-1, ::-1"), 300 * eps_of(a))
                one(tools.View(a, ":0:-2, :0:-2"), 300 * eps_of(a))
        for stack in ((3,), (2, 1, 2), (0,)):
            a = positive(kind, rng, 7, stack).astype(t)
            one(a, 200 * eps_of(a))
        for n, at in ((1, 0), (5, 3), (300, 290), (300, 3)):
            a = positive(kind, rng, n).astype(t)
            a[at, at] = 0 if kind == "bool" else -5
            one(a, 0)
        one(np.zeros((2, 3), t), 0)
        one(np.zeros(3, t), 0)
    for kind in REFUSED:
        w.case("cholesky", 0)
        w.operand(tools.small(kind, rng, (2, 2)))
        w.failure("BAD_TYPE")


def write_triangular(w, rng, tools):
    for kind, n, columns, lower, transpose, unit in itertools.product(
            KINDS, (1, 3, 30, 300), (None, 1, 4, 260), (0, 1), (0, 1), (0, 1)):
        if n == 300 and (kind[0] not in "fc" or (columns or 0) == 1) or n == 30 and columns == 260:
            continue
        t = np.dtype(tools.TYPES[kind])
        a = rng.normal(0, 0.5 / n ** 0.5, (n, n)).astype(t if kind[0] == "c" else float)
        if kind[0] == "c":
            a.imag = rng.normal(0, 0.2 / n ** 0.5, (n, n))
        a = np.round(3 * a) if kind == "i32" else a > 2 if kind == "bool" else a
        a = np.where(np.eye(n), 2, a).astype(t)
        b = tools.small(kind if kind != "i32" else "i8", rng, (n,) if columns is None else (n, columns))
        m = np.tril(a) if lower else np.triu(a)
        m = np.where(np.eye(n), 1, m) if unit else m
        wide = np.result_type(a, b) if kind[0] in "fc" else np.float64
        exact = np.linalg.solve((m.T if transpose else m).astype(np.result_type(wide, np.float64)), b)
        bound = 100 * (n + 4) * np.finfo(wide).eps * (1 + np.max(np.abs(exact)))
        w.case("solve_triangular", "abs:" + float(bound).hex(), lower, transpose, unit)
        w.operand(a)
        w.operand(b)
        w.expect(exact.astype(wide))
    a = np.triu(np.ones((300, 300)))
    a[280, 280] = 0
    for x, b, status in ((a, np.ones(300), "TASK_FAILED"), (np.ones((2, 3)), np.ones(2), "BAD_SHAPE"),
                         (np.ones((3, 3)), np.ones(2), "BAD_SHAPE"), (np.ones((2, 2)), np.ones(()), "BAD_SHAPE"),
                         (np.ones((2, 2), np.float16), np.ones(2, np.float16), "BAD_TYPE")):
        w.case("solve_triangular", 0, 0, 0, 0)
        w.operand(x)
        w.operand(b)
        w.failure(status)


def write_solve(w, rng, tools):
    def one(a, b, wide=None):
        try:
            wide = np.result_type(a, b) if a.dtype.kind in "fc" else np.float64
            exact = np.linalg.solve(a.astype(np.result_type(wide, np.float64)), b)
            np.linalg.solve(a, b)
        except np.linalg.LinAlgError as e:
            exact = "TASK_FAILED" if "Singular" in str(e) else "BAD_SHAPE"
        except (ValueError, TypeError) as e:
            exact = "BAD_TYPE" if isinstance(e, TypeError) else "BAD_SHAPE"
        bound = 0
        if not isinstance(exact, str):
            grows = np.linalg.cond(a.astype(complex)) if a.size else 0
            bound = 20 * (len(a) + 4) * np.finfo(wide).eps * grows * float(np.max(np.abs(exact), initial=0))
        w.case("solve", "abs:" + float(bound).hex() if bound else 0)
        w.operand(a)
        w.operand(b)
        w.failure(exact) if isinstance(exact, str) else w.expect(exact.astype(wide))

    for kind, n, columns in itertools.product(KINDS, (0, 1, 2, 9, 60, 300, 520), (None, 0, 1, 5, 270)):
        if n > 60 and (kind[0] not in "fc" or (columns or 0) == 1):
            continue
        b = tools.small(kind if kind != "i32" else "i8", rng, (n,) if columns is None else (n, columns))
        a = tools.small(kind if kind != "i32" else "i8", rng, (n, n))
        if kind == "bool":
            a = np.triu(np.ones((n, n), bool))[rng.permutation(n)]
        one(a, b)
    a = rng.normal(0, 1, (300, 300))
    a[:, 270] = 0
    one(a, np.ones(300))
    one(np.ones((2, 2)), np.ones(2))
    one(np.ones((2, 3)), np.ones(2))
    one(np.eye(3), np.ones(2))
    one(np.ones(2), np.ones(2))
    one(np.eye(2, dtype=np.float16), np.ones(2, np.float16))


def write_inverse(w, rng, tools):
    def one(x):
        a, bound = tools.value_of(x), 0
        try:
            wide = a.dtype if a.dtype.kind in "fc" else np.dtype(float)
            exact = np.linalg.inv(a.astype(np.result_type(wide, np.float64)))
            np.linalg.inv(a)
            bound = 20 * (len(a) + 4) * np.finfo(wide).eps * float(np.max(np.abs(exact), initial=0))
            bound *= np.linalg.cond(a.astype(complex)) if a.size else 0
        except np.linalg.LinAlgError as e:
            exact = "TASK_FAILED" if "Singular" in str(e) else "BAD_SHAPE"
        except TypeError:
            exact = "BAD_TYPE"
        w.case("inv", "abs:" + float(bound).hex() if bound else 0)
        w.operand(x)
        w.failure(exact) if isinstance(exact, str) else w.expect(exact.astype(wide))

    for kind, n in itertools.product(KINDS, (0, 1, 2, 9, 60, 300)):
        if kind[0] in "fc" or n < 60:
            a = tools.small(kind if kind != "i32" else "i8", rng, (n, n))
            one(a if kind != "bool" else np.triu(np.ones((n, n), bool))[rng.permutation(n)])
    for text in ("::-1, ::-1", "::2, ::2"):
        one(tools.View(rng.normal(size=(8, 8)), text))
    for a in (np.ones((2, 2)), np.zeros((3, 3), "F"), np.ones((2, 3)), np.ones(3), np.eye(2, dtype=np.float16)):
        one(a)


# ---- convolutions ----

MODES = {"full": 1, "same": 2, "valid": 3}


def convolved2d(a, v, mode):
    """scipy.signal.convolve2d, whose answer follows from its definition."""
    if mode == "valid" and not all(np.less_equal(v.shape, a.shape)):
        if not all(np.less_equal(a.shape, v.shape)):
            return None
        a, v = v, a
    full = np.zeros(np.add(a.shape, v.shape) - 1, np.result_type(a, v))
    for i, j in np.ndindex(*v.shape):
        part = full[i:i + a.shape[0], j:j + a.shape[1]]
        part[...] = part | (a & v[i, j]) if full.dtype == bool else part + a * v[i, j]
    low = [0 if mode == "full" else (m - 1) // 2 if mode == "same" else m - 1 for m in v.shape]
    shape = full.shape if mode == "full" else a.shape if mode == "same" else np.subtract(a.shape, v.shape) + 1
    return full[low[0]:low[0] + shape[0], low[1]:low[1] + shape[1]]


def convolve_case(w, tools, name, x, y, mode):
    p, q = tools.wide(tools.value_of(x)), tools.wide(tools.value_of(y))
    half = tools.bf16_result([tools.value_of(x), tools.value_of(y)], np.zeros(0, np.result_type(p, q)))
    one_half = np.result_type(p, q) == np.float16
    bound = 0
    if 0 in p.shape or 0 in q.shape:
        out = "BAD_ARGUMENT"
    else:
        if one_half:
            p, q = p.astype(np.float32), q.astype(np.float32)
        out = convolved2d(p, q, mode) if name == "convolve2d" else getattr(np, name)(p, q, mode)
        if out is None:
            out = "BAD_SHAPE"
        elif out.dtype.kind in "fc":
            eps = 2.0 ** -8 if half else 2.0 ** -10 if one_half else np.finfo(out.dtype).eps
            terms = min(p.size, q.size)
            bound = np.max(np.abs(p)) * np.max(np.abs(q)) * terms * eps * (1 if half or one_half else terms)
            out = tools.Bf16(out) if half else out.astype(np.float16) if one_half else out
    w.case(name, "abs:" + float(bound).hex() if bound else 0, MODES[mode])
    w.operand(x)
    w.operand(y)
    w.failure(out) if isinstance(out, str) else w.expect(out)


def write_convolutions(w, rng, tools):
    rows = [(1, 1), (7, 3), (3, 7), (8, 4), (4, 8), (6, 6), (40, 6), (6, 41), (0, 3), (3, 0)]
    for kind, (n, m), mode, name in itertools.product(tools.TYPES, rows, MODES, ("convolve", "correlate")):
        convolve_case(w, tools, name, of(tools, kind, rng, (n,)), of(tools, kind, rng, (m,)), mode)
    for kind, (n, m), mode in itertools.product(("f64", "f32", "i32", "c64"), ((1000, 37), (30000, 130)), MODES):
        name = "convolve" if m == 37 else "correlate"
        convolve_case(w, tools, name, of(tools, kind, rng, (n,)), of(tools, kind, rng, (m,)), mode)
    convolve_case(w, tools, "convolve", of(tools, "f32", rng, (9000,)), of(tools, "f32", rng, (4500,)), "same")
    pairs = [((1, 1), (1, 1)), ((6, 7), (3, 3)), ((3, 2), (5, 6)), ((5, 3), (4, 6)), ((9, 70), (4, 5)),
             ((0, 3), (2, 2))]
    for kind, (s, t), mode in itertools.product(tools.TYPES, pairs, MODES):
        convolve_case(w, tools, "convolve2d", of(tools, kind, rng, s), of(tools, kind, rng, t), mode)
    for kind, (s, t), mode in itertools.product(
            ("f64", "f32", "u8"), (((60, 300), (9, 9)), ((90, 200), (1, 40)), ((150, 40), (33, 2))), MODES):
        convolve_case(w, tools, "convolve2d", of(tools, kind, rng, s), of(tools, kind, rng, t), mode)
    for kind, (s, t) in itertools.product(("f64", "f32", "c128", "i16"), VIEWS):
        root, other = of(tools, kind, rng, (60, 170)), of(tools, kind, rng, (6, 5))
        convolve_case(w, tools, "convolve2d", tools.View(root, s), tools.View(other, t), "same")
        convolve_case(w, tools, "convolve", tools.View(root, "3, ::-1"), tools.View(other, "::-2, 1"), "full")
    x, y = np.ones(300), np.arange(1.0, 6)
    x[150], x[200] = np.nan, np.inf
    w.case("convolve", 0, 1)
    w.operand(x)
    w.operand(y)
    w.expect(np.convolve(x, y))


# ---- Fourier transforms ----

NORMS = ("backward", "ortho", "forward")


def fft_case(w, tools, name, x, n=None, norm="backward", axes=()):
    y = tools.wide(tools.value_of(x))
    y = y.astype(np.float32) if y.dtype == np.float16 else y      # NumPy's factor 1/n is a half then
    how = {"norm": norm}
    if name[-1] in "2n":
        how.update({"axes": axes} if axes else {})
    else:
        how.update({"axis": axes[0] if axes else -1, "n": n})
    try:
        out = getattr(np.fft, name)(y, **how)
    except TypeError:
        out = "BAD_TYPE"
    except (ValueError, IndexError):
        out = "BAD_ARGUMENT"
    bound = 0
    if not isinstance(out, str) and out.size:
        scale = np.sqrt(np.sum(np.abs(y.astype(complex)) ** 2)) * np.sqrt(max(1, out.size / max(1, y.size)))
        scale *= {"backward": 1, "ortho": 1, "forward": 1}[norm] * (8 if name.startswith("ir") else 4)
        bound = float(scale * 12 * np.finfo(out.dtype).eps) + float(np.max(np.abs(out))) * 4 * np.finfo(out.dtype).eps
    w.case(name, "abs:" + float(bound).hex() if bound else 0, n or 0, NORMS.index(norm), len(axes), *axes)
    w.operand(x)
    w.failure(out) if isinstance(out, str) else w.expect(out)


def write_fourier(w, rng, tools):
    ones = ("fft", "ifft", "rfft", "irfft")
    for kind, name, n in itertools.product(tools.TYPES, ones, (1, 2, 3, 8, 15, 17, 100)):
        if not (n == 1 and name == "irfft"):
            fft_case(w, tools, name, of(tools, kind, rng, (n,)), norm=NORMS[n % 3])
    for kind, name, norm, n in itertools.product(("f64", "c64"), ones, NORMS, (1, 5, 6, 12, 20)):
        for axes in ((), (0,), (1,), (-2,)):
            fft_case(w, tools, name, of(tools, kind, rng, (7, 12)), n, norm, axes)
    for kind, name, n in itertools.product(("f64", "f32", "c128"), ones, (511, 1024, 4099)):
        fft_case(w, tools, name, of(tools, kind, rng, (n,)))
        fft_case(w, tools, name, of(tools, kind, rng, (n, 19)), axes=(0,))
    many = ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn")
    for kind, name, shape in itertools.product(("f32", "f64", "c64", "c128", "i16", "bool", "f16"), many,
                                               ((4, 6), (5, 4), (3, 8, 6), (2, 3, 4, 2), (40, 66))):
        fft_case(w, tools, name, of(tools, kind, rng, shape), norm=NORMS[len(shape) % 3])
        fft_case(w, tools, name, of(tools, kind, rng, shape), axes=(1, 0))
    for kind, text, name in itertools.product(("f64", "c128", "f32"), tools.VIEWS, ones):
        root = of(tools, kind, rng, (5, 6))
        fft_case(w, tools, name, tools.View(root, text))
    for name in ("fft", "ifft"):
        fft_case(w, tools, name, np.zeros((0, 4)))
        fft_case(w, tools, name, np.zeros((4, 0)))
        fft_case(w, tools, name, np.zeros((3, 4)), axes=(2,))
        x = of(tools, "f64", rng, (3, 9))
        x[1, 4] = np.nan
        fft_case(w, tools, name, x[1:2].copy())
    for shape, name in itertools.product(((5,), (6,), (4, 7), (3, 2, 5), (0, 3)), ("fftshift", "ifftshift")):
        for axes in ((), (0,), (-1,)):
            x = of(tools, "i32", rng, shape)
            w.case(name, 0, len(axes), *axes)
            w.operand(x)
            w.expect(getattr(np.fft, name)(x, axes if axes else None))
    for n, d in ((1, 1.0), (2, 0.5), (7, 0.1), (8, 3.0)):
        for name in ("fftfreq", "rfftfreq"):
            w.case(name, 0, n, d)
            w.expect(getattr(np.fft, name)(n, d))


def write(w, rng, tools):
    write_fourier(w, rng, tools)
    write_convolutions(w, rng, tools)
    write_products(w, rng, tools)
    write_outs(w, rng, tools)
    write_tensordot(w, rng, tools)
    write_cholesky(w, rng, tools)
    write_triangular(w, rng, tools)
    write_solve(w, rng, tools)
    write_inverse(w, rng, tools)
