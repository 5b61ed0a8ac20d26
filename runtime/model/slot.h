/* model/slot.h - operations in flight: a ring of slots, and the words by which workers agree.
 *
 * An operation occupies slot number & mask from issue to reclaim.  Its local actions are its points
 * (0 .. n_points - 1) and its extras (copies, messages, folds) behind them.  Nothing is registered
 * with a producer: a consumer reads the producers' completion words (SPIKE: that is what makes a task
 * cost 20 ns instead of 40).
 *
 *  - done[i] is the number of the last operation of this slot whose action i is complete; action i of
 *    operation n is done when done[i] >= n.  Words only grow, so they are never cleared, and a
 *    producer that is long gone reads as done.
 *  - claim[s] is number << 16 | bits: which of the (at most 16) actions of strip s are taken.  Taking
 *    is a compare-and-swap that includes the number: a thief with an old view of a reused slot fails.
 *  - A slot's description is written by the issuing thread before `number` is stored (release) and not
 *    again until every worker's `looking` has passed the old number: reclaim waits for that.
 *
 * Memory orders: `number`, `done`, `complete`, `issued`, `prefix` are stored with release and loaded
 * with acquire; `looking` pairs with `prefix` sequentially consistently where a worker wakes. */
#ifndef TESSERA_MODEL_SLOT_H
#define TESSERA_MODEL_SLOT_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include <tessera/body.h>

#include "base/failure.h"
#include "model/gang.h"
#include "model/operation.h"
#include "model/runtime.h"
#include "observe/observe.h"

enum {
    SLOT_STRIP = 16,        /* actions of a strip: the bits of a claim word */
    SLOT_PRODUCERS = 96,    /* accesses an operation can wait for */
    PRODUCER_SELF = 0xffff, /* an earlier action of the same operation */
};

/* One earlier operation an operation may wait for. */
struct producer {
    _Atomic uint64_t *done;
    uint64_t          number;
};

/* "Action of producer": what one action waits for.  value: it reads what the producer wrote. */
struct edge {
    uint32_t action;
    uint16_t producer;
    uint16_t value;
};

/* Who waits for whom, without numbers or addresses: shared by all operations that meet the same
 * state.  Immutable; counted by the issuing thread. */
struct pattern {
    int32_t      users;
    int          n_actions, n_producers;
    uint32_t    *first; /* [n_actions + 1] */
    struct edge *edge;
    uint32_t     renamed; /* arguments that went to new memory */
    uint64_t     avoided; /* accesses nobody had to wait for because of it */
};

/* Strips: which worker looks after which actions.  Immutable. */
struct strips {
    int       n, n_homes;
    uint32_t *first;  /* [n] first action of a strip */
    uint8_t  *count;  /* [n] actions of it: 1 to SLOT_STRIP */
    uint32_t *home;   /* [n_homes + 1] first strip of a worker */
    bool      large;  /* one point a strip: worth following depth first */
};

/* The accumulators of an exact REDUCE argument of which points fold into the same elements: each worker
 * has one for all of them that it runs.  `accumulator_at` counts these; behind them each worker has a
 * spare one, and behind the elements stands a byte an accumulator: something is in it.  Immutable. */
struct shares {
    int      n, n_workers;
    int32_t *of;             /* [points or leaves] its accumulator; ~ the first of those of the workers */
    int32_t *row;            /* [n] a point (or leaf) with its elements */
    size_t   spare_elements; /* of a spare one */
};

/* The slabs in which a large total folds, an action each: view indices begin[i] to begin[i + 1] along
 * the outermost dimension that moves elements.  Immutable. */
struct slabs {
    int     n, dim;
    int64_t begin[]; /* [n + 1] */
};

