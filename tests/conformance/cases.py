"""Write the cases of tests/conformance/arrays: what NumPy answers.

    cases.py FILE [--seed N]

A case is a line of words and the bytes behind it (tests/conformance/case_file.c reads them):

    CASE function tolerance words...
    A type rank extents... view       an operand: a root in C order, and the view of it that is passed
    N kind value value                a number; none: what is left out
    E type rank extents...            what comes out, in C order
    T bytes                           what comes out, as text
    F STATUS                          it fails so

bfloat16, which NumPy has not, is float32's answer rounded to nearest even.
"""

import argparse
import itertools
import re
import struct
import sys
import warnings
from pathlib import Path

import numpy as np

import cases_index
import cases_linalg
import cases_parts

warnings.filterwarnings("ignore")
np.seterr(all="ignore")

TABLE = Path(__file__).resolve().parents[2] / "include" / "tessera" / "array_table.h"
ROW = re.compile(r'X\(([A-Z0-9_]+), (\w+), (\d), (\w+), (\w+),')
TYPES = {"bool": "?", "i8": "b", "i16": "h", "i32": "i", "i64": "l", "u8": "B", "u16": "H", "u32": "I",
         "u64": "L", "f16": "e", "bf16": "bf16", "f32": "f", "f64": "d", "c64": "F", "c128": "D"}
NAME_OF = {np.dtype(c): n for n, c in TYPES.items() if n != "bf16"}
# Rounded exactly in both; the others within ulps of the result's type (NumPy's own vectors are off by up to 4).
EXACT = {"add", "subtract", "multiply", "floor_divide", "fmod", "maximum", "minimum", "fmax", "fmin", "copysign",
         "heaviside", "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "equal",
         "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor",
         "logical_not", "invert", "negative", "positive", "fabs", "conjugate", "floor", "ceil", "trunc", "rint",
         "isnan", "isinf", "isfinite", "signbit", "deg2rad", "rad2deg", "divide", "remainder", "square", "sign",
         "absolute", "sqrt", "reciprocal", "isposinf", "isneginf", "bitwise_count", "gcd", "lcm", "nextafter",
         "spacing", "ldexp"}
ULP = 6


class Bf16:
    """An array of bfloat16, as float32 numbers that it holds."""

    def __init__(self, values):
        bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
        rounded = ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
        nan = np.isnan(np.asarray(values, np.float32))
        self.bits = np.where(nan, np.uint16(0x7fc0), rounded).astype(np.uint16)

    @property
    def floats(self):
        return (self.bits.astype(np.uint32) << 16).view(np.float32)

    @property
    def shape(self):
        return self.bits.shape


def bytes_of(a):
    return np.ascontiguousarray(a.bits if isinstance(a, Bf16) else a).tobytes()


def type_name(a):
    return "bf16" if isinstance(a, Bf16) else NAME_OF[a.dtype]


class Writer:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.count = 0

    def line(self, *words):
        self.file.write((" ".join(str(w) for w in words) + "\n").encode())

    def case(self, function, tolerance, *words):
        self.count += 1
        self.line("CASE", function, tolerance, *words)

    def array(self, root, view="-"):
        self.line("A", type_name(root), len(root.shape), *root.shape, view.replace(" ", ""))
        self.file.write(bytes_of(root))

    def number(self, v):
        if v is None:
            self.line("N", "none", 0, 0)
        elif isinstance(v, bool):
            self.line("N", "bool", int(v), 0)
        elif isinstance(v, int):
            self.line("N", "int" if v < 2 ** 63 else "uint", v, 0)
        elif isinstance(v, complex):
            self.line("N", "complex", v.real.hex(), v.imag.hex())
        else:
            self.line("N", "real", float(v).hex(), 0)

    def operand(self, x):
        if isinstance(x, View):
            self.array(x.root, x.text)
        elif isinstance(x, (np.ndarray, Bf16)):
            self.array(x)
        else:
            self.number(x)

    def expect(self, a):
        if not isinstance(a, Bf16):
            a = np.asarray(a)
        self.line("E", type_name(a), len(a.shape), *a.shape)
        self.file.write(bytes_of(a))

    def text(self, text):
        data = text.encode()
        self.line("T", len(data))
        self.file.write(data)

    def failure(self, status):
        self.line("F", status)


