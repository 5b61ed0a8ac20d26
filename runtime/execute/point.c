/* execute/point.c - points that need more than body(context).
 *
 * A copy of the operation's bindings is patched for the point: the piece of a temporary (taken here by
 * its writer, given back by its last user), an accumulator per leaf, a packed copy where a variant asks
 * for a layout.  Leafwise operations call the body leaf by leaf; accumulators start at the operator's
 * identity each.  Cost: O(arguments) a call.  Threads: the worker that claimed. */
#include <string.h>

#include "base/alloc.h"
#include "base/mutant.h"
#include "execute/foreign.h"
#include "execute/internal.h"
#include "execute/point.h"
#include "model/reduce.h"

int64_t accumulator_strides(const struct plan_arg *pa, const int64_t *low, const int64_t *high,
                            int64_t *out_stride)
{
    int64_t n = 1;
    for (int d = pa->rank - 1; d >= 0; --d) {
        const bool feeds = view_feeds(pa->view, d);
        out_stride[d] = feeds ? n : 0;
        if (feeds)
            n *= high[d] - low[d];
    }
    return n;
}

static bool bind_piece(struct point_call *c, int k)
{
    struct pieces *pieces = c->s->pieces[k];
    const struct region *r = &c->plan->arg[k].region[c->point];
    int64_t stride[TSR_MAX_RANK], n = 1, low = 0;
    for (int d = r->rank - 1; d >= 0; --d) {
        stride[d] = n;
        low += r->low[d] * n;
        n *= r->high[d] - r->low[d];
    }
    if (pieces->data[c->point] == NULL) {
        pieces->bytes[c->point] = (size_t)n * pieces->element_bytes;
        pieces->data[c->point] = memory_piece_take(c->w, pieces->bytes[c->point]);
        if (pieces->data[c->point] == NULL) {
            (void)tsr_fail_(c->s->op.site, TSR_NO_MEMORY, "no %zu bytes for a piece of %s",
                            pieces->bytes[c->point], c->s->op.desc->name);
            return false;
        }
    }
    tsr_binding *b = &c->binding[k];
    const int64_t offset = view_strides(c->s->op.arg[k].view, stride, b->stride);
    b->origin = (char *)pieces->data[c->point] + (offset - low) * (int64_t)pieces->element_bytes;
    return true;
}

static void pieces_done(struct worker *w, struct slot *s, int point)
{
    for (int k = 0; k < s->op.n_args; ++k) {
        struct pieces *p = s->pieces[k];
        if (p == NULL)
            continue;
        const int32_t last = MUTANT(TEMPORARY_FREED_EARLY) ? 2 : 1;
        const int32_t left = atomic_fetch_sub_explicit(&p->left[point], 1, memory_order_acq_rel);
        if (left == last || left == 1) {
            memory_piece_give(w, p->data[point], p->bytes[point]);
            if (left == 1)
                p->data[point] = NULL;
        }
    }
}

void point_skip(struct worker *w, struct slot *s, int point)
{
    pieces_done(w, s, point);
}

/* The accumulator that this worker keeps for whoever shares it with leaf (or point) i. */
static size_t kept_accumulator(const struct point_call *c, const struct shares *s, int i)
{
    return (size_t)(s->of[i] < 0 ? ~s->of[i] + c->w->index : s->of[i]);
}

/* Where (in elements) leaf (or point) i works: in what the worker keeps, if nothing is in it yet. */
static size_t share_take(struct point_call *c, int k, int i, size_t bytes)
{
    const struct plan_side *side = c->plan->schedule;
    const struct shares *s = side->shares[k];
    const size_t j = kept_accumulator(c, s, i);
    char *mark = c->s->accumulator[k] + side->accumulator_elements[k] * bytes + j;
    if (*mark == 0 || MUTANT(SHARE_STARTS_ANEW)) {
        *mark = 1;
        return side->accumulator_at[k][j];
    }
    c->spares |= 1u << k;
    return side->accumulator_at[k][s->n] + (size_t)c->w->index * s->spare_elements;
}

/* What the body left in the worker's spare accumulators goes to what is kept. */
static void spares_fold(struct point_call *c, const int64_t *row, int i)
{
    for (uint32_t left = c->spares; left != 0; left &= left - 1) {
        const int k = __builtin_ctz(left);
        const struct plan_arg *pa = &c->plan->arg[k];
        const struct plan_side *side = c->plan->schedule;
        const struct shares *s = side->shares[k];
        const struct operation_arg *arg = &c->s->op.arg[k];
        const tsr_arg_desc *d = &c->s->op.desc->args[k];
        const size_t bytes = arg->root->element_bytes, *at = side->accumulator_at[k];
        int64_t stride[TSR_MAX_RANK];
        reduce_combine(d->reduction, arg->type, d->reducer,
                       c->s->accumulator[k] + at[kept_accumulator(c, s, i)] * bytes,
                       c->s->accumulator[k] +
                           (at[s->n] + (size_t)c->w->index * s->spare_elements) * bytes,
                       accumulator_strides(pa, row + pa->box_at, row + pa->box_at + pa->rank, stride),
                       1, 1);
    }
    c->spares = 0;
}

