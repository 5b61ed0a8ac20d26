/* main.c - the oracle's command line and its table.
 *
 *     oracle --programs 20000 --seed 7
 *
 * Random programs, each run by a naive interpreter and by the runtime, compared bit for bit. */
#include "apart.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const group_names[] = {
#define X(name, text) text,
    FEATURE_GROUP_MAP(X)
#undef X
};

static void usage(FILE *f)
{
    fprintf(f, "oracle - random programs against a sequential interpreter, bit for bit\n\n"
               "  --programs N     how many (1000); with --only: how often (1); with --mutants: at most,\n"
               "                   for each fault (4000)\n"
               "  --seed S         of the programs (1)\n"
               "  --ranks A-B      ranks of a program (1-4; at most 6)\n"
               "  --workers A-B    workers of a rank (1-8; at most 64)\n"
               "  --features LIST  only these, or all but these: -a,b\n"
               "  --only INDEX     one program, shrunk and printed when it fails\n"
               "  --print          print the program of --only as C, run nothing\n"
               "  --dry            generate and interpret only: what programs are made of\n"
               "  --seeds FILE     the programs kept in a file: `seed index [A-B]` a line\n"
               "  --processes      as one of the processes of mpirun: they are the ranks\n"
               "  --mutants        planted faults: is each found?\n"
               "  --jobs N         programs side by side (2; at most 16)\n"
               "  --limit S        seconds without progress that count as a hang (20)\n"
               "  --failures N     stop after so many (20)\n"
               "  --until-failure  stop after the first, print no table\n"
               "  --no-shrink      do not shrink the first failure\n"
               "  --verbose        a line for each program that passed\n"
               "  --json           the table as one object\n"
               "  --help           this\n\n"
               "Exit status: 0 all passed, 1 something failed, 2 a wrong command line.\n\nfeatures:");
    for (int k = 0; k < N_GROUPS; ++k)
        fprintf(f, " %s", group_names[k]);
    fprintf(f, "\n");
}

/* ---- the command line ---- */

/* A number from `least` to `most`; else the command is refused. */
static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    const uint64_t v = strtoull(text, &end, 0);
    if (isdigit((unsigned char)text[0]) && !*end && !errno && v >= least && v <= most)
        return v;
    if (most == UINT64_MAX)
        fprintf(stderr, "oracle: --%s %s: not a number of at least %llu\n", option, text,
                (unsigned long long)least);
    else
        fprintf(stderr, "oracle: --%s %s: not a number from %llu to %llu\n", option, text,
                (unsigned long long)least, (unsigned long long)most);
    exit(2);
}

/* "3" or "1-4". */
static void range(const char *option, const char *text, int *low, int *high, int most)
{
    char        copy[32];
    const char *dash = strchr(text, '-');
    snprintf(copy, sizeof copy, "%.*s", dash ? (int)(dash - text) : 31, text);
    *low = (int)number(option, copy, 1, (uint64_t)most);
    *high = dash ? (int)number(option, dash + 1, (uint64_t)*low, (uint64_t)most) : *low;
}

static void features(const char *text, uint32_t *out)
{
    const bool but = text[0] == '-';
    char       copy[400], *rest = copy;
    uint32_t   bits = 0;
    snprintf(copy, sizeof copy, "%s", text + but);
    for (const char *word; (word = strsep(&rest, ","));) {
        int k = 0;
        while (k < N_GROUPS && strcmp(word, group_names[k]) != 0)
            ++k;
        if (k < N_GROUPS)
            bits |= 1u << k;
        else if (*word && strcmp(word, "none") != 0) {
            fprintf(stderr, "oracle: --features: there is no \"%s\"; --help lists them\n", word);
            exit(2);
        }
    }
    *out = but ? ~bits : bits;
}

/* ---- the table ---- */

