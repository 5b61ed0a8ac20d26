/* execute/kernels/integer_map.h - what bool and integers do, as tables: for the vector loops (integer.c) and for
 * text that a compiler reads (execute/native/). */
#ifndef TESSERA_EXECUTE_INTEGER_MAP_H
#define TESSERA_EXECUTE_INTEGER_MAP_H

enum { I8 = 8, U8 = 8, I16 = 16, U16 = 16, I32 = 32, U32 = 32, I64 = 64, U64 = 64 };

#define WIDE(T, bits, y) ((y) < 0 || (uint64_t)(y) >= (bits))

/* What is the same bits for signed and unsigned; and what is not. */
#define COMMON_MAP(K1, K2, s, S, T, W)                                                             \
    K2(ADD, s, S, T, T, (W)x + (W)y)                                                               \
    K2(SUBTRACT, s, S, T, T, (W)x - (W)y)                                                          \
    K2(MULTIPLY, s, S, T, T, (W)x *(W)y)                                                           \
    K2(AND, s, S, T, T, x &y)                                                                      \
    K2(OR, s, S, T, T, x | y)                                                                      \
    K2(XOR, s, S, T, T, x ^ y)                                                                     \
    K2(EQUAL, s, S, bool, T, x == y)                                                               \
    K2(NOT_EQUAL, s, S, bool, T, x != y)                                                           \
    K1(NOT, s, S, T, T, ~x)                                                                        \
    K1(NEGATIVE, s, S, T, T, 0 - (W)x)
#define OWN_MAP(K1, K2, s, S, T, W)                                                                \
    K2(FLOOR_DIVIDE, s, S, T, T, floor_divide_##s(x, y))                                           \
    K2(REMAINDER, s, S, T, T, remainder_##s(x, y))                                                 \
    K2(FMOD, s, S, T, T, fmod_##s(x, y))                                                           \
    K2(POWER, s, S, T, T, power_##s(x, y))                                                         \
    K2(MINIMUM, s, S, T, T, x < y ? x : y)                                                         \
    K2(MAXIMUM, s, S, T, T, x > y ? x : y)                                                         \
    K2(SHIFT_LEFT, s, S, T, T, WIDE(T, S, y) ? 0 : (W)x << y)                                      \
    K2(SHIFT_RIGHT, s, S, T, T, x >> (WIDE(T, S, y) ? S - 1 : (int)y) >> (WIDE(T, S, y) ? 1 : 0))  \
    K2(LESS, s, S, bool, T, x < y)                                                                 \
    K2(LESS_EQUAL, s, S, bool, T, x <= y)                                                          \
    K1(ABSOLUTE, s, S, T, T, x < 0 ? 0 - (W)x : (W)x)                                              \
    K1(SIGN, s, S, T, T, (x > 0) - (x < 0))

/* bool: one byte, 0 or 1 */
#define BOOL_MAP(K1, K2)                                                                           \
    K2(AND, truth, 1, uint8_t, uint8_t, x &y)                                                       \
    K2(OR, truth, 1, uint8_t, uint8_t, x | y)                                                       \
    K2(XOR, truth, 1, uint8_t, uint8_t, x ^ y)                                                      \
    K2(EQUAL, truth, 1, uint8_t, uint8_t, x ^ y ^ 1)                                                \
    K2(LESS, truth, 1, uint8_t, uint8_t, ~x & y)                                                    \
    K2(LESS_EQUAL, truth, 1, uint8_t, uint8_t, (x ^ 1) | y)                                         \
    K1(NOT, truth, 1, uint8_t, uint8_t, x ^ 1)

#endif
