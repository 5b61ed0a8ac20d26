/* tb_driver.h - the systems beside one another: starts each as a process, reads what it measured. */
#ifndef TB_DRIVER_H
#define TB_DRIVER_H

#include "tb_options.h"

enum { TB_N_SYSTEMS = 5, TB_MAX_REPETITIONS = 64 };

/* One repetition of one pattern under one system. */
typedef struct tb_measured {
    bool    is_there; /* a line came back */
    bool    is_valid; /* every task ran once and read what its dependences wrote */
    bool    is_steady; /* there is a METG: efficiency reached one half */
    double  metg_us, empty_task_us, line_ns;
    int64_t tasks_run;
} tb_measured;

typedef struct tb_table {
    int         n_repetitions; /* done */
    double      peak_gflops;
    tb_measured of[TB_MAX_REPETITIONS][TB_N_PATTERNS][TB_N_SYSTEMS];
} tb_table;

const char *tb_driver_system_name(int system);

/* Measures everything the options ask for, repetition by repetition, all systems of a pattern next
 * to one another. With json, prints each as it comes. An exit code: 1 when one was not valid. */
int tb_driver_run(const tb_options *o, tb_table *out_table);

/* Prints the table: the least METG of each, its empty task, and the lines' latencies. */
void tb_table_print(const tb_options *o, const tb_table *t);

#endif
