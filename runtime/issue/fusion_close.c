/* issue/fusion_close.c - an open group becomes one operation, or one a part.
 *
 * What nobody can name any more is not written: a store whose handles were released while the group was open
 * never gets memory, and what was computed for it alone is not computed.  If what is left names more than an
 * operation may, each part becomes an operation; then what a later part names is written.
 *
 * Cost: O(parts * terms).  Threads: issuing thread. */
#include <assert.h>
#include <string.h>

#include "issue/fusion.h"
#include "issue/internal.h"
#include "model/reduce.h"

/* Does a group behind read or write this store? */
static bool is_named_behind(const struct fusion *g, const struct root *root)
{
    const uint64_t bit = fusion_root_bit(root);
    for (g = g->behind; g != NULL && g->n_formulas > 0; g = g->behind)
        for (int k = 0; (g->roots & bit) != 0 && k < g->source.n_ports; ++k)
            if (!g->arg[k].is_free && g->arg[k].arg.root == root)
                return true;
    return false;
}

bool fusion_is_dead(const struct fusion *g, int k)
{
    const struct fusion_arg *a = &g->arg[k];
    return !a->is_free && a->arg.root != NULL && g->source.port[k].out != FORMULA_NO_TERM_ &&
           a->arg.root->handles == 0 && a->arg.root->kind == ROOT_PLAIN && !is_named_behind(g, a->arg.root);
}

void fusion_arg_release(struct tsr_runtime *rt, struct fusion *g, int k)
{
    struct fusion_arg *a = &g->arg[k];
    if (!a->is_free && a->arg.root != NULL) {
        view_release(a->arg.view);
        view_release(a->home);
        root_use_done(rt, a->arg.root);
    }
    a->is_free = true;
}

/* ---- one operation's terms and arguments ---- */

/* Terms and arguments of the group, from `first` on, as those of an operation. */
struct making {
    struct fusion *g;
    int            part, first, last; /* the part's terms; part -1: all */
    uint64_t       written; /* arguments of the group that are, a bit each */
    bool           live[FORMULA_MOST_TERMS];
    uint16_t       now[FORMULA_MOST_TERMS], constant[FORMULA_MOST_CONSTANTS];
    uint16_t       port[FORMULA_MOST_PORTS]; /* of the operation; FORMULA_NO_TERM_: not named */
    bool           is_full;
};

/* Argument k is written by its part, which is not all there is: somebody can name it, or a later part does. */
static bool is_stored(const struct fusion *g, int k)
{
    uint64_t later = 0;
    if (g->arg[k].is_free || g->source.port[k].out == FORMULA_NO_TERM_)
        return false;
    for (int i = g->arg[k].part + 1; i < g->n_parts; ++i)
        later |= g->names[i];
    return !fusion_is_dead(g, k) || (later >> k & 1) != 0;
}

/* The arguments that a part, or (-1) the whole group, writes. */
static uint64_t written_find(const struct fusion *g, int part)
{
    uint64_t written = 0;
    for (int k = 0; k < g->source.n_ports; ++k) {
        if (g->arg[k].is_free || g->source.port[k].out == FORMULA_NO_TERM_)
            continue;
        const bool is = part >= 0 ? g->arg[k].part == part && is_stored(g, k) : !fusion_is_dead(g, k);
        written |= (uint64_t)is << k;
    }
    return written;
}

static inline bool is_written(const struct making *m, int k)
{
    return m->written >> k & 1;
}

/* Terms that what is written needs. */
static void live_find(struct making *m)
{
    const struct formula_source *s = &m->g->source;
    memset(m->live, 0, sizeof m->live[0] * (size_t)s->n_terms);
    for (int k = 0; k < s->n_ports; ++k)
        if (is_written(m, k))
            m->live[s->port[k].out] = true;
    for (int i = m->last - 1; i >= m->first; --i) {
        const tsr_formula_term_ *t = &s->term[i];
        const int n = m->live[i] ? formula_term_operands(t) : 0;
        for (int k = 0; k < n; ++k)
            m->live[k == 0 ? t->a : k == 1 ? t->b : t->c] = true;
    }
}

static uint16_t port_name(struct making *m, int k)
{
    struct formula_source *to = &m->g->made;
    if (m->port[k] != FORMULA_NO_TERM_)
        return m->port[k];
    m->is_full |= to->n_ports == TSR_MAX_ARGS;
    if (m->is_full)
        return 0;
    to->port[to->n_ports] = m->g->source.port[k];
    to->port[to->n_ports].reads = false;
    if (!is_written(m, k)) {
        to->port[to->n_ports].out = FORMULA_NO_TERM_;
        to->port[to->n_ports].reduction = TSR_NO_REDUCTION;
    }
    m->g->made_of[to->n_ports] = (uint16_t)k;
    return m->port[k] = (uint16_t)to->n_ports++;
}

