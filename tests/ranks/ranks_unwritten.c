/* A body that leaves elements of a WRITE argument unwritten: the hostile build names the task, the
 * argument, the first element and the line; other builds do not look. */
#include "ranks_tasks.h"
#include "ranks_try.h"

enum { OUT };
enum { N = 64, ROWS = 12, COLUMNS = 10 };

#ifdef TSR_HOSTILE
enum { LOOKED_AT = 1 };
#else
enum { LOOKED_AT = 0 };
#endif

static tsr_status gap_body(const tsr_task_context *t)
{
    tsr_out_f64_2d out = tsr_out_f64_2d_of(t, OUT);
    TSR_FOR_2D(i, j, out.box)
        if (i != 7 || j != 4)
            tsr_at(out, i, j) = 1;
    return TSR_OK;
}

static const tsr_task_desc gap = {
    .name = "test.gap",
    .args = {[OUT] = {TSR_WRITE, TSR_F64, 2, "out"}},
    .variants = {[TSR_CPU] = {.body = gap_body}},
};

/* Bytes: what looks like the pattern may be a value; a piece that is left whole is found. */
static tsr_status lazy_body(const tsr_task_context *t)
{
    (void)t;
    return TSR_OK;
}

static const tsr_task_desc lazy = {
    .name = "test.lazy",
    .args = {[OUT] = {TSR_WRITE, TSR_U8, 1, "bytes"}},
    .constraints = {TSR_MIN_EXTENT(OUT, 32)},
    .variants = {[TSR_CPU] = {.body = lazy_body}},
};

static int unwritten(int argc, char **argv, void *user)
{
    double  got[COLUMNS][ROWS];
    uint8_t bytes[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store s = tsr_store_create(TSR_F64, TSR_SHAPE(COLUMNS, ROWS));
    NEED_OK(tsr_issue(&gap, [OUT] = tsr_arg_of(tsr_transpose(s, ((int[]){1, 0})))));
    const tsr_status status = tsr_read(s, got, sizeof got);
    NEED(status == (LOOKED_AT ? TSR_TASK_FAILED : TSR_OK));
    NEED(!LOOKED_AT || (strstr(tsr_error_text(), "test.gap") && strstr(tsr_error_text(), "(7, 4)") &&
                        strstr(tsr_error_text(), "argument 0 (out)") &&
                        strstr(tsr_error_text(), "ranks_unwritten.c")));
    const tsr_store b = tsr_store_create(TSR_U8, TSR_SHAPE(N));
    NEED_OK(tsr_issue(&lazy, [OUT] = tsr_arg_of(b)));
    NEED(tsr_read(b, bytes, sizeof bytes) == (LOOKED_AT ? TSR_TASK_FAILED : TSR_OK));
    NEED(!LOOKED_AT || strstr(tsr_error_text(), "test.lazy"));
    return 0;
}

/* Who reads what it writes: nothing may be filled before it runs. */
static int written(int argc, char **argv, void *user)
{
    double  got[N];
    uint8_t bytes[N];
    (void)argc, (void)argv, (void)user;
    TSR_SCOPE();
    const tsr_store a = tsr_store_filled(TSR_F64, TSR_SHAPE(N), &(double){4});
    const tsr_store half = tsr_slice(a, 0, 1, N, 2);
    NEED_OK(tsr_issue(&next_f64, [NEXT_OUT] = tsr_arg_of(half), [NEXT_FROM] = tsr_arg_of(half)));
    NEED_OK(tsr_read(a, got, sizeof got));
    NEED(got[0] == 4 && got[1] == 5 && got[N - 2] == 4 && got[N - 1] == 5);
    const tsr_store b = tsr_store_filled(TSR_U8, TSR_SHAPE(N), &(uint8_t){0xc3});
    NEED_OK(tsr_read(b, bytes, sizeof bytes)); /* elements that happen to be the pattern's byte */
    NEED(bytes[0] == 0xc3 && bytes[N - 1] == 0xc3);
    return 0;
}

int main(void)
{
    int failed = 0;
    failed += try_ranks("unwritten_elements_are_named", unwritten, NULL);
    failed += try_ranks("written_ones_are_not", written, NULL);
    return failed;
}
