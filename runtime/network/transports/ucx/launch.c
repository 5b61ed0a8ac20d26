/* transports/ucx/launch.c - who are we, and how do the others hear of us: PMIx.
 *
 * Called only where a launcher set PMIX_NAMESPACE: PMIx_Init without a server costs 11 to 19 ms and
 * answers UNREACH.  PMIx's client is the process's: it is started once and ended as the process exits
 * (a launcher takes one that exits without for a crash), however many runtimes come and go; each
 * exchange has a key of its own, since what was looked up once is kept.
 *
 * The fence waits for processes of which nobody knows whether they live, so its waiting looks around:
 * for the launcher, for processes of this host that are no more (missing.c), and at the clock.
 *
 * Cost: one fence that collects, then a local look-up per rank.
 * Source: PMIx Standard 4.1, chapters 4 (PMIx_Init), 5 (Put, Commit, Get), 6 (Fence) and 7 (events).
 * Threads: one at a time; PMIx's own calls on_fence and on_event. */
#include <pmix.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin.h"

enum { LOOK_EVERY_MS = 200, ASK_S = 1 };

/* The process's: PMIx is. */
static bool        has_client;
static pmix_proc_t me;
static unsigned    n_exchanges;
static atomic_bool launcher_is_gone;

/* The fence under way: PMIx may answer long after nobody waits any more. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t  came;
    bool            under_way; /* under lock */
    pmix_status_t   status;    /* under lock */
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, PMIX_SUCCESS};

static bool say(char *error, const char *what, pmix_status_t s)
{
    snprintf(error, WIRE_ERROR, "%s: %s", what, PMIx_Error_string(s));
    return false;
}

static void client_end(void)
{
    (void)PMIx_Finalize(NULL, 0);
}

/* The connection to the launcher's daemon is broken. */
static void on_event(size_t id, pmix_status_t status, const pmix_proc_t *source, pmix_info_t info[],
                     size_t n_info, pmix_info_t results[], size_t n_results,
                     pmix_event_notification_cbfunc_fn_t done, void *user)
{
    (void)id, (void)status, (void)source, (void)info, (void)n_info, (void)results, (void)n_results;
    atomic_store(&launcher_is_gone, true);
    if (done)
        done(PMIX_EVENT_ACTION_COMPLETE, NULL, 0, NULL, NULL, user);
}

static pmix_status_t client_start(void)
{
    pmix_status_t lost[] = {PMIX_ERR_LOST_CONNECTION};
    if (has_client)
        return PMIX_SUCCESS;
    const pmix_status_t s = PMIx_Init(&me, NULL, 0);
    has_client = s == PMIX_SUCCESS;
    if (!has_client)
        return s;
    (void)atexit(client_end);
    (void)PMIx_Register_event_handler(lost, 1, NULL, 0, on_event, NULL, NULL);
    return s;
}

bool launch_orphaned(void)
{
    return atomic_load(&launcher_is_gone);
}

static bool job_size(int *out, char *error)
{
    pmix_proc_t all;
    PMIX_LOAD_PROCID(&all, me.nspace, PMIX_RANK_WILDCARD);
    pmix_value_t       *value = NULL;
    const pmix_status_t s = PMIx_Get(&all, PMIX_JOB_SIZE, NULL, 0, &value);
    if (s != PMIX_SUCCESS)
        return say(error, "the launcher does not tell the size of the job", s);
    *out = (int)value->data.uint32;
    PMIX_VALUE_RELEASE(value);
    return true;
}

bool launch_join(struct wire_place *out, char *error)
{
    const pmix_status_t s = client_start();
    if (s != PMIX_SUCCESS)
        return say(error, "PMIx_Init", s);
    out->rank = (int)me.rank;
    return job_size(&out->n_ranks, error);
}

static pmix_status_t publish(const char *key, const void *mine, size_t bytes)
{
    pmix_value_t value;
    PMIX_VALUE_CONSTRUCT(&value);
    value.type = PMIX_BYTE_OBJECT;
    value.data.bo.bytes = (char *)mine; /* Put copies */
    value.data.bo.size = bytes;
    const pmix_status_t s = PMIx_Put(PMIX_GLOBAL, key, &value);
    return s == PMIX_SUCCESS ? PMIx_Commit() : s;
}

/* ---- waiting for all ---- */

static void on_fence(pmix_status_t status, void *user)
{
    (void)user;
    pthread_mutex_lock(&gate.lock);
    gate.status = status;
    gate.under_way = false;
    pthread_cond_signal(&gate.came);
    pthread_mutex_unlock(&gate.lock);
}

/* Wait a little; true: the fence is over. */
static bool gate_wait(pmix_status_t *out)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&gate.lock);
    if (gate.under_way)
        (void)pthread_cond_timedwait(&gate.came, &gate.lock, &until);
    const bool over = !gate.under_way;
    if (over)
        *out = gate.status;
    pthread_mutex_unlock(&gate.lock);
    return over;
}

/* Begin to wait for all, with everybody's cards. */
static pmix_status_t gate_enter(void)
{
    pmix_proc_t all;
    pmix_info_t info;
    bool        collect = true;
    pthread_mutex_lock(&gate.lock);
    const bool busy = gate.under_way;
    gate.under_way = true;
    pthread_mutex_unlock(&gate.lock);
    if (busy)
        return PMIX_ERR_RESOURCE_BUSY; /* an earlier start gave up */
    PMIX_LOAD_PROCID(&all, me.nspace, PMIX_RANK_WILDCARD);
    PMIX_INFO_CONSTRUCT(&info);
    PMIX_INFO_LOAD(&info, PMIX_COLLECT_DATA, &collect, PMIX_BOOL);
    const pmix_status_t s = PMIx_Fence_nb(&all, 1, &info, 1, on_fence, NULL);
    PMIX_INFO_DESTRUCT(&info);
    if (s == PMIX_SUCCESS)
        return s;
    on_fence(s, NULL); /* it will not call */
    return s == PMIX_OPERATION_SUCCEEDED ? PMIX_SUCCESS : s;
}

