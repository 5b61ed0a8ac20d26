/* oracle.h - what the parts of the oracle share: the random programs and what is expected of them.
 *
 * A program is a list of plain records.  Every record has a number of its own (id) that stays when
 * others are taken out; stores, partitions and values read are named by the id of the record that
 * made them.  The interpreter decides which records make sense (a record whose operands are gone is
 * skipped) and writes beside each record what must be observed there: so a program can be cut down
 * record by record and interpreted again. */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <tessera/tessera.h>

enum {
    MAX_OPS = 400,  /* records of a program, and ids */
    MAX_DESCS = 96, /* task types of a program */
    MAX_TASK_ARGS = 6,
    MAX_RANKS = 6,
    N_REDUCERS = 3
};

/* ---- records ---- */

/* name, what it does */
#define OP_MAP(X)                                                                                  \
    X(CREATE)                                                                                      \
    X(FILLED)                                                                                      \
    X(ATTACH)                                                                                      \
    X(ATTACH_TILES)                                                                                \
    X(UNBOUND)                                                                                     \
    X(SLICE)                                                                                       \
    X(TRANSPOSE)                                                                                   \
    X(PROJECT)                                                                                     \
    X(PROMOTE)                                                                                     \
    X(BROADCAST)                                                                                   \
    X(REINTERPRET)                                                                                 \
    X(DELINEARIZE)                                                                                 \
    X(DIAGONAL)                                                                                    \
    X(SEAL)                                                                                        \
    X(RELEASE)                                                                                     \
    X(KEEP)                                                                                        \
    X(ENTER)                                                                                       \
    X(LEAVE)                                                                                       \
    X(DETACH)                                                                                      \
    X(FILL)                                                                                        \
    X(COPY)                                                                                        \
    X(WRITE)                                                                                       \
    X(READ)                                                                                        \
    X(VALUE)                                                                                       \
    X(STATUS)                                                                                      \
    X(SHAPE)                                                                                       \
    X(LOCAL)                                                                                       \
    X(TILES)                                                                                       \
    X(BOXES)                                                                                       \
    X(PROJECTION)                                                                                  \
    X(END_PARTITION)                                                                               \
    X(TASK)                                                                                        \
    X(FENCE)                                                                                       \
    X(FLUSH)                                                                                       \
    X(AGREE)                                                                                       \
    X(EXPLAIN)                                                                                     \
    X(MISTAKE)

typedef enum op_kind {
#define X(name) OP_##name,
    OP_MAP(X)
#undef X
        N_OPS
} op_kind;

/* What a task's body is told beside its stores: a scalar argument of its own, always the last. */
typedef struct kernel_params {
    int32_t  kernel, reduction, reducer, flags;
    int32_t  reduction2, reducer2; /* of a second accumulator */
    int64_t  tag; /* the id of the record, for failures */
    uint64_t seed;
    int64_t  modulus[4];
    int8_t   low[8], high[8];
} kernel_params;

/* What records are issued under. */
enum { N_PROVENANCES = 3 };
extern const char *const oracle_provenance[N_PROVENANCES + 1];

#define PARAMS_TYPE TSR_BINARY((int)sizeof(kernel_params))

typedef struct oracle_arg {
    int     handle;    /* id of a store, -1: a value */
    int     partition; /* id, or -1 */
    int     reg;       /* id of a VALUE record whose low bits are the value, or -1 */
    int64_t value;
} oracle_arg;

