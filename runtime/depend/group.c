/* depend/group.c - which memory an operation works on.
 *
 * Arguments are grouped by root.  For each root: is what it reads covered by the instance it has (else
 * a larger one, with a copy), and is what it writes written in place or into new memory?
 *
 *  - forced: boxes that one point writes meet boxes that another point (or another argument's view)
 *    reads.  Every read sees the values from before the operation, so the writes go elsewhere.
 *  - candidate: a WRITE that reads nothing of the root, of a box that leaves at most a thin rest.  It is
 *    renamed when otherwise it would wait for readers or writers that its reads do not wait for anyway, or
 *    (in a run of one rank) that those wait for whom its reads wait for.
 *  - else in place.
 *
 * A candidate whose rest is thick is renamed by box: what it writes becomes a part of the root, and the
 * rest stays where it is (parts.c).
 *
 * Invariants: nothing is changed before groups_place succeeded; groups_unplace undoes it.
 * Cost: O(arguments squared) words.  Threads: issuing thread. */
#include <assert.h>
#include <string.h>

#include "depend/internal.h"

static inline __attribute__((always_inline)) void group_add(struct analysis *a, int g, int arg)
{
    struct group *group = &a->group[g];
    const uint32_t bit = 1u << arg;
    group->args |= bit;
    switch (a->plan->arg[arg].access) {
    case TSR_READ:
    case TSR_SCALAR:
        group->reads |= bit;
        break;
    case TSR_WRITE:
        group->writes |= bit;
        break;
    case TSR_READ_WRITE:
        group->reads |= bit;
        group->writes |= bit;
        break;
    case TSR_REDUCE:
        group->folds |= bit;
        break;
    default:
        break;
    }
    a->group_of[arg] = (int8_t)g;
}

/* Is an argument cut as the iteration is, element by element? */
static bool is_aligned(const struct plan *p, int k)
{
    for (int c = 0; c < TSR_MAX_CONSTRAINTS; ++c) {
        const tsr_constraint *x = &p->desc->constraints[c];
        if (x->of == k && (x->kind == TSR_CONSTRAINT_HALO || x->kind == TSR_CONSTRAINT_SCALE ||
                           x->kind == TSR_CONSTRAINT_IMAGE || x->kind == TSR_CONSTRAINT_BROADCAST))
            return false;
    }
    return !p->manual;
}

/* May a point write argument `w` where it reads argument `r` of the same root?  Same view, aligned. */
bool group_may_share(const struct plan *p, int w, int r)
{
    return p->arg[w].view == p->arg[r].view && p->arg[w].cut == p->arg[r].cut &&
           is_aligned(p, w) && is_aligned(p, r);
}

/* Do point tasks of the operation write what others of its points read? */
static bool is_forced(const struct analysis *a, const struct group *g)
{
    if (MUTANT(OVERLAP_IN_PLACE))
        return false;
    for (int w = 0; w < a->plan->n_args; ++w) {
        if (!(g->writes >> w & 1))
            continue;
        const struct plan_arg *pw = &a->plan->arg[w];
        for (int r = 0; r < a->plan->n_args; ++r) {
            if (r == w || !(g->reads >> r & 1))
                continue;
            const struct plan_arg *pr = &a->plan->arg[r];
            if (group_may_share(a->plan, w, r))
                continue;
            if (region_meets(&pr->all, &pw->all))
                return true;
        }
    }
    return false;
}

static void group_begin(struct group *g, struct root *root, int first)
{
    g->root = root;
    g->args = g->reads = g->writes = g->folds = 0;
    g->first = first;
    g->forced = g->candidate = g->rename = g->needed = g->boxed = g->afresh = g->apart = g->settle =
        false;
    g->home = -1;
    g->brought = g->dropped = 0;
    g->before = root->instance;
    g->old = g->now = NULL;
    g->owners = g->settled = NULL;
    g->wrote = NULL;
    g->n_asks = 0;
}

void group_make(struct analysis *a, int g, struct root *root, struct instance *i, uint32_t args)
{
    group_begin(&a->group[g], root, args != 0 ? __builtin_ctz(args) : 0);
    a->group[g].before = i;
    for (; args != 0; args &= args - 1)
        group_add(a, g, __builtin_ctz(args));
}

