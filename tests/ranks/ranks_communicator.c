/* ranks/ranks_communicator.c - each call of a communicator, for several types, on 1 to 4 ranks of different
 * machines: launched by hand with 1, 2, ... points until the run has no more workers, and cut by the runtime.
 *
 * What a call should give is computed here from the numbers of points alone. */
#include <complex.h>

#include "ranks_try.h"

enum { OUT, LENGTH };
enum { N = 96, MOST = 16 };

#define BODY_NEED(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return TSR_FAIL(TASK_FAILED, "point %d of %d: line %d: %s", (int)me, (int)size,        \
                            __LINE__, #condition);                                                 \
    } while (0)

/* ---- what moves, of type T: element k of what p has for q ---- */

#define DEFINE_MOVES(T, name, TYPE, element)                                                       \
    static tsr_status moves_##name(const tsr_task_context *t, int64_t n)                           \
    {                                                                                              \
        const int64_t     me = tsr_comm_rank(t), size = tsr_comm_size(t);                          \
        static __thread T a[8 * MOST * MOST], b[8 * MOST * MOST];                                  \
        int64_t           give[MOST], get[MOST], at = 0;                                           \
        for (int64_t root = 0; root < size; ++root) {                                              \
            for (int64_t k = 0; k < n; ++k)                                                        \
                a[k] = element(me, 0, k);                                                          \
            TSR_TRY(tsr_comm_broadcast(t, a, n, TYPE, root));                                      \
            for (int64_t k = 0; k < n; ++k)                                                        \
                BODY_NEED(a[k] == element(root, 0, k));                                            \
        }                                                                                          \
        for (int64_t k = 0; k < n; ++k)                                                            \
            a[k] = element(me, 1, k);                                                              \
        TSR_TRY(tsr_comm_allgather(t, a, b, n, TYPE));                                             \
        for (int64_t k = 0; k < n * size; ++k)                                                     \
            BODY_NEED(b[k] == element(k / n, 1, k % n));                                           \
        for (int64_t p = 0; p < size; ++p)                                                         \
            give[p] = (n + 2 * p) % 5;                                                             \
        for (int64_t k = 0; k < give[me]; ++k)                                                     \
            a[k] = element(me, 2, k);                                                              \
        TSR_TRY(tsr_comm_allgatherv(t, a, give[me], b, give, TYPE));                               \
        for (int64_t p = 0; p < size; ++p)                                                         \
            for (int64_t k = 0; k < give[p]; ++k, ++at)                                            \
                BODY_NEED(b[at] == element(p, 2, k));                                              \
        for (int64_t k = 0; k < n * size; ++k)                                                     \
            a[k] = element(me, k / n, k % n);                                                      \
        TSR_TRY(tsr_comm_alltoall(t, a, b, n, TYPE));                                              \
        for (int64_t k = 0; k < n * size; ++k)                                                     \
            BODY_NEED(b[k] == element(k / n, me, k % n));                                          \
        at = 0;                                                                                    \
        for (int64_t p = 0; p < size; ++p) {                                                       \
            give[p] = (n + me + 3 * p) % 6;                                                        \
            get[p] = (n + p + 3 * me) % 6;                                                         \
            for (int64_t k = 0; k < give[p]; ++k)                                                  \
                a[at++] = element(me, p, k);                                                       \
        }                                                                                          \
        TSR_TRY(tsr_comm_alltoallv(t, a, give, b, get, TYPE));                                     \
        at = 0;                                                                                    \
        for (int64_t p = 0; p < size; ++p)                                                         \
            for (int64_t k = 0; k < get[p]; ++k, ++at)                                             \
                BODY_NEED(b[at] == element(p, me, k));                                             \
        return TSR_OK;                                                                             \
    }
