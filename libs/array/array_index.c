/* array_index.c - indexing by arrays: the calls.
 *
 * What a call makes on its way lives in a scope of its own. Masks become arrays of indices, but
 * where a mask stands alone: then elements are chosen in one pass, and a number is written where it
 * is true. Arrays of indices are broadcast together and laid out as columns of one table
 * (array_pick.c), for the first dimensions of the array.
 *
 * Cost: O(indices). Threads: the issuing thread. */
#include "array_build.h"
#include "array_index.h"

/* A call's indices: arrays of integers, each for one dimension, from the first on. */
struct indices {
    int        n;
    nd_array   of[TSR_MAX_RANK];
    array_info info[TSR_MAX_RANK];
    nd_shape   shape; /* what they broadcast to */
};

static nd_array as_bool(nd_array a, const array_info *info, tsr_site at)
{
    return info->type == TSR_BOOL ? a : nd_astype_(a, TSR_BOOL, at);
}

/* An array without dimensions as one of one element. */
static nd_array at_least_1d(nd_array a, array_info *info, tsr_site at)
{
    if (info->shape.rank > 0)
        return a;
    info->shape = (nd_shape){1, {1}};
    return nd_expand_dims_(a, 0, at);
}

/* Elements in one dimension; an array that has one is itself. */
static nd_array flat_of(nd_array a, const array_info *info, tsr_site at)
{
    return info->shape.rank == 1 ? a : nd_ravel_(a, at);
}

/* Described, for a call that answers with a status. */
static tsr_status look_at(nd_array a, array_info *out, const char *what, tsr_site at)
{
    TSR_TRY(array_describe(a, out, at));
    if (out->is_failed)
        return array_status(a, what, at);
    return array_is_type(out->type) ? TSR_OK
                                    : tsr_fail_(at, TSR_BAD_TYPE, "elements of %s are no numbers",
                                                tsr_type_name(out->type));
}

/* ---- indices of a call ---- */

static tsr_status indices_room(const struct indices *all, int more, int rank, tsr_site at)
{
    return all->n + more <= rank
               ? TSR_OK
               : tsr_fail_(at, TSR_BAD_ARGUMENT,
                           "too many indices: the array has %d dimensions, but %d were indexed",
                           rank, all->n + more);
}

/* The extents of a mask are those of the dimensions from `first` on. */
static tsr_status mask_fits(const nd_shape *mask, const nd_shape *a, int first, tsr_site at)
{
    for (int d = 0; d < mask->rank; ++d)
        if (mask->extent[d] != a->extent[first + d])
            return tsr_fail_(at, TSR_BAD_SHAPE,
                             "boolean index did not match indexed array along axis %d; size of "
                             "axis is %lld but size of corresponding boolean axis is %lld",
                             first + d, (long long)a->extent[first + d],
                             (long long)mask->extent[d]);
    return TSR_OK;
}

static tsr_status add_mask(struct indices *all, nd_array mask, const array_info *info,
                           const nd_shape *a, tsr_site at)
{
    array_info of_rows;
    if (info->shape.rank == 0)
        return tsr_fail_(at, TSR_UNSUPPORTED, "a mask without dimensions among other indices");
    TSR_TRY(indices_room(all, info->shape.rank, a->rank, at));
    TSR_TRY(mask_fits(&info->shape, a, all->n, at));
    const nd_array rows = array_where_true(mask, info, false, at);
    TSR_TRY(array_describe(rows, &of_rows, at));
    for (int d = 0; d < info->shape.rank; ++d) {
        all->info[all->n] = of_rows;
        all->info[all->n].shape.rank = 1;
        all->of[all->n++] = nd_from_store(tsr_project_(nd_store(rows), 1, d, at));
    }
    return TSR_OK;
}

