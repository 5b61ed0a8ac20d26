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

/* CBLAS's own numbers. */
enum {
    ROW_MAJOR = 101,
    PLAIN = 111,
    TURNED = 112,
    UPPER = 121,
    LOWER = 122,
    NOT_UNIT = 131,
    UNIT = 132,
    LEFT = 141,
    RIGHT = 142
};

typedef void gemm_f32(int order, int ta, int tb, int m, int n, int k, float alpha, const void *a,
                      int lda, const void *b, int ldb, float beta, void *c, int ldc);
typedef void gemm_f64(int order, int ta, int tb, int m, int n, int k, double alpha, const void *a,
                      int lda, const void *b, int ldb, double beta, void *c, int ldc);
typedef void gemm_complex(int order, int ta, int tb, int m, int n, int k, const void *alpha,
                          const void *a, int lda, const void *b, int ldb, const void *beta, void *c,
                          int ldc);
typedef void trsm_f32(int order, int side, int uplo, int ta, int diagonal, int m, int n,
                      float alpha, const void *a, int lda, void *b, int ldb);
typedef void trsm_f64(int order, int side, int uplo, int ta, int diagonal, int m, int n,
                      double alpha, const void *a, int lda, void *b, int ldb);
typedef void trsm_complex(int order, int side, int uplo, int ta, int diagonal, int m, int n,
                          const void *alpha, const void *a, int lda, void *b, int ldb);
typedef void potrf_any(const char *uplo, const int *n, void *a, const int *lda, int *info);
typedef void getrf_any(const int *m, const int *n, void *a, const int *lda, int *pivot, int *info);

/* Its functions; all there once `library` is set. */
static struct {
    pthread_mutex_t lock;
    void           *library;
    gemm_f32       *sgemm;
    gemm_f64       *dgemm;
    gemm_complex   *cgemm, *zgemm;
    trsm_f32       *strsm;
    trsm_f64       *dtrsm;
    trsm_complex   *ctrsm, *ztrsm;
    potrf_any      *potrf[4]; /* by number_of */
    getrf_any      *getrf[4];
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

static bool take_all(void *library)
{
    static const char *const potrf[4] = {"spotrf_", "dpotrf_", "cpotrf_", "zpotrf_"};
    static const char *const getrf[4] = {"sgetrf_", "dgetrf_", "cgetrf_", "zgetrf_"};
    bool                     fits =
        take(library, "cblas_sgemm", &blas.sgemm) && take(library, "cblas_dgemm", &blas.dgemm) &&
        take(library, "cblas_cgemm", &blas.cgemm) && take(library, "cblas_zgemm", &blas.zgemm) &&
        take(library, "cblas_strsm", &blas.strsm) && take(library, "cblas_dtrsm", &blas.dtrsm) &&
        take(library, "cblas_ctrsm", &blas.ctrsm) && take(library, "cblas_ztrsm", &blas.ztrsm);
    for (int i = 0; fits && i < 4; ++i)
        fits = take(library, potrf[i], &blas.potrf[i]) && take(library, getrf[i], &blas.getrf[i]);
    return fits;
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
    if (!take_all(library) || !take(library, "openblas_set_num_threads", &set_threads)) {
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

void array_blas_solve(nd_type t, int64_t n, int64_t columns, struct array_matrix d, bool is_lower,
                      bool is_unit, void *x, int64_t ldx, bool x_is_turned)
{
    /* A turned x is a matrix of rows that are solved for: x^T = x^T d^-T. */
    const int    side = x_is_turned ? RIGHT : LEFT;
    const int    uplo = is_lower != d.is_turned ? LOWER : UPPER;
    const int    turns = x_is_turned != d.is_turned ? TURNED : PLAIN;
    const int    unit = is_unit ? UNIT : NOT_UNIT;
    const int    rows = (int)(x_is_turned ? columns : n), width = (int)(x_is_turned ? n : columns);
    const int    ld = (int)d.ld, lx = (int)ldx;
    const double one[2] = {1, 0};
    const float  one_f[2] = {1, 0};
    switch (t) {
    case TSR_F32:
        blas.strsm(ROW_MAJOR, side, uplo, turns, unit, rows, width, 1.0f, d.data, ld, x, lx);
        break;
    case TSR_F64:
        blas.dtrsm(ROW_MAJOR, side, uplo, turns, unit, rows, width, 1.0, d.data, ld, x, lx);
        break;
    case TSR_C64:
        blas.ctrsm(ROW_MAJOR, side, uplo, turns, unit, rows, width, one_f, d.data, ld, x, lx);
        break;
    default: blas.ztrsm(ROW_MAJOR, side, uplo, turns, unit, rows, width, one, d.data, ld, x, lx);
    }
}

static int number_of(nd_type t)
{
    return t == TSR_F32 ? 0 : t == TSR_F64 ? 1 : t == TSR_C64 ? 2 : 3;
}

int array_lapack_potrf(nd_type t, int64_t n, void *a, int64_t lda)
{
    const int in = (int)n, ld = (int)lda;
    int       info = 0;
    blas.potrf[number_of(t)]("U", &in, a, &ld, &info); /* Fortran sees the matrix turned */
    return info;
}

int array_lapack_getrf(nd_type t, int64_t m, int64_t n, void *a, int64_t lda, int *out_pivot)
{
    const int im = (int)m, in = (int)n, ld = (int)lda;
    int       info = 0;
    blas.getrf[number_of(t)](&im, &in, a, &ld, out_pivot, &info);
    return info;
}
