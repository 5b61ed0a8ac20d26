/* arrays.c - programs of array libraries: ours beside NumPy, numba and JAX, and the same bits on all ranks.
 *
 *     build/bench/arrays [--json]               seconds of each program
 *     build/bench/arrays --compare [--json]     beside the peers: ratios of paired runs, geometric means
 *     build/bench/arrays --figures [--json]     bandwidth, memory, time of one operation, beside loops by hand
 *     mpirun -n 4 build/bench/arrays --check    small sizes: the bits of one rank
 *
 * The peers are children that hold their input and are asked for one run at a time, so that runs of all
 * systems alternate; each is warmed up, and its results' means are held against ours. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bench_util.h"
#include "ar_figures.h"
#include "ar_peer.h"
#include "ar_programs.h"

enum { MOST_REPETITIONS = 99, N_PEERS = 3 };
static const double warm_seconds = 1; /* at least, and two runs: of every system */
static const char *const peer_names[N_PEERS] = {"numpy", "numba", "jax"};

typedef struct options {
    bool    compare, check, figures, hashes, json, small;
    int64_t repetitions, program, size;
} options;

/* ---- ours ---- */

static int results_of(const nd_array out[AR_RESULTS])
{
    int n = 0;
    while (n < AR_RESULTS && out[n].id != 0)
        ++n;
    return n;
}

/* One run, timed to the end of all its tasks; then what identifies its results. */
static tsr_status run_ours(const ar_program *p, const ar_state *s, ar_run *out)
{
    ND_SCOPE();
    nd_array     result[AR_RESULTS] = {{0}};
    const double began = bench_now();
    p->run(s, result);
    TSR_TRY(tsr_fence());
    out->seconds = bench_now() - began;
    out->n_checksums = 0;
    for (int k = 0; k < results_of(result); ++k) {
        const nd_array x = nd_astype(nd_real(result[k]), ND_F64), y = nd_abs(result[k]);
        TSR_TRY(nd_status(result[k]));
        out->checksum[out->n_checksums++] = nd_value(nd_mean(x));
        out->checksum[out->n_checksums++] = nd_value(nd_mean(nd_square(nd_astype(y, ND_F64))));
    }
    return TSR_OK;
}

static bool agree(const ar_run *a, const ar_run *b)
{
    bool same = a->n_checksums == b->n_checksums;
    for (int k = 0; same && k < a->n_checksums; ++k)
        same = fabs(a->checksum[k] - b->checksum[k]) <= 1e-6 * fmax(1, fabs(a->checksum[k]));
    return same;
}

static void print_json(const ar_program *p, const char *system, double seconds, const ar_run *r)
{
    printf("{\"program\": \"%s\", \"system\": \"%s\", \"seconds\": %.6g, \"checksum\": %.17g}\n", p->name,
           system, seconds, r->n_checksums > 0 ? r->checksum[0] : 0);
}

/* ---- side by side ---- */

/* What the table says at its end. */
typedef struct summary {
    double log_numpy, log_best;
    int    n, wrong;
} summary;

/* The measured ratio against what is asked of a kind of program; NULL: it is met. */
static const char *shortfall(const ar_program *p, const double ratio[N_PEERS])
{
    const double compiled = fmin(ratio[1] > 0 ? ratio[1] : INFINITY, ratio[2] > 0 ? ratio[2] : INFINITY);
    if (ratio[0] > 0 && ratio[0] < (p->kind == AR_SERVED ? 0.9 : 1))
        return "slower than NumPy";
    if ((p->kind == AR_ELEMENTWISE || p->kind == AR_STENCIL) && compiled < 1)
        return "slower than numba or JAX";
    return NULL;
}

