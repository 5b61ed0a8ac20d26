/* depend/analyse.c - the stage's entry: one operation from plan to slot.
 *
 * The order is: which memory (group.c), which messages (exchange.c), which edges (build.c, or a memo
 * that was bound before), then what the operation leaves behind (access.c).  Nothing the program can
 * see changes before everything is in hand, so that an analysis that is short of memory can be asked
 * again.  Cost: O(arguments) for a state met before; else see build.c.  Threads: issuing thread. */
#include <assert.h>
#include <string.h>

#include "depend/internal.h"

tsr_status depend_start(struct tsr_runtime *rt, struct engine *e)
{
    struct depend_state *d = base_calloc(1, sizeof *d);
    if (d != NULL) {
        d->engine = e;
        d->bucket = base_calloc(MEMO_BUCKETS, sizeof *d->bucket);
        d->together = base_calloc((size_t)rt->n_ranks, sizeof *d->together);
    }
    rt->depend = d;
    if (d == NULL || d->bucket == NULL || d->together == NULL) {
        depend_stop(rt);
        return TSR_FAIL(NO_MEMORY, "no memory for the depend stage");
    }
    return TSR_OK;
}

void depend_stop(struct tsr_runtime *rt)
{
    struct depend_state *d = rt->depend;
    if (d == NULL)
        return;
    if (d->bucket != NULL)
        memo_clear(d);
    while (d->graveyard != NULL) {
        struct old_words *w = d->graveyard;
        d->graveyard = w->next;
        base_free((void *)w->words);
        base_free(w);
    }
    owner_moves_done(&d->to);
    owner_moves_done(&d->from);
    owner_moves_done(&d->more);
    base_free(d->together);
    base_free(d->bucket);
    base_free(d->loose);
    base_free(d->own);
    base_free(d->points);
    base_free(d);
    rt->depend = NULL;
}

size_t depend_held_bytes(const struct tsr_runtime *rt)
{
    return rt->depend->held_bytes;
}

static bool accumulators_place(struct analysis *a)
{
    for (int f = 0; f < a->side->n_folds; ++f) {
        const int k = a->side->fold_arg[f];
        const size_t bytes = a->side->accumulator_elements[k] * a->op->arg[k].root->element_bytes;
        const size_t marks = a->side->shares[k] != NULL ? (size_t)a->side->shares[k]->n : 0;
        if (bytes == 0)
            continue;
        a->s->accumulator_block[k] = memory_take(a->rt, bytes + marks);
        if (a->s->accumulator_block[k] == NULL)
            return false;
        a->s->accumulator[k] = memory_data(a->s->accumulator_block[k]);
        if (!a->rt->simulated)
            memset(a->s->accumulator[k] + bytes, 0, marks);
    }
    return true;
}

static void accumulators_give(struct tsr_runtime *rt, struct slot *s)
{
    for (int k = 0; k < TSR_MAX_ARGS; ++k) {
        if (s->accumulator_block[k] != NULL)
            memory_give(rt, s->accumulator_block[k]);
        s->accumulator_block[k] = NULL;
        s->accumulator[k] = NULL;
    }
}

/* Totals that are applied here in slabs: the fold becomes that of the first, others stand behind. */
static void folds_cut(struct analysis *a)
{
    const int n = a->n_extras;
    for (int i = 0; i < n; ++i) {
        const struct slabs *s = a->extra[i].kind == EXTRA_FOLD ? a->side->slabs[a->extra[i].arg] : NULL;
        if (s == NULL || a->extra[i].peer >= 0)
            continue;
        a->extra[i].slab = 0;
        for (int j = 1; j < s->n; ++j) {
            struct extra *x = analysis_extra(a, EXTRA_FOLD, a->extra[i].arg);
            if (x == NULL)
                return;
            x->to = a->extra[i].to;
            x->slab = j;
        }
    }
}

static void folds_add(struct analysis *a)
{
    if (a->side->n_folds == 0)
        return;
    for (int f = 0; f < a->side->n_folds; ++f) {
        const int k = a->side->fold_arg[f];
        struct extra *x = analysis_extra(a, EXTRA_FOLD, k);
        if (x != NULL)
            x->to = a->group[a->group_of[k]].now;
    }
    if (a->side->n_fold_actions > a->side->n_folds)
        folds_cut(a);
}

static void unplace(struct analysis *a)
{
    accumulators_give(a->rt, a->s);
    if (a->rt->n_ranks > 1)
        exchange_unplace(a);
    groups_unplace(a);
}