/* The argument through which an earlier part's term is read. */
static int port_of_term(const struct making *m, int i)
{
    const struct fusion *g = m->g;
    for (int k = 0; k < g->source.n_ports; ++k)
        if (g->source.port[k].out == i && g->arg[k].part < m->part && is_stored(g, k))
            return k;
    assert(!"a part reads what no argument holds");
    return 0;
}

/* An earlier part's term that has to be read: not a leaf, or one of what was written since. */
static bool is_read_back(const struct making *m, int i)
{
    const tsr_formula_term_ *t = &m->g->source.term[i];
    if (i >= m->first)
        return false;
    return t->op < TSR_N_OPS ||
           (t->op == FORMULA_INPUT && m->g->source.port[t->a].out != FORMULA_NO_TERM_ &&
            m->g->arg[t->a].part < m->part);
}

static void term_make(struct making *m, int i)
{
    struct formula_source *to = &m->g->made;
    tsr_formula_term_ t = m->g->source.term[i];
    if (is_read_back(m, i))
        t = (tsr_formula_term_){FORMULA_INPUT, t.type, (uint16_t)port_of_term(m, i), 0, 0};
    const int n = formula_term_operands(&t);
    t.a = n > 0 ? m->now[t.a] : t.a;
    t.b = n > 1 ? m->now[t.b] : 0;
    t.c = n > 2 ? m->now[t.c] : 0;
    if (t.op == FORMULA_CONSTANT) {
        if (m->constant[t.a] == FORMULA_NO_TERM_) {
            m->constant[t.a] = (uint16_t)to->n_constants;
            memcpy(to->constant[to->n_constants++], m->g->source.constant[t.a], sizeof to->constant[0]);
        }
        t.a = m->constant[t.a];
    }
    if (t.op == FORMULA_INPUT) {
        t.a = port_name(m, t.a);
        to->port[t.a].reads = true;
    }
    m->now[i] = (uint16_t)to->n_terms;
    to->term[to->n_terms++] = t;
}

/* The group's arguments that the live terms read, or that are written, a bit each. */
static uint64_t names_find(const struct making *m)
{
    const struct formula_source *s = &m->g->source;
    uint64_t named = m->written;
    for (int i = 0; i < m->last; ++i)
        if (m->live[i] && is_read_back(m, i))
            named |= 1ull << port_of_term(m, i);
        else if (m->live[i] && s->term[i].op == FORMULA_INPUT)
            named |= 1ull << s->term[i].a;
    return named;
}

/* Make `made` of a group as it is, of which nothing is dead; false: something is, or it names too much. */
static bool make_whole(struct fusion *g)
{
    struct formula_source *to = &g->made;
    const struct formula_source *s = &g->source;
    uint64_t named = written_find(g, -1);
    bool     live[FORMULA_MOST_TERMS];
    if (s->n_ports > TSR_MAX_ARGS)
        return false;
    memset(live, 0, sizeof live[0] * (size_t)s->n_terms);
    for (int k = 0; k < s->n_ports; ++k) {
        g->made_of[k] = (uint16_t)k;
        to->port[k] = s->port[k];
        if (named >> k & 1)
            live[s->port[k].out] = true;
        else if (s->port[k].out != FORMULA_NO_TERM_)
            return false;
    }
    for (int i = s->n_terms - 1; i >= 0; --i) {
        const tsr_formula_term_ *t = &s->term[i];
        const int n = formula_term_operands(t);
        if (!live[i])
            return false;
        if (n > 0)
            live[t->a] = true;
        if (n > 1)
            live[t->b] = true;
        if (n > 2)
            live[t->c] = true;
        if (t->op == FORMULA_INPUT) {
            named |= 1ull << t->a;
            to->port[t->a].reads = true;
        }
    }
    to->name = g->name;
    to->late = s->late;
    to->n_terms = s->n_terms;
    to->n_constants = s->n_constants;
    to->n_ports = s->n_ports;
    memcpy(to->term, s->term, sizeof s->term[0] * (size_t)s->n_terms);
    memcpy(to->constant, s->constant, sizeof s->constant[0] * (size_t)s->n_constants);
    return named == (1ull << s->n_ports) - 1; /* n_ports <= TSR_MAX_ARGS */
}

