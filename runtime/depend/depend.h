/* depend/depend.h - the stage that finds who waits for whom.
 *
 * Takes an operation with its plan; gives its slot the memory it works on (renaming what is overwritten
 * without being read), the actions besides its points (copies, messages, folds), and for every action
 * the completion words it has to see.  Repeated states are recognised: then all this is a look-up.
 *
 * Threads: issuing thread. */
#ifndef TESSERA_DEPEND_DEPEND_H
#define TESSERA_DEPEND_DEPEND_H

#include "depend/owner.h"
#include "model/slot.h"

/* `e` is read (completion words), never advanced. */
tsr_status depend_start(struct tsr_runtime *rt, struct engine *e);
void       depend_stop(struct tsr_runtime *rt);

/* What became of an analysis. */
enum depend_result {
    DEPEND_DONE,  /* the slot can be published */
    DEPEND_SHORT, /* memory is short now: let older operations finish, reclaim, ask again */
    DEPEND_FAILED /* the thread's trace says why; nothing was changed */
};
enum depend_result depend_analyse(struct tsr_runtime *rt, struct slot *s);

/* The operation cannot be placed on this rank (no memory): send the messages the others wait for, marked
 * failed, and change the owner maps as they do.  Nothing on one rank. */
void depend_abandon(struct tsr_runtime *rt, struct slot *s);
/* The same operation, abandoned: do points of other ranks wait for this rank's, to communicate?  Then its
 * slot has one action that tells them so, in their order.  False: nobody waits, or (the run is then over) no
 * memory even for that. */
bool depend_stand_in(struct tsr_runtime *rt, struct slot *s);

/* The operation is complete and nobody looks at its slot: let go of what it held. */
void depend_reclaim(struct tsr_runtime *rt, struct slot *s);
/* A root that nothing uses any more lets go of its memory. */
void depend_root_drop(struct tsr_runtime *rt, struct root *root);
/* Forget an instance's accesses (all complete). */
void depend_forget(struct tsr_runtime *rt, struct instance *i);

/* Is this an operation that can run as it is issued, if nobody uses its roots: one small point, whose
 * arguments do not meet?  Looked at once for each plan. */
bool depend_may_run_at_once(struct tsr_runtime *rt, const struct operation *op);
/* Run-at-once path: memory for such an operation; binds the slot and needs no edges.  False: no memory;
 * nothing was changed. */
bool depend_bind_idle(struct tsr_runtime *rt, struct slot *s);
/* It ran. */
void depend_release_idle(struct tsr_runtime *rt, struct slot *s);

/* The owner map of a root, made when first needed (several ranks). */
struct owner_map *depend_owners(struct tsr_runtime *rt, struct root *root);
/* Bytes of older generations that operations in flight still hold. */
size_t depend_held_bytes(const struct tsr_runtime *rt);

#endif
