/* array_move.c - elements copied, converted, chosen and put together.
 *
 * All of them are formulas of one step, so that they fuse with what is around them.
 *
 * Cost: one operation an array. Threads: the issuing thread. */
#include "array_build.h"

/* Issue: `to` gets the elements of `from`, stretched and converted. */
static tsr_status convert(nd_array to, nd_type to_type, nd_array from, nd_type from_type,
                          const char *name, tsr_site at)
{
    struct array_call c;
    array_call_begin(&c, name, at);
    const tsr_term x = array_call_store(&c, from, from_type);
    tsr_formula_output(&c.formula, from_type == to_type ? tsr_apply(&c.formula, TSR_OP_COPY, x)
                                                        : tsr_formula_cast(&c.formula, x, to_type));
    return array_call_issue(&c, to);
}

nd_array nd_astype_(nd_array a, nd_type type, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    const nd_array   out = nd_empty_(type, info.shape, at);
    const tsr_status s =
        array_is_type(type) ? convert(out, type, a, info.type, "astype", at) : TSR_OK;
    (void)s; /* `out` carries the cause */
    return out;
}

nd_array nd_copy_(nd_array a, tsr_site at)
{
    array_info info;
    nd_array   answer;
    return array_begin(a, &info, &answer, at) ? nd_astype_(a, info.type, at) : answer;
}

/* ---- assigning ---- */

/* numpy.ndarray.__setitem__ of an array: leading extents of 1 that `to` has not are dropped. */
static nd_array fitted(nd_array from, array_info *info, int rank, tsr_site at)
{
    nd_index index[TSR_MAX_RANK];
    int      drop = 0;
    while (info->shape.rank - drop > rank && info->shape.extent[drop] == 1)
        index[drop++] = (nd_index){ND_INDEX_AT, 0, 0, 0};
    if (drop == 0)
        return from;
    const nd_array less = array_apply(from, info, index, drop, at);
    return array_describe(less, info, at) == TSR_OK ? less : array_failed(at);
}

static nd_array assign_array(nd_array to, const array_info *info, nd_array from, tsr_site at)
{
    array_info source;
    nd_array   answer;
    if (!array_begin(from, &source, &answer, at))
        return answer;
    const nd_shape whole = source.shape;
    from = fitted(from, &source, info->shape.rank, at);
    nd_shape both = info->shape;
    if (!array_broadcast(&both, &source.shape) || !array_same_shape(&both, &info->shape))
        return ARRAY_FAIL(at, BAD_SHAPE,
                          "could not broadcast input array from shape %s into shape %s",
                          array_shape_text(&whole).text, array_shape_text(&info->shape).text);
    if (!array_same_shape(&source.shape, &info->shape)) /* a formula's shape is its inputs' */
        from = nd_broadcast_to_(from, info->shape, at);
    return convert(to, info->type, from, source.type, "assign", at) == TSR_OK ? to
                                                                              : array_failed(at);
}

nd_array nd_assign_(nd_array to, nd_operand from, tsr_site at)
{
    array_info    info;
    nd_array      answer;
    array_element e;
    struct array_call c;
    if (!array_begin(to, &info, &answer, at))
        return answer;
    if (from.kind == ND_OPERAND_ARRAY)
        return assign_array(to, &info, from.array, at);
    if (array_element_of(info.type, &from, &e, at) != TSR_OK)
        return array_failed(at);
    array_call_begin(&c, "assign", at); /* not a fill, which would end open groups of formulas */
    const tsr_term x = array_call_value(&c, info.type, &e);
    tsr_formula_output(&c.formula, tsr_apply(&c.formula, TSR_OP_COPY, x));
    return array_call_issue(&c, to) == TSR_OK ? to : array_failed(at);
}

/* ---- choosing ---- */

/* An operand as an input of the call, cast to `t`. */
static tsr_status add_operand(struct array_call *c, const nd_operand *x, const array_info *info,
                              nd_type t, tsr_term *out)
{
    array_element e;
    if (x->kind == ND_OPERAND_ARRAY) {
        *out = array_cast(&c->formula, array_call_store(c, x->array, info->type), t);
        return TSR_OK;
    }
    TSR_TRY(array_element_of(t, x, &e, c->at));
    *out = array_call_value(c, t, &e);
    return TSR_OK;
}

nd_array nd_where_(nd_array condition, nd_operand x, nd_operand y, tsr_site at)
{
    const nd_operand  side[2] = {x, y};
    array_info        test, info[2];
    nd_array          answer;
    struct array_call c;
    tsr_term          term[2] = {-1, -1};
    if (!array_begin(condition, &test, &answer, at))
        return answer;
    nd_shape shape = test.shape;
    for (int i = 0; i < 2; ++i) {
        if (side[i].kind != ND_OPERAND_ARRAY)
            continue;
        if (!array_begin(side[i].array, &info[i], &answer, at))
            return answer;
        const nd_shape was = shape;
        if (!array_broadcast(&shape, &info[i].shape))
            return ARRAY_FAIL(at, BAD_SHAPE, "%s and %s", array_shape_text(&was).text,
                              array_shape_text(&info[i].shape).text);
    }
    const nd_type t = array_result_type(side, info, 2);
    array_call_begin(&c, "where", at);
    const tsr_term chosen =
        array_cast(&c.formula, array_call_store(&c, condition, test.type), TSR_BOOL);
    for (int i = 0; i < 2; ++i)
        if (add_operand(&c, &side[i], &info[i], t, &term[i]) != TSR_OK)
            return array_failed(at);
    tsr_formula_output(&c.formula, tsr_apply(&c.formula, TSR_OP_SELECT, chosen, term[0], term[1]));
    return array_call_make(&c, t, &shape);
}

