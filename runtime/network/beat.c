/* network/beat.c - the thread of the heartbeat: its sockets, its clock, its end.
 *
 * A loop around poll(2): greet, beat every BEAT_EVERY_MS, hear, and judge who is silent for too long.
 * A connection that ends without a farewell is a process that ended; silence is one that was stopped,
 * or a broken cable.  When this thread itself was away (the process was stopped, the machine slept),
 * it forgives one round of silence, for its own ears were closed.
 *
 * After an alarm the program has BEAT_GRACE_MS to end by itself: its calls that wait return a status,
 * and it may say what it likes.  Then the process is ended here, with a message: no body that runs for
 * an hour keeps a dead run alive.
 *
 * Anybody on the network may connect: who has not said within BEAT_HELLO_MS which rank of this run it is
 * is hung up on, and no more than FRESH_MOST are let in before they say it.
 *
 * Invariants: the lower rank of a pair listens, the higher connects.  One alarm a run: the first.
 * Cost: O(ranks heard) a beat, nothing else of the process waits for it. */
#include "network/beat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/deadline.h"
#include "base/failure.h"
#include "base/hash.h"
#include "network/beat_inside.h"

enum { HELP_US = 200, WATCH_MS = 2, RETRY_MS = 50, OWN_ABSENCE_MS = 1000, LINGER_MS = 200 };
enum { ASK_MS = 1000 };

struct hello_frame {
    uint64_t nonce;
    uint64_t rank;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the card ---- */

/* Equal for processes that reach each other by 127.0.0.1: one boot, one network namespace. */
static uint64_t host_word(void)
{
    char        boot[64] = {0};
    struct stat net = {0};
    const int   fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, boot, sizeof boot - 1) < 0)
            boot[0] = 0;
        close(fd);
    }
    (void)stat("/proc/self/ns/net", &net);
    uint64_t w = hash_word((uint64_t)net.st_ino, (uint64_t)net.st_dev);
    for (size_t i = 0; boot[i]; ++i)
        w = hash_word(w, (unsigned char)boot[i]);
    return w;
}

static void card_addresses(struct beat_card *c)
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *i = all; i && c->n_addresses < BEAT_ADDRESSES; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
            continue;
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)i->ifa_addr;
        if (ntohl(in->sin_addr.s_addr) >> 24 != 127)
            c->address[c->n_addresses++] = in->sin_addr.s_addr;
    }
    freeifaddrs(all);
}

static void card_make(struct beat_card *c, uint16_t port)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    *c = (struct beat_card){.host = host_word(), .port = port, .pid = (uint32_t)getpid()};
    c->nonce = hash_word((uint64_t)t.tv_nsec ^ (uint64_t)t.tv_sec << 20, c->pid);
    card_addresses(c);
    (void)gethostname(c->name, sizeof c->name - 1);
}

/* ---- making ---- */

static bool hears(int me, int other, int n)
{
    if (me == other)
        return false;
    if (n <= BEAT_ALL)
        return true;
    const int away = (other - me + n) % n;
    for (int step = 1; step < n; step *= 2)
        if (away == step || away == n - step)
            return true;
    return false;
}

struct beat *beat_create(int rank, int n_ranks, struct port *const *port, const struct beat_up *up)
{
    struct beat *b = base_calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->rank = rank;
    b->n_ranks = n_ranks;
    b->port = port;
    b->up = *up;
    b->silence_ms = BEAT_SILENCE_MS;
    pthread_mutex_init(&b->lock, NULL);
    b->has_condition = deadline_condition_init(&b->came);
    uint16_t number = 0;
    b->listener = link_listen(&number);
    b->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    b->peer = base_calloc((size_t)n_ranks, sizeof *b->peer);
    b->card = base_calloc((size_t)n_ranks, sizeof *b->card);
    b->sent = base_calloc((size_t)n_ranks, sizeof *b->sent);
    if (!b->has_condition || b->listener < 0 || b->wake < 0 || !b->peer || !b->card || !b->sent) {
        beat_destroy(b);
        return NULL;
    }
    for (int r = 0; r < n_ranks; ++r) {
        b->peer[r].heard_of = hears(rank, r, n_ranks);
        b->peer[r].link = (struct beat_link){.fd = -1, .rank = r};
    }
    card_make(&b->mine, number);
    return b;
}

