/* frames_file.h - one open data set: its layout, and bytes out of it. For frames_*.c alone. */
#ifndef EXAMPLES_FRAMES_FILE_H
#define EXAMPLES_FRAMES_FILE_H

#include "frames.h"

/* An element as it stands in the file. */
typedef struct frames_number {
    int  bytes;
    bool is_float, is_signed, is_big_endian;
} frames_number;

/* How elements lie in the file; fixed once the file is open. */
typedef struct frames_layout {
    int64_t       extent[3];
    int64_t       stored[3]; /* a chunk in the file; where there are none, a block of frames */
    int64_t       block[3];  /* what one task reads: whole frames, never a part of a chunk's */
    frames_number number;
    bool          is_packed; /* chunks that are shuffled, deflated, or plain: taken apart here */
    int           shuffle_at, deflate_at; /* place in the filter pipeline; -1: not there */
    unsigned char fill[8];                /* the element that stands for what was never written */
} frames_layout;

typedef struct frames_file frames_file;

/* A reference to the open data set behind `source`, opened if it is not. Threads: any. */
tsr_status frames_file_take(const frames_source *source, frames_file **out);
/* End a reference; the last one closes the file. NULL is fine. Threads: any. */
void frames_file_put(frames_file *f);
/* The layout of an open data set, borrowed. */
const frames_layout *frames_file_layout(const frames_file *f);
/* What stands beside the data set. */
frames_beam frames_file_beam(const frames_file *f);
/* What was read of it so far. Threads: any. */
frames_reads frames_file_reads(frames_file *f);

/* Take the bytes of the chunk whose lowest element is `at`, as they are stored: *out_bytes of them,
 * 0 for a chunk that was never written; bit i of *out_skipped: filter i was not applied.
 * Threads: any. Waits for the library's lock. Fails: TASK_FAILED. */
tsr_status frames_file_chunk(frames_file *f, const int64_t *at, void *into, size_t capacity,
                             size_t *out_bytes, uint32_t *out_skipped);
/* Read a box of elements through the library, in C order, as they stand in the file. */
tsr_status frames_file_box(frames_file *f, const int64_t *low, const int64_t *high, void *into);

#endif
