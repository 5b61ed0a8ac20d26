"""Cases of indexing by arrays and masks: called from cases.py, in whose words they are written."""

import itertools

import numpy as np

MODES = ["raise", "wrap", "clip"]
INDEX_TYPES = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
VIEWS = ["::-1", "::2, 1:", "1:-1, ::-2", ":, ::-1", "-1:0:-2, :"]


def bare(x):
    """Elements as NumPy can move them: bfloat16 as its bits."""
    return x.bits if hasattr(x, "bits") else x


def wrapped(cases, x, out):
    """Moved elements as `x` has them."""
    if not hasattr(x, "bits"):
        return out
    b = cases.Bf16(np.zeros(0))
    b.bits = np.asarray(out, np.uint16)
    return b


def answer(f):
    """NumPy's answer, or the status that stands for its refusal."""
    try:
        return f()
    except IndexError as e:
        return "BAD_SHAPE" if "boolean index did not match" in str(e) or "shape mismatch" in str(e) else \
            "BAD_TYPE" if "of integer" in str(e) else "BAD_ARGUMENT"
    except TypeError:
        return "BAD_TYPE"
    except OverflowError:
        return "BAD_ARGUMENT"
    except ValueError as e:
        return "BAD_ARGUMENT" if "out of bounds" in str(e) else "BAD_SHAPE"


def finish(w, cases, x, out):
    if isinstance(out, str):
        w.failure(out)
    else:
        w.expect(wrapped(cases, x, out))


def indices(rng, kind, extent, shape, cases):
    low = 0 if kind[0] == "u" else -extent
    return rng.integers(low, extent, shape).astype(cases.TYPES[kind])


def write_take(w, rng, cases):
    def one(x, index, axis, mode=0):
        y = x.value if isinstance(x, cases.View) else x
        out = answer(lambda: np.take(bare(y), index, axis, mode=MODES[mode]))
        w.case("take", 0, "-" if axis is None else axis, mode)
        w.operand(x)
        w.operand(index)
        finish(w, cases, y, out)

    for kind in cases.TYPES:
        for axis in (None, 0, 1, -1):
            a = cases.shaped(kind, rng, (5, 4))
            one(a, indices(rng, "i64", 20 if axis is None else a.shape[axis], (7,), cases), axis)
    for kind, shape in itertools.product(INDEX_TYPES, ((), (1,), (3, 2), (0,), (2, 0, 3), (2, 1, 2))):
        a = cases.shaped("f64", rng, (5, 6))
        for axis in (None, 0, 1):
            one(a, indices(rng, kind, 5, shape, cases), axis)
    for text in VIEWS:
        for axis in (None, 0, -1):
            one(cases.View(cases.shaped("i32", rng, (5, 6)), text), np.array([0, 1, -1, 1]), axis)
    for shape in ((2, 3, 4), (1, 5, 1), (4, 0, 2), (3, 1, 2, 2)):
        for axis in range(len(shape)):
            if shape[axis]:
                one(cases.shaped("c64", rng, shape), indices(rng, "i32", shape[axis], (4,), cases), axis)
    for mode, bad in itertools.product((0, 1, 2), ([5], [0, -6, 1], [100, -100, 3], [-5, 4])):
        one(np.arange(5), np.array(bad), 0, mode)
        one(np.arange(10).reshape(5, 2), np.array(bad), 0, mode)
        one(np.arange(5).reshape(5, 1), np.array(bad), None, mode)
    one(np.zeros(0), np.array([0]), 0)
    one(np.zeros((0, 3)), np.zeros(0, int), 0)
    one(np.array(7.5), np.array([0, -1]), None)
    one(np.zeros(3), np.array([0.5]), 0)
    one(np.zeros(3), np.array([1]), 1 - 3)
    one(np.arange(3000.0), rng.permutation(3000), 0)
    one(np.arange(6000.0).reshape(300, 20), rng.permutation(300), 0)


