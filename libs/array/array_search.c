/* array_search.c - where values belong in a sorted array.
 *
 * Cost: O(values log n). Threads: the issuing thread; bodies any. */
#include <tessera/array_sort.h>

#include "array_sort.h"

enum { PLACES, SORTED, VALUES, RIGHT };

/* How many elements are less than `key`, or not greater where `with_equal`. */
static int64_t count_below(const tsr_raw_window *w, uint64_t key, bool with_equal)
{
    const int64_t step = w->stride[0] * (int64_t)tsr_type_size(w->type);
    int64_t       low = w->low[0], high = w->high[0];
    while (low < high) {
        const int64_t  middle = low + (high - low) / 2;
        const uint64_t at = array_key(w->type, w->origin + middle * step, true);
        if (at < key || (with_equal && at == key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static tsr_status search_body(const tsr_task_context *t)
{
    const tsr_out_i64_1d places = tsr_out_i64_1d_of(t, PLACES);
    const tsr_raw_window sorted = tsr_raw_window_of(t, SORTED),
                         values = tsr_raw_window_of(t, VALUES);
    const bool    is_right = tsr_i64_of(t, RIGHT) != 0;
    const int64_t step = values.stride[0] * (int64_t)tsr_type_size(values.type);
    TSR_FOR_1D(i, places.box)
        places.origin[i * places.stride[0]] =
            count_below(&sorted, array_key(values.type, values.origin + i * step, true), is_right);
    return TSR_OK;
}

static const tsr_task_desc search_task = {
    .name = "array.searchsorted",
    .args = {[PLACES] = {TSR_WRITE, TSR_I64, 1, "places"},
             [SORTED] = {TSR_READ, TSR_TYPE_ANY, 1, "sorted"},
             [VALUES] = {TSR_READ, TSR_TYPE_ANY, 1, "values"},
             [RIGHT] = {TSR_SCALAR, TSR_I64, .name = "right"}},
    .constraints = {TSR_BROADCAST(SORTED), TSR_ALIGN(VALUES, PLACES)},
    .variants = {[TSR_CPU] = {.body = search_body}},
    .pure = true,
    .work = 32,
};

/* A number as an array of the type that it has beside `a`. */
static nd_array number_array(nd_operand x, const array_info *a, tsr_site at)
{
    const nd_operand both[2] = {nd_operand_array((nd_array){0}), x};
    const nd_type    t = array_result_type(both, a, 2);
    return nd_full_(t, (nd_shape){0, {0}}, x, at);
}

static nd_array search(nd_array a, nd_operand values, const nd_search_options *o)
{
    array_info     info, of_values;
    nd_array       answer;
    const tsr_site at = o->at;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    nd_array v = values.kind == ND_OPERAND_ARRAY ? values.array : number_array(values, &info, at);
    if (!array_begin(v, &of_values, &answer, at))
        return answer;
    if (info.shape.rank != 1)
        return ARRAY_FAIL(at, BAD_SHAPE, "object too deep for desired array: %s",
                          array_shape_text(&info.shape).text);
    const nd_type t = nd_promote_types(info.type, of_values.type);
    if (array_kind_of(t) == KIND_COMPLEX)
        return ARRAY_FAIL(at, BAD_TYPE, "searchsorted takes no %s", nd_type_name(t));
    const nd_shape shape = of_values.shape;
    const int64_t  n = array_volume(&shape);
    if (n == 0 || info.shape.extent[0] == 0)
        return nd_full_(TSR_I64, shape, nd_operand_int(0), at);
    a = info.type == t ? a : nd_astype_(a, t, at);
    v = of_values.type == t ? v : nd_astype_(v, t, at);
    v = shape.rank == 1 ? v : nd_reshape_(v, (nd_shape){1, {n}}, at);
    const nd_array   out = nd_empty_(TSR_I64, (nd_shape){1, {n}}, at);
    const tsr_arg    arg[] = {[PLACES] = tsr_arg_store(nd_store(out)),
                              [SORTED] = tsr_arg_store(nd_store(a)),
                              [VALUES] = tsr_arg_store(nd_store(v)),
                              [RIGHT] = tsr_arg_i64(o->right)};
    const tsr_status s =
        tsr_issue_(&search_task, arg, 4, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    return nd_reshape_(out, shape, at);
}

nd_array nd_searchsorted_(nd_array a, nd_operand values, const nd_search_options *o)
{
    ND_SCOPE();
    return nd_keep_(search(a, values, o), o->at);
}
