/* api/launcher.c - a process that is one of N, and cannot meet the others, says so.
 *
 * Launchers tell each process its number in variables of its own. Only those are read, and with them
 * the number of processes of the same launch: a batch job's size says nothing about this process. In
 * a SLURM allocation that is not a step (batch and interactive shells have step names, not numbers),
 * the program is alone.
 *
 * Cost: a few getenv. Threads: the one that starts. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "api/launcher.h"
#include "base/failure.h"

static const struct launcher {
    const char *name, *number, *count;
} launchers[] = {
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"mpiexec", "PMI_RANK", "PMI_SIZE"},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
};

/* Steps that run a shell, not copies of a program. */
static bool is_shell_step(const struct launcher *l)
{
    const char *step = getenv("SLURM_STEP_ID");
    return strcmp(l->name, "srun") == 0 &&
           (!step || !strcmp(step, "batch") || !strcmp(step, "interactive") ||
            strtoul(step, NULL, 10) >= 0xfffffff0ul);
}

tsr_status launcher_check(tsr_site at)
{
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; ++i) {
        const struct launcher *l = &launchers[i];
        const char            *number = getenv(l->number), *count = getenv(l->count);
        if (!number || !count || atoi(count) < 2 || is_shell_step(l))
            continue;
        return failure_at(at, ENVIRONMENT,
                          "%s started this as process %s of %s (%s), and this build joins no "
                          "processes; TESSERA_RANKS makes ranks of threads",
                          l->name, number, count, l->number);
    }
    return TSR_OK;
}
