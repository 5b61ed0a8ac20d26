/* shrink.c - cuts a failing program down: a simpler configuration, fewer records, smaller shapes.
 *
 * Delta debugging (Zeller and Hildebrandt 2002): take out runs of records, halving their length;
 * the interpreter says which others fall with them.  A candidate is kept when it fails again, in any
 * way; because failures may need luck, each is tried a few times.  Bounded by the time given. */
#include "apart.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES = 3 };

typedef struct shrinking {
    oracle_program *best, *trial;
    oracle_result  *last;
    double          until;
    int             limit_s, tries;
} shrinking;

/* Whether the trial fails; then it becomes the best. */
static bool fails(shrinking *s)
{
    oracle_result r;
    interp_program(s->trial);
    int kept = 0;
    for (int k = 0; k < s->trial->n_ops; ++k)
        if (!s->trial->op[k].skip)
            s->trial->op[kept++] = s->trial->op[k];
    s->trial->n_ops = kept;
    for (int k = 0; k < s->tries && now_s() < s->until; ++k)
        if (run_apart(s->trial, s->limit_s, &r) != PASSED) {
            oracle_program *t = s->best;
            s->best = s->trial;
            s->trial = t;
            *s->last = r;
            return true;
        }
    return false;
}

static void begin(shrinking *s)
{
    arena_clear(&s->trial->memory);
    memcpy(s->trial, s->best, sizeof *s->trial);
    s->trial->memory.first = NULL;
}

static void drop_records(shrinking *s)
{
    for (int length = s->best->n_ops / 2; length >= 1 && now_s() < s->until; length /= 2)
        for (int at = s->best->n_ops - length; at >= 0 && now_s() < s->until; at -= length) {
            if (at + length > s->best->n_ops)
                continue;
            begin(s);
            memmove(&s->trial->op[at], &s->trial->op[at + length],
                    (size_t)(s->trial->n_ops - at - length) * sizeof(oracle_op));
            s->trial->n_ops -= length;
            fails(s);
        }
}

/* ---- the configuration ---- */

static void one_rank(oracle_config *c)
{
    c->ranks = 1;
}
static void two_ranks(oracle_config *c)
{
    c->ranks = c->ranks > 2 ? 2 : c->ranks;
}
static void one_worker(oracle_config *c)
{
    for (int k = 0; k < MAX_RANKS; ++k)
        c->workers[k] = 1;
}
static void two_workers(oracle_config *c)
{
    for (int k = 0; k < MAX_RANKS; ++k)
        c->workers[k] = c->workers[k] > 2 ? 2 : c->workers[k];
}
static void no_chaos(oracle_config *c)
{
    memset(c->chaos, 0, sizeof c->chaos);
}
static void no_seed(oracle_config *c)
{
    c->message_seed = 0;
}
static void no_budget(oracle_config *c)
{
    memset(c->memory_bytes, 0, sizeof c->memory_bytes);
}
static void no_memo(oracle_config *c)
{
    c->memo = 1;
}
static void no_window(oracle_config *c)
{
    c->window = 0;
}
static void plain_pieces(oracle_config *c)
{
    c->min_piece = 1;
}
static void plain_leaf(oracle_config *c)
{
    c->leaf = 16384;
}

static void simplify_config(shrinking *s)
{
    static void (*const steps[])(oracle_config *) = {
        one_rank,  one_worker, two_ranks, two_workers,  no_chaos,  no_seed,
        no_budget, no_memo,    no_window, plain_pieces, plain_leaf};
    for (size_t k = 0; k < sizeof steps / sizeof *steps && now_s() < s->until; ++k) {
        begin(s);
        steps[k](&s->trial->config);
        if (s->trial->config.ranks > 1)
            s->trial->config.direct = false;
        if (memcmp(&s->trial->config, &s->best->config, sizeof s->best->config) != 0)
            fails(s);
    }
}

/* ---- shapes ---- */

static void replace(oracle_program *p, int64_t from, int64_t to)
{
    for (int k = 0; k < p->n_ops; ++k) {
        oracle_op *o = &p->op[k];
        for (int d = 0; d < o->shape.rank; ++d)
            if (o->shape.extent[d] == from)
                o->shape.extent[d] = to;
        for (int j = 0; j < 4; ++j)
            if (o->params.modulus[j] == from && from > 1)
                o->params.modulus[j] = to;
        if (o->kind >= OP_SLICE && o->kind <= OP_DIAGONAL)
            for (int j = 1; j < 6; ++j)
                if (o->p[j] == from || o->p[j] == from - 1)
                    o->p[j] += to - from;
    }
}

/* Every extent that occurs is made smaller, everywhere at once. */
static void smaller_shapes(shrinking *s)
{
    for (int k = 0; k < s->best->n_ops && now_s() < s->until; ++k)
        for (int d = 0; d < s->best->op[k].shape.rank; ++d) {
            const int64_t n = s->best->op[k].shape.extent[d];
            for (int64_t to = 1; to < n && now_s() < s->until; to = to * 2 < n ? to * 2 : n) {
                begin(s);
                const int before = s->trial->n_ops;
                replace(s->trial, n, to);
                interp_program(s->trial);
                bool all = true;
                for (int j = 0; j < before; ++j)
                    all = all && !s->trial->op[j].skip;
                if (all && fails(s))
                    break;
            }
            if (k >= s->best->n_ops)
                return;
        }
}

void shrink(oracle_program *p, int seconds_in_all, oracle_result *last)
{
    shrinking s = {.best = malloc(sizeof *p), .trial = calloc(1, sizeof *p), .last = last};
    s.until = now_s() + seconds_in_all;
    s.limit_s = 4;
    s.tries = TRIES;
    memcpy(s.best, p, sizeof *p);
    s.best->memory.first = NULL;
    interp_program(s.best);
    simplify_config(&s);
    for (int before = -1; before != s.best->n_ops && now_s() < s.until;) {
        before = s.best->n_ops;
        drop_records(&s);
    }
    simplify_config(&s);
    smaller_shapes(&s);
    drop_records(&s);
    arena_clear(&p->memory);
    memcpy(p, s.best, sizeof *p); /* takes over its memory */
    arena_clear(&s.trial->memory);
    free(s.best);
    free(s.trial);
}
