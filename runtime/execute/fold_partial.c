/* execute/fold_partial.c - partial results of a REDUCE argument: elements over a box of its view.
 *
 * Two over the same box fold in one pass.  Along a dimension that moves no element (a promoted one)
 * boxes may differ: it is the elements that count.  Where they are not the same, the result lies over
 * the hull of both, with a mask of who contributed.  Where a total folds in slabs, partials are cut to
 * the slab as they come: each element meets the same others in the same order.
 *
 * Invariant: left operand first, always.  Cost: O(elements).  Threads: the worker that claimed. */
#include <string.h>

#include "base/alloc.h"
#include "base/mutant.h"
#include "execute/fold.h"
#include "model/reduce.h"

int64_t partial_elements(const struct fold *f, const struct partial *p)
{
    int64_t stride[TSR_MAX_RANK];
    return accumulator_strides(f->pa, p->low, p->high, stride);
}

bool partial_same_box(const struct fold *f, const struct partial *a, const struct partial *b)
{
    for (int d = 0; d < f->pa->rank; ++d)
        if ((a->low[d] != b->low[d] || a->high[d] != b->high[d]) && view_feeds(f->pa->view, d))
            return false;
    return true;
}

void partial_done(struct partial *p)
{
    if (p->owned) {
        base_free(p->data);
        base_free(p->mask);
    }
}

void partial_fold_into(const struct fold *f, struct partial *a, const struct partial *b)
{
    int64_t as[TSR_MAX_RANK], bs[TSR_MAX_RANK], index[TSR_MAX_RANK];
    const int rank = f->pa->rank;
    accumulator_strides(f->pa, a->low, a->high, as);
    const int64_t n = accumulator_strides(f->pa, b->low, b->high, bs);
    memcpy(index, b->low, sizeof index);
    for (int64_t e = 0; e < n; ++e) {
        int64_t ia = 0, ib = 0;
        for (int d = 0; d < rank; ++d) {
            ia += (index[d] - a->low[d]) * as[d];
            ib += (index[d] - b->low[d]) * bs[d];
        }
        if (b->mask == NULL || b->mask[ib]) {
            char *into = a->data + (size_t)ia * f->bytes;
            const char *from = b->data + (size_t)ib * f->bytes;
            if (!a->mask[ia])
                memcpy(into, from, f->bytes);
            else
                reduce_combine(f->op, f->type, f->reducer, into, from, 1, 1, 1);
            a->mask[ia] = 1;
        }
        for (int d = rank - 1; d >= 0; --d) {
            if (bs[d] == 0)
                continue;
            if (++index[d] < b->high[d])
                break;
            index[d] = b->low[d];
        }
    }
}

bool partial_room(struct fold *f, struct partial *p)
{
    static unsigned char anybody[1]; /* of a dry fold, where nobody looks */
    p->none = false;
    if (f->dry) {
        p->mask = anybody;
        return true;
    }
    const int64_t n = partial_elements(f, p);
    p->owned = true;
    p->data = base_calloc((size_t)n + 1, f->bytes);
    p->mask = base_calloc((size_t)n + 1, 1);
    p->none = f->failed = f->failed || p->data == NULL || p->mask == NULL;
    return !p->none;
}

/* Two partials over different boxes: one over their hull. */
static struct partial combine_irregular(struct fold *f, struct partial *a, struct partial *b)
{
    struct partial c = {.none = true};
    for (int d = 0; d < f->pa->rank; ++d) {
        c.low[d] = a->low[d] < b->low[d] ? a->low[d] : b->low[d];
        c.high[d] = a->high[d] > b->high[d] ? a->high[d] : b->high[d];
    }
    if (partial_room(f, &c) && !f->dry) {
        partial_fold_into(f, &c, a);
        partial_fold_into(f, &c, b);
    }
    partial_done(a);
    partial_done(b);
    return c;
}

struct partial partial_combine(struct fold *f, struct partial a, struct partial b)
{
    if (a.none || b.none) {
        partial_done(a.none ? &a : &b);
        return a.none ? b : a;
    }
    if (a.mask != NULL || b.mask != NULL || !partial_same_box(f, &a, &b))
        return combine_irregular(f, &a, &b);
    if (!f->dry)
        reduce_combine(f->op, f->type, f->reducer, a.data, b.data, partial_elements(f, &a), 1, 1);
    partial_done(&b);
    return a;
}

