/* tb_table.c - what was measured, as text. */
#include "tb_driver.h"

#include <stdbool.h>
#include <stdio.h>

/* Whether `a` says more than `b`: valid first, steady then, the least METG of those. */
static bool is_better(const tb_measured *a, const tb_measured *b)
{
    if (a->is_valid != b->is_valid)
        return a->is_valid;
    if (a->is_steady != b->is_steady)
        return a->is_steady;
    return a->metg_us < b->metg_us;
}

/* The repetition that says most; NULL when there is none. */
static const tb_measured *least_of(const tb_table *t, tb_pattern p, int system)
{
    const tb_measured *least = NULL;
    for (int r = 0; r < t->n_repetitions; ++r) {
        const tb_measured *m = &t->of[r][p][system];
        if (m->is_there && (least == NULL || is_better(m, least)))
            least = m;
    }
    return least;
}

static const char *label(const tb_measured *m)
{
    return !m->is_valid ? "(wrong)" : !m->is_steady ? "(unsteady)" : "";
}

static void print_row(const tb_options *o, const tb_table *t, tb_pattern p, int system)
{
    const tb_measured *least = least_of(t, p, system);
    if (least == NULL)
        return;
    printf("%-20s %-13s %7d %9.3f %9.3f %9lld  ", tb_pattern_name(p), tb_driver_system_name(system),
           o->workers, least->metg_us, least->empty_task_us, (long long)least->tasks_run);
    for (int r = 0; r < t->n_repetitions; ++r) {
        const tb_measured *m = &t->of[r][p][system];
        if (!m->is_there)
            printf(" -");
        else
            printf(" %.3f@%.0f%s", m->metg_us, m->line_ns, label(m));
    }
    printf("\n");
}

void tb_table_print(const tb_options *o, const tb_table *t)
{
    printf("width %d, %d steps, %d workers, radix %d, period %d; peak %.1f GFLOP/s\n", o->width,
           o->steps, o->workers, o->radix, o->period, t->peak_gflops);
    printf("%-20s %-13s %7s %9s %9s %9s   %s\n", "pattern", "system", "workers", "METG us",
           "empty us", "tasks", "each repetition: METG us @ line ns before it");
    for (int i = 0; i < o->n_patterns; ++i)
        for (int s = 0; s < TB_N_SYSTEMS; ++s)
            print_row(o, t, o->patterns[i], s);
}