static tsr_status indices_read(struct indices *all, const nd_array *index, int n, const nd_shape *a,
                               tsr_site at)
{
    array_info info;
    if (n < 1 || !index)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "%d arrays of indices", n);
    for (int i = 0; i < n; ++i) {
        TSR_TRY(look_at(index[i], &info, "an index", at));
        if (info.type == TSR_BOOL) {
            TSR_TRY(add_mask(all, index[i], &info, a, at));
            continue;
        }
        if (array_kind_of(info.type) != KIND_INT)
            return tsr_fail_(at, TSR_BAD_TYPE,
                             "arrays used as indices must be of integer (or boolean) type, not %s",
                             nd_type_name(info.type));
        TSR_TRY(indices_room(all, 1, a->rank, at));
        all->info[all->n] = info;
        all->of[all->n++] = index[i];
    }
    all->shape = all->info[0].shape;
    for (int i = 1; i < all->n; ++i) {
        const nd_shape was = all->shape;
        if (!array_broadcast(&all->shape, &all->info[i].shape))
            return tsr_fail_(at, TSR_BAD_SHAPE,
                             "shape mismatch: indexing arrays could not be broadcast together "
                             "with shapes %s %s",
                             array_shape_text(&was).text,
                             array_shape_text(&all->info[i].shape).text);
    }
    return TSR_OK;
}

/* The table of the points that they name. */
static tsr_status indices_table(const struct indices *all, nd_array a, const array_info *info,
                                struct array_picked *out, tsr_site at)
{
    TSR_TRY(array_pick_begin(out, a, info, all->n, array_volume(&all->shape), at));
    for (int i = 0; i < all->n; ++i) {
        const tsr_store whole =
            array_stretch(nd_store(all->of[i]), &all->info[i].shape, &all->shape, at);
        const array_info of_whole = {.type = all->info[i].type, .shape = all->shape};
        TSR_TRY(array_pick_column(out, flat_of(nd_from_store(whole), &of_whole, at), i, i, false,
                                  ND_INDEX_RAISE));
    }
    return TSR_OK;
}

/* The shape that points of shape `points` give: them, then the dimensions behind the first k. */
static tsr_status result_shape(const nd_shape *points, const nd_shape *a, int k, nd_shape *out,
                               tsr_site at)
{
    if (points->rank + a->rank - k > TSR_MAX_RANK)
        return tsr_fail_(at, TSR_BAD_SHAPE, "%d dimensions; %d may be", points->rank + a->rank - k,
                         TSR_MAX_RANK);
    *out = *points;
    for (int d = k; d < a->rank; ++d)
        out->extent[out->rank++] = a->extent[d];
    return TSR_OK;
}

/* ---- a[i, j, ...] ---- */

static bool is_mask_alone(const nd_array *index, int n, array_info *out, tsr_site at)
{
    return n == 1 && index && array_describe(index[0], out, at) == TSR_OK && !out->is_failed &&
           out->type == TSR_BOOL;
}

static nd_array get_by_mask(nd_array a, array_info *info, nd_array mask, array_info *of_mask,
                            tsr_site at)
{
    if (of_mask->shape.rank == 0) { /* one more dimension, of extent 0 or 1 */
        mask = at_least_1d(mask, of_mask, at);
        a = nd_expand_dims_(a, 0, at);
        if (array_describe(a, info, at) != TSR_OK || info->is_failed)
            return info->is_failed ? a : array_failed(at);
    }
    const struct indices none = {0};
    if (indices_room(&none, of_mask->shape.rank, info->shape.rank, at) != TSR_OK ||
        mask_fits(&of_mask->shape, &info->shape, 0, at) != TSR_OK)
        return array_failed(at);
    return array_select(a, info, mask, at);
}

