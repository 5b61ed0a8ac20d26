/* Ranks as processes: the launcher and the bytes by a plug-in (wire.h), the rest here.
 *
 * A send gives the message to the wire; what comes goes into the mailbox, whole.  The wire has one
 * lock, which progress only tries: some thread of the rank that has nothing better to do moves the
 * bytes.  Who has looked long enough dozes: on the wire's descriptor and on one of its own, so that
 * both an arrival and a neighbour's wake-up end it.  Sends that wait for a receiver are looked after by
 * the heartbeat's thread when all others sit in long bodies.
 *
 * Ports of other ranks are copies that heartbeats refresh.  A rank has left when it said so and all it
 * sent before is here.
 *
 * After an alarm the wire is left alone: it may lead to ranks that are no more, which its library may take
 * for the end of the world (guard.h).
 *
 * Invariants: a message belongs to its sender, then the wire (until `sent`), or to the wire (from
 * `buffer`) and then the mailbox.  The alarm that was raised first stays.
 * Cost: O(1) a send; one try-lock and the wire's own a progress call.
 * Threads: any of the rank's, and the heartbeat's. */
#include "network/transports/transport.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/failure.h"
#include "network/beat.h"
#include "network/guard.h"
#include "network/join.h"
#include "network/transports/wire.h"

/* How long a rank that leaves waits for the others to do so, and for its own sends. */
enum { LEAVE_MS = 10000 };
/* Operations after which who sends here, and is sent nothing, is told how far this rank is. */
enum { TELL_EVERY = NETWORK_AHEAD / 4 };
/* How long heartbeats have to tell why the wire broke. */
enum { BROKEN_MS = 1000 };

struct processes {
    const struct wire *wire;
    void              *line;
    int                rank, n_ranks;
    struct mailbox     mailbox;
    struct port      **port;  /* [n_ranks] */
    struct port       *ports; /* [n_ranks] */
    struct beat       *beat;
    pthread_mutex_t    lock; /* around the wire */
    bool               open; /* under lock: the wire takes messages */
    /* any thread's */
    _Atomic int       alarm;
    _Atomic int64_t   sending, receiving;
    _Atomic uint64_t *sent_to, *got_from; /* [n_ranks] messages */
    _Atomic uint64_t *farewell;           /* [n_ranks] 1 + what a rank that left sent us; 0: not left */
    _Atomic uint64_t *told, *heard;       /* [n_ranks] what this rank had completed, as it last said so; the
                                             newest operation that a message from there belongs to */
    _Atomic uint64_t  tell_at;            /* look again from this operation on */
    _Atomic int      *asked;              /* [n_ranks] it wants to be told of what is completed; partner: the
                                             own port's `completed`, sequentially consistent */
    _Atomic int       any_asked;
    int               bell;               /* eventfd that ends a doze */
    _Atomic int       dozing;
    int64_t           broken_since_ms; /* the heartbeat's own: that the wire gave up; 0: not */
    pthread_mutex_t   text_lock;
    char              text[768]; /* under text_lock */
    void *compare_user;
    void (*_Atomic compare)(void *user, int peer); /* set once: release, partner: the heartbeat */
};

/* What travels before the payload. */
struct wire_head {
    struct network_tag tag;
    int32_t            from, to;
    uint64_t           bytes, completed;
};
/* A message's own fields are its head: nothing is put together to send it. */
_Static_assert(sizeof(struct wire_head) == WIRE_HEAD, "the head is what the wire carries");
_Static_assert(offsetof(struct message, completed) - offsetof(struct message, tag) ==
                   offsetof(struct wire_head, completed),
               "a message's fields stand as in the head");

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- alarms ---- */

static void raise_here(struct processes *p, enum alarm alarm, const char *text)
{
    int none = ALARM_NONE;
    pthread_mutex_lock(&p->text_lock);
    if (p->text[0] == 0)
        snprintf(p->text, sizeof p->text, "%s", text);
    pthread_mutex_unlock(&p->text_lock);
    if (!atomic_compare_exchange_strong(&p->alarm, &none, alarm))
        return;
    if (p->beat)
        beat_alarm(p->beat, alarm, text);
    mailbox_ring(&p->mailbox);
}

static void processes_raise(void *self, enum alarm alarm, const char *text)
{
    raise_here(self, alarm, text);
}

