/* threads/network_ranks.h - a few ranks as bare threads on a hub, for tests of the network alone. */
#ifndef TEST_NETWORK_RANKS_H
#define TEST_NETWORK_RANKS_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "network/network.h"

enum { MOST_TEST_RANKS = 8 };

/* A rank of a test: what it is given, and whether it found all as it should be. */
struct test_rank {
    struct network    *net;
    struct memory_hub *hub;
    int                rank, n_ranks;
    uint64_t           seed;
    void              *user;
    void (*body)(struct test_rank *t);
    char wrong[1024]; /* "" : all well */
};

/* Say what is wrong, once. */
#define WRONG_UNLESS(t, condition)                                                                 \
    do {                                                                                           \
        if (!(condition) && !(t)->wrong[0])                                                        \
            snprintf((t)->wrong, sizeof(t)->wrong, "rank %d of %d, seed %d: line %d: %s [%s]",     \
                     (t)->rank, (t)->n_ranks, (int)(t)->seed, __LINE__, #condition,                \
                     tsr_error_text());                                                            \
    } while (0)

static inline void *test_rank_main(void *user)
{
    struct test_rank *t = user;
    t->net = network_create_memory(t->hub, t->rank);
    if (t->net)
        t->body(t);
    else
        memory_hub_kill(t->hub, t->rank);
    network_destroy(t->net);
    return NULL;
}

/* Run `body` on every rank; the first thing wrong into `out`, or "". */
static inline void test_ranks(int n_ranks, uint64_t seed, void (*body)(struct test_rank *t),
                              void *user, char out[1024])
{
    struct memory_hub *hub = memory_hub_create(n_ranks, seed);
    struct test_rank   rank[MOST_TEST_RANKS];
    pthread_t          thread[MOST_TEST_RANKS];
    for (int r = 0; r < n_ranks; ++r) {
        rank[r] = (struct test_rank){NULL, hub, r, n_ranks, seed, user, body, ""};
        pthread_create(&thread[r], NULL, test_rank_main, &rank[r]);
    }
    for (int r = 0; r < n_ranks; ++r) {
        pthread_join(thread[r], NULL);
        if (!out[0] && rank[r].wrong[0])
            memcpy(out, rank[r].wrong, 1024);
    }
    memory_hub_destroy(hub);
}

/* Print the verdict of a test; returns 1 if it failed. */
static inline int test_verdict(const char *name, const char *wrong)
{
    if (wrong[0])
        printf("not ok %s %s\n", name, wrong);
    else
        printf("ok %s\n", name);
    return wrong[0] != 0;
}

static inline void test_sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000l}, NULL);
}

static inline double test_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline uint64_t test_draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
