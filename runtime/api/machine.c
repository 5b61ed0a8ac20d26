/* api/machine.c - what this process may use of the machine under it.
 *
 * hwloc reads cores, caches and NUMA nodes. It is told to leave out all that costs time and is not
 * asked for here: I/O devices, distances, memory attributes, kinds of cores. Of what it finds,
 * processors outside the cgroup's set (hwloc knows it) or the thread's affinity mask are left out,
 * and of each core one processor stays: a worker a core, no hyperthreads. A cgroup that allows fewer
 * processors' time than it shows processors (a quota) leaves that many cores.
 *
 * An issuing thread is bound to its core while its runtime lives; what it may use is then the mask
 * it had before. Memory is the least of the machine's and of every limit on the way from the
 * process's cgroup to the root, in both versions of cgroups.
 *
 * Cost: hwloc's own 3 to 6 ms. Threads: any. */
#include <hwloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/state.h"

/* ---- limits of cgroups ---- */

/* The first word of a file as a number; `otherwise` when there is none ("max"). */
static int64_t number_in(const char *path, int64_t otherwise)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return otherwise;
    long long v;
    const int n = fscanf(f, "%lld", &v);
    fclose(f);
    return n == 1 && v > 0 ? (int64_t)v : otherwise;
}

/* A cgroup of this process: where its controller is mounted, and its path below. */
struct group {
    char mount[64], path[512];
};

/* The group of a controller: version 1 by name, version 2 ("") as the line "0::". */
static bool group_find(const char *controller, struct group *out)
{
    FILE *f = fopen("/proc/self/cgroup", "r");
    if (!f)
        return false;
    char line[640];
    bool is_found = false;
    while (!is_found && fgets(line, sizeof line, f)) {
        char *names = strchr(line, ':');
        char *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        ++names;
        if (strcmp(names, controller) != 0)
            continue;
        snprintf(out->mount, sizeof out->mount, "/sys/fs/cgroup%s%s", controller[0] ? "/" : "",
                 controller);
        snprintf(out->path, sizeof out->path, "%s", path);
        is_found = true;
    }
    fclose(f);
    return is_found;
}

