/* issue/internal.h - the state of this stage. Issuing thread. */
#ifndef TESSERA_ISSUE_INTERNAL_H
#define TESSERA_ISSUE_INTERNAL_H

#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/mutant.h"
#include "depend/depend.h"
#include "issue/issue.h"
#include "memory/memory.h"
#include "network/network.h"
#include "schedule/schedule.h"
#include "execute/execute.h"

/* Why something failed; shared by all boxes that failed of it. */
struct cause {
    int32_t       users;
    uint64_t      number;   /* of the operation it began with */
    bool          told;
    bool          answered; /* by the call that issued the operation */
    bool          lost;     /* what the operation read did not come to a rank that the owner maps name */
    struct trace  trace;
    struct cause *next;     /* in the list of all */
    struct cause **link;
};

/* A box of a root (root indices) whose content failed. */
struct failure {
    tsr_box         box;
    struct cause   *cause;  /* counted */
    struct failure *next;
};

/* What an operation read and wrote, kept until all ranks agreed on what failed. */
struct journal_entry {
    uint64_t      number;
    struct cause *cause;    /* its own failure here; NULL: none */
    bool          lost;     /* on some rank, as all agreed: struct cause */
    int           n;
    struct { struct root *root; struct region region; bool read, write, whole; uint32_t from; } use[TSR_MAX_ARGS];
};

struct issue_state {
    uint64_t last;       /* number of the last operation issued */
    uint64_t closed;     /* analysed and handed over up to here */
    uint64_t retired;    /* reported up to here */
    uint64_t reclaimed;  /* slots free up to here */
    int      ring, window;
    int      released;   /* roots released in this window */
    int      failed_roots, agreed_roots; /* roots with failed boxes, as known here and everywhere */
    size_t   held_most;  /* bytes of old generations in flight before issue waits */
    bool     working;    /* inside issue_close: do not nest */
    bool     forgot, told_forgot; /* there was no memory to keep what failed; the program knows */
    struct cause *causes;
    struct slot  *spot;  /* for an operation that runs alone */
    struct fusion *groups; /* of formulas, as they were made */
    struct fusion *fusion; /* the first that is open */
    /* several ranks */
    struct journal_entry *journal;
    int      n_journal, journal_capacity;
    uint64_t agreed;     /* all ranks know what failed up to here */
    struct image_known *images; /* NULL: none yet */
};

/* retire.c */
void retire_slot(struct tsr_runtime *rt, struct slot *s);
void operation_done(struct tsr_runtime *rt, struct operation *op);
void pieces_release(struct pieces *p);
void root_use_done(struct tsr_runtime *rt, struct root *root);

/* values.c */
/* One rank: whoever is to look at `box` of the root as one piece of memory waits for the operation with
 * this number.  Where the box lies in several instances, it is one that brings them together. */
uint64_t values_together(struct tsr_runtime *rt, struct root *root, struct view *view,
                         const tsr_box *box, tsr_site at);

/* failure.c */
void failure_retire(struct tsr_runtime *rt, struct slot *s);   /* in program order */
void failure_verdict(struct tsr_runtime *rt);                  /* of the oldest unfinished operation */
struct cause *failure_cause_create(struct tsr_runtime *rt, uint64_t number, const struct trace *t);
void failure_forget_journal(struct tsr_runtime *rt);           /* of a run that ended early */
void failure_cause_release(struct tsr_runtime *rt, struct cause *c);

/* spot.c */
tsr_status spot_start(struct tsr_runtime *rt);
void spot_stop(struct tsr_runtime *rt);
/* May an operation with this plan run at once, if its roots are idle? */
bool spot_is_small(struct tsr_runtime *rt, const struct operation *op);
/* Run a small operation, in its slot of the ring, if its roots are idle. */
bool spot_try(struct tsr_runtime *rt, struct slot *s);
/* Number, run and end a small operation where nothing else is in flight; false: nothing happened. */
bool spot_alone(struct tsr_runtime *rt, struct operation *op);

/* image_known.c */
/* The complete plan of an operation whose plan lacks the boxes of its images, borrowed; NULL: values have
 * to be looked at. */
struct plan *image_known_find(struct tsr_runtime *rt, const struct operation *op);
/* Before image_known_add; false: no memory. */
bool image_known_prepare(struct tsr_runtime *rt);
/* Keep op->plan, which is complete. */
void image_known_add(struct tsr_runtime *rt, const struct operation *op);
void image_known_stop(struct tsr_runtime *rt);

/* window.c */
/* Write an operation into a slot. */
static inline void slot_fill(struct slot *s, const struct operation *op)
{
    memcpy(&s->op, op, offsetof(struct operation, arg));
    for (int k = 0; k < op->n_args; ++k)
        s->op.arg[k] = op->arg[k];
    s->op.plan = op->plan;
    s->op.payload = op->payload;
    s->plan = NULL;
    s->pattern = NULL;
    s->spot = false;
    s->gang = false;
    s->n_extras = 0;
}

/* Its roots know that it names them. */
static inline void note_use(const struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k) {
        struct root *root = op->arg[k].root;
        if (root == NULL)
            continue;
        ++root->uses;
        if (root->last_use != op->number)
            root->used_before = root->last_use;
        root->last_use = op->number;
        if (op->desc->args[k].access != TSR_READ && op->desc->args[k].access != TSR_SCALAR) {
            root->last_writer = op->number;
            ++root->generation;
        }
    }
}

/* Count and name an operation that was issued; the stamp of its event. */
uint64_t issue_note(struct tsr_runtime *rt, const struct operation *op);

/* simulate.c */
/* Count what the analysed operation would send; it is complete. */
void simulate_drop(struct tsr_runtime *rt, struct slot *s);

/* temporary.c */
void temporaries_find(struct tsr_runtime *rt);

#endif