static void processes_report(void *self, char *out, size_t bytes)
{
    struct processes *p = self;
    pthread_mutex_lock(&p->text_lock);
    snprintf(out, bytes, "%s", p->text);
    pthread_mutex_unlock(&p->text_lock);
}

/* ---- arriving ---- */

/* Has a rank left, and is all it sent here? */
static void settle_farewell(struct processes *p, int rank)
{
    const uint64_t f = atomic_load_explicit(&p->farewell[rank], memory_order_acquire);
    int            here = PORT_HERE;
    if (f != 0 && atomic_load(&p->got_from[rank]) >= f - 1 &&
        atomic_compare_exchange_strong(&p->port[rank]->state, &here, PORT_LEFT))
        mailbox_rouse(&p->mailbox);
}

static void raise_to(_Atomic uint64_t *at, uint64_t value)
{
    uint64_t now = atomic_load_explicit(at, memory_order_relaxed);
    while (now < value && !atomic_compare_exchange_weak_explicit(at, &now, value, memory_order_release,
                                                                 memory_order_relaxed))
        ;
}

static void *up_buffer(void *user, const void *head, size_t bytes)
{
    struct processes *p = user;
    struct wire_head  h;
    memcpy(&h, head, sizeof h);
    void *buffer = network_buffer_create(bytes);
    if (!buffer) {
        char text[128];
        snprintf(text, sizeof text, "rank %d ran out of memory for %zu bytes from rank %d", p->rank,
                 bytes, h.from);
        raise_here(p, ALARM_LOST, text);
        return NULL;
    }
    atomic_fetch_add_explicit(&p->receiving, 1, memory_order_relaxed);
    return buffer;
}

static void up_arrived(void *user, const void *head, void *buffer, size_t bytes)
{
    struct processes *p = user;
    struct wire_head  h;
    struct message   *m = message_of_buffer(buffer);
    memcpy(&h, head, sizeof h);
    m->tag = h.tag;
    m->from = h.from;
    m->to = h.to;
    m->bytes = bytes;
    raise_to(&p->port[h.from]->completed, h.completed);
    raise_to(&p->heard[h.from], h.tag.number);
    const uint32_t kind = h.tag.kind_arg >> 16;
    if (kind == NETWORK_KIND_COMPLETED || kind == NETWORK_KIND_ASK) {
        network_buffer_free(buffer);
        if (kind == NETWORK_KIND_ASK) { /* answered by who does not hold the wire: processes_completed */
            atomic_store(&p->asked[h.from], 1);
            atomic_store(&p->any_asked, 1);
        }
        mailbox_ring(&p->mailbox); /* a send may have waited for it */
    } else {
        network_deliver(&p->mailbox, m);
    }
    atomic_fetch_add(&p->got_from[h.from], 1);
    atomic_fetch_sub_explicit(&p->receiving, 1, memory_order_release);
    if (atomic_load_explicit(&p->farewell[h.from], memory_order_relaxed) != 0)
        settle_farewell(p, h.from);
}

static void up_sent(void *user, void *token)
{
    struct processes *p = user;
    network_buffer_free(message_buffer(token));
    atomic_fetch_sub_explicit(&p->sending, 1, memory_order_release);
}

static void up_broken(void *user, int peer, const char *why)
{
    struct processes *p = user;
    char              text[200];
    if (peer >= 0)
        snprintf(text, sizeof text, "rank %d of %d cannot be sent to: %s", peer, p->n_ranks, why);
    else
        snprintf(text, sizeof text, "rank %d of %d could not receive: %s", p->rank, p->n_ranks, why);
    raise_here(p, ALARM_LOST, text);
}

/* ---- moving ---- */

static bool processes_send(void *self, struct message *m)
{
    struct processes *p = self;
    const int         to = m->to;
    if (to == p->rank) {
        network_deliver(&p->mailbox, m);
        return true;
    }
    const int state = atomic_load_explicit(&p->port[to]->state, memory_order_acquire);
    bool      sent = false;
    if (state == PORT_HERE) {
        atomic_fetch_add_explicit(&p->sending, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&p->sent_to[to], 1, memory_order_relaxed);
        m->completed = atomic_load_explicit(&p->port[p->rank]->completed, memory_order_relaxed);
        raise_to(&p->told[to], m->completed);
        pthread_mutex_lock(&p->lock);
        guard_enter();
        sent = p->open && p->wire->send(p->line, to, &m->tag, message_buffer(m), m->bytes, m);
        guard_leave();
        pthread_mutex_unlock(&p->lock);
        if (!sent)
            atomic_fetch_sub_explicit(&p->sending, 1, memory_order_relaxed);
        else if (atomic_load_explicit(&p->sending, memory_order_relaxed) > 0)
            beat_watch_sends(p->beat);
    }
    if (!sent)
        network_buffer_free(message_buffer(m));
    return sent || state == PORT_LEFT;
}

