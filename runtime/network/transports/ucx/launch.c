/* transports/ucx/launch.c - who are we, and how do the others hear of us: PMIx.
 *
 * Called only where a launcher set PMIX_NAMESPACE: PMIx_Init without a server costs 11 to 19 ms and
 * answers UNREACH.  PMIx's client is the process's: it is started once and ended as the process exits
 * (a launcher takes one that exits without for a crash), however many runtimes come and go; each
 * exchange has a key of its own, since what was looked up once is kept.
 *
 * All of it are errands (errand.h), because processes of which nobody knows whether they live are waited
 * for.  Who waits looks around: for the launcher, for processes of this host that are no more
 * (missing.c), and at the clock.
 *
 * Cost: one fence that collects, then a local look-up per rank.
 * Source: PMIx Standard 4.1, chapters 4 (PMIx_Init), 5 (Put, Commit, Get), 6 (Fence) and 7 (events).
 * Threads: one at a time, and its errand's; PMIx's own calls on_event. */
#include <pmix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "errand.h"
#include "plugin.h"

enum { LOOK_EVERY_MS = 200, ROLL_CALL_MS = 500, INIT_TRIES = 5, RETRY_US = 50000 };

/* The process's: PMIx is. */
static struct client {
    struct errand errand;
    bool          has_begun, is_here;
    pmix_proc_t   me;
    int           n_ranks;
    char         *local_ranks; /* "0,1,2": of this host; NULL: not told */
} client;
static unsigned    n_exchanges;
static atomic_bool launcher_is_gone;

/* An exchange under way. */
struct exchange {
    struct errand     errand; /* at: the rank whose card is looked up */
    char              key[48];
    void             *mine;
    size_t            bytes;
    int               n_ranks;
    struct wire_cards cards;
};

static bool say(char *error, const char *what, pmix_status_t s)
{
    snprintf(error, WIRE_ERROR, "%s: %s", what, PMIx_Error_string(s));
    return false;
}

/* ---- waiting with open eyes ---- */

/* Ranks of this host by what the environment says, where it is the only one: PMIx cannot be asked. */
static struct missing *guess_neighbours(void)
{
    const char *job = getenv("PMIX_NAMESPACE"), *all = getenv("OMPI_COMM_WORLD_SIZE");
    const char *here = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    const int   n = all && here && strcmp(all, here) == 0 ? atoi(all) : 0;
    return job ? missing_create_first(job, n) : NULL;
}

static struct missing *neighbours(void)
{
    return client.is_here && client.local_ranks
               ? missing_create(client.me.nspace, client.local_ranks)
               : guess_neighbours();
}

/* Is a rank gone?  Says so. */
static bool is_gone(struct missing *m, bool is_sure, char *error)
{
    const char *what = NULL;
    const int   rank = m ? missing_look(m, is_sure, &what) : -1;
    if (rank < 0)
        return false;
    if (client.is_here)
        snprintf(error, WIRE_ERROR, "rank %d of %d %s", rank, client.n_ranks, what);
    else
        snprintf(error, WIRE_ERROR, "rank %d of this launch %s", rank, what);
    return true;
}

/* How waiting for an errand ended: it failed or was given up with a reason in words, or without. */
enum end { DONE, FAILED, GIVEN_UP, TOO_LATE };

/* Is there a reason to wait no more? */
static enum end judge(struct missing *m, int patience_ms, int waited_ms, char *error)
{
    if (launch_orphaned()) {
        snprintf(error, WIRE_ERROR, "the launcher is gone");
        return GIVEN_UP;
    }
    if (is_gone(m, false, error))
        return GIVEN_UP;
    return patience_ms > 0 && waited_ms >= patience_ms ? TOO_LATE : DONE;
}

/* Wait for an errand.  `m` (owned; NULL: nobody can be looked for) was made before it began: PMIx_Init
 * changes the environment, and who reads that meanwhile may crash.  The first look is free: PMIx_Init takes
 * longer.  One that fails did so for the sake of a rank that is gone, perhaps. */