/* ---- parts of complex numbers ---- */

static nd_array part(nd_array a, tsr_op op, const char *name, tsr_site at)
{
    array_info        info;
    nd_array          answer;
    struct array_call c;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (array_kind_of(info.type) != KIND_COMPLEX)
        return op == TSR_OP_REAL ? array_alias(a, at)
                                 : nd_full_(info.type, info.shape, nd_operand_int(0), at);
    array_call_begin(&c, name, at);
    tsr_formula_output(
        &c.formula, tsr_formula_apply(&c.formula, op, array_call_store(&c, a, info.type), -1, -1));
    return array_call_make(&c, array_real_of(info.type), &info.shape);
}

nd_array nd_real_(nd_array a, tsr_site at)
{
    return part(a, TSR_OP_REAL, "real", at);
}

nd_array nd_imag_(nd_array a, tsr_site at)
{
    return part(a, TSR_OP_IMAG, "imag", at);
}

/* ---- putting together ---- */

/* What the arrays become: type, and shape with the extents along `axis` added up. */
static tsr_status joined(const nd_array *arrays, int n, int *axis, array_info *out, tsr_site at)
{
    array_info info;
    for (int i = 0; i < n; ++i) {
        TSR_TRY(array_describe(arrays[i], &info, at));
        if (info.is_failed)
            return array_status(arrays[i], "nd_concatenate()", at);
        if (i == 0) {
            *out = info;
            if (info.shape.rank == 0)
                return tsr_fail_(at, TSR_BAD_SHAPE,
                                 "zero-dimensional arrays cannot be concatenated");
            TSR_TRY(array_axis(*axis, info.shape.rank, axis, at));
            continue;
        }
        out->type = nd_promote_types(out->type, info.type);
        bool agrees = info.shape.rank == out->shape.rank;
        for (int d = 0; agrees && d < info.shape.rank; ++d)
            agrees = d == *axis || info.shape.extent[d] == out->shape.extent[d];
        if (!agrees)
            return tsr_fail_(at, TSR_BAD_SHAPE, "%s behind %s along axis %d",
                             array_shape_text(&info.shape).text, array_shape_text(&out->shape).text,
                             *axis);
        out->shape.extent[*axis] += info.shape.extent[*axis];
    }
    return TSR_OK;
}

nd_array nd_concatenate_(const nd_array *arrays, int n, int axis, tsr_site at)
{
    array_info whole, info;
    if (n < 1 || !arrays)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "need at least one array to concatenate");
    if (joined(arrays, n, &axis, &whole, at) != TSR_OK)
        return array_failed(at);
    const nd_array out = nd_empty_(whole.type, whole.shape, at);
    for (int64_t i = 0, low = 0; i < n; ++i) {
        if (array_describe(arrays[i], &info, at) != TSR_OK)
            return array_failed(at);
        const int64_t    high = low + info.shape.extent[axis];
        const tsr_store  piece = tsr_slice_(nd_store(out), axis, low, high, 1, at);
        const tsr_status s =
            convert(nd_from_store(piece), whole.type, arrays[i], info.type, "concatenate", at);
        tsr_store_release_(piece, at);
        if (s != TSR_OK)
            return array_failed(at);
        low = high;
    }
    return out;
}

nd_array nd_stack_(const nd_array *arrays, int n, int axis, tsr_site at)
{
    enum { MOST = 64 };
    nd_array   wide[MOST];
    array_info info, first;
    if (n < 1 || !arrays)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "need at least one array to stack");
    if (n > MOST)
        return ARRAY_FAIL(at, UNSUPPORTED, "%d arrays stacked at once; %d may be", n, MOST);
    for (int i = 0; i < n; ++i) {
        if (!array_begin(arrays[i], &info, &wide[0], at))
            return wide[0];
        first = i == 0 ? info : first;
        if (!array_same_shape(&info.shape, &first.shape))
            return ARRAY_FAIL(at, BAD_SHAPE, "all input arrays must have the same shape: %s and %s",
                              array_shape_text(&first.shape).text,
                              array_shape_text(&info.shape).text);
    }
    if (array_axis(axis, first.shape.rank + 1, &axis, at) != TSR_OK)
        return array_failed(at);
    for (int i = 0; i < n; ++i)
        wide[i] = nd_expand_dims_(arrays[i], axis, at);
    const nd_array out = nd_concatenate_(wide, n, axis, at);
    for (int i = 0; i < n; ++i)
        tsr_store_release_(nd_store(wide[i]), at);
    return out;
}
