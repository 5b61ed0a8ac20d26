/* array_fftw.c - FFTW, loaded by the first call that needs it, and its plans.
 *
 * A plan is for one row, out of place, between buffers aligned to 64 bytes: what FFTW's estimate chooses
 * follows from the length alone then, and so do the bits.  (Measured plans change from run to run,
 * and unaligned rows have other bits.)  Its planner may be in one thread at a time, and keeps what it learned for
 * the process; so do we: plans stand in a list that only grows, behind a lock that is held while it is
 * searched or a plan is made.  Plans are run by any number of threads at once.
 *
 * Cost: O(lengths in use) a search. Threads: see array_fftw.h. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "array_fftw.h"

enum { FORWARD = -1, BACKWARD = 1, ESTIMATE = 1 << 6 }; /* FFTW's own numbers */

typedef void *plan_complex(int n, void *in, void *out, int sign, unsigned flags);
typedef void *plan_real(int n, void *in, void *out, unsigned flags);
typedef void  execute_any(const void *plan, void *in, void *out);

/* The functions of one precision; all there once `library` is set. */
struct fftw {
    void         *library;
    plan_complex *dft;
    plan_real    *r2c, *c2r;
    execute_any  *execute[3]; /* complex, real to complex, complex to real */
};
struct array_fftw_plan {
    struct array_fftw_plan *next;
    nd_fft_kind             kind;
    nd_type                 real;
    int64_t                 n;
    void                   *plan;
    execute_any            *execute;
};

/* The process's, as FFTW's own planner is. */
static struct {
    pthread_mutex_t         lock;
    struct fftw             of[2]; /* F32, F64 */
    struct array_fftw_plan *plans;
} fftw = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool take(void *library, const char *name, void *out)
{
    *(void **)out = dlsym(library, name);
    return *(void **)out != NULL;
}

static bool take_all(struct fftw *f, void *library, bool is_f32)
{
    static const char *const name[2][6] = {
        {"fftw_plan_dft_1d", "fftw_plan_dft_r2c_1d", "fftw_plan_dft_c2r_1d", "fftw_execute_dft",
         "fftw_execute_dft_r2c", "fftw_execute_dft_c2r"},
        {"fftwf_plan_dft_1d", "fftwf_plan_dft_r2c_1d", "fftwf_plan_dft_c2r_1d", "fftwf_execute_dft",
         "fftwf_execute_dft_r2c", "fftwf_execute_dft_c2r"}};
    const char *const *names = name[is_f32];
    return take(library, names[0], &f->dft) && take(library, names[1], &f->r2c) &&
           take(library, names[2], &f->c2r) && take(library, names[3], &f->execute[0]) &&
           take(library, names[4], &f->execute[1]) && take(library, names[5], &f->execute[2]);
}

/* Caller holds the lock. */
static tsr_status load(struct fftw *f, bool is_f32, tsr_site at)
{
    if (f->library)
        return TSR_OK;
    void *library = dlopen(is_f32 ? "libfftw3f.so.3" : "libfftw3.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return tsr_fail_(at, TSR_ENVIRONMENT, "FFTW cannot be loaded: %s", dlerror());
    if (!take_all(f, library, is_f32)) {
        const tsr_status s = tsr_fail_(at, TSR_ENVIRONMENT, "FFTW lacks a function: %s", dlerror());
        dlclose(library);
        return s;
    }
    f->library = library;
    return TSR_OK;
}

tsr_status array_fftw_load(nd_type real, tsr_site at)
{
    pthread_mutex_lock(&fftw.lock);
    const tsr_status s = load(&fftw.of[real == TSR_F64], real == TSR_F32, at);
    pthread_mutex_unlock(&fftw.lock);
    return s;
}

static void *plan_make(const struct fftw *f, nd_fft_kind kind, int n, void *from, void *to)
{
    switch (kind) {
    case ND_FFT_FORWARD: return f->dft(n, from, to, FORWARD, ESTIMATE);
    case ND_FFT_INVERSE: return f->dft(n, from, to, BACKWARD, ESTIMATE);
    case ND_FFT_REAL: return f->r2c(n, from, to, ESTIMATE);
    default: return f->c2r(n, from, to, ESTIMATE);
    }
}

/* Caller holds the lock. */
static const array_fftw_plan *find(nd_fft_kind kind, nd_type real, int64_t n, void *from, void *to)
{
    for (array_fftw_plan *p = fftw.plans; p; p = p->next)
        if (p->kind == kind && p->real == real && p->n == n)
            return p;
    const struct fftw *f = &fftw.of[real == TSR_F64];
    array_fftw_plan   *p = calloc(1, sizeof *p);
    void              *plan = p ? plan_make(f, kind, (int)n, from, to) : NULL;
    if (!plan) {
        free(p);
        return NULL;
    }
    execute_any *const execute = f->execute[kind == ND_FFT_REAL           ? 1
                                            : kind == ND_FFT_REAL_INVERSE ? 2
                                                                          : 0];
    *p = (array_fftw_plan){fftw.plans, kind, real, n, plan, execute};
    fftw.plans = p;
    return p;
}

const array_fftw_plan *array_fftw_find(nd_fft_kind kind, nd_type real, int64_t n, void *from,
                                       void *to)
{
    pthread_mutex_lock(&fftw.lock);
    const array_fftw_plan *p = find(kind, real, n, from, to);
    pthread_mutex_unlock(&fftw.lock);
    return p;
}

void array_fftw_run(const array_fftw_plan *p, void *from, void *to)
{
    p->execute(p->plan, from, to);
}
