/* execute/program.h - a formula made ready to run: what formula.c keeps, compile.c makes, block.c runs.
 *
 * Immutable once made.  Slots are places of a block of elements: [0, n_args) of the arguments, where they
 * lie in memory or in a buffer of the block's; then constants; then registers. */
#ifndef TESSERA_EXECUTE_PROGRAM_H
#define TESSERA_EXECUTE_PROGRAM_H

#include "execute/execute.h"
#include "execute/kernels/kernels.h"
#include "execute/native/native.h"
#include "model/reduce.h"

enum {
    PROGRAM_SUM_CHUNK = 256, /* elements of a row that a float sum takes at once: blocks are multiples */
    PROGRAM_SUM_LANES = 32,  /* of a chunk */
    PROGRAM_LANES = 128,     /* of a fold whose order is free */
    PROGRAM_LONG_ROW = 8     /* elements from which on a compiled row takes less time than a block across rows */
};

/* One kernel call. */
struct program_step {
    formula_kernel *run; /* NULL: the index along dimension x */
    uint16_t        out, x, y, z;
};

/* A slot that is folded into an argument after each block. */
struct program_fold {
    reduce_function *run;
    formula_kernel  *sum;   /* of a chunk; NULL: not a float's sum */
    formula_kernel  *whole; /* of any number of elements, where any order gives the same bits; or NULL */
    formula_kernel  *lanes; /* the operator, element by element, where that is so; or NULL */
    formula_kernel  *add;   /* of two elements, where there is `sum` */
    bool             exact; /* any order gives the same bits */
    uint16_t         slot;
    uint16_t         arg;
};

/* A program as code of this machine, for rows of one kind: native.c. */
enum { MOST_FORMS = 4 };
struct native_form {
    uint64_t           key;   /* arguments that stand still along a row, a bit each; from bit 32 on the dimension */
    _Atomic int64_t    work;  /* elements times steps that ran otherwise */
    atomic_int         asked; /* what was asked for */
    native_run *_Atomic run;  /* NULL: not there */
};
struct native_forms {
    atomic_int         n;
    struct native_form form[MOST_FORMS];
};

struct formula_program {
    tsr_task_desc desc; /* first: bodies find the program by it */
    struct formula_program *next;
    uint64_t hash;
    int      n_words;
    int      n_args, n_constants, n_slots, n_steps, n_folds;
    int      lead;       /* an argument that is no value */
    bool     ordered;    /* rows as they are: an index is used, or a float is summed */
    int64_t  block;      /* elements */
    size_t   slot_bytes;
    size_t   constant_bytes[FORMULA_MOST_CONSTANTS];
    unsigned char (*constant)[16];
    struct program_step *step;
    struct program_fold *fold;
    struct native_forms *forms;
    bool     loads[TSR_MAX_ARGS], stores[TSR_MAX_ARGS];
    uint8_t  element[TSR_MAX_ARGS]; /* bytes */
    uint16_t sources[TSR_MAX_ARGS]; /* arguments that what is written there depends on, a bit each */
    uint64_t word[];     /* [n_words] its content, by which it is found; then what is pointed to */
};

/* Make the program of a source; NULL, recorded at `at`.  words: its content. */
struct formula_program *program_compile(const struct formula_kernels *k, const struct formula_source *s,
                                        const uint64_t *words, int n_words, tsr_site at);
/* What it was made of. */
void execute_formula_read(const struct formula_program *p, struct formula_source *out);

/* ---- native.c ---- */

/* `when`: TESSERA_COMPILE.  NULL: there is no memory. */
struct native_state *native_start(const struct formula_kernels *k, int64_t when, enum native_vectors vectors);
/* No body runs any more. */
void native_stop(struct native_state *n);
/* Is a form worth looking for? */
bool native_looks(const struct native_state *n, int64_t work, int64_t row);
/* The form for rows of this kind, about to run `work` elements times steps; NULL: there is none (yet). */
native_run *native_of(struct native_state *n, const struct formula_program *p, uint64_t key, int64_t work);
const struct formula_kernels *native_kernels(const struct native_state *n);
/* Of a runtime. */
struct native_state *execute_native(const struct tsr_runtime *rt);

/* The body of all of them. */
tsr_status program_body(const tsr_task_context *t);
/* How elements of a type fold; slot and arg are not set. */
struct program_fold program_fold_of(const struct formula_kernels *k, tsr_reduction op, tsr_type type);
/* Fold n elements at `from`, side by side, into those at `into`, `step` bytes apart, of `bytes` each. */
void program_fold_run(const struct program_fold *f, char *into, int64_t step, const char *from, int64_t n,
                      size_t bytes);
/* The same of n rows of `few` elements (at most PROGRAM_SUM_LANES), one after another: element j of row i lies at
 * rows + (j * pitch + i) * bytes, row i folds into `into` + i * step.  A sum's bits are those of row by row.
 * The rows are overwritten. */
void program_fold_rows(const struct program_fold *f, char *into, int64_t step, char *rows, int64_t pitch, int64_t few,
                       int64_t n, size_t bytes);

#endif
