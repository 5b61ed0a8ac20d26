/* api/simulation.c - TESSERA_SIMULATE: which rank of which imagined run this process is.
 *
 * "N" or "N:RANK".  Without a rank it is one from the middle: as far as that can be had, with neighbours
 * on all sides in the most even grids of one, two and three dimensions that N ranks form, so that what is
 * measured is not a border's.  Cost: O(N).  Threads: pure functions. */
#include "api/simulation.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/failure.h"

enum { MOST_SIMULATED = 1 << 20 };

/* The most even factors of n, `rank` of them, descending. */
static void even_factors(int n, int rank, int *out)
{
    for (int d = rank; d > 0; --d) {
        int f = 1;
        for (int g = 1; g <= n; ++g) { /* the largest factor up to the d-th root of what is left */
            int64_t power = 1;
            for (int k = 0; k < d; ++k)
                power *= g;
            if (power > n)
                break;
            f = n % g == 0 ? g : f;
        }
        out[d - 1] = f;
        n /= f;
    }
    out[0] *= n;
}

/* Along how many dimensions of the grid (innermost last) does rank r lack no neighbour? */
static int sides(int r, int rank, const int *grid)
{
    int whole = 0;
    for (int d = rank - 1; d >= 0; --d) {
        const int at = r % grid[d];
        whole += at > 0 && at < grid[d] - 1;
        r /= grid[d];
    }
    return whole;
}

int simulation_interior(int n)
{
    int best = n / 2, most = -1, grid[3][3];
    for (int k = 0; k < 3; ++k)
        even_factors(n, k + 1, grid[k]);
    for (int i = 0; i < n; ++i) {
        const int r = (n / 2 + i) % n;
        int       sum = 0;
        for (int k = 0; k < 3; ++k)
            sum += sides(r, k + 1, grid[k]);
        if (sum > most) {
            best = r;
            most = sum;
        }
    }
    return best;
}

tsr_status simulation_read(const char *text, int *out_n, int *out_rank, tsr_site at)
{
    char      *end;
    const long n = strtol(text, &end, 10);
    long       rank = -1;
    const bool has_rank = *end == ':';
    const char *second = end + 1;
    if (has_rank)
        rank = strtol(second, &end, 10);
    if (end == text || (has_rank && end == second) || *end || n < 2 || n > MOST_SIMULATED ||
        (has_rank && (rank < 0 || rank >= n)))
        return failure_at(at, BAD_ARGUMENT,
                          "TESSERA_SIMULATE=%s: not RANKS or RANKS:RANK, from 2 to %d ranks", text,
                          (int)MOST_SIMULATED);
    *out_n = (int)n;
    *out_rank = has_rank ? (int)rank : simulation_interior((int)n);
    return TSR_OK;
}
