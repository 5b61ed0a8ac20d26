/* issue/simulate.c - one rank of an imagined run: operations are analysed, counted and dropped.
 *
 * Everything up to here is as it is on a real rank: plans, owner maps, messages, edges.  Then, instead of
 * being handed to the workers, an operation's messages are counted as if they were sent, and it is
 * complete.  No body runs, and no store has memory (memory/pool.c gives none).
 *
 * Cost: O(extras), and once a plan what it takes to know the length of its partial results.  Threads:
 * issuing thread. */
#include "issue/internal.h"

static int64_t bytes_sent(const struct extra *x)
{
    int64_t n = 0;
    for (int b = 0; b < x->n_boxes; ++b)
        n += box_volume(&x->box[b]) * (int64_t)x->element_bytes;
    return n;
}

static int64_t bytes_folded(struct tsr_runtime *rt, struct slot *s, const struct extra *x)
{
    struct plan_side *side = s->plan->schedule;
    if (side->partial_bytes[x->arg] == 0)
        side->partial_bytes[x->arg] = execute_partial_bytes(&rt->engine->worker[0], s, x);
    return side->partial_bytes[x->arg];
}

void simulate_drop(struct tsr_runtime *rt, struct slot *s)
{
    struct observe_lane *lane = observe_lane(rt->observe, 0);
    for (int i = 0; i < s->n_extras; ++i) {
        const struct extra *x = &s->extra[i];
        const bool partial = x->kind == EXTRA_FOLD && x->peer >= 0;
        if (x->kind == EXTRA_RECEIVE)
            observe_count(lane, TSR_COUNT_FETCHES, x->n_boxes);
        if (x->kind != EXTRA_SEND && !partial)
            continue;
        observe_count(lane, TSR_COUNT_MESSAGES, !x->follows);
        observe_count(lane, TSR_COUNT_MESSAGE_BYTES,
                      partial ? bytes_folded(rt, s, x) : bytes_sent(x));
        observe_count(lane, TSR_COUNT_HALO_MESSAGES, x->halo);
    }
    schedule_publish_done(rt, s);
}