bool beat_hears(const struct beat *b, int rank)
{
    return b->peer[rank].heard_of;
}

void beat_card(const struct beat *b, struct beat_card *out)
{
    *out = b->mine;
}

static void wake(struct beat *b)
{
    const uint64_t one = 1;
    if (write(b->wake, &one, sizeof one) < 0)
        return; /* it is full: awake already */
}

void beat_destroy(struct beat *b)
{
    if (!b)
        return;
    if (b->has_thread) {
        atomic_store(&b->stop, 1);
        wake(b);
        pthread_join(b->thread, NULL);
    }
    for (int r = 0; b->peer && r < b->n_ranks; ++r)
        link_close(&b->peer[r].link);
    for (int i = 0; i < b->n_fresh; ++i)
        link_close(&b->fresh[i].link);
    for (size_t i = 0; i < b->n_strings; ++i)
        base_free(b->string[i]);
    if (b->listener >= 0)
        close(b->listener);
    if (b->wake >= 0)
        close(b->wake);
    bytes_done(&b->frame);
    pthread_mutex_destroy(&b->lock);
    if (b->has_condition)
        pthread_cond_destroy(&b->came);
    base_free(b->string);
    base_free(b->sent);
    base_free(b->card);
    base_free(b->peer);
    base_free(b);
}

/* ---- connecting ---- */

static void hello(struct beat *b, struct beat_peer *p)
{
    const struct hello_frame f = {b->card[0].nonce, (uint64_t)b->rank};
    p->state = LINK_OPEN;
    (void)link_write(&p->link, FRAME_HELLO, &f, sizeof f);
    b->next_ms = 0; /* greet at once */
}

static void link_failed(struct beat *b, struct beat_peer *p)
{
    link_close(&p->link);
    p->state = LINK_NONE;
    p->retry_at_ms = b->now_ms + RETRY_MS;
    ++p->tries;
}

static void connect_some(struct beat *b)
{
    for (int r = 0; r < b->rank; ++r) {
        struct beat_peer *p = &b->peer[r];
        if (!p->heard_of || p->state != LINK_NONE || b->now_ms < p->retry_at_ms)
            continue;
        p->link.fd = link_connect(b, &b->card[r], p->tries);
        if (p->link.fd >= 0)
            p->state = LINK_CONNECTING;
        else
            link_failed(b, p);
    }
}

/* Who comes when FRESH_MOST have not said who they are waits in the kernel's queue. */
static void accept_some(struct beat *b)
{
    while (b->n_fresh < FRESH_MOST) {
        const int fd = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        b->fresh[b->n_fresh++] = (struct fresh_link){{.fd = fd, .rank = -1}, b->now_ms};
    }
}

/* Strangers that do not say who they are, in as long as they may take, are no ranks. */
static void close_mute(struct beat *b)
{
    for (int i = b->n_fresh - 1; i >= 0; --i) {
        if (b->now_ms - b->fresh[i].since_ms < BEAT_HELLO_MS)
            continue;
        link_close(&b->fresh[i].link);
        b->fresh[i] = b->fresh[--b->n_fresh];
    }
}

/* A newcomer said who it is: its rank, or -1: nobody of this run. */
static int admit(struct beat *b, struct beat_link *l)
{
    const char        *data;
    size_t             bytes;
    struct hello_frame f;
    if (link_frame(l, &data, &bytes) != FRAME_HELLO || bytes != sizeof f)
        return -1;
    memcpy(&f, data, sizeof f);
    if (f.nonce != b->card[0].nonce || f.rank >= (uint64_t)b->n_ranks ||
        b->peer[f.rank].state != LINK_NONE)
        return -1;
    link_drop(l);
    struct beat_peer *p = &b->peer[f.rank];
    p->link = *l;
    p->link.rank = (int)f.rank;
    p->state = LINK_OPEN;
    b->next_ms = 0;
    p->last_ms = b->now_ms;
    return (int)f.rank;
}

