/* task_bench.c - METG(50 %) of Tessera on the graphs of Task Bench, and of its peers in one run.
 *
 *     task_bench --compare          a table: Tessera, OpenMP (gcc, clang), StarPU, MPI
 *     task_bench --patterns fft     Tessera alone, one pattern
 *
 * This process only drives: each system measures in a process of its own (this program again, with
 * --measure, for Tessera), so that no runtime's threads meet another's. */
#include "tb_driver.h"
#include "tb_tessera.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    const tb_options options = tb_options_read(argc, argv);

    if (options.measure || options.iterations >= 0)
        return tb_tessera_measure(&options);

    tb_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return 2;
    const int code = tb_driver_run(&options, table);
    if (!options.json)
        tb_table_print(&options, table);
    free(table);
    return code;
}
