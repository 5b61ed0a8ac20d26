/* tessera/store.h - large logical arrays: types, stores, views, reading back.
 *
 * A store is a handle to {root, view}.  A root has an element type and a dense index box of up to
 * TSR_MAX_RANK dimensions; a view maps its own indices onto the root's.  Handles are small values
 * owned by the innermost scope; using one after its scope ended is an error that names both lines.
 * Writing through a view is seen by every alias, in program order. */
#ifndef TESSERA_STORE_H
#define TESSERA_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <tessera/runtime.h>
#include <tessera/status.h>

/* The macros of this header and of those behind it take what may be written on the spot, (int[]){1, 0}
 * among it, as `...`: commas between braces part the arguments of a macro. */

#ifdef __cplusplus
extern "C" {
#endif

enum { TSR_MAX_RANK = 8 };

/* ---- element types ---- */

/* Half-precision numbers as bits: neither compiler has both types everywhere. */
typedef struct tsr_f16 {
    uint16_t bits;
} tsr_f16;
/* bfloat16: the upper half of a float. */
typedef struct tsr_bf16 {
    uint16_t bits;
} tsr_bf16;
/* A value and where it stands: the element of argmin and argmax. */
typedef struct tsr_indexed_f64 {
    double  value;
    int64_t index;
} tsr_indexed_f64;
/* As tsr_indexed_f64, for integers. */
typedef struct tsr_indexed_i64 {
    int64_t value;
    int64_t index;
} tsr_indexed_i64;

/* Name in TSR_*, name in windows, C type. */
#define TSR_TYPE_MAP(X)                                                                            \
    X(BOOL, bool, bool)                                                                            \
    X(I8, i8, int8_t)                                                                              \
    X(I16, i16, int16_t)                                                                           \
    X(I32, i32, int32_t)                                                                           \
    X(I64, i64, int64_t)                                                                           \
    X(U8, u8, uint8_t)                                                                             \
    X(U16, u16, uint16_t)                                                                          \
    X(U32, u32, uint32_t)                                                                          \
    X(U64, u64, uint64_t)                                                                          \
    X(F16, f16, tsr_f16)                                                                           \
    X(BF16, bf16, tsr_bf16)                                                                        \
    X(F32, f32, float)                                                                             \
    X(F64, f64, double)                                                                            \
    X(C64, c64, float _Complex)                                                                    \
    X(C128, c128, double _Complex)                                                                 \
    X(INDEXED_F64, indexed_f64, tsr_indexed_f64)                                                   \
    X(INDEXED_I64, indexed_i64, tsr_indexed_i64)

/* The built-in types; a tsr_type also holds TSR_BINARY(n) and what tsr_type_struct() made. */
enum {
    TSR_TYPE_ANY = 0,
#define X(NAME, name, T) TSR_##NAME,
    TSR_TYPE_MAP(X)
#undef X
    TSR_N_TYPES,
    TSR_TYPE_BINARY_ = 1 << 16, /* + bytes */
    TSR_TYPE_STRUCT_ = 1 << 24  /* + number, in the runtime that made it */
};
/* An element type.  TSR_TYPE_ANY in a task descriptor takes every type. */
typedef int32_t tsr_type;

/* Opaque elements of `bytes` bytes (1 to 65535), aligned to 1. */
#define TSR_BINARY(bytes) (TSR_TYPE_BINARY_ + (bytes))

/* A field of a struct type. */
typedef struct tsr_field {
    const char *name;
    tsr_type    type;
    int32_t     offset;
} tsr_field;
/* A struct type of this runtime: `n` fields in `bytes` bytes.  The same fields give the same type.
 * Fails: BAD_ARGUMENT (fields overlap or pass the end); the result is then TSR_TYPE_ANY. */
TSR_API tsr_type tsr_type_struct_(const char *name, const tsr_field *fields, int n, int32_t bytes,
                                  tsr_site at);
/* tsr_type_struct("pixel", fields, 3, sizeof(pixel)): as above. */
#define tsr_type_struct(name, ...) tsr_type_struct_((name), __VA_ARGS__, TSR_HERE)
/* Bytes of one element; 0 for TSR_TYPE_ANY or an unknown type. */
TSR_API size_t tsr_type_size(tsr_type t);
/* A short name ("f64", "binary12", the struct's name).  Never NULL. */
TSR_API const char *tsr_type_name(tsr_type t);

/* Conversions of the half types; to half: round to nearest, ties to even. */
TSR_API float tsr_f16_to_f32(tsr_f16 v);
/* float to float16. */
TSR_API tsr_f16 tsr_f32_to_f16(float v);
/* bfloat16 to float, exact. */
TSR_API float tsr_bf16_to_f32(tsr_bf16 v);
/* float to bfloat16. */
TSR_API tsr_bf16 tsr_f32_to_bf16(float v);

/* ---- shapes and boxes ---- */

/* Extents of a store, outermost first; rank 0 is a single element. */
typedef struct tsr_shape {
    int     rank;
    int64_t extent[TSR_MAX_RANK];
} tsr_shape;
#ifndef __cplusplus
/* TSR_SHAPE(100, 200); TSR_SHAPE() is 0-dimensional. */
#define TSR_SHAPE(...)                                                                             \
    ((tsr_shape){.rank = (int)(sizeof((int64_t[]){0, ##__VA_ARGS__}) / sizeof(int64_t)) - 1,       \
                 .extent = {__VA_ARGS__}})
#endif
/* A shape from numbers in an array; for C++ and for ranks known at run time. */
static inline tsr_shape tsr_shape_of(int rank, const int64_t *extent)
{
    tsr_shape s = {rank, {0}};
    for (int d = 0; d < rank && d < TSR_MAX_RANK; ++d)
        s.extent[d] = extent[d];
    return s;
}

/* Index boxes are half open: low <= i < high. */
typedef struct tsr_box {
    int     rank;
    int64_t low[TSR_MAX_RANK], high[TSR_MAX_RANK];
} tsr_box;

/* ---- making stores ---- */

/* A store; {0} is the null store.  A failed call gives a store that carries the cause: failed in,
 * failed out, reported when a value is asked for. */
typedef struct tsr_store {
    uint64_t id;
} tsr_store;

/* A store whose content is not yet written.  Reading an element nobody wrote is a failure of the
 * hostile build; elsewhere such elements are zero or old memory.  Fails: BAD_SHAPE, BAD_TYPE. */
TSR_API tsr_store tsr_store_create_(tsr_type type, tsr_shape shape, tsr_site at);
/* tsr_store_create(TSR_F64, TSR_SHAPE(100, 200)): as above. */
#define tsr_store_create(type, shape) tsr_store_create_((type), (shape), TSR_HERE)

/* A store filled with the element at `value` (copied; tsr_type_size(type) bytes). */
TSR_API tsr_store tsr_store_filled_(tsr_type type, tsr_shape shape, const void *value, tsr_site at);
/* tsr_store_filled(TSR_F64, shape, &(double){0}): as above. */
#define tsr_store_filled(type, shape, ...) tsr_store_filled_((type), (shape), __VA_ARGS__, TSR_HERE)

/* A 1-dimensional store, or one whose first extent is unknown: the task that writes it says how
 * long (tsr_unbound_output in body.h); `shape`'s first extent is ignored.  Its extent is agreed
 * when a call or another operation first needs it; from then on it is a store like any other. */
TSR_API tsr_store tsr_store_unbound_(tsr_type type, tsr_shape shape, tsr_site at);
/* tsr_store_unbound(TSR_I64, TSR_SHAPE(0)): as above. */
#define tsr_store_unbound(type, shape) tsr_store_unbound_((type), (shape), TSR_HERE)

/* Whether an attached buffer is only read, or written back at tsr_detach. */
typedef enum tsr_attach_mode { TSR_ATTACH_READ, TSR_ATTACH_WRITE } tsr_attach_mode;
/* Called once per rank, on the issuing thread, after the last use of an attached buffer. */
typedef void tsr_release(void *data, void *user);

/* Attach `data` (C order, whole: every rank brings equal bytes) as a store without a copy.  The
 * buffer is the runtime's until tsr_detach or, for READ, until `release` is called. */
TSR_API tsr_store tsr_attach_(tsr_type type, tsr_shape shape, void *data, tsr_attach_mode mode,
                              tsr_release *release, void *user, tsr_site at);
/* tsr_attach(TSR_F64, shape, data, TSR_ATTACH_READ, NULL, NULL): as above. */
#define tsr_attach(type, shape, data, mode, release, user)                                         \
    tsr_attach_((type), (shape), (data), (mode), (release), (user), TSR_HERE)

/* One tile of an attached store: this rank's box of the whole, and its elements in C order. */
typedef struct tsr_tile {
    tsr_box box;
    void   *data;
} tsr_tile;
/* Attach tiles: each rank brings its own (`n` may be 0); together they cover the shape once.
 * Collective.  Waits (tiles are an agreed fact).  Fails, on every rank alike: BAD_ARGUMENT (a tile with
 * elements has no memory, or ends before it begins; `n` < 0, or no tiles where `n` > 0), OVERLAP,
 * BAD_SHAPE when they do not; the tile is named, with its rank and its box. */
TSR_API tsr_store tsr_attach_tiles_(tsr_type type, tsr_shape shape, const tsr_tile *tiles, int n,
                                    tsr_attach_mode mode, tsr_release *release, void *user,
                                    tsr_site at);
/* tsr_attach_tiles(type, shape, tiles, n, mode, release, user): as above. */
#define tsr_attach_tiles(type, shape, ...)                                                         \
    tsr_attach_tiles_((type), (shape), __VA_ARGS__, TSR_HERE)

/* Wait for the last use, write the last generation back to the attached buffer (WRITE), call the
 * release callback, end the store.  Collective.  Waits. */
TSR_API tsr_status tsr_detach_(tsr_store s, tsr_site at) TSR_MUST_CHECK;
/* tsr_detach(s): as above. */
#define tsr_detach(s) tsr_detach_((s), TSR_HERE)

/* End a handle now; never waits.  The data lives on while issued operations need it. */
TSR_API void tsr_store_release_(tsr_store s, tsr_site at);
/* tsr_store_release(s): as above. */
#define tsr_store_release(s) tsr_store_release_((s), TSR_HERE)
/* Move a handle from the innermost scope to the one around it; returns it. */
TSR_API tsr_store tsr_store_keep_(tsr_store s, tsr_site at);
/* tsr_store_keep(s): as above. */
#define tsr_store_keep(s) tsr_store_keep_((s), TSR_HERE)
/* A handle to the generation `s` has now: later writes to `s` do not change what it reads.  It can
 * be read, viewed and released, not written. */
TSR_API tsr_store tsr_seal_(tsr_store s, tsr_site at);
/* tsr_seal(s): as above. */
#define tsr_seal(s) tsr_seal_((s), TSR_HERE)

/* ---- for libraries whose users know stores by another name ---- */

/* What a handle is. */
typedef struct tsr_store_info {
    tsr_type  type;      /* TSR_TYPE_ANY: of a failed store */
    tsr_shape shape;     /* an unbound extent has been waited for; rank 0: of a failed store */
    bool      is_failed; /* it was born failed; what fails later shows where a value is asked for */
} tsr_store_info;
/* Describe a handle, type and shape in one call.  A failed store is described as one: that is no failure
 * of this call, and its cause is not told.  Fails: BAD_HANDLE, NOT_ALLOWED; `out` untouched. */
TSR_API tsr_status tsr_store_describe_(tsr_store s, tsr_store_info *out, tsr_site at) TSR_MUST_CHECK;
/* tsr_store_describe(s, &info): as above. */
#define tsr_store_describe(s, out) tsr_store_describe_((s), (out), TSR_HERE)
/* Another handle of the innermost scope to what `s` shows; of a failed store, one with its cause. */
TSR_API tsr_store tsr_store_alias_(tsr_store s, tsr_site at);
/* tsr_store_alias(s): as above. */
#define tsr_store_alias(s) tsr_store_alias_((s), TSR_HERE)
/* A store that carries this thread's last failure (TSR_FAIL records one), for calls that answer with a
 * store: failed in, failed out, told when a value is asked for.  The null store where nothing failed. */
TSR_API tsr_store tsr_store_failed_(tsr_site at);
/* tsr_store_failed(): as above. */
#define tsr_store_failed() tsr_store_failed_(TSR_HERE)
/* What became of a handle. */
typedef struct tsr_ended {
    tsr_site made_at, ended_at; /* where the scope was opened, where it ended with one */
    bool     with_scope;        /* else it was released or detached */
} tsr_ended;
/* Look up a handle that ended; false when it has not, or that is forgotten (the last 512 are known). */
TSR_API bool tsr_store_ended(tsr_store s, tsr_ended *out);

/* ---- views: share the root's elements ---- */

/* Every `step`-th element of dimension `dim` from `start` on, up to and without `stop`; a negative
 * step runs backwards from `start` down to and without `stop`.  Plain numbers, no wrap-around:
 * 0 <= indices; for a negative step `stop` may be -1.  Fails: BAD_ARGUMENT naming the bounds. */
TSR_API tsr_store tsr_slice_(tsr_store s, int dim, int64_t start, int64_t stop, int64_t step,
                             tsr_site at);
/* tsr_slice(s, 0, 1, 99, 2): as above. */
#define tsr_slice(s, dim, start, stop, step)                                                       \
    tsr_slice_((s), (dim), (start), (stop), (step), TSR_HERE)
/* Dimensions in another order: dimension d of the result is dimension order[d] of `s`. */
TSR_API tsr_store tsr_transpose_(tsr_store s, const int *order, tsr_site at);
/* tsr_transpose(s, (int[]){1, 0}): as above. */
#define tsr_transpose(s, ...) tsr_transpose_((s), __VA_ARGS__, TSR_HERE)
/* Drop dimension `dim` at index `index`. */
TSR_API tsr_store tsr_project_(tsr_store s, int dim, int64_t index, tsr_site at);
/* tsr_project(s, 0, 5): as above. */
#define tsr_project(s, dim, index) tsr_project_((s), (dim), (index), TSR_HERE)
/* Add a dimension of `extent` before `dim`, along which nothing changes; the result can be read
 * and reduced into, never written. */
TSR_API tsr_store tsr_promote_(tsr_store s, int dim, int64_t extent, tsr_site at);
/* tsr_promote(s, 0, 100): as above. */
#define tsr_promote(s, dim, extent) tsr_promote_((s), (dim), (extent), TSR_HERE)
/* Stretch dimension `dim`, of extent 1, to `extent`; read and reduced into, never written. */
TSR_API tsr_store tsr_broadcast_(tsr_store s, int dim, int64_t extent, tsr_site at);
/* tsr_broadcast(s, 0, 100): as above. */
#define tsr_broadcast(s, dim, extent) tsr_broadcast_((s), (dim), (extent), TSR_HERE)
/* The same bytes as elements of another type of the same size. */
TSR_API tsr_store tsr_reinterpret_(tsr_store s, tsr_type type, tsr_site at);
/* tsr_reinterpret(s, TSR_U64): as above. */
#define tsr_reinterpret(s, type) tsr_reinterpret_((s), (type), TSR_HERE)
/* Split dimension `dim` into `n` dimensions whose extents multiply to its own. */
TSR_API tsr_store tsr_delinearize_(tsr_store s, int dim, const int64_t *extents, int n,
                                   tsr_site at);
/* tsr_delinearize(s, 0, (int64_t[]){10, 20}, 2): as above. */
#define tsr_delinearize(s, dim, ...) tsr_delinearize_((s), (dim), __VA_ARGS__, TSR_HERE)
/* The diagonal of dimensions `a` and `b`, in the place of the lower of them; the other goes. */
TSR_API tsr_store tsr_diagonal_(tsr_store s, int a, int b, tsr_site at);
/* tsr_diagonal(s, 0, 1): as above. */
#define tsr_diagonal(s, a, b) tsr_diagonal_((s), (a), (b), TSR_HERE)

/* Type and shape of a store.  An unbound extent waits for its writer.  Failed: TSR_TYPE_ANY, rank 0. */
TSR_API tsr_type tsr_store_type_(tsr_store s, tsr_site at);
/* tsr_store_type(s): as above. */
#define tsr_store_type(s) tsr_store_type_((s), TSR_HERE)
/* Shape of a store; see tsr_store_type_. */
TSR_API tsr_shape tsr_store_shape_(tsr_store s, tsr_site at);
/* tsr_store_shape(s): as above. */
#define tsr_store_shape(s) tsr_store_shape_((s), TSR_HERE)

/* ---- content ---- */

/* Write the element at `value` to every element of `s`: an operation like any other.  A refused call
 * (here and in tsr_copy, tsr_write: its own arguments are wrong) leaves the store as it was.  A refused
 * tsr_issue fails its outputs: all that it was to write, but for what nobody may write, which stays as it
 * was (sealed, or attached to be read only). */
TSR_API tsr_status tsr_fill_(tsr_store s, const void *value, tsr_site at) TSR_MUST_CHECK;
/* tsr_fill(s, &(double){1}): as above. */
#define tsr_fill(s, ...) tsr_fill_((s), __VA_ARGS__, TSR_HERE)
/* Copy `from` to `to`: equal shapes and types; the views may overlap (read before written).  From a store
 * that failed, the copy fails as well. */
TSR_API tsr_status tsr_copy_(tsr_store to, tsr_store from, tsr_site at) TSR_MUST_CHECK;
/* tsr_copy(to, from): as above. */
#define tsr_copy(to, from) tsr_copy_((to), (from), TSR_HERE)

/* The status of what `s` holds, once it is known.  Collective.  Waits. */
TSR_API tsr_status tsr_store_status_(tsr_store s, tsr_site at) TSR_MUST_CHECK;
/* tsr_store_status(s): as above. */
#define tsr_store_status(s) tsr_store_status_((s), TSR_HERE)
/* How to read; zero means the default. */
typedef struct tsr_reading {
    size_t      size;
    tsr_site    at;
    const void *simulated; /* what a simulated run (TESSERA_SIMULATE) reads: as many bytes; NULL: zeros */
} tsr_reading;
/* Read a store of one element into `out` (`bytes` of it must be the type's size), the same on every
 * rank.  Collective.  Waits.  Fails: what the operation that wrote it failed of; `out` untouched. */
TSR_API tsr_status tsr_value_(tsr_store s, void *out, size_t bytes, const tsr_reading *how) TSR_MUST_CHECK;
/* tsr_value(s, &x), tsr_value(s, &x, .simulated = &(double){1}): as above. */
#define tsr_value(s, out, ...)                                                                     \
    tsr_value_((s), (out), sizeof *(out), TSR_OPTIONS_(tsr_reading, __VA_ARGS__))
/* Read a whole store into `out` in C order, `bytes` in all, on every rank.  Collective.  Waits. */
TSR_API tsr_status tsr_read_(tsr_store s, void *out, size_t bytes, const tsr_reading *how) TSR_MUST_CHECK;
/* tsr_read(s, out, bytes), tsr_read(s, out, bytes, .simulated = guess): as above. */
#define tsr_read(s, out, bytes, ...)                                                               \
    tsr_read_((s), (out), (bytes), TSR_OPTIONS_(tsr_reading, __VA_ARGS__))
/* Read a whole store on rank `root` alone, as who saves or prints it wants it: there as tsr_read; on the
 * others `out` is not touched and may be NULL, `bytes` is the same.  The same status on every rank.
 * Collective.  Waits.  Fails: as tsr_read; BAD_ARGUMENT where there is no such rank, and on rank `root`
 * alone where `out` is NULL. */
TSR_API tsr_status tsr_read_on_(tsr_store s, int root, void *out, size_t bytes, const tsr_reading *how)
    TSR_MUST_CHECK;
/* tsr_read_on(s, 0, out, bytes): as above. */
#define tsr_read_on(s, root, out, bytes, ...)                                                      \
    tsr_read_on_((s), (root), (out), (bytes), TSR_OPTIONS_(tsr_reading, __VA_ARGS__))
/* Write a whole store from C-ordered memory (equal on every rank); the memory is copied before the
 * call returns. */
TSR_API tsr_status tsr_write_(tsr_store s, const void *data, size_t bytes, tsr_site at)
    TSR_MUST_CHECK;
/* tsr_write(s, data, bytes): as above. */
#define tsr_write(s, data, bytes) tsr_write_((s), (data), (bytes), TSR_HERE)

/* One box of a store that lies on this rank, in the view's indices; strides in elements. */
typedef struct tsr_piece {
    tsr_box box;
    void   *data; /* of the box's lowest element */
    int64_t stride[TSR_MAX_RANK];
} tsr_piece;
/* This rank's boxes of `s`, up to `capacity` of them; *out_n says how many there are.  Each element
 * of the store is in one piece of one rank.  Valid until the next operation that writes `s` is
 * issued.  Collective.  Waits. */
TSR_API tsr_status tsr_local_pieces_(tsr_store s, tsr_piece *out, int capacity, int *out_n,
                                     tsr_site at) TSR_MUST_CHECK;
/* tsr_local_pieces(s, pieces, 8, &n): as above. */
#define tsr_local_pieces(s, out, capacity, out_n)                                                  \
    tsr_local_pieces_((s), (out), (capacity), (out_n), TSR_HERE)

#ifdef __cplusplus
}
#endif
#endif
