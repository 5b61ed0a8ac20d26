/* rocking_amplitude.h - the reduction in single precision: amplitudes, projected and summed up.
 *
 * An amplitude is the square root of a count: what phase retrieval works on, and, since counts
 * scatter by their square root, of even noise, so that weak fringes stand beside the peak. */
#ifndef ROCKING_AMPLITUDE_H
#define ROCKING_AMPLITUDE_H

#include <tessera/tessera.h>

/* An image of floats: too many for a page, so that it is told by its figures and by a digest of its
 * bits (FNV-1a, 64 bits, over the floats in C order, low byte first). */
typedef struct rocking_image {
    int64_t  extent[2];
    float    sum, variance; /* of all its pixels; about their mean, over their number */
    uint64_t digest;        /* rank 0's; 0 elsewhere */
} rocking_image;

/* What is found. The lines are rank 0's, NULL elsewhere, and the caller's:
 * rocking_amplitudes_destroy(). */
typedef struct rocking_amplitudes {
    int64_t       frames;
    rocking_image along[3];     /* amplitudes summed over frames; over rows; over columns */
    rocking_image cumulative;   /* of the second, frames x columns: summed up to each frame */
    float        *curve;        /* amplitudes of each frame */
    float        *climb;        /* of all frames up to each */
    double        median_frame; /* where that reaches half; a frame n goes from n - 1/2 to n + 1/2;
                                   NAN without counts */
} rocking_amplitudes;

/* The stores between issue and reading back. */
typedef struct rocking_amplitude_stores {
    tsr_store along[3], sum[3], spread[3];
    tsr_store cumulative, cumulative_sum, cumulative_spread;
    tsr_store curve, climb, median; /* curve and climb: frames x 1 */
} rocking_amplitude_stores;

/* Issue everything from `amplitudes`, floats, frames x rows x columns; handles are the innermost
 * scope's. */
tsr_status rocking_amplitude_issue(tsr_store amplitudes, rocking_amplitude_stores *out);
/* Read what was found. Collective: a rank without memory for it takes part, and fails alone.
 * Waits. */
tsr_status rocking_amplitude_read(const rocking_amplitude_stores *stores, rocking_amplitudes *out);
/* Free the lines. */
void rocking_amplitudes_destroy(rocking_amplitudes *a);

/* ---- the tasks (rocking_amplitude_tasks.c) ---- */

/* Rows that a block of a cumulative sum has. */
enum { CLIMB_BLOCK = 8 };

enum { TOTAL_INTO, TOTAL_FROM };
enum { SPREAD_INTO, SPREAD_FROM, SPREAD_TOTAL, SPREAD_NUMBER };
enum { BLOCK_SUM, BLOCK_FROM };
enum { CARRY_INTO, CARRY_SUMS };
enum { CLIMB_INTO, CLIMB_CARRY, CLIMB_FROM };
enum { MEDIAN_AT, MEDIAN_CLIMB };

/* into += from, along the promoted dimensions of `into`. */
extern const tsr_task_desc rocking_total;
/* into += (from - total / number)^2 */
extern const tsr_task_desc rocking_spread;
/* A cumulative sum along the first dimension, block by block: the sums of the blocks of CLIMB_BLOCK
 * rows; what comes before each block; the sums from there. Blocks are the same however the rows are
 * cut, and so are the bits. */
extern const tsr_task_desc rocking_block_sums, rocking_carry, rocking_climb;
/* Where a climbing line reaches half of its last element. */
extern const tsr_task_desc rocking_median;

#endif
