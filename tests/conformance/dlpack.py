"""NumPy's arrays through this library and back, by DLPack. Prints ok and not ok lines.

    dlpack.py PEER        the shared library made of dlpack_peer.c
"""

import ctypes
import gc
import sys
import weakref

import numpy as np

api = ctypes.pythonapi
api.PyCapsule_GetPointer.restype = ctypes.c_void_p
api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
api.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
api.PyCapsule_New.restype = ctypes.py_object
api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
NAMES = {True: (b"dltensor_versioned", b"used_dltensor_versioned"), False: (b"dltensor", b"used_dltensor")}


class Tensor:
    """What NumPy takes: a tensor in a capsule."""

    def __init__(self, pointer, versioned):
        self.capsule = api.PyCapsule_New(pointer, NAMES[versioned][0], None)

    def __dlpack__(self, **_):
        return self.capsule

    def __dlpack_device__(self):
        return (1, 0)


def through(peer, a, versioned):
    """An array there and back; a text where it is refused."""
    capsule = a.__dlpack__(max_version=(1, 0)) if versioned else a.__dlpack__()
    name, used = NAMES[versioned]
    call = peer.peer_doubled if versioned else peer.peer_doubled_unversioned
    found = call(api.PyCapsule_GetPointer(capsule, name))
    if not found:
        return peer.peer_why().decode()
    api.PyCapsule_SetName(capsule, used)       # the tensor was taken: nobody else deletes it
    return np.from_dlpack(Tensor(found, versioned))


def arrays():
    rng = np.random.default_rng(1)
    for code in "?bhilBHILefdFD":
        a = (rng.normal(0, 20, (6, 8)) + 30).astype(code)
        for view in (a, a.T, a[::-1], a[:, ::-2], a[1:4, 2:5], a[2], a[2, 3:4], a[:0], a[..., None],
                     np.broadcast_to(a[0], (3, 8)), a.reshape(2, 3, 8).transpose(2, 0, 1), np.array(a[1, 1])):
            yield view


def lifetime(peer):
    """What came in is let go of, and what went out stays."""
    a = np.arange(1000.0)
    gone = weakref.ref(a)
    b = through(peer, a, True)
    del a
    for _ in range(1000):
        if gone() is None:
            break
        through(peer, np.ones(3), True)
        gc.collect()
    return gone() is None and bool((b == 2 * np.arange(1000.0)).all())


def main(argv):
    peer = ctypes.CDLL(argv[1])
    for f in (peer.peer_doubled, peer.peer_doubled_unversioned):
        f.restype, f.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    peer.peer_why.restype = ctypes.c_char_p
    if not peer.peer_begin():
        print(f"not ok dlpack {peer.peer_why().decode()!r}")
        return 1
    differ = []
    for versioned in (True, False):
        for a in arrays():
            writable = np.array(a) if not versioned and not a.flags.writeable else a   # no flag to say so
            found, expected = through(peer, writable, versioned), a if a.dtype == bool else a + a
            if isinstance(found, str) or found.dtype != expected.dtype or not np.array_equal(found, expected):
                differ.append(f"{a.dtype} {a.shape} {a.strides}: {found!r}")
    lives = lifetime(peer)
    print(f"not ok dlpack {len(differ)} differ: {differ[0]}" if differ else "ok dlpack")
    print("ok dlpack_lifetime" if lives else "not ok dlpack_lifetime memory is not let go of")
    ended = peer.peer_end()
    return 1 if differ or not lives or ended else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
