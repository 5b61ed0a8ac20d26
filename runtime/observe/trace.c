/* observe/trace.c - the trace file of a rank.
 *
 * A lane writes its own ring to the file when half of it is unwritten: observe_event compares the
 * head with `spill_at`, which is out of reach while no trace is open. So nothing is lost, no thread
 * has to keep up with another, and tracing costs a write(2) of half a ring now and then: some 10 ns
 * an event. Names go to the file the same way when half of their table is unwritten.
 *
 * Writers of different lanes meet at a mutex, in the order they come; chunks carry the lane, and
 * readers sort by stamp. Each chunk is written by one writev(2), and if that does not succeed whole,
 * the file is cut back to where the chunk began and its events are counted as lost: whatever the
 * disk does, the file is readable up to its end, and says what it lacks.
 *
 * Invariant: the file is a head and whole chunks, at every moment between calls. Threads: each
 * lane's own worker spills it; opening and closing belong to the thread that made the observe. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "observe/inside.h"
#include "observe/trace.h"

#ifndef TSR_VERSION
#define TSR_VERSION "unknown"
#endif

struct observe_trace {
    char    *path;
    uint64_t written_name; /* issuing thread's own: names up to here are in the file or lost */

    pthread_mutex_t           lock; /* what follows is under it */
    int                       fd;
    off_t                     end;   /* of the last whole chunk */
    int                       error; /* the first errno */
    struct observe_trace_done done;
};

/* ---- chunks ---- */

