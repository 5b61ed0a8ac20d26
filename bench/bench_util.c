/* bench_util.c - options by a table; /proc/self. Threads: the main one. */
#include "bench_util.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(const char *program, const char *about, const bench_option *options)
{
    printf("%s: %s\n\n", program, about);
    for (const bench_option *o = options; o->name != NULL; ++o)
        printf("  %-16s %s\n", o->name, o->text);
    printf("  %-16s this text\n", "--help");
}

static const bench_option *find_option(const char *name, const bench_option *options)
{
    for (const bench_option *o = options; o->name != NULL; ++o)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

static void stop(const char *program, const char *what, const char *word)
{
    fprintf(stderr, "%s: %s %s (--help lists what there is)\n", program, what, word);
    exit(2);
}

static void take_number(const char *program, const bench_option *o, const char *text)
{
    char *end = NULL;
    if (text == NULL)
        stop(program, "a number is missing after", o->name);
    *o->number = strtoll(text, &end, 10);
    if (*end != '\0' || end == text || *o->number < 0)
        stop(program, "not a number:", text);
}

void bench_options_read(int argc, char **argv, const char *about, const bench_option *options)
{
    for (int i = 1; i < argc; ++i) {
        const bench_option *o = find_option(argv[i], options);
        if (strcmp(argv[i], "--help") == 0) {
            print_help(argv[0], about, options);
            exit(0);
        }
        if (o == NULL)
            stop(argv[0], "no option", argv[i]);
        if (o->flag != NULL)
            *o->flag = true;
        else
            take_number(argv[0], o, argv[++i]);
    }
}

/* A line of /proc/self/status, in bytes; 0 when it is not there. */
static int64_t status_bytes(const char *key)
{
    char      line[256];
    long long kib = 0;
    FILE     *f = fopen("/proc/self/status", "r");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoll(line + strlen(key), NULL, 10);
    fclose(f);
    return 1024 * (int64_t)kib;
}

int64_t bench_resident_bytes(void)
{
    return status_bytes("VmRSS:");
}

int64_t bench_peak_bytes(void)
{
    return status_bytes("VmHWM:");
}

void bench_peak_reset(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (f == NULL)
        return;
    fputs("5", f);
    fclose(f);
}

/* The cores of the whole process: the calling thread may be bound already. */
static cpu_set_t process_cores;

__attribute__((constructor)) static void remember_cores(void)
{
    sched_getaffinity(0, sizeof process_cores, &process_cores);
}

void bench_bind(int n)
{
    cpu_set_t one;
    n %= CPU_COUNT(&process_cores);
    CPU_ZERO(&one);
    for (int core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &process_cores) && n-- == 0)
            CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    return values[n / 2];
}
