"""Cases of rounding, bounds, functions with two results and functions of indices: called from cases.py."""

import itertools

import numpy as np

VIEWS = ["::-1", "::2, 1:", "1:-1, ::-2", "None, ..., 0", "-1:0:-2, :"]


def answer(f):
    """NumPy's answer, or the status that stands for its refusal."""
    try:
        return f()
    except OverflowError:
        return "BAD_ARGUMENT"
    except TypeError:
        return "BAD_TYPE"
    except ValueError:
        return "BAD_SHAPE"


def finish(w, out):
    if isinstance(out, str):
        w.failure(out)
    else:
        w.expect(out)


def write_rounded(w, rng, cases):
    def one(x, decimals, out=None):
        y = cases.value_of(x)
        into = None if out is None else np.array(cases.wide(out))
        found = answer(lambda: np.round(cases.wide(y), decimals, out=into))
        if isinstance(found, str) is False:
            found = np.asarray(found)
            found = cases.Bf16(found) if isinstance(y, cases.Bf16) and out is None else found
        w.case("round", 0, decimals)
        w.operand(x)
        if out is not None:
            w.operand(out)
        finish(w, found)

    for kind in cases.TYPES:
        for decimals in (0, 1, 2, 7, 12, 400, -1, -2, -5, -400):
            if kind == "bf16" and abs(decimals) > 30:
                continue
            if kind[0] in "iu" and decimals == -400:
                continue       # NaNs as integers
            if kind in ("u32", "u64", "i64") and decimals < 0:      # no others than the type holds
                most = 2 ** 31 if kind == "u32" else 2 ** 53
                one(rng.integers(-most if kind == "i64" else 0, most, 30).astype(cases.TYPES[kind]), decimals)
                continue
            one(cases.values(kind, rng), decimals)
            if kind[0] in "fc":
                one((rng.normal(0, 100, 60)).astype(cases.TYPES[kind]), decimals)
    for shape, decimals in itertools.product(((), (1,), (0,), (3, 0), (2, 3, 4)), (0, 2, -1)):
        one(cases.small("f64", rng, shape), decimals)
        one(cases.values("i32", rng, 24)[:int(np.prod(shape))].reshape(shape), decimals)
    for text, kind in itertools.product(VIEWS, ("f32", "i16", "c128")):
        one(cases.View(cases.small(kind, rng, (5, 6)), text), 1)
        one(cases.View(cases.small(kind, rng, (5, 6)), text), -1)
    for kind, out, decimals in itertools.product(("bool", "i32", "f32", "f64", "c64"),
                                                 ("i16", "i64", "f32", "f64", "c128"), (0, 3, -1)):
        one(cases.small(kind, rng, (4, 3)), decimals, np.zeros((4, 3), cases.TYPES[out]))
    one(cases.small("f64", rng, (4, 3)), 1, np.zeros((3, 4)))


BOUNDS = [None, True, 0, -1, 3, 100, 127, -128, 200, -200, 255, 2 ** 31 - 1, 2 ** 63 - 1, -2 ** 63, 2 ** 64 - 1, 1.5,
          float("-inf"), float("nan"), 2 + 1j]


def write_clipped(w, rng, cases):
    """Bounds that are left out or out of range, `out` and `where`."""
    kinds = next(k for n, _, k in cases.rows() if n == "clip")
    for kind, low, high in itertools.product(cases.TYPES, BOUNDS, BOUNDS):
        if rng.random() < 0.35 and kind != "bf16" or low is None or high is None:
            cases.elementwise_case(w, "clip", kinds, [cases.values(kind, rng), low, high])
    for kind, low, high in itertools.product(cases.TYPES, cases.TYPES, cases.TYPES):
        if rng.random() < 0.2:
            cases.elementwise_case(w, "clip", kinds, [cases.values(k, rng) for k in (kind, low, high)])

    def one(x, low, high, out, where=None):
        into = np.array(out)
        ys = [cases.value_of(v) for v in (x, low, high)]
        found = answer(lambda: np.clip(*ys, out=into, **({} if where is None else {"where": where})))
        w.case("clip_to", 0.001)
        for v in (x, low, high, out) + (() if where is None else (where,)):
            w.operand(v)
        finish(w, found)

    for kind, out in itertools.product(("bool", "i8", "u16", "i64", "f32", "f64", "c64"), ("i16", "i64", "f32", "f64", "c128")):
        a, into = cases.shaped(kind, rng, (4, 6)), cases.shaped(out, rng, (4, 6))
        for low, high in ((0, 1), (None, 2), (0.5, None), (None, None), (cases.shaped(kind, rng, (6,)), 3)):
            one(a, low, high, into)
            one(a, low, high, into, rng.random((4, 6)) < 0.5)
    one(np.zeros((2, 3)), 0, 1, np.zeros((3, 2)))
    one(np.zeros(3), 0, np.ones((2, 1)), np.zeros((2, 3)), np.array([True, False, True]))
    one(np.zeros((2, 3)), np.zeros(2), 1, np.zeros((2, 3)))


