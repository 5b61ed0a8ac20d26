/* rocking_tasks.h - the task types of the reduction: over frames, for integer and for float counts,
 * and over curves. */
#ifndef ROCKING_TASKS_H
#define ROCKING_TASKS_H

#include <tessera/tessera.h>

/* Arguments, by the names that descriptors, bodies and calls share. */
enum { THRESHOLD_CLEAN, THRESHOLD_RAW, THRESHOLD_LEVEL };
enum { FOLD_INTO, FOLD_FROM, FOLD_ROWS, FOLD_COLUMNS };
enum { REAL_OUT, REAL_IN };
enum { CENTROID_AT, CENTROID_LINE };
enum { HITS_COUNT, HITS_CURVE, HITS_LEVEL };
enum { CURVE_LINE, CURVE_BRIGHTEST, CURVE_HALF, CURVE_FIRST, CURVE_LAST, CURVE_FWHM };

/* The tasks over frames for one type of counts. */
typedef struct rocking_tasks {
    tsr_type    type;    /* of counts: TSR_I64 or TSR_F64 */
    tsr_type    indexed; /* of a count with its place */
    const void *zero;    /* what sums start from */
    const void *lowest;  /* what maxima start from */
    const void *nowhere; /* what a peak starts from */

    const tsr_task_desc *threshold; /* clean = raw where it reaches the level, else 0 */
    const tsr_task_desc *sum;       /* into += counts, along the promoted dimensions of `into` */
    const tsr_task_desc *maximum;   /* into = max(into, counts), likewise */
    const tsr_task_desc *peak;      /* the greatest count and its row-major place */
    const tsr_task_desc *nonzero;   /* how many counts are not zero */
    const tsr_task_desc *real;      /* a line of counts as doubles */
    const tsr_task_desc *amplitude; /* square roots of counts, as floats; same arguments as `real` */
} rocking_tasks;

/* The tasks for TSR_I64 or TSR_F64. */
const rocking_tasks *rocking_tasks_for(tsr_type type);

/* The mean index of a line of doubles, weighted by them; NAN when they add up to nothing. */
extern const tsr_task_desc rocking_centroid;
/* Of a rocking curve: the brightest frame and its counts; half of those (infinite where there are
 * no counts at all); the first and the last frame above it in one run with the brightest; the full
 * width at half maximum, by linear interpolation (NAN where the curve does not fall so far on both
 * sides). */
extern const tsr_task_desc rocking_curve;
/* How many elements of a line reach a level. */
extern const tsr_task_desc rocking_hits;

#endif
