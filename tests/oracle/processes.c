/* processes.c - the oracle as one rank of several processes:
 *
 *     mpirun -n 4 oracle --programs 2000 --seed 12 --processes
 *
 * Every process generates and interprets the same programs, and each starts a runtime that is one rank
 * of the run.  No children: a launcher's processes cannot be forked.  The first difference ends the
 * process that saw it, and with it the launcher's job; so a run that comes to its end had none.
 * Rank 0 prints the table. */
#include "apart.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number that a launcher put into one of these. */
static int number_of(const char *const *variables)
{
    for (; *variables; ++variables) {
        const char *text = getenv(*variables);
        if (text && *text)
            return atoi(text);
    }
    return -1;
}

static void tally_add(oracle_tally *t, const feature_set *f, const oracle_result *r)
{
    t->run++;
    for (int k = 0; k < feature_count(); ++k)
        t->with_feature[k] += f->bits[k / 64] >> k % 64 & 1;
    for (int k = 0; k < TSR_N_COUNTERS; ++k)
        t->counters[k] += r->counters[k];
}

/* One program; false: it differs. */
static bool run_one(const oracle_command *c, int64_t index, int rank, oracle_tally *t)
{
    oracle_program *p = calloc(1, sizeof *p);
    oracle_result   r;
    feature_set     f;
    generate(p, c->seed, (uint64_t)index, &c->limits);
    features_of(p, &f);
    alarm((unsigned)c->limit_s); /* a hang ends with a signal, and the launcher names the rank */
    run_process(p, rank, &r);
    alarm(0);
    if (!r.passed) {
        t->failed++;
        fprintf(stderr, "FAILED --seed %llu --only %lld --ranks %d, rank %d: %s\n",
                (unsigned long long)c->seed, (long long)index, p->config.ranks, rank, r.what);
    }
    tally_add(t, &f, &r);
    arena_clear(&p->memory);
    free(p);
    return r.passed;
}

int processes_main(const oracle_command *given, int (*print)(const oracle_command *, const oracle_tally *))
{
    static const char *const ranks[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID",
                                        "PMIX_RANK", NULL};
    static const char *const counts[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS",
                                         "TESSERA_PROCESSES", NULL};
    const int                rank = number_of(ranks), n = number_of(counts);
    oracle_command           c = *given;
    oracle_tally            *t = calloc(1, sizeof *t);
    const double             start = now_s();
    if (rank < 0 || n < 2 || n > MAX_RANKS) {
        fprintf(stderr, "oracle: --processes is for one of 2 to %d processes that a launcher started\n",
                MAX_RANKS);
        free(t);
        return 2;
    }
    c.limits.ranks_low = c.limits.ranks_high = n;
    for (int64_t i = c.first; i < c.first + c.programs && t->failed == 0; ++i)
        (void)run_one(&c, c.only >= 0 ? c.only : i, rank, t);
    const int64_t failed = t->failed;
    if (rank == 0) {
        (void)print(&c, t);
        printf("%.1f s on %d processes; %lld passed, %lld failed\n", now_s() - start, n,
               (long long)(t->run - failed), (long long)failed);
    }
    free(t);
    return failed > 0;
}
