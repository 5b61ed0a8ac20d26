/* solve/meeting.c - do regions given one by one meet?
 *
 * Regions are sorted by where they begin along the first dimension; each is compared with those
 * before it that reach so far. Cost: O(n log n + pairs that overlap along the first dimension).
 * Threads: pure functions. */
#include <stdlib.h>

#include "solve/problem.h"

struct item {
    int64_t low, reach; /* reach: the furthest end up to here */
    int64_t index;
    bool    second; /* of list b */
};

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->second != y->second)
        return x->second ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

static const struct region *region_of(const struct meeting *m, const struct item *i)
{
    return i->second ? &m->b[i->index] : &m->a[i->index];
}

static int64_t fill_items(const struct meeting *m, struct item *item)
{
    int64_t n = 0;
    for (int64_t k = 0; k < (m->b ? 2 : 1) * m->n; ++k) {
        struct item          one = {.index = k % m->n, .second = k >= m->n};
        const struct region *r = region_of(m, &one);
        if (region_is_empty(r))
            continue;
        one.low = r->rank ? r->low[0] : 0;
        one.reach = r->rank ? r->high[0] : 1;
        item[n++] = one;
    }
    qsort(item, (size_t)n, sizeof *item, compare_items);
    for (int64_t k = 1; k < n; ++k)
        item[k].reach = max64(item[k].reach, item[k - 1].reach);
    return n;
}

static bool meets_before(const struct meeting *m, const struct item *item, int64_t k, int64_t *out)
{
    for (int64_t j = k - 1; j >= 0 && item[j].reach > item[k].low; --j) {
        const bool counts = !m->b || item[j].second != item[k].second;
        if (counts && region_meets(region_of(m, &item[j]), region_of(m, &item[k]))) {
            *out = j;
            return true;
        }
    }
    return false;
}

bool solve_find_meeting(const struct meeting *m, int64_t *out_i, int64_t *out_j, bool *out_short)
{
    struct item *item = base_calloc((size_t)(m->b ? 2 : 1) * (size_t)m->n + 1, sizeof *item);
    bool         found = false;
    *out_short = !item;
    const int64_t n = item ? fill_items(m, item) : 0;
    for (int64_t k = 0, j; k < n && !found; ++k) {
        found = meets_before(m, item, k, &j);
        if (found) {
            *out_i = item[item[j].second ? k : j].index;
            *out_j = item[item[j].second ? j : k].index;
        }
    }
    base_free(item);
    return found;
}
