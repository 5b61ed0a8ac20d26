/* observe/name.c - what the last operations were called.
 *
 * Events carry an operation's number; people want its task and its line. The issuing thread keeps
 * them here, a ring by number of the last OBSERVE_NAMES, some sixty windows. Strings are borrowed:
 * descriptors, __FILE__ and provenance all live as long as the runtime.
 *
 * A slot is a small seqlock whose sequence is the number itself: 0 while it changes. Readers copy
 * and look again. O(1), no lock; any thread and any signal handler may read. */
#include "observe/inside.h"

static struct observe_name_slot *slot_of(const struct observe *o, uint64_t number)
{
    return &o->name[number % OBSERVE_NAMES];
}

void observe_name(struct observe *o, uint64_t number, const char *task, tsr_site at,
                  const char *provenance)
{
    if (number >= o->name_spill_at)
        observe_trace_spill_names(o);
    struct observe_name_slot *s = slot_of(o, number);
    atomic_store_explicit(&s->number, 0, memory_order_relaxed);
    atomic_store_explicit(&s->task, task, memory_order_release);
    atomic_store_explicit(&s->file, at.file, memory_order_release);
    atomic_store_explicit(&s->provenance, provenance, memory_order_release);
    atomic_store_explicit(&s->line, at.line, memory_order_release);
    atomic_store_explicit(&s->number, number, memory_order_release);
    o->last_name = number;
}

bool observe_name_find(const struct observe *o, uint64_t number, struct observe_name *out)
{
    struct observe_name_slot *s = slot_of(o, number);
    if (number == 0 || atomic_load_explicit(&s->number, memory_order_acquire) != number)
        return false;
    struct observe_name name = {
        .task = atomic_load_explicit(&s->task, memory_order_acquire),
        .file = atomic_load_explicit(&s->file, memory_order_acquire),
        .provenance = atomic_load_explicit(&s->provenance, memory_order_acquire),
        .line = (int)atomic_load_explicit(&s->line, memory_order_acquire),
    };
    if (atomic_load_explicit(&s->number, memory_order_relaxed) != number)
        return false;
    name.task = name.task ? name.task : "?";
    name.file = name.file ? name.file : "?";
    *out = name;
    return true;
}
