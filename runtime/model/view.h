/* model/view.h - affine maps from a view's indices to its root's: root = A * view + b.
 *
 * Views are interned in a runtime: equal maps are one object with one id, so that comparing and
 * hashing cost a pointer.  Each has a count of users; unused ones are swept when many gathered.
 * Threads: the issuing thread makes them; anyone reads. */
#ifndef TESSERA_MODEL_VIEW_H
#define TESSERA_MODEL_VIEW_H

#include "model/region.h"

struct view {
    uint32_t id;                 /* dense number, never reused */
    int32_t  users;              /* handles, operations, plans */
    int      rank, root_rank;
    int64_t  extent[TSR_MAX_RANK];                /* of the view */
    int64_t  a[TSR_MAX_RANK][TSR_MAX_RANK];       /* a[root dim][view dim] */
    int64_t  b[TSR_MAX_RANK];
    bool     exact;              /* boxes map to regions exactly: each root dimension is fed by at most
                                    one view dimension and each view dimension feeds at most one */
    bool     stretched;          /* some view dimension with extent > 1 feeds none: not writable */
    bool     identity;           /* the root itself */
    int8_t   feeds[TSR_MAX_RANK]; /* where exact: view dimension d feeds root dimension feeds[d]; -1 none */
    int8_t   fed_by[TSR_MAX_RANK];/* where exact: root dimension d is fed by view dimension fed_by[d]; -1 */
    uint64_t hash;
    struct view *next;           /* in the table's bucket */
};

struct view_table;
struct view_table *view_table_create(void);
void               view_table_destroy(struct view_table *t);
/* The interned view equal to `v` (whose derived fields need not be set), one more user; NULL: no
 * memory. */
struct view *view_intern(struct view_table *t, const struct view *v);
/* The interned identity of a shape, one more user; NULL: no memory.  A few of the last are found by a
 * comparison or two. */
struct view *view_intern_shape(struct view_table *t, int rank, const int64_t *extent);
/* The interned view of no dimension on the one element of a row, one more user; NULL: no memory. */
struct view *view_intern_scalar(struct view_table *t);
/* One more user. */
static inline struct view *view_keep(struct view *v)
{
    ++v->users;
    return v;
}
/* One user less.  Takes NULL. */
static inline void view_release(struct view *v)
{
    if (v)
        --v->users;
}
/* Free views nobody uses when more than a few thousand gathered. */
void         view_table_sweep(struct view_table *t);

/* The identity of a shape, not interned. */
struct view view_of_shape(int rank, const int64_t *extent);
/* Region of the root that a box of the view names: exact where v->exact, else its bounding box. */
struct region view_region(const struct view *v, const tsr_box *box);
/* Strides (elements) along the view's dimensions and the offset (elements) of view index 0 from root
 * index 0, for a root laid out with `root_stride`. */
int64_t view_strides(const struct view *v, const int64_t *root_stride, int64_t *out_stride);
/* Do indices along view dimension d name different elements of the root? */
static inline bool view_feeds(const struct view *v, int d)
{
    for (int r = 0; r < v->root_rank; ++r)
        if (v->a[r][d] != 0)
            return true;
    return false;
}
/* Number of elements. */
int64_t view_volume(const struct view *v);

#endif
