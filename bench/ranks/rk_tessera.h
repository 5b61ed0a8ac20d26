/* rk_tessera.h - the stencil as a sequential program of tasks. */
#ifndef RK_TESSERA_H
#define RK_TESSERA_H

#include "rk_common.h"

/* Measure on the ranks there are: the processes of a launcher, or this one; *out: those ranks' case, and
 * this rank's line and number.  Returns the exit code. */
int rk_tessera_measure(int64_t side, double seconds, rk_case *out_case, rk_line *out, int *out_rank);

#endif
