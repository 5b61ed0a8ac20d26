/* network/join.c - finding and loading the plug-in that joins processes.
 *
 * UCX reads its variables when its library is loaded, so they are set here, first, and only where the
 * user set nothing: no signal handlers (the process has its own), no memory hooks.  The plug-in stays
 * loaded to the end of the process: UCX and PMIx do not like to be unloaded.
 *
 * The plug-in is looked for in TESSERA_PLUGINS, beside libtessera in tessera/, and in the build tree.
 *
 * Cost: 20 to 30 ms, of which PMIx takes half.  Threads: the one that starts. */
#include "network/join.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
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

/* The folder this library was loaded from, ended by '/'. */
static void own_folder(char *out, size_t bytes)
{
    Dl_info     info;
    const char *slash = NULL;
    out[0] = 0;
    if (dladdr((const void *)(uintptr_t)&network_join, &info) && info.dli_fname)
        slash = strrchr(info.dli_fname, '/');
    if (slash)
        snprintf(out, bytes, "%.*s", (int)(slash - info.dli_fname + 1), info.dli_fname);
}

static void *load(void)
{
    static const char *const places[] = {"tessera/", "network/transports/ucx/",
                                         "../runtime/network/transports/ucx/",
                                         "../../runtime/network/transports/ucx/"};
    char        folder[PATH_MAX], path[PATH_MAX + 64];
    const char *given = getenv("TESSERA_PLUGINS");
    void       *plugin = NULL;
    if (given) {
        snprintf(path, sizeof path, "%s/%s", given, plugin_name);
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    own_folder(folder, sizeof folder);
    for (size_t i = 0; !plugin && i < sizeof places / sizeof places[0]; ++i) {
        snprintf(path, sizeof path, "%s%s%s", folder, places[i], plugin_name);
        if (access(path, R_OK) == 0)
            plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    return plugin ? plugin : dlopen(plugin_name, RTLD_NOW | RTLD_LOCAL);
}

static const struct wire *plugin_open(void)
{
    variables_set();
    void *plugin = load();
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
