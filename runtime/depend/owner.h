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
 * An empty box says that a rank has no part.  A box of rank 0 cannot be empty: for roots of rank 0
 * it is always the element, and owner_box_none() says that a rank has no part of it.  Calls take
 * owner_box_none() for every root; answers have it (home, hull) for roots of rank 0 alone.
 *
 * A rank that writes only some elements of its box (strides) must hold the others first: ask
 * owner_map_needs, as a reader would.
 *
 * Cost: O(layers * ranks) words a call, O(ranks) where the boxes are those of the newest layer;
 * memory comes from lists that the map keeps.  Threads: the issuing thread. */
#ifndef DEPEND_OWNER_H
#define DEPEND_OWNER_H

#include "model/region.h"

enum {
    OWNER_SETTLE_LAYERS = 8, /* with so many, settle before the next write */
    OWNER_MAX_FETCHED = 4,   /* entries; the one used longest ago ends */
    OWNER_FETCHED_LIFE = 256 /* operations after its last use */
};

enum owner_kind { OWNER_WRITTEN, OWNER_REPLICATED, OWNER_FETCHED };

/* A layer or a fetched entry. */
struct owner_layer {
    enum owner_kind     kind;
    bool                solid;    /* the boxes together are their hull */
    bool                hidden;   /* scratch: the write under way covers it */
    uint64_t            number;   /* of the operation that made it */
    uint64_t            last_use; /* FETCHED: of the last operation that asked for it */
    uint64_t            hash;     /* of kind and boxes */
    tsr_box             hull;     /* of all boxes */
    struct owner_layer *next;     /* spare ones */
    tsr_box             box[]; /* [n_ranks], empty where none; REPLICATED: box[0], of every rank */
};

struct owner_map {
    int                 n_ranks;
    bool                single; /* a root of rank 0: inside, one dimension of extent 1 */
    tsr_box             whole;  /* the root's */
    int                 n_layers, layer_room, n_fetched;
    struct owner_layer **layer;                     /* [layer_room] newest first */
    struct owner_layer *fetched[OWNER_MAX_FETCHED]; /* last used first */
    tsr_box            *home;                       /* [n_ranks]: owner_map_home */
    int                 n_home;                     /* ranks with a part of it */
    uint64_t            home_hash;
    struct owner_layer *spare;
    struct box_list     left; /* scratch */
    /* counts, for looking inside */
    uint64_t n_writes, n_in_place, n_fetches, n_renewed, n_settles;
};

/* The box of a rank that has no part, whatever the rank of the root. */
static inline tsr_box owner_box_none(void)
{
    return (tsr_box){.rank = -1};
}

/* The map of a root nobody wrote.  NULL: no memory. */
struct owner_map *owner_map_create(int n_ranks, int rank, const int64_t *extent);
/* A map of its own with the same content.  NULL: no memory. */
struct owner_map *owner_map_copy(const struct owner_map *m);
void              owner_map_destroy(struct owner_map *m); /* takes NULL */

/* Do boxes of different ranks meet nowhere?  What owner_map_write and owner_map_settle expect. */
bool owner_boxes_disjoint(const tsr_box *rank_box, int n_ranks);

/* ---- what an operation does to a map.  False: no memory; the map is as before ---- */

/* Rank r wrote rank_box[r], all r.  Where each rank wrote only what it alone owned already, no layer
 * is added; else one on top, and what it covers goes.  Fetched entries that a box meets end. */
bool owner_map_write(struct owner_map *m, uint64_t number, const tsr_box *rank_box);
/* Every rank wrote `box`, the same content. */
bool owner_map_replicate(struct owner_map *m, uint64_t number, const tsr_box *box);
/* Rank r now holds rank_box[r] as well, all r: the operation read it.  An entry that holds all of it
 * is renewed instead, and none is made where the layers hold it. */
bool owner_map_fetched(struct owner_map *m, uint64_t number, const tsr_box *rank_box);
/* End the fetched entries whose time is over at operation `number`.  True: some did. */
bool owner_map_expire(struct owner_map *m, uint64_t number);

/* Is a settle due before the next write?  Then move all to owner_map_home (every rank asks
 * owner_map_needs for its box of it) and say owner_map_settle. */
bool owner_map_must_settle(const struct owner_map *m);
/* Rank r holds rank_box[r] and nobody anything else: one WRITTEN layer, no fetched entry.  The boxes
 * hold everything that was written. */
bool owner_map_settle(struct owner_map *m, uint64_t number, const tsr_box *rank_box);
/* The partition to settle to, [n_ranks]: the last that covered the root with at least as many ranks
 * as the one before; at first blocks of the longest dimension.  Borrowed, until the next write. */
const tsr_box *owner_map_home(const struct owner_map *m);

/* ---- questions: the same answer on every rank ---- */

/* What `rank` lacks of `need`: boxes from rank q are added to out_from[q] (lists that the caller
 * made {0} or emptied; boxes do not meet).  The owner sends; what nobody wrote nobody sends.
 * Order: newest layer first, then rank.  False: no memory. */
bool owner_map_needs(struct owner_map *m, int rank, const tsr_box *need, struct box_list *out_from);
/* The other side: what `rank` sends when every rank p asks for need[p]: boxes to p are added to
 * out_to[p], as owner_map_needs(p) has them.  False: no memory. */
bool owner_map_sends(struct owner_map *m, int rank, const tsr_box *need, struct box_list *out_to);
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