typedef struct oracle_op {
    op_kind       kind;
    int           id;
    int           a, b; /* stores (or a partition) it works on */
    tsr_type      type;
    tsr_shape     shape;
    int64_t       p[16];
    uint64_t      seed;
    int           desc, n_args; /* TASK */
    oracle_arg    arg[MAX_TASK_ARGS];
    kernel_params params;
    int64_t       points;
    int           priority;
    int           provenance; /* 0: none, else one of the texts */
    int           guard; /* id of a VALUE record: runs only where that value was odd; -1: always */

    /* Written by the interpreter. */
    bool      skip;    /* makes no sense where it stands */
    bool      idle;    /* its guard was even */
    bool      failed;  /* what it reads, or (TASK) what it makes, is failed */
    bool      refused; /* TASK: given a failed handle, it is not issued */
    int       cause;   /* id of the task (or MISTAKE) that failed first */
    bool      not_finite; /* TASK: a float sum met a NaN or an infinity */
    int       overlap; /* TASK, COPY: a view read meets a view written */
    int       fence;   /* FENCE: 0 must succeed, 1 must fail, 2 either */
    uint8_t  *expect;  /* READ, VALUE, LOCAL, DETACH: the bytes; of `shape_now` */
    size_t    bytes;
    tsr_shape shape_now;
    tsr_type  type_now;
} oracle_op;

/* A task type of the program. */
typedef struct oracle_desc {
    tsr_task_desc d;
    int           kernel;
    int           iteration;             /* the argument whose view is the iteration box */
    int8_t        reducer[TSR_MAX_ARGS]; /* index into oracle_reducers, or -1 */
} oracle_desc;

/* How a program is run.  leaf changes results; nothing else may. */
typedef struct oracle_config {
    int      ranks, workers[MAX_RANKS], cores[MAX_RANKS];
    int64_t  leaf, min_piece, memory_bytes[MAX_RANKS];
    int      window, memo;
    uint64_t chaos[MAX_RANKS], message_seed;
    int      first_core[MAX_RANKS]; /* > 0: the machine is a subset of a larger one, from here on */
    bool     direct; /* one rank: tsr_start instead of tsr_ranks_run */
} oracle_config;

/* A live store at the end of the program, and what it must hold. */
typedef struct oracle_final {
    int       id;
    bool      failed;
    int       cause;
    uint8_t  *expect;
    size_t    bytes;
    tsr_shape shape;
    tsr_type  type;
} oracle_final;

typedef struct arena {
    struct arena_block *first;
} arena;

typedef struct oracle_program {
    uint64_t      seed, index;
    oracle_config config;
    int           n_ops, n_descs, n_finals;
    bool          any_failure; /* a task of it fails */
    oracle_op     op[MAX_OPS];
    oracle_desc   desc[MAX_DESCS];
    oracle_final  final[MAX_OPS];
    arena         memory; /* of the expectations */
} oracle_program;

void *arena_take(arena *a, size_t bytes);
void  arena_clear(arena *a);

/* ---- random numbers ---- */

typedef struct rng {
    uint64_t state;
} rng;

uint64_t hash_u64(uint64_t x);
uint64_t hash_pair(uint64_t a, uint64_t b);
uint64_t rng_next(rng *r);
int64_t  rng_below(rng *r, int64_t n);                 /* 0 .. n - 1 */
int64_t  rng_range(rng *r, int64_t low, int64_t high); /* both included */
bool     rng_chance(rng *r, int percent);

/* ---- elements ---- */

/* The one struct type of the programs; its number in the interpreter. */
#define STRUCT_TYPE  TSR_TYPE_STRUCT_
#define STRUCT_BYTES 16

extern const tsr_reducer oracle_reducers[N_REDUCERS];
extern const tsr_type    oracle_reducer_type[N_REDUCERS];

size_t el_size(tsr_type t);
bool   el_is_integer(tsr_type t);
bool   el_is_float(tsr_type t);
bool   el_is_complex(tsr_type t);
bool   el_is_number(tsr_type t);
/* Whether `r` is defined on elements of `t`; whether its result depends on the order. */
bool el_can_reduce(tsr_reduction r, tsr_type t);
bool el_is_exact(tsr_reduction r, tsr_type t, const tsr_reducer *user);
/* A value of the type drawn from a hash; `special`: NaN, infinities and zeros among them. */
void     el_from_u64(tsr_type t, uint64_t h, bool special, void *out);
void     el_from_i64(tsr_type t, int64_t v, void *out); /* an integer, converted */
uint64_t el_hash(tsr_type t, const void *x);
void     el_add(tsr_type t, void *out, const void *a, const void *b);
void     el_mul(tsr_type t, void *out, const void *a, const void *b);
void     el_identity(tsr_reduction r, tsr_type t, const tsr_reducer *user, void *out);
void el_combine(tsr_reduction r, tsr_type t, const tsr_reducer *user, void *into, const void *from);
/* What an input element adds to a reduction. */
void el_contribution(tsr_reduction r, tsr_type t, int reducer, const void *in, void *out);
/* Set when a user-defined operator met what is not finite: its NaNs are its author's affair. */
extern _Thread_local bool el_not_finite;
/* Set when a float sum or product met what is not finite. */
extern _Thread_local bool el_met_not_finite;