/* What must have happened in a long run. */
static const tsr_counter_id must_happen[] = {
    TSR_COUNT_ON_THE_SPOT, TSR_COUNT_OFF_ISSUER,       TSR_COUNT_OVERLAPPED,    TSR_COUNT_STOLEN,
    TSR_COUNT_RENAMES,     TSR_COUNT_WAITS_AVOIDED,    TSR_COUNT_IN_PLACE,      TSR_COUNT_EDGES,
    TSR_COUNT_PLAN_HITS,   TSR_COUNT_MEMO_HITS,        TSR_COUNT_TEMPORARIES,   TSR_COUNT_WINDOWS,
    TSR_COUNT_COPIES,      TSR_COUNT_MESSAGES,         TSR_COUNT_HALO_MESSAGES, TSR_COUNT_SETTLES,
    TSR_COUNT_FETCHES,     TSR_COUNT_AGREEMENTS,       TSR_COUNT_REPLICATED,    TSR_COUNT_IMAGES,
    TSR_COUNT_LEAVES,      TSR_COUNT_FAILED_OPERATIONS, TSR_COUNT_IMAGES_REUSED,
    TSR_COUNT_BOX_RENAMES, TSR_COUNT_BOX_GATHERS};

static bool is_must(int counter)
{
#ifdef TSR_HOSTILE
    if (counter == TSR_COUNT_ON_THE_SPOT) /* a hostile runtime queues everything */
        return false;
#endif
    for (size_t k = 0; k < sizeof must_happen / sizeof *must_happen; ++k)
        if ((int)must_happen[k] == counter)
            return true;
    return false;
}

/* How many rows fall short; a run under 1000 programs, or of chosen features, may. */
static int print_table(const oracle_command *c, const oracle_tally *t)
{
    const bool strict = t->run >= 1000 && c->limits.groups == ~0u && c->limits.ranks_low == 1 &&
                        c->limits.ranks_high > 1 && c->limits.workers_high > 1;
    int short_of = 0;
    printf("%-44s %9s %7s\n", "feature", "programs", "share");
    for (int f = 0; f < feature_count(); ++f) {
        const double share = t->run ? 100.0 * (double)t->with_feature[f] / (double)t->run : 0;
        const bool   low = strict && share < 1;
        short_of += low;
        printf("%-44s %9lld %6.1f%%%s\n", feature_name(f), (long long)t->with_feature[f], share,
               low ? "  TOO FEW" : "");
    }
    printf("\n%-44s %15s\n", "runtime event", "count");
    for (int k = 0; k < TSR_N_COUNTERS; ++k) {
        if (k == TSR_COUNT_MEMORY_BYTES || k == TSR_COUNT_MEMORY_PEAK_BYTES)
            continue;
        const bool none = strict && is_must(k) && t->counters[k] == 0;
        short_of += none;
        printf("%-44s %15lld%s\n", tsr_counter_name((tsr_counter_id)k), (long long)t->counters[k],
               none ? "  NEVER" : "");
    }
    return short_of;
}

static void print_json(const oracle_command *c, const oracle_tally *t, double seconds)
{
    printf("{\"seed\": %llu, \"programs\": %lld, \"passed\": %lld, \"failed\": %lld, "
           "\"seconds\": %.1f, \"features\": {",
           (unsigned long long)c->seed, (long long)t->run, (long long)(t->run - t->failed),
           (long long)t->failed, seconds);
    for (int f = 0; f < feature_count(); ++f)
        printf("%s\"%s\": %lld", f ? ", " : "", feature_name(f), (long long)t->with_feature[f]);
    printf("}, \"events\": {");
    for (int k = 0; k < TSR_N_COUNTERS; ++k)
        printf("%s\"%s\": %lld", k ? ", " : "", tsr_counter_name((tsr_counter_id)k),
               (long long)t->counters[k]);
    printf("}}\n");
}

/* ---- modes ---- */

static void shrink_and_print(const oracle_command *c, oracle_program *p, oracle_result *r)
{
    if (c->shrink) {
        printf("shrinking ...\n");
        fflush(stdout);
        shrink(p, 90, r);
    }
    print_program(stdout, p, r->what);
}

static int only_main(const oracle_command *c)
{
    oracle_program *p = calloc(1, sizeof *p);
    oracle_result   r = {0};
    generate(p, c->seed, (uint64_t)c->only, &c->limits);
    if (c->print) {
        print_program(stdout, p, "as generated");
        return 0;
    }
    verdict v = PASSED;
    for (int64_t k = 0; k < c->programs && v == PASSED; ++k)
        v = run_apart(p, c->limit_s, &r);
    if (v != PASSED) {
        printf("FAILED --seed %llu --only %lld: %s\n", (unsigned long long)c->seed,
               (long long)c->only, r.what);
        shrink_and_print(c, p, &r);
    }
    printf("%d passed, %d failed\n", v == PASSED, v != PASSED);
    arena_clear(&p->memory);
    free(p);
    return v != PASSED;
}

