"""Write random array programs and what NumPy answers, for tests/conformance/arrays --programs.

    programs.py FILE --seed S --programs N [--first INDEX]

A program is lines of words; registers are numbers, operands @REGISTER, bNUMBER, iNUMBER or dNUMBER (a double as
hex):

    PROGRAM index
    A register type rank extents...          an array, its bytes behind the line
    view register from text                  register = from[text]; also transpose, flip, expand, squeeze,
                                             broadcast, reshape (copied), copy, astype, concat, stack
    call register function n operands... out where      register "_": into `out` alone; "-": none
    where register condition x y
    assign to from
    reduce register function from keepdims n axes...
    release register
    E register tolerance type rank extents...   what it holds at the end, its bytes behind the line
    F register STATUS                           it failed so
    END

Program I of a seed is the same whatever N is. What is generated is exact in NumPy and here, but sums and
means of floats, which are compared within a bound and used no further.
"""

import argparse
import sys
import warnings

import numpy as np

from cases import NAME_OF, TYPES, bytes_of, reduce_tolerance

warnings.filterwarnings("ignore")
np.seterr(all="ignore")

ARITHMETIC = ["add", "subtract", "multiply"]
FLOATS = ARITHMETIC + ["divide", "sqrt", "absolute", "negative", "square", "floor", "ceil", "rint", "copysign",
                       "isnan", "isfinite", "signbit", "less", "greater_equal", "equal", "logical_and", "floor_divide",
                       "remainder", "fmod", "sign", "reciprocal"]
INTEGERS = ARITHMETIC + ["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "maximum", "minimum", "less",
                         "not_equal", "greater", "floor_divide", "remainder", "absolute", "negative", "square",
                         "logical_not", "logical_xor", "sign"]
BOOLS = ["logical_and", "logical_or", "logical_xor", "logical_not", "equal", "add", "multiply", "bitwise_and",
         "maximum", "less_equal"]
COMPLEX = ["add", "subtract", "negative", "conjugate", "equal", "not_equal"]
REDUCTIONS = ["sum", "prod", "max", "min", "any", "all", "count_nonzero", "mean", "argmax", "argmin"]
KINDS = ["bool", "i8", "i32", "i64", "u8", "u32", "f16", "f32", "f64", "f64", "f64", "f64", "c128"]
NEW, STATEMENTS, LARGE = 3, 14, 0.015


class Register:
    def __init__(self, value, readonly=False, tolerance=None):
        self.value, self.readonly = value, readonly
        self.tolerance = tolerance        # not None: inexact, used no further
        self.failure = None


