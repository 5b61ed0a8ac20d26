/* network/join.h - ranks as processes, with the plug-in at hand. */
#ifndef NETWORK_JOIN_H
#define NETWORK_JOIN_H

#include "network/network.h"

struct wire;

/* network_join over this wire (tests bring their own). */
struct network *network_create_processes(const struct wire *wire, const struct join_cores *cores,
                                         int patience_ms, struct join_place *out);

#endif
