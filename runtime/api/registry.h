/* api/registry.h - which runtimes of this process are alive: for messages, never for meaning. */
#ifndef API_REGISTRY_H
#define API_REGISTRY_H

#include <stdbool.h>

#include <tessera/status.h>

struct tsr_runtime;

/* Threads: any. */
void registry_add(struct tsr_runtime *rt);
void registry_remove(struct tsr_runtime *rt);
/* Where some runtime that is alive was started; false: there is none. */
bool registry_find(tsr_site *out_started_at);

#endif
