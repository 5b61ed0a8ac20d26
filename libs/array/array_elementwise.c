/* array_elementwise.c - calls of the elementwise functions: types, shapes, one formula.
 *
 * A call describes its operands, finds the type that is computed in (the rules of array_table.h),
 * stretches shapes, and issues one formula: inputs with their own types, cast; the function; a cast
 * to the output's type; a choice by `where`. Numbers are inputs, so that a number that changes makes
 * no new formula.
 *
 * Of arrays of one shape all of that follows from the function and the types: such a call is found again by
 * them, and only described and issued.
 *
 * Cost: O(operands * rank) and the issuing. Threads: the issuing thread. */
#include <string.h>

#include "array_build.h"
#include "array_kernel.h"

/* How the types of a function's operands make the type that is computed in; see array_table.h. */
enum rule {
    RULE_SAME,
    RULE_SIGNED,
    RULE_TINY,
    RULE_FLOAT,
    RULE_DIVIDE,
    RULE_WIDE,
    RULE_ROUND,
    RULE_COMPARE,
    RULE_TEST,
    RULE_FTEST,
    RULE_LOGICAL,
    RULE_MODULUS,
    RULE_COUNT,
    RULE_SCALE,
    RULE_EXPONENT /* as FLOAT; an int32 */
};