/* ---- hearing ---- */

/* What was read of a rank's words; false: they make no sense. */
static bool hear_frames(struct beat *b, int rank)
{
    struct beat_peer *p = &b->peer[rank];
    const char       *data;
    size_t            bytes;
    int               type;
    while ((type = link_frame(&p->link, &data, &bytes)) > 0) {
        peer_hear(b, p, rank, type, data, bytes);
        link_drop(&p->link);
    }
    return type == 0;
}

static void hear(struct beat *b, int rank)
{
    struct beat_peer *p = &b->peer[rank];
    const bool        more = link_read(&p->link);
    if (hear_frames(b, rank) && more)
        return;
    link_close(&p->link);
    p->state = LINK_CLOSED;
    if (!p->has_left)
        peer_lost(b, rank, "has ended without tsr_finish()");
}

static void hear_fresh(struct beat *b, int i)
{
    struct beat_link *l = &b->fresh[i].link;
    const char       *data;
    size_t            bytes;
    const bool        more = link_read(l);
    if (more && link_frame(l, &data, &bytes) == 0)
        return;
    const int rank = more ? admit(b, l) : -1;
    if (rank < 0)
        link_close(l);
    b->fresh[i] = b->fresh[--b->n_fresh];
    if (rank >= 0)
        (void)hear_frames(b, rank); /* what came with its name */
}

/* ---- the clock ---- */

static void judge_silence(struct beat *b)
{
    const int limit = atomic_load(&b->silence_ms);
    char      text[96];
    for (int r = 0; r < b->n_ranks && limit > 0; ++r) {
        struct beat_peer *p = &b->peer[r];
        const int64_t     silent = b->now_ms - p->last_ms;
        if (!p->heard_of || p->is_lost || peer_is_done(b, r) ||
            silent < (p->has_spoken ? limit : BEAT_GREETING_MS))
            continue;
        snprintf(text, sizeof text,
                 p->has_left     ? "left, and what it sent was not here %.1f s later"
                 : p->has_spoken ? "gave no sign of life for %.1f s"
                                 : "could not be reached in %.1f s",
                 (double)silent * 1e-3);
        peer_lost(b, r, text);
    }
}

/* This thread was away: nobody else is to blame for what it did not hear. */
static void forgive(struct beat *b, int64_t before)
{
    if (b->now_ms - before <= OWN_ABSENCE_MS)
        return;
    for (int r = 0; r < b->n_ranks; ++r)
        b->peer[r].last_ms = b->now_ms;
    for (int i = 0; i < b->n_fresh; ++i)
        b->fresh[i].since_ms = b->now_ms;
}

static void end_process(struct beat *b)
{
    fprintf(stderr, "tessera: rank %d of %d ends: %s\n", b->rank, b->n_ranks, b->text);
    fflush(stderr);
    _exit(1);
}

static void tick(struct beat *b)
{
    pthread_mutex_lock(&b->lock);
    const bool alarm = b->alarm != ALARM_NONE, farewell = b->farewell;
    pthread_mutex_unlock(&b->lock);
    if (alarm && !b->alarm_told) {
        b->alarm_told = true;
        b->end_at_ms = b->now_ms + BEAT_GRACE_MS;
        peer_tell_alarm(b);
    }
    if (b->alarm_told && b->now_ms >= b->end_at_ms)
        end_process(b);
    if (farewell && !b->farewell_told) {
        b->farewell_told = true;
        peer_tell_farewell(b);
    }
    connect_some(b);
    close_mute(b);
    peer_ask_streams(b);
    if (b->now_ms < b->next_ms)
        return;
    peer_tell_all(b);
    b->up.clock(b->up.user);
    judge_silence(b);
    b->next_ms = b->now_ms + BEAT_EVERY_MS;
}

/* ---- the loop ---- */

struct watch {
    struct pollfd *at;
    int            n;
};

static void watch_add(struct watch *w, int fd, short events)
{
    w->at[w->n++] = (struct pollfd){.fd = fd, .events = events};
}

