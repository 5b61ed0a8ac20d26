/* api/launcher.c - a process that is one of N joins the others, or says that it cannot.
 *
 * Launchers tell each process its number in variables of its own.  Only those are read, and with them
 * the number of processes of the same launch: a batch job's size says nothing about this process.  In
 * a SLURM allocation that is not a step (batch and interactive shells have step names, not numbers),
 * the program is alone.  A process that has a number and is not told of how many is taken for one of
 * several: to run N copies would be worse than to stop.  Processes meet through PMIx, which is asked only
 * where its own variable says that somebody will answer.
 *
 * Cost: a few getenv where the process is alone.  Threads: the one that starts. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "api/launcher.h"
#include "base/failure.h"

/* Seconds that start-up waits for processes of which nothing is known. */
enum { JOIN_S = 60, JOIN_MOST_S = 86400 };

static const struct launcher {
    const char *name, *number, *count;
} launchers[] = {
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"mpiexec", "PMI_RANK", "PMI_SIZE"},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
};

/* Steps that run a shell, not copies of a program.  A batch script is process 0 of no step. */
static bool is_shell_step(const struct launcher *l)
{
    const char *step = getenv("SLURM_STEP_ID"), *number = getenv(l->number);
    if (strcmp(l->name, "srun") != 0)
        return false;
    if (!step)
        return !number || atoi(number) == 0;
    return !strcmp(step, "batch") || !strcmp(step, "interactive") ||
           strtoul(step, NULL, 10) >= 0xfffffff0ul;
}

/* The launcher that started this process as one of several, or NULL. */
static const struct launcher *launcher_find(void)
{
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; ++i) {
        const struct launcher *l = &launchers[i];
        const char            *number = getenv(l->number), *count = getenv(l->count);
        if (number && (!count || atoi(count) > 1) && !is_shell_step(l))
            return l;
    }
    return NULL;
}

/* Has a launcher that says no count by variables put us in a namespace?  Only PMIx knows, then. */
static bool only_pmix_knows(void)
{
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; ++i)
        if (getenv(launchers[i].number) && !is_shell_step(&launchers[i]))
            return false;
    return getenv("PMIX_NAMESPACE") && getenv("PMIX_RANK");
}

bool launcher_is_one_of_many(void)
{
    return launcher_find() != NULL || only_pmix_knows();
}

static struct join_cores cores_of_process(void)
{
    struct join_cores cores = {0};
    cpu_set_t         set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (size_t c = 0; c < 64 * sizeof cores.bits / sizeof cores.bits[0]; ++c)
            if (CPU_ISSET(c, &set))
                cores.bits[c / 64] |= 1ull << (c % 64);
    return cores;
}

/* TESSERA_JOIN, which is needed before there is a configuration. */
static tsr_status patience_read(int *out_ms, tsr_site at)
{
    const char *text = getenv("TESSERA_JOIN");
    char       *end = NULL;
    const long  seconds = text ? strtol(text, &end, 10) : JOIN_S;
    if (text && (end == text || *end || seconds < 0 || seconds > JOIN_MOST_S))
        return failure_at(at, BAD_ARGUMENT, "TESSERA_JOIN=%.40s: not a number from 0 to %d", text,
                          (int)JOIN_MOST_S);
    *out_ms = (int)seconds * 1000;
    return TSR_OK;
}

struct network *launcher_join(struct join_place *out, tsr_site at)
{
    const struct launcher  *l = launcher_find();
    const struct join_cores cores = cores_of_process();
    int patience_ms = 0;
    if (patience_read(&patience_ms, at) != TSR_OK)
        return NULL;
    if (l && !getenv("PMIX_NAMESPACE")) {
        const char *count = getenv(l->count);
        (void)failure_at(at, ENVIRONMENT,
                         "%s started this as process %s of %s (%s), and there is no PMIx to meet "
                         "the others through (mpirun and srun --mpi=pmix bring it)",
                         l->name, getenv(l->number), count ? count : "several", l->number);
        return NULL;
    }
    struct network *net = network_join(&cores, patience_ms, out);
    if (!net) {
        struct trace why;
        trace_save(&why);
        (void)trace_raise(&why, at, "tsr_start()");
    }
    return net;
}
