/* array_digits.c - floats as the fewest decimal digits that are read back as the same value.
 *
 * Steele and White, "How to print floating-point numbers accurately" (PLDI 1990), define what is
 * wanted: NumPy computes it with Dragon4. Here the C library's correctly rounded printf and strtod
 * are asked, for one digit more at a time: the first text that is read back equal is the shortest.
 *
 * Cost: at most 17 conversions a number. Threads: any. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array_format.h"

/* What a text is read back as, in type `t`. */
static double read_back(nd_type t, const char *text)
{
    switch (t) {
    case TSR_F64: return strtod(text, NULL);
    case TSR_F32: return (double)strtof(text, NULL);
    case TSR_BF16: return (double)tsr_bf16_to_f32(tsr_f32_to_bf16(strtof(text, NULL)));
    default: return (double)tsr_f16_to_f32(tsr_f32_to_f16(strtof(text, NULL)));
    }
}

/* The digits of "d.ddde+xx". */
static void digits_take(const char *text, struct array_digits *out)
{
    const char *e = strchr(text, 'e');
    out->n = 0;
    for (const char *c = text; c < e; ++c)
        if (*c >= '0' && *c <= '9')
            out->digit[out->n++] = *c;
    while (out->n > 0 && out->digit[out->n - 1] == '0')
        --out->n;
    out->point = (int)strtol(e + 1, NULL, 10) + 1;
}

void array_digits_shortest(nd_type t, double v, struct array_digits *out)
{
    char text[64];
    out->is_negative = signbit(v) != 0;
    out->n = 0;
    out->point = 1;
    if (v == 0)
        return;
    for (int p = 0; p < 17; ++p) {
        snprintf(text, sizeof text, "%.*e", p, fabs(v));
        if (read_back(t, text) == fabs(v))
            break;
    }
    digits_take(text, out);
}

/* Digit `i` of the number, counted from the first; 0 beyond. */
static char digit_at(const struct array_digits *d, int i)
{
    return i >= 0 && i < d->n ? d->digit[i] : '0';
}

/* "-123.45" without trailing zeros behind the point. */
static int trim(char *out, int n)
{
    while (n > 0 && out[n - 1] == '0')
        --n;
    out[n] = '\0';
    return n;
}

int array_write_positional(const struct array_digits *d, double v, int precision, char *out)
{
    const int behind = d->n - d->point;
    if (precision >= 0 && behind > precision) { /* cut: by the exact value */
        const int n = snprintf(out, ARRAY_WORD, "%s%.*f%s", d->is_negative ? "-" : "", precision,
                               fabs(v), precision == 0 ? "." : "");
        return trim(out, n);
    }
    int n = 0;
    if (d->is_negative)
        out[n++] = '-';
    if (d->point <= 0 || d->n == 0)
        out[n++] = '0';
    for (int i = 0; d->n && i < d->point; ++i)
        out[n++] = digit_at(d, i);
    out[n++] = '.';
    for (int i = d->n ? d->point : 0; i < d->n; ++i)
        out[n++] = digit_at(d, i);
    out[n] = '\0';
    return n;
}

int array_write_scientific(const struct array_digits *d, double v, int precision, int least,
                           char *out)
{
    struct array_digits cut = *d;
    int                 n = 0;
    if (least >= 0) /* digits past the shortest are those of the exact value */
        return sprintf(out, "%s%#.*e", d->is_negative ? "-" : "", least, fabs(v));
    if (precision >= 0 && d->n > precision + 1) { /* cut: by the exact value, which may carry */
        char text[64];
        snprintf(text, sizeof text, "%.*e", precision, fabs(v));
        digits_take(text, &cut);
    }
    if (cut.is_negative)
        out[n++] = '-';
    out[n++] = digit_at(&cut, 0);
    out[n++] = '.';
    for (int i = 1; i < cut.n; ++i)
        out[n++] = digit_at(&cut, i);
    return n + sprintf(out + n, "e%+03d", cut.point - 1);
}
