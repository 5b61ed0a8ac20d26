/* How much may be under way to a rank that is behind: bytes sent for operations it has not completed.
 *
 * A message waits at its receiver until the operation it belongs to comes to it.  A rank that feeds
 * another and never waits would fill the other's memory.  So a sender keeps, for each peer, the bytes it
 * has sent for operations beyond what that peer said to have completed; while these reach the bound,
 * further sends to the peer stay at home, where their data lies anyway.
 *
 * Never held is a send of operation c + 1, where c is what the peer has completed: it may be what the peer
 * waits for.  That is enough against deadlock.  Let m be the oldest operation that some rank has not
 * completed.  All ranks have completed m - 1, and who holds something back for one of them asks it, so it
 * hears of that (below); from then on no send of m to that rank is held.  What m needs besides its sends is
 * older (complete) or of m itself: a relay of a tree hands on a message of the same number, partial totals
 * bear it, and messages that go together are all of one operation, so all of them may go.  So m completes
 * everywhere.  Facts and the messages of communicators do not pass here: they are never held, nor counted.
 *
 * Asking: who holds a send asks the peer once for each state of it that it has seen.  The peer answers by
 * its next message of any kind, or by one that says nothing else, as soon as it has completed more than it
 * last said.  Its workers look as they begin a pass, so also when its program waits for something else.
 * Nothing is asked, and no message more is sent, while nothing is held.
 *
 * What waits at a rank is thus at most the bound and a message of each worker for each sender, and what
 * belongs to the oldest operation.
 *
 * Cost: a short lock a message; O(1) amortised over operations; 8 KiB for each rank that was sent to.
 * Where there is no memory for that, what goes to the rank is not counted.
 * Threads: any of the rank's. */
#include "network/inside.h"

#include "base/alloc.h"

/* What is under way to one rank. */
struct ahead {
    pthread_mutex_t  lock;
    _Atomic int64_t  bytes;   /* of all; written under the lock */
    _Atomic uint64_t asked;   /* 1 + what the peer had completed when it was last asked; 0: never */
    uint64_t         settled; /* under the lock: older ones are not in `bytes` */
    int64_t          of[NETWORK_AHEAD]; /* under the lock: of operation n at n % NETWORK_AHEAD */
};

bool ahead_create(struct network *net)
{
    net->ahead_most = INT64_MAX;
    net->ahead = base_calloc((size_t)net->end.n_ranks, sizeof *net->ahead);
    return net->ahead != NULL;
}

void ahead_done(struct network *net)
{
    for (int r = 0; net->ahead != NULL && r < net->end.n_ranks; ++r) {
        struct ahead *a = atomic_load(&net->ahead[r]);
        if (a != NULL)
            pthread_mutex_destroy(&a->lock);
        base_free(a);
    }
    base_free((void *)net->ahead);
}

void network_ahead_set(struct network *net, int64_t bytes)
{
    net->ahead_most = bytes;
}

/* The account of a rank; NULL: no memory. */
static struct ahead *account_of(struct network *net, int to)
{
    struct ahead *a = atomic_load_explicit(&net->ahead[to], memory_order_acquire), *none = NULL;
    if (a != NULL)
        return a;
    a = base_calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    pthread_mutex_init(&a->lock, NULL);
    if (atomic_compare_exchange_strong(&net->ahead[to], &none, a))
        return a;
    pthread_mutex_destroy(&a->lock);
    base_free(a);
    return none;
}

/* What the peer has completed is no longer under way.  Caller holds the lock. */
static void settle(struct ahead *a, uint64_t completed)
{
    int64_t bytes = atomic_load_explicit(&a->bytes, memory_order_relaxed);
    if (completed > a->settled + NETWORK_AHEAD) /* older ones have no place */
        a->settled = completed - NETWORK_AHEAD;
    while (a->settled < completed) {
        int64_t *of = &a->of[++a->settled % NETWORK_AHEAD];
        bytes -= *of;
        *of = 0;
    }
    atomic_store_explicit(&a->bytes, bytes, memory_order_relaxed);
}

void ahead_add(struct network *net, int to, uint64_t number, size_t bytes)
{
    if (net->ahead_most == INT64_MAX || to == net->end.rank)
        return;
    struct ahead *a = account_of(net, to);
    if (a == NULL)
        return;
    const int64_t whole = (int64_t)bytes + 2 * MESSAGE_ALIGN;
    pthread_mutex_lock(&a->lock);
    settle(a, network_completed(net, to));
    if (number > a->settled && number <= a->settled + NETWORK_AHEAD) {
        a->of[number % NETWORK_AHEAD] += whole;
        atomic_fetch_add_explicit(&a->bytes, whole, memory_order_relaxed);
    }
    pthread_mutex_unlock(&a->lock);
}

bool ahead_has_room(struct network *net, int to, uint64_t completed)
{
    struct ahead *a = atomic_load_explicit(&net->ahead[to], memory_order_acquire);
    if (a == NULL || atomic_load_explicit(&a->bytes, memory_order_relaxed) < net->ahead_most)
        return true;
    pthread_mutex_lock(&a->lock);
    settle(a, completed);
    const bool has = atomic_load_explicit(&a->bytes, memory_order_relaxed) < net->ahead_most;
    pthread_mutex_unlock(&a->lock);
    if (!has && net->end.call->ask && atomic_exchange(&a->asked, completed + 1) != completed + 1)
        net->end.call->ask(net->end.self, to);
    return has;
}