def write_pairs(w, rng, cases):
    def one(name, xs, outs=(), where=None):
        arrays = [np.array(out) for out in outs]
        ys = [cases.value_of(x) for x in xs]
        half = any(isinstance(y, cases.Bf16) for y in ys)
        more = {} if not outs else {"out": tuple(arrays)}
        if where is not None:
            more["where"] = where
        found = answer(lambda: getattr(np, name)(*[cases.wide(y) for y in ys], **more))
        for k in range(2):
            w.case(name, 0, k, int(bool(outs)), int(where is not None))
            for v in (*xs, *outs) + (() if where is None else (where,)):
                w.operand(v)
            if isinstance(found, str):
                w.failure(found)
                continue
            part = np.asarray(found[k])
            w.expect(cases.Bf16(part) if half and cases.bf16_result(ys, part) else part)

    for name, n in (("modf", 1), ("frexp", 1), ("divmod", 2)):
        for kind in cases.TYPES:
            one(name, [cases.values(kind, rng) for _ in range(n)])
            if n == 2:
                one(name, [cases.values(kind, rng), 3])
                one(name, [-2.5, cases.values(kind, rng)])
        for x, y in cases.SHAPES:
            one(name, [cases.shaped("f64", rng, x), cases.shaped("f64", rng, y)][:n])
        for text in VIEWS:
            one(name, [cases.View(cases.shaped("f32", rng, (5, 6)), text) for _ in range(n)])
        for out in ("i16", "f32", "f64", "c64"):
            outs = [cases.shaped(out, rng, (4, 6)) for _ in range(2)]
            xs = [cases.shaped("f32", rng, (4, 6)) for _ in range(n)]
            one(name, xs, outs)
            one(name, xs, outs, rng.random((4, 6)) < 0.5)
            one(name, [np.arange(6)] * n, outs, np.array([[True], [False], [True], [True]]))
            one(name, xs, [outs[0], outs[1][:2]])
    for kind in ("i32", "u8"):
        one("divmod", [cases.values(kind, rng), cases.values("i16", rng)])


def write_functions(w, rng, cases):
    functions = {"hill": lambda i, j: (i - 3) * j + 0.25 * i * i, "row": lambda i: i / 2 - 1,
                 "cube": lambda i, j, k: i * 100 + j * 10 + k}
    functions["hill_by_loop"] = functions["hill"]
    for name, shapes in (("hill", ((4, 5), (1, 1), (0, 3), (70, 90))), ("hill_by_loop", ((4, 5), (1, 7), (3, 0))),
                         ("row", ((9,), (1,), (0,))), ("cube", ((2, 3, 4), (1, 5, 1)))):
        for shape in shapes:
            w.case("fromfunction", 0, name, len(shape), *shape)
            w.expect(np.fromfunction(functions[name], shape))
    for name, shape in (("hill", (3,)), ("row", (2, 3)), ("cube", ())):
        w.case("fromfunction", 0, name, len(shape), *shape)
        w.failure("BAD_ARGUMENT")


def write_told(w, rng, cases):
    """What numpy.unique tells besides."""
    def one(x):
        y = cases.value_of(x)
        if cases.wide(y).dtype.kind == "c" and np.isnan(y).any():
            return            # which NaN stays NumPy does not say
        out = np.unique(cases.wide(y), True, True, True)
        for which, asked in ((-1, 1), (-1, 6), (0, 1), (1, 2), (2, 4), (0, 7), (1, 7), (2, 7)):
            w.case("unique_told", 0 if which >= 0 else 0.001, which, asked)
            w.operand(x)
            found = out[which + 1]
            w.expect(cases.Bf16(found) if which < 0 and isinstance(y, cases.Bf16) else found)

    for kind in cases.TYPES:
        for shape in ((1,), (7,), (4, 5), (2, 3, 4), (0,), (3, 0), ()):
            one(cases.shaped(kind, rng, shape))
        if kind[0] in "iuf":
            one(rng.integers(0, 5, (40, 50)).astype(cases.TYPES[kind]))
    for text in VIEWS:
        one(cases.View(rng.integers(0, 4, (5, 6)), text))
        one(cases.View(rng.integers(0, 4, (5, 6)) + 0.5, text))
    one(rng.integers(0, 300, 20000))


