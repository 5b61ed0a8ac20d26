/* ic_child.c - this program again, in processes of its own: under callgrind, and to start up.
 *
 * Callgrind collects only inside the function ic_counted; the child says on its output how many
 * operations that was, callgrind's file says how many instructions. Starting is timed from before
 * the process is made to after its end, the least of several. */
#include "ic_measure.h"
#include "../bench_util.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STARTS = 15 };
enum { EMPTY_PROGRAM, DISCOVER_ONLY, START_TWICE };

/* Runs `words`, gives the first line of its output as a number. False when it did not end well. */
static bool run_child(const char *const *words, double *out_number)
{
    int  ends[2], status = 0;
    char line[64] = "";

    fflush(stdout);
    if (pipe(ends) != 0)
        return false;
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(words[0], (char *const *)words);
        _exit(127);
    }
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (out != NULL && fgets(line, sizeof line, out) != NULL)
        *out_number = strtod(line, NULL);
    if (out != NULL)
        fclose(out);
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *own_path(void)
{
    static char   path[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    return path;
}

/* ---- callgrind ---- */

/* The sum in a file of callgrind's; negative when there is none. */
static double read_total(const char *path)
{
    char   line[512];
    double total = -1.0;
    FILE  *f = fopen(path, "r");
    if (f == NULL)
        return -1.0;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "totals:", 7) == 0)
            total = strtod(line + 7, NULL);
    fclose(f);
    return total;
}

double ic_callgrind_count(const char *row, bool first)
{
    char      file[] = "/tmp/issue_cost_XXXXXX", option[64];
    double    units = 0.0, total = -1.0;
    const int fd = mkstemp(file);

    if (fd < 0)
        return -1.0;
    close(fd);
    snprintf(option, sizeof option, "--callgrind-out-file=%s", file);
    const char *words[] = {"env", /* hwloc cannot ask a processor under valgrind, and would say so */
                           "HWLOC_COMPONENTS=-x86",
                           "valgrind",
                           "-q",
                           "--tool=callgrind",
                           "--collect-atstart=no",
                           "--toggle-collect=ic_counted*",
                           option,
                           own_path(),
                           "--count",
                           row,
                           first ? "--first" : NULL,
                           NULL};
    if (run_child(words, &units) && units > 0.0)
        total = read_total(file);
    unlink(file);
    return total < 0.0 ? -1.0 : total / units;
}

/* ---- starting ---- */

/* The least time of a process that does `what`; the number it prints in *out_number. */
static double time_child(int what, double *out_number)
{
    char        text[8];
    const char *words[] = {own_path(), "--startup", text, NULL};
    double      least = 1e30;

    snprintf(text, sizeof text, "%d", what);
    for (int i = 0; i < STARTS; ++i) {
        double       number = 0.0;
        const double start = bench_now();
        if (!run_child(words, &number))
            return -1.0;
        const double seconds = bench_now() - start;
        least = seconds < least ? seconds : least;
        *out_number = i == 0 || number < *out_number ? number : *out_number;
    }
    return least;
}

ic_cost ic_startup_cost(void)
{
    double       ignored = 0.0, again_ns = 0.0;
    const double empty = time_child(EMPTY_PROGRAM, &ignored);
    const double discover = time_child(DISCOVER_ONLY, &ignored);
    time_child(START_TWICE, &again_ns);
    return (ic_cost){.first_ns = 1e9 * (empty - discover),
                     .repeated_ns = again_ns,
                     .first_instructions = -1.0,
                     .instructions = -1.0};
}

static int start_twice(void)
{
    tsr_machine machine;
    double      seconds = 0.0;
    TSR_CHECK(tsr_machine_discover(&machine));
    for (int i = 0; i < 2; ++i) {
        const double start = bench_now();
        TSR_CHECK(tsr_start(NULL, NULL, .machine = &machine));
        if (tsr_finish() != 0)
            return 1;
        seconds = bench_now() - start;
    }
    printf("%.1f\n", 1e9 * seconds);
    return 0;
}

int ic_startup_child(int64_t what)
{
    tsr_machine machine;
    if (what == START_TWICE)
        return start_twice();
    if (what == DISCOVER_ONLY)
        return tsr_machine_discover(&machine) == TSR_OK ? 0 : 1;
    TSR_CHECK(tsr_start(NULL, NULL));
    return tsr_finish();
}
