/* model/region.c - strided boxes: do they meet, does one hold the other, what is their hull.
 *
 * A region is a product of arithmetic progressions, one a dimension. Products meet when they meet
 * along every dimension; a non-empty product holds another when it does so along every dimension.
 * Two progressions low_a + i step_a and low_b + j step_b share an index exactly when
 * gcd(step_a, step_b) divides low_b - low_a (the Chinese remainder theorem for moduli that are not
 * coprime: Knuth, TAOCP 2, 4.3.2, exercise 3); the shared ones then stand lcm apart, and it is left
 * to see whether the first that is not below both lows is below both highs. Equal steps, by far the
 * most frequent, need no gcd.
 *
 * Products of steps may pass 64 bits: they are made in 128. Cost: O(rank), and O(log step) along
 * dimensions whose steps differ. Threads: pure functions. */
#include <assert.h>

#include "base/hash.h"
#include "model/region.h"

struct region region_of_box(const tsr_box *b)
{
    struct region r = {.rank = b->rank};
    for (int d = 0; d < b->rank; ++d) {
        r.low[d] = b->low[d];
        r.high[d] = b->high[d];
        r.step[d] = 1;
    }
    region_normalize(&r);
    return r;
}

tsr_box region_hull(const struct region *r)
{
    tsr_box b = {.rank = r->rank};
    for (int d = 0; d < r->rank; ++d) {
        b.low[d] = r->low[d];
        b.high[d] = r->high[d];
    }
    return b;
}

bool region_is_empty(const struct region *r)
{
    for (int d = 0; d < r->rank; ++d)
        if (r->low[d] >= r->high[d])
            return true;
    return false;
}

void region_normalize(struct region *r)
{
    if (region_is_empty(r)) {
        for (int d = 0; d < r->rank; ++d) {
            r->low[d] = r->high[d] = 0;
            r->step[d] = 1;
        }
        return;
    }
    for (int d = 0; d < r->rank; ++d) {
        assert(r->step[d] >= 1);
        const int64_t steps = (r->high[d] - 1 - r->low[d]) / r->step[d];
        r->high[d] = r->low[d] + steps * r->step[d] + 1;
        if (steps == 0)
            r->step[d] = 1;
    }
}

int64_t region_volume(const struct region *r)
{
    int64_t n = 1;
    if (region_is_empty(r))
        return 0;
    for (int d = 0; d < r->rank; ++d)
        if (__builtin_mul_overflow(n, (r->high[d] - 1 - r->low[d]) / r->step[d] + 1, &n))
            return INT64_MAX;
    return n;
}

/* ---- progressions ---- */

/* gcd(a, b) and x with a x = gcd (mod b). */
static int64_t gcd_inverse(int64_t a, int64_t b, int64_t *out_x)
{
    int64_t x0 = 1, x1 = 0;
    while (b) {
        const int64_t q = a / b, rest = a % b, x = x0 - q * x1;
        a = b;
        b = rest;
        x0 = x1;
        x1 = x;
    }
    *out_x = x0;
    return a;
}

/* Whether low_a, low_a + step_a, ... below high_a and the same of b share an index. */
static bool progressions_meet(const struct region *a, const struct region *b, int d)
{
    const int64_t low = a->low[d] > b->low[d] ? a->low[d] : b->low[d];
    const int64_t high = a->high[d] < b->high[d] ? a->high[d] : b->high[d];
    if (low >= high)
        return false;
    const int64_t p = a->step[d], q = b->step[d], apart = b->low[d] - a->low[d];
    if (p == q)
        return p == 1 || apart % p == 0;
    int64_t       x;
    const int64_t gcd = gcd_inverse(p, q, &x);
    if (apart % gcd != 0)
        return false;
    /* a->low + p t is in b for t = x apart / gcd (mod q / gcd); the least such index >= low: */
    const __int128 every = (__int128)p / gcd * q;
    const __int128 t = (__int128)x * (apart / gcd) % (q / gcd);
    const __int128 shared = (__int128)a->low[d] + (__int128)p * t;
    __int128       over = (shared - low) % every;
    if (over < 0)
        over += every;
    return low + over < high;
}

bool region_meets(const struct region *a, const struct region *b)
{
    assert(a->rank == b->rank);
    for (int d = 0; d < a->rank; ++d)
        if (!progressions_meet(a, b, d))
            return false;
    return true;
}

bool region_contains(const struct region *a, const struct region *b)
{
    assert(a->rank == b->rank);
    if (region_is_empty(b))
        return true;
    for (int d = 0; d < a->rank; ++d) {
        if (b->low[d] < a->low[d] || b->high[d] > a->high[d])
            return false;
        if (a->step[d] == 1)
            continue;
        if ((b->low[d] - a->low[d]) % a->step[d] != 0)
            return false;
        if (b->high[d] - b->low[d] > 1 && b->step[d] % a->step[d] != 0)
            return false;
    }
    return true;
}

bool region_equal(const struct region *a, const struct region *b)
{
    if (a->rank != b->rank)
        return false;
    for (int d = 0; d < a->rank; ++d)
        if (a->low[d] != b->low[d] || a->high[d] != b->high[d] || a->step[d] != b->step[d])
            return false;
    return true;
}

uint64_t region_hash(uint64_t h, const struct region *r)
{
    h = hash_word(h, (uint64_t)r->rank);
    for (int d = 0; d < r->rank; ++d) {
        h = hash_word(h, (uint64_t)r->low[d]);
        h = hash_word(h, (uint64_t)r->high[d]);
        h = hash_word(h, (uint64_t)r->step[d]);
    }
    return h;
}
