/* execute/compile.c - from a formula's terms to kernel calls on slots.
 *
 * First terms are lowered to what there are kernels for: half types go through float, a complex
 * magnitude through hypot, rare casts in two steps.  Then each term gets a slot: an argument's own where it
 * is read or where it is the last to be written there, else a register; a register is free again
 * behind the last call that reads it.  What an in-place argument held is read before it is written.
 *
 * Cost: O(terms * registers).  Threads: issuing thread. */
#include <string.h>

#include "base/alloc.h"
#include "base/failure.h"
#include "execute/program.h"
#include "model/types.h"

enum { MOST_LOWERED = 6 * FORMULA_MOST_TERMS + TSR_MAX_ARGS + 1, BLOCK_BYTES = 4096, LEAST_BLOCK = 256, MOST_BLOCK = 1024 };
enum { NO_SLOT = 0xffff };

/* A lowered term; of a cast `to` is its type. */
struct lowered {
    uint8_t  op, type;
    uint16_t operand[3];
    uint16_t slot;
    uint16_t last;   /* the last term that reads it */
    int16_t  writes; /* argument it is written to as it is made; -1: none */
};

struct compiler {
    const struct formula_kernels *k;
    const struct formula_source  *s;
    tsr_site                      at;
    int                           n;
    struct lowered                term[MOST_LOWERED];
    uint16_t                      of[FORMULA_MOST_TERMS];       /* source term -> lowered */
    uint16_t                      out[TSR_MAX_ARGS];            /* argument -> the lowered that it gets */
    uint16_t                      as_float[FORMULA_MOST_TERMS]; /* half: the lowered float; 0: none yet */
    int                           n_registers;
    bool                          register_used[MOST_LOWERED];
};

static bool is_half(tsr_type type)
{
    return type == TSR_F16 || type == TSR_BF16;
}

static uint16_t add(struct compiler *c, int op, tsr_type type, unsigned x, unsigned y, unsigned z)
{
    c->term[c->n] = (struct lowered){.op = (uint8_t)op,
                                     .type = (uint8_t)type,
                                     .operand = {(uint16_t)x, (uint16_t)y, (uint16_t)z},
                                     .slot = NO_SLOT,
                                     .writes = -1};
    return (uint16_t)c->n++;
}

/* ---- lowering ---- */

static uint16_t cast(struct compiler *c, uint16_t x, tsr_type to)
{
    const tsr_type from = c->term[x].type;
    if (from == to)
        return x;
    if (c->k->cast[from][to] != NULL)
        return add(c, TSR_OP_CAST, to, x, 0, 0);
    if (type_kind(from) == TYPE_IS_COMPLEX && type_kind(to) != TYPE_IS_COMPLEX) {
        const tsr_type part = from == TSR_C64 ? TSR_F32 : TSR_F64;
        return cast(c, add(c, TSR_OP_REAL, part, x, 0, 0), to);
    }
    if (type_kind(to) == TYPE_IS_COMPLEX) {
        const tsr_type part = to == TSR_C64 ? TSR_F32 : TSR_F64;
        return add(c, TSR_OP_CAST, to, cast(c, x, part), 0, 0);
    }
    /* a half type: integers by way of float, as NumPy */
    return add(c, TSR_OP_CAST, to, cast(c, x, TSR_F32), 0, 0);
}

/* Operand k of a source term, half types as floats. */
static uint16_t operand(struct compiler *c, const tsr_formula_term_ *t, int k)
{
    const uint16_t source = k == 0 ? t->a : k == 1 ? t->b : t->c;
    const uint16_t x = c->of[source];
    if (!is_half(c->term[x].type))
        return x;
    if (c->as_float[source] == 0)
        c->as_float[source] = cast(c, x, TSR_F32);
    return c->as_float[source];
}