/* Accumulator `i` (a leaf's, or the point's) of every REDUCE argument, at its identity. */
static void bind_accumulators(struct point_call *c, const int64_t *row, int i)
{
    for (int k = 0; k < c->s->op.n_args; ++k) {
        const struct plan_arg *pa = &c->plan->arg[k];
        if (!pa->store || pa->access != TSR_REDUCE)
            continue;
        const struct plan_side *side = c->plan->schedule;
        const struct root *root = c->s->op.arg[k].root;
        const size_t bytes = root->element_bytes;
        const int64_t *low = row + pa->box_at, *high = low + pa->rank;
        tsr_binding *b = &c->binding[k];
        char *at = c->s->accumulator[k] + bytes * (side->shares[k] == NULL
                                                       ? side->accumulator_at[k][i]
                                                       : share_take(c, k, i, bytes));
        const int64_t n = accumulator_strides(pa, low, high, b->stride);
        if (!(MUTANT(IDENTITY_NOT_RESET) && i > 0) && n > 0) {
            reduce_identity(&c->s->op.desc->args[k], c->s->op.arg[k].type, at);
            for (int64_t e = 1; e < n; ++e)
                memcpy(at + (size_t)e * bytes, at, bytes);
        }
        int64_t offset = 0;
        for (int d = 0; d < pa->rank; ++d)
            offset += low[d] * b->stride[d];
        b->origin = at - offset * (int64_t)bytes;
    }
}

/* Does the binding give what the layout asks for? */
static bool layout_fits(const tsr_layout *l, const tsr_binding *b, const int64_t *extent,
                        const char *address, size_t bytes)
{
    if (l->alignment > 0 && (uintptr_t)address % (uintptr_t)l->alignment != 0)
        return false;
    if (!l->contiguous && l->order == TSR_ORDER_ANY)
        return true;
    (void)bytes;
    int64_t n = 1;
    for (int i = 0; i < b->rank; ++i) {
        const int d = l->order == TSR_ORDER_FORTRAN ? i : b->rank - 1 - i;
        if (extent[d] != 1 && (l->contiguous || i == 0) && b->stride[d] != n)
            return false;
        if (extent[d] != 1 && !l->contiguous && b->stride[d] < n)
            return false;
        n *= extent[d];
    }
    return true;
}

static bool pack(struct point_call *c, const int64_t *row, int k)
{
    const tsr_layout *l = &c->s->op.desc->variants[TSR_CPU].layout[k];
    tsr_binding *b = &c->binding[k];
    const int64_t *low = row + b->box_at, *high = low + b->rank;
    const size_t bytes = c->s->op.arg[k].root->element_bytes;
    struct packed *p = &c->packed[c->n_packed];
    int64_t n = 1, offset = 0;
    p->home = b->origin;
    for (int d = 0; d < b->rank; ++d) {
        p->extent[d] = high[d] - low[d];
        p->home += low[d] * b->stride[d] * (int64_t)bytes;
    }
    if (layout_fits(l, b, p->extent, p->home, bytes))
        return true;
    for (int i = 0; i < b->rank; ++i) {
        const int d = l->order == TSR_ORDER_FORTRAN ? i : b->rank - 1 - i;
        p->stride[d] = n;
        n *= p->extent[d];
    }
    for (int d = 0; d < b->rank; ++d)
        offset += low[d] * p->stride[d];
    p->arg = k;
    p->bytes = (size_t)(n > 0 ? n : 1) * bytes;
    const size_t align = l->alignment > 64 ? (size_t)l->alignment : 64;
    p->data = base_uncleared(align, p->bytes);
    if (p->data == NULL) {
        (void)tsr_fail_(c->s->op.site, TSR_NO_MEMORY, "no %zu bytes for the layout of argument %d",
                        p->bytes, k);
        return false;
    }
    if (b->access != TSR_WRITE)
        strided_copy(b->rank, p->extent, bytes, p->data, p->stride, p->home, b->stride);
    ++c->n_packed;
    memcpy(b->stride, p->stride, sizeof b->stride);
    b->origin = (char *)p->data - offset * (int64_t)bytes;
    observe_count(c->w->lane, TSR_COUNT_COPIES, 1);
    observe_count(c->w->lane, TSR_COUNT_COPY_BYTES, (int64_t)p->bytes);
    return true;
}

