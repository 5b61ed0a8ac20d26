/* array_formula_text.c - the text of a user's formula, read into a formula of the runtime.
 *
 *     body       = "{" {statement} "return" expression ";" "}"
 *     statement  = ["const"] "double" name "=" expression {"," name "=" expression} ";"
 *                | name ("=" | "+=" | "-=" | "*=" | "/=") expression ";" | ";"
 *     expression = C's, of doubles: ?: || && == != < <= > >= + - * / unary - + !, calls, names,
 * numbers
 *
 * Recursive descent, one function a level of precedence. Values are doubles, truth values, or
 * integers that stand in the text: what C would compute in integers (1 / 2) is not read, so that
 * nothing means another thing here than in the loop of the host compiler. && and || look at both
 * sides: nothing here has an effect. Where the text is not understood, reading ends with the
 * reason.
 *
 * Cost: O(text), and that of the formulas it calls. Threads: any. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array_formula_text.h"

enum { NAMES = 32, DEPTH = 8 };

typedef enum value_kind { VALUE_REAL, VALUE_TRUTH, VALUE_INTEGER } value_kind;
/* What an expression is. */
struct value {
    value_kind kind;
    tsr_term   term;   /* REAL: an f64; TRUTH: a bool */
    double     number; /* INTEGER */
};

struct name {
    const char  *text;
    size_t       length;
    struct value value;
};

/* A text being read. */
struct reader {
    tsr_formula      *f;
    const nd_formula *formula;
    const char       *at;
    struct name       name[NAMES];
    int   n_names, depth, nested; /* nested: parentheses and calls, for the stack's sake */
    char *why;                    /* of ARRAY_WHY bytes; "" while all is well */
};

/* ---- words ---- */

static void refuse(struct reader *r, const char *format, ...)
{
    va_list args;
    if (r->why[0])
        return;
    va_start(args, format);
    vsnprintf(r->why, ARRAY_WHY, format, args);
    va_end(args);
}

static bool is_well(const struct reader *r)
{
    return r->why[0] == '\0';
}

