/* execute/kernels/cast_map.h - floats as integers: for the vector loops (cast.c) and for text that a compiler reads
 * (execute/native/). */
#ifndef TESSERA_EXECUTE_CAST_MAP_H
#define TESSERA_EXECUTE_CAST_MAP_H

/* x is not a NaN and in range, or the least. */
#define TO_I32(x) ((x) >= -2147483648.0 && (x) < 2147483648.0 ? (int32_t)(x) : INT32_MIN)
#define TO_I64(x)                                                                                  \
    ((x) >= -9223372036854775808.0 && (x) < 9223372036854775808.0 ? (int64_t)(x) : INT64_MIN)
#define TO_U64(x)                                                                                  \
    ((x) >= 9223372036854775808.0 ? (uint64_t)TO_I64((x)-9223372036854775808.0) ^ 1ull << 63       \
                                  : (uint64_t)TO_I64(x))

#endif
