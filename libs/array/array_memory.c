/* array_memory.c - arrays out of memory and back, and single values.
 *
 * Cost: O(bytes). Threads: the issuing thread; what reads is collective. */
#include <math.h>

#include "array_inside.h"

nd_array nd_empty_(nd_type type, nd_shape shape, tsr_site at)
{
    if (!array_is_type(type))
        return ARRAY_FAIL(at, BAD_TYPE, "no element type of arrays has number %d", (int)type);
    return nd_from_store(tsr_store_create_(type, shape, at));
}

nd_array nd_from_memory_(nd_type type, nd_shape shape, const void *data, tsr_site at)
{
    const nd_array a = nd_empty_(type, shape, at);
    array_info     info;
    if (array_describe(a, &info, at) != TSR_OK || info.is_failed)
        return a;
    const size_t bytes = (size_t)array_volume(&shape) * tsr_type_size(type);
    if (bytes > 0 && tsr_write_(nd_store(a), data, bytes, at) != TSR_OK) {
        tsr_store_release_(nd_store(a), at);
        return array_failed(at);
    }
    return a;
}

nd_array nd_attach_(nd_type type, nd_shape shape, void *data, tsr_attach_mode mode, tsr_site at)
{
    if (!array_is_type(type))
        return ARRAY_FAIL(at, BAD_TYPE, "no element type of arrays has number %d", (int)type);
    return nd_from_store(tsr_attach_(type, shape, data, mode, NULL, NULL, at));
}

tsr_status nd_detach_(nd_array a, tsr_site at)
{
    array_info info;
    TSR_TRY(array_describe(a, &info, at));
    return tsr_detach_(nd_store(a), at);
}

/* Describe an array that is to be read; what a failed one failed of is told. */
static tsr_status readable(nd_array a, array_info *out, const char *what, tsr_site at)
{
    TSR_TRY(array_describe(a, out, at));
    return out->is_failed ? array_status(a, what, at) : TSR_OK;
}

tsr_status nd_read_(nd_array a, void *out, size_t bytes, tsr_site at)
{
    array_info info;
    TSR_TRY(readable(a, &info, "nd_read()", at));
    const size_t holds = (size_t)array_volume(&info.shape) * tsr_type_size(info.type);
    if (bytes != holds)
        return tsr_fail_(at, TSR_BAD_SHAPE, "%zu bytes are given; %s of %s are %zu", bytes,
                         array_shape_text(&info.shape).text, nd_type_name(info.type), holds);
    return tsr_read_(nd_store(a), out, bytes,
                     &(tsr_reading){.size = sizeof(tsr_reading), .at = at});
}

/* ---- values ---- */

/* The single element of an array. */
static tsr_status element(nd_array a, nd_type *out_type, array_element *out, tsr_site at)
{
    array_info info;
    TSR_TRY(readable(a, &info, "nd_value()", at));
    if (array_volume(&info.shape) != 1)
        return tsr_fail_(at, TSR_BAD_SHAPE, "an array of shape %s has not one value",
                         array_shape_text(&info.shape).text);
    *out_type = info.type;
    return tsr_read_(nd_store(a), out->bytes, tsr_type_size(info.type),
                     &(tsr_reading){.size = sizeof(tsr_reading), .at = at});
}

tsr_status nd_value_parts_(nd_array a, double *out, tsr_site at)
{
    nd_type       t;
    array_element e;
    double        parts[2];
    TSR_TRY(element(a, &t, &e, at));
    array_element_parts(t, e.bytes, parts);
    out[0] = parts[0];
    out[1] = parts[1];
    return TSR_OK;
}

double nd_value_(nd_array a, tsr_site at)
{
    double parts[2];
    return nd_value_parts_(a, parts, at) == TSR_OK ? parts[0] : (double)NAN;
}

int64_t nd_value_i64_(nd_array a, tsr_site at)
{
    nd_type       t;
    array_element e;
    double        parts[2];
    if (element(a, &t, &e, at) != TSR_OK)
        return 0;
    if (array_kind_of(t) <= KIND_INT) {
        const nd_operand x = array_element_number(t, e.bytes);
        return x.kind == ND_OPERAND_UINT ? INT64_MAX : x.number.i;
    }
    array_element_parts(t, e.bytes, parts);
    if (isnan(parts[0]))
        return 0;
    return parts[0] >= 0x1p63 ? INT64_MAX : parts[0] < -0x1p63 ? INT64_MIN : (int64_t)parts[0];
}
