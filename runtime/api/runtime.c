/* api/runtime.c - a runtime starts, is found, and finishes.
 *
 * Starting puts together what the stages hang on, in the order in which it is needed: settings and
 * machine, the network, what all ranks must know of each other (settings that have to agree, the
 * machine table: two agreed facts), the tables of views and roots, observation, the API's own state,
 * and then the stages themselves. Finishing takes it apart in reverse, from whatever point starting
 * had reached, so that a start that fails half way leaves nothing.
 *
 * Finishing first waits for everything issued and says on stderr what failed and nobody was told.
 *
 * Cost: hwloc's 3 to 6 ms unless the machine is given. Threads: the one that starts issues, and
 * finishes. */
#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "api/launcher.h"
#include "api/output.h"
#include "api/registry.h"
#include "api/runtime_internal.h"
#include "api/simulation.h"
#include "api/state.h"
#include "base/alloc.h"
#include "execute/execute.h"
#include "network/network.h"
#include "observe/observe.h"
#include "pipeline.h"

enum { AHEAD_LEAST = 1 << 20 };

/* ---- taking apart ---- */

/* Free a runtime whose stages are stopped or were never started. */
static void runtime_destroy(struct tsr_runtime *rt)
{
    (void)network_destroy(rt->network); /* why starting failed is said already */
    observe_destroy(rt->observe);
    execute_formulas_stop(rt); /* whose names were in traces */
    root_pool_destroy(rt->roots);
    view_table_destroy(rt->views);
    if (rt->api)
        observe_stack_give(rt->api->crash_stack);
    api_state_destroy(rt->api);
    base_free(rt->machines);
    base_free(rt);
}

/* ---- putting together ---- */

static tsr_status tables_create(struct tsr_runtime *rt, tsr_site at)
{
    rt->api = api_state_create(at);
    rt->views = view_table_create();
    rt->roots = root_pool_create();
    rt->machines = base_calloc((size_t)rt->n_ranks, sizeof *rt->machines);
    rt->observe = observe_create((int)rt->config.workers, rt->rank, 0);
    if (!rt->api || !rt->views || !rt->roots || !rt->machines || !rt->observe)
        return failure_at(at, NO_MEMORY, "for a runtime");
    if (sched_getaffinity(0, sizeof rt->api->affinity, &rt->api->affinity) != 0)
        memset(&rt->api->affinity, 0xff, sizeof rt->api->affinity);
    return TSR_OK;
}

static void defaults_resolve(struct config *c)
{
    if (c->workers == 0)
        c->workers = c->machine.n_cores > 0 ? c->machine.n_cores : 1;
    if (c->memory_bytes == 0)
        c->memory_bytes = c->machine.memory_bytes / 10 * 8;
}

/* Settings marked shared: the same everywhere, or every rank fails alike. */
static tsr_status settings_agree(struct tsr_runtime *rt, tsr_site at)
{
    int64_t      mine[CONFIG_MAX_SHARED];
    const int    n = config_shared(&rt->config, mine);
    const size_t bytes = (size_t)n * sizeof mine[0];
    int64_t     *all = base_calloc((size_t)rt->n_ranks, bytes);
    if (!all)
        return failure_at(at, NO_MEMORY, "for the settings of %d ranks", rt->n_ranks);
    tsr_status s = network_allgather(rt->network, 0, mine, bytes, all);
    for (int i = 0; s == TSR_OK && i < n * rt->n_ranks; ++i)
        if (all[i] != all[i % n])
            s = failure_at(at, BAD_ARGUMENT, "%s is %s on rank 0 and %s on rank %d",
                           config_shared_name(i % n), config_shared_text(i % n, all[i % n]).text,
                           config_shared_text(i % n, all[i]).text, i / n);
    base_free(all);
    return s;
}

static tsr_status machines_exchange(struct tsr_runtime *rt)
{
    const struct rank_machine mine = {.workers = rt->config.workers,
                                      .l2_bytes = rt->config.machine.l2_bytes,
                                      .memory_bytes = rt->config.memory_bytes,
                                      .min_piece = rt->config.min_piece};
    TSR_TRY(network_allgather(rt->network, 0, &mine, sizeof mine, rt->machines));
    rt->machines_alike = true;
    for (int r = 1; r < rt->n_ranks; ++r)
        rt->machines_alike &= rt->machines[r].workers == rt->machines[0].workers &&
                              rt->machines[r].min_piece == rt->machines[0].min_piece;
    return TSR_OK;
}

/* What others may have sent to a rank before it asked for it: an eighth of the smallest budget of all, shared
 * by the senders. */