/* What depend/ computes once per plan. plan->schedule points to it. */
struct plan_side {
    struct strips strips;               /* of the points and the folds */
    struct plan_ask *asks;              /* of depend/asks.c: [n_args]; NULL: not yet */
    int           n_args, n_folds;
    int8_t        fold_arg[TSR_MAX_ARGS];
    size_t       *accumulator_at[TSR_MAX_ARGS]; /* [n + 1] where each leaf's (or point's) accumulator
                                                   begins, or each of `shares`; in elements */
    size_t        accumulator_elements[TSR_MAX_ARGS]; /* of all */
    struct shares *shares[TSR_MAX_ARGS]; /* NULL: an accumulator each */
    struct slabs  *slabs[TSR_MAX_ARGS];  /* NULL: one fold */
    int           n_fold_actions;
    size_t        partial_bytes[TSR_MAX_ARGS]; /* simulation: of what this rank sends; 0: not known yet */
    bool          full[TSR_MAX_ARGS];   /* the local points' regions together are `here`, each index once */
    int64_t       solid[TSR_MAX_ARGS];  /* elements of `here`, where it is full and has no steps; else 0 */
    bool          gapless[TSR_MAX_ARGS]; /* together they are `here`; they may meet */
    bool          simple;  /* as far as the plan says, points need nothing but body(context) */
    int8_t        at_once; /* may one run as it is issued?  0: not looked at yet, 1: yes, -1: no */
    /* bindings as far as the plan knows them.  Strides are those in an instance that covers its root in
     * C order, and index 0 lies origin_at elements into it: of a view of a root of rank 1, and of the
     * root itself.  Other views have to ask the instance. */
    int64_t       origin_at[TSR_MAX_ARGS];
    /* large: set for the plan's arguments only */
    tsr_binding   binding[TSR_MAX_ARGS];
    struct region here[TSR_MAX_ARGS];   /* hull and steps of the local points' regions */
    tsr_box       fold_box[TSR_MAX_ARGS]; /* where this rank applies the total of a REDUCE argument */
};

enum extra_kind {
    EXTRA_COPY,    /* boxes of `from` to `to` */
    EXTRA_SEND,    /* boxes of `from` to rank `peer` */
    EXTRA_RECEIVE, /* boxes from rank `peer` into `to` */
    EXTRA_PARTIAL, /* the partial results of a REDUCE argument from rank `peer`, kept for the fold */
    EXTRA_FOLD     /* fold a REDUCE argument's accumulators; apply the total to `to`, or send the
                      partials to rank `peer` */
};

/* The states of a partial message's life: what a RECEIVE or PARTIAL got. */
struct message_head {
    uint64_t failed; /* 1: what it carries failed on the sender */
    uint64_t words[7];
};

/* An action that is not a point. */
struct extra {
    int              kind;
    int              arg;        /* argument, or the first of the root's */
    int              peer;
    uint32_t         wire;       /* kind of the message's tag */
    uint32_t         piece;      /* of the tag: 1 + the owner whose part goes by a tree of ranks; else 0 */
    bool             halo;       /* SEND: part of what a HALO asked for */
    int16_t          together;   /* SEND: so many of the operation's go to this peer as one message; 0: alone */
    bool             follows;    /* and this is not the first of them */
    int              n_boxes;
    tsr_box         *box;        /* root indices; the slot's, or lent by its pattern */
    bool             lent;
    struct instance *from, *to;  /* the slot's list holds them */
    size_t           element_bytes;
    uint64_t         root;       /* number, for marks of failure */
    int              slab;       /* FOLD: of plan_side.slabs, which; -1: all of it */
    void            *buffer;     /* PARTIAL: the message, for the fold */
    size_t           bytes;
};

/* Kinds of messages between ranks: tag.kind_arg >> 16. */
enum { WIRE_DATA = 1, WIRE_SETTLE = 2, WIRE_PARTIAL = 3, WIRE_RESULT = 4, WIRE_GANG = 16 };

/* A temporary's pieces: buffers taken at dispatch, given back by the last user. */
struct pieces {
    int32_t           users;   /* slots */
    int               n;
    size_t            element_bytes;
    void            **data;    /* [n] */
    size_t           *bytes;   /* [n] */
    _Atomic int32_t  *left;    /* [n] actions that still use it */
};

/* What the points of an unbound output's writer delivered, until the extent is agreed. */
struct unbound {
    int       n, capacity;   /* local points of the writer */
    void    **data;          /* [n] */
    int64_t  *rows;          /* [n] */
    int64_t   row_elements;  /* of one row */
    int64_t  *begin;         /* [n_ranks] where each rank's points begin in the iteration */
    int64_t  *modelled;      /* [n_ranks] simulation: rows of each rank; else NULL */
};

