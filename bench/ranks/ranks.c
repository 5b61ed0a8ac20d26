/* ranks.c - a stencil on ranks that are processes, beside hand-written non-blocking MPI.
 *
 *     ranks --compare            2 ranks on 2 cores, several sides; 4 ranks, counted; 8 ranks on 2 cores
 *
 * Each measurement is a job of mpirun of its own; the systems take turns within a repetition, and the
 * ratio is that of the medians. Both sides run the same compiled sweep on the same cores and must give
 * the same values. Without --compare only Tessera runs.  --ranks and --side choose among the rows; what
 * none of them is becomes one of its own.  Started by mpirun or srun itself, it measures on the ranks that
 * these started. */
#include "../bench_util.h"
#include "rk_tessera.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MOST_REPETITIONS = 15,
    MOST_RANKS = 256,
    MOST_SIDE = 1 << 15,
    TESSERA = 0,
    MPI = 1,
    SYSTEMS
};
static const char *const system_names[SYSTEMS] = {"tessera", "mpi"};

/* What to measure: with whom each core is shared is mpirun's to say. */
typedef struct row {
    int64_t     ranks, side;
    const char *binding;
} row;

typedef struct options {
    bool    compare, json, measure;
    int64_t ranks, side, seconds, milliseconds, repetitions;
} options;

static void program_of(int system, char *out)
{
    char          self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    if (system == TESSERA)
        snprintf(out, PATH_MAX, "%s", self);
    else
        snprintf(out, PATH_MAX, "%s/peer_ranks_mpi", dirname(self));
}

static bool job_run(const options *o, const row *r, int system, rk_line *out)
{
    char         program[PATH_MAX], command[PATH_MAX + 512];
    const double seconds = o->seconds > 0 ? (double)o->seconds : 1e-3 * (double)o->milliseconds;
    program_of(system, program);
    if (access(program, X_OK) != 0)
        return false;
    if (system == TESSERA)
        snprintf(command, sizeof command,
                 "mpirun -n %lld %s '%s' --measure --side %lld --milliseconds %lld",
                 (long long)r->ranks, r->binding, program, (long long)r->side,
                 (long long)(1e3 * seconds));
    else
        snprintf(command, sizeof command, "mpirun -n %lld %s '%s' %lld %.3f", (long long)r->ranks,
                 r->binding, program, (long long)r->side, seconds);
    FILE *f = popen(command, "r");
    if (f == NULL)
        return false;
    char text[512] = "";
    bool good = false;
    while (fgets(text, sizeof text, f) != NULL)
        good = good || sscanf(text, "%lf %lf %lf %lf %lf %lf", &out->us, &out->messages, &out->bytes,
                              &out->value[0], &out->value[1], &out->value[2]) == 6;
    return pclose(f) == 0 && good;
}

static bool values_equal(const rk_line *a, const rk_line *b)
{
    for (int k = 0; k < RK_VALUES; ++k)
        if (a->value[k] != b->value[k])
            return false;
    return true;
}

static void print_line(const options *o, const row *r, int system, const rk_line *l)
{
    if (o->json)
        printf("{\"program\": \"stencil_2d\", \"system\": \"%s\", \"ranks\": %lld, \"side\": %lld, "
               "\"us_per_iteration\": %.3f, \"messages\": %.3f, \"bytes\": %.1f}\n",
               system_names[system], (long long)r->ranks, (long long)r->side, l->us, l->messages,
               l->bytes);
    else
        printf("%5lld %6lld  %-8s %12.2f %9.2f %10.0f", (long long)r->ranks, (long long)r->side,
               system_names[system], l->us, l->messages, l->bytes);
}

static void print_head(void)
{
    printf("%5s %6s  %-8s %12s %9s %10s\n", "ranks", "side", "system", "us/step", "messages", "bytes");
}

/* Measure one row; *out: the median of each system; between them, that of the quotients of jobs that ran
 * one after the other.  False: a job failed, or values differ. */
static bool row_run(const options *o, const row *r, rk_line out[SYSTEMS])
{
    double    us[SYSTEMS][MOST_REPETITIONS];
    const int systems = o->compare ? SYSTEMS : 1;
    const int n = (int)o->repetitions;
    for (int k = 0; k < n; ++k)
        for (int s = 0; s < systems; ++s) {
            if (!job_run(o, r, s, &out[s])) {
                fprintf(stderr, "ranks: the job of %s on %lld ranks failed\n", system_names[s],
                        (long long)r->ranks);
                return false;
            }
            us[s][k] = out[s].us;
        }
    double quotient[MOST_REPETITIONS];
    for (int k = 0; k < n && o->compare; ++k)
        quotient[k] = us[TESSERA][k] / us[MPI][k];
    for (int s = 0; s < systems; ++s)
        out[s].us = bench_median(us[s], n);
    if (o->compare && !values_equal(&out[TESSERA], &out[MPI])) {
        fprintf(stderr, "ranks: the values differ: %.17g, %.17g\n", out[TESSERA].value[1],
                out[MPI].value[1]);
        return false;
    }
    for (int s = 0; s < systems; ++s) {
        print_line(o, r, s, &out[s]);
        if (!o->json && s > 0)
            printf("   tessera / mpi %.2f", bench_median(quotient, n));
        if (!o->json)
            printf("\n");
        fflush(stdout);
    }
    return true;
}