/* ---- kernels: the bodies ---- */

#define KERNEL_MAP(X)                                                                              \
    X(INDEX)                                                                                       \
    X(COPY)                                                                                        \
    X(MIX)                                                                                         \
    X(AFFINE)                                                                                      \
    X(ADD)                                                                                         \
    X(UPDATE)                                                                                      \
    X(UPDATE2)                                                                                     \
    X(STENCIL)                                                                                     \
    X(COARSEN)                                                                                     \
    X(REFINE)                                                                                      \
    X(GATHER)                                                                                      \
    X(RANGES)                                                                                      \
    X(SCATTER)                                                                                     \
    X(BCAST)                                                                                       \
    X(MATMUL)                                                                                      \
    X(REDUCE)                                                                                      \
    X(HISTOGRAM)                                                                                   \
    X(ARG)                                                                                         \
    X(FILTER)                                                                                      \
    X(SCAN)                                                                                        \
    X(MARK)                                                                                        \
    X(FAIL)                                                                                        \
    X(POINT)                                                                                       \
    X(SCRATCH)                                                                                     \
    X(LAYOUT)                                                                                      \
    X(SPLIT)                                                                                       \
    X(PAIRS)                                                                                       \
    X(MINEXT)                                                                                      \
    X(SUMMED)                                                                                      \
    X(AXPY)                                                                                        \
    X(HALVE)                                                                                       \
    X(DOT)                                                                                         \
    X(TWO_SUMS)                                                                                    \
    X(ADD_AT)                                                                                      \
    X(POINT_SUM)                                                                                   \
    X(TALK)

typedef enum kernel_id {
#define X(name) K_##name,
    KERNEL_MAP(X)
#undef X
        N_KERNELS
} kernel_id;
extern const char *const kernel_names[N_KERNELS];

/* What K_INDEX writes. */
enum { INDEX_VALUES, INDEX_SPECIAL, INDEX_POINTS, INDEX_RANGES, INDEX_PERMUTATION };

/* A call of a kernel, by the runtime (t is set) or by the interpreter. */
typedef struct kernel_call {
    tsr_raw_window          w[TSR_MAX_ARGS];
    int                     n;
    const kernel_params    *p;
    int64_t                 point;
    const tsr_task_context *t;
    void                   *unbound; /* the interpreter's: rows of K_FILTER */
    int64_t                 unbound_rows;
} kernel_call;

/* K_TALK, whose points communicate (kernel_talk.c). */
bool run_talk(kernel_call *c);
/* Run a kernel on its windows; false: the task fails with the tag of its params. */
bool kernel_run(kernel_call *c);
/* Element `i` of a window. */
static inline char *at(const tsr_raw_window *w, const int64_t *i)
{
    int64_t offset = 0;
    for (int d = 0; d < w->rank; ++d)
        offset += i[d] * w->stride[d];
    return w->origin + offset * (int64_t)el_size(w->type);
}
/* Walk a box row-major: `i` starts at box_first (false: empty); box_next goes on. */
bool box_first(int rank, const int64_t *low, const int64_t *high, int64_t *i);
bool box_next(int rank, const int64_t *low, const int64_t *high, int64_t *i);

/* Whether the typed window on argument k is what the raw one says. */
bool windows_agree(const tsr_task_context *t, int k, const tsr_raw_window *w);

/* The body of every task type but the foreign ones. */
tsr_status oracle_body(const tsr_task_context *t);
/* The foreign functions. */
void   oracle_axpy(int64_t n, double a, const double *x, int64_t incx, double *y, int64_t incy);
int    oracle_halve(const int32_t *n, const int32_t *m, double *y, const int32_t *s0,
                    const int32_t *s1, int32_t one);
