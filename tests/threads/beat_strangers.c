/* Connections to a heartbeat's port that never say who they are: few are let in, none is kept, and a rank
 * that comes behind them is heard in time. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/beat_inside.h"
#include "network/transports/transport.h"
#include "network_ranks.h"

enum { STRANGERS = 100, MOST_MS = 9000 };

static _Atomic int lost_ranks;

static void lost(void *user, int rank, const char *text)
{
    (void)user, (void)rank;
    fprintf(stderr, "# %s\n", text);
    atomic_fetch_add(&lost_ranks, 1);
}

static void nothing_alarmed(void *user, enum alarm alarm, const char *text)
{
    (void)user, (void)alarm, (void)text;
}

static void nothing_left(void *user, int rank, uint64_t sent)
{
    (void)user, (void)rank, (void)sent;
}

static void nothing_differs(void *user, int rank)
{
    (void)user, (void)rank;
}

static void nothing_clock(void *user)
{
    (void)user;
}

static bool nothing_helped(void *user, bool move)
{
    (void)user, (void)move;
    return false;
}

static int open_files(void)
{
    DIR *d = opendir("/proc/self/fd");
    int  n = 0;
    while (d && readdir(d))
        ++n;
    if (d)
        closedir(d);
    return n;
}

/* A connection that says `word`, or nothing. */
static int stranger(uint16_t port, const char *word)
{
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
        send(fd, word, strlen(word), MSG_NOSIGNAL) != (ssize_t)strlen(word)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Has the other side hung up?  Waits for it. */
static bool is_hung_up(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char          byte;
    return poll(&p, 1, ms > 0 ? ms : 0) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0 &&
           errno != EAGAIN;
}

/* Two ranks' beats, whose threads do not run yet. */
struct pair {
    struct port     *port[2];
    struct beat_card card[2];
    struct beat     *beat[2];
};

static void pair_make(struct pair *p)
{
    static const struct beat_up up = {
        NULL, lost, nothing_alarmed, nothing_left, nothing_differs, nothing_clock, nothing_helped};
    for (int r = 0; r < 2; ++r) {
        p->port[r] = aligned_alloc(64, (sizeof **p->port + 63) / 64 * 64);
        memset(p->port[r], 0, sizeof **p->port);
    }
    for (int r = 0; r < 2; ++r) {
        p->beat[r] = beat_create(r, 2, p->port, &up);
        beat_card(p->beat[r], &p->card[r]);
    }
}

static void pair_done(struct pair *p)
{
    for (int r = 0; r < 2; ++r)
        beat_destroy(p->beat[r]);
    free(p->port[0]);
    free(p->port[1]);
}

static void strangers(char *wrong)
{
    struct test_rank self = {.n_ranks = 2};
    struct pair      p;
    int              fd[STRANGERS];
    pair_make(&p);
    WRONG_UNLESS(&self, beat_start(p.beat[0], p.card) == TSR_OK);
    const int    before = open_files();
    const double began = test_seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < STRANGERS; ++i) {
        fd[i] = stranger(p.card[0].port, i % 3 == 0 ? "GET" : "");
        WRONG_UNLESS(&self, fd[i] >= 0);
    }
    test_sleep_ms(300);
    WRONG_UNLESS(&self, open_files() - before - STRANGERS <= FRESH_MOST);
    WRONG_UNLESS(&self, beat_start(p.beat[1], p.card) == TSR_OK);
    WRONG_UNLESS(&self, beat_meet(p.beat[0]) == TSR_OK && beat_meet(p.beat[1]) == TSR_OK);
    WRONG_UNLESS(&self, test_seconds(CLOCK_MONOTONIC) - began < 1e-3 * BEAT_GREETING_MS);
    for (int i = 0; i < STRANGERS; ++i) {
        const double passed = test_seconds(CLOCK_MONOTONIC) - began;
        WRONG_UNLESS(&self, is_hung_up(fd[i], MOST_MS - (int)(1e3 * passed)));
        close(fd[i]);
    }
    WRONG_UNLESS(&self, atomic_load(&lost_ranks) == 0);
    memcpy(wrong, self.wrong, sizeof self.wrong);
    pair_done(&p);
}

/* Who waits for a rank that never comes is told after all of BEAT_GREETING_MS, not after its whole seconds. */
static void nobody(char *wrong)
{
    struct test_rank self = {.n_ranks = 2};
    struct pair      p;
    pair_make(&p);
    WRONG_UNLESS(&self, beat_start(p.beat[0], p.card) == TSR_OK);
    const double began = test_seconds(CLOCK_MONOTONIC);
    WRONG_UNLESS(&self, beat_meet(p.beat[0]) == TSR_ENVIRONMENT);
    const double took = test_seconds(CLOCK_MONOTONIC) - began;
    WRONG_UNLESS(&self,
                 took > 1e-3 * BEAT_GREETING_MS - 0.05 && took < 1e-3 * BEAT_GREETING_MS + 1);
    memcpy(wrong, self.wrong, sizeof self.wrong);
    pair_done(&p);
}

int main(void)
{
    char wrong[2][1024] = {"", ""};
    strangers(wrong[0]);
    nobody(wrong[1]);
    return test_verdict("beat_strangers_are_hung_up_on", wrong[0]) +
           test_verdict("beat_meet_waits_as_long_as_it_says", wrong[1]);
}
