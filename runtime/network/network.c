/* A rank's network: messages in and out, waiting, and what ends a run.
 *
 * What crosses ranks stands in the transport's end (mailbox, ports, alarm); this file adds the rank's
 * own counts and the way to wait: look, do a little of the rank's other work, spin for about what a
 * wake-up would cost, then sleep on the mailbox's bell.  Sleeps are bounded, because work of this
 * rank that becomes ready does not ring.
 *
 * Threads: as network.h says.  Nothing here holds a lock of its own. */
#include "network/inside.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/failure.h"

enum {
    SPIN_NS = 20000, /* FACTS: waking a thread costs 25 to 33 us */
    SLEEP_LEAST_NS = 50000,
    SLEEP_MOST_NS = 1000000,
    COMPARE_EVERY_CALLS = 1024,
};
static const int64_t COMPARE_EVERY_NS = 1000000000;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- making ---- */

struct network *network_create_on(struct transport_end end)
{
    struct network *net = base_calloc(1, sizeof *net);
    if (!net) {
        end.call->leave(end.self, NULL, 0);
        return NULL;
    }
    net->end = end;
    pthread_mutex_init(&net->together_lock, NULL);
    net->together = base_calloc((size_t)end.n_ranks, sizeof(struct message *));
    if (!ahead_create(net) || !net->together) {
        ahead_done(net);
        together_done(net);
        base_free(net);
        end.call->leave(end.self, NULL, 0);
        return NULL;
    }
    atomic_init(&net->compared_at_ns, now_ns());
    if (end.call->attach)
        end.call->attach(end.self, network_peer_compare, net);
    return net;
}

int network_rank(const struct network *net)
{
    return net->end.rank;
}

int network_rank_count(const struct network *net)
{
    return net->end.n_ranks;
}

bool network_is_simulated(const struct network *net)
{
    return net->end.call->imagined;
}

void network_hooks_set(struct network *net, network_idle *idle, network_wake *wake, void *user)
{
    net->idle = idle;
    net->idle_user = user;
    mailbox_hook(net->end.mailbox, wake, user);
    mailbox_ring(net->end.mailbox); /* for what came before */
}

void network_doze(struct network *net, _Atomic uint32_t *word, uint32_t seen, int microseconds)
{
    const struct timespec limit = {microseconds / 1000000, (microseconds % 1000000) * 1000L};
    if (net->end.call->doze)
        net->end.call->doze(net->end.self, word, seen, (int64_t)microseconds * 1000);
    else
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &limit, NULL, 0);
}

void network_nudge(struct network *net)
{
    if (net->end.call->nudge)
        net->end.call->nudge(net->end.self);
}

void network_rouse(struct network *net)
{
    mailbox_rouse(net->end.mailbox);
}

/* ---- messages ---- */

void *network_buffer_create(size_t bytes)
{
    if (bytes > SIZE_MAX - 2 * MESSAGE_ALIGN)
        return NULL;
    char *block = base_realloc(NULL, bytes + 2 * MESSAGE_ALIGN, 1);
    if (!block)
        return NULL;
    const uintptr_t payload =
        ((uintptr_t)block + 2 * MESSAGE_ALIGN - 1) / MESSAGE_ALIGN * MESSAGE_ALIGN;
    void *buffer = block + (payload - (uintptr_t)block);
    message_of_buffer(buffer)->block = block;
    return buffer;
}

tsr_status network_send(struct network *net, int to, struct network_tag tag, void *buffer,
                        size_t bytes)
{
    struct message *m = message_of_buffer(buffer);
    m->tag = tag;
    m->from = net->end.rank;
    m->to = to;
    m->bytes = bytes;
    if (!net->end.call->send(net->end.self, m)) {
        TSR_TRY(network_check(net));
        return TSR_FAIL(PEER_LOST, "rank %d of %d is gone", to, net->end.n_ranks);
    }
    atomic_fetch_add_explicit(&net->sent, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&net->sent_bytes, (int64_t)bytes, memory_order_relaxed);
    return TSR_OK;
}

