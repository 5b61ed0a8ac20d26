/* Ranks as threads of one process: a message is a pointer that changes hands.
 *
 * The hub outlives every rank, so that a late sender meets a mailbox and not freed memory.  Without a
 * seed a send delivers into the receiver's mailbox.  With one, messages go through a limbo at the
 * receiver: each is held back for a number of the receiver's progress calls that is a function of
 * (seed, sender, receiver, tag) alone, mostly a few, sometimes many; so messages overtake each other,
 * and a seed repeats the delays whatever the threads do.
 *
 * Invariant: a message is in exactly one of a limbo and a mailbox, or its receiver has it.
 * Cost: O(1) a send; O(held back) a progress call that finds any.
 * Threads: any, of any rank; a limbo has a lock, which progress only tries. */
#include "network/transports/transport.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

/* A rank as the hub keeps it. */
struct berth {
    struct mailbox mailbox;
    struct port    port;
    _Atomic int    alarm;
    _Atomic int    asked; /* somebody waits for it to complete more; partner: its port's `completed` */
    _Atomic uint64_t told; /* what it had completed when it last roused those */
    /* limbo */
    pthread_mutex_t  lock;
    struct message  *held;   /* under lock; newest first */
    uint64_t         tick;   /* under lock: progress calls */
    _Atomic uint32_t n_held; /* written under lock; read without, as a hint */
};

struct memory_hub {
    int             n_ranks;
    uint64_t        seed;
    struct berth   *berth; /* [n_ranks] */
    struct port   **port;  /* [n_ranks], into berth */
    pthread_mutex_t lock;
    enum alarm      raised;    /* under lock */
    char            text[768]; /* under lock: why */
};

/* A rank's end. */
struct memory_end {
    struct memory_hub *hub;
    int                rank;
};

struct memory_hub *memory_hub_create(int ranks, uint64_t seed)
{
    struct memory_hub *h = base_calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->n_ranks = ranks;
    h->seed = seed;
    pthread_mutex_init(&h->lock, NULL);
    h->port = base_calloc((size_t)ranks, sizeof *h->port);
    h->berth = base_aligned(64, (size_t)ranks * sizeof *h->berth);
    if (!h->port || !h->berth) {
        memory_hub_destroy(h);
        return NULL;
    }
    for (int r = 0; r < ranks; ++r) {
        mailbox_init(&h->berth[r].mailbox);
        pthread_mutex_init(&h->berth[r].lock, NULL);
        h->port[r] = &h->berth[r].port;
    }
    for (int r = 0; r < ranks; ++r)
        if (!stream_make_room(&h->berth[r].port.stream)) {
            memory_hub_destroy(h);
            return NULL;
        }
    return h;
}

static void free_list(struct message *m)
{
    for (struct message *next; m; m = next) {
        next = m->next;
        network_buffer_free(message_buffer(m));
    }
}

void memory_hub_destroy(struct memory_hub *h)
{
    if (!h)
        return;
    for (int r = 0; h->berth && h->port && r < h->n_ranks; ++r) {
        stream_done(&h->berth[r].port.stream);
        free_list(h->berth[r].held);
        mailbox_done(&h->berth[r].mailbox);
        pthread_mutex_destroy(&h->berth[r].lock);
    }
    pthread_mutex_destroy(&h->lock);
    base_free(h->berth);
    base_free(h->port);
    base_free(h);
}

/* ---- alarms ---- */

static void hub_raise(struct memory_hub *h, enum alarm alarm, const char *text)
{
    pthread_mutex_lock(&h->lock);
    if (h->raised == ALARM_NONE) {
        h->raised = alarm;
        snprintf(h->text, sizeof h->text, "%s", text);
        for (int r = 0; r < h->n_ranks; ++r)
            atomic_store_explicit(&h->berth[r].alarm, alarm, memory_order_release);
    }
    pthread_mutex_unlock(&h->lock);
    for (int r = 0; r < h->n_ranks; ++r)
        mailbox_ring(&h->berth[r].mailbox);
}

void memory_hub_kill(struct memory_hub *h, int rank)
{
    char text[64];
    snprintf(text, sizeof text, "rank %d of %d is gone", rank, h->n_ranks);
    atomic_store_explicit(&h->berth[rank].port.state, PORT_LOST, memory_order_release);
    hub_raise(h, ALARM_LOST, text);
}

static void memory_raise(void *self, enum alarm alarm, const char *text)
{
    const struct memory_end *e = self;
    hub_raise(e->hub, alarm, text);
}

static void memory_report(void *self, char *out, size_t bytes)
{
    const struct memory_end *e = self;
    pthread_mutex_lock(&e->hub->lock);
    snprintf(out, bytes, "%s", e->hub->text);
    pthread_mutex_unlock(&e->hub->lock);
}

/* ---- moving ---- */

