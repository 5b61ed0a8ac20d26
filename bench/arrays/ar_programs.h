/* ar_programs.h - the programs of bench/arrays, each as a user of the array library would write it.
 *
 * A program makes its input once (setup), from formulas that every system computes to the same bits; a run
 * leaves the input as it is and answers with up to AR_RESULTS arrays.  bench/peers/arrays.py holds the same
 * programs for the peers, under the same names. */
#ifndef AR_PROGRAMS_H
#define AR_PROGRAMS_H

#include <tessera/array.h>

enum { AR_ARRAYS = 12, AR_RESULTS = 3 };

/* What a program's time goes into: what is asked of it follows. */
typedef enum ar_kind {
    AR_ELEMENTWISE, /* formulas over whole arrays */
    AR_STENCIL,     /* formulas over shifted views */
    AR_SERVED,      /* mostly inside BLAS, LAPACK or an FFT, on both sides */
    AR_OTHER
} ar_kind;

/* Input, owned by the scope that setup was called in. */
typedef struct ar_state {
    nd_array a[AR_ARRAYS];
    int64_t  n;
} ar_state;

typedef struct ar_program {
    const char *name, *what; /* what: a line for people */
    ar_kind     kind;
    int64_t     size, small; /* of a measurement, of a check; their meaning is the program's */
    void (*setup)(ar_state *s, int64_t n);
    /* Fills out[]; those it does not fill stay the null array. */
    void (*run)(const ar_state *s, nd_array out[AR_RESULTS]);
} ar_program;

/* All of them; the last has no name. */
extern const ar_program *const ar_programs[];

/* Numbers in [0, 1) that look drawn: element i is (i * golden ratio + shift) mod 1. */
nd_array ar_noise(nd_shape shape, double shift);

#endif
