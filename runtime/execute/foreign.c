/* execute/foreign.c - a plain C or Fortran function runs as a task body.
 *
 * The description says, parameter by parameter, what the function is given: the address of a piece's
 * lowest element, an extent, a stride, a scalar, a constant; by value or, as Fortran wants it, by
 * reference. libffi makes the call. Its call interface is prepared anew each time, on the stack: that
 * costs some tens of nanoseconds, needs no table and no lock, and a foreign body is worth its call.
 *
 * A parameter's number is brought to its C type, and one that does not fit it (an extent past 2^31
 * for an int) fails the task rather than be cut off. libffi widens results smaller than a word; they
 * are read back from that word's low bytes.
 *
 * Cost: O(parameters). Threads: any; the function's own rules apply. */
#include <ffi.h>
#include <string.h>

#include "base/failure.h"
#include "execute/foreign.h"
#include "model/types.h"

/* One parameter under way: the value, and a pointer to it for those passed by reference. */
struct parameter {
    _Alignas(16) unsigned char value[16];
    void *reference;
};

static ffi_type *const ffi_types[TSR_N_TYPES] = {
    [TSR_BOOL] = &ffi_type_uint8,          [TSR_I8] = &ffi_type_sint8,
    [TSR_I16] = &ffi_type_sint16,          [TSR_I32] = &ffi_type_sint32,
    [TSR_I64] = &ffi_type_sint64,          [TSR_U8] = &ffi_type_uint8,
    [TSR_U16] = &ffi_type_uint16,          [TSR_U32] = &ffi_type_uint32,
    [TSR_U64] = &ffi_type_uint64,          [TSR_F16] = &ffi_type_uint16,
    [TSR_BF16] = &ffi_type_uint16,         [TSR_F32] = &ffi_type_float,
    [TSR_F64] = &ffi_type_double,          [TSR_C64] = &ffi_type_complex_float,
    [TSR_C128] = &ffi_type_complex_double,
};

static ffi_type *ffi_type_of(tsr_type t)
{
    return t > TSR_TYPE_ANY && t < TSR_N_TYPES ? ffi_types[t] : NULL;
}

/* ---- what a parameter is given ---- */

static char *lowest_element(const tsr_task_context *t, int arg)
{
    const tsr_raw_window w = tsr_raw_window_of(t, arg);
    int64_t              offset = 0;
    for (int d = 0; d < w.rank; ++d)
        offset += w.low[d] * w.stride[d];
    return w.origin + offset * (int64_t)tsr_type_size(w.type);
}

/* A number as the parameter's C type. */
static tsr_status number_put(const tsr_foreign_param *f, int k, tsr_type from, const void *v,
                             struct parameter *p)
{
    if (type_convert(from, v, f->type, p->value))
        return TSR_OK;
    return TSR_FAIL(TASK_FAILED, "parameter %d does not fit a C number of type %s", k,
                    tsr_type_name(f->type));
}

static tsr_status extent_put(const tsr_task_context *t, const tsr_foreign_param *f, int k,
                             struct parameter *p)
{
    const tsr_raw_window w = tsr_raw_window_of(t, f->arg);
    if (f->dim >= w.rank)
        return TSR_FAIL(TASK_FAILED, "parameter %d is of dimension %d of an argument that has %d",
                        k, f->dim, w.rank);
    const int64_t v =
        f->pass == TSR_PASS_STRIDE ? w.stride[f->dim] : w.high[f->dim] - w.low[f->dim];
    return number_put(f, k, TSR_I64, &v, p);
}

/* The scalar of an argument, in its own type. */
static tsr_status value_put(const tsr_task_context *t, const tsr_foreign_param *f, int k,
                            struct parameter *p, ffi_type **out_type)
{
    const tsr_binding *b = &t->arg[f->arg];
    *out_type = ffi_type_of(b->type);
    if (!*out_type)
        return TSR_FAIL(TASK_FAILED,
                        "parameter %d is of type %s, which C functions take by pointer", k,
                        tsr_type_name(b->type));
    memcpy(p->value, b->origin, type_bytes(b->type));
    return TSR_OK;
}

