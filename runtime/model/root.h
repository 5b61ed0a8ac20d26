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
struct failure;

/* What an operation did with an instance. */
enum access_kind { ACCESS_READ = 1, ACCESS_WRITE = 2 };

/* One use of an instance by an issued operation. */
struct access {
    struct plan *plan;   /* borrowed while the entry stands: the list holds a reference */
    int16_t      arg;    /* argument of the plan; or one of the ACCESS_ARG_ values of depend/ */
    int16_t      kind;
    uint64_t     number; /* of the operation */
};

/* A strided allocation that covers one box of a root. */
struct instance {
    char         *base;      /* of the box's lowest element */
    tsr_box       box;       /* root indices it covers */
    int64_t       stride[TSR_MAX_RANK]; /* elements */
    size_t        bytes;
    int32_t       users;     /* the root, operations in flight, pins */
    bool          foreign;   /* attached memory: not the pool's */
    int           n_accesses, capacity;
    struct access *access;   /* oldest first */
    uint64_t      last;      /* number of the last operation that uses it */
    uint64_t      shape;     /* hash of the list's (plan, arg, kind) */
    struct memory_block *block;
    struct instance *next;   /* in lists of memory/ */
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
    bool      temporary;     /* this generation lives piece by piece */

    /* this rank's memory */
    struct instance *instance;      /* NULL: none yet */
    struct instance *spare[4];      /* older generations' memory, to be written next */
    int              n_spare;

    /* shared: which rank holds what (NULL on one rank) */
    struct owner_map *owners;
    /* the partition its last complete writer used; the solver prefers it.  Shared state. */
    struct plan *key;
    int          key_arg;

    /* boxes whose content failed, with the cause; in program order (issuing thread) */
    struct failure *failed;

    struct unbound *unbound;        /* of an unbound root: what its writer's points delivered */
    /* attached memory */
    void        *attached;
    tsr_release *release;
    void        *release_user;
    int          attach_mode;
    bool         detached;
    struct root *next;              /* in lists of issue/ */
};

struct tsr_runtime;

/* What a new root is. */
struct root_make {
    enum root_kind kind;
    tsr_type       type;
    size_t         element_bytes;
    int            rank;
    const int64_t *extent;          /* [rank]; the first of an unbound one is not read */
    tsr_site       at;
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

struct root_pool;
struct root_pool *root_pool_create(void);
void              root_pool_destroy(struct root_pool *p);

#endif
