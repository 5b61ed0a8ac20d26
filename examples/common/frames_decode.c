/* frames_decode.c - inflate, unshuffle, byte order, conversion.
 *
 * HDF5's shuffle stores the first bytes of all elements of a chunk, then all second bytes, and so
 * on; what is left over at the end (never, for whole elements) stays. O(bytes of the chunk).
 * Threads: any. */
#include <string.h>
#include <zlib.h>

#include "frames_decode.h"

static size_t chunk_bytes_of(const frames_layout *layout)
{
    return (size_t)(layout->stored[0] * layout->stored[1] * layout->stored[2]) *
           (size_t)layout->number.bytes;
}

/* Deflate makes noise a little longer: zlib's own bound, and slack for writers that are no zlib. */
static size_t stored_bytes_of(const frames_layout *layout)
{
    const size_t bytes = chunk_bytes_of(layout);
    return (bytes + bytes / 8 + 4096 + 63) / 64 * 64;
}

size_t frames_buffers_bytes(const frames_layout *layout)
{
    return stored_bytes_of(layout) + 2 * ((chunk_bytes_of(layout) + 63) / 64 * 64);
}

frames_buffers frames_buffers_of(const frames_layout *layout, unsigned char *memory)
{
    const size_t stored = stored_bytes_of(layout), chunk = chunk_bytes_of(layout);
    return (frames_buffers){
        .stored = memory,
        .first = memory + stored,
        .second = memory + stored + (chunk + 63) / 64 * 64,
        .stored_bytes = stored,
        .chunk_bytes = chunk,
    };
}

static tsr_status inflate_to(const frames_chunk *chunk, const unsigned char *from,
                             unsigned char *to, size_t expected)
{
    const frames_source *source = chunk->source;
    uLongf               got = expected;
    const int            code = uncompress(to, &got, from, chunk->bytes);
    if (code != Z_OK)
        return TSR_FAIL(TASK_FAILED, "%s: frame %lld of %s is damaged: zlib says %s", source->path,
                        (long long)chunk->frame, source->data_set, zError(code));
    if (got != expected)
        return TSR_FAIL(TASK_FAILED, "%s: frame %lld of %s inflates to %lu bytes, not %zu",
                        source->path, (long long)chunk->frame, source->data_set, got, expected);
    return TSR_OK;
}

/* Four bytes an element is what detectors write: one pass that the compiler turns into vectors. */
static void unshuffle_4(const unsigned char *from, unsigned char *to, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        to[4 * i] = from[i];
        to[4 * i + 1] = from[n + i];
        to[4 * i + 2] = from[2 * n + i];
        to[4 * i + 3] = from[3 * n + i];
    }
}

static void unshuffle(const unsigned char *from, unsigned char *to, size_t bytes, size_t width)
{
    const size_t n = bytes / width;
    if (width == 4) {
        unshuffle_4(from, to, n);
        return;
    }
    for (size_t b = 0; b < width; ++b)
        for (size_t i = 0; i < n; ++i)
            to[i * width + b] = from[b * n + i];
}

static bool was_applied(int filter, uint32_t skipped)
{
    return filter >= 0 && !(skipped >> filter & 1);
}

tsr_status frames_decode_chunk(const frames_layout *layout, const frames_buffers *b,
                               const frames_chunk *chunk, const unsigned char **out_elements)
{
    unsigned char *now = b->stored;
    const size_t   width = (size_t)layout->number.bytes;
    if (was_applied(layout->deflate_at, chunk->skipped)) {
        TSR_TRY(inflate_to(chunk, now, b->first, b->chunk_bytes));
        now = b->first;
    } else if (chunk->bytes != b->chunk_bytes) {
        return TSR_FAIL(TASK_FAILED, "%s: frame %lld of %s holds %zu bytes, not %zu",
                        chunk->source->path, (long long)chunk->frame, chunk->source->data_set,
                        chunk->bytes, b->chunk_bytes);
    }
    if (was_applied(layout->shuffle_at, chunk->skipped) && width > 1) {
        unshuffle(now, b->second, b->chunk_bytes, width);
        now = b->second;
    }
    frames_decode_order(layout->number, now, (int64_t)(b->chunk_bytes / width));
    *out_elements = now;
    return TSR_OK;
}

static bool host_is_big_endian(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 0;
}

void frames_decode_order(frames_number number, unsigned char *elements, int64_t n)
{
    const int width = number.bytes;
    if (width == 1 || number.is_big_endian == host_is_big_endian())
        return;
    for (int64_t i = 0; i < n; ++i)
        for (int b = 0; b < width / 2; ++b) {
            unsigned char *e = elements + i * width, low = e[b];
            e[b] = e[width - 1 - b];
            e[width - 1 - b] = low;
        }
}

static int64_t within_int64(uint64_t v)
{
    return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

/* A converter for one pair of types. */
#define DEFINE_ROW(name, FROM, TO, convert)                                                        \
    static void name(const unsigned char *from, int64_t n, TO *to, int64_t stride)                 \
    {                                                                                              \
        for (int64_t i = 0; i < n; ++i) {                                                          \
            FROM v;                                                                                \
            memcpy(&v, from + i * (int64_t)sizeof v, sizeof v);                                    \
            to[i * stride] = convert(v);                                                           \
        }                                                                                          \
    }
DEFINE_ROW(row_i8, int8_t, int64_t, )
DEFINE_ROW(row_i16, int16_t, int64_t, )
DEFINE_ROW(row_i32, int32_t, int64_t, )
DEFINE_ROW(row_i64, int64_t, int64_t, )
DEFINE_ROW(row_u8, uint8_t, int64_t, )
DEFINE_ROW(row_u16, uint16_t, int64_t, )
DEFINE_ROW(row_u32, uint32_t, int64_t, )
DEFINE_ROW(row_u64, uint64_t, int64_t, within_int64)
DEFINE_ROW(row_f16, tsr_f16, double, (double)tsr_f16_to_f32)
DEFINE_ROW(row_f32, float, double, )
DEFINE_ROW(row_f64, double, double, )

static void integer_row(frames_number number, const unsigned char *from, int64_t n, int64_t *to,
                        int64_t stride)
{
    switch (number.bytes * (number.is_signed ? -1 : 1)) {
    case -1: row_i8(from, n, to, stride); break;
    case -2: row_i16(from, n, to, stride); break;
    case -4: row_i32(from, n, to, stride); break;
    case -8: row_i64(from, n, to, stride); break;
    case 1: row_u8(from, n, to, stride); break;
    case 2: row_u16(from, n, to, stride); break;
    case 4: row_u32(from, n, to, stride); break;
    case 8: row_u64(from, n, to, stride); break;
    }
}

static void float_row(frames_number number, const unsigned char *from, int64_t n, double *to,
                      int64_t stride)
{
    switch (number.bytes) {
    case 2: row_f16(from, n, to, stride); break;
    case 4: row_f32(from, n, to, stride); break;
    case 8: row_f64(from, n, to, stride); break;
    }
}

void frames_decode_row(frames_number number, const unsigned char *from, int64_t n, tsr_type type,
                       void *to, int64_t stride)
{
    if (type == TSR_I64)
        integer_row(number, from, n, to, stride);
    else
        float_row(number, from, n, to, stride);
}
