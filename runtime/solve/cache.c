/* solve/cache.c - plans by signature, and the way from an operation to its plan.
 *
 * A signature is a list of words: the task type, the points, and for each argument the view, the
 * element type, the first argument with the same root, the partition, and the numbers of the cuts
 * its root's key has. Whatever else a plan depends on (configuration, machines) does not change in a
 * runtime's life; whatever else an argument has (the root, values) does not enter a plan. Failures
 * are not kept: solving again records them anew.
 *
 * In front of the table stand the operations that were asked for last, as they are: where no root has a
 * key, comparing them with the next costs less than a signature.
 *
 * When more than MOST_PLANS plans, or MOST_BYTES of them, have gathered, all go at once with the
 * numbers of cuts; those in use live on by their counts.
 *
 * Cost of a hit: O(arguments), a few nanoseconds each, and no allocation. Threads: the issuing
 * thread. */
#include <string.h>

#include "observe/observe.h"
#include "solve/problem.h"
#include "solve/solve.h"

enum { BUCKETS = 4096, MOST_PLANS = 4096, ARG_WORDS = 3, HEAD_WORDS = 2 };
enum { MOST_WORDS = HEAD_WORDS + ARG_WORDS * TSR_MAX_ARGS };
static const int64_t MOST_BYTES = (int64_t)256 << 20;

struct cached {
    struct cached *next;
    struct plan   *plan; /* counted */
    uint64_t       hash;
    int            n;
    uint64_t       word[];
};

enum { RECENT = 64, RECENT_ARGS = 6 };

/* What an operation was, and the plan it got. */
struct recent {
    const tsr_task_desc *desc; /* NULL: none */
    struct plan         *plan; /* the table's */
    int64_t              points;
    int                  n_args;
    uint32_t             same; /* a bit for each pair of arguments: are they of one root? */
    uint64_t             word[RECENT_ARGS], partition[RECENT_ARGS];
};

struct solve_state {
    struct tsr_runtime *rt;
    struct recent       recent[RECENT];
    struct cached      *bucket[BUCKETS];
    struct intern      *intern;
    struct solve_counts counts;
    uint32_t            last_plan;
    struct observe_text text; /* of solve_explain */
};

struct solve_state *solve_create(struct tsr_runtime *rt)
{
    struct solve_state *s = base_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->rt = rt;
    s->intern = intern_create();
    if (s->intern)
        return s;
    base_free(s);
    return NULL;
}

static void drop_plans(struct solve_state *s)
{
    for (int i = 0; i < BUCKETS; ++i)
        while (s->bucket[i]) {
            struct cached *c = s->bucket[i];
            s->bucket[i] = c->next;
            plan_release(c->plan);
            base_free(c);
        }
    memset(s->recent, 0, sizeof s->recent);
    intern_clear(s->intern);
    s->counts.plans = s->counts.bytes = 0;
}

void solve_destroy(struct solve_state *s)
{
    if (!s)
        return;
    drop_plans(s);
    intern_destroy(s->intern);
    observe_text_done(&s->text);
    base_free(s);
}

struct intern *solve_intern(struct tsr_runtime *rt)
{
    return rt->solve->intern;
}

uint32_t solve_next_plan(struct tsr_runtime *rt)
{
    return ++rt->solve->last_plan;
}

struct observe_text *solve_text(struct tsr_runtime *rt)
{
    return &rt->solve->text;
}

struct solve_counts solve_counts(const struct tsr_runtime *rt)
{
    return rt->solve->counts;
}

/* ---- signatures ---- */

struct signature {
    int      n;
    uint64_t hash;
    uint64_t word[MOST_WORDS];
};

/* The first argument with the same root, and what kind of root: two written arguments of one root
 * must not meet. */
static inline uint64_t root_word(const struct operation *op, int arg)
{
    int same = 0;
    while (op->arg[same].root != op->arg[arg].root)
        ++same;
    const struct root *root = op->arg[arg].root;
    return (uint64_t)same << 1 | (root->kind == ROOT_UNBOUND && !root->extent_known);
}

/* The cuts of the key: between ranks, and here where only a part is named. */
static uint64_t key_word(const struct operation_arg *arg, bool has_ranks)
{
    const struct root     *root = arg->root;
    const struct plan_arg *a = &root->key->arg[root->key_arg];
    return (uint64_t)(has_ranks ? a->rank_cut : 0) << 32 | (arg->view->identity ? 0 : a->cut);
}

/* The words of one argument: two, and one more, announced in the second, where its root has a key that
 * counts. */
