/* rk_cross.h - a cross of four neighbours as aligned views of one store: faces move, no corners.
 *
 * The bench times it; tests/ranks counts what it sends.  A halo would ask for the corners as well. */
#ifndef RK_CROSS_H
#define RK_CROSS_H

#include <tessera/tessera.h>

enum { CROSS_OUT, CROSS_UP, CROSS_DOWN, CROSS_LEFT, CROSS_RIGHT };

/* A descriptor whose body is `run`: five arguments of rank 2, cut in the same places. */
#define CROSS_TASK(text, run)                                                                      \
    {                                                                                              \
        .name = (text),                                                                            \
        .args = {[CROSS_OUT] = {TSR_WRITE, TSR_F64, 2, "out"},                                     \
                 [CROSS_UP] = {TSR_READ, TSR_F64, 2, "up"},                                        \
                 [CROSS_DOWN] = {TSR_READ, TSR_F64, 2, "down"},                                    \
                 [CROSS_LEFT] = {TSR_READ, TSR_F64, 2, "left"},                                    \
                 [CROSS_RIGHT] = {TSR_READ, TSR_F64, 2, "right"}},                                 \
        .constraints = {TSR_ALIGN(CROSS_OUT, CROSS_UP), TSR_ALIGN(CROSS_OUT, CROSS_DOWN),          \
                        TSR_ALIGN(CROSS_OUT, CROSS_LEFT), TSR_ALIGN(CROSS_OUT, CROSS_RIGHT)},      \
        .variants = {[TSR_CPU] = {.body = (run)}},                                                 \
    }

/* rows x columns elements of `s` from (i, j) on. */
static inline tsr_store cross_view(tsr_store s, int64_t i, int64_t j, int64_t rows, int64_t columns)
{
    return tsr_slice(tsr_slice(s, 0, i, i + rows, 1), 1, j, j + columns, 1);
}

/* One step: the inside of `to`, rows x columns, from `from`, which has a border of one. */
static inline tsr_status cross_step(const tsr_task_desc *task, tsr_store to, tsr_store from,
                                    int64_t rows, int64_t columns)
{
    TSR_SCOPE();
    return tsr_issue(task, [CROSS_OUT] = tsr_arg_of(cross_view(to, 1, 1, rows, columns)),
                     [CROSS_UP] = tsr_arg_of(cross_view(from, 0, 1, rows, columns)),
                     [CROSS_DOWN] = tsr_arg_of(cross_view(from, 2, 1, rows, columns)),
                     [CROSS_LEFT] = tsr_arg_of(cross_view(from, 1, 0, rows, columns)),
                     [CROSS_RIGHT] = tsr_arg_of(cross_view(from, 1, 2, rows, columns)));
}

#endif
