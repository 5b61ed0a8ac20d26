/* solve/intern.c - numbers for lists of words, so that equal functions are equal numbers.
 *
 * An argument's function point -> region is written down as: along each root dimension either the one
 * interval of all points, or the list of intervals with the stride of their coordinate in the number
 * of a point. Two plans that cut a root alike get the same words, whatever their iteration boxes are.
 * Where boxes are given one by one, all regions are the words.
 *
 * Numbers are never reused, also after the table was emptied. Cost: O(words). Threads: the issuing
 * thread. */
#include <string.h>

#include "base/hash.h"
#include "solve/problem.h"

enum { BUCKETS = 4096, FEW_WORDS = 128 };

struct entry {
    struct entry *next;
    uint64_t      hash;
    int64_t       n;
    uint32_t      number;
    int64_t       word[];
};

struct intern {
    uint32_t      last;
    int64_t       bytes;
    struct entry *bucket[BUCKETS];
};

struct intern *intern_create(void)
{
    return base_calloc(1, sizeof(struct intern));
}

void intern_clear(struct intern *t)
{
    for (int i = 0; i < BUCKETS; ++i)
        while (t->bucket[i]) {
            struct entry *e = t->bucket[i];
            t->bucket[i] = e->next;
            base_free(e);
        }
    t->bytes = 0;
}

void intern_destroy(struct intern *t)
{
    if (!t)
        return;
    intern_clear(t);
    base_free(t);
}

int64_t intern_bytes(const struct intern *t)
{
    return t->bytes;
}

uint32_t intern_fresh(struct intern *t)
{
    return ++t->last;
}

uint32_t intern_number(struct intern *t, const int64_t *words, int64_t n)
{
    const uint64_t h = hash_words((uint64_t)n, words, (size_t)n);
    struct entry **bucket = &t->bucket[h % BUCKETS];
    for (struct entry *e = *bucket; e; e = e->next)
        if (e->hash == h && e->n == n && !memcmp(e->word, words, (size_t)n * sizeof *words))
            return e->number;
    const size_t  bytes = sizeof(struct entry) + (size_t)n * sizeof *words;
    struct entry *e = base_calloc(1, bytes);
    if (!e)
        return 0;
    *e = (struct entry){.next = *bucket, .hash = h, .n = n, .number = ++t->last};
    memcpy(e->word, words, (size_t)n * sizeof *words);
    *bucket = e;
    t->bytes += (int64_t)bytes;
    return e->number;
}

/* ---- words of an argument ---- */

static int64_t *put(int64_t *at, int64_t word)
{
    *at = word;
    return at + 1;
}

static int64_t *put_along(int64_t *at, const struct region *r, int d)
{
    at = put(at, r->low[d]);
    at = put(at, r->high[d]);
    return put(at, r->step[d]);
}

static int64_t point_stride(const struct plan *p, int e)
{
    int64_t stride = 1;
    for (int d = e + 1; d < p->rank; ++d)
        stride *= p->grid[d];
    return stride;
}

static int64_t room_of_grid(const struct plan *p, const struct plan_arg *a)
{
    int64_t n = 3;
    for (int j = 0; j < a->all.rank; ++j)
        n += 5 + (a->cut_by[j] >= 0 ? 2 * (int64_t)p->grid[a->cut_by[j]] : 0);
    return n;
}

static int64_t *put_grid(int64_t *at, const struct plan *p, const struct plan_arg *a)
{
    at = put(at, 1);
    at = put(at, p->n_points);
    at = put(at, a->all.rank);
    for (int j = 0; j < a->all.rank; ++j) {
        const int e = a->cut_by[j];
        if (e < 0) {
            at = put(at, 0);
            at = put_along(at, &a->region[0], j);
            continue;
        }
        at = put(at, point_stride(p, e));
        at = put(at, p->grid[e]);
        at = put(at, a->all.step[j]);
        for (int c = 0; c < p->grid[e]; ++c) {
            at = put(at, a->cut_low[j][c]);
            at = put(at, a->cut_high[j][c]);
        }
    }
    return at;
}

static int64_t *put_points(int64_t *at, const struct plan *p, const struct plan_arg *a)
{
    at = put(at, 2);
    at = put(at, p->n_points);
    at = put(at, a->all.rank);
    for (int i = 0; i < p->n_points; ++i)
        for (int j = 0; j < a->all.rank; ++j)
            at = put_along(at, &a->region[i], j);
    return at;
}

static int64_t room_of_ranks(const struct deal *d)
{
    return DEAL_MOST_WORDS + 1 + (d->kind == DEAL_LIST ? (int64_t)d->n_ranks * 2 * d->rank : 0);
}

static int64_t *put_ranks(int64_t *at, const struct deal *d)
{
    at = put(at, 3);
    at += deal_words(d, at);
    for (int r = 0; d->kind == DEAL_LIST && r < d->n_ranks; ++r)
        for (int j = 0; j < d->rank; ++j) {
            at = put(at, d->box[r].low[j]);
            at = put(at, d->box[r].high[j]);
        }
    return at;
}

bool solve_number_cuts(struct intern *t, struct plan *p, int arg)
{
    struct plan_arg *a = &p->arg[arg];
    const bool       by_grid = a->by_grid && p->n_points > 0;
    const int64_t    ranks = room_of_ranks(a->ranks);
    const int64_t    points =
        by_grid ? room_of_grid(p, a) : 3 + (int64_t)p->n_points * 3 * a->all.rank;
    const int64_t room = max64(ranks, points);
    int64_t       few[FEW_WORDS], *words = few;
    if (room > FEW_WORDS)
        words = base_calloc((size_t)room, sizeof *words);
    if (!words)
        return false;
    a->cut = intern_number(t, words,
                           (by_grid ? put_grid(words, p, a) : put_points(words, p, a)) - words);
    a->rank_cut = intern_number(t, words, put_ranks(words, a->ranks) - words);
    if (words != few)
        base_free(words);
    return a->cut && a->rank_cut;
}