static inline void sign_arg(struct signature *g, const struct operation *op, int arg,
                            bool has_ranks)
{
    const struct operation_arg *a = &op->arg[arg];
    uint64_t                   *w = g->word + g->n;
    g->n += 2;
    w[0] = w[1] = 0;
    if (!a->root)
        return;
    w[0] = (uint64_t)a->view->id << 32 | (uint32_t)a->type;
    w[1] = root_word(op, arg) << 56;
    if (op->points > 0) {
        w[1] ^= a->partition ? a->partition->id : 0;
    } else if (a->root->key) {
        w[1] |= 2 | (has_ranks && a->root->key->replicated);
        w[2] = key_word(a, has_ranks);
        ++g->n;
    }
}

/* Words times powers of an odd number: no multiplication waits for a word. */
static inline uint64_t words_hash(const uint64_t *word, int n)
{
    const uint64_t base = 0x9e3779b97f4a7c15ull;
    uint64_t       h = 0, factor = base;
    for (int i = 0; i < n; ++i, factor *= base)
        h += word[i] * factor;
    h ^= h >> 32;
    h *= 0xff51afd7ed558ccdull;
    return h ^ h >> 29;
}

static inline void sign(const struct tsr_runtime *rt, const struct operation *op,
                        struct signature *g)
{
    const bool has_ranks = rt->n_ranks > 1;
    g->n = HEAD_WORDS;
    g->word[0] = (uint64_t)(uintptr_t)op->desc;
    g->word[1] = (uint64_t)op->points << 8 | (uint64_t)op->n_args << 2 | (uint64_t)op->alone << 1 |
                 op->inputs_replicated;
    for (int i = 0; i < op->n_args; ++i)
        sign_arg(g, op, i, has_ranks);
    g->hash = words_hash(g->word, g->n);
}

static inline bool is_same(const struct cached *c, const struct signature *g)
{
    if (c->hash != g->hash || c->n != g->n)
        return false;
    uint64_t differ = 0;
    for (int i = 0; i < g->n; ++i)
        differ |= c->word[i] ^ g->word[i];
    return differ == 0;
}

static inline struct plan *find_plan(struct solve_state *s, const struct signature *g)
{
    struct cached **head = &s->bucket[g->hash % BUCKETS], **at = head;
    for (struct cached *c; (c = *at) != NULL; at = &c->next) {
        if (!is_same(c, g))
            continue;
        *at = c->next;
        c->next = *head;
        *head = c;
        return c->plan;
    }
    return NULL;
}

/* Keep a plan; without memory it is solved again the next time. */
static void add_plan(struct solve_state *s, const struct signature *g, struct plan *p)
{
    struct cached *c = base_calloc(1, sizeof *c + (size_t)g->n * sizeof *g->word);
    if (!c)
        return;
    struct cached **head = &s->bucket[g->hash % BUCKETS];
    *c = (struct cached){.next = *head, .plan = plan_keep(p), .hash = g->hash, .n = g->n};
    memcpy(c->word, g->word, (size_t)g->n * sizeof *g->word);
    *head = c;
    ++s->counts.plans;
    s->counts.bytes += (int64_t)p->bytes;
}

/* ---- what was asked for last ---- */

static inline struct recent *recent_of(struct solve_state *s, const struct operation *op)
{
    const uint64_t at = (uintptr_t)op->desc >> 6;
    const bool     is_store = op->n_args > 0 && op->arg[0].root;
    return &s->recent[(is_store ? at ^ op->arg[0].view->id : at) % RECENT];
}

/* Of which only what stands in `struct recent` enters its plan. */
static inline bool is_plain(const struct operation_arg *a)
{
    return !a->root || (!a->root->key && a->root->kind != ROOT_UNBOUND);
}

static inline uint64_t plain_word(const struct operation_arg *a)
{
    return a->root ? (uint64_t)a->view->id << 32 | (uint32_t)a->type : 0;
}

static inline uint64_t partition_word(const struct operation_arg *a)
{
    return a->partition ? a->partition->id : 0;
}

static inline uint32_t same_roots(const struct operation *op)
{
    uint32_t same = 0;
    for (int k = 1; k < op->n_args; ++k)
        for (int j = 0; j < k; ++j)
            same = same << 1 | (op->arg[j].root == op->arg[k].root);
    return same;
}

