/* leaves.c - canonical leaves and the tree over them, from DESIGN.md section 4 alone.
 *
 * Leaf sides are powers of two, no longer than the first one that reaches the extent.  The innermost
 * grows first, up to 512 (to all of the leaf where it is the only dimension); then the others are
 * doubled one after another, innermost first, round and round, while the leaf has room; then the
 * outermost until the leaf has four times as many elements as its accumulator. */
#include "oracle.h"

static int64_t accumulator_elements(int rank, const int64_t *leaf, unsigned kept, int64_t rest)
{
    int64_t n = rest;
    for (int d = 0; d < rank; ++d)
        if (kept >> d & 1)
            n *= leaf[d];
    return n;
}

void leaf_extents(int rank, const int64_t *extents, int64_t leaf_elements, unsigned kept,
                  int64_t accumulator_rest, int64_t *out_leaf)
{
    if (rank == 0)
        return;
    for (int d = 0; d < rank; ++d)
        out_leaf[d] = 1;
    const int     inner = rank - 1;
    const int64_t cap = rank == 1 || leaf_elements < 512 ? leaf_elements : 512;
    int64_t       total = 1;
    while (out_leaf[inner] < extents[inner] && out_leaf[inner] * 2 <= cap) {
        out_leaf[inner] *= 2;
        total *= 2;
    }
    for (bool grew = true; grew;) {
        grew = false;
        for (int d = inner - 1; d >= 0; --d)
            if (out_leaf[d] < extents[d] && total * 2 <= leaf_elements) {
                out_leaf[d] *= 2;
                total *= 2;
                grew = true;
            }
    }
    while (out_leaf[0] < extents[0] &&
           total < 4 * accumulator_elements(rank, out_leaf, kept, accumulator_rest)) {
        out_leaf[0] *= 2;
        total *= 2;
    }
}

bool leaf_split(int rank, const int64_t *low, const int64_t *high, int *out_dim, int64_t *out_at)
{
    int longest = -1;
    for (int d = 0; d < rank; ++d)
        if (high[d] - low[d] > 1 &&
            (longest < 0 || high[d] - low[d] > high[longest] - low[longest]))
            longest = d;
    if (longest < 0)
        return false;
    int64_t half = 1;
    while (half * 2 < high[longest] - low[longest])
        half *= 2;
    *out_dim = longest;
    *out_at = low[longest] + half;
    return true;
}

bool leaf_compare(uint64_t seed, int count)
{
    rng r = {seed};
    for (int k = 0; k < count; ++k) {
        const int rank = (int)rng_range(&r, 1, 8);
        int64_t   extents[8], mine[8] = {0}, theirs[8] = {0};
        for (int d = 0; d < rank; ++d)
            extents[d] = rng_chance(&r, 50) ? rng_range(&r, 1, 40) : rng_range(&r, 1, 3000);
        const int64_t  leaf = (int64_t)4 << rng_below(&r, 13);
        const unsigned kept = (unsigned)rng_below(&r, 1 << rank);
        const int64_t  rest = rng_chance(&r, 50) ? 1 : rng_range(&r, 1, 100);
        leaf_extents(rank, extents, leaf, kept, rest, mine);
        tsr_leaf_extents(rank, extents, leaf, kept, rest, theirs);
        for (int d = 0; d < rank; ++d)
            if (mine[d] != theirs[d]) {
                printf("leaf extents differ: rank %d leaf %lld kept %x rest %lld:", rank,
                       (long long)leaf, kept, (long long)rest);
                for (int e = 0; e < rank; ++e)
                    printf(" %lld(%lld, runtime %lld)", (long long)extents[e], (long long)mine[e],
                           (long long)theirs[e]);
                printf("\n");
                return false;
            }
    }
    return true;
}