/* What an operation needs while it is in flight. */
struct slot {
    /* issuing thread before `number`, then immutable until reclaimed */
    alignas(64) _Atomic uint64_t number;
    struct plan          *plan;
    struct pattern       *pattern;  /* NULL: a point that stands in for those of an operation without memory */
    const struct strips  *strips;
    _Atomic uint64_t     *done;     /* [n_done] */
    _Atomic uint64_t     *claim;    /* [n_claim] */
    tsr_task_body        *body;
    int                   n_actions, n_points, n_extras;
    bool                  simple;   /* points need nothing but body(context) */
    bool                  spot;     /* was run as it was issued */
    bool                  gang;     /* its points start together: model/gang.h */
    int                   priority;
    /* workers */
    alignas(64) _Atomic int64_t  remaining;
    _Atomic uint64_t      complete; /* = number when every action is done */
    _Atomic uint64_t      failed;   /* = number when a body failed or an input is marked */
    _Atomic uint64_t      verdict;  /* number * 4 + 1: bodies may run although a producer failed; + 2: skip */
    _Atomic uint64_t      suspect;  /* = number when some worker wants a verdict */
    /* issuing thread before `number` */
    alignas(64) struct producer producer[SLOT_PRODUCERS];
    tsr_binding           binding[TSR_MAX_ARGS];
    struct pieces        *pieces[TSR_MAX_ARGS]; /* NULL: an ordinary instance */
    char                 *accumulator[TSR_MAX_ARGS]; /* REDUCE: one box after another */
    struct unbound       *unbound[TSR_MAX_ARGS];
    struct extra         *extra;      /* [n_extras] */
    struct extra          spot_extra[4]; /* folds of an operation that runs at once */
    struct strips         own_strips; /* where extras make the plan's unfit */
    struct memory_block  *accumulator_block[TSR_MAX_ARGS];
    struct instance      *held[(3 + ROOT_PARTS) * TSR_MAX_ARGS];
    int                   n_held;
    struct action_set    *sets[3 * TSR_MAX_ARGS];
    int                   n_sets;
    int                   n_done, n_claim;
    /* under rt->schedule's failure lock */
    int64_t               failed_point;
    uint64_t              answered;  /* = number when the call itself said that it failed */
    tsr_status            failed_status;
    struct trace         *trace;      /* of the lowest failed point */
    struct operation      op;         /* the issuing thread's; immutable while in flight */
};

/* One worker's own; others read `looking` and nothing else. */
struct worker {
    alignas(128) _Atomic uint64_t looking; /* looks at no operation older than this; UINT64_MAX: at none */
    int                  index;
    struct tsr_runtime  *rt;
    struct observe_lane *lane;
    pthread_t            thread;
    uint64_t             cursor;   /* own strips of older operations are all taken */
    uint64_t             sends;    /* own sends of older operations are all taken, beside large pieces */
    uint64_t             deep;     /* far behind, looked at next */
    uint64_t             limit;    /* runs no operation beyond this (a waiting issuer's) */
    uint64_t             random;
    uint32_t            *next;     /* [slots] strips before this are taken; valid for next_number */
    uint64_t            *next_number;
    char                *scratch;  /* bump-allocated per body */
    size_t               scratch_bytes, scratch_used;
    void                *cache;    /* of memory/: piece buffers */
    uint64_t             idle_since;
    struct trace         refusal; /* of the body that runs: its communicator's first failed call */
};

/* The ring and the words all threads of a rank share. */
struct engine {
    struct slot   *slot;
    uint64_t       mask;
    int            n_workers;
    struct worker *worker;
    alignas(64) _Atomic uint64_t issued;  /* analysed and published up to here */
    alignas(64) _Atomic uint64_t prefix;  /* everything up to here is complete on this rank */
    alignas(64) _Atomic int32_t  sleepers;
    _Atomic uint32_t wake_word;
    _Atomic int32_t  stop;
    _Atomic int32_t  any_failed;  /* some operation in flight failed: look before running */
    _Atomic int32_t  urgent;      /* operations in flight with a priority */
    _Atomic uint64_t activity;    /* counts completions and messages, for the watchdog */
    pthread_mutex_t  failure_lock;
    struct gang      gang;        /* points that run together */
    bool             crowded;     /* more threads than cores: spin hardly at all */
    int64_t          wave_bytes;  /* an operation over so many does not stay in the last cache */
};

static inline struct slot *engine_slot(const struct engine *e, uint64_t number)
{
    return &e->slot[number & e->mask];
}

/* State of the body that runs on this thread; runtime_body points here. */
struct body_state {
    struct slot   *slot;
    struct worker *worker;
    int64_t        point;   /* local */
    int64_t        leaf;    /* local, -1: none */
    size_t         scratch_limit;
    tsr_status     forced;  /* a window or allocation failed: the body's result */
    bool           refused; /* a call of the communicator failed: worker->refusal says how */
    jmp_buf        escape;  /* tsr_out_of_bounds_ */
};

#endif
