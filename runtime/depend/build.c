/* depend/build.c - edges: which actions of which older operations an action must see complete.
 *
 * For each action and each region it touches, the entries of the instance's access list whose access
 * conflicts (not both reads) are met: where both arguments are the same function of the point, the same
 * point, in O(1); else by the plan's inverse, or by intersecting regions (strided ones exactly).  An
 * action that would wait for more than 8 points of one operation waits for all of it.  Extras of the
 * operation itself (copies, receives) come before its points, folds behind them.
 *
 * Soundness: every conflicting pair of accesses is ordered, directly or through a writer that covered
 * the older one.  Cost: O(points * entries met) where the inverse is arithmetic.
 * Threads: issuing thread. */
#include <assert.h>
#include <string.h>

#include "depend/internal.h"

/* The number of source {group, entry, word}; the last number stands for "everything older". */
static int source_number(struct analysis *a, int group, int entry, int word)
{
    for (int i = 0; i < a->n_sources; ++i)
        if (a->source[i].group == group && a->source[i].entry == entry && a->source[i].word == word)
            return i;
    if (a->n_sources >= SLOT_PRODUCERS - 1 && group >= 0)
        return source_number(a, -1, 0, WORD_ALL);
    a->source[a->n_sources] = (struct source){(int8_t)group, (int8_t)entry, (int8_t)word};
    return a->n_sources++;
}

static void add_edge(struct analysis *a, uint32_t consumer, uint32_t action, int producer, bool value)
{
    struct depend_state *d = a->d;
    if (d->n_loose == d->loose_capacity) {
        const int capacity = d->loose_capacity == 0 ? 1024 : 2 * d->loose_capacity;
        struct loose_edge *bigger = base_realloc(d->loose, (size_t)capacity, sizeof *bigger);
        if (bigger == NULL) {
            a->no_memory = true;
            return;
        }
        d->loose = bigger;
        d->loose_capacity = capacity;
    }
    d->loose[d->n_loose++] =
        (struct loose_edge){consumer, {action, (uint16_t)producer, value}};
}

/* One consumer's region of an instance. */
struct touch {
    uint32_t       consumer;
    int            point;   /* -1: an extra */
    int            arg;     /* of the point; -1: an extra */
    int            group;
    struct region  region;
    bool           read, write;
    uint64_t       near;    /* of the first 64 own accesses, those that it may meet */
};

static void meet_points(struct analysis *a, const struct touch *t, int entry,
                        const struct access *e, bool value)
{
    const struct plan *theirs = e->plan;
    const struct plan_arg *pe = &theirs->arg[e->arg];
    if (theirs->n_points == 0)
        return;
    if (t->point >= 0 && pe->cut == a->plan->arg[t->arg].cut &&
        theirs->n_points == a->plan->n_points && !pe->whole) {
        add_edge(a, t->consumer, (uint32_t)t->point,
                 source_number(a, t->group, entry, WORD_DONE), value);
        return;
    }
    const struct plan_side *side = theirs->schedule;
    if (pe->region != NULL && region_is_apart(&side->here[e->arg], &t->region))
        return;
    int found[EDGES_COARSE + 1];
    const int n = plan_find_points(theirs, e->arg, &t->region, found, EDGES_COARSE);
    if (n > EDGES_COARSE) {
        add_edge(a, t->consumer, 0, source_number(a, t->group, entry, WORD_COMPLETE), value);
        return;
    }
    for (int i = 0; i < n; ++i)
        add_edge(a, t->consumer, (uint32_t)found[i], source_number(a, t->group, entry, WORD_DONE),
                 value);
}

static void meet_set(struct analysis *a, const struct touch *t, int entry, const struct access *e,
                     bool value)
{
    for (int i = 0; i < e->set->n; ++i)
        if (!region_is_apart(&e->set->region[i], &t->region) &&
            region_meets(&e->set->region[i], &t->region))
            add_edge(a, t->consumer, e->set->action[i],
                     source_number(a, t->group, entry, WORD_DONE), value);
}

static void meet_fold(struct analysis *a, const struct touch *t, int entry, const struct access *e,
                      bool value)
{
    const struct plan_side *side = e->plan->schedule;
    const struct region r = region_of_box(&side->fold_box[e->arg]);
    if (r.rank > 0 && !region_meets(&r, &t->region))
        return;
    /* Folds stand first among the extras of a plain operation; of another, wait for all of it. */
    int f = 0;
    while (side->fold_arg[f] != e->arg)
        ++f;
    (void)f;
    add_edge(a, t->consumer, 0, source_number(a, t->group, entry, WORD_COMPLETE), value);
}

