/* network/beat_inside.h - what the files of the heartbeat share. */
#ifndef NETWORK_BEAT_INSIDE_H
#define NETWORK_BEAT_INSIDE_H

#include <pthread.h>

#include "network/beat.h"

enum link_state { LINK_NONE, LINK_CONNECTING, LINK_OPEN, LINK_CLOSED };
enum frame_type { FRAME_HELLO = 1, FRAME_BEAT, FRAME_STREAM, FRAME_ALARM, FRAME_LEAVE };

struct bytes {
    char  *data;
    size_t n, capacity;
};

/* A connection to a rank, or one whose rank has not said its name.  The beat's thread's own. */
struct beat_link {
    int          fd;
    int          rank; /* -1: not said yet */
    struct bytes in, out;
};

/* One that was accepted at `since_ms`, and has not said its name. */
struct fresh_link {
    struct beat_link link;
    int64_t          since_ms;
};
/* So many at most. */
enum { FRESH_MOST = 64 };

/* What is known of a rank.  The beat's thread's own but for what is atomic. */
struct beat_peer {
    bool             heard_of;  /* one whose beats we listen to */
    enum link_state  state;
    struct beat_link link;
    int              tries;     /* of its addresses */
    int64_t          retry_at_ms;
    int64_t          last_ms;   /* when it was last heard */
    bool             has_left, is_lost;
    _Atomic bool     has_spoken;
    uint64_t         told;      /* entries of our stream it was told of */
    bool             gave_stream;
    _Atomic int      wanted;    /* 1: its stream is asked for; 2: it is here */
};

struct beat {
    /* immutable once the thread runs */
    int                 rank, n_ranks;
    struct port *const *port;
    struct beat_up      up;
    struct beat_card    mine;
    struct beat_card   *card; /* [n_ranks] */
    int                 listener, wake;
    pthread_t           thread;
    bool                has_thread, has_condition;
    /* the thread's own */
    struct beat_peer *peer; /* [n_ranks] */
    struct fresh_link fresh[FRESH_MOST]; /* accepted, unnamed */
    int               n_fresh;
    int64_t           now_ms, next_ms, end_at_ms;
    int64_t           watch_until_ms; /* sends waited lately: look often */
    int               helps;          /* looks in a row at which some waited */
    struct bytes      frame; /* being put together */
    char            **string; /* names of sites that came from others */
    size_t            n_strings;
    bool              alarm_told, farewell_told;
    /* any thread's */
    pthread_mutex_t lock;
    pthread_cond_t  came;      /* a stream, or a rank heard for the first time */
    enum alarm      alarm;     /* under lock */
    char            text[768]; /* under lock */
    uint64_t       *sent;      /* [n_ranks], under lock until farewell */
    bool            farewell;  /* under lock */
    _Atomic int     stop, sends_wait, silence_ms;
};

/* beat_link.c */
bool bytes_add(struct bytes *b, const void *data, size_t n);
void bytes_done(struct bytes *b);
int  link_listen(uint16_t *out_port);
/* Start to connect to the peer's next address; -1: not now. */
int  link_connect(const struct beat *b, const struct beat_card *to, int tries);
bool link_connected(int fd);
/* Queue a frame; false: the link is broken. */
bool link_write(struct beat_link *l, enum frame_type type, const void *data, size_t bytes);
bool link_flush(struct beat_link *l);
/* Read what came; false: the link is broken or at its end. */
bool link_read(struct beat_link *l);
/* The first whole frame of what was read: its type, or 0; link_drop takes it away. */
int  link_frame(const struct beat_link *l, const char **out, size_t *out_bytes);
void link_drop(struct beat_link *l);
/* Say what waits, and that nothing more comes. */
void link_end(struct beat_link *l);
void link_close(struct beat_link *l);

/* beat_stream.c */
/* Our stream as bytes in b->frame; `reply`: theirs is asked for. */
bool beat_stream_write(struct beat *b, bool reply);
/* Fill in port's stream from bytes; false: they make no sense. */
bool beat_stream_read(struct beat *b, int rank, const char *data, size_t bytes, bool *out_reply);

/* beat_peer.c: what is said and heard */
void peer_tell_all(struct beat *b);
void peer_hear(struct beat *b, struct beat_peer *p, int rank, int type, const char *data,
               size_t bytes);
void peer_lost(struct beat *b, int rank, const char *how);
/* Has it said farewell, and is all here that it sent before? */
bool peer_is_done(const struct beat *b, int rank);
void peer_tell_alarm(struct beat *b);
void peer_tell_farewell(struct beat *b);
void peer_ask_streams(struct beat *b);

#endif
