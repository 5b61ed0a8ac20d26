/* depend/owner_inside.h - what the files of the owner map share. */
#ifndef DEPEND_OWNER_INSIDE_H
#define DEPEND_OWNER_INSIDE_H

#include "depend/owner.h"

/* A caller's box as the map keeps boxes: of the rank of m->whole, empty where there is none. */
static inline const tsr_box *owner_box_in(const struct owner_map *m, const tsr_box *b,
                                          tsr_box *room)
{
    if (b->rank == m->whole.rank)
        return b;
    *room = (tsr_box){.rank = m->whole.rank};
    room->high[0] = m->single && b->rank == 0; /* rank 0: its one element */
    return room;
}

/* A box of the map as callers see it. */
static inline tsr_box owner_box_out(const struct owner_map *m, const tsr_box *b)
{
    if (!m->single)
        return *b;
    return box_is_empty(b) ? owner_box_none() : (tsr_box){.rank = 0};
}

/* What a layer gives rank r. */
static inline const tsr_box *owner_layer_box(const struct owner_layer *l, int r)
{
    return &l->box[l->kind == OWNER_REPLICATED ? 0 : r];
}

/* Does any box of a list meet `b`? */
bool owner_list_meets(const struct box_list *l, const tsr_box *b);
/* Make m->left the list of one box (of the map's form).  False: no memory. */
bool owner_left_begin(struct owner_map *m, const tsr_box *b);

#endif