static enum end watch(struct errand *e, struct missing *m, int patience_ms, char *error)
{
    enum end      end = DONE;
    pmix_status_t s = PMIX_SUCCESS;
    bool          over = false;
    for (int waited_ms = 0; !over && end == DONE; waited_ms += LOOK_EVERY_MS) {
        end = judge(m, patience_ms, waited_ms, error);
        over = end == DONE && errand_wait(e, LOOK_EVERY_MS, &s);
    }
    if (over && s != PMIX_SUCCESS) {
        end = FAILED;
        if (!is_gone(m, true, error))
            (void)say(error, "PMIx", s);
    }
    missing_destroy(m);
    return end;
}

/* ---- being a client ---- */

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

bool launch_orphaned(void)
{
    return atomic_load(&launcher_is_gone);
}

/* What is said of the job as a whole. */
static pmix_status_t job_get(const char *key, pmix_value_t **out)
{
    pmix_proc_t all;
    PMIX_LOAD_PROCID(&all, client.me.nspace, PMIX_RANK_WILDCARD);
    return PMIx_Get(&all, key, NULL, 0, out);
}

static pmix_status_t job_read(void)
{
    pmix_value_t       *value = NULL;
    const pmix_status_t s = job_get(PMIX_JOB_SIZE, &value);
    if (s != PMIX_SUCCESS)
        return s;
    client.n_ranks = (int)value->data.uint32;
    PMIX_VALUE_RELEASE(value);
    if (client.n_ranks > 1 && job_get(PMIX_LOCAL_PEERS, &value) == PMIX_SUCCESS) {
        client.local_ranks = value->type == PMIX_STRING ? strdup(value->data.string) : NULL;
        PMIX_VALUE_RELEASE(value);
    }
    return s;
}

/* Where another client dies in the middle of its own PMIx_Init, ours may fail once, the launcher being out of
 * reach for a moment among other answers. */
static int client_work(struct errand *e)
{
    pmix_status_t s = PMIX_ERR_INIT, lost[] = {PMIX_ERR_LOST_CONNECTION};
    (void)e;
    for (int i = 0; i < INIT_TRIES && s != PMIX_SUCCESS; ++i) {
        usleep((useconds_t)i * RETRY_US);
        s = PMIx_Init(&client.me, NULL, 0);
    }
    if (s == PMIX_SUCCESS)
        (void)PMIx_Register_event_handler(lost, 1, NULL, 0, on_event, NULL, NULL);
    return s == PMIX_SUCCESS ? job_read() : s;
}

bool launch_join(struct wire_place *io, char *error)
{
    if (!client.is_here) {
        if (client.has_begun)
            return say(error, "PMIx", PMIX_ERR_INIT); /* an earlier start gave it up */
        client.has_begun = true;
        struct missing *m = neighbours();
        if (!errand_begin(&client.errand, client_work)) {
            missing_destroy(m);
            return say(error, "PMIx", PMIX_ERR_NOMEM);
        }
        const enum end end = watch(&client.errand, m, io->patience_ms, error);
        if (end == TOO_LATE)
            return say(error, "PMIx_Init", PMIX_ERR_TIMEOUT);
        if (end != DONE)
            return false;
        client.is_here = true;
        (void)atexit(client_end);
    }
    io->rank = (int)client.me.rank;
    io->n_ranks = client.n_ranks;
    return true;
}

/* ---- everybody's cards ---- */

static pmix_status_t publish(const struct exchange *x)
{
    pmix_value_t value;
    PMIX_VALUE_CONSTRUCT(&value);
    value.type = PMIX_BYTE_OBJECT;
    value.data.bo.bytes = x->mine; /* Put copies */
    value.data.bo.size = x->bytes;
    const pmix_status_t s = PMIx_Put(PMIX_GLOBAL, x->key, &value);
    return s == PMIX_SUCCESS ? PMIx_Commit() : s;
}

/* Wait for all, with everybody's cards. */
static pmix_status_t gather(void)
{
    pmix_proc_t all;
    pmix_info_t info;
    bool        collect = true;
    PMIX_LOAD_PROCID(&all, client.me.nspace, PMIX_RANK_WILDCARD);
    PMIX_INFO_CONSTRUCT(&info);
    PMIX_INFO_LOAD(&info, PMIX_COLLECT_DATA, &collect, PMIX_BOOL);
    const pmix_status_t s = PMIx_Fence(&all, 1, &info, 1);
    PMIX_INFO_DESTRUCT(&info);
    return s;
}

