/* depend/parts.c - renaming by box: a root whose boxes lie in several instances.
 *
 * A write of part of an instance, beside a rest that is too thick to be copied, gets new memory for its
 * box: a *part* of the root.  The rest stays where it is, and so do those who still use the old content
 * of the box.  Whatever the program names next is looked up box by box:
 *
 *   inside one part      the operation works on the part, as if it were a root of its own;
 *   beside all parts     on the root's own instance;
 *   in several of them   the parts it meets are brought back first, by copies that are actions of the
 *                        operation: into new memory for part and rest where somebody still reads the
 *                        rest's instance, else into that instance.  A part that is overwritten whole is
 *                        dropped without a copy.
 *
 * A root has at most ROOT_PARTS parts; a renamed one is at least an eighth of the root's own instance, so
 * that a root never takes more than twice its size, and what was twice brought back is no longer renamed by box: a loop
 * that writes a half and reads the whole would copy for ever what it could wait for.
 *
 * On several ranks a part is also what lies far from the rest: one instance a rank while the box around
 * all it holds is at most twice what it holds, else one more for the box that is far.  Messages start from
 * and arrive in one instance a root: where the ranks ask this one for what several have, or it asks for
 * more than a part, the parts come back.  All of this is private to the rank: owner maps and messages do
 * not know of it.
 *
 * Invariants: parts do not meet; where one lies in the root's own instance, the content there is nobody's.
 * Cost: nothing for a root without parts; else O(arguments * parts), on several ranks times ranks.
 * Threads: issuing thread. */
#include <assert.h>
#include <string.h>

#include "depend/internal.h"

enum {
    PART_SHARE = 8,      /* a part is at least so much of the root's own instance */
    PARTS_BROUGHT = 2,   /* times; then a root's boxes are no longer renamed */
    AT_HOME = -1,        /* in the root's own instance */
    NOWHERE = -2,        /* in several: they are to be brought together */
    APART = -3           /* in a new part, far from everything else */
};

bool parts_may_box(const struct analysis *a, const struct group *g)
{
    const struct root *root = g->root;
    const int w = __builtin_ctz(g->writes);
    if (g->before != root->instance || g->before->foreign || root->kind == ROOT_ATTACHED ||
        root->n_brought >= PARTS_BROUGHT || g->brought != 0 || g->dropped != 0 ||
        (root->parts != NULL && root->parts->n == ROOT_PARTS))
        return false;
    if (a->side->solid[w] * PART_SHARE < g->before->elements)
        return false;
    const struct region *here = &a->side->here[w]; /* solid: it is a box */
    const tsr_box *box = &g->before->box;
    for (int d = 0; d < here->rank; ++d)
        if (here->low[d] < box->low[d] || here->high[d] > box->high[d])
            return false;
    return true;
}

/* ---- where an operation's boxes lie ---- */

/* What argument k touches on this rank; false: nothing. */
static bool touched(const struct analysis *a, int k, tsr_box *out)
{
    return exchange_box(a, k, out);
}

/* The parts that a box meets. */
static uint32_t parts_met(const struct root_parts *parts, const tsr_box *box)
{
    uint32_t met = 0;
    for (int p = 0; p < parts->n; ++p)
        met |= (uint32_t)box_meets(&parts->part[p]->box, box) << p;
    return met;
}

/* AT_HOME, or the part that a box lies in; NOWHERE: it takes several instances, and *bring are those
 * to be brought back. */
static int place_of(const struct root_parts *parts, const tsr_box *box, uint32_t *bring)
{
    const uint32_t met = parts_met(parts, box);
    if (met == 0)
        return AT_HOME;
    const int p = __builtin_ctz(met);
    if (box_contains(&parts->part[p]->box, box))
        return p;
    *bring |= met;
    return NOWHERE;
}

/* One rank: each argument is where its box is. */
static uint32_t places_find(const struct analysis *a, const struct group *g, int8_t *place)
{
    uint32_t bring = 0;
    for (int k = 0; k < a->plan->n_args; ++k) {
        tsr_box box;
        place[k] = AT_HOME;
        if ((g->args >> k & 1) && touched(a, k, &box))
            place[k] = (int8_t)place_of(g->root->parts, &box, &bring);
    }
    return bring;
}

/* What all others ask for of the parts and (*out_home) of the root's own instance.  Who asks is found by what
 * is asked for, not by arguments: of two boxes that a rank writes their hull is. */
