/* depend/owner_inside.h - what the files of the owner map share. */
#ifndef DEPEND_OWNER_INSIDE_H
#define DEPEND_OWNER_INSIDE_H

#include "depend/owner.h"

/* What a layer gives rank r. */
static inline tsr_box owner_layer_box(const struct owner_layer *l, int r)
{
    return deal_box(l->ranks, r);
}

/* Ranks in an order in which one that settles a question about all comes early: from the inside of grids on. */
static inline int owner_rank_at(const struct owner_map *m, int i)
{
    return (int)(((int64_t)m->n_ranks * 618 / 1000 + i) % m->n_ranks);
}

/* Does any box of a list meet `b`? */
bool owner_list_meets(const struct box_list *l, const tsr_box *b);
/* Make m->left the list of one box (of the map's form).  False: no memory. */
bool owner_left_begin(struct owner_map *m, const tsr_box *b);

#endif
