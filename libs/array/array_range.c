/* array_range.c - numbers in a row: arange, linspace, eye.
 *
 * Each is a formula of the element's index. arange takes its step from the first two elements,
 * rounded to the type, as NumPy's fill functions do (numpy/_core/src/multiarray/arraytypes.c.src),
 * so that the elements are NumPy's to the bit.
 *
 * Cost: one operation. Threads: the issuing thread. */
#include <math.h>

#include "array_build.h"

static bool is_number(const nd_operand *x)
{
    return x->kind != ND_OPERAND_ARRAY;
}

static bool is_integer(const nd_operand *x)
{
    return x->kind == ND_OPERAND_INT || x->kind == ND_OPERAND_UINT || x->kind == ND_OPERAND_BOOL;
}

/* A number's parts as doubles. */
static void parts_of(const nd_operand *x, double out[2])
{
    out[1] = x->kind == ND_OPERAND_COMPLEX ? x->number.f[1] : 0;
    out[0] = x->kind == ND_OPERAND_UINT ? (double)x->number.u
             : is_integer(x)            ? (double)x->number.i
                                        : x->number.f[0];
}

/* An integer number in 128 bits. */
static __int128 wide_of(const nd_operand *x)
{
    return x->kind == ND_OPERAND_UINT ? (__int128)x->number.u : (__int128)x->number.i;
}

/* ---- arange ---- */

/* How many numbers there are: ceil((stop - start) / step), 0 where that is negative; -1: too many.
 * */
static int64_t count(const nd_operand *start, const nd_operand *stop, const nd_operand *step)
{
    if (is_integer(start) && is_integer(stop) && is_integer(step)) {
        const __int128 way = wide_of(stop) - wide_of(start), by = wide_of(step);
        const __int128 n = way / by + (way % by != 0 && (way > 0) == (by > 0));
        return n < 0 ? 0 : n > INT64_MAX ? -1 : (int64_t)n;
    }
    double a[2], b[2], d[2];
    parts_of(start, a);
    parts_of(stop, b);
    parts_of(step, d);
    const double n = ceil((b[0] - a[0]) / d[0]);
    return n > 0x1p62 || isnan(n) ? -1 : n > 0 ? (int64_t)n : 0;
}

/* start + step, as Python adds numbers. */
static nd_operand sum(const nd_operand *x, const nd_operand *y)
{
    double a[2], b[2];
    if (is_integer(x) && is_integer(y))
        return nd_operand_uint((uint64_t)(wide_of(x) + wide_of(y)));
    parts_of(x, a);
    parts_of(y, b);
    return x->kind == ND_OPERAND_COMPLEX || y->kind == ND_OPERAND_COMPLEX
               ? nd_operand_parts(a[0] + b[0], a[1] + b[1])
               : nd_operand_real(a[0] + b[0]);
}

/* An element of a number, integers wrapped into the type. */
static void element_wrapped(nd_type t, const nd_operand *x, array_element *out)
{
    double parts[2];
    if (is_integer(x) && array_kind_of(t) == KIND_INT) {
        out->i64 = x->number.i;
        return;
    }
    parts_of(x, parts);
    array_element_store(t, parts, out->bytes);
}

/* The element `start + index * (next - start)`, in the arithmetic of the type; the second one is
 * `next`. */
static nd_array range_issue(const nd_operand *start, const nd_operand *next, nd_type t, int64_t n,
                            tsr_site at)
{
    struct array_call    c;
    array_element        e[2];
    const nd_type        in = array_wide_of(t) == t ? t : TSR_F32, real = array_real_of(in);
    static const int64_t one = 1;
    element_wrapped(t, start, &e[0]);
    element_wrapped(t, next, &e[1]);
    array_call_begin(&c, "arange", at);
    tsr_formula   *f = &c.formula;
    const tsr_term a0 = array_call_value(&c, t, &e[0]), b0 = array_call_value(&c, t, &e[1]);
    const tsr_term a = array_cast(f, a0, in), b = array_cast(f, b0, in);
    const tsr_term index = tsr_formula_index(f, 0), i = array_cast(f, index, real);
    const tsr_term by = tsr_apply(f, TSR_OP_SUBTRACT, b, a);
    tsr_term       moved;
    if (array_kind_of(t) == KIND_COMPLEX)
        moved = tsr_apply(f, TSR_OP_JOIN,
                          tsr_apply(f, TSR_OP_MULTIPLY, i, tsr_apply(f, TSR_OP_REAL, by)),
                          tsr_apply(f, TSR_OP_MULTIPLY, i, tsr_apply(f, TSR_OP_IMAG, by)));
    else
        moved = tsr_apply(f, TSR_OP_MULTIPLY, i, by);
    const tsr_term there = array_cast(f, tsr_apply(f, TSR_OP_ADD, a, moved), t);
    const tsr_term second =
        tsr_apply(f, TSR_OP_EQUAL, index, tsr_formula_constant(f, TSR_I64, &one));
    tsr_formula_output(f, tsr_apply(f, TSR_OP_SELECT, second, b0, there));
    return array_call_make(&c, t, &(nd_shape){1, {n}});
}

