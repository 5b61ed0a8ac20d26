/* sm_programs.h - programs for runs of any number of ranks, with the work of a rank fixed. */
#ifndef SM_PROGRAMS_H
#define SM_PROGRAMS_H

#include <tessera/tessera.h>

enum { SM_STORES = 8 };

/* What the steps of a program work on. */
typedef struct sm_state {
    tsr_store s[SM_STORES];
    int64_t   extent[3];
    int       turn;
} sm_state;

/* A program in steps. Nothing in it says that there are ranks, but the size of its stores. */
typedef struct sm_program {
    const char *name;
    int64_t     side;          /* elements of a rank along each dimension, by default */
    double      most_messages; /* that a rank sends for an operation, whatever their number */
    bool        by_message;    /* times are compared per message: larger runs send more */
    int         period;        /* steps after which stores have changed places and are back */
    /* Make the stores for so many ranks. */
    tsr_status (*setup)(sm_state *state, int ranks, int64_t side);
    tsr_status (*step)(sm_state *state);
} sm_program;

/* The most even factors of n, `rank` of them, the largest first. */
void sm_factors(int n, int rank, int *out);

/* All of them; the last has no name. */
extern const sm_program sm_programs[];

#endif
