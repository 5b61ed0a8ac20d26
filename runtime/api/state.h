/* api/state.h - what api/ keeps in a runtime: handles, scopes, struct types, failures not yet told.
 *
 * Threads: the issuing thread, but for struct types, which bodies may look up. */
#ifndef API_STATE_H
#define API_STATE_H

#include <sched.h>
#include <stdatomic.h>

#include "base/failure.h"
#include "model/runtime.h"

/* ---- handles ---- */

enum handle_kind { HANDLE_FREE, HANDLE_STORE, HANDLE_PARTITION };

/* Why a handle was born failed; shared by those made from it. */
struct cause {
    int32_t       users; /* handles, and the list of untold ones */
    bool          told;  /* a call answered its status */
    struct cause *next;  /* of the untold, oldest last */
    struct trace  trace;
};

/* A slot of the table. An id is generation << 32 | slot; the generation changes at each end. */
struct handle {
    uint32_t generation;
    uint8_t  kind;         /* enum handle_kind */
    bool     unbound;      /* the view is that of an extent nobody knows yet */
    bool     plain;        /* a store, well, its root a plain one: nothing more to ask */
    tsr_type type;         /* of the elements as this handle sees them */
    int32_t  scope;        /* its owner's depth */
    uint32_t older, newer; /* neighbours in the scope, by slot; 0: none.  Free: older is the next */
    struct root      *root;      /* NULL: failed */
    struct view      *view;      /* counted */
    struct partition *partition; /* counted */
    struct cause     *cause;     /* counted; NULL: well */
    tsr_site          made_at;
};

enum ended { ENDED_SCOPE, ENDED_RELEASED, ENDED_DETACHED };

/* What is remembered of a handle that ended. */
struct tombstone {
    uint64_t   id;
    tsr_site   made_at, ended_at;
    enum ended how;
};

struct scope {
    tsr_site at;
    uint32_t newest; /* slot of the handle made last; 0: none */
};

enum { TOMBSTONES = 512, CHECKED = 64 };

/* A descriptor that was found in order. */
struct checked {
    const tsr_task_desc *desc;
    int                  n_args;
};

/* The last shape that was found in order. */
struct made {
    enum root_kind kind;
    tsr_type       type;
    size_t         bytes; /* of an element; 0: there was none */
    tsr_shape      shape;
    struct view   *view; /* of such roots, counted; NULL: not known */
};

struct struct_types;

struct api_state {
    struct handle *handle; /* [capacity]; slot 0 is never used */
    uint32_t       n_handles, capacity, free_slot, first_generation;

    struct scope *scope; /* [scope_capacity]; 0 is the runtime's own */
    int           n_scopes, scope_capacity;

    struct tombstone *tombstone; /* [TOMBSTONES], a ring */
    uint32_t          n_ended;

    struct checked checked[CHECKED]; /* by address */
    struct made    made;
    struct cause  *untold;
    const char    *provenance;
    int            once; /* depth of TSR_ONCE */

    tsr_site             started_at;
    uint64_t             last_partition; /* number */
    uint32_t             sequence;       /* of the runtime, in this process */
    cpu_set_t            affinity;       /* of the issuing thread before it was bound */
    void                *crash_stack;    /* the issuing thread's, from observe_stack_take */
    int                  saved_stdout;   /* -1: ours is the process's */
    struct struct_types *types;
    char                *explained;
    struct tsr_runtime  *next; /* in the list of those alive */
};

struct api_state *api_state_create(tsr_site started_at);
void              api_state_destroy(struct api_state *s); /* takes NULL */

/* ---- entering ---- */

/* Why this thread may not issue here: records NOT_ALLOWED and answers NULL. */
struct tsr_runtime *api_refuse(tsr_site at);

/* The runtime this call is about; NULL, with a failure recorded, where it is not allowed: on another
 * thread, in a task body, inside TSR_ONCE. */
static inline struct tsr_runtime *api_enter(tsr_site at)
{
    struct tsr_runtime *rt = runtime_current;
    if (__builtin_expect(rt && !runtime_body && rt->api->once == 0 &&
                             pthread_equal(rt->issuer, pthread_self()),
                         1))
        return rt;
    return api_refuse(at);
}

/* ---- handles.c ---- */

/* A new handle. */
struct handle_make {
    enum handle_kind  kind;
    tsr_type          type;
    struct root      *root;
    struct view      *view;      /* taken over */
    struct partition *partition; /* taken over */
    struct cause     *cause;     /* one more user */
    tsr_site          at;
};

