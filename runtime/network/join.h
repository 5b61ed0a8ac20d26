/* network/join.h - this process joins the others its launcher started. */
#ifndef NETWORK_JOIN_H
#define NETWORK_JOIN_H

#include "network/network.h"

/* The cores a process may use, by the number the system gives them. */
struct join_cores {
    uint64_t bits[16];
};

/* Processes of the run that may use some of the same cores, this one included, and how many of them
 * have a lower rank. */
struct join_place {
    int sharers, index;
};

struct wire;

/* The network of this process among those its launcher started.  NULL, with the thread's trace:
 * ENVIRONMENT (no plug-in, no answer), NO_MEMORY. */
struct network *network_join(const struct join_cores *cores, struct join_place *out);
/* The same, with a plug-in at hand (tests bring their own). */
struct network *network_create_processes(const struct wire *wire, const struct join_cores *cores,
                                         struct join_place *out);

#endif
