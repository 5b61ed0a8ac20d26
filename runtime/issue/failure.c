/* issue/failure.c - what failed, in program order.
 *
 * A failure is a fact about an operation: everything it writes, whole, is failed with the cause of the
 * lowest operation it goes back to; so is everything written by operations that read such boxes.  What
 * is overwritten by an operation that did not fail is good again.  Boxes are kept per root, in the
 * order of retirement.
 *
 * While an operation in flight has failed, each younger one waits for a verdict: when everything older
 * is retired, its inputs are looked up, and its bodies run or are skipped.  So independent work
 * completes and no body sees failed input through the memory of an operation that is known to have
 * failed.  Several formulas in one operation fail each for itself: its bodies run where something that is
 * written depends on no failed input.
 *
 * Several ranks: each knows its own failures at once, and the others' when they agree, in calls that
 * wait; then the journal of what operations read and wrote is gone through from where all last agreed.
 *
 * Cost: nothing while nothing failed (several ranks: an entry per operation).  Threads: issuing. */
#include <string.h>

#include "issue/internal.h"


/* What failed cannot be kept: from now on nothing is known to be good.  Several ranks: the run ends. */
static void forget(struct tsr_runtime *rt)
{
    rt->issue->forgot = true;
    if (rt->n_ranks > 1)
        (void)network_short_of_memory(rt->network, "what failed");
}

struct cause *failure_cause_create(struct tsr_runtime *rt, uint64_t number, const struct trace *t)
{
    struct issue_state *st = rt->issue;
    struct cause *c = base_calloc(1, sizeof *c);
    if (c == NULL) {
        forget(rt);
        return NULL;
    }
    c->users = 1;
    c->number = number;
    c->trace = *t;
    c->next = st->causes;
    c->link = &st->causes;
    if (st->causes != NULL)
        st->causes->link = &c->next;
    st->causes = c;
    return c;
}

void failure_cause_release(struct tsr_runtime *rt, struct cause *c)
{
    (void)rt;
    if (c == NULL || --c->users > 0)
        return;
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    base_free(c);
}

static void list_free(struct tsr_runtime *rt, struct failure **list)
{
    while (*list != NULL) {
        struct failure *f = *list;
        *list = f->next;
        failure_cause_release(rt, f->cause);
        base_free(f);
    }
}

void failure_drop(struct tsr_runtime *rt, struct root *root)
{
    if (root->failed != NULL)
        --rt->issue->failed_roots;
    if (root->agreed != NULL)
        --rt->issue->agreed_roots;
    list_free(rt, &root->failed);
    list_free(rt, &root->agreed);
}

static const struct trace *forgotten(void)
{
    static const struct trace t = {.status = TSR_NO_MEMORY,
                                   .text = "something failed, and there was no memory to keep what"};
    return &t;
}

static void list_add(struct tsr_runtime *rt, struct failure **list, const tsr_box *box, struct cause *c)
{
    struct failure *f = base_calloc(1, sizeof *f);
    if (f == NULL) {
        forget(rt);
        return;
    }
    f->box = *box;
    f->cause = c;
    ++c->users;
    while (*list != NULL)
        list = &(*list)->next;
    *list = f;
}

/* The boxes of a list without `box`. */
static void list_subtract(struct tsr_runtime *rt, struct failure **list, const tsr_box *box)
{
    struct failure *old = *list;
    *list = NULL;
    while (old != NULL) {
        struct failure *f = old;
        old = f->next;
        tsr_box rest[2 * TSR_MAX_RANK];
        const int n = box_meets(&f->box, box) ? box_subtract(&f->box, box, rest) : 1;
        if (!box_meets(&f->box, box))
            rest[0] = f->box;
        for (int i = 0; i < n; ++i)
            list_add(rt, list, &rest[i], f->cause);
        failure_cause_release(rt, f->cause);
        base_free(f);
    }
}

static struct cause *list_find(const struct failure *list, const struct region *r)
{
    struct cause *lowest = NULL;
    for (const struct failure *f = list; f != NULL; f = f->next) {
        const struct region box = region_of_box(&f->box);
        if (region_meets(&box, r) && (lowest == NULL || f->cause->number < lowest->number))
            lowest = f->cause;
    }
    return lowest;
}

