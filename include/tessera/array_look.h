/* tessera/array_look.h - arrays as text. */
#ifndef TESSERA_ARRAY_LOOK_H
#define TESSERA_ARRAY_LOOK_H

#include <stdio.h>

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How to print; zero means NumPy's default. */
typedef struct nd_print_options {
    size_t   size;
    tsr_site at;
    int      precision; /* digits behind the point, at most; 0: 8; ND_NO_DIGITS: none */
    int      edge;      /* elements shown at each end of a long dimension; 0: 3 */
    int      threshold; /* arrays of more elements are shortened; 0: 1000 */
    int      width;     /* of a line; 0: 75 */
    bool     suppress;  /* small numbers as 0, not as 1e-9 */
    FILE    *file;      /* NULL: stdout */
} nd_print_options;
/* A precision of no digits at all. */
#define ND_NO_DIGITS (-1)

/* Print an array as NumPy's print does, on rank 0; a failed one prints its error text to stderr.
 * Of a long array only the edges are brought to rank 0.  Collective.  Waits.  Source:
 * numpy.array2string. */
TSR_API void nd_print_(nd_array a, const nd_print_options *o);
/* nd_print(a, .precision = 2): as above. */
#define nd_print(a, ...) nd_print_((a), TSR_OPTIONS_(nd_print_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
