/* network/network.h - messages between ranks, agreed facts, liveness, divergence.
 *
 * A rank has one `struct network`.  What it sends, the receiver derived too: nobody asks a rank for
 * anything.  A message is a buffer and a tag; it waits at the receiver until somebody there takes
 * it, so it may come before anyone knows of it.  Tags are unique: two messages between the same
 * ranks never carry equal tags (a delaying transport would be free to swap them).
 *
 *     void *b = network_buffer_create(bytes);               // pack into it
 *     TSR_TRY(network_send(net, to, tag, b, bytes));        // the buffer is the network's
 *     ...
 *     if (network_try_receive(net, from, tag, &b, &bytes))  // on the other rank, when it came
 *         ..., network_buffer_free(b);
 *
 * An agreed fact (allgather, broadcast, barrier) is collective: the issuing threads of all ranks
 * call the same ones in stream order.  Such a call waits; meanwhile it lets the rank's idle function
 * do other work, and sleeps when there is none.
 *
 * When a rank is lost or the programs diverge, network_check() says so from then on and every call
 * that waits returns that status; nothing hangs.
 *
 * Threads: network_send, network_may_send, network_try_receive, network_progress, network_check and the
 * counts: any of the rank's.  The rest: the issuing thread. */
#ifndef NETWORK_NETWORK_H
#define NETWORK_NETWORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <tessera/status.h>

struct network;

/* ---- making ---- */

/* The network of a run of one rank: sends to itself arrive at once; facts agree at once.  NULL: no
 * memory. */
struct network *network_create_loopback(void);

/* The network of one rank of an imagined run of n_ranks: sends go nowhere, nothing arrives, and facts are
 * agreed as if every rank said the same (allgatherv: as if the others said nothing).  NULL: no memory. */
struct network *network_create_simulated(int rank, int n_ranks);
bool            network_is_simulated(const struct network *net);

/* What joins ranks that are threads of one process.  With a seed, messages are held back a
 * pseudo-random number of network_progress() calls and overtake each other; with 0 they are handed
 * over at once.  NULL: no memory.  Destroy it after the networks of all ranks.  Threads: create and
 * destroy alone; the rest any. */
struct memory_hub *memory_hub_create(int ranks, uint64_t seed);
void               memory_hub_destroy(struct memory_hub *hub); /* takes NULL */
/* This rank's network on a hub, once per rank.  NULL: no memory. */
struct network *network_create_memory(struct memory_hub *hub, int rank);
/* A rank dies: it and every other rank see PEER_LOST from now on. */
void memory_hub_kill(struct memory_hub *hub, int rank);

/* The cores a process may use, by the number the system gives them. */
struct join_cores {
    uint64_t bits[16];
};
/* Processes of the run that may use some of the same cores, this one included, and how many of them
 * have a lower rank. */
struct join_place {
    int sharers, index;
};
/* The network of this process among those its launcher started.  NULL, with the thread's trace:
 * ENVIRONMENT (no plug-in, no answer, a rank that cannot be reached), NO_MEMORY. */
struct network *network_join(const struct join_cores *cores, int patience_ms,
                             struct join_place *out);

/* Leave.  Who still waits for a message of this rank that was never sent gets PEER_LOST.  Takes NULL.
 * Fails: PEER_LOST: while this rank left, another was lost. */
tsr_status network_destroy(struct network *net);

int network_rank(const struct network *net);
int network_rank_count(const struct network *net);

/* ---- what waiting does ---- */

/* Do a little of the rank's other work; false: there was none. */
typedef bool network_idle(void *user);
/* Something arrived (or waits for network_progress()): somebody of this rank should look.  Called by
 * whatever thread delivers, also of another rank: it must be short and must not call the network. */
typedef void network_wake(void *user);

/* Set both; either may be NULL.  Before any other rank can send here: right after creation. */
void network_hooks_set(struct network *net, network_idle *idle, network_wake *wake, void *user);
/* Sleep while *word == seen, no longer than `microseconds`; where messages come from outside the
 * process, also until one does.  network_nudge() after a change of the word (and a futex wake of it)
 * ends such sleeps.  Threads: any. */
void network_doze(struct network *net, _Atomic uint32_t *word, uint32_t seen, int microseconds);
void network_nudge(struct network *net);
/* Rouse a thread of this rank that sleeps inside a call that waits: there is work again.  Cheap when
 * none sleeps.  Threads: any. */
void network_rouse(struct network *net);

/* ---- messages ---- */

/* The name of a message.  Kinds below NETWORK_KIND_RESERVED are the callers' own. */
struct network_tag {
    uint64_t number;   /* of the operation */
    uint32_t kind_arg; /* kind << 16 | argument */
    uint32_t piece;
};
enum { NETWORK_KIND_RESERVED = 0xff00 };

static inline struct network_tag network_tag_of(uint64_t number, unsigned kind, unsigned arg,
                                                uint32_t piece)
{
    return (struct network_tag){number, (uint32_t)kind << 16 | (arg & 0xffff), piece};
}

/* Memory for a message of `bytes` (0 too), aligned to 64, not cleared; NULL: no memory.  Its head is
 * the network's, so that sending needs no memory. */
void *network_buffer_create(size_t bytes);
void  network_buffer_free(void *buffer); /* takes NULL */

/* Send `bytes` of a buffer (no more than it was made for).  Never blocks; takes the buffer over, also
 * when it fails.  `to` may be this rank.  Fails: PEER_LOST. */