#define WHOLE(p, q, k) (1000 * (p) + 50 * (q) + (k))
#define BYTE(p, q, k)  ((uint8_t)(37 * (p) + 11 * (q) + (k)))
#define FLOAT(p, q, k) (0.5f * (float)WHOLE(p, q, k))
#define PAIR(p, q, k)  ((double)(p) + 100.0 * (double)(k) + (double)(q)*I)
DEFINE_MOVES(int64_t, i64, TSR_I64, WHOLE)
DEFINE_MOVES(uint8_t, u8, TSR_U8, BYTE)
DEFINE_MOVES(float, f32, TSR_F32, FLOAT)
DEFINE_MOVES(double _Complex, c128, TSR_C128, PAIR)

/* ---- what folds ---- */

/* The value of point p at element k: sums of such depend on how they are grouped. */
static double rough(int64_t p, int64_t k)
{
    return (p % 3 == 1 ? 1e16 : 1.0) * (1.0 / (double)(p + 3) + (double)k / 7.0) * (p % 2 ? -1 : 1);
}

/* As the header says it. */
static double tree_of_sums(int64_t lo, int64_t hi, int64_t k)
{
    int64_t m = 1;
    if (hi - lo == 1)
        return rough(lo, k);
    while (2 * m < hi - lo)
        m *= 2;
    return tree_of_sums(lo, lo + m, k) + tree_of_sums(lo + m, hi, k);
}

/* An operator that does not commute: x -> slope * x + shift, the left one first. */
struct affine {
    uint32_t slope, shift;
};

static void affine_combine(void *into, const void *from)
{
    struct affine       *a = into;
    const struct affine *b = from;
    a->shift = b->slope * a->shift + b->shift;
    a->slope *= b->slope;
}

static const struct affine affine_identity = {1, 0};
static const tsr_reducer   affine_then = {.name = "then",
                                          .bytes = sizeof(struct affine),
                                          .identity = &affine_identity,
                                          .combine = affine_combine};

static tsr_status fold_exact(const tsr_task_context *t, int64_t n)
{
    const int64_t me = tsr_comm_rank(t), size = tsr_comm_size(t);
    int64_t       a[64], b[64];
    int32_t       c[64];
    for (int64_t root = 0; root < size; ++root) {
        for (int64_t k = 0; k < n; ++k)
            a[k] = (me + 1) * (k + 1);
        TSR_TRY(tsr_comm_reduce(t, a, me == root ? b : NULL, n, TSR_I64, TSR_SUM, root));
        for (int64_t k = 0; k < n && me == root; ++k)
            BODY_NEED(b[k] == size * (size + 1) / 2 * (k + 1));
    }
    TSR_TRY(tsr_comm_allreduce(t, a, a, n, TSR_I64, TSR_MAX)); /* in place */
    for (int64_t k = 0; k < n; ++k)
        BODY_NEED(a[k] == size * (k + 1));
    for (int64_t k = 0; k < n; ++k)
        c[k] = (int32_t)(1 << me % 30);
    TSR_TRY(tsr_comm_allreduce(t, c, c, n, TSR_I32, TSR_XOR));
    for (int64_t k = 0; k < n; ++k)
        BODY_NEED(c[k] == (int32_t)((1 << size) - 1));
    return TSR_OK;
}

static tsr_status fold_rough(const tsr_task_context *t, int64_t n)
{
    const int64_t me = tsr_comm_rank(t), size = tsr_comm_size(t);
    double       *a = malloc(sizeof *a * 400), *b = malloc(sizeof *b * 400);
    struct affine f[64], g[64], all = affine_identity;
    for (int64_t k = 0; k < 100 * n; ++k)
        a[k] = rough(me, k);
    const tsr_status status = tsr_comm_allreduce(t, a, b, 100 * n, TSR_F64, TSR_SUM);
    bool             same = true;
    for (int64_t k = 0; k < 100 * n && status == TSR_OK; ++k) {
        const double want = tree_of_sums(0, size, k);
        same = same && memcmp(&b[k], &want, sizeof want) == 0;
    }
    free(a);
    free(b);
    TSR_TRY(status);
    BODY_NEED(same);
    for (int64_t k = 0; k < n; ++k)
        f[k] = (struct affine){(uint32_t)(3 + 2 * me), (uint32_t)(me + k)};
    TSR_TRY(tsr_comm_allreduce_by(t, f, g, n, &affine_then));
    for (int64_t k = 0; k < n; ++k, all = affine_identity) {
        for (int64_t p = 0; p < size; ++p)
            affine_combine(&all, &(struct affine){(uint32_t)(3 + 2 * p), (uint32_t)(p + k)});
        BODY_NEED(g[k].slope == all.slope && g[k].shift == all.shift);
    }
    TSR_TRY(tsr_comm_reduce_by(t, g, g, n, &affine_then, size - 1));
    return TSR_OK;
}