def write_get(w, rng, cases):
    def one(x, *index):
        y = x.value if isinstance(x, cases.View) else x
        out = answer(lambda: bare(y)[tuple(cases.value_of(i) for i in index)])
        w.case("get", 0)
        for v in (x, *index):
            w.operand(v)
        finish(w, cases, y, out)

    for kind in cases.TYPES:
        a = cases.shaped(kind, rng, (4, 5))
        one(a, indices(rng, "i32", 4, (6,), cases))
        one(a, indices(rng, "i64", 4, (6,), cases), indices(rng, "i8", 5, (6,), cases))
        one(a, rng.random((4, 5)) < 0.5)
        one(a, rng.random(4) < 0.5)
    a = cases.shaped("f64", rng, (4, 5, 3))
    for first, second in (((), ()), ((1,), (6,)), ((3, 1), (4,)), ((0,), (1,)), ((2, 2), (2, 2)), ((2,), (3,))):
        one(a, indices(rng, "i64", 4, first, cases), indices(rng, "u8", 5, second, cases))
        one(a, indices(rng, "i64", 4, first, cases), indices(rng, "u8", 5, second, cases),
            indices(rng, "i16", 3, (1,), cases))
    for shape in ((4,), (4, 5), (4, 5, 3)):
        for p in (0, 0.3, 1):
            one(a, rng.random(shape) < p)
    one(a, rng.random(4) < 2, indices(rng, "i64", 5, (4,), cases))
    one(a, indices(rng, "i64", 4, (15,), cases), rng.random((5, 3)) < 2)
    for text in VIEWS:
        x = cases.View(cases.shaped("i16", rng, (5, 6)), text)
        n, m = x.value.shape
        one(x, indices(rng, "i64", n, (5,), cases), indices(rng, "i64", m, (5,), cases))
        one(x, rng.random((n, m)) < 0.4)
        one(cases.shaped("f32", rng, (6, 6)), cases.View(rng.random((6, 6)) < 0.4, "::-1, ::-1"))
    one(np.zeros((3, 0)), np.array([True, False, True]))
    one(np.zeros((0, 3)), np.zeros(0, bool))
    one(np.array(3.5), np.array(True))
    one(np.array(3.5), np.array(False))
    one(np.zeros((3, 4)), np.zeros((3, 3), bool))
    one(np.zeros((3, 4)), np.array([3]))
    one(np.zeros((3, 4)), np.array([0]), np.array([-5]))
    one(np.zeros(4), np.array([0]), np.array([0]))
    one(np.zeros(4), np.array([0.0]))
    one(np.arange(20000), np.arange(20000) % 3 == 0)


