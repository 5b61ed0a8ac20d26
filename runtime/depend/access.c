/* depend/access.c - who used an instance: short lists, bounded for ever.
 *
 * A writer whose points cover an older entry replaces it: whoever would wait for the entry waits for
 * the writer, whose point there waited for it.  Repeated readers of one plan share an entry (the latest
 * number, and the one before it, which the completed prefix must have passed).  Long lists first lose
 * what is complete; a list that is still long becomes one entry, "everything up to n".  So the
 * 100,000th write of another row costs what the 100th did.
 *
 * Cost: O(entries).  Threads: issuing thread. */
#include <assert.h>
#include <string.h>

#include "depend/internal.h"

struct action_set *action_set_create(struct analysis *a, struct instance *i, bool write)
{
    int n = 0;
    for (int k = 0; k < a->d->n_own; ++k)
        n += a->d->own[k].instance == i && a->d->own[k].write == write;
    if (n == 0)
        return NULL;
    struct action_set *set = base_calloc(1, sizeof *set);
    if (set != NULL) {
        set->region = base_calloc((size_t)n, sizeof *set->region);
        set->action = base_calloc((size_t)n, sizeof *set->action);
    }
    if (set == NULL || set->region == NULL || set->action == NULL) {
        if (set != NULL) {
            base_free(set->region);
            base_free(set->action);
        }
        base_free(set);
        a->no_memory = true;
        return NULL;
    }
    set->users = 1;
    set->id = hash_word(0x736574, write); /* follows from what is in it, so that states repeat */
    for (int k = 0; k < a->d->n_own; ++k) {
        const struct own_access *own = &a->d->own[k];
        if (own->instance != i || own->write != write)
            continue;
        set->region[set->n] = own->region;
        set->action[set->n++] = own->action;
        set->id = hash_word(region_hash(set->id, &own->region), own->action);
    }
    return set;
}

void action_set_release(struct action_set *s)
{
    if (s == NULL || --s->users > 0)
        return;
    base_free(s->region);
    base_free(s->action);
    base_free(s);
}

static inline void entry_drop(struct access *e)
{
    if (e->plan != NULL)
        plan_release(e->plan);
    if (e->set != NULL)
        action_set_release(e->set);
}

void access_list_drop(struct instance *i)
{
    for (int k = 0; k < i->n_accesses; ++k)
        entry_drop(&i->access[k]);
    i->n_accesses = 0;
    i->shape = 0;
}

uint64_t access_list_shape(const struct instance *i)
{
    uint64_t h = 1;
    for (int k = 0; k < i->n_accesses; ++k) {
        const struct access *e = &i->access[k];
        const uint64_t who = e->plan != NULL ? e->plan->id : e->set != NULL ? e->set->id : 0;
        h = hash_word(h, who);
        uint64_t older = 0; /* where `before` stands among the entries */
        for (int j = 0; e->before != 0 && j < i->n_accesses; ++j)
            older += 1 + (i->access[j].number < e->before);
        h = hash_word(h, (uint64_t)(uint16_t)e->arg << 16 | (uint64_t)(uint16_t)e->kind << 8 | older);
    }
    return h;
}

static bool room(struct instance *i, int n)
{
    if (__builtin_expect(n <= i->capacity, 1))
        return true;
    int capacity = i->capacity == 0 ? 8 : 2 * i->capacity;
    while (capacity < n)
        capacity *= 2;
    struct access *bigger = base_realloc(i->access, (size_t)capacity, sizeof *bigger);
    if (bigger == NULL)
        return false;
    i->access = bigger;
    i->capacity = capacity;
    return true;
}

/* Room for what access_list_commit will leave in the list of group g: asked for while the analysis can
 * still be given up. */
bool access_list_room(const struct analysis *a, int g, const struct memo *m)
{
    struct instance *i = a->group[g].now;
    return i == NULL || room(i, m->group[g].n_next + 2);
}

