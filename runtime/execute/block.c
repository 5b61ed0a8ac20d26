/* execute/block.c - a formula runs over its box, block by block.
 *
 * Rows lie along the innermost dimension, after dimensions that are one in memory for all arguments were
 * joined; a block is part of a row, a few KiB a slot, so that everything but the arguments stays in L1.
 * An argument whose elements lie side by side is worked on where it is; others go through a buffer.
 *
 * Where an index is used or a float is summed, rows are as the program sees them: what a leaf adds up, and
 * in which order, depends on nothing but its box.  Many rows of few elements are taken SHORT_BLOCK at a time, a block
 * the j-th elements of so many rows; what one row adds up is kept until all its elements are there.
 *
 * Cost: O(elements * steps / vector width).  Threads: any worker. */
#include <string.h>

#include <tessera/body.h>

#include "execute/program.h"

enum { SHORT_MANY = 32, SHORT_BLOCK = 128, SHORT_KEPT = 4 };

/* A walk over the box of a call. */
struct walk {
    const struct formula_program *p;
    int            rank;                               /* at least 1 */
    int            along;                              /* the dimension in which a block lies */
    int64_t        extent[TSR_MAX_RANK];
    int64_t        low[TSR_MAX_RANK];                  /* where dimensions were not joined */
    int64_t        stride[TSR_MAX_ARGS][TSR_MAX_RANK]; /* bytes */
    char          *row[TSR_MAX_ARGS];                  /* of the row's first element */
    const void    *filled[TSR_MAX_ARGS];               /* the element that fills the buffer */
    int64_t        index[TSR_MAX_RANK];
    char         **slot;                               /* [n_slots] of this block */
    char          *memory;                             /* of slots: slot_bytes each */
    char         **kept;                               /* [n_folds] elements of short rows, SHORT_BLOCK rows; or NULL */
};

/* ---- one block ---- */

#define MOVE(T, to_step, from_step)                                                                \
    for (int64_t i = 0; i < n; ++i)                                                                \
    memcpy(to + i * (to_step), from + i * (from_step), sizeof(T))

/* Elements `from_step` bytes apart, side by side. */
static void gather(char *to, const char *from, int64_t n, int64_t from_step, size_t bytes)
{
    switch (bytes) {
    case 1: MOVE(uint8_t, 1, from_step); break;
    case 2: MOVE(uint16_t, 2, from_step); break;
    case 4: MOVE(uint32_t, 4, from_step); break;
    case 8: MOVE(uint64_t, 8, from_step); break;
    default: MOVE(uint64_t[2], 16, from_step); break;
    }
}

static void scatter(char *to, const char *from, int64_t n, int64_t to_step, size_t bytes)
{
    switch (bytes) {
    case 1: MOVE(uint8_t, to_step, 1); break;
    case 2: MOVE(uint16_t, to_step, 2); break;
    case 4: MOVE(uint32_t, to_step, 4); break;
    case 8: MOVE(uint64_t, to_step, 8); break;
    default: MOVE(uint64_t[2], to_step, 16); break;
    }
}

static void fill_index(const struct walk *w, int64_t *to, int dim, int64_t begin, int64_t n)
{
    const bool    moves = dim == w->along;
    const int64_t first = w->low[dim] + (moves ? begin : w->index[dim]);
    for (int64_t i = 0; i < n; ++i)
        to[i] = moves ? first + i : first;
}

static char *buffer(const struct walk *w, int slot)
{
    return w->memory + (size_t)slot * w->p->slot_bytes;
}

/* May kernels read elements of so many bytes there? Values of a call are packed. */
static bool is_aligned(const char *at, size_t bytes)
{
    return ((uintptr_t)at & ((bytes < 8 ? bytes : 8) - 1)) == 0;
}

