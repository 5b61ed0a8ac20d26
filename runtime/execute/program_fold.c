/* execute/program_fold.c - what a formula folds, block by block.
 *
 * A row that folds into one element: a float's sum goes chunk by chunk, each in 32 lanes, so that its bits
 * depend neither on the width of vectors nor on how long a block is; where any order gives the same bits, as many
 * lanes as are quick are folded at the end.  Of many short rows a lane holds an element of each.  All else is
 * model/reduce.h's.
 *
 * Cost: O(elements / vector width).  Threads: any worker. */
#include <string.h>

#include "execute/program.h"

/* The operation that folds two elements, where it is the operator to the bit. */
static formula_kernel *lanes_of(const struct formula_kernels *k, tsr_reduction op, tsr_type type)
{
    static const tsr_op same[TSR_N_REDUCTIONS] = {
        [TSR_SUM] = TSR_OP_ADD,     [TSR_PRODUCT] = TSR_OP_MULTIPLY, [TSR_MIN] = TSR_OP_MINIMUM,
        [TSR_MAX] = TSR_OP_MAXIMUM, [TSR_AND] = TSR_OP_AND,          [TSR_OR] = TSR_OP_OR,
        [TSR_XOR] = TSR_OP_XOR};
    if (!reduce_is_exact(op, type, NULL) || type >= TSR_F16)
        return NULL;
    return same[op] != TSR_OP_NONE ? k->op[same[op]][type] : NULL;
}

struct program_fold program_fold_of(const struct formula_kernels *k, tsr_reduction op, tsr_type type)
{
    const struct fold_kernels *own = &k->fold[type];
    return (struct program_fold){.run = reduce_function_of(op, type),
                                 .sum = op == TSR_SUM ? own->sum : NULL,
                                 .whole = op == TSR_MIN ? own->least : op == TSR_MAX ? own->most : NULL,
                                 .lanes = lanes_of(k, op, type),
                                 .add = op == TSR_SUM ? k->op[TSR_OP_ADD][type] : NULL,
                                 .exact = reduce_is_exact(op, type, NULL)};
}

static void sum_run(const struct program_fold *f, char *into, const char *from, int64_t n, size_t bytes)
{
    _Alignas(8) char sum[8];
    for (int64_t i = 0; i < n; i += PROGRAM_SUM_CHUNK) {
        f->sum(sum, from + (size_t)i * bytes, NULL, NULL, n - i < PROGRAM_SUM_CHUNK ? n - i : PROGRAM_SUM_CHUNK);
        f->run(into, sum, 1, 0, 1);
    }
}

static void whole_run(const struct program_fold *f, char *into, const char *from, int64_t n)
{
    _Alignas(8) char found[8];
    f->whole(found, from, NULL, NULL, n);
    f->run(into, found, 1, 0, 1);
}

static void lanes_run(const struct program_fold *f, char *into, const char *from, int64_t n, size_t bytes)
{
    _Alignas(64) char lane[8 * PROGRAM_LANES];
    int64_t i = PROGRAM_LANES;
    memcpy(lane, from, PROGRAM_LANES * bytes);
    for (; i + PROGRAM_LANES <= n; i += PROGRAM_LANES)
        f->lanes(lane, lane, from + (size_t)i * bytes, NULL, PROGRAM_LANES);
    if (i < n)
        f->lanes(lane, lane, from + (size_t)i * bytes, NULL, n - i);
    for (int64_t half = PROGRAM_LANES / 2; half >= 8; half /= 2)
        f->lanes(lane, lane, lane + (size_t)half * bytes, NULL, half);
    f->run(into, lane, 8, 0, 1);
}

void program_fold_run(const struct program_fold *f, char *into, int64_t step, const char *from, int64_t n,
                      size_t bytes)
{
    if (step == 0 && f->sum != NULL)
        sum_run(f, into, from, n, bytes);
    else if (step == 0 && f->whole != NULL && n > 1)
        whole_run(f, into, from, n);
    else if (step == 0 && f->lanes != NULL && n >= 2 * PROGRAM_LANES)
        lanes_run(f, into, from, n, bytes);
    else
        f->run(into, from, n, step / (int64_t)bytes, 1);
}

/* -0 as 0: what a sum that begins with 0 gives. */
static void zeros_plain(char *from, int64_t n, size_t bytes)
{
    double *d = (double *)(void *)from;
    float  *s = (float *)(void *)from;
    for (int64_t i = 0; i < n; ++i)
        if (bytes == sizeof *d)
            d[i] += 0.0;
        else
            s[i] += 0.0f;
}

/* The lanes of a chunk hold an element each, or nothing: they are halved as those of one row are. */
void program_fold_rows(const struct program_fold *f, char *into, int64_t step, char *rows, int64_t pitch, int64_t few,
                       int64_t n, size_t bytes)
{
    const size_t lane = (size_t)pitch * bytes;
    for (int64_t half = PROGRAM_SUM_LANES / 2; half > 0; half /= 2)
        for (int64_t j = 0; j < half && j + half < few; ++j)
            f->add(rows + (size_t)j * lane, rows + (size_t)j * lane, rows + (size_t)(j + half) * lane, NULL, n);
    zeros_plain(rows, n, bytes);
    f->run(into, rows, n, step / (int64_t)bytes, 1);
}
