/* network/stream.h - a rank's stream of operations as a rolling hash, and where ranks first differ.
 *
 * Every entry of the stream is folded into one word; the last STREAM_ENTRIES are kept with the word
 * after each and the line that issued it.  Two ranks that ran the same program have the same word at
 * the same entry; from the first difference on they never agree again.
 *
 * How many are kept: ranks tell their words with every agreed fact, and agree at least once in
 * NETWORK_AGREE_EVERY operations (issue/failure.c).  So they first differ less than that before one of
 * them finds out, and the other issues less than that beyond it; reads and fences are entries as well.
 *
 * Threads: stream_note: the issuing thread of the rank.  Readers: any, of any rank. */
#ifndef NETWORK_STREAM_H
#define NETWORK_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "network/network.h"

enum { STREAM_ENTRIES = 3 * NETWORK_AGREE_EVERY, STREAM_COMPARE_EVERY = 64 };

/* All stores release but the first, so that who reads a word of a newer entry also sees that the
 * slot's sequence is no longer the older one's (partner: acquire in stream_entry_read). */
struct stream_slot {
    _Atomic uint64_t      sequence; /* of the entry + 1; 0: none, or being written */
    _Atomic uint64_t      hash, number;
    _Atomic(const char *) file, function;
    _Atomic int           line;
};

struct stream {
    uint64_t                      hash; /* issuing thread's */
    _Atomic uint64_t              n;    /* entries so far: release, partner: acquire of readers */
    _Atomic(struct stream_slot *) slot; /* [STREAM_ENTRIES]; NULL: nothing is kept.  Release, partner: acquire */
};

/* An entry as readers see it. */
struct stream_entry {
    uint64_t sequence, hash, number;
    tsr_site at;
};

/* Make room for entries: a rank's own at its start, another's with the first that is told.  False: no
 * memory; then words are folded, and nothing is kept. */
bool stream_make_room(struct stream *s);
void stream_done(struct stream *s);
/* Add an entry; returns how many there are now. */
uint64_t stream_note(struct stream *s, uint64_t number, uint64_t word, tsr_site at);
/* Read entry `sequence`; false: not yet there, or no longer. */
bool stream_entry_read(const struct stream *s, uint64_t sequence, struct stream_entry *out);
/* The newest entry; false: none. */
bool stream_entry_last(const struct stream *s, struct stream_entry *out);

/* An entry of another process's stream, told by it.  One writer. */
void stream_put(struct stream *s, const struct stream_entry *e);

/* What is known of the first difference between two ranks. */
struct stream_difference {
    bool                is_first; /* the entries before are known to agree */
    struct stream_entry a, b;
};
/* Do two streams differ in an entry that both keep?  O(entries both keep). */
bool stream_compare(const struct stream *a, const struct stream *b, struct stream_difference *out);
/* Do they agree at the entry before `n`?  O(1); true when one of them does not know. */
bool stream_agree_at(const struct stream *a, const struct stream *b, uint64_t n);

#endif
