/* api/simulation.h - which rank of an imagined run this process is. */
#ifndef TESSERA_API_SIMULATION_H
#define TESSERA_API_SIMULATION_H

#include <tessera/status.h>

/* What TESSERA_SIMULATE says.  Fails: BAD_ARGUMENT. */
tsr_status simulation_read(const char *text, int *out_n, int *out_rank, tsr_site at);
/* A rank with neighbours on all sides, as far as there is one. */
int simulation_interior(int n);

#endif
