/* issue/fusion.h - formulas that wait to become one operation.  Issuing thread. */
#ifndef TESSERA_ISSUE_FUSION_H
#define TESSERA_ISSUE_FUSION_H

#include "issue/issue.h"

/* One argument of the open group. */
struct fusion_arg {
    struct operation_arg arg;  /* its view is counted, its root's uses as well */
    struct view         *home; /* of a fold's result: its own view, counted; else NULL */
    uint16_t             in;   /* the term that reads it; FORMULA_NO_TERM_: none yet */
};

/* A number that formulas were given: how often. */
enum { NUMBERS = 64 };
struct fusion_number {
    unsigned char value[16];
    uint8_t       type, count;
};

/* What joined so far. */
struct fusion {
    int         n_formulas; /* 0: nothing is open */
    bool        alone;      /* nothing may join */
    int         rank;
    int64_t     extent[TSR_MAX_RANK];
    tsr_site    site;       /* of the last that joined */
    const char *provenance;
    char        name[64];
    uint8_t     constant_type[FORMULA_MOST_CONSTANTS];
    struct formula_source source;
    struct fusion_arg     arg[TSR_MAX_ARGS];
    struct fusion_number  number[NUMBERS];
};

#endif
