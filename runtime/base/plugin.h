/* base/plugin.h - libraries that are loaded where they are needed.  Threads: any. */
#ifndef TESSERA_BASE_PLUGIN_H
#define TESSERA_BASE_PLUGIN_H

/* Load `name` from TESSERA_PLUGINS; else from tessera/ beside this library, or from `folder` ("execute/native/")
 * of the build tree.  NULL: dlerror() says why not.  It stays loaded to the end of the process. */
void *plugin_load(const char *name, const char *folder);

#endif
