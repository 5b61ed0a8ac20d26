/* array_create.c - arrays filled with a number.
 *
 * Cost: one operation. Threads: the issuing thread. */
#include "array_inside.h"

nd_array nd_full_(nd_type type, nd_shape shape, nd_operand value, tsr_site at)
{
    array_element e;
    if (!array_is_type(type))
        return ARRAY_FAIL(at, BAD_TYPE, "no element type of arrays has number %d", (int)type);
    if (value.kind == ND_OPERAND_ARRAY)
        return ARRAY_FAIL(at, BAD_ARGUMENT, "an array is filled with a number, not with an array");
    if (array_element_of(type, &value, &e, at) != TSR_OK)
        return array_failed(at);
    return nd_from_store(tsr_store_filled_(type, shape, e.bytes, at));
}

nd_array nd_full_like_(nd_array like, nd_operand value, tsr_site at)
{
    array_info info;
    nd_array   answer;
    if (!array_begin(like, &info, &answer, at))
        return answer;
    return nd_full_(info.type, info.shape, value, at);
}
