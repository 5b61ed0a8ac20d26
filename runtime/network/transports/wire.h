/* network/transports/wire.h - what a plug-in that joins processes gives, and what it asks for.
 *
 * The plug-in is a library of its own, loaded only for more than one process: it knows the launcher
 * (who are we, how do the others hear of us) and a way to move bytes, and nothing else.  Matching,
 * waiting and liveness stay in the runtime.  Nothing but this header crosses the boundary: the
 * runtime's symbols are hidden from the plug-in.
 *
 * A message is a head of WIRE_HEAD bytes and a payload.  Heads are small enough to travel in the same
 * packet as the payload.
 *
 * Threads: one at a time; the caller holds a lock around every call but `fd`.  Calls up are made from
 * inside send, progress and close. */
#ifndef NETWORK_WIRE_H
#define NETWORK_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_VERSION = 3, WIRE_HEAD = 40, WIRE_ERROR = 256 };

/* Where the launcher put this process. */
struct wire_place {
    int rank, n_ranks;
    int patience_ms; /* how long to wait for the launcher and the others; 0: as long as they seem to come */
};

/* Every rank's card: bytes it wants the others to know. */
struct wire_cards {
    void  **data;  /* [n_ranks] */
    size_t *bytes; /* [n_ranks] */
};

struct wire_up {
    /* Memory for the payload of a message that begins to arrive; NULL: none (the message is lost, and
     * `broken` need not be called). */
    void *(*buffer)(void *user, const void *head, size_t bytes);
    /* It is whole. */
    void (*arrived)(void *user, const void *head, void *buffer, size_t bytes);
    /* A message given to `send` is no longer needed. */
    void (*sent)(void *user, void *token);
    /* The way to a peer is broken. */
    void (*broken)(void *user, int peer, const char *why);
};

struct wire {
    int         version; /* WIRE_VERSION */
    const char *name;

    /* ---- the launcher.  Texts of WIRE_ERROR bytes say why when these fail (false). ---- */
    bool (*join)(struct wire_place *io, char *error); /* given its patience */
    /* Collective: every rank's card to all.  `cards_done` frees. */
    bool (*exchange)(const struct wire_place *at, const void *mine, size_t bytes,
                     struct wire_cards *out, char *error);
    void (*cards_done)(const struct wire_place *at, struct wire_cards *c);
    /* Has the launcher gone?  Then nobody can end this run but itself.  May be called by any thread. */
    bool (*orphaned)(void);
    void (*part)(void);

    /* ---- moving bytes ---- */
    void *(*open)(int n_ranks, const struct wire_up *up, void *user, char *error);
    /* What the others need to reach us; lives until close. */
    const void *(*address)(void *self, size_t *out_bytes);
    /* How to reach a rank (copied); connects when first sent to.  False: no memory. */
    bool (*meet)(void *self, int rank, const void *address, size_t bytes);
    /* Start to send; `head` and `buffer` stay until `sent` is called with `token` (maybe before this
     * returns).  False: the way is broken, and `sent` is not called. */
    bool (*send)(void *self, int to, const void *head, const void *buffer, size_t bytes,
                 void *token);
    /* True: something moved. */
    bool (*progress)(void *self);
    /* A descriptor that becomes readable when there is something to progress, after `arm` said true.
     * False: progress first. */
    int (*fd)(void *self);
    bool (*arm)(void *self);
    /* Has everything sent so far left for good?  Call with progress until it has. */
    bool (*flushed)(void *self);
    void (*close)(void *self);
};

/* The one symbol of a plug-in. */
typedef const struct wire *tessera_wire_function(void);
#define TESSERA_WIRE_SYMBOL "tessera_wire"

#endif
