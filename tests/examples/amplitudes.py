"""What examples/01_rocking_curve must say of amplitudes: to the bit for a small scan, within rounding else.

`of_frames` adds in the order that the tasks promise (a scan of less than 16384 voxels is one canonical
leaf) with every sum rounded to single precision, in Python's own numbers.
"""

import math
import struct

LANES, BLOCK = 16, 8
# Relative rounding of single precision is 2^-24; the longest chain of additions in the example's order
# (a leaf's rows, its lanes, the tree) is far below 64 for sums that grow alike.
BOUND = 64 * 2.0 ** -24

# The measured scan in double precision, computed from the file with h5py and NumPy.
MEASURED = {
    "along_frames": {"sum": 2183817.4188301917, "variance": 24052.824551047957},
    "along_rows": {"sum": 2183817.4188301917, "variance": 17363.94318400356},
    "along_columns": {"sum": 2183817.4188301913, "variance": 12922.425554590114},
    "cumulative_along_rows": {"sum": 222778903.5185782, "variance": 96420087.59175059},
}
MEASURED_MEDIAN = 98.30453098652522


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def folded(row):
    """A row's sum: lanes beside each other, folded in halves."""
    lane = [0.0] * LANES
    for i, v in enumerate(row):
        lane[i % LANES] = single(lane[i % LANES] + v)
    half = LANES // 2
    while half:
        for i in range(half):
            lane[i] = single(lane[i] + lane[i + half])
        half //= 2
    return lane[0]


def added(values):
    total = 0.0
    for v in values:
        total = single(total + v)
    return total


def digest(image):
    """FNV-1a, 64 bits."""
    h = 0xcbf29ce484222325
    for byte in b"".join(struct.pack(f"<{len(row)}f", *row) for row in image):
        h = (h ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return f"{h:016x}"


def figures(image):
    n = len(image) * len(image[0])
    total = added(folded(row) for row in image)
    mean = single(total / n)
    squares = added(folded(single(single(v - mean) * single(v - mean)) for v in row)
                    for row in image)
    return {"shape": [len(image), len(image[0])], "sum": total, "variance": single(squares / n),
            "fnv1a_64": digest(image)}


def climbed(image):
    """Summed up along the first dimension: blocks, what comes before each, from there."""
    out = [[0.0] * len(image[0]) for _ in image]
    for x in range(len(image[0])):
        before = 0.0
        for b in range(0, len(image), BLOCK):
            block = [row[x] for row in image[b:b + BLOCK]]
            up_to = before
            for i, v in enumerate(block):
                out[b + i][x] = up_to = single(up_to + v)
            before = single(before + added(block))
    return out


def median(line):
    half = line[-1] / 2
    n = next(i for i, v in enumerate(line) if v >= half)
    before = line[n - 1] if n else 0.0
    return n - 0.5 + (half - before) / (line[n] - before)


def of_frames(counts):
    """Everything under "amplitude" for frames x rows x columns of counts."""
    a = [[[single(math.sqrt(max(v, 0))) for v in row] for row in frame] for frame in counts]
    frames, rows, columns = len(a), len(a[0]), len(a[0][0])
    along_frames = [[added(a[n][y][x] for n in range(frames)) for x in range(columns)]
                    for y in range(rows)]
    along_rows = [[added(a[n][y][x] for y in range(rows)) for x in range(columns)]
                  for n in range(frames)]
    along_columns = [[folded(a[n][y]) for y in range(rows)] for n in range(frames)]
    curve = [folded(row) for row in along_rows]
    climb = [row[0] for row in climbed([[v] for v in curve])]
    return {"along_frames": figures(along_frames), "along_rows": figures(along_rows),
            "along_columns": figures(along_columns),
            "cumulative_along_rows": figures(climbed(along_rows)), "median_frame": median(climb),
            "curve": curve, "cumulative": climb}


def near(found, wanted):
    return abs(found - wanted) <= BOUND * abs(wanted)
