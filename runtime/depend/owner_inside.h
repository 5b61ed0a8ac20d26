/* depend/owner_inside.h - what the files of the owner map share. */
#ifndef DEPEND_OWNER_INSIDE_H
#define DEPEND_OWNER_INSIDE_H

#include "base/hash.h"
#include "depend/owner.h"

/* A word of the layers alone. */
static inline uint64_t owner_layers_hash(const struct owner_map *m)
{
    uint64_t h = (uint64_t)m->n_layers;
    for (int i = 0; i < m->n_layers; ++i)
        h = hash_word(h, m->layer[i]->ranks->hash + (uint64_t)m->layer[i]->kind);
    return h;
}

/* What a layer gives rank r. */
static inline tsr_box owner_layer_box(const struct owner_layer *l, int r)
{
    return deal_box(l->ranks, r);
}

/* Ranks that may have a box of a deal, owner_ranks of them, in an order in which one that settles a question
 * about all comes early: from the inside of grids on. */
static inline int owner_ranks(const struct deal *d)
{
    return d->kind == DEAL_NONE ? 0 : d->kind == DEAL_ONE ? 1 : d->n_ranks;
}

static inline int owner_rank_at(const struct deal *d, int i)
{
    return d->kind == DEAL_ONE ? d->one
                               : (int)(((int64_t)d->n_ranks * 618 / 1000 + i) % d->n_ranks);
}

/* Does any box of a list meet `b`? */
bool owner_list_meets(const struct box_list *l, const tsr_box *b);
/* Make m->left the list of one box (of the map's form).  False: no memory. */
bool owner_left_begin(struct owner_map *m, const tsr_box *b);

#endif