static void lower_op(struct compiler *c, int i, const tsr_formula_term_ *t)
{
    const int n = formula_operands((tsr_op)t->op);
    if (t->op == TSR_OP_COPY) {
        c->of[i] = c->of[t->a];
        return;
    }
    if (t->op == TSR_OP_CAST) {
        c->of[i] = cast(c, c->of[t->a], t->type);
        return;
    }
    if (t->op == TSR_OP_SELECT) {
        c->of[i] = add(c, t->op, t->type, c->of[t->a], c->of[t->b], c->of[t->c]);
        return;
    }
    const uint16_t x = operand(c, t, 0);
    const tsr_type first = c->term[x].type;
    if (t->op == TSR_OP_ABSOLUTE && type_kind(first) == TYPE_IS_COMPLEX) {
        const uint16_t re = add(c, TSR_OP_REAL, t->type, x, 0, 0);
        c->of[i] = add(c, TSR_OP_HYPOT, t->type, re, add(c, TSR_OP_IMAG, t->type, x, 0, 0), 0);
        return;
    }
    if (t->op == TSR_OP_ABSOLUTE && type_kind(first) == TYPE_IS_UNSIGNED) {
        c->of[i] = x;
        return;
    }
    const uint16_t y = n > 1 ? operand(c, t, 1) : 0;
    const uint16_t made = add(c, t->op, is_half(t->type) ? TSR_F32 : t->type, x, y, 0);
    c->of[i] = cast(c, made, t->type);
}

/* What is written or folded.  An input as it is, of an argument that may be written meanwhile, is kept in a
 * register: outputs that are left for the end have no order. */
static void outputs_find(struct compiler *c)
{
    for (int a = 0; a < c->s->n_ports; ++a) {
        if (c->s->port[a].out == FORMULA_NO_TERM_)
            continue;
        const uint16_t i = c->out[a] = c->of[c->s->port[a].out];
        const struct lowered *t = &c->term[i];
        if (t->op == FORMULA_INPUT &&
            (c->s->late || c->s->port[t->operand[0]].out != FORMULA_NO_TERM_))
            c->out[a] = add(c, TSR_OP_COPY, t->type, i, 0, 0);
    }
}

static void lower(struct compiler *c)
{
    c->n = 1; /* 0 names none */
    for (int i = 0; i < c->s->n_terms; ++i) {
        const tsr_formula_term_ *t = &c->s->term[i];
        if (t->op >= TSR_N_OPS)
            c->of[i] = add(c, t->op, t->type, t->a, 0, 0);
        else
            lower_op(c, i, t);
    }
    outputs_find(c);
}

static int operands_of(const struct lowered *t)
{
    return t->op < TSR_N_OPS ? formula_operands((tsr_op)t->op) : 0;
}

static formula_kernel *kernel_of(const struct compiler *c, const struct lowered *t)
{
    const tsr_type first = c->term[t->operand[t->op == TSR_OP_SELECT]].type;
    return t->op == TSR_OP_CAST ? c->k->cast[first][t->type] : c->k->op[t->op][first];
}

static bool has_kernels(struct compiler *c)
{
    for (int i = 1; i < c->n; ++i) {
        const struct lowered *t = &c->term[i];
        if (t->op < TSR_N_OPS && kernel_of(c, t) == NULL) {
            (void)tsr_fail_(c->at, TSR_UNSUPPORTED, "formula %s: %s of %s is not in this version",
                            c->s->name, tsr_op_name((tsr_op)t->op),
                            tsr_type_name(c->term[t->operand[0]].type));
            return false;
        }
    }
    return true;
}

/* ---- slots ---- */

/* The last reader of every term; folds and late writes read at the end. */
static void find_last(struct compiler *c)
{
    for (int i = 1; i < c->n; ++i)
        for (int k = 0; k < operands_of(&c->term[i]); ++k)
            c->term[c->term[i].operand[k]].last = (uint16_t)i;
    for (int a = 0; a < c->s->n_ports; ++a)
        if (c->s->port[a].out != FORMULA_NO_TERM_)
            c->term[c->out[a]].last = (uint16_t)c->n;
}

/* Is argument `a` read by anything behind term `i`?  (Or is it not said what lies where it is?) */
static bool is_read_behind(const struct compiler *c, int a, int i)
{
    if (c->s->late)
        return true;
    for (int j = 1; j < c->n; ++j)
        if (c->term[j].op == FORMULA_INPUT && c->term[j].operand[0] == a && c->term[j].last > i)
            return true;
    return false;
}

/* Terms that may be written where they go, as they are made. */
static void find_writes(struct compiler *c)
{
    for (int a = 0; a < c->s->n_ports; ++a) {
        const struct formula_port *p = &c->s->port[a];
        if (p->out == FORMULA_NO_TERM_ || p->reduction != TSR_NO_REDUCTION)
            continue;
        const int i = c->out[a];
        if (c->term[i].op < TSR_N_OPS && c->term[i].writes < 0 && !is_read_behind(c, a, i))
            c->term[i].writes = (int16_t)a;
    }
}

