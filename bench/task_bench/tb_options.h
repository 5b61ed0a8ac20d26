/* tb_options.h - the command line that task_bench and its peers share. */
#ifndef TB_OPTIONS_H
#define TB_OPTIONS_H

#include "tb_search.h"

typedef struct tb_options {
    int        width, steps, workers, radix, period;
    int        repetitions;
    double     peak_gflops; /* 0: measure it */
    int64_t    iterations;  /* negative: search; else time this one point */
    bool       json, compare;
    bool       measure; /* this process is the one that measures; no driver, no line probe */
    int        n_patterns;
    tb_pattern patterns[TB_N_PATTERNS];
} tb_options;

/* Reads the command line. Prints help or what is wrong, and exits, where it cannot go on. */
tb_options tb_options_read(int argc, char **argv);

/* Makes the graph of one pattern. Exits with a message when the sizes do not make one. */
void tb_options_graph(const tb_options *o, tb_pattern p, tb_graph *out_graph);

/* The whole of a peer: measures each pattern asked for and prints one JSON object a line.
 * An exit code: 1 when a run was not what it should be. */
int tb_options_measure(const tb_options *o, const tb_system *s);

#endif
