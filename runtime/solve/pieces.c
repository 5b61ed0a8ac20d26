/* solve/pieces.c - how a rank cuts its own box: private.
 *
 * A piece should fit half of L2 (or TESSERA_PIECE_BYTES) along with what neighbours in a chain of
 * operations touch of it, and be worth several times what a task costs. An element counts ELEMENT_BYTES,
 * what a chain touches of it, and not what this operation's arguments have, so that operations over
 * equal boxes have equal pieces, which meet without search. Only where the arguments that move with the
 * iteration have more does it count more, by powers of two, so that pieces of one lie in those of the
 * other: the arguments of a point always fit together. The outermost dimensions are cut first, into pieces that are
 * multiples of the leaf where there are many, of as much of it as keeps them even where there are
 * few; inner ones when leaves along the outer do not make enough, and only then parts of leaves: so
 * pieces of sums along leaves, and of what is not tied to any, are mostly the same.
 *
 * TESSERA_MIN_PIECE instead cuts down to pieces of about so many elements, in any dimensions, so that
 * small tests cross pieces.
 *
 * Cost: O(cuts). Threads: the issuing thread. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "solve/problem.h"

enum {
    ELEMENT_BYTES = 32, /* what a chain touches of an element, about */
    WORTH = 16 * 1024,  /* additions that a piece should amount to */
    MANY = 4,           /* pieces a worker, from which on they need not be even */
    MOST_POINTS = 64 * 1024,
    ROW_SHAPES = 4,     /* so many leaves beside each other make a long row */
    TEST_POINTS = 64,
    TEST_MOST_POINTS = 256
};

static int64_t additions_of(const struct problem *q, int64_t elements)
{
    const double work = q->desc->work > 1 ? q->desc->work : 1;
    const double all = work * (double)elements;
    return all > 1e18 ? (int64_t)1e18 : (int64_t)all;
}

/* Do two views of a root name mostly the same elements: is one the other, moved by less than half? */
static bool is_beside(const struct view *v, const struct view *w)
{
    if (v == w)
        return true;
    if (v->rank != w->rank || memcmp(v->extent, w->extent, (size_t)v->rank * sizeof v->extent[0]) != 0)
        return false;
    for (int r = 0; r < v->root_rank; ++r) {
        int64_t span = 0;
        for (int d = 0; d < v->rank; ++d) {
            if (v->a[r][d] != w->a[r][d])
                return false;
            span = add64(span, mul64(llabs(v->a[r][d]), v->extent[d]));
        }
        if (llabs(v->b[r] - w->b[r]) > span / 2)
            return false;
    }
    return true;
}

/* Is argument `i` the same elements as one before it, or nearly: the neighbours of a stencil? */
static bool is_counted(const struct problem *q, int i)
{
    for (int j = 0; j < i; ++j)
        if (q->op->arg[j].root == q->op->arg[i].root && q->op->arg[j].view != NULL &&
            q->op->arg[i].view != NULL && is_beside(q->op->arg[j].view, q->op->arg[i].view))
            return true;
    return false;
}

/* Elements of an argument that go with one of the iteration; 0: not all dimensions move it. */
static int64_t elements_beside(const struct problem *q, int arg)
{
    int64_t n = 1;
    for (int d = 0; d < q->rank; ++d) {
        int64_t scale, low, high;
        if (q->extent[d] <= 1)
            continue;
        if (!solve_drives(q, arg, d) || !solve_affine(q, arg, d, &scale, &low, &high))
            return 0;
        n = mul64(n, scale);
    }
    return n;
}

/* What an element of the iteration counts. */
static int64_t element_bytes(const struct problem *q)
{
    int64_t sum = 0, bytes = ELEMENT_BYTES;
    for (int i = 0; i < q->op->n_args; ++i) {
        const enum role r = q->part[i].role;
        if (r == ROLE_VALUE || r == ROLE_WHOLE || r == ROLE_IMAGE || r == ROLE_UNBOUND || is_counted(q, i))
            continue;
        const int64_t n = elements_beside(q, i);
        sum = add64(sum, mul64(n, (int64_t)q->op->arg[i].root->element_bytes));
    }
    while (bytes < sum && bytes < INT64_MAX / 2)
        bytes *= 2;
    return bytes;
}

