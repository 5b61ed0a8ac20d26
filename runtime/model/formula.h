/* model/formula.h - what the runtime knows of the operations of formulas: one table, their types.
 *
 * Threads: pure functions. */
#ifndef TESSERA_MODEL_FORMULA_H
#define TESSERA_MODEL_FORMULA_H

#include <tessera/formula.h>

/* What a term is beside an operation. */
enum formula_leaf {
    FORMULA_INPUT = TSR_N_OPS,
    FORMULA_CONSTANT,
    FORMULA_INDEX
};

/* What was wrong where a formula was built. */
enum formula_mistake {
    FORMULA_IS_WELL,
    FORMULA_NO_OP,         /* no such operation */
    FORMULA_NO_TERM,       /* an operand is no term */
    FORMULA_BAD_TYPES,     /* the operation does not take these types */
    FORMULA_BAD_INPUT,     /* an input or constant of such a type cannot be */
    FORMULA_BAD_FOLD,      /* the operator is not defined on the type */
    FORMULA_BAD_DIMENSION,
    FORMULA_MANY_TERMS,
    FORMULA_MANY_ARGS,
    FORMULA_MANY_CONSTANTS
};

/* Operands of an operation. */
int formula_operands(tsr_op op);
/* The type of op(type[0], ...); TSR_TYPE_ANY where it does not take them.  CAST: type[1] is what to. */
tsr_type formula_result(tsr_op op, const tsr_type type[3]);
/* May an element be an input or a constant? */
bool formula_takes_type(tsr_type type);
/* Operands that a term names; leaves name none. */
static inline int formula_term_operands(const tsr_formula_term_ *t)
{
    return t->op < TSR_N_OPS ? formula_operands((tsr_op)t->op) : 0;
}

/* ---- an operation made of formulas ---- */

enum {
    FORMULA_MOST_TERMS = 224,
    FORMULA_MOST_CONSTANTS = 48,
    FORMULA_MOST_PORTS = 64, /* while formulas join; of an operation TSR_MAX_ARGS */
    FORMULA_NO_TERM_ = 0xffff
};

/* An argument of it. */
struct formula_port {
    uint8_t  type;      /* tsr_type */
    bool     reads;     /* some FORMULA_INPUT term names it */
    bool     is_value;  /* a scalar: never written */
    uint8_t  reduction; /* of `out` */
    uint16_t out;       /* the term that is written or folded into it; FORMULA_NO_TERM_: none */
    uint16_t unused;
};

/* What is computed: one or several formulas as one list of terms.  FORMULA_INPUT: `a` is the argument. */
struct formula_source {
    const char *name; /* for traces; copied */
    int         n_terms, n_constants, n_ports;
    bool        late; /* what is read may lie where something is written: write at the end */
    tsr_formula_term_   term[FORMULA_MOST_TERMS];
    unsigned char       constant[FORMULA_MOST_CONSTANTS][16];
    struct formula_port port[FORMULA_MOST_PORTS];
};

#endif
