/* main.c - an outside project: y = a x + y over a million elements, and the sum of y. */
#include <stdio.h>
#include <tessera/tessera.h>

enum { Y, X, A };

static tsr_status axpy_cpu(const tsr_task_context *t)
{
    tsr_out_f64_1d y = tsr_out_f64_1d_of(t, Y);
    tsr_in_f64_1d  x = tsr_in_f64_1d_of(t, X);
    const double   a = tsr_f64_of(t, A);
    TSR_FOR_1D(i, y.box)
        tsr_at(y, i) += a * tsr_at(x, i);
    return TSR_OK;
}

static const tsr_task_desc axpy = {
    .name = "outside.axpy",
    .args =
        {
            [Y] = {TSR_READ_WRITE, TSR_F64, .rank = 1, .name = "y"},
            [X] = {TSR_READ, TSR_F64, .rank = 1, .name = "x"},
            [A] = {TSR_SCALAR, TSR_F64, .name = "a"},
        },
    .constraints = {TSR_ALIGN(X, Y)},
    .variants = {[TSR_CPU] = {.body = axpy_cpu}},
};

enum { TOTAL, PART };

static tsr_status sum_cpu(const tsr_task_context *t)
{
    double       *total = tsr_element_f64_of(t, TOTAL);
    tsr_in_f64_1d part = tsr_in_f64_1d_of(t, PART);
    TSR_FOR_1D(i, part.box)
        *total += tsr_at(part, i);
    return TSR_OK;
}

static const tsr_task_desc sum = {
    .name = "outside.sum",
    .args =
        {
            [TOTAL] = {TSR_REDUCE, TSR_F64, .name = "total", .reduction = TSR_SUM},
            [PART] = {TSR_READ, TSR_F64, .rank = 1, .name = "part"},
        },
    .constraints = {TSR_BROADCAST(TOTAL)},
    .variants = {[TSR_CPU] = {.body = sum_cpu}},
};

static tsr_status compute(double *out_total)
{
    TSR_SCOPE();
    const tsr_shape million = TSR_SHAPE(1000000);
    tsr_store       x = tsr_store_filled(TSR_F64, million, &(double){1.0});
    tsr_store       y = tsr_store_filled(TSR_F64, million, &(double){0.5});
    tsr_store       total = tsr_store_filled(TSR_F64, TSR_SHAPE(), &(double){0.0});

    for (int i = 0; i < 10; ++i)
        TSR_TRY(tsr_issue(&axpy, [Y] = tsr_arg_of(y), [X] = tsr_arg_of(x), [A] = tsr_arg_of(0.25)));
    TSR_TRY(tsr_issue(&sum, [TOTAL] = tsr_arg_of(total), [PART] = tsr_arg_of(y)));
    TSR_TRY(tsr_value(total, out_total));
    return TSR_OK;
}

int main(int argc, char **argv)
{
    TSR_CHECK(tsr_start(&argc, &argv));
    double total = 0;
    TSR_CHECK(compute(&total));
    printf("%.1f\n", total);
    return tsr_finish() || total != 3000000.0;
}
