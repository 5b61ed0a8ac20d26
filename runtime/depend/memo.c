/* depend/memo.c - analyses by state.
 *
 * The analysis is an automaton (SPIKE): what an operation waits for, and what it leaves behind, follow
 * from its plan and, for each root, the list of (plan, argument, kind) of who used it last.  Numbers
 * and addresses are not in the key; they are filled in when a memo is bound.  On several ranks the key
 * also has who holds what, and messages are recalled (recall.c).  A key is two independent
 * hashes of 64 bits.  The table is emptied when it is full: a program that never repeats itself pays
 * for entries it never uses, but no more memory.  Cost: O(arguments).  Threads: issuing thread. */
#include <string.h>

#include "depend/internal.h"

static inline uint64_t fold(uint64_t h, uint64_t word, uint64_t odd)
{
    h = (h ^ word) * odd;
    return h ^ h >> 32;
}

void memo_key(struct analysis *a, uint64_t key[2])
{
    uint64_t h = fold(1, a->plan->id, 0xbf58476d1ce4e5b9ull);
    uint64_t k = fold(2, a->plan->id, 0xd6e8feb86659fd93ull);
    for (int g = 0; g < a->n_groups; ++g) {
        const struct group *group = &a->group[g];
        const uint64_t state = group->before == NULL  ? 0
                               : MUTANT(STALE_MEMO) ? (uint64_t)group->before->n_accesses + 2
                                                    : group->before->shape + 2;
        const uint64_t flags = (uint64_t)group->args << 8 | (uint64_t)group->forced << 4 |
                               (uint64_t)group->boxed << 3 |
                               (uint64_t)group->candidate << 2 |
                               (uint64_t)group->root->temporary << 1 | (group->before == NULL);
        if (a->recallable && a->rt->n_ranks > 1) { /* who sends what follows from who holds what */
            uint64_t held = owner_map_hash(group->owners);
            if (group->before != NULL) {
                const struct region box = region_of_box(&group->before->box);
                held = region_hash(held, &box);
            }
            h = fold(h, held, 0xe7037ed1a0b428dbull);
            k = fold(k, held, 0x8ebc6af09c88c6e3ull);
        }
        h = fold(fold(h, state, 0x9e3779b97f4a7c15ull), flags, 0xff51afd7ed558ccdull);
        k = fold(fold(k, flags, 0x94d049bb133111ebull), state, 0xa0761d6478bd642full);
    }
    key[0] = h;
    key[1] = k;
}

struct memo *memo_find(struct depend_state *d, const uint64_t key[2])
{
    struct memo **link = &d->bucket[key[0] & (MEMO_BUCKETS - 1)];
    for (struct memo *m = *link; m != NULL; m = m->next)
        if (m->key[0] == key[0] && m->key[1] == key[1])
            return m;
    return NULL;
}

void pattern_release(struct pattern *p)
{
    if (p == NULL || --p->users > 0)
        return;
    struct memo *m = (struct memo *)p;
    base_free(p->first);
    base_free(p->edge);
    base_free(m->source);
    recall_done(m);
    for (int g = 0; g < m->n_groups; ++g)
        base_free(m->group[g].next_access);
    base_free(m);
}

void memo_clear(struct depend_state *d)
{
    for (int b = 0; b < MEMO_BUCKETS; ++b) {
        while (d->bucket[b] != NULL) {
            struct memo *m = d->bucket[b];
            d->bucket[b] = m->next;
            pattern_release(&m->pattern);
        }
    }
    d->n_memos = 0;
}

void memo_add(struct depend_state *d, struct memo *m)
{
    if (d->n_memos >= MEMO_MOST)
        memo_clear(d);
    struct memo **link = &d->bucket[m->key[0] & (MEMO_BUCKETS - 1)];
    m->next = *link;
    *link = m;
    ++m->pattern.users;
    ++d->n_memos;
}

/* Would both give the same edges and the same states? For TESSERA_MEMO=check. */
bool memo_same(const struct memo *a, const struct memo *b)
{
    const struct pattern *p = &a->pattern, *q = &b->pattern;
    if (p->n_actions != q->n_actions || p->n_producers != q->n_producers ||
        p->renamed != q->renamed || a->n_sources != b->n_sources || a->n_groups != b->n_groups ||
        memcmp(p->first, q->first, ((size_t)p->n_actions + 1) * sizeof *p->first) != 0 ||
        memcmp(p->edge, q->edge, p->first[p->n_actions] * sizeof *p->edge) != 0 ||
        memcmp(a->source, b->source, (size_t)a->n_sources * sizeof *a->source) != 0)
        return false;
    for (int g = 0; g < a->n_groups; ++g)
        if (a->group[g].n_next != b->group[g].n_next ||
            memcmp(a->group[g].next_access, b->group[g].next_access,
                   (size_t)a->group[g].n_next * sizeof *a->group[g].next_access) != 0)
            return false;
    return true;
}