/* Make `made` of a part, or (-1) of all; false: it names too much. */
static bool make(struct fusion *g, int part)
{
    struct making m; /* its tables as far as they are used */
    m.g = g;
    m.part = part;
    m.is_full = false;
    m.written = written_find(g, part);
    struct formula_source *to = &g->made;
    m.first = part < 0 ? 0 : g->begin[part];
    m.last = part < 0 || part + 1 == g->n_parts ? g->source.n_terms : g->begin[part + 1];
    to->name = g->name;
    to->n_terms = to->n_constants = to->n_ports = 0;
    to->late = g->source.late;
    for (int k = 0; k < g->source.n_constants; ++k)
        m.constant[k] = FORMULA_NO_TERM_;
    for (int k = 0; k < g->source.n_ports; ++k)
        m.port[k] = FORMULA_NO_TERM_;
    live_find(&m);
    const uint64_t named = names_find(&m);
    for (int k = 0; k < g->source.n_ports; ++k) /* in the group's order */
        if (named >> k & 1)
            (void)port_name(&m, k);
    for (int i = 0; i < m.last && !m.is_full; ++i)
        if (m.live[i])
            term_make(&m, i);
    for (int k = 0; k < to->n_ports && !m.is_full; ++k)
        if (to->port[k].out != FORMULA_NO_TERM_)
            to->port[k].out = m.now[to->port[k].out];
    return !m.is_full;
}

/* ---- the group ---- */

bool fusion_close(struct tsr_runtime *rt)
{
    struct fusion *g = rt->issue->fusion;
    if (g == NULL || g->n_formulas == 0) /* NULL: there was no memory to start */
        return false;
    if (make_whole(g)) {
        g->n_parts = 1;
    } else if (make(g, -1)) {
        for (int k = 0; k < g->source.n_ports; ++k)
            if (fusion_is_dead(g, k) && g->arg[k].arg.root->last_writer == 0)
                observe_count(observe_lane(rt->observe, 0), TSR_COUNT_NEVER_STORED, 1);
        g->n_parts = 1;
    }
    return true;
}

bool fusion_part(struct tsr_runtime *rt, int part)
{
    struct fusion *g = rt->issue->fusion;
    if (part >= g->n_parts)
        return false;
    if (g->n_parts > 1)
        (void)make(g, part); /* a part fits by itself */
    return true;
}

/* Its arguments: op takes counted views of its own. */
static void args_fill(const struct fusion *g, struct operation *op)
{
    op->n_args = g->made.n_ports;
    for (int k = 0; k < op->n_args; ++k) {
        op->arg[k] = g->arg[g->made_of[k]].arg;
        if (op->arg[k].root != NULL)
            view_keep(op->arg[k].view);
    }
}

static void operation_begin(const struct fusion *g, struct operation *op)
{
    memset(op, 0, offsetof(struct operation, arg));
    op->plan = NULL;
    op->payload = NULL;
    op->site = g->site;
    op->provenance = g->provenance;
}

bool fusion_fill(struct tsr_runtime *rt, int k, struct operation *op)
{
    const struct fusion *g = rt->issue->fusion;
    if (k >= g->made.n_ports)
        return false;
    const struct fusion_arg *a = &g->arg[g->made_of[k]];
    op->desc = NULL;
    if (a->home == NULL || g->made.port[k].out == FORMULA_NO_TERM_)
        return true;
    struct formula_source s = {.name = "fold.identity", .n_terms = 1, .n_constants = 1, .n_ports = 1};
    const tsr_arg_desc d = {.reduction = (tsr_reduction)g->made.port[k].reduction};
    s.term[0] = (tsr_formula_term_){FORMULA_CONSTANT, (uint8_t)a->arg.type, 0, 0, 0};
    s.port[0] = (struct formula_port){.type = (uint8_t)a->arg.type, .out = 0};
    reduce_identity(&d, a->arg.type, s.constant[0]);
    operation_begin(g, op);
    op->n_args = 1;
    op->arg[0] = (struct operation_arg){.root = a->arg.root, .view = view_keep(a->home), .type = a->arg.type};
    op->desc = execute_formula(rt, &s, g->site);
    op->status = op->desc != NULL ? TSR_OK : tsr_error_status();
    return true;
}

bool fusion_operation(struct tsr_runtime *rt, struct operation *op)
{
    const struct fusion *g = rt->issue->fusion;
    if (g->made.n_ports == 0 || g->made.n_terms == 0)
        return false;
    operation_begin(g, op);
    args_fill(g, op);
    op->desc = execute_formula(rt, &g->made, g->site);
    op->status = op->desc != NULL ? TSR_OK : tsr_error_status();
    return true;
}

bool fusion_writes(const struct tsr_runtime *rt, int k)
{
    return rt->issue->fusion->made.port[k].out != FORMULA_NO_TERM_;
}

void fusion_done(struct tsr_runtime *rt)
{
    struct fusion *g = rt->issue->fusion;
    for (int k = 0; k < g->source.n_ports; ++k)
        fusion_arg_release(rt, g, k);
    g->n_formulas = 0;
    g->source.n_ports = 0;
    struct fusion *last = g; /* what is behind is now the first, and this one, empty, the last */
    while (last->behind != NULL)
        last = last->behind;
    rt->issue->fusion = g->behind;
    last->behind = g;
    g->behind = NULL;
}
