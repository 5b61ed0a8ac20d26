/* network/beat_link.c - sockets of the heartbeat, and frames on them.
 *
 * TCP, because the end of a process then arrives as the end of its connections, and because streams
 * of sites (100 KB) travel here as well.  Nothing blocks: what does not go out at once waits in the
 * link.  A frame is a head (length, type) and bytes; both ends have the same byte order, since they
 * share bits of data all along.
 *
 * Threads: the beat's. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "network/beat_inside.h"

enum { FRAME_MOST = 4 << 20, READ_STEP = 16384 };

struct frame_head {
    uint32_t bytes, type;
};

bool bytes_add(struct bytes *b, const void *data, size_t n)
{
    if (b->n + n > b->capacity) {
        const size_t capacity = 2 * (b->n + n) + 256;
        char        *more = base_realloc(b->data, capacity, 1);
        if (!more)
            return false;
        b->data = more;
        b->capacity = capacity;
    }
    if (n > 0)
        memcpy(b->data + b->n, data, n);
    b->n += n;
    return true;
}

void bytes_done(struct bytes *b)
{
    base_free(b->data);
    *b = (struct bytes){0};
}

static int socket_open(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd >= 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int link_listen(uint16_t *out_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t          bytes = sizeof at;
    const int          fd = socket_open();
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &bytes) != 0) {
        close(fd);
        return -1;
    }
    *out_port = ntohs(at.sin_port);
    return fd;
}

int link_connect(const struct beat *b, const struct beat_card *to, int tries)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(to->port)};
    if (to->host == b->mine.host)
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (to->n_addresses > 0)
        at.sin_addr.s_addr = to->address[tries % to->n_addresses];
    else
        return -1;
    const int fd = socket_open();
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

bool link_connected(int fd)
{
    int       error = 0;
    socklen_t bytes = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 && error == 0;
}

bool link_flush(struct beat_link *l)
{
    size_t done = 0;
    while (done < l->out.n) {
        const ssize_t n = send(l->fd, l->out.data + done, l->out.n - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return false;
        if (n < 0)
            break;
        done += (size_t)n;
    }
    if (done > 0)
        memmove(l->out.data, l->out.data + done, l->out.n - done);
    l->out.n -= done;
    return true;
}

bool link_write(struct beat_link *l, enum frame_type type, const void *data, size_t bytes)
{
    const struct frame_head head = {(uint32_t)bytes, type};
    return bytes_add(&l->out, &head, sizeof head) && bytes_add(&l->out, data, bytes) &&
           link_flush(l);
}

bool link_read(struct beat_link *l)
{
    char step[READ_STEP];
    for (;;) {
        const ssize_t n = recv(l->fd, step, sizeof step, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        if (n == 0 || !bytes_add(&l->in, step, (size_t)n))
            return false;
    }
}

int link_frame(const struct beat_link *l, const char **out, size_t *out_bytes)
{
    struct frame_head head;
    if (l->in.n < sizeof head)
        return 0;
    memcpy(&head, l->in.data, sizeof head);
    if (head.bytes > FRAME_MOST || head.type < FRAME_HELLO || head.type > FRAME_LEAVE)
        return -1;
    if (l->in.n < sizeof head + head.bytes)
        return 0;
    *out = l->in.data + sizeof head;
    *out_bytes = head.bytes;
    return (int)head.type;
}

void link_drop(struct beat_link *l)
{
    struct frame_head head;
    memcpy(&head, l->in.data, sizeof head);
    const size_t n = sizeof head + head.bytes;
    memmove(l->in.data, l->in.data + n, l->in.n - n);
    l->in.n -= n;
}

void link_end(struct beat_link *l)
{
    (void)link_flush(l);
    (void)shutdown(l->fd, SHUT_WR);
}

void link_close(struct beat_link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    bytes_done(&l->in);
    bytes_done(&l->out);
}