double oracle_dot(int32_t n, const double *x, int32_t incx, const double *y, int32_t incy);

/* Them as tasks: how their arguments are marshalled. */
enum { FOREIGN_AXPY, FOREIGN_HALVE, FOREIGN_DOT, N_FOREIGN };
extern const tsr_foreign oracle_foreign[N_FOREIGN];

/* A layout of any order whose pieces begin at multiples of 128 bytes. */
enum { LAYOUT_ALIGNED = 3 };

/* What a descriptor is built from. */
typedef struct desc_key {
    kernel_id     kernel;
    tsr_type      type[MAX_TASK_ARGS]; /* of each argument; TSR_TYPE_ANY: any */
    int           rank[MAX_TASK_ARGS]; /* 0: any */
    tsr_reduction reduction[2]; /* of the first and second REDUCE argument */
    int           reducer[2];
    int8_t        low[8], high[8]; /* HALO; SCALE, MIN_EXTENT, MULTIPLE_OF: low; leaf: high;
                                      MIN_EXTENT beside MULTIPLE_OF: high */
    unsigned      dims;
    bool          exact, pure, manual, leaf_given;
    int           layout_in, layout_out; /* a tsr_order, or LAYOUT_ALIGNED */
    double        work;
    int           iteration_rank;
} desc_key;
/* Build the descriptor, or find it among the program's; its number, -1 when the table is full. */
int desc_get(oracle_program *p, const desc_key *k);

/* ---- attached tiles ---- */

enum { MAX_TILES = 64 };
/* The blocks of an ATTACH_TILES that are a rank's, their data one after another in `buffer` (each from a
 * multiple of 64 bytes on); how many.  At most MAX_TILES in all. */
int tiles_deal(const oracle_op *o, int ranks, int rank, uint8_t *buffer, tsr_tile *out);
/* A block's elements in C order: those of `whole`, or (NULL) those that were drawn. */
void tile_elements(const oracle_op *o, const tsr_box *box, const uint8_t *whole, uint8_t *out);

/* ---- leaves, from the documentation alone ---- */

void leaf_extents(int rank, const int64_t *extents, int64_t leaf_elements, unsigned kept,
                  int64_t accumulator_rest, int64_t *out_leaf);
/* Where the tree halves a grid of `n` leaves along each dimension; false: a single leaf. */
bool leaf_split(int rank, const int64_t *low, const int64_t *high, int *out_dim, int64_t *out_at);
/* Compare leaf_extents with the runtime's tsr_leaf_extents on random boxes; false: printed. */
bool leaf_compare(uint64_t seed, int count);

/* ---- the parts ---- */

typedef struct interp interp;
interp               *interp_create(oracle_program *p);
void                  interp_destroy(interp *s);
/* Execute a record; false: it makes no sense here, and nothing was changed. */
bool interp_step(interp *s, oracle_op *o);
/* Expectations of the stores alive at the end. */
void interp_finish(interp *s);
/* Interpret a whole program anew (skip flags and expectations). */
void interp_program(oracle_program *p);

/* What the generator asks of the interpreter. */
typedef struct store_info {
    bool      live, writable, reducible, sealed, whole_root, unbound, attached;
    bool      promoted, attach_read;
    int       root, scope, handles_of_root;
    tsr_type  type;
    tsr_shape shape;
} store_info;
bool interp_store(const interp *s, int id, store_info *out);
/* Whether every element is written; whether some of them are failed. */
bool interp_content(interp *s, int id, bool *out_failed);
bool interp_partition(const interp *s, int id, tsr_shape *out_shape, int64_t *out_points);
int  interp_scope_depth(const interp *s);
/* A value that the program read. */
bool interp_value_known(const interp *s, int id, uint64_t *out_low_bits);

