/* array_format.h - elements as text, as NumPy's array2string writes them. Threads: any. */
#ifndef ARRAY_FORMAT_H
#define ARRAY_FORMAT_H

#include "array_inside.h"

enum { ARRAY_WORD = 160 };

/* Digits of a float: sign, decimal digits d1 d2 ... dn without trailing zeros, value 0.d1d2... *
 * 10^point. */
struct array_digits {
    bool is_negative;
    int  n, point;
    char digit[40];
};
/* The fewest digits that are read back as the same value of type `t` (a real one); 0 has none. */
void array_digits_shortest(nd_type t, double v, struct array_digits *out);
/* `d` as 123.45 with at most `precision` digits behind the point (-1: all there are); the exact
 * value `v` decides what is cut. Answers the length. */
int array_write_positional(const struct array_digits *d, double v, int precision, char *out);
/* `d` as 1.2345e+02, with exactly `least` digits or, where that is -1, at most `precision` behind
 * the point. */
int array_write_scientific(const struct array_digits *d, double v, int precision, int least,
                           char *out);

/* How the elements of one array are written; numpy's FloatingFormat, of one part of the elements.
 * */
struct array_float_format {
    nd_type type; /* a real one */
    bool    is_scientific, has_plus;
    int     precision, pad_left, pad_right;
    int     exponent; /* digits of it */
};
/* How the elements of one array are written. */
struct array_format {
    nd_type                   type;
    struct array_float_format part[2]; /* of floats, complex ones */
    int                       width;   /* of integers */
};

/* Look at `n` elements and choose. */
void array_format_choose(struct array_format *f, nd_type t, const void *data, int64_t n,
                         const nd_print_options *o);
/* Write one element; `out` has ARRAY_WORD bytes. */
void array_format_write(const struct array_format *f, const void *element, char *out);
/* Write one element as str() of a NumPy scalar does. */
void array_format_scalar(nd_type t, const void *element, char *out);

#endif
