/* ranks/ranks_try.h - run a program on ranks of this process, in many ways, and say how it went.
 *
 * A program is judged on every rank: it returns 0 where all was as it should be.  The ways differ in
 * the number of ranks, each rank's machine (cores, caches, memory), workers, pieces, windows,
 * memoisation, and the seed by which messages are delayed.  Public headers only. */
#ifndef TEST_RANKS_TRY_H
#define TEST_RANKS_TRY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tessera/tessera.h>

enum { TRY_MOST_RANKS = 4 };

/* What a program on a rank finds wrong. */
#define NEED_TEXT(condition, text)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "# rank %d of %d: %s:%d: %s [%s]\n", tsr_rank(), tsr_rank_count(),     \
                    __FILE__, __LINE__, text, tsr_error_text());                                   \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)
#define NEED(condition) NEED_TEXT(condition, #condition)
#define NEED_OK(call)   NEED_TEXT((call) == TSR_OK, #call)

/* Machines that differ: cores, caches, memory. */
static inline void try_machines(tsr_machine *m, int n, int way)
{
    tsr_machine here;
    TSR_CHECK(tsr_machine_discover(&here));
    for (int r = 0; r < n; ++r) {
        m[r] = here;
        m[r].n_cores = 1 + (r + way) % 3;
        for (int c = 0; c < m[r].n_cores; ++c) {
            m[r].core[c] = here.core[c % here.n_cores];
            m[r].numa[c] = 0;
        }
        m[r].l2_bytes = (int64_t)(128 << (r + way) % 4) << 10;
        m[r].memory_bytes = ((int64_t)1 << 30) + ((int64_t)(r * 7 + way) << 24);
    }
}

static inline tsr_options try_options(const tsr_machine *machine, int rank, int way)
{
    static const int64_t windows[] = {64, 1, 5, 16}, pieces[] = {0, 1, 3, 64};
    return (tsr_options){.size = sizeof(tsr_options),
                         .at = TSR_HERE,
                         .workers = 1 + (rank + way) % 3,
                         .window = (int)windows[way % 4],
                         .min_piece = pieces[(way + rank) % 4],
                         .memo = way % 3,
                         .machine = &machine[rank]};
}

/* One core and one worker each, whatever the rank. */
static inline tsr_options try_alike_options(tsr_machine *m)
{
    TSR_CHECK(tsr_machine_discover(m));
    m->n_cores = 1;
    return (tsr_options){
        .size = sizeof(tsr_options), .at = TSR_HERE, .workers = 1, .min_piece = 16, .machine = m};
}

/* As one of the processes a launcher started; *out: its number. */
static inline bool try_is_process(int *out)
{
    static const char *const counts[] = {"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS",
                                         "TESSERA_PROCESSES"};
    const char              *rank = getenv("PMIX_RANK"), *n = NULL;
    for (size_t i = 0; !n && i < sizeof counts / sizeof counts[0]; ++i)
        n = getenv(counts[i]);
    *out = rank && n ? atoi(rank) : 0;
    return rank && n && atoi(n) > 1;
}

/* Run as a process of several.  True: 0 here. */
static inline bool try_process_with(tsr_program *program, void *user, int rank, int way,
                                    const tsr_options *o)
{
    char name[] = "test", *words[] = {name, NULL}, **argv = words;
    int  argc = 1;
    if (tsr_start_(&argc, &argv, o) != TSR_OK) {
        fprintf(stderr, "# process %d, way %d: %s\n", rank, way, tsr_error_text());
        return false;
    }
    const int code = program(argc, argv, user), finish = tsr_finish();
    if (code != 0 || finish != 0)
        fprintf(stderr, "# process %d, way %d: exit codes %d and %d\n", rank, way, code, finish);
    return code == 0 && finish == 0;
}

/* Run once as a process of several: `way` chooses all but the number of them. */
static inline bool try_process(tsr_program *program, void *user, int rank, int way)
{
    tsr_machine machine[TRY_MOST_RANKS];
    try_machines(machine, TRY_MOST_RANKS, way);
    const tsr_options o = try_options(machine, rank % TRY_MOST_RANKS, way);
    return try_process_with(program, user, rank, way, &o);
}

/* Run once: `way` chooses all but ranks and seed.  True: 0 on every rank. */
static inline bool try_once(tsr_program *program, void *user, int ranks, uint64_t seed, int way)
{
    tsr_machine machine[TRY_MOST_RANKS];
    tsr_options each[TRY_MOST_RANKS];
    int         code = -1;
    try_machines(machine, ranks, way);
    for (int r = 0; r < ranks; ++r)
        each[r] = try_options(machine, r, way);
    if (tsr_ranks_run(ranks, program, user, &code, .each = each, .seed = seed) != TSR_OK)
        fprintf(stderr, "# %d ranks, seed %d, way %d: %s\n", ranks, (int)seed, way,
                tsr_error_text());
    else if (code != 0)
        fprintf(stderr, "# %d ranks, seed %d, way %d: exit code %d\n", ranks, (int)seed, way, code);
    return code == 0;
}

/* Each way as a process of several; rank 0 prints the verdict. */
static inline int try_processes(const char *name, tsr_program *program, void *user, int rank)
{
    for (int way = 0; way < 6; ++way) {
        if (try_process(program, user, rank, way))
            continue;
        printf("not ok %s process %d, way %d\n", name, rank, way);
        return 1;
    }
    if (rank == 0)
        printf("ok %s\n", name);
    return 0;
}

/* Run on 1 to 4 ranks, with and without delays; print the verdict; returns 1 if it failed.  Where a
 * launcher started several processes, these are the ranks. */
static inline int try_ranks(const char *name, tsr_program *program, void *user)
{
    int way = 0, rank;
    if (try_is_process(&rank))
        return try_processes(name, program, user, rank);
    for (int ranks = 1; ranks <= TRY_MOST_RANKS; ++ranks)
        for (uint64_t seed = 0; seed < 3; ++seed, ++way)
            if (!try_once(program, user, ranks, seed, way)) {
                printf("not ok %s %d ranks, seed %d, way %d\n", name, ranks, (int)seed, way);
                return 1;
            }
    printf("ok %s\n", name);
    return 0;
}

/* As try_ranks, behind a run on one rank of this process: for results that are compared with its.  Processes
 * would otherwise only be compared with each other. */
static inline int try_ranks_after_one(const char *name, tsr_program *program, void *user)
{
    int rank;
    if (!try_is_process(&rank) || try_once(program, user, 1, 0, 0))
        return try_ranks(name, program, user);
    printf("not ok %s one rank of process %d\n", name, rank);
    return 1;
}

/* As try_ranks, on ranks that are alike and once for each number of them: for what they do to be counted. */
static inline int try_alike(const char *name, tsr_program *program, void *user)
{
    tsr_machine machine;
    tsr_options each[TRY_MOST_RANKS];
    int         rank, code = 0;
    bool        is_good = true;
    for (int r = 0; r < TRY_MOST_RANKS; ++r)
        each[r] = try_alike_options(&machine);
    const bool is_process = try_is_process(&rank);
    if (is_process)
        is_good = try_process_with(program, user, rank, 0, &each[0]);
    for (int n = 1; n <= TRY_MOST_RANKS && !is_process && is_good; ++n)
        is_good = tsr_ranks_run(n, program, user, &code, .each = each) == TSR_OK && code == 0;
    if (!is_good || rank == 0)
        printf("%s %s\n", is_good ? "ok" : "not ok", name);
    return !is_good;
}

#endif