/* Send a message that is nothing but its head. */
static void send_word(struct processes *p, int to, unsigned kind)
{
    void *buffer = network_buffer_create(0);
    if (!buffer)
        return; /* the next time, or a heartbeat */
    struct message *m = message_of_buffer(buffer);
    m->tag = network_tag_of(0, kind, 0, 0);
    m->from = p->rank;
    m->to = to;
    m->bytes = 0;
    (void)processes_send(p, m);
}

/* Tell those who asked and were last told of less.  Who has been told of this much, in a message that is
 * under way, stays on the list until there is more. */
static void answer(struct processes *p)
{
    atomic_store(&p->any_asked, 0);
    const uint64_t number = atomic_load(&p->port[p->rank]->completed);
    bool           left = false;
    for (int r = 0; r < p->n_ranks; ++r) {
        if (atomic_load(&p->asked[r]) == 0)
            continue;
        if (number <= atomic_load(&p->told[r]))
            left = true;
        else if (atomic_exchange(&p->asked[r], 0) != 0)
            send_word(p, r, NETWORK_KIND_COMPLETED);
    }
    if (left)
        atomic_store(&p->any_asked, 1);
}

static void processes_ask(void *self, int of)
{
    send_word(self, of, NETWORK_KIND_ASK);
}

static void processes_completed(void *self, uint64_t number)
{
    struct processes *p = self;
    if (atomic_load(&p->any_asked) != 0)
        answer(p);
    uint64_t tell_at = atomic_load_explicit(&p->tell_at, memory_order_relaxed);
    if (number < tell_at ||
        !atomic_compare_exchange_strong(&p->tell_at, &tell_at, number + TELL_EVERY / 2))
        return;
    for (int r = 0; r < p->n_ranks; ++r) {
        const uint64_t told = atomic_load_explicit(&p->told[r], memory_order_relaxed);
        if (r != p->rank && number >= told + TELL_EVERY &&
            atomic_load_explicit(&p->heard[r], memory_order_relaxed) > told &&
            atomic_load_explicit(&p->port[r]->state, memory_order_relaxed) == PORT_HERE)
            send_word(p, r, NETWORK_KIND_COMPLETED);
    }
}

static bool processes_progress(void *self)
{
    struct processes *p = self;
    if (atomic_load_explicit(&p->alarm, memory_order_relaxed) != ALARM_NONE ||
        pthread_mutex_trylock(&p->lock) != 0)
        return false;
    bool moved = false;
    guard_enter();
    while (p->open && p->wire->progress(p->line))
        moved = true;
    guard_leave();
    pthread_mutex_unlock(&p->lock);
    return moved;
}

static bool processes_pending(void *self)
{
    struct processes *p = self;
    return atomic_load_explicit(&p->receiving, memory_order_acquire) > 0;
}

/* ---- dozing ---- */

static void processes_nudge(void *self)
{
    struct processes *p = self;
    const uint64_t    one = 1;
    if (atomic_load(&p->dozing) > 0 && write(p->bell, &one, sizeof one) < 0)
        return; /* it is full: rung already */
}

/* Can the wire's descriptor be waited on now?  No: there is something to move. */
static bool arm(struct processes *p)
{
    pthread_mutex_lock(&p->lock);
    guard_enter();
    const bool armed = p->open && p->wire->arm(p->line);
    guard_leave();
    pthread_mutex_unlock(&p->lock);
    return armed;
}

