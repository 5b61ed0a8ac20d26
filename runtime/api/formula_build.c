/* api/formula_build.c - formulas are put together: plain data, checked term by term.
 *
 * The first mistake is kept in the formula, and what is made of a failed term is one: a library builds
 * without looking, and the call that issues says what was wrong at the user's line.
 *
 * Cost: O(1) a call.  Threads: any; nothing but the formula is touched. */
#include <string.h>

#include "model/formula.h"
#include "model/reduce.h"
#include "model/types.h"

void tsr_formula_begin(tsr_formula *f, const char *name)
{
    memset(f, 0, offsetof(tsr_formula, output));
    f->name = name != NULL ? name : "formula";
}

static tsr_term mistake(tsr_formula *f, enum formula_mistake what, int op, const tsr_type *type)
{
    if (f->mistake != FORMULA_IS_WELL)
        return -1;
    f->mistake = (int16_t)what;
    f->mistake_op = (int16_t)op;
    for (int k = 0; k < 3 && type != NULL; ++k)
        f->mistake_type[k] = (int16_t)(type[k] < TSR_N_TYPES ? type[k] : 0);
    return -1;
}

static tsr_term add(tsr_formula *f, unsigned op, tsr_type type, unsigned a, unsigned b, unsigned c)
{
    if (f->n_terms >= TSR_FORMULA_TERMS)
        return mistake(f, FORMULA_MANY_TERMS, (int)op, NULL);
    f->term[f->n_terms] = (tsr_formula_term_){(uint8_t)op, (uint8_t)type, (uint16_t)a, (uint16_t)b,
                                              (uint16_t)c};
    return f->n_terms++;
}

tsr_term tsr_formula_input(tsr_formula *f, tsr_type type)
{
    if (!formula_takes_type(type))
        return mistake(f, FORMULA_BAD_INPUT, 0, (tsr_type[3]){type});
    if (f->n_inputs + f->n_outputs >= TSR_FORMULA_ARGS)
        return mistake(f, FORMULA_MANY_ARGS, 0, NULL);
    return add(f, FORMULA_INPUT, type, (unsigned)f->n_inputs++, 0, 0);
}

tsr_term tsr_formula_constant(tsr_formula *f, tsr_type type, const void *value)
{
    if (!formula_takes_type(type) || value == NULL)
        return mistake(f, FORMULA_BAD_INPUT, 0, (tsr_type[3]){type});
    if (f->n_constants >= TSR_FORMULA_CONSTANTS)
        return mistake(f, FORMULA_MANY_CONSTANTS, 0, NULL);
    unsigned char *to = f->constant[f->n_constants];
    memset(to, 0, sizeof f->constant[0]);
    memcpy(to, value, type_bytes(type));
    return add(f, FORMULA_CONSTANT, type, (unsigned)f->n_constants++, 0, 0);
}

tsr_term tsr_formula_number(tsr_formula *f, tsr_type type, double value)
{
    unsigned char element[16] = {0};
    if (!formula_takes_type(type) || !type_convert(TSR_F64, &value, type, element))
        return mistake(f, FORMULA_BAD_INPUT, 0, (tsr_type[3]){type});
    return tsr_formula_constant(f, type, element);
}

tsr_term tsr_formula_index(tsr_formula *f, int dim)
{
    if (dim < 0 || dim >= TSR_MAX_RANK)
        return mistake(f, FORMULA_BAD_DIMENSION, 0, NULL);
    return add(f, FORMULA_INDEX, TSR_I64, (unsigned)dim, 0, 0);
}

static bool is_term(const tsr_formula *f, tsr_term x)
{
    return x >= 0 && x < f->n_terms;
}

tsr_type tsr_formula_type(const tsr_formula *f, tsr_term x)
{
    return is_term(f, x) ? f->term[x].type : TSR_TYPE_ANY;
}

tsr_term tsr_formula_apply(tsr_formula *f, tsr_op op, tsr_term x, tsr_term y, tsr_term z)
{
    tsr_term term[3] = {x, y, z};
    tsr_type type[3] = {0};
    if (op <= TSR_OP_NONE || op >= TSR_N_OPS || op == TSR_OP_CAST)
        return mistake(f, FORMULA_NO_OP, 0, NULL);
    for (int k = 0; k < 3; ++k) {
        if (k >= formula_operands(op))
            term[k] = 0;
        else if (!is_term(f, term[k]))
            return mistake(f, FORMULA_NO_TERM, op, NULL);
        else
            type[k] = f->term[term[k]].type;
    }
    const tsr_type result = formula_result(op, type);
    if (result == TSR_TYPE_ANY)
        return mistake(f, FORMULA_BAD_TYPES, op, type);
    return add(f, op, result, (unsigned)term[0], (unsigned)term[1], (unsigned)term[2]);
}

tsr_term tsr_formula_cast(tsr_formula *f, tsr_term x, tsr_type to)
{
    if (!is_term(f, x))
        return mistake(f, FORMULA_NO_TERM, TSR_OP_CAST, NULL);
    const tsr_type type[3] = {f->term[x].type, to};
    if (formula_result(TSR_OP_CAST, type) == TSR_TYPE_ANY)
        return mistake(f, FORMULA_BAD_TYPES, TSR_OP_CAST, type);
    return type[0] == to ? x : add(f, TSR_OP_CAST, to, (unsigned)x, 0, 0);
}

static void output(tsr_formula *f, tsr_term x, tsr_reduction reduction, unsigned axes)
{
    if (!is_term(f, x)) {
        (void)mistake(f, FORMULA_NO_TERM, 0, NULL);
    } else if (f->n_inputs + f->n_outputs >= TSR_FORMULA_ARGS) {
        (void)mistake(f, FORMULA_MANY_ARGS, 0, NULL);
    } else {
        f->output[f->n_outputs++] =
            (tsr_formula_output_){(uint16_t)x, (uint8_t)reduction, (uint8_t)axes};
    }
}

void tsr_formula_output(tsr_formula *f, tsr_term x)
{
    output(f, x, TSR_NO_REDUCTION, 0);
}

void tsr_formula_fold(tsr_formula *f, tsr_term x, tsr_reduction reduction, unsigned axes)
{
    const tsr_type type = tsr_formula_type(f, x);
    if (is_term(f, x) && (reduction <= TSR_NO_REDUCTION || reduction >= TSR_USER_REDUCTION ||
                          !reduce_is_defined(reduction, type)))
        (void)mistake(f, FORMULA_BAD_FOLD, (int)reduction, (tsr_type[3]){type});
    else
        output(f, x, reduction, axes & TSR_ALL_AXES);
}