/* Which groups of features a program may use; --features. */
#define FEATURE_GROUP_MAP(X)                                                                       \
    X(VIEWS, "views")                                                                              \
    X(REDUCE, "reduce")                                                                            \
    X(HALO, "halo")                                                                                \
    X(SCALE, "scale")                                                                              \
    X(IMAGE, "image")                                                                              \
    X(BROADCAST, "broadcast")                                                                      \
    X(MANUAL, "manual")                                                                            \
    X(FOREIGN, "foreign")                                                                          \
    X(LAYOUT, "layout")                                                                            \
    X(CANONICAL, "canonical")                                                                      \
    X(FAIL, "fail")                                                                                \
    X(UNBOUND, "unbound")                                                                          \
    X(ATTACH, "attach")                                                                            \
    X(SCOPE, "scope")                                                                              \
    X(SEAL, "seal")                                                                                \
    X(LOCAL, "local")                                                                              \
    X(VALUES, "values")                                                                            \
    X(TYPES, "types")                                                                              \
    X(RANKS, "dims")                                                                               \
    X(SCALAR, "scalar")                                                                            \
    X(OVERLAP, "overlap")                                                                          \
    X(CUTS, "cuts")                                                                                \
    X(REPEAT, "repeat")                                                                            \
    X(RELEASE, "release")                                                                          \
    X(EXPLAIN, "explain")                                                                          \
    X(MISTAKES, "mistakes")                                                                        \
    X(WRITE, "write")                                                                              \
    X(TALK, "talk")
enum {
#define X(name, text) GROUP_##name,
    FEATURE_GROUP_MAP(X)
#undef X
        N_GROUPS
};
typedef struct oracle_limits {
    uint32_t groups; /* bit GROUP_x */
    int      ranks_low, ranks_high, workers_low, workers_high;
} oracle_limits;

/* The program of (seed, index), interpreted. */
void generate(oracle_program *p, uint64_t seed, uint64_t index, const oracle_limits *limits);

/* What running a program gave. */
typedef struct oracle_result {
    bool    passed;
    int64_t counters[TSR_N_COUNTERS];
    char    what[1400];
} oracle_result;
/* Run the program on the runtime and compare. */
void run_program(const oracle_program *p, oracle_result *out);
/* The same where this process is rank `rank` of several. */
void run_process(const oracle_program *p, int rank, oracle_result *out);
/* Describe the first difference of two arrays of elements; false: none. */
bool compare_bytes(tsr_type t, const tsr_shape *shape, const uint8_t *got, const uint8_t *want,
                   char *out_text, size_t room);

/* Coverage. */
enum { FEATURE_WORDS = 4 };
typedef struct feature_set {
    uint64_t bits[FEATURE_WORDS];
} feature_set;
int         feature_count(void);
const char *feature_name(int f);
void        features_of(const oracle_program *p, feature_set *out);

/* Children: a program run apart, so that a crash or a hang is a result. */
typedef enum verdict { PASSED, MISMATCHED, CRASHED, HUNG } verdict;
verdict run_apart(const oracle_program *p, int seconds, oracle_result *out);

typedef struct oracle_command {
    uint64_t      seed;
    int64_t       programs, only, first;
    int           jobs, limit_s, max_failures;
    bool          verbose, json, shrink, print, until_failure;
    oracle_limits limits;
    const char   *out_cases;
} oracle_command;

typedef struct oracle_tally {
    int64_t  run, failed;
    int64_t  with_feature[FEATURE_WORDS * 64];
    int64_t  counters[TSR_N_COUNTERS];
    uint64_t first_failed;
    char     first_what[400];
} oracle_tally;
void batch_run(const oracle_command *c, oracle_tally *out);

/* Cut a failing program down; `what` is that of the last failing run. */
void shrink(oracle_program *p, int seconds_in_all, oracle_result *last);
/* Print it as a program in C. */
void print_program(FILE *f, const oracle_program *p, const char *what);

/* The table of planted faults; 0 when all were found. */
int mutants_main(const char *self, const oracle_command *c);
/* The programs as one rank of several processes; rank 0 prints with `print`. */
int processes_main(const oracle_command *c,
                   int (*print)(const oracle_command *, const oracle_tally *));

#endif
