/* interp_fail.c - which elements are failed, and of which the documentation does not say.
 *
 * "Everything it wrote, whole, is failed", and what is overwritten is good again.  For boxes of a root
 * that is plain.  Where what was written is not a box (steps, diagonals, the pieces of a manual
 * launch) the elements between are in doubt: a runtime may keep failures as boxes.  Programs that
 * look at an element in doubt are not made. */
#include "interp.h"

#include <string.h>

typedef struct hull {
    int64_t low[TSR_MAX_RANK], high[TSR_MAX_RANK], n; /* n: elements in it */
} hull;

static void coordinates(const root *r, int64_t place, int64_t *out)
{
    for (int d = r->shape.rank - 1; d >= 0; --d) {
        out[d] = place % r->shape.extent[d];
        place /= r->shape.extent[d];
    }
}

/* The box of the root around some of its elements. */
static hull hull_of(const root *r, const places *p, const uint8_t *covered)
{
    hull h = {.n = 0};
    for (int64_t k = 0; k < p->n; ++k) {
        int64_t i[TSR_MAX_RANK] = {0};
        if (covered && !covered[k])
            continue;
        coordinates(r, p->at[k], i);
        for (int d = 0; d < r->shape.rank; ++d) {
            if (h.n == 0 || i[d] < h.low[d])
                h.low[d] = i[d];
            if (h.n == 0 || i[d] + 1 > h.high[d])
                h.high[d] = i[d] + 1;
        }
        h.n = 1;
    }
    for (int d = 0; d < r->shape.rank; ++d)
        h.n *= h.high[d] - h.low[d];
    return h;
}

/* The first element of a hull, or the one after `i`; its place, -1 at the end. */
static int64_t hull_step(const root *r, const hull *h, int64_t *i, bool first)
{
    const int rank = r->shape.rank;
    int64_t   place = 0;
    if (h->n == 0 ||
        !(first ? box_first(rank, h->low, h->high, i) : box_next(rank, h->low, h->high, i)))
        return -1;
    for (int d = 0; d < rank; ++d)
        place = place * r->shape.extent[d] + i[d];
    return place;
}

void mark_failed(interp *s, int of, const places *p, const uint8_t *covered, int cause)
{
    root      *r = &s->root[of];
    const hull h = hull_of(r, p, covered);
    int64_t    i[TSR_MAX_RANK];
    r->troubled = true;
    for (int64_t at = hull_step(r, &h, i, true); at >= 0; at = hull_step(r, &h, i, false))
        r->doubt[at] |= 2; /* unless found below */
    for (int64_t k = 0; k < p->n; ++k)
        if (!covered || covered[k]) {
            r->failed[p->at[k]] = cause;
            r->doubt[p->at[k]] = 0;
        }
    for (int64_t at = hull_step(r, &h, i, true); at >= 0; at = hull_step(r, &h, i, false))
        r->doubt[at] = r->doubt[at] != 0;
}

void mark_good(interp *s, int of, const places *p, const uint8_t *covered, bool overwritten)
{
    root *r = &s->root[of];
    if (!r->troubled)
        return;
    const hull h = hull_of(r, p, covered);
    int64_t    n = 0;
    for (int64_t k = 0; k < p->n; ++k)
        n += !covered || covered[k];
    const bool plain = overwritten && h.n == n;
    for (int64_t k = 0; k < p->n; ++k)
        if (!covered || covered[k]) {
            const int64_t at = p->at[k];
            r->doubt[at] = !plain && (r->failed[at] || r->doubt[at]);
            r->failed[at] = 0;
        }
}

int handle_cause(interp *s, const handle *h, bool *out_all, bool *out_sure)
{
    const root *r = &s->root[h->root];
    int         least = 0, least_around = 0;
    int64_t     i[TSR_MAX_RANK];
    *out_sure = true;
    *out_all = r->troubled;
    if (!r->troubled)
        return 0;
    const places p = handle_places(s, h, true);
    const hull   around = hull_of(r, &p, NULL);
    for (int64_t k = 0; k < p.n; ++k) {
        const int f = r->failed[p.at[k]];
        if (f && (!least || f < least))
            least = f;
        *out_all &= f != 0;
    }
    for (int64_t at = hull_step(r, &around, i, true); at >= 0;
         at = hull_step(r, &around, i, false)) {
        const int f = r->failed[at];
        if (f && (!least_around || f < least_around))
            least_around = f;
        if (r->doubt[at])
            *out_sure = false;
    }
    *out_sure &= least == least_around;
    *out_all &= p.n > 0;
    return least;
}

bool handle_uniform(interp *s, const handle *h)
{
    const places p = handle_places(s, h, true);
    for (int64_t k = 1; k < p.n; ++k)
        if (s->root[h->root].failed[p.at[k]] != s->root[h->root].failed[p.at[0]])
            return false;
    return true;
}