/* A row of bools: NumPy makes at most two. */
static nd_array range_bools(const nd_operand *start, const nd_operand *next, int64_t n, tsr_site at)
{
    array_element e[2];
    bool          v[2];
    if (n > 2)
        return ARRAY_FAIL(at, BAD_TYPE, "arange of bools has two elements at most, not %lld",
                          (long long)n);
    element_wrapped(TSR_BOOL, start, &e[0]);
    element_wrapped(TSR_BOOL, next, &e[1]);
    v[0] = e[0].bytes[0];
    v[1] = e[1].bytes[0];
    return nd_from_memory_(TSR_BOOL, (nd_shape){1, {n}}, v, at);
}

nd_array nd_arange_(nd_operand start, nd_operand stop, nd_operand step, const nd_create_options *o)
{
    const nd_operand number[3] = {start, stop, step};
    double           by[2];
    if (!is_number(&start) || !is_number(&stop) || !is_number(&step))
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "arange takes numbers, not arrays");
    parts_of(&step, by);
    if (by[0] == 0)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "arange with a step of zero");
    const int64_t n = count(&start, &stop, &step);
    if (n < 0)
        return ARRAY_FAIL(o->at, BAD_SHAPE, "arange of more elements than can be counted");
    nd_type t = o->type ? o->type : array_result_type(number, NULL, 3);
    if (!o->type && t == TSR_BOOL)
        t = TSR_I64;
    const nd_operand next = sum(&start, &step);
    if (t == TSR_BOOL)
        return range_bools(&start, &next, n, o->at);
    return array_is_type(t) ? range_issue(&start, &next, t, n, o->at)
                            : nd_empty_(t, (nd_shape){1, {n}}, o->at);
}

/* ---- linspace ---- */

/* A part of the numbers: (index * step) + start, in float64; the last is `stop` where it belongs
 * to them. */
static tsr_term line_part(struct array_call *c, double start, double stop, int64_t n, int64_t parts)
{
    tsr_formula   *f = &c->formula;
    const double   way = stop - start, step = parts > 0 ? way / (double)parts : 0;
    const tsr_term i = array_cast(f, tsr_formula_index(f, 0), TSR_F64);
    tsr_term       y;
    if (parts > 0 && step == 0) /* too small: NumPy divides first */
        y = tsr_apply(f, TSR_OP_MULTIPLY,
                      tsr_apply(f, TSR_OP_DIVIDE, i, array_call_real(c, TSR_F64, (double)parts)),
                      array_call_real(c, TSR_F64, way));
    else
        y = tsr_apply(f, TSR_OP_MULTIPLY, i, array_call_real(c, TSR_F64, parts > 0 ? step : way));
    y = tsr_apply(f, TSR_OP_ADD, y, array_call_real(c, TSR_F64, start));
    if (parts != n - 1 || n < 2)
        return y;
    const tsr_term last =
        tsr_apply(f, TSR_OP_EQUAL, i, array_call_real(c, TSR_F64, (double)(n - 1)));
    return tsr_apply(f, TSR_OP_SELECT, last, array_call_real(c, TSR_F64, stop), y);
}

nd_array nd_linspace_(nd_operand start, nd_operand stop, int64_t n, const nd_linspace_options *o)
{
    double            a[2], b[2];
    struct array_call c;
    if (!is_number(&start) || !is_number(&stop))
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "linspace takes numbers, not arrays");
    if (n < 0)
        return ARRAY_FAIL(o->at, BAD_ARGUMENT, "linspace of %lld numbers", (long long)n);
    const bool    is_complex = start.kind == ND_OPERAND_COMPLEX || stop.kind == ND_OPERAND_COMPLEX;
    const nd_type t = o->type ? o->type : is_complex ? TSR_C128 : TSR_F64;
    const int64_t parts = o->no_endpoint ? n : n - 1;
    if (!array_is_type(t))
        return nd_empty_(t, (nd_shape){1, {n}}, o->at);
    parts_of(&start, a);
    parts_of(&stop, b);
    array_call_begin(&c, "linspace", o->at);
    tsr_term y = line_part(&c, a[0], b[0], n, parts);
    if (is_complex)
        y = tsr_apply(&c.formula, TSR_OP_JOIN, y, line_part(&c, a[1], b[1], n, parts));
    else if (array_kind_of(t) == KIND_INT)
        y = tsr_apply(&c.formula, TSR_OP_FLOOR, y);
    tsr_formula_output(&c.formula, array_cast(&c.formula, y, t));
    return array_call_make(&c, t, &(nd_shape){1, {n}});
}

/* ---- eye ---- */

nd_array nd_eye_(int64_t rows, const nd_eye_options *o)
{
    const nd_type     t = o->type ? o->type : TSR_F64;
    const nd_shape    shape = {2, {rows, o->columns ? o->columns : rows}};
    struct array_call c;
    array_element     k = {.i64 = o->diagonal};
    if (!array_is_type(t))
        return nd_empty_(t, shape, o->at);
    array_call_begin(&c, "eye", o->at);
    tsr_formula   *f = &c.formula;
    const tsr_term row =
        tsr_apply(f, TSR_OP_ADD, tsr_formula_index(f, 0), array_call_value(&c, TSR_I64, &k));
    const tsr_term is_one = tsr_apply(f, TSR_OP_EQUAL, row, tsr_formula_index(f, 1));
    tsr_formula_output(f, array_cast(f, is_one, t));
    return array_call_make(&c, t, &shape);
}
