/* case_compare.c - elements compared: to the bit, within ulps, or within a distance.
 *
 * NaNs are equal, whatever their bits; zeros of different sign are not, unless something may
 * differ. An ulp is that of the expected value in its type; of a complex number that of its
 * magnitude. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "case_file.h"

/* A real element as a double; false: it is an integer. */
static bool real_of(nd_type t, const char *e, double *out)
{
    float f;
    switch (t) {
    case TSR_F16: *out = (double)tsr_f16_to_f32(*(const tsr_f16 *)(const void *)e); return true;
    case TSR_BF16: *out = (double)tsr_bf16_to_f32(*(const tsr_bf16 *)(const void *)e); return true;
    case TSR_F32:
        memcpy(&f, e, sizeof f);
        *out = (double)f;
        return true;
    case TSR_F64: memcpy(out, e, sizeof *out); return true;
    default: return false;
    }
}

/* The distance of neighbours at `v`. */
static double ulp_of(nd_type t, double v)
{
    const int digits = t == TSR_F16 ? 11 : t == TSR_BF16 ? 8 : t == TSR_F32 ? 24 : 53;
    const int least = t == TSR_F16 ? -24 : t == TSR_BF16 ? -133 : t == TSR_F32 ? -149 : -1074;
    int       exponent;
    frexp(v, &exponent);
    return v == 0 || exponent - digits < least ? ldexp(1, least) : ldexp(1, exponent - digits);
}

/* Is `x` what is expected? `size` says how large an ulp is. */
static bool real_fits(const struct conformance_case *c, nd_type t, double x, double y, double size)
{
    if (isnan(x) || isnan(y))
        return isnan(x) && isnan(y);
    if (x == y)
        return signbit(x) == signbit(y) || c->ulps > 0 || c->absolute > 0;
    if (isinf(x) || isinf(y))
        return c->ulps > 0 &&
               fabs(isinf(x) ? y : x) >= (t == TSR_F16   ? 6e4
                                          : t == TSR_F64 ? 1.7e308
                                                         : 3.3e38) &&
               signbit(x) == signbit(y);
    return fabs(x - y) <= c->absolute || fabs(x - y) <= c->ulps * ulp_of(t, size);
}

static bool element_fits(const struct conformance_case *c, nd_type t, const char *x, const char *y)
{
    const size_t bytes = tsr_type_size(t);
    double       a[2], b[2];
    if (t != TSR_C64 && t != TSR_C128)
        return real_of(t, x, &a[0]) && real_of(t, y, &b[0]) ? real_fits(c, t, a[0], b[0], b[0])
                                                            : memcmp(x, y, bytes) == 0;
    const nd_type part = t == TSR_C64 ? TSR_F32 : TSR_F64;
    for (int i = 0; i < 2; ++i) {
        real_of(part, x + (size_t)i * bytes / 2, &a[i]);
        real_of(part, y + (size_t)i * bytes / 2, &b[i]);
    }
    const double size = isfinite(b[0]) && isfinite(b[1]) ? hypot(b[0], b[1]) : 1;
    return real_fits(c, part, a[0], b[0], size) && real_fits(c, part, a[1], b[1], size);
}

static void show(nd_type t, const char *e, char *out, size_t room)
{
    double     v;
    const bool is_complex = t == TSR_C64 || t == TSR_C128;
    if (is_complex) {
        const nd_type part = t == TSR_C64 ? TSR_F32 : TSR_F64;
        double        w;
        real_of(part, e, &v);
        real_of(part, e + tsr_type_size(t) / 2, &w);
        snprintf(out, room, "%.17g%+.17gj", v, w);
    } else if (real_of(t, e, &v))
        snprintf(out, room, "%.17g", v);
    else {
        int64_t i = 0;
        memcpy(&i, e, tsr_type_size(t));
        snprintf(out, room, "0x%llx", (unsigned long long)i);
    }
}

static bool bytes_fit(const struct conformance_case *c, const char *found, char *why)
{
    const struct case_data *e = &c->expected;
    const size_t            bytes = tsr_type_size(e->type);
    char                    x[80], y[80];
    for (size_t i = 0; i < e->n_bytes / bytes; ++i)
        if (!element_fits(c, e->type, found + i * bytes, e->bytes + i * bytes)) {
            show(e->type, found + i * bytes, x, sizeof x);
            show(e->type, e->bytes + i * bytes, y, sizeof y);
            snprintf(why, 400, "element %zu of %s is %s, not %s", i, nd_type_name(e->type), x, y);
            return false;
        }
    return true;
}

bool case_compare(const struct conformance_case *c, nd_array found, char *why)
{
    const struct case_data *e = &c->expected;
    const nd_type           t = nd_type_of(found);
    const nd_shape          s = nd_shape_of(found);
    if (t == TSR_TYPE_ANY) {
        snprintf(why, 400, "it failed: %.300s", tsr_error_text());
        return false;
    }
    if (t != e->type) {
        snprintf(why, 400, "it is of %s, not %s", nd_type_name(t), nd_type_name(e->type));
        return false;
    }
    if (s.rank != e->shape.rank ||
        memcmp(s.extent, e->shape.extent, (size_t)s.rank * sizeof s.extent[0]) != 0) {
        snprintf(why, 400, "its shape is another one");
        return false;
    }
    char      *bytes = malloc(e->n_bytes + 1);
    const bool is_read = bytes && nd_read(found, bytes, e->n_bytes) == TSR_OK;
    if (!is_read)
        snprintf(why, 400, "it failed: %.300s", tsr_error_text());
    const bool fits = is_read && bytes_fit(c, bytes, why);
    free(bytes);
    return fits;
}
