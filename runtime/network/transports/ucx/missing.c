/* transports/ucx/missing.c - which processes of the launch ended, or were stopped, before they came.
 *
 * Until ranks have met there are no heartbeats, and a launcher that restarts what dies, or that was told
 * to leave the rest alone, says nothing: the fence of start-up would wait for ever.  What runs on this
 * host can be seen in /proc: launchers give each process its rank as a variable of its environment.  A
 * rank whose process was there and is not any more has ended; one that is never seen either, once its
 * neighbours have waited; one that is only seen stopped is stopped.
 *
 * Where processes of one launch do not see each other (each in a PID namespace of its own) nothing is
 * concluded: who looks must see the launcher itself.  A process under a debugger is not a stopped one.
 *
 * Cost: O(processes of the host) a look, some ms; only while start-up waits.
 * Source: proc(5): environ, stat; PMIx Standard 4.1, 5.3.4 (PMIX_LOCAL_PEERS).
 * Threads: the one that starts. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugin.h"

enum { NEVER_CAME_MS = 2000, STOPPED_MS = 2000 };

enum sight { NOT_SEEN, STOPPED, RUNS };

struct local {
    int        rank;
    enum sight now;
    bool       was_seen;
    int64_t    since_ms; /* that it is not seen to run */
};

struct missing {
    char         *job;
    int           n, capacity;
    struct local *local; /* [n] ranks of this host */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Watch a rank; NULL: no memory. */
static struct local *local_add(struct missing *m, int rank)
{
    if (m->n == m->capacity) {
        const int     more = 2 * m->capacity + 16;
        struct local *list = realloc(m->local, (size_t)more * sizeof *list);
        if (!list)
            return NULL;
        m->local = list;
        m->capacity = more;
    }
    m->local[m->n] = (struct local){.rank = rank, .since_ms = now_ms()};
    return &m->local[m->n++];
}

struct missing *missing_create_first(const char *job, int n)
{
    struct missing *m = calloc(1, sizeof *m);
    bool            ok = m && (m->job = strdup(job)) != NULL;
    for (int r = 0; ok && r < n; ++r)
        ok = local_add(m, r) != NULL;
    if (ok)
        return m;
    missing_destroy(m);
    return NULL;
}

struct missing *missing_create(const char *job, const char *local_ranks)
{
    struct missing *m = missing_create_first(job, 0);
    for (const char *at = local_ranks; m && *at;) {
        char     *end;
        const int rank = (int)strtol(at, &end, 10);
        if (end != at)
            (void)local_add(m, rank); /* without memory: one fewer is looked at */
        at = end == at ? end + 1 : end + (*end == ',');
    }
    return m;
}

void missing_destroy(struct missing *m)
{
    if (!m)
        return;
    free(m->job);
    free(m->local);
    free(m);
}

/* ---- looking at processes ---- */

static FILE *proc_open(long pid, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", pid, what);
    return fopen(path, "re");
}

/* Its rank in our launch; -1: it has none, or cannot be looked at. */
static int rank_of(const struct missing *m, long pid)
{
    FILE  *f = proc_open(pid, "environ");
    char  *one = NULL;
    size_t bytes = 0;
    int    rank = -1;
    bool   is_ours = false;
    while (f && getdelim(&one, &bytes, 0, f) > 0) {
        if (strncmp(one, "PMIX_NAMESPACE=", 15) == 0)
            is_ours = strcmp(one + 15, m->job) == 0;
        else if (strncmp(one, "PMIX_RANK=", 10) == 0)
            rank = atoi(one + 10);
    }
    free(one);
    if (f)
        fclose(f);
    return is_ours ? rank : -1;
}

/* Its state, and its parent. */
static char state_of(long pid, long *out_parent)
{
    FILE *f = proc_open(pid, "stat");
    char  text[512] = "", state = 'X';
    *out_parent = 0;
    if (f) {
        text[fread(text, 1, sizeof text - 1, f)] = 0;
        fclose(f);
    }
    const char *name_end = strrchr(text, ')');
    if (name_end)
        (void)sscanf(name_end + 1, " %c %ld", &state, out_parent);
    return state;
}

static enum sight sight_of(long pid)
{
    long       parent;
    const char state = state_of(pid, &parent);
    return state == 'Z' || state == 'X' ? NOT_SEEN : state == 'T' ? STOPPED : RUNS;
}

/* Do we see who started us?  Then we see whom else it started here. */
static bool sees_launcher(const struct missing *m)
{
    long pid = getppid();
    while (pid > 0 && rank_of(m, pid) >= 0)
        (void)state_of(pid, &pid);
    return pid > 0;
}

static bool is_own(long pid)
{
    char        path[64];
    struct stat s;
    snprintf(path, sizeof path, "/proc/%ld", pid);
    return stat(path, &s) == 0 && s.st_uid == geteuid();
}

static struct local *local_of(struct missing *m, int rank)
{
    for (int i = 0; i < m->n; ++i)
        if (m->local[i].rank == rank)
            return &m->local[i];
    return local_add(m, rank);
}

static void see(struct missing *m, long pid)
{
    const int        rank = is_own(pid) ? rank_of(m, pid) : -1;
    struct local    *l = rank >= 0 ? local_of(m, rank) : NULL;
    const enum sight s = l ? sight_of(pid) : NOT_SEEN;
    if (l && s > l->now)
        l->now = s;
    if (l && s != NOT_SEEN)
        l->was_seen = true;
}

static void see_all(struct missing *m)
{
    DIR *all = opendir("/proc");
    if (!all)
        return;
    for (int i = 0; i < m->n; ++i)
        m->local[i].now = NOT_SEEN;
    for (const struct dirent *d; (d = readdir(all));)
        if (isdigit((unsigned char)d->d_name[0]))
            see(m, strtol(d->d_name, NULL, 10));
    closedir(all);
}

/* ---- judging ---- */

static const char *verdict(const struct local *l, int64_t silent_ms)
{
    if (l->now == STOPPED)
        return silent_ms >= STOPPED_MS ? "is stopped" : NULL;
    return l->was_seen || silent_ms >= NEVER_CAME_MS ? "has ended before it met the others" : NULL;
}

int missing_look(struct missing *m, bool is_sure, const char **out_what)
{
    const int64_t now = now_ms();
    int           worst = -1;
    if (!sees_launcher(m))
        return -1;
    see_all(m);
    for (int i = 0; i < m->n; ++i) {
        struct local *l = &m->local[i];
        const char   *what = NULL;
        if (l->now == RUNS)
            l->since_ms = now;
        else
            what = verdict(l, is_sure ? INT64_MAX : now - l->since_ms);
        if (!what || (worst >= 0 && m->local[worst].since_ms <= l->since_ms))
            continue;
        worst = i; /* the first one: others may have ended for its sake */
        *out_what = what;
    }
    return worst < 0 ? -1 : m->local[worst].rank;
}
