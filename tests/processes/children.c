/* children.c - a launcher that starts processes, and does nothing for them when one dies.
 *
 *     children N PROGRAM [ARGUMENT ...]
 *
 * Starts N children that meet through PMIx, as under any launcher, and says how each ends:
 *
 *     child R (process P) ended with CODE
 *     child R (process P) was ended by signal S
 *
 * It kills nobody, tells nobody, and ends when all children have: what ends the others is their own
 * doing.  It ignores SIGINT, which a terminal sends to the children as well.  Its status is 0 if all
 * ended with 0.
 *
 * Source: PMIx Standard 4.1, chapter 11 (server initialisation, job registration) and 12 (its module).
 * Threads: the main one forks and waits; PMIx has its own. */
#include <pmix_server.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64, TEXT = 1024 };

static const pmix_nspace_t job = "children";
extern char              **environ;

/* ---- what clients ask of their server ---- */

static pmix_status_t client_came(const pmix_proc_t *who, void *object, pmix_op_cbfunc_t done,
                                 void *user)
{
    (void)who, (void)object, (void)done, (void)user;
    return PMIX_OPERATION_SUCCEEDED;
}

static pmix_status_t client_aborts(const pmix_proc_t *who, void *object, int status,
                                   const char text[], pmix_proc_t others[], size_t n,
                                   pmix_op_cbfunc_t done, void *user)
{
    (void)who, (void)object, (void)status, (void)text, (void)others, (void)n, (void)done,
        (void)user;
    return PMIX_OPERATION_SUCCEEDED;
}

/* All are here: what they brought is what all get. */
static pmix_status_t fence(const pmix_proc_t who[], size_t n, const pmix_info_t info[],
                           size_t n_info, char *data, size_t bytes, pmix_modex_cbfunc_t done,
                           void *user)
{
    (void)who, (void)n, (void)info, (void)n_info;
    done(PMIX_SUCCESS, data, bytes, user, NULL, NULL);
    return PMIX_SUCCESS;
}

static pmix_server_module_t module = {
    .client_connected = client_came,
    .client_finalized = client_came,
    .abort = client_aborts,
    .fence_nb = fence,
};

/* ---- the job ---- */

static _Atomic int registered;

static void on_done(pmix_status_t s, void *user)
{
    (void)user;
    atomic_store(&registered, s == PMIX_SUCCESS ? 1 : -1);
}

/* A registration that PMIx answers later, or at once. */
static int is_registered(pmix_status_t s)
{
    if (s == PMIX_OPERATION_SUCCEEDED)
        return 1;
    while (s == PMIX_SUCCESS && atomic_load(&registered) == 0)
        usleep(100);
    return s == PMIX_SUCCESS && atomic_exchange(&registered, 0) == 1;
}

/* "0,1,2" */
static void list_ranks(char *out, size_t bytes, int n)
{
    size_t at = 0;
    for (int r = 0; r < n && at < bytes; ++r)
        at += (size_t)snprintf(out + at, bytes - at, r ? ",%d" : "%d", r);
}

static int job_register(int n)
{
    char    *nodes = NULL, *places = NULL, host[256] = "", peers[TEXT];
    uint32_t count = (uint32_t)n;
    (void)gethostname(host, sizeof host - 1);
    list_ranks(peers, sizeof peers, n);
    if (PMIx_generate_regex(host, &nodes) != PMIX_SUCCESS ||
        PMIx_generate_ppn(peers, &places) != PMIX_SUCCESS)
        return 0;
    pmix_info_t info[6];
    PMIX_INFO_LOAD(&info[0], PMIX_UNIV_SIZE, &count, PMIX_UINT32);
    PMIX_INFO_LOAD(&info[1], PMIX_JOB_SIZE, &count, PMIX_UINT32);
    PMIX_INFO_LOAD(&info[2], PMIX_LOCAL_SIZE, &count, PMIX_UINT32);
    PMIX_INFO_LOAD(&info[3], PMIX_LOCAL_PEERS, peers, PMIX_STRING);
    PMIX_INFO_LOAD(&info[4], PMIX_NODE_MAP, nodes, PMIX_REGEX);
    PMIX_INFO_LOAD(&info[5], PMIX_PROC_MAP, places, PMIX_REGEX);
    const int ok = is_registered(PMIx_server_register_nspace(job, n, info, 6, on_done, NULL));
    free(nodes);
    free(places);
    return ok;
}

/* ---- the children ---- */

/* Becomes the program; returns only when that fails. */
static void become(char **environment, char **words)
{
    (void)signal(SIGINT, SIG_DFL);
    environ = environment;
    (void)execvp(words[0], words);
    perror(words[0]);
    _exit(127);
}

/* The process of a rank, or -1. */
static pid_t child_start(int rank, char **words)
{
    pmix_proc_t   who;
    char        **environment = NULL;
    pmix_status_t s = PMIX_SUCCESS;
    PMIX_LOAD_PROCID(&who, job, (pmix_rank_t)rank);
    for (char **e = environ; *e && s == PMIX_SUCCESS; ++e)
        PMIX_ARGV_APPEND(s, environment, *e);
    if (s != PMIX_SUCCESS ||
        !is_registered(
            PMIx_server_register_client(&who, getuid(), getgid(), NULL, on_done, NULL)) ||
        PMIx_server_setup_fork(&who, &environment) != PMIX_SUCCESS)
        return -1;
    const pid_t child = fork();
    if (child == 0)
        become(environment, words);
    PMIX_ARGV_FREE(environment);
    return child;
}

static int rank_of(const pid_t *children, int n, pid_t one)
{
    for (int r = 0; r < n; ++r)
        if (children[r] == one)
            return r;
    return -1;
}

/* Wait for all of them; how many did not end well. */
static int report(const pid_t *children, int n)
{
    int bad = 0, status;
    for (pid_t one; (one = waitpid(-1, &status, 0)) > 0;) {
        const int rank = rank_of(children, n, one);
        if (WIFSIGNALED(status))
            fprintf(stderr, "child %d (process %d) was ended by signal %d\n", rank, (int)one,
                    WTERMSIG(status));
        else
            fprintf(stderr, "child %d (process %d) ended with %d\n", rank, (int)one,
                    WEXITSTATUS(status));
        bad += status != 0;
    }
    return bad;
}

int main(int argc, char **argv)
{
    pid_t     children[MOST];
    const int n = argc > 2 ? atoi(argv[1]) : 0;
    if (n < 1 || n > MOST) {
        fprintf(stderr, "children N PROGRAM [ARGUMENT ...]: N from 1 to %d\n", MOST);
        return 2;
    }
    (void)signal(SIGINT, SIG_IGN);
    (void)setenv("TESSERA_PROCESSES", argv[1], 1); /* for programs that have to know before they start */
    if (PMIx_server_init(&module, NULL, 0) != PMIX_SUCCESS || !job_register(n)) {
        fprintf(stderr, "children: no PMIx server\n");
        return 2;
    }
    for (int r = 0; r < n; ++r) {
        children[r] = child_start(r, argv + 2);
        if (children[r] < 0) {
            fprintf(stderr, "children: child %d cannot be started\n", r);
            return 2;
        }
    }
    const int bad = report(children, n);
    (void)PMIx_server_finalize();
    return bad > 0;
}
