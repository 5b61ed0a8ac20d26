/* tb_options.c - one table row per option; and the main loop of a process that measures. */
#include "tb_options.h"
#include "tb_point.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { INT, INT64, DOUBLE, FLAG, PATTERNS, HELP } kind;

typedef struct row {
    const char *name;
    kind        kind;
    size_t      offset;
    const char *text;
} row;

#define AT(field) offsetof(tb_options, field)
static const row rows[] = {
    {"--width", INT, AT(width), "points a step (16)"},
    {"--steps", INT, AT(steps), "steps (1000)"},
    {"--workers", INT, AT(workers), "threads in all, or ranks (2)"},
    {"--patterns", PATTERNS, 0, "names with commas between them (all)"},
    {"--radix", INT, AT(radix), "points read in nearest, spread, random_nearest (5)"},
    {"--period", INT, AT(period), "sets of dependences in spread, random_nearest (3)"},
    {"--repetitions", INT, AT(repetitions), "how often each is measured, interleaved (3)"},
    {"--compare", FLAG, AT(compare), "the peers beside Tessera, in the same run"},
    {"--json", FLAG, AT(json), "one object a line instead of a table"},
    {"--iterations", INT64, AT(iterations), "time this one point instead of searching"},
    {"--peak", DOUBLE, AT(peak_gflops), "peak of all workers in GFLOP/s (measured)"},
    {"--measure", FLAG, AT(measure), "measure in this process; what the driver starts"},
    {"--help", HELP, 0, "this text"},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static void print_help(const char *program)
{
    printf("%s: the graphs of Task Bench, and METG(50 %%): the smallest task, in core time, with\n"
           "which half of the machine's peak is reached. Each point is a task, each input is\n"
           "checked. empty_task_us is wall time over tasks when they compute nothing.\n\n",
           program);
    for (int i = 0; i < N_ROWS; ++i)
        printf("  %-14s %s\n", rows[i].name, rows[i].text);
    printf("\npatterns:");
    for (int p = 0; p < TB_N_PATTERNS; ++p)
        printf(" %s", tb_pattern_name((tb_pattern)p));
    printf("\n");
}

static void stop(const char *what, const char *which)
{
    fprintf(stderr, "task_bench: %s %s (--help lists what there is)\n", what, which);
    exit(2);
}

static void read_patterns(tb_options *o, const char *list)
{
    char name[64];
    o->n_patterns = 0;
    for (const char *at = list; *at != '\0'; at += *at == ',') {
        const size_t n = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        at += n;
        if (o->n_patterns == TB_N_PATTERNS || !tb_pattern_find(name, &o->patterns[o->n_patterns]))
            stop("no pattern", name);
        ++o->n_patterns;
    }
}

static const row *find_row(const char *name)
{
    for (int i = 0; i < N_ROWS; ++i)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    stop("no option", name);
    return NULL;
}

static void set_number(tb_options *o, const row *r, const char *text)
{
    char        *end;
    const double value = strtod(text, &end);
    void        *field = (char *)o + r->offset;

    if (end == text || *end != '\0' || value < 0.0)
        stop("not a number for", r->name);
    if (r->kind == INT)
        *(int *)field = (int)value;
    else if (r->kind == INT64)
        *(int64_t *)field = (int64_t)value;
    else
        *(double *)field = value;
}

static void take_option(tb_options *o, const row *r, const char *value)
{
    if (value == NULL)
        stop("a value is missing for", r->name);
    if (r->kind == PATTERNS)
        read_patterns(o, value);
    else
        set_number(o, r, value);
}

tb_options tb_options_read(int argc, char **argv)
{
    tb_options o = {.width = 16,
                    .steps = 1000,
                    .workers = 2,
                    .radix = 5,
                    .period = 3,
                    .repetitions = 3,
                    .iterations = -1,
                    .n_patterns = TB_N_PATTERNS};
    for (int p = 0; p < TB_N_PATTERNS; ++p)
        o.patterns[p] = (tb_pattern)p;
    for (int i = 1; i < argc; ++i) {
        const row *r = find_row(argv[i]);
        if (r->kind == HELP) {
            print_help(argv[0]);
            exit(0);
        }
        if (r->kind == FLAG)
            *(bool *)((char *)&o + r->offset) = true;
        else
            take_option(&o, r, argv[++i]);
    }
    if (o.workers < 1 || o.repetitions < 1)
        stop("at least 1 is needed for", o.workers < 1 ? "--workers" : "--repetitions");
    return o;
}

void tb_options_graph(const tb_options *o, tb_pattern p, tb_graph *out_graph)
{
    if (!tb_graph_init(out_graph, p, o->width, o->steps, o->radix, o->period))
        stop("width, steps, radix and period do not make a graph of", tb_pattern_name(p));
}

static void print_point(const tb_options *o, const tb_system *s, const tb_graph *g)
{
    tb_result r = {0};
    double    least = 1e30;
    for (int i = 0; i < o->repetitions && r.error == NULL; ++i) {
        const double seconds = tb_search_time(s, g, o->iterations, &r);
        least = seconds < least ? seconds : least;
    }
    printf("{\"pattern\": \"%s\", \"system\": \"%s\", \"workers\": %d, \"iterations\": %lld, "
           "\"seconds\": %.6g, \"task_us\": %.5g, \"tasks_run\": %lld, \"wrong\": %lld}\n",
           tb_pattern_name(g->pattern), s->name, o->workers, (long long)o->iterations, least,
           1e6 * least / (double)tb_graph_tasks(g), (long long)r.tasks_run, (long long)r.wrong);
}

static bool measure_pattern(const tb_options *o, const tb_system *s, const tb_graph *g)
{
    const tb_result r = tb_search_run(s, g, o->workers, 1e9 * o->peak_gflops);
    if (r.error != NULL)
        fprintf(stderr, "%s, %s: %s\n", s->name, tb_pattern_name(g->pattern), r.error);
    if (r.is_unsteady)
        fprintf(stderr, "%s, %s: efficiency stays under one half however large the tasks\n", s->name,
                tb_pattern_name(g->pattern));
    printf("{\"pattern\": \"%s\", \"system\": \"%s\", \"workers\": %d, \"metg_us\": %.5g, "
           "\"empty_task_us\": %.5g, \"tasks_run\": %lld, \"wrong\": %lld, \"valid\": %s, "
           "\"steady\": %s}\n",
           tb_pattern_name(g->pattern), s->name, o->workers, r.metg_us, r.empty_task_us,
           (long long)r.tasks_run, (long long)r.wrong, r.error == NULL ? "true" : "false",
           r.is_unsteady ? "false" : "true");
    fflush(stdout);
    return r.error == NULL;
}

int tb_options_measure(const tb_options *o, const tb_system *s)
{
    static tb_graph g;
    tb_options      with_peak = *o;
    bool            all_valid = true;

    if (with_peak.peak_gflops == 0.0)
        with_peak.peak_gflops = 1e-9 * tb_kernel_peak(o->workers);
    for (int i = 0; i < o->n_patterns; ++i) {
        tb_options_graph(o, o->patterns[i], &g);
        if (o->iterations >= 0)
            print_point(o, s, &g);
        else
            all_valid = measure_pattern(&with_peak, s, &g) && all_valid;
    }
    return all_valid ? 0 : 1;
}