static nd_array get(nd_array a, const nd_array *index, int n, tsr_site at)
{
    array_info          info, of_mask;
    nd_array            answer;
    struct indices      all = {0};
    struct array_picked points;
    nd_shape            shape;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (is_mask_alone(index, n, &of_mask, at))
        return get_by_mask(a, &info, index[0], &of_mask, at);
    if (indices_read(&all, index, n, &info.shape, at) != TSR_OK ||
        result_shape(&all.shape, &info.shape, all.n, &shape, at) != TSR_OK ||
        indices_table(&all, a, &info, &points, at) != TSR_OK)
        return array_failed(at);
    return nd_reshape_(array_pick_read(&points), shape, at);
}

nd_array nd_get_(nd_array a, const nd_array *index, int n, tsr_site at)
{
    ND_SCOPE();
    return nd_keep_(get(a, index, n, at), at);
}

/* ---- a[i, j, ...] = value ---- */

/* The value as an array of `t`; `out` describes it. */
static tsr_status value_array(nd_operand value, nd_type t, nd_array *out, array_info *info,
                              tsr_site at)
{
    array_element e;
    if (value.kind != ND_OPERAND_ARRAY) {
        TSR_TRY(array_element_of(t, &value, &e, at));
        *info = (array_info){.type = t};
        *out = nd_from_store(tsr_store_filled_(t, info->shape, e.bytes, at));
        return TSR_OK;
    }
    TSR_TRY(look_at(value.array, info, "what is to be written", at));
    *out = info->type == t ? value.array : nd_astype_(value.array, t, at);
    info->type = t;
    return TSR_OK;
}

/* Leading extents of 1 that are too many go, as in numpy.ndarray.__setitem__. */
static nd_array ones_dropped(nd_array v, array_info *info, int rank, tsr_site at)
{
    while (info->shape.rank > rank && info->shape.extent[0] == 1) {
        v = nd_from_store(tsr_project_(nd_store(v), 0, 0, at));
        --info->shape.rank;
        for (int d = 0; d < info->shape.rank; ++d)
            info->shape.extent[d] = info->shape.extent[d + 1];
    }
    return v;
}

/* The value stretched to `shape`, its points in one dimension. */
static tsr_status value_fitted(nd_operand value, nd_type t, const nd_shape *shape, int n_points,
                               nd_array *out, tsr_site at)
{
    array_info info;
    nd_array   v;
    nd_shape   both = *shape, rows = {1, {1}};
    TSR_TRY(value_array(value, t, &v, &info, at));
    const nd_shape was = info.shape;
    v = ones_dropped(v, &info, shape->rank, at);
    if (!array_broadcast(&both, &info.shape) || !array_same_shape(&both, shape))
        return tsr_fail_(at, TSR_BAD_SHAPE,
                         "shape mismatch: value array of shape %s could not be broadcast to "
                         "indexing result of shape %s",
                         array_shape_text(&was).text, array_shape_text(shape).text);
    *out = nd_from_store(array_stretch(nd_store(v), &info.shape, shape, at));
    if (n_points == 1)
        return TSR_OK;
    for (int d = 0; d < n_points; ++d)
        rows.extent[0] *= shape->extent[d];
    for (int d = n_points; d < shape->rank; ++d)
        rows.extent[rows.rank++] = shape->extent[d];
    *out = nd_reshape_(*out, rows, at);
    return TSR_OK;
}

/* Write a value of one element where a mask is true: a formula. */
static tsr_status set_by_mask(nd_array a, const array_info *info, nd_operand value, nd_array mask,
                              const array_info *of_mask, tsr_site at)
{
    struct array_call c;
    array_element     e;
    array_info        of_value = {.type = info->type};
    nd_array          single = {0};
    TSR_TRY(mask_fits(&of_mask->shape, &info->shape, 0, at));
    for (int d = of_mask->shape.rank; d < info->shape.rank; ++d)
        mask = nd_expand_dims_(mask, d, at);
    if (value.kind == ND_OPERAND_ARRAY) {
        TSR_TRY(array_describe(value.array, &of_value, at));
        single = nd_reshape_(value.array, (nd_shape){0, {0}}, at);
    } else
        TSR_TRY(array_element_of(info->type, &value, &e, at));
    array_call_begin(&c, "set", at);
    tsr_formula   *f = &c.formula;
    const tsr_term old = array_call_store(&c, a, info->type);
    const tsr_term is = array_call_store(&c, mask, TSR_BOOL);
    const tsr_term now = single.id ? array_call_store(&c, single, of_value.type)
                                   : array_call_value(&c, info->type, &e);
    tsr_formula_output(f, tsr_apply(f, TSR_OP_SELECT, is, array_cast(f, now, info->type), old));
    return array_call_issue(&c, a);
}

