/* model/deal.c - boxes of ranks in closed form: making and asking; deal_walk.c finds ranks by boxes.
 *
 * Invariants of a GRID: axes have n > 1 and descending strides; undriven dimensions and those of axes of one
 * rank are constant; where it says no more than ALL, ONE or NONE it is one of those.  So equal functions of
 * one origin are equal words, and comparing them costs O(rank).
 *
 * Cost: deal.h.  Threads: counts belong to the issuing thread; the rest is pure. */
#include "model/deal.h"

#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

/* ---- cuts ---- */

int64_t deal_cut(const struct deal_axis *a, int c)
{
    int64_t at;
    if (c <= 0)
        return 0;
    if (c >= a->n)
        return a->base;
    if (__builtin_mul_overflow(a->base, (int64_t)c, &at))
        at = (int64_t)((__int128)a->base * c / a->n);
    else
        at /= a->n;
    if (a->unit <= 1)
        return at;
    const int64_t below = at / a->unit * a->unit;
    const int64_t near = at - below > a->unit / 2 ? below + a->unit : below;
    return near >= a->base ? a->base : near;
}

static bool axis_is_full(const struct deal_axis *a)
{
    return a->base / a->n >= (a->unit > 1 ? a->unit : 1);
}

void deal_interval(const struct deal *d, int k, int c, int64_t *low, int64_t *high)
{
    const struct deal_side *s = &d->side[k];
    *low = d->hull.low[k];
    *high = d->hull.high[k];
    if (s->by < 0)
        return;
    const struct deal_axis *a = &d->axis[s->by];
    const bool              up = s->scale > 0;
    if (c > 0) { /* the end where the one before it ends */
        const int64_t at = s->scale * deal_cut(a, c) + (up ? s->low : s->high);
        if (up && at > *low)
            *low = at;
        if (!up && at < *high)
            *high = at;
    }
    if (c < a->n - 1) {
        const int64_t at = s->scale * deal_cut(a, c + 1) + (up ? s->high : s->low);
        if (up && at < *high)
            *high = at;
        if (!up && at > *low)
            *low = at;
    }
}

/* ---- asking for one rank ---- */

static bool grid_has(const struct deal *d, const int *at)
{
    for (int k = 0; k < d->n_axes; ++k) {
        if (d->only >> k & 1 && at[k] != 0)
            return false;
        if (!d->full && deal_cut(&d->axis[k], at[k]) >= deal_cut(&d->axis[k], at[k] + 1))
            return false;
    }
    return true;
}

static tsr_box empty_box(const struct deal *d)
{
    return (tsr_box){.rank = d->rank};
}

tsr_box deal_box_at(const struct deal *d, const int *at)
{
    tsr_box b = {.rank = d->rank};
    if (!grid_has(d, at))
        return b;
    for (int k = 0; k < d->rank; ++k) {
        const int by = d->side[k].by;
        deal_interval(d, k, by < 0 ? 0 : at[by], &b.low[k], &b.high[k]);
        if (b.low[k] >= b.high[k])
            return empty_box(d);
    }
    return b;
}

tsr_box deal_box(const struct deal *d, int r)
{
    int at[TSR_MAX_RANK];
    if (d->kind == DEAL_ALL || (d->kind == DEAL_ONE && d->one == r))
        return d->hull;
    if (d->kind == DEAL_LIST)
        return d->box[r];
    if (d->kind != DEAL_GRID)
        return empty_box(d);
    for (int k = 0; k < d->n_axes; r %= d->axis[k++].stride)
        at[k] = r / d->axis[k].stride;
    return deal_box_at(d, at);
}

bool deal_has(const struct deal *d, int r)
{
    if (d->rank == 0)
        return d->kind == DEAL_ALL || (d->kind == DEAL_ONE && d->one == r);
    const tsr_box b = deal_box(d, r);
    return !box_is_empty(&b);
}

int deal_count(const struct deal *d)
{
    int n = 0;
    if (d->kind == DEAL_NONE || d->kind == DEAL_ONE)
        return d->kind == DEAL_ONE;
    if (d->kind == DEAL_ALL)
        return d->n_ranks;
    if (d->kind == DEAL_GRID) {
        n = 1;
        for (int k = 0; k < d->n_axes; ++k) {
            const struct deal_axis *a = &d->axis[k];
            int                     some = 0;
            if (d->only >> k & 1)
                continue;
            if (axis_is_full(a))
                some = a->n;
            else if (a->unit <= 1) /* as many as there are indices */
                some = (int)a->base;
            else
                for (int c = 0; c < a->n; ++c)
                    some += deal_cut(a, c) < deal_cut(a, c + 1);
            n *= some;
        }
        return n;
    }
    for (int r = 0; r < d->n_ranks; ++r)
        n += !box_is_empty(&d->box[r]);
    return n;
}

