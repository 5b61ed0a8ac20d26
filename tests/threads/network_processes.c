/* Ranks as processes, without processes: the transport, the heartbeats and their sockets over a wire
 * that is a queue in this process, so that sanitizers see all of it but UCX. */
#include <sched.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "network/join.h"
#include "network/transports/wire.h"
#include "network_ranks.h"

enum { KIND = 5, MESSAGES = 400 };

/* ---- a wire of queues ---- */

struct packet {
    struct packet *next;
    char           head[WIRE_HEAD];
    size_t         bytes;
    char           data[];
};

struct fake_line {
    int             rank, fd;
    struct wire_up  up;
    void           *user;
    pthread_mutex_t lock;
    struct packet  *first, **last; /* under lock */
    void           *held[64];      /* sends that say so later: the rank's own */
    int             n_held, n_sent;
};

static struct {
    int               n_ranks;
    pthread_barrier_t meet;
    char             *card[MOST_TEST_RANKS];
    size_t            bytes[MOST_TEST_RANKS];
    struct fake_line *line[MOST_TEST_RANKS];
    tsr_status        left[MOST_TEST_RANKS]; /* how leaving went */
    atomic_bool       orphaned;
} world;

static _Thread_local int this_rank;

static bool fake_join(struct wire_place *out, char *error)
{
    (void)error;
    *out = (struct wire_place){this_rank, world.n_ranks};
    return true;
}

static bool fake_exchange(const struct wire_place *at, const void *mine, size_t bytes,
                          struct wire_cards *out, char *error)
{
    (void)error;
    world.card[at->rank] = malloc(bytes);
    memcpy(world.card[at->rank], mine, bytes);
    world.bytes[at->rank] = bytes;
    pthread_barrier_wait(&world.meet);
    out->data = calloc((size_t)at->n_ranks, sizeof *out->data);
    out->bytes = calloc((size_t)at->n_ranks, sizeof *out->bytes);
    for (int r = 0; r < at->n_ranks; ++r) {
        out->data[r] = malloc(world.bytes[r]);
        memcpy(out->data[r], world.card[r], world.bytes[r]);
        out->bytes[r] = world.bytes[r];
    }
    pthread_barrier_wait(&world.meet);
    free(world.card[at->rank]);
    return true;
}

static void fake_cards_done(const struct wire_place *at, struct wire_cards *c)
{
    for (int r = 0; r < at->n_ranks; ++r)
        free(c->data[r]);
    free(c->data);
    free(c->bytes);
}

static void fake_part(void)
{
}

static void *fake_open(int n_ranks, const struct wire_up *up, void *user, char *error)
{
    struct fake_line *l = calloc(1, sizeof *l);
    (void)n_ranks, (void)error;
    *l = (struct fake_line){.rank = this_rank, .up = *up, .user = user};
    l->fd = eventfd(0, EFD_NONBLOCK);
    l->last = &l->first;
    pthread_mutex_init(&l->lock, NULL);
    world.line[this_rank] = l;
    return l;
}

static const void *fake_address(void *self, size_t *out_bytes)
{
    const struct fake_line *l = self;
    *out_bytes = sizeof l->rank;
    return &l->rank;
}

static bool fake_meet(void *self, int rank, const void *address, size_t bytes)
{
    int said = -1;
    (void)self;
    memcpy(&said, address, bytes < sizeof said ? bytes : sizeof said);
    return said == rank;
}

/* One in three says later that it was sent, as a rendezvous does. */
static bool fake_send(void *self, int to, const void *head, const void *buffer, size_t bytes,
                      void *token)
{
    struct fake_line *l = self, *there = world.line[to];
    struct packet    *p = malloc(sizeof *p + bytes);
    const uint64_t    one = 1;
    *p = (struct packet){.bytes = bytes};
    memcpy(p->head, head, WIRE_HEAD);
    memcpy(p->data, buffer, bytes);
    pthread_mutex_lock(&there->lock);
    *there->last = p;
    there->last = &p->next;
    pthread_mutex_unlock(&there->lock);
    if (write(there->fd, &one, sizeof one) < 0)
        return false;
    if (l->n_sent++ % 3 == 0 && l->n_held < 64)
        l->held[l->n_held++] = token;
    else
        l->up.sent(l->user, token);
    return true;
}

