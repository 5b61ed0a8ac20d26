/* issue/fusion.h - formulas that wait to become one operation.  Issuing thread. */
#ifndef TESSERA_ISSUE_FUSION_H
#define TESSERA_ISSUE_FUSION_H

#include "issue/issue.h"

/* Formulas of one group at most; groups that are open at most. */
enum { FUSION_FORMULAS = 64, FUSION_GROUPS = 8 };

/* One argument of the open group. */
struct fusion_arg {
    bool                 is_free; /* nothing is here (any more) */
    uint8_t              part;    /* that wrote it last */
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
    struct fusion *behind; /* the group that comes after this one, which may be empty; of the last NULL */
    uint64_t    roots;     /* bits of what its arguments name, or named (fusion_root_bit) */
    int         n_formulas; /* 0: nothing is open */
    bool        alone;      /* nothing may join */
    int         rank;
    int64_t     extent[TSR_MAX_RANK];
    tsr_site    site;       /* of the last that joined */
    const char *provenance;
    char        name[64];
    size_t      name_length;
    uint8_t     constant_type[FORMULA_MOST_CONSTANTS];
    struct formula_source source;
    struct fusion_arg     arg[FORMULA_MOST_PORTS];
    /* Parts: an operation each, if all together have too many arguments at the end. */
    int                   n_parts;
    uint16_t              begin[FUSION_FORMULAS + 1]; /* the first term of each */
    uint64_t              names[FUSION_FORMULAS];     /* arguments that each names, a bit each */
    uint64_t              writes[FUSION_FORMULAS];    /* and that it writes */
    uint64_t              now_named, now_added;       /* by the formula that is joining */
    /* What becomes an operation now, and which arguments of the group its own are. */
    struct formula_source made;
    uint16_t              made_of[TSR_MAX_ARGS];
    struct fusion_number *number; /* [NUMBERS], one table of all groups */
};

/* All groups of a runtime, empty, the first at [0]; NULL: no memory.  fusion_groups_free: NULL is nothing. */
struct fusion *fusion_groups(void);
void fusion_groups_free(struct fusion *g);
/* A filter: groups without a root's bit do not name it. */
static inline uint64_t fusion_root_bit(const struct root *r)
{
    return 1ull << ((uintptr_t)r * 0x9e3779b97f4a7c15ull >> 58);
}

/* Is the store of argument k one that nobody can name any more? */
bool fusion_is_dead(const struct fusion *g, int k);
/* Let go of argument k. */
void fusion_arg_release(struct tsr_runtime *rt, struct fusion *g, int k);

#endif
