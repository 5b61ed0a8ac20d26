/* solve/problem.h - one operation while it is solved: what the files of solve/ hand each other.
 *
 *   constraints.c  roles and groups of the arguments, the lead, the iteration box
 *   derive.c       the interval of an argument along a dimension, from the iteration's
 *   limits.c       where the iteration box may be cut: dimensions, multiples, least extents, leaves
 *   rank_grid.c    which box of it each rank owns (rank_cost.c, keys.c; rank_deals.c: in closed form)
 *   pieces.c       how this rank cuts its own box
 *   gang.c         both for operations whose points communicate
 *   explicit.c     the same for manual launches, whose points are given
 *   make_plan.c    the plan
 *   second.c       another cut of its points, for TESSERA_CHECK=cuts
 *
 * An argument's dimension d is always moved by iteration dimension d, or by none. */
#ifndef SOLVE_PROBLEM_H
#define SOLVE_PROBLEM_H

#include "base/alloc.h"
#include "model/deal.h"
#include "model/reduce.h"
#include "model/runtime.h"

/* What an argument's pieces follow from. */
enum role {
    ROLE_VALUE, /* no store */
    ROLE_WHOLE, /* every point sees all of it */
    ROLE_FREE,  /* the iteration box itself */
    ROLE_SAME,  /* aligned to argument `on`, which is derived */
    ROLE_HALO,  /* the rest by constraint `why` from argument `on` */
    ROLE_SCALE,
    ROLE_DIMS,
    ROLE_IMAGE,
    ROLE_UNBOUND, /* an output whose extent only the body knows */
    ROLE_EXPLICIT /* a partition */
};

struct part {
    enum role             role;
    int                   on;
    const tsr_constraint *why; /* NULL: no constraint says so */
};

/* Indices low .. high - 1 along one dimension; empty where low >= high. */
struct interval {
    int64_t low, high;
};

/* Why a dimension of the iteration box is not cut. */
enum uncut {
    UNCUT_NOT,     /* it may be */
    UNCUT_WHOLE,   /* `uncut_arg` is written and whole */
    UNCUT_VIEW,    /* pieces of `uncut_arg`, which is written, would meet in its root */
    UNCUT_UNBOUND, /* `uncut_arg` is cut along its first dimension only */
    UNCUT_IMAGE    /* so is `uncut_arg`, which drives an image */
};

enum { SOLVE_MAX_CANDIDATES = 512 };

/* A choice of rank boxes and what it costs. Shared. */
struct candidate {
    int     grid[TSR_MAX_RANK];
    int     key;       /* the argument whose root's key it follows; -1: an even grid */
    int64_t moved;     /* bytes that would move between ranks: data not where it is needed, */
    int64_t doubled;   /* halo faces and what several ranks read, */
    int64_t idle;      /* and the work of ranks without points, as bytes */
    int64_t rekeyed;   /* bytes overwritten by another rank than owns them */
    int64_t surface;   /* elements on faces between ranks */
    int64_t imbalance; /* slowest rank against the mean, in 1/1024 */
};

struct problem {
    struct tsr_runtime     *rt;
    const struct operation *op;
    const tsr_task_desc    *desc;
    struct part             part[TSR_MAX_ARGS];
    int                     group[TSR_MAX_ARGS]; /* union-find over ALIGN */

    /* iteration box */
    int     lead; /* -1: none; the box has rank 0 */
    int     rank;
    int64_t extent[TSR_MAX_RANK];
    int64_t volume, elements; /* of the iteration; of the largest argument */

    /* limits */
    bool       one_point; /* nothing may be cut */
    enum uncut uncut[TSR_MAX_RANK];
    int        uncut_arg[TSR_MAX_RANK];
    int64_t    unit[TSR_MAX_RANK];  /* cut at multiples of these, always */
    int64_t    least[TSR_MAX_RANK]; /* pieces have at least these extents */
    int64_t    soft[TSR_MAX_RANK];  /* cut at multiples of these where it costs little */
    int64_t    shape[TSR_MAX_RANK]; /* pieces here are made of such boxes where it costs little */
    bool       leafwise;
    int64_t    leaf[TSR_MAX_RANK], leaf_grid[TSR_MAX_RANK];
    int        leaf_arg; /* whose accumulator sets them; -1 */

    /* choice */
    bool             small, replicated, collides;
    int              alone, alone_arg; /* alone_arg: whose key chose it; -1 */
    struct candidate chosen;
    struct deal     *ranks;  /* iteration boxes; ours */
    void (*on_candidate)(void *user, const struct problem *q, const struct candidate *c);
    void *on_candidate_user;