static void processes_doze(void *self, _Atomic uint32_t *word, uint32_t seen, int64_t ns)
{
    struct processes     *p = self;
    const struct timespec t = {ns / 1000000000, ns % 1000000000};
    struct pollfd         at[2] = {{.fd = p->wire->fd(p->line), .events = POLLIN},
                                   {.fd = p->bell, .events = POLLIN}};
    uint64_t              drained;
    atomic_fetch_add(&p->dozing, 1); /* partner: who changes the word and then nudges */
    if (atomic_load(word) == seen && arm(p) && ppoll(at, 2, &t, NULL) > 0 && at[1].revents != 0 &&
        read(p->bell, &drained, sizeof drained) < 0)
        drained = 0; /* another sleeper took it */
    atomic_fetch_sub(&p->dozing, 1);
}

/* ---- heartbeats ---- */

static void heard_lost(void *user, int rank, const char *text)
{
    struct processes *p = user;
    raise_here(p, ALARM_LOST, text); /* first: who leaves looks at states, then at the alarm */
    atomic_store_explicit(&p->port[rank]->state, PORT_LOST, memory_order_release);
}

static void heard_alarm(void *user, enum alarm alarm, const char *text)
{
    raise_here(user, alarm, text);
}

static void heard_farewell(void *user, int rank, uint64_t sent)
{
    struct processes *p = user;
    atomic_store_explicit(&p->farewell[rank], sent + 1, memory_order_release);
    settle_farewell(p, rank);
}

static void heard_stream(void *user, int rank)
{
    struct processes *p = user;
    void (*compare)(void *, int) = atomic_load_explicit(&p->compare, memory_order_acquire);
    if (compare)
        compare(p->compare_user, rank);
}

/* The heartbeat moves bytes: it must come back. */
static void move_guarded(struct processes *p)
{
    (void)GUARD_TRY(processes_progress(p));
}

/* Has the wire given up, and did nobody say why for a while? */
static bool is_broken(struct processes *p)
{
    if (guard_has_tripped() && p->broken_since_ms == 0)
        p->broken_since_ms = now_ms();
    return p->broken_since_ms != 0 && now_ms() - p->broken_since_ms > BROKEN_MS;
}

/* Each beat: who left, did all it sent come?  Do the launcher and the wire live? */
static void heard_clock(void *user)
{
    struct processes *p = user;
    char              text[96];
    for (int r = 0; r < p->n_ranks; ++r)
        if (atomic_load(&p->farewell[r]) != 0 && atomic_load(&p->port[r]->state) == PORT_HERE)
            move_guarded(p);
    const bool orphaned = p->wire->orphaned();
    if (atomic_load(&p->alarm) != ALARM_NONE || (!orphaned && !is_broken(p)))
        return;
    snprintf(text, sizeof text, "the %s of rank %d of %d is gone", orphaned ? "launcher" : "network",
             p->rank, p->n_ranks);
    raise_here(p, ALARM_LOST, text);
}

static bool help_sends(void *user, bool move)
{
    struct processes *p = user;
    if (move && atomic_load(&p->sending) > 0)
        move_guarded(p);
    return atomic_load(&p->sending) > 0;
}

static void processes_attach(void *self, void (*compare)(void *user, int peer), void *user)
{
    struct processes *p = self;
    p->compare_user = user;
    atomic_store_explicit(&p->compare, compare, memory_order_release);
}

static void processes_fetch_stream(void *self, int peer)
{
    struct processes *p = self;
    beat_ask(p->beat, peer);
}

static void processes_silence_set(void *self, int milliseconds)
{
    struct processes *p = self;
    beat_silence_set(p->beat, milliseconds);
}

/* ---- leaving ---- */

/* Of many ranks only some are heard; what the rest sent was waited for before. */
static bool all_left(const struct processes *p)
{
    for (int r = 0; r < p->n_ranks; ++r)
        if (beat_hears(p->beat, r) && atomic_load(&p->port[r]->state) == PORT_HERE)
            return false;
    return true;
}

/* Our sends are out, and nobody needs us to move bytes any more. */
static bool is_over(struct processes *p)
{
    pthread_mutex_lock(&p->lock);
    guard_enter();
    const bool flushed = p->wire->flushed(p->line);
    guard_leave();
    pthread_mutex_unlock(&p->lock);
    return flushed && atomic_load(&p->sending) == 0 && all_left(p);
}

static void part(struct processes *p)
{
    const int64_t until = now_ms() + LEAVE_MS;
    beat_leave(p->beat, p->sent_to);
    while (atomic_load(&p->alarm) == ALARM_NONE && !is_over(p) && now_ms() < until)
        if (!processes_progress(p))
            usleep(50);
}