/* Entries that are complete go; if that is not enough, all become one. */
static void prune(struct analysis *a, struct instance *i)
{
    const uint64_t prefix = atomic_load_explicit(&a->d->engine->prefix, memory_order_acquire);
    int n = 0;
    for (int k = 0; k < i->n_accesses; ++k) {
        if (i->access[k].number <= prefix)
            entry_drop(&i->access[k]);
        else
            i->access[n++] = i->access[k];
    }
    i->n_accesses = n;
    if (n <= LIST_MOST - 8)
        return;
    access_list_drop(i);
    i->access[i->n_accesses++] = (struct access){.kind = ACCESS_ALL, .number = i->last};
}

/* Do the points here of argument `arg` write all that `e` touched? */
static bool covers(const struct analysis *a, int arg, const struct access *e)
{
    const struct plan_side *mine = a->side;
    if (!mine->full[arg] || a->plan->n_points == 0 || e->kind == ACCESS_ALL)
        return false;
    if (e->plan == a->plan && e->kind != ACCESS_FOLD &&
        e->plan->arg[e->arg].cut == a->plan->arg[arg].cut)
        return true;
    if (e->set != NULL) {
        for (int k = 0; k < e->set->n; ++k)
            if (!region_contains(&mine->here[arg], &e->set->region[k]))
                return false;
        return true;
    }
    const struct plan_side *theirs = e->plan->schedule;
    if (e->kind == ACCESS_FOLD) {
        const struct region r = region_of_box(&theirs->fold_box[e->arg]);
        return region_contains(&mine->here[arg], &r);
    }
    return e->plan->n_points == 0 || region_contains(&mine->here[arg], &theirs->here[e->arg]);
}

/* Do this operation's extras write all that those of `e` touched?  (Halo faces, received again.)  Each
 * that does waited for e's. */
static bool own_cover(const struct analysis *a, const struct instance *i, const struct access *e)
{
    for (int k = 0; e->set != NULL && k < e->set->n; ++k) {
        bool found = false;
        for (int o = 0; o < a->d->n_own && !found; ++o) {
            const struct own_access *own = &a->d->own[o];
            found = own->instance == i && own->write &&
                    region_contains(&own->region, &e->set->region[k]);
        }
        if (!found)
            return false;
    }
    return e->set != NULL;
}

/* The list of group g's lasting instance after this operation, relative to the list before. */
void access_list_plan(struct analysis *a, int g, struct memo *m)
{
    const struct group *group = &a->group[g];
    const struct instance *old = group->now == group->before ? group->before : NULL;
    const int room = (old != NULL ? old->n_accesses : 0) + 3 * TSR_MAX_ARGS;
    struct next_access *next = base_calloc((size_t)room, sizeof *next);
    int n = 0;
    m->group[g].next_access = next;
    if (next == NULL) {
        a->no_memory = true;
        return;
    }
    uint32_t joined = 0;
    int8_t joining[LIST_MOST + 3 * TSR_MAX_ARGS];
    int n_joining = 0;
    for (int k = 0; old != NULL && k < old->n_accesses; ++k) {
        const struct access *e = &old->access[k];
        bool gone = a->d->n_own > 0 && own_cover(a, old, e), joins = false;
        for (int w = 0; w < a->plan->n_args && !gone; ++w)
            gone = (group->writes >> w & 1) && covers(a, w, e);
        for (int r = 0; r < a->plan->n_args && !gone; ++r)
            if ((group->reads & ~group->writes) >> r & 1 && e->kind == ACCESS_READ &&
                e->plan == a->plan && e->arg == r) {
                joins = true;
                joined |= 1u << r;
            }
        if (joins)
            joining[n_joining++] = (int8_t)k; /* it is the newest now */
        else if (!gone)
            next[n++] = (struct next_access){.old_entry = (int8_t)k};
    }
    for (int k = 0; k < n_joining; ++k)
        next[n++] = (struct next_access){.old_entry = joining[k], .joins = true};
    const bool reads_stay = group->now == group->old;
    for (int k = 0; k < a->plan->n_args; ++k) {
        if ((group->reads & ~group->writes & ~joined) >> k & 1 && reads_stay &&
            a->plan->n_points > 0)
            next[n++] = (struct next_access){-1, ACCESS_READ, (int16_t)k, false};
    }
    for (int k = 0; k < a->plan->n_args; ++k) {
        if (group->writes >> k & 1 && a->plan->n_points > 0)
            next[n++] = (struct next_access){-1, ACCESS_WRITE, (int16_t)k, false};
        if (group->folds >> k & 1)
            next[n++] = (struct next_access){-1, ACCESS_FOLD, (int16_t)k, false};
    }
    m->group[g].n_next = n;
}