/* Where the block's elements of each argument lie. */
static void arguments_load(struct walk *w, int64_t begin, int64_t n, int64_t block)
{
    const struct formula_program *p = w->p;
    for (int a = 0; a < p->n_args; ++a) {
        const int64_t step = w->stride[a][w->along];
        char *const   at = w->row[a] + begin * step;
        if (!p->loads[a] && !p->stores[a])
            continue;
        if ((step == p->element[a] || n == 1) && is_aligned(at, p->element[a])) {
            w->slot[a] = at;
            continue;
        }
        w->slot[a] = buffer(w, a);
        if (!p->loads[a] || w->filled[a] == at)
            continue;
        gather(w->slot[a], at, step == 0 ? block : n, step, p->element[a]);
        w->filled[a] = step == 0 && !p->stores[a] ? at : NULL;
    }
}

static void arguments_store(struct walk *w, int64_t begin, int64_t n)
{
    const struct formula_program *p = w->p;
    for (int a = 0; a < p->n_args; ++a)
        if (p->stores[a] && w->slot[a] == buffer(w, a)) {
            const int64_t step = w->stride[a][w->along];
            scatter(w->row[a] + begin * step, w->slot[a], n, step, p->element[a]);
        }
}

static void block_run(struct walk *w, int64_t begin, int64_t n, int64_t block)
{
    const struct formula_program *p = w->p;
    char **const slot = w->slot;
    arguments_load(w, begin, n, block);
    for (int i = 0; i < p->n_steps; ++i) {
        const struct program_step *s = &p->step[i];
        if (s->run != NULL)
            s->run(slot[s->out], slot[s->x], slot[s->y], slot[s->z], n);
        else
            fill_index(w, (int64_t *)(void *)slot[s->out], s->x, begin, n);
    }
    arguments_store(w, begin, n);
    for (int i = 0; i < p->n_folds; ++i) {
        const struct program_fold *f = &p->fold[i];
        const int64_t step = w->stride[f->arg][w->along];
        if (w->kept != NULL && w->kept[i] != NULL)
            memcpy(w->kept[i] + (size_t)(w->index[w->rank - 1] * SHORT_BLOCK) * p->element[f->arg], slot[f->slot],
                   (size_t)n * p->element[f->arg]);
        else
            program_fold_run(f, w->row[f->arg] + begin * step, step, slot[f->slot], n, p->element[f->arg]);
    }
}

/* ---- the box ---- */

/* May dimension d be one with d + 1? */
static bool joins(const struct walk *w, int d)
{
    if (w->extent[d] == 1 || w->extent[d + 1] == 1)
        return true;
    for (int a = 0; a < w->p->n_args; ++a)
        if (w->stride[a][d] != w->stride[a][d + 1] * w->extent[d + 1])
            return false;
    return true;
}

static void dimensions_join(struct walk *w)
{
    for (int d = w->rank - 2; d >= 0; --d) {
        if (!joins(w, d))
            continue;
        const bool inner = w->extent[d + 1] != 1;
        w->extent[d] *= w->extent[d + 1];
        for (int a = 0; a < w->p->n_args && inner; ++a)
            w->stride[a][d] = w->stride[a][d + 1];
        for (int e = d + 1; e + 1 < w->rank; ++e) {
            w->extent[e] = w->extent[e + 1];
            for (int a = 0; a < w->p->n_args; ++a)
                w->stride[a][e] = w->stride[a][e + 1];
        }
        --w->rank;
    }
}

/* The walk over the box of `t`; false: it is empty. */
static bool walk_begin(struct walk *w, const tsr_task_context *t)
{
    const struct formula_program *p = w->p;
    const tsr_binding *lead = &t->arg[p->lead];
    const int64_t     *low = t->boxes + lead->box_at, *high = low + lead->rank;
    w->rank = lead->rank;
    w->kept = NULL;
    for (int d = 0; d < w->rank; ++d) {
        w->low[d] = low[d];
        w->extent[d] = high[d] - low[d];
        w->index[d] = 0;
        if (w->extent[d] <= 0)
            return false;
    }
    for (int a = 0; a < p->n_args; ++a) {
        const tsr_binding *b = &t->arg[a];
        w->row[a] = b->origin;
        w->filled[a] = NULL;
        for (int d = 0; d < w->rank; ++d) {
            w->stride[a][d] = b->access == TSR_SCALAR ? 0 : b->stride[d] * p->element[a];
            w->row[a] += low[d] * w->stride[a][d];
        }
    }
    if (w->rank == 0) {
        w->rank = 1;
        w->extent[0] = 1;
        w->low[0] = w->index[0] = 0;
        for (int a = 0; a < p->n_args; ++a)
            w->stride[a][0] = p->element[a];
    }
    if (!p->ordered)
        dimensions_join(w);
    w->along = w->rank - 1;
    return true;
}

