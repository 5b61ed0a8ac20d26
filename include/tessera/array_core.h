/* tessera/array_core.h - arrays as values: types, shapes, scopes, operands, start and finish.
 *
 * An nd_array is a tsr_store under another name: a handle to elements of one type in 0 to 8
 * dimensions, or to a view of them.  Copies of the value name the same array. */
#ifndef TESSERA_ARRAY_CORE_H
#define TESSERA_ARRAY_CORE_H

#include <tessera/runtime.h>
#include <tessera/status.h>
#include <tessera/store.h>
#include <tessera/task.h>

#ifdef __cplusplus
#include <complex>
extern "C" {
#endif

/* An array; {0} is the null array. */
typedef struct nd_array {
    uint64_t id;
} nd_array;
/* What is left out, where an operand may be: nd_clip(a, ND_NONE, 1).  Python's None. */
#ifdef __cplusplus
#define ND_NONE (nd_array{0})
#else
#define ND_NONE ((nd_array){0})
#endif
/* Extents, outermost first. */
typedef tsr_shape nd_shape;

/* Element types, in NumPy's words: bool_, int8 ... uint64, float16, bfloat16 (ml_dtypes), float32,
 * float64, complex64, complex128. */
typedef tsr_type nd_type;
enum {
    ND_BOOL = TSR_BOOL,
    ND_I8 = TSR_I8,
    ND_I16 = TSR_I16,
    ND_I32 = TSR_I32,
    ND_I64 = TSR_I64,
    ND_U8 = TSR_U8,
    ND_U16 = TSR_U16,
    ND_U32 = TSR_U32,
    ND_U64 = TSR_U64,
    ND_F16 = TSR_F16,
    ND_BF16 = TSR_BF16,
    ND_F32 = TSR_F32,
    ND_F64 = TSR_F64,
    ND_C64 = TSR_C64,
    ND_C128 = TSR_C128
};

#ifndef __cplusplus
/* ND_SHAPE(100, 200); ND_SHAPE() is 0-dimensional. */
#define ND_SHAPE(...) TSR_SHAPE(__VA_ARGS__)
#endif

/* ---- start and finish ---- */

/* Start the runtime on this thread: tsr_start under this library's name, with the same options:
 * nd_start(&argc, &argv, .workers = 2).  Fails: as tsr_start. */
#define nd_start(argc, argv, ...) tsr_start(argc, argv, __VA_ARGS__)
/* Wait for everything, print any failure nobody looked at, free all; an exit code.  Collective.
 * Waits. */
TSR_API int nd_finish(void);

/* ---- lifetime ---- */

/* Arrays made from here to the end of the block end there, but those that nd_keep moved out.
 * break and return mean what they say. */
#define ND_SCOPE() TSR_SCOPE()
/* Move an array from the innermost scope to the one around it; returns it. */
TSR_API nd_array nd_keep_(nd_array a, tsr_site at);
/* return nd_keep(result): as above. */
#define nd_keep(a) nd_keep_((a), TSR_HERE)
/* End a handle now; never waits.  What was issued keeps what it needs. */
TSR_API void nd_release_(nd_array a, tsr_site at);
/* nd_release(a): as above. */
#define nd_release(a) nd_release_((a), TSR_HERE)

/* The store behind an array, for tasks of one's own; and an array from a store, owned as it is. */
static inline tsr_store nd_store(nd_array a)
{
    tsr_store s;
    s.id = a.id;
    return s;
}
/* The array that a store is. */
static inline nd_array nd_from_store(tsr_store s)
{
    nd_array a;
    a.id = s.id;
    return a;
}

/* Type of the elements; TSR_TYPE_ANY of a failed or stale array.  Waits: for extents that a task
 * decides. */
TSR_API nd_type nd_type_of_(nd_array a, tsr_site at);
/* nd_type_of(a): as above. */
#define nd_type_of(a) nd_type_of_((a), TSR_HERE)
/* Shape of an array; 0-dimensional of a failed or stale one. */
TSR_API nd_shape nd_shape_of_(nd_array a, tsr_site at);
/* nd_shape_of(a): as above. */
#define nd_shape_of(a) nd_shape_of_((a), TSR_HERE)
/* Number of elements; 0 of a failed or stale array. */
TSR_API int64_t nd_size_(nd_array a, tsr_site at);
/* nd_size(a): as above. */
#define nd_size(a) nd_size_((a), TSR_HERE)
/* NumPy's name of a type ("float64"); "no type" for what is none.  Threads: any. */
TSR_API const char *nd_type_name(nd_type t);
/* The type that two promote to, as numpy.promote_types; bfloat16, which NumPy has
 * not, goes with bool and 8-bit integers to itself, with float16 to float32, else as float16 does.
 * TSR_TYPE_ANY: one is no type.  Threads: any. */
TSR_API nd_type nd_promote_types(nd_type a, nd_type b);

/* The status of what an array holds, once it is known.  Collective.  Waits. */
TSR_API tsr_status nd_status_(nd_array a, tsr_site at) TSR_MUST_CHECK;
/* TSR_TRY(nd_status(a)): as above. */
#define nd_status(a) nd_status_((a), TSR_HERE)

/* ---- operands: arrays and numbers, mixed freely ---- */

/* What an operand is. Numbers are weak, as Python's are under NEP 50: they take the type of the
 * arrays they meet, and raise its kind (a real number beside integers gives float64), never its
 * width.  An integer that the type cannot hold is a failure.  true and false of <stdbool.h> are
 * ints in C17: write (bool)true. */
typedef enum nd_operand_kind {
    ND_OPERAND_ARRAY,
    ND_OPERAND_BOOL,
    ND_OPERAND_INT,  /* .i */
    ND_OPERAND_UINT, /* .u, above INT64_MAX */
    ND_OPERAND_REAL,
    ND_OPERAND_COMPLEX
} nd_operand_kind;
/* An array, or a number. */
typedef struct nd_operand {
    nd_operand_kind kind;
    nd_array        array;
    union {
        int64_t  i;
        uint64_t u;
        double   f[2]; /* real and imaginary part */
    } number;
} nd_operand;

/* An array as an operand. */
static inline nd_operand nd_operand_array(nd_array a)
{
    nd_operand o;
    o.kind = ND_OPERAND_ARRAY;
    o.array = a;
    o.number.f[0] = o.number.f[1] = 0;
    return o;
}
/* A number that is an integer. */
static inline nd_operand nd_operand_int(int64_t v)
{
    nd_operand o;
    o.kind = ND_OPERAND_INT;
    o.array.id = 0;
    o.number.f[1] = 0;
    o.number.i = v;
    return o;
}
/* A number that may pass INT64_MAX. */
static inline nd_operand nd_operand_uint(uint64_t v)
{
    nd_operand o = nd_operand_int((int64_t)v);
    o.kind = v > INT64_MAX ? ND_OPERAND_UINT : ND_OPERAND_INT;
    return o;
}
/* A truth value. */
static inline nd_operand nd_operand_bool(bool v)
{
    nd_operand o = nd_operand_int(v);
    o.kind = ND_OPERAND_BOOL;
    return o;
}
/* A real number. */
static inline nd_operand nd_operand_real(double v)
{
    nd_operand o = nd_operand_int(0);
    o.kind = ND_OPERAND_REAL;
    o.number.f[0] = v;
    return o;
}
/* A complex number by its parts. */
static inline nd_operand nd_operand_parts(double re, double im)
{
    nd_operand o = nd_operand_real(re);
    o.kind = ND_OPERAND_COMPLEX;
    o.number.f[1] = im;
    return o;
}

#ifdef __cplusplus
} /* overloads have no C linkage */
/* What ND_OPERAND calls in C++: one for each kind of operand. */
static inline nd_operand nd_operand_of(nd_array a) { return nd_operand_array(a); }
static inline nd_operand nd_operand_of(bool v) { return nd_operand_bool(v); }
static inline nd_operand nd_operand_of(float v) { return nd_operand_real(v); }
static inline nd_operand nd_operand_of(double v) { return nd_operand_real(v); }
static inline nd_operand nd_operand_of(int v) { return nd_operand_int(v); }
static inline nd_operand nd_operand_of(unsigned v) { return nd_operand_int(v); }
static inline nd_operand nd_operand_of(long v) { return nd_operand_int(v); }
static inline nd_operand nd_operand_of(long long v) { return nd_operand_int(v); }
static inline nd_operand nd_operand_of(unsigned long v) { return nd_operand_uint(v); }
static inline nd_operand nd_operand_of(unsigned long long v) { return nd_operand_uint(v); }
static inline nd_operand nd_operand_of(const nd_operand &o) { return o; }
static inline nd_operand nd_operand_of(const std::complex<double> &v)
{
    return nd_operand_parts(v.real(), v.imag());
}
/* An operand from an array or a number. */
#define ND_OPERAND(x) nd_operand_of(x)
extern "C" {
#else
/* A complex number. */
static inline nd_operand nd_operand_complex(double _Complex v)
{
    return nd_operand_parts(__real__ v, __imag__ v);
}
/* An operand is one already. */
static inline nd_operand nd_operand_itself(nd_operand o)
{
    return o;
}
/* An operand from an array or a number. */
#define ND_OPERAND(x)                                                                              \
    _Generic((x), nd_array: nd_operand_array, nd_operand: nd_operand_itself,                       \
             bool: nd_operand_bool, float: nd_operand_real, double: nd_operand_real,               \
             long double: nd_operand_real, float _Complex: nd_operand_complex,                     \
             double _Complex: nd_operand_complex, unsigned long: nd_operand_uint,                  \
             unsigned long long: nd_operand_uint, default: nd_operand_int)(x)
#endif

#ifndef __cplusplus
/* An array as a task's argument. */
static inline tsr_arg nd_arg_array(nd_array a)
{
    return tsr_arg_store(nd_store(a));
}
/* A task argument from an array or a number: tsr_issue(&step, [IN] = nd_arg(a), [ALPHA] =
 * nd_arg(0.1)). */
#define nd_arg(x)                                                                                  \
    _Generic((x), nd_array: nd_arg_array, float: tsr_arg_f64, double: tsr_arg_f64,                 \
             default: tsr_arg_i64)(x)
#endif

#ifdef __cplusplus
}
#endif
#endif