void groups_find(struct analysis *a)
{
    a->n_groups = 0;
    a->has_parts = false;
    for (int i = 0; i < a->plan->n_args; ++i) {
        a->group_of[i] = -1;
        if (!a->plan->arg[i].store || a->plan->arg[i].unbound)
            continue;
        int g = 0;
        while (g < a->n_groups && a->group[g].root != a->op->arg[i].root)
            ++g;
        if (g == a->n_groups) {
            const struct root_parts *parts = a->op->arg[i].root->parts;
            group_begin(&a->group[g], a->op->arg[i].root, i);
            a->has_parts |= parts != NULL && parts->n > 0;
            ++a->n_groups;
        }
        group_add(a, g, i);
    }
}

/* Sets candidate and boxed. */
static void find_candidate(const struct analysis *a, struct group *g)
{
    if (g->before == NULL || g->before->n_accesses == 0 || g->reads != 0 || g->folds != 0 ||
        __builtin_popcount(g->writes) != 1 || a->plan->n_points == 0)
        return;
    const int w = __builtin_ctz(g->writes);
    if (g->root->temporary) /* it has one buffer a piece: a second write waits for the readers */
        return;
    if (a->side->solid[w] == 0 || (g->before->foreign && g->root->attach_mode == TSR_ATTACH_WRITE))
        return;
    const int64_t written = a->side->solid[w];
    g->boxed = g->before->elements - written > written / 4; /* a rest too thick to be copied */
    g->candidate = !g->boxed || parts_may_box(a, g);
    g->boxed = g->boxed && g->candidate;
}

/* Several ranks: what this one's instance must cover. */
static void decide_need(const struct analysis *a, struct group *g)
{
    tsr_box need = g->before != NULL ? g->before->box : (tsr_box){.rank = g->root->rank};
    g->needed = g->before != NULL;
    for (int k = 0; k < a->plan->n_args; ++k) {
        tsr_box b;
        if (!(g->args >> k & 1) || !exchange_box(a, k, &b))
            continue;
        need = g->needed ? box_hull(&need, &b) : b;
        g->needed = true;
    }
    g->need = g->brought != 0 ? parts_hull(g, need) : need;
}

static inline bool grows(const struct analysis *a, const struct group *g)
{
    return a->rt->n_ranks > 1 && g->before != NULL && !box_contains(&g->before->box, &g->need);
}

void groups_decide(struct analysis *a)
{
    a->plain = true;
    a->recallable = !a->has_parts;
    a->recalling = false;
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        g->needed = true;
        if (a->rt->n_ranks > 1)
            decide_need(a, g);
        g->forced = g->writes != 0 && is_forced(a, g);
        if ((g->writes | g->folds) != 0 && g->before != NULL && g->before->foreign &&
            g->root->attach_mode == TSR_ATTACH_READ)
            g->forced = true; /* the owner's buffer is only read */
        if (!g->forced)
            find_candidate(a, g);
        const bool larger = g->home >= 0 || grows(a, g);
        if (g->forced || larger)
            a->plain = false;
        if (larger || g->boxed)
            a->recallable = false;
    }
}

struct extra *analysis_extra(struct analysis *a, int kind, int arg)
{
    if (a->n_extras == a->extra_capacity) {
        const int capacity = a->extra_capacity == 0 ? 16 : 2 * a->extra_capacity;
        struct extra *bigger = base_realloc(a->extra, (size_t)capacity, sizeof *bigger);
        if (bigger == NULL) {
            a->no_memory = true;
            return NULL;
        }
        a->extra = bigger;
        a->extra_capacity = capacity;
    }
    struct extra *x = &a->extra[a->n_extras++];
    memset(x, 0, sizeof *x);
    x->kind = kind;
    x->arg = arg;
    x->peer = x->slab = -1;
    if (arg >= 0) {
        x->element_bytes = a->op->arg[arg].root->element_bytes;
        x->root = a->op->arg[arg].root->number;
    }
    return x;
}

