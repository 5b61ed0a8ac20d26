/* array_unique.c - the different elements of an array, and what goes with them.
 *
 * In sorted elements the first of each kind is one that is not as the one before it. Where only
 * the elements are asked for, sorting moves them; else the order is found, which keeps equal
 * elements as they stood, and what is told of each kind follows from where it begins.
 *
 * Cost: that of sorting, O(n log n) for the inverse. Threads: the issuing thread; bodies any. */
#include <tessera/array_create.h>
#include <tessera/array_index.h>
#include <tessera/array_move.h>
#include <tessera/array_sort.h>
#include <tessera/array_view.h>

#include "array_sort.h"

enum { FIRSTS, ELEMENTS, BEFORE };

/* As numpy.unique: complex numbers with a NaN anywhere are one. */
static bool is_same(nd_type t, const char *x, const char *y)
{
    const int last = array_key_count(t) - 1;
    if (last > 0 && array_key_part(t, x, last) && array_key_part(t, y, last))
        return true;
    for (int which = 0; which < array_key_count(t); ++which)
        if (array_key_part(t, x, which) != array_key_part(t, y, which))
            return false;
    return true;
}

/* The elements that are not as the one before them, or their places. */
static tsr_status firsts_write(const tsr_task_context *t, bool as_places)
{
    const tsr_raw_window in = tsr_raw_window_of(t, ELEMENTS), before = tsr_raw_window_of(t, BEFORE);
    const int64_t        bytes = (int64_t)tsr_type_size(in.type);
    int64_t              n = 0;
    for (int pass = 0; pass < 2; ++pass) {
        char *to = pass ? tsr_unbound_output(t, FIRSTS, n) : NULL;
        if (pass && !to)
            return TSR_NO_MEMORY;
        for (int64_t i = in.low[0]; i < in.high[0]; ++i) {
            const char *e = in.origin + i * in.stride[0] * bytes;
            if (i > 0 && is_same(in.type, e, before.origin + (i - 1) * before.stride[0] * bytes))
                continue;
            n += !pass;
            if (!pass)
                continue;
            memcpy(to, as_places ? (const char *)&i : e, as_places ? sizeof i : (size_t)bytes);
            to += as_places ? (int64_t)sizeof i : bytes;
        }
    }
    return TSR_OK;
}

static tsr_status firsts_body(const tsr_task_context *t)
{
    return firsts_write(t, false);
}

static tsr_status places_body(const tsr_task_context *t)
{
    return firsts_write(t, true);
}

#define FIRSTS_TASK(with_body)                                                                     \
    {                                                                                              \
        .name = "array.unique",                                                                    \
        .args = {[FIRSTS] = {TSR_WRITE, TSR_TYPE_ANY, .name = "different"},                        \
                 [ELEMENTS] = {TSR_READ, TSR_TYPE_ANY, 1, "sorted"},                               \
                 [BEFORE] = {TSR_READ, TSR_TYPE_ANY, 1, "sorted"}},                                \
        .constraints = {TSR_HALO(BEFORE, ELEMENTS, .low = {1})},                                   \
        .variants = {[TSR_CPU] = {.body = (with_body)}},                                           \
    }
static const tsr_task_desc firsts_task = FIRSTS_TASK(firsts_body);
static const tsr_task_desc places_task = FIRSTS_TASK(places_body);

static nd_array firsts_of(nd_array sorted, nd_type type, const tsr_task_desc *task, tsr_site at)
{
    const tsr_store  out = tsr_store_unbound_(type, (nd_shape){1, {0}}, at);
    const tsr_arg    arg[] = {[FIRSTS] = tsr_arg_store(out),
                              [ELEMENTS] = tsr_arg_store(nd_store(sorted)),
                              [BEFORE] = tsr_arg_store(nd_store(sorted))};
    const tsr_status s =
        tsr_issue_(task, arg, 3, &(tsr_launch){.size = sizeof(tsr_launch), .at = at});
    (void)s; /* `out` carries the cause */
    return nd_from_store(out);
}

/* What is told of the elements, one row of places and numbers each. */
struct told {
    nd_array unique, index, inverse, counts;
};

