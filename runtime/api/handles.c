/* api/handles.c - the table behind tsr_store and tsr_partition.
 *
 * A handle is a number: a slot of this table and the generation of its occupant. Ending a handle
 * raises the slot's generation, so that what was copied of it is stale from then on, and stale ones
 * are told from live ones by one comparison. Slots are reused last in, first out: a loop that makes
 * and releases a store stays in one cache line. So that an error can still say what a stale handle
 * was, the last few hundred ends are kept in a ring of tombstones, written on each end and read only
 * to explain.
 *
 * A handle that could not be made well is made failed: it has a cause instead of a root. What is
 * made from it shares the cause. Until some call answered a cause's status it is "untold", and
 * tsr_finish prints it.
 *
 * Handles of a scope form a list through the table, newest first, so that adding, ending and moving
 * one cost O(1); a table that has reached its size allocates nothing. Threads: the issuing thread. */
#include <assert.h>
#include <string.h>

#include "api/state.h"
#include "base/alloc.h"
#include "pipeline.h"

enum { FIRST_CAPACITY = 256, UNTOLD_KEPT = 16 };

tsr_status api_no_memory(tsr_site at)
{
    struct tsr_runtime *rt = runtime_current;
    if (rt && rt->n_ranks > 1) /* the other ranks go on with what this one has not */
        (void)pipeline_no_memory(rt, "the runtime's own records");
    return failure_at(at, NO_MEMORY, "for the runtime's own records");
}

/* ---- causes ---- */

void cause_release(struct cause *c)
{
    if (c && --c->users == 0)
        base_free(c);
}

/* Take the told ones off the list. */
static void untold_prune(struct api_state *s)
{
    for (struct cause **at = &s->untold; *at;) {
        struct cause *c = *at;
        if (!c->told) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        cause_release(c);
    }
}

struct cause *cause_create(struct api_state *s)
{
    struct cause *c = base_calloc(1, sizeof *c);
    if (!c)
        return NULL;
    trace_save(&c->trace);
    untold_prune(s);
    int n = 0;
    for (const struct cause *u = s->untold; u; u = u->next)
        ++n;
    if (n < UNTOLD_KEPT) {
        c->users = 1;
        c->next = s->untold;
        s->untold = c;
    }
    return c;
}

static int report_oldest_first(const struct cause *c, FILE *out)
{
    if (!c)
        return 0;
    const int n = report_oldest_first(c->next, out);
    fprintf(out, "%s\n", c->trace.text);
    return n + 1;
}

int cause_report(struct api_state *s, FILE *out)
{
    untold_prune(s);
    const int n = report_oldest_first(s->untold, out);
    for (struct cause *c = s->untold; c; c = c->next)
        c->told = true;
    untold_prune(s);
    return n;
}

/* ---- the table ---- */

static bool table_grow(struct api_state *s)
{
    const uint32_t capacity = s->capacity ? 2 * s->capacity : FIRST_CAPACITY;
    struct handle *grown = base_realloc(s->handle, capacity, sizeof *grown);
    if (!grown)
        return false;
    s->handle = grown;
    s->capacity = capacity;
    if (s->n_handles == 0)
        s->n_handles = 1; /* slot 0 is nobody's */
    return true;
}

uint32_t handle_slot_add(struct api_state *s)
{
    if (s->n_handles >= s->capacity && !table_grow(s))
        return 0;
    s->handle[s->n_handles].generation = s->first_generation;
    return s->n_handles++;
}

static uint32_t slot_of(const struct api_state *s, const struct handle *h)
{
    return (uint32_t)(h - s->handle);
}

static void scope_link(struct api_state *s, struct handle *h, int depth)
{
    struct scope  *scope = &s->scope[depth];
    const uint32_t slot = slot_of(s, h);
    h->scope = depth;
    h->newer = 0;
    h->older = scope->newest;
    if (h->older)
        s->handle[h->older].newer = slot;
    scope->newest = slot;
}

static void scope_unlink(struct api_state *s, struct handle *h)
{
    if (h->newer)
        s->handle[h->newer].older = h->older;
    else
        s->scope[h->scope].newest = h->older;
    if (h->older)
        s->handle[h->older].newer = h->newer;
}

uint64_t handle_add(struct tsr_runtime *rt, const struct handle_make *m)
{
    struct handle *h = handle_take(rt->api);
    if (!h) {
        view_release(m->view);
        partition_release(m->partition);
        api_no_memory(m->at);
        return HANDLE_NO_ROOM;
    }
    h->kind = (uint8_t)m->kind;
    h->type = m->type;
    h->root = m->root;
    h->view = m->view;
    h->partition = m->partition;
    h->cause = m->cause;
    h->made_at = m->at;
    h->unbound = m->root && !m->root->extent_known;
    h->plain = m->root && m->root->kind == ROOT_PLAIN;
    if (m->root)
        ++m->root->handles;
    if (m->cause)
        ++m->cause->users;
    return handle_id(rt->api, h);
}

