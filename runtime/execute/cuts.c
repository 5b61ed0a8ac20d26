/* execute/cuts.c - TESSERA_CHECK=cuts: does a task's result depend on where it is cut?
 *
 * Before a point runs, its body runs on the pieces of a second cut of the same box (solve/second.c), into
 * memory of their own: written arguments are dense copies of the box with the old content, accumulators
 * start at the identity and are folded.  Then the point runs as ever, and the bits are compared.  What it
 * reads is ready and of its own generation when it runs, so nothing has to wait for anything else, and each
 * worker checks what it runs.  Where a READ argument shares the memory of a written one (DESIGN: in place),
 * it does so in the second run.
 *
 * A difference fails the operation, naming task, argument, element and both values.  So does a body that
 * succeeds on the point and fails on a piece.  Bytes between the fields of a struct do not count.
 *
 * Cost: the body twice, and O(elements) comparisons one by one.  Threads: the worker that claimed. */
#include <string.h>

#include "base/alloc.h"
#include "execute/point.h"
#include "model/reduce.h"
#include "model/types.h"

/* What the pieces wrote through one argument. */
struct changed {
    char   *data; /* dense over the point's box; NULL: not changed */
    char   *part; /* REDUCE: one piece's accumulator, and room for an element behind it */
    int64_t n;
    int64_t stride[TSR_MAX_RANK];
};

struct cuts {
    bool           is_short; /* of memory: nothing is said */
    tsr_status     status;   /* of the first piece that failed */
    char           why[512];
    struct changed arg[TSR_MAX_ARGS];
};

/* ---- elements of a box, each once ---- */

static int64_t offset_of(int rank, const int64_t *index, const int64_t *stride)
{
    int64_t offset = 0;
    for (int d = 0; d < rank; ++d)
        offset += index[d] * stride[d];
    return offset;
}

/* Dimensions along which an accumulator does not move stay at their first index. */
struct walk {
    int            rank;
    const int64_t *low, *high, *stride;
    bool           stays; /* where the stride is 0 */
    int64_t        index[TSR_MAX_RANK];
};

static bool walk_begin(struct walk *w)
{
    for (int d = 0; d < w->rank; ++d) {
        w->index[d] = w->low[d];
        if (w->low[d] >= w->high[d])
            return false;
    }
    return true;
}

static bool walk_next(struct walk *w)
{
    for (int d = w->rank - 1; d >= 0; --d) {
        if ((!w->stays || w->stride[d] != 0) && ++w->index[d] < w->high[d])
            return true;
        w->index[d] = w->low[d];
    }
    return false;
}

static char *walk_at(const struct walk *w, char *origin, const int64_t *stride, size_t bytes)
{
    return origin + offset_of(w->rank, w->index, stride) * (int64_t)bytes;
}

static struct walk walk_of(const struct point_call *c, int k, const int64_t *row,
                           const int64_t *stride)
{
    const struct plan_arg *pa = &c->plan->arg[k];
    const int64_t *low = row + pa->box_at;
    return (struct walk){pa->rank, low, low + pa->rank, stride, pa->access == TSR_REDUCE, {0}};
}

/* Where index 0 would lie of memory whose first element has these indices. */
static char *origin_of(char *data, int rank, const int64_t *low, const int64_t *stride, size_t bytes)
{
    return data - offset_of(rank, low, stride) * (int64_t)bytes;
}

/* ---- memory for the second run ---- */

static bool is_changed(const struct plan_arg *pa)
{
    return pa->store && !pa->unbound &&
           (pa->access == TSR_WRITE || pa->access == TSR_READ_WRITE || pa->access == TSR_REDUCE);
}

static size_t bytes_of(const struct point_call *c, int k)
{
    return c->s->op.arg[k].root->element_bytes;
}

