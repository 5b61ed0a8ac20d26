/* compare.c - bit for bit: where two arrays of elements first differ, in words. */
#include "oracle.h"

#include <string.h>

static void print_element(tsr_type t, const uint8_t *x, char *out, size_t room)
{
    double  d;
    float   f;
    int64_t v = 0;
    size_t  n = 0;
    if (t == TSR_F64) {
        memcpy(&d, x, 8);
        n = (size_t)snprintf(out, room, "%a ", d);
    } else if (t == TSR_F32) {
        memcpy(&f, x, 4);
        n = (size_t)snprintf(out, room, "%a ", (double)f);
    } else if (el_is_integer(t)) {
        memcpy(&v, x, el_size(t));
        n = (size_t)snprintf(out, room, "%lld ", (long long)v);
    }
    n += (size_t)snprintf(out + n, room - n, "0x");
    for (size_t k = el_size(t); k-- > 0 && n + 3 < room;)
        n += (size_t)snprintf(out + n, room - n, "%02x", x[k]);
}

bool compare_bytes(tsr_type t, const tsr_shape *shape, const uint8_t *got, const uint8_t *want,
                   char *out_text, size_t room)
{
    const size_t size = el_size(t);
    int64_t      n = 1, differ = 0, first = -1;
    for (int d = 0; d < shape->rank; ++d)
        n *= shape->extent[d];
    if (n == 0 || memcmp(got, want, (size_t)n * size) == 0)
        return false;
    for (int64_t k = 0; k < n; ++k)
        if (memcmp(got + (size_t)k * size, want + (size_t)k * size, size) != 0) {
            ++differ;
            if (first < 0)
                first = k;
        }
    char g[80], w[80], where[160] = "";
    print_element(t, got + (size_t)first * size, g, sizeof g);
    print_element(t, want + (size_t)first * size, w, sizeof w);
    int64_t rest = first;
    for (int d = shape->rank - 1; d >= 0; --d) {
        char before[160];
        memcpy(before, where, sizeof before);
        snprintf(where, sizeof where, "%lld%s%.100s", (long long)(rest % shape->extent[d]),
                 *before ? "," : "", before);
        rest /= shape->extent[d];
    }
    snprintf(out_text, room, "%lld of %lld elements differ, first at (%s): got %s, want %s",
             (long long)differ, (long long)n, where, g, w);
    return true;
}