/* Progress calls that a message is held back for: one in eight up to 64, the others up to 3. */
static uint64_t delay_of(const struct memory_hub *h, const struct message *m)
{
    uint64_t w = hash_word(h->seed, (uint64_t)m->from << 32 | (uint32_t)m->to);
    w = hash_word(hash_word(w, m->tag.number), (uint64_t)m->tag.kind_arg << 32 | m->tag.piece);
    return w % 8 == 0 ? (w >> 8) % 64 : (w >> 8) % 4;
}

static void hold_back(struct memory_hub *h, struct message *m)
{
    struct berth *b = &h->berth[m->to];
    pthread_mutex_lock(&b->lock);
    m->due = b->tick + 1 + delay_of(h, m);
    m->next = b->held;
    b->held = m;
    atomic_fetch_add_explicit(&b->n_held, 1, memory_order_relaxed);
    pthread_mutex_unlock(&b->lock);
    mailbox_ring(&b->mailbox);
}

static bool memory_send(void *self, struct message *m)
{
    const struct memory_end *e = self;
    struct memory_hub       *h = e->hub;
    const int to = atomic_load_explicit(&h->berth[m->to].port.state, memory_order_acquire);
    const int me = atomic_load_explicit(&h->berth[e->rank].port.state, memory_order_acquire);
    if (to != PORT_HERE || me == PORT_LOST) {
        network_buffer_free(message_buffer(m));
        return to != PORT_LOST && me != PORT_LOST;
    }
    if (h->seed != 0)
        hold_back(h, m);
    else
        network_deliver(&h->berth[m->to].mailbox, m);
    return true;
}

/* Take what is due out of the limbo, as a list.  Caller holds b->lock. */
static struct message *take_due(struct berth *b)
{
    struct message *due = NULL, **at = &b->held;
    ++b->tick;
    while (*at) {
        struct message *m = *at;
        if (m->due > b->tick) {
            at = &m->next;
            continue;
        }
        *at = m->next;
        m->next = due;
        due = m;
    }
    return due;
}

static bool memory_pending(void *self)
{
    const struct memory_end *e = self;
    return atomic_load_explicit(&e->hub->berth[e->rank].n_held, memory_order_acquire) > 0;
}

static bool memory_progress(void *self)
{
    const struct memory_end *e = self;
    struct berth            *b = &e->hub->berth[e->rank];
    if (!memory_pending(self) || pthread_mutex_trylock(&b->lock) != 0)
        return false;
    struct message *m = take_due(b);
    const bool      any = m != NULL;
    for (struct message *next; m; m = next) {
        next = m->next;
        network_deliver(&b->mailbox, m);
        /* After the put: who sees nothing held sees it in the mailbox. Partner: memory_pending. */
        atomic_fetch_sub_explicit(&b->n_held, 1, memory_order_release);
    }
    pthread_mutex_unlock(&b->lock);
    return any;
}

/* Ports are shared: whoever asks may have seen the newest already, and is roused once too often. */
static void memory_ask(void *self, int of)
{
    const struct memory_end *e = self;
    atomic_store(&e->hub->berth[of].asked, 1);
}

static void memory_completed(void *self, uint64_t number)
{
    const struct memory_end *e = self;
    struct berth            *b = &e->hub->berth[e->rank];
    if (atomic_load(&b->asked) == 0 || atomic_load_explicit(&b->told, memory_order_relaxed) >= number ||
        atomic_exchange(&b->asked, 0) == 0)
        return;
    atomic_store_explicit(&b->told, number, memory_order_relaxed);
    for (int r = 0; r < e->hub->n_ranks; ++r)
        if (r != e->rank)
            mailbox_ring(&e->hub->berth[r].mailbox);
}

static void memory_leave(void *self, char *out_why, size_t bytes)
{
    (void)out_why, (void)bytes;
    struct memory_end *e = self;
    struct berth      *b = &e->hub->berth[e->rank];
    int                here = PORT_HERE;
    atomic_compare_exchange_strong(&b->port.state, &here, PORT_LEFT);
    for (int r = 0; r < e->hub->n_ranks; ++r)
        mailbox_rouse(&e->hub->berth[r].mailbox);
    base_free(e);
}

static const struct transport memory = {
    .name = "memory",
    .send = memory_send,
    .progress = memory_progress,
    .pending = memory_pending,
    .raise = memory_raise,
    .report = memory_report,
    .leave = memory_leave,
    .completed = memory_completed,
    .ask = memory_ask,
};

struct network *network_create_memory(struct memory_hub *h, int rank)
{
    struct memory_end *e = base_calloc(1, sizeof *e);
    if (!e)
        return NULL;
    *e = (struct memory_end){h, rank};
    return network_create_on((struct transport_end){.call = &memory,
                                                    .self = e,
                                                    .rank = rank,
                                                    .n_ranks = h->n_ranks,
                                                    .mailbox = &h->berth[rank].mailbox,
                                                    .alarm = &h->berth[rank].alarm,
                                                    .port = h->port});
}