static bool fake_progress(void *self)
{
    struct fake_line *l = self;
    pthread_mutex_lock(&l->lock);
    struct packet *p = l->first;
    l->first = NULL;
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    const bool any = p != NULL || l->n_held > 0;
    for (struct packet *next; p; p = next) {
        void *buffer = l->up.buffer(l->user, p->head, p->bytes);
        memcpy(buffer, p->data, p->bytes);
        l->up.arrived(l->user, p->head, buffer, p->bytes);
        next = p->next;
        free(p);
    }
    while (l->n_held > 0)
        l->up.sent(l->user, l->held[--l->n_held]);
    return any;
}

static int fake_fd(void *self)
{
    const struct fake_line *l = self;
    return l->fd;
}

static bool fake_arm(void *self)
{
    struct fake_line *l = self;
    uint64_t          drained;
    if (read(l->fd, &drained, sizeof drained) < 0)
        drained = 0;
    pthread_mutex_lock(&l->lock);
    const bool nothing = l->first == NULL;
    pthread_mutex_unlock(&l->lock);
    return nothing && l->n_held == 0;
}

static bool fake_flushed(void *self)
{
    const struct fake_line *l = self;
    return l->n_held == 0;
}

/* The line itself stays: a late sender may still look at it. */
static void fake_close(void *self)
{
    (void)fake_progress(self);
}

static bool fake_orphaned(void)
{
    return atomic_load(&world.orphaned);
}

static const struct wire fake = {
    .version = WIRE_VERSION,
    .name = "fake",
    .join = fake_join,
    .exchange = fake_exchange,
    .cards_done = fake_cards_done,
    .orphaned = fake_orphaned,
    .part = fake_part,
    .open = fake_open,
    .address = fake_address,
    .meet = fake_meet,
    .send = fake_send,
    .progress = fake_progress,
    .fd = fake_fd,
    .arm = fake_arm,
    .flushed = fake_flushed,
    .close = fake_close,
};

/* ---- ranks ---- */

static void *process_main(void *user)
{
    struct test_rank  *t = user;
    struct join_cores  cores = {{3}};
    struct join_place  place = {0};
    this_rank = t->rank;
    t->net = network_create_processes(&fake, &cores, 0, &place);
    WRONG_UNLESS(t, t->net != NULL);
    if (!t->net)
        return NULL;
    WRONG_UNLESS(t, place.sharers == t->n_ranks && place.index == t->rank);
    WRONG_UNLESS(t, network_rank(t->net) == t->rank && network_rank_count(t->net) == t->n_ranks);
    t->body(t);
    world.left[t->rank] = network_destroy(t->net);
    return NULL;
}

static int processes(const char *name, int n_ranks, void (*body)(struct test_rank *t), void *user)
{
    struct test_rank rank[MOST_TEST_RANKS];
    pthread_t        thread[MOST_TEST_RANKS];
    char             wrong[1024] = "";
    world.n_ranks = n_ranks;
    pthread_barrier_init(&world.meet, NULL, (unsigned)n_ranks);
    for (int r = 0; r < n_ranks; ++r) {
        rank[r] = (struct test_rank){NULL, NULL, r, n_ranks, 0, user, body, ""};
        pthread_create(&thread[r], NULL, process_main, &rank[r]);
    }
    for (int r = 0; r < n_ranks; ++r) {
        pthread_join(thread[r], NULL);
        if (!wrong[0])
            memcpy(wrong, rank[r].wrong, sizeof wrong);
    }
    for (int r = 0; r < n_ranks; ++r) {
        for (struct packet *p = world.line[r]->first, *next; p; p = next) { /* came too late */
            next = p->next;
            free(p);
        }
        close(world.line[r]->fd);
        pthread_mutex_destroy(&world.line[r]->lock);
        free(world.line[r]);
    }
    pthread_barrier_destroy(&world.meet);
    return test_verdict(name, wrong);
}

/* ---- what is tested ---- */

