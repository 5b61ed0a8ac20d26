/* frames.h - detector frames out of HDF5 files, read by tasks.
 *
 * A scan is a 3-dimensional data set (frames, rows, columns) of any integer or float type. Its
 * frames become a store of TSR_I64 (integers) or TSR_F64 (floats), written by one task for each
 * block of frames. HDF5's library is one lock, so a task takes the packed bytes of a chunk under
 * it, and inflates, unshuffles and converts them outside. What that does not understand (other
 * filters, other layouts) the library reads itself.
 *
 *     frames_scan scan;
 *     TSR_TRY(frames_open("scan.h5", "/entry/data/data", &scan));
 *     tsr_store frames = tsr_store_create(scan.type, scan.shape);
 *     TSR_TRY(frames_read(&scan, frames));
 *     ...              // ask for a value: it says whether the file could be read
 *     frames_close(&scan); */
#ifndef EXAMPLES_FRAMES_H
#define EXAMPLES_FRAMES_H

#include <tessera/tessera.h>

/* Which data set of which file: plain bytes, so that it can travel to tasks as a scalar
 * argument. */
typedef struct frames_source {
    char path[3840];
    char data_set[256];
} frames_source;

/* What a file says about the measurement beside its frames; NAN where it says nothing. */
typedef struct frames_beam {
    double energy_kev, distance_m, pixel_m, step_degree;
} frames_beam;

/* An open scan. */
typedef struct frames_scan {
    frames_source       source;
    tsr_shape           shape;
    tsr_type            type;        /* of the store that holds the frames: TSR_I64 or TSR_F64 */
    char                element[16]; /* the type in the file: "int32" */
    int64_t             block;       /* frames that one task reads */
    frames_beam         beam;
    struct frames_file *file; /* this rank's reference; NULL where it could not open the file */
} frames_scan;

/* Open a data set and learn its shape; every rank learns what rank 0 sees.
 * Collective. Waits. Fails: ENVIRONMENT (no such file, truncated, not HDF5, no such data set),
 * BAD_SHAPE (not 3 dimensions, or an empty one), BAD_TYPE; the text names the file. */
tsr_status frames_open(const char *path, const char *data_set, frames_scan *out);

/* Issue the reading of every frame into `frames`, a store of the scan's shape and type. A file that
 * cannot be read shows where a value is asked for that depends on it: TASK_FAILED. */
tsr_status frames_read(const frames_scan *scan, tsr_store frames);

/* What this process has read of a scan since it opened it. Where ranks are threads, theirs are
 * counted together. */
typedef struct frames_reads {
    int64_t there; /* chunks of the data set; blocks of frames where the file has no chunks */
    int64_t taken; /* how many were asked of the file; one that was asked for twice counts twice */
} frames_reads;
frames_reads frames_count(const frames_scan *scan);

/* Close the file, once nothing that reads it is under way. */
void frames_close(frames_scan *scan);

#endif
