"""The programs of bench/arrays for its peers: NumPy, numba, JAX. Run by bench/arrays, which talks to it.

    python arrays.py numpy|numba|jax

On stdin, a line each: `prepare NAME SIZE` makes the input and warms up, by two runs or more, for a second ("ready",
or "none" where this system has no such program); `run` runs once and answers `seconds`, then for each result its mean and the
mean of its squares; `versions` says what is used; the end of stdin ends it.

Each is written as its system's best user would: NumPy with `out=` and no loop over elements, numba with
parallel loops over elements, JAX as one jitted function of whole arrays.
"""

import sys
import time

import numpy as np

import arrays_programs

WARM_SECONDS = 1


def noise(shape, shift):
    n = int(np.prod(shape))
    return ((np.arange(n, dtype=np.float64) * 0.6180339887498949 + shift) % 1.0).reshape(shape)


def checksums(results):
    out = []
    for r in results:
        r = np.asarray(r, dtype=np.complex128 if np.iscomplexobj(r) else np.float64)
        out += [float(np.mean(r.real)), float(np.mean(np.abs(r) ** 2))]
    return out


class System:
    """One peer: how its input is made, its programs found, its results waited for."""

    def __init__(self, name):
        self.name = name
        self.programs = arrays_programs.of(name)
        self.versions = f"numpy {np.__version__}"
        self.wait = lambda results: results
        self.convert = lambda state: state
        if name == "jax":
            import jax

            jax.config.update("jax_enable_x64", True)
            self.versions = f"jax {jax.__version__}"
            self.wait = jax.block_until_ready
            self.convert = lambda state: jax.tree.map(
                lambda x: jax.numpy.asarray(x) if isinstance(x, np.ndarray) else x, state)
        elif name == "numba":
            import numba

            self.versions = f"numba {numba.__version__}"
        else:
            import scipy

            self.versions += f", scipy {scipy.__version__}"

    def run(self, name, state):
        began = time.perf_counter()
        results = self.wait(self.programs[name](*state))
        return time.perf_counter() - began, results


def main():
    system = System(sys.argv[1])
    name, state = None, None
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "versions":
            answer = system.versions
        elif word == "prepare":
            name, state = rest[0], None
            if name not in system.programs:
                answer = "none"
            else:
                state = system.convert(arrays_programs.SETUP[name](int(rest[1]), noise))
                begun, runs = time.perf_counter(), 0
                while runs < 2 or time.perf_counter() - begun < WARM_SECONDS:
                    system.run(name, state)
                    runs += 1
                answer = "ready"
        else:
            seconds, results = system.run(name, state)
            answer = " ".join(repr(x) for x in [seconds, *checksums(results)])
            del results
        print(answer, flush=True)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