static void processes_free(struct processes *p)
{
    const struct wire *wire = p->wire;
    if (p->line) {
        pthread_mutex_lock(&p->lock);
        p->open = false;
        (void)GUARD_TRY(guard_enter(); wire->close(p->line));
        pthread_mutex_unlock(&p->lock);
    }
    beat_destroy(p->beat);
    wire->part();
    if (p->bell >= 0)
        close(p->bell);
    mailbox_done(&p->mailbox);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->text_lock);
    for (int r = 0; p->ports && r < p->n_ranks; ++r)
        stream_done(&p->ports[r].stream);
    base_free(p->ports);
    base_free(p->port);
    base_free((void *)p->sent_to);
    base_free((void *)p->got_from);
    base_free((void *)p->farewell);
    base_free((void *)p->told);
    base_free((void *)p->heard);
    base_free((void *)p->asked);
    base_free(p);
}

static void processes_leave(void *self, char *out_why, size_t bytes)
{
    part(self);
    if (out_why)
        processes_report(self, out_why, bytes);
    processes_free(self);
}

static const struct transport processes = {
    .name = "processes",
    .send = processes_send,
    .progress = processes_progress,
    .pending = processes_pending,
    .raise = processes_raise,
    .report = processes_report,
    .leave = processes_leave,
    .doze = processes_doze,
    .nudge = processes_nudge,
    .attach = processes_attach,
    .fetch_stream = processes_fetch_stream,
    .completed = processes_completed,
    .ask = processes_ask,
    .silence_set = processes_silence_set,
};

/* ---- joining ---- */

static void *counts_create(int n)
{
    return base_calloc((size_t)n, sizeof(uint64_t));
}

static struct processes *processes_create(const struct wire *wire, struct wire_place place)
{
    static const struct wire_up up = {up_buffer, up_arrived, up_sent, up_broken};
    char                        why[WIRE_ERROR] = "";
    struct processes           *p = base_aligned(64, sizeof *p);
    if (!p) {
        wire->part();
        return NULL;
    }
    p->wire = wire;
    p->rank = place.rank;
    p->n_ranks = place.n_ranks;
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->text_lock, NULL);
    mailbox_init(&p->mailbox);
    p->mailbox.nudge = processes_nudge;
    p->mailbox.nudge_user = p;
    p->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    p->ports = base_aligned(64, (size_t)p->n_ranks * sizeof *p->ports);
    p->port = base_calloc((size_t)p->n_ranks, sizeof *p->port);
    p->sent_to = counts_create(p->n_ranks);
    p->got_from = counts_create(p->n_ranks);
    p->farewell = counts_create(p->n_ranks);
    p->told = counts_create(p->n_ranks);
    p->heard = counts_create(p->n_ranks);
    p->asked = base_calloc((size_t)p->n_ranks, sizeof *p->asked);
    for (int r = 0; p->port && p->ports && r < p->n_ranks; ++r)
        p->port[r] = &p->ports[r];
    const struct beat_up hear = {p,            heard_lost,  heard_alarm, heard_farewell,
                                 heard_stream, heard_clock, help_sends};
    if (p->port && p->ports)
        p->beat = beat_create(p->rank, p->n_ranks, p->port, &hear);
    p->line = wire->open(p->n_ranks, &up, p, why);
    p->open = p->line != NULL;
    const bool keeps = p->ports && stream_make_room(&p->ports[p->rank].stream);
    if (p->line && p->beat && keeps && p->sent_to && p->got_from && p->farewell && p->told && p->heard &&
        p->asked && p->bell >= 0)
        return p;
    if (why[0])
        (void)TSR_FAIL(ENVIRONMENT, "%s", why);
    else
        (void)TSR_FAIL(NO_MEMORY, "for the network of rank %d of %d", p->rank, p->n_ranks);
    processes_free(p);
    return NULL;
}

