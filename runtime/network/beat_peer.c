/* network/beat_peer.c - what ranks say to each other by heartbeats.
 *
 * A beat says how far its sender has come, and shows the newest entry of its stream and those at
 * multiples of STREAM_COMPARE_EVERY; the receiver compares them with its own.  Where they differ both
 * send their streams whole, and each names the first difference.
 *
 * Cost: O(ranks heard) a beat.  Threads: the beat's. */
#include <stdio.h>
#include <string.h>

#include "network/beat_inside.h"

enum { MARKS = 9 };

/* An entry without its site. */
struct mark {
    uint64_t sequence, hash, number;
    int64_t  line;
};
struct beat_frame {
    uint64_t    completed;
    uint64_t    n;
    struct mark mark[MARKS];
};
struct leave_frame {
    uint64_t sent;
};
struct alarm_frame {
    uint64_t alarm;
    char     text[768];
};

static const char unknown[] = "(a line not told)";

/* ---- saying ---- */

static void mark_add(struct beat_frame *f, const struct stream *s, uint64_t sequence)
{
    struct stream_entry e;
    if (f->n < MARKS && stream_entry_read(s, sequence, &e))
        f->mark[f->n++] = (struct mark){e.sequence, e.hash, e.number, e.at.line};
}

static void frame_make(const struct beat *b, const struct beat_peer *p, struct beat_frame *f)
{
    const struct port   *mine = b->port[b->rank];
    const uint64_t       n = atomic_load_explicit(&mine->stream.n, memory_order_acquire);
    const uint64_t       step = STREAM_COMPARE_EVERY;
    uint64_t             at = p->told / step + 1;
    const uint64_t       last = n / step;
    *f = (struct beat_frame){
        .completed = atomic_load_explicit(&mine->completed, memory_order_acquire)};
    if (last >= MARKS && at < last - (MARKS - 2))
        at = last - (MARKS - 2);
    for (; at <= last; ++at)
        mark_add(f, &mine->stream, at * step - 1);
    if (n > 0)
        mark_add(f, &mine->stream, n - 1);
}

static bool is_open(const struct beat_peer *p)
{
    return p->state == LINK_OPEN;
}

void peer_tell_all(struct beat *b)
{
    for (int r = 0; r < b->n_ranks; ++r) {
        struct beat_peer *p = &b->peer[r];
        struct beat_frame f;
        if (!is_open(p))
            continue;
        frame_make(b, p, &f);
        if (link_write(&p->link, FRAME_BEAT, &f, offsetof(struct beat_frame, mark[f.n])))
            p->told = f.n > 0 ? f.mark[f.n - 1].sequence + 1 : p->told;
    }
}

static void give_stream(struct beat *b, struct beat_peer *p, bool reply)
{
    if (!is_open(p) || (p->gave_stream && !reply))
        return;
    p->gave_stream = true;
    if (beat_stream_write(b, reply))
        (void)link_write(&p->link, FRAME_STREAM, b->frame.data, b->frame.n);
}

void peer_ask_streams(struct beat *b)
{
    for (int r = 0; r < b->n_ranks; ++r) {
        int asked = 1;
        if (is_open(&b->peer[r]) &&
            atomic_compare_exchange_strong(&b->peer[r].wanted, &asked, 3))
            give_stream(b, &b->peer[r], true);
    }
}

void peer_tell_alarm(struct beat *b)
{
    struct alarm_frame f = {0};
    pthread_mutex_lock(&b->lock);
    f.alarm = b->alarm;
    memcpy(f.text, b->text, sizeof f.text);
    pthread_mutex_unlock(&b->lock);
    for (int r = 0; r < b->n_ranks; ++r)
        if (is_open(&b->peer[r]))
            (void)link_write(&b->peer[r].link, FRAME_ALARM, &f, sizeof f);
}

void peer_tell_farewell(struct beat *b)
{
    for (int r = 0; r < b->n_ranks; ++r) {
        const struct leave_frame f = {b->sent[r]};
        if (is_open(&b->peer[r]))
            (void)link_write(&b->peer[r].link, FRAME_LEAVE, &f, sizeof f);
    }
}