static void fill_identity(const struct point_call *c, int k, char *at, int64_t n)
{
    const size_t bytes = bytes_of(c, k);
    if (n == 0)
        return;
    reduce_identity(&c->s->op.desc->args[k], c->s->op.arg[k].type, at);
    for (int64_t e = 1; e < n; ++e)
        memcpy(at + (size_t)e * bytes, at, bytes);
}

/* The dense copy of what the point will change; false: no memory. */
static bool changed_make(const struct point_call *c, int k, const int64_t *row, struct changed *x)
{
    const struct plan_arg *pa = &c->plan->arg[k];
    const size_t   bytes = bytes_of(c, k);
    const int64_t *low = row + pa->box_at, *high = low + pa->rank;
    int64_t        extent[TSR_MAX_RANK];
    x->n = 1;
    if (pa->access == TSR_REDUCE)
        x->n = accumulator_strides(pa, low, high, x->stride);
    for (int d = pa->rank - 1; d >= 0; --d) {
        extent[d] = high[d] > low[d] ? high[d] - low[d] : 0;
        if (pa->access == TSR_REDUCE)
            continue;
        x->stride[d] = x->n;
        x->n *= extent[d];
    }
    x->n = x->n > 0 ? x->n : 0;
    x->data = base_uncleared(64, (size_t)(x->n + 1) * bytes);
    if (pa->access == TSR_REDUCE)
        x->part = base_uncleared(64, (size_t)(x->n + 1) * bytes);
    if (x->data == NULL || (pa->access == TSR_REDUCE && x->part == NULL))
        return false;
    const tsr_binding *b = &c->binding[k];
    if (pa->access == TSR_REDUCE)
        fill_identity(c, k, x->data, x->n);
    else if (x->n > 0)
        strided_copy(pa->rank, extent, bytes, x->data, x->stride,
                     b->origin + offset_of(pa->rank, low, b->stride) * (int64_t)bytes, b->stride);
    return true;
}

static void cuts_destroy(const struct point_call *c, struct cuts *again)
{
    for (int k = 0; k < c->s->op.n_args && again != NULL; ++k) {
        base_free(again->arg[k].data);
        base_free(again->arg[k].part);
    }
    base_free(again);
}

/* ---- the second run ---- */

/* Does READ argument j lie in the very memory of argument k, which is written, over the same box? */
static bool is_shared(const struct point_call *c, const tsr_binding *home, const int64_t *row, int j,
                      int k)
{
    const struct operation *op = &c->s->op;
    const struct plan_arg  *read = &c->plan->arg[j], *written = &c->plan->arg[k];
    const size_t            words = (size_t)read->rank * sizeof row[0];
    return op->arg[j].root != NULL && op->arg[j].root == op->arg[k].root &&
           read->access == TSR_READ && (written->access == TSR_WRITE || written->access == TSR_READ_WRITE) &&
           read->rank == written->rank && home[j].origin == home[k].origin &&
           memcmp(home[j].stride, home[k].stride, words) == 0 &&
           memcmp(row + read->box_at, row + written->box_at, 2 * words) == 0;
}

/* There it finds what the body wrote. */
static void bind_shared(struct point_call *c, const tsr_binding *home, const int64_t *row)
{
    for (int j = 0; j < c->s->op.n_args; ++j)
        for (int k = 0; k < c->s->op.n_args; ++k)
            if (is_shared(c, home, row, j, k)) {
                c->binding[j].origin = c->binding[k].origin;
                memcpy(c->binding[j].stride, c->binding[k].stride, sizeof c->binding[j].stride);
            }
}