/* Messages and folds; `m`: as they were, where it has them. */
static bool place_extras(struct analysis *a, const struct memo *m)
{
    const bool several = a->rt->n_ranks > 1;
    a->recalling = m != NULL && m->recalls;
    if (a->recalling)
        return groups_place_written(a) && recall_extras(a, m);
    if ((several && !exchange_place(a)) || !groups_place_written(a))
        return false;
    if (!several) {
        folds_add(a);
        return true;
    }
    exchange_folds(a);
    folds_cut(a);
    return true;
}

/* Memory, messages and folds; false: short of memory, nothing changed. */
static bool place(struct analysis *a, const struct memo *m)
{
    a->n_extras = 0;
    a->d->n_own = 0;
    if (groups_place(a) && accumulators_place(a) && place_extras(a, m) && !a->no_memory)
        return true;
    unplace(a);
    return false;
}

static void rename_candidates(struct analysis *a)
{
    for (int g = 0; g < a->n_groups; ++g) {
        struct group *group = &a->group[g];
        group->rename = group->candidate && (a->renamed >> g & 1);
        if (group->rename && !group->boxed &&
            group->before->elements != a->side->solid[__builtin_ctz(group->writes)])
            a->plain = false; /* copies of the rest are extras */
    }
}

/* No memory for what would be renamed: then it waits.  Not remembered. */
static bool place_in_place(struct analysis *a)
{
    if (a->renamed == 0)
        return false;
    a->renamed = 0;
    a->avoided = 0;
    a->plain = a->recallable = false;
    a->no_renaming = true;
    rename_candidates(a);
    return place(a, NULL);
}

/* Edges found anew; may decide that candidates are renamed and place again. NULL: short. */
static struct memo *analyse_fresh(struct analysis *a)
{
    if (!edges_find(a))
        return NULL;
    struct memo *m = pattern_create(a);
    if (m == NULL || a->no_renaming)
        return m;
    uint32_t mask = 0;
    a->avoided = pattern_needless_waits(a, &m->pattern, &mask);
    if (a->avoided == 0)
        return m;
    pattern_release(&m->pattern);
    unplace(a);
    a->renamed = mask;
    rename_candidates(a);
    if (!place(a, NULL) && !place_in_place(a))
        return NULL;
    return edges_find(a) ? pattern_create(a) : NULL;
}

static enum depend_result commit(struct analysis *a, struct memo *m)
{
    struct observe_lane *lane = observe_lane(a->rt->observe, 0);
    bind_arguments(a);
    bind_producers(a, m);
    for (int g = 0; g < a->n_groups; ++g)
        if (!access_list_room(a, g, m))
            return DEPEND_SHORT;
    if (!bind_slot(a, m))
        return DEPEND_SHORT;
    if (a->rt->n_ranks > 1)
        exchange_commit(a);
    for (int g = 0; g < a->n_groups; ++g)
        access_list_commit(a, g, m);
    m->sets_known = m->recalls && !m->sets_short;
    groups_commit(a);
    a->s->pattern = &m->pattern;
    ++m->pattern.users;
    a->s->extra = a->extra;
    a->s->plan = plan_keep(a->plan);
    observe_count(lane, TSR_COUNT_EDGES, m->pattern.first[m->pattern.n_actions]);
    observe_count(lane, TSR_COUNT_WAITS_AVOIDED, (int64_t)m->pattern.avoided);
    return DEPEND_DONE;
}

static void check_memo(struct analysis *a, const struct memo *known)
{
    struct memo *fresh = NULL;
    if (edges_find(a))
        fresh = pattern_create(a);
    if (fresh == NULL)
        return;
    for (int g = 0; g < a->n_groups; ++g)
        access_list_plan(a, g, fresh);
    if ((!memo_same(known, fresh) || !recall_same(a, known)) && !MUTANT(STALE_MEMO)) {
        fprintf(stderr, "tessera: a remembered analysis of operation %llu differs from a fresh one\n",
                (unsigned long long)a->op->number);
        observe_flight_print(a->rt->observe, stderr, 0);
        assert(!"memo");
    }
    pattern_release(&fresh->pattern);
}

static void analysis_begin(struct analysis *a, struct tsr_runtime *rt, struct slot *s)
{
    a->rt = rt;
    a->d = rt->depend;
    a->s = s;
    a->op = &s->op;
    a->plan = s->op.plan;
    a->n_extras = a->extra_capacity = a->n_sources = 0;
    a->extra = NULL;
    a->renamed = 0;
    a->avoided = 0;
    a->no_memory = a->no_renaming = false;
    a->side = plan_side_get(rt, a->plan);
}

