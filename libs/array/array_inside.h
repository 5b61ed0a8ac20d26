/* array_inside.h - what the files of libs/array share: descriptions, failures, elements, shapes.
 *
 * Threads: the issuing thread, but for what says otherwise. */
#ifndef ARRAY_INSIDE_H
#define ARRAY_INSIDE_H

#include <tessera/array.h>
#include <tessera/body.h>

/* ---- array_handle.c: arrays as stores, and failures in this library's words ---- */

/* What an array is: type, shape, whether it was born failed. */
typedef tsr_store_info array_info;

/* Describe an array. A failed one is no failure of this call. Fails: BAD_HANDLE, in words of
 * arrays. */
tsr_status array_describe(nd_array a, array_info *out, tsr_site at) TSR_MUST_CHECK;
/* What an array holds, once it is known; `what` is the call that asks. Waits. */
tsr_status array_status(nd_array a, const char *what, tsr_site at) TSR_MUST_CHECK;
/* An array that carries this thread's last failure. */
nd_array array_failed(tsr_site at);
/* Another handle to an array, of a failed one with its cause. */
nd_array array_alias(nd_array a, tsr_site at);
/* Describe `a` for a call that answers with an array; false: `*out_answer` is that array. */
bool array_begin(nd_array a, array_info *out, nd_array *out_answer, tsr_site at);

/* Record a failure and answer with an array that carries it. */
#define ARRAY_FAIL(at, name, ...) (tsr_fail_((at), TSR_##name, __VA_ARGS__), array_failed(at))

/* ---- array_type.c: Threads: any ---- */

/* What kind of numbers a type holds, in the order in which they promote. */
typedef enum array_kind { KIND_BOOL, KIND_INT, KIND_REAL, KIND_COMPLEX, KIND_NONE } array_kind;
array_kind array_kind_of(nd_type t);
bool       array_is_type(nd_type t);
bool       array_is_unsigned(nd_type t);
/* The real type of a complex type's parts; others are their own. */
nd_type array_real_of(nd_type t);
/* Whether a result goes into an array without losing its kind: numpy's same_kind casting. */
bool array_goes_into(nd_type from, nd_type to);
/* The type to which arrays and weak numbers promote, as numpy.result_type does. `info[i]`
 * describes operand i where it is an array. */
nd_type array_result_type(const nd_operand *operand, const array_info *info, int n);

/* ---- array_element.c: single elements. Threads: any ---- */

/* Room for one element of any type. */
typedef union array_element {
    unsigned char bytes[16];
    double        f64[2];
    int64_t       i64;
} array_element;

/* A number as an element of `t`. Fails: BAD_ARGUMENT where it is an integer that `t` cannot hold.
 * */
tsr_status array_element_of(nd_type t, const nd_operand *number, array_element *out,
                            tsr_site at) TSR_MUST_CHECK;
/* An element as two doubles, exact but for integers past 2^53. */
void array_element_parts(nd_type t, const void *element, double out[2]);
/* An integer or bool element as a number. */
nd_operand array_element_number(nd_type t, const void *element);
/* A real or complex value (its real part) as an element, rounded; integers towards zero, wrapped.
 * */
void array_element_store(nd_type t, const double value[2], void *element);

/* ---- array_shape.c: Threads: any ---- */

/* Room of text for a shape, "(4, 4)", "(3,)". */
struct array_shape_text {
    char text[200];
};
struct array_shape_text array_shape_text(const nd_shape *s);
/* Elements; the extents are those of an array, so that their product fits. */
int64_t array_volume(const nd_shape *s);
bool    array_same_shape(const nd_shape *a, const nd_shape *b);
/* The shape that both stretch to, into `a`; false where they do not agree. O(rank). */
bool array_broadcast(nd_shape *a, const nd_shape *b);
/* An axis that may count from the end. Fails: BAD_ARGUMENT. */
tsr_status array_axis(int axis, int rank, int *out, tsr_site at) TSR_MUST_CHECK;
/* A set of axes as bits, each once; n 0: all. */
tsr_status array_axes(const int *axes, int n, int rank, unsigned *out, tsr_site at) TSR_MUST_CHECK;

/* ---- array_slice_text.c: Threads: any ---- */

enum { ARRAY_MAX_INDEX = 2 * TSR_MAX_RANK + 1 };
/* NumPy's text of a slice as words. Fails: BAD_ARGUMENT, naming the place in the text. */
tsr_status array_slice_parse(const char *text, nd_index *out, int *out_n,
                             tsr_site at) TSR_MUST_CHECK;

/* ---- array_view.c ---- */

/* `s` as a view of `shape` to which it stretches: checked before. */
tsr_store array_stretch(tsr_store s, const nd_shape *has, const nd_shape *shape, tsr_site at);
/* As nd_slice_, of an array that was described. */
nd_array array_apply(nd_array a, const array_info *info, const nd_index *index, int n, tsr_site at);

#endif