static void watch_all(struct beat *b, struct watch *w)
{
    w->n = 0;
    watch_add(w, b->wake, POLLIN);
    watch_add(w, b->listener, b->n_fresh < FRESH_MOST ? POLLIN : 0);
    for (int i = 0; i < b->n_fresh; ++i)
        watch_add(w, b->fresh[i].link.fd, POLLIN);
    for (int r = 0; r < b->n_ranks; ++r) {
        const struct beat_peer *p = &b->peer[r];
        if (p->state == LINK_CONNECTING)
            watch_add(w, p->link.fd, POLLOUT);
        else if (p->state == LINK_OPEN)
            watch_add(w, p->link.fd, (short)(POLLIN | (p->link.out.n > 0 ? POLLOUT : 0)));
    }
}

static void serve_peer(struct beat *b, int rank, short events)
{
    struct beat_peer *p = &b->peer[rank];
    if (events == 0)
        return;
    if (p->state == LINK_CONNECTING) {
        if (link_connected(p->link.fd))
            hello(b, p);
        else
            link_failed(b, p);
        return;
    }
    if (events & POLLOUT)
        (void)link_flush(&p->link);
    if (events & (POLLIN | POLLHUP | POLLERR))
        hear(b, rank);
}

/* What poll said, in the order of watch_all, whose states have not changed since. */
static void serve_all(struct beat *b, const struct watch *w)
{
    const int n_fresh = b->n_fresh;
    uint64_t  drained;
    int       at = 2 + n_fresh;
    if (w->at[0].revents && read(b->wake, &drained, sizeof drained) < 0)
        drained = 0;
    for (int r = 0; r < b->n_ranks; ++r)
        if (b->peer[r].state == LINK_CONNECTING || b->peer[r].state == LINK_OPEN)
            serve_peer(b, r, w->at[at++].revents);
    for (int i = n_fresh - 1; i >= 0; --i)
        if (w->at[2 + i].revents)
            hear_fresh(b, i);
    if (w->at[1].revents)
        accept_some(b);
}

/* Until the next beat, or for as long as sends may wait. */
static struct timespec patience(struct beat *b)
{
    if (b->helps > 0)
        return (struct timespec){0, HELP_US * 1000L};
    const int64_t next = b->next_ms > b->now_ms ? b->next_ms - b->now_ms : 0;
    const int64_t ms = b->now_ms < b->watch_until_ms && next > WATCH_MS ? WATCH_MS : next;
    return (struct timespec){ms / 1000, ms % 1000 * 1000000L};
}

/* Sends that were waiting at the last look still are: move them.  The first look only counts, for
 * most are gone by the second. */
static void help(struct beat *b)
{
    if (atomic_exchange_explicit(&b->sends_wait, 0, memory_order_relaxed))
        b->watch_until_ms = b->now_ms + BEAT_EVERY_MS;
    if (b->now_ms < b->watch_until_ms && b->up.help(b->up.user, b->helps > 0)) {
        ++b->helps;
        b->watch_until_ms = b->now_ms + BEAT_EVERY_MS;
    } else {
        b->helps = 0;
    }
}

static bool watch_grow(struct beat *b, struct watch *w, int *capacity)
{
    const int need = 2 + b->n_fresh + b->n_ranks;
    if (need <= *capacity)
        return true;
    struct pollfd *more = base_realloc(w->at, (size_t)need + 16, sizeof *more);
    if (!more)
        return false;
    w->at = more;
    *capacity = need + 16;
    return true;
}

/* Close so that the alarm arrives: a socket closed with words unread takes back what it said last. */
static void linger(struct beat *b)
{
    const int64_t until = now_ms() + LINGER_MS;
    for (int r = 0; r < b->n_ranks; ++r)
        if (b->peer[r].state == LINK_OPEN)
            link_end(&b->peer[r].link);
    for (int open = 1; open > 0 && now_ms() < until;) {
        open = 0;
        for (int r = 0; r < b->n_ranks; ++r) {
            struct beat_peer *p = &b->peer[r];
            if (p->state == LINK_OPEN && link_read(&p->link))
                ++open;
            else
                p->state = LINK_CLOSED;
        }
        if (open > 0)
            usleep(1000);
    }
}