/* What an operation does to one root: region, and how. */
struct use {
    struct root  *root;
    struct region region;
    bool          read, write, whole; /* whole: every element of the region is written */
    uint32_t      from;               /* written: the uses whose values it depends on, a bit each */
};

/* A root whose extent is not known, or was never found because its writer failed: all there will ever
 * be counts. */
static bool is_endless(const struct root *root, const struct view *view)
{
    return !root->extent_known || (root->kind == ROOT_UNBOUND && view_volume(view) == 0);
}

/* Which uses each depends on: what formulas joined in one operation do not read is nothing to them. */
static void sources_find(const struct operation *op, struct use *use, const int *of_arg)
{
    for (int k = 0; k < op->n_args; ++k) {
        if (of_arg[k] < 0)
            continue;
        const uint32_t args = execute_formula_sources(op->desc, k);
        use[of_arg[k]].from = 0;
        for (int j = 0; j < op->n_args; ++j)
            if (of_arg[j] >= 0 && (args >> j & 1) != 0)
                use[of_arg[k]].from |= 1u << of_arg[j];
    }
}

static int uses_of(const struct operation *op, struct use *out)
{
    const bool formula = execute_is_formula(op->desc);
    int n = 0, of_arg[TSR_MAX_ARGS];
    for (int k = 0; k < op->n_args; ++k) {
        const struct operation_arg *arg = &op->arg[k];
        const tsr_access access = op->desc->args[k].access;
        const bool covers = access == TSR_WRITE || (formula && access == TSR_READ_WRITE);
        of_arg[k] = arg->root == NULL ? -1 : n;
        if (arg->root == NULL)
            continue;
        struct use *u = &out[n++];
        u->from = UINT32_MAX;
        u->root = arg->root;
        u->read = access != TSR_WRITE;
        u->write = access == TSR_WRITE || access == TSR_READ_WRITE || access == TSR_REDUCE;
        u->whole = false;
        const tsr_box box = box_of_shape(arg->view->rank, arg->view->extent);
        u->region = view_region(arg->view, &box);
        if (op->plan != NULL && op->plan->arg[k].store && !op->plan->arg[k].unbound) {
            u->region = op->plan->arg[k].all;
            u->whole = covers && arg->view->exact && !op->plan->arg[k].holes &&
                       !op->plan->arg[k].image;
        }
        const bool endless = is_endless(arg->root, arg->view) ||
                             (op->plan != NULL && op->plan->arg[k].unbound);
        if (endless)
            u->region = (struct region){.rank = arg->root->rank};
        for (int d = 0; d < u->region.rank; ++d) {
            u->whole = u->whole && u->region.step[d] == 1;
            if (endless) {
                u->region.low[d] = 0; /* all there will ever be */
                u->region.high[d] = INT64_MAX / 4;
                u->region.step[d] = 1;
                u->whole = access == TSR_WRITE;
            }
        }
    }
    if (formula)
        sources_find(op, out, of_arg);
    return n;
}

static struct failure **list_of(struct root *root, bool agreed)
{
    return agreed ? &root->agreed : &root->failed;
}

/* The lowest of the causes of what `from` names; NULL: all is well. */
static struct cause *lowest_of(struct cause *const *cause, int n, uint32_t from)
{
    struct cause *lowest = NULL;
    for (int i = 0; i < n; ++i)
        if ((from >> i & 1) != 0 && cause[i] != NULL &&
            (lowest == NULL || cause[i]->number < lowest->number))
            lowest = cause[i];
    return lowest;
}

/* The operation's effect on the lists, its own failure (or NULL) given. */
static struct cause *propagate(struct tsr_runtime *rt, const struct use *use, int n,
                               struct cause *own, bool agreed)
{
    struct cause *read[TSR_MAX_ARGS], *any = own;
    for (int i = 0; i < n; ++i)
        read[i] = use[i].read ? list_find(*list_of(use[i].root, agreed), &use[i].region) : NULL;
    const bool lost = own != NULL && own->lost;
    for (int i = 0; i < n; ++i) {
        if (!use[i].write && !lost)
            continue;
        struct cause *cause = lowest_of(read, n, use[i].from);
        if (cause == NULL)
            cause = own;
        if (MUTANT(FAILURE_NOT_PROPAGATED) && own == NULL)
            cause = NULL;
        if (cause != NULL && (any == NULL || cause->number < any->number))
            any = cause;
        struct failure **list = list_of(use[i].root, agreed);
        const tsr_box box = region_hull(&use[i].region);
        const bool had = *list != NULL;
        if (cause != NULL || (use[i].write && use[i].whole))
            list_subtract(rt, list, &box);
        if (cause != NULL)
            list_add(rt, list, &box, cause);
        if (agreed)
            rt->issue->agreed_roots += (*list != NULL) - had;
        else
            rt->issue->failed_roots += (*list != NULL) - had;
    }
    return any;
}