/* The least number in files `name` from the group up to the mount. */
static int64_t least_in(const char *controller, const char *name, int64_t otherwise)
{
    struct group g;
    if (!group_find(controller, &g))
        return otherwise;
    int64_t least = otherwise;
    for (;;) {
        char file[768];
        snprintf(file, sizeof file, "%s%s/%s", g.mount, g.path, name);
        const int64_t v = number_in(file, otherwise);
        least = v < least ? v : least;
        char *slash = strrchr(g.path, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

static int64_t memory_limit(int64_t machine)
{
    const int64_t old = least_in("memory", "memory.limit_in_bytes", machine);
    return least_in("", "memory.max", old);
}

/* Processors' worth of time that the cgroup grants; INT_MAX-like when it sets no quota. */
static int64_t processor_quota(void)
{
    int64_t      most = INT64_MAX;
    struct group g;
    if (group_find("", &g)) {
        char path[768];
        snprintf(path, sizeof path, "%s%s/cpu.max", g.mount, g.path);
        FILE     *f = fopen(path, "r");
        long long quota, period;
        if (f && fscanf(f, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0)
            most = (quota + period - 1) / period;
        if (f)
            fclose(f);
    }
    const int64_t quota = least_in("cpu", "cpu.cfs_quota_us", INT64_MAX);
    const int64_t period = least_in("cpu", "cpu.cfs_period_us", 100000);
    if (quota < INT64_MAX && period > 0 && (quota + period - 1) / period < most)
        most = (quota + period - 1) / period;
    return most;
}

/* ---- the topology ---- */

static bool topology_load(hwloc_topology_t *out)
{
    if (hwloc_topology_init(out) != 0)
        return false;
    hwloc_topology_set_all_types_filter(*out, HWLOC_TYPE_FILTER_KEEP_NONE);
    static const hwloc_obj_type_t wanted[] = {HWLOC_OBJ_CORE, HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE,
                                              HWLOC_OBJ_L3CACHE};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; ++i)
        hwloc_topology_set_type_filter(*out, wanted[i], HWLOC_TYPE_FILTER_KEEP_ALL);
    unsigned long flags = 0;
#if HWLOC_API_VERSION >= 0x00020800
    flags = HWLOC_TOPOLOGY_FLAG_NO_DISTANCES | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS |
            HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
#endif
    hwloc_topology_set_flags(*out, flags);
    if (hwloc_topology_load(*out) == 0)
        return true;
    hwloc_topology_destroy(*out);
    return false;
}

/* The mask this thread has, or had before its runtime bound it. */
static void affinity_get(cpu_set_t *out)
{
    const struct tsr_runtime *rt = runtime_current;
    if (rt && rt->api)
        *out = rt->api->affinity;
    else if (sched_getaffinity(0, sizeof *out, out) != 0)
        memset(out, 0xff, sizeof *out);
}

/* The lowest processor of a core that is in the mask; -1: none. */
static int processor_of(hwloc_obj_t core, const cpu_set_t *mask)
{
    int p;
    for (p = hwloc_bitmap_first(core->cpuset); p >= 0; p = hwloc_bitmap_next(core->cpuset, p))
        if (p >= CPU_SETSIZE || CPU_ISSET(p, mask))
            return p;
    return -1;
}

static void cores_read(hwloc_topology_t t, tsr_machine *m)
{
    cpu_set_t mask;
    affinity_get(&mask);
    hwloc_obj_type_t type = HWLOC_OBJ_CORE;
    if (hwloc_get_nbobjs_by_type(t, type) <= 0)
        type = HWLOC_OBJ_PU;
    const int     n = hwloc_get_nbobjs_by_type(t, type);
    const int64_t quota = processor_quota();
    for (int i = 0; i < n && m->n_cores < TSR_MAX_CORES && m->n_cores < quota; ++i) {
        hwloc_obj_t core = hwloc_get_obj_by_type(t, type, (unsigned)i);
        const int   p = processor_of(core, &mask);
        if (p < 0)
            continue;
        const int node = core->nodeset ? hwloc_bitmap_first(core->nodeset) : 0;
        m->core[m->n_cores] = p;
        m->numa[m->n_cores++] = node < 0 ? 0 : node;
    }
    m->n_numa = hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_NUMANODE);
}

static int64_t cache_bytes(hwloc_topology_t t, hwloc_obj_type_t type, int *line)
{
    hwloc_obj_t cache = hwloc_get_obj_by_type(t, type, 0);
    if (!cache || !cache->attr)
        return 0;
    if (cache->attr->cache.linesize > 0)
        *line = (int)cache->attr->cache.linesize;
    return (int64_t)cache->attr->cache.size;
}

tsr_status tsr_machine_discover_(tsr_machine *out, tsr_site at)
{
    hwloc_topology_t t;
    if (!out)
        return failure_at(at, BAD_ARGUMENT, "no machine to describe it in");
    if (!topology_load(&t))
        return failure_at(at, ENVIRONMENT, "hwloc cannot read this machine (is /sys mounted?)");
    tsr_machine m = {.line_bytes = 64};
    cores_read(t, &m);
    m.l3_bytes = cache_bytes(t, HWLOC_OBJ_L3CACHE, &m.line_bytes);
    m.l2_bytes = cache_bytes(t, HWLOC_OBJ_L2CACHE, &m.line_bytes);
    m.l1_bytes = cache_bytes(t, HWLOC_OBJ_L1CACHE, &m.line_bytes);
    int64_t memory = (int64_t)hwloc_get_root_obj(t)->total_memory;
    if (memory <= 0)
        memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    hwloc_topology_destroy(t);
    m.memory_bytes = memory_limit(memory);
    if (m.n_cores == 0)
        return failure_at(at, ENVIRONMENT, "no processor that this process may use");
    *out = m;
    return TSR_OK;
}

tsr_status tsr_machine_subset_(const tsr_machine *m, int first, int count, tsr_machine *out,
                               tsr_site at)
{
    if (!m || !out)
        return failure_at(at, BAD_ARGUMENT, "no machine given");
    if (first < 0 || count < 1 || count > m->n_cores - first)
        return failure_at(at, BAD_ARGUMENT, "cores [%d, %lld) of a machine that has %d", first,
                          (long long)first + count, m->n_cores);
    tsr_machine part = *m;
    part.n_cores = count;
    memmove(part.core, part.core + first, (size_t)count * sizeof part.core[0]);
    memmove(part.numa, part.numa + first, (size_t)count * sizeof part.numa[0]);
    *out = part;
    return TSR_OK;
}