/* On to the next index in the dimensions before `dims`; false: there is none. */
static bool row_next(struct walk *w, int dims)
{
    for (int d = dims - 1; d >= 0; --d) {
        const bool more = ++w->index[d] < w->extent[d];
        for (int a = 0; a < w->p->n_args; ++a)
            w->row[a] += w->stride[a][d] * (more ? 1 : 1 - w->extent[d]);
        if (more)
            return true;
        w->index[d] = 0;
    }
    return false;
}

static void constants_fill(struct walk *w, int64_t block)
{
    const struct formula_program *p = w->p;
    for (int k = 0; k < p->n_constants; ++k)
        gather(w->slot[p->n_args + k], (const char *)p->constant[k], block, 0, p->constant_bytes[k]);
}

static void slots_begin(struct walk *w, char **slots, int64_t block)
{
    w->slot = slots;
    for (int s = 0; s < w->p->n_slots; ++s)
        slots[s] = buffer(w, s);
    constants_fill(w, block);
}

/* In a function of its own: slots are on the stack, and are gone when it returns. */
static __attribute__((noinline)) void walk_run(struct walk *w)
{
    const struct formula_program *p = w->p;
    const int64_t extent = w->extent[w->rank - 1];
    const int64_t block = extent < p->block ? extent : p->block;
    char *slots[p->n_slots];
    w->memory = __builtin_alloca_with_align((size_t)p->n_slots * p->slot_bytes, 64 * 8);
    slots_begin(w, slots, block);
    do
        for (int64_t begin = 0; begin < extent; begin += block)
            block_run(w, begin, extent - begin < block ? extent - begin : block, block);
    while (row_next(w, w->rank - 1));
}

/* ---- many rows of few elements ---- */

/* Is fold f one of each row, whose bits go by the row? */
static bool is_of_rows(const struct walk *w, const struct program_fold *f)
{
    return !f->exact && w->stride[f->arg][w->rank - 1] == 0;
}

static bool rows_are_short(const struct walk *w)
{
    int kept = 0;
    if (w->rank < 2 || w->extent[w->rank - 1] >= PROGRAM_LONG_ROW || w->extent[w->rank - 2] < SHORT_MANY)
        return false;
    for (int i = 0; i < w->p->n_folds; ++i) {
        const struct program_fold *f = &w->p->fold[i];
        kept += is_of_rows(w, f);
        if (!f->exact && (f->sum == NULL || w->stride[f->arg][w->rank - 2] == 0))
            return false;
    }
    return kept <= SHORT_KEPT;
}

/* Rows begin to begin + n, and an element of each after another. */
static void short_rows_run(struct walk *w, int64_t begin, int64_t n)
{
    const struct formula_program *p = w->p;
    const int     inner = w->rank - 1;
    const int64_t few = w->extent[inner];
    for (w->index[inner] = 0; w->index[inner] < few; ++w->index[inner]) {
        block_run(w, begin, n, SHORT_BLOCK);
        for (int a = 0; a < p->n_args; ++a)
            w->row[a] += w->stride[a][inner];
    }
    for (int a = 0; a < p->n_args; ++a)
        w->row[a] -= few * w->stride[a][inner];
    for (int i = 0; i < p->n_folds; ++i) {
        const struct program_fold *f = &p->fold[i];
        const int64_t step = w->stride[f->arg][w->along];
        if (w->kept[i] != NULL)
            program_fold_rows(f, w->row[f->arg] + begin * step, step, w->kept[i], SHORT_BLOCK, few, n,
                              p->element[f->arg]);
    }
}

