/* array_sort.h - elements as keys whose order is that of unsigned numbers, and keys sorted.
 *
 * A whole key has all bits of its element and orders as DESIGN says: -0 before +0, NaNs last. A
 * loose key orders as NumPy compares: equal zeros are equal, and so are NaNs. Complex numbers are
 * not here: they have three loose keys, the last the most significant. Threads: any. */
#ifndef ARRAY_SORT_H
#define ARRAY_SORT_H

#include <math.h>
#include <string.h>

#include "array_inside.h"

/* Bits of a real floating-point number of `bits` bits, of which `fraction` are the fraction's, as a
 * key: negative ones reversed, negative NaNs past the others. */
static inline uint64_t array_key_of_real(uint64_t v, int bits, int fraction, bool is_loose)
{
    const uint64_t sign = (uint64_t)1 << (bits - 1), all = sign | (sign - 1);
    const uint64_t infinity = (sign - 1) & ~(((uint64_t)1 << fraction) - 1);
    if (is_loose && (v & ~sign) > infinity)
        return all;
    if (is_loose && v == sign)
        v = 0;
    const uint64_t ordered = v & sign ? ~v & all : v | sign;
    return (ordered - (((uint64_t)1 << fraction) - 1)) & all; /* so many NaNs are negative */
}

/* The bits that a whole key was made of. */
static inline uint64_t array_real_of_key(uint64_t key, int bits, int fraction)
{
    const uint64_t sign = (uint64_t)1 << (bits - 1), all = sign | (sign - 1);
    const uint64_t ordered = (key + (((uint64_t)1 << fraction) - 1)) & all;
    return ordered & sign ? ordered & ~sign : ~ordered & all;
}

/* Bits of the fraction of a real floating-point type; 0 of others. */
static inline int array_fraction_bits(nd_type t)
{
    return t == TSR_F16 ? 10 : t == TSR_BF16 ? 7 : t == TSR_F32 ? 23 : t == TSR_F64 ? 52 : 0;
}

static inline uint64_t array_key(nd_type t, const char *element, bool is_loose)
{
    const int size = (int)tsr_type_size(t), fraction = array_fraction_bits(t);
    uint64_t  v = 0;
    memcpy(&v, element, (size_t)size); /* little endian */
    if (fraction)
        return array_key_of_real(v, 8 * size, fraction, is_loose);
    return t == TSR_BOOL || array_is_unsigned(t) ? v : v ^ (uint64_t)1 << (8 * size - 1);
}

static inline void array_unkey(nd_type t, uint64_t key, char *element)
{
    const int size = (int)tsr_type_size(t), fraction = array_fraction_bits(t);
    if (fraction)
        key = array_real_of_key(key, 8 * size, fraction);
    else if (t != TSR_BOOL && !array_is_unsigned(t))
        key ^= (uint64_t)1 << (8 * size - 1);
    memcpy(element, &key, (size_t)size);
}

/* How many loose keys a type has: 1, of complex numbers 3. */
int array_key_count(nd_type t);
/* Loose key `which` of an element, the least significant first. */
uint64_t array_key_part(nd_type t, const char *element, int which);

/* Keys, and where they come from where `place` is not NULL; as many of room besides. */
struct array_keys {
    int64_t   n;
    int       bytes; /* of a key that may differ */
    uint64_t *key, *key_room;
    int64_t  *place, *place_room;
};
/* Sort, equal keys in the order in which they stand. The results are in key and place, which may
 * have changed places with the room. O(n x bytes). */
void array_keys_sort(struct array_keys *k);
/* Merge sorted runs that stand behind each other, run r of length[r]; of equal keys those of
 * earlier runs first. O(n log runs); `length` is used up. */
void array_keys_merge(struct array_keys *k, int64_t *length, int64_t runs);

#endif