/* Whether a value is one element, of no more dimensions than there are rows for. */
static bool is_single(nd_operand value, tsr_site at)
{
    array_info info;
    return value.kind != ND_OPERAND_ARRAY ||
           (array_describe(value.array, &info, at) == TSR_OK && !info.is_failed &&
            array_is_type(info.type) && array_volume(&info.shape) == 1);
}

static tsr_status set(nd_array a, nd_operand value, const nd_array *index, int n, tsr_site at)
{
    array_info          info, of_mask;
    struct indices      all = {0};
    struct array_picked points;
    nd_shape            shape;
    nd_array            v;
    TSR_TRY(look_at(a, &info, "nd_set()", at));
    if (is_mask_alone(index, n, &of_mask, at) && of_mask.shape.rank <= info.shape.rank &&
        is_single(value, at))
        return set_by_mask(a, &info, value, index[0], &of_mask, at);
    TSR_TRY(indices_read(&all, index, n, &info.shape, at));
    TSR_TRY(result_shape(&all.shape, &info.shape, all.n, &shape, at));
    TSR_TRY(value_fitted(value, info.type, &shape, all.shape.rank, &v, at));
    TSR_TRY(indices_table(&all, a, &info, &points, at));
    return array_pick_write(&points, v);
}

nd_array nd_set_(nd_array a, nd_operand value, const nd_array *index, int n, tsr_site at)
{
    tsr_status s;
    {
        ND_SCOPE();
        s = set(a, value, index, n, at);
    }
    return s == TSR_OK ? a : array_failed(at);
}

/* ---- along an axis, or in C order ---- */

static tsr_status index_check(nd_array indices, array_info *out, tsr_site at)
{
    TSR_TRY(look_at(indices, out, "an index", at));
    return array_kind_of(out->type) == KIND_INT
               ? TSR_OK
               : tsr_fail_(at, TSR_BAD_TYPE, "indices must be integers, not %s",
                           nd_type_name(out->type));
}

/* The axis of the options, or none: of all elements in C order. */
static tsr_status axis_read(const nd_axes *axes, int rank, int *out, bool *out_flat, tsr_site at)
{
    *out = 0;
    *out_flat = axes->n == 0;
    if (axes->n < 0 || axes->n > 1)
        return tsr_fail_(at, TSR_BAD_ARGUMENT, "along one axis, or all; %d are given", axes->n);
    return *out_flat ? TSR_OK : array_axis(axes->axis[0], rank, out, at);
}

/* Points of all elements, counted in C order. */
static tsr_status flat_table(nd_array a, const array_info *info, nd_array indices,
                             const array_info *of_indices, nd_index_mode mode,
                             struct array_picked *out, tsr_site at)
{
    const nd_array flat = flat_of(indices, of_indices, at);
    TSR_TRY(array_pick_begin(out, a, info, info->shape.rank, array_volume(&of_indices->shape), at));
    for (int d = 0; d < info->shape.rank; ++d)
        TSR_TRY(array_pick_column(out, flat, d, -1, true, mode));
    return TSR_OK;
}

