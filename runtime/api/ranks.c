/* api/ranks.c - ranks as threads of one process; main() for programs that may be many.
 *
 * One hub of the memory transport joins the ranks.  Each thread makes its network, starts a runtime
 * on it, runs the program, finishes; the hub goes when all have.  A rank that cannot start is killed
 * on the hub, so that those who wait for it end with PEER_LOST instead of waiting for ever.
 *
 * Ranks without a machine of their own get a share of this one: its cores dealt out in blocks (one
 * core may serve several when there are fewer), its memory divided.
 *
 * Every rank has a copy of argv, since starting takes --tessera- words out of it.
 *
 * Cost: a thread and a runtime a rank.  Threads: the caller's waits; nothing is shared between ranks
 * but the hub and what is immutable here. */
#include <pthread.h>
#include <string.h>

#include "api/launcher.h"
#include "api/runtime_internal.h"
#include "base/alloc.h"
#include "base/failure.h"
#include "model/config.h"
#include "network/network.h"

enum { MOST_RANKS = 256 };

/* A run: immutable while its threads live. */
struct ranks_run {
    struct memory_hub *hub;
    int                n_ranks;
    tsr_program       *program;
    void              *user;
    tsr_site           at;
    int                argc;
    char             **argv;
};

/* A rank of it: its thread's own. */
struct rank {
    const struct ranks_run *run;
    int                     number;
    bool                    has_thread;
    pthread_t               thread;
    tsr_options             options;
    tsr_machine             machine;
    struct trace            trace; /* why it did not start */
    int                     code;
};

/* ---- argv ---- */

/* A copy of the pointers, ended by NULL; NULL: no memory. */
static char **copy_argv(int argc, char **argv)
{
    char **copy = base_calloc((size_t)argc + 1, sizeof *copy);
    if (copy && argc > 0)
        memcpy(copy, argv, (size_t)argc * sizeof *copy);
    return copy;
}

/* The settings as words and variables have them, argv left as it is. */
static tsr_status read_config(struct config *out, int argc, char **argv, const tsr_options *o)
{
    char **words = copy_argv(argc, argv);
    if (!words)
        return failure_at(o->at, NO_MEMORY, "%d words of argv", argc);
    char           **at = words;
    const tsr_status s = config_read(out, &argc, &at, o);
    base_free(words);
    return s;
}

/* ---- one rank ---- */

static tsr_status start_rank(struct rank *r, int *argc, char ***argv)
{
    struct network *net = network_create_memory(r->run->hub, r->number);
    if (!net)
        return failure_at(r->run->at, NO_MEMORY, "the network of rank %d", r->number);
    return runtime_start_rank(argc, argv, &r->options, net, NULL);
}

static void *run_rank(void *user)
{
    struct rank            *r = user;
    const struct ranks_run *run = r->run;
    int                     argc = run->argc;
    char                  **words = copy_argv(argc, run->argv), **argv = words;
    const tsr_status        s = words ? start_rank(r, &argc, &argv)
                                      : failure_at(run->at, NO_MEMORY, "%d words of argv", argc);
    if (s != TSR_OK) {
        trace_save(&r->trace);
        memory_hub_kill(run->hub, r->number);
    } else {
        const int code = run->program(argc, argv, run->user);
        const int finish = tsr_finish();
        r->code = code != 0 ? code : finish;
    }
    base_free(words);
    return NULL;
}

/* ---- all of them ---- */

static void rank_init(struct rank *r, const struct ranks_run *run, int number,
                      const tsr_options *each, const tsr_machine *whole)
{
    r->run = run;
    r->number = number;
    if (each)
        r->options = each[number];
    r->options.size = sizeof r->options;
    if (!r->options.at.file)
        r->options.at = run->at;
    if (!r->options.machine) {
        r->machine = machine_share(whole, number, run->n_ranks);
        r->options.machine = &r->machine;
    }
}

static void start_threads(struct rank *rank, const struct ranks_run *run)
{
    for (int i = 0; i < run->n_ranks; ++i) {
        const int error = pthread_create(&rank[i].thread, NULL, run_rank, &rank[i]);
        rank[i].has_thread = error == 0;
        if (error == 0)
            continue;
        failure_at(run->at, ENVIRONMENT, "no thread for rank %d: %s", i, strerror(error));
        trace_save(&rank[i].trace);
        memory_hub_kill(run->hub, i);
    }
}