class View:
    """A root and the text of a slice of it."""

    def __init__(self, root, text):
        self.root, self.text = root, text

    @property
    def value(self):
        index = eval(f"np.s_[{self.text}]", {"np": np})
        if isinstance(self.root, Bf16):
            out = Bf16(np.zeros(0))
            out.bits = self.root.bits[index]
            return out
        return self.root[index]


def value_of(x):
    return x.value if isinstance(x, View) else x


# ---- values ----

def values(kind, rng, n=24):
    """n elements of a type: the odd ones first."""
    if kind == "bool":
        return rng.integers(0, 2, n).astype(bool)
    if kind in ("bf16", "f16", "f32", "f64"):
        t = np.float32 if kind == "bf16" else np.dtype(TYPES[kind])
        info = np.finfo(t)
        odd = [0.0, -0.0, 1, -1, 0.5, 2.5, -2.5, 3.5, np.inf, -np.inf, np.nan, info.max, info.min, info.tiny,
               info.smallest_subnormal, 1e-3, 10]
        more = rng.normal(0, 3, n)
        out = np.concatenate([np.array(odd), more])[:n] if n >= len(odd) else np.array(odd + list(more))[rng.permutation(n)]
        return Bf16(out) if kind == "bf16" else out.astype(t)
    if kind in ("c64", "c128"):
        t = np.float32 if kind == "c64" else np.float64
        part = [0.0, -0.0, 1, -2.5, np.inf, -np.inf, np.nan, 0.25]
        pairs = [complex(a, b) for a, b in itertools.product(part[:4], part[:4])]
        pairs += [complex(np.inf, 1), complex(1, -np.inf), complex(np.nan, 1), complex(1, np.nan)]
        out = np.array(pairs + list(rng.normal(0, 2, n) + 1j * rng.normal(0, 2, n)))
        return out[rng.permutation(len(out))[:n]].astype(TYPES[kind])
    info = np.iinfo(TYPES[kind])
    odd = [0, 1, 2, 3, 7, info.max, info.min, info.max - 1] + ([-1, -2, -7] if info.min < 0 else [])
    more = rng.integers(max(info.min, -100), min(info.max, 100), n)
    return np.array([int(v) for v in odd] + [int(v) for v in more], TYPES[kind])[rng.permutation(n)]


def shaped(kind, rng, shape):
    n = int(np.prod(shape))
    a = values(kind, rng, max(n, 24))
    if isinstance(a, Bf16):
        a.bits = a.bits[:n].reshape(shape)
        return a
    return a[:n].reshape(shape)


def wide(x):
    """As NumPy computes: bfloat16 as float32."""
    return x.floats if isinstance(x, Bf16) else x


def bf16_result(xs, out):
    """Whether the answer is bfloat16: all arrays are, or 8-bit."""
    arrays = [x for x in xs if isinstance(x, (np.ndarray, Bf16))]
    small = all(isinstance(x, Bf16) or x.dtype.char in "?bB" for x in arrays)
    return small and any(isinstance(x, Bf16) for x in arrays) and out.dtype == np.float32


# ---- elementwise ----

def numpys(name, xs):
    """NumPy's answer; None where it refuses the types."""
    has_bf16 = any(isinstance(x, Bf16) for x in xs)
    ys = [wide(x) for x in xs]
    if has_bf16:   # 8-bit integers join bfloat16, not float16
        ys = [y.astype(np.float32) if isinstance(y, np.ndarray) and y.dtype.itemsize == 1 and y.dtype.char != "?"
              else y for y in ys]
    try:
        out = getattr(np, name)(*ys)
    except (TypeError, np._core._exceptions.UFuncTypeError):
        return "BAD_TYPE"
    except OverflowError:
        return "BAD_ARGUMENT"
    except ValueError as e:
        return "BAD_ARGUMENT" if "negative integer powers" in str(e) else "BAD_SHAPE"
    out = np.asarray(out)
    return Bf16(out) if has_bf16 and bf16_result(xs, out) else out


def takes_complex(kinds):
    return "C" in kinds


def tolerance(name, out, is_complex):
    if isinstance(out, str):
        return 0
    kind = "f" if isinstance(out, Bf16) else out.dtype.kind
    if name == "absolute" and is_complex:
        return 2
    if kind == "c":
        return 0 if name in ("add", "subtract", "negative", "positive", "conjugate", "maximum", "minimum", "rint") else \
            0.001 if name == "clip" else ULP
    if name.startswith("logaddexp"):       # the sum may cancel
        return 1024
    if name in ("maximum", "minimum", "fmax", "fmin", "clip") and kind == "f":
        return 0.001                       # of two zeros of different sign either may win
    if kind != "f" or name in EXACT:
        return 1 if name in ("deg2rad", "rad2deg") and isinstance(out, Bf16) else 0
    return ULP


