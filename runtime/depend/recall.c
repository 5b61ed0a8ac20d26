/* depend/recall.c - extras that were derived before: messages, folds, copies of a rest.
 *
 * On several ranks most operations carry extras: halo faces out and in, partial results, folds; and a
 * write that is renamed beside a thin rest copies it.  Which they are follows from the plan, the access
 * lists, the owner maps and this rank's number, all of which are in the memo's key; so a repeated
 * operation takes them as they were, and only says anew which memory they work on.
 *
 * Not recalled: what an instance that grows, a settle, or a root in parts brings with it.
 *
 * Cost: O(extras).  Threads: issuing thread. */
#include <string.h>

#include "depend/internal.h"

static bool extra_keep(struct extra *out, const struct extra *x)
{
    *out = *x;
    out->from = out->to = NULL;
    out->box = NULL;
    if (x->n_boxes == 0)
        return true;
    out->box = base_calloc((size_t)x->n_boxes, sizeof *out->box);
    if (out->box == NULL)
        return false;
    memcpy(out->box, x->box, (size_t)x->n_boxes * sizeof *out->box);
    return true;
}

/* Does the extra work on the memory that memory_say finds again? */
static bool is_recalled(const struct analysis *a, const struct extra *x)
{
    const struct group *g = &a->group[a->group_of[x->arg]];
    return x->kind != EXTRA_COPY || (x->from == g->old && x->to == g->now);
}

bool recall_keep(struct analysis *a, struct memo *m)
{
    for (int x = 0; x < a->n_extras; ++x)
        if (!is_recalled(a, &a->extra[x]))
            return false;
    m->extra = base_calloc((size_t)a->n_extras + 1, sizeof *m->extra);
    bool good = m->extra != NULL;
    for (int x = 0; x < a->n_extras && good; ++x, ++m->n_extras)
        good = extra_keep(&m->extra[x], &a->extra[x]);
    good = good && strips_build(&m->strips, a->plan, a->plan->n_points, a->plan->n_points,
                                a->n_extras, a->rt->schedule_workers, a->side->strips.large);
    m->recalls = good;
    if (!good)
        recall_done(m);
    return good;
}

/* Messages work on what is read, a fold on what is written, a copy from one to the other: as exchange.c
 * and group.c have them. */
static void memory_say(const struct analysis *a, struct extra *x)
{
    const struct group *g = &a->group[a->group_of[x->arg]];
    x->element_bytes = a->op->arg[x->arg].root->element_bytes;
    x->root = a->op->arg[x->arg].root->number;
    if (x->kind == EXTRA_SEND || x->kind == EXTRA_RECEIVE)
        x->from = x->to = g->old;
    else if (x->kind == EXTRA_FOLD && x->peer < 0)
        x->to = g->now;
    else if (x->kind == EXTRA_COPY) {
        x->from = g->old;
        x->to = g->now;
    }
}

bool recall_extras(struct analysis *a, const struct memo *m)
{
    a->extra = base_realloc(NULL, (size_t)m->n_extras + 1, sizeof *a->extra);
    if (a->extra == NULL)
        return false;
    memcpy(a->extra, m->extra, (size_t)m->n_extras * sizeof *a->extra);
    a->n_extras = a->extra_capacity = m->n_extras;
    for (int x = 0; x < m->n_extras; ++x) {
        a->extra[x].lent = true;
        memory_say(a, &a->extra[x]);
    }
    return true;
}

static bool boxes_same(const struct extra *a, const struct extra *b)
{
    for (int k = 0; k < a->n_boxes; ++k)
        if (!box_equal(&a->box[k], &b->box[k]))
            return false;
    return true;
}

/* Are the extras just derived those of the memo?  For TESSERA_MEMO=check. */
bool recall_same(const struct analysis *a, const struct memo *m)
{
    if (!m->recalls)
        return true;
    if (m->n_extras != a->n_extras)
        return false;
    for (int x = 0; x < m->n_extras; ++x) {
        const struct extra *p = &a->extra[x], *q = &m->extra[x];
        if (p->kind != q->kind || p->arg != q->arg || p->peer != q->peer || p->wire != q->wire ||
            p->halo != q->halo || p->together != q->together || p->piece != q->piece || p->follows != q->follows || p->slab != q->slab || p->n_boxes != q->n_boxes || !boxes_same(p, q))
            return false;
        struct extra said = *q;
        memory_say(a, &said);
        if (said.from != p->from || said.to != p->to)
            return false;
    }
    return true;
}

void recall_done(struct memo *m)
{
    for (int x = 0; x < m->n_extras; ++x)
        base_free(m->extra[x].box);
    base_free(m->extra);
    if (m->strips.home != NULL)
        strips_done(&m->strips);
    for (int g = 0; g < m->n_groups; ++g)
        for (int w = 0; w < 2; ++w) {
            action_set_release(m->group[g].set[w]);
            m->group[g].set[w] = NULL;
        }
    m->extra = NULL;
    m->n_extras = 0;
    m->recalls = m->sets_known = false;
}
