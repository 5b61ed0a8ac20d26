/* model/types.h - what the runtime knows of element types.  Threads: pure functions. */
#ifndef TESSERA_MODEL_TYPES_H
#define TESSERA_MODEL_TYPES_H

#include <stdbool.h>
#include <string.h>

#include <tessera/store.h>

enum { TYPE_MAX_BINARY = 65535 };

/* Kinds of numbers, for conversions and operators. */
enum type_kind {
    TYPE_IS_NONE, /* ANY, binary, struct, unknown */
    TYPE_IS_BOOL,
    TYPE_IS_INTEGER,
    TYPE_IS_UNSIGNED,
    TYPE_IS_FLOAT,
    TYPE_IS_COMPLEX,
    TYPE_IS_INDEXED
};

enum type_kind type_kind(tsr_type t);

static inline bool type_is_binary(tsr_type t)
{
    return t > TSR_TYPE_BINARY_ && t <= TSR_TYPE_BINARY_ + TYPE_MAX_BINARY;
}

static inline bool type_is_struct(tsr_type t)
{
    return t >= TSR_TYPE_STRUCT_;
}

/* A float or complex type: its sums depend on their order. */
static inline bool type_is_float(tsr_type t)
{
    return type_kind(t) == TYPE_IS_FLOAT || type_kind(t) == TYPE_IS_COMPLEX;
}

/* A complex number from its parts; neither is touched (CMPLX, which not every compiler has). */
static inline float _Complex type_c64(float re, float im)
{
    const float    parts[2] = {re, im};
    float _Complex z;
    memcpy(&z, parts, sizeof z);
    return z;
}

/* As type_c64, in double precision. */
static inline double _Complex type_c128(double re, double im)
{
    const double    parts[2] = {re, im};
    double _Complex z;
    memcpy(&z, parts, sizeof z);
    return z;
}

/* Bytes of one element of a built-in or binary type; 0 for others (api/ knows struct types). */
size_t type_bytes(tsr_type t);
/* Does a byte of an element of a struct type belong to a field?  (Else it lies between two.)  True for
 * other types.  Defined in api/. */
bool type_byte_counts(tsr_type t, size_t byte);
/* What its address must be a multiple of; 1 for binary and unknown ones. */
size_t type_alignment(tsr_type t);
/* "f64" and so on for built-in types; NULL for others. */
const char *type_name(tsr_type t);

/* A number of type `from` as one of type `to` (both bool, integers, floats or complex): into `out`.
 * False when the value is not in `to`: an integer out of range, a fraction or NaN to an integer, an
 * imaginary part to a real.  Floats round to nearest. */
bool type_convert(tsr_type from, const void *in, tsr_type to, void *out);

#endif
