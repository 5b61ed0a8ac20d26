/* depend/idle.c - binding a one-point operation whose roots nobody uses: no edges, no messages.
 *
 * Which arguments share a root is part of a plan's signature; so whether one argument's writes may meet
 * another's reads, and what else forbids running at once, is looked at once per plan.
 *
 * Cost: O(arguments).  Threads: issuing thread. */
#include "depend/internal.h"

enum {
    AT_ONCE_ELEMENTS = 4096,
    AT_ONCE_FOLDS = sizeof((struct slot *)0)->spot_extra / sizeof(struct extra)
};

static bool is_touched(tsr_access access)
{
    return access != TSR_REDUCE && access != TSR_UNUSED_ARG;
}

/* May the writes of one argument meet what another of the same root reads or writes? */
static bool arguments_meet(const struct plan *p, const struct operation *op)
{
    for (int w = 0; w < p->n_args; ++w) {
        if (!p->arg[w].store ||
            (p->arg[w].access != TSR_WRITE && p->arg[w].access != TSR_READ_WRITE))
            continue;
        for (int r = 0; r < p->n_args; ++r)
            if (r != w && op->arg[r].root == op->arg[w].root && is_touched(p->arg[r].access) &&
                !group_may_share(p, w, r))
                return true;
    }
    return false;
}

static bool may_run_at_once(const struct plan *p, const struct plan_side *side,
                            const struct operation *op)
{
    return p->n_points == 1 && p->elements <= AT_ONCE_ELEMENTS && !p->has_image && !p->has_unbound &&
           !p->manual && side->n_folds <= AT_ONCE_FOLDS && !arguments_meet(p, op);
}

bool depend_may_run_at_once(struct tsr_runtime *rt, const struct operation *op)
{
    struct plan_side *side = plan_side_get(rt, op->plan);
    if (side != NULL && side->at_once == 0)
        side->at_once = may_run_at_once(op->plan, side, op) ? 1 : -1;
    return side != NULL && side->at_once > 0;
}

/* The instance that argument k works on; NULL: none yet, or it takes several. */
static inline struct instance *instance_of(const struct plan_side *side, int k,
                                           const struct root *root)
{
    if (root->parts == NULL)
        return root->instance;
    const tsr_box box = region_hull(&side->here[k]);
    return root_instance_of(root, &box);
}

static bool accumulators_take(struct tsr_runtime *rt, struct slot *s, const struct plan_side *side)
{
    for (int f = 0; f < side->n_folds; ++f) {
        const int k = side->fold_arg[f];
        const size_t element = s->op.arg[k].root->element_bytes;
        s->accumulator_block[k] = memory_take(rt, side->accumulator_elements[k] * element + 1);
        if (s->accumulator_block[k] == NULL)
            return false;
        s->accumulator[k] = memory_data(s->accumulator_block[k]);
        s->spot_extra[s->n_extras++] = (struct extra){.kind = EXTRA_FOLD, .arg = k, .peer = -1,
                                                      .slab = -1,
                                                      .to = instance_of(side, k, s->op.arg[k].root),
                                                      .element_bytes = element};
    }
    s->extra = s->spot_extra;
    return true;
}

/* Argument k of a root, which gets memory when it has none. */
static inline bool bind_root(struct tsr_runtime *rt, struct slot *s, const struct plan_side *side,
                             int k, struct root *root)
{
    if (root->instance == NULL && (root->instance = instance_create(rt, root, NULL)) == NULL)
        return false;
    const struct instance *i = instance_of(side, k, root);
    if (i != NULL)
        bind_instance(s, side, k, i);
    return i != NULL;
}

bool depend_bind_idle(struct tsr_runtime *rt, struct slot *s)
{
    const struct plan_side *side = s->op.plan->schedule;
    s->n_points = 1;
    s->n_extras = 0;
    if (s->n_done < 1 && !words_room(rt->depend, s, 1))
        return false;
    bind_begin(s, side);
    for (int k = 0; k < s->op.n_args; ++k) {
        bind_head(s, side, k);
        if (s->op.arg[k].root != NULL && !bind_root(rt, s, side, k, s->op.arg[k].root))
            return false;
    }
    if (side->n_folds == 0 || accumulators_take(rt, s, side))
        return true;
    depend_release_idle(rt, s);
    return false;
}

void depend_release_idle(struct tsr_runtime *rt, struct slot *s)
{
    for (int x = 0; x < s->n_extras; ++x) {
        const int k = s->spot_extra[x].arg;
        memory_give(rt, s->accumulator_block[k]);
        s->accumulator_block[k] = NULL;
        s->accumulator[k] = NULL;
    }
    s->n_extras = 0;
    s->extra = NULL;
}