static int64_t piece_bytes(const struct problem *q)
{
    const struct rank_machine *m = &q->rt->machines[q->rt->rank];
    return q->rt->config.piece_bytes > 0 ? q->rt->config.piece_bytes
           : m->l2_bytes > 0             ? m->l2_bytes / 2
                                         : 512 * 1024;
}

static int64_t piece_elements(const struct problem *q)
{
    const int64_t elements = q->piece_bytes / q->element_bytes;
    return q->rt->config.piece_bytes > 0 ? max64(1, elements) : max64(WORTH / 2, elements);
}

static int64_t points_by_machine(const struct problem *q, int64_t volume)
{
    const int64_t workers = max64(1, q->rt->machines[q->rt->rank].workers);
    const int64_t additions = additions_of(q, volume);
    const int64_t spread = q->desc->work > 1 ? 4 * workers : workers;
    int64_t       n = max64(ceil_div(volume, piece_elements(q)), min64(spread, additions / WORTH));
    const int64_t even = ceil_div(n, workers) * workers;
    if (n > 1 && n < 8 * workers && additions / even >= WORTH / 2)
        n = even;
    return clamp64(n, 1, MOST_POINTS);
}

/* ---- few or many pieces along a dimension ---- */

static int64_t most_pieces(const struct problem *q, int d, struct interval box)
{
    if (box.high <= box.low)
        return 1;
    if (q->uncut[d] != UNCUT_NOT)
        return 1;
    const int64_t units = ceil_div(box.high, q->unit[d]) - box.low / q->unit[d];
    return max64(1, min64(units, (box.high - box.low) / q->least[d]));
}

int64_t solve_fine_unit(const struct problem *q, int d, int64_t length, int64_t n)
{
    int64_t soft = q->shape[d];
    while (soft > 1 && length / soft < 8 * n)
        soft /= 2;
    if (q->leafwise || soft % q->unit[d] != 0)
        return q->unit[d];
    return soft;
}

/* Extent of pieces when there are many: of whole leaves, or a power of two below one. */
static int64_t coarse_unit(const struct problem *q, int d, int64_t length, int64_t n)
{
    const int64_t want = max64(1, length / n), unit = q->unit[d], soft = q->shape[d];
    const int64_t step = q->leafwise || soft % unit != 0 ? unit : soft;
    if (want * 2 > step)
        return max64(1, (want + step / 2) / step) * step;
    int64_t power = unit;
    while (power * 2 <= want + want / 3) /* the nearest, about */
        power *= 2;
    return power;
}

static int uniform_cut(const struct problem *q, int d, struct interval box, int64_t piece,
                       int64_t *out)
{
    int n = 0;
    out[0] = box.low;
    for (int64_t at = (box.low / piece + 1) * piece; at < box.high; at += piece)
        out[++n] = at;
    out[++n] = box.high;
    solve_repair_cut(q->least[d], n, out);
    return n;
}

int solve_drop_empty(int n, int64_t *cut)
{
    int kept = 0;
    for (int c = 1; c <= n; ++c)
        if (cut[c] > cut[kept])
            cut[++kept] = cut[c];
    return kept ? kept : 1;
}

static int64_t pieces_at_most(struct interval box, int64_t piece)
{
    return (box.high - box.low) / piece + 2;
}

static tsr_status cut_dimension(struct problem *q, int d, struct interval box, int64_t n)
{
    const int64_t length = box.high - box.low;
    const bool    many = n >= MANY * max64(1, q->rt->machines[q->rt->rank].workers);
    const int64_t piece = many ? coarse_unit(q, d, length, n) : 0;
    const int64_t room = (many ? pieces_at_most(box, piece) : n) + 1;
    int64_t      *cut = base_calloc((size_t)room, sizeof *cut);
    if (!cut)
        return tsr_fail_(q->op->site, TSR_NO_MEMORY, "%s: no memory to cut it", q->desc->name);
    int made = (int)n;
    if (many)
        made = uniform_cut(q, d, box, piece, cut);
    else
        solve_even_cut(q, d, box, made, solve_fine_unit(q, d, length, n), NULL, cut);
    q->cut[d] = cut;
    q->grid[d] = length > 0 ? solve_drop_empty(made, cut) : 1;
    if (length <= 0)
        cut[1] = cut[0];
    return TSR_OK;
}