static void journal_add(struct tsr_runtime *rt, const struct use *use, int n, uint64_t number,
                        struct cause *own)
{
    struct issue_state *st = rt->issue;
    if (st->n_journal == st->journal_capacity) {
        const int capacity = st->journal_capacity == 0 ? 256 : 2 * st->journal_capacity;
        struct journal_entry *bigger = base_realloc(st->journal, (size_t)capacity, sizeof *bigger);
        if (bigger == NULL) {
            forget(rt);
            return;
        }
        st->journal = bigger;
        st->journal_capacity = capacity;
    }
    struct journal_entry *j = &st->journal[st->n_journal++];
    j->number = number;
    j->lost = false;
    j->cause = own;
    if (own != NULL)
        ++own->users;
    j->n = n;
    for (int i = 0; i < n; ++i) {
        j->use[i].root = use[i].root;
        j->use[i].region = use[i].region;
        j->use[i].read = use[i].read;
        j->use[i].write = use[i].write;
        j->use[i].whole = use[i].whole;
        j->use[i].from = use[i].from;
        ++use[i].root->journaled;
    }
}

static struct cause *own_cause(struct tsr_runtime *rt, struct slot *s)
{
    if (atomic_load_explicit(&s->failed, memory_order_acquire) != s->op.number)
        return NULL;
    static const struct trace unknown = {.status = TSR_TASK_FAILED, .text = "a task failed"};
    struct trace t = s->trace != NULL ? *s->trace : unknown;
    const size_t used = strlen(t.text);
    if (s->op.status == TSR_OK)
        snprintf(t.text + used, sizeof t.text - used, "\n    in task %s issued at %s:%d%s%s",
                 s->op.desc->name, s->op.site.file, s->op.site.line,
                 s->op.provenance != NULL ? ", " : "",
                 s->op.provenance != NULL ? s->op.provenance : "");
    struct cause *c = failure_cause_create(rt, s->op.number, &t);
    if (c != NULL) {
        c->lost = rt->n_ranks > 1 && s->op.status == TSR_NO_MEMORY;
        c->answered = s->answered == s->op.number;
    }
    return c;
}

/* The list of causes itself keeps each until the program was told of it, the last 1,024 at most. */
static void causes_sweep(struct tsr_runtime *rt)
{
    int n = 0;
    for (struct cause *c = rt->issue->causes, *next; c != NULL; c = next) {
        next = c->next;
        if (c->users == 1 && (c->told || ++n > 1024))
            failure_cause_release(rt, c);
    }
}

void failure_retire(struct tsr_runtime *rt, struct slot *s)
{
    struct issue_state *st = rt->issue;
    struct use use[TSR_MAX_ARGS];
    struct cause *own = own_cause(rt, s);
    if (own == NULL && st->failed_roots == 0 && rt->n_ranks == 1)
        return;
    const int n = uses_of(&s->op, use);
    const bool marked = own != NULL && s->failed_point == INT64_MAX && s->op.status == TSR_OK;
    if (rt->n_ranks > 1)
        journal_add(rt, use, n, s->op.number, marked ? NULL : own);
    const struct cause *cause = propagate(rt, use, n, own, false);
    if (cause != NULL)
        observe_count(observe_lane(rt->observe, 0), TSR_COUNT_FAILED_OPERATIONS, 1);
    if (own != NULL) {
        own->told |= rt->n_ranks > 1 || own->answered; /* of several ranks, what all agreed on is told */
        causes_sweep(rt);
    }
    struct engine *e = rt->engine;
    if (atomic_load(&e->any_failed) != 0 && st->retired + 1 == atomic_load(&e->issued))
        atomic_store(&e->any_failed, 0); /* nothing is in flight: the lists say it all */
}