/* ---- all of them ---- */

static tsr_status calls_body(const tsr_task_context *t)
{
    tsr_out_i64_1d out = tsr_out_i64_1d_of(t, OUT);
    const int64_t  n = tsr_i64_of(t, LENGTH), me = tsr_comm_rank(t), size = tsr_comm_size(t);
    BODY_NEED(me >= 0 && me < size && size <= MOST);
    TSR_TRY(tsr_comm_barrier(t));
    TSR_TRY(moves_i64(t, n));
    TSR_TRY(moves_u8(t, n));
    TSR_TRY(moves_f32(t, n));
    TSR_TRY(moves_c128(t, n));
    TSR_TRY(fold_exact(t, n));
    TSR_TRY(fold_rough(t, n));
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = 100 * me + size;
    return TSR_OK;
}

static const tsr_task_desc calls_task = {
    .name = "test.calls",
    .args = {[OUT] = {TSR_WRITE, TSR_I64, 1, "out"},
             [LENGTH] = {TSR_SCALAR, TSR_I64, .name = "length"}},
    .variants = {[TSR_CPU] = {.body = calls_body, .wants_communicator = true}},
    .work = 1e6,
};

static int calls(int argc, char **argv, void *user)
{
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store out = tsr_store_create(TSR_I64, TSR_SHAPE(N));
    for (int length = 0; length < 5; ++length) {
        NEED_OK(tsr_issue(&calls_task, [OUT] = tsr_arg_of(out), [LENGTH] = tsr_arg_of(length)));
        NEED_OK(tsr_read(out, got, sizeof got));
        for (int i = 1; i < N; ++i) /* in order along what is cut */
            NEED(got[0] / 100 == 0 && (got[i] == got[i - 1] || got[i] == got[i - 1] + 100));
        NEED(got[N - 1] / 100 + 1 == got[0] % 100);
    }
    return 0;
}

/* N elements in so many pieces. */
static tsr_partition pieces(int n)
{
    tsr_box box[64];
    for (int i = 0; i < n && i < 64; ++i)
        box[i] = (tsr_box){.rank = 1, .low = {N * i / n}, .high = {N * (i + 1) / n}};
    return tsr_partition_boxes(TSR_SHAPE(N), box, n);
}

/* By hand: every number of points there are workers for, and one more. */
static int by_hand(int argc, char **argv, void *user)
{
    int64_t got[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    for (int points = 1;; ++points) {
        const tsr_store     out = tsr_store_create(TSR_I64, TSR_SHAPE(N));
        const tsr_partition parts = pieces(points);
        const tsr_status    status = tsr_issue_over(
               &calls_task,
               points, [OUT] = tsr_arg_cut(out, parts), [LENGTH] = tsr_arg_of(points % 4));
        if (status != TSR_OK) {
            NEED(status == TSR_UNSOLVABLE && points > tsr_rank_count());
            NEED(strstr(tsr_error_text(), "each needs a worker") &&
                 strstr(tsr_error_text(), "ranks_communicator.c"));
            NEED(tsr_read(out, got, sizeof got) == TSR_UNSOLVABLE);
            return 0;
        }
        NEED_OK(tsr_read(out, got, sizeof got));
        NEED(got[0] == points && got[N - 1] == 100 * (points - 1) + points);
    }
}

int main(void)
{
    int failed = try_ranks("calls", calls, NULL);
    failed += try_ranks("launched_by_hand", by_hand, NULL);
    return failed;
}