/* ---- how many along which ---- */

static struct interval along(const tsr_box *b, int d)
{
    return (struct interval){b->low[d], b->high[d]};
}

/* Pieces of the shape that leaves have, while there are enough of them, and of whole rows unless these are
 * long: what lies in one run is read ahead by the processor.  Then parts of such. */
static void outermost_first(const struct problem *q, const tsr_box *box, int64_t *grid)
{
    int64_t left = q->wanted_points;
    for (int d = 0; d < q->rank; ++d) {
        const struct interval i = along(box, d);
        const int64_t         shapes = d > 0 && d == q->rank - 1
                                           ? max64(1, (i.high - i.low) / mul64(ROW_SHAPES, q->shape[d]))
                                           : max64(1, ceil_div(i.high - i.low, q->shape[d]));
        grid[d] = min64(left, min64(shapes, most_pieces(q, d, i)));
        left = max64(1, (left + grid[d] / 2) / grid[d]); /* the nearest: pieces aim at a size */
    }
    for (int d = 0; d < q->rank && left > 1; ++d) {
        const int64_t more = min64(left, most_pieces(q, d, along(box, d)) / grid[d]);
        grid[d] *= max64(1, more);
        left = max64(1, left / max64(1, more));
    }
}

/* For tests: any dimensions, by a hash of the extents. */
static void in_turn(const struct problem *q, const tsr_box *box, int64_t *grid, uint64_t h)
{
    int64_t points = 1;
    for (int d = 0; d < q->rank; ++d)
        grid[d] = 1;
    for (bool grew = q->rank > 0; grew; h = h >> 7 | h << 57) {
        grew = false;
        for (int k = 0; k < q->rank; ++k) {
            const int     d = (int)(((unsigned)k + (h & 7)) % (unsigned)q->rank);
            const int64_t room =
                min64(q->wanted_points / points, most_pieces(q, d, along(box, d)) / grid[d]);
            const int64_t more = room >= 3 && grid[d] == 1 && (h >> k & 8) ? 3 : 2;
            if (room < more)
                continue;
            grid[d] *= more;
            points *= more;
            grew = true;
        }
    }
}

static uint64_t shape_hash(const struct problem *q, const tsr_box *box)
{
    uint64_t h = hash_word((uint64_t)q->rank, (uint64_t)q->rt->rank);
    h = hash_words(h, box->low, (size_t)q->rank);
    return hash_words(h, box->high, (size_t)q->rank);
}

tsr_status solve_cut_pieces(struct problem *q)
{
    const tsr_box  mine = solve_own_iteration(q), *box = &mine;
    const int64_t  volume = box_volume(box), floor = q->rt->config.min_piece;
    const uint64_t h = shape_hash(q, box);
    int64_t        grid[TSR_MAX_RANK];
    q->piece_bytes = piece_bytes(q);
    q->element_bytes = element_bytes(q);
    q->wanted_points = floor > 0
                           ? clamp64(volume / floor, 1, h % 8 ? TEST_POINTS : TEST_MOST_POINTS)
                           : points_by_machine(q, volume);
    q->wanted_points = solve_second_points(q, q->wanted_points, volume);
    if (q->one_point || q->replicated || (q->alone >= 0 && q->small))
        q->wanted_points = 1;
    if (solve_follow_key(q, box))
        return TSR_OK;
    if (floor > 0)
        in_turn(q, box, grid, h);
    else
        outermost_first(q, box, grid);
    for (int d = 0; d < q->rank; ++d) {
        const tsr_status s = cut_dimension(q, d, along(box, d), grid[d]);
        if (s != TSR_OK)
            return s;
    }
    return TSR_OK;
}
