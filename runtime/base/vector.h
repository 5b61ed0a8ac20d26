/* base/vector.h - mark a function whose loops are to be vectorised in builds that ask for less. */
#ifndef TESSERA_BASE_VECTOR_H
#define TESSERA_BASE_VECTOR_H

#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#define BASE_VECTORIZED __attribute__((optimize("O3")))
#else
#define BASE_VECTORIZED
#endif

#endif