/* ---- hearing ---- */

bool peer_is_done(const struct beat *b, int rank)
{
    return b->peer[rank].has_left &&
           atomic_load_explicit(&b->port[rank]->state, memory_order_acquire) == PORT_LEFT;
}

void peer_lost(struct beat *b, int rank, const char *how)
{
    struct beat_peer       *p = &b->peer[rank];
    const struct beat_card *c = &b->card[rank];
    char                    text[256];
    if (p->is_lost || peer_is_done(b, rank))
        return;
    p->is_lost = true;
    snprintf(text, sizeof text, "rank %d of %d (process %u on %.*s) %s", rank, b->n_ranks, c->pid,
             (int)sizeof c->name, c->name, how);
    b->up.lost(b->up.user, rank, text);
}

static void hear_beat(struct beat *b, struct beat_peer *p, int rank, const char *data, size_t bytes)
{
    struct beat_frame f = {0};
    struct port      *theirs = b->port[rank];
    const struct stream *mine = &b->port[b->rank]->stream;
    if (bytes > sizeof f)
        return;
    memcpy(&f, data, bytes);
    uint64_t before = atomic_load_explicit(&theirs->completed, memory_order_relaxed);
    while (before < f.completed && /* messages say it as well */
           !atomic_compare_exchange_weak_explicit(&theirs->completed, &before, f.completed,
                                                  memory_order_release, memory_order_relaxed))
        ;
    for (uint64_t i = 0; i < f.n && i < MARKS; ++i) {
        const struct mark  *m = &f.mark[i];
        struct stream_entry e;
        if (!stream_entry_read(&theirs->stream, m->sequence, &e))
            stream_put(&theirs->stream,
                       &(struct stream_entry){m->sequence, m->hash, m->number,
                                              {unknown, "?", (int)m->line}});
        if (!stream_agree_at(mine, &theirs->stream, m->sequence + 1))
            give_stream(b, p, false);
    }
}

static void hear_stream(struct beat *b, struct beat_peer *p, int rank, const char *data,
                        size_t bytes)
{
    bool reply = false;
    if (!beat_stream_read(b, rank, data, bytes, &reply))
        return;
    if (reply || !p->gave_stream) {
        p->gave_stream = false;
        give_stream(b, p, false);
    }
    pthread_mutex_lock(&b->lock);
    atomic_store(&p->wanted, 2);
    pthread_cond_broadcast(&b->came);
    pthread_mutex_unlock(&b->lock);
    b->up.differs(b->up.user, rank);
}

static void hear_alarm(struct beat *b, const char *data, size_t bytes)
{
    struct alarm_frame f = {0};
    if (bytes != sizeof f)
        return;
    memcpy(&f, data, sizeof f);
    f.text[sizeof f.text - 1] = 0;
    b->up.alarmed(b->up.user, (enum alarm)f.alarm, f.text);
}

void peer_hear(struct beat *b, struct beat_peer *p, int rank, int type, const char *data,
               size_t bytes)
{
    struct leave_frame leave = {0};
    p->last_ms = b->now_ms;
    if (!p->has_spoken) {
        pthread_mutex_lock(&b->lock);
        atomic_store(&p->has_spoken, true);
        pthread_cond_broadcast(&b->came);
        pthread_mutex_unlock(&b->lock);
    }
    switch (type) {
    case FRAME_BEAT:
        hear_beat(b, p, rank, data, bytes);
        break;
    case FRAME_STREAM:
        hear_stream(b, p, rank, data, bytes);
        break;
    case FRAME_ALARM:
        hear_alarm(b, data, bytes);
        break;
    case FRAME_LEAVE:
        memcpy(&leave, data, bytes < sizeof leave ? bytes : sizeof leave);
        p->has_left = true;
        b->up.left(b->up.user, rank, leave.sent);
        break;
    default:
        break;
    }
}
