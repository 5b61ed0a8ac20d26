/* model/root.h - roots, the memory that holds them here, and who used that memory last.
 *
 * A root's number is shared by all ranks; where its elements lie on this rank is private.  All of it
 * is the issuing thread's; workers see only addresses bound into operations. */
#ifndef TESSERA_MODEL_ROOT_H
#define TESSERA_MODEL_ROOT_H

#include "model/region.h"
#include "model/view.h"

struct plan;
struct owner_map;
struct pieces;
struct failure;

struct action_set;

/* What an operation did with an instance. */
enum access_kind {
    ACCESS_READ = 1,  /* the points of plan, argument arg, read */
    ACCESS_WRITE = 2, /* they wrote */
    ACCESS_FOLD = 3,  /* the fold of a REDUCE argument applied its total */
    ACCESS_SET = 4,   /* extras: the actions of `set` read (arg 0) or wrote (arg 1) */
    ACCESS_ALL = 5    /* everything up to `number` did anything: many entries in one */
};

/* One use of an instance by an issued operation; or, for READ, by several of the same plan. */
struct access {
    struct plan       *plan;   /* counted; NULL for SET and ALL */
    struct action_set *set;    /* counted; SET only */
    int16_t            arg;
    int16_t            kind;
    uint64_t           number; /* of the (latest) operation */
    uint64_t           before; /* READ: number of the operation before it in this entry; 0: none */
};

/* A strided allocation that covers one box of a root. */
struct instance {
    char         *base;      /* of the box's lowest element */
    tsr_box       box;       /* root indices it covers */
    int64_t       stride[TSR_MAX_RANK]; /* elements */
    size_t        bytes;
    int64_t       elements;  /* of the box */
    int32_t       users;     /* the root, operations in flight, pins */
    bool          foreign;   /* attached memory: not the pool's */
    bool          whole;     /* of the root, in C order, from index 0 on */
    int           n_accesses, capacity;
    struct access *access;   /* oldest first */
    uint64_t      last;      /* number of the last operation that uses it */
    uint64_t      shape;     /* hash of the list's (plan, arg, kind) */
    struct memory_block *block;
    tsr_site  made_at;       /* of its root, for reports */
    struct instance *next;   /* in memory/'s list of free records */
    struct instance *held_next, **held_link; /* in memory/'s list of those alive */
};

/* Instances of some boxes of a root beside its own: what lies in a part is not, or no longer, in the root's
 * own instance.  Parts do not meet. */
enum { ROOT_PARTS = 4 };
struct root_parts {
    int              n;
    struct instance *part[ROOT_PARTS];
};

/* How a root came to be, and what may be done with it. */
enum root_kind { ROOT_PLAIN, ROOT_UNBOUND, ROOT_ATTACHED, ROOT_SEALED };

struct root {
    /* immutable after creation (an unbound extent is set once) */
    uint64_t  number;
    int       kind;          /* enum root_kind */
    tsr_type  type;
    size_t    element_bytes;
    int       rank;
    int64_t   extent[TSR_MAX_RANK];
    tsr_site  made_at;
    struct view *whole;      /* the identity */
    bool      extent_known;
    bool      promised;      /* unbound: an operation that writes it was issued */

    int32_t   handles;       /* handles and sealed or attached records */
    int32_t   uses;          /* operations in the window or in flight */
    uint64_t  generation;    /* counts writes; the same on every rank */
    uint64_t  last_writer;   /* number of the last operation that wrote any of it */
    uint64_t  last_use;      /* number of the last operation that names it */
    uint64_t  used_before;   /* of the one before that operation */
    bool      temporary;     /* this generation lives piece by piece */

    /* this rank's memory */
    struct instance *instance;      /* NULL: none yet */
    struct root_parts *parts;       /* renamed boxes; NULL: none */
    int32_t          n_brought;     /* times that parts had to come back to the rest */
    struct pieces   *pieces;        /* of a temporary, between its writer and its last reader */
    int32_t          piece_uses;    /* how many arguments of the window name them */
    uint32_t         piece_cut;     /* window's scan: the cut all of them have */
    int8_t           piece_state;   /* window's scan: 0 not seen, 1 so far a temporary, -1 not */

    /* shared: which rank holds what (NULL on one rank) */
    struct owner_map *owners;
    /* the partition its last complete writer used; the solver prefers it.  Shared state. */
    struct plan *key;
    int          key_arg;

    /* boxes whose content failed, with the cause; in program order (issuing thread) */
    struct failure *failed;
    struct failure *agreed;         /* several ranks: as all ranks knew it when they last agreed */
    int32_t         journaled;      /* entries of issue/'s journal that name it */
    bool            dropped;        /* handles and operations are gone: no memory any more */

    struct unbound *unbound;        /* of an unbound root: what its writer's points delivered */
    /* attached memory */
    void        *attached;
    tsr_release *release;
    void        *release_user;
    int          attach_mode;
    bool         detached;
    bool         attached_whole;
    tsr_tile    *tiles;         /* [n_tiles] this rank's, as they were attached */
    int          n_tiles;
    struct root *next;              /* in lists of issue/ */
};

struct tsr_runtime;

/* What a new root is. */
struct root_make {
    enum root_kind kind;
    tsr_type       type;
    size_t         element_bytes;
    int            rank;
    const int64_t *extent;          /* [TSR_MAX_RANK]; the first of an unbound one is not looked at */
    tsr_site       at;
    struct view   *whole;           /* what root->whole of an equal shape was; NULL: to be found */
};

/* A root without handles, content or memory, with the next number of the stream; NULL: no memory.
 * Roots are pooled: O(1), and no allocation once as many were alive before. */
struct root *root_create(struct tsr_runtime *rt, const struct root_make *m);
/* Give a root back that no handle and no operation uses; calls the release callback of attached
 * memory that was not detached.  Instances, owners, key, failures and the unbound record are the
 * stages' and are gone by now. */
void root_destroy(struct tsr_runtime *rt, struct root *root);
/* Set the first extent of an unbound root, once; false: no memory.  root->whole is a new view. */
bool root_bind_extent(struct tsr_runtime *rt, struct root *root, int64_t rows);

/* The one instance that holds all of `box` at its newest version; NULL: there is none, or it takes
 * several. */
struct instance *root_instance_of(const struct root *root, const tsr_box *box);

struct root_pool;
struct root_pool *root_pool_create(void);
void              root_pool_destroy(struct root_pool *p);

#endif
