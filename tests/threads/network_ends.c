/* How a run ends when it cannot go on: a rank dies, leaves early, runs out of memory, or issues
 * another program.  Every rank that waits learns it, with a text that says who and where. */
#include <stdatomic.h>

#include "base/alloc.h"
#include "network_ranks.h"

static bool says(const char *text)
{
    return strstr(tsr_error_text(), text) != NULL;
}

/* Rank 1 is killed while the others wait for it; it learns so too. */
static void killed(struct test_rank *t)
{
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    WRONG_UNLESS(t, network_check(t->net) == TSR_OK && !network_peer_lost(t->net));
    if (t->rank == 1) {
        test_sleep_ms(20);
        memory_hub_kill(t->hub, 1);
    }
    WRONG_UNLESS(t, network_barrier(t->net, 2) == TSR_PEER_LOST);
    WRONG_UNLESS(t, says("rank 1 of 4 is gone") && network_peer_lost(t->net));
    WRONG_UNLESS(t, network_check(t->net) == TSR_PEER_LOST);
    const struct network_tag tag = network_tag_of(1, 1, 1, 1);
    WRONG_UNLESS(t, network_send(t->net, 1, tag, network_buffer_create(8), 8) == TSR_PEER_LOST);
}

/* Rank 0 leaves; what it sent before still arrives, what it did not send is PEER_LOST. */
static void left(struct test_rank *t)
{
    const struct network_tag tag = network_tag_of(5, 1, 1, 1);
    if (t->rank == 0) {
        for (int r = 1; r < t->n_ranks; ++r)
            network_send(t->net, r, tag, network_buffer_create(8), 8);
        int data = 77;
        WRONG_UNLESS(t, network_broadcast(t->net, 6, 0, &data, sizeof data) == TSR_OK);
        return;
    }
    test_sleep_ms(20);
    int data = 0;
    WRONG_UNLESS(t, network_broadcast(t->net, 6, 0, &data, sizeof data) == TSR_OK && data == 77);
    void  *b = NULL;
    size_t bytes;
    while (!network_try_receive(t->net, 0, tag, &b, &bytes))
        network_progress(t->net);
    network_buffer_free(b);
    WRONG_UNLESS(t, network_barrier(t->net, 7) == TSR_PEER_LOST);
}

/* Rank 0 issues its 30th operation at another line, of 64. */
static void other_line(struct test_rank *t)
{
    tsr_status s = network_barrier(t->net, 1); /* who is slow may find the others apart already */
    for (uint64_t i = 0; i < 64; ++i) {
        const bool odd = t->rank == 0 && i == 30;
        network_stream_note(t->net, i, 1234, (tsr_site){"user.c", "main", odd ? 99 : 50});
    }
    for (uint64_t i = 2; i < 50 && s == TSR_OK; ++i)
        s = network_barrier(t->net, i);
    WRONG_UNLESS(t, s == TSR_DIVERGED);
    WRONG_UNLESS(t, says("user.c:99") && says("user.c:50") && says("first at entry 30"));
}

/* The same program in another order of facts. */
static void other_fact(struct test_rank *t)
{
    int all[MOST_TEST_RANKS];
    network_stream_note(t->net, 1, 1, (tsr_site){"user.c", "main", 7});
    const tsr_status s = t->rank == 1 ? network_barrier(t->net, 12)
                                      : network_allgather(t->net, 11, &(int){1}, sizeof(int), all);
    const tsr_status later = s == TSR_OK ? network_barrier(t->net, 13) : s;
    WRONG_UNLESS(t, later == TSR_DIVERGED);
    WRONG_UNLESS(t, says("a barrier for operation 12") && says("user.c:7"));
}

/* Rank 1 waits for a message of an operation that rank 0 never issued: within two seconds the
 * streams are compared. */
static void unmatched(struct test_rank *t)
{
    network_stream_note(t->net, 1, 1, (tsr_site){"user.c", "main", 10 + t->rank});
    const double since = test_seconds(CLOCK_MONOTONIC);
    while (network_check(t->net) == TSR_OK && test_seconds(CLOCK_MONOTONIC) - since < 10) {
        network_progress(t->net);
        nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    WRONG_UNLESS(t,
                 network_check(t->net) == TSR_DIVERGED && says("user.c:10") && says("user.c:11"));
    WRONG_UNLESS(t, test_seconds(CLOCK_MONOTONIC) - since < 5);
}

/* The n-th allocation of a fact fails on some rank: all end, none hangs. */
static void no_memory(struct test_rank *t)
{
    const int64_t n = *(int64_t *)t->user;
    if (t->rank == 0)
        test_sleep_ms(2);
    if (t->rank == 0)
        base_alloc_fail_after(n);
    struct network_gathered g = {0};
    const tsr_status        s = network_allgatherv(t->net, 1, "abc", 3, &g);
    const tsr_status        later = s == TSR_OK ? network_barrier(t->net, 2) : s;
    WRONG_UNLESS(t, later == TSR_OK || later == TSR_NO_MEMORY || later == TSR_PEER_LOST);
    network_gathered_done(&g);
}

int main(void)
{
    int  failed = 0;
    char wrong[1024] = "";
    for (uint64_t seed = 0; seed < 3; ++seed)
        test_ranks(4, seed, killed, NULL, wrong);
    failed += test_verdict("a_killed_rank_ends_all", wrong);
    wrong[0] = 0;
    for (uint64_t seed = 0; seed < 3; ++seed)
        test_ranks(2, seed, left, NULL, wrong);
    failed += test_verdict("who_leaves_is_missed", wrong);
    wrong[0] = 0;
    for (int n = 2; n <= 4; ++n)
        test_ranks(n, 0, other_line, NULL, wrong);
    failed += test_verdict("divergence_names_both_lines", wrong);
    wrong[0] = 0;
    for (int n = 2; n <= 4; ++n)
        test_ranks(n, 1, other_fact, NULL, wrong);
    failed += test_verdict("facts_out_of_step", wrong);
    wrong[0] = 0;
    test_ranks(2, 0, unmatched, NULL, wrong);
    failed += test_verdict("a_long_wait_compares_streams", wrong);
    wrong[0] = 0;
    for (int64_t n = 0; n < 24; ++n) {
        test_ranks(3, 0, no_memory, &n, wrong);
        base_alloc_fail_after(-1);
    }
    if (base_alloc_live() != 0)
        snprintf(wrong, sizeof wrong, "%lld blocks left", (long long)base_alloc_live());
    failed += test_verdict("no_memory_ends_all", wrong);
    return failed;
}