static void send_number(struct test_rank *t, int to, uint64_t number, size_t words)
{
    uint64_t *b = network_buffer_create(words * 8);
    for (size_t i = 0; i < words; ++i)
        b[i] = number * 31 + i + (uint64_t)t->rank;
    WRONG_UNLESS(t, network_send(t->net, to, network_tag_of(number, KIND, 1, 2), b, words * 8) ==
                        TSR_OK);
}

/* Take it when it comes, dozing between looks. */
static void take_number(struct test_rank *t, int from, uint64_t number, size_t words)
{
    const struct network_tag tag = network_tag_of(number, KIND, 1, 2);
    _Atomic uint32_t         word = 0;
    void                    *b;
    size_t                   bytes;
    while (!network_try_receive(t->net, from, tag, &b, &bytes)) {
        if (!network_progress(t->net))
            network_doze(t->net, &word, 0, 2000);
        if (network_peer_lost(t->net)) {
            WRONG_UNLESS(t, network_check(t->net) == TSR_OK);
            return;
        }
    }
    const uint64_t *got = b;
    WRONG_UNLESS(t, bytes == words * 8);
    for (size_t i = 0; i < words; ++i)
        WRONG_UNLESS(t, got[i] == number * 31 + i + (uint64_t)from);
    network_buffer_free(b);
}

static void exchange_all(struct test_rank *t)
{
    for (uint64_t n = 0; n < MESSAGES; ++n) {
        for (int r = 0; r < t->n_ranks; ++r)
            send_number(t, r, n, n % 50);
        for (int r = 0; r < t->n_ranks && n >= 20; ++r)
            take_number(t, r, n - 20, (n - 20) % 50);
    }
    for (uint64_t n = MESSAGES - 20; n < MESSAGES; ++n)
        for (int r = 0; r < t->n_ranks; ++r)
            take_number(t, r, n, n % 50);
    WRONG_UNLESS(t, network_counts(t->net).unmatched == 0);
}

static void facts(struct test_rank *t)
{
    int all[MOST_TEST_RANKS] = {0}, mine = 100 + t->rank;
    for (uint64_t n = 0; n < 50; ++n) {
        WRONG_UNLESS(t, network_allgather(t->net, n, &mine, sizeof mine, all) == TSR_OK);
        for (int r = 0; r < t->n_ranks; ++r)
            WRONG_UNLESS(t, all[r] == 100 + r);
        int word = t->rank == 1 ? 7 : 0;
        WRONG_UNLESS(t, network_broadcast(t->net, n, 1, &word, sizeof word) == TSR_OK && word == 7);
    }
    WRONG_UNLESS(t, network_barrier(t->net, 99) == TSR_OK);
}

/* A number changed under a sleeper, and a nudge: it wakes long before its time. */
struct sleeper {
    struct network  *net;
    _Atomic uint32_t word;
    _Atomic int      asleep;
};

static void *sleep_main(void *user)
{
    struct sleeper *s = user;
    atomic_store(&s->asleep, 1);
    while (atomic_load(&s->word) == 0)
        network_doze(s->net, &s->word, 0, 3000000);
    return NULL;
}

static void nudged(struct test_rank *t)
{
    struct sleeper s = {t->net, 0, 0};
    pthread_t      thread;
    pthread_create(&thread, NULL, sleep_main, &s);
    while (!atomic_load(&s.asleep))
        sched_yield();
    test_sleep_ms(20);
    const double began = test_seconds(CLOCK_MONOTONIC);
    atomic_store(&s.word, 1);
    network_nudge(t->net);
    pthread_join(thread, NULL);
    WRONG_UNLESS(t, test_seconds(CLOCK_MONOTONIC) - began < 2);
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
}

/* Rank 1 leaves after it sent; what it sent still comes; what it did not send is not waited for. */
static void farewell(struct test_rank *t)
{
    int word = 0;
    if (t->rank == 1) {
        send_number(t, 0, 5, 9);
        return;
    }
    if (t->rank != 0)
        return;
    test_sleep_ms(50);
    take_number(t, 1, 5, 9);
    WRONG_UNLESS(t, network_broadcast(t->net, 1, 1, &word, sizeof word) == TSR_PEER_LOST);
    WRONG_UNLESS(t, strstr(tsr_error_text(), "rank 1 of") && strstr(tsr_error_text(), "ended"));
}

