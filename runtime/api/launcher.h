/* api/launcher.h - is this process one of several that are one run?  Then join them. */
#ifndef API_LAUNCHER_H
#define API_LAUNCHER_H

#include <stdbool.h>

#include <tessera/status.h>

#include "network/network.h"

/* Did a launcher start several processes of this program? */
bool launcher_is_one_of_many(void);
/* Join them.  NULL, with the thread's trace: ENVIRONMENT where they cannot be met (better none than N
 * copies of the same run), NO_MEMORY. */
struct network *launcher_join(struct join_place *out, tsr_site at);

#endif