/* Did one later operation write all of the region? Then it waited for `number`'s accesses there, and
 * who waits for its readers does so too. */
static bool was_written_since(const struct touch *t, const struct instance *i, uint64_t number)
{
    for (int j = 0; j < i->n_accesses; ++j) {
        const struct access *e = &i->access[j];
        const struct plan_side *side = e->kind == ACCESS_WRITE ? e->plan->schedule : NULL;
        if (side != NULL && e->number > number && e->plan->n_points > 0 && side->full[e->arg] &&
            region_contains(&side->here[e->arg], &t->region))
            return true;
    }
    return false;
}

static void meet_entry(struct analysis *a, const struct touch *t, const struct instance *i, int entry)
{
    const struct access *e = &i->access[entry];
    const bool wrote = e->kind == ACCESS_WRITE || e->kind == ACCESS_FOLD ||
                       e->kind == ACCESS_ALL || (e->kind == ACCESS_SET && e->arg == 1);
    if (!wrote && !t->write)
        return;
    const bool value = wrote && t->read;
    if (!value && MUTANT(LOST_WAR_EDGE))
        return;
    switch (e->kind) {
    case ACCESS_ALL:
        add_edge(a, t->consumer, 0, source_number(a, t->group, entry, WORD_ALL), value);
        break;
    case ACCESS_SET:
        meet_set(a, t, entry, e, value);
        break;
    case ACCESS_FOLD:
        meet_fold(a, t, entry, e, value);
        break;
    default: {
        const int before = a->d->n_loose;
        meet_points(a, t, entry, e, value);
        if (e->before != 0 && a->d->n_loose > before && !was_written_since(t, i, e->before))
            add_edge(a, t->consumer, 0, source_number(a, t->group, entry, WORD_BEFORE), value);
    }
    }
}

/* Was all of `r` that entry k wrote read by a later entry?  Then who waits for those readers need not
 * wait for the writer: they did. */
static bool was_read(const struct analysis *a, const struct instance *i, int k,
                     const struct region *r)
{
    (void)a;
    if (i->access[k].kind != ACCESS_WRITE)
        return false;
    for (int j = k + 1; j < i->n_accesses; ++j) {
        const struct access *e = &i->access[j];
        const struct plan_side *side = e->kind == ACCESS_READ ? e->plan->schedule : NULL;
        if (side != NULL && e->plan->n_points > 0 && side->gapless[e->arg] &&
            region_contains(&side->here[e->arg], r))
            return true;
    }
    return false;
}

/* Everything `t` meets in an instance: the extras of this operation, and older operations. */
static void meet_instance(struct analysis *a, const struct touch *t, const struct instance *i)
{
    if (i == NULL || /* what an operation without memory here should have left */
        (t->point >= 0 && MUTANT(LOST_EDGE) && t->point % 3 == 1))
        return;
    for (int k = 0; k < a->d->n_own; ++k) {
        const struct own_access *own = &a->d->own[k];
        if (k < 64 && !(t->near >> k & 1))
            continue;
        if (own->instance == i && own->action < t->consumer + (t->point >= 0 ? UINT32_MAX / 2 : 0) &&
            own->action != t->consumer && (own->write || t->write) &&
            region_meets(&own->region, &t->region))
            add_edge(a, t->consumer, own->action, PRODUCER_SELF, own->write && t->read);
    }
    if (i != a->group[t->group].before)
        return; /* new memory: nobody older */
    for (int k = 0; k < i->n_accesses; ++k)
        if (t->read || !was_read(a, i, k, &t->region))
            meet_entry(a, t, i, k);
}

/* Which of the first 64 own accesses argument k's points meet in instance `i`, as a mask: of seven
 * arguments that are a stencil's neighbours, each meets one face or none. */
static uint64_t own_near(const struct analysis *a, int k, const struct instance *i)
{
    const int n = a->d->n_own < 64 ? a->d->n_own : 64;
    uint64_t  near = 0;
    for (int j = 0; j < n; ++j) {
        const struct own_access *own = &a->d->own[j];
        near |= (uint64_t)(own->instance == i && !region_is_apart(&own->region, &a->side->here[k])) << j;
    }
    return near;
}

