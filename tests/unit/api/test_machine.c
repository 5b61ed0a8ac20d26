/* The machine: affinity is respected, subsets are subsets. */
#include <sched.h>

#include "api_test.h"

Test(api_machine, it_has_what_this_process_may_use)
{
    tsr_machine m;
    cpu_set_t   mask;
    cr_assert_eq(tsr_machine_discover(&m), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
    cr_assert_geq(m.n_cores, 1);
    cr_assert_leq(m.n_cores, CPU_COUNT(&mask));
    for (int i = 0; i < m.n_cores; ++i)
        cr_assert(CPU_ISSET(m.core[i], &mask));
    cr_assert_gt(m.memory_bytes, 1 << 20);
    cr_assert_geq(m.n_numa, 1);
    cr_assert(m.line_bytes >= 16 && m.line_bytes <= 1024);
}

Test(api_machine, an_affinity_mask_cuts_it_down)
{
    tsr_machine m;
    cr_assert_eq(tsr_machine_discover(&m), TSR_OK);
    const int last = m.core[m.n_cores - 1];
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_assert_eq(tsr_machine_discover(&m), TSR_OK);
    cr_assert(m.n_cores == 1 && m.core[0] == last);
}

Test(api_machine, a_runtime_sees_and_gives_back_the_whole_mask)
{
    tsr_machine before, m;
    cpu_set_t   mask, after;
    cr_assert_eq(tsr_machine_discover(&before), TSR_OK);
    sched_getaffinity(0, sizeof mask, &mask);
    cr_assert_eq(tsr_start(NULL, NULL), TSR_OK, "%s", tsr_error_text());
    cr_assert_eq(tsr_worker_count(), before.n_cores);
    cr_assert_eq(tsr_machine_discover(&m), TSR_OK);
    cr_assert_eq(m.n_cores, before.n_cores, "also where the issuing thread is bound");
    cr_assert_eq(tsr_finish(), 0);
    sched_getaffinity(0, sizeof after, &after);
    cr_assert(CPU_EQUAL(&mask, &after));
}

Test(api_machine, subsets)
{
    const tsr_machine m = {.n_cores = 4, .core = {3, 5, 7, 9}, .numa = {0, 0, 1, 1}};
    tsr_machine       part;
    cr_assert_eq(tsr_machine_subset(&m, 1, 2, &part), TSR_OK);
    cr_assert(part.n_cores == 2 && part.core[0] == 5 && part.core[1] == 7 && part.numa[1] == 1);
    EXPECT_STATUS(BAD_ARGUMENT, tsr_machine_subset(&m, 3, 2, &part),
                  "cores [3, 5) of a machine that has 4");
    EXPECT_STATUS(BAD_ARGUMENT, tsr_machine_subset(&m, -1, 2, &part), "cores [-1, 1)");
    EXPECT_STATUS(BAD_ARGUMENT, tsr_machine_subset(&m, 0, 0, &part), "cores [0, 0)");
    EXPECT_STATUS(BAD_ARGUMENT, tsr_machine_subset(&m, 1, INT32_MAX, &part), "of a machine");
}

Test(api_machine, tables_that_cannot_be)
{
    tsr_machine m = {.n_cores = TSR_MAX_CORES + 1};
    EXPECT_STATUS(BAD_ARGUMENT, tsr_start(NULL, NULL, .machine = &m), ".machine of 513 cores");
    m.n_cores = -1;
    EXPECT_STATUS(BAD_ARGUMENT, tsr_start(NULL, NULL, .machine = &m), ".machine of -1 cores");
}