/* The dimensions that replaced the first, `n` of them, moved behind `before` others. */
static nd_array moved_back(nd_array a, int n, int before, int rank, tsr_site at)
{
    int order[TSR_MAX_RANK];
    for (int d = 0; d < rank; ++d)
        order[d] = d < before ? n + d : d < before + n ? d - before : d;
    return before == 0 || rank == 0 ? a : nd_transpose_(a, order, rank, at);
}

static nd_array take(nd_array a, nd_array indices, const nd_take_options *o)
{
    array_info          info, of_indices;
    nd_array            answer;
    struct array_picked points;
    nd_shape            shape;
    int                 axis;
    bool                is_flat;
    const tsr_site      at = o->at;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    if (index_check(indices, &of_indices, at) != TSR_OK ||
        axis_read(&o->axes, info.shape.rank, &axis, &is_flat, at) != TSR_OK)
        return array_failed(at);
    if (is_flat) {
        a = at_least_1d(a, &info, at);
        if (flat_table(a, &info, indices, &of_indices, o->mode, &points, at) != TSR_OK)
            return array_failed(at);
        return nd_reshape_(array_pick_read(&points), of_indices.shape, at);
    }
    const int rank = info.shape.rank;
    a = nd_moveaxis_(a, axis, 0, at);
    if (array_describe(a, &info, at) != TSR_OK ||
        result_shape(&of_indices.shape, &info.shape, 1, &shape, at) != TSR_OK ||
        array_pick_begin(&points, a, &info, 1, array_volume(&of_indices.shape), at) != TSR_OK ||
        array_pick_column(&points, flat_of(indices, &of_indices, at), 0, axis, false, o->mode) !=
            TSR_OK)
        return array_failed(at);
    const nd_array found = nd_reshape_(array_pick_read(&points), shape, at);
    return moved_back(found, of_indices.shape.rank, axis, rank - 1 + of_indices.shape.rank, at);
}

nd_array nd_take_(nd_array a, nd_array indices, const nd_take_options *o)
{
    ND_SCOPE();
    return nd_keep_(take(a, indices, o), o->at);
}

/* `values` in one dimension, `n` of them: repeated, or as many as are wanted. */
static tsr_status values_cycled(nd_operand value, nd_type t, int64_t n, nd_array *out, tsr_site at)
{
    array_info info;
    TSR_TRY(value_array(value, t, out, &info, at));
    *out = at_least_1d(*out, &info, at);
    *out = flat_of(*out, &info, at);
    const int64_t has = array_volume(&info.shape);
    if (has == 1)
        *out = nd_broadcast_to_(*out, (nd_shape){1, {n}}, at);
    else if (has >= n)
        *out = nd_slice_(*out, &(nd_index){ND_INDEX_RANGE, 0, n, 1}, 1, at);
    else if (has > 0)
        *out = nd_take_(*out, nd_arange(0, n, 1),
                        &(nd_take_options){sizeof(nd_take_options), at, {0}, ND_INDEX_WRAP});
    return TSR_OK;
}

static tsr_status put(nd_array a, nd_array indices, nd_operand values, const nd_put_options *o)
{
    array_info          info, of_indices, of_values;
    struct array_picked points;
    nd_array            v;
    TSR_TRY(look_at(a, &info, "nd_put()", o->at));
    TSR_TRY(index_check(indices, &of_indices, o->at));
    if (info.shape.rank == 0)
        return tsr_fail_(o->at, TSR_UNSUPPORTED, "nd_put() into an array without dimensions");
    TSR_TRY(values_cycled(values, info.type, array_volume(&of_indices.shape), &v, o->at));
    TSR_TRY(look_at(v, &of_values, "nd_put()", o->at));
    if (array_volume(&of_values.shape) == 0)
        return TSR_OK; /* NumPy: nothing is written */
    TSR_TRY(flat_table(a, &info, indices, &of_indices, o->mode, &points, o->at));
    return array_pick_write(&points, v);
}

