/* rocking_tasks.c - the tasks over frames, made for both types of counts from one text. */
#include <math.h>

#include "rocking_tasks.h"

#define NUMBER        int64_t
#define LABEL         i64
#define TYPE          TSR_I64
#define INDEXED_LABEL indexed_i64
#define INDEXED_TYPE  TSR_INDEXED_I64
#include "rocking_bodies.inl"
#undef NUMBER
#undef LABEL
#undef TYPE
#undef INDEXED_LABEL
#undef INDEXED_TYPE

#define NUMBER        double
#define LABEL         f64
#define TYPE          TSR_F64
#define INDEXED_LABEL indexed_f64
#define INDEXED_TYPE  TSR_INDEXED_F64
#include "rocking_bodies.inl"

/* What folds start from. */
static const int64_t         zero_i64 = 0, lowest_i64 = INT64_MIN;
static const tsr_indexed_i64 nowhere_i64 = {INT64_MIN, INT64_MAX};
static const double          zero_f64 = 0, lowest_f64 = -INFINITY;
static const tsr_indexed_f64 nowhere_f64 = {-INFINITY, INT64_MAX};

const rocking_tasks *rocking_tasks_for(tsr_type type)
{
    static const rocking_tasks integers = {
        .type = TSR_I64,
        .indexed = TSR_INDEXED_I64,
        .zero = &zero_i64,
        .lowest = &lowest_i64,
        .nowhere = &nowhere_i64,
        .threshold = &threshold_task_i64,
        .sum = &sum_task_i64,
        .maximum = &maximum_task_i64,
        .peak = &peak_task_i64,
        .nonzero = &nonzero_task_i64,
        .real = &real_task_i64,
        .amplitude = &amplitude_task_i64,
    };
    static const rocking_tasks floats = {
        .type = TSR_F64,
        .indexed = TSR_INDEXED_F64,
        .zero = &zero_f64,
        .lowest = &lowest_f64,
        .nowhere = &nowhere_f64,
        .threshold = &threshold_task_f64,
        .sum = &sum_task_f64,
        .maximum = &maximum_task_f64,
        .peak = &peak_task_f64,
        .nonzero = &nonzero_task_f64,
        .real = &real_task_f64,
        .amplitude = &amplitude_task_f64,
    };
    return type == TSR_I64 ? &integers : &floats;
}
