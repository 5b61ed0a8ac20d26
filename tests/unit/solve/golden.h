/* tests/unit/solve/golden.h - a text compared with a file of tests/plans/. */
#ifndef TESTS_SOLVE_GOLDEN_H
#define TESTS_SOLVE_GOLDEN_H

#include "observe/observe.h"
#include "unit/solve/solve_stage.h"

/* Solve on every rank and write down what all share, then each rank's pieces. */
void golden_plan(struct observe_text *t, struct run *run, const struct call *c);
/* As golden_plan, and `root` (written by argument `arg`) keeps the plan as its key. */
void golden_write(struct observe_text *t, struct run *run, const struct call *c, int root, int arg);
/* Compare with tests/plans/NAME.txt; with SOLVE_GOLDEN=write, write that file instead. */
void golden_compare(const struct observe_text *t, const char *name);

#endif