static tsr_status compare_program(const options *o, const ar_program *p, ar_peer *peer, summary *sum)
{
    ND_SCOPE();
    const int     n = (int)o->repetitions;
    const int64_t size = o->size > 0 ? o->size : o->small ? p->small : p->size;
    ar_state      s = {0};
    ar_run        ours, theirs[N_PEERS];
    bool          has[N_PEERS];
    double        seconds[1 + N_PEERS][MOST_REPETITIONS], quotient[MOST_REPETITIONS], ratio[N_PEERS] = {0};
    p->setup(&s, size);
    const double begun = bench_now();
    for (int k = 0; k < 2 || (!o->small && bench_now() - begun < warm_seconds); ++k)
        TSR_TRY(run_ours(p, &s, &ours));
    for (int k = 0; k < N_PEERS; ++k)
        has[k] = o->compare && ar_peer_prepare(&peer[k], p->name, size);
    for (int r = 0; r < n; ++r) {
        TSR_TRY(run_ours(p, &s, &ours));
        seconds[0][r] = ours.seconds;
        for (int k = 0; k < N_PEERS; ++k)
            if (has[k]) {
                ar_peer_run(&peer[k], &theirs[k]);
                seconds[1 + k][r] = theirs[k].seconds;
                sum->wrong += !agree(&ours, &theirs[k]);
            }
    }
    double best = INFINITY;
    for (int k = 0; k < N_PEERS; ++k) {
        for (int r = 0; has[k] && r < n; ++r)
            quotient[r] = seconds[1 + k][r] / seconds[0][r];
        if (!has[k])
            continue;
        ratio[k] = bench_median(quotient, n);
        best = fmin(best, ratio[k]);
        if (o->json)
            print_json(p, peer[k].name, bench_median(seconds[1 + k], n), &theirs[k]);
    }
    const double mine = bench_median(seconds[0], n);
    if (o->json)
        print_json(p, "tessera", mine, &ours);
    else
        printf("%-18s %10.5f", p->name, mine);
    for (int k = 0; k < N_PEERS && !o->json; ++k)
        has[k] ? printf("  %10.5f %6.2f", bench_median(seconds[1 + k], n), ratio[k])
               : printf("  %10s %6s", "", "");
    if (!o->json) {
        const char *why = shortfall(p, ratio);
        for (int k = 0; k < N_PEERS; ++k)
            if (has[k] && !agree(&ours, &theirs[k]))
                why = "ANOTHER ANSWER";
        printf("  %s\n", why ? why : "");
    }
    if (has[0]) {
        sum->log_numpy += log(ratio[0]);
        sum->log_best += log(ratio[0] / best);
        ++sum->n;
    }
    fflush(stdout);
    return TSR_OK;
}

static bool is_asked(const options *o, int k)
{
    return o->program == 0 || o->program == k + 1;
}

/* The peers' Python, set up where it is not there yet. */
static const char *python_path(void)
{
    static char folder[4096], python[4200];
    char        command[8192];
    const ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 32);
    folder[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(folder, '/');
    strcpy(slash ? slash : folder, "/peers");
    snprintf(python, sizeof python, "%s/bin/python", folder);
    snprintf(command, sizeof command, "'%s/setup' '%s' >&2", AR_PEERS, folder);
    return system(command) == 0 ? python : NULL;
}

static int table(const options *o)
{
    ar_peer peer[N_PEERS];
    summary sum = {0};
    if (o->compare) {
        const char *python = python_path();
        if (python == NULL) {
            fprintf(stderr, "arrays: the peers could not be installed\n");
            return 1;
        }
        for (int k = 0; k < N_PEERS; ++k)
            if (!ar_peer_start(&peer[k], python, AR_PEERS "/arrays.py", peer_names[k]))
                return 1;
    }
    TSR_CHECK(tsr_start(NULL, NULL));
    if (!o->json) {
        for (int k = 0; k < N_PEERS && o->compare; ++k)
            printf("%s%s", k > 0 ? "; " : "", peer[k].versions);
        printf("%s%-18s %10s", o->compare ? "\n" : "", "program", "tessera");
        for (int k = 0; k < N_PEERS && o->compare; ++k)
            printf("  %10s %6s", peer_names[k], "x");
        printf("\n");
    }
    for (int k = 0; ar_programs[k] != NULL; ++k)
        if (is_asked(o, k) && compare_program(o, ar_programs[k], peer, &sum) != TSR_OK) {
            fprintf(stderr, "%s: %s\n", ar_programs[k]->name, tsr_error_text());
            return 1;
        }
    if (sum.n > 0 && !o->json)
        printf("geometric means over %d programs: %.2f x NumPy; the best peer of each: %.2f x NumPy\n", sum.n,
               exp(sum.log_numpy / sum.n), exp(sum.log_best / sum.n));
    for (int k = 0; k < N_PEERS && o->compare; ++k)
        ar_peer_end(&peer[k]);
    if (sum.wrong > 0)
        fprintf(stderr, "arrays: %d runs gave another answer than a peer's\n", sum.wrong);
    return tsr_finish() != 0 || sum.wrong > 0;
}

