/* batch.c - many programs, in a few children at a time, with a limit on the time each may take. */
#include "apart.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 };

typedef struct batch {
    const oracle_command *c;
    oracle_tally         *tally;
    int64_t               next, end;
    bool                  stop;
} batch;

/* What a child works on. */
typedef struct chunk {
    const oracle_command *c;
    int64_t               from, to;
} chunk;

static void run_chunk(void *user, int to)
{
    const chunk    *k = user;
    oracle_program *p = calloc(1, sizeof *p);
    message        *m = calloc(1, sizeof *m);
    for (int64_t i = k->from; i < k->to; ++i) {
        memset(m, 0, sizeof *m);
        m->index = (uint64_t)i;
        message_send(to, m);
        generate(p, k->c->seed, (uint64_t)i, &k->c->limits);
        features_of(p, &m->features);
        run_program(p, &m->result);
        arena_clear(&p->memory);
        m->done = true;
        if (!message_send(to, m))
            break;
    }
    free(m);
    free(p);
}

static void note_failure(batch *b, uint64_t index, const char *what)
{
    oracle_tally *t = b->tally;
    if (t->failed++ == 0) {
        t->first_failed = index;
        snprintf(t->first_what, sizeof t->first_what, "%s", what);
    }
    if (!b->c->json)
        printf("FAILED --seed %llu --only %llu: %s\n", (unsigned long long)b->c->seed,
               (unsigned long long)index, what);
    fflush(stdout);
    if (t->failed >= b->c->max_failures)
        b->stop = true;
}

static void note_done(batch *b, const message *m)
{
    oracle_tally *t = b->tally;
    t->run++;
    for (int f = 0; f < feature_count(); ++f)
        t->with_feature[f] += m->features.bits[f / 64] >> f % 64 & 1;
    for (int k = 0; k < TSR_N_COUNTERS; ++k)
        t->counters[k] += m->result.counters[k];
    if (!m->result.passed)
        note_failure(b, m->index, m->result.what);
    else if (b->c->verbose)
        printf("passed %llu\n", (unsigned long long)m->index);
}

/* A child ended or hangs: its program is a failure if one was running. */
static void bury(batch *b, child *c, bool hung)
{
    char       how[1200];
    const bool busy = c->busy;
    child_end(c, hung, how, sizeof how);
    if (busy || *how) { /* a sanitizer may mean any program of the chunk */
        b->tally->run += busy;
        note_failure(b, (uint64_t)c->index, *how ? how : "the process went without a word");
        c->index++;
    }
}

static void give_work(batch *b, child *c)
{
    if (c->index >= c->end) {
        c->index = b->next;
        c->end = b->next + CHUNK < b->end ? b->next + CHUNK : b->end;
        b->next = c->end;
    }
    if (c->index < c->end && !b->stop) {
        chunk k = {b->c, c->index, c->end};
        child_start(c, run_chunk, &k);
    }
}

static void listen_to(batch *b, child *c, message *m)
{
    const int heard = child_hear(c, 0.02, m);
    if (heard == 1) {
        c->index = (int64_t)m->index + m->done;
        if (m->done)
            note_done(b, m);
    } else if (heard < 0) {
        bury(b, c, false);
    } else if (now_s() - c->heard > b->c->limit_s) {
        bury(b, c, true);
    }
}

void batch_run(const oracle_command *c, oracle_tally *out)
{
    batch    b = {.c = c, .tally = out, .next = c->first, .end = c->first + c->programs};
    child    children[16] = {{0}};
    message *m = calloc(1, sizeof *m);
    memset(out, 0, sizeof *out);
    for (bool any = true; any;) {
        any = false;
        for (int k = 0; k < c->jobs && k < 16; ++k) {
            if (!children[k].pid)
                give_work(&b, &children[k]);
            if (!children[k].pid)
                continue;
            any = true;
            if (b.stop)
                child_end(&children[k], true, (char[1200]){0}, 1200);
            else
                listen_to(&b, &children[k], m);
        }
    }
    free(m);
}