/* The entries as the memo says, from those of the list so far; those that do not stay are dropped. */
static void entries_make(const struct analysis *a, const struct memo *m, int g, struct instance *i,
                         bool same, struct access *out)
{
    uint64_t stays = 0;
    const struct memo_group *mine = &m->group[g];
    for (int k = 0; k < mine->n_next; ++k) {
        const struct next_access *x = &mine->next_access[k];
        if (x->old_entry < 0) {
            ++a->plan->users;
            out[k] = (struct access){.plan = a->plan, .arg = x->arg, .kind = x->kind,
                                     .number = a->op->number};
            continue;
        }
        assert(same);
        out[k] = i->access[x->old_entry];
        stays |= 1ull << x->old_entry;
        if (x->joins) {
            out[k].before = out[k].number;
            out[k].number = a->op->number;
        }
    }
    for (int k = 0; same && k < i->n_accesses; ++k)
        if (!(stays >> k & 1))
            entry_drop(&i->access[k]);
}

/* Extras came before the points.  A memo that recalls them keeps the sets of the first time.  Where there
 * is no memory for a set, all of the operation stands for its extras, and nothing is recalled. */
static void sets_add(struct analysis *a, struct memo_group *mine, struct memo *m, struct instance *i)
{
    for (int write = 0; write < 2; ++write) {
        const bool was_short = a->no_memory;
        a->no_memory = false;
        struct action_set *set =
            m->sets_known ? mine->set[write] : action_set_create(a, i, write != 0);
        if (set != NULL) {
            if (m->recalls && !m->sets_known)
                mine->set[write] = set;
            set->users += m->recalls;
            i->access[i->n_accesses++] = (struct access){.set = set, .arg = (int16_t)write,
                                                         .kind = ACCESS_SET,
                                                         .number = a->op->number};
        } else if (a->no_memory) {
            m->sets_short = true;
            i->access[i->n_accesses++] = (struct access){.kind = ACCESS_ALL,
                                                         .number = a->op->number};
        }
        a->no_memory = was_short;
    }
}

/* The state of the list after the operation.  It follows from the state before and the operation, as
 * all that the memo says does, unless the list was pruned. */
static uint64_t shape_after(const struct analysis *a, int g, struct memo *m,
                            const struct instance *i, bool pruned)
{
    if (pruned || m->sets_short)
        return access_list_shape(i);
    struct memo_group *mine = &m->group[g];
    if (!mine->shape_known || a->rt->config.memo == 2) {
        mine->next_shape = access_list_shape(i);
        mine->shape_known = true;
    }
    return mine->next_shape;
}

void access_list_commit(struct analysis *a, int g, struct memo *m)
{
    struct instance *i = a->group[g].now;
    struct access next[LIST_MOST + 3 * TSR_MAX_ARGS];
    if (i == NULL)
        return;
    entries_make(a, m, g, i, i == a->group[g].before, next);
    i->n_accesses = 0;
    if (a->d->n_own > 0 || m->recalls)
        sets_add(a, &m->group[g], m, i);
    const int n = m->group[g].n_next;
    memcpy(i->access + i->n_accesses, next, sizeof *next * (size_t)n);
    i->n_accesses += n;
    i->last = a->op->number;
    const bool pruned = i->n_accesses > LIST_PRUNE;
    if (pruned)
        prune(a, i);
    i->shape = shape_after(a, g, m, i, pruned);
}