/* ---- the same bits ---- */

static tsr_status hash_of(nd_array a, uint64_t *h)
{
    const size_t   bytes = (size_t)nd_size(a) * tsr_type_size(nd_type_of(a));
    unsigned char *data = malloc(bytes + 1);
    const tsr_status s = data != NULL ? nd_read(a, data, bytes) : TSR_FAIL(NO_MEMORY, "no memory for a check");
    for (size_t i = 0; s == TSR_OK && i < bytes; ++i)
        *h = (*h ^ data[i]) * 0x100000001b3u;
    free(data);
    return s;
}

static tsr_status hash_program(const ar_program *p, uint64_t *out)
{
    ND_SCOPE();
    ar_state s = {0};
    nd_array result[AR_RESULTS] = {{0}};
    p->setup(&s, p->small);
    p->run(&s, result);
    *out = 0xcbf29ce484222325u;
    for (int k = 0; k < results_of(result); ++k)
        TSR_TRY(hash_of(result[k], out));
    return TSR_OK;
}

/* Hashes of all programs' results; printed, or held against those of one process on one rank. */
static int check(const options *o)
{
    FILE *one = NULL;
    int   differ = 0, n = 0;
    TSR_CHECK(tsr_start(NULL, NULL));
    if (!o->hashes && tsr_rank() == 0) {
        char path[4096], command[8192];
        const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 1);
        path[bytes > 0 ? bytes : 0] = '\0';
        snprintf(command, sizeof command, "env -i PATH=\"$PATH\" TESSERA_WORKERS=1 '%s' --hashes", path);
        one = popen(command, "r");
    }
    for (int k = 0; ar_programs[k] != NULL; ++k, ++n) {
        uint64_t           h, expected;
        char               name[64] = "";
        const ar_program  *p = ar_programs[k];
        if (hash_program(p, &h) != TSR_OK) {
            fprintf(stderr, "%s: %s\n", p->name, tsr_error_text());
            return 1;
        }
        if (o->hashes)
            printf("%s %llx\n", p->name, (unsigned long long)h);
        if (one == NULL)
            continue;
        const bool same = fscanf(one, "%63s %llx", name, (unsigned long long *)&expected) == 2 &&
                          strcmp(name, p->name) == 0 && h == expected;
        printf("%s %s on %d ranks\n", same ? "ok" : "not ok", p->name, tsr_rank_count());
        differ += !same;
    }
    if (one != NULL && pclose(one) != 0)
        ++differ;
    if (!o->hashes && tsr_rank() == 0)
        printf("%d programs on %d ranks, %d differ from one rank\n", n, tsr_rank_count(), differ);
    return tsr_finish() != 0 || differ > 0;
}

int main(int argc, char **argv)
{
    options            o = {.repetitions = 7};
    const bench_option words[] = {
        {"--compare", &o.compare, NULL, "beside NumPy, numba and JAX, which are installed at the first call"},
        {"--check", &o.check, NULL, "small sizes: the bits of one worker of one rank?"},
        {"--figures", &o.figures, NULL, "bandwidth, memory, time of one operation, beside loops by hand and NumPy"},
        {"--hashes", &o.hashes, NULL, "what --check compares with"},
        {"--json", &o.json, NULL, "one object a line"},
        {"--small", &o.small, NULL, "the sizes of --check"},
        {"--repetitions", NULL, &o.repetitions, "runs of each system, taking turns (7)"},
        {"--program", NULL, &o.program, "one program, by its number from 1 on; 0: all"},
        {"--size", NULL, &o.size, "of the program; 0: its own"},
        {0},
    };
    bench_options_read(argc, argv, "programs of array libraries", words);
    if (o.repetitions < 1 || o.repetitions > MOST_REPETITIONS) {
        fprintf(stderr, "arrays: --repetitions %lld: from 1 to %d\n", (long long)o.repetitions,
                MOST_REPETITIONS);
        return 2;
    }
    if (o.figures) {
        const char *python = python_path();
        return python != NULL ? ar_figures(python, o.size, o.json) : 1;
    }
    return o.check || o.hashes ? check(&o) : table(&o);
}
