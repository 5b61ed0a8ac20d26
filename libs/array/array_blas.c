/* array_blas.c - OpenBLAS, loaded by the first call that needs it.
 *
 * A program without linear algebra neither links nor loads it: it takes 15 to 50 ms and memory for its
 * buffers.  It runs on one thread, because with more its bits differ from run to run; the tiles
 * of a product are what runs at once.  It reads its variables when it is loaded, so the kernels are
 * chosen here before: version 0.3.21 does not know all processors, and takes its slowest for them.
 *
 * What is loaded is the process's, not a runtime's: the table below is written once, behind a lock, and
 * is the same for all who load it.
 *
 * Cost: O(1) once it is loaded. Threads: see array_blas.h. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "array_blas.h"

enum { ROW_MAJOR = 101, PLAIN = 111, TURNED = 112 }; /* CBLAS's own numbers */

typedef void gemm_f32(int order, int ta, int tb, int m, int n, int k, float alpha, const void *a,
                      int lda, const void *b, int ldb, float beta, void *c, int ldc);
typedef void gemm_f64(int order, int ta, int tb, int m, int n, int k, double alpha, const void *a,
                      int lda, const void *b, int ldb, double beta, void *c, int ldc);
typedef void gemm_complex(int order, int ta, int tb, int m, int n, int k, const void *alpha,
                          const void *a, int lda, const void *b, int ldb, const void *beta, void *c,
                          int ldc);

/* Its functions; all there once `library` is set. */
static struct {
    pthread_mutex_t lock;
    void           *library;
    gemm_f32       *sgemm;
    gemm_f64       *dgemm;
    gemm_complex   *cgemm, *zgemm;
} blas = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The best kernels of this processor, by vectors alone: all machines that have them compute alike. */
static void kernels_choose(void)
{
#if defined(__x86_64__)
    const bool is_512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (is_512)
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
    else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
}

/* A function of the library; false: it has none of that name. */
static bool take(void *library, const char *name, void *out)
{
    *(void **)out = dlsym(library, name);
    return *(void **)out != NULL;
}

/* Caller holds the lock. */
static tsr_status load(tsr_site at)
{
    void (*set_threads)(int);
    if (blas.library)
        return TSR_OK;
    kernels_choose();
    setenv("OPENBLAS_NUM_THREADS", "1", 0);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return tsr_fail_(at, TSR_ENVIRONMENT, "OpenBLAS cannot be loaded: %s", dlerror());
    if (!take(library, "cblas_sgemm", &blas.sgemm) || !take(library, "cblas_dgemm", &blas.dgemm) ||
        !take(library, "cblas_cgemm", &blas.cgemm) || !take(library, "cblas_zgemm", &blas.zgemm) ||
        !take(library, "openblas_set_num_threads", &set_threads)) {
        const tsr_status s =
            tsr_fail_(at, TSR_ENVIRONMENT, "OpenBLAS lacks a function: %s", dlerror());
        dlclose(library);
        return s;
    }
    set_threads(1);
    blas.library = library;
    return TSR_OK;
}

tsr_status array_blas_load(tsr_site at)
{
    pthread_mutex_lock(&blas.lock);
    const tsr_status s = load(at);
    pthread_mutex_unlock(&blas.lock);
    return s;
}

void array_blas_gemm(nd_type t, int64_t m, int64_t n, int64_t k, struct array_matrix a,
                     struct array_matrix b, void *c, int64_t ldc, bool subtracts)
{
    const int    ta = a.is_turned ? TURNED : PLAIN, tb = b.is_turned ? TURNED : PLAIN;
    const int    im = (int)m, in = (int)n, ik = (int)k;
    const int    la = (int)a.ld, lb = (int)b.ld, lc = (int)ldc;
    const double alpha[2] = {subtracts ? -1 : 1, 0}, beta[2] = {subtracts ? 1 : 0, 0};
    const float  alpha_f[2] = {(float)alpha[0], 0}, beta_f[2] = {(float)beta[0], 0};
    switch (t) {
    case TSR_F32:
        blas.sgemm(ROW_MAJOR, ta, tb, im, in, ik, alpha_f[0], a.data, la, b.data, lb, beta_f[0], c,
                   lc);
        break;
    case TSR_F64:
        blas.dgemm(ROW_MAJOR, ta, tb, im, in, ik, alpha[0], a.data, la, b.data, lb, beta[0], c, lc);
        break;
    case TSR_C64:
        blas.cgemm(ROW_MAJOR, ta, tb, im, in, ik, alpha_f, a.data, la, b.data, lb, beta_f, c, lc);
        break;
    default: blas.zgemm(ROW_MAJOR, ta, tb, im, in, ik, alpha, a.data, la, b.data, lb, beta, c, lc);
    }
}
