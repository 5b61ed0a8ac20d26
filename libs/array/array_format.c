/* array_format.c - how the elements of an array are written: numpy/_core/arrayprint.py, NumPy 2.4.
 *
 * A first pass over the elements finds whether they want exponents, and how wide they are on each
 * side of the point; then each is written so that points stand in a column. Complex elements are
 * two such columns.
 *
 * Cost: O(elements), two conversions each. Threads: any. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "array_format.h"

/* ---- the parts of elements ---- */

static double part_of(nd_type t, const void *data, int64_t i, int part)
{
    double parts[2];
    array_element_parts(t, (const char *)data + (size_t)i * tsr_type_size(t), parts);
    return parts[part];
}

/* Decimal digits that a type holds, as numpy.finfo(t).precision. */
static int precision_of(nd_type t)
{
    return t == TSR_F64 ? 15 : t == TSR_F32 ? 6 : t == TSR_F16 ? 3 : 2;
}

/* A ratio in the arithmetic of the type: it may overflow. */
static double ratio(nd_type t, double high, double low)
{
    double        r[2] = {high / low, 0};
    array_element e;
    array_element_store(t, r, e.bytes);
    array_element_parts(t, e.bytes, r);
    return r[0];
}

/* ---- choosing ---- */

/* What the finite numbers of a part are like. */
struct survey {
    double  least, most; /* magnitudes, without zeros */
    int64_t finite, nonzero;
    bool    has_negative_infinity;
};

static struct survey survey_part(nd_type t, const void *data, int64_t n, int part)
{
    struct survey s = {INFINITY, 0, 0, 0, false};
    for (int64_t i = 0; i < n; ++i) {
        const double v = part_of(t, data, i, part), m = fabs(v);
        if (isinf(v) && v < 0)
            s.has_negative_infinity = true;
        if (!isfinite(v))
            continue;
        ++s.finite;
        if (m == 0)
            continue;
        ++s.nonzero;
        s.least = m < s.least ? m : s.least;
        s.most = m > s.most ? m : s.most;
    }
    return s;
}

static bool wants_exponents(const struct survey *s, nd_type t, bool suppress)
{
    if (s->nonzero == 0)
        return false;
    const int    digits = precision_of(t) < 8 ? precision_of(t) : 8;
    const double limit = pow(10, digits);
    return s->most >= limit ||
           (!suppress && (s->least < 0.0001 || ratio(t, s->most, s->least) > 1000));
}

/* One number as the first pass writes it. */
static int first_text(const struct array_float_format *f, double v, char *out)
{
    struct array_digits d;
    int                 plus = 0;
    array_digits_shortest(f->type, v, &d);
    if (f->has_plus && !d.is_negative)
        out[plus++] = '+';
    return plus + (f->is_scientific ? array_write_scientific(&d, v, f->precision, -1, out + plus)
                                    : array_write_positional(&d, v, f->precision, out + plus));
}

static void float_choose(struct array_float_format *f, nd_type t, const void *data, int64_t n,
                         int part, const nd_print_options *o)
{
    const struct survey s = survey_part(t, data, n, part);
    char                text[ARRAY_WORD];
    int                 exponent = 0;
    f->type = array_real_of(t);
    f->precision = o->precision == 0 ? 8 : o->precision < 0 ? 0 : o->precision;
    f->is_scientific = wants_exponents(&s, f->type, o->suppress);
    f->pad_left = f->pad_right = 0;
    for (int64_t i = 0; i < n; ++i) {
        const double v = part_of(t, data, i, part);
        if (!isfinite(v))
            continue;
        const int   whole = first_text(f, v, text);
        const char *point = memchr(text, '.', (size_t)whole), *e = memchr(text, 'e', (size_t)whole);
        const int   left = (int)(point - text), right = (int)((e ? e : text + whole) - point) - 1;
        f->pad_left = left > f->pad_left ? left : f->pad_left;
        f->pad_right = right > f->pad_right ? right : f->pad_right;
        if (e && (int)(text + whole - e) - 1 > exponent)
            exponent = (int)(text + whole - e) - 1;
    }
    if (f->is_scientific) {
        f->precision = f->pad_right;
        f->pad_right += 1 + exponent; /* the "e" and what follows: for NaN's place */
        f->exponent = exponent - 1;
    }
    if (s.finite < n) {
        const int place = f->pad_right + 1;
        const int inf = 3 + (f->has_plus || s.has_negative_infinity) - place;
        f->pad_left = 3 - place > f->pad_left ? 3 - place : f->pad_left;
        f->pad_left = inf > f->pad_left ? inf : f->pad_left;
    }
}

static int integer_text(nd_type t, const void *element, char *out)
{
    const nd_operand x = array_element_number(t, element);
    return x.kind == ND_OPERAND_UINT ? sprintf(out, "%llu", (unsigned long long)x.number.u)
                                     : sprintf(out, "%lld", (long long)x.number.i);
}

