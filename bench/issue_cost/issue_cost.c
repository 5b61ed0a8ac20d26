/* issue_cost.c - what issuing, analysing and running costs, in nanoseconds and instructions.
 *
 *     issue_cost [--json] [--no-callgrind] [--workers 1]
 *
 * A row per operation; `.task` rows are by point task, the others by operation. The first time: an
 * operation whose shapes and partitions were never seen; repeated: one of a stream that repeats.
 * Instructions are callgrind's, of the repeated case, counted in processes of their own with one
 * worker. startup: a whole empty program beyond what discovering the machine takes (first_ns), and a
 * start and finish on a machine that is described already (repeated_ns). */
#include "../bench_util.h"
#include "ic_measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_count(const char *format, double value, const char *none)
{
    if (value < 0.0)
        printf("%s", none);
    else
        printf(format, value);
}

static void print_cost(const char *name, const ic_cost *c, bool json)
{
    if (!json) {
        printf("%-14s %6lld %12.1f %12.1f ", name, (long long)c->pieces, c->first_ns,
               c->repeated_ns);
        print_count("%14.1f ", c->instructions, "             - ");
        print_count("%14.1f", c->first_instructions, "             -");
        printf("\n");
    } else {
        printf("{\"operation\": \"%s\", \"pieces\": %lld, \"first_ns\": %.1f, "
               "\"repeated_ns\": %.1f, \"instructions\": ",
               name, (long long)c->pieces, c->first_ns, c->repeated_ns);
        print_count("%.1f", c->instructions, "null");
        printf(", \"first_instructions\": ");
        print_count("%.1f", c->first_instructions, "null");
        printf("}\n");
    }
    fflush(stdout);
}

static const ic_row *find_row(const char *name)
{
    for (const ic_row *r = ic_rows; r->name != NULL; ++r)
        if (strcmp(r->name, name) == 0)
            return r;
    fprintf(stderr, "issue_cost: no operation %s\n", name);
    exit(2);
}

/* The process under callgrind. */
static int count_row(const char *name, bool first)
{
    int64_t units = 0;
    TSR_CHECK(tsr_start(NULL, NULL, .workers = 1));
    TSR_CHECK(ic_measure_counted(find_row(name), first, &units));
    printf("%lld\n", (long long)units);
    return tsr_finish();
}

static bool has_valgrind(void)
{
    return system("valgrind --version >/dev/null 2>&1") == 0;
}

static int measure_rows(int workers, bool counts, bool json)
{
    TSR_CHECK(tsr_start(NULL, NULL, .workers = workers));
    for (const ic_row *r = ic_rows; r->name != NULL; ++r) {
        ic_cost cost = {.first_instructions = -1.0, .instructions = -1.0};
        TSR_CHECK(ic_measure_time(r, &cost));
        if (counts) {
            cost.instructions = ic_callgrind_count(r->name, false);
            cost.first_instructions = ic_callgrind_count(r->name, true);
        }
        print_cost(r->name, &cost, json);
    }
    return tsr_finish();
}

int main(int argc, char **argv)
{
    int64_t            workers = 1, startup = -1;
    bool               json = false, no_callgrind = false;
    const bench_option options[] = {
        {"--json", .flag = &json, .text = "one object a line instead of a table"},
        {"--no-callgrind", .flag = &no_callgrind, .text = "leave instructions out"},
        {"--workers", .number = &workers, .text = "threads in all (1: parts follow one another)"},
        {"--startup", .number = &startup, .text = "what a child of this program does"},
        {0},
    };

    if (argc >= 3 && strcmp(argv[1], "--count") == 0)
        return count_row(argv[2], argc > 3);
    bench_options_read(argc, argv, "what an operation and a task cost", options);
    if (startup >= 0)
        return ic_startup_child(startup);
    if (!json)
        printf("%-14s %6s %12s %12s %14s %14s\n", "operation", "pieces", "first ns", "repeated ns",
               "instructions", "first time");
    const ic_cost start = ic_startup_cost();
    print_cost("startup", &start, json);
    return measure_rows((int)workers, !no_callgrind && has_valgrind(), json);
}
