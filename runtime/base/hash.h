/* base/hash.h - mixing 64-bit words; the same on every rank and run. */
#ifndef TESSERA_BASE_HASH_H
#define TESSERA_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Fold one word into a hash (the finalizer of MurmurHash3, Appleby 2011, as the mixing step). */
static inline uint64_t hash_word(uint64_t h, uint64_t w)
{
    h ^= w + 0x9e3779b97f4a7c15ull + (h << 6) + (h >> 2);
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdull;
    h ^= h >> 33;
    return h;
}

/* Fold `n` words into a hash. */
static inline uint64_t hash_words(uint64_t h, const void *words, size_t n)
{
    const char *p = words;
    for (size_t i = 0; i < n; ++i) {
        uint64_t w;
        __builtin_memcpy(&w, p + 8 * i, 8);
        h = hash_word(h, w);
    }
    return h;
}

#endif