/* Programs that once failed; the file says which.  How many fail again. */
static int run_seeds(const oracle_command *c, const char *path, int *out_passed)
{
    FILE *f = fopen(path, "r");
    char  line[200];
    int   failed = 0;
    if (!f) {
        printf("cannot read %s\n", path);
        return 1;
    }
    oracle_program *p = calloc(1, sizeof *p);
    while (fgets(line, sizeof line, f)) {
        unsigned long long seed, index;
        oracle_result      r;
        oracle_limits limits = c->limits;
        if (sscanf(line, "%llu %llu %d-%d", &seed, &index, &limits.ranks_low, &limits.ranks_high) < 2)
            continue;
        generate(p, seed, index, &limits);
        const verdict v = run_apart(p, c->limit_s, &r);
        if (v != PASSED)
            printf("FAILED --seed %llu --only %llu: %s\n", seed, index, r.what);
        *out_passed += v == PASSED;
        failed += v != PASSED;
        arena_clear(&p->memory);
    }
    fclose(f);
    free(p);
    return failed;
}

static int seeds_main(const oracle_command *c, const char *path)
{
    int       passed = 0;
    const int failed = run_seeds(c, path, &passed);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}

/* Only generate: coverage, and whether interpreting again gives the same. */
static int dry_main(const oracle_command *c)
{
    oracle_program *p = calloc(1, sizeof *p);
    oracle_tally   *t = calloc(1, sizeof *t);
    int64_t         records = 0;
    const double    start = now_s();
    for (int64_t i = c->first; i < c->first + c->programs; ++i) {
        feature_set before, after;
        generate(p, c->seed, (uint64_t)i, &c->limits);
        features_of(p, &before);
        records += p->n_ops;
        interp_program(p);
        features_of(p, &after);
        t->run++;
        t->failed += memcmp(&before, &after, sizeof before) != 0;
        for (int f = 0; f < feature_count(); ++f)
            t->with_feature[f] += before.bits[f / 64] >> f % 64 & 1;
        arena_clear(&p->memory);
    }
    print_table(c, t);
    printf("%lld records, %.1f s; %lld passed, %lld failed\n", (long long)records, now_s() - start,
           (long long)(t->run - t->failed), (long long)t->failed);
    const int64_t failed = t->failed;
    free(p);
    free(t);
    return failed > 0;
}

static int batch_main(const oracle_command *c)
{
    oracle_tally *t = calloc(1, sizeof *t);
    const double  start = now_s();
    const bool    leaves = leaf_compare(c->seed, 2000);
    int           short_of = 0, seeds_passed = 0, seeds_failed = 0;
#ifdef ORACLE_SEEDS
    if (c->limits.groups == ~0u && !c->until_failure)
        seeds_failed = run_seeds(c, ORACLE_SEEDS, &seeds_passed);
#endif
    batch_run(c, t);
    if (c->json)
        print_json(c, t, now_s() - start);
    else if (!c->until_failure)
        short_of = print_table(c, t);
    if (t->failed && c->shrink && !c->json && !c->until_failure) {
        oracle_program *p = calloc(1, sizeof *p);
        oracle_result   r = {0};
        generate(p, c->seed, t->first_failed, &c->limits);
        for (int k = 0; k < 5; ++k)
            if (run_apart(p, c->limit_s, &r) != PASSED) {
                shrink_and_print(c, p, &r);
                break;
            }
        arena_clear(&p->memory);
        free(p);
    }
    const long long failed = t->failed + !leaves + short_of + seeds_failed;
    if (!c->json)
        printf("%.1f s; %lld passed, %lld failed\n", now_s() - start,
               (long long)(t->run - t->failed + seeds_passed), failed);
    free(t);
    return failed > 0;
}

enum {
    MOST_PROGRAMS = 100000000,
    MOST_SECONDS = 86400,
};