def write_set(w, rng, cases):
    def one(x, value, *index):
        root = x.root if isinstance(x, cases.View) else x
        copy = bare(root).copy()
        y = eval(f"copy[{x.text}]", {"copy": copy, "None": None}) if isinstance(x, cases.View) else copy

        def do():
            with np.errstate(all="ignore"):
                y[tuple(index)] = bare(value)
            return y
        out = answer(do)
        w.case("set", 0)
        for v in (x, value, *index):
            w.operand(v)
        finish(w, cases, root, out)

    for kind in cases.TYPES:
        a = cases.shaped(kind, rng, (4, 5))
        one(a, cases.shaped(kind, rng, (6, 5)), indices(rng, "i32", 4, (6,), cases))
        one(a, cases.shaped(kind, rng, (6,)), indices(rng, "i64", 4, (6,), cases),
            indices(rng, "i8", 5, (6,), cases))
        if kind != "bf16":
            one(a, 1, rng.random((4, 5)) < 0.5)
            one(a, cases.shaped(kind, rng, (1,)), rng.random(4) < 0.5)
            one(a, cases.shaped("bool", rng, (5,)), rng.random(4) < 0.5)
    a = cases.shaped("f64", rng, (4, 5, 3))
    for first, second in (((), ()), ((1,), (6,)), ((3, 1), (4,)), ((0,), (1,)), ((2, 2), (2, 2)), ((2,), (3,))):
        i, j = indices(rng, "i64", 4, first, cases), indices(rng, "u8", 5, second, cases)
        one(a, 2.5, i, j)
        one(a, cases.shaped("f32", rng, (3,)), i, j)
        one(a, cases.shaped("i16", rng, (1, 1, 1)), i, j)
        try:
            b = np.broadcast_shapes(first, second)
        except ValueError:
            continue
        one(a, cases.shaped("f64", rng, b + (3,)), i, j)
        one(a, cases.shaped("f64", rng, b + (2,)), i, j)
    for shape in ((4,), (4, 5), (4, 5, 3)):
        m = rng.random(shape) < 0.5
        one(a, cases.shaped("f64", rng, a[m].shape), m)
        one(a, cases.shaped("f64", rng, (a[m].shape[0] + 1,) + a[m].shape[1:]), m)
    for text in VIEWS:
        x = cases.View(cases.shaped("i16", rng, (5, 6)), text)
        n, m = x.value.shape
        one(x, cases.shaped("i16", rng, (5,)), indices(rng, "i64", n, (5,), cases), indices(rng, "i64", m, (5,), cases))
        one(x, 3, rng.random((n, m)) < 0.4)
        one(x, 4, indices(rng, "i64", n, (3,), cases))
    one(np.zeros((3, 4)), 1.0, np.array([3]))
    one(np.zeros((3, 4)), 1.0, np.array([0]), np.array([-5]))
    one(np.zeros((3, 4), np.int8), 300, np.array([0]))
    one(np.zeros((3, 4)), np.zeros(3), np.zeros((3, 3), bool))
    one(np.arange(3000.0), rng.normal(size=5000), rng.integers(0, 3000, 5000))
    one(np.zeros((70, 90, 2), np.float32), rng.normal(size=(9000, 2)), rng.integers(0, 70, 9000), rng.integers(-90, 90, 9000))
    one(np.zeros(50000, np.int32), np.arange(40000), rng.integers(0, 50000, 40000))

    for n, values, mode in itertools.product((0, 1, 7), (2.5, np.array([1.0, 2, 3]), np.zeros(0), np.arange(9)), (0, 1, 2)):
        a, index = cases.shaped("f64", rng, (3, 4)), rng.integers(-12, 12, n)
        if mode and n:
            index[0] = 40
        b = a.copy()
        np.put(b, index, values, MODES[mode])
        w.case("put", 0, mode)
        for v in (a, index, values):
            w.operand(v)
        w.expect(b)


def write_conditions(w, rng, cases):
    for kind, shape in itertools.product(cases.TYPES, ((7,), (3, 4), (2, 3, 4), (), (0,), (0, 3), (1, 1))):
        if kind == "bf16":
            continue
        a = cases.shaped(kind, rng, shape)
        a = np.where(rng.random(shape) < 0.5, a, np.zeros_like(a)).astype(a.dtype)
        for name in ("argwhere", "flatnonzero"):
            w.case(name, 0)
            w.operand(a)
            w.expect(getattr(np, name)(a).astype(np.int64))
    for text in VIEWS:
        x = cases.View(rng.integers(-1, 2, (5, 6)), text)
        w.case("argwhere", 0)
        w.operand(x)
        w.expect(np.argwhere(x.value).astype(np.int64))
        w.case("extract", 0)
        w.operand(x)
        w.operand(x)
        w.expect(np.extract(x.value, x.value))
    for n, axis in ((3, 0), (2, 0), (4, 1), (3, -1), (12, None), (5, None), (4, 0), (0, 1)):
        a, c = cases.shaped("f32", rng, (3, 4)), rng.integers(0, 2, n)
        if n == 4 and axis == 0:
            c[:] = 1
        out = answer(lambda: np.compress(c, a, axis))
        w.case("compress", 0, "-" if axis is None else axis)
        w.operand(c)
        w.operand(a)
        finish(w, cases, a, out)


def words_of(axes):
    axes = () if axes is None else (axes,) if isinstance(axes, int) else axes
    return (len(axes), *axes)