static uint32_t asked_by_others(struct analysis *a, int i, const struct root_parts *parts,
                                bool *out_home)
{
    const struct group *g = &a->group[i];
    tsr_box here = g->root->instance->box;
    uint32_t sent = 0;
    *out_home = false;
    if (!asks_find(a, i)) {
        a->no_memory = true; /* nothing of this comes about */
        return 0;
    }
    for (int p = 0; p < parts->n; ++p)
        here = box_hull(&here, &parts->part[p]->box);
    for (int j = 0; j < g->n_asks; ++j) {
        struct deal_walk w = deal_walk_begin(g->asked[j], &here);
        while (deal_walk_next(&w)) {
            uint32_t none = 0;
            if (w.r == a->rt->rank)
                continue;
            const tsr_box asked = exchange_asks(a, g, w.r);
            const int where = place_of(parts, &asked, &none);
            sent |= where >= 0 ? 1u << where : none;
            *out_home |= where < 0 && box_meets(&g->root->instance->box, &asked);
        }
    }
    return sent;
}

/* All that the group's arguments touch here, as one box; false: nothing. */
static bool touched_together(const struct analysis *a, const struct group *g, tsr_box *out)
{
    bool any = false;
    for (int k = 0; k < a->plan->n_args; ++k) {
        tsr_box box;
        if (!(g->args >> k & 1) || !touched(a, k, &box))
            continue;
        *out = any ? box_hull(out, &box) : box;
        any = true;
    }
    return any;
}

/* Would one instance for this box and for what is here be more than twice what it holds? */
static bool is_far(const struct root *root, const tsr_box *box)
{
    const struct root_parts *parts = root->parts;
    const struct instance *home = root->instance;
    tsr_box hull = box_hull(&home->box, box);
    int64_t holds = box_volume(&home->box) + box_volume(box);
    for (int p = 0; parts != NULL && p < parts->n; ++p) {
        if (box_contains(&home->box, &parts->part[p]->box))
            continue;
        hull = box_hull(&hull, &parts->part[p]->box);
        holds += box_volume(&parts->part[p]->box);
    }
    return box_volume(&hull) / 2 > holds && !box_meets(&home->box, box) &&
           root->kind != ROOT_ATTACHED && !home->foreign && !root->temporary &&
           root->n_brought < PARTS_BROUGHT && (parts == NULL || parts->n < ROOT_PARTS);
}

/* The parts far from the rest that are to be one around a box, as a mask: those that it meets, and who
 * meets their hull, and so on; or else one that lies near.  0: none, or it would meet the rest. */
static uint32_t parts_to_join(const struct root *root, const struct root_parts *parts,
                              const tsr_box *box)
{
    tsr_box hull = *box;
    uint32_t joined = 0, more = parts_met(parts, &hull);
    for (int p = 0; p < parts->n && more == 0; ++p) {
        const tsr_box *b = &parts->part[p]->box, both = box_hull(b, box);
        if (box_volume(&both) / 2 <= box_volume(b) + box_volume(box))
            more = 1u << p;
    }
    while (more != 0) {
        for (joined |= more; more != 0; more &= more - 1)
            hull = box_hull(&hull, &parts->part[__builtin_ctz(more)]->box);
        more = parts_met(parts, &hull) & ~joined;
    }
    return box_meets(&root->instance->box, &hull) ? 0 : joined;
}

/* Several ranks: all arguments of a root in one place, which is returned; *bring: the parts that join
 * it.  *out_sent: parts whose content others ask for, whatever is overwritten. */
static int place_find_together(struct analysis *a, int i, uint32_t *bring, uint32_t *out_sent)
{
    const struct group *g = &a->group[i];
    static const struct root_parts no_parts = {0};
    const struct root_parts *parts = g->root->parts != NULL ? g->root->parts : &no_parts;
    const bool settles = (g->writes | g->folds) != 0 && g->root->owners != NULL &&
                         owner_map_must_settle(g->root->owners);
    bool others_home = false;
    tsr_box mine = {.rank = g->root->rank};
    const bool any = touched_together(a, g, &mine);
    if (parts->n == 0 && (!any || box_contains(&g->root->instance->box, &mine) ||
                          !is_far(g->root, &mine)))
        return AT_HOME; /* nearly always */
    *out_sent = settles ? (1u << parts->n) - 1 : asked_by_others(a, i, parts, &others_home);
    const uint32_t used = *out_sent | (any ? parts_met(parts, &mine) : 0);
    *bring = used;
    if (settles || others_home)
        return AT_HOME;
    if (used != 0 && (used & (used - 1)) == 0) {
        const int p = __builtin_ctz(used);
        *bring = 0;
        if (!any || box_contains(&parts->part[p]->box, &mine))
            return p;
    }
    const uint32_t joined = any ? parts_to_join(g->root, parts, &mine) : 0;
    if (joined != 0 && (used & ~joined) == 0) {
        *bring = joined & (joined - 1); /* all but the first, which is the place */
        return __builtin_ctz(joined);
    }
    *bring = used;
    return any && used == 0 && is_far(g->root, &mine) ? APART : AT_HOME;
}