static void ahead_bound(struct tsr_runtime *rt)
{
    int64_t least = rt->config.memory_bytes;
    for (int r = 0; r < rt->n_ranks; ++r)
        least = rt->machines[r].memory_bytes < least ? rt->machines[r].memory_bytes : least;
    const int64_t each = rt->n_ranks > 1 ? least / 8 / (rt->n_ranks - 1) : least;
    network_ahead_set(rt->network, rt->config.ahead_bytes > 0 ? rt->config.ahead_bytes
                                   : each > AHEAD_LEAST       ? each
                                                              : AHEAD_LEAST);
}

tsr_machine machine_share(const tsr_machine *m, int rank, int n_ranks)
{
    const int   n = m->n_cores;
    const int   first = n >= n_ranks ? rank * n / n_ranks : rank % n;
    const int   end = n >= n_ranks ? (rank + 1) * n / n_ranks : first + 1;
    tsr_machine share = *m;
    share.n_cores = end - first;
    memmove(share.core, m->core + first, (size_t)share.n_cores * sizeof share.core[0]);
    memmove(share.numa, m->numa + first, (size_t)share.n_cores * sizeof share.numa[0]);
    share.memory_bytes = m->memory_bytes / n_ranks;
    share.l3_bytes = m->l3_bytes / n_ranks;
    return share;
}

/* Processes on the same cores deal them out, unless the user said what to use. */
static void cores_deal(struct tsr_runtime *rt, const struct join_place *place, bool has_machine)
{
    struct config *c = &rt->config;
    const int      cores = c->machine.n_cores;
    if (!place || place->sharers < 2 || has_machine)
        return;
    const int64_t workers = c->workers > 0 ? c->workers : (cores > place->sharers ? cores / place->sharers : 1);
    rt->crowded = workers * place->sharers > cores;
    if (!rt->crowded)
        c->machine = machine_share(&c->machine, place->index, place->sharers);
    else {
        c->machine.memory_bytes /= place->sharers;
        c->machine.l3_bytes /= place->sharers;
    }
    c->workers = workers;
}

static tsr_status trace_begin(struct tsr_runtime *rt, tsr_site at)
{
    observe_signals_install(rt->observe);
    rt->api->crash_stack = observe_stack_take();
    if (!rt->config.trace[0])
        return TSR_OK;
    const struct observe_trace_head head = {.ranks = rt->n_ranks};
    return observe_trace_open(rt->observe, rt->config.trace, head, at);
}

static tsr_status stages_start(struct tsr_runtime *rt, tsr_site at)
{
    tsr_status s = tables_create(rt, at);
    if (s == TSR_OK && rt->n_ranks > 1)
        s = settings_agree(rt, at);
    if (s == TSR_OK)
        s = machines_exchange(rt);
    if (s == TSR_OK && rt->n_ranks > 1)
        ahead_bound(rt);
    if (s == TSR_OK)
        s = trace_begin(rt, at);
    if (s != TSR_OK)
        return s;
    runtime_current = rt;
    s = pipeline_start(rt);
    if (s != TSR_OK) {
        pipeline_stop(rt); /* what had started */
        runtime_current = NULL;
    }
    return s;
}

/* The caller's options as far as its struct goes. */
static tsr_options options_of(const tsr_options *o)
{
    tsr_options all = {.size = sizeof all};
    if (o)
        memcpy(&all, o, o->size < sizeof all ? o->size : sizeof all);
    return all;
}

static tsr_status start_check(tsr_site at)
{
    const struct tsr_runtime *rt = runtime_current;
    if (runtime_body)
        return failure_at(at, NOT_ALLOWED, "a task body cannot start a runtime");
    if (rt)
        return failure_at(at, NOT_ALLOWED, "this thread has the runtime started at %s:%d already",
                          rt->api->started_at.file, rt->api->started_at.line);
    return TSR_OK;
}

/* TESSERA_SIMULATE: the network becomes that of a rank of an imagined run. */
static tsr_status simulation_begin(struct tsr_runtime *rt, tsr_site at)
{
    int n, rank;
    if (!rt->config.simulate[0])
        return TSR_OK;
    if (rt->n_ranks > 1)
        return failure_at(at, NOT_ALLOWED, "TESSERA_SIMULATE=%s, on %d ranks: choose one of both",
                          rt->config.simulate, rt->n_ranks);
    const tsr_status s = simulation_read(rt->config.simulate, &n, &rank, at);
    if (s != TSR_OK)
        return s;
    network_destroy(rt->network);
    rt->network = network_create_simulated(rank, n);
    if (!rt->network)
        return failure_at(at, NO_MEMORY, "for a run of %d imagined ranks", n);
    rt->rank = rank;
    rt->n_ranks = n;
    rt->simulated = true;
    return TSR_OK;
}

