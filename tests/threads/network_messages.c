/* Messages between ranks as threads: all arrive once, whole, whenever they are asked for, with delays
 * and without, several threads a rank sending and receiving. */
#include <sched.h>
#include <stdatomic.h>

#include "network_ranks.h"

enum { MESSAGES = 1500, THREADS = 2, KIND = 3 };

static size_t bytes_of(uint64_t number)
{
    return number % 7 == 0 ? 0 : 8 * (number % 40) + 8;
}

/* Every thread of a rank sends its share of messages to every rank, itself too, and takes its share of
 * those that come, a hundred behind. */
struct sharer {
    struct test_rank *t;
    int               share;
};

static void send_one(struct test_rank *t, int to, uint64_t number)
{
    const size_t bytes = bytes_of(number);
    uint64_t    *b = network_buffer_create(bytes);
    WRONG_UNLESS(t, b && (uintptr_t)b % 64 == 0);
    for (size_t i = 0; i < bytes / 8; ++i)
        b[i] = number * 1000003 + i + (uint64_t)t->rank;
    const struct network_tag tag = network_tag_of(number, KIND, (unsigned)to, 9);
    WRONG_UNLESS(t, network_send(t->net, to, tag, b, bytes) == TSR_OK);
}

static void receive_one(struct test_rank *t, int from, uint64_t number)
{
    const struct network_tag tag = network_tag_of(number, KIND, (unsigned)t->rank, 9);
    void                    *b;
    size_t                   bytes;
    for (uint64_t seen = 0; !network_try_receive(t->net, from, tag, &b, &bytes);) {
        network_progress(t->net);
        if (seen == network_arrivals(t->net) && !network_pending(t->net))
            sched_yield();
        seen = network_arrivals(t->net);
    }
    WRONG_UNLESS(t, bytes == bytes_of(number));
    const uint64_t *word = b;
    for (size_t i = 0; i < bytes / 8; ++i)
        WRONG_UNLESS(t, word[i] == number * 1000003 + i + (uint64_t)from);
    network_buffer_free(b);
}

static void *share_main(void *user)
{
    struct sharer *s = user;
    const int      n = s->t->n_ranks;
    for (int i = s->share; i < MESSAGES + 100; i += THREADS) {
        for (int q = 0; q < n && i < MESSAGES; ++q)
            send_one(s->t, (s->t->rank + q) % n, (uint64_t)i);
        for (int q = 0; q < n && i >= 100; ++q)
            receive_one(s->t, q, (uint64_t)(i - 100));
    }
    return NULL;
}

static void all_arrive(struct test_rank *t)
{
    pthread_t     thread[THREADS];
    struct sharer sharer[THREADS];
    for (int i = 0; i < THREADS; ++i) {
        sharer[i] = (struct sharer){t, i};
        pthread_create(&thread[i], NULL, share_main, &sharer[i]);
    }
    for (int i = 0; i < THREADS; ++i)
        pthread_join(thread[i], NULL);
    const struct network_counts c = network_counts(t->net);
    WRONG_UNLESS(t, c.sent == MESSAGES * t->n_ranks && c.received == MESSAGES * t->n_ranks);
    WRONG_UNLESS(t, c.unmatched == 0 && c.sent_bytes == c.received_bytes);
}

/* With a seed, messages overtake each other.  (Without one the order of looking and arriving decides
 * what is seen first, so nothing is said of it; all must arrive.) */
static void overtaking(struct test_rank *t)
{
    enum { N = 200 };
    uint64_t first_of_late = 0;
    if (t->rank == 0) {
        for (uint64_t i = 0; i < N; ++i)
            send_one(t, 1, i);
        return;
    }
    bool taken[N] = {false};
    for (int n = 0; n < N;) {
        network_progress(t->net);
        for (uint64_t i = 0; i < N; ++i) {
            void  *b;
            size_t bytes;
            if (taken[i] ||
                !network_try_receive(t->net, 0, network_tag_of(i, KIND, 1, 9), &b, &bytes))
                continue;
            network_buffer_free(b);
            taken[i] = true;
            ++n;
            for (uint64_t k = 0; k < i; ++k)
                first_of_late += !taken[k];
        }
        sched_yield();
    }
    WRONG_UNLESS(t, t->seed == 0 || first_of_late > 0);
}