/* Does one argument write all of a part, and none read of it? */
static bool is_overwritten(const struct analysis *a, const struct group *g,
                           const struct instance *part)
{
    bool covered = false;
    for (int k = 0; k < a->plan->n_args; ++k) {
        tsr_box box;
        if (!(g->args >> k & 1) || !touched(a, k, &box))
            continue;
        if (g->writes & ~g->reads & 1u << k) {
            const tsr_box here = region_hull(&a->side->here[k]);
            covered |= a->side->solid[k] != 0 && a->plan->n_points > 0 &&
                       box_contains(&here, &part->box);
        } else if (box_meets(&box, &part->box)) {
            return false;
        }
    }
    return covered;
}

/* ---- groups ---- */

/* The arguments that lie in a part work on the part: a group each. */
static void split(struct analysis *a, int g, const int8_t *place)
{
    struct group *home = &a->group[g];
    struct root *root = home->root;
    uint32_t of[ROOT_PARTS] = {0}, at_home = home->args;
    for (uint32_t left = home->args; left != 0; left &= left - 1) {
        const int k = __builtin_ctz(left);
        if (place[k] < 0 || home->brought >> place[k] & 1)
            continue;
        of[place[k]] |= 1u << k;
        at_home &= ~(1u << k);
    }
    if (at_home != 0 && at_home != home->args) {
        const uint8_t brought = home->brought, dropped = home->dropped;
        const bool afresh = home->afresh;
        group_make(a, g, root, root->instance, at_home);
        home->brought = brought;
        home->dropped = dropped;
        home->afresh = afresh;
    }
    bool is_free = at_home == 0 && home->brought == 0;
    for (int p = 0; p < root->parts->n; ++p) {
        if (of[p] == 0)
            continue;
        const int at = is_free ? g : a->n_groups++;
        is_free = false;
        group_make(a, at, root, root->parts->part[p], of[p]);
    }
}

static bool is_read(const struct instance *i)
{
    for (int k = 0; k < i->n_accesses; ++k) {
        const struct access *e = &i->access[k];
        if (e->kind == ACCESS_READ || e->kind == ACCESS_ALL ||
            (e->kind == ACCESS_SET && e->arg == 0))
            return true;
    }
    return false;
}

/* Which parts come back, and which are overwritten; `sent` are not dropped. */
static void mark(const struct analysis *a, struct group *group, uint32_t bring, uint32_t sent)
{
    for (uint32_t left = bring; left != 0; left &= left - 1) {
        const int p = __builtin_ctz(left);
        if (!(sent >> p & 1) && is_overwritten(a, group, group->root->parts->part[p]))
            group->dropped |= (uint8_t)(1u << p);
        else
            group->brought |= (uint8_t)(1u << p);
    }
    group->afresh = group->brought != 0 && is_read(group->before);
}

static void sort_alone(struct analysis *a, int g)
{
    struct group *group = &a->group[g];
    int8_t place[TSR_MAX_ARGS];
    const uint32_t bring = places_find(a, group, place);
    mark(a, group, bring, 0);
    group->brought |= group->dropped; /* as far as places are concerned */
    split(a, g, place);
    a->group[g].brought &= (uint8_t)~a->group[g].dropped;
}

static void sort_among_ranks(struct analysis *a, int i)
{
    struct group *group = &a->group[i];
    uint32_t bring = 0, sent = 0;
    const int where = place_find_together(a, i, &bring, &sent);
    if (where == APART) {
        group->before = NULL; /* as if it were the first that is known of the root */
        group->apart = true;
        return;
    }
    if (where >= 0) {
        group->before = group->root->parts->part[where];
        sent = bring;
    }
    mark(a, group, bring, sent);
}

