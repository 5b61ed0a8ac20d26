/* rk_tessera.h - the stencil as a sequential program of tasks. */
#ifndef RK_TESSERA_H
#define RK_TESSERA_H

#include "rk_common.h"

/* Runs as one of the processes of a launcher (or alone), and prints rank 0's line. */
int rk_tessera_measure(const rk_case *c);

#endif