static void points_meet(struct analysis *a)
{
    for (int k = 0; k < a->plan->n_args; ++k) {
        const struct plan_arg *pa = &a->plan->arg[k];
        if (a->group_of[k] < 0 || pa->access == TSR_REDUCE ||
            (MUTANT(SCALAR_EARLY) && pa->access == TSR_SCALAR))
            continue;
        const struct group *g = &a->group[a->group_of[k]];
        const bool write = g->writes >> k & 1, read = g->reads >> k & 1;
        const struct instance *i = write ? g->now : g->old;
        if (i == NULL || (i->n_accesses == 0 && a->d->n_own == 0))
            continue;
        const uint64_t near = own_near(a, k, i);
        for (int p = 0; p < a->plan->n_points; ++p) {
            struct touch t = {(uint32_t)p, p, k, a->group_of[k], pa->region[p], read, write, near};
            if (MUTANT(HALO_ONE_SHORT) && read && t.region.rank > 0 &&
                t.region.high[0] - t.region.low[0] > 2)
                --t.region.high[0], region_normalize(&t.region);
            meet_instance(a, &t, i);
        }
    }
}

static void folds_meet(struct analysis *a)
{
    for (int x = 0; x < a->n_extras; ++x) {
        const struct extra *e = &a->extra[x];
        const uint32_t action = (uint32_t)(a->plan->n_points + x);
        if (e->kind != EXTRA_FOLD)
            continue;
        for (int p = 0; p < a->plan->n_points; ++p)
            add_edge(a, action, (uint32_t)p, PRODUCER_SELF, true);
        for (int y = 0; y < x; ++y)
            if (a->extra[y].kind == EXTRA_PARTIAL && a->extra[y].arg == e->arg)
                add_edge(a, action, (uint32_t)(a->plan->n_points + y), PRODUCER_SELF, true);
        for (int y = 0; y < a->n_extras; ++y) /* two totals into one root: in order of arguments */
            if (a->extra[y].kind == EXTRA_FOLD && a->extra[y].arg < e->arg &&
                a->group_of[a->extra[y].arg] == a->group_of[e->arg])
                add_edge(a, action, (uint32_t)(a->plan->n_points + y), PRODUCER_SELF, true);
        if (e->to == NULL)
            continue;
        const tsr_box *box = &a->side->fold_box[e->arg];
        struct touch t = {action, -1, -1, a->group_of[e->arg], region_of_box(box), true, true,
                          UINT64_MAX};
        meet_instance(a, &t, e->to);
    }
}

static void others_meet(struct analysis *a)
{
    for (int k = 0; k < a->d->n_own; ++k) {
        const struct own_access own = a->d->own[k];
        int g = 0;
        while (g < a->n_groups && a->group[g].before != own.instance &&
               a->group[g].old != own.instance && a->group[g].now != own.instance)
            ++g;
        struct touch t = {own.action, -1, -1, g, own.region, !own.write, own.write,
                          UINT64_MAX};
        if (g < a->n_groups)
            meet_instance(a, &t, own.instance);
    }
}

bool edges_find(struct analysis *a)
{
    a->d->n_loose = 0;
    a->n_sources = 0;
    others_meet(a);
    points_meet(a);
    folds_meet(a);
    return !a->no_memory;
}

/* The access an edge stands for; NULL: of this operation, or no single one. */
static const struct access *edge_access(const struct analysis *a, const struct edge *e)
{
    if (e->producer == PRODUCER_SELF)
        return NULL;
    const struct source *s = &a->source[e->producer];
    if (s->group < 0 || s->word == WORD_BEFORE)
        return NULL;
    return &a->group[s->group].before->access[s->entry];
}

/* Does the action that edge `o` waits for, of a younger operation in flight, wait itself for whom `e` does? */
static bool is_waited_for(const struct analysis *a, const struct edge *o, uint64_t number, const struct edge *e)
{
    const struct access  *theirs = edge_access(a, o);
    const struct engine  *engine = a->d->engine;
    const struct slot    *s = engine_slot(engine, theirs->number);
    const struct pattern *p = s->op.number == theirs->number ? s->pattern : NULL;
    if (p == NULL || theirs->number <= number || a->source[o->producer].word != WORD_DONE ||
        o->action >= (uint32_t)p->n_actions)
        return false;
    for (uint32_t k = p->first[o->action]; k < p->first[o->action + 1]; ++k) {
        const struct producer *x = p->edge[k].producer != PRODUCER_SELF ? &s->producer[p->edge[k].producer] : NULL;
        if (x == NULL || x->number != number || x->done == &engine->prefix)
            continue;
        if (x->done == &engine_slot(engine, number)->complete ||
            (a->source[e->producer].word == WORD_DONE && p->edge[k].action == e->action))
            return true;
    }
    return false;
}

