/* api/launcher.h - is this process one of several that should be one run? */
#ifndef API_LAUNCHER_H
#define API_LAUNCHER_H

#include <tessera/status.h>

/* ENVIRONMENT when a launcher started several processes of this program, which this build cannot
 * join: better none than N copies of the same run. */
tsr_status launcher_check(tsr_site at);

#endif