def elementwise_case(w, name, kinds, xs):
    ys = [value_of(x) for x in xs]
    arrays = [y for y in ys if isinstance(y, (np.ndarray, Bf16))]
    if name in ("nextafter", "spacing", "ldexp") and any(isinstance(y, Bf16) for y in ys):
        return                 # float32's neighbours are others; test_array_calls.c has them
    is_complex = any(isinstance(y, complex) or (isinstance(y, np.ndarray) and y.dtype.kind == "c") for y in ys)
    if is_complex and not takes_complex(kinds) and name not in ("signbit",):
        out = "BAD_TYPE"       # this library's own limit where NumPy has complex versions
    else:
        out = numpys(name, ys)
    w.case(f"elementwise:{name}", tolerance(name, out, is_complex) if arrays else 0)
    for x in xs:
        w.operand(x)
    if isinstance(out, str):
        w.failure(out)
    else:
        w.expect(out)


def fit_power(name, xs, rng):
    """Integer powers are not negative in NumPy."""
    if name != "power":
        return xs
    y = xs[1]
    if isinstance(y, np.ndarray) and y.dtype.kind in "i":
        xs = [xs[0], np.abs(np.where(y == np.iinfo(y.dtype).min, 1, y)).astype(y.dtype)]
    return xs


NUMBERS = [True, 0, 1, 3, -2, 300, 2.5, -0.5, float("inf"), 1 + 2j]


def rows():
    found = [ROW.search(line) for line in TABLE.read_text().splitlines()]
    return [(m[2], int(m[3]), m[5]) for m in found if m]


def write_elementwise(w, rng):
    for name, n, kinds in rows():
        for kind in TYPES:
            a = values(kind, rng)
            if n == 1:
                elementwise_case(w, name, kinds, [a])
                continue
            b = values(kind, rng)
            if n == 3:
                elementwise_case(w, name, kinds, [a, b, values(kind, rng)])
                continue
            elementwise_case(w, name, kinds, fit_power(name, [a, b], rng))
            for v in NUMBERS:
                elementwise_case(w, name, kinds, [a, v])
                if not (name == "power" and getattr(a, "dtype", np.dtype("f")).kind in "iu"):
                    elementwise_case(w, name, kinds, [v, a])
        if n == 2:
            for first, second in itertools.product(TYPES, TYPES):
                if first != second and rng.random() < 0.35:
                    xs = [values(first, rng), values(second, rng)]
                    elementwise_case(w, name, kinds, fit_power(name, xs, rng))
        write_shapes(w, rng, name, n, kinds)


SHAPES = [((), ()), ((1,), (3,)), ((3, 1), (4,)), ((2, 1, 3), (4, 1)), ((0,), (1,)), ((0, 3), (3,)), ((2, 0), ()),
          ((3, 4), (3,)), ((1, 1), (5, 1))]
VIEWS = ["::-1", "::2, 1:", "1:-1, ::-2", "None, ..., 0", "2", "-1:0:-2, :"]


def write_shapes(w, rng, name, n, kinds):
    kind = "i32" if kinds in ("BI", "I") else "f64"
    for x, y in SHAPES:
        xs = [shaped(kind, rng, x), shaped(kind, rng, y), shaped(kind, rng, x)][:n]
        elementwise_case(w, name, kinds, fit_power(name, xs, rng))
    for text in VIEWS:
        xs = [View(shaped(kind, rng, (5, 6)), text) for _ in range(n)]
        if name != "power" or kind != "i32":
            elementwise_case(w, name, kinds, xs)


# ---- reductions ----

REDUCTIONS = ["sum", "prod", "max", "min", "any", "all", "count_nonzero", "mean", "argmax", "argmin"]


def reduce_answer(name, x, axis, keepdims):
    f = {"max": np.max, "min": np.min}.get(name, getattr(np, name))
    y = wide(x)
    try:
        out = f(y, axis=axis, keepdims=keepdims)
    except ValueError:
        return "BAD_ARGUMENT"
    out = np.asarray(out)
    return Bf16(out) if isinstance(x, Bf16) and out.dtype == np.float32 else out


