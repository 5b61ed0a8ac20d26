/* model/formula.c - the operations of formulas: names, operands, and which types they take and give.
 *
 * One table, TSR_OP_MAP in the public header, drives it all; a kind of operation is a rule for types.
 * Cost: O(1).  Threads: pure functions. */
#include "model/formula.h"
#include "model/types.h"

enum op_kind {
    KIND_ANY, KIND_NUMBER, KIND_REAL, KIND_FLOAT, KIND_FIELD, KIND_BITS, KIND_INTEGER, KIND_ORDERED,
    KIND_COMPLEX, KIND_TEST_ANY, KIND_TEST_ORDERED, KIND_TEST_FIELD, KIND_TEST_FLOAT, KIND_MAGNITUDE,
    KIND_PART, KIND_WHOLE, KIND_INDEXED, KIND_CHOICE, KIND_CONVERSION
};

static const struct {
    const char *name;
    int8_t      operands, kind;
} ops[TSR_N_OPS] = {
    [TSR_OP_NONE] = {"no operation", 0, KIND_ANY},
#define X(NAME, name_, operands_, kind_, text) [TSR_OP_##NAME] = {#name_, operands_, KIND_##kind_},
    TSR_OP_MAP(X)
#undef X
};

enum {
    IS_BOOL = 1 << TYPE_IS_BOOL,
    IS_INTEGER = 1 << TYPE_IS_INTEGER | 1 << TYPE_IS_UNSIGNED,
    IS_FLOAT = 1 << TYPE_IS_FLOAT,
    IS_COMPLEX = 1 << TYPE_IS_COMPLEX,
    IS_ANY = IS_BOOL | IS_INTEGER | IS_FLOAT | IS_COMPLEX
};

/* The kinds of types that a kind of operation takes. */
static unsigned taken_by(enum op_kind kind)
{
    switch (kind) {
    case KIND_NUMBER: return IS_INTEGER | IS_FLOAT | IS_COMPLEX;
    case KIND_REAL: return IS_INTEGER | IS_FLOAT;
    case KIND_MAGNITUDE: return IS_INTEGER | IS_FLOAT | IS_COMPLEX;
    case KIND_FLOAT:
    case KIND_TEST_FLOAT: return IS_FLOAT;
    case KIND_FIELD:
    case KIND_TEST_FIELD: return IS_FLOAT | IS_COMPLEX;
    case KIND_BITS: return IS_BOOL | IS_INTEGER;
    case KIND_INTEGER: return IS_INTEGER;
    case KIND_ORDERED:
    case KIND_TEST_ORDERED: return IS_BOOL | IS_INTEGER | IS_FLOAT;
    case KIND_COMPLEX:
    case KIND_PART: return IS_COMPLEX;
    default: return IS_ANY;
    }
}

static bool is_a(tsr_type type, unsigned kinds)
{
    return type > TSR_TYPE_ANY && type < TSR_N_TYPES && (kinds >> type_kind(type) & 1) != 0;
}

bool formula_takes_type(tsr_type type)
{
    return is_a(type, IS_ANY);
}

int formula_operands(tsr_op op)
{
    return ops[op].operands;
}

const char *tsr_op_name(tsr_op op)
{
    return (unsigned)op < TSR_N_OPS ? ops[op].name : "no operation";
}

static tsr_type real_of(tsr_type type)
{
    return type == TSR_C64 ? TSR_F32 : type == TSR_C128 ? TSR_F64 : type;
}

bool tsr_op_takes(tsr_op op, tsr_type type)
{
    if (op <= TSR_OP_NONE || op >= TSR_N_OPS)
        return false;
    if (ops[op].kind == KIND_WHOLE)
        return type == TSR_F32 || type == TSR_F64;
    if (ops[op].kind == KIND_INDEXED)
        return type == TSR_F64 || type == TSR_I64;
    return is_a(type, taken_by((enum op_kind)ops[op].kind));
}

tsr_type formula_result(tsr_op op, const tsr_type type[3])
{
    const enum op_kind kind = (enum op_kind)ops[op].kind;
    const tsr_type first = kind == KIND_CHOICE ? type[1] : type[0];
    if (!tsr_op_takes(op, first))
        return TSR_TYPE_ANY;
    switch (kind) {
    case KIND_CHOICE: return type[0] == TSR_BOOL && type[2] == first ? first : TSR_TYPE_ANY;
    case KIND_CONVERSION: return formula_takes_type(type[1]) ? type[1] : TSR_TYPE_ANY;
    case KIND_INDEXED:
        if (type[1] != TSR_I64)
            return TSR_TYPE_ANY;
        return first == TSR_F64 ? TSR_INDEXED_F64 : TSR_INDEXED_I64;
    default: break;
    }
    if (ops[op].operands > 1 && type[1] != first)
        return TSR_TYPE_ANY;
    switch (kind) {
    case KIND_TEST_ANY:
    case KIND_TEST_ORDERED:
    case KIND_TEST_FIELD:
    case KIND_TEST_FLOAT: return TSR_BOOL;
    case KIND_MAGNITUDE:
    case KIND_PART: return real_of(first);
    case KIND_WHOLE: return first == TSR_F32 ? TSR_C64 : TSR_C128;
    default: return first;
    }
}
