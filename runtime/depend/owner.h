/* depend/owner.h - which rank holds which box of a root at its newest version.
 *
 * Every rank keeps the same map of each root and changes it by the same calls in stream order; from
 * it both sides of a message derive alone what moves.  A map is
 *
 *   layers, newest first:  these boxes were written by these ranks (WRITTEN, boxes of different ranks
 *                          do not meet), or one box by all of them (REPLICATED).  What a newer layer
 *                          covers, an older one no longer holds;
 *   fetched entries:       these ranks hold these boxes too, at their newest version, because they
 *                          read them.  A write that meets one ends it, so they are never stale.
 *
 * The map is a promise: what it says a rank holds, the rank holds.
 *
 * Which rank has which box is said by deals (model/deal.h): a layer keeps the one that the plan of its
 * operation has, so a map is as large as its layers are many, whatever the number of ranks.
 *
 * A rank that writes only some elements of its box (strides) must hold the others first: ask
 * owner_map_needs, as a reader would.
 *
 * Cost: O(layers + ranks that are met) a call.  Where a question is about all ranks, and grids of equal axes
 * do not answer it, ranks are asked one by one until one settles it; the first usually does.  Memory comes
 * from lists that the map keeps.  Threads: the issuing thread. */
#ifndef DEPEND_OWNER_H
#define DEPEND_OWNER_H

#include "model/deal.h"

enum {
    OWNER_SETTLE_LAYERS = 8, /* with so many, settle before the next write */
    OWNER_MAX_FETCHED = 4,   /* entries; the one used longest ago ends */
    OWNER_FETCHED_LIFE = 256 /* operations after its last use */
};

enum owner_kind { OWNER_WRITTEN, OWNER_REPLICATED, OWNER_FETCHED };

/* A layer or a fetched entry. */
struct owner_layer {
    enum owner_kind     kind;
    bool                hidden;   /* scratch: the write under way covers it */
    uint64_t            number;   /* of the operation that made it */
    uint64_t            last_use; /* FETCHED: of the last operation that asked for it */
    struct deal        *ranks;    /* counted; REPLICATED: of every rank */
    struct owner_layer *next;     /* spare ones */
};

struct owner_map {
    int                 n_ranks;
    tsr_box             whole;  /* the root's */
    int                 n_layers, layer_room, n_fetched;
    struct owner_layer **layer;                     /* [layer_room] newest first */
    struct owner_layer *fetched[OWNER_MAX_FETCHED]; /* last used first */
    struct deal        *home;                       /* counted: owner_map_home */
    struct owner_layer *spare;
    struct box_list     left; /* scratch */
    struct { uint64_t layers, asked; } lacking[8]; /* hashes: layers that do not give what was asked for */
    unsigned            n_lacking;
    /* counts, for looking inside */
    uint64_t n_writes, n_in_place, n_fetches, n_renewed, n_settles;
};

/* Boxes that move between this rank and others. */
struct owner_move {
    int     peer, order;
    tsr_box box;
};
struct owner_moves {
    int                n, capacity;
    struct owner_move *move;
};
bool owner_moves_add(struct owner_moves *l, int peer, const tsr_box *box); /* false: no memory */
/* By peer; those of one stay in the order in which they were added. */
void owner_moves_sort(struct owner_moves *l);
void owner_moves_done(struct owner_moves *l);

/* The map of a root (of rank 1 or more) that nobody wrote.  NULL: no memory. */
struct owner_map *owner_map_create(int n_ranks, int rank, const int64_t *extent);
/* A map of its own with the same content.  NULL: no memory. */
struct owner_map *owner_map_copy(const struct owner_map *m);
void              owner_map_destroy(struct owner_map *m); /* takes NULL */

/* Do boxes of different ranks meet nowhere?  What owner_map_write and owner_map_settle expect. */
bool owner_boxes_disjoint(const struct deal *ranks);

/* ---- what an operation does to a map.  False: no memory; the map is as before.  Deals are kept by count ---- */

/* Each rank wrote its box.  Where each rank wrote only what it alone owned already, no layer
 * is added; else one on top, and what it covers goes.  Fetched entries that a box meets end. */
bool owner_map_write(struct owner_map *m, uint64_t number, struct deal *ranks);
/* Every rank wrote `box`, the same content. */
bool owner_map_replicate(struct owner_map *m, uint64_t number, const tsr_box *box);
/* Each rank now holds its box as well: the operation read it.  An entry that holds all of it
 * is renewed instead, and none is made where the layers hold it. */
bool owner_map_fetched(struct owner_map *m, uint64_t number, struct deal *ranks);
/* End the fetched entries whose time is over at operation `number`.  True: some did. */
bool owner_map_expire(struct owner_map *m, uint64_t number);

/* Is a settle due before the next write?  Then move all to owner_map_home (every rank asks
 * owner_map_needs for its box of it) and say owner_map_settle. */
bool owner_map_must_settle(const struct owner_map *m);
/* Each rank holds its box and nobody anything else: one WRITTEN layer, no fetched entry.  The boxes
 * hold everything that was written. */
bool owner_map_settle(struct owner_map *m, uint64_t number, struct deal *ranks);
/* The partition to settle to: the last that covered the root with at least as many ranks
 * as the one before; at first blocks of the longest dimension.  Borrowed, until the next write. */
struct deal *owner_map_home(const struct owner_map *m);

/* ---- questions: the same answer on every rank ---- */

/* What `rank` lacks of `need`: boxes that do not meet, with the rank that sends each, are added to `out`.
 * The owner sends; what nobody wrote nobody sends.  Order: newest layer first, then rank.  False: no memory. */
bool owner_map_needs(struct owner_map *m, int rank, const tsr_box *need, struct owner_moves *out);
/* The other side: what `rank` sends when every rank asks for its box of `need`, as owner_map_needs of the
 * receiver has it; receivers ascend.  False: no memory. */
bool owner_map_sends(struct owner_map *m, int rank, const struct deal *need, struct owner_moves *out);
/* Who holds which part of `box`, what everybody holds left out: where every rank but a part's owner lacks
 * it.  Order as in owner_map_needs.  *out_plain: it is so; false where a rank may hold more, because it
 * fetched some.  False: no memory. */
bool owner_map_parts(struct owner_map *m, const tsr_box *box, struct owner_moves *out, bool *out_plain);
/* Does `rank` hold all of `box` that anybody wrote?  (Short of memory: false.) */
bool owner_map_holds(struct owner_map *m, int rank, const tsr_box *box);
/* Does every rank?  Then an operation that reads `box` can be replicated. */
bool owner_map_all_hold(struct owner_map *m, const tsr_box *box);
/* A box around all that `rank` holds (and what it held before newer layers took it).  False: it never
 * held anything. */
bool owner_map_hull(const struct owner_map *m, int rank, tsr_box *out);
/* A word of what the map is, without operation numbers: for keys of memos. */
uint64_t owner_map_hash(const struct owner_map *m);

#endif