static void bind_changed(struct point_call *c, const int64_t *row, const int64_t *piece,
                         const struct cuts *again)
{
    for (int k = 0; k < c->s->op.n_args; ++k) {
        const struct plan_arg *pa = &c->plan->arg[k];
        const struct changed  *x = &again->arg[k];
        tsr_binding           *b = &c->binding[k];
        if (x->data == NULL)
            continue;
        const int64_t *low = piece + pa->box_at;
        if (pa->access == TSR_REDUCE) {
            fill_identity(c, k, x->part, accumulator_strides(pa, low, low + pa->rank, b->stride));
            b->origin = origin_of(x->part, pa->rank, low, b->stride, bytes_of(c, k));
            continue;
        }
        memcpy(b->stride, x->stride, sizeof b->stride);
        b->origin = origin_of(x->data, pa->rank, row + pa->box_at, x->stride, bytes_of(c, k));
    }
}

/* into = into op from, an element. */
static void fold(const struct point_call *c, int k, char *into, const char *from)
{
    const tsr_arg_desc *d = &c->s->op.desc->args[k];
    reduce_combine(d->reduction, c->s->op.arg[k].type, d->reducer, into, from, 1, 1, 1);
}

/* What a piece contributed. */
static void fold_parts(const struct point_call *c, const int64_t *row, const int64_t *piece,
                       const struct cuts *again)
{
    for (int k = 0; k < c->s->op.n_args; ++k) {
        const struct plan_arg *pa = &c->plan->arg[k];
        const struct changed  *x = &again->arg[k];
        const tsr_binding     *b = &c->binding[k];
        if (x->part == NULL)
            continue;
        char *const into = origin_of(x->data, pa->rank, row + pa->box_at, x->stride, bytes_of(c, k));
        struct walk w = walk_of(c, k, piece, x->stride);
        if (walk_begin(&w))
            do
                fold(c, k, walk_at(&w, into, x->stride, bytes_of(c, k)),
                     walk_at(&w, b->origin, b->stride, bytes_of(c, k)));
            while (walk_next(&w));
    }
}

static void run_pieces(struct point_call *c, const int64_t *row, struct cuts *again)
{
    const struct plan *p = c->plan;
    tsr_binding home[TSR_MAX_ARGS];
    memcpy(home, c->binding, sizeof(tsr_binding) * (size_t)c->s->op.n_args);
    for (int i = p->second_first[c->point]; i < p->second_first[c->point + 1]; ++i) {
        const int64_t *piece = p->second_boxes + (int64_t)i * p->row;
        bind_changed(c, row, piece, again);
        bind_shared(c, home, row);
        again->status = point_call(c, piece, i, -1);
        if (again->status != TSR_OK)
            break;
        fold_parts(c, row, piece, again);
    }
    memcpy(c->binding, home, sizeof(tsr_binding) * (size_t)c->s->op.n_args);
    if (again->status == TSR_OK)
        return;
    again->is_short = again->status == TSR_NO_MEMORY;
    snprintf(again->why, sizeof again->why, "%s",
             tsr_error_status() != TSR_OK ? tsr_error_text() : tsr_status_text(again->status));
    tsr_error_clear();
}

struct cuts *cuts_begin(struct point_call *c, const int64_t *row)
{
    const int *first = c->plan->second_first;
    if (first == NULL || first[c->point + 1] - first[c->point] < 2)
        return NULL;
    struct cuts *again = base_calloc(1, sizeof *again);
    bool         ok = again != NULL;
    for (int k = 0; k < c->s->op.n_args && ok; ++k)
        if (is_changed(&c->plan->arg[k]))
            ok = changed_make(c, k, row, &again->arg[k]);
    if (ok)
        run_pieces(c, row, again);
    else if (again != NULL)
        again->is_short = true;
    else
        observe_count(c->w->lane, TSR_COUNT_CUTS_NOT_CHECKED, 1);
    return again;
}

/* ---- comparing ---- */

/* The first byte that differs and counts; -1: none does. */
static int64_t differing_byte(tsr_type type, const char *a, const char *b, size_t bytes)
{
    if (memcmp(a, b, bytes) == 0)
        return -1;
    for (size_t i = 0; i < bytes; ++i)
        if (a[i] != b[i] && type_byte_counts(type, i))
            return (int64_t)i;
    return -1;
}

struct hex {
    char text[64];
};

