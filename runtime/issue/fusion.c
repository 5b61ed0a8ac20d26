/* issue/fusion.c - formulas issued one after another become one operation.
 *
 * Formulas are kept in an open group as long as they join it: one shape, room for their terms and
 * arguments, and of no store that the group writes another view than the one it is written through.  A
 * term that an earlier formula of the group wrote is read where it was computed.  The pipeline closes the
 * group before anything else enters the stream, and before it waits.
 *
 * A number that was given OFTEN times is a constant: a loop's own, which takes no argument and which a compiler
 * may know.  One that changes from call to call stays an argument, so that it makes no new program.
 *
 * At its end what nobody can name any more is not written: a store whose handles were released while the
 * group was open never gets memory, and what was computed for it alone is not computed.
 *
 * Invariants: whether formulas join follows from the stream alone (shapes, views, handles), so all ranks
 * make the same operations.  An open group holds a use of every root, so that releases end nothing that it
 * names.  A fold's result is named by no other argument of the group.
 *
 * Cost: O(terms + arguments squared) a formula.  Threads: issuing thread. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "issue/fusion.h"
#include "issue/internal.h"
#include "model/reduce.h"
#include "model/types.h"

enum { MOST_FORMULAS = 64, OFTEN = 32 };

/* ---- joining ---- */

static bool is_same_place(const struct fusion_arg *a, const struct formula_operand *o)
{
    return a->arg.root == o->root && a->arg.view == o->view && a->arg.type == o->type;
}

static int value_find(const struct fusion *g, const struct formula_operand *o)
{
    for (int k = 0; k < g->source.n_ports; ++k)
        if (g->arg[k].arg.root == NULL && g->arg[k].arg.type == o->type &&
            memcmp(g->arg[k].arg.value, o->value, sizeof o->value) == 0)
            return k;
    return -1;
}

/* The argument that is this store through this view; -1: none; -2: it is another view of one that the
 * group writes (or that `writes`), or a fold's result. */
static int store_find(const struct fusion *g, const struct formula_operand *o, bool writes)
{
    int found = -1;
    for (int k = 0; k < g->source.n_ports; ++k) {
        const struct formula_port *p = &g->source.port[k];
        if (g->arg[k].arg.root != o->root)
            continue;
        if (g->arg[k].home != NULL)
            return -2;
        if (is_same_place(&g->arg[k], o))
            found = k;
        else if (writes || p->out != FORMULA_NO_TERM_)
            return -2;
    }
    return found;
}

/* A new argument; -1: there is no room. */
static int arg_add(struct fusion *g, const struct formula_operand *o)
{
    struct formula_source *s = &g->source;
    if (s->n_ports == TSR_MAX_ARGS)
        return -1;
    const int k = s->n_ports++;
    struct fusion_arg *a = &g->arg[k];
    a->arg = (struct operation_arg){.root = o->root, .view = o->view, .type = o->type};
    memcpy(a->arg.value, o->value, sizeof a->arg.value);
    a->home = NULL;
    a->in = FORMULA_NO_TERM_;
    s->port[k] = (struct formula_port){.type = (uint8_t)o->type,
                                       .is_value = o->root == NULL,
                                       .out = FORMULA_NO_TERM_};
    return k;
}

/* The group's term of an input; -1: it cannot join. */
static int input_join(struct fusion *g, const struct formula_operand *o)
{
    struct formula_source *s = &g->source;
    int k = o->root == NULL ? value_find(g, o) : store_find(g, o, false);
    if (k == -2 || (k < 0 && (k = arg_add(g, o)) < 0))
        return -1;
    if (s->port[k].out != FORMULA_NO_TERM_)
        return s->port[k].out;
    if (g->arg[k].in == FORMULA_NO_TERM_) {
        g->arg[k].in = (uint16_t)s->n_terms;
        s->term[s->n_terms++] =
            (tsr_formula_term_){FORMULA_INPUT, (uint8_t)o->type, (uint16_t)k, 0, 0};
    }
    return g->arg[k].in;
}