    /* private cuts */
    int64_t  piece_bytes, element_bytes; /* what a piece aims at; what an element counts */
    int64_t  wanted_points;
    int      grid[TSR_MAX_RANK];
    int64_t *cut[TSR_MAX_RANK]; /* [grid + 1]; ours */
    int64_t *gang_first; /* [n_ranks + 1] number of each rank's first point; NULL: they do not communicate */
};

/* ---- small things ---- */

static inline int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t clamp64(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static inline int64_t ceil_div(int64_t a, int64_t b) /* a >= 0, b > 0 */
{
    return a / b + (a % b != 0);
}

/* The product, at most INT64_MAX; a, b >= 0. */
static inline int64_t mul64(int64_t a, int64_t b)
{
    int64_t c;
    return __builtin_mul_overflow(a, b, &c) ? INT64_MAX : c;
}

static inline int64_t add64(int64_t a, int64_t b)
{
    int64_t c;
    return __builtin_add_overflow(a, b, &c) ? INT64_MAX : c;
}

/* a * b / c without overflow on the way; a, b >= 0, c > 0. */
static inline int64_t mul_div(int64_t a, int64_t b, int64_t c)
{
    const __int128 q = (__int128)a * b / c;
    return q > INT64_MAX ? INT64_MAX : (int64_t)q;
}

static inline bool access_writes(tsr_access a) /* pieces of these must not meet */
{
    return a == TSR_WRITE || a == TSR_READ_WRITE;
}

static inline bool access_reads(tsr_access a)
{
    return a == TSR_READ || a == TSR_READ_WRITE;
}

static inline bool access_is_store(const struct operation *op, int arg)
{
    return op->arg[arg].root != NULL;
}

/* ---- names.c: words for messages ---- */

struct words {
    char text[160];
};
/* Name of an argument. */
const char *solve_arg_name(const struct problem *q, int arg, struct words *w);
/* "HALO(in, out)". */
const char *solve_constraint_name(const struct problem *q, const tsr_constraint *c,
                                  struct words *w);
/* "100 x 200"; "0-dimensional". */
const char *solve_shape_name(int rank, const int64_t *extent, struct words *w);
const char *solve_view_shape_name(const struct problem *q, int arg, struct words *w);

/* ---- the steps ---- */

tsr_status solve_read_constraints(struct problem *q);

struct interval solve_along(const struct problem *q, int arg, int d, struct interval it);
void            solve_derive_box(const struct problem *q, int arg, const tsr_box *it, tsr_box *out);
/* An affine form of the same without clipping: [l * scale - low, h * scale + high). False where the
 * argument does not move along d. */
bool solve_affine(const struct problem *q, int arg, int d, int64_t *scale, int64_t *low,
                  int64_t *high);
/* Does the part of the root that `arg` names move with iteration dimension d? */
bool solve_drives(const struct problem *q, int arg, int d);
/* Would pieces cut along d be disjoint in the root (view only)? */
bool solve_view_separates(const struct view *v, int d);
/* Does the whole view name every element of its root, each once? */
bool solve_view_is_onto(const struct view *v, const int64_t *root_extent);

tsr_status solve_find_limits(struct problem *q);
tsr_status solve_check_writes(struct problem *q); /* against each other */
/* Would the hull of what one rank writes through one argument meet what another rank writes through
 * another? Who owns what is said in boxes. */
bool solve_ranks_collide(const struct problem *q);

tsr_status solve_choose_ranks(struct problem *q);
/* rank_deals.c */
/* Have all ranks as many workers?  O(1) where the runtime knows. */
bool solve_machines_alike(const struct problem *q);
/* An even grid, cut at multiples of `unit`, for deal_grid; false: its cuts have no closed form. */
bool solve_even_deal(const struct problem *q, const int *grid, const int64_t *unit, struct deal *out);
/* The hull, in root indices, of what an argument meets where the iteration is `it`. */
tsr_box solve_met_box(const struct problem *q, int arg, const tsr_box *it);
/* This rank's box of the iteration. */
tsr_box solve_own_iteration(const struct problem *q);
/* What each rank meets.  NULL: no memory. */
struct deal *solve_arg_deal(const struct problem *q, int arg, const struct deal *it);
/* Of a REDUCE argument with known ranks: where totals are applied.  False: no memory. */
bool solve_find_results(struct plan *p, int arg);
/* Even positions of a cut into `n` along d, weighted (or NULL): out[n + 1], ascending, legal. */
void solve_even_cut(const struct problem *q, int d, struct interval box, int n, int64_t unit,
                    const int64_t *weight, int64_t *out);
/* Drop cuts closer than the least extents; empty intervals stay. */
void solve_repair_cut(int64_t least, int n, int64_t *cut);

/* Elements that a piece should have, by settings that are shared; INT64_MAX: none says. */
int64_t solve_least_piece(const struct problem *q);
/* Not worth more than one point? */
bool solve_is_small(const struct problem *q);

tsr_status solve_cut_pieces(struct problem *q);
/* The unit of cuts into n pieces along d: the largest part of a leaf that leaves at least eight steps a
 * piece. */
int64_t solve_fine_unit(const struct problem *q, int d, int64_t length, int64_t n);
/* Leave out empty pieces; how many there are then. */
int solve_drop_empty(int n, int64_t *cut);

/* gang.c: points that run together and communicate */
bool       solve_is_gang(const struct problem *q);
tsr_status solve_refuse_leaves(const struct problem *q);
/* Of a manual launch; alone: rank 0 runs all of it. */
tsr_status solve_check_gang_points(const struct problem *q, bool alone);
/* Instead of solve_choose_ranks and solve_cut_pieces. */
tsr_status solve_cut_gang(struct problem *q);
/* p->gang, rank r having points first[r] .. first[r + 1] - 1; false: no memory. */
bool solve_fill_gang(const struct problem *q, struct plan *p, const int64_t *first);
/* Cut where the key of what is written in part was cut; false: it does not fit. */
bool solve_follow_key(struct problem *q, const tsr_box *box);
/* Indices i with low <= a i + b < high; a not 0. */
struct interval solve_preimage(int64_t a, int64_t b, int64_t low, int64_t high);

/* leaf.c */
void       solve_leaf_of(const struct problem *q, const int64_t *extent, bool with_accumulator,
                         int64_t *out_leaf, int *out_arg);
bool       solve_is_exact(tsr_reduction op, tsr_type type, const tsr_reducer *reducer);
tsr_status solve_list_leaves(const struct problem *q, struct plan *p);
/* The boxes of the arguments that go with a box of the iteration, as a row of the plan's. */
void       solve_row(const struct problem *q, const struct plan *p, const tsr_box *it, int64_t *row);

/* second.c: TESSERA_CHECK=cuts */
bool    solve_is_watched(const struct problem *q);
int64_t solve_second_points(const struct problem *q, int64_t wanted, int64_t volume);
void    solve_cut_again(const struct problem *q, struct plan *p);

/* make_plan.c, explicit.c */
tsr_status solve_build(struct problem *q, struct plan **out_plan);
tsr_status solve_explicit(struct problem *q, struct plan **out_plan);
/* explicit.c: two points whose regions meet, of one list (b NULL) or of two; false: none do, or no
 * memory (*out_short). */
struct meeting {
    const struct region *a, *b; /* [n] each */
    int64_t              n;
};
bool solve_find_meeting(const struct meeting *m, int64_t *out_i, int64_t *out_j, bool *out_short);
void solve_fill_flags(const struct problem *q, struct plan *p);

/* All steps. */
tsr_status solve_problem(struct problem *q, struct plan **out_plan);
void       solve_problem_done(struct problem *q);

/* plan.c: a plan without cuts; NULL: no memory. */
struct plan *plan_create(struct tsr_runtime *rt, const struct operation *op);
/* Sort an argument's points for plan_find_points; false: no memory. */
bool plan_index_points(struct plan *p, int arg);

/* intern.c */
struct intern;
struct intern *intern_create(void);
void           intern_destroy(struct intern *t); /* takes NULL */
/* The number of these words: equal words, equal numbers; 0: no memory. */
uint32_t intern_number(struct intern *t, const int64_t *words, int64_t n);
/* A number that no words have. */
uint32_t intern_fresh(struct intern *t);
/* Forget the words; numbers go on. */
void    intern_clear(struct intern *t);
int64_t intern_bytes(const struct intern *t);
/* Number an argument's function point -> region, and its rank boxes. False: no memory. */
bool solve_number_cuts(struct intern *t, struct plan *p, int arg);

/* What solve/ keeps of a runtime. */
struct intern *solve_intern(struct tsr_runtime *rt);
uint32_t       solve_next_plan(struct tsr_runtime *rt);
struct observe_text;
struct observe_text *solve_text(struct tsr_runtime *rt); /* of solve_explain */

#endif
