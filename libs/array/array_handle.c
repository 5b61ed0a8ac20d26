/* array_handle.c - arrays as stores: their description, their lifetime, their failures.
 *
 * An nd_array is a store's handle under another name, so scopes, keeping and releasing are the
 * runtime's. What this file adds is words: a user of arrays reads of arrays and nd_keep(), not of
 * stores.
 *
 * Cost: O(rank) a call. Threads: the issuing thread. */
#include "array_inside.h"

/* A stale handle is explained again, in this library's words. */
static tsr_status explain(nd_array a, tsr_status s, tsr_site at)
{
    tsr_ended e;
    if (s != TSR_BAD_HANDLE)
        return s;
    if (a.id == 0)
        return tsr_fail_(at, s, "the null array");
    if (!tsr_store_ended(nd_store(a), &e))
        return s;
    return tsr_fail_(at, s, "the array made at %s:%d %s at %s:%d%s", e.made_at.file, e.made_at.line,
                     e.with_scope ? "ended with the scope opened" : "was released", e.ended_at.file,
                     e.ended_at.line, e.with_scope ? " (nd_keep() would have kept it)" : "");
}

tsr_status array_describe(nd_array a, array_info *out, tsr_site at)
{
    const tsr_status s = tsr_store_describe_(nd_store(a), out, at);
    return s == TSR_OK ? TSR_OK : explain(a, s, at);
}

tsr_status array_status(nd_array a, const char *what, tsr_site at)
{
    array_info info;
    TSR_TRY(array_describe(a, &info, at));
    const tsr_status s = tsr_store_status_(nd_store(a), at);
    return s == TSR_OK ? TSR_OK : tsr_pass_(at, s, what);
}

nd_array array_failed(tsr_site at)
{
    return nd_from_store(tsr_store_failed_(at));
}

nd_array array_alias(nd_array a, tsr_site at)
{
    return nd_from_store(tsr_store_alias_(nd_store(a), at));
}

bool array_begin(nd_array a, array_info *out, nd_array *out_answer, tsr_site at)
{
    if (array_describe(a, out, at) != TSR_OK) {
        *out_answer = array_failed(at);
        return false;
    }
    if (!out->is_failed && array_is_type(out->type))
        return true;
    *out_answer = out->is_failed ? array_alias(a, at)
                                 : ARRAY_FAIL(at, BAD_TYPE, "elements of type %s are no numbers",
                                              tsr_type_name(out->type));
    return false;
}

/* ---- lifetime ---- */

int nd_finish(void)
{
    return tsr_finish();
}

nd_array nd_keep_(nd_array a, tsr_site at)
{
    array_info info;
    if (array_describe(a, &info, at) != TSR_OK)
        return array_failed(at);
    return nd_from_store(tsr_store_keep_(nd_store(a), at));
}

void nd_release_(nd_array a, tsr_site at)
{
    array_info info;
    if (array_describe(a, &info, at) == TSR_OK)
        tsr_store_release_(nd_store(a), at);
}

/* ---- what it is ---- */

/* Describe for a call that answers with a number: what a failed array failed of is told. */
static bool look(nd_array a, array_info *out, tsr_site at)
{
    if (array_describe(a, out, at) != TSR_OK)
        return false;
    return !out->is_failed || array_status(a, "nd_shape_of()", at) == TSR_OK;
}

nd_type nd_type_of_(nd_array a, tsr_site at)
{
    array_info info;
    return look(a, &info, at) ? info.type : TSR_TYPE_ANY;
}

nd_shape nd_shape_of_(nd_array a, tsr_site at)
{
    array_info info;
    return look(a, &info, at) ? info.shape : tsr_shape_of(0, NULL);
}

int64_t nd_size_(nd_array a, tsr_site at)
{
    array_info info;
    return look(a, &info, at) ? array_volume(&info.shape) : 0;
}

tsr_status nd_status_(nd_array a, tsr_site at)
{
    return array_status(a, "nd_status()", at);
}
