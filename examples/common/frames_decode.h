/* frames_decode.h - packed bytes to numbers; no file, no lock, no memory of its own. */
#ifndef EXAMPLES_FRAMES_DECODE_H
#define EXAMPLES_FRAMES_DECODE_H

#include "frames_file.h"

/* Room for one chunk: its stored bytes, and two buffers of its unpacked size. */
typedef struct frames_buffers {
    unsigned char *stored, *first, *second;
    size_t         stored_bytes, chunk_bytes;
} frames_buffers;

/* Bytes that buffers for one chunk take. */
size_t frames_buffers_bytes(const frames_layout *layout);
/* Lay out buffers in `memory`, which has frames_buffers_bytes() of room and stays the caller's. */
frames_buffers frames_buffers_of(const frames_layout *layout, unsigned char *memory);

/* A chunk as it stands in the file. */
typedef struct frames_chunk {
    const frames_source *source; /* for messages, as the frame is */
    int64_t              frame;
    size_t               bytes;   /* of it in the buffer; 0: it was never written */
    uint32_t             skipped; /* bit i: filter i was not applied */
} frames_chunk;

/* Undo the filters of a chunk that stands in b->stored; *out_elements, in C order and the host's
 * byte order, lie in one of the buffers. Fails: TASK_FAILED, naming file and frame. */
tsr_status frames_decode_chunk(const frames_layout *layout, const frames_buffers *b,
                               const frames_chunk *chunk, const unsigned char **out_elements);

/* Bring `n` elements to the host's byte order, in place. */
void frames_decode_order(frames_number number, unsigned char *elements, int64_t n);

/* Convert `n` elements of the file, one after another, to int64 or double `stride` elements apart.
 * Unsigned numbers beyond int64 become the greatest one. */
void frames_decode_row(frames_number number, const unsigned char *from, int64_t n, tsr_type type,
                       void *to, int64_t stride);

#endif