void analysis_own(struct analysis *a, struct instance *i, const tsr_box *box, uint32_t action,
                  bool write)
{
    struct depend_state *d = a->d;
    if (d->n_own == d->own_capacity) {
        const int capacity = d->own_capacity == 0 ? 64 : 2 * d->own_capacity;
        struct own_access *bigger = base_realloc(d->own, (size_t)capacity, sizeof *bigger);
        if (bigger == NULL) {
            a->no_memory = true;
            return;
        }
        d->own = bigger;
        d->own_capacity = capacity;
    }
    d->own[d->n_own++] = (struct own_access){i, region_of_box(box), action, write};
}

/* Copies of `boxes` from one instance to the other, large ones in several actions. */
void groups_add_copies(struct analysis *a, const struct group *g, struct instance *from,
                       struct instance *to, const struct box_list *boxes)
{
    const int64_t most = (int64_t)(1 << 20) / (int64_t)g->root->element_bytes + 1;
    for (int b = 0; b < boxes->n; ++b) {
        tsr_box rest = boxes->box[b];
        const int64_t rows = rest.rank > 0 ? rest.high[0] - rest.low[0] : 1;
        const int64_t row = rest.rank > 0 ? box_volume(&rest) / (rows > 0 ? rows : 1) : 1;
        const int64_t step = rest.rank > 0 && row > 0 ? (most + row - 1) / row : 1;
        for (int64_t i = 0; i < rows; i += step) {
            tsr_box part = rest;
            if (rest.rank > 0) {
                part.low[0] = rest.low[0] + i;
                part.high[0] = part.low[0] + (rows - i < step ? rows - i : step);
            }
            struct extra *x = analysis_extra(a, EXTRA_COPY, g->first);
            if (x == NULL)
                return;
            const uint32_t action = (uint32_t)(a->plan->n_points + a->n_extras - 1);
            x->box = base_calloc(1, sizeof *x->box);
            if (x->box == NULL) {
                a->no_memory = true;
                return;
            }
            x->box[0] = part;
            x->n_boxes = 1;
            x->from = from;
            x->to = to;
            analysis_own(a, from, &part, action, false);
            analysis_own(a, to, &part, action, true);
        }
    }
}

/* Does one argument, which reads nothing, write all of `from`? */
static bool is_overwritten(const struct analysis *a, const struct group *g,
                           const struct instance *from)
{
    for (uint32_t left = g->writes & ~g->reads; left != 0; left &= left - 1) {
        const int w = __builtin_ctz(left);
        const struct region *here = &a->side->here[w];
        bool covers = a->side->solid[w] != 0 && a->plan->n_points > 0;
        for (int d = 0; d < here->rank && covers; ++d)
            covers = here->low[d] <= from->box.low[d] && here->high[d] >= from->box.high[d];
        if (covers)
            return true;
    }
    return false;
}

/* What of `from` the new memory must start with: everything, but what the written boxes cover. */
static void copy_rest(struct analysis *a, const struct group *g, struct instance *from,
                      struct instance *to)
{
    struct box_list rest = {0};
    if (is_overwritten(a, g, from))
        return;
    if (!box_list_add(&rest, &from->box) && !box_is_empty(&from->box))
        a->no_memory = true;
    for (int w = 0; w < a->plan->n_args; ++w) {
        if (!(g->writes >> w & 1) || g->reads >> w & 1 || !a->side->full[w] ||
            a->plan->n_points == 0)
            continue;
        const tsr_box covered = region_hull(&a->side->here[w]);
        if (a->side->solid[w] != 0 && !box_list_subtract(&rest, &covered))
            a->no_memory = true;
    }
    if (!MUTANT(RENAME_FORGETS_REST))
        groups_add_copies(a, g, from, to, &rest);
    box_list_done(&rest);
}

static struct instance *fresh(struct analysis *a, const struct group *g, const tsr_box *box)
{
    if (g->root->temporary)
        return instance_shadow(a->rt, g->root);
    return instance_create(a->rt, g->root, box);
}

/* The memory that is read, where the root's will not do.  NULL: no memory. */
static struct instance *larger(struct analysis *a, struct group *g)
{
    const bool several = a->rt->n_ranks > 1;
    if (g->apart && !parts_make_room(g))
        return NULL;
    if (g->before == NULL)
        return fresh(a, g, several ? &g->need : NULL);
    if (grows(a, g))
        return instance_create(a->rt, g->root, &g->need);
    struct instance *i = g->afresh ? instance_create(a->rt, g->root, &g->before->box) : NULL;
    return i != NULL ? i : g->before; /* without memory: in place, which waits */
}

