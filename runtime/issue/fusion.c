/* issue/fusion.c - formulas issued one after another become one operation.
 *
 * Formulas are kept in an open group as long as they join it: one shape, room for their terms and
 * arguments, and of no store that the group writes another view than the one it is written through.  A
 * term that an earlier formula of the group wrote is read where it was computed.  The pipeline closes the
 * group before anything else enters the stream, and before it waits.
 *
 * What cannot join, because its shape is another or because it reads what the group writes through another view,
 * begins a group behind; up to FUSION_GROUPS are open.  A formula joins the last group that has its shape, if no
 * group behind that one shares a store with it that either writes: as if it had been issued there.  So several folds of
 * one array, and what follows from each, are one pass and one operation behind it; and a group ends only
 * when some others have begun, by when a loop's temporaries have left their scope.
 *
 * A number that was given OFTEN times is a constant: a loop's own, which takes no argument and which a compiler
 * may know.  One that changes from call to call stays an argument, so that it makes no new program.
 *
 * Most of what a group writes is temporary, and is known to be when the group ends; so it may name more than an
 * operation has arguments.  It is kept in parts, each of which could be an operation for itself, whatever is
 * alive at the end: a part writes nothing that an earlier one writes.  What becomes of it then: fusion_close.c.
 *
 * Invariants: whether formulas join follows from the stream alone (shapes, views, handles), so all ranks
 * make the same operations.  An open group holds a use of every root, so that releases end nothing that it
 * names.  A fold's result is named by no other argument of the group.
 *
 * Cost: O(terms + arguments squared) a formula.  Threads: issuing thread. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "issue/fusion.h"
#include "issue/internal.h"
#include "model/reduce.h"
#include "model/types.h"

enum { OFTEN = 32 };

/* ---- joining ---- */

static bool is_same_place(const struct fusion_arg *a, const struct formula_operand *o)
{
    return a->arg.root == o->root && a->arg.view == o->view && a->arg.type == o->type;
}

static int value_find(const struct fusion *g, const struct formula_operand *o)
{
    for (int k = 0; k < g->source.n_ports; ++k)
        if (!g->arg[k].is_free && g->arg[k].arg.root == NULL && g->arg[k].arg.type == o->type &&
            memcmp(g->arg[k].arg.value, o->value, sizeof o->value) == 0)
            return k;
    return -1;
}

/* The argument that is this store through this view; -1: none; -2: it is another view of one that the
 * group writes (or that `writes`), or a fold's result. */
static int store_find(const struct fusion *g, const struct formula_operand *o, bool writes)
{
    int found = -1;
    if ((g->roots & fusion_root_bit(o->root)) == 0)
        return -1;
    for (int k = 0; k < g->source.n_ports; ++k) {
        const struct formula_port *p = &g->source.port[k];
        if (g->arg[k].is_free || g->arg[k].arg.root != o->root)
            continue;
        if (g->arg[k].home != NULL)
            return -2;
        if (is_same_place(&g->arg[k], o)) {
            if (!writes) /* if others are of this store, none of them is written */
                return k;
            found = k;
        } else if (writes || p->out != FORMULA_NO_TERM_)
            return -2;
    }
    return found;
}

/* A new argument; -1: there is no room. */
static int arg_add(struct fusion *g, const struct formula_operand *o)
{
    struct formula_source *s = &g->source;
    int k = 0;
    while (k < s->n_ports && !g->arg[k].is_free)
        ++k;
    if (k == FORMULA_MOST_PORTS)
        return -1;
    s->n_ports += k == s->n_ports;
    struct fusion_arg *a = &g->arg[k];
    *a = (struct fusion_arg){.arg = {.root = o->root, .view = o->view, .type = o->type}, .in = FORMULA_NO_TERM_};
    memcpy(a->arg.value, o->value, sizeof a->arg.value);
    s->port[k] = (struct formula_port){.type = (uint8_t)o->type,
                                       .is_value = o->root == NULL,
                                       .out = FORMULA_NO_TERM_};
    g->now_added |= 1ull << k;
    if (o->root != NULL)
        g->roots |= fusion_root_bit(o->root);
    return k;
}