#define TEXT_(x) #x
static const struct function {
    const char    *name, *kinds, *build_name, *text;
    int            operands;
    enum rule      rule;
    array_builder *build;
} function_table[ARRAY_N_FUNCTIONS] = {
#define X(NAME, name, n, types, kinds, builder, aliases, words)                                    \
    [ND_OP_##NAME] = {#name, #kinds, #builder, words, n, RULE_##types, array_build_##builder},
    ND_ELEMENTWISE_MAP(X)
#undef X
#define PART(name, builder, rule)                                                                  \
    {                                                                                              \
        name, "R", "part", "", 1, rule, array_build_##builder                                      \
    }
    [ARRAY_MODF_FRACTION] = PART("modf", modf_fraction, RULE_FLOAT),
    [ARRAY_MODF_WHOLE] = PART("modf", trunc, RULE_FLOAT),
    [ARRAY_FREXP_MANTISSA] = PART("frexp", task, RULE_FLOAT),
    [ARRAY_FREXP_EXPONENT] = PART("frexp", task, RULE_EXPONENT),
};

const char *nd_op_name(nd_op op)
{
    return (unsigned)op < ND_N_OPS ? function_table[op].name : "no function";
}

const char *nd_op_text(nd_op op)
{
    return (unsigned)op < ND_N_OPS ? function_table[op].text : "no function";
}

/* A call under way. */
struct elementwise {
    const struct function *function;
    const nd_call_options *o;
    int                    n;
    nd_operand             x[3];
    array_info             info[3], out, where;
    nd_type  own[3]; /* each operand's type; a number's: what it takes among the arrays */
    nd_type  loop, result;
    nd_shape shape;
    bool     has_out, has_where;
};

/* ---- types ---- */

/* The least float that holds a type, complex types their own. */
static nd_type float_of(nd_type t, bool among_bfloat)
{
    if (array_kind_of(t) >= KIND_REAL)
        return t;
    switch (tsr_type_size(t)) {
    case 1: return among_bfloat ? TSR_BF16 : TSR_F16;
    case 2: return TSR_F32;
    default: return TSR_F64;
    }
}

static nd_type float_of_all(const struct elementwise *e)
{
    bool among_bfloat = false;
    for (int i = 0; i < e->n; ++i)
        among_bfloat = among_bfloat || e->own[i] == TSR_BF16;
    const nd_type first = float_of(e->own[0], among_bfloat);
    return e->n == 1 ? first : nd_promote_types(first, float_of(e->own[1], among_bfloat));
}

/* The float type of what is scaled; a number's as NumPy's search for a loop ends. */
static nd_type scaled_type(const struct elementwise *e)
{
    const nd_operand *x = &e->x[0];
    if (x->kind == ND_OPERAND_ARRAY)
        return float_of(e->own[0], false);
    const bool is_plain = x->kind == ND_OPERAND_BOOL ||
                          (x->kind == ND_OPERAND_INT && e->own[1] != TSR_BOOL &&
                           e->x[1].kind == ND_OPERAND_ARRAY && e->info[1].type != TSR_BOOL);
    return is_plain ? TSR_F16 : x->kind == ND_OPERAND_COMPLEX ? TSR_C128 : TSR_F64;
}

/* A function that scales does so by no float, nor by what int64 may not hold. */
static bool scales_by_integer(const struct elementwise *e)
{
    if (e->function->rule != RULE_SCALE)
        return true;
    if (e->x[1].kind != ND_OPERAND_ARRAY)
        return e->x[1].kind == ND_OPERAND_BOOL || e->x[1].kind == ND_OPERAND_INT;
    return array_kind_of(e->info[1].type) <= KIND_INT && e->info[1].type != TSR_U64;
}

/* The type that is computed in. */
static nd_type loop_of(const struct elementwise *e, nd_type among)
{
    const nd_type together = e->n == 1   ? e->own[0]
                             : e->n == 2 ? nd_promote_types(e->own[0], e->own[1])
                                         : among;
    switch (e->function->rule) {
    case RULE_COUNT:
    case RULE_TINY: return together == TSR_BOOL ? TSR_I8 : together;
    case RULE_FLOAT:
    case RULE_EXPONENT:
    case RULE_FTEST: return float_of_all(e);
    case RULE_SCALE: return scaled_type(e);
    case RULE_DIVIDE: return array_kind_of(together) <= KIND_INT ? TSR_F64 : together;
    case RULE_WIDE: return array_kind_of(together) == KIND_COMPLEX ? TSR_C128 : TSR_F64;
    case RULE_LOGICAL: return TSR_BOOL;
    default: return together;
    }
}

static nd_type result_of(const struct elementwise *e)
{
    switch (e->function->rule) {
    case RULE_COMPARE:
    case RULE_TEST:
    case RULE_FTEST:
    case RULE_LOGICAL: return TSR_BOOL;
    case RULE_COUNT: return TSR_U8;
    case RULE_EXPONENT: return TSR_I32;
    case RULE_MODULUS: return array_real_of(e->loop);
    default: return e->loop;
    }
}

static tsr_status types_find(struct elementwise *e)
{
    static const char letter[] = "BIRC";
    const nd_type     among = array_result_type(e->x, e->info, e->n);
    for (int i = 0; i < e->n; ++i)
        e->own[i] = e->x[i].kind == ND_OPERAND_ARRAY ? e->info[i].type : among;
    e->loop = loop_of(e, among);
    e->result = result_of(e);
    if (scales_by_integer(e) && strchr(e->function->kinds, letter[array_kind_of(e->loop)]))
        return TSR_OK;
    if (e->n == 1)
        return tsr_fail_(e->o->at, TSR_BAD_TYPE, "%s takes no %s", e->function->name,
                         nd_type_name(e->own[0]));
    return tsr_fail_(e->o->at, TSR_BAD_TYPE, "%s takes no %s with %s", e->function->name,
                     nd_type_name(e->own[0]), nd_type_name(e->own[1]));
}

/* ---- operands and shapes ---- */

/* Describe an operand, or an option that is an array; false: `*out_answer` is the answer. */
static bool describe_all(struct elementwise *e, nd_array *out_answer)
{
    const tsr_site at = e->o->at;
    for (int i = 0; i < e->n; ++i)
        if (e->x[i].kind == ND_OPERAND_ARRAY &&
            !array_begin(e->x[i].array, &e->info[i], out_answer, at))
            return false;
    e->has_out = e->o->out.id != 0;
    e->has_where = e->o->where.id != 0;
    return (!e->has_out || array_begin(e->o->out, &e->out, out_answer, at)) &&
           (!e->has_where || array_begin(e->o->where, &e->where, out_answer, at));
}

static tsr_status stretch(nd_shape *shape, const nd_shape *by, tsr_site at)
{
    const nd_shape was = *shape;
    if (array_broadcast(shape, by))
        return TSR_OK;
    return tsr_fail_(at, TSR_BAD_SHAPE, "%s and %s", array_shape_text(&was).text,
                     array_shape_text(by).text);
}

static tsr_status shapes_find(struct elementwise *e)
{
    const tsr_site at = e->o->at;
    e->shape.rank = 0;
    for (int i = 0; i < e->n; ++i)
        if (e->x[i].kind == ND_OPERAND_ARRAY)
            TSR_TRY(stretch(&e->shape, &e->info[i].shape, at));
    if (e->has_where) {
        TSR_TRY(stretch(&e->shape, &e->where.shape, at));
        if (e->where.type != TSR_BOOL)
            return tsr_fail_(at, TSR_BAD_TYPE, "where is of %s; it is to be bool",
                             nd_type_name(e->where.type));
    }
    if (!e->has_out)
        return TSR_OK;
    TSR_TRY(stretch(&e->shape, &e->out.shape, at));
    if (!array_same_shape(&e->shape, &e->out.shape))
        return tsr_fail_(at, TSR_BAD_SHAPE, "the result has shape %s, and out has %s",
                         array_shape_text(&e->shape).text, array_shape_text(&e->out.shape).text);
    if (!array_goes_into(e->result, e->out.type))
        return tsr_fail_(at, TSR_BAD_TYPE, "the result of %s is %s, which out of %s does not hold",
                         e->function->name, nd_type_name(e->result), nd_type_name(e->out.type));
    return TSR_OK;
}

/* ---- numbers that the arrays' type cannot hold ---- */

static bool is_integer_number(const nd_operand *x)
{
    return x->kind == ND_OPERAND_INT || x->kind == ND_OPERAND_UINT;
}

/* A comparison of integers with an integer outside of their type has one answer: compare 0 with -1
 * or 1; true: so it was. */
static bool compare_far(struct elementwise *e)
{
    array_element unused;
    for (int i = 0; i < e->n; ++i) {
        if (!is_integer_number(&e->x[i]) || array_kind_of(e->loop) != KIND_INT)
            continue;
        const tsr_status s = array_element_of(e->loop, &e->x[i], &unused, e->o->at);
        if (s == TSR_OK)
            continue;
        tsr_error_clear();
        const bool is_above = e->x[i].kind == ND_OPERAND_UINT || e->x[i].number.i > 0;
        e->x[i] = nd_operand_int(is_above ? 1 : 0);
        e->x[1 - i] = nd_operand_int(is_above ? 0 : 1);
        e->own[0] = e->own[1] = e->loop = TSR_I64;
        return true;
    }
    return false;
}

/* int64 beside uint64: they compare as the integers they are, not as the float64 they promote to.
 * */
static tsr_term compare_mixed(tsr_formula *f, const struct function *fn, const tsr_term *x,
                              nd_type first)
{
    const bool     signed_first = first == TSR_I64;
    const tsr_term s = x[signed_first ? 0 : 1];
    const int64_t  zero = 0, less = signed_first ? -1 : 1;
    const tsr_term low = tsr_apply(f, TSR_OP_LESS, s, tsr_formula_constant(f, TSR_I64, &zero));
    const tsr_term a[2] = {tsr_formula_cast(f, x[0], TSR_U64), tsr_formula_cast(f, x[1], TSR_U64)};
    const tsr_term b[2] = {tsr_formula_constant(f, TSR_I64, &less),
                           tsr_formula_constant(f, TSR_I64, &zero)};
    return tsr_apply(f, TSR_OP_SELECT, low, fn->build(f, b, TSR_I64), fn->build(f, a, TSR_U64));
}

/* ---- the formula ---- */

/* What the function gives, of terms with their own types. */
static tsr_term apply(tsr_formula *f, const struct elementwise *e, const tsr_term *own)
{
    const struct function *fn = e->function;
    tsr_term               x[3] = {-1, -1, -1};
    if (fn->rule == RULE_COMPARE && e->own[0] + e->own[1] == TSR_I64 + TSR_U64 &&
        e->own[0] != e->own[1] && (e->own[0] == TSR_I64 || e->own[0] == TSR_U64))
        return compare_mixed(f, fn, own, e->own[0]);
    const bool    is_composed = strncmp(fn->build_name, "op_", 3) != 0;
    const nd_type in = is_composed ? array_wide_of(e->loop) : e->loop;
    for (int i = 0; i < e->n; ++i)
        x[i] = array_cast(f, array_cast(f, own[i], e->loop), in);
    return array_cast(f, fn->build(f, x, in), e->result);
}

static tsr_status operand_add(struct array_call *c, const struct elementwise *e, int i,
                              tsr_term *out)
{
    array_element number;
    if (e->x[i].kind == ND_OPERAND_ARRAY) {
        *out = array_call_store(c, e->x[i].array, e->info[i].type);
        return TSR_OK;
    }
    const nd_type t = e->function->rule == RULE_LOGICAL ? TSR_BOOL : e->loop;
    TSR_TRY(array_element_of(t, &e->x[i], &number, c->at));
    if (e->function->build == array_build_op_power && i == 1 && array_kind_of(t) == KIND_INT &&
        e->x[i].kind == ND_OPERAND_INT && e->x[i].number.i < 0)
        return tsr_fail_(c->at, TSR_BAD_ARGUMENT,
                         "integers to negative integer powers are not allowed");
    *out = array_call_value(c, t, &number);
    return TSR_OK;
}

/* Where `where` is false, what `out` has; 0 in a new array. */
static tsr_term choose(struct array_call *c, const struct elementwise *e, tsr_term value, nd_type t)
{
    if (!e->has_where)
        return value;
    const tsr_term where = array_call_store(c, e->o->where, TSR_BOOL);
    const tsr_term rest =
        e->has_out ? array_call_store(c, e->o->out, t) : tsr_formula_number(&c->formula, t, 0);
    return tsr_apply(&c->formula, TSR_OP_SELECT, where, value, rest);
}

/* A formula's shape is its inputs', and `out` may have more: then an operand is stretched to it. */
static void reach_out(struct elementwise *e)
{
    nd_shape shape = {.rank = 0};
    int      first = -1;
    for (int i = e->n - 1; i >= 0; --i)
        if (e->x[i].kind == ND_OPERAND_ARRAY) {
            (void)array_broadcast(&shape, &e->info[i].shape);
            first = i;
        }
    if (first >= 0 && !array_same_shape(&shape, &e->shape))
        e->x[first].array = nd_broadcast_to_(e->x[first].array, e->shape, e->o->at);
}

/* An operand in the type that is computed in, of the whole shape. */
static tsr_store operand_whole(const struct elementwise *e, int i)
{
    const tsr_site at = e->o->at;
    nd_shape       shape = {0, {0}};
    tsr_store      own;
    array_element  number;
    if (e->x[i].kind == ND_OPERAND_ARRAY) {
        shape = e->info[i].shape;
        own = e->info[i].type == e->loop ? nd_store(array_alias(e->x[i].array, at))
                                         : nd_store(nd_astype_(e->x[i].array, e->loop, at));
    } else if (array_element_of(e->loop, &e->x[i], &number, at) == TSR_OK)
        own = tsr_store_filled_(e->loop, shape, number.bytes, at);
    else
        return tsr_store_failed_(at);
    const tsr_store whole = array_stretch(own, &shape, &e->shape, at);
    tsr_store_release_(own, at);
    return whole;
}

/* The result as a loop of this library gives it. */
static nd_array issue_kernel(struct elementwise *e)
{
    struct array_call c;
    const tsr_site    at = e->o->at;
    const int         op = (int)(e->function - function_table);
    const tsr_store   x = operand_whole(e, 0), y = e->n > 1 ? operand_whole(e, 1) : (tsr_store){0};
    const nd_array    made = array_kernel_make(op, e->result, &e->shape, x, y, at);
    const nd_type     type = e->has_out ? e->out.type : e->result;
    nd_array          out = made;
    if (e->has_out || e->has_where) {
        array_call_begin(&c, e->function->name, at);
        const tsr_term own = array_call_store(&c, made, e->result);
        const tsr_term value = own >= 0 && e->result == type
                                   ? tsr_apply(&c.formula, TSR_OP_COPY, own)
                                   : array_cast(&c.formula, own, type);
        tsr_formula_output(&c.formula, choose(&c, e, value, type));
        if (!e->has_out)
            out = array_call_make(&c, type, &e->shape);
        else
            out = array_call_issue(&c, e->o->out) == TSR_OK ? e->o->out : array_failed(at);
        tsr_store_release_(nd_store(made), at);
    }
    tsr_store_release_(x, at);
    if (e->n > 1)
        tsr_store_release_(y, at);
    return out;
}

/* ---- calls as they were before ---- */

/* What a call of arrays of one shape came to: it follows from the function and the types alone. */
struct known {
    uint64_t    key;    /* 0: none */
    nd_type     result; /* of a new array */
    nd_type     loop;   /* that numbers are brought to */
    tsr_formula formula;
};

/* Each issuing thread's own, whatever its runtime: formulas are plain data. */
enum { N_KNOWN = 32 };
static _Thread_local struct known known_table[N_KNOWN];

/* A call's function and types; 0: its arrays have not all one shape, or it chooses by `where`. */
static uint64_t key_of(const struct elementwise *e)
{
    const nd_shape *shape = e->has_out ? &e->out.shape : NULL;
    uint64_t        key = (uint64_t)(e->function - function_table) + 1;
    int             arrays = 0;
    if (e->has_where)
        return 0;
    key = key << 8 | (e->has_out ? (uint64_t)e->out.type : 0);
    for (int i = 0; i < e->n; ++i) {
        if (e->x[i].kind != ND_OPERAND_ARRAY) {
            key = key << 8 | 0x80 | (uint64_t)e->x[i].kind;
            continue;
        }
        if (shape == NULL)
            shape = &e->info[i].shape;
        else if (!array_same_shape(shape, &e->info[i].shape))
            return 0;
        key = key << 8 | (uint64_t)e->info[i].type;
        ++arrays;
    }
    return arrays > 0 ? key : 0;
}

/* The place of a key, which may be another's. */
static struct known *known_find(uint64_t key)
{
    return &known_table[key * 0x9e3779b97f4a7c15u >> 59];
}

/* Issue what the same call came to before; false: not known, or a number asks for another look. */
static bool issue_known(const struct elementwise *e, uint64_t key, nd_array *out_answer)
{
    const struct known *k = known_find(key);
    const tsr_site      at = e->o->at;
    tsr_arg             arg[3];
    array_element       number;
    if (k->key != key)
        return false;
    for (int i = 0; i < e->n; ++i) {
        if (e->x[i].kind == ND_OPERAND_ARRAY) {
            arg[i] = tsr_arg_store(nd_store(e->x[i].array));
            continue;
        }
        if (array_element_of(k->loop, &e->x[i], &number, at) != TSR_OK) {
            tsr_error_clear();
            return false;
        }
        arg[i] = array_number_arg(k->loop, &number);
    }
    int first = 0;
    while (!e->has_out && e->x[first].kind != ND_OPERAND_ARRAY)
        ++first;
    const tsr_store out =
        e->has_out ? nd_store(e->o->out) : tsr_store_create_(k->result, e->info[first].shape, at);
    const tsr_status s = tsr_formula_issue_(&k->formula, &out, 1, arg, e->n, at);
    *out_answer = s == TSR_OK || !e->has_out ? nd_from_store(out) : array_failed(at);
    return true;
}

/* A call whose formula depends on nothing but its key. */
static void known_add(const struct elementwise *e, uint64_t key, const tsr_formula *f)
{
    const bool is_power = e->function->build == array_build_op_power; /* looks at its number */
    if (key == 0 || f->mistake != 0 || (is_power && e->x[1].kind != ND_OPERAND_ARRAY))
        return;
    struct known *k = known_find(key);
    k->key = key;
    k->result = e->result;
    k->loop = e->function->rule == RULE_LOGICAL ? TSR_BOOL : e->loop;
    k->formula = *f;
}

/* `key`: what it is known by from now on; 0: it is not. */
static nd_array issue(struct elementwise *e, uint64_t key)
{
    struct array_call c;
    tsr_term          own[3] = {-1, -1, -1};
    const nd_type     type = e->has_out ? e->out.type : e->result;
    if (e->has_out && !e->has_where)
        reach_out(e);
    array_call_begin(&c, e->function->name, e->o->at);
    for (int i = 0; i < e->n; ++i)
        if (operand_add(&c, e, i, &own[i]) != TSR_OK)
            return array_failed(e->o->at);
    const tsr_term value = array_cast(&c.formula, apply(&c.formula, e, own), type);
    tsr_formula_output(&c.formula, choose(&c, e, value, type));
    known_add(e, key, &c.formula);
    if (!e->has_out)
        return array_call_make(&c, type, &e->shape);
    return array_call_issue(&c, e->o->out) == TSR_OK ? e->o->out : array_failed(e->o->at);
}

/* ---- the call ---- */

static nd_array call(int function, const nd_operand *x, int n, const nd_call_options *o)
{
    struct elementwise e; /* set as it is found */
    nd_array           answer;
    e.function = &function_table[function];
    e.o = o;
    e.n = n;
    memcpy(e.x, x, (size_t)n * sizeof *x);
    if (!describe_all(&e, &answer))
        return answer;
    const uint64_t key = key_of(&e);
    if (key != 0 && issue_known(&e, key, &answer))
        return answer;
    if (types_find(&e) != TSR_OK || shapes_find(&e) != TSR_OK)
        return array_failed(o->at);
    const bool is_far = e.function->rule == RULE_COMPARE && n == 2 && compare_far(&e);
    return array_kernel_find(function, e.loop) ? issue_kernel(&e) : issue(&e, is_far ? 0 : key);
}

/* A bound of clip that bounds nothing: left out, or an integer that no integer of `t` passes. */
static bool is_no_bound(const nd_operand *x, nd_type t, bool is_high)
{
    if (x->kind == ND_OPERAND_ARRAY)
        return x->array.id == 0;
    if (!is_integer_number(x) || array_kind_of(t) != KIND_INT)
        return false;
    const int      bits = 8 * (int)tsr_type_size(t), digits = bits - !array_is_unsigned(t);
    const __int128 value = x->kind == ND_OPERAND_UINT ? (__int128)x->number.u : x->number.i;
    const __int128 end = (__int128)1 << digits;
    return is_high ? value >= end - 1 : value <= (array_is_unsigned(t) ? 0 : -end);
}

/* clip by the bounds that are there. */
static nd_array call_clip(const nd_operand *x, const nd_call_options *o)
{
    array_info info = {.type = TSR_TYPE_ANY};
    nd_array   answer;
    if (x[0].kind == ND_OPERAND_ARRAY && !array_begin(x[0].array, &info, &answer, o->at))
        return answer;
    const bool       has_low = !is_no_bound(&x[1], info.type, false);
    const bool       has_high = !is_no_bound(&x[2], info.type, true);
    const nd_operand two[2] = {x[0], x[has_low ? 1 : 2]};
    if (has_low && has_high)
        return call(ND_OP_CLIP, x, 3, o);
    return !has_low && !has_high ? call(ND_OP_POSITIVE, x, 1, o)
                                 : call(has_low ? ND_OP_MAXIMUM : ND_OP_MINIMUM, two, 2, o);
}

nd_array array_function_call(int function, const nd_operand *x, int n, const nd_call_options *o)
{
    if ((unsigned)function >= ARRAY_N_FUNCTIONS || n != function_table[function].operands)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no function of %d operands has number %d", n,
                          function);
    return function == ND_OP_CLIP ? call_clip(x, o) : call(function, x, n, o);
}

nd_array nd_call_(nd_op op, const nd_operand *x, int n, const nd_call_options *o)
{
    if ((unsigned)op >= ND_N_OPS)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "no function of %d operands has number %d", n,
                          (int)op);
    return array_function_call((int)op, x, n, o);
}