static pmix_status_t card_of(struct exchange *x, int rank)
{
    pmix_proc_t   who;
    pmix_value_t *value = NULL;
    PMIX_LOAD_PROCID(&who, client.me.nspace, (pmix_rank_t)rank);
    const pmix_status_t s = PMIx_Get(&who, x->key, NULL, 0, &value);
    if (s != PMIX_SUCCESS)
        return s;
    const bool fits = value->type == PMIX_BYTE_OBJECT;
    if (fits && (x->cards.data[rank] = malloc(value->data.bo.size + 1)) != NULL) {
        memcpy(x->cards.data[rank], value->data.bo.bytes, value->data.bo.size);
        x->cards.bytes[rank] = value->data.bo.size;
    }
    PMIX_VALUE_RELEASE(value);
    return x->cards.data[rank] ? PMIX_SUCCESS : fits ? PMIX_ERR_NOMEM : PMIX_ERR_TYPE_MISMATCH;
}

/* Look up all cards, in order; `at` says how far it came. */
static int roll_call(struct errand *e)
{
    struct exchange *x = (struct exchange *)e;
    pmix_status_t    s = PMIX_SUCCESS;
    for (int r = 0; r < x->n_ranks && s == PMIX_SUCCESS; ++r) {
        atomic_store(&e->at, r);
        s = card_of(x, r);
    }
    return s;
}

static int exchange_work(struct errand *e)
{
    struct exchange *x = (struct exchange *)e;
    pmix_status_t    s = publish(x);
    if (s == PMIX_SUCCESS)
        s = gather();
    return s == PMIX_SUCCESS ? roll_call(e) : s;
}

static void exchange_destroy(struct exchange *x)
{
    const struct wire_place all = {.n_ranks = x->n_ranks};
    launch_cards_done(&all, &x->cards);
    free(x->mine);
    free(x);
}

static struct exchange *exchange_create(const char *key, const void *mine, size_t bytes,
                                        int n_ranks)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    snprintf(x->key, sizeof x->key, "%s", key);
    x->n_ranks = n_ranks;
    x->bytes = bytes;
    x->mine = malloc(bytes + 1);
    x->cards.data = calloc((size_t)n_ranks, sizeof *x->cards.data);
    x->cards.bytes = calloc((size_t)n_ranks, sizeof *x->cards.bytes);
    if (!x->mine || !x->cards.data || !x->cards.bytes) {
        exchange_destroy(x);
        return NULL;
    }
    memcpy(x->mine, mine, bytes);
    return x;
}

/* Time is over: who brought no card?  Another roll call, which stops at the first. */
static void name_missing(const char *key, const struct wire_place *at, char *error)
{
    struct exchange *x = exchange_create(key, "", 0, at->n_ranks);
    pmix_status_t    s = PMIX_ERR_TIMEOUT;
    snprintf(error, WIRE_ERROR, "waited for %d s (TESSERA_JOIN)", at->patience_ms / 1000);
    if (!x || !errand_begin(&x->errand, roll_call))
        return; /* without memory, without a name */
    const bool over = errand_wait(&x->errand, ROLL_CALL_MS, &s);
    if (s != PMIX_SUCCESS)
        snprintf(error, WIRE_ERROR, "rank %d of %d has not come in %d s (TESSERA_JOIN)",
                 atomic_load(&x->errand.at), at->n_ranks, at->patience_ms / 1000);
    if (over)
        exchange_destroy(x);
}

bool launch_exchange(const struct wire_place *at, const void *mine, size_t bytes,
                     struct wire_cards *out, char *error)
{
    char key[48];
    snprintf(key, sizeof key, "tessera.card.%u", n_exchanges++);
    struct exchange *x = exchange_create(key, mine, bytes, at->n_ranks);
    struct missing  *m = neighbours();
    if (!x || !errand_begin(&x->errand, exchange_work)) {
        missing_destroy(m);
        if (x)
            exchange_destroy(x);
        return say(error, "cards", PMIX_ERR_NOMEM);
    }
    const enum end end = watch(&x->errand, m, at->patience_ms, error);
    if (end == TOO_LATE)
        name_missing(key, at, error);
    if (end == DONE) {
        *out = x->cards;
        x->cards = (struct wire_cards){0};
    }
    if (end == DONE || end == FAILED) /* else its thread still has it */
        exchange_destroy(x);
    return end == DONE;
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
