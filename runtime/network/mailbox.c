/* Messages that wait for their receiver.
 *
 * A receive is O(messages of one list), and tags spread over 64 lists; one that finds its list empty
 * costs one relaxed load, which may miss a message that is just being put: the receiver looks again,
 * at the latest when the bell rings after the put.
 *
 * Sleeping (mailbox_sleep_begin, a last look, mailbox_sleep_end) loses no message: the sleeper counts
 * itself before it reads the bell, a deliverer rings before it reads the count, both in one total
 * order; so either the deliverer sees a sleeper and wakes it, or the sleeper sees the bell, and with
 * it the message. */
#include "network/mailbox.h"

#include <linux/futex.h>
#include <limits.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

void mailbox_init(struct mailbox *b)
{
    for (int i = 0; i < MAILBOX_LISTS; ++i)
        pthread_mutex_init(&b->list[i].lock, NULL);
    pthread_mutex_init(&b->hook_lock, NULL);
}

static void list_free(struct mailbox_list *l)
{
    for (struct message *m = l->first, *next; m; m = next) {
        next = m->next;
        network_buffer_free(message_buffer(m));
    }
}

void mailbox_done(struct mailbox *b)
{
    for (int i = 0; i < MAILBOX_LISTS; ++i) {
        list_free(&b->list[i]);
        pthread_mutex_destroy(&b->list[i].lock);
    }
    pthread_mutex_destroy(&b->hook_lock);
}

void mailbox_hook(struct mailbox *b, network_wake *wake, void *user)
{
    pthread_mutex_lock(&b->hook_lock);
    b->wake = wake;
    b->wake_user = user;
    pthread_mutex_unlock(&b->hook_lock);
}

static struct mailbox_list *list_of(struct mailbox *b, int from, struct network_tag t)
{
    const uint64_t h =
        hash_word(hash_word((uint64_t)from, t.number), (uint64_t)t.kind_arg << 32 | t.piece);
    return &b->list[h % MAILBOX_LISTS];
}

static void bytes_add(struct mailbox *b, size_t bytes)
{
    const int64_t now =
        atomic_fetch_add_explicit(&b->bytes, (int64_t)bytes, memory_order_relaxed) + (int64_t)bytes;
    int64_t peak = atomic_load_explicit(&b->peak_bytes, memory_order_relaxed);
    while (peak < now && !atomic_compare_exchange_weak_explicit(
                             &b->peak_bytes, &peak, now, memory_order_relaxed, memory_order_relaxed))
        ;
}

void mailbox_put(struct mailbox *b, struct message *m)
{
    struct mailbox_list *l = list_of(b, m->from, m->tag);
    bytes_add(b, m->bytes);
    m->next = NULL;
    pthread_mutex_lock(&l->lock);
    if (l->last)
        l->last->next = m;
    else
        l->first = m;
    l->last = m;
    atomic_store_explicit(&l->n, atomic_load_explicit(&l->n, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    pthread_mutex_unlock(&l->lock);
    atomic_fetch_add_explicit(&b->arrivals, 1, memory_order_release);
    mailbox_ring(b);
}

/* Take the first match out of a list.  Caller holds its lock. */
static struct message *list_take(struct mailbox_list *l, int from, struct network_tag tag)
{
    struct message *before = NULL;
    for (struct message *m = l->first; m; before = m, m = m->next) {
        if (m->from != from || !network_tag_equal(m->tag, tag))
            continue;
        if (before)
            before->next = m->next;
        else
            l->first = m->next;
        if (l->last == m)
            l->last = before;
        atomic_store_explicit(&l->n, atomic_load_explicit(&l->n, memory_order_relaxed) - 1,
                              memory_order_relaxed);
        return m;
    }
    return NULL;
}

struct message *mailbox_take(struct mailbox *b, int from, struct network_tag tag)
{
    struct mailbox_list *l = list_of(b, from, tag);
    if (atomic_load_explicit(&l->n, memory_order_relaxed) == 0)
        return NULL;
    pthread_mutex_lock(&l->lock);
    struct message *m = list_take(l, from, tag);
    pthread_mutex_unlock(&l->lock);
    if (m)
        atomic_fetch_sub_explicit(&b->bytes, (int64_t)m->bytes, memory_order_relaxed);
    return m;
}

int64_t mailbox_count(const struct mailbox *b)
{
    int64_t n = 0;
    for (int i = 0; i < MAILBOX_LISTS; ++i)
        n += atomic_load_explicit(&b->list[i].n, memory_order_relaxed);
    return n;
}

void mailbox_visit(struct mailbox *b, bool (*each)(const struct message *m, void *user), void *user)
{
    bool more = true;
    for (int i = 0; i < MAILBOX_LISTS && more; ++i) {
        pthread_mutex_lock(&b->list[i].lock);
        for (const struct message *m = b->list[i].first; m && more; m = m->next)
            more = each(m, user);
        pthread_mutex_unlock(&b->list[i].lock);
    }
}

void mailbox_rouse(struct mailbox *b)
{
    atomic_fetch_add(&b->bell, 1);
    if (atomic_load(&b->sleepers) == 0)
        return;
    syscall(SYS_futex, &b->bell, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    if (b->nudge)
        b->nudge(b->nudge_user);
}

void mailbox_ring(struct mailbox *b)
{
    mailbox_rouse(b);
    pthread_mutex_lock(&b->hook_lock);
    if (b->wake)
        b->wake(b->wake_user);
    pthread_mutex_unlock(&b->hook_lock);
}

uint32_t mailbox_sleep_begin(struct mailbox *b)
{
    atomic_fetch_add(&b->sleepers, 1);
    return atomic_load(&b->bell);
}

void mailbox_sleep_end(struct mailbox *b, uint32_t bell, int64_t timeout_ns)
{
    if (timeout_ns > 0) {
        const struct timespec t = {timeout_ns / 1000000000, timeout_ns % 1000000000};
        syscall(SYS_futex, &b->bell, FUTEX_WAIT_PRIVATE, bell, &t, NULL, 0);
    }
    atomic_fetch_sub(&b->sleepers, 1);
}