/* It starts as a copy of the root's. */
static void copy_grown(struct analysis *a, struct group *g)
{
    struct box_list all = {0};
    if (g->reads == 0 && g->folds == 0 && !g->settle && g->n_asks == 0 && g->brought == 0) {
        copy_rest(a, g, g->before, g->old); /* what is written anyway need not be copied */
        g->forced = g->candidate = g->rename = false;
        return;
    }
    a->no_memory |= !parts_rest(g, &all);
    if (!(MUTANT(PART_WITHOUT_REST) && g->brought != 0))
        groups_add_copies(a, g, g->before, g->old, &all);
    box_list_done(&all);
}

/* The memory that is read: the root's, or a larger one that starts as its copy. */
bool groups_place(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        g->old = g->before;
        if (g->home >= 0) { /* a part on its way home: only read */
            parts_bring(a, g);
            continue;
        }
        g->now = g->before;
        if (g->before == NULL ? a->rt->n_ranks > 1 && !g->needed /* nothing of it here */
                              : !g->afresh && !grows(a, g))
            continue;
        g->now = g->old = larger(a, g);
        if (g->old == NULL)
            return false;
        if (g->before != NULL && g->old != g->before)
            copy_grown(a, g);
    }
    return !a->no_memory;
}

/* The memory that is written, where it is not the one that is read. After the exchange, so that what
 * is received is copied too. */
bool groups_place_written(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        if (g->before == NULL && !g->forced)
            continue;
        if (g->old == NULL || !(g->forced || g->rename))
            continue;
        assert(!g->boxed || g->old == g->before);
        if (g->boxed) {
            const tsr_box box = region_hull(&a->side->here[__builtin_ctz(g->writes)]);
            g->now = parts_make_room(g) ? instance_create(a->rt, g->root, &box) : NULL;
        } else {
            g->now = fresh(a, g, &g->old->box);
        }
        if (g->now == NULL)
            return false;
        if (!g->boxed && !a->recalling)
            copy_rest(a, g, g->old, g->now);
    }
    return !a->no_memory;
}

void groups_unplace(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        if (g->now != NULL && g->now != g->old)
            instance_release(a->rt, g->now);
        if (g->old != NULL && g->old != g->before)
            instance_release(a->rt, g->old);
        g->now = g->old = NULL;
    }
    for (int x = 0; x < a->n_extras; ++x)
        if (!a->extra[x].lent)
            base_free(a->extra[x].box);
    a->n_extras = 0;
    a->d->n_own = 0;
}

static void hold(struct analysis *a, struct instance *i)
{
    struct slot *s = a->s;
    if (i == NULL)
        return;
    assert(s->n_held < (int)(sizeof s->held / sizeof s->held[0]));
    ++i->users;
    i->last = a->op->number;
    s->held[s->n_held++] = i;
}

/* The slot holds the group's instances, each once. */
static void hold_all(struct analysis *a, const struct group *g)
{
    hold(a, g->before);
    if (g->old != g->before)
        hold(a, g->old);
    if (g->now != g->old && g->now != g->before)
        hold(a, g->now);
}

void groups_commit(struct analysis *a)
{
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        if (!(MUTANT(EARLY_FREE) && g->writes == 0 && g->folds == 0))
            hold_all(a, g);
        if (g->now != NULL && g->now == g->before && g->writes != 0)
            observe_count(observe_lane(a->rt->observe, 0), TSR_COUNT_IN_PLACE, 1);
        const bool boxed = g->rename && g->boxed;
        if (g->home >= 0 || g->dropped != 0 || boxed || g->apart)
            parts_commit(a, g);
        if (g->now == g->before || g->now == NULL || boxed || g->apart)
            continue;
        if (g->old != g->before && g->old != g->now)
            instance_release(a->rt, g->old); /* the slot holds it */
        parts_replace(g->root, g->before, g->now);
        if (g->before != NULL) {
            observe_count(observe_lane(a->rt->observe, 0), TSR_COUNT_RENAMES, 1);
            instance_leave(a->rt, g->before);
        }
    }
}
