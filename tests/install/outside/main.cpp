/* main.cpp - an outside project in C++: a task whose body is C++, issued over an array. */
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>
#include <tessera/tessera.h>

namespace
{
enum { ROOT, SQUARE };

tsr_status square_root(const tsr_task_context *t)
{
    tsr_out_f64_1d root = tsr_out_f64_1d_of(t, ROOT);
    tsr_in_f64_1d  square = tsr_in_f64_1d_of(t, SQUARE);
    TSR_FOR_1D(i, root.box)
        tsr_at(root, i) = std::sqrt(tsr_at(square, i));
    return TSR_OK;
}

tsr_task_desc describe()
{
    tsr_task_desc d{};
    d.name = "outside.square_root";
    d.args[ROOT].access = TSR_WRITE;
    d.args[ROOT].type = TSR_F64;
    d.args[ROOT].rank = 1;
    d.args[SQUARE].access = TSR_READ;
    d.args[SQUARE].type = TSR_F64;
    d.args[SQUARE].rank = 1;
    d.constraints[0].kind = TSR_CONSTRAINT_ALIGN;
    d.constraints[0].of = ROOT;
    d.constraints[0].on = SQUARE;
    d.variants[TSR_CPU].body = square_root;
    return d;
}

tsr_status compute(std::vector<double> &values)
{
    static const tsr_task_desc root_task = describe();
    const int64_t              extent = static_cast<int64_t>(values.size());
    const size_t               bytes = values.size() * sizeof(double);
    tsr_store                  square = tsr_store_create(TSR_F64, tsr_shape_of(1, &extent));
    tsr_store                  root = tsr_store_create(TSR_F64, tsr_shape_of(1, &extent));
    const tsr_arg              args[] = {tsr_arg_store(root), tsr_arg_store(square)};
    tsr_launch                 how{};
    how.size = sizeof how;
    how.at = TSR_HERE;

    TSR_TRY(tsr_write(square, values.data(), bytes));
    TSR_TRY(tsr_issue_(&root_task, args, 2, &how));
    TSR_TRY(tsr_read(root, values.data(), bytes));
    return TSR_OK;
}
} // namespace

int main(int argc, char **argv)
{
    TSR_CHECK(tsr_start(&argc, &argv));
    std::vector<double> values(1000);
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<double>(i * i);
    TSR_CHECK(compute(values));
    const double total = std::accumulate(values.begin(), values.end(), 0.0);
    std::printf("%.1f\n", total);
    return tsr_finish() || total != 499500.0;
}
