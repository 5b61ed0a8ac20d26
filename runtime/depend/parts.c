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
 * A root has at most ROOT_PARTS parts, each at least an eighth of its own instance, so that it never
 * takes more than twice its size, and what was twice brought back is no longer renamed by box: a loop
 * that writes a half and reads the whole would copy for ever what it could wait for.
 *
 * On several ranks messages start from and arrive in one instance a root: where another rank asks for
 * what a part has, or this rank asks for more than a part, the parts come back.  All of this is private
 * to the rank: owner maps and messages do not know of it.
 *
 * Invariants: parts do not meet; each lies in the root's own instance, whose content there is nobody's.
 * Cost: nothing for a root without parts; else O(arguments * parts), on several ranks times ranks.
 * Threads: issuing thread. */
#include <assert.h>

#include "depend/internal.h"

enum {
    PART_SHARE = 8,      /* a part is at least so much of the root's own instance */
    PARTS_BROUGHT = 2,   /* times; then a root's boxes are no longer renamed */
    AT_HOME = -1,        /* in the root's own instance */
    NOWHERE = -2
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
    if (!exchange_takes_part(a, k, a->rt->rank))
        return false;
    *out = exchange_box(a, k, a->rt->rank);
    return !box_is_empty(out);
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

/* Several ranks: all arguments of a root in one place. *out_sent: parts that must be at home, whatever
 * is overwritten, since others ask for their content. */
static uint32_t place_find_together(const struct analysis *a, const struct group *g, int8_t *place,
                                    uint32_t *out_sent)
{
    const struct root_parts *parts = g->root->parts;
    uint32_t bring = 0, sent = 0;
    tsr_box mine = {.rank = g->root->rank};
    bool any = false, sends = false;
    for (int r = 0; r < a->rt->n_ranks; ++r) {
        tsr_box asked;
        if (r == a->rt->rank || !exchange_asks(a, g, r, &asked) || box_is_empty(&asked))
            continue;
        sent |= parts_met(parts, &asked);
        sends |= box_meets(&g->root->instance->box, &asked);
    }
    for (int k = 0; k < a->plan->n_args; ++k) {
        tsr_box box;
        if (!(g->args >> k & 1) || !touched(a, k, &box))
            continue;
        mine = any ? box_hull(&mine, &box) : box;
        any = true;
    }
    if ((g->writes | g->folds) != 0 && g->root->owners != NULL &&
        owner_map_must_settle(g->root->owners))
        sent = (1u << parts->n) - 1;
    const int where = any ? place_of(parts, &mine, &bring) : AT_HOME;
    if (where >= 0 && (sends || sent != 0))
        bring |= 1u << where;
    for (int k = 0; k < a->plan->n_args; ++k)
        place[k] = (int8_t)where;
    *out_sent = sent;
    return bring | sent;
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

static void sort_one(struct analysis *a, int g)
{
    struct group *group = &a->group[g];
    const struct root_parts *parts = group->root->parts;
    int8_t place[TSR_MAX_ARGS];
    uint32_t sent = 0;
    const uint32_t bring = a->rt->n_ranks > 1 ? place_find_together(a, group, place, &sent)
                                              : places_find(a, group, place);
    for (int p = 0; p < parts->n; ++p) {
        if (!(bring >> p & 1))
            continue;
        if (!(sent >> p & 1) && is_overwritten(a, group, parts->part[p]))
            group->dropped |= (uint8_t)(1u << p);
        else
            group->brought |= (uint8_t)(1u << p);
    }
    group->afresh = group->brought != 0 && is_read(group->before);
    group->brought |= group->dropped; /* as far as places are concerned */
    split(a, g, place);
    a->group[g].brought &= (uint8_t)~a->group[g].dropped;
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
    for (int g = 0; g < n; ++g)
        if (a->group[g].root->parts != NULL && a->group[g].root->parts->n > 0)
            sort_one(a, g);
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
