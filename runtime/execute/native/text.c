/* execute/native/text.c - a formula as a C function over one row.
 *
 * Terms that a compiler does well go into loops, element by element; others (SLEEF's functions, division of
 * integers, complex numbers, pairs) are calls of the runtime's own vector loops, on blocks that lie on the stack.
 * A term's level is how many calls lie behind it, one after another: level by level there is one loop, then the
 * calls of that level.  What another loop, a call or a fold needs is kept in a block.
 *
 * Order: all arguments are read before any is written at the same index: writes are in the last loop; where
 * arguments may overlap (`late`) that loop does nothing else.  Expressions are those of the vector loops
 * (kernels/real_map.h, integer_map.h), contraction off: the same bits.
 *
 * Cost: O(terms).  Threads: pure but for the stream that is written. */
#include <math.h>
#include <string.h>

#include "execute/kernels/cast_map.h"
#include "execute/kernels/integer_map.h"
#include "execute/kernels/real_map.h"
#include "execute/native/inside.h"

enum { MOST_BLOCKS = 48, NO_BLOCK = -1 };

/* ---- what there is text for ---- */

/* An expression as text, its macros written out. */
#define TEXT_AS_IT_IS(...)          #__VA_ARGS__
#define TEXT(...)                   TEXT_AS_IT_IS(__VA_ARGS__)
#define TEXT_REAL_F32(N, R, T, E) [TSR_OP_##N][TSR_F32] = TEXT(E),
#define TEXT_REAL_F64(N, R, T, E) [TSR_OP_##N][TSR_F64] = TEXT(E),
#define TEXT_WHOLE(N, s, S, R, T, E) [TSR_OP_##N][TSR_##S] = TEXT(E),
#define TEXT_BOOL(N, s, S, R, T, E) [TSR_OP_##N][TSR_BOOL] = TEXT(E),
#define TEXT_OF(s, S, T, W) OWN_MAP(TEXT_WHOLE, TEXT_WHOLE, s, S, T, W) COMMON_MAP(TEXT_WHOLE, TEXT_WHOLE, s, S, T, W)

static const char *const expression[TSR_N_OPS][KERNEL_TYPES] = {
    REAL_MAP(TEXT_REAL_F32, TEXT_REAL_F32, float, F32)
    REAL_MAP(TEXT_REAL_F64, TEXT_REAL_F64, double, F64)
    TEXT_OF(i8, I8, int8_t, uint32_t)
    TEXT_OF(i16, I16, int16_t, uint32_t)
    TEXT_OF(i32, I32, int32_t, uint32_t)
    TEXT_OF(i64, I64, int64_t, uint64_t)
    TEXT_OF(u8, U8, uint8_t, uint32_t)
    TEXT_OF(u16, U16, uint16_t, uint32_t)
    TEXT_OF(u32, U32, uint32_t, uint32_t)
    TEXT_OF(u64, U64, uint64_t, uint64_t)
    BOOL_MAP(TEXT_BOOL, TEXT_BOOL)
};

/* What the tables of the vector loops give by another name. */
static const char *other_expression(int op, tsr_type type)
{
    const bool is_bool = type == TSR_BOOL;
    switch (op) {
    case TSR_OP_COPY: return "x";
    case TSR_OP_GREATER: return is_bool ? "~y & x" : "x > y";
    case TSR_OP_GREATER_EQUAL: return is_bool ? "(y ^ 1) | x" : "x >= y";
    case TSR_OP_NOT_EQUAL: return "x ^ y";
    case TSR_OP_MINIMUM:
    case TSR_OP_FMIN: return is_bool ? "x & y" : "x < y ? x : y";
    case TSR_OP_MAXIMUM:
    case TSR_OP_FMAX: return is_bool ? "x | y" : "x > y ? x : y";
    default: return NULL;
    }
}

static bool is_call_anyway(int op)
{
    return op == TSR_OP_FLOOR_DIVIDE || op == TSR_OP_REMAINDER || op == TSR_OP_FMOD || op == TSR_OP_POWER;
}

/* The C type of an element; bool is a byte; NULL: one that only calls know. */
static const char *c_type(tsr_type type)
{
    static const char *const name[KERNEL_TYPES] = {
        [TSR_BOOL] = "uint8_t", [TSR_I8] = "int8_t",    [TSR_I16] = "int16_t", [TSR_I32] = "int32_t",
        [TSR_I64] = "int64_t",  [TSR_U8] = "uint8_t",   [TSR_U16] = "uint16_t", [TSR_U32] = "uint32_t",
        [TSR_U64] = "uint64_t", [TSR_F32] = "float",    [TSR_F64] = "double"};
    return name[type];
}

