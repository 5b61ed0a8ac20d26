/* A run of one rank: what it sends to itself is there at once; there is nobody to lose. */
#include "network/transports/transport.h"

#include <stdio.h>

#include "base/alloc.h"

struct loopback {
    struct mailbox mailbox;
    _Atomic int    alarm;
    struct port    port;
    struct port   *ports[1];
};

static bool loopback_send(void *self, struct message *m)
{
    struct loopback *l = self;
    network_deliver(&l->mailbox, m);
    return true;
}

static bool loopback_nothing(void *self)
{
    (void)self;
    return false;
}

static void loopback_raise(void *self, enum alarm alarm, const char *text)
{
    struct loopback *l = self;
    (void)text;
    atomic_store_explicit(&l->alarm, alarm, memory_order_release);
}

static void loopback_report(void *self, char *out, size_t bytes)
{
    (void)self;
    snprintf(out, bytes, "this rank gave up");
}

static void loopback_leave(void *self, char *out_why, size_t bytes)
{
    (void)out_why, (void)bytes;
    struct loopback *l = self;
    mailbox_done(&l->mailbox);
    base_free(l);
}

static const struct transport loopback = {
    .name = "loopback",
    .send = loopback_send,
    .progress = loopback_nothing,
    .pending = loopback_nothing,
    .raise = loopback_raise,
    .report = loopback_report,
    .leave = loopback_leave,
};

struct network *network_create_loopback(void)
{
    struct loopback *l = base_aligned(64, sizeof *l);
    if (!l)
        return NULL;
    mailbox_init(&l->mailbox);
    l->ports[0] = &l->port;
    return network_create_on((struct transport_end){.call = &loopback,
                                                    .self = l,
                                                    .rank = 0,
                                                    .n_ranks = 1,
                                                    .mailbox = &l->mailbox,
                                                    .alarm = &l->alarm,
                                                    .port = l->ports});
}
