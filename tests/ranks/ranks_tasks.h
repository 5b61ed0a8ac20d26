/* ranks/ranks_tasks.h - task types that several tests over ranks share.  Public headers only. */
#ifndef TEST_RANKS_TASKS_H
#define TEST_RANKS_TASKS_H

#include <tessera/tessera.h>

/* ---- out = in / 4 + the next / 2 + the one behind / 4 ---- */

enum { SMOOTH_OUT, SMOOTH_IN };

static tsr_status smooth_body(const tsr_task_context *t)
{
    tsr_out_f64_1d out = tsr_out_f64_1d_of(t, SMOOTH_OUT);
    tsr_in_f64_1d  in = tsr_in_f64_1d_of(t, SMOOTH_IN);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = 0.25 * tsr_at(in, i) + 0.5 * tsr_at(in, i + 1) + 0.25 * tsr_at(in, i + 2);
    return TSR_OK;
}

/* `in` has two elements more. */
static const tsr_task_desc smoothing = {
    .name = "test.smooth",
    .args = {[SMOOTH_OUT] = {TSR_WRITE, TSR_F64, 1, "out"},
             [SMOOTH_IN] = {TSR_READ, TSR_F64, 1, "in"}},
    .constraints = {TSR_HALO(SMOOTH_IN, SMOOTH_OUT, .high = {2})},
    .variants = {[TSR_CPU] = {.body = smooth_body}},
};

/* The inside of `to`, of `n` elements, from all of `from`. */
static inline tsr_status smooth_into(tsr_store to, tsr_store from, int64_t n)
{
    TSR_SCOPE();
    return tsr_issue(&smoothing, [SMOOTH_OUT] = tsr_arg_of(tsr_slice(to, 0, 1, n - 1, 1)),
                     [SMOOTH_IN] = tsr_arg_of(from));
}

/* ---- into += from, along the promoted dimension of `into` ---- */

enum { ALONG_INTO, ALONG_FROM };

static tsr_status along_body(const tsr_task_context *t)
{
    tsr_out_f64_2d into = tsr_out_f64_2d_of(t, ALONG_INTO);
    tsr_in_f64_2d  from = tsr_in_f64_2d_of(t, ALONG_FROM);
    TSR_FOR_2D(i, j, from.box)
        tsr_at(into, i, j) += tsr_at(from, i, j);
    return TSR_OK;
}

static const tsr_task_desc along_f64 = {
    .name = "test.along_f64",
    .args = {[ALONG_INTO] = {TSR_REDUCE, TSR_F64, 2, "into", TSR_SUM},
             [ALONG_FROM] = {TSR_READ, TSR_F64, 2, "from"}},
    .constraints = {TSR_ALIGN(ALONG_INTO, ALONG_FROM)},
    .variants = {[TSR_CPU] = {.body = along_body}},
};

/* ---- out = from + 1 ---- */

enum { NEXT_OUT, NEXT_FROM };

static tsr_status next_body(const tsr_task_context *t)
{
    tsr_out_f64_1d out = tsr_out_f64_1d_of(t, NEXT_OUT);
    tsr_in_f64_1d  from = tsr_in_f64_1d_of(t, NEXT_FROM);
    TSR_FOR_1D(i, out.box)
        tsr_at(out, i) = tsr_at(from, i) + 1;
    return TSR_OK;
}

static const tsr_task_desc next_f64 = {
    .name = "test.next_f64",
    .args = {[NEXT_OUT] = {TSR_WRITE, TSR_F64, 1, "out"},
             [NEXT_FROM] = {TSR_READ, TSR_F64, 1, "from"}},
    .constraints = {TSR_ALIGN(NEXT_OUT, NEXT_FROM)},
    .variants = {[TSR_CPU] = {.body = next_body}},
};

#endif