/* The group's term of an input; -1: it cannot join. */
static int input_join(struct fusion *g, const struct formula_operand *o)
{
    struct formula_source *s = &g->source;
    int k = o->root == NULL ? value_find(g, o) : store_find(g, o, false);
    if (k == -2 || (k < 0 && (k = arg_add(g, o)) < 0))
        return -1;
    g->now_named |= 1ull << k;
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
    g->now_named |= 1ull << to;
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
    size_t has = g->n_formulas == 0 ? 0 : g->name_length;
    if (has + 8 >= sizeof g->name)
        return;
    if (g->n_formulas > 0)
        g->name[has++] = '+';
    while (*name != '\0' && has + 1 < sizeof g->name)
        g->name[has++] = *name++;
    g->name[has] = '\0';
    g->name_length = has;
}

/* ---- parts ---- */

static int names_count(uint64_t names)
{
    return __builtin_popcountll(names);
}

/* What the only part wrote and nobody can name any more needs no argument. */
static void dead_drop(struct tsr_runtime *rt, struct fusion *g)
{
    struct formula_source *s = &g->source;
    for (int k = 0; k < s->n_ports; ++k) {
        struct formula_port *p = &s->port[k];
        if ((g->now_added | g->now_named) >> k & 1 || !fusion_is_dead(g, k))
            continue;
        observe_count(observe_lane(rt->observe, 0), TSR_COUNT_NEVER_STORED, g->arg[k].arg.root->last_writer == 0);
        p->out = FORMULA_NO_TERM_;
        p->reduction = TSR_NO_REDUCTION;
        if (g->arg[k].in != FORMULA_NO_TERM_)
            continue;
        fusion_arg_release(rt, g, k);
        g->names[0] &= ~(1ull << k);
        g->writes[0] &= ~(1ull << k);
    }
}

/* The formula that is joining goes into the last part, or into a new one; false: it cannot. */
static bool part_join(struct tsr_runtime *rt, struct fusion *g, int first_term, uint64_t written)
{
    uint64_t earlier = 0;
    uint64_t *names = &g->names[g->n_parts - 1];
    const bool is_small = g->source.n_ports <= TSR_MAX_ARGS; /* whatever is named */
    if (!is_small && names_count(*names | g->now_named) > TSR_MAX_ARGS && g->n_parts == 1)
        dead_drop(rt, g);
    const bool fits = is_small || names_count(*names | g->now_named) <= TSR_MAX_ARGS;
    for (int i = 0; i < g->n_parts - fits; ++i)
        earlier |= g->writes[i];
    if ((written & earlier) != 0)
        return false;
    if (!fits) {
        names = &g->names[g->n_parts];
        *names = g->writes[g->n_parts] = 0;
        g->begin[g->n_parts++] = (uint16_t)first_term;
    }
    *names |= g->now_named;
    g->writes[g->n_parts - 1] |= written;
    return true;
}

/* ---- a formula ---- */