void array_format_choose(struct array_format *f, nd_type t, const void *data, int64_t n,
                         const nd_print_options *o)
{
    char text[ARRAY_WORD];
    memset(f, 0, sizeof *f);
    f->type = t;
    if (array_kind_of(t) >= KIND_REAL) {
        f->part[1].has_plus = true;
        for (int part = 0; part <= (array_kind_of(t) == KIND_COMPLEX); ++part)
            float_choose(&f->part[part], t, data, n, part, o);
        return;
    }
    f->width = t == TSR_BOOL ? 5 : 0;
    for (int64_t i = 0; t != TSR_BOOL && i < n; ++i) {
        const int width = integer_text(t, (const char *)data + (size_t)i * tsr_type_size(t), text);
        f->width = width > f->width ? width : f->width;
    }
}

/* ---- writing ---- */

/* Zeros before the digits of an exponent that is shorter than others. */
static void exponent_widen(char *text, int digits)
{
    char     *e = strchr(text, 'e') + 2;
    const int lacks = digits - (int)strlen(e);
    if (lacks > 0) {
        memmove(e + lacks, e, strlen(e) + 1);
        memset(e, '0', (size_t)lacks);
    }
}

static int float_write(const struct array_float_format *f, double v, char *out)
{
    struct array_digits d;
    char                text[ARRAY_WORD];
    if (!isfinite(v)) {
        const char *sign = !isnan(v) && v < 0 ? "-" : f->has_plus ? "+" : "";
        snprintf(text, sizeof text, "%s%s", sign, isnan(v) ? "nan" : "inf");
        return sprintf(out, "%*s", f->pad_left + f->pad_right + 1, text);
    }
    array_digits_shortest(f->type, v, &d);
    const char *plus = f->has_plus && !d.is_negative ? "+" : "";
    if (f->is_scientific) {
        array_write_scientific(&d, v, -1, f->precision, text);
        exponent_widen(text, f->exponent);
    } else
        array_write_positional(&d, v, f->precision, text);
    const int left = (int)(strchr(text, '.') - text) + (int)strlen(plus);
    const int blanks = f->pad_left > left ? f->pad_left - left : 0;
    int       n = sprintf(out, "%*s%s%s", blanks, "", plus, text);
    if (!f->is_scientific) {
        const int right = (int)strlen(strchr(text, '.')) - 1;
        n += sprintf(out + n, "%*s", f->pad_right > right ? f->pad_right - right : 0, "");
    }
    return n;
}

void array_format_write(const struct array_format *f, const void *element, char *out)
{
    double parts[2];
    char   text[ARRAY_WORD];
    if (f->type == TSR_BOOL) {
        sprintf(out, "%*s", f->width, *(const bool *)element ? "True" : "False");
        return;
    }
    if (f->part[0].type == TSR_TYPE_ANY) {
        integer_text(f->type, element, text);
        sprintf(out, "%*s", f->width, text);
        return;
    }
    array_element_parts(f->type, element, parts);
    int n = float_write(&f->part[0], parts[0], out);
    if (array_kind_of(f->type) != KIND_COMPLEX)
        return;
    n += float_write(&f->part[1], parts[1], out + n);
    int end = n;
    while (out[end - 1] == ' ')
        --end;
    memmove(out + end + 1, out + end,
            (size_t)(n - end) + 1); /* "j" goes before what fills the column */
    out[end] = 'j';
}

/* ---- scalars ---- */

/* A number as str() of a NumPy scalar; `trim_point`: without ".0". */
static int scalar_write(nd_type t, double v, bool trim_point, char *out)
{
    struct array_digits d;
    if (!isfinite(v))
        return sprintf(out, "%s", isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
    array_digits_shortest(t, v, &d);
    if (v == 0 || (fabs(v) < 1e16 && fabs(v) >= 1e-4)) {
        int n = array_write_positional(&d, v, -1, out);
        if (out[n - 1] == '.')
            n = trim_point ? n - 1 : n + sprintf(out + n, "0");
        out[n] = '\0';
        return n;
    }
    int   n = array_write_scientific(&d, v, -1, -1, out);
    char *point = strchr(out, '.');
    if (point[1] == 'e') {
        memmove(point, point + 1, strlen(point));
        --n;
    }
    return n;
}

void array_format_scalar(nd_type t, const void *element, char *out)
{
    double parts[2];
    if (t == TSR_BOOL) {
        strcpy(out, *(const bool *)element ? "True" : "False");
        return;
    }
    if (array_kind_of(t) == KIND_INT) {
        integer_text(t, element, out);
        return;
    }
    array_element_parts(t, element, parts);
    if (array_kind_of(t) == KIND_REAL) {
        scalar_write(t, parts[0], false, out);
        return;
    }
    const bool is_imaginary = parts[0] == 0 && !signbit(parts[0]);
    int        n = is_imaginary ? 0 : sprintf(out, "(");
    if (!is_imaginary) {
        n += scalar_write(array_real_of(t), parts[0], true, out + n);
        if (isnan(parts[1]) || !signbit(parts[1]))
            out[n++] = '+';
    }
    n += scalar_write(array_real_of(t), parts[1], true, out + n);
    sprintf(out + n, is_imaginary ? "j" : "j)");
}
