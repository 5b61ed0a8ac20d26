/* base/whole.h - whole numbers. */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include <stdint.h>

/* The greatest common divisor of a, b >= 0 (Euclid); of 0 and b: b. */
static inline int64_t gcd64(int64_t a, int64_t b)
{
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