static bool pack_all(struct point_call *c, const int64_t *row)
{
    const tsr_variant *v = &c->s->op.desc->variants[TSR_CPU];
    c->n_packed = 0;
    for (int k = 0; k < c->s->op.n_args; ++k) {
        const tsr_layout *l = &v->layout[k];
        if (c->plan->arg[k].store && !c->plan->arg[k].unbound &&
            (l->order != TSR_ORDER_ANY || l->contiguous || l->alignment > 0) && !pack(c, row, k))
            return false;
    }
    return true;
}

static void unpack_all(struct point_call *c, const tsr_binding *home)
{
    for (int i = 0; i < c->n_packed; ++i) {
        struct packed *p = &c->packed[i];
        const tsr_binding *b = &c->binding[p->arg];
        const size_t bytes = c->s->op.arg[p->arg].root->element_bytes;
        if (b->access == TSR_WRITE || b->access == TSR_READ_WRITE || b->access == TSR_REDUCE)
            strided_copy(b->rank, p->extent, bytes, p->home, home[p->arg].stride, p->data,
                         p->stride);
        base_free(p->data);
    }
}

tsr_status point_call(struct point_call *c, const int64_t *row, int64_t number, int64_t leaf)
{
    const int64_t           point = c->plan->manual ? c->plan->first_point + number : 0;
    struct tsr_task_context t = {c->binding, row, point, c->plan->n_args, &c->state};
    tsr_binding home[TSR_MAX_ARGS];
    memcpy(home, c->binding, sizeof(tsr_binding) * (size_t)c->s->op.n_args);
    c->state = (struct body_state){.slot = c->s, .worker = c->w, .point = c->point, .leaf = leaf};
    volatile tsr_status status = TSR_TASK_FAILED;
    if (!pack_all(c, row)) {
        unpack_all(c, home);
        return TSR_NO_MEMORY;
    }
    hostile_poison(c->s, c->binding, row);
    runtime_body = &c->state;
    if (_setjmp(c->state.escape) == 0) {
        const tsr_foreign *f = c->s->op.desc->variants[TSR_CPU].foreign;
        status = f != NULL ? foreign_call(f, &t) : c->s->body(&t);
    }
    runtime_body = NULL;
    if (status == TSR_OK)
        status = body_verdict(&c->state, TSR_OK);
    if (status == TSR_OK)
        status = hostile_check(c->s, c->binding, row);
    if (c->w->scratch_used > 0)
        memory_scratch_reset(c->w);
    unpack_all(c, home);
    memcpy(c->binding, home, sizeof(tsr_binding) * (size_t)c->s->op.n_args);
    return status;
}

/* One call of the body that counts. */
static tsr_status call(struct point_call *c, const int64_t *row, int64_t leaf)
{
    const tsr_status status = point_call(c, row, c->point, leaf);
    if (status != TSR_OK)
        execute_fail(c->w, c->s, c->point, status);
    return status;
}

static void call_leaves(struct point_call *c)
{
    const struct plan *p = c->plan;
    for (int l = p->point_leaf[c->point]; l < p->point_leaf[c->point + 1]; ++l) {
        const int64_t *row = p->leaf_boxes + (int64_t)l * p->row;
        bind_accumulators(c, row, l);
        (void)call(c, row, l);
        if (c->spares != 0)
            spares_fold(c, row, l);
    }
    observe_count(c->w->lane, TSR_COUNT_LEAVES,
                  p->point_leaf[c->point + 1] - p->point_leaf[c->point]);
}

void point_run(struct worker *w, struct slot *s, int point)
{
    struct point_call c;
    c.w = w;
    c.s = s;
    c.plan = s->plan;
    c.point = point;
    c.n_packed = 0;
    c.spares = 0;
    memcpy(c.binding, s->binding, sizeof(tsr_binding) * (size_t)s->op.n_args);
    if (c.plan->watched && point == 0)
        observe_count(w->lane,
                      c.plan->second_first != NULL ? TSR_COUNT_CUTS_CHECKED
                                                   : TSR_COUNT_CUTS_NOT_CHECKED,
                      1);
    bool ok = true;
    for (int k = 0; k < s->op.n_args && ok; ++k)
        ok = s->pieces[k] == NULL || bind_piece(&c, k);
    if (!ok) {
        execute_fail(w, s, point, TSR_NO_MEMORY);
    } else if (c.plan->leafwise) {
        call_leaves(&c);
    } else {
        const int64_t *row = c.plan->boxes + (int64_t)point * c.plan->row;
        struct cuts *again = cuts_begin(&c, row);
        bind_accumulators(&c, row, point);
        cuts_end(&c, row, again, call(&c, row, -1));
        if (c.spares != 0)
            spares_fold(&c, row, point);
    }
    pieces_done(w, s, point);
}