static size_t bytes_of(tsr_type type)
{
    static const uint8_t bytes[KERNEL_TYPES] = {
#define X(NAME, name, T) [TSR_##NAME] = sizeof(T),
        TSR_TYPE_MAP(X)
#undef X
    };
    return bytes[type];
}

static bool is_float(tsr_type type)
{
    return type == TSR_F32 || type == TSR_F64;
}

/* An element of `from` as one of `to`: kernels/cast.c. */
static const char *cast_expression(tsr_type from, tsr_type to)
{
    if (c_type(from) == NULL || c_type(to) == NULL)
        return NULL;
    if (to == TSR_BOOL)
        return "x != 0";
    if (!is_float(from) || is_float(to))
        return "x";
    return to == TSR_I64   ? TEXT(TO_I64(x))
           : to == TSR_U32 ? TEXT((uint64_t)TO_I64(x))
           : to == TSR_U64 ? TEXT(TO_U64(x))
                           : TEXT(TO_I32(x));
}

/* ---- a formula being written ---- */

/* What is known of a term. */
struct node {
    const char *text;  /* an expression of x, y, z; NULL: a leaf or a call */
    bool        calls;
    int         level; /* of the loop it is computed in, or behind which it is called */
    int         last;  /* level of the last loop or call that reads it */
    int         block; /* NO_BLOCK: it stays in its loop */
    bool        kept;  /* it needs a block */
};

struct writer {
    const struct native_order   *o;
    const struct formula_source *s;
    FILE       *out;
    struct node node[FORMULA_MOST_TERMS];
    int         levels;                  /* of the last loop, which writes */
    int         n_blocks;
    size_t      block_bytes[MOST_BLOCKS]; /* of an element */
    int         busy[MOST_BLOCKS];        /* up to this level */
};

static int operands_of(const tsr_formula_term_ *t)
{
    static const uint8_t n[TSR_N_OPS] = {
#define X(NAME, name, operands, kind, text) [TSR_OP_##NAME] = operands,
        TSR_OP_MAP(X)
#undef X
    };
    return t->op < TSR_N_OPS ? n[t->op] : 0;
}

static int operand(const tsr_formula_term_ *t, int k)
{
    return k == 0 ? t->a : k == 1 ? t->b : t->c;
}

/* Is it a leaf whose element is the same all along a row? */
static bool is_still(const struct writer *w, int i)
{
    const tsr_formula_term_ *t = &w->s->term[i];
    return t->op == FORMULA_CONSTANT || (t->op == FORMULA_INDEX && t->a != w->o->inner) ||
           (t->op == FORMULA_INPUT && (w->o->still >> t->a & 1) != 0);
}

/* Find how term i is computed; false: it cannot be. */
static bool node_find(struct writer *w, int i)
{
    const tsr_formula_term_ *t = &w->s->term[i];
    struct node *n = &w->node[i];
    *n = (struct node){.block = NO_BLOCK};
    if (t->op >= TSR_N_OPS)
        return t->type < KERNEL_TYPES && c_type(t->type) != NULL;
    const tsr_type first = w->s->term[t->op == TSR_OP_SELECT ? t->b : t->a].type;
    if (t->op == TSR_OP_CAST)
        n->text = cast_expression(first, t->type);
    else if (t->op == TSR_OP_SELECT)
        n->text = c_type(first) != NULL ? "x ? y : z" : NULL;
    else if (c_type(first) != NULL && c_type(t->type) != NULL && !is_call_anyway(t->op))
        n->text = expression[t->op][first] != NULL ? expression[t->op][first]
                  : is_float(first) && t->op != TSR_OP_COPY ? NULL
                                                            : other_expression(t->op, first);
    n->calls = n->text == NULL;
    if (n->calls && (t->op == TSR_OP_CAST || w->o->kernels->op[t->op][first] == NULL))
        return false;
    for (int k = 0; k < operands_of(t); ++k) {
        const struct node *x = &w->node[operand(t, k)];
        const int level = x->level + x->calls;
        n->level = level > n->level ? level : n->level;
    }
    return true;
}

