/* tests/unit/solve/plan_check.h - is a plan right? By brute force, for small stores. */
#ifndef TESTS_PLAN_CHECK_H
#define TESTS_PLAN_CHECK_H

#include "unit/solve/solve_stage.h"

/* Check the plans of all ranks against the call and against each other; asserts. */
void check_plans(struct run *run, const struct call *c, struct plan *const *plans);

#endif