/* ---- making ---- */

static struct deal *record(enum deal_kind kind, int n_ranks, int rank, size_t more)
{
    const size_t bytes = kind == DEAL_GRID || kind == DEAL_LIST ? sizeof(struct deal)
                                                                : offsetof(struct deal, n_axes);
    struct deal *d = base_calloc(1, bytes + more);
    if (d) {
        d->users = 1;
        d->kind = kind;
        d->n_ranks = n_ranks;
        d->rank = rank;
        d->hull.rank = rank;
    }
    return d;
}

int deal_words(const struct deal *d, int64_t out[DEAL_MOST_WORDS])
{
    int n = 0;
    out[n++] = d->kind;
    out[n++] = d->n_ranks;
    out[n++] = d->rank;
    out[n++] = d->kind == DEAL_ONE ? d->one : 0;
    for (int k = 0; k < d->rank; ++k) {
        out[n++] = d->hull.low[k];
        out[n++] = d->hull.high[k];
    }
    if (d->kind != DEAL_GRID)
        return n;
    out[n++] = d->only;
    for (int k = 0; k < d->n_axes; ++k) {
        out[n++] = d->axis[k].n;
        out[n++] = d->axis[k].stride;
        out[n++] = d->axis[k].base;
        out[n++] = d->axis[k].unit;
    }
    for (int k = 0; k < d->rank; ++k) {
        out[n++] = d->side[k].by;
        if (d->side[k].by < 0)
            continue;
        out[n++] = d->side[k].scale;
        out[n++] = d->side[k].low;
        out[n++] = d->side[k].high;
    }
    return n;
}

static struct deal *finish(struct deal *d)
{
    int64_t word[DEAL_MOST_WORDS];
    if (!d)
        return NULL;
    d->hash = hash_words(0, word, (size_t)deal_words(d, word));
    for (int r = 0; d->kind == DEAL_LIST && r < d->n_ranks; ++r) {
        if (box_is_empty(&d->box[r]))
            continue;
        d->hash = hash_word(d->hash, (uint64_t)r);
        d->hash = hash_words(d->hash, d->box[r].low, (size_t)d->rank);
        d->hash = hash_words(d->hash, d->box[r].high, (size_t)d->rank);
    }
    return d;
}

struct deal *deal_none(int n_ranks, int rank)
{
    struct deal *d = record(DEAL_NONE, n_ranks, rank, 0);
    if (d)
        d->disjoint = true;
    return finish(d);
}

static struct deal *of_hull(enum deal_kind kind, int n_ranks, int one, const tsr_box *box)
{
    if (box->rank < 0 || box_is_empty(box))
        return deal_none(n_ranks, box->rank < 0 ? 0 : box->rank);
    struct deal *d = record(kind, n_ranks, box->rank, 0);
    if (d) {
        d->one = one;
        d->hull = *box;
        d->solid = true;
        d->disjoint = kind == DEAL_ONE || n_ranks == 1;
    }
    return finish(d);
}

struct deal *deal_all(int n_ranks, const tsr_box *box)
{
    return of_hull(DEAL_ALL, n_ranks, 0, box);
}

struct deal *deal_one(int n_ranks, int one, const tsr_box *box)
{
    return of_hull(DEAL_ONE, n_ranks, one, box);
}

/* A list that says no more than NONE, ALL or ONE becomes it; NULL: it says more. */
static struct deal *list_simple(int n_ranks, int rank, const tsr_box *boxes, bool *out_simple)
{
    int  first = -1, some = 0;
    bool same = true;
    for (int r = 0; r < n_ranks; ++r) {
        if (boxes[r].rank < 0 || box_is_empty(&boxes[r]))
            continue;
        first = first < 0 ? r : first;
        same = same && box_equal(&boxes[r], &boxes[first]);
        ++some;
    }
    *out_simple = some < 2 || (same && some == n_ranks);
    if (some == 0)
        return deal_none(n_ranks, rank);
    if (some == 1)
        return deal_one(n_ranks, first, &boxes[first]);
    return *out_simple ? deal_all(n_ranks, &boxes[0]) : NULL;
}