/* The plan of the same operation, if it was asked for lately; NULL: not known here. */
static inline struct plan *find_recent(struct solve_state *s, const struct operation *op)
{
    const struct recent *r = recent_of(s, op);
    if (r->desc != op->desc || r->n_args != op->n_args || r->points != op->points || op->alone ||
        op->inputs_replicated)
        return NULL;
    uint64_t differ = 0;
    for (int k = 0; k < op->n_args; ++k) {
        const struct operation_arg *a = &op->arg[k];
        differ |= (plain_word(a) ^ r->word[k]) | (partition_word(a) ^ r->partition[k]);
        differ |= !is_plain(a);
    }
    return differ == 0 && same_roots(op) == r->same ? r->plan : NULL;
}

static void add_recent(struct solve_state *s, const struct operation *op, struct plan *p)
{
    struct recent *r = recent_of(s, op);
    if (op->n_args > RECENT_ARGS || op->alone || op->inputs_replicated)
        return;
    for (int k = 0; k < op->n_args; ++k)
        if (!is_plain(&op->arg[k]))
            return;
    *r = (struct recent){op->desc, p, op->points, op->n_args, same_roots(op), {0}, {0}};
    for (int k = 0; k < op->n_args; ++k) {
        r->word[k] = plain_word(&op->arg[k]);
        r->partition[k] = partition_word(&op->arg[k]);
    }
}

static void make_room(struct solve_state *s)
{
    if (s->counts.plans < MOST_PLANS && s->counts.bytes + intern_bytes(s->intern) < MOST_BYTES)
        return;
    drop_plans(s);
    ++s->counts.flushes;
}

/* ---- solving ---- */

void solve_problem_done(struct problem *q)
{
    deal_release(q->ranks);
    base_free(q->gang_first);
    for (int d = 0; d < TSR_MAX_RANK; ++d)
        base_free(q->cut[d]);
}

static tsr_status solve_cuts(struct problem *q, struct plan **out_plan)
{
    tsr_status s = solve_read_constraints(q);
    if (s == TSR_OK && q->op->points > 0)
        return solve_explicit(q, out_plan);
    if (s == TSR_OK)
        s = solve_find_limits(q);
    if (s == TSR_OK)
        s = solve_check_writes(q);
    if (s == TSR_OK)
        s = solve_is_gang(q) ? solve_cut_gang(q) : solve_choose_ranks(q);
    if (s == TSR_OK && !solve_is_gang(q))
        s = solve_cut_pieces(q);
    return s == TSR_OK ? solve_build(q, out_plan) : s;
}

tsr_status solve_problem(struct problem *q, struct plan **out_plan)
{
    const tsr_status s = solve_cuts(q, out_plan);
    if (s == TSR_OK && solve_is_watched(q))
        solve_cut_again(q, *out_plan);
    return s;
}

static void count(struct tsr_runtime *rt, tsr_counter_id id)
{
    if (rt->observe != NULL) /* a suite may have none */
        observe_count(observe_lane(rt->observe, 0), id, 1);
}

static tsr_status solve_new(struct tsr_runtime *rt, struct operation *op, const struct signature *g,
                            struct plan **out_plan)
{
    struct problem q = {.rt = rt, .op = op, .desc = op->desc};
    make_room(rt->solve);
    const tsr_status s = solve_problem(&q, out_plan);
    solve_problem_done(&q);
    ++rt->solve->counts.misses;
    count(rt, TSR_COUNT_PLAN_MISSES);
    if (s == TSR_OK)
        add_plan(rt->solve, g, *out_plan);
    return s;
}

static tsr_status solve_by_signature(struct tsr_runtime *rt, struct operation *op,
                                     struct plan **out_plan)
{
    struct signature g;
    sign(rt, op, &g);
    struct plan *known = find_plan(rt->solve, &g);
    if (!known)
        return solve_new(rt, op, &g, out_plan);
    add_recent(rt->solve, op, known);
    ++rt->solve->counts.hits;
    count(rt, TSR_COUNT_PLAN_HITS);
    *out_plan = plan_keep(known);
    return TSR_OK;
}

tsr_status solve_anew(struct tsr_runtime *rt, struct operation *op, struct plan **out_plan)
{
    struct problem   q = {.rt = rt, .op = op, .desc = op->desc};
    const tsr_status s = solve_problem(&q, out_plan);
    solve_problem_done(&q);
    return s;
}

tsr_status solve_operation(struct tsr_runtime *rt, struct operation *op, struct plan **out_plan)
{
    struct plan *known = find_recent(rt->solve, op);
    if (__builtin_expect(!known, 0))
        return solve_by_signature(rt, op, out_plan);
    ++rt->solve->counts.hits;
    count(rt, TSR_COUNT_PLAN_HITS);
    *out_plan = plan_keep(known);
    return TSR_OK;
}