static int constant_join(struct fusion *g, const unsigned char *value, uint8_t type)
{
    struct formula_source *s = &g->source;
    for (int k = 0; k < s->n_constants; ++k)
        if (g->constant_type[k] == type && memcmp(s->constant[k], value, 16) == 0)
            return k;
    if (s->n_constants == FORMULA_MOST_CONSTANTS)
        return -1;
    memcpy(s->constant[s->n_constants], value, 16);
    g->constant_type[s->n_constants] = type;
    return s->n_constants++;
}

/* Was this number given often?  Counts the call. */
static bool number_is_known(struct fusion *g, const struct formula_operand *o)
{
    uint64_t word[2];
    memcpy(word, o->value, sizeof word);
    struct fusion_number *n = &g->number[hash_word(hash_word((uint64_t)o->type, word[0]), word[1]) % NUMBERS];
    if (n->type != o->type || memcmp(n->value, o->value, sizeof n->value) != 0) {
        *n = (struct fusion_number){.type = (uint8_t)o->type};
        memcpy(n->value, o->value, sizeof n->value);
    }
    n->count = (uint8_t)(n->count < OFTEN ? n->count + 1 : OFTEN);
    return n->count == OFTEN;
}

/* The group's term of a number that is a constant; -1: there is no room. */
static int number_join(struct fusion *g, const struct formula_operand *o)
{
    struct formula_source *s = &g->source;
    const int k = constant_join(g, o->value, (uint8_t)o->type);
    if (k < 0)
        return -1;
    for (int i = 0; i < s->n_terms; ++i)
        if (s->term[i].op == FORMULA_CONSTANT && s->term[i].a == k)
            return i;
    s->term[s->n_terms] = (tsr_formula_term_){FORMULA_CONSTANT, (uint8_t)o->type, (uint16_t)k, 0, 0};
    return s->n_terms++;
}

/* Terms of a formula behind those of the group; of[i]: the group's of term i.  False: no room. */
static bool terms_join(struct fusion *g, const struct formula_call *c, uint16_t *of)
{
    struct formula_source *s = &g->source;
    const tsr_formula *f = c->f;
    if (s->n_terms + f->n_terms > FORMULA_MOST_TERMS)
        return false;
    for (int i = 0; i < f->n_terms; ++i) {
        tsr_formula_term_ t = f->term[i];
        if (t.op == FORMULA_INPUT) {
            const struct formula_operand *in = &c->in[t.a];
            const int term = in->root == NULL && number_is_known(g, in) ? number_join(g, in) : input_join(g, in);
            if (term < 0)
                return false;
            of[i] = (uint16_t)term;
            continue;
        }
        if (t.op == FORMULA_CONSTANT) {
            const int k = constant_join(g, f->constant[t.a], t.type);
            if (k < 0)
                return false;
            t.a = (uint16_t)k;
        } else if (t.op < TSR_N_OPS) {
            t.a = of[t.a];
            t.b = formula_operands((tsr_op)t.op) > 1 ? of[t.b] : 0;
            t.c = formula_operands((tsr_op)t.op) > 2 ? of[t.c] : 0;
        }
        of[i] = (uint16_t)s->n_terms;
        s->term[s->n_terms++] = t;
    }
    return true;
}

/* Where output k goes: its argument, -1 where it cannot join. */
static int output_join(struct fusion *g, const struct formula_call *c, int k, bool first)
{
    const bool folds = c->home[k] != NULL;
    int to = store_find(g, &c->out[k], true);
    if (to == -2 && first && !folds) {
        g->source.late = g->alone = true;
        to = -1;
    }
    if (to == -2 || (folds && to >= 0) || (to < 0 && (to = arg_add(g, &c->out[k])) < 0))
        return -1;
    if (folds) {
        g->arg[to].home = c->home[k];
        g->source.port[to].reduction = c->f->output[k].reduction;
    }
    return to;
}

static bool has_shape(const struct fusion *g, const struct formula_call *c)
{
    if (g->rank != c->rank)
        return false;
    for (int d = 0; d < c->rank; ++d)
        if (g->extent[d] != c->extent[d])
            return false;
    return true;
}

static void name_join(struct fusion *g, const char *name)
{
    const size_t has = strlen(g->name);
    if (g->n_formulas == 0)
        snprintf(g->name, sizeof g->name, "%s", name);
    else if (has + 8 < sizeof g->name)
        snprintf(g->name + has, sizeof g->name - has, "+%s", name);
}

