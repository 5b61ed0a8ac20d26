/* array_print.c - arrays as text, laid out as NumPy's print does.
 *
 * A long array is shortened: only the edges of its long dimensions are copied into a small array,
 * read on rank 0, and written there with dots between. Every rank takes part in the copies and in
 * the reading.
 *
 * Cost: O(elements shown). Threads: the issuing thread; collective. */
#include <stdlib.h>
#include <string.h>

#include "array_format.h"

/* What is shown of an array, and where the writing stands. */
struct page {
    nd_shape            shape; /* of the data */
    unsigned            dots;  /* dimensions of which a part is left out */
    int                 edge, width;
    const char         *data;
    size_t              bytes; /* of an element */
    struct array_format format;
    FILE               *out;
};

/* ---- laying out ---- */

/* A line under way: what stands in it, and how much room there is. */
struct line {
    FILE *out;
    int   length, trailing; /* characters; blanks that wait: they are dropped at an end of line */
    int   indent, room;
};

static void line_add(struct line *l, const char *word)
{
    int n = (int)strlen(word), blanks = 0;
    if (l->length + l->trailing + n > l->room && l->length + l->trailing > l->indent) {
        fprintf(l->out, "\n%*s", l->indent, "");
        l->length = l->indent;
        l->trailing = 0;
    }
    while (blanks < n && word[n - 1 - blanks] == ' ')
        ++blanks;
    n -= blanks;
    fprintf(l->out, "%*s%.*s", l->trailing, "", n, word);
    l->length += l->trailing + n;
    l->trailing = blanks + 1;
}

/* The blanks that end the last word of a row: they belong to it. */
static void line_end(const struct line *l)
{
    fprintf(l->out, "%*s", l->trailing - 1, "");
}

static int64_t row_offset(const struct page *p, int axis)
{
    int64_t n = 1;
    for (int d = axis + 1; d < p->shape.rank; ++d)
        n *= p->shape.extent[d];
    return n;
}

/* Write the elements below `first`; they stand behind `indent` characters of a line. */
static void write_axis(const struct page *p, int axis, int64_t first, int indent, int width)
{
    const int64_t n = p->shape.extent[axis], each = row_offset(p, axis);
    const bool    has_dots = p->dots >> axis & 1, is_last = axis == p->shape.rank - 1;
    char          word[ARRAY_WORD];
    struct line   l = {p->out, indent, 0, indent, width - 1};
    fputc('[', p->out);
    for (int64_t i = 0; i < n; ++i) {
        if (has_dots && i == p->edge) {
            if (is_last)
                line_add(&l, "...");
            else
                fprintf(p->out, "...%.*s%*s", p->shape.rank - 1 - axis, "\n\n\n\n\n\n\n\n", indent,
                        "");
        }
        if (is_last) {
            array_format_write(&p->format, p->data + (size_t)(first + i) * p->bytes, word);
            line_add(&l, word);
            continue;
        }
        write_axis(p, axis + 1, first + i * each, indent + 1, width - 1);
        if (i + 1 < n)
            fprintf(p->out, "%.*s%*s", p->shape.rank - 1 - axis, "\n\n\n\n\n\n\n\n", indent, "");
    }
    if (is_last)
        line_end(&l);
    fputc(']', p->out);
}

static void write_page(struct page *p, nd_type t, const nd_print_options *o)
{
    char          word[ARRAY_WORD];
    const int64_t n = array_volume(&p->shape);
    if (n == 0) {
        fputs("[]\n", p->out);
        return;
    }
    if (p->shape.rank == 0 && o->precision == 0 && !o->suppress) {
        array_format_scalar(t, p->data, word);
        fprintf(p->out, "%s\n", word);
        return;
    }
    array_format_choose(&p->format, t, p->data, n, o);
    if (p->shape.rank == 0) {
        array_format_write(&p->format, p->data, word);
        fprintf(p->out, "%s\n", word + strspn(word, " "));
        return;
    }
    write_axis(p, 0, 0, 1, p->width);
    fputc('\n', p->out);
}

/* ---- bringing what is shown to rank 0 ---- */

/* Copy corner `which` (bit d: the end of dimension d, else its beginning) of `a` to that of
 * `small`. */
static tsr_status corner_copy(nd_array small, const array_info *to, nd_array a,
                              const array_info *from, const struct page *p, unsigned which,
                              tsr_site at)
{
    nd_index ti[TSR_MAX_RANK], fi[TSR_MAX_RANK];
    for (int d = 0; d < from->shape.rank; ++d) {
        const nd_index all = {ND_INDEX_RANGE, ND_END, ND_END, 1};
        const nd_index low = {ND_INDEX_RANGE, 0, p->edge, 1},
                       high = {ND_INDEX_RANGE, -p->edge, ND_END, 1};
        ti[d] = fi[d] = p->dots >> d & 1 ? (which >> d & 1 ? high : low) : all;
    }
    const nd_array   t = array_apply(small, to, ti, to->shape.rank, at);
    const nd_array   f = array_apply(a, from, fi, from->shape.rank, at);
    const tsr_status s = tsr_copy_(nd_store(t), nd_store(f), at);
    tsr_store_release_(nd_store(t), at);
    tsr_store_release_(nd_store(f), at);
    return s;
}

/* An array of the edges of `a`. */
static tsr_status edges(nd_array a, const array_info *info, struct page *p, nd_array *out,
                        tsr_site at)
{
    for (int d = 0; d < p->shape.rank; ++d)
        if (p->shape.extent[d] > 2 * (int64_t)p->edge) {
            p->dots |= 1u << d;
            p->shape.extent[d] = 2 * (int64_t)p->edge;
        }
    const nd_array small = nd_empty_(info->type, p->shape, at);
    array_info     to;
    TSR_TRY(array_describe(small, &to, at));
    *out = small;
    for (unsigned which = 0; which < 1u << info->shape.rank; ++which)
        if ((which & ~p->dots) == 0)
            TSR_TRY(corner_copy(small, &to, a, info, p, which, at));
    return TSR_OK;
}

static tsr_status print(nd_array a, const nd_print_options *o)
{
    array_info info;
    TSR_TRY(array_describe(a, &info, o->at));
    if (info.is_failed)
        return array_status(a, "nd_print()", o->at);
    struct page p = {.shape = info.shape,
                     .edge = o->edge > 0 ? o->edge : 3,
                     .width = o->width > 0 ? o->width : 75,
                     .bytes = tsr_type_size(info.type),
                     .out = o->file ? o->file : stdout};
    nd_array    shown = {0};
    if (array_volume(&info.shape) > (o->threshold > 0 ? o->threshold : 1000))
        TSR_TRY(edges(a, &info, &p, &shown, o->at));
    const size_t bytes = (size_t)array_volume(&p.shape) * p.bytes;
    const bool   writes = tsr_rank() == 0;
    char        *data = writes ? malloc(bytes + 1) : NULL;
    tsr_status   s = tsr_read_on_(nd_store(shown.id ? shown : a), 0, data, bytes,
                                  &(tsr_reading){.size = sizeof(tsr_reading), .at = o->at});
    p.data = data;
    if (s == TSR_OK && writes)
        write_page(&p, info.type, o);
    free(data);
    if (shown.id)
        tsr_store_release_(nd_store(shown), o->at);
    return s;
}

void nd_print_(nd_array a, const nd_print_options *o)
{
    if (print(a, o) != TSR_OK && tsr_rank() == 0)
        fprintf(stderr, "%s\n", tsr_error_text());
}
