/* tessera/partition.h - explicit partitions, for manual launches.
 *
 * Tasks rarely need one: the solver cuts.  A partition is a function point -> box (in a store's own
 * indices); with one for every argument, tsr_issue_over() launches exactly those points, one task
 * each, never merged.
 *
 * Written pieces must not meet.  Pieces of a REDUCE argument may: each point folds into an accumulator
 * of its own over its box, and for each element the partials of the points that have it fold along the
 * canonical tree over the points' numbers. */
#ifndef TESSERA_PARTITION_H
#define TESSERA_PARTITION_H

#include <tessera/store.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A partition; {0} is none.  Owned by the innermost scope, as stores are. */
typedef struct tsr_partition {
    uint64_t id;
} tsr_partition;

/* Tiles of `tile` extents over `shape`, row-major; those at the upper edges are smaller. */
TSR_API tsr_partition tsr_partition_tiles_(tsr_shape shape, const int64_t *tile, tsr_site at);
/* tsr_partition_tiles(TSR_SHAPE(100), (int64_t[]){10}): as above. */
#define tsr_partition_tiles(shape, ...) tsr_partition_tiles_((shape), __VA_ARGS__, TSR_HERE)
/* `n` boxes, one a point; they may meet (for reading) and may be empty.  Fails: BAD_SHAPE when one
 * passes the shape or ranks differ. */
TSR_API tsr_partition tsr_partition_boxes_(tsr_shape shape, const tsr_box *boxes, int64_t n,
                                           tsr_site at);
/* tsr_partition_boxes(shape, boxes, n): as above. */
#define tsr_partition_boxes(shape, ...) tsr_partition_boxes_((shape), __VA_ARGS__, TSR_HERE)
/* A projection: point i of the result has the box that point table[i] of `p` has, or an empty box
 * where table[i] is -1.  `n` points. */
TSR_API tsr_partition tsr_partition_project_(tsr_partition p, const int64_t *table, int64_t n,
                                             tsr_site at);
/* tsr_partition_project(p, table, n): as above. */
#define tsr_partition_project(p, ...) tsr_partition_project_((p), __VA_ARGS__, TSR_HERE)
/* How many points. 0 for a stale or failed handle. */
TSR_API int64_t tsr_partition_points(tsr_partition p);
/* End a handle; operations issued with it keep what they need. */
TSR_API void tsr_partition_release_(tsr_partition p, tsr_site at);
/* tsr_partition_release(p): as above. */
#define tsr_partition_release(p) tsr_partition_release_((p), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
