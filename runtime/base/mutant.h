/* mutant.h - faults planted on purpose, one at a time, for the oracle to find.
 *
 * A fault is a row here and an `if (MUTANT(NAME))` where the runtime would go wrong.  In every build
 * but the oracle's own the condition is the constant 0 and nothing of it is left.  The library with
 * TSR_MUTANTS reads the fault to switch on from TESSERA_MUTANT, once, when it is loaded. */
#ifndef BASE_MUTANT_H
#define BASE_MUTANT_H

/* name, what goes wrong */
#define BASE_MUTANT_MAP(X)                                                                         \
    X(LOST_EDGE, "a reader does not wait for the writer before it")                                \
    X(LOST_WAR_EDGE, "a writer does not wait for the readers before it")                           \
    X(HALO_ONE_SHORT, "a halo is one element short on its upper side")                             \
    X(STALE_MEMO, "edges of a memoised operation are used although its state differs")             \
    X(EARLY_FREE, "a piece is given back while one reader still runs")                             \
    X(FOLD_BY_ARRIVAL, "partials of a reduction fold as they arrive")                              \
    X(FETCH_KEPT, "a fetched box is believed although it was overwritten")                         \
    X(THIEF_REUSED_SLOT, "a thief takes from a slot that was used anew")                           \
    X(WRONG_SUBTRACT, "subtracting a box from a layer loses the last rest")                        \
    X(RENAME_FORGETS_REST, "a rename forgets what the write does not cover")                       \
    X(PART_NOT_BROUGHT, "a box that was renamed does not come back to the rest")                   \
    X(PART_WITHOUT_REST, "what comes together anew forgets the rest of a renamed box")             \
    X(DROPPED_BOX, "the last box of a message is not unpacked")                                    \
    X(TEMPORARY_FREED_EARLY, "a temporary's piece dies one reader early")                          \
    X(FAILURE_NOT_PROPAGATED, "a failed input does not fail what reads it")                        \
    X(IDENTITY_NOT_RESET, "an accumulator keeps what was in its memory")                           \
    X(LEAF_SHIFTED, "canonical leaves are half as long along the last dimension")                  \
    X(LOST_LAYER, "an owner map of three layers loses the oldest")                                 \
    X(OVERLAP_IN_PLACE, "a write that meets a read of its own operation goes in place")            \
    X(SCALAR_EARLY, "a scalar store is read before its writer is done")                            \
    X(STALE_IMAGE, "an image is believed although the values behind it were overwritten") \
    X(SHARE_STARTS_ANEW, "a shared accumulator forgets the points before")                         \
    X(SLAB_ONE_SHORT, "a slab of a total ends one index early")                                    \
    X(SENT_TO_ANOTHER, "a point takes what points of other ranks sent to the first of its rank")   \
    X(TURN_NOT_AWAITED, "a point goes on while others still read what it gave to a call")

#if TSR_MUTANTS

enum base_mutant {
    BASE_NO_MUTANT,
#define X(name, text) MUTANT_##name,
    BASE_MUTANT_MAP(X)
#undef X
};

extern int               base_mutant;         /* the one switched on; constant after load */
extern const char *const base_mutant_names[]; /* in the order of the table, then NULL */
#define MUTANT(NAME) __builtin_expect(base_mutant == MUTANT_##NAME, 0)

#else
#define MUTANT(NAME) 0
#endif
#endif
