/* network/transports/transport.h - what the network asks of a way to move bytes.
 *
 * A transport delivers messages into mailboxes, keeps a port for every rank, and raises an alarm when
 * one is lost.  Matching, waiting, agreed facts and divergence stand above it, the same for all.
 *
 *   loopback  one rank
 *   memory    ranks as threads of one process; a message is a pointer
 *   processes ranks as processes; a plug-in moves the bytes, heartbeats refresh the ports
 *   simulated one rank of an imagined run; nothing is sent and nothing comes
 *
 * Threads: send, progress, pending, raise, report, doze, nudge, fetch_stream: any of the rank's;
 * attach, leave: the issuing thread, first and last. */
#ifndef NETWORK_TRANSPORT_H
#define NETWORK_TRANSPORT_H

#include "network/mailbox.h"
#include "network/stream.h"

enum port_state { PORT_HERE, PORT_LEFT, PORT_LOST };

/* What is known of a rank. */
struct port {
    _Atomic int      state;     /* release, partner: acquire of who waits for its messages */
    _Atomic uint64_t completed; /* operations done through this number */
    struct stream    stream;
};

/* Why a run is over.  The first raised stays. */
enum alarm { ALARM_NONE, ALARM_LOST, ALARM_DIVERGED, ALARM_MEMORY };

struct transport {
    const char *name;
    bool        imagined; /* there are no other ranks: facts are agreed at once, streams not compared */
    /* Take over `m` (from, to, tag, bytes are set).  Never blocks.  False: `to` is lost; `m` freed. */
    bool (*send)(void *self, struct message *m);
    /* Move what is under way; true: something was put into the mailbox. */
    bool (*progress)(void *self);
    /* Does something need progress to arrive? */
    bool (*pending)(void *self);
    /* End the run on every rank, for the reason in `text`. */
    void (*raise)(void *self, enum alarm alarm, const char *text);
    /* The text of the alarm that was raised. */
    void (*report)(void *self, char *out, size_t bytes);
    /* This rank sends no more; frees `self`.  Meanwhile the run was ended: `out_why` says why. */
    void (*leave)(void *self, char *out_why, size_t bytes);
    /* NULL where a futex is enough: sleep while *word == seen, no longer than `ns`, and until something
     * arrives; `nudge` ends such sleeps after the word has changed. */
    void (*doze)(void *self, _Atomic uint32_t *word, uint32_t seen, int64_t ns);
    void (*nudge)(void *self);
    /* NULL where ports are the ranks' own: call `compare` when a peer's stream has come, and get it. */
    void (*attach)(void *self, void (*compare)(void *user, int peer), void *user);
    void (*fetch_stream)(void *self, int peer);
    /* NULL where there are no others: this rank has completed all through `number`, and who sends to it
     * should hear of it in time; who asked, at once.  Called often, with the same number too.  Threads: any
     * of the rank's. */
    void (*completed)(void *self, uint64_t number);
    /* NULL as well: ask rank `of` to say so when it has completed more than it said last.  Threads: as
     * `completed`. */
    void (*ask)(void *self, int of);
    /* NULL where liveness needs no clock. */
    void (*silence_set)(void *self, int milliseconds);
};

/* A rank's end of a transport. */
struct transport_end {
    const struct transport *call;
    void                   *self;
    int                     rank, n_ranks;
    struct mailbox         *mailbox; /* the rank's */
    _Atomic int            *alarm;   /* enum alarm; acquire, partner: release of who raises */
    struct port *const     *port;    /* [n_ranks] */
};

/* The network of a rank on this end, which it takes over (also when it fails).  NULL: no memory. */
struct network *network_create_on(struct transport_end end);

#endif
