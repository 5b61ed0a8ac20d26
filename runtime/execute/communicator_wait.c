/* execute/communicator_wait.c - points that communicate while they wait; messages between their ranks.
 *
 * Who waits moves messages, spins for about what a wake-up would cost, then sleeps a little on the bell that
 * other points and arriving messages ring.  It runs nothing else: that could be a task that takes long.
 *
 * A message is named by the operation, the number of the meeting and what it is for; so no two between the
 * same ranks have equal names.  Where there is no memory for one, its sender waits for some while, since
 * others count on it; then the run is over.
 *
 * Cost: O(bytes) a message.  Threads: workers that run points of the operation; execute_gang_ring: any. */
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "execute/communicator.h"

enum { REST_US = 200 };
/* Ticks of observe_stamp. */
#define SPIN_TICKS      100000ull
#define MEMORY_PATIENCE 10000000000ull

/* ---- waiting ---- */

void execute_gang_ring(struct tsr_runtime *rt)
{
    struct gang *g = &rt->engine->gang;
    if (atomic_load(&g->sleepers) == 0)
        return;
    atomic_fetch_add(&g->bell, 1);
    syscall(SYS_futex, &g->bell, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    network_nudge(rt->network);
}

void execute_gang_rest(struct worker *w, uint64_t since, bool (*over)(void *user), void *user)
{
    struct tsr_runtime *rt = w->rt;
    struct gang        *g = &rt->engine->gang;
    if (observe_stamp() - since < SPIN_TICKS || (rt->n_ranks > 1 && network_pending(rt->network))) {
        sched_yield(); /* 0.3 us alone; with more threads than cores, what lets the others come */
        return;
    }
    observe_watchdog_poll(rt->observe);
    atomic_fetch_add(&g->sleepers, 1);
    const uint32_t seen = atomic_load(&g->bell);
    if (!over(user))
        network_doze(rt->network, &g->bell, seen, REST_US);
    atomic_fetch_sub(&g->sleepers, 1);
}

struct turn_wait {
    const struct gang *g;
    uint32_t           turn;
};

static bool turn_is_over(void *user)
{
    const struct turn_wait *t = user;
    return atomic_load(&t->g->turn) != t->turn;
}

void gang_turn_wait(struct caller *c, uint32_t turn)
{
    struct turn_wait t = {c->g, turn};
    const uint64_t   since = observe_stamp();
    while (atomic_load_explicit(&c->g->turn, memory_order_acquire) == turn)
        if (c->w->rt->n_ranks == 1 || !network_progress(c->w->rt->network))
            execute_gang_rest(c->w, since, turn_is_over, &t);
}

/* ---- messages ---- */

static struct network_tag tag_of(const struct gang *g, unsigned kind)
{
    return network_tag_of(g->number, WIRE_GANG, kind, g->sequence);
}

static bool never(void *user)
{
    (void)user;
    return false;
}

/* What `make` gives, waiting for some while where there is no memory: others count on this rank. */
static void *patient(struct caller *c, void *(*make)(size_t bytes), size_t bytes)
{
    const uint64_t since = observe_stamp();
    void          *memory;
    while ((memory = make(bytes)) == NULL) {
        if (c->w->rt->n_ranks == 1)
            return NULL;
        if (observe_stamp() - since > MEMORY_PATIENCE)
            (void)network_short_of_memory(c->w->rt->network, "a collective call of a task body");
        if (network_peer_lost(c->w->rt->network))
            return NULL;
        if (!network_progress(c->w->rt->network))
            execute_gang_rest(c->w, since, never, NULL);
    }
    return memory;
}

static void *make_memory(size_t bytes)
{
    return base_uncleared(64, bytes + 1);
}

void *gang_scratch(struct caller *c, size_t bytes)
{
    return patient(c, make_memory, bytes);
}

void *gang_memory(struct caller *c, size_t bytes)
{
    c->g->work.memory = gang_scratch(c, bytes);
    return c->g->work.memory;
}

void *gang_buffer(struct caller *c, size_t bytes)
{
    return patient(c, network_buffer_create, bytes);
}

bool gang_send(struct caller *c, int place, unsigned kind, void *buffer, size_t bytes)
{
    const int to = c->g->places->rank[place];
    if (buffer == NULL)
        return false;
    observe_event(c->w->lane, OBSERVE_SEND, c->g->number, (uint32_t)to, bytes);
    observe_count(c->w->lane, TSR_COUNT_MESSAGES, 1);
    observe_count(c->w->lane, TSR_COUNT_MESSAGE_BYTES, (int64_t)bytes);
    return network_send(c->w->rt->network, to, tag_of(c->g, kind), buffer, bytes) == TSR_OK;
}

struct message_wait {
    struct network    *net;
    struct network_tag tag;
    int                from;
    void              *buffer;
    size_t             bytes;
};

static bool message_is_here(void *user)
{
    struct message_wait *m = user;
    if (m->buffer == NULL)
        (void)network_try_receive(m->net, m->from, m->tag, &m->buffer, &m->bytes);
    return m->buffer != NULL || network_peer_lost(m->net);
}

void *gang_receive(struct caller *c, int place, unsigned kind, size_t *out_bytes)
{
    struct gang        *g = c->g;
    struct message_wait m = {c->w->rt->network, tag_of(g, kind), g->places->rank[place], NULL, 0};
    const uint64_t      since = observe_stamp();
    atomic_store_explicit(&g->awaited, m.from, memory_order_relaxed);
    while (!message_is_here(&m))
        if (!network_progress(m.net))
            execute_gang_rest(c->w, since, message_is_here, &m);
    atomic_store_explicit(&g->awaited, -1, memory_order_relaxed);
    if (m.buffer != NULL)
        observe_event(c->w->lane, OBSERVE_RECEIVE, g->number, (uint32_t)m.from, m.bytes);
    *out_bytes = m.bytes;
    return m.buffer;
}

bool gang_spread(struct caller *c, int root, const char *data, size_t bytes, const char **out)
{
    struct gang *g = c->g;
    const int    n = g->places->n_places, v = (g->places->place - root + n) % n;
    int          bit = 1;
    while (bit < n && !(v & bit))
        bit *= 2;
    if (v != 0) {
        size_t got;
        g->work.message = gang_receive(c, (v - bit + root) % n, GANG_SPREAD, &got);
        data = g->work.message;
        if (data == NULL)
            return false;
    }
    for (bit /= 2; bit > 0; bit /= 2) {
        if (v + bit >= n)
            continue;
        char *copy = gang_buffer(c, bytes);
        if (copy != NULL && bytes > 0)
            memcpy(copy, data, bytes);
        if (!gang_send(c, (v + bit + root) % n, GANG_SPREAD, copy, bytes))
            return false;
    }
    *out = data;
    return true;
}
