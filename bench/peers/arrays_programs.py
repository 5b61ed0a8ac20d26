"""What the programs of bench/arrays are, by system: SETUP makes the input of each, of(system) gives a
dictionary from names to functions of that input, which answer with a tuple of arrays."""

import arrays_elementwise
import arrays_linear
import arrays_served
import arrays_stencil

PARTS = (arrays_elementwise, arrays_stencil, arrays_linear, arrays_served)
SETUP = {name: setup for part in PARTS for name, setup in part.SETUP.items()}


def of(system):
    if system not in ("numpy", "numba", "jax"):
        raise SystemExit(f"arrays.py: {system}: not one of numpy, numba, jax")
    return {name: run for part in PARTS for name, run in getattr(part, system)().items()}