/* It joins: what the group names is held. */
static void commit(struct fusion *g, const struct formula_call *c, int ports_before)
{
    for (int k = ports_before; k < g->source.n_ports; ++k) {
        struct fusion_arg *a = &g->arg[k];
        if (a->arg.root == NULL)
            continue;
        ++a->arg.root->uses;
        view_keep(a->arg.view);
        if (a->home != NULL)
            view_keep(a->home);
    }
    name_join(g, c->f->name);
    g->site = c->site;
    g->provenance = c->provenance;
    ++g->n_formulas;
}

bool fusion_join(struct tsr_runtime *rt, const struct formula_call *c)
{
    struct fusion *g = rt->issue->fusion;
    struct formula_source *s = &g->source;
    const bool first = g->n_formulas == 0;
    if (!first && (g->alone || g->n_formulas == MOST_FORMULAS || !has_shape(g, c) ||
                   g->provenance != c->provenance))
        return false;
    if (first) {
        s->n_terms = s->n_constants = s->n_ports = 0;
        s->late = g->alone = false;
        g->rank = c->rank;
        memcpy(g->extent, c->extent, sizeof g->extent);
    }
    const int terms = s->n_terms, constants = s->n_constants, ports = s->n_ports;
    uint16_t of[TSR_FORMULA_TERMS];
    int to[TSR_FORMULA_ARGS];
    bool joins = terms_join(g, c, of);
    for (int k = 0; k < c->f->n_outputs && joins; ++k)
        joins = (to[k] = output_join(g, c, k, first)) >= 0;
    if (!joins) {
        for (int k = 0; k < ports; ++k)
            if (g->arg[k].in != FORMULA_NO_TERM_ && g->arg[k].in >= terms)
                g->arg[k].in = FORMULA_NO_TERM_;
        s->n_terms = terms;
        s->n_constants = constants;
        s->n_ports = ports;
        return false;
    }
    for (int k = 0; k < c->f->n_outputs; ++k)
        s->port[to[k]].out = of[c->f->output[k].term];
    commit(g, c, ports);
    if (!first)
        observe_count(observe_lane(rt->observe, 0), TSR_COUNT_FUSED, 1);
    return true;
}

bool fusion_waits(const struct tsr_runtime *rt)
{
    const struct fusion *g = rt->issue->fusion;
    return !g->alone && rt->config.fuse != 0 && g->n_formulas > 0;
}

/* ---- closing ---- */

static bool is_dead(const struct fusion_arg *a)
{
    return a->arg.root->handles == 0 && a->arg.root->kind == ROOT_PLAIN;
}

/* Nobody can name what these arguments are written to. */
static void outputs_drop(struct tsr_runtime *rt, struct fusion *g)
{
    for (int k = 0; k < g->source.n_ports; ++k) {
        struct formula_port *p = &g->source.port[k];
        if (p->out == FORMULA_NO_TERM_ || !is_dead(&g->arg[k]))
            continue;
        p->out = FORMULA_NO_TERM_;
        p->reduction = TSR_NO_REDUCTION;
        if (g->arg[k].arg.root->last_writer == 0)
            observe_count(observe_lane(rt->observe, 0), TSR_COUNT_NEVER_STORED, 1);
    }
}