def write_rolled(w, rng, cases):
    def one(x, shift, axes):
        y = x.value if isinstance(x, cases.View) else x
        w.case("roll", 0, shift, *words_of(axes))
        w.operand(x)
        w.expect(wrapped(cases, y, np.roll(bare(y), shift, axes)))

    for kind in cases.TYPES:
        one(cases.shaped(kind, rng, (4, 5)), 2, 1)
    for shape, shift in itertools.product(((7,), (4, 5), (2, 3, 4), (1, 3), (0, 3), ()), (0, 1, -2, 7, 100, -12)):
        a = cases.shaped("i32", rng, shape)
        for axes in [None, *range(-len(shape), len(shape))] + ([(0, 1), (1, 0), (0, 0)] if len(shape) > 1 else []):
            one(a, shift, axes)
    for text in VIEWS:
        one(cases.View(cases.shaped("f64", rng, (5, 6)), text), 3, 0)


PADS = ["constant", "edge", "reflect", "symmetric", "wrap"]


def write_padded(w, rng, cases):
    def one(x, widths, mode, value=0):
        y = x.value if isinstance(x, cases.View) else x
        more = {"constant_values": value} if mode == 0 else {}
        out = answer(lambda: np.pad(bare(y), widths, PADS[mode], **more))
        w.case("pad", 0, mode, len(widths), *(v for pair in widths for v in pair))
        w.operand(x)
        w.number(value)
        if isinstance(out, str):
            w.failure("BAD_ARGUMENT")
        else:
            w.expect(wrapped(cases, y, out))

    for kind, mode in itertools.product(cases.TYPES, range(5)):
        one(cases.shaped(kind, rng, (3, 4)), [(1, 2), (0, 3)], mode)
    widths = [[(0, 0)], [(1, 1)], [(7, 0)], [(0, 9)], [(13, 22)]]
    for n, width, mode in itertools.product((1, 2, 3, 5), widths, range(5)):
        one(cases.shaped("i16", rng, (n,)), width, mode, 7)
        one(cases.shaped("f32", rng, (2, n)), [(3, 1)] + width, mode, -1.5)
        one(cases.shaped("f64", rng, (n, 1, 2)), width, mode, True)
    for text, mode in itertools.product(VIEWS, range(5)):
        one(cases.View(cases.shaped("i32", rng, (5, 6)), text), [(4, 1), (2, 8)], mode)
    for mode in range(5):
        one(np.zeros((0, 3)), [(1, 1)], mode)
        one(np.zeros((0, 3)), [(0, 0), (2, 1)], mode)
        one(np.zeros((2, 3)), [(1, -1)], mode)


def write_repeated(w, rng, cases):
    for kind in cases.TYPES:
        for axis, count in itertools.product((None, 0, -1), (0, 1, 3)):
            a = cases.shaped(kind, rng, (3, 4))
            w.case("repeat", 0, count, *words_of(axis))
            w.operand(a)
            w.expect(wrapped(cases, a, np.repeat(bare(a), count, axis)))
        a = cases.shaped(kind, rng, (2, 3))
        w.case("tile", 0, 2, 2, 3)
        w.operand(a)
        w.expect(wrapped(cases, a, np.tile(bare(a), (2, 3))))
    for axis, counts in ((0, [1, 0, 4]), (1, [0, 0, 2, 1]), (None, list(range(12))), (0, [2]), (0, [1, 2]), (0, [1, -1, 1]),
                         (1, [0, 0, 0, 0])):
        a, c = cases.shaped("f64", rng, (3, 4)), np.array(counts, np.int32)
        out = answer(lambda: np.repeat(a, c, axis))
        if isinstance(out, str) and min(counts) < 0:
            out = "BAD_ARGUMENT"
        w.case("repeat_each", 0, *words_of(axis))
        w.operand(a)
        w.operand(c)
        finish(w, cases, a, out)
    for shape, times in itertools.product(((), (3,), (2, 3), (1, 1), (0, 2)), ((), (4,), (2, 1), (0,), (3, 1, 2), (1, 5))):
        a = cases.shaped("i32", rng, shape)
        w.case("tile", 0, len(times), *times)
        w.operand(a)
        w.expect(np.tile(a, times))