/* Fill in one parameter and its type. */
static tsr_status parameter_put(const tsr_task_context *t, const tsr_foreign_param *f, int k,
                                struct parameter *p, ffi_type **out_type)
{
    tsr_status s = TSR_OK;
    *out_type = ffi_type_of(f->type);
    switch (f->pass) {
    case TSR_PASS_POINTER:
        *out_type = &ffi_type_pointer;
        p->reference = lowest_element(t, f->arg);
        memcpy(p->value, &p->reference, sizeof p->reference);
        break;
    case TSR_PASS_EXTENT:
    case TSR_PASS_STRIDE: s = extent_put(t, f, k, p); break;
    case TSR_PASS_VALUE: s = value_put(t, f, k, p, out_type); break;
    case TSR_PASS_INT: s = number_put(f, k, TSR_I64, &f->value, p); break;
    case TSR_PASS_F64: s = number_put(f, k, TSR_F64, &f->real, p); break;
    default: break;
    }
    if (s == TSR_OK && f->by_reference && f->pass != TSR_PASS_POINTER) {
        *out_type = &ffi_type_pointer;
        p->reference = p->value;
    }
    return s;
}

/* Where libffi finds the argument. */
static void *parameter_address(const tsr_foreign_param *f, struct parameter *p)
{
    const bool is_reference = f->by_reference && f->pass != TSR_PASS_POINTER;
    return is_reference ? (void *)&p->reference : p->value;
}

/* ---- the result ---- */

/* What to do with what the function answered. */
static tsr_status result_take(const tsr_foreign *f, const tsr_task_context *t, const void *result)
{
    const bool is_status = f->result_is_status || (f->result == TSR_I32 && f->result_arg == 0);
    if (is_status) {
        int32_t code;
        memcpy(&code, result, sizeof code);
        return code == 0 ? TSR_OK : TSR_FAIL(TASK_FAILED, "the function answered %d", code);
    }
    if (f->result_arg > 0) {
        const int          arg = f->result_arg - 1;
        const tsr_binding *b = &t->arg[arg];
        if (b->type != f->result)
            return TSR_FAIL(TASK_FAILED, "the function answers a number of type %s",
                            tsr_type_name(f->result));
        memcpy(lowest_element(t, arg), result, type_bytes(f->result)); /* little-endian */
    }
    return TSR_OK;
}

tsr_status foreign_call(const tsr_foreign *f, const tsr_task_context *t)
{
    struct parameter parameters[TSR_MAX_FOREIGN];
    ffi_type        *types[TSR_MAX_FOREIGN];
    void            *addresses[TSR_MAX_FOREIGN];
    unsigned         n = 0;
    for (; n < TSR_MAX_FOREIGN && f->params[n].pass != TSR_PASS_END_; ++n) {
        const tsr_status s = parameter_put(t, &f->params[n], (int)n, &parameters[n], &types[n]);
        if (s != TSR_OK)
            return s;
        addresses[n] = parameter_address(&f->params[n], &parameters[n]);
    }
    ffi_type *result_type = f->result == TSR_TYPE_ANY ? &ffi_type_void : ffi_type_of(f->result);
    ffi_cif   cif;
    if (!result_type || ffi_prep_cif(&cif, FFI_DEFAULT_ABI, n, result_type, types) != FFI_OK)
        return TSR_FAIL(TASK_FAILED, "libffi cannot call a function with these %u parameters", n);
    _Alignas(16) unsigned char result[16] = {0}; /* at least libffi's word */
    ffi_call(&cif, f->function, result, addresses);
    return f->result == TSR_TYPE_ANY ? TSR_OK : result_take(f, t, result);
}
