/* solve/groups.h - groups of aligned arguments. */
#ifndef SOLVE_GROUPS_H
#define SOLVE_GROUPS_H

#include "solve/problem.h"

/* The group of an argument: the number of one of its members. */
int group_find(struct problem *q, int arg);
/* Does a constraint say what the pieces of `of` are, from `on` or at all? */
bool constraint_derives(const tsr_constraint *c);
/* Does it make the argument whole in every point? */
bool constraint_is_whole(const tsr_constraint *c);
/* Join by ALIGN. Fails: BAD_SHAPE. */
tsr_status groups_join(struct problem *q);
/* The constraint each group is derived by (NULL: free). Fails: UNSOLVABLE. */
tsr_status groups_derive(struct problem *q, const tsr_constraint *of_group[TSR_MAX_ARGS]);
/* Record that two constraints contradict. */
tsr_status constraints_contradict(const struct problem *q, const tsr_constraint *a,
                                  const tsr_constraint *b, const char *why);

#endif