enum depend_result depend_analyse(struct tsr_runtime *rt, struct slot *s)
{
    struct analysis a;
    uint64_t key[2] = {0, 0};
    struct memo *m = NULL;
    analysis_begin(&a, rt, s);
    if (a.side == NULL)
        return DEPEND_SHORT;
    groups_find(&a);
    if (a.has_parts || rt->n_ranks > 1)
        parts_sort(&a);
    groups_decide(&a);
    if (rt->n_ranks > 1)
        exchange_prepare(&a);
    const bool memos = (a.plain || a.recallable) && a.plan->id != 0 && rt->config.memo != 1;
    if (memos) {
        memo_key(&a, key);
        m = memo_find(a.d, key);
        if (m != NULL && m->recalls && !m->sets_known)
            m = NULL; /* the first time came to nothing */
        if (m != NULL)
            a.renamed = m->pattern.renamed;
    }
    rename_candidates(&a);
    if (!place(&a, rt->config.memo == 2 ? NULL : m)) {
        if (!place_in_place(&a))
            goto no_memory;
        m = NULL;
    }
    const bool known = m != NULL;
    if (known && rt->config.memo == 2)
        check_memo(&a, m);
    if (!known) {
        m = analyse_fresh(&a);
        if (m == NULL)
            goto undo;
        m->pattern.renamed = a.renamed;
        m->pattern.avoided = a.renamed != 0 ? a.avoided : 0;
        for (int g = 0; g < a.n_groups; ++g)
            access_list_plan(&a, g, m);
        if (a.no_memory)
            goto drop;
        m->key[0] = key[0];
        m->key[1] = key[1];
        if (memos && (a.plain || (a.recallable && recall_keep(&a, m))))
            memo_add(a.d, m);
    }
    if (commit(&a, m) != DEPEND_DONE)
        goto drop;
    if (!known)
        pattern_release(&m->pattern);
    observe_count(observe_lane(rt->observe, 0), known ? TSR_COUNT_MEMO_HITS : TSR_COUNT_MEMO_MISSES, 1);
    return DEPEND_DONE;

drop:
    if (!known)
        pattern_release(&m->pattern);
undo:
    unplace(&a);
no_memory:
    base_free(a.extra);
    return DEPEND_SHORT;
}

void depend_abandon(struct tsr_runtime *rt, struct slot *s)
{
    struct analysis a;
    if (rt->n_ranks == 1)
        return;
    analysis_begin(&a, rt, s);
    if (a.side != NULL) {
        groups_find(&a);
        groups_decide(&a);
        exchange_prepare(&a);
    }
    if (a.side == NULL || a.no_memory)
        (void)network_short_of_memory(rt->network, "the analysis of an operation");
    else
        exchange_abandon(&a);
}

void depend_reclaim(struct tsr_runtime *rt, struct slot *s)
{
    struct depend_state *d = rt->depend;
    for (int i = 0; i < s->n_held; ++i) {
        struct instance *x = s->held[i];
        if (x->users == 1) {
            const size_t bytes = x->bytes;
            access_list_drop(x);
            d->held_bytes -= bytes < d->held_bytes ? bytes : d->held_bytes;
        }
        instance_release(rt, x);
    }
    s->n_held = 0;
    for (int x = 0; x < s->n_extras && s->extra != NULL; ++x) {
        if (!s->extra[x].lent)
            base_free(s->extra[x].box);
        if (s->extra[x].buffer != NULL)
            network_buffer_free(s->extra[x].buffer);
    }
    base_free(s->extra);
    s->extra = NULL;
    s->n_extras = 0;
    if (s->own_strips.home != NULL) /* there may be none in it: this rank takes no part */
        strips_done(&s->own_strips);
    if (s->pattern != NULL)
        pattern_release(s->pattern);
    s->pattern = NULL;
    accumulators_give(rt, s);
    plan_release(s->plan);
    s->plan = NULL;
}

void depend_forget(struct tsr_runtime *rt, struct instance *i)
{
    (void)rt;
    access_list_drop(i);
}

void depend_root_drop(struct tsr_runtime *rt, struct root *root)
{
    struct instance *i = root->instance;
    root->instance = NULL;
    if (root->parts != NULL)
        parts_drop(rt, root);
    if (root->owners != NULL)
        owner_map_destroy(root->owners);
    root->owners = NULL;
    if (i == NULL)
        return;
    if (i->users > 1)
        rt->depend->held_bytes += i->bytes;
    else if (i->n_accesses > 0)
        access_list_drop(i);
    instance_release(rt, i);
}
