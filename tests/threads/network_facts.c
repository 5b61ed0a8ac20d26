/* Agreed facts: the same on every rank, for any number of ranks, under delays, with ranks that come
 * late; waiting does other work, and burns no core. */
#include <stdatomic.h>

#include "network_ranks.h"

enum { ROUNDS = 60 };

struct word {
    uint64_t rank, round;
};

static void gather(struct test_rank *t, uint64_t round)
{
    struct word       all[MOST_TEST_RANKS];
    const struct word mine = {(uint64_t)t->rank, round};
    WRONG_UNLESS(t, network_allgather(t->net, round, &mine, sizeof mine, all) == TSR_OK);
    for (int r = 0; r < t->n_ranks; ++r)
        WRONG_UNLESS(t, all[r].rank == (uint64_t)r && all[r].round == round);
}

static size_t length_of(int rank, uint64_t round)
{
    return ((size_t)rank * 37 + round * 11) % 90; /* some are 0 */
}

static void gather_lengths(struct test_rank *t, uint64_t round)
{
    char                    mine[90];
    struct network_gathered g = {0};
    memset(mine, t->rank + 1, sizeof mine);
    WRONG_UNLESS(t,
                 network_allgatherv(t->net, round, mine, length_of(t->rank, round), &g) == TSR_OK);
    for (int r = 0; g.data && r < t->n_ranks; ++r) {
        WRONG_UNLESS(t, g.offset[r + 1] - g.offset[r] == length_of(r, round));
        for (size_t i = g.offset[r]; i < g.offset[r + 1]; ++i)
            WRONG_UNLESS(t, g.data[i] == r + 1);
    }
    network_gathered_done(&g);
}

static void broadcast(struct test_rank *t, uint64_t round)
{
    const int root = (int)(round % (uint64_t)t->n_ranks);
    uint64_t  data[5] = {0};
    for (int i = 0; i < 5 && t->rank == root; ++i)
        data[i] = round * 10 + (uint64_t)i;
    WRONG_UNLESS(t, network_broadcast(t->net, round, root, data, sizeof data) == TSR_OK);
    for (int i = 0; i < 5; ++i)
        WRONG_UNLESS(t, data[i] == round * 10 + (uint64_t)i);
}

static void all_kinds(struct test_rank *t)
{
    uint64_t state = t->seed * 100 + (uint64_t)t->rank;
    for (uint64_t round = 0; round < ROUNDS; ++round) {
        if (test_draw(&state) % 16 == 0)
            nanosleep(&(struct timespec){0, (long)(test_draw(&state) % 300000)}, NULL);
        gather(t, round);
        gather_lengths(t, round);
        broadcast(t, round);
        network_stream_note(t->net, round, round, TSR_HERE);
    }
    WRONG_UNLESS(t, network_barrier(t->net, ROUNDS) == TSR_OK);
    WRONG_UNLESS(t, network_counts(t->net).unmatched == 0);
    WRONG_UNLESS(t, network_counts(t->net).agreements == ROUNDS * 4 + 1);
}

/* Nobody leaves a barrier before all have come. */
static void barrier_holds(struct test_rank *t)
{
    _Atomic int *came = t->user;
    for (int round = 1; round <= 50; ++round) {
        atomic_fetch_add(came, 1);
        WRONG_UNLESS(t, network_barrier(t->net, (uint64_t)round) == TSR_OK);
        WRONG_UNLESS(t, atomic_load(came) >= round * t->n_ranks);
    }
}

/* While it waits, a rank does its other work. */
static bool work_a_little(void *user)
{
    int *left = user;
    return *left > 0 && (*left)-- > 0;
}

static void waiting_works(struct test_rank *t)
{
    int left = 1000;
    network_hooks_set(t->net, work_a_little, NULL, &left);
    if (t->rank == 0)
        test_sleep_ms(50);
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    WRONG_UNLESS(t, t->rank == 0 || left == 0);
}

/* Seven ranks wait 300 ms for the eighth: they sleep. */
static void waiting_sleeps(struct test_rank *t)
{
    if (t->rank == 0)
        test_sleep_ms(300);
    WRONG_UNLESS(t, network_barrier(t->net, 1) == TSR_OK);
    if (t->rank == 0)
        WRONG_UNLESS(t, test_seconds(CLOCK_PROCESS_CPUTIME_ID) - *(double *)t->user < 0.2);
}

int main(void)
{
    int  failed = 0;
    char wrong[1024] = "";
    for (uint64_t seed = 0; seed < 3; ++seed)
        for (int n = 1; n <= 7; n += 1 + (int)(seed > 0))
            test_ranks(n, seed, all_kinds, NULL, wrong);
    failed += test_verdict("facts_agree", wrong);
    wrong[0] = 0;
    for (uint64_t seed = 0; seed < 2; ++seed)
        for (int n = 2; n <= 5; ++n) {
            _Atomic int came = 0;
            test_ranks(n, seed, barrier_holds, &came, wrong);
        }
    failed += test_verdict("a_barrier_holds", wrong);
    wrong[0] = 0;
    test_ranks(3, 0, waiting_works, NULL, wrong);
    failed += test_verdict("who_waits_works", wrong);
    wrong[0] = 0;
    double since = test_seconds(CLOCK_PROCESS_CPUTIME_ID);
    test_ranks(MOST_TEST_RANKS, 0, waiting_sleeps, &since, wrong);
    failed += test_verdict("who_has_no_work_sleeps", wrong);
    return failed;
}