static bool write_parts(struct observe_trace *t, struct iovec *part, int n)
{
    while (n > 0) {
        ssize_t wrote = writev(t->fd, part, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return false;
        for (; n > 0 && (size_t)wrote >= part->iov_len; ++part, --n)
            wrote -= (ssize_t)part->iov_len;
        if (n > 0) {
            part->iov_base = (char *)part->iov_base + wrote;
            part->iov_len -= (size_t)wrote;
        }
    }
    return true;
}

/* Write all of it, or leave the file as it was. Caller holds t->lock, or is alone. */
static bool write_whole(struct observe_trace *t, struct iovec *part, int n)
{
    off_t bytes = 0;
    for (int i = 0; i < n; ++i)
        bytes += (off_t)part[i].iov_len;
    if (write_parts(t, part, n)) {
        t->end += bytes;
        return true;
    }
    t->error = t->error ? t->error : errno;
    if (ftruncate(t->fd, t->end) == 0)
        lseek(t->fd, t->end, SEEK_SET);
    return false;
}

/* Write a chunk whose payload comes in two parts. Caller holds t->lock, or is alone. */
static bool write_chunk(struct observe_trace *t, const char *tag, uint32_t worker,
                        struct iovec first, struct iovec second)
{
    static const char          padding[8] = {0};
    struct observe_trace_chunk chunk = {.worker = worker, .bytes = first.iov_len + second.iov_len};
    memcpy(chunk.tag, tag, sizeof chunk.tag);
    struct iovec part[] = {
        {&chunk, sizeof chunk}, first, second, {(void *)padding, -chunk.bytes & 7}};
    return write_whole(t, part, 4);
}

static bool write_payload(struct observe_trace *t, const char *tag, const void *data, size_t bytes)
{
    return write_chunk(t, tag, 0, (struct iovec){(void *)data, bytes}, (struct iovec){0});
}

/* ---- events and names ---- */

/* The lane's events from `from` up to `head`, which are all still in its ring. */
static void write_events(struct observe_trace *t, const struct observe_lane *l, uint64_t from,
                         uint64_t head)
{
    const size_t   one = sizeof(struct observe_event);
    const uint64_t size = l->mask + 1, at = from & l->mask, n = head - from;
    const uint64_t first = n < size - at ? n : size - at;
    const bool     is_in =
        write_chunk(t, "EVNT", (uint32_t)l->worker, (struct iovec){l->ring + 4 * at, first * one},
                    (struct iovec){l->ring, (n - first) * one});
    *(is_in ? &t->done.events : &t->done.lost_events) += n;
}

void observe_lane_spill(struct observe_lane *l)
{
    struct observe_trace *t = l->observe->trace;
    const uint64_t        head = atomic_load_explicit(&l->head, memory_order_acquire);
    const uint64_t        from = atomic_load_explicit(&l->spilled, memory_order_acquire);
    pthread_mutex_lock(&t->lock);
    if (head != from)
        write_events(t, l, from, head);
    pthread_mutex_unlock(&t->lock);
    atomic_store_explicit(&l->spilled, head, memory_order_release);
    l->spill_at = head + (l->mask + 1) / 2;
}

static uint16_t name_bytes(const char *text)
{
    const size_t length = text ? strlen(text) : 0;
    return (uint16_t)(length < 4096 ? length : 4096);
}

/* One record after `at`; the bytes it took. */
static size_t put_name(char *at, uint64_t number, const struct observe_name *name)
{
    struct observe_trace_name r = {.number = number,
                                   .line = (uint32_t)name->line,
                                   .task_bytes = name_bytes(name->task),
                                   .file_bytes = name_bytes(name->file),
                                   .provenance_bytes = name_bytes(name->provenance)};
    const size_t              bytes = sizeof r + r.task_bytes + r.file_bytes + r.provenance_bytes;
    r.record_bytes = (uint16_t)((bytes + 7) / 8 * 8);
    memset(at, 0, r.record_bytes);
    memcpy(at, &r, sizeof r);
    at += sizeof r;
    memcpy(at, name->task, r.task_bytes);
    memcpy(at + r.task_bytes, name->file, r.file_bytes);
    if (name->provenance)
        memcpy(at + r.task_bytes + r.file_bytes, name->provenance, r.provenance_bytes);
    return r.record_bytes;
}

static void write_names(struct observe_trace *t, const char *records, size_t bytes, uint64_t n)
{
    if (n == 0)
        return;
    pthread_mutex_lock(&t->lock);
    *(write_payload(t, "NAME", records, bytes) ? &t->done.names : &t->done.lost_names) += n;
    pthread_mutex_unlock(&t->lock);
}

/* Names after `written_name`, collected into chunks of a few pages. */
void observe_trace_spill_names(struct observe *o)
{
    enum { CHUNK = 32768, LONGEST = 24 + 3 * 4096 + 8 };
    struct observe_trace *t = o->trace;
    char                  records[CHUNK];
    size_t                bytes = 0;
    uint64_t              n = 0, number = t->written_name;
    if (o->last_name > number + OBSERVE_NAMES)
        number = o->last_name - OBSERVE_NAMES;
    while (number++ < o->last_name) {
        struct observe_name name;
        if (!observe_name_find(o, number, &name))
            continue;
        bytes += put_name(records + bytes, number, &name);
        ++n;
        if (bytes + LONGEST > CHUNK) {
            write_names(t, records, bytes, n);
            bytes = n = 0;
        }
    }
    write_names(t, records, bytes, n);
    t->written_name = o->last_name;
    o->name_spill_at = o->last_name + OBSERVE_NAMES / 2;
}

/* ---- what stands at both ends ---- */

static bool write_head(struct observe_trace *t, const struct observe *o,
                       struct observe_trace_head head)
{
    struct observe_trace_file_head h = {
        .magic = "TSRTRACE",
        .version = OBSERVE_TRACE_VERSION,
        .head_bytes = sizeof h,
        .event_bytes = sizeof(struct observe_event),
        .rank = (uint32_t)o->rank,
        .ranks = (uint32_t)(head.ranks > 0 ? head.ranks : 1),
        .workers = (uint32_t)o->workers,
        .begin_stamp = o->begin_stamp,
        .begin_monotonic_ns = o->begin_monotonic_ns,
        .begin_real_ns = o->begin_real_ns,
        .clock_offset_ns = head.clock_offset_ns,
        .writer = "tessera " TSR_VERSION,
    };
    return write_whole(t, &(struct iovec){&h, sizeof h}, 1);
}

/* A chunk of text, which is given back. */
static bool write_text(struct observe_trace *t, const char *tag, struct observe_text *text)
{
    const bool is_in =
        !text->is_short && write_payload(t, tag, observe_text_get(text), text->length);
    if (text->is_short)
        t->error = errno = ENOMEM;
    observe_text_done(text);
    return is_in;
}

/* The kinds as text, so that a reader needs no table: "9 RUN span first bits", "-" for nothing. */
static bool write_kinds(struct observe_trace *t)
{
    struct observe_text text = {0};
    for (unsigned k = 0; k < OBSERVE_N_KINDS; ++k)
        observe_text_add(&text, "%u %s %s %s %s\n", k, observe_kind_name(k),
                         observe_kind_is_span(k) ? "span" : "mark",
                         observe_kind_a(k)[0] ? observe_kind_a(k) : "-",
                         observe_kind_b(k)[0] ? observe_kind_b(k) : "-");
    return write_text(t, "KIND", &text);
}

static void write_counters(struct observe_trace *t, const struct observe *o)
{
    struct observe_text text = {0};
    for (int id = 0; id < TSR_N_COUNTERS; ++id)
        observe_text_add(&text, "%s %lld\n", observe_counter_name((tsr_counter_id)id),
                         (long long)observe_counter_sum(o, (tsr_counter_id)id));
    write_text(t, "COUN", &text);
}

static void write_clock(struct observe_trace *t)
{
    const struct observe_clock       now = observe_clock_now();
    const struct observe_trace_clock c = {now.stamp, now.monotonic_ns, now.real_ns};
    write_payload(t, "CLOK", &c, sizeof c);
}

/* ---- opening and closing ---- */

/* `path` with the rank in it; to be freed. */
static char *path_of_rank(const char *path, int rank, int ranks)
{
    struct observe_text text = {0};
    const char         *mark = strstr(path, "%r");
    if (mark)
        observe_text_add(&text, "%.*s%d%s", (int)(mark - path), path, rank, mark + 2);
    else if (ranks > 1)
        observe_text_add(&text, "%s.%d", path, rank);
    else
        observe_text_add(&text, "%s", path);
    if (!text.is_short)
        return text.text;
    observe_text_done(&text);
    errno = ENOMEM;
    return NULL;
}

static void trace_free(struct observe_trace *t)
{
    if (t->fd >= 0)
        close(t->fd);
    pthread_mutex_destroy(&t->lock);
    base_free(t->path);
    base_free(t);
}

/* Let lanes spill each time that 1/share of their ring is unwritten; 0: never. */
static void lanes_spill_each(struct observe *o, uint64_t share)
{
    for (int w = 0; w < o->workers; ++w) {
        struct observe_lane *l = &o->lane[w];
        const uint64_t       head = atomic_load_explicit(&l->head, memory_order_acquire);
        atomic_store_explicit(&l->spilled, head, memory_order_release);
        l->spill_at = share ? head + (l->mask + 1) / share : UINT64_MAX;
    }
}

tsr_status observe_trace_open(struct observe *o, const char *path, struct observe_trace_head head,
                              tsr_site at)
{
    struct observe_trace *t = base_calloc(1, sizeof *t);
    if (!t)
        return tsr_fail_(at, TSR_NO_MEMORY, "the trace file %s", path);
    pthread_mutex_init(&t->lock, NULL);
    t->path = path_of_rank(path, o->rank, head.ranks);
    t->fd = t->path ? open(t->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    if (t->fd < 0 || !write_head(t, o, head) || !write_kinds(t)) {
        const tsr_status s = tsr_fail_(at, TSR_ENVIRONMENT, "cannot write the trace file %s: %s",
                                       t->path ? t->path : path, strerror(errno));
        trace_free(t);
        return s;
    }
    t->written_name = o->last_name;
    o->name_spill_at = o->last_name + OBSERVE_NAMES / 2;
    o->trace = t;
    lanes_spill_each(o, 2);
    return TSR_OK;
}

/* What the lanes still hold, and the chunks that end a file. */
static void trace_end(struct observe *o, struct observe_trace *t)
{
    observe_trace_spill_names(o);
    for (int w = 0; w < o->workers; ++w)
        observe_lane_spill(&o->lane[w]);
    lanes_spill_each(o, 0);
    write_counters(t, o);
    write_clock(t);
    write_payload(t, "DONE", &t->done, sizeof t->done);
}

tsr_status observe_trace_close(struct observe *o, tsr_site at)
{
    struct observe_trace *t = o->trace;
    if (!t)
        return TSR_OK;
    trace_end(o, t);
    o->trace = NULL;
    o->name_spill_at = UINT64_MAX;
    tsr_status s = TSR_OK;
    if (close(t->fd) != 0 && !t->error)
        t->error = errno;
    t->fd = -1;
    if (t->error)
        s = tsr_fail_(at, TSR_ENVIRONMENT, "the trace file %s lacks %llu events and %llu names: %s",
                      t->path, (unsigned long long)t->done.lost_events,
                      (unsigned long long)t->done.lost_names, strerror(t->error));
    trace_free(t);
    return s;
}
