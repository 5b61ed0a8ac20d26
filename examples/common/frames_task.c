/* frames_task.c - the task that reads a block of frames, and the launch that reads them all.
 *
 * One point for each block of frames, by an explicit partition: blocks are as high as a chunk, and
 * no point is shared between ranks, so that no chunk is read twice, by whomever. A body knows its box and the file's layout; it visits the chunks
 * that meet its box and converts what they share. What cannot be read fails the task with the
 * file's name: the failure shows where a value that depends on the frames is asked for. Threads:
 * bodies run on any worker. */
#include <stdlib.h>
#include <string.h>

#include "frames_decode.h"
#include "progress.h"

enum { FRAMES, SOURCE };

/* Scratch that the descriptor asks for; a chunk that wants more gets it from malloc. */
enum { SCRATCH_BYTES = 1 << 16, SCRATCH_PER_ELEMENT = 32 };

/* What one body works on. */
typedef struct reading {
    frames_file         *file;
    const frames_layout *layout;
    const frames_source *source;
    tsr_raw_window       to;
} reading;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Where an element of the store lies. */
static char *element_at(const tsr_raw_window *w, int64_t i, int64_t j, int64_t k)
{
    return w->origin + (i * w->stride[0] + j * w->stride[1] + k * w->stride[2]) *
                           (int64_t)tsr_type_size(w->type);
}

/* Convert the part of the window that the box at `low` with `extent` covers; `elements` are the
 * box's, in C order, or NULL: all of them are the fill value. */
static void deliver(const reading *r, const unsigned char *elements, const int64_t *low,
                    const int64_t *extent)
{
    const tsr_raw_window *w = &r->to;
    const int             width = r->layout->number.bytes;
    int64_t               from[3], to[3];
    for (int d = 0; d < 3; ++d) {
        from[d] = greatest(w->low[d], low[d]);
        to[d] = least(w->high[d], low[d] + extent[d]);
    }
    for (int64_t i = from[0]; i < to[0]; ++i)
        for (int64_t j = from[1]; j < to[1]; ++j) {
            const int64_t at =
                ((i - low[0]) * extent[1] + j - low[1]) * extent[2] + from[2] - low[2];
            if (elements)
                frames_decode_row(r->layout->number, elements + at * width, to[2] - from[2],
                                  w->type, element_at(w, i, j, from[2]), w->stride[2]);
            else
                for (int64_t k = from[2]; k < to[2]; ++k)
                    frames_decode_row(r->layout->number, r->layout->fill, 1, w->type,
                                      element_at(w, i, j, k), 1);
        }
}

static tsr_status read_chunk(const reading *r, const frames_buffers *b, const int64_t *at)
{
    const unsigned char *elements = NULL;
    frames_chunk         chunk = {.source = r->source, .frame = at[0]};
    TSR_TRY(
        frames_file_chunk(r->file, at, b->stored, b->stored_bytes, &chunk.bytes, &chunk.skipped));
    if (chunk.bytes)
        TSR_TRY(frames_decode_chunk(r->layout, b, &chunk, &elements));
    deliver(r, elements, at, r->layout->stored);
    return TSR_OK;
}

static tsr_status read_chunks(const reading *r, unsigned char *memory)
{
    const frames_buffers b = frames_buffers_of(r->layout, memory);
    const int64_t       *chunk = r->layout->stored;
    int64_t              first[3], at[3];
    for (int d = 0; d < 3; ++d)
        first[d] = r->to.low[d] / chunk[d] * chunk[d];
    for (at[0] = first[0]; at[0] < r->to.high[0]; at[0] += chunk[0])
        for (at[1] = first[1]; at[1] < r->to.high[1]; at[1] += chunk[1])
            for (at[2] = first[2]; at[2] < r->to.high[2]; at[2] += chunk[2])
                TSR_TRY(read_chunk(r, &b, at));
    return TSR_OK;
}

static tsr_status read_box(const reading *r, unsigned char *memory)
{
    int64_t extent[3];
    for (int d = 0; d < 3; ++d)
        extent[d] = r->to.high[d] - r->to.low[d];
    TSR_TRY(frames_file_box(r->file, r->to.low, r->to.high, memory));
    frames_decode_order(r->layout->number, memory, extent[0] * extent[1] * extent[2]);
    deliver(r, memory, r->to.low, extent);
    return TSR_OK;
}

static size_t elements_of(const tsr_raw_window *w)
{
    size_t n = 1;
    for (int d = 0; d < w->rank; ++d)
        n *= (size_t)(w->high[d] - w->low[d]);
    return n;
}

/* Read into r->to, in scratch memory where the bound allows. */
static tsr_status read_piece(const tsr_task_context *t, const reading *r)
{
    const size_t   elements = elements_of(&r->to);
    const size_t   wanted = r->layout->is_packed ? frames_buffers_bytes(r->layout)
                                                 : elements * (size_t)r->layout->number.bytes;
    void          *own = NULL;
    unsigned char *memory = wanted <= SCRATCH_BYTES + SCRATCH_PER_ELEMENT * elements
                                ? tsr_scratch(t, wanted)
                                : (own = malloc(wanted));
    if (!memory)
        return TSR_FAIL(NO_MEMORY, "%s: no memory for a chunk of %zu bytes", r->source->path,
                        wanted);
    const tsr_status s = r->layout->is_packed ? read_chunks(r, memory) : read_box(r, memory);
    free(own);
    return s;
}

static tsr_status frames_read_body(const tsr_task_context *t)
{
    reading r = {.to = tsr_raw_window_of(t, FRAMES),
                 .source = (const frames_source *)tsr_raw_window_of(t, SOURCE).origin};
    TSR_TRY(frames_file_take(r.source, &r.file));
    r.layout = frames_file_layout(r.file);
    const tsr_status s = read_piece(t, &r);
    frames_file_put(r.file);
    progress_add(r.to.high[0] - r.to.low[0]);
    return s;
}

static const tsr_task_desc read_task = {
    .name = "frames.read",
    .args = {[FRAMES] = {TSR_WRITE, TSR_TYPE_ANY, .rank = 3, .name = "frames"},
             [SOURCE] = {TSR_SCALAR, TSR_BINARY(sizeof(frames_source)), .name = "source"}},
    .variants = {[TSR_CPU] = {.body = frames_read_body,
                              .scratch_bytes = SCRATCH_BYTES,
                              .scratch_per_element = SCRATCH_PER_ELEMENT}},
    .work = 20,
};

tsr_status frames_read(const frames_scan *scan, tsr_store frames)
{
    TSR_SCOPE();
    const tsr_partition blocks = tsr_partition_tiles(
        scan->shape, ((int64_t[]){scan->block, scan->shape.extent[1], scan->shape.extent[2]}));
    TSR_TRY(tsr_issue_over(
        &read_task, tsr_partition_points(blocks), [FRAMES] = tsr_arg_cut(frames, blocks),
        [SOURCE] = tsr_arg_data(TSR_BINARY(sizeof scan->source), &scan->source)));
    return TSR_OK;
}