bool network_try_receive(struct network *net, int from, struct network_tag tag, void **out_buffer,
                         size_t *out_bytes)
{
    struct message *m = mailbox_take(net->end.mailbox, from, tag);
    if (!m)
        return false;
    atomic_fetch_add_explicit(&net->received, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&net->received_bytes, (int64_t)m->bytes, memory_order_relaxed);
    *out_buffer = message_buffer(m);
    *out_bytes = m->bytes;
    return true;
}

/* Now and then, whoever moves messages looks whether the ranks still run the same program: one that
 * waits for a message nobody will send finds out so. */
static void compare_sometimes(struct network *net)
{
    if (net->end.n_ranks == 1 || net->end.call->imagined ||
        atomic_fetch_add_explicit(&net->n_progress, 1, memory_order_relaxed) % COMPARE_EVERY_CALLS)
        return;
    int64_t       before = atomic_load_explicit(&net->compared_at_ns, memory_order_relaxed);
    const int64_t now = now_ns();
    if (now - before < COMPARE_EVERY_NS ||
        !atomic_compare_exchange_strong_explicit(&net->compared_at_ns, &before, now,
                                                 memory_order_relaxed, memory_order_relaxed))
        return;
    network_streams_compare(net);
}

bool network_progress(struct network *net)
{
    compare_sometimes(net);
    return net->end.call->progress(net->end.self);
}

bool network_pending(const struct network *net)
{
    return net->end.call->pending(net->end.self);
}

uint64_t network_arrivals(const struct network *net)
{
    return atomic_load_explicit(&net->end.mailbox->arrivals, memory_order_acquire);
}

/* ---- state of the run ---- */

/* Where the program is: its newest entry of the stream. */
static tsr_site last_site(const struct network *net)
{
    struct stream_entry last;
    const bool          any = stream_entry_last(&net->end.port[net->end.rank]->stream, &last);
    return any ? last.at : (tsr_site){"tsr_start()", "tsr_start", 0};
}

tsr_status network_destroy(struct network *net)
{
    char why[768] = "";
    if (!net)
        return TSR_OK;
    const bool     was_over = network_peer_lost(net);
    const tsr_site at = last_site(net);
    mailbox_hook(net->end.mailbox, NULL, NULL);
    net->end.call->leave(net->end.self, why, sizeof why);
    ahead_done(net);
    together_done(net);
    base_free(net);
    return was_over || !why[0] ? TSR_OK : failure_at(at, PEER_LOST, "%s", why);
}

static tsr_status alarm_status(struct network *net, enum alarm alarm)
{
    char           text[768];
    const tsr_site at = last_site(net);
    net->end.call->report(net->end.self, text, sizeof text);
    return alarm == ALARM_DIVERGED ? failure_at(at, DIVERGED, "%s", text)
           : alarm == ALARM_MEMORY ? failure_at(at, NO_MEMORY, "%s", text)
                                   : failure_at(at, PEER_LOST, "%s", text);
}

tsr_status network_check(struct network *net)
{
    const int alarm = atomic_load_explicit(net->end.alarm, memory_order_acquire);
    return __builtin_expect(alarm == ALARM_NONE, 1) ? TSR_OK : alarm_status(net, alarm);
}

bool network_peer_lost(const struct network *net)
{
    return atomic_load_explicit(net->end.alarm, memory_order_acquire) != ALARM_NONE;
}

void network_silence_set(struct network *net, int milliseconds)
{
    if (net->end.call->silence_set)
        net->end.call->silence_set(net->end.self, milliseconds);
}

tsr_status network_short_of_memory(struct network *net, const char *what)
{
    char text[160];
    if (net->end.n_ranks > 1) {
        snprintf(text, sizeof text, "rank %d of %d found no memory for %s", net->end.rank,
                 net->end.n_ranks, what);
        net->end.call->raise(net->end.self, ALARM_MEMORY, text);
        return network_check(net);
    }
    return TSR_FAIL(NO_MEMORY, "no memory for %s", what);
}

