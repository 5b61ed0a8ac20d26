/* depend/idle.c - binding a one-point operation whose roots nobody uses: no edges, no messages.
 *
 * Cost: O(arguments).  Threads: issuing thread. */
#include "depend/internal.h"

static bool instances_place(struct tsr_runtime *rt, struct slot *s, struct analysis *a)
{
    groups_find(a);
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        g->need = box_of_shape(g->root->rank, g->root->extent);
        for (int w = 0; w < a->plan->n_args; ++w)
            for (int r = 0; g->writes >> w & 1 && r < a->plan->n_args; ++r)
                if (r != w && ((g->reads | g->writes) >> r & 1) &&
                    !group_may_share(a->plan, w, r))
                    return false; /* one argument's writes may meet another's reads */
    }
    (void)s;
    for (int i = 0; i < a->n_groups; ++i) {
        struct group *g = &a->group[i];
        if (g->root->instance == NULL)
            g->root->instance = instance_create(rt, g->root, &g->need);
        if (g->root->instance == NULL)
            return false;
        g->old = g->now = g->root->instance;
    }
    return true;
}

bool depend_bind_idle(struct tsr_runtime *rt, struct slot *s)
{
    struct analysis a;
    a.rt = rt;
    a.d = rt->depend;
    a.s = s;
    a.op = &s->op;
    a.plan = s->op.plan;
    a.n_extras = a.extra_capacity = 0;
    a.extra = NULL;
    a.no_memory = false;
    a.plain = true;
    a.side = plan_side_get(rt, a.plan);
    if (a.side == NULL || !instances_place(rt, s, &a))
        return false;
    if (a.side->n_folds > (int)(sizeof s->spot_extra / sizeof s->spot_extra[0]))
        return false;
    s->n_points = a.plan->n_points;
    s->n_extras = 0;
    if (s->n_done < 1 && !words_room(rt->depend, s, 1))
        return false;
    for (int f = 0; f < a.side->n_folds; ++f) {
        const int k = a.side->fold_arg[f];
        const size_t bytes = a.side->accumulator_bytes[k] * s->op.arg[k].root->element_bytes;
        s->accumulator_block[k] = memory_take(rt, bytes + 1);
        if (s->accumulator_block[k] == NULL) {
            depend_release_idle(rt, s);
            return false;
        }
        s->accumulator[k] = memory_data(s->accumulator_block[k]);
        struct extra *x = &s->spot_extra[s->n_extras++];
        *x = (struct extra){.kind = EXTRA_FOLD, .arg = k, .peer = -1,
                            .to = a.group[a.group_of[k]].now,
                            .element_bytes = s->op.arg[k].root->element_bytes};
    }
    s->extra = s->spot_extra;
    bind_arguments(&a);
    return true;
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
