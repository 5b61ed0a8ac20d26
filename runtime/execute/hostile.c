/* execute/hostile.c - the hostile build: a body that leaves elements of a WRITE argument unwritten.
 *
 * WRITE promises every element of the piece.  Before a body runs its written boxes are filled with a
 * pattern; an element that still has it afterwards was not written, and the operation fails, naming
 * task, argument and index.  An element of 4 bytes or more counts when all its bytes have the pattern
 * (a value that is the pattern by chance: one in 2^32); smaller ones only where a whole piece of at
 * least 16 has it, which goes on from element to element.
 *
 * Not looked at: what an IMAGE names (its box has elements that are not the body's), unbound outputs,
 * and roots that another argument names as well (their old content is read, or written beside).
 * Other builds have none of this.  Cost: O(elements).  Threads: the worker that claimed. */
#include "execute/internal.h"

#ifdef TSR_HOSTILE
#include <string.h>

enum { SMALL_BYTES = 4, SMALL_LEAST = 16 };

/* Not that of fresh memory: copying what nobody wrote is another's fault. */
static const unsigned char pattern[16] = {0xc3, 0x5a, 0xe1, 0x97, 0x6d, 0xb2, 0x1f, 0xd4,
                                          0x8b, 0x39, 0xf6, 0x4e, 0xa9, 0x70, 0xdd, 0x27};

/* One argument's elements in a box, in C order. */
struct scan {
    char               *origin;
    const int64_t      *low, *high;
    const tsr_binding  *binding;
    size_t              bytes;
    size_t              n; /* elements before this one: the pattern goes on from byte n */
    int64_t             index[TSR_MAX_RANK];
};

static bool scan_begin(struct scan *c, const struct slot *s, const tsr_binding *b,
                       const int64_t *row, int k)
{
    c->binding = &b[k];
    c->origin = b[k].origin;
    c->low = row + b[k].box_at;
    c->high = c->low + b[k].rank;
    c->n = 0;
    c->bytes = s->op.arg[k].root->element_bytes;
    for (int d = 0; d < b[k].rank; ++d) {
        c->index[d] = c->low[d];
        if (c->low[d] >= c->high[d])
            return false;
    }
    return true;
}

static char *scan_at(const struct scan *c)
{
    int64_t at = 0;
    for (int d = 0; d < c->binding->rank; ++d)
        at += c->index[d] * c->binding->stride[d];
    return c->origin + at * (int64_t)c->bytes;
}

static bool scan_next(struct scan *c)
{
    ++c->n;
    for (int d = c->binding->rank - 1; d >= 0; --d) {
        if (++c->index[d] < c->high[d])
            return true;
        c->index[d] = c->low[d];
    }
    return false;
}

/* Not what formulas write: all of it is, and where an input failed they may hand on its poison. */
static bool is_watched(const struct slot *s, int k)
{
    const struct plan_arg *pa = &s->plan->arg[k];
    if (!pa->store || pa->unbound || pa->image || pa->access != TSR_WRITE ||
        execute_is_formula(s->op.desc))
        return false;
    for (int j = 0; j < s->op.n_args; ++j)
        if (j != k && s->op.arg[j].root == s->op.arg[k].root)
            return false;
    return true;
}

void hostile_poison(const struct slot *s, const tsr_binding *b, const int64_t *row)
{
    struct scan c;
    for (int k = 0; k < s->op.n_args; ++k) {
        if (!is_watched(s, k) || !scan_begin(&c, s, b, row, k))
            continue;
        do {
            char *at = scan_at(&c);
            for (size_t i = 0; i < c.bytes; ++i)
                at[i] = (char)pattern[(c.n + i) % sizeof pattern];
        } while (scan_next(&c));
    }
}

static bool is_poison(const struct scan *c)
{
    const unsigned char *at = (const unsigned char *)scan_at(c);
    for (size_t i = 0; i < c->bytes; ++i)
        if (at[i] != pattern[(c->n + i) % sizeof pattern])
            return false;
    return true;
}

/* Its first element that was not written; false: all were, or nobody can tell. */
static bool find_unwritten(struct scan *c, int64_t *first)
{
    int64_t n = 0, left = 0;
    do {
        ++n;
        if (is_poison(c) && left++ == 0)
            memcpy(first, c->index, sizeof c->index);
    } while (scan_next(c));
    return c->bytes >= SMALL_BYTES ? left > 0 : left == n && n >= SMALL_LEAST;
}

tsr_status hostile_check(const struct slot *s, const tsr_binding *b, const int64_t *row)
{
    struct scan c;
    int64_t     first[TSR_MAX_RANK];
    for (int k = 0; k < s->op.n_args; ++k) {
        if (!is_watched(s, k) || !scan_begin(&c, s, b, row, k) || !find_unwritten(&c, first))
            continue;
        char text[TSR_MAX_RANK * 24];
        int  n = 0;
        text[0] = 0;
        for (int d = 0; d < b[k].rank; ++d)
            n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld", d == 0 ? "" : ", ",
                          (long long)first[d]);
        const char *name = s->op.desc->args[k].name;
        return tsr_fail_(s->op.site, TSR_TASK_FAILED,
                         "task %s did not write element (%s) of argument %d (%s), which it has as "
                         "WRITE",
                         s->op.desc->name, text, k, name != NULL ? name : "?");
    }
    return TSR_OK;
}
#endif
