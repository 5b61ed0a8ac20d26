/* transports/ucx/launch.c - who are we, and how do the others hear of us: PMIx.
 *
 * Called only where a launcher set PMIX_NAMESPACE: PMIx_Init without a server costs 11 to 19 ms and
 * answers UNREACH.  PMIx's client is the process's: it is started once and ended as the process exits
 * (a launcher takes one that exits without for a crash), however many runtimes come and go; each
 * exchange has a key of its own, since what was looked up once is kept.
 *
 * Cost: one fence that collects, then a local look-up per rank.
 * Source: PMIx Standard 4.1, chapters 4 (PMIx_Init), 5 (Put, Commit, Get) and 6 (Fence). */
#include <pmix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

/* The process's: PMIx is. */
static bool        has_client;
static pmix_proc_t me;
static unsigned    n_exchanges;

static bool say(char *error, const char *what, pmix_status_t s)
{
    snprintf(error, WIRE_ERROR, "%s: %s", what, PMIx_Error_string(s));
    return false;
}

static void client_end(void)
{
    (void)PMIx_Finalize(NULL, 0);
}

static pmix_status_t client_start(void)
{
    if (has_client)
        return PMIX_SUCCESS;
    const pmix_status_t s = PMIx_Init(&me, NULL, 0);
    has_client = s == PMIX_SUCCESS;
    if (has_client)
        (void)atexit(client_end);
    return s;
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

/* Wait for all, with everybody's cards. */
static pmix_status_t gather(void)
{
    pmix_proc_t all;
    pmix_info_t info;
    bool        collect = true;
    PMIX_LOAD_PROCID(&all, me.nspace, PMIX_RANK_WILDCARD);
    PMIX_INFO_CONSTRUCT(&info);
    PMIX_INFO_LOAD(&info, PMIX_COLLECT_DATA, &collect, PMIX_BOOL);
    const pmix_status_t s = PMIx_Fence(&all, 1, &info, 1);
    PMIX_INFO_DESTRUCT(&info);
    return s;
}

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
    return out->data[rank] != NULL || say(error, what, fits ? PMIX_ERR_NOMEM : PMIX_ERR_TYPE_MISMATCH);
}

bool launch_exchange(const struct wire_place *at, const void *mine, size_t bytes,
                     struct wire_cards *out, char *error)
{
    char key[48];
    snprintf(key, sizeof key, "tessera.card.%u", n_exchanges++);
    pmix_status_t s = publish(key, mine, bytes);
    if (s == PMIX_SUCCESS)
        s = gather();
    if (s != PMIX_SUCCESS)
        return say(error, "exchanging addresses", s);
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