/* How many of each: from where it begins to where the next does. */
static nd_array counts_of(nd_array places, int64_t n, tsr_site at)
{
    const nd_call_options call = {.size = sizeof call, .at = at};
    const nd_index        behind = {ND_INDEX_RANGE, 1, ND_END, 1};
    const nd_array        row[2] = {nd_slice_(places, &behind, 1, at),
                                    nd_full_(TSR_I64, (nd_shape){1, {1}}, nd_operand_int(n), at)};
    const nd_operand      x[2] = {nd_operand_array(nd_concatenate_(row, 2, 0, at)),
                                  nd_operand_array(places)};
    return nd_call_(ND_OP_SUBTRACT, x, 2, &call);
}

/* The kind of each element, by number, put where it came from. */
static nd_array inverse_of(nd_array places, nd_array order, int64_t n, tsr_site at)
{
    const nd_call_options   call = {.size = sizeof call, .at = at};
    const nd_search_options behind = {.size = sizeof behind, .at = at, .right = true};
    const nd_create_options plain = {.size = sizeof plain, .at = at};
    const nd_array          rank =
        nd_arange_(nd_operand_int(0), nd_operand_int(n), nd_operand_int(1), &plain);
    const nd_array   above = nd_searchsorted_(places, nd_operand_array(rank), &behind);
    const nd_operand x[2] = {nd_operand_array(above), nd_operand_int(1)};
    const nd_array   out = nd_full_(TSR_I64, (nd_shape){1, {n}}, nd_operand_int(0), at);
    return nd_set_(out, nd_operand_array(nd_call_(ND_OP_SUBTRACT, x, 2, &call)), &order, 1, at);
}

static void tell(nd_array flat, const array_info *info, const nd_unique_options *o,
                 struct told *out)
{
    const tsr_site        at = o->at;
    const nd_sort_options along = {.size = sizeof along, .at = at};
    const nd_take_options plain = {.size = sizeof plain, .at = at};
    const int64_t         n = array_volume(&info->shape);
    const nd_array        order = nd_argsort_(flat, &along);
    const nd_array        sorted = nd_take_(flat, order, &plain);
    const nd_array        places = firsts_of(sorted, TSR_I64, &places_task, at);
    out->unique = nd_take_(sorted, places, &plain);
    if (o->index)
        out->index = nd_take_(order, places, &plain);
    if (o->counts)
        out->counts = counts_of(places, n, at);
    if (o->inverse)
        out->inverse = nd_reshape_(inverse_of(places, order, n, at), info->shape, at);
}

static struct told unique(nd_array a, const nd_unique_options *o)
{
    struct told           out = {0};
    array_info            info;
    const tsr_site        at = o->at;
    const nd_sort_options along = {.size = sizeof along, .at = at};
    const nd_shape        none = {1, {0}};
    if (!array_begin(a, &info, &out.unique, at)) {
        out.index = out.inverse = out.counts = out.unique;
    } else if (array_volume(&info.shape) == 0) {
        out.unique = nd_empty_(info.type, none, at);
        out.index = nd_empty_(TSR_I64, none, at);
        out.counts = nd_empty_(TSR_I64, none, at);
        out.inverse = nd_empty_(TSR_I64, info.shape, at);
    } else if (o->index || o->inverse || o->counts) {
        tell(nd_ravel_(a, at), &info, o, &out);
    } else {
        const nd_array sorted = nd_sort_(nd_ravel_(a, at), &along);
        out.unique = firsts_of(sorted, info.type, &firsts_task, at);
    }
    return out;
}

nd_array nd_unique_(nd_array a, const nd_unique_options *o)
{
    ND_SCOPE();
    const struct told t = unique(a, o);
    const nd_array    of[3] = {t.index, t.inverse, t.counts};
    nd_array *const   to[3] = {o->index, o->inverse, o->counts};
    for (int i = 0; i < 3; ++i)
        if (to[i])
            *to[i] = nd_keep_(array_alias(of[i], o->at), o->at);
    return nd_keep_(t.unique, o->at);
}
