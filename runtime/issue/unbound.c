/* issue/unbound.c - outputs whose extent only their writer's bodies know.
 *
 * Each point delivers rows in memory of its own.  When the extent is first needed the writer is waited
 * for, the ranks' numbers of rows are agreed (one gather), and the rows are moved, in point order, into
 * the root's memory.  Cost: O(rows).  Threads: issuing thread; collective. */
#include <string.h>

#include "issue/internal.h"
#include "issue/issue.h"

/* What the task's model says of each rank. */
static bool rows_model(const struct tsr_runtime *rt, const struct operation *op, int k, struct unbound *u)
{
    u->modelled = base_calloc((size_t)rt->n_ranks, sizeof *u->modelled);
    for (int r = 0; u->modelled != NULL && r < rt->n_ranks; ++r) {
        const tsr_box piece = deal_box(op->plan->iteration, r);
        const int64_t rows = plan_rank_runs(op->plan, r) ? op->desc->model->rows(k, &piece) : 0;
        u->modelled[r] = rows > 0 ? rows : 0;
    }
    return u->modelled != NULL;
}

bool unbound_prepare(struct tsr_runtime *rt, struct operation *op)
{
    for (int k = 0; k < op->n_args; ++k) {
        struct root *root = op->arg[k].root;
        if (root == NULL || !op->plan->arg[k].unbound)
            continue;
        struct unbound *u = base_calloc(1, sizeof *u);
        if (u == NULL)
            return false;
        root->unbound = u;
        u->data = base_calloc((size_t)op->plan->n_points + 1, sizeof *u->data);
        u->rows = base_calloc((size_t)op->plan->n_points + 1, sizeof *u->rows);
        u->row_elements = 1;
        for (int d = 1; d < root->rank; ++d)
            u->row_elements *= root->extent[d];
        u->begin = base_calloc((size_t)rt->n_ranks, sizeof *u->begin);
        if (u->data == NULL || u->rows == NULL || u->begin == NULL)
            return false;
        u->n = op->plan->n_points;
        for (int r = 0; r < rt->n_ranks; ++r)
            u->begin[r] = deal_box(op->plan->iteration, r).low[0];
        if (rt->simulated && !rows_model(rt, op, k, u))
            return false;
    }
    return true;
}

static bool rows_place(struct tsr_runtime *rt, struct root *root, int64_t first, int64_t mine)
{
    struct unbound *u = root->unbound;
    tsr_box box = box_of_shape(root->rank, root->extent);
    box.low[0] = rt->n_ranks > 1 ? first : 0;
    box.high[0] = rt->n_ranks > 1 ? first + mine : root->extent[0];
    if (mine == 0 || box_is_empty(&box))
        return true;
    root->instance = instance_create(rt, root, &box);
    if (root->instance == NULL)
        return false;
    char *at = root->instance->base;
    for (int i = 0; i < u->n; ++i) {
        const size_t bytes = (size_t)(u->rows[i] * u->row_elements) * root->element_bytes;
        if (bytes > 0 && !rt->simulated)
            memcpy(at, u->data[i], bytes);
        at += bytes;
    }
    return true;
}

static void rows_free(struct root *root)
{
    for (int i = 0; root->unbound != NULL && i < root->unbound->n; ++i) {
        base_free(root->unbound->data[i]);
        root->unbound->data[i] = NULL;
    }
}

/* The extent, and memory for this rank's rows; false: no memory, and nothing is changed. */
static bool extent_bind(struct tsr_runtime *rt, struct root *root, int64_t total, int64_t first,
                        int64_t mine)
{
    root->extent[0] = total;
    if (!rows_place(rt, root, first, mine))
        return false;
    if (root_bind_extent(rt, root, total))
        return true;
    instance_release(rt, root->instance);
    root->instance = NULL;
    return false;
}

/* Do rank q's rows come before rank r's?  In the order of the iteration: a reversed view deals it to the
 * ranks from the other end. */
static bool comes_before(const struct root *root, int q, int r)
{
    const int64_t *begin = root->unbound != NULL ? root->unbound->begin : NULL;
    if (begin == NULL || begin[q] == begin[r])
        return q < r;
    return begin[q] < begin[r];
}

/* Every rank holds the rows that its points delivered. */
static tsr_status owners_tell(struct tsr_runtime *rt, struct root *root, const int64_t *all)
{
    struct owner_map *map = depend_owners(rt, root);
    tsr_box *boxes = base_calloc((size_t)rt->n_ranks, sizeof *boxes);
    for (int r = 0; boxes != NULL && r < rt->n_ranks; ++r) {
        int64_t row = 0;
        for (int q = 0; q < rt->n_ranks; ++q)
            row += comes_before(root, q, r) ? all[q] : 0;
        boxes[r] = box_of_shape(root->rank, root->extent);
        boxes[r].low[0] = row;
        boxes[r].high[0] = row + all[r];
    }
    struct deal *ranks = boxes != NULL ? deal_list(rt->n_ranks, root->rank, boxes) : NULL;
    const bool told = map != NULL && ranks != NULL && owner_map_write(map, root->last_writer, ranks);
    base_free(boxes);
    deal_release(ranks);
    return told ? TSR_OK : network_short_of_memory(rt->network, "an owner map");
}

/* How many rows each rank's points delivered; a simulated run asked the task's model. */
static tsr_status rows_gather(struct tsr_runtime *rt, const struct root *root, int64_t *all)
{
    const struct unbound *u = root->unbound;
    int64_t mine = 0;
    if (u != NULL && u->modelled != NULL) {
        memcpy(all, u->modelled, (size_t)rt->n_ranks * sizeof *all);
        return TSR_OK;
    }
    for (int i = 0; u != NULL && i < u->n; ++i)
        mine += u->rows[i];
    all[0] = mine;
    return rt->n_ranks > 1 ? network_allgather(rt->network, root->last_writer, &mine, sizeof mine, all)
                           : TSR_OK;
}

static tsr_status rows_bind(struct tsr_runtime *rt, struct root *root, const int64_t *all, tsr_site at)
{
    int64_t first = 0, total = 0;
    for (int r = 0; r < rt->n_ranks; ++r) {
        first += comes_before(root, r, rt->rank) ? all[r] : 0;
        total += all[r];
    }
    if (!extent_bind(rt, root, total, first, all[rt->rank]))
        return rt->n_ranks > 1
                   ? network_short_of_memory(rt->network, "the rows of an unbound output")
                   : tsr_fail_(at, TSR_NO_MEMORY, "no memory for %lld rows", (long long)total);
    rows_free(root);
    return rt->n_ranks > 1 && total > 0 ? owners_tell(rt, root, all) : TSR_OK;
}

tsr_status unbound_bind(struct tsr_runtime *rt, struct root *root, tsr_site at)
{
    if (root->extent_known)
        return TSR_OK;
    issue_wait(rt, root->last_writer);
    TSR_TRY(failure_agree(rt, root->last_writer));
    const struct trace *failed = failure_find(rt, root, root->whole);
    if (failed != NULL) /* on every rank alike; there is no extent, and whoever asks is told why */
        return trace_raise(failed, at, "an unbound extent was asked for");
    int64_t *all = base_calloc((size_t)rt->n_ranks, sizeof *all);
    tsr_status status = all != NULL ? rows_gather(rt, root, all)
                                    : network_short_of_memory(rt->network, "an unbound extent");
    if (status == TSR_OK)
        status = rows_bind(rt, root, all, at);
    base_free(all);
    return status;
}
