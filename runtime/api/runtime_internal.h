/* api/runtime_internal.h - starting a runtime on a given rank. */
#ifndef API_RUNTIME_INTERNAL_H
#define API_RUNTIME_INTERNAL_H

#include <tessera/runtime.h>

struct network;

/* As tsr_start_, on `net`, which it takes over (also when it fails; tsr_finish destroys it).  The
 * settings of the run (config marked shared) and the machine table are agreed over it: collective
 * when it joins several ranks. */
tsr_status runtime_start_rank(int *argc, char ***argv, const tsr_options *o, struct network *net);

#endif
