/* execute/extra.c - actions that are not points: copies, sends, receives; folds are in fold.c.
 *
 * A message is a head and the boxes one after another, each packed in C order of the root's indices.
 * The head says whether what it carries failed on its sender: a mark in place of trust, so that the
 * receiver's operation fails too and its bodies need not run.
 * Cost: O(elements).  Threads: the worker that claimed. */
#include <string.h>

#include "base/mutant.h"
#include "execute/internal.h"
#include "network/network.h"

/* Ticks of observe_stamp: some seconds. */
#define SEND_PATIENCE 10000000000ull

static void box_extents(const tsr_box *b, int64_t *extent)
{
    for (int d = 0; d < b->rank; ++d)
        extent[d] = b->high[d] - b->low[d];
}

static void dense_strides(int rank, const int64_t *extent, int64_t *stride)
{
    int64_t n = 1;
    for (int d = rank - 1; d >= 0; --d) {
        stride[d] = n;
        n *= extent[d];
    }
}

static void copy_run(struct worker *w, struct slot *s, const struct extra *x)
{
    if (x->from->base == NULL || x->to->base == NULL)
        return;
    observe_event(w->lane, OBSERVE_COPY, s->op.number, (uint32_t)x->arg, 0);
    for (int b = 0; b < x->n_boxes; ++b) {
        int64_t extent[TSR_MAX_RANK];
        box_extents(&x->box[b], extent);
        strided_copy(x->box[b].rank, extent, x->element_bytes,
                     instance_address(x->to, x->box[b].low, x->element_bytes), x->to->stride,
                     instance_address(x->from, x->box[b].low, x->element_bytes), x->from->stride);
        observe_count(w->lane, TSR_COUNT_COPY_BYTES,
                      box_volume(&x->box[b]) * (int64_t)x->element_bytes);
    }
    observe_count(w->lane, TSR_COUNT_COPIES, 1);
}

static struct network_tag tag_of(const struct slot *s, const struct extra *x)
{
    return network_tag_of(s->op.number, x->wire, (unsigned)x->arg, x->piece);
}

/* Is what the owner map says this rank holds here?  Not after an operation that found no memory. */
static bool is_held(const struct extra *x)
{
    if (x->from == NULL || x->from->base == NULL)
        return false;
    for (int b = 0; b < x->n_boxes; ++b)
        if (!box_contains(&x->from->box, &x->box[b]))
            return false;
    return true;
}

/* No memory for a message: the send waits until there is some, as one that has not arrived does; who
 * waits for it would go without what the owner map promises.  Where there is none for long, the run is
 * over. */
static void send_later(struct worker *w, struct slot *s, struct extra *x, size_t bytes)
{
    const uint64_t now = observe_stamp();
    if (x->bytes == 0)
        x->bytes = now;
    else if (now - x->bytes > SEND_PATIENCE)
        (void)network_short_of_memory(w->rt->network, "a message");
    observe_event_at(w->lane, now, OBSERVE_IDLE, s->op.number, (uint32_t)x->peer, bytes);
}

/* Does it hand on what came marked as failed? */
static bool hands_on_failure(const struct slot *s, const struct extra *x)
{
    for (int i = 0; x->piece != 0 && i < s->n_extras; ++i) {
        const struct extra *y = &s->extra[i];
        if (y->kind == EXTRA_RECEIVE && y->piece == x->piece && y->wire == x->wire && y->arg == x->arg)
            return y->bytes != 0;
    }
    return false;
}

