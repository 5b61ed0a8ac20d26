/* solve/even.c - even cuts of an interval: legal positions as near as can be to where they should be.
 *
 * Positions are multiples of a unit in the indices of the iteration (not of the interval), so that
 * the same elements are cut alike whoever holds them. Rounding may leave an interval empty: there
 * are fewer legal pieces than were asked for. Cost: O(pieces). Threads: pure functions. */
#include "solve/problem.h"

static int64_t to_multiple(int64_t at, int64_t unit, struct interval box)
{
    const int64_t below = at / unit * unit;
    const int64_t near = at - below > unit / 2 ? add64(below, unit) : below;
    return near <= box.low ? box.low : near >= box.high ? box.high : near;
}

void solve_repair_cut(int64_t least, int n, int64_t *cut)
{
    int64_t kept = cut[0];
    if (least <= 1)
        return;
    for (int c = 1; c < n; ++c) {
        if (cut[c] < kept + least || cut[c] > cut[n] - least)
            cut[c] = kept;
        kept = cut[c];
    }
}

void solve_even_cut(const struct problem *q, int d, struct interval box, int n, int64_t unit,
                    const int64_t *weight, int64_t *out)
{
    int64_t sum = 0, up_to = 0;
    for (int c = 0; c < n; ++c)
        sum += weight ? weight[c] : 1;
    out[0] = box.low;
    for (int c = 0; c < n - 1; ++c) {
        up_to += weight ? weight[c] : 1;
        const int64_t at = box.low + mul_div(box.high - box.low, up_to, sum);
        out[c + 1] = max64(out[c], to_multiple(at, unit, box));
    }
    out[n] = box.high;
    solve_repair_cut(q->least[d], n, out);
}
