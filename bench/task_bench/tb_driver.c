/* tb_driver.c - one process for each system and pattern, on the same cores, one after another.
 *
 * Repetitions are interleaved: all systems measure a pattern before the next one, so that a change
 * of the machine meets them all. Beside each process stands the line latency just before it. The
 * whole stays under ten minutes: no repetition is begun that would pass them. */
#include "tb_driver.h"
#include "tb_point.h"
#include "tb_time.h"

#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const double BUDGET_SECONDS = 570.0;
enum { CHILD_SECONDS = 60, MAX_WORDS = 32 };

/* One row per system: its program beside this one (NULL: this one), and what its process needs in
 * its environment to run well. */
typedef struct system_row {
    const char *name, *program;
    bool        is_mpi;
    const char *environment[8];
} system_row;

static const system_row systems[TB_N_SYSTEMS] = {
    {.name = "tessera"},
    {.name = "openmp-gcc",
     .program = "peer_openmp_gcc",
     .environment = {"OMP_PROC_BIND=true", "OMP_WAIT_POLICY=active"}},
    {.name = "openmp-clang",
     .program = "peer_openmp_clang",
     .environment = {"OMP_PROC_BIND=true", "OMP_WAIT_POLICY=active"}},
    {.name = "starpu", .program = "peer_starpu", .environment = {"STARPU_SILENT=1"}},
    {.name = "mpi",
     .program = "peer_mpi",
     .is_mpi = true,
     .environment = {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"}},
};

const char *tb_driver_system_name(int system)
{
    return systems[system].name;
}

/* The program of a system: `path` of PATH_MAX bytes. False when it was not built. */
static bool find_program(int system, char *path)
{
    char          self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return false;
    self[n] = '\0';
    if (systems[system].program == NULL)
        snprintf(path, PATH_MAX, "%s", self);
    else
        snprintf(path, PATH_MAX, "%s/%s", dirname(self), systems[system].program);
    return access(path, X_OK) == 0;
}

/* ---- a child ---- */

typedef struct words {
    int         n;
    const char *word[MAX_WORDS];
    char        text[8][32];
} words;

static void add_number(words *w, const char *option, int i, double value)
{
    snprintf(w->text[i], sizeof w->text[i], "%.9g", value);
    w->word[w->n++] = option;
    w->word[w->n++] = w->text[i];
}

static void child_words(const tb_options *o, int system, tb_pattern p, const char *path, words *w)
{
    w->n = 0;
    if (systems[system].is_mpi) {
        w->word[w->n++] = "mpirun";
        add_number(w, "-np", 6, o->workers);
    }
    w->word[w->n++] = path;
    w->word[w->n++] = "--measure";
    w->word[w->n++] = "--patterns";
    w->word[w->n++] = tb_pattern_name(p);
    add_number(w, "--width", 0, o->width);
    add_number(w, "--steps", 1, o->steps);
    add_number(w, "--workers", 2, o->workers);
    add_number(w, "--radix", 3, o->radix);
    add_number(w, "--period", 4, o->period);
    add_number(w, "--peak", 5, o->peak_gflops);
    w->word[w->n] = NULL;
}

/* In the new process: does not return. */
static void become(const tb_options *o, int system, const words *w, int out)
{
    tb_time_confine(o->workers);
    for (int i = 0; systems[system].environment[i] != NULL; ++i)
        putenv((char *)systems[system].environment[i]);
    dup2(out, STDOUT_FILENO);
    close(out);
    setpgid(0, 0);
    execvp(w->word[0], (char *const *)w->word);
    _exit(127);
}

/* Starts the process and gives its output's end and its number. */
static FILE *start_child(const tb_options *o, int system, const words *w, pid_t *out_pid)
{
    int ends[2];
    if (pipe(ends) != 0)
        return NULL;
    fflush(stdout);
    *out_pid = fork();
    if (*out_pid == 0) {
        close(ends[0]);
        become(o, system, w, ends[1]);
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

static bool find_number(const char *line, const char *key, double *out_value)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(line, quoted);
    if (at == NULL)
        return false;
    *out_value = strtod(at + strlen(quoted), NULL);
    return true;
}

static void parse_line(const char *line, tb_measured *m)
{
    double tasks = 0.0;
    if (find_number(line, "metg_us", &m->metg_us) &&
        find_number(line, "empty_task_us", &m->empty_task_us) &&
        find_number(line, "tasks_run", &tasks)) {
        m->tasks_run = (int64_t)tasks;
        m->is_there = true;
        m->is_valid = strstr(line, "\"valid\": true") != NULL;
        m->is_steady = strstr(line, "\"steady\": true") != NULL;
    }
}

/* Only the process this one started, and its group, when it takes too long. */
static pid_t running_child;
static void  stop_child(int signal_number)
{
    (void)signal_number;
    kill(-running_child, SIGKILL);
}

static tb_measured measure_child(const tb_options *o, int system, tb_pattern p)
{
    tb_measured m = {0};
    char        path[PATH_MAX], line[1024];
    words       w;

    if (!find_program(system, path))
        return m;
    m.line_ns = tb_time_line_ns();
    child_words(o, system, p, path, &w);
    FILE *out = start_child(o, system, &w, &running_child);
    if (out == NULL)
        return m;
    setpgid(running_child, running_child);
    alarm(CHILD_SECONDS);
    while (fgets(line, sizeof line, out) != NULL)
        parse_line(line, &m);
    fclose(out);
    waitpid(running_child, NULL, 0);
    alarm(0);
    return m;
}

/* ---- all of them ---- */

static void print_json(const tb_options *o, int repetition, tb_pattern p, int system,
                       const tb_measured *m)
{
    if (!m->is_there)
        return;
    printf("{\"pattern\": \"%s\", \"system\": \"%s\", \"workers\": %d, \"metg_us\": %.5g, "
           "\"empty_task_us\": %.5g, \"tasks_run\": %lld, \"line_ns\": %.1f, "
           "\"repetition\": %d, \"valid\": %s, \"steady\": %s}\n",
           tb_pattern_name(p), systems[system].name, o->workers, m->metg_us, m->empty_task_us,
           (long long)m->tasks_run, m->line_ns, repetition, m->is_valid ? "true" : "false",
           m->is_steady ? "true" : "false");
    fflush(stdout);
}

/* All systems on all patterns, once. False when one of them was not valid. */
static bool run_repetition(const tb_options *o, int repetition, tb_table *t)
{
    bool all_valid = true;
    for (int i = 0; i < o->n_patterns; ++i)
        for (int s = 0; s < (o->compare ? TB_N_SYSTEMS : 1); ++s) {
            char         path[PATH_MAX];
            tb_measured *m = &t->of[repetition][o->patterns[i]][s];
            if (!find_program(s, path))
                continue;
            *m = measure_child(o, s, o->patterns[i]);
            all_valid = all_valid && m->is_there && m->is_valid;
            if (o->json)
                print_json(o, repetition, o->patterns[i], s, m);
        }
    return all_valid;
}

static void report_missing(const tb_options *o)
{
    char path[PATH_MAX];
    for (int s = 0; s < (o->compare ? TB_N_SYSTEMS : 1); ++s)
        if (!find_program(s, path))
            fprintf(stderr, "task_bench: no %s: %s was not built (tools/setup --test)\n",
                    systems[s].name, systems[s].program);
}

int tb_driver_run(const tb_options *o, tb_table *out_table)
{
    tb_options   with_peak = *o;
    const double start = tb_time_now();
    const int    wanted = o->repetitions < TB_MAX_REPETITIONS ? o->repetitions : TB_MAX_REPETITIONS;
    bool         all_valid = true;

    signal(SIGALRM, stop_child);
    report_missing(o);
    for (int r = 0; r < wanted; ++r) {
        const double spent = tb_time_now() - start;
        if (r > 0 && spent * (r + 1) / r > BUDGET_SECONDS) {
            fprintf(stderr, "task_bench: %d repetitions took %.0f s; no more\n", r, spent);
            break;
        }
        if (o->peak_gflops == 0.0) { /* the best seen: noise only lowers it */
            const double peak = 1e-9 * tb_kernel_peak(o->workers);
            with_peak.peak_gflops = peak > with_peak.peak_gflops ? peak : with_peak.peak_gflops;
        }
        all_valid = run_repetition(&with_peak, r, out_table) && all_valid;
        out_table->n_repetitions = r + 1;
    }
    out_table->peak_gflops = with_peak.peak_gflops;
    return all_valid ? 0 : 1;
}