static const row rows[] = {
    {2, 256, "--bind-to core"}, {2, 512, "--bind-to core"},  {2, 1024, "--bind-to core"},
    {2, 2048, "--bind-to core"}, {4, 512, "--bind-to none --oversubscribe"},
    {8, 512, "--bind-to none --oversubscribe"},
};

static bool is_asked(const options *o, const row *r)
{
    return (!o->ranks || o->ranks == r->ranks) && (!o->side || o->side == r->side);
}

/* The row that is asked for, where it is none of those above. */
static row row_of_its_own(const options *o)
{
    const int64_t ranks = o->ranks ? o->ranks : 2;
    return (row){ranks, o->side ? o->side : 512,
                 ranks <= 2 ? "--bind-to core" : "--bind-to none --oversubscribe"};
}

/* Can the options be met?  Says what is wrong. */
static bool options_check(const options *o)
{
    if (o->ranks > MOST_RANKS)
        fprintf(stderr, "ranks: --ranks %lld: at most %d\n", (long long)o->ranks, MOST_RANKS);
    else if (o->side > MOST_SIDE)
        fprintf(stderr, "ranks: --side %lld: at most %d\n", (long long)o->side, MOST_SIDE);
    else if (o->repetitions < 1 || o->repetitions > MOST_REPETITIONS)
        fprintf(stderr, "ranks: --repetitions %lld: from 1 to %d\n", (long long)o->repetitions,
                MOST_REPETITIONS);
    else
        return true;
    return false;
}

static int table(const options *o)
{
    double two = 0;
    int    failed = 0, n_asked = 0;
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
    setenv("OMPI_MCA_pml", "ucx", 0);
    setenv("OMPI_MCA_opal_common_ucx_tls", "any", 0); /* pml ucx also without InfiniBand */
    setenv("OMPI_MCA_opal_common_ucx_devices", "any", 0);
    setenv("UCX_NET_DEVICES", "lo", 0);
    if (!o->json)
        print_head();
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; ++k) {
        rk_line l[SYSTEMS] = {{0}};
        if (!is_asked(o, &rows[k]))
            continue;
        ++n_asked;
        failed += !row_run(o, &rows[k], l);
        if (rows[k].ranks == 2 && rows[k].side == 1024)
            two = l[TESSERA].us;
        if (rows[k].ranks == 8 && two > 0 && !o->json)
            printf("8 ranks on the same cores, the same points: %.2f of the time of 2\n",
                   l[TESSERA].us / two);
    }
    if (n_asked == 0) {
        const row r = row_of_its_own(o);
        rk_line   l[SYSTEMS] = {{0}};
        failed += !row_run(o, &r, l);
    }
    return failed > 0;
}

/* As one of the ranks; rank 0 prints what all measured. */
static int measure_here(const options *o)
{
    const double seconds = o->seconds > 0 ? (double)o->seconds : 1e-3 * (double)o->milliseconds;
    rk_case      c;
    rk_line      l;
    int          rank = 0;
    const int    failed = rk_tessera_measure(o->side ? o->side : 512, seconds, &c, &l, &rank);
    if (failed || rank != 0)
        return failed;
    if (o->ranks && o->ranks != c.ranks) {
        fprintf(stderr, "ranks: --ranks %lld, and the launcher started %lld\n", (long long)o->ranks,
                (long long)c.ranks);
        return 1;
    }
    const row r = {c.ranks, c.side, ""};
    if (o->measure) {
        printf("%.4f %.4f %.1f %.17g %.17g %.17g\n", l.us, l.messages, l.bytes, l.value[0], l.value[1],
               l.value[2]);
        return 0;
    }
    if (!o->json)
        print_head();
    print_line(o, &r, TESSERA, &l);
    if (!o->json)
        printf("\n");
    return 0;
}

/* Did a launcher start this process among others?  Then these are the ranks. */
static bool is_process(void)
{
    const char *size = getenv("OMPI_COMM_WORLD_SIZE"), *slurm = getenv("SLURM_STEP_NUM_TASKS");
    return (size && atoi(size) > 1) || (slurm && atoi(slurm) > 1) || getenv("PMI_RANK") != NULL;
}

int main(int argc, char **argv)
{
    options            o = {.milliseconds = 500, .repetitions = 5};
    const bench_option words[] = {
        {"--compare", &o.compare, NULL, "hand-written MPI in the same run"},
        {"--json", &o.json, NULL, "one object a line"},
        {"--ranks", NULL, &o.ranks, "only rows of so many ranks (no row has: one that does)"},
        {"--side", NULL, &o.side,
         "only rows of this side, as well (points of a rank: side x side)"},
        {"--seconds", NULL, &o.seconds, "how long each measurement runs"},
        {"--milliseconds", NULL, &o.milliseconds, "the same (500)"},
        {"--repetitions", NULL, &o.repetitions, "jobs of each system, taking turns (5)"},
        {"--measure", &o.measure, NULL, "measure in this process; what mpirun starts"},
        {0},
    };
    bench_options_read(argc, argv, "a stencil on ranks that are processes", words);
    if (!options_check(&o))
        return 2;
    return o.measure || is_process() ? measure_here(&o) : table(&o);
}
