"""What the programs of bench/arrays are, by system: SETUP makes the input of each, of(system) gives a
dictionary from names to functions of that input, which answer with a tuple of arrays."""

import arrays_elementwise
import arrays_stencil

SETUP = {**arrays_elementwise.SETUP, **arrays_stencil.SETUP}


def of(system):
    if system not in ("numpy", "numba", "jax"):
        raise SystemExit(f"arrays.py: {system}: not one of numpy, numba, jax")
    return {**getattr(arrays_elementwise, system)(), **getattr(arrays_stencil, system)()}