void network_completed_set(struct network *net, uint64_t number)
{
    _Atomic uint64_t *mine = &net->end.port[net->end.rank]->completed;
    uint64_t          now = atomic_load_explicit(mine, memory_order_relaxed);
    while (now < number && !atomic_compare_exchange_weak(mine, &now, number))
        ;
    if (net->end.call->completed)
        net->end.call->completed(net->end.self, now < number ? number : now);
}

bool network_may_send(struct network *net, int to, uint64_t number)
{
    const uint64_t completed = network_completed(net, to);
    if (number <= completed + 1 ||
        (number <= completed + NETWORK_AHEAD && ahead_has_room(net, to, completed)))
        return true;
    return network_peer_lost(net) ||
           atomic_load_explicit(&net->end.port[to]->state, memory_order_acquire) != PORT_HERE;
}

uint64_t network_completed(const struct network *net, int rank)
{
    return atomic_load_explicit(&net->end.port[rank]->completed, memory_order_acquire);
}

/* ---- waiting ---- */

/* How long a thread has found nothing to do. */
struct patience {
    int64_t since_ns, sleep_ns;
};

/* Nothing to do: spin at first, then sleep until the bell or for a while.  `bell` as of before the
 * caller looked for the last time. */
static void patience_rest(struct patience *p, struct network *net, uint32_t bell)
{
    const int64_t now = now_ns();
    if (p->since_ns == 0)
        p->since_ns = now;
    const bool spin = now - p->since_ns < SPIN_NS || network_pending(net);
    struct mailbox *box = net->end.mailbox;
    if (!spin && net->end.call->doze)
        net->end.call->doze(net->end.self, &box->bell, bell, p->sleep_ns);
    mailbox_sleep_end(box, bell, spin || net->end.call->doze ? 0 : p->sleep_ns);
    if (spin)
        sched_yield(); /* 0.3 us alone; with more ranks than cores, what lets the others come */
    if (!spin)
        p->sleep_ns = p->sleep_ns < SLEEP_MOST_NS ? 2 * p->sleep_ns : SLEEP_MOST_NS;
}

/* Has `from` left, and what it sent before come in?  Then what is not in the mailbox never comes. */
static bool peer_is_done(struct network *net, int from)
{
    return atomic_load_explicit(&net->end.port[from]->state, memory_order_acquire) == PORT_LEFT &&
           !network_pending(net);
}

/* We wait for one who left: nobody else needs to wait for us. */
static tsr_status peer_missed(struct network *net, int from)
{
    char text[96];
    snprintf(text, sizeof text, "rank %d of %d has ended its part of the run", from,
             net->end.n_ranks);
    net->end.call->raise(net->end.self, ALARM_LOST, text);
    return network_check(net);
}

static bool do_other_work(struct network *net)
{
    return network_progress(net) || (net->idle && net->idle(net->idle_user));
}

tsr_status network_receive(struct network *net, int from, struct network_tag tag, void **out_buffer,
                           size_t *out_bytes)
{
    const struct patience fresh = {0, SLEEP_LEAST_NS};
    struct patience       p = fresh;
    for (;;) {
        const bool done = peer_is_done(net, from);
        if (network_try_receive(net, from, tag, out_buffer, out_bytes))
            return TSR_OK;
        TSR_TRY(network_check(net));
        if (done)
            return peer_missed(net, from);
        if (do_other_work(net)) {
            p = fresh;
            continue;
        }
        const uint32_t bell = mailbox_sleep_begin(net->end.mailbox);
        if (network_try_receive(net, from, tag, out_buffer, out_bytes)) {
            mailbox_sleep_end(net->end.mailbox, bell, 0);
            return TSR_OK;
        }
        patience_rest(&p, net, bell);
    }
}