uint64_t handle_add_failed(struct tsr_runtime *rt, enum handle_kind kind, tsr_site at)
{
    struct cause *c = cause_create(rt->api);
    if (!c)
        return HANDLE_NO_ROOM;
    ++c->users; /* ours, until the handle has its own */
    const uint64_t id = handle_add(rt, &(struct handle_make){.kind = kind, .cause = c, .at = at});
    cause_release(c);
    return id;
}

tsr_store store_failed(struct tsr_runtime *rt, tsr_site at)
{
    return (tsr_store){handle_add_failed(rt, HANDLE_STORE, at)};
}

void handle_end(struct tsr_runtime *rt, struct handle *h, enum ended how, tsr_site at)
{
    struct api_state *s = rt->api;
    struct tombstone *t = &s->tombstone[s->n_ended++ % TOMBSTONES];
    t->id = handle_id(s, h);
    t->made_at = h->made_at;
    t->ended_at = at;
    t->how = how;

    scope_unlink(s, h);
    struct root *root = h->root;
    view_release(h->view);
    if (__builtin_expect(h->partition || h->cause, 0)) {
        partition_release(h->partition);
        cause_release(h->cause);
    }
    h->kind = HANDLE_FREE;
    if (++h->generation == 0)
        h->generation = 1;
    h->older = s->free_slot;
    s->free_slot = slot_of(s, h);
    if (root && --root->handles == 0)
        pipeline_release(rt, root);
}

void handle_keep(struct tsr_runtime *rt, struct handle *h)
{
    if (h->scope == 0)
        return;
    scope_unlink(rt->api, h);
    scope_link(rt->api, h, h->scope - 1);
}

/* ---- finding ---- */

static const char *kind_name(enum handle_kind kind)
{
    return kind == HANDLE_PARTITION ? "partition" : "store";
}

const struct tombstone *tombstone_find(const struct api_state *s, uint64_t id)
{
    const uint32_t n = s->n_ended < TOMBSTONES ? s->n_ended : TOMBSTONES;
    for (uint32_t i = 0; i < n; ++i)
        if (s->tombstone[i].id == id)
            return &s->tombstone[i];
    return NULL;
}

tsr_status handle_explain(struct tsr_runtime *rt, uint64_t id, enum handle_kind kind,
                          const char *who, tsr_site at)
{
    const char *name = kind_name(kind);
    if (id == 0)
        return failure_at(at, BAD_HANDLE, "%sthe null %s", who, name);
    if (id == HANDLE_NO_ROOM)
        return failure_at(at, NO_MEMORY, "%sthere was no memory to make this %s", who, name);
    const struct tombstone *t = tombstone_find(rt->api, id);
    if (!t)
        return failure_at(at, BAD_HANDLE, "%sthis %s ended long ago, or belongs to another runtime",
                          who, name);
    const char *how = t->how == ENDED_SCOPE      ? "ended with the scope opened"
                      : t->how == ENDED_RELEASED ? "was released"
                                                 : "was detached";
    const char *hint = t->how != ENDED_SCOPE ? "" : " (tsr_store_keep() would have kept it)";
    return failure_at(at, BAD_HANDLE, "%sthe %s made at %s:%d %s at %s:%d%s", who, name,
                      t->made_at.file, t->made_at.line, how, t->ended_at.file, t->ended_at.line,
                      hint);
}

/* The store's extent became known since the handle was made: see it so. */
static void view_refresh(struct handle *h)
{
    view_release(h->view);
    h->view = view_keep(h->root->whole);
    h->unbound = false;
}

struct handle *store_find(struct tsr_runtime *rt, tsr_store s, const char *who, tsr_site at)
{
    struct handle *h = handle_find(rt->api, s.id, HANDLE_STORE);
    if (__builtin_expect(!h, 0)) {
        handle_explain(rt, s.id, HANDLE_STORE, who, at);
        return NULL;
    }
    if (__builtin_expect(h->root && h->root->detached, 0)) {
        failure_at(at, BAD_HANDLE, "%sthe store made at %s:%d views a buffer that was detached",
                   who, h->made_at.file, h->made_at.line);
        return NULL;
    }
    if (__builtin_expect(h->unbound, 0) && h->root->extent_known)
        view_refresh(h);
    return h;
}

struct handle *store_get(struct tsr_runtime *rt, tsr_store s, const char *what, tsr_site at)
{
    struct handle *h = store_find(rt, s, "", at);
    if (!h || h->root)
        return h;
    h->cause->told = true;
    trace_raise(&h->cause->trace, at, what);
    return NULL;
}

tsr_status store_bind(struct tsr_runtime *rt, struct handle *h, tsr_site at)
{
    if (!h->unbound)
        return TSR_OK;
    if (!h->root->promised)
        return failure_at(at, BAD_SHAPE,
                          "the unbound store made at %s:%d has no extent: nothing was issued that "
                          "writes it",
                          h->made_at.file, h->made_at.line);
    const tsr_status s = pipeline_bind_extent(rt, h->root, at);
    if (s == TSR_OK)
        view_refresh(h);
    return s;
}

struct handle *store_get_bound(struct tsr_runtime *rt, tsr_store s, const char *what, tsr_site at)
{
    struct handle *h = store_get(rt, s, what, at);
    if (!h || store_bind(rt, h, at) != TSR_OK)
        return NULL;
    return h;
}
