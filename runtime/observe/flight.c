/* observe/flight.c - the flight recorder: what happened last, as text.
 *
 * The tails of all lanes are merged by stamp: a cursor per lane, each step takes the least, so a
 * print costs O(events x workers) and needs no memory, for it may run in a signal handler of a
 * process whose heap is broken. Workers go on meanwhile; an event that is overwritten before it is
 * read is left out. After the events stands what each worker did last, since a worker that has been
 * in one body for a minute has no event among the newest.
 *
 * A line:     184.332 us  worker 1  RUN       #12 heat_step (main.c:31)  first 64 bits 0xf  [solve]
 * Times are since the runtime began. Threads: any, and signal handlers. */
#include "observe/inside.h"
#include "observe/line.h"

/* Lanes past these are not merged, only their last span is shown: cursors live on a stack that may
 * be a signal's, of 8 KiB. */
enum { LANES = 256 };

/* Where the merge stands in each lane: low halves of sequence numbers, to be short. */
struct merge {
    const struct observe *o;
    int                   lanes;
    uint32_t              at[LANES], end[LANES];
};

static void merge_begin(struct merge *m, const struct observe *o, int tail)
{
    m->o = o;
    m->lanes = o->workers < LANES ? o->workers : LANES;
    for (int w = 0; w < m->lanes; ++w) {
        const uint64_t head = atomic_load_explicit(&o->lane[w].head, memory_order_acquire);
        const uint64_t most = o->lane[w].mask < (uint64_t)tail ? o->lane[w].mask : (uint64_t)tail;
        m->end[w] = (uint32_t)head;
        m->at[w] = (uint32_t)(head - (head < most ? head : most));
    }
}

/* The event at a lane's cursor, which moves past those that are gone. */
static bool merge_peek(struct merge *m, int w, struct observe_event *out)
{
    const struct observe_lane *l = &m->o->lane[w];
    for (; m->at[w] != m->end[w]; ++m->at[w]) {
        const uint64_t head = atomic_load_explicit(&l->head, memory_order_acquire);
        if (observe_lane_read(l, head - (uint32_t)((uint32_t)head - m->at[w]), out))
            return true;
    }
    return false;
}

/* The oldest event not yet taken. */
static bool merge_take(struct merge *m, struct observe_event *out)
{
    int least = -1;
    for (int w = 0; w < m->lanes; ++w) {
        struct observe_event e;
        if (!merge_peek(m, w, &e) || (least >= 0 && e.stamp >= out->stamp))
            continue;
        least = w;
        *out = e;
    }
    if (least >= 0)
        ++m->at[least];
    return least >= 0;
}

static void put_operand(struct observe_line *l, const char *label, uint64_t value)
{
    if (!label[0])
        return;
    observe_line_text(l, " ");
    observe_line_text(l, label);
    observe_line_text(l, " ");
    if (__builtin_strcmp(label, "bits") == 0)
        observe_line_hex(l, value);
    else
        observe_line_decimal(l, (int64_t)value);
}

/* "RUN  #12 heat_step (main.c:31)  first 64 bits 0xf  [solve]" */
static void put_event(struct observe_line *l, const struct observe *o,
                      const struct observe_event *e)
{
    const size_t begin = l->length;
    observe_line_text(l, observe_kind_name(e->kind));
    observe_line_column(l, begin + 10);
    struct observe_name name = {0};
    if (e->number) {
        observe_line_text(l, " #");
        observe_line_decimal(l, (int64_t)e->number);
    }
    if (observe_name_find(o, e->number, &name)) {
        observe_line_text(l, " ");
        observe_line_text(l, name.task);
        observe_line_text(l, " (");
        observe_line_text(l, name.file);
        observe_line_text(l, ":");
        observe_line_decimal(l, name.line);
        observe_line_text(l, ") ");
    }
    put_operand(l, observe_kind_a(e->kind), e->a);
    put_operand(l, observe_kind_b(e->kind), e->b);
    if (name.provenance) {
        observe_line_text(l, "  [");
        observe_line_text(l, name.provenance);
        observe_line_text(l, "]");
    }
}

static void put_worker(struct observe_line *l, int worker)
{
    observe_line_text(l, "worker ");
    observe_line_decimal(l, worker);
    observe_line_text(l, "  ");
}

static void put_events(struct observe_line *l, const struct observe *o, struct observe_scale scale,
                       int tail)
{
    struct merge         m;
    struct observe_event e;
    for (merge_begin(&m, o, tail); merge_take(&m, &e); observe_line_end(l)) {
        observe_line_text(l, "  ");
        observe_line_us(l, observe_scale_ns(scale, e.stamp));
        observe_line_text(l, " us");
        observe_line_column(l, 20);
        put_worker(l, e.worker);
        put_event(l, o, &e);
    }
}

/* A line for each worker: its last span, and for how long it has lasted. */
static void put_activity(struct observe_line *l, const struct observe *o,
                         struct observe_scale scale)
{
    for (int w = 0; w < o->workers; ++w) {
        struct observe_event e;
        observe_line_text(l, "  now ");
        put_worker(l, w);
        if (observe_lane_activity(&o->lane[w], &e)) {
            put_event(l, o, &e);
            observe_line_text(l, "  for ");
            observe_line_us(l, observe_elapsed_ns(o) - observe_scale_ns(scale, e.stamp));
            observe_line_text(l, " us");
        } else {
            observe_line_text(l, "nothing yet");
        }
        observe_line_end(l);
    }
}

static void put_flight(struct observe_line *l, const struct observe *o, int tail)
{
    const struct observe_scale scale = observe_scale_now(o);
    tail = tail > 0 ? tail : OBSERVE_FLIGHT_TAIL;
    observe_line_text(l, "tessera: flight recorder of rank ");
    observe_line_decimal(l, o->rank);
    observe_line_text(l, ": the last ");
    observe_line_decimal(l, tail);
    observe_line_text(l, " events of each of ");
    observe_line_decimal(l, o->workers);
    observe_line_text(l, " workers, newest last");
    observe_line_end(l);
    put_events(l, o, scale, tail);
    put_activity(l, o, scale);
}

void observe_flight_print(const struct observe *o, FILE *out, int tail)
{
    struct observe_line l = observe_line_to_file(out);
    put_flight(&l, o, tail);
    fflush(out);
}

void observe_flight_write(const struct observe *o, int fd, int tail)
{
    struct observe_line l = observe_line_to_fd(fd);
    put_flight(&l, o, tail);
}

void observe_flight_print_activity(const struct observe *o, FILE *out)
{
    struct observe_line l = observe_line_to_file(out);
    put_activity(&l, o, observe_scale_now(o));
}