/* Keep the terms that what is written needs, in their order. */
static void terms_keep(struct formula_source *s)
{
    bool live[FORMULA_MOST_TERMS] = {false};
    uint16_t now[FORMULA_MOST_TERMS], constant[FORMULA_MOST_CONSTANTS];
    int n = 0, n_constants = 0;
    for (int k = 0; k < s->n_ports; ++k)
        if (s->port[k].out != FORMULA_NO_TERM_)
            live[s->port[k].out] = true;
    for (int i = s->n_terms - 1; i >= 0; --i) {
        const tsr_formula_term_ *t = &s->term[i];
        const int m = live[i] ? formula_term_operands(t) : 0;
        for (int k = 0; k < m; ++k)
            live[k == 0 ? t->a : k == 1 ? t->b : t->c] = true;
    }
    for (int k = 0; k < s->n_constants; ++k)
        constant[k] = FORMULA_NO_TERM_;
    for (int i = 0; i < s->n_terms; ++i) {
        tsr_formula_term_ t = s->term[i];
        if (!live[i])
            continue;
        const int m = formula_term_operands(&t);
        t.a = m > 0 ? now[t.a] : t.a;
        t.b = m > 1 ? now[t.b] : 0;
        t.c = m > 2 ? now[t.c] : 0;
        if (t.op == FORMULA_CONSTANT && constant[t.a] == FORMULA_NO_TERM_) {
            constant[t.a] = (uint16_t)n_constants;
            memmove(s->constant[n_constants++], s->constant[t.a], sizeof s->constant[0]);
        }
        if (t.op == FORMULA_CONSTANT)
            t.a = constant[t.a];
        now[i] = (uint16_t)n;
        s->term[n++] = t;
    }
    s->n_terms = n;
    s->n_constants = n_constants;
    for (int k = 0; k < s->n_ports; ++k)
        if (s->port[k].out != FORMULA_NO_TERM_)
            s->port[k].out = now[s->port[k].out];
}

static void arg_release(struct tsr_runtime *rt, struct fusion_arg *a)
{
    if (a->arg.root == NULL)
        return;
    view_release(a->arg.view);
    view_release(a->home);
    root_use_done(rt, a->arg.root);
}

/* Keep the arguments that some term reads, or that are written. */
static void args_keep(struct tsr_runtime *rt, struct fusion *g)
{
    struct formula_source *s = &g->source;
    uint16_t now[TSR_MAX_ARGS];
    int n = 0;
    for (int k = 0; k < s->n_ports; ++k)
        s->port[k].reads = false;
    for (int i = 0; i < s->n_terms; ++i)
        if (s->term[i].op == FORMULA_INPUT)
            s->port[s->term[i].a].reads = true;
    for (int k = 0; k < s->n_ports; ++k) {
        if (!s->port[k].reads && s->port[k].out == FORMULA_NO_TERM_) {
            arg_release(rt, &g->arg[k]);
            continue;
        }
        now[k] = (uint16_t)n;
        s->port[n] = s->port[k];
        g->arg[n++] = g->arg[k];
    }
    s->n_ports = n;
    for (int i = 0; i < s->n_terms; ++i)
        if (s->term[i].op == FORMULA_INPUT)
            s->term[i].a = now[s->term[i].a];
}

bool fusion_close(struct tsr_runtime *rt)
{
    struct fusion *g = rt->issue->fusion;
    if (g == NULL || g->n_formulas == 0) /* NULL: there was no memory to start */
        return false;
    outputs_drop(rt, g);
    terms_keep(&g->source);
    args_keep(rt, g);
    g->source.name = g->name;
    return true;
}

/* Its arguments: op takes counted views of its own. */
static void args_fill(const struct fusion *g, struct operation *op)
{
    op->n_args = g->source.n_ports;
    for (int k = 0; k < op->n_args; ++k) {
        op->arg[k] = g->arg[k].arg;
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
    const struct fusion_arg *a = &g->arg[k];
    if (k >= g->source.n_ports)
        return false;
    op->desc = NULL;
    if (a->home == NULL || g->source.port[k].out == FORMULA_NO_TERM_)
        return true;
    struct formula_source s = {.name = "fold.identity", .n_terms = 1, .n_constants = 1, .n_ports = 1};
    const tsr_arg_desc d = {.reduction = (tsr_reduction)g->source.port[k].reduction};
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
    if (g->source.n_ports == 0 || g->source.n_terms == 0)
        return false;
    operation_begin(g, op);
    args_fill(g, op);
    op->desc = execute_formula(rt, &g->source, g->site);
    op->status = op->desc != NULL ? TSR_OK : tsr_error_status();
    return true;
}

bool fusion_writes(const struct tsr_runtime *rt, int k)
{
    return rt->issue->fusion->source.port[k].out != FORMULA_NO_TERM_;
}

void fusion_done(struct tsr_runtime *rt)
{
    struct fusion *g = rt->issue->fusion;
    for (int k = 0; k < g->source.n_ports; ++k)
        arg_release(rt, &g->arg[k]);
    g->n_formulas = 0;
    g->source.n_ports = 0;
}
