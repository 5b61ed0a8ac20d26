/* solve/follow.c - private cuts where the pieces of a store already are.
 *
 * An operation that writes part of a store (a slice, the rest of a matrix that is factored) is cut
 * where the last complete writer of the store was cut here, seen through the view: its pieces then
 * meet one piece each of those before and after, however the slice moves. Elsewhere cuts follow from
 * the extents alone (pieces.c), which gives operations over equal boxes equal pieces.
 *
 * Private. Cost: O(cuts). Threads: the issuing thread. */
#include "solve/problem.h"
#include "solve/solve.h"

/* A free argument that writes a part of what a key cut here. */
static bool leads_to_key(const struct problem *q, int arg)
{
    const struct operation_arg *a = &q->op->arg[arg];
    if (q->part[arg].role != ROLE_FREE || !access_writes(q->desc->args[arg].access))
        return false;
    const struct plan *key = a->root->key;
    return !a->view->identity && a->view->exact && key && !key->manual && key->n_points > 1 &&
           key->n_ranks == q->rt->n_ranks && key->arg[a->root->key_arg].by_grid;
}

static int find_key(const struct problem *q)
{
    for (int d = 0; d < q->rank; ++d)
        if (q->unit[d] > 1 || q->least[d] > 1)
            return -1;
    for (int i = 0; i < q->op->n_args; ++i)
        if (leads_to_key(q, i))
            return i;
    return -1;
}

/* Where, along iteration dimension d, the pieces of the key begin: into out[], ascending, inside the
 * box. Returns how many. */
static int cuts_along(const struct problem *q, int arg, int d, struct interval box, int64_t *out)
{
    const struct view     *v = q->op->arg[arg].view;
    const struct root     *root = q->op->arg[arg].root;
    const struct plan_arg *key = &root->key->arg[root->key_arg];
    const int              r = v->feeds[d];
    if (r < 0 || key->cut_by[r] < 0 || q->uncut[d] != UNCUT_NOT)
        return 0;
    const int     m = root->key->grid[key->cut_by[r]];
    const int64_t a = v->a[r][d], b = v->b[r];
    const bool    up = (key->cut_low[r][0] <= key->cut_low[r][m - 1]) == (a > 0);
    int           n = 0;
    for (int k = 0; k < m; ++k) {
        const struct interval i =
            solve_preimage(a, b, key->cut_low[r][up ? k : m - 1 - k], INT64_MAX / 4);
        const int64_t at = a > 0 ? i.low : i.high;
        if (at > box.low && at < box.high && (n == 0 || at > out[n - 1]))
            out[n++] = at;
    }
    return n;
}

static int most_cuts(const struct problem *q, int arg, int d)
{
    const struct root *root = q->op->arg[arg].root;
    const int          r = q->op->arg[arg].view->feeds[d];
    const int          e = r < 0 ? -1 : root->key->arg[root->key_arg].cut_by[r];
    return e < 0 ? 0 : root->key->grid[e];
}

static bool take_cuts(struct problem *q, int arg, const tsr_box *box)
{
    for (int d = 0; d < q->rank; ++d) {
        int64_t *cut = base_calloc((size_t)most_cuts(q, arg, d) + 2, sizeof *cut);
        if (!cut)
            return false;
        const struct interval along = {box->low[d], box->high[d]};
        q->cut[d] = cut;
        q->grid[d] = 1 + cuts_along(q, arg, d, along, cut + 1);
        cut[0] = along.low;
        cut[q->grid[d]] = along.high;
    }
    return true;
}

static void drop_cuts(struct problem *q)
{
    for (int d = 0; d < q->rank; ++d) {
        base_free(q->cut[d]);
        q->cut[d] = NULL;
    }
}

bool solve_follow_key(struct problem *q, const tsr_box *box)
{
    const int arg = box_is_empty(box) || q->rank == 0 ? -1 : find_key(q);
    if (arg < 0 || q->wanted_points == 1)
        return false;
    int64_t points = 1;
    bool    fits = take_cuts(q, arg, box);
    for (int d = 0; d < q->rank && fits; ++d)
        points = mul64(points, q->grid[d]);
    fits = fits && points <= 4 * q->wanted_points && 4 * points >= q->wanted_points;
    if (!fits)
        drop_cuts(q);
    return fits;
}
