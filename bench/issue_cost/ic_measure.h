/* ic_measure.h - times a row, or lets callgrind count it. */
#ifndef IC_MEASURE_H
#define IC_MEASURE_H

#include "ic_rows.h"

/* What one row costs: by operation, or by point task where that is what the row measures. */
typedef struct ic_cost {
    double  first_ns, repeated_ns;
    double  first_instructions, instructions; /* negative: not counted */
    int64_t pieces; /* tasks of one operation, as the runtime counts them */
} ic_cost;

/* Times both phases of a row under the running runtime. Waits. */
tsr_status ic_measure_time(const ic_row *row, ic_cost *out_cost);

/* Runs one phase of a row, with what is to be counted inside ic_counted() and nothing else there.
 * Gives how many operations, or point tasks, that was. For a process under callgrind. */
tsr_status ic_measure_counted(const ic_row *row, bool first, int64_t *out_units);

/* Runs this program again under callgrind, for one phase of a row. Negative without valgrind. */
double ic_callgrind_count(const char *row, bool first);

/* Milliseconds-long things in processes of their own, in ns: start to finish of an empty program,
 * less what a program takes that only discovers the machine; and a start in a process that has done
 * it before, on a machine already described. Call before the runtime is started. */
ic_cost ic_startup_cost(void);

/* What the processes of ic_startup_cost run: --startup 0, 1 or 2. An exit code. */
int ic_startup_child(int64_t what);

#endif
