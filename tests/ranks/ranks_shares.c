/* Accumulators that points share, and totals that fold in slabs: the values, the bits, the memory. */
#include <math.h>

#include "ranks_tasks.h"
#include "ranks_try.h"

enum { INTO, FROM };

/* ---- exact: many points into one large result ---- */

enum { POINTS = 48, WIDE = 20000 };

/* What a point says of element e. */
static int64_t said(int64_t point, int64_t e)
{
    return (point * 7919 + e * 31) % 1009;
}

/* An accumulator begins at the identity, whoever had it before; it is set here, not folded into. */
static tsr_status said_body(const tsr_task_context *t)
{
    tsr_out_i64_1d into = tsr_out_i64_1d_of(t, INTO);
    TSR_FOR_1D(i, into.box)
    {
        if (tsr_at(into, i) != 0)
            return TSR_TASK_FAILED;
        tsr_at(into, i) = said(tsr_point(t), i);
    }
    return TSR_OK;
}

static const tsr_task_desc say = {
    .name = "test.say",
    .args = {[INTO] = {TSR_REDUCE, TSR_I64, 1, "into", TSR_SUM}},
    .variants = {[TSR_CPU] = {.body = said_body}},
};

/* Of equal values the first is kept: right for a body that begins at the identity, wrong for one that
 * finds what another point left, in whatever order they come. */
static tsr_status first_body(const tsr_task_context *t)
{
    tsr_out_indexed_i64_1d into = tsr_out_indexed_i64_1d_of(t, INTO);
    TSR_FOR_1D(i, into.box)
    {
        for (int64_t k = 0; k < 2; ++k) {
            const tsr_indexed_i64 v = {said(tsr_point(t), i) % 3, (tsr_point(t) * 31 % POINTS) * 2 + k};
            if (v.value > tsr_at(into, i).value)
                tsr_at(into, i) = v;
        }
    }
    return TSR_OK;
}

static const tsr_task_desc find_first = {
    .name = "test.find_first",
    .args = {[INTO] = {TSR_REDUCE, TSR_INDEXED_I64, 1, "into", TSR_ARGMAX}},
    .variants = {[TSR_CPU] = {.body = first_body}},
};

/* Half of the points fold into [0, WIDE / 2), the others into all of it. */
static tsr_partition halves(void)
{
    tsr_box box[POINTS];
    for (int p = 0; p < POINTS; ++p)
        box[p] = (tsr_box){1, {0}, {p % 2 == 0 ? WIDE / 2 : WIDE}};
    return tsr_partition_boxes(TSR_SHAPE(WIDE), box, POINTS);
}

static int64_t sum_of(int64_t e)
{
    int64_t sum = 5;
    for (int64_t p = 0; p < POINTS; ++p)
        sum += p % 2 == 0 && e >= WIDE / 2 ? 0 : said(p, e);
    return sum;
}

static tsr_indexed_i64 first_of(int64_t e)
{
    tsr_indexed_i64 best = {-1, INT64_MAX};
    for (int64_t p = 0; p < POINTS; ++p) {
        const tsr_indexed_i64 v = {said(p, e) % 3, p * 31 % POINTS * 2};
        if (p % 2 == 0 && e >= WIDE / 2)
            continue;
        if (v.value > best.value || (v.value == best.value && v.index < best.index))
            best = v;
    }
    return best;
}

static int exact(int argc, char **argv, void *user)
{
    static __thread int64_t         sum[WIDE];
    static __thread tsr_indexed_i64 first[WIDE];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_partition   p = halves();
    const tsr_indexed_i64 none = {-1, INT64_MAX};
    const tsr_store       into = tsr_store_filled(TSR_I64, TSR_SHAPE(WIDE), &(int64_t){5});
    const tsr_store       at = tsr_store_filled(TSR_INDEXED_I64, TSR_SHAPE(WIDE), &none);
    NEED_OK(tsr_issue_over(&say, POINTS, [INTO] = tsr_arg_cut(into, p)));
    NEED_OK(tsr_issue_over(&find_first, POINTS, [INTO] = tsr_arg_cut(at, p)));
    NEED_OK(tsr_read(into, sum, sizeof sum));
    NEED_OK(tsr_read(at, first, sizeof first));
    for (int64_t e = 0; e < WIDE; ++e) {
        NEED(sum[e] == sum_of(e));
        NEED(first[e].value == first_of(e).value && first[e].index == first_of(e).index);
    }
    return 0;
}

/* ---- the memory of it: bounded by workers, not by points ---- */

enum { LARGE = 1 << 20 };

static tsr_status one_body(const tsr_task_context *t)
{
    tsr_out_i64_1d into = tsr_out_i64_1d_of(t, INTO);
    TSR_FOR_1D(i, into.box)
        tsr_at(into, i) += 1 + tsr_point(t);
    return TSR_OK;
}

