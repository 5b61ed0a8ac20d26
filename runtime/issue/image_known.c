/* issue/image_known.c - images that are known: plans kept while nobody writes the values they follow from.
 *
 * An agreed fact is agreed on once per generation (DESIGN.md, law 2 and section 4): the boxes of an image
 * hold until `f` is written.  What is kept is the plan with the boxes in it, so that the analysis finds
 * the operation's edges again as well.
 *
 * Whether an image is known decides whether ranks wait for each other, so it follows from what they
 * share: the numbers and generations of the stores behind the images, the task type, views, types,
 * partitions, which arguments are of one store, and the iteration boxes of all ranks.  Private cuts are
 * left out: any serve, those of the kept plan too.  Ranks keep the same: a table in sets, the least
 * lately used goes, and who has no memory for the table says so before anything is kept.
 *
 * Cost: O(arguments + ranks).  Threads: issuing thread. */
#include "issue/internal.h"

enum { SETS = 64, WAYS = 4 };

/* What an argument was. */
struct argument {
    uint64_t number, generation; /* of the root: of values behind an image */
    uint64_t partition;
    tsr_type type;
    int      same; /* the first argument of the same root; -1: a value */
};

struct known {
    struct plan    *plan; /* counted; NULL: none */
    uint64_t        used; /* when, in look-ups */
    int64_t         points;
    struct argument arg[TSR_MAX_ARGS];
};

struct image_known {
    uint64_t     turn; /* look-ups so far */
    struct known known[SETS][WAYS];
};

bool image_known_prepare(struct tsr_runtime *rt)
{
    if (rt->issue->images == NULL)
        rt->issue->images = base_calloc(1, sizeof *rt->issue->images);
    return rt->issue->images != NULL;
}

void image_known_stop(struct tsr_runtime *rt)
{
    struct image_known *all = rt->issue->images;
    for (int s = 0; all != NULL && s < SETS; ++s)
        for (int w = 0; w < WAYS; ++w)
            plan_release(all->known[s][w].plan);
    base_free(all);
    rt->issue->images = NULL;
}

/* ---- what an operation is ---- */

/* Do the values in argument k decide where another is? */
static bool is_behind_image(const struct operation *op, int k)
{
    for (int c = 0; c < TSR_MAX_CONSTRAINTS; ++c)
        if (op->desc->constraints[c].kind == TSR_CONSTRAINT_IMAGE &&
            op->desc->constraints[c].on == k)
            return true;
    return false;
}

static struct argument argument_of(const struct operation *op, int k)
{
    const struct operation_arg *arg = &op->arg[k];
    struct argument a = {.type = arg->type, .same = -1};
    if (arg->root == NULL)
        return a;
    for (a.same = 0; op->arg[a.same].root != arg->root;)
        ++a.same;
    a.partition = arg->partition != NULL ? arg->partition->id : 0;
    if (is_behind_image(op, k)) {
        a.number = arg->root->number;
        a.generation = arg->root->generation;
    }
    return a;
}

static bool is_same_argument(const struct argument *a, const struct argument *b)
{
    return a->number == b->number &&
           (a->generation == b->generation || MUTANT(STALE_IMAGE)) && a->partition == b->partition &&
           a->type == b->type && a->same == b->same;
}

/* Do two plans of one task type place the same boxes on the same ranks? */
static bool is_same_place(const struct plan *p, const struct plan *q)
{
    if (p->desc != q->desc || p->n_args != q->n_args || p->n_ranks != q->n_ranks ||
        p->manual != q->manual || p->alone != q->alone || p->replicated != q->replicated)
        return false;
    for (int k = 0; k < p->n_args; ++k)
        if (p->arg[k].view != q->arg[k].view)
            return false;
    return deal_same(p->iteration, q->iteration);
}

static bool is_known(const struct known *e, const struct operation *op)
{
    if (e->plan == NULL || e->points != op->points || !is_same_place(e->plan, op->plan))
        return false;
    for (int k = 0; k < op->n_args; ++k) {
        const struct argument a = argument_of(op, k);
        if (!is_same_argument(&a, &e->arg[k]))
            return false;
    }
    return true;
}

/* The set where an operation would be: by the first store behind an image. */
static struct known *set_of(struct image_known *all, const struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k)
        if (op->arg[k].root != NULL && is_behind_image(op, k))
            return all->known[op->arg[k].root->number % SETS];
    return all->known[0];
}

/* ---- the table ---- */

struct plan *image_known_find(struct tsr_runtime *rt, const struct operation *op)
{
    struct image_known *all = rt->issue->images;
    if (all == NULL)
        return NULL;
    struct known *set = set_of(all, op);
    ++all->turn;
    for (int w = 0; w < WAYS; ++w)
        if (is_known(&set[w], op)) {
            set[w].used = all->turn;
            return set[w].plan;
        }
    return NULL;
}

void image_known_add(struct tsr_runtime *rt, const struct operation *op)
{
    struct image_known *all = rt->issue->images;
    struct known *set = set_of(all, op), *e = set;
    for (int w = 1; w < WAYS; ++w)
        e = set[w].used < e->used ? &set[w] : e;
    plan_release(e->plan);
    e->plan = plan_keep(op->plan);
    e->used = all->turn;
    e->points = op->points;
    for (int k = 0; k < op->n_args; ++k)
        e->arg[k] = argument_of(op, k);
}
