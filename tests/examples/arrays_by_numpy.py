"""What examples 02 and 03 must print, by NumPy: arrays_by_numpy.py NAME"""

import math
import sys

import numpy as np


def jacobi():
    plate = np.zeros((18, 18))
    plate[0, :] = 40.0
    plate[-1, :] = -273.15
    change = math.inf
    for i in range(2000):
        if change <= 1e-6:
            break
        total = (plate[:-2, 1:-1] + plate[2:, 1:-1]) + (plate[1:-1, :-2] + plate[1:-1, 2:])
        after = 0.25 * total
        moved = np.max(np.abs(after - plate[1:-1, 1:-1]))
        plate[1:-1, 1:-1] = after
        if i % 50 == 0:
            change = moved
    print(f"last change {change:.2e}")
    print(np.array2string(plate, precision=1, suppress_small=True, max_line_width=140))


def black_scholes():
    erfc = np.vectorize(math.erfc, otypes=[float])

    def normal_cdf(d):
        return 0.5 * erfc(-d * math.sqrt(0.5))

    n, rate, vol = 1000000, 0.02, 0.30
    spot, strike = np.linspace(5, 30, n), np.linspace(100, 1, n)
    years = 0.25 + np.mod(np.arange(n), 10)
    d1 = (np.log(spot / strike) + (rate + 0.5 * vol * vol) * years) / (vol * np.sqrt(years))
    d2 = d1 - vol * np.sqrt(years)
    call = spot * normal_cdf(d1) - strike * np.exp(-rate * years) * normal_cdf(d2)
    put = (call - spot) + strike * np.exp(-years * rate)
    print(call)
    print(np.array2string(put, precision=2, threshold=1000))
    print(f"dearest call {call.max():.10f}, mean put {put.mean():.10f}")


if __name__ == "__main__":
    {"02_jacobi": jacobi, "03_black_scholes": black_scholes}[sys.argv[1]]()
