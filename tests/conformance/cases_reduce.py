"""The cases of reductions with their options, and of scans; cases.py calls write().

What a line says, case_reduce.c tells.
"""

import numpy as np

from cases import TYPES, VIEWS, Bf16, View, shaped, small, value_of, wide

COMPOSED = ["var", "std", "ptp", "nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd",
            "nanargmax", "nanargmin"]
SUMS = ("sum", "prod", "mean", "var", "std", "nansum", "nanprod", "nanmean", "nanvar", "nanstd")


def axes_of(axis):
    return () if axis is None else (axis,) if isinstance(axis, int) else axis


def line(w, name, tolerance, x, axis, keepdims=False, ddof=0, dtype=None, out=None, where=None, initial=None):
    axes = axes_of(axis)
    w.case(f"with:{name}", tolerance, int(keepdims), float(ddof).hex(), dtype or "-", out or "-",
           int(where is not None), len(axes), *axes)
    for operand in (x, where, initial):
        if operand is not None:
            w.operand(operand)


def answer(name, y, options):
    """NumPy's; how it fails, by this library's names."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(getattr(np, name)(wide(y), **options))
    except np._core._exceptions.UFuncTypeError:
        return "BAD_TYPE"
    except TypeError:
        return "BAD_TYPE"
    except ValueError as e:
        return "TASK_FAILED" if "All-NaN" in str(e) else "BAD_ARGUMENT"


def tolerance_of(name, y, out):
    """A bound from magnitudes: both sides round sums in orders of their own."""
    if isinstance(out, str) or name not in SUMS:
        return "0"
    z = wide(y)
    if z.dtype.kind not in "fc" and out.dtype.kind not in "fc":
        return "0"
    t = out.dtype if out.dtype.kind in "fc" else z.dtype
    eps = 2.0 ** -8 if isinstance(y, Bf16) else float(np.finfo(t).eps)
    if z.dtype.kind in "fc" and name[-3:] in ("var", "std"):
        eps = max(eps, float(np.finfo(z.dtype).eps))    # NumPy's mean is of the elements' type, `out` or not
    size = np.abs(z[np.isfinite(z)].astype(complex if z.dtype.kind == "c" else float))
    n, top = max(z.size, 1), float(size.max(initial=0))
    if "prod" in name:
        return str(8 + z.size)
    scale = {"var": top * top, "std": top}.get(name.replace("nan", ""), top)
    return "abs:" + float(4 * n * eps * scale).hex()


def one(w, name, x, axis=None, keepdims=False, ddof=0, dtype=None, out=None, where=None, initial=None):
    y = value_of(x)
    options = {"axis": axis, "keepdims": keepdims}
    if ddof:
        options["ddof"] = ddof
    if dtype:
        options["dtype"] = TYPES[dtype]
    if where is not None:
        options["where"] = where
    if initial is not None:
        options["initial"] = initial
    if out:
        plain = answer(name, y, {"axis": axis, "keepdims": keepdims})
        if isinstance(plain, str):
            return
        options["out"] = np.empty(plain.shape, TYPES[out])
    if name == "ptp" and np.asarray(wide(y)).dtype.kind == "b":
        found = "BAD_TYPE"
    else:
        found = answer(name, y, options)
    if isinstance(y, Bf16) and not isinstance(found, str) and found.dtype == np.float32:
        rounded = Bf16(found)
    else:
        rounded = found
    if isinstance(found, str) and out:
        return    # the shape of `out` is what comes out
    line(w, name, tolerance_of(name, y, found), x, axis, keepdims, ddof, dtype, out, where, initial)
    w.failure(rounded) if isinstance(rounded, str) else w.expect(rounded)


def holed(kind, rng, shape):
    """Numbers, and NaNs where a type has them."""
    a = small(kind, rng, shape)
    if kind[0] not in "fc" and kind != "bf16":
        return a
    hole = rng.random(shape) < 0.3
    if isinstance(a, Bf16):
        a.bits = np.where(hole, np.uint16(0x7fc0), a.bits).astype(np.uint16)
        return a
    nan = complex(np.nan, np.nan) if kind[0] == "c" else np.nan
    return np.where(hole, np.array(nan, a.dtype), a).astype(a.dtype)


def write_shapes(w, rng, name, kind):
    make = holed if name.startswith("nan") else small
    for shape in ((7,), (4, 5), (2, 3, 4), (), (1, 1), (0,), (0, 3), (3, 0)):
        ways = [None] + list(range(-len(shape), len(shape)))
        if len(shape) == 3 and "arg" not in name:
            ways += [(0, 2), (1, -1), (0, 1, 2)]
        for axis in ways:
            one(w, name, make(kind, rng, shape), axis, bool(rng.integers(0, 2)))
    for text in VIEWS:
        one(w, name, View(make(kind, rng, (5, 6)), text))


def write_options(w, rng, name, kind):
    make = holed if name.startswith("nan") else small
    is_bf16 = kind == "bf16"
    mask = rng.random((4, 6)) < 0.6
    if name in SUMS and name[:3] != "nan" or name in ("any", "all"):
        for where in (mask, mask[0], mask[:, :1]):
            for axis in (None, 0, 1):
                one(w, name, make(kind, rng, (4, 6)), axis, where=where)
    if name in ("nansum", "nanmean", "nanvar", "nanstd", "nanprod"):
        one(w, name, make(kind, rng, (4, 6)), 0, where=mask)
    if name in ("max", "min") and kind != "bool":
        one(w, name, make(kind, rng, (4, 6)), 0, where=mask, initial=1)
        one(w, name, make(kind, rng, (0, 6)), 0, initial=0)
        one(w, name, make(kind, rng, (4, 6)), 0, where=mask)
    if name in ("sum", "prod", "max", "min", "nansum", "nanprod", "nanmax", "nanmin") and kind != "bool":
        one(w, name, make(kind, rng, (3, 4)), 1, initial=2)
        one(w, name, make(kind, rng, (3, 4)), None, initial=1)
    if name in ("var", "std", "nanvar", "nanstd"):
        for ddof in (1, 0.5, 3, 4, 9):
            one(w, name, make(kind, rng, (3, 4)), 1, ddof=ddof)
    if name in SUMS and not is_bf16:
        for dtype in ("f32", "f64", "c128") + (("i64", "u8") if "sum" in name or "prod" in name else ()):
            falls = dtype[0] in "iu" and kind[0] in "fc" or dtype[0] == "f" and kind[0] == "c"
            if not falls and not (dtype == "c128" and name[-3:] in ("var", "std")):
                one(w, name, make(kind, rng, (3, 4)), 0, dtype=dtype)
    if not is_bf16 and name not in ("nanargmax", "nanargmin", "argmax", "argmin"):
        for out in ("f32", "f64", "c128", "i64", "i32"):    # types to which the elements promote
            if out == "c128" and (name[-3:] in ("var", "std") or name in ("ptp", "nanmean")):
                continue    # NumPy's NaN has two parts; complex64 is subtracted as such
            is_float = name[-4:] == "mean" or name[-3:] in ("var", "std")
            if np.promote_types(TYPES[kind], TYPES[out]) == TYPES[out] and not (is_float and out[0] == "i"):
                one(w, name, make(kind, rng, (3, 4)), 0, out=out)


# ---- scans ----

SCANS = ["cumsum", "cumprod", "nancumsum", "nancumprod"]


def scan(w, name, x, axis=None, dtype=None, out=None):
    y = wide(value_of(x))
    options = {"axis": axis}
    if dtype:
        options["dtype"] = TYPES[dtype]
    if out:
        options["out"] = np.empty(np.cumsum(y, axis=axis).shape, TYPES[out])
    with np.errstate(all="ignore"):
        found = np.asarray(getattr(np, name)(y, **options))
    tolerance = "0"
    if found.dtype.kind in "fc":
        n = max(1, y.size)
        half = isinstance(x, Bf16) or y.dtype == np.float16
        eps = 2.0 ** -8 if isinstance(value_of(x), Bf16) else float(np.finfo(found.dtype).eps)
        top = float(np.abs(np.nan_to_num(found.astype(complex if found.dtype.kind == "c" else float), posinf=0,
                                         neginf=0)).max(initial=0))
        tolerance = "abs:" + float(n * eps * (4 if half else 1) * top).hex()
    line(w, name, tolerance, x, axis, dtype=dtype, out=out)
    w.expect(Bf16(found) if isinstance(value_of(x), Bf16) and found.dtype == np.float32 else found)


def write_scans(w, rng):
    for kind in TYPES:
        for name in SCANS:
            make = holed if name.startswith("nan") else small
            for shape in ((7,), (4, 5), (2, 3, 4), (), (1, 1), (0,), (0, 3), (3, 0), (2, 1, 3, 2)):
                for axis in [None] + list(range(-len(shape), len(shape))):
                    scan(w, name, make(kind, rng, shape), axis)
            for text in VIEWS:
                scan(w, name, View(make(kind, rng, (5, 6)), text))
                if value_of(View(make(kind, rng, (5, 6)), text)).shape != ():
                    scan(w, name, View(make(kind, rng, (5, 6)), text), 0)
            if kind != "bf16":
                for t in ("f64", "c128", "i64"):
                    if np.promote_types(TYPES[kind], TYPES[t]) == TYPES[t]:
                        scan(w, name, make(kind, rng, (3, 4)), 1, dtype=t)
                        scan(w, name, make(kind, rng, (3, 4)), 1, out=t)
            if kind[0] == "f" or kind == "bf16":
                scan(w, name, shaped(kind, rng, (4, 6)), 1)
    for kind in ("i8", "u16", "f32", "f64", "c128"):    # more than a block
        for shape, axis in (((40000,), 0), ((3, 1500), 1), ((1500, 3), 0), ((5, 700, 2), 1)):
            scan(w, "cumsum", small(kind, rng, shape), axis)
    signs = np.where(rng.random(40000) < 0.5, -1.0, 1.0)
    scan(w, "cumprod", signs)
    scan(w, "cumsum", np.where(rng.random(40000) < 1e-4, np.inf, 1.0))
    for axis in (1, -2):
        line(w, "cumsum", "0", np.zeros(3), axis)
        w.failure("BAD_ARGUMENT")


def write(w, rng):
    write_scans(w, rng)
    plain = ["sum", "prod", "max", "min", "any", "all", "mean"]
    for kind in TYPES:
        for name in COMPOSED:
            write_shapes(w, rng, name, kind)
            write_options(w, rng, name, kind)
            if kind[0] == "f" and name not in SUMS:
                one(w, name, shaped(kind, rng, (4, 6)), 0)
        for name in plain:
            write_options(w, rng, name, kind)