def reduce_tolerance(name, x, axis, out):
    """Sums: an absolute bound from the sum of magnitudes; products in ulps."""
    y = wide(x)
    if isinstance(out, str) or y.dtype.kind not in "fc" and name != "mean":
        return "0"
    if name in ("sum", "mean"):
        n = max(1, y.size)
        finite = np.abs(np.where(np.isfinite(y), y, 0).astype(np.complex128 if y.dtype.kind == "c" else float))
        eps = 2 ** -8 if isinstance(x, Bf16) else np.finfo(y.dtype).eps if y.dtype.kind in "fc" else 2 ** -52
        return "abs:" + float(finite.sum() * eps * (2 if isinstance(x, Bf16) or y.dtype == np.float16 else n)).hex()
    return str(4 + y.size) if name == "prod" else "0"


def reduce_case(w, name, x, axis, keepdims):
    y = value_of(x)
    out = reduce_answer(name, y, axis, keepdims)
    axes = () if axis is None else (axis,) if isinstance(axis, int) else axis
    w.case(f"reduce:{name}", reduce_tolerance(name, y, axis, out), int(keepdims), len(axes), *axes)
    w.operand(x)
    w.failure(out) if isinstance(out, str) else w.expect(out)


def small(kind, rng, shape):
    """Numbers whose sums do not overflow in NumPy's order alone."""
    n = int(np.prod(shape))
    if kind == "bool":
        return rng.integers(0, 2, n).astype(bool).reshape(shape)
    if kind in ("c64", "c128"):
        return (rng.normal(0, 1, n) + 1j * rng.normal(0, 1, n)).astype(TYPES[kind]).reshape(shape)
    if kind == "bf16":
        return Bf16(rng.normal(0, 1, n).reshape(shape))
    if kind[0] in "iu":
        return values(kind, rng, max(n, 24))[:n].reshape(shape)
    return rng.normal(0, 1, n).astype(TYPES[kind]).reshape(shape)


def write_reductions(w, rng):
    for name, kind in itertools.product(REDUCTIONS, TYPES):
        for shape in ((7,), (4, 5), (2, 3, 4), (), (1, 1), (0,), (0, 3), (3, 0)):
            ways = [None] + list(range(-len(shape), len(shape)))
            if len(shape) == 3 and not name.startswith("arg"):
                ways += [(0, 2), (1, -1), (0, 1, 2)]
            for axis in ways:
                reduce_case(w, name, small(kind, rng, shape), axis, bool(rng.integers(0, 2)))
        for text in VIEWS:
            root = small(kind, rng, (5, 6))
            reduce_case(w, name, View(root, text), None, False)
        if kind[0] in "fcb" and kind != "bool" and name not in ("sum", "prod", "mean"):
            reduce_case(w, name, shaped(kind, rng, (4, 6)), 0, False)
            reduce_case(w, name, shaped(kind, rng, (4, 6)), None, True)


# ---- the rest ----

def write_moves(w, rng):
    for source, target in itertools.product(TYPES, TYPES):
        if "bf16" in (source, target) and source != "f32":
            continue
        a = values(source, rng)
        if source[0] in "fc" and target[0] in "iu":    # what C leaves open is not compared
            a = a[np.isfinite(a)]
            info = np.iinfo(TYPES[target])
            a = a[(a.real > max(float(info.min), -2 ** 31)) & (a.real < min(float(info.max), 2 ** 31))]
        out = Bf16(a.astype(np.float32)) if target == "bf16" else a.astype(TYPES[target])
        w.case("astype", 0, target)
        w.operand(a)
        w.expect(out)
    for kind, text in itertools.product(TYPES, VIEWS):
        root = shaped(kind, rng, (5, 6))
        w.case("copy", 0)
        w.array(root, text)
        w.expect(View(root, text).value)
    a = np.arange(24).reshape(2, 3, 4)
    for shape in ((24,), (4, 6), (2, 1, 12), (-1, 8), (2, 3, 2, 2), (24, 1), (3, 8), (1, 2, 3, 4), (6, -1)):
        w.case("reshape", 0, len(shape), *shape)
        w.operand(a)
        w.expect(a.reshape(shape))
        w.case("reshape", 0, len(shape), *shape)
        w.array(np.arange(48).reshape(2, 3, 8), ":, ::-1, ::2")
        w.expect(np.arange(48).reshape(2, 3, 8)[:, ::-1, ::2].reshape(shape))
    for order in itertools.permutations(range(3)):
        w.case("transpose", 0, 3, *order)
        w.operand(a)
        w.expect(a.transpose(order))
    for axis, (x, y) in itertools.product((0, 1, -1), (((2, 3), (2, 3)), ((1, 1), (1, 1)), ((0, 3), (0, 3)))):
        for s, t in (("i32", "i32"), ("i8", "u8"), ("f32", "i64"), ("bool", "c64")):
            p, q = shaped(s, rng, x), shaped(t, rng, y)
            w.case("concatenate", 0, axis)
            w.operand(p)
            w.operand(q)
            w.expect(np.concatenate([p, q], axis))
    for c, x, y in (((3,), (3,), (3,)), ((3, 1), (4,), ()), ((0,), (1,), (1,)), ((2, 2), (2, 1), (2,))):
        for s, t in (("f64", "f64"), ("i8", "u8"), ("f32", "i16"), ("bool", "c64"), ("u64", "i64")):
            m, p, q = shaped("bool", rng, c), shaped(s, rng, x), shaped(t, rng, y)
            w.case("where", 0)
            for v in (m, p, q):
                w.operand(v)
            w.expect(np.where(m, p, q))


