/* model/partition.c - explicit partitions while they are used: by a handle, by operations.
 *
 * Counted, because a handle may end while operations issued with it wait in the window. What they
 * say (boxes, whether they meet, whether they cover) is api/'s to find out when it makes one; nothing
 * changes after that. Threads: the issuing thread. */
#include <assert.h>

#include "base/alloc.h"
#include "model/operation.h"

struct partition *partition_keep(struct partition *p)
{
    ++p->users;
    return p;
}

void partition_release(struct partition *p)
{
    if (!p)
        return;
    assert(p->users > 0);
    if (--p->users > 0)
        return;
    base_free(p->box);
    base_free(p);
}
