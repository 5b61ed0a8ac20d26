/* network/mailbox.h - where messages of a rank wait until somebody takes them.
 *
 * A table of lists, hashed by sender and tag; each list has a lock, so that deliveries and receives
 * of different messages seldom meet.  A bell rouses who sleeps for the next arrival, and a hook tells
 * the rank's scheduler.
 *
 * Threads: any, of any rank.  A mailbox lives as long as anybody may deliver to it: the transport
 * owns it, not the rank. */
#ifndef NETWORK_MAILBOX_H
#define NETWORK_MAILBOX_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "network/message.h"

enum { MAILBOX_LISTS = 64 };

struct mailbox_list {
    alignas(64) pthread_mutex_t lock;
    _Atomic uint32_t n;            /* written under the lock; read without, as a hint */
    struct message  *first, *last; /* under the lock, oldest first */
};

struct mailbox {
    struct mailbox_list list[MAILBOX_LISTS];
    alignas(64) _Atomic uint64_t arrivals; /* release by deliverers, partner: acquire of pollers */
    _Atomic int64_t  bytes, peak_bytes;    /* of messages here, and the most there were; relaxed */
    _Atomic uint32_t bell;                 /* a futex: counts reasons to look */
    _Atomic uint32_t sleepers; /* seq_cst against bell: who sleeps is seen, or sees the bell */
    pthread_mutex_t  hook_lock;
    network_wake *wake; /* under hook_lock, held during the call: after mailbox_hook(NULL) returns
                              nobody is inside */
    void         *wake_user;
    /* set once by the transport: rouse who sleeps on something else than the bell; NULL: nobody does */
    void (*nudge)(void *user);
    void *nudge_user;
};

void mailbox_init(struct mailbox *b);
/* Free what nobody took. */
void mailbox_done(struct mailbox *b);
void mailbox_hook(struct mailbox *b, network_wake *wake, void *user);

/* Deliver; the message is the mailbox's. */
void mailbox_put(struct mailbox *b, struct message *m);
/* What transports deliver with: messages that came together are put singly. */
void network_deliver(struct mailbox *b, struct message *m);
/* The oldest message of that sender and tag, or NULL. */
struct message *mailbox_take(struct mailbox *b, int from, struct network_tag tag);
/* Messages here. */
int64_t mailbox_count(const struct mailbox *b);
/* Call `each` for every message until it returns false.  `each` must not call the mailbox. */
void mailbox_visit(struct mailbox *b, bool (*each)(const struct message *m, void *user),
                   void           *user);

/* Let everybody look: sleepers wake, the hook is called. */
void mailbox_ring(struct mailbox *b);
/* Wake sleepers alone. */
void mailbox_rouse(struct mailbox *b);
/* Sleep until the bell rings or `timeout_ns` passed.  `bell` was read by mailbox_sleep_begin before the
 * caller looked for the last time. */
uint32_t mailbox_sleep_begin(struct mailbox *b);
void     mailbox_sleep_end(struct mailbox *b, uint32_t bell, int64_t timeout_ns);

#endif