/* A card: where heartbeats go, what this process may use, and the wire's address behind it. */
static char *card_make(struct processes *p, const struct join_cores *cores, size_t *out_bytes)
{
    size_t           bytes = 0;
    const void      *address = p->wire->address(p->line, &bytes);
    struct beat_card beat;
    char            *card = base_calloc(1, sizeof beat + sizeof *cores + bytes);
    if (!card)
        return NULL;
    beat_card(p->beat, &beat);
    memcpy(card, &beat, sizeof beat);
    memcpy(card + sizeof beat, cores, sizeof *cores);
    memcpy(card + sizeof beat + sizeof *cores, address, bytes);
    *out_bytes = sizeof beat + sizeof *cores + bytes;
    return card;
}

/* Who else may run on the cores this process may use? */
static void note_sharer(struct join_place *place, const struct beat_card *mine,
                        const struct beat_card *theirs, const struct join_cores *a,
                        const struct join_cores *b, bool before)
{
    bool meet = false;
    for (size_t i = 0; i < sizeof a->bits / sizeof a->bits[0]; ++i)
        meet = meet || (a->bits[i] & b->bits[i]) != 0;
    if (!meet || mine->host != theirs->host)
        return;
    ++place->sharers;
    place->index += before;
}

static tsr_status cards_read(struct processes *p, const struct wire_cards *c,
                             const struct join_cores *cores, struct join_place *place)
{
    struct beat_card *beat = base_calloc((size_t)p->n_ranks, sizeof *beat);
    if (!beat)
        return TSR_FAIL(NO_MEMORY, "for the addresses of %d ranks", p->n_ranks);
    tsr_status   s = TSR_OK;
    const size_t head = sizeof *beat + sizeof *cores;
    for (int r = 0; r < p->n_ranks && s == TSR_OK; ++r) {
        if (c->bytes[r] < head)
            s = TSR_FAIL(ENVIRONMENT, "rank %d of %d runs another version of Tessera", r, p->n_ranks);
        else if (!p->wire->meet(p->line, r, (char *)c->data[r] + head, c->bytes[r] - head))
            s = TSR_FAIL(NO_MEMORY, "for the address of rank %d", r);
        else
            memcpy(&beat[r], c->data[r], sizeof *beat);
    }
    for (int r = 0; r < p->n_ranks && s == TSR_OK; ++r) {
        struct join_cores theirs;
        memcpy(&theirs, (char *)c->data[r] + sizeof *beat, sizeof theirs);
        note_sharer(place, &beat[p->rank], &beat[r], cores, &theirs, r < p->rank);
    }
    if (s == TSR_OK)
        s = beat_start(p->beat, beat);
    if (s == TSR_OK)
        s = beat_meet(p->beat);
    base_free(beat);
    return s;
}

static tsr_status meet_others(struct processes *p, const struct wire_place *at,
                              const struct join_cores *cores, struct join_place *place)
{
    struct wire_cards       cards = {0};
    char                    why[WIRE_ERROR] = "";
    size_t                  bytes = 0;
    char                   *card = card_make(p, cores, &bytes);
    if (!card)
        return TSR_FAIL(NO_MEMORY, "for an address");
    const bool met = p->wire->exchange(at, card, bytes, &cards, why);
    base_free(card);
    if (!met)
        return TSR_FAIL(ENVIRONMENT, "rank %d of %d cannot meet the others: %s", p->rank,
                        p->n_ranks, why);
    const tsr_status s = cards_read(p, &cards, cores, place);
    p->wire->cards_done(at, &cards);
    return s;
}

struct network *network_create_processes(const struct wire *wire, const struct join_cores *cores,
                                         int patience_ms, struct join_place *out)
{
    struct wire_place place = {.patience_ms = patience_ms};
    char              why[WIRE_ERROR] = "";
    if (!wire->join(&place, why)) {
        (void)TSR_FAIL(ENVIRONMENT, "the launcher does not answer: %s", why);
        return NULL;
    }
    if (place.n_ranks == 1) {
        wire->part();
        *out = (struct join_place){.sharers = 1};
        return network_create_loopback();
    }
    guard_install();
    struct processes *p = processes_create(wire, place);
    if (!p)
        return NULL;
    *out = (struct join_place){0};
    if (meet_others(p, &place, cores, out) != TSR_OK) {
        processes_free(p);
        return NULL;
    }
    return network_create_on((struct transport_end){.call = &processes,
                                                    .self = p,
                                                    .rank = p->rank,
                                                    .n_ranks = p->n_ranks,
                                                    .mailbox = &p->mailbox,
                                                    .alarm = &p->alarm,
                                                    .port = p->port});
}