/* The part of it that lies in the slab.  The slab's dimension is the outermost of its elements'. */
static void clip(const struct fold *f, struct partial *p)
{
    int64_t stride[TSR_MAX_RANK];
    const int d = f->slab_dim;
    if (d < 0 || p->none)
        return;
    accumulator_strides(f->pa, p->low, p->high, stride);
    const int64_t high = f->slab_high - (MUTANT(SLAB_ONE_SHORT) && f->slab_high < INT64_MAX);
    if (p->low[d] < f->slab_low) {
        const int64_t skipped = (f->slab_low - p->low[d]) * stride[d];
        p->data += skipped * (int64_t)f->bytes;
        p->mask += p->mask != NULL ? skipped : 0;
        p->low[d] = f->slab_low;
    }
    p->high[d] = p->high[d] < high ? p->high[d] : high;
    p->none = p->low[d] >= p->high[d];
}

struct partial partial_of(const struct fold *f, int i)
{
    const int64_t *rows = f->plan->leafwise ? f->plan->leaf_boxes : f->plan->boxes;
    const int at = f->shares != NULL ? f->shares->row[i] : i;
    const int64_t *row = rows + (int64_t)at * f->plan->row + f->pa->box_at;
    const char *base = f->s->accumulator[f->k];
    struct partial p = {.data = f->s->accumulator[f->k] + f->side->accumulator_at[f->k][i] * f->bytes};
    memcpy(p.low, row, sizeof(int64_t) * (size_t)f->pa->rank);
    memcpy(p.high, row + f->pa->rank, sizeof(int64_t) * (size_t)f->pa->rank);
    p.none = f->shares != NULL && !f->dry && base[f->side->accumulator_elements[f->k] * f->bytes + (size_t)i] == 0;
    clip(f, &p);
    return p;
}

/* ---- messages: for each partial its box, whether it has a mask, elements, mask; 64-byte steps ---- */

static void *out_add(struct fold *f, size_t bytes)
{
    const size_t need = (bytes + 63) & ~(size_t)63;
    if (f->dry) {
        f->out_bytes += need;
        return NULL;
    }
    if (f->out_bytes + need > f->out_room) {
        const size_t room = 2 * (f->out_bytes + need);
        char *bigger = base_realloc(f->out, room, 1);
        if (bigger == NULL) {
            f->failed = true;
            return NULL;
        }
        f->out = bigger;
        f->out_room = room;
    }
    void *at = f->out + f->out_bytes;
    memset(at, 0, need);
    f->out_bytes += need;
    return at;
}

struct wire_partial {
    int64_t low[TSR_MAX_RANK], high[TSR_MAX_RANK];
    int64_t has_mask, none, elements, unused[5];
};

void partial_send(struct fold *f, struct partial *p)
{
    struct wire_partial head = {.has_mask = p->mask != NULL, .none = p->none,
                                .elements = p->none ? 0 : partial_elements(f, p)};
    memcpy(head.low, p->low, sizeof head.low);
    memcpy(head.high, p->high, sizeof head.high);
    void *at = out_add(f, sizeof head);
    if (at != NULL)
        memcpy(at, &head, sizeof head);
    if (head.elements > 0 && (at = out_add(f, (size_t)head.elements * f->bytes)) != NULL)
        memcpy(at, p->data, (size_t)head.elements * f->bytes);
    if (head.has_mask && (at = out_add(f, (size_t)head.elements)) != NULL)
        memcpy(at, p->mask, (size_t)head.elements);
    partial_done(p);
}

struct partial partial_take(struct fold *f, struct fold_peer *peer)
{
    struct partial p = {0};
    const char *at = peer->at;
    if (at == NULL) {
        f->failed = true;
        p.none = true;
        return p;
    }
    struct wire_partial head;
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    memcpy(p.low, head.low, sizeof p.low);
    memcpy(p.high, head.high, sizeof p.high);
    p.none = head.none != 0;
    p.data = (char *)(uintptr_t)at; /* the message is this operation's */
    at += ((size_t)head.elements * f->bytes + 63) & ~(size_t)63;
    if (head.has_mask) {
        p.mask = (unsigned char *)(uintptr_t)at;
        at += ((size_t)head.elements + 63) & ~(size_t)63;
    }
    peer->at = at;
    clip(f, &p);
    return p;
}