/* As they lie in memory: of a long element 16 bytes from the first that differs. */
static const char *hex_of(const char *at, size_t bytes, int64_t byte, struct hex *h)
{
    const size_t from = bytes > 16 ? (size_t)byte : 0, left = bytes - from;
    size_t       n = 0;
    h->text[0] = 0;
    for (size_t i = 0; i < (left < 16 ? left : 16); ++i)
        n += (size_t)snprintf(h->text + n, sizeof h->text - n, i == 0 ? "%02x" : " %02x",
                              (unsigned char)at[from + i]);
    return h->text;
}

static void name_difference(const struct point_call *c, int k, const struct walk *w, const char *was,
                            const char *is, int64_t byte)
{
    const struct operation *op = &c->s->op;
    const char *name = op->desc->args[k].name;
    const size_t bytes = bytes_of(c, k);
    struct hex  a, b;
    char        text[TSR_MAX_RANK * 24] = "", from[48] = "";
    int         n = 0;
    for (int d = 0; d < w->rank; ++d)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld", d == 0 ? "" : ", ",
                      (long long)w->index[d]);
    if (bytes > 16)
        snprintf(from, sizeof from, " (from byte %lld on)", (long long)byte);
    (void)tsr_fail_(op->site, TSR_TASK_FAILED,
                    "task %s depends on where it is cut: element (%s) of argument %d (%s) has the "
                    "bytes %s, and %s where its piece is cut again%s; a task type that has to see "
                    "whole leaves says .canonical",
                    op->desc->name, text, k, name != NULL ? name : "?", hex_of(was, bytes, byte, &a),
                    hex_of(is, bytes, byte, &b), from);
}

/* Does what the point did to argument k differ from what its pieces did?  Then this thread's trace says
 * so. */
static bool differs(const struct point_call *c, int k, const int64_t *row, const struct changed *x)
{
    const struct plan_arg *pa = &c->plan->arg[k];
    const tsr_binding     *b = &c->binding[k];
    const size_t           bytes = bytes_of(c, k);
    char *const dense = origin_of(x->data, pa->rank, row + pa->box_at, x->stride, bytes);
    char *const folded = x->part; /* a piece's accumulator is not needed any more */
    struct walk w = walk_of(c, k, row, x->stride);
    if (!walk_begin(&w))
        return false;
    do {
        const char *was = walk_at(&w, b->origin, b->stride, bytes);
        const char *is = walk_at(&w, dense, x->stride, bytes);
        if (folded != NULL) { /* as the pieces' were: a NaN becomes the canonical one */
            fill_identity(c, k, folded, 1);
            fold(c, k, folded, was);
            was = folded;
        }
        const int64_t byte = differing_byte(c->s->op.arg[k].type, was, is, bytes);
        if (byte >= 0) {
            name_difference(c, k, &w, was, is, byte);
            return true;
        }
    } while (walk_next(&w));
    return false;
}

void cuts_end(struct point_call *c, const int64_t *row, struct cuts *again, tsr_status status)
{
    if (again == NULL)
        return;
    bool bad = false;
    if (again->is_short) {
        observe_count(c->w->lane, TSR_COUNT_CUTS_NOT_CHECKED, 1);
    } else if (status == TSR_OK && again->status != TSR_OK) {
        bad = true;
        (void)tsr_fail_(c->s->op.site, TSR_TASK_FAILED,
                        "task %s depends on where it is cut: it succeeds on a piece, and fails where "
                        "that is cut again: %s",
                        c->s->op.desc->name, again->why);
    } else if (status == TSR_OK) {
        for (int k = 0; k < c->s->op.n_args && !bad; ++k)
            bad = again->arg[k].data != NULL && differs(c, k, row, &again->arg[k]);
    }
    if (bad)
        execute_fail(c->w, c->s, c->point, TSR_TASK_FAILED);
    cuts_destroy(c, again);
}
