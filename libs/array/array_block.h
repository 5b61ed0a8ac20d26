/* array_block.h - strided blocks of elements copied inside task bodies.
 *
 * Cost: O(elements). Threads: any. */
#ifndef ARRAY_BLOCK_H
#define ARRAY_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copy one element of 1, 2, 4, 8 or 16 bytes. */
static inline void array_copy_one(char *to, const char *from, size_t bytes)
{
    switch (bytes) {
    case 1: *to = *from; break;
    case 2: memcpy(to, from, 2); break;
    case 4: memcpy(to, from, 4); break;
    case 8: memcpy(to, from, 8); break;
    case 16: memcpy(to, from, 16); break;
    default: memcpy(to, from, bytes);
    }
}

/* A block: extents, and the strides of both sides in elements. */
struct array_block {
    int            rank;
    size_t         bytes;
    int64_t        extent[8];
    const int64_t *to_stride, *from_stride;
};

/* Copy `n` elements of a row. */
static inline void array_copy_row(char *to, int64_t to_step, const char *from, int64_t from_step,
                                  int64_t n, size_t bytes)
{
    if (to_step == 1 && from_step == 1) {
        memcpy(to, from, (size_t)n * bytes);
        return;
    }
    for (int64_t i = 0; i < n; ++i)
        array_copy_one(to + i * to_step * (int64_t)bytes, from + i * from_step * (int64_t)bytes,
                       bytes);
}

/* Copy a block whose first elements these are. */
static inline void array_copy_block(const struct array_block *b, char *to, const char *from)
{
    const int last = b->rank - 1;
    int64_t   at[8] = {0};
    for (int d = 0; d <= last; ++d)
        if (b->extent[d] <= 0)
            return;
    if (last < 0) {
        array_copy_one(to, from, b->bytes);
        return;
    }
    for (;;) {
        array_copy_row(to, b->to_stride[last], from, b->from_stride[last], b->extent[last],
                       b->bytes);
        int d = last - 1;
        for (; d >= 0; --d) {
            to += b->to_stride[d] * (int64_t)b->bytes;
            from += b->from_stride[d] * (int64_t)b->bytes;
            if (++at[d] < b->extent[d])
                break;
            to -= b->extent[d] * b->to_stride[d] * (int64_t)b->bytes;
            from -= b->extent[d] * b->from_stride[d] * (int64_t)b->bytes;
            at[d] = 0;
        }
        if (d < 0)
            return;
    }
}

#endif