/* The hook is called for what arrives, and a message nobody takes is named. */
static void count_wake(void *user)
{
    atomic_fetch_add((_Atomic int *)user, 1);
}

static void hooks(struct test_rank *t)
{
    _Atomic int wakes = 0;
    network_hooks_set(t->net, NULL, count_wake, &wakes);
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    const int before = atomic_load(&wakes);
    send_one(t, 1 - t->rank, 4242);
    WRONG_UNLESS(t, before >= 1);
    char text[2048] = "";
    while (!strstr(text, "operation 4242, kind 3")) {
        network_progress(t->net);
        FILE *out = fmemopen(text, sizeof text, "w");
        network_print(t->net, out);
        fclose(out);
        sched_yield();
    }
    WRONG_UNLESS(t, strstr(text, "held back") || network_counts(t->net).unmatched > 0);
    WRONG_UNLESS(t, network_barrier(t->net, 2) == TSR_OK);
}

/* Messages of one operation that go together: one is sent, all arrive, and they may be freed in any
 * order. */
static void put_together(struct test_rank *t)
{
    enum { N = 5, ROUNDS = 60 };
    const int to = (t->rank + 1) % t->n_ranks, from = (t->rank + t->n_ranks - 1) % t->n_ranks;
    for (uint64_t round = 0; round < ROUNDS; ++round) {
        void *got[N];
        for (unsigned k = 0; k < N; ++k) {
            const unsigned piece = (k * 3 + (unsigned)round) % N; /* given in any order */
            char          *b = network_buffer_create(piece * 40);
            WRONG_UNLESS(t, b != NULL);
            memset(b, (int)(piece + round), piece * 40);
            WRONG_UNLESS(t, network_send_together(t->net, to, network_tag_of(round, KIND, piece, 1), b,
                                                  piece * 40, N) == TSR_OK);
        }
        for (unsigned k = 0; k < N; ++k) {
            size_t bytes = 0;
            while (!network_try_receive(t->net, from, network_tag_of(round, KIND, k, 1), &got[k], &bytes)) {
                network_progress(t->net);
                sched_yield();
            }
            WRONG_UNLESS(t, bytes == k * 40 && (uintptr_t)got[k] % 64 == 0);
            for (size_t i = 0; i < bytes; ++i)
                WRONG_UNLESS(t, ((char *)got[k])[i] == (char)(k + round));
        }
        for (unsigned k = 0; k < N; ++k)
            network_buffer_free(got[(k * 2 + (unsigned)round) % N]);
    }
    const struct network_counts c = network_counts(t->net);
    WRONG_UNLESS(t, c.unmatched == 0 && c.sent == ROUNDS * (t->n_ranks == 1 ? N : 1));
}

/* One of several that never all come is no leak. */
static void left_alone(struct test_rank *t)
{
    WRONG_UNLESS(t, network_send_together(t->net, 1 - t->rank, network_tag_of(1, KIND, 0, 1),
                                          network_buffer_create(64), 64, 2) == TSR_OK);
    WRONG_UNLESS(t, network_counts(t->net).sent == 0);
    WRONG_UNLESS(t, network_barrier(t->net, 2) == TSR_OK);
}

/* A rank that is far behind may not be sent to, one that has left or completed more may. */
static void far_behind(struct test_rank *t)
{
    const int other = 1 - t->rank;
    WRONG_UNLESS(t, network_may_send(t->net, other, NETWORK_AHEAD));
    WRONG_UNLESS(t, !network_may_send(t->net, other, NETWORK_AHEAD + 1));
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    network_completed_set(t->net, 10);
    WRONG_UNLESS(t, network_barrier(t->net, 2) == TSR_OK);
    WRONG_UNLESS(t, network_may_send(t->net, other, NETWORK_AHEAD + 10));
    WRONG_UNLESS(t, !network_may_send(t->net, other, NETWORK_AHEAD + 11));
    WRONG_UNLESS(t, network_barrier(t->net, 3) == TSR_OK);
}

/* Bytes under way to a rank that has not completed what they are for: past the bound only the next operation's
 * go, and no others until it has. */
