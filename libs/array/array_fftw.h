/* array_fftw.h - the served FFTW: plans of one row, loaded when first needed.
 *
 * Threads: array_fftw_load on the issuing thread; the others any, once it was well. */
#ifndef ARRAY_FFTW_H
#define ARRAY_FFTW_H

#include "array_inside.h"

/* Load the FFTW of a precision (F32 or F64) if it is not there yet.  Fails: ENVIRONMENT. */
tsr_status array_fftw_load(nd_type real, tsr_site at) TSR_MUST_CHECK;

/* A plan of one row. */
typedef struct array_fftw_plan array_fftw_plan;
/* The plan of `n` points; `from` and `to` are aligned to 64, have room for n complex numbers, and may be
 * overwritten.  NULL: there is none, which is for want of memory.  O(1) after the first. */
const array_fftw_plan *array_fftw_find(nd_fft_kind kind, nd_type real, int64_t n, void *from,
                                       void *to);
/* Transform one row, without any factor; buffers aligned as those of the plan.  `from` may be overwritten. */
void array_fftw_run(const array_fftw_plan *p, void *from, void *to);

#endif