def write_split(w, rng, cases):
    for shape, n, axis in itertools.product(((7,), (4, 6), (2, 3, 4)), (1, 2, 3, 5), (0, -1)):
        a = cases.shaped("i32", rng, shape)
        for which in range(n):
            w.case("array_split", 0, n, axis, which)
            w.operand(a)
            w.expect(np.array_split(a, n, axis)[which])
        out = answer(lambda: np.split(a, n, axis)[n - 1])
        w.case("split", 0, n, axis, n - 1)
        w.operand(a)
        if isinstance(out, str):
            w.failure("BAD_ARGUMENT")
        else:
            w.expect(out)
    for places in ([2, 4], [3, 1], [-1, 100], [0, 0], [-20, 3]):
        a = cases.shaped("i32", rng, (7, 2))
        for which in range(3):
            w.case("split_at", 0, which, len(places), *places)
            w.operand(a)
            w.expect(np.split(a, places, 0)[which])


def write_grids(w, rng, cases):
    for shape in ((3,), (2, 3), (2, 0), (1, 2, 3)):
        w.case("indices", 0, len(shape), *shape)
        w.operand(np.zeros(1))
        w.expect(np.indices(shape))
    for shapes, ij, sparse in itertools.product((((3,), (4,)), ((3,), (), (2,)), ((0,), (2,)), ((5,),)), (0, 1), (0, 1)):
        axes = [cases.shaped("f32", rng, s) for s in shapes]
        for which in range(len(axes)):
            w.case("meshgrid", 0, ij, sparse, which)
            for a in axes:
                w.operand(a)
            w.expect(np.meshgrid(*axes, indexing="ij" if ij else "xy", sparse=bool(sparse))[which])


def sortable(kind, rng, shape, cases):
    """Elements with equal ones among them."""
    a = cases.shaped(kind, rng, shape)
    if isinstance(a, cases.Bf16):
        return a
    again = rng.permutation(a.reshape(-1)).reshape(shape) if a.size else a
    return np.where(rng.random(shape) < 0.3, a.reshape(-1)[:1] if a.size else a, again).astype(a.dtype)


def write_sorted(w, rng, cases):
    def one(x, axis=None):
        y = cases.wide(x.value if isinstance(x, cases.View) else x)
        words = words_of(axis)
        for name, f in (("sort", np.sort), ("argsort", lambda v, k: np.argsort(v, k, kind="stable"))):
            out = f(y, -1 if axis is None else axis)
            w.case(name, 0.001 if y.dtype.kind in "fc" and name == "sort" else 0, *words)
            w.operand(x)
            w.expect(cases.Bf16(out) if isinstance(x, cases.Bf16) and name == "sort" else out)

    def different(x):
        y = cases.wide(x.value if isinstance(x, cases.View) else x)
        if y.dtype.kind == "c" and len(set(map(str, y[np.isnan(y)]))) > 1:
            return        # which of them stays NumPy does not say
        out = np.unique(y)
        w.case("unique", 0.001 if y.dtype.kind in "fc" else 0)
        w.operand(x)
        w.expect(cases.Bf16(out) if isinstance(x, cases.Bf16) else out)

    for kind in cases.TYPES:
        for shape in ((1,), (2,), (7,), (130,), (4, 5), (3, 60), (2, 3, 4), (0,), (0, 3), (3, 0)):
            a = sortable(kind, rng, shape, cases)
            different(a)
            for axis in [None, *range(-len(shape), len(shape))]:
                one(a, axis)
    for kind, text in itertools.product(("i16", "f64", "c64"), VIEWS):
        x = cases.View(sortable(kind, rng, (5, 6), cases), text)
        one(x, 0)
        one(x, 1)
        different(x)
    many = 40000
    nans = np.where(rng.random(many) < 0.01, np.nan, rng.normal(size=many))
    for a in (rng.normal(size=many), nans, -nans.astype(np.float32), np.zeros(many), np.sort(nans), np.sort(nans)[::-1].copy(),
              rng.integers(-3, 3, many), rng.integers(-100, 100, many).astype(np.int8),
              rng.integers(0, 2 ** 64, many, np.uint64), rng.random(many) < 0.2,
              (rng.normal(size=many) * 1e3).astype(np.float16), rng.integers(0, 9, many) + 1j * rng.integers(0, 3, many)):
        one(a)
        different(a)
        one(cases.View(np.concatenate([a, a]), "::-2"))