/* A part that comes back is a group without arguments: its writers are waited for. */
static void bring_group(struct analysis *a, int g, int p)
{
    const struct group *home = &a->group[g];
    struct group *part = &a->group[a->n_groups++];
    assert(a->n_groups <= GROUPS_MOST);
    group_make(a, a->n_groups - 1, home->root, home->root->parts->part[p], 0);
    part->first = home->first;
    part->home = (int8_t)g;
}

void parts_sort(struct analysis *a)
{
    const int n = a->n_groups;
    for (int g = 0; g < n; ++g) {
        const struct root *root = a->group[g].root;
        if (root->instance != NULL && a->rt->n_ranks > 1)
            sort_among_ranks(a, g);
        else if (root->parts != NULL && root->parts->n > 0)
            sort_alone(a, g);
    }
    const int with_arguments = a->n_groups;
    for (int g = 0; g < with_arguments; ++g)
        for (uint32_t left = a->group[g].brought; left != 0; left &= left - 1)
            bring_group(a, g, __builtin_ctz(left));
}

/* ---- memory ---- */

bool parts_rest(const struct group *g, struct box_list *out)
{
    if (!box_list_add(out, &g->before->box) && !box_is_empty(&g->before->box))
        return false;
    for (uint32_t left = g->brought; left != 0; left &= left - 1)
        if (!box_list_subtract(out, &g->root->parts->part[__builtin_ctz(left)]->box))
            return false;
    return true;
}

/* Copies of a part to where the rest is, which was placed before it. */
void parts_bring(struct analysis *a, const struct group *g)
{
    struct box_list all = {0};
    const struct group *home = &a->group[g->home];
    a->no_memory |= !box_list_add(&all, &g->before->box);
    if (!MUTANT(PART_NOT_BROUGHT))
        groups_add_copies(a, home, g->before, home->old, &all);
    box_list_done(&all);
}

bool parts_make_room(struct group *g)
{
    if (g->root->parts == NULL)
        g->root->parts = base_calloc(1, sizeof *g->root->parts);
    return g->root->parts != NULL;
}

tsr_box parts_hull(const struct group *g, tsr_box hull)
{
    for (uint32_t left = g->brought; left != 0; left &= left - 1)
        hull = box_hull(&hull, &g->root->parts->part[__builtin_ctz(left)]->box);
    return hull;
}

void parts_replace(struct root *root, const struct instance *old, struct instance *now)
{
    for (int p = 0; old != root->instance && p < root->parts->n; ++p)
        if (root->parts->part[p] == old) {
            root->parts->part[p] = now;
            return;
        }
    root->instance = now;
}

static void part_remove(struct analysis *a, struct root *root, struct instance *part)
{
    struct root_parts *parts = root->parts;
    int p = 0;
    while (parts->part[p] != part)
        ++p;
    parts->part[p] = parts->part[--parts->n];
    instance_leave(a->rt, part);
}

void parts_commit(struct analysis *a, struct group *g)
{
    struct observe_lane *lane = observe_lane(a->rt->observe, 0);
    struct root_parts *parts = g->root->parts;
    if (g->home >= 0) {
        part_remove(a, g->root, g->before);
        if (a->group[g->home].now == g->root->instance) /* not only to another part */
            g->root->n_brought += g->root->n_brought < PARTS_BROUGHT;
        if (a->rt->n_ranks == 1 && g->root->last_writer < a->op->number)
            g->root->last_writer = a->op->number; /* whoever reads the memory waits for the copies */
        observe_count(lane, TSR_COUNT_BOX_GATHERS, 1);
        return;
    }
    struct instance *gone[ROOT_PARTS];
    int n = 0;
    for (uint32_t left = g->dropped; left != 0; left &= left - 1)
        gone[n++] = parts->part[__builtin_ctz(left)];
    for (int i = 0; i < n; ++i)
        part_remove(a, g->root, gone[i]);
    if (g->apart) {
        if (g->old != g->now)
            instance_release(a->rt, g->old); /* the slot holds it */
        parts->part[parts->n++] = g->now;
    }
    if (g->rename && g->boxed) {
        parts->part[parts->n++] = g->now;
        observe_count(lane, TSR_COUNT_RENAMES, 1);
        observe_count(lane, TSR_COUNT_BOX_RENAMES, 1);
    }
}

void parts_drop(struct tsr_runtime *rt, struct root *root)
{
    for (int p = 0; p < root->parts->n; ++p)
        instance_leave(rt, root->parts->part[p]);
    base_free(root->parts);
    root->parts = NULL;
}