/* The id of handles there was no memory to make: in no table, alive never. */
#define HANDLE_NO_ROOM ((uint64_t)1 << 32)

/* A free slot behind the last; 0: no memory. */
uint32_t handle_slot_add(struct api_state *s);

/* A new handle of the innermost scope: its generation and its links are set, the rest is old. NULL: no
 * memory. */
static inline struct handle *handle_take(struct api_state *s)
{
    uint32_t slot = s->free_slot;
    if (__builtin_expect(slot != 0, 1))
        s->free_slot = s->handle[slot].older;
    else if ((slot = handle_slot_add(s)) == 0)
        return NULL;
    struct handle *h = &s->handle[slot];
    struct scope  *scope = &s->scope[s->n_scopes - 1];
    h->scope = s->n_scopes - 1;
    h->newer = 0;
    h->older = scope->newest;
    if (h->older)
        s->handle[h->older].newer = slot;
    scope->newest = slot;
    return h;
}

/* The number by which the program knows it. */
static inline uint64_t handle_id(const struct api_state *s, const struct handle *h)
{
    return (uint64_t)h->generation << 32 | (uint32_t)(h - s->handle);
}

/* The id of a new handle in the innermost scope; HANDLE_NO_ROOM: no memory (recorded at m->at; view and
 * partition are released, the root is not touched). */
uint64_t handle_add(struct tsr_runtime *rt, const struct handle_make *m);
/* A handle that carries this thread's last failure; HANDLE_NO_ROOM when there is no memory for it. */
uint64_t handle_add_failed(struct tsr_runtime *rt, enum handle_kind kind, tsr_site at);
/* End one; the root goes with its last handle. */
void handle_end(struct tsr_runtime *rt, struct handle *h, enum ended how, tsr_site at);
/* Move it to the scope around its own. */
void handle_keep(struct tsr_runtime *rt, struct handle *h);

/* Whether an id is alive and of this kind: O(1); NULL otherwise. Valid until the next handle_add. */
static inline struct handle *handle_find(struct api_state *s, uint64_t id, enum handle_kind kind)
{
    const uint32_t slot = (uint32_t)id;
    if (slot == 0 || slot >= s->n_handles)
        return NULL;
    struct handle *h = &s->handle[slot];
    return h->generation == id >> 32 && h->kind == kind ? h : NULL;
}

/* What is remembered of a handle that ended; NULL: nothing. O(TOMBSTONES). */
const struct tombstone *tombstone_find(const struct api_state *s, uint64_t id);

/* Record BAD_HANDLE for an id that is not alive; `who` ("argument x of task y: " or "") goes first. */
tsr_status handle_explain(struct tsr_runtime *rt, uint64_t id, enum handle_kind kind,
                          const char *who, tsr_site at);

/* A store's handle, maybe a failed one, with its view up to date; NULL, BAD_HANDLE recorded. */
struct handle *store_find(struct tsr_runtime *rt, tsr_store s, const char *who, tsr_site at);
/* As store_find; a failed one counts as told: its cause becomes the trace, with `what` at `at`. */
struct handle *store_get(struct tsr_runtime *rt, tsr_store s, const char *what, tsr_site at);
/* As store_get for calls that need extents: those of an unbound store are waited for. */
struct handle *store_get_bound(struct tsr_runtime *rt, tsr_store s, const char *what, tsr_site at);
/* Make the extents of a live, well handle's store known. Waits. */
tsr_status store_bind(struct tsr_runtime *rt, struct handle *h, tsr_site at);

/* A failed store handle with this thread's last failure. */
tsr_store store_failed(struct tsr_runtime *rt, tsr_site at);

/* ---- causes (handles.c) ---- */

struct cause *cause_create(
    struct api_state *s); /* of this thread's last failure; NULL: no memory */
void cause_release(struct cause *c);
/* Print those nobody was told of; how many. */
int cause_report(struct api_state *s, FILE *out);

/* ---- scope.c ---- */

bool scope_open(struct api_state *s, tsr_site at);
/* End all handles of the scopes from `depth` on, newest first. */
void scope_close(struct tsr_runtime *rt, int depth);

/* ---- struct_type.c ---- */

void struct_types_destroy(struct struct_types *t); /* takes NULL */

/* Records NO_MEMORY at `at`. */
tsr_status api_no_memory(tsr_site at);
/* Room of text for a shape, "(4, 4)". */
struct shape_text {
    char text[200];
};
struct shape_text shape_text(int rank, const int64_t *extent);

#endif