def write_searched(w, rng, cases):
    def one(a, v, right):
        out = np.searchsorted(cases.wide(a), cases.wide(v), "right" if right else "left")
        w.case("searchsorted", 0, right)
        w.operand(a)
        w.operand(v)
        w.expect(np.asarray(out))

    for kind, right in itertools.product(cases.TYPES, (0, 1)):
        if kind[0] == "c":
            continue
        a = sortable(kind, rng, (20,), cases)
        a = cases.Bf16(np.sort(a.floats)) if kind == "bf16" else np.sort(a)
        one(a, sortable(kind, rng, (3, 5), cases), right)
    a = np.sort(rng.integers(0, 30, 100))
    for right, v in itertools.product((0, 1), (np.array(7), 7, 2.5, -1, np.zeros(0), rng.normal(10, 9, (2, 3)), np.float32([3, np.nan]))):
        one(a, v, right)
        one(np.zeros(0), v, right)
        one(np.sort(rng.normal(0, 20, 9)), v, right)
    one(np.sort(rng.normal(0, 20, 9))[::-1].copy()[::-1], np.arange(9), 0)


def write_random(w, rng, cases):
    """Words and float64 are NumPy's; the others follow from the words."""
    def words(seed, n, stream):
        return np.random.Philox(key=seed + (stream << 64)).random_raw(n)

    def case(name, tolerance, shape, out, seed, stream, kind, *more):
        w.case(name, tolerance, seed, stream, kind, len(shape), *shape, *more)
        w.operand(np.zeros(1))
        w.expect(out)

    for shape, seed, stream in itertools.product(((), (1,), (7,), (3, 5), (2, 3, 4), (0, 2), (9001,)), (0, 7, 2 ** 60 + 1), (0, 3)):
        n = int(np.prod(shape))
        v = words(seed, 2 * n, stream)
        case("random_words", 0, shape, v[:n].reshape(shape), seed, stream, "u64")
        numpys = np.random.Generator(np.random.Philox(key=seed + (stream << 64)))
        case("random_uniform", 0, shape, np.asarray(numpys.random(shape)), seed, stream, "f64")
        for kind, bits in (("f32", 24), ("f16", 11)):
            out = ((v[:n] >> np.uint64(64 - bits)) / 2.0 ** bits).astype(cases.TYPES[kind])
            case("random_uniform", 0, shape, out.reshape(shape), seed, stream, kind)
        u, turn = ((v[::2] >> np.uint64(11)) + np.uint64(1)) / 2.0 ** 53, (v[1::2] >> np.uint64(11)) / 2.0 ** 53
        out = np.sqrt(-2 * np.log(u)) * np.cos(6.283185307179586 * turn)
        case("random_normal", "abs:" + (1e-14).hex(), shape, out.reshape(shape), seed, stream, "f64")
        for kind, low, high in (("i64", -5, 6), ("u8", 0, 256), ("i64", -2 ** 62, 2 ** 62), ("i16", 3, 4)):
            out = np.array([low + (int(x) * (high - low) >> 64) for x in v[:n]], cases.TYPES[kind])
            case("random_integers", 0, shape, out.reshape(shape), seed, stream, kind, low, high)
        case("random_permutation", 0, (n,), np.argsort(v[:n], kind="stable"), seed, stream, "i64")


