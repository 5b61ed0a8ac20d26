/* gen.h - the state of the generator, shared by its files. */
#ifndef ORACLE_GEN_H
#define ORACLE_GEN_H

#include "oracle.h"

typedef struct gen {
    oracle_program      *p;
    interp              *s;
    rng                  r;
    const oracle_limits *limits;
    tsr_type             type[4]; /* the program's favourites */
    int                  n_types;
    int64_t              extent[4];
    int64_t              volume; /* elements of a store, at most */
    int                  next_id;
    bool                 talks; /* some tasks' points communicate */
    bool                 may_fail, empty; /* empty: some stores have no element */
} gen;

/* How an operand is to be used. */
typedef enum use { FOR_READ, FOR_WRITE, FOR_REDUCE } use;

bool      allowed(const gen *g, int group);
oracle_op op_new(op_kind kind);
/* Append a record if the interpreter takes it; its id, or -1. */
int        emit(gen *g, oracle_op *o);
tsr_type   draw_type(gen *g);
tsr_type   draw_number(gen *g);
tsr_shape  draw_shape(gen *g);
int        draw_store(gen *g, bool (*fits)(const gen *, const store_info *));
store_info info_of(const gen *g, int id);
/* A new store, every element written. */
int make_store(gen *g, tsr_type t, const tsr_shape *shape);
/* A store of integers by K_INDEX. */
int make_index(gen *g, const tsr_shape *shape, int mode, const int64_t *modulus, int n_modulus);
/* A view of store `id` that has the type and shape, or -1. */
int adapt(gen *g, int id, tsr_type t, const tsr_shape *shape, use u);
/* A store of the type (TSR_TYPE_ANY: any) and shape, found, viewed or made. */
int operand(gen *g, tsr_type t, const tsr_shape *shape, use u);
/* A store to write, of any shape, of a type that `fits`. */
int target(gen *g, bool (*fits)(tsr_type t));
int a_view(gen *g, int id);
bool is_empty(const tsr_shape *s);

typedef struct proposal {
    desc_key  key;
    oracle_op o;
} proposal;

/* A task under construction: its kernel, then its stores in order, then issue. */
proposal propose(gen *g, kernel_id kernel);
void     add_store(gen *g, proposal *q, int id);
void     add_scalar(gen *g, proposal *q, tsr_type t);
/* Out, and one input of its shape (and type). */
bool out_and_in(gen *g, proposal *q, bool (*fits)(tsr_type), bool same_type, store_info *out_info);
bool issue(gen *g, proposal *q);
/* A partition into tiles; its id. */
int tiles_of(gen *g, const tsr_shape *s, int64_t *out_points);

void task_reduction(gen *g);
void task_filter(gen *g);
void task_canonical(gen *g);
void task_manual(gen *g);
void task_foreign(gen *g);
void task_talk(gen *g);

void draw_task(gen *g);
void draw_repeat(gen *g);
void draw_layers(gen *g);
void draw_chain(gen *g);

#endif