void failure_verdict(struct tsr_runtime *rt)
{
    struct issue_state *st = rt->issue;
    struct engine *e = rt->engine;
    const uint64_t number = st->retired + 1;
    if (number > atomic_load(&e->issued))
        return;
    struct slot *s = engine_slot(e, number);
    if (atomic_load_explicit(&s->verdict, memory_order_relaxed) >> 2 == number)
        return;
    struct use use[TSR_MAX_ARGS];
    const int n = uses_of(&s->op, use);
    uint32_t failed = 0;
    bool bad = false, good = false; /* something that is written is */
    for (int i = 0; i < n; ++i)
        if (use[i].read && list_find(use[i].root->failed, &use[i].region) != NULL)
            failed |= 1u << i;
    for (int i = 0; i < n; ++i)
        good |= use[i].write && (use[i].from & failed) == 0;
    bad = failed != 0 && !good;
    if (MUTANT(FAILURE_NOT_PROPAGATED))
        bad = false;
    atomic_store_explicit(&s->verdict, number * 4 + (bad ? 2 : 1), memory_order_release);
}

const struct trace *failure_find(struct tsr_runtime *rt, const struct root *root,
                                 const struct view *view)
{
    const tsr_box box = box_of_shape(view->rank, view->extent);
    const struct region r = view_region(view, &box);
    const struct failure *list = rt->n_ranks > 1 ? root->agreed : root->failed;
    if (rt->issue->forgot)
        return forgotten();
    struct cause *c = list_find(list, &r);
    if (list != NULL && is_endless(root, view))
        c = list->cause;
    if (c == NULL)
        return NULL;
    c->told = true;
    return &c->trace;
}

const struct trace *failure_of(struct tsr_runtime *rt, uint64_t number)
{
    for (struct cause *c = rt->issue->causes; c != NULL; c = c->next)
        if (c->number == number) {
            c->told = true;
            return &c->trace;
        }
    return NULL;
}

void failure_told(struct tsr_runtime *rt, const struct trace *t)
{
    for (struct cause *c = rt->issue->causes; c != NULL; c = c->next)
        if (&c->trace == t)
            c->told = true;
}

const struct trace *failure_untold(struct tsr_runtime *rt)
{
    struct cause *lowest = NULL;
    for (struct cause *c = rt->issue->causes; c != NULL; c = c->next)
        if (!c->told && (lowest == NULL || c->number < lowest->number))
            lowest = c;
    if (lowest == NULL) {
        const bool untold = rt->issue->forgot && !rt->issue->told_forgot;
        rt->issue->told_forgot = rt->issue->forgot;
        return untold ? forgotten() : NULL;
    }
    lowest->told = true;
    return &lowest->trace;
}

/* ---- several ranks ---- */

struct wire_failure {
    uint64_t     number;
    uint64_t     lost, answered;
    struct trace trace;
};

static struct cause *cause_of(struct tsr_runtime *rt, uint64_t number, const struct network_gathered *g)
{
    struct cause *c = NULL;
    for (int r = 0; r < rt->n_ranks; ++r) /* the lowest rank's text */
        for (size_t at = g->offset[r]; at < g->offset[r + 1]; at += sizeof(struct wire_failure)) {
            struct wire_failure f;
            memcpy(&f, g->data + at, sizeof f);
            if (f.number == number && c == NULL)
                c = failure_cause_create(rt, number, &f.trace);
            if (f.number == number && c != NULL) {
                c->lost |= f.lost != 0;
                c->told |= f.answered != 0;
            }
        }
    return c;
}

static void lists_take_over(struct tsr_runtime *rt, struct journal_entry *j)
{
    for (int i = 0; i < j->n; ++i) {
        struct root *root = j->use[i].root;
        if ((!j->use[i].write && !j->lost) || root->dropped)
            continue;
        const bool had = root->failed != NULL;
        list_free(rt, &root->failed);
        for (const struct failure *f = root->agreed; f != NULL; f = f->next)
            list_add(rt, &root->failed, &f->box, f->cause);
        rt->issue->failed_roots += (root->failed != NULL) - had;
    }
}

