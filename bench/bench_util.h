/* bench_util.h - what the benches share: a clock, options, what the process holds. */
#ifndef BENCH_UTIL_H
#define BENCH_UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Seconds of the monotonic clock. */
static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One option of a command line. Flags take no value: `flag` is set; others are whole numbers. */
typedef struct bench_option {
    const char *name;
    bool       *flag;
    int64_t    *number;
    const char *text;
} bench_option;

/* Reads the command line by a table that ends with a row without a name; knows --help, which prints
 * `about` and the table. Exits with a message when a word is not in it. */
void bench_options_read(int argc, char **argv, const char *about, const bench_option *options);

/* Bytes of this process in memory now; and the most since bench_peak_reset (or the start). */
int64_t bench_resident_bytes(void);
int64_t bench_peak_bytes(void);
void    bench_peak_reset(void);

/* Binds the calling thread to the n-th core (modulo their number) that the process may use. */
void bench_bind(int n);

/* The middle of `n` values, which it sorts. */
double bench_median(double *values, int n);

#endif