tsr_status network_send(struct network *net, int to, struct network_tag tag, void *buffer,
                        size_t bytes);
/* A message of an operation, counted as under way until the rank has completed it.  As network_send, of
 * one of `n` messages of tag.number and its kind to this rank that may travel as one: it waits until all
 * are given.  Which they are is the caller's to say, the same n for each. */
tsr_status network_send_together(struct network *net, int to, struct network_tag tag, void *buffer,
                                 size_t bytes, int n);
/* May a message of operation `number` go to this rank?  Not while the rank is more than NETWORK_AHEAD
 * operations behind, nor while network_ahead_set's bytes or more are under way for operations that it has not
 * completed: what nobody there has asked for yet would fill its memory.  Always where it has completed all
 * before `number` (ahead.c says why nothing can then wait for ever).  Who was told no asks again: it looks
 * again when network_progress() has moved something, or after a while.  O(1). */
enum { NETWORK_AHEAD = 1024 };
bool network_may_send(struct network *net, int to, uint64_t number);
/* The most bytes under way to each rank, of those sent by network_send_together.  Before anything is
 * sent so; without it there is no bound. */
void network_ahead_set(struct network *net, int64_t bytes);
/* The ranks meet in an agreed fact at least once in so many operations: what failed (issue/failure.c). */
enum { NETWORK_AGREE_EVERY = 4096 };
/* Take a message if it has arrived; the buffer is then the caller's.  O(1); one load when nothing of
 * this hash is there. */
bool network_try_receive(struct network *net, int from, struct network_tag tag, void **out_buffer,
                         size_t *out_bytes);
/* Move what is under way; returns at once when another thread does that already.  Idle workers call
 * it, and workers between tasks.  True: something arrived. */
bool network_progress(struct network *net);
/* Does something under way need network_progress() to arrive?  Then do not sleep long. */
bool network_pending(const struct network *net);
/* Messages that arrived so far: while it stands still, no receive that failed can succeed. */
uint64_t network_arrivals(const struct network *net);

/* ---- state of the run ---- */

/* TSR_OK, PEER_LOST (this rank too, when it was killed), DIVERGED or NO_MEMORY (of a rank), with the thread's trace set.
 * One load when all is well. */
tsr_status network_check(struct network *net);
/* Is the run over: a rank lost to us, by death or because it runs another program?  Leaves the
 * thread's trace alone. */
bool network_peer_lost(const struct network *net);

/* Milliseconds of silence after which a process counts as lost; 0: never.  Nothing for ranks that are
 * threads. */
void network_silence_set(struct network *net, int milliseconds);

/* This rank found no memory for what all ranks must do alike (`what`: a few words): its analysis would
 * differ from theirs.  The run ends on every rank, with a message that says so; on one rank the failure
 * is only recorded.  Returns the failure.  Threads: any. */
tsr_status network_short_of_memory(struct network *net, const char *what);

/* Say that this rank has completed all operations through `number` (what was said before and is more
 * stays), and ask it of another.  Cheap when nothing is new.  Threads: any. */
void     network_completed_set(struct network *net, uint64_t number);
uint64_t network_completed(const struct network *net, int rank);

/* ---- agreed facts: collective, issuing threads, in stream order; wait ---- */

/* `bytes` of every rank into out_all[rank * bytes].  `number`: of the operation that needs it; ranks
 * that disagree in it (or in the kind of call) get DIVERGED.  O(log ranks) messages.
 * Fails: PEER_LOST, DIVERGED, NO_MEMORY; out_all is then undefined. */
tsr_status network_allgather(struct network *net, uint64_t number, const void *in, size_t bytes,
                             void *out_all);

/* Bytes of every rank, one after another. */
struct network_gathered {
    char   *data;   /* rank r's bytes: data + offset[r] .. data + offset[r + 1] */
    size_t *offset; /* [ranks + 1] */
};
/* As network_allgather, each rank its own number of bytes. */
tsr_status network_allgatherv(struct network *net, uint64_t number, const void *in, size_t bytes,
                              struct network_gathered *out);
void       network_gathered_done(struct network_gathered *g);

/* The root's `bytes` at `data` on every rank; all ranks give the same `bytes`.  A binomial tree. */
tsr_status network_broadcast(struct network *net, uint64_t number, int root, void *data,
                             size_t bytes);
/* Nobody leaves before all have come. */
tsr_status network_barrier(struct network *net, uint64_t number);

/* ---- divergence ---- */

/* Fold an entry of the stream into this rank's rolling hash: `word` says what was issued (task,
 * stores, views, scalars: never addresses), `at` where.  Every 64th entry is compared with the other
 * ranks'; who differs gets DIVERGED, naming both lines of the first difference.  Calls that wait and
 * the end of the program are entries too: one rank that finishes while another issues on is found
 * only by that.  A few ns; nothing on one rank.  Issuing thread.  The strings of `at` must live as
 * long as the run. */
void network_stream_note(struct network *net, uint64_t number, uint64_t word, tsr_site at);

/* ---- looking inside ---- */

struct network_counts {
    int64_t sent, sent_bytes, received, received_bytes;
    int64_t unmatched; /* arrived, not yet taken */
    int64_t unmatched_bytes, unmatched_peak_bytes; /* of these; the most at any time */
    int64_t agreements;
};
struct network_counts network_counts(const struct network *net);

/* Who waits for what: the fact this rank waits for, messages nobody took, where each rank's stream
 * stands.  For the watchdog.  Threads: any. */
void network_print(struct network *net, FILE *out);

#endif