static void bytes_ahead(struct test_rank *t)
{
    const int other = 1 - t->rank;
    void     *buffer;
    size_t    bytes;
    network_ahead_set(t->net, 1000);
    for (uint64_t n = 1; n <= 3; ++n) {
        WRONG_UNLESS(t, network_may_send(t->net, other, 4));
        WRONG_UNLESS(t, network_send_together(t->net, other, network_tag_of(n, KIND, 0, 0),
                                              network_buffer_create(300), 300, 1) == TSR_OK);
    }
    WRONG_UNLESS(t, !network_may_send(t->net, other, 4) && !network_may_send(t->net, other, 2));
    WRONG_UNLESS(t, network_may_send(t->net, other, 1));
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    for (uint64_t n = 1; n <= 3; ++n) {
        struct network_counts c = network_counts(t->net);
        WRONG_UNLESS(t, c.unmatched_bytes >= 300 * (4 - (int64_t)n) && c.unmatched_peak_bytes >= 900);
        while (!network_try_receive(t->net, other, network_tag_of(n, KIND, 0, 0), &buffer, &bytes))
            (void)network_progress(t->net);
        network_buffer_free(buffer);
    }
    WRONG_UNLESS(t, network_barrier(t->net, 2) == TSR_OK);
    WRONG_UNLESS(t, !network_may_send(t->net, other, 4));
    WRONG_UNLESS(t, network_barrier(t->net, 3) == TSR_OK);
    network_completed_set(t->net, 1);
    network_completed_set(t->net, 0); /* says nothing new */
    WRONG_UNLESS(t, network_barrier(t->net, 4) == TSR_OK);
    WRONG_UNLESS(t, network_may_send(t->net, other, 4));
    WRONG_UNLESS(t, network_barrier(t->net, 5) == TSR_OK);
    network_completed_set(t->net, 5000); /* more than there is a place for */
    WRONG_UNLESS(t, network_barrier(t->net, 6) == TSR_OK);
    WRONG_UNLESS(t, network_may_send(t->net, other, 5004));
    network_ahead_set(t->net, 1);
    WRONG_UNLESS(t, network_may_send(t->net, other, 5004)); /* nothing is under way */
    WRONG_UNLESS(t, network_barrier(t->net, 7) == TSR_OK);
}

/* A network of one rank. */
static void loopback(char wrong[1024])
{
    struct test_rank t = {network_create_loopback(), NULL, 0, 1, 0, NULL, NULL, ""};
    int              out = 0;
    for (uint64_t i = 0; i < 10; ++i)
        send_one(&t, 0, i);
    for (uint64_t i = 10; i-- > 0;)
        receive_one(&t, 0, i);
    WRONG_UNLESS(&t,
                 network_allgather(t.net, 1, &(int){7}, sizeof(int), &out) == TSR_OK && out == 7);
    WRONG_UNLESS(&t, network_barrier(t.net, 2) == TSR_OK && network_check(t.net) == TSR_OK);
    network_destroy(t.net);
    memcpy(wrong, t.wrong, 1024);
}

int main(void)
{
    int  failed = 0;
    char wrong[1024] = "";
    loopback(wrong);
    failed += test_verdict("loopback", wrong);
    for (uint64_t seed = 0; seed < 4; ++seed)
        for (int n = 1; n <= 4; ++n)
            test_ranks(n, seed, all_arrive, NULL, wrong);
    failed += test_verdict("all_messages_arrive", wrong);
    wrong[0] = 0;
    for (uint64_t seed = 0; seed < 4; ++seed)
        test_ranks(2, seed, overtaking, NULL, wrong);
    failed += test_verdict("a_seed_makes_messages_overtake", wrong);
    wrong[0] = 0;
    for (uint64_t seed = 0; seed < 4; ++seed)
        for (int n = 1; n <= 4; ++n)
            test_ranks(n, seed, put_together, NULL, wrong);
    test_ranks(2, 1, left_alone, NULL, wrong);
    failed += test_verdict("messages_go_together", wrong);
    wrong[0] = 0;
    test_ranks(2, 0, far_behind, NULL, wrong);
    failed += test_verdict("who_is_far_behind_is_not_sent_to", wrong);
    test_ranks(2, 0, bytes_ahead, NULL, wrong);
    failed += test_verdict("bytes_under_way_are_bounded", wrong);
    wrong[0] = 0;
    for (uint64_t seed = 0; seed < 4; ++seed)
        test_ranks(2, seed, hooks, NULL, wrong);
    failed += test_verdict("hooks_and_names", wrong);
    return failed;
}
