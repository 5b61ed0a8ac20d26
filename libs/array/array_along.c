/* array_along.c - elements by an array of indices along an axis, each in a line of its own.
 *
 * As numpy.take_along_axis does it: the other axes are indexed by their own places, and the whole
 * is nd_get or nd_set.
 *
 * Cost: that of nd_get and nd_set, a table of as many columns as there are dimensions. Threads:
 * the issuing thread. */
#include "array_inside.h"

/* A call under way: what is indexed, and by what. */
struct along {
    nd_array a;
    int      rank;
    nd_array index[TSR_MAX_RANK];
    tsr_site at;
};

/* 0, 1, 2, ... along dimension `d` of as many as there are. */
static nd_array places(const nd_shape *shape, int d, tsr_site at)
{
    const nd_create_options plain = {.size = sizeof plain, .at = at};
    const nd_operand        extent = nd_operand_int(shape->extent[d]);
    nd_shape                lying = {.rank = shape->rank};
    for (int k = 0; k < shape->rank; ++k)
        lying.extent[k] = k == d ? shape->extent[k] : 1;
    return nd_reshape_(nd_arange_(nd_operand_int(0), extent, nd_operand_int(1), &plain), lying, at);
}

/* Fails: as numpy refuses the indices. */
static tsr_status along_begin(struct along *g, const array_info *info, nd_array indices,
                              const array_info *of_indices, const nd_axes *axes)
{
    nd_shape shape = info->shape;
    int      axis = 0;
    if (array_kind_of(of_indices->type) != KIND_INT)
        return tsr_fail_(g->at, TSR_BAD_TYPE, "indices must be integers, not %s",
                         nd_type_name(of_indices->type));
    if (axes->n < 0 || axes->n > 1)
        return tsr_fail_(g->at, TSR_BAD_ARGUMENT, "along one axis, or all; %d are given", axes->n);
    if (axes->n == 0) {
        shape = (nd_shape){1, {array_volume(&info->shape)}};
        g->a = nd_reshape_(g->a, shape, g->at);
    } else
        TSR_TRY(array_axis(axes->axis[0], shape.rank, &axis, g->at));
    if (of_indices->shape.rank != shape.rank)
        return tsr_fail_(g->at, TSR_BAD_SHAPE,
                         "indices have shape %s; they are to have %d dimensions%s",
                         array_shape_text(&of_indices->shape).text, shape.rank,
                         axes->n == 0 ? ", where no axis is given" : ", as the array has");
    g->rank = shape.rank;
    for (int d = 0; d < g->rank; ++d)
        g->index[d] = d == axis ? indices : places(&shape, d, g->at);
    return TSR_OK;
}

static nd_array take_along(nd_array a, nd_array indices, const nd_along_options *o)
{
    array_info   info, of_indices;
    nd_array     answer;
    struct along g = {.a = a, .at = o->at};
    if (!array_begin(a, &info, &answer, o->at) ||
        !array_begin(indices, &of_indices, &answer, o->at))
        return answer;
    if (along_begin(&g, &info, indices, &of_indices, &o->axes) != TSR_OK)
        return array_failed(o->at);
    return nd_get_(g.a, g.index, g.rank, o->at);
}

nd_array nd_take_along_axis_(nd_array a, nd_array indices, const nd_along_options *o)
{
    ND_SCOPE();
    return nd_keep_(take_along(a, indices, o), o->at);
}

/* Values written to the elements of `a`, all of them in C order. */
static nd_array put_flat(const struct along *g, nd_array a, nd_array indices, const nd_shape *shape,
                         nd_operand values)
{
    const nd_put_options how = {.size = sizeof how, .at = g->at};
    array_info           info;
    nd_array             answer;
    if (values.kind == ND_OPERAND_ARRAY) { /* it stretches, where nd_put would repeat it */
        if (!array_begin(values.array, &info, &answer, g->at))
            return answer;
        values.array = nd_broadcast_to_(values.array, *shape, g->at);
    }
    return nd_put_(a, indices, values, &how);
}

static nd_array put_along(nd_array a, nd_array indices, nd_operand values,
                          const nd_along_options *o)
{
    array_info   info, of_indices;
    nd_array     answer;
    struct along g = {.a = a, .at = o->at};
    if (!array_begin(a, &info, &answer, o->at) ||
        !array_begin(indices, &of_indices, &answer, o->at))
        return answer;
    if (along_begin(&g, &info, indices, &of_indices, &o->axes) != TSR_OK)
        return array_failed(o->at);
    return o->axes.n == 0 ? put_flat(&g, a, indices, &of_indices.shape, values)
                          : nd_set_(a, values, g.index, g.rank, o->at);
}

nd_array nd_put_along_axis_(nd_array a, nd_array indices, nd_operand values,
                            const nd_along_options *o)
{
    ND_SCOPE();
    const nd_array answer = put_along(a, indices, values, o);
    return answer.id == a.id ? a : nd_keep_(answer, o->at);
}