static void journal_go_through(struct tsr_runtime *rt, uint64_t number,
                               const struct network_gathered *g)
{
    struct issue_state *st = rt->issue;
    int done = 0;
    while (done < st->n_journal && st->journal[done].number <= number) {
        struct journal_entry *j = &st->journal[done++];
        struct cause *own = g != NULL ? cause_of(rt, j->number, g) : NULL;
        j->lost = own != NULL && own->lost;
        struct use use[TSR_MAX_ARGS];
        for (int i = 0; i < j->n; ++i)
            use[i] = (struct use){j->use[i].root, j->use[i].region, j->use[i].read,
                                  j->use[i].write, j->use[i].whole, j->use[i].from};
        if (g != NULL)
            (void)propagate(rt, use, j->n, own, true);
        failure_cause_release(rt, j->cause);
    }
    for (int k = 0; k < done && g != NULL; ++k)
        lists_take_over(rt, &st->journal[k]);
    for (int k = 0; k < done; ++k)
        for (int i = 0; i < st->journal[k].n; ++i) {
            struct root *root = st->journal[k].use[i].root;
            --root->journaled;
            ++root->uses;
            root_use_done(rt, root);
        }
    if (done > 0)
        memmove(st->journal, st->journal + done,
                (size_t)(st->n_journal - done) * sizeof *st->journal);
    st->n_journal -= done;
}

void failure_forget_journal(struct tsr_runtime *rt)
{
    journal_go_through(rt, UINT64_MAX, NULL);
}

/* What all ranks have together. */
static tsr_status sum_of_all(struct tsr_runtime *rt, uint64_t number, uint64_t mine, uint64_t *out)
{
    uint64_t *all = base_calloc((size_t)rt->n_ranks, sizeof *all);
    if (all == NULL)
        return network_short_of_memory(rt->network, "what failed");
    const tsr_status status = network_allgather(rt->network, number, &mine, sizeof mine, all);
    *out = 0;
    for (int r = 0; r < rt->n_ranks; ++r)
        *out += all[r];
    base_free(all);
    return status;
}

tsr_status failure_agree(struct tsr_runtime *rt, uint64_t number)
{
    struct issue_state *st = rt->issue;
    if (rt->n_ranks == 1)
        return TSR_OK;
    issue_wait(rt, st->last); /* while it agrees, this thread runs nothing that others may need */
    number = st->last;        /* and the lists below are as of all that is retired */
    uint64_t mine = (uint64_t)(st->failed_roots > 0 || st->agreed_roots > 0);
    for (int i = 0; i < st->n_journal && st->journal[i].number <= number; ++i)
        mine += st->journal[i].cause != NULL;
    uint64_t sum = 0;
    TSR_TRY(sum_of_all(rt, number, mine, &sum));
    observe_count(observe_lane(rt->observe, 0), TSR_COUNT_AGREEMENTS, 1);
    if (sum == 0) {
        journal_go_through(rt, number, NULL);
        return TSR_OK;
    }
    struct wire_failure *out = base_calloc((size_t)mine + 1, sizeof *out);
    int n = 0;
    for (int i = 0; out != NULL && i < st->n_journal && st->journal[i].number <= number; ++i)
        if (st->journal[i].cause != NULL) {
            out[n].number = st->journal[i].number;
            out[n].lost = st->journal[i].cause->lost;
            out[n].answered = st->journal[i].cause->answered;
            out[n++].trace = st->journal[i].cause->trace;
        }
    if (out == NULL)
        return network_short_of_memory(rt->network, "what failed");
    struct network_gathered g;
    const tsr_status status =
        network_allgatherv(rt->network, number, out, (size_t)n * sizeof *out, &g);
    base_free(out);
    if (status != TSR_OK)
        return status;
    journal_go_through(rt, number, &g);
    network_gathered_done(&g);
    return TSR_OK;
}

tsr_status failure_agree_sometimes(struct tsr_runtime *rt)
{
    const struct issue_state *st = rt->issue;
    if (rt->n_ranks == 1 || st->last % NETWORK_AGREE_EVERY != NETWORK_AGREE_EVERY - 1)
        return TSR_OK;
    return failure_agree(rt, st->last);
}
