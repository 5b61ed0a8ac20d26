/* api/runtime_internal.h - starting a runtime on a given rank. */
#ifndef API_RUNTIME_INTERNAL_H
#define API_RUNTIME_INTERNAL_H

#include <tessera/runtime.h>

struct network;
struct join_place;

/* As tsr_start_, on `net`, which it takes over (also when it fails; tsr_finish destroys it).  The
 * settings of the run (config marked shared) and the machine table are agreed over it: collective
 * when it joins several ranks.  `place`: with whom this process shares its cores; NULL: nobody. */
tsr_status runtime_start_rank(int *argc, char ***argv, const tsr_options *o, struct network *net,
                              const struct join_place *place);
/* A share of a machine: a block of its cores (one core may serve several ranks when there are fewer),
 * a part of its memory. */
tsr_machine machine_share(const tsr_machine *m, int rank, int n_ranks);

#endif
