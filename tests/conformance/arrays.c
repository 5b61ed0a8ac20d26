/* arrays.c - what NumPy answers, case by case: this library must answer the same.
 *
 *     arrays FILE [--ranks N] [--only FUNCTION] [--show N]
 *     arrays --seed S --programs N [--only INDEX] [--ranks N] [--workers N]
 *
 * FILE is written by cases.py. Prints `ok NAME` or `not ok NAME why` for each function; --show: so
 * many cases that differ, each with what differs. Runs on N ranks of this process, all with the
 * same cases.
 *
 * Without a file: N random programs of views, calls in place, reductions and loops, which programs.py makes
 * and NumPy answers; some on each number of ranks and workers, in pieces as the machine has them and of one
 * element.  --only: one of them, its statements printed. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case_file.h"

enum { FUNCTIONS = 400 };

/* What became of a function's cases, on one rank. */
struct outcome {
    char name[64];
    int  cases, differ;
    char first[500];
};
struct options {
    const char *file, *only;
    int         ranks, show, programs, workers;
    const char *seed;
};
struct run {
    const struct options *o;
    atomic_int            differ;
};

static struct outcome *outcome_of(struct outcome *all, const char *name)
{
    for (int i = 0; i < FUNCTIONS; ++i) {
        if (!all[i].name[0])
            snprintf(all[i].name, sizeof all[i].name, "%s", name);
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    }
    fprintf(stderr, "more than %d functions have cases\n", FUNCTIONS);
    exit(2);
}

static void differs(struct outcome *o, const struct conformance_case *c, const char *why, int show)
{
    if (o->differ++ == 0)
        snprintf(o->first, sizeof o->first, "case %d: %s", c->line, why);
    if (tsr_rank() == 0 && o->differ <= show)
        printf("# %s, case %d: %s\n", o->name, c->line, why);
}

/* Print a line for each function; how many differ. */
static int report(const struct outcome *all)
{
    int differ = 0;
    for (int i = 0; i < FUNCTIONS && all[i].name[0]; ++i) {
        differ += all[i].differ > 0;
        if (tsr_rank() != 0)
            continue;
        if (all[i].differ)
            printf("not ok %s %d of %d cases differ: %s\n", all[i].name, all[i].differ,
                   all[i].cases, all[i].first);
        else
            printf("ok %s\n", all[i].name);
    }
    return differ;
}

static int rank_main(int argc, char **argv, void *user)
{
    (void)argc, (void)argv;
    struct run             *run = user;
    struct conformance_case c = {0};
    struct outcome         *all = calloc(FUNCTIONS, sizeof *all);
    FILE                   *in = fopen(run->o->file, "rb");
    char                    why[400];
    if (!in || !all) {
        fprintf(stderr, "%s cannot be read\n", run->o->file);
        exit(2);
    }
    while (case_read(in, &c)) {
        if (!run->o->only || strcmp(c.function, run->o->only) == 0) {
            struct outcome *o = outcome_of(all, c.function);
            ++o->cases;
            if (!case_run(&c, why))
                differs(o, &c, why, run->o->show);
            tsr_error_clear();
        }
        case_free(&c);
    }
    fclose(in);
    atomic_fetch_add(&run->differ, report(all));
    free(all);
    return 0;
}

static bool options_read(int argc, char **argv, struct options *o)
{
    *o = (struct options){.seed = "1"};
    for (int i = 1; i < argc; ++i) {
        const bool has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "--ranks") == 0)
            o->ranks = atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--only") == 0)
            o->only = argv[++i];
        else if (has_value && strcmp(argv[i], "--show") == 0)
            o->show = atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--programs") == 0)
            o->programs = atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--workers") == 0)
            o->workers = atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--seed") == 0)
            o->seed = argv[++i];
        else if (argv[i][0] != '-' && !o->file)
            o->file = argv[i];
        else
            return false;
    }
    return (o->file != NULL) != (o->programs > 0) && o->ranks >= 0 && o->workers >= 0;
}

/* ---- programs ---- */

enum { BLOCK = 2000, CHUNK = 100, WAYS = 24 };

/* Programs `first` and on, as a file beside this program.  False: they could not be made. */
static bool programs_make(const struct options *o, int first, int n, char file[5000])
{
    char          folder[4096], command[16000];
    const ssize_t bytes = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[bytes > 0 ? bytes : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    snprintf(file, 5000, "%s/programs-%d.cases", folder, (int)getpid());
    snprintf(command, sizeof command,
             "'%s/setup' '%s/../../numpy' >&2 && '%s/../../numpy/bin/python' '%s/programs.py' '%s' --seed '%s' "
             "--first %d --programs %d >&2",
             CONFORMANCE, folder, folder, CONFORMANCE, file, o->seed, first, n);
    return system(command) == 0;
}

/* Number k of the ways to run programs, but for what the command line says. */
static void way(const struct options *o, int k, struct program_options *out)
{
    out->ranks = o->ranks > 0 ? o->ranks : 1 + k % 4;
    out->workers = o->workers > 0 ? o->workers : 1 + k / 4 % 3;
    setenv("TESSERA_WINDOW", k % 5 == 3 ? "2" : k % 5 == 4 ? "9" : "64", 1); /* small: the ring is full at once */
    if (k / 12 % 2 == 1)
        setenv("TESSERA_MIN_PIECE", "1", 1);
    else
        unsetenv("TESSERA_MIN_PIECE");
}

static int programs_main(const struct options *o)
{
    struct program_result all = {0};
    const int             only = o->only ? atoi(o->only) : -1;
    const int             first = only >= 0 ? only : 0, end = only >= 0 ? only + 1 : o->programs;
    for (int begin = first; begin < end; begin += BLOCK) {
        const int  n = end - begin < BLOCK ? end - begin : BLOCK;
        char       file[5000];
        const bool made = programs_make(o, begin, n, file);
        all.offset = 0;
        for (int i = begin; made && i < begin + n; i += CHUNK) {
            struct program_options p = {.file = file, .offset = all.offset, .show = only >= 0};
            p.count = begin + n - i < CHUNK ? begin + n - i : CHUNK;
            way(o, i / CHUNK % WAYS, &p);
            if (!programs_run(&p, &all)) {
                remove(file);
                printf("not ok programs from %d on: %s\n", i, tsr_error_text());
                return 1;
            }
        }
        remove(file);
        if (!made) {
            printf("not ok programs they cannot be made\n");
            return 1;
        }
    }
    printf("%s programs: %d of seed %s, %d differ\n", all.differ ? "not ok" : "ok", all.programs, o->seed,
           all.differ);
    return all.differ > 0;
}

int main(int argc, char **argv)
{
    struct options o;
    if (!options_read(argc, argv, &o)) {
        fprintf(stderr, "usage: arrays FILE [--ranks N] [--only FUNCTION] [--show N]\n"
                        "       arrays --seed S --programs N [--only INDEX] [--ranks N] [--workers N]\n");
        return 2;
    }
    if (o.programs > 0)
        return programs_main(&o);
    struct run run = {.o = &o};
    int        code;
    TSR_CHECK(tsr_ranks_run(o.ranks > 0 ? o.ranks : 1, rank_main, &run, &code));
    return code != 0 || run.differ > 0;
}