struct deal *deal_list(int n_ranks, int rank, const tsr_box *boxes)
{
    bool         simple;
    struct deal *d = list_simple(n_ranks, rank, boxes, &simple);
    if (simple)
        return d;
    d = record(DEAL_LIST, n_ranks, rank, (size_t)n_ranks * sizeof *boxes);
    if (!d)
        return NULL;
    int64_t volume = 0;
    d->box = (tsr_box *)(void *)(d + 1);
    for (int r = 0; r < n_ranks; ++r) {
        d->box[r].rank = rank;
        if (boxes[r].rank < 0 || box_is_empty(&boxes[r]))
            continue;
        d->box[r] = boxes[r];
        d->hull = box_hull(&d->hull, &boxes[r]);
        if (__builtin_add_overflow(volume, box_volume(&boxes[r]), &volume))
            volume = -1;
    }
    d->solid = volume == box_volume(&d->hull); /* if they do not meet, as who asks knows */
    return finish(d);
}

/* ---- grids ---- */

/* Take out axes of one rank, and sort the others by stride. */
static void grid_sort(struct deal *d)
{
    struct deal_axis axis[TSR_MAX_RANK];
    int              order[TSR_MAX_RANK], to[TSR_MAX_RANK], n = 0;
    unsigned         only = 0;
    for (int k = 0; k < d->n_axes; ++k) {
        to[k] = -1;
        if (d->axis[k].n == 1)
            continue;
        int at = n++;
        for (; at > 0 && d->axis[order[at - 1]].stride < d->axis[k].stride; --at)
            order[at] = order[at - 1];
        order[at] = k;
    }
    for (int k = 0; k < n; ++k) {
        axis[k] = d->axis[order[k]];
        axis[k].unit = axis[k].unit > 1 ? axis[k].unit : 1;
        to[order[k]] = k;
        only |= (d->only >> order[k] & 1u) << k;
    }
    for (int k = 0; k < d->rank; ++k) {
        struct deal_side *s = &d->side[k];
        if (s->by >= 0)
            s->by = to[s->by];
        if (s->by < 0)
            *s = (struct deal_side){.by = -1, .scale = 1};
    }
    memset(d->axis, 0, sizeof d->axis);
    memcpy(d->axis, axis, (size_t)n * sizeof *axis);
    d->n_axes = n;
    d->only = only;
    d->full = true;
    for (int k = 0; k < n; ++k)
        d->full &= axis_is_full(&d->axis[k]);
}

/* Sets disjoint and solid. */
static void grid_judge(struct deal *d)
{
    int drives[TSR_MAX_RANK] = {0};
    d->disjoint = d->solid = true;
    for (int k = 0; k < d->rank; ++k) {
        const struct deal_side *s = &d->side[k];
        if (s->by < 0)
            continue;
        drives[s->by] += s->high <= s->low;
        d->solid &= s->high == s->low && drives[s->by] == 1 && !(d->only >> s->by & 1);
    }
    for (int k = 0; k < d->n_axes; ++k)
        d->disjoint &= drives[k] > 0 || (d->only >> k & 1);
    d->solid &= d->disjoint && (d->only == 0 || deal_is_full(d));
}

struct deal *deal_grid(const struct deal *from)
{
    struct deal d = *from;
    bool        driven = false;
    d.kind = DEAL_GRID;
    grid_sort(&d);
    for (int k = 0; k < d.rank; ++k)
        driven |= d.side[k].by >= 0;
    if (box_is_empty(&d.hull))
        return deal_none(d.n_ranks, d.rank);
    if (!driven && deal_is_full(&d) && d.only == 0)
        return deal_all(d.n_ranks, &d.hull);
    if (deal_is_full(&d) && d.only == (1u << d.n_axes) - 1) {
        const tsr_box first = deal_box(&d, 0);
        return deal_one(d.n_ranks, 0, &first);
    }
    struct deal *out = record(DEAL_GRID, d.n_ranks, d.rank, 0);
    if (!out)
        return NULL;
    grid_judge(&d);
    d.users = 1;
    d.box = NULL;
    *out = d;
    return finish(out);
}

struct deal *deal_blocks(int n_ranks, const tsr_box *hull, int dim)
{
    struct deal d = {.n_ranks = n_ranks, .rank = hull->rank, .hull = *hull, .n_axes = 1};
    d.axis[0] = (struct deal_axis){n_ranks, 1, hull->high[dim] - hull->low[dim], 1};
    for (int k = 0; k < d.rank; ++k)
        d.side[k] = (struct deal_side){k == dim ? 0 : -1, 1, hull->low[dim], hull->low[dim]};
    return deal_grid(&d);
}

/* ---- two of them ---- */

static bool same_axes(const struct deal *a, const struct deal *b)
{
    return a->kind == DEAL_GRID && b->kind == DEAL_GRID && a->n_axes == b->n_axes &&
           memcmp(a->axis, b->axis, (size_t)a->n_axes * sizeof *a->axis) == 0;
}