/* Halves are brought to float by the runtime's own compilation; magnitudes of complex numbers as well. */
static bool is_lowered(const struct writer *w, const tsr_formula_term_ *t)
{
    const tsr_type first = operands_of(t) > 0 ? w->s->term[t->a].type : t->type;
    return t->type == TSR_F16 || t->type == TSR_BF16 || first == TSR_F16 || first == TSR_BF16 ||
           (t->op == TSR_OP_ABSOLUTE && expression[t->op][first] == NULL);
}

/* Levels, and what is gained: operations that share a loop. */
static bool nodes_find(struct writer *w)
{
    int loops = 0;
    for (int i = 0; i < w->s->n_terms; ++i) {
        if (is_lowered(w, &w->s->term[i]) || !node_find(w, i))
            return false;
        const struct node *n = &w->node[i];
        const int level = n->level + n->calls;
        w->levels = level > w->levels ? level : w->levels;
        loops += n->text != NULL && w->s->term[i].op != TSR_OP_COPY;
    }
    w->levels += w->s->late;
    return loops >= 2;
}

/* Term i is read at `level` by another loop than its own, or by a call or fold. */
static void read_at(struct writer *w, int i, int level, bool from_block)
{
    struct node *n = &w->node[i];
    n->last = level > n->last ? level : n->last;
    const bool is_leaf = w->s->term[i].op >= TSR_N_OPS;
    n->kept |= from_block || (!is_leaf && (n->calls || n->level < level));
}

static void readers_find(struct writer *w)
{
    for (int i = 0; i < w->s->n_terms; ++i)
        for (int k = 0; k < operands_of(&w->s->term[i]); ++k)
            read_at(w, operand(&w->s->term[i], k), w->node[i].level, w->node[i].calls);
    for (int a = 0; a < w->s->n_ports; ++a) {
        const struct formula_port *p = &w->s->port[a];
        if (p->out == FORMULA_NO_TERM_)
            continue;
        const bool folds = p->reduction != TSR_NO_REDUCTION;
        read_at(w, p->out, w->levels + folds, folds || (w->s->late && !is_still(w, p->out)));
    }
}

/* A block of the stack for each term that is kept; false: there are too many. */
static bool blocks_find(struct writer *w)
{
    for (int level = 0; level <= w->levels; ++level)
        for (int i = 0; i < w->s->n_terms; ++i) {
            struct node *n = &w->node[i];
            if (!n->kept || n->level != level)
                continue;
            const size_t bytes = bytes_of(w->s->term[i].type);
            int b = 0;
            while (b < w->n_blocks && (w->busy[b] >= level || w->block_bytes[b] != bytes))
                ++b;
            if (b == MOST_BLOCKS)
                return false;
            if (b == w->n_blocks)
                w->block_bytes[w->n_blocks++] = bytes;
            w->busy[b] = n->last;
            n->block = b;
        }
    return true;
}

/* ---- text ---- */

static void say_head(const struct writer *w)
{
    fprintf(w->out,
            "typedef __INT8_TYPE__ int8_t;\ntypedef __INT16_TYPE__ int16_t;\ntypedef __INT32_TYPE__ int32_t;\n"
            "typedef __INT64_TYPE__ int64_t;\ntypedef __UINT8_TYPE__ uint8_t;\ntypedef __UINT16_TYPE__ uint16_t;\n"
            "typedef __UINT32_TYPE__ uint32_t;\ntypedef __UINT64_TYPE__ uint64_t;\n#define bool _Bool\n"
            "#define F32(f) __builtin_##f##f\n#define F64(f) __builtin_##f\n"
            "enum { I8 = 8, U8 = 8, I16 = 16, U16 = 16, I32 = 32, U32 = 32, I64 = 64, U64 = 64 };\n"
            "#ifdef __clang__\n#define LOOP _Pragma(\"clang loop vectorize(assume_safety)\")\n#else\n"
            "#define LOOP _Pragma(\"GCC ivdep\")\n#endif\n"
            "typedef void kernel(void *, const void *, const void *, const void *, int64_t);\n"
            "struct row {\n    char *const *at;\n    const int64_t *index;\n    int64_t n;\n    kernel *const *kernel;\n"
            "    void (*fold)(void *, int, const void *, int64_t, int64_t);\n    void *self;\n};\n");
}