static const tsr_task_desc add_one = {
    .name = "test.add_one",
    .args = {[INTO] = {TSR_REDUCE, TSR_I64, 1, "into", TSR_SUM}},
    .variants = {[TSR_CPU] = {.body = one_body}},
};

/* What `points` accumulators of LARGE numbers and the result take on so many workers. */
static int take(int workers, int points, int64_t *out_bytes)
{
    tsr_machine  machine;
    tsr_box      box[64];
    int64_t      last[2];
    TSR_CHECK(tsr_machine_discover(&machine));
    machine.memory_bytes = (int64_t)4 << 30;
    for (int p = 0; p < points; ++p)
        box[p] = (tsr_box){1, {0}, {LARGE}};
    NEED_OK(tsr_start(NULL, NULL, .workers = workers, .machine = &machine));
    {
        TSR_SCOPE();
        const tsr_partition all = tsr_partition_boxes(TSR_SHAPE(LARGE), box, points);
        const tsr_store     into = tsr_store_filled(TSR_I64, TSR_SHAPE(LARGE), &(int64_t){0});
        NEED_OK(tsr_issue_over(&add_one, points, [INTO] = tsr_arg_cut(into, all)));
        NEED_OK(tsr_read(tsr_slice(into, 0, LARGE - 2, LARGE, 1), last, sizeof last));
        NEED(last[0] == points * (points + 1) / 2 && last[1] == last[0]);
    }
    *out_bytes = tsr_counter(TSR_COUNT_MEMORY_PEAK_BYTES);
    NEED(tsr_finish() == 0);
    return 0;
}

static int memory(void)
{
    for (int workers = 1; workers <= 4; ++workers) {
        const int64_t each = LARGE * (int64_t)sizeof(int64_t);
        int64_t       few, many;
        if (take(workers, 2 * workers, &few) != 0 || take(workers, 40, &many) != 0)
            return 1;
        /* The result, and two accumulators a worker, in blocks of at most a quarter more. */
        if (few <= many + each / 2 && many <= (2 * workers + 1) * each * 5 / 4 + (1 << 20))
            continue;
        printf("not ok memory_of_shared_accumulators %d workers: %lld bytes for %d points, %lld for 40\n",
               workers, (long long)few, 2 * workers, (long long)many);
        return 1;
    }
    printf("ok memory_of_shared_accumulators\n");
    return 0;
}

/* ---- floats: a large total in slabs has the bits of one in one piece ---- */

enum { ROWS = 100, COLUMNS = 10000 };

static tsr_status put_body(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, INTO);
    TSR_FOR_2D(i, j, out.box)
        tsr_at(out, i, j) = sqrt((double)(i * 7919 + j)) * (double)((int64_t)1 << (i * 7 + j * 3) % 40);
    return TSR_OK;
}

static const tsr_task_desc put = {
    .name = "test.put_roots",
    .args = {[INTO] = {TSR_WRITE, TSR_F64, 2, "into"}},
    .variants = {[TSR_CPU] = {.body = put_body}},
};

struct sums {
    double column[2 * COLUMNS];
    bool   known;
};

/* Twice: what the first total left is what the second goes to; read beside it, before and after. */
static int floats(int argc, char **argv, void *user)
{
    static __thread double got[2 * COLUMNS];
    struct sums           *first = user;
    (void)argc, (void)argv;
    TSR_SCOPE();
    const tsr_store from = tsr_store_create(TSR_F64, TSR_SHAPE(ROWS, COLUMNS));
    const tsr_store sum = tsr_store_filled(TSR_F64, TSR_SHAPE(COLUMNS), &(double){1});
    const tsr_store then = tsr_store_create(TSR_F64, TSR_SHAPE(COLUMNS));
    NEED_OK(tsr_issue(&put, [INTO] = tsr_arg_of(from)));
    for (int k = 0; k < 2; ++k) {
        NEED_OK(tsr_issue(&along_f64, [INTO] = tsr_arg_of(tsr_promote(sum, 0, ROWS)),
                          [FROM] = tsr_arg_of(from)));
        if (k == 0)
            NEED_OK(tsr_copy(then, sum));
    }
    NEED_OK(tsr_read(sum, got, sizeof got / 2));
    NEED_OK(tsr_read(then, got + COLUMNS, sizeof got / 2));
    if (!first->known) { /* one rank with one worker, whose totals fold in one piece */
        memcpy(first->column, got, sizeof got);
        first->known = true;
    }
    NEED(memcmp(got, first->column, sizeof got) == 0);
    return 0;
}

int main(void)
{
    static struct sums first;
    int                rank, failed = 0;
    failed |= try_ranks("shared_accumulators", exact, NULL);
    failed |= try_ranks_after_one("totals_in_slabs", floats, &first);
    if (!try_is_process(&rank))
        failed |= memory();
    return failed;
}