def write_quantiles(w, rng, cases):
    def one(name, x, axis, keepdims, *more):
        y = x.value if isinstance(x, cases.View) else x
        f = np.median if name == "median" else np.quantile
        out = answer(lambda: np.asarray(f(y, *more, axis=axis, keepdims=bool(keepdims))))
        # between two elements the answer may cancel; NumPy finds the place in the elements' own type
        finite = np.abs(np.where(np.isfinite(y), y, 0).astype(float))
        bound = 0 if isinstance(out, str) else \
            "abs:" + float(np.finfo(out.dtype).eps * (4 + (y.size if more else 0)) * finite.max(initial=0)).hex()
        w.case(name, bound, keepdims, *words_of(axis), *map(float.hex, more))
        w.operand(x)
        if isinstance(out, str):
            w.failure("BAD_ARGUMENT")
        else:
            w.expect(out)

    for kind in ("bool", "i8", "i32", "u16", "f16", "f32", "f64"):
        for shape in ((1,), (2,), (7,), (130,), (4, 5), (2, 3, 4)):
            a = cases.small(kind, rng, shape)
            a = a.astype(np.uint8) if kind == "bool" else a // 4 if kind[0] in "iu" else a  # NumPy's differences wrap
            for axis in [None, *range(-len(shape), len(shape))]:
                one("median", a, axis, int(rng.integers(0, 2)))
                one("quantile", a, axis, int(rng.integers(0, 2)), float(rng.choice([0.0, 0.1, 0.25, 0.5, 0.77, 1.0])))
    for text, kind in itertools.product(VIEWS, ("i16", "f64")):
        one("median", cases.View(cases.small(kind, rng, (5, 6)) // 4, text), 0, 0)
        one("quantile", cases.View(cases.small(kind, rng, (5, 6)) // 4, text), None, 0, 0.3)
    a = rng.normal(size=(5, 6))
    a[2, 3] = np.nan
    for axis in (None, 0, 1):
        one("median", a, axis, 0)
        one("quantile", a, axis, 0, 0.4)
    one("quantile", np.zeros((0, 3)), 0, 0, 0.5)
    one("quantile", np.zeros(3), 0, 0, 1.5)
    one("quantile", rng.normal(size=40001), None, 0, 0.123)


def write_counts(w, rng, cases):
    for kind, n, least in itertools.product(("i8", "u8", "i64", "u32", "bool"), (0, 1, 50, 5000), (0, 3, 200)):
        a = rng.integers(0, 2 if kind == "bool" else 100, n).astype(cases.TYPES[kind])
        w.case("bincount", 0, least)
        w.operand(a)
        w.expect(np.bincount(a.astype(np.int64), minlength=least))
        weights = rng.normal(size=n)
        w.case("bincount", "abs:" + (1e-11).hex(), least)
        w.operand(a)
        w.operand(weights)
        w.expect(np.bincount(a.astype(np.int64), weights, least).astype(float))
    for a, status in ((np.array([1, -1]), "BAD_ARGUMENT"), (np.array([[1]]), "BAD_SHAPE"), (np.array([1.5]), "BAD_TYPE")):
        w.case("bincount", 0, 0)
        w.operand(a)
        w.failure(status)

    def one(x, bins, low, high):
        y = x.value if isinstance(x, cases.View) else x
        out = answer(lambda: np.histogram(y, bins, None if low == high == 0 else (low, high)))
        for name, k in (("histogram", 0), ("histogram_edges", 1)):
            w.case(name, 0, bins, float(low).hex(), float(high).hex())
            w.operand(x)
            if isinstance(out, str):
                w.failure("BAD_ARGUMENT")
            else:
                w.expect(out[k])

    for kind, bins in itertools.product(("f64", "i32", "u8"), (1, 3, 10, 1000)):
        for shape in ((1,), (50,), (20, 30), (2, 3, 4), (0,)):
            one(cases.small(kind, rng, shape), bins, 0, 0)
            one(cases.small(kind, rng, shape), bins, -1, 2.5)
    for bins in (1, 7, 10):
        one(np.arange(101) / 10, bins, 0, 10)
        one(np.array([0.1, np.nan, 0.9, np.inf, -np.inf]), bins, 0, 1)
        one(np.full(9, 3.0), bins, 0, 0)
        one(np.array([1, np.nan]), bins, 0, 0)
    one(np.zeros(3), 0, 0, 1)
    one(np.zeros(3), 3, 2, 1)
    for text in VIEWS:
        one(cases.View(rng.normal(size=(5, 6)), text), 4, 0, 0)


PARTS = [write_take, write_get, write_set, write_conditions, write_rolled, write_padded, write_repeated,
         write_split, write_grids, write_sorted, write_searched, write_random,
         write_quantiles, write_counts]


def write(w, rng, cases):
    for part in PARTS:
        part(w, rng, cases)
