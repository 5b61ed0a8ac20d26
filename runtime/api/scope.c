/* api/scope.c - scopes: who ends the handles that a block of the user's program made.
 *
 * Scopes form a stack; the lowest is the runtime's own and ends with it. A guard holds its depth and
 * the runtime it belongs to, for it may outlive the runtime: main() returns tsr_finish() while its
 * scope is still open. Leaving a scope ends what was left open inside as well.
 *
 * Opened where nothing may be issued (in a task body, on another thread) a scope is empty and owns
 * nothing. Cost: O(1), and O(1) a handle at the end. Threads: the issuing thread. */
#include <assert.h>

#include "api/state.h"
#include "base/alloc.h"

/* A guard's depth: 16 bits of depth under 15 of the runtime's sequence; -1: owns nothing. */
enum { DEPTH_BITS = 16, DEPTH_MASK = (1 << DEPTH_BITS) - 1, SEQUENCE_MASK = 0x7fff };

static int guard_depth(const struct api_state *s, int depth)
{
    return (int)(s->sequence & SEQUENCE_MASK) << DEPTH_BITS | depth;
}

bool scope_open(struct api_state *s, tsr_site at)
{
    if (s->n_scopes == s->scope_capacity) {
        const int capacity = s->scope_capacity ? 2 * s->scope_capacity : 16;
        if (capacity > DEPTH_MASK)
            return false;
        struct scope *grown = base_realloc(s->scope, (size_t)capacity, sizeof *grown);
        if (!grown)
            return false;
        s->scope = grown;
        s->scope_capacity = capacity;
    }
    s->scope[s->n_scopes++] = (struct scope){.at = at};
    return true;
}

void scope_close(struct tsr_runtime *rt, int depth)
{
    struct api_state *s = rt->api;
    while (s->n_scopes > depth) {
        struct scope *scope = &s->scope[s->n_scopes - 1];
        while (scope->newest)
            handle_end(rt, &s->handle[scope->newest], ENDED_SCOPE, scope->at);
        --s->n_scopes;
    }
}

/* The runtime whose scopes this thread may open and close; NULL: none. */
static struct tsr_runtime *owner(void)
{
    struct tsr_runtime *rt = runtime_current;
    return rt && !runtime_body && pthread_equal(rt->issuer, pthread_self()) ? rt : NULL;
}

tsr_scope_guard_ tsr_scope_enter_(tsr_site at)
{
    struct tsr_runtime *rt = owner();
    if (!rt)
        return (tsr_scope_guard_){-1};
    if (!scope_open(rt->api, at)) {
        api_no_memory(at);
        return (tsr_scope_guard_){-1};
    }
    return (tsr_scope_guard_){guard_depth(rt->api, rt->api->n_scopes - 1)};
}

void tsr_scope_leave_(tsr_scope_guard_ *g)
{
    struct tsr_runtime *rt = owner();
    if (g->depth < 0 || !rt)
        return;
    const int depth = g->depth & DEPTH_MASK;
    if (guard_depth(rt->api, depth) == g->depth && depth > 0)
        scope_close(rt, depth);
}