static __attribute__((noinline)) void short_run(struct walk *w)
{
    const struct formula_program *p = w->p;
    const int64_t many = w->extent[w->rank - 2];
    char *slots[p->n_slots], *kept[p->n_folds + 1];
    w->along = w->rank - 2;
    w->kept = kept;
    w->memory = __builtin_alloca_with_align((size_t)p->n_slots * p->slot_bytes, 64 * 8);
    slots_begin(w, slots, SHORT_BLOCK);
    for (int i = 0; i < p->n_folds; ++i)
        kept[i] = is_of_rows(w, &p->fold[i])
                      ? __builtin_alloca_with_align(sizeof(double[PROGRAM_LONG_ROW][SHORT_BLOCK]), 64 * 8)
                      : NULL;
    do
        for (int64_t begin = 0; begin < many; begin += SHORT_BLOCK)
            short_rows_run(w, begin, many - begin < SHORT_BLOCK ? many - begin : SHORT_BLOCK);
    while (row_next(w, w->along));
}

/* ---- compiled ---- */

/* Which arguments stand still along a row; false: some lie as no compiled form reads them. */
static bool rows_are_plain(const struct walk *w, uint64_t *out_key)
{
    const struct formula_program *p = w->p;
    const int inner = w->rank - 1;
    uint64_t still = 0;
    for (int a = 0; a < p->n_args; ++a) {
        const int64_t step = w->stride[a][inner];
        if (!p->loads[a] && !p->stores[a])
            continue;
        if (step == 0 && !p->stores[a])
            still |= 1ull << a;
        else if (step != p->element[a] || !is_aligned(w->row[a], p->element[a]))
            return false;
    }
    *out_key = still | (uint64_t)inner << 32;
    return true;
}

static void fold_run(void *self, int k, const void *from, int64_t begin, int64_t n)
{
    const struct walk         *w = self;
    const struct program_fold *f = &w->p->fold[k];
    const int64_t              step = w->stride[f->arg][w->rank - 1];
    program_fold_run(f, w->row[f->arg] + begin * step, step, from, n, w->p->element[f->arg]);
}

static void rows_run(struct walk *w, const struct formula_kernels *k, native_run *run)
{
    const int64_t *const low = w->low;
    int64_t first[TSR_MAX_RANK];
    const struct native_row row = {w->row, first, w->extent[w->rank - 1], &k->op[0][0], fold_run, w};
    do {
        for (int d = 0; w->p->ordered && d < w->rank; ++d) /* else no index is used */
            first[d] = low[d] + w->index[d];
        run(&row);
    } while (row_next(w, w->rank - 1));
}

/* Run as compiled code, if there is a form for it. */
static bool walk_run_native(struct walk *w, struct worker *worker)
{
    struct native_state *n = execute_native(worker->rt);
    int64_t  work = w->p->n_steps;
    uint64_t key;
    for (int d = 0; d < w->rank; ++d)
        work *= w->extent[d];
    if (!native_looks(n, work, w->extent[w->rank - 1]) || !rows_are_plain(w, &key))
        return false;
    native_run *run = native_of(n, w->p, key, work);
    if (run == NULL)
        return false;
    rows_run(w, native_kernels(n), run);
    observe_count(worker->lane, TSR_COUNT_COMPILED, 1);
    return true;
}

static const struct formula_program *program_of(const tsr_task_context *t)
{
    const struct body_state *b = t->private_;
    return (const struct formula_program *)(const void *)b->slot->op.desc;
}

tsr_status program_body(const tsr_task_context *t)
{
    struct walk w;
    w.p = program_of(t);
    if (!walk_begin(&w, t))
        return TSR_OK;
    if (rows_are_short(&w))
        short_run(&w);
    else if (!walk_run_native(&w, ((const struct body_state *)t->private_)->worker))
        walk_run(&w);
    return TSR_OK;
}
