/* arrays.c - what NumPy answers, case by case: this library must answer the same.
 *
 *     arrays FILE [--ranks N] [--only FUNCTION] [--show N]
 *
 * FILE is written by cases.py. Prints `ok NAME` or `not ok NAME why` for each function; --show: so
 * many cases that differ, each with what differs. Runs on N ranks of this process, all with the
 * same cases. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

enum { FUNCTIONS = 200 };

/* What became of a function's cases, on one rank. */
struct outcome {
    char name[64];
    int  cases, differ;
    char first[500];
};
struct options {
    const char *file, *only;
    int         ranks, show;
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
    return &all[FUNCTIONS - 1];
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
    *o = (struct options){.ranks = 1};
    for (int i = 1; i < argc; ++i) {
        const bool has_value = i + 1 < argc;
        if (has_value && strcmp(argv[i], "--ranks") == 0)
            o->ranks = atoi(argv[++i]);
        else if (has_value && strcmp(argv[i], "--only") == 0)
            o->only = argv[++i];
        else if (has_value && strcmp(argv[i], "--show") == 0)
            o->show = atoi(argv[++i]);
        else if (argv[i][0] != '-' && !o->file)
            o->file = argv[i];
        else
            return false;
    }
    return o->file && o->ranks > 0;
}

int main(int argc, char **argv)
{
    struct options o;
    if (!options_read(argc, argv, &o)) {
        fprintf(stderr, "usage: arrays FILE [--ranks N] [--only FUNCTION] [--show N]\n");
        return 2;
    }
    struct run run = {.o = &o};
    int        code;
    TSR_CHECK(tsr_ranks_run(o.ranks, rank_main, &run, &code));
    return code != 0 || run.differ > 0;
}
