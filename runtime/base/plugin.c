/* base/plugin.c - finding and loading a plug-in. */
#include "base/plugin.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder this library was loaded from, ended by '/'. */
static void own_folder(char *out, size_t bytes)
{
    Dl_info     info;
    const char *slash = NULL;
    out[0] = 0;
    if (dladdr((const void *)(uintptr_t)&plugin_load, &info) && info.dli_fname)
        slash = strrchr(info.dli_fname, '/');
    char exe[PATH_MAX];
    const ssize_t n = slash ? 0 : readlink("/proc/self/exe", exe, sizeof exe - 1); /* a program names itself as it likes */
    if (n > 0) {
        exe[n] = 0;
        info.dli_fname = exe;
        slash = strrchr(exe, '/');
    }
    if (slash)
        snprintf(out, bytes, "%.*s", (int)(slash - info.dli_fname + 1), info.dli_fname);
}

void *plugin_load(const char *name, const char *folder)
{
    static const char *const before[] = {"tessera/", "", "../runtime/", "../../runtime/"};
    char        own[PATH_MAX], path[PATH_MAX + 128];
    const char *given = getenv("TESSERA_PLUGINS");
    void       *plugin = NULL;
    if (given) {
        snprintf(path, sizeof path, "%s/%s", given, name);
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    own_folder(own, sizeof own);
    for (size_t i = 0; !plugin && i < sizeof before / sizeof before[0]; ++i) {
        snprintf(path, sizeof path, "%s%s%s%s", own, before[i], i > 0 ? folder : "", name);
        if (access(path, R_OK) == 0)
            plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    return plugin ? plugin : dlopen(name, RTLD_NOW | RTLD_LOCAL);
}