static int register_take(struct compiler *c)
{
    int r = 0;
    while (c->register_used[r])
        ++r;
    c->register_used[r] = true;
    if (r >= c->n_registers)
        c->n_registers = r + 1;
    return r;
}

/* Registers of operands that nobody reads behind term i are free. */
static void registers_free(struct compiler *c, int i, int base, bool same_size)
{
    const struct lowered *t = &c->term[i];
    for (int k = 0; k < operands_of(t); ++k) {
        const struct lowered *o = &c->term[t->operand[k]];
        if (o->last == i && o->slot >= base && o->slot != NO_SLOT &&
            (!same_size || type_bytes(o->type) == type_bytes(t->type)))
            c->register_used[o->slot - base] = false;
    }
}

/* Slots for all terms; the first register's number is `base`. */
static void find_slots(struct compiler *c, int base)
{
    for (int i = 1; i < c->n; ++i) {
        struct lowered *t = &c->term[i];
        if (t->op == FORMULA_INPUT)
            t->slot = t->operand[0];
        else if (t->op == FORMULA_CONSTANT)
            t->slot = (uint16_t)(c->s->n_ports + t->operand[0]);
        else if (t->writes >= 0)
            t->slot = (uint16_t)t->writes;
        if (t->slot == NO_SLOT) {
            registers_free(c, i, base, true);
            t->slot = (uint16_t)(base + register_take(c));
        }
        registers_free(c, i, base, false);
        if (t->slot >= base)
            c->register_used[t->slot - base] = true;
    }
}

/* ---- the program ---- */

static char *name_copy(const char *name)
{
    const size_t bytes = strlen(name) + 1;
    char *copy = base_calloc(1, bytes);
    if (copy != NULL)
        memcpy(copy, name, bytes);
    return copy;
}

static void describe(struct formula_program *p, const struct formula_source *s)
{
    static const char *const names[TSR_MAX_ARGS] = {"0", "1", "2",  "3",  "4",  "5",  "6",  "7",
                                                    "8", "9", "10", "11", "12", "13", "14", "15"};
    tsr_task_desc *d = &p->desc;
    int n = 0;
    p->lead = -1;
    for (int a = 0; a < s->n_ports; ++a) {
        const struct formula_port *port = &s->port[a];
        const bool writes = port->out != FORMULA_NO_TERM_, folds = port->reduction != TSR_NO_REDUCTION;
        d->args[a].type = port->type;
        d->args[a].name = names[a];
        d->args[a].reduction = port->reduction;
        d->args[a].access = port->is_value ? TSR_SCALAR
                            : folds        ? TSR_REDUCE
                            : !writes      ? TSR_READ
                            : port->reads  ? TSR_READ_WRITE
                                           : TSR_WRITE;
        p->element[a] = (uint8_t)type_bytes(port->type);
        p->loads[a] = port->reads;
        p->stores[a] = writes && !folds;
        if (port->is_value)
            continue;
        if (p->lead < 0)
            p->lead = a;
        else
            d->constraints[n++] = (tsr_constraint)TSR_ALIGN(a, p->lead);
        if (folds && !reduce_is_exact(port->reduction, port->type, NULL))
            p->ordered = true;
    }
    d->variants[TSR_CPU].body = program_body;
    d->pure = true;
    d->work = s->n_terms;
}

/* Which arguments each result depends on; a fold's result on itself. */
static void sources_find(const struct compiler *c, struct formula_program *p)
{
    uint16_t of[MOST_LOWERED];
    of[0] = 0;
    for (int i = 1; i < c->n; ++i) {
        const struct lowered *t = &c->term[i];
        of[i] = t->op == FORMULA_INPUT ? (uint16_t)(1u << t->operand[0]) : 0;
        for (int k = 0; k < operands_of(t); ++k)
            of[i] |= of[t->operand[k]];
    }
    for (int a = 0; a < c->s->n_ports; ++a)
        if (c->s->port[a].out != FORMULA_NO_TERM_)
            p->sources[a] = (uint16_t)(of[c->out[a]] |
                                       (c->s->port[a].reduction != TSR_NO_REDUCTION ? 1u << a : 0));
}