/* How far each has come travels with the beats. */
static void completed(struct test_rank *t)
{
    network_completed_set(t->net, 1000 + (uint64_t)t->rank);
    for (int r = 0; r < t->n_ranks; ++r)
        while (network_completed(t->net, r) != 1000 + (uint64_t)r && !network_peer_lost(t->net))
            test_sleep_ms(5);
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
}

/* One rank notes something else: both lines are named on all. */
static void differing(struct test_rank *t)
{
    const int odd = *(const int *)t->user;
    for (int i = 0; i < 150; ++i) {
        const bool     other = t->rank == 1 && i == odd;
        const tsr_site at = {other ? "wrong.c" : "right.c", "program", other ? 77 : 12};
        network_stream_note(t->net, (uint64_t)i, other ? 1 : 2, at);
    }
    const double until = test_seconds(CLOCK_MONOTONIC) + 1.4;
    while (!network_peer_lost(t->net) && test_seconds(CLOCK_MONOTONIC) < until)
        test_sleep_ms(2);
    WRONG_UNLESS(t, network_check(t->net) == TSR_DIVERGED);
    WRONG_UNLESS(t, strstr(tsr_error_text(), "wrong.c:77") && strstr(tsr_error_text(), "right.c:12"));
    char entry[32];
    snprintf(entry, sizeof entry, "first at entry %d ", odd);
    WRONG_UNLESS(t, strstr(tsr_error_text(), entry));
}

/* A rank that raises an alarm is heard by all, at once. */
static void alarmed(struct test_rank *t)
{
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    if (t->rank == 1)
        test_sleep_ms(30);
    int        word = 0;
    tsr_status s = TSR_OK;
    /* rank 1 comes with another operation: the others wait in a fact, and are told */
    if (t->rank == 1)
        s = network_broadcast(t->net, 5, 1, &word, sizeof word);
    while (s == TSR_OK)
        s = network_broadcast(t->net, 4, 1, &word, sizeof word);
    WRONG_UNLESS(t, s == TSR_DIVERGED);
}

/* The launcher goes: nobody else would end the run. */
static void orphaned(struct test_rank *t)
{
    tsr_status s = TSR_OK;
    if (t->rank == 0)
        atomic_store(&world.orphaned, true);
    for (uint64_t n = 1; s == TSR_OK; ++n) {
        s = network_barrier(t->net, n);
        test_sleep_ms(1);
    }
    WRONG_UNLESS(t, s == TSR_PEER_LOST && strstr(tsr_error_text(), "launcher"));
}

/* Rank 0 leaves, and hears while it waits for the others that the run is over. */
static void left_behind(struct test_rank *t)
{
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    if (t->rank == 0)
        return;
    test_sleep_ms(100);
    WRONG_UNLESS(t, network_short_of_memory(t->net, "a test") == TSR_NO_MEMORY);
}

static int leaving_fails(void)
{
    const int failed = processes("left_behind", 2, left_behind, NULL);
    char      wrong[1024] = "";
    if (world.left[0] != TSR_PEER_LOST || world.left[1] != TSR_OK)
        snprintf(wrong, sizeof wrong, "leaving gave %d and %d", world.left[0], world.left[1]);
    return failed + test_verdict("leaving_tells_of_a_loss", wrong);
}

int main(void)
{
    const int early = 3, late = 130;
    int       failed = 0;
    alarm(120);
    failed += processes("exchange_2", 2, exchange_all, NULL);
    failed += processes("exchange_5", 5, exchange_all, NULL);
    failed += processes("facts", 4, facts, NULL);
    failed += processes("nudged", 2, nudged, NULL);
    failed += processes("farewell", 3, farewell, NULL);
    failed += processes("completed", 3, completed, NULL);
    failed += processes("differing_early", 2, differing, (void *)&early);
    failed += processes("differing_late", 3, differing, (void *)&late);
    failed += processes("alarmed", 3, alarmed, NULL);
    failed += leaving_fails();
    failed += processes("orphaned", 3, orphaned, NULL); /* the last: launchers do not come back */
    return failed;
}