class Program:
    """A program as it grows: registers, and the lines to be written."""

    def __init__(self, rng, index):
        self.rng, self.registers, self.out = rng, [], [(f"PROGRAM {index}", None)]

    # ---- choosing ----

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, of):
        return of[int(self.rng.integers(0, len(of)))]

    def usable(self, test=lambda r: True):
        return [k for k, r in enumerate(self.registers)
                if r is not None and r.failure is None and r.tolerance is None and test(r)]

    def shape(self):
        if self.chance(LARGE):
            return self.pick([(int(self.rng.integers(300, 20000)),), (int(self.rng.integers(20, 120)),
                                                                     int(self.rng.integers(20, 120)))])
        return tuple(int(self.rng.integers(0 if self.chance(0.1) else 1, 7)) for _ in range(self.rng.integers(0, 4)))

    def number(self, value):
        """A number that goes with an array, and its word."""
        kind = value.dtype.kind
        if kind == "b" or self.chance(0.1):
            v = bool(self.rng.integers(0, 2))
            return v, f"b{int(v)}"
        if kind in "iu" or self.chance(0.3):
            v = int(self.rng.integers(0 if kind == "u" else -3, 6))
            return v, f"i{v}"
        v = float(self.pick([0.5, -1.5, 2.0, 0.1, -0.0, 3.25, 1e-3, 7.0]))
        return v, "d" + v.hex()

    # ---- writing ----

    def line(self, *words, data=None):
        self.out.append((" ".join(str(w) for w in words), data))

    def add(self, register):
        self.registers.append(register)
        return len(self.registers) - 1

    def new(self):
        kind, shape = self.pick(KINDS), self.shape()
        n = int(np.prod(shape))
        if kind == "bool":
            a = self.rng.integers(0, 2, n).astype(bool)
        elif kind == "c128":
            a = np.round(self.rng.normal(0, 3, n), 2) + 1j * np.round(self.rng.normal(0, 3, n), 2)
        elif kind[0] == "f":
            a = self.rng.normal(0, 3, n).astype(TYPES[kind])
            if self.chance(0.3) and n:
                a[self.rng.integers(0, n, max(1, n // 6))] = self.pick([0.0, -0.0, np.inf, np.nan, -np.inf, 1.0])
        else:
            info = np.iinfo(TYPES[kind])
            a = self.rng.integers(max(info.min, -50), min(info.max, 100), n).astype(TYPES[kind])
        a = a.reshape(shape)
        k = self.add(Register(a.copy()))
        self.line("A", k, NAME_OF[a.dtype], a.ndim, *a.shape, data=bytes_of(a))

    def slices(self, shape):
        words = []
        for n in shape:
            way = self.rng.integers(0, 6)
            if way == 0 and n:
                words.append(str(int(self.rng.integers(-n, n))))
            elif way == 1:
                words.append("::-1")
            elif way == 2:
                words.append(f"{int(self.rng.integers(0, n + 1))}:")
            elif way == 3:
                words.append(f":{int(self.rng.integers(-2, n + 1))}:{int(self.rng.integers(1, 3))}")
            elif way == 4:
                words.append("1:-1")
            else:
                words.append(":")
        if self.chance(0.1) and len(shape) < 3:
            words.insert(int(self.rng.integers(0, len(words) + 1)), "None")
        return ",".join(words) if words else "..."

    def view(self):
        at = self.usable()
        k = self.pick(at)
        r = self.registers[k]
        a, way = r.value, self.rng.integers(0, 9)
        if way < 5:
            text = self.slices(a.shape)
            index = text if "..." in text else f"{text}, ..."      # with it an integer leaves a view too
            self.line("view", self.add(Register(eval(f"a[{index}]", {"a": a}), r.readonly)), k, text)
        elif way == 5:
            axes = [int(x) for x in self.rng.permutation(a.ndim)]
            self.line("transpose", self.add(Register(a.transpose(axes), r.readonly)), k, len(axes), *axes)
        elif way == 6 and a.ndim:
            axis = int(self.rng.integers(0, a.ndim))
            self.line("flip", self.add(Register(np.flip(a, axis), r.readonly)), k, 1, axis)
        elif way == 7 and a.ndim < 4:
            axis = int(self.rng.integers(0, a.ndim + 1))
            self.line("expand", self.add(Register(np.expand_dims(a, axis), r.readonly)), k, axis)
        elif a.ndim < 4 and a.size < 1000:
            shape = (int(self.rng.integers(1, 4)), *a.shape)
            self.line("broadcast", self.add(Register(np.broadcast_to(a, shape), True)), k, len(shape), *shape)

    def moved(self):
        k = self.pick(self.usable())
        a, way = self.registers[k].value, self.rng.integers(0, 4)
        if way == 0:
            self.line("copy", self.add(Register(a.copy())), k)
        elif way == 1:
            shape = self.pick([(a.size,), (1, a.size), (a.size, 1), (-1,)] + ([(a.shape[0], -1)] if a.ndim and a.size else []))
            self.line("reshape", self.add(Register(a.reshape(shape).copy())), k, len(shape), *shape)
        elif way == 2:
            kind = self.pick(KINDS)
            if a.dtype.kind not in "fc" or np.dtype(TYPES[kind]).kind in ("fc" if a.dtype.kind == "f" else "c"):
                self.line("astype", self.add(Register(a.astype(TYPES[kind]))), k, kind)
        else:
            same = self.usable(lambda r: r.value.ndim == a.ndim and r.value.shape[1:] == a.shape[1:])
            if a.ndim:
                j = self.pick(same)
                self.line("concat", self.add(Register(np.concatenate([a, self.registers[j].value], 0))), 0, k, j)

    # ---- computing ----

    def functions(self, a):
        return {"b": BOOLS, "f": FLOATS, "c": COMPLEX}.get(a.dtype.kind, INTEGERS)

    def partner(self, a):
        """A second operand: one that fits, a number, or now and then any."""
        if self.chance(0.25):
            return self.number(a)

        def fits(r):
            try:
                return np.broadcast_shapes(a.shape, r.value.shape) is not None and \
                    (r.value.dtype.kind == a.dtype.kind or self.chance(0.2))
            except ValueError:
                return self.chance(0.05)
        at = self.usable(fits)
        if not at:
            return self.number(a)
        k = self.pick(at)
        return self.registers[k].value, f"@{k}"

    def call(self, in_place=False):
        k = self.pick(self.usable())
        a = self.registers[k].value
        name = self.pick(self.functions(a))
        f = getattr(np, name)
        xs, words = [a], [f"@{k}"]
        if f.nin == 2:
            y, word = self.partner(a)
            xs.append(y)
            words.append(word)
            if self.chance(0.2):
                xs.reverse()
                words.reverse()
        try:
            result = np.asarray(f(*xs))
        except ValueError:
            r = Register(None)
            r.failure = "BAD_SHAPE"
            self.line("call", self.add(r), name, f.nin, *words, "-", "-")
            return
        except (TypeError, OverflowError):
            return
        exact = not (name in ("floor_divide", "remainder", "fmod") and result.dtype.kind == "f" and
                     not np.isfinite(result).all()) and \
            not (result.dtype.kind == "c" and name not in COMPLEX) and \
            not (name in ("maximum", "minimum") and result.dtype.kind == "f")
        if not exact:
            return
        target = self.usable(lambda r: not r.readonly and r.value.shape == result.shape and
                             np.can_cast(result.dtype, r.value.dtype, "same_kind")) if in_place else []
        if not target:
            self.line("call", self.add(Register(result.copy())), name, f.nin, *words, "-", "-")
            return
        out = self.pick(target)
        masks = self.usable(lambda r: r.value.dtype == bool and r.value.shape == result.shape)
        to, mask = self.registers[out].value, "-"
        where = np.ones(to.shape, bool)
        if masks and self.chance(0.3):
            mask = self.pick(masks)
            where = self.registers[mask].value.copy()
            mask = f"@{mask}"
        to[where] = result.astype(to.dtype)[where]
        self.line("call", "_", name, f.nin, *words, f"@{out}", mask)

    def chosen(self):
        masks = self.usable(lambda r: r.value.dtype == bool)
        if not masks:
            return
        m = self.pick(masks)
        k = self.pick(self.usable())
        y, word = self.partner(self.registers[k].value)
        try:
            out = np.where(self.registers[m].value, self.registers[k].value, y)
        except (ValueError, OverflowError):
            return
        self.line("where", self.add(Register(out)), f"@{m}", f"@{k}", word)

    def assign(self):
        at = self.usable(lambda r: not r.readonly)
        if not at:
            return
        k = self.pick(at)
        to = self.registers[k].value

        def fits(r):
            try:
                return np.broadcast_shapes(to.shape, r.value.shape) == to.shape and \
                    np.can_cast(r.value.dtype, to.dtype, "same_kind")
            except ValueError:
                return False
        sources = self.usable(fits)
        if sources and self.chance(0.8):
            j = self.pick(sources)
            value, word = self.registers[j].value.copy(), f"@{j}"
        else:
            value, word = self.number(to)
            if to.dtype.kind in "iub" and isinstance(value, float) or to.dtype.kind == "b":
                value, word = True, "b1"
        to[...] = value
        self.line("assign", k, word)

    def reduce(self):
        k = self.pick(self.usable())
        a, name = self.registers[k].value, self.pick(REDUCTIONS)
        if a.dtype.kind == "c" and name in ("max", "min", "argmax", "argmin", "prod"):
            return
        axes = [int(x) for x in self.rng.permutation(a.ndim)[:self.rng.integers(0, a.ndim + 1)]]
        if name.startswith("arg"):
            axes = axes[:1]
        axis = None if not axes else axes[0] if name.startswith("arg") else tuple(axes)
        keep = bool(self.rng.integers(0, 2))
        try:
            out = np.asarray(getattr(np, name)(a, axis=axis, keepdims=keep))
        except ValueError:
            return
        inexact = a.dtype.kind in "fc" and name in ("sum", "prod", "mean", "max", "min") or name == "mean"
        tolerance = None
        if inexact:
            tolerance = "0.001" if name in ("max", "min") else reduce_tolerance(name, a, axis, out)
            if name == "prod" or not np.isfinite(a.astype(complex)).all() and name in ("sum", "mean"):
                return
            if a.dtype == np.float16 and not np.isfinite(out).all():
                return
        self.line("reduce", self.add(Register(out, tolerance=tolerance)), name, k, int(keep), len(axes), *axes)

    def loop(self):
        """The same statements in place, several times."""
        before = len(self.out)
        for _ in range(int(self.rng.integers(1, 4))):
            self.call(in_place=True) if self.chance(0.7) else self.assign()
        body = [x for x in self.out[before:] if x[0].startswith(("call _", "assign"))]
        if len(body) != len(self.out) - before:
            return                          # something new was made: not a body
        for _ in range(int(self.rng.integers(2, 10))):
            for text, _data in body:
                if not self.again(text.split()):
                    return
                self.line(text)

    def long_loop(self):
        """Temporaries that are made, used and released, over and over: more than are ever in flight."""
        at = self.usable(lambda r: r.value.dtype == np.float64 and not r.readonly and r.value.size)
        if not at:
            return
        k = self.pick(at)
        to, n = self.registers[k].value, len(self.registers)
        shifts = [self.pick(["::-1", ":", "..."]) if to.ndim else "..." for _ in range(2)]
        views = [to[::-1] if s == "::-1" else to for s in shifts]
        first = [self.add(Register(v)) for v in views]
        for r, s in zip(first, shifts):
            self.line("view", r, k, s)
        folded = self.chance(0.5)
        for _ in range(int(self.rng.integers(20, 150))):
            a, b, c, d = n + 2, n + 3, n + 4, n + 5
            total = views[0] + views[1]
            part = total * 0.25
            self.line("call", a, "add", 2, f"@{first[0]}", f"@{first[1]}", "-", "-")
            self.line("call", b, "multiply", 2, f"@{a}", "d" + (0.25).hex(), "-", "-")
            self.line("call", c, "subtract", 2, f"@{b}", f"@{k}", "-", "-")
            if folded:
                self.line("reduce", d, "any", c, 0, 0)
                self.line("release", d)
            to[...] = part
            self.line("assign", k, f"@{b}")
            for r in (a, b, c):
                self.line("release", r)
        self.registers += [None] * 4

    def value(self, word):
        if word[0] == "@":
            return self.registers[int(word[1:])].value
        return bool(int(word[1:])) if word[0] == "b" else int(word[1:]) if word[0] == "i" else float.fromhex(word[1:])

    def again(self, words):
        """Run a statement in place once more.  False: it is no longer exact."""
        if words[0] == "assign":
            to, x = self.registers[int(words[1])].value, self.value(words[2])
            to[...] = x.copy() if isinstance(x, np.ndarray) else x
            return True
        name, n = words[2], int(words[3])
        result = np.asarray(getattr(np, name)(*[self.value(w) for w in words[4:4 + n]]))
        if name in ("floor_divide", "remainder", "fmod") and result.dtype.kind == "f" and \
                not np.isfinite(result).all():
            return False
        to, mask = self.value(words[4 + n]), words[5 + n]
        where = np.ones(to.shape, bool) if mask == "-" else self.value(mask).copy()
        to[where] = result.astype(to.dtype)[where]
        return True

    def release(self):
        at = self.usable()
        if len(at) > 2:
            k = self.pick(at)
            self.registers[k] = None
            self.line("release", k)

    def build(self):
        for _ in range(int(self.rng.integers(1, NEW + 1))):
            self.new()
        ways = [(self.call, 6), (lambda: self.call(True), 4), (self.view, 5), (self.assign, 3), (self.reduce, 2),
                (self.moved, 2), (self.chosen, 1), (self.loop, 1), (self.long_loop, 0.2), (self.release, 1), (self.new, 1)]
        ways = [f for f, n in ways for _ in range(round(5 * n))]
        for _ in range(int(self.rng.integers(3, STATEMENTS))):
            if len(self.registers) < 40 and len(self.out) < 1000:
                self.pick(ways)()
        for k, r in enumerate(self.registers):
            if r is None:
                continue
            if r.failure:
                self.line("F", k, r.failure)
            else:
                a = np.asarray(r.value)
                self.line("E", k, r.tolerance or 0, NAME_OF[a.dtype], a.ndim, *a.shape, data=bytes_of(a))
        self.line("END")
        return self.out


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(argv)
    with open(options.file, "wb") as file:
        for i in range(options.first, options.first + options.programs):
            for text, data in Program(np.random.default_rng([options.seed, i]), i).build():
                file.write(text.encode() + b"\n" + (data or b""))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