nd_array nd_put_(nd_array a, nd_array indices, nd_operand values, const nd_put_options *o)
{
    tsr_status s;
    {
        ND_SCOPE();
        s = put(a, indices, values, o);
    }
    return s == TSR_OK ? a : array_failed(o->at);
}

/* ---- by conditions ---- */

static nd_array argwhere(nd_array a, bool is_flat, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(a, &info, &answer, at))
        return answer;
    const bool     is_single_element = info.shape.rank == 0;
    const nd_array mask = at_least_1d(as_bool(a, &info, at), &info, at);
    const nd_array rows = array_where_true(mask, &info, is_flat, at);
    if (!is_single_element || is_flat)
        return rows;
    return nd_slice_(
        rows, (nd_index[]){{ND_INDEX_RANGE, ND_END, ND_END, 1}, {ND_INDEX_RANGE, 0, 0, 1}}, 2, at);
}

nd_array nd_argwhere_(nd_array a, tsr_site at)
{
    ND_SCOPE();
    return nd_keep_(argwhere(a, false, at), at);
}

nd_array nd_flatnonzero_(nd_array a, tsr_site at)
{
    ND_SCOPE();
    return nd_keep_(argwhere(a, true, at), at);
}

tsr_status nd_nonzero_(nd_array a, nd_array *out, tsr_site at)
{
    array_info info;
    ND_SCOPE();
    TSR_TRY(look_at(a, &info, "nd_nonzero()", at));
    if (info.shape.rank == 0)
        return tsr_fail_(at, TSR_BAD_SHAPE, "nd_nonzero() of an array without dimensions");
    const nd_array rows = argwhere(a, false, at);
    for (int d = 0; d < info.shape.rank; ++d)
        out[d] = nd_keep_(nd_from_store(tsr_project_(nd_store(rows), 1, d, at)), at);
    return TSR_OK;
}

static nd_array compress(nd_array condition, nd_array a, const nd_take_options *o)
{
    array_info info, test;
    nd_array   answer;
    int        axis;
    bool       is_flat;
    if (!array_begin(a, &info, &answer, o->at) || !array_begin(condition, &test, &answer, o->at))
        return answer;
    if (axis_read(&o->axes, info.shape.rank, &axis, &is_flat, o->at) != TSR_OK)
        return array_failed(o->at);
    if (test.shape.rank != 1)
        return ARRAY_FAIL(o->at, BAD_SHAPE, "condition must be a 1-d array, not of shape %s",
                          array_shape_text(&test.shape).text);
    a = is_flat ? nd_ravel_(a, o->at) : nd_moveaxis_(a, axis, 0, o->at);
    if (array_describe(a, &info, o->at) != TSR_OK)
        return array_failed(o->at);
    if (test.shape.extent[0] > info.shape.extent[0])
        return ARRAY_FAIL(o->at, BAD_ARGUMENT,
                          "a condition of %lld elements along an axis of size %lld",
                          (long long)test.shape.extent[0], (long long)info.shape.extent[0]);
    a = nd_slice_(a, &(nd_index){ND_INDEX_RANGE, 0, test.shape.extent[0], 1}, 1, o->at);
    info.shape.extent[0] = test.shape.extent[0];
    const nd_array found = array_select(a, &info, as_bool(condition, &test, o->at), o->at);
    return moved_back(found, 1, is_flat ? 0 : axis, info.shape.rank, o->at);
}

nd_array nd_compress_(nd_array condition, nd_array a, const nd_take_options *o)
{
    ND_SCOPE();
    return nd_keep_(compress(condition, a, o), o->at);
}

nd_array nd_extract_(nd_array condition, nd_array a, tsr_site at)
{
    array_info test;
    nd_array   answer;
    ND_SCOPE();
    if (!array_begin(condition, &test, &answer, at))
        return nd_keep_(answer, at);
    const nd_take_options o = {sizeof o, at, {0}, ND_INDEX_RAISE};
    return nd_keep_(compress(flat_of(condition, &test, at), a, &o), at);
}