/* Ranks of this host, as text; NULL: not told. */
static char *local_ranks(void)
{
    pmix_proc_t   all;
    pmix_value_t *value = NULL;
    PMIX_LOAD_PROCID(&all, me.nspace, PMIX_RANK_WILDCARD);
    if (PMIx_Get(&all, PMIX_LOCAL_PEERS, NULL, 0, &value) != PMIX_SUCCESS)
        return NULL;
    char *ranks = value->type == PMIX_STRING ? strdup(value->data.string) : NULL;
    PMIX_VALUE_RELEASE(value);
    return ranks;
}

/* The lowest rank that brought no card; asked when time is over. */
static int rank_without_card(const struct wire_place *at, const char *key)
{
    int         limit_s = ASK_S, missing = -1;
    pmix_info_t info;
    PMIX_INFO_CONSTRUCT(&info);
    PMIX_INFO_LOAD(&info, PMIX_TIMEOUT, &limit_s, PMIX_INT);
    for (int r = 0; r < at->n_ranks && missing < 0; ++r) {
        pmix_proc_t   who;
        pmix_value_t *value = NULL;
        PMIX_LOAD_PROCID(&who, me.nspace, (pmix_rank_t)r);
        if (PMIx_Get(&who, key, &info, 1, &value) == PMIX_SUCCESS)
            PMIX_VALUE_RELEASE(value);
        else
            missing = r;
    }
    PMIX_INFO_DESTRUCT(&info);
    return missing;
}

/* Is there a reason to wait no more?  Says it. */
static bool gives_up(const struct wire_place *at, struct missing *m, const char *key, int waited_ms,
                     char *error)
{
    const char *what = NULL;
    const bool  orphaned = launch_orphaned();
    const int   gone = m && !orphaned ? missing_look(m, &what) : -1;
    if (orphaned)
        snprintf(error, WIRE_ERROR, "the launcher is gone");
    else if (gone >= 0)
        snprintf(error, WIRE_ERROR, "rank %d of %d %s", gone, at->n_ranks, what);
    else if (at->patience_ms > 0 && waited_ms >= at->patience_ms)
        snprintf(error, WIRE_ERROR, "rank %d of %d has not come in %d s (TESSERA_JOIN)",
                 rank_without_card(at, key), at->n_ranks, waited_ms / 1000);
    else
        return false;
    return true;
}

/* Until all are here; false: they will not be. */
static bool gather(const struct wire_place *at, const char *key, char *error)
{
    pmix_status_t   s = gate_enter();
    struct missing *m = NULL;
    bool            gave_up = false;
    for (int waited_ms = 0; s == PMIX_SUCCESS && !gave_up && !gate_wait(&s);
         waited_ms += LOOK_EVERY_MS) {
        char *ranks = m ? NULL : local_ranks();
        if (ranks)
            m = missing_create(me.nspace, ranks);
        free(ranks);
        gave_up = gives_up(at, m, key, waited_ms, error);
    }
    missing_destroy(m);
    return !gave_up && (s == PMIX_SUCCESS || say(error, "waiting for all", s));
}

/* ---- cards ---- */

static bool card_of(const char *key, int rank, struct wire_cards *out, char *error)
{
    pmix_proc_t   who;
    pmix_value_t *value = NULL;
    char          what[64];
    snprintf(what, sizeof what, "the card of rank %d", rank);
    PMIX_LOAD_PROCID(&who, me.nspace, (pmix_rank_t)rank);
    const pmix_status_t s = PMIx_Get(&who, key, NULL, 0, &value);
    if (s != PMIX_SUCCESS)
        return say(error, what, s);
    const bool fits = value->type == PMIX_BYTE_OBJECT;
    if (fits && (out->data[rank] = malloc(value->data.bo.size + 1)) != NULL) {
        memcpy(out->data[rank], value->data.bo.bytes, value->data.bo.size);
        out->bytes[rank] = value->data.bo.size;
    }
    PMIX_VALUE_RELEASE(value);
    return out->data[rank] != NULL ||
           say(error, what, fits ? PMIX_ERR_NOMEM : PMIX_ERR_TYPE_MISMATCH);
}

bool launch_exchange(const struct wire_place *at, const void *mine, size_t bytes,
                     struct wire_cards *out, char *error)
{
    char key[48];
    snprintf(key, sizeof key, "tessera.card.%u", n_exchanges++);
    const pmix_status_t s = publish(key, mine, bytes);
    if (s != PMIX_SUCCESS)
        return say(error, "publishing an address", s);
    if (!gather(at, key, error))
        return false;
    out->data = calloc((size_t)at->n_ranks, sizeof *out->data);
    out->bytes = calloc((size_t)at->n_ranks, sizeof *out->bytes);
    if (!out->data || !out->bytes) {
        launch_cards_done(at, out);
        return say(error, "cards", PMIX_ERR_NOMEM);
    }
    for (int r = 0; r < at->n_ranks; ++r) {
        if (card_of(key, r, out, error))
            continue;
        launch_cards_done(at, out);
        return false;
    }
    return true;
}

void launch_cards_done(const struct wire_place *at, struct wire_cards *c)
{
    for (int r = 0; c->data && r < at->n_ranks; ++r)
        free(c->data[r]);
    free(c->data);
    free(c->bytes);
    *c = (struct wire_cards){0};
}

void launch_part(void)
{
    /* the client stays: see the top */
}
