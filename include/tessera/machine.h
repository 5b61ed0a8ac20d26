/* tessera/machine.h - what a rank runs on: plain data, discovered once with hwloc.
 *
 * The description is the part of the machine that this process may use: cores outside its cgroup or
 * its affinity mask are not in it.  It can be cut down before a runtime is started on it. */
#ifndef TESSERA_MACHINE_H
#define TESSERA_MACHINE_H

#include <stdint.h>

#include <tessera/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TSR_MAX_CORES = 512 };

/* One machine (or a subset of one).  All sizes in bytes; 0 where the machine does not say. */
typedef struct tsr_machine {
    int     n_cores;                /* cores this process may use, one worker each */
    int     core[TSR_MAX_CORES];    /* the operating system's index of one processor of each core */
    int     numa[TSR_MAX_CORES];    /* the NUMA node of each core, 0 where there is only one */
    int     n_numa;
    int64_t l1_bytes, l2_bytes;     /* of one core */
    int64_t l3_bytes;               /* shared */
    int64_t memory_bytes;           /* what the process may use: the least of machine and cgroup */
    int     line_bytes;             /* a cache line */
} tsr_machine;

/* Describe the machine under this process, once per call (3 to 10 ms: hwloc's own time).
 * Fails: ENVIRONMENT when hwloc cannot read it.  Threads: any. */
TSR_API tsr_status tsr_machine_discover_(tsr_machine *out, tsr_site at) TSR_MUST_CHECK;
/* tsr_machine_discover(&m): as above, with the caller's line. */
#define tsr_machine_discover(out) tsr_machine_discover_((out), TSR_HERE)

/* Keep `count` cores of `m` starting at its `first`-th.  Fails: BAD_ARGUMENT when they are not there. */
TSR_API tsr_status tsr_machine_subset_(const tsr_machine *m, int first, int count, tsr_machine *out,
                                       tsr_site at) TSR_MUST_CHECK;
/* tsr_machine_subset(&m, first, count, &out): as above, with the caller's line. */
#define tsr_machine_subset(m, first, count, out)                                                   \
    tsr_machine_subset_((m), (first), (count), (out), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
