/* Streams: where two ranks' programs first differ, as far as both still know. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "network/stream.h"

static tsr_site line(int n)
{
    return (tsr_site){"user.c", "main", n};
}

static struct stream *stream_with(int n, int odd_at)
{
    struct stream *s = calloc(1, sizeof *s);
    cr_assert(stream_make_room(s));
    for (int i = 0; i < n; ++i)
        stream_note(s, (uint64_t)i, 7, line(i == odd_at ? 9999 : i));
    return s;
}

static void stream_free(struct stream *s)
{
    stream_done(s);
    free(s);
}

Test(network_stream, equal_streams_agree_as_far_as_both_are)
{
    struct stream           *a = stream_with(100, -1), *b = stream_with(70, -1);
    struct stream_difference d;
    cr_assert_not(stream_compare(a, b, &d));
    cr_assert(stream_agree_at(a, b, 64) && stream_agree_at(a, b, 100));
    stream_free(a);
    stream_free(b);
}

Test(network_stream, the_first_difference_is_named)
{
    struct stream           *a = stream_with(100, 33), *b = stream_with(70, -1);
    struct stream_difference d;
    cr_assert(stream_compare(a, b, &d));
    cr_assert(d.is_first && d.a.sequence == 33 && d.a.at.line == 9999 && d.b.at.line == 33);
    cr_assert_not(stream_agree_at(a, b, 64), "later entries do not agree either");
    cr_assert(stream_agree_at(a, b, 33));
    stream_free(a);
    stream_free(b);
}

Test(network_stream, what_is_forgotten_is_not_called_first)
{
    struct stream           *a = stream_with(STREAM_ENTRIES + 200, 33),
                            *b = stream_with(STREAM_ENTRIES + 100, -1);
    struct stream_difference d;
    cr_assert(stream_compare(a, b, &d));
    cr_assert_not(d.is_first);
    cr_assert_eq(d.a.sequence, 200);
    stream_free(a);
    stream_free(b);
}

Test(network_stream, ranks_too_far_apart_know_nothing)
{
    struct stream           *a = stream_with(STREAM_ENTRIES + 200, 33), *b = stream_with(100, -1);
    struct stream_difference d;
    cr_assert_not(stream_compare(a, b, &d));
    cr_assert(stream_agree_at(a, b, 64));
    struct stream_entry e;
    cr_assert(stream_entry_last(a, &e) && e.number == STREAM_ENTRIES + 199);
    stream_free(a);
    stream_free(b);
}