/* The first failure to start that is a cause: not that of a rank which lost another. */
static const struct trace *first_failure(const struct rank *rank, int n)
{
    const struct trace *lost = NULL;
    for (int i = 0; i < n; ++i) {
        if (rank[i].trace.status != TSR_OK && rank[i].trace.status != TSR_PEER_LOST)
            return &rank[i].trace;
        if (rank[i].trace.status == TSR_PEER_LOST && !lost)
            lost = &rank[i].trace;
    }
    return lost;
}

static tsr_status run_threads(struct rank *rank, const struct ranks_run *run, int *out_exit)
{
    int greatest = 0;
    start_threads(rank, run);
    for (int i = 0; i < run->n_ranks; ++i) {
        if (rank[i].has_thread)
            pthread_join(rank[i].thread, NULL);
        if (rank[i].code > greatest || i == 0)
            greatest = rank[i].code;
    }
    const struct trace *failed = first_failure(rank, run->n_ranks);
    if (failed)
        return trace_restore(failed);
    if (out_exit)
        *out_exit = greatest;
    return TSR_OK;
}

/* Seed and machine for ranks that bring none. */
static tsr_status read_common(struct config *c, const tsr_ranks_options *o, int ranks)
{
    bool all_have = o->each != NULL;
    for (int r = 0; all_have && r < ranks; ++r)
        all_have = o->each[r].machine != NULL;
    const tsr_options common = {
        .size = sizeof common, .at = o->at, .machine = all_have ? o->each[0].machine : NULL};
    return read_config(c, o->argc, o->argv, &common);
}

tsr_status tsr_ranks_run_(int ranks, tsr_program *program, void *user, int *out_exit,
                          const tsr_ranks_options *o)
{
    if (ranks < 1 || ranks > MOST_RANKS || !program)
        return failure_at(o->at, BAD_ARGUMENT,
                          !program ? "no program to run on %d ranks"
                                   : "%d ranks: not a number from 1 to 256",
                          ranks);
    if (ranks > 1 && launcher_is_one_of_many())
        return failure_at(o->at, NOT_ALLOWED,
                          "%d ranks as threads, in one of several processes: choose one of both",
                          ranks);
    struct config c;
    tsr_status    s = read_common(&c, o, ranks);
    if (s != TSR_OK)
        return s;
    struct ranks_run run = {
        .hub = memory_hub_create(ranks, o->seed ? o->seed : (uint64_t)c.seed),
        .n_ranks = ranks,
        .program = program,
        .user = user,
        .at = o->at,
        .argc = o->argv ? o->argc : 0,
        .argv = o->argv,
    };
    struct rank *rank = base_calloc((size_t)ranks, sizeof *rank);
    if (run.hub && rank) {
        for (int i = 0; i < ranks; ++i)
            rank_init(&rank[i], &run, i, o->each, &c.machine);
        s = run_threads(rank, &run, out_exit);
    } else {
        s = failure_at(o->at, NO_MEMORY, "%d ranks", ranks);
    }
    base_free(rank);
    memory_hub_destroy(run.hub);
    return s;
}

/* ---- main() ---- */

/* One rank, on the thread of main(). */
static tsr_status run_alone(int argc, char **argv, tsr_program *program, void *user, int *out_exit,
                            tsr_site at)
{
    char **words = copy_argv(argc, argv), **word = words;
    if (!words)
        return failure_at(at, NO_MEMORY, "%d words of argv", argc);
    const tsr_options o = {.size = sizeof o, .at = at};
    const tsr_status  s = tsr_start_(&argc, &word, &o);
    if (s == TSR_OK) {
        const int code = program(argc, word, user);
        const int finish = tsr_finish();
        *out_exit = code != 0 ? code : finish;
    }
    base_free(words);
    return s;
}

int tsr_main_(int argc, char **argv, tsr_program *program, void *user, tsr_site at)
{
    static const tsr_machine none;
    const tsr_options        o = {.size = sizeof o, .at = at, .machine = &none};
    struct config            c;
    int                      code = 1;
    tsr_status               s = read_config(&c, argc, argv, &o);
    if (s == TSR_OK && c.ranks == 1)
        s = run_alone(argc, argv, program, user, &code, at);
    else if (s == TSR_OK)
        s = tsr_ranks_run_((int)c.ranks, program, user, &code,
                           &(tsr_ranks_options){
                               .size = sizeof(tsr_ranks_options), .at = at, .argc = argc, .argv = argv});
    if (s != TSR_OK) {
        fprintf(stderr, "%s\n", tsr_error_text());
        return 1;
    }
    return code;
}
