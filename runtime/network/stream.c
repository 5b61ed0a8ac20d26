/* The rolling hash of a rank's stream, kept so that other threads can compare it with theirs.
 *
 * The word of an entry is a function of what was issued and of the line number, never of addresses:
 * ranks may be other processes.  Strings of sites are kept as pointers, for naming alone.
 *
 * Cost: two hash steps and six stores an entry; comparing, O(1) an entry looked at.
 * Memory: 590 KB for each stream of which entries are known. */
#include "network/stream.h"

#include "base/alloc.h"
#include "base/hash.h"

bool stream_make_room(struct stream *s)
{
    if (atomic_load_explicit(&s->slot, memory_order_relaxed) != NULL)
        return true;
    struct stream_slot *slot = base_calloc(STREAM_ENTRIES, sizeof *slot);
    atomic_store_explicit(&s->slot, slot, memory_order_release);
    return slot != NULL;
}

void stream_done(struct stream *s)
{
    base_free(atomic_load_explicit(&s->slot, memory_order_relaxed));
    atomic_store_explicit(&s->slot, NULL, memory_order_relaxed);
}

static void slot_write(struct stream *s, const struct stream_entry *from)
{
    struct stream_slot *slot = atomic_load_explicit(&s->slot, memory_order_relaxed);
    if (slot == NULL)
        return;
    struct stream_slot *e = &slot[from->sequence % STREAM_ENTRIES];
    atomic_store_explicit(&e->sequence, 0, memory_order_relaxed);
    atomic_store_explicit(&e->hash, from->hash, memory_order_release);
    atomic_store_explicit(&e->number, from->number, memory_order_release);
    atomic_store_explicit(&e->file, from->at.file, memory_order_release);
    atomic_store_explicit(&e->function, from->at.function, memory_order_release);
    atomic_store_explicit(&e->line, from->at.line, memory_order_release);
    atomic_store_explicit(&e->sequence, from->sequence + 1, memory_order_release);
}

uint64_t stream_note(struct stream *s, uint64_t number, uint64_t word, tsr_site at)
{
    const uint64_t n = atomic_load_explicit(&s->n, memory_order_relaxed);
    s->hash = hash_word(hash_word(s->hash, word), number * 0x100000001b3u + (uint64_t)at.line);
    slot_write(s, &(struct stream_entry){n, s->hash, number, at});
    atomic_store_explicit(&s->n, n + 1, memory_order_release);
    return n + 1;
}

void stream_put(struct stream *s, const struct stream_entry *e)
{
    if (!stream_make_room(s))
        return;
    slot_write(s, e);
    if (atomic_load_explicit(&s->n, memory_order_relaxed) <= e->sequence)
        atomic_store_explicit(&s->n, e->sequence + 1, memory_order_release);
}

bool stream_entry_read(const struct stream *s, uint64_t sequence, struct stream_entry *out)
{
    const struct stream_slot *slot = atomic_load_explicit(&s->slot, memory_order_acquire);
    const struct stream_slot *e = &slot[sequence % STREAM_ENTRIES];
    if (slot == NULL || atomic_load_explicit(&e->sequence, memory_order_acquire) != sequence + 1)
        return false;
    const struct stream_entry r = {
        .sequence = sequence,
        .hash = atomic_load_explicit(&e->hash, memory_order_acquire),
        .number = atomic_load_explicit(&e->number, memory_order_acquire),
        .at = {.file = atomic_load_explicit(&e->file, memory_order_acquire),
               .function = atomic_load_explicit(&e->function, memory_order_acquire),
               .line = atomic_load_explicit(&e->line, memory_order_acquire)},
    };
    if (atomic_load_explicit(&e->sequence, memory_order_relaxed) != sequence + 1)
        return false;
    *out = r;
    return true;
}

bool stream_entry_last(const struct stream *s, struct stream_entry *out)
{
    const uint64_t n = atomic_load_explicit(&s->n, memory_order_acquire);
    return n > 0 && stream_entry_read(s, n - 1, out);
}

bool stream_compare(const struct stream *a, const struct stream *b, struct stream_difference *out)
{
    const uint64_t na = atomic_load_explicit(&a->n, memory_order_acquire);
    const uint64_t nb = atomic_load_explicit(&b->n, memory_order_acquire);
    const uint64_t most = na > nb ? na : nb, end = na < nb ? na : nb;
    uint64_t       i = most > STREAM_ENTRIES ? most - STREAM_ENTRIES : 0;
    bool           agreed = i == 0;
    for (; i < end; ++i) {
        struct stream_entry ea, eb;
        if (!stream_entry_read(a, i, &ea) || !stream_entry_read(b, i, &eb)) {
            agreed = false;
            continue;
        }
        if (ea.hash != eb.hash) {
            *out = (struct stream_difference){agreed, ea, eb};
            return true;
        }
        agreed = true;
    }
    return false;
}

bool stream_agree_at(const struct stream *a, const struct stream *b, uint64_t n)
{
    struct stream_entry ea, eb;
    return n == 0 || !stream_entry_read(a, n - 1, &ea) || !stream_entry_read(b, n - 1, &eb) ||
           ea.hash == eb.hash;
}
