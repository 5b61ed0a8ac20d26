/* One rank of an imagined run: there is nobody else.
 *
 * What it sends goes nowhere, and nothing ever comes: a simulated rank sends and receives nothing, its
 * messages are counted where operations are analysed (issue/simulate.c).  Agreed facts are this rank's
 * own, and the streams of the others are not compared (network/agree.c, diverge.c look at `imagined`).
 *
 * The ports of all other ranks are one, of a rank that is where this one is.  Cost: O(ranks) words, once. */
#include "network/transports/transport.h"

#include <stdio.h>

#include "base/alloc.h"

struct simulated {
    struct mailbox mailbox;
    _Atomic int    alarm;
    struct port    mine, others;
    struct port  **port; /* [n_ranks] */
};

static bool simulated_send(void *self, struct message *m)
{
    (void)self;
    network_buffer_free(message_buffer(m));
    return true;
}

static bool simulated_nothing(void *self)
{
    (void)self;
    return false;
}

static void simulated_raise(void *self, enum alarm alarm, const char *text)
{
    struct simulated *s = self;
    (void)text;
    atomic_store_explicit(&s->alarm, alarm, memory_order_release);
}

static void simulated_report(void *self, char *out, size_t bytes)
{
    (void)self;
    snprintf(out, bytes, "the simulated rank gave up");
}

static void simulated_leave(void *self, char *out_why, size_t bytes)
{
    struct simulated *s = self;
    (void)out_why, (void)bytes;
    mailbox_done(&s->mailbox);
    base_free(s->port);
    base_free(s);
}

static const struct transport simulated = {
    .name = "simulated",
    .imagined = true,
    .send = simulated_send,
    .progress = simulated_nothing,
    .pending = simulated_nothing,
    .raise = simulated_raise,
    .report = simulated_report,
    .leave = simulated_leave,
};

struct network *network_create_simulated(int rank, int n_ranks)
{
    struct simulated *s = base_aligned(64, sizeof *s);
    if (!s)
        return NULL;
    s->port = base_calloc((size_t)n_ranks, sizeof(struct port *));
    if (!s->port) {
        base_free(s);
        return NULL;
    }
    mailbox_init(&s->mailbox);
    for (int r = 0; r < n_ranks; ++r)
        s->port[r] = r == rank ? &s->mine : &s->others;
    return network_create_on((struct transport_end){.call = &simulated,
                                                    .self = s,
                                                    .rank = rank,
                                                    .n_ranks = n_ranks,
                                                    .mailbox = &s->mailbox,
                                                    .alarm = &s->alarm,
                                                    .port = s->port});
}