/* It joins: what the group names is held. */
static void commit(struct fusion *g, const struct formula_call *c)
{
    for (uint64_t added = g->now_added; added != 0; added &= added - 1) {
        struct fusion_arg *a = &g->arg[__builtin_ctzll(added)];
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

static void group_begin(struct fusion *g, const struct formula_call *c)
{
    struct formula_source *s = &g->source;
    s->n_terms = s->n_constants = s->n_ports = 0;
    s->late = g->alone = false;
    g->roots = 0;
    g->n_parts = 1;
    g->begin[0] = 0;
    g->names[0] = g->writes[0] = 0;
    g->rank = c->rank;
    memcpy(g->extent, c->extent, sizeof g->extent);
}

/* It does not join: nothing of it stays. */
static void give_up(struct fusion *g, int terms, int constants, int ports)
{
    for (int k = 0; k < g->source.n_ports; ++k) {
        if (g->now_added >> k & 1)
            g->arg[k].is_free = true;
        else if (g->arg[k].in != FORMULA_NO_TERM_ && g->arg[k].in >= terms)
            g->arg[k].in = FORMULA_NO_TERM_;
    }
    g->source.n_terms = terms;
    g->source.n_constants = constants;
    g->source.n_ports = ports;
}

static bool group_join(struct tsr_runtime *rt, struct fusion *g, const struct formula_call *c)
{
    struct formula_source *s = &g->source;
    const bool first = g->n_formulas == 0;
    if (!first && (g->alone || g->n_formulas == FUSION_FORMULAS || !has_shape(g, c) ||
                   g->provenance != c->provenance))
        return false;
    if (first)
        group_begin(g, c);
    g->now_named = g->now_added = 0;
    const int terms = s->n_terms, constants = s->n_constants, ports = s->n_ports;
    uint16_t of[TSR_FORMULA_TERMS];
    int to[TSR_FORMULA_ARGS];
    uint64_t written = 0;
    bool joins = terms_join(g, c, of);
    for (int k = 0; k < c->f->n_outputs && joins; ++k) {
        joins = (to[k] = output_join(g, c, k, first)) >= 0;
        written |= joins ? 1ull << to[k] : 0;
    }
    if (!joins || !part_join(rt, g, terms, written)) {
        give_up(g, terms, constants, ports);
        return false;
    }
    for (int k = 0; k < c->f->n_outputs; ++k) {
        s->port[to[k]].out = of[c->f->output[k].term];
        g->arg[to[k]].part = (uint8_t)(g->n_parts - 1);
    }
    commit(g, c);
    if (!first)
        observe_count(observe_lane(rt->observe, 0), TSR_COUNT_FUSED, 1);
    return true;
}

/* Do formula and group share a store that either writes? */
static bool shares_written(const struct fusion *g, const struct formula_call *c)
{
    for (int k = 0; k < g->source.n_ports; ++k) {
        const struct root *root = g->arg[k].is_free ? NULL : g->arg[k].arg.root;
        for (int i = 0; root != NULL && i < c->f->n_outputs; ++i)
            if (c->out[i].root == root)
                return true;
        for (int i = 0; root != NULL && g->source.port[k].out != FORMULA_NO_TERM_ && i < c->f->n_inputs; ++i)
            if (c->in[i].root == root)
                return true;
    }
    return false;
}

static uint64_t roots_of(const struct formula_call *c)
{
    uint64_t roots = 0;
    for (int i = 0; i < c->f->n_inputs; ++i)
        roots |= c->in[i].root != NULL ? fusion_root_bit(c->in[i].root) : 0;
    for (int i = 0; i < c->f->n_outputs; ++i)
        roots |= fusion_root_bit(c->out[i].root);
    return roots;
}

bool fusion_join(struct tsr_runtime *rt, const struct formula_call *c)
{
    struct fusion *from = rt->issue->fusion, *to = NULL;
    const uint64_t roots = from->n_formulas > 0 && from->behind->n_formulas > 0 ? roots_of(c) : 0;
    for (struct fusion *g = from->behind; roots != 0 && g != NULL && g->n_formulas > 0; g = g->behind)
        if ((g->roots & roots) != 0 && shares_written(g, c))
            from = g;
    for (; from != NULL && from->n_formulas > 0; from = from->behind)
        to = has_shape(from, c) ? from : to;
    if (to != NULL && group_join(rt, to, c))
        return true;
    return (to == NULL || to->n_formulas < FUSION_FORMULAS) && from != NULL && group_join(rt, from, c);
}

bool fusion_waits(const struct tsr_runtime *rt)
{
    const struct fusion *g = rt->issue->fusion;
    return g->n_formulas == 0 || (!g->alone && rt->config.fuse != 0);
}

/* ---- groups ---- */

struct fusion *fusion_groups(void)
{
    struct fusion *g = base_calloc(FUSION_GROUPS, sizeof *g);
    struct fusion_number *number = base_calloc(NUMBERS, sizeof *number);
    if (g == NULL || number == NULL) {
        base_free(g);
        base_free(number);
        return NULL;
    }
    for (int i = 0; i < FUSION_GROUPS; ++i) {
        g[i].behind = i + 1 < FUSION_GROUPS ? &g[i + 1] : NULL;
        g[i].number = number;
    }
    return g;
}

void fusion_groups_free(struct fusion *g)
{
    if (g != NULL)
        base_free(g->number);
    base_free(g);
}
