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


def write(w, rng, tools):
    write_products(w, rng, tools)
