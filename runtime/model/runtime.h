/* model/runtime.h - what hangs off a tsr_runtime.  Each stage keeps a state of its own here and
 * nothing else is global. */
#ifndef TESSERA_MODEL_RUNTIME_H
#define TESSERA_MODEL_RUNTIME_H

#include <pthread.h>

#include "model/config.h"
#include "model/operation.h"

struct observe;
struct network;
struct api_state;      /* handles, scopes, struct types: api/ */
struct issue_state;    /* the window, numbers, retirement: issue/ */
struct solve_state;    /* plans by signature: solve/ */
struct depend_state;   /* edges by state: depend/ */
struct memory_state;   /* pools and budget: memory/ */
struct schedule_state; /* workers: schedule/ */
struct formula_state;  /* tasks made for formulas: execute/ */
struct engine;         /* the ring of slots: model/slot.h */

/* Bytes and workers of each rank, exchanged once at start: an agreed fact. */
struct rank_machine {
    int64_t workers, l2_bytes, memory_bytes;
    int64_t min_piece; /* TESSERA_MIN_PIECE there: what counts as small is shared */
};

struct tsr_runtime {
    struct config config;
    int           rank, n_ranks;
    struct rank_machine *machines; /* [n_ranks] */
    bool          machines_alike;  /* known to be equal, all of them */
    pthread_t     issuer;

    struct view_table     *views;
    struct root_pool      *roots;
    struct observe        *observe;
    struct network        *network;
    int                    schedule_workers; /* threads of this rank */
    bool                   simulated;        /* one rank of an imagined run: nothing runs */
    bool                   crowded;          /* more ranks and workers than cores in this process */
    struct api_state      *api;
    struct issue_state    *issue;
    struct solve_state    *solve;
    struct depend_state   *depend;
    struct memory_state   *memory;
    struct schedule_state *schedule;
    struct formula_state  *formulas;
    struct engine         *engine; /* the ring of slots: model/slot.h */
};

/* Found without a call: two words of the thread's own. */
#define RUNTIME_TLS __attribute__((tls_model("initial-exec")))

/* The runtime current on this thread, or NULL; set by api/, read by all. */
extern __thread struct tsr_runtime *runtime_current RUNTIME_TLS;
/* Set while a task body runs on this thread: what is issued then is refused. */
extern __thread const void *runtime_body RUNTIME_TLS;

#endif