static bool hull_grids(const struct deal *a, const struct deal *b, struct deal *out)
{
    if (!same_axes(a, b) || a->only != b->only)
        return false;
    *out = *a;
    out->hull = box_hull(&a->hull, &b->hull);
    for (int k = 0; k < a->rank; ++k) {
        const struct deal_side *s = &a->side[k], *t = &b->side[k];
        if (s->by != t->by || s->scale != t->scale)
            return false;
        out->side[k].low = s->low < t->low ? s->low : t->low;
        out->side[k].high = s->high > t->high ? s->high : t->high;
    }
    return true;
}

static struct deal *hull_lists(const struct deal *a, const struct deal *b)
{
    tsr_box *box = base_calloc((size_t)a->n_ranks, sizeof *box);
    if (!box)
        return NULL;
    for (int r = 0; r < a->n_ranks; ++r) {
        const tsr_box x = deal_box(a, r), y = deal_box(b, r);
        box[r] = box_hull(&x, &y);
    }
    struct deal *d = deal_list(a->n_ranks, a->rank, box);
    base_free(box);
    return d;
}

struct deal *deal_hull(const struct deal *a, const struct deal *b)
{
    struct deal d;
    if (b->kind == DEAL_NONE || a == b)
        return deal_keep((struct deal *)(uintptr_t)a);
    if (a->kind == DEAL_NONE)
        return deal_keep((struct deal *)(uintptr_t)b);
    const tsr_box hull = box_hull(&a->hull, &b->hull);
    if (a->kind == DEAL_ALL && b->kind == DEAL_ALL)
        return deal_all(a->n_ranks, &hull);
    return hull_grids(a, b, &d) ? deal_grid(&d) : hull_lists(a, b);
}

struct deal *deal_keep(struct deal *d)
{
    ++d->users;
    return d;
}

void deal_release(struct deal *d)
{
    if (d && --d->users == 0)
        base_free(d);
}

bool deal_same(const struct deal *a, const struct deal *b)
{
    int64_t x[DEAL_MOST_WORDS], y[DEAL_MOST_WORDS];
    if (a == b)
        return true;
    if (a->hash != b->hash || a->kind != b->kind || a->rank != b->rank)
        return false;
    const int n = deal_words(a, x);
    if (n != deal_words(b, y) || memcmp(x, y, (size_t)n * sizeof *x) != 0)
        return false;
    for (int r = 0; a->kind == DEAL_LIST && r < a->n_ranks; ++r)
        if (!box_equal(&a->box[r], &b->box[r]))
            return false;
    return true;
}

static bool grid_within(const struct deal *a, const struct deal *b)
{
    if (!same_axes(a, b) || (b->only & ~a->only) != 0 || !box_contains(&b->hull, &a->hull))
        return false;
    for (int k = 0; k < a->rank; ++k) {
        const struct deal_side *s = &a->side[k], *t = &b->side[k];
        if (t->by >= 0 &&
            (s->by != t->by || s->scale != t->scale || s->low < t->low || s->high > t->high))
            return false;
    }
    return true;
}

bool deal_within(const struct deal *a, const struct deal *b)
{
    if (a == b || a->kind == DEAL_NONE)
        return true;
    if (b->kind == DEAL_NONE || !box_contains(&b->hull, &a->hull))
        return false;
    if (b->kind == DEAL_ALL)
        return true;
    if (a->kind == DEAL_ONE) {
        const tsr_box box = deal_box(b, a->one);
        return box_contains(&box, &a->hull);
    }
    if (a->kind == DEAL_GRID && b->kind == DEAL_GRID)
        return grid_within(a, b);
    if (a->kind != DEAL_LIST && b->kind != DEAL_LIST)
        return false;
    for (int r = 0; r < a->n_ranks; ++r) {
        const tsr_box x = deal_box(a, r), y = deal_box(b, r);
        if (!box_contains(&y, &x))
            return false;
    }
    return true;
}

/* May a box of `a` meet `b`? */
static bool box_may_meet(const struct deal *a, const tsr_box *b)
{
    if (a->kind == DEAL_NONE || !box_meets(&a->hull, b))
        return false;
    for (int r = 0; a->kind == DEAL_LIST && r < a->n_ranks; ++r)
        if (!box_is_empty(&a->box[r]) && box_meets(&a->box[r], b))
            return true;
    return a->kind != DEAL_LIST;
}

bool deal_meets(const struct deal *a, const struct deal *b)
{
    if (a->kind == DEAL_NONE || b->kind == DEAL_NONE || !box_meets(&a->hull, &b->hull))
        return false;
    for (int r = 0; a->kind == DEAL_LIST && r < a->n_ranks; ++r)
        if (!box_is_empty(&a->box[r]) && box_may_meet(b, &a->box[r]))
            return true;
    return a->kind != DEAL_LIST && box_may_meet(b, &a->hull);
}