/* Functions for the expressions, one a term. */
static void say_functions(const struct writer *w)
{
    static const char letter[] = "xyz";
    for (int i = 0; i < w->s->n_terms; ++i) {
        const tsr_formula_term_ *t = &w->s->term[i];
        if (w->node[i].text == NULL)
            continue;
        fprintf(w->out, "static inline __attribute__((always_inline)) %s f%d(", c_type(t->type), i);
        for (int k = 0; k < operands_of(t); ++k)
            fprintf(w->out, "%sconst %s %c", k > 0 ? ", " : "", c_type(w->s->term[operand(t, k)].type), letter[k]);
        fprintf(w->out, ") { return (%s)(%s); }\n", c_type(t->type), w->node[i].text);
    }
}

/* What is the same all along a row. */
static void say_still(const struct writer *w)
{
    for (int i = 0; i < w->s->n_terms; ++i) {
        const tsr_formula_term_ *t = &w->s->term[i];
        if (t->op < TSR_N_OPS || !is_still(w, i))
            continue;
        const char *type = c_type(t->type);
        if (t->op == FORMULA_INDEX) {
            fprintf(w->out, "    const int64_t t%d = r->index[%d];\n", i, t->a);
            continue;
        }
        fprintf(w->out, "    %s t%d;\n", type, i);
        if (t->op == FORMULA_INPUT) {
            fprintf(w->out, "    __builtin_memcpy(&t%d, r->at[%d], sizeof t%d);\n", i, t->a, i);
            continue;
        }
        uint64_t bits;
        memcpy(&bits, w->s->constant[t->a], sizeof bits);
        const size_t bytes = bytes_of(t->type);
        bits &= bytes == 8 ? UINT64_MAX : (1ull << 8 * bytes) - 1;
        fprintf(w->out, "    { const uint%zu_t bits = 0x%llxull; __builtin_memcpy(&t%d, &bits, sizeof t%d); }\n",
                8 * bytes, (unsigned long long)bits, i, i);
    }
}

static bool is_read_in_loop(const struct writer *w, int i, int level)
{
    for (int j = i + 1; j < w->s->n_terms; ++j)
        for (int k = 0; k < operands_of(&w->s->term[j]); ++k)
            if (operand(&w->s->term[j], k) == i && w->node[j].level == level && !w->node[j].calls)
                return true;
    return false;
}

static bool is_written_in_loop(const struct writer *w, int i, int level)
{
    for (int a = 0; a < w->s->n_ports; ++a)
        if (level == w->levels && w->s->port[a].out == i && w->s->port[a].reduction == TSR_NO_REDUCTION)
            return true;
    return false;
}

/* Term i as a local value of the loop of `level`, if that loop needs it. */
static void say_value(const struct writer *w, int i, int level)
{
    const tsr_formula_term_ *t = &w->s->term[i];
    const struct node *n = &w->node[i];
    const bool here = n->level == level && !n->calls;
    const bool is_leaf = t->op >= TSR_N_OPS;
    const bool wanted = is_read_in_loop(w, i, level) || is_written_in_loop(w, i, level) || (here && n->kept);
    if ((is_leaf && is_still(w, i)) || !wanted)
        return;
    if ((!is_leaf && !here) || (is_leaf && n->kept && level > 0))
        fprintf(w->out, "            const %s t%d = ((const %s *)b%d)[i];\n", c_type(t->type), i, c_type(t->type),
                n->block);
    else if (t->op == FORMULA_INPUT)
        fprintf(w->out, "            const %s t%d = p%d[i];\n", c_type(t->type), i, t->a);
    else if (t->op == FORMULA_INDEX)
        fprintf(w->out, "            const int64_t t%d = r->index[%d] + at + i;\n", i, t->a);
    else {
        fprintf(w->out, "            const %s t%d = f%d(", c_type(t->type), i, i);
        for (int k = 0; k < operands_of(t); ++k)
            fprintf(w->out, "%st%d", k > 0 ? ", " : "", operand(t, k));
        fprintf(w->out, ");\n");
    }
}

static void say_loop(const struct writer *w, int level)
{
    bool any = false;
    for (int i = 0; i < w->s->n_terms && !any; ++i)
        any = (w->node[i].level == level && !w->node[i].calls && (w->s->term[i].op < TSR_N_OPS || w->node[i].kept)) ||
              is_written_in_loop(w, i, level);
    if (!any)
        return;
    fprintf(w->out, "        LOOP\n        for (int64_t i = 0; i < n; ++i) {\n");
    for (int i = 0; i < w->s->n_terms; ++i)
        say_value(w, i, level);
    for (int i = 0; i < w->s->n_terms; ++i)
        if (w->node[i].kept && w->node[i].level == level && !w->node[i].calls)
            fprintf(w->out, "            ((%s *)b%d)[i] = t%d;\n", c_type(w->s->term[i].type), w->node[i].block, i);
    for (int a = 0; a < w->s->n_ports && level == w->levels; ++a)
        if (w->s->port[a].out != FORMULA_NO_TERM_ && w->s->port[a].reduction == TSR_NO_REDUCTION)
            fprintf(w->out, "            q%d[i] = t%d;\n", a, w->s->port[a].out);
    fprintf(w->out, "        }\n");
}

