/* network/beat_stream.c - a rank's stream of sites as bytes.
 *
 * Sent when streams are known to differ, whole: then both sides can name the first difference with
 * the names of both.  Names that came are kept until the beat ends, since entries point to them.
 *
 * Cost: O(entries kept), about 100 KB, once a run.  Threads: the beat's. */
#include <string.h>

#include "base/alloc.h"
#include "network/beat_inside.h"

enum { NAME_MOST = 1000 };

struct stream_head {
    uint32_t reply, n;
};
struct stream_row {
    uint64_t sequence, hash, number;
    int32_t  line;
    uint16_t file_bytes, function_bytes;
};

static uint16_t name_bytes(const char *name)
{
    const size_t n = name ? strlen(name) : 0;
    return (uint16_t)(n < NAME_MOST ? n : NAME_MOST);
}

static bool row_write(struct bytes *out, const struct stream_entry *e)
{
    const struct stream_row row = {.sequence = e->sequence,
                                   .hash = e->hash,
                                   .number = e->number,
                                   .line = e->at.line,
                                   .file_bytes = name_bytes(e->at.file),
                                   .function_bytes = name_bytes(e->at.function)};
    return bytes_add(out, &row, sizeof row) && bytes_add(out, e->at.file, row.file_bytes) &&
           bytes_add(out, e->at.function, row.function_bytes);
}

bool beat_stream_write(struct beat *b, bool reply)
{
    const struct stream *s = &b->port[b->rank]->stream;
    const uint64_t       n = atomic_load_explicit(&s->n, memory_order_acquire);
    struct stream_head   head = {.reply = reply};
    b->frame.n = 0;
    if (!bytes_add(&b->frame, &head, sizeof head))
        return false;
    for (uint64_t i = n > STREAM_ENTRIES ? n - STREAM_ENTRIES : 0; i < n; ++i) {
        struct stream_entry e;
        if (!stream_entry_read(s, i, &e))
            continue;
        if (!row_write(&b->frame, &e))
            return false;
        ++head.n;
    }
    memcpy(b->frame.data, &head, sizeof head);
    return true;
}

/* A name that lives as long as the beat. */
static const char *name_keep(struct beat *b, const char *at, size_t bytes)
{
    for (size_t i = 0; i < b->n_strings; ++i)
        if (strlen(b->string[i]) == bytes && memcmp(b->string[i], at, bytes) == 0)
            return b->string[i];
    char **more = base_realloc(b->string, b->n_strings + 1, sizeof *more);
    if (!more)
        return "?";
    b->string = more;
    char *copy = base_calloc(bytes + 1, 1);
    if (!copy)
        return "?";
    memcpy(copy, at, bytes);
    return b->string[b->n_strings++] = copy;
}

bool beat_stream_read(struct beat *b, int rank, const char *data, size_t bytes, bool *out_reply)
{
    struct stream     *s = &b->port[rank]->stream;
    struct stream_head head;
    size_t             at = sizeof head;
    if (bytes < sizeof head)
        return false;
    memcpy(&head, data, sizeof head);
    for (uint32_t i = 0; i < head.n; ++i) {
        struct stream_row row;
        if (bytes - at < sizeof row)
            return false;
        memcpy(&row, data + at, sizeof row);
        at += sizeof row;
        if (bytes - at < (size_t)row.file_bytes + row.function_bytes)
            return false;
        const char *file = name_keep(b, data + at, row.file_bytes);
        const char *function = name_keep(b, data + at + row.file_bytes, row.function_bytes);
        at += (size_t)row.file_bytes + row.function_bytes;
        stream_put(s, &(struct stream_entry){row.sequence, row.hash, row.number,
                                             {.file = file, .function = function, .line = row.line}});
    }
    *out_reply = head.reply != 0;
    return true;
}
