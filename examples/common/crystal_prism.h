/* crystal_prism.h - the prism's form factor and its shape. For crystal_*.c alone. */
#ifndef EXAMPLES_CRYSTAL_PRISM_H
#define EXAMPLES_CRYSTAL_PRISM_H

#include "crystal.h"

/* |F|^2 / |F(0)|^2 of the prism at an offset (frame, row, column) from the peak: 1 at the
 * centre. */
double crystal_prism_intensity(const crystal *c, const double offset[3]);
/* The prism's volume. */
double crystal_prism_volume(const crystal *c);
/* Length of the column of the prism that runs along the frame direction over (row, column). */
double crystal_prism_column(const crystal *c, double row, double column);
/* No part of the prism is further from its middle than this. */
double crystal_prism_reach(const crystal *c);

#endif