static void *beat_main(void *user)
{
    struct beat *b = user;
    struct watch w = {0};
    int          capacity = 0;
    b->now_ms = now_ms();
    for (int r = 0; r < b->n_ranks; ++r)
        b->peer[r].last_ms = b->now_ms;
    while (!atomic_load(&b->stop)) {
        tick(b);
        if (!watch_grow(b, &w, &capacity))
            break;
        watch_all(b, &w);
        const struct timespec t = patience(b);
        const int             n = ppoll(w.at, (nfds_t)w.n, &t, NULL);
        const int64_t         before = b->now_ms;
        b->now_ms = now_ms();
        forgive(b, before);
        if (n > 0)
            serve_all(b, &w);
        help(b);
    }
    tick(b); /* a farewell on its way */
    if (b->alarm_told)
        linger(b);
    base_free(w.at);
    return NULL;
}

tsr_status beat_start(struct beat *b, const struct beat_card *cards)
{
    memcpy(b->card, cards, (size_t)b->n_ranks * sizeof *cards);
    sigset_t all, before;
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int error = pthread_create(&b->thread, NULL, beat_main, b);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return TSR_FAIL(ENVIRONMENT, "no thread for heartbeats: %s", strerror(error));
    b->has_thread = true;
    return TSR_OK;
}

/* The lowest rank not heard yet, or -1. */
static int not_heard(const struct beat *b)
{
    for (int r = 0; r < b->n_ranks; ++r)
        if (b->peer[r].heard_of && !atomic_load(&b->peer[r].has_spoken))
            return r;
    return -1;
}

tsr_status beat_meet(struct beat *b)
{
    const struct timespec until = deadline_in_ms(BEAT_GREETING_MS);
    int                   missing = -1;
    pthread_mutex_lock(&b->lock);
    while (b->alarm == ALARM_NONE && (missing = not_heard(b)) >= 0)
        if (pthread_cond_timedwait(&b->came, &b->lock, &until) != 0)
            break;
    const bool alarm = b->alarm != ALARM_NONE; /* whoever waits next is told why */
    pthread_mutex_unlock(&b->lock);
    if (missing < 0 || alarm)
        return TSR_OK;
    return TSR_FAIL(ENVIRONMENT, "rank %d of %d (process %u on %.*s) could not be reached", missing,
                    b->n_ranks, b->card[missing].pid, (int)sizeof b->card[missing].name,
                    b->card[missing].name);
}

/* ---- from other threads ---- */

void beat_alarm(struct beat *b, enum alarm alarm, const char *text)
{
    pthread_mutex_lock(&b->lock);
    if (b->alarm == ALARM_NONE) {
        b->alarm = alarm;
        snprintf(b->text, sizeof b->text, "%s", text);
    }
    pthread_mutex_unlock(&b->lock);
    wake(b);
}

void beat_leave(struct beat *b, const _Atomic uint64_t *sent)
{
    pthread_mutex_lock(&b->lock);
    for (int r = 0; r < b->n_ranks; ++r)
        b->sent[r] = atomic_load_explicit(&sent[r], memory_order_relaxed);
    b->farewell = true;
    pthread_mutex_unlock(&b->lock);
    wake(b);
}

void beat_ask(struct beat *b, int peer)
{
    const struct timespec until = deadline_in_ms(ASK_MS);
    int                   none = 0;
    (void)atomic_compare_exchange_strong(&b->peer[peer].wanted, &none, 1);
    wake(b);
    pthread_mutex_lock(&b->lock);
    while (atomic_load(&b->peer[peer].wanted) != 2)
        if (pthread_cond_timedwait(&b->came, &b->lock, &until) != 0)
            break;
    pthread_mutex_unlock(&b->lock);
}

void beat_watch_sends(struct beat *b)
{
    if (!atomic_load_explicit(&b->sends_wait, memory_order_relaxed))
        atomic_store_explicit(&b->sends_wait, 1, memory_order_relaxed);
}

void beat_silence_set(struct beat *b, int milliseconds)
{
    atomic_store(&b->silence_ms, milliseconds);
}