static bool send_run(struct worker *w, struct slot *s, struct extra *x)
{
    const bool held = is_held(x);
    size_t bytes = sizeof(struct message_head);
    for (int b = 0; b < x->n_boxes && held; ++b)
        bytes += (size_t)box_volume(&x->box[b]) * x->element_bytes;
    char *buffer = network_buffer_create(bytes);
    if (buffer == NULL) {
        send_later(w, s, x, bytes);
        return false;
    }
    struct message_head *head = (struct message_head *)(void *)buffer;
    memset(head, 0, sizeof *head);
    head->failed = !held || hands_on_failure(s, x) || atomic_load_explicit(&s->verdict, memory_order_acquire) ==
                                s->op.number * 4 + 2;
    char *at = buffer + sizeof *head;
    for (int b = 0; b < x->n_boxes && bytes > sizeof *head; ++b) {
        int64_t extent[TSR_MAX_RANK], stride[TSR_MAX_RANK];
        box_extents(&x->box[b], extent);
        dense_strides(x->box[b].rank, extent, stride);
        strided_copy(x->box[b].rank, extent, x->element_bytes, at, stride,
                     instance_address(x->from, x->box[b].low, x->element_bytes), x->from->stride);
        at += (size_t)box_volume(&x->box[b]) * x->element_bytes;
    }
    observe_event(w->lane, OBSERVE_SEND, s->op.number, (uint32_t)x->peer, bytes);
    observe_count(w->lane, TSR_COUNT_MESSAGES, !x->follows);
    observe_count(w->lane, TSR_COUNT_MESSAGE_BYTES, (int64_t)(bytes - sizeof *head));
    if (x->halo)
        observe_count(w->lane, TSR_COUNT_HALO_MESSAGES, 1);
    if (network_send_together(w->rt->network, x->peer, tag_of(s, x), buffer, bytes, x->together) != TSR_OK)
        execute_fail(w, s, 0, TSR_PEER_LOST);
    return true;
}

static void marked(struct worker *w, struct slot *s, const struct extra *x)
{
    (void)tsr_fail_(s->op.site, TSR_TASK_FAILED, "what rank %d sent for %s failed there", x->peer,
                    s->op.desc->name);
    execute_fail(w, s, INT64_MAX, TSR_TASK_FAILED);
}

static bool receive_run(struct worker *w, struct slot *s, struct extra *x)
{
    void *buffer;
    size_t bytes;
    if (!network_try_receive(w->rt->network, x->peer, tag_of(s, x), &buffer, &bytes))
        return false;
    observe_event(w->lane, OBSERVE_RECEIVE, s->op.number, (uint32_t)x->peer, bytes);
    observe_count(w->lane, TSR_COUNT_FETCHES, x->n_boxes);
    const struct message_head *head = buffer;
    if (head->failed != 0)
        marked(w, s, x);
    if (x->kind == EXTRA_RECEIVE)
        x->bytes = head->failed != 0;
    if (x->kind == EXTRA_PARTIAL) {
        x->buffer = buffer;
        x->bytes = bytes;
        return true;
    }
    const char *at = (const char *)buffer + sizeof *head;
    const int   n_boxes = x->n_boxes - (MUTANT(DROPPED_BOX) && x->n_boxes > 1);
    for (int b = 0; b < n_boxes && bytes > sizeof *head; ++b) {
        int64_t extent[TSR_MAX_RANK], stride[TSR_MAX_RANK];
        box_extents(&x->box[b], extent);
        dense_strides(x->box[b].rank, extent, stride);
        strided_copy(x->box[b].rank, extent, x->element_bytes,
                     instance_address(x->to, x->box[b].low, x->element_bytes), x->to->stride, at,
                     stride);
        at += (size_t)box_volume(&x->box[b]) * x->element_bytes;
    }
    network_buffer_free(buffer);
    return true;
}

/* Does it send to a rank that is too far behind?  Then it stays home. */
static bool stays_home(struct worker *w, const struct slot *s, const struct extra *x)
{
    const bool sends = x->kind == EXTRA_SEND || (x->kind == EXTRA_FOLD && x->peer >= 0);
    return sends && !network_may_send(w->rt->network, x->peer, s->op.number);
}

bool extra_run(struct worker *w, struct slot *s, struct extra *x)
{
    if (stays_home(w, s, x))
        return false;
    switch (x->kind) {
    case EXTRA_COPY:
        copy_run(w, s, x);
        return true;
    case EXTRA_SEND:
        return send_run(w, s, x);
    case EXTRA_RECEIVE:
    case EXTRA_PARTIAL:
        return receive_run(w, s, x);
    default:
        fold_run(w, s, x);
        return true;
    }
}
