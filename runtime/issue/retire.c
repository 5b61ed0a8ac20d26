/* issue/retire.c - what an operation held is let go of, in program order.
 *
 * A root ends when neither a handle nor an operation in flight names it; its record stays until the
 * journal of several ranks forgot it.  Cost: O(arguments).  Threads: issuing thread. */

#include "issue/internal.h"

static void unbound_free(struct root *root)
{
    struct unbound *u = root->unbound;
    if (u == NULL)
        return;
    for (int i = 0; i < u->n; ++i)
        base_free(u->data[i]);
    base_free(u->data);
    base_free(u->rows);
    base_free(u->begin);
    base_free(u->modelled);
    base_free(u);
    root->unbound = NULL;
}

static void special_free(struct root *root)
{
    unbound_free(root);
    base_free(root->tiles);
    root->tiles = NULL;
}

void root_let_go(struct tsr_runtime *rt, struct root *root)
{
    root->dropped = true;
    depend_root_drop(rt, root);
    if (root->key != NULL)
        plan_release(root->key);
    root->key = NULL;
    if (root->kind != ROOT_PLAIN)
        special_free(root);
}

static void root_end(struct tsr_runtime *rt, struct root *root)
{
    if (!root->dropped)
        root_let_go(rt, root);
    if (root->journaled > 0)
        return;
    if (root->failed != NULL || root->agreed != NULL)
        failure_drop(rt, root);
    root_destroy(rt, root);
}

void root_use_done(struct tsr_runtime *rt, struct root *root)
{
    if (--root->uses == 0 && root->handles == 0)
        root_end(rt, root);
}

void issue_release(struct tsr_runtime *rt, struct root *root)
{
    ++rt->issue->released;
    observe_event_again(rt->engine->worker[0].lane, OBSERVE_RELEASE, rt->issue->last, 0,
                        root->number);
    if (root->uses == 0 && root->handles == 0)
        root_end(rt, root);
}

void operation_done(struct tsr_runtime *rt, struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k) {
        struct operation_arg *arg = &op->arg[k];
        if (arg->root != NULL) {
            view_release(arg->view);
            root_use_done(rt, arg->root);
        }
        if (arg->partition != NULL)
            partition_release(arg->partition);
        if (arg->data != NULL)
            base_free(arg->data);
    }
    op->n_args = 0;
    if (op->payload != NULL)
        base_free(op->payload);
    op->payload = NULL;
    plan_release(op->plan);
    op->plan = NULL;
}

void pieces_release(struct pieces *p)
{
    if (p == NULL || --p->users > 0)
        return;
    for (int i = 0; i < p->n; ++i)
        base_free(p->data[i]); /* of operations that never ran */
    base_free(p->data);
    base_free(p->bytes);
    base_free((void *)p->left);
    base_free(p);
}

void retire_slot(struct tsr_runtime *rt, struct slot *s)
{
    observe_event(observe_lane(rt->observe, 0), OBSERVE_RETIRE, s->op.number, 0, 0);
    if (s->priority > 0)
        atomic_fetch_sub_explicit(&rt->engine->urgent, 1, memory_order_relaxed);
    s->priority = 0;
    s->n_actions = 0;
    if (!s->spot && s->op.plan != NULL) {
        for (int k = 0; k < s->op.n_args; ++k) {
            pieces_release(s->pieces[k]);
            s->pieces[k] = NULL;
        }
        depend_reclaim(rt, s);
    }
    operation_done(rt, &s->op);
}
