/* linalg_bits.c - products, factors, convolutions and transforms: the same bits however they are cut.
 *
 *     linalg_bits
 *
 * Each is computed on one worker and rank first; then on several, also in pieces as small as may be, and
 * compared byte by byte on every rank.  Prints `ok NAME` or `not ok NAME why`. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/array.h>

/* Numbers that no two orders of a sum leave alike. */
static nd_array numbers(nd_type t, nd_shape shape)
{
    int64_t n = 1;
    for (int d = 0; d < shape.rank; ++d)
        n *= shape.extent[d];
    const nd_array i = nd_linspace(1, 97, n);
    return nd_astype(nd_reshape(nd_sin(nd_mul(i, i)), shape), t);
}
#define NUMBERS(t, ...) numbers(ND_##t, ND_SHAPE(__VA_ARGS__))

static nd_array positive(nd_type t, int64_t n)
{
    const nd_array a = numbers(t, ND_SHAPE(n, n));
    return nd_add(nd_matmul(a, nd_matrix_transpose(a)), nd_mul((double)n, nd_eye(n)));
}

/* What is computed: name, call. */
#define BITS_MAP(X)                                                                                \
    X(matmul_f64, nd_matmul(NUMBERS(F64, 700, 300), NUMBERS(F64, 300, 650)))                       \
    X(matmul_f32_turned,                                                                           \
      nd_matmul(nd_matrix_transpose(NUMBERS(F32, 90, 530)), NUMBERS(F32, 90, 270)))                \
    X(matmul_c128, nd_matmul(NUMBERS(C128, 300, 40), NUMBERS(C128, 40, 310)))                      \
    X(matmul_deep, nd_matmul(NUMBERS(F64, 5, 20000), NUMBERS(F64, 20000, 6)))                      \
    X(matmul_many_tiles, nd_matmul(NUMBERS(F64, 2060, 20), NUMBERS(F64, 20, 2100)))                \
    X(matmul_stack, nd_matmul(NUMBERS(F32, 7, 1, 30, 40), NUMBERS(F32, 5, 40, 20)))                \
    X(matmul_half, nd_matmul(NUMBERS(F16, 260, 70), NUMBERS(F16, 70, 260)))                        \
    X(matmul_column, nd_matmul(NUMBERS(F64, 900, 1100), NUMBERS(F64, 1100)))                       \
    X(matmul_row, nd_matmul(NUMBERS(F64, 1100), NUMBERS(F64, 1100, 900)))                          \
    X(vdot, nd_vdot(NUMBERS(F64, 100000), NUMBERS(F64, 100000)))                                   \
    X(cholesky_f64, nd_cholesky(positive(ND_F64, 800)))                                            \
    X(cholesky_f32, nd_cholesky(positive(ND_F32, 515)))                                            \
    X(triangular, nd_solve_triangular(positive(ND_F64, 600), NUMBERS(F64, 600, 300)))              \
    X(triangular_column,                                                                           \
      nd_solve_triangular(positive(ND_F64, 600), NUMBERS(F64, 600), .lower = true))                \
    X(solve, nd_solve(NUMBERS(F64, 600, 600), NUMBERS(F64, 600, 300)))                             \
    X(solve_column, nd_solve(NUMBERS(C64, 300, 300), NUMBERS(F32, 300)))                           \
    X(convolve, nd_convolve(NUMBERS(F64, 50000), NUMBERS(F64, 33)))                                \
    X(convolve2d,                                                                                  \
      nd_convolve2d(NUMBERS(F32, 300, 310), NUMBERS(F32, 9, 9), .mode = ND_CONVOLVE_SAME))         \
    X(fft2, nd_fft2(NUMBERS(C128, 256, 360)))                                                      \
    X(fft2_f32, nd_ifft2(nd_fft2(NUMBERS(F32, 100, 130))))                                         \
    X(rfft2, nd_irfft2(nd_rfft2(NUMBERS(F64, 120, 128))))

enum {
#define X(name, call) BITS_##name,
    BITS_MAP(X)
#undef X
        N_BITS
};
static const char *const bits_name[] = {
#define X(name, call) #name,
    BITS_MAP(X)
#undef X
};

static nd_array computed(int which)
{
    switch (which) {
#define X(name, call)                                                                              \
    case BITS_##name: return call;
        BITS_MAP(X)
#undef X
    }
    return (nd_array){0};
}

/* What came out first, and what was found later. */
struct run {
    char           *bytes[N_BITS];
    size_t          size[N_BITS];
    const char     *way;
    pthread_mutex_t lock;
    char            why[N_BITS][300];
};

static void judge(struct run *r, int i, nd_array a, char *bytes, size_t size)
{
    char why[300] = "";
    if (!bytes || nd_read(a, bytes, size) != TSR_OK)
        snprintf(why, sizeof why, "%s: %.250s", r->way, tsr_error_text());
    pthread_mutex_lock(&r->lock);
    if (!r->bytes[i] && !why[0]) {
        r->bytes[i] = bytes;
        r->size[i] = size;
        bytes = NULL;
    } else if (!why[0] && (size != r->size[i] || memcmp(bytes, r->bytes[i], size) != 0))
        snprintf(why, sizeof why, "%s: other bits on rank %d", r->way, tsr_rank());
    if (why[0] && !r->why[i][0])
        memcpy(r->why[i], why, sizeof why);
    pthread_mutex_unlock(&r->lock);
    free(bytes);
}

static int all(int argc, char **argv, void *user)
{
    (void)argc, (void)argv;
    for (int i = 0; i < N_BITS; ++i) {
        ND_SCOPE();
        const nd_array a = computed(i);
        const size_t   size = (size_t)nd_size(a) * tsr_type_size(nd_type_of(a));
        judge(user, i, a, malloc(size + 1), size);
    }
    return 0;
}

static void run_way(struct run *r, const char *way, int ranks, int workers, int64_t min_piece)
{
    tsr_options each[8];
    int         code;
    for (int i = 0; i < ranks; ++i)
        each[i] = (tsr_options){
            .size = sizeof each[0], .at = TSR_HERE, .workers = workers, .min_piece = min_piece};
    r->way = way;
    TSR_CHECK(tsr_ranks_run(ranks, all, r, &code, .each = each));
}

int main(void)
{
    static struct run r = {.lock = PTHREAD_MUTEX_INITIALIZER};
    int               failed = 0;
    run_way(&r, "1 worker", 1, 1, 0);
    run_way(&r, "3 workers, small pieces", 1, 3, 1);
    run_way(&r, "2 ranks", 2, 1, 0);
    run_way(&r, "3 ranks", 3, 2, 0);
    run_way(&r, "4 ranks, small pieces", 4, 1, 1);
    for (int i = 0; i < N_BITS; ++i) {
        failed += r.why[i][0] != '\0';
        printf("%sok bits_%s %s\n", r.why[i][0] ? "not " : "", bits_name[i], r.why[i]);
        free(r.bytes[i]);
    }
    return failed > 0;
}
