/* tessera/array_fft.h - discrete Fourier transforms.
 *
 *     nd_array spectrum = nd_fft2(image);
 *     nd_array rows = nd_rfft(signals, .n = 4096, .axes = ND_AXES(0), .norm = ND_NORM_ORTHO);
 *
 * They are FFTW's, which is loaded by the first call: rows of one axis are tasks, and axes follow each other, the
 * last one first.  Plans are FFTW's estimates, made once for each length and kept as long as the
 * process: the same bits on any number of workers and ranks of machines whose processors have the same vectors
 * (a program that plans with FFTW itself, or imports wisdom, may change which plan is found).
 * Types: float32, complex64 and halves (computed as float32) give complex64, of REAL_INVERSE float32; others
 * complex128, float64: as NumPy 2, which has some halves out of irfft.
 * Where FFTW is not installed, the calls fail with ENVIRONMENT. */
#ifndef TESSERA_ARRAY_FFT_H
#define TESSERA_ARRAY_FFT_H

#include <tessera/array_arrange.h>
#include <tessera/array_core.h>
#include <tessera/array_reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which transform. */
typedef enum nd_fft_kind {
    ND_FFT_FORWARD,
    ND_FFT_INVERSE,
    ND_FFT_REAL, /* of real numbers: the half of the spectrum that the other half follows from */
    ND_FFT_REAL_INVERSE /* of such a half: real numbers */
} nd_fft_kind;

/* Where the factor 1/n stands. */
typedef enum nd_fft_norm {
    ND_NORM_BACKWARD, /* in the inverse */
    ND_NORM_ORTHO,    /* its root in both */
    ND_NORM_FORWARD   /* in the forward transform */
} nd_fft_norm;

/* How to transform; zero means the default. */
typedef struct nd_fft_options {
    size_t   size;
    tsr_site at;
    nd_axes axes; /* in this order, the last one first; default: the last axis, the last two, all */
    int64_t n;    /* of one axis: so many points, cut or filled up with 0; default: its extent, of
                         REAL_INVERSE 2 (extent - 1) */
    nd_fft_norm norm;
} nd_fft_options;

/* Transform along `n_axes` last axes (0: all), or those of the options; behind the macros.  REAL and REAL_INVERSE
 * are so along the last of the axes, and complex along the others.
 * Fails: BAD_ARGUMENT (an axis that is not there; no points, or more than 2^31 - 1; `n` with several axes);
 * BAD_TYPE (REAL of complex numbers). */
TSR_API nd_array nd_fft_(nd_fft_kind kind, int n_axes, nd_array a, const nd_fft_options *o);
#define ND_FFT_(kind, n, a, ...)                                                                   \
    nd_fft_((kind), (n), (a), TSR_OPTIONS_(nd_fft_options, __VA_ARGS__))

/* The transform along one axis.  Source: numpy.fft.fft. */
#define nd_fft(a, ...) ND_FFT_(ND_FFT_FORWARD, 1, a, __VA_ARGS__)
/* The inverse of nd_fft.  Source: numpy.fft.ifft. */
#define nd_ifft(a, ...) ND_FFT_(ND_FFT_INVERSE, 1, a, __VA_ARGS__)
/* The transform of real numbers: n / 2 + 1 points.  Source: numpy.fft.rfft. */
#define nd_rfft(a, ...) ND_FFT_(ND_FFT_REAL, 1, a, __VA_ARGS__)
/* The inverse of nd_rfft.  Source: numpy.fft.irfft. */
#define nd_irfft(a, ...) ND_FFT_(ND_FFT_REAL_INVERSE, 1, a, __VA_ARGS__)
/* The transform along two axes.  Source: numpy.fft.fft2. */
#define nd_fft2(a, ...) ND_FFT_(ND_FFT_FORWARD, 2, a, __VA_ARGS__)
/* The inverse of nd_fft2.  Source: numpy.fft.ifft2. */
#define nd_ifft2(a, ...) ND_FFT_(ND_FFT_INVERSE, 2, a, __VA_ARGS__)
/* The transform of real numbers along two axes.  Source: numpy.fft.rfft2. */
#define nd_rfft2(a, ...) ND_FFT_(ND_FFT_REAL, 2, a, __VA_ARGS__)
/* The inverse of nd_rfft2, of an even extent.  Source: numpy.fft.irfft2. */
#define nd_irfft2(a, ...) ND_FFT_(ND_FFT_REAL_INVERSE, 2, a, __VA_ARGS__)
/* The transform along all axes.  Source: numpy.fft.fftn. */
#define nd_fftn(a, ...) ND_FFT_(ND_FFT_FORWARD, 0, a, __VA_ARGS__)
/* The inverse of nd_fftn.  Source: numpy.fft.ifftn. */
#define nd_ifftn(a, ...) ND_FFT_(ND_FFT_INVERSE, 0, a, __VA_ARGS__)

/* The frequencies of the points of a transform of `n` points that are `d` apart: 0, 1, ... and the negative
 * ones, over n d.  Fails: BAD_ARGUMENT (n < 1).  Source: numpy.fft.fftfreq. */
TSR_API nd_array nd_fftfreq_(int64_t n, double d, tsr_site at);
/* nd_fftfreq(8, 0.1): as above. */
#define nd_fftfreq(n, d) nd_fftfreq_((n), (d), TSR_HERE)
/* As nd_fftfreq, of the points of nd_rfft.  Source: numpy.fft.rfftfreq. */
TSR_API nd_array nd_rfftfreq_(int64_t n, double d, tsr_site at);
/* nd_rfftfreq(8, 0.1): as above. */
#define nd_rfftfreq(n, d) nd_rfftfreq_((n), (d), TSR_HERE)
/* The frequency 0 moved to the middle (`is_inverse`: from there to the front), along all axes or those of the
 * options; behind the macros.  Fails: BAD_ARGUMENT (an axis that is not there). */
TSR_API nd_array nd_fft_shift_(nd_array a, bool is_inverse, const nd_axes_options *o);
/* nd_fftshift(spectrum, .axes = ND_AXES(0)): the frequency 0 in the middle.  Source: numpy.fft.fftshift. */
#define nd_fftshift(a, ...) nd_fft_shift_((a), false, TSR_OPTIONS_(nd_axes_options, __VA_ARGS__))
/* The inverse of nd_fftshift.  Source: numpy.fft.ifftshift. */
#define nd_ifftshift(a, ...) nd_fft_shift_((a), true, TSR_OPTIONS_(nd_axes_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
