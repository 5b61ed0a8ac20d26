/* rocking_reduce.h - the reduction of a scan: what it is given, what it finds. */
#ifndef ROCKING_REDUCE_H
#define ROCKING_REDUCE_H

#include "rocking_amplitude.h"
#include "rocking_tasks.h"

/* A total or a maximum: whole where the counts are. */
typedef struct rocking_number {
    bool    is_whole;
    int64_t whole;
    double  real; /* the nearest double; always set */
} rocking_number;

/* What is found. Figures are the same on every rank; the pictures are rank 0's, NULL elsewhere, and
 * the caller's: rocking_found_destroy(). */
typedef struct rocking_found {
    int64_t        extent[3]; /* frames, rows, columns */
    rocking_number sum, maximum;
    int64_t        maximum_at[3];
    int64_t        nonzero;           /* voxels */
    double         center_of_mass[3]; /* frame, row, column; NAN without counts */
    int64_t        brightest_frame;
    double         brightest_counts;
    double         half;          /* of those; infinite without counts */
    int64_t        above_half[2]; /* first and last frame */
    double         fwhm_frames;   /* NAN where the curve does not fall to half on both sides */
    double         hit_level;
    int64_t        hits; /* frames */

    rocking_amplitudes amplitudes; /* pictures too */

    double *curve;                     /* counts of each frame */
    double *sum_image, *maximum_image; /* rows x columns */
    double *side;                      /* frames x columns: summed over rows */
    double *top;                       /* frames x rows: summed over columns */
} rocking_found;

/* How to reduce. */
typedef struct rocking_settings {
    double threshold; /* counts below are none */
    double hit_level; /* counts that make a frame a hit; NAN: half the brightest */
} rocking_settings;

/* Issue the reduction of `raw`, release it, wait, and read what was found.
 * Collective. Waits. Fails: what the reading of the frames failed of. */
tsr_status rocking_reduce(tsr_store raw, const rocking_settings *settings, rocking_found *out);

/* Free the pictures. */
void rocking_found_destroy(rocking_found *f);

#endif
