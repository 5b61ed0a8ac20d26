/* network/join.c - finding and loading the plug-in that joins processes.
 *
 * UCX reads its variables when its library is loaded, so they are set here, first, and only where the
 * user set nothing: no signal handlers (the process has its own), no memory hooks.  The plug-in stays
 * loaded to the end of the process: UCX and PMIx do not like to be unloaded.
 *
 * Cost: 20 to 30 ms, of which PMIx takes half.  Threads: the one that starts. */
#include "network/join.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/failure.h"
#include "base/plugin.h"
#include "network/transports/wire.h"

static const char plugin_name[] = "tessera_ucx.so";

static void variables_set(void)
{
    static const char *const set[][2] = {
        {"UCX_HANDLE_ERRORS", "none"},
        {"UCX_DEBUG_SIGNO", "0"},
        {"UCX_MEM_EVENTS", "n"},
        {"UCX_WARN_UNUSED_ENV_VARS", "n"},
    };
    for (size_t i = 0; i < sizeof set / sizeof set[0]; ++i)
        (void)setenv(set[i][0], set[i][1], 0);
}

static const struct wire *plugin_open(void)
{
    variables_set();
    void *plugin = plugin_load(plugin_name, "network/transports/ucx/");
    if (!plugin) {
        (void)TSR_FAIL(ENVIRONMENT, "the plug-in that joins processes cannot be loaded: %s",
                       dlerror());
        return NULL;
    }
    union {
        void                  *object;
        tessera_wire_function *function;
    } symbol = {.object = dlsym(plugin, TESSERA_WIRE_SYMBOL)};
    const struct wire *wire = symbol.object ? symbol.function() : NULL;
    if (wire && wire->version == WIRE_VERSION)
        return wire;
    (void)TSR_FAIL(ENVIRONMENT, "the plug-in %s is of another version of Tessera", plugin_name);
    return NULL;
}

struct network *network_join(const struct join_cores *cores, int patience_ms,
                             struct join_place *out)
{
    const struct wire *wire = plugin_open();
    return wire ? network_create_processes(wire, cores, patience_ms, out) : NULL;
}
