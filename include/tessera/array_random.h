/* tessera/array_random.h - random numbers that follow from a seed and an element's index alone.
 *
 * The generator is Philox 4x64 with 10 rounds (Salmon, Moraes, Dror and Shaw, Parallel Random
 * Numbers: As Easy as 1, 2, 3, SC 2011), its key the seed, its counter the element's index in C
 * order: the same numbers on any number of workers and ranks, and nothing to be kept between calls.
 * Words are numpy.random.Philox(key=seed)'s, in order. */
#ifndef TESSERA_ARRAY_RANDOM_H
#define TESSERA_ARRAY_RANDOM_H

#include <tessera/array_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of random numbers; zero means the default. */
typedef struct nd_random_options {
    size_t   size;
    tsr_site at;
    nd_type  type;      /* float64; of integers int64 */
    uint64_t stream;    /* other numbers of the same seed */
    double   low, high; /* of uniform numbers; both 0: from 0 to 1 */
    double   mean;      /* of normal numbers */
    double   deviation; /* 0: 1 */
} nd_random_options;

/* Numbers from `low` up to and without `high` (rounding may give it), each as likely.  Types:
 * floats, which get as many random bits as they hold.  Float64 from 0 to 1: those of
 * numpy.random.Generator(numpy.random.Philox(key=seed)).random.  Source:
 * numpy.random.Generator.uniform. */
TSR_API nd_array nd_random_uniform_(uint64_t seed, nd_shape shape, const nd_random_options *o);
/* nd_random_uniform(7, ND_SHAPE(100, 3), .low = -1, .high = 1): as above. */
#define nd_random_uniform(seed, shape, ...)                                                        \
    nd_random_uniform_((seed), (shape), TSR_OPTIONS_(nd_random_options, __VA_ARGS__))
/* Normally distributed numbers (Box and Muller, from two words each).  Types: floats, computed in
 * float64.  Source: numpy.random.Generator.normal, with other numbers. */
TSR_API nd_array nd_random_normal_(uint64_t seed, nd_shape shape, const nd_random_options *o);
/* nd_random_normal(7, ND_SHAPE(100), .mean = 2, .deviation = 0.5): as above. */
#define nd_random_normal(seed, shape, ...)                                                         \
    nd_random_normal_((seed), (shape), TSR_OPTIONS_(nd_random_options, __VA_ARGS__))
/* Integers from `low` up to and without `high`; none is likelier than another by more than one part
 * in 2^64 / (high - low).  Types: integers that hold them.  Fails: BAD_ARGUMENT where there is none
 * between, or the type does not hold them.  Source: numpy.random.Generator.integers, with other
 * numbers. */
TSR_API nd_array nd_random_integers_(uint64_t seed, int64_t low, int64_t high, nd_shape shape,
                                     const nd_random_options *o);
/* nd_random_integers(7, 0, 6, ND_SHAPE(100)): as above. */
#define nd_random_integers(seed, low, high, shape, ...)                                            \
    nd_random_integers_((seed), (low), (high), (shape),                                            \
                        TSR_OPTIONS_(nd_random_options, __VA_ARGS__))
/* The words themselves: uint64.  Source: numpy.random.Philox.random_raw. */
TSR_API nd_array nd_random_words_(uint64_t seed, nd_shape shape, const nd_random_options *o);
/* nd_random_words(7, ND_SHAPE(100)): as above. */
#define nd_random_words(seed, shape, ...)                                                          \
    nd_random_words_((seed), (shape), TSR_OPTIONS_(nd_random_options, __VA_ARGS__))
/* The integers from 0 up to and without `n` in a random order, int64: the order that sorts words.
 * Fails: BAD_SHAPE for n < 0.  Source: numpy.random.Generator.permutation, with other numbers. */
TSR_API nd_array nd_random_permutation_(uint64_t seed, int64_t n, const nd_random_options *o);
/* nd_random_permutation(7, 100): as above. */
#define nd_random_permutation(seed, n, ...)                                                        \
    nd_random_permutation_((seed), (n), TSR_OPTIONS_(nd_random_options, __VA_ARGS__))

#ifdef __cplusplus
}
#endif
#endif