def write_rows(w, rng):
    for start, stop, step in ((0, 10, 1), (5, -5, -3), (0, 1, 0.1), (1.5, 9, 0.7), (3, 3, 1), (0, -3, 1), (10, 0, -2.5)):
        for kind in ("", "i8", "i32", "i64", "u16", "f16", "f32", "f64", "c64", "c128"):
            if kind and kind[0] in "iu" and any(isinstance(v, float) for v in (start, stop, step)):
                continue
            if kind == "u16" and min(start, stop) < 0:
                continue
            w.case("arange", 0, kind or "-")
            for v in (start, stop, step):
                w.number(v)
            w.expect(np.arange(start, stop, step, TYPES[kind] if kind else None))
    for start, stop, n in ((0, 1, 11), (-3.5, 2, 7), (0, 0, 3), (1, 10, 1), (1, 10, 0), (1e-320, 3e-320, 5), (0, 1 + 1j, 5)):
        for endpoint, kind in itertools.product((True, False), ("", "f32", "i32")):
            if kind and isinstance(stop, complex):
                continue
            w.case("linspace", 0, kind or "-", n, int(not endpoint))
            w.number(start)
            w.number(stop)
            w.expect(np.linspace(start, stop, n, endpoint=endpoint, dtype=TYPES[kind] if kind else None))
    for n, m, k, kind in ((3, 3, 0, "f64"), (3, 4, 1, "i32"), (4, 2, -1, "bool"), (2, 2, 5, "c64")):
        w.case("eye", 0, kind, n, m, k)
        w.expect(np.eye(n, m, k, TYPES[kind]))


def write_prints(w, rng):
    def one(a):
        w.case("print", 0)
        w.operand(a)
        w.text(str(a) + "\n")
    for kind in TYPES:
        if kind == "bf16":
            continue
        for shape in ((), (1,), (5,), (3, 4), (2, 3, 2), (0,), (0, 3), (40, 50), (2, 700), (11, 1, 130)):
            one(shaped(kind, rng, shape))
            one(small(kind, rng, shape))
        if kind[0] == "f":
            for scale in (1e-6, 1e-3, 1, 1e3, 1e6, 1e9):
                one((rng.normal(0, 1, 9) * scale).astype(TYPES[kind]))
                one(np.round(rng.normal(0, 1, 9) * scale, 2).astype(TYPES[kind]))


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    rng = np.random.default_rng(options.seed)
    w = Writer(options.file)
    for part in (write_moves, write_rows, write_prints, write_reductions, write_elementwise):
        part(w, rng)
    cases_index.write(w, rng, sys.modules[__name__])
    cases_linalg.write(w, rng, sys.modules[__name__])
    cases_parts.write(w, rng, sys.modules[__name__])
    import cases_reduce    # it imports this module
    cases_reduce.write(w, rng)
    w.file.close()
    print(f"# {w.count} cases, NumPy {np.__version__}")
    return 0


if __name__ == "__main__":
    sys.modules["cases"] = sys.modules["__main__"]    # what cases_reduce.py imports
    sys.exit(main(sys.argv[1:]))