/* Does the action wait for whom `e` waits for anyway, with a value, or (one rank) behind one?  The edges stay, and are
 * looked at each time: on several ranks, where a rank has few pieces and looks often, that costs more than new memory. */
static bool is_implied(const struct analysis *a, const struct pattern *p, uint32_t i,
                       const struct edge *e)
{
    const struct access *mine = edge_access(a, e);
    for (uint32_t k = p->first[i]; mine != NULL && k < p->first[i + 1]; ++k) {
        const struct edge *o = &p->edge[k];
        const struct access *theirs = o->value ? edge_access(a, o) : NULL;
        if (theirs == NULL)
            continue;
        if (theirs->number == mine->number && o->action == e->action &&
            a->source[o->producer].word == a->source[e->producer].word)
            return true;
        if (a->rt->n_ranks == 1 && is_waited_for(a, o, mine->number, e))
            return true;
    }
    return false;
}

/* Does the edge wait for a copy out of the memory: a message packed, a rest copied?  That is short, and
 * waits for nobody but the content it copies. */
static bool is_for_copy(const struct analysis *a, const struct edge *e)
{
    const struct access *x = edge_access(a, e);
    return x != NULL && x->kind == ACCESS_SET && x->arg == 0;
}

/* How many waits are for the memory of candidates alone, not for a value or for whom a value waits for
 * anyway?  Which candidates are they? */
uint64_t pattern_needless_waits(const struct analysis *a, const struct pattern *p, uint32_t *out_groups)
{
    uint32_t candidates = 0, found = 0;
    uint64_t n = 0;
    for (int g = 0; g < a->n_groups; ++g)
        if (a->group[g].candidate)
            candidates |= 1u << g; /* they have arguments: the first 16 */
    for (int i = 0; i < p->n_actions && candidates != 0; ++i)
        for (uint32_t k = p->first[i]; k < p->first[i + 1]; ++k) {
            const struct edge *e = &p->edge[k];
            if (e->value || e->producer == PRODUCER_SELF)
                continue;
            const int g = a->source[e->producer].group; /* -1: any */
            const uint32_t whose = g < 0 ? candidates : g < 32 ? candidates & 1u << g : 0;
            if (whose != 0 && !is_for_copy(a, e) && !is_implied(a, p, (uint32_t)i, e)) {
                ++n;
                found |= whose;
            }
        }
    *out_groups = found;
    return n;
}

struct memo *pattern_create(struct analysis *a)
{
    const struct depend_state *d = a->d;
    struct memo *m = base_calloc(1, sizeof *m + (size_t)a->n_groups * sizeof m->group[0]);
    const int n_actions = a->plan->n_points + a->n_extras;
    if (m == NULL)
        return NULL;
    struct pattern *p = &m->pattern;
    p->users = 1;
    p->n_actions = n_actions;
    p->n_producers = a->n_sources;
    p->renamed = a->renamed;
    p->avoided = a->avoided;
    p->first = base_calloc((size_t)n_actions + 2, sizeof *p->first);
    p->edge = base_calloc((size_t)d->n_loose + 1, sizeof *p->edge);
    m->source = base_calloc((size_t)a->n_sources + 1, sizeof *m->source);
    m->n_sources = a->n_sources;
    m->n_groups = a->n_groups;
    if (p->first == NULL || p->edge == NULL || m->source == NULL) {
        pattern_release(p);
        return NULL;
    }
    memcpy(m->source, a->source, (size_t)a->n_sources * sizeof *m->source);
    for (int i = 0; i < d->n_loose; ++i)
        ++p->first[d->loose[i].consumer + 2];
    for (int i = 2; i <= n_actions + 1; ++i)
        p->first[i] += p->first[i - 1];
    for (int i = 0; i < d->n_loose; ++i) { /* stable, equal edges once */
        const struct loose_edge *e = &d->loose[i];
        p->edge[p->first[e->consumer + 1]++] = e->edge;
    }
    return m;
}
