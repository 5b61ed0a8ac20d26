/* memory/instance.c - instances: a block, the box it covers, strides, and who used it.
 *
 * Records are kept in a list when their last user goes, with the room of their access list, so that a
 * loop that makes and drops stores allocates nothing.  Users are the root, operations in flight and
 * pins.  Cost: O(rank).  Threads: issuing thread. */
#include <assert.h>

#include "base/alloc.h"
#include "memory/memory.h"
#include "memory/memory_internal.h"

static struct instance *record_take(struct memory_state *m, const struct root *root)
{
    struct instance *i = m->instances;
    if (i != NULL) {
        m->instances = i->next;
    } else if ((i = base_calloc(1, sizeof *i)) == NULL) {
        return NULL;
    }
    i->users = 1;
    i->foreign = false;
    i->n_accesses = 0;
    i->shape = 0;
    i->last = 0;
    i->block = NULL;
    i->base = NULL;
    i->bytes = 0;
    i->made_at = root->made_at;
    i->held_next = m->held;
    i->held_link = &m->held;
    if (m->held != NULL)
        m->held->held_link = &i->held_next;
    m->held = i;
    return i;
}

static void record_give(struct memory_state *m, struct instance *i)
{
    *i->held_link = i->held_next;
    if (i->held_next != NULL)
        i->held_next->held_link = i->held_link;
    i->next = m->instances;
    m->instances = i;
}

/* C order on `box`, or on all of the root (NULL); bytes. */
static inline size_t lay_out(struct instance *i, const struct root *root, const tsr_box *box)
{
    int64_t n = 1;
    i->whole = true;
    i->box.rank = root->rank;
    for (int d = root->rank - 1; d >= 0; --d) {
        const int64_t low = box != NULL ? box->low[d] : 0;
        const int64_t high = box != NULL ? box->high[d] : root->extent[d];
        i->stride[d] = n;
        i->box.low[d] = low;
        i->box.high[d] = high;
        i->whole = i->whole && low == 0 && high == root->extent[d];
        n *= high - low;
    }
    i->elements = n;
    return (size_t)n * root->element_bytes;
}

struct instance *instance_create(struct tsr_runtime *rt, const struct root *root, const tsr_box *box)
{
    struct instance *i = record_take(rt->memory, root);
    if (i == NULL)
        return NULL;
    i->bytes = lay_out(i, root, box);
    i->block = memory_take(rt, i->bytes);
    if (i->block == NULL) {
        record_give(rt->memory, i);
        return NULL;
    }
    i->base = memory_data(i->block);
    return i;
}

struct instance *instance_attach(struct tsr_runtime *rt, const struct root *root, const tsr_box *box,
                                 void *data)
{
    struct instance *i = record_take(rt->memory, root);
    if (i == NULL)
        return NULL;
    i->bytes = lay_out(i, root, box);
    i->base = data;
    i->foreign = true;
    return i;
}

struct instance *instance_shadow(struct tsr_runtime *rt, const struct root *root)
{
    struct instance *i = record_take(rt->memory, root);
    if (i == NULL)
        return NULL;
    (void)lay_out(i, root, NULL);
    return i;
}

void instance_keep(struct instance *i)
{
    ++i->users;
}

void instance_release(struct tsr_runtime *rt, struct instance *i)
{
    if (i == NULL || --i->users > 0)
        return;
    assert(i->n_accesses == 0); /* depend/ dropped them */
    if (!i->foreign)
        memory_give(rt, i->block);
    record_give(rt->memory, i);
}

char *instance_origin(const struct instance *i, size_t element_bytes)
{
    int64_t offset = 0;
    for (int d = 0; d < i->box.rank; ++d)
        offset += i->box.low[d] * i->stride[d];
    return i->base - offset * (int64_t)element_bytes;
}
