/* Messages that travel together.
 *
 * Small messages of one operation to one rank are held until the last of them is given, and go as one:
 * each with its head as it will stand in the receiver's mailbox, one behind the other.  There they are
 * taken singly, where they lie; the block goes with the last of them.  Who receives a message cannot
 * tell how it came, so both ways may be mixed, and where there is no memory to put them together they go
 * one by one.
 *
 * Cost: a copy at the sender, O(messages held for the rank).  Threads: any. */
#include "network/inside.h"

#include <string.h>

#include "base/alloc.h"
#include "network/mailbox.h"

/* Before the first. */
struct together {
    _Atomic uint32_t left; /* of the receiver: messages whose buffers are not free yet */
    uint32_t         n;
    char             pad[MESSAGE_ALIGN - 8];
};
_Static_assert(sizeof(struct together) == MESSAGE_ALIGN, "what follows is aligned");

static size_t room_of(size_t bytes)
{
    return MESSAGE_ALIGN + (bytes + MESSAGE_ALIGN - 1) / MESSAGE_ALIGN * MESSAGE_ALIGN;
}

/* Messages of the same operation and kind. */
static bool goes_with(const struct message *h, const struct message *m)
{
    return h->tag.number == m->tag.number && h->tag.kind_arg >> 16 == m->tag.kind_arg >> 16;
}

/* Hold `m`; when the operation's n are there, they are taken out, newest first. */
static struct message *hold(struct network *net, struct message *m, int n)
{
    struct message *all = NULL;
    int have = 1;
    pthread_mutex_lock(&net->together_lock);
    for (const struct message *h = net->together[m->to]; h != NULL; h = h->next)
        have += goes_with(h, m);
    m->next = net->together[m->to];
    net->together[m->to] = m;
    for (struct message **at = &net->together[m->to]; have == n && *at != NULL;) {
        struct message *h = *at;
        if (!goes_with(h, m)) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        h->next = all;
        all = h;
    }
    pthread_mutex_unlock(&net->together_lock);
    return all;
}

static void *put_together(const struct message *all, size_t *out_bytes)
{
    size_t bytes = sizeof(struct together);
    for (const struct message *m = all; m != NULL; m = m->next)
        bytes += room_of(m->bytes);
    char *buffer = network_buffer_create(bytes);
    if (buffer == NULL)
        return NULL;
    struct together *t = (struct together *)(void *)buffer;
    memset(t, 0, sizeof *t);
    char *at = buffer + sizeof *t;
    for (const struct message *m = all; m != NULL; m = m->next, ++t->n) {
        memset(at, 0, room_of(m->bytes));
        memcpy(at, m, sizeof *m);
        memcpy(at + MESSAGE_ALIGN, message_buffer((struct message *)m), m->bytes);
        at += room_of(m->bytes);
    }
    *out_bytes = bytes;
    return buffer;
}

tsr_status network_send_together(struct network *net, int to, struct network_tag tag, void *buffer,
                                 size_t bytes, int n)
{
    ahead_add(net, to, tag.number, bytes);
    if (n <= 1 || to == net->end.rank)
        return network_send(net, to, tag, buffer, bytes);
    struct message *m = message_of_buffer(buffer);
    m->tag = tag;
    m->from = net->end.rank;
    m->to = to;
    m->bytes = bytes;
    struct message *all = hold(net, m, n);
    if (all == NULL)
        return network_check(net);
    size_t     whole;
    void      *one = put_together(all, &whole);
    tsr_status status = TSR_OK;
    if (one != NULL)
        status = network_send(net, to, network_tag_of(tag.number, NETWORK_KIND_TOGETHER, 0, 0), one, whole);
    for (struct message *next; all != NULL; all = next) {
        next = all->next;
        if (one != NULL) {
            network_buffer_free(message_buffer(all));
            continue;
        }
        const tsr_status sent = network_send(net, to, all->tag, message_buffer(all), all->bytes);
        status = status == TSR_OK ? sent : status;
    }
    return status;
}

void together_done(struct network *net)
{
    for (int r = 0; net->together != NULL && r < net->end.n_ranks; ++r)
        for (struct message *m = net->together[r], *next; m != NULL; m = next) {
            next = m->next;
            network_buffer_free(message_buffer(m));
        }
    base_free(net->together);
    pthread_mutex_destroy(&net->together_lock);
}

void network_deliver(struct mailbox *b, struct message *m)
{
    if (m->tag.kind_arg >> 16 != NETWORK_KIND_TOGETHER) {
        mailbox_put(b, m);
        return;
    }
    struct together *t = message_buffer(m);
    const uint32_t   n = t->n;
    const int        from = m->from;
    atomic_store_explicit(&t->left, n, memory_order_relaxed); /* the mailbox's lock orders it */
    char *at = (char *)t + sizeof *t;
    for (uint32_t i = 0; i < n; ++i) {
        struct message *part = (struct message *)(void *)at;
        at += room_of(part->bytes); /* before it may be taken, and its memory freed */
        part->block = NULL;
        part->due = (uint64_t)((char *)part - (char *)m);
        part->from = from;
        mailbox_put(b, part);
    }
}

void network_buffer_free(void *buffer)
{
    if (buffer == NULL)
        return;
    struct message *m = message_of_buffer(buffer);
    if (m->block == NULL) {
        m = (struct message *)(void *)((char *)m - m->due);
        struct together *t = message_buffer(m);
        if (atomic_fetch_sub_explicit(&t->left, 1, memory_order_acq_rel) > 1)
            return;
    }
    base_free(m->block);
}
