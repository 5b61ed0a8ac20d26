/* model/root.c - roots are made here and come back here.
 *
 * A program that makes and releases a store for every value it computes makes millions of roots, so
 * they are pooled: one that is given back is the next that is made, warm in the cache. Its number is
 * new each time and counts roots in stream order, the same on every rank.
 *
 * Who owns what: api/ makes a root and counts its handles; issue/ gives it back when neither handles
 * nor operations name it. In the hostile build what is given back is poisoned.
 *
 * Cost: O(1), an allocation when the pool is empty. Threads: the issuing thread. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "model/runtime.h"

struct root_pool {
    uint64_t     last_number;
    struct root *spare; /* by ->next */
};

struct root_pool *root_pool_create(void)
{
    return base_calloc(1, sizeof(struct root_pool));
}

void root_pool_destroy(struct root_pool *p)
{
    if (!p)
        return;
    while (p->spare) {
        struct root *next = p->spare->next;
        base_free(p->spare);
        p->spare = next;
    }
    base_free(p);
}

static struct root *take(struct root_pool *p)
{
    struct root *root = p->spare;
    if (!root)
        return base_calloc(1, sizeof *root);
    p->spare = root->next;
    size_t bytes = sizeof *root;
    __asm__("" : "+r"(bytes)); /* a call of memset: a string instruction starts too slowly */
    memset(root, 0, bytes);
    return root;
}

static void give(struct root_pool *p, struct root *root)
{
#ifdef TSR_HOSTILE
    memset(root, 0xdb, sizeof *root);
#endif
    root->next = p->spare;
    p->spare = root;
}

struct root *root_create(struct tsr_runtime *rt, const struct root_make *m)
{
    struct root *root = take(rt->roots);
    if (!root)
        return NULL;
    root->kind = m->kind;
    root->type = m->type;
    root->element_bytes = m->element_bytes;
    root->rank = m->rank;
    root->made_at = m->at;
    root->extent_known = m->kind != ROOT_UNBOUND;
    memcpy(root->extent, m->extent, sizeof root->extent);
    if (!root->extent_known)
        root->extent[0] = 0;
    if (root->rank == 0) /* one element of a row: boxes of roots are never of rank 0 */
        root->rank = (int)(root->extent[0] = 1);
    if (m->whole)
        root->whole = view_keep(m->whole);
    else if (m->rank == 0)
        root->whole = view_intern_scalar(rt->views);
    else
        root->whole = view_intern_shape(rt->views, root->rank, root->extent);
    if (!root->whole) {
        give(rt->roots, root);
        return NULL;
    }
    root->number = ++rt->roots->last_number;
    return root;
}

void root_destroy(struct tsr_runtime *rt, struct root *root)
{
    if (!root)
        return;
    assert(root->handles == 0);
    if (root->release)
        root->release(root->attached, root->release_user);
    view_release(root->whole);
    give(rt->roots, root);
}

struct instance *root_instance_of(const struct root *root, const tsr_box *box)
{
    for (int p = 0; root->parts != NULL && p < root->parts->n; ++p) {
        struct instance *i = root->parts->part[p];
        if (box_contains(&i->box, box))
            return i;
        if (box_meets(&i->box, box))
            return NULL;
    }
    return root->instance;
}

bool root_bind_extent(struct tsr_runtime *rt, struct root *root, int64_t rows)
{
    assert(!root->extent_known);
    int64_t extent[TSR_MAX_RANK];
    memcpy(extent, root->extent, sizeof extent);
    extent[0] = rows;
    struct view *whole = view_intern_shape(rt->views, root->rank, extent);
    if (!whole)
        return false;
    view_release(root->whole);
    root->whole = whole;
    root->extent[0] = rows;
    root->extent_known = true;
    return true;
}