/* A process of several: its liveness, its output. */
static void process_settle(struct tsr_runtime *rt)
{
    network_silence_set(rt->network, (int)rt->config.silence_ms);
    if (rt->rank > 0 && strcmp(rt->config.output, "all") != 0)
        rt->api->saved_stdout = output_silence();
}

tsr_status runtime_start_rank(int *argc, char ***argv, const tsr_options *o, struct network *net,
                              const struct join_place *place)
{
    const tsr_options   all = options_of(o);
    tsr_status          s = start_check(all.at);
    struct tsr_runtime *rt = s == TSR_OK ? base_aligned(64, sizeof *rt) : NULL;
    if (!rt) {
        (void)network_destroy(net);
        return s == TSR_OK ? failure_at(all.at, NO_MEMORY, "for a runtime") : s;
    }
    rt->network = net;
    rt->rank = network_rank(net);
    rt->n_ranks = network_rank_count(net);
    rt->issuer = pthread_self();
    s = config_read(&rt->config, argc, argv, &all);
    environment_warn();
    if (s == TSR_OK)
        s = simulation_begin(rt, all.at);
    if (s == TSR_OK) {
        cores_deal(rt, place, all.machine != NULL);
        defaults_resolve(&rt->config);
        s = stages_start(rt, all.at);
    }
    if (s == TSR_OK) {
        if (place && rt->n_ranks > 1 && !rt->simulated)
            process_settle(rt);
        registry_add(rt);
        return TSR_OK;
    }
    struct trace why; /* leaving may fail, too: others wait for this rank */
    trace_save(&why);
    runtime_destroy(rt);
    return trace_restore(&why);
}

tsr_status tsr_start_(int *argc, char ***argv, const tsr_options *o)
{
    const tsr_site at = o ? o->at : (tsr_site){0};
    const tsr_status s = start_check(at);
    if (s != TSR_OK)
        return s;
    struct join_place place = {.sharers = 1};
    const bool        many = launcher_is_one_of_many();
    struct network   *net = many ? launcher_join(&place, at) : network_create_loopback();
    if (!net && many) {
        struct trace why;
        trace_save(&why);
        return trace_restore(&why);
    }
    if (!net)
        return failure_at(at, NO_MEMORY, "for a runtime");
    return runtime_start_rank(argc, argv, o, net, &place);
}

/* ---- finishing ---- */

/* Print failures nobody was told of; how many. */
static int failures_print(struct tsr_runtime *rt, tsr_status fenced)
{
    int n = 0;
    fflush(stdout);
    if (fenced != TSR_OK) {
        fprintf(stderr, "%s\n", tsr_error_text());
        n = 1;
    }
    n += pipeline_report(rt, stderr);
    n += cause_report(rt->api, stderr);
    return n;
}

int tsr_finish(void)
{
    const tsr_site      at = {"tsr_finish()", "tsr_finish", 0};
    struct tsr_runtime *rt = runtime_current;
    if (!rt || runtime_body || !pthread_equal(rt->issuer, pthread_self())) {
        api_refuse(at);
        return 1;
    }
    rt->api->once = 0;
    const tsr_status fenced = pipeline_fence(rt, rt->api->started_at);
    const int        failed = failures_print(rt, fenced);
    scope_close(rt, 0);
    const cpu_set_t affinity = rt->api->affinity;
    pipeline_stop(rt);
    (void)sched_setaffinity(0, sizeof affinity, &affinity);
    tsr_status s = observe_trace_close(rt->observe, rt->api->started_at);
    if (s != TSR_OK)
        fprintf(stderr, "%s\n", tsr_error_text());
    registry_remove(rt);
    runtime_current = NULL;
    const int        saved_stdout = rt->api->saved_stdout;
    const tsr_status left = network_destroy(rt->network);
    if (left != TSR_OK)
        fprintf(stderr, "%s\n", tsr_error_text());
    rt->network = NULL;
    runtime_destroy(rt);
    output_restore(saved_stdout);
    return failed > 0 || s != TSR_OK || left != TSR_OK;
}

/* ---- who am I ---- */

tsr_runtime *tsr_runtime_current(void)
{
    return runtime_current;
}

int tsr_rank(void)
{
    return runtime_current ? runtime_current->rank : 0;
}

int tsr_rank_count(void)
{
    return runtime_current ? runtime_current->n_ranks : 1;
}

int tsr_worker_count(void)
{
    return runtime_current ? (int)runtime_current->config.workers : 0;
}

void tsr_config_print(FILE *out)
{
    if (runtime_current) {
        config_print(&runtime_current->config, out);
        return;
    }
    static const tsr_machine none;
    struct config            c;
    const tsr_options        o = {.size = sizeof o, .machine = &none};
    if (config_read(&c, NULL, NULL, &o) == TSR_OK)
        config_print(&c, out);
    else
        fprintf(out, "%s\n", tsr_error_text());
}
