/* crystal.h - a simulated rocking scan of one faceted crystal, and what must be found in it.
 *
 * The crystal is a hexagonal prism, tilted against the detector. Its diffraction around one Bragg
 * peak has a closed form: the Fourier transform of the prism's shape, squared. Counts are drawn
 * from it as a counting detector would (Poisson), by a generator that is keyed by the voxel's
 * index, so that the scan has the same counts however it is cut. */
#ifndef EXAMPLES_CRYSTAL_H
#define EXAMPLES_CRYSTAL_H

#include <tessera/tessera.h>

/* A crystal and its scan. Lengths of the crystal are in fringes per pixel: a crystal of length L
 * along a direction makes fringes 1/L pixels (or frames) wide along it. Plain numbers without holes
 * between them, so that it can travel to tasks as a scalar argument. */
typedef struct crystal {
    int64_t  frames, rows, columns;
    double   centre[3];   /* of the peak: frame, row, column */
    double   edge;        /* of the hexagon */
    double   height;      /* of the prism */
    double   axis[9];     /* rows of a rotation: the prism's axes in (frame, row, column) */
    double   peak_counts; /* expected at the centre */
    uint64_t seed;
} crystal;

/* The scan that is reduced when there is no file. */
crystal crystal_default(void);

/* Issue the simulation into `frames`, a store of TSR_I64 with the crystal's frames, rows,
 * columns. */
tsr_status crystal_simulate(const crystal *c, tsr_store frames);

/* What a reduction must find, from the shape of the crystal alone: along the rocking direction the
 * crystal is a bundle of columns, and the counts of a frame are those of its columns, added. */
typedef struct crystal_truth {
    double peak_counts;      /* greatest count of a voxel */
    double brightest_counts; /* of the frame through the centre, all of the detector plane */
    double fwhm_frames;
    double total_counts; /* of all frames of the scan */
} crystal_truth;
crystal_truth crystal_truth_of(const crystal *c);

#endif