static void say_calls(const struct writer *w, int level)
{
    for (int i = 0; i < w->s->n_terms; ++i) {
        const tsr_formula_term_ *t = &w->s->term[i];
        if (!w->node[i].calls || w->node[i].level != level)
            continue;
        const tsr_type first = w->s->term[t->op == TSR_OP_SELECT ? t->b : t->a].type;
        fprintf(w->out, "        r->kernel[%d](b%d", t->op * KERNEL_TYPES + first, w->node[i].block);
        for (int k = 0; k < 3; ++k)
            if (k < operands_of(t))
                fprintf(w->out, ", b%d", w->node[operand(t, k)].block);
            else
                fprintf(w->out, ", 0");
        fprintf(w->out, ", n);\n");
    }
}

static void say_folds(const struct writer *w)
{
    int k = 0;
    for (int a = 0; a < w->s->n_ports; ++a) {
        const struct formula_port *p = &w->s->port[a];
        if (p->out != FORMULA_NO_TERM_ && p->reduction != TSR_NO_REDUCTION)
            fprintf(w->out, "        r->fold(r->self, %d, b%d, at, n);\n", k++, w->node[p->out].block);
    }
}

static void say_pointers(const struct writer *w)
{
    bool reads[TSR_MAX_ARGS] = {false};
    for (int i = 0; i < w->s->n_terms; ++i)
        if (w->s->term[i].op == FORMULA_INPUT && !is_still(w, i))
            reads[w->s->term[i].a] = true;
    for (int a = 0; a < w->s->n_ports; ++a) {
        const struct formula_port *p = &w->s->port[a];
        const char *type = c_type(p->type);
        if (reads[a])
            fprintf(w->out, "        const %s *const p%d = (const %s *)r->at[%d] + at;\n", type, a, type, a);
        if (p->out != FORMULA_NO_TERM_ && p->reduction == TSR_NO_REDUCTION)
            fprintf(w->out, "        %s *const q%d = (%s *)r->at[%d] + at;\n", type, a, type, a);
    }
}

static void say_function(const struct writer *w)
{
    bool folds = false;
    for (int a = 0; a < w->s->n_ports; ++a)
        folds |= w->s->port[a].out != FORMULA_NO_TERM_ && w->s->port[a].reduction != TSR_NO_REDUCTION;
    fprintf(w->out, "void tessera_native_row(const struct row *r)\n{\n");
    say_still(w);
    for (int b = 0; b < w->n_blocks; ++b)
        fprintf(w->out, "    _Alignas(64) char b%d[%zu];\n", b, w->block_bytes[b] * (size_t)w->o->block);
    const bool whole = w->n_blocks == 0 && !folds && !w->s->late;
    if (whole)
        fprintf(w->out, "    const int64_t at = 0, n = r->n;\n    {\n");
    else
        fprintf(w->out,
                "    for (int64_t at = 0; at < r->n; at += %d) {\n"
                "        const int64_t n = r->n - at < %d ? r->n - at : %d;\n",
                w->o->block, w->o->block, w->o->block);
    say_pointers(w);
    for (int level = 0; level <= w->levels; ++level) {
        say_loop(w, level);
        say_calls(w, level);
    }
    say_folds(w);
    fprintf(w->out, "    }\n}\n");
}

bool native_text(const struct native_order *o, FILE *out)
{
    struct writer w = {.o = o, .s = o->source, .out = out};
    for (int a = 0; a < w.s->n_ports; ++a) {
        const struct formula_port *p = &w.s->port[a];
        if (p->out != FORMULA_NO_TERM_ && p->reduction == TSR_NO_REDUCTION && c_type(p->type) == NULL)
            return false;
    }
    if (!nodes_find(&w))
        return false;
    readers_find(&w);
    if (!blocks_find(&w))
        return false;
    say_head(&w);
    say_functions(&w);
    say_function(&w);
    return true;
}