static void skip_blanks(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        ++r->at;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Take a sign or keyword if it stands here: the whole word, no part of a longer sign. */
static bool take(struct reader *r, const char *sign)
{
    const size_t n = strlen(sign);
    skip_blanks(r);
    if (strncmp(r->at, sign, n) != 0 || (is_word(sign[n - 1]) && is_word(r->at[n])))
        return false;
    if (!is_word(sign[0]) && n == 1 && r->at[1] == '=' && strchr("=<>!+-*/", sign[0]))
        return false;
    if (!is_word(sign[0]) && n == 1 && r->at[1] == sign[0] && strchr("+-&|<>", sign[0]))
        return false;
    r->at += n;
    return true;
}

static void want(struct reader *r, const char *sign)
{
    if (!take(r, sign))
        refuse(r, "'%s' is wanted before \"%.20s\"", sign, r->at);
}

static size_t word_length(const char *at)
{
    size_t n = 0;
    while (!isdigit((unsigned char)at[0]) && is_word(at[n]))
        ++n;
    return n;
}

static bool is_text(const char *at, size_t n, const char *text)
{
    return strlen(text) == n && memcmp(at, text, n) == 0;
}

/* ---- values ---- */

static struct value real_value(tsr_term t)
{
    return (struct value){VALUE_REAL, t, 0};
}

static struct value truth_value(tsr_term t)
{
    return (struct value){VALUE_TRUTH, t, 0};
}

static tsr_term constant(struct reader *r, double v)
{
    return tsr_formula_constant(r->f, TSR_F64, &v);
}

/* A value as a double. */
static tsr_term as_real(struct reader *r, struct value v)
{
    return v.kind == VALUE_REAL      ? v.term
           : v.kind == VALUE_INTEGER ? constant(r, v.number)
                                     : tsr_formula_cast(r->f, v.term, TSR_F64);
}

static tsr_term as_truth(struct reader *r, struct value v)
{
    return v.kind == VALUE_TRUTH ? v.term
                                 : tsr_apply(r->f, TSR_OP_NOT_EQUAL, as_real(r, v), constant(r, 0));
}

/* Arithmetic: C computes doubles where one side is a double. */
static struct value arithmetic(struct reader *r, tsr_op op, struct value a, struct value b)
{
    if (a.kind != VALUE_REAL && b.kind != VALUE_REAL)
        refuse(r, "integers are computed with");
    const tsr_term x = as_real(r, a), y = as_real(r, b);
    return real_value(tsr_apply(r->f, op, x, y));
}

static struct value comparison(struct reader *r, tsr_op op, struct value a, struct value b)
{
    const tsr_term x = as_real(r, a), y = as_real(r, b);
    return truth_value(tsr_apply(r->f, op, x, y));
}

/* ---- names and calls ---- */

static struct name *name_find(struct reader *r, const char *text, size_t length)
{
    for (int i = r->n_names - 1; i >= 0; --i)
        if (r->name[i].length == length && memcmp(r->name[i].text, text, length) == 0)
            return &r->name[i];
    return NULL;
}

static void name_add(struct reader *r, const char *text, size_t length, struct value v)
{
    if (r->n_names == NAMES)
        refuse(r, "it has more than %d names", NAMES);
    else
        r->name[r->n_names++] = (struct name){text, length, v};
}

static const struct {
    const char *name;
    tsr_op      op;
    int         n;
} function_table[] = {
    {"exp", TSR_OP_EXP, 1},
    {"exp2", TSR_OP_EXP2, 1},
    {"expm1", TSR_OP_EXPM1, 1},
    {"log", TSR_OP_LOG, 1},
    {"log2", TSR_OP_LOG2, 1},
    {"log10", TSR_OP_LOG10, 1},
    {"log1p", TSR_OP_LOG1P, 1},
    {"sin", TSR_OP_SIN, 1},
    {"cos", TSR_OP_COS, 1},
    {"tan", TSR_OP_TAN, 1},
    {"asin", TSR_OP_ARCSIN, 1},
    {"acos", TSR_OP_ARCCOS, 1},
    {"atan", TSR_OP_ARCTAN, 1},
    {"sinh", TSR_OP_SINH, 1},
    {"cosh", TSR_OP_COSH, 1},
    {"tanh", TSR_OP_TANH, 1},
    {"asinh", TSR_OP_ARCSINH, 1},
    {"acosh", TSR_OP_ARCCOSH, 1},
    {"atanh", TSR_OP_ARCTANH, 1},
    {"erf", TSR_OP_ERF, 1},
    {"erfc", TSR_OP_ERFC, 1},
    {"cbrt", TSR_OP_CBRT, 1},
    {"tgamma", TSR_OP_TGAMMA, 1},
    {"lgamma", TSR_OP_LGAMMA, 1},
    {"sqrt", TSR_OP_SQRT, 1},
    {"fabs", TSR_OP_ABSOLUTE, 1},
    {"floor", TSR_OP_FLOOR, 1},
    {"ceil", TSR_OP_CEIL, 1},
    {"trunc", TSR_OP_TRUNC, 1},
    {"rint", TSR_OP_RINT, 1},
    {"pow", TSR_OP_POWER, 2},
    {"atan2", TSR_OP_ARCTAN2, 2},
    {"hypot", TSR_OP_HYPOT, 2},
    {"copysign", TSR_OP_COPYSIGN, 2},
    {"isnan", TSR_OP_IS_NAN, 1},
    {"isinf", TSR_OP_IS_INF, 1},
    {"isfinite", TSR_OP_IS_FINITE, 1},
};

static const struct {
    const char *name;
    double      value;
} constant_table[] = {
    {"M_E", M_E},
    {"M_LOG2E", M_LOG2E},
    {"M_LOG10E", M_LOG10E},
    {"M_LN2", M_LN2},
    {"M_LN10", M_LN10},
    {"M_PI", M_PI},
    {"M_PI_2", M_PI_2},
    {"M_PI_4", M_PI_4},
    {"M_1_PI", M_1_PI},
    {"M_2_PI", M_2_PI},
    {"M_2_SQRTPI", M_2_SQRTPI},
    {"M_SQRT2", M_SQRT2},
    {"M_SQRT1_2", M_SQRT1_2},
    {"INFINITY", (double)INFINITY},
};
#define LENGTH(table) (sizeof(table) / sizeof(table)[0])

static struct value expression(struct reader *r);

/* Read the body of another formula with these arguments. */
static struct value inlined(struct reader *r, const nd_formula *g, const struct value *x, int n)
{
    if (n != g->n || r->depth == DEPTH) {
        refuse(r, "%s is called with %d operands, or too deep", g->name, n);
        return real_value(-1);
    }
    tsr_term term[ND_FORMULA_PARAMS];
    for (int i = 0; i < n; ++i)
        term[i] = as_real(r, x[i]);
    return real_value(array_formula_read(r->f, g, term, r->depth + 1, r->why));
}

static struct value call(struct reader *r, const char *name, size_t length)
{
    struct value x[ND_FORMULA_PARAMS];
    int          n = 0;
    if (!take(r, ")"))
        do {
            if (n == ND_FORMULA_PARAMS)
                refuse(r, "a call has more than %d operands", ND_FORMULA_PARAMS);
            x[n < ND_FORMULA_PARAMS ? n : 0] = expression(r);
            ++n;
        } while (is_well(r) && take(r, ","));
    if (n > 0)
        want(r, ")");
    if (!is_well(r))
        return real_value(-1);
    for (size_t i = 0; i < LENGTH(function_table); ++i) {
        if (!is_text(name, length, function_table[i].name) || function_table[i].n != n)
            continue;
        const tsr_op   op = function_table[i].op;
        const tsr_term a = as_real(r, x[0]), b = n > 1 ? as_real(r, x[1]) : -1;
        const tsr_term t = tsr_formula_apply(r->f, op, a, b, -1);
        return tsr_formula_type(r->f, t) == TSR_BOOL ? truth_value(t) : real_value(t);
    }
    const nd_formula *g = array_formula_find(r->formula, name, length);
    if (g)
        return inlined(r, g, x, n);
    refuse(r, "%.*s is no function that is known", (int)length, name);
    return real_value(-1);
}

static struct value named(struct reader *r)
{
    const char  *text = r->at;
    const size_t length = word_length(text);
    r->at += length;
    if (take(r, "("))
        return call(r, text, length);
    const struct name *known = name_find(r, text, length);
    if (known)
        return known->value;
    for (size_t i = 0; i < LENGTH(constant_table); ++i)
        if (is_text(text, length, constant_table[i].name))
            return real_value(constant(r, constant_table[i].value));
    refuse(r, "%.*s is no name that is known", (int)length, text);
    return real_value(-1);
}

static struct value number(struct reader *r)
{
    char        *end;
    const double v = strtod(r->at, &end);
    bool         is_integer = true;
    for (const char *c = r->at; c < end; ++c)
        is_integer = is_integer && isdigit((unsigned char)*c);
    const bool is_octal = is_integer && r->at[0] == '0' && end > r->at + 1;
    if (end == r->at || is_word(*end) || is_octal)
        refuse(r, "\"%.20s\" is no number that is read", r->at);
    r->at = end;
    return is_integer && v < 0x1p31 ? (struct value){VALUE_INTEGER, -1, v}
                                    : real_value(constant(r, v));
}

/* ---- precedence, from the tightest ---- */

static struct value primary(struct reader *r)
{
    skip_blanks(r);
    if (take(r, "(")) {
        const struct value v = expression(r);
        want(r, ")");
        return v;
    }
    if (isdigit((unsigned char)*r->at) || *r->at == '.')
        return number(r);
    if (word_length(r->at) > 0)
        return named(r);
    refuse(r, "\"%.20s\" is not understood", r->at);
    return real_value(-1);
}

static struct value unary(struct reader *r)
{
    if (++r->nested > 200)
        refuse(r, "it is nested too deep");
    struct value v = {VALUE_REAL, -1, 0};
    if (!is_well(r))
        ;
    else if (take(r, "-")) {
        v = unary(r);
        if (v.kind == VALUE_TRUTH)
            refuse(r, "integers are computed with");
        if (v.kind == VALUE_INTEGER)
            v.number = -v.number;
        else
            v.term = tsr_apply(r->f, TSR_OP_NEGATIVE, v.term);
    } else if (take(r, "!")) {
        v = unary(r);
        v = truth_value(tsr_apply(r->f, TSR_OP_NOT, as_truth(r, v)));
    } else if (take(r, "+"))
        v = unary(r);
    else
        v = primary(r);
    --r->nested;
    return v;
}

static struct value product(struct reader *r)
{
    struct value v = unary(r);
    while (is_well(r)) {
        if (take(r, "*"))
            v = arithmetic(r, TSR_OP_MULTIPLY, v, unary(r));
        else if (take(r, "/"))
            v = arithmetic(r, TSR_OP_DIVIDE, v, unary(r));
        else
            break;
    }
    return v;
}

static struct value sum(struct reader *r)
{
    struct value v = product(r);
    while (is_well(r)) {
        if (take(r, "+"))
            v = arithmetic(r, TSR_OP_ADD, v, product(r));
        else if (take(r, "-"))
            v = arithmetic(r, TSR_OP_SUBTRACT, v, product(r));
        else
            break;
    }
    return v;
}

static struct value order(struct reader *r)
{
    struct value v = sum(r);
    while (is_well(r)) {
        if (take(r, "<="))
            v = comparison(r, TSR_OP_LESS_EQUAL, v, sum(r));
        else if (take(r, ">="))
            v = comparison(r, TSR_OP_GREATER_EQUAL, v, sum(r));
        else if (take(r, "<"))
            v = comparison(r, TSR_OP_LESS, v, sum(r));
        else if (take(r, ">"))
            v = comparison(r, TSR_OP_GREATER, v, sum(r));
        else
            break;
    }
    return v;
}

static struct value equality(struct reader *r)
{
    struct value v = order(r);
    while (is_well(r)) {
        if (take(r, "=="))
            v = comparison(r, TSR_OP_EQUAL, v, order(r));
        else if (take(r, "!="))
            v = comparison(r, TSR_OP_NOT_EQUAL, v, order(r));
        else
            break;
    }
    return v;
}

static struct value conjunction(struct reader *r)
{
    struct value v = equality(r);
    while (is_well(r) && take(r, "&&")) {
        const tsr_term a = as_truth(r, v);
        v = equality(r);
        v = truth_value(tsr_apply(r->f, TSR_OP_AND, a, as_truth(r, v)));
    }
    return v;
}

static struct value disjunction(struct reader *r)
{
    struct value v = conjunction(r);
    while (is_well(r) && take(r, "||")) {
        const tsr_term a = as_truth(r, v);
        v = conjunction(r);
        v = truth_value(tsr_apply(r->f, TSR_OP_OR, a, as_truth(r, v)));
    }
    return v;
}

static struct value expression(struct reader *r)
{
    if (++r->nested > 200)
        refuse(r, "it is nested too deep");
    struct value v = is_well(r) ? disjunction(r) : real_value(-1);
    if (is_well(r) && take(r, "?")) {
        const tsr_term     test = as_truth(r, v);
        const struct value a = expression(r);
        want(r, ":");
        const struct value b = expression(r);
        if (a.kind != VALUE_REAL && b.kind != VALUE_REAL)
            refuse(r, "integers are chosen from");
        const tsr_term x = as_real(r, a), y = as_real(r, b);
        v = real_value(tsr_apply(r->f, TSR_OP_SELECT, test, x, y));
    }
    --r->nested;
    return v;
}

/* ---- statements ---- */

static void declaration(struct reader *r)
{
    do {
        skip_blanks(r);
        const char  *text = r->at;
        const size_t length = word_length(text);
        if (length == 0) {
            refuse(r, "a name is wanted before \"%.20s\"", text);
            return;
        }
        r->at += length;
        want(r, "=");
        const struct value v = expression(r);
        name_add(r, text, length, real_value(as_real(r, v)));
    } while (is_well(r) && take(r, ","));
    want(r, ";");
}

static void assignment(struct reader *r)
{
    static const struct {
        const char *sign;
        tsr_op      op;
    } way[] = {{"+=", TSR_OP_ADD},
               {"-=", TSR_OP_SUBTRACT},
               {"*=", TSR_OP_MULTIPLY},
               {"/=", TSR_OP_DIVIDE}};
    skip_blanks(r);
    const char  *text = r->at;
    const size_t length = word_length(text);
    struct name *known = name_find(r, text, length);
    if (length == 0 || !known) {
        refuse(r, "\"%.20s\" is no statement that is read", text);
        return;
    }
    r->at += length;
    for (size_t i = 0; i < LENGTH(way); ++i)
        if (take(r, way[i].sign)) {
            known->value = arithmetic(r, way[i].op, known->value, expression(r));
            want(r, ";");
            return;
        }
    want(r, "=");
    const struct value v = is_well(r) ? expression(r) : real_value(-1);
    known->value = real_value(as_real(r, v));
    want(r, ";");
}

/* The statements up to `return`, and what it returns. */
static tsr_term body(struct reader *r)
{
    want(r, "{");
    while (is_well(r) && !take(r, "return")) {
        const bool is_const = take(r, "const");
        if (take(r, "double"))
            declaration(r);
        else if (is_const)
            refuse(r, "\"%.20s\" is no double", r->at);
        else if (!take(r, ";"))
            assignment(r);
    }
    const struct value v = is_well(r) ? expression(r) : real_value(-1);
    want(r, ";");
    want(r, "}");
    skip_blanks(r);
    if (is_well(r) && *r->at)
        refuse(r, "\"%.20s\" stands behind its end", r->at);
    return is_well(r) ? as_real(r, v) : -1;
}

/* Parameters get their arguments. */
static void parameters(struct reader *r, const tsr_term *x)
{
    r->at = r->formula->params;
    want(r, "(");
    for (int i = 0; i < r->formula->n; ++i) {
        skip_blanks(r);
        const size_t length = word_length(r->at);
        name_add(r, r->at, length, real_value(x[i]));
        r->at += length;
        want(r, i + 1 < r->formula->n ? "," : ")");
    }
}

tsr_term array_formula_read(tsr_formula *f, const nd_formula *formula, const tsr_term *x, int depth,
                            char *why)
{
    struct reader r = {.f = f, .formula = formula, .depth = depth, .why = why};
    parameters(&r, x);
    r.at = formula->text;
    const tsr_term t = body(&r);
    if (is_well(&r) && t < 0)
        refuse(&r, "it has more terms than a formula may have");
    return t;
}