def write_along(w, rng, cases):
    """take_along_axis and put_along_axis."""
    def one(x, index, axis, values=0):
        y = cases.value_of(x)
        bare = y.bits if isinstance(y, cases.Bf16) else y
        words = ("-" if axis is None else axis,)
        found = along_answer(lambda: np.take_along_axis(bare, index, axis))
        for name in ("take_along_axis", "put_along_axis"):
            if name == "put_along_axis":
                if isinstance(x, cases.View) or isinstance(y, cases.Bf16):
                    return
                found = along_answer(lambda: put(y, index, values, axis))
            w.case(name, 0, *words)
            for v in (x, index) + ((values,) if name == "put_along_axis" else ()):
                w.operand(v)
            if isinstance(found, str):
                w.failure(found)
            elif isinstance(y, cases.Bf16):
                b = cases.Bf16(np.zeros(0))
                b.bits = np.asarray(found, np.uint16)
                w.expect(b)
            else:
                w.expect(found)

    def put(y, index, values, axis):
        a = np.array(y)
        np.put_along_axis(a, index, values, axis)
        return a

    for kind in cases.TYPES:
        for axis in (0, 1, -1):
            one(cases.shaped(kind, rng, (4, 5)), rng.integers(-4, 4, (4, 5)), axis, 1)
    for kind in ("i8", "u8", "i32", "u64"):
        one(cases.shaped("f64", rng, (3, 4)), rng.integers(0, 3, (2, 4)).astype(cases.TYPES[kind]), 0, 2.5)
    a = cases.shaped("f64", rng, (3, 4, 5))
    for shape, axis in (((3, 4, 2), 2), ((3, 1, 5), 1), ((1, 4, 5), 0), ((3, 1, 2), 2), ((1, 1, 1), 1), ((3, 0, 5), 1)):
        index = rng.integers(-3, 3, shape)
        one(a, index, axis, 7)
        one(a, index, axis, rng.normal(size=shape))
        one(a, index, axis, rng.normal(size=shape[-1:]))
    for text in VIEWS:
        x = cases.View(cases.shaped("f32", rng, (5, 6)), text)
        shape = cases.value_of(x).shape
        one(x, rng.integers(0, shape[-1], shape), -1)
        one(x, np.argsort(cases.value_of(x), axis=0), 0)
    one(a, rng.integers(-60, 60, 20), None, rng.normal(size=20))
    one(a, rng.integers(0, 60, 9), None, 3)
    one(a, rng.integers(0, 60, (9, 1)), None, 3)
    one(a, rng.integers(0, 3, (3, 4)), 1)
    one(a, np.full((3, 4, 5), 5), 1)
    one(a, np.full((3, 4, 5), 1.0), 1)
    one(a, np.full((3, 4, 5), True), 1)
    one(a, rng.integers(0, 3, (2, 4, 5)), 1)
    one(a, np.zeros((3, 4, 5), int), 3)
    one(a, np.zeros((3, 4, 5), int), 1, np.zeros((2, 5)))
    one(np.zeros((1, 4)), rng.integers(0, 4, (5, 4)), 1, rng.normal(size=(5, 4)))
    one(np.zeros((4, 0)), np.zeros((4, 0), int), 1)
    big = rng.normal(size=(70, 90))
    one(big, np.argsort(big, axis=1), 1, 1.5)


def along_answer(f):
    """NumPy's answer, or the status that stands for its refusal."""
    try:
        return f()
    except np.exceptions.AxisError:
        return "BAD_ARGUMENT"
    except IndexError as e:
        return "BAD_SHAPE" if "shape mismatch" in str(e) else "BAD_TYPE" if "integer" in str(e) else "BAD_ARGUMENT"
    except ValueError:
        return "BAD_SHAPE"


PARTS = [write_rounded, write_clipped, write_pairs, write_functions, write_told, write_along]


def write(w, rng, cases):
    for part in PARTS:
        part(w, rng, cases)