static const struct option options[] = {{"programs", 1, 0, 'n'},
                                        {"seed", 1, 0, 's'},
                                        {"ranks", 1, 0, 'r'},
                                        {"workers", 1, 0, 'w'},
                                        {"features", 1, 0, 'f'},
                                        {"mutants", 0, 0, 'm'},
                                        {"processes", 0, 0, 'P'},
                                        {"only", 1, 0, 'o'},
                                        {"verbose", 0, 0, 'v'},
                                        {"json", 0, 0, 'j'},
                                        {"jobs", 1, 0, 'J'},
                                        {"limit", 1, 0, 'l'},
                                        {"failures", 1, 0, 'F'},
                                        {"help", 0, 0, 'h'},
                                        {"no-shrink", 0, 0, 'S'},
                                        {"until-failure", 0, 0, 'u'},
                                        {"print", 0, 0, 'p'},
                                        {"dry", 0, 0, 'd'},
                                        {"seeds", 1, 0, 'k'},
                                        {0}};

typedef struct modes {
    const char *seeds;
    bool        mutants, dry, processes;
} modes;

static void take(oracle_command *c, modes *m, int o, const char *name)
{
    switch (o) {
    case 'n': c->programs = (int64_t)number(name, optarg, 1, MOST_PROGRAMS); break;
    case 's': c->seed = number(name, optarg, 0, UINT64_MAX); break;
    case 'r': range(name, optarg, &c->limits.ranks_low, &c->limits.ranks_high, MAX_RANKS); break;
    case 'w': range(name, optarg, &c->limits.workers_low, &c->limits.workers_high, 64); break;
    case 'f': features(optarg, &c->limits.groups); break;
    case 'm': m->mutants = true; break;
    case 'P': m->processes = true; break;
    case 'o': c->only = (int64_t)number(name, optarg, 0, INT64_MAX); break;
    case 'v': c->verbose = true; break;
    case 'j': c->json = true; break;
    case 'J': c->jobs = (int)number(name, optarg, 1, 16); break;
    case 'l': c->limit_s = (int)number(name, optarg, 1, MOST_SECONDS); break;
    case 'F': c->max_failures = (int)number(name, optarg, 1, MOST_PROGRAMS); break;
    case 'S': c->shrink = false; break;
    case 'u':
        c->until_failure = true;
        c->max_failures = 1;
        break;
    case 'p': c->print = true; break;
    case 'd': m->dry = true; break;
    case 'k': m->seeds = optarg; break;
    case 'h': usage(stdout); exit(0);
    default: /* getopt said what is wrong */
        fprintf(stderr, "oracle: --help lists the options\n");
        exit(2);
    }
}

static void refuse(const char *why)
{
    fprintf(stderr, "oracle: %s\n", why);
    exit(2);
}

int main(int argc, char **argv)
{
    oracle_command c = {.seed = 1,
                        .programs = -1,
                        .only = -1,
                        .jobs = 2,
                        .limit_s = 20,
                        .max_failures = 20,
                        .shrink = true,
                        .limits = {~0u, 1, 4, 1, 8}};
    modes          m = {0};
    for (int o, which = 0; (o = getopt_long(argc, argv, "", options, &which)) != -1;)
        take(&c, &m, o, options[which].name);
    if (optind < argc) {
        fprintf(stderr, "oracle: %s: not an option; --help lists them\n", argv[optind]);
        return 2;
    }
    if (c.print && c.only < 0)
        refuse("--print: say which program with --only INDEX");
    if (m.mutants + m.dry + m.processes + (m.seeds != NULL) + (c.only >= 0 && !m.processes) > 1)
        refuse("--mutants, --dry, --processes, --seeds and --only are different things to do");
    if (c.programs < 0)
        c.programs = m.mutants ? 4000 : c.only >= 0 ? 1 : 1000;
    if (m.mutants)
        return mutants_main(argv[0], &c);
    if (m.processes)
        return processes_main(&c, print_table);
    if (m.dry)
        return dry_main(&c);
    if (m.seeds)
        return seeds_main(&c, m.seeds);
    return c.only >= 0 ? only_main(&c) : batch_main(&c);
}
