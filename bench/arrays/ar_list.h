/* ar_list.h - the names of all programs, in the order in which they run. */
#ifndef AR_LIST_H
#define AR_LIST_H

#include "ar_programs.h"

#define AR_PROGRAM_MAP(X)                                                                          \
    X(black_scholes) X(chain) X(mandelbrot) X(nbody) X(statistics)                                 \
    X(jacobi) X(stencil_3d) X(gray_scott) X(cavity)                                                \
    X(gemm) X(cg) X(pcg) X(kmeans) X(linreg) X(logreg) X(lstm)                                     \
    X(sort) X(scan) X(fft2) X(cholesky) X(richardson_lucy) X(histogram) X(quantiles)

#define X(name) extern const ar_program ar_##name;
AR_PROGRAM_MAP(X)
#undef X

#endif
