/* depend/bind.c - an analysis becomes a slot that workers can run.
 *
 * Completion words: each slot keeps its arrays for ever and lets them grow between operations, so that
 * a consumer's pointer into them stays good.  Bindings: an origin and strides per argument, the same
 * for all points.  Cost: O(arguments * rank + sources + strips).  Threads: issuing thread, while nobody
 * looks at the slot. */
#include <assert.h>
#include <string.h>

#include "depend/internal.h"

void bind_producers(struct analysis *a, const struct memo *m)
{
    struct engine *e = a->d->engine;
    for (int i = 0; i < m->n_sources; ++i) {
        const struct source *s = &m->source[i];
        struct producer *p = &a->s->producer[i];
        if (s->group < 0) {
            *p = (struct producer){&e->prefix, a->op->number - 1};
            continue;
        }
        const struct access *x = &a->group[s->group].before->access[s->entry];
        struct slot *producer = engine_slot(e, x->number);
        switch (s->word) {
        case WORD_DONE:
            *p = (struct producer){producer->done, x->number};
            break;
        case WORD_COMPLETE:
            *p = (struct producer){&producer->complete, x->number};
            break;
        case WORD_BEFORE:
            *p = (struct producer){&e->prefix, x->before};
            break;
        default:
            *p = (struct producer){&e->prefix, x->number};
        }
    }
}

/* Room for `n` words, old content kept; old arrays stay with the runtime (stale readers). */
static bool words_grow(struct depend_state *d, _Atomic uint64_t **words, int *capacity, int n)
{
    if (n <= *capacity)
        return true;
    int bigger = *capacity == 0 ? 32 : *capacity;
    while (bigger < n)
        bigger *= 2;
    _Atomic uint64_t *fresh = base_aligned(64, ((size_t)bigger * 8 + 63) & ~(size_t)63);
    struct old_words *grave = *words != NULL ? base_calloc(1, sizeof *grave) : NULL;
    if (fresh == NULL || (*words != NULL && grave == NULL)) {
        base_free(fresh);
        base_free(grave);
        return false;
    }
    for (int i = 0; i < *capacity; ++i)
        atomic_store_explicit(&fresh[i], atomic_load_explicit(&(*words)[i], memory_order_relaxed),
                              memory_order_relaxed);
    if (grave != NULL) {
        grave->words = *words;
        grave->next = d->graveyard;
        d->graveyard = grave;
    }
    *words = fresh;
    *capacity = bigger;
    return true;
}

bool words_room(struct depend_state *d, struct slot *s, int n)
{
    return words_grow(d, &s->done, &s->n_done, n);
}

bool depend_stand_in(struct tsr_runtime *rt, struct slot *s)
{
    struct depend_state *d = rt->depend;
    const struct plan_gang *g = s->op.plan->gang;
    if (g == NULL || g->n_places < 2 || g->place < 0)
        return false;
    if (!strips_build(&s->own_strips, s->op.plan, 1, 1, 0, rt->schedule_workers, true) ||
        !words_grow(d, &s->done, &s->n_done, 1) ||
        !words_grow(d, &s->claim, &s->n_claim, s->own_strips.n)) {
        (void)network_short_of_memory(rt->network, "the points of an operation");
        return false;
    }
    s->plan = plan_keep(s->op.plan);
    s->strips = &s->own_strips;
    s->pattern = NULL;
    s->extra = NULL;
    s->n_extras = 0;
    s->n_points = s->n_actions = 1;
    s->simple = false;
    s->gang = true;
    for (int i = 0; i < s->strips->n; ++i)
        atomic_store_explicit(&s->claim[i], s->op.number << 16, memory_order_relaxed);
    return true;
}

bool bind_slot(struct analysis *a, const struct memo *m)
{
    struct slot *s = a->s;
    s->n_points = a->plan->n_points;
    s->n_extras = a->n_extras;
    s->n_actions = s->n_points + s->n_extras;
    s->gang = a->plan->gang != NULL && a->plan->gang->size > 1 && s->n_points > 0;
    s->strips = &a->side->strips;
    if (m->recalls) {
        s->strips = &m->strips; /* the slot keeps the pattern, and with it the memo */
    } else if (!a->plain) {
        if (!strips_build(&s->own_strips, a->plan, s->n_points, s->n_points, s->n_extras,
                          a->rt->schedule_workers, a->side->strips.large))
            return false;
        s->strips = &s->own_strips;
    }
    if ((s->n_actions > s->n_done && !words_grow(a->d, &s->done, &s->n_done, s->n_actions)) ||
        (s->strips->n > s->n_claim && !words_grow(a->d, &s->claim, &s->n_claim, s->strips->n))) {
        if (!a->plain)
            strips_done(&s->own_strips);
        return false;
    }
    for (int i = 0; i < s->strips->n; ++i)
        atomic_store_explicit(&s->claim[i], a->op->number << 16, memory_order_relaxed);
    return true;
}

void bind_strided(struct slot *s, int k, const struct instance *i)
{
    const struct operation_arg *arg = &s->op.arg[k];
    tsr_binding *b = &s->binding[k];
    const int64_t offset = view_strides(arg->view, i->stride, b->stride);
    b->origin = instance_origin(i, arg->root->element_bytes) +
                offset * (int64_t)arg->root->element_bytes;
}

static void bind_store(struct analysis *a, int k)
{
    struct slot *s = a->s;
    const struct plan_arg *pa = &a->plan->arg[k];
    const struct operation_arg *arg = &a->op->arg[k];
    if (pa->unbound) {
        s->unbound[k] = arg->root->unbound;
        return;
    }
    const struct group *g = &a->group[a->group_of[k]];
    const struct instance *i = g->writes >> k & 1 ? g->now : g->old;
    if (i == NULL || pa->access == TSR_REDUCE)
        return;
    if (arg->root->pieces == NULL) {
        bind_instance(s, a->side, k, i);
        return;
    }
    s->pieces[k] = arg->root->pieces;
    s->simple = false;
}

void bind_arguments(struct analysis *a)
{
    bind_begin(a->s, a->side);
    for (int k = 0; k < a->op->n_args; ++k) {
        bind_head(a->s, a->side, k);
        if (a->plan->arg[k].store)
            bind_store(a, k);
    }
}