static void emit(struct compiler *c, struct formula_program *p)
{
    size_t widest = 1;
    for (int i = 1; i < c->n; ++i) {
        const struct lowered *t = &c->term[i];
        widest = type_bytes(t->type) > widest ? type_bytes(t->type) : widest;
        if (t->op < TSR_N_OPS)
            p->step[p->n_steps++] =
                (struct program_step){kernel_of(c, t), t->slot, c->term[t->operand[0]].slot,
                                      c->term[t->operand[1]].slot, c->term[t->operand[2]].slot};
        else if (t->op == FORMULA_INDEX)
            p->step[p->n_steps++] = (struct program_step){NULL, t->slot, t->operand[0], 0, 0};
        p->ordered |= t->op == FORMULA_INDEX;
    }
    for (int a = 0; a < c->s->n_ports; ++a) {
        const struct formula_port *port = &c->s->port[a];
        if (port->out == FORMULA_NO_TERM_)
            continue;
        const struct lowered *t = &c->term[c->out[a]];
        if (port->reduction != TSR_NO_REDUCTION) {
            struct program_fold *f = &p->fold[p->n_folds++];
            *f = program_fold_of(c->k, port->reduction, port->type);
            f->slot = t->slot;
            f->arg = (uint16_t)a;
        } else if (t->writes != a) {
            p->step[p->n_steps++] =
                (struct program_step){c->k->op[TSR_OP_COPY][t->type], (uint16_t)a, t->slot, 0, 0};
        }
    }
    p->block = (int64_t)(BLOCK_BYTES / widest);
    p->block = p->block > MOST_BLOCK ? MOST_BLOCK : p->block < LEAST_BLOCK ? LEAST_BLOCK : p->block;
    p->slot_bytes = (size_t)p->block * widest;
}

static struct formula_program *program_take(const struct compiler *c, int n_words)
{
    const struct formula_source *s = c->s;
    const size_t words = sizeof(uint64_t) * (size_t)n_words;
    const size_t constants = 16 * (size_t)s->n_constants;
    const size_t steps = sizeof(struct program_step) * (size_t)(c->n + s->n_ports);
    const size_t folds = sizeof(struct program_fold) * (size_t)s->n_ports;
    struct formula_program *p =
        base_calloc(1, sizeof *p + words + steps + constants + folds + sizeof(struct native_forms));
    char *name = p != NULL ? name_copy(s->name) : NULL;
    if (name == NULL) {
        (void)tsr_fail_(c->at, TSR_NO_MEMORY, "no memory for formula %s", s->name);
        base_free(p);
        return NULL;
    }
    p->desc.name = name;
    char *at = (char *)p->word + words;
    p->step = (struct program_step *)(void *)at;
    p->constant = (unsigned char(*)[16])(at + steps);
    p->fold = (struct program_fold *)(void *)(at + steps + constants);
    p->forms = (struct native_forms *)(void *)(at + steps + constants + folds);
    return p;
}

static struct formula_program *make(struct compiler *c, const uint64_t *words, int n_words)
{
    const struct formula_source *s = c->s;
    struct formula_program *p = program_take(c, n_words);
    if (p == NULL)
        return NULL;
    p->n_words = n_words;
    p->n_args = s->n_ports;
    p->n_constants = s->n_constants;
    p->n_slots = s->n_ports + s->n_constants + c->n_registers;
    memcpy(p->word, words, sizeof(uint64_t) * (size_t)n_words);
    for (int i = 1; i < c->n; ++i)
        if (c->term[i].op == FORMULA_CONSTANT)
            p->constant_bytes[c->term[i].operand[0]] = type_bytes(c->term[i].type);
    for (int k = 0; k < s->n_constants; ++k)
        memcpy(p->constant[k], s->constant[k], 16);
    describe(p, s);
    sources_find(c, p);
    emit(c, p);
    return p;
}

struct formula_program *program_compile(const struct formula_kernels *k, const struct formula_source *s,
                                        const uint64_t *words, int n_words, tsr_site at)
{
    struct formula_program *p = NULL;
    struct compiler *c = base_calloc(1, sizeof *c);
    if (c == NULL) {
        (void)tsr_fail_(at, TSR_NO_MEMORY, "no memory for formula %s", s->name);
        return NULL;
    }
    c->k = k;
    c->s = s;
    c->at = at;
    lower(c);
    if (has_kernels(c)) {
        find_last(c);
        find_writes(c);
        find_slots(c, s->n_ports + s->n_constants);
        p = make(c, words, n_words);
    }
    base_free(c);
    return p;
}
